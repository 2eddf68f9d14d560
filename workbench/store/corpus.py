"""The stored rows of a survey, as text, each knowing the file and line it stands on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, parsed, rows_text, whole_number
from workbench.store.places import CODER
from workbench.store.tables import STORED, Table

#: Years that a work may be of, at the doors and in the check.
YEARS = range(1800, 2200)


def path_of(table: Table, coder: str = "") -> str:
    """Return the path of a table's file, relative to the survey folder.

    Raises:
        Refused: the coder's id names another folder.
    """
    if coder and not CODER.fullmatch(coder):
        remedy = "an id has letters, digits and hyphens"
        raise Refused([Fault("corpus/coders", 0, "", f"{coder[:40]!r} is no coder's id", remedy)])
    return table.path.format(coder=coder)


def stored(root: Path, name: str, faults: list[Fault], coder: str | None = None) -> list[Row]:
    """Return the rows of a stored table.

    Args:
        root: the survey folder.
        name: name of the table, see ``workbench.store.tables``.
        faults: what cannot be read is added here.
        coder: for tables with a file a coder, only this coder's file; nobody else's is opened.

    Returns:
        Rows as text with the extra keys ``_line``, ``_file`` and, where there is a file a coder, ``coder``.
    """
    table = STORED[name]
    if "{coder}" not in table.path:
        rows, found = parsed(root, table.path, table)
        faults += found
        return [{**row, "_file": table.path} for row in rows]
    folder = root / Path(table.path).parent
    out: list[Row] = []
    for who in [coder] if coder is not None else sorted(p.stem for p in folder.glob("[!.]*.csv")):
        if not CODER.fullmatch(who):
            message, remedy = (
                f"{who[:40]!r} is no coder's id",
                "name the file after a coder: letters, digits, hyphens",
            )
            faults.append(Fault(f"{Path(table.path).parent.as_posix()}/{who}.csv", 0, "", message, remedy))
            continue
        path = path_of(table, who)
        rows, found = parsed(root, path, table)
        faults += found
        out += [{**row, "_file": path, "coder": who} for row in rows]
    return out


def text_of(table: Table, rows: Iterable[Row]) -> str:
    """Return the canonical content of a table's file."""
    return rows_text(table, rows)


def current(rows: Iterable[Row], key: Iterable[str]) -> dict[tuple[str, ...], Row]:
    """Return, for every key, the row with the highest revision."""
    names = tuple(key)
    latest: dict[tuple[str, ...], Row] = {}
    for row in rows:
        at = tuple(row[c] for c in names)
        if at not in latest or revision(row) > revision(latest[at]):
            latest[at] = row
    return latest


def year_of(record: Row) -> int | None:
    """Return the year of a record's first public version; None where it is not known (or no number)."""
    return whole_number(record["first_public"])


def revision(row: Row) -> int:
    """Return a row's revision; 0 where it is no number (``survey check`` names such a row)."""
    return whole_number(row["revision"]) or 0
