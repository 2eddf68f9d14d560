"""The works of a survey for other programs: BibTeX, RIS, CSL-JSON, CSV and XLSX, each read back by ``survey add``.

Tables carry the codes as well, a column a facet. Abstracts are never among what leaves: they are not ours to give.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.answers.answer import BASIS
from workbench.doors.sources.table import FORMULA
from workbench.publishing.included_bib import keys_inside, protected_entry
from workbench.store.bibliography import DETAILS, Entry, read_papers
from workbench.store.faults import Fault, Refused
from workbench.store.flow import to_screen
from workbench.store.schema import BASES

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Which works: those that screening took in, those that were drawn, or all.
WORKS = ("included", "drawn", "all")
#: The day that files inside an archive bear, so that the same data give the same bytes.
DAY = (1980, 1, 1, 0, 0, 0)
RIS_KINDS = {
    "article": "JOUR",
    "inproceedings": "CONF",
    "incollection": "CHAP",
    "inbook": "CHAP",
    "book": "BOOK",
    "proceedings": "BOOK",
    "phdthesis": "THES",
    "mastersthesis": "THES",
    "techreport": "RPRT",
}
CSL_KINDS = {
    "article": "article-journal",
    "inproceedings": "paper-conference",
    "incollection": "chapter",
    "inbook": "chapter",
    "book": "book",
    "proceedings": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "techreport": "report",
}
ABOUT = ("key", "title", "authors", "year", "venue", "type", "doi", "arxiv_id", "url")


def export(survey: Survey, suffix: str, works: str = "included") -> bytes:
    """Return the works of a survey in the format that a suffix stands for.

    Args:
        survey: the opened survey.
        suffix: ``.bib``, ``.ris``, ``.json`` (CSL), ``.csv`` or ``.xlsx``.
        works: one of :data:`WORKS`.

    Returns:
        The bytes of the file; the same data give the same bytes.

    Raises:
        Refused: nothing is written with this suffix, or ``works`` is none of :data:`WORKS`.
    """
    if suffix not in FORMATS:
        raise Refused(
            [Fault(f"*{suffix}", 0, "", "unknown kind of file", f"give one of {', '.join(FORMATS)}")]
        )
    if works not in WORKS:
        raise Refused([Fault("--works", 0, works, "unknown choice of works", f"one of {', '.join(WORKS)}")])
    chosen = _chosen(survey, works)
    entries = [e for e in read_papers(survey.root, []) if chosen is None or e.key in chosen]
    return FORMATS[suffix](survey, sorted(entries, key=lambda e: e.key))


def _chosen(survey: Survey, works: str) -> set[str] | None:
    if works == "included":
        return keys_inside(survey)
    return to_screen(survey.sample.to_dict("records")) if works == "drawn" else None  # type: ignore[arg-type]


def _bibtex(survey: Survey, entries: Sequence[Entry]) -> bytes:
    return "\n".join(map(protected_entry, entries)).encode()


def ris_text(entries: Iterable[Entry]) -> str:
    """Return works as RIS, a blank line between them."""
    import rispy

    return str(rispy.dumps([_ris(e) for e in entries]))


def _ris(entry: Entry) -> dict[str, Any]:
    first, _, last = entry.detail("pages").partition("--")
    links = [u for u in (entry.url, f"https://arxiv.org/abs/{entry.arxiv_id}" if entry.arxiv_id else "") if u]
    held = {
        "type_of_reference": RIS_KINDS.get(entry.type, "GEN"),
        "id": entry.key,
        "title": entry.title,
        "authors": [_bare(n) for n in entry.authors],
        "year": str(entry.year) if entry.year is not None else "",
        "secondary_title": entry.venue,
        "secondary_authors": [n for n in entry.detail("editor").split(" and ") if n],
        "volume": entry.detail("volume"),
        "number": entry.detail("number"),
        "start_page": first,
        "end_page": last,
        "keywords": [k for k in entry.detail("keywords").split(", ") if k],
        "notes": [entry.detail("note")] if entry.detail("note") else [],
        "doi": entry.doi,
        "urls": list(dict.fromkeys(links)),
    }
    return {name: value for name, value in held.items() if value}


def csl_items(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return works as items of CSL-JSON (citeproc 1.0.2)."""
    return [_csl(e) for e in entries]


