"""Which cells are gaps, which could never have been, and what rules decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
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
from analysis.coverage import CLASSES, coverage, gaps, gaps_summary, in_words
from analysis.surprise import hypergeometric_tails
from tests.test_charts import STAMP, drawing, read, words
from tests.test_coverage import code, final
from workbench.assumptions import assumptions
from workbench.results.gaps import CROSSED, surprising
from workbench.schema import load_schema
from workbench.survey import open_survey

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
    assert at(cells, "nobody's", "p1")["note"] == "a code that no paper carries"


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
    "nobody carries": (table_of(np.zeros((9, 1)), blocks(4, 5)), "a code that no paper carries"),
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
        load = rng.normal(0, 0.7, (100, 1))
        left, right = (
            rng.random((100, 6)) < 1 / (1 + np.exp(-(load - 0.4 - 0.5 * np.arange(6)))) for _ in range(2)
        )
        cells = gaps(table_of(left, right), "method", "proxy", draws=1999, trades=150, seed=run)
        false += bool(cells["class"].isin(["gap", "sparse", "crowded"]).any())
        if run % 4 == 0:
            # Whoever has m0 and p0 has another proxy instead.
            for i in np.flatnonzero(left[:, 0] & right[:, 0] & ~right.all(1)):
                right[i, 0], right[i, rng.choice(np.flatnonzero(~right[i]))] = False, True
            cells = gaps(table_of(left, right), "method", "proxy", draws=1999, trades=150, seed=run)
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


def test_the_rules_name_codes_that_the_schema_has() -> None:
    schema = load_schema(Path(__file__).parent.parent)
    modes = {c.id for c in schema.failure_modes}
    held = assumptions(Path(__file__).parent.parent)
    assert set(held.decided) <= {facet for facet, _ in CROSSED}
    for facet in held.decided:
        codes = {c.id for f in schema.facets if f.id == facet for c in f.codes}
        assert held.pairs(facet) <= set(product(modes, codes))
    # Every mode has a home stream.
    assert {m for m, _ in held.pairs("stream")} == modes
    assert held.pairs("method") == frozenset()


def test_a_survey_without_codings_gets_an_answer_that_says_so(survey: Path) -> None:
    answer = surprising(open_survey(survey))
    assert len({n.name for n in answer.numbers}) == len(answer.numbers)
    assert all(n.value == 0 for n in answer.numbers if "Testable" in n.name or n.name.endswith("Gap"))
    assert answer.tables["gaps-summary"]["note"].str.len().gt(0).all()
    assert answer.printed[0].table.empty and "No cell is surprising" in answer.printed[0].caption
    for figure in answer.figures:
        assert "none could have been surprising" in figure.description
        assert "No cell could have been surprising" in " ".join(read(figure.draw("single")))
