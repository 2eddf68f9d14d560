"""Rows that come to a door: from a CSV or JSON-lines file, or from the flags of a command."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Iterable
from pathlib import Path

from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, cell_faults, decode_incoming, fits


def read_batch(file: Path, columns: Iterable[str]) -> tuple[list[Row], list[Fault]]:
    """Read the rows of a batch.

    Args:
        file: ``.csv`` with a header row, or ``.jsonl`` with one object a line.
        columns: the columns a row may have; others are refused.

    Returns:
        The rows, each with ``_line`` and ``_file``, absent columns left out; and warnings.

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
    if file.suffix == ".csv":
        rows = _csv_rows(text, file.name, faults)
    elif file.suffix in (".jsonl", ".ndjson"):
        rows = _json_rows(text, file.name, faults)
    else:
        raise Refused([Fault(file.name, 0, "", "unknown kind of file", "give .csv or .jsonl")])
    for row in rows:
        unknown = [c for c in row if c not in allowed and not c.startswith("_")]
        for column in unknown:
            faults.append(
                Fault(
                    file.name,
                    int(row["_line"]),
                    row.get("paper", ""),
                    f"unknown column {column!r}",
                    near(column, allowed),
                )
            )
    if faults:
        raise Refused(faults)
    return rows, warnings


def _csv_rows(text: str, name: str, faults: list[Fault]) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    header: list[str] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not header:
                header = cells
                if len(set(header)) < len(header):
                    faults.append(Fault(name, line, "", "a column is given twice", "delete one"))
                    return []
            elif cells and len(cells) != len(header):
                message = f"row has {len(cells)} columns, the header {len(header)}"
                faults.append(
                    Fault(name, line, cells[0], message, "fill in the missing cells or quote the comma")
                )
            elif cells:
                rows.append({**dict(zip(header, cells, strict=True)), "_line": str(line), "_file": name})
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
            cells = json.loads(line)
        except json.JSONDecodeError as error:
            faults.append(
                Fault(name, number, "", f"not readable as JSON ({error.msg})", "one whole object a line")
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


def near(given: str, known: Iterable[str]) -> str:
    """Return the remedy for an unknown word: the nearest known ones."""
    options = list(known)
    close = difflib.get_close_matches(given, options, 3, 0.5)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"one of {', '.join(options[:12])}{', ...' if len(options) > 12 else ''}"
