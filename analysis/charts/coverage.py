"""Figure of coverage: a grid of counts of papers, in which a count of zero is plainly an empty cell."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from analysis.charts.columns import UPRIGHT, column_labels
from analysis.charts.frame import KeyEntry, panel, say, sheet
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, RAISED, TEXT, Width, page_width

#: Where on the scale white figures become easier to read than dark ones (equal contrast with both).
_WHITE_FROM = 0.58

#: A grid of few columns does not fill the page: its cells are at most this wide, points.
_WIDEST_CELL = 72.0


#: Colour of the smallest and of the largest count.
RAMP = ["#d3e3f0", "#08306b"]


def coverage_heatmap(
    cells: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    row_facet: str = "code",
    column_facet: str = "group",
    basis: str = "abstract",
    counted: str | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw how many papers carry a code of the rows together with one of the columns.

    Args:
        cells: ``analysis.coverage.coverage``'s table: ``row``, ``column``, ``n``, empty cells included.
        names: code -> label, for rows and columns alike; a code without one is its own label.
        sides: row code -> side; rows are grouped by it. Without it the rows stay in the order of ``cells``.
        row_facet: what a row is, in words.
        column_facet: what a column is, in words.
        basis: ``title``, ``abstract`` or ``full-text``: what the papers were coded from.
        counted: which papers a number counts, in words, where it is not all that raise the mode: for example
            ``papers that measure the mode``.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Within a side, rows with more papers in their cells stand higher. Counts are printed in the
        cells; a zero is an empty white cell.
    """
    heading = f"Papers by {row_facet} and {column_facet}" if title is None else title
    if cells.empty:
        words = f"Nothing to draw: the table has no {row_facet} and no {column_facet}."
        return say(words, width=width, title=heading, stamp=stamp)
    counts = {
        (str(row), str(column)): int(n)
        for row, column, n in zip(cells["row"], cells["column"], cells["n"], strict=True)
    }
    codes = list(dict.fromkeys(row for row, _ in counts))
    columns = list(dict.fromkeys(column for _, column in counts))
    if sides is not None:
        total = {code: sum(counts.get((code, column), 0) for column in columns) for code in codes}
        codes = sorted(codes, key=lambda code: -total[code])
    page = page_width(width)
    rows = list_rows(codes, names=names, sides=sides, widest=page * 0.42)
    left = rows.margin
    step = min(_WIDEST_CELL, (page - left - 1.0) / len(columns))
    plot = step * len(columns)

    most = max(counts.values())
    narrowest = max(UPRIGHT, text_width(str(most), TEXT) + 1.0)
    if step < narrowest:
        fit = int((page - left - 1.0) / narrowest)
        words = (
            f"Not drawn: the table has {len(columns)} columns ({column_facet}), and in a figure of this width no "
            f"more than {fit} can be read. The table has every count."
        )
        return say(words, width=width, title=heading, stamp=stamp)
    labels = {column: (names or {}).get(column) or column for column in columns}
    column_layer, above, cut = column_labels(columns, step, names=names)
    grid = pd.DataFrame(
        [
            {
                "code": row,
                "column": column,
                "n": n,
                "what": f"{rows.labels[row]}, {labels[column]}: {_papers(n)}".replace("\n", " "),
                "ink": "white" if _shade(n, most) > _WHITE_FROM else "black",
            }
            for (row, column), n in counts.items()
        ]
    )
    base = alt.Chart(rows.placed(grid))
    x = alt.X(
        "column:N",
        scale=alt.Scale(domain=columns, range=[0, round(plot, 2)], paddingInner=0, paddingOuter=0),
        sort=None,
        axis=None,
    )
    tooltip = [
        alt.Tooltip("code:N", title=row_facet),
        alt.Tooltip("column:N", title=column_facet),
        alt.Tooltip("n:Q", title="papers"),
    ]
    empty = (
        base.mark_rect(fill="white", stroke=FAINT, strokeWidth=0.6)
        .encode(x=x, **rows.across(), tooltip=tooltip, description=alt.Description("what:N"))
        .transform_filter("datum.n == 0")
    )
    # One hue from light to dark: the eye goes to the large counts, and print in grey keeps the order.
    colour = alt.Scale(type="sqrt", range=RAMP, interpolate="lab", domain=[1, max(most, 2)])
    full = (
        base.mark_rect(stroke="white", strokeWidth=0.6)
        .encode(
            x=x,
            **rows.across(),
            fill=alt.Fill("n:Q", scale=colour, legend=None),
            tooltip=tooltip,
            description=alt.Description("what:N"),
        )
        .transform_filter("datum.n > 0")
    )
    figures = (
        base.mark_text(baseline="middle", dy=0.4, aria=False)
        .encode(
            x=x,
            y=rows.at(),
            text=alt.Text("n:Q"),
            color=alt.Color("ink:N", scale=None, legend=None),
        )
        .transform_filter("datum.n > 0")
    )
    grids = panel(full, empty, figures)
    which = RAISED.get(basis, "papers") if counted is None else counted
    explained = f"Number: {which}; a paper may count in several cells."
    if most == 0:
        explained = f"Every cell is zero: no paper carries any {row_facet} together with any {column_facet}."
    return sheet(
        [grids, column_layer, rows.labelled(), *rows.headings(left, plot)],
        width=width,
        height=rows.height,
        left=left,
        right=page - left - plot,
        above=above,
        title=heading,
        subtitle=explained,
        key=[KeyEntry("cell", "white", "no paper")] if most else (),
        notes=[f"In full: {label}." for label in cut],
        tallest=rows.tallest,
        stamp=stamp,
    )


def _shade(n: int, most: int) -> float:
    """Return where a count stands on the colour scale, 0 (lightest) to 1; the square root tells 1 from 4."""
    return 0.0 if n < 1 else float((n**0.5 - 1) / (max(most, 2) ** 0.5 - 1))


def _papers(n: int) -> str:
    return "no paper" if n == 0 else "1 paper" if n == 1 else f"{n} papers"
