"""The door for rulings: a third party decides where coders, or screeners, differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coded import (
    PASSES,
    WORDS,
    coded,
    keep,
    know,
    mode,
    pressure,
    put,
    ruling,
    state,
    stream,
    whole,
)
from tests.once import once
from workbench.doors.adjudication import adjudicate
from workbench.doors.door import Written
from workbench.store.clock import now
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.screened import included, screened
from workbench.store.survey import open_survey
from workbench.store.texts import abstracts

FILE = "corpus/adjudications.csv"
PRESENT = {c: v for c, v in mode("p01").items() if c not in ("paper", "facet", "code", "_line", "_file")}
PRESENT["state"] = "present"


@pytest.fixture
@once
def differing(survey: Path) -> Path:
    """The two passes differ on the level of p01 and the principal pressure of p02; p03 is coded by one alone."""
    keep(survey, "p01", "p02", "p03", "p06", "p07")
    keep(survey, "p04", decision="exclude")
    keep(survey, "p05", by=["pass-a"])
    keep(survey, "p05", decision="exclude", by=["pass-b"])
    coded(survey, "pass-a", *whole("p01"), *whole("p02"), *whole("p03"), *whole("p06"))
    other = [pressure("p02", principal="no"), pressure("p02", "selection")]
    coded(survey, "pass-b", *whole("p01", level="measures"), stream("p02"), *other, mode("p02"))
    put(survey, "pass-b", *whole("p06"))
    return survey


def rule(root: Path, *rows: Row, by: str = "eva", run: str = "") -> Written:
    return adjudicate(root, by, rows, run=run, batch="a batch")


def refused(root: Path, *rows: Row, by: str = "eva") -> list[Fault]:
    before = state(root)
    with pytest.raises(Refused) as refusal:
        rule(root, *rows, by=by)
    assert state(root) == before
    assert all(f.remedy for f in refusal.value.faults)
    return refusal.value.faults


def final(root: Path, paper: str, facet: str) -> dict[str, tuple[str, ...]]:
    table = open_survey(root).final
    rows = table[(table["paper"] == paper) & (table["facet"] == facet)].to_dict("records")
    return {str(r["code"]): (r["state"], r["level"], r["principal"], r["resolved"]) for r in rows}


JUDGED = ("p01", "failure_mode", "judge-bias")


def test_a_chosen_coder_s_values_hold(differing: Path) -> None:
    assert final(differing, "p01", "failure_mode") == {"judge-bias": ("", "", "", "unresolved")}
    written = rule(differing, ruling(*JUDGED, "pass-b", rationale=" A rate is reported. "))
    assert (written.rows, written.unchanged, written.files) == (1, 0, (FILE,))
    [row] = stored(differing, "adjudications", [])
    [theirs] = [
        r
        for r in stored(differing, "codings", [], coder="pass-b")
        if (r["paper"], r["facet"]) == ("p01", "failure_mode")
    ]
    same = ("state", "level", "role", "note", "locator", "text_sha256", "start", "end", "span_sha256")
    assert [row[c] for c in same] == [theirs[c] for c in same]
    assert (row["chosen"], row["by"], row["rationale"], row["at"], row["revision"], row["schema"]) == (
        "pass-b",
        "eva",
        "A rate is reported.",
        now(),
        "1",
        "0.1",
    )
    assert final(differing, "p01", "failure_mode") == {
        "judge-bias": ("present", "measures", "", "adjudicated")
    }


def test_choosing_a_coder_without_the_code_says_it_does_not_hold(differing: Path) -> None:
    put(differing, "pass-b", mode("p01", "reward-gaming"))
    rule(differing, ruling("p01", "failure_mode", "reward-gaming", "pass-a"))
    [row] = stored(differing, "adjudications", [])
    assert (row["state"], row["level"], row["chosen"]) == ("withdrawn", "", "pass-a")
    assert final(differing, "p01", "failure_mode")["reward-gaming"] == ("absent", "", "", "adjudicated")


def test_new_values_are_the_adjudicator_s_own_with_their_place(differing: Path) -> None:
    written = rule(differing, ruling(*JUDGED, "new", **{**PRESENT, "level": "demonstrates"}))
    assert written.notes == ("1 place(s) found",)
    [row] = stored(differing, "adjudications", [])
    text = abstracts(differing)["p01"].normalised
    assert text[int(row["start"]) : int(row["end"])] == WORDS
    assert final(differing, "p01", "failure_mode")["judge-bias"][1] == "demonstrates"


def test_new_and_withdrawn_says_the_code_does_not_hold(differing: Path) -> None:
    rule(differing, ruling(*JUDGED, "new", state="withdrawn"))
    assert final(differing, "p01", "failure_mode") == {"judge-bias": ("absent", "", "", "adjudicated")}


def test_the_same_ruling_changes_nothing_and_another_is_a_new_revision(
    differing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(differing, ruling(*JUDGED, "pass-a"))
    before = state(differing)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    again = rule(differing, ruling(*JUDGED, "pass-a"))
    assert (again.rows, again.unchanged, again.files) == (0, 1, ())
    assert state(differing) == before
    rule(differing, ruling(*JUDGED, "pass-b"))
    rows = stored(differing, "adjudications", [])
    assert [(r["revision"], r["chosen"]) for r in rows] == [("1", "pass-a"), ("2", "pass-b")]
    assert rows[0]["at"] < rows[1]["at"] == now()
    assert final(differing, "p01", "failure_mode")["judge-bias"][1] == "measures"


def test_a_ruling_stands_when_the_chosen_coder_changes_afterwards(differing: Path) -> None:
    rule(differing, ruling(*JUDGED, "pass-b"))
    put(differing, "pass-b", mode("p01", level="mentions"))
    assert final(differing, "p01", "failure_mode")["judge-bias"][1] == "measures"


WRONG = [
    (ruling("p1", *JUDGED[1:], "pass-a"), "unknown paper 'p1'"),
    (ruling("p04", *JUDGED[1:], "pass-a"), "screened out"),
    (ruling("p05", *JUDGED[1:], "pass-a"), "its screening is pending"),
    (ruling("p30", *JUDGED[1:], "pass-a"), "not screened"),
    (ruling(*JUDGED, "pass-a", basis="hearsay"), "unknown basis 'hearsay'"),
    (
        ruling(*JUDGED, "pass-a", basis="full-text"),
        "0 coder(s) signed it off under schema 0.1 from the full-text",
    ),
    (ruling(*JUDGED, "pass-a", schema="0.2"), "0 coder(s) signed it off under schema 0.2"),
    (ruling("p03", *JUDGED[1:], "pass-a"), "1 coder(s) signed it off"),
    (ruling("p06", *JUDGED[1:], "pass-a"), "1 coder(s) signed it off"),
    (ruling("p07", *JUDGED[1:], "new", **PRESENT), "0 coder(s) signed it off"),
    (ruling("p01", "mode", "judge-bias", "pass-a"), "unknown facet 'mode'"),
    (ruling("p01", "failure_mode", "bias", "pass-a"), "unknown code 'bias' of failure_mode"),
    (ruling(*JUDGED, "eva"), "unknown choice 'eva'"),
    (ruling(*JUDGED, ""), "unknown choice ''"),
    (ruling(*JUDGED, "pass-a", rationale=" "), "decided without a rationale"),
    (ruling(*JUDGED, "new", **PRESENT, rationale=""), "decided without a rationale"),
    (
        ruling("p01", "stream", "llm-as-judge", "new", confidence="sure", rationale=""),
        "decided without a rat",
    ),
    (ruling(*JUDGED, "pass-a", level="argues"), "level given beside the choice of pass-a"),
    (ruling(*JUDGED, "pass-a", words=WORDS), "words given beside the choice of pass-a"),
    (ruling(*JUDGED, "new", **{**PRESENT, "level": "loud"}), "unknown level 'loud'"),
    (ruling(*JUDGED, "new", **{**PRESENT, "state": "maybe"}), "unknown state 'maybe'"),
    (
        ruling(*JUDGED, "new", **{**PRESENT, "words": "words that are not there"}),
        "these words do not stand in the abstract",
    ),
    (
        ruling(*JUDGED, "new", **{**PRESENT, "level": "measures", "role": "background"}),
        "measures with role 'background'",
    ),
    (
        ruling("p01", "failure_mode", "weak-oversight", "new", **PRESENT),
        "failure_mode weak-oversight cannot be told from the abstract",
    ),
]


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_what_a_ruling_may_not_be(differing: Path, row: Row, message: str) -> None:
    rule(differing, ruling("p02", "stream", "llm-as-judge", "pass-a"))
    good = ruling("p02", "failure_mode", "judge-bias", "pass-b")
    faults = refused(differing, good, {**row, "_line": "9"})
    assert {(f.file, f.line, f.key) for f in faults} == {("rows.csv", 9, row["paper"])}
    assert [f.message for f in faults if f.message.startswith(message)] != []


def test_a_coder_s_choice_outside_failure_modes_needs_no_rationale(differing: Path) -> None:
    assert rule(differing, ruling("p01", "stream", "llm-as-judge", "pass-a", rationale="")).rows == 1


@pytest.mark.parametrize("chosen", ["pass-a", "pass-b"])
def test_a_third_party_decides(differing: Path, chosen: str) -> None:
    coded(differing, "eva", *whole("p02"))
    [fault] = refused(differing, {**ruling("p02", "failure_mode", "judge-bias", chosen), "_line": "3"})
    assert (fault.line, fault.key, fault.message) == (3, "p02", "eva coded it")
    before = state(differing)
    with pytest.raises(Refused, match="pass-a coded it; a third party decides"):
        rule(differing, ruling(*JUDGED, chosen), by="pass-a", run="pass-a-code")
    assert state(differing) == before
    assert rule(differing, ruling(*JUDGED, chosen)).rows == 1


def test_a_model_that_rules_needs_a_run_and_an_unknown_one_is_refused(differing: Path) -> None:
    know(differing, "consensus", "language-model")
    [fault] = refused(differing, ruling(*JUDGED, "pass-a"), by="consensus")
    assert "need a run record" in fault.message
    assert rule(differing, ruling(*JUDGED, "pass-a"), by="consensus", run="c-1").files == (
        FILE,
        "corpus/runs.csv",
    )
    [fault] = refused(differing, ruling(*JUDGED, "pass-b"), by="bob")
    assert (fault.file, fault.key, fault.message) == ("corpus/coders/bob.yaml", "bob", "unknown coder")


def test_a_code_twice_in_a_batch_is_refused(differing: Path) -> None:
    [fault] = refused(differing, ruling(*JUDGED, "pass-a"), {**ruling(*JUDGED, "pass-b"), "_line": "3"})
    assert (fault.line, fault.message) == (3, "code given twice in this batch")


def test_a_paper_must_be_complete_when_its_disagreements_are_settled(differing: Path) -> None:
    place = ("p02", "optimisation_pressure")
    assert {r[-1] for r in final(differing, *place).values()} == {"unresolved"}
    a, b = ruling(*place, "training", "pass-a"), ruling(*place, "selection", "pass-b")
    [fault] = refused(differing, a, {**b, "_line": "4"})
    assert (fault.key, fault.message) == (
        "p02",
        "optimisation_pressure has 2 principal codes: selection, training",
    )
    rule(differing, a)  # one is still open
    [fault] = refused(differing, b)
    assert fault.message.startswith("optimisation_pressure has 2 principal codes")
    rule(differing, ruling(*place, "selection", "pass-a"))
    assert final(differing, *place) == {
        "training": ("present", "", "yes", "adjudicated"),
        "selection": ("absent", "", "", "adjudicated"),
    }
    [fault] = refused(differing, ruling("p02", "stream", "llm-as-judge", "new", state="withdrawn"))
    assert fault.message == "stream has 0 code(s), 1 or more are asked for"


# --- screenings ---------------------------------------------------------------------------------------------


def stage(paper: str, chosen: str, code: str = "title-abstract", **cells: str) -> Row:
    return ruling(paper, "screening", code, chosen, **cells)


def outcome(root: Path, paper: str) -> tuple[str, str, str]:
    rows = screened(stored(root, "screening", []), stored(root, "adjudications", []), set())
    [row] = [r for r in rows if r["paper"] == paper]
    return row["decision"], row["reason"], row["resolved"]


def test_a_screening_is_decided(differing: Path) -> None:
    assert outcome(differing, "p05") == ("pending", "", "pending")
    rule(differing, stage("p05", "pass-b"))
    assert outcome(differing, "p05") == ("exclude", "other-field", "adjudicated")
    rule(differing, stage("p05", "new", state="include"))
    assert outcome(differing, "p05") == ("include", "", "adjudicated")
    rows = screened(stored(differing, "screening", []), stored(differing, "adjudications", []), set())
    assert "p05" in included(rows)
    assert put(differing, "pass-a", stream("p05")).rows == 1
    rule(differing, stage("p05", "new", state="exclude", note="other-system"))
    assert outcome(differing, "p05") == ("exclude", "other-system", "adjudicated")
    assert [r["revision"] for r in stored(differing, "adjudications", [])] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (stage("p5", "new", state="include"), "unknown paper 'p5'"),
        (stage("p05", "pass-a", "first"), "unknown stage 'first'"),
        (stage("p05", "pass-a", "full-text"), "0 screener(s) so far"),
        (stage("p30", "new", state="include"), "0 screener(s) so far"),
        (stage("p05", "pass-a", rationale=""), "a screening decided without a rationale"),
        (stage("p05", "eva"), "unknown choice 'eva'"),
        (stage("p05", "new"), "decision ''"),
        (stage("p05", "new", state="unsure"), "decision 'unsure'"),
        (stage("p05", "new", state="exclude"), "unknown reason of exclusion ''"),
        (stage("p05", "new", state="exclude", note="dull"), "unknown reason of exclusion 'dull'"),
        (stage("p05", "new", state="include", note="other-field"), "a reason of exclusion on 'include'"),
    ],
)
def test_what_the_ruling_of_a_screening_may_not_be(differing: Path, row: Row, message: str) -> None:
    faults = refused(differing, {**row, "_line": "5"})
    assert {(f.file, f.line, f.key) for f in faults} == {("rows.csv", 5, row["paper"])}
    assert message in [f.message for f in faults]


@pytest.mark.parametrize("by", [*PASSES, "eva"])
def test_a_screener_does_not_decide_the_screening(differing: Path, by: str) -> None:
    keep(differing, "p05", by=["eva"] if by == "eva" else [])
    before = state(differing)
    with pytest.raises(Refused, match=f"{by} screened it"):
        rule(differing, stage("p05", "pass-a"), by=by, run="" if by == "eva" else f"{by}-code")
    assert state(differing) == before
