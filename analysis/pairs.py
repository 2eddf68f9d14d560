"""Which pairs of codes papers carry together surprisingly often or seldom, and which should have met and never did.

A pair of codes of one facet is tested against the null that keeps both margins (``analysis.nullmodel``): a code keeps
its number of papers and a paper its number of codes. That is the fixed degree sequence model of a one-mode projection
(Zweig & Kaufmann 2011, Social Network Analysis and Mining 1:187), and the pairs it finds are the signed backbone of
the network (Neal 2014, Social Networks 39:84).

Most papers carry one code, and the null leaves them so: what is expected of a pair is far less than under
independence, and a pair of rare codes can be surprisingly frequent but never surprisingly absent. Least data for a
gap: a pair expected so often that no paper at all is improbable; for a crowded pair: two papers with several codes.

The null knows nothing of why codes part. Two codes of different literatures, or two that a coding rule keeps apart,
meet seldom without anybody having overlooked something: ``separated`` marks the second kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from analysis.cooccurrence import SIGNIFICANCE
from analysis.coverage import gaps, gaps_summary
from analysis.nullmodel import SEED, autocorrelation_time, null_counts
from analysis.selection import FAILURE_MODE, Incidence, incidence, need
from analysis.surprise import monte_carlo_error, monte_carlo_p

#: Classes of a surprising pair -> the sign of its edge in the backbone.
SIGNS = {"crowded": 1, "sparse": -1, "gap": -1}

_FROM_CELLS = (
    *("expected", "independent", "p_lower", "p_lower_error", "p_upper", "p_upper_error"),
    *("least_lower", "least_upper", "q_lower", "q_upper", "testable", "close"),
    *("quick_lower", "quick_upper", "residual", "class", "absence_supported", "note", "papers"),
)


def pairs(
    final: pd.DataFrame,
    facet: str = FAILURE_MODE,
    *,
    min_level: str = "mentions",
    grey: str = "exclude",
    basis: str = "abstract",
    codes: Sequence[str] | None = None,
    separated: Collection[tuple[str, str]] = (),
    absence: Mapping[str, str] | None = None,
    draws: int | None = None,
    seed: int = SEED,
    trades: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Say of every pair of codes whether papers carry both surprisingly often or seldom, given both margins.

    The test is that of ``analysis.coverage.gaps`` for a facet with itself; there stand the definitions of the tails,
    of the least attainable probability and of what is testable.

    Args:
        final: the survey's table ``final``.
        facet: the facet.
        min_level: lowest level at which a failure mode counts; other facets ignore it.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        codes: codes to pair, never-used ones included; default: the codes used. The null randomises all in use.
        separated: pairs, in either order, that a rule of the schema keeps apart where it can. They are tested like
            all others and marked, since their rarity may be the rule's.
        absence: as in ``analysis.coverage.gaps``.
        draws: B, null draws; default: as many as the pairs need, as in ``analysis.coverage.gaps``.
        seed: seed of the draws.
        trades: trades between two draws; default 5 per paper.
        level: false discovery rate over both tails; each is tested at half of it.

    Returns:
        One row a pair, ``source`` < ``target``, sorted: ``n_source``, ``n_target``, ``count`` (papers with each and
        with both); ``expected`` (mean of the null) and ``independent`` (product of the two over the papers with a code
        of the facet); ``p_lower``, ``p_upper`` = (b + 1) / (B + 1) with ``p_lower_error``, ``p_upper_error``;
        ``least_lower``, ``least_upper``; ``q_lower``, ``q_upper`` (Benjamini-Hochberg over the pairs testable in that
        tail; missing elsewhere); ``testable``: both, lower, upper or neither; ``close``; ``quick_lower``,
        ``quick_upper`` (hypergeometric); ``residual``; ``class``: ``crowded``, ``as expected``, ``sparse``, ``gap``
        (never met, surprisingly) or ``untestable``; ``absence_supported``; ``separated``; ``note``; ``papers`` (sorted
        tuple). ``attrs["tested"]`` holds the counts of ``analysis.coverage.gaps_summary``.

    Raises:
        ValueError: as ``analysis.coverage.gaps``.
    """
    given = {"min_level": min_level, "grey": grey, "basis": basis}
    held = incidence(final, facet, codes=codes, **given)
    shown = sorted(held.codes)
    carried = np.asarray(held.matrix.sum(axis=0), dtype=np.int64).ravel()
    cells = gaps(
        final,
        facet,
        facet,
        row_codes=shown,
        column_codes=shown,
        absence=absence,
        draws=draws,
        seed=seed,
        trades=trades,
        level=level,
        **given,  # type: ignore[arg-type]
    )
    n = dict(zip(held.codes, carried.tolist(), strict=True))
    kept = cells[(cells["row"] < cells["column"]).to_numpy(dtype=bool)]
    a, b = kept["row"].tolist(), kept["column"].tolist()
    apart = {frozenset(pair) for pair in separated}
    columns: dict[str, Any] = {
        "source": pd.Series(a, dtype="str"),
        "target": pd.Series(b, dtype="str"),
        "n_source": np.array([n[code] for code in a], dtype=np.int64),
        "n_target": np.array([n[code] for code in b], dtype=np.int64),
        "count": kept["n"].to_numpy(dtype=np.int64),
    }
    for name in _FROM_CELLS:
        if name == "note":
            columns["separated"] = np.array(
                [frozenset(p) in apart for p in zip(a, b, strict=True)], dtype=bool
            )
        columns[name] = kept[name].reset_index(drop=True)
    made = pd.DataFrame(columns)
    made.attrs = {
        **{k: v for k, v in cells.attrs.items() if k not in ("columns", "same")},
        "facet": facet,
        "tested": {str(k): v for k, v in gaps_summary(cells).iloc[0].items()},
    }
    return made


