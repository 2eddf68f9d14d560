"""Tables as a paper prints them: LaTeX with booktabs, stamped with the data they come from."""

from __future__ import annotations

import pandas as pd

from workbench.latex import to_latex
from workbench.numbers import printed_latex
from workbench.results.answers import Printed

#: What an empty cell prints as.
EMPTY = "--"


def latex_table(printed: Printed, stamp: str) -> str:
    r"""Return a ``table`` environment for ``\input``; it needs the packages booktabs and, for wide ones, none.

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
    aligned = "".join("r" if column in printed.forms else "l" for column in table.columns)
    rows = [
        " & ".join(
            _cell(value, printed, str(column)) for column, value in zip(table.columns, row, strict=True)
        )
        for row in table.itertuples(index=False, name=None)
    ]
    empty = [rf"\multicolumn{{{len(table.columns)}}}{{l}}{{None.}}"] if not rows else []
    under = " ".join(part for part in (printed.note, f"{stamp}.") if part)
    lines = [
        f"% {stamp}",
        r"% \usepackage{booktabs}",
        r"\begin{table}",
        r"  \centering\small",
        rf"  \caption{{{to_latex(printed.caption)}}}",
        rf"  \label{{tab:{printed.stem}}}",
        rf"  \begin{{tabular}}{{@{{}}{aligned}@{{}}}}",
        r"    \toprule",
        "    " + " & ".join(to_latex(str(c)) for c in table.columns) + r" \\",
        r"    \midrule",
        *(f"    {row} \\\\" for row in [*rows, *empty]),
        r"    \bottomrule",
        r"  \end{tabular}",
        rf"  \par\smallskip{{\footnotesize {_typeset(under)}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


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
