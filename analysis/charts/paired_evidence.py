"""Figure of paired evidence: a proxy's number and its property's, joined; drops of which only the length is known.

What fits is drawn row by row. More rows than that become a strip of gaps for every kind of proxy, none left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, blanks, rules, say, sheet, texts
from analysis.charts.rows import Rows, list_rows
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import (
    FAINT,
    INK,
    LINE,
    MUTED,
    SIDE_COLOURS,
    TEXT,
    Width,
    is_narrow,
    page_width,
    side_colour,
    side_name,
)
from analysis.paired_evidence import POINTS, SELECTED, UNSAID

#: Rows that a page holds one by one, by width.
MOST = {"single": 26, "double": 50}
#: Height of a row of one line, points: closer than elsewhere, for the page's sake.
STEP = 8.6
#: Room for a ring at 0 beside the labels, points.
INSET = 3.5
#: Distance of two dots of a strip that touch, points.
TOUCH = 4.4
#: What a strip's marks mean.
STRIP: dict[tuple[str, str], tuple[Literal["dot", "ring", "diamond"], str]] = {
    ("pair", POINTS): ("dot", "pair, percentage points"),
    ("drop", POINTS): ("ring", "drop, percentage points"),
    ("drop", UNSAID): ("diamond", "drop in percent, of what not said"),
}
AXIS = "percent; scores from 0 to 1 times 100"


def paired_dumbbells(
    rows: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw every proxy's value with the value of its property, grouped by kind of proxy.

    Args:
        rows: ``analysis.paired_evidence.paired_evidence``'s table.
        labels: paper -> short label; default: its key.
        proxies: code of a proxy -> its name; default: the codes.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. With up to 26 rows (single) or 50 (double): a line a row, on one axis from 0 to 100, a ring for the
        proxy, a dot for the property, a bar where a range is reported, an arrow as long as the change for a drop;
        numbers in other units stand there in words. With more, other units are left to the table and drops go to a
        strip a kind of proxy, and if pairs alone are too many, they too: then a mark a gap, and a line at the median
        of the pairs.
    """
    heading = (
        "What the proxy shows and what the property is, where papers report it" if title is None else title
    )
    if rows.empty:
        return say(
            "Nothing to draw: no paired evidence is on record.", width=width, title=heading, stamp=stamp
        )
    names = dict(proxies or {})
    table = _plain(rows, labels or {}, names)
    page = page_width(width)
    pairs = [r for r in table if r["kind"] == "pair"]
    joined = [r for r in pairs if r["family"] == POINTS]
    most = MOST["single" if is_narrow(width) else "double"]
    lined = table if len(table) <= most else joined if 0 < len(joined) <= most else []
    stripped = [
        r for r in table if (r["kind"], r["family"]) in STRIP and not _in(r, lined) and r["gap"] is not None
    ]
    widest = page * (0.46 if not is_narrow(width) else 0.42)
    layers: list[alt.Chart | alt.LayerChart] = []
    key: list[KeyEntry] = []
    left, below = 0.0, 0.0
    listed = None
    if lined:
        listed = list_rows(
            [r["key"] for r in lined],
            names={r["key"]: r["label"] for r in lined},
            sides={r["key"]: r["proxy"] for r in lined},
            widest=widest,
        )
        listed = replace(listed, step=STEP)
        left = listed.margin
    strips = sorted({r["proxy"] for r in stripped})
    if stripped:
        left = max(left, 5.0 + max(text_width(line, TEXT) for n in strips for line in wrap(n, TEXT, widest)))
    left = min(left, widest + 5.0)
    right = 30.0
    plot = round(page - left - right, 2)
    height = 0.0
    if listed is not None:
        layers += _lines(lined, listed, left, plot, right, width)
        height = listed.height
        key += _line_key(lined)
    if stripped:
        top = height + (34.0 if lined else 0.0)
        made, height = _strips(stripped, strips, widest, plot, top, lined=bool(lined))
        layers += made
        seen = {(r["kind"], r["family"]) for r in stripped}
        place = "below: " if lined else ""
        key += [KeyEntry(mark, INK, place + said) for at, (mark, said) in STRIP.items() if at in seen]
        if any(r["kind"] == "pair" for r in stripped):
            key.append(KeyEntry("line", INK, "median of the pairs"))
    sides = [s for s in [*SIDE_COLOURS, ""] if any(r["side"] == s for r in (*lined, *stripped))]
    key += [KeyEntry("bar", side_colour(s), side_name(s).lower()) for s in sides]
    drawn = len(lined) + len(stripped)
    if not drawn:
        words = "Nothing to draw: no row has a gap in percent or percentage points."
        return say(words, width=width, title=heading, stamp=stamp)
    drops = sum(r["kind"] == "drop" for r in table)
    papers = len({r["paper"] for r in table})
    coded = len({r["paper"] for r in table if r["standing"] != "paper not coded"})
    said = f"{_count(len(pairs), 'pair')} and {_count(drops, 'drop')} from {_count(papers, 'paper')}"
    said += f", {coded or 'none'} of them coded."
    if len(table) > drawn:
        said += f" {len(table) - drawn} without such a gap are in the table only."
    return sheet(
        layers,
        width=width,
        height=round(height, 2),
        tallest=listed.tallest if listed is not None else "",
        left=left,
        right=right,
        above=24.0,
        below=below,
        title=heading,
        subtitle="Gap: percentage points by which the proxy looks better than the property.",
        key=key,
        notes=[said, SELECTED],
        stamp=stamp,
    )


