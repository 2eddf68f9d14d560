"""Figure of the sensitivity of the rates: each mode's rate when one choice of the analysis goes otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, panel, say, sheet, texts
from analysis.charts.rows import LABEL_LINE
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import AMONG, FAINT, INK, OKABE_ITO, TEXT, Width, is_narrow, page_width

#: Kinds of variants, each a lane within a mode's rows: kind -> label in the key and colour.
_LANES = {
    "main": ("main analysis, 95% interval", INK),
    "level": ("other level: demonstrating counts as measuring", OKABE_ITO["vermillion"]),
    "coder": ("one coder alone", OKABE_ITO["blue"]),
    "stream": ("a stream left out (line: their range)", OKABE_ITO["green"]),
    "other": ("grey literature in", OKABE_ITO["purple"]),
}
#: Variants drawn as rings: the lane they share with a dot, and their label.
_HOLLOW = {
    "discussed-from-argues": ("level", "other level: a mention is no discussion"),
    "headline-papers": ("other", "papers of the coders' training out"),
}
_KIND = {"grey": "other", "papers": "other"}
#: Height of a lane and of the gap between two modes, points.
LANE = 4.6
GAP = 4.0
#: So many modes are drawn, the least measured ones; the table has all.
MOST = 24


def sensitivity_plot(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    basis: str = "abstract",
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the rates of the modes with enough papers under every variant.

    Args:
        table: ``analysis.sensitivity.sensitivity``'s table.
        names: code -> label; default: the code.
        basis: what was read in the main analysis.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: modes from the least measured down, each with a lane for the main rate and one for every kind of
        variant. Full text, read of few papers, is in the table only. A variant that leaves a mode too few papers
        has no mark.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Rates of measuring when one choice goes otherwise, {among}" if title is None else title
    main = table[((table["kind"] == "main") & table["ranked"]).to_numpy(dtype=bool)]
    if main.empty:
        return say(
            "Nothing to draw: no failure mode is discussed by papers enough for a rate.",
            width=width,
            title=heading,
            stamp=stamp,
        )
    main = main.sort_values(["rate", "code"], ignore_index=True)
    shown = list(main["code"])[:MOST]
    known = {"main", *(_KIND.get(k, k) for k in table["kind"])}
    lanes = [lane for lane in _LANES if lane in known]
    page = page_width(width)
    labels = {c: wrap(str((names or {}).get(c) or c), TEXT, page * 0.3) for c in shown}
    left = max(text_width(part, TEXT) for parts in labels.values() for part in parts) + 6.0
    right = 10.5
    step = LANE * len(lanes) + GAP
    height = round(step * len(shown), 2)
    plot = round(page - left - right, 2)
    share = alt.Scale(domain=[0, 1], range=[0, plot], nice=False)
    axis = alt.Axis(
        title="rate measured",
        orient="top",
        values=[0, 0.25, 0.5, 0.75, 1] if not is_narrow(width) else [0, 0.5, 1],
        labelExpr="format(datum.value, '.0%')",
        domain=False,
        grid=True,
    )

    def y(code: str, lane: str) -> float:
        return round(step * shown.index(code) + GAP / 2 + LANE * (lanes.index(lane) + 0.5), 2)

    points: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = []
    for record in table.to_dict("records"):
        code, kind = str(record["code"]), str(record["kind"])
        lane = _KIND.get(kind, kind)
        if code not in shown or lane not in lanes or record["note"]:
            continue
        rate = float(record["rate"])
        name = str((names or {}).get(code) or code)
        points.append(
            {
                "rate": rate,
                "y": y(code, lane),
                "colour": _LANES[lane][1],
                "hollow": record["variant"] in _HOLLOW,
                "what": f"{name}, {record['what']}: {record['measured']} of {record['discussed']}, {rate:.0%}",
            }
        )
        if lane == "main":
            spans.append(
                {
                    "low": float(record["low"]),
                    "high": float(record["high"]),
                    "y": y(code, lane),
                    "colour": INK,
                }
            )
    stream = (table["kind"] == "stream") & (table["note"] == "")
    for code in shown:
        rates = table.loc[(stream & (table["code"] == code)).to_numpy(dtype=bool), "rate"]
        if rates.notna().any():
            spans.append(
                {
                    "low": float(rates.min()),
                    "high": float(rates.max()),
                    "y": y(code, "stream"),
                    "colour": _LANES["stream"][1],
                }
            )
    base = alt.Chart(pd.DataFrame(points))
    place = alt.Y("y:Q", scale=None, axis=None)
    x = alt.X("rate:Q", scale=share, axis=axis)
    tooltip = [alt.Tooltip("what:N", title=" ")]
    lines = (
        alt.Chart(pd.DataFrame(spans))
        .mark_rule(strokeWidth=1, aria=False)
        .encode(
            x=alt.X("low:Q", scale=share, axis=axis),
            x2=alt.X2("high:Q"),
            y=place,
            color=alt.Color("colour:N", scale=None, legend=None),
        )
    )
    dots = (
        base.mark_point(size=DOT * 0.8, filled=True, opacity=1)
        .encode(
            x=x,
            y=place,
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=tooltip,
            description=alt.Description("what:N"),
        )
        .transform_filter("!datum.hollow")
    )
    rings = (
        base.mark_point(size=RING * 0.5, fill="white", strokeWidth=0.9, opacity=1)
        .encode(
            x=x,
            y=place,
            stroke=alt.Stroke("colour:N", scale=None, legend=None),
            tooltip=tooltip,
            description=alt.Description("what:N"),
        )
        .transform_filter("datum.hollow")
    )
    bounds = [round(step * k, 2) for k in range(len(shown) + 1)]
    between = pd.DataFrame(
        {"x": [-left] * len(bounds), "x2": [plot] * len(bounds), "y": bounds, "y2": bounds}
    )
    frame = (
        alt.Chart(between)
        .mark_rule(color=FAINT, strokeWidth=0.5, aria=False)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
        )
    )
    words = []
    for k, code in enumerate(shown):
        parts = labels[code]
        for i, part in enumerate(parts):
            y_part = step * (k + 0.5) + LABEL_LINE * (i - (len(parts) - 1) / 2)
            words.append({"x": -5.0, "y": round(y_part, 2), "text": part})
    layers: list[alt.Chart | alt.LayerChart] = [
        frame,
        panel(lines, rings, dots),
        texts(pd.DataFrame(words), align="right"),
    ]
    key = []
    for lane in lanes:
        key.append(KeyEntry("dot", _LANES[lane][1], _LANES[lane][0]))
        key += [KeyEntry("ring", _LANES[lane][1], label) for of, label in _HOLLOW.values() if of == lane]
    notes = []
    if len(main) > len(shown):
        notes.append(
            f"The {len(shown)} least measured of {len(main)} modes with papers enough; the table has all."
        )
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle="Failure modes with papers enough for a rate, least measured first. A variant that leaves a mode "
        "too few papers has no mark.",
        key=key,
        notes=notes,
        stamp=stamp,
    )
