"""What a file that is missing or cannot be read makes of the others: one line about it, not one a row of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.store.bibliography import PAPERS
from workbench.store.coders import FOLDER as CODERS
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.tables import RECORDS, RUNS, SAMPLE, SAMPLING

#: File -> how the faults begin that rows of other files have only because it cannot be read.
FOLLOW = {
    PAPERS: ("no entry in papers.bib",),
    RECORDS.path: (
        "unknown paper",
        "no row in records.csv",
        "its stratum is not the one",
        "a record of the frame that is not",
    ),
    CODERS: ("unknown coder",),
    RUNS.path: ("run ",),
    SAMPLING.path: ("its block is not in", "unknown stratum"),
    SAMPLE.path: ("says ",),
}
#: File -> whose rows need it.
NEEDED_BY = {
    PAPERS: ("records",),
    RECORDS.path: ("hits", "sample", "screening", "codings", "signoffs", "verifications", "measurements"),
    CODERS: ("runs", "screening", "codings", "signoffs", "adjudications", "verifications", "measurements"),
    RUNS.path: ("screening", "codings", "signoffs"),
    SAMPLING.path: ("sample",),
    SAMPLE.path: ("sampling",),
}


def missing(root: Path, tables: dict[str, list[Row]]) -> set[str]:
    """Return the files that are not there and that rows of others need."""
    return {
        file
        for file, names in NEEDED_BY.items()
        if not (root / file).exists()
        and any(file != RUNS.path or any(r["run"] for r in tables[n]) for n in names if tables[n])
    }


def lost_files(root: Path, broken: set[str], faults: list[Fault]) -> list[Fault]:
    """Return one fault a missing file, with how many others came of it."""
    found = []
    for file in sorted(broken & FOLLOW.keys()):
        if not (root / file).exists():
            rows = sum(f.message.startswith(FOLLOW[file]) for f in faults)
            message = f"is missing, and {rows} row(s) of other files need it"
            found.append(Fault(file, 0, "", message, "restore it from version control"))
    return found


def follows(fault: Fault, broken: set[str]) -> bool:
    """Say whether a fault is one only because another file cannot be read."""
    return any(
        fault.file != file and fault.message.startswith(begins)
        for file, begins in FOLLOW.items()
        if file in broken or any(path.startswith(f"{file}/") for path in broken)
    )


@contextmanager
def kept_apart(faults: list[Fault]) -> Iterator[None]:
    """Let a part of the check that cannot go on say why, and the rest go on."""
    try:
        yield
    except Refused as refusal:
        faults += refusal.faults


def first_difference(text: str, other: str) -> int:
    """Return the line, from 1, on which two texts first differ."""
    mine, theirs = text.split("\n"), other.split("\n")
    same = (n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b)
    return next(same, min(len(mine), len(theirs))) + 1
