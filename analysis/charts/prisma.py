"""Figure of the flow of papers: the PRISMA 2020 diagram, every number from a row of the table.

Page, McKenzie, Bossuyt et al. (2021), The PRISMA 2020 statement: boxes of records that go on stand in the left column,
boxes of records that leave stand to the right of where they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import say, sheet
from analysis.charts.layers import fixed, texts
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import INK, LINE, MUTED, PALE, TEXT, Width, page_width

#: Boxes of the left column, in the order in which a record passes them, with the phase they belong to.
SPINE = {
    "identified": "Identification",
    "records": "Identification",
    "drawn": "Screening",
    "screened": "Screening",
    "assessed": "Screening",
    "included": "Included",
    "coded_twice": "Included",
    "synthesis": "Included",
}

#: Parts of a box that are named; the smallest of more are added up in one line.
_PARTS = 10

_BAND = 13.0
_PAD = 4.0
_GAP = 13.0


@dataclass
class Box:
    """One box of the diagram.

    Attributes:
        name: its id in the column ``box``.
        parent: id of the box its records come from; empty for none.
        label: what it counts.
        n: the count.
        reasons: label and count of each of its parts.
        lines: indent in points and text of each line, once the width is known.
        x, y, width, height: place in points, from the top left.
    """

    name: str
    parent: str
    label: str
    n: int
    reasons: list[tuple[str, int]] = field(default_factory=list)
    lines: list[tuple[float, str]] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


def prisma_flow(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the flow of records from search to synthesis.

    Args:
        table: ``analysis.prisma.prisma``'s table: ``box``, ``parent``, ``label``, ``n``, ``reason``. Rows of
            one box with a reason are its parts; the row without one is its total, and where there is none the
            total is the sum of the parts.
        names: reason -> label; a reason without one is its own label.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Boxes named in ``SPINE`` go down the left column, each joined to the one before it; every
        other box stands to the right of its parent. A box may be missing, and boxes of other names may come.
    """
    heading = "Flow of records (PRISMA 2020)" if title is None else title
    boxes = _boxes(table, names or {})
    if not boxes:
        words = "Nothing to draw: no search has been logged, so no record has been identified."
        return say(words, width=width, title=heading, stamp=stamp)
    page = page_width(width)
    spine, height = _lay_out(boxes, page)
    rects = pd.DataFrame(
        [
            {
                "x": b.x,
                "x2": round(b.x + b.width, 2),
                "y": b.y,
                "y2": round(b.y + b.height, 2),
                "fill": "white" if b in spine else PALE,
                "what": f"{b.label}: {b.n:,}" + "".join(f"; {name}: {n:,}" for name, n in b.reasons),
            }
            for b in boxes
        ]
    )
    frame = (
        alt.Chart(rects)
        .mark_rect(stroke=INK, strokeWidth=0.6)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
            fill=alt.Fill("fill:N", scale=None, legend=None),
            description=alt.Description("what:N"),
            tooltip=[alt.Tooltip("what:N", title=" ")],
        )
    )
    lines = pd.DataFrame(
        [
            {
                "x": round(b.x + _PAD + indent, 2),
                "y": round(b.y + (b.height - LINE * len(b.lines)) / 2 + LINE * (k + 0.76), 2),
                "text": line,
            }
            for b in boxes
            for k, (indent, line) in enumerate(b.lines)
        ]
    )
    layers: list[alt.Chart | alt.LayerChart] = [
        *_bands(spine, height),
        *_arrows(boxes, spine),
        frame,
        texts(lines, baseline="alphabetic"),
    ]
    notes = [] if any(b.n for b in boxes) else ["No record yet: every count is zero."]
    return sheet(layers, width=width, height=height, above=4.0, title=heading, notes=notes, stamp=stamp)


def _boxes(table: pd.DataFrame, names: Mapping[str, str]) -> list[Box]:
    boxes: dict[str, Box] = {}
    totals: set[str] = set()
    for record in table.to_dict("records"):
        row: dict[str, Any] = {str(k): "" if pd.isna(v) else v for k, v in record.items()}
        name, n = str(row["box"]), int(row["n"] or 0)
        box = boxes.setdefault(name, Box(name, str(row["parent"]), str(row["label"]) or name, 0))
        if row.get("reason"):
            reason = str(row["reason"])
            box.reasons.append((names.get(reason) or reason, n))
        else:
            box.n, box.label = n, str(row["label"]) or name
            totals.add(name)
    for name, box in boxes.items():
        if name not in totals:
            box.n = sum(n for _, n in box.reasons)
        if len(box.reasons) > _PARTS:
            largest = sorted(box.reasons, key=lambda part: -part[1])
            rest = largest[_PARTS - 1 :]
            box.reasons = [*largest[: _PARTS - 1], (f"{len(rest)} others", sum(n for _, n in rest))]
    return list(boxes.values())


def _set(box: Box, width: float) -> None:
    """Set the text of a box of the given width; its height follows."""
    room = width - 2 * _PAD
    box.width = round(width, 2)
    box.lines = [(0.0, line) for line in wrap(f"{box.label} (n\u00a0=\u00a0{box.n:,})", TEXT, room)]
    for reason, n in box.reasons:
        lines = wrap(f"{reason}:\u00a0{n:,}", TEXT, room - 11.0)
        box.lines += [(6.0 if k == 0 else 11.0, line) for k, line in enumerate(lines)]
    box.height = round(LINE * len(box.lines) + 2 * _PAD, 2)


