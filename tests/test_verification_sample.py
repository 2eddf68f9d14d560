"""The sample of coded papers that humans code afresh: by the rule, with known probability, never redrawn."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.coded import PASSES, coded, fill, keep, pressure, state, stream, whole, word
from tests.once import once
from workbench.cli import app
from workbench.doors.sampling import sample
from workbench.doors.verification import verify
from workbench.doors.verification_sample import STAGE, sample_verification, strata
from workbench.reading.checking import check
from workbench.reading.status import status
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.schema import load_schema
from workbench.store.survey import open_survey

PAPERS = [f"p{n:02}" for n in range(1, 25)]
#: What both passes find: eight papers of each kind.
FOUND = {p: ("measured", "other-level", "none")[n % 3] for n, p in enumerate(PAPERS)}


def of_kind(paper: str, kind: str) -> list[dict[str, str]]:
    if kind == "none":
        return [stream(paper), pressure(paper)]
    return whole(paper, level="measures" if kind == "measured" else "argues")


@pytest.fixture
@once
def machines(survey: Path) -> Path:
    """24 papers coded alike by both passes; p60 is grey and coded too."""
    keep(survey, *PAPERS, "p60")
    for coder in PASSES:
        coded(survey, coder, *(row for p in PAPERS for row in of_kind(p, FOUND[p])), *whole("p60"))
    return survey


def drawn(root: Path) -> dict[str, str]:
    return {r["paper"]: r["stratum"] for r in stored(root, "sample", []) if r["stage"] == STAGE}


def test_a_block_of_every_stratum_with_its_probability(machines: Path) -> None:
    made = sample_verification(machines)
    assert [(b["stratum"], b["block"], b["frame"], b["drawn"], b["probability"]) for b in made.blocks] == [
        (s, "1", "8", "4", "0.500000") for s in ("measured", "other-level", "none")
    ]
    assert {b["seed"] for b in made.blocks} == {"7"}
    assert drawn(machines) == {p: FOUND[p] for p in made.papers}
    assert len(made.papers) == 12
    assert "p60" not in made.papers
    rows = [r for r in stored(machines, "sample", []) if r["stratum"] == "none"]
    assert sorted(r["order"] for r in rows) == ["1", "2", "3", "4"]
    assert made.reached == {"measured": (4, 8), "other-level": (4, 8), "none": (4, 8)}


def test_the_size_of_a_block_can_be_chosen(machines: Path) -> None:
    assert Counter(drawn_of(machines, size=2).values()) == dict.fromkeys(
        ("measured", "other-level", "none"), 2
    )


def drawn_of(root: Path, size: int) -> dict[str, str]:
    sample_verification(root, size=size)
    return drawn(root)


def test_the_next_block_waits_for_a_human_and_takes_other_papers(machines: Path) -> None:
    first = sample_verification(machines)
    before = state(machines)
    again = sample_verification(machines)
    assert (again.papers, again.waiting) == ((), 12)
    assert state(machines) == before
    coded(machines, "eva", *(row for p in first.papers for row in of_kind(p, FOUND[p])))
    second = sample_verification(machines)
    assert len(second.papers) == 12
    assert not set(first.papers) & set(second.papers)
    assert {(b["block"], b["probability"]) for b in second.blocks} == {("2", "1.000000")}
    coded(machines, "eva", *(row for p in second.papers for row in of_kind(p, FOUND[p])))
    assert sample_verification(machines).papers == ()


def test_what_a_human_codes_or_says_moves_no_paper(machines: Path) -> None:
    made = sample_verification(machines)
    paper = next(p for p in made.papers if FOUND[p] == "measured")
    verify(machines, "eva", [word(paper, outcome="reject")])
    coded(machines, "eva", *of_kind(paper, "none"))
    rows = open_survey(machines).final_by_machines.to_dict("records")
    assert strata(rows, load_schema(machines))[paper] == "measured"
    [one] = [r for r in rows if r["paper"] == paper and r["facet"] == "failure_mode"]
    assert (one["state"], one["resolved"], one["human_verified"]) == ("present", "agreed", False)
    assert drawn(machines)[paper] == "measured"


def test_it_is_a_random_sample_of_all_papers_however_they_came(survey: Path) -> None:
    keep(survey, *PAPERS)
    first, later = PAPERS[:12], PAPERS[12:]
    for coder in PASSES:
        coded(survey, coder, *(row for p in first for row in of_kind(p, "other-level")))
    begun = sample_verification(survey, size=4).papers
    coded(survey, "eva", *(row for p in begun for row in of_kind(p, "other-level")))
    for coder in PASSES:
        coded(survey, coder, *(row for p in later for row in of_kind(p, "other-level")))
    then = sample_verification(survey, size=6)
    rows = then.blocks[0]
    assert (rows["frame"], rows["probability"]) == ("24", f"{(4 + int(rows['drawn'])) / 24:.6f}")
    # Both blocks together are the first of one random order of all 24.
    other = sorted(PAPERS, key=_ticket)
    assert set(begun) | set(then.papers) == set(other[: 4 + int(rows["drawn"])])


def _ticket(paper: str) -> str:
    return hashlib.sha256(f"7/verification/{paper}".encode()).hexdigest()


def test_nothing_coded_is_refused_with_the_remedy(survey: Path) -> None:
    with pytest.raises(Refused) as refusal:
        sample_verification(survey)
    [fault] = refusal.value.faults
    assert fault.message == "no paper has settled codings of machines"
    assert "two passes" in fault.remedy
    assert not (survey / "corpus/sample.csv").exists()


def test_one_pass_alone_or_an_open_disagreement_settles_nothing(survey: Path) -> None:
    keep(survey, "p01", "p02")
    coded(survey, "pass-a", *whole("p01"))
    with pytest.raises(Refused, match="settled"):
        sample_verification(survey)


@pytest.mark.parametrize("size", [0, -3])
def test_a_block_of_no_paper_is_refused(machines: Path, size: int) -> None:
    with pytest.raises(Refused, match="give 1 or more"):
        sample_verification(machines, size=size)


def test_a_dry_run_writes_nothing_and_tells_the_same(machines: Path) -> None:
    before = state(machines)
    would = sample_verification(machines, dry_run=True)
    assert state(machines) == before
    assert sample_verification(machines) == would


def test_the_screening_is_not_disturbed(survey: Path) -> None:
    fill(survey)
    counts, faults = status(survey), check(survey)
    screening = [r for r in stored(survey, "sample", []) if r["stage"] == "screening"]
    made = sample_verification(survey)
    assert made.papers
    assert status(survey) == counts
    assert check(survey) == faults
    kept = [r for r in stored(survey, "sample", []) if r["stage"] == "screening"]
    assert [(r["paper"], r["order"]) for r in kept] == [(r["paper"], r["order"]) for r in screening]
    after = sample(survey, dry_run=True)
    assert after.waiting == sum(
        p not in {"p01", "p02", "p03", "p04", "p05"} for p in {r["paper"] for r in screening}
    )


def test_the_command_draws_tells_and_waits(machines: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["sample", "--survey", str(machines), *words])
        return done.exit_code, done.output

    code, said = run("--stage", "verification", "--size", "3")
    assert code == 0
    assert "block 1 of none: 3 of 8 (8 papers coded by machines)" in said
    assert "9 papers drawn" in said
    code, said = run("--stage", "verification")
    assert "9 drawn papers still wait for a human's coding" in said
    code, said = run("--stage", "hearsay")
    assert code == 1
    assert (
        "no stage of this name has a frame to draw from" in said
        and "there are screening, verification" in said
    )
    code, said = run("--size", "3")
    assert code == 2
    assert "--size goes with --stage verification" in said
