"""The two sides: differences of shares that share papers, moved modes, the test against pressure, counterpart pairs."""

from __future__ import annotations

from itertools import combinations, permutations
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis import charts
from analysis.charts.theme import DOUBLE, SINGLE, TEXT
from analysis.sides import (
    FIRST,
    SECOND,
    association,
    contested,
    counterparts,
    difference,
    differences,
    rates,
    sensitivity,
    wilson,
)
from benchmarks.simulate_sides import coverage, survey
from tests.test_charts import STAMP, drawing, words
from tests.test_coverage import code, final
from workbench.answers.sides import CODED, RULED, UNRULED, caveat, without

MODES = pd.DataFrame(
    {
        "code": ["e1", "e2", "a1", "a2", "g1"],
        "name": ["Eval one", "Eval two", "Align one", "Align two", "Gov one"],
        "side": ["evaluation", "evaluation", "alignment", "alignment", "governance"],
        "goodhart": ["causal", "none", "causal", "none", "none"],
        "neighbours": [("e2", "a1"), ("e1", "a2", "g1"), ("e1",), ("a1", "e1", "e2", "g1"), ("e1",)],
        "counterparts": [("a1",), (), ("e1", "g1"), (), ("a1",)],
    }
)
SIDES = dict(zip(MODES["code"], MODES["side"], strict=True))


def paper(key: str, pressure: str, *modes: tuple[str, str, str], also: str = "") -> list[dict[str, object]]:
    """Rows of one paper: its principal pressure, one more, and modes as (code, level, mitigates)."""
    rows = [code(key, "failure_mode", m, level=level, mitigates=fix) for m, level, fix in modes]
    rows.append(code(key, "optimisation_pressure", pressure, principal="yes"))
    return rows + ([code(key, "optimisation_pressure", also, principal="no")] if also else [])


SMALL = final(
    [
        *paper("p1", "none", ("e1", "measures", "no"), ("e2", "mentions", "yes")),
        *paper("p2", "none", ("e1", "argues", "no"), ("a1", "demonstrates", "measured")),
        *paper("p3", "training", ("a1", "measures", "no"), ("a2", "mentions", "no"), also="none"),
        *paper("p4", "training", ("g1", "demonstrates", "yes")),
        *paper("p5", "none"),
    ]
)


def test_the_interval_is_newcombes_where_all_units_are_shared() -> None:
    # Cavo et al. 2012 (59, 6, 16, 80) as in the tests of R's contingencytables 3.1.0 (ocbe-uio/contingencytables,
    # tests/testthat/test-ch8.R): Newcombe square-and-add, -0.0621 (-0.1186 to -0.0046).
    assert difference((65, 161), (75, 161), (59, 6, 16, 80)) == pytest.approx(
        (-0.0621, -0.1186, -0.0046), abs=5e-5
    )


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2"), [(56, 70, 48, 80), (9, 10, 3, 10), (0, 12, 5, 30), (10, 10, 0, 20)]
)
def test_the_interval_is_newcombes_where_no_unit_is_shared(x1: int, n1: int, x2: int, n2: int) -> None:
    expected = confint_proportions_2indep(x1, n1, x2, n2, compare="diff", method="newcomb")
    assert difference((x1, n1), (x2, n2))[1:] == pytest.approx(expected, abs=1e-9)


def test_wilson_has_exact_ends_at_none_and_all() -> None:
    low, high = wilson([0, 10], [10, 10])
    assert low[0] == 0.0 and high[1] == 1.0
    assert high[0] == pytest.approx(0.2775, abs=1e-4)  # z^2 / (n + z^2)


_four = st.tuples(*[st.integers(0, 12)] * 4)


