"""Tables of records: CSV, TSV and XLSX, as Scopus, Zotero, ASReview, Rayyan and spreadsheets write them.

The columns are known by the names that these programs give them, or are stated: ``title=Document Title;year=Jahr``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.doors.sources.fielded import kind_of, pages, record, sorted_out
from workbench.doors.sources.incoming import Incoming, Unreadable
from workbench.doors.sources.jsonlines import missing
from workbench.store.batch import separator
from workbench.store.budgets import CELLS, Over, unzipped, xml_within
from workbench.store.faults import Fault, Refused

#: What is taken of a row -> names of the columns that hold it, lower case, the most trusted first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "title": ("title", "document title", "article title", "primary title", "primary_title", "ti"),
    "authors": ("author full names", "authors", "author", "author(s)", "authors list", "au"),
    "year": ("year", "publication year", "publication_year", "date", "published", "py"),
    "venue": (
        "source title",
        "publication title",
        "container-title",
        "journal",
        "journal title",
        "secondary_title",
        "journal_name",
        "venue",
        "booktitle",
        "source",
    ),
    "kind": ("document type", "item type", "type", "type_of_reference", "publication type"),
    "doi": ("doi",),
    "arxiv_id": ("arxiv_id", "arxiv id", "arxiv", "eprint"),
    "url": ("url", "link", "urls", "article url"),
    "abstract": ("abstract", "abstract note", "notes_abstract", "ab"),
    "key": ("key", "citation key", "bibtex key"),
    "volume": ("volume",),
    "number": ("issue", "number"),
    "first_page": ("page start", "start_page", "beginning page"),
    "last_page": ("page end", "end_page", "ending page"),
    "pages": ("pages", "page"),
    "keywords": ("author keywords", "keywords", "manual tags"),
    "note": ("note", "notes", "extra"),
    "editor": ("editor", "editors"),
}
#: What a spreadsheet would run as a formula. In a table of ours such a cell has an apostrophe more, taken off here.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
Row = tuple[int, list[str]]


def read(
    text: str, name: str, columns: Mapping[str, str] | None = None
) -> tuple[list[Incoming], list[Unreadable]]:
    """Read a table separated by commas, semicolons or tabs; its header says which.

    Args:
        text: the file's text, LF line ends.
        name: what the file is called.
        columns: what is taken -> name of the column, where the column bears no name that is known.

    Returns:
        Readable records and unreadable rows, each in file order.

    Raises:
        Refused: no column holds titles, or a stated column is not there.
    """
    rows = csv_rows(text)
    return _read(rows, name, columns)


def read_workbook(
    data: bytes, name: str, columns: Mapping[str, str] | None = None
) -> tuple[list[Incoming], list[Unreadable]]:
    """Read the first sheet of an XLSX workbook; otherwise as :func:`read`."""
    return _read(sheet_rows(data, name), name, columns)


def csv_rows(text: str) -> Iterator[Row]:
    """Yield each row of a table in text with the line it starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, ["\0", str(error)]
            return
        yield start, cells
        start = reader.line_num + 1


def sheet_rows(data: bytes, name: str) -> Iterator[Row]:
    """Yield each row of the first sheet of a workbook with its number; numbers that are whole lose their ``.0``.

    Raises:
        Refused: the file is no workbook, or costs more to read than its size allows (see ``budgets``).
    """
    from openpyxl import load_workbook

    try:
        for member, held in unzipped(data).items():
            if member.endswith((".xml", ".rels")):
                xml_within(held)
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        read = 0
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            read += len(cells)
            if read > CELLS:
                message = f"holds more than {CELLS:,} cells, most of them empty"
                raise Over(number, message, "copy what is filled into a new sheet, or save it as CSV")
            yield number, [_cell(c) for c in cells]
    except Over as over:
        raise Refused([over.fault(name)]) from None
    except Exception as error:  # a damaged workbook breaks openpyxl in as many ways as it has lines
        message = f"is no workbook that can be read ({error})"
        raise Refused([Fault(name, 0, "", message, "save it as .xlsx again, or as CSV")]) from None


def _cell(value: Any) -> str:
    if missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _read(
    rows: Iterable[Row], name: str, columns: Mapping[str, str] | None
) -> tuple[list[Incoming], list[Unreadable]]:
    held: Iterator[Row] = iter(rows)
    first, header = next(((n, c) for n, c in held if any(cell.strip() for cell in c)), (1, []))
    at = places(header, name, first, columns or {})
    records: list[Incoming | Unreadable] = []
    for line, cells in held:
        if cells[:1] == ["\0"]:
            records.append(
                Unreadable(line, "", "", f"not readable ({cells[1]})", "close the quote that was left open")
            )
        elif any(c.strip() for c in cells):
            records.append(_record(line, header, cells, at))
    return sorted_out(records)


