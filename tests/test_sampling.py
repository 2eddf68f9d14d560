"""Screening steers the sampling, by the rule and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from workbench.doors.sampling import sample, strata
from workbench.doors.screening import screen
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.files import rows_text
from workbench.store.frames import FRAMES, Frame, digest_of, frames_text
from workbench.store.schema import load_schema
from workbench.store.screened import screened
from workbench.store.tables import FRAME, RECORDS

REPOSITORY = Path(__file__).parents[1]
CODERS = ("pass-a", "pass-b")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A survey of 90 records in two streams, blocks of 5, at most 40 to be drawn."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795500000")
    shutil.copytree(REPOSITORY / "corpus/coders", tmp_path / "corpus/coders")
    (tmp_path / "coding_schema").mkdir()
    text = (REPOSITORY / "coding_schema/schema.yaml").read_text("utf-8")
    aims = {"block": 5, "included": 8, "per_stream": 0, "before_split": 0, "limit": 40}
    for aim, value in aims.items():
        text = re.sub(rf"^  {aim}: \d+$", f"  {aim}: {value}", text, flags=re.MULTILINE)
    (tmp_path / "coding_schema/schema.yaml").write_text(text, "utf-8")
    write_records(tmp_path, 90)
    return tmp_path


def write_records(root: Path, count: int) -> None:
    old = {r["paper"]: r["stratum"] for r in stored(root, "records", [])}
    rows = [
        {
            "paper": f"p{i:03}",
            "first_public": "2025",
            "verified": "yes",
            "grey": "no",
            "guessed_streams": "llm-as-judge" if i % 3 else "llm-as-judge;reward-hacking",
            "text_sha256": "" if i == 0 else "a" * 64,
            "stratum": old.get(f"p{i:03}", ""),
        }
        for i in range(count)
    ]
    (root / "corpus/records.csv").write_text(rows_text(RECORDS, rows), "utf-8")


def decide(root: Path, papers: tuple[str, ...], decision: str, coders: tuple[str, ...] = CODERS) -> None:
    reason = "other-field" if decision == "exclude" else ""
    for coder in coders:
        rows = [
            {"paper": p, "decision": decision, "reason": reason, "_line": "1", "_file": "rows.jsonl"}
            for p in papers
        ]
        screen(root, coder, rows, run=f"run-{coder}", batch="test")


def test_first_blocks_then_waiting_then_only_what_the_aim_asks_for(folder: Path) -> None:
    first = sample(folder)
    assert {b["stratum"]: b["drawn"] for b in first.blocks} == {
        "llm-as-judge/from-2024": "5",
        "reward-hacking/from-2024": "5",
    }
    assert "p000" not in first.papers
    decide(folder, first.papers, "exclude", CODERS[:1])
    assert sample(folder).papers == ()
    decide(folder, first.papers, "exclude", CODERS[1:])
    second = sample(folder)
    assert set(second.reasons.values()) == {"included: 0 of 8"}
    assert not set(first.papers) & set(second.papers)
    decide(folder, second.papers, "include")
    last = sample(folder)
    assert last.papers == ()
    assert last.reached["included"] == (10, 8)


def test_never_past_the_limit(folder: Path) -> None:
    while drawn := sample(folder).papers:
        decide(folder, drawn, "exclude")
    assert len(stored(folder, "sample", [])) == 40


def test_order_and_strata_do_not_depend_on_later_records(folder: Path) -> None:
    would = sample(folder, dry_run=True)
    assert not (folder / "corpus/sample.csv").exists()
    first = sample(folder)
    assert first == would
    given = {r["paper"]: r["stratum"] for r in stored(folder, "records", [])}
    write_records(folder, 300)
    now = strata(stored(folder, "records", []), load_schema(folder))
    assert all(now[p] == s for p, s in given.items() if s)
    assert {r["paper"] for r in stored(folder, "sample", [])} == set(first.papers)


def test_a_changed_decision_is_a_new_revision_and_an_equal_one_nothing(folder: Path) -> None:
    decide(folder, ("p001",), "include", CODERS[:1])
    before = (folder / "corpus/screening/pass-a.csv").read_bytes()
    decide(folder, ("p001",), "include", CODERS[:1])
    assert (folder / "corpus/screening/pass-a.csv").read_bytes() == before
    decide(folder, ("p001",), "exclude", CODERS[:1])
    rows = stored(folder, "screening", [], coder="pass-a")
    assert [(r["revision"], r["decision"]) for r in rows] == [("1", "include"), ("2", "exclude")]


def test_another_screener_s_file_is_not_opened(folder: Path) -> None:
    (folder / "corpus/screening").mkdir()
    (folder / "corpus/screening/pass-b.csv").write_bytes(b"\xff not readable")
    decide(folder, ("p001",), "include", CODERS[:1])
    with pytest.raises(Refused, match="pass-b"):
        sample(folder)


def test_what_screening_comes_to() -> None:
    def row(coder: str, paper: str, decision: str, reason: str = "", streams: str = "") -> dict[str, str]:
        fixed = {"stage": "title-abstract", "revision": "1"}
        return {
            "coder": coder,
            "paper": paper,
            "decision": decision,
            "reason": reason,
            "streams": streams,
            **fixed,
        }

    rows = [
        row("a", "p1", "include", streams="llm-as-judge;reward-hacking"),
        row("b", "p1", "include", streams="llm-as-judge"),
        row("a", "p2", "exclude", "other-field"),
        row("b", "p2", "exclude", "other-system"),
        row("a", "p3", "include"),
        row("b", "p3", "exclude", "other-field"),
        row("a", "p4", "include"),
        row("a", "g1", "include"),
        row("a", "p5", "unsure"),
        row("b", "p5", "unsure"),
    ]
    got = {r["paper"]: (r["decision"], r["reason"], r["resolved"]) for r in screened(rows, [], {"g1"})}
    assert got == {
        "p1": ("include", "", "agreed"),
        "p2": ("exclude", "reasons-differ", "agreed"),
        "p3": ("pending", "", "pending"),
        "p4": ("pending", "", "pending"),
        "p5": ("pending", "", "pending"),
        "g1": ("include", "", "single"),
    }
    assert next(r for r in screened(rows, [], set()) if r["paper"] == "p1")["streams"] == "llm-as-judge"


def test_records_that_came_after_the_frame_was_frozen_wait_for_a_stage_of_their_own(folder: Path) -> None:
    first = sample(folder)
    old = [r for r in stored(folder, "records", []) if r["text_sha256"]]
    empty = {"stage": "screening", "source": "", "score": "", "hits": "", "probability": ""}
    rows = [{**empty, "paper": r["paper"]} for r in old]
    (folder / FRAME.path).write_text(rows_text(FRAME, rows), "utf-8")
    made = {"query": "q.yaml", "query_sha256": "a" * 64, "sha256": digest_of(rows)}
    frame = Frame(stage="screening", when="2026-11-24T09:30:00Z", records=len(rows), **made)
    (folder / FRAMES).write_text(frames_text([frame]), "utf-8")
    write_records(folder, 120)
    decide(folder, first.papers, "exclude")
    second = sample(folder)
    assert second.papers and set(second.papers) < {r["paper"] for r in old}
    assert (first.later, second.later) == (0, 30)
    assert {b["stratum"]: b["frame"] for b in second.blocks} == {
        b["stratum"]: b["frame"] for b in first.blocks
    }
