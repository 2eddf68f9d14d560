"""Graphs for other programs come back as they went, and the same graph gives the same bytes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.answers.graph_files import gexf, graphml, plain, vosviewer

STAMP = "data 1a2b3c4d · schema 1.0 · 0 % human-verified · data of 2026-11-24"


def graph(reverse: bool = False) -> nx.Graph:
    nodes: list[tuple[str, dict[str, Any]]] = [
        (
            "judge-bias",
            {
                "n": np.int64(8),
                "papers": ("p1", "p2"),
                "label": "Judge bias",
                "x": -0.5,
                "y": 0.25,
            },
        ),
        (
            "label-error",
            {"n": 4, "papers": ("p2",), "label": "Label error", "x": 1, "y": 0.0},
        ),
        (
            "over<refusal>",
            {
                "n": 1,
                "papers": (),
                "label": "Über & <so>",
                "x": 0.1,
                "y": -1.0,
                "stability": np.nan,
            },
        ),
    ]
    nodes[0][1].update(stability=1 / 3, colour="#0072B2")
    nodes[1][1].update(stability=1, colour="#D55E00")
    edges: list[tuple[str, str, dict[str, Any]]] = [
        (
            "judge-bias",
            "label-error",
            {"count": np.int64(3), "lift": 2.0 / 3, "papers": ("p2",), "q_upper": None},
        ),
        ("label-error", "over<refusal>", {"count": 1, "lift": 1, "papers": ("p3", "p4"), "q_upper": 0.25}),
    ]
    made = nx.Graph(facet="failure_mode", papers=225)
    if reverse:
        nodes = [(n, dict(reversed(d.items()))) for n, d in reversed(nodes)]
        edges = [(b, a, dict(reversed(d.items()))) for a, b, d in reversed(edges)]
        made = nx.Graph(papers=225, facet="failure_mode")
    made.add_nodes_from(nodes)
    made.add_edges_from(edges)
    return made


def back(text: str, read: Any) -> nx.Graph:
    return read(io.BytesIO(text.encode()))


def same(one: nx.Graph, other: nx.Graph, drop: tuple[str, ...] = ()) -> None:
    assert set(one) == set(other)
    for node, data in one.nodes(data=True):
        assert {k: v for k, v in other.nodes[node].items() if k not in drop} == data
    assert {frozenset(e) for e in one.edges} == {frozenset(e) for e in other.edges}
    for a, b, data in one.edges(data=True):
        assert {k: v for k, v in other.edges[a, b].items() if k not in drop} == data


def test_attributes_become_plain() -> None:
    made = plain(graph())
    assert list(made) == ["judge-bias", "label-error", "over<refusal>"]
    assert made.nodes["judge-bias"] == {
        "colour": "#0072B2",
        "label": "Judge bias",
        "n": 8,
        "papers": "p1;p2",
        "stability": 0.333333,
        "x": -0.5,
        "y": 0.25,
    }
    assert type(made.nodes["judge-bias"]["n"]) is int
    # One float makes all of them floats: a file declares one type an attribute.
    assert (
        type(made.nodes["label-error"]["x"]) is float
        and type(made.nodes["label-error"]["stability"]) is float
    )
    assert "stability" not in made.nodes["over<refusal>"] and made.nodes["over<refusal>"]["papers"] == ""
    assert made.edges["judge-bias", "label-error"] == {"count": 3, "lift": 0.666667, "papers": "p2"}
    # The given graph is as it was.
    assert graph().nodes["judge-bias"]["papers"] == ("p1", "p2")


def test_graphml_comes_back_as_it_went() -> None:
    text = graphml(graph(), STAMP)
    read = back(text, nx.read_graphml)
    same(plain(graph()), read)
    assert read.graph["stamp"] == STAMP
    assert read.graph["papers"] == 225


def test_gexf_comes_back_as_it_went() -> None:
    text = gexf(graph(), STAMP)
    read = back(text, nx.read_gexf)
    # networkx takes the label for itself, adds ids, and reads what is drawn as ``viz``.
    same(plain(graph()), read, drop=("viz", "id", "weight"))
    assert read.nodes["judge-bias"]["viz"]["position"] == {"x": -0.5, "y": 0.25, "z": 0.0}
    assert {c: read.nodes["judge-bias"]["viz"]["color"][c] for c in "rgb"} == {"r": 0, "g": 114, "b": 178}
    assert read.edges["judge-bias", "label-error"]["weight"] == 3
    meta = ElementTree.fromstring(text.encode()).find("{http://www.gexf.net/1.2draft}meta")
    assert meta is not None
    assert meta.get("lastmodifieddate") == "2026-11-24"
    said = meta.findtext("{http://www.gexf.net/1.2draft}description")
    assert said is not None and STAMP in said and "papers: 225" in said


def test_without_a_stamp_there_is_no_date() -> None:
    assert "lastmodifieddate" not in gexf(graph())
    assert "lastmodifieddate" not in gexf(graph(), "data 1a2b3c4d · no date")


def check_vosviewer(text: str) -> dict[str, Any]:
    """Refuse what the documentation of VOSviewer JSON files does not describe."""
    told: dict[str, Any] = json.loads(text)
    assert set(told) <= {"network", "config", "info"}
    network = told["network"]
    assert set(network) <= {"items", "links", "clusters"}
    ids = set()
    for item in network["items"]:
        assert set(item) <= {"id", "label", "description", "url", "x", "y", "cluster", "weights", "scores"}
        assert isinstance(item["id"], str | int) and item["id"] not in ids
        ids.add(item["id"])
        assert isinstance(item["label"], str)
        assert ("x" in item) == ("y" in item)
        for value in item["weights"].values():
            assert isinstance(value, int | float) and value >= 0
    for link in network["links"]:
        assert set(link) == {"source_id", "target_id", "strength"}
        assert link["source_id"] in ids and link["target_id"] in ids
        assert link["strength"] >= 0
    assert set(told.get("info", {})) <= {"title", "description"}
    return told


def test_vosviewer_has_the_structure_that_is_documented() -> None:
    text = vosviewer(
        graph(),
        STAMP,
        title="Modes",
        weights={"Papers": "n"},
    )
    told = check_vosviewer(text)
    items = {item["id"]: item for item in told["network"]["items"]}
    assert items["judge-bias"] == {
        "id": "judge-bias",
        "label": "Judge bias",
        "x": -0.5,
        "y": 0.25,
        "weights": {"Links": 1, "Total link strength": 3.0, "Papers": 8},
    }
    assert items["label-error"]["weights"]["Total link strength"] == 4.0
    assert told["network"]["links"] == [
        {"source_id": "judge-bias", "target_id": "label-error", "strength": 3},
        {"source_id": "label-error", "target_id": "over<refusal>", "strength": 1},
    ]
    assert told["info"]["title"] == "Modes" and STAMP in told["info"]["description"]


def test_a_place_for_some_is_a_place_for_none() -> None:
    made = graph()
    del made.nodes["judge-bias"]["x"]
    assert not any("x" in item for item in check_vosviewer(vosviewer(made))["network"]["items"])


WRITERS = {"graphml": graphml, "gexf": gexf, "vosviewer": vosviewer}


@pytest.mark.parametrize("name", WRITERS)
def test_the_order_of_the_graph_leaves_no_trace(name: str) -> None:
    assert WRITERS[name](graph(), STAMP) == WRITERS[name](graph(reverse=True), STAMP)


def test_another_process_with_other_hashes_writes_the_same_bytes() -> None:
    script = (
        "import sys; from tests.test_graph_files import *;"
        "sys.stdout.buffer.write(''.join(w(graph(), STAMP) for w in WRITERS.values()).encode())"
    )
    here = "".join(write(graph(), STAMP) for write in WRITERS.values()).encode()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            check=True,
        )
        assert run.stdout == here


@pytest.mark.parametrize("name", WRITERS)
def test_an_empty_graph_is_a_file_that_can_be_read(name: str) -> None:
    text = WRITERS[name](nx.Graph(), STAMP)
    if name == "vosviewer":
        assert check_vosviewer(text)["network"] == {"items": [], "links": []}
    else:
        assert back(text, nx.read_graphml if name == "graphml" else nx.read_gexf).number_of_nodes() == 0


def test_what_cannot_be_written_is_refused() -> None:
    made = nx.Graph()
    made.add_edge("a", "b", count=-1)
    with pytest.raises(ValueError, match="strength of a, b is -1"):
        vosviewer(made)
    made = nx.Graph()
    made.add_node("a", what={"b": 1})
    with pytest.raises(ValueError, match="what is a dict"):
        graphml(made)
    made = nx.Graph()
    made.add_nodes_from([1, "1"])
    with pytest.raises(ValueError, match="same name"):
        plain(made)
    for wrong in (nx.DiGraph(), nx.MultiGraph()):
        with pytest.raises(ValueError, match="undirected"):
            plain(wrong)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.floats(allow_nan=True), st.integers(-(2**31), 2**31 - 1))
def test_any_text_and_number_survives(words: str, number: float, whole: int) -> None:
    made = nx.Graph()
    made.add_node("a", words=words, number=number, whole=whole)
    made.add_node("b", words="", whole=0)
    made.add_edge("a", "b", count=1, words=words)
    kept = plain(made)
    for text, read in ((graphml(made), nx.read_graphml), (gexf(made), nx.read_gexf)):
        one = back(text, read)
        assert one.nodes["a"]["whole"] == whole
        assert one.nodes["a"].get("number") == kept.nodes["a"].get("number")
        # XML reads a carriage return as a line break.
        told = one.nodes["a"].get("words") or ""
        assert told.split() == kept.nodes["a"]["words"].split()
    check_vosviewer(vosviewer(made))
