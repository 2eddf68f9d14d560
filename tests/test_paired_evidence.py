"""Gaps between proxies and properties: hand-worked, random effects against published results, figure and wiring."""

from __future__ import annotations

import math
import warnings
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.charts import paired_dumbbells
from analysis.charts.theme import DOUBLE, SINGLE, TEXT
from analysis.paired_evidence import (
    NOT_CODED,
    POINTS,
    RELATIVE,
    SELECTED,
    UNSAID,
    paired_summary,
)
from analysis.paired_evidence import (
    paired_evidence as plain_paired_evidence,
)
from tests.coded import coded, keep, measured, whole
from tests.test_charts import drawing, read, words
from workbench.answers import QUESTIONS
from workbench.answers.paired_evidence import paired
from workbench.doors.measuring import UNITS, measure
from workbench.store.csv_files import csv_text
from workbench.store.survey import open_survey

paired_evidence = partial(plain_paired_evidence, facet="failure_mode", pressure="optimisation_pressure")

STAMP = "data 1a2b3c4d · schema 1.0 · 0 % human-verified · data of 2026-11-24"
MODES = pd.DataFrame(
    [("judge-bias", "Judge bias", "evaluation"), ("reward-gaming", "Reward gaming", "alignment")],
    columns=["code", "name", "side"],
)


def row(paper: str = "a", x: str = "", y: str = "", **cells: str) -> dict[str, str]:
    plain = {
        "paper": paper,
        "failure_mode": "judge-bias",
        "n": "1",
        "kind": "drop" if cells.get("change") else "pair",
        "basis": "abstract",
        "proxy": "judge-verdict",
        "latent": "preference",
        "proxy_value": x,
        "latent_value": y,
        "change": "",
        "latent_is": "worse" if cells.get("change") else "",
        "unit": "percent",
        "higher_is": "better",
        "sample": "",
    }
    return plain | cells


def table(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(row()), dtype="str")


def finals(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = {
        "paper": "a",
        "basis": "abstract",
        "facet": "failure_mode",
        "code": "judge-bias",
        "state": "present",
        "level": "argues",
        "principal": "",
        "resolved": "agreed",
        "grey": False,
    }
    made = pd.DataFrame([columns | r for r in rows], columns=list(columns))
    return made.astype({"grey": "bool"})


def gaps(*rows: dict[str, str], **given: Any) -> pd.DataFrame:
    return paired_evidence(table(*rows), finals(), MODES, **given)


def one(**cells: str) -> dict[str, Any]:
    [got] = gaps(row(**cells)).to_dict("records")
    return {str(k): v for k, v in got.items()}


# --- gaps, by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "family", "gap"),
    [
        ({"x": "92.4", "y": "61.0"}, POINTS, 31.4),
        ({"x": "4", "y": "71", "higher_is": "worse"}, POINTS, 67.0),
        ({"x": "84.5", "y": "74.5", "higher_is": "worse"}, POINTS, -10.0),
        ({"x": ".97", "y": "0.31", "unit": "score-0-1"}, POINTS, 66.0),
        ({"x": "4.5", "y": "3", "unit": "score-1-5"}, "score-1-5", 1.5),
        ({"x": "0.85", "y": "−0.12", "unit": "correlation"}, "correlation", 0.97),
        ({"x": "1,319", "y": "19", "unit": "count"}, "count", 1300.0),
        ({"x": "3", "y": "2", "unit": "other: dan ranks"}, "other: dan ranks", 1.0),
        ({"x": "0.9", "y": "55", "unit": "mixed"}, "mixed", None),
        ({"x": "100", "y": "0"}, POINTS, 100.0),
        ({"x": "80 to 90", "y": "20 to 55"}, POINTS, 47.5),
        ({"change": "12.5", "unit": "percentage-points"}, POINTS, 12.5),
        ({"change": "-12.5", "unit": "percentage-points"}, POINTS, 12.5),
        ({"change": "30", "unit": "percentage-points", "higher_is": "worse"}, POINTS, 30.0),
        ({"change": "5", "unit": "percentage-points", "latent_is": "better"}, POINTS, -5.0),
        ({"change": "28 to 62", "latent_is": "neither"}, UNSAID, None),
        ({"change": "12"}, UNSAID, 12.0),
        ({"change": "25", "unit": "relative-percent"}, RELATIVE, 25.0),
        (
            {"change": "25", "unit": "relative-percent", "higher_is": "worse"},
            RELATIVE,
            25.0,
        ),
        (
            {"change": "25", "unit": "relative-percent", "latent_is": "better"},
            RELATIVE,
            -25.0,
        ),
        ({"change": "100", "unit": "relative-percent"}, RELATIVE, 100.0),
        ({"change": "0.2", "unit": "score-0-1"}, POINTS, 20.0),
    ],
)
def test_gap_is_positive_where_the_proxy_flatters(
    cells: dict[str, str], family: str, gap: float | None
) -> None:
    got = one(**cells)
    assert got["family"] == family
    if gap is None:
        assert math.isnan(got["gap"]) and "no gap" in got["note"]
    else:
        assert got["gap"] == pytest.approx(gap, abs=1e-12)
    assert ("range" in got["note"]) == any(" to " in v for v in cells.values())


