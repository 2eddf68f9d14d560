"""Papers of the frame by year: weighted, with an interval, and counts of the sample beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.charts import trends_plot
from analysis.replicates import Floats, replicates
from analysis.trends import trends
from tests.test_charts import read
from tests.test_coverage import code, final
from tests.test_replicates import sample
from workbench.answers.drawn import drawn, replicate_weights
from workbench.answers.trends import by_year, in_words
from workbench.store.survey import open_survey


def made(n: int = 24) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, Floats]:
    """Papers a0, a1, ... of a stratum of 100: the first half of 2020, the rest of 2022; every third measures."""
    weights = sample({"a": (100, n)})
    keys = list(weights["paper"])
    rows = [
        code(key, "failure_mode", "m1", level="measures" if k % 3 == 0 else "mentions")
        for k, key in enumerate(keys)
    ]
    years = [2020 if k < n // 2 else 2022 for k in range(n)]
    papers = pd.DataFrame({"paper": keys, "first_public": pd.array(years, dtype="Int64")})
    return final(rows), papers, weights, replicates(weights, draws=200)


def test_years_and_periods_by_hand() -> None:
    table = trends(*made(), "failure_mode", ["measures"], split=2022).set_index("period")
    assert list(table.index) == ["2020", "2021", "2022", "before 2022", "from 2022", "all"]
    assert table["papers"].tolist() == [12, 0, 12, 12, 12, 24]
    assert table["measured"].tolist() == [4, 0, 4, 4, 4, 8]
    assert table["frame"].dropna().tolist() == pytest.approx([50, 50, 50, 50, 100])
    assert table.loc["2020", "rate"] == pytest.approx(1 / 3)
    assert table.loc["2020", "frame_low"] < 50 < table.loc["2020", "frame_high"]
    # Every drawn paper is in scope: their number in the frame is known and has no interval.
    assert np.isnan(table.loc["all", "frame_low"])
    assert table["note"].tolist() == ["", "no drawn paper", "", "", "", ""]


def test_a_motive_is_raised_and_not_discussed() -> None:
    table = trends(*made(), "failure_mode", ["measures"], motive=[{"level": "mentions"}]).set_index("period")
    assert (table.loc["all", "raised"], table.loc["all", "discussed"]) == (24, 8)
    assert table.loc["all", "rate"] == 1 and table.loc["all", "rate_raised"] == pytest.approx(1 / 3)


def test_papers_without_year_or_weight_are_counted_as_such() -> None:
    rows, papers, weights, _ = made()
    papers.loc[0, "first_public"] = pd.NA
    weights.loc[1, "weight"] = np.nan
    table = trends(rows, papers, weights, replicates(weights, draws=50), "failure_mode", ["measures"])
    assert table.attrs["without_year"] == 1
    assert table.set_index("period").loc["2020", "unweighted"] == 1


def test_too_few_papers_have_no_estimate() -> None:
    table = trends(*made(8), "failure_mode", ["measures"], split=2022)
    assert table["note"].tolist() == ["too few", "no drawn paper", "too few", "too few", "too few", "too few"]
    assert table[["frame", "rate", "rate_low"]].isna().all(axis=None)
    assert in_words(table, "faults").startswith("Too few drawn papers")


def test_bad_input_is_refused() -> None:
    rows, papers, weights, w = made()
    with pytest.raises(ValueError, match="lacks the column"):
        trends(rows, papers.drop(columns="first_public"), weights, w, "failure_mode", ["measures"])


def test_attention_in_the_pilot_falls_in_the_sample_and_rises_in_the_frame(pilot: Path) -> None:
    """The strata are split at 2024, so that the raw counts are those of the design."""
    table = by_year(open_survey(pilot)).tables["trends"].set_index("period")
    assert table.loc[["2023", "2024"], "papers"].tolist() == [44, 21]
    assert table.loc[["2023", "2024"], "frame"].round().tolist() == [119, 256]
    raw = table["measured"] / table["raised"]
    assert raw.loc[["before 2024", "from 2024", "all"]].round(2).tolist() == [0.22, 0.48, 0.40]
    # With motives in: 49% (42 to 56), where the raw interval of 40% does not reach.
    whole = table.loc["all", ["rate_raised", "rate_raised_low", "rate_raised_high"]]
    assert whole.astype(float).round(2).tolist() == [0.49, 0.42, 0.56]


def test_the_words_hold_the_intervals_apart(pilot: Path) -> None:
    said = by_year(open_survey(pilot)).figures[0].description
    assert said.startswith("Papers measure more of the failure modes that they discuss than they did: 30% (")
    assert len(said.split()) <= 60


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_counts_the_sample_under_every_year(width: str, pilot: Path) -> None:
    survey = open_survey(pilot)
    table = by_year(survey).tables["trends"]
    texts = read(trends_plot(table, codes="faults", width=width))  # type: ignore[arg-type]
    assert {"2023", "44", "2024", "21"} <= set(texts)
    assert "Too few drawn papers for an estimate: 2020." in texts
    assert len(drawn(survey)) == replicate_weights(survey).shape[1]


def test_a_figure_of_nothing_says_so() -> None:
    rows, papers, weights, w = made()
    nothing = trends(rows.iloc[:0], papers, weights, w, "failure_mode", ["measures"])
    assert "Nothing to draw: no coded paper has a year." in read(trends_plot(nothing))
