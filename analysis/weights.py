"""Rates of a stratified sample, weighted so that they speak of the frame it was drawn from.

The coded papers are no random sample of the frame: small strata were drawn more densely. A drawn paper stands for
frame / drawn papers of its stratum, and a rate among the papers that discuss a mode is a ratio of two weighted totals.

What the probabilities hold for: within a stratum the order is random, but how many blocks a stratum gets is decided
after looking at what the earlier blocks brought (how many included papers of its stream). The probabilities are
therefore conditional on the number of blocks drawn in the end. Stopping once enough was found favours samples that hold
much, so that totals of the stopped strata lean upwards a little. Rates among papers that discuss a mode are ratios, in
which most of this cancels; :mod:`analysis.design_estimates` repeats the stopping as part of the design.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.selection import need

Floats = NDArray[np.float64]


def weights(
    sample: pd.DataFrame,
    sampling: pd.DataFrame,
    *,
    stage: str = "screening",
    papers: Collection[str] | None = None,
    missing: Collection[str] = (),
) -> pd.DataFrame:
    """Inclusion probability and design weight of every drawn paper.

    The probability is drawn / frame of the paper's stratum after its last block, the weight its inverse (Särndal,
    Swensson & Wretman 1992, Model Assisted Survey Sampling, sections 2.8 and 3.7: stratified simple random sampling).
    Papers whose outcome is not known (``missing``) get no weight, and the others of their stratum stand for them.

    Least data: one drawn paper in a stratum with a block on record.

    Args:
        sample: the survey's table ``sample``: stage, paper, stratum, block, order.
        sampling: the survey's table ``sampling``: stage, stratum, block, frame, drawn, probability.
        stage: the stage of sampling.
        papers: papers to list; default: every drawn one. Papers that were not drawn are listed without a weight.
        missing: drawn papers of which it is not known whether they belong to any mode (not yet screened or coded).

    Returns:
        One row a paper, sorted: ``paper``, ``stratum``, ``frame`` (papers of the stratum in the frame), ``drawn``
        (those drawn whose outcome is known), ``probability``, ``weight``, ``note`` (``not in the sample``, ``outcome
        not known``, else empty).

    Raises:
        ValueError: a column is missing; a paper was drawn twice; a drawn paper's stratum has no block; or ``sample``
            and ``sampling`` count a stratum differently.
    """
    need(sample, "sample", ("stage", "paper", "stratum"))
    need(sampling, "sampling", ("stage", "stratum", "block", "frame", "drawn"))
    mine = sample[(sample["stage"] == stage).to_numpy(dtype=bool)]
    blocks = sampling[(sampling["stage"] == stage).to_numpy(dtype=bool)]
    if mine["paper"].duplicated().any():
        raise ValueError(
            f"sample: {mine['paper'][mine['paper'].duplicated()].iloc[0]} was drawn twice in {stage}"
        )
    of = dict(zip(mine["paper"].astype(str), mine["stratum"].astype(str), strict=True))
    order = blocks.assign(block=pd.to_numeric(blocks["block"])).sort_values("block")
    # A frame that grew between blocks: the last count holds.
    frame = {str(s): int(f) for s, f in zip(order["stratum"], pd.to_numeric(order["frame"]), strict=True)}
    said: dict[str, int] = {}
    for stratum, count in zip(blocks["stratum"].astype(str), pd.to_numeric(blocks["drawn"]), strict=True):
        said[stratum] = said.get(stratum, 0) + int(count)
    held: dict[str, int] = {}
    for stratum in of.values():
        held[stratum] = held.get(stratum, 0) + 1
    for stratum in sorted(set(held) | set(said)):
        if stratum not in said:
            raise ValueError(f"sampling has no block of stratum {stratum!r} in stage {stage!r}")
        if held.get(stratum, 0) != said[stratum]:
            raise ValueError(
                f"stratum {stratum!r}: sampling says {said[stratum]} were drawn, sample has {held.get(stratum, 0)}"
            )
    unknown = set(missing)
    known = dict.fromkeys(held, 0)
    for paper, stratum in of.items():
        known[stratum] += paper not in unknown
    rows = []
    for paper in sorted(of if papers is None else set(papers)):
        stratum = of.get(paper, "")
        note = "not in the sample" if not stratum else "outcome not known" if paper in unknown else ""
        probability = known[stratum] / frame[stratum] if not note else np.nan
        rows.append(
            {
                "paper": paper,
                "stratum": stratum,
                "frame": frame.get(stratum),
                "drawn": known.get(stratum),
                "probability": probability,
                "weight": 1 / probability if not note else np.nan,
                "note": note,
            }
        )
    table = pd.DataFrame(
        rows, columns=["paper", "stratum", "frame", "drawn", "probability", "weight", "note"]
    )
    return table.astype(
        {
            "paper": "str",
            "stratum": "str",
            "frame": "Int64",
            "drawn": "Int64",
            "probability": float,
            "weight": float,
            "note": "str",
        }
    )


def jeffreys(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> NDArray[np.float64]:
    """Equal-tailed Jeffreys interval of a proportion.

    The quantiles of Beta(x + 1/2, n - x + 1/2), with the lower end 0 at x = 0 and the upper end 1 at x = n, so
    that the coverage does not vanish at the edges (Brown, Cai & DasGupta 2001, Statistical Science 16, 4.1).

    Least data: one trial; of none the ends are missing.

    Args:
        successes: x, one or many.
        trials: n, one or many.
        confidence: share of the posterior inside, between 0 and 1.

    Returns:
        Array of shape (..., 2), lower and upper ends; both missing (nan) where n is 0.

    Raises:
        ValueError: x is not between 0 and n, or ``confidence`` not strictly between 0 and 1.
    """
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    if np.any((x < 0) | (x > n)):
        raise ValueError("successes must lie between 0 and the number of trials")
    tail = (1 - confidence) / 2
    low = np.where(x == 0, 0.0, stats.beta.ppf(tail, x + 0.5, n - x + 0.5))
    high = np.where(x == n, 1.0, stats.beta.ppf(1 - tail, x + 0.5, n - x + 0.5))
    return np.stack([np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)], axis=-1)


def interval(rate: ArrayLike, effective: ArrayLike, *, confidence: float = 0.95) -> Floats:
    """Jeffreys interval of a rate that rests on so many papers' worth of data, which need not be whole.

    The quantiles of Beta(rate * effective + 1/2, (1 - rate) * effective + 1/2), with the ends mended at 0 and 1: the
    effective number stands in for n (Korn & Graubard 1998, Survey Methodology 24, 193-201; compared with other
    intervals by Franco, Little, Louis & Slud 2019, Journal of Survey Statistics and Methodology 7, 334-364).

    Least data: none; a missing rate has no interval.

    Args:
        rate: rates between 0 and 1, or missing.
        effective: effective numbers of papers; infinite for a census, of which the interval is the rate itself.
        confidence: share of the posterior inside.

    Returns:
        Array of shape (..., 2); missing where the rate is.

    Raises:
        ValueError: ``confidence`` does not lie strictly between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    r, n = np.broadcast_arrays(np.asarray(rate, dtype=float), np.asarray(effective, dtype=float))
    whole = ~np.isfinite(n)
    size = np.where(whole, 1.0, n)
    a, b = r * size + 0.5, (1 - r) * size + 0.5
    tail = (1 - confidence) / 2
    low = np.where(r == 0, 0.0, stats.beta.ppf(tail, a, b))
    high = np.where(r == 1, 1.0, stats.beta.ppf(1 - tail, a, b))
    ends = np.stack([np.where(whole, r, low), np.where(whole, r, high)], axis=-1)
    return np.where(np.isnan(r)[..., None], np.nan, ends)
