"""Communities are those that are there, stability says what it says, and centralities are defined everywhere."""

from __future__ import annotations

import itertools
import warnings
from math import log

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy import sparse

from analysis.communities import (
    ENOUGH,
    agreement_of_runs,
    centralities,
    communities,
    modularity_test,
    resampled,
)
from analysis.selection import Incidence


def facet(matrix: ArrayLike) -> Incidence:
    held = np.asarray(matrix, dtype=np.int64)
    papers, codes = held.shape
    return Incidence(
        sparse.csr_matrix(held), [f"p{i}" for i in range(papers)], [f"m{j}" for j in range(codes)]
    )


def cliques(bridge: bool = False) -> nx.Graph:
    graph = nx.Graph(papers=500)
    for names in ("abcde", "vwxyz"):
        graph.add_nodes_from(names, n=3)
        graph.add_edges_from(itertools.combinations(names, 2), count=2)
    if bridge:
        graph.add_edge("a", "z", count=1)
    return graph


def blocks(papers: int = 120, inside: float = 0.5, across: float = 0.03) -> np.ndarray:
    """Papers of two kinds, each with four codes of its own."""
    rng = np.random.default_rng(7)
    kind = np.arange(papers)[:, None] % 2 == (np.arange(8)[None, :] >= 4)
    return rng.random((papers, 8)) < np.where(kind, inside, across)


def test_the_karate_club_has_the_modularity_that_is_known() -> None:
    # Zachary 1977; the optimum without weights is 0.4198 (Brandes et al. 2008, IEEE TKDE 20:172), with four groups.
    club = nx.relabel_nodes(nx.karate_club_graph(), str)
    nx.set_edge_attributes(club, 1, "count")
    found = communities(club)
    assert found.runs["modularity"].max() == pytest.approx(0.4198, abs=5e-5)
    assert 0.41 < found.summary.loc[0, "modularity"] < 0.4198
    assert found.summary.loc[0, "communities"] == 4
    # One run is one of many: that is why there are 200.
    assert found.summary.loc[0, "partitions"] > 5
    assert 0.7 < found.summary.loc[0, "rand"] < 1
    of = found.nodes.set_index("code")["community"]
    # The instructor's and the president's camps.
    assert of["0"] != of["33"] and of["33"] == of["32"] and of["0"] == of["1"]
    stability = found.nodes.set_index("code")["stability"]
    assert stability["33"] > stability["9"] and stability["9"] < 1


def test_two_cliques_are_found_by_every_seed() -> None:
    for graph in (cliques(), cliques(bridge=True)):
        found = communities(graph, runs=40)
        assert found.nodes["stability"].tolist() == [1.0] * 10
        assert found.nodes["outside"].tolist() == [0.0] * 10
        assert found.summary.loc[0, ["communities", "partitions", "rand", "variation"]].tolist() == [
            2,
            1,
            1,
            0,
        ]
        parts = found.nodes.groupby("community")["code"].agg("".join).tolist()
        assert parts == ["abcde", "vwxyz"]


def test_modularity_is_that_of_networkx() -> None:
    graph = nx.gnm_random_graph(18, 40, seed=3)
    for k, (_, _, data) in enumerate(graph.edges(data=True)):
        data["count"] = 1 + k % 4
    for resolution in (0.7, 1.0, 1.6):
        found = communities(graph, runs=8, resolution=resolution)
        parts = [set(p) for _, p in found.nodes[found.nodes["community"] > 0].groupby("community")["code"]]
        parts += [{c} for c in found.nodes.loc[found.nodes["community"] == 0, "code"]]
        reference = nx.community.modularity(
            nx.relabel_nodes(graph, str),
            [{str(c) for c in p} for p in parts],
            weight="count",
            resolution=resolution,
        )
        assert found.summary.loc[0, "modularity"] == pytest.approx(reference)
        assert found.runs["modularity"].is_monotonic_increasing or found.runs["modularity"].nunique() > 1


def test_agreement_of_partitions_by_worked_examples() -> None:
    # scikit-learn's documentation of adjusted_rand_score: 0.57 for these two, 0 for all apart against all together.
    rand, variation = agreement_of_runs(np.array([[0, 0, 1, 2], [0, 0, 1, 1]]))
    assert rand == pytest.approx(4 / 7)
    assert variation == pytest.approx(0.5 * log(2) / log(4))
    assert agreement_of_runs(np.array([[0, 0, 0, 0], [0, 1, 2, 3]])) == (0.0, pytest.approx(1.0))
    # Names of communities mean nothing.
    assert agreement_of_runs(np.array([[0, 0, 1, 1], [1, 1, 0, 0]])) == (1.0, pytest.approx(0.0))
    # Three runs, two alike: the pairs are 1, 4/7, 4/7.
    three = np.array([[0, 0, 1, 2], [0, 0, 1, 1], [1, 1, 0, 0]])
    assert agreement_of_runs(three)[0] == pytest.approx((1 + 8 / 7) / 3)
    assert agreement_of_runs(np.zeros((1, 4), dtype=np.int64)) == (1.0, 0.0)


