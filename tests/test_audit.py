"""The model panel: dimensions kept apart, developers counted once, and verdicts that ten models can bear."""

from __future__ import annotations

import importlib
import math
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import charts
from analysis.audit.panel import (
    attempt_curves,
    classification_sensitivity,
    correlations,
    leave_one_out,
    measure_sensitivity,
    most_complete,
    open_closed,
    panel,
    panel_power,
)
from analysis.smallsample import (
    correlation,
    correlation_interval,
    correlation_power,
    correlation_test,
    detectable,
    difference_test,
    fisher_interval,
    in_words,
    t_p,
    t_p_of_rounded,
    verdict,
    welch,
)
from workbench import open_survey
from workbench.answers.panel import audited
from workbench.publishing.latex_tables import latex_table
from workbench.store.tables import AUDIT

MEASURES = {"capability": "cap", "behavioural-safety": "asr", "governance": "index"}
KINDS = {"value": "float64", "n": "Int64"}


def cell(model: str, measure: str, value: float, **more: Any) -> dict[str, Any]:
    dimension = {v: k for k, v in MEASURES.items()}.get(measure, "behavioural-safety")
    base: dict[str, Any] = dict.fromkeys(AUDIT.header, "")
    base |= {
        "model": model,
        "developer": model.split("/")[0],
        "weights": "open" if model.endswith("o") else "closed",
        "measure": measure,
        "dimension": dimension,
        "value": value,
        "n": None,
        "unit": "percent",
        "higher_is": "worse" if measure == "asr" else "better",
        "belongs_to": "developer" if measure == "index" else "model",
        "kind": "primary",
        "source": "s",
    }
    return {**base, **more}


def audit(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([r[c] for r in rows], dtype=KINDS.get(c, "str")) for c in AUDIT.header})


