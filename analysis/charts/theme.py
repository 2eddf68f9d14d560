"""How every figure looks: one font in one weight, sizes for print, colours that survive colour blindness.

All lengths are points at print size (1 pt = 1/72 inch): a chart of ``SINGLE`` points fills one column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

#: A named width, or one in points.
Width: TypeAlias = Literal["single", "double"] | float

#: One column (85 mm) and the full text width (178 mm), in points.
SINGLE = 241.0
DOUBLE = 504.0
#: The widths, in points, between which labels and marks still find room: two thirds of a column, and a poster's.
NARROWEST, WIDEST = 160.0, 1440.0

#: The name under which the figures' font is drawn: one that no system has, so that none is taken in its place.
FAMILY = "Figure Sans"
#: The rest are for viewers of the SVG, with the same widths.
FONT = f"{FAMILY}, Liberation Sans, Arial, Helvetica, sans-serif"

#: Sizes of text in points; nothing in a figure is smaller than ``TEXT``.
TEXT = 7.0
HEADING = 9.0

#: Distance between the base lines of two lines of text.
LINE = 8.8
HEADING_LINE = 11.0

INK = "#1a1a1a"
MUTED = "#6b6b6b"
FAINT = "#d9d9d9"
PALE = "#f2f2f2"

#: Okabe and Ito (2008), Color Universal Design: categories told apart under the common colour deficiencies.
OKABE_ITO = {
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "black": "#000000",
}

#: Colours of sides, in the order in which the survey lists them; further sides are grey.
SIDES = tuple(OKABE_ITO[name] for name in ("blue", "vermillion", "green", "sky", "purple"))

#: Which papers raise a mode, by the text that was read.
RAISED = {
    "title": "papers whose title raises the mode",
    "abstract": "papers whose abstract raises the mode",
    "full-text": "papers whose text raises the mode",
}


def page_width(width: Width) -> float:
    """Return the width of a figure in points.

    Args:
        width: ``single`` (one column, 241 pt), ``double`` (text width, 504 pt), or points.

    Raises:
        ValueError: any other word, or a width in which no figure can be read.
    """
    if width == "single":
        return SINGLE
    if width == "double":
        return DOUBLE
    if isinstance(width, (int, float)):
        if not NARROWEST <= width <= WIDEST:
            raise ValueError(f"width {width:g} pt: a figure is {NARROWEST:g} to {WIDEST:g} pt wide")
        return float(width)
    raise ValueError(f"width {width!r} is not known; use 'single', 'double' or a number of points")


def is_narrow(width: Width) -> bool:
    """Say whether a figure is laid out as for one column: nearer to that than to the full text width."""
    return page_width(width) < (SINGLE + DOUBLE) / 2


def side_colours(sides: Iterable[str]) -> dict[str, str]:
    """Return side -> its colour, for sides in the survey's order (repeated ones count once); grey for no side."""
    known = [side for side in dict.fromkeys(sides) if side]
    return {"": MUTED} | dict.fromkeys(known, MUTED) | dict(zip(known, SIDES, strict=False))


def side_name(side: str) -> str:
    """Return what a figure calls a side."""
    if not side:
        return "No side given"
    return side.replace("-", " ").capitalize()


def config() -> dict[str, Any]:
    """Return the Vega-Lite configuration shared by all figures.

    Every weight is normal: two weights make two subset fonts, which vl-convert writes to PDF in an order
    that changes from run to run.
    """
    text = {"font": FONT, "fontSize": TEXT, "fontWeight": "normal", "color": INK}
    axis = {
        "labelFont": FONT,
        "labelFontSize": TEXT,
        "labelFontWeight": "normal",
        "labelColor": INK,
        "labelLimit": 0,
        "labelPadding": 3,
        # Axes exactly where the marks are: not rounded to pixels, labels centred on their ticks at the ends too.
        "labelFlush": False,
        "tickRound": False,
        "translate": 0,
        "titleFont": FONT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "titleColor": INK,
        "titlePadding": 3,
        "titleLimit": 0,
        "domainColor": MUTED,
        "domainWidth": 0.5,
        "tickColor": MUTED,
        "tickWidth": 0.5,
        "tickSize": 3,
        "gridColor": FAINT,
        "gridWidth": 0.4,
    }
    legend = {
        "labelFont": FONT,
        "labelFontSize": TEXT,
        "labelFontWeight": "normal",
        "titleFont": FONT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "labelLimit": 0,
    }
    title = {
        "font": FONT,
        "fontSize": HEADING,
        "fontWeight": "normal",
        "color": INK,
        "subtitleFont": FONT,
        "subtitleFontSize": TEXT,
        "subtitleFontWeight": "normal",
        "subtitleColor": MUTED,
        "anchor": "start",
    }
    return {
        "font": FONT,
        "background": "white",
        "axis": axis,
        "header": {k: v for k, v in legend.items() if k != "labelLimit"},
        "legend": legend,
        "title": title,
        "text": text,
        "view": {"stroke": None},
        "range": {"category": list(OKABE_ITO.values()), "ramp": {"scheme": "cividis"}},
    }
