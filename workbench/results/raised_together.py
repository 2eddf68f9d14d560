"""Which failure modes the same papers raise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.cooccurrence import cooccurrence, edges_table, nodes_table
from workbench import descriptions
from workbench.results.answers import BASIS, Answer, code_names, figure, in_schema, mode_sides

#: A network of more edges is not readable: the figure then leaves out the rarest pairs, the table never does.
MOST_EDGES = 60

if TYPE_CHECKING:
    from workbench.survey import Survey


def raised_together(survey: Survey) -> Answer:
    """Which failure modes the same papers raise."""
    graph = cooccurrence(
        in_schema(survey.final, survey.codes), basis=BASIS, codes=list(survey.failure_modes["code"])
    )
    nodes, edges = nodes_table(graph), edges_table(graph)
    least = fewest_shared(edges["count"])
    draw = partial(
        charts.cooccurrence_network,
        graph,
        names=code_names(survey),
        sides=mode_sides(survey),
        min_count=least,
        basis=BASIS,
    )
    title = "Failure modes raised together"
    words = descriptions.network(nodes, edges, code_names(survey), least)
    return Answer(
        {"cooccurrence-nodes": nodes, "cooccurrence-edges": edges},
        (figure("cooccurrence", title, words, draw, data=edges),),
    )


def fewest_shared(counts: pd.Series[int], most: int = MOST_EDGES) -> int:
    """Return the least number of shared papers at which at most ``most`` pairs are left to draw; at least 1."""
    return next(
        least
        for least in range(1, int(counts.max() if len(counts) else 0) + 2)
        if (counts >= least).sum() <= most
    )
