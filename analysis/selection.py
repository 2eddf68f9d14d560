"""Which codings count, and in which shape every other analysis takes them.

One place decides what enters a count, so that no two figures disagree about it: present rows that two
coders agreed on or an adjudication settled, on one basis, with grey literature kept apart unless asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

#: What a coder may have read. Bases are parallel tables: compared, never mixed.
BASES = ("title", "abstract", "full-text")
#: How grey literature (system cards, institute reports) enters.
GREY = ("exclude", "include", "only")
#: Resolutions that count for every paper; ``single`` counts for grey papers only.
SETTLED = ("agreed", "adjudicated")

_FINAL_COLUMNS = ("paper", "basis", "facet", "code", "state", "level", "resolved", "grey")


@dataclass(frozen=True)
class Asked:
    """What a survey asks about: the facet whose codes carry a level, and the scale of the levels.

    Attributes:
        facet: id of the facet.
        levels: ids of the levels, lowest first.
        measured: the lowest level that counts as measured.
    """

    facet: str
    levels: tuple[str, ...]
    measured: str

    def __post_init__(self) -> None:
        """Refuse a level that is not on the scale."""
        one_of("measured", self.measured, self.levels)

    @property
    def measuring(self) -> int:
        """Place of the lowest level that counts as measured, counted from 1."""
        return self.levels.index(self.measured) + 1

    def rank(self, levels: pd.Series[str]) -> NDArray[np.int64]:
        """Place of each level on the scale, counted from 1; 0 for an empty or unknown one."""
        ranks = levels.map({level: rank for rank, level in enumerate(self.levels, start=1)})
        return np.asarray(ranks.fillna(0), dtype=np.int64)


def one_of(argument: str, value: str, allowed: Iterable[str]) -> str:
    """Return ``value`` when it is one of ``allowed``, else refuse it with the nearest allowed word.

    Args:
        argument: name of the argument, for the message.
        value: what was given.
        allowed: what may be given.

    Raises:
        ValueError: ``value`` is not allowed; the message lists what is, and the likeliest one meant.
    """
    options = list(allowed)
    if value in options:
        return value
    near = get_close_matches(str(value), options, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{argument}={value!r} is not one of {', '.join(options) or '(nothing)'}{meant}")


def need(frame: pd.DataFrame, table: str, columns: Iterable[str]) -> None:
    """Refuse a table that lacks a column.

    Raises:
        ValueError: a column is missing; the message names the table and all missing columns.
    """
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise ValueError(f"table `{table}` lacks the column(s) {', '.join(missing)}")


def known_codes(argument: str, codes: Sequence[str]) -> list[str]:
    """Return ``codes`` as a list after refusing a code given twice.

    Raises:
        ValueError: a code stands twice.
    """
    seen = list(codes)
    twice = sorted(c for c, times in Counter(seen).items() if times > 1)
    if twice:
        raise ValueError(f"{argument} names {', '.join(twice)} more than once")
    return seen


def meets(rows: pd.DataFrame, conditions: Iterable[Mapping[str, str]]) -> NDArray[np.bool_]:
    """Say which rows meet at least one of several conditions.

    Args:
        rows: codings.
        conditions: each a mapping of column -> value; a row meets it when all its columns have their values.

    Raises:
        ValueError: a column is missing.
    """
    any_of = np.zeros(len(rows), dtype=bool)
    for condition in conditions:
        need(rows, "codings", condition)
        all_of = np.ones(len(rows), dtype=bool)
        for column, value in condition.items():
            all_of &= (rows[column] == value).to_numpy(dtype=bool)
        any_of |= all_of
    return any_of


def _on_basis(final: pd.DataFrame, grey: str, basis: str) -> pd.DataFrame:
    one_of("grey", grey, GREY)
    one_of("basis", basis, BASES)
    need(final, "final", _FINAL_COLUMNS)
    return final.loc[(final["basis"] == basis).to_numpy(dtype=bool)]


def _fate(rows: pd.DataFrame, grey: str) -> NDArray[np.str_]:
    """Why each row is left out: ``""`` for one that counts, ``absent`` for one that never could."""
    is_grey = rows["grey"].to_numpy(dtype=bool)
    resolved = rows["resolved"]
    unresolved = (resolved == "unresolved").to_numpy(dtype=bool)
    settled = resolved.isin(SETTLED).to_numpy(dtype=bool)
    present = (rows["state"] == "present").to_numpy(dtype=bool)
    wrong_kind = {
        "exclude": is_grey,
        "include": np.zeros(len(rows), dtype=bool),
        "only": ~is_grey,
    }[grey]
    return np.select(
        [~present & ~unresolved, wrong_kind, unresolved, ~settled & ~is_grey],
        ["absent", "not grey" if grey == "only" else "grey", "unresolved", "single"],
        default="",
    )


def counted(final: pd.DataFrame, *, grey: str = "exclude", basis: str = "abstract") -> pd.DataFrame:
    """Rows of ``final`` that count.

    A row counts when its state is ``present``, it was made on ``basis``, and it is ``agreed`` or
    ``adjudicated``. A ``single`` row counts for a grey paper only, and so only when grey literature is asked
    for. ``unresolved`` rows never count; :func:`dropped` says how many there were.

    Args:
        final: the survey's table ``final``.
        grey: ``exclude`` grey literature, ``include`` it, or take it ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        The rows that count, in their order, all columns kept, numbered anew.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    rows = _on_basis(final, grey, basis)
    kept: pd.DataFrame = rows[_fate(rows, grey) == ""].reset_index(drop=True)
    return kept


