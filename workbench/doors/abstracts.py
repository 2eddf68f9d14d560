"""Abstracts join the works they belong to: the text to the local cache, facts where they were missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.doors.finding import Finder
from workbench.doors.identifiers import identifiers
from workbench.doors.identity import compare, contradicted
from workbench.doors.merging import facts, merge_authors
from workbench.doors.records import Corpus, carry_out, need_folder
from workbench.doors.sources import abstracts as source
from workbench.doors.sources import take_in
from workbench.doors.sources.abstracts import Abstract
from workbench.doors.titles import similarity
from workbench.store.bibliography import Entry
from workbench.store.faults import Fault
from workbench.store.texts import Text

#: A key that stands for a work here is believed where its title is at least this similar (0 to 100).
ALIKE = 60.0


@dataclass(frozen=True)
class AbstractsReport:
    """What became of the abstracts of a file or of a Zotero library.

    Attributes:
        joined: abstracts that are now in hand and were not before.
        already: abstracts of works whose text was in hand; the first edition stays.
        filled: works of which authors, year or venue were filled in.
        without: works that the source has without an abstract.
        unmatched: abstracts of no known work.
        unreadable: lines that cannot be read.
        warnings: what should be looked at.
        changed: files that changed (or would, in a dry run), relative to the survey folder.
    """

    joined: int = 0
    already: int = 0
    filled: int = 0
    without: int = 0
    unmatched: tuple[Fault, ...] = ()
    unreadable: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()


def add_abstracts(root: Path, file: Path, *, dry_run: bool = False) -> AbstractsReport:
    """Add abstracts of records that are there; they stay on this machine, and fill empty facts.

    Args:
        root: the survey folder.
        file: JSON lines with ``abstract`` and one of ``key``, ``arxiv_id``, ``doi``, ``url``; or BibTeX.
        dry_run: write nothing, report the same.

    Raises:
        Refused: the file cannot be read at all, or the corpus has faults; nothing was changed.
    """
    _, text, warnings = take_in(file)
    report, changed = carry_out(root, lambda corpus: join(corpus, file.name, text, {}), dry_run)
    return replace(report, warnings=(*warnings, *report.warnings), changed=changed)


def add_from_zotero(
    root: Path,
    library: str,
    *,
    collection: str = "",
    local: bool = False,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> AbstractsReport:
    """Add the abstracts that a Zotero library has of records that are there, as ``add_abstracts`` does.

    Args:
        root: the survey folder.
        library: ``users/NUMBER`` or ``groups/NUMBER``.
        collection: key of a collection, to read no more than that; collections inside it are not read.
        local: ask Zotero on this machine; your own library is ``users/0`` there.
        dry_run: write nothing, report the same.
        progress: called with what is being done, how far, and out of how many.

    Raises:
        Refused: Zotero did not give all of it, or the corpus has faults; nothing was changed.
    """
    from workbench.doors.sources import zotero

    need_folder(root)
    given = zotero.read(library, collection=collection, local=local, progress=progress)
    name = f"Zotero {library}"
    report, changed = carry_out(root, lambda corpus: join_each(corpus, name, given, {}), dry_run)
    return replace(report, changed=changed)


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
    good, bad = source.read(text, name)
    report = join_each(corpus, name, good, papers)
    return replace(report, unreadable=tuple(Fault(name, u.line, u.key, u.reason, u.remedy) for u in bad))


def join_each(
    corpus: Corpus, name: str, given: Sequence[Abstract], papers: Mapping[str, str]
) -> AbstractsReport:
    """Join abstracts to the works of a corpus: by key and identifiers, else as records are, by title and authors.

    Args:
        corpus: the records; changed in place.
        name: where they come from, for the report.
        given: the abstracts.
        papers: keys of the records of the same ``add`` -> the works they became or joined.

    Returns:
        What became of each.
    """
    joined = already = filled = 0
    unmatched: list[Fault] = []
    warnings: list[Fault] = []
    texts = [a for a in given if a.body]
    found = [_paper(corpus, a, papers) for a in texts]
    alike = _by_title(corpus, [a for a, paper in zip(texts, found, strict=True) if paper is None])
    for abstract, known in zip(texts, found, strict=True):
        paper, why = (known, "") if known else next(alike)
        if paper is None:
            named = abstract.key or abstract.arxiv_id or abstract.doi or abstract.url or abstract.title
            remedy = "add its record first, or correct its key or identifier"
            message = f"abstract of no known work{why}"
            unmatched.append(Fault(name, abstract.line, named, message, remedy, True))
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
    without = len(given) - len(texts)
    return AbstractsReport(joined, already, filled, without, tuple(unmatched), (), tuple(warnings))


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
    # a key is a name inside one file: where anything contradicts it, it means another work there
    paper = corpus.kept(abstract.key)
    if paper not in corpus.works or contradicted(_entry(abstract), corpus.works[paper]):
        return None
    alike = not abstract.title or similarity(abstract.title, corpus.works[paper].title) >= ALIKE
    return paper if alike else None


def _by_title(corpus: Corpus, given: Sequence[Abstract]) -> Iterator[tuple[str | None, str]]:
    """Give for each abstract the one work it is certainly of, by title and authors, or None and what it may be of."""
    entries = [_entry(a) for a in given]
    works = list(corpus.works.values())
    pairs = Finder([*works, *entries], len(entries)).pairs() if any(e.title for e in entries) else {}
    for number, entry in enumerate(entries, len(works)):
        near = [(works[n].key, compare(entry, works[n])) for n in pairs.get(number, {}) if n < len(works)]
        same = [key for key, verdict in near if verdict.kind == "same"]
        if len(same) == 1:
            yield same[0], ""
            continue
        close = sorted((-v.score, key, v.why) for key, v in near if v.kind != "different")
        yield None, f"; it may be of {close[0][1]} ({close[0][2]})" if close else ""


def _entry(abstract: Abstract) -> Entry:
    entry = facts("", abstract.title, abstract.doi, abstract.arxiv_id, abstract.url)
    return replace(entry, authors=abstract.authors, year=abstract.year)
