"""The formats records come in: one module a format, each with ``read(text, name)``.

A new format is one more file here and one more line in ``READERS``; where a suffix is used by several, ``_SIGNS`` tells
them apart by how the file begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from workbench.doors.sources.incoming import Incoming, Reader, Unreadable
from workbench.store.budgets import incoming_bytes
from workbench.store.faults import Fault, Refused
from workbench.store.files import UTF_16, decode_incoming

__all__ = ["READERS", "Incoming", "Reader", "Records", "Unreadable", "read_file", "take_in"]

#: Suffix -> the module here that reads it.
READERS = {
    ".bib": "bibtex",
    ".bibtex": "bibtex",
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".ris": "ris",
    ".nbib": "tagged",
    ".ciw": "tagged",
    ".txt": "tagged",
    ".json": "csl",
    ".xml": "endnote",
    ".csv": "table",
    ".tsv": "table",
    ".tab": "table",
    ".xlsx": "table",
}
#: How a file begins -> the module that reads it, whatever its suffix says of the text files.
_SIGNS = (
    (re.compile(r"\s*TY {1,3}-"), "ris"),
    (re.compile(r"\s*(PMID ?-|FN |PT )"), "tagged"),
    (re.compile(r"\s*@[A-Za-z]+\s*[{(]"), "bibtex"),
    (re.compile(r"\s*\{.*\}\s*\n\s*\{"), "jsonlines"),
    (re.compile(r"\s*\[\s*[{\]]"), "csl"),
)


@dataclass(frozen=True)
class Records:
    """The records of a file.

    Attributes:
        data: its bytes.
        good: the readable ones, in file order.
        bad: the others.
        warnings: what was odd about the file.
    """

    data: bytes
    good: list[Incoming]
    bad: list[Unreadable]
    warnings: list[Fault]


def read_file(file: Path, columns: Mapping[str, str] | None = None) -> Records:
    """Read a file of records; its suffix says the format, or its beginning where several formats share a suffix.

    Args:
        file: the file.
        columns: of a table, what is taken -> the column that holds it; see ``table.COLUMNS``.

    Raises:
        Refused: nothing here reads such files, the file cannot be read at all, or it holds no record.
    """
    suffix = file.suffix.lower()
    if suffix not in READERS:
        known = ", ".join(sorted(READERS))
        raise Refused(
            [Fault(file.name, 0, "", f"unknown kind of file {file.suffix!r}", f"give one of {known}")]
        )
    module = READERS[suffix]
    if columns and module != "table":
        message = "columns are stated, and this is no table"
        raise Refused(
            [Fault(file.name, 0, "", message, "leave --columns out, or give a .csv, .tsv or .xlsx file")]
        )
    if suffix == ".xlsx":
        from workbench.doors.sources.table import read_workbook

        data = incoming_bytes(file)
        good, bad = read_workbook(data, file.name, columns)
        return Records(data, good, bad, [])
    data, text, warnings = take_in(file)
    if suffix in (".txt", ".json"):
        module = next((m for sign, m in _SIGNS if sign.match(text[:100_000])), module)
    if module == "table":
        from workbench.doors.sources import table

        good, bad = table.read(text, file.name, columns)
    else:
        read: Reader = import_module(f"workbench.doors.sources.{module}").read
        good, bad = read(text, file.name)
    if not good and not bad:
        if text.strip():
            raise Refused(
                [Fault(file.name, 1, "", "no record in it", f"give a {file.suffix} file of records")]
            )
        warnings.append(Fault(file.name, 0, "", "is empty", "look whether it is the right file", True))
    return Records(data, good, bad, warnings)


def take_in(file: Path) -> tuple[bytes, str, list[Fault]]:
    """Return the bytes of a file that comes in, its text, and what was odd about it.

    Raises:
        Refused: the file cannot be read.
    """
    data = incoming_bytes(file)
    if b"\0" in data[:4096] and data[:2] not in UTF_16:
        message = "is not text, or text in another encoding than UTF-8"
        raise Refused([Fault(file.name, 0, "", message, "export it again, as UTF-8")])
    text, warnings = decode_incoming(data, file.name)
    return data, text, warnings
