"""A model that predicts, for the records nobody read, which codes they raise, discuss and measure.

Three questions one after the other, each answered for all codes together: does a record raise the code, does one that
raises it discuss it, does one that discusses it measure it. Each is a logistic regression of every code, with a level
of its own, an effect of the query's own hit on it, and an effect of every group of records (stratum, source, period,
score). What the codes have in common is learnt from them and each code is drawn towards it as far as its own papers
do not speak (Gelman & Hill 2007, Data Analysis Using Regression and Multilevel/Hierarchical Models, chapters 12-14).
The unread records are then drawn from the model, many times; what was read counts as it was read.

Least data: none; a code of which nothing is known is predicted from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

#: Rounds of learning what codes have in common, at most; it ends when nothing moves by more than ``_STILL``.
_ROUNDS, _STILL = 40, 0.01
#: How many codes' worth of data the first guess of a spread counts for.
_GUESS_WEIGHT = 6.0
#: How far a common effect may stand from none, in logits (one standard deviation).
_COMMON = 1.5
#: Degrees of freedom of the t distribution that levels of discussing and measuring come from. Few codes are measured
#: hardly ever; a normal distribution, learnt from all the others, would draw them towards these
#: (docs/simulations/measurement.md).
_TAIL = 3.0
#: First guesses of how far codes differ in it, and periods from code to code, in logits. Few papers speak of either, so
#: they count: a wide first draws few codes towards the others, a wide second lets intervals hold what time does.
_LEVEL, _PERIOD = 1.8, 0.8


@dataclass(frozen=True)
class Cells:
    """Records that the model cannot tell apart, counted.

    Attributes:
        design: cells x effects, the groups (and the score) of each cell.
        block: for each effect, the number of the block it shares its spread with.
        read: cells x 2 x codes, records read; the second axis is the query's own hit on the code (no, yes).
        unread: the same of records not read.
        rest: cell -> group in which later questions are asked (period).
    """

    design: Floats
    block: Whole
    read: Floats
    unread: Floats
    rest: Whole


def cells(
    groups: list[Whole], score: Floats | None, rest: Whole, hit: NDArray[np.bool_], read: NDArray[np.bool_]
) -> tuple[Cells, Whole]:
    """Count records by what the model knows of them.

    Args:
        groups: columns of group numbers, one number a record (0, 1, ...).
        score: a number a record in logits, or None.
        rest: period number of each record.
        hit: records x codes, the query's own hit.
        read: which records were read.

    Returns:
        The cells, and the cell of every record.
    """
    columns = [*groups, rest]
    if score is not None:
        edges = np.quantile(score, [0.2, 0.4, 0.6, 0.8])
        band = np.searchsorted(edges, score)
        columns.append(band)
    table = np.stack(columns, axis=1)
    kinds, at = np.unique(table, axis=0, return_inverse=True)
    at = at.reshape(-1)
    parts, block = [], []
    for number, column in enumerate([*groups, rest]):
        size = int(column.max()) + 1 if len(column) else 0
        if size < 2:
            continue
        parts.append(np.eye(size)[kinds[:, number]])
        block += [2 + number] * size
    if score is not None:
        mean = np.bincount(at, score, len(kinds)) / np.maximum(np.bincount(at, minlength=len(kinds)), 1)
        parts.append(((mean - score.mean()) / max(float(score.std()), 1e-9))[:, None])
        block.append(2 + len(columns))
    design = np.concatenate(parts, axis=1) if parts else np.zeros((len(kinds), 0))
    counts = []
    for which in (read, ~read):
        inside = np.zeros((len(kinds), 2, hit.shape[1]))
        np.add.at(inside[:, 1], at[which], hit[which])
        inside[:, 0] = np.bincount(at[which], minlength=len(kinds))[:, None] - inside[:, 1]
        counts.append(inside)
    return Cells(design, np.array(block, dtype=np.int64), counts[0], counts[1], kinds[:, len(groups)]), at


@dataclass(frozen=True)
class Fitted:
    """A logistic regression of every code.

    Attributes:
        draws: draws x codes x (level, hit, effects).
        spread: standard deviation over codes of each effect, as learnt.
    """

    draws: NDArray[np.float32]
    spread: Floats


def fitted(
    design: Floats,
    block: Whole,
    trials: Floats,
    found: Floats,
    *,
    guess: dict[int, float],
    draws: int,
    rng: np.random.Generator,
    scale: float = 1.0,
    tail: float = np.inf,
) -> Fitted:
    """Fit the regression of all codes together and draw from what is known of it then.

    The common effects and spreads maximise their marginal likelihood (expectation-maximisation about Laplace's
    approximation, Gelman & Hill 2007, 18.5); each code's effects are drawn from the approximation and reweighted to
    the exact posterior (sampling importance resampling: Rubin 1988, Bayesian Statistics 3, 395-402).

    Args:
        design: cells x effects.
        block: block of each effect; effects of a block share their spread. Blocks 0 and 1 are level and hit.
        trials: cells x 2 x codes.
        found: of these, cells x 2 x codes.
        guess: block -> first guess of its spread; ``-1`` for blocks not named.
        draws: how many.
        rng: where chance comes from.
        scale: factor on every spread, to see what hangs on it.
        tail: degrees of freedom of the t distribution that the codes' own levels come from; infinite is the normal.
    """
    codes = trials.shape[2]
    used = np.flatnonzero(trials.sum(axis=(1, 2)) > 0)
    x, n, y = design[used], trials[used], found[used]
    everywhere = np.concatenate([[0, 1], block]).astype(np.int64)
    first = np.array([guess.get(int(b), guess[-1]) for b in everywhere])
    size = len(first)
    # Both halves of a cell, without and with the hit: rows of one design.
    whole = np.concatenate(
        [np.concatenate([np.ones((len(x), 1)), np.full((len(x), 1), float(h)), x], axis=1) for h in (0, 1)]
    )
    n2 = np.concatenate([n[:, 0], n[:, 1]])
    y2 = np.concatenate([y[:, 0], y[:, 1]])
    upper = np.triu_indices(size)
    products = whole[:, upper[0]] * whole[:, upper[1]]
    common = np.zeros(size)
    total = max(float(n2.sum()), 1.0)
    common[0] = np.log((y2.sum() + 0.5) / (total - y2.sum() + 0.5))
    spread = first.copy()
    theta = np.tile(common[:, None], codes)
    covariance = np.zeros((codes, size, size))
    tie = np.where(everywhere < 2, 10.0, _COMMON) ** 2
    for _ in range(_ROUNDS):
        before = np.concatenate([common, spread])
        own = _own_spread(theta, common, spread, everywhere, tail)
        theta, covariance = _step(whole, products, upper, n2, y2, theta, common, own)
        variance = np.diagonal(covariance, axis1=1, axis2=2).T
        # The common effects, themselves held near none.
        weight = 1 / own**2
        held = np.where(everywhere < 2, 0.0, 1 / tie)
        common = (weight * theta).sum(axis=1) / (weight.sum(axis=1) + held)
        squares = ((theta - common[:, None]) ** 2 + variance) * (spread[:, None] / own) ** 2
        for b in np.unique(everywhere):
            mine = everywhere == b
            many = mine.sum() * codes
            spread[mine] = np.sqrt(
                (squares[mine].sum() + _GUESS_WEIGHT * first[mine][0] ** 2) / (many + _GUESS_WEIGHT)
            )
        if np.abs(np.concatenate([common, spread]) - before).max() < _STILL:
            break
    wide = spread * scale
    for _ in range(5):
        own = _own_spread(theta, common, wide, everywhere, tail)
        theta, covariance = _step(whole, products, upper, n2, y2, theta, common, own)
    freedom = np.where(everywhere == 0, tail, np.inf)
    return Fitted(_drawn(whole, n2, y2, theta, covariance, common, wide, freedom, draws, rng), spread)


def _own_spread(theta: Floats, common: Floats, spread: Floats, block: Whole, tail: float) -> Floats:
    """Spread of every effect of every code: of a level far from the others' it is larger, as a t distribution has it.

    The t is a mixture of normals; the weight of a code is its expectation given where the code stands (Lange, Little &
    Taylor 1989, Journal of the American Statistical Association 84:881, section 3).
    """
    own = np.tile(spread[:, None], theta.shape[1])
    if np.isfinite(tail):
        levels = block == 0
        far = ((theta[levels] - common[levels, None]) / spread[levels, None]) ** 2
        own[levels] *= np.sqrt((tail + far) / (tail + 1))
    return own


def _step(
    whole: Floats,
    products: Floats,
    upper: tuple[NDArray[np.intp], NDArray[np.intp]],
    n: Floats,
    y: Floats,
    theta: Floats,
    common: Floats,
    spread: Floats,
) -> tuple[Floats, Floats]:
    """Newton's next step of every code, and the inverse of its curvature."""
    size, codes = theta.shape
    p = 1 / (1 + np.exp(-np.clip(whole @ theta, -30, 30)))
    slope = whole.T @ (y - n * p) - (theta - common[:, None]) / spread**2
    bent = np.zeros((codes, size, size))
    flat = (n * p * (1 - p)).T @ products
    bent[:, upper[0], upper[1]] = flat
    bent[:, upper[1], upper[0]] = flat
    bent += np.eye(size) * (1 / spread.T**2)[:, None, :]
    covariance = np.asarray(np.linalg.inv(bent), dtype=np.float64)
    move = np.einsum("jab,bj->aj", covariance, slope)
    return np.asarray(theta + np.clip(move, -2, 2), dtype=float), covariance


