"""Deciding pairs of records that may be one work: ``same`` merges them, ``different`` settles it, ``undo`` splits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from workbench.doors.coding import KEY as CODING
from workbench.doors.identity import compare
from workbench.doors.merging import arxiv_ids, first_public, merge
from workbench.doors.origins import entry_of, made_anew, record_of
from workbench.doors.records import Corpus, carry_out, load
from workbench.doors.removing import lacking
from workbench.store.bibliography import Entry
from workbench.store.clock import now
from workbench.store.corpus import current
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.screened import screened
from workbench.store.standing import joined, removed, standing
from workbench.store.tables import MAYBE_DUPLICATES, MERGES, REMOVALS

DECISIONS = ("same", "different")


@dataclass(frozen=True)
class Pair:
    """Two records that may be one work.

    Attributes:
        a: the alphabetically first.
        b: the other.
        score: similarity of the titles, 0 to 100.
        why: what speaks for and against.
        first_public: first public year of each, as cells.
        seen_in: file and line of each one's first hit.
    """

    a: Entry
    b: Entry
    score: float
    why: str
    first_public: tuple[str, str]
    seen_in: tuple[str, str]

    def facts(self) -> list[tuple[str, str, str]]:
        """Return the facts side by side: name, of ``a``, of ``b``; those that both lack left out."""
        rows = [("key", self.a.key, self.b.key)]
        for name in ("title", "authors", "year", "venue", "type", "doi", "arxiv_id", "url", "other_ids"):
            mine, theirs = (_shown(getattr(e, name)) for e in (self.a, self.b))
            if mine or theirs:
                rows.append((name, mine, theirs))
        return [*rows, ("first public", *self.first_public), ("seen in", *self.seen_in)]

    def __str__(self) -> str:
        """The pair as a reader compares it: each fact of the one above that of the other."""
        lines = [f"{self.a.key} and {self.b.key}: {self.why} (titles {self.score:.0f} of 100 alike)"]
        for name, mine, theirs in self.facts()[1:]:
            lines.append(f"  {name:<13} {mine or '-'}")
            if theirs != mine:
                lines.append(f"  {'':<13} {theirs or '-'}")
        return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(value)
    return "" if value is None else str(value)


def pending(root: Path) -> list[Pair]:
    """Return the undecided pairs, the most alike first.

    Args:
        root: the survey folder.

    Raises:
        Refused: the corpus has faults.
    """
    corpus = load(root)
    seen: dict[str, str] = {}
    for hit in corpus.hits:
        seen.setdefault(hit["paper"], f"{hit['file']}:{hit['line']}")
    pairs = [
        Pair(
            corpus.works[a],
            corpus.works[b],
            float(row["score"] or 0),
            row["why"],
            (corpus.records[a]["first_public"], corpus.records[b]["first_public"]),
            (seen.get(a, ""), seen.get(b, "")),
        )
        for (a, b), row in corpus.maybes.items()
        if not row["decision"] and a in corpus.works and b in corpus.works
    ]
    return sorted(pairs, key=lambda p: (-p.score, p.a.key, p.b.key))


def decide(root: Path, a: str, b: str, decision: str, by: str, note: str = "", keep: str = "") -> str:
    """Decide whether two records are one work: a pair that is asked about, or any two that a person knows of.

    ``same`` merges the two: the key that screenings or codings use stays, else the one in the sample, else the
    alphabetically first. Hits of the other point to it, its row in ``records.csv`` goes, its abstract is used where
    there is none. The merge is a row of ``merges.csv``, which ``undo`` takes back. ``different`` on a pair that was
    merged takes the merge back. The same answer again changes nothing.

    Args:
        root: the survey folder.
        a: key of one record.
        b: key of the other, in any order.
        decision: ``same`` or ``different``.
        by: who decides.
        note: why so.
        keep: whose decisions hold, where both have some: ``a`` or ``b``.

    Returns:
        The key of the work after a merge; of ``different``, nothing.

    Raises:
        Refused: an unknown key, a pair of one record, decisions on both that do not agree and no ``keep``; nothing was
            changed.
    """
    path = MAYBE_DUPLICATES.path
    a, b = sorted((a.strip(), b.strip()))
    faults = []
    if decision not in DECISIONS:
        faults.append(Fault(path, 0, "", f"unknown decision {decision!r}", "say same or different"))
    if not by.strip():
        faults.append(Fault(path, 0, "", "nobody decides", "say by whom, with --by"))
    if a == b:
        faults.append(Fault(path, 0, a, "is paired with itself", "name two records"))
    if keep and keep not in (a, b):
        faults.append(Fault(path, 0, keep, "is neither of the two", f"keep {a} or {b}"))
    if faults:
        raise Refused(faults)
    said = (decision, by.strip(), " ".join(note.split()), keep)
    return carry_out(root, lambda corpus: _decide(root, corpus, a, b, *said))[0]


def undo(root: Path, a: str, b: str, by: str, note: str = "") -> tuple[str, str]:
    """Take a merge back: both records are as they were, and what joined since stays with the one that it joined.

    Args:
        root: the survey folder.
        a: key of the work, or of the record that joined it.
        b: the other.
        by: who takes it back.
        note: why so.

    Returns:
        The key of the work that stays, and of the record that stands alone again.

    Raises:
        Refused: the two were not merged, or the fields of a hit are not on record; nothing was changed.
    """
    if not by.strip():
        raise Refused([Fault(MERGES.path, 0, a, "nobody is named", "say by whom, with --by")])

    def work(corpus: Corpus) -> tuple[str, str]:
        row = _merge_of(corpus, a.strip(), b.strip())
        if row is None:
            message = f"was not merged with {b}"
            raise Refused([Fault(MERGES.path, 0, a, message, f"`survey show {a}` says what joined it")])
        return split(corpus, row, by.strip(), " ".join(note.split()))

    return carry_out(root, work)[0]


def _merge_of(corpus: Corpus, a: str, b: str) -> Row | None:
    """Return the merge that holds and made one record a part of the other's work."""
    for row in corpus.merges:
        if not row["undone"] and row["taken"] in (a, b):
            other = b if row["taken"] == a else a
            if other == row["kept"] or corpus.kept(row["taken"]) == corpus.kept(other) == other:
                return row
    return None


