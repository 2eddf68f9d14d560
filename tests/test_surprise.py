"""Tails, what a count could attain, Tarone's K and false discoveries, against other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests

from analysis.surprise import (
    adjusted_residual,
    discoveries,
    hypergeometric_tails,
    monte_carlo_error,
    monte_carlo_p,
    tarone_k,
)

probabilities = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=30)


def test_a_monte_carlo_probability_is_never_zero() -> None:
    """(b + 1) / (m + 1), Phipson & Smyth 2010: 0 of 999 is 0.001 and not 0."""
    assert monte_carlo_p([0, 49, 999], 999) == pytest.approx([0.001, 0.05, 1.0])
    assert monte_carlo_p(0, 0) == 1.0


def test_the_monte_carlo_error_is_that_of_repeated_runs() -> None:
    rng = np.random.default_rng(1)
    runs = monte_carlo_p(rng.binomial(2000, 0.04, size=4000), 2000)
    assert monte_carlo_error(0.04, 2000) == pytest.approx(runs.std(), rel=0.05)
    assert monte_carlo_error(0.04, 2000, time=4.0) == pytest.approx(2 * monte_carlo_error(0.04, 2000))
    assert monte_carlo_error(0.5, 0) == 0.5


def test_hypergeometric_tails_are_fishers() -> None:
    """The lady tasting tea (Fisher 1935, chapter 2): 3 or more of 4 right has p = 17/70."""
    lower, upper = hypergeometric_tails([3, 4, 0], 4, 4, 8)
    assert upper == pytest.approx([17 / 70, 1 / 70, 1.0])
    assert lower == pytest.approx([69 / 70, 1.0, 1 / 70])
    for n, r, c, papers in ((2, 9, 11, 40), (0, 7, 20, 60), (5, 5, 5, 5)):
        table = [[n, r - n], [c - n, papers - r - c + n]]
        low, high = hypergeometric_tails(n, r, c, papers)
        assert low == pytest.approx(stats.fisher_exact(table, alternative="less").pvalue)
        assert high == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)


def test_adjusted_residuals_are_those_of_statsmodels() -> None:
    n, r, c, papers = 12, 30, 25, 80
    table = np.array([[n, r - n], [c - n, papers - r - c + n]])
    ours = adjusted_residual(n, r, c, papers)
    assert ours == pytest.approx(Table(table, shift_zeros=False).standardized_resids[0, 0])
    assert ours**2 == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
    # Carried by nobody, or by everybody: nothing can deviate.
    assert np.isnan(adjusted_residual([0, 5], [0, 80], [9, 5], 80)).all()
    assert np.isnan(adjusted_residual(0, 0, 0, 0))


def test_tarones_k_by_hand() -> None:
    """0.01 is below 0.05/4 and 0.02 is not: among five cells two can attain 0.05/2, so K is 2."""
    assert tarone_k([0.001, 0.02, 0.3, 0.4, 0.5], 0.05) == 2
    assert tarone_k([0.001, 0.002, 0.003], 0.05) == 3
    assert tarone_k([0.04, 0.3], 0.05) == 1
    assert tarone_k([0.3, 0.4], 0.05) == 1
    assert tarone_k([], 0.05) == 0
    # Exactly level / K can still be attained, and so can what only the number of draws keeps from being smaller.
    assert tarone_k([0.025, 0.025], 0.05) == 2
    assert tarone_k([0.01] * 100, 0.05) == 6
    assert tarone_k([0.01] * 100, 0.05, floor=0.01) == 100


@given(probabilities, st.sampled_from([0.01, 0.05, 0.2]))
def test_tarones_k_is_the_smallest_that_will_do(least: list[float], level: float) -> None:
    k = tarone_k(least, level)
    assert sum(p <= level / k for p in least) <= k
    assert all(sum(p <= level / j for p in least) > j for j in range(1, k))


@given(probabilities, st.integers(0, 2**32))
def test_adjusted_probabilities_are_those_of_statsmodels(p: list[float], seed: int) -> None:
    """Over the testable cells alone; which they are does not depend on what they show."""
    share = np.random.default_rng(seed).random(len(p))
    least = np.array(p) * share
    done = discoveries(p, least, level=0.05)
    can = least <= 0.05 / max(done.k, 1)
    assert (done.testable == can).all()
    assert np.isnan(done.q[~can]).all() and not done.found[~can].any()
    if can.any():
        found, q, *_ = multipletests(np.array(p)[can], 0.05, method="fdr_bh")
        assert done.q[can] == pytest.approx(q)
        assert (done.found[can] == found).all()


def test_a_cell_that_cannot_be_surprising_costs_the_others_nothing() -> None:
    p, least = [0.02] + [1.0] * 9, [0.001] + [0.4] * 9
    assert discoveries(p, least).found.tolist() == [True] + [False] * 9
    assert not discoveries(p, [0.001] * 10).found.any()
    # Nor does one that must not be tested.
    assert discoveries(p, [0.001] + [np.nan] * 9).found[0]
    none = discoveries([], [])
    assert none.k == 0 and none.found.shape == none.close.shape == (0,)


def test_cells_that_other_draws_might_class_otherwise_are_marked() -> None:
    p = np.array([0.001, 0.024, 0.5, 0.9])
    error = monte_carlo_error(p, 1000)
    done = discoveries(p, [1e-4] * 4, level=0.05, error=error)
    # Two are found, so the largest that would be is 0.05 x 2 / 4 = 0.025.
    assert done.found.tolist() == [True, True, False, False]
    assert done.close.tolist() == [False, True, False, False]
    assert not discoveries(p, [1e-4] * 4, level=0.05).close.any()
    # The first would be found at 0.05 / 4; what one more would need counts too.
    done = discoveries([0.001, 0.028, 0.5, 0.9], [1e-4] * 4, level=0.05, error=[0.0004, 0.002, 0.02, 0.01])
    assert done.found.sum() == 1 and done.close.tolist() == [False, True, False, False]


def test_cells_near_what_makes_them_testable_are_marked_on_either_side() -> None:
    """K is 2, so that a cell is testable from 0.05 / 2 down."""
    least = np.array([0.001, 0.022, 0.028, 0.4, np.nan])
    done = discoveries([1.0] * 5, least, level=0.05, least_error=[1e-4, 2e-3, 2e-3, 2e-2, 1e-2])
    assert done.k == 2 and done.testable.tolist() == [True, True, False, False, False]
    assert done.close.tolist() == [False, True, True, False, False]
    # An attainable probability that is known without error is close to nothing, wherever it lies.
    assert not discoveries([1.0] * 2, [0.025, 0.001], level=0.05, least_error=[0.0, 0.0]).close.any()


def test_a_level_that_is_none_is_refused() -> None:
    for level in (0.0, 1.0, -0.1):
        with pytest.raises(ValueError, match="strictly between"):
            tarone_k([0.1], level)
