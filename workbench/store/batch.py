"""Rows that come to a door: from a CSV or JSON-lines file, or from the flags of a command."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench.store.budgets import json_of
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, cell_faults, decode_incoming, fits

#: What people keep beside their decisions to know what they decide on; no door needs it.
BESIDE = frozenset({"title", "authors", "year", "abstract", "venue", "doi", "url"})


#: Columns whose words are ids, which have no capitals: a spreadsheet that writes ``Exclude`` means ``exclude``.
IDS = frozenset(
    {
        *("decision", "stage", "reason", "basis", "facet", "code", "state", "level", "role"),
        *("formal", "figure_seen", "mitigates", "principal", "confidence", "outcome"),
    }
)


def read_batch(file: Path, columns: Iterable[str]) -> tuple[list[Row], list[Fault]]:
    """Read the rows of a batch.

    Args:
        file: ``.csv`` with a header row (commas, semicolons or tabs between the cells), or ``.jsonl`` with one object
            a line.
        columns: the columns a row may have. Others are refused, but for what people keep beside their decisions
            (``BESIDE``), which is passed over with a warning.

    Returns:
        The rows, each with ``_line`` and ``_file``, absent columns left out, blanks around each cell taken off; and
        warnings.

    Raises:
        Refused: the file or a row cannot be read; every fault is named.
    """
    allowed = list(columns)
    try:
        text, warnings = decode_incoming(file.read_bytes(), file.name)
    except OSError as error:
        raise Refused(
            [Fault(file.name, 0, "", f"cannot be read ({error.strerror})", "check the path")]
        ) from None
    faults: list[Fault] = []
    kind = file.suffix.lower()
    if kind in (".csv", ".tsv", ".tab"):
        rows = csv_rows(text, file.name, faults)
    elif kind in (".jsonl", ".ndjson"):
        rows = _json_rows(text, file.name, faults)
    else:
        raise Refused([Fault(file.name, 0, "", "unknown kind of file", "give .csv or .jsonl")])
    met: dict[str, Row] = {}
    for row in rows:
        for column in row:
            if column not in allowed and not column.startswith("_"):
                met.setdefault(column, row)
    for column, row in met.items():
        at = (file.name, int(row["_line"]), row.get("paper", ""))
        if column.strip().lower() in BESIDE or not column.strip():
            said = (
                f"column {column!r} is passed over"
                if column.strip()
                else "a column without a name is passed over"
            )
            warnings.append(Fault(*at, said, "nothing to do: the rows are read without it", True))
        else:
            remedy = f"{near(column, allowed)} Otherwise delete the column".replace("?.", "?")
            faults.append(Fault(*at, f"unknown column {column!r}", remedy))
    if faults:
        raise Refused(faults)
    return [_ours(row, allowed) for row in rows], warnings


def _ours(row: Row, allowed: list[str]) -> Row:
    kept = {c: cell for c, cell in row.items() if c in allowed or c.startswith("_")}
    return {c: cell.lower() if c in IDS else cell for c, cell in kept.items()}


def separator(text: str) -> str:
    """Return what separates the cells of a table: the sign that stands most often in its header, outside quotes."""
    header = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    return max((",", ";", "\t"), key=lambda sign: (header.count(sign), sign == ","))


def csv_rows(text: str, name: str, faults: list[Fault]) -> list[Row]:
    """Return the rows of a table with a header, each with ``_line`` and ``_file``; faults are added to ``faults``."""
    sign = separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    rows: list[Row] = []
    header: list[str] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not header:
                header = [c.strip() for c in cells]
                if len(set(header)) < len(header):
                    faults.append(Fault(name, line, "", "a column is given twice", "delete one"))
                    return []
            elif any(cells) and len(cells) != len(header):
                message = f"row has {len(cells)} columns, the header {len(header)}"
                what = {",": "comma", ";": "semicolon", "\t": "tab"}[sign]
                remedy = f"fill in the missing cells or quote the cell that holds a {what}"
                faults.append(Fault(name, line, cells[0], message, remedy))
            elif any(cells):
                stripped = (c.strip() for c in cells)
                rows.append({**dict(zip(header, stripped, strict=True)), "_line": str(line), "_file": name})
    except csv.Error as error:
        faults.append(
            Fault(name, start, "", f"not readable as CSV ({error})", "close the quote that was left open")
        )
    return rows


def _json_rows(text: str, name: str, faults: list[Fault]) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            cells = json_of(line)
        except ValueError as error:
            faults.append(
                Fault(
                    name,
                    number,
                    "",
                    f"not readable as JSON ({getattr(error, 'msg', error)})",
                    "one whole object a line",
                )
            )
            continue
        wrong = (
            [k for k, v in cells.items() if not isinstance(v, str)]
            if isinstance(cells, dict)
            else ["the line"]
        )
        if wrong:
            faults.append(Fault(name, number, "", f"{wrong[0]} is not text", "give every value as a string"))
            continue
        if any("\ud800" <= c <= "\udfff" for v in cells.values() for c in v):
            faults.append(Fault(name, number, "", "half a character (a lone surrogate)", "write it whole"))
            continue
        # As our files keep it: an escaped carriage return is a line end too.
        cells = {k: v.replace("\r\n", "\n").replace("\r", "\n") for k, v in cells.items()}
        rows.append({**cells, "_line": str(number), "_file": name})
    return rows


def filled(given: Row, columns: Iterable[str], faults: list[Fault]) -> Row:
    """Return a row as a door takes it: every column there, line ends as our files keep them.

    Rows from a file are so already; those that a notebook hands over may hold carriage returns, or half a
    character that no file can hold: that is a fault.
    """
    row = {**dict.fromkeys(columns, ""), **given}
    for column, cell in row.items():
        if "\r" in cell:
            row[column] = cell.replace("\r\n", "\n").replace("\r", "\n")
        if any("\ud800" <= c <= "\udfff" for c in cell):
            row[column] = ""
            message = f"half a character (a lone surrogate) in {column}"
            where = (row.get("_file", ""), int(row.get("_line", "0")), row.get("paper", ""))
            faults.append(Fault(*where, message, "write it whole"))
    if wrong := cell_faults(row.get("_file", ""), row, row.keys()):
        faults += wrong
        row |= {column: "" for column, cell in row.items() if not fits(cell)}
    return row


def flag_row(**values: str | None) -> Row:
    """Return a row made of a command's flags; flags that were not given are left out."""
    return {k: v for k, v in values.items() if v is not None} | {"_line": "0", "_file": "command line"}


@cache
def _closest(given: str, options: tuple[str, ...]) -> list[str]:
    return difflib.get_close_matches(given, options, 3, 0.5)


def near(given: str, known: Iterable[str]) -> str:
    """Return the remedy for an unknown word: the nearest known ones."""
    options = tuple(known)
    if close := _closest(given[:100], options):
        return f"did you mean {' or '.join(close)}?"
    return f"one of {', '.join(options[:12])}{', ...' if len(options) > 12 else ''}"
