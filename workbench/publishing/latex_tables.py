"""Tables as a paper prints them: LaTeX with booktabs, stamped with the data they come from, and no wider than a page.

How wide a table comes out is known from the widths of the letters (``latex_widths``), so it is decided here, for every
table alike: how large it is set, which columns are wrapped, and whether it is a ``table`` or a ``table*``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.answers.answer import Printed
from workbench.answers.numbers import printed_latex
from workbench.publishing.latex_widths import line_width, widest_piece
from workbench.store.latex import to_latex

#: What an empty cell prints as.
EMPTY = "--"
#: Width of the text of an ``article`` at 11 pt in one column, points: no table is wider.
PAGE = 360.0
#: Width of a column of an ``article`` at 11 pt in two columns, on the narrower paper (A4), points.
COLUMN = 215.0
#: Sizes a table is set in, from the largest: command, size in points in a document of 11 pt, room beside a column.
SIZES = ((r"\small", 10, 6.0), (r"\footnotesize\setlength{\tabcolsep}{3pt}", 9, 3.0))
SMALLEST = (r"\scriptsize\setlength{\tabcolsep}{2pt}", 8, 2.0)
#: Names a work beside the work itself; a paper that cites by author and year redefines it as ``\citet{#2}``.
NAMED = r"\providecommand{\namedwork}[2]{#1~\cite{#2}}"


@dataclass(frozen=True)
class Layout:
    """How a table is set.

    Attributes:
        size: commands that set size and room between columns.
        columns: form of the columns, for ``tabular``.
        width: width of the table, points.
        broken: number of a column -> width that its words are cut to, where even its longest word is too wide.
    """

    size: str
    columns: str
    width: float
    broken: dict[int, tuple[float, int]]


def latex_table(printed: Printed, stamp: str) -> str:
    r"""Return a ``table`` or ``table*`` environment for ``\input``; it needs the packages array and booktabs.

    It is at most as wide as the text of an ``article`` at 11 pt in one column (360 pt), in Computer Modern. What is
    wider than a column of such an article in two columns comes as ``table*``, which is a ``table`` in one column.

    Args:
        printed: the table. Columns with a form are numbers, set flush right; the others are text, flush left.
        stamp: the line that names the data; it stands under the table and as a comment above it.

    Raises:
        ValueError: a form is given for a column that is not there.
    """
    inside, layout = _tabular(printed)
    under = " ".join(part for part in (printed.note, f"{stamp}.") if part)
    kind = "table" if layout.width <= COLUMN else "table*"
    lines = [
        *_before(printed, stamp),
        rf"\begin{{{kind}}}",
        rf"  \centering{layout.size}",
        rf"  \caption{{{to_latex(printed.caption)}}}",
        rf"  \label{{tab:{printed.stem}}}",
        *("  " + line for line in inside),
        rf"  \par\smallskip{{\footnotesize {_typeset(under)}}}",
        rf"\end{{{kind}}}",
    ]
    return "\n".join(lines) + "\n"


def bare_tabular(printed: Printed, stamp: str) -> str:
    """Return the same table as a ``tabular`` alone, in its size, for a float and a caption of one's own.

    Args:
        printed: as for ``latex_table``.
        stamp: as for ``latex_table``; it stands as a comment above the table.

    Raises:
        ValueError: a form is given for a column that is not there.
    """
    inside, layout = _tabular(printed)
    return "\n".join([*_before(printed, stamp), f"{{{layout.size}%", *inside, "}%"]) + "\n"


def laid_out(heads: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> Layout:
    """Decide how a table is set so that it is no wider than ``PAGE``.

    The largest size comes first. In each, headings are wrapped before cells are, which costs one row instead of all;
    then the widest columns give way first. Words are cut only where the longest words do not fit side by side.

    Args:
        heads: the headings, LaTeX.
        cells: the rows, LaTeX, each as long as ``heads``.
        numeric: which columns are set flush right.
    """
    columns = [[head, *(row[n] for row in cells)] for n, head in enumerate(heads)]
    for commands, size, beside in SIZES:
        room = _room(len(heads), beside)
        natural = [max(line_width(text, size) for text in texts) for texts in columns]
        bodies = [
            max([widest_piece(texts[0], size), *(line_width(text, size) for text in texts[1:])])
            for texts in columns
        ]
        for least in (natural, bodies):
            if sum(least) <= room:
                widths = _narrowed(natural, least, room)
                return _layout(commands, natural, widths, numeric, PAGE - room)
    for commands, size, beside in (SIZES[-1], SMALLEST):
        room = _room(len(heads), beside)
        natural = [max(line_width(text, size) for text in texts) for texts in columns]
        least = [max(widest_piece(text, size) for text in texts) for texts in columns]
        if sum(least) <= room:
            widths = _narrowed(natural, least, room)
            return _layout(commands, natural, widths, numeric, PAGE - room)
    widths = _narrowed(least, [0.0] * len(least), room)
    broken = {n: (width, size) for n, width in enumerate(widths) if width < least[n]}
    return _layout(commands, natural, widths, numeric, PAGE - room, broken)


def _room(columns: int, beside: float) -> float:
    """Return the width that is left for the columns themselves; a point is kept for what is rounded."""
    return PAGE - 2 * beside * (columns - 1) - 1.0


def _narrowed(natural: Sequence[float], least: Sequence[float], room: float) -> list[float]:
    """Return widths that fit the room: the widest columns are cut to one width, none below its least."""
    if sum(natural) <= room:
        return list(natural)
    low, high = 0.0, max(natural)
    for _ in range(40):
        most = (low + high) / 2
        fits = sum(max(small, min(large, most)) for small, large in zip(least, natural, strict=True)) <= room
        low, high = (most, high) if fits else (low, most)
    return [max(small, min(large, low)) for small, large in zip(least, natural, strict=True)]


def _layout(
    commands: str,
    natural: Sequence[float],
    widths: Sequence[float],
    numeric: Sequence[bool],
    between: float,
    broken: dict[int, tuple[float, int]] | None = None,
) -> Layout:
    forms = []
    for large, width, number in zip(natural, widths, numeric, strict=True):
        side = "raggedleft" if number else "raggedright"
        # To the next tenth of a point, lest the widest word hang over by a rounding.
        wrapped = rf">{{\{side}\arraybackslash}}p{{{width + 0.05:.1f}pt}}"
        forms.append(wrapped if width < large - 0.01 else "r" if number else "l")
    return Layout(commands, "".join(forms), sum(widths) + between, broken or {})


def _before(printed: Printed, stamp: str) -> list[str]:
    lines = [f"% {stamp}", r"% \usepackage{array,booktabs}"]
    return [*lines, NAMED] if printed.cited else lines


def _tabular(printed: Printed) -> tuple[list[str], Layout]:
    """Return the lines of the ``tabular`` and how it is set."""
    table = printed.table
    unknown = sorted(set(printed.forms) - set(table.columns))
    if unknown:
        raise ValueError(f"table {printed.stem}: no column {', '.join(unknown)}")
    cells = [
        [_cell(value, printed, str(column)) for column, value in zip(table.columns, row, strict=True)]
        for row in table.itertuples(index=False, name=None)
    ]
    heads = [to_latex(str(c)) for c in table.columns]
    layout = laid_out(heads, cells, [str(c) in printed.forms for c in table.columns])
    for n, (width, size) in layout.broken.items():
        heads[n] = _cut(heads[n], width, size)
        for row in cells:
            row[n] = _cut(row[n], width, size)
    rows = [" & ".join(row) for row in cells]
    empty = [rf"\multicolumn{{{len(heads)}}}{{l}}{{None.}}"] if not rows else []
    lines = [
        rf"\begin{{tabular}}{{@{{}}{layout.columns}@{{}}}}",
        r"  \toprule",
        "  " + " & ".join(heads) + r" \\",
        r"  \midrule",
        *(f"  {row} \\\\" for row in [*rows, *empty]),
        r"  \bottomrule",
        r"\end{tabular}",
    ]
    return lines, layout


def _cut(latex: str, width: float, size: int) -> str:
    r"""Return LaTeX whose words may break anywhere where they are wider than the column; commands stay whole."""
    if widest_piece(latex, size) <= width:
        return latex
    return r"\hspace{0pt}" + r"\allowbreak ".join(_atoms(latex))


def _atoms(latex: str) -> Iterator[str]:
    """Yield the parts of a piece of LaTeX that cannot be broken: letters, and commands with what belongs to them."""
    at = 0
    while at < len(latex):
        start = at
        if latex[at] == "\\":
            at += 1
            while at < len(latex) and latex[at].isalpha():
                at += 1
            at = max(at, start + 2)
        elif latex[at] != "{":
            at += 1
        while at < len(latex) and latex[at] == "{":
            depth = 0
            while at < len(latex):
                depth += {"{": 1, "}": -1}.get(latex[at], 0)
                at += 1
                if not depth:
                    break
        yield latex[start:at]


def _cell(value: object, printed: Printed, column: str) -> str:
    form = printed.forms.get(column)
    if isinstance(value, tuple):
        if value and set(value) <= set(printed.cited.values()):
            return rf"\cite{{{','.join(value)}}}"
        value = ", ".join(str(v) for v in value)
    if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "":  # type: ignore[call-overload]
        return EMPTY
    if isinstance(value, str) and value in printed.cited:
        return rf"\namedwork{{{_typeset(value)}}}{{{printed.cited[value]}}}"
    if form is None or isinstance(value, str):
        return _typeset(str(value))
    return printed_latex(float(value), form)  # type: ignore[arg-type]


def _typeset(text: str) -> str:
    """Escape plain text; comparison signs need a math font in the old text encoding."""
    return (
        to_latex(text)
        .replace("<", r"\ensuremath{<}")
        .replace(">", r"\ensuremath{>}")
        .replace("·", r"\textperiodcentered{}")
    )
