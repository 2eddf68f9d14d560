"""Figure of co-occurrence: which codes papers carry together, as a network.

No two labels overlap; then nodes and labels are moved until few lines run through a label or a strange node.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, Literal

import altair as alt
import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.charts.frame import KeyEntry, say, sheet, texts
from analysis.charts.text import text_width, widest_piece, wrap
from analysis.charts.theme import MUTED, RAISED, SIDE_COLOURS, TEXT, Width, page_width, side_colour

_LABEL_LINE = 7.6
_MARGIN = 3.0
#: Grey of a line.
_LINE = "#bdbdbd"
#: Where a label may stand, seen from its node; the first is tried first.
_SIDES = ("below", "above", "right", "left")
#: Moves that are tried to free the labels from lines; fewer where more than fifty lines make each of them dear.
_MOVES = 4000

Floats = NDArray[np.float64]


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
    overlap, and moved a little to where fewer lines run through them. Only the neighbourhood means something, not the
    direction or the exact distance.

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
        count = int(data.get("count", 0))
        if count >= max(1, min_count):
            kept.add_edge(a, b, count=count, pull=float(data.get("association_strength", 1.0)))
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
    most = max(data["count"] for _, _, data in kept.edges(data=True)) or 1
    lines = pd.DataFrame(
        [
            {
                "x": where[a]["x"],
                "y": where[a]["y"],
                "x2": where[b]["x"],
                "y2": where[b]["y"],
                "count": data["count"],
                "thick": round(0.5 + 3.3 * data["count"] / most, 2),
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
        .mark_rule(color=_LINE)
        .encode(
            x=x,
            y=y,
            x2=alt.X2("x2:Q"),
            y2=alt.Y2("y2:Q"),
            strokeWidth=alt.StrokeWidth("thick:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    spots = pd.DataFrame(nodes)
    discs = (
        alt.Chart(spots.drop(columns=["lines", "side"]))
        .mark_point(shape="circle", filled=True, opacity=1, stroke="white", strokeWidth=0.8)
        .encode(
            x=x,
            y=y,
            size=alt.Size("area:Q", scale=None, legend=None),
            fill=alt.Fill("colour:N", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    words_at = pd.DataFrame([row for node in nodes for row in _words(node)])
    behind = (
        alt.Chart(words_at)
        .mark_rect(fill="white", opacity=0.85, aria=False)
        .encode(
            x=alt.X("left:Q", scale=None, axis=None),
            x2=alt.X2("right:Q"),
            y=alt.Y("top:Q", scale=None, axis=None),
            y2=alt.Y2("bottom:Q"),
        )
    )
    label_layers = [
        texts(
            words_at.loc[words_at["align"] == align, ["x", "y", "text"]], align=align, baseline="alphabetic"
        )
        for align in _ALIGNS
        if (words_at["align"] == align).any()
    ]
    there = {(sides or {}).get(code, "") for code in kept}
    key = [KeyEntry("dot", side_colour(s), s) for s in SIDE_COLOURS if s in there]
    key += (
        [KeyEntry("dot", MUTED, s or "no side given") for s in sorted(there - set(SIDE_COLOURS))]
        if key
        else []
    )
    which = RAISED.get(basis, "papers") if counted is None else counted
    fewest = f" Pairs of fewer than {min_count} papers are not drawn." if min_count > 1 else ""
    widest = f" (widest: {most})" if any(data["count"] for _, _, data in kept.edges(data=True)) else ""
    return sheet(
        [links, behind, discs, *label_layers],
        width=width,
        height=height,
        title=heading,
        subtitle=f"Area of a node: {which}. Width of a line: papers that raise both{widest}.{fewest}",
        key=key,
        notes=notes,
        stamp=stamp,
    )


def _papers(n: int) -> str:
    return f"{n} paper" if n == 1 else f"{n} papers"


_Align = Literal["left", "center", "right"]
_ALIGNS: tuple[_Align, ...] = ("center", "left", "right")


def _words(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row a line of a node's label: its place, how it is aligned there, and the box it fills."""
    left, top, right, _ = _label_box(node["x"], node["y"], node["radius"], node["lines"], node["side"])
    align = {"right": "left", "left": "right"}.get(node["side"], "center")
    at = {"left": left, "right": right, "center": (left + right) / 2}[align]
    rows = []
    for k, line in enumerate(node["lines"]):
        wide = text_width(line, TEXT)
        start = {"left": at, "right": at - wide, "center": at - wide / 2}[align]
        base = top + 5.7 + _LABEL_LINE * k
        rows.append(
            {
                "x": round(at, 2),
                "y": round(base, 2),
                "text": line,
                "align": align,
                "left": round(start - 0.6, 2),
                "right": round(start + wide + 0.6, 2),
                "top": round(base - 5.6, 2),
                "bottom": round(base + 1.8, 2),
            }
        )
    return rows


