"""Figure of time: papers of the frame by year, and how many of the codes that they discuss they measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import DOT, marks, rules, texts, whole_ticks
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

_LEFT, _HIGH, _BETWEEN = 34.0, 92.0, 44.0
_BLUE = OKABE_ITO["blue"]


def trends_plot(
    table: pd.DataFrame,
    *,
    notes: Sequence[str] = (),
    codes: str = "codes",
    title: str = "",
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the papers of the frame by year with their interval, and the rate of measuring with its own.

    Args:
        table: ``analysis.trends.trends``'s table; its rows that are years are drawn.
        notes: remarks beneath the plot.
        codes: what the codes are called, in the plural.
        title: what stands over it.
        width: ``single`` (panels beneath each other) or ``double`` (beside each other).
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Years with too few drawn papers show none of the two; the count of the sample stands under each year.
    """
    years = table[table["period"].str.fullmatch(r"\d+").to_numpy(dtype=bool)] if len(table) else table
    if years.empty or not int(years["papers"].sum()):
        return say("Nothing to draw: no coded paper has a year.", width=width, title=title, stamp=stamp)
    page, right = page_width(width), 6.0
    beside = not is_narrow(width)
    wide = round((page - _LEFT - right - _BETWEEN) / 2 if beside else page - _LEFT - right, 2)
    most = max([10.0, *years["frame_high"].dropna(), *years["frame"].dropna()])
    ticks = whole_ticks(int(most) + 1)
    top = float(max(ticks[-1], most))
    step = (0.0, round(wide + _BETWEEN, 2)) if beside else (0.0, 0.0)
    down = (0.0, 0.0) if beside else (0.0, round(_HIGH + _BETWEEN, 2))
    layers: list[alt.Chart | alt.LayerChart] = []
    panels: list[tuple[str, float, str, list[tuple[float, str]]]] = [
        (
            "frame",
            top,
            "papers on the question among all records (estimate)",
            [(float(t), f"{t:,}") for t in ticks],
        ),
        ("rate", 1.0, f"share measured of the {codes} discussed", [(t / 4, f"{t * 25}%") for t in range(5)]),
    ]
    for k, (stem, limit, heading, beside_) in enumerate(panels):
        layers += _panel(years, stem, limit, heading, beside_, step[k], down[k], wide)
    few = [str(p) for p in years.loc[years["note"] == "too few", "period"]]
    said = [f"Too few drawn papers for an estimate: {', '.join(few)}."] if few else []
    undated = int(table.attrs.get("without_year") or 0)
    said += [f"Left out for want of a year: {undated} paper{'' if undated == 1 else 's'}."] if undated else []
    return sheet(
        layers,
        width=width,
        height=_HIGH if beside else 2 * _HIGH + _BETWEEN,
        left=_LEFT,
        right=right,
        above=16.0,
        below=27.0,
        title=title,
        subtitle="By year of the first public version. In grey under each year: papers of the sample.",
        key=[
            KeyEntry("dot", _BLUE, "weighted for the sampling design"),
            KeyEntry("line", _BLUE, "95% interval"),
        ],
        notes=[*said, *notes],
        stamp=stamp,
    )


def _panel(
    years: pd.DataFrame,
    stem: str,
    limit: float,
    heading: str,
    ticks: Sequence[tuple[float, str]],
    x: float,
    y: float,
    wide: float,
) -> list[alt.Chart | alt.LayerChart]:
    """One panel: an axis of values to the left, years beneath, a dot and its interval a year."""
    step = wide / len(years)
    base = round(y + _HIGH, 2)

    def at(value: float) -> float:
        return round(base - _HIGH * value / limit, 2)

    grid = pd.DataFrame([{"x": x, "x2": x + wide, "y": at(v), "y2": at(v)} for v, _ in ticks])
    names = pd.DataFrame([{"x": x - 3.0, "y": at(v), "text": t} for v, t in ticks])
    dots: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    for k, row in enumerate(years.to_dict("records")):
        middle = round(x + step * (k + 0.5), 2)
        said.append({"x": middle, "y": base + 10.0, "text": str(row["period"]), "colour": INK})
        said.append({"x": middle, "y": base + 19.0, "text": str(row["papers"]), "colour": MUTED})
        value, low, high = (row[f"{stem}{end}"] for end in ("", "_low", "_high"))
        if pd.isna(value):
            continue
        what = f"{row['period']}: {value:.0%}" if stem == "rate" else f"{row['period']}: {value:,.0f} papers"
        dots.append({"x": middle, "y": at(float(value)), "what": what})
        if not pd.isna(low):
            spans.append({"x": middle, "x2": middle, "y": at(float(low)), "y2": at(float(high))})
    layers: list[alt.Chart | alt.LayerChart] = [
        rules(grid, colour=FAINT, width=0.4),
        texts(names, align="right"),
        texts(pd.DataFrame([{"x": x, "y": y - 6.0, "text": heading}]), baseline="alphabetic", size=TEXT),
        texts(pd.DataFrame(said), align="center"),
    ]
    if spans:
        layers.append(rules(pd.DataFrame(spans), colour=_BLUE, width=1.2))
    if dots:
        layers.append(marks(pd.DataFrame(dots).assign(fill=_BLUE, stroke=_BLUE), size=DOT * 1.2))
    return layers
