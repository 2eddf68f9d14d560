"""How the two sides of the schema compare: raised, discussed and measured, group by group, for the frame."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.sides import ALL, DISCUSSED, RAISED, REMEDY, contested, sides
from workbench.answers.answer import BASIS, Answer, Printed, figure, in_schema, mode_sides
from workbench.answers.drawn import drawn, replicate_weights
from workbench.answers.numbers import Number, macro_name, printed
from workbench.store.assumptions import assumptions

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def compared(survey: Survey) -> Answer:
    """First side of the schema less its second; nothing where the schema has fewer than two sides with codes."""
    modes, of, settings = survey.failure_modes, mode_sides(survey), survey.settings
    pair = [side.id for side in survey.schema.sides if side.id in set(of.values())][:2]
    if len(pair) < 2:
        return Answer({})
    first, second = pair
    groups = next((f for f in survey.schema.facets if f.principal), None)
    held = assumptions(survey.root)
    moves = contested(modes, (first, second)) | {c: s for c, s in held.contested.items() if c in of}
    steps = [level.id for level in survey.schema.levels]
    levels = steps[max(0, steps.index(settings.measured) - 1) : steps.index(settings.measured) + 1]
    facing = [
        (mode.id, other.id)
        for mode in survey.schema.failure_modes
        for other in mode.counterparts
        if mode.side == first and of.get(other.id) == second
    ]
    table = sides(
        in_schema(survey.final, survey.codes),
        of,
        (first, second),
        drawn(survey),
        replicate_weights(survey),
        survey.asked,
        at_least=levels,
        motive=settings.headline.motive,
        remedy=settings.headline.remedy,
        groups=None if groups is None else (groups.id, [c.id for c in groups.codes]),
        moved=moves,
        counterparts=facing,
        basis=BASIS,
    )
    names = dict(zip(modes["code"], modes["name"], strict=True))
    called = {
        ALL: "all papers",
        f"{ALL}, contested codes moved": f"all, {len(moves)} contested {settings.words.codes} moved",
    }
    called |= {f"{a} / {b}": f"{names[a]} / {names[b]}" for a, b in facing}
    called |= {c.id: c.name for c in groups.codes} if groups else {}
    ruled = {mode for mode, _ in held.pairs(groups.id)} & set(of) if groups else set()
    note = (
        f"Coding rules tie {len(ruled)} {settings.words.codes} to one {groups.name.lower()} and shape part of this."
        if ruled and groups
        else ""
    )
    headings = {
        RAISED: f"Raise a {settings.words.code} of the side, of all papers in scope that raise any",
        DISCUSSED: "Discuss one, and not only as a motive, of the papers that raise the side",
        REMEDY: "Offer a remedy, of the papers that raise the side",
        **{level: f"Reach the level {level}, of the papers that raise the side" for level in levels},
    }
    shown = table[~table["what"].str.contains(" / ", regex=False).to_numpy(dtype=bool)]
    shown = shown[shown.groupby("what")[["first_n", "second_n"]].transform("sum").sum(axis=1) > 0]
    said = in_words(table, (first, second), settings.measured)
    draw = partial(
        charts.sides_plot,
        shown,
        (first, second),
        names=called,
        outcomes=headings,
        by=groups.name.lower() if groups else "",
        notes=[note] if note else [],
    )
    title = f"The {first} side against the {second} side"
    return Answer(
        {"sides": table},
        (figure("sides", title, said, draw, data=shown),),
        _numbers(table, (first, second)),
        (_printed(table, (first, second), called, note),),
    )


def in_words(table: pd.DataFrame, pair: tuple[str, str], measured: str) -> str:
    """Say what differs between the sides over all papers, and how many comparisons were made."""
    whole = table[(table["what"] == ALL).to_numpy(dtype=bool)].set_index("outcome")
    told = table[(table["note"] == "").to_numpy(dtype=bool) & table["low"].notna().to_numpy(dtype=bool)]
    if told.empty:
        return "Too few drawn papers are on both sides for a comparison."
    apart = told[((told["low"] > 0) | (told["high"] < 0)).to_numpy(dtype=bool)]
    said: list[str] = []
    for outcome, verb in ((RAISED, "raised"), (measured, "measured, once raised,")):
        row: dict[Any, Any] = whole.loc[outcome].to_dict()
        if row["note"] or pd.isna(row["low"]):
            continue
        clear = row["low"] > 0 or row["high"] < 0
        which = pair[0] if row["difference"] > 0 else pair[1]
        verdict = (
            f"The {which} side is {verb} more often" if clear else f"Neither side is surely {verb} more often"
        )
        said.append(f"{verdict}: {'' if said else f'{pair[0]} minus {pair[1]} is '}{_span(row)}.")
    said.append(
        f"Of {len(told)} comparisons {len(apart)} differ from zero (95% interval); about "
        f"{0.05 * len(told):.1f} would by chance alone."
    )
    return " ".join(said)


def _points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    points = round(100 * value)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points)}"


def _span(row: Any) -> str:
    return f"{_points(row['difference'])} points ({_points(row['low'])} to {_points(row['high'])})"


def _numbers(table: pd.DataFrame, pair: tuple[str, str]) -> tuple[Number, ...]:
    whole = table[(table["what"] == ALL).to_numpy(dtype=bool)].to_dict("records")
    made = []
    for row in whole:
        for end, column in (("", "difference"), ("Low", "low"), ("High", "high")):
            value = row[column]
            meaning = f"{row['outcome']}: {pair[0]} side less {pair[1]} side, {column}, weighted, 95%"
            made.append(
                Number(
                    f"Sides{macro_name(str(row['outcome']))}{end}",
                    None if pd.isna(value) else float(value),
                    "percent",
                    "difference of shares",
                    meaning,
                )
            )
    return tuple(made)


def _printed(table: pd.DataFrame, pair: tuple[str, str], called: dict[str, str], note: str) -> Printed:
    rows = [
        {
            "Papers": called.get(str(r["what"]), str(r["what"])),
            "That": str(r["outcome"]),
            f"{pair[0].capitalize()}": f"{r['first_k']} of {r['first_n']}",
            f"{pair[1].capitalize()}": f"{r['second_k']} of {r['second_n']}",
            "Difference": "too few" if r["note"] else r["difference"],
            "95% interval": ""
            if pd.isna(r["low"])
            else f"{printed(r['low'], 'percent')} to {printed(r['high'], 'percent')}",
        }
        for r in table.to_dict("records")
        if not r["note"]
    ]
    columns = ["Papers", "That", pair[0].capitalize(), pair[1].capitalize(), "Difference", "95% interval"]
    few = int((table["note"] != "").sum())
    return Printed(
        "sides",
        f"The {pair[0]} side against the {pair[1]} side: papers of the sample, and the difference of the shares among "
        "all records on the question, each paper counting for those it stands for.",
        pd.DataFrame(rows, columns=columns),
        {"Difference": "percent"},
        f"{few} comparisons with too few papers are left out. {note}".strip(),
    )
