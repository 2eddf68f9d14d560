"""The fields of every hit as they came in, and works made anew from them: what lets a work be split again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.doors.merging import arxiv_ids, first_public, merge
from workbench.store.bibliography import DETAILS, Entry
from workbench.store.files import Row
from workbench.store.tables import FIELDS


def fields_of(
    search: str, digest: str, record: str, key: str, entry: Entry, streams: Sequence[str], grey: bool
) -> Row:
    """Return the row of ``fields.csv`` for a hit."""
    return dict.fromkeys(FIELDS.header, "") | {
        "search": search,
        "content_sha256": digest,
        "record": record,
        "key": " ".join(key.split()),
        "type": entry.type,
        "title": entry.title,
        "authors": "; ".join(entry.authors),
        "year": str(entry.year or ""),
        "venue": entry.venue,
        "doi": entry.doi,
        "arxiv_id": entry.arxiv_id,
        "url": entry.url,
        "streams": ";".join(sorted({s.strip() for s in streams if s.strip()})),
        "grey": "yes" if grey else "",
        **dict(entry.details),
    }


def entry_of(row: Mapping[str, str]) -> Entry:
    """Return the facts of a hit as an entry under the key of its record."""
    return Entry(
        row["record"],
        row["type"] or "misc",
        row["title"],
        tuple(n for n in row["authors"].split("; ") if n),
        int(row["year"]) if row["year"].isdigit() else None,
        row["venue"],
        row["doi"],
        row["arxiv_id"],
        row["url"],
        details=tuple((n, row[n]) for n in DETAILS if row[n]),
    )


def made_anew(key: str, rows: Iterable[Mapping[str, str]]) -> Entry:
    """Return the work that hits make, the first of its own record leading; rows in the order in which they came."""
    ordered = sorted(rows, key=lambda r: r["record"] != key)
    entry = replace(entry_of(ordered[0]), key=key)
    for row in ordered[1:]:
        entry = merge(entry, entry_of(row))
    return entry


def record_of(entry: Entry, rows: Sequence[Mapping[str, str]], text: str, stratum: str) -> Row:
    """Return a row of ``records.csv`` for a work made of hits."""
    people = any(n != "others" for n in entry.authors)
    return {
        "paper": entry.key,
        "first_public": first_public(*(r["year"] for r in rows), entry.year, arxiv=arxiv_ids(entry)),
        "verified": "yes" if people or text else "no",
        "grey": "yes" if any(r["grey"] == "yes" for r in rows) else "no",
        "guessed_streams": ";".join(sorted({s for r in rows for s in r["streams"].split(";") if s})),
        "text_sha256": text,
        "stratum": stratum,
    }
