"""How files are read and replaced: every file is always wholly old or wholly new, and so is a set of them.

A write to several files is staged in ``.cache/journal``: the new contents first, then a list of where each
belongs. Once that list stands the write has happened; ``recover`` finishes what a kill interrupted. Without
the list the staged contents are thrown away and everything is as it was.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from workbench.store.faults import Fault, Refused
from workbench.store.tables import Table

JOURNAL = Path(".cache/journal")
COMMIT = "commit.json"

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

    Whoever holds it may call a door, which takes it again: what was checked before is then still so.

    Raises:
        Refused: another process holds the lock for more than 30 seconds.
    """
    from filelock import FileLock, Timeout

    (root / ".cache").mkdir(exist_ok=True)
    # One lock object a file, so that a thread that holds it takes it again; other threads wait like processes.
    lock = FileLock((root / ".cache/lock").resolve(), timeout=30, is_singleton=True)
    try:
        lock.acquire()
    except Timeout:
        raise Refused(
            [
                Fault(
                    ".cache/lock",
                    0,
                    "",
                    "another process is writing to this survey",
                    "try again when it ends",
                )
            ]
        ) from None
    try:
        _recover(root)
        yield
    finally:
        lock.release()


def recover(root: Path) -> None:
    """Complete or roll back a write that was interrupted; do nothing where there was none."""
    if (root / JOURNAL).exists():
        with writing(root):
            pass


def _recover(root: Path) -> None:
    journal = root / JOURNAL
    if not journal.exists():
        return
    if (journal / COMMIT).exists():
        for staged, target in json.loads((journal / COMMIT).read_text("utf-8")).items():
            if (journal / staged).exists():
                (root / target).parent.mkdir(parents=True, exist_ok=True)
                (journal / staged).replace(root / target)
                _sync_folder((root / target).parent)
    shutil.rmtree(journal)


def replace_all(root: Path, contents: Mapping[str, bytes | str]) -> list[str]:
    """Replace a set of files, all or none; must be called inside ``writing``.

    Args:
        root: the survey folder.
        contents: path relative to ``root`` -> new content. Files that already hold it are left alone.

    Returns:
        The relative paths that changed, sorted.

    Raises:
        OSError: the disk is full or not writable; nothing was changed.
    """
    new = {path: c.encode() if isinstance(c, str) else c for path, c in sorted(contents.items())}
    changed = {
        path: c
        for path, c in new.items()
        if not ((root / path).is_file() and (root / path).read_bytes() == c)
    }
    if not changed:
        return []
    journal = root / JOURNAL
    try:
        journal.mkdir(parents=True)
        plan = {}
        for number, (path, content) in enumerate(changed.items()):
            _write_synced(journal / str(number), content)
            plan[str(number)] = path
        _write_synced(journal / "commit.tmp", json.dumps(plan).encode())
    except BaseException:
        shutil.rmtree(journal, ignore_errors=True)
        raise
    (journal / "commit.tmp").replace(journal / COMMIT)
    _sync_folder(journal)
    _recover(root)
    return list(changed)


def replace(path: Path, content: bytes | str) -> None:
    """Replace one file atomically (temporary file beside it, fsync, rename)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_synced(temporary, content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def decode_incoming(data: bytes, name: str) -> tuple[str, list[Fault]]:
    """Decode a file that comes in; BOM, CRLF and Latin-1 are read with a warning.

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
        text = data.decode("latin-1")
        warnings.append(Fault(name, line, "", "is not UTF-8; read as Latin-1", "save as UTF-8", True))
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        warnings.append(Fault(name, line, "", "has CRLF line ends", "save with LF line ends", True))
    return text, warnings


def read_text(root: Path, path: str, faults: list[Fault]) -> str:
    """Read one of our own text files; BOM, CRLF and anything but UTF-8 are faults. Missing reads as empty."""
    try:
        data = (root / path).read_bytes()
    except FileNotFoundError:
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
        data = (root / path).read_bytes()
    except FileNotFoundError:
        return [], []
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
        faults.append(
            Fault(path, start, "", f"not readable as CSV ({error})", "close the quote that was left open")
        )
    return rows


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
    """Return the canonical text of a table: header, then rows sorted by key, RFC 4180 quoting, LF."""
    ordered = list(map(itemgetter(*table.header), sorted(rows, key=lambda r: sort_key(table, r))))
    text = _csv_text(table, ordered)
    if "\r" in text:
        # A carriage return inside a cell would be read back as a line end of the file.
        plain = [[v.replace("\r\n", "\n").replace("\r", "\n") for v in cells] for cells in ordered]
        text = _csv_text(table, plain)
    return text


def _csv_text(table: Table, rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(rows)
    return out.getvalue()


def sort_key(table: Table, row: Mapping[str, str]) -> tuple[tuple[int, str], ...]:
    """Return what rows of a table are sorted by: its key, whole numbers by size."""
    # The text itself breaks the tie between 7 and 007, so that the order never depends on who came first.
    return tuple([(int(v), v) if (v := row[c]).isdigit() and v.isascii() else (-1, v) for c in table.key])
