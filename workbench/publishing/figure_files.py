"""Write a figure as SVG, PDF and PNG: same data, same bytes, and each says what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from analysis.charts.frame import stamped
from workbench.answers.stamp import Stamp, stamp_line
from workbench.publishing.figures import pdf, png, svg
from workbench.store import files

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")


def write_figure(
    chart: Any,
    stem: str,
    out_dir: Path,
    *,
    title: str,
    description: str,
    stamp: Stamp,
    formats: Iterable[Format] = FORMATS,
    language: str = "en",
) -> list[Path]:
    """Stamp a chart and write it as SVG, PDF and PNG.

    The three are made from one drawing, before the first is written; each file is replaced whole or not at
    all. They carry title, alternative text and stamp: SVG in ``<title>``, ``<desc>`` and the label of the
    image, PDF in its properties and a tagged Figure, PNG in text chunks.

    Args:
        chart: an altair chart, not yet stamped.
        stem: name of the files without ending.
        out_dir: folder to write to; made where it is missing.
        title: what the figure is called.
        description: alternative text: what it shows, for those who cannot see it.
        stamp: the data it shows; see ``Stamp``.
        formats: which of ``svg``, ``pdf`` and ``png`` to write.
        language: of title and description (BCP 47).

    Returns:
        Paths of the files, in the order of ``formats``.

    Raises:
        ValueError: title or description is empty, the stem is no plain name, or a format is not known.
        workbench.publishing.figures.pdf.NoText: the font of the figure was not found.
        OSError: the folder cannot be written.
    """
    wanted = tuple(dict.fromkeys(formats))
    unknown = [one for one in wanted if one not in FORMATS]
    if unknown:
        raise ValueError(f"format {', '.join(map(repr, unknown))} is not one of {', '.join(FORMATS)}")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", stem):
        raise ValueError(f"stem {stem!r} is no plain file name; use letters, digits, '.', '_' and '-'")
    title, description = " ".join(title.split()), " ".join(description.split())
    if not title or not description:
        missing = "title" if not title else "description"
        raise ValueError(f"figure {stem} has no {missing}; say in words what it shows")
    line = stamp_line(stamp)
    drawing = svg.finish(
        svg.draw(stamped(chart, line)), name=stem, title=title, description=description, language=language
    )
    content: dict[str, bytes] = {}
    for one in wanted:
        if one == "svg":
            content[one] = svg.in_points(drawing).encode()
        elif one == "pdf":
            content[one] = pdf.from_svg(
                drawing,
                title=title,
                description=description,
                keywords=line,
                language=language,
                expect_text=svg.has_text(drawing),
            )
        else:
            content[one] = png.from_svg(
                drawing, title=title, description=description, source=line, language=language
            )
    paths = []
    for one in wanted:
        path = out_dir / f"{stem}.{one}"
        files.replace(path, content[one])
        paths.append(path)
    return paths
