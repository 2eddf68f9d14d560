"""Files of abstracts: a JSON object a line with ``abstract`` and whatever names the work, or BibTeX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from workbench.doors.sources import bibtex
from workbench.doors.sources.incoming import Incoming, Unreadable, mended_authors
from workbench.doors.sources.jsonlines import Wrong, authors_field, parsed, text_field, year_field
from workbench.doors.titles import clean


@dataclass(frozen=True)
class Abstract:
    """One abstract, with what says whose it is and the facts that came beside it.

    ``body`` is empty where the source has the work and no abstract of it; ``line`` is 0 where there is no file.
    """

    line: int
    body: str
    key: str = ""
    title: str = ""
    arxiv_id: str = ""
    doi: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    source: str = ""


def read(text: str, name: str = "") -> tuple[list[Abstract], list[Unreadable]]:
    """Read abstracts: of BibTeX its field ``abstract``, else a JSON object a line; blank lines count as nothing.

    Args:
        text: the file's text, LF line ends.
        name: what the file is called; its suffix says the format.

    Returns:
        Readable abstracts and unreadable lines, each in file order.
    """
    if PurePath(name).suffix.lower() in (".bib", ".bibtex"):
        records, unreadable = bibtex.read(text, name)
        return [_of_record(r) for r in records], unreadable
    good: list[Abstract] = []
    bad: list[Unreadable] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            good.append(_abstract(line, number))
        except Wrong as wrong:
            bad.append(Unreadable(number, line.strip(), "", wrong.reason, wrong.remedy))
    return good, bad


def _of_record(record: Incoming) -> Abstract:
    return Abstract(
        record.line,
        clean(record.abstract),
        record.key,
        record.title,
        record.arxiv_id,
        record.doi,
        record.url,
        record.authors,
        record.year,
        record.venue,
        record.found_via,
    )


def _abstract(line: str, number: int) -> Abstract:
    cells = parsed(line)
    texts = {f: text_field(cells, f) for f in ("key", "title", "arxiv_id", "doi", "url", "venue", "source")}
    body = clean(text_field(cells, "abstract"))
    if not body:
        raise Wrong("abstract is missing", "fill it in")
    if not any(texts[f].strip() for f in ("key", "arxiv_id", "doi", "url")):
        raise Wrong("nothing says whose abstract it is", "give key, arxiv_id, doi or url")
    return Abstract(
        number,
        body,
        texts["key"].strip(),
        clean(texts["title"]),
        texts["arxiv_id"],
        texts["doi"],
        texts["url"],
        mended_authors(authors_field(cells)),
        year_field(cells),
        clean(texts["venue"]),
        texts["source"],
    )
