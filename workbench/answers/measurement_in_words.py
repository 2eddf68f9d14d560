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
    most = sorted(rows, key=lambda r: (-r["discussed"], r["code"]))[:NAMED]
    return [
        f"We searched out {facts['records']:,} records, read the abstracts of {facts['read']:,} drawn at random, and "
        f"found {facts['in']:,} that are about the question, which makes about {pairs['included']:,.0f} in all; of "
        f"these, most discuss {_listed([_volume(r, 'discussed', per) for r in most])} (papers per 1,000).",
        f"When a paper discusses a {words.code}, and does not merely name it as the reason for a new instrument, it "
        f"measures it in {_share(pairs)} of the cases.",
        _under(rows, at, words, per),
        _hardly(rows, at, words, per),
        _rest(mine, at, words),
    ]


def _under(rows: Sequence[Mapping[Any, Any]], at: Thresholds, words: Vocabulary, per: float) -> str:
    rule = f"discussed by at least {at.discussed:g} papers in 1,000 and measured by fewer than {at.ratio:.0%} of them"
    yes = [r for r in rows if r["under_measured"] == "yes"]
    open_ = sorted((r for r in rows if r["under_measured"] == "open"), key=lambda r: -r["p_under_measured"])
    no = len(rows) - len(yes) - len(open_)
    if yes:
        named = _listed([_ratio(r) for r in sorted(yes, key=lambda r: r["ratio"])])
        said = f"Talked about and not measured ({rule}): {named}"
    else:
        said = f"No {words.code} is surely talked about and not measured ({rule})"
    if open_:
        close = _listed([f"{_name(r)} (probability {r['p_under_measured']:.2f})" for r in open_[:NAMED]])
        said += f"; {len(open_)} cannot be told yet, nearest to it {close}"
    few = sum(r["under_measured"] == "no" and r["discussed_high"] * per < at.discussed for r in rows)
    return f"{said}; of {no} it can be ruled out, of {few} of them because too few papers discuss them."


def _hardly(rows: Sequence[Mapping[Any, Any]], at: Thresholds, words: Vocabulary, per: float) -> str:
    yes = sorted(
        (r for r in rows if r["hardly_measured"] == "yes"), key=lambda r: (-r["discussed"], r["code"])
    )
    what = f"fewer than {at.measured:g} papers in 1,000 measure"
    if not yes:
        return f"Of no {words.code} is it sure that {what} it."
    named = _listed([_volume(r, "measured", per, " measure it") for r in yes[:NAMED]])
    number = f"{len(yes)} of the {len(rows)} {words.codes}"
    return (
        f"It is sure of {number} that {what} them, be they discussed or not; the most discussed are {named}."
    )


def _rest(mine: pd.DataFrame, at: Thresholds, words: Vocabulary) -> str:
    rare = mine[(mine["rare"] == "yes").to_numpy(dtype=bool)]
    expected, made = false_decisions(mine, at)
    apart = int((mine["parts"] != "").sum())
    said = (
        f"{len(rare)} {words.codes if len(rare) != 1 else words.code} can be called rare "
        f"(raised by fewer than {at.rare:g} papers in 1,000, misses included)"
        if len(rare)
        else f"None can yet be called rare (raised by fewer than {at.rare:g} papers in 1,000): too little was read"
    )
    return (
        f"{said}; of the {made} statements made or ruled out about {expected:.1f} will be wrong, and for {apart} of "
        f"{len(mine)} {words.codes} the two ways of estimating part, as the table says."
    )


def alternative(table: pd.DataFrame, at: Thresholds, words: Vocabulary) -> str:
    """Describe the figure from its numbers, for those who cannot see it."""
    mine = headline(table)
    rows = sorted(mine.to_dict("records"), key=lambda r: (-r["discussed"], r["code"]))
    per = 1000 / float(rows[0]["included"]) if rows else 1.0
    some = "; ".join(
        f"{_volume(r, 'discussed', per)} discuss, {r['measured'] * per:.0f} measure" for r in rows[:NAMED]
    )
    counts = ", ".join(f"{int((mine[s] == 'yes').sum())} {s.replace('_', ' ')}" for s in STATEMENTS)
    return (
        f"For each of {len(rows)} {words.codes} the papers per 1,000 that raise, discuss and measure it, with "
        f"{at.interval:.0%} intervals, and the ratio of the last two. Most discussed: {some}. Decided: {counts}."
    )


def _share(row: Any) -> str:
    return f"{row['ratio']:.0%} ({row['ratio_low']:.0%} to {row['ratio_high']:.0%})"


def _ratio(row: Mapping[Any, Any]) -> str:
    return f"{_name(row)} ({row['ratio']:.0%}, {row['ratio_low']:.0%} to {row['ratio_high']:.0%})"


def _volume(row: Mapping[Any, Any], what: str, per: float, verb: str = "") -> str:
    middle, low, high = (row[f"{what}{end}"] * per for end in ("", "_low", "_high"))
    return f"{_name(row)} ({middle:.0f}{verb}, {low:.0f} to {high:.0f})"


def _name(row: Mapping[Any, Any]) -> str:
    name = str(row["name"])
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
