"""The records of a survey while they are worked on: all files of the record's door in one hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from workbench.doors.identifiers import identifiers
from workbench.doors.merging import arxiv_ids, first_public
from workbench.store import files, texts
from workbench.store.bibliography import PAPERS, Entry, keep_parsed, papers_text, read_papers
from workbench.store.clock import now
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.searches import SEARCHES, Search, number_of, read_searches, searches_text
from workbench.store.standing import joined
from workbench.store.tables import FIELDS, HITS, MAYBE_DUPLICATES, MERGES, RECORDS, REMOVALS
from workbench.store.texts import Text

Report = TypeVar("Report")


@dataclass
class Corpus:
    """The records of a survey while they are worked on.

    Attributes:
        works: key -> entry of ``papers.bib``.
        records: key -> row of ``records.csv``.
        hits: rows of ``hits.csv``.
        maybes: (a, b) -> row of ``maybe_duplicates.csv``.
        searches: the log of searches.
        texts: key -> abstract in hand.
        merges: rows of ``merges.csv``, those taken back too.
        removals: rows of ``removals.csv``, those put back too.
        new_fields: rows that ``fields.csv`` gets.
        read_fields: reads the rows of ``fields.csv``; asked only when a work is split or made anew.
        by_id: identifier -> keys of the works that have it, in the order met.
    """

    works: dict[str, Entry]
    records: dict[str, Row]
    hits: list[Row]
    maybes: dict[tuple[str, str], Row]
    searches: list[Search]
    texts: dict[str, Text]
    merges: list[Row] = field(default_factory=list)
    removals: list[Row] = field(default_factory=list)
    new_fields: list[Row] = field(default_factory=list)
    read_fields: Callable[[], list[Row]] = list
    by_id: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keys = {k.lower() for k in self.works}
        # a key that a decision took away is never given to another work
        self._keys |= {k.lower() for pair in self.maybes for k in pair}
        self._keys |= {r["taken"].lower() for r in self.merges} | {r["what"].lower() for r in self.removals}
        for entry in self.works.values():
            self.index(entry)

    def index(self, entry: Entry) -> None:
        """Note the identifiers of a work."""
        addresses = (entry.url, *(o.removeprefix("url:") for o in entry.other_ids if o.startswith("url:")))
        for identifier in identifiers(entry) | {f"address:{a}" for a in addresses if a}:
            keys = self.by_id.setdefault(identifier, [])
            if entry.key not in keys:
                keys.append(entry.key)

    def put(self, entry: Entry) -> None:
        """Put a work in, new or changed."""
        self.works[entry.key] = entry
        self._keys.add(entry.key.lower())
        self.index(entry)

    def kept(self, key: str) -> str:
        """Return the key of the work that a key stands for now: a merged record's is the one kept."""
        return key if key in self.works else joined(self.merges).get(key, key)

    def origins(self) -> list[Row]:
        """Return the fields of every hit on record, the new ones too, in the order in which they came."""
        place = {
            (h["search"], h["content_sha256"]): (number_of(h["search"]), int(h["line"] or 0))
            for h in self.hits
        }
        rows = [
            r for r in (*self.read_fields(), *self.new_fields) if (r["search"], r["content_sha256"]) in place
        ]
        return sorted(rows, key=lambda r: place[r["search"], r["content_sha256"]])

    def note_merge(self, taken: str, kept: str, why: str, by: str, **before: str) -> None:
        """Put a merge on record; ``before``: what cannot be told from the fields of hits."""
        earlier = [r for r in self.merges if r["taken"] == taken]
        self.merges.append(
            dict.fromkeys(MERGES.header, "")
            | {
                "taken": taken,
                "revision": str(len(earlier) + 1),
                "kept": kept,
                "why": why,
                "by": by,
                "at": now(),
            }
            | before
        )

    def reserve(self, key: str) -> str:
        """Return a free key for a record that joins a work at once; nobody else gets it."""
        free = self.free_key(key)
        self._keys.add(free.lower())
        return free

    def see(self, paper: str, *years: int | None) -> None:
        """Bring a work's row up to date: the smallest year seen, and whether authors or a text were."""
        entry, row = self.works[paper], self.records[paper]
        row["first_public"] = first_public(row["first_public"], entry.year, *years, arxiv=arxiv_ids(entry))
        if row["text_sha256"] or any(n != "others" for n in entry.authors):
            row["verified"] = "yes"

    def free_key(self, proposed: str) -> str:
        """Return the proposed key, or the first free one with a letter after it."""
        if proposed.lower() not in self._keys:
            return proposed
        number = 0
        while True:
            letters, rest = "", number
            while True:
                letters = chr(ord("a") + rest % 26) + letters
                rest = rest // 26 - 1
                if rest < 0:
                    break
            # arxiv-2306.10010a would read as a version of the id
            key = f"{proposed}-{letters}" if proposed[-1:].isdigit() else f"{proposed}{letters}"
            if key.lower() not in self._keys:
                return key
            number += 1

    def contents(self) -> dict[str, str]:
        """Return the canonical content of every file of the records."""
        held: dict[str, str] = {
            PAPERS: papers_text(self.works.values()),
            RECORDS.path: files.rows_text(RECORDS, self.records.values()),
            HITS.path: files.rows_text(HITS, self.hits),
            MAYBE_DUPLICATES.path: files.rows_text(MAYBE_DUPLICATES, self.maybes.values()),
            SEARCHES: searches_text(self.searches),
        }
        if self.texts:
            held[texts.ABSTRACTS] = texts.abstracts_text(self.texts.values())
        for table, rows in ((MERGES, self.merges), (REMOVALS, self.removals)):
            if rows:
                held[table.path] = files.rows_text(table, rows)
        if self.new_fields:
            held[FIELDS.path] = files.rows_text(FIELDS, [*self.read_fields(), *self.new_fields])
        return held


