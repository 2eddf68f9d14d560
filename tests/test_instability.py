"""What moves a measured value when it alone changes: counted by hand, and as the model panel has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.audit.instability import UNNAMED, from_panel, instability
from tests.test_audit import audit, cell
from workbench import open_survey
from workbench.answers.instability import in_words, unstable


def table(rows: list[tuple[str, str, str, float]]) -> dict[str, pd.DataFrame]:
    made = pd.DataFrame(rows, columns=["object", "judge", "attempts", "value"]).astype({"value": float})
    made.attrs = {"unit": "model", "facets": ["judge", "attempts"]}
    return {"p": made}


def test_pairs_that_differ_in_one_thing_alone_by_hand() -> None:
    rows = [
        ("a", "J1", "1", 10.0),
        ("a", "J2", "1", 25.0),  # another judge: 15
        ("a", "J2", "9", 65.0),  # more attempts: 40; judge and attempts to the first: no pair
        ("b", "J1", "1", 12.0),  # another model: 2
        ("b", "J2", "1", 17.0),  # another judge: 5; another model: 8
        ("c", "J3", "5", 99.0),  # nothing to hold it against
    ]
    found = instability(table(rows)).set_index("changed")
    assert found["pairs"].to_dict() == {"model": 2, "judge": 2, "attempts": 1}
    assert found["median"].to_dict() == {"model": 5.0, "judge": 10.0, "attempts": 40.0}
    assert found["largest"].to_dict() == {"model": 8.0, "judge": 15.0, "attempts": 40.0}
    assert found["objects"].to_dict() == {"model": 2, "judge": 2, "attempts": 1}


def test_two_values_that_differ_in_nothing_on_record_have_a_row_of_their_own() -> None:
    found = instability(table([("a", "J", "1", 10.0), ("a", "J", "1", 13.0)])).set_index("changed")
    assert found.loc[UNNAMED, ["pairs", "median"]].tolist() == [1, 3.0]
    assert found.loc["judge", "note"] == "never changed alone" and np.isnan(found.loc["judge", "median"])


@given(
    st.permutations(
        [("a", "J1", "1", 3.0), ("a", "J2", "1", 9.0), ("b", "J1", "1", 4.0), ("b", "J1", "2", 8.0)]
    )
)
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str, str, str, float]]) -> None:
    pd.testing.assert_frame_equal(instability(table(rows)), instability(table(sorted(rows))))


@pytest.mark.parametrize("rows", [[], [("a", "J", "1", 1.0)]])
def test_one_value_says_nothing(rows: list[tuple[str, str, str, float]]) -> None:
    found = instability(table(rows))
    assert (found["pairs"] == 0).all() and found["median"].isna().all()
    assert (
        in_words(found)
        == "Of 1 properties none has two values of one model that differ in one condition alone."
    )


def test_panel_rows_become_repeated_measurements() -> None:
    rows = [
        cell(model, f"asr {judge}", value, unit="share", property="p", conditions=f"attack=X; judge={judge}")
        for model, judge, value in (
            ("a/mo", "J1", 0.1),
            ("a/mo", "J2", 0.2),
            ("b/mc", "J1", 0.6),
            ("b/mc", "J2", 0.7),
        )
    ]
    rows += [
        cell(model, f"index {year}", value, belongs_to="developer", property="g", conditions=f"round={year}")
        for year, value in (("2024", 50), ("2025", 40))
        for model in ("a/mo", "a/m2o")
    ]
    tables = from_panel(audit(rows))
    assert tables["p"]["value"].tolist() == [10.0, 20.0, 60.0, 70.0]
    assert tables["p"].attrs["facets"][:2] == ["attack", "judge"]
    assert tables["g"].attrs["unit"] == "developer"
    assert tables["g"]["object"].tolist() == ["a", "a"]  # once a developer, not once a model
    found = instability(tables).set_index(["property", "changed"])
    assert found.loc[("p", "judge"), ["pairs", "median"]].tolist() == [2, pytest.approx(10)]
    assert found.loc[("p", "model"), ["pairs", "median"]].tolist() == [2, pytest.approx(50)]
    assert found.loc[("g", "round"), ["pairs", "median"]].tolist() == [1, 10]


def test_the_panel_of_the_survey_is_told_in_words(pilot: Path) -> None:
    moved = unstable(open_survey(pilot)).tables["audit-instability"]
    said = in_words(moved)
    assert said.startswith(f"Of {moved['property'].nunique()} properties, ") and "nothing beyond it" in said
    largest = (
        moved[(moved["changed"] != moved["unit"]) & (moved["changed"] != UNNAMED)]
        .nlargest(1, "median")
        .iloc[0]
    )
    assert f"{largest['property']}: to change the {largest['changed']} alone moves" in said
    assert f"by {largest['median']:.0f} points" in said


def test_a_survey_without_a_panel_is_not_asked(survey: Path) -> None:
    assert unstable(open_survey(survey)).tables == {}
