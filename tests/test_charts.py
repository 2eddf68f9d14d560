"""Figures are read back from the drawing itself: what is written where, and whether it can be read."""

import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from math import cos, radians, sin
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from analysis import charts
from analysis.charts.frame import stamped
from analysis.charts.layers import whole_ticks
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import DOUBLE, FAMILY, OKABE_ITO, SINGLE, TEXT, page_width
from analysis.prisma import prisma
from workbench.publishing.figures import font

agreement_plot = partial(charts.agreement_plot, facet="failure_mode")

EVALUATION = ("attempt-budget-sensitivity", "judge-bias", "contamination", "unrepresentative-sampling")
ALIGNMENT = ("reward-overoptimization", "sycophancy", "interpretability-illusion", "shallow-safety")
GOVERNANCE = ("disclosure-gap", "access-limit")
MODES = (*EVALUATION, *ALIGNMENT, *GOVERNANCE)
SIDES = {
    **dict.fromkeys(EVALUATION, "evaluation"),
    **dict.fromkeys(ALIGNMENT, "alignment"),
    **dict.fromkeys(GOVERNANCE, "governance"),
}
STREAMS = ("benchmark-validity", "llm-as-judge", "mechanistic-interpretability", "governance-auditability")
#: Papers that discuss each mode; the last one is never discussed.
DISCUSSED = (41, 28, 17, 4, 33, 22, 12, 7, 10, 0)
MEASURED = (5, 12, 17, 1, 3, 9, 0, 2, 4, 0)
STAMP = "data 1a2b3c4d · schema 1.0 · 0 % human-verified · data of 2026-11-24"


def cells() -> pd.DataFrame:
    n = [(i * 7 + j * 5) % 13 if (i + j) % 3 else 0 for i in range(len(MODES)) for j in range(len(STREAMS))]
    pairs = [(m, s) for m in MODES for s in STREAMS]
    return pd.DataFrame(pairs, columns=["row", "column"]).assign(n=n)


def modes() -> pd.DataFrame:
    rows = []
    for code, d, m in zip(MODES, DISCUSSED, MEASURED, strict=True):
        note = "never discussed" if d == 0 else "too few" if d < 10 else ""
        rate = m / d if d else np.nan
        rows.append(
            {
                "code": code,
                "name": code,
                "side": SIDES[code],
                "discussed": d,
                "measured": m,
                "rate": rate,
                "low": max(0.0, rate - 0.1) if d else np.nan,
                "high": min(1.0, rate + 0.1) if d else np.nan,
                "note": note,
            }
        )
    return pd.DataFrame(rows)


def pairs() -> pd.DataFrame:
    rows = [(a, b, 9 - k, 1.5 * (k % 4)) for k, (a, b) in enumerate(list(combinations(MODES[:5], 2))[:9])]
    return pd.DataFrame(rows, columns=["source", "target", "count", "expected"])


def agreement() -> pd.DataFrame:
    rows = []
    for k, (code, d) in enumerate(zip(MODES, DISCUSSED, strict=True)):
        for statistic, value in (("alpha_nominal", 0.9 - 0.11 * k), ("ac1", 0.99 - 0.01 * k)):
            known = d > 0 or statistic == "ac1"
            rows.append(
                {
                    "facet": "failure_mode",
                    "code": code,
                    "statistic": statistic,
                    "value": value if known else np.nan,
                    "low": value - 0.15 if known else np.nan,
                    "high": min(1.0, value + 0.1) if known else np.nan,
                    "papers": 150,
                    "positives": d,
                    "prevalence": d / 150,
                    "undefined_draws": 0,
                    "kind": "inter-pass",
                    "note": "" if known else "fewer than 10 positives; undefined: no variation",
                }
            )
    whole = {"code": "", "value": 0.71, "low": 0.66, "high": 0.75, "positives": 174, "prevalence": 0.12}
    rows.append({**rows[0], **whole})
    return pd.DataFrame(rows)


