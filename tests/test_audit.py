"""The model panel: holes kept, attempts made curves, and every test by developer."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import charts
from analysis.audit.clustered import LEAST, _t, association, between_share, slope_p
from analysis.audit.panel import attempt_curves, correlations, most_complete, panel
from tests.test_charts import STAMP, readable
from workbench import open_survey
from workbench.answers.panel import panel as question
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


def many(developers: int = 9, each: int = 3, seed: int = 3, alike: float = 0.0) -> pd.DataFrame:
    """A panel of so many developers with so many models; the index belongs to the developer."""
    rng = np.random.default_rng(seed)
    rows = []
    for d in range(developers):
        own, index = rng.normal(size=2), float(rng.normal(40, 10))
        for k in range(each):
            x, y = alike * own + rng.normal(size=2)
            name = f"d{d:02}/m{k}{'o' if d % 2 else 'c'}"
            rows += [cell(name, "cap", 50 + 5 * x), cell(name, "asr", 30 - 5 * y), cell(name, "index", index)]
    return audit(rows)


# ---------------------------------------------------------------- developers, not models, are independent


def values(rng: np.random.Generator, sizes: tuple[int, ...], alike: float) -> tuple[np.ndarray, ...]:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.normal(size=(2, len(sizes)))[:, groups]
    x, y = math.sqrt(alike) * own + math.sqrt(1 - alike) * rng.normal(size=(2, len(groups)))
    return x, y, groups


def test_forty_four_models_of_twelve_developers_show_less_than_they_seem(pilot: Path) -> None:
    """r = .39 has p = .009 over models taken for independent, and p = .17 by developer."""
    looks = correlations(open_survey(pilot).audit)
    row = looks[
        (looks["first_measure"] == "HELM Capabilities MMLU-Pro")
        & (looks["second_measure"] == "HELM HarmBench safety score")
    ].iloc[0]
    assert (row["models"], row["developers"], round(row["r"], 2)) == (44, 12, 0.39)
    t = row["r"] * math.sqrt(42 / (1 - row["r"] ** 2))
    from scipy import stats

    assert 2 * stats.t.sf(t, 42) == pytest.approx(0.0092, abs=5e-5)
    assert row["p"] == pytest.approx(688 / 4096)
    assert row["low"] < 0 < row["high"]
    assert (round(row["between_first"], 2), round(row["between_second"], 2)) == (0.56, 0.88)
    assert (row["p_holm"], row["verdict"]) == (1.0, "not shown")
    assert len(looks) == 44 and int((looks["p"] <= 0.05).sum()) == 14
    assert int(looks["verdict"].isin(["goes together", "goes against"]).sum()) == 1


def test_t_is_that_of_statsmodels_with_clustered_errors() -> None:
    x, y, groups = values(np.random.default_rng(1), (9, 5, 5, 4, 3, 3, 2, 2, 1), 0.5)
    fit = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    once = np.ones((1, int(groups.max()) + 1))
    assert _t(x - x.mean(), y - y.mean(), groups, once)[0] == pytest.approx(fit.tvalues[1])


def test_p_is_that_of_the_bootstrap_done_the_long_way() -> None:
    x, y, groups = values(np.random.default_rng(2), (3, 4, 2, 5, 3, 2, 4), 0.5)
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()

    def t(made: np.ndarray) -> float:
        given = {"groups": groups, "use_correction": False}
        return abs(sm.OLS(made, sm.add_constant(x)).fit(cov_type="cluster", cov_kwds=given).tvalues[1])

    drawn = [t(y * np.array(signs)[groups]) for signs in product((-1.0, 1.0), repeat=7)]
    wanted = np.mean(np.array(drawn) >= t(y) - 1e-9)
    assert association(x, y, groups).p == pytest.approx(wanted)
    signs = np.array(list(product((-1.0, 1.0), repeat=7)))
    assert slope_p(x, y, groups, 0.0, signs) == pytest.approx(wanted)


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    x, y, groups = values(np.random.default_rng(5), (4,) * 10, 0.3)
    y = 0.8 * x + 0.6 * y
    found = association(x, y, groups)
    a, b = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    signs = np.array(list(product((-1.0, 1.0), repeat=10)))
    assert -1 <= found.low < found.r < found.high <= 1
    for end, way in ((found.low, -1), (found.high, 1)):
        if abs(end) < 1:
            assert slope_p(a, b, groups, end, signs) > 0.05 >= slope_p(a, b, groups, end + way * 0.01, signs)


def test_under_the_null_the_test_by_developer_holds_its_level_and_the_naive_one_does_not() -> None:
    """The small version of benchmarks/simulate_audit.py."""
    from scipy import stats

    rng, wrong, naive = np.random.default_rng(7), 0, 0
    sizes = (9, 5, 5, 4, 4, 3, 3, 3, 2, 2)
    for _ in range(120):
        x, y, groups = values(rng, sizes, 0.7)
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
        signs = rng.choice([-1.0, 1.0], size=(199, len(sizes)))
        wrong += slope_p(x, y, groups, 0.0, signs) <= 0.05
        naive += stats.pearsonr(x, y).pvalue <= 0.05
    assert wrong <= 0.12 * 120 < naive


def test_too_little_says_why_and_gives_no_number() -> None:
    few = association([1, 2, 3, 4], [1, 3, 2, 4], list("abcd"))
    assert few.r == pytest.approx(0.8) and math.isnan(few.p) and math.isnan(few.low)
    assert few.note == f"too few: 4 groups, {LEAST} needed for a test"
    assert association([1, 2], [1, 2], ["a", "b"]).note == "not estimable: 2 units, 3 needed"
    assert "does not vary" in association([1, 1, 1], [1, 2, 3], list("abc")).note
    assert association([], [], []).units == 0
    with pytest.raises(ValueError, match="one length"):
        association([1, 2], [1], ["a", "b"])
    with pytest.raises(ValueError, match="missing"):
        association([1, math.nan, 2], [1, 2, 3], list("abc"))


def test_the_share_between_developers_by_hand() -> None:
    # MSB = 2 (2 - 4)^2 + 2 (6 - 4)^2 = 16, MSW = (1 + 1 + 1 + 1) / 2 = 2, k = 2.
    assert between_share([1, 3, 5, 7], list("aabb")) == pytest.approx((16 - 2) / (16 + 2))
    assert between_share([1, 1, 5, 5], list("aabb")) == 1
    assert math.isnan(between_share([1, 2], list("ab")))


def test_every_pair_of_measures_is_a_look_and_all_looks_are_allowed_for() -> None:
    looks = correlations(many())
    assert looks[["first", "second"]].to_numpy().tolist() == [
        ["open weights", "capability"],
        ["open weights", "behavioural-safety"],
        ["open weights", "governance"],
        ["capability", "behavioural-safety"],
        ["capability", "governance"],
        ["behavioural-safety", "governance"],
    ]
    assert (looks["models"] == 27).all() and (looks["developers"] == 9).all()
    ordered = looks.sort_values("p")
    wanted = np.minimum(1, np.maximum.accumulate(ordered["p"].to_numpy() * np.arange(6, 0, -1)))
    assert ordered["p_holm"].to_numpy() == pytest.approx(wanted)
    # More is better on both sides: attack success is turned.
    alone = correlations(many(alike=3.0))
    assert set(alone.loc[alone["p_holm"] > 0.05, "verdict"]) <= {"not shown"}
    assert correlations(many(developers=6)).empty


def test_the_developer_without_which_most_changes_is_named() -> None:
    table = many(developers=8, each=2)
    far = table["model"].str.startswith("d03")
    table.loc[far & (table["measure"] == "cap"), "value"] = 500.0
    table.loc[far & (table["measure"] == "asr"), "value"] = -500.0
    looks = correlations(table).set_index(["first", "second"])
    row = looks.loc[("capability", "behavioural-safety")]
    assert row["left_out"] == "d03" and row["r"] > 0.9 > row["r_without"]


# ---------------------------------------------------------------- the panel and its curves


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
    with pytest.raises(ValueError, match="did you mean 'cap'"):
        panel(audit(rows), {**MEASURES, "capability": "cat"})
    with pytest.raises(ValueError, match="is of behavioural-safety"):
        panel(audit(rows), {"capability": "asr"})


def test_the_most_complete_measures_are_found() -> None:
    assert most_complete(many()) == MEASURES
    assert most_complete(many().iloc[:0]) == {}


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


# ---------------------------------------------------------------- figures and the answer


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figures_can_be_read(width: Any) -> None:
    looks = correlations(many(alike=2.0))
    said = " ".join(readable(charts.audit_correlations_plot(looks, width=width, stamp=STAMP), width))
    assert "are allowed for:" in said and "of 6." in said
    nothing = readable(charts.audit_correlations_plot(looks.iloc[:0], width=width, stamp=STAMP), width)
    assert any(t.startswith("Nothing to draw") for t in nothing)
    rows = [
        cell("a/mo", "asr", value, attempts=k, attempts_are="adaptive", property="Injection")
        for k, value in (("1", 10), ("10", 50), ("100", 90))
    ]
    curves = attempt_curves(audit(rows))
    said = " ".join(readable(charts.attempt_budgets_plot(curves, width=width, stamp=STAMP), width))
    assert "0 of 2 later points" in said


def test_the_pilots_answer_says_how_often_it_looked(pilot: Path) -> None:
    answer = question(open_survey(pilot))
    numbers = {n.name: n.value for n in answer.numbers}
    assert (numbers["AuditLooks"], numbers["AuditHolding"]) == (44, 1)
    assert answer.figures[0].description.startswith("1 of 44 pairs of measures surely goes together")
    assert "all 44 looks" in latex_table(answer.printed[0], "stamp")


def test_a_survey_without_a_panel_is_not_asked(survey: Path) -> None:
    answer = question(open_survey(survey))
    assert (answer.tables, answer.figures, answer.numbers) == ({}, (), ())
