"""How much evidence there is for each code: how many papers raise it, discuss it, and measure it.

The numbers speak of the papers of a frame that meet the inclusion criteria, read or not. R of them raise the code in
their abstract; D of these discuss it, and do not merely name it as the motive of a new instrument; M of these measure
it. So M <= D <= R. Two estimates stand side by side: one that rests on how the records were drawn and on nothing else
(:mod:`analysis.design_estimates`), one that predicts the records nobody read (:mod:`analysis.volume_model`). Where the
two part, the table says so.

Three readings of *discussed*: motives left out (the first), motives that offer a remedy counted, all counted (D = R).

Decisions, by thresholds that are given: *under-measured* (M / D below one, and D at least so many per 1,000 papers that
are in), *hardly measured* (M below so many per 1,000), *rare* (R below so many per 1,000, and the upper end of both
estimates). A statement is decided where its probability is at least ``sure`` (yes) or at most 1 - ``sure`` (no).

Least data: one record read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analysis.design_estimates import Design, Stopping, Totals, repeated, totals
from analysis.selection import need
from analysis.volume_model import Predicted, cells, passed_on, raised_draws

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

#: Readings of *discussed*, the first of them the headline's.
READINGS = ("motives out", "remedies in", "all in")
#: The two estimates, the first of them the one that decides.
ESTIMATES = ("model", "design")
#: Factors on the spreads of the model, to see what hangs on them.
PRIORS = (0.5, 2.0)
STEPS = ("raised", "discussed", "measured")


@dataclass(frozen=True)
class Thresholds:
    """Where a statement begins; fixed in the protocol.

    Attributes:
        ratio: M / D below which a code is under-measured.
        discussed: D per 1,000 papers that are in, from which that is asked.
        measured: M per 1,000 papers that are in, below which a code is hardly measured.
        rare: R per 1,000 papers that are in, below which it is rare.
        sure: probability from which a statement is made, and 1 - sure to which it is denied.
        interval: probability of the intervals.
    """

    ratio: float = 0.25
    discussed: float = 25.0
    measured: float = 15.0
    rare: float = 25.0
    sure: float = 0.95
    interval: float = 0.90


@dataclass(frozen=True)
class Records:
    """The frame in arrays.

    Attributes:
        read: records, whether drawn and with a known outcome.
        included: records, whether read and in.
        chance: records, the chance of being drawn (missing where not known).
        groups: columns of group numbers of every record, the stratum first.
        period: period number of every record.
        score: logit of each record's score, or None.
        hit: records x codes, or None where hits are not known.
        own_chance: whether records were drawn by a chance of their own.
        stopping: the rule of further blocks, of the records read.
    """

    read: Flags
    included: Flags
    chance: Floats
    groups: list[Whole]
    period: Whole
    score: Floats | None
    hit: Flags | None
    own_chance: bool = False
    stopping: Stopping | None = None


@dataclass(frozen=True)
class Volume:
    """Both estimates of one reading.

    Attributes:
        design: by the design.
        model: draws of the model.
        inside: draws of the number of papers that are in.
    """

    design: Totals
    model: Predicted
    inside: Floats


def records(
    frame: pd.DataFrame, codes: Sequence[str], *, own_chance: bool = False, stopping: Stopping | None = None
) -> Records:
    """Take the frame's table apart.

    Args:
        frame: one row a record of the frame: ``paper``, ``stratum``, ``period``, ``read`` (drawn, and its outcome
            known), ``included``, ``chance`` (of being drawn; missing is allowed where not read). Where known also
            ``source``, ``score`` (probability of inclusion from a learner that did not see the record's outcome) and
            ``hits`` (codes whose query phrases hit title or abstract, joined by semicolons).
        codes: the codes in order.
        own_chance: records were drawn by a chance of their own, and not in blocks of a stratum.
        stopping: the rule by which further blocks were drawn.

    Raises:
        ValueError: a column is missing, a record stands twice, nothing was read, or a record that was read has no
            chance.
    """
    need(frame, "frame", ("paper", "stratum", "period", "read", "included", "chance"))
    if frame["paper"].duplicated().any():
        raise ValueError(f"frame: {frame['paper'][frame['paper'].duplicated()].iloc[0]} stands twice")
    read = frame["read"].to_numpy(dtype=bool)
    chance = frame["chance"].to_numpy(dtype=float)
    if not read.any():
        raise ValueError("frame: no record was read")
    wrong = read & ~((chance > 0) & (chance <= 1))
    if wrong.any():
        raise ValueError(
            f"frame: {frame['paper'].to_numpy()[wrong][0]} was read, but its chance is {chance[wrong][0]}"
        )
    groups = [_numbers(frame["stratum"])]
    if "source" in frame:
        groups.append(_numbers(frame["source"]))
    if own_chance and bool(np.isfinite(chance).all()):
        edges = np.unique(np.quantile(chance, [0.25, 0.5, 0.75]))
        groups.append(np.searchsorted(edges, chance).astype(np.int64))
    score = None
    if "score" in frame:
        p = np.clip(frame["score"].to_numpy(dtype=float), 0.005, 0.995)
        score = np.log(p / (1 - p))
    hit = None
    if "hits" in frame:
        place = {code: j for j, code in enumerate(codes)}
        hit = np.zeros((len(frame), len(codes)), dtype=bool)
        for i, joined in enumerate(frame["hits"]):
            for code in str(joined).split(";"):
                if code in place:
                    hit[i, place[code]] = True
    return Records(
        read,
        frame["included"].to_numpy(dtype=bool) & read,
        chance,
        groups,
        _numbers(frame["period"]),
        score,
        hit,
        own_chance,
        stopping,
    )


def _numbers(column: pd.Series[str]) -> Whole:
    return np.asarray(pd.factorize(column.astype(str), sort=True)[0], dtype=np.int64)


def volumes(
    of: Records,
    raised: Flags,
    measured: Flags,
    discussed: Mapping[str, Flags],
    *,
    confidence: float,
    draws: int = 500,
    repeats: int = 100,
    seed: int = 1,
    scales: Sequence[float] = (1.0,),
) -> list[dict[str, Volume]]:
    """Estimate R, D and M of every code under every reading.

    Args:
        of: the frame.
        raised: records x codes, what read papers raise.
        measured: of these, what they measure.
        discussed: reading -> of those raised, what they discuss; what is measured is discussed.
        confidence: of the design's intervals.
        draws: of the model.
        repeats: repeated draws of the design.
        seed: of chance.
        scales: factors on the model's spreads; each gives an answer.

    Returns:
        For each scale, reading -> its estimates.
    """
    # Many small products: one thread is faster, and gives the same bytes on every machine of a kind.
    with threadpool_limits(1):
        exact = design_volumes(
            of, raised, measured, discussed, confidence=confidence, repeats=repeats, seed=seed
        )
        out = []
        for scale in scales:
            model = model_volumes(of, raised, measured, discussed, draws=draws, seed=seed, scale=scale)
            middle, error = next(iter(exact.values())).inside
            inside = np.random.default_rng(seed).normal(middle, error, draws)
            inside = np.maximum(inside, max(float(of.included.sum()), 1.0))
            out.append({r: Volume(exact[r], model[r], inside) for r in discussed})
        return out


def design_volumes(
    of: Records,
    raised: Flags,
    measured: Flags,
    discussed: Mapping[str, Flags],
    *,
    confidence: float,
    repeats: int,
    seed: int,
) -> dict[str, Totals]:
    """The estimates by the design, as :func:`volumes` describes them."""
    hit = np.zeros(raised.shape, dtype=bool) if of.hit is None else of.hit
    design = _design(of, hit)
    kinds = np.stack([raised, measured, *discussed.values()])[:, of.read]
    again = repeated(
        design, kinds, of.included[of.read], repeats=max(repeats, 2), rng=np.random.default_rng([seed, 7])
    )
    out = {}
    for number, reading in enumerate(discussed):
        chain = (0, 2 + number, 1)
        out[reading] = totals(design, kinds[list(chain)], again, chain, confidence=confidence)
    return out


def model_volumes(
    of: Records,
    raised: Flags,
    measured: Flags,
    discussed: Mapping[str, Flags],
    *,
    draws: int,
    seed: int,
    scale: float = 1.0,
) -> dict[str, Predicted]:
    """The estimates by the model, as :func:`volumes` describes them."""
    hit = np.zeros(raised.shape, dtype=bool) if of.hit is None else of.hit
    rng = np.random.default_rng(seed)
    # How many codes a record hits in all: papers that say much raise together what is raised.
    said = np.minimum(hit.sum(axis=1), 3).astype(np.int64)
    table, at = cells([*of.groups, said], of.score, of.period, hit, of.read)
    unread = raised_draws(
        table, _count(at, len(table.design), hit, raised), draws=draws, rng=rng, scale=scale
    )
    periods = int(of.period.max()) + 1
    by_raised = _count(of.period, periods, hit, raised)
    by_measured = _count(of.period, periods, hit, measured)
    out = {}
    for number, (reading, some) in enumerate(discussed.items()):
        chance = np.random.default_rng([seed, number])
        by_discussed = _count(of.period, periods, hit, some)
        later = unread
        if not (some == raised).all():
            later = passed_on(unread, by_raised, by_discussed, rng=chance, scale=scale)
        last = passed_on(later, by_discussed, by_measured, rng=chance, scale=scale)
        out[reading] = Predicted(
            *(
                read.sum(axis=0) + drawn.sum(axis=(2, 3))
                for read, drawn in ((raised, unread), (some, later), (measured, last))
            )
        )
    return out


def _design(of: Records, hit: Flags) -> Design:
    """The design of the records that were read, with what is known of the frame."""
    read = of.read
    columns = [*of.groups, of.period]
    if of.score is not None:
        columns.append(np.searchsorted(np.quantile(of.score, [1 / 3, 2 / 3]), of.score).astype(np.int64))
    known = tuple(np.bincount(c).astype(float) for c in columns)
    return Design(
        stratum=of.groups[0][read],
        frame=np.bincount(of.groups[0]),
        chance=of.chance[read],
        own_chance=of.own_chance,
        margins=np.stack([c[read] for c in columns], axis=1),
        known=known,
        hit=hit[read],
        hits=None if of.hit is None else hit.sum(axis=0).astype(float),
        stopping=of.stopping,
    )


def _count(at: Whole, size: int, hit: Flags, which: Flags) -> Floats:
    """Records by cell, own hit and code."""
    out = np.zeros((size, 2, which.shape[1]))
    i, j = np.nonzero(which)
    np.add.at(out, (at[i], hit[i, j].astype(int), j), 1)
    return out


@dataclass(frozen=True)
class Chances:
    """Probabilities of the three statements, by code."""

    under_measured: Floats
    hardly_measured: Floats
    rare: Floats


def chances(volume: Volume, at: Thresholds) -> Chances:
    """How probable each statement is of each code, by the model's draws."""
    per = 1000 / volume.inside[:, None]
    m, d, r = volume.model.measured, volume.model.discussed, volume.model.raised
    return Chances(
        ((m < at.ratio * d) & (d * per >= at.discussed)).mean(axis=0),
        (m * per < at.measured).mean(axis=0),
        (r * per < at.rare).mean(axis=0),
    )


def decided(probability: Floats, sure: float) -> NDArray[np.str_]:
    """``yes`` from ``sure`` up, ``no`` from 1 - ``sure`` down, else ``open``."""
    return np.select([probability >= sure, probability <= 1 - sure], ["yes", "no"], default="open")
