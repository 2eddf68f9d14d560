"""What would papers carry together by chance: a null that keeps how often a code is used and how many a paper carries.

Each facet's papers x codes matrix is randomised on its own, uniformly among all 0/1 matrices with its row and
column sums; then the facets are crossed, counts = left' right. A paper keeps the number of its codes, a code the
number of its papers, and nothing is ever counted but papers.

The sampler is the curveball algorithm (Strona, Nappo, Boccacci, Fattorini & San-Miguel-Ayanz 2014, Nature
Communications 5:4114), whose stationary distribution is uniform (Carstens 2015, Physical Review E 91:042812):
trades are symmetric, and they connect all matrices of one pair of margins.

What a coding rule decides can be held (:func:`held_places`): a paper neither gains nor loses the right code there.
Then the left matrix stays as it is, the count of a cell that is held wherever its left code is carried is the same in
every draw, and the other cells are drawn given it, as under quasi-independence (Goodman 1968, JASA 63:1091). Trades
remain symmetric, so a drawn matrix is as likely as the observed one among those that trades can reach; that they
reach every matrix is not proved when places are held. A test against them is then conditional on the reachable ones,
which costs power, not validity (Besag & Clifford 1989, Biometrika 76:633).

All of it is conditional on the sample: which papers were drawn and coded is not part of the null.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.bitmasks import Words, dense, held_bound, margin_bound, packed, unpacked
from analysis.selection import Incidence

#: Chains that share the draws. Always as many, so that the draws do not depend on the machine's cores.
CHAINS = 4
#: Trades between two retained draws, and before the first, in multiples of the number of papers.
APART, BURN_IN = 5, 50
SEED = 20261124
#: Draws where nothing else is asked for.
DRAWS = 10_000
#: Largest block of counts that one chain holds at a time, cells.
_BLOCK = 1_000_000


@dataclass(frozen=True)
class Tallies:
    """What is kept of the null draws of a table of counts when the draws themselves are too many to keep.

    Arrays are left codes x right codes.

    Attributes:
        observed: papers that carry both codes.
        draws: B, number of null draws.
        mean: mean count over the draws; nan without a draw.
        sd: standard deviation over the draws (divisor B).
        at_most: draws with a count no greater than the observed one.
        at_least: draws with a count no less than the observed one.
        lowest: least count that the margins leave possible, a bound.
        at_lowest: draws that reach ``lowest``.
        trades: trades between two retained draws, per facet.
        note: why the null is a single table, when it is; else empty.
    """

    observed: NDArray[np.int64]
    draws: int
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    at_most: NDArray[np.int64]
    at_least: NDArray[np.int64]
    lowest: NDArray[np.int64]
    at_lowest: NDArray[np.int64]
    trades: int
    note: str


def null_counts(
    left: Incidence,
    right: Incidence | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    trades: int | None = None,
    held: sparse.csr_matrix | None = None,
) -> NDArray[np.int32]:
    """Papers per pair of codes, drawn under the both-margins null.

    Args:
        left: papers x codes of one facet.
        right: papers x codes of another facet over the same papers; None crosses ``left`` with itself, and then
            the diagonal is the number of papers of each code in every draw.
        draws: number of null tables.
        seed: seed of all chains.
        trades: trades between two draws, for each facet; default 5 per paper. They are between papers that carry
            some but not all of the codes in use; the others can change in no trade.
        held: papers x right codes; where it is not 0 the paper neither gains nor loses the code, and the left matrix
            stays as it is; see the module. Only with ``right``.

    Returns:
        Array draws x left codes x right codes. Draws come chain by chain, each chain in its order.

    Raises:
        ValueError: the two are not over the same papers, ``held`` has another shape or no ``right``, or a number is
            out of range.
    """
    problem = _problem(left, right, held, trades, draws)
    counts = np.empty((draws, len(left.codes), len((right or left).codes)), dtype=np.int32)
    ends = np.cumsum([0, *_shares(draws)])

    def fill(chain: int, state: Words) -> None:
        at = int(ends[chain])
        for block in _blocks(problem, int(ends[chain + 1]) - at, state):
            counts[at : at + len(block)] = block
            at += len(block)

    _chains(fill, seed)
    return counts


def null_tallies(
    left: Incidence,
    right: Incidence | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    trades: int | None = None,
    held: sparse.csr_matrix | None = None,
) -> Tallies:
    """Where the observed counts stand among null draws, without keeping the draws.

    The draws are those of :func:`null_counts` with the same arguments. Memory is a few tables of counts and one
    block of draws, whatever the number of draws.

    Args:
        left: as in :func:`null_counts`.
        right: as in :func:`null_counts`.
        draws: as in :func:`null_counts`.
        seed: as in :func:`null_counts`.
        trades: as in :func:`null_counts`.
        held: as in :func:`null_counts`.

    Raises:
        ValueError: as in :func:`null_counts`.
    """
    problem = _problem(left, right, held, trades, draws)
    observed = dense(left.matrix.T @ (right or left).matrix)
    lowest = problem.lowest
    shape, shares = observed.shape, _shares(draws)
    # Of the blocks' own type: no block is copied to compare it.
    seen, least = observed.astype(np.int32), lowest.astype(np.int32)
    sums = np.zeros((CHAINS, 5, *shape), dtype=np.int64)

    def add(chain: int, state: Words) -> None:
        for block in _blocks(problem, shares[chain], state):
            wide = block - seen
            sums[chain, 0] += wide.sum(0, dtype=np.int64)
            sums[chain, 1] += np.einsum("ijk,ijk->jk", wide, wide, dtype=np.int64)
            for k, hit in enumerate((wide <= 0, wide >= 0, block <= least), start=2):
                sums[chain, k] += hit.sum(0, dtype=np.int32)

    _chains(add, seed)
    moved, squared, at_most, at_least, at_lowest = sums.sum(0)
    with np.errstate(invalid="ignore"):
        shift = moved / draws if draws else np.full(shape, np.nan)
        spread = np.sqrt(np.maximum(squared / draws - shift**2, 0.0)) if draws else np.full(shape, np.nan)
    return Tallies(
        observed=observed,
        draws=draws,
        mean=observed + shift,
        sd=spread,
        at_most=at_most,
        at_least=at_least,
        lowest=lowest,
        at_lowest=at_lowest,
        trades=problem.apart,
        note=problem.note,
    )


def null_matrices(
    facet: Incidence, *, draws: int, seed: int = SEED, trades: int | None = None
) -> Iterator[NDArray[np.bool_]]:
    """Draw whole matrices of one facet, one after the other, for a statistic that pairs of codes do not give.

    Args:
        facet: papers x codes.
        draws: number of matrices.
        seed: seed of the chain (one chain; not the draws of :func:`null_counts`).
        trades: trades between two draws; default 5 per paper.

    Yields:
        Arrays papers x codes with the row and column sums of ``facet``.

    Raises:
        ValueError: a number is out of range.
    """
    problem = _problem(facet, None, None, trades, draws)
    state = _states(seed)[0].copy()
    one = problem.left.copy()
    if draws:
        _trade(one, problem, problem.burn_in, state)
    for _ in range(draws):
        _trade(one, problem, problem.apart, state)
        yield unpacked(one, len(facet.codes))


def held_places(left: Incidence, right: Incidence, pairs: Collection[tuple[str, str]]) -> sparse.csr_matrix:
    """Places where a rule decides: papers that carry the left code of a pair, at its right code.

    Args:
        left: papers x codes of the facet that decides.
        right: papers x codes of the facet that is decided.
        pairs: pairs of a left and a right code; those with a code that is not there are passed over.

    Returns:
        Papers x right codes, 1 where the paper is to neither gain nor lose the code.
    """
    rows, columns = {c: i for i, c in enumerate(left.codes)}, {c: j for j, c in enumerate(right.codes)}
    known = sorted((rows[a], columns[b]) for a, b in set(pairs) if a in rows and b in columns)
    ties = sparse.csr_matrix(
        (np.ones(len(known), dtype=np.int64), ([i for i, _ in known], [j for _, j in known])),
        shape=(len(left.codes), len(right.codes)),
    )
    places = sparse.csr_matrix(left.matrix @ ties)
    places.data[:] = 1
    return places


def fixed_by_margins(facet: Incidence) -> str:
    """Say why the margins of a facet leave one matrix only, or nothing when they leave more.

    A matrix is alone with its margins exactly when of any two papers one carries all that the other does (Ryser
    1957, Canadian Journal of Mathematics 9:371): then no trade changes anything, and the null is a point.
    """
    from analysis import curveball

    if not facet.papers:
        return "no paper"
    if not facet.matrix.nnz:
        return "no paper carries a code"
    if len(facet.papers) == 1:
        return "one paper only"
    free = packed(facet.matrix)
    if curveball.movable(free, np.zeros_like(free)):
        return ""
    return "no two papers each carry a code that the other lacks"


@dataclass(frozen=True)
class _Problem:
    """Both facets as bit masks: what may move, what is kept, and where a paper neither gives nor takes."""

    left: Words
    right: Words
    kept: Words
    held: Words
    left_moves: bool
    same: bool
    shape: tuple[int, int]
    apart: int
    burn_in: int
    lowest: NDArray[np.int64]
    note: str


def _problem(
    left: Incidence,
    right: Incidence | None,
    held: sparse.csr_matrix | None,
    trades: int | None,
    draws: int,
) -> _Problem:
    if draws < 0:
        raise ValueError(f"draws={draws} must not be negative")
    if trades is not None and trades < 1:
        raise ValueError(f"trades={trades} must be at least 1")
    if right is not None and left.papers != right.papers:
        raise ValueError("the null needs two incidences over the same papers in the same order")
    if held is not None and right is None:
        raise ValueError("places can be held between two facets, not within one")
    if held is not None and right is not None and held.shape != right.matrix.shape:
        raise ValueError(f"held is {held.shape}, not papers x right codes {right.matrix.shape}")
    papers, other = len(left.papers), right or left
    apart = APART * papers if trades is None else trades
    burn_in = max(BURN_IN * papers, apart)
    carried = packed(other.matrix)
    blocked = np.zeros_like(carried) if held is None else packed(held)
    kept, free = carried & blocked, carried & ~blocked
    if held is not None:
        why = "" if _moves(free, blocked) else "what is held and the margins leave one matrix only"
    elif right is None:
        why = fixed_by_margins(left)
    else:
        whys = [fixed_by_margins(left), fixed_by_margins(right)]
        empty = [why for why in whys if why.startswith("no paper")]
        why = empty[0] if empty else whys[0] if all(whys) else ""
    return _Problem(
        left=packed(left.matrix) if right is not None else free,
        right=free,
        kept=kept,
        held=blocked,
        left_moves=held is None,
        same=right is None,
        shape=(len(left.codes), len(other.codes)),
        apart=apart,
        burn_in=burn_in,
        lowest=held_bound(left, other, kept, free, blocked)
        if held is not None
        else margin_bound(left, other, right is None),
        note=f"the null is a single table: {why}" if why else "",
    )


def _blocks(problem: _Problem, draws: int, state: Words) -> Iterator[NDArray[np.int32]]:
    """Draw tables of one chain, some at a time."""
    from analysis import curveball

    cells = max(problem.shape[0] * problem.shape[1], 1)
    left = problem.left.copy()
    right = left if problem.same else problem.right.copy()
    none = np.zeros_like(left)
    left_rows = _rows(problem.left) if problem.left_moves else np.zeros(0, dtype=np.int64)
    right_rows = np.zeros(0, dtype=np.int64) if problem.same else _rows(problem.right)
    if draws:
        curveball.trade(left, none, left_rows, problem.burn_in, state)
        curveball.trade(right, problem.held, right_rows, problem.burn_in, state)
    while draws > 0:
        block = np.empty((min(draws, max(1, _BLOCK // cells)), *problem.shape), dtype=np.int32)
        curveball.run(
            left,
            none,
            none,
            left_rows,
            problem.apart,
            right,
            problem.kept,
            problem.held,
            right_rows,
            problem.apart,
            state,
            block,
        )
        yield block
        draws -= len(block)


def _trade(masks: Words, problem: _Problem, times: int, state: Words) -> None:
    from analysis import curveball

    curveball.trade(masks, np.zeros_like(masks), _rows(problem.left), times, state)


def _moves(free: Words, blocked: Words) -> bool:
    from analysis import curveball

    return bool(curveball.movable(free, blocked))


def _rows(masks: Words) -> NDArray[np.int64]:
    """Papers that can take part in a trade: those with some but not all of the codes in use."""
    used = np.bitwise_or.reduce(masks, axis=0) if len(masks) else np.zeros(masks.shape[1], dtype=np.uint64)
    return np.flatnonzero((masks != 0).any(axis=1) & (masks != used).any(axis=1))


def _shares(draws: int) -> list[int]:
    return [draws // CHAINS + (chain < draws % CHAINS) for chain in range(CHAINS)]


def _states(seed: int) -> list[Words]:
    starts = np.random.default_rng(seed).integers(0, 2**64, size=CHAINS, dtype=np.uint64)
    return [starts[chain : chain + 1] for chain in range(CHAINS)]


def _chains(work: Callable[[int, Words], None], seed: int) -> None:
    """Let every chain do its work, as many at a time as there are cores: the compiled part needs no lock."""
    with ThreadPoolExecutor(max_workers=min(CHAINS, os.cpu_count() or 1)) as pool:
        for _ in pool.map(work, range(CHAINS), [state.copy() for state in _states(seed)]):
            pass
