"""Which failure modes the same papers raise, which pairs of them are surprising, and which never meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx as nx
import pandas as pd

from analysis import charts
from analysis.charts.cooccurrence import spring
from analysis.charts.theme import side_colour
from analysis.cooccurrence import cooccurrence, edges_table, nodes_table
from analysis.coverage import absence_in_words
from analysis.pairs import backbone, groups_of_pairs, never_met, pairs, with_significance
from analysis.selection import FAILURE_MODE, incidence
from workbench.answers import descriptions, graph_files
from workbench.answers.answer import (
    BASIS,
    Answer,
    Form,
    Printed,
    code_names,
    figure,
    in_schema,
    mode_sides,
)
from workbench.answers.numbers import Number
from workbench.answers.validated import absence

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: A network of more edges is not readable: the figure then leaves out the rarest pairs, the table never does.
MOST_EDGES = 60
#: Pairs in a printed table where none is surprising, and pairs that never met in theirs.
PRINTED = 10
#: What a reader must know of pairs that never met in this survey.
REMARK = "Papers keep to few streams: modes at home in different ones seldom meet for that reason alone."

#: Groups of pairs that are tested as a whole.
APART, FACING, ACROSS = "separated by a rule", "of counterparts", "across the two sides"
BESIDE = "of one side, no rule between"

_GROUP_NUMBERS = {"Separated": APART, "OneSide": BESIDE, "AcrossSides": ACROSS, "Counterparts": FACING}


def raised_together(survey: Survey) -> Answer:
    """Which failure modes the same papers raise, how surprising that is, and which should have met and never did."""
    final, names, sides = in_schema(survey.final, survey.codes), code_names(survey), mode_sides(survey)
    codes = list(survey.failure_modes["code"])
    apart = [(mode.id, other.id) for mode in survey.schema.failure_modes for other in mode.neighbours]
    tested = pairs(final, basis=BASIS, codes=codes, separated=apart, absence=absence(survey))
    remarks = [REMARK, *filter(None, [absence_in_words(tested)])]
    graph = with_significance(cooccurrence(final, basis=BASIS, codes=codes), tested)
    bone, never = backbone(graph, tested), never_met(tested)
    held = incidence(final, FAILURE_MODE, min_level="mentions", basis=BASIS, codes=codes)
    together = groups_of_pairs(held, _groups(survey, apart, sides))
    nodes, edges = nodes_table(graph), edges_table(graph)
    least = fewest_shared(edges["count"])
    title, missed = "Failure modes raised together", "Failure modes that no paper raises together"
    return Answer(
        {
            "cooccurrence-edges": edges,
            "cooccurrence-pairs": tested,
            "cooccurrence-never-met": never,
            "cooccurrence-tested": pd.DataFrame([tested.attrs["tested"]]),
            "cooccurrence-groups": together,
        },
        (
            figure(
                "cooccurrence",
                title,
                network(nodes, edges, bone, names, least),
                partial(
                    charts.cooccurrence_network,
                    graph,
                    backbone=bone,
                    names=names,
                    sides=sides,
                    min_count=least,
                    basis=BASIS,
                ),
                data=edges,
            ),
            figure(
                "never-met",
                missed,
                " ".join([absent(never, names), *remarks[1:]]),
                partial(charts.never_met_plot, never, names=names, remarks=remarks),
                data=never,
            ),
        ),
        (*_numbers(tested, never), *_of_groups(together)),
        (_printed_pairs(tested, names), _printed_never(never, names, remarks), _printed_groups(together)),
        _graph_files(graph, names, sides),
    )


def fewest_shared(counts: pd.Series[int], most: int = MOST_EDGES) -> int:
    """Return the least number of shared papers at which at most ``most`` pairs are left to draw; at least 1."""
    return next(
        least
        for least in range(1, int(counts.max() if len(counts) else 0) + 2)
        if (counts >= least).sum() <= most
    )


def _groups(
    survey: Survey, apart: list[tuple[str, str]], sides: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Groups of pairs that the schema names; whether they meet more than by chance is asked of each as a whole."""
    facing = [(mode.id, other.id) for mode in survey.schema.failure_modes for other in mode.counterparts]
    across = [(a, b) for a in sides if sides[a] == "evaluation" for b in sides if sides[b] == "alignment"]
    ruled = {frozenset(pair) for pair in apart}
    beside = [
        (a, b)
        for a, b in combinations(sorted(sides), 2)
        if sides[a] == sides[b] and frozenset((a, b)) not in ruled
    ]
    return {APART: apart, BESIDE: beside, ACROSS: across, FACING: facing}


def _of_groups(together: pd.DataFrame) -> list[Number]:
    of, numbers = {r["group"]: r for r in together.to_dict("records")}, []
    for name, group in _GROUP_NUMBERS.items():
        row = of[group]
        numbers += [
            Number(
                f"Together{name}",
                int(row["count"]),
                "count",
                "meetings",
                f"pairs {group}: meetings in papers",
            ),
            Number(
                f"Together{name}Expected",
                _number(row["expected"]),
                "decimal1",
                "meetings",
                f"pairs {group}: meetings by chance",
            ),
            Number(
                f"Together{name}P",
                _number(row["p_adjusted"]),
                "p",
                "probability",
                f"pairs {group}: two-sided, Holm over the groups",
            ),
        ]
    return numbers


