"""Figure of the panel's correlations: every look at two measures with its interval, by pair of dimensions."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import marks, rules, texts
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

#: Height of one look, and what stands between two pairs of dimensions, points.
_LOOK, _BETWEEN = 4.2, 9.0


def audit_correlations_plot(
    table: pd.DataFrame, *, title: str | None = None, width: Width = "double", stamp: str = ""
) -> alt.LayerChart:
    """Draw every look at two measures of the panel as a dot with its interval, sorted within a pair of dimensions.

    Args:
        table: the table of ``analysis.audit.panel.correlations``.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data.

    Returns:
        The chart; a look that holds after allowing for all looks stands out. A sentence where there is none.
    """
    heading = "Do measures of different dimensions go together?" if title is None else title
    known = table[table["r"].notna().to_numpy(dtype=bool)]
    if known.empty:
        words = "Nothing to draw: no two measures of the panel are shared by enough developers."
        return say(words, width=width, title=heading, stamp=stamp)
    known = known.assign(order=-known["r"]).sort_values(["order", "first_measure", "second_measure"])
    pairs = list(dict.fromkeys(zip(table["first"], table["second"], strict=True)))
    called = {pair: _called(pair, width) for pair in pairs}
    page = page_width(width)
    left = round(max(text_width(line, TEXT) for lines in called.values() for line in lines) + 8.0, 2)
    right = 8.0
    plot = page - left - right

    def at(r: float) -> float:
        return round(plot * (max(-1.0, min(1.0, r)) + 1) / 2, 2)

    spans, dots, words_, y = [], [], [], 0.0
    for pair in pairs:
        mine = known[((known["first"] == pair[0]) & (known["second"] == pair[1])).to_numpy(dtype=bool)]
        if mine.empty:
            continue
        start, rows = y, mine.to_dict("records")
        for row in rows:
            middle = round(y + _LOOK / 2, 2)
            holds = row["verdict"] in ("goes together", "goes against")
            colour = OKABE_ITO["vermillion"] if holds else MUTED
            if not math.isnan(row["low"]):
                ends = {"x": at(row["low"]), "x2": at(row["high"])}
                spans.append({**ends, "y": middle, "y2": middle, "colour": colour})
            dots.append(
                {
                    "x": at(row["r"]),
                    "y": middle,
                    "fill": colour,
                    "stroke": colour,
                    "what": _said(row),
                }
            )
            y += _LOOK
        y = max(y, start + 7.6 * len(called[pair]))
        for k, line in enumerate(called[pair]):
            up = (start + y) / 2 + 7.6 * (k - (len(called[pair]) - 1) / 2)
            words_.append({"x": -5.0, "y": round(up, 2), "text": line})
        y += _BETWEEN
    height = round(y - _BETWEEN, 2)
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    grid = pd.DataFrame([{"x": at(s), "x2": at(s), "y": 0.0, "y2": height} for s in steps])
    zero = pd.DataFrame([{"x": at(0), "x2": at(0), "y": 0.0, "y2": height}])
    ticks = [{"x": at(s), "y": -6.0, "text": f"{s:+g}".replace("+0", "0").replace("-", "−")} for s in steps]
    layers: list[alt.Chart | alt.LayerChart] = [
        rules(grid, colour=FAINT, width=0.4),
        rules(zero, colour=INK, width=0.6),
        *([rules(pd.DataFrame(spans), width=0.7)] if spans else []),
        marks(pd.DataFrame(dots), size=9.0),
        texts(pd.DataFrame(words_), align="right"),
        texts(pd.DataFrame(ticks), align="center"),
    ]
    holding = int(known["verdict"].isin(["goes together", "goes against"]).sum())
    key = [KeyEntry("dot", MUTED, "not shown")]
    if holding:
        key.insert(
            0, KeyEntry("dot", OKABE_ITO["vermillion"], f"shown, allowing for {len(known)} comparisons")
        )
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=12.0,
        title=heading,
        subtitle="Correlation over models, with its 95% interval by developer. Shown to be there, when all comparisons "
        f"are allowed for: {holding} of {len(known)}.",
        key=key,
        stamp=stamp,
    )


def _called(pair: tuple[str, str], width: Width) -> tuple[str, ...]:
    first, second = (part.replace("-", " ") for part in pair)
    return (f"{first} and {second}",) if not is_narrow(width) else (f"{first} and", second)


def _said(row: dict[Any, Any]) -> str:
    said = f"{row['first_measure']} and {row['second_measure']}: {row['r']:+.2f}"
    if not math.isnan(row["low"]):
        said += f" ({row['low']:+.2f} to {row['high']:+.2f}), p = {row['p']:.3f}, {row['p_holm']:.3f} for all looks"
    return f"{said}; {row['models']} models of {row['developers']} developers"
