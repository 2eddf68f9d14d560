"""How wide a text is when LaTeX prints it in its usual letters, so that a table fits without LaTeX at hand.

The widths are those that TeX measures for Computer Modern Roman at 10 pt (the fonts of Knuth, *Computer Modern
Typefaces*, 1986), in 1/100 pt. Kerning, which mostly narrows, is left out.
"""

from __future__ import annotations

import re

# fmt: off
_AT_TEN = (
    333, 278, 500, 833, 500, 833, 778, 278, 389, 389, 500, 778, 278, 333, 278, 500,  # space to /
    500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 778, 778, 778, 472,  # 0 to ?
    778, 750, 708, 722, 764, 680, 653, 785, 750, 361, 514, 778, 625, 916, 750, 778,  # @ to O
    680, 778, 736, 555, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 611, 778,  # P to _
    278, 500, 555, 444, 555, 444, 305, 500, 555, 278, 305, 528, 278, 833, 555, 500,  # ` to o
    555, 528, 392, 394, 389, 555, 528, 722, 528, 528, 444, 500, 278, 500, 611,  # p to ~
)
# fmt: on
_OTHER = {"·": 278, "–": 500, "—": 1000, "−": 778, "…": 1333, "≥": 778, "≤": 778, "×": 778, "±": 778}
#: The smaller fonts are drawn wider for their size: what a width at 10 pt is multiplied by.
SCALE = {10: 1.0, 9: 0.926, 8: 0.85}
#: What ``\\cite`` prints for one work, where works are numbered.
_CITED = "[999]"

_COMMAND = re.compile(
    r"\\namedwork\{(?P<work>(?:[^{}]|\{[^{}]*\})*)\}\{[^}]*\}|\\cite\{(?P<cited>[^}]*)\}"
    r"|\\ensuremath\{(?P<sign>[^}]*)\}|\\text(?P<name>[a-z]+)\{\}|\\(?P<one>.)|--|[{}]"
)
_NAMED = {
    "backslash": "\\",
    "braceleft": "{",
    "braceright": "}",
    "asciitilde": "~",
    "asciicircum": "^",
    "periodcentered": "·",
}
#: TeX may break a line at a blank and after a hyphen.
_PIECES = re.compile(r"[^ -]*-+|[^ -]+")


def as_printed(latex: str) -> str:
    """Return the characters that a piece of LaTeX prints; ``~`` is a blank that does not break."""

    def character(found: re.Match[str]) -> str:
        if found["work"] is not None:
            return f"{as_printed(found['work'])}\u00a0{_CITED}"
        if found["cited"] is not None:
            return " ".join(_CITED for _ in found["cited"].split(","))
        if found["sign"] is not None:
            return found["sign"].replace("-", "−")
        if found["name"] is not None:
            return _NAMED.get(found["name"], "")
        if found["one"] is not None:
            return found["one"]
        return "–" if found[0] == "--" else ""

    return _COMMAND.sub(character, latex.replace("~", "\u00a0"))


def line_width(latex: str, size: int) -> float:
    """Return the width in points of a piece of LaTeX on one line.

    Args:
        latex: plain words with what ``store.latex`` and the tables write; other commands count by their letters.
        size: font size in points: 10, 9 or 8.

    Raises:
        KeyError: another size.
    """
    return sum(map(_width, as_printed(latex))) / 100 * SCALE[size]


def widest_piece(latex: str, size: int) -> float:
    """Return the width in points of the widest part that TeX does not break, at a font size of 10, 9 or 8 points."""
    pieces = _PIECES.findall(as_printed(latex))
    return max((sum(map(_width, piece)) / 100 * SCALE[size] for piece in pieces), default=0.0)


def _width(character: str) -> int:
    code = ord(character)
    if 32 <= code < 127:
        return _AT_TEN[code - 32]
    # As wide as a capital where it is not known, a full square for writing that has no spaces.
    return 333 if code == 0xA0 else _OTHER.get(character, 1000 if code >= 0x2E80 else 778)
