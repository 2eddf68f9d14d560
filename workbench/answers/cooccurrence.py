"""Which failure modes the same papers raise: the commonest pairs as a figure, the network for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import sqrt
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from analysis import charts
from analysis.charts.theme import side_colours
from analysis.cooccurrence import cooccurrence, edges_table
from workbench.answers import graph_files
from workbench.answers.answer import BASIS, Answer, Number, code_names, figure, in_schema, mode_sides
from workbench.answers.expected import crossed

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Of more pairs the figure leaves out the rarest, the table never does.
MOST_PAIRS = 20
#: So many pairs are named in the words under the figure.
NAMED = 2


def raised_together(survey: Survey) -> Answer:
    """Which codes of the headline facet the same papers raise, and how strongly they go together in this sample."""
    names, sides, settings = code_names(survey), mode_sides(survey), survey.settings
    codes = list(survey.codes.loc[survey.codes["facet"] == settings.facet, "code"])
    graph = cooccurrence(in_schema(survey.final, survey.codes), settings.facet, basis=BASIS, codes=codes)
    edges = edges_table(graph)
    least = fewest_shared(edges["count"])
    what = settings.words.codes
    title = f"{what[:1].upper()}{what[1:]} raised together"
    drawn = _expected(survey, edges[edges["count"] >= least])
    draw = partial(charts.pairs_plot, drawn, names=names, what=what)
    return Answer(
        {"cooccurrence": edges},
        (
            figure(
                "cooccurrence",
                title,
                in_words(graph, drawn, len(edges), names, least, what),
                draw,
                data=edges,
            ),
        ),
        (
            Number(
                "TogetherPairs",
                len(edges),
                "count",
                "pairs",
                f"pairs of {what} that some paper raises together",
            ),
            Number(
                "TogetherPapers",
                int(graph.graph["papers"]),
                "count",
                "papers",
                f"papers that raise any of the {what}",
            ),
        ),
        pages=_graph_files(graph, names, sides, title),
    )


def _expected(survey: Survey, edges: pd.DataFrame) -> pd.DataFrame:
    """Set beside each pair the papers that one would expect by chance, as the table ``expected`` has them."""
    cells = crossed(survey)[0]
    cells = cells[
        (cells["grid"] == f"{survey.settings.facet} x {survey.settings.facet}").to_numpy(dtype=bool)
    ]
    of = {
        frozenset(pair): chance
        for *pair, chance in cells[["row", "column", "expected"]].itertuples(index=False)
    }
    pairs = zip(edges["source"], edges["target"], strict=True)
    return edges.assign(expected=[of.get(frozenset(pair), np.nan) for pair in pairs])


def fewest_shared(counts: pd.Series[int], most: int = MOST_PAIRS) -> int:
    """Return the least number of shared papers at which at most ``most`` pairs are left to draw; at least 1."""
    return next(
        least
        for least in range(1, int(counts.max() if len(counts) else 0) + 2)
        if (counts >= least).sum() <= most
    )


def in_words(
    graph: nx.Graph, pairs: pd.DataFrame, every: int, names: Mapping[str, str], least: int, what: str
) -> str:
    """Say which pairs most papers raise together, and that it is of this sample alone."""
    if pairs.empty:
        return f"Nothing is drawn: no two {what} are raised by the same paper."
    first = [
        f"{names.get(r['source'], r['source'])} with {names.get(r['target'], r['target'])} "
        f"({r['count']} papers, {r['expected']:.1f} expected by chance)"
        for r in pairs.head(NAMED).to_dict("records")
    ]
    drawn = f" Pairs of fewer than {least} papers are in the table only." if least > 1 else ""
    return (
        f"Most often raised together: {', '.join(first)}. In all {every:,} pairs of {what} meet in the "
        f"{graph.graph['papers']:,} papers of this sample.{drawn}"
    )


def _graph_files(
    graph: nx.Graph, names: Mapping[str, str], sides: Mapping[str, str], title: str
) -> dict[str, Callable[[str], str]]:
    """The network of the codes that some paper raises, for other programs."""
    made = graph.subgraph([c for c in graph if graph.nodes[c]["n"] > 0]).copy()
    places, colours = _places(made), side_colours(sides.values())
    for code, data in made.nodes(data=True):
        x, y = places[code]
        data.update(
            label=names.get(code, code),
            side=sides.get(code, ""),
            description=f"{sides.get(code, '')}; papers: {data['n']}",
            colour=colours.get(sides.get(code, ""), colours[""]),
            x=x,
            y=y,
        )
    return {
        "graphs/cooccurrence.graphml": partial(graph_files.graphml, made),
        "graphs/cooccurrence.gexf": partial(graph_files.gexf, made),
        "graphs/cooccurrence.vosviewer.json": partial(
            graph_files.vosviewer, made, title=title, weights={"Papers": "n"}
        ),
    }


def _places(graph: nx.Graph) -> dict[str, tuple[float, float]]:
    """Places from -1 to 1 for the codes in a pair, and a row beneath them for the others."""
    linked, alone = nx.Graph(), sorted(c for c in graph if not graph.degree(c))
    linked.add_nodes_from(sorted(c for c in graph if graph.degree(c)))
    for a, b, data in sorted(graph.edges(data=True), key=lambda e: sorted(e[:2])):
        linked.add_edge(a, b, pull=data["association_strength"])
    at: Any = _spring(linked) if linked.number_of_nodes() else []
    places = {
        c: (round(2 * float(x) - 1, 4), round(2 * float(y) - 1, 4))
        for c, (x, y) in zip(linked, at, strict=True)
    }
    for k, code in enumerate(alone):
        places[code] = (round(2 * (k + 0.5) / len(alone) - 1, 4), -1.25)
    return places


def _spring(graph: nx.Graph) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return places of the nodes in the unit square, shape (nodes, 2), always the same (Fruchterman and Reingold 1991).

    Only the neighbourhood means something, not the direction or the exact distance.
    """
    if graph.number_of_nodes() == 1:
        return np.array([[0.5, 0.5]])
    strongest = max(data["pull"] for _, _, data in graph.edges(data=True)) or 1.0
    pulled = nx.Graph()
    pulled.add_nodes_from(graph)
    for a, b, data in graph.edges(data=True):
        pulled.add_edge(a, b, weight=0.15 + sqrt(data["pull"] / strongest))
    places = nx.spring_layout(pulled, seed=0, weight="weight", k=1.6 / sqrt(len(graph)), iterations=200)
    middle = np.array([places[c] for c in graph], dtype=np.float64)
    middle -= middle.min(axis=0)
    extent = middle.max(axis=0)
    extent[extent == 0] = 1.0
    # A node far from all others would press the rest together: ranks spread the page evenly, half and half.
    ranks = middle.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, len(graph) - 1)
    spread: np.ndarray[Any, np.dtype[np.float64]] = 0.5 * middle / extent + 0.5 * ranks
    return spread
