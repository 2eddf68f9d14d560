"""Two sides of the schema: counts of the sample, and a difference of the frame with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.charts import sides_plot
from analysis.replicates import replicates
from analysis.sides import contested, sides
from tests.coder_tables import ASKED
from tests.test_charts import read
from tests.test_coverage import code, final
from tests.test_replicates import sample
from workbench.answers.sides import compared
from workbench.store.survey import open_survey

PAIR = ("left", "right")
SIDES = {"a": "left", "b": "right", "c": "elsewhere"}


def made(**given: Any) -> pd.DataFrame:
    """Of 40 drawn of 100: 20 on the left (5 measure), 15 on the right (9 measure), 5 of these on both, 5 elsewhere."""
    weights = sample({"s": (100, 40)})
    rows = []
    for k in range(20):
        rows.append(code(f"s{k}", "failure_mode", "a", level="measures" if k < 5 else "argues", principal=""))
    for k in range(15, 30):
        rows.append(
            code(f"s{k}", "failure_mode", "b", level="measures" if k < 24 else "mentions", principal="")
        )
    rows += [code(f"s{k}", "failure_mode", "c", level="argues", principal="") for k in range(30, 35)]
    rows += [code(f"s{k}", "push", "hard", principal="yes" if k % 2 else "no") for k in range(35)]
    return sides(
        final(rows).assign(mitigates="no"),
        SIDES,
        PAIR,
        weights,
        replicates(weights, draws=400),
        ASKED,
        at_least=["argues", "measures"],
        **given,
    )


def test_counts_shares_and_differences_by_hand() -> None:
    table = made().set_index(["what", "outcome"])
    raised = table.loc["all", "raised"]
    assert raised[["first_k", "first_n", "second_k", "second_n", "both"]].tolist() == [20, 35, 15, 35, 35]
    assert raised["difference"] == pytest.approx(5 / 35)
    measured = table.loc["all", "measures"]
    assert measured[["first_k", "first_n", "second_k", "second_n", "both"]].tolist() == [5, 20, 9, 15, 5]
    assert measured["difference"] == pytest.approx(5 / 20 - 9 / 15)
    assert measured["low"] < measured["difference"] < measured["high"]


def test_groups_moves_remedies_and_counterparts_are_further_rows() -> None:
    table = made(
        groups=("push", ["hard", "soft"]),
        moved={"c": "right"},
        remedy=[{"mitigates": "yes"}],
        motive=[{"level": "mentions"}],
        counterparts=[("a", "b")],
    ).set_index(["what", "outcome"])
    assert table.loc[("hard", "raised"), "first_k"] == 10
    assert table.loc[("soft", "raised"), "note"] == "too few: 0 and 0"
    assert table.loc[("all, contested codes moved", "raised"), "second_k"] == 20
    assert table.loc[("all", "remedy"), "first_k"] == 0
    assert table.loc[("all", "discussed"), "second_k"] == 9
    assert table.loc[("a / b", "measures"), ["first_k", "second_k"]].tolist() == [5, 9]


def test_papers_that_were_not_drawn_are_in_no_share() -> None:
    weights = sample({"s": (100, 12)})
    rows = [code(f"s{k}", "failure_mode", "a", level="argues", principal="") for k in range(12)]
    rows.append(code("elsewhere", "failure_mode", "b", level="argues", principal=""))
    table = sides(
        final(rows), SIDES, PAIR, weights, replicates(weights, draws=20), ASKED, at_least=["argues"]
    )
    assert table.iloc[0][["first_k", "second_k"]].tolist() == [12, 0]


def test_a_code_without_a_side_is_refused() -> None:
    weights = sample({"s": (100, 2)})
    rows = final([code("s0", "failure_mode", "strange", level="argues", principal="")])
    with pytest.raises(ValueError, match="'strange' is not one of a, b, c"):
        sides(rows, SIDES, PAIR, weights, replicates(weights, draws=2), ASKED, at_least=["argues"])


def test_contested_codes_have_their_neighbours_on_the_other_side() -> None:
    modes = pd.DataFrame(
        {
            "code": ["a", "b", "c", "d"],
            "side": ["left", "right", "elsewhere", "left"],
            "neighbours": [("b", "c"), ("d",), ("a",), ("a", "b", "c")],
        }
    )
    assert contested(modes, PAIR) == {"a": "right", "b": "left"}
    assert set(contested(modes, PAIR, least=0)) == {"a", "b", "d"}


def test_the_sides_of_the_pilot_weighted(pilot: Path) -> None:
    """Raw, the first side leads by 20 points and trails by 17; for the frame neither is sure."""
    table = compared(open_survey(pilot)).tables["sides"].set_index(["what", "outcome"])

    def points(outcome: str) -> list[float]:
        return [round(100 * float(table.loc[("all", outcome), c]), 1) for c in ("difference", "low", "high")]

    raised, measured = table.loc[("all", "raised")], table.loc[("all", "measures")]
    raw = raised["first_k"] / raised["first_n"] - raised["second_k"] / raised["second_n"]
    assert round(100 * raw) == 20
    raw = measured["first_k"] / measured["first_n"] - measured["second_k"] / measured["second_n"]
    assert round(100 * raw) == -17
    assert points("raised") == pytest.approx([8, -4, 19], abs=1)
    assert points("measures") == pytest.approx([-12.5, -27, 2], abs=1)


def test_the_answer_says_how_many_comparisons_were_made(pilot: Path) -> None:
    answer = compared(open_survey(pilot))
    (figure,) = answer.figures
    assert (
        "Neither side is surely raised more often: evaluation minus alignment is +8 points"
        in figure.description
    )
    assert "would by chance alone" in figure.description
    assert list(answer.tables) == ["sides"]


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_names_what_has_too_few_papers(width: str) -> None:
    table = made(groups=("push", ["hard", "soft"]))
    texts = read(sides_plot(table, PAIR, outcomes={"raised": "Raised"}, width=width))  # type: ignore[arg-type]
    assert {"Raised", "All", "Hard", "too few: 0 and 0"} <= set(texts)
    nothing = sides_plot(table.assign(first_n=0, second_n=0), PAIR, width=width)  # type: ignore[arg-type]
    assert "Nothing to draw: no drawn paper is on a side." in read(nothing)


def test_a_survey_with_nothing_coded_has_an_answer(survey: Path) -> None:
    answer = compared(open_survey(survey))
    assert (answer.tables["sides"]["note"].str.startswith("too few")).all()
    assert np.isnan([n.value if n.value is not None else np.nan for n in answer.numbers]).all()
