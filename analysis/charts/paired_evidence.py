"""Figure of paired evidence: what a proxy shows and what its property is, joined, where papers report both.

Of a drop without both values only the length is known, not where it starts: drops stand in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import RING, marks, rules, texts
from analysis.charts.rows import Rows, list_rows
from analysis.charts.theme import (
    FAINT,
    INK,
    Width,
    is_narrow,
    page_width,
    side_colours,
    side_name,
)
from analysis.paired_evidence import POINTS, SELECTED

#: Room that the rows of a page have, points.
ROOM = 500.0
#: Height of a row of one line, points: closer than elsewhere, for the page's sake.
STEP = 8.6
#: Room for a ring at 0 beside the labels, points.
INSET = 3.5
AXIS = "percent; scores from 0 to 1 times 100"


def paired_dumbbells(
    rows: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    proxies: Mapping[str, str] | None = None,
    sides: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw every proxy's value with the value of its property, grouped by kind of proxy.

    Args:
        rows: ``analysis.paired_evidence.paired_evidence``'s table.
        labels: paper -> short label; default: its key.
        proxies: code of a proxy -> its name; default: the codes.
        sides: all sides, in the survey's order; default: as they come.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a line a pair, largest gap first, on one axis from 0 to 100; a ring for the proxy, a dot for the
        property, a bar where a range is reported. Of more pairs than a page holds every second (third, ...) by size
        of its gap is drawn, and the note says so. Drops, and pairs in other units, are left to the table.
    """
    heading = (
        "What the proxy shows and what the property is, where papers report it" if title is None else title
    )
    if rows.empty:
        return say(
            "Nothing to draw: no paired evidence is on record.", width=width, title=heading, stamp=stamp
        )
    table = _plain(rows, labels or {}, dict(proxies or {}))
    joined = [r for r in table if r["kind"] == "pair" and r["family"] == POINTS]
    if not joined:
        words = "Nothing to draw: no row is a pair of two values in percentage points."
        return say(words, width=width, title=heading, stamp=stamp)
    page, right = page_width(width), 30.0
    every, drawn, listed = _fitting(joined, page * (0.42 if is_narrow(width) else 0.46))
    left = listed.margin
    plot = round(page - left - right, 2)
    colours = side_colours([*sides, *(r["side"] for r in joined)])
    shown = [s for s in [*[*colours][1:], ""] if any(r["side"] == s for r in drawn)]
    papers = len({r["paper"] for r in joined})
    said = f"{_count(len(joined), 'pair')} from {_count(papers, 'paper')}"
    said += "." if every == 1 else f"; one in {every} is drawn, evenly by gap."
    beside = len(table) - len(joined)
    if beside:
        said += f" In the table only: {beside:,} of other kinds."
    return sheet(
        _lines(drawn, listed, left, plot, right, width, colours),
        width=width,
        height=round(listed.height, 2),
        tallest=listed.tallest,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle="Gap: percentage points by which the proxy looks better than the property.",
        key=[
            KeyEntry("ring", INK, "proxy: what was measured"),
            KeyEntry("dot", INK, "property: what it stands for"),
            *([KeyEntry("bar", FAINT, "range reported")] if any(map(_ranged, drawn)) else []),
            *(KeyEntry("bar", colours[s], side_name(s).lower()) for s in shown),
        ],
        notes=[said, SELECTED],
        stamp=stamp,
    )


def _fitting(pairs: Sequence[dict[str, Any]], widest: float) -> tuple[int, list[dict[str, Any]], Rows]:
    """Return of how many pairs one is drawn so that a page holds them, those drawn, and their rows."""
    for every in range(1, len(pairs) + 1):
        drawn = list(pairs[::every])
        listed = replace(
            list_rows(
                [r["key"] for r in drawn],
                names={r["key"]: r["label"] for r in drawn},
                sides={r["key"]: r["proxy"] for r in drawn},
                widest=widest,
            ),
            step=STEP,
        )
        if listed.height <= ROOM or len(drawn) == 1:
            break
    return every, drawn, listed


