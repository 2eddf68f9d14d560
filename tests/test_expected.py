"""What could be expected of any two codes: a planted gap is found, chance is not, and little that is seen is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from analysis.expected import Grid, expected, together
from analysis.selection import incidence
from tests.test_coverage import code, final
from workbench.answers.expected import crossed, each_in_words, gaps, in_words, rules_in_words, separated
from workbench.store.survey import open_survey

Marks = NDArray[np.bool_]


def carried(left: Marks, right: Marks) -> pd.DataFrame:
    """Papers p0, p1, ... with codes a0, a1, ... of one facet and b0, b1, ... of another."""
    rows = [code(f"p{p}", "failure_mode", f"a{c}", level="argues") for p, c in np.argwhere(left)]
    rows += [code(f"p{p}", "stream", f"b{c}") for p, c in np.argwhere(right)]
    return final(rows)


def grid(left: Marks, right: Marks, **given: object) -> Grid:
    names = [f"a{k}" for k in range(left.shape[1])], [f"b{k}" for k in range(right.shape[1])]
    return Grid("failure_mode", "stream", *names, **given)  # type: ignore[arg-type]


def planted(papers: int = 300) -> tuple[Marks, Marks]:
    """Four codes by three, drawn apart, and a0 never with b0 though forty papers were expected."""
    rng = np.random.default_rng(3)
    left, right = rng.random((papers, 4)) < 0.4, rng.random((papers, 3)) < 0.4
    right[left[:, 0], 0] = False
    return left, right


def test_a_planted_gap_is_found_and_the_rest_is_as_expected() -> None:
    left, right = planted()
    cells, about = expected(carried(left, right), [grid(left, right)], draws=3_000)
    at = cells.set_index(["row", "column"])
    assert at.loc[("a0", "b0"), "class"] == "gap" and at.loc[("a0", "b0"), "n"] == 0
    assert at.loc[("a0", "b0"), "expected"] > 10
    assert (cells["class"] == "gap").sum() == 1
    both = (left.any(axis=1) & right.any(axis=1)).sum()
    assert about.loc[0, "papers"] == both and list(about["grid"]) == ["failure_mode x stream", "all"]
    assert about.loc[1, "gap"] == 1 and about.loc[1, "seen"] == cells["seen"].sum()
    # Papers behind a cell are those that carry both.
    for r in cells.to_dict("records"):
        a, b = int(r["row"][1:]), int(r["column"][1:])
        assert r["n"] == len(r["papers"]) == (left[:, a] & right[:, b]).sum()


def test_no_cell_is_called_testable_that_the_draws_could_never_find() -> None:
    # Forty papers are expected in each of 48 cells: any of them would surprise if it were empty. But of 200 draws no p
    # is below 1/201, and by the rule of Benjamini and Yekutieli only four cells at once can be found by such a p.
    rng = np.random.default_rng(8)
    left, right = rng.random((400, 8)) < 0.3, rng.random((400, 6)) < 0.3
    right[left[:, 0], 0] = False
    cells, about = expected(carried(left, right), [grid(left, right)], draws=200)
    asked = cells[cells["seen"]]
    many = len(asked)
    alone = many * np.sum(1 / np.arange(1, many + 1)) / 201
    assert 0 < many < 10 and alone <= 0.05 < (many + 1) * np.sum(1 / np.arange(1, many + 2)) / 201
    # They are those that expect most papers: known before anything was seen.
    assert asked["expected"].min() >= cells.loc[~cells["seen"], "expected"].max()
    whole = about.set_index("grid").loc["all"]
    assert "200 draws" in whole["note"] and whole["seen"] == many
    assert "are asked, with 200 random draws" in in_words(about)
    # With draws enough all are asked, and the planted gap is found.
    cells, about = expected(carried(left, right), [grid(left, right)], draws=5_000)
    assert cells["seen"].all() and about.set_index("grid").loc["all", "note"] == ""
    assert cells.loc[cells["class"] == "gap", ["row", "column"]].to_numpy().tolist() == [["a0", "b0"]]
    # So few draws that no p could ever be small enough: nothing is asked.
    cells, about = expected(carried(left, right), [grid(left, right)], draws=10)
    assert not cells["seen"].any() and about.set_index("grid").loc["all", "power"] == 0


def test_chance_is_not_found_over_many_grids_at_once() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(20):
        left, right = rng.random((120, 5)) < 0.3, rng.random((120, 4)) < 0.4
        cells, _ = expected(carried(left, right), [grid(left, right)], draws=1_000)
        found += bool(cells["class"].isin(["gap", "sparse"]).any())
    assert found <= 3


def test_what_a_rule_decides_is_held_and_not_tested() -> None:
    left, right = planted()
    ruled = [grid(left, right, decided=frozenset({("a0", "b0")}))]
    cells, about = expected(carried(left, right), ruled, draws=500)
    at = cells.set_index(["row", "column"])
    assert at.loc[("a0", "b0"), ["class", "expected"]].tolist() == ["by rule", 0.0]
    assert not at.loc[("a0", "b0"), "seen"] and np.isnan(at.loc[("a0", "b0"), "q"])
    assert (about.loc[0, "free"], about.loc[0, "decided_share"]) == (11, 0.0)
    # Papers with a0 can neither give nor take b0: those codes cannot move, others can.
    assert 0 < about.loc[0, "movable"] <= about.loc[0, "codes"]


def test_pairs_within_a_facet_stand_once_and_rules_are_marked() -> None:
    left, _ = planted()
    names = ["a0", "a1", "a2", "a3"]
    pairs = Grid("failure_mode", "failure_mode", names, names, frozenset({("a2", "a1")}))
    cells, about = expected(carried(left, left[:, :0]), [pairs], draws=500)
    assert len(cells) == 6 and (cells["row"] < cells["column"]).all()
    assert cells.loc[cells["decided"], ["row", "column"]].to_numpy().tolist() == [["a1", "a2"]]
    assert about.loc[0, "free"] == 6


def test_what_cannot_be_told_is_not_tested_and_codes_of_nobody_have_their_row() -> None:
    left, right = planted(60)
    right[:, 2] = False
    made = [grid(left, right, unseen=frozenset({("a1", "b1")}))]
    cells, _ = expected(carried(left, right), made, draws=200)
    at = cells.set_index(["row", "column"])["class"]
    assert at["a1", "b1"] == "not assessable" and at["a0", "b2"] == "too few"


def test_no_paper_no_grid_and_no_draw() -> None:
    nothing = np.zeros((0, 2), dtype=bool)
    cells, about = expected(carried(nothing, nothing), [grid(nothing, nothing)], draws=50)
    assert (cells["class"] == "too few").all() and (cells["n"] == 0).all()
    assert about.loc[0, "note"].startswith("the null is a single table")
    empty, none = expected(carried(nothing, nothing), [])
    assert empty.empty and none.empty and in_words(none) == "There are no two facets to cross."
    with pytest.raises(ValueError, match="draws=0"):
        expected(carried(nothing, nothing), [], draws=0)


def test_groups_of_pairs_by_hand() -> None:
    """Blocks: a0 and a1 always together, a2 and a3 too, never across."""
    left = np.kron(np.eye(2, dtype=bool), np.ones((10, 2), dtype=bool)).astype(bool)
    held = incidence(carried(left, left[:, :0]), "failure_mode")
    made = together(held, [("a1", "a0"), ("a2", "a3"), ("a0", "nobody's")], draws=500)
    assert (made["count"], made["all"]) == (20, 20)
    assert made["expected"] < 12 and made["p"] < 0.01
    across = together(held, [("a0", "a2")], draws=500)
    assert across["count"] == 0 and across["p"] < 0.01


def test_the_pilot_cannot_show_gaps_and_says_so(pilot: Path) -> None:
    survey = open_survey(pilot)
    cells, about = crossed(survey)
    at = about.set_index("grid")
    stream = at.loc["failure_mode x stream"]
    # 71% of the incidences lie in decided cells; 46 of 269 codes can move; a free cell expects next to nothing.
    assert round(stream["decided_share"], 2) == 0.71
    assert (stream["movable"], stream["codes"], stream["incidences"]) == (46, 269, 368)
    assert stream["median_expected"] < 0.03
    whole = at.loc["all"]
    assert whole["gap"] == whole["sparse"] == 0 and whole["power"] < 0.02
    # The class is a function of the margins: every cell that could be seen expects about seven papers.
    assert cells.loc[cells["seen"], "expected"].min() > 4
    # One family over all grids: no cell is found that another grid's cells do not allow for.
    assert cells["q"].notna().sum() == whole["seen"]
    said = in_words(about)
    first = said.split(". Only")[0]
    assert (
        "No gap was found" in first
        and f"all but {int(at['movable'].iloc[:-1].sum()):,} of" in first
        and "% of the time" in first
    )
    assert len(each_in_words(about).splitlines()) == len(at) - 1 == 6


def test_rules_that_separate_are_a_check_of_the_codebook(pilot: Path) -> None:
    """39 of 77 co-occurrences are of pairs that a rule tells apart; 11.8 expected."""
    survey = open_survey(pilot)
    held = incidence(survey.final, "failure_mode", codes=list(survey.failure_modes["code"]))
    made = together(held, separated(survey))
    assert (made["count"], made["all"]) == (39, 77)
    assert made["expected"] == pytest.approx(11.8, abs=0.3)
    assert "39 of the 77 times" in rules_in_words(made, "modes")


def test_a_survey_that_crosses_nothing_has_its_pairs(survey: Path) -> None:
    answer = gaps(open_survey(survey))
    assert list(answer.tables["expected-grids"]["grid"]) == ["failure_mode x failure_mode", "all"]
