"""How evaluation-side and alignment-side failure modes compare, under each pressure and pair by pair."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.selection import FAILURE_MODE, counted
from analysis.sides import (
    ALL,
    OUTCOMES,
    PRESSURE,
    Association,
    association,
    contested,
    counterparts,
    differences,
    rates,
    sensitivity,
)
from workbench.answers.answer import BASIS, Answer, Form, Printed, figure, in_schema, mode_sides
from workbench.answers.numbers import Number, printed
from workbench.store.assumptions import assumptions

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Cases of the test of side against pressure: as it stands; the modes that a coding rule gives their pressure put on no
#: side (their papers stay and are compared); and only the papers that carry no such mode.
CODED = "as coded, principal pressure"
RULED = "modes with a pressure by rule set aside"
UNRULED = "papers without a mode with a pressure by rule"
#: Papers from which a mode is set aside in the sensitivity table, to see whether one mode carries the difference.
LARGE = 10


def compared(survey: Survey) -> Answer:
    """Evaluation side against alignment side: rates, differences, moved modes, counterpart pairs."""
    final, modes = in_schema(survey.final, survey.codes), survey.failure_modes
    of_pressure = survey.codes[(survey.codes["facet"] == PRESSURE).to_numpy(dtype=bool)]
    pressures = list(of_pressure["code"])
    names = dict(zip(of_pressure["code"], of_pressure["name"], strict=True))
    given: dict[str, Any] = {"pressures": pressures, "basis": BASIS}
    both = {by: differences(final, modes, by=by, **given) for by in ("principal", "any")}
    main = both["principal"]
    also = assumptions(survey.root).contested
    moves = contested(modes) | {c: s for c, s in also.items() if c in set(modes["code"])}
    large = _large(final)
    ruled = sorted({mode for mode, _ in assumptions(survey.root).pairs(PRESSURE)} & set(modes["code"]))
    moved = sensitivity(final, modes, moves, set_aside=large, **given)
    tests = {
        CODED: association(final, modes, **given),
        "as coded, any pressure": association(final, modes, by="any", **given),
        RULED: association(final, modes, moved=dict.fromkeys(ruled, ""), **given),
        UNRULED: association(without(final, ruled), modes, **given),
        "contested modes moved": association(final, modes, moved=moves, **given),
        **{f"{code} set aside": association(final, modes, moved={code: ""}, **given) for code in large},
    }
    cells = pd.concat([t.cells.assign(case=case) for case, t in tests.items()], ignore_index=True)
    pairs = counterparts(final, modes, reasons=_reasons(survey), basis=BASIS)
    tables = {
        "sides-rates": rates(final, modes, **given),
        "sides-differences": pd.concat([t.assign(by=by) for by, t in both.items()], ignore_index=True),
        "sides-moved": moved,
        "sides-by-pressure": cells[["case", *(c for c in cells.columns if c != "case")]],
        "sides-by-pressure-test": _tests(tests),
        "counterparts": pairs,
    }
    warning = caveat(tests, len(ruled))
    draw = partial(
        charts.sides_by_pressure, main, names=names, basis=BASIS, notes=[warning] if warning else []
    )
    among = "among papers whose abstract raises the mode"
    title = f"Evaluation side against alignment side by optimisation pressure, {among}"
    in_pairs = partial(charts.counterpart_pairs, pairs, sides=mode_sides(survey), basis=BASIS)
    heading = f"Counterpart modes of the two sides, {among}"
    return Answer(
        tables,
        (
            figure("sides-by-pressure", title, f"{described(main)} {warning}".strip(), draw, data=main),
            figure("counterparts", heading, pairs_described(pairs), in_pairs, data=pairs),
        ),
        _numbers(main, moved, tests, len(ruled), pairs),
        (_printed_sides(main, names, warning), _printed_pairs(pairs)),
    )


def without(final: pd.DataFrame, ruled: list[str]) -> pd.DataFrame:
    """Leave out the papers that carry any of these modes: a rule may have given them their pressure."""
    rows = counted(final, basis=BASIS)
    carry = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool) & rows["code"].isin(ruled).to_numpy()]
    return final[~final["paper"].isin(set(carry["paper"])).to_numpy(dtype=bool)]


def caveat(tests: dict[str, Association], ruled: int) -> str:
    """Say how much of the association of side and pressure is the coding rules' own; empty where nothing is tested."""
    whole, aside, left = tests[CODED], tests[RULED], tests[UNRULED]
    if whole.note or not ruled:
        return ""
    found = f"p is {printed(aside.p, 'p')}" if not aside.note else aside.note
    rest = f"p is {printed(left.p, 'p')}" if not left.note else "too few for a test"
    return (
        f"Side goes with pressure as coded (permutation p {printed(whole.p, 'p')}), but rules give {ruled} modes their "
        f"pressure. With these on no side {found}, their papers still being compared; {left.papers} of {whole.papers} "
        f"papers carry no such mode: {rest}."
    )


