"""Which cells are gaps, which could never have been, and what rules decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, product
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis import charts
from analysis.charts.theme import DOUBLE, SINGLE
from analysis.coverage import CLASSES, absence_in_words, coverage, gaps, gaps_summary, in_words
from analysis.surprise import hypergeometric_tails
from tests import coded
from tests.test_charts import STAMP, drawing, read, words
from tests.test_coverage import code, final
from workbench.answers.gaps import CROSSED, each_in_words, grids, ignoring_rules, surprising
from workbench.store.assumptions import assumptions
from workbench.store.schema import load_schema
from workbench.store.survey import Survey, open_survey

FEW: dict[str, Any] = {"draws": 999, "seed": 1}


def table_of(left: object, right: object, facets: tuple[str, str] = ("method", "proxy")) -> pd.DataFrame:
    """Make ``final`` of two matrices papers x codes; every paper is coded in a third facet too."""
    rows = []
    for facet, held in zip(facets, (left, right), strict=True):
        rows += [code(f"p{i:03}", facet, f"{facet[0]}{j}") for i, j in np.argwhere(np.asarray(held))]
    rows += [code(f"p{i:03}", "stream", "s") for i in range(len(np.asarray(left)))]
    return final(rows)


def blocks(*sizes: int) -> NDArray[np.bool_]:
    """One code a paper, so many papers a code."""
    return np.repeat(np.eye(len(sizes), dtype=bool), sizes, axis=0)


def at(cells: pd.DataFrame, row: str, column: str) -> pd.Series[Any]:
    return cast("pd.Series[Any]", cells.set_index(["row", "column"]).loc[(row, column)])


def test_cells_by_hand() -> None:
    """Two codes of 20 papers each that share none, in 40 papers: C(40, 20) ways to fall, one of them so."""
    table = table_of(blocks(20, 20), blocks(20, 20)[::-1])
    cells = gaps(table, "method", "proxy", **FEW)
    assert cells["n"].tolist() == [0, 20, 20, 0]
    gap, full = at(cells, "m0", "p0"), at(cells, "m0", "p1")
    assert gap["class"] == "gap" and full["class"] == "crowded"
    assert gap["independent"] == 10 and gap["expected"] == pytest.approx(10, abs=0.2)
    # No draw is as low, so the probability is that of the draws; the hypergeometric law knows the real one.
    assert gap["p_lower"] == full["p_upper"] == 0.001 and gap["p_upper"] == 1.0
    assert gap["quick_lower"] == pytest.approx(1 / 137846528820)
    assert gap["p_lower_error"] == pytest.approx((0.001 * 0.999 / 999) ** 0.5, rel=0.2)
    assert gap["residual"] == pytest.approx(-(40**0.5))
    assert gap["q_lower"] == pytest.approx(0.002) and gap["testable"] == "both"
    about = gaps_summary(cells).iloc[0]
    assert (about["cells"], about["testable"], about["gap"], about["crowded"]) == (4, 4, 2, 2)
    assert (about["draws"], about["seed"], about["level"], about["papers"]) == (999, 1, 0.05, 40)


def test_the_counts_and_papers_are_those_of_coverage() -> None:
    rng = np.random.default_rng(3)
    table = table_of(rng.random((30, 4)) < 0.3, rng.random((30, 3)) < 0.4)
    chosen: dict[str, Any] = {"row_codes": ["m3", "m0", "nobody's"], "column_codes": ["p2", "p1"]}
    cells = gaps(table, "method", "proxy", **chosen, **FEW)
    pd.testing.assert_frame_equal(
        cells[["row", "column", "n", "papers"]],
        coverage(table, "method", "proxy", **chosen),
        check_flags=False,
    )
    # The null knows the codes that are not shown: a cell has the same probability in a part of the grid.
    whole = gaps(table, "method", "proxy", **FEW)
    assert at(cells, "m3", "p1")["p_lower"] == pytest.approx(at(whole, "m3", "p1")["p_lower"], abs=0.06)
    # Some of the papers carry a code of one facet only; of a code that none carries nothing else is to be said.
    assert at(cells, "nobody's", "p1")["note"] == "a code that no paper with codes of both facets carries"


def test_few_papers_that_are_not_none_are_sparse() -> None:
    left, right = blocks(30, 30), blocks(30, 30)[::-1].copy()
    right[[0, 59]] = right[[59, 0]]
    cells = gaps(table_of(left, right), "method", "proxy", **FEW)
    assert cells["n"].tolist() == [1, 29, 29, 1]
    assert cells["class"].tolist() == ["sparse", "crowded", "crowded", "sparse"]


def test_a_small_cell_is_untestable_in_the_tail_that_it_could_not_reach() -> None:
    # Three papers of 60 carry m0: that none of them has p0 is no surprise, that all have p1 would be one.
    left, right = blocks(3, 57), blocks(50, 10)
    right = np.concatenate([right[:3], right[3:][::-1]])
    cells = gaps(table_of(left, right), "method", "proxy", draws=9999, seed=1)
    small = at(cells, "m0", "p1")
    assert small["n"] == 0 and small["testable"] == "upper" and small["class"] == "as expected"
    # The least that the count can attain in each tail is the probability of the extreme count itself.
    none, every = hypergeometric_tails([0, 3], 3, 10, 60)
    assert small["least_lower"] == pytest.approx(none[0], abs=0.02) == small["p_lower"]
    assert small["least_upper"] == pytest.approx(every[1], rel=0.4)
    assert np.isnan(small["q_lower"]) and not np.isnan(small["q_upper"])
    assert small["note"] == "lower tail not tested: too few for few papers to be surprising"
    for tail in ("lower", "upper"):
        assert cells.loc[cells[f"q_{tail}"].isna(), "note"].str.len().gt(0).all()


def test_a_count_at_its_least_has_its_least_probability() -> None:
    rng = np.random.default_rng(8)
    left, right = rng.random((40, 6)) < 0.25, rng.random((40, 5)) < 0.3
    cells = gaps(table_of(left, right), "method", "proxy", draws=500, seed=2)
    empty = cells[cells["n"] == 0]
    assert len(empty) and empty["p_lower"].to_numpy() == pytest.approx(empty["least_lower"].to_numpy())
    assert (cells["least_lower"] <= cells["p_lower"] + 1e-12).all()
    assert (cells["least_upper"] <= cells["p_upper"] + 1e-12).all()
    assert (cells["least_lower"] >= 1 / 501 - 1e-12).all()


def test_where_papers_carry_one_code_the_quick_answer_is_the_null() -> None:
    rng = np.random.default_rng(6)
    left = np.eye(4, dtype=bool)[rng.integers(0, 4, 90)]
    right = np.eye(3, dtype=bool)[rng.integers(0, 3, 90)]
    cells = gaps(table_of(left, right), "method", "proxy", draws=8000, seed=4)
    for tail in ("lower", "upper"):
        off = (cells[f"p_{tail}"] - cells[f"quick_{tail}"]).abs()
        assert (off <= 4.5 * cells[f"p_{tail}_error"] + 2 / 8001).all()
    assert cells["expected"].to_numpy() == pytest.approx(cells["independent"].to_numpy(), rel=0.02)


def test_papers_that_carry_much_make_more_meetings_than_independence_expects() -> None:
    # Half the papers carry everything but one code of each facet, the others one code of each.
    rng = np.random.default_rng(9)
    left, right = (np.eye(5, dtype=bool)[rng.integers(0, 5, 60)] for _ in range(2))
    left[:30], right[:30] = ~left[:30], ~right[:30]
    cells = gaps(table_of(left, right), "method", "proxy", **FEW)
    assert (cells["expected"] > cells["independent"] + 3).all()
    # The quick answer takes that for associations; the null does not.
    assert (cells["quick_upper"] < 0.01).mean() > 0.3
    assert (cells["class"] == "as expected").all()


def test_what_a_rule_decides_is_not_tested_and_does_not_empty_its_neighbours() -> None:
    """By rule papers with m0 get p0. Beyond that nothing is going on: p1 of m0 is empty for want of room."""
    rng = np.random.default_rng(2)
    left = blocks(40, 40)
    right = np.zeros((80, 3), dtype=bool)
    right[:40, 0] = True
    right[np.arange(40, 80), rng.integers(0, 3, 40)] = True
    table = table_of(left, right)
    blind = gaps(table, "method", "proxy", **FEW)
    assert at(blind, "m0", "p1")["class"] == "gap" and at(blind, "m0", "p0")["class"] == "crowded"
    cells = gaps(table, "method", "proxy", by_rule=[("m0", "p0")], **FEW)
    tied = at(cells, "m0", "p0")
    assert tied["class"] == "by definition" and tied["note"] == "filled by rule" and np.isnan(tied["q_upper"])
    assert tied["expected"] == 40 == tied["n"]
    assert not set(cells["class"]) & {"gap", "sparse", "crowded"}
    assert gaps_summary(cells).iloc[0]["null"] != gaps_summary(blind).iloc[0]["null"]


def test_a_rule_holds_also_below_the_level_that_is_counted() -> None:
    rows = [code(f"p{i:02}", "failure_mode", "m", level="mentions") for i in range(10)]
    rows += [code(f"p{i:02}", "failure_mode", "k", level="measures") for i in range(8, 20)]
    rows += [code(f"p{i:02}", "stream", "home" if i < 10 else f"s{i % 2}") for i in range(20)]
    cells = gaps(
        final(rows),
        "failure_mode",
        "stream",
        min_level="measures",
        by_rule=[("m", "home")],
        row_codes=["k"],
        **FEW,
    )
    # Papers that only mention m keep their home stream, so k meets it in the same two papers whatever is drawn.
    assert at(cells, "k", "home")["expected"] == at(cells, "k", "home")["n"] == 2
    assert at(cells, "k", "home")["note"] == "not estimable: the margins leave one count only"


def test_papers_with_a_code_of_one_facet_only_take_no_part() -> None:
    """60 papers in which nothing is going on, and 40 that carry no method and all of one proxy."""
    rng = np.random.default_rng(12)
    left, right = blocks(20, 20, 20), np.eye(3, dtype=bool)[rng.permutation(np.repeat([0, 1, 2], 20))]
    bare = np.repeat([[True, False, False]], 40, axis=0)
    table = table_of(np.vstack([left, np.zeros((40, 3), dtype=bool)]), np.vstack([right, bare]))
    cells = gaps(table, "method", "proxy", **FEW)
    alone = gaps(table[table["paper"] < "p060"], "method", "proxy", **FEW)
    pd.testing.assert_frame_equal(cells, alone, check_flags=False)
    # Had the 40 taken part, 12 papers with m0 and p0 would have been expected instead of about 7, and as many missed.
    assert at(cells, "m0", "p0")["independent"] == pytest.approx(20 * 20 / 60)
    assert (
        at(cells, "m0", "p0")["quick_lower"]
        > hypergeometric_tails(at(cells, "m0", "p0")["n"], 20, 60, 100)[0]
    )
    assert not set(cells["class"]) & {"gap", "sparse", "crowded"}
    about = gaps_summary(cells).iloc[0]
    assert (about["papers"], about["left_out"], about["why_left_out"]) == (60, 40, "40 carry no method")
    assert gaps_summary(alone).iloc[0]["left_out"] == 0
    # Within one facet the papers without a code of it are left out too.
    about = gaps_summary(gaps(table, "method", "method", **FEW)).iloc[0]
    assert (about["papers"], about["left_out"]) == (60, 40)
    both = " ".join(read(charts.gaps_heatmap(cells)))
    assert "60 papers with a code of both facets (40 carry no method)" in both


def test_a_level_leaves_out_the_papers_below_it() -> None:
    rows = [
        code(f"p{i}", "failure_mode", f"m{i % 2}", level="measures" if i < 4 else "argues") for i in range(9)
    ]
    rows += [code(f"p{i}", "stream", f"s{i % 3}") for i in range(9)]
    about = gaps_summary(gaps(final(rows), "failure_mode", "stream", min_level="measures", **FEW)).iloc[0]
    assert about["papers"] == 4
    assert about["why_left_out"] == "5 carry no failure mode at the level measures or above"


def test_other_seeds_class_a_cell_alike_or_it_is_marked_close() -> None:
    rng = np.random.default_rng(20)
    load = rng.normal(0, 0.7, (150, 1))
    left, right = (rng.random((150, k)) < 1 / (1 + np.exp(1.2 - load + 0.25 * np.arange(k))) for k in (14, 8))
    right[:, 0] &= ~left[:, 0] | (rng.random(150) < 0.3)
    seeds = [gaps(table_of(left, right), "method", "proxy", seed=seed) for seed in (1, 2, 3)]
    assert all(10_000 <= cells.attrs["draws"] <= 20_000 for cells in seeds)
    differ = 0
    for one, other in combinations(seeds, 2):
        apart = (one["class"] != other["class"]) | (one["testable"] != other["testable"])
        found = one["class"].isin(["gap", "sparse", "crowded"]) & (one["class"] == other["class"])
        assert not (apart & ~found & ~one["close"] & ~other["close"]).any()
        differ += int(apart.sum())
    # The test can fail: some cells do change, and most are not marked.
    assert differ > 0
    assert all(cells["close"].mean() < 0.25 for cells in seeds)
    assert gaps_summary(seeds[0]).iloc[0]["close"] == seeds[0]["close"].sum()
    assert f"with other draws {seeds[0]['close'].sum()} cells may be classed otherwise" in in_words(seeds[0])


def test_absences_are_as_good_as_what_is_known_of_them() -> None:
    table = table_of(blocks(20, 20), blocks(20, 20)[::-1])
    ask: dict[str, Any] = {"rows": "method", "columns": "proxy", **FEW}
    assert set(gaps(table, **ask)["absence_supported"]) == {"not asked"}
    cells = gaps(table, **ask, absence={"m0": "yes", "m1": "not estimable", "elsewhere": "no"})
    assert cells["absence_supported"].tolist() == ["yes", "yes", "not estimable", "not estimable"]
    assert cells["class"].tolist() == ["gap", "crowded", "crowded", "gap"]
    assert gaps_summary(cells).iloc[0]["absence_supported"] == 1
    assert absence_in_words(cells).startswith("Of 2 methods, absence is supported for 1")
    unknown = gaps(table, **ask, absence=dict.fromkeys(("m0", "m1"), "not estimable"))
    assert absence_in_words(unknown).endswith("shown how often it is overlooked.")
    assert "No absence is supported: of none of the 2 methods" in " ".join(read(charts.gaps_heatmap(unknown)))
    assert absence_in_words(gaps(table, **ask)) == ""
    # A pair within a facet is as good as the weaker of its codes.
    pairs = gaps(table, "method", "method", absence={"m0": "yes", "m1": "no"}, **FEW)
    assert at(pairs, "m0", "m1")["absence_supported"] == "no"
    assert at(pairs, "m0", "m0")["absence_supported"] == "yes"
    with pytest.raises(ValueError, match=r"absence\['m0'\]='maybe' is not one of"):
        gaps(table, **ask, absence={"m0": "maybe"})
    with pytest.raises(ValueError, match="gaps"):
        absence_in_words(coverage(table, "method", "proxy"))


def test_the_true_reason_is_given_where_no_paper_counts() -> None:
    single = table_of(blocks(4, 5), blocks(4, 5)).assign(resolved="single")
    assert set(gaps(single, "method", "proxy", row_codes=["m0"], column_codes=["p0"], **FEW)["note"]) == {
        "no paper counts: 9 coded by one coder alone"
    }
    single.loc[single["paper"] < "p002", "resolved"] = "unresolved"
    cells = gaps(single, "method", "proxy", row_codes=["m0"], column_codes=["p0"], **FEW)
    assert set(cells["note"]) == {
        "no paper counts: 7 coded by one coder alone, 2 on which coders differ"
    } or set(cells["note"]) == {"no paper counts: 2 on which coders differ, 7 coded by one coder alone"}
    assert "7 coded by one coder alone" in gaps_summary(cells).iloc[0]["note"]
    assert "7 coded by one coder alone" in " ".join(read(charts.gaps_heatmap(cells)))
    none = gaps(final([]), "method", "proxy", row_codes=["m0"], column_codes=["p0"], **FEW)
    assert set(none["note"]) == {"no paper is coded from the abstract"}


def test_structural_zeros_by_pairs_and_by_function() -> None:
    rng = np.random.default_rng(5)
    left, right = np.eye(3, dtype=bool)[rng.integers(0, 3, 60)], np.eye(3, dtype=bool)[rng.integers(0, 3, 60)]
    right[left[:, 0] & right[:, 0]] = [False, True, False]
    table = table_of(left, right)
    pairs = gaps(table, "method", "proxy", structural=[("m0", "p0")], **FEW)
    asked = gaps(table, "method", "proxy", structural=lambda r, c: (r, c) == ("m0", "p0"), **FEW)
    pd.testing.assert_frame_equal(pairs, asked)
    zero = at(pairs, "m0", "p0")
    assert (
        zero["class"] == "structural zero" and zero["note"] == "empty by definition" and zero["expected"] == 0
    )
    assert not set(pairs["class"]) & {"gap", "sparse", "crowded"}
    assert gaps_summary(pairs).iloc[0]["structural"] == 1
    odd = gaps(table, "method", "proxy", structural=[("m1", "p1")], **FEW)
    assert at(odd, "m1", "p1")["note"] == "empty by definition, yet coded"
    with pytest.raises(ValueError, match="m0 x p0 is both structural and by rule"):
        gaps(table, "method", "proxy", structural=[("m0", "p0")], by_rule=[("m0", "p0")])


def test_a_facet_with_itself_tests_each_pair_once_and_no_diagonal() -> None:
    rng = np.random.default_rng(1)
    left = np.zeros((120, 4), dtype=bool)
    left[np.arange(100), rng.integers(0, 2, 100)] = True  # m0 or m1, never both
    left[:, 2:] = rng.random((120, 2)) < 0.5
    cells = gaps(table_of(left, left[:, :1]), "method", "method", **FEW)
    square = cells.pivot(index="row", columns="column", values="class")
    assert (np.diag(square) == "by definition").all()
    assert (square.to_numpy() == square.to_numpy().T).all()
    q = cells.pivot(index="row", columns="column", values="q_lower").to_numpy()
    assert np.allclose(q, q.T, equal_nan=True)
    assert square.loc["m0", "m1"] == "gap"
    about = gaps_summary(cells).iloc[0]
    assert about["cells"] == 6 and about["testable"] <= 6 and about["gap"] == 1
    assert about["k_lower"] <= 6
    # A part of the square, off the diagonal, has the same probabilities.
    part = gaps(
        table_of(left, left[:, :1]), "method", "method", row_codes=["m1"], column_codes=["m0", "m1"], **FEW
    )
    assert at(part, "m1", "m0")["p_lower"] == at(cells, "m1", "m0")["p_lower"]


def test_unclear_stands_alone_and_is_no_gap_within_its_facet() -> None:
    rows = [code(f"p{i:02}", "proxy", "unclear") for i in range(30)]
    rows += [code(f"p{i:02}", "proxy", c) for i in range(30, 60) for c in ("a", "b")[: 1 + i % 2]]
    ask: dict[str, Any] = {"row_codes": ["a", "b", "unclear"], "column_codes": ["a", "b", "unclear"], **FEW}
    cells = gaps(final(rows), "proxy", "proxy", structural=lambda r, c: "unclear" in (r, c) and r != c, **ask)
    assert at(cells, "unclear", "a")["class"] == at(cells, "a", "unclear")["class"] == "structural zero"
    assert at(cells, "unclear", "unclear")["class"] == "by definition"


DEGENERATE = {
    "nobody has coded": (final([]), "no paper"),
    "one paper": (table_of([[1, 0]], [[1]]), "not estimable: the null is a single table: one paper only"),
    "one code each": (table_of([[1]] * 9, [[1]] * 9), "not estimable: the null is a single table"),
    "nobody carries": (
        table_of(np.zeros((9, 1)), blocks(4, 5)),
        "no paper can be in a cell: 9 carry no method",
    ),
    "no code carried by one": (table_of(blocks(4, 5)[:, :1], blocks(4, 5)), "a code that no paper"),
    "all carry all": (
        table_of(np.ones((9, 2)), np.ones((9, 2))),
        "not estimable: the null is a single table",
    ),
    "few papers": (table_of(blocks(2, 2), blocks(2, 2)), "too few: could not have been surprising"),
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.filterwarnings("error")
def test_degenerate_tables_are_explained(case: str) -> None:
    table, why = DEGENERATE[case]
    cells = gaps(
        table, "method", "proxy", row_codes=["m0", "m1"], column_codes=["p0", "p1"], draws=199, seed=1
    )
    assert len(cells) == 4 and (cells["class"] == "untestable").all()
    assert cells["note"].str.len().gt(0).all()
    assert any(note.startswith(why) for note in cells["note"]), cells["note"].tolist()
    assert cells[["expected", "p_lower", "p_upper", "quick_lower", "independent"]].notna().all(axis=None)
    about = gaps_summary(cells).iloc[0]
    assert about["testable"] == 0 and about["note"]
    assert "none could have been surprising" in in_words(cells)
    assert "No cell could have been surprising" in " ".join(read(charts.gaps_heatmap(cells)))


def test_without_draws_only_the_quick_answer_is_given() -> None:
    cells = gaps(table_of(blocks(20, 20), blocks(20, 20)[::-1]), "method", "proxy", draws=0)
    assert (cells["note"] == "not estimable: no null draws").all() and cells["expected"].isna().all()
    assert cells["quick_lower"].min() < 1e-9


def test_so_few_draws_that_nothing_can_be_found_is_said() -> None:
    rng = np.random.default_rng(1)
    cells = gaps(
        table_of(rng.random((60, 8)) < 0.4, rng.random((60, 8)) < 0.4), "method", "proxy", draws=99, seed=1
    )
    assert "so few draws" in gaps_summary(cells).iloc[0]["note"]


def test_the_same_seed_gives_the_same_table() -> None:
    rng = np.random.default_rng(1)
    table = table_of(rng.random((40, 5)) < 0.3, rng.random((40, 4)) < 0.3)
    one = gaps(table, "method", "proxy", **FEW)
    pd.testing.assert_frame_equal(one, gaps(table.sample(frac=1, random_state=3), "method", "proxy", **FEW))
    assert not one.equals(gaps(table, "method", "proxy", draws=999, seed=2))


bits = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=0, max_size=12)


@settings(max_examples=20, deadline=None)
@given(bits, st.integers(0, 1000))
def test_every_table_is_whole(rows: list[list[bool]], seed: int) -> None:
    left = np.array(rows, dtype=bool).reshape(-1, 3)
    right = np.random.default_rng(seed).random(left.shape) < 0.5
    table = table_of(left, right)
    for columns in ("proxy", "method"):
        cells = gaps(table, "method", columns, draws=60, seed=seed)
        assert set(cells["class"]) <= set(CLASSES)
        p = cells[["p_lower", "p_upper"]].to_numpy()
        assert ((p >= 1 / 61 - 1e-12) & (p <= 1)).all()
        assert (p.sum(axis=1) >= 1).all()  # both tails have the observed count
        assert cells.loc[cells[["q_lower", "q_upper"]].isna().any(axis=1), "note"].str.len().gt(0).all()
        surprising = cells["class"].isin(["gap", "sparse", "crowded"])
        assert cells.loc[surprising, "testable"].ne("neither").all()
        assert cells.loc[cells["residual"].isna(), "note"].str.len().gt(0).all()
        about = gaps_summary(cells).iloc[0]
        kinds = ["gap", "sparse", "as_expected", "crowded", "untestable", "by_definition", "structural"]
        assert about[kinds].sum() == about["cells"]
        assert about["testable"] == about[["gap", "sparse", "as_expected", "crowded"]].sum()


def test_false_discoveries_under_the_null_and_planted_gaps() -> None:
    """The small version of benchmarks/simulate_gaps.py."""
    rng = np.random.default_rng(20261125)
    false, missed, planted = 0, 0, 0
    runs = 40
    for run in range(runs):
        load = rng.normal(0, 0.7, (220, 1))
        left, right = (
            rng.random((220, 6)) < 1 / (1 + np.exp(-(load - 0.4 - 0.5 * np.arange(6)))) for _ in range(2)
        )
        cells = gaps(table_of(left, right), "method", "proxy", draws=1999, trades=330, seed=run)
        false += bool(cells["class"].isin(["gap", "sparse", "crowded"]).any())
        if run % 4 == 0:
            # Whoever has m0 and p0 has another proxy instead.
            for i in np.flatnonzero(left[:, 0] & right[:, 0] & ~right.all(1)):
                right[i, 0], right[i, rng.choice(np.flatnonzero(~right[i]))] = False, True
            cells = gaps(table_of(left, right), "method", "proxy", draws=1999, trades=330, seed=run)
            planted += 1
            missed += at(cells, "m0", "p0")["class"] not in ("gap", "sparse")
    # Nothing is to be found, so every find makes a rate of 1: at most 5% of tables, and chance.
    assert false <= 0.05 * runs + 2 * (0.05 * 0.95 * runs) ** 0.5
    assert planted == 10 and missed == 0


def test_words_say_what_was_found_and_what_could_not_be() -> None:
    cells = gaps(table_of(blocks(20, 20), blocks(20, 20)[::-1]), "method", "proxy", **FEW)
    said = in_words(cells, names={"m0": "Audit", "p0": "Score"})
    assert said.startswith(
        "Of 4 cells, 4 could have been surprising: 4 by having few papers or none, 4 by having many."
    )
    assert "Surprisingly empty: Audit with Score (0 where" in said and "p = 0.001" in said
    assert "None is surprisingly sparse." in said
    rng = np.random.default_rng(3)
    dull = gaps(table_of(rng.random((80, 3)) < 0.4, rng.random((80, 3)) < 0.4), "method", "proxy", **FEW)
    assert in_words(dull).endswith("None of them is.")
    assert in_words(cells, most=1).count("and 1 more") == 2
    with pytest.raises(ValueError, match="gaps"):
        in_words(coverage(table_of(blocks(2, 2), blocks(2, 2)), "method", "proxy"))


def drawn(width: str, cells: pd.DataFrame, names: Sequence[str] = ()) -> list[str]:
    chart = charts.gaps_heatmap(
        cells,
        names={f"m{k}": name for k, name in enumerate(names)},
        sides={"m0": "evaluation", "m1": "alignment"},
        row_facet="method",
        column_facet="proxy",
        width=width,  # type: ignore[arg-type]
        stamp=STAMP,
    )
    svg = drawing(chart)
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) == (SINGLE if width == "single" else DOUBLE)  # type: ignore[index]
    placed = words(svg)
    for one, other in ((a, b) for k, a in enumerate(placed) for b in placed[k + 1 :]):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert across <= 0.5 or down <= 0.5, (one, other)
    return [word.text for word in placed]


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_tells_classes_apart_and_says_how_many_were_tested(width: str) -> None:
    left = blocks(40, 40, 1)
    right = np.concatenate([blocks(40, 40)[::-1], [[True, False]]])
    cells = gaps(table_of(left, right), "method", "proxy", by_rule=[("m2", "p0")], **FEW)
    assert set(cells["class"]) == {"gap", "crowded", "by definition", "untestable"}
    texts = drawn(width, cells, ["Audit or case study of a released system", "Attack", "Survey"])
    assert {"gap: surprisingly empty", "surprisingly many", "decided by a rule"} <= set(texts)
    assert "as expected" not in texts and "surprisingly few" not in texts
    assert any(re.fullmatch(r"0 / \d+\.\d", t) for t in texts)
    whole = " ".join(texts)
    assert "4 of 6 cells are testable" in whole and "given these 81 papers" in whole and STAMP in whole
    spec = charts.gaps_heatmap(cells).to_dict()
    marks = {
        (layer["mark"].get("stroke"), layer["mark"].get("fill"), layer["mark"].get("strokeWidth"))
        for layer in spec["layer"]
        if isinstance(layer.get("mark"), dict) and layer["mark"]["type"] == "rect"
    }
    assert len(marks) == 4


def test_narrow_cells_leave_the_expected_counts_to_the_note() -> None:
    rng = np.random.default_rng(0)
    left, right = blocks(*[30] * 12), np.roll(blocks(*[30] * 12), 30, axis=0)
    right[rng.permutation(360)[:200]] = right[rng.permutation(360)[:200]]
    cells = gaps(table_of(left, right), "method", "proxy", **FEW)
    assert cells["class"].eq("crowded").any()
    texts = " ".join(read(charts.gaps_heatmap(cells, width="single")))
    assert "Papers / expected:" in texts and not re.search(r"expected by both margins", texts)


def test_nothing_to_draw_is_said() -> None:
    cells = gaps(final([]), "method", "proxy", draws=10)
    assert "Nothing to draw" in " ".join(read(charts.gaps_heatmap(cells, width="single", stamp=STAMP)))


@pytest.mark.parametrize("which", ["pilot", "repository"])
def test_the_rules_name_codes_that_the_schema_has(which: str, pilot: Path) -> None:
    root = {"pilot": pilot, "repository": Path(__file__).parent.parent}[which]
    schema = load_schema(root)
    modes = {c.id for c in schema.failure_modes}
    held = assumptions(root)
    assert set(held.decided) <= {facet for facet, _ in CROSSED}
    for facet in held.decided:
        codes = {c.id for f in schema.facets if f.id == facet for c in f.codes}
        assert held.pairs(facet) <= set(product(modes, codes))
    # Every mode has a home stream.
    assert {m for m, _ in held.pairs("stream")} == modes


def test_the_ties_of_method_are_those_that_two_readers_of_the_codebook_named(pilot: Path) -> None:
    held = assumptions(pilot)
    assert held.pairs("method") == {
        ("protocol-sensitivity", "perturbation"),
        ("adversarial-fragility", "attack"),
        ("judge-manipulation", "attack"),
        ("reward-overoptimization", "controlled-training"),
        ("safety-erosion", "controlled-training"),
        ("interpretability-illusion", "interpretability-probe"),
        ("statistical-fragility", "statistical-reanalysis"),
        ("disclosure-gap", "audit"),
    }


def coded_survey(root: Path, by: Sequence[str] = coded.PASSES) -> Survey:
    """Fill a survey: twelve papers that raise a mode, and four that raise none."""
    papers = [f"p{n:02}" for n in range(1, 17)]
    rows = []
    for n, paper in enumerate(papers):
        rows += [coded.stream(paper, "llm-as-judge" if n % 2 else "reward-hacking"), coded.pressure(paper)]
        if n < 12:
            rows.append(coded.mode(paper, "judge-bias" if n % 2 else "reward-gaming"))
    coded.listed(root, *papers)
    coded.keep(root, *papers)
    for coder in by:
        coded.coded(root, coder, *rows)
    return open_survey(root)


def test_the_answer_says_who_took_part_and_that_no_absence_is_supported(survey: Path) -> None:
    opened = coded_survey(survey)
    answer = surprising(opened)
    summary = answer.tables["gaps-summary"]
    streams = summary[(summary["columns"] == "stream") & (summary["min_level"] == "mentions")].iloc[0]
    assert (streams["papers"], streams["left_out"]) == (12, 4)
    assert streams["why_left_out"] == "4 carry no failure mode"
    assert set(answer.tables["gaps-stream"]["absence_supported"]) == {"not estimable"}
    printed = answer.printed[0]
    assert "No absence is supported: of none of the 3 failure modes" in printed.note
    assert (
        f"stream {streams['testable']} of 6 ({streams['testable_lower']}; {streams['close']})" in printed.note
    )
    assert "12 papers (4 carry no failure mode and can be in no cell)" in printed.note
    numbers = {n.name: n.value for n in answer.numbers}
    assert (numbers["GapsStreamPapers"], numbers["GapsStreamLeftOut"]) == (12, 4)
    assert numbers["GapsStreamDraws"] == 10_000
    for figure in answer.figures:
        assert "No absence is supported" in figure.description
        assert "No absence is supported" in " ".join(read(figure.draw("double")))
    assert each_in_words(opened).startswith("- By stream: Of 6 cells, ")
    # Asked twice of one opened survey, the grids are drawn once; of the survey opened anew, anew.
    assert grids(opened)[0] is grids(opened)[0]
    assert grids(open_survey(survey))[0] is not grids(opened)[0]


def test_what_is_held_and_what_a_test_without_it_finds_stand_side_by_side(survey: Path) -> None:
    (survey / "coding_schema/assumptions.yaml").write_text(
        "decided:\n  stream:\n    llm-as-judge: [judge-bias]\n    reward-hacking: [reward-gaming]\n", "utf-8"
    )
    opened = coded_survey(survey)
    tables = surprising(opened).tables | ignoring_rules(opened).tables
    cells = tables["gaps-stream"]
    assert not set(cells["class"]) & {"gap", "sparse", "crowded"}
    plain = tables["gaps-ignoring-rules"]
    assert set(plain.loc[plain["min_level"] == "mentions", "class"]) == {"gap", "crowded"}
    nulls = {name: set(tables[name]["null"]) for name in ("gaps-summary", "gaps-ignoring-rules-summary")}
    assert "margins, what rules decide held" in nulls["gaps-summary"]
    assert nulls["gaps-ignoring-rules-summary"] == {"margins"}


def test_where_no_rule_is_held_there_is_nothing_to_ignore(survey: Path) -> None:
    table = ignoring_rules(coded_survey(survey)).tables["gaps-ignoring-rules"]
    assert table.empty and "class" in table.columns


def test_a_survey_of_one_coder_is_told_so(survey: Path) -> None:
    answer = surprising(coded_survey(survey, by=["pass-a"]))
    assert "no paper counts: 16 coded by one coder alone" in set(answer.tables["gaps-stream"]["note"])
    assert "16 coded by one coder alone" in answer.tables["gaps-summary"]["note"].iloc[0]


def test_a_survey_without_codings_gets_an_answer_that_says_so(survey: Path) -> None:
    answer = surprising(open_survey(survey))
    assert len({n.name for n in answer.numbers}) == len(answer.numbers)
    assert all(n.value == 0 for n in answer.numbers if "Testable" in n.name or n.name.endswith("Gap"))
    assert answer.tables["gaps-summary"]["note"].str.len().gt(0).all()
    assert answer.printed[0].table.empty and "No cell is surprising" in answer.printed[0].caption
    for figure in answer.figures:
        assert "none could have been surprising" in figure.description
        assert "No cell could have been surprising" in " ".join(read(figure.draw("single")))