def _plain(rows: pd.DataFrame, labels: Mapping[str, str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows as plain values, largest gap first."""
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
        out.append(row)
    return sorted(out, key=lambda r: (-(r["gap"] or 0.0), r["key"]))


def _lines(
    rows: Sequence[dict[str, Any]],
    listed: Rows,
    left: float,
    plot: float,
    right: float,
    width: Width,
    colours: Mapping[str, str],
) -> list[alt.Chart | alt.LayerChart]:
    """Return the layers of the axis and of the rows."""
    ticks = (0, 25, 50, 75, 100) if not is_narrow(width) else (0, 50, 100)
    places = [_at(t, plot) for t in ticks]
    grid = pd.DataFrame({"x": places, "x2": places, "y": -2.0, "y2": listed.height})
    numbers = pd.DataFrame({"x": places, "y": -6.0, "text": [f"{t:g}" for t in ticks]})
    above = pd.DataFrame({"x": [round(plot / 2, 2)], "y": [-15.5], "text": [AXIS]})
    joins: list[dict[str, Any]] = []
    ranges, rings, dots, gaps = ([*joins] for _ in range(4))
    for r in rows:
        y = listed.middle(r["key"])
        at = {"y": y, "y2": y, "colour": colours[r["side"]], "what": _sentence(r)}
        proxy, latent = (_at((r[f"{c}_low"] + r[f"{c}_high"]) / 2, plot) for c in ("proxy", "latent"))
        joins.append({**at, "x": proxy, "x2": latent})
        rings.append({**at, "x": proxy})
        dots.append({**at, "x": latent})
        ranges += [
            {**at, "x": _at(r[f"{c}_low"], plot), "x2": _at(r[f"{c}_high"], plot)}
            for c in ("proxy", "latent")
            if r[f"{c}_low"] != r[f"{c}_high"]
        ]
        gaps.append({"x": plot + right - 0.5, "y": y, "text": _signed(r["gap"])})
    gaps.append({"x": plot + right - 0.5, "y": -6.0, "text": "gap"})
    return [
        rules(grid, colour=FAINT, width=0.5),
        texts(numbers, align="center"),
        texts(above, align="center"),
        listed.labelled(),
        *listed.headings(left, plot + right),
        *([_bars(ranges, 3.4, 0.25)] if ranges else []),
        _bars(joins, 1.0, 0.5),
        marks(pd.DataFrame(rings).assign(fill="white", stroke=lambda r: r["colour"]), size=RING),
        marks(pd.DataFrame(dots).assign(fill=lambda r: r["colour"], stroke=lambda r: r["colour"])),
        texts(pd.DataFrame(gaps), align="right"),
    ]


def _at(value: float, plot: float) -> float:
    """Return the x of a value between 0 and 100."""
    return round(INSET + value / 100 * (plot - INSET), 2)


def _bars(rows: Sequence[dict[str, Any]], width: float, opacity: float) -> alt.Chart:
    chart = alt.Chart(pd.DataFrame(rows)).mark_rule(strokeWidth=width, opacity=opacity, aria=False)
    done: alt.Chart = chart.encode(
        x=alt.X("x:Q", scale=None, axis=None),
        x2=alt.X2("x2:Q"),
        y=alt.Y("y:Q", scale=None, axis=None),
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    return done


def _ranged(row: dict[str, Any]) -> bool:
    return any(row[f"{c}_low"] != row[f"{c}_high"] for c in ("proxy", "latent"))


def _value(row: dict[str, Any], which: str) -> str:
    low, high = row[f"{which}_low"], row[f"{which}_high"]
    return (f"{low:g}" if low == high else f"{low:g} to {high:g}").replace("-", "−")


def _sentence(row: dict[str, Any]) -> str:
    note = f" ({row['note']})" if row["note"] else ""
    return (
        f"{row['paper']}: {_lower(row['name'])}, {_lower(row['proxy'])}: {_value(row, 'proxy')} → "
        f"{_value(row, 'latent')} points, gap {_signed(row['gap'])}{note}"
    )


def _signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
