"""Figures of the model panel: every value and every hole, the correlations with their intervals, attempt budgets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, RING, KeyEntry, rules, say, sheet, texts
from analysis.charts.text import text_width
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

#: Height of a row of the panel, and of a row of the correlations, points.
_ROW = 8.8
_LINE_ROW = 10.4
#: What a figure calls a dimension where there is little room.
SHORT = {"capability": "capability", "behavioural-safety": "safety", "governance": "governance"}
#: Which models a correlation takes, behind the names of its two dimensions.
_WHOSE = {"complete": ", models with all {}", "pairwise": ", models with both"}
_WORDS = {3: "three", 4: "four"}
#: What the forest of correlations says of its intervals, where nothing better is given.
ROUGH = "At so few units bootstrap intervals hold the truth less often than 95 times in 100."
_SHAPES = {"open": "circle", "borderline": "diamond", "closed": "circle"}


def audit_panel_plot(
    models: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw every model of the panel in each dimension, on the dimension's own scale, with its holes.

    Args:
        models: the table of ``analysis.audit.panel``.
        names: dimension -> what its measure is called in the subtitle; default: the measure.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data.

    Returns:
        The chart: a row a model, by developer; a column a dimension, better to the right. A ring is a model with open
        weights, a dot one with closed, a diamond a borderline one; a grey field is a value nobody published.
    """
    heading = "The model panel, by dimension" if title is None else title
    dims = [c for c in models.columns if f"aligned {c}" in models.columns]
    if models.empty or not dims:
        return say(
            "Nothing to draw: the survey holds no panel of models.", width=width, title=heading, stamp=stamp
        )
    page = page_width(width)
    rows = models.sort_values(["developer", "model"], ignore_index=True)
    labels = [str(m).split("/")[-1] for m in rows["model"]]
    owners = [str(o) for o in rows["developer"]]
    firsts = [i for i, o in enumerate(owners) if i == 0 or owners[i - 1] != o]
    owner_room = max(text_width(o, TEXT) for o in owners) + 6.0 if not is_narrow(width) else 0.0
    left = round(max(text_width(label, TEXT) for label in labels) + 5.0 + owner_room, 2)
    right = 6.0
    plot = page - left - right
    gap = 10.0 if is_narrow(width) else 22.0
    wide = (plot - gap * (len(dims) - 1)) / len(dims)
    height = round(_ROW * len(rows), 2)
    middle = [round(_ROW * (i + 0.5), 2) for i in range(len(rows))]
    words: list[dict[str, Any]] = [
        {"x": -4.0, "y": y, "text": label} for y, label in zip(middle, labels, strict=True)
    ]
    layers: list[alt.Chart | alt.LayerChart] = []
    lines = [{"x": -left, "x2": plot, "y": _ROW * i, "y2": _ROW * i} for i in firsts[1:]]
    holes, dots, ticks, heads = [], [], [], []
    for k, dimension in enumerate(dims):
        start = k * (wide + gap)
        values = rows[dimension]
        low, high, steps = _scale(values, 2 if is_narrow(width) else 4)
        worse = bool((rows[dimension].dropna() == -rows[f"aligned {dimension}"].dropna()).all()) and bool(
            (values.dropna() != 0).any()
        )

        def at(
            value: float, a: float = low, b: float = high, s: float = start, turned: bool = worse
        ) -> float:
            part = (value - a) / (b - a)
            return round(s + wide * ((1 - part) if turned else part), 2)

        heads.append({"x": round(start + wide / 2, 2), "y": -16.0, "text": SHORT.get(dimension, dimension)})
        for step in steps:
            ticks.append({"x": at(step), "y": -6.0, "text": f"{step:g}"})
            lines.append({"x": at(step), "x2": at(step), "y": 0.0, "y2": height})
        for i, value in enumerate(values):
            if pd.isna(value):
                holes.append(
                    {
                        "x": start,
                        "x2": start + wide,
                        "y": middle[i] - _ROW / 2 + 1,
                        "y2": middle[i] + _ROW / 2 - 1,
                    }
                )
                continue
            weights = str(rows["weights"].iloc[i])
            dots.append(
                {
                    "x": at(float(value)),
                    "y": middle[i],
                    "fill": "white" if weights == "open" else _colour(k),
                    "stroke": _colour(k),
                    "shape": _SHAPES.get(weights, "square"),
                    "what": f"{rows['model'].iloc[i]}, {owners[i]}, {weights}: {dimension} {value:g}",
                }
            )
    layers.append(rules(pd.DataFrame(lines), colour=FAINT, width=0.4))
    if holes:
        layers.append(_fields(pd.DataFrame(holes)))
    if dots:
        layers.append(_marks(pd.DataFrame(dots)))
    layers.append(texts(pd.DataFrame(words), align="right"))
    if owner_room:
        named = [{"x": round(-left, 2), "y": middle[i], "text": owners[i], "colour": MUTED} for i in firsts]
        layers.append(texts(pd.DataFrame(named)))
    layers += [texts(pd.DataFrame(heads), align="center"), texts(pd.DataFrame(ticks), align="center")]
    measures = dict(models.attrs.get("measures", {})) | dict(names or {})
    subtitle = (
        "; ".join(f"{SHORT.get(d, d)}: {measures.get(d, d)}" for d in dims) + ". Better is to the right."
    )
    whole = int(rows["complete"].sum())
    key = [KeyEntry("ring", INK, "open weights"), KeyEntry("dot", INK, "closed weights")]
    if (rows["weights"] == "borderline").any():
        key.append(KeyEntry("diamond", INK, "borderline"))
    if holes:
        key.append(KeyEntry("cell", FAINT, "no value"))
    notes = [f"{whole} of {len(rows)} models have all {len(dims)}."]
    if "developer" in models.attrs.get("belongs_to", {}).values():
        count = rows.loc[rows["complete"], "developer"].nunique()
        notes[0] += (
            f" Governance is the developer's score, repeated on its models: {count} developers, not {whole}."
        )
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=22.0,
        title=heading,
        subtitle=subtitle,
        key=key,
        notes=notes,
        stamp=stamp,
    )


