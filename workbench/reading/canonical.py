"""Is every data file written as the doors write it: rows sorted by key, each key once, nothing lost in between?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from workbench.reading.broken import first_difference
from workbench.store import bibliography, files, latex, names, parsed_copies, tables
from workbench.store.bibliography import PAPERS, Entry, papers_text
from workbench.store.faults import Fault
from workbench.store.files import Row, read_text, rows_text, sha256, sort_key
from workbench.store.tables import STORED


def order_faults(root: Path, rows: dict[str, list[Row]], works: list[Entry], broken: set[str]) -> list[Fault]:
    """Return where a file is out of order, holds a key twice, or is not written canonically.

    What was found in order is remembered by the digest of all files together, in the user's state folder: to sort and
    write a large survey again at every check is most of what a check costs.

    Args:
        root: the survey folder.
        rows: the rows of every stored table, by its name.
        works: the works of ``papers.bib``.
        broken: files that could not be read whole; of these nothing is said.
    """
    paths = sorted({row["_file"] for mine in rows.values() for row in mine} | {PAPERS})
    texts = {path: read_text(root, path, []) for path in paths}
    stamp = sha256("\0".join([_writers(), *(f"{path}\0{sha256(text)}" for path, text in texts.items())]))
    if not broken and parsed_copies.copy_of(stamp) == IN_ORDER:
        return []
    faults = [f for name, mine in rows.items() for f in _of_table(root, name, mine, broken)]
    if PAPERS not in broken:
        faults += _of_bibliography(texts[PAPERS], works)
    if not faults and not broken:
        parsed_copies.keep(stamp, IN_ORDER)
    return faults


IN_ORDER = "in order"


@cache
def _writers() -> str:
    """Digest of the code that says what is canonical: what older code found in order is looked at again."""
    code = (__file__, *(str(m.__file__) for m in (bibliography, files, latex, names, tables)))
    return sha256(b"".join(Path(path).read_bytes() for path in code))


def _of_table(root: Path, name: str, rows: list[Row], broken: set[str]) -> list[Fault]:
    table = STORED[name]
    faults = []
    for path in sorted({r["_file"] for r in rows}):
        mine = [r for r in rows if r["_file"] == path]
        seen: dict[tuple[str, ...], str] = {}
        for before, row in zip([None, *mine], mine, strict=False):
            key = tuple(row[c] for c in table.key)
            if key in seen:
                message = f"{', '.join(table.key)} given twice (first on line {seen[key]})"
                faults.append(
                    Fault(path, int(row["_line"]), row[table.key[0]], message, "delete one of the rows")
                )
            elif before and sort_key(table, row) < sort_key(table, before):
                message = "out of order"
                remedy = f"sort the file by {', '.join(table.key)}"
                faults.append(Fault(path, int(row["_line"]), row[table.key[0]], message, remedy))
            seen[key] = row["_line"]
        unread: list[Fault] = []
        text = read_text(root, path, unread)
        if (
            not faults
            and not unread
            and path not in broken
            and text != rows_text(table, mine)
            and text.count("\n") >= len(mine)
        ):
            at = first_difference(text, rows_text(table, mine))
            faults.append(
                Fault(path, at, "", "is not written canonically", "quote only what needs it; end with LF")
            )
    return faults


def _of_bibliography(text: str, works: list[Entry]) -> list[Fault]:
    """The bibliography's text is the canonical one: what stands between entries is no comment but lost."""
    canonical = papers_text(works)
    if text == canonical:
        return []
    remedy = "let a door write it: entries by key, one field a line, and nothing between them"
    return [Fault(PAPERS, first_difference(text, canonical), "", "is not written canonically", remedy)]
