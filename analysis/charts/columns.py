"""Labels above the columns of a grid: level where they fit, else upright."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from analysis.charts.frame import texts
from analysis.charts.text import text_width, widest_piece, wrap
from analysis.charts.theme import LINE, TEXT

#: A level label has at most so many lines.
_LINES = 4
#: An upright label is at most this long before it is wrapped, points.
_LONGEST = 110.0


def column_labels(
    columns: Sequence[str], step: float, *, names: Mapping[str, str] | None = None
) -> tuple[alt.Chart, float]:
    """Label the columns of a grid.

    Args:
        columns: codes from the left.
        step: width of a column, points.
        names: code -> label; a code without one is its own label.

    Returns:
        The layer, and the room it takes above the grid, points.
    """
    labels = {column: (names or {}).get(column) or column for column in columns}
    level = {column: wrap(label, TEXT, step - 3.0) for column, label in labels.items()}
    fits = all(
        len(level[column]) <= _LINES and widest_piece(label, TEXT) <= step - 3.0
        for column, label in labels.items()
    )
    lines = level if fits else {column: wrap(label, TEXT, _LONGEST) for column, label in labels.items()}
    places = [
        {
            "x": step * (i + 0.5) + (0.0 if fits else (LINE - 0.8) * (k - (len(lines[c]) - 1) / 2)),
            "y": -4.0 - LINE * (len(lines[c]) - 1 - k) if fits else -3.0,
            "text": line,
        }
        for i, c in enumerate(columns)
        for k, line in enumerate(lines[c])
    ]
    placed = pd.DataFrame(places).round({"x": 2, "y": 2})
    if fits:
        return texts(placed, align="center", baseline="alphabetic"), LINE * max(
            map(len, lines.values())
        ) + 4.0
    room = max(text_width(line, TEXT) for parts in lines.values() for line in parts) + 5.0
    return texts(placed, angle=270.0), room
