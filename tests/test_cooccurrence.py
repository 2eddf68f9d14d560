"""The graph of codes that papers carry together equals counting by hand, and it speaks of the sample alone."""

from __future__ import annotations

import itertools
import json
from functools import partial
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cooccurrence import cooccurrence as plain_cooccurrence
from analysis.cooccurrence import edges_table
from tests.test_coverage import code, final
from workbench.answers.cooccurrence import raised_together
from workbench.answers.expected import crossed
from workbench.store.survey import open_survey

cooccurrence = partial(plain_cooccurrence, facet="failure_mode")

MODES = ("m1", "m2", "m3")


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


def test_association_strength_jaccard_are_those_of_other_packages() -> None:
    """Against mlxtend and gensim; ``origin`` in the fixture says how the numbers were made."""
    held = json.loads((Path(__file__).parent / "fixtures/cooccurrence_measures.json").read_text("utf-8"))
    rows = [
        code(f"p{p:02}", "failure_mode", m, level="argues")
        for m, marks in held["codes"].items()
        for p, mark in enumerate(marks)
        if mark == "1"
    ]
    papers = len(held["codes"]["m1"])
    # A paper that carries none of the codes counted there: here it carries one more, in no pair.
    rows += [code(f"p{p:02}", "failure_mode", f"own{p}", level="argues") for p in range(papers)]
    only = list(held["codes"])
    edges = edges_table(_among(cooccurrence(final(rows)), only)).set_index(["source", "target"])
    assert len(edges) == len(held["pairs"]) == 14  # m5 and m6 never meet
    for pair in held["pairs"]:
        ours = edges.loc[(pair["source"], pair["target"])]
        assert ours["count"] == pair["count"]
        assert papers * ours["association_strength"] == pytest.approx(pair["lift"], abs=1e-12), pair
        assert ours["jaccard"] == pytest.approx(pair["jaccard"], abs=1e-12), pair


def _among(graph: nx.Graph, codes: list[str]) -> nx.Graph:
    return graph.subgraph(codes)


def test_tables_of_an_empty_graph_have_their_columns() -> None:
    assert list(edges_table(nx.Graph()))[:3] == ["source", "target", "count"]


def test_the_answer_is_of_the_sample_alone_and_of_one_n(pilot: Path) -> None:
    survey = open_survey(pilot)
    answer = raised_together(survey)
    edges = answer.tables["cooccurrence"]
    assert (len(answer.tables), len(answer.figures)) == (1, 1)
    assert edges["count"].sum() == 77
    # The N of association strength, Jaccard and nPMI is that of the table of what could be expected.
    papers = {n.name: n.value for n in answer.numbers}["TogetherPapers"]
    _, about = crossed(survey)
    assert papers == about.set_index("grid").loc["failure_mode x failure_mode", "papers"] == 204
    assert "papers of this sample" in answer.figures[0].description
    assert set(answer.pages) == {f"graphs/cooccurrence.{x}" for x in ("graphml", "gexf", "vosviewer.json")}


def test_nothing_raised_together_is_said(survey: Path) -> None:
    assert raised_together(open_survey(survey)).figures[0].description.startswith("Nothing is drawn")
