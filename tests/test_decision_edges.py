"""The decision doors at their edges: rulings over time, texts that have gone, papers that go out, odd characters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.coded import PASSES, coded, fill, keep, know, listed, put, ruling, state, stream, whole, word
from tests.test_final import BOTH, coding, derive
from workbench.doors.adjudication import adjudicate
from workbench.doors.coding import signoff
from workbench.doors.verification import verify
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.screened import screened
from workbench.store.survey import open_survey
from workbench.store.texts import ABSTRACTS, abstracts, abstracts_text


def two(root: Path, *papers: str, differs: dict[str, str] | None = None) -> None:
    """Keep papers and let both passes code them; the second pass with other values where given."""
    keep(root, *papers)
    for coder in PASSES:
        other = differs or {} if coder == "pass-b" else {}
        coded(root, coder, *(r for p in papers for r in whole(p, **other)))


def test_a_ruling_under_a_newer_schema_holds(survey: Path) -> None:
    keep(survey, "p05", by=["pass-a"])
    keep(survey, "p05", decision="exclude", by=["pass-b"])
    adjudicate(survey, "eva", [ruling("p05", "screening", "title-abstract", "new", state="include")])
    path = survey / "coding_schema/schema.yaml"
    path.write_text(path.read_text("utf-8").replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    out = ruling("p05", "screening", "title-abstract", "new", state="exclude", note="other-field")
    adjudicate(survey, "eva", [out])
    [row] = screened(stored(survey, "screening", []), stored(survey, "adjudications", []), set())
    assert (row["decision"], row["reason"], row["resolved"]) == ("exclude", "other-field", "adjudicated")


def test_a_ruling_on_a_screening_is_no_row_of_final(survey: Path) -> None:
    keep(survey, "p05", by=["pass-a"])
    keep(survey, "p05", decision="exclude", by=["pass-b"])
    adjudicate(survey, "eva", [ruling("p05", "screening", "title-abstract", "new", state="include")])
    for coder in PASSES:
        coded(survey, coder, *whole("p05"))
    assert set(open_survey(survey).final["facet"]) == {"stream", "optimisation_pressure", "failure_mode"}


def test_a_paper_that_goes_out_after_it_was_coded_is_a_warning(survey: Path) -> None:
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    two(survey, "p01")
    assert check(survey) == []
    keep(survey, "p01", decision="exclude")
    found = check(survey)
    assert {(f.warning, f.message) for f in found} == {(True, "screened out")}
    assert open_survey(survey).final.empty


def test_a_code_written_after_a_paper_went_out_is_a_fault(survey: Path) -> None:
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    two(survey, "p01")
    keep(survey, "p01", decision="exclude")
    path = survey / "corpus/codings/pass-a.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace("T0", "T1"), "utf-8")
    assert {f.message for f in check(survey) if not f.warning} == {"screened out"}


def test_the_same_batch_without_the_texts_leaves_the_places(survey: Path) -> None:
    two(survey, "p01")
    before = state(survey)
    (survey / ABSTRACTS).unlink()
    again = put(survey, "pass-a", *whole("p01"))
    assert (again.rows, again.unchanged) == (0, len(whole("p01")))
    (kept,) = [r for r in stored(survey, "codings", [], coder="pass-a") if r["facet"] == "failure_mode"]
    assert kept["start"]
    assert state(survey)["corpus/codings/pass-a.csv"] == before["corpus/codings/pass-a.csv"]


def test_the_same_withdrawal_twice_changes_nothing(survey: Path) -> None:
    keep(survey, "p01")
    coded(survey, "pass-a", *whole("p01"))  # signed off: from then on a withdrawal is a row
    gone = {"paper": "p01", "facet": "failure_mode", "code": "judge-bias", "state": "withdrawn"}
    assert put(survey, "pass-a", gone).rows == 1
    assert put(survey, "pass-a", gone).unchanged == 1


def test_coders_who_write_no_and_nothing_for_principal_agree_whichever_comes_first() -> None:
    one = derive([coding("a", principal="no"), coding("b", principal="")], BOTH)
    other = derive([coding("b", principal="no"), coding("a", principal="")], BOTH)
    assert one == other
    assert [r["resolved"] for r in one] == ["agreed"]


def test_a_human_s_coding_that_a_model_chose_counts_as_human(survey: Path) -> None:
    keep(survey, "p01")
    know(survey, "judge", "language-model")
    coded(survey, "pass-a", *whole("p01"))
    coded(survey, "eva", *whole("p01", level="measures"))
    adjudicate(survey, "judge", [ruling("p01", "failure_mode", "judge-bias", "eva")], run="j1")
    table = open_survey(survey).final
    assert table[table["code"] == "judge-bias"]["human_verified"].tolist() == [True]


def test_a_verification_may_not_make_two_principal_codes(survey: Path) -> None:
    two(survey, "p01")
    second = {**word("p01", "selection", "add"), "facet": "optimisation_pressure", "principal": "yes"}
    with pytest.raises(Refused, match="2 principal codes: selection, training"):
        verify(survey, "eva", [{**second, "confidence": "sure"}])
    assert not (survey / "corpus/verifications/eva.csv").exists()


@pytest.mark.parametrize("path", ["verifications/eva.csv", "adjudications.csv", "hits.csv", "sample.csv"])
def test_an_emptied_file_is_a_fault(survey: Path, path: str) -> None:
    fill(survey)
    (survey / "corpus" / path).write_bytes(b"")
    assert [f.line for f in check(survey) if f.file == f"corpus/{path}" and "is empty" in f.message] == [1]


def test_a_short_row_is_one_fault_on_its_line(survey: Path) -> None:
    fill(survey)
    path = survey / "corpus/maybe_duplicates.csv"
    lines = path.read_text("utf-8").split("\n")
    lines[2] = lines[2][:-1]
    path.write_text("\n".join(lines), "utf-8")
    assert [f.line for f in check(survey) if f.file == "corpus/maybe_duplicates.csv"] == [3]


def test_a_carriage_return_from_a_notebook_is_a_line_end(survey: Path) -> None:
    keep(survey, "p01")
    put(survey, "pass-a", stream("p01", note="one\r\ntwo\rthree"))
    assert put(survey, "pass-a", stream("p01", note="one\r\ntwo\rthree")).unchanged == 1
    assert stored(survey, "codings", [], coder="pass-a")[0]["note"] == "one\ntwo\nthree"


def test_half_a_character_is_refused(survey: Path) -> None:
    keep(survey, "p01")
    with pytest.raises(Refused, match="half a character"):
        put(survey, "pass-a", stream("p01", note="\ud83d"))


def test_a_confirmation_lapses_when_what_it_confirmed_is_revised(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two(survey, "p01")
    verify(survey, "eva", [word("p01")])
    table = open_survey(survey).final
    assert table[table["code"] == "judge-bias"]["human_verified"].tolist() == [True]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    for coder in PASSES:
        put(survey, coder, *(r for r in whole("p01", level="mentions") if r["facet"] == "failure_mode"))
    table = open_survey(survey).final
    (row,) = table[table["code"] == "judge-bias"].to_dict("records")
    assert (row["level"], row["resolved"], row["human_verified"]) == ("mentions", "agreed", False)


def test_a_ruling_on_a_code_that_nobody_gave_is_refused(survey: Path) -> None:
    two(survey, "p01", differs={"level": "argues"})
    with pytest.raises(Refused, match="no coder gave this code"):
        adjudicate(survey, "eva", [ruling("p01", "failure_mode", "reward-gaming", "pass-a")])


def test_a_basis_from_which_nothing_can_be_told_is_not_signed_off(survey: Path) -> None:
    path = survey / "coding_schema/schema.yaml"
    path.write_text(
        path.read_text("utf-8").replace("assessable_from: title", "assessable_from: abstract"), "utf-8"
    )
    keep(survey, "p01")
    row = {"paper": "p01", "basis": "title", "_line": "1", "_file": "rows.csv"}
    with pytest.raises(Refused, match="no facet can be told from the title"):
        signoff(survey, "eva", [row])


def test_words_in_another_edition_of_the_text_are_told(survey: Path) -> None:
    keep(survey, "p01")
    texts = abstracts(survey)
    other = replace(texts["p01"], body=texts["p01"].body + " And more of it.")
    (survey / ABSTRACTS).write_text(abstracts_text([other]), "utf-8")
    told = put(survey, "pass-a", *whole("p01")).notes
    assert told == ("1 place(s) found", "1 place(s) in another edition of the text than the one on record")


def test_a_failure_mode_without_a_checked_place_is_a_warning(survey: Path) -> None:
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    (survey / ABSTRACTS).unlink()
    two(survey, "p01")
    found = check(survey)
    assert [(f.warning, f.message) for f in found] == [(True, "rests on no checked place")] * 2


def test_a_rationale_and_a_verification_may_not_quote(survey: Path) -> None:
    two(survey, "p01", differs={"level": "mentions"})
    sentence = "its score went up while the thing it stands for did not move"
    rule = ruling("p01", "failure_mode", "judge-bias", "pass-a", rationale=f"It says: {sentence}.")
    with pytest.raises(Refused, match="the rationale quotes the text"):
        adjudicate(survey, "eva", [rule])
    with pytest.raises(Refused, match="the note quotes the text"):
        verify(
            survey, "eva", [{**word("p01", "training"), "facet": "optimisation_pressure", "note": sentence}]
        )
