"""Correlations and differences of a handful of units: exact tests, honest intervals, and what so few can show.

Nothing here assumes that units are independent where they are not: values that belong to a group (a developer's score
carried to its models) are permuted, resampled and counted by group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.selection import one_of

#: What a correlation is computed from: the values, or their ranks (ties share the mean rank).
METHODS = ("pearson", "spearman")
#: Fewest units between which a correlation is estimated at all.
LEAST = 3
#: Up to so many exchangeable units all orders are enumerated (9! = 362,880), beyond that orders are drawn.
EXACT = 9

Floats = NDArray[np.float64]
#: Two values of a statistic that differ by less than rounding are the same value.
_SLACK = 1e-10


@dataclass(frozen=True)
class Permuted:
    """What a permutation test came to.

    Attributes:
        p: two-sided probability of a statistic at least as large under exchangeability.
        error: Monte Carlo standard error of ``p``; 0 where all orders were enumerated.
        orders: orders that were looked at.
        exact: all orders were looked at.
        note: why there is no probability (``p`` is then missing); else empty.
    """

    p: float
    error: float
    orders: int
    exact: bool
    note: str = ""


@dataclass(frozen=True)
class Interval:
    """A confidence interval and how it came about.

    Attributes:
        low: lower end; missing where there is none.
        high: upper end.
        used: resamples in which the statistic was defined.
        note: why there is no interval, or what weakens it; else empty.
    """

    low: float
    high: float
    used: int = 0
    note: str = ""


def correlation(x: ArrayLike, y: ArrayLike, method: str = "pearson") -> float:
    """Pearson's correlation, or Spearman's: Pearson's of the mid-ranks.

    Args:
        x: n values.
        y: n values.
        method: ``pearson`` or ``spearman``.

    Returns:
        The correlation; missing where fewer than ``LEAST`` units are given or one side does not vary.

    Raises:
        ValueError: the two have different lengths, a value is missing, or the method is not known.
    """
    a, b = _pair(x, y)
    one_of("method", method, METHODS)
    if why_not(a, b):
        return math.nan
    if method == "spearman":
        a, b = stats.rankdata(a), stats.rankdata(b)
    return float(_unit(a) @ _unit(b))


def why_not(x: ArrayLike, y: ArrayLike) -> str:
    """Return why no correlation can be estimated; empty where it can."""
    a, b = _pair(x, y)
    if len(a) < LEAST:
        return f"not estimable: {len(a)} units, {LEAST} needed"
    for values, which in ((a, "first"), (b, "second")):
        if _flat(values):
            return f"not estimable: the {which} does not vary"
    return ""


def t_p(r: float, n: int) -> float:
    """Two-sided p of the t-test of no correlation.

    t = r sqrt((n - 2) / (1 - r^2)) on n - 2 degrees of freedom (Student 1908; Fisher 1915), exact where both are
    normal and the units independent.

    Args:
        r: correlation.
        n: units.

    Returns:
        The probability; missing for fewer than three units or a missing r.
    """
    if n < LEAST or math.isnan(r):
        return math.nan
    if abs(r) >= 1:
        return 0.0
    t = abs(r) * math.sqrt((n - 2) / (1 - r * r))
    return float(2 * stats.t.sf(t, n - 2))


def t_p_of_rounded(r: float, n: int, *, decimals: int) -> tuple[float, float]:
    """Smallest and largest p of the t-test that a rounded correlation leaves open.

    Args:
        r: correlation as printed.
        n: units.
        decimals: decimals it was printed with.

    Returns:
        p at the far and at the near end of the interval r plus or minus half a unit of the last decimal.
    """
    half = 0.5 * 10.0**-decimals
    ends = (t_p(min(1.0, abs(r) + half), n), t_p(max(0.0, abs(r) - half), n))
    return min(ends), max(ends)


def fisher_interval(r: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a correlation by Fisher's transformation: tanh(artanh r plus or minus z / sqrt(n - 3)).

    Fisher 1921 (Metron 1); for independent units and bivariate normal values.

    Args:
        r: correlation.
        n: units.
        confidence: level.

    Returns:
        Lower and upper end; missing for fewer than four units, a missing r, or a perfect one.
    """
    if n < 4 or math.isnan(r) or abs(r) >= 1:
        return math.nan, math.nan
    half = stats.norm.ppf(0.5 + confidence / 2) / math.sqrt(n - 3)
    centre = math.atanh(r)
    return math.tanh(centre - half), math.tanh(centre + half)


