"""The one module that reads and writes ``corpus/papers.bib``: one entry is one work, facts only.

Canonical form: entries sorted by key, one field a line in the order of ``FIELDS``, UTF-8 as it is, only LaTeX's
special characters escaped. Where a work appeared stands in the field its type has for it (``VENUE_FIELD``);
a preprint is ``@misc`` with ``howpublished``. A work has all its identifiers: ``doi``, ``eprint`` (arXiv) and
``url``; further ones (a second arXiv id, another address) stand in ``ids``. Abstracts never do.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.store import parsed_copies
from workbench.store.bibtex import Block, split
from workbench.store.faults import Fault
from workbench.store.files import read_text, sha256
from workbench.store.latex import to_latex
from workbench.store.names import name_to_latex, names, names_to_write, plain
from workbench.store.places import KEY

PAPERS = "corpus/papers.bib"
#: Which field says where a work of a type appeared.
VENUE_FIELD = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "inbook": "booktitle",
    "techreport": "institution",
    "phdthesis": "school",
    "mastersthesis": "school",
    "book": "publisher",
    "proceedings": "publisher",
    "manual": "organization",
    "misc": "howpublished",
}
#: Further facts that are kept as they came, none of them needed.
DETAILS = ("editor", "volume", "number", "pages", "month", "keywords", "note")
FIELDS = (
    "author",
    "title",
    "year",
    *dict.fromkeys(VENUE_FIELD.values()),
    *DETAILS,
    "doi",
    "eprint",
    "archiveprefix",
    "url",
    "ids",
)


@dataclass(frozen=True)
class Entry:
    """One work.

    Attributes:
        key: BibTeX key, never changed once given.
        type: BibTeX entry type, a key of ``VENUE_FIELD``.
        title: plain text; formulas between dollar signs.
        authors: ``Family, Given``, or a body's name; ``others`` last where the list is cut.
        year: of the version cited, or None.
        venue: where it appeared; empty when unknown.
        doi: without address, lower case; empty when there is none.
        arxiv_id: without version; empty when there is none.
        url: stable address; empty when there is none.
        other_ids: further identifiers as ``kind:value``, kind one of doi, arxiv, url.
        details: further facts as (name, value), names from ``DETAILS`` in that order, values plain text.
        line: line in ``papers.bib``, from 1; 0 when not read from there.
    """

    key: str
    type: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    other_ids: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    line: int = 0

    def detail(self, name: str) -> str:
        """Return one of the further facts; empty where it is not known."""
        return next((value for known, value in self.details if known == name), "")


def read_papers(root: Path, faults: list[Fault], keep: bool = True) -> list[Entry]:
    """Read ``corpus/papers.bib``.

    Args:
        root: the survey folder; a missing file reads as no works.
        faults: what is wrong is added here; entries that cannot be read are left out.
        keep: keep a parsed copy in the user's state folder, which makes the next reading many times faster.

    Returns:
        The works in file order.
    """
    before = len(faults)
    text = read_text(root, PAPERS, faults)
    if not text.strip():
        return []
    if len(faults) > before:
        return _parsed(text, faults)
    stamp = _stamp(text)
    cached = parsed_copies.copy_of(stamp)
    if cached is not None:
        with suppress(TypeError, ValueError, KeyError):  # a copy of another form
            entries, found = _of_copy(cached)
            faults += found
            return entries
    found = []
    entries = _parsed(text, found)
    faults += found
    if keep:
        parsed_copies.keep(stamp, _copied(entries, found))
    return entries


def papers_text(entries: Iterable[Entry]) -> str:
    """Return the canonical content of ``papers.bib``."""
    return "\n".join(entry_text(e) for e in sorted(entries, key=lambda e: e.key))


def entry_text(entry: Entry) -> str:
    """Return one entry in canonical form, with a line end after its closing brace."""
    values = {
        "author": " and ".join(name_to_latex(n) for n in names_to_write(entry.authors)),
        "title": to_latex(entry.title),
        "year": str(entry.year) if entry.year is not None else "",
        VENUE_FIELD[entry.type]: to_latex(entry.venue),
        "doi": entry.doi,
        "eprint": entry.arxiv_id,
        "archiveprefix": "arXiv" if entry.arxiv_id else "",
        "url": entry.url,
        "ids": "; ".join(entry.other_ids),
        **{name: to_latex(value) for name, value in entry.details},
    }
    lines = [f"  {name} = {{{values[name]}}},\n" for name in FIELDS if values.get(name)]
    return f"@{entry.type}{{{entry.key},\n{''.join(lines)}}}\n"


def keep_parsed(entries: Iterable[Entry]) -> None:
    """Keep a parsed copy of the ``papers.bib`` that some works make, as a reader of it would."""
    ordered, pieces, line = [], [], 1
    for entry in sorted(entries, key=lambda e: e.key):
        ordered.append(dataclasses.replace(entry, line=line))
        pieces.append(entry_text(entry))
        line += pieces[-1].count("\n") + 1
    parsed_copies.keep(_stamp("\n".join(pieces)), _copied(ordered, []))


def _stamp(text: str) -> str:
    return sha256(text + "\0" + _reader_digest())


@cache
def _reader_digest() -> str:
    """Digest of the reader itself: a parsed copy made by an older reader is not trusted."""
    here = Path(__file__)
    readers = ("bibliography.py", "bibtex.py", "bibtex_values.py", "names.py", "latex.py")
    return sha256(b"".join((here.parent / name).read_bytes() for name in readers))


_CELLS = tuple(f.name for f in dataclasses.fields(Entry))


def _copied(entries: Sequence[Entry], faults: Sequence[Fault]) -> Any:
    # ``astuple`` copies deeply, which for thousands of works takes longer than to parse them.
    cells = [[getattr(e, name) for name in _CELLS] for e in entries]
    return {"entries": cells, "faults": [astuple(f) for f in faults]}


def _of_copy(held: Any) -> tuple[list[Entry], list[Fault]]:
    said = [dict(zip(_CELLS, cells, strict=True)) for cells in held["entries"]]
    entries = [
        Entry(
            **{
                **e,
                "authors": tuple(e["authors"]),
                "other_ids": tuple(e["other_ids"]),
                "details": tuple((name, value) for name, value in e["details"]),
            }
        )
        for e in said
    ]
    return entries, [Fault(*f) for f in held["faults"]]


def _parsed(text: str, faults: list[Fault]) -> list[Entry]:
    blocks, broken = split(text)
    faults += [Fault(PAPERS, b.line, b.key, b.message, b.remedy) for b in broken]
    entries = []
    for block in blocks:
        if block.doubts:
            faults += [Fault(PAPERS, d.line, block.key, d.message, d.remedy) for d in block.doubts]
            continue
        wrong = _faults_of(block)
        faults += wrong
        if block.fields.get("title") and block.type in VENUE_FIELD and KEY.fullmatch(block.key):
            entries.append(_entry(block))
    seen: dict[str, str] = {}
    for entry in entries:
        if (other := seen.setdefault(entry.key.lower(), entry.key)) != entry.key:
            message = f"key differs from {other} in case only, which BibTeX takes for the same"
            faults.append(Fault(PAPERS, entry.line, entry.key, message, "change the newer one"))
    return entries


def _faults_of(block: Block) -> list[Fault]:
    found: list[tuple[str, str]] = []
    if not KEY.fullmatch(block.key):
        found.append(("key has characters other than letters, digits and . _ + -", "change it"))
    if block.type not in VENUE_FIELD:
        found.append((f"unknown type @{block.type}", f"one of {', '.join(VENUE_FIELD)}"))
    if not block.fields.get("title"):
        found.append(("has no title", "fill it in"))
    for name in block.fields:
        if name == "abstract":
            found.append(("abstract in papers.bib, which is not ours to publish", "delete the field"))
        elif name not in FIELDS:
            found.append((f"unknown field {name}", f"delete it; kept are {', '.join(FIELDS)}"))
        elif name in VENUE_FIELD.values() and block.type in VENUE_FIELD and name != VENUE_FIELD[block.type]:
            found.append((f"field {name} in @{block.type}", f"name it {VENUE_FIELD[block.type]}"))
    if (year := block.fields.get("year", "")) and not re.fullmatch(r"\d{4}", year):
        found.append((f"year {year!r} is not four digits", "correct it"))
    for other in _split_ids(block.fields.get("ids", "")):
        if not re.fullmatch(r"(doi|arxiv|url):\S+", other):
            found.append(
                (f"ids holds {other!r}", "write doi:..., arxiv:... or url:..., separated by semicolons")
            )
    return [Fault(PAPERS, block.line, block.key, *why) for why in found]


def _entry(block: Block) -> Entry:
    get = block.fields.get
    year = get("year", "")
    return Entry(
        key=block.key,
        type=block.type,
        title=plain(get("title", "")),
        authors=names(get("author", "")),
        year=int(year) if re.fullmatch(r"\d{4}", year) else None,
        venue=plain(get(VENUE_FIELD[block.type], "")),
        doi=get("doi", ""),
        arxiv_id=get("eprint", ""),
        url=get("url", ""),
        other_ids=_split_ids(get("ids", "")),
        details=tuple((name, text) for name in DETAILS if (text := plain(get(name, "")))),
        line=block.line,
    )


def _split_ids(value: str) -> tuple[str, ...]:
    return tuple(i for i in re.split(r";\s+", value) if i)
