"""The graph of codes that papers carry together equals counting by hand, and its figures show what stands out."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import charts
from analysis.charts.theme import DOUBLE, INK, SINGLE
from analysis.cooccurrence import cooccurrence, edges_table, nodes_table, npmi
from analysis.pairs import backbone, never_met, pairs
from tests.test_charts import STAMP, drawing, read, words
from tests.test_coverage import code, final
from tests.test_pairs import carried, planted

MODES = ("m1", "m2", "m3")


def test_npmi_at_its_ends() -> None:
    # Bouma 2009: 1 when two only occur together, 0 when independent, -1 when they never meet.
    assert npmi(5, 5, 5, 20) == 1.0
    assert npmi(0, 5, 5, 20) == -1.0
    assert npmi(5, 10, 10, 20) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="impossible"):
        npmi(1, 10, 10, 10)


def test_nobody_has_coded_yet() -> None:
    assert cooccurrence(final([])).number_of_edges() == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(MODES)), unique=True, max_size=24))
def test_edges_equal_counting_by_hand(codes: list[tuple[int, str]]) -> None:
    graph = cooccurrence(final([code(f"p{p}", "failure_mode", m, level="argues") for p, m in codes]))
    carry = {m: {f"p{p}" for p, c in codes if c == m} for m in MODES}
    assert set(graph) == {m for m in MODES if carry[m]}
    for a, b in itertools.combinations(MODES, 2):
        both = carry[a] & carry[b]
        assert graph.has_edge(a, b) == bool(both)
        if both:
            edge = graph.edges[a, b]
            assert edge["count"] == len(both)
            assert edge["papers"] == tuple(sorted(both))
            assert edge["jaccard"] == pytest.approx(len(both) / len(carry[a] | carry[b]))
            assert edge["association_strength"] == pytest.approx(len(both) / (len(carry[a]) * len(carry[b])))


def test_lift_jaccard_and_npmi_are_those_of_other_packages() -> None:
    """Against mlxtend and gensim; ``origin`` in the fixture says how the numbers were made."""
    held = json.loads((Path(__file__).parent / "fixtures/cooccurrence_measures.json").read_text("utf-8"))
    rows = [
        code(f"p{p:02}", "failure_mode", m, level="argues")
        for m, marks in held["codes"].items()
        for p, mark in enumerate(marks)
        if mark == "1"
    ]
    papers = len(held["codes"]["m1"])
    # A paper that carries none of the codes counts as well: it carries another facet's.
    rows += [code(f"p{p:02}", "stream", "s") for p in range(papers)]
    edges = edges_table(cooccurrence(final(rows))).set_index(["source", "target"])
    assert len(edges) == len(held["pairs"]) == 14  # m5 and m6 never meet
    for pair in held["pairs"]:
        ours = edges.loc[(pair["source"], pair["target"])]
        assert ours["count"] == pair["count"]
        for measure in ("lift", "jaccard", "npmi"):
            assert ours[measure] == pytest.approx(pair[measure], abs=1e-12), (pair, measure)


def test_tables_of_an_empty_graph_have_their_columns() -> None:
    assert list(edges_table(nx.Graph()))[:3] == ["source", "target", "count"]
    assert nodes_table(nx.Graph()).empty


def rows_of(chart: object, column: str) -> pd.DataFrame:
    spec = chart.to_dict()  # type: ignore[attr-defined]
    kept = [row for rows in spec["datasets"].values() for row in rows if column in row]
    return pd.DataFrame(kept)


def strokes(chart: object) -> dict[int, tuple[str, list[float]]]:
    """Sign of a pair -> colour and dash of its lines."""
    spec = chart.to_dict()  # type: ignore[attr-defined]
    found = {}
    for layer in spec["layer"]:
        rows = spec["datasets"].get(layer.get("data", {}).get("name"), [])
        if rows and "sign" in rows[0]:
            found[rows[0]["sign"]] = (layer["mark"]["color"], layer["mark"]["strokeDash"])
    return found


def test_surprising_pairs_stand_out_and_the_key_says_how() -> None:
    table, graph = pairs(carried(planted())), cooccurrence(carried(planted()))
    bone = backbone(graph, table)
    chart = charts.cooccurrence_network(graph, backbone=bone, min_count=20)
    drawn = rows_of(chart, "thick").groupby("sign").size()
    # A surprising pair is drawn whatever its count, also when it never met; the others from min_count on.
    assert drawn[1] + drawn[-1] == bone.number_of_edges()
    others = [
        d["count"] for a, b, d in graph.edges(data=True) if d["count"] >= 20 and not bone.has_edge(a, b)
    ]
    assert drawn[0] == len(others)
    assert strokes(chart)[1] == (INK, [1, 0]) and strokes(chart)[-1] == (INK, [2, 1.5])
    assert strokes(chart)[0][0] != INK
    said = " ".join(read(chart))
    assert "together more often than by chance (false discovery rate 5%)" in said
    assert "less often, or never" in said
    assert f"Of 28 pairs that could have been surprising, {bone.number_of_edges()} are" in said
    assert "m2 with m3: 0 papers, surprisingly few" in str(chart.to_dict())


def test_where_nothing_is_surprising_no_line_stands_out() -> None:
    matrix = np.random.default_rng(4).random((60, 6)) < 0.3
    table, graph = pairs(carried(matrix), draws=2_000), cooccurrence(carried(matrix))
    chart = charts.cooccurrence_network(graph, backbone=backbone(graph, table))
    said = " ".join(read(chart))
    assert "none is, at a false discovery rate of 5%: no line stands out" in said
    assert "by chance" not in said
    few = cooccurrence(carried(np.ones((1, 2))))
    told = charts.cooccurrence_network(few, backbone=backbone(few, pairs(carried(np.ones((1, 2))), draws=50)))
    assert "No pair could have been surprising" in " ".join(read(told))


def crowd() -> nx.Graph:
    """26 codes with names as long as ours and 45 pairs: as many as the figure of the survey has to hold."""
    rng = np.random.default_rng(9)
    graph = nx.Graph()
    for k in range(26):
        graph.add_node(f"{'abcdefghijklmnopqrstuvwxyz'[k]}-failure-mode-{k}", n=int(1 + rng.integers(40)))
    names = list(graph)
    for k in range(25):
        graph.add_edge(names[k + 1], names[int(rng.integers(max(k - 4, 0), k + 1))], count=1)
    while graph.number_of_edges() < 45:
        a, b = rng.choice(26, 2, replace=False)
        graph.add_edge(names[a], names[b], count=int(1 + rng.integers(5)))
    return graph


@pytest.mark.parametrize(("width", "page"), [("single", SINGLE), ("double", DOUBLE)])
def test_lines_keep_clear_of_labels(width: str, page: float) -> None:
    chart = charts.cooccurrence_network(crowd(), width=width, stamp=STAMP)  # type: ignore[arg-type]
    lines, labels = rows_of(chart, "thick"), rows_of(chart, "left")
    nodes = rows_of(chart, "area")
    assert len(lines) == 45 and len(nodes) == 26
    through = 0.0
    for line in lines.to_dict("records"):
        along = np.linspace(0, 1, 400)
        x = line["x"] + along * (line["x2"] - line["x"])
        y = line["y"] + along * (line["y2"] - line["y"])
        length = float(np.hypot(line["x2"] - line["x"], line["y2"] - line["y"]))
        inside = np.zeros(400, dtype=bool)
        for box in labels.to_dict("records"):
            inside |= (x > box["left"]) & (x < box["right"]) & (y > box["top"]) & (y < box["bottom"])
        through += float(inside.mean()) * length
    whole = float(np.hypot(lines["x2"] - lines["x"], lines["y2"] - lines["y"]).sum())
    assert through / whole < 0.04
    for node in nodes.to_dict("records"):
        reach = node["radius"]
        assert reach <= node["x"] <= page - reach and node["y"] >= reach
    for one, other in itertools.combinations(labels.to_dict("records"), 2):
        across = min(one["right"], other["right"]) - max(one["left"], other["left"])
        down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
        assert across <= 1.3 or down <= 0.5, (one, other)


@pytest.mark.parametrize(("width", "page"), [("single", SINGLE), ("double", DOUBLE)])
def test_what_never_met_is_drawn_with_its_p(width: str, page: float) -> None:
    matrix = planted()
    matrix[:, 4:] = False
    matrix[:2, 4] = matrix[4:6, 5] = True
    missed = never_met(pairs(carried(matrix), separated=[("m4", "m5")]))
    chart = charts.never_met_plot(missed, most=2, width=width, stamp=STAMP)  # type: ignore[arg-type]
    svg = drawing(chart)
    placed = words(svg)
    assert all(w.left >= -0.5 and w.right <= page + 0.5 for w in placed)
    for one, other in itertools.combinations(placed, 2):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert across <= 0.5 or down <= 0.5, (one, other)
    said = [w.text for w in placed]
    assert "m2 and m3" in said and "p < 0.001" in said
    assert "surprising (false discovery rate 5%)" in said
    left = len(missed) - 2
    assert any(t.startswith(f"{left} more pair") for t in said)
    whole = " ".join(read(charts.never_met_plot(missed, most=99)))
    assert "m4 and m5*" in whole and "A coding rule separates the two" in whole
    marks = rows_of(chart, "fill")
    assert marks["x"].tolist() == sorted(marks["x"], reverse=True)


def test_nothing_that_never_met_is_said_in_words() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for matrix in (np.zeros((0, 0)), np.zeros((3, 2)), np.ones((3, 3))):
            missed = never_met(pairs(carried(matrix), draws=50))
            assert missed.empty
            assert any(t.startswith("Nothing to draw") for t in read(charts.never_met_plot(missed)))
        two = never_met(pairs(carried(np.eye(2)), draws=50))
        assert two["note"].tolist() == ["not estimable: the margins leave one count only"]
        assert "m0 and m1" in read(charts.never_met_plot(two))
