"""Taking out what was added by mistake, a search or a record, and putting it back; its rows stay in the files."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from workbench.doors.origins import made_anew, record_of
from workbench.doors.records import Corpus, carry_out
from workbench.store.bibliography import PAPERS
from workbench.store.clock import now
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.standing import counting, removed
from workbench.store.tables import REMOVALS


@dataclass(frozen=True)
class Removed:
    """What a removal did.

    Attributes:
        kind: search or record.
        papers: keys of the works that went out, or came back.
        kept: works that stay because another search found them too.
        changed: files that changed, relative to the survey folder.
    """

    kind: str
    papers: tuple[str, ...]
    kept: tuple[str, ...]
    changed: tuple[str, ...] = ()


def remove(root: Path, what: str, *, by: str, why: str, undo: bool = False, dry_run: bool = False) -> Removed:
    """Take a search or a record out of the survey, or put it back.

    Its hits count no more, in PRISMA and everywhere; works that no other search found leave ``papers.bib``;
    decisions on them stay in the files and count nowhere. Nothing is deleted from the log: ``undo`` brings it back.

    Args:
        root: the survey folder.
        what: id of a search (``s03-list``), or key of a record.
        by: who takes it out.
        why: why so.
        undo: put it back.
        dry_run: write nothing, report the same.

    Raises:
        Refused: nobody is named, no reason, no such search or record, or the fields of a hit that are needed are not
            on record; nothing was changed.
    """
    faults = []
    if not by.strip():
        faults.append(Fault(REMOVALS.path, 0, what, "nobody is named", "say who, with --by"))
    if not undo and not why.strip():
        faults.append(Fault(REMOVALS.path, 0, what, "no reason is given", "say why, with --why"))
    if faults:
        raise Refused(faults)

    def work(corpus: Corpus) -> Removed:
        if undo:
            return _put_back(corpus, what, by.strip())
        if what in {s.id for s in corpus.searches}:
            return take_out_search(corpus, what, by.strip(), " ".join(why.split()))
        return _take_out_record(corpus, what, by.strip(), " ".join(why.split()))

    report, changed = carry_out(root, work, dry_run)
    return dataclasses.replace(report, changed=changed)


def take_out_search(corpus: Corpus, search: str, by: str, why: str) -> Removed:
    """Take a search out: its hits count no more, and works that only it found go."""
    if search in removed(corpus.removals, "search"):
        message, remedy = "is out already", f"`survey remove {search} --undo` puts it back"
        raise Refused([Fault(REMOVALS.path, 0, search, message, remedy)])
    _note(corpus, search, "search", by, why)
    return _brought_into_step(
        corpus, {h["paper"] for h in corpus.hits if h["search"] == search and h["paper"]}, "search"
    )


def _take_out_record(corpus: Corpus, key: str, by: str, why: str) -> Removed:
    if key in removed(corpus.removals, "record"):
        message, remedy = "is out already", f"`survey remove {key} --undo` puts it back"
        raise Refused([Fault(REMOVALS.path, 0, key, message, remedy)])
    if (work := corpus.kept(key)) != key:
        message = f"is part of {work}"
        remedy = f"split it off first: `survey duplicates {work} {key} --undo --by WHO`"
        raise Refused([Fault(PAPERS, 0, key, message, remedy)])
    if key not in corpus.works:
        raise Refused(
            [Fault(PAPERS, 0, key, "no such search or record", "look for it in papers.bib or searches.yaml")]
        )
    _note(corpus, key, "record", by, why)
    del corpus.works[key], corpus.records[key]
    return Removed("record", (key,), ())


def _note(corpus: Corpus, what: str, kind: str, by: str, why: str) -> None:
    times = sum(r["what"] == what for r in corpus.removals)
    row = {"what": what, "revision": str(times + 1), "kind": kind, "why": why, "by": by, "at": now()}
    corpus.removals.append(dict.fromkeys(REMOVALS.header, "") | row)


def _put_back(corpus: Corpus, what: str, by: str) -> Removed:
    held = removed(corpus.removals, "search").get(what) or removed(corpus.removals, "record").get(what)
    if held is None:
        message, remedy = "is not out of the survey", "`survey show KEY` says what stands of a record"
        raise Refused([Fault(REMOVALS.path, 0, what, message, remedy)])
    held.update(undone=now(), undone_by=by)
    papers = {what} if held["kind"] == "record" else {h["paper"] for h in corpus.hits if h["search"] == what}
    before = set(corpus.works)
    _brought_into_step(corpus, papers - {""}, held["kind"])
    return Removed(held["kind"], tuple(sorted(set(corpus.works) - before)), tuple(sorted(papers & before)))


def _brought_into_step(corpus: Corpus, papers: set[str], kind: str) -> Removed:
    """Let works be what their hits that count make them: gone where there are none, made anew from the rest."""
    standing = counting("hits", corpus.hits, {}, corpus.removals)
    hits: dict[str, list[Row]] = defaultdict(list)
    for hit in standing:
        hits[hit["paper"]].append(hit)
    origins = {(r["search"], r["content_sha256"]): r for r in corpus.origins()}
    gone, kept = [], []
    for paper in sorted(papers):
        if not hits[paper]:
            if corpus.works.pop(paper, None):
                del corpus.records[paper]
                gone.append(paper)
            continue
        kept.append(paper)
        rows = [r for h in hits[paper] if (r := origins.get((h["search"], h["content_sha256"])))]
        if len(rows) < len(hits[paper]):
            if paper not in corpus.works:
                raise Refused([lacking(paper)])
            continue  # what an older survey did not keep cannot be taken apart; the facts stay as they are
        order = {id(r): n for n, r in enumerate(origins.values())}
        rows.sort(key=lambda r: order[id(r)])
        old = corpus.records.get(paper, {})
        entry = made_anew(paper, rows)
        if before := corpus.works.get(paper):
            entry = dataclasses.replace(
                entry,
                authors=entry.authors or before.authors,
                year=entry.year if entry.year is not None else before.year,
                venue=entry.venue or before.venue,
            )
        text = old.get("text_sha256", "") or (corpus.texts[paper].digest if paper in corpus.texts else "")
        corpus.put(entry)
        corpus.records[paper] = record_of(entry, rows, text, old.get("stratum", ""))
    return Removed(kind, tuple(gone), tuple(kept))


def lacking(paper: str) -> Fault:
    """Return the fault of a work whose hits came in before their fields were kept."""
    message = "the fields of its hits are not on record"
    return Fault(
        "corpus/fields.csv",
        0,
        paper,
        message,
        "add the file again that it came from; that puts them on record",
    )