def _large(final: pd.DataFrame) -> list[str]:
    """Modes that at least ``LARGE`` papers discuss, most papers first."""
    rows = counted(final, basis=BASIS)
    rows = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    papers = rows.groupby("code")["paper"].nunique()
    papers = papers[papers >= LARGE]
    return [str(c) for c in sorted(papers.index, key=lambda c: (-int(papers[c]), c))]


def _reasons(survey: Survey) -> dict[tuple[str, str], str]:
    return {(c.id, n.id): n.reason for c in survey.schema.failure_modes for n in c.counterparts}


def _tests(tests: dict[str, Association]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": pd.Series(list(tests), dtype="str"),
            "papers": [t.papers for t in tests.values()],
            "statistic": [t.statistic for t in tests.values()],
            "p": [t.p for t in tests.values()],
            "draws": [t.draws for t in tests.values()],
            "note": pd.Series([t.note for t in tests.values()], dtype="str"),
        }
    )


def described(table: pd.DataFrame) -> str:
    """Describe the plot of both sides by pressure: the differences that have papers enough, and those that have not."""
    if table.empty or not int(table["papers"].max()):
        return "Nothing is drawn: no settled coding carries a failure mode."
    whole = table[(table["pressure"] == ALL).to_numpy(dtype=bool)]
    first = whole.iloc[0]
    said = [
        f"Of {first['papers']} papers with a failure mode, {first['evaluation']} are on the evaluation side, "
        f"{first['alignment']} on the alignment side, {first['both']} on both and {first['other']} on neither."
    ]
    for row in table.to_dict("records"):
        if row["note"]:
            continue
        under = "under all pressures" if row["pressure"] == ALL else f"under {row['pressure']}"
        said.append(
            f"{str(row['outcome']).capitalize()} {under}: {row['evaluation_rate']:.0%} against "
            f"{row['alignment_rate']:.0%}, difference {_span(row, 'low', 'high')}."
        )
    few = int((table["note"] != "").sum())
    said.append(f"{few} of {len(table)} comparisons have too few papers." if few else "")
    return " ".join(s for s in said if s)


def pairs_described(pairs: pd.DataFrame) -> str:
    """Describe the plot of the counterpart pairs: every pair with the papers that measure, of those that discuss."""
    measured = pairs[(pairs["outcome"] == "measured").to_numpy(dtype=bool)].to_dict("records")
    if not measured:
        return "Nothing is drawn: the schema names no counterparts."
    if not pairs[["first_k", "second_k"]].to_numpy().any():
        return "Nothing is drawn: no settled coding discusses a mode that has a counterpart."
    said = [
        f"{r['first_name']} {r['first_k']} of {r['first_n']}, {r['second_name']} {r['second_k']} of {r['second_n']}"
        for r in measured
    ]
    few = sum(bool(r["note"]) for r in measured)
    return (
        f"For {len(measured)} pairs of counterpart modes, the papers that measure of those that discuss: "
        f"{'; '.join(said)}. {few} pairs have too few papers for a comparison."
    )


def _points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    points = round(100 * value)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points)}"


def _span(row: Any, low: str, high: str) -> str:
    return f"{_points(row['difference'])} points ({_points(row[low])} to {_points(row[high])})"


