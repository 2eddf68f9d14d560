"""Write a graph for other programs: GraphML, GEXF (Gephi) and VOSviewer JSON; the same graph gives the same bytes.

The first two are written by networkx, in an order and with a date that are ours: node and edge by name, and for
GEXF the date of the data instead of that of the run. The form of VOSviewer's JSON is that of its documentation
(VOSviewer Online, File types, VOSviewer JSON files; see also networkx issue 7820).
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

import networkx as nx

#: What XML 1.0 cannot hold (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARED = "<?xml version='1.0' encoding='utf-8'?>\n"


def plain(graph: nx.Graph) -> nx.Graph:
    """Return the graph with attributes that every program reads, nodes, edges and attributes in the order of names.

    Tuples and lists are joined by semicolons; numbers become Python's, floats of six digits; an attribute that has a
    float anywhere is a float everywhere; None and not-a-number are left out, and so is what XML cannot hold. Nodes
    are named by their text.

    Args:
        graph: undirected graph.

    Raises:
        ValueError: the graph is directed or has parallel edges, two nodes have the same text, or an attribute is of a
            kind that has no plain form.
    """
    if graph.is_directed() or graph.is_multigraph():
        raise ValueError("only undirected graphs without parallel edges are written")
    names = {node: _text(node) for node in graph}
    if len(set(names.values())) < len(names):
        raise ValueError("two nodes have the same name")
    made = nx.Graph()
    made.graph.update(_flat([graph.graph])[0])
    nodes = sorted(graph, key=lambda node: names[node])
    for node, data in zip(nodes, _flat([graph.nodes[node] for node in nodes]), strict=True):
        made.add_node(names[node], **data)
    edges = _edges(graph, names)
    for (a, b, _), data in zip(edges, _flat([data for *_, data in edges]), strict=True):
        made.add_edge(a, b, **data)
    return made


def graphml(graph: nx.Graph, stamp: str = "") -> str:
    """Return a graph as GraphML (Brandes et al. 2002).

    Args:
        graph: undirected graph; made :func:`plain` first.
        stamp: line that names the data; it becomes the graph's attribute ``stamp``.
    """
    made = plain(graph)
    if stamp:
        made.graph["stamp"] = _text(stamp)
    lines = nx.generate_graphml(made)
    return _DECLARED + "\n".join(lines) + "\n"


def gexf(graph: nx.Graph, stamp: str = "") -> str:
    """Return a graph as GEXF 1.2, which Gephi reads.

    Args:
        graph: undirected graph; made :func:`plain` first. A node's ``x`` and ``y`` become its place, ``colour``
            (``#rrggbb``) its colour; an edge's ``count``, where it has no ``weight``, its weight.
        stamp: line that names the data: the file's description; a date at its end is the file's date.
    """
    made = plain(graph)
    facts = "; ".join(f"{name}: {value}" for name, value in made.graph.items())
    made.graph.clear()
    for _, data in made.nodes(data=True):
        shown: dict[str, Any] = {}
        if "x" in data and "y" in data:
            shown["position"] = {"x": data["x"], "y": data["y"], "z": 0.0}
        if re.fullmatch("#[0-9A-Fa-f]{6}", data.get("colour", "")):
            hexed = data["colour"]
            shown["color"] = {c: int(hexed[k : k + 2], 16) for c, k in (("r", 1), ("g", 3), ("b", 5))}
        if shown:
            data["viz"] = shown
    for *_, data in made.edges(data=True):
        if "weight" not in data and "count" in data:
            data["weight"] = data["count"]
    writer = nx.readwrite.gexf.GEXFWriter(version="1.2draft")
    writer.add_graph(made)
    (meta,) = writer.xml.findall("meta")
    date = re.search(r"(\d{4}-\d{2}-\d{2})\W*$", stamp)
    meta.attrib.pop("lastmodifieddate", None)
    if date:
        meta.set("lastmodifieddate", date[1])
    for creator in meta.findall("creator"):
        creator.text = "networkx"
    said = "; ".join(part for part in (_text(stamp), facts) if part)
    if said:
        ElementTree.SubElement(meta, "description").text = said
    return _DECLARED + str(writer) + "\n"


def vosviewer(
    graph: nx.Graph,
    stamp: str = "",
    *,
    title: str = "",
    weights: Mapping[str, str] | None = None,
    strength: str = "count",
) -> str:
    """Return a graph as VOSviewer JSON.

    Args:
        graph: undirected graph; made :func:`plain` first. A node may have ``label``, ``description`` (plain text),
            ``x`` and ``y`` (written when all nodes have them).
        stamp: line that names the data; it stands in the description of the map.
        title: title of the map.
        weights: what VOSviewer calls a weight -> node attribute, not negative. ``Links`` and ``Total link strength``
            are always there.
        strength: edge attribute that is the strength of a link, not negative.

    Raises:
        ValueError: a weight or strength is negative or no number.
    """
    made = plain(graph)
    items = []
    placed = all("x" in data and "y" in data for _, data in made.nodes(data=True))
    for node, data in made.nodes(data=True):
        item: dict[str, Any] = {"id": node, "label": str(data.get("label") or node)}
        if data.get("description"):
            item["description"] = html.escape(str(data["description"]))
        if placed:
            item |= {"x": data["x"], "y": data["y"]}
        lines = [float(d.get(strength, 1)) for *_, d in made.edges(node, data=True)]
        item["weights"] = {"Links": len(lines), "Total link strength": _rounded(math.fsum(lines))}
        for name, attribute in (weights or {}).items():
            if attribute in data:
                item["weights"][name] = _positive(data[attribute], f"weight {name} of {node}")
        items.append(item)
    links = [
        {
            "source_id": a,
            "target_id": b,
            "strength": _positive(data.get(strength, 1), f"strength of {a}, {b}"),
        }
        for a, b, data in _edges(made, {node: node for node in made})
    ]
    network: dict[str, Any] = {"items": items, "links": links}
    facts = [_text(stamp), *(f"{name}: {value}" for name, value in made.graph.items())]
    said = {"title": title, "description": html.escape(". ".join(fact for fact in facts if fact))}
    return json.dumps({"network": network, "info": said}, indent=1, ensure_ascii=False) + "\n"


def _edges(graph: nx.Graph, names: Mapping[Any, str]) -> list[tuple[str, str, dict[str, Any]]]:
    """Edges by the names of their ends, the smaller first."""
    found = [(*sorted((names[a], names[b])), data) for a, b, data in graph.edges(data=True)]
    return sorted(((a, b, data) for a, b, data in found), key=lambda edge: edge[:2])


def _flat(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give every row plain values under sorted names; an attribute that is a float anywhere is one everywhere."""
    made = []
    for row in rows:
        given = {str(name): _value(str(name), value) for name, value in row.items()}
        made.append({name: given[name] for name in sorted(given) if given[name] is not None})
    floats = {name for row in made for name, value in row.items() if isinstance(value, float)}
    for row in made:
        for name in floats & set(row):
            if isinstance(row[name], int) and not isinstance(row[name], bool):
                row[name] = float(row[name])
    return made


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()  # a number of numpy
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _rounded(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple | list):
        return ";".join(_text(part) for part in value)
    raise ValueError(f"attribute {name} is a {type(value).__name__}, which has no plain form")


def _text(value: object) -> str:
    return _NOT_XML.sub("", str(value))


def _rounded(value: float) -> float:
    """Six digits, as in our CSV files: fewer than those in which processors differ."""
    return float(f"{value:.6g}")


def _positive(value: Any, what: str) -> float | int:
    if not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{what} is {value!r}, not a number of 0 or more")
    return value