def test_the_sample_is_read_as_it_is_printed() -> None:
    assert one(x="90", y="50", sample="1,000")["sample"] == 1000
    assert one(x="90", y="50", sample="10K")["sample"] == 10_000
    assert math.isnan(one(x="90", y="50")["sample"])


def test_every_unit_of_the_door_has_a_family() -> None:
    for unit in UNITS:
        real = unit.replace("A-B", "1-7").replace("...", "stars")
        cells = {"change": "1"} if real in ("percentage-points", "relative-percent") else {"x": "1", "y": "1"}
        assert one(**cells, unit=real)["family"]


def test_pressure_and_standing_come_from_the_codings() -> None:
    final = finals(
        {"paper": "a"},
        {"paper": "a", "facet": "optimisation_pressure", "code": "training", "principal": "yes"},
        {"paper": "a", "facet": "optimisation_pressure", "code": "selection"},
        {"paper": "b", "code": "reward-gaming"},
        {"paper": "c", "resolved": "single"},
    )
    got = paired_evidence(table(*(row(p, "9", "5") for p in "abcd")), final, MODES)
    assert got["pressure"].tolist() == ["training", NOT_CODED, NOT_CODED, NOT_CODED]
    assert got["standing"].tolist() == ["coded", "mode not coded", "paper not coded", "paper not coded"]
    assert got["side"].tolist() == ["evaluation"] * 4


def test_grey_papers_are_kept_apart() -> None:
    final = finals({"paper": "g", "grey": True, "resolved": "single"})
    papers = pd.DataFrame({"paper": ["a", "g", "h"], "grey": [False, True, True]})
    rows = table(*(row(p, "9", "5") for p in ("a", "g", "h")))

    def left(grey: str, **given: Any) -> list[str]:
        return paired_evidence(rows, final, MODES, grey=grey, **given)["paper"].tolist()

    assert left("exclude", papers=papers) == ["a"]
    assert left("only", papers=papers) == ["g", "h"]
    assert left("include", papers=papers) == ["a", "g", "h"]
    assert left("exclude") == ["a", "h"]


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="a, judge-bias, 1 stands twice"):
        gaps(row(), row())
    with pytest.raises(ValueError, match=r"'judge-bais' is not one of .*did you mean 'judge-bias'"):
        gaps(row(failure_mode="judge-bais"))
    with pytest.raises(ValueError, match="a, judge-bias, 1: 'high' is no number"):
        gaps(row(x="high", y="1"))
    with pytest.raises(ValueError, match=r"lacks the column\(s\) latent_is, unit"):
        paired_evidence(table(row()).drop(columns=["unit", "latent_is"]), finals(), MODES)
    with pytest.raises(ValueError, match="grey='no'"):
        gaps(row(x="1", y="1"), grey="no")


def test_nothing_on_record_gives_empty_tables_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = gaps()
        summary = paired_summary(rows)
    assert rows.empty and summary.empty
    assert list(rows.dtypes.astype(str)[["n", "grey", "gap", "note"]]) == ["int64", "bool", "float64", "str"]
    assert {"median", "lowest"} <= set(summary.columns)


NUMBER = st.integers(1, 999).map(lambda n: f"{n / 10:.1f}")


@given(NUMBER, NUMBER, st.sampled_from(["better", "worse"]))
@settings(max_examples=15)
def test_to_swap_the_values_or_the_direction_turns_the_gap_round(a: str, b: str, higher: str) -> None:
    got = one(x=a, y=b, higher_is=higher)
    swapped = one(x=b, y=a, higher_is=higher)
    other = one(x=a, y=b, higher_is={"better": "worse", "worse": "better"}[higher])
    for turned in (swapped, other):
        assert turned["gap"] == pytest.approx(-got["gap"])


