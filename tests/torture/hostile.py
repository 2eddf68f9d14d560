"""A survey folder from a stranger who means harm: what it may do is be refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture.planting import Tally

PRECIOUS = "mine, and not for strangers to read or write"


def _journal(target: str) -> Callable[[Path, Path], None]:
    def lay(root: Path, precious: Path) -> None:
        (inside := root / ".cache/journal").mkdir(parents=True)
        (inside / "0").write_text("taken over\n")
        (inside / "commit.json").write_text(
            json.dumps({"0": str(precious) if target == "absolute" else target})
        )

    return lay


def _linked(place: str) -> Callable[[Path, Path], None]:
    def lay(root: Path, precious: Path) -> None:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).unlink(missing_ok=True)
        (root / place).symlink_to(precious)

    return lay


def _parsed(root: Path, precious: Path) -> None:
    (root / ".cache/parsed").mkdir(parents=True, exist_ok=True)
    (root / ".cache/parsed/papers.json").write_text('{"stamp": "any", "entries": [], "faults": []}')


def _notebook(root: Path, precious: Path) -> None:
    code = f"open({str(precious)!r}, 'w').write('taken over')"
    cell = {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": code,
    }
    (root / "notebooks").mkdir()
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks/a.ipynb").write_text(json.dumps(book))


def _git(root: Path, precious: Path) -> None:
    (root / ".git/hooks").mkdir(parents=True)
    (root / ".git/config").write_text(f"[core]\n\tfsmonitor = echo taken over > {precious}\n")


def _bombs(file: str, text: str) -> Callable[[Path, Path], None]:
    def lay(root: Path, precious: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)

    return lay


DOUBLING = "@string{a0 = {" + "x" * 40 + "}}\n" + "".join(
    f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(39)
) + "@misc{k,\n  title = a39,\n}\n"  # fmt: skip
LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12)
)


def confirming(paper: str) -> tuple[str, ...]:
    """The command that says whether words stand in the full text of a paper: with a key that climbs, in any file."""
    cells = {
        "coder": "eva", "paper": paper, "basis": "full-text", "facet": "failure_mode", "code": "judge-bias",
        "level": "argues", "role": "own-result", "formal": "no", "figure-seen": "no", "mitigates": "no",
        "confidence": "sure", "locator": "section 1", "note": "A claim.", "words": " ".join(PRECIOUS.split()[:7]),
    }  # fmt: skip
    return ("code", *(part for name, value in cells.items() for part in (f"--{name}", value)))


FOUND = "words of 1 coding(s) found"
#: What a stranger may have laid, and the command that meets it.
LAID: dict[str, tuple[Callable[[Path, Path], None], tuple[str, ...]]] = {
    **{
        f"a journal that names {t}, {c}": (_journal(t), (c,))
        for t in ("absolute", "../precious") for c in ("check", "status", "methods")
    },
    **{
        f"{p} is a link out": (_linked(p), ("check",))
        for p in ("corpus/papers.bib", "corpus/records.csv", "corpus/coders.yaml", "coding_schema/schema.yaml")
    },
    "the lock is a link out": (_linked(".cache/lock"), ("sample",)),
    "the abstracts are a link out": (_linked(".cache/texts/abstracts.jsonl"), ("sample",)),
    "a parsed copy of its own": (_parsed, ("check",)),
    "a key that climbs": (lambda root, precious: None, confirming("../../../../precious")),
    "a notebook that writes": (_notebook, ("build",)),
    "a repository with a monitor": (_git, ("check",)),
    "macros that double": (_bombs("corpus/papers.bib", DOUBLING), ("check",)),
    "aliases in the schema": (_bombs("coding_schema/schema.yaml", LAUGHS), ("check",)),
    "aliases in a claim": (_bombs("claims/c.yaml", LAUGHS), ("check",)),
    "aliases in the coders": (_bombs("corpus/coders.yaml", LAUGHS), ("check",)),
    "brackets in the searches": (_bombs("corpus/searches.yaml", "[" * 100_000), ("check",)),
    "braces in the bibliography": (_bombs("corpus/papers.bib", "@misc{k, title = " + "{" * 100_000), ("check",)),
    "digits in the schema": (_bombs("coding_schema/schema.yaml", "version: " + "9" * 5000), ("check",)),
}  # fmt: skip
#: Address space of a command, in bytes: a bomb that fills more is one.
MEMORY = 4 * 2**30


def lay_all(root: Path, tally: Tally) -> None:
    """Lay each trap in a copy, run the command, and look whether what is precious is as it was and unsaid."""
    import resource

    for name, (lay, words) in LAID.items():
        copy = root.parent / "copy" / root.name
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(root, copy)
        precious = copy.parent / "precious"
        precious.write_text(PRECIOUS)
        (copy.parent / "precious.txt").write_text(PRECIOUS)
        lay(copy, precious)
        begun = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-c", "from workbench.cli import main; main()", *words, "--survey", str(copy)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1795500000"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )
        tally.seconds = max(tally.seconds, time.perf_counter() - begun)
        said = ended.stdout + ended.stderr
        kept = precious.read_text() == PRECIOUS and (PRECIOUS not in said) and FOUND not in said
        unmet = "Usage:" in said  # the command is not what it was, and the trap was never met
        broke = (
            unmet or "Traceback" in said or "a fault of the workbench" in said or "not enough memory" in said
        )
        tally.tried += 1
        tally.caught += kept and not broke
        tally.lost += not kept
        tally.tracebacks += broke
        if not kept or broke:
            tally.missed.append(f"{name}: {said[-200:]}")
    shutil.rmtree(root.parent / "copy", ignore_errors=True)