def ten(r: float = 0.232) -> pd.DataFrame:
    """Ten models of ten developers whose capability and safety correlate by exactly ``r``."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=10)
    e = rng.normal(size=10)
    x -= x.mean()
    e -= e.mean()
    e -= x * (x @ e) / (x @ x)
    y = r * x / np.sqrt(x @ x) + math.sqrt(1 - r * r) * e / np.sqrt(e @ e)
    rows = []
    for i in range(10):
        name = f"d{i}/m{'o' if i % 2 else 'c'}"
        rows += [cell(name, "cap", 50 + 5 * x[i]), cell(name, "asr", 50 - 20 * y[i])]
        rows.append(cell(name, "index", 40 + i * i))
    return audit(rows)


def clustered() -> pd.DataFrame:
    """Four developers with three models each; the index belongs to the developer."""
    rng = np.random.default_rng(3)
    rows = []
    for d, index in zip("abcd", (10, 20, 30, 80), strict=True):
        for k in range(3):
            name = f"{d}/m{k}{'o' if d in 'ab' else 'c'}"
            rows += [
                cell(name, "cap", float(rng.normal(50, 5))),
                cell(name, "asr", float(rng.normal(30, 5))),
                cell(name, "index", index),
            ]
    return audit(rows)


# The seed survey says of its own ten models (arXiv 2606.30219): r = +0.232, p = 0.520, statistically indeterminate.


def test_the_p_reported_for_ten_models_lies_within_the_rounding_of_its_r() -> None:
    low, high = t_p_of_rounded(0.232, 10, decimals=3)
    assert (round(low, 3), round(high, 3)) == (0.518, 0.520)
    assert (low, high) == (t_p(0.2325, 10), t_p(0.2315, 10))


def test_ten_models_with_that_correlation_are_called_indeterminate() -> None:
    table = correlations(panel(ten(), MEASURES), resamples=999)
    row = (
        table[(table["second"] == "behavioural-safety") & (table["unit"] == "model")]
        .set_index("method")
        .loc["pearson"]
    )
    assert row["r"] == pytest.approx(0.232)
    assert 0.518 <= row["p_t"] <= 0.520
    # The permutation p comes from the values and need not be the t-test's; it says the same.
    assert row["p"] == pytest.approx(row["p_t"], abs=0.05)
    assert row["verdict"] == "indeterminate"
    assert "statistically indeterminate" in in_words(
        row["r"], 10, row["p"], row["low"], row["high"], what="models"
    )


def test_verdicts() -> None:
    assert verdict(0.9, 0.001, 0.5, 0.98) == "positive"
    assert verdict(-0.9, 0.001, -0.98, -0.5) == "negative"
    assert verdict(0.5, 0.04, -0.1, 0.8) == "disputed"
    assert verdict(0.02, 0.4, -0.05, 0.09) == "negligible"
    assert verdict(0.6, 0.06, 0.1, 0.9) == "indeterminate"
    assert verdict(math.nan, 0.5, 0, 0) == "not estimable"
    assert in_words(0.9, 12, 0.0001, 0.5, 0.98) == (
        "r = +0.900 over 12 units has p < 0.001 and an interval from +0.50 to +0.98: a positive association"
    )


# Small-sample statistics against references.


@given(st.integers(4, 5), st.integers(0, 999), st.sampled_from(["pearson", "spearman"]))
@settings(max_examples=20)
def test_exact_permutation_p_is_that_of_all_orders(n: int, seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=n), rng.integers(0, 4, size=n).astype(float)
    if np.ptp(y) == 0:
        return
    reference = stats.pearsonr if method == "pearson" else stats.spearmanr
    r = reference(x, y)[0]
    assert correlation(x, y, method) == pytest.approx(r)
    every = [abs(reference(x, np.array(order))[0]) for order in permutations(y)]
    found = correlation_test(x, y, method=method)
    assert found.exact
    assert found.orders == math.factorial(n)
    assert found.p == pytest.approx(np.mean(np.array(every) >= abs(r) - 1e-9))


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_by_group_every_exchange_of_the_groups_values_is_tried(method: str) -> None:
    rng = np.random.default_rng(8)
    groups = np.array([0, 0, 0, 1, 1, 2, 3])
    x, held = rng.normal(size=7), np.array([1.0, 5.0, 2.0, 2.0])
    reference = stats.pearsonr if method == "pearson" else stats.spearmanr
    r = abs(reference(x, held[groups])[0])
    every = [abs(reference(x, np.array(order)[groups])[0]) for order in permutations(held)]
    found = correlation_test(x, held[groups], method=method, groups=groups)
    assert found.exact
    assert found.p == pytest.approx(np.mean(np.array(every) >= r - 1e-9))
    with pytest.raises(ValueError, match="varies within one"):
        correlation_test(x, x, groups=groups)


def test_drawn_orders_come_with_their_error_and_never_give_zero() -> None:
    x = np.arange(30.0)
    found = correlation_test(x, x, draws=499)
    assert found.p == pytest.approx(1 / 500)
    assert not found.exact
    wide = correlation_test(x, np.random.default_rng(0).normal(size=30), draws=999)
    assert wide.error == pytest.approx(math.sqrt(wide.p * (1 - wide.p) / 999))


def test_intervals_agree_with_scipy() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=25)
    y = 0.6 * x + rng.normal(size=25)
    r = stats.pearsonr(x, y)
    assert fisher_interval(r.statistic, 25) == pytest.approx(tuple(r.confidence_interval(0.95)))
    assert t_p(r.statistic, 25) == pytest.approx(r.pvalue)
    for kind, name in (("bca", "BCa"), ("percentile", "percentile")):
        theirs = stats.bootstrap(
            (x, y), lambda a, b, axis: stats.pearsonr(a, b, axis=axis)[0], paired=True, method=name, rng=1
        ).confidence_interval
        ours = correlation_interval(x, y, kind=kind, draws=9_999)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_a_group_is_resampled_whole() -> None:
    groups = np.repeat(np.arange(8), 20)
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=8)[groups], rng.normal(size=8)[groups]
    one_each = correlation_interval(x[::20], y[::20], kind="percentile")
    whole = correlation_interval(x, y, groups=groups, kind="percentile")
    naive = correlation_interval(x, y, kind="percentile")
    assert (whole.low, whole.high) == pytest.approx((one_each.low, one_each.high))
    assert naive.high - naive.low < 0.4 * (whole.high - whole.low)


def test_power_is_that_of_the_published_routine() -> None:
    # R, pwr 1.3: pwr.r.test(r = 0.3, sig.level = 0.05, power = 0.80) gives n = 84.07364: 84 fall short, 85 do not.
    assert correlation_power(0.3, 84) < 0.8 < correlation_power(0.3, 85)
    assert correlation_power(0.0, 50) == pytest.approx(0.05, abs=1e-3)
    assert correlation_power(detectable(10), 10) == pytest.approx(0.8)
    assert math.isnan(detectable(3))


def test_difference_by_all_assignments_and_welch_by_scipy() -> None:
    values = np.array([1.0, 4.0, 2.0, 8.0, 9.0, 7.0])
    first = np.array([True, True, True, False, False, False])
    found = difference_test(values, first)
    assert (found.p, found.orders, found.exact) == (pytest.approx(2 / 20), 20, True)
    theirs = stats.ttest_ind(values[first], values[~first], equal_var=False).confidence_interval()
    assert welch(values, first)[1:] == pytest.approx((theirs.low, theirs.high))
    assert "empty" in difference_test(values, np.ones(6, dtype=bool)).note


def test_what_cannot_be_estimated_says_why() -> None:
    assert "2 units" in correlation_test([1, 2], [3, 4]).note
    assert "does not vary" in correlation_test([1, 2, 3], [3, 3, 3]).note
    assert "independent units" in correlation_interval([1, 2, 3], [3, 5, 4]).note
    assert "groups" in correlation_test([1, 2, 3], [4, 4, 5], groups=[0, 0, 1]).note
    assert "no group has two" in correlation_test([1, 2, 3], [4, 4, 5], within=[0, 1, 2]).note
    with pytest.raises(ValueError, match="missing"):
        correlation([1, math.nan, 3], [1, 2, 3])


def test_under_the_null_the_test_by_developer_holds_its_level_and_the_naive_one_does_not() -> None:
    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(6), (6, 4, 3, 2, 2, 1))
    honest = naive = 0
    for _ in range(200):
        own = rng.normal(size=6)[groups]
        x = own + 0.5 * rng.normal(size=len(groups))
        y = rng.normal(size=6)[groups]
        honest += correlation_test(x, y, groups=groups).p <= 0.05
        naive += t_p(correlation(x, y), len(x)) <= 0.05
    assert honest <= 20  # 5% of 200, and three standard errors
    assert naive >= 40


# The panel.


def test_holes_are_kept_directions_aligned_and_unlike_values_never_averaged() -> None:
    rows = [
        cell("a/mo", "cap", 60),
        cell("a/mo", "asr", 10),
        cell("b/mc", "cap", 70, protocol="p1"),
        cell("b/mc", "cap", 80, protocol="p2"),
        cell("b/mc", "index", 30),
        cell("c/mc", "asr", 90, kind="secondary"),
    ]
    table = panel(audit(rows), MEASURES).set_index("model")
    assert list(table.index) == ["a/mo", "b/mc"]
    assert table.loc["a/mo", "aligned behavioural-safety"] == -10
    assert table.loc["a/mo", "missing"] == ("governance",)
    assert math.isnan(table.loc["b/mc", "capability"])
    assert "2 values under other protocols" in table.loc["b/mc", "note"]
    assert not table["complete"].any()
    assert "c/mc" in set(panel(audit(rows), MEASURES, kind="any")["model"])
    with pytest.raises(ValueError, match="did you mean 'cap'"):
        panel(audit(rows), {**MEASURES, "capability": "cat"})
    with pytest.raises(ValueError, match="is of behavioural-safety"):
        panel(audit(rows), {"capability": "asr"})


def test_the_developers_score_is_exchanged_and_counted_by_developer() -> None:
    models = panel(clustered(), MEASURES)
    table = correlations(models, resamples=499)
    by_unit = table[(table["second"] == "governance") & (table["method"] == "pearson")]
    over_models = by_unit[by_unit["unit"] == "model"]
    assert set(over_models["n"]) == {12}
    assert set(over_models["independent"]) == {4}
    assert set(over_models["exchanged"]) == {"developers"}
    assert set(over_models["orders"]) == {math.factorial(4)}
    assert "within developer" not in set(by_unit["unit"])
    assert set(table.loc[table["second"] == "behavioural-safety", "unit"]) == {
        "model",
        "developer",
        "within developer",
    }


def test_a_pair_is_told_of_the_models_with_both_too() -> None:
    """A third dimension that few have decides who is looked at; without it the same two dimensions say otherwise."""
    rows = []
    for i in range(8):
        name = f"d{i}/mo"
        rows += [cell(name, "cap", 10.0 * i), cell(name, "asr", 100 - 10 * i if i < 4 else 50 + 5 * i)]
        if i >= 4:
            rows.append(cell(name, "index", 20.0 + i * i))
    models = panel(audit(rows), MEASURES)

    def over_models(cases: str) -> pd.DataFrame:
        found = correlations(models, cases=cases, resamples=199)
        assert set(found["cases"]) == {cases}
        over = found[(found["unit"] == "model") & (found["method"] == "pearson")]
        return over.set_index("second")

    whole, both = over_models("complete"), over_models("pairwise")
    assert whole.loc["behavioural-safety", ["n", "r"]].tolist() == [4, pytest.approx(-1.0)]
    x = np.arange(8.0)
    y = -np.array([100, 90, 80, 70, 70, 75, 80, 85.0])  # turned, so that more is better
    assert both.loc["behavioural-safety", ["n", "r"]].tolist() == [8, pytest.approx(np.corrcoef(x, y)[0, 1])]
    # Where the third is one of the two nothing changes.
    columns = ["n", "r", "p"]
    first = whole[whole["first"] == "capability"].loc["governance", columns]
    assert first.tolist() == both[both["first"] == "capability"].loc["governance", columns].tolist()
    with pytest.raises(ValueError, match="cases"):
        correlations(models, cases="all")


def test_one_developer_can_make_a_correlation() -> None:
    rows = []
    for i, d in enumerate("abcdefg"):
        far = d == "g"
        for k in range(2):
            name = f"{d}/m{k}c"
            rows += [
                cell(name, "cap", 10.0 if far else 70 + (i * 7 + k * 3) % 5),
                cell(name, "asr", 30 + (i * 3 + k) % 7),
                cell(name, "index", 95 if far else 30 + (i * 5) % 6),
            ]
    out = leave_one_out(panel(audit(rows), MEASURES))
    out = out[(out["second"] == "governance") & (out["first"] == "capability") & (out["method"] == "pearson")]
    worst = out[out["left_out"] == "developer"].iloc[0]
    assert (worst["who"], worst["models"], worst["n"]) == ("g", 2, 12)
    assert worst["r"] < -0.9
    assert abs(worst["r_without"]) < 0.6


def test_budgets_of_one_attack_make_a_curve_and_kinds_are_not_mixed() -> None:
    def attack(k: str, value: float, they: str, model: str = "a/mo", **more: Any) -> dict[str, Any]:
        return cell(model, "asr", value, attempts=k, attempts_are=they, **more)

    rows = [
        attack("1", 10, "adaptive", protocol="share of single attempts"),
        attack("10", 50, "adaptive", protocol="share of scenarios"),
        attack("100", 90, "independent"),
        attack("1", 1, "adaptive", model="b/mc"),
        attack("10", 30, "adaptive", model="b/mc"),
        attack("1", 5, "single", model="c/mc"),
        attack("30-90", 5, "budget", model="c/mc"),
        attack("10", 0, "adaptive", model="d/mc", kind="secondary"),
    ]
    table = attempt_curves(audit(rows))
    assert table["curve"].tolist() == [1, 1, 2, 2]
    second = table.iloc[1]
    assert second["bound"] == pytest.approx(1 - 0.9**10)
    assert second["worth"] == pytest.approx(math.log(0.5) / math.log(0.9))
    assert not second["above_bound"]
    # 1 - 0.99^10 is under 10%: 30% is not what ten independent attempts do.
    assert table["above_bound"].tolist() == [False, False, False, True]


@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=8), st.integers(2, 300))
@settings(max_examples=25)
def test_independent_attempts_on_targets_that_differ_never_pass_the_bound(
    chances: list[float], k: int
) -> None:
    p = np.array(chances)
    rows = [
        cell("a/mo", "asr", 100 * float(p.mean()), attempts="1", attempts_are="independent"),
        cell(
            "a/mo", "asr", 100 * float(np.mean(1 - (1 - p) ** k)), attempts=str(k), attempts_are="independent"
        ),
    ]
    assert not attempt_curves(audit(rows))["above_bound"].any()


def test_the_open_closed_difference_is_the_sum_of_its_parts() -> None:
    models = panel(clustered(), MEASURES)
    table = open_closed(models, draws=199).set_index("dimension")
    dims = list(MEASURES)
    assert table.loc[dims, "difference"].sum() == pytest.approx(table.loc["all together", "difference"])
    assert table.loc["governance", ["developers_open", "developers_closed"]].tolist() == [2, 2]
    # Two against two developers: six assignments, the two extreme ones as large.
    assert table.loc["governance", "p_developers"] == pytest.approx(2 / 6)
    signs = set(np.sign(table.loc[dims, "difference"]))
    shares = table.loc[dims, "share"]
    assert shares.sum() == pytest.approx(1) if len(signs) == 1 else shares.isna().all()


def test_every_model_is_classed_otherwise_once_and_borderline_ones_both_ways() -> None:
    rows = clustered()
    unsure = rows["model"] == "b/m0o"
    rows.loc[unsure, "weights"] = "borderline"
    models = panel(rows, MEASURES)
    table = classification_sensitivity(models)
    mine = table[table["dimension"] == "capability"]
    assert mine["changed"].value_counts().to_dict() == {
        "model": 12,
        "developer": 4,
        "borderline": 2,
        "as classed": 1,
    }
    base = mine.iloc[0]["difference"]
    assert base == pytest.approx(open_closed(models).set_index("dimension").loc["capability", "difference"])
    to_open = mine[(mine["changed"] == "borderline") & (mine["to"] == "open")].iloc[0]["difference"]
    again = open_closed(models, borderline="open").set_index("dimension").loc["capability", "difference"]
    assert to_open == pytest.approx(again)
    without = open_closed(models, borderline="leave-out").set_index("dimension").loc["capability"]
    assert (without["open"], without["closed"]) == (5, 6)


def test_the_choice_of_measure_is_varied_and_the_most_complete_one_found() -> None:
    rows = ten()
    extra = audit([cell(f"d{i}/mo", "second", float(i)) for i in range(1, 10, 2)])
    both = pd.concat([rows, extra], ignore_index=True)
    found = measure_sensitivity(both, {"capability": ["cap"], "behavioural-safety": ["asr", "second"]})
    assert found["n"].tolist() == [10, 5]
    three = {"capability": ["cap"], "behavioural-safety": ["asr", "second"], "governance": ["index"]}
    fewer = both[(both["measure"] != "index") | (both["model"] != "d1/mo")]
    pairwise = measure_sensitivity(fewer, three)
    complete = measure_sensitivity(fewer, three, cases="complete")
    assert pairwise["n"].tolist() == [10, 5, 9, 9, 4]
    assert complete["n"].tolist() == [9, 4, 9, 9, 4]
    assert most_complete(both) == MEASURES
    assert most_complete(both.iloc[:0]) == {}


def test_power_counts_models_and_developers() -> None:
    table = panel_power(panel(clustered(), MEASURES))
    sizes = table.groupby("unit")["n"].first()
    assert sizes.to_dict() == {"developer": 4, "model": 12}
    assert table.loc[table["unit"] == "developer", "detectable"].iloc[0] > 0.95


# Nothing, and nearly nothing.


@pytest.mark.filterwarnings("error")
def test_without_a_panel_everything_is_empty_and_the_figures_say_so() -> None:
    nothing = audit([])
    models = panel(nothing, MEASURES)
    table = correlations(models)
    assert set(table["verdict"]) == {"not estimable"}
    assert all(note.startswith("not estimable") for note in table["note"])
    left = leave_one_out(models)
    assert len(left) == 6  # three pairs, two methods
    assert set(left["note"]) == {"not estimable: 0 units, 3 needed"}
    assert attempt_curves(nothing).empty
    assert all("not estimable" in n for n in open_closed(models)["note"])
    turned = classification_sensitivity(models)
    assert turned["dimension"].tolist() == [*MEASURES, "all together"]
    assert set(turned["note"]) == {"not estimable: 0 complete models, 3 needed"}
    assert set(panel_power(models)["note"]) == {"not estimable: 0 units, 4 needed"}
    for chart in (
        charts.audit_panel_plot(models),
        charts.audit_correlations_plot(table),
        charts.attempt_budgets_plot(attempt_curves(nothing)),
    ):
        assert "Nothing to draw" in vl_convert.vegalite_to_svg(chart.to_json())


@pytest.mark.filterwarnings("error")
def test_two_models_and_dimensions_that_do_not_vary_are_explained() -> None:
    rows = [cell(f"{d}/mo", m, 5.0) for d in "ab" for m in MEASURES.values()]
    few = correlations(panel(audit(rows), MEASURES))
    assert set(few["note"]) == {"not estimable: 2 units, 3 needed"}
    flat = panel(
        audit(
            [cell(f"{d}/m{'o' if d in 'ab' else 'c'}", m, 5.0) for d in "abcde" for m in MEASURES.values()]
        ),
        MEASURES,
    )
    assert set(correlations(flat)["note"]) == {"not estimable: the first does not vary"}
    assert set(open_closed(flat)["note"]) == {"not estimable: nothing varies"}
    assert set(classification_sensitivity(flat)["note"]) == {"not estimable: nothing varies"}
    assert set(leave_one_out(flat)["note"]) == {"not estimable: the first does not vary"}
    one_side = panel(
        audit([cell(f"{d}/mo", m, i) for i, d in enumerate("abcde") for m in MEASURES.values()]), MEASURES
    )
    assert set(open_closed(one_side)["note"]) == {"not estimable: all models are on one side"}
    assert set(classification_sensitivity(one_side)["note"]) == {"not estimable: all models are on one side"}
    # A survey whose panel has no measure at all has no dimension either, and that is said.
    none = leave_one_out(panel(audit([]), {}))
    assert none["note"].tolist() == ["not estimable: 0 dimensions in the panel, 2 needed"]


def test_results_do_not_depend_on_the_order_of_the_rows() -> None:
    rows = clustered()
    shuffled = rows.sample(frac=1, random_state=1).reset_index(drop=True)
    for call in (
        lambda a: correlations(panel(a, MEASURES), resamples=199),
        lambda a: leave_one_out(panel(a, MEASURES)),
        lambda a: open_closed(panel(a, MEASURES), draws=99),
        attempt_curves,
    ):
        pd.testing.assert_frame_equal(call(rows), call(shuffled))


# Figures.


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figures_show_every_value_and_every_hole(width: Any) -> None:
    rows = clustered()
    rows = rows.drop(index=rows.index[(rows["model"] == "a/m0o") & (rows["measure"] == "asr")])
    models = panel(rows, MEASURES)
    chart = charts.audit_panel_plot(models, width=width)
    drawn = vl_convert.vegalite_to_svg(chart.to_json())
    for name in models["model"]:
        assert f">{name.split('/')[1]}<" in drawn
    assert drawn.count('aria-label="b/m') == 9  # three models in three dimensions
    assert drawn.count('aria-label="a/m0o') == 2
    assert "4 developers, not 11" in " ".join(drawn.split())
    forest = vl_convert.vegalite_to_svg(
        charts.audit_correlations_plot(correlations(models), width=width).to_json()
    )
    assert forest.count(">p = ") == 14


def test_the_answer_of_the_survey_and_of_one_without_a_panel(survey: Path) -> None:
    answer = audited(open_survey(survey))
    assert set(answer.tables) >= {
        "audit-panel",
        "audit-correlations",
        "audit-leave-one-out",
        "audit-attempts",
        "audit-open-closed",
        "audit-power",
    }
    assert all(f.description.startswith("Nothing to draw") for f in answer.figures)
    for made in answer.figures:
        made.draw("single")
    names = [n.name for n in answer.numbers]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The answer of a survey whose panel has a model without a governance score and two measures of capability."""
    rows = clustered()
    rng = np.random.default_rng(9)
    other = [
        cell(m, "cap2", float(rng.normal(50, 5)), dimension="capability") for m in sorted(set(rows["model"]))
    ]
    more = [
        cell("e/m0c", "cap", 51.0),
        cell("e/m0c", "asr", 20.0),
        cell("e/m0c", "cap2", 40.0, dimension="capability"),
    ]
    table = pd.concat([rows, audit([*other, *more])], ignore_index=True)

    class Held:
        audit = table

    with pytest.MonkeyPatch.context() as patch:
        # The package names the function like the module, so the module is asked for by its full name.
        module = importlib.import_module("workbench.answers.panel")
        patch.setattr(module, "MEASURES", MEASURES)
        patch.setattr(
            module,
            "OTHERS",
            {"capability": ("cap", "cap2"), "behavioural-safety": ("asr",), "governance": ("index",)},
        )
        return audited(Held())  # type: ignore[arg-type]


