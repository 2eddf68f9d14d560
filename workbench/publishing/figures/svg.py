"""SVG of a figure: stable ids, its size in points, and a title and description for those who cannot see it."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any
from xml.sax.saxutils import escape, quoteattr, unescape

from analysis.charts.text import text_width

_ID = re.compile(r'(?<=\sid=")[^"]+(?=")')
_REFERENCE = re.compile(r'url\(#([^)]+)\)|href="#([^"]+)"')
_ROOT = re.compile(r"<svg\b[^>]*>")
_TEXT = re.compile(r'<text\b([^>]*\bfont-size="([0-9.]+)px"[^>]*)>([^<]+)</text>')
_SIZE = re.compile(r'\b(width|height)="([0-9.]+)"')


def draw(chart: Any) -> str:
    """Return the SVG of an altair chart as vl-convert draws it, with no network.

    The specification is not held against Vega-Lite's schema first, which takes as long as drawing it: the parts of a
    chart are as they are made, and the tests do it for every figure.
    """
    import altair as alt
    import vl_convert

    from analysis.charts.frame import is_sheet
    from workbench.publishing.figures import font

    font.register()

    alt.data_transformers.register("records", _records)
    # A sheet carries its whole look; whatever theme a notebook has switched on must not change its bytes.
    with (
        alt.theme.enable("none" if is_sheet(chart) else alt.theme.active),
        alt.data_transformers.enable("records", consolidate_datasets=True),
    ):
        specification = chart.to_dict(validate=False)
    version = "_".join(alt.SCHEMA_VERSION.split(".")[:2])
    return str(vl_convert.vegalite_to_svg(specification, vl_version=version))


def _records(data: Any) -> Any:
    """Return rows as Vega-Lite takes them: as altair's own transformer does, in a third of its time."""
    import altair as alt
    import numpy as np
    import pandas as pd

    named = isinstance(data, pd.DataFrame) and data.columns.is_unique and all(type(n) is str for n in data)
    if not named:
        return alt.default_data_transformer(data)
    columns: list[list[Any]] = []
    for _, column in data.items():
        values = column.tolist()
        kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
        if kind == "f":
            values = [value if isfinite(value) else None for value in values]
        elif kind not in "bi":
            values = [
                None if value is None or value is pd.NA or value != value else value for value in values
            ]
            if not {type(value) for value in values} <= {str, int, bool, type(None)}:
                return alt.default_data_transformer(data)
        columns.append(values)
    return {"values": [dict(zip(data.columns, row, strict=True)) for row in zip(*columns, strict=True)]}


def finish(svg: str, *, name: str, title: str, description: str, language: str = "en") -> str:
    """Return an SVG that is the same on every run and says what it shows.

    Vega counts the ids of gradients and clip paths up as long as the process lives; they are renumbered in
    order of appearance and carry the figure's name, so that two figures can stand in one page.

    Args:
        svg: the drawing.
        name: prefix of all ids, usually the file's stem.
        title: becomes ``<title>`` and the label of the image.
        description: becomes ``<desc>``: the alternative text.
        language: of title and description (BCP 47).

    Raises:
        ValueError: the text is no SVG.
    """
    root = _ROOT.search(svg)
    if root is None:
        raise ValueError("the drawing has no <svg> element")
    prefix = re.sub(r"[^A-Za-z0-9_-]+", "-", name) or "figure"
    numbers: dict[str, str] = {}
    for found in _ID.findall(svg):
        numbers.setdefault(found, f"{prefix}-{len(numbers) + 1}")
    svg = _ID.sub(lambda m: numbers[m[0]], svg)
    svg = _REFERENCE.sub(lambda m: _renumbered(m, numbers), svg)
    svg = with_widths(svg)
    root = _ROOT.search(svg)
    assert root is not None
    attributes = (
        f' xml:lang={quoteattr(language)} role="img" aria-label={quoteattr(title)}'
        f' aria-describedby="{prefix}-description"'
    )
    inside = f'<title>{escape(title)}</title><desc id="{prefix}-description">{escape(description)}</desc>'
    return f"{svg[: root.end() - 1]}{attributes}>{inside}{svg[root.end() :]}"


def with_widths(svg: str) -> str:
    """Return the SVG with the width of each line of text written down.

    Labels are placed and wrapped for the widths of Helvetica, Arial and Liberation Sans. Where none of them is at
    hand, a viewer takes another font; told the width, it fits the text in instead of letting it run over or be cut.
    Bold text is left as it is: the widths are those of the regular face.
    """
    return _TEXT.sub(_held, svg)


def enlarged(svg: str, factor: float) -> str:
    """Return the SVG at another size on the screen; what it draws is unchanged."""
    root = _ROOT.search(svg)
    if root is None:
        raise ValueError("the drawing has no <svg> element")
    bigger = _SIZE.sub(lambda m: f'{m[1]}="{float(m[2]) * factor:g}"', root[0])
    return svg[: root.start()] + bigger + svg[root.end() :]


def in_points(svg: str) -> str:
    """Return the SVG with its width and height given in points, the size it has in print."""
    root = _ROOT.search(svg)
    if root is None:
        raise ValueError("the drawing has no <svg> element")
    return svg[: root.start()] + _SIZE.sub(r'\1="\2pt"', root[0]) + svg[root.end() :]


def has_text(svg: str) -> bool:
    """Say whether the drawing holds any text at all."""
    return re.search(r"<text\b[^>]*>\s*[^<\s]", svg) is not None


def _held(text: re.Match[str]) -> str:
    attributes, size, words = text[1], float(text[2]), unescape(text[3])
    if (
        "textLength" in attributes
        or not words.strip()
        or re.search(r'font-weight="(?!normal|400)', attributes)
    ):
        return text[0]
    width = f'textLength="{text_width(words, size):.2f}" lengthAdjust="spacingAndGlyphs"'
    return f"<text{attributes} {width}>{text[3]}</text>"


def _renumbered(reference: re.Match[str], numbers: dict[str, str]) -> str:
    if reference[1] is not None:
        return f"url(#{numbers.get(reference[1], reference[1])})"
    return f'href="#{numbers.get(reference[2], reference[2])}"'