def flow() -> pd.DataFrame:
    hits = pd.DataFrame(
        {
            "search": ["arxiv-sandbagging-2026-11-20"] * 60 + ["openalex-judge-2026-11-21"] * 40,
            "paper": [f"p{k % 90}" for k in range(100)],
            "outcome": ["new"] * 90 + ["merged"] * 10,
        }
    )
    box = ["grey"] * 3 + ["not_sampled"] * 7 + ["not_coded_twice"] * 21 + ["excluded"] * 19 + ["pending"] * 10
    box += ["not_sampled"] * 30
    reason = {"not_sampled": "not drawn", "not_coded_twice": "not yet coded", "pending": "not yet screened"}
    why = [reason.get(b, "") for b in box]
    why[31:50] = ["no-failure-mode"] * 11 + ["other-field"] * 8
    standing = pd.DataFrame(
        {"paper": [f"p{k}" for k in range(90)], "box": box, "reason": why, "full_text": ""}
    )
    route = ["drawn" if 10 <= k < 60 else "" for k in range(90)]
    return prisma(hits, standing.assign(route=route))


FIGURES = {
    "coverage": lambda **k: charts.coverage_heatmap(cells(), sides=SIDES, **k),
    "cooccurrence": lambda **k: charts.pairs_plot(pairs(), **k),
    "prisma": lambda **k: charts.prisma_flow(flow(), **k),
    "agreement": lambda **k: agreement_plot(agreement(), sides=SIDES, **k),
}


