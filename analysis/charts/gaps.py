"""Figure of gaps: a grid of counts in which each cell says whether it is surprising, and whether it could have been.

The class of a cell is told by its outline and shade and never by its colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.columns import column_labels
from analysis.charts.frame import rules, say, sheet, texts
from analysis.charts.rows import Rows, list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, INK, LINE, MUTED, OKABE_ITO, RAISED, TEXT, Width, page_width
from analysis.coverage import absence_in_words, gaps_summary

#: A grid of few columns does not fill the page: its cells are at most this wide, points.
_WIDEST_CELL = 62.0
_GREY = "#e4e4e4"
#: Readable on it: contrast of 5.6 to 1.
_DIM = "#595959"
_BLUE = "#c9dff0"


@dataclass(frozen=True)
class _Style:
    """How cells of one kind look, and what the key calls them."""

    label: str
    fill: str = "white"
    stroke: str = FAINT
    width: float = 0.5
    dash: tuple[float, ...] = ()
    ink: str = INK
    crossed: bool = False


_STYLES = {
    "gap": _Style("gap: surprisingly empty", stroke=OKABE_ITO["vermillion"], width=1.8),
    "sparse": _Style("surprisingly few", stroke=OKABE_ITO["vermillion"], width=1.1, dash=(2.4, 1.4)),
    "crowded": _Style("surprisingly many", fill=_BLUE, stroke=OKABE_ITO["blue"], width=1.1),
    "as expected": _Style("as expected"),
    "untestable": _Style("could not have been surprising", fill=_GREY, stroke="white", ink=_DIM),
    "by definition": _Style("decided by a rule", crossed=True, ink=MUTED),
}


def gaps_heatmap(
    cells: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    row_facet: str = "failure mode",
    column_facet: str = "stream",
    basis: str = "abstract",
    counted: str | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the counts of two facets with the class of each cell.

    Args:
        cells: ``analysis.coverage.gaps``'s table, with its attrs.
        names: code -> label, for rows and columns alike; a code without one is its own label.
        sides: row code -> side; rows are grouped by it. Without it the rows stay in the order of ``cells``.
        row_facet: what a row is, in words.
        column_facet: what a column is, in words.
        basis: ``title``, ``abstract`` or ``full-text``: what the papers were coded from.
        counted: which papers a number counts, in words, where it is not all that raise the mode.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Surprising cells bear the expected count beside the number, where a cell is wide enough; else it
        stands beneath. An empty cell is grey unless it could have been a gap, also where it is testable in the upper
        tail; a white empty cell, marked 0, could have been a gap and is none.

    Raises:
        ValueError: the table is not one of ``gaps``.
    """
    heading = f"Gaps: {row_facet} by {column_facet}" if title is None else title
    if cells.empty:
        words = f"Nothing to draw: the table has no {row_facet} and no {column_facet}."
        return say(words, width=width, title=heading, stamp=stamp)
    about = gaps_summary(cells).iloc[0]
    table = cells.to_dict("records")
    codes, columns = (list(dict.fromkeys(str(c[k]) for c in table)) for k in ("row", "column"))
    if sides is not None:
        total = cells.groupby("row")["n"].sum()
        codes = sorted(codes, key=lambda code: -int(total[code]))
    page = page_width(width)
    rows = list_rows(codes, names=names, sides=sides, widest=page * 0.42)
    left = rows.margin
    step = round(min(_WIDEST_CELL, (page - left - 1.5) / len(columns)), 2)
    plot = round(step * len(columns), 2)
    column_layer, above = column_labels(columns, step, names=names)

    drawn = pd.DataFrame([_cell(cell, rows, columns, step, names or {}) for cell in table])
    layers: list[alt.Chart | alt.LayerChart] = []
    present = [style for style in _STYLES if (drawn["style"] == style).any()]
    # The surprising ones last: their outlines lie over those of their neighbours.
    for style in reversed(present):
        layers += _boxes(drawn[drawn["style"] == style], _STYLES[style])
    numbers = drawn[drawn["text"] != ""].assign(
        x=lambda t: ((t["x"] + t["x2"]) / 2).round(2), y=lambda t: ((t["y"] + t["y2"]) / 2).round(2)
    )
    if len(numbers):
        layers.append(texts(numbers[["x", "y", "text"]].assign(colour=numbers["ink"]), align="center"))
    key_layers, key_height = _key([*_STYLES.values()], present, page, left, -above)
    which = RAISED.get(basis, "papers") if counted is None else counted
    wide = bool((drawn["wide"] & drawn["loud"]).any())
    explained = f"Number: {which}" + (" / expected by both margins." if wide else ".")
    return sheet(
        [*layers, column_layer, rows.labelled(), *rows.headings(left, plot), *key_layers],
        width=width,
        height=rows.height,
        left=left,
        right=page - left - plot,
        above=above + key_height,
        title=heading,
        subtitle=explained,
        notes=[*_notes(about, drawn, names or {}), *filter(None, [absence_in_words(cells)])],
        stamp=stamp,
    )


