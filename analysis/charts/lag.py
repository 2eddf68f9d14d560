"""Figures of lag: first dates mode by mode, how many modes are still unmeasured, attention against measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, fixed, panel, rules, say, sheet, texts, whole_ticks
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import AMONG, FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, page_width, side_colour
from analysis.lag import BY_YEAR, ORDER_STATISTIC, RESOLUTION, Curve

_PANEL = 70.0
#: Coded papers a year needs before a share of them is drawn.
_LEAST = 10


def first_dates_by_mode(
    dates: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    basis: str = "abstract",
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw for each failure mode the year it was first discussed and the year it was first measured.

    Args:
        dates: ``analysis.lag.first_dates``'s table, with its ``attrs["until"]``.
        names: code -> label; default: the column ``name``.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        notes: remarks that stand beneath the usual ones (what the frame lacks).
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a ring at the first discussion, a dot at the first measurement, a line between; a dashed line to the
        last year watched where there is none. Modes never discussed are named beneath.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"First discussed and first measured in this frame, {among}" if title is None else title
    said = [ORDER_STATISTIC, RESOLUTION, *notes]
    until = dates.attrs.get("until")
    if until is None and len(dates) and dates["first_discussed"].notna().any():
        until = int(dates[["first_discussed", "first_measured"]].max().max())
    there = dates[dates["first_discussed"].notna()] if len(dates) else dates
    if there.empty or until is None:
        words = "Nothing to draw: no dated paper discusses a failure mode."
        return say(words, width=width, title=heading, notes=said, stamp=stamp)
    names = dict(zip(dates["code"], dates["name"], strict=True)) if names is None else names
    page = page_width(width)
    rows = list_rows(
        there["code"],
        names=names,
        sides=dict(zip(there["code"], there["side"], strict=True)),
        widest=page * 0.42,
    )
    left, right = rows.margin, 12.0
    plot = page - left - right
    start, end = int(there["first_discussed"].min()), int(until)
    span = max(1, end - start)

    def x(year: int) -> float:
        return round(4.0 + (plot - 8.0) * (year - start) / span, 2)

    marks, joins, waits = [], [], []
    for m in _records(there):
        y, colour = rows.middle(str(m["code"])), side_colour(str(m["side"]))
        begun = int(m["first_discussed"])
        label = str(names.get(str(m["code"])) or m["code"])
        if bool(m["event"]):
            done = int(m["first_measured"])
            what = f"{label}: first discussed {begun}, first measured {done}"
            joins.append({"x": x(begun), "x2": x(done), "y": y, "y2": y, "colour": colour})
            marks.append({"x": x(done), "y": y, "fill": colour, "stroke": colour, "size": DOT, "what": what})
        else:
            what = f"{label}: first discussed {begun}, not measured up to {end}"
            waits.append({"x": x(begun), "x2": x(end) + 6.0, "y": y, "y2": y, "colour": colour})
        marks.insert(
            0, {"x": x(begun), "y": y, "fill": "white", "stroke": colour, "size": RING, "what": what}
        )
    layers: list[alt.Chart | alt.LayerChart] = [_years(start, end, x(start), x(end))]
    if joins:
        layers.append(rules(pd.DataFrame(joins), width=1.0))
    if waits:
        layers.append(rules(pd.DataFrame(waits), width=1.0, dash=[2, 2]))
    layers += [_circles(pd.DataFrame(marks)), rows.labelled(), *rows.headings(left, plot)]
    measured = int(there["event"].sum())
    none = [str(names.get(c) or c) for c in dates.loc[dates["first_discussed"].isna(), "code"]]
    never = [f"Never discussed: {', '.join(none)}."] if none else []
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=right,
        above=16.0,
        title=heading,
        subtitle=f"{measured} of {len(there)} modes that were ever discussed were measured by {end}.",
        key=[
            KeyEntry("ring", INK, "first discussed"),
            KeyEntry("dot", INK, "first measured"),
            KeyEntry("dashed", INK, f"not measured up to {end}"),
        ],
        notes=[*never, *said],
        stamp=stamp,
    )


def still_unmeasured_curve(
    curve: Curve,
    *,
    basis: str = "abstract",
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the share of failure modes that are still unmeasured, by years since they were first discussed.

    Args:
        curve: what ``analysis.lag.still_unmeasured`` gave.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        notes: remarks that stand beneath the usual ones (what the frame lacks).
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: Kaplan-Meier steps with the 95% interval, a tick where a mode is censored, and the number of modes
        at risk beneath.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = (
        f"Failure modes still unmeasured after they were first discussed, {among}" if title is None else title
    )
    said = [ORDER_STATISTIC, RESOLUTION, *notes]
    if not curve.modes:
        words = "Nothing to draw: no dated paper discusses a failure mode."
        return say(words, width=width, title=heading, notes=said, stamp=stamp)
    page = page_width(width)
    left, right, height = 34.0, 10.0, 110.0
    plot = page - left - right
    steps = _records(curve.steps)
    last = max(1.0, float(steps[-1]["time"]) + 0.5)
    ticks = whole_ticks(int(last), about=6 if width == "single" else 10)

    def x(time: float) -> float:
        return round(plot * time / last, 2)

    def y(share: float) -> float:
        return round(height * (1 - share), 2)

    bands, lines, marks = [], [], []
    before, at = 1.0, 0.0
    for k, step in enumerate(steps):
        time = float(step["time"])
        after = float(steps[k + 1]["time"]) if k + 1 < len(steps) else last
        share = float(step["unmeasured"])
        lines.append({"x": x(at), "x2": x(time), "y": y(before), "y2": y(before)})
        lines.append({"x": x(time), "x2": x(time), "y": y(before), "y2": y(share)})
        if not pd.isna(step["low"]):
            bands.append({"x": x(time), "x2": x(after), "y": y(step["low"]), "y2": y(step["high"])})
        if step["censored"]:
            marks.append({"x": x(time), "x2": x(time), "y": y(share) - 3.0, "y2": y(share) + 3.0})
        before, at = share, time
    lines.append({"x": x(at), "x2": x(last), "y": y(before), "y2": y(before)})
    layers: list[alt.Chart | alt.LayerChart] = [
        _frame(ticks, x, last, height, "years since first discussed", "modes")
    ]
    if bands:
        layers.append(_boxes(pd.DataFrame(bands), FAINT))
    layers.append(rules(pd.DataFrame(lines), colour=INK, width=1.2))
    if marks:
        layers.append(rules(pd.DataFrame(marks), colour=INK, width=0.8))
    risk = []
    for t in ticks:
        later = [s for s in steps if s["time"] >= t]
        if later:
            risk.append({"x": x(t), "y": height + 40.0, "text": str(later[0]["at_risk"])})
    layers.append(texts(pd.DataFrame(risk), align="center", baseline="alphabetic"))
    layers.append(
        texts(
            pd.DataFrame([{"x": -left, "y": height + 40.0, "text": "at risk"}]),
            baseline="alphabetic",
            colour=MUTED,
        )
    )
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=4.0,
        below=42.0,
        title=heading,
        subtitle=f"{_median(curve)} {curve.modes} modes, {curve.events} of them measured."
        + (" Upright ticks: modes censored." if marks else ""),
        key=[
            KeyEntry("line", INK, "share still unmeasured (Kaplan-Meier)"),
            KeyEntry("bar", FAINT, "95% interval"),
        ],
        notes=[*([f"{curve.note}."] if curve.note else []), *said],
        stamp=stamp,
    )


def attention_against_measurement_by_year(
    table: pd.DataFrame,
    codes: Sequence[str],
    *,
    names: Mapping[str, str],
    tells: Mapping[str, bool],
    basis: str = "abstract",
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw attention against measurement by year, one panel a failure mode, as shares of the papers of the year.

    Args:
        table: ``analysis.lag.attention_against_measurement``'s table.
        codes: modes to draw, in order.
        names: code -> label.
        tells: code -> whether the title query tells attention (``analysis.lag.query_check``); only then is the share of
            all identified records drawn, else the panel says that it cannot tell.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        notes: remarks that stand beneath the usual ones (what the frame lacks).
        title: title instead of the usual one.
        width: ``single`` (two panels a line) or ``double`` (four).
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Bars: share of the year's identified records whose title names the mode. Ring and dot: share of
        the year's coded papers that discuss and that measure it; years of fewer than 10 coded papers are left out.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Attention against measurement by year, {among}" if title is None else title
    said = [BY_YEAR, *notes]
    shown = [c for c in codes if c in set(table["code"])] if len(table) else []
    if not shown:
        words = "Nothing to draw: no failure mode has enough papers by year."
        return say(words, width=width, title=heading, notes=said, stamp=stamp)
    page = page_width(width)
    across = min(len(shown), 2 if width == "single" else 4)
    left, right, between, above = 24.0, 4.0, 14.0, 16.0
    plot = page - left - right
    wide = round((plot - between * (across - 1)) / across, 2)
    down = -(-len(shown) // across)
    tall = _PANEL + above + 18.0
    height = round(down * tall - 18.0, 2)
    mine = table[table["code"].isin(shown)]
    enough = mine[mine["coded"] >= _LEAST]
    told = mine["code"].map(dict(tells)).fillna(False).to_numpy(dtype=bool) & (mine["named"] > 0)
    drawn = mine.loc[told | (mine["coded"] >= _LEAST), "year"]
    if drawn.empty:
        words = f"Nothing to draw: no year has {_LEAST} coded papers, and no title query can tell."
        return say(words, width=width, title=heading, notes=said, stamp=stamp)
    start, end = int(drawn.min()), int(drawn.max())
    mine = mine[mine["year"].between(start, end)]
    enough = enough[enough["year"].between(start, end)]
    most = max(
        [0.1]
        + [r["discussed"] / r["coded"] for r in _records(enough)]
        + [r["named"] / r["records"] for r in _records(mine) if tells.get(r["code"]) and r["records"]]
    )
    top = next(t for t in (0.1, 0.2, 0.25, 0.5, 0.75, 1.0) if t >= most - 1e-9)
    layers: list[alt.Chart | alt.LayerChart] = []
    labels: list[dict[str, Any]] = []
    bars, grid, joins, marks = [], [], [], []
    for k, code in enumerate(shown):
        x0 = (k % across) * (wide + between)
        y0 = (k // across) * tall + above

        def x(year: float, x0: float = x0) -> float:
            return round(x0 + wide * (year - start + 0.5) / (end - start + 1), 2)

        def y(share: float, y0: float = y0) -> float:
            return round(y0 + _PANEL * (1 - share / top), 2)

        label = str(names.get(code) or code)
        labels.append({"x": round(x0, 2), "y": round(y0 - 5.0, 2), "text": _cut(label, wide), "colour": INK})
        for share in (0.0, top / 2, top):
            grid.append({"x": round(x0, 2), "x2": round(x0 + wide, 2), "y": y(share), "y2": y(share)})
            if k % across == 0:
                labels.append({"x": -4.0, "y": y(share), "text": f"{share:.0%}", "colour": INK, "end": True})
        for year in (start, end):
            place = {"x": x(year), "y": round(y0 + _PANEL + 8.0, 2), "text": str(year), "colour": INK}
            labels.append(place | {"middle": True})
        before: dict[str, tuple[float, float]] = {}
        half = max(1.0, 0.38 * wide / (end - start + 1))
        for r in _records(mine[(mine["code"] == code).to_numpy(dtype=bool)].sort_values("year")):
            year = int(r["year"])
            if tells.get(code) and r["records"]:
                share = float(r["named"] / r["records"])
                bars.append({"x": x(year) - half, "x2": x(year) + half, "y": y(share), "y2": y(0.0)})
            if r["coded"] < _LEAST:
                before = {}
                continue
            counts = [int(r[c]) for c in ("coded", "discussed", "measured")]
            what = "{}, {}: {} coded papers, {} discuss, {} measure".format(label, year, *counts)
            for column, n in (("discussed", int(r["discussed"])), ("measured", int(r["measured"]))):
                now = (x(year), y(n / int(r["coded"])))
                if column in before:
                    a, b = before[column]
                    joins.append({"x": a, "y": b, "x2": now[0], "y2": now[1], "column": column})
                before[column] = now
                ring = column == "discussed"
                marks.append(
                    {
                        "x": now[0],
                        "y": now[1],
                        "fill": "white" if ring else INK,
                        "stroke": INK,
                        "size": RING * 0.6 if ring else DOT * 0.6,
                        "what": what,
                    }
                )
        if not tells.get(code):
            words = "title query cannot tell"
            labels.append({"x": round(x0 + 2.0, 2), "y": round(y0 + 4.0, 2), "text": words, "colour": MUTED})
    layers.append(rules(pd.DataFrame(grid), colour=FAINT, width=0.4))
    if bars:
        layers.append(_boxes(pd.DataFrame(bars), OKABE_ITO["sky"]))
    for column, dash in (("discussed", [2, 1.5]), ("measured", [])):
        these = [{c: v for c, v in j.items() if c != "column"} for j in joins if j["column"] == column]
        if these:
            layers.append(rules(pd.DataFrame(these), colour=INK, width=0.8, dash=dash))
    if marks:
        layers.append(_circles(pd.DataFrame(marks)))
    for align, chosen in (
        ("right", [m for m in labels if m.get("end")]),
        ("center", [m for m in labels if m.get("middle")]),
        ("left", [m for m in labels if not m.get("end") and not m.get("middle")]),
    ):
        placed = pd.DataFrame([{c: m[c] for c in ("x", "y", "text", "colour")} for m in chosen])
        layers.append(texts(placed, align=align))  # type: ignore[arg-type]
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        below=14.0,
        title=heading,
        subtitle=f"Shares of the papers of a year; no ring and no dot below {_LEAST} coded papers.",
        key=[
            *([KeyEntry("bar", OKABE_ITO["sky"], "identified records whose title names it")] if bars else []),
            KeyEntry("ring", INK, "coded papers that discuss it"),
            KeyEntry("dot", INK, "coded papers that measure it"),
        ],
        notes=said,
        stamp=stamp,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values."""
    return [{str(c): v for c, v in row.items()} for row in table.to_dict("records")]


