"""Coverage: how many papers carry a code of one facet together with a code of another, and how many one would expect.

:func:`coverage` counts; :func:`gaps` says which counts are surprising, and which empty cells could never have been.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import DRAWS, SEED, held_places, null_tallies
from analysis.selection import LEVELS, Incidence, incidences, known_codes, meetings, tuples
from analysis.surprise import (
    Discoveries,
    adjusted_residual,
    discoveries,
    hypergeometric_tails,
    monte_carlo_error,
    monte_carlo_p,
)

#: Classes of a cell, in the order in which a summary lists them.
CLASSES = (
    "gap",
    "sparse",
    "as expected",
    "crowded",
    "untestable",
    "by definition",
    "structural zero",
)

#: Pairs of a row code and a column code, given as such or as a question asked of every pair.
Pairs = Collection[tuple[str, str]] | Callable[[str, str], bool]


def coverage(
    final: pd.DataFrame,
    rows: str,
    columns: str,
    *,
    min_level: str = "mentions",
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
        min_level: lowest level at which a failure mode counts, on whichever side it stands.
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
        final, [(rows, across), (columns, down)], min_level=min_level, grey=grey, basis=basis
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


def matrix(cells: pd.DataFrame) -> pd.DataFrame:
    """Turn the cells of :func:`coverage` into a table, one row a row code and one column a column code.

    Args:
        cells: what :func:`coverage` gave.

    Returns:
        Counts of papers, in the order of the cells; index ``row``, columns ``column``.
    """
    wide = cells.pivot(index="row", columns="column", values="n")
    return wide.reindex(index=cells["row"].unique(), columns=cells["column"].unique())


def gaps(
    final: pd.DataFrame,
    rows: str,
    columns: str,
    *,
    min_level: str = "mentions",
    grey: str = "exclude",
    row_codes: Sequence[str] | None = None,
    column_codes: Sequence[str] | None = None,
    basis: str = "abstract",
    structural: Pairs = (),
    by_rule: Pairs = (),
    draws: int = DRAWS,
    seed: int = SEED,
    trades: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Cross two facets and say of each cell whether its count is surprising given both margins.

    The null is that of ``analysis.nullmodel``: a code keeps its number of papers, a paper its number of codes in each
    facet, and the facets have nothing to do with each other. It is conditional on the papers in the table: how they
    were sampled is not part of it, and a gap is a gap of this sample. It needs at least one testable cell to say
    anything; :func:`gaps_summary` counts them.

    *Least attainable probability.* A discrete count has a smallest tail probability, that of the most extreme count
    that the margins leave possible (0 in most lower tails). It is taken from the null draws, (draws at the extreme) /
    (B + 1) and at least 1 / (B + 1), and not from the hypergeometric law: that law is another one than the null as
    soon as papers carry several codes, and a cell whose count is at the extreme then has exactly the least probability
    as its own. It depends on the margins alone.

    *Tails.* Each tail is tested by itself over the cells testable in that tail, as most small cells can be surprisingly
    full and never surprisingly empty. Each gets half of ``level``, so that among all the cells found, in either tail,
    no more than ``level`` are false on average. A cell testable in one tail only is ``as expected`` when that tail
    finds nothing; ``testable`` says which tail was looked at, and an empty cell that is testable in the upper tail
    only is no evidence of coverage: it could not have been a gap.

    *Cells decided by rules.* Cells in ``structural`` (empty by definition) and ``by_rule`` (a coding rule gives the
    column code to papers with the row code) are not tested. Between two facets they are also held in the null, paper
    by paper: otherwise a rule that sends a mode to its home stream would make every other stream of that mode look
    empty. The row facet then stays as it is. Within one facet nothing is held, each pair is tested once and shown
    twice, and the diagonal is by definition.

    Args:
        final: the survey's table ``final``.
        rows: as in :func:`coverage`.
        columns: as in :func:`coverage`.
        min_level: as in :func:`coverage`.
        grey: as in :func:`coverage`.
        row_codes: as in :func:`coverage`. The null randomises all codes in use, also those not shown.
        column_codes: as in :func:`coverage`.
        basis: as in :func:`coverage`.
        structural: cells that are empty by definition: pairs of codes, or a function of a row and a column code.
        by_rule: cells that a rule fills, in the same form.
        draws: B, null draws.
        seed: seed of the draws.
        trades: trades between two draws; default 5 per paper.
        level: false discovery rate over both tails; each is tested at half of it.

    Returns:
        One row a cell, as :func:`coverage`: ``row``, ``column``, ``n``; ``expected`` (mean of the null) and
        ``independent`` (r c / N); ``p_lower``, ``p_lower_error``, ``p_upper``, ``p_upper_error``: (b + 1) / (B + 1)
        and its Monte Carlo standard error; ``least_lower``, ``least_upper``: least attainable probability;
        ``q_lower``, ``q_upper``: adjusted probability, missing where not testable, surprising at half of ``level`` or
        less; ``testable``: both, lower, upper or neither; ``quick_lower``, ``quick_upper``: hypergeometric tails;
        ``residual``: Haberman's; ``class``: ``gap`` (empty, surprisingly so), ``sparse`` (surprisingly few), ``as
        expected``, ``crowded`` (surprisingly many), ``untestable`` (in neither tail), ``by definition``,
        ``structural zero``; ``note``: why a value is missing or a
        cell is not tested; ``papers``. ``attrs`` holds what :func:`gaps_summary` needs.

    Raises:
        ValueError: as in :func:`coverage`; or a number is out of range, or a cell is both ``structural`` and
            ``by_rule``.
    """
    cells = coverage(
        final,
        rows,
        columns,
        min_level=min_level,
        grey=grey,
        basis=basis,
        row_codes=row_codes,
        column_codes=column_codes,
    )
    same = rows == columns
    one, two = incidences(final, [(rows, None), (columns, None)], min_level=min_level, grey=grey, basis=basis)
    shown_rows = one.codes if row_codes is None else list(row_codes)
    shown_columns = two.codes if column_codes is None else list(column_codes)
    if same:
        one = two = _with_codes(one, [*shown_rows, *shown_columns])
    else:
        one, two = _with_codes(one, shown_rows), _with_codes(two, shown_columns)
    at = np.ix_([one.codes.index(c) for c in shown_rows], [two.codes.index(c) for c in shown_columns])
    empty, filled = (_marked(pairs, shown_rows, shown_columns, same) for pairs in (structural, by_rule))
    if (empty & filled).any():
        i, j = np.argwhere(empty & filled)[0]
        raise ValueError(f"{shown_rows[i]} x {shown_columns[j]} is both structural and by rule")
    held = None
    if not same and (callable(structural) or callable(by_rule) or structural or by_rule):
        # A rule works on whoever carries the code at all, also below the level that is counted.
        (carried,) = incidences(
            final, [(rows, None)], min_level=LEVELS[0], grey=grey, basis=basis, papers=one.papers
        )
        ruled = _marked(structural, carried.codes, two.codes) | _marked(by_rule, carried.codes, two.codes)
        if ruled.any():
            pairs = [(carried.codes[i], two.codes[j]) for i, j in np.argwhere(ruled)]
            held = held_places(carried, two, pairs)
    null = null_tallies(one, None if same else two, draws=draws, seed=seed, trades=trades, held=held)

    n, papers = null.observed[at], len(one.papers)
    r, c = (np.asarray(facet.matrix.sum(axis=0)).ravel()[k] for facet, k in ((one, at[0]), (two, at[1])))
    places = _places(shown_rows, shown_columns) if same else np.arange(n.size).reshape(n.shape)
    diagonal = _marked(lambda a, b: same and a == b, shown_rows, shown_columns)
    # A pair within one facet is one test, in the first of the two places where it is shown.
    skipped = empty | filled | diagonal | (places != np.arange(n.size).reshape(n.shape))
    single = null.sd[at] == 0 if draws else np.ones(n.shape, dtype=bool)
    floor = 1.0 / (draws + 1)
    tails: dict[str, Discoveries] = {}
    columns_of: dict[str, NDArray[Any]] = {}
    for tail, beyond, reached, extreme in (
        ("lower", null.at_most, null.at_lowest, null.observed <= null.lowest),
        ("upper", null.at_least, null.at_highest, null.observed >= null.highest),
    ):
        p = monte_carlo_p(beyond[at], draws)
        error = monte_carlo_error(p, draws, time=null.time)
        least = np.where(single, 1.0, np.maximum((reached + extreme)[at], 1) * floor)
        done = discoveries(p, np.where(skipped, np.nan, least), level=level / 2, floor=floor, error=error)
        tails[tail] = done
        columns_of |= {
            f"p_{tail}": p,
            f"p_{tail}_error": error,
            f"least_{tail}": least,
            f"q_{tail}": done.q.ravel()[places],
            f"testable_{tail}": done.testable.ravel()[places],
            f"found_{tail}": done.found.ravel()[places],
        }
    can_lower, can_upper = columns_of.pop("testable_lower"), columns_of.pop("testable_upper")
    found_lower, found_upper = columns_of.pop("found_lower"), columns_of.pop("found_upper")
    quick_lower, quick_upper = hypergeometric_tails(n, r, c, papers)
    residual = adjusted_residual(n, r, c, papers)
    testable = np.select(
        [can_lower & can_upper, can_lower, can_upper], ["both", "lower", "upper"], default="neither"
    )
    kind = np.select(
        [empty, filled | diagonal, found_lower & (n == 0), found_lower, found_upper, testable != "neither"],
        ["structural zero", "by definition", "gap", "sparse", "crowded", "as expected"],
        default="untestable",
    )
    notes = {
        "no paper": np.full(n.shape, papers == 0),
        "empty by definition, yet coded": empty & (n > 0),
        "empty by definition": empty,
        "a code with itself": diagonal,
        "filled by rule": filled,
        "a code that no paper carries": np.broadcast_to((r == 0) | (c == 0), n.shape),
        "not estimable: no null draws": np.full(n.shape, draws == 0),
        f"not estimable: {null.note}": np.full(n.shape, bool(null.note)),
        "not estimable: the margins leave one count only": single,
        "too few: could not have been surprising": testable == "neither",
        "no residual: a code that every paper carries": np.isnan(residual),
    }
    table = cells[["row", "column", "n"]].assign(
        expected=null.mean[at].ravel(),
        independent=(r * c / max(papers, 1)).ravel(),
        **{name: values.ravel() for name, values in columns_of.items()},
        testable=pd.Series(testable.ravel(), dtype="str"),
        quick_lower=quick_lower.ravel(),
        quick_upper=quick_upper.ravel(),
        residual=residual.ravel(),
        **{"class": pd.Series(kind.ravel(), dtype="str")},
        note=pd.Series(np.select(list(notes.values()), list(notes), default="").ravel(), dtype="str"),
        papers=cells["papers"],
    )
    table.attrs = {
        "rows": rows,
        "columns": columns,
        "same": same,
        "min_level": min_level,
        "grey": grey,
        "basis": basis,
        "papers": papers,
        "null": "margins" if held is None else "margins, what rules decide held",
        "draws": draws,
        "seed": seed,
        "trades": null.trades,
        "time": round(null.time, 3),
        "level": level,
        "k_lower": tails["lower"].k,
        "k_upper": tails["upper"].k,
        "close": tails["lower"].close + tails["upper"].close,
        "note": null.note,
    }
    return table


