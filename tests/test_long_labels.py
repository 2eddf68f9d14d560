"""One label too long, or too many of them: what grows, what is cut, and what is said of it."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest

from analysis import charts
from analysis.charts.columns import UPRIGHT
from analysis.charts.frame import PAGE_HEIGHT, HigherThanAPage
from analysis.charts.rows import LABEL_LINE, ROW, list_rows
from tests.test_charts import FIGURES, MODES, SIDES, agreement, cells, drawing, words

agreement_plot = partial(charts.agreement_plot, facet="failure_mode")

LONG = "Contamination of the items of a benchmark by the text that a model was trained on, year after year"


def made_up(rows: int, columns: int, n: int = 3) -> pd.DataFrame:
    pairs = [(f"row-{i}", f"column-{j}") for i in range(rows) for j in range(columns)]
    return pd.DataFrame(pairs, columns=["row", "column"]).assign(n=n)


def size(chart: object) -> tuple[float, float]:
    root = ElementTree.fromstring(drawing(chart))  # type: ignore[arg-type]
    return float(root.get("width", 0)), float(root.get("height", 0))


def test_only_the_row_of_a_long_label_grows() -> None:
    codes = ["one", "long", "two"]
    rows = list_rows(codes, names={"long": LONG}, widest=100.0)
    lines = rows.labels["long"].count("\n") + 1
    assert lines > 2
    high = [round(rows.bottom(code) - rows.top(code), 2) for code in codes]
    assert high == [ROW, round(ROW + LABEL_LINE * (lines - 1), 2), ROW]
    assert [rows.top(b) for _, b in pairwise(codes)] == [rows.bottom(a) for a, _ in pairwise(codes)]
    assert rows.height == pytest.approx(sum(high))
    assert rows.tallest == rows.labels["long"]


@pytest.mark.parametrize("width", ["single", "double"])
@pytest.mark.parametrize("name", ["coverage", "agreement"])
def test_a_figure_grows_by_the_lines_of_one_label_and_keeps_its_marks_beside_it(
    name: str, width: str
) -> None:
    draw = {
        "coverage": lambda **k: charts.coverage_heatmap(cells(), sides=SIDES, **k),
        "agreement": lambda **k: agreement_plot(agreement(), sides=SIDES, **k),
    }[name]
    plain, grown = draw(width=width), draw(width=width, names={"contamination": LONG})
    placed = words(drawing(grown))
    lines = [word for word in placed if word.text in LONG and len(word.text) > 3]
    assert " ".join(word.text for word in lines) == LONG
    assert size(grown)[1] - size(plain)[1] <= LABEL_LINE * (len(lines) - 1) + 12
    middle = (lines[0].top + lines[-1].bottom) / 2
    right = max(word.right for word in lines)
    beside = [
        w for w in placed if w.left > right and lines[0].top <= (w.top + w.bottom) / 2 <= lines[-1].bottom
    ]
    assert beside
    assert all((w.top + w.bottom) / 2 == pytest.approx(middle, abs=2.0) for w in beside)


@pytest.mark.parametrize(("width", "columns"), [("single", 12), ("double", 25)])
def test_a_long_column_heading_is_cut_to_its_column_and_given_in_full_beneath(
    width: str, columns: int
) -> None:
    chart = charts.coverage_heatmap(made_up(4, columns), names={"column-5": LONG}, width=width)
    placed = words(drawing(chart))
    heads = [
        word for word in placed if word.bottom - word.top > word.right - word.left and len(word.text) > 2
    ]
    headings = sorted(heads, key=lambda word: word.left)
    assert all(b.left - a.right >= -0.5 for a, b in pairwise(headings)), "a heading runs into the next"
    assert sum(word.text.endswith("…") for word in headings) == 1
    beneath = [w.text for w in sorted(placed, key=lambda w: (w.top, w.left)) if w.bottom - w.top < 8]
    assert f"In full: {LONG}." in " ".join(beneath)
    assert all(word.top >= 0 for word in headings)


def test_short_headings_are_not_cut() -> None:
    chart = charts.coverage_heatmap(made_up(4, 12), width="single")
    texts = [word.text for word in words(drawing(chart))]
    assert not any("…" in text or "In full" in text for text in texts)


def test_a_figure_of_120_codes_warns_and_names_its_highest_label() -> None:
    with pytest.warns(HigherThanAPage) as said:
        chart = charts.coverage_heatmap(made_up(120, 4), names={"row-7": LONG})
    svg = drawing(chart)
    high = float(ElementTree.fromstring(svg).get("height", 0))
    assert high > PAGE_HEIGHT
    (message,) = {str(one.message) for one in said}
    assert LONG in message and f"{high / 72:.1f} inches high" in message and "9 inches" in message
    shown = [word.text for word in words(svg)]
    assert {f"row-{i}" for i in range(120) if i != 7} <= set(shown)


def test_one_label_higher_than_a_page_is_the_one_that_is_named() -> None:
    with pytest.warns(HigherThanAPage, match="word word"):
        agreement_plot(agreement(), names={MODES[0]: "word " * 600}, width="single")


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_a_page_holds_warns_of_nothing(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", HigherThanAPage)
        assert size(FIGURES[name](width="single"))[1] <= PAGE_HEIGHT


@pytest.mark.parametrize("width", ["single", "double"])
def test_120_columns_are_not_drawn_over_each_other(width: str) -> None:
    chart = charts.coverage_heatmap(made_up(3, 120), width=width)
    text = " ".join(word.text for word in words(drawing(chart)))
    assert "Not drawn: the table has 120 columns" in text
    most = int(text.split("no more than ")[1].split()[0])
    assert most > 10
    fits = charts.coverage_heatmap(made_up(3, most), width=width)
    heads = sorted((w.left, w.right) for w in words(drawing(fits)) if w.text.startswith("column-"))
    assert len(heads) == most
    assert all(b[0] - a[1] >= -0.5 for a, b in pairwise(heads))
    assert min(b[0] - a[0] for a, b in pairwise(heads)) >= UPRIGHT - 0.1


def test_a_figure_higher_than_a_page_is_noted_without_the_code_that_noticed_it() -> None:
    import workbench.answers.answer  # noqa: F401  what every way to a figure imports

    told = warnings.formatwarning("too high", HigherThanAPage, "frame.py", 7)
    assert told == "note: too high\n"
    assert "frame.py" in warnings.formatwarning("other", UserWarning, "frame.py", 7)
