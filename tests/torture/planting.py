"""Faults planted in every column of every table and in every file; `survey check` has to find each, with its line."""

from __future__ import annotations

import csv
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.reading.checking import check
from workbench.store.files import Row, rows_text
from workbench.store.tables import STORED, Table

FUTURE, MONTH_13 = "2999-01-01T00:00:00Z", "2026-13-01T00:00:00Z"
DIGITS = "9" * 5000
#: What is planted in a column, by its name; free text takes anything but what no file can hold.
ANYWHERE = ("a\0b",)
PAPER = ("no-such-paper", "../../secret", "")
CODER = ("nobody", "../eva", "")
WORD = ("no-such-word", "")
NUMBER = ("-1", "1.5", "many", DIGITS)
DIGEST = ("0" * 63, "Z" * 64)
STAMP = ("yesterday", MONTH_13, FUTURE, "")
YES_NO = ("maybe",)
COLUMNS: dict[str, tuple[str, ...]] = {
    "paper": PAPER, "a": PAPER, "b": PAPER, "coder": CODER, "by": CODER, "chosen": CODER, "run": ("no-such-run",),
    "search": WORD, "stage": WORD, "blind": WORD, "outcome": WORD,
    "decision": ("no-such-word",), "basis": WORD, "facet": WORD,
    "code": WORD, "state": WORD, "level": WORD, "role": WORD, "mitigates": WORD, "kind": WORD, "proxy": WORD,
    "latent": WORD, "failure_mode": WORD, "unit": WORD, "higher_is": WORD, "latent_is": ("no-such-word",),
    "principal": YES_NO, "formal": YES_NO, "figure_seen": YES_NO, "confidence": YES_NO, "verified": YES_NO,
    "grey": YES_NO, "schema": ("9.9", "../../x", ""), "revision": ("0", "-1", "x", DIGITS), "n": NUMBER,
    "block": NUMBER, "drawn": NUMBER, "frame": NUMBER, "order": NUMBER, "seed": ("x",),
    "probability": ("1.5", "-1", "x", "nan"),
    "score": ("101", "-1", "x"), "first_public": ("1750", "2250", "x", DIGITS), "line": ("-1", "x"),
   
    "text_sha256": DIGEST, "span_sha256": DIGEST, "content_sha256": DIGEST, "instructions_sha256": DIGEST,
    "start": ("-1", "x", DIGITS), "end": ("0", "x"), "at": STAMP, "date": ("yesterday", "2026-13-01", "2999-01-01"),
    "guessed_streams": ("no-such-stream",), "streams": ("no-such-stream",),
    "stratum": ("no-such-stratum",),
    "proxy_value": ("", "words"), "latent_value": ("", "words"), "id": ("",), "reason": ("no-such-reason",),
    "kept": PAPER, "taken": PAPER, "undone_by": ("nobody",), "undone": ("yesterday",), "record": DIGEST, "what": WORD,
    "kept_text_sha256": DIGEST, "taken_text_sha256": DIGEST, "year": ("x",),
    **dict.fromkeys(
        ("arxiv_id", "authors", "doi", "editor", "kept_stratum", "key", "keywords", "month", "number", "pages",
         "taken_stratum", "title", "type", "undone_why", "url", "venue", "volume"), ()),
    # Free text, or of a form that only its own file knows: nothing but what no file can hold.
    **dict.fromkeys(
        ("file", "why", "note", "locator", "model", "batch", "rationale", "proxy_measure", "latent_measure", "change",
         "sample", "system", "protocol", "attempts", "source", "hits"), ()),
}  # fmt: skip
#: Of these nothing is rows in the small survey, or the door's own form says more than the column's name.
PANEL = "audit"
#: Where a column's fault is none: (table, column, value).
HARMLESS = {
    ("hits", "reason", "no-such-reason"),
    # Whoever knows better may join, split and take out: no coder of the survey need they be.
    *((table, "by", who) for table in ("merges", "removals") for who in ("nobody", "../eva")),
    *((table, "undone_by", "nobody") for table in ("merges", "removals")),
}


@dataclass
class Tally:
    """What came of one kind of trial."""

    name: str
    tried: int = 0
    caught: int = 0
    exact: int = 0
    lost: int = 0
    tracebacks: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return the tally as a row of the table in docs/safety.md."""
        exact = f"{self.exact / self.tried:.0%}" if self.exact else ""
        return (
            f"| {self.name} | {self.tried:,} | {self.caught:,} | {exact} | {self.lost} | {self.tracebacks} "
            f"| {self.seconds:.1f} |"
        )


def cells(root: Path) -> Iterator[tuple[str, str, int, str, str]]:
    """Return every fault of a cell to be planted: table, file, number of the row, column, value."""
    for name, table in STORED.items():
        if name == PANEL:
            continue
        for path in files_of(root, table):
            count = len(read(root / path))
            for column in table.header:
                for value in (*ANYWHERE, *COLUMNS[column]):
                    number = min(1, count - 1)
                    if number >= 0 and (name, column, value) not in HARMLESS:
                        yield name, path, number, column, value


def files_of(root: Path, table: Table) -> list[str]:
    """Return the first file of a table."""
    found = sorted(root.glob(table.path.replace("{coder}", "*")))
    return [p.relative_to(root).as_posix() for p in found[:1]]


def read(file: Path) -> list[Row]:
    """Return the rows of a file, each with the line it starts on."""
    reader = csv.reader(io.StringIO(file.read_text("utf-8"), newline=""))
    header = next(reader)
    rows, at = [], reader.line_num + 1
    for given in reader:
        rows.append({**dict(zip(header, given, strict=True)), "_line": str(at)})
        at = reader.line_num + 1
    return rows


def plain_text(table: Table, rows: list[Row]) -> str:
    """Return rows as they are given, in their order, with no rule of ours."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows([row[c] for c in table.header] for row in rows)
    return out.getvalue()