def gaps_summary(cells: pd.DataFrame) -> pd.DataFrame:
    """How many cells of :func:`gaps` were testable, what was found in them, and how the null was drawn.

    Args:
        cells: what :func:`gaps` gave.

    Returns:
        One row: ``rows``, ``columns``, ``min_level``, ``null``, ``papers``; ``cells`` (within one facet each pair once,
        and no diagonal); ``by_definition``, ``structural``; ``testable``, ``testable_lower``, ``testable_upper``;
        ``gap``, ``sparse``, ``as_expected``, ``crowded``, ``untestable``; ``k_lower``, ``k_upper`` (Tarone's K);
        ``close`` (tested cells that more draws might change); ``draws``, ``trades``, ``time`` (integrated
        autocorrelation time), ``seed``, ``level``; ``note``.

    Raises:
        ValueError: the table is not one of :func:`gaps`.
    """
    about = cells.attrs
    if "k_lower" not in about:
        raise ValueError("gaps_summary() needs the table that gaps() gave, with its attrs")
    cells = _once(cells)
    count = cells["class"].value_counts()
    lower, upper = (cells["testable"].isin([tail, "both"]) for tail in ("lower", "upper"))
    testable = int((lower | upper).sum())
    notes = []
    if not testable:
        notes.append(about["note"] or "too few: no cell could have been surprising")
    elif about["draws"] + 1 < 2 * max(int(lower.sum()), int(upper.sum())) / about["level"]:
        notes.append("so few draws that a single surprising cell could not be found")
    return pd.DataFrame(
        [
            {
                **{k: about[k] for k in ("rows", "columns", "min_level", "null", "papers")},
                "cells": len(cells),
                "by_definition": int(count.get("by definition", 0)),
                "structural": int(count.get("structural zero", 0)),
                "testable": testable,
                "testable_lower": int(lower.sum()),
                "testable_upper": int(upper.sum()),
                "gap": int(count.get("gap", 0)),
                "sparse": int(count.get("sparse", 0)),
                "as_expected": int(count.get("as expected", 0)),
                "crowded": int(count.get("crowded", 0)),
                "untestable": int(count.get("untestable", 0)),
                **{k: about[k] for k in ("k_lower", "k_upper", "close")},
                **{k: about[k] for k in ("draws", "trades", "time", "seed", "level")},
                "note": "; ".join(notes),
            }
        ]
    )