@settings(max_examples=150, deadline=None)
@given(_four, st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_the_interval_holds_the_estimate_and_turns_round_with_the_sides(
    shared: tuple[int, int, int, int], a: int, b: int, c: int, d: int
) -> None:
    e, f, g, h = shared
    first, second = (a + e + f, a + b + e + f + g + h), (c + e + g, c + d + e + f + g + h)
    if min(first[1], second[1]) == 0:
        with pytest.raises(ValueError, match="needs a unit"):
            difference(first, second, shared)
        return
    middle, low, high = difference(first, second, shared)
    assert -1 <= low <= middle + 1e-12 and middle - 1e-12 <= high <= 1
    turned = difference(second, first, (e, g, f, h))
    assert turned == pytest.approx((-middle, -high, -low))
    wider = difference(first, second, shared, confidence=0.99)
    assert wider[1] <= low + 1e-12 and wider[2] >= high - 1e-12


def test_shared_papers_that_agree_narrow_the_interval_and_those_that_differ_widen_it() -> None:
    alone = difference((20, 40), (20, 40))
    agree = difference((20, 40), (20, 40), (18, 2, 2, 18))
    differ = difference((20, 40), (20, 40), (2, 18, 18, 2))
    assert agree[2] - agree[1] < alone[2] - alone[1] < differ[2] - differ[1]


def test_impossible_counts_are_refused() -> None:
    for first, second, shared in (((5, 4), (1, 4), (0,) * 4), ((1, 4), (1, 4), (2, 2, 1, 0))):
        with pytest.raises(ValueError, match="out of range"):
            difference(first, second, shared)  # type: ignore[arg-type]


@pytest.mark.parametrize(("papers", "shared", "p1", "p2"), [(100, 0.1, 0.3, 0.5), (60, 0.5, 0.5, 0.5)])
def test_the_interval_covers(papers: int, shared: float, p1: float, p2: float) -> None:
    covered, _, _ = coverage(papers, shared, p1, p2, 0.4, np.random.default_rng(7), draws=600)
    assert 0.92 <= covered <= 0.985  # nominal 0.95, standard error 0.009


def test_rates_by_hand() -> None:
    table = rates(SMALL, MODES).set_index(["pressure", "side", "outcome"])
    seen = {
        key: (int(table.loc[key, "k"]), int(table.loc[key, "n"]))
        for key in (
            ("all", "evaluation", "discussed"),
            ("all", "evaluation", "measured"),
            ("all", "evaluation", "mitigated"),
            ("all", "alignment", "demonstrated"),
            ("none", "evaluation", "measured"),
            ("training", "alignment", "measured"),
            ("training", "governance", "discussed"),
            ("none", "governance", "measured"),
        )
    }
    # p5 carries no mode and is in no count; a mitigation raises no level.
    assert list(seen.values()) == [(2, 4), (1, 2), (1, 2), (2, 2), (1, 2), (1, 1), (1, 2), (0, 0)]
    assert table.loc[("all", "evaluation", "measured"), "papers"] == ("p1",)
    assert table.loc[("all", "evaluation", "discussed"), "modes_per_paper"] == pytest.approx(1.5)
    assert table.loc[("none", "governance", "measured"), "note"] == "no such paper"
    assert table.loc[("all", "evaluation", "measured"), "note"] == "too few"
    # Where no paper under a pressure discusses a side, the share that does is 0 and the mean number of its modes is not
    # known; the note says so.
    whole = rates(SMALL, MODES, min_papers=1)
    missing = whole[whole["modes_per_paper"].isna()]
    assert "discussed" in set(missing["outcome"]) and missing["note"].str.len().gt(0).all()


def test_principal_and_any_pressure_differ_where_a_paper_has_two() -> None:
    main = differences(SMALL, MODES, min_papers=1).set_index(["pressure", "outcome"])
    every = differences(SMALL, MODES, by="any", min_papers=1).set_index(["pressure", "outcome"])
    assert int(main.loc[("none", "measured"), "papers"]) == 2
    assert int(every.loc[("none", "measured"), "papers"]) == 3
    assert int(every.loc[("training", "measured"), "papers"]) == 2
    row = main.loc[("all", "measured")]
    assert [int(row[c]) for c in ("papers", "evaluation", "alignment", "both", "other", "shared")] == [
        4,
        2,
        2,
        1,
        1,
        1,
    ]
    assert (row["evaluation_k"], row["alignment_k"]) == (1, 1)
    assert row["difference"] == pytest.approx(0.0)
    expected = difference((1, 2), (1, 2), (0, 0, 0, 1))
    assert (row["low"], row["high"]) == pytest.approx(expected[1:])


def test_all_looks_are_counted_and_their_interval_is_wider() -> None:
    made, modes = survey(200, 0.3, np.random.default_rng(3))
    table = differences(made, modes)
    given_rows = table[table["note"] == ""]
    assert set(table["looks"]) == {len(given_rows)} and len(given_rows) > 4
    assert (given_rows["low_all"] <= given_rows["low"]).all() and (
        given_rows["high_all"] >= given_rows["high"]
    ).all()
    few = table[table["note"] != ""]
    assert len(few) and few[["difference", "low", "high", "low_all", "high_all"]].isna().all(axis=None)
    assert few["note"].str.startswith(("too few", "no such paper")).all()


def test_a_mode_is_contested_when_half_of_its_neighbours_are_on_the_other_side() -> None:
    assert contested(MODES) == {"e1": "alignment", "a1": "evaluation", "a2": "evaluation"}
    assert contested(MODES, least=0.6) == {"a1": "evaluation"}
    assert "e2" in contested(MODES, least=0.0)
    assert "g1" not in contested(MODES, least=0.0)


def test_moving_modes_moves_papers_between_the_sides() -> None:
    table = sensitivity(SMALL, MODES, {"a1": FIRST, "e1": SECOND}, set_aside=["a2"], min_papers=1)
    whole = table[(table["pressure"] == "all") & (table["outcome"] == "measured")].set_index("case")
    counts = whole[["evaluation_k", "evaluation_n", "alignment_k", "alignment_n", "papers_moved"]].astype(int)
    assert counts.loc["as coded"].tolist() == [1, 2, 1, 2, 0]
    assert counts.loc["a1 moved"].tolist() == [2, 3, 0, 1, 2]
    assert counts.loc["e1 moved"].tolist() == [0, 1, 2, 3, 2]
    assert counts.loc["a2 set aside"].tolist() == [1, 2, 1, 2, 1]
    assert counts.loc["all moved"].tolist() == [1, 3, 1, 3, 3]
    assert whole.loc["a1 moved", "change"] == pytest.approx(2 / 3)
    assert whole.loc["as coded", "change"] == 0 and whole.loc["as coded", "sign"] == "same"
    with pytest.raises(ValueError, match="did you mean 'evaluation'"):
        sensitivity(SMALL, MODES, {"a1": "evaluations"})


def test_a_paper_keeps_its_place_when_all_its_modes_are_set_aside() -> None:
    row = differences(SMALL, MODES, moved={"g1": ""}, min_papers=1).iloc[0]
    assert (int(row["papers"]), int(row["other"])) == (4, 1)


def test_the_permutation_probability_is_that_of_every_permutation() -> None:
    rows: list[dict[str, object]] = []
    sides = ["e1", "e1", "e1", "a1", "a1", "e1"]
    pressures = ["none", "none", "none", "training", "training", "training"]
    for k, (mode, pressure) in enumerate(zip(sides, pressures, strict=True)):
        rows += paper(f"p{k}", pressure, (mode, "argues", "no"))
    found = association(final(rows), MODES, draws=20000, min_papers=2)

    def statistic(order: tuple[int, ...]) -> float:
        total = 0.0
        for mode, n in (("e1", 4), ("a1", 2)):
            for pressure in ("none", "training"):
                both = sum(sides[k] == mode and pressures[order[k]] == pressure for k in range(6))
                total += (both - n * 3 / 6) ** 2 / (n * 3 / 6 * (1 - 3 / 6) * (6 - n) / 5)
        return total

    seen = statistic(tuple(range(6)))
    exact = np.mean([statistic(o) >= seen - 1e-9 for o in permutations(range(6))])
    assert found.statistic == pytest.approx(seen)
    assert found.p == pytest.approx(exact, abs=0.012)  # four standard errors
    cell = found.cells.set_index(["side", "pressure"]).loc[("evaluation", "none")]
    # Three of three: C(4, 3) / C(6, 3).
    assert (cell["observed"], cell["expected"]) == (3, 2.0)
    assert cell["upper"] == pytest.approx(4 / 20) and cell["lower"] == pytest.approx(1.0)


def test_the_test_keeps_its_level_and_finds_what_was_planted() -> None:
    rng = np.random.default_rng(11)
    null = [association(*survey(60, 0.0, rng), draws=99).p for _ in range(60)]
    assert sum(p <= 0.05 for p in null) <= 9  # 3 expected
    assert association(*survey(100, 0.6, rng), draws=199).p == pytest.approx(1 / 200)


def test_two_pressures_a_paper_are_permuted_together() -> None:
    rows: list[dict[str, object]] = []
    for k in range(12):
        rows += paper(
            f"p{k}", "none", ("e1" if k % 2 else "a1", "argues", "no"), also="training" if k < 6 else ""
        )
    cells = association(final(rows), MODES, by="any", draws=99, min_papers=2).cells
    whole = cells[cells["pressure"] == "none"]
    # Every paper is under none: nothing can vary there.
    assert set(whole["note"]) == {"the margins leave no choice"} and whole["p_family"].isna().all()
    assert cells.loc[cells["side"] == "evaluation", "observed"].tolist() == [6, 3]


@pytest.mark.parametrize(
    "rows", [[], paper("p1", "none", ("e1", "measures", "no")), SMALL.to_dict("records")[:0]]
)
def test_little_data_gives_a_reason(rows: list[dict[str, object]]) -> None:
    little = final(rows)
    found = association(little, MODES)
    assert np.isnan(found.p) and found.note.startswith("too few")
    assert (rates(little, MODES)["note"] != "").any()
    table = differences(little, MODES, pressures=["none", "selection"])
    assert table["difference"].isna().all() and (table["note"] != "").all()
    assert set(table["looks"]) == {0}
    assert (counterparts(little, MODES)["note"] != "").all()
    assert len(sensitivity(little, MODES, contested(MODES), pressures=["none"])) == 8 * 5


def test_one_side_only_cannot_be_tested_against_pressure() -> None:
    rows = [
        r for k in range(40) for r in paper(f"p{k}", "none" if k % 2 else "training", ("e1", "argues", "no"))
    ]
    found = association(final(rows), MODES, draws=9)
    assert found.note == "not estimable: fewer than two sides or two pressures vary"


def test_what_a_rule_does_is_told_apart_from_what_papers_do() -> None:
    """A mode with a pressure by rule makes side and pressure go together; without it they do not, and that is said."""
    rows = []
    for k in range(80):
        by_rule = ("e2", "a1")[k % 2]
        free = ("e1", "a2")[k // 2 % 2]
        mode = by_rule if k < 40 else free
        rows += paper(f"p{k:02}", ("none", "training")[k % 2], (mode, "argues", "no"))
    made = final(rows)
    ruled_modes = ["e2", "a1"]
    whole = association(made, MODES, draws=499)
    aside = association(made, MODES, draws=499, moved=dict.fromkeys(ruled_modes, ""))
    left = association(without(made, ruled_modes), MODES, draws=499)
    assert whole.p < 0.01 < 0.2 < left.p
    assert (whole.papers, aside.papers, left.papers) == (80, 80, 40)
    said = caveat({CODED: whole, RULED: aside, UNRULED: left}, 2)
    assert "rules give 2 modes their pressure" in said
    assert f"40 of 80 papers carry no such mode: p is {left.p:.3f}" in said
    few = association(without(made, [*ruled_modes, "e1"]), MODES, draws=499)
    assert said.split(" papers carry")[0] not in caveat({CODED: whole, RULED: aside, UNRULED: few}, 2)
    assert caveat({CODED: whole, RULED: aside, UNRULED: few}, 2).endswith("too few for a test.")
    assert caveat({CODED: whole, RULED: aside, UNRULED: left}, 0) == ""  # a survey without such rules


def test_unknown_words_are_refused() -> None:
    with pytest.raises(ValueError, match="by='principle'"):
        rates(SMALL, MODES, by="principle")
    with pytest.raises(ValueError, match="failure mode='e1'"):
        rates(SMALL, MODES[MODES["code"] != "e1"])
    with pytest.raises(ValueError, match="lacks the column"):
        rates(SMALL.drop(columns="principal"), MODES)


def test_nothing_depends_on_the_order_of_the_rows() -> None:
    made, modes = survey(60, 0.2, np.random.default_rng(5))
    shuffled = made.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(differences(made, modes), differences(shuffled, modes))
    one, two = (association(t, modes, draws=99) for t in (made, shuffled))
    assert (one.p, one.statistic) == (two.p, two.statistic)
    pd.testing.assert_frame_equal(one.cells, two.cells)


def test_each_pair_stands_once_and_governance_is_named() -> None:
    table = counterparts(SMALL, MODES, reasons={("a1", "e1"): "alike"}, min_papers=1)
    pairs = table[["first", "second", "sides", "reason"]].drop_duplicates().to_numpy().tolist()
    assert pairs == [
        ["e1", "a1", "evaluation and alignment", "alike"],
        ["a1", "g1", "across governance: alignment and governance", ""],
    ]
    row = table.set_index(["first", "outcome"]).loc[("e1", "demonstrated")]
    assert (row["first_k"], row["first_n"], row["second_k"], row["second_n"], row["shared"]) == (
        1,
        2,
        2,
        2,
        1,
    )
    assert row["difference"] == pytest.approx(-0.5)
    discussed = table.set_index(["first", "outcome"]).loc[("e1", "discussed")]
    assert (discussed["first_k"], discussed["first_n"], discussed["shared"]) == (2, 4, 4)
    with pytest.raises(ValueError, match="counterpart='e9'"):
        counterparts(SMALL, MODES.assign(counterparts=[("e9",), (), (), (), ()]))


def readable(chart: alt.LayerChart, width: str, stamp: str = STAMP) -> list[str]:
    """Check that a figure fits its column and that no word is cut, too small or over another; return its words."""
    svg = drawing(chart)
    root = ElementTree.fromstring(svg)
    page, height = {"single": SINGLE, "double": DOUBLE}[width], float(root.get("height", 0))
    assert float(root.get("width", 0)) == page
    placed = words(svg)
    for word in placed:
        assert word.size >= TEXT
        assert word.left >= -0.5 and word.right <= page + 0.5, word
        assert word.top >= -0.5 and word.bottom <= height + 0.5, word
    for one, other in combinations(placed, 2):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert across <= 0.5 or down <= 0.5, (one, other)
    assert "bold" not in svg
    assert stamp.endswith(sorted(placed, key=lambda w: w.top)[-1].text)
    return [word.text for word in placed]


@pytest.mark.parametrize("width", ["single", "double"])
def test_figures_can_be_read(width: str) -> None:
    made, modes = survey(200, 0.3, np.random.default_rng(3))
    table = differences(made, modes, pressures=["none", "selection", "training", "adversary", "deployment"])
    texts = readable(charts.sides_by_pressure(table, width=width, stamp=STAMP), width)
    assert texts.count("All pressures") == 4 and any(t.startswith("too few") for t in texts)
    assert f"thick: 95%; thin: 95% for all {table['looks'].max()} looks at once" in texts
    pairs = counterparts(SMALL, MODES)
    texts = readable(charts.counterpart_pairs(pairs, sides=SIDES, width=width, stamp=STAMP), width)
    assert "1 of 2" in texts and "2 of 2 pairs have too few papers" in " ".join(texts)
    enough = counterparts(SMALL, MODES, min_papers=1)
    texts = readable(charts.counterpart_pairs(enough, sides=SIDES, width=width, stamp=STAMP), width)
    assert "too few" not in " ".join(texts)


@pytest.mark.parametrize("width", ["single", "double"])
def test_figures_of_nothing_say_so(width: str) -> None:
    nothing = final([])
    for chart in (
        charts.sides_by_pressure(differences(nothing, MODES), width=width, stamp=STAMP),
        charts.counterpart_pairs(counterparts(nothing, MODES), sides=SIDES, width=width, stamp=STAMP),
    ):
        assert any(t.startswith("Nothing to draw") for t in readable(chart, width))
