"""Rates of a stratified sample, weighted so that they speak of the frame it was drawn from.

The coded papers are no random sample of the frame: small strata were drawn more densely. A drawn paper stands for
frame / drawn papers of its stratum, and a rate among the papers that discuss a mode is a ratio of two weighted totals.

What the probabilities hold for: within a stratum the order is random, but how many blocks a stratum gets is decided
after looking at what the earlier blocks brought (how many included papers of its stream). The probabilities are
therefore conditional on the number of blocks drawn in the end. Stopping once enough was found favours samples that hold
much, so that totals of the stopped strata lean upwards a little. Rates among papers that discuss a mode are ratios, in
which most of this cancels; ``docs/simulations/undermeasurement.md`` says how much is left.
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


def kish(weight: ArrayLike) -> float:
    """Effective sample size (sum w)^2 / sum w^2 of unequal weights; 0 for none (Kish 1965, Survey Sampling, 11.2C).

    Least data: one weight above 0; else 0.
    """
    w = np.asarray(weight, dtype=float)
    if np.any(~np.isfinite(w)) or np.any(w < 0):
        raise ValueError("weights must be finite and not negative")
    squares = float((w**2).sum())
    return float(w.sum()) ** 2 / squares if squares else 0.0


def ratio(
    numerator: ArrayLike, denominator: ArrayLike, stratum: ArrayLike, frame: ArrayLike, drawn: ArrayLike
) -> tuple[Floats, Floats]:
    """Ratio of two totals of a stratified simple random sample without replacement, and its variance.

    R = sum w y / sum w x over the drawn, with w = frame / drawn. Its linearised variance is that of the total of
    u = w (y - R x) / sum w x: the sum over strata of (1 - drawn / frame) * drawn / (drawn - 1) * sum (u - mean u)^2
    (Särndal et al. 1992, section 5.6 for the ratio and 5.8 for a domain mean, section 3.7 for the strata; Lohr 2010,
    Sampling: Design and Analysis, 2nd ed., section 4.2). Every drawn unit belongs in, with y = x = 0 where it is
    outside the domain: how many of a stratum fall into the domain is random too. A stratum of which one unit was drawn,
    and not all, cannot show its variance; it is taken about the mean of all (Lumley 2010, Complex Surveys, "adjust").

    Least data: one drawn unit in the domain; a stratum of one, not a census, shows no variance of its own.

    Args:
        numerator: y, drawn x domains (or one column).
        denominator: x, of the same shape.
        stratum: stratum of each drawn unit.
        frame: size of its stratum in the frame.
        drawn: units drawn in its stratum.

    Returns:
        R and its variance, one of each a domain; missing where no drawn unit is in the domain.
    """
    y, x = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    if y.ndim == 1:
        y, x = y[:, None], x[:, None]
    big, small = np.asarray(frame, dtype=float), np.asarray(drawn, dtype=float)
    w = np.divide(big, small, out=np.zeros_like(big), where=small > 0)[:, None]
    total = (w * x).sum(axis=0)
    there = total > 0
    rate = np.divide((w * y).sum(axis=0), total, out=np.full(y.shape[1], np.nan), where=there)
    u = w * (y - np.where(there, rate, 0.0) * x) / np.where(there, total, 1.0)
    names, at = np.unique(np.asarray(stratum, dtype=object).astype(str), return_inverse=True)
    variance = np.zeros(y.shape[1])
    everything = u.mean(axis=0) if len(u) else 0.0
    for h in range(len(names)):
        mine = u[at == h]
        n_h, frame_h = len(mine), big[at == h][0]
        if n_h == 1:
            square, scale = ((mine - everything) ** 2).sum(axis=0), 1.0
        else:
            square, scale = ((mine - mine.mean(axis=0)) ** 2).sum(axis=0), n_h / (n_h - 1)
        variance += max(1 - n_h / frame_h, 0.0) * scale * square
    return rate, np.where(there, variance, np.nan)


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


def weighted_rates(
    modes: pd.DataFrame, drawn: pd.DataFrame, *, confidence: float = 0.95, min_discussed: int = 10
) -> pd.DataFrame:
    """Rate of measuring among the papers of the frame that discuss a mode, estimated from the drawn ones.

    The estimate and its linearised standard error are those of :func:`ratio`. The interval is :func:`interval` with
    the smaller of two effective numbers: that of the variance estimate, rate (1 - rate) / variance, and the one to
    expect of unequal weights alone, (sum w)^2 / sum w^2 (1 - f) over the domain, f the sampling fraction (Kish 1992,
    Journal of Official Statistics 8, 183-200, with the finite population correction). With ten to forty papers over
    fifteen strata the variance estimate is itself so unsure that intervals from it alone cover too little; with the
    smaller of the two they cover what they should (``docs/simulations/undermeasurement.md``).

    Least data: one drawn paper that discusses the mode; under ``min_discussed`` it is *too few*.

    Args:
        modes: ``analysis.undermeasurement.undermeasurement``'s table: ``code``, ``papers_discussed``,
            ``papers_measured``.
        drawn: :func:`weights` of every drawn paper, those that discuss nothing included.
        confidence: level of the interval.
        min_discussed: drawn papers that must discuss a mode before its rate is not ``too few``.

    Returns:
        One row a mode, in the order given: ``code``; ``weighted_discussed`` (drawn papers that discuss it),
        ``weighted_frame`` (papers of the frame estimated to discuss it), ``weighted_rate``, ``weighted_se`` (0 at a
        rate of 0 or 1, where linearisation says nothing: read the interval), ``weighted_low``, ``weighted_high``,
        ``weighted_effective`` (effective number of papers), ``weighted_outside`` (papers that discuss it but are
        outside the sample and so left out) and ``weighted_note`` (``too few``, ``not estimable: no drawn paper
        discusses it``, ``not estimable: no sample``, else empty).

    Raises:
        ValueError: a column is missing.
    """
    need(modes, "modes", ("code", "papers_discussed", "papers_measured"))
    need(drawn, "drawn", ("paper", "stratum", "frame", "drawn", "weight"))
    known = drawn[drawn["weight"].notna().to_numpy(dtype=bool)].reset_index(drop=True)
    place = {paper: k for k, paper in enumerate(known["paper"])}
    x = np.zeros((len(known), len(modes)))
    y = np.zeros((len(known), len(modes)))
    outside = []
    for j, (discussed, measured) in enumerate(
        zip(modes["papers_discussed"], modes["papers_measured"], strict=True)
    ):
        x[[place[p] for p in discussed if p in place], j] = 1
        y[[place[p] for p in measured if p in place], j] = 1
        outside.append(sum(p not in place for p in discussed))
    frame = known["frame"].to_numpy(dtype=float)
    size = known["drawn"].to_numpy(dtype=float)
    rate, variance = ratio(y, x, known["stratum"].to_numpy(dtype=object), frame, size)
    effective = _effective(rate, variance, x, frame, size)
    ends = interval(rate, effective, confidence=confidence)
    n = x.sum(axis=0)
    note = np.select(
        [np.full(len(modes), known.empty), n == 0, n < min_discussed],
        ["not estimable: no sample", "not estimable: no drawn paper discusses it", "too few"],
        default="",
    )
    return pd.DataFrame(
        {
            "code": pd.Series(list(modes["code"]), dtype="str"),
            "weighted_discussed": n.astype(np.int64),
            "weighted_frame": np.where(n > 0, ((frame / np.maximum(size, 1))[:, None] * x).sum(axis=0), 0.0),
            "weighted_rate": rate,
            "weighted_se": np.sqrt(variance),
            "weighted_low": ends[:, 0],
            "weighted_high": ends[:, 1],
            "weighted_effective": np.where(n > 0, effective, 0.0),
            "weighted_outside": np.array(outside, dtype=np.int64),
            "weighted_note": pd.Series(note, dtype="str"),
        }
    )


def _effective(rate: Floats, variance: Floats, x: Floats, frame: Floats, drawn: Floats) -> Floats:
    """Effective number of papers of each domain: the smaller of what the variance and what the weights say."""
    w = (frame / np.maximum(drawn, 1))[:, None] * x
    open_ = (1 - drawn / np.maximum(frame, 1))[:, None]
    squares = (w**2 * open_).sum(axis=0)
    by_weights = np.divide(w.sum(axis=0) ** 2, squares, out=np.full(x.shape[1], np.inf), where=squares > 0)
    by_variance = np.divide(rate * (1 - rate), variance, out=np.full(x.shape[1], np.inf), where=variance > 0)
    return np.asarray(np.minimum(by_weights, np.where(by_variance > 0, by_variance, np.inf)), dtype=float)


def weighted_total(modes: pd.DataFrame, drawn: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Rate over all pairs of a paper and a mode, raw and weighted, with papers as the unit that was drawn.

    A paper that discusses three modes is one draw, not three: y and x of :func:`ratio` are its numbers of modes
    measured and discussed, so that what the modes of one paper have in common widens the interval.

    Least data: one drawn paper that discusses a mode.

    Args:
        modes: as for :func:`weighted_rates`.
        drawn: as for :func:`weighted_rates`.
        confidence: level of the intervals.

    Returns:
        Rows ``raw`` (the drawn papers taken as they come, as if drawn from an endless frame) and ``weighted`` (for the
        frame), each with ``papers`` (drawn ones that discuss a mode), ``pairs``, ``rate``, ``se``, ``low``, ``high``,
        ``effective`` (pairs' worth of data) and ``note``.

    Raises:
        ValueError: a column is missing.
    """
    need(modes, "modes", ("code", "papers_discussed", "papers_measured"))
    need(drawn, "drawn", ("paper", "stratum", "frame", "drawn", "weight"))
    known = drawn[drawn["weight"].notna().to_numpy(dtype=bool)].reset_index(drop=True)
    place = {paper: k for k, paper in enumerate(known["paper"])}
    x, y = np.zeros(len(known)), np.zeros(len(known))
    for held, papers in ((x, modes["papers_discussed"]), (y, modes["papers_measured"])):
        for paper in (p for several in papers for p in several if p in place):
            held[place[paper]] += 1
    frame, size = known["frame"].to_numpy(dtype=float), known["drawn"].to_numpy(dtype=float)
    stratum = known["stratum"].to_numpy(dtype=object)
    one = np.ones(len(known))
    rows = []
    for name, strata, big, small in (
        ("raw", one, one * 1e12, one * max(len(known), 1)),
        ("weighted", stratum, frame, size),
    ):
        rate, variance = ratio(y, x, strata, big, small)
        effective = np.where(
            variance > 0, rate * (1 - rate) / np.where(variance > 0, variance, 1.0), (x > 0).sum()
        )
        ends = interval(rate, effective, confidence=confidence)
        rows.append(
            (
                name,
                int((x > 0).sum()),
                int(x.sum()),
                rate[0],
                float(np.sqrt(variance[0])),
                ends[0, 0],
                ends[0, 1],
                float(effective[0]) if x.any() else 0.0,
                "" if x.any() else "not estimable: no drawn paper discusses a mode",
            )
        )
    table = pd.DataFrame(
        rows, columns=["which", "papers", "pairs", "rate", "se", "low", "high", "effective", "note"]
    )
    return table.astype({"which": "str", "note": "str"})
