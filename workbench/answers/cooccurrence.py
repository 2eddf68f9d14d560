"""Which failure modes the same papers raise: a network of the sample, for the eye and for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd

from analysis import charts
from analysis.charts.cooccurrence import spring
from analysis.charts.theme import side_colour
from analysis.cooccurrence import cooccurrence, edges_table
from workbench.answers import graph_files
from workbench.answers.answer import BASIS, Answer, Number, code_names, figure, in_schema, mode_sides

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: A network of more edges is not readable: the figure then leaves out the rarest pairs, the table never does.
MOST_EDGES = 60
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
    draw = partial(
        charts.cooccurrence_network, graph, names=names, sides=sides, min_count=least, what=what, basis=BASIS
    )
    return Answer(
        {"cooccurrence": edges},
        (figure("cooccurrence", title, in_words(graph, edges, names, least, what), draw, data=edges),),
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


def fewest_shared(counts: pd.Series[int], most: int = MOST_EDGES) -> int:
    """Return the least number of shared papers at which at most ``most`` pairs are left to draw; at least 1."""
    return next(
        least
        for least in range(1, int(counts.max() if len(counts) else 0) + 2)
        if (counts >= least).sum() <= most
    )


def in_words(graph: nx.Graph, edges: pd.DataFrame, names: Mapping[str, str], least: int, what: str) -> str:
    """Say which pairs most papers raise together, and that it is of this sample alone."""
    if edges.empty:
        return f"Nothing is drawn: no two {what} are raised by the same paper."
    first = [
        f"{names.get(r['source'], r['source'])} with {names.get(r['target'], r['target'])} ({r['count']})"
        for r in edges.head(NAMED).to_dict("records")
    ]
    drawn = f" Pairs of fewer than {least} papers are in the table only." if least > 1 else ""
    return (
        f"Most often raised together: {', '.join(first)}. In all {len(edges):,} pairs of {what} meet in the "
        f"{graph.graph['papers']:,} papers of this sample.{drawn}"
    )


def _graph_files(
    graph: nx.Graph, names: Mapping[str, str], sides: Mapping[str, str], title: str
) -> dict[str, Callable[[str], str]]:
    """The network of the codes that some paper raises, for other programs."""
    made = graph.subgraph([c for c in graph if graph.nodes[c]["n"] > 0]).copy()
    places = _places(made)
    for code, data in made.nodes(data=True):
        x, y = places[code]
        data.update(
            label=names.get(code, code),
            side=sides.get(code, ""),
            description=f"{sides.get(code, '')}; papers: {data['n']}",
            colour=side_colour(sides.get(code, "")),
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
    at: Any = spring(linked, 0) if linked.number_of_nodes() else []
    places = {
        c: (round(2 * float(x) - 1, 4), round(2 * float(y) - 1, 4))
        for c, (x, y) in zip(linked, at, strict=True)
    }
    for k, code in enumerate(alone):
        places[code] = (round(2 * (k + 0.5) / len(alone) - 1, 4), -1.25)
    return places