def test_figure_and_table_say_how_far_models_and_measures_decide(measured: Any) -> None:
    pairs = measured.tables["audit-correlations"]
    cases = pairs.groupby(["first", "second"])["cases"].agg(lambda c: tuple(dict.fromkeys(c)))
    assert cases["capability", "behavioural-safety"] == ("complete", "pairwise")
    assert cases["capability", "governance"] == ("complete",)  # no model more has the two
    over = pairs[(pairs["unit"] == "model") & (pairs["second"] == "behavioural-safety")].set_index(
        ["cases", "method"]
    )
    assert over.loc[("complete", "pearson"), "n"] == 12
    assert over.loc[("pairwise", "pearson"), "n"] == 13
    choices = measured.tables["audit-measures"]
    told = []
    for cases, called in (("complete", "12 models with all"), ("pairwise", "13 models with both")):
        ends = choices.loc[
            (choices["second"] == "behavioural-safety") & (choices["cases"] == cases), "pearson"
        ]
        r = over.loc[(cases, "pearson"), "r"]
        words = f"{r:+.2f} over the {called} ({ends.min():+.2f} to {ends.max():+.2f} by 2 choices of measure)"
        told.append(words)
    forest = next(f for f in measured.figures if f.stem == "audit-correlations")
    drawn = " ".join(vl_convert.vegalite_to_svg(forest.draw("double").to_json()).split())
    table = next(p for p in measured.printed if p.stem == "audit-correlations")
    for said in (forest.description, table.note):
        assert " and ".join(told) in said.replace("\N{MINUS SIGN}", "-")
        assert f"{int(pairs['r'].notna().sum())} correlations are tested" in said
    assert "by 2 choices of measure" in drawn
    # What LaTeX prints has no sign that it does not know; what is drawn has none that a line may break at.
    assert "\N{MINUS SIGN}" not in latex_table(table, "stamp")
    assert "\N{MINUS SIGN}0." in drawn
    assert "86.6%" in table.note
    numbers = {n.name: n.value for n in measured.numbers}
    assert numbers["AuditCapabilitySafetyPearsonModelsBothN"] == 13
    row = over.loc[("pairwise", "pearson")]
    assert numbers["AuditCapabilitySafetyPearsonModelsBothLow"] == row["low"]
    assert numbers["AuditCapabilitySafetyMeasures"] == 2
    assert numbers["AuditCapabilitySafetyMeasuresMostBoth"] == ends.max()
