"""The formats records come in: one module a format, each with ``read(text, name)``.

A new format is one more file here and one more line in ``READERS``.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from workbench.doors.sources.incoming import Incoming, Reader, Unreadable
from workbench.store.faults import Fault, Refused
from workbench.store.files import decode_incoming

__all__ = ["READERS", "Incoming", "Reader", "Unreadable", "reader", "take_in"]

#: Suffix -> the module here that reads it.
READERS = {".bib": "bibtex", ".bibtex": "bibtex", ".jsonl": "jsonlines", ".ndjson": "jsonlines"}


def reader(suffix: str) -> Reader | None:
    """Return what reads files with a suffix, or None where nothing does."""
    module = READERS.get(suffix.lower())
    if module is None:
        return None
    read: Reader = import_module(f"workbench.doors.sources.{module}").read
    return read


def take_in(file: Path) -> tuple[bytes, str, list[Fault]]:
    """Return the bytes of a file that comes in, its text, and what was odd about it.

    Raises:
        Refused: the file cannot be read.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise Refused([Fault(file.name, 0, "", f"cannot be read ({why})", "check the path")]) from None
    if b"\0" in data[:4096]:
        message = "is not text, or text in another encoding than UTF-8"
        raise Refused([Fault(file.name, 0, "", message, "export it again, as UTF-8")])
    text, warnings = decode_incoming(data, file.name)
    return data, text, warnings