def _plain(rows: pd.DataFrame, labels: Mapping[str, str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows as plain values, largest gap first, those in other units last."""
    out = []
    for record in rows.to_dict("records"):
        row = {str(c): v for c, v in record.items()}
        for column in ("proxy_low", "proxy_high", "latent_low", "latent_high", "gap"):
            row[column] = None if pd.isna(row[column]) else float(row[column])
        row["key"] = f"{row['paper']} {row['failure_mode']} {row['n']}"
        row["label"] = (
            f"{labels.get(row['paper']) or row['paper']}, {_lower(row['name'] or row['failure_mode'])}"
        )
        row["proxy"] = names.get(row["proxy"]) or row["proxy"]
        row["what"] = _sentence(row)
        out.append(row)
    return sorted(out, key=lambda r: (r["family"] not in (POINTS, UNSAID), -(r["gap"] or 0.0), r["key"]))


def _lines(
    rows: Sequence[dict[str, Any]], listed: Rows, left: float, plot: float, right: float, width: Width
) -> list[alt.Chart | alt.LayerChart]:
    """Return the layers of the rows that have a line each."""
    ticks = (0, 25, 50, 75, 100) if not is_narrow(width) else (0, 50, 100)
    layers = _axis(ticks, [_at(t, plot) for t in ticks], plot, 0.0, listed.height, AXIS)
    layers += [listed.labelled(), *listed.headings(left, plot + right)]

    ranges: list[dict[str, Any]] = []
    joins, arrows, heads, rings, dots, words, gaps = ([*ranges] for _ in range(7))
    for r in rows:
        y, colour = listed.middle(r["key"]), side_colour(r["side"])
        at = {"y": y, "y2": y, "colour": colour, "what": r["what"]}
        if r["kind"] == "pair" and r["family"] == POINTS:
            low, high = _mid(r, "proxy"), _mid(r, "latent")
            joins.append({**at, "x": _at(low, plot), "x2": _at(high, plot)})
            rings.append({**at, "x": _at(low, plot)})
            dots.append({**at, "x": _at(high, plot)})
            ranges += [
                {**at, "x": _at(r[f"{c}_low"], plot), "x2": _at(r[f"{c}_high"], plot)}
                for c in ("proxy", "latent")
                if r[f"{c}_low"] != r[f"{c}_high"]
            ]
        elif (
            r["kind"] == "drop"
            and r["family"] in (POINTS, UNSAID)
            and r["gap"] is not None
            and abs(r["gap"]) <= 100
        ):
            length = abs(r["gap"])
            # A gap that flatters is a fall where higher looks better, and a rise where it looks worse.
            way = -1.0 if (r["gap"] > 0) == (r["higher_is"] == "better") else 1.0
            ends = (_at(50 - way * length / 2, plot), _at(50 + way * length / 2, plot))
            arrows.append({**at, "x": ends[0], "x2": ends[1], "said": r["family"] == POINTS})
            heads.append({**at, "x": ends[1], "angle": 90 * way})
        else:
            words.append({"x": 3.0, "y": y, "text": _words(r, plot - 6.0), "colour": MUTED})
        if r["gap"] is not None and r["family"] in (POINTS, UNSAID):
            gaps.append({"x": plot + right - 0.5, "y": y, "text": _signed(r["gap"])})
    if words:
        layers += [blanks(pd.DataFrame(words), listed.step - 1.0), texts(pd.DataFrame(words))]
    layers += _bars(ranges, 3.4, 0.25) + _bars(joins, 1.0, 0.5)
    layers += _bars([a for a in arrows if a["said"]], 1.0, 1.0)
    layers += _bars([a for a in arrows if not a["said"]], 1.0, 1.0, dash=(2, 1.5))
    layers += _marks(heads, "triangle") + _marks(rings, "ring") + _marks(dots, "dot")
    layers.append(
        texts(pd.DataFrame([*gaps, {"x": plot + right - 0.5, "y": -6.0, "text": "gap"}]), align="right")
    )
    return layers


def _at(value: float, plot: float) -> float:
    """Return the x of a value between 0 and 100."""
    return round(INSET + value / 100 * (plot - INSET), 2)


def _line_key(rows: Sequence[dict[str, Any]]) -> list[KeyEntry]:
    shown = {(r["kind"], r["family"]) for r in rows}
    key = []
    if ("pair", POINTS) in shown:
        key += [KeyEntry("ring", INK, "proxy"), KeyEntry("dot", INK, "property")]
    if any(r["kind"] == "pair" and r["family"] == POINTS and _ranged(r) for r in rows):
        key.append(KeyEntry("bar", FAINT, "range reported"))
    if ("drop", POINTS) in shown:
        key.append(KeyEntry("line", INK, "drop in points: its length, not its place"))
    if ("drop", UNSAID) in shown:
        key.append(KeyEntry("dashed", INK, "drop in percent, of what not said"))
    return key


def _strips(
    rows: Sequence[dict[str, Any]],
    names: Sequence[str],
    widest: float,
    plot: float,
    top: float,
    *,
    lined: bool,
) -> tuple[list[alt.Chart | alt.LayerChart], float]:
    """Return the layers of the strips beneath ``top``, and where they end."""
    lowest = min(0.0, *(r["gap"] for r in rows))
    highest = max(10.0, *(r["gap"] for r in rows))
    step = next(s for s in (5, 10, 20, 25, 50, 100, 200, 500, 1000, 10**6) if (highest - lowest) / s <= 5)
    ticks = [step * k for k in range(math.floor(lowest / step), math.ceil(highest / step) + 1)]
    low, high = float(ticks[0]), float(ticks[-1])

    def x(value: float) -> float:
        return round((value - low) / (high - low) * plot, 2)

    y = top
    labels, marks, medians, bases = [], [], [], []
    for name in names:
        mine = sorted((r for r in rows if r["proxy"] == name), key=lambda r: (r["gap"], r["key"]))
        places = _apart([x(r["gap"]) for r in mine])
        reach = max(abs(p) for p in places) + TOUCH / 2 + 1.5
        lines = wrap(name, TEXT, widest)
        half = max(reach, LINE * len(lines) / 2 + 1.0)
        middle = y + half
        labels += [
            {"x": -5.0, "y": round(middle + LINE * (k - (len(lines) - 1) / 2), 2), "text": line}
            for k, line in enumerate(lines)
        ]
        for r, offset in zip(mine, places, strict=True):
            mark = STRIP[r["kind"], r["family"]][0]
            colour = side_colour(r["side"])
            marks.append(
                {
                    "x": x(r["gap"]),
                    "y": round(middle + offset, 2),
                    "colour": colour,
                    "mark": mark,
                    "what": r["what"],
                }
            )
        pairs = [r["gap"] for r in mine if r["kind"] == "pair"]
        if len(pairs) > 1:
            at = x(float(pd.Series(pairs).median()))
            medians.append(
                {"x": at, "x2": at, "y": round(middle - half + 1, 2), "y2": round(middle + half - 1, 2)}
            )
        y = round(middle + half, 2)
        bases.append({"x": 0.0, "x2": plot, "y": y, "y2": y})
    said = "gap of drops without both values" if lined else "gap"
    layers = _axis(ticks, [x(t) for t in ticks], plot, top, y, f"{said}, points or percent", signed=True)
    layers.append(rules(pd.DataFrame(bases[:-1] or bases), colour=FAINT, width=0.5))
    if medians:
        layers.append(rules(pd.DataFrame(medians), colour=INK, width=1.2))
    for mark in ("diamond", "ring", "dot"):
        layers += _marks([m for m in marks if m["mark"] == mark], mark, small=True)
    layers.append(texts(pd.DataFrame(labels), align="right"))
    return layers, y


def _apart(places: Sequence[float]) -> list[float]:
    """Return how far up or down each mark of a strip moves so that no two overlap; ``places`` are in order."""
    taken: list[tuple[float, float]] = []
    for at in places:
        near = [offset for place, offset in taken if at - place < TOUCH]
        free = (k * TOUCH * sign for k in range(len(places) + 1) for sign in (1, -1))
        taken.append((at, next(f for f in free if all(abs(f - o) > TOUCH - 0.01 for o in near))))
    return [round(offset, 2) for _, offset in taken]


def _axis(
    ticks: Sequence[float],
    places: Sequence[float],
    plot: float,
    top: float,
    bottom: float,
    title: str,
    *,
    signed: bool = False,
) -> list[alt.Chart | alt.LayerChart]:
    """Return an axis above a panel: grid lines, their numbers, a title above them."""
    grid = pd.DataFrame({"x": places, "x2": places, "y": top - 2.0, "y2": bottom})
    numbers = [_signed(float(t), 0) if signed else f"{t:g}" for t in ticks]
    at = pd.DataFrame({"x": places, "y": round(top - 6.0, 2), "text": numbers})
    above = pd.DataFrame({"x": [round(plot / 2, 2)], "y": [round(top - 15.5, 2)], "text": [title]})
    return [rules(grid, colour=FAINT, width=0.5), texts(at, align="center"), texts(above, align="center")]


def _bars(
    rows: Sequence[dict[str, Any]], width: float, opacity: float, dash: Sequence[float] = ()
) -> list[alt.Chart | alt.LayerChart]:
    if not rows:
        return []
    chart = alt.Chart(pd.DataFrame(rows)).mark_rule(
        strokeWidth=width, opacity=opacity, strokeDash=list(dash), aria=False
    )
    return [
        chart.encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            color=alt.Color("colour:N", scale=None, legend=None),
        )
    ]


def _marks(
    rows: Sequence[dict[str, Any]], mark: str, *, small: bool = False
) -> list[alt.Chart | alt.LayerChart]:
    """Return a layer of marks, each with its sentence as tooltip and for those who cannot see it."""
    if not rows:
        return []
    base = alt.Chart(pd.DataFrame(rows))
    channels: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None),
        "y": alt.Y("y:Q", scale=None, axis=None),
        "tooltip": [alt.Tooltip("what:N", title=" ")],
        "description": alt.Description("what:N"),
    }
    if mark == "ring":
        chart = base.mark_point(
            shape="circle", size=DOT if small else RING, fill="white", strokeWidth=1, opacity=1
        )
        channels["stroke"] = alt.Stroke("colour:N", scale=None, legend=None)
    else:
        shape = {"dot": "circle", "diamond": "diamond", "triangle": "triangle-up"}[mark]
        chart = base.mark_point(shape=shape, size=DOT, filled=True, strokeWidth=0, opacity=1)
        channels["color"] = alt.Color("colour:N", scale=None, legend=None)
    if mark == "triangle":
        channels["angle"] = alt.Angle("angle:Q", scale=None)
    return [chart.encode(**channels)]


def _in(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> bool:
    return any(row is other for other in rows)


def _mid(row: dict[str, Any], which: str) -> float:
    return float(row[f"{which}_low"] + row[f"{which}_high"]) / 2


def _ranged(row: dict[str, Any]) -> bool:
    return any(row[f"{c}_low"] != row[f"{c}_high"] for c in ("proxy", "latent"))


def _value(row: dict[str, Any], which: str) -> str:
    low, high = row[f"{which}_low"], row[f"{which}_high"]
    if low is None:
        return ""
    return (f"{low:g}" if low == high else f"{low:g} to {high:g}").replace("-", "−")


def _words(row: dict[str, Any], room: float) -> str:
    """Return a row's numbers in words, with the unit where it fits."""
    unit = row["family"].removeprefix("other: ")
    if row["kind"] == "pair":
        short = f"{_value(row, 'proxy')} → {_value(row, 'latent')}"
    else:
        short = "a change" if row["gap"] is None else f"drop of {abs(row['gap']):g}"
    longer = f"{short} {unit}"
    return longer if text_width(longer, TEXT) <= room else short


def _sentence(row: dict[str, Any]) -> str:
    numbers = _words(row, math.inf)
    gap = "" if row["gap"] is None else f", gap {_signed(row['gap'])}"
    note = f" ({row['note']})" if row["note"] else ""
    return f"{row['paper']}: {_lower(row['name'])}, {_lower(row['proxy'])}: {numbers}{gap}{note}"


def _signed(value: float, digits: int = 1) -> str:
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
