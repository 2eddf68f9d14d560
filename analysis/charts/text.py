"""How wide a text is in print, so that labels are placed, wrapped and kept apart without a browser.

The widths are those of the Helvetica metrics (Adobe Font Metrics, 1/1000 of the size), to which Arial and
Liberation Sans are drawn; checked against what vl-convert renders.
"""

from __future__ import annotations

import re

# fmt: off
_ASCII = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,  # space to /
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,  # 0 to ?
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,  # @ to O
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,  # P to _
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,  # ` to o
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,  # p to ~
)
# fmt: on
_OTHER = {"\u00a0": 278, "·": 333, "–": 556, "—": 1000, "→": 1000, "…": 1000, "≥": 549, "−": 584, "α": 578}

#: A line may end after a blank (not a no-break space), and after a hyphen or slash inside a word.
_PIECES = re.compile(r"[ \t]+|[^ \t/-]*[/-]+|[^ \t/-]+")


def text_width(text: str, size: float) -> float:
    """Return the width in points of one line of text at a font size in points.

    Characters outside the table count as a capital (0.667 of the size), CJK as a full square.
    """
    thousandths = 0
    for character in text:
        code = ord(character)
        if 32 <= code < 127:
            thousandths += _ASCII[code - 32]
        else:
            thousandths += _OTHER.get(character, 1000 if code >= 0x2E80 else 667)
    return thousandths * size / 1000


def wrap(text: str, size: float, width: float) -> list[str]:
    """Break a text into lines no wider than ``width`` points at the given font size.

    Lines end at blanks, after hyphens and after slashes; a piece that is wider than the line by itself is
    cut between characters, never dropped. Line breaks in the text are kept, no-break spaces come out as
    blanks. An empty text has no lines.
    """
    lines = [line for part in text.splitlines() for line in _wrap_one(part, size, width)]
    return [line.replace("\u00a0", " ") for line in lines]


def widest_piece(text: str, size: float) -> float:
    """Return the width in points of the widest part of a text that ``wrap`` leaves whole where it can."""
    return max((text_width(piece.strip(), size) for piece in _PIECES.findall(text)), default=0.0)


def _wrap_one(text: str, size: float, width: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(text):
        if text_width((line + piece).rstrip(), size) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.strip())
        line = piece.lstrip()
        while len(line) > 1 and text_width(line, size) > width:
            cut = next(
                n for n in range(len(line) - 1, 0, -1) if n == 1 or text_width(line[:n], size) <= width
            )
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.strip())
    return lines


def shortened(text: str, size: float, width: float) -> str:
    """Return a text that fits on one line, its end replaced by an ellipsis where it is too wide."""
    if text_width(text, size) <= width:
        return text
    cut = next((n for n in range(len(text) - 1, 0, -1) if text_width(text[:n] + "…", size) <= width), 0)
    return text[:cut].rstrip() + "…"
