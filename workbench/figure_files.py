"""Write a figure as SVG, PDF and PNG: same data, same bytes, and each says what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from analysis.charts.frame import stamped
from workbench import files
from workbench.figures import pdf, png, svg

Format = Literal["svg", "pdf", "png"]
FORMATS: tuple[Format, ...] = ("svg", "pdf", "png")


class Stamp(TypedDict):
    """What a figure says of the data it came from.

    Attributes:
        data_sha256: digest of the data, hexadecimal; its first eight digits are shown.
        schema: version of the coding schema.
        human_verified_share: share of the final failure-mode codes that rest on a human, 0 to 1; None where
            there is no code to verify.
        data_date: date of the data, as ``2026-11-24``.
    """

    data_sha256: str
    schema: str
    human_verified_share: float | None
    data_date: str


def stamp_line(stamp: Stamp) -> str:
    """Return the line that stands under a figure.

    A share is rounded to whole per cent, but never to 0 or 100 unless it is exactly that.
    """
    share = stamp["human_verified_share"]
    if share is None:
        verified = "no code yet"
    elif not 0 <= share <= 1:
        raise ValueError(f"human_verified_share={share} is not between 0 and 1")
    elif 0 < share < 0.01:
        verified = "under 1 % human-verified"
    elif 0.99 < share < 1:
        verified = "over 99 % human-verified"
    else:
        verified = f"{share * 100:.0f} % human-verified"
    date = stamp["data_date"] or "no date"
    return f"data {stamp['data_sha256'][:8]} · schema {stamp['schema']} · {verified} · data of {date}"


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
        workbench.figures.pdf.NoText: the font of the figure was not found.
        OSError: the folder cannot be written.
    """
    drawn = draw_figure(
        chart, stem, title=title, description=description, stamp=stamp, formats=formats, language=language
    )
    return write_drawn(drawn, out_dir)


@dataclass(frozen=True)
class Drawn:
    """A figure drawn as SVG, which the files of all formats are made from; what it says as in ``write_figure``."""

    stem: str
    drawing: str
    title: str
    description: str
    line: str
    formats: tuple[Format, ...]
    language: str


def draw_figure(
    chart: Any,
    stem: str,
    *,
    title: str,
    description: str,
    stamp: Stamp,
    formats: Iterable[Format] = FORMATS,
    language: str = "en",
) -> Drawn:
    """Stamp and draw a chart: the first half of ``write_figure``, with the same arguments and errors.

    Drawing goes on in one thread at a time; ``write_drawn`` may run beside it in another.
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
    return Drawn(stem, drawing, title, description, line, wanted, language)


def write_drawn(drawn: Drawn, out_dir: Path) -> list[Path]:
    """Convert a drawing and write its files: the second half of ``write_figure``."""
    drawing, title, description, language = drawn.drawing, drawn.title, drawn.description, drawn.language
    content: dict[str, bytes] = {}
    for one in drawn.formats:
        if one == "svg":
            content[one] = svg.in_points(drawing).encode()
        elif one == "pdf":
            content[one] = pdf.from_svg(
                drawing,
                title=title,
                description=description,
                keywords=drawn.line,
                language=language,
                expect_text=svg.has_text(drawing),
            )
        else:
            content[one] = png.from_svg(
                drawing, title=title, description=description, source=drawn.line, language=language
            )
    paths = []
    for one in drawn.formats:
        path = out_dir / f"{drawn.stem}.{one}"
        files.replace(path, content[one])
        paths.append(path)
    return paths
