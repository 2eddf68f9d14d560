"""The doors for codings and sign-offs."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.coded import (
    WORDS,
    coded,
    coding_of,
    fill,
    keep,
    listed,
    mode,
    numbered,
    pressure,
    put,
    sign,
    state,
    stream,
    whole,
)
from tests.once import once
from workbench.doors.coding import COLUMNS, code, signoff
from workbench.doors.coding_rules import NOT_CHECKABLE
from workbench.reading.checking import check
from workbench.store.batch import read_batch
from workbench.store.clock import now
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, recover, replace_all, rows_text, writing
from workbench.store.journal import journal_of
from workbench.store.survey import open_survey
from workbench.store.tables import CODINGS, RECORDS, SCREENING
from workbench.store.texts import ABSTRACTS, FULL_TEXTS, Place, Text, abstracts, abstracts_text, find_again

ALL = [f"p{n:02}" for n in range(1, 20)]
MINE = "corpus/codings/pass-a.csv"
SIGNED = "corpus/signoffs/pass-a.csv"


@pytest.fixture
@once
def kept(survey: Path) -> Path:
    """p01 to p19 and p59 are in; p20 is out, p21 pending, p22 not screened, p23 unverified."""
    keep(survey, *ALL, "p23", "p59")
    keep(survey, "p20", decision="exclude")
    keep(survey, "p21", by=["pass-a"])
    records = stored(survey, "records", [])
    with writing(survey):
        rows = [{**r, "verified": "no"} if r["paper"] == "p23" else r for r in records]
        replace_all(survey, {RECORDS.path: rows_text(RECORDS, rows)})
    return survey


def refused(root: Path, *rows: Row, coder: str = "pass-a") -> list[Fault]:
    """Return the faults of a batch that is refused, after seeing that no byte has changed."""
    before = state(root)
    with pytest.raises(Refused) as refusal:
        put(root, coder, *rows)
    assert state(root) == before
    assert all(f.remedy for f in refusal.value.faults)
    return refusal.value.faults


def codings(root: Path, *columns: str, coder: str = "pass-a") -> list[tuple[str, ...]]:
    return [tuple(r[c] for c in columns) for r in stored(root, "codings", [], coder=coder)]


# --- what is written ----------------------------------------------------------------------------------------


def test_a_coding_is_written_with_all_its_cells_and_the_place_of_its_words(kept: Path) -> None:
    written = put(
        kept, "pass-a", mode("p01", formal="yes", level="demonstrates", principal=""), stream("p01")
    )
    assert (written.rows, written.unchanged) == (2, 0)
    assert written.files == (MINE, "corpus/runs.csv")
    assert written.notes == ("1 place(s) found",)
    first, second = stored(kept, "codings", [])
    text = abstracts(kept)["p01"]
    start = text.normalised.index(WORDS)
    place = Place(first["text_sha256"], int(first["start"]), int(first["end"]), first["span_sha256"])
    assert find_again(place, text) == (WORDS, place)
    assert {c: first[c] for c in CODINGS.header if c != "span_sha256"} == {
        "paper": "p01",
        "schema": "0.1",
        "basis": "abstract",
        "facet": "failure_mode",
        "code": "judge-bias",
        "revision": "1",
        "state": "present",
        "level": "demonstrates",
        "role": "own-result",
        "formal": "yes",
        "figure_seen": "no",
        "mitigates": "no",
        "principal": "",
        "confidence": "sure",
        "note": "A claim.",
        "locator": "abstract",
        "text_sha256": text.digest,
        "start": str(start),
        "end": str(start + len(WORDS)),
        "run": "pass-a-code",
        "at": now(),
    }
    assert (second["facet"], second["state"], second["level"], second["start"]) == (
        "stream",
        "present",
        "",
        "",
    )


def test_the_words_themselves_are_stored_nowhere_in_the_corpus(kept: Path) -> None:
    coded(kept, "pass-a", *whole("p01"))
    held = {p: b for p, b in state(kept).items() if p.startswith("corpus/")}
    assert MINE in held
    assert [p for p, b in held.items() if WORDS.encode() in b] == []


def test_a_person_codes_without_a_run_and_a_model_with_one(kept: Path) -> None:
    assert put(kept, "eva", stream("p01")).files == ("corpus/codings/eva.csv",)
    before = state(kept)
    for door, row in ((code, stream("p01")), (signoff, {"paper": "p01", "_line": "1", "_file": "f"})):
        with pytest.raises(Refused, match="a language model's decisions need a run record"):
            door(kept, "pass-a", [row])
    assert state(kept) == before


def test_coding_and_screening_are_different_instructions_so_different_runs(kept: Path) -> None:
    before = state(kept)
    with pytest.raises(Refused, match="the instructions have changed since this run"):
        put(kept, "pass-a", stream("p01"), run="screen")
    assert state(kept) == before


# --- what is refused ----------------------------------------------------------------------------------------

WRONG = [
    (stream("p1"), "unknown paper 'p1'", "did you mean"),
    (stream(""), "unknown paper ''", "one of p01"),
    (stream("p20"), "screened out", "adjudicate"),
    (stream("p21"), "its screening is pending", "second screener"),
    (stream("p22"), "not screened", "screen it first"),
    (stream("p23"), "nothing of it but a title was seen", "survey add"),
    (stream("p01", schema="0.2"), "schema 0.2 is not in force", "code under 0.1"),
    (stream("p02", basis="hearsay"), "unknown basis 'hearsay'", "one of title, abstract"),
    (coding_of("p03", "streams", "llm-as-judge"), "unknown facet 'streams'", "did you mean stream?"),
    (stream("p04", "llm-as-judges"), "unknown code 'llm-as-judges' of stream", "did you mean llm-as-judge?"),
    (stream("p04", "judge-bias"), "unknown code 'judge-bias' of stream", "one of llm-as-judge"),
    (stream("p05", state="there"), "unknown state 'there'", "one of present"),
    (stream("p05", state="absent"), "unknown state 'absent'", ""),
    (stream("p06", level="argues"), "level does not belong here", "leave it empty"),
    (stream("p06", formal="no"), "formal does not belong here", "leave it empty"),
    (stream("p07", principal="yes"), "principal is 'yes' on stream", "leave it empty"),
    (pressure("p07", principal="true"), "principal is 'true' on optimisation_pressure", "write yes or no"),
    (stream("p08", confidence=""), "unknown confidence ''", "one of sure, unsure"),
    (stream("p08", confidence="certain"), "unknown confidence 'certain'", "one of sure, unsure"),
    (mode("p09", level=""), "unknown level ''", "one of mentions"),
    (mode("p09", level="measure"), "unknown level 'measure'", "did you mean measures?"),
    (mode("p10", role="own"), "unknown role 'own'", "one of own-result"),
    (mode("p10", formal=""), "unknown formal ''", "one of yes, no"),
    (mode("p10", figure_seen="maybe"), "unknown figure_seen 'maybe'", "did you mean yes?"),
    (mode("p10", mitigates="partly"), "unknown mitigates 'partly'", "one of no, yes, measured"),
    (mode("p11", level="measures", role="background"), "measures with role 'background'", "lower level"),
    (mode("p11", level="measures", role="future-work"), "measures with role 'future-work'", "lower level"),
    (mode("p11", mitigates="yes", role="background"), "mitigates with role 'background'", "own-result"),
    (mode("p12", note=""), "a code with levels without note", "the coder's own words"),
    (mode("p12", note=" \n"), "a code with levels without note", "the coder's own words"),
    (mode("p12", locator=""), "a code with levels without locator", "where in the text"),
    (mode("p13", words=""), "rests on fewer than 5 words", "copied from the text"),
    (mode("p13", words="its score went up"), "rests on fewer than 5 words", "copied from the text"),
    (mode("p13", words=" its  score\nwent up "), "rests on fewer than 5 words", "copied from the text"),
    (
        mode("p14", words="its score went down while the thing"),
        "these words do not stand in the abstract",
        "",
    ),
    (mode("p14", words="We look at proxy 15 and find"), "these words do not stand in the abstract", ""),
    (stream("p14", words="nothing like this stands there"), "these words do not stand in the abstract", ""),
    (
        stream("p14", basis="title", words="We look at proxy 14 and"),
        "these words do not stand in the title",
        "copy them exactly",
    ),
    (
        mode("p15", note="They say that its score went up while the thing it stands for did not."),
        "the note quotes the text",
        "your own words",
    ),
    (stream("p15", note="ITS SCORE, went up while the thing it stands"), "the note quotes the text", ""),
    (stream("p16", state="no-information", words=WORDS), "words on a row that is no-information", "leave"),
    (mode("p17", "weak-oversight"), "failure_mode weak-oversight cannot be told from the abstract", "leave"),
    (pressure("p17", basis="title"), "optimisation_pressure training cannot be told from the title", "leave"),
    (
        mode("p17", basis="title", words="On the proxy number 17"),
        "failure_mode judge-bias cannot be told from the title",
        "leave the row out",
    ),
    (stream("p18", state="withdrawn"), "nothing here to withdraw", "withdraw a code that was given"),
]


@pytest.mark.parametrize(("row", "message", "remedy"), WRONG)
def test_each_fault_alone_is_enough(kept: Path, row: Row, message: str, remedy: str) -> None:
    put(kept, "pass-a", stream("p19"))
    [fault] = refused(kept, stream("p19", "reward-hacking"), {**row, "_line": "7"})
    assert (fault.file, fault.line, fault.key, fault.warning) == ("rows.csv", 7, row["paper"], False)
    assert fault.message.startswith(message)
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    ("cells", "message", "remedy"),
    [
        ({"level": "argues"}, "argues with role motivation", "it goes with mentions"),
        (
            {"level": "mentions", "mitigates": "measured"},
            "mitigates measured with role motivation",
            "no or yes",
        ),
    ],
)
def test_a_role_says_what_goes_with_it(kept: Path, cells: Row, message: str, remedy: str) -> None:
    named = kept / "coding_schema/schema.yaml"
    role = '  - {id: motivation, definition: Why., levels: [mentions], mitigates: ["no", "yes"]}\n'
    named.write_text(named.read_text("utf-8").replace("\nmitigates:\n", f"\n{role}mitigates:\n", 1), "utf-8")
    [fault] = refused(kept, mode("p11", role="motivation", **cells))
    assert fault.message.startswith(message)
    assert remedy in fault.remedy
    for offered in ("no", "yes"):
        given = mode("p11", role="motivation", level="mentions", mitigates=offered)
        put(kept, "pass-a", given, run=f"code-{offered}")


def test_every_fault_of_a_batch_is_named_on_its_line(kept: Path) -> None:
    rows = numbered(row for row, _, _ in WRONG)
    faults = refused(kept, *rows)
    once = {(r["paper"], r.get("schema", ""), r.get("basis", ""), r["facet"], r["code"]): r for r in rows}
    assert len([f for f in faults if f.message != "code given twice in this batch"]) == len(rows)
    assert len([f for f in faults if f.message == "code given twice in this batch"]) == len(rows) - len(once)
    assert {f.line for f in faults} == {int(r["_line"]) for r in rows}


def test_two_faults_of_one_row_are_both_named(kept: Path) -> None:
    faults = refused(kept, mode("p20", level="loud", confidence=""))
    assert [f.message for f in faults] == ["screened out", "unknown confidence ''", "unknown level 'loud'"]


def test_an_unknown_coder_is_refused_by_both_doors(kept: Path) -> None:
    before = state(kept)
    with pytest.raises(Refused, match=r"corpus/coders/bob.yaml: bob: unknown coder; .*eva, pass-a, pass-b"):
        put(kept, "bob", stream("p01"))
    with pytest.raises(Refused, match=r"corpus/coders/bob.yaml: bob: unknown coder"):
        sign(kept, "bob", "p01")
    assert state(kept) == before


def test_a_code_twice_in_a_batch_is_refused_on_the_second_line(kept: Path) -> None:
    [fault] = refused(kept, *numbered([stream("p01"), stream("p02"), stream("p01", note="again")]))
    assert (fault.line, fault.key, fault.message) == (4, "p01", "code given twice in this batch")


def test_one_paper_has_one_principal_pressure(kept: Path) -> None:
    message = "optimisation_pressure has 2 principal codes: selection, training"
    [fault] = refused(kept, *numbered([stream("p01"), pressure("p01"), pressure("p01", "selection")]))
    assert (fault.key, fault.message) == ("p01", message)
    put(kept, "pass-a", pressure("p01"), pressure("p02"))
    [fault] = refused(kept, *numbered([pressure("p03"), pressure("p01", "selection")]))
    assert (fault.line, fault.key, fault.message) == (3, "p01", message)
    # It may move, within one batch; and another basis is another coding.
    put(kept, "pass-a", pressure("p01", principal="no"), pressure("p01", "selection"))
    put(kept, "pass-a", pressure("p01", basis="full-text"))
    assert codings(kept, "basis", "code", "principal")[:3] == [
        ("abstract", "selection", "yes"),
        ("abstract", "training", "no"),
        ("full-text", "training", "yes"),
    ]


# --- texts --------------------------------------------------------------------------------------------------


def test_what_cannot_be_looked_up_is_counted_and_has_no_place(kept: Path) -> None:
    written = put(kept, "pass-a", mode("p59", words="words that nobody here can look up"), mode("p01"))
    assert written.notes == ("1 place(s) found", f"1 place(s) {NOT_CHECKABLE}")
    rows = codings(kept, "paper", "text_sha256", "start", "end", "span_sha256")
    assert rows[1] == ("p59", "", "", "", "")
    assert all(rows[0])
    [fault] = refused(kept, mode("p59", words="four words of it"))
    assert fault.message == "rests on fewer than 5 words"


def test_the_full_text_is_another_text(kept: Path) -> None:
    missing = put(kept, "pass-a", mode("p01", basis="full-text"))
    assert missing.notes == (f"1 place(s) {NOT_CHECKABLE}",)
    text = Text("p02", "On the proxy number 2", "In the body we report on what\nno abstract says.")
    (kept / FULL_TEXTS).mkdir(parents=True)
    (kept / FULL_TEXTS / "p02.txt").write_text(f"{text.title}\n{text.body}", "utf-8")
    told = "we report on what no abstract says"
    put(kept, "pass-a", mode("p02", "weak-oversight", basis="full-text", words=told))
    [row] = [r for r in stored(kept, "codings", []) if r["paper"] == "p02"]
    start = text.normalised.index(told)
    assert (row["text_sha256"], row["start"], row["end"]) == (
        text.digest,
        str(start),
        str(start + len(told)),
    )
    [fault] = refused(kept, mode("p02", basis="full-text"))
    assert "do not stand in the full-text" in fault.message


def test_seven_words_of_the_text_are_no_quotation_and_eight_are(kept: Path) -> None:
    assert put(kept, "pass-a", stream("p01", note=f"Says {WORDS}, briefly.")).rows == 1
    [fault] = refused(kept, stream("p02", note=f"Says {WORDS} it, briefly."))
    assert fault.message == f"the note quotes the text ('{WORDS} it')"


def test_words_may_differ_in_space_and_form_of_letters_only(kept: Path) -> None:
    put(kept, "pass-a", mode("p01", words="  its score\nwent\u00a0up while the ｔｈｉｎｇ"))
    put(kept, "eva", mode("p01"))
    assert codings(kept, "start", "end") == codings(kept, "start", "end", coder="eva")
    [fault] = refused(kept, mode("p01", words="Its score went up while the thing"))
    assert "do not stand in the abstract" in fault.message


# --- the batch as a file ------------------------------------------------------------------------------------

HEAD = "paper,facet,code,confidence,note"


def incoming(folder: Path, data: bytes, name: str = "rows.csv") -> tuple[list[Row], list[Fault]]:
    (folder / name).write_bytes(data)
    return read_batch(folder / name, COLUMNS)


@pytest.mark.parametrize(
    ("data", "line", "warning", "note"),
    [
        (b"\xef\xbb\xbf" + f"{HEAD}\np01,stream,llm-as-judge,sure,ok\n".encode(), 1, "byte order mark", "ok"),
        (f"{HEAD}\r\np01,stream,llm-as-judge,sure,ok\r\n".encode(), 1, "CRLF", "ok"),
        (f"{HEAD}\np01,stream,llm-as-judge,sure,ok\r\n".encode(), 2, "CRLF", "ok"),
        (f"{HEAD}\np01,stream,llm-as-judge,sure,é\n".encode("latin-1"), 2, "read as Windows-1252", "é"),
        (f'{HEAD}\r\np01,stream,llm-as-judge,sure,"a\r\nb"\r\n'.encode(), 1, "CRLF", "a\nb"),
    ],
)
def test_foreign_files_are_read_with_a_warning(
    kept: Path, tmp_path: Path, data: bytes, line: int, warning: str, note: str
) -> None:
    rows, warnings = incoming(tmp_path, data)
    [told] = warnings
    assert (told.file, told.line, told.warning) == ("rows.csv", line, True)
    assert warning in told.message
    put(kept, "pass-a", *rows)
    assert codings(kept, "paper", "code", "note") == [("p01", "llm-as-judge", note)]
    assert b"\r" not in (kept / MINE).read_bytes()


def test_a_quoted_line_end_stays_and_the_lines_after_it_are_counted_right(kept: Path, tmp_path: Path) -> None:
    data = f'{HEAD}\np01,stream,llm-as-judge,sure,"one, ""two""\n\nthree"\np20,stream,llm-as-judge,sure,\n'
    rows, warnings = incoming(tmp_path, data.encode())
    assert warnings == []
    [fault] = refused(kept, *rows)
    assert (fault.line, fault.key) == (5, "p20")
    put(kept, "pass-a", *rows[:1])
    assert codings(kept, "note") == [('one, "two"\n\nthree',)]
    assert stored(kept, "codings", [])[0]["note"] == 'one, "two"\n\nthree'


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (f"{HEAD}\np01,stream,llm-as-judge,sure\n", [(2, "p01", "row has 4 columns, the header 5")]),
        (f"{HEAD}\np01,stream,llm-as-judge,sure,a,b\n", [(2, "p01", "row has 6 columns, the header 5")]),
        (f"{HEAD}\np01\np02,stream\n", [(2, "p01", "row has 1 columns"), (3, "p02", "row has 2 columns")]),
        (f"{HEAD},mood\np01,stream,llm-as-judge,sure,,low\n", [(2, "p01", "unknown column 'mood'")]),
        (f"{HEAD},levl\np01,stream,llm-as-judge,sure,,\n", [(2, "p01", "unknown column 'levl'")]),
        (f"{HEAD},start\np01,stream,llm-as-judge,sure,,1\n", [(2, "p01", "unknown column 'start'")]),
        (f"{HEAD},note\np01,stream,llm-as-judge,sure,,\n", [(1, "", "a column is given twice")]),
        (f'{HEAD}\np01,stream,llm-as-judge,sure,"open\n', [(2, "", "not readable as CSV")]),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(
    tmp_path: Path, text: str, faults: list[tuple[int, str, str]]
) -> None:
    with pytest.raises(Refused) as refusal:
        incoming(tmp_path, text.encode())
    assert [(f.file, f.line, f.key) for f in refusal.value.faults] == [
        ("rows.csv", line, key) for line, key, _ in faults
    ]
    for fault, (_, _, message) in zip(refusal.value.faults, faults, strict=True):
        assert fault.message.startswith(message)
        assert fault.remedy


def test_a_column_left_out_is_an_empty_one(kept: Path, tmp_path: Path) -> None:
    rows, _ = incoming(tmp_path, b"facet,code,confidence\nstream,llm-as-judge,sure\n")
    [fault] = refused(kept, *rows)
    assert (fault.line, fault.message) == (2, "unknown paper ''")
    rows, _ = incoming(tmp_path, b"paper,facet,code\np01,stream,llm-as-judge\n")
    [fault] = refused(kept, *rows)
    assert fault.message == "unknown confidence ''"
    rows, _ = incoming(tmp_path, f"{HEAD}\n".encode())
    assert put(kept, "pass-a", *rows).files == ()


# --- sign-off -----------------------------------------------------------------------------------------------


def test_a_sign_off_is_written_with_the_digest_of_the_text(kept: Path) -> None:
    put(kept, "pass-a", *whole("p01"), *whole("p59"))
    written = sign(kept, "pass-a", "p01", "p59")
    assert (written.rows, written.unchanged, written.files) == (2, 0, (SIGNED,))
    first, second = stored(kept, "signoffs", [])
    assert {c: v for c, v in first.items() if not c.startswith("_")} == {
        "paper": "p01",
        "schema": "0.1",
        "basis": "abstract",
        "stage": "coding",
        "blind": "yes",
        "text_sha256": abstracts(kept)["p01"].digest,
        "run": "pass-a-code",
        "at": now(),
        "coder": "pass-a",
    }
    assert (second["paper"], second["text_sha256"]) == ("p59", "")


def aloof(root: Path) -> None:
    """Let the pressure ``training`` exclude the others of its facet."""
    schema = root / "coding_schema/schema.yaml"
    text, old = schema.read_text("utf-8"), "{id: training, name: Training,"
    assert text.count(old) == 1
    schema.write_text(text.replace(old, f"{old} alone: true,"), "utf-8")


def test_a_code_that_stands_alone_is_refused_beside_another(kept: Path) -> None:
    message = "optimisation_pressure training stands alone, and selection is given beside it"
    aloof(kept)
    other = pressure("p01", "selection", principal="no")
    [fault] = refused(kept, *numbered([stream("p01"), pressure("p01"), other]))
    assert (fault.line, fault.key, fault.message) == (2, "p01", message)
    put(
        kept,
        "pass-a",
        pressure("p01"),
        pressure("p02", "selection"),
        pressure("p02", "training", "no", state="no-information"),
    )
    [fault] = refused(kept, *numbered([pressure("p03"), other]))
    assert (fault.line, fault.message) == (3, message)
    assert "withdraw training" in fault.remedy
    # One takes the other's place within one batch; and another paper or basis is another coding.
    put(kept, "pass-a", pressure("p01", state="withdrawn", principal=""), pressure("p01", "selection"))
    put(kept, "pass-a", pressure("p01", basis="full-text"))


def test_after_sign_off_too_a_code_stands_alone(kept: Path) -> None:
    aloof(kept)
    coded(kept, "pass-a", *whole("p01"))
    [fault] = refused(kept, pressure("p01", "selection", principal="no"))
    assert "training stands alone" in fault.message


def test_a_code_that_came_to_stand_alone_later_stops_the_sign_off(kept: Path) -> None:
    put(kept, "pass-a", *whole("p01"), pressure("p01", "selection", principal="no"))
    aloof(kept)
    with pytest.raises(Refused, match="training stands alone, and selection is given beside it"):
        sign(kept, "pass-a", "p01")


@pytest.mark.parametrize(
    ("rows", "messages"),
    [
        ([], ["optimisation_pressure has 0 code(s), 1 or more", "stream has 0 code(s), 1 or more"]),
        ([mode("p01"), pressure("p01")], ["stream has 0 code(s), 1 or more"]),
        ([stream("p01"), mode("p01")], ["optimisation_pressure has 0 code(s), 1 or more"]),
        (
            [stream("p01"), pressure("p01", principal="no"), pressure("p01", "selection", principal="")],
            ["optimisation_pressure has no principal code"],
        ),
    ],
)
def test_an_incomplete_paper_is_not_signed_off(kept: Path, rows: list[Row], messages: list[str]) -> None:
    put(kept, "pass-a", *rows, *whole("p02"))
    before = state(kept)
    with pytest.raises(Refused) as refusal:
        sign(kept, "pass-a", "p02", "p01")
    assert state(kept) == before
    assert [(f.file, f.line, f.key) for f in refusal.value.faults] == [("rows.csv", 3, "p01")] * len(messages)
    for fault, message in zip(refusal.value.faults, messages, strict=True):
        assert fault.message.startswith(message)


def test_too_many_codes_are_not_signed_off(kept: Path) -> None:
    schema = kept / "coding_schema/schema.yaml"
    text = schema.read_text("utf-8")
    assert text.count("{min: 1, max: null}") == 1
    schema.write_text(text.replace("{min: 1, max: null}", "{min: 1, max: 1}"), "utf-8")
    put(kept, "pass-a", *whole("p01"), stream("p01", "reward-hacking"))
    with pytest.raises(Refused, match="stream has 2 codes, at most 1 are allowed"):
        sign(kept, "pass-a", "p01")
    put(kept, "pass-a", stream("p01", "reward-hacking", state="withdrawn"))
    assert sign(kept, "pass-a", "p01").rows == 1


def test_no_information_answers_a_facet_and_no_failure_mode_is_an_answer(kept: Path) -> None:
    rows = [
        stream("p01", state="no-information"),
        pressure("p01", principal="", state="no-information"),
    ]
    put(kept, "pass-a", *rows)
    assert sign(kept, "pass-a", "p01").rows == 1


def test_a_title_is_signed_off_without_what_only_an_abstract_tells(kept: Path) -> None:
    put(kept, "pass-a", stream("p01", basis="title"))
    assert sign(kept, "pass-a", "p01", basis="title").rows == 1
    with pytest.raises(Refused, match="stream has 0 code"):
        sign(kept, "pass-a", "p01")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"paper": "p1"}, "unknown paper 'p1'"),
        ({"paper": "p20"}, "screened out"),
        ({"paper": "p21"}, "its screening is pending"),
        ({"paper": "p22"}, "not screened"),
        ({"paper": "p23"}, "nothing of it but a title was seen"),
        ({"paper": "p01", "basis": "hearsay"}, "unknown basis 'hearsay'"),
        ({"paper": "p01", "schema": "9.9"}, "schema 9.9 is not in force"),
    ],
)
def test_a_sign_off_of_what_may_not_be_coded_is_refused(
    kept: Path, cells: dict[str, str], message: str
) -> None:
    put(kept, "pass-a", *whole("p01"), *whole("p02"))
    before = state(kept)
    rows = [{"paper": "p02"}, cells]
    with pytest.raises(Refused) as refusal:
        signoff(kept, "pass-a", [{**r, "_line": "5", "_file": "rows.csv"} for r in rows], run="pass-a-code")
    assert state(kept) == before
    assert message in [f.message for f in refusal.value.faults]
    assert {(f.line, f.key) for f in refusal.value.faults} == {(5, cells["paper"])}


def test_a_sign_off_twice_changes_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coded(kept, "pass-a", *whole("p01"), *whole("p02"))
    before = state(kept)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    again = sign(kept, "pass-a", "p02", "p01", "p01")
    assert (again.rows, again.unchanged, again.files) == (0, 3, ())
    assert state(kept) == before


# --- changing one's mind ------------------------------------------------------------------------------------


def test_the_same_batch_again_changes_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*whole("p01"), *whole("p02"), mode("p59"), stream("p03", note="N/A")]
    put(kept, "pass-a", *rows)
    sign(kept, "pass-a", "p01")
    before = state(kept)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    again = put(kept, "pass-a", *reversed(rows), run="later")
    assert (again.rows, again.unchanged, again.files) == (0, len(rows), ())
    assert state(kept) == before


def test_before_sign_off_a_row_is_replaced_and_after_it_superseded(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(kept, "pass-a", *whole("p01"))
    put(kept, "pass-a", mode("p01", level="demonstrates"))
    columns = ("facet", "revision", "level")
    others = [("optimisation_pressure", "1", ""), ("stream", "1", "")]
    assert codings(kept, *columns) == [("failure_mode", "1", "demonstrates"), *others]
    sign(kept, "pass-a", "p01")
    first = stored(kept, "codings", [])[0]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    written = put(kept, "pass-a", mode("p01", level="argues"), stream("p01"))
    assert (written.rows, written.unchanged) == (1, 1)
    put(kept, "pass-a", mode("p01", level="mentions"))
    assert codings(kept, *columns) == [
        ("failure_mode", "1", "demonstrates"),
        ("failure_mode", "2", "argues"),
        ("failure_mode", "3", "mentions"),
        *others,
    ]
    rows = stored(kept, "codings", [])
    assert rows[0] == first
    assert rows[1]["at"] == now() > first["at"]
    # Another basis was not signed off: there a row is still replaced.
    for level in ("argues", "mentions"):
        put(kept, "pass-a", mode("p01", basis="full-text", level=level))
    assert [r[1:] for r in codings(kept, "basis", *columns) if r[0] == "full-text"] == [
        ("failure_mode", "1", "mentions")
    ]


def test_a_code_new_after_sign_off_says_so_by_its_revision(kept: Path) -> None:
    coded(kept, "pass-a", *whole("p01"))
    put(kept, "pass-a", mode("p01", "reward-gaming"))
    assert ("reward-gaming", "2") in codings(kept, "code", "revision")


def test_withdrawal_takes_back_and_can_itself_be_taken_back(kept: Path) -> None:
    put(kept, "pass-a", *whole("p01"), mode("p02"))
    back = {"state": "withdrawn", "confidence": ""}
    gone = dict.fromkeys(
        ("level", "role", "formal", "figure_seen", "mitigates", "words", "note", "locator"), ""
    )
    put(kept, "pass-a", mode("p02", **back, **gone))
    # Before sign-off nobody else has seen it: it goes and leaves nothing, and there is nothing to withdraw again.
    assert [r for r in codings(kept, "paper", "revision", "state") if r[0] == "p02"] == []
    [fault] = refused(kept, mode("p02", **back, **gone))
    assert fault.message == "nothing here to withdraw"
    sign(kept, "pass-a", "p01")
    put(kept, "pass-a", mode("p01", **back, **gone))
    put(kept, "pass-a", mode("p01"))
    rows = codings(kept, "paper", "facet", "revision", "state")
    assert [r[2:] for r in rows if r[:2] == ("p01", "failure_mode")] == [
        ("1", "present"),
        ("2", "withdrawn"),
        ("3", "present"),
    ]


def test_after_sign_off_a_paper_stays_complete(kept: Path) -> None:
    coded(kept, "pass-a", *whole("p01"))
    [fault] = refused(kept, *numbered([stream("p02"), stream("p01", state="withdrawn")]))
    assert (fault.line, fault.key) == (3, "p01")
    assert fault.message == "stream has 0 code(s), 1 or more are asked for"
    [fault] = refused(kept, pressure("p01", principal="no"))
    assert fault.message == "optimisation_pressure has no principal code"
    swap = [stream("p01", state="withdrawn", confidence=""), stream("p01", "reward-hacking")]
    assert put(kept, "pass-a", *swap).rows == 2


# --- nobody looks over another's shoulder -------------------------------------------------------------------


def test_another_coder_s_files_are_not_opened(kept: Path) -> None:
    coded(kept, "pass-b", *whole("p01"))
    for folder in ("codings", "signoffs"):
        (kept / f"corpus/{folder}/pass-b.csv").write_bytes(b'\xff broken, "open')
    assert put(kept, "pass-a", *whole("p01"), *whole("p02")).rows == 6
    assert sign(kept, "pass-a", "p01", "p02").rows == 2
    assert put(kept, "pass-a", mode("p01", level="mentions")).rows == 1


def test_one_s_own_broken_file_is_never_written_over(kept: Path) -> None:
    coded(kept, "pass-a", *whole("p01"))
    for path in (MINE, SIGNED):
        held = (kept / path).read_bytes()
        (kept / path).write_bytes(held.replace(b"p01", b"p01,", 1))
        [fault] = refused(kept, stream("p02"))
        assert (fault.file, fault.line) == (path, 2)
        (kept / path).write_bytes(held)


# --- bytes --------------------------------------------------------------------------------------------------


def test_the_same_codings_make_the_same_bytes_in_any_order(kept: Path) -> None:
    rows = [row for paper in ALL for row in whole(paper)]
    put(kept, "pass-a", *rows)
    together = (kept / MINE).read_bytes()
    for seed in range(3):
        (kept / MINE).unlink()
        mixed = random.Random(seed).sample(rows, len(rows))
        put(kept, "pass-a", *mixed[:20])
        put(kept, "pass-a", *mixed[20:])
        assert (kept / MINE).read_bytes() == together


NOTE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=20)
ODD = [
    "N/A",
    "null",
    "007",
    "NaN",
    "None",
    "",
    " ",
    "1e5",
    "-",
    "true",
    '"',
    "a,b",
    "a\n\nb",
    "\ufeff",
    "\x01",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(NOTE | st.sampled_from(ODD), min_size=1, max_size=len(ALL)))
def test_notes_stay_what_they_are_through_file_and_table(kept: Path, notes: list[str]) -> None:
    held = dict(zip(ALL, notes, strict=False))
    (kept / MINE).unlink(missing_ok=True)
    put(kept, "pass-a", *(stream(p, note=n) for p, n in held.items()))
    table = open_survey(kept).codings
    assert dict(zip(table["paper"], table["note"], strict=True)) == held
    assert set(table["note"].map(type)) == {str}
    assert put(kept, "pass-a", *(stream(p, note=n) for p, n in held.items())).files == ()


@pytest.mark.parametrize("note", ["N/A", "null", "007", "NaN", "None", "nan"])
def test_words_that_look_like_nothing_are_words(kept: Path, note: str) -> None:
    put(kept, "pass-a", mode("p01", note=note, locator=note))
    coded(kept, "pass-b", *whole("p01", note=note))
    table = open_survey(kept).codings
    held = table[table["facet"] == "failure_mode"]
    assert held["note"].tolist() == [note, note]
    assert held["locator"].tolist() == [note, "abstract"]
    assert not table.isna().to_numpy().any()
    assert f",{note},{note},".encode() in (kept / MINE).read_bytes()


# --- many rows ----------------------------------------------------------------------------------------------


@pytest.fixture
@once
def large(survey: Path) -> Path:
    """2,500 papers that are in."""
    papers = [f"q{n:04}" for n in range(2500)]
    texts = [Text(p, f"Title {p}", f"In {p} its score went up while the thing stood still.") for p in papers]
    record = stored(survey, "records", [])[0]
    records = [{**record, "paper": t.paper, "text_sha256": t.digest} for t in texts]
    decision = {**dict.fromkeys(SCREENING.header, ""), "stage": "title-abstract", "revision": "1"}
    decision |= {"decision": "include", "basis": "abstract", "at": now()}
    contents = {
        RECORDS.path: rows_text(RECORDS, records),
        ABSTRACTS: abstracts_text(texts),
        **{
            f"corpus/screening/{c}.csv": rows_text(SCREENING, [{**decision, "paper": p} for p in papers])
            for c in ("pass-a", "pass-b")
        },
    }
    with writing(survey):
        replace_all(survey, contents)
    return survey


def test_ten_thousand_rows_in_one_batch(large: Path) -> None:
    papers = [f"q{n:04}" for n in range(2500)]
    rows = numbered(r for p in papers for r in (*whole(p), mode(p, "reward-gaming", level="measures")))
    assert len(rows) == 10_000
    broken = [*rows[:7_000], {**rows[7_000], "confidence": "perhaps"}, *rows[7_001:]]
    [fault] = refused(large, *broken)
    assert (fault.line, fault.key) == (7_002, "q1750")
    written = put(large, "pass-a", *random.Random(1).sample(rows, len(rows)))
    assert (written.rows, written.unchanged, written.notes) == (10_000, 0, ("5000 place(s) found",))
    held = stored(large, "codings", [])
    assert [(r["paper"], r["facet"], r["code"]) for r in held] == sorted(
        (r["paper"], r["facet"], r["code"]) for r in rows
    )
    texts = abstracts(large)
    for row in held[::97]:
        if row["facet"] == "failure_mode":
            assert texts[row["paper"]].normalised[int(row["start"]) : int(row["end"])] == WORDS
    assert sign(large, "pass-a", *papers).rows == 2500
    assert put(large, "pass-a", *rows).unchanged == 10_000
    assert len(open_survey(large).final) == 10_000


# --- a kill or a full disk in the middle of a write ---------------------------------------------------------

#: Kills itself (SIGKILL) before the n-th event of a write through the door, counted over files opened for
#: writing in the journal and renamings; or writes files of at most n bytes.
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from tests.coded import put, sign, whole, mode

how, number, door, root = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
seen = 0

def hook(event, args):
    global seen
    made = event == "open" and args[2] & os.O_CREAT and str(args[0]).endswith((".staged", "plan.json"))
    if event == "os.rename" or made:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

if how == "kill":
    sys.addaudithook(hook)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
if door == "code":
    put(root, "pass-a", *whole("p02"), mode("p01", level="mentions"))
else:
    sign(root, "pass-a", "p01")
print(seen)
"""


