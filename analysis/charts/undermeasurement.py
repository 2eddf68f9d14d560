"""Figure of under-measurement: how many papers discuss a failure mode, and how many of them measure it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, blanks, panel, rules, say, sheet, texts, whole_ticks
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import (
    AMONG,
    FAINT,
    INK,
    MUTED,
    TEXT,
    Width,
    is_narrow,
    page_width,
    side_colour,
)


def discussed_against_measured(
    modes: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    basis: str = "abstract",
    corpus_rate: float | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw for each failure mode the papers that discuss it, those that measure it, and the rate.

    Args:
        modes: ``analysis.undermeasurement.undermeasurement``'s table: ``code``, ``side``, ``discussed``,
            ``measured``, ``rate``, ``low``, ``high``, ``note``, and ``name`` where ``names`` is not given.
        names: code -> label; default: the column ``name``, else the code.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        corpus_rate: rate of all modes pooled (measured over discussed paper-mode pairs), drawn as a line through the
            rates; None draws none.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: left a ring for the papers that discuss and a dot for those that measure, joined by a line;
        right the rate with its interval. Modes whose note is not empty stand last within their side, grey,
        with the note in words where their rate would be.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Discussed against measured, {among}" if title is None else title
    if modes.empty:
        return say(
            "Nothing to draw: the schema has no failure mode.", width=width, title=heading, stamp=stamp
        )
    table = _plain(modes)
    table = sorted(table, key=lambda m: (bool(m["note"]), -m["discussed"], -m["measured"]))
    if names is None:
        names = {m["code"]: m["name"] for m in table}
    sides = {m["code"]: m["side"] for m in table}
    page = page_width(width)
    rows = list_rows([m["code"] for m in table], names=names, sides=sides, widest=page * 0.42)
    left, right = rows.margin, 10.5
    plot = page - left - right
    gap = 22.0  # the last number of one axis and the first of the other stay apart
    split = round((plot - gap) * (0.5 if is_narrow(width) else 0.55), 2)
    rate_from, rate_to = round(split + gap, 2), round(plot, 2)

    points = pd.DataFrame(
        [
            {
                "code": m["code"],
                "discussed": m["discussed"],
                "measured": m["measured"],
                "colour": side_colour(m["side"]) if not m["note"] else MUTED,
                "line": side_colour(m["side"]) if not m["note"] else FAINT,
                "rate": m["rate"] if not m["note"] else None,
                "low": m["low"] if not m["note"] else None,
                "high": m["high"] if not m["note"] else None,
                "what": _sentence(m, str(names.get(m["code"]) or m["code"])),
            }
            for m in table
        ]
    )
    most = max(1, int(points["discussed"].max()))
    scale = alt.Scale(domain=[0, most], range=[3.5, split], nice=False, zero=True)
    count_axis = alt.Axis(
        title="papers", orient="top", values=whole_ticks(most), format="d", domain=False, grid=True
    )
    colour = alt.Color("colour:N", scale=None, legend=None)
    tooltip = [alt.Tooltip("what:N", title=" ")]
    base = alt.Chart(points)
    line = base.mark_rule(strokeWidth=1, opacity=0.45, aria=False).encode(
        y=rows.y(),
        x=alt.X("measured:Q", scale=scale, axis=count_axis),
        x2=alt.X2("discussed:Q"),
        color=alt.Color("colour:N", scale=None, legend=None),
    )
    ring = (
        base.mark_point(size=RING, fill="white", strokeWidth=1, opacity=1)
        .encode(
            y=rows.y(),
            x=alt.X("discussed:Q", scale=scale, axis=count_axis),
            stroke=alt.Stroke("colour:N", scale=None, legend=None),
            tooltip=tooltip,
            description=alt.Description("what:N"),
        )
        .transform_filter("datum.discussed > 0")
    )
    dot = (
        base.mark_point(size=DOT, filled=True, opacity=1, aria=False)
        .encode(y=rows.y(), x=alt.X("measured:Q", scale=scale, axis=count_axis), color=colour)
        .transform_filter("datum.discussed > 0")
    )
    counts = panel(line, ring, dot)

    share = alt.Scale(domain=[0, 1], range=[rate_from, rate_to], nice=False)
    share_axis = alt.Axis(
        title="rate measured" if not is_narrow(width) else "rate",
        orient="top",
        values=[0, 0.25, 0.5, 0.75, 1] if not is_narrow(width) else [0, 0.5, 1],
        labelExpr="format(datum.value, '.0%')",
        domain=False,
        grid=True,
    )
    interval = (
        base.mark_rule(strokeWidth=1, aria=False)
        .encode(
            y=rows.y(),
            x=alt.X("low:Q", scale=share, axis=share_axis),
            x2=alt.X2("high:Q"),
            color=alt.Color("line:N", scale=None, legend=None),
        )
        .transform_filter("isValid(datum.low)")
    )
    rate = (
        base.mark_point(size=DOT, filled=True, opacity=1, aria=False)
        .encode(y=rows.y(), x=alt.X("rate:Q", scale=share, axis=share_axis), color=colour)
        .transform_filter("isValid(datum.rate)")
    )
    layers: list[alt.Chart | alt.LayerChart] = [counts, panel(interval, rate)]
    layers.append(rows.labelled())
    layers += rows.headings(left, plot)
    words = [
        {
            "x": rate_from + 3.0,
            "y": rows.middle(m["code"]),
            "text": _note(m, rate_to - rate_from - 3.0),
            "colour": MUTED,
        }
        for m in table
        if m["note"]
    ]
    if words:
        placed = pd.DataFrame(words)
        layers += [blanks(placed, rows.step), texts(placed)]
    key = [
        KeyEntry("ring", INK, "papers that discuss it"),
        KeyEntry("dot", INK, "papers that measure it; rate, 95% interval"),
        *([KeyEntry("ring", MUTED, "too few papers for a rate")] if words else []),
    ]
    notes = []
    if corpus_rate is not None:
        x = round(rate_from + (rate_to - rate_from) * corpus_rate, 2)
        where = pd.DataFrame([{"x": x, "x2": x, "y": 0.0, "y2": rows.height}])
        layers.insert(0, rules(where, colour=INK, width=0.6, dash=[2, 2]))
        key.append(KeyEntry("dashed", INK, f"all modes pooled: {corpus_rate:.0%} of paper-mode pairs"))
    if not points["discussed"].any():
        notes.append("No paper discusses any of these failure modes.")
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle="Rate: papers that measure the mode, of those that discuss it.",
        key=key,
        notes=notes,
        stamp=stamp,
    )


def _plain(modes: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values; a rate that is missing without a note gets one."""
    rows = []
    for record in modes.to_dict("records"):
        row: dict[str, Any] = {
            "code": str(record["code"]),
            "name": str(record.get("name") or record["code"]),
            "side": str(record.get("side") or ""),
            "discussed": int(record["discussed"]),
            "measured": int(record["measured"]),
            "note": str(record.get("note") or ""),
        }
        for column in ("rate", "low", "high"):
            row[column] = None if pd.isna(record[column]) else float(record[column])
        if row["rate"] is None and not row["note"]:
            row["note"] = "no rate"
        rows.append(row)
    return rows


def _note(mode: dict[str, Any], room: float) -> str:
    """Return the note of a mode, with its counts where they fit."""
    if mode["discussed"] == 0:
        return str(mode["note"])
    longer = f"{mode['note']}: {mode['measured']} of {mode['discussed']}"
    return longer if text_width(longer, TEXT) <= room else str(mode["note"])


def _sentence(mode: dict[str, Any], name: str) -> str:
    counts = f"{name}: discussed by {mode['discussed']}, measured by {mode['measured']}"
    if mode["note"]:
        return f"{counts}; {mode['note']}"
    return f"{counts}, {mode['rate']:.0%} ({mode['low']:.0%} to {mode['high']:.0%})"
