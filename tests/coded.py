"""What coders would give of the papers of the fixture ``survey``, and a survey in which every file has rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.doors.adjudication import adjudicate
from workbench.doors.coding import code, signoff
from workbench.doors.door import Written
from workbench.doors.measuring import measure
from workbench.doors.registering import register
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.doors.verification import verify
from workbench.store.bibliography import PAPERS, Entry, papers_text
from workbench.store.corpus import stored
from workbench.store.files import Row, replace_all, rows_text, sha256, writing
from workbench.store.flow import OTHER, to_screen
from workbench.store.history import kept_files
from workbench.store.searches import SEARCHES, Search, searches_text
from workbench.store.tables import FIELDS, HITS, MAYBE_DUPLICATES, MERGES, REMOVALS

#: Seven words of every abstract of the fixture.
WORDS = "its score went up while the thing"
PASSES = ("pass-a", "pass-b")


def coding_of(paper: str, facet: str, code: str, **cells: str) -> Row:
    """Return a coding as a coder gives it."""
    row = {"paper": paper, "facet": facet, "code": code, "confidence": "sure"}
    return {**row, "_line": "1", "_file": "rows.csv", **cells}


def stream(paper: str, code: str = "llm-as-judge", **cells: str) -> Row:
    return coding_of(paper, "stream", code, **cells)


def pressure(paper: str, code: str = "training", principal: str = "yes", **cells: str) -> Row:
    return coding_of(paper, "optimisation_pressure", code, principal=principal, **cells)


def mode(paper: str, code: str = "judge-bias", **cells: str) -> Row:
    values = {
        "level": "argues",
        "role": "own-result",
        "formal": "no",
        "figure_seen": "no",
        "mitigates": "no",
        "note": "A claim.",
        "locator": "abstract",
        "words": WORDS,
    }
    return coding_of(paper, "failure_mode", code, **{**values, **cells})


def whole(paper: str, **cells: str) -> list[Row]:
    """Return a complete coding of a paper; ``cells`` go to its failure mode."""
    return [stream(paper), pressure(paper), mode(paper, **cells)]


def numbered(rows: Iterable[Row], start: int = 2) -> list[Row]:
    """Return rows as if each stood on a line of its own."""
    return [{**row, "_line": str(n)} for n, row in enumerate(rows, start)]


def put(root: Path, coder: str, *rows: Row, run: str = "code") -> Written:
    return code(root, coder, rows, run=f"{coder}-{run}" if coder in PASSES else "", batch="a batch")


def sign(root: Path, coder: str, *papers: str, **cells: str) -> Written:
    rows = [{"paper": p, "_line": str(n), "_file": "rows.csv", **cells} for n, p in enumerate(papers, 2)]
    return signoff(root, coder, rows, run=f"{coder}-code" if coder in PASSES else "", batch="a batch")


def keep(root: Path, *papers: str, decision: str = "include", by: Iterable[str] = PASSES) -> None:
    """Let screeners decide on papers; what was not drawn came in by other methods."""
    reason = "other-field" if decision == "exclude" else ""
    drawn = to_screen(stored(root, "sample", []))
    for coder in by:
        rows = [
            {
                "paper": p,
                "decision": decision,
                "reason": reason,
                "_line": "1",
                "_file": "rows.csv",
                "route": OTHER if drawn and p not in drawn else "",
            }
            for p in papers
        ]
        screen(root, coder, rows, run=f"{coder}-screen", batch="a batch")


def coded(root: Path, coder: str, *rows: Row) -> None:
    """Code papers and sign each of them off."""
    put(root, coder, *rows)
    sign(root, coder, *sorted({r["paper"] for r in rows}))


def ruling(paper: str, facet: str, code: str, chosen: str, **cells: str) -> Row:
    row = {"paper": paper, "facet": facet, "code": code, "chosen": chosen, "rationale": "It says so."}
    return {**row, "_line": "1", "_file": "rows.csv", **cells}


def word(paper: str, code: str = "judge-bias", outcome: str = "confirm", **cells: str) -> Row:
    row = {"paper": paper, "facet": "failure_mode", "code": code, "outcome": outcome}
    return {**row, "_line": "1", "_file": "rows.csv", **cells}


def measured(paper: str, **cells: str) -> Row:
    """Return paired evidence as a reader gives it; of the papers of the fixture, both numbers are the paper's own."""
    n = str(int(paper[1:]))
    words = (
        f"We look at proxy {n} and find that {WORDS} it stands for did not move at all in {n} of our trials."
    )
    values = {"change": n} if cells.get("kind") == "drop" else {"proxy_value": n, "latent_value": n}
    row = {
        "paper": paper,
        "failure_mode": "judge-bias",
        "n": "1",
        "kind": "pair",
        "proxy": "judge-verdict",
        "latent": "preference",
        "proxy_measure": "share preferred",
        "latent_measure": "share that people prefer",
        "unit": "percent",
        "higher_is": "better",
        "system": "a model",
        "protocol": "Both on the same items.",
        "locator": "abstract",
        "words": words,
    }
    return {**row, **values, "_line": "1", "_file": "rows.csv", **cells}