def plant_cells(root: Path, tally: Tally) -> None:
    """Plant each fault of a cell, one at a time."""
    for name, path, number, column, value in list(cells(root)):
        table, file = STORED[name], root / path
        whole, rows = file.read_bytes(), read(file)
        if rows[number][column] == value:
            continue
        rows[number][column] = value
        file.write_text(plain_text(table, rows), "utf-8")
        judge(root, tally, f"{path} {column}={value[:20]!r}", path, int(rows[number]["_line"]))
        file.write_bytes(whole)


def judge(root: Path, tally: Tally, what: str, file: str, line: int, known: int = 0) -> None:
    """Let the check look, and count what it says of the fault that was planted."""
    tally.tried += 1
    begun = time.perf_counter()
    try:
        found = check(root)
    except Exception as error:
        tally.tracebacks += 1
        tally.missed.append(f"{what}: {type(error).__name__}: {error}"[:160])
        return
    finally:
        tally.seconds = max(tally.seconds, time.perf_counter() - begun)
    if any(f.file == file or f.file.startswith(f"{file}/") for f in found):
        tally.caught += 1
        tally.exact += any(f.file == file and (f.line == line or not line) for f in found)
    elif found:
        tally.caught += 1  # told of where it shows
    else:
        tally.missed.append(what)
    assert all(f.remedy for f in found), f"no remedy: {what}"


#: What can befall a whole file: name -> what is done to its bytes.
SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda b: b[: len(b) * 2 // 3],
    "open quote": lambda b: b + b'"',
    "Latin-1": lambda b: b + "é".encode("latin-1"),
    "UTF-16": lambda b: b.decode("utf-8").encode("utf-16"),
    "byte order mark": lambda b: b"\xef\xbb\xbf" + b,
    "CRLF": lambda b: b.replace(b"\n", b"\r\n"),
    "NUL bytes": lambda b: b + b"\0" * 100,
    "nothing in it": lambda b: b"",
    "a line twice": lambda b: b + b.rstrip(b"\n").rpartition(b"\n")[2] + b"\n",
    "a conflict of git": lambda b: b"<<<<<<< HEAD\n" + b + b"=======\n>>>>>>> theirs\n",
    "brackets": lambda b: b"[" * 50_000,
    "braces": lambda b: b"{" * 50_000,
    "digits": lambda b: DIGITS.encode() + b"\n",
    "an alias": lambda b: b"a: &a [x]\nb: *a\n",
    "a mapping as key": lambda b: b"? {a: b}\n: c\n",
    "a scalar": lambda b: b"just a word\n",
}  # fmt: skip


def data_files(root: Path) -> list[str]:
    """Return every data file of a survey."""
    return sorted(
        p.relative_to(root).as_posix()
        for room in ("corpus", "coding_schema", "claims")
        for p in (root / room).rglob("*")
        if p.is_file() and not p.name.startswith(".")
    )


def plant_files(root: Path, tally: Tally) -> None:
    """Spoil each file, one at a time: its bytes, then what lies in its place."""
    for path in data_files(root):
        file = root / path
        whole = file.read_bytes()
        for how, spoil in SPOILED.items():
            if (spoiled := spoil(whole)) != whole:
                file.write_bytes(spoiled)
                judge(root, tally, f"{path}: {how}", path, 0)
        for how, put in PUT.items():
            file.unlink()
            put(file)
            judge(root, tally, f"{path}: {how}", path, 0)
            shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink(missing_ok=True)
            file.write_bytes(whole)


#: What can lie where a file belongs.
PUT: dict[str, Callable[[Path], None]] = {
    "nothing": lambda file: None,
    "a folder": lambda file: file.mkdir(),
    "a named pipe": lambda file: os.mkfifo(file),
    "a link to a device": lambda file: file.symlink_to("/dev/zero"),
    "a link out": lambda file: file.symlink_to("/etc/passwd"),
    "a link to itself": lambda file: file.symlink_to(file.name),
}


def canonical(root: Path) -> bool:
    """Say whether every table is as its writer writes it: what planting starts from."""
    return all(
        (root / path).read_text("utf-8") == rows_text(table, read(root / path))
        for table in STORED.values()
        for path in files_of(root, table)
    )
