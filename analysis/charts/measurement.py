"""Figure of the survey's answer: of each code, how many papers raise, discuss and measure it, and what is decided."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, panel, say, sheet
from analysis.charts.layers import DOT, RING, rules, texts
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, INK, MUTED, TEXT, Width, is_narrow, page_width, side_colours

#: What stands in the last column, by decision, in the order in which one is chosen.
_SAID = (("under_measured", "under-measured"), ("rare", "rare"), ("hardly_measured", "hardly measured"))
_SHORT = {
    "under-measured": "under",
    "hardly measured": "hardly",
    "rare": "rare",
    "measured": "measured",
    "open": "open",
}
_APART = 1.7


def measurement_plot(
    table: pd.DataFrame,
    *,
    reading: str,
    ratio: float,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw volume and ratio of every code with their intervals, and what is decided of it.

    Args:
        table: ``analysis.volume_table.measurement``'s table; the rows of the model in one reading are drawn.
        reading: the reading.
        ratio: the threshold of the ratio, drawn as a line.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: left the papers per 1,000 that are in, on a scale of square roots (a diamond for those that raise the
        code, a ring for those that discuss it, a dot for those that measure it; lines are the intervals of the last
        two); right the ratio of the last two; at the edge the decision in a word. Most discussed first within a side.
    """
    heading = "How many papers raise, discuss and measure each failure mode" if title is None else title
    wanted = (table["reading"] == reading) & (table["estimate"] == "model") & (table["code"] != "")
    colours = side_colours(table["side"])
    rows_ = [_plain(r, colours) for r in table[wanted.to_numpy(dtype=bool)].to_dict("records")]
    if not rows_:
        return say("Nothing to draw: no record was read.", width=width, title=heading, stamp=stamp)
    rows_.sort(key=lambda r: (-r["discussed"], r["code"]))
    page = page_width(width)
    rows = list_rows(
        [r["code"] for r in rows_],
        names={r["code"]: r["name"] for r in rows_},
        sides={r["code"]: r["side"] for r in rows_},
        widest=page * 0.45,
    )
    left = rows.margin
    said = {r["code"]: r["said"] if not is_narrow(width) else _SHORT[r["said"]] for r in rows_}
    right = max(text_width(s, TEXT) for s in said.values()) + 10.0
    plot = page - left - right
    gap = 16.0
    split = round((plot - gap) * 0.6, 2)
    share_from, share_to = round(split + gap, 2), round(plot, 2)
    most = max(max(r["discussed_high"], r["raised"]) for r in rows_)
    scale = alt.Scale(type="sqrt", domain=[0, max(most, 1.0)], range=[3.5, split], nice=False, clamp=True)
    steps = [v for v in (0, 10, 25, 50, 100, 200, 400, 800) if v <= most]
    ticks = steps if not is_narrow(width) else [v for v in steps if v in (0, 25, 100, 400)]
    axis = alt.Axis(
        title="papers per 1,000 (root scale)" if not is_narrow(width) else "per 1,000 (root)",
        orient="top",
        values=ticks,
        format="d",
        domain=False,
        grid=True,
    )
    for r in rows_:
        r["upper"] = round(rows.middle(r["code"]) - _APART, 2)
        r["lower"] = round(rows.middle(r["code"]) + _APART, 2)
        r["middle"] = rows.middle(r["code"])
    data = pd.DataFrame([{k: v for k, v in r.items() if k != "name"} for r in rows_])
    base = alt.Chart(data)
    colour = alt.Color("colour:N", scale=None, legend=None)

    def y(column: str) -> alt.Y:
        return alt.Y(f"{column}:Q", scale=None, axis=None)

    def line(low: str, high: str, at: str, on: alt.Scale, shown: alt.Axis, opacity: float) -> alt.Chart:
        drawn: alt.Chart = base.mark_rule(strokeWidth=1, opacity=opacity, aria=False).encode(
            y=y(at), x=alt.X(f"{low}:Q", scale=on, axis=shown), x2=alt.X2(f"{high}:Q"), color=colour
        )
        return drawn

    tooltip = [alt.Tooltip("what:N", title=" ")]
    raised = base.mark_point(
        shape="diamond", size=20, filled=True, opacity=1, aria=False, color=MUTED
    ).encode(y=y("middle"), x=alt.X("raised:Q", scale=scale, axis=axis))
    discussed = base.mark_point(size=RING, fill="white", strokeWidth=1, opacity=1).encode(
        y=y("upper"),
        x=alt.X("discussed:Q", scale=scale, axis=axis),
        stroke=alt.Stroke("colour:N", scale=None, legend=None),
        tooltip=tooltip,
        description=alt.Description("what:N"),
    )
    measured = base.mark_point(size=DOT, filled=True, opacity=1, aria=False).encode(
        y=y("lower"), x=alt.X("measured:Q", scale=scale, axis=axis), color=colour
    )
    volumes = panel(
        line("discussed_low", "discussed_high", "upper", scale, axis, 0.45),
        line("measured_low", "measured_high", "lower", scale, axis, 1.0),
        raised,
        discussed,
        measured,
    )
    share = alt.Scale(domain=[0, 1], range=[share_from, share_to], nice=False)
    share_axis = alt.Axis(
        title="measured of discussed" if not is_narrow(width) else "measured",
        orient="top",
        values=[0, 0.5, 1],
        labelExpr="format(datum.value, '.0%')",
        domain=False,
        grid=True,
    )
    ratios = panel(
        line("ratio_low", "ratio_high", "middle", share, share_axis, 1.0),
        base.mark_point(size=DOT, filled=True, opacity=1, aria=False).encode(
            y=y("middle"), x=alt.X("ratio:Q", scale=share, axis=share_axis), color=colour
        ),
    )
    x = round(share_from + (share_to - share_from) * ratio, 2)
    words = pd.DataFrame(
        [
            {
                "x": round(plot + 7.0, 2),
                "y": rows.middle(r["code"]),
                "text": said[r["code"]],
                "colour": MUTED if r["said"] == "open" else INK,
            }
            for r in rows_
        ]
    )
    threshold = pd.DataFrame([{"x": x, "x2": x, "y": 0.0, "y2": rows.height}])
    return sheet(
        [
            rules(threshold, colour=FAINT, width=0.8, dash=[2, 2]),
            volumes,
            ratios,
            rows.labelled(),
            *rows.headings(left, page - left - 3.0),
            texts(words),
        ],
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle="Estimated papers on the question among the records that could be drawn, read or not; "
        "lines are 90% intervals."
        if not is_narrow(width)
        else "Of 1,000 papers on the question, read or predicted; lines: 90% intervals.",
        key=[
            KeyEntry("diamond", MUTED, "raise it"),
            KeyEntry("ring", INK, "discuss it"),
            KeyEntry("dot", INK, "measure it"),
            KeyEntry("dashed", MUTED, f"{ratio:.0%}, the limit"),
        ],
        stamp=stamp,
    )


