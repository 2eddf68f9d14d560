"""Expected: for any two codes, how many papers carry both, how many one would expect, and whether a gap could be seen.

One table for all grids of facets and for the pairs of codes within one. The null keeps both margins
(``analysis.nullmodel``): a code keeps its papers, a paper its number of codes. What a coding rule decides is held and
not tested. It speaks of this sample alone, and of one N a grid: the papers with a code of both facets, since no other
can be in a cell.

*Could be seen.* A count has a least probability, that of the fewest papers that the margins leave possible. Where even
that one would not be found, the count says nothing: most cells of a fine codebook expect far less than one paper, and
an empty one of these is no gap. Nor are more cells asked than the draws can tell (see ``_family``). Among the cells
whose least probability allows it (Tarone 1990, Biometrics 46:515, section 2) false discoveries are held by Benjamini &
Yekutieli (2001, Annals of Statistics 29:1165, theorem 1.3) over all grids at once, which needs no assumption on how
cells depend on each other: the counts of a row share its papers.

What is missing is asked, so only the lower tail is tested. The upper one is given and not judged: hundreds of cells can
have more papers than expected, and most of what an earlier test found there was the codebook.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import false_discovery_control

from analysis.nullmodel import DRAWS, SEED, held_places, null_counts, null_tallies
from analysis.selection import Incidence, incidences, meetings, tuples

Floats = NDArray[np.float64]
Pairs = Collection[tuple[str, str]]
#: Classes of a cell. ``gap`` is empty and ``sparse`` has few, surprisingly so; at ``too few`` even none would be no
#: surprise.
CLASSES = ("gap", "sparse", "as expected", "too few", "by rule", "not assessable")


#: Said of all grids where more cells could have been asked than the draws can tell.
SHORT = "{:,} draws tell no smaller probability: only the cells that expect most papers are asked"


@dataclass(frozen=True)
class Grid:
    """Two facets to cross, or one facet with itself.

    Attributes:
        rows: facet of the rows.
        columns: facet of the columns; the same facet crosses its codes in pairs.
        row_codes: its codes, in order.
        column_codes: codes of the columns.
        decided: pairs of a row and a column code that a rule gives or, within a facet, keeps apart. Between facets
            they are held in the null; within one they are marked and tested.
        unseen: pairs that cannot be told from what was read.
    """

    rows: str
    columns: str
    row_codes: Sequence[str]
    column_codes: Sequence[str]
    decided: Pairs = field(default_factory=frozenset)
    unseen: Pairs = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        """``rows x columns``."""
        return f"{self.rows} x {self.columns}"

    @property
    def within(self) -> bool:
        """Whether one facet is crossed with itself."""
        return self.rows == self.columns


def expected(
    final: pd.DataFrame,
    grids: Sequence[Grid],
    *,
    grey: str = "exclude",
    basis: str = "abstract",
    draws: int = DRAWS,
    seed: int = SEED,
    level: float = 0.05,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Observed and expected papers of every cell of every grid, and what each grid could have shown.

    Least data: one cell that could have surprised.

    Args:
        final: the survey's table ``final``.
        grids: the grids; false discoveries are held over all of them.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        draws: null draws a grid.
        seed: their seed.
        level: false discovery rate over all grids.

    Returns:
        The cells and the grids. *Cells*, one row each, within one facet each pair once: ``grid``, ``row``, ``column``,
        ``n``, ``expected``, ``p_lower``, ``p_upper`` ((b + 1) / (B + 1): Phipson & Smyth 2010, SAGMB 9:39), ``seen``
        (whether the fewest papers possible would be found), ``q`` (of the lower tail, missing where not ``seen``),
        ``class`` (see :data:`CLASSES`), ``decided``, ``papers``. *Grids*, one row each and one ``all``: ``grid``,
        ``papers`` (N), ``cells``, ``free`` (neither decided nor unseen), ``incidences``, ``decided_share`` (share of
        the incidences in decided cells), ``codes``, ``movable`` (column codes of papers, and those of them that can
        move
        in the null), ``median_expected`` (of free cells), ``seen`` (free cells), ``power`` (``seen`` of ``free``: how
        often a free cell would be found if it were truly empty), ``needed`` (expected papers that an empty cell needs
        to
        be found), the number of cells of each class found, ``draws``, ``note``.

    Raises:
        ValueError: an argument is not one of its words, a code stands twice, a column is missing, or no draw is asked.
    """
    if draws < 1:
        raise ValueError(f"draws={draws} must be at least 1")
    made = [_drawn(final, grid, grey, basis, draws, seed) for grid in grids]
    if not made:
        return _cells([]), _summary([], [], draws, np.nan, short=False)
    p, least, mean = (
        np.concatenate([getattr(m, what) for m in made]) for what in ("p_lower", "least", "mean")
    )
    seen, q, cut, short = _family(p, least, mean, level, draws)
    parts, start = [], 0
    for m in made:
        span = slice(start, start + len(m.n))
        start += len(m.n)
        found = np.nan_to_num(q[span], nan=2.0) <= level
        kind = np.select(
            [m.unseen, m.decided & (not m.grid.within), found & (m.n == 0), found, seen[span]],
            ["not assessable", "by rule", "gap", "sparse", "as expected"],
            default="too few",
        )
        parts.append(
            pd.DataFrame(
                {
                    "grid": m.grid.name,
                    "row": m.rows,
                    "column": m.columns,
                    "n": m.n,
                    "expected": m.mean,
                    "p_lower": m.p_lower,
                    "p_upper": m.p_upper,
                    "seen": seen[span],
                    "q": q[span],
                    "class": kind,
                    "decided": m.decided,
                    "papers": tuples(m.papers),
                }
            )
        )
    return _cells(parts), _summary(made, parts, draws, cut, short=short)