def _decide(root: Path, corpus: Corpus, a: str, b: str, decision: str, by: str, note: str, keep: str) -> str:
    row = corpus.maybes.get((a, b))
    merged = _merge_of(corpus, a, b)
    if merged:
        if decision == "same":
            return merged["kept"]
        split(corpus, merged, by, note)
        return ""
    if unknown := [k for k in (a, b) if k not in corpus.works]:
        raise Refused([_no_record(corpus, k) for k in unknown])
    if row is None:
        # a person may know what nothing in the records says
        row = dict.fromkeys(MAYBE_DUPLICATES.header, "") | {"a": a, "b": b, "why": "named by a person"}
        row["score"] = f"{compare(corpus.works[a], corpus.works[b]).score:.1f}"
        corpus.maybes[a, b] = row
    if row["decision"] == decision == "different":
        return ""
    kept = ""
    if decision == "same":
        kept = keep or _which_stays(root, corpus, a, b)
        _merge(corpus, kept, b if kept == a else a, by, note or row["why"])
    corpus.maybes[a, b].update(decision=decision, by=by, note=note, at=now())
    return kept


def _no_record(corpus: Corpus, key: str) -> Fault:
    if (work := corpus.kept(key)) != key:
        return Fault(
            MERGES.path, 0, key, f"is part of {work} already", f"name {work}, or split it off with --undo"
        )
    if key in removed(corpus.removals, "record"):
        return Fault(REMOVALS.path, 0, key, "was taken out", f"`survey remove {key} --undo` puts it back")
    return Fault("corpus/papers.bib", 0, key, "no such record", "look for it in papers.bib")


