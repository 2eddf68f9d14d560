"""Figure of levels: to the left of a line the papers that talk about a code, to the right those that measure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, panel, say, sheet
from analysis.charts.layers import rules, texts
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, INK, MUTED, TEXT, Width, page_width
from analysis.levels import REMEDY, wide

#: Colours of the steps before the measured ones, the farthest from it first: from pale to dark sand.
_TALK = ("#f0e6d2", "#e3cc9c", "#d1ab63", "#a97f35", "#7a5a20", "#4f3a14")
#: Colours of the measured steps.
_DATA = ("#08306b", "#2f6fab", "#6ea6d0")


def levels_plot(
    table: pd.DataFrame,
    measured: str,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    steps: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    title: str = "",
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw how far the papers that raise each code go with it.

    Args:
        table: ``analysis.levels.levels``'s table.
        measured: the lowest level that counts as measured; it and what follows stand to the right.
        names: code -> label.
        sides: code -> group of the rows.
        steps: step -> what it is called.
        notes: remarks beneath the plot.
        title: what stands over it.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a row a code that some paper raises, most papers first; codes that none raises are named beneath.
        The number of papers with a measured remedy stands at the right edge.
    """
    counts = wide(table) if len(table) else pd.DataFrame({"raised": []})
    there = counts[counts["raised"] > 0]
    if there.empty:
        return say("Nothing to draw: no paper raises any code.", width=width, title=title, stamp=stamp)
    order = [c for c in counts.columns if c not in ("raised", REMEDY)]
    cut = order.index(measured)
    talk, data = order[:cut], order[cut:]
    colours = dict(zip(talk, _TALK, strict=False)) | dict(zip(data, _DATA, strict=False))
    called = {step: (steps or {}).get(step, step) for step in [*order, REMEDY]}
    page = page_width(width)
    order_of = dict(zip(there.index, there["raised"].tolist(), strict=True))
    codes = sorted(order_of, key=lambda code: (-order_of[code], str(code)))
    rows = list_rows(codes, names=names, sides=sides, widest=page * 0.36)
    left, right = rows.margin, 30.0
    plot = page - left - right
    most_left = max(1, int(there[talk].sum(axis=1).max()))
    most_right = max(1, int(there[data].sum(axis=1).max()))
    scale = (plot - 8.0) / (most_left + most_right)
    zero = round(4.0 + most_left * scale, 2)
    bars: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    mended: list[dict[str, Any]] = []
    for code in codes:
        row, y = there.loc[code], rows.middle(code)
        x = zero
        for step in reversed(talk):
            x = _bar(bars, words, row, step, x, -1, scale, y, code, called, colours)
        x = zero
        for step in data:
            x = _bar(bars, words, row, step, x, 1, scale, y, code, called, colours)
        if REMEDY in row.index and row[REMEDY]:
            mended.append({"x": page - left - 6.0, "y": y, "text": str(int(row[REMEDY]))})
    frame = pd.DataFrame(bars)
    boxes = (
        alt.Chart(frame)
        .mark_rect(stroke="white", strokeWidth=0.4)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
            fill=alt.Fill("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    line = pd.DataFrame([{"x": zero, "x2": zero, "y": 0.0, "y2": rows.height}])
    heads = pd.DataFrame(
        [
            {"x": zero - 3.0, "y": -4.0, "text": "not measured"},
            {"x": zero + 3.0, "y": -4.0, "text": called[measured] if len(data) == 1 else "measured"},
        ]
    )
    layers: list[alt.Chart | alt.LayerChart] = [
        panel(boxes),
        rules(line, colour=INK, width=0.8),
        texts(heads.iloc[:1], align="right", baseline="alphabetic"),
        texts(heads.iloc[1:], baseline="alphabetic"),
        rows.labelled(),
        *rows.headings(left, plot + right),
    ]
    if words:
        layers.append(texts(pd.DataFrame(words), align="center"))
    if mended:
        layers.append(texts(pd.DataFrame(mended), align="right", colour=MUTED))
    absent = [(names or {}).get(str(c), str(c)) for c in counts.index if not counts.loc[c, "raised"]]
    nobody = [f"Raised by no paper: {', '.join(absent)}."] if absent else []
    return sheet(
        layers,
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=14.0,
        title=title,
        subtitle="A bar is papers of this sample; each stands at one level. Right edge, in grey: papers whose remedy "
        "was itself measured."
        if mended
        else "A bar is papers of this sample; each stands at one level.",
        key=[KeyEntry("bar", colours[step], called[step]) for step in order],
        notes=[*nobody, *notes],
        stamp=stamp,
    )


def _bar(
    bars: list[dict[str, Any]],
    words: list[dict[str, Any]],
    row: pd.Series[Any],
    step: str,
    start: float,
    way: int,
    scale: float,
    y: float,
    code: str,
    called: Mapping[str, str],
    colours: Mapping[str, str],
) -> float:
    """Add one piece of a bar, with its number where it fits; return where the next one starts."""
    n = int(row[step])
    if not n:
        return start
    end = start + way * n * scale
    what = f"{code}, {called[step]}: {n} paper{'' if n == 1 else 's'}"
    colour = colours.get(step, FAINT)
    bars.append(
        {
            "x": round(min(start, end), 2),
            "x2": round(max(start, end), 2),
            "y": round(y - 3.8, 2),
            "y2": round(y + 3.8, 2),
            "colour": colour,
            "what": what,
        }
    )
    if text_width(str(n), TEXT) + 2.0 <= abs(end - start):
        ink = "white" if int(colour[1:3], 16) < 0x90 else "black"
        words.append({"x": round((start + end) / 2, 2), "y": y, "text": str(n), "colour": ink})
    return end
