"""Figure of the two sides: the shares of each and their difference, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, panel, say, sheet
from analysis.charts.layers import blanks, fixed, marks, rules, texts
from analysis.charts.rows import list_rows
from analysis.charts.theme import (
    FAINT,
    INK,
    MUTED,
    Width,
    is_narrow,
    page_width,
    side_colours,
    side_name,
)

_SHARES = [0, 0.25, 0.5, 0.75, 1]
_PERCENT = "format(datum.value, '.0%')"


def sides_plot(
    table: pd.DataFrame,
    pair: tuple[str, str],
    *,
    names: Mapping[str, str] | None = None,
    outcomes: Mapping[str, str] | None = None,
    by: str = "",
    notes: Sequence[str] = (),
    title: str = "",
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the shares of two sides and their difference, for all papers and for each group of papers.

    Args:
        table: ``analysis.sides.sides``'s table, without its counterparts.
        pair: the two sides, in the order of the table.
        names: what is compared -> label.
        outcomes: outcome -> heading of its group.
        by: what the rows below *all papers* differ in, in words.
        notes: remarks beneath the plot.
        title: what stands over it.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a group an outcome, a row what is compared; left a dot a side, right the difference with its 95%
        interval. Rows with too few papers say so.
    """
    if table.empty or not int(table[["first_n", "second_n"]].to_numpy().max()):
        return say("Nothing to draw: no drawn paper is on a side.", width=width, title=title, stamp=stamp)
    page = page_width(width)
    cells: list[dict[str, Any]] = [{str(c): v for c, v in r.items()} for r in table.to_dict("records")]
    groups: dict[str, str] = {}
    labels: dict[str, str] = {}
    for cell in cells:
        cell["key"] = f"{cell['outcome']}: {cell['what']}"
        groups[cell["key"]] = (outcomes or {}).get(str(cell["outcome"]), str(cell["outcome"]))
        labels[cell["key"]] = _label((names or {}).get(cell["what"], str(cell["what"])))
    rows = list_rows(labels, names=labels, sides=groups, widest=page * 0.3)
    left, right, gap = rows.margin, 12.0, 30.0
    plot = page - left - right
    split = round((plot - gap) * 0.5, 2)
    from_, to = round(split + gap, 2), round(plot, 2)
    points: list[dict[str, Any]] = []
    joins, spans, words = [], [], []
    colours = side_colours(pair)
    for cell in cells:
        y, what = rows.middle(cell["key"]), _sentence(cell, labels[cell["key"]], pair)
        if cell["note"]:
            words.append({"x": 3.0, "y": y, "text": str(cell["note"]), "colour": MUTED})
            continue
        for side, column in zip(pair, ("first", "second"), strict=True):
            x = round(split * float(cell[column]), 2)
            points.append({"x": x, "y": y, "fill": colours[side], "stroke": colours[side], "what": what})
        joins.append({"x": split * cell["first"], "x2": split * cell["second"], "y": y, "y2": y})
        x = _place(cell["difference"], from_, to)
        points.append({"x": x, "y": y, "fill": INK, "stroke": INK, "what": what})
        if not pd.isna(cell["low"]):
            ends = (_place(cell[c], from_, to) for c in ("low", "high"))
            spans.append(dict(zip(("x", "x2"), ends, strict=True)) | {"y": y, "y2": y})
    narrow = is_narrow(width)
    zero = _place(0.0, from_, to)
    layers: list[alt.Chart | alt.LayerChart] = [
        _axis([0, 0.5, 1] if narrow else _SHARES, 0.0, split, 0.0, 1.0, "share of papers"),
        _axis([-1, 0, 1] if narrow else [-1, -0.5, 0, 0.5, 1], from_, to, -1.0, 1.0, "difference"),
        rules(pd.DataFrame([{"x": zero, "x2": zero, "y": 0.0, "y2": rows.height}]), colour=MUTED, width=0.6),
    ]
    layers += [rules(pd.DataFrame(joins).round(2), colour=FAINT, width=1.2)] if joins else []
    layers += [rules(pd.DataFrame(spans), colour=INK, width=1.6)] if spans else []
    layers += [marks(pd.DataFrame(points))] if points else []
    layers += [rows.labelled(), *rows.headings(left, plot)]
    if words:
        layers += [blanks(pd.DataFrame(words), rows.step), texts(pd.DataFrame(words))]
    return sheet(
        layers,
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=24.0,
        title=title,
        subtitle="A paper is on a side when it raises a code of it; it may be on both. "
        f"Weighted for the sampling design.{f' Below all papers: by {by}.' if by else ''}",
        key=[
            *(KeyEntry("dot", colours[side], side_name(side)) for side in pair),
            KeyEntry("dot", INK, f"{side_name(pair[0])} minus {side_name(pair[1]).lower()}"),
            KeyEntry("line", INK, "95% interval"),
        ],
        notes=list(notes),
        stamp=stamp,
    )


def _label(name: str) -> str:
    return name[:1].upper() + name[1:]


def _place(value: Any, start: float, end: float) -> float:
    """X of a difference between -1 and 1."""
    return round(start + (end - start) * (float(value) + 1) / 2, 2)


def _signed(value: float) -> str:
    points = round(100 * value)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points)}"


def _axis(
    ticks: Sequence[float], start: float, end: float, low: float, high: float, title: str
) -> alt.LayerChart:
    """Return an axis above the plot, with its grid, for marks that are placed in points."""
    expression = _PERCENT
    if low < 0:
        expression = "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '') + format(abs(datum.value), '.0%')"
    axis = alt.Axis(
        title=title,
        orient="top",
        values=list(ticks),
        labelExpr=expression,
        domain=False,
        grid=True,
    )
    scale = alt.Scale(domain=[low, high], range=[start, end], nice=False, zero=False)
    hidden = (
        alt.Chart(pd.DataFrame({"value": [low]}))
        .mark_point(opacity=0, aria=False)
        .encode(x=alt.X("value:Q", scale=scale, axis=axis), y=fixed("y", 0))
    )
    return panel(hidden)


def _sentence(cell: Mapping[str, Any], label: str, pair: tuple[str, str]) -> str:
    counts = zip(pair, ("first", "second"), strict=True)
    parts = [f"{side} {cell[f'{column}_k']} of {cell[f'{column}_n']} papers" for side, column in counts]
    said = f"{cell['outcome']}, {label.lower()}: {', '.join(parts)}"
    if cell["note"]:
        return f"{said}; too few"
    if pd.isna(cell["low"]):
        return f"{said}; difference {_signed(float(cell['difference']))} points"
    ends = [_signed(float(cell[c])) for c in ("difference", "low", "high")]
    return f"{said}; difference {ends[0]} points ({ends[1]} to {ends[2]})"
