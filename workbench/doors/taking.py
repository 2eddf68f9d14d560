"""How the records of one file are taken into the corpus: what became of each, under which key, and why."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.doors.abstracts import take_text
from workbench.doors.finding import Finder
from workbench.doors.identifiers import arxiv_year, identifiers
from workbench.doors.identity import Verdict, compare
from workbench.doors.merging import facts, merge
from workbench.doors.origins import fields_of
from workbench.doors.people import family
from workbench.doors.records import Corpus
from workbench.doors.sources import Incoming, Unreadable
from workbench.doors.sources.incoming import TYPES
from workbench.doors.titles import fold
from workbench.store.bibliography import Entry
from workbench.store.files import sha256
from workbench.store.places import KEY

_MONTH = re.compile(r"(\d+\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?", re.IGNORECASE)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Fate:
    """What became of one record of a file.

    Attributes:
        line: line in the file, from 1.
        title: its title; empty where it could not be read.
        given_key: the key it had in the file.
        outcome: new, merged, maybe, known or unreadable.
        paper: key of the work it became or joined; empty where it could not be read.
        key: its own key: of a merged record it leads to the work (``survey show KEY``).
        why: why merged, asked about or unreadable; with what.
        notes: what was not kept, or mended on reading.
    """

    line: int
    title: str
    given_key: str
    outcome: str
    paper: str
    key: str
    why: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The fate as a line for a reader."""
        name = f"line {self.line}" + (f", {self.given_key}" if self.given_key else "")
        told = {
            "new": f"new work {self.paper}",
            "maybe": f"new work {self.paper}, perhaps one with {self.why}",
            "merged": f"joined {self.paper}: {self.why}; {self.key} leads there",
            "known": f"known already: {self.why or self.paper}",
            "unreadable": f"could not be read: {self.why}",
        }[self.outcome]
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        return f"{name}: {told}{notes}"


class Taking:
    """Takes the records of one file into a corpus.

    Attributes:
        papers: key a record came with -> key of the work it became or joined.
        count: how many records were known, new, merged, maybe; and how many pairs were noted.
        fates: what became of each record.

    Args:
        corpus: the records; changed in place.
        name: the file's name.
        search: id of its search.
        earlier: of a file that corrects an earlier one: key in that file -> work it became or joined.
    """

    def __init__(
        self, corpus: Corpus, name: str, search: str, earlier: Mapping[str, str] | None = None
    ) -> None:
        self._earlier = dict(earlier or {})
        self._corpus, self._name, self._search = corpus, name, search
        self._logged = {h["content_sha256"]: h for h in corpus.hits if h["search"] == search}
        self._seen_before = {h["content_sha256"]: h for h in reversed(corpus.hits) if h["paper"]}
        self._times: Counter[str] = Counter()
        self.papers: dict[str, str] = {}
        self.count: Counter[str] = Counter()
        self.fates: list[Fate] = []
        self._fields_held: set[str] | None = None

    def unreadable(self, records: Iterable[Unreadable]) -> None:
        """Log records that cannot be read."""
        for record in records:
            digest = self._digest(record.content)
            if digest not in self._logged:
                self._log(digest, "", "unreadable", record.line, record.reason)
            self.fates.append(
                Fate(record.line, "", record.key, "unreadable", "", "", f"{record.reason}; {record.remedy}")
            )

    def readable(self, records: Sequence[Incoming], progress: Progress) -> None:
        """Take records: known ones are passed over, others become works or join one."""
        todo: list[tuple[Incoming, str]] = []
        for record in records:
            digest = self._digest(record.content)
            if hit := self._logged.get(digest):
                self.count["known"] += 1
                self._remember(record, hit["paper"])
                self._known(record, digest, hit)
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

    def _known(self, record: Incoming, digest: str, hit: Mapping[str, str]) -> None:
        """Tell of a record that was logged before; its fields are put on record where they are not."""
        corpus = self._corpus
        paper = corpus.kept(hit["paper"])
        if self._fields_held is None:
            self._fields_held = {
                r["content_sha256"] for r in corpus.read_fields() if r["search"] == self._search
            }
        if digest not in self._fields_held and paper in corpus.works:
            alone = paper
            if hit["outcome"] == "merged":
                alone = corpus.reserve(made_key(record.key, _entry(record)))
                corpus.note_merge(alone, paper, hit["reason"], "rule")
            self._fields(record, digest, alone, _entry(record))
        why = (
            ""
            if paper in corpus.works
            else f"{hit['paper']} was taken out (`survey remove {hit['paper']} --undo`)"
        )
        self.fates.append(
            Fate(record.line, record.title, record.key, "known", paper, paper, why, record.notes)
        )

    def _fields(self, record: Incoming, digest: str, alone: str, entry: Entry) -> None:
        row = fields_of(self._search, digest, alone, record.key, entry, record.streams, record.grey)
        self._corpus.new_fields.append(row)

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
            alone = self._join(record, entry, paper, verdict.why)
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
            alone = paper = self._new(record, entry)
            outcome, reason = ("maybe", f"{maybe[0][0]}: {maybe[0][1].why}") if maybe else ("new", "")
            for other, verdict in maybe:
                self._pair(paper, other, verdict.score, verdict.why)
        self.count[outcome] += 1
        self._log(digest, paper, outcome, record.line, reason)
        self._fields(record, digest, alone, entry)
        fate = Fate(record.line, record.title, record.key, outcome, paper, alone, reason, record.notes)
        self.fates.append(fate)
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
        if (paper := corpus.kept(self._earlier.get(record.key, ""))) in corpus.works:
            return [(paper, Verdict("same", 100.0, "same key in the file that this one corrects"))]
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

    def _join(self, record: Incoming, entry: Entry, paper: str, why: str) -> str:
        corpus = self._corpus
        kept = corpus.works[paper]
        corpus.put(merge(kept, entry))
        row = corpus.records[paper]
        row["guessed_streams"] = _streams([*row["guessed_streams"].split(";"), *record.streams])
        alone = corpus.reserve(made_key(record.key, entry))
        corpus.note_merge(alone, paper, why, "rule")
        return alone

    def _new(self, record: Incoming, entry: Entry) -> str:
        key = self._corpus.free_key(made_key(record.key, entry))
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


def made_key(given: str, entry: Entry) -> str:
    """Return the key a record asks for; else its arXiv id, or family, year and a word of the title."""
    if key := _key(given):
        return key
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
