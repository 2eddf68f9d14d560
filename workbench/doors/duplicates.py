"""Deciding pairs of records that may be one work: ``same`` merges them for ever, ``different`` settles it."""

from __future__ import annotations

import csv
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

from workbench.doors.identity import compare
from workbench.doors.merging import arxiv_ids, first_public, merge
from workbench.doors.records import Corpus, carry_out, load
from workbench.store.bibliography import Entry
from workbench.store.clock import now
from workbench.store.faults import Fault, Refused
from workbench.store.files import read_text
from workbench.store.tables import MAYBE_DUPLICATES, SAMPLE

DECISIONS = ("same", "different")
#: Where decisions about papers lie: a record named in one of these keeps its key.
_DECIDED = ("screening", "codings", "signoffs", "verifications")
_DECIDED_FILES = ("corpus/adjudications.csv", "corpus/measurements.csv")


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


def decide(root: Path, a: str, b: str, decision: str, by: str, note: str = "") -> None:
    """Decide a pair of ``maybe_duplicates.csv``.

    ``same`` merges the two: the key that screenings or codings use stays, else the one in the sample, else the
    alphabetically first. Hits of the other point to it, its row in ``records.csv`` goes, its abstract follows.
    The same answer again changes nothing.

    Args:
        root: the survey folder.
        a: key of one record.
        b: key of the other, in any order.
        decision: ``same`` or ``different``.
        by: who decides.
        note: why so.

    Raises:
        Refused: an unknown key or pair, a pair of one record, both records already screened or coded, a merge
            that would have to be undone; nothing was changed.
    """
    path = MAYBE_DUPLICATES.path
    a, b = sorted((a.strip(), b.strip()))
    faults = []
    if decision not in DECISIONS:
        faults.append(Fault(path, 0, "", f"unknown decision {decision!r}", "say same or different"))
    if not by.strip():
        faults.append(Fault(path, 0, "", "nobody decides", "say by whom"))
    if a == b:
        faults.append(Fault(path, 0, a, "is paired with itself", "name two records"))
    if faults:
        raise Refused(faults)
    carry_out(root, lambda corpus: _decide(root, corpus, a, b, decision, by.strip(), " ".join(note.split())))


def _decide(root: Path, corpus: Corpus, a: str, b: str, decision: str, by: str, note: str) -> None:
    path = MAYBE_DUPLICATES.path
    row = corpus.maybes.get((a, b))
    if row is None:
        unknown = [k for k in (a, b) if k not in corpus.works]
        if unknown:
            raise Refused([Fault(path, 0, k, "no such record", "look for it in papers.bib") for k in unknown])
        # a person may know what nothing in the records says
        row = dict.fromkeys(MAYBE_DUPLICATES.header, "") | {"a": a, "b": b, "why": "named by a person"}
        row["score"] = f"{compare(corpus.works[a], corpus.works[b]).score:.1f}"
        corpus.maybes[a, b] = row
    line = int(row.get("_line", 0))
    if row["decision"] == decision:
        return
    if row["decision"] == "same":
        message = f"was merged with {b} by {row['by']}"
        raise Refused([Fault(path, line, a, message, "a merge is not undone; restore corpus/ from git")])
    if decision == "same":
        kept = _which_stays(root, line, a, b)
        _merge(corpus, kept, b if kept == a else a)
    row = corpus.maybes[a, b]
    row.update(decision=decision, by=by, note=note, at=now())


def _which_stays(root: Path, line: int, a: str, b: str) -> str:
    decided = {key: _where_decided(root, key) for key in (a, b)}
    if decided[a] and decided[b]:
        raise Refused(
            Fault(
                MAYBE_DUPLICATES.path,
                line,
                key,
                f"both records have decisions, this one in {', '.join(decided[key])}",
                "withdraw those of one of the two first",
            )
            for key in (a, b)
        )
    for key in (a, b):
        if decided[key]:
            return key
    sampled = _papers_in(root, SAMPLE.path)
    return b if b in sampled and a not in sampled else a


def _where_decided(root: Path, key: str) -> list[str]:
    paths = [
        p.relative_to(root).as_posix() for n in _DECIDED for p in sorted((root / "corpus" / n).glob("*.csv"))
    ]
    return [path for path in (*paths, *_DECIDED_FILES) if key in _papers_in(root, path)]


def _papers_in(root: Path, path: str) -> set[str]:
    text = read_text(root, path, [])
    return {row["paper"] for row in csv.DictReader(io.StringIO(text, newline="")) if row.get("paper")}


def _merge(corpus: Corpus, kept: str, dropped: str) -> None:
    corpus.works[kept] = merge(corpus.works[kept], corpus.works.pop(dropped))
    for hit in corpus.hits:
        if hit["paper"] == dropped:
            hit["paper"] = kept
    row, gone = corpus.records[kept], corpus.records.pop(dropped)
    row["first_public"] = first_public(
        row["first_public"], gone["first_public"], arxiv=arxiv_ids(corpus.works[kept])
    )
    row["verified"] = "yes" if "yes" in (row["verified"], gone["verified"]) else "no"
    streams = {*row["guessed_streams"].split(";"), *gone["guessed_streams"].split(";")} - {""}
    row["guessed_streams"] = ";".join(sorted(streams))
    row["stratum"] = row["stratum"] or gone["stratum"]
    text = corpus.texts.pop(dropped, None)
    if not row["text_sha256"]:
        # the digest is of title and abstract as first seen, so that it stays true under the other key
        row["text_sha256"] = gone["text_sha256"]
    if text is not None and kept not in corpus.texts and row["text_sha256"] in ("", text.digest):
        corpus.texts[kept] = dataclasses.replace(text, paper=kept)
    _repoint(corpus, kept, dropped)
    # sampling.csv keeps counting what was drawn; one work stands in the sample once
    stages = {r["stage"] for r in corpus.sample if r["paper"] == kept}
    corpus.sample = [r for r in corpus.sample if r["paper"] != dropped or r["stage"] not in stages]
    for drawn in corpus.sample:
        if drawn["paper"] == dropped:
            drawn["paper"] = kept


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
