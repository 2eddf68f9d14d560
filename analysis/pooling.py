"""Partially pooled rates: what many small groups say together about each of them.

The model is beta-binomial. Of ``trials`` papers that discuss mode i, ``successes`` measure it with probability
theta_i, and the theta_i of all modes come from one Beta(mu * kappa, (1 - mu) * kappa): mu is the mean over modes, kappa
says how alike the modes are (as many papers as the population is worth to one mode). Both are unknown, and their
uncertainty enters every statement, because they are integrated out on a grid (Gelman, Carlin, Stern, Dunson, Vehtari &
Rubin 2013, Bayesian Data Analysis, 3rd ed., sections 5.3 and 3.7; no simulation, no tuning). The model takes papers as
independent and modes as exchangeable: a paper that discusses two modes counts in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.selection import one_of

Floats = NDArray[np.float64]

#: Default prior: mu uniform, and the intraclass correlation 1 / (1 + kappa) uniform. Both proper, so that the posterior
#: is proper whatever the data; it says nothing about how many papers a mode has.
PRIOR = "uniform"


def _uniform(log_kappa: Floats, scale: float) -> Floats:
    """Uniform 1 / (1 + kappa) on (0, 1): the same whatever the number of trials."""
    return np.asarray(special.log_expit(log_kappa) + special.log_expit(-log_kappa), dtype=float)


def _shrinkage(log_kappa: Floats, scale: float) -> Floats:
    """Uniform kappa / (kappa + n0) on (0, 1), n0 the median number of trials: the share of shrinkage is uniform."""
    shifted = log_kappa - np.log(scale)
    return np.asarray(special.log_expit(shifted) + special.log_expit(-shifted), dtype=float)


def _bda3(log_kappa: Floats, scale: float) -> Floats:
    """(alpha + beta)^(-5/2) in alpha and beta is kappa^(-3/2) in mu and kappa; improper."""
    return -0.5 * log_kappa


#: Priors of kappa (as log densities of log kappa); mu is uniform in all of them.
#: ``uniform``: 1/(1+kappa) ~ U(0, 1). ``shrinkage``: kappa/(kappa+n0) ~ U(0, 1) with n0 the median number of trials
#: (Daniels 1999, Canadian Journal of Statistics 27, 567-578, the uniform shrinkage prior). ``bda3``: (alpha +
#: beta)^(-5/2), Gelman et al. 2013, eq. 5.9; improper, and the posterior is proper only when a group has both successes
#: and failures.
PRIORS: dict[str, Callable[[Floats, float], Floats]] = {
    "uniform": _uniform,
    "shrinkage": _shrinkage,
    "bda3": _bda3,
}

#: The grid: points an axis, and how far it reaches on logit mu and log kappa before it is fitted to the posterior.
POINTS = 61
_REACH = ((-14.0, 14.0), (-14.0, 16.0))
#: Cells whose density lies this far (on the log scale) below the highest are left out: less than a millionth.
_NEGLIGIBLE = 23.0
#: Rates nearer than this to 0 or 1 are given as 0 or 1.
_TINY = 1e-12


@dataclass(frozen=True)
class Hyperposterior:
    """Posterior of the population of modes, as weighted points.

    Attributes:
        mu: mean of the population at each point.
        kappa: precision of the population at each point.
        weight: posterior weight of each point; they sum to 1.
        logit_mu: axis of the grid, logit of mu.
        log_kappa: axis of the grid, log of kappa.
        grid: weights on the grid, logit_mu x log_kappa.
        prior: name of the prior of kappa.
        groups: groups with at least one trial that went in.
    """

    mu: Floats
    kappa: Floats
    weight: Floats
    logit_mu: Floats
    log_kappa: Floats
    grid: Floats
    prior: str
    groups: int


def _checked(successes: ArrayLike, trials: ArrayLike) -> tuple[Floats, Floats]:
    x, n = np.broadcast_arrays(
        np.atleast_1d(np.asarray(successes, dtype=float)), np.atleast_1d(np.asarray(trials, dtype=float))
    )
    if x.ndim != 1:
        raise ValueError("successes and trials must be one number a group")
    if not (np.isfinite(x).all() and np.isfinite(n).all()) or np.any((x < 0) | (x > n)):
        raise ValueError("successes must lie between 0 and the number of trials")
    return x, n


def _log_posterior(
    x: Floats, n: Floats, times: Floats, logit_mu: Floats, log_kappa: Floats, prior: str, scale: float
) -> Floats:
    """Log density of (logit mu, log kappa) up to a constant, on the grid of the two axes."""
    kappa = np.exp(log_kappa)[None, :]
    a, b = special.expit(logit_mu)[:, None] * kappa, special.expit(-logit_mu)[:, None] * kappa
    # Jacobian of logit mu (mu is uniform); that of log kappa is in the prior.
    log_density = special.log_expit(logit_mu)[:, None] + special.log_expit(-logit_mu)[:, None]
    log_density = log_density + PRIORS[prior](log_kappa, scale)[None, :]
    for xi, ni, m in zip(x, n, times, strict=True):
        ratio = special.gammaln(a + xi) + special.gammaln(b + ni - xi) - special.gammaln(kappa + ni)
        log_density = log_density + m * ratio
    log_density -= times.sum() * (special.gammaln(a) + special.gammaln(b) - special.gammaln(kappa))
    return np.asarray(log_density, dtype=float)


def hyperposterior(
    successes: ArrayLike, trials: ArrayLike, *, prior: str = PRIOR, points: int = POINTS
) -> Hyperposterior:
    """Posterior of mean and precision of the population that the groups' rates come from.

    The density of (logit mu, log kappa) given the data (Gelman et al. 2013, eq. 5.8) is evaluated on a wide grid, which
    is then drawn in twice around the cells that matter. Groups without trials say nothing and are ignored; without any
    group the result is the prior.

    Args:
        successes: whole number of successes, one a group.
        trials: whole number of trials, one a group.
        prior: prior of kappa, a key of ``PRIORS``; mu is uniform on (0, 1).
        points: points of the grid an axis.

    Raises:
        ValueError: successes do not lie between 0 and trials, a number is not whole, the prior is unknown, or it is
            ``bda3`` and no group has both successes and failures (the posterior would not be proper).
    """
    one_of("prior", prior, PRIORS)
    x, n = _checked(successes, trials)
    if np.any(x != np.round(x)) or np.any(n != np.round(n)):
        raise ValueError("successes and trials must be whole numbers")
    x, n = x[n > 0], n[n > 0]
    if prior == "bda3" and not np.any((x > 0) & (x < n)):
        raise ValueError(
            "prior='bda3' is improper and needs a group with both successes and failures; use 'uniform'"
        )
    groups = len(x)
    scale = float(np.median(n)) if groups else 1.0
    # Groups with the same numbers contribute the same factor.
    pairs, times = np.unique(np.stack([x, n]), axis=1, return_counts=True)
    spans = list(_REACH)
    for _ in range(3):
        axes = [np.linspace(low, high, points) for low, high in spans]
        log_density = _log_posterior(pairs[0], pairs[1], times.astype(float), axes[0], axes[1], prior, scale)
        near = log_density > log_density.max() - _NEGLIGIBLE
        spans = []
        for axis, kept in zip(axes, (near.any(axis=1), near.any(axis=0)), strict=True):
            at = np.flatnonzero(kept)
            spans.append((axis[max(at[0] - 1, 0)], axis[min(at[-1] + 1, points - 1)]))
    grid = np.exp(log_density - log_density.max())
    grid /= grid.sum()
    # The lightest cells, a hundred-millionth together, only cost time.
    heavy = np.sort(grid, axis=None)[::-1]
    kept = grid >= heavy[np.searchsorted(np.cumsum(heavy), 1 - 1e-8)]
    rows, columns = np.nonzero(kept)
    weight = grid[kept]
    return Hyperposterior(
        mu=np.asarray(special.expit(axes[0])[rows], dtype=float),
        kappa=np.exp(axes[1])[columns],
        weight=weight / weight.sum(),
        logit_mu=axes[0],
        log_kappa=axes[1],
        grid=grid,
        prior=prior,
        groups=groups,
    )


def _marginal_quantiles(axis: Floats, weight: Floats, levels: Floats) -> Floats:
    """Quantiles of a density known at evenly spaced points: its logarithm is smooth and is interpolated by a spline."""
    from scipy.interpolate import CubicSpline

    there = weight > weight.max() * 1e-12
    first, last = np.flatnonzero(there)[[0, -1]]
    x, log_density = axis[first : last + 1], np.log(weight[first : last + 1])
    fine = np.linspace(x[0], x[-1], 20_001)
    density = np.exp(CubicSpline(x, log_density)(fine))
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.asarray(np.interp(levels, below / below[-1], fine), dtype=float)


def population(hyper: Hyperposterior, *, confidence: float = 0.95) -> pd.DataFrame:
    """What is known of the population of modes.

    Args:
        hyper: from :func:`hyperposterior`.
        confidence: share of the posterior inside an interval.

    Returns:
        Rows ``mean`` (mu: mean rate over modes), ``kappa`` (precision), ``correlation`` (1 / (1 + kappa): of two papers
        of one mode) and ``new mode`` (rate of a mode not yet seen, so with the spread between modes), each
        with ``mean`` (none for kappa, whose posterior has no finite one), ``median``, ``low``, ``high`` (equal-tailed),
        ``groups``, ``prior`` and ``note`` (``prior only`` without any paper; ``one mode`` where nothing but the prior
        speaks of the spread between modes).

    Raises:
        ValueError: ``confidence`` does not lie strictly between 0 and 1.
    """
    levels = _levels(confidence)
    mu = special.expit(_marginal_quantiles(hyper.logit_mu, hyper.grid.sum(axis=1), levels))
    log_kappa = _marginal_quantiles(hyper.log_kappa, hyper.grid.sum(axis=0), levels)
    correlation = special.expit(-log_kappa[::-1])
    new = _quantiles(np.zeros(1), np.zeros(1), hyper, levels)[0]
    rows = [
        ("mean", float(hyper.weight @ hyper.mu), mu),
        ("kappa", np.nan, np.exp(log_kappa)),
        ("correlation", float(hyper.weight @ (1 / (1 + hyper.kappa))), correlation),
        ("new mode", float(hyper.weight @ hyper.mu), new),
    ]
    # Equal rates are never ruled out, so the tail of kappa is that of its prior, whose mean is infinite.
    no_mean = "no finite mean: read the median"
    note = {0: "prior only: no mode has a paper", 1: "one mode: the spread between modes is the prior's"}.get(
        hyper.groups, ""
    )
    return pd.DataFrame(
        {
            "parameter": pd.Series([r[0] for r in rows], dtype="str"),
            "mean": [r[1] for r in rows],
            "median": [r[2][1] for r in rows],
            "low": [r[2][0] for r in rows],
            "high": [r[2][2] for r in rows],
            "groups": hyper.groups,
            "prior": pd.Series([hyper.prior] * len(rows), dtype="str"),
            "note": pd.Series([note or (no_mean if r[0] == "kappa" else "") for r in rows], dtype="str"),
        }
    )


def _levels(confidence: float) -> Floats:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    tail = (1 - confidence) / 2
    return np.array([tail, 0.5, 1 - tail])


def _quantiles(x: Floats, n: Floats, hyper: Hyperposterior, levels: Floats) -> Floats:
    """Quantiles of the mixture over the grid of Beta(mu kappa + x, (1 - mu) kappa + n - x): groups x levels.

    The distribution function is inverted on the logit scale by bisection into which Newton steps are taken while they
    stay inside the bracket.
    """
    a = hyper.mu * hyper.kappa + x[:, None]
    b = (1 - hyper.mu) * hyper.kappa + (n - x)[:, None]
    w = hyper.weight
    first = a / (a + b)
    mean = first @ w
    spread = np.maximum((first * (1 - first) / (a + b + 1) + first**2) @ w - mean**2, 1e-12)
    size = np.maximum(mean * (1 - mean) / spread - 1, 1e-3)
    start = special.betaincinv((mean * size)[:, None], ((1 - mean) * size)[:, None], levels[None, :])
    out = np.empty((len(x), len(levels)))
    for j, level in enumerate(levels):
        low, high = np.full(len(x), -60.0), np.full(len(x), 36.7)
        z = np.clip(special.logit(np.clip(start[:, j], 1e-25, 1 - 1e-15)), low, high)
        open_ = np.ones(len(x), dtype=bool)
        for _ in range(60):
            at = np.flatnonzero(open_)
            if not len(at):
                break
            theta = special.expit(z[at])[:, None]
            gap = special.betainc(a[at], b[at], theta) @ w - level
            low[at] = np.where(gap < 0, z[at], low[at])
            high[at] = np.where(gap >= 0, z[at], high[at])
            # Density on the logit scale: theta^a (1 - theta)^b / B(a, b).
            log_density = (
                a[at] * special.log_expit(z[at])[:, None]
                + b[at] * special.log_expit(-z[at])[:, None]
                - special.betaln(a[at], b[at])
            )
            slope = np.exp(log_density) @ w
            step = z[at] - np.divide(gap, slope, out=np.full(len(at), np.inf), where=slope > 1e-300)
            inside = (step > low[at]) & (step < high[at])
            new = np.where(inside, step, (low[at] + high[at]) / 2)
            open_[at] = (np.abs(gap) > 1e-9) & (high[at] - low[at] > 1e-9)
            z[at] = np.where(open_[at], new, z[at])
        out[:, j] = special.expit(z)
    # Beyond this the inversion is no longer exact, and nothing is lost.
    return np.where(out < _TINY, 0.0, np.where(out > 1 - _TINY, 1.0, out))


def pooled_rates(
    successes: ArrayLike, trials: ArrayLike, hyper: Hyperposterior, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Posterior of each group's rate under the pooled model.

    Given mu and kappa the posterior is Beta(mu kappa + successes, (1 - mu) kappa + trials - successes) (Gelman et al.
    2013, eq. 5.7); everything here is averaged over the posterior of mu and kappa.

    Args:
        successes: successes, one a group, as given to :func:`hyperposterior`.
        trials: trials, one a group.
        hyper: posterior of the population.
        confidence: share of the posterior inside the interval.

    Returns:
        One row a group: ``mean``, ``low``, ``high`` (equal-tailed), ``p_below`` (probability that the group's rate lies
        below the population mean mu) and ``shrunk`` (posterior mean of kappa / (kappa + trials): the population's share
        in the estimate). A group without trials has its row filled from the population alone.

    Raises:
        ValueError: successes do not lie between 0 and trials, or ``confidence`` is not strictly between 0 and 1.
    """
    x, n = _checked(successes, trials)
    levels = _levels(confidence)[[0, 2]]
    pairs, back = np.unique(np.stack([x, n]), axis=1, return_inverse=True)
    back = back.reshape(-1)
    u, m = pairs
    a = hyper.mu * hyper.kappa + u[:, None]
    b = (1 - hyper.mu) * hyper.kappa + (m - u)[:, None]
    ends = _quantiles(u, m, hyper, levels)
    table = pd.DataFrame(
        {
            "mean": (a / (a + b)) @ hyper.weight,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "p_below": special.betainc(a, b, hyper.mu[None, :]) @ hyper.weight,
            "shrunk": (hyper.kappa / (hyper.kappa + m[:, None])) @ hyper.weight,
        }
    )
    return table.iloc[back].reset_index(drop=True)