def correlation_test(
    x: ArrayLike,
    y: ArrayLike,
    *,
    method: str = "pearson",
    groups: ArrayLike | None = None,
    within: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> Permuted:
    """Permutation test of no association.

    All orders of ``y`` are enumerated up to ``EXACT`` exchangeable units; beyond, ``draws`` are drawn and
    p = (b + 1) / (draws + 1) (Phipson & Smyth 2010), with its Monte Carlo standard error.

    Args:
        x: n values.
        y: n values.
        method: ``pearson`` or ``spearman``.
        groups: group of each unit, where ``y`` belongs to the group: then the values of ``y`` are exchanged between
            the groups, each group taking one value with all its units, and the statistic stays that of the units.
        within: group of each unit, where units are exchanged within their group only; ``x`` and ``y`` should then be
            centred by group.
        draws: orders drawn where they are too many to enumerate.
        seed: of the drawing.

    Raises:
        ValueError: lengths differ, a value is missing, ``y`` is not constant within ``groups``, or both ``groups`` and
            ``within`` are given.
    """
    a, b = _pair(x, y)
    one_of("method", method, METHODS)
    if groups is not None and within is not None:
        raise ValueError("give groups or within, not both")
    note = why_not(a, b)
    if note:
        return Permuted(math.nan, math.nan, 0, False, note)
    rng = np.random.default_rng(seed)
    observed = abs(correlation(a, b, method))
    if groups is not None:
        return _between_groups(a, b, _labels(groups, len(a)), method, observed, draws, rng)
    if method == "spearman":
        a, b = stats.rankdata(a), stats.rankdata(b)
    ua, ub = _unit(a), _unit(b)
    if within is not None:
        labels = _labels(within, len(a))
        sizes = np.bincount(labels)
        if not np.any(sizes > 1):
            return Permuted(math.nan, math.nan, 0, False, "not estimable: no group has two units")
        places = [np.flatnonzero(labels == g) for g in range(len(sizes))]
        hits = 0
        for start in range(0, draws, 1000):
            size = min(1000, draws - start)
            order = np.tile(np.arange(len(a)), (size, 1))
            for at in places:
                order[:, at] = rng.permuted(np.tile(at, (size, 1)), axis=1)
            hits += int(np.sum(np.abs(ub[order] @ ua) >= observed - _SLACK))
        return _drawn(hits, draws)
    if len(a) <= EXACT:
        orders = _orders(len(a))
        hits = int(np.sum(np.abs(ub[orders] @ ua) >= observed - _SLACK))
        return Permuted(hits / len(orders), 0.0, len(orders), True)
    hits = 0
    for start in range(0, draws, 1000):
        size = min(1000, draws - start)
        shuffled = rng.permuted(np.tile(ub, (size, 1)), axis=1)
        hits += int(np.sum(np.abs(shuffled @ ua) >= observed - _SLACK))
    return _drawn(hits, draws)


def correlation_interval(
    x: ArrayLike,
    y: ArrayLike,
    *,
    method: str = "pearson",
    groups: ArrayLike | None = None,
    kind: str = "bca",
    confidence: float = 0.95,
    draws: int = 4_999,
    seed: int = 0,
) -> Interval:
    """Bootstrap interval of a correlation.

    Percentile, or bias-corrected and accelerated with the jackknife's acceleration (Efron 1987, JASA 82; Efron &
    Tibshirani 1993, 14.3). With groups, groups are drawn with all their units, and the jackknife leaves out groups. At
    ten units both cover less than they say; ``docs/simulations/audit.md`` says how much less.

    Args:
        x: n values.
        y: n values.
        method: ``pearson`` or ``spearman``.
        groups: group of each unit; None: every unit is drawn on its own.
        kind: ``bca`` or ``percentile``.
        confidence: level.
        draws: resamples.
        seed: of the resampling.

    Raises:
        ValueError: lengths differ, a value is missing, or an argument is not one of its words.
    """
    a, b = _pair(x, y)
    one_of("method", method, METHODS)
    one_of("kind", kind, ("bca", "percentile"))
    note = why_not(a, b)
    labels = np.arange(len(a)) if groups is None else _labels(groups, len(a))
    units = int(labels.max()) + 1 if len(labels) else 0
    if not note and units < LEAST + 1:
        note = f"not estimable: {units} independent units, {LEAST + 1} needed for resampling"
    if note:
        return Interval(math.nan, math.nan, 0, note)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(units, np.full(units, 1 / units), size=draws).astype(float)
    drawn = _weighted(a, b, times[:, labels], method)
    drawn = drawn[np.isfinite(drawn)]
    tail = (1 - confidence) / 2
    if len(drawn) < draws / 2:
        return Interval(
            math.nan, math.nan, len(drawn), "not estimable: most resamples have nothing that varies"
        )
    ends = np.array([tail, 1 - tail])
    if kind == "bca":
        left = 1.0 - np.eye(units)
        jack = _weighted(a, b, left[:, labels], method)
        ends = _bca(drawn, correlation(a, b, method), jack[np.isfinite(jack)], ends)
    low, high = np.quantile(drawn, ends)
    lost = draws - len(drawn)
    return Interval(
        float(low), float(high), len(drawn), f"{lost} resamples without variation" if lost else ""
    )


def correlation_power(rho: float, n: int, *, alpha: float = 0.05) -> float:
    """Probability that the two-sided t-test finds a correlation of ``rho`` among n independent units.

    Normal approximation of Fisher's z with the bias term r / (2 (n - 1)), as in R's ``pwr.r.test`` (Champely 2020,
    after Cohen 1988, chapter 3).

    Args:
        rho: true correlation.
        n: units.
        alpha: level of the test.

    Returns:
        The power; missing for fewer than four units.
    """
    if n < 4:
        return math.nan
    t = stats.t.ppf(1 - alpha / 2, n - 2)
    critical = math.atanh(math.sqrt(t * t / (t * t + n - 2)))
    r = min(abs(rho), 1 - 1e-12)
    centre = math.atanh(r) + r / (2 * (n - 1))
    scale = math.sqrt(n - 3)
    return float(stats.norm.cdf((centre - critical) * scale) + stats.norm.cdf((-centre - critical) * scale))


def detectable(n: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Smallest true correlation that n independent units find with the given power; missing for fewer than four."""
    from scipy.optimize import brentq

    if n < 4:
        return math.nan
    return float(brentq(lambda r: correlation_power(r, n, alpha=alpha) - power, 0.0, 1 - 1e-9))


def difference_test(
    values: ArrayLike, first: ArrayLike, *, draws: int = 9_999, seed: int = 0, most: int = 200_000
) -> Permuted:
    """Two-sided permutation test of a difference in means.

    All assignments are enumerated where they are at most ``most``; else ``draws`` are drawn.

    Args:
        values: n values.
        first: n booleans: who belongs to the first of the two groups.
        draws: assignments drawn where they are too many.
        seed: of the drawing.
        most: most assignments that are enumerated.
    """
    v = np.asarray(values, dtype=float)
    mark = np.asarray(first, dtype=bool)
    k, n = int(mark.sum()), len(v)
    if not 0 < k < n:
        return Permuted(math.nan, math.nan, 0, False, "not estimable: one of the two groups is empty")
    if n < LEAST:
        return Permuted(math.nan, math.nan, 0, False, f"not estimable: {n} units, {LEAST} needed")
    if _flat(v):
        return Permuted(math.nan, math.nan, 0, False, "not estimable: nothing varies")
    v = (v - v.mean()) / v.std()
    # The difference is a linear function of the first group's sum, which has mean zero.
    observed = abs(float(v[mark].sum()))
    if math.comb(n, k) <= most:
        from itertools import chain, combinations

        count = math.comb(n, k)
        flat = np.fromiter(chain.from_iterable(combinations(range(n), k)), dtype=np.int64, count=count * k)
        sums = v[flat.reshape(count, k)].sum(axis=1)
        hits = int(np.sum(np.abs(sums) >= observed - _SLACK))
        return Permuted(hits / count, 0.0, count, True)
    rng = np.random.default_rng(seed)
    sums = rng.permuted(np.tile(v, (draws, 1)), axis=1)[:, :k].sum(axis=1)
    return _drawn(int(np.sum(np.abs(sums) >= observed - _SLACK)), draws)


def welch(values: ArrayLike, first: ArrayLike, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Difference in means, first group less the other, with Welch's interval (Welch 1947, Biometrika 34).

    Returns:
        Difference, lower and upper end; the ends are missing where a group has fewer than two units or neither varies.
    """
    v = np.asarray(values, dtype=float)
    mark = np.asarray(first, dtype=bool)
    a, b = v[mark], v[~mark]
    if not len(a) or not len(b):
        return math.nan, math.nan, math.nan
    difference = float(a.mean() - b.mean())
    if len(a) < 2 or len(b) < 2:
        return difference, math.nan, math.nan
    qa, qb = float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b)
    if qa + qb == 0:
        return difference, math.nan, math.nan
    freedom = (qa + qb) ** 2 / (qa**2 / (len(a) - 1) + qb**2 / (len(b) - 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * math.sqrt(qa + qb)
    return difference, difference - half, difference + half


def verdict(
    r: float, p: float, low: float, high: float, *, alpha: float = 0.05, negligible: float = 0.1
) -> str:
    """Say in a word what a correlation's test and interval amount to.

    Args:
        r: correlation.
        p: its probability under no association.
        low: lower end of its interval; may be missing.
        high: upper end; may be missing.
        alpha: level below which p speaks.
        negligible: correlations between minus and plus this are as good as none.

    Returns:
        ``not estimable``, ``indeterminate`` (no association is not excluded, and neither is a real one), ``negligible``
        (the interval holds nothing that matters), ``positive``, ``negative``, or ``disputed`` (p is below ``alpha``
        while the interval holds zero: at so few units one of the two is wrong).
    """
    if math.isnan(r) or math.isnan(p):
        return "not estimable"
    known = not (math.isnan(low) or math.isnan(high))
    if known and -negligible <= low and high <= negligible:
        return "negligible"
    if p >= alpha:
        return "indeterminate"
    if known and low <= 0 <= high:
        return "disputed"
    return "positive" if r > 0 else "negative"


def in_words(r: float, n: int, p: float, low: float, high: float, *, what: str = "units") -> str:
    """Say in a sentence what a correlation shows.

    Returns:
        For example ``r = +0.232 over 10 models has p = 0.520 and an interval from -0.46 to +0.75: statistically
        indeterminate, for it excludes neither no association nor a strong one``.
    """
    word = verdict(r, p, low, high)
    if word == "not estimable":
        return f"not estimable from {n} {what}"
    known = not (math.isnan(low) or math.isnan(high))
    span = f" and an interval from {low:+.2f} to {high:+.2f}" if known else ""
    held = (
        " for it excludes neither no association nor "
        + ("a strong one" if max(-low, high) >= 0.5 else "one that matters")
        if known
        else " for no association is not excluded"
    )
    amounts = {
        "indeterminate": f"statistically indeterminate,{held}",
        "negligible": "as good as no association",
        "positive": "a positive association",
        "negative": "a negative association",
        "disputed": "disputed, for the interval holds zero while p is small",
    }[word]
    small = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    return f"r = {r:+.3f} over {n} {what} has {small}{span}: {amounts}"


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"need two series of one length, not {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a value is missing or infinite; drop units with holes first")
    return a, b


def _flat(values: Floats) -> bool:
    """Whether nothing varies but rounding."""
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.max(np.abs(values)))))


