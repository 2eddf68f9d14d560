"""What figures are drawn from: texts, points, lines and boxes at given places, in points of print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

import altair as alt
import pandas as pd

from analysis.charts.text import text_width
from analysis.charts.theme import INK, MUTED, TEXT

#: Areas of the two markers, square points: a dot fits inside a ring where both stand at the same place.
RING = 26.0
DOT = 13.0

_FIXED: dict[str, Any] = {
    "x": alt.XValue,
    "x2": alt.X2Value,
    "y": alt.YValue,
    "y2": alt.Y2Value,
    "size": alt.SizeValue,
}


def fixed(channel: str, value: float) -> Any:
    """Return a value of the channel ``x``, ``x2``, ``y``, ``y2`` or ``size`` that is the same for every mark.

    It is what ``alt.value`` becomes in the end; altair finds that out by hashing its whole schema, every time.
    """
    return _FIXED[channel](value)


def texts(
    rows: pd.DataFrame,
    *,
    align: Literal["left", "center", "right"] = "left",
    colour: str = INK,
    size: float = TEXT,
    baseline: Literal["alphabetic", "middle"] = "middle",
    angle: float = 0.0,
) -> alt.Chart:
    """Return a layer of texts at given places.

    Args:
        rows: columns x, y (points in plot coordinates), text and, where colours differ, colour.
        align: which end of the text stands at x.
        colour: colour of all texts when ``rows`` has no colour column.
        size: font size, points.
        baseline: which height of the text stands at y.
        angle: clockwise rotation, degrees.
    """
    # Vega centres on the em box, a shade too high for text that is mostly lower case: hence dy.
    chart = alt.Chart(rows).mark_text(
        align=align,
        baseline=baseline,
        fontSize=size,
        color=colour,
        angle=angle % 360,
        aria=False,
        dy=0.4 if baseline == "middle" else 0,
    )
    channels: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None),
        "y": alt.Y("y:Q", scale=None, axis=None),
        "text": alt.Text("text:N"),
    }
    if "colour" in rows:
        channels["color"] = alt.Color("colour:N", scale=None, legend=None)
    return cast(alt.Chart, chart.encode(**channels))


def marks(rows: pd.DataFrame, *, size: float = DOT) -> alt.Chart:
    """Return a layer of points at given places, each with its sentence as tooltip and for those who cannot see it.

    Args:
        rows: columns x, y (points in plot coordinates), what (the sentence), fill and stroke (colours) and, where they
            are not all circles, shape.
        size: area of a point, square points.
    """
    chart = alt.Chart(rows).mark_point(shape="circle", size=size, strokeWidth=0.9, opacity=1)
    channels: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None),
        "y": alt.Y("y:Q", scale=None, axis=None),
        "fill": alt.Fill("fill:N", scale=None, legend=None),
        "stroke": alt.Stroke("stroke:N", scale=None, legend=None),
        "tooltip": [alt.Tooltip("what:N", title=" ")],
        "description": alt.Description("what:N"),
    }
    if "shape" in rows:
        channels["shape"] = alt.Shape("shape:N", scale=None, legend=None)
    return cast(alt.Chart, chart.encode(**channels))


def whole_ticks(most: int, about: int = 4) -> list[int]:
    """Return round whole numbers from 0 to at most ``most``, ``about`` of them besides 0; at least 0 and 1."""
    steps = (digit * 10**power for power in range(10) for digit in (1, 2, 5))
    step = next(step for step in steps if most / step <= about + 0.5)
    return list(range(0, max(most, step) + 1, step))


def blanks(rows: pd.DataFrame, height: float) -> alt.Chart:
    """Return white boxes, ``height`` points high, that keep a grid from running through left-aligned texts.

    Args:
        rows: as for ``texts``.
        height: height of the boxes, points.
    """
    boxes = pd.DataFrame(
        {
            "x": rows["x"] - 1.5,
            "x2": [
                round(x + text_width(text, TEXT) + 1.5, 2)
                for x, text in zip(rows["x"], rows["text"], strict=True)
            ],
            "y": (rows["y"] - height / 2).round(2),
            "y2": (rows["y"] + height / 2).round(2),
        }
    )
    chart = alt.Chart(boxes).mark_rect(fill="white", aria=False)
    done: alt.Chart = chart.encode(
        x=alt.X("x:Q", scale=None, axis=None),
        x2=alt.X2("x2:Q"),
        y=alt.Y("y:Q", scale=None, axis=None),
        y2=alt.Y2("y2:Q"),
    )
    return done


def rules(
    rows: pd.DataFrame, *, colour: str = MUTED, width: float = 0.5, dash: Sequence[float] = ()
) -> alt.Chart:
    """Return a layer of straight lines; ``rows`` has x, y, x2, y2 and, where they differ, colour and width."""
    chart = alt.Chart(rows).mark_rule(color=colour, strokeWidth=width, strokeDash=list(dash), aria=False)
    channels: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None),
        "y": alt.Y("y:Q", scale=None, axis=None),
        "x2": alt.X2("x2:Q"),
        "y2": alt.Y2("y2:Q"),
    }
    if "colour" in rows:
        channels["color"] = alt.Color("colour:N", scale=None, legend=None)
    if "width" in rows:
        channels["strokeWidth"] = alt.StrokeWidth("width:Q", scale=None, legend=None)
    return cast(alt.Chart, chart.encode(**channels))
