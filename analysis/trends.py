"""Time: how many papers a year discuss a code, and how many measure it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.selection import FAILURE_MODE, LEVELS, coded_papers, incidence, need, one_of

#: Which year of a paper is meant: of its first public version (every analysis uses it), or of the version cited.
YEARS = {"year": "first_public", "cited": "year"}


def _years(papers: pd.DataFrame, keys: list[str], by: str) -> tuple[list[str], NDArray[np.int64], int]:
    """Papers that have a year, their years, and how many have none."""
    one_of("by", by, YEARS)
    need(papers, "papers", ("paper", YEARS[by]))
    of_paper = papers.drop_duplicates("paper").set_index("paper")[YEARS[by]].reindex(keys)
    there = of_paper.notna().to_numpy(dtype=bool)
    dated = [key for key, has in zip(keys, there, strict=True) if has]
    return dated, np.asarray(of_paper[there], dtype=np.int64), int((~there).sum())


def trends(
    final: pd.DataFrame,
    papers: pd.DataFrame,
    *,
    by: str = "year",
    facet: str = FAILURE_MODE,
    grey: str = "exclude",
    basis: str = "abstract",
    codes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Papers a year that carry each code of a facet.

    Least data: one dated paper; counts only, no test.

    Args:
        final: the survey's table ``final``.
        papers: the survey's table ``papers``: its ``first_public`` and ``year`` date the papers.
        by: ``year``, of the first public version, or ``cited``, of the version cited.
        facet: the facet.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        codes: codes in order, never-used ones included and others left out; default: those used, sorted.

    Returns:
        ``year``, ``code``, ``discussed`` (papers with the code; a failure mode at any level), ``measured``
        (papers with the mode at ``measures``; missing for other facets, which have no level) and
        ``papers_coded`` (papers of the year with a row that counts in any facet): every year from the first to
        the last coded paper, empty ones included, times every code. Papers without a year are in no row;
        ``table.attrs["without_year"]`` counts them.

    Raises:
        ValueError: an argument is not one of its words, a code stands twice, or a column is missing.
    """
    keys = coded_papers(final, grey=grey, basis=basis)
    dated, years, undated = _years(papers, keys, by)
    levels = (LEVELS[0], LEVELS[-1]) if facet == FAILURE_MODE else (LEVELS[0],)
    wanted = codes
    counts: list[NDArray[np.int64]] = []
    first, last = (int(years.min()), int(years.max())) if len(years) else (0, -1)
    span = last - first + 1
    for level in levels:
        made = incidence(final, facet, min_level=level, grey=grey, basis=basis, papers=dated, codes=wanted)
        wanted = made.codes
        by_year = np.zeros((span, len(wanted)), dtype=np.int64)
        np.add.at(by_year, years - first, np.asarray(made.matrix.toarray(), dtype=np.int64))
        counts.append(by_year)
    names = list(wanted or [])
    coded = np.bincount(years - first, minlength=span) if span else np.zeros(0, dtype=np.int64)
    measured = counts[1].ravel() if facet == FAILURE_MODE else np.full(span * len(names), np.nan)
    table = pd.DataFrame(
        {
            "year": np.repeat(np.arange(first, last + 1), len(names)),
            "code": pd.Series(names * span, dtype="str"),
            "discussed": counts[0].ravel(),
            "measured": pd.Series(measured).astype("Int64"),
            "papers_coded": np.repeat(coded, len(names)),
        }
    )
    table.attrs["without_year"] = undated
    return table


def attention(
    final: pd.DataFrame,
    papers: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    by_side: bool = False,
    by: str = "year",
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Papers a year that discuss any failure mode, and that measure any.

    Least data: one dated paper; counts only, no test.

    Args:
        final: the survey's table ``final``.
        papers: the survey's table ``papers``, as for :func:`trends`.
        failure_modes: the schema's table: ``code`` and ``side``.
        by_side: count the modes of each side apart; a paper can count on several sides.
        by: as for :func:`trends`.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        ``year``, with ``by_side`` also ``side`` (in the order of ``failure_modes``), ``papers_coded`` (papers of the
        year with a row that counts in any facet, whatever the side), ``discussed`` and ``measured`` (papers):
        every year from the first to the last coded paper, empty ones included. Papers without a year are in no
        row; ``table.attrs["without_year"]`` counts them.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a mode that
            ``failure_modes`` does not know.
    """
    need(failure_modes, "failure_modes", ("code", "side"))
    codes = list(failure_modes["code"])
    dated, years, undated = _years(papers, coded_papers(final, grey=grey, basis=basis), by)
    for code in sorted(set(incidence(final, FAILURE_MODE, grey=grey, basis=basis).codes)):
        one_of("final: failure mode", code, codes)
    carried = [
        incidence(
            final, FAILURE_MODE, min_level=level, grey=grey, basis=basis, papers=dated, codes=codes
        ).matrix.toarray()
        for level in (LEVELS[0], LEVELS[-1])
    ]
    first, last = (int(years.min()), int(years.max())) if len(years) else (0, -1)
    span = last - first + 1
    coded = np.bincount(years - first, minlength=span) if span else np.zeros(0, dtype=np.int64)
    side_of = np.array(failure_modes["side"], dtype=object)
    parts = []
    for side in failure_modes["side"].unique() if by_side else [None]:
        mine = np.ones(len(codes), dtype=bool) if side is None else side_of == side
        part: dict[str, object] = {"year": np.arange(first, last + 1)}
        if side is not None:
            part["side"] = pd.Series([side] * span, dtype="str")
        part["papers_coded"] = coded
        for column, matrix in zip(("discussed", "measured"), carried, strict=True):
            hit = matrix[:, mine].any(axis=1)
            part[column] = np.bincount((years - first)[hit], minlength=span)[:span].astype(np.int64)
        parts.append(pd.DataFrame(part))
    columns = ["year", *(["side"] if by_side else []), "papers_coded", "discussed", "measured"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    table = table.sort_values("year", kind="stable", ignore_index=True)
    table.attrs["without_year"] = undated
    return table
