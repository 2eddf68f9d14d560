"""Coverage: how many papers carry a code of one facet together with a code of another.

What one would expect of a count, and whether an empty cell could have been a gap, says ``analysis.expected``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.selection import Asked, incidences, known_codes, meetings, tuples


def coverage(
    final: pd.DataFrame,
    rows: str,
    columns: str,
    *,
    asked: Asked | None = None,
    min_level: str | None = None,
    grey: str = "exclude",
    row_codes: Sequence[str] | None = None,
    column_codes: Sequence[str] | None = None,
    basis: str = "abstract",
) -> pd.DataFrame:
    """Cross one facet with another and keep the papers behind each cell.

    Args:
        final: the survey's table ``final``.
        rows: facet of the rows.
        columns: facet of the columns; it may be the same facet, and then a code meets itself on the diagonal.
        asked: which facet carries levels; needed where ``min_level`` is given.
        min_level: lowest level at which a code of that facet counts, on whichever side it stands; None: any.
        grey: ``exclude``, ``include`` or ``only``.
        row_codes: codes of the rows in order, never-used ones included and others left out; default: the
            codes used, sorted.
        column_codes: the same for the columns.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row a cell, empty cells included, row by row: ``row``, ``column`` (str), ``n`` (int, papers and
        never codings) and ``papers`` (sorted tuple of keys, ``len`` = ``n``).

    Raises:
        ValueError: an argument is not one of its words (with the word probably meant), a code stands twice,
            or a column of ``final`` is missing.
    """
    across = None if row_codes is None else known_codes("row_codes", row_codes)
    down = None if column_codes is None else known_codes("column_codes", column_codes)
    one, two = incidences(
        final, [(rows, across), (columns, down)], asked=asked, min_level=min_level, grey=grey, basis=basis
    )
    papers = meetings(one, two)
    return pd.DataFrame(
        {
            "row": pd.Series(np.repeat(np.array(one.codes, dtype=object), len(two.codes)), dtype="str"),
            "column": pd.Series(np.tile(np.array(two.codes, dtype=object), len(one.codes)), dtype="str"),
            "n": np.fromiter((len(p) for p in papers), dtype=np.int64, count=len(papers)),
            "papers": tuples(papers),
        }
    )
