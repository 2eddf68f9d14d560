"""May one stop screening: which share of what is in has been found, and how sure is that?

The criterion is the one of Callaghan & Mueller-Hansen 2020, Systematic Reviews 9:273 (random
sampling): from some point on records are read in random order from those left. Under the hypothesis that the recall
wanted is missed, at least K of the records then left are in; when the hypergeometric probability of having met so few
of them is small, one may stop. It assumes nothing about the learner or the order before. What it costs is reading
some records at random.

It is asked again after every record, and a test asked often errs more often than its level says:
nominally 0.05, the error stays below 0.10 in every setting tried (docs/simulations/screening.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

#: Recall below which one does not stop.
TARGET = 0.95
#: How sure one must be of it.
CONFIDENCE = 0.95
#: Exclusions in a row after which the learner's order has probably run dry: a convention, which only says when
#: reading at random begins to pay.
DRY = 10


@dataclass(frozen=True)
class Recall:
    """The share found of the records that are in, as far as it can be known.

    Attributes:
        value: estimate; missing (NaN) where not estimable.
        low: lower limit, one-sided at the confidence asked for.
        high: upper limit, likewise; with ``low`` an interval that errs on either side with that probability.
        p: probability of so few found among those read at random, if the target were missed; small means stop.
        stop: whether the lower limit reaches the target.
        more: records still to be read at random until one may stop, if all of them are out.
        note: why there is no estimate, else empty.
    """

    value: float
    low: float
    high: float
    p: float
    stop: bool
    more: int
    note: str


def recall(
    found: int,
    drawn: Sequence[bool],
    left: int,
    *,
    target: float = TARGET,
    confidence: float = CONFIDENCE,
) -> Recall:
    """Estimate recall from the records read at random at the end.

    Args:
        found: records found to be in before the first of ``drawn``.
        drawn: the latest records, read at random: in or not.
        left: records not read.
        target: the recall wanted, above 0 and at most 1.
        confidence: of each limit, and of the stopping criterion.

    Returns:
        With nothing left, recall is 1 and known. With nothing found, or nothing read at random, there is no estimate.

    Raises:
        ValueError: a count is negative, or a share is none.
    """
    if min(found, left) < 0:
        raise ValueError("counts are 0 or more")
    if not (0 < target <= 1 and 0 < confidence < 1):
        raise ValueError("target and confidence are shares")
    n, k = len(drawn), sum(drawn)
    urn = n + left
    more = _more(found, k, n, urn, target, 1 - confidence)
    if left == 0:
        value = 1.0 if found + k else float("nan")
        return Recall(value, value, value, 0.0, True, 0, "" if found + k else "nothing is in")
    none = float("nan")
    if found + k == 0:
        return Recall(none, none, none, none, False, more, "nothing found yet")
    if n == 0:  # at worst all that is left is in
        return Recall(none, found / (found + left), 1.0, none, more == 0, more, "nothing read at random yet")
    least, most = inside(k, n, urn, confidence=confidence)
    # The expectation of what the draws would have been, were the records left like those drawn.
    guess = k + left * k / n
    p = missed_p(found, k, n, urn, target)
    return Recall(
        (found + k) / (found + guess),
        (found + k) / (found + most),
        (found + k) / (found + least),
        p,
        p <= 1 - confidence,
        more,
        "",
    )


def inside(k: int, n: int, urn: int, *, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return limits on how many of an urn are in, when k of n drawn without putting back were.

    Each limit is one-sided: the numbers under which a result so extreme has a probability above 1 - confidence
    (inverting the hypergeometric test, the finite form of Clopper & Pearson 1934, Biometrika 26).
    """
    many: NDArray[np.int64] = np.arange(k, urn - (n - k) + 1)
    few = hypergeom.cdf(k, urn, many, n) > 1 - confidence
    lots = hypergeom.sf(k - 1, urn, many, n) > 1 - confidence
    return int(many[lots].min(initial=many[-1])), int(many[few].max(initial=many[0]))


def missed_p(found: int, k: int, n: int, urn: int, target: float = TARGET) -> float:
    """Return the p-value of the criterion: that at most k of n draws are in, if the target were missed.

    Callaghan & Mueller-Hansen 2020: K = floor(R / target - found + 1) with R = found + k is the least number of the urn
    that must be in for recall to lie below the target; p = P(X <= k), X hypergeometric. 0 where the urn cannot hold so
    many.
    """
    return float(chances(np.array([k]), n, found, urn, target)[0])


def chances(k: NDArray[np.int64], n: int, found: int, urn: int, target: float) -> NDArray[np.float64]:
    """:func:`missed_p` of several k at once."""
    # Rounding must not turn 38 / 0.95 into 39.999.
    least = np.floor((found + k) / target - found + 1 + 1e-9).astype(np.int64)
    possible = least <= urn - (n - k)
    p = hypergeom.cdf(k, urn, np.where(possible, least, 0), n)
    return np.where(possible, p, 0.0)


def _more(found: int, k: int, n: int, urn: int, target: float, alpha: float) -> int:
    low, high = n, urn
    if chances(np.array([k]), low, found, urn, target)[0] <= alpha:
        return 0
    while high - low > 1:  # p falls with every record that is out
        middle = (low + high) // 2
        if chances(np.array([k]), middle, found, urn, target)[0] <= alpha:
            high = middle
        else:
            low = middle
    return high - n