def _numbers(
    table: pd.DataFrame, moved: pd.DataFrame, tests: dict[str, Association], ruled: int, pairs: pd.DataFrame
) -> tuple[Number, ...]:
    whole = table[(table["pressure"] == ALL).to_numpy(dtype=bool)].set_index("outcome")
    first = whole.iloc[0]
    count: Form = "count"
    numbers = [
        Number("SidesPapers", int(first["papers"]), count, "papers", "papers with a failure mode"),
        Number("SidesEvaluation", int(first["evaluation"]), count, "papers", "papers on the evaluation side"),
        Number("SidesAlignment", int(first["alignment"]), count, "papers", "papers on the alignment side"),
        Number("SidesBoth", int(first["both"]), count, "papers", "papers on both of these sides"),
        Number("SidesLooks", int(first["looks"]), count, "comparisons", "comparisons of the two sides made"),
        Number(
            "SidesPressureP",
            _number(tests[CODED].p),
            "p",
            "probability",
            f"side against pressure as coded, permutation; rules give {ruled} modes their pressure, so this is in part "
            "the rules' doing: quote it beside the two that follow",
        ),
        Number(
            "SidesPressureRuledAsideP",
            _number(tests[RULED].p),
            "p",
            "probability",
            "side against pressure, permutation, the modes with a pressure by rule on no side",
        ),
        Number(
            "SidesPressureUnruledP",
            _number(tests[UNRULED].p),
            "p",
            "probability",
            "side against pressure, permutation, over the papers without a mode with a pressure by rule",
        ),
        Number(
            "SidesPressureRuledModes", ruled, count, "modes", "modes to which a coding rule gives a pressure"
        ),
        Number(
            "SidesPressurePapers", tests[CODED].papers, count, "papers", "papers with a mode and a pressure"
        ),
        Number(
            "SidesPressureUnruledPapers",
            tests[UNRULED].papers,
            count,
            "papers",
            "of them without any mode to which a rule gives a pressure",
        ),
    ]
    for outcome in OUTCOMES:
        name = f"Sides{outcome.capitalize()}"
        of = OUTCOMES[outcome].removeprefix("of the ")
        row = whole.loc[outcome]
        for side in ("evaluation", "alignment"):
            meaning = f"{side}-side share {outcome}, of the {of}, all pressures"
            value = _number(row[f"{side}_rate"])
            numbers.append(Number(f"{name}{side.capitalize()}", value, "percent", "share of papers", meaning))
        for end, column, what in (
            ("Difference", "difference", "evaluation less alignment"),
            ("Low", "low", "its lower end, 95%"),
            ("High", "high", "its upper end, 95%"),
            ("LowAll", "low_all", "its lower end, 95% for all comparisons at once"),
            ("HighAll", "high_all", "its upper end, 95% for all comparisons at once"),
        ):
            value = _number(row[column])
            numbers.append(
                Number(f"{name}{end}", value, "percent", "difference of shares", f"{outcome}: {what}")
            )
    over = moved[((moved["pressure"] == ALL) & (moved["outcome"] == "measured")).to_numpy(dtype=bool)]
    for end, best in (("Least", over["difference"].min()), ("Most", over["difference"].max())):
        meaning = f"{end.lower()} difference in measured, modes moved or set aside"
        numbers.append(Number(f"SidesMoved{end}", _number(best), "percent", "difference of shares", meaning))
    compared_ = pairs[(pairs["outcome"] == "measured").to_numpy(dtype=bool)]
    few = int((compared_["note"] != "").sum())
    numbers.append(
        Number("CounterpartPairs", len(compared_), count, "pairs", "counterpart pairs in the schema")
    )
    numbers.append(Number("CounterpartPairsFew", few, count, "pairs", "of them with too few papers"))
    return tuple(numbers)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _printed_sides(table: pd.DataFrame, names: dict[str, str], warning: str) -> Printed:
    ends = {"Low": "low", "High": "high", "Low, all": "low_all", "High, all": "high_all"}

    def share(row: dict[Any, Any], side: str) -> str:
        k, n = int(row[f"{side}_k"]), int(row[f"{side}_n"])
        return f"{k} of {n} ({printed(k / n, 'percent')})" if n else "0 of 0"

    rows = [
        {
            "Pressure": "All" if r["pressure"] == ALL else names.get(str(r["pressure"]), str(r["pressure"])),
            "Papers that": {"discussed": "discuss it", "demonstrated": "demonstrate it"}.get(
                str(r["outcome"]), "measure it" if r["outcome"] == "measured" else "mitigate it"
            ),
            "Evaluation": share(r, "evaluation"),
            "Alignment": share(r, "alignment"),
            "Difference": "too few" if r["note"] else r["difference"],
            **{name: r[column] for name, column in ends.items()},
        }
        for r in table.to_dict("records")
    ]
    columns = ["Pressure", "Papers that", "Evaluation", "Alignment", "Difference", *ends]
    looks = int(table["looks"].max()) if len(table) else 0
    return Printed(
        "sides",
        "Evaluation side against alignment side under each principal optimisation pressure, among papers whose "
        "abstract raises a failure mode; differences with 95% intervals.",
        pd.DataFrame(rows, columns=columns),
        dict.fromkeys(["Difference", *ends], "percent"),
        "Discuss: of the papers under the pressure; the rest: of the papers that discuss the side. A paper may be on "
        "both sides; the interval allows for it. "
        f"Low, high: 95%; all: 95% for all {looks} comparisons at once (Bonferroni). "
        f"Governance modes are on neither side. {warning or 'Coding rules tie some modes to a pressure.'}",
    )


def _printed_pairs(pairs: pd.DataFrame) -> Printed:
    rows = []
    for _, part in pairs.groupby(["first", "second"], sort=False):
        of = part.set_index("outcome").to_dict("index")

        def counts(place: str, of: dict[Any, Any] = of) -> str:
            k = [int(of[o][f"{place}_k"]) for o in ("discussed", "demonstrated", "measured", "mitigated")]
            return " / ".join(map(str, k))

        row = of["measured"]
        rows.append(
            {
                "Evaluation side": row["first_name"],
                "Papers": counts("first"),
                "Counterpart": row["second_name"] + ("*" if str(row["sides"]).startswith("across") else ""),
                "Its papers": counts("second"),
                "Difference": "too few" if row["note"] else row["difference"],
                "Low": row["low"],
                "High": row["high"],
            }
        )
    columns = ["Evaluation side", "Papers", "Counterpart", "Its papers", "Difference", "Low", "High"]
    return Printed(
        "counterparts",
        "Counterpart failure modes of the two sides: papers whose abstract discusses, demonstrates, measures and "
        "mitigates each mode.",
        pd.DataFrame(rows, columns=columns),
        dict.fromkeys(["Difference", "Low", "High"], "percent"),
        "Papers: discuss / demonstrate / measure / mitigate. Difference: of the shares measured, first less second, "
        "with its 95% interval; too few: under 10 papers discuss one of the two. "
        "*A pair across governance: the alignment-side mode stands first.",
    )
