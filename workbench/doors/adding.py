"""The one door for records: every readable record of a file is taken, every unreadable one listed.

Records that are certainly one work are merged, near ones kept apart with a row in ``maybe_duplicates.csv``.
All files of one ``add`` are replaced together or not at all, and the same file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.doors.abstracts import AbstractsReport, join
from workbench.doors.records import Corpus, carry_out
from workbench.doors.removing import take_out_search
from workbench.doors.sources import Incoming, read_file, take_in
from workbench.doors.sources.incoming import within_budget
from workbench.doors.taking import Fate, Progress, Taking
from workbench.store.clock import now
from workbench.store.faults import Fault, Refused
from workbench.store.files import sha256
from workbench.store.schema import Schema, read_schema
from workbench.store.searches import SEARCHES, Search, next_id, places
from workbench.store.standing import removed


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
        fates: what became of each record, in the order of the file.
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
    fates: tuple[Fate, ...]
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
    supersedes: str = "",
    lookup: bool = False,
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
        supersedes: id of an earlier search whose file this one corrects: it counts no more, keys of its records are
            believed, and what only it had found is taken out.
        lookup: the file tells facts of records that are known: those it names are not counted as found again.
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
    good = _within_schema([within_budget(r) for r in good], read_schema(root, []))
    warnings += _notes(file.name, good)

    def work(corpus: Corpus) -> AddReport:
        corrects = _corrected(corpus, supersedes, sha256(data), by)
        search = _search(
            corpus, file, sha256(data), good, len(good) + len(bad), by, query, where, terms, lookup
        )
        taking = Taking(corpus, file.name, search.id, corrects)
        taking.unreadable(bad)
        taking.readable(good, progress or (lambda _what, _done, _all: None))
        joined = None
        if abstracts:
            joined = join(corpus, abstracts.name, abstract_text, taking.papers)
            joined = replace(joined, warnings=(*abstract_warnings, *joined.warnings))
        if supersedes:
            take_out_search(corpus, supersedes, by, f"superseded by {search.id}")
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
            fates=tuple(sorted(taking.fates, key=lambda f: f.line)),
            texts=count["texts"],
            abstracts=joined,
            changed=(),
        )

    report, changed = carry_out(root, work, dry_run)
    if report.abstracts:
        report = replace(report, abstracts=replace(report.abstracts, changed=changed))
    return replace(report, changed=changed)


def _within_schema(records: Sequence[Incoming], schema: Schema | None) -> list[Incoming]:
    """Return the records without streams that the schema does not know, which ``survey check`` would find."""
    if schema is None:
        return list(records)
    out = []
    for record in records:
        unknown = sorted({s for s in record.streams if s.strip() and s.strip() not in schema.streams})
        if unknown:
            notes = tuple(f"left out the stream {s[:40]!r}, which the schema does not know" for s in unknown)
            streams = tuple(s for s in record.streams if s not in unknown)
            record = replace(record, streams=streams, notes=(*record.notes, *notes))
        out.append(record)
    return out


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


def _corrected(corpus: Corpus, search: str, digest: str, by: str) -> dict[str, str]:
    """Return the keys in the file of an earlier search -> the works their records are part of."""
    if not search:
        return {}
    if not by.strip():
        raise Refused([Fault(SEARCHES, 0, search, "nobody is named who corrects it", "say who, with --by")])
    known = {s.id: s for s in corpus.searches}
    if search not in known or search in removed(corpus.removals, "search"):
        message, remedy = "no such search", "`survey status` and corpus/searches.yaml have them"
        raise Refused([Fault(SEARCHES, 0, search, message, remedy)])
    if known[search].sha256 == digest:
        message = "the file is the very one that this search gave"
        raise Refused(
            [Fault(SEARCHES, 0, search, message, "give the corrected file, or leave out --supersedes")]
        )
    papers = {(h["search"], h["content_sha256"]): h["paper"] for h in corpus.hits}
    return {
        r["key"]: papers[r["search"], r["content_sha256"]]
        for r in corpus.origins()
        if r["search"] == search and r["key"]
    }


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
    lookup: bool,
) -> Search:
    """Return the search that gave this very file, logged now if it is not yet."""
    words = None if terms is None else tuple(w for t in terms.split(";") if (w := " ".join(t.split())))
    out = removed(corpus.removals, "search")
    for number, search in enumerate(corpus.searches):
        if search.sha256 == digest and search.id not in out:
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
        lookup=lookup,
    )
    corpus.searches.append(search)
    return search
