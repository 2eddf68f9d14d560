"""Abstracts join the works they belong to: the text to the local cache, facts where they were missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.faults import Fault
from workbench.identity import identifiers, similarity
from workbench.merging import facts, merge_authors
from workbench.records import Corpus, carry_out
from workbench.sources import abstracts as source
from workbench.sources import take_in
from workbench.sources.abstracts import Abstract
from workbench.texts import Text


@dataclass(frozen=True)
class AbstractsReport:
    """What became of a file of abstracts.

    Attributes:
        joined: abstracts that are now in hand and were not before.
        already: abstracts of works whose text was in hand; the first edition stays.
        filled: works of which authors, year or venue were filled in.
        unmatched: abstracts of no known work.
        unreadable: lines that cannot be read.
        warnings: what should be looked at.
        changed: files that changed (or would, in a dry run), relative to the survey folder.
    """

    joined: int = 0
    already: int = 0
    filled: int = 0
    unmatched: tuple[Fault, ...] = ()
    unreadable: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()


def add_abstracts(root: Path, file: Path, *, dry_run: bool = False) -> AbstractsReport:
    """Add abstracts of records that are there; they stay on this machine, and fill empty facts.

    Args:
        root: the survey folder.
        file: JSON lines with ``abstract`` and one of ``key``, ``arxiv_id``, ``doi``, ``url``.
        dry_run: write nothing, report the same.

    Raises:
        Refused: the file cannot be read at all, or the corpus has faults; nothing was changed.
    """
    _, text, warnings = take_in(file)
    report, changed = carry_out(root, lambda corpus: join(corpus, file.name, text, {}), dry_run)
    return replace(report, warnings=(*warnings, *report.warnings), changed=changed)


def join(corpus: Corpus, name: str, text: str, papers: Mapping[str, str]) -> AbstractsReport:
    """Join a file of abstracts to the works of a corpus.

    Args:
        corpus: the records; changed in place.
        name: the file's name.
        text: its text.
        papers: keys of the records of the same ``add`` -> the works they became or joined.

    Returns:
        What became of each.
    """
    good, bad = source.read(text)
    joined = already = filled = 0
    unmatched: list[Fault] = []
    warnings: list[Fault] = []
    for abstract in good:
        paper = _paper(corpus, abstract, papers)
        if paper is None:
            named = abstract.key or abstract.arxiv_id or abstract.doi or abstract.url
            remedy = "add its record first, or correct its key or identifier"
            unmatched.append(Fault(name, abstract.line, named, "abstract of no known work", remedy, True))
            continue
        entry = corpus.works[paper]
        if abstract.title and similarity(abstract.title, entry.title) < 40:
            message = f"title differs from the record's: {entry.title!r}"
            warnings.append(Fault(name, abstract.line, paper, message, "look whether the id is right", True))
        mended = replace(
            entry,
            authors=merge_authors(entry.authors, abstract.authors),
            year=entry.year if entry.year is not None else abstract.year,
            venue=entry.venue or abstract.venue,
        )
        if mended != entry:
            filled += 1
            corpus.put(mended)
        if take_text(corpus, paper, abstract.title, abstract.body, abstract.source or name):
            joined += 1
        else:
            already += 1
        corpus.see(paper, abstract.year)
    unreadable = tuple(Fault(name, u.line, u.key, u.reason, u.remedy) for u in bad)
    return AbstractsReport(joined, already, filled, tuple(unmatched), unreadable, tuple(warnings))


def take_text(corpus: Corpus, paper: str, title: str, body: str, source: str) -> bool:
    """Keep an abstract unless one is in hand; the first edition stays. Say whether it was kept."""
    if paper in corpus.texts:
        return False
    title = title or corpus.works[paper].title
    # no line separators of any kind: the cache holds one object a line
    corpus.texts[paper] = Text(paper, *(" ".join(t.split()) for t in (title, body, source)))
    if not corpus.records[paper]["text_sha256"]:
        corpus.records[paper]["text_sha256"] = corpus.texts[paper].digest
    return True


def _paper(corpus: Corpus, abstract: Abstract, papers: Mapping[str, str]) -> str | None:
    """Return the work an abstract belongs to: by this run's keys, by identifiers, by the key of a record."""
    if paper := papers.get(abstract.key):
        return paper
    facts_given = facts("", abstract.title, abstract.doi, abstract.arxiv_id, abstract.url)
    for identifier in sorted(identifiers(facts_given)):
        if keys := corpus.by_id.get(identifier):
            return keys[0]
    if keys := corpus.by_id.get(f"address:{facts_given.url}"):
        return keys[0]
    paper = corpus.kept(abstract.key)
    if paper in corpus.works and (
        not abstract.title or similarity(abstract.title, corpus.works[paper].title) >= 60
    ):
        return paper
    return None
