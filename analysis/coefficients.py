"""Coefficients of agreement, one by one and for many codes at once with a bootstrap over papers.

An array of values is coders x units, missing (nan) where a coder gave none; units with fewer than two values are
ignored by every coefficient. The bootstrap draws papers, as weights: every statistic here is a function of sums over
papers, so that all draws are one product of the weights with the papers' own sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.selection import one_of

Floats = NDArray[np.float64]

#: Scales on which two values can differ (Krippendorff 2019, chapter 12).
METRICS = ("nominal", "ordinal")


def _units(values: ArrayLike) -> Floats:
    """Return coders x units, only the units with two values or more."""
    array = np.asarray(values, dtype=float)
    if array.ndim != 2:
        raise ValueError(f"values must be coders x units, two dimensions and not {array.ndim}")
    if np.isinf(array).any():
        raise ValueError("values must be finite or missing (nan)")
    kept: Floats = array[:, (~np.isnan(array)).sum(axis=0) >= 2]
    return kept


def _tally(values: Floats, domain: Floats) -> Floats:
    """Units x categories: how many coders gave the unit the category."""
    return np.asarray((values[:, :, None] == domain).sum(axis=0), dtype=float)


def ratio(above: Floats, below: Floats) -> Floats:
    """Quotient, missing where the divisor is 0."""
    empty = below == 0
    return np.where(empty, np.nan, above / np.where(empty, 1.0, below))


def _alpha(coincidences: Floats, metric: str) -> Floats:
    """Alpha of coincidence matrices (..., categories, categories); missing where nothing varies."""
    held = coincidences.sum(axis=-1)
    if metric == "nominal":
        distance: Floats = 1.0 - np.eye(coincidences.shape[-1])
    else:
        # Sum of the n_g from c to k less half of n_c + n_k is the difference of their mid-ranks.
        place = held.cumsum(axis=-1) - held / 2
        distance = (place[..., :, None] - place[..., None, :]) ** 2
    n = held.sum(axis=-1)
    observed = (coincidences * distance).sum(axis=(-1, -2))
    expected = (held[..., :, None] * held[..., None, :] * distance).sum(axis=(-1, -2))
    return 1.0 - ratio((n - 1) * observed, expected)


def krippendorff_alpha(values: ArrayLike, level: str = "nominal") -> float:
    """Krippendorff's alpha for any number of coders, with missing values.

    1 - Do / De from the coincidence matrix, to which each unit with m >= 2 values adds its pairs with weight
    1 / (m - 1) (Krippendorff 2019, Content Analysis, 4th ed., chapter 12).

    Args:
        values: coders x units, float, nan where a coder gave no value.
        level: distance between two values: ``nominal`` or ``ordinal``.

    Returns:
        At most 1; 0 is chance. Missing (nan) when no unit has two values or all values are the same: then
        nothing can tell agreement from a constant.

    Raises:
        ValueError: not two dimensions, infinite, or an unknown level.
    """
    one_of("level", level, METRICS)
    units = _units(values)
    domain = np.unique(units[~np.isnan(units)])
    tally = _tally(units, domain)
    weight = 1 / (tally.sum(axis=1) - 1) if len(tally) else np.empty(0)
    coincidences = (tally * weight[:, None]).T @ tally - np.diag(tally.T @ weight)
    return float(_alpha(coincidences, level))


def observed_agreement(values: ArrayLike) -> float:
    """Share of agreeing pairs of coders within a unit, averaged over the units (Po of Fleiss 1971).

    Args:
        values: coders x units, float, nan where a coder gave no value.

    Returns:
        Between 0 and 1; missing (nan) when no unit has two values.

    Raises:
        ValueError: not two dimensions, or infinite.
    """
    units = _units(values)
    if not units.shape[1]:
        return float("nan")
    tally = _tally(units, np.unique(units[~np.isnan(units)]))
    m = tally.sum(axis=1)
    return float(((tally * (tally - 1)).sum(axis=1) / (m * (m - 1))).mean())


def gwet_ac1(values: ArrayLike, categories: Sequence[float] | None = None) -> float:
    """Gwet's AC1: agreement beyond chance that does not fall merely because a code is rare.

    (Po - Pe) / (1 - Pe) with Pe = sum of pi_k (1 - pi_k) / (q - 1), pi_k the mean over units of the share of
    coders who chose k (Gwet 2008; with several coders and missing values, Gwet 2014, Handbook of Inter-Rater
    Reliability, 4th ed.). Gwet takes pi_k over units with one value too; here, as for all coefficients, such
    units are ignored.

    Args:
        values: coders x units, float, nan where a coder gave no value.
        categories: the q values that could have been chosen; default: those that were.

    Returns:
        At most 1. Missing (nan) when no unit has two values, or only one category exists.

    Raises:
        ValueError: not two dimensions, infinite, or a value outside ``categories``.
    """
    units = _units(values)
    seen = np.unique(units[~np.isnan(units)])
    domain = seen if categories is None else np.unique(np.asarray(categories, dtype=float))
    if not np.isin(seen, domain).all():
        raise ValueError("a value lies outside the categories")
    if not units.shape[1] or len(domain) < 2:
        return float("nan")
    tally = _tally(units, domain)
    share = (tally / tally.sum(axis=1, keepdims=True)).mean(axis=0)
    chance = float((share * (1 - share)).sum() / (len(domain) - 1))
    return (observed_agreement(units) - chance) / (1 - chance)


# ---------------------------------------------------------------- all codes at once, all draws at once


@dataclass(frozen=True)
class Estimates:
    """One statistic of several codes.

    Attributes:
        statistic: its name.
        draws: (1 + draws) x codes; the first row is the estimate on the papers themselves.
        papers: papers behind each code.
        positives: of them, those where at least one coder saw the code.
        remark: said of every code beside what the numbers themselves call for.
    """

    statistic: str
    draws: Floats
    papers: NDArray[np.int64]
    positives: NDArray[np.int64]
    remark: str = ""


def resampled(papers: int, draws: int, seed: int) -> Floats:
    """Resampled papers as multinomial weights, (1 + draws) x papers; the first row weighs every paper once."""
    drawn = np.random.default_rng(seed).multinomial(papers, np.full(papers, 1 / papers), size=draws)
    return np.vstack([np.ones(papers), drawn]).astype(float)


def binary_estimates(values: Floats, weights: Floats, ordinal: Floats | None) -> list[Estimates]:
    """All statistics of each code and, in the last column, of the facet pooled over paper x code units.

    Every statistic is a function of sums over papers, so that a bootstrap is one product of the weights with
    the papers' own sums.
    """
    given = ~np.isnan(values)
    r = given.sum(axis=2).astype(float)
    x = np.nansum(values, axis=2)
    unit = r >= 2
    r, x = np.where(unit, r, 0.0), np.where(unit, x, 0.0)
    safe, less = np.where(unit, r, 1.0), np.where(unit, r - 1, 1.0)

    def counted(per_paper: NDArray[np.bool_]) -> NDArray[np.int64]:
        by_code = per_paper.sum(axis=0)
        return np.asarray([*by_code, by_code.sum()], dtype=np.int64)

    of_paper = [
        unit.astype(float),
        x,
        r,
        x * (r - x) / less,
        (x * (x - 1) + (r - x) * (r - x - 1)) / (safe * less),
        x / safe,
    ]
    # One product for all: many small ones take several times as long.
    by_code = (weights @ np.concatenate(of_paper, axis=1)).reshape(len(weights), len(of_paper), r.shape[1])
    sums = np.concatenate([by_code, by_code.sum(axis=2, keepdims=True)], axis=2).transpose(1, 0, 2)
    n, ones, all_, mixed = sums[:4]
    agreed, share = ratio(sums[4], n), ratio(sums[5], n)
    alpha = 1 - ratio((all_ - 1) * mixed, ones * (all_ - ones))
    chance = 2 * share * (1 - share)

    papers, positives = counted(unit), counted(unit & (x > 0))
    papers[-1] = int(unit.any(axis=1).sum())
    made = [
        Estimates("prevalence", share, papers, positives),
        Estimates("observed", agreed, papers, positives),
        Estimates("alpha_nominal", alpha, papers, positives),
        Estimates("ac1", ratio(agreed - chance, 1 - chance), papers, positives),
    ]
    if ordinal is not None:
        # Levels compare only where every coder of the paper saw the mode.
        # A level above the highest that anybody gave would add nothing.
        most = int(np.nanmax(ordinal)) if np.isfinite(ordinal).any() else 1
        tally = (ordinal[..., None] == np.arange(1, most + 1)).sum(axis=2).astype(float)
        full = unit & (x == r) & (tally.sum(axis=2) == r)
        tally = np.where(full[..., None], tally, 0.0)
        met = tally[..., :, None] * tally[..., None, :] - tally[..., None] * np.eye(most)
        met /= less[..., None, None]
        of_code = np.tensordot(weights, met, axes=1)
        levels = np.concatenate([of_code, of_code.sum(axis=1, keepdims=True)], axis=1)
        seen = counted(full)
        behind = seen.copy()
        behind[-1] = int(full.any(axis=1).sum())
        made.insert(3, Estimates("alpha_ordinal", _alpha(levels, "ordinal"), behind, seen))
    return made


def same_set(values: Floats, weights: Floats) -> tuple[Floats, int]:
    """Share of coder pairs on a paper whose codes of the facet are the very same, averaged over papers."""
    pairs, same = np.zeros(len(values)), np.zeros(len(values))
    for a, b in combinations(range(values.shape[2]), 2):
        both = ~np.isnan(values[:, :, a]) & ~np.isnan(values[:, :, b])
        differ = both & (values[:, :, a] != values[:, :, b])
        pairs += both.any(axis=1)
        same += both.any(axis=1) & ~differ.any(axis=1)
    held = pairs > 0
    share = same / np.where(held, pairs, 1.0)
    return ratio(weights @ share, weights @ held.astype(float)), int(held.sum())


def interval(draws: Floats) -> tuple[float, float, int]:
    """Percentile interval over the draws that are defined, and how many are not."""
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return float("nan"), float("nan"), len(draws)
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high), len(draws) - len(defined)


def pair_posterior(
    both: NDArray[np.int64], one: NDArray[np.int64], neither: NDArray[np.int64], *, draws: int, seed: int
) -> dict[str, Floats]:
    """Draws of what two coders' agreement on single codes may be, from how often both, one or neither saw the code.

    The three shares have a Dirichlet posterior under Jeffreys' prior (1/2 each: Berger, Bernardo & Sun 2015, Bayesian
    Analysis 10:189, section 3 for the multinomial). A code that both saw once and nobody else ever has an interval of
    its own, where resampled papers would show alpha 1.000 to 1.000 or nothing.

    Args:
        both: papers in which both saw the code, one entry a code.
        one: papers in which one of the two did.
        neither: papers in which neither did.
        draws: draws.
        seed: their seed.

    Returns:
        ``prevalence``, ``observed``, ``alpha_nominal`` and ``ac1``: draws x codes.
    """
    counts = np.stack([both, one, neither], axis=-1).astype(float)
    shares = np.random.default_rng(seed).standard_gamma(counts + 0.5, size=(draws, *counts.shape))
    shares /= shares.sum(axis=-1, keepdims=True)
    mixed = shares[..., 1]
    seen = shares[..., 0] + mixed / 2
    chance = 2 * seen * (1 - seen)
    return {
        "prevalence": seen,
        "observed": 1 - mixed,
        "alpha_nominal": 1 - ratio(mixed, chance),
        "ac1": 1 - ratio(mixed, 1 - chance),
    }
