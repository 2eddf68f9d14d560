"""Which codes hang together: communities of the co-occurrence graph, how stable they are, and who is central.

Louvain (Blondel, Guillaume, Lambiotte & Lefebvre 2008, J. Stat. Mech. P10008) is greedy and its result depends on
the order of the nodes: one run says little. :func:`communities` runs it from many seeds, takes the consensus
(Lancichinetti & Fortunato 2012, Scientific Reports 2:336) and says how often a code is with those it ends up with.

That is the stability of the algorithm, not of the finding. :func:`resampled` draws the papers anew, and
:func:`modularity_test` asks whether papers that combine their codes at random would fall into communities as well
(they do in sparse graphs: Guimera, Sales-Pardo & Amaral 2004, Physical Review E 70:025101).

Below ``ENOUGH`` papers all of it is called descriptive. Least data: two codes that a paper carries together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import lcm, log
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import SEED, null_counts
from analysis.selection import Incidence
from analysis.surprise import monte_carlo_error, monte_carlo_p

#: Papers below which communities are called descriptive.
ENOUGH = 450
#: Runs of each round of the consensus after the first, and rounds until it is given up.
_AGAIN, _ROUNDS = 50, 10

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Communities:
    """Communities of one graph.

    Attributes:
        nodes: one row a code: ``code``; ``community`` (1 is the largest; 0: shares no paper with another code);
            ``members``; ``stability``, share of runs in which the code is with another member of its community, mean
            over the members (of a community of one: share of runs in which it is alone); ``outside``, the same with
            the community it is otherwise most often with; ``note``.
        runs: one row a run: ``seed``, ``communities``, ``modularity``.
        summary: one row: ``papers``, ``nodes`` (in a pair), ``pairs``, ``communities``, ``modularity`` of the
            consensus, ``modularity_low``, ``modularity_high`` over the runs, ``partitions`` (different ones among the
            runs), ``rand`` and ``variation`` (see :func:`agreement_of_runs`), ``runs``, ``status`` (``descriptive``
            or empty), ``note``.
    """

    nodes: pd.DataFrame
    runs: pd.DataFrame
    summary: pd.DataFrame


def communities(
    graph: nx.Graph,
    *,
    weight: str = "count",
    runs: int = 200,
    seed: int = 0,
    resolution: float = 1.0,
    threshold: float = 0.5,
) -> Communities:
    """Communities by Louvain from many seeds, with their consensus.

    Modularity is that of the weighted graph (Newman 2004, Physical Review E 70:056131). The consensus keeps of the
    shares of runs in which two codes are together those above ``threshold`` and partitions that graph anew, until all
    runs agree (Lancichinetti & Fortunato 2012, section "The method"); should they not after ten rounds, its connected
    parts are taken and ``note`` says so. Codes without an edge are in no community and enter no figure.

    Args:
        graph: ``analysis.cooccurrence.cooccurrence``'s graph. ``graph.graph["papers"]`` tells whether the result is
            descriptive; without it, it is.
        weight: edge attribute, positive.
        runs: seeds ``seed``, ``seed`` + 1, ...
        seed: first seed.
        resolution: above 1 for smaller communities, below 1 for larger ones.
        threshold: share of runs that must agree, at least 0 and below 1.

    Raises:
        ValueError: ``runs`` is below 1, or ``threshold`` or ``resolution`` is out of range.
    """
    if runs < 1:
        raise ValueError(f"runs={runs} must be at least 1")
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold={threshold} must be at least 0 and below 1")
    if resolution <= 0:
        raise ValueError(f"resolution={resolution} must be positive")
    codes = sorted((c for c in graph if any(n != c for n in graph[c])), key=str)
    strength = np.zeros((len(codes), len(codes)))
    at = {code: k for k, code in enumerate(codes)}
    for a, b, data in graph.edges(data=True):
        if a != b:
            strength[at[a], at[b]] = strength[at[b], at[a]] = float(data.get(weight, 1.0))
    labels = np.array([_louvain(strength, s, resolution) for s in range(seed, seed + runs)], dtype=np.int64)
    together = _together(labels)
    part, settled = _consensus(together, labels, seed, resolution, threshold)
    share = np.asarray(together.mean(axis=0)) if len(codes) else np.zeros((0, 0))
    partition = _ranked([[codes[k] for k in np.flatnonzero(part == p)] for p in sorted(set(part.tolist()))])
    modularity = [_modularity(strength, row, resolution) for row in labels]
    rand, variation = agreement_of_runs(labels)
    papers = graph.graph.get("papers")
    some = bool(codes)
    note = "" if settled else "no consensus after ten rounds: connected parts taken"
    summary = pd.DataFrame(
        [
            {
                "papers": int(papers) if papers is not None else 0,
                "nodes": len(codes),
                "pairs": int((np.triu(strength) > 0).sum()),
                "communities": len(partition),
                "modularity": _modularity(strength, part, resolution) if some else np.nan,
                "modularity_low": min(modularity) if some else np.nan,
                "modularity_high": max(modularity) if some else np.nan,
                "partitions": len({tuple(row) for row in labels.tolist()}) if some else 0,
                "rand": rand if some else np.nan,
                "variation": variation if some else np.nan,
                "runs": runs,
                "status": "" if papers is not None and papers >= ENOUGH else "descriptive",
                "note": note if some else "not estimable: no two codes share a paper",
            }
        ]
    )
    return Communities(
        nodes=_nodes(sorted(graph, key=str), partition, at, share),
        runs=pd.DataFrame(
            {
                "seed": np.arange(seed, seed + runs),
                "communities": labels.max(axis=1) + 1 if some else np.zeros(runs, dtype=np.int64),
                "modularity": modularity if some else np.full(runs, np.nan),
            }
        ),
        summary=summary,
    )


def agreement_of_runs(labels: Ints) -> tuple[float, float]:
    """How alike partitions are, mean over all pairs of different runs.

    Args:
        labels: runs x nodes, the community of each node.

    Returns:
        The adjusted Rand index (Hubert & Arabie 1985, Journal of Classification 2:193, eq. 5): 1 when alike, 0 as by
        chance; and the variation of information (Meila 2007, Journal of Multivariate Analysis 98:873) over log n: 0
        when alike, 1 at most. For one run, and for fewer than two nodes: 1 and 0.
    """
    runs, n = labels.shape
    if runs < 2 or n < 2:
        return 1.0, 0.0
    rows, copies = np.unique(_canonical(labels), axis=0, return_counts=True)
    upper = np.triu_indices(n, 1)
    same = (rows[:, :, None] == rows[:, None, :])[:, upper[0], upper[1]].astype(float)
    both, each, whole = same @ same.T, same.sum(1), float(len(upper[0]))
    chance = np.outer(each, each) / whole
    most = (each[:, None] + each[None, :]) / 2
    # All apart or all together: chance already gives what can be had, and only the same partition attains it.
    rand = np.eye(len(rows))
    np.divide(both - chance, most - chance, out=rand, where=np.abs(most - chance) > 1e-12)
    variation = np.zeros_like(rand)
    joint = [np.eye(n)[:, : row.max() + 1][row] for row in rows]
    entropy = [_entropy(one.sum(0) / n) for one in joint]
    for i in range(len(rows)):
        for j in range(i):
            shared = _entropy((joint[i].T @ joint[j]).ravel() / n)
            variation[i, j] = variation[j, i] = (2 * shared - entropy[i] - entropy[j]) / log(n)
    weights = np.outer(copies, copies) - np.diag(copies)
    return float((rand * weights).sum() / weights.sum()), float((variation * weights).sum() / weights.sum())


def resampled(
    held: Incidence, nodes: pd.DataFrame, *, draws: int = 100, seed: int = SEED, resolution: float = 1.0
) -> pd.DataFrame:
    """How often codes stay with their community when the papers are drawn anew.

    Papers are drawn with replacement, as many as there are, the graph is counted again, and Louvain runs once.

    Args:
        held: papers x codes.
        nodes: ``Communities.nodes`` of the same codes.
        draws: number of resamples.
        seed: seed of the draws, and of each run.
        resolution: as in :func:`communities`.

    Returns:
        ``code``, ``resampled``: share of the draws with an edge at the code in which it is with another member of its
        community, mean over the members (of a community of one: in which it is with nobody it shares a paper with);
        ``drawn``: draws with an edge at the code; ``note`` where the share is missing.
    """
    rng = np.random.default_rng(seed)
    matrix = np.asarray(held.matrix.toarray(), dtype=np.int64)
    papers, size = matrix.shape
    met = np.zeros((size, size))
    seen = np.zeros(size, dtype=np.int64)
    alone = np.zeros(size, dtype=np.int64)
    for draw in range(draws if papers else 0):
        chosen = matrix[rng.integers(0, papers, size=papers)]
        strength = (chosen.T @ chosen).astype(float)
        np.fill_diagonal(strength, 0.0)
        linked = strength.any(axis=1)
        row = _louvain(strength, seed % 2**31 + draw, resolution)
        pairs = (row[:, None] == row[None, :]) & linked[:, None] & linked[None, :]
        met += pairs
        seen += linked
        alone += linked & (pairs.sum(axis=1) == 1)
    at = {code: k for k, code in enumerate(held.codes)}
    of = dict(zip(nodes["code"], nodes["community"].tolist(), strict=True))
    rows = []
    for code in nodes["code"]:
        k = at.get(code)
        others = [at[c] for c, group in of.items() if group == of[code] and c != code and c in at]
        if k is None or not of[code]:
            share, why = np.nan, "shares no paper with another code"
        elif not seen[k]:
            share, why = np.nan, "not estimable: no draw with an edge"
        else:
            share = float(met[k, others].mean() / seen[k]) if others else float(alone[k] / seen[k])
            why = ""
        rows.append(
            {"code": code, "resampled": share, "drawn": int(seen[k]) if k is not None else 0, "note": why}
        )
    made = pd.DataFrame(rows, columns=["code", "resampled", "drawn", "note"])
    return made.astype({"code": "str", "resampled": "float64", "drawn": "int64", "note": "str"})


def modularity_test(
    held: Incidence, *, draws: int = 200, seed: int = SEED, resolution: float = 1.0
) -> pd.DataFrame:
    """Whether the graph falls into communities more than papers that combine their codes at random.

    The statistic is the modularity that one Louvain run with a fixed seed finds, for the graph of the papers and for
    those of the both-margins null (``analysis.nullmodel``); 0 for a graph without an edge.

    Args:
        held: papers x codes.
        draws: B, null graphs.
        seed: seed of the null; the run is the same for all graphs.
        resolution: as in :func:`communities`.

    Returns:
        One row: ``modularity``, ``expected`` (mean of the null), ``sd``, ``p_upper`` = (b + 1) / (B + 1), ``error``
        (its Monte Carlo standard error), ``draws``, ``note``.
    """
    observed = np.asarray((held.matrix.T @ held.matrix).toarray(), dtype=float)
    np.fill_diagonal(observed, 0.0)
    if not observed.any():
        row: dict[str, Any] = dict.fromkeys(("modularity", "expected", "sd", "p_upper", "error"), np.nan)
        note = "not estimable: no two codes share a paper"
        return pd.DataFrame([{**row, "draws": draws, "note": note}])
    value = _modularity(observed, _louvain(observed, 0, resolution), resolution)
    null = []
    for counts in null_counts(held, draws=draws, seed=seed):
        strength = counts.astype(float)
        np.fill_diagonal(strength, 0.0)
        null.append(_modularity(strength, _louvain(strength, 0, resolution), resolution))
    spread = np.array(null)
    # Rounding in sums of different order must not make equal graphs differ.
    p = float(monte_carlo_p(int((spread >= value - 1e-9).sum()), draws)) if draws else 1.0
    note = "not estimable: no null draws"
    if draws:
        note = "" if spread.std() > 1e-12 else "not estimable: the margins leave one graph only"
    return pd.DataFrame(
        [
            {
                "modularity": value,
                "expected": float(spread.mean()) if draws else np.nan,
                "sd": float(spread.std()) if draws else np.nan,
                "p_upper": p,
                "error": float(monte_carlo_error(p, draws)),
                "draws": draws,
                "note": note,
            }
        ]
    )


def centralities(graph: nx.Graph, *, weight: str = "count", damping: float = 0.85) -> pd.DataFrame:
    """How central each code is, defined also where the graph falls apart.

    Args:
        graph: ``analysis.cooccurrence.cooccurrence``'s graph; ``n`` of a node tells whether a paper carries it.
        weight: edge attribute, a positive whole number for exact ties of paths, or any positive number.
        damping: chance that PageRank's walk follows an edge.

    Returns:
        One row a code, by code: ``degree`` (codes it shares a paper with) and ``strength`` (sum of weights; Barrat,
        Barthelemy, Pastor-Satorras & Vespignani 2004, PNAS 101:3747); ``betweenness``: share of the pairs of other
        codes whose shortest path leads through it, lengths 1/weight (Newman 2001, Physical Review E 64:016132;
        Brandes 2001), pairs without a path counting as not led; ``pagerank`` (Brin & Page 1998) on the weights, its
        walk jumping to any code from one without an edge, so that the values add up to 1 whatever the components;
        ``component``, 1 for the largest, and ``component_size``; ``note``. A code that no paper carries is left out
        of the walk: its values are 0, its component is 0, and ``note`` says so.
    """
    codes = sorted(graph, key=str)
    used = [c for c in codes if graph.nodes[c].get("n", 1) > 0]
    plain = nx.Graph()
    plain.add_nodes_from(range(len(used)))
    at = {code: k for k, code in enumerate(used)}
    edges = sorted(
        (*sorted((at[a], at[b])), data.get(weight, 1)) for a, b, data in graph.edges(data=True) if a != b
    )
    whole = all(float(w).is_integer() for _, _, w in edges)
    # Lengths 1/w times the least common multiple are whole numbers: paths of the same length then tie exactly.
    unit = lcm(*(int(w) for _, _, w in edges)) if whole and edges else 1
    for a, b, w in edges:
        plain.add_edge(a, b, weight=float(w), length=unit // int(w) if whole else 1.0 / float(w))
    between = nx.betweenness_centrality(plain, weight="length") if used else {}
    rank = nx.pagerank(plain, alpha=damping, weight="weight", tol=1e-12, max_iter=1000) if used else {}
    parts = sorted(nx.connected_components(plain), key=lambda part: (-len(part), min(part)))
    of = {k: (number, len(part)) for number, part in enumerate(parts, 1) for k in part}
    rows = []
    for code in codes:
        k = at.get(code)
        alone = k is not None and plain.degree(k) == 0
        rows.append(
            {
                "code": code,
                "degree": int(plain.degree(k)) if k is not None else 0,
                "strength": float(plain.degree(k, weight="weight")) if k is not None else 0.0,
                "betweenness": float(between.get(k, 0.0)),
                "pagerank": float(rank.get(k, 0.0)),
                "component": of[k][0] if k is not None else 0,
                "component_size": of[k][1] if k is not None else 0,
                "note": "no paper carries it"
                if k is None
                else "shares no paper with another code"
                if alone
                else "",
            }
        )
    columns = ["code", "degree", "strength", "betweenness", "pagerank", "component", "component_size", "note"]
    made = pd.DataFrame(rows, columns=columns)
    whole_numbers = dict.fromkeys(("degree", "component", "component_size"), "int64")
    return made.astype(
        {**whole_numbers, **dict.fromkeys(("strength", "betweenness", "pagerank"), "float64"), "code": "str"}
        | {"note": "str"}
    )


def _louvain(strength: Floats, seed: int, resolution: float) -> Ints:
    """One run; communities are numbered in the order of their first node."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(strength)))
    for a, b in np.argwhere(np.triu(strength, 1) > 0).tolist():
        graph.add_edge(a, b, weight=float(strength[a, b]))
    labels = np.zeros(len(strength), dtype=np.int64)
    if not len(strength):
        return labels
    parts = nx.community.louvain_communities(graph, weight="weight", resolution=resolution, seed=seed)
    for number, part in enumerate(sorted(parts, key=min)):
        labels[list(part)] = number
    return labels


