"""When a code is first discussed and first measured, and by which papers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.first_dates import first_dates
from tests.test_coverage import code, final
from workbench.answers.first_dates import dated as question
from workbench.store.survey import open_survey

CODES = pd.DataFrame({"code": ["m1", "m2", "m3", "m4"], "name": ["One", "Two", "Three", "Four"]})
ROWS = [
    ("a", "m1", "mentions", 2020),
    ("b", "m1", "measures", 2023),
    ("c", "m1", "measures", 2024),
    ("d", "m2", "measures", 2021),
    ("e", "m2", "argues", 2021),
    ("f", "m3", "demonstrates", 2022),
    ("g", "m3", "measures", None),
]


def dated(rows: list[tuple[str, str, str, int | None]]) -> pd.DataFrame:
    """Return a ``final`` of (paper, code, level, year)."""
    table = final([code(p, "failure_mode", m, level=level) for p, m, level, _ in rows])
    table["year"] = pd.array([year for *_, year in rows], dtype="Int64")
    return table


def found(rows: list[tuple[str, str, str, int | None]]) -> pd.DataFrame:
    return first_dates(dated(rows), CODES, facet="failure_mode", measured=["measures"]).set_index("code")


def test_first_dates_by_hand() -> None:
    table = found(ROWS)
    assert list(table.index) == ["m1", "m2", "m3", "m4"]
    one, two, three, four = (table.loc[c] for c in table.index)
    assert (one["discussed"], one["measured"]) == (3, 2)
    assert (one["first_discussed"], one["first_measured"], one["note"]) == (2020, 2023, "")
    assert (one["papers_discussed"], one["papers_measured"]) == (("a",), ("b",))
    assert (two["first_discussed"], two["first_measured"], two["papers_discussed"]) == (
        2021,
        2021,
        ("d", "e"),
    )
    # The paper that measures it has no year, so nothing dated does.
    assert pd.isna(three["first_measured"]) and three["note"] == "not measured by 2024"
    assert (four["discussed"], four["note"]) == (0, "not discussed")


def test_a_code_that_only_undated_papers_discuss_is_not_called_undiscussed() -> None:
    table = found([("a", "m1", "measures", None)])
    assert table.loc["m1", "note"] == "no dated paper" and table.loc["m2", "note"] == "not discussed"


def test_dates_do_not_depend_on_the_order_of_the_rows() -> None:
    table, given = dated(ROWS), {"facet": "failure_mode", "measured": ["measures"]}
    pd.testing.assert_frame_equal(
        first_dates(table, CODES, **given), first_dates(table.sample(frac=1, random_state=3), CODES, **given)
    )


def test_a_code_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="m9"):
        found([("a", "m9", "argues", 2020)])
    with pytest.raises(ValueError, match="lacks the column"):
        first_dates(dated(ROWS), CODES[["code"]], facet="failure_mode", measured=["measures"])


def test_the_pilot_has_a_first_date_of_every_mode_it_discusses(pilot: Path) -> None:
    table = question(open_survey(pilot)).tables["first-dates"]
    assert len(table) == 39
    assert table["first_discussed"].notna().eq(table["discussed"] > 0).all()
    assert (
        table["first_measured"].dropna() >= table.loc[table["first_measured"].notna(), "first_discussed"]
    ).all()


def test_nothing_coded_gives_a_row_a_code_without_dates(survey: Path) -> None:
    table = question(open_survey(survey)).tables["first-dates"]
    assert table["first_discussed"].isna().all() and set(table["note"]) == {"not discussed"}