def posterior_draws(
    successes: ArrayLike, trials: ArrayLike, hyper: Hyperposterior, *, draws: int = 4000, seed: int = 20261124
) -> Floats:
    """Joint draws of all groups' rates: first mu and kappa, then every rate given them.

    Args:
        successes: successes, one a group.
        trials: trials, one a group.
        hyper: posterior of the population.
        draws: number of draws, at least 1.
        seed: seed of the generator.

    Returns:
        draws x groups.

    Raises:
        ValueError: successes do not lie between 0 and trials, or ``draws`` is below 1.
    """
    x, n = _checked(successes, trials)
    if draws < 1:
        raise ValueError(f"draws={draws} must be at least 1")
    generator = np.random.default_rng(seed)
    at = generator.choice(len(hyper.weight), size=draws, p=hyper.weight)
    mu, kappa = hyper.mu[at][:, None], hyper.kappa[at][:, None]
    return generator.beta(mu * kappa + x, (1 - mu) * kappa + n - x)


def rank_draws(draws: Floats) -> NDArray[np.int64]:
    """Rank of each group within each draw, 1 for the lowest rate; equal rates by their place."""
    order = np.argsort(draws, axis=1, kind="stable")
    ranks = np.empty(draws.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.arange(1, draws.shape[1] + 1)[None, :], axis=1)
    return ranks


