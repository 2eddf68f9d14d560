"""RIS, as Zotero, EndNote, Scopus and publishers export it; records are split here and read by rispy one by one."""

from __future__ import annotations

import re
from typing import Any

from workbench.doors.sources.fielded import kind_of, pages, record, sorted_out
from workbench.doors.sources.incoming import Incoming, Unreadable

_START = re.compile(r"^TY {1,2}-[^\n]*$", re.MULTILINE)
_END = re.compile(r"^ER {1,2}-?[^\n]*$", re.MULTILINE)
#: ``TI - A title``: one blank where the format asks for two.
_TAG = re.compile(r"^([A-Z][A-Z0-9]) {1,3}-(?: |$)", re.MULTILINE)
#: The one tag of which every further line is a value of its own, as EndNote writes keywords.
_LISTED = "KW"


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read RIS.

    Args:
        text: the file's text, LF line ends.
        name: what the file is called.

    Returns:
        Readable records and unreadable ones, each in file order. A record that lacks its ``ER`` ends where the next
        one starts, and says so.
    """
    records: list[Incoming | Unreadable] = []
    starts = [m.start() for m in _START.finditer(text)]
    if starts and text[: starts[0]].strip() and _TAG.search(text[: starts[0]]):
        records.append(
            Unreadable(
                1, text[: starts[0]], "", "fields before the first TY", "start the record with TY  - ..."
            )
        )
    for number, start in enumerate(starts):
        until = starts[number + 1] if number + 1 < len(starts) else len(text)
        end = _END.search(text, start, until)
        chunk = text[start : end.start() if end else until]
        line = text.count("\n", 0, start) + 1
        records.append(_record(chunk, line, whole=end is not None))
    return sorted_out(records)


def _record(chunk: str, line: int, *, whole: bool) -> Incoming | Unreadable:
    import rispy

    fields: dict[str, Any] = {}
    for one in rispy.loads(_straight(chunk) + "\nER  - \n", enforce_list_tags=False):
        fields = dict(one)
    get = _getter(fields)
    kind = kind_of(get("type_of_reference"))
    notes = [] if whole else ["records without their end (ER) were read to the next one"]
    series = get("secondary_title")
    venue = get("journal_name", "alternate_title3", "secondary_title", "alternate_title2", "alternate_title1")
    if kind in ("inproceedings", "incollection"):
        venue = series or get("tertiary_title") or venue
    links = [*_list(fields.get("urls")), *_list(fields.get("file_attachments1"))]
    return record(
        line,
        chunk,
        title=get("title", "primary_title") or (series if kind == "book" else ""),
        key=get("id", "label"),
        authors=[*_list(fields.get("authors")), *_list(fields.get("first_authors"))],
        date=get("year", "publication_year", "date"),
        venue=venue or (get("publisher") if kind not in ("article", "misc") else ""),
        kind=kind,
        doi=get("doi") or next((u for u in links if "doi.org/" in u), ""),
        arxiv=[*links, get("accession_number"), venue, get("note"), *_list(fields.get("notes"))],
        url=next((u for u in links if "doi.org/" not in u), ""),
        abstract=get("abstract", "notes_abstract"),
        details={
            "editor": " and ".join(_list(fields.get("secondary_authors"))),
            "volume": get("volume"),
            "number": get("number"),
            "pages": pages(get("start_page"), get("end_page")),
            "keywords": ", ".join(_list(fields.get("keywords"))),
            "note": "; ".join(_list(fields.get("notes"))),
        },
        notes=notes,
    )


def _straight(chunk: str) -> str:
    """Return a record with each field on one line: rispy takes a further line of a name for a second name."""
    lines: list[str] = []
    tag = ""
    for line in _TAG.sub(r"\1  - ", chunk.strip("\n")).split("\n"):
        if begins := _TAG.match(line):
            tag = begins[1]
        if begins or not lines or tag == _LISTED:
            lines.append(line)
        elif line.strip():
            lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
    return "\n".join(lines)


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(v) for v in value if str(v).strip()] if isinstance(value, list) else [str(value)]


def _getter(fields: dict[str, Any]) -> Any:
    def get(*names: str) -> str:
        return next((v[0] for n in names if (v := _list(fields.get(n))) and v[0].strip()), "")

    return get