def _modularity(strength: Floats, labels: Ints, resolution: float) -> float:
    """Newman 2004, eq. 5 and the resolution of Reichardt & Bornholdt 2006; 0 for a graph without an edge."""
    total = float(strength.sum())
    if not total:
        return 0.0
    one = np.eye(len(labels))[labels]
    inside = float(np.trace(one.T @ strength @ one)) / total
    return inside - resolution * float(((one.T @ strength.sum(axis=1) / total) ** 2).sum())


def _together(labels: Ints) -> Bools:
    return np.asarray(labels[:, :, None] == labels[:, None, :])


def _consensus(
    together: Bools, labels: Ints, seed: int, resolution: float, threshold: float
) -> tuple[Ints, bool]:
    """Partition on which runs over the shares of agreement agree, and whether they came to."""
    if labels.shape[1] == 0:
        return np.zeros(0, dtype=np.int64), True
    rows = labels
    for _ in range(_ROUNDS):
        if (rows == rows[0]).all():
            return rows[0], True
        share = _together(rows).mean(axis=0)
        share = np.where(share > threshold, share, 0.0)
        np.fill_diagonal(share, 0.0)
        rows = np.array([_louvain(share, s, resolution) for s in range(seed, seed + _AGAIN)], dtype=np.int64)
    linked = nx.from_numpy_array(together.mean(axis=0) > threshold)
    out = np.zeros(labels.shape[1], dtype=np.int64)
    for number, part in enumerate(sorted(nx.connected_components(linked), key=min)):
        out[list(part)] = number
    return out, False


