"""A record as it comes in, whatever the format, and the mending that every format needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, TypeAlias

from workbench.doors.titles import clean
from workbench.store.bibliography import VENUE_FIELD
from workbench.store.budgets import CELL

#: A field that is longer is none; a quarter of what a cell holds, for signs that are written as several.
LONGEST = CELL // 4
#: To how many characters a title that is longer is cut.
TITLE = 1_000
#: Types of other formats -> ours. Everything unknown is ``misc``.
TYPES = {t: t for t in VENUE_FIELD} | {
    "conference": "inproceedings",
    "preprint": "misc",
    "online": "misc",
    "electronic": "misc",
    "www": "misc",
    "webpage": "misc",
    "software": "misc",
    "dataset": "misc",
    "unpublished": "misc",
    "report": "techreport",
    "thesis": "phdthesis",
    "booklet": "manual",
    "collection": "proceedings",
    "periodical": "proceedings",
    "mvbook": "book",
    "mvcollection": "proceedings",
    "suppcollection": "incollection",
    "bookinbook": "inbook",
}


@dataclass(frozen=True)
class Incoming:
    """A readable record, plain text throughout.

    Attributes:
        line: line in its file, from 1.
        content: what its digest is taken of: canonical, so that white space and order do not count.
        title: never empty.
        key: the key it proposes; may be empty.
        authors: ``Family, Given``; ``others`` last where the source cut the list.
        year: or None.
        venue: or empty.
        type: as the source calls it.
        doi: as given; also ``arxiv_id`` and ``url``.
        arxiv_id: see there.
        url: see there.
        streams: guessed by the search.
        grey: grey literature.
        abstract: where the source has one; goes to the local cache only.
        found_via: where the search met it.
        details: further facts as in ``Entry.details``.
        notes: what was mended on reading, for the report.
    """

    line: int
    content: str
    title: str
    key: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    type: str = "misc"
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    streams: tuple[str, ...] = ()
    grey: bool = False
    abstract: str = ""
    found_via: str = ""
    details: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A record that cannot be read: where, what is wrong, how to mend it; ``content`` as in ``Incoming``."""

    line: int
    content: str
    key: str
    reason: str
    remedy: str


def within_budget(record: Incoming) -> Incoming:
    """Return a record whose fields fit a file of ours: a title is cut, authors end in others, the rest is left out.

    What no field holds as a rule (a whole text for a title) costs the field and not the record, still less the file.
    """
    notes, changes = [], dict[str, Any]()
    if len(record.title) > LONGEST:
        changes["title"] = f"{record.title[:TITLE].rstrip()} ..."
        notes.append(f"cut a title of {len(record.title):,} characters")
    for name in ("key", "venue", "type", "doi", "arxiv_id", "url", "found_via"):
        if len(getattr(record, name)) > LONGEST:
            changes[name] = "misc" if name == "type" else ""
            notes.append(f"left out the field {name} of {len(getattr(record, name)):,} characters")
    if sum(len(a) + 2 for a in record.authors) > LONGEST:
        room = accumulate(len(a) + 2 for a in record.authors)
        kept = tuple(a for a, until in zip(record.authors, room, strict=True) if until <= LONGEST)
        changes["authors"] = (*kept, "others") if kept else ()
        notes.append(f"left out {len(record.authors) - len(kept)} of {len(record.authors)} authors")
    if long := [name for name, value in record.details if len(value) > LONGEST]:
        changes["details"] = tuple(d for d in record.details if d[0] not in long)
        notes += [f"left out the field {name}, which is too long" for name in long]
    return replace(record, **changes, notes=(*record.notes, *notes)) if notes else record


Reader: TypeAlias = Callable[[str, str], tuple[list[Incoming], list[Unreadable]]]


def year_of(text: str) -> int | None:
    """Return the year in a date or a year as people write it (``2024-05-01``, ``(2024)``), or None."""
    found = re.search(r"(?<!\d)(1[89]\d\d|20\d\d|21\d\d)(?!\d)", text)
    return int(found[1]) if found else None


_LETTER = re.compile(r"[^\W\d_]")
_OTHERS = ("others", "et al", "al")
_SEVERAL = re.compile(r"\band\b|\bet al\b|^al\.?,|\bet$")


def given_authors(authors: Sequence[str]) -> tuple[str, ...]:
    """Return authors whose list says where each name begins and ends: only ``et al.`` and empty names are mended."""
    found: list[str] = []
    for raw in authors:
        name = clean(raw).strip(" ;")
        if not _LETTER.search(name):
            continue
        if name.lower().rstrip(".,") in _OTHERS:
            found.append("others")
        elif re.search(r"\bet al\.?$|^al\.?,.*\bet$", name) and (straight := _straight(name)) is not None:
            found += straight
        else:
            found.append(name)
    kept = [n for n in found if n != "others"]
    return (*kept, "others") if "others" in found else tuple(kept)


def mended_authors(authors: Sequence[str]) -> tuple[str, ...]:
    """Return authors with what careless sources do to names undone.

    ``al., Wei-lin Chiang et`` becomes ``Chiang, Wei-lin`` and ``others``; several names in one, joined by
    ``and``, are split; a name torn into two entries (``Jiacheng``, ``Gu`` among ``Family, Given`` ones) is
    joined; entries without a letter go. Two authors of one name are two authors.
    """
    found: list[str] = []
    for raw in authors:
        name = clean(raw).strip(" ;,")
        if not name[:1].isalpha() and not _LETTER.search(name):
            continue
        if _SEVERAL.search(name) and (straight := _straight(name)) is not None:
            found += straight
        elif name.lower().rstrip(".") in _OTHERS or not name.strip("."):
            found.append("others")
        else:
            found.append(name)
    joined = _rejoined(found)
    kept = [n for n in joined if n != "others"]
    return (*kept, "others") if "others" in joined else tuple(kept)


def _straight(name: str) -> list[str] | None:
    """Undo ``last word = family name`` on what was not one name; None for a body's name with ``and`` in it.

    Such a list has one comma, one word before it (particles aside), and two words or more to each person; what is not
    so, ``National Council for Standards, Testing, and Metrology``, is a body's name and stays whole.
    """
    family, comma, given = name.partition(", ")
    words = f"{given} {family}" if comma else name
    if not re.search(r"\bet al\b|^al\b|\bIn Proceedings\b", name):
        people = re.split(r"\s+and\s+", words)
        if not comma or "," in given or not re.fullmatch(r"(?:[^\W\d_A-Z]+\s+)*\S+", family):
            return None
        if any(len(p.split()) < 2 for p in people):
            return None
    words = re.split(r"\.?\s+In Proceedings\b", words)[0]
    cut = bool(re.search(r"\bet al\.?\s*$", words))
    words = re.sub(r"[,\s]*\bet al\.?\s*$", "", words)
    people = [p.strip() for p in re.split(r"\s+and\s+|;\s*", words) if p.strip()]
    named = [f"{w[-1]}, {' '.join(w[:-1])}" if len(w := p.split()) > 1 else p for p in people]
    return [*named, "others"] if cut else named


def _rejoined(names: list[str]) -> list[str]:
    bare = [", " not in n and " " not in n and n != "others" for n in names]
    if all(bare):
        return names
    joined, at = [], 0
    while at < len(names):
        run = 0
        while at + run < len(names) and bare[at + run]:
            run += 1
        if run == 2:
            joined.append(f"{names[at + 1]}, {names[at]}")
            at += 2
        else:
            joined += names[at : at + max(run, 1)]
            at += max(run, 1)
    return joined