def ranking(draws: Floats, *, least: int = 5, confidence: float = 0.95) -> pd.DataFrame:
    """How sure each group's place is: the posterior distribution of its rank (Gelman et al. 2013, section 5.4).

    Args:
        draws: draws x groups, from :func:`posterior_draws`.
        least: how many of the lowest ``p_least`` speaks of.
        confidence: share of the ranks inside the interval.

    Returns:
        One row a group: ``median``, ``low``, ``high`` (whole ranks, 1 = lowest rate; an interval of ranks holds at
        least ``confidence``) and ``p_least`` (probability of being among the ``least`` lowest).

    Raises:
        ValueError: ``least`` is below 1, or ``confidence`` is not strictly between 0 and 1.
    """
    if least < 1:
        raise ValueError(f"least={least} must be at least 1")
    tail, _, top = _levels(confidence)
    ranks = rank_draws(draws)
    if ranks.shape[1] == 0:
        whole = pd.Series([], dtype="Int64")
        return pd.DataFrame(
            {"median": whole, "low": whole, "high": whole, "p_least": pd.Series([], dtype=float)}
        )
    low, high = np.quantile(ranks, [tail, top], axis=0, method="inverted_cdf")
    middle = np.quantile(ranks, 0.5, axis=0, method="inverted_cdf")
    return pd.DataFrame(
        {
            "median": pd.array(middle.astype(np.int64), dtype="Int64"),
            "low": pd.array(low.astype(np.int64), dtype="Int64"),
            "high": pd.array(high.astype(np.int64), dtype="Int64"),
            "p_least": (ranks <= least).mean(axis=0),
        }
    )