def never_met(table: pd.DataFrame) -> pd.DataFrame:
    """List the pairs of codes that no paper carries together though both are in use, most surprising first.

    Args:
        table: what :func:`pairs` gave.

    Returns:
        One row a pair with a count of 0 and both codes carried by a paper: ``source``, ``target``, ``n_source``,
        ``n_target``, ``expected``, ``independent``, ``p_lower``, ``p_lower_error``, ``q_lower``, ``class``,
        ``separated``, ``note``. The class is that of the lower tail alone: ``gap``, ``as expected``, or
        ``untestable`` where no paper at all could not have been surprising; ``note`` gives the reason. Ordered by
        ``p_lower``, then by ``expected`` (largest first), then by the codes.

    Raises:
        ValueError: a column is missing.
    """
    need(table, "pairs", ("source", "target", "n_source", "n_target", "count", "testable", "class", "note"))
    none = (table["count"] == 0) & (table["n_source"] > 0) & (table["n_target"] > 0)
    kept = table[none.to_numpy(dtype=bool)].sort_values(
        ["p_lower", "expected", "source", "target"], ascending=[True, False, True, True], ignore_index=True
    )
    could = kept["testable"].isin(["lower", "both"]).to_numpy(dtype=bool)
    # A pair tested in the upper tail only has the class of that tail; here the other one is asked for.
    stated = kept["note"].str.startswith("not estimable").to_numpy(dtype=bool)
    kept["class"] = pd.Series(np.where(could, kept["class"], "untestable"), dtype="str")
    few = "too few: no paper at all is not improbable enough"
    kept["note"] = pd.Series(np.where(could, "", np.where(stated, kept["note"], few)), dtype="str")
    columns = ["source", "target", "n_source", "n_target", "expected", "independent", "p_lower"]
    return kept[[*columns, "p_lower_error", "q_lower", "class", "separated", "note"]]


def with_significance(graph: nx.Graph, table: pd.DataFrame) -> nx.Graph:
    """Return a copy of a co-occurrence graph whose edges say how surprising they are.

    Args:
        graph: ``analysis.cooccurrence.cooccurrence``'s graph.
        table: what :func:`pairs` gave for the same papers and codes.

    Returns:
        The graph with ``expected``, ``p_lower``, ``p_upper``, ``q_lower``, ``q_upper`` (nan where not testable),
        ``testable`` and ``class`` on every edge. Edges attributes of the given graph stay.

    Raises:
        ValueError: an edge is not in the table, or the table has another count for it.
    """
    of = {(r["source"], r["target"]): r for r in table.to_dict("records")}
    made = graph.copy()
    for a, b, data in made.edges(data=True):
        row = of.get((a, b)) or of.get((b, a))
        if row is None or row["count"] != data["count"]:
            told = "is not in the table" if row is None else f"has {row['count']} papers in the table"
            raise ValueError(f"pair {a}, {b} {told}: take graph and pairs from the same papers")
        data.update({name: row[name] for name in SIGNIFICANCE})
    return made


