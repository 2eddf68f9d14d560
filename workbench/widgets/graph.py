"""A graph of codes raised together whose nodes and lines answer clicks: the papers behind them, with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import networkx as nx

from analysis.cooccurrence import cooccurrence, edges_table
from workbench.answers.answer import in_schema
from workbench.store.survey import Survey, open_survey
from workbench.widgets.picking import Picking, picking_script, picking_style, table_of

if TYPE_CHECKING:
    import pandas as pd

_SEED = 3


class GraphWidget(Picking):
    """Codes of a facet that papers carry together; pick a node or a pair by click, or in the list by keyboard.

    ``papers`` and ``codings`` are then the papers that carry the code (or both), and what was said of them.

    Args:
        survey: the opened survey, or its folder.
        facet: the facet.
        min_level: lowest level at which a failure mode counts; the reader may change it.
        grey: ``exclude``, ``include`` or ``only``.
        basis: what was read.
        min_count: papers that a pair must share to be drawn.
    """

    _esm = picking_script("graph")
    _css = picking_style("graph")
    fallback = (
        "In JupyterLab this is a graph whose nodes and lines answer clicks: the papers, with their evidence."
    )

    def __init__(
        self,
        survey: Any,
        facet: str | None = None,
        *,
        min_level: str | None = None,
        grey: str = "exclude",
        basis: str = "abstract",
        min_count: int = 1,
    ) -> None:
        """Make the graph; see the class."""
        held = survey if isinstance(survey, Survey) else open_survey(survey)
        self.facet, self.min_count = facet or held.settings.facet, min_count
        self._counted: dict[str, tuple[nx.Graph, dict[str, tuple[float, float]]]] = {}
        super().__init__(held, min_level=min_level, grey=grey, basis=basis)

    @property
    def graph(self) -> nx.Graph:
        """What ``analysis.cooccurrence.cooccurrence`` gives at the level chosen."""
        return self._drawn()[0]

    def _drawn(self) -> tuple[nx.Graph, dict[str, tuple[float, float]]]:
        if self.min_level not in self._counted:
            graph = cooccurrence(
                in_schema(self.survey.final, self.survey.codes),
                self.facet,
                asked=self.survey.asked,
                min_level=self.min_level,
                grey=self.grey,
                basis=self.basis,
                min_count=self.min_count,
            )
            self._counted[self.min_level] = (graph, _places(graph))
        return self._counted[self.min_level]

    def pick(self, *codes: str) -> pd.DataFrame:
        """Pick a node (one code) or a line (two) and return its papers.

        Raises:
            ValueError: there is no such node or line.
        """
        there = (
            self.graph.has_node(codes[0])
            if len(codes) == 1
            else len(codes) == 2 and self.graph.has_edge(*codes)
        )
        if not there:
            raise ValueError(f"nothing of {' and '.join(codes) or 'nothing'} in the graph")
        self.codes = tuple((self.facet, code) for code in codes)
        return self.papers

    def do_pick(self, message: Mapping[str, Any]) -> None:
        """A node or a line was clicked."""
        self.pick(*(str(c) for c in message.get("codes", ())))

    def paper_keys(self) -> tuple[str, ...]:
        """Return the papers of the node or the line; none where the level chosen has left it without."""
        codes = [code for _, code in self.codes]
        found: tuple[str, ...] = ()
        if len(codes) == 1 and self.graph.has_node(codes[0]):
            found = self.graph.nodes[codes[0]]["papers"]
        if len(codes) == 2 and self.graph.has_edge(*codes):
            found = self.graph.edges[codes[0], codes[1]]["papers"]
        return found

    def state(self) -> dict[str, Any]:
        """Return nodes with their places, lines, and what is picked."""
        modes = self.survey.failure_modes
        sides = (
            dict(zip(modes["code"], modes["side"], strict=True))
            if self.facet == self.survey.asked.facet
            else {}
        )
        order = [side.id for side in self.survey.schema.sides]
        graph, places = self._drawn()
        return {
            **self.common(),
            "facet_name": self.facet_name(self.facet),
            "sides": order,
            "levelled": self.facet == self.survey.asked.facet,
            "nodes": [
                {
                    "id": code,
                    "name": self.name_of(self.facet, code),
                    "side": sides.get(code, ""),
                    "place": order.index(sides[code]) if sides.get(code) in order else -1,
                    "n": graph.nodes[code]["n"],
                    "x": places[code][0],
                    "y": places[code][1],
                    "linked": graph.degree(code) > 0,
                }
                for code in sorted(graph, key=lambda c: (-graph.nodes[c]["n"], c))
            ],
            "edges": [
                {"a": a, "b": b, "n": int(n)}
                for a, b, n in edges_table(graph)[["source", "target", "count"]].itertuples(index=False)
            ],
            "at": [code for _, code in self.codes],
        }

    def still(self) -> str:
        """Return the twenty most frequent pairs as a table."""
        table = edges_table(self.graph).head(20)
        rows = [
            [f"{self.name_of(self.facet, a)} and {self.name_of(self.facet, b)}", int(n)]
            for a, b, n in table[["source", "target", "count"]].itertuples(index=False)
        ]
        return table_of(
            ["Pair", "Papers"], rows, f"{self.facet_name(self.facet)}: the pairs most often raised together"
        )


def _places(graph: nx.Graph) -> dict[str, tuple[float, float]]:
    """Place the nodes in a square of side 1; those without a line have no place of their own and lie at its foot."""
    linked = graph.subgraph([c for c in graph if graph.degree(c)])
    ordered = nx.Graph()
    ordered.add_nodes_from(sorted(linked))
    for a, b, n in edges_table(graph)[["source", "target", "count"]].itertuples(index=False):
        ordered.add_edge(a, b, weight=1 + 0.3 * int(n))
    spread = 1.9 / max(1, len(ordered)) ** 0.5
    found = nx.spring_layout(ordered, seed=_SEED, k=spread, iterations=200) if len(ordered) else {}
    out: dict[str, tuple[float, float]] = dict.fromkeys(graph, (0.0, 1.0))
    if not found:
        return out
    xs, ys = [p[0] for p in found.values()], [p[1] for p in found.values()]
    wide, high = (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0
    for code, (x, y) in found.items():
        out[code] = (round(float((x - min(xs)) / wide), 4), round(float((y - min(ys)) / high), 4))
    return out
