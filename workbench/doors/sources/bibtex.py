"""BibTeX as others write it: any field, any type, LaTeX in the values."""

from __future__ import annotations

import re
from dataclasses import replace

from workbench.doors.identifiers import arxiv_id, arxiv_in_words
from workbench.doors.sources.incoming import TYPES, Incoming, Unreadable, given_authors, year_of
from workbench.doors.titles import clean
from workbench.store.bibliography import DETAILS
from workbench.store.bibtex import Block, take_apart
from workbench.store.names import names, plain

#: Where a venue may stand, in the order of trust.
_VENUES = (
    "journal",
    "journaltitle",
    "booktitle",
    "institution",
    "school",
    "publisher",
    "organization",
    "howpublished",
)


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read BibTeX; ``crossref`` is followed inside the file.

    Args:
        text: the file's text, LF line ends.
        name: what the file is called.

    Returns:
        Readable records and unreadable blocks, each in file order. Two entries with one key are two records.
    """
    taken = take_apart(text)
    blocks, broken = taken.blocks, taken.broken
    twice = [b.block for b in broken if b.kind == "duplicate-key" and b.block]
    bad = [
        Unreadable(b.line, _content(b.raw), b.key, b.message, b.remedy)
        for b in broken
        if b.kind != "duplicate-key"
    ]
    parents = {b.key.lower(): b for b in blocks if b.key}
    good = []
    for block in sorted([*blocks, *twice], key=lambda b: b.line):
        parent = parents.get(block.fields.get("crossref", "").lower())
        record = _incoming(block, parent)
        doubt = next((d for d in block.doubts if d.field == "title"), None)
        if doubt:  # the one fact that a record cannot be without
            bad.append(Unreadable(block.line, record.content, block.key, doubt.message, doubt.remedy))
        elif record.title and any(c.isalnum() for c in record.title):
            good.append(record)
        else:
            bad.append(Unreadable(block.line, record.content, block.key, "title is missing", "fill it in"))
    if good and taken.shelved:
        said = f"{len(taken.shelved)} entries stand inside a comment and were left out (first: line {taken.shelved[0]})"
        good[0] = replace(good[0], notes=(*good[0].notes, said))
    return good, sorted(bad, key=lambda u: u.line)


def _content(raw: str) -> str:
    return " ".join(raw.split())


def _incoming(block: Block, parent: Block | None) -> Incoming:
    fields = {n: v for n, v in block.fields.items() if v}
    if parent:
        inherited = {
            n: v for n, v in parent.fields.items() if n in ("year", "date", "booktitle", "publisher") and v
        }
        if title := parent.fields.get("title"):
            inherited.setdefault("booktitle", title)
        fields = inherited | fields
    notes = []
    if block.type not in TYPES:
        notes.append(f"type @{block.type} is not known; taken as @misc")
    notes += [
        d.message if d.field != "key" else "keys were missing or had blanks, and were made"
        for d in block.doubts
    ]
    author = fields.get("author", "")
    url = _verbatim(fields.get("url", "")) or _address_in(fields.get("howpublished", ""))
    venue = next((v for f in _VENUES if f in fields and (v := plain(fields[f]))), "")
    if url and url in venue:
        venue = ""
    title = clean(plain(fields.get("title", "")))
    if subtitle := plain(fields.get("subtitle", "")):
        title = f"{title}: {clean(subtitle)}"
    return Incoming(
        line=block.line,
        content=_content(block.raw),
        title=title,
        key=block.key,
        authors=given_authors(names(author)),
        year=year_of(plain(fields.get("year", "") or fields.get("date", ""))),
        venue=clean(venue),
        type=block.type,
        doi=_verbatim(fields.get("doi", "")),
        arxiv_id=_arxiv(fields),
        url=url,
        abstract=plain(fields.get("abstract", "")),
        details=tuple((n, text) for n in DETAILS if (text := clean(plain(fields.get(n, ""))))),
        notes=tuple(notes),
    )


def _verbatim(value: str) -> str:
    """Return an identifier or address without the escapes that people put into it for LaTeX."""
    if "\\" not in value and "{" not in value and "}" not in value:
        return value.strip()
    value = re.sub(r"\\url\s*", "", value)
    return re.sub(r"\\([_%&#~$])", r"\1", value).replace("{", "").replace("}", "").strip()


def _address_in(value: str) -> str:
    found = re.search(r"https?://[^\s}]+", value)
    return _verbatim(found[0]) if found else ""


def _arxiv(fields: dict[str, str]) -> str:
    eprint = _verbatim(fields.get("eprint", "") or fields.get("arxivid", "") or fields.get("arxiv", ""))
    kind = (fields.get("archiveprefix", "") or fields.get("eprinttype", "")).lower()
    if eprint and kind in ("", "arxiv") and (found := arxiv_id(eprint)):
        return found
    for field in ("journal", "note", "howpublished", "number", "volume", "publisher"):
        if found := arxiv_in_words(_verbatim(fields.get(field, ""))):
            return found
    return ""