# --- summaries ----------------------------------------------------------------------------------------------


def summed(*rows: dict[str, str]) -> pd.DataFrame:
    return paired_summary(gaps(*rows))


def of_all(summary: pd.DataFrame, kind: str = "pair", family: str = POINTS) -> dict[str, Any]:
    [got] = summary[
        (summary["by"] == "all") & (summary["kind"] == kind) & (summary["family"] == family)
    ].to_dict("records")
    return {str(k): v for k, v in got.items()}


def test_medians_and_ranges_are_unweighted_and_units_are_not_mixed() -> None:
    summary = summed(
        row("a", "90", "60"),
        row("a", "80", "70", n="2"),
        row("b", "0.5", "0.9", unit="score-0-1"),
        row("c", change="20", unit="percentage-points"),
        row("d", change="40"),
        row("e", "0.8", "0.2", unit="correlation"),
    )
    pairs = of_all(summary)
    assert (pairs["rows"], pairs["papers"], pairs["flattering"]) == (3, 2, 2)
    assert (pairs["median"], pairs["lowest"], pairs["highest"]) == (10.0, -40.0, 30.0)
    assert pairs["median_of_papers"] == -10.0
    assert of_all(summary, "drop")["median"] == 20.0
    assert of_all(summary, "drop", UNSAID)["median"] == 40.0
    assert of_all(summary, "pair", "correlation")["median"] == pytest.approx(0.6)
    assert set(summary["by"]) == {"all", "proxy", "failure_mode", "pressure"}
    assert (summary.groupby("by")["rows"].sum() == 6).all()


def test_order_of_the_rows_does_not_matter() -> None:
    rows = [row(p, str(50 + k), str(40 - k), sample="80") for k, p in enumerate("abcdef")]
    one_way, other = gaps(*rows), gaps(*reversed(rows))
    pd.testing.assert_frame_equal(one_way, other)
    pd.testing.assert_frame_equal(paired_summary(one_way), paired_summary(other))


# --- figure -------------------------------------------------------------------------------------------------

PROXIES = {
    "judge-verdict": "Judge verdict",
    "benchmark-score": "Benchmark score",
    "self-report": "Self-report",
}


