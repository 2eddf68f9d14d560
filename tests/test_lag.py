"""From first discussed to first measured: dates, the curve of modes still unmeasured, titles that name a mode."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import charts
from analysis.lag import (
    BY_YEAR,
    ORDER_STATISTIC,
    RESOLUTION,
    attention_against_measurement,
    first_dates,
    named_in_titles,
    query_check,
    still_unmeasured,
)
from tests.test_charts import STAMP
from tests.test_coverage import code, final
from tests.test_sides import readable

MODES = pd.DataFrame(
    {
        "code": ["m1", "m2", "m3", "m4"],
        "name": ["Judge bias", "Over-refusal", "Reward over-optimisation", "Staleness"],
        "side": ["evaluation", "alignment", "alignment", "governance"],
        "synonyms": [("position bias",), ("false refusal",), ("goodhart", "pass@k"), ()],
    }
)
FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "lag.json").read_text(encoding="utf-8"))


def dated(rows: list[tuple[str, str, str, int | None]]) -> pd.DataFrame:
    """Return a ``final`` of (paper, mode, level, year)."""
    table = final([code(p, "failure_mode", m, level=level) for p, m, level, _ in rows])
    table["year"] = pd.array([year for *_, year in rows], dtype="Int64")
    return table


ROWS = [
    ("a", "m1", "mentions", 2020),
    ("b", "m1", "measures", 2023),
    ("c", "m1", "measures", 2024),
    ("d", "m2", "measures", 2021),
    ("e", "m2", "argues", 2021),
    ("f", "m3", "demonstrates", 2022),
    ("g", "m3", "measures", None),
]


def test_first_dates_by_hand() -> None:
    table = first_dates(dated(ROWS), MODES).set_index("code")
    assert list(table.index) == ["m1", "m2", "m3", "m4"]
    one, two, three, four = (table.loc[c] for c in ("m1", "m2", "m3", "m4"))
    assert (one["first_discussed"], one["first_measured"], one["lag"], one["watched"]) == (2020, 2023, 3, 3)
    assert (one["lag_low"], one["lag_high"]) == (2, 4)
    assert (one["papers_first"], one["papers_first_measured"]) == (("a",), ("b",))
    # Measured in the year of the first discussion: less than a year, and never before it.
    assert (two["lag"], two["lag_low"], two["lag_high"], two["event"]) == (0, 0, 1, True)
    assert two["papers_first"] == ("d", "e")
    # The paper that measures it has no year, so nothing dated does: censored at the last year of the data.
    assert pd.isna(three["lag"]) and pd.isna(three["first_measured"]) and not three["event"]
    assert (three["watched"], three["note"]) == (2, "never measured: censored at 2024")
    assert (four["note"], four["discussed"]) == ("never discussed", 0)
    attrs = first_dates(dated(ROWS), MODES).attrs
    assert (attrs["until"], attrs["without_year"], attrs["lag_total"]) == (2024, 1, 3)


def test_a_mode_that_only_undated_papers_discuss_is_not_called_never_discussed() -> None:
    table = first_dates(dated([("a", "m1", "measures", None)]), MODES).set_index("code")
    assert table.loc["m1", "note"] == "no dated paper" and table.loc["m2", "note"] == "never discussed"


def test_later_papers_are_left_out_when_the_watch_ends_earlier() -> None:
    table = first_dates(dated(ROWS), MODES, until=2022).set_index("code")
    assert table.loc["m1", "note"] == "never measured: censored at 2022" and table.loc["m1", "watched"] == 2
    assert table.loc["m1", "discussed"] == 1


def test_the_lag_by_chance_is_that_of_every_choice_of_measuring_papers() -> None:
    years = [2020, 2020, 2021, 2023, 2024, 2024]
    measured = {2, 4}
    rows = [(f"p{k}", "m1", "measures" if k in measured else "argues", year) for k, year in enumerate(years)]
    found = first_dates(dated(rows), MODES).set_index("code").loc["m1"]
    lags = [min(years[k] for k in chosen) - 2020 for chosen in combinations(range(6), 2)]
    assert found["lag"] == 1
    assert found["lag_by_chance"] == pytest.approx(np.mean(lags))
    assert found["p_as_long"] == pytest.approx(np.mean([lag >= 1 for lag in lags]))


def test_the_total_of_lags_is_held_against_the_sum_of_independent_modes() -> None:
    rows = [("a", "m1", "argues", 2020), ("b", "m1", "measures", 2022), ("c", "m2", "argues", 2020)]
    rows += [("d", "m2", "measures", 2021)]
    attrs = first_dates(dated(rows), MODES).attrs
    # Each mode's lag is 0 or its whole span, with probability one half each.
    assert attrs["lag_total"] == 3 and attrs["lag_total_by_chance"] == pytest.approx(1.5)
    assert attrs["p_total_as_long"] == pytest.approx(0.25)


def test_dates_do_not_depend_on_the_order_of_the_rows() -> None:
    table = dated(ROWS)
    pd.testing.assert_frame_equal(
        first_dates(table, MODES), first_dates(table.sample(frac=1, random_state=3), MODES)
    )


def test_the_curve_is_that_of_the_printed_example() -> None:
    # Remission under 6-MP, Freireich et al. 1963: NAG Library, Mark 27, example program results of g12aac
    # (nag_surviv_kaplanmeier), which prints time, survival probability and standard deviation.
    case = FIXTURE["cases"]["freireich-6-mp"]
    steps = still_unmeasured(case["time"], case["event"]).steps
    printed = steps[steps["events"] > 0]
    assert printed["time"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert printed["unmeasured"].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert printed["error"].round(3).tolist() == [0.076, 0.087, 0.096, 0.107, 0.114, 0.128, 0.135]


@pytest.mark.parametrize("name", FIXTURE["cases"])
def test_curve_interval_and_median_are_those_of_lifelines(name: str) -> None:
    case = FIXTURE["cases"][name]
    curve = still_unmeasured(case["time"], case["event"])
    assert curve.steps["time"].tolist() == case["times"]
    assert curve.steps["unmeasured"].tolist() == pytest.approx(case["unmeasured"])
    inside = (curve.steps["unmeasured"] > 0).to_numpy()
    for column in ("low", "high"):
        expected = np.array(case[column], dtype=float)[inside]
        assert curve.steps.loc[inside, column].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    found = (curve.median, curve.median_low, curve.median_high)
    assert found == (case["median"], case["median_low"], case["median_high"])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_the_curve_equals_scipys_and_only_falls(pairs: list[tuple[int, bool]]) -> None:
    time, event = (np.array(v) for v in zip(*pairs, strict=True))
    curve = still_unmeasured(time, event)
    assert (np.diff(curve.steps["unmeasured"]) <= 1e-12).all()
    assert curve.steps[["events", "censored"]].to_numpy().sum() == len(pairs)
    data = stats.CensoredData.right_censored(time.astype(float), ~event)
    expected = stats.ecdf(data).sf.evaluate(curve.steps["time"].to_numpy())
    assert curve.steps["unmeasured"].to_numpy() == pytest.approx(expected, abs=1e-9)
    # Never a missing end without its reason.
    missing = curve.steps["low"].isna()
    assert (curve.steps.loc[missing, "note"] != "").all() and (curve.steps.loc[~missing, "note"] == "").all()


def test_the_interval_of_the_curve_covers() -> None:
    rng = np.random.default_rng(5)
    hit = []
    for _ in range(150):
        lag, end = rng.geometric(0.4, 35) - 1, rng.integers(0, 7, 35)
        steps = still_unmeasured(np.minimum(lag, end), lag <= end).steps
        at = steps[(steps["time"] == 1) & steps["low"].notna()]
        if len(at):
            hit.append(float(at["low"].iloc[0]) <= 0.6**2 <= float(at["high"].iloc[0]))
    assert len(hit) > 145 and 0.9 <= np.mean(hit) <= 0.995  # nominal 0.95, standard error 0.018


def test_degenerate_curves_are_defined() -> None:
    empty = still_unmeasured([], [])
    assert empty.steps.empty and empty.median is None and empty.note.startswith("too few")
    never = still_unmeasured([0, 3, 5], [False] * 3)
    assert never.median is None and set(never.steps["note"]) == {"no interval before the first event"}
    at_once = still_unmeasured([0, 0], [True, True])
    assert at_once.median == 0 and at_once.steps["note"].tolist() == ["no interval where none is left"]
    for time, event in (([1.0], []), ([-1.0], [True]), ([np.nan], [True])):
        with pytest.raises(ValueError, match=r"one length|not negative"):
            still_unmeasured(time, event)


def test_a_title_names_a_mode_by_whole_words() -> None:
    titles = {
        "a": "On Position Biases, and Judge Bias",  # the synonym's plural is not regular; the name is there
        "b": "Over–Refusals in Café Assistants",
        "c": "Misjudge biases and position biasing",
        "d": "GOODHART’s law and Pass@k",
        "e": "Of stale bread",
        "f": "",
    }
    papers = pd.DataFrame({"paper": list(titles), "title": list(titles.values())})
    found = named_in_titles(papers, MODES)
    assert found.to_numpy().tolist() == [["a", "m1"], ["b", "m2"], ["d", "m3"]]
    assert named_in_titles(papers.iloc[:0], MODES).empty


def test_the_query_is_held_against_the_coded_papers() -> None:
    rows = [(f"p{k}", "m1", "argues", 2024) for k in range(12)] + [
        (f"q{k}", "m2", "argues", 2024) for k in range(3)
    ]
    named = pd.DataFrame(
        [(f"p{k}", "m1") for k in range(10)] + [("q0", "m2"), ("p0", "m3"), ("not-coded", "m1")],
        columns=["paper", "code"],
    )
    table = query_check(named, dated(rows), MODES).set_index("code")
    one = table.loc["m1"]
    assert (one["named"], one["discussed"], one["both"], one["precision"]) == (10, 12, 10, 1.0)
    assert one["recall"] == pytest.approx(10 / 12) and bool(one["tells"]) and one["note"] == ""
    assert table.loc["m2", "note"] == "too few coded titles name it"
    assert table.loc["m4", "note"] == "no coded title names it" and np.isnan(table.loc["m4", "precision"])
    strict = query_check(named, dated(rows), MODES, least=0.9).set_index("code")
    assert strict.loc["m1", "note"] == "the query is not precise enough"


def test_attention_counts_records_and_coded_papers_by_year() -> None:
    papers = pd.DataFrame(
        {
            "paper": ["a", "b", "c", "d", "x", "y", "z"],
            "first_public": pd.array([2020, 2023, 2024, 2021, 2020, 2024, None], dtype="Int64"),
            "grey": [False] * 5 + [True, False],
        }
    )
    named = pd.DataFrame([("a", "m1"), ("x", "m1"), ("y", "m1")], columns=["paper", "code"])
    table = attention_against_measurement(named, papers, dated(ROWS[:4]), MODES)
    assert sorted(set(table["year"])) == [2020, 2021, 2022, 2023, 2024]
    one = table[table["code"] == "m1"].set_index("year")
    columns = ["records", "named", "coded", "discussed", "measured"]
    assert one.loc[2020, columns].tolist() == [2, 2, 1, 1, 0]
    assert one.loc[2022, columns].tolist() == [0, 0, 0, 0, 0]
    assert one.loc[2023, columns].tolist() == [1, 0, 1, 1, 1]
    assert one.loc[2024, columns].tolist() == [1, 0, 1, 1, 1]
    assert table.attrs["without_year"] == 1
    empty = attention_against_measurement(named, papers.iloc[:0], dated([]), MODES)
    assert empty.empty and list(empty.columns) == ["year", "code", *columns]


def test_unknown_modes_and_missing_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="failure mode='m9'"):
        first_dates(dated([("a", "m9", "argues", 2020)]), MODES)
    with pytest.raises(ValueError, match="lacks the column"):
        named_in_titles(pd.DataFrame({"paper": []}), MODES)


@pytest.mark.parametrize("width", ["single", "double"])
def test_figures_can_be_read_and_say_what_a_first_date_is(width: str) -> None:
    dates = first_dates(dated(ROWS), MODES)
    whole = " ".join(readable(charts.first_dates_by_mode(dates, width=width, stamp=STAMP), width))
    assert ORDER_STATISTIC in whole and RESOLUTION in whole and "Never discussed: Staleness." in whole
    assert "2 of 3 modes that were ever discussed were measured by 2024." in whole
    there = dates[dates["watched"].notna()]
    curve = still_unmeasured(there["watched"].to_numpy(dtype=float), there["event"])
    whole = " ".join(readable(charts.still_unmeasured_curve(curve, width=width, stamp=STAMP), width))
    assert ORDER_STATISTIC in whole and "too few: 3 modes, 10 needed." in whole
    rows = [(f"p{k}", f"m{k % 3 + 1}", "measures" if k % 2 else "argues", 2020 + k % 4) for k in range(80)]
    papers = pd.DataFrame(
        {
            "paper": [f"p{k}" for k in range(80)],
            "first_public": [2020 + k % 4 for k in range(80)],
            "grey": False,
        }
    )
    named = pd.DataFrame([(f"p{k}", "m1") for k in range(0, 80, 5)], columns=["paper", "code"])
    years = attention_against_measurement(named, papers, dated(rows), MODES)
    names = dict(zip(MODES["code"], MODES["name"], strict=True))
    chart = charts.attention_against_measurement_by_year(
        years, ["m1", "m2", "m3"], names=names, tells={"m1": True}, width=width, stamp=STAMP
    )
    texts = readable(chart, width)
    assert texts.count("title query cannot tell") == 2 and BY_YEAR in " ".join(texts)


@pytest.mark.parametrize("width", ["single", "double"])
def test_figures_of_nothing_say_so(width: str) -> None:
    nothing, papers = dated([]), pd.DataFrame({"paper": [], "first_public": [], "grey": []})
    named = pd.DataFrame({"paper": [], "code": []})
    years = attention_against_measurement(named, papers.astype({"grey": "bool"}), nothing, MODES)
    for chart in (
        charts.first_dates_by_mode(first_dates(nothing, MODES), width=width, stamp=STAMP),
        charts.still_unmeasured_curve(still_unmeasured([], []), width=width, stamp=STAMP),
        charts.attention_against_measurement_by_year(
            years, ["m1"], names={}, tells={}, width=width, stamp=STAMP
        ),
    ):
        assert any(t.startswith("Nothing to draw") for t in readable(chart, width))
