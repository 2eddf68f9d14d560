"""How a survey's files are read and replaced: every file is always wholly old or wholly new, and so is a set of them.

How that is kept through a kill stands in ``workbench.store.journal``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from workbench.store import journal, watched
from workbench.store.budgets import CELL, Over, regular_bytes
from workbench.store.faults import Fault, Refused
from workbench.store.places import data_file, within
from workbench.store.tables import Table

LOCK = ".cache/lock"
# A cell that a door lets in can be read again: it refuses what is longer than CELL.
csv.field_size_limit(CELL)

Row = dict[str, str]

#: What was last parsed of each file, by file and header: the digest of its bytes, its rows, what is wrong with it.
#: Widgets read the same tables at every key press; the bytes are read anew each time and must be the same ones.
_PARSED: dict[tuple[Path, str, tuple[str, ...]], tuple[str, list[Row], list[Fault]]] = {}


def sha256(data: bytes | str) -> str:
    """Return the hexadecimal SHA-256 digest of bytes, or of text as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the survey's lock: one writer at a time, and an interrupted write is completed first.

    Whoever holds it may call a door, which takes it again: what was checked before is then still so. What is read
    meanwhile is remembered, so that ``replace_all`` can tell that somebody changed it in an editor.

    Raises:
        Refused: another process holds the lock for more than 30 seconds.
    """
    from filelock import FileLock, Timeout

    within(root, LOCK).parent.mkdir(exist_ok=True)
    # One lock object a file, so that a thread that holds it takes it again; other threads wait like processes.
    lock = FileLock(Path(os.path.realpath(root)) / LOCK, timeout=30, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        message = "another process is writing to this survey"
        raise Refused([Fault(LOCK, 0, "", message, "try again when it ends")]) from None
    outermost = watched.remembered(root) is None
    try:
        if outermost:
            watched.begin(root)
            journal.recover(root)
        yield
    finally:
        if outermost:
            watched.end(root)
        lock.release()


def recover(root: Path) -> None:
    """Complete or roll back a write of this user that was interrupted; do nothing where there was none.

    Where the folder cannot be written, and where somebody else's write was cut off, that is said.
    """
    if journal.interrupted(root):
        try:
            with writing(root):
                pass
        except OSError as error:
            message = f"a write to this survey was cut off and cannot be completed here ({error.strerror})"
            remedy = "what you see is part old and part new; run `survey check` where it can be written"
            journal.tell(Fault(str(root), 0, "", message, remedy, True))
    for fault in journal.left_inside(root):
        journal.tell(fault)


@contextmanager
def trying(root: Path) -> Iterator[None]:
    """Stand where ``writing`` does in a dry run: nothing is locked and nothing written; the folder may be read-only."""
    recover(root)
    yield


def replace_all(root: Path, contents: Mapping[str, bytes | str]) -> list[str]:
    """Replace a set of data files, all or none; must be called inside ``writing``.

    Args:
        root: the survey folder.
        contents: path relative to ``root`` -> new content. Files that already hold it are left alone.

    Returns:
        The relative paths that changed, sorted.

    Raises:
        Refused: a file that was read has changed since, or a path is no data file of the survey; nothing was changed.
        OSError: the disk is full or not writable; nothing was changed.
    """
    new = {path: c.encode() if isinstance(c, str) else c for path, c in sorted(contents.items())}
    changed = {path: c for path, c in new.items() if watched.bytes_of(data_file(root, path)) != c}
    if not changed:
        return []
    seen = watched.remembered(root)
    if faults := watched.edited(root):
        raise Refused(faults)
    journal.carry_out(root, changed)
    if seen is not None:
        seen.update(changed)
    return list(changed)


def read_data(root: Path, path: str) -> bytes:
    """Return the bytes of one of the survey's own files.

    Raises:
        FileNotFoundError: there is none.
        Refused: it cannot be read, leads out of the survey, is no regular file, or is too large.
    """
    seen = watched.remembered(root)
    try:
        data = regular_bytes(within(root, path))
    except FileNotFoundError:
        if seen is not None:
            seen.setdefault(path, None)
        raise
    except Over as over:
        raise Refused([over.fault(path)]) from None
    except OSError as error:
        remedy = "put the file there, or give yourself the right to read it"
        raise Refused([Fault(path, 0, "", f"cannot be read ({error.strerror or error})", remedy)]) from None
    if seen is not None:
        seen.setdefault(path, data)
    return data


def replace(path: Path, content: bytes | str) -> None:
    """Replace one file that is no data of a survey, a result or a draft, atomically (temporary file, fsync, rename)."""
    journal.made_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        journal.write_synced(temporary, content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    journal.sync_folder(path.parent)


#: How a file in UTF-16 begins.
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def decode_incoming(data: bytes, name: str) -> tuple[str, list[Fault]]:
    """Decode a file that comes in; BOM, CRLF, UTF-16 and Windows-1252 are read with a warning.

    Bytes that stand for nothing in Windows-1252 are named with their line and become U+FFFD: none vanishes.

    Args:
        data: the bytes of the file.
        name: what the file is called in warnings.

    Returns:
        The text with LF line ends, and the warnings.
    """
    warnings = []
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        warnings.append(
            Fault(name, 1, "", "starts with a byte order mark", "save as UTF-8 without BOM", True)
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wide = data[:2] in UTF_16
        text = data.decode("utf-16" if wide else "cp1252", errors="replace")
        read = "UTF-16" if wide else "Windows-1252"
        warnings.append(Fault(name, line, "", f"is not UTF-8; read as {read}", "save as UTF-8", True))
        if "\ufffd" in text:
            line = text[: text.index("\ufffd")].count("\n") + 1
            message = (
                f"holds {text.count(chr(0xFFFD))} bytes that are no letter in {read}; they show as \ufffd"
            )
            warnings.append(Fault(name, line, "", message, "write the letters anew, and save as UTF-8", True))
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        warnings.append(Fault(name, line, "", "has CRLF line ends", "save with LF line ends", True))
    return text, warnings


def own_text(root: Path, path: str) -> str | None:
    """Return one of our own text files; None where there is none.

    Raises:
        Refused: it cannot be read, or is not UTF-8.
    """
    faults: list[Fault] = []
    text = read_text(root, path, faults)
    if faults:
        raise Refused(faults)
    return text or None


def read_text(root: Path, path: str, faults: list[Fault]) -> str:
    """Read one of our own text files; BOM, CRLF and anything but UTF-8 are faults. Missing reads as empty."""
    try:
        data = read_data(root, path)
    except FileNotFoundError:
        return ""
    except Refused as refusal:
        faults += refusal.faults
        return ""
    text, warnings = decode_incoming(data, path)
    faults += [Fault(w.file, w.line, w.key, w.message, w.remedy) for w in warnings]
    return text


def read_rows(root: Path, path: str, table: Table, faults: list[Fault]) -> list[Row]:
    """Read one of our CSV files as text, nothing guessed.

    Args:
        root: the survey folder.
        path: the file, relative to it; a missing file is an empty table.
        table: which columns it must have.
        faults: what is wrong is added here; rows that cannot be read are left out.

    Returns:
        One dictionary a row, with the extra key ``_line``: the line the row starts on, from 1.
    """
    rows, found = parsed(root, path, table)
    faults += found
    return [dict(row) for row in rows]


def parsed(root: Path, path: str, table: Table) -> tuple[list[Row], list[Fault]]:
    """Return the rows of a file and what is wrong with it, parsed anew only where its bytes have changed.

    The rows are shared by all who ask: copy them before changing one. See ``read_rows``.
    """
    try:
        data = read_data(root, path)
    except FileNotFoundError:
        return [], []
    except Refused as refusal:
        return [], refusal.faults
    place = ((root / path).absolute(), path, tuple(table.header))
    digest = sha256(data)
    known = _PARSED.get(place)
    if known is None or known[0] != digest:
        text, warnings = decode_incoming(data, path)
        faults = [Fault(w.file, w.line, w.key, w.message, w.remedy) for w in warnings]
        if not text:
            remedy = "restore it from git, or delete it"
            faults.append(Fault(path, 1, "", "is empty, without its header", remedy))
        rows = parse_rows(text, path, table.header, faults) if text else []
        known = _PARSED[place] = (digest, rows, faults)
    return known[1], known[2]


def parse_rows(text: str, path: str, header: list[str], faults: list[Fault]) -> list[Row]:
    """Parse CSV text with the given header; see ``read_rows``."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    start = 1
    try:
        for number, cells in enumerate(reader):
            line, start = start, reader.line_num + 1
            if number == 0:
                if cells != header:
                    faults.append(_wrong_header(path, cells, header))
                    return []
            elif not cells:
                faults.append(Fault(path, line, "", "blank line", "delete it"))
            elif len(cells) != len(header):
                faults.append(
                    Fault(
                        path,
                        line,
                        cells[0],
                        f"row has {len(cells)} columns, not {len(header)}",
                        "fill in the missing cells or quote the comma inside one",
                    )
                )
            else:
                rows.append({**dict(zip(header, cells, strict=True)), "_line": str(line)})
    except csv.Error as error:
        faults.append(Fault(path, start, "", *_csv_wrong(error)))
    if "\0" in text:
        faults += [f for row in rows for f in cell_faults(path, row, header)]
    return rows


