"""Figure of the partially pooled rates: each mode's own rate, what the modes say together, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, panel, rules, say, sheet, texts
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import (
    AMONG,
    FAINT,
    INK,
    MUTED,
    PALE,
    TEXT,
    Width,
    is_narrow,
    page_width,
    side_colour,
)

#: Marks a mode that a search asked for by its name.
ASKED = " *"


def pooled_rates_plot(
    modes: pd.DataFrame,
    population: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    basis: str = "abstract",
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw each mode's raw rate, its pooled rate with the posterior interval, and the mean over modes.

    Args:
        modes: ``analysis.undermeasurement.pooled``'s table; with ``named_in_query`` the modes that a search asked for
            by name are marked.
        population: the table of mean and spread that comes with it.
        names: code -> label; default: the column ``name``.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a ring for the raw rate, a dot and line for the pooled one with its 95% interval, a band and a dashed
        line for the mean over modes; on the right the probability of lying below that mean, in the double width after
        the papers that measure and discuss. Modes with too few papers stand last within their side, grey; modes that
        nobody discusses are left out and counted in a note.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Rates of measuring, partially pooled, {among}" if title is None else title
    there = modes[(modes["discussed"] > 0).to_numpy(dtype=bool)] if len(modes) else modes
    if there.empty:
        words = "Nothing to draw: no paper discusses any failure mode."
        return say(words, width=width, title=heading, stamp=stamp)
    table = [_plain(r) for r in there.to_dict("records")]
    table.sort(key=lambda m: (m["few"], m["mean"], m["code"]))
    if names is None:
        names = {m["code"]: m["name"] for m in table}
    named = {m["code"] for m in table if m["asked"] == "name"}
    names = {code: f"{name}{ASKED if code in named else ''}" for code, name in names.items()}
    page = page_width(width)
    rows = list_rows(
        [m["code"] for m in table],
        names=names,
        sides={m["code"]: m["side"] for m in table},
        widest=page * 0.42,
    )
    left = rows.margin
    columns = (
        [("P(below)", "p_below")] if is_narrow(width) else [("papers", "papers"), ("P(below)", "p_below")]
    )
    right = 3.0
    places = {}
    for label, column in reversed(columns):
        places[column] = page - left - right
        right += max(text_width(label, TEXT), *(text_width(m[column], TEXT) for m in table)) + 8.0
    plot = round(page - left - right - 8.0, 2)
    share = alt.Scale(domain=[0, 1], range=[3.0, plot], nice=False)
    axis = alt.Axis(
        title="rate measured",
        orient="top",
        values=[0, 0.25, 0.5, 0.75, 1] if not is_narrow(width) else [0, 0.5, 1],
        labelExpr="format(datum.value, '.0%')",
        domain=False,
        grid=True,
    )
    points = pd.DataFrame(
        [
            {
                "code": m["code"],
                "raw": m["raw"],
                "mean": m["mean"],
                "low": m["low"],
                "high": m["high"],
                "colour": MUTED if m["few"] else side_colour(m["side"]),
                "line": FAINT if m["few"] else side_colour(m["side"]),
                "what": _sentence(m, str(names.get(m["code"]) or m["code"])),
            }
            for m in table
        ]
    )
    base = alt.Chart(points)
    line = base.mark_rule(strokeWidth=1, aria=False).encode(
        y=rows.y(),
        x=alt.X("low:Q", scale=share, axis=axis),
        x2=alt.X2("high:Q"),
        color=alt.Color("line:N", scale=None, legend=None),
    )
    ring = base.mark_point(size=RING, fill="white", strokeWidth=1, opacity=1, aria=False).encode(
        y=rows.y(),
        x=alt.X("raw:Q", scale=share, axis=axis),
        stroke=alt.Stroke("colour:N", scale=None, legend=None),
    )
    dot = base.mark_point(size=DOT, filled=True, opacity=1).encode(
        y=rows.y(),
        x=alt.X("mean:Q", scale=share, axis=axis),
        color=alt.Color("colour:N", scale=None, legend=None),
        tooltip=[alt.Tooltip("what:N", title=" ")],
        description=alt.Description("what:N"),
    )
    mean = population[(population["parameter"] == "mean").to_numpy(dtype=bool)].iloc[0]

    def at(value: Any) -> float:
        return round(3.0 + (plot - 3.0) * float(value), 2)

    where = pd.DataFrame([{"x": at(mean["low"]), "x2": at(mean["high"]), "y": 0.0, "y2": rows.height}])
    band = (
        alt.Chart(where)
        .mark_rect(fill=PALE, aria=False)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
        )
    )
    middle = pd.DataFrame([{"x": at(mean["mean"]), "x2": at(mean["mean"]), "y": 0.0, "y2": rows.height}])
    layers: list[alt.Chart | alt.LayerChart] = [
        band,
        rules(middle, colour=INK, width=0.6, dash=[2, 2]),
        panel(line, ring, dot),
        rows.labelled(),
        *rows.headings(left, page - left - 3.0),
    ]
    for label, column in columns:
        cells = [
            {
                "x": round(places[column], 2),
                "y": rows.middle(m["code"]),
                "text": m[column],
                "colour": MUTED if m["few"] else INK,
            }
            for m in table
        ]
        layers.append(texts(pd.DataFrame(cells), align="right"))
        head = pd.DataFrame([{"x": round(places[column], 2), "y": -9.2, "text": label}])
        layers.append(texts(head, align="right"))
    few = any(m["few"] for m in table)
    key = [
        KeyEntry("ring", INK, "raw rate"),
        KeyEntry("dot", INK, "pooled rate, 95% posterior interval"),
        KeyEntry(
            "dashed",
            INK,
            f"mean over modes {float(mean['mean']):.0%} ({float(mean['low']):.0%} to {float(mean['high']):.0%})",
        ),
        *([KeyEntry("dot", MUTED, "too few papers to be ranked")] if few else []),
    ]
    notes = []
    silent = len(modes) - len(there)
    if silent:
        notes.append(f"{silent} failure mode{'s' if silent > 1 else ''} that no paper discusses: not drawn.")
    if "named_in_query" in modes and named:
        touched = sum(m["asked"] == "synonym" for m in table)
        notes.append(
            f"{ASKED.strip()} A search asked for the mode by its name ({len(named)} of the {len(table)} drawn), so its "
            f"papers were looked for; {touched} more are touched by a synonym only."
        )
    papers = " Papers: measure / discuss." if not is_narrow(width) else ""
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=round(page - left - plot, 2),
        above=24.0,
        title=heading,
        subtitle=f"P(below): probability that the mode's rate lies below the mean over modes.{papers}",
        key=key,
        notes=notes,
        stamp=stamp,
    )


def _plain(record: dict[Any, Any]) -> dict[str, Any]:
    p = float(record["p_below"])
    return {
        "code": str(record["code"]),
        "name": str(record.get("name") or record["code"]),
        "side": str(record.get("side") or ""),
        "few": bool(record["note"]),
        "asked": str(record.get("named_in_query") or ""),
        "raw": float(record["rate"]),
        "mean": float(record["pooled_mean"]),
        "low": float(record["pooled_low"]),
        "high": float(record["pooled_high"]),
        "papers": f"{int(record['measured'])}/{int(record['discussed'])}",
        "p_below": ">0.99" if p > 0.995 else "<0.01" if p < 0.005 else f"{p:.2f}",
    }


def _sentence(mode: dict[str, Any], name: str) -> str:
    few = "; too few papers to be ranked" if mode["few"] else ""
    return (
        f"{name}: measured by {mode['papers'].replace('/', ' of ')}, pooled {mode['mean']:.0%} "
        f"({mode['low']:.0%} to {mode['high']:.0%}), P(below mean) {mode['p_below']}{few}"
    )