def _which_stays(root: Path, corpus: Corpus, a: str, b: str) -> str:
    faults: list[Fault] = []
    decided = {key: _where_decided(root, key, faults) for key in (a, b)}
    sampled = {r["paper"] for r in standing(root, "sample", faults)}
    if decided[a] and decided[b]:
        if _alike(root, corpus, a, b, faults):
            return b if b in sampled and a not in sampled else a
        raise Refused(
            Fault(
                MAYBE_DUPLICATES.path,
                0,
                key,
                f"both records have decisions that do not agree, this one in {', '.join(decided[key])}",
                f"say whose hold: `--keep {key}`; or take screenings back: `survey screen --withdraw --coder WHO "
                f"--paper {key}`",
            )
            for key in (a, b)
        )
    for key in (a, b):
        if decided[key]:
            return key
    return b if b in sampled and a not in sampled else a


def _where_decided(root: Path, key: str, faults: list[Fault]) -> list[str]:
    """Return the files with decisions on a record that hold; what was withdrawn holds no more."""
    found = []
    for name, part in (("screening", ("coder", "paper", "stage")), ("codings", ("coder", *CODING))):
        state = "decision" if name == "screening" else "state"
        mine = [r for r in standing(root, name, faults) if r["paper"] == key]
        found += [r["_file"] for r in current(mine, part).values() if r[state] != "withdrawn"]
    for name in ("signoffs", "verifications", "adjudications", "measurements"):
        found += [r["_file"] for r in standing(root, name, faults) if r["paper"] == key]
    return sorted(set(found))


def _alike(root: Path, corpus: Corpus, a: str, b: str, faults: list[Fault]) -> bool:
    """Say whether two records have screenings only, and these came to the same at each stage."""
    names = ("codings", "signoffs", "verifications", "measurements")
    if any(r["paper"] in (a, b) for name in names for r in standing(root, name, faults)):
        return False
    screening = [r for r in standing(root, "screening", faults) if r["paper"] in (a, b)]
    rulings = standing(root, "adjudications", faults)
    grey = {k for k in (a, b) if corpus.records[k]["grey"] == "yes"}
    results = screened(screening, rulings, grey)
    came = [{(r["stage"], r["decision"]) for r in results if r["paper"] == key} for key in (a, b)]
    return came[0] == came[1]


def _merge(corpus: Corpus, kept: str, dropped: str, by: str, why: str) -> None:
    row, gone = corpus.records[kept], corpus.records.pop(dropped)
    corpus.note_merge(
        dropped,
        kept,
        why,
        by,
        kept_text_sha256=row["text_sha256"],
        kept_stratum=row["stratum"],
        taken_text_sha256=gone["text_sha256"],
        taken_stratum=gone["stratum"],
    )
    corpus.works[kept] = merge(corpus.works[kept], corpus.works.pop(dropped))
    for hit in corpus.hits:
        if hit["paper"] == dropped:
            hit["paper"] = kept
    row["first_public"] = first_public(
        row["first_public"], gone["first_public"], arxiv=arxiv_ids(corpus.works[kept])
    )
    row["verified"] = "yes" if "yes" in (row["verified"], gone["verified"]) else "no"
    streams = {*row["guessed_streams"].split(";"), *gone["guessed_streams"].split(";")} - {""}
    row["guessed_streams"] = ";".join(sorted(streams))
    row["stratum"] = row["stratum"] or gone["stratum"]
    text = corpus.texts.get(dropped)  # it stays there, for the day the merge is taken back
    if not row["text_sha256"]:
        # the digest is of title and abstract as first seen, so that it stays true under the other key
        row["text_sha256"] = gone["text_sha256"]
    if text is not None and kept not in corpus.texts and row["text_sha256"] in ("", text.digest):
        corpus.texts[kept] = dataclasses.replace(text, paper=kept)
    _repoint(corpus, kept, dropped)


