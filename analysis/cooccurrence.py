"""Co-occurrence: which codes of a facet papers carry together, and how strongly.

All of it speaks of the sample alone, and has no interval. What one would expect of a pair says ``analysis.expected``.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
import pandas as pd

from analysis.selection import Asked, incidence, meetings, tuples

_EDGE_MEASURES = ("count", "association_strength", "jaccard")


def cooccurrence(
    final: pd.DataFrame,
    facet: str,
    *,
    asked: Asked | None = None,
    min_level: str | None = None,
    grey: str = "exclude",
    min_count: int = 1,
    basis: str = "abstract",
    codes: Sequence[str] | None = None,
) -> nx.Graph:
    """Graph of the codes of one facet that papers carry together.

    With c papers carrying both, s_i and s_j carrying each, and N papers that carry any code of the facet:
    association strength is c / (s_i s_j), the proximity index with occurrences as s (van Eck & Waltman 2009).
    Jaccard is c / (s_i + s_j - c). The ratios inflate rare pairs: read them beside
    ``count``. N is that of ``analysis.expected``, so that both speak of the same papers.

    Args:
        final: the survey's table ``final``.
        facet: the facet.
        asked: which facet carries levels; needed where ``min_level`` is given.
        min_level: lowest level at which a code of that facet counts; other facets ignore it. None: any.
        grey: ``exclude``, ``include`` or ``only``.
        min_count: papers a pair must share to become an edge. 0 also gives the pairs that never met, among
            codes that are used at all.
        basis: ``title``, ``abstract`` or ``full-text``.
        codes: nodes, never-used ones included and others left out; default: the codes used.

    Returns:
        Undirected graph. Nodes, isolated ones included: ``n``, ``papers`` (sorted tuple). Edges: ``count``,
        ``association_strength``, ``jaccard``, ``papers`` (sorted tuple). Graph: ``facet``, ``papers`` (N),
        ``min_level`` (empty where every level counts, and for a facet without levels), ``grey``, ``basis``.

    Raises:
        ValueError: an argument is not one of its words, ``min_count`` is negative, or a column is missing.
    """
    if min_count < 0:
        raise ValueError(f"min_count={min_count} must not be negative")
    held = incidence(final, facet, asked=asked, min_level=min_level, grey=grey, basis=basis, codes=codes)
    cells = meetings(held, held)
    size = len(held.codes)
    papers = int((np.asarray(held.matrix.sum(axis=1)).ravel() > 0).sum())
    counts = np.fromiter((len(p) for p in cells), dtype=np.int64, count=len(cells)).reshape(size, size)
    graph = nx.Graph(
        facet=facet,
        papers=papers,
        min_level=min_level if min_level and asked and facet == asked.facet else "",
        grey=grey,
        basis=basis,
    )
    for i, code in enumerate(held.codes):
        graph.add_node(code, n=int(counts[i, i]), papers=cells[i * size + i])
    used = np.diag(counts) > 0
    wanted = np.triu((counts >= min_count) & used[:, None] & used[None, :], k=1)
    for i, j in np.argwhere(wanted).tolist():
        c, first, second = int(counts[i, j]), int(counts[i, i]), int(counts[j, j])
        graph.add_edge(
            held.codes[i],
            held.codes[j],
            count=c,
            association_strength=c / (first * second),
            jaccard=c / (first + second - c),
            papers=cells[i * size + j],
        )
    return graph


def edges_table(graph: nx.Graph) -> pd.DataFrame:
    """Edges of a co-occurrence graph, most papers first.

    Returns:
        ``source`` < ``target``, ``count``, ``association_strength``, ``jaccard``, ``papers`` (sorted tuple).
    """
    edges = sorted(
        ((*sorted((a, b)), data) for a, b, data in graph.edges(data=True)),
        key=lambda edge: (-edge[2]["count"], edge[0], edge[1]),
    )
    return pd.DataFrame(
        {
            "source": pd.Series([a for a, _, _ in edges], dtype="str"),
            "target": pd.Series([b for _, b, _ in edges], dtype="str"),
            **{
                m: np.array([d[m] for _, _, d in edges], dtype=np.int64 if m == "count" else np.float64)
                for m in _EDGE_MEASURES
            },
            "papers": tuples([d["papers"] for _, _, d in edges]),
        }
    )
