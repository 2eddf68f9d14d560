"""The sheet a figure is drawn on: title above, plot in exact points, notes and stamp beneath.

Vega's own layout measures first and grows afterwards, so a figure's width would follow its longest label.
Here the margins are computed from the text, the layout is switched off (``autosize: none``), and a figure
is exactly one or two columns wide.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt
import pandas as pd

from analysis.charts.layers import DOT, RING, fixed, texts
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import (
    FAINT,
    HEADING,
    HEADING_LINE,
    INK,
    LINE,
    MUTED,
    TEXT,
    Width,
    config,
    page_width,
)

#: A page of print holds a figure that is no higher than this, points.
PAGE_HEIGHT = 648.0

#: What one entry of a key looks like.
Mark = Literal["ring", "dot", "diamond", "line", "dashed", "bar", "cell"]


class HigherThanAPage(UserWarning):
    """A figure that no page of print holds."""


@dataclass(frozen=True)
class KeyEntry:
    """One entry of the key above a plot: what the mark looks like, its colour and its meaning."""

    mark: Mark
    colour: str
    label: str


def sheet(
    layers: Sequence[alt.Chart | alt.LayerChart],
    *,
    width: Width,
    height: float,
    left: float = 0.0,
    right: float = 0.0,
    above: float = 0.0,
    below: float = 0.0,
    title: str = "",
    subtitle: str = "",
    key: Sequence[KeyEntry] = (),
    notes: Sequence[str] = (),
    stamp: str = "",
    tallest: str = "",
) -> alt.LayerChart:
    """Lay layers on a sheet of the given width, and warn where it is higher than a page.

    Args:
        layers: charts in plot coordinates: x from 0 to the page's width less ``left`` and ``right``, y from 0
            (top) to ``height``. Each keeps its own scales; panels beside each other are scale ranges.
        width: ``single`` or ``double``.
        height: height of the plot, points.
        left: room for the labels of the y axis, points.
        right: room to the right of the plot, points.
        above: room for an axis above the plot, points.
        below: room for an axis beneath the plot, points.
        title: first line, wrapped to the page.
        subtitle: what is counted; smaller, beneath the title.
        key: what the marks mean; drawn between subtitle and plot.
        notes: remarks beneath the plot, one paragraph each.
        stamp: line beneath everything that names the data; see ``stamped``.
        tallest: the label of the plot that takes most room from top to bottom; the warning names it.

    Returns:
        A layered chart whose width is exactly that of the page.
    """
    page = page_width(width)
    parts: list[alt.Chart | alt.LayerChart] = list(layers)
    y = -above
    key_lines, key_height = _key_layers(key, page, left, y)
    parts += key_lines
    y -= key_height
    small = wrap(subtitle, TEXT, page)
    if small:
        y -= 3.0
        parts.append(_lines(small, -left, y - LINE * (len(small) - 1), LINE, TEXT, MUTED))
        y -= LINE * len(small)
    large = wrap(title, HEADING, page)
    if large:
        y -= 3.0
        parts.append(_lines(large, -left, y - HEADING_LINE * (len(large) - 1), HEADING_LINE, HEADING, INK))
        y -= HEADING_LINE * len(large)
    bottom = below
    remarks = [line for note in notes for line in wrap(note, TEXT, page)]
    if remarks:
        parts.append(_lines(remarks, -left, height + bottom + LINE, LINE, TEXT, INK))
        bottom += LINE * len(remarks) + 3.0
    # Quarter points are exact in binary: whole points for the page come out of them without dust.
    high, bottom = _quarter(height), _quarter(bottom)
    top = math.ceil(high + bottom - y + 2.0) - high - bottom
    before = _quarter(left)
    plot = _quarter(page - before - right)
    whole = high + bottom + top
    if whole > PAGE_HEIGHT:
        blame = f"; its highest label is {' '.join(tallest.split())!r}" if tallest else ""
        message = (
            f"the figure {title or subtitle!r} is {whole / 72:.1f} inches high and {page / 72:.1f} wide, and a page "
            f"holds {PAGE_HEIGHT / 72:g} inches{blame}. Draw fewer rows, make it wider or shorten the label."
        )
        warnings.warn(message, HigherThanAPage, stacklevel=2)
    done = alt.layer(
        *parts,
        width=plot,
        height=high,
        padding={"left": before, "right": page - before - plot, "top": top, "bottom": bottom},
        autosize=alt.AutoSizeParams(type="none"),
        resolve=alt.Resolve(
            scale=alt.ScaleResolveMap(
                x="independent", y="independent", color="independent", fill="independent"
            )
        ),
        description=". ".join(part.rstrip(".") for part in (title, subtitle) if part),
        config=alt.Config(**config()),
    )
    return cast(alt.LayerChart, stamped(done, stamp) if stamp else done)


def _quarter(points: float) -> float:
    """Return the next quarter of a point at or above a length."""
    return math.ceil(round(points * 4, 6)) / 4


def panel(*layers: alt.Chart) -> alt.LayerChart:
    """Lay charts over each other so that they share their scales.

    Layers of one panel must name the same axes: one that names none hides them for all.
    """
    return cast(alt.LayerChart, alt.layer(*layers))


def is_sheet(chart: Any) -> bool:
    """Say whether a chart was laid out by ``sheet``."""
    return (
        isinstance(chart, alt.LayerChart)
        and isinstance(chart.padding, dict)
        and getattr(chart.autosize, "type", None) == "none"
    )


def stamped(chart: Any, line: str) -> Any:
    """Return the chart with a line beneath it that names the data it shows.

    Args:
        chart: a chart made by ``sheet`` (the line is set flush left under it, wrapped to its width), or any
            other altair chart (the line becomes a title at the foot of a concatenation of one).
        line: for example ``data 1a2b3c4d · schema 1.0 · 0 % human-verified · data of 2026-11-24``.

    Returns:
        A new chart; the given one is not changed. A chart that bears this very line is returned as it is.

    Raises:
        ValueError: the chart bears another line.
    """
    borne = chart.usermeta.get("stamp") if isinstance(chart.usermeta, dict) else None
    if borne == line:
        return chart
    if borne:
        raise ValueError(f"the figure is stamped already, with {borne!r}; stamp it once, with {line!r}")
    if not is_sheet(chart):
        settings = chart.config if chart.config is not alt.Undefined else alt.Undefined
        inner = chart.copy(deep=True)
        inner.config = alt.Undefined
        inner = _without_page(inner)
        outer = alt.vconcat(inner, title=_foot(line), usermeta={"stamp": line})
        if settings is alt.Undefined:
            return outer.configure(**config())
        outer.config = settings
        return outer
    padding = dict(chart.padding)
    page = chart.width + padding["left"] + padding["right"]
    lines = wrap(line, TEXT, page)
    y = round(chart.height + padding["bottom"] + LINE, 2)
    new = chart.copy(deep=False)
    new.usermeta = {"stamp": line}
    new.layer = [*new.layer, _lines(lines, -padding["left"], y, LINE, TEXT, MUTED)]
    padding["bottom"] = round(padding["bottom"] + math.ceil(LINE * len(lines) + 3.0), 2)
    new.padding = padding
    return new


def _without_page(chart: Any) -> Any:
    for name in ("autosize", "padding", "background"):
        if getattr(chart, name, alt.Undefined) is not alt.Undefined:
            setattr(chart, name, alt.Undefined)
    return chart


def _foot(line: str) -> alt.TitleParams:
    return alt.TitleParams(
        text=line, orient="bottom", anchor="start", fontSize=TEXT, fontWeight="normal", color=MUTED, offset=4
    )


def say(
    words: str,
    *,
    width: Width,
    title: str = "",
    subtitle: str = "",
    notes: Sequence[str] = (),
    stamp: str = "",
) -> alt.LayerChart:
    """Return a figure that says in words why there is nothing to draw."""
    page = page_width(width)
    lines = wrap(words, TEXT, page - 16.0)
    height = LINE * len(lines) + 14.0
    box = alt.Chart(pd.DataFrame({"words": [words]})).mark_rect(
        fill="white", stroke=FAINT, strokeWidth=0.5, aria=False
    )
    layers = [
        box.encode(x=fixed("x", 0), x2=fixed("x2", page), y=fixed("y", 2), y2=fixed("y2", height - 2)),
        _lines(lines, 8.0, LINE + 5.0, LINE, TEXT, INK),
    ]
    return sheet(layers, width=width, height=height, title=title, subtitle=subtitle, notes=notes, stamp=stamp)


def _lines(lines: Sequence[str], x: float, y: float, step: float, size: float, colour: str) -> alt.Chart:
    places = [round(y + step * number, 2) for number in range(len(lines))]
    rows = pd.DataFrame({"x": [x] * len(lines), "y": places, "text": list(lines)})
    return texts(rows, colour=colour, size=size, baseline="alphabetic")


def _key_layers(
    key: Sequence[KeyEntry], page: float, left: float, base: float
) -> tuple[list[alt.Chart | alt.LayerChart], float]:
    """Set the entries of a key in lines above ``base``; return their layers and height."""
    if not key:
        return [], 0.0
    sample, gap, after = 12.0, 3.0, 10.0
    placed: list[tuple[KeyEntry, float, int]] = []
    x, line = 0.0, 0
    for entry in key:
        needed = sample + gap + text_width(entry.label, TEXT)
        if x and x + needed > page:
            x, line = 0.0, line + 1
        placed.append((entry, x - left, line))
        x += needed + after
    step = LINE + 1.2
    height = step * (line + 1) + 3.0
    first = base - height + step / 2
    layers: list[alt.Chart | alt.LayerChart] = []
    labels = []
    for entry, start, number in placed:
        y = round(first + step * number, 2)
        layers.append(_sample(entry, start, y, sample))
        labels.append({"x": round(start + sample + gap, 2), "y": y, "text": entry.label})
    layers.append(texts(pd.DataFrame(labels)))
    return layers, height


def _sample(entry: KeyEntry, x: float, y: float, width: float) -> alt.Chart:
    one = alt.Chart(pd.DataFrame({"label": [entry.label]}))
    places = {"x": x + width / 2, "y": y}
    if entry.mark in ("line", "dashed"):
        dash = [2, 1.5] if entry.mark == "dashed" else [1, 0]
        one = one.mark_rule(color=entry.colour, strokeWidth=1.2, strokeDash=dash, aria=False)
        places = {"x": x, "x2": x + width, "y": y}
    elif entry.mark in ("bar", "cell"):
        outline = 0.6 if entry.mark == "cell" else 0.0
        one = one.mark_rect(fill=entry.colour, stroke=FAINT, strokeWidth=outline, aria=False)
        places = {"x": x + 2, "x2": x + width - 1, "y": y - 3, "y2": y + 3}
    elif entry.mark == "ring":
        one = one.mark_point(
            shape="circle", size=RING, fill="white", stroke=entry.colour, strokeWidth=1, opacity=1, aria=False
        )
    else:
        shape = "diamond" if entry.mark == "diamond" else "circle"
        one = one.mark_point(shape=shape, size=DOT, fill=entry.colour, strokeWidth=0, opacity=1, aria=False)
    channels: dict[str, Any] = {channel: fixed(channel, round(place, 2)) for channel, place in places.items()}
    return cast(alt.Chart, one.encode(**channels))