def _label_box(
    x: float, y: float, radius: float, lines: list[str], side: str
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a label that stands on a side of its node."""
    wide, high = max(text_width(line, TEXT) for line in lines), _LABEL_LINE * len(lines)
    if side == "below":
        return x - wide / 2, y + radius, x + wide / 2, y + radius + high
    if side == "above":
        return x - wide / 2, y - radius - high - 0.8, x + wide / 2, y - radius - 0.8
    if side == "right":
        return x + radius + 1.8, y - high / 2 - 0.2, x + radius + 1.8 + wide, y + high / 2 - 0.2
    return x - radius - 1.8 - wide, y - high / 2 - 0.2, x - radius - 1.8, y + high / 2 - 0.2


def _placed(
    graph: nx.Graph, label: Mapping[Any, str], page: float, seed: int
) -> tuple[list[dict[str, Any]], float]:
    """Place nodes and their labels on the page; return one entry a node, and the height used.

    At first the box of a node holds its disc and, beneath it, its label in at most two or three short lines.
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
    discs = np.array([radius[c] for c in codes])
    places = np.stack([boxes[:, 0], boxes[:, 1] - high / 2 + 1.5 + discs], axis=1)
    ends = np.array([[codes.index(a), codes.index(b)] for a, b in graph.edges], dtype=np.int64)
    counts = np.array([data["count"] for _, _, data in graph.edges(data=True)], dtype=np.float64)
    weights = 0.6 + counts / max(counts.max(), 1.0)
    places, where = _freed(places, discs, [lines[c] for c in codes], ends, weights, page, height, seed)
    nodes: list[dict[str, Any]] = [
        {
            "code": code,
            "x": round(float(places[k, 0]), 1),
            "y": round(float(places[k, 1]), 1),
            "radius": round(radius[code], 2),
            "area": round(np.pi * radius[code] ** 2, 2),
            "lines": lines[code],
            "side": where[k],
            "what": f"{label[code]}: {_papers(graph.nodes[code]['n'])}",
        }
        for k, code in enumerate(codes)
    ]
    taken = [_both(n["x"], n["y"], n["radius"], n["lines"], n["side"]) for n in nodes]
    up = round(min(box[1] for box in taken) - 1.0, 1)
    for node in nodes:
        node["y"] = round(node["y"] - up, 1)
    return nodes, round(max(box[3] for box in taken) - up + 1.0, 1)


def _both(
    x: float, y: float, radius: float, lines: list[str], side: str
) -> tuple[float, float, float, float]:
    """Box around a node and its label."""
    left, top, right, bottom = _label_box(x, y, radius, lines, side)
    return min(left, x - radius), min(top, y - radius), max(right, x + radius), max(bottom, y + radius)


def _freed(
    places: Floats,
    radius: Floats,
    lines: list[list[str]],
    ends: NDArray[np.int64],
    weights: Floats,
    page: float,
    height: float,
    seed: int,
) -> tuple[Floats, list[str]]:
    """Move nodes and turn labels, one at a time, as long as that takes lines out of labels and strange nodes.

    ``weights``, one a line, says how much the line disturbs in a label: a thick one more. No box ever overlaps another
    or leaves the page, so the result is never worse than the start.
    """
    rng = np.random.default_rng(seed)
    places, start, size = places.copy(), places.copy(), len(places)
    where = [_SIDES[0]] * size
    shapes = [
        np.array([np.array(_label_box(0.0, 0.0, r, text, side)) for side in _SIDES])
        for r, text in zip(radius, lines, strict=True)
    ]
    discs = np.stack([-radius, -radius, radius, radius], axis=1)
    boxes = np.array([shapes[k][0] for k in range(size)]) + np.tile(places, 2)
    rounds = discs + np.tile(places, 2)
    incident = [np.flatnonzero((ends == k).any(axis=1)) for k in range(size)]
    passing = [np.flatnonzero(~(ends == k).any(axis=1)) for k in range(size)]
    rest = [np.flatnonzero(np.arange(size) != k) for k in range(size)]
    apart = [np.setdiff1d(np.arange(size), [*ends[incident[k]].ravel().tolist(), k]) for k in range(size)]

    def cost(node: int) -> float:
        """What lines have to do with one node: through its label and disc, and its own through the others'."""
        mine, strange = incident[node], passing[node]
        a, b = places[ends[:, 0]], places[ends[:, 1]]
        own = _inside(a, b, np.stack([boxes[node], rounds[node] + _ROOM]))
        through = weights @ own[:, 0]
        through += 2.0 * own[strange, 1].sum()
        if len(mine):
            a_mine, b_mine = a[mine], b[mine]
            others, near = rest[node], apart[node]
            theirs = _inside(a_mine, b_mine, np.concatenate([boxes[others], rounds[near] + _ROOM]))
            through += weights[mine] @ theirs[:, : len(others)].sum(axis=1)
            through += 2.0 * theirs[:, len(others) :].sum()
            through += 6.0 * _crossings(a_mine, b_mine, a[strange], b[strange])
            through += 0.02 * np.hypot(*(a_mine - b_mine).T).sum()
        return float(through) + 0.05 * float(np.hypot(*(places[node] - start[node])))

    # Of each node what it costs as things stand; a move that is kept changes what all others cost.
    costs: dict[int, float] = {}
    moves = min(_MOVES, 50 * _MOVES // len(ends)) if size > 1 and len(ends) else 0
    for move in range(moves):
        node = int(rng.integers(size))
        side = int(rng.integers(len(_SIDES)))
        reach = 0.5 * page * (1 - move / moves) ** 2 + 6.0
        step = rng.normal(0.0, reach / 2, 2) if rng.random() < 0.7 else np.zeros(2)
        kept = places[node].copy(), boxes[node].copy(), rounds[node].copy(), where[node]
        to = places[node] + step
        box, disc = shapes[node][side] + np.tile(to, 2), discs[node] + np.tile(to, 2)
        if not _free(
            box, disc, np.delete(boxes, node, axis=0), np.delete(rounds, node, axis=0), page, height
        ):
            continue
        if node not in costs:
            costs[node] = cost(node)
        places[node], boxes[node], rounds[node], where[node] = to, box, disc, _SIDES[side]
        if (after := cost(node)) >= costs[node] - 1e-9:
            places[node], boxes[node], rounds[node], where[node] = kept
        else:
            costs = {node: after}
    return places, where


#: Room that a line leaves around a node it does not lead to.
_ROOM = np.array([-1.5, -1.5, 1.5, 1.5])


def _free(box: Floats, disc: Floats, boxes: Floats, rounds: Floats, page: float, height: float) -> bool:
    """Whether a label and its node lie on the page and clear of all others."""
    whole = np.array([min(box[0], disc[0]), min(box[1], disc[1]), max(box[2], disc[2]), max(box[3], disc[3])])
    if whole[0] < 1.0 or whole[1] < 1.0 or whole[2] > page - 1.0 or whole[3] > height - 1.0:
        return False
    others = np.concatenate([boxes, rounds])
    for one in (box, disc):
        across = np.minimum(one[2], others[:, 2]) - np.maximum(one[0], others[:, 0])
        down = np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1])
        if ((across > -2.0) & (down > -1.2)).any():
            return False
    return True


def _inside(a: Floats, b: Floats, boxes: Floats) -> Floats:
    """Length of each segment a-b in each box (Liang and Barsky 1984), segments x boxes."""
    way = b - a
    safe = np.where(np.abs(way) < 1e-9, 1e-9, way)[:, None, :]
    first = (boxes[None, :, :2] - a[:, None, :]) / safe
    last = (boxes[None, :, 2:] - a[:, None, :]) / safe
    enter = np.minimum(first, last).max(axis=2)
    leave = np.maximum(first, last).min(axis=2)
    share = np.maximum(np.minimum(leave, 1.0) - np.maximum(enter, 0.0), 0.0)
    return np.asarray(share * np.hypot(way[:, 0], way[:, 1])[:, None])


def _crossings(a: Floats, b: Floats, c: Floats, d: Floats) -> int:
    """Number of crossings between segments a-b and segments c-d; those that share an end do not cross."""

    def turn(p: Floats, q: Floats, r: Floats) -> Floats:
        u, v = q - p, r - p
        return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    a, b, c, d = a[:, None], b[:, None], c[None], d[None]
    across = (turn(a, b, c) * turn(a, b, d) < -1e-9) & (turn(c, d, a) * turn(c, d, b) < -1e-9)
    return int(across.sum())


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
