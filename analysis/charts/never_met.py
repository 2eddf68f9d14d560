"""Figure of the pairs that never met: how many papers the margins would have led one to expect, and with what p."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.frame import KeyEntry, blanks, rules, say, sheet, texts
from analysis.charts.rows import LABEL_LINE, ROW, Rows
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, page_width

#: Colour of a pair whose absence is surprising.
_GAP = OKABE_ITO["vermillion"]
#: Marks a pair that a coding rule keeps apart.
_APART = "*"


def never_met_plot(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    most: int = 15,
    what: str = "failure modes",
    level: float = 0.05,
    remarks: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the pairs of codes that no paper carries together, the most surprising first.

    Args:
        table: ``analysis.pairs.never_met``'s table.
        names: code -> label.
        most: pairs that are drawn; how many are not is said.
        what: what the codes are, in words.
        level: false discovery rate of the test, for the key.
        remarks: what is said beneath, of these papers.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a row a pair; a mark at the number of papers expected, filled where their absence is surprising,
        and at the right the probability of meeting in none.
    """
    heading = f"{what[:1].upper()}{what[1:]} that no paper raises together" if title is None else title
    if table.empty:
        why = f"Nothing to draw: fewer than two {what} are raised, or some paper raises every two of them together."
        return say(why, width=width, title=heading, stamp=stamp)
    shown = table.head(most)
    if not bool(np.isfinite(shown["expected"].to_numpy(dtype=float)).all()):
        why = "Nothing to draw: without null draws there is nothing to expect."
        return say(why, width=width, title=heading, stamp=stamp)
    called = dict(names or {})
    page = page_width(width)
    cells = shown.to_dict("records")
    keys = [f"{r['source']} {r['target']}" for r in cells]
    lines = {
        key: _label(
            called.get(r["source"]) or r["source"],
            (called.get(r["target"]) or r["target"]) + (_APART if r["separated"] else ""),
            page * 0.46,
        )
        for key, r in zip(keys, cells, strict=True)
    }
    rows = Rows(
        order=keys,
        labels={key: "\n".join(parts) for key, parts in lines.items()},
        step=ROW + LABEL_LINE * (max(len(parts) for parts in lines.values()) - 1),
        label_width=max(text_width(part, TEXT) for parts in lines.values() for part in parts),
    )
    room = text_width("p < 0.001", TEXT) + 6.0
    left = rows.margin
    plot = page - left - 2.0
    span = round(plot - room, 2)
    ticks = _ticks(max(r["expected"] for r in cells))
    end = max(ticks[-1], max(r["expected"] for r in cells))
    marks, stems, words = [], [], []
    for name, r in zip(keys, cells, strict=True):
        y, x = rows.middle(name), round(span * r["expected"] / end, 2)
        gap = r["class"] == "gap"
        said = "p < 0.001" if r["p_lower"] < 0.0005 else f"p = {r['p_lower']:.3f}"
        tested = r["class"] != "untestable"
        marks.append(
            {
                "x": x,
                "y": y,
                "fill": _GAP if gap else INK if tested else "white",
                "stroke": _GAP if gap else INK if tested else MUTED,
                "what": f"{' '.join(lines[name])}: {r['expected']:.1f} papers expected, none found, {said}",
            }
        )
        stems.append({"x": 0.0, "x2": x, "y": y, "y2": y})
        words.append({"x": round(span + 6.0, 2), "y": y, "text": said, "colour": INK if tested else MUTED})
    grid = pd.DataFrame(
        [
            {
                "x": round(span * t / end, 2),
                "x2": round(span * t / end, 2),
                "y": 0.0,
                "y2": rows.height,
                "colour": FAINT if t else MUTED,
            }
            for t in ticks
        ]
    )
    over = pd.DataFrame(
        [{"x": round(span * t / end, 2), "y": -5.0, "text": f"{t:g}", "colour": INK} for t in ticks]
        + [{"x": round(span / 2, 2), "y": -14.0, "text": "papers expected", "colour": MUTED}]
    )
    placed = pd.DataFrame(words)
    points = (
        alt.Chart(pd.DataFrame(marks))
        .mark_point(shape="circle", size=22, opacity=1, strokeWidth=1)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            y=alt.Y("y:Q", scale=None, axis=None),
            fill=alt.Fill("fill:N", scale=None, legend=None),
            stroke=alt.Stroke("stroke:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    there = set(shown["class"])
    kinds = {
        "gap": KeyEntry("dot", _GAP, f"surprising (false discovery rate {level:.0%})"),
        "as expected": KeyEntry("dot", INK, "tested, not surprising"),
        "untestable": KeyEntry("ring", MUTED, "too few papers: could not have been surprising"),
    }
    return sheet(
        [
            rules(grid),
            texts(over, align="center"),
            rules(pd.DataFrame(stems), colour=FAINT, width=1.2),
            points,
            blanks(placed, rows.step),
            texts(placed),
            rows.labelled(),
        ],
        width=width,
        height=rows.height,
        left=left,
        right=2.0,
        above=20.0,
        title=heading,
        subtitle="Papers expected to raise both, given how many raise each and how many modes a paper raises, and p: "
        "the chance that none would.",
        key=[entry for kind, entry in kinds.items() if kind in there],
        notes=[*_notes(table, shown), *remarks],
        stamp=stamp,
    )


def _label(first: str, second: str, widest: float) -> list[str]:
    """Both names in one line, or the second in lines of its own."""
    whole = f"{first} and {second}"
    return wrap(whole if text_width(whole, TEXT) <= widest else f"{first}\nand {second}", TEXT, widest)


def _ticks(most: float) -> list[float]:
    """Round ticks from 0 over the range of the expected counts, which may all be far below one paper."""
    steps = (digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5))
    step = next(step for step in steps if most / step <= 4.5)
    return [round(step * k, 8) for k in range(max(1, int(most / step + 1e-9)) + 1)]


def _notes(table: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    notes = []
    left = len(table) - len(shown)
    if left:
        notes.append(f"{left:,} more pairs that never met are not drawn; none of them is more surprising.")
    if shown["separated"].any():
        notes.append(f"{_APART} A coding rule separates the two: both are coded only with evidence for each.")
    return notes