def _median(curve: Curve) -> str:
    def year(value: float | None) -> str:
        return "not reached" if value is None else f"{value:g}"

    if curve.median is None:
        return "Median not reached."
    unit = "year" if curve.median == 1 else "years"
    return f"Median {year(curve.median)} {unit} (95%: {year(curve.median_low)} to {year(curve.median_high)})."


def _cut(label: str, room: float) -> str:
    """Shorten a label that is wider than its panel, with an ellipsis; the table has it whole."""
    if text_width(label, TEXT) <= room:
        return label
    while label and text_width(label + "…", TEXT) > room:
        label = label[:-1]
    return label.rstrip() + "…"


def _years(start: int, end: int, left: float, right: float) -> alt.LayerChart:
    """Return an axis of years above the plot, with its grid."""
    every = max(1, -(-(end - start + 1) * 24 // max(1, int(right - left))))
    ticks = list(range(end, start - 1, -every))[::-1]
    scale = alt.Scale(domain=[start, max(end, start + 1)], range=[left, right], nice=False, zero=False)
    axis = alt.Axis(title=None, orient="top", values=ticks, format="d", domain=False, grid=True)
    hidden = alt.Chart(pd.DataFrame({"value": [start]})).mark_point(opacity=0, aria=False)
    return panel(hidden.encode(x=alt.X("value:Q", scale=scale, axis=axis), y=fixed("y", 0)))


def _frame(ticks: Sequence[int], x: Any, last: float, height: float, across: str, up: str) -> alt.LayerChart:
    """Return the two axes of a curve of shares over time."""
    scale = alt.Scale(domain=[0, last], range=[0.0, x(last)], nice=False, zero=False)
    below = alt.Axis(title=across, orient="bottom", values=list(ticks), format="d", grid=False)
    shares = alt.Scale(domain=[0, 1], range=[height, 0], nice=False)
    beside = alt.Axis(
        title=up,
        titlePadding=2,
        orient="left",
        values=[0, 0.25, 0.5, 0.75, 1],
        labelExpr="format(datum.value, '.0%')",
        domain=False,
        grid=True,
    )
    hidden = alt.Chart(pd.DataFrame({"time": [0], "share": [0]})).mark_point(opacity=0, aria=False)
    return panel(
        hidden.encode(
            x=alt.X("time:Q", scale=scale, axis=below), y=alt.Y("share:Q", scale=shares, axis=beside)
        )
    )


def _boxes(boxes: pd.DataFrame, colour: str) -> alt.Chart:
    done: alt.Chart = (
        alt.Chart(boxes)
        .mark_rect(fill=colour, strokeWidth=0, aria=False)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
        )
    )
    return done


def _circles(points: pd.DataFrame) -> alt.Chart:
    done: alt.Chart = (
        alt.Chart(points)
        .mark_point(shape="circle", strokeWidth=1, opacity=1)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            y=alt.Y("y:Q", scale=None, axis=None),
            fill=alt.Fill("fill:N", scale=None, legend=None),
            stroke=alt.Stroke("stroke:N", scale=None, legend=None),
            size=alt.Size("size:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip("what:N", title=" ")],
            description=alt.Description("what:N"),
        )
    )
    return done
