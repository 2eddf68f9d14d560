"""The one door for records: every readable record of a file is taken, every unreadable one listed.

Records that are certainly one work are merged, near ones kept apart with a row in ``maybe_duplicates.csv``.
All files of one ``add`` are replaced together or not at all, and the same file twice changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.doors.abstracts import AbstractsReport, join, take_text
from workbench.doors.finding import Finder
from workbench.doors.identifiers import arxiv_year, identifiers
from workbench.doors.identity import Verdict, compare
from workbench.doors.merging import facts, merge
from workbench.doors.people import family
from workbench.doors.records import Corpus, carry_out
from workbench.doors.sources import Incoming, Unreadable, read_file, take_in
from workbench.doors.sources.incoming import TYPES
from workbench.doors.titles import fold
from workbench.store.bibliography import Entry
from workbench.store.clock import now
from workbench.store.faults import Fault
from workbench.store.files import sha256
from workbench.store.places import KEY
from workbench.store.searches import Search, next_id, places

_MONTH = re.compile(r"(\d+\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?", re.IGNORECASE)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Merge:
    """A record that joined a work: its line and title, the work's key and title, and why."""

    line: int
    title: str
    paper: str
    kept_title: str
    why: str


@dataclass(frozen=True)
class AddReport:
    """What became of a file of records: ``rows == known + new + merged + maybe + len(unreadable)``.

    Attributes:
        search: id of the search in ``searches.yaml``.
        rows: records in the file, unreadable ones included.
        known: readable records that an earlier ``add`` of the very same file has logged.
        new: works added.
        merged: records that joined a work.
        maybe: works added that may be duplicates of others.
        pairs: new rows of ``maybe_duplicates.csv``.
        unreadable: records that cannot be read, each with line, reason and remedy.
        warnings: what was read but should be looked at.
        merges: every record that joined a work, with the reason.
        texts: abstracts that stood in the records themselves and were not in hand before.
        abstracts: what became of the abstracts, where a file of them was given.
        changed: files that changed (or would, in a dry run), relative to the survey folder.
    """

    search: str
    rows: int
    known: int
    new: int
    merged: int
    maybe: int
    pairs: int
    unreadable: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    merges: tuple[Merge, ...]
    texts: int
    abstracts: AbstractsReport | None
    changed: tuple[str, ...]