def child(how: str, number: int, door: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-c", CHILD, how, str(number), door, str(root)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
@once
def begun(kept: Path) -> Path:
    """p01 is coded, by hand of eva and by pass-a; pass-a's run is forgotten so that a write makes two files."""
    listed(kept, *(r["paper"] for r in stored(kept, "records", [])))
    coded(kept, "eva", *whole("p01"))
    put(kept, "pass-a", *whole("p01"), run="first")
    return kept


def held(root: Path) -> dict[str, bytes]:
    return {p: b for p, b in state(root).items() if p.startswith("corpus/")}


# The plan is written (event 1), then two files are staged (2 and 3: the codings and the run); the plan's renaming (4)
# is the moment of writing; then each file is put in its place (5 and 6). A sign-off alike.
@pytest.mark.parametrize("door", ["code", "signoff"])
@pytest.mark.parametrize("number", range(1, 7))
def test_a_killed_door_leaves_all_of_a_batch_or_nothing(begun: Path, door: str, number: int) -> None:
    before = held(begun)
    ended = child("kill", number, door, begun)
    assert ended.returncode == -9, ended.stderr
    assert journal_of(begun).exists()
    recover(begun)
    assert not journal_of(begun).exists()
    after = held(begun)
    if number <= 4:
        assert after == before
    else:
        mine = MINE if door == "code" else SIGNED
        assert {p for p in after if after[p] != before.get(p)} == {mine, "corpus/runs.csv"}
    assert check(begun) == []
    again = child("kill", 99, door, begun)
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == ("6" if number <= 4 else "0")
    assert check(begun) == []


@pytest.mark.parametrize("number", [0, 100, 1000])
def test_a_full_disk_changes_nothing(begun: Path, number: int) -> None:
    before = state(begun)
    ended = child("full", number, "code", begun)
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert state(begun) == before
    assert child("kill", 99, "code", begun).returncode == 0


def test_a_survey_filled_through_the_doors_is_clean(survey: Path) -> None:
    fill(survey)
    assert check(survey) == []
