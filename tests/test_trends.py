"""Papers a year: every year of the range, papers and never codings, the year of first publication."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.selection import LEVELS
from analysis.trends import attention, trends
from tests.test_coverage import code, final

MODES = pd.DataFrame(
    {"code": ["m1", "m2", "m3"], "side": ["evaluation", "evaluation", "alignment"]}, dtype="str"
)


def papers(years: dict[str, int | None], cited: dict[str, int] | None = None) -> pd.DataFrame:
    keys = list(years)
    return pd.DataFrame(
        {
            "paper": pd.Series(keys, dtype="str"),
            "first_public": pd.array([years[k] for k in keys], dtype="Int64"),
            "year": pd.array([(cited or {}).get(k, years[k]) for k in keys], dtype="Int64"),
        }
    )


ROWS = [
    code("a", "failure_mode", "m1", level="measures"),
    code("a", "failure_mode", "m2", level="mentions"),
    code("b", "failure_mode", "m1", level="argues"),
    code("c", "stream", "s1"),
    code("d", "failure_mode", "m3", level="measures"),
    code("e", "failure_mode", "m1", level="measures", resolved="unresolved"),
]
WHEN = papers({"a": 2020, "b": 2020, "c": 2023, "d": None, "e": 2018}, cited={"a": 2021, "b": 2022})


def test_years_by_hand_with_the_empty_ones_between() -> None:
    table = trends(final(ROWS), WHEN, codes=["m1", "m2"])
    assert table["year"].tolist() == [2020, 2020, 2021, 2021, 2022, 2022, 2023, 2023]
    assert table["code"].tolist() == ["m1", "m2"] * 4
    assert table["discussed"].tolist() == [2, 1, 0, 0, 0, 0, 0, 0]
    assert table["measured"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert table["papers_coded"].tolist() == [2, 2, 0, 0, 0, 0, 1, 1]
    assert table.attrs["without_year"] == 1


def test_the_year_of_the_version_cited_is_another_question() -> None:
    table = trends(final(ROWS), WHEN, by="cited", codes=["m1"]).set_index("year")
    assert table["discussed"].to_dict() == {2021: 1, 2022: 1, 2023: 0}
    with pytest.raises(ValueError, match="did you mean 'cited'"):
        trends(final(ROWS), WHEN, by="citd")


def test_a_facet_without_levels_measures_nothing() -> None:
    table = trends(final(ROWS), WHEN, facet="stream")
    assert table["discussed"].tolist() == [0, 0, 0, 1]
    assert table["measured"].isna().all()


def test_attention_by_hand() -> None:
    table = attention(final(ROWS), WHEN, MODES).set_index("year")
    assert table["papers_coded"].to_dict() == {2020: 2, 2021: 0, 2022: 0, 2023: 1}
    assert table["discussed"].to_dict() == {2020: 2, 2021: 0, 2022: 0, 2023: 0}
    assert table["measured"].to_dict() == {2020: 1, 2021: 0, 2022: 0, 2023: 0}
    sides = attention(final(ROWS), WHEN, MODES, by_side=True)
    assert sides["side"].tolist() == ["evaluation", "alignment"] * 4
    assert sides.loc[sides["year"] == 2020, "discussed"].tolist() == [2, 0]
    assert sides.loc[sides["year"] == 2020, "papers_coded"].tolist() == [2, 2]
    with pytest.raises(ValueError, match="failure mode='m3' is not one of"):
        attention(final(ROWS), WHEN, MODES.iloc[:2])


def test_nobody_has_coded_yet_or_no_paper_has_a_year() -> None:
    assert list(trends(final([]), WHEN).columns) == ["year", "code", "discussed", "measured", "papers_coded"]
    assert trends(final([]), WHEN, codes=["m1"]).empty
    assert attention(final([]), WHEN, MODES).empty
    undated = papers({"a": None})
    table = trends(final(ROWS[:1]), undated)
    assert table.empty
    assert table.attrs["without_year"] == 1
    assert attention(final(ROWS[:1]), undated, MODES, by_side=True).empty


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 7), st.sampled_from(list(MODES["code"]))),
        st.sampled_from(LEVELS),
        max_size=20,
    ),
    st.lists(st.integers(2018, 2026), min_size=8, max_size=8),
)
def test_every_year_equals_counting_by_hand(codings: dict[tuple[int, str], str], years: list[int]) -> None:
    table = final([code(f"p{p}", "failure_mode", c, level=level) for (p, c), level in codings.items()])
    when = papers({f"p{p}": year for p, year in enumerate(years)})
    carried = trends(table, when, codes=list(MODES["code"]))
    for row in carried.to_dict("records"):
        of_year = {
            p: level for (p, c), level in codings.items() if c == row["code"] and years[p] == row["year"]
        }
        assert row["discussed"] == len(of_year)
        assert row["measured"] == sum(level == "measures" for level in of_year.values())
    held = {p for p, _ in codings}
    span = range(min(years[p] for p in held), max(years[p] for p in held) + 1) if held else range(0)
    assert sorted(set(carried["year"])) == list(span)
    whole = attention(table, when, MODES)
    assert whole["papers_coded"].sum() == len(held)
    assert whole["discussed"].sum() == len(held)
    assert whole["measured"].sum() == len({p for (p, _), level in codings.items() if level == "measures"})