@dataclass(frozen=True)
class Word:
    """A text of a drawing and the box it fills, in points from the top left of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float


def drawing(chart: alt.LayerChart) -> str:
    # Not held against the schema of Vega-Lite: test_building.py does that.
    return str(vl_convert.vegalite_to_svg(chart.to_dict(validate=False)))


def words(svg: str) -> list[Word]:
    """Read every text of an SVG with its place: translations and rotations of all its ancestors applied."""
    found: list[Word] = []

    def walk(element: ElementTree.Element, x: float, y: float, angle: float) -> None:
        for kind, numbers in re.findall(r"(translate|rotate)\(([^)]*)\)", element.get("transform", "")):
            values = [float(v) for v in re.split(r"[ ,]+", numbers)]
            if kind == "translate":
                dx, dy = values[0], values[1] if len(values) > 1 else 0.0
                x += dx * cos(radians(angle)) - dy * sin(radians(angle))
                y += dx * sin(radians(angle)) + dy * cos(radians(angle))
            else:
                angle += values[0]
        text = (element.text or "").strip()
        if element.tag.endswith("text") and text:
            size = float(element.get("font-size", "0px").removesuffix("px"))
            wide = text_width(text, size)
            anchor = element.get("text-anchor", "start")
            start = {"start": 0.0, "middle": -wide / 2, "end": -wide}[anchor]
            corners = [(start, -0.72 * size), (start + wide, 0.2 * size)]
            turned = [
                (
                    x + u * cos(radians(angle)) - v * sin(radians(angle)),
                    y + u * sin(radians(angle)) + v * cos(radians(angle)),
                )
                for u, v in corners
            ]
            xs, ys = zip(*turned, strict=True)
            found.append(Word(text, min(xs), min(ys), max(xs), max(ys), size))
        for child in element:
            walk(child, x, y, angle)

    walk(ElementTree.fromstring(svg), 0.0, 0.0, 0.0)
    return found


def read(chart: alt.LayerChart) -> list[str]:
    return [word.text for word in words(drawing(chart))]


def readable(chart: alt.LayerChart, width: str) -> list[str]:
    """Check that a figure fits its column and that no word is cut, too small or over another; return its words."""
    svg = drawing(chart)
    page = {"single": SINGLE, "double": DOUBLE}[width]
    assert float(ElementTree.fromstring(svg).get("width", 0)) == page
    height, placed = float(ElementTree.fromstring(svg).get("height", 0)), words(svg)
    for word in placed:
        assert word.size >= TEXT
        assert word.left >= -0.5 and word.right <= page + 0.5, word
        assert word.top >= -0.5 and word.bottom <= height + 0.5, word
    for one, other in combinations(placed, 2):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert across <= 0.5 or down <= 0.5, (one, other)
    return [word.text for word in placed]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("width", ["single", "double"])
def test_a_figure_fits_its_column_and_every_word_can_be_read(name: str, width: str) -> None:
    chart = FIGURES[name](width=width, stamp=STAMP)
    svg = drawing(chart)
    height = float(ElementTree.fromstring(svg).get("height", 0))
    assert height == int(height)
    assert len(readable(chart, width)) > 10
    placed = words(svg)
    assert "bold" not in svg
    assert set(re.findall(r'font-weight="([^"]*)"', svg)) <= {"normal"}
    lowest = [word.text for word in sorted(placed, key=lambda w: w.top)][-2:]
    assert STAMP.endswith(lowest[-1])


def test_text_is_as_wide_as_it_is_rendered() -> None:
    font.register()
    for text in ("attempt-budget-sensitivity", "Rate (n = 5,443): 34% · α ≥ 0.8 –", "WWW illi MMM"):
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="30"><text x="5" y="20" '
            f'font-family="{FAMILY}" font-size="14">|{text}|</text></svg>'
        )
        drawn = Image.open(io.BytesIO(vl_convert.svg_to_png(svg, scale=4))).getchannel("A").getbbox()
        assert drawn is not None
        ink = (drawn[2] - drawn[0]) / 4
        # The ink lacks the blank half of the two bars.
        assert ink == pytest.approx(text_width(f"|{text}|", 14) - 0.18 * 14, abs=0.03 * ink)


@given(st.text(alphabet="ab -/\u00a0iW\n", max_size=60), st.floats(8, 80))
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str, width: float) -> None:
    lines = wrap(text, 7.0, width)
    bare = str.maketrans("", "", " \n\u00a0")
    assert "".join(lines).translate(bare) == text.translate(bare)
    assert all(text_width(line, 7.0) <= width or len(line) == 1 for line in lines)


@given(st.integers(0, 5000))
def test_ticks_are_round_few_and_whole(most: int) -> None:
    ticks = whole_ticks(most)
    assert ticks[0] == 0 and 2 <= len(ticks) <= 6
    assert ticks[-1] <= max(1, most)
    step = ticks[1]
    assert ticks == list(range(0, ticks[-1] + 1, step))
    assert str(step).rstrip("0") in {"1", "2", "5"}


def test_coverage_prints_each_count_and_leaves_zeros_empty() -> None:
    table = cells()
    printed = Counter(t for t in read(charts.coverage_heatmap(table, sides=SIDES)) if t.isdigit())
    assert printed == Counter(str(n) for n in table["n"] if n)
    assert (table["n"] == 0).sum() > 5


def test_coverage_groups_by_side_and_puts_the_fullest_row_first() -> None:
    placed = words(drawing(charts.coverage_heatmap(cells(), sides=SIDES)))
    at = {word.text: word.top for word in placed}
    total = cells().groupby("row")["n"].sum()
    order = [
        "Evaluation",
        *sorted(EVALUATION, key=lambda c: -total[c]),
        "Alignment",
        *sorted(ALIGNMENT, key=lambda c: -total[c]),
        "Governance",
        *sorted(GOVERNANCE, key=lambda c: -total[c]),
    ]
    assert [at[text] for text in order] == sorted(at[text] for text in order)


def test_a_long_name_is_wrapped_and_stays_with_its_row() -> None:
    name = "Contamination of the items of a benchmark by the text that a model was trained on"
    chart = charts.coverage_heatmap(cells(), names={"contamination": name}, sides=SIDES, width="single")
    placed = words(drawing(chart))
    lines = [word for word in placed if word.text in name and len(word.text) > 3]
    assert " ".join(word.text for word in lines) == name
    assert len(lines) >= 2
    assert all(a.bottom - b.top <= 0.5 for a, b in pairwise(lines))


@pytest.mark.parametrize("most", [2, 5, 22, 60, 200])
def test_counts_stand_out_from_their_cells(most: int) -> None:
    """Contrast of at least 4.5 to 1, as in WCAG 2.2, success criterion 1.4.3."""

    def luminance(colour: str) -> float:
        parts = [int(v) / 255 for v in re.findall(r"\d+", colour)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    counts = sorted({round(1 + (most - 1) * k / 30) for k in range(31)})
    table = pd.DataFrame({"row": [f"r{n}" for n in counts], "column": "c", "n": counts})
    chart = charts.coverage_heatmap(table)
    fills = dict(re.findall(r'aria-label="r(\d+), c: [^"]*"[^>]*fill="(rgb\([^"]*\))"', drawing(chart)))
    rows = next(r for r in chart.to_dict(validate=False)["datasets"].values() if r and "ink" in r[0])
    inks = {row["n"]: {"white": 1.0, "black": 0.0}[row["ink"]] for row in rows}
    assert sorted(int(n) for n in fills) == counts == sorted(inks)
    for n, fill in fills.items():
        light, dark = sorted((luminance(fill), inks[int(n)]), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (n, fill)


def test_coverage_says_which_papers_it_counts() -> None:
    texts = " ".join(read(charts.coverage_heatmap(cells(), counted="papers that measure the mode")))
    assert "Number: papers that measure the mode; a paper may" in texts
    assert "raises" not in texts


def test_pairs_stand_where_their_papers_and_chance_put_them() -> None:
    spec = charts.pairs_plot(pairs(), width="double").to_dict()
    rows = [row for rows in spec["datasets"].values() for row in rows]
    dots = [row for row in rows if "what" in row]
    assert [row["what"].rsplit(": ", 1)[1] for row in dots][:2] == [
        "9 papers, 0.0 expected",
        "8 papers, 1.5 expected",
    ]
    # Equal steps of papers are equal lengths, and the tick of chance stands on the same scale as the dot.
    steps = {round(a["x"] - b["x"], 1) for a, b in pairwise(dots)}
    assert len(steps) <= 2 and min(steps) > 0
    per_paper = dots[0]["x"] - dots[1]["x"]
    chance = [
        row for row in rows if "x2" in row and row.get("y2", 0) - row["y"] == pytest.approx(6.8, abs=0.01)
    ]
    assert chance[1]["x"] == pytest.approx(dots[0]["x"] - 7.5 * per_paper, abs=0.2)


def test_prisma_shows_every_count_of_the_table_and_no_other() -> None:
    table = flow()
    texts = read(charts.prisma_flow(table, names={"no-failure-mode": "No failure mode"}))
    whole = " ".join(texts)
    for row in table.itertuples():
        if row.reason:
            shown = {"no-failure-mode": "No failure mode"}.get(str(row.reason), str(row.reason))
            assert f"{shown}: {row.n}" in whole
        else:
            assert f"{row.label} (n = {row.n})" in whole
    counts = Counter(int(n) for n in re.findall(r"(?:n = |: )(\d+)\)?(?= |$)", whole))
    assert counts == Counter(int(n) for n in table["n"])
    assert {"Identification", "Screening", "Included"} <= set(texts)


def test_prisma_takes_boxes_it_does_not_know_and_adds_parts_up() -> None:
    table = pd.DataFrame(
        [
            ("identified", "", "Identified", 1200, ""),
            ("lost", "identified", "Lost on the way", 3, ""),
            ("excluded", "screened", "Excluded", 4, "not research"),
            ("excluded", "screened", "Excluded", 5, "out of period"),
            ("screened", "identified", "Screened", 40, ""),
            ("elsewhere", "nowhere", "From elsewhere", 6, ""),
        ],
        columns=["box", "parent", "label", "n", "reason"],
    )
    texts = read(charts.prisma_flow(table))
    for line in ("Identified (n = 1,200)", "Lost on the way (n = 3)", "Excluded (n = 9)"):
        assert line in texts
    assert "From elsewhere (n = 6)" in texts
    many = pd.DataFrame(
        [("identified", "", "Identified", k, f"search {k}") for k in range(1, 21)],
        columns=["box", "parent", "label", "n", "reason"],
    )
    texts = read(charts.prisma_flow(many))
    assert "Identified (n = 210)" in texts and "search 20: 20" in texts
    assert f"11 others: {sum(range(1, 12))}" in texts


def test_agreement_greys_the_rare_and_says_what_is_not_defined() -> None:
    chart = agreement_plot(agreement(), sides=SIDES)
    texts = read(chart)
    assert any(t.startswith("Inter-pass agreement") for t in texts)
    assert texts.count("undefined") == sum(d == 0 for d in DISCUSSED)
    assert "All codes pooled: alpha 0.71 (0.66 to 0.75)." in " ".join(texts)
    points = [r for rows in chart.to_dict()["datasets"].values() for r in rows if "what" in r]
    grey = {r["what"].split(":")[0] for r in points if r["fill"] == "#6b6b6b"}
    assert grey == {c for c, d in zip(MODES, DISCUSSED, strict=True) if 0 < d < 10}
    assert {r["fill"] for r in points} == {"#6b6b6b", OKABE_ITO["blue"]}
    # A larger alpha stands farther right.
    places = sorted((float(r["what"].split("alpha ")[1].split()[0]), r["x"]) for r in points)
    assert [x for _, x in places] == sorted(x for _, x in places)


NOTHING = {
    "coverage, no rows": (lambda k: charts.coverage_heatmap(cells().iloc[:0], **k), "Nothing to draw"),
    "coverage, all zero": (
        lambda k: charts.coverage_heatmap(cells().assign(n=0), sides=SIDES, **k),
        "Every cell is zero",
    ),
    "cooccurrence, no pair": (lambda k: charts.pairs_plot(pairs().iloc[:0], **k), "no two codes are raised"),
    "cooccurrence, nothing to expect": (
        lambda k: charts.pairs_plot(pairs().assign(expected=np.nan), **k),
        "papers that raise both",
    ),
    "prisma, no rows": (lambda k: charts.prisma_flow(flow().iloc[:0], **k), "Nothing to draw"),
    "prisma, all zero": (lambda k: charts.prisma_flow(flow().assign(n=0), **k), "every count is zero"),
    "agreement, no rows": (
        lambda k: agreement_plot(agreement().iloc[:0], **k),
        "no paper has been coded twice",
    ),
    "agreement, nothing defined": (
        lambda k: agreement_plot(agreement()[agreement()["value"].isna()], **k),
        "undefined",
    ),
    "agreement, coded once": (
        lambda k: agreement_plot(agreement().assign(papers=0, value=np.nan), **k),
        "no paper has been coded twice",
    ),
}


@pytest.mark.parametrize("case", NOTHING)
def test_where_there_is_nothing_the_figure_says_so(case: str) -> None:
    draw, said = NOTHING[case]
    texts = " ".join(read(draw({"width": "single", "stamp": STAMP})))
    assert said in texts
    assert STAMP in texts


def test_one_of_everything() -> None:
    one = charts.coverage_heatmap(pd.DataFrame({"row": ["a"], "column": ["b"], "n": [1]}), width="single")
    assert sorted(t for t in read(one) if t in {"a", "b", "1"}) == ["1", "a", "b"]
    pair = pd.DataFrame({"source": ["a"], "target": ["b"], "count": [1], "expected": [0.5]})
    assert "A and b" in read(charts.pairs_plot(pair))


def test_a_stamp_changes_no_chart_but_its_own() -> None:
    chart = FIGURES["prisma"](width="single")
    before = chart.to_dict()
    more = stamped(chart, STAMP)
    assert chart.to_dict() == before
    assert STAMP in " ".join(read(more))
    assert float(ElementTree.fromstring(drawing(more)).get("width", 0)) == SINGLE
    assert stamped(more, STAMP) is more
    with pytest.raises(ValueError, match="stamped already"):
        stamped(more, STAMP.replace("1.0", "1.1"))


def test_a_chart_made_by_hand_is_stamped_too() -> None:
    bars = alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:O", y="a:Q")
    for chart in (bars, bars | bars, bars.properties(title="Mine").configure_axis(grid=False)):
        texts = [
            word.text for word in words(str(vl_convert.vegalite_to_svg(stamped(chart, STAMP).to_dict())))
        ]
        assert STAMP in texts


def test_an_unknown_width_is_refused() -> None:
    with pytest.raises(ValueError, match="'wide' is not known; use 'single', 'double' or a number of points"):
        page_width("wide")  # type: ignore[arg-type]