@dataclass(frozen=True)
class _Drawn:
    """A grid with its null; arrays have one entry a cell."""

    grid: Grid
    rows: list[str]
    columns: list[str]
    n: NDArray[np.int64]
    papers: list[tuple[str, ...]]
    mean: Floats
    p_lower: Floats
    p_upper: Floats
    least: Floats
    decided: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    size: int
    codes: int
    movable: int
    note: str


def _drawn(final: pd.DataFrame, grid: Grid, grey: str, basis: str, draws: int, seed: int) -> _Drawn:
    one, two = incidences(
        final, [(grid.rows, grid.row_codes), (grid.columns, grid.column_codes)], grey=grey, basis=basis
    )
    has, too = (np.asarray(facet.matrix.sum(axis=1)).ravel() > 0 for facet in (one, two))
    keep = np.flatnonzero(has & too)
    papers = [one.papers[k] for k in keep]
    one, two = (Incidence(facet.matrix[keep], papers, facet.codes) for facet in (one, two))
    decided, unseen = (
        np.array(
            [[(a, b) in pairs or (grid.within and (b, a) in pairs) for b in two.codes] for a in one.codes]
        )
        .reshape(len(one.codes), len(two.codes))
        .astype(bool)
        for pairs in (set(grid.decided), set(grid.unseen))
    )
    held = held_places(one, two, grid.decided) if decided.any() and not grid.within else None
    null = null_tallies(one, None if grid.within else two, draws=draws, seed=seed, held=held)
    at = (
        np.triu(np.ones(decided.shape, dtype=bool), k=1)
        if grid.within
        else np.ones(decided.shape, dtype=bool)
    )
    floor, single = 1 / (draws + 1), null.sd[at] == 0
    skipped = single | unseen[at] | (decided[at] & (not grid.within))
    # Draws at the fewest papers possible, the observed table among them where it is there itself.
    reached = (null.at_lowest + (null.observed <= null.lowest))[at]
    met = meetings(one, two)
    codes, movable = _movable(two, held)
    return _Drawn(
        grid,
        np.repeat(np.array(one.codes, dtype=object), len(two.codes))[at.ravel()].tolist(),
        np.tile(np.array(two.codes, dtype=object), len(one.codes))[at.ravel()].tolist(),
        null.observed[at],
        [met[k] for k in np.flatnonzero(at.ravel())],
        null.mean[at],
        np.asarray((null.at_most[at] + 1) * floor, dtype=np.float64),
        np.asarray((null.at_least[at] + 1) * floor, dtype=np.float64),
        np.where(skipped, np.nan, np.maximum(reached, 1) * floor),
        decided[at],
        unseen[at],
        len(papers),
        codes,
        movable,
        null.note,
    )


def _movable(two: Incidence, held: sparse.csr_matrix | None) -> tuple[int, int]:
    """Column codes of papers, and those of them that another paper could take in exchange for one of its own."""
    carried = two.matrix.toarray() > 0
    blocked = np.zeros(carried.shape, dtype=np.bool_) if held is None else held.toarray() > 0
    gives, takes = carried & ~blocked, ~carried & ~blocked
    moves = 0
    for paper, code in np.argwhere(gives).tolist():
        moves += bool((takes[:, code] & (gives & takes[paper]).any(axis=1)).any())
    return int(carried.sum()), moves


def _family(
    p: Floats, least: Floats, mean: Floats, level: float, draws: int
) -> tuple[NDArray[np.bool_], Floats, float, bool]:
    """Which cells could be found, their adjusted p, the largest p that lets one be found, whether draws were too few.

    No p is below 1 / (B + 1), so among more cells than ``most`` not even that one would be found. Then the cells that
    expect most papers are asked, and no others: what is expected hangs on the margins alone, which the null keeps, so
    choosing by it takes nothing from the level.
    """
    attained = least[~np.isnan(least)]
    sums = np.cumsum(1 / np.arange(1, attained.size + 1)) * np.arange(1, attained.size + 1)
    cuts = level / sums * (1 + 1e-12)
    most = int((cuts >= 1 / (draws + 1)).sum())
    if not most:
        return np.zeros(p.shape, dtype=np.bool_), np.full(p.shape, np.nan), level, bool(attained.size)
    k = next((k for k in range(1, most + 1) if int((attained <= cuts[k - 1]).sum()) <= k), most)
    seen = np.nan_to_num(least, nan=2.0) <= cuts[k - 1]
    short = int(seen.sum()) > k
    if short:
        asked = np.argsort(-np.where(seen, mean, -1.0), kind="stable")[:most]
        seen = np.zeros(p.shape, dtype=np.bool_)
        seen[asked] = True
    q = np.full(p.shape, np.nan)
    if seen.any():
        q[seen] = false_discovery_control(p[seen], method="by")
    return seen, q, float(cuts[k - 1]), short


