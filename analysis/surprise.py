"""Which of many counts are surprising: tail probabilities, the least ones a count could attain, and false discoveries.

A count that could not have been surprising whatever the papers said is not tested: testing it costs the others power
and passing it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Discoveries:
    """What a test of many cells in one tail came to; arrays have the shape of the probabilities.

    Attributes:
        testable: cells whose least attainable probability lets them be surprising.
        q: Benjamini-Hochberg adjusted probability over the testable cells; nan elsewhere.
        found: testable cells with q at or below the level.
        k: Tarone's K, the number by which the level is divided to tell what is testable; 0 without a cell.
        close: cells that other draws might put into another class: testable ones whose probability lies within two
            Monte Carlo standard errors of the largest one that would be found, and all whose least attainable one
            lies within two of its own of what makes a cell testable.
    """

    testable: NDArray[np.bool_]
    q: NDArray[np.float64]
    found: NDArray[np.bool_]
    k: int
    close: NDArray[np.bool_]


def monte_carlo_p(beyond: ArrayLike, draws: int) -> NDArray[np.float64]:
    """Tail probability from null draws, (b + 1) / (B + 1), never 0 (Phipson & Smyth 2010, SAGMB 9(1):39, eq. 2).

    Args:
        beyond: b, draws at least as extreme as the observation.
        draws: B, all draws.
    """
    return (np.asarray(beyond, dtype=float) + 1.0) / (draws + 1.0)


def monte_carlo_error(p: ArrayLike, draws: int, *, time: float = 1.0) -> NDArray[np.float64]:
    """Standard error that the draws put on a tail probability, sqrt(p (1 - p) time / B), binomial.

    Args:
        p: probability from :func:`monte_carlo_p`.
        draws: B; without a draw the error is that of not knowing, 0.5.
        time: integrated autocorrelation time of the draws (their effective number is B / time).
    """
    p = np.asarray(p, dtype=float)
    return np.sqrt(p * (1.0 - p) * time / draws) if draws else np.full(p.shape, 0.5)


def hypergeometric_tails(
    n: ArrayLike, left: ArrayLike, right: ArrayLike, papers: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P(N <= n) and P(N >= n) when two codes with fixed numbers of papers meet at random (Fisher's exact tails).

    It knows nothing of how many codes a paper carries. Where one of the facets gives every paper exactly one code it
    is the both-margins null itself; elsewhere it is the quick answer.

    Args:
        n: papers with both codes.
        left: papers with the one.
        right: papers with the other.
        papers: all papers; both tails are 1 where there is none.
    """
    from scipy.stats import hypergeom

    n, left, right = np.broadcast_arrays(np.asarray(n), np.asarray(left), np.asarray(right))
    if papers == 0:
        return np.ones(n.shape), np.ones(n.shape)
    lower = np.asarray(hypergeom.cdf(n, papers, left, right), dtype=float)
    upper = np.asarray(hypergeom.sf(n - 1, papers, left, right), dtype=float)
    return np.minimum(lower, 1.0), np.minimum(upper, 1.0)


def adjusted_residual(n: ArrayLike, left: ArrayLike, right: ArrayLike, papers: int) -> NDArray[np.float64]:
    """Haberman's adjusted residual of a cell, (n - e) / sqrt(e (1 - r/N) (1 - c/N)) with e = r c / N.

    Haberman 1973, Biometrics 29:205, for the 2 x 2 table of the two codes; about standard normal when they are
    independent and e is not small. Missing (nan) where a code is carried by no paper or by all.

    Args:
        n: papers with both codes.
        left: r, papers with the one.
        right: c, papers with the other.
        papers: N, all papers.
    """
    n, r, c = (np.asarray(x, dtype=float) for x in (n, left, right))
    whole = max(papers, 1)
    expected = r * c / whole
    variance = expected * (1.0 - r / whole) * (1.0 - c / whole)
    out = np.full(np.broadcast_shapes(n.shape, variance.shape), np.nan)
    np.divide(n - expected, np.sqrt(variance), out=out, where=variance > 1e-12)
    return out


def tarone_k(least: ArrayLike, level: float, *, floor: float = 0.0) -> int:
    """Smallest K such that at most K cells can attain level / K (Tarone 1990, Biometrics 46:515, section 2).

    Args:
        least: least attainable probability of each cell.
        level: error level, strictly between 0 and 1.
        floor: least probability that the draws can show, 1 / (B + 1). A cell at the floor is held back by the draws
            and not by its own discreteness, so it counts as able to attain anything.

    Returns:
        K, from 1 to the number of cells; 0 when there is no cell.

    Raises:
        ValueError: ``level`` is out of range.
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level} must lie strictly between 0 and 1")
    attained = np.asarray(least, dtype=float).ravel()
    return next(
        (k for k in range(1, attained.size + 1) if int((attained <= _cut(level, k, floor)).sum()) <= k), 0
    )


def discoveries(
    p: ArrayLike,
    least: ArrayLike,
    *,
    level: float = 0.05,
    floor: float = 0.0,
    error: ArrayLike | None = None,
    least_error: ArrayLike | None = None,
) -> Discoveries:
    """Find surprising cells in one tail: Benjamini-Hochberg over the cells that could be surprising.

    Gilbert's procedure (2005, Applied Statistics 54:143): Tarone's K first, then Benjamini & Hochberg (1995, JRSS B
    57:289) at the full level over the cells that can attain level / K. Choosing cells by what they could attain, and
    never by what they show, leaves the false discovery rate where it was.

    Args:
        p: tail probability of each cell.
        least: least attainable probability of each cell; nan for one that must not be tested.
        level: false discovery rate.
        floor: as in :func:`tarone_k`.
        error: Monte Carlo standard error of each probability, for ``close``; default: they are exact.
        least_error: the same of each least attainable probability.

    Raises:
        ValueError: ``level`` is out of range.
    """
    from scipy.stats import false_discovery_control

    p, least = np.asarray(p, dtype=float), np.asarray(least, dtype=float)
    eligible = ~np.isnan(least)
    k = tarone_k(least[eligible], level, floor=floor)
    testable = eligible & (np.nan_to_num(least, nan=2.0) <= _cut(level, max(k, 1), floor))
    q = np.full(p.shape, np.nan)
    many = int(testable.sum())
    if many:
        q[testable] = false_discovery_control(p[testable])
    found = testable & (np.nan_to_num(q, nan=2.0) <= level)
    near = np.zeros(p.shape, dtype=bool)
    if error is not None:
        # Between what keeps the last cell found and what would find one more.
        reach, cells = 2 * np.asarray(error, dtype=float), int(found.sum())
        kept, next_one = (level * min(max(n, 1), many) / max(many, 1) for n in (cells, cells + 1))
        near |= testable & (p + reach >= kept) & (p - reach <= next_one)
    if least_error is not None:
        reach = 2 * np.asarray(least_error, dtype=float)
        near |= eligible & (reach > 0) & (np.abs(least - _cut(level, max(k, 1), floor)) <= reach)
    return Discoveries(testable, q, found, k, near)


def _cut(level: float, k: int, floor: float) -> float:
    # A hair above, so that a probability of exactly level / k is not lost to rounding.
    return max(level / k, floor) * (1 + 1e-12)
