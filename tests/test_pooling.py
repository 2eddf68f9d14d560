"""Partially pooled rates: against the rat tumours of Gelman et al., against brute force, and where data run out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, stats

from analysis.pooling import (
    PRIORS,
    hyperposterior,
    pooled_rates,
    population,
    posterior_draws,
    rank_draws,
    ranking,
)

Floats = NDArray[np.float64]

# Tumours in 71 groups of rats (Tarone 1982), Table 5.1 of Gelman, Carlin, Stern, Dunson, Vehtari & Rubin 2013, Bayesian
# Data Analysis, 3rd ed.; the numbers as in demos_ch5/demo5_1.py of github.com/avehtari/BDA_py_demos.
TUMOURS = np.array(
    [0] * 14 + [1] * 8 + [2] * 9
    + [1, 5, 2, 5, 3, 2, 7, 7, 3, 3, 2, 9, 10] + [4] * 7 + [10, 4, 4, 4, 5, 11, 12, 5, 5, 6, 5, 6, 6, 6, 6, 16, 15, 15]
    + [9, 4]
)  # fmt: skip
RATS = np.array(
    [20] * 7 + [19] * 4 + [18, 18, 17] + [20] * 4 + [19, 19, 18, 18, 25, 24, 23] + [20] * 6
    + [10, 49, 19, 46, 27, 17, 49, 47, 20, 20, 13, 48, 50] + [20] * 7
    + [48, 19, 19, 19, 22, 46, 49, 20, 20, 23, 19, 22, 20, 20, 20, 52, 46, 47, 24, 14]
)  # fmt: skip


def test_rat_tumours_as_published() -> None:
    # Gelman et al. 2013, section 5.3: E(alpha | y) = 2.4 and E(beta | y) = 14.3; the mode of (log(alpha / beta),
    # log(alpha + beta)) is roughly (-1.75, 2.8). PyMC's example notebook redoes it and finds the mode at (-1.79, 2.74).
    assert len(TUMOURS) == len(RATS) == 71
    hyper = hyperposterior(TUMOURS, RATS, prior="bda3")
    assert hyper.weight @ (hyper.mu * hyper.kappa) == pytest.approx(2.4, abs=0.05)
    assert hyper.weight @ ((1 - hyper.mu) * hyper.kappa) == pytest.approx(14.3, abs=0.05)
    row, column = np.unravel_index(hyper.grid.argmax(), hyper.grid.shape)
    assert hyper.logit_mu[row] == pytest.approx(-1.79, abs=0.03)
    assert hyper.log_kappa[column] == pytest.approx(2.74, abs=0.06)
    # Figure 5.4: the rates are pulled to the mean, those of 0 of 20 up to about 0.06, and 4 of 14 (0.286) down.
    rates = pooled_rates(TUMOURS, RATS, hyper)
    assert rates["mean"][0] == pytest.approx(0.063, abs=0.002)
    assert rates["mean"][70] == pytest.approx(0.21, abs=0.005)
    assert rates["low"][70] < 4 / 14 < rates["high"][70]


def test_a_long_chain_of_draws_agrees_for_the_71st_group() -> None:
    # Against simulation as in Gelman et al. 2013, section 5.3, steps 1 to 3 of the draw: quantiles of 4 of 14.
    hyper = hyperposterior(TUMOURS, RATS, prior="bda3")
    draws = posterior_draws(TUMOURS[[70]], RATS[[70]], hyper, draws=200_000)
    exact = pooled_rates(TUMOURS[[70]], RATS[[70]], hyper)
    low, high = np.quantile(draws[:, 0], [0.025, 0.975])
    assert exact["low"][0] == pytest.approx(low, abs=0.002)
    assert exact["high"][0] == pytest.approx(high, abs=0.003)


def brute(
    successes: list[int], trials: list[int], prior: str
) -> tuple[float, float, float, float, Floats, Floats, tuple[Floats, Floats]]:
    """Posterior mean of mu, of 1 / (1 + kappa), of theta_1, P(theta_1 < mu), cdf of theta_1, nodes and their masses.

    Gauss's rule over mu and r = 1 / (1 + kappa), in which the default prior is uniform: not the module's axes.
    """
    scale = float(np.median(trials))

    def density(mu: float, r: float) -> float:
        kappa = 1 / r - 1
        a, b = mu * kappa, (1 - mu) * kappa
        likelihood = math.prod(
            math.exp(
                math.lgamma(a + x) - math.lgamma(a) + math.lgamma(b + n - x) - math.lgamma(b)
                - math.lgamma(kappa + n) + math.lgamma(kappa)
            )
            for x, n in zip(successes, trials, strict=True)
        )  # fmt: skip
        # dr = dkappa / (1 + kappa)^2
        of_kappa = {
            "uniform": 1.0,
            "shrinkage": scale / (scale + kappa) ** 2 * (1 + kappa) ** 2,
        }[prior]
        return float(likelihood * of_kappa)

    nodes, weights = np.polynomial.legendre.leggauss(160)
    mus, rs = (nodes + 1) / 2, (nodes + 1) / 2
    table = np.array([[density(m, r) for r in rs] for m in mus]) * np.outer(weights, weights)
    table /= table.sum()
    kappa = 1 / rs - 1
    a = mus[:, None] * kappa + successes[0]
    b = (1 - mus[:, None]) * kappa + trials[0] - successes[0]
    below = stats.beta.cdf(mus[:, None], a, b)
    points = np.array([0.05, 0.2, 0.5, 0.8])
    cdf = np.array([(table * stats.beta.cdf(p, a, b)).sum() for p in points])
    return (
        float((table.sum(axis=1) * mus).sum()),
        float((table.sum(axis=0) * rs).sum()),
        float((table * a / (a + b)).sum()),
        float((table * below).sum()),
        cdf,
        mus,
        (table.sum(axis=1), table.sum(axis=0)),
    )


@pytest.mark.parametrize("prior", ["uniform", "shrinkage"])
def test_tiny_cases_equal_brute_force_integration(prior: str) -> None:
    x, n = [1, 3, 0], [4, 5, 2]
    hyper = hyperposterior(x, n, prior=prior)
    mu, correlation, theta, below, cdf, nodes, masses = brute(x, n, prior)
    rates = pooled_rates(x, n, hyper)
    tolerance = 5e-4
    assert hyper.weight @ hyper.mu == pytest.approx(mu, abs=tolerance)
    assert hyper.weight @ (1 / (1 + hyper.kappa)) == pytest.approx(correlation, abs=tolerance)
    assert rates["mean"][0] == pytest.approx(theta, abs=tolerance)
    assert rates["p_below"][0] == pytest.approx(below, abs=tolerance)
    # The ends of the population's intervals leave a fortieth of the brute-force mass outside (its nodes are coarse).
    ends = population(hyper).set_index("parameter")[["low", "high"]]
    for k, row in enumerate(("mean", "correlation")):
        low, high = ends.loc[row].to_numpy(dtype=float)
        outside = (masses[k][nodes < low].sum(), masses[k][nodes > high].sum())
        assert outside == pytest.approx((0.025, 0.025), abs=0.006)
    a, b = hyper.mu * hyper.kappa + x[0], (1 - hyper.mu) * hyper.kappa + n[0] - x[0]
    for point, there in zip((0.05, 0.2, 0.5, 0.8), cdf, strict=True):
        assert hyper.weight @ stats.beta.cdf(point, a, b) == pytest.approx(there, abs=tolerance)


def test_one_mode_equals_adaptive_quadrature() -> None:
    # One group: theta itself, with mu and r = 1 / (1 + kappa) integrated out by another routine than Gauss's.
    def over_mu(r: float) -> float:
        kappa = 1 / r - 1
        inner = integrate.quad(
            lambda mu: stats.betabinom.pmf(2, 5, mu * kappa, (1 - mu) * kappa) * mu, 0, 1, limit=200
        )
        return float(inner[0])

    def plain(r: float) -> float:
        kappa = 1 / r - 1
        inner = integrate.quad(
            lambda mu: stats.betabinom.pmf(2, 5, mu * kappa, (1 - mu) * kappa), 0, 1, limit=200
        )
        return float(inner[0])

    top = integrate.quad(over_mu, 1e-6, 1 - 1e-6)[0]
    whole = integrate.quad(plain, 1e-6, 1 - 1e-6)[0]
    hyper = hyperposterior([2], [5])
    assert hyper.weight @ hyper.mu == pytest.approx(top / whole, abs=5e-4)
    table = population(hyper).set_index("parameter")
    assert table.loc["mean", "note"] == "one mode: the spread between modes is the prior's"


def test_without_any_paper_the_prior_is_left_and_said() -> None:
    for x, n in (([], []), ([0], [0])):
        table = population(hyperposterior(x, n)).set_index("parameter")
        assert set(table["note"]) == {"prior only: no mode has a paper"}
        # Uniform in mu and in 1 / (1 + kappa).
        for row in ("mean", "correlation"):
            assert table.loc[row, "median"] == pytest.approx(0.5, abs=1e-3)
            assert table.loc[row, "low"] == pytest.approx(0.025, abs=1e-3)
            assert table.loc[row, "high"] == pytest.approx(0.975, abs=1e-3)
    assert pooled_rates([], [], hyperposterior([], [])).empty
    assert ranking(np.empty((10, 0))).empty


def test_all_measured_and_none_measured_mirror_each_other() -> None:
    n = [3, 4, 9]
    none, every = hyperposterior([0, 0, 0], n), hyperposterior(n, n)
    zero, one = pooled_rates([0, 0, 0], n, none), pooled_rates(n, n, every)
    assert zero["mean"].to_numpy() == pytest.approx(1 - one["mean"].to_numpy(), abs=1e-9)
    assert zero["high"].to_numpy() == pytest.approx(1 - one["low"].to_numpy(), abs=1e-6)
    assert zero["p_below"].to_numpy() == pytest.approx(1 - one["p_below"].to_numpy(), abs=1e-9)
    assert (zero["low"] >= 0).all() and (one["high"] <= 1).all()
    assert zero["mean"].is_monotonic_decreasing  # more papers, more certain


def test_groups_without_papers_change_nothing() -> None:
    with_, without = hyperposterior([1, 0, 3], [4, 0, 5]), hyperposterior([1, 3], [4, 5])
    assert np.array_equal(with_.weight, without.weight)
    assert with_.groups == 2


def test_an_improper_prior_needs_a_group_with_both_outcomes() -> None:
    with pytest.raises(ValueError, match="needs a group with both"):
        hyperposterior([0, 0, 4], [3, 5, 4], prior="bda3")
    with pytest.raises(ValueError, match="did you mean 'uniform'"):
        hyperposterior([1], [2], prior="unifrom")
    with pytest.raises(ValueError, match="between 0 and the number"):
        hyperposterior([3], [2])
    with pytest.raises(ValueError, match="whole numbers"):
        hyperposterior([0.5], [2])
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        population(hyperposterior([1], [2]), confidence=1)


def test_priors_differ_where_data_are_few_and_agree_where_they_are_many() -> None:
    generator = np.random.default_rng(3)
    few = ([0, 2, 1], [2, 3, 4])
    n = generator.integers(30, 80, 60)
    many = (generator.binomial(n, generator.beta(2, 3, 60)), n)
    spread = []
    for x, trials in (few, many):
        of = [population(hyperposterior(x, trials, prior=p)).set_index("parameter") for p in PRIORS]
        middle = [float(t.loc["correlation":"correlation", "median"].iloc[0]) for t in of]
        spread.append(max(middle) - min(middle))
    assert spread[0] > 0.1
    assert spread[1] < 0.01


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8),
    st.sampled_from(["uniform", "shrinkage"]),
)
def test_every_interval_holds_what_it_claims(groups: list[tuple[int, int]], prior: str) -> None:
    x, n = [min(g) for g in groups], [max(g) for g in groups]
    hyper = hyperposterior(x, n, prior=prior)
    assert hyper.weight.sum() == pytest.approx(1)
    rates = pooled_rates(x, n, hyper)
    assert rates.notna().all().all()
    for k in range(len(x)):
        a, b = hyper.mu * hyper.kappa + x[k], (1 - hyper.mu) * hyper.kappa + n[k] - x[k]
        for end, level in (("low", 0.025), ("high", 0.975)):
            at = rates[end][k]
            if 0 < at < 1:
                assert hyper.weight @ stats.beta.cdf(at, a, b) == pytest.approx(level, abs=1e-6)
        assert rates["low"][k] <= rates["mean"][k] <= rates["high"][k]
        assert 0 <= rates["p_below"][k] <= 1
    # Of groups of one size, the one that measures more is estimated higher and lies below the mean less likely.
    table = rates.assign(x=x, n=n).sort_values(["n", "x"])
    same = (table["n"].diff() == 0) & (table["x"].diff() > 0)
    assert (table["mean"].diff()[same] > 0).all()
    assert (table["p_below"].diff()[same] < 0).all()


def test_ranks_are_a_permutation_and_seeded() -> None:
    x, n = [1, 10, 19, 0], [20, 20, 20, 1]
    hyper = hyperposterior(x, n)
    one, two = (posterior_draws(x, n, hyper, draws=500) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, posterior_draws(x, n, hyper, draws=500, seed=1))
    ranks = rank_draws(one)
    assert (np.sort(ranks, axis=1) == [1, 2, 3, 4]).all()
    table = ranking(one, least=1)
    assert table["p_least"].sum() == pytest.approx(1)
    assert table["median"].tolist()[1:3] == [3, 4]
    # One paper says little: its interval of ranks is the widest.
    width = (table["high"] - table["low"]).tolist()
    assert width[3] == max(width)
    with pytest.raises(ValueError, match="least=0"):
        ranking(one, least=0)


def test_pooled_intervals_cover_on_average_over_the_prior() -> None:
    # Drawn from the prior, 95% intervals hold the truth in 95 of 100 (Cook, Gelman & Rubin 2006, Journal of
    # Computational and Graphical Statistics 15, 675-692). The prior with n0 = 20 puts few rates at 0 and 1, which
    # numbers cannot tell apart. Fixed mu and kappa: benchmarks/simulate_undermeasurement.py.
    generator = np.random.default_rng(11)
    n = np.full(10, 20)
    hits: list[bool] = []
    below: list[float] = []
    truly: list[bool] = []
    for _ in range(80):
        mu, share = generator.uniform(size=2)
        kappa = 20 * share / (1 - share)
        theta = generator.beta(mu * kappa, (1 - mu) * kappa, 10)
        x = generator.binomial(n, theta)
        rates = pooled_rates(x, n, hyperposterior(x, n, prior="shrinkage", points=31))
        hits += list((rates["low"] <= theta) & (theta <= rates["high"]))
        below += list(rates["p_below"])
        truly += list(theta < mu)
    assert 0.93 <= np.mean(hits) <= 0.97
    # P(below) is calibrated: of the modes said to lie below with a probability near p, about a share of p does.
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        some = [t for p, t in zip(below, truly, strict=True) if low <= p <= high]
        said = [p for p in below if low <= p <= high]
        assert np.mean(some) == pytest.approx(float(np.mean(said)), abs=0.08)
