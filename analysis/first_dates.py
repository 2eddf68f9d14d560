"""First dates: in which year each code is first discussed and first measured.

A first date is the smallest of a sample: it moves back when an older paper is found and never forward. It dates the
survey's frame and not the literature, and a code of few papers has a late first date for that reason alone. So the
table is one to look papers up in, and nothing is tested on it.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.selection import counted, need, one_of, tuples


def first_dates(
    final: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    facet: str,
    measured: Collection[str],
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """For each code of a facet, the year of the first paper that discusses it and of the first that measures it.

    Least data: one paper with a year that carries a code of the facet.

    Args:
        final: the survey's table ``final``; its ``year`` (first public version) dates the papers.
        codes: one row a code, with ``code`` and ``name``.
        facet: the facet of these codes.
        measured: the levels at which a paper measures a code.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row a code, in order of the first date and then of the code, codes without a date last: ``code``, ``name``;
        ``discussed``, ``measured`` (papers with a year); ``first_discussed``, ``first_measured`` (years, missing where
        there is no such paper); ``note`` (empty, *not measured by YEAR*, *not discussed* or *no dated paper*);
        ``papers_discussed``, ``papers_measured`` (sorted tuples: those of the first year each).

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a code that
            ``codes`` does not have.
    """
    need(codes, "codes", ("code", "name"))
    need(final, "final", ("year",))
    whole = counted(final, grey=grey, basis=basis)
    rows = whole[(whole["facet"] == facet).to_numpy(dtype=bool)]
    known = list(codes["code"])
    for code in sorted(set(rows["code"]) - set(known)):
        one_of(f"final: {facet}", code, known)
    raised = set(rows["code"])
    years = whole["year"].dropna()
    dated = rows[rows["year"].notna().to_numpy(dtype=bool)]
    found = []
    for code, name in zip(known, codes["name"], strict=True):
        mine = dated[(dated["code"] == code).to_numpy(dtype=bool)]
        sure = mine[mine["level"].isin(list(measured)).to_numpy(dtype=bool)]
        begun, begun_by = _first(mine)
        done, done_by = _first(sure)
        note = ""
        if begun is None:
            note = "no dated paper" if code in raised else "not discussed"
        elif done is None:
            note = f"not measured by {int(years.max())}"
        counts = mine["paper"].nunique(), sure["paper"].nunique()
        found.append((code, name, *counts, begun, done, note, begun_by, done_by))
    order = ("code", "name", "discussed", "measured", "first_discussed", "first_measured", "note")
    columns = list(zip(*found, strict=True)) if found else [()] * 9
    kinds = dict(zip(order, ("str", "str", "int64", "int64", "Int64", "Int64", "str"), strict=True))
    table = pd.DataFrame(
        {c: pd.Series(list(v), dtype=kinds[c]) for c, v in zip(order, columns, strict=False)}
    )
    table["papers_discussed"], table["papers_measured"] = tuples(list(columns[7])), tuples(list(columns[8]))
    return table.sort_values(["first_discussed", "code"], na_position="last", ignore_index=True)


def _first(rows: pd.DataFrame) -> tuple[int | None, tuple[str, ...]]:
    if rows.empty:
        return None, ()
    year = int(rows["year"].min())
    return year, tuple(sorted(set(rows.loc[(rows["year"] == year).to_numpy(dtype=bool), "paper"])))
