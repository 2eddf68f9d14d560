"""Association of two values measured on many units of few groups: groups are independent, the units in them are not.

Models of one developer are alike, so forty models of twelve developers carry little more than twelve facts. The test is
the wild cluster bootstrap-t with the null imposed (Cameron, Gelbach & Miller 2008, Review of Economics and Statistics
90, 414-427, section III.B): residuals under the null are turned round by a random sign for a whole group at a time. The
interval holds the values that the same test does not reject.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Fewest groups that are tested at all: with seven there are 64 different outcomes of the signs.
LEAST = 7
#: Up to so many groups all signs are gone through (2^12 = 4,096); beyond, they are drawn.
EXACT = 12
DRAWS = 9_999

Floats = NDArray[np.float64]
_SLACK = 1e-10


@dataclass(frozen=True)
class Clustered:
    """An association and how sure it is.

    Attributes:
        units: how many units have both values.
        groups: groups they belong to.
        r: Pearson's correlation over the units.
        low: lower end of its 95% interval.
        high: upper end.
        p: two-sided probability under no association.
        note: why something is missing; else empty.
    """

    units: int
    groups: int
    r: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    note: str = ""


def association(x: ArrayLike, y: ArrayLike, groups: ArrayLike, *, seed: int = 0) -> Clustered:
    """Pearson's correlation with a test and an interval that take groups, not units, for independent.

    Both sides are standardised, so that the slope of a straight line is the correlation. A correlation has no
    direction and the test has: the second is explained by the first.

    Least data: three units and both sides varying for r; ``LEAST`` groups for p and the interval.

    Args:
        x: n values.
        y: n values.
        groups: the group of each unit.
        seed: of the signs, where they are drawn.

    Raises:
        ValueError: lengths differ, or a value is missing.
    """
    a, b, names = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.asarray(groups)
    if not a.shape == b.shape == names.shape or a.ndim != 1:
        raise ValueError(f"need values and groups of one length, not {a.shape}, {b.shape} and {names.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a value is missing or infinite; drop units with holes first")
    labels = (
        np.unique(names, return_inverse=True)[1].astype(np.int64) if len(names) else np.zeros(0, np.int64)
    )
    n, number = len(a), len(set(labels.tolist()))
    if n < 3:
        return Clustered(n, number, note=f"not estimable: {n} units, 3 needed")
    if _flat(a) or _flat(b):
        return Clustered(n, number, note="not estimable: one of the two does not vary")
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    r = float(a @ b) / n
    if number < LEAST:
        return Clustered(n, number, r, note=f"too few: {number} groups, {LEAST} needed for a test")
    signs = _signs(number, seed)
    p = slope_p(a, b, labels, 0.0, signs)
    low, high = (_end(a, b, labels, r, signs, way) for way in (-1, 1))
    return Clustered(n, number, r, low, high, p)


def slope_p(x: Floats, y: Floats, labels: NDArray[np.int64], null: float, signs: Floats) -> float:
    """Return the wild cluster bootstrap's two-sided p of a slope, the null imposed; ``signs`` is draws x groups.

    Where all signs are gone through, the p is the share of outcomes at least as large, the one seen among them. What it
    holds says ``docs/simulations/audit.md``. Least data: an x that varies.
    """
    held = y - null * x
    held = held - held.mean()
    seen = abs(_t(x, held, labels, np.ones((1, signs.shape[1])))[0])
    drawn = np.abs(_t(x, held, labels, signs))
    hits = int(np.sum(drawn >= seen - _SLACK))
    exact = len(signs) == 2 ** signs.shape[1]
    return hits / len(signs) if exact else (hits + 1) / (len(signs) + 1)


def between_share(values: ArrayLike, groups: ArrayLike) -> float:
    """Share of the variance that lies between groups: the intraclass correlation of a one-way analysis of variance.

    (MSB - MSW) / (MSB + (k - 1) MSW), k the mean size of a group corrected for unequal sizes (Donner 1986,
    International Statistical Review 54), not below 0.

    Least data: two groups, one of them of two units.

    Returns:
        0 to 1; missing where there is less.
    """
    y, names = np.asarray(values, dtype=float), np.asarray(groups)
    labels = np.unique(names, return_inverse=True)[1]
    sizes = np.bincount(labels).astype(float) if len(labels) else np.zeros(0)
    n, g = len(y), len(sizes)
    if g < 2 or n <= g:
        return math.nan
    means = np.bincount(labels, weights=y) / sizes
    between = float(sizes @ (means - y.mean()) ** 2) / (g - 1)
    within = float(((y - means[labels]) ** 2).sum()) / (n - g)
    k = (n - float((sizes**2).sum()) / n) / (g - 1)
    total = between + (k - 1) * within
    return max(0.0, (between - within) / total) if total > 0 else math.nan


def _t(x: Floats, held: Floats, labels: NDArray[np.int64], signs: Floats) -> Floats:
    """Return the t of the slope of signs times ``held`` on ``x`` (mean 0), for every row of signs.

    Sums over groups are all that is needed: the score of a group is the sum of x times its residuals.
    """

    def by_group(values: Floats) -> Floats:
        summed: Floats = np.bincount(labels, weights=values, minlength=signs.shape[1]).astype(float)
        return summed

    n, square = len(x), float(x @ x)
    score, total, of_x, of_square = by_group(x * held), by_group(held), by_group(x), by_group(x * x)
    slope, mean = signs @ score / square, signs @ total / n
    left = signs * score - mean[:, None] * of_x - slope[:, None] * of_square
    spread = np.sqrt((left**2).sum(axis=1)) / square
    done: Floats = np.divide(slope, spread, out=np.full(len(slope), np.inf), where=spread > 1e-12)
    return done


def _signs(groups: int, seed: int) -> Floats:
    if groups <= EXACT:
        return np.array(list(product((-1.0, 1.0), repeat=groups)))
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS, groups))


def _end(x: Floats, y: Floats, labels: NDArray[np.int64], r: float, signs: Floats, way: int) -> float:
    """Return the end of the interval: where the test turns from keeping a slope to rejecting it, cut at -1 and 1."""
    edge, inside = float(way), r
    if slope_p(x, y, labels, edge, signs) > 0.05:
        return edge
    for _ in range(12):
        middle = (inside + edge) / 2
        if slope_p(x, y, labels, middle, signs) > 0.05:
            inside = middle
        else:
            edge = middle
    return inside


def _flat(values: Floats) -> bool:
    """Whether nothing varies but rounding."""
    return bool(np.ptp(values) <= 1e-12 * max(1.0, float(np.max(np.abs(values)))))
