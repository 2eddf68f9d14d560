"""Totals of a frame estimated from the records drawn, by the design alone: no model of what papers say.

Every record drawn stands for as many of the frame as its chance of being drawn says (Horvitz & Thompson 1952, Journal
of the American Statistical Association 47, 663-685). The weights are then moved as little as it takes for what is known
of the whole frame to come out right: how many records each stratum, source, score band and period has, and how many the
query's own phrases for a code hit (raking: Deville, Särndal & Sautory 1993, JASA 88, 1013-1020). How far chance carries
the result is seen by drawing again and again from a population made of copies of the drawn records, by the same rule,
with its stopping, and weighting each time anew (Mashreghi, Haziza & Léger 2016, Statistics Surveys 10, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.weights import interval

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Rounds of raking: at most so many for the estimate, and for each of the repeated draws.
_ROUNDS, _ROUNDS_AGAIN = 200, 4
_NEAR = 1e-9


@dataclass(frozen=True)
class Stopping:
    """The rule by which further blocks were drawn.

    A stratum gets a first block. It gets another while an aim that it serves is missed; strata that serve an aim of the
    first tier come before those that serve later ones only.

    Attributes:
        block: records in a block.
        limit: records drawn in all, at most.
        counts: drawn records x aims, what each brings to each aim.
        wanted: aims, how much is wanted.
        serves: strata x aims, which strata are drawn from for which aim.
        tier: aims, 0 first.
    """

    block: int
    limit: int
    counts: Floats
    wanted: Floats
    serves: Flags
    tier: Whole


@dataclass(frozen=True)
class Design:
    """How the records were drawn, and what is known of the frame.

    Attributes:
        stratum: stratum number of each drawn record.
        frame: records of each stratum in the frame.
        chance: each drawn record's chance of having been drawn.
        own_chance: whether each record was drawn by its own chance (Poisson sampling) and not in blocks of a stratum.
        margins: drawn records x margins, group number of each record in each margin.
        known: for each margin, the frame's count of each group.
        hit: drawn records x codes, the query's own hit.
        hits: codes, the frame's count of hits; None where the hits are not known.
        stopping: the rule of further blocks; None where the number of blocks was fixed beforehand.
    """

    stratum: Whole
    frame: Whole
    chance: Floats
    own_chance: bool
    margins: Whole
    known: tuple[Floats, ...]
    hit: Flags
    hits: Floats | None
    stopping: Stopping | None = None


def raked(
    weight: Floats,
    margins: Whole,
    known: tuple[Floats, ...],
    hit: Flags,
    hits: Floats | None,
    *,
    rounds: int = _ROUNDS,
) -> Floats:
    """Move weights until they reproduce the known counts: of every margin, and of each code's own hits.

    Groups of which no record was drawn cannot be reproduced; the others of their margin are then held to their share of
    it, so that the margin's sum stands.

    Args:
        weight: drawn records, the weights to start from; 0 leaves a record out.
        margins: drawn records x margins, group numbers.
        known: for each margin, the frame's count of each group.
        hit: drawn records x codes.
        hits: codes, the frame's count of hits; None rakes the margins alone.
        rounds: at most so many; it ends when every count is met to 1 in 10^9.

    Returns:
        Drawn records x codes, positive where ``weight`` is.
    """
    codes = hit.shape[1] if hits is not None else 1
    w = np.repeat(weight[:, None], codes, axis=1)
    full = float(known[0].sum()) if known else float(weight.sum())
    boxes = []
    for m, counts in enumerate(known):
        # dense: a matrix product adds up every code's weights by group at once
        box = np.zeros((len(counts), len(weight)))
        box[margins[:, m], np.arange(len(weight))] = 1
        there = box @ (weight > 0) > 0
        share = float(counts[there].sum())
        boxes.append((margins[:, m], box, np.where(there, counts, 0.0) * (full / share if share else 0)))
    if hits is not None:
        mine = np.where(hit, 1.0, 0.0)
        sampled = ((weight > 0) @ mine > 0) & ((weight > 0) @ (1 - mine) > 0)
        goal = np.where(sampled, hits, 0.0)
    for _ in range(rounds):
        worst = 0.0
        for at, box, counts in boxes:
            now = box @ w
            factor = np.divide(counts[:, None], now, out=np.ones_like(now), where=now > 0)
            worst = max(worst, float(np.abs(factor - 1).max(initial=0.0, where=counts[:, None] > 0)))
            w *= factor[at]
        if hits is not None:
            inside = np.einsum("nj,nj->j", mine, w)
            outside = w.sum(axis=0) - inside
            up = np.divide(goal, inside, out=np.ones(codes), where=sampled & (goal > 0))
            down = np.divide(full - goal, outside, out=np.ones(codes), where=sampled & (full > goal))
            worst = max(
                worst, float(np.abs(up - 1).max(initial=0.0)), float(np.abs(down - 1).max(initial=0.0))
            )
            w *= np.where(hit, up, down)
        if worst < _NEAR:
            break
    return w


def drawn_again(design: Design, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw once more from a population of copies of the drawn records, by the same rule.

    Args:
        design: the design.
        rng: where chance comes from.

    Returns:
        For each drawn record: its weight in the new draw, and its number of copies in the population.
    """
    n = len(design.chance)
    if design.own_chance:
        inverse = 1 / design.chance
        copies = np.floor(inverse) + (rng.random(n) < inverse - np.floor(inverse))
        return rng.binomial(copies.astype(np.int64), design.chance) * inverse, copies
    members = [np.flatnonzero(design.stratum == h) for h in range(len(design.frame))]
    order, copies = [], np.zeros(n)
    for mine, size in zip(members, design.frame, strict=True):
        if not len(mine):
            order.append(np.empty(0, dtype=np.int64))
            continue
        times, over = divmod(int(size), len(mine))
        made = np.concatenate([np.repeat(mine, times), rng.permutation(mine)[:over]])
        np.add.at(copies, made, 1)
        order.append(rng.permutation(made))
    rule = design.stopping
    taken = [len(m) for m in members] if rule is None else blocks_taken(rule, order)
    weight = np.zeros(n)
    for row, many in zip(order, taken, strict=True):
        if many:
            np.add.at(weight, row[:many], len(row) / many)
    return weight, copies