def load(root: Path, keep: bool = True) -> Corpus:
    """Read the records of a survey.

    Args:
        root: the survey folder.
        keep: keep a parsed copy of ``papers.bib``.

    Raises:
        Refused: something there cannot be read; to write would lose it.
    """
    need_folder(root)
    faults: list[Fault] = []
    works = read_papers(root, faults, keep)
    records = files.read_rows(root, RECORDS.path, RECORDS, faults)
    hits = files.read_rows(root, HITS.path, HITS, faults)
    maybes = files.read_rows(root, MAYBE_DUPLICATES.path, MAYBE_DUPLICATES, faults)
    merges = files.read_rows(root, MERGES.path, MERGES, faults)
    removals = files.read_rows(root, REMOVALS.path, REMOVALS, faults)
    searches = read_searches(root, faults)
    keys = {e.key for e in works}
    for row in records:
        if row["paper"] not in keys:
            faults.append(
                Fault(RECORDS.path, int(row["_line"]), row["paper"], "is not in papers.bib", "delete the row")
            )
    missing = keys - {r["paper"] for r in records}
    for entry in works:
        if entry.key in missing:
            message = f"is not in {RECORDS.path}"
            faults.append(
                Fault(
                    "corpus/papers.bib", entry.line, entry.key, message, "records come in by survey add only"
                )
            )
    if faults := [f for f in faults if not f.warning]:
        raise Refused(faults)
    return Corpus(
        {e.key: e for e in works},
        {r["paper"]: r for r in records},
        hits,
        {(r["a"], r["b"]): r for r in maybes},
        searches,
        texts.abstracts(root),
        merges,
        removals,
        read_fields=partial(_fields, root),
    )


def _fields(root: Path) -> list[Row]:
    faults: list[Fault] = []
    rows = files.read_rows(root, FIELDS.path, FIELDS, faults)
    if faults:
        raise Refused(faults)
    return rows


def carry_out(
    root: Path, work: Callable[[Corpus], Report], dry_run: bool = False
) -> tuple[Report, tuple[str, ...]]:
    """Do something to the records and write all that changed, or nothing.

    Args:
        root: the survey folder.
        work: changes the corpus given to it and says what it did.
        dry_run: write nothing.

    Returns:
        What ``work`` said, and the files that changed (or would), relative to ``root``.

    Raises:
        Refused: the corpus has faults, or ``work`` refused; nothing was changed.
    """
    if dry_run:
        need_folder(root)
        files.recover(root)
        corpus = load(root, keep=False)
        report = work(corpus)
        changed = _differing(root, corpus.contents())
        return report, tuple(sorted(changed))
    need_folder(root)
    with files.writing(root):
        corpus = load(root)
        report = work(corpus)
        changed = _differing(root, corpus.contents())
        files.replace_all(root, changed)
        if PAPERS in changed:
            keep_parsed(corpus.works.values())
    return report, tuple(sorted(changed))


def _differing(root: Path, contents: dict[str, str]) -> dict[str, str]:
    """Return the files whose content is another."""
    return {path: content for path, content in contents.items() if content.encode() != _held(root, path)}


def _held(root: Path, path: str) -> bytes:
    try:
        return files.read_data(root, path)
    except FileNotFoundError:
        return b""


def need_folder(root: Path) -> None:
    """Refuse a folder that holds no survey."""
    if not (root / "corpus").is_dir():
        raise Refused([Fault("corpus", 0, "", "there is no such folder", "run this in a survey's folder")])
