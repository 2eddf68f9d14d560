"""Variants of the analysis: what each changes, how the order moves, and one coder's codings taken alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import charts
from analysis.charts.theme import Width, page_width
from analysis.sensitivity import sensitivity, sensitivity_summary
from tests import coded
from tests.test_coverage import code, final
from workbench.answers.sensitivity import by_coder, sensitive
from workbench.store.survey import open_survey

NAMES = ["m1", "m2", "m3"]
MODES = pd.DataFrame({"code": NAMES, "name": NAMES, "side": ["evaluation"] * 3}).astype("str")
#: Levels of the papers of each mode: 1 of 4, 2 of 4 and 3 of 4 are measured.
LEVELS_OF = {
    "m1": ["measures", "demonstrates", "demonstrates", "mentions"],
    "m2": ["measures", "measures", "mentions", "mentions"],
    "m3": ["measures", "measures", "measures", "argues"],
}


def rows(levels: dict[str, list[str]], **more: object) -> list[dict[str, object]]:
    return [
        code(f"{m}-{k}", "failure_mode", m, level=level, mitigates="no", **more)
        for m, some in levels.items()
        for k, level in enumerate(some)
    ]


def streams(papers: dict[str, str], **more: object) -> list[dict[str, object]]:
    return [code(p, "stream", s, **more) for p, s in papers.items()]


def rates(table: pd.DataFrame, variant: str) -> list[float]:
    return [float(r) for r in table.loc[table["variant"] == variant, "rate"]]


def test_every_variant_by_hand() -> None:
    base = rows(LEVELS_OF) + streams({"m1-0": "s1", "m2-0": "s1", "m3-0": "s2"})
    grey = rows({"m1": ["measures"]}, grey=True, resolved="single")
    grey[0]["paper"] = "grey-1"
    full = rows({"m1": ["measures"], "m2": ["argues"]}, basis="full-text")
    mine = final(rows({**LEVELS_OF, "m1": ["measures"] * 4}))
    table = sensitivity(
        final(base + grey + full),
        MODES,
        coders={"anna": mine},
        headline=[p for m in NAMES for p in (f"{m}-0", f"{m}-1")],
        min_discussed=2,
    )
    assert table["variant"].unique().tolist() == [
        "main",
        "measured-from-demonstrates",
        "discussed-from-argues",
        "coder-anna",
        "without-s1",
        "without-s2",
        "grey-included",
        "full-text",
        "headline-papers",
    ]
    assert rates(table, "main") == [0.25, 0.5, 0.75]
    assert rates(table, "measured-from-demonstrates") == [0.75, 0.5, 0.75]
    assert rates(table, "discussed-from-argues") == pytest.approx([1 / 3, 1, 0.75])
    assert rates(table, "coder-anna") == [1, 0.5, 0.75]
    assert rates(table, "without-s1") == pytest.approx([0, 1 / 3, 0.75])
    assert rates(table, "without-s2") == pytest.approx([0.25, 0.5, 2 / 3])
    assert rates(table, "grey-included") == [0.4, 0.5, 0.75]
    assert rates(table, "headline-papers") == [0.5, 1, 1]
    # Full text is set beside what the abstracts of the same two papers say.
    text = table[table["variant"] == "full-text"]
    assert text["reference"].unique().tolist() == ["abstract, same papers"]
    assert text["rate"].tolist()[:2] == [1, 0]
    assert text["reference_rate"].tolist()[:2] == [1, 1]
    assert text["difference"].tolist()[:2] == pytest.approx([0, -1])
    assert text["note"].tolist() == ["too few", "too few", "never discussed"]
    coder = table[table["variant"] == "coder-anna"]
    assert coder["rank"].tolist() == [3, 1, 2]
    assert coder["rank_change"].tolist() == [2, -1, -1]


def test_summary_says_how_far_the_order_moves() -> None:
    table = sensitivity(
        final(rows(LEVELS_OF)),
        MODES,
        coders={"anna": final(rows({**LEVELS_OF, "m1": ["measures"] * 4}))},
        min_discussed=2,
    )
    summary = sensitivity_summary(table).set_index("variant")
    assert "main" not in summary.index
    anna = summary.loc["coder-anna"]
    # Orders 1, 2, 3 against 3, 1, 2: one pair agrees, two do not (Kendall 1945).
    assert anna["tau"] == pytest.approx(-1 / 3)
    assert (anna["moved"], anna["largest_move"], anna["of_mode"]) == (3, 2, "m1")
    assert anna["largest_difference"] == 0.75
    assert anna["least_measured"] == "m2"
    level = summary.loc["measured-from-demonstrates"]
    assert level["tau"] == pytest.approx(stats.kendalltau([0.25, 0.5, 0.75], [0.75, 0.5, 0.75]).statistic)
    assert summary.loc["grey-included", ["tau", "moved"]].tolist() == [1, 0]
    assert summary.loc["full-text", "note"] == "not estimable: fewer than three modes to compare"
    assert pd.isna(summary["tau"]["full-text"])


def test_a_mode_that_a_variant_robs_of_its_papers_has_no_rank() -> None:
    whole = rows(LEVELS_OF) + streams({f"m1-{k}": "s1" for k in range(4)})
    table = sensitivity(final(whole), MODES, min_discussed=3)
    gone = table[(table["variant"] == "without-s1") & (table["code"] == "m1")].iloc[0]
    assert gone["note"] == "never discussed"
    assert pd.isna(gone["rank"])
    summary = sensitivity_summary(table).set_index("variant")
    assert summary.loc["without-s1", ["modes", "few"]].tolist() == [2, 1]


def test_a_coder_of_fewer_papers_is_set_beside_the_same_papers() -> None:
    mine = final([r for r in rows(LEVELS_OF) if str(r["paper"]).endswith(("0", "1"))])
    table = sensitivity(final(rows(LEVELS_OF)), MODES, coders={"ben": mine}, min_discussed=2)
    ben = table[table["variant"] == "coder-ben"]
    assert ben["reference"].unique().tolist() == ["main, same papers"]
    assert ben["difference"].tolist() == [0, 0, 0]
    assert ben["rate"].tolist() == [0.5, 1, 1]


def test_nothing_coded_all_alike_and_faults() -> None:
    empty = sensitivity(final([]), MODES, coders={}, headline=[])
    assert set(empty["note"]) == {"never discussed"}
    assert set(sensitivity_summary(empty)["note"]) == {"not estimable: fewer than three modes to compare"}
    alike = sensitivity(final(rows({m: ["measures"] * 3 for m in NAMES})), MODES, min_discussed=2)
    grey = sensitivity_summary(alike).set_index("variant").loc["grey-included"]
    assert grey["note"] == "not estimable: all rates are equal"
    assert sensitivity(final([]), MODES.iloc[:0]).empty
    assert sensitivity_summary(sensitivity(final([]), MODES.iloc[:0])).empty
    with pytest.raises(ValueError, match="did you mean 'm1'"):
        sensitivity(final(rows({"m1x": ["argues"]})), MODES)
    with pytest.raises(ValueError, match="min_discussed=0"):
        sensitivity(final([]), MODES, min_discussed=0)


@pytest.mark.parametrize("width", ["single", "double"])
def test_figure_of_the_variants(width: Width) -> None:
    whole = rows(LEVELS_OF) + streams({"m1-0": "s1", "m2-0": "s1", "m3-0": "s2"})
    table = sensitivity(final(whole), MODES, headline=["m1-0", "m1-1"], min_discussed=2)
    chart = charts.sensitivity_plot(table, width=width)
    assert chart.width + chart.padding["left"] + chart.padding["right"] == page_width(width)
    drawn = chart.to_json()
    assert "m1, demonstrating counts as measuring: 3 of 4, 75%" in drawn
    # Of m2 the variant leaves no paper: no mark.
    assert "m2, without the papers on which coders were trained" not in drawn
    assert "one coder alone" not in drawn
    nothing = charts.sensitivity_plot(sensitivity(final([]), MODES), width=width)
    assert "Nothing to draw" in nothing.to_json()


def test_one_coder_alone_is_that_coder_s_last_word(survey: Path) -> None:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02", "p03")
    coded.coded(
        survey, "pass-a", *coded.whole("p01", level="measures", figure_seen="yes"), *coded.whole("p02")
    )
    coded.coded(survey, "pass-b", *coded.whole("p01", level="mentions"), *coded.whole("p02")[:2])
    opened = open_survey(survey)
    own = by_coder(opened.final, opened.codings, opened.signoffs)
    assert list(own) == ["pass-a", "pass-b"]
    levels = {
        coder: dict(zip(t["paper"], t["level"], strict=True))
        for coder, table in own.items()
        for t in [table[table["facet"] == "failure_mode"]]
    }
    assert levels == {"pass-a": {"p01": "measures", "p02": "argues"}, "pass-b": {"p01": "mentions"}}
    for table in own.values():
        assert list(table.columns) == list(opened.final.columns)
        assert (table["resolved"] == "agreed").all()
        assert (table.dtypes == opened.final.dtypes).all()
    # Where the two differ and nobody ruled, the main analysis has nothing, each coder something.
    answer = sensitive(opened)
    seen = answer.tables["sensitivity"].set_index(["variant", "code"])["discussed"]
    assert [int(seen[v, "judge-bias"]) for v in ("main", "coder-pass-a", "coder-pass-b")] == [0, 2, 1]
    assert "Nothing is drawn" in answer.figures[0].description


def test_one_coder_leaves_nothing_to_compare(survey: Path) -> None:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01")
    coded.coded(survey, "pass-a", *coded.whole("p01"))
    opened = open_survey(survey)
    assert by_coder(opened.final, opened.codings, opened.signoffs) == {}
    table = sensitive(opened).tables["sensitivity"]
    assert "coder" not in set(table["kind"])
    assert np.isnan(table["rate"]).all()
