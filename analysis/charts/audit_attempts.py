"""Figure of attempt budgets: what more attempts do to the success of an attack."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import DOT, marks, rules, texts
from analysis.charts.theme import FAINT, MUTED, OKABE_ITO, Width, is_narrow, page_width


def attempt_budgets_plot(
    curves: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw attack success against the attempts allowed, a panel a property and kind of attempts.

    Args:
        curves: the table of ``analysis.audit.panel.attempt_curves``.
        names: model -> label; default: the id behind its slash.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data.

    Returns:
        The chart: a line a model and condition, coloured by model; dashed what independent attempts could reach at most
        from the smallest budget, for the lowest and the highest start of a panel.
    """
    heading = "Attack success by attempts allowed" if title is None else title
    if curves.empty:
        return say(
            "Nothing to draw: no attack of the panel was measured at two attempt budgets or more.",
            width=width,
            title=heading,
            stamp=stamp,
        )
    page = page_width(width)
    groups = list(dict.fromkeys(zip(curves["property"], curves["attempts_are"], strict=True)))
    models = sorted(set(curves["model"]))
    palette = [OKABE_ITO[c] for c in ("blue", "vermillion", "green", "purple", "orange", "sky", "black")]
    colours = {m: palette[i % len(palette)] for i, m in enumerate(models)}
    across = 1 if is_narrow(width) else 2
    left, right, between = 24.0, 8.0, 30.0
    wide = round((page - left - right - between * (across - 1)) / across, 2)
    tall, step = 74.0, 112.0
    down = -(-len(groups) // across)
    height = round(step * down - (step - tall), 2)
    layers: list[alt.Chart | alt.LayerChart] = []
    grid, ticks, names_at, segments, bounds, dots, counts = [], [], [], [], [], [], []
    for g, (what, kind) in enumerate(groups):
        x0, y0 = round((g % across) * (wide + between), 2), round((g // across) * step, 2)
        mine = curves[(curves["property"] == what) & (curves["attempts_are"] == kind)]
        low, high = math.log10(mine["attempts"].min()), math.log10(mine["attempts"].max())

        def across_at(k: float, a: float = low, b: float = high, s: float = x0) -> float:
            return round(s + 6.0 + (wide - 12.0) * (math.log10(k) - a) / (b - a), 2)

        def up_at(share: float, top: float = y0) -> float:
            return round(top + tall * (1 - share), 2)

        for share in (0.0, 0.5, 1.0):
            grid.append({"x": x0, "x2": x0 + wide, "y": up_at(share), "y2": up_at(share)})
            ticks.append({"x": x0 - 4.0, "y": up_at(share), "text": f"{share:.0%}"})
        for k in sorted(set(mine["attempts"])):
            counts.append({"x": across_at(k), "y": y0 + tall + 8.0, "text": f"{k:,}"})
        names_at.append({"x": x0, "y": y0 - 9.0, "text": f"{what or 'attack'}, {kind} attempts"})
        for _, curve in mine.groupby("curve", sort=True):
            points = curve.sort_values("attempts").to_dict("records")
            colour = colours[str(points[0]["model"])]
            for a, b in pairwise(points):
                segments.append(
                    {
                        "x": across_at(a["attempts"]),
                        "x2": across_at(b["attempts"]),
                        "y": up_at(a["success"]),
                        "y2": up_at(b["success"]),
                        "colour": colour,
                    }
                )
            for p in points:
                dots.append(
                    {
                        "x": across_at(p["attempts"]),
                        "y": up_at(p["success"]),
                        "fill": colour,
                        "stroke": "white",
                        "shape": "circle",
                        "what": f"{p['model']}, {p['measure']}: {p['success']:.1%} at {p['attempts']:,} attempts",
                    }
                )
        starts = mine.sort_values("attempts").groupby("curve").first()
        starts = starts[(starts["success"] > 0) & (starts["success"] < 1)]
        for start in sorted(set(starts["success"]))[:1] + sorted(set(starts["success"]))[1:][-1:]:
            k0 = float(starts.loc[starts["success"] == start, "attempts"].min())
            at = [10 ** (math.log10(k0) + (high - math.log10(k0)) * i / 60) for i in range(61)]
            bounds += [
                {
                    "x": across_at(a),
                    "x2": across_at(b),
                    "y": up_at(1 - (1 - start) ** (a / k0)),
                    "y2": up_at(1 - (1 - start) ** (b / k0)),
                }
                for a, b in pairwise(at)
            ]
    layers.append(rules(pd.DataFrame(grid), colour=FAINT, width=0.4))
    if bounds:
        layers.append(rules(pd.DataFrame(bounds).iloc[::2], colour=MUTED, width=0.8))
    layers += [rules(pd.DataFrame(segments), width=0.9), marks(pd.DataFrame(dots), size=DOT)]
    layers += [texts(pd.DataFrame(ticks), align="right"), texts(pd.DataFrame(counts), align="center")]
    layers.append(texts(pd.DataFrame(names_at), baseline="alphabetic"))
    axis = pd.DataFrame([{"x": 0.0, "y": height + 19.0, "text": "attempts allowed (logarithmic)"}])
    layers.append(texts(axis, colour=MUTED))
    key = [KeyEntry("dot", colours[m], (names or {}).get(m) or m.split("/")[-1]) for m in models]
    if bounds:
        key.append(
            KeyEntry("dashed", MUTED, "most that independent attempts could do, lowest and highest start")
        )
    above_bound = int(curves["above_bound"].sum())
    later = int(curves["bound"].notna().sum())
    note = f"{above_bound} of {later} later points lie above what independent attempts could do."
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=20.0,
        below=25.0,
        title=heading,
        subtitle="Adaptive attackers learn from each attempt; independent attempts are drawn anew.",
        key=key,
        notes=[note],
        stamp=stamp,
    )
