"""PNG of a figure: 300 dots an inch, with title and alternative text inside."""

from __future__ import annotations

import re
import struct
import zlib

import vl_convert

from workbench.publishing.figures import font

DPI = 300

_ROOT = re.compile(r"<svg\b[^>]*>")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def from_svg(svg: str, *, title: str, description: str, source: str = "", language: str = "en") -> bytes:
    """Convert an SVG and return the bytes of the PNG; one unit of the SVG is one point of 1/72 inch.

    The pixels stay packed as they came: unpacking them to pack them smaller takes as long as drawing them.

    Args:
        svg: the drawing.
        title: text chunk ``Title``.
        description: text chunk ``Description``: the alternative text.
        source: text chunk ``Source``: the line that names the data.
        language: of the texts (BCP 47).

    Raises:
        ValueError: the text is no SVG.
    """
    font.register()
    drawn = vl_convert.svg_to_png(_on_white(svg), scale=DPI / 72, ppi=72)
    said = [("Title", title), ("Description", description), ("Source", source)]
    dots = round(DPI / 0.0254)  # a metre, which is the unit of PNG
    made = [_chunk(b"pHYs", struct.pack(">IIB", dots, dots, 1))]
    made += [_chunk(b"iTXt", _international(key, text, language)) for key, text in said if text]
    header, *rest = _chunks(drawn)
    return b"".join([_SIGNATURE, header, *made, *(c for c in rest if c[4:8] not in (b"pHYs", b"iTXt"))])


def _on_white(svg: str) -> str:
    """Return the SVG on a white page: transparent figures turn black in some viewers."""
    root = _ROOT.search(svg)
    if root is None:
        raise ValueError("the drawing has no <svg> element")
    return f'{svg[: root.end()]}<rect width="100%" height="100%" fill="white"/>{svg[root.end() :]}'


def _chunks(png: bytes) -> list[bytes]:
    """Return the chunks of a PNG, each with length, name, data and checksum (PNG, W3C 2003, section 5.3)."""
    found, at = [], len(_SIGNATURE)
    while at < len(png):
        end = at + 12 + int(struct.unpack_from(">I", png, at)[0])
        found.append(png[at:end])
        at = end
    return found


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _international(key: str, text: str, language: str) -> bytes:
    """Return the data of an iTXt chunk, not compressed (section 11.3.4.5)."""
    parts = (key.encode("latin-1"), b"\0\0" + language.encode("ascii"), key.encode(), text.encode())
    return b"\0".join(parts)