def in_words(cells: pd.DataFrame, *, names: Mapping[str, str] | None = None, most: int = 6) -> str:
    """Say in a few sentences what :func:`gaps` found, or that nothing could have been found.

    Args:
        cells: what :func:`gaps` gave.
        names: code -> name; default: the codes.
        most: so many cells of each class are named, least probable first; the others are counted.

    Raises:
        ValueError: the table is not one of :func:`gaps`.
    """
    about = gaps_summary(cells).iloc[0]
    decided = int(about["by_definition"] + about["structural"])
    said = [f"Of {_number(about['cells'], 'cell')}, " + (f"a rule decides {decided} and " if decided else "")]
    if not about["testable"]:
        why = "" if str(about["note"]).startswith("too few") else f" ({about['note']})"
        return f"{said[0]}none could have been surprising{why}."
    said[0] += (
        f"{about['testable']} could have been surprising: {about['testable_lower'] or 'none'} by having few papers or "
        f"none, {about['testable_upper'] or 'none'} by having many."
    )
    if not about["gap"] + about["sparse"] + about["crowded"]:
        return f"{said[0]} None of them is."
    called, pairs = dict(names or {}), _once(cells)
    for kind, word, tail in (
        ("gap", "surprisingly empty", "p_lower"),
        ("sparse", "surprisingly sparse", "p_lower"),
        ("crowded", "surprisingly full", "p_upper"),
    ):
        rows = pairs[pairs["class"] == kind].sort_values([tail, "row", "column"])
        if rows.empty:
            said.append(f"None is {word}.")
            continue
        named = [
            f"{called.get(r['row'], r['row'])} with {called.get(r['column'], r['column'])} "
            f"({r['n']} where {r['expected']:.1f} were expected, p = {_p(r[tail])})"
            for r in rows[:most].to_dict("records")
        ]
        more = f", and {len(rows) - most} more" if len(rows) > most else ""
        said.append(f"{word.capitalize()}: {'; '.join(named)}{more}.")
    return " ".join(said)