def split(corpus: Corpus, merge_row: Row, by: str, note: str) -> tuple[str, str]:
    """Take a merge back in a corpus: the record that joined has its hits, facts and row again; see ``undo``."""
    taken, kept = merge_row["taken"], corpus.kept(merge_row["kept"])
    origins = {(r["search"], r["content_sha256"]): r for r in corpus.origins()}
    merge_row.update(undone=now(), undone_by=by, undone_why=note)
    part = {taken, *(k for k, work in joined(corpus.merges).items() if work == taken)}
    mine = [h for h in corpus.hits if h["paper"] == kept]
    rows = [(h, origins.get((h["search"], h["content_sha256"]))) for h in mine]
    if any(row is None for _, row in rows):
        merge_row.update(undone="", undone_by="", undone_why="")
        raise Refused([lacking(kept)])
    order = {key: n for n, key in enumerate(origins)}
    told = sorted((r for _, r in rows if r), key=lambda r: order[r["search"], r["content_sha256"]])
    theirs = [r for r in told if r["record"] in part]
    ours = [r for r in told if r["record"] not in part]
    if not theirs or not ours:
        merge_row.update(undone="", undone_by="", undone_why="")
        raise Refused([lacking(taken if not theirs else kept)])
    before, row = corpus.works[kept], corpus.records[kept]
    moved = {(r["search"], r["content_sha256"]) for r in theirs}
    for hit in mine:
        if (hit["search"], hit["content_sha256"]) in moved:
            hit["paper"] = taken
    alone, left = made_anew(taken, theirs), made_anew(kept, ours)
    # what abstracts filled in later is the work's own, unless it came with the record that leaves
    authors = before.authors if before.authors not in [entry_of(r).authors for r in theirs] else ()
    left = dataclasses.replace(left, authors=left.authors or authors)
    text, stratum = row["text_sha256"], row["stratum"]
    if merge_row["taken_text_sha256"] and text == merge_row["taken_text_sha256"]:
        text = merge_row["kept_text_sha256"]
        if not text:
            corpus.texts.pop(kept, None)
    if merge_row["taken_stratum"] and stratum == merge_row["taken_stratum"]:
        stratum = merge_row["kept_stratum"]
    corpus.put(left)
    corpus.put(alone)
    corpus.records[kept] = record_of(left, ours, text, stratum)
    corpus.records[taken] = record_of(
        alone, theirs, merge_row["taken_text_sha256"], merge_row["taken_stratum"]
    )
    pair = (min(kept, taken), max(kept, taken))
    row = dict.fromkeys(MAYBE_DUPLICATES.header, "") | {"a": pair[0], "b": pair[1], "why": merge_row["why"]}
    row["score"] = f"{compare(left, alone).score:.1f}"
    held = corpus.maybes.setdefault(pair, row)
    held.update(decision="different", by=by, note=note or "the merge was taken back", at=now())
    _hand_back(corpus, kept, taken)
    return kept, taken


def _hand_back(corpus: Corpus, kept: str, taken: str) -> None:
    """Let what is asked about a work be asked about the record that left it, where that is what it was about."""
    for (a, b), row in list(corpus.maybes.items()):
        other = b if a == kept else a
        if kept not in (a, b) or row["decision"] or other not in corpus.works or other == taken:
            continue
        verdict = compare(corpus.works[taken], corpus.works[other])
        if verdict.kind == "different":
            continue
        pair = (min(taken, other), max(taken, other))
        new = {**row, "a": pair[0], "b": pair[1], "why": verdict.why, "score": f"{verdict.score:.1f}"}
        corpus.maybes.setdefault(pair, new)
        if compare(corpus.works[kept], corpus.works[other]).kind == "different":
            del corpus.maybes[a, b]


def _repoint(corpus: Corpus, kept: str, dropped: str) -> None:
    """Let undecided and different pairs of the dropped record be pairs of the kept one."""
    for (a, b), row in list(corpus.maybes.items()):
        if dropped not in (a, b) or kept in (a, b) or row["decision"] == "same":
            continue
        other = b if a == dropped else a
        del corpus.maybes[a, b]
        pair = (min(kept, other), max(kept, other))
        if pair not in corpus.maybes or (row["decision"] and not corpus.maybes[pair]["decision"]):
            corpus.maybes[pair] = {**row, "a": pair[0], "b": pair[1]}