def test_below_450_papers_it_is_called_descriptive() -> None:
    graph = cliques()
    for papers, status in ((ENOUGH - 1, "descriptive"), (ENOUGH, "")):
        graph.graph["papers"] = papers
        assert communities(graph, runs=2).summary.loc[0, "status"] == status
    del graph.graph["papers"]
    assert communities(graph, runs=2).summary.loc[0, "status"] == "descriptive"
    assert ENOUGH == 450


def test_stability_is_the_share_of_runs() -> None:
    # A path of two edges and a pendant triangle: the middle goes with either end, by seed.
    graph = nx.Graph()
    graph.add_edges_from([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")], count=1)
    found = communities(graph, runs=60)
    labels = found.nodes.set_index("code")
    assert found.summary.loc[0, "partitions"] > 1
    assert labels["stability"].between(0, 1).all()
    assert labels["stability"].min() < 1
    assert (labels["stability"] >= labels["outside"]).all()


def test_papers_drawn_anew_keep_what_is_strong() -> None:
    strong = facet(blocks())
    graph = _graph(strong)
    nodes = communities(graph, runs=10).nodes
    assert nodes["community"].nunique() == 2
    assert resampled(strong, nodes, draws=40)["resampled"].min() > 0.95
    # One paper alone joins m8 to the first block: in 37 of 100 resamples it is not there at all.
    matrix = np.hstack([blocks(), np.zeros((120, 1), dtype=bool)])
    matrix[0, [0, 8]] = True
    weak = facet(matrix)
    table = resampled(weak, communities(_graph(weak), runs=10).nodes, draws=100).set_index("code")
    assert 50 <= table.loc["m8", "drawn"] <= 76
    assert resampled(weak, nodes, draws=0)["note"].eq("not estimable: no draw with an edge").all()


def _graph(held: Incidence) -> nx.Graph:
    counts = (held.matrix.T @ held.matrix).toarray()
    graph = nx.Graph(papers=len(held.papers))
    for i, a in enumerate(held.codes):
        graph.add_node(a, n=int(counts[i, i]))
    for i, j in itertools.combinations(range(len(held.codes)), 2):
        if counts[i, j]:
            graph.add_edge(held.codes[i], held.codes[j], count=int(counts[i, j]))
    return graph


def test_communities_beyond_chance_are_told_from_those_that_are_not() -> None:
    row = modularity_test(facet(blocks()), draws=60).iloc[0]
    assert row["p_upper"] == pytest.approx(1 / 61) and row["modularity"] > row["expected"] + 3 * row["sd"]
    # Without structure p is spread evenly: of 30 few are small and few are large.
    p = [
        modularity_test(facet(np.random.default_rng(s).random((50, 8)) < 0.25), draws=19, seed=s).loc[
            0, "p_upper"
        ]
        for s in range(30)
    ]
    assert sum(v <= 0.1 for v in p) <= 8
    assert 0.3 < float(np.mean(p)) < 0.75


def test_betweenness_takes_strong_ties_for_short_and_ties_of_paths_exactly() -> None:
    # Newman 2001: length 1/weight. a-c over b is 1/3 + 1/6 = 1/2, as long as the direct way of weight 2.
    graph = nx.Graph()
    graph.add_nodes_from("abcd", n=1)
    graph.add_edge("a", "b", count=3)
    graph.add_edge("b", "c", count=6)
    graph.add_edge("a", "c", count=2)
    table = centralities(graph).set_index("code")
    # Of the three pairs of others, a-c has two shortest ways, one of them over b; d is never reached.
    assert table.loc["b", "betweenness"] == pytest.approx(0.5 / 3)
    assert table.loc[["a", "c", "d"], "betweenness"].tolist() == [0, 0, 0]
    assert table["degree"].tolist() == [2, 2, 2, 0]
    assert table["strength"].tolist() == [5, 9, 8, 0]
    graph.edges["a", "c"]["count"] = 1
    assert centralities(graph).set_index("code").loc["b", "betweenness"] == pytest.approx(1 / 3)
    graph.edges["a", "c"]["count"] = 0.5
    assert centralities(graph).set_index("code").loc["b", "betweenness"] == pytest.approx(1 / 3)


def test_pagerank_solves_its_equation_where_the_graph_falls_apart() -> None:
    graph = nx.Graph()
    graph.add_nodes_from("abcdef", n=1)
    graph.add_node("g", n=0)
    graph.add_edge("a", "b", count=2)
    graph.add_edge("b", "c", count=1)
    graph.add_edge("d", "e", count=4)
    table = centralities(graph).set_index("code")
    weights = np.zeros((6, 6))
    for a, b, data in graph.edges(data=True):
        i, j = "abcdef".index(a), "abcdef".index(b)
        weights[i, j] = weights[j, i] = data["count"]
    sums = weights.sum(1, keepdims=True)
    walk = np.where(sums > 0, weights / np.where(sums == 0, 1, sums), 1 / 6)
    exact = np.linalg.solve(np.eye(6) - 0.85 * walk.T, np.full(6, 0.15 / 6))
    assert table.loc[list("abcdef"), "pagerank"].tolist() == pytest.approx(exact.tolist(), abs=1e-9)
    assert table["component"].tolist() == [1, 1, 1, 2, 2, 3, 0]
    assert table["component_size"].tolist() == [3, 3, 3, 2, 2, 1, 0]
    assert table.loc["g", ["pagerank", "note"]].tolist() == [0, "no paper carries it"]
    assert table.loc["f", "note"] == "shares no paper with another code"


def _empty() -> nx.Graph:
    return nx.Graph(papers=0)


def _lonely() -> nx.Graph:
    graph = nx.Graph(papers=3)
    graph.add_nodes_from("abc", n=1)
    return graph


DEGENERATE = {"empty": (_empty, np.zeros((0, 0))), "no edges": (_lonely, np.eye(3))}


@pytest.mark.parametrize("case", DEGENERATE)
def test_nothing_to_join_is_said(case: str) -> None:
    made, matrix = DEGENERATE[case]
    graph, held = made(), facet(matrix)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = communities(graph, runs=3)
        central = centralities(graph)
        anew = resampled(held, found.nodes, draws=3)
        row = modularity_test(held, draws=3).iloc[0]
    why = "not estimable: no two codes share a paper"
    assert found.summary.loc[0, ["communities", "note"]].tolist() == [0, why]
    assert row["note"] == why and np.isnan(row["p_upper"])
    assert (found.nodes["note"] == "shares no paper with another code").all() and not found.nodes[
        "community"
    ].any()
    assert len(central) == len(graph) == len(anew)
    assert (anew["note"] != "").all()
    assert central["pagerank"].sum() == pytest.approx(1 if len(graph) else 0)


def test_one_graph_only_is_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        every = modularity_test(facet(np.ones((4, 3))), draws=5).iloc[0]
        pair = communities(_graph(facet(np.ones((1, 2)))), runs=3)
        none = modularity_test(facet(np.ones((4, 3))), draws=0).iloc[0]
    assert every["note"] == "not estimable: the margins leave one graph only" and every["p_upper"] == 1
    assert none["note"] == "not estimable: no null draws" and none["p_upper"] == 1
    assert pair.nodes["stability"].tolist() == [1, 1] and pair.nodes["members"].tolist() == [2, 2]


def test_what_cannot_be_is_refused() -> None:
    for wrong in ({"runs": 0}, {"threshold": 1.0}, {"resolution": 0.0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            communities(cliques(), **wrong)  # type: ignore[arg-type]


edges = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 6)), max_size=20)


@settings(max_examples=25, deadline=None)
@given(edges, st.randoms())
def test_the_order_of_nodes_and_edges_does_not_matter(
    rows: list[tuple[int, int, int]], random: object
) -> None:
    kept = {tuple(sorted((a, b))): n for a, b, n in rows if a != b}
    one, other = nx.Graph(papers=9), nx.Graph(papers=9)
    one.add_nodes_from((f"m{k}" for k in range(9)), n=1)
    names = [f"m{k}" for k in range(9)]
    random.shuffle(names)  # type: ignore[attr-defined]
    other.add_nodes_from(names, n=1)
    pairs = list(kept.items())
    for (a, b), n in pairs:
        one.add_edge(f"m{a}", f"m{b}", count=n)
    random.shuffle(pairs)  # type: ignore[attr-defined]
    for (a, b), n in pairs:
        other.add_edge(f"m{b}", f"m{a}", count=n)
    first, second = communities(one, runs=6), communities(other, runs=6)
    pd.testing.assert_frame_equal(first.nodes, second.nodes)
    pd.testing.assert_frame_equal(first.runs, second.runs)
    pd.testing.assert_frame_equal(first.summary, second.summary)
    pd.testing.assert_frame_equal(centralities(one), centralities(other))
    # Whoever shares a paper is in a community, and a community never spans parts that no paper joins.
    linked = {c for c in one if one.degree(c)}
    assert set(first.nodes.loc[first.nodes["community"] > 0, "code"]) == linked
    for _, part in first.nodes[first.nodes["community"] > 0].groupby("community")["code"]:
        assert nx.is_connected(one.subgraph(nx.node_connected_component(one, part.iloc[0])))
        assert set(part) <= nx.node_connected_component(one, part.iloc[0])
    assert first.nodes["stability"].dropna().between(0, 1 + 1e-12).all()
    assert centralities(one)["pagerank"].sum() == pytest.approx(1)
