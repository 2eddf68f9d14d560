"""Labels above the columns of a grid: level where they fit, else upright."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from analysis.charts.layers import texts
from analysis.charts.text import shortened, text_width, widest_piece, wrap
from analysis.charts.theme import LINE, TEXT

#: A level label has at most so many lines.
_LINES = 4
#: An upright label is at most this long before it is wrapped, points.
_LONGEST = 110.0
#: Room that a line of an upright label takes from its column, points: no narrower column can be labelled.
UPRIGHT = LINE - 0.8


def column_labels(
    columns: Sequence[str], step: float, *, names: Mapping[str, str] | None = None
) -> tuple[alt.Chart, float, list[str]]:
    """Label the columns of a grid.

    An upright label has no more lines than its column has room for; what is left over of one is an ellipsis.

    Args:
        columns: codes from the left.
        step: width of a column, points, at least ``UPRIGHT``.
        names: code -> label; a code without one is its own label.

    Returns:
        The layer, the room it takes above the grid (points), and in full the labels that were cut.
    """
    labels = {column: (names or {}).get(column) or column for column in columns}
    level = {column: wrap(label, TEXT, step - 3.0) for column, label in labels.items()}
    fits = all(
        len(level[column]) <= _LINES and widest_piece(label, TEXT) <= step - 3.0
        for column, label in labels.items()
    )
    lines, most = level, max(1, int(step // UPRIGHT))
    if not fits:
        lines = {column: wrap(label, TEXT, _LONGEST) for column, label in labels.items()}
    cut = [] if fits else [column for column in columns if len(lines[column]) > most]
    for column in cut:
        kept, rest = lines[column][: most - 1], " ".join(lines[column][most - 1 :])
        lines[column] = [*kept, shortened(rest, TEXT, _LONGEST)]
    places = [
        {
            "x": step * (i + 0.5) + (0.0 if fits else UPRIGHT * (k - (len(lines[c]) - 1) / 2)),
            "y": -4.0 - LINE * (len(lines[c]) - 1 - k) if fits else -3.0,
            "text": line,
        }
        for i, c in enumerate(columns)
        for k, line in enumerate(lines[c])
    ]
    placed = pd.DataFrame(places).round({"x": 2, "y": 2})
    if fits:
        room = LINE * max(map(len, lines.values())) + 4.0
        return texts(placed, align="center", baseline="alphabetic"), room, []
    room = max(text_width(line, TEXT) for parts in lines.values() for line in parts) + 5.0
    return texts(placed, angle=270.0), room, [labels[column] for column in cut]
