"""Co-occurrence: which codes of a facet papers carry together, and how strongly.

All of it speaks of the sample alone, and has no interval. What one would expect of a pair says ``analysis.expected``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import networkx as nx
import numpy as np
import pandas as pd

from analysis.selection import FAILURE_MODE, LEVELS, incidence, meetings, one_of, tuples

_EDGE_MEASURES = ("count", "association_strength", "jaccard", "npmi")


def npmi(together: int, first: int, second: int, papers: int) -> float:
    """Normalised pointwise mutual information of two codes (Bouma 2009).

    log(N c / (s_i s_j)) / -log(c / N): 1 when the two only ever occur together, 0 when they are independent,
    -1 when both occur and never meet. When every paper carries both (c = N) the quotient is 0/0; it is
    defined as 1, the value of every other pair that only ever occurs together.

    Args:
        together: c, papers with both.
        first: s_i, papers with the first; at least 1.
        second: s_j, papers with the second; at least 1.
        papers: N, all papers.

    Raises:
        ValueError: the counts cannot belong to one set of papers, or a code is never used.
    """
    if not (0 < first <= papers and 0 < second <= papers):
        raise ValueError(f"both codes must occur, in at most all papers: {first}, {second} of {papers}")
    if not max(0, first + second - papers) <= together <= min(first, second):
        raise ValueError(f"{together} papers with both is impossible with {first} and {second} of {papers}")
    if together == 0:
        return -1.0
    if together == papers:
        return 1.0
    if together == first == second:
        return 1.0  # exactly, where the quotient of two logarithms may miss it by a rounding
    return log(papers * together / (first * second)) / -log(together / papers)


def cooccurrence(
    final: pd.DataFrame,
    facet: str = FAILURE_MODE,
    *,
    min_level: str = "mentions",
    grey: str = "exclude",
    min_count: int = 1,
    basis: str = "abstract",
    codes: Sequence[str] | None = None,
) -> nx.Graph:
    """Graph of the codes of one facet that papers carry together.

    With c papers carrying both, s_i and s_j carrying each, and N papers that carry any code of the facet:
    association strength is c / (s_i s_j), the proximity index with occurrences as s (van Eck & Waltman 2009).
    Jaccard is c / (s_i + s_j - c); :func:`npmi` as said there. The ratios inflate rare pairs: read them beside
    ``count``. N is that of ``analysis.expected``, so that both speak of the same papers.

    Args:
        final: the survey's table ``final``.
        facet: the facet.
        min_level: lowest level at which a failure mode counts; other facets ignore it.
        grey: ``exclude``, ``include`` or ``only``.
        min_count: papers a pair must share to become an edge. 0 also gives the pairs that never met, among
            codes that are used at all.
        basis: ``title``, ``abstract`` or ``full-text``.
        codes: nodes, never-used ones included and others left out; default: the codes used.

    Returns:
        Undirected graph. Nodes, isolated ones included: ``n``, ``papers`` (sorted tuple). Edges: ``count``,
        ``association_strength``, ``jaccard``, ``npmi``, ``papers`` (sorted tuple). Graph: ``facet``, ``papers`` (N),
        ``min_level`` (empty for a facet without levels), ``grey``, ``basis``.

    Raises:
        ValueError: an argument is not one of its words, ``min_count`` is negative, or a column is missing.
    """
    if min_count < 0:
        raise ValueError(f"min_count={min_count} must not be negative")
    one_of("min_level", min_level, LEVELS)
    held = incidence(final, facet, min_level=min_level, grey=grey, basis=basis, codes=codes)
    cells = meetings(held, held)
    size = len(held.codes)
    papers = int((np.asarray(held.matrix.sum(axis=1)).ravel() > 0).sum())
    counts = np.fromiter((len(p) for p in cells), dtype=np.int64, count=len(cells)).reshape(size, size)
    graph = nx.Graph(
        facet=facet,
        papers=papers,
        min_level=min_level if facet == FAILURE_MODE else "",
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
            npmi=npmi(c, first, second, papers),
            papers=cells[i * size + j],
        )
    return graph


def edges_table(graph: nx.Graph) -> pd.DataFrame:
    """Edges of a co-occurrence graph, most papers first.

    Returns:
        ``source`` < ``target``, ``count``, ``association_strength``, ``jaccard``, ``npmi``, ``papers`` (sorted tuple).
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
