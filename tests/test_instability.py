"""Variance components against published ones, and what a design cannot tell apart."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.audit.instability import decompose, from_panel, instability
from analysis.audit.variances import reml
from tests.test_audit import audit, cell
from workbench import open_survey
from workbench.answers.instability import in_words, unstable

PUBLISHED = json.loads((Path(__file__).parent / "fixtures/variance_components.json").read_text())


def dyestuff() -> pd.DataFrame:
    batches = PUBLISHED["dyestuff"]["batches"]
    return pd.DataFrame(
        [(f"b{i}", float(v)) for i, b in enumerate(batches) for v in b], columns=["batch", "value"]
    )


def penicillin() -> pd.DataFrame:
    plates = PUBLISHED["penicillin"]["plates"]
    rows = [(f"p{i}", f"s{j}", float(v)) for i, p in enumerate(plates) for j, v in enumerate(p)]
    return pd.DataFrame(rows, columns=["plate", "sample", "value"])


def test_one_way_components_are_the_published_ones() -> None:
    found = instability(dyestuff(), unit="batch", facets=[]).set_index("component")
    for name, variance in PUBLISHED["dyestuff"]["variances"].items():
        assert found.loc[name, "variance"] == pytest.approx(variance, abs=0.005)
    assert found["share"].sum() == pytest.approx(1)
    # The residual's interval is the chi-square one on 24 degrees of freedom.
    exact = [math.sqrt(24 * 2451.25 / stats.chi2.ppf(q, 24)) for q in (0.975, 0.025)]
    assert [found.loc["residual", c] for c in ("sd_low", "sd_high")] == pytest.approx(exact, rel=0.02)


def test_crossed_components_are_the_published_ones() -> None:
    found = instability(penicillin(), unit="plate", facets=["sample"]).set_index("component")
    for name, variance in PUBLISHED["penicillin"]["variances"].items():
        assert found.loc[name, "variance"] == pytest.approx(variance, rel=5e-4)
    assert "part of the residual" in found.loc["plate x sample", "note"]


def test_unbalanced_components_are_those_of_statsmodels() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    some = dyestuff().drop(index=[0, 1, 7, 13, 14, 15, 29])
    theirs = MixedLM(some["value"], np.ones(len(some)), groups=some["batch"]).fit(reml=True)
    found = instability(some, unit="batch", facets=[]).set_index("component")
    assert found.loc["batch", "variance"] == pytest.approx(float(theirs.cov_re.iloc[0, 0]), rel=1e-3)
    assert found.loc["residual", "variance"] == pytest.approx(theirs.scale, rel=1e-3)
    assert "unbalanced" in found.loc["batch", "method"]


@given(st.integers(3, 6), st.integers(2, 4), st.integers(0, 999))
@settings(max_examples=20)
def test_in_a_balanced_design_reml_is_the_analysis_of_variance_where_that_is_positive(
    a: int, b: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    y = (2 * rng.normal(size=(a, 1)) + 2 * rng.normal(size=(1, b)) + rng.normal(size=(a, b))).ravel()
    rows, columns = np.repeat(np.arange(a), b), np.tile(np.arange(b), a)
    grid = y.reshape(a, b)
    rest = grid - grid.mean(1, keepdims=True) - grid.mean(0) + grid.mean()
    error = (rest**2).sum() / ((a - 1) * (b - 1))
    expected = [
        (b * grid.mean(1).var(ddof=1) - error) / b,
        (a * grid.mean(0).var(ddof=1) - error) / a,
        error,
    ]
    found = reml(y, [rows, columns])
    assert (found >= 0).all()
    if min(expected) > 1e-3:
        assert found == pytest.approx(expected, rel=1e-4)


def test_what_always_changes_together_is_named() -> None:
    rows = [
        (m, judge, "2024" if judge == "A" else "2025", source, float(10 * i + j + k))
        for i, m in enumerate("xyz")
        for j, judge in enumerate("AB")
        for k, source in enumerate(["s", "t"])
    ]
    table = pd.DataFrame(rows, columns=["model", "judge", "date", "source", "value"])
    notes = instability(table, unit="model", facets=["judge", "date", "source"]).set_index("component")[
        "note"
    ]
    assert notes["date"] == "not estimable: it always changes together with judge"
    assert "not estimable" not in notes["judge"]
    nested = table.assign(lab=table["model"].map({"x": "one", "y": "one", "z": "two"}))
    notes = instability(nested, unit="model", facets=["lab"]).set_index("component")["note"]
    assert notes["lab"] == "not estimable: no model was measured under two of its levels"
    single = table.assign(harness="only")
    assert "one level only" in str(instability(single, unit="model", facets=["harness"])["note"].iloc[1])


def test_models_measured_once_say_nothing_of_instability() -> None:
    rows = [("a", "h1", 1.0), ("a", "h2", 2.0), ("b", "h1", 5.0), ("b", "h2", 6.5), ("c", "h1", 90.0)]
    table = pd.DataFrame(rows, columns=["model", "harness", "value"])
    found = instability(table, unit="model", facets=["harness"])
    assert set(found["values"]) == {4}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "nothing was measured twice"),
        ([("a", "p", 1.0)], "nothing was measured twice"),
        ([("a", "p", 1.0), ("a", "q", 2.0)], "only one object"),
        ([("a", "p", 3.0), ("a", "q", 3.0), ("b", "p", 3.0), ("b", "q", 3.0)], "nothing varies"),
    ],
)
def test_too_little_is_said_with_the_reason(rows: list[tuple[str, str, float]], why: str) -> None:
    table = pd.DataFrame(rows, columns=["model", "protocol", "value"]).astype({"value": float})
    found = instability(table, unit="model", facets=["protocol"])
    assert found["component"].tolist() == ["model", "protocol", "residual"]
    assert all(why in note for note in found["note"])
    assert found["variance"].isna().all()


def test_intervals_stay_within_what_such_values_can_have() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame([(m, k) for m in "ab" for k in ("1", "200")] * 2, columns=["model", "attempts"])
    table["value"] = rng.uniform(0, 100, len(table))
    found = instability(table, unit="model", facets=["attempts"], bounds=(0.0, 100.0))
    assert found["sd_high"].max() <= 50
    assert found["note"].str.contains("interval cut").any()


def test_shares_and_order_of_rows() -> None:
    table = penicillin()
    first = instability(table, unit="plate", facets=["sample"], draws=199)
    again = instability(table.sample(frac=1, random_state=3), unit="plate", facets=["sample"], draws=199)
    numbers = first.select_dtypes("number").columns
    np.testing.assert_allclose(first[numbers], again[numbers], rtol=1e-6)
    moved = instability(
        table.assign(value=7 * table["value"] + 3), unit="plate", facets=["sample"], draws=199
    )
    np.testing.assert_allclose(moved["share"], first["share"], rtol=1e-6)
    np.testing.assert_allclose(moved["sd"], 7 * first["sd"], rtol=1e-6)


def test_generalised_intervals_cover_in_a_balanced_design() -> None:
    rng = np.random.default_rng(20)
    unit, facet = np.repeat(np.arange(5), 6), np.tile(np.repeat(np.arange(3), 2), 5)
    held = np.zeros(3)
    for run in range(100):
        y = 2 * rng.normal(size=5)[unit] + rng.normal(size=3)[facet] + rng.normal(size=30)
        table = pd.DataFrame({"m": unit.astype(str), "f": facet.astype(str), "value": y})
        found = instability(table, unit="m", facets=["f"], interactions=False, draws=499, seed=run)
        truth = np.array([2.0, 1.0, 1.0])
        held += (found["sd_low"].to_numpy() <= truth) & (truth <= found["sd_high"].to_numpy())
    # 95 of 100, less three standard errors.
    assert (held >= 88).all()


# From the survey's tables.


def test_panel_rows_become_repeated_measurements() -> None:
    rows = []
    for model, judge, value in (
        ("a/mo", "J1", 0.1),
        ("a/mo", "J2", 0.2),
        ("b/mc", "J1", 0.6),
        ("b/mc", "J2", 0.7),
    ):
        rows.append(
            cell(
                model,
                f"asr {judge}",
                value,
                unit="share",
                property="p",
                conditions=f"attack=X; judge={judge}",
            )
        )
    for round_, value in (("2024", 50), ("2025", 40)):
        for model in ("a/mo", "a/m2o"):
            rows.append(
                cell(
                    model,
                    f"index {round_}",
                    value,
                    belongs_to="developer",
                    property="g",
                    conditions=f"round={round_}",
                )
            )
    tables = from_panel(audit(rows))
    assert tables["p"]["value"].tolist() == [10.0, 20.0, 60.0, 70.0]
    assert tables["p"].attrs["facets"][:2] == ["attack", "judge"]
    assert tables["g"].attrs["unit"] == "developer"
    assert tables["g"]["object"].tolist() == ["a", "a"]  # once a developer, not once a model
    found = decompose(tables)
    assert set(found.loc[found["property"] == "g", "note"]) == {
        "not estimable: only one developer was measured more than once"
    }
    assert "model x judge" in set(found["component"])


def test_objects_that_differ_less_than_their_own_values_get_no_interval() -> None:
    rows = [(f"m{i}", side, 50.0 + sign * (10 + i)) for i in range(9) for side, sign in (("a", 1), ("b", -1))]
    flipped = [(m, s, 100 - v if int(m[1]) % 2 else v) for m, s, v in rows]
    table = pd.DataFrame(flipped, columns=["model", "side", "value"])
    found = instability(table, unit="model", facets=["side"]).set_index("component")
    assert found.loc["model", "variance"] == 0
    assert math.isnan(found.loc["model", "sd_high"])
    assert "values of one object differ more" in found.loc["model", "note"]


def test_a_share_whose_interval_is_wider_than_half_is_not_given(pilot: Path) -> None:
    table = unstable(open_survey(pilot)).tables["audit-instability"]
    known = table[table["share"].notna()]
    assert ((known["share_high"] - known["share_low"]) <= 0.5).all()
    vague = table[table["variance"].notna() & table["share"].isna()]
    assert len(vague) and vague["note"].str.contains("not estimable|no interval").all()
    assert in_words(table).startswith(f"Of {table['property'].nunique()} properties")


def test_a_survey_without_a_panel_has_an_empty_answer(survey: Path) -> None:
    answer = unstable(open_survey(survey))
    assert answer.tables["audit-instability"].empty and answer.printed[0].table.empty
    assert in_words(answer.tables["audit-instability"]).startswith("Not estimable")
