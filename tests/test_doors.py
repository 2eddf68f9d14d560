"""Every door for decisions: killed at any moment it leaves all or nothing, and two at once lose nothing of each other.

The doors for codings and sign-offs are killed in ``test_coding.py``; all are real processes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.coded import coded, keep, know, listed, state, whole
from tests.once import once
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.files import recover
from workbench.store.journal import journal_of

PAPERS = [f"p{n:02}" for n in range(1, 9)]
#: What a door writes to in the test, and the table.
DOORS = {
    "screen": ("corpus/screening/adam.csv", "screening"),
    "code": ("corpus/codings/adam.csv", "codings"),
    "adjudicate": ("corpus/adjudications.csv", "adjudications"),
    "verify": ("corpus/verifications/eva.csv", "verifications"),
}

#: One decision a paper through one door. Kills itself (SIGKILL, so that no ``finally`` runs) before the n-th event of
#: a write, counted over files opened for writing in the journal and renamings; 0: never.
CHILD = """
import os, signal, sys
from pathlib import Path
from tests.coded import ruling, stream, word
from workbench.doors.adjudication import adjudicate
from workbench.doors.coding import code
from workbench.doors.screening import screen
from workbench.doors.verification import verify

door, number, root, papers = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
seen = 0

def hook(event, args):
    global seen
    made = event == "open" and args[2] & os.O_CREAT and str(args[0]).endswith((".staged", "plan.json"))
    if event == "os.rename" or made:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

def decide(paper):
    if door == "screen":
        screen(root, "adam", [{"paper": paper, "decision": "include", "_line": "1", "_file": "rows.csv"}])
    elif door == "code":
        code(root, "adam", [stream(paper)])
    elif door == "adjudicate":
        adjudicate(root, "eva", [ruling(paper, "failure_mode", "judge-bias", "pass-a")])
    else:
        verify(root, "eva", [word(paper, "llm-as-judge", facet="stream")])

print("ready", flush=True)
sys.stdin.readline()
if number:
    sys.addaudithook(hook)
for paper in papers:
    decide(paper)
print(seen)
"""


@pytest.fixture
@once
def open_survey(survey: Path) -> Path:
    """Eight papers are in; the passes agree on all of them but the level of a mode; eva and adam are human."""
    know(survey, "adam", "human")
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    keep(survey, *PAPERS)
    coded(survey, "pass-a", *(row for p in PAPERS for row in whole(p)))
    coded(survey, "pass-b", *(row for p in PAPERS for row in whole(p, level="demonstrates")))
    return survey


def child(door: str, number: int, root: Path, *papers: str) -> subprocess.Popen[str]:
    """Start a process that waits at a door; ``communicate`` lets it in."""
    started = subprocess.Popen(
        [sys.executable, "-B", "-c", CHILD, door, str(number), str(root), *papers],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n", started.stderr and started.stderr.read()
    return started


def corpus(root: Path) -> dict[str, bytes]:
    return {p: b for p, b in state(root).items() if p.startswith("corpus/")}


# The plan is written (event 1), then a file is staged (2); the plan's renaming (3) is the moment of writing; then the
# file is put in its place (4).
@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("door", ["screen", "adjudicate", "verify"])
def test_a_killed_door_leaves_all_or_nothing(open_survey: Path, door: str, number: int) -> None:
    path, _ = DOORS[door]
    before = corpus(open_survey)
    ended = child(door, number, open_survey, "p01")
    _, errors = ended.communicate("go\n", timeout=60)
    assert ended.returncode == -9, errors
    assert journal_of(open_survey).exists()
    recover(open_survey)
    assert not journal_of(open_survey).exists()
    after = corpus(open_survey)
    assert {p for p in after if after[p] != before.get(p)} == ({path} if number == 4 else set())
    assert check(open_survey) == []
    again = child(door, 99, open_survey, "p01")
    told, errors = again.communicate("go\n", timeout=60)
    assert (again.returncode, told.strip()) == (0, "0" if number == 4 else "4"), errors
    assert check(open_survey) == []


@pytest.mark.parametrize("door", DOORS)
def test_two_at_one_door_at_once_lose_nothing(open_survey: Path, door: str) -> None:
    path, table = DOORS[door]
    both = [child(door, 0, open_survey, *share) for share in (PAPERS[::2], PAPERS[1::2])]
    for one in both:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in both:
        _, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
    assert [r["paper"] for r in stored(open_survey, table, []) if r["_file"] == path] == PAPERS
    assert check(open_survey) == []