def network(
    nodes: pd.DataFrame, edges: pd.DataFrame, bone: nx.Graph, names: Mapping[str, str], least: int
) -> str:
    """Describe the network: its size, its strongest pairs, and which of them are surprising."""
    said = [descriptions.network(nodes, edges, names, least)]
    could, found = (
        int(bone.graph["testable"]),
        sorted(bone.edges(data=True), key=lambda e: (e[2]["p"], e[:2])),
    )
    if edges.empty:
        return said[0]
    level = f"{bone.graph['level']:.0%}"
    if not found:
        said.append(
            f"Of {could:,} pairs that could have been surprising, none is at a false discovery rate of {level}."
        )
    else:
        listed = ", ".join(
            f"{names.get(a, a)} with {names.get(b, b)} ({d['count']} against {d['expected']:.1f} expected)"
            for a, b, d in found[: descriptions.NAMED]
        )
        said.append(
            f"{len(found)} of {could:,} pairs that could have been surprising stand out at a false discovery rate of "
            f"{level}, first: {listed}."
        )
    return " ".join(said)


def absent(never: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Describe the plot of the pairs that never met."""
    if never.empty:
        why = "fewer than two failure modes are raised, or some paper raises every two of them together."
        return f"{descriptions.NOTHING} {why}"
    found = int((never["class"] == "gap").sum())
    few = int((never["class"] == "untestable").sum())
    first = "; ".join(
        f"{names.get(r['source'], r['source'])} and {names.get(r['target'], r['target'])}, "
        f"{r['expected']:.1f} expected, p = {r['p_lower']:.3f}"
        for r in never.head(descriptions.NAMED).to_dict("records")
    )
    return (
        f"{len(never):,} pairs of failure modes are raised, each mode by some paper, and never by one paper together. "
        f"{found:,} of them are surprising, and {few:,} have too few papers for that. Least probable: {first}."
    )


def _numbers(tested: pd.DataFrame, never: pd.DataFrame) -> tuple[Number, ...]:
    about = tested.attrs["tested"]
    used = (tested["n_source"] > 0) & (tested["n_target"] > 0)
    could = tested[tested["testable"].isin(["upper", "both"]).to_numpy(dtype=bool)]
    of_class = tested["class"].value_counts()
    level = f"{tested.attrs['level']:.0%}"
    count: Form = "count"

    def smallest(column: pd.Series[float]) -> float | None:
        return _number(column.min()) if len(column) else None

    return (
        Number("TogetherPairs", int(used.sum()), count, "pairs", "pairs of modes that some paper raises"),
        Number(
            "TogetherMet",
            int((tested["count"] > 0).sum()),
            count,
            "pairs",
            "of them raised together by a paper",
        ),
        Number("TogetherNeverMet", len(never), count, "pairs", "of them never raised together"),
        Number(
            "TogetherTestableUpper",
            int(about["testable_upper"]),
            count,
            "pairs",
            "pairs that could have been surprisingly frequent",
        ),
        Number(
            "TogetherTestableLower",
            int(about["testable_lower"]),
            count,
            "pairs",
            "pairs that could have been surprisingly rare",
        ),
        Number(
            "TogetherCrowded",
            int(of_class.get("crowded", 0)),
            count,
            "pairs",
            f"pairs surprisingly frequent, false discovery rate {level}",
        ),
        Number(
            "TogetherSparse",
            int(of_class.get("sparse", 0)),
            count,
            "pairs",
            f"pairs surprisingly rare, false discovery rate {level}",
        ),
        Number(
            "TogetherGap",
            int(of_class.get("gap", 0)),
            count,
            "pairs",
            f"pairs that surprisingly never met, false discovery rate {level}",
        ),
        Number(
            "TogetherLeastP",
            smallest(could["p_upper"]),
            "p",
            "probability",
            "least p of a pair that could have been surprisingly frequent",
        ),
        Number(
            "TogetherLeastQ",
            smallest(could["q_upper"]),
            "p",
            "probability",
            "least adjusted p of such a pair",
        ),
        Number(
            "TogetherNeverMetLeastP",
            smallest(never["p_lower"]),
            "p",
            "probability",
            "least p of a pair that never met",
        ),
        Number(
            "TogetherClose",
            int(about["close"]),
            count,
            "pairs",
            "pairs that other draws might class otherwise",
        ),
        Number("TogetherDraws", int(tested.attrs["draws"]), count, "draws", "null draws for the pairs"),
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _printed_pairs(tested: pd.DataFrame, names: Mapping[str, str]) -> Printed:
    """The surprising pairs; where there is none, the least probable of those that could have been."""
    found = tested[tested["class"].isin(["crowded", "sparse", "gap"]).to_numpy(dtype=bool)]
    level, could = f"{tested.attrs['level']:.0%}", tested.attrs["tested"]
    kept = found
    caption = "Pairs of failure modes that papers raise together surprisingly often or seldom."
    if not len(found):
        kept = tested[tested["testable"].isin(["upper", "both"]).to_numpy(dtype=bool)]
        kept = kept.sort_values(["p_upper", "source", "target"]).head(PRINTED)
        caption = (
            "No pair of failure modes could have been raised together surprisingly often: too few papers."
        )
    if len(kept) and not len(found):
        caption = (
            f"The {len(kept)} pairs of failure modes least probable to be raised together so often; none is surprising "
            f"at a false discovery rate of {level}."
        )
    rows = [
        {
            "Failure mode": names.get(r["source"], r["source"]),
            "With": names.get(r["target"], r["target"]) + ("*" if r["separated"] else ""),
            "Papers": int(r["count"]),
            "Expected": float(r["expected"]),
            "p": float(r[f"p_{tail}"]),
            "q": float(r[f"q_{tail}"]),
        }
        for r in kept.to_dict("records")
        for tail in ["lower" if r["class"] in ("sparse", "gap") else "upper"]
    ]
    rows.sort(key=lambda row: row["p"])
    return Printed(
        "raised-together",
        caption,
        pd.DataFrame(rows, columns=["Failure mode", "With", "Papers", "Expected", "p", "q"]),
        {"Papers": "count", "Expected": "decimal1", "p": "p", "q": "p"},
        "Expected: mean of the null that keeps how many papers raise a mode and how many modes a paper raises; "
        f"{tested.attrs['draws']:,} draws over the {tested.attrs['papers']:,} papers that raise any. q: "
        f"Benjamini-Hochberg over the pairs that could have been surprising: of {could['cells']:,}, "
        f"{could['testable_upper']:,} by being frequent and {could['testable_lower']:,} by being rare; with other "
        f"draws {could['close']:,} may be classed otherwise. "
        "*A coding rule separates the two modes.",
    )


def _printed_never(never: pd.DataFrame, names: Mapping[str, str], remarks: list[str]) -> Printed:
    said = {"gap": "surprising", "as expected": "as expected", "untestable": "too few"}
    rows = [
        {
            "Failure mode": names.get(r["source"], r["source"]),
            "Papers": int(r["n_source"]),
            "Never with": names.get(r["target"], r["target"]) + ("*" if r["separated"] else ""),
            "Its papers": int(r["n_target"]),
            "Expected": float(r["expected"]),
            "p": float(r["p_lower"]),
            "Class": said.get(r["class"], r["class"]),
        }
        for r in never.head(PRINTED).to_dict("records")
    ]
    columns = ["Failure mode", "Papers", "Never with", "Its papers", "Expected", "p", "Class"]
    counts: dict[str, Form] = {"Papers": "count", "Its papers": "count", "Expected": "decimal1", "p": "p"}
    return Printed(
        "never-met",
        "Failure modes that no paper raises together, the most surprising first.",
        pd.DataFrame(rows, columns=columns),
        counts,
        f"The first {len(rows)} of {len(never):,} pairs. Expected: papers under the null that keeps both margins; p: "
        "probability of none. Too few: even meeting in no paper could not have been surprising. "
        f"{' '.join(remarks)} *A coding rule separates the two modes.",
    )


def _printed_groups(together: pd.DataFrame) -> Printed:
    rows = [
        {
            "Pairs of failure modes": r["group"],
            "Pairs": int(r["pairs"]),
            "Met": int(r["met"]),
            "Meetings": int(r["count"]),
            "Expected": f"{r['expected']:.1f} (sd {r['sd']:.1f})" if r["pairs"] else "",
            "p": _number(r["p_adjusted"]),
        }
        for r in together.to_dict("records")
    ]
    return Printed(
        "raised-together-groups",
        "Groups of pairs of failure modes: how often papers raise both modes of a pair.",
        pd.DataFrame(rows, columns=["Pairs of failure modes", "Pairs", "Met", "Meetings", "Expected", "p"]),
        {"Pairs": "count", "Met": "count", "Meetings": "count", "p": "p"},
        "Pairs: with both modes in use. Meetings: papers, summed over the pairs. Expected: under the null that keeps "
        "both margins. p: two-sided, Holm over the groups. Separated by a rule: neighbours in the schema, to be coded "
        "together only with evidence for each. Across the two sides: one evaluation-side, one alignment-side mode. The "
        "margins fix the meetings of all pairs together, so more in one group is fewer in another.",
    )


def _graph_files(
    graph: nx.Graph, names: Mapping[str, str], sides: Mapping[str, str]
) -> dict[str, Callable[[str], str]]:
    """The network of the modes that some paper raises, for other programs."""
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
            graph_files.vosviewer,
            made,
            title="Failure modes raised together",
            weights={"Papers": "n"},
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