def backbone(graph: nx.Graph, table: pd.DataFrame) -> nx.Graph:
    """Graph of the surprising pairs alone: the signed backbone.

    Args:
        graph: ``analysis.cooccurrence.cooccurrence``'s graph; its nodes are kept, isolated ones included.
        table: what :func:`pairs` gave for the same papers and codes.

    Returns:
        Undirected graph. Edges: ``sign`` (1: met surprisingly often, -1: seldom or never), ``count``, ``expected``,
        ``p`` and ``q`` of the tail that found it, ``class``. Graph: ``testable``, the number of pairs that could have
        been an edge, and ``level``.
    """
    made = nx.Graph(**graph.graph, level=table.attrs["level"], testable=table.attrs["tested"]["testable"])
    made.add_nodes_from(sorted(graph.nodes(data=True), key=lambda node: str(node[0])))
    for row in table.to_dict("records"):
        sign = SIGNS.get(row["class"])
        if sign is not None and row["source"] in made and row["target"] in made:
            tail = "upper" if sign > 0 else "lower"
            made.add_edge(
                row["source"],
                row["target"],
                sign=sign,
                count=int(row["count"]),
                expected=float(row["expected"]),
                p=float(row[f"p_{tail}"]),
                q=float(row[f"q_{tail}"]),
                **{"class": row["class"]},
            )
    return made


def groups_of_pairs(
    held: Incidence,
    groups: Mapping[str, Collection[tuple[str, str]]],
    *,
    draws: int = 5_000,
    seed: int = SEED,
) -> pd.DataFrame:
    """Say of a few groups of pairs, named beforehand, whether papers carry them together more or less than by chance.

    One sum a group is tested where no single pair has papers enough: the number of meetings, a paper with three codes
    of a group counting once for each of its pairs. The margins fix the meetings of all pairs together (a paper with k
    codes has k (k - 1) / 2 pairs), so that more in one group is fewer in another.

    Args:
        held: papers x codes.
        groups: name -> pairs of codes, in either order; pairs with a code that is not there are passed over.
        draws: B, null draws.
        seed: seed of the draws.

    Returns:
        One row a group: ``group``; ``pairs`` (with both codes carried by a paper), ``met`` (those that met);
        ``count``, ``expected``, ``sd`` (meetings, and those of the null); ``p_lower``, ``p_upper`` = (b + 1) / (B + 1)
        with ``p_lower_error``, ``p_upper_error``; ``p``: twice the smaller, at most 1; ``p_adjusted``: that of all
        groups by Holm (1979, Scandinavian Journal of Statistics 6:65); ``note``, why the last two are missing.
    """
    at = {code: k for k, code in enumerate(held.codes)}
    observed = np.asarray((held.matrix.T @ held.matrix).toarray(), dtype=np.int64)
    used = np.diag(observed) > 0
    chosen = {}
    for name, given in groups.items():
        known = {tuple(sorted((at[a], at[b]))) for a, b in given if a in at and b in at and a != b}
        chosen[name] = np.array(
            sorted(p for p in known if used[p[0]] and used[p[1]]), dtype=np.int64
        ).reshape(-1, 2)
    null = null_counts(held, draws=draws, seed=seed)
    rows: list[dict[str, Any]] = []
    for name, places in chosen.items():
        counts = observed[places[:, 0], places[:, 1]]
        sums = null[:, places[:, 0], places[:, 1]].sum(axis=1, dtype=np.int64)
        count = int(counts.sum())
        lower, upper = (float(monte_carlo_p(int(b.sum()), draws)) for b in (sums <= count, sums >= count))
        time = autocorrelation_time(np.array_split(sums, 4))
        note = (
            "no such pair in use" if not len(places) else "not estimable: no null draws" if not draws else ""
        )
        if not note and sums.min() == sums.max():
            note = "not estimable: the margins leave one count only"
        rows.append(
            {
                "group": name,
                "pairs": len(places),
                "met": int((counts > 0).sum()),
                "count": count,
                "expected": float(sums.mean()) if draws else np.nan,
                "sd": float(sums.std()) if draws else np.nan,
                "p_lower": lower,
                "p_lower_error": float(monte_carlo_error(lower, draws, time=time)),
                "p_upper": upper,
                "p_upper_error": float(monte_carlo_error(upper, draws, time=time)),
                "p": np.nan if note else min(1.0, 2 * min(lower, upper)),
                "p_adjusted": np.nan,
                "note": note,
            }
        )
    columns = ["group", "pairs", "met", "count", "expected", "sd", "p_lower", "p_lower_error", "p_upper"]
    columns += ["p_upper_error", "p", "p_adjusted", "note"]
    made = pd.DataFrame(rows, columns=columns)
    tested = np.flatnonzero(made["p"].notna().to_numpy(dtype=bool))
    p = made["p"].to_numpy(dtype=float)
    least, many = 0.0, len(tested)
    for place, k in enumerate(sorted(tested.tolist(), key=lambda k: (p[k], k))):
        least = max(least, min(1.0, (many - place) * p[k]))
        made.loc[k, "p_adjusted"] = least
    return made