def audit_correlations_plot(
    table: pd.DataFrame,
    *,
    notes: Sequence[str] = (ROUGH,),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw each correlation with its interval and its permutation p.

    Args:
        table: the table of ``analysis.audit.panel.correlations``, or several of them with different ``cases``, one below the
            other.
        notes: remarks beneath the plot.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data.

    Returns:
        The chart: for every pair of dimensions, and every choice of models, a row a unit and method; what cannot be
        estimated says so.
    """
    heading = "Do the dimensions go together?" if title is None else title
    if table.empty or table["r"].isna().all():
        why = str(table["note"].iloc[0]) if len(table) else "no panel of models"
        return say(
            f"Nothing to draw: no correlation of the panel can be estimated ({why}).",
            width=width,
            title=heading,
            stamp=stamp,
        )
    page = page_width(width)
    rows: list[dict[str, Any]] = []
    before = None
    dims = len({*table["first"], *table["second"]})
    for record in _records(table):
        pair = (record["first"], record["second"], record["cases"])
        if pair != before:
            whose = "" if dims < 3 else _WHOSE[record["cases"]].format(_WORDS.get(dims, dims))
            rows.append({"head": " and ".join(SHORT.get(d, d) for d in pair[:2]) + whose})
            before = pair
        rows.append(
            {**record, "head": "", "label": f"{str(record['method']).capitalize()}, {_over(record, width)}"}
        )
    labels = [row["label"] for row in rows if not row["head"]]
    left = round(max(text_width(label, TEXT) for label in labels) + 8.0, 2)
    right = round(text_width("p < 0.001", TEXT) + 8.0, 2)
    plot = page - left - right
    height = round(_LINE_ROW * len(rows), 2)

    def at(r: float) -> float:
        return round(plot * (r + 1) / 2, 2)

    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    grid = [{"x": at(s), "x2": at(s), "y": 0.0, "y2": height} for s in steps]
    spans, dots, words, ends, heads = [], [], [], [], []
    for i, row in enumerate(rows):
        y = round(_LINE_ROW * (i + 0.5), 2)
        if row["head"]:
            heads.append({"x": round(-left, 2), "y": y, "text": row["head"]})
            continue
        colour = INK if row["exchanged"] == "models" else OKABE_ITO["blue"]
        words.append({"x": -5.0, "y": y, "text": row["label"]})
        if math.isnan(row["r"]):
            words.append({"x": round(plot, 2), "y": y, "text": "not estimable", "colour": MUTED})
            continue
        if not math.isnan(row["low"]):
            spans.append({"x": at(row["low"]), "x2": at(row["high"]), "y": y, "y2": y, "colour": colour})
        small = "p < 0.001" if row["p"] < 0.0005 else f"p = {row['p']:.3f}"
        ends.append({"x": round(plot + 6.0, 2), "y": y, "text": small})
        dots.append(
            {
                "x": at(row["r"]),
                "y": y,
                "fill": colour,
                "stroke": colour,
                "shape": "circle" if row["method"] == "pearson" else "diamond",
                "what": f"{row['first']} and {row['second']}, {row['label']}: {row['r']:+.2f} "
                f"({row['low']:+.2f} to {row['high']:+.2f}), {small}, {row['verdict']}",
            }
        )
    layers: list[alt.Chart | alt.LayerChart] = [rules(pd.DataFrame(grid), colour=FAINT, width=0.4)]
    zero = pd.DataFrame([{"x": at(0), "x2": at(0), "y": 0.0, "y2": height}])
    layers.append(rules(zero, colour=MUTED, width=0.6))
    if spans:
        layers.append(rules(pd.DataFrame(spans), width=1.0))
    layers += [_marks(pd.DataFrame(dots)), texts(pd.DataFrame(words).fillna({"colour": INK}), align="right")]
    layers += [texts(pd.DataFrame(ends)), texts(pd.DataFrame(heads), colour=MUTED)]
    ticks = [{"x": at(s), "y": -6.0, "text": f"{s:+g}".replace("+0", "0").replace("-", "−")} for s in steps]
    layers.append(texts(pd.DataFrame(ticks), align="center"))
    return sheet(
        layers,
        width=width,
        height=height,
        left=left,
        right=right,
        above=12.0,
        title=heading,
        subtitle="Correlation with its 95% bootstrap interval; p by permutation.",
        key=[
            KeyEntry("dot", INK, "Pearson"),
            KeyEntry("diamond", INK, "Spearman"),
            KeyEntry("line", INK, "models exchanged"),
            KeyEntry("line", OKABE_ITO["blue"], "developers exchanged"),
        ],
        notes=notes,
        stamp=stamp,
    )


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
    layers += [rules(pd.DataFrame(segments), width=0.9), _marks(pd.DataFrame(dots), size=DOT)]
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


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _over(record: Mapping[str, Any], width: Width) -> str:
    unit = str(record["unit"])
    if unit == "within developer":
        return "within developers" if not is_narrow(width) else "within"
    return f"{record['n']} {unit}s"


def _colour(k: int) -> str:
    return [OKABE_ITO[c] for c in ("blue", "vermillion", "green", "purple")][k % 4]


def _scale(values: pd.Series[Any], about: int) -> tuple[float, float, list[float]]:
    """Ends of a scale a little wider than the values, and round steps within them."""
    known = values.dropna()
    if known.empty:
        return 0.0, 1.0, [0.0, 1.0]
    low, high = float(known.min()), float(known.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    pad = (high - low) * 0.05
    low, high = low - pad, high + pad
    sizes = [digit * 10.0**power for power in range(-4, 6) for digit in (1, 2, 5)]
    size = next(s for s in sizes if (high - low) / s <= about + 0.5)
    first = math.ceil(low / size)
    return low, high, [round(k * size, 6) for k in range(first, math.floor(high / size) + 1)]


def _marks(rows: pd.DataFrame, *, size: float = 18.0) -> alt.Chart:
    """Points at given places; ``rows`` has x, y, fill, stroke, shape and what."""
    chart = alt.Chart(rows).mark_point(size=min(size, RING), strokeWidth=0.9, opacity=1)
    done: alt.Chart = chart.encode(
        x=alt.X("x:Q", scale=None, axis=None),
        y=alt.Y("y:Q", scale=None, axis=None),
        fill=alt.Fill("fill:N", scale=None, legend=None),
        stroke=alt.Stroke("stroke:N", scale=None, legend=None),
        shape=alt.Shape("shape:N", scale=None, legend=None),
        tooltip=[alt.Tooltip("what:N", title=" ")],
        description=alt.Description("what:N"),
    )
    return done


def _fields(rows: pd.DataFrame) -> alt.Chart:
    done: alt.Chart = (
        alt.Chart(rows)
        .mark_rect(fill=FAINT, aria=False)
        .encode(
            x=alt.X("x:Q", scale=None, axis=None),
            x2=alt.X2("x2:Q"),
            y=alt.Y("y:Q", scale=None, axis=None),
            y2=alt.Y2("y2:Q"),
        )
    )
    return done