def dropped(final: pd.DataFrame, *, grey: str = "exclude", basis: str = "abstract") -> pd.DataFrame:
    """What :func:`counted` left out of the rows that might have counted, each row under one reason.

    Args:
        final: the survey's table ``final``.
        grey: as in :func:`counted`.
        basis: as in :func:`counted`.

    Returns:
        Three rows with the columns ``reason``, ``codings`` and ``papers``: left out because it is ``grey``
        (or ``not grey``, under ``grey="only"``), else because coders differ (``unresolved``), else because
        one coder alone coded it (``single``). ``papers`` counts papers that lose at least one row so; a paper
        can appear under several reasons.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    rows = _on_basis(final, grey, basis)
    fate = _fate(rows, grey)
    reasons = ["not grey" if grey == "only" else "grey", "unresolved", "single"]
    papers = rows["paper"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "reason": pd.Series(reasons, dtype="str"),
            "codings": [int((fate == r).sum()) for r in reasons],
            "papers": [len(set(papers[fate == r])) for r in reasons],
        }
    )


def coded_papers(final: pd.DataFrame, *, grey: str = "exclude", basis: str = "abstract") -> list[str]:
    """Papers with at least one row that counts, in any facet; sorted.

    This is the N behind every share: a paper whose stream is settled and that carries no failure mode is in.
    """
    return sorted(set(counted(final, grey=grey, basis=basis)["paper"]))


def _of_facet(rows: pd.DataFrame, facet: str, min_level: str | None, asked: Asked | None) -> pd.DataFrame:
    rows = rows[(rows["facet"] == facet).to_numpy(dtype=bool)]
    if min_level is None:
        return rows
    if asked is None:
        raise ValueError("min_level needs `asked`, which says what the levels are")
    one_of("min_level", min_level, asked.levels)
    if facet == asked.facet:
        rows = rows[asked.rank(rows["level"]) > asked.levels.index(min_level)]
    return rows


def paper_codes(
    final: pd.DataFrame,
    facet: str,
    *,
    asked: Asked | None = None,
    min_level: str | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Which papers carry which codes of one facet.

    Args:
        final: the survey's table ``final``.
        facet: a facet; one that nobody coded gives no row.
        asked: which facet carries levels, and their scale; needed where ``min_level`` is given.
        min_level: lowest level that counts, for the facet that carries levels; others ignore it.
            ``None`` takes a code whatever its level, even where it has none.
        grey: as in :func:`counted`.
        basis: as in :func:`counted`.

    Returns:
        Columns ``paper`` and ``code``, one row a pair, sorted.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    rows = _of_facet(counted(final, grey=grey, basis=basis), facet, min_level, asked)
    return rows[["paper", "code"]].drop_duplicates().sort_values(["paper", "code"], ignore_index=True)


@dataclass(frozen=True)
class Incidence:
    """Papers x codes of one facet.

    Attributes:
        matrix: sparse 0/1 matrix, papers x codes.
        papers: the keys of the rows.
        codes: the ids of the columns.
    """

    matrix: sparse.csr_matrix
    papers: list[str]
    codes: list[str]


def incidence(
    final: pd.DataFrame,
    facet: str,
    *,
    asked: Asked | None = None,
    min_level: str | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    papers: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
) -> Incidence:
    """Sparse papers x codes matrix of one facet.

    Args:
        final: the survey's table ``final``.
        facet: as in :func:`paper_codes`.
        asked: as in :func:`paper_codes`.
        min_level: as in :func:`paper_codes`.
        grey: as in :func:`counted`.
        basis: as in :func:`counted`.
        papers: rows and their order; default: every paper with a row that counts in any facet, sorted.
            Papers not named are left out; named ones without a code have an empty row.
        codes: columns and their order; default: every code that a paper carries, sorted. Codes not named are
            left out; named ones that nobody used have an empty column.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or a paper or code is named twice.
    """
    return incidences(
        final, [(facet, codes)], asked=asked, min_level=min_level, grey=grey, basis=basis, papers=papers
    )[0]


def incidences(
    final: pd.DataFrame,
    facets: Sequence[tuple[str, Sequence[str] | None]],
    *,
    asked: Asked | None = None,
    min_level: str | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    papers: Sequence[str] | None = None,
) -> list[Incidence]:
    """:func:`incidence` of several facets over the same papers, with one pass over ``final``.

    Args:
        final: the survey's table ``final``.
        facets: pairs of a facet and its codes in order, or ``None`` for those used.
        asked: as in :func:`incidence`.
        min_level: as in :func:`incidence`.
        grey: as in :func:`incidence`.
        basis: as in :func:`incidence`.
        papers: as in :func:`incidence`.

    Raises:
        ValueError: as in :func:`incidence`.
    """
    rows = counted(final, grey=grey, basis=basis)
    keys = sorted(set(rows["paper"])) if papers is None else known_codes("papers", papers)
    made = []
    for facet, wanted in facets:
        held = _of_facet(rows, facet, min_level, asked)
        codes = sorted(set(held["code"])) if wanted is None else known_codes("codes", wanted)
        at = pd.Index(keys, dtype=object).get_indexer(pd.Index(held["paper"], dtype=object))
        to = pd.Index(codes, dtype=object).get_indexer(pd.Index(held["code"], dtype=object))
        inside = (at >= 0) & (to >= 0)
        matrix = sparse.csr_matrix(
            (np.ones(int(inside.sum()), dtype=np.int64), (at[inside], to[inside])),
            shape=(len(keys), len(codes)),
        )
        matrix.data[:] = 1  # duplicate pairs were summed; a paper carries a code or does not
        made.append(Incidence(matrix, keys, codes))
    return made


def meetings(left: Incidence, right: Incidence) -> list[tuple[str, ...]]:
    """Papers behind every pair of a code of ``left`` and a code of ``right``.

    For each (code, paper) of ``left`` the row of the paper is gathered from the sparse ``right``, so that the
    work is proportional to the papers in the cells and not to the cells.

    Args:
        left: incidence whose codes become the slow index.
        right: incidence over the same papers, whose codes become the fast index.

    Returns:
        ``len(left.codes) * len(right.codes)`` tuples of paper keys, each sorted.

    Raises:
        ValueError: the two are not over the same papers.
    """
    if left.papers != right.papers:
        raise ValueError("meetings needs two incidences over the same papers in the same order")
    by_code = left.matrix.T.tocoo()
    gathered = right.matrix[by_code.col]
    repeats = np.diff(gathered.indptr)
    cell = np.repeat(by_code.row.astype(np.int64), repeats) * len(right.codes) + gathered.indices
    # Rank of each paper's key, so that tuples come out sorted whatever the order of the rows is.
    keys = np.array(left.papers, dtype=object)
    sorted_rows = np.argsort(keys, kind="stable")
    rank = np.empty(len(keys), dtype=np.int64)
    rank[sorted_rows] = np.arange(len(keys))
    paper = rank[np.repeat(by_code.col, repeats)]
    order = np.lexsort((paper, cell))
    names = keys[sorted_rows][paper[order]].tolist()
    cells = len(left.codes) * len(right.codes)
    ends = np.cumsum(np.bincount(cell, minlength=cells)).tolist() if cells else []
    starts = [0, *ends[:-1]]
    return [tuple(names[a:b]) for a, b in zip(starts, ends, strict=True)] if cells else []


def tuples(values: Collection[tuple[str, ...]]) -> pd.Series[Any]:
    """A column of tuples (``object``), which pandas would otherwise try to unpack."""
    column = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        column[i] = value
    return pd.Series(column, dtype=object)
