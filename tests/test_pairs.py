"""Pairs are as surprising as enumeration, the hypergeometric law and another package say, and no more often."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy import sparse, stats

from analysis.cooccurrence import cooccurrence, edges_table
from analysis.pairs import backbone, groups_of_pairs, never_met, pairs, with_significance
from analysis.selection import Incidence
from tests.test_coverage import code, final
from tests.test_nullmodel import among

FIXTURE = Path(__file__).parent / "fixtures" / "pairs_bicm.json"


def carried(matrix: ArrayLike, codes: list[str] | None = None) -> pd.DataFrame:
    """Return the table ``final`` of a papers x codes matrix."""
    held = np.asarray(matrix)
    names = codes or [f"m{j}" for j in range(held.shape[1])]
    return final(
        [
            *(code(f"p{i}", "stream", "s") for i in range(len(held))),
            *(code(f"p{i}", "failure_mode", names[j], level="argues") for i, j in np.argwhere(held)),
        ]
    )


def held(matrix: ArrayLike) -> Incidence:
    made = np.asarray(matrix, dtype=np.int64)
    papers, codes = made.shape
    return Incidence(
        sparse.csr_matrix(made), [f"p{i}" for i in range(papers)], [f"m{j}" for j in range(codes)]
    )


def test_tails_are_those_of_every_matrix_with_the_margins() -> None:
    start = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]])
    every = [
        np.frombuffer(m, dtype=bool).reshape(start.shape)
        for m in among(start.sum(1).tolist(), start.sum(0).tolist())
    ]
    assert len(every) == 68
    table = pairs(carried(start), draws=20_000, trades=30)
    assert list(zip(table["source"], table["target"], strict=True)) == list(
        itertools.combinations(["m0", "m1", "m2", "m3"], 2)
    )
    for row in table.to_dict("records"):
        i, j = int(row["source"][1]), int(row["target"][1])
        law = np.array([int((m[:, i] & m[:, j]).sum()) for m in every])
        assert row["count"] == int((start[:, i] & start[:, j]).sum())
        assert row["expected"] == pytest.approx(law.mean(), abs=0.02)
        assert row["p_lower"] == pytest.approx((law <= row["count"]).mean(), abs=0.015)
        assert row["p_upper"] == pytest.approx((law >= row["count"]).mean(), abs=0.015)


def test_among_many_other_codes_two_meet_by_the_hypergeometric_law() -> None:
    # With many other codes a paper's total says little of whether it carries one given code: the columns are then as
    # good as drawn alone, and the quick tails are the null's.
    rng = np.random.default_rng(5)
    matrix = rng.random((40, 62)) < 0.5
    matrix[:, 0] = np.arange(40) < 14
    matrix[:, 1] = (np.arange(40) >= 4) & (np.arange(40) < 16)
    row = pairs(carried(matrix, [f"m{j:02d}" for j in range(62)]), draws=4_000).iloc[0]
    assert (row["source"], row["target"], row["count"]) == ("m00", "m01", 10)
    assert row["quick_upper"] == pytest.approx(stats.hypergeom.sf(9, 40, 14, 12), rel=1e-12)
    assert row["p_upper"] == pytest.approx(row["quick_upper"], abs=0.003)
    assert row["expected"] == pytest.approx(14 * 12 / 40, abs=0.05)


def test_the_women_of_the_deep_south_meet_as_bicm_says() -> None:
    """BiCM keeps degrees on average only: the order of the pairs is the same, the probabilities are near."""
    told = json.loads(FIXTURE.read_text("utf-8"))
    assert told["origin"].startswith("bicm")
    table = pairs(carried(told["matrix"], told["codes"]), draws=10_000)
    reference = pd.DataFrame(told["pairs"], columns=told["columns"])
    reference["source"] = [told["codes"][int(k)] for k in reference["a"]]
    reference["target"] = [told["codes"][int(k)] for k in reference["b"]]
    both = table.merge(reference, on=["source", "target"], validate="1:1")
    assert len(both) == 153
    assert both["count"].tolist() == both["together"].tolist()
    assert np.abs(both["expected_x"] - both["expected_y"]).max() < 0.35
    for ours, theirs in (("p_upper", "upper"), ("p_lower", "lower")):
        assert stats.spearmanr(both[ours], both[theirs]).statistic > 0.97
        assert np.abs(both[ours] - both[theirs]).max() < 0.2
        # Degrees that hold on average only let counts vary more: BiCM is the more cautious where it matters.
        low = both[theirs] < 0.4
        assert low.sum() > 20
        assert (both.loc[low, ours] <= both.loc[low, theirs]).all()
    # What BiCM finds least probable lies among the least probable of ours; near ties may change places.
    assert set(both["upper"].nsmallest(3).index) <= set(both["p_upper"].nsmallest(12).index)


def planted(seed: int = 3) -> np.ndarray:
    """120 papers x 8 codes: m0 and m1 go together, m2 and m3 never do, the rest as it falls."""
    rng = np.random.default_rng(seed)
    matrix = rng.random((120, 8)) < 0.3
    matrix[:, 1] = matrix[:, 0] ^ (rng.random(120) < 0.05)
    matrix[:, 2] = np.arange(120) % 2 == 0
    matrix[:, 3] = (np.arange(120) % 2 == 1) & (rng.random(120) < 0.7)
    return matrix


def test_planted_pairs_are_found_and_are_the_backbone() -> None:
    table = pairs(carried(planted()), separated=[("m3", "m2")])
    found = {(r["source"], r["target"]): r["class"] for r in table.to_dict("records")}
    assert found["m0", "m1"] == "crowded"
    assert found["m2", "m3"] == "gap"
    assert table["separated"].sum() == 1
    graph = cooccurrence(carried(planted()))
    bone = backbone(graph, table)
    assert set(bone) == set(graph)
    signs = {tuple(sorted(e[:2])): e[2]["sign"] for e in bone.edges(data=True)}
    assert signs["m0", "m1"] == 1 and signs["m2", "m3"] == -1
    assert len(signs) == (table["class"].isin(["crowded", "sparse", "gap"])).sum()
    assert bone.edges["m2", "m3"]["p"] == table.set_index(["source", "target"]).loc[("m2", "m3"), "p_lower"]
    assert bone.graph["testable"] == table.attrs["tested"]["testable"] == 28


def test_without_structure_surprises_are_as_rare_as_the_level_says() -> None:
    # Every finding among unrelated codes is false: data sets with any number at most 5 in 100, of 40.
    with_any = 0
    for seed in range(40):
        matrix = np.random.default_rng(seed).random((60, 8)) < 0.25
        table = pairs(carried(matrix), draws=1_500, seed=seed)
        with_any += bool(table["class"].isin(["crowded", "sparse", "gap"]).any())
    assert with_any <= stats.binom.ppf(0.999, 40, 2 * 0.05)  # two tails, each at 0.05


def test_what_never_met_is_listed_by_how_surprising_it_is() -> None:
    matrix = np.zeros((60, 5), dtype=bool)
    matrix[:20, 0] = matrix[20:45, 1] = True
    matrix[45:58, [0, 2]] = True
    matrix[3:6, 2] = matrix[30, 3] = matrix[25:30, 3] = True
    table = pairs(carried(matrix), separated=[("m0", "m1")], draws=2_000)
    missed = never_met(table)
    assert next(zip(missed["source"], missed["target"], strict=True)) == ("m0", "m1")
    assert missed["p_lower"].is_monotonic_increasing
    assert set(zip(missed["source"], missed["target"], strict=True)) == {
        ("m0", "m1"),
        ("m0", "m3"),
        ("m1", "m2"),
        ("m2", "m3"),
    }
    assert missed["separated"].tolist() == [True, False, False, False]
    by_pair = missed.set_index(["source", "target"])
    assert by_pair.loc[("m0", "m1"), "class"] == "gap"
    assert by_pair.loc[("m2", "m3"), "class"] == "untestable"
    assert "too few" in by_pair.loc[("m2", "m3"), "note"]
    # m4 is carried by nobody: it should have met nothing.
    assert "m4" not in set(missed["source"]) | set(missed["target"])


def test_edges_say_how_surprising_they_are() -> None:
    table, graph = pairs(carried(planted())), cooccurrence(carried(planted()))
    told = edges_table(with_significance(graph, table))
    joined = told.merge(table, on=["source", "target"], suffixes=("", "_pair"), validate="1:1")
    assert len(joined) == graph.number_of_edges()
    for name in ("p_upper", "q_upper", "class", "testable", "expected"):
        pd.testing.assert_series_equal(joined[name], joined[f"{name}_pair"], check_names=False)
    assert "class" not in edges_table(graph) and "class" not in graph.edges["m0", "m1"]
    with pytest.raises(ValueError, match="same papers"):
        with_significance(graph, table.assign(count=0))
    with pytest.raises(ValueError, match="not in the table"):
        with_significance(graph, table.iloc[1:])


def test_groups_of_pairs_add_up() -> None:
    matrix = planted()
    every = list(itertools.combinations([f"m{j}" for j in range(8)], 2))
    table = groups_of_pairs(
        held(matrix),
        {"all": every, "planted": [("m1", "m0")], "apart": [("m2", "m3")], "none": [("m0", "x")]},
    ).set_index("group")
    # A paper's number of pairs is fixed by its number of codes, and so is their sum.
    sums = matrix.sum(1)
    assert table.loc["all", "count"] == (sums * (sums - 1) // 2).sum()
    assert table.loc["all", "note"] == "not estimable: the margins leave one count only"
    assert table.loc["all", "sd"] == 0
    # Another order of the papers, so other draws: the same within their error.
    one = pairs(carried(matrix), draws=5_000).set_index(["source", "target"])
    assert table.loc["planted", "p_upper"] == one.loc[("m0", "m1"), "p_upper"] == 1 / 5_001
    assert table.loc["planted", "expected"] == pytest.approx(one.loc[("m0", "m1"), "expected"], abs=0.15)
    assert table.loc["planted", "p"] == 2 * table.loc["planted", "p_upper"]
    # Holm over the two that can be tested: twice the least, and the larger of that and the other.
    p = sorted([table.loc["planted", "p"], table.loc["apart", "p"]])
    adjusted = sorted([table.loc["planted", "p_adjusted"], table.loc["apart", "p_adjusted"]])
    assert adjusted == [2 * p[0], max(2 * p[0], p[1])]
    assert table.loc["none", "pairs"] == 0 and table.loc["none", "note"] == "no such pair in use"


def test_a_group_is_found_where_no_pair_of_it_could_be() -> None:
    # Ten pairs of rare codes, each pair together in two of the three papers of each code.
    matrix = np.zeros((200, 30), dtype=bool)
    for k in range(10):
        matrix[4 * k : 4 * k + 2, [2 * k, 2 * k + 1]] = True
        matrix[4 * k + 2, 2 * k] = matrix[4 * k + 3, 2 * k + 1] = True
    matrix[40:, 20:] = np.random.default_rng(1).random((160, 10)) < 0.2
    inside = [(f"m{2 * k}", f"m{2 * k + 1}") for k in range(10)]
    row = groups_of_pairs(held(matrix), {"planted": inside}, draws=1_000).iloc[0]
    assert row["count"] == 20 and row["met"] == 10
    assert row["p_upper"] == 1 / 1_001


ONE = [("a", "m0"), ("a", "m1")]
CASES: dict[str, list[tuple[str, str]]] = {
    "no papers": [],
    "one paper": ONE,
    "one code": [("a", "m0"), ("b", "m0")],
    "no edges": [("a", "m0"), ("b", "m1"), ("c", "m0")],
    "all papers carry all codes": [(p, m) for p in "abcd" for m in ("m0", "m1", "m2")],
    "two parts": [(p, m) for p, ms in (("a", "01"), ("b", "01"), ("c", "23"), ("d", "23")) for m in ms],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("codes", [None, ["m0", "m1", "m9"]])
def test_degenerate_tables_give_a_defined_result(case: str, codes: list[str] | None) -> None:
    rows = final([code(p, "failure_mode", m, level="argues") for p, m in CASES[case]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = pairs(rows, codes=codes, draws=200)
        graph = cooccurrence(rows, codes=codes)
        bone, missed = backbone(graph, table), never_met(table)
        told = edges_table(with_significance(graph, table))
    assert not table["class"].isin(["crowded", "sparse", "gap"]).any()
    assert bone.number_of_edges() == 0
    assert (table.loc[table["class"] == "untestable", "note"] != "").all()
    assert (missed["note"] != "").all() and (missed["class"] == "untestable").all()
    assert len(told) == graph.number_of_edges()
    if codes:
        assert len(table) == 3 and (table.loc[table["target"] == "m9", "note"] != "").all()
    if case == "no edges" and not codes:
        assert len(missed) == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), unique=True, max_size=35), st.randoms())
def test_the_order_of_rows_does_not_matter_and_missing_is_said(
    places: list[tuple[int, int]], random: object
) -> None:
    rows = [code(f"p{p}", "failure_mode", f"m{m}", level="argues") for p, m in places]
    table = pairs(final(rows), draws=100)
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(table, pairs(final(shuffled), draws=100))
    assert (table["source"] < table["target"]).all()
    for tail in ("lower", "upper"):
        assert (table[f"q_{tail}"].notna() == table["testable"].isin([tail, "both"])).all()
        assert table[f"p_{tail}"].between(1 / 101, 1).all()
        assert (
            table[f"q_{tail}"].dropna() >= table.loc[table[f"q_{tail}"].notna(), f"p_{tail}"] - 1e-12
        ).all()
    assert (table["count"] == table["papers"].map(len)).all()
    crossed = (table["n_source"] * table["n_target"] / max(table.attrs["papers"], 1)).tolist()
    assert table["independent"].tolist() == pytest.approx(crossed)
