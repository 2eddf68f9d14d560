"""The door for screening decisions, and what they come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.doors.door import Written
from workbench.doors.screening import COLUMNS, screen
from workbench.store.batch import read_batch
from workbench.store.clock import now
from workbench.store.corpus import stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Refused
from workbench.store.files import Row, rows_text
from workbench.store.screened import included, screened
from workbench.store.tables import SAMPLE
from workbench.store.texts import abstracts


def decision(paper: str, what: str = "include", line: int = 1, **cells: str) -> Row:
    return {"paper": paper, "decision": what, "_line": str(line), "_file": "rows.csv", **cells}


def put(root: Path, coder: str, *rows: Row, run: str = "r1") -> Written:
    return screen(root, coder, rows, run=f"{coder}-{run}" if run else "", batch="a batch")


def state(root: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "lock"
    }


def test_a_decision_is_written_with_all_its_cells(survey: Path) -> None:
    given = decision("p02", streams=" reward-hacking; llm-as-judge;reward-hacking ", note="A proxy is named.")
    written = put(survey, "pass-a", given, decision("p01", "exclude", reason="other-field"))
    assert (written.rows, written.unchanged) == (2, 0)
    assert written.files == ("corpus/runs.csv", "corpus/screening/pass-a.csv")
    first, second = stored(survey, "screening", [])
    assert (first["paper"], first["decision"], first["reason"]) == ("p01", "exclude", "other-field")
    assert {c: second[c] for c in second if not c.startswith("_")} == {
        "paper": "p02",
        "stage": "title-abstract",
        "revision": "1",
        "decision": "include",
        "reason": "",
        "streams": "llm-as-judge;reward-hacking",
        "basis": "abstract",
        "note": "A proxy is named.",
        "run": "pass-a-r1",
        "at": now(),
        "coder": "pass-a",
    }


WRONG = [
    (decision("p1"), "unknown paper 'p1'"),
    (decision("p02", "maybe"), "unknown decision 'maybe'"),
    (decision("p03", "exclude"), "unknown reason of exclusion ''"),
    (decision("p04", "exclude", reason="dull"), "unknown reason of exclusion 'dull'"),
    (decision("p05", "include", reason="other-field"), "a reason of exclusion on 'include'"),
    (decision("p06", streams="llm-as-judge;weather"), "unknown stream 'weather'"),
    (decision("p07", stage="first"), "unknown stage 'first'"),
    (decision("p08", basis="hearsay"), "unknown basis 'hearsay'"),
    (decision("p09", basis="full-text"), "full text read at the stage title-abstract"),
    (decision("p10", note="It says its score went up while the thing it stands for did."), "the note quotes"),
]


def test_a_refusal_names_every_fault_and_changes_no_byte(survey: Path) -> None:
    put(survey, "pass-a", decision("p20"))
    before = state(survey)
    rows = [{**row, "_line": str(n)} for n, (row, _) in enumerate(WRONG, 2)]
    twice = [decision("p11", line=30), decision("p11", "unsure", line=31)]
    with pytest.raises(Refused) as refused:
        put(survey, "pass-a", *rows, *twice, decision("p12", line=40), run="r2")
    faults = refused.value.faults
    assert [f.line for f in faults] == [*range(2, 2 + len(WRONG)), 31]
    for fault, (row, message) in zip(faults, WRONG, strict=False):
        assert (fault.file, fault.key) == ("rows.csv", row["paper"])
        assert message in fault.message
        assert fault.remedy
    assert (faults[-1].key, faults[-1].message) == ("p11", "record given twice in this batch")
    assert state(survey) == before


def test_each_fault_alone_is_enough(survey: Path) -> None:
    before = state(survey)
    for row, message in WRONG:
        with pytest.raises(Refused) as refused:
            put(survey, "pass-a", row, decision("p50"))
        assert len(refused.value.faults) == 1
        assert message in str(refused.value)
    assert state(survey) == before


def test_unknown_coder_is_refused(survey: Path) -> None:
    before = state(survey)
    with pytest.raises(Refused, match=r"corpus/coders/bob.yaml: bob: unknown coder; .*eva, pass-a, pass-b"):
        put(survey, "bob", decision("p01"))
    assert state(survey) == before


def test_a_model_needs_a_run_and_a_human_none(survey: Path) -> None:
    before = state(survey)
    with pytest.raises(Refused, match="a language model's decisions need a run record"):
        put(survey, "pass-a", decision("p01"), run="")
    assert state(survey) == before
    assert put(survey, "eva", decision("p01"), run="").files == ("corpus/screening/eva.csv",)
    assert stored(survey, "runs", []) == []
    put(survey, "pass-a", decision("p01"))
    [run] = stored(survey, "runs", [])
    assert (run["id"], run["coder"], run["model"], run["batch"], run["schema"], run["date"]) == (
        "pass-a-r1",
        "pass-a",
        "a model",
        "a batch",
        "0.1",
        now()[:10],
    )


def test_a_run_is_one_coder_s_under_one_set_of_instructions(survey: Path) -> None:
    put(survey, "pass-a", decision("p01"))
    put(survey, "pass-a", decision("p02"))
    assert len(stored(survey, "runs", [])) == 1
    with pytest.raises(Refused, match="run of pass-a; name another run"):
        screen(survey, "pass-b", [decision("p01")], run="pass-a-r1", batch="")
    path = survey / "coding_schema/schema.yaml"
    path.write_text(path.read_text("utf-8").replace("It names a proxy.", "It names two."), "utf-8")
    before = state(survey)
    with pytest.raises(Refused, match="the instructions have changed since this run"):
        put(survey, "pass-a", decision("p03"))
    assert state(survey) == before
    assert put(survey, "pass-a", decision("p03"), run="r2").rows == 1


def test_the_same_decisions_again_change_nothing(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [decision("p01", note="N/A"), decision("p02", "exclude", reason="other-field")]
    put(survey, "pass-a", *rows)
    before = state(survey)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    again = put(survey, "pass-a", *reversed(rows), run="later")
    assert (again.rows, again.unchanged, again.files) == (0, 2, ())
    assert state(survey) == before


def test_a_changed_decision_is_a_new_revision(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(survey, "pass-a", decision("p01"), decision("p02"))
    first = stored(survey, "screening", [])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    written = put(survey, "pass-a", decision("p01", "exclude", reason="other-field"), decision("p02"))
    assert (written.rows, written.unchanged) == (1, 1)
    rows = stored(survey, "screening", [])
    assert [(r["paper"], r["revision"], r["decision"]) for r in rows] == [
        ("p01", "1", "include"),
        ("p01", "2", "exclude"),
        ("p02", "1", "include"),
    ]
    assert rows[0] == first[0]
    assert rows[1]["at"] > rows[0]["at"]
    put(survey, "pass-a", decision("p01"))
    assert [r["revision"] for r in stored(survey, "screening", []) if r["paper"] == "p01"] == ["1", "2", "3"]
    [result] = [r for r in screened(stored(survey, "screening", []), [], {"p01"}) if r["paper"] == "p01"]
    assert (result["decision"], result["coders"]) == ("include", "1")


def test_a_stage_is_a_decision_of_its_own(survey: Path) -> None:
    put(survey, "pass-a", decision("p01"), decision("p01", stage="full-text", basis="full-text"))
    assert [(r["stage"], r["revision"]) for r in stored(survey, "screening", [])] == [
        ("full-text", "1"),
        ("title-abstract", "1"),
    ]


def test_the_same_decisions_make_the_same_bytes(survey: Path) -> None:
    rows = [decision(f"p{n:02}") for n in range(1, 21)]
    put(survey, "pass-a", *rows)
    together = (survey / "corpus/screening/pass-a.csv").read_bytes()
    (survey / "corpus/screening/pass-a.csv").unlink()
    for row in reversed(rows):
        put(survey, "pass-a", row)
    assert (survey / "corpus/screening/pass-a.csv").read_bytes() == together


def test_another_screener_s_file_is_not_opened(survey: Path) -> None:
    put(survey, "pass-b", decision("p01"))
    (survey / "corpus/screening/pass-b.csv").write_bytes(b"\xff broken")
    assert put(survey, "pass-a", decision("p01")).rows == 1


def test_a_quotation_is_seen_only_where_the_text_is_in_hand(survey: Path) -> None:
    note = "that its score went up while the thing it stands for"
    assert "p59" not in abstracts(survey)
    assert put(survey, "pass-a", decision("p59", note=note)).rows == 1
    with pytest.raises(Refused, match="the note quotes the text"):
        put(survey, "pass-a", decision("p58", note=note))


def test_line_end_of_another_system_in_a_note_is_the_same_note(survey: Path, tmp_path: Path) -> None:
    for ends, unchanged in (("\\r\\n", 0), ("\\n", 1), ("\\r", 1)):
        file = tmp_path / "rows.jsonl"
        file.write_text(f'{{"paper": "p01", "decision": "include", "note": "one{ends}two"}}\n', "utf-8")
        rows, _ = read_batch(file, COLUMNS)
        assert put(survey, "pass-a", *rows).unchanged == unchanged
    assert [r["note"] for r in stored(survey, "screening", [])] == ["one\ntwo"]


def test_half_a_character_is_a_fault_of_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"paper": "p01"}\n{"paper": "p02", "note": "\\ud83d"}\n', "utf-8")
    with pytest.raises(Refused) as refused:
        read_batch(file, COLUMNS)
    assert [f.line for f in refused.value.faults] == [2]


# --- what it comes to ---------------------------------------------------------------------------------------


def ruling(paper: str, state: str, note: str = "", revision: str = "1", facet: str = "screening") -> Row:
    return {
        "paper": paper,
        "facet": facet,
        "code": "title-abstract",
        "revision": revision,
        "schema": "0.1",
        "at": "2026-11-24T00:00:00Z",
        "state": state,
        "note": note,
    }


def outcome(root: Path, adjudications: list[Row], grey: set[str]) -> dict[str, tuple[str, str, str]]:
    rows = screened(stored(root, "screening", []), adjudications, grey)
    return {r["paper"]: (r["decision"], r["reason"], r["resolved"]) for r in rows}


def test_what_two_screeners_come_to(survey: Path) -> None:
    no = {"reason": "other-field"}
    both = [("p01", "include", "include"), ("p04", "include", "unsure"), ("p05", "unsure", "unsure")]
    put(survey, "pass-a", *(decision(p, a) for p, a, _ in both))
    put(survey, "pass-b", *(decision(p, b) for p, _, b in both))
    put(survey, "pass-a", decision("p02", "exclude", **no), decision("p03", "exclude", **no))
    put(
        survey,
        "pass-b",
        decision("p02", "exclude", **no),
        decision("p03", "exclude", reason="other-system"),
        decision("p06", "exclude", **no),
        decision("p60", "exclude", **no),
    )
    put(survey, "pass-a", decision("p07"), decision("p08"))
    put(survey, "pass-b", decision("p07", "exclude", **no), decision("p08", "exclude", **no))
    assert outcome(survey, [], {"p60"}) == {
        "p01": ("include", "", "agreed"),
        "p02": ("exclude", "other-field", "agreed"),
        "p03": ("exclude", "reasons-differ", "agreed"),
        "p04": ("pending", "", "pending"),
        "p05": ("pending", "", "pending"),
        "p06": ("pending", "", "pending"),
        "p07": ("pending", "", "pending"),
        "p08": ("pending", "", "pending"),
        "p60": ("exclude", "other-field", "single"),
    }
    rulings = [
        ruling("p05", "include"),
        ruling("p07", "include"),
        ruling("p07", "exclude", "other-system", revision="2"),
        ruling("p08", "include", facet="stream"),
    ]
    after = outcome(survey, rulings, {"p60"})
    assert after["p05"] == ("include", "", "adjudicated")
    assert after["p07"] == ("exclude", "other-system", "adjudicated")
    assert after["p08"] == ("pending", "", "pending")
    assert included(screened(stored(survey, "screening", []), rulings, {"p60"})) == {"p01", "p05"}


def test_an_unsure_screener_of_grey_evidence_decides_nothing(survey: Path) -> None:
    put(survey, "pass-a", decision("p60", "unsure"))
    assert outcome(survey, [], {"p60"}) == {"p60": ("pending", "", "pending")}


def test_streams_are_those_that_two_named(survey: Path) -> None:
    put(
        survey,
        "pass-a",
        decision("p01", streams="llm-as-judge;reward-hacking"),
        decision("p60", streams="llm-as-judge"),
    )
    put(survey, "pass-b", decision("p01", streams="reward-hacking"))
    rows = screened(stored(survey, "screening", []), [], {"p60"})
    assert {r["paper"]: r["streams"] for r in rows} == {"p01": "reward-hacking", "p60": "llm-as-judge"}


def test_the_last_stage_decides_who_is_in(survey: Path) -> None:
    for coder in ("pass-a", "pass-b"):
        full = {"stage": "full-text", "basis": "full-text"}
        put(
            survey,
            coder,
            decision("p01"),
            decision("p02"),
            decision("p02", "exclude", reason="other-field", **full),
            decision("p03"),
            decision("p03", **full),
        )
    put(survey, "pass-a", decision("p04", stage="full-text"))
    assert included(screened(stored(survey, "screening", []), [], set())) == {"p01", "p03"}


def test_nobody_screened_anything() -> None:
    assert screened([], [], set()) == []
    assert included([]) == set()


def test_what_was_not_drawn_is_screened_as_found_by_other_methods_or_not_at_all(
    drawn_one: tuple[Path, str, str],
) -> None:
    root, drawn, other = drawn_one
    row = {"decision": "include", "_line": "2", "_file": "rows.csv"}
    with pytest.raises(Refused, match=f"{other}: was not drawn; if somebody named it") as refused:
        screen(root, "eva", [{**row, "paper": other}])
    assert "--route other-methods" in str(refused.value)
    assert not (root / "corpus/screening/eva.csv").exists()
    with pytest.raises(Refused, match="was drawn, and not found by other methods"):
        screen(root, "eva", [{**row, "paper": drawn, "route": "other-methods"}])
    with pytest.raises(Refused, match="unknown route 'by-hand'"):
        screen(root, "eva", [{**row, "paper": other, "route": "by-hand"}])
    screen(root, "eva", [{**row, "paper": other, "route": "other-methods"}, {**row, "paper": drawn}])
    came = {r["paper"]: r["route"] for r in Decisions(root, []).reached}
    assert (came[drawn], came[other]) == ("drawn", "other-methods")
    # Taking it back needs no route, and drawn later it counts as drawn.
    screen(root, "eva", [{**row, "paper": other, "decision": "withdrawn"}])
    screen(root, "eva", [{**row, "paper": other, "route": "other-methods"}])
    held = stored(root, "sample", [])
    more = {**held[0], "stage": "phase-two", "paper": other}
    (root / SAMPLE.path).write_text(rows_text(SAMPLE, [*held, more]), "utf-8")
    assert {r["paper"]: r["route"] for r in Decisions(root, []).reached}[other] == "drawn"


@pytest.fixture
def drawn_one(survey: Path) -> tuple[Path, str, str]:
    """A survey of whose records one is drawn; its key, and that of one that is not."""
    drawn, other = (r["paper"] for r in stored(survey, "records", [])[:2])
    row = {"stage": "screening", "paper": drawn, "stratum": "all", "block": "1", "order": "1"}
    (survey / SAMPLE.path).write_text(rows_text(SAMPLE, [row]), "utf-8")
    return survey, drawn, other
