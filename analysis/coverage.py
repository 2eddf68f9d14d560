"""Coverage: how many papers carry a code of one facet together with a code of another, and how many one would expect.

:func:`coverage` counts; :func:`gaps` says which counts are surprising, and which empty cells could never have been.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import SEED, Tallies, draws_needed, held_places, null_tallies
from analysis.selection import (
    FAILURE_MODE,
    LEVELS,
    Incidence,
    dropped,
    incidences,
    known_codes,
    meetings,
    one_of,
    tuples,
)
from analysis.surprise import (
    Discoveries,
    adjusted_residual,
    discoveries,
    hypergeometric_tails,
    monte_carlo_error,
    monte_carlo_p,
    tarone_k,
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
#: Whether *coded absent* may be trusted of a code, the weakest first; see ``analysis.validation.validation``.
SUPPORT = ("no", "not estimable", "yes")

#: Draws that tell how many are needed.
FIRST_LOOK = 2_000

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
    absence: Mapping[str, str] | None = None,
    draws: int | None = None,
    seed: int = SEED,
    trades: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Cross two facets and say of each cell whether its count is surprising given both margins.

    The null is that of ``analysis.nullmodel``: a code keeps its number of papers, a paper its number of codes in each
    facet, and the facets have nothing to do with each other. It is conditional on the papers in the table: how they
    were sampled is not part of it, and a gap is a gap of this sample.

    Least data: one testable cell; :func:`gaps_summary` counts them.

    *Which papers.* Only a paper with a code of both facets can be in a cell. The others are left out of the null and of
    every margin: were they in, the null would hand their codes to papers that can be in a cell, and a code that they
    carry would look too rare there.

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
        absence: row code -> ``yes``, ``no`` or ``not estimable``: whether its being coded absent can be trusted.
        draws: B, null draws; default: as many as ``analysis.nullmodel.draws_needed`` asks for the cells that a first
            look at :data:`FIRST_LOOK` other draws takes for testable.
        seed: seed of the draws.
        trades: trades between two draws; default 5 per paper.
        level: false discovery rate over both tails; each is tested at half of it.

    Returns:
        One row a cell, as :func:`coverage`: ``row``, ``column``, ``n``; ``expected`` (mean of the null) and
        ``independent`` (r c / N, over the papers with a code of both facets); ``p_lower``, ``p_lower_error``,
        ``p_upper``, ``p_upper_error``: (b + 1) / (B + 1) and its Monte Carlo standard error; ``least_lower``,
        ``least_upper``: least attainable probability; ``q_lower``, ``q_upper``: adjusted probability, missing where
        not testable, surprising at half of ``level`` or less; ``testable``: both, lower, upper or neither; ``close``:
        other draws might put it into another class or, where nothing is found in it, make it testable or not;
        ``quick_lower``, ``quick_upper``: hypergeometric tails; ``residual``: Haberman's; ``class``: ``gap`` (empty,
        surprisingly so), ``sparse`` (surprisingly few), ``as
        expected``, ``crowded`` (surprisingly many), ``untestable`` (in neither tail), ``by definition``,
        ``structural zero``; ``absence_supported``: the weakest word of ``absence`` on the cell's codes, ``not asked``
        where it has none; ``note``: why a value is missing or a cell is not tested; ``papers``. ``attrs`` holds what
        :func:`gaps_summary` needs.

    Raises:
        ValueError: as in :func:`coverage`; or a number is out of range, or a cell is both ``structural`` and
            ``by_rule``, or a word of ``absence`` is none.
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
    for code, word in (absence or {}).items():
        one_of(f"absence[{code!r}]", word, SUPPORT)
    one, two = incidences(final, [(rows, None), (columns, None)], min_level=min_level, grey=grey, basis=basis)
    shown_rows = one.codes if row_codes is None else list(row_codes)
    shown_columns = two.codes if column_codes is None else list(column_codes)
    if same:
        one = two = _with_codes(one, [*shown_rows, *shown_columns])
    else:
        one, two = _with_codes(one, shown_rows), _with_codes(two, shown_columns)
    one, two, left_out = _in_a_cell(one, two)
    why_left_out = _why_left_out(left_out, (rows, columns), min_level)
    trusted = {
        code: (absence or {}).get(code, "") for code in [*shown_rows, *(shown_columns if same else [])]
    }
    trusted = {code: word for code, word in trusted.items() if word}
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
    papers = len(one.papers)
    r, c = (np.asarray(facet.matrix.sum(axis=0)).ravel()[k] for facet, k in ((one, at[0]), (two, at[1])))
    places = _places(shown_rows, shown_columns) if same else np.arange(empty.size).reshape(empty.shape)
    diagonal = _marked(lambda a, b: same and a == b, shown_rows, shown_columns)
    # A pair within one facet is one test, in the first of the two places where it is shown.
    skipped = empty | filled | diagonal | (places != np.arange(empty.size).reshape(empty.shape))
    draw = partial(null_tallies, one, None if same else two, trades=trades, held=held)
    if draws is None:
        draws = draws_needed(_tests(draw(draws=FIRST_LOOK, seed=seed + 1), at, skipped, level / 2), level / 2)
    null = draw(draws=draws, seed=seed)
    n = null.observed[at]
    single = _single(null, at)
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
        done = discoveries(
            p,
            np.where(skipped, np.nan, least),
            level=level / 2,
            floor=floor,
            error=error,
            least_error=np.where(single, 0.0, monte_carlo_error(least, draws, time=null.time)),
        )
        tails[tail] = done
        columns_of |= {
            f"p_{tail}": p,
            f"p_{tail}_error": error,
            f"least_{tail}": least,
            f"q_{tail}": done.q.ravel()[places],
            f"testable_{tail}": done.testable.ravel()[places],
            f"found_{tail}": done.found.ravel()[places],
            f"close_{tail}": done.close.ravel()[places],
        }
    can_lower, can_upper = columns_of.pop("testable_lower"), columns_of.pop("testable_upper")
    found_lower, found_upper = columns_of.pop("found_lower"), columns_of.pop("found_upper")
    close_lower, close_upper = columns_of.pop("close_lower"), columns_of.pop("close_upper")
    # The class of a cell that is found hangs on the tail that found it alone.
    close = np.select([found_lower, found_upper], [close_lower, close_upper], close_lower | close_upper)
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
    none = "" if papers else _why_none(final, grey, basis, why_left_out)
    no_residual = np.isnan(residual)
    notes = {
        none: np.full(n.shape, papers == 0),
        "empty by definition, yet coded": empty & (n > 0),
        "empty by definition": empty,
        "a code with itself": diagonal,
        "filled by rule": filled,
        f"a code that no paper{' with codes of both facets' if sum(left_out) and not same else ''} carries": (
            np.broadcast_to((r == 0) | (c == 0), n.shape)
        ),
        "not estimable: no null draws": np.full(n.shape, draws == 0),
        f"not estimable: {null.note}": np.full(n.shape, bool(null.note)),
        "not estimable: the margins leave one count only": single,
        "too few: could not have been surprising": testable == "neither",
    }
    note = np.select(list(notes.values()), list(notes), default="").astype(object)
    for missing, why in (
        (testable == "upper", "lower tail not tested: too few for few papers to be surprising"),
        (testable == "lower", "upper tail not tested: too few for many papers to be surprising"),
        (
            no_residual & ((note == "") | (testable != "neither")),
            "no residual: a code that every paper carries",
        ),
    ):
        note[missing] = [f"{said}; {why}" if said else why for said in note[missing]]
    table = cells[["row", "column", "n"]].assign(
        expected=null.mean[at].ravel(),
        independent=(r * c / max(papers, 1)).ravel(),
        **{name: values.ravel() for name, values in columns_of.items()},
        testable=pd.Series(testable.ravel(), dtype="str"),
        close=close.ravel(),
        quick_lower=quick_lower.ravel(),
        quick_upper=quick_upper.ravel(),
        residual=residual.ravel(),
        **{"class": pd.Series(kind.ravel(), dtype="str")},
        absence_supported=pd.Series(_supported(trusted, shown_rows, shown_columns), dtype="str"),
        note=pd.Series(note.ravel(), dtype="str"),
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
        "left_out": sum(left_out),
        "why_left_out": why_left_out,
        "null": "margins" if held is None else "margins, what rules decide held",
        "draws": draws,
        "seed": seed,
        "trades": null.trades,
        "time": round(null.time, 3),
        "level": level,
        "k_lower": tails["lower"].k,
        "k_upper": tails["upper"].k,
        "absence": list(trusted.values()),
        "note": none or null.note,
    }
    return table


def gaps_summary(cells: pd.DataFrame) -> pd.DataFrame:
    """How many cells of :func:`gaps` were testable, what was found in them, and how the null was drawn.

    Args:
        cells: what :func:`gaps` gave.

    Returns:
        One row: ``rows``, ``columns``, ``min_level``, ``null``, ``papers`` (those that carry a code of both facets),
        ``left_out`` (other coded papers, which can be in no cell) and ``why_left_out``; ``cells`` (within one facet
        each pair once, and no diagonal); ``by_definition``, ``structural``; ``testable``, ``testable_lower``,
        ``testable_upper``; ``gap``, ``sparse``, ``as_expected``, ``crowded``, ``untestable``; ``close`` (cells that
        other draws might class otherwise); ``absence_supported`` (surprisingly empty
        or sparse cells whose codes' absence can be trusted); ``k_lower``, ``k_upper`` (Tarone's K); ``draws``,
        ``trades``, ``time`` (integrated autocorrelation time), ``seed``, ``level``; ``note``.

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
    elif about["draws"] + 1 < 6 * max(int(lower.sum()), int(upper.sum())) / about["level"]:
        notes.append("so few draws that what is testable hangs on them")
    return pd.DataFrame(
        [
            {
                **{
                    k: about[k]
                    for k in ("rows", "columns", "min_level", "null", "papers", "left_out", "why_left_out")
                },
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
                "close": int(cells["close"].sum()),
                "absence_supported": int(
                    (cells["class"].isin(["gap", "sparse"]) & (cells["absence_supported"] == "yes")).sum()
                ),
                **{k: about[k] for k in ("k_lower", "k_upper")},
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
    near = (
        f" (with other draws {_number(about['close'], 'cell')} may be classed otherwise)"
        if about["close"]
        else ""
    )
    said[0] += (
        f"{about['testable']} could have been surprising: {about['testable_lower'] or 'none'} by having few papers or "
        f"none, {about['testable_upper'] or 'none'} by having many{near}."
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
            f"({r['n']} where {_expected(r['expected'])} were expected, p {_p(r[tail])})"
            for r in rows[:most].to_dict("records")
        ]
        more = f", and {len(rows) - most} more" if len(rows) > most else ""
        said.append(f"{word.capitalize()}: {'; '.join(named)}{more}.")
    return " ".join(said)


def absence_in_words(cells: pd.DataFrame) -> str:
    """Say in a sentence of how many codes *coded absent* can be trusted; nothing where :func:`gaps` was not told.

    Args:
        cells: what :func:`gaps` gave.

    Raises:
        ValueError: the table is not one of :func:`gaps`.
    """
    if "absence" not in cells.attrs:
        raise ValueError("absence_in_words() needs the table that gaps() gave, with its attrs")
    told, noun = cells.attrs["absence"], str(cells.attrs["rows"]).replace("_", " ")
    if not told:
        return ""
    yes, no, unknown = (told.count(word) for word in ("yes", "no", "not estimable"))
    if not yes + no:
        return (
            f"No absence is supported: of none of the {_number(len(told), noun)} have humans, coding afresh, shown how "
            "often it is overlooked."
        )
    return (
        f"Of {_number(len(told), noun)}, absence is supported for {yes or 'none'}: humans who coded afresh showed that "
        f"too many papers with the others are overlooked ({no}), or it is not known ({unknown})."
    )


def _number(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _expected(n: float) -> str:
    return f"{n:.1f}" if n >= 0.95 else f"{n:.2f}"


def _p(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}" if p < 0.0095 else f"= {p:.3f}"


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


def _in_a_cell(one: Incidence, two: Incidence) -> tuple[Incidence, Incidence, tuple[int, int]]:
    """Both facets over the papers with a code of each, and how many lack one: of the first, and of the second alone."""
    has, too = (np.asarray(facet.matrix.sum(axis=1)).ravel() > 0 for facet in (one, two))
    keep = np.flatnonzero(has & too)
    papers = [one.papers[k] for k in keep]
    left, right = (Incidence(facet.matrix[keep], papers, facet.codes) for facet in (one, two))
    return left, right, (int((~has).sum()), int((has & ~too).sum()))


def _why_left_out(lacking: tuple[int, int], facets: tuple[str, str], min_level: str) -> str:
    """Say how many papers lack a code of which facet."""
    said = []
    for n, facet in zip(lacking, facets, strict=True):
        low = facet == FAILURE_MODE and min_level != LEVELS[0]
        level = f" at the level {min_level} or above" if low else ""
        if n:
            said.append(f"{n} {'carries' if n == 1 else 'carry'} no {facet.replace('_', ' ')}{level}")
    return ", ".join(said)


def _why_none(final: pd.DataFrame, grey: str, basis: str, lacking: str) -> str:
    """Say why no paper can be in a cell."""
    if lacking:
        return f"no paper can be in a cell: {lacking}"
    gone = dropped(final, grey=grey, basis=basis)
    words = {"single": "coded by one coder alone", "unresolved": "on which coders differ", "grey": "grey"}
    said = [
        f"{n} {words.get(reason, reason)}"
        for reason, n in zip(gone["reason"], gone["papers"], strict=True)
        if n
    ]
    return f"no paper counts: {', '.join(said)}" if said else f"no paper is coded from the {basis}"


def _single(null: Tallies, at: tuple[NDArray[np.int64], ...]) -> NDArray[np.bool_]:
    """Cells of which the draws show one count only."""
    return null.sd[at] == 0 if null.draws else np.ones(null.observed[at].shape, dtype=bool)


def _tests(null: Tallies, at: tuple[NDArray[np.int64], ...], skipped: NDArray[np.bool_], level: float) -> int:
    """How many cells of one tail, the fuller one, could be surprising by some draws: rather too many than too few."""
    floor = 1.0 / (null.draws + 1)
    tails = (
        np.where(_single(null, at), 1.0, np.maximum(reached[at], 1) * floor)[~skipped]
        for reached in (null.at_lowest, null.at_highest)
    )
    return max(tarone_k(least, level, floor=floor) for least in tails)


def _supported(trusted: Mapping[str, str], rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The weakest word on the codes of every cell, row by row; what is not in ``trusted`` was not asked."""
    cells = ([trusted[code] for code in pair if code in trusted] for pair in product(rows, columns))
    return [min(words, key=SUPPORT.index) if words else "not asked" for words in cells]


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
