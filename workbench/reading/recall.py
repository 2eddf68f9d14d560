"""Which works of a list are among the records? The list comes from outside and is only read.

A work of the list is a record when an identifier agrees; else when the doors would take the two for one work; else
when the folded titles are equal, neither authors nor identifiers nor years speak against it, and no other record has
that title: a list is looked up more readily than records are merged.
Everything else is unmatched, and told with the record nearest by title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.doors.finding import Finder
from workbench.doors.identifiers import address, arxiv_id, arxiv_in_words, doi, identifiers
from workbench.doors.identity import compare
from workbench.doors.merging import facts
from workbench.doors.sources import READERS, read_file, take_in
from workbench.doors.titles import bare_title, fold, similarity, squeezed
from workbench.store.bibliography import Entry, read_papers
from workbench.store.faults import Fault, Refused
from workbench.store.survey import open_survey

if TYPE_CHECKING:
    import pandas as pd

#: Titles below this likeness (0 to 100) name another work, whatever the identifier says.
DOUBTFUL = 50.0
#: A preprint may lie this many years before its published form.
YEARS = 3
#: A title this like (0 to 100) is worth telling as the nearest.
NEAREST = 60.0


@dataclass(frozen=True)
class Work:
    """A work of the list.

    Attributes:
        line: where it stands in the list, from 1.
        name: its title, or what stands for it.
        paper: the record it is; empty where it is none.
        how: by what it was matched; where it was not, the nearest record and what keeps the two apart.
    """

    line: int
    name: str
    paper: str
    how: str


@dataclass(frozen=True)
class Recalled:
    """What became of a list.

    Attributes:
        file: its name.
        works: one a work, in the order of the list; the same record twice counts once, under its first line.
        table: how far they came, see ``analysis.recall.recall``.
        unreadable: what in the list could not be read.
    """

    file: str
    works: tuple[Work, ...]
    table: pd.DataFrame
    unreadable: tuple[Fault, ...]

    def lines(self) -> Iterator[str]:
        """Give the result in plain words, a line each."""
        for row in self.table.itertuples():
            share = f"{row.share:.0%} of this list (95% interval {row.low:.0%} to {row.high:.0%})"
            yield f"{row.label}: {row.n} of {row.of}, {share}"
        if len(self.table):
            yield "The interval is that of works like these, if the list is a random choice of them (Wilson)."
        else:
            yield "no work in this list could be read"
        missing = [w for w in self.works if not w.paper]
        for work in missing:
            yield f"not among the records: {self.file}:{work.line}: {work.name}{work.how and f'; {work.how}'}"
        for fault in self.unreadable:
            yield str(fault)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON's types."""
        works = [{"line": w.line, "name": w.name, "paper": w.paper, "how": w.how} for w in self.works]
        table = self.table.to_dict("records")
        return {
            "file": self.file,
            "recall": table,
            "works": works,
            "unreadable": list(map(str, self.unreadable)),
        }


def recall(root: Path, file: Path) -> Recalled:
    """Look up the works of a list.

    Args:
        root: the survey folder.
        file: records in any format that ``survey add`` reads; or, in a ``.txt`` or anything else, a plain list: a
            title, DOI, arXiv id or address a line, ``#`` for remarks.

    Raises:
        Refused: the list or the survey's records cannot be read.
    """
    import pandas as pd

    from analysis.recall import recall as counted

    given, unreadable = _list(file)
    survey = open_survey(root)
    faults: list[Fault] = []
    works = read_papers(root, faults)
    if faults := [f for f in faults if not f.warning]:
        raise Refused(faults)
    found = _once(_matched(given, works))
    matched = pd.DataFrame({"paper": [w.paper for w in found]}, dtype="str")
    table = counted(matched, survey.papers, survey.sample, survey.screened)
    return Recalled(file.name, tuple(found), table, tuple(unreadable))


