"""The font of every figure, under a name that no system has, so that every machine draws the same letters.

vl-convert carries Liberation Sans, but takes a font of the same name that the system has before its own, in another
version with other outlines. Its copy is therefore given a private name (which the licence of the font, OFL 1.1, asks
of any changed version) and registered under that.
"""

from __future__ import annotations

import struct
import tempfile
from functools import cache
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path

from analysis.charts.theme import FAMILY

#: What the carried font is called, and its faces by their PostScript names: the two that figures use.
_CARRIED = "Liberation Sans"
_FACES = ("LiberationSans", "LiberationSans-Bold")
#: Entries of the table ``name`` that say what a font is called; copyright and licence stay as they are.
_NAMING = (1, 3, 4, 6, 16, 18)
#: A font is smaller than this: its beginning is looked for no farther from its name.
_LARGEST = 1_000_000


class NoFont(RuntimeError):
    """vl-convert does not carry the font that figures are drawn with."""


@cache
def register() -> Path:
    """Make the figures' font known to vl-convert in this process; return the folder it lies in.

    Raises:
        NoFont: the installed vl-convert carries no such font.
    """
    import vl_convert

    folder = Path(_kept().name)
    for face, content in zip(_FACES, carried(), strict=True):
        (folder / f"{face.replace('Liberation', 'Figure')}.ttf").write_bytes(renamed(content, FAMILY))
    vl_convert.register_font_directory(str(folder))
    return folder


def carried() -> list[bytes]:
    """Return the regular and the bold face that vl-convert carries, as TrueType files.

    Raises:
        NoFont: the installed vl-convert carries no such font.
    """
    spec = find_spec("vl_convert.vl_convert")
    if spec is None or spec.origin is None:
        raise NoFont(
            "vl-convert is not installed as a library with fonts inside; install vl-convert-python 1.9"
        )
    with Path(spec.origin).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as library:
        return [_face(library, face) for face in _FACES]


def renamed(font: bytes, family: str) -> bytes:
    """Return a TrueType font that is called ``family`` wherever it was called Liberation Sans.

    Args:
        font: a TrueType file (ISO/IEC 14496-22, *Organization of an OpenType font*).
        family: its new name.
    """
    tables = _tables(font)
    content = {tag: font[at : at + length] for tag, (at, length) in tables.items()}
    content[b"name"] = _named(content[b"name"], family)
    content[b"head"] = content[b"head"][:8] + bytes(4) + content[b"head"][12:]
    entries, body, at = [], b"", 12 + 16 * len(content)
    for tag, data in content.items():  # in the order of the directory, which is that of the tags
        padded = data + bytes(-len(data) % 4)
        entries.append(struct.pack(">4sIII", tag, _checksum(padded), at + len(body), len(data)))
        body += padded
    made = font[:12] + b"".join(entries) + body
    # The sum over the whole file is made to be this number (table head, checksumAdjustment).
    adjust = (0xB1B0AFBA - _checksum(made)) & 0xFFFFFFFF
    head = _tables(made)[b"head"][0]
    return made[: head + 8] + struct.pack(">I", adjust) + made[head + 12 :]


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that lives as long as the process: the fonts are read when they are first drawn with."""
    return tempfile.TemporaryDirectory(prefix="figure-font-")


def _face(library: mmap, face: str) -> bytes:
    """Return the TrueType file whose PostScript name is ``face``, out of a library that holds it as it is."""
    name = face.encode("utf-16-be")
    at = library.find(name)
    while at >= 0:
        start = library.rfind(b"\0\1\0\0\0", max(0, at - _LARGEST), at)
        while start >= 0:
            font = _whole(library, start)
            if font is not None and _postscript(font) == face:
                return font
            start = library.rfind(b"\0\1\0\0\0", max(0, at - _LARGEST), start)
        at = library.find(name, at + 1)
    raise NoFont(f"the installed vl-convert carries no font {face}; install vl-convert-python 1.9")


def _whole(library: mmap, start: int) -> bytes | None:
    """Return the font that starts there; None where none does."""
    header = library[start : start + 12 + 16 * 64]
    try:
        tables = _tables(header)
    except (struct.error, ValueError):
        return None
    end = max((at + length for at, length in tables.values()), default=0)
    if not {b"glyf", b"head", b"name"} <= set(tables) or end > _LARGEST:
        return None
    return library[start : start + end]


def _tables(font: bytes) -> dict[bytes, tuple[int, int]]:
    """Return tag -> (offset, length) of the tables of a font."""
    (number,) = struct.unpack_from(">H", font, 4)
    if not 0 < number <= 64:
        raise ValueError("no directory of tables")
    entries = (struct.unpack_from(">4sIII", font, 12 + 16 * k) for k in range(number))
    return {tag: (at, length) for tag, _, at, length in entries}


def _names(table: bytes) -> list[tuple[tuple[int, int, int, int], bytes]]:
    """Return ((platform, encoding, language, what), text as it is stored) of a table ``name``."""
    _, number, texts = struct.unpack_from(">HHH", table)
    found = []
    for k in range(number):
        *key, length, at = struct.unpack_from(">HHHHHH", table, 6 + 12 * k)
        found.append(((key[0], key[1], key[2], key[3]), table[texts + at : texts + at + length]))
    return found


def _postscript(font: bytes) -> str:
    at, length = _tables(font)[b"name"]
    for (platform, _, _, what), text in _names(font[at : at + length]):
        if (platform, what) == (3, 6):
            return text.decode("utf-16-be", "replace")
    return ""


def _named(table: bytes, family: str) -> bytes:
    entries, texts = b"", b""
    names = _names(table)
    for key, stored in names:
        if key[3] in _NAMING:
            code = "mac-roman" if key[0] == 1 else "utf-16-be"
            text = stored.decode(code).replace(_CARRIED, family)
            stored = text.replace(_CARRIED.replace(" ", ""), family.replace(" ", "")).encode(code)
        entries += struct.pack(">HHHHHH", *key, len(stored), len(texts))
        texts += stored
    return struct.pack(">HHH", 0, len(names), 6 + len(entries)) + entries + texts


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