def add(
    root: Path,
    file: Path,
    *,
    abstracts: Path | None = None,
    by: str = "",
    query: str = "",
    where: str = "",
    terms: str | None = None,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> AddReport:
    """Add the records of a file.

    Args:
        root: the survey folder.
        file: what a search gave; its suffix says the format (see ``sources.READERS``).
        abstracts: JSON lines of abstracts of these records; they stay on this machine.
        by: who searched.
        query: what was asked; by default what the records say of themselves.
        where: what was searched; by default what the records say of themselves, else the file's name.
        terms: the topic words of the query, semicolon-separated, ``*`` for any ending; empty where it named no topic.
            A search that was logged without them is given them now.
        columns: of a table, what is taken -> the column that holds it (see ``sources.table.COLUMNS``); columns by the
            names that databases give them need not be stated.
        dry_run: write nothing, report the same.
        progress: called with what is being done, how far, and out of how many.

    Returns:
        What became of every record.

    Raises:
        Refused: the file cannot be read at all, or the corpus has faults; nothing was changed.
    """
    came = read_file(file, columns)
    data, good, bad, warnings = came.data, came.good, came.bad, came.warnings
    abstract_text, abstract_warnings = "", list[Fault]()
    if abstracts:
        _, abstract_text, abstract_warnings = take_in(abstracts)
    warnings += _notes(file.name, good)

    def work(corpus: Corpus) -> AddReport:
        search = _search(corpus, file, sha256(data), good, len(good) + len(bad), by, query, where, terms)
        taking = _Taking(corpus, file.name, search.id)
        taking.unreadable(bad)
        taking.readable(good, progress or (lambda _what, _done, _all: None))
        joined = None
        if abstracts:
            joined = join(corpus, abstracts.name, abstract_text, taking.papers)
            joined = replace(joined, warnings=(*abstract_warnings, *joined.warnings))
        count = taking.count
        return AddReport(
            search=search.id,
            rows=len(good) + len(bad),
            known=count["known"],
            new=count["new"],
            merged=count["merged"],
            maybe=count["maybe"],
            pairs=count["pairs"],
            unreadable=tuple(Fault(file.name, u.line, u.key, u.reason, u.remedy) for u in bad),
            warnings=tuple(warnings),
            merges=tuple(taking.merges),
            texts=count["texts"],
            abstracts=joined,
            changed=(),
        )

    report, changed = carry_out(root, work, dry_run)
    if report.abstracts:
        report = replace(report, abstracts=replace(report.abstracts, changed=changed))
    return replace(report, changed=changed)


def _notes(name: str, records: Iterable[Incoming]) -> list[Fault]:
    """Return what was mended on reading, each kind once, at the first line it was met."""
    found: dict[str, list[int]] = {}
    for record in records:
        for note in record.notes:
            found.setdefault(note, []).append(record.line)
    return [
        Fault(name, lines[0], "", f"{note} ({_where(lines)})", "look whether that is right", True)
        for note, lines in found.items()
    ]


def _where(lines: Sequence[int]) -> str:
    """Return where records stand, a dozen of them by line."""
    if len(lines) == 1:
        return "1 record"
    shown = ", ".join(str(line) for line in lines[:12])
    return f"{len(lines)} records, at lines {shown}{', ...' if len(lines) > 12 else ''}"


def _search(
    corpus: Corpus,
    file: Path,
    digest: str,
    records: Sequence[Incoming],
    rows: int,
    by: str,
    query: str,
    where: str,
    terms: str | None,
) -> Search:
    """Return the search that gave this very file, logged now if it is not yet."""
    words = None if terms is None else tuple(w for t in terms.split(";") if (w := " ".join(t.split())))
    for number, search in enumerate(corpus.searches):
        if search.sha256 == digest:
            if words is not None and search.terms is None:
                corpus.searches[number] = search = replace(search, terms=words)
            return search
    met, asked = places(r.found_via for r in records if r.found_via)
    search = Search(
        id=next_id(corpus.searches, file.stem),
        where=(where,) if where else met or (file.name,),
        when=now(),
        by=by,
        query=query or asked,
        filters="",
        rows=rows,
        sha256=digest,
        terms=words,
    )
    corpus.searches.append(search)
    return search


class _Taking:
    """Takes the records of one file into a corpus.

    Attributes:
        papers: key a record came with -> key of the work it became or joined.
        count: how many records were known, new, merged, maybe; and how many pairs were noted.
        merges: every record that joined a work.
    """

    def __init__(self, corpus: Corpus, name: str, search: str) -> None:
        self._corpus, self._name, self._search = corpus, name, search
        self._logged = {h["content_sha256"]: h for h in corpus.hits if h["search"] == search}
        self._seen_before = {h["content_sha256"]: h for h in reversed(corpus.hits) if h["paper"]}
        self._times: Counter[str] = Counter()
        self.papers: dict[str, str] = {}
        self.count: Counter[str] = Counter()
        self.merges: list[Merge] = []

    def unreadable(self, records: Iterable[Unreadable]) -> None:
        """Log records that cannot be read."""
        for record in records:
            digest = self._digest(record.content)
            if digest not in self._logged:
                self._log(digest, "", "unreadable", record.line, record.reason)

    def readable(self, records: Sequence[Incoming], progress: Progress) -> None:
        """Take records: known ones are passed over, others become works or join one."""
        todo: list[tuple[Incoming, str]] = []
        for record in records:
            digest = self._digest(record.content)
            if hit := self._logged.get(digest):
                self.count["known"] += 1
                self._remember(record, hit["paper"])
                # The log of hits travels with the survey, abstracts do not: whoever lacks one gets it here.
                self._keep_text(record, self._corpus.kept(hit["paper"]))
            else:
                todo.append((record, digest))
        if not todo:
            return
        keys = list(self._corpus.works)
        entries = [*self._corpus.works.values(), *(_entry(r) for r, _ in todo)]
        titles = [e.title for e in entries]
        progress("looking for duplicates", 0, len(todo))
        pairs = Finder(entries, len(todo)).pairs()
        became: dict[int, str] = dict(enumerate(keys))
        for number, (record, digest) in enumerate(todo):
            place = len(keys) + number
            near = [(became[other], titles[other]) for other in pairs.get(place, {})]
            became[place] = self._take(record, digest, entries[place], near)
            if number % 200 == 0:
                progress("adding records", number, len(todo))
        progress("adding records", len(todo), len(todo))

    def _digest(self, content: str) -> str:
        """Return a record's digest; the second of two equal records in a file gets another."""
        self._times[content] += 1
        times = self._times[content]
        return sha256(content if times == 1 else f"{content}\n#{times}")

    def _log(self, digest: str, paper: str, outcome: str, line: int, reason: str) -> None:
        self._corpus.hits.append(
            {
                "search": self._search,
                "content_sha256": digest,
                "paper": paper,
                "outcome": outcome,
                "file": self._name,
                "line": str(line),
                "reason": reason,
            }
        )

    def _remember(self, record: Incoming, paper: str) -> None:
        if record.key:
            self.papers.setdefault(record.key, paper)

    def _take(self, record: Incoming, digest: str, entry: Entry, near: Sequence[tuple[str, str]]) -> str:
        verdicts = self._verdicts(record, digest, entry, near)
        same = [(paper, v) for paper, v in verdicts if v.kind == "same"]
        maybe = [(paper, v) for paper, v in verdicts if v.kind == "maybe"]
        if same:
            paper, verdict = same[0]
            self._join(record, entry, paper, verdict.why)
            outcome, reason = "merged", verdict.why
            for other, further in same[1:]:
                self._pair(
                    paper, other, further.score, f"one record is like both: {verdict.why}; {further.why}"
                )
            for other, further in maybe:
                if further.by_identifier or "titles differ" in verdict.why:
                    why = f"line {record.line} of {self._name}: {further.why}"
                    self._pair(paper, other, further.score, why)
        else:
            paper = self._new(record, entry)
            outcome, reason = ("maybe", f"{maybe[0][0]}: {maybe[0][1].why}") if maybe else ("new", "")
            for other, verdict in maybe:
                self._pair(paper, other, verdict.score, verdict.why)
        self.count[outcome] += 1
        self._log(digest, paper, outcome, record.line, reason)
        self._remember(record, paper)
        self._keep_text(record, paper)
        # an arXiv id that turns out not to be the work's own must not date it: only what was merged counts
        self._corpus.see(paper, entry.year)
        return paper

    def _keep_text(self, record: Incoming, paper: str) -> None:
        if not record.abstract.strip() or paper not in self._corpus.works:
            return
        if take_text(self._corpus, paper, record.title, record.abstract, record.found_via or self._name):
            self.count["texts"] += 1
            self._corpus.see(paper)

    def _verdicts(
        self, record: Incoming, digest: str, entry: Entry, near: Sequence[tuple[str, str]]
    ) -> list[tuple[str, Verdict]]:
        """Return the works this record may be, with why; the surest first."""
        corpus = self._corpus
        if (hit := self._seen_before.get(digest)) and hit["paper"] in corpus.works:
            return [(hit["paper"], Verdict("same", 100.0, f"same record as in {hit['search']}"))]
        found: dict[str, Verdict] = {}
        for identifier in sorted(identifiers(entry)):
            for paper in corpus.by_id.get(identifier, ()):
                if paper in corpus.works:
                    found.setdefault(paper, compare(entry, corpus.works[paper]))
        for paper, title in near:
            work = corpus.works[paper]
            # the work may have been met under another title than the one it goes by
            for variant in (work, *([replace(work, title=title)] if title != work.title else [])):
                verdict = compare(entry, variant)
                if paper not in found or _rank(verdict) < _rank(found[paper]):
                    found[paper] = verdict
        ranked = sorted(found.items(), key=lambda item: (*_rank(item[1]), item[0]))
        return [(paper, v) for paper, v in ranked if v.kind != "different"]

    def _join(self, record: Incoming, entry: Entry, paper: str, why: str) -> None:
        corpus = self._corpus
        kept = corpus.works[paper]
        corpus.put(merge(kept, entry))
        row = corpus.records[paper]
        row["guessed_streams"] = _streams([*row["guessed_streams"].split(";"), *record.streams])
        self.merges.append(Merge(record.line, record.title, paper, kept.title, why))

    def _new(self, record: Incoming, entry: Entry) -> str:
        key = self._corpus.free_key(_key(record.key) or _made_key(entry))
        self._corpus.put(replace(entry, key=key))
        self._corpus.records[key] = {
            "paper": key,
            "first_public": "",
            "verified": "no",
            "grey": "yes" if record.grey else "no",
            "guessed_streams": _streams(record.streams),
            "text_sha256": "",
            "stratum": "",
        }
        return key

    def _pair(self, one: str, other: str, score: float, why: str) -> None:
        a, b = sorted((one, other))
        if a != b and (a, b) not in self._corpus.maybes:
            self._corpus.maybes[a, b] = {
                "a": a,
                "b": b,
                "score": f"{score:.1f}",
                "why": why,
                "decision": "",
                "by": "",
                "note": "",
                "at": "",
            }
            self.count["pairs"] += 1


def _rank(verdict: Verdict) -> tuple[int, int, float]:
    kind = {"same": 0, "maybe": 1, "different": 2}[verdict.kind]
    return (kind, 0 if verdict.by_identifier else 1, -verdict.score)


def _entry(record: Incoming) -> Entry:
    """Return the facts of a record as an entry without a key."""
    entry = facts("", record.title, record.doi, record.arxiv_id, record.url)
    kind, venue, year = TYPES.get(record.type, "misc"), record.venue, record.year
    if re.match(r"(arxiv|corr)\b", venue, re.IGNORECASE) and entry.arxiv_id:
        kind, venue = "misc", "arXiv"
    elif record.type == "preprint" and entry.arxiv_id and _MONTH.fullmatch(venue):
        venue = "arXiv"  # lists leave the month of a preprint where its venue should be
    if not venue and kind == "misc" and entry.arxiv_id:
        venue = "arXiv"
    if year is None and entry.arxiv_id:
        year = arxiv_year(entry.arxiv_id)
    return replace(entry, type=kind, venue=venue, year=year, authors=record.authors, details=record.details)


def _streams(streams: Iterable[str]) -> str:
    return ";".join(sorted({s.strip() for s in streams if s.strip()}))


def _key(proposed: str) -> str:
    """Return a proposed key with what a key may not have replaced; empty where nothing is left."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", proposed) if not unicodedata.combining(c))
    key = re.sub(r"[^A-Za-z0-9._+-]+", "-", plain).strip("-._+")[:80]
    if key.isdigit():  # programs would take it for a number
        key = f"ref-{key}"
    return key if KEY.fullmatch(key) else ""


def _made_key(entry: Entry) -> str:
    """Return a key for a record that came without: its arXiv id, else family, year and a word of the title."""
    if entry.arxiv_id:
        return "arxiv-" + entry.arxiv_id.replace("/", "-")
    return _key("".join(_key_words(entry))) or "work"


def _key_words(entry: Entry) -> Iterator[str]:
    yield family(entry.authors[0]).replace(" ", "") if entry.authors else "anonymous"
    yield str(entry.year or "")
    small = {
        "the",
        "and",
        "for",
        "are",
        "can",
        "how",
        "what",
        "why",
        "with",
        "from",
        "towards",
        "toward",
        "does",
    }
    yield next((w for w in fold(entry.title).split() if len(w) > 2 and w not in small), "untitled")