def _csl(entry: Entry) -> dict[str, Any]:
    held = {
        "id": entry.key,
        "citation-key": entry.key,
        "type": CSL_KINDS.get(entry.type, "document"),
        "title": entry.title,
        "author": [_csl_name(n) for n in entry.authors],
        "issued": {"date-parts": [[entry.year]]} if entry.year is not None else None,
        "container-title": entry.venue,
        "editor": [_csl_name(n) for n in entry.detail("editor").split(" and ") if n],
        "volume": entry.detail("volume"),
        "issue": entry.detail("number"),
        "page": entry.detail("pages"),
        "keyword": entry.detail("keywords"),
        "note": entry.detail("note"),
        "DOI": entry.doi,
        "number": f"arXiv:{entry.arxiv_id}" if entry.arxiv_id else "",
        "URL": entry.url,
    }
    return {name: value for name, value in held.items() if value}


def _csl_name(name: str) -> dict[str, str]:
    parts = name.split(", ")
    if name.startswith("{") or len(parts) not in (2, 3):
        return {"literal": _bare(name)}
    if len(parts) == 3:
        return {"family": parts[0], "suffix": parts[1], "given": parts[2]}
    return {"family": parts[0], "given": parts[1]}


def _bare(name: str) -> str:
    return name[1:-1] if name.startswith("{") and name.endswith("}") else name


def table_of(survey: Survey, entries: Sequence[Entry]) -> list[list[str]]:
    """Return works and their codes as rows of text, the header first.

    A column a facet holds the codes that hold from the abstract, sorted and joined by semicolons; a code with a level
    is written ``code=level``. What full texts show is never mixed in.
    """
    facets = [f.id for f in survey.schema.facets if f.assessable_from in BASES[: BASES.index(BASIS) + 1]]
    keys = {e.key for e in entries}
    codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    final = survey.final
    final = final[((final["state"] == "present") & (final["basis"] == BASIS)).to_numpy(dtype=bool)]
    for row in final.to_dict("records"):
        if row["paper"] in keys:
            level = f"={row['level']}" if row["level"] else ""
            codes[str(row["paper"]), str(row["facet"])].add(f"{row['code']}{level}")
    first = dict(zip(survey.papers["paper"], survey.papers["first_public"], strict=True))
    rows = [[*ABOUT, *DETAILS, "first public", *facets]]
    for e in entries:
        year = first.get(e.key, pd.NA)
        rows.append(
            [
                e.key,
                e.title,
                "; ".join(e.authors),
                str(e.year or ""),
                e.venue,
                e.type,
                e.doi,
                e.arxiv_id,
                e.url,
                *(e.detail(name) for name in DETAILS),
                "" if pd.isna(year) else str(year),
                *(";".join(sorted(codes[e.key, facet])) for facet in facets),
            ]
        )
    return rows


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs: what would be a formula is text, behind an apostrophe."""
    return f"'{text}" if FORMULA.match(text) else text


def _csv(survey: Survey, entries: Sequence[Entry]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [safe_cell(c) for c in row] for row in table_of(survey, entries)
    )
    return out.getvalue().encode("utf-8-sig")  # the mark by which Excel knows UTF-8


def _xlsx(survey: Survey, entries: Sequence[Entry]) -> bytes:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("works")
    sheet.freeze_panes = "C2"
    for row in table_of(survey, entries):
        sheet.append([safe_cell(c) for c in row])
    book.properties.created = book.properties.modified = datetime(*DAY)
    held = io.BytesIO()
    book.save(held)
    with zipfile.ZipFile(held) as made:
        parts = {n: made.read(n) for n in made.namelist()}
    core = parts["docProps/core.xml"].decode()
    parts["docProps/core.xml"] = re.sub(
        r"(<dcterms:modified[^>]*>)[^<]*", r"\g<1>1980-01-01T00:00:00Z", core
    ).encode()
    return zipped(parts)


def _csl_json(survey: Survey, entries: Sequence[Entry]) -> bytes:
    return (json.dumps(csl_items(entries), ensure_ascii=False, indent=1) + "\n").encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of files, sorted by name; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, DAY), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


FORMATS: dict[str, Callable[[Survey, Sequence[Entry]], bytes]] = {
    ".bib": _bibtex,
    ".ris": lambda survey, entries: ris_text(entries).encode(),
    ".json": _csl_json,
    ".csv": _csv,
    ".xlsx": _xlsx,
}