def _list(file: Path) -> tuple[list[Entry], list[Fault]]:
    """Return the works of a list, each knowing its line, and what could not be read."""
    if (suffix := file.suffix.lower()) == ".txt" or suffix not in READERS:
        _, text, odd = take_in(file)
        rows = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1)]
        return [_named(line, n) for n, line in rows if line and not line.startswith("#")], odd
    held = read_file(file)
    entries = [
        replace(
            facts("", i.title, i.doi, i.arxiv_id, i.url), authors=tuple(i.authors), year=i.year, line=i.line
        )
        for i in held.good
    ]
    bad = [Fault(file.name, b.line, b.key, b.reason, b.remedy, True) for b in held.bad]
    return entries, [*held.warnings, *bad]


def _named(line: str, number: int) -> Entry:
    """Return what a line of a plain list names: an identifier where it is one, else a title."""
    alone = len(line.split()) == 1 or line.lower().startswith(("doi:", "doi ", "arxiv"))
    identifier = arxiv_id(line) or arxiv_in_words(line) if alone else ""
    if identifier:
        entry = facts("", "", "", identifier, "")
    elif alone and doi(line):
        entry = facts("", "", line, "", "")
    elif alone and address(line):
        entry = facts("", "", "", "", line)
    else:
        entry = facts("", line, "", "", "")
    return replace(entry, line=number, key=line)


def _matched(given: Sequence[Entry], works: Sequence[Entry]) -> Iterator[Work]:
    by_id: dict[str, Entry] = {}
    by_title: dict[str, list[Entry]] = defaultdict(list)
    for work in works:
        for identifier in identifiers(work):
            by_id.setdefault(identifier, work)
        by_title[_bare(work)].append(work)
    titles = [_in_order(w.title) for w in works]
    pairs = Finder([*works, *given], len(given)).pairs() if any(e.title for e in given) else {}
    for number, entry in enumerate(given, len(works)):
        name = entry.title or entry.key
        same = next((by_id[i] for i in sorted(identifiers(entry)) if i in by_id), None)
        if same is not None and not (entry.title and similarity(entry.title, same.title) < DOUBTFUL):
            yield Work(entry.line, name, same.key, "by identifier")
            continue
        near = [(works[n], compare(entry, works[n])) for n in pairs.get(number, {}) if n < len(works)]
        sure = [work for work, verdict in near if verdict.kind == "same"]
        alike = [w for w in by_title[_bare(entry)] if entry.title and _may_be(entry, w)]
        if len(sure) == 1:
            yield Work(entry.line, name, sure[0].key, "by title, author and year")
        elif len(alike) == 1:
            yield Work(entry.line, name, alike[0].key, "by title")
        elif same is not None:
            how = f"its identifier is that of {same.key}, {same.title!r}: look whether it is right"
            yield Work(entry.line, name, "", how)
        elif near:
            work, verdict = max(near, key=lambda pair: (similarity(entry.title, pair[0].title), pair[0].key))
            yield Work(entry.line, name, "", f"nearest is {work.key}, {work.title!r} ({verdict.why})")
        else:
            yield Work(entry.line, name, "", _nearest(entry, works, titles))


def _bare(entry: Entry) -> str:
    return squeezed(bare_title(entry.title))


def _may_be(entry: Entry, work: Entry) -> bool:
    """Whether nothing tells two works of one title apart: neither authors nor identifiers nor years."""
    unknown = not entry.authors or not work.authors
    one = unknown or compare(entry, work).kind != "different"
    return one and (entry.year is None or work.year is None or abs(entry.year - work.year) <= YEARS)


def _nearest(entry: Entry, works: Sequence[Entry], titles: Sequence[str]) -> str:
    from rapidfuzz import fuzz, process

    if not entry.title:
        return ""
    found = process.extractOne(_in_order(entry.title), titles, scorer=fuzz.ratio, score_cutoff=NEAREST)
    return f"nearest is {works[found[2]].key}, {works[found[2]].title!r}" if found else ""


def _in_order(title: str) -> str:
    """Return a title's words sorted, as ``similarity`` compares them."""
    return " ".join(sorted(fold(title).split()))


def _once(works: Iterator[Work]) -> list[Work]:
    """Leave out a record's second mention."""
    seen: set[str] = set()
    kept = []
    for work in works:
        name = work.paper or f"not:{squeezed(work.name)}"
        if name not in seen:
            kept.append(work)
        seen.add(name)
    return kept