def blocks_taken(rule: Stopping, order: list[Whole]) -> list[int]:
    """How many records of each stratum's order the rule takes."""
    size = np.array([len(row) for row in order])
    taken = np.minimum(rule.block, size)
    while True:
        have = sum(
            (rule.counts[row[:many]].sum(axis=0) for row, many in zip(order, taken, strict=True)),
            start=np.zeros(len(rule.wanted)),
        )
        short = have < rule.wanted
        serving = rule.serves & short[None, :] & (taken < size)[:, None]
        if not serving.any():
            break
        first = min(rule.tier[serving.any(axis=0)])
        chosen = (serving & (rule.tier == first)[None, :]).any(axis=1)
        grew = False
        for h in np.flatnonzero(chosen):
            more = int(min(rule.block, size[h] - taken[h]))
            if taken.sum() + more <= rule.limit:
                taken[h] += more
                grew = True
        if not grew:
            break
    return [int(t) for t in taken]


@dataclass(frozen=True)
class Totals:
    """Design-based estimates.

    Attributes:
        estimate: steps x codes (steps: raise, discuss, measure, or as many as were given).
        low: lower ends.
        high: upper ends.
        ratio: steps x codes, each step's total over that of the step before (missing for the first).
        ratio_low: lower ends.
        ratio_high: upper ends.
        inside: the total of papers that are in, its standard error beside it.
        all_codes: for each step but the first, that step's total over the one before, over all pairs of a paper and a
            code: ratio, lower and upper end.
    """

    estimate: Floats
    low: Floats
    high: Floats
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    inside: tuple[float, float]
    all_codes: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Repeated:
    """Totals, and how far each of the repeated draws missed those of the population it was drawn from.

    Attributes:
        estimate: kinds x codes.
        missed: repeats x kinds x codes.
        worth: kinds x codes, as many papers of equal weight as the records behind a total are worth.
        inside: the total of papers that are in, and its standard error.
    """

    estimate: Floats
    missed: Floats
    worth: Floats
    inside: tuple[float, float]


