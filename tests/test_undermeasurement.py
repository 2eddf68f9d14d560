"""Rates of measuring among papers that discuss a mode: counted, pooled, flagged, and as the survey answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis import charts
from analysis.charts.theme import Width, page_width
from analysis.selection import LEVELS, tuples
from analysis.undermeasurement import jeffreys, named_in_query, pooled, undermeasurement
from tests import coded
from tests.test_coverage import code, final
from workbench.answers.numbers import numbers_tex
from workbench.answers.under_measured import under_measured
from workbench.publishing.latex_tables import latex_table
from workbench.store.survey import open_survey

MODES = pd.DataFrame(
    {
        "code": ["m1", "m2", "m3"],
        "name": ["One", "Two", "Three"],
        "side": ["evaluation", "alignment", "governance"],
    }
).astype("str")


def test_jeffreys_is_the_beta_posterior_with_the_edges_mended() -> None:
    # Brown, Cai & DasGupta 2001, section 4.1: Beta(x + 1/2, n - x + 1/2); 0 at x = 0 and 1 at x = n.
    low, high = jeffreys(3, 25)
    assert stats.beta.cdf(low, 3.5, 22.5) == pytest.approx(0.025)
    assert stats.beta.cdf(high, 3.5, 22.5) == pytest.approx(0.975)
    assert jeffreys(0, 10)[0] == 0.0
    assert jeffreys(10, 10)[1] == 1.0
    assert np.isnan(jeffreys(0, 0)).all()
    with pytest.raises(ValueError, match="between 0 and the number"):
        jeffreys(4, 3)


@pytest.mark.parametrize("trials", [1, 2, 10, 31, 225])
def test_jeffreys_is_that_of_statsmodels(trials: int) -> None:
    for hits in range(trials + 1):
        ours = jeffreys(hits, trials)
        theirs = proportion_confint(hits, trials, method="jeffreys")
        # statsmodels leaves the edges as the quantiles give them; the outer one is mended here, the inner ones agree.
        if hits:
            assert ours[0] == pytest.approx(theirs[0], abs=1e-12)
        if hits < trials:
            assert ours[1] == pytest.approx(theirs[1], abs=1e-12)


def test_counts_by_hand_and_never_discussed_is_said() -> None:
    rows = [
        code("a", "failure_mode", "m1", level="measures", mitigates="measured"),
        code("b", "failure_mode", "m1", level="mentions", mitigates="yes"),
        code("c", "failure_mode", "m1", level="argues", mitigates="no"),
        code("a", "failure_mode", "m2", level="demonstrates", mitigates="no"),
    ]
    table = undermeasurement(final(rows), MODES, min_discussed=2).set_index("code")
    one = table.loc["m1"]
    counts = ["discussed", "argued", "demonstrated", "measured", "mitigated", "mitigation_measured"]
    assert [int(one[c]) for c in counts] == [3, 2, 1, 1, 2, 1]
    assert one["rate"] == pytest.approx(1 / 3)
    assert one["papers_measured"] == ("a",)
    assert table["note"].to_dict() == {"m1": "", "m2": "too few", "m3": "never discussed"}
    assert np.isnan(table.loc["m3", "rate"])


def test_nobody_has_coded_yet() -> None:
    table = undermeasurement(final([]), MODES)
    assert table["discussed"].tolist() == [0, 0, 0]
    assert set(table["note"]) == {"never discussed"}


def counts(*pairs: tuple[int, int], least: int = 2) -> pd.DataFrame:
    """Table of modes m1, m2, ... of which n papers discuss and x measure each."""
    rows = [
        code(f"m{k}-{i}", "failure_mode", f"m{k}", level="measures" if i < x else "argues", mitigates="no")
        for k, (x, n) in enumerate(pairs, 1)
        for i in range(n)
    ]
    names = [f"m{k}" for k in range(1, len(pairs) + 1)]
    known = pd.DataFrame({"code": names, "name": names, "side": ["evaluation"] * len(names)}).astype("str")
    return undermeasurement(final(rows), known, min_discussed=least)


def test_pooling_pulls_small_modes_further_and_keeps_them_flagged() -> None:
    table, over = pooled(counts((1, 1), (0, 12), (10, 12), (6, 12), (5, 11), (0, 0)))
    table = table.set_index("code")
    assert table.loc["m1", "note"] == "too few"
    pull = (table["rate"] - table["pooled_mean"]).abs()
    assert pull["m1"] == pull.max()
    assert table["pooled_share"].idxmax() == "m1"
    assert table["p_below"]["m2"] > 0.95
    assert table["p_below"]["m3"] < 0.05
    # A mode that nobody discusses has nothing, and says why.
    new = table.columns[list(table.columns).index("papers_measured") + 1 :]
    assert table.loc["m6", "note"] == "never discussed"
    assert table.loc["m6", list(new)].isna().all()
    assert table.drop(index="m6")["pooled_mean"].notna().all()
    # Ranks among the four modes with enough papers; the whole order has five.
    assert table["rank"].isna().to_dict() == {
        "m2": False,
        "m5": False,
        "m4": False,
        "m3": False,
        "m1": True,
        "m6": True,
    }
    assert (table["rank"]["m2"], table["rank"]["m3"], table["rank_all"].max()) == (1, 4, 5)
    assert over.set_index("parameter")["groups"].tolist() == [5] * 4


def test_pooling_without_a_paper_or_a_mode() -> None:
    table, over = pooled(undermeasurement(final([]), MODES))
    assert table["pooled_mean"].isna().all()
    assert set(over["note"]) == {"prior only: no mode has a paper"}
    none, _ = pooled(undermeasurement(final([]), MODES.iloc[:0]))
    assert none.empty
    assert "p_below" in none
    again, _ = pooled(counts((3, 5), (1, 4)))
    assert again.equals(pooled(counts((3, 5), (1, 4)))[0])


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["m1", "m2", "m3"]), st.sampled_from(LEVELS)),
        unique_by=lambda t: t[:2],
        max_size=25,
    )
)
def test_every_row_is_counted_pooled_and_explained(codes: list[tuple[int, str, str]]) -> None:
    rows = [code(f"p{p}", "failure_mode", c, level=level, mitigates="no") for p, c, level in codes]
    table, _ = pooled(undermeasurement(final(rows), MODES, min_discussed=3), draws=200)
    assert sorted(table["code"]) == ["m1", "m2", "m3"]
    for row in table.to_dict("records"):
        carry = {p for p, c, _ in codes if c == row["code"]}
        measure = {p for p, c, level in codes if c == row["code"] and level == "measures"}
        assert (row["discussed"], row["measured"]) == (len(carry), len(measure))
        assert np.isnan(row["pooled_mean"]) == (not carry)
        assert pd.isna(row["rank"]) == (len(carry) < 3)
        assert bool(row["note"]) == (len(carry) < 3)


def test_modes_named_in_a_query_are_told_from_those_it_only_touches() -> None:
    known = pd.DataFrame(
        {
            "code": ["judge-bias", "over-refusal", "label-error", "staleness"],
            "name": ["Judge bias", "Over-refusal", "Label error", "Staleness"],
            "synonyms": tuples([("position bias",), ("exaggerated safety",), ("annotation errors",), ()]),
        }
    )
    terms = {"s01": ("Position-Bias", "over-refus*"), "s02": ("bias annotation", "annotation error")}
    table = named_in_query(known, terms)
    assert table["named_in_query"].tolist() == ["synonym", "name", "synonym", "no"]
    assert table["query_terms"].tolist() == [("Position-Bias",), ("over-refus*",), ("annotation error",), ()]
    assert table["query_terms_name"].tolist() == [(), ("over-refus*",), (), ()]
    # A term that is longer than the name asks for the mode as well; both ways stand, the name wins.
    longer = named_in_query(known, {"s": ("benchmark staleness", "judge bias", "position bias")})
    assert longer["named_in_query"].tolist() == ["name", "no", "no", "name"]
    assert longer["query_terms"].iloc[0] == ("judge bias", "position bias")
    # Where one search's terms are not on record, a mode that none names may still have been asked for.
    part = named_in_query(known, terms | {"s03": None})
    assert part["named_in_query"].tolist() == ["synonym", "name", "synonym", "unknown"]
    assert set(named_in_query(known, {})["named_in_query"]) == {"unknown"}
    assert set(named_in_query(known, {"s04": ()})["named_in_query"]) == {"no"}
    # A word inside a word, or words out of order, name nothing.
    assert set(
        named_in_query(known, {"s": ("refusal over", "tale", "judge", "*", "")})["named_in_query"][1:]
    ) == {"no"}


@pytest.mark.parametrize("width", ["single", "double"])
def test_figure_of_the_pooled_rates(width: Width) -> None:
    table, over = pooled(counts((1, 1), (0, 12), (10, 12), (0, 0)))
    chart = charts.pooled_rates_plot(table, over, width=width)
    assert chart.width + chart.padding["left"] + chart.padding["right"] == page_width(width)
    drawn = chart.to_json()
    assert "1 failure mode that no paper discusses: not drawn." in drawn
    assert "m2: measured by 0 of 12" in drawn
    assert ("12/12" in drawn, "10/12" in drawn) == (False, width == "double")
    assert "asked for the mode" not in drawn
    how = {"m1": "synonym", "m2": "name", "m3": "unknown", "m4": "name"}
    asked = table.assign(named_in_query=table["code"].map(how))
    marked = charts.pooled_rates_plot(asked, over, width=width).to_json()
    assert "m2 *" in marked and "m1 *" not in marked
    assert "(1 of the 3 drawn)" in " ".join(marked.replace('"', " ").split())
    nothing = charts.pooled_rates_plot(*pooled(undermeasurement(final([]), MODES)), width=width)
    assert "no paper discusses any failure mode" in nothing.to_json()


def test_answer_of_the_survey(survey: Path) -> None:
    coded.fill(survey)
    opened = open_survey(survey)
    answer = under_measured(opened)
    table = answer.tables["undermeasurement"].set_index("code")
    row = table.loc["judge-bias"]
    assert (row["discussed"], row["measured"], row["note"], row["weighted_note"]) == (
        2,
        0,
        "too few",
        "too few",
    )
    assert row["pooled_low"] <= row["pooled_mean"] <= row["pooled_high"]
    # The log of these searches has no topic terms.
    assert set(table["named_in_query"]) == {"unknown"}
    # Only p03 was drawn; p01 was put in by hand, and counts for the raw rate alone.
    assert (row["weighted_discussed"], row["weighted_outside"]) == (1, 1)
    # Drawn, but not yet screened by two or not yet coded: no weight; the others stand for their whole stratum.
    drawn = answer.tables["sample-weights"].set_index("paper")
    assert drawn.loc["p03", "note"] == ""
    assert set(drawn["note"]) == {"", "outcome not known"}
    assert len(drawn) == len(opened.sample)
    strata = drawn[drawn["note"] == ""].groupby("stratum")
    assert (strata["weight"].sum() - strata["frame"].first()).abs().max() < 1e-9
    assert len(numbers_tex(answer.numbers, "stamp").splitlines()) == len(answer.numbers) + 2
    assert "None." in latex_table(answer.printed[0], "stamp")
    assert [f.stem for f in answer.figures] == ["undermeasurement", "pooled-rates"]
    assert "Raw and partially pooled rate of each of 1 failure mode." in answer.figures[1].description
    modes = len(answer.tables["undermeasurement"])
    assert f"of {modes} it is not on record" in answer.figures[1].description
    assert {n.name: n.value for n in answer.numbers}["UnderModesNamedUnknown"] == modes


def test_answer_of_a_survey_without_a_coding_or_a_sample(survey: Path) -> None:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    answer = under_measured(open_survey(survey))
    assert set(answer.tables["undermeasurement"]["note"]) == {"never discussed"}
    assert set(answer.tables["undermeasurement"]["weighted_note"]) == {"not estimable: no sample"}
    assert answer.tables["sample-weights"].empty
    values = {n.name: n.value for n in answer.numbers}
    assert (values["UnderPairs"], values["UnderRawRate"], values["UnderDrawnEffective"]) == (0, None, 0)
    for figure in answer.figures:
        assert "Nothing is drawn" in figure.description
        assert figure.draw("single").width > 0
