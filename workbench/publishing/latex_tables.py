"""Tables as a paper prints them: LaTeX with booktabs, stamped with the data they come from."""

from __future__ import annotations

import re

import pandas as pd

from workbench.answers.answer import Printed
from workbench.answers.numbers import printed_latex
from workbench.store.latex import to_latex

#: What an empty cell prints as.
EMPTY = "--"
#: Average width of a character and space between columns, points, at the two sizes a table is set in.
SMALL, FINE = (4.4, 12.0), (3.9, 6.0)
#: Width that a table may have: the text of a usual page.
PAGE = 390.0


def latex_table(printed: Printed, stamp: str) -> str:
    r"""Return a ``table`` environment for ``\input``; it needs the packages array and booktabs.

    A table that would be wider than the text of a page is set smaller, and its widest columns are wrapped.

    Args:
        printed: the table. Columns with a form are numbers, set flush right; the others are text, flush left.
        stamp: the line that names the data; it stands under the table and as a comment above it.

    Raises:
        ValueError: a form is given for a column that is not there.
    """
    table = printed.table
    unknown = sorted(set(printed.forms) - set(table.columns))
    if unknown:
        raise ValueError(f"table {printed.stem}: no column {', '.join(unknown)}")
    cells = [
        [_cell(value, printed, str(column)) for column, value in zip(table.columns, row, strict=True)]
        for row in table.itertuples(index=False, name=None)
    ]
    heads = [to_latex(str(c)) for c in table.columns]
    size, columns = _layout(heads, cells, [str(c) in printed.forms for c in table.columns])
    rows = [" & ".join(row) for row in cells]
    empty = [rf"\multicolumn{{{len(heads)}}}{{l}}{{None.}}"] if not rows else []
    under = " ".join(part for part in (printed.note, f"{stamp}.") if part)
    lines = [
        f"% {stamp}",
        r"% \usepackage{array,booktabs}",
        r"\begin{table}",
        rf"  \centering{size}",
        rf"  \caption{{{to_latex(printed.caption)}}}",
        rf"  \label{{tab:{printed.stem}}}",
        rf"  \begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"    \toprule",
        "    " + " & ".join(heads) + r" \\",
        r"    \midrule",
        *(f"    {row} \\\\" for row in [*rows, *empty]),
        r"    \bottomrule",
        r"  \end{tabular}",
        rf"  \par\smallskip{{\footnotesize {_typeset(under)}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _layout(heads: list[str], cells: list[list[str]], numeric: list[bool]) -> tuple[str, str]:
    """Return the size of a table and the form of its columns, so that it fits the page."""
    columns = [[_shown(head), *(_shown(row[n]) for row in cells)] for n, head in enumerate(heads)]
    natural = [max(map(len, texts)) for texts in columns]
    least = [max((len(word) for text in texts for word in text.split()), default=1) for texts in columns]
    point, between = SMALL
    if sum(natural) * point + len(heads) * between <= PAGE:
        return r"\small", "".join("r" if n else "l" for n in numeric)
    point, between = FINE
    wide = list(natural)
    while sum(wide) * point + len(heads) * between > PAGE:
        shrinkable = [n for n in range(len(wide)) if wide[n] > max(least[n], 6)]
        if not shrinkable:
            break
        wide[max(shrinkable, key=lambda n: wide[n])] -= 1
    forms = []
    for n, chars in enumerate(wide):
        side = "raggedleft" if numeric[n] else "raggedright"
        wrapped = rf">{{\{side}\arraybackslash}}p{{{chars * point:.0f}pt}}"
        forms.append(wrapped if chars < natural[n] else "r" if numeric[n] else "l")
    return r"\footnotesize\setlength{\tabcolsep}{3pt}", "".join(forms)


def _shown(text: str) -> str:
    """Return LaTeX text roughly as wide as it is when printed."""
    return re.sub(r"\\ensuremath\{(.)\}|\\text[a-z]+\{\}|\\(.)|[{}]", lambda m: m[1] or m[2] or "", text)


def _cell(value: object, printed: Printed, column: str) -> str:
    form = printed.forms.get(column)
    if isinstance(value, tuple):
        value = ", ".join(str(v) for v in value)
    if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "":  # type: ignore[call-overload]
        return EMPTY
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