def know(root: Path, coder: str, kind: str) -> None:
    """Make somebody a coder."""
    register(root, coder, kind=kind, name=coder)


def state(root: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a survey folder, the lock apart."""
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "lock"
    }


def listed(root: Path, *papers: str) -> None:
    """Write what a survey needs beside records.csv for ``survey check`` to be content."""
    entries = [
        Entry(
            key=p,
            type="misc",
            title=f"On the proxy number {int(p[1:])}",
            authors=("Roe, Ann",),
            year=2024,
            url=f"https://example.org/{p}",
        )
        for p in papers
    ]
    with writing(root):
        replace_all(root, {PAPERS: papers_text(entries), **kept_files(root, [])})


def fill(root: Path) -> None:
    """Give every file of ``corpus/`` at least two rows, through the doors where there is one."""
    listed(root, *(r["paper"] for r in stored(root, "records", [])))
    searches = [
        Search(f"s0{n}-list", ("a library",), "2026-11-24T09:30:00Z", "eva", "proxy", "", 2, sha256(str(n)))
        for n in (1, 2)
    ]
    hits = [
        {
            "search": s.id,
            "content_sha256": sha256(f"{s.id}{n}"),
            "paper": f"p0{n}",
            "outcome": "new" if s.number == 1 else "merged",
            "file": "list.bib",
            "line": str(n),
            "reason": "",
        }
        for s in searches
        for n in (1, 2)
    ]
    pairs = [
        {**dict.fromkeys(MAYBE_DUPLICATES.header, ""), "a": "p01", "b": b, "score": "95.0", "why": "alike"}
        for b in ("p02", "p03", "p04")
    ]
    fields = [
        {
            **dict.fromkeys(FIELDS.header, ""),
            **{c: h[c] for c in FIELDS.key},
            "record": h["paper"],
            "key": f"in-the-list-{h['line']}",
            "type": "misc",
            "title": f"On the proxy number {h['line']}",
            "authors": "Roe, Ann",
            "year": "2024",
            "url": f"https://example.org/{h['paper']}",
        }
        for h in hits
    ]
    at = {"by": "eva", "at": "2026-11-24T10:00:00Z", "undone": "2026-11-24T11:00:00Z", "undone_by": "eva"}
    # What was taken back is in the files, and changes nothing.
    merges = [
        {**dict.fromkeys(MERGES.header, ""), **at, "taken": p, "revision": "1", "kept": "p01", "why": "alike"}
        for p in ("p06", "p07")
    ]
    removals = [
        {**at, "what": p, "revision": "1", "kind": "record", "why": "added by mistake"}
        for p in ("p08", "p09")
    ]
    with writing(root):
        contents = {
            SEARCHES: searches_text(searches),
            HITS.path: rows_text(HITS, hits),
            FIELDS.path: rows_text(FIELDS, sorted(fields, key=lambda f: [f[c] for c in FIELDS.key])),
            MERGES.path: rows_text(MERGES, merges),
            REMOVALS.path: rows_text(REMOVALS, removals),
            MAYBE_DUPLICATES.path: rows_text(MAYBE_DUPLICATES, pairs),
        }
        replace_all(root, contents)
    sample(root)
    keep(root, "p01", "p02", "p03")
    keep(root, "p04", decision="exclude")
    keep(root, "p05", by=["pass-a"])
    keep(root, "p05", decision="exclude", by=["pass-b"])
    # The first row's note runs over three lines, so that rows and lines are not counted alike.
    first = stream("p01", note="One line,\n\nand another.")
    coded(root, "pass-a", first, *whole("p01")[1:], *whole("p02"), *whole("p03"))
    coded(root, "pass-b", *whole("p01"), *whole("p02", level="demonstrates"), *whole("p03")[:2])
    rulings = [
        ruling("p02", "failure_mode", "judge-bias", "pass-a"),
        ruling(
            "p03",
            "failure_mode",
            "judge-bias",
            "new",
            **_values(mode("p03", level="mentions", state="present")),
        ),
        ruling("p05", "screening", "title-abstract", "pass-a"),
    ]
    adjudicate(root, "eva", rulings)
    verify(root, "eva", [word("p01"), word("p02", outcome="reject"), word("p03")])
    measure(root, "eva", [measured("p01"), measured("p02"), measured("p03", kind="drop")])


def _values(row: Row) -> Row:
    return {c: v for c, v in row.items() if c not in ("paper", "facet", "code") and not c.startswith("_")}