def _canonical(labels: Ints) -> Ints:
    """Number the communities of each run in the order of their first node."""
    out = np.empty_like(labels)
    for k, row in enumerate(labels):
        first = np.unique(row, return_index=True)[1]
        order = {int(row[f]): number for number, f in enumerate(sorted(first.tolist()))}
        out[k] = [order[int(v)] for v in row]
    return out


def _entropy(shares: Floats) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())


def _ranked(parts: Iterable[Sequence[str]]) -> list[list[str]]:
    """Most members first, ties by the first code."""
    return sorted((sorted(part) for part in parts), key=lambda part: (-len(part), part[0]))


def _nodes(codes: list[str], partition: list[list[str]], at: dict[str, int], share: Floats) -> pd.DataFrame:
    number = {code: k for k, part in enumerate(partition, 1) for code in part}
    rows = []
    for code in codes:
        group = number.get(code, 0)
        if not group:
            stability, outside, members, note = np.nan, np.nan, 1, "shares no paper with another code"
        else:
            part, k = partition[group - 1], at[code]
            others = [at[c] for c in part if c != code]
            elsewhere = [
                float(share[k, [at[c] for c in other]].mean())
                for other_number, other in enumerate(partition, 1)
                if other_number != group
            ]
            # A community of one: not with anybody is what it should be.
            stability = float(share[k, others].mean()) if others else 1.0 - max(elsewhere, default=0.0)
            outside, members, note = (
                max(elsewhere, default=0.0),
                len(part),
                "" if others else "a community of one",
            )
        rows.append([code, group, members, stability, outside, note])
    made = pd.DataFrame(rows, columns=["code", "community", "members", "stability", "outside", "note"])
    kinds = {
        "code": "str",
        "community": "int64",
        "members": "int64",
        "stability": "float64",
        "outside": "float64",
    }
    return made.astype(kinds | {"note": "str"})
