"""The numbers that prose quotes: each with one way of rounding, as a LaTeX macro and as JSON.

A number in the text of a paper then cannot differ from the one in its table, and none is typed by hand.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from workbench.store.faults import Fault, Refused
from workbench.store.latex import to_latex

#: How a number is rounded and written. ``percent`` takes a share between 0 and 1.
Form = Literal["count", "percent", "percent1", "decimal1", "decimal2", "decimal3", "p", "year", "words"]
#: What stands where a number cannot be given.
MISSING = "n/a"
PREFIX = "Survey"
_RULES: dict[str, str] = {
    "count": "whole number, thousands set apart",
    "percent": "share as whole per cent; never 0 or 100 unless it is exactly that",
    "percent1": "share as per cent, one decimal; never 0.0 or 100.0 unless it is exactly that",
    "decimal1": "one decimal, two where it would read 0 or 1 and is not",
    "decimal2": "two decimals, three where it would read 0 or 1 and is not",
    "decimal3": "three decimals, four where it would read 0 or 1 and is not",
    "p": "probability, three decimals, below 0.001 and above 0.999 as such",
    "year": "year",
    "words": "words",
}


@dataclass(frozen=True)
class Number:
    r"""One number of the prose.

    Attributes:
        name: letters only, in capitals and small letters: ``PapersCoded`` becomes ``\SurveyPapersCoded``.
        value: the number, unrounded; None where there is none (then it is left out of the files of numbers).
        form: how it is rounded.
        unit: what it counts or measures: papers, modes, share of papers, years, ...
        meaning: what it says, in one sentence without full stop.
    """

    name: str
    value: float | str | None
    form: Form
    unit: str
    meaning: str


def macro_name(code: str) -> str:
    """Return a code of the schema as part of a macro's name: ``judge-bias`` is ``JudgeBias``, digits are spelled."""
    digits = dict(
        zip(
            "0123456789",
            ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"],
            strict=True,
        )
    )
    spelled = re.sub(r"\d", lambda m: f" {digits[m[0]]} ", code)
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z]+", spelled) if part)


def printed(value: float | str | None, form: Form, *, missing: str = MISSING) -> str:
    """Return a number as it is printed, in plain text.

    Args:
        value: the number; None, and not-a-number, print as ``missing``.
        form: how it is rounded.
        missing: what to print for no number.
    """
    if value is None or (not isinstance(value, str) and math.isnan(float(value))):
        return missing
    if form == "words":
        return str(value)
    number = float(value)
    if form == "count":
        return f"{round(number):,}"
    if form == "year":
        return f"{round(number)}"
    if form in ("percent", "percent1"):
        places = 0 if form == "percent" else 1
        return f"{_beside(100 * number, places, 100.0, noise=0.0) or _plain(100 * number, places)}%"
    if form == "p":
        return "<0.001" if number < 0.0005 else _beside(number, 3, 1.0) or _plain(number, 3)
    places = int(form[-1])
    if _beside(number, places, 1.0):
        places += 1  # one digit more tells what it is; if that is not enough, it is said to be nearly so
    return _beside(number, places, 1.0) or _plain(number, places)


def _plain(number: float, places: int) -> str:
    text = f"{number:.{places}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text  # no minus before nothing


def _beside(number: float, places: int, whole: float, *, noise: float = 1e-12) -> str:
    """Return a number as less or more than something, where it would be rounded to nothing or up to the whole.

    Empty where it would not, and where it is exactly that, up to the noise of a difference of two floats.
    """
    shown, size = abs(float(f"{number:.{places}f}")), abs(number)
    step = 10.0**-places
    if shown == 0 and size > noise:
        return f"<{step:.{places}f}" if number > 0 else f">-{step:.{places}f}"
    if shown == whole and size < whole - noise:
        return f">{whole - step:.{places}f}" if number > 0 else f"<-{whole - step:.{places}f}"
    return ""


def printed_latex(value: float | str | None, form: Form) -> str:
    """Return a number as LaTeX prints it: a true minus, per cent and comparison signs escaped."""
    text = printed(value, form)
    if form == "words" or text == MISSING:
        return to_latex(text)
    return re.sub(r"^([<>])", r"\\ensuremath{\1}", text.replace("%", r"\%").replace(",", "{,}")).replace(
        "-", r"\ensuremath{-}"
    )


def numbers_tex(numbers: Iterable[Number], stamp: str) -> str:
    r"""Return ``numbers.tex``: one ``\newcommand`` a number, with unit, rounding rule and meaning beside it.

    Args:
        numbers: in any order; they are sorted by name.
        stamp: the line that names the data.

    Raises:
        Refused: a name is not letters only, or given twice.
    """
    lines = [f"% {_comment(stamp)}", r"% \input this file; a number that cannot be told is not in it."]
    for n in _told(numbers):
        lines.append(
            rf"\newcommand{{\{PREFIX}{n.name}}}{{{printed_latex(n.value, n.form)}}}"
            f" % {_comment(n.meaning)} [{_comment(n.unit)}; {_RULES[n.form]}]"
        )
    return "\n".join(lines) + "\n"


def numbers_json(numbers: Iterable[Number], stamp: str) -> str:
    """Return ``numbers.json``: name -> value to twelve digits, what is printed, unit, rounding rule, meaning."""
    said = {
        PREFIX + n.name: {
            "value": _exact(n.value),
            "printed": printed(n.value, n.form),
            "unit": n.unit,
            "rounding": _RULES[n.form],
            "meaning": n.meaning,
        }
        for n in _told(numbers)
    }
    return json.dumps({"stamp": stamp, "numbers": said}, indent=2, ensure_ascii=False) + "\n"


def _told(numbers: Iterable[Number]) -> list[Number]:
    """The numbers there are: one that cannot be told would stand in a sentence as a hole."""
    return [n for n in _ordered(numbers) if printed(n.value, n.form) != MISSING]


def _ordered(numbers: Iterable[Number]) -> list[Number]:
    made = sorted(numbers, key=lambda n: n.name)
    faults = [
        Fault("numbers.tex", 0, n.name, "a macro's name has letters only", "rename it")
        for n in made
        if not re.fullmatch(r"[A-Za-z]+", n.name)
    ]
    seen: set[str] = set()
    for n in made:
        if n.name in seen:
            faults.append(Fault("numbers.tex", 0, n.name, "number given twice", "rename one of them"))
        seen.add(n.name)
    if faults:
        raise Refused(faults)
    return made


def _comment(text: str) -> str:
    return " ".join(text.split())


def _exact(value: float | str | None) -> float | int | str | None:
    if value is None or isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return None
    # Twelve digits: fewer than those in which processors differ.
    return int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.12g}")
