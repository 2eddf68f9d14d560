"""Figure of attention: papers a year that discuss failure modes, and those that measure them."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, panel, rules, say, sheet, texts, whole_ticks
from analysis.charts.theme import (
    AMONG,
    FAINT,
    INK,
    SIDE_COLOURS,
    Width,
    is_narrow,
    page_width,
    side_colour,
    side_name,
)

_LEFT = 24.0
_PANEL = 84.0


def attention_by_year(
    years: pd.DataFrame,
    *,
    basis: str = "abstract",
    dated: str = "year of the first public version",
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw papers by year of first publication: coded, discussing and measuring, one panel a side.

    Args:
        years: ``analysis.trends.attention``'s table: ``year``, ``papers_coded``, ``discussed``, ``measured``
            (papers), and ``side`` where they are counted by side; without it there is one panel.
            ``attrs["without_year"]``, where it is given, is the number of papers left out for want of a year,
            and is said beneath.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        dated: which year is meant, in words.
        title: title instead of the usual one.
        width: ``single`` (panels beneath each other) or ``double`` (beside each other).
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. All panels share one scale. Bars: papers coded in the year, whatever they discuss. A year
        without papers is drawn as zero.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Papers that discuss and measure failure modes by year, {among}" if title is None else title
    table = years[years["year"].notna()] if len(years) else years
    undated = int(years.attrs.get("without_year") or 0)
    left_out = (
        [f"Left out for want of a year: {undated} paper{'' if undated == 1 else 's'}."] if undated else []
    )
    if table.empty:
        words = "Nothing to draw: no coded paper has a year."
        return say(words, width=width, title=heading, notes=left_out, stamp=stamp)
    rows = _filled(table)
    present = {row["side"] for row in rows}
    sides = [*(s for s in SIDE_COLOURS if s in present), *sorted(present - set(SIDE_COLOURS))]
    page = page_width(width)
    right = 4.0
    stacked = is_narrow(width) or len(sides) == 1
    between = 29.0 if stacked else 22.0
    plot = page - _LEFT - right
    wide = round(plot if stacked else (plot - between * (len(sides) - 1)) / len(sides), 2)
    height = len(sides) * (_PANEL + between) - between if stacked else _PANEL
    most = max(1, *(row[c] for row in rows for c in ("papers_coded", "discussed", "measured")))
    ticks = whole_ticks(most)
    if ticks[-1] < most:
        most = ticks[-1] + ticks[1]
    layers: list[alt.Chart | alt.LayerChart] = []
    labels: list[dict[str, Any]] = []
    for number, side in enumerate(sides):
        x = 0.0 if stacked else round(number * (wide + between), 2)
        y = round(number * (_PANEL + between), 2) if stacked else 0.0
        mine = [row for row in rows if row["side"] == side]
        layers += _panel(mine, side, x, y, wide, most, height)
        if side:
            labels.append({"x": x, "y": y - 5.0, "text": side_name(side), "side": side})
    if labels:
        layers.append(texts(pd.DataFrame(labels), baseline="alphabetic"))
        lines = pd.DataFrame(
            [
                {
                    "x": m["x"],
                    "x2": m["x"] + wide,
                    "y": m["y"] + 2.5,
                    "y2": m["y"] + 2.5,
                    "colour": side_colour(m["side"]),
                }
                for m in labels
            ]
        )
        layers.append(rules(lines, width=1.0))
    notes = [] if any(row["discussed"] for row in rows) else ["No coded paper discusses a failure mode."]
    return sheet(
        layers,
        width=width,
        height=height,
        left=_LEFT,
        right=right,
        above=16.0 if labels else 2.0,
        below=17.0,
        title=heading,
        subtitle=f"A paper that measures a mode also discusses it. {dated[:1].upper()}{dated[1:]}.",
        key=[
            KeyEntry("bar", FAINT, "papers coded"),
            KeyEntry("ring", INK, "discuss"),
            KeyEntry("dot", INK, "measure"),
        ],
        notes=[*notes, *left_out],
        stamp=stamp,
    )


def _panel(
    rows: list[dict[str, Any]], side: str, x: float, y: float, width: float, most: int, height: float
) -> list[alt.Chart | alt.LayerChart]:
    frame = pd.DataFrame(rows)
    names = list(frame["label"])
    base = alt.Chart(frame)
    years = alt.Scale(domain=names, range=[x, x + width], paddingInner=0.25, paddingOuter=0.15)
    # Every second or third year is named where the panel is narrow; the last one always is.
    every = -(-len(names) * 24 // max(1, int(width)))
    shown = [name for k, name in enumerate(reversed(names)) if k % max(1, every) == 0]
    axis = alt.Axis(
        title=None,
        orient="bottom",
        values=shown,
        labelAngle=0,
        ticks=False,
        labelOverlap=False,
        domain=True,
        offset=round(y + _PANEL - height, 2),  # Vega puts it under the whole plot; this, under its panel
        labelPadding=5,  # a marker at zero reaches beneath the axis
    )
    papers = alt.Scale(domain=[0, most], range=[round(y + _PANEL, 2), y], nice=False, zero=True)
    counts = alt.Axis(
        title="papers" if x == 0 else None,
        titlePadding=2,
        orient="left",
        values=whole_ticks(most),
        format="d",
        domain=False,
        offset=-x,
        grid=False,
    )
    colour = side_colour(side) if side else INK
    thick = min(24.0, round(0.75 * width / len(names), 2))
    bars = base.mark_bar(color=FAINT, size=thick).encode(
        x=alt.X("label:O", scale=years, axis=axis, sort=None),
        y=alt.Y("papers_coded:Q", scale=papers, axis=counts),
        tooltip=[alt.Tooltip("what:N", title=" ")],
        description=alt.Description("what:N"),
    )
    shared: dict[str, Any] = {"x": alt.X("label:O", scale=years, axis=axis, sort=None)}
    layers = [bars]
    for column, dash in (("discussed", [2, 1.5]), ("measured", [1, 0])):
        layers.append(
            base.mark_line(color=colour, strokeWidth=1, strokeDash=dash, aria=False).encode(
                **shared, y=alt.Y(f"{column}:Q", scale=papers, axis=counts)
            )
        )
    layers.append(
        base.mark_point(
            shape="circle", size=RING, fill="white", stroke=colour, strokeWidth=1, opacity=1, aria=False
        ).encode(**shared, y=alt.Y("discussed:Q", scale=papers, axis=counts))
    )
    layers.append(
        base.mark_point(shape="circle", size=DOT, fill=colour, strokeWidth=0, opacity=1, aria=False).encode(
            **shared, y=alt.Y("measured:Q", scale=papers, axis=counts)
        )
    )
    return [panel(*layers)]


def _filled(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return plain rows for every year from the first to the last and every side, years without papers too."""
    by_side = "side" in table
    found: dict[tuple[int, str], dict[str, int]] = {}
    coded: dict[int, int] = {}
    for record in table.to_dict("records"):
        year, side = int(record["year"]), str(record["side"]) if by_side else ""
        counts = {c: int(record[c]) for c in ("papers_coded", "discussed", "measured")}
        found[year, side] = counts
        coded[year] = max(coded.get(year, 0), counts["papers_coded"])
    sides = sorted({side for _, side in found})
    rows = []
    for side in sides:
        for year in range(min(coded), max(coded) + 1):
            counts = found.get(
                (year, side), {"papers_coded": coded.get(year, 0), "discussed": 0, "measured": 0}
            )
            what = (
                f"{side_name(side) + ', ' if side else ''}{year}: {counts['papers_coded']} papers coded, "
                f"{counts['discussed']} discuss, {counts['measured']} measure"
            )
            rows.append({"label": str(year), "side": side, "what": what, **counts})
    return rows
