"""Figure of validation: rates as machines say, against the same corrected by humans' codings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, blanks, panel, say, sheet, texts
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

#: Corrected rates that too few papers stand behind.
_PALE = "#93bfdc"


def raw_against_corrected(
    rates: pd.DataFrame,
    *,
    quantity: str = "measured of discussed",
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw each failure mode's rate as machines say and as corrected by the papers that humans coded afresh.

    Args:
        rates: ``analysis.corrected.corrected_rates``'s table.
        quantity: ``discussed``, ``measured`` or ``measured of discussed``.
        names: code -> label.
        sides: code -> side; groups the codes.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        A ring with its interval for the raw rate, a dot with its interval for the corrected one; a sentence with the
        reason where no rate can be corrected.
    """
    heading = f"Share {quantity}: raw against corrected" if title is None else title
    one = rates[(rates["quantity"] == quantity).to_numpy(dtype=bool)] if len(rates) else rates
    table = [_plain(r) for r in one.to_dict("records")]
    if not any(r["corrected"] is not None for r in table):
        why = sorted({r["why"] for r in table if r["why"]}, key=lambda w: -sum(r["why"] == w for r in table))
        reason = why[0] if why else "there is no failure mode"
        words = f"Nothing to draw: no rate can be corrected for the machines' errors: {reason}."
        return say(words, width=width, title=heading, stamp=stamp)
    drawn = [r for r in table if r["raw"] is not None or r["corrected"] is not None]
    drawn.sort(key=lambda r: (r["few"], -(r["corrected"] if r["corrected"] is not None else -1.0), r["code"]))
    page = page_width(width)
    rows = list_rows([r["code"] for r in drawn], names=names, sides=sides, widest=page * 0.42)
    left, right = rows.margin, 10.5
    plot = page - left - right
    top = max(max(r["high"] or 0.0, r["raw_high"] or 0.0) for r in drawn)
    top = 1.0 if top > 0.5 else 0.5 if top > 0.2 else 0.2
    scale = alt.Scale(domain=[0, top], range=[3.5, round(plot, 2)], nice=False, clamp=True)
    axis = alt.Axis(
        title="share, 95% interval",
        orient="top",
        values=[0, top / 4, top / 2, 3 * top / 4, top] if not is_narrow(width) else [0, top / 2, top],
        format=".0%",
        domain=False,
        grid=True,
    )
    points = pd.DataFrame(
        [
            {
                "code": r["code"],
                "kind": kind,
                "value": r[kind],
                "low": r["low" if kind == "corrected" else "raw_low"],
                "high": r["high" if kind == "corrected" else "raw_high"],
                "ink": MUTED if kind == "raw" else _PALE if r["few"] else OKABE_ITO["blue"],
                "what": _sentence(r, kind, names),
            }
            for r in drawn
            for kind in ("raw", "corrected")
            if r["corrected"] is not None and r[kind] is not None
        ]
    )
    layers: list[alt.Chart] = []
    for kind, shift in (("raw", -1.9), ("corrected", 1.9)):
        base = alt.Chart(rows.placed(points)).transform_filter(f"datum.kind == '{kind}'").encode(y=rows.at())
        ink = alt.Color("ink:N", scale=None, legend=None)
        layers.append(
            base.mark_rule(strokeWidth=0.9, yOffset=shift, aria=False)
            .encode(x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q"), color=ink)
            .transform_filter("isValid(datum.low)")
        )
        mark = (
            base.mark_point(size=RING * 0.7, fill="white", strokeWidth=0.9, opacity=1, yOffset=shift)
            if kind == "raw"
            else base.mark_point(size=DOT, filled=True, opacity=1, yOffset=shift)
        )
        layers.append(
            mark.encode(
                x=alt.X("value:Q", scale=scale, axis=axis),
                tooltip=[alt.Tooltip("what:N", title=" ")],
                description=alt.Description("what:N"),
                **(
                    {"stroke": alt.Stroke("ink:N", scale=None, legend=None)}
                    if kind == "raw"
                    else {"color": ink}
                ),
            )
        )
    parts: list[alt.Chart | alt.LayerChart] = [panel(*layers), rows.labelled(), *rows.headings(left, plot)]
    lacking = [
        {"x": 6.0, "y": rows.middle(r["code"]), "text": _lacking(r, plot - 8.0)}
        for r in drawn
        if r["corrected"] is None
    ]
    if lacking:
        placed = pd.DataFrame(lacking)
        parts[1:1] = [blanks(placed, rows.step), texts(placed, colour=MUTED)]
    human = max(r["human"] for r in drawn)
    few = any(r["few"] for r in drawn)
    reasons = sorted({r["why"] for r in drawn if r["corrected"] is None})
    return sheet(
        parts,
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle=f"Of {_number(drawn[0]['papers'], 'paper')} coded by machines, humans coded {human} afresh, drawn "
        "with known probability.",
        key=[
            KeyEntry("ring", MUTED, "as machines say"),
            KeyEntry("dot", OKABE_ITO["blue"], "corrected (design-based supervised learning)"),
            *([KeyEntry("dot", _PALE, "too few papers to rank")] if few else []),
        ],
        notes=[f"Not estimable: {'; '.join(reasons)}."] if reasons else [],
        stamp=stamp,
    )


def _plain(record: Mapping[Any, Any]) -> dict[str, Any]:
    note = str(record["note"] or "")
    row: dict[str, Any] = {
        "code": str(record["code"]),
        "human": int(record["human"]),
        "papers": int(record["papers"]),
    }
    for column in ("raw", "raw_low", "raw_high", "corrected", "low", "high"):
        row[column] = None if pd.isna(record[column]) else float(record[column])
    parts = note.split("; ")
    row["why"] = next((p.removeprefix("not estimable: ") for p in parts if p.startswith("not estimable")), "")
    row["few"] = any(p.startswith("too few") for p in parts)
    return row


def _sentence(row: dict[str, Any], kind: str, names: Mapping[str, str] | None) -> str:
    name = (names or {}).get(row["code"]) or row["code"]
    low, high = (row["low"], row["high"]) if kind == "corrected" else (row["raw_low"], row["raw_high"])
    called = "corrected" if kind == "corrected" else "as machines say"
    interval = "" if low is None else f" ({low:.0%} to {high:.0%})"
    return f"{name}: {called} {row[kind]:.0%}{interval}" + ("; too few papers to rank" if row["few"] else "")


def _lacking(row: dict[str, Any], room: float) -> str:
    """Say the raw rate in words, and why it is not corrected, as far as there is room; the notes say why."""
    said = "" if row["raw"] is None else f"machines say {row['raw']:.0%}; "
    ways = (f"{said}{row['why']}", f"{said}not estimable", "not estimable")
    return next((words for words in ways if text_width(words, TEXT) <= room), ways[-1])


def _number(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