def _lay_out(boxes: list[Box], page: float) -> tuple[list[Box], float]:
    """Place all boxes; return those of the left column from the top, and the height used."""
    spine = [box for name in SPINE for box in boxes if box.name == name]
    names = [box.name for box in spine]
    beside: dict[str, list[Box]] = {name: [] for name in names}
    loose: list[Box] = []
    for box in boxes:
        if box not in spine:
            parents = {b.name: b.parent for b in boxes}
            while box.parent in parents and box.parent not in names:
                box.parent = parents[box.parent]
            beside.get(box.parent, loose).append(box)
    start = _BAND + 6.0
    gap = 18.0
    column = round((page - start - gap) / 2 - 0.5, 2)
    right = start + column + gap
    y = began = 0.5
    for box in spine:
        _set(box, column)
        for other in beside[box.name]:
            _set(other, column)
        stack = sum(o.height for o in beside[box.name]) + 5.0 * max(0, len(beside[box.name]) - 1)
        row = max(box.height, stack)
        box.x, box.y = start, round(y, 2)
        at = y
        for other in beside[box.name]:
            other.x, other.y = right, round(at, 2)
            at += other.height + 5.0
        after = next((SPINE[name] for name in names[names.index(box.name) + 1 :]), "")
        if SPINE[box.name] != after:  # a phase is at least as high as its name is long
            room = text_width(SPINE[box.name], TEXT) + (2.0 if after else 8.0)
            short = began + room - (y + row)
            if short > 0:  # no empty band beneath: its last box takes the room
                box.height = round(max(box.height, row + short), 2)
                row += short
            began = y + row + _GAP
        y += row + _GAP
    for other in loose:
        _set(other, column)
        other.x, other.y = (right if spine else start), round(y - (_GAP - 5.0), 2)
        y += other.height + 5.0
    lowest = max(b.y + b.height for b in boxes)
    return spine, round(max(lowest, y - _GAP if spine else 0.0) + 1.0, 2)


def _bands(spine: list[Box], height: float) -> list[alt.Chart]:
    """Return the phases at the left edge: a band each, with its name upright."""
    starts = {SPINE[box.name]: box.y for box in reversed(spine)}
    phases = list(reversed(starts))
    if not phases:
        return []
    ends = [round(starts[after] - 5.0, 2) for after in phases[1:]] + [round(height - 1.0, 2)]
    rows = pd.DataFrame({"phase": phases, "y": [starts[phase] for phase in phases], "y2": ends})
    rect = (
        alt.Chart(rows)
        .mark_rect(fill="#e3e3e3", aria=False)
        .encode(
            x=fixed("x", 0),
            x2=fixed("x2", _BAND),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
        )
    )
    words = rows.assign(x=_BAND / 2, y=((rows["y"] + rows["y2"]) / 2).round(2)).rename(
        columns={"phase": "text"}
    )
    return [rect, texts(words[["x", "y", "text"]], align="center", angle=270.0)]


def _arrows(boxes: list[Box], spine: list[Box]) -> list[alt.Chart]:
    """Return lines and heads: down the left column, and to the right where records leave."""
    lines: list[dict[str, float]] = []
    heads: list[dict[str, Any]] = []
    for above, below in pairwise(spine):
        x = round(above.x + above.width / 2, 2)
        lines.append({"x": x, "x2": x, "y": above.y + above.height, "y2": below.y - 2.0})
        heads.append({"x": x, "y": round(below.y - 2.2, 2), "angle": 180})
    by_name = {box.name: box for box in spine}
    for box in boxes:
        if box in spine or box.parent not in by_name:
            continue
        parent = by_name[box.parent]
        edge, turn = parent.x + parent.width, round((parent.x + parent.width + box.x) / 2, 2)
        # The first box beside a parent is reached straight across, the others down a shared trunk.
        first = next(other for other in boxes if other not in spine and other.parent == parent.name)
        leave = round(min(first.y + first.height / 2, parent.y + parent.height / 2), 2)
        level = box.y <= leave <= box.y + box.height
        y = leave if level else round(box.y + box.height / 2, 2)
        if not level:
            lines.append({"x": turn, "x2": turn, "y": leave, "y2": y})
        lines.append({"x": edge, "x2": turn, "y": leave, "y2": leave})
        lines.append({"x": turn, "x2": box.x - 2.0, "y": y, "y2": y})
        heads.append({"x": round(box.x - 2.2, 2), "y": y, "angle": 90})
    if not lines:
        return []
    at_x, at_y = alt.X("x:Q", scale=None, axis=None), alt.Y("y:Q", scale=None, axis=None)
    return [
        alt.Chart(pd.DataFrame(lines).round(2))
        .mark_rule(color=MUTED, strokeWidth=0.7, aria=False)
        .encode(x=at_x, x2=alt.X2("x2:Q"), y=at_y, y2=alt.Y2("y2:Q")),
        alt.Chart(pd.DataFrame(heads))
        .mark_point(shape="triangle", size=13, filled=True, color=MUTED, opacity=1, aria=False)
        .encode(x=at_x, y=at_y, angle=alt.Angle("angle:Q", scale=None)),
    ]