def repeated(
    design: Design, kinds: Flags, included: Flags, *, repeats: int, rng: np.random.Generator
) -> Repeated:
    """Estimate totals, and draw, weight and estimate again and again.

    Args:
        design: the design, of the drawn records whose outcome is known.
        kinds: kinds x drawn records x codes, which records count for which kind of total (raise it, discuss it, ...).
        included: drawn records that meet the criteria.
        repeats: how often to draw again, at least twice.
        rng: where chance comes from.
    """
    y = kinds.astype(float)
    weight = raked(1 / design.chance, design.margins, design.known, design.hit, design.hits)
    common = raked(1 / design.chance, design.margins, design.known, design.hit, None)[:, 0]
    missed = np.zeros((repeats, y.shape[0], y.shape[2]))
    inside = np.zeros(repeats)
    for b in range(repeats):
        fresh, copies = drawn_again(design, rng)
        known = tuple(
            np.bincount(design.margins[:, m], copies, len(c)).astype(float)
            for m, c in enumerate(design.known)
        )
        hits = copies @ design.hit if design.hits is not None else None
        moved = raked(fresh, design.margins, known, design.hit, hits, rounds=_ROUNDS_AGAIN)
        # About the population of copies and not about their own mean: what stopping favours is part of the error.
        missed[b] = np.einsum("snj,nj->sj", y, np.broadcast_to(moved - copies[:, None], y.shape[1:]))
        inside[b] = (moved.mean(axis=1) - copies) @ included
    estimate = np.einsum("snj,nj->sj", y, np.broadcast_to(weight, y.shape[1:]))
    squares = np.einsum("snj,nj->sj", y, np.broadcast_to(weight**2, y.shape[1:]))
    # Kish 1965, Survey Sampling, section 11.2C.
    worth = np.divide(estimate**2, squares, out=np.zeros_like(squares), where=squares > 0)
    return Repeated(estimate, missed, worth, (float(common @ included), float(np.sqrt((inside**2).mean()))))


def totals(design: Design, steps: Flags, of: Repeated, at: tuple[int, ...], *, confidence: float) -> Totals:
    """Put intervals to the totals of a chain of steps.

    They are of the part that was not drawn: a gamma interval with the variance seen in the repeated draws, the largest
    weight added above (Fay & Feuer 1997, Statistics in Medicine 16, 791-801). Where nothing was found the upper end is
    :func:`exact_limit`.

    Args:
        design: the design.
        steps: steps x drawn records x codes, each step within the one before.
        of: the repeated draws.
        at: where the steps stand among the kinds of ``of``.
        confidence: of the intervals.
    """
    chain = list(at)
    estimate, missed = of.estimate[chain], of.missed[:, chain]
    found = steps.sum(axis=1).astype(float)
    low, high = gamma_ends(
        estimate, found, (missed**2).mean(axis=0), float((1 / design.chance).max()), confidence
    )
    high = np.where(found == 0, exact_limit(float(design.chance.min()), confidence), high)
    for s in range(1, len(high)):
        high[s] = np.minimum(high[s], high[s - 1])
        low[s] = np.minimum(low[s], low[s - 1])
    ratio = np.full_like(estimate, np.nan)
    before = np.where(estimate[:-1] > 0, estimate[:-1], np.nan)
    ratio[1:] = np.clip(estimate[1:] / before, 0, 1)
    error = ((missed[:, 1:] - np.nan_to_num(ratio[1:]) * missed[:, :-1]) ** 2).mean(axis=0) / before**2
    # A ratio of 0 or 1 shows no variance; then the papers behind it count, by how unequal their weights are.
    effective = np.minimum(of.worth[chain[:-1]], _over(ratio[1:] * (1 - ratio[1:]), error))
    ends = interval(ratio[1:], effective, confidence=confidence)
    ratio_low, ratio_high = np.full_like(ratio, np.nan), np.full_like(ratio, np.nan)
    ratio_low[1:], ratio_high[1:] = ends[..., 0], ends[..., 1]
    whole = _whole(estimate.sum(axis=1), missed.sum(axis=2), found.sum(axis=1), confidence)
    return Totals(estimate, low, high, ratio, ratio_low, ratio_high, of.inside, whole)