def _csv_wrong(error: csv.Error) -> tuple[str, str]:
    if "field larger" in str(error):
        return (
            f"a cell of more than {CELL:,} characters",
            "close the quote that was left open, or shorten the cell",
        )
    return f"not readable as CSV ({error})", "close the quote that was left open"


def _wrong_header(path: str, cells: list[str], header: list[str]) -> Fault:
    missing = [c for c in header if c not in cells]
    extra = [c for c in cells if c not in header]
    what = "; ".join(
        filter(
            None,
            [
                f"columns missing: {', '.join(missing)}" if missing else "",
                f"unknown columns: {', '.join(extra)}" if extra else "",
            ],
        )
    )
    return Fault(
        path, 1, "", f"wrong header ({what or 'wrong order'})", f"the first line must be: {','.join(header)}"
    )


def rows_text(table: Table, rows: Iterable[Mapping[str, str]]) -> str:
    """Return the canonical text of a table: header, then rows sorted by key, RFC 4180 quoting, LF.

    Raises:
        Refused: a cell holds what could not be read back.
    """
    rows = list(rows)
    if faults := [f for row in rows for f in cell_faults(table.path, row, table.header)]:
        raise Refused(faults)
    ordered = list(map(itemgetter(*table.header), sorted(rows, key=lambda r: sort_key(table, r))))
    text = _csv_text(table, ordered)
    if "\r" in text:
        # A carriage return inside a cell would be read back as a line end of the file.
        plain = [[v.replace("\r\n", "\n").replace("\r", "\n") for v in cells] for cells in ordered]
        text = _csv_text(table, plain)
    return text