def _unit(values: Floats) -> Floats:
    centred = values - values.mean()
    done: Floats = centred / np.sqrt(centred @ centred)
    return done


def _labels(groups: ArrayLike, n: int) -> NDArray[np.int64]:
    names = np.asarray(groups)
    if names.shape != (n,):
        raise ValueError(f"need one group a unit: {n}, not {names.shape}")
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def _drawn(hits: int, draws: int) -> Permuted:
    p = (hits + 1) / (draws + 1)
    return Permuted(p, math.sqrt(p * (1 - p) / draws), draws, False)


@lru_cache(maxsize=8)
def _orders(n: int) -> NDArray[np.int8]:
    """All n! orders, one a row."""
    orders = np.zeros((1, 1), dtype=np.int8) if n else np.zeros((1, 0), dtype=np.int8)
    for size in range(2, n + 1):
        parts = []
        for place in range(size):
            parts.append(np.insert(orders, place, size - 1, axis=1))
        orders = np.concatenate(parts)
    return orders


def _between_groups(
    x: Floats,
    y: Floats,
    labels: NDArray[np.int64],
    method: str,
    observed: float,
    draws: int,
    rng: np.random.Generator,
) -> Permuted:
    count = int(labels.max()) + 1
    if count < LEAST:
        return Permuted(math.nan, math.nan, 0, False, f"not estimable: {count} groups, {LEAST} needed")
    sizes = np.bincount(labels).astype(float)
    held = np.array([y[labels == g][0] for g in range(count)])
    if not np.allclose(y, held[labels], rtol=0, atol=1e-12):
        raise ValueError("the second does not belong to the groups: it varies within one")
    if method == "spearman":
        x = stats.rankdata(x)
    ux = _unit(x)
    sums = np.bincount(labels, weights=ux)
    exact = count <= EXACT
    total = math.factorial(count) if exact else draws
    hits = 0
    for start in range(0, total, 20_000):
        size = min(20_000, total - start)
        order = _orders(count)[start : start + size] if exact else None
        given = rng.permuted(np.tile(held, (size, 1)), axis=1) if order is None else held[order]
        if method == "spearman":
            below = (given[:, None, :] < given[:, :, None]) @ sizes
            same = (given[:, None, :] == given[:, :, None]) @ sizes
            given = below + (same + 1) / 2
        mean = (given @ sizes / sizes.sum())[:, None]
        spread = np.sqrt(((given - mean) ** 2) @ sizes)
        hits += int(np.sum(np.abs(given @ sums) >= (observed - _SLACK) * spread))
    if exact:
        return Permuted(hits / total, 0.0, total, True)
    return _drawn(hits, draws)


