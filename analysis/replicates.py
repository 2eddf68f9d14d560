"""Replicate weights: how sure an estimate of the frame is, for any estimate that can be computed from weights.

The draw is repeated in each stratum on its own (rescaled bootstrap for stratified simple random sampling without
replacement: Rao & Wu 1988, JASA 83:231, section 4, in the form for weights of Rao, Wu & Yue 1992, Survey Methodology
18:209). From the n drawn papers of a stratum n - 1 are taken with replacement; a paper taken t times gets the weight

    w (1 - a + a t n / (n - 1)),  a = sqrt(1 - n / N)

so that the variance over the replicates of an estimated total is the textbook one, finite population correction
included: a stratum that was drawn whole does not vary. Every drawn paper belongs in, the excluded ones too: how many of
a stratum are in scope is random as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.selection import need

Floats = NDArray[np.float64]

DRAWS = 2_000
SEED = 20261124


def replicates(
    drawn: pd.DataFrame, *, own_chance: bool = False, draws: int = DRAWS, seed: int = SEED
) -> Floats:
    """Replicate weights of every drawn paper.

    A stratum of which one paper was drawn, and not the whole, cannot show how much it varies; such strata are taken
    together, and a lonely one with the smallest other stratum that was not drawn whole (collapsed strata: Wolter 2007,
    Introduction to Variance Estimation, section 2.5). That errs on the wide side.

    Args:
        drawn: ``analysis.weights.weights``: ``paper``, ``stratum``, ``frame``, ``drawn``, ``weight``; papers without a
            weight get none.
        own_chance: every paper was drawn on its own, by the chance whose inverse its weight is. Its weight then varies
            by the factor 1 + sqrt(1 - p) (e - 1), e exponential of mean 1, so that a total's variance is the textbook
            one of Poisson sampling (generalised bootstrap: Beaumont & Patak 2012, International Statistical Review 80,
            127-148, section 4).
        draws: replicates.
        seed: of the draws.

    Returns:
        Array (1 + draws) x rows of ``drawn``; the first row holds the weights themselves. Rows without a weight are 0.

    Raises:
        ValueError: a column is missing, or ``draws`` is negative.
    """
    need(drawn, "drawn", ("paper", "stratum", "frame", "drawn", "weight"))
    if draws < 0:
        raise ValueError(f"draws={draws} must not be negative")
    weight = drawn["weight"].to_numpy(dtype=float)
    there = np.flatnonzero(~np.isnan(weight))
    made = np.zeros((1 + draws, len(drawn)))
    made[:, there] = weight[there]
    if own_chance:
        spared = np.sqrt(1 - 1 / weight[there])
        noise = np.random.default_rng(seed).exponential(size=(draws, len(there))) - 1
        made[1:, there] *= 1 + spared * noise
        return made
    stratum = drawn["stratum"].to_numpy(dtype=object)[there]
    frame = drawn["frame"].to_numpy(dtype=float, na_value=np.nan)[there]
    rng = np.random.default_rng(seed)
    for mine in _groups(stratum, frame):
        at, n = there[mine], len(mine)
        whole = sum({str(stratum[k]): frame[k] for k in mine}.values())
        if n < 2 or n >= whole:
            continue
        shrink = np.sqrt(1 - n / whole)
        times = rng.multinomial(n - 1, np.full(n, 1 / n), size=draws)
        made[1:, at] *= 1 - shrink + shrink * times * n / (n - 1)
    return made


def _groups(stratum: NDArray[np.object_], frame: Floats) -> list[NDArray[np.int64]]:
    """Places of the papers of every stratum, lonely strata taken together."""
    groups: list[NDArray[np.int64]] = []
    lonely: list[NDArray[np.int64]] = []
    for name in sorted(set(stratum)):
        mine = np.flatnonzero(stratum == name)
        (lonely if len(mine) == 1 < frame[mine[0]] else groups).append(mine)
    if not lonely:
        return groups
    together = np.concatenate(lonely)
    if len(lonely) == 1:
        open_ = [k for k, mine in enumerate(groups) if len(mine) < frame[mine[0]]]
        if open_:
            least = min(open_, key=lambda k: len(groups[k]))
            together = np.concatenate([groups.pop(least), together])
    return [*groups, together]


def spread(estimate: Callable[[Floats], Floats], weights: Floats, *, confidence: float = 0.95) -> Floats:
    """An estimate from the weights themselves with its percentile interval over the replicates.

    Args:
        estimate: takes replicate weights (replicates x papers), gives one value a replicate, or one row of values.
        weights: what :func:`replicates` gave.
        confidence: share of the replicates inside.

    Returns:
        Array of shape (..., 3): value, low, high. Replicates in which the value is missing are left out; where they
        are more than one in twenty, or where nothing varies, the interval is missing.

    Raises:
        ValueError: ``confidence`` does not lie strictly between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    values = np.asarray(estimate(weights), dtype=float)
    value, drawn = values[0], values[1:]
    if not len(drawn):
        return np.stack([value, value * np.nan, value * np.nan], axis=-1)
    lost = np.isnan(drawn).mean(axis=0)
    tail = (1 - confidence) / 2
    filled = np.where(np.isnan(drawn).all(axis=0), 0.0, drawn)
    low, high = np.nanquantile(filled, [tail, 1 - tail], axis=0)
    known = (lost <= 0.05) & (high - low > 1e-9 * np.maximum(1.0, np.abs(value)))
    return np.stack([value, np.where(known, low, np.nan), np.where(known, high, np.nan)], axis=-1)


def share(numerator: Floats, denominator: Floats) -> Callable[[Floats], Floats]:
    """Estimator of the ratio of two totals, for :func:`spread`.

    Args:
        numerator: a value a paper, or papers x columns.
        denominator: of the same shape.

    Returns:
        Function of replicate weights; missing where the denominator has no weight.
    """

    def of(weights: Floats) -> Floats:
        below = weights @ denominator
        return np.asarray(
            np.divide(weights @ numerator, below, out=np.full(below.shape, np.nan), where=below > 1e-9)
        )

    return of