def many(n: int, drops: int = 3) -> pd.DataFrame:
    """Return n rows, every ``drops``-th a drop, in all sorts of units and of both sides."""
    rows = []
    for k in range(n):
        cells = {
            "n": str(1 + k // 20),
            "proxy": list(PROXIES)[k % 3] if k % 7 else "a-code-without-a-name",
            "failure_mode": "judge-bias" if k % 2 else "reward-gaming",
            "higher_is": "worse" if k % 5 == 0 else "better",
        }
        paper = f"paper-{k % 20}"
        if k % drops == drops - 1:
            size = {"change": str(5 + 9 * k % 90), "unit": "percentage-points" if k % 2 else "percent"}
            rows.append(row(paper, **{**cells, **size}))
        elif k % 11 == 10:
            made = row(paper, "0.5", "-0.25", unit="correlation")
            rows.append(made | cells)
        else:
            latent = f"{k % 40} to {k % 40 + 15}" if k % 4 == 0 else str((17 * k) % 100)
            rows.append(row(paper, str(100 - (31 * k) % 100), latent) | cells)
    return gaps(*rows)


LABELS = {f"paper-{k}": f"Featherstonehaugh and Bell {2000 + k}a" for k in range(20)}


@pytest.mark.parametrize("n", [1, 3, 26, 50, 60, 105])
@pytest.mark.parametrize("width", ["single", "double"])
def test_figure_fits_its_column_and_every_word_can_be_read(n: int, width: Any) -> None:
    svg = drawing(paired_dumbbells(many(n), labels=LABELS, proxies=PROXIES, width=width, stamp=STAMP))
    page = {"single": SINGLE, "double": DOUBLE}[width]
    placed = words(svg)
    height = float(svg.split('height="')[1].split('"')[0])
    assert height < 700
    for word in placed:
        assert word.size >= TEXT
        assert word.left >= -0.5 and word.right <= page + 0.5, word
        assert word.top >= -0.5 and word.bottom <= height + 0.5, word
    for one_, other in combinations(placed, 2):
        across = min(one_.right, other.right) - max(one_.left, other.left)
        down = min(one_.bottom, other.bottom) - max(one_.top, other.top)
        assert across <= 0.5 or down <= 0.5, (one_, other)
    assert "bold" not in svg
    assert STAMP.endswith(placed[-1].text)


def marks(chart: Any) -> list[str]:
    """Return the sentences of the marks, as a screen reader says them."""
    rows = [r for rows in chart.to_dict(validate=False)["datasets"].values() for r in rows if "what" in r]
    return sorted({r["what"] for r in rows})


def test_few_rows_stand_one_by_one() -> None:
    rows = gaps(
        row("a", "90", "60"),
        row("b", change="20", unit="percentage-points"),
        row("c", "0.5", "-0.25", unit="correlation"),
        row("d", change="195"),
    )
    chart = paired_dumbbells(rows, labels={"a": "Roe 2024"}, proxies=PROXIES)
    texts = read(chart)
    assert "Roe 2024, judge bias" in texts and "Judge verdict" in texts and "+30.0" in texts
    assert SELECTED in " ".join(texts)
    # A drop and a pair of correlations have no place on the axis: the note counts them.
    assert "1 pair from 1 paper. In the table only: 3 of other kinds" in " ".join(texts)
    assert marks(chart) == ["a: judge bias, judge verdict: 90 → 60 points, gap +30.0"]


@pytest.mark.parametrize(("n", "width"), [(60, "double"), (105, "double"), (60, "single")])
def test_of_more_pairs_than_a_page_holds_an_even_share_is_drawn_and_said(n: int, width: Any) -> None:
    rows = many(n)
    chart = paired_dumbbells(rows, labels=LABELS, proxies=PROXIES, width=width)
    pairs = rows[(rows["kind"] == "pair") & (rows["family"] == POINTS)]
    drawn = [float(said.split("gap ")[1].split(" (")[0].replace("−", "-")) for said in marks(chart)]
    said = " ".join(read(chart))
    every = int(said.split("one in ")[1].split()[0]) if "one in " in said else 1
    ordered = sorted(pairs["gap"], reverse=True)
    assert sorted(drawn, reverse=True) == pytest.approx(ordered[::every], abs=0.051)
    assert f"{len(pairs)} pairs from" in said
    assert f"In the table only: {n - len(pairs)} of other kinds" in said


def test_without_anything_to_draw_a_sentence_stands_there() -> None:
    assert "Nothing to draw: no paired evidence is on record." in read(paired_dumbbells(gaps()))
    other = gaps(*(row(f"p{k}", "3", "1", unit="mixed") for k in range(60)))
    assert "Nothing to draw: no row is a pair of two values in percentage points." in read(
        paired_dumbbells(other)
    )


# --- as a result of the survey ------------------------------------------------------------------------------


def test_answer_on_a_small_survey(survey: Path) -> None:
    keep(survey, "p01", "p02")
    for who in ("pass-a", "pass-b"):
        coded(survey, who, *whole("p01"))
    measure(survey, "eva", [measured("p01"), measured("p02", kind="drop"), measured("p60")])
    opened = open_survey(survey)
    answer = paired(opened)
    assert set(answer.tables) == {"paired-evidence"}
    rows = answer.tables["paired-evidence"]
    assert rows[["paper", "standing", "pressure"]].values.tolist() == [
        ["p01", "coded", "training"],
        ["p02", "paper not coded", NOT_CODED],
    ]
    numbers = {n.name: n.value for n in answer.numbers}
    assert (numbers["PairedRows"], numbers["PairedPairs"], numbers["PairedDrops"]) == (2, 1, 1)
    assert (numbers["PairedRowsNotCoded"], numbers["PairedMedianGap"]) == (1, 0.0)
    [figure] = answer.figures
    assert "1 pairs" in figure.description or "1 pair" in figure.description
    assert figure.draw("single") and figure.draw("double")
    [printed] = answer.printed
    assert printed.table["Proxy"].tolist() == ["All", "Verdict", "All", "Verdict"]
    assert SELECTED in printed.note
    for made in answer.tables.values():
        assert csv_text(made).startswith(",".join(made.columns[:2]))
    assert paired in QUESTIONS.values()


def test_a_survey_without_paired_evidence_is_not_asked(survey: Path) -> None:
    answer = paired(open_survey(survey))
    assert (answer.tables, answer.figures, answer.numbers, answer.printed) == ({}, (), (), ())
