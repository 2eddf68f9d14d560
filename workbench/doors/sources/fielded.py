"""What formats of named fields have in common: kinds of works, dates, pages, and the making of a record from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workbench.doors.identifiers import arxiv_id, arxiv_in_words
from workbench.doors.sources.incoming import Incoming, Unreadable, given_authors, year_of
from workbench.doors.titles import clean

#: What other formats call a kind of work -> what BibTeX calls it. Everything unknown is ``misc``.
KINDS = {
    # RIS
    "jour": "article",
    "ejour": "article",
    "mgzn": "article",
    "inpr": "article",
    "conf": "inproceedings",
    "cpaper": "inproceedings",
    "chap": "incollection",
    "echap": "incollection",
    "ebook": "book",
    "edbook": "book",
    "thes": "phdthesis",
    "rprt": "techreport",
    # CSL
    "article-journal": "article",
    "article-magazine": "article",
    "paper-conference": "inproceedings",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
    # words of databases and reference managers
    "journal article": "article",
    "journalarticle": "article",
    "review": "article",
    "conference paper": "inproceedings",
    "conferencepaper": "inproceedings",
    "conference proceedings": "inproceedings",
    "proceedings paper": "inproceedings",
    "book section": "incollection",
    "booksection": "incollection",
    "book chapter": "incollection",
    "book": "book",
    "j": "article",
    "c": "inproceedings",
    "b": "book",
    "s": "incollection",
}


def kind_of(said: str) -> str:
    """Return the BibTeX type of what a source calls a kind of work."""
    return KINDS.get(said.strip().lower(), "misc" if said.strip().lower() != "article" else "article")


def pages(first: str, last: str) -> str:
    """Return pages as BibTeX writes them: ``1--9``; a range that stands in one field stays one."""
    first, last = first.strip(), last.strip()
    return f"{first}--{last}" if first and last and first != last else first or last


def record(
    line: int,
    content: str,
    *,
    title: str,
    key: str = "",
    authors: Iterable[str] = (),
    date: str = "",
    venue: str = "",
    kind: str = "misc",
    doi: str = "",
    arxiv: Iterable[str] = (),
    url: str = "",
    abstract: str = "",
    details: Mapping[str, str] | None = None,
    notes: Iterable[str] = (),
) -> Incoming | Unreadable:
    """Return a record made of a source's fields, each cleaned, or why it is none.

    Args:
        line: line in the file, from 1.
        content: what its digest is taken of; white space does not count.
        title: the one field that must be there.
        key: the key the source has for it.
        authors: names, each as ``Family, Given``, or a body's name.
        date: anything that holds a year.
        venue: where it appeared.
        kind: a BibTeX type.
        doi: as given.
        arxiv: places where an arXiv id may stand, the surest first.
        url: as given.
        abstract: as given.
        details: further facts by the names of ``bibliography.DETAILS``.
        notes: what was mended on reading.
    """
    folded = " ".join(content.split())
    name = clean(title)
    if not any(c.isalnum() for c in name):
        return Unreadable(line, folded, key.strip(), "title is missing", "fill it in")
    places = [p for p in arxiv if p]
    identifier = next((found for p in places if (found := arxiv_id(p) or arxiv_in_words(p))), "")
    kept = {n: text for n, value in (details or {}).items() if (text := clean(value))}
    return Incoming(
        line=line,
        content=folded,
        title=name.removesuffix(".") if name.count(".") == 1 else name,
        key=re.sub(r"\s+", "", key),
        authors=given_authors(list(authors)),
        year=year_of(date),
        venue=clean(venue),
        type=kind,
        doi=doi.strip(),
        arxiv_id=identifier,
        url=url.strip(),
        abstract=clean(abstract),
        details=tuple(kept.items()),
        notes=tuple(notes),
    )


def sorted_out(records: Iterable[Incoming | Unreadable]) -> tuple[list[Incoming], list[Unreadable]]:
    """Return the readable records and the others, each in file order."""
    held = list(records)
    return [r for r in held if isinstance(r, Incoming)], [r for r in held if isinstance(r, Unreadable)]
