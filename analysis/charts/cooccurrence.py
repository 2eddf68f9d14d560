"""Figure of co-occurrence: which codes papers carry together, as a network with labels that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import altair as alt
import networkx as nx
import numpy as np
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet, texts
from analysis.charts.text import text_width, widest_piece, wrap
from analysis.charts.theme import MUTED, RAISED, SIDE_COLOURS, TEXT, Width, page_width, side_colour

_LABEL_LINE = 7.6
_MARGIN = 3.0


def cooccurrence_network(
    graph: nx.Graph,
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    min_count: int = 1,
    what: str = "failure modes",
    basis: str = "abstract",
    counted: str | None = None,
    seed: int = 0,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the codes that papers carry together.

    The places come from networkx's spring layout (Fruchterman and Reingold 1991) with the given seed, pulled
    by association strength where the graph has it; then nodes with their labels are pushed apart until no two
    overlap. Only the neighbourhood means something, not the direction or the exact distance.

    Args:
        graph: ``analysis.cooccurrence.cooccurrence``'s graph: nodes with ``n``, edges with ``count``.
        names: code -> label.
        sides: code -> side, which gives the colour.
        min_count: edges of fewer papers are not drawn; codes left without an edge are named beneath.
        what: what the nodes are, in words.
        basis: ``title``, ``abstract`` or ``full-text``: what the papers were coded from.
        counted: which papers a node counts, in words, where it is not all that raise the mode.
        seed: seed of the layout.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: area of a node in proportion to its papers, width of an edge to the papers that carry both.
    """
    heading = f"{what[:1].upper()}{what[1:]} raised together" if title is None else title
    label = {code: (names or {}).get(code) or str(code) for code in graph}
    kept = nx.Graph()
    for code in sorted(graph, key=str):
        kept.add_node(code, n=int(graph.nodes[code].get("n", 0)))
    edges = [(*sorted((a, b), key=str), data) for a, b, data in graph.edges(data=True) if a != b]
    for a, b, data in sorted(edges, key=lambda e: (str(e[0]), str(e[1]))):
        if int(data.get("count", 0)) >= max(1, min_count):
            kept.add_edge(a, b, count=int(data["count"]), pull=float(data.get("association_strength", 1.0)))
    alone = [code for code in kept if kept.degree(code) == 0]
    used = [code for code in alone if kept.nodes[code]["n"] > 0]
    kept.remove_nodes_from(alone)
    notes = []
    if used:
        told = "in no pair drawn" if kept.number_of_nodes() else "in one paper or more, but in no pair"
        notes.append(f"Raised, {told}: {', '.join(sorted(label[c] for c in used))}.")
    never = [code for code in alone if kept.number_of_nodes() and code not in used]
    if never:
        notes.append(f"Never raised: {', '.join(sorted(label[c] for c in never))}.")
    if not kept.number_of_nodes():
        pair = "two papers or more" if min_count == 2 else f"{min_count} papers or more"
        words = (
            f"Nothing to draw: no two {what} are raised together{'' if min_count <= 1 else f' in {pair}'}."
        )
        return say(words, width=width, title=heading, notes=notes, stamp=stamp)
    page = page_width(width)
    nodes, height = _placed(kept, label, page, seed)
    for node in nodes:
        node["colour"] = side_colour((sides or {}).get(node["code"], ""))
    where = {node["code"]: node for node in nodes}
    most = max(data["count"] for _, _, data in kept.edges(data=True))
    lines = pd.DataFrame(
        [
            {
                "x": where[a]["x"],
                "y": where[a]["y"],
                "x2": where[b]["x"],
                "y2": where[b]["y"],
                "count": data["count"],
                "thick": round(0.4 + 3.4 * data["count"] / most, 2),
                "what": f"{label[a]} with {label[b]}: {_papers(data['count'])}",
            }
            for a, b, data in sorted(
                kept.edges(data=True), key=lambda e: (e[2]["count"], str(e[0]), str(e[1]))
            )
        ]
    )
    x, y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    links = (
        alt.Chart(lines)
        .mark_rule(color="#7f7f7f", opacity=0.35)
        .encode(
            x=x,
            y=y,
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth("thick:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description="what:N",
        )
    )
    spots = pd.DataFrame(nodes)
    discs = (
        alt.Chart(spots.drop(columns=["lines"]))
        .mark_point(shape="circle", filled=True, opacity=1, stroke="white", strokeWidth=0.8)
        .encode(
            x=x,
            y=y,
            size=alt.Size("area:Q", scale=None, legend=None),
            fill=alt.Fill("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description="what:N",
        )
    )
    words_at = pd.DataFrame(
        [
            {
                "x": node["x"],
                "y": round(node["y"] + node["radius"] + _LABEL_LINE * (k + 0.75), 2),
                "text": line,
            }
            for node in nodes
            for k, line in enumerate(node["lines"])
        ]
    )
    half = pd.Series([text_width(line, TEXT) / 2 + 0.6 for node in nodes for line in node["lines"]])
    behind = (
        alt.Chart(
            words_at.assign(
                left=(words_at["x"] - half).round(2),
                right=(words_at["x"] + half).round(2),
                top=words_at["y"] - 5.6,
                bottom=words_at["y"] + 1.8,
            )
        )
        .mark_rect(fill="white", opacity=0.78, aria=False)
        .encode(
            x=alt.X("left:Q", scale=None, axis=None),
            x2="right:Q",
            y=alt.Y("top:Q", scale=None, axis=None),
            y2="bottom:Q",
        )
    )
    there = {(sides or {}).get(code, "") for code in kept}
    key = [KeyEntry("dot", side_colour(s), s) for s in SIDE_COLOURS if s in there]
    key += (
        [KeyEntry("dot", MUTED, s or "no side given") for s in sorted(there - set(SIDE_COLOURS))]
        if key
        else []
    )
    which = RAISED.get(basis, "papers") if counted is None else counted
    fewest = f" Pairs of fewer than {min_count} papers are not drawn." if min_count > 1 else ""
    return sheet(
        [links, behind, discs, texts(words_at, align="center", baseline="alphabetic")],
        width=width,
        height=height,
        title=heading,
        subtitle=f"Area of a node: {which}. Width of a line: papers that raise both "
        f"(widest: {most}).{fewest}",
        key=key,
        notes=notes,
        stamp=stamp,
    )


def _papers(n: int) -> str:
    return f"{n} paper" if n == 1 else f"{n} papers"


def _placed(
    graph: nx.Graph, label: Mapping[Any, str], page: float, seed: int
) -> tuple[list[dict[str, Any]], float]:
    """Place nodes and their labels on the page; return one entry a node, and the height used.

    The box of a node holds its disc and, beneath it, its label in at most two or three short lines.
    """
    codes = list(graph)
    most = max(graph.nodes[c]["n"] for c in codes) or 1
    radius = {c: 2.2 + 5.8 * sqrt(graph.nodes[c]["n"] / most) for c in codes}
    lines = {c: _balanced(label[c]) for c in codes}
    wide = np.array([max(2 * radius[c], *(text_width(line, TEXT) for line in lines[c])) + 3.0 for c in codes])
    high = np.array([2 * radius[c] + _LABEL_LINE * len(lines[c]) + 3.0 for c in codes])
    middle = spring(graph, seed)
    # The page is as wide as it is; its height follows from the room that the boxes need.
    need = float((wide * high).sum())
    height = max(float(high.max()) + 2 * _MARGIN, min(1.3 * page, need / (0.3 * page)))
    if len(codes) > 4:
        height = max(height, 0.45 * page)
    while True:
        boxes = _apart(middle, wide, high, page, height)
        if boxes is not None:
            break
        height *= 1.08
    nodes = []
    for k, code in enumerate(codes):
        x, y = boxes[k]
        n = graph.nodes[code]["n"]
        nodes.append(
            {
                "code": code,
                "x": round(float(x), 1),
                "y": round(float(y - high[k] / 2 + 1.5 + radius[code]), 1),
                "radius": round(radius[code], 2),
                "area": round(np.pi * radius[code] ** 2, 2),
                "lines": lines[code],
                "what": f"{label[code]}: {_papers(n)}",
            }
        )
    used = float((boxes[:, 1] + high / 2).max())
    return nodes, round(used + 1.0, 1)


def spring(graph: nx.Graph, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return places of the nodes in the unit square, shape (nodes, 2), the same for the same seed."""
    if graph.number_of_nodes() == 1:
        return np.array([[0.5, 0.5]])
    pulls = [data["pull"] for _, _, data in graph.edges(data=True)]
    strongest = max(pulls) or 1.0
    pulled = nx.Graph()
    pulled.add_nodes_from(graph)
    for a, b, data in graph.edges(data=True):
        pulled.add_edge(a, b, weight=0.15 + sqrt(data["pull"] / strongest))
    places = nx.spring_layout(pulled, seed=seed, weight="weight", k=1.6 / sqrt(len(graph)), iterations=200)
    middle = np.array([places[c] for c in graph], dtype=np.float64)
    middle -= middle.min(axis=0)
    extent = middle.max(axis=0)
    extent[extent == 0] = 1.0
    # A node far from all others would press the rest together: ranks spread the page evenly, half and half.
    ranks = middle.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(1, len(graph) - 1)
    spread: np.ndarray[Any, np.dtype[np.float64]] = 0.5 * middle / extent + 0.5 * ranks
    return spread


def _apart(
    middle: np.ndarray[Any, np.dtype[np.float64]],
    wide: np.ndarray[Any, np.dtype[np.float64]],
    high: np.ndarray[Any, np.dtype[np.float64]],
    page: float,
    height: float,
) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Push boxes apart on a page until none overlap; None when they do not come apart in 600 rounds."""
    low = np.stack([wide / 2 + _MARGIN, high / 2 + _MARGIN], axis=1)
    top = np.array([page, height]) - low
    places = low + middle * np.maximum(top - low, 0)
    half = np.stack([wide, high], axis=1) / 2
    for _ in range(600):
        moved = False
        for i in range(len(places)):
            for j in range(i + 1, len(places)):
                between = places[j] - places[i]
                overlap = half[i] + half[j] - np.abs(between)
                if (overlap > 0.01).all():
                    # The shorter way out, halved between the two; a tie of places goes by order.
                    axis = int(overlap[1] <= overlap[0])
                    push = (overlap[axis] / 2 + 0.02) * (1.0 if between[axis] >= 0 else -1.0)
                    places[i, axis] -= push
                    places[j, axis] += push
                    moved = True
        places = np.clip(places, low, np.maximum(top, low))
        if not moved:
            return places
    return None


def _balanced(label: str) -> list[str]:
    """Break a label into lines of about equal width, none wider than 62 points if it can be."""
    whole = text_width(label, TEXT)
    if whole <= 46.0:
        return [label]
    for parts in (2, 3):
        for slack in (1.0, 1.1, 1.2, 1.35, 1.5):
            lines = wrap(label, TEXT, max(whole / parts * slack, widest_piece(label, TEXT)))
            if len(lines) <= parts and max(text_width(line, TEXT) for line in lines) <= 62.0:
                return lines
    return wrap(label, TEXT, max(62.0, min(110.0, widest_piece(label, TEXT))))