def _over(top: Floats, error: Floats) -> Floats:
    """Effective number of papers; infinite where no variance is seen."""
    seen = np.isfinite(error) & (error > 0) & (top > 0)
    return np.divide(top, error, out=np.full_like(top, np.inf), where=seen)


def _whole(
    pairs: Floats, missed: Floats, found: Floats, confidence: float
) -> tuple[tuple[float, float, float], ...]:
    """Ratio of each step to the one before, over all pairs of a paper and a code."""
    out = []
    for s in range(1, len(pairs)):
        if pairs[s - 1] <= 0:
            out.append((float("nan"),) * 3)
            continue
        r = float(min(pairs[s] / pairs[s - 1], 1.0))
        error = float(((missed[:, s] - r * missed[:, s - 1]) ** 2).mean() / pairs[s - 1] ** 2)
        size = min(found[s - 1], r * (1 - r) / error) if error > 0 and 0 < r < 1 else found[s - 1]
        low, high = interval(r, size, confidence=confidence)
        out.append((r, float(low), float(high)))
    return tuple(out)


def gamma_ends(
    estimate: Floats, found: Floats, variance: Floats, largest: float, confidence: float
) -> tuple[Floats, Floats]:
    """Lower and upper ends of totals: gamma intervals of the part that was not drawn; see :func:`totals`.

    Args:
        estimate: the totals.
        found: how many records of each kind were drawn.
        variance: of the totals.
        largest: the largest weight of a record.
        confidence: of the intervals.
    """
    rest = np.maximum(estimate - found, 0)
    tail = (1 - confidence) / 2
    shape = np.divide(rest**2, variance, out=np.zeros_like(rest), where=variance > 0)
    low = np.where(shape > 0, special.gammaincinv(np.maximum(shape, 1e-9), tail) / np.maximum(shape, 1e-9), 0)
    typical = max(largest - 1, 0.0)
    more, spread = rest + typical, variance + typical**2
    shape = np.divide(more**2, spread, out=np.zeros_like(rest), where=spread > 0)
    top = special.gammaincinv(np.maximum(shape, 1e-9), 1 - tail) * more / np.maximum(shape, 1e-9)
    return found + np.minimum(low * rest, rest), found + np.maximum(np.where(shape > 0, top, 0), rest)


def exact_limit(chance: float, confidence: float) -> float:
    """The most papers that may be there where none was found.

    K papers, each drawn with a chance of at least f, are all missed with a chance of at most (1 - f)^K, in blocks of a
    stratum (hypergeometric) as by own chances. The limit is the largest K for which that is not below half of what the
    interval leaves out (Clopper & Pearson 1934, Biometrika 26, 404-413, with nothing found).

    Args:
        chance: the smallest chance f of being drawn.
        confidence: of the two-sided interval whose upper end this is.
    """
    if chance >= 1:
        return 0.0
    return float(np.floor(np.log((1 - confidence) / 2) / np.log1p(-chance)))