def _drawn(
    whole: Floats,
    n: Floats,
    y: Floats,
    theta: Floats,
    covariance: Floats,
    common: Floats,
    spread: Floats,
    freedom: Floats,
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    size, codes = theta.shape
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(size))
    noise = rng.standard_normal((codes, size, draws))
    # A little wider than Laplace's approximation, which is too narrow where few papers speak.
    wider = 1.15
    offered = theta.T[:, :, None] + wider * (root @ noise)
    flat = offered.transpose(1, 0, 2).reshape(size, -1).astype(np.float32)
    eta = (whole.astype(np.float32) @ flat).reshape(len(whole), codes, draws)
    likelihood = np.einsum("cj,cjs->js", y.astype(np.float32), eta)
    likelihood -= np.einsum("cj,cjs->js", n.astype(np.float32), np.logaddexp(np.float32(0), eta))
    far = ((offered - common[:, None]) / spread[:, None]) ** 2
    heavy = np.isfinite(freedom)
    prior = -0.5 * far[:, ~heavy].sum(axis=1)
    for k in np.flatnonzero(heavy):
        prior -= 0.5 * (freedom[k] + 1) * np.log1p(far[:, k] / freedom[k])
    proposal = -0.5 * (noise**2).sum(axis=1)
    log_weight = likelihood.astype(float) + prior - proposal
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    # No draw speaks for more than the square root of their number would (Ionides 2008, JCGS 17, 295-311).
    weight = np.minimum(weight, weight.mean(axis=1, keepdims=True) * np.sqrt(draws))
    weight /= weight.sum(axis=1, keepdims=True)
    out = np.empty((draws, codes, size), dtype=np.float32)
    for j in range(codes):
        steps = (np.arange(draws) + rng.random()) / draws
        chosen = np.minimum(np.searchsorted(np.cumsum(weight[j]), steps), draws - 1)
        out[:, j] = offered[j, :, rng.permutation(chosen)]
    return out


