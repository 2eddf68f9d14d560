"""The answer of the survey in five sentences, made from the table of the measurement question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.measurement import READINGS, Thresholds
from analysis.volume_table import STATEMENTS

if TYPE_CHECKING:
    from workbench.store.settings import Vocabulary

#: So many are named in a sentence; the table has all.
NAMED = 3
#: And so many under the figure.
SHOWN = 2
#: How the words under the figure put what is decided.
STATED = {
    "under_measured": "{} are shown to be talked about but not measured",
    "hardly_measured": "to be hardly measured",
    "rare": "to be rare",
}


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that decide: of the model, in the first reading, a row a code."""
    mine = (table["reading"] == READINGS[0]) & (table["estimate"] == "model") & (table["code"] != "")
    return table[mine.to_numpy(dtype=bool)]


def false_decisions(mine: pd.DataFrame, at: Thresholds) -> tuple[float, int]:
    """How many of the statements decided either way are expected to be false, and how many there are."""
    expected, made = 0.0, 0
    for statement in STATEMENTS:
        for verdict, p in zip(mine[statement], mine[f"p_{statement}"], strict=True):
            if verdict != "open":
                expected += 1 - p if verdict == "yes" else p
                made += 1
    return expected, made


def in_words(table: pd.DataFrame, at: Thresholds, words: Vocabulary, facts: Mapping[str, int]) -> list[str]:
    """Say in five sentences, with numbers, what the table says.

    Args:
        table: ``analysis.volume_table.measurement``'s table.
        at: the thresholds.
        words: the survey's words for its things.
        facts: ``records`` of the frame, ``read`` of them, papers ``in`` among those.
    """
    mine = headline(table)
    rows = mine.to_dict("records")
    pairs = table[((table["code"] == "") & (table["reading"] == READINGS[0])).to_numpy(dtype=bool)].iloc[0]
    per = 1000 / float(pairs["included"])
    return [
        f"Of {facts['records']:,} records with an abstract that could be drawn, {facts['read']:,} were drawn at random "
        f"and read, and {facts['in']:,} of these are on the question, so that about {pairs['included']:,.0f} of the "
        f"{facts['records']:,} should be.",
        f"A paper that discusses a {words.code} (says more of it than that it is why something new was built) also "
        f"measures it (gives a number for it) in {pairs['ratio']:.0%} of cases ({pairs['ratio_low']:.0%} to "
        f"{pairs['ratio_high']:.0%}, {at.interval:.0%} interval).",
        _under(rows, at, words, per),
        _hardly(rows, at, words, per),
        _rest(mine, at, words),
    ]


def _under(rows: Sequence[Mapping[Any, Any]], at: Thresholds, words: Vocabulary, per: float) -> str:
    rule = f"discussed by at least {at.discussed:g} of 1,000 papers, measured by fewer than {at.ratio:.0%} of those"
    yes = [r for r in rows if r["under_measured"] == "yes"]
    open_ = sorted((r for r in rows if r["under_measured"] == "open"), key=lambda r: -r["p_under_measured"])
    no = len(rows) - len(yes) - len(open_)
    if yes:
        named = _listed([_ratio(r) for r in sorted(yes, key=lambda r: r["ratio"])])
        said = f"Talked about but not measured ({rule}) {'is' if len(yes) == 1 else 'are'} {named}"
    else:
        said = f"No {words.code} is shown to be talked about but not measured ({rule})"
    few = sum(r["under_measured"] == "no" and r["discussed_high"] * per < at.discussed for r in rows)
    said += f"; {no} are shown not to be"
    if few:
        said += f" ({few} because too few papers discuss them)"
    if open_:
        close = _listed([f"{_name(r)} ({r['p_under_measured']:.0%})" for r in open_[:NAMED]])
        said += f", and {len(open_)} are open, the most probable being {close}"
    return f"{said}."


def _hardly(rows: Sequence[Mapping[Any, Any]], at: Thresholds, words: Vocabulary, per: float) -> str:
    yes = sorted(
        (r for r in rows if r["hardly_measured"] == "yes"), key=lambda r: (-r["discussed"], r["code"])
    )
    what = f"measured by fewer than {at.measured:g} of 1,000 papers"
    if not yes:
        return f"No {words.code} is shown to be {what}."
    named = _listed([_volume(r, "measured", per) for r in yes[:NAMED]])
    number = f"{len(yes)} of the {len(rows)} {words.codes} {'is' if len(yes) == 1 else 'are'}"
    return f"{number} shown to be {what}, much discussed or little; the most discussed of them: {named}."


def _rest(mine: pd.DataFrame, at: Thresholds, words: Vocabulary) -> str:
    rare = mine[(mine["rare"] == "yes").to_numpy(dtype=bool)]
    expected, made = false_decisions(mine, at)
    apart = int((mine["parts"] != "").sum())
    what = f"rare (named at all by fewer than {at.rare:g} of 1,000 papers)"
    said = (
        f"{len(rare)} {words.codes if len(rare) != 1 else words.code} can be called {what}"
        if len(rare)
        else f"None can yet be called {what}, because too little was read"
    )
    return (
        f"{said}; a statement counts as shown at a probability of {at.sure:.0%}, so about {expected:.1f} of the {made} "
        f"made or denied will be wrong, and for {apart} of {len(mine)} {words.codes} our two ways of estimating "
        "disagree."
    )


def alternative(table: pd.DataFrame, at: Thresholds, words: Vocabulary) -> str:
    """Describe the figure from its numbers, for those who cannot see it."""
    mine = headline(table)
    rows = sorted(mine.to_dict("records"), key=lambda r: (-r["discussed"], r["code"]))
    per = 1000 / float(rows[0]["included"]) if rows else 1.0
    some = "; ".join(
        f"{_name(r)} ({r['discussed'] * per:.0f} discuss it, {r['measured'] * per:.0f} measure it)"
        for r in rows[:SHOWN]
    )
    counts = ", ".join(f"{int((mine[s] == 'yes').sum())} {STATED[s].format(words.codes)}" for s in STATEMENTS)
    return (
        f"{counts}. Most discussed, of 1,000 papers: {some}. For each of {len(rows)} "
        f"{words.codes} the papers that raise, discuss and measure it, with {at.interval:.0%} intervals."
    )


def _ratio(row: Mapping[Any, Any]) -> str:
    return f"{_name(row)} ({row['ratio']:.0%}, {row['ratio_low']:.0%} to {row['ratio_high']:.0%})"


def _volume(row: Mapping[Any, Any], what: str, per: float) -> str:
    middle, low, high = (row[f"{what}{end}"] * per for end in ("", "_low", "_high"))
    return f"{_name(row)} ({middle:.0f} of 1,000, {low:.0f} to {high:.0f})"


def _name(row: Mapping[Any, Any]) -> str:
    name = str(row["name"])
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
