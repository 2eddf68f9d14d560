"""How far papers go with each code: every paper at one step, motives apart, measured remedies beside."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.charts import levels_plot
from analysis.levels import MOTIVE, REMEDY, levels, wide
from tests.test_charts import read
from workbench.answers.levels import leveled
from workbench.store.survey import open_survey

STEPS = ("said", "shown", "counted")


def codings(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows of paper, code, level, mitigates."""
    return pd.DataFrame(
        [
            {
                "paper": paper,
                "basis": "abstract",
                "facet": "fault",
                "code": code,
                "state": "present",
                "level": level,
                "mitigates": mends,
                "resolved": "agreed",
                "grey": False,
            }
            for paper, code, level, mends in rows
        ]
    )


ROWS = codings(
    ("p1", "a", "said", "yes"),
    ("p2", "a", "said", "no"),
    ("p3", "a", "counted", "measured"),
    ("p4", "b", "shown", "no"),
)


def test_every_paper_stands_at_one_step() -> None:
    table = levels(
        ROWS,
        "fault",
        ["a", "b", "c"],
        STEPS,
        motive=[{"level": "said", "mitigates": "yes"}],
        remedy=[{"mitigates": "measured"}],
    )
    counts = wide(table)
    assert list(counts.columns) == ["raised", MOTIVE, *STEPS, REMEDY]
    assert counts.loc["a"].tolist() == [3, 1, 1, 0, 1, 1]
    assert counts.loc["b"].tolist() == [1, 0, 0, 1, 0, 0]
    assert counts.loc["c"].tolist() == [0] * 6
    assert table.set_index(["code", "step"])["papers"]["a", MOTIVE] == ("p1",)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="'counted' is not one of said, shown"):
        levels(ROWS, "fault", ["a", "b"], STEPS[:2])
    with pytest.raises(ValueError, match="names a more than once"):
        levels(ROWS, "fault", ["a", "a"], STEPS)
    with pytest.raises(ValueError, match="lacks the column"):
        levels(ROWS, "fault", ["a"], STEPS, motive=[{"colour": "red"}])


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_says_how_many_and_what_nobody_raises(width: str) -> None:
    table = levels(ROWS, "fault", ["a", "b", "c"], STEPS, remedy=[{"mitigates": "measured"}])
    texts = read(levels_plot(table, "counted", names={"c": "Nobody's"}, width=width))  # type: ignore[arg-type]
    assert "Raised by no paper: Nobody's." in texts
    assert {"not measured", "counted", "said", "shown"} <= set(texts)


def test_a_figure_of_nothing_says_so() -> None:
    assert "Nothing to draw: no paper raises any code." in read(
        levels_plot(levels(ROWS, "fault", ["c"], STEPS), "counted")
    )


def test_the_pilot_shows_the_motives_and_the_modes_that_none_measures(pilot: Path) -> None:
    answer = leveled(open_survey(pilot))
    counts = answer.tables["levels"].set_index("code")
    at = counts.loc["unrepresentative-sampling"]
    # Twenty of the thirty-one papers state the flaw of others as their motive, and measure nothing of it.
    assert (at["raised"], at[MOTIVE], at["measures"]) == (31, 20, 3)
    assert counts["raised"].sum() == 272 and counts["measures"].sum() == 109 and counts[MOTIVE].sum() == 56
    said = answer.figures[0].description
    assert "raise 35 of 39 failure modes, and none measures 8 of these" in said
    assert "20 of the 31 papers" in said


def test_a_survey_without_codings_has_an_answer(survey: Path) -> None:
    answer = leveled(open_survey(survey))
    assert answer.tables["levels"]["raised"].sum() == 0
    assert answer.figures[0].description.startswith("Nothing is drawn")