def places(header: list[str], name: str, line: int, columns: Mapping[str, str]) -> dict[str, int]:
    """Return what is taken of a row -> place of the column that holds it.

    Raises:
        Refused: a stated column is not there, what is stated is nothing we take, or nothing holds titles.
    """
    known = {cell.strip().lower(): number for number, cell in reversed(list(enumerate(header)))}
    faults = []
    at = {}
    for what, names in COLUMNS.items():
        found = next((known[n] for n in names if n in known), None)
        if found is not None:
            at[what] = found
    for what, column in columns.items():
        if what not in COLUMNS:
            remedy = f"one of {', '.join(COLUMNS)}"
            faults.append(Fault(name, line, "", f"nothing called {what!r} is taken from a table", remedy))
        elif column.strip().lower() not in known:
            remedy = f"the header has {', '.join(c for c in header if c.strip())}"
            faults.append(Fault(name, line, "", f"no column is called {column!r}", remedy))
        else:
            at[what] = known[column.strip().lower()]
    if not faults and "title" not in at:
        shown = ", ".join(c for c in header[:12] if c.strip())
        remedy = f'say which it is: --columns "title=..." (the header has {shown})'
        faults.append(Fault(name, line, "", "no column of this table is known to hold titles", remedy))
    if faults:
        raise Refused(faults)
    return at


def _record(line: int, header: list[str], cells: list[str], at: Mapping[str, int]) -> Incoming | Unreadable:
    def get(what: str) -> str:
        place = at.get(what)
        value = cells[place].strip() if place is not None and place < len(cells) else ""
        if value.startswith("'") and FORMULA.match(value):
            value = value[1:]
        return "" if what != "title" and missing(value) else value

    content = "\x1f".join(f"{h}={c}" for h, c in sorted(zip(header, cells, strict=False)) if c.strip())
    if len(cells) > len(header) and any(c.strip() for c in cells[len(header) :]):
        message = f"row has {len(cells)} cells, the header {len(header)}"
        return Unreadable(line, content, get("key"), message, "quote the cell that holds the separator")
    return record(
        line,
        content,
        title=get("title"),
        key=get("key"),
        authors=people(get("authors")),
        date=get("year"),
        venue=get("venue"),
        kind=kind_of(get("kind")),
        doi=get("doi"),
        arxiv=[_dotted(get("arxiv_id")), get("url"), get("doi"), get("venue")],
        url=get("url"),
        abstract="" if get("abstract") == "[No abstract available]" else get("abstract"),
        details={
            "editor": " and ".join(people(get("editor"))),
            "volume": get("volume"),
            "number": get("number"),
            "pages": get("pages") or pages(get("first_page"), get("last_page")),
            "keywords": get("keywords").replace(";", ","),
            "note": get("note"),
        },
    )


def _dotted(said: str) -> str:
    """Return an arXiv id with the zeros that a spreadsheet took from its end: ``2503.2138`` is ``2503.21380``."""
    found = re.fullmatch(r"(\d{3,4})\.(\d{1,5})", said)
    if not found:
        return said
    month = found[1].zfill(4)
    return f"{month}.{found[2].ljust(5 if month >= '1501' else 4, '0')}"


_INITIALS = r"(?:[A-Z]\.?-?)+"


def people(said: str) -> list[str]:
    """Return the names of a cell: separated by semicolons, by ``and``, or, as ``Smith J., Doe A.``, by commas.

    Scopus hangs a number on each full name, which goes; its short names end in initials, which are set off.
    """
    said = said.strip().strip("[]")
    if ";" in said:
        names = said.split(";")
    elif re.search(r"\s+and\s+", said):
        names = re.split(r"\s+and\s+", said)
    elif re.fullmatch(rf"(?:[^,]+ {_INITIALS},\s*)+[^,]+ {_INITIALS}", said):
        names = said.split(",")
    elif said.count("', '") and said.startswith("'"):  # a Python list in a cell
        names = re.findall(r"'([^']*)'", said)
    else:
        names = [said]
    named = (re.sub(r"\s*\(\d+\)$", "", n.strip()) for n in names)
    return [re.sub(rf"^([^,]+) ({_INITIALS})$", r"\1, \2", n) for n in named if n]
