"""The model panel: one measured value of one model a row, checked cell by cell.

The file is edited by hand (see ``corpus/audit/README.md``), so everything an analysis relies on is checked here: the
words, the numbers and their range, the dates, and that what belongs to a model, a measure or a developer is said alike
on every row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from workbench.store.batch import near
from workbench.store.faults import Fault
from workbench.store.files import Row

#: Column -> the words it may hold.
WORDS: dict[str, tuple[str, ...]] = {
    "weights": ("open", "borderline", "closed"),
    "dimension": ("capability", "behavioural-safety", "governance"),
    "unit": ("share", "percent", "index", "grade", "count"),
    "higher_is": ("better", "worse"),
    "attempts_are": ("", "single", "independent", "adaptive", "pool", "budget"),
    "belongs_to": ("model", "developer"),
    "kind": ("primary", "secondary"),
    "reported_by": ("developer", "third-party", "unclear"),
}
#: Unit -> least and largest value; a count has no largest.
RANGES: dict[str, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "percent": (0.0, 100.0),
    "index": (0.0, 100.0),
    "grade": (0.0, 4.3),
    "count": (0.0, float("inf")),
}
FILLED = ("model", "measure", "source", "protocol", "developer", "value", "source_url", "seen_in")
#: Columns that say the same on every row of a model, and of a measure.
OF_MODEL = ("developer", "released", "weights")
OF_MEASURE = ("dimension", "unit", "higher_is", "belongs_to", "property")

_NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)(e-?\d+)?")
_ATTEMPTS = re.compile(r"(\d+)(?:-(\d+))?")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_CONDITION = re.compile(r"[a-z][a-z-]*=[^=;]*[^=;\s]")

Say = Callable[[str, str], None]


def panel_faults(rows: Iterable[Row]) -> list[Fault]:
    """Return everything that is wrong with the rows of the panel.

    Args:
        rows: the stored rows of the table ``audit``, with ``_file`` and ``_line``.

    Returns:
        Faults with file, line, the model and its measure as key, and the way to mend each.
    """
    faults: list[Fault] = []
    of_model: dict[tuple[str, str], tuple[str, str]] = {}
    of_measure: dict[tuple[str, str], tuple[str, str]] = {}
    of_developer: dict[tuple[str, ...], tuple[str, str]] = {}
    for row in rows:
        say = _say(row, faults)
        for column in FILLED:
            if not row[column].strip():
                say(f"{column} is empty", "a value without it cannot be traced; fill it in or delete the row")
        for column, words in WORDS.items():
            if row[column] not in words:
                say(f"unknown {column} {row[column]!r}", near(row[column], [w for w in words if w]))
        _numbers(row, say)
        _attempts(row, say)
        _dates(row, say)
        _conditions(row, say)
        for column in OF_MODEL:
            _same(of_model, (row["model"], column), row, column, f"of {row['model']}", say)
        for column in OF_MEASURE:
            _same(of_measure, (row["measure"], column), row, column, f"of {row['measure']!r}", say)
        if row["belongs_to"] == "developer":
            whose = (row["developer"], row["measure"], row["source"])
            _same(of_developer, whose, row, "value", f"of the developer {row['developer']}", say)
    return faults


def panel_values(rows: Iterable[Row], faults: list[Fault]) -> list[dict[str, Any]]:
    """Return the rows with ``value`` as a number and ``n`` as a whole number or None.

    A row whose numbers cannot be read is left out and named in ``faults``.
    """
    done: list[dict[str, Any]] = []
    for row in rows:
        found: list[Fault] = []
        _numbers(row, _say(row, found))
        if found:
            faults += found
        else:
            done.append({**row, "value": float(row["value"]), "n": int(row["n"]) if row["n"] else None})
    return done


def conditions(text: str) -> dict[str, str]:
    """Return what a cell of the column ``conditions`` says: name -> value; empty for an empty cell."""
    pairs = (part.strip().partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _numbers(row: Row, say: Say) -> None:
    value = row["value"]
    if not _NUMBER.fullmatch(value):
        if value.strip():
            say(f"value is {value!r}", "write the number as reported, with a point, without its unit")
        else:
            say("value is empty", "a cell that was not seen is a row that is not there; delete it")
    elif row["unit"] in RANGES:
        low, high = RANGES[row["unit"]]
        if not low <= float(value) <= high:
            remedy = "correct the value or the unit (a percentage is not a share)"
            say(f"value {value} is outside {low:g} to {high:g} for the unit {row['unit']}", remedy)
    n = row["n"]
    if n and not (n.isascii() and n.isdigit() and int(n) > 0):
        say(f"n is {n!r}", "write the number of items, or nothing where it is not stated")


def _attempts(row: Row, say: Say) -> None:
    attempts = row["attempts"]
    if attempts:
        found = _ATTEMPTS.fullmatch(attempts)
        if not found or int(found[1]) < 1 or (found[2] and int(found[2]) <= int(found[1])):
            say(f"attempts is {attempts!r}", "write a whole number, or least and most as 30-90")
    if bool(attempts) != bool(row["attempts_are"]):
        say(
            "attempts and attempts_are do not go together",
            "say what the attempts are (single, independent, adaptive, pool, budget), or leave both empty",
        )


def _dates(row: Row, say: Say) -> None:
    if row["released"] and not _MONTH.fullmatch(row["released"]):
        say(f"released is {row['released']!r}", "write year and month (2025-04), or nothing")
    if row["source_date"] and not _DATE.fullmatch(row["source_date"]):
        remedy = "write 2025, 2025-04 or 2025-04-29, or nothing; what else there is to say belongs in note"
        say(f"source_date is {row['source_date']!r}", remedy)
    if row["source_url"] and not row["source_url"].startswith(("https://", "http://")):
        say(f"source_url is {row['source_url']!r}", "write the whole address, with https://")


def _conditions(row: Row, say: Say) -> None:
    text = row["conditions"]
    parts = text.split("; ") if text else []
    if any(not _CONDITION.fullmatch(part) for part in parts):
        say(f"conditions is {text!r}", "write name=value pairs joined by `; `, names in lower case")
    elif len(conditions(text)) < len(parts):
        say("conditions name one thing twice", "each name stands once")
    if text and not row["property"]:
        say("conditions without a property", "name the property that was measured under these conditions")


def _same(
    seen: dict[Any, tuple[str, str]], key: tuple[str, ...], row: Row, column: str, whose: str, say: Say
) -> None:
    value, line = seen.setdefault(key, (row[column], row["_line"]))
    if value != row[column]:
        remedy = f"say the same on every row (line {line} says {value!r})"
        say(f"{column} {whose} is {row[column]!r} here", remedy)


def _say(row: Row, faults: list[Fault]) -> Say:
    key = " · ".join(part for part in (row["model"], row["measure"]) if part)

    def say(message: str, remedy: str) -> None:
        faults.append(Fault(row["_file"], int(row["_line"]), key, message, remedy))

    return say
