"""EndNote's XML export: ``<xml><records><record>``; each text may be cut into ``<style>`` pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.doors.sources.fielded import kind_of, record, sorted_out
from workbench.doors.sources.incoming import Incoming, Unreadable
from workbench.store.budgets import Over, xml_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read EndNote XML; entities other than XML's own are refused.

    Args:
        text: the file's text.
        name: what the file is called.

    Returns:
        Readable records and unreadable ones, each in file order. Each record is read by itself, so that a fault in one
        costs no other.
    """
    if found := re.search(r"<!(DOCTYPE[^>]*\[|ENTITY)", text):
        line = text.count("\n", 0, found.start()) + 1
        return [], [
            Unreadable(line, text[:200], "", "defines entities of its own", "export it again from EndNote")
        ]
    records, line, at = list[Incoming | Unreadable](), 1, 0
    for piece in re.finditer(r"<record>.*?(?:</record>|(?=<record>)|\Z)", text, re.DOTALL):
        line += text.count("\n", at, piece.start())
        at = piece.start()
        records.append(_record(piece[0], line))
    return sorted_out(records)


def _record(piece: str, line: int) -> Incoming | Unreadable:
    try:
        root = xml_of(piece.encode())
    except Over as over:
        return Unreadable(line + over.line - 1, piece, "", over.message, over.remedy)
    except ValueError as error:
        return Unreadable(line, piece, "", str(error), "export the record again")

    def get(*paths: str) -> str:
        return next((said for p in paths if (said := _words(root.find(p)))), "")

    kind = root.find("ref-type")
    urls = [_words(u) for u in root.iterfind("urls/related-urls/url")]
    return record(
        line,
        piece,
        title=get("titles/title"),
        key=get("label"),
        authors=[_person(_words(a)) for a in root.iterfind("contributors/authors/author")],
        date=get("dates/year", "dates/pub-dates/date"),
        venue=get("periodical/full-title", "titles/secondary-title", "titles/alt-title", "publisher"),
        kind=kind_of(kind.get("name", "") if kind is not None else ""),
        doi=get("electronic-resource-num"),
        arxiv=[*urls, get("accession-num"), get("custom7"), get("titles/secondary-title"), get("notes")],
        url=next((u for u in urls if "doi.org/" not in u), ""),
        abstract=get("abstract"),
        details={
            "editor": " and ".join(_words(a) for a in root.iterfind("contributors/secondary-authors/author")),
            "volume": get("volume"),
            "number": get("number"),
            "pages": get("pages"),
            "keywords": ", ".join(_words(k) for k in root.iterfind("keywords/keyword")),
            "note": get("notes"),
        },
    )


def _words(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _person(name: str) -> str:
    """Return a name as it stands; a comma at its end says that it is a body's."""
    return f"{{{body}}}" if name.endswith(",") and ", " in (body := name.rstrip(", ")) else name.rstrip(",")