def _style(cell: Mapping[Any, Any]) -> str:
    kind = str(cell["class"])
    if kind == "structural zero":
        return "by definition"
    if kind == "as expected" and cell["n"] == 0 and cell["testable"] not in ("lower", "both"):
        return "untestable"
    return kind


def _cell(
    cell: Mapping[Any, Any], rows: Rows, columns: Sequence[str], step: float, names: Mapping[str, str]
) -> dict[str, object]:
    row, column, n = str(cell["row"]), str(cell["column"]), int(cell["n"])
    style = _style(cell)
    loud = style in ("gap", "sparse", "crowded")
    both = f"{n} / {cell['expected']:.1f}"
    wide = text_width(both, TEXT) <= step - 3.0
    could = style == "as expected" and n == 0
    text = both if loud and wide else str(n) if n or loud or could else ""
    middle, at = rows.middle(row), columns.index(column)
    what = f"{names.get(row) or row}, {names.get(column) or column}: {n}, {cell['class']}"
    if style not in ("untestable", "by definition"):
        what += f", {cell['expected']:.1f} expected"
    if cell["close"]:
        what += ", with other draws perhaps otherwise"
    return {
        "row": row,
        "column": column,
        "n": n,
        "expected": cell["expected"],
        "p": cell["p_upper"] if style == "crowded" else cell["p_lower"],
        "style": style,
        "loud": loud,
        "wide": wide,
        "text": text,
        "ink": _STYLES[style].ink,
        "x": round(step * at + 0.4, 2),
        "x2": round(step * (at + 1) - 0.4, 2),
        "y": round(middle - rows.step / 2 + 0.4, 2),
        "y2": round(middle + rows.step / 2 - 0.4, 2),
        "what": what,
    }


def _boxes(cells: pd.DataFrame, style: _Style) -> list[alt.Chart]:
    """Return the layers of cells of one style."""
    kept = cells[["x", "x2", "y", "y2", "what"]]
    box = (
        alt.Chart(kept)
        .mark_rect(fill=style.fill, stroke=style.stroke, strokeWidth=style.width, strokeDash=list(style.dash))
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    if not style.crossed:
        return [box]
    # A stroke through one corner: enough to be seen beside a number, too little to hide it.
    corner = pd.DataFrame({"x": kept["x"], "y": kept["y"] + 4.5, "x2": kept["x"] + 4.5, "y2": kept["y"]})
    return [box, rules(corner.round(2), colour=MUTED, width=0.6)]


def _key(
    styles: Sequence[_Style], present: Sequence[str], page: float, left: float, base: float
) -> tuple[list[alt.Chart], float]:
    """Set what the cells look like in lines above ``base``; return their layers and height."""
    sample, gap, after, step = 12.0, 3.0, 9.0, LINE + 1.4
    placed: list[tuple[_Style, float, int]] = []
    x, line = 0.0, 0
    for style in (_STYLES[name] for name in _STYLES if name in present):
        needed = sample + gap + text_width(style.label, TEXT)
        if x and x + needed > page:
            x, line = 0.0, line + 1
        placed.append((style, x - left, line))
        x += needed + after
    height = step * (line + 1) + 3.0
    layers: list[alt.Chart] = []
    labels = []
    for style, start, number in placed:
        y = base - height + step * (number + 0.5)
        one = pd.DataFrame([{"x": start, "x2": start + sample, "y": y - 3.4, "y2": y + 3.4, "what": ""}])
        layers += _boxes(one.round(2), style)
        labels.append({"x": round(start + sample + gap, 2), "y": round(y, 2), "text": style.label})
    if labels:
        layers.append(texts(pd.DataFrame(labels)))
    return layers, height


def _notes(about: pd.Series, drawn: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Say how many cells were tested, how, and what narrow cells could not show."""
    if not about["testable"]:
        why = str(about["note"])
        few = why.startswith("too few")
        return [f"No cell could have been surprising: {'too few papers carry both codes' if few else why}."]
    decided = int(about["by_definition"] + about["structural"])
    notes = [
        f"{about['testable']} of {about['cells']} cells are testable, {about['testable_lower']} of them for having few "
        f"papers or none and {about['testable_upper']} for having many"
        + (f"; a coding rule decides {decided}, which are held" if decided else "")
        + (f"; {about['close']} may be classed otherwise with other draws" if about["close"] else "")
        + f". {about['draws']:,} draws of the null that keeps both margins; false discovery rate {about['level']:.0%}, "
        f"given these {about['papers']} papers with a code of both facets"
        + (f" ({about['why_left_out']})" if about["left_out"] else "")
        + ". An empty grey cell is too rare to be a gap."
    ]
    hidden = drawn[drawn["loud"] & ~drawn["wide"]].sort_values(["p", "row", "column"])
    if len(hidden):
        said = [
            f"{names.get(r['row']) or r['row']} with {names.get(r['column']) or r['column']} "
            f"{r['n']}\u00a0/\u00a0{r['expected']:.1f}"
            for r in hidden[:8].to_dict("records")
        ]
        more = f", and {len(hidden) - 8} more" if len(hidden) > 8 else ""
        notes.append(f"Papers / expected: {', '.join(said)}{more}.")
    return notes