def _plain(record: dict[Any, Any], colours: Mapping[str, str]) -> dict[str, Any]:
    per = 1000 / float(record["included"])
    row: dict[str, Any] = {
        "code": str(record["code"]),
        "name": str(record["name"]),
        "side": str(record["side"]),
    }
    for step in ("raised", "discussed", "measured"):
        for end in ("", "_low", "_high"):
            row[step + end] = round(float(record[step + end]) * per, 2)
    for end in ("", "_low", "_high"):
        value = float(record["ratio" + end])
        row["ratio" + end] = None if math.isnan(value) else round(value, 4)
    row["said"] = verdict(record)
    row["colour"] = colours[row["side"]] if row["said"] != "open" else MUTED
    row["what"] = (
        f"{row['name']}: per 1,000 papers {row['raised']:.0f} raise it, {row['discussed']:.0f} discuss it "
        f"({row['discussed_low']:.0f} to {row['discussed_high']:.0f}), {row['measured']:.0f} measure it "
        f"({row['measured_low']:.0f} to {row['measured_high']:.0f}); {row['said']}"
    )
    return row


def verdict(record: dict[Any, Any]) -> str:
    """What is decided of a code, in a word: the strongest statement that is decided, ``measured`` where all are denied.

    Args:
        record: a row of the model.
    """
    for column, word in _SAID:
        if record[column] == "yes":
            return word
    return "measured" if record["under_measured"] == record["hardly_measured"] == "no" else "open"