def _number(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _p(p: float) -> str:
    return f"{p:.4f}" if p < 0.0095 else f"{p:.3f}"


def _once(cells: pd.DataFrame) -> pd.DataFrame:
    """Within one facet, every pair once and no diagonal; else all cells."""
    if not cells.attrs["same"]:
        return cells
    shown = list(zip(cells["row"], cells["column"], strict=True))
    first = {pair: k for k, pair in enumerate(shown)}
    keep = [a != b and first[a, b] <= first.get((b, a), len(shown)) for a, b in shown]
    return cells[pd.Series(keep, index=cells.index, dtype="bool")]


def _with_codes(facet: Incidence, codes: Sequence[str]) -> Incidence:
    """Give a facet columns for codes that no paper carries, after those in use."""
    more = [c for c in dict.fromkeys(codes) if c not in set(facet.codes)]
    matrix = facet.matrix.copy()
    matrix.resize(len(facet.papers), len(facet.codes) + len(more))
    return Incidence(matrix, facet.papers, [*facet.codes, *more])


def _marked(
    pairs: Pairs, rows: Sequence[str], columns: Sequence[str], same: bool = False
) -> NDArray[np.bool_]:
    """Which cells are meant by pairs of codes or by a function of them; within one facet in either order."""
    if callable(pairs):
        meant = pairs
    else:
        known = set(pairs)

        def meant(row: str, column: str) -> bool:
            return (row, column) in known

    marks = [[meant(a, b) or (same and meant(b, a)) for b in columns] for a in rows]
    return np.array(marks, dtype=bool).reshape(len(rows), len(columns))


def _places(rows: Sequence[str], columns: Sequence[str]) -> NDArray[np.int64]:
    """Number of the first cell, row by row, in which the pair of each cell of one facet with itself is shown."""
    first: dict[frozenset[str], int] = {}
    pairs = [frozenset((a, b)) for a in rows for b in columns]
    places = [first.setdefault(pair, k) for k, pair in enumerate(pairs)]
    return np.array(places, dtype=np.int64).reshape(len(rows), len(columns))