@dataclass(frozen=True)
class Predicted:
    """Papers of the whole frame, read and predicted: draws x codes of each.

    Attributes:
        raised: papers that raise the code.
        discussed: of these, papers that discuss it.
        measured: of these, papers that measure it.
    """

    raised: Whole
    discussed: Whole
    measured: Whole


def raised_draws(
    of: Cells, found: Floats, *, draws: int, rng: np.random.Generator, scale: float = 1.0
) -> Whole:
    """Draw how many unread records raise each code, by period and own hit.

    Args:
        of: the cells.
        found: cells x 2 x codes, read records that raise the code.
        draws: how many.
        rng: where chance comes from.
        scale: factor on the spreads.

    Returns:
        draws x codes x periods x 2.
    """
    guess = {0: 1.5, 1: 1.5, -1: 0.7}
    model = fitted(of.design, of.block, of.read, found, guess=guess, draws=draws, rng=rng, scale=scale)
    codes = found.shape[2]
    flat = model.draws.transpose(2, 1, 0).reshape(model.draws.shape[2], -1)
    base = (of.design.astype(np.float32) @ flat[2:] + flat[0]).reshape(len(of.design), codes, draws)
    raise_by = flat[1].reshape(codes, draws)
    periods = int(of.rest.max()) + 1
    out = np.zeros((draws, codes, periods, 2), dtype=np.int64)
    for h in (0, 1):
        p = 1 / (1 + np.exp(-(base + h * raise_by)))
        for r in range(periods):
            there = of.rest == r
            many = of.unread[there, h].astype(np.float32)
            mean = np.einsum("cj,cjs->js", many, p[there]).astype(float)
            square = np.einsum("cj,cjs->js", many, p[there] ** 2).astype(float)
            out[:, :, r, h] = _sum_of_chances(mean, square, many.sum(axis=0), rng).T
    return out


def _sum_of_chances(mean: Floats, square: Floats, limit: Floats, rng: np.random.Generator) -> Whole:
    """Draw the number of events among many of unequal chance, by the binomial of the same mean and variance."""
    p = np.clip(np.divide(square, mean, out=np.zeros_like(mean), where=mean > 0), 1e-9, 1.0)
    n = np.maximum(np.rint(mean / p), 0).astype(np.int64)
    share = np.clip(np.divide(mean, n, out=np.zeros_like(mean), where=n > 0), 0, 1)
    return np.asarray(np.minimum(rng.binomial(n, share), limit[:, None].astype(np.int64)), dtype=np.int64)


def passed_on(
    unread: Whole, trials: Floats, found: Floats, *, rng: np.random.Generator, scale: float = 1.0
) -> Whole:
    """Draw how many of the predicted papers go one step further (discuss, or measure).

    Args:
        unread: draws x codes x periods x 2, predicted papers that came so far.
        trials: periods x 2 x codes, read papers that came so far.
        found: of these, those that went further.
        rng: where chance comes from.
        scale: factor on the spreads.

    Returns:
        As ``unread``.
    """
    draws, _codes, periods, _ = unread.shape
    design = np.eye(periods) if periods > 1 else np.zeros((1, 0))
    block = np.full(design.shape[1], 2, dtype=np.int64)
    guess = {0: _LEVEL, 1: 0.5, -1: _PERIOD}
    model = fitted(
        design, block, trials, found, guess=guess, draws=draws, rng=rng, scale=scale, tail=_TAIL
    ).draws
    eta = model[:, :, 0, None, None] + model[:, :, 1, None, None] * np.arange(2)[None, None, None, :]
    if periods > 1:
        eta = eta + model[:, :, 2:, None]
    p = np.clip(1 / (1 + np.exp(-eta.astype(float))), 0, 1)
    return np.asarray(rng.binomial(unread, p), dtype=np.int64)