def cell_faults(file: str, row: Mapping[str, str], columns: Iterable[str]) -> list[Fault]:
    """Say which cells of a row no file of ours may hold: the rule of every door and of the check."""
    found = []
    for column in columns:
        cell = row[column]
        if fits(cell):
            continue
        if len(cell) > CELL:
            what = f"{column} holds {len(cell):,} characters; at most {CELL:,} fit", "shorten it"
        else:
            what = f"{column} holds a NUL character", "take it out"
        key = row.get("paper", "") or row.get("id", "")
        found.append(Fault(file, int(row.get("_line", "0")), key[:100].replace("\0", ""), *what))
    return found


def fits(cell: str) -> bool:
    """Say whether a cell can be read back from a file of ours."""
    return len(cell) <= CELL and "\0" not in cell


def _csv_text(table: Table, rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(rows)
    return out.getvalue()


def sort_key(table: Table, row: Mapping[str, str]) -> tuple[tuple[int, str], ...]:
    """Return what rows of a table are sorted by: its key, whole numbers by size."""
    # The text itself breaks the tie between 7 and 007, so that the order never depends on who came first.
    return tuple([(-1 if (n := whole_number(row[c])) is None else n, row[c]) for c in table.key])


def whole_number(text: str) -> int | None:
    """Return a whole number from 0 on, of at most 18 digits; None for anything else."""
    return int(text) if text.isdigit() and text.isascii() and len(text) <= 18 else None
