"""The door for verifications: a human confirms, corrects, rejects or adds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coded import WORDS, coded, keep, know, mode, put, state, stream, whole, word
from tests.once import once
from workbench.doors.door import Written
from workbench.doors.verification import verify
from workbench.store.clock import now
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row
from workbench.store.survey import open_survey
from workbench.store.texts import abstracts

FILE = "corpus/verifications/eva.csv"
VALUES = {c: v for c, v in mode("p01").items() if c not in ("paper", "facet", "code", "_line", "_file")}
BETTER = {**VALUES, "level": "measures", "note": "A rate."}


@pytest.fixture
@once
def held(survey: Path) -> Path:
    """p01 is agreed, p02 open, p03 coded by one; p04 is out and p05 not coded."""
    keep(survey, "p01", "p02", "p03", "p05")
    keep(survey, "p04", decision="exclude")
    coded(survey, "pass-a", *whole("p01"), *whole("p02"), *whole("p03"))
    coded(survey, "pass-b", *whole("p01"), *whole("p02", level="mentions"))
    return survey


def say(root: Path, *rows: Row, by: str = "eva") -> Written:
    return verify(root, by, rows)


def refused(root: Path, *rows: Row, by: str = "eva") -> list[Fault]:
    before = state(root)
    with pytest.raises(Refused) as refusal:
        say(root, *rows, by=by)
    assert state(root) == before
    assert all(f.remedy for f in refusal.value.faults)
    return refusal.value.faults


def final(root: Path, paper: str = "p01", code: str = "judge-bias") -> tuple[str, str, str, bool]:
    table = open_survey(root).final
    [row] = table[(table["paper"] == paper) & (table["code"] == code)].to_dict("records")
    return row["state"], row["level"], row["resolved"], row["human_verified"]


def test_to_confirm_leaves_the_code_as_it_is(held: Path) -> None:
    assert final(held) == ("present", "argues", "agreed", False)
    written = say(held, word("p01", note="I read it so too."))
    assert (written.rows, written.files) == (1, (FILE,))
    assert final(held) == ("present", "argues", "agreed", True)
    [row] = stored(held, "verifications", [])
    assert {c: v for c, v in row.items() if v and not c.startswith("_")} == {
        "paper": "p01",
        "basis": "abstract",
        "facet": "failure_mode",
        "code": "judge-bias",
        "revision": "1",
        "outcome": "confirm",
        "note": "I read it so too.",
        "at": now(),
        "coder": "eva",
    }


def test_a_code_of_one_coder_can_be_confirmed(held: Path) -> None:
    say(held, word("p03"))
    assert final(held, "p03") == ("present", "argues", "single", True)


def test_to_reject_says_the_code_does_not_hold(held: Path) -> None:
    say(held, word("p01", outcome="reject"))
    assert final(held) == ("absent", "", "adjudicated", True)


def test_to_correct_puts_other_values_in_place(held: Path) -> None:
    written = say(held, word("p01", outcome="correct", **BETTER))
    assert written.notes == ("1 place(s) found",)
    assert final(held) == ("present", "measures", "adjudicated", True)
    [row] = stored(held, "verifications", [])
    text = abstracts(held)["p01"].normalised
    assert text[int(row["start"]) : int(row["end"])] == WORDS


def test_to_add_brings_a_code_nobody_gave(held: Path) -> None:
    say(held, word("p01", "reward-gaming", "add", **BETTER))
    assert final(held, code="reward-gaming") == ("present", "measures", "adjudicated", True)
    assert final(held) == ("present", "argues", "agreed", False)


def test_who_added_a_code_by_mistake_takes_it_back(held: Path) -> None:
    add, back = word("p01", "reward-gaming", "add", **BETTER), word("p01", "reward-gaming", "reject")
    [fault] = refused(held, back)  # what nobody gave and nobody added cannot be rejected
    assert fault.message == "no such code stands in final"
    say(held, add)
    know(held, "adam", "human")
    [fault] = refused(held, back, by="adam")
    assert fault.message == "no such code stands in final"  # another's addition is not one's own to take back
    assert say(held, back).rows == 1
    assert say(held, back).unchanged == 1
    assert final(held, code="reward-gaming")[0] == "absent"
    assert say(held, add).rows == 1
    assert final(held, code="reward-gaming")[0] == "present"
    assert [(r["outcome"], r["revision"]) for r in stored(held, "verifications", [])] == [
        ("add", "1"),
        ("reject", "2"),
        ("add", "3"),
    ]


def test_to_correct_to_no_information(held: Path) -> None:
    cells = {"facet": "stream", "state": "no-information", "confidence": "sure"}
    say(held, word("p01", "llm-as-judge", "correct", **cells))
    assert final(held, code="llm-as-judge") == ("no-information", "", "adjudicated", True)


WRONG = [
    (word("p1"), "unknown paper 'p1'"),
    (word("p04"), "screened out"),
    (word("p30"), "not screened"),
    (word("p01", basis="hearsay"), "unknown basis 'hearsay'"),
    (word("p01", basis="full-text"), "no such code stands in final"),
    (word("p01", outcome="agree"), "unknown outcome 'agree'"),
    (word("p01", outcome=""), "unknown outcome ''"),
    (word("p02"), "no such code stands in final"),
    (word("p02", outcome="reject"), "no such code stands in final"),
    (word("p05"), "no such code stands in final"),
    (word("p01", "reward-gaming"), "no such code stands in final"),
    (word("p01", "reward-gaming", "correct", **BETTER), "no such code stands in final"),
    (word("p01", "judge-bias", "add", **BETTER), "stands there already"),
    (word("p01", "no-such-mode", "add", **BETTER), "unknown code 'no-such-mode' of failure_mode"),
    (
        word("p01", "weak-oversight", "add", **BETTER),
        "failure_mode weak-oversight cannot be told from the abst",
    ),
    (word("p01", facet="mode"), "unknown facet 'mode'"),
    (word("p01", level="argues"), "level given with confirm"),
    (word("p01", outcome="reject", words=WORDS), "words given with reject"),
    (word("p01", outcome="correct", **VALUES), "the correction changes nothing"),
    (word("p01", outcome="correct", **{**VALUES, "note": "Other words."}), "the correction changes nothing"),
    (word("p01", outcome="correct", **{**BETTER, "words": ""}), "rests on fewer than 5 words"),
    (word("p01", outcome="correct", **{**BETTER, "role": "background"}), "measures with role 'background'"),
    (word("p01", outcome="correct", **{**BETTER, "level": "loud"}), "unknown level 'loud'"),
    (word("p01", outcome="correct", **BETTER, state="withdrawn"), "unknown state 'withdrawn'"),
]


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_what_a_verification_may_not_be(held: Path, row: Row, message: str) -> None:
    say(held, word("p03"))
    faults = refused(held, word("p03", outcome="reject"), {**row, "_line": "8"})
    assert {(f.file, f.line, f.key) for f in faults} == {("rows.csv", 8, row["paper"])}
    assert [f.message for f in faults if f.message.startswith(message)] != []


def test_only_humans_verify(held: Path) -> None:
    [fault] = refused(held, word("p01"), by="pass-a")
    assert (fault.file, fault.line, fault.key, fault.message) == (
        "corpus/coders/pass-a.yaml",
        0,
        "pass-a",
        "is not human",
    )
    [fault] = refused(held, word("p01"), by="bob")
    assert (fault.key, fault.message) == ("bob", "unknown coder")


def test_a_code_twice_in_a_batch_is_refused(held: Path) -> None:
    [fault] = refused(held, word("p01"), {**word("p01", outcome="reject"), "_line": "3"})
    assert (fault.line, fault.message) == (3, "code given twice in this batch")


def test_the_same_words_change_nothing_and_others_are_a_new_revision(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [word("p01", outcome="correct", **BETTER), word("p03")]
    say(held, *rows)
    before = state(held)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    assert say(held, *rows).unchanged == 2
    assert state(held) == before
    say(held, word("p01"))
    saids = [(r["paper"], r["revision"], r["outcome"]) for r in stored(held, "verifications", [])]
    assert saids == [("p01", "1", "correct"), ("p01", "2", "confirm"), ("p03", "1", "confirm")]
    assert final(held) == ("present", "argues", "agreed", True)


def test_the_last_word_holds_whoever_says_it(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(held, "adam", "human")
    say(held, word("p01", outcome="reject"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    say(held, word("p01"), by="adam")
    assert final(held)[0] == "present"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795700000")
    say(held, word("p01", outcome="reject", note="No."))
    assert final(held)[0] == "absent"
    assert stored(held, "verifications", [], coder="adam")[0]["outcome"] == "confirm"


def test_another_person_s_verifications_are_not_opened(held: Path) -> None:
    know(held, "adam", "human")
    say(held, word("p01"), by="adam")
    (held / "corpus/verifications/adam.csv").write_bytes(b"\xff broken")
    assert say(held, word("p01")).rows == 1


def test_a_code_withdrawn_by_both_can_be_added_by_a_human(held: Path) -> None:
    gone = dict.fromkeys(VALUES, "") | {"state": "withdrawn"}
    for coder in ("pass-a", "pass-b"):
        put(held, coder, mode("p01", **gone))
    assert "judge-bias" not in open_survey(held).final.query("paper == 'p01'")["code"].tolist()
    [fault] = refused(held, word("p01"))
    assert fault.message == "no such code stands in final"
    assert say(held, word("p01", outcome="add", **VALUES)).rows == 1
    assert final(held) == ("present", "argues", "adjudicated", True)
    assert put(held, "pass-a", stream("p01", "reward-hacking")).rows == 1