def _cells(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["grid", "row", "column", "n", "expected", "p_lower", "p_upper", "seen", "q", "class"]
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=[*columns, "decided", "papers"])
    )
    return table.astype(dict.fromkeys(("grid", "row", "column", "class"), "str"))


def _summary(
    made: list[_Drawn], parts: list[pd.DataFrame], draws: int, cut: float, *, short: bool
) -> pd.DataFrame:
    rows = []
    for m, cells in zip(made, parts, strict=True):
        free = ~m.decided & ~m.unseen if not m.grid.within else ~m.unseen
        inside = int(m.n.sum())
        rows.append(
            {
                "grid": m.grid.name,
                "papers": m.size,
                "cells": len(cells),
                "free": int(free.sum()),
                "incidences": inside,
                "decided_share": int(m.n[m.decided].sum()) / inside if inside else np.nan,
                "codes": m.codes,
                "movable": m.movable,
                "median_expected": float(np.median(m.mean[free])) if free.any() else np.nan,
                "note": m.note,
            }
            | _found(cells[free])
        )
    columns = [
        "grid",
        "papers",
        "cells",
        "free",
        "incidences",
        "decided_share",
        "codes",
        "movable",
        "median_expected",
    ]
    columns += ["seen", "power", "needed", *CLASSES[:3], "draws", "note"]
    table = pd.DataFrame(rows, columns=columns)
    if rows:
        every = pd.concat(parts, ignore_index=True)
        every = every[(~every["class"].isin(["by rule", "not assessable"])).to_numpy(dtype=bool)]
        whole = {"grid": "all", **{c: int(table[c].sum()) for c in ("cells", "free")}}
        whole |= {"median_expected": float(every["expected"].median()) if len(every) else np.nan}
        whole |= {"note": SHORT.format(draws) if short else ""}
        table = pd.concat([table, pd.DataFrame([whole | _found(every)])], ignore_index=True)
    # An empty cell is found when e to the power of minus its expected count falls below the cut (Poisson).
    table["needed"] = -np.log(cut) if rows else np.nan
    table["draws"] = draws
    counts = ("papers", "incidences", "codes", "movable")
    return table.astype(dict.fromkeys(counts, "Int64") | {"grid": "str", "note": "str"})


def _found(cells: pd.DataFrame) -> dict[str, object]:
    kinds = cells["class"].value_counts()
    seen = int(cells["seen"].sum())
    return {
        "seen": seen,
        "power": seen / len(cells) if len(cells) else np.nan,
        **{name: int(kinds.get(name, 0)) for name in CLASSES[:3]},
    }


def together(held: Incidence, pairs: Pairs, *, draws: int = 5_000, seed: int = SEED) -> dict[str, float]:
    """Say whether papers carry pairs of a group together more or less often than the margins make them.

    A check of a codebook: a rule that keeps two codes apart names them because they are alike.

    Args:
        held: papers x codes of one facet.
        pairs: the group, in either order; pairs with a code that is not there are passed over.
        draws: null draws.
        seed: their seed.

    Returns:
        ``count`` (meetings of the group: a paper with three codes of it counts once for each pair), ``all`` (meetings
        of all pairs, which the margins fix), ``expected`` and ``sd`` (of the null) and ``p``, two-sided, twice the
        smaller of the two (b + 1) / (B + 1).
    """
    at = {code: k for k, code in enumerate(held.codes)}
    known = sorted(
        {(at[a], at[b]) if at[a] < at[b] else (at[b], at[a]) for a, b in pairs if a in at and b in at}
    )
    places = np.array(known, dtype=np.int64).reshape(-1, 2)
    observed = np.asarray((held.matrix.T @ held.matrix).toarray(), dtype=np.int64)
    count = int(observed[places[:, 0], places[:, 1]].sum())
    sums = null_counts(held, draws=draws, seed=seed)[:, places[:, 0], places[:, 1]].sum(
        axis=1, dtype=np.int64
    )
    tails = [(int((sums <= count).sum()) + 1) / (draws + 1), (int((sums >= count).sum()) + 1) / (draws + 1)]
    return {
        "count": count,
        "all": int(np.triu(observed, k=1).sum()),
        "expected": float(sums.mean()),
        "sd": float(sums.std()),
        "p": min(1.0, 2 * min(tails)),
    }
