"""Figure of the instability decomposition: how much of a number's spread each source has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, blanks, rules, say, sheet, texts
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

_ROW = 8.6
#: Kind of a component -> its colour.
COLOURS = {
    "unit": OKABE_ITO["blue"],
    "facet": OKABE_ITO["vermillion"],
    "interaction": OKABE_ITO["purple"],
    "residual": MUTED,
}


def instability_plot(
    components: pd.DataFrame,
    *,
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw each component's share of the variance of a single value, with its interval.

    Args:
        components: the table of ``analysis.audit.instability.decompose``.
        notes: further remarks beneath the plot.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data.

    Returns:
        The chart: properties one under the other, a bar a component with its interval as a line; components that the
        design does not tell apart say so. Properties of which nothing was measured twice are named beneath.
    """
    heading = "Whose doing is the spread?" if title is None else title
    known = components[components["share"].notna()] if len(components) else components
    if known.empty:
        return say(
            "Nothing to draw: no property was measured several times on several models.",
            width=width,
            title=heading,
            stamp=stamp,
        )
    page = page_width(width)
    shown = list(dict.fromkeys(known["property"]))
    columns = _columns(components, shown, 1 if is_narrow(width) else 2)
    labels = [_label(row) for rows in columns for row in rows if not row["head"]]
    left = round(max(text_width(label, TEXT) for label in labels) + 10.0, 2)
    right = round(text_width("100%", TEXT) + 8.0, 2)
    between = 14.0
    wide = round((page - between * (len(columns) - 1)) / len(columns), 2)
    plot = wide - left - right
    height = round(_ROW * max(len(rows) for rows in columns), 2)
    steps = (0.0, 0.5, 1.0)
    bars, spans, words, ends, heads, grid, ticks = [], [], [], [], [], [], []
    for number, rows in enumerate(columns):
        x0 = round(number * (wide + between), 2)
        foot = round(_ROW * len(rows), 2)
        for step in steps:
            x = round(x0 + plot * step, 2)
            grid.append({"x": x, "x2": x, "y": 0.0, "y2": foot})
            ticks.append({"x": x, "y": -6.0, "text": f"{step:.0%}"})
        for i, row in enumerate(rows):
            y = round(_ROW * (i + 0.5), 2)
            if row["head"]:
                heads.append({"x": round(x0 - left, 2), "y": y, "text": row["head"]})
                continue
            words.append({"x": x0 - 5.0, "y": y, "text": _label(row), "colour": INK})
            if math.isnan(row["share"]):
                why = _short(str(row["note"]).replace("not estimable: ", ""), plot + right - 4.0)
                ends.append({"x": x0 + 2.0, "y": y, "text": why, "colour": MUTED})
                continue
            bars.append(
                {
                    "x": x0,
                    "x2": round(x0 + plot * row["share"], 2),
                    "y": y - 2.6,
                    "y2": y + 2.6,
                    "fill": COLOURS.get(str(row["kind"]), MUTED),
                    "what": f"{row['property']}, {row['component']}: {row['share']:.0%} of the variance "
                    f"({row['share_low']:.0%} to {row['share_high']:.0%}), standard deviation {row['sd']:.1f}",
                }
            )
            if not math.isnan(row["share_low"]):
                low, high = (round(x0 + plot * row[c], 2) for c in ("share_low", "share_high"))
                spans.append({"x": low, "x2": high, "y": y, "y2": y})
            ends.append(
                {"x": round(x0 + plot + 5.0, 2), "y": y, "text": f"{row['share']:.0%}", "colour": INK}
            )
    covered = [*heads, *(e for e in ends if e["colour"] == MUTED)]
    layers: list[alt.Chart | alt.LayerChart] = [rules(pd.DataFrame(grid), colour=FAINT, width=0.4)]
    layers.append(blanks(pd.DataFrame(covered), _ROW))
    layers.append(_boxes(pd.DataFrame(bars)))
    if spans:
        layers.append(rules(pd.DataFrame(spans), colour=INK, width=0.8))
    layers += [texts(pd.DataFrame(words), align="right"), texts(pd.DataFrame(ends))]
    layers += [texts(pd.DataFrame(heads), colour=MUTED), texts(pd.DataFrame(ticks), align="center")]
    kinds = [k for k in COLOURS if k in set(known["kind"])]
    called = {
        "unit": "what is measured",
        "facet": "a condition",
        "interaction": "their interaction",
        "residual": "rest",
    }
    remarks = [
        "Share of the variance of a single value; line: 95% interval. Our own reading of the construct, after "
        "generalisability theory."
    ]
    silent = [p for p in dict.fromkeys(components["property"]) if p not in shown]
    if silent:
        remarks.append(f"Not estimable for want of repeated measurement: {', '.join(silent)}.")
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=12.0,
        title=heading,
        subtitle="What always changes together cannot be told apart and is said so.",
        key=[KeyEntry("bar", COLOURS[k], called[k]) for k in kinds],
        notes=[*remarks, *notes],
        stamp=stamp,
    )


def _short(text: str, room: float) -> str:
    """The reason in one line: what is longer than the room ends at its first clause."""
    if text_width(text, TEXT) <= room:
        return text
    for end in (": ", ", "):
        head = text.split(end)[0]
        if text_width(head, TEXT) <= room:
            return head
    return wrap("not estimable", TEXT, room)[0]


def _boxes(rows: pd.DataFrame) -> alt.Chart:
    done: alt.Chart = (
        alt.Chart(rows)
        .mark_rect()
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
            fill=alt.Fill("fill:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    return done


def _columns(components: pd.DataFrame, shown: list[str], count: int) -> list[list[dict[str, Any]]]:
    """Rows of the figure in as many columns, properties kept whole and in order, columns of about one height."""
    blocks = []
    for name in shown:
        mine = components[components["property"] == name]
        n, objects = int(mine["values"].max()), int(mine["objects"].iloc[0])
        head: dict[str, Any] = {"head": f"{name} ({n} values, {objects} {mine['unit'].iloc[0]}s)"}
        blocks.append(
            [head, *({**{str(k): v for k, v in r.items()}, "head": ""} for r in mine.to_dict("records"))]
        )
    if count == 1 or len(blocks) == 1:
        return [[row for block in blocks for row in block]]
    sizes = [len(block) for block in blocks]
    cut = min(range(1, len(blocks)), key=lambda k: (max(sum(sizes[:k]), sum(sizes[k:])), k))
    return [[row for block in part for row in block] for part in (blocks[:cut], blocks[cut:])]


def _label(row: dict[str, Any]) -> str:
    return str(row["component"]).replace(" x ", " × ")