def _weighted(x: Floats, y: Floats, times: Floats, method: str) -> Floats:
    """Correlation in each resample; ``times`` says how often it holds each unit. Missing where nothing varies."""
    done = []
    for start in range(0, len(times), 500):
        w = times[start : start + 500]
        a, b = (_midranks(x, w), _midranks(y, w)) if method == "spearman" else (x[None, :], y[None, :])
        total = w.sum(axis=1)
        ca = a - (w * a).sum(axis=1, keepdims=True) / total[:, None]
        cb = b - (w * b).sum(axis=1, keepdims=True) / total[:, None]
        va, vb = (w * ca**2).sum(axis=1), (w * cb**2).sum(axis=1)
        scale_a, scale_b = float(np.ptp(x)) ** 2, float(np.ptp(y)) ** 2
        if method == "spearman":
            scale_a = scale_b = 1.0
        fine = (va > 1e-12 * scale_a) & (vb > 1e-12 * scale_b)
        r = np.full(len(w), np.nan)
        r[fine] = (w * ca * cb).sum(axis=1)[fine] / np.sqrt(va[fine] * vb[fine])
        done.append(np.clip(r, -1.0, 1.0))
    return np.concatenate(done)


def _midranks(values: Floats, times: Floats) -> Floats:
    """Mid-rank of each unit's value among a resample that holds each unit so many times."""
    below = values[None, :] < values[:, None]
    same = values[None, :] == values[:, None]
    ranks: Floats = times @ below.T + (times @ same.T + 1) / 2
    return ranks


def _bca(drawn: Floats, estimate: float, jack: Floats, ends: Any) -> Floats:
    """Quantiles of the resamples that the bias-corrected, accelerated interval reads (Efron 1987, eq. 2.3)."""
    share = (np.sum(drawn < estimate) + np.sum(drawn == estimate) / 2) / len(drawn)
    shift = stats.norm.ppf(np.clip(share, 1 / (len(drawn) + 1), 1 - 1 / (len(drawn) + 1)))
    spread = jack.mean() - jack
    bottom = 6 * float(np.sum(spread**2)) ** 1.5
    acceleration = float(np.sum(spread**3)) / bottom if bottom > 0 else 0.0
    z = shift + stats.norm.ppf(ends)
    done: Floats = stats.norm.cdf(shift + z / (1 - acceleration * z))
    return done
