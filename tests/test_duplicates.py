from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.doors.adding import add
from workbench.doors.duplicates import decide, pending
from workbench.store import files, texts
from workbench.store.bibliography import read_papers
from workbench.store.faults import Refused
from workbench.store.standing import standing
from workbench.store.tables import HITS, MAYBE_DUPLICATES, RECORDS, SAMPLE, SIGNOFFS, Table

TITLE = "Measuring the gap between benchmarks and behaviour"
A = {"key": "a", "title": TITLE, "arxiv_id": "2401.00001", "year": 2024, "type": "preprint", "streams": ["x"]}
B = {
    "key": "b",
    "title": TITLE,
    "arxiv_id": "2302.00002",
    "authors": ["Li, Wei"],
    "venue": "ACL 2024",
    "type": "inproceedings",
    "year": 2024,
    "streams": ["y"],
    "abstract": "Words of the abstract.",
}
C = {
    "key": "c",
    "title": TITLE,
    "arxiv_id": "2403.00003",
    "authors": ["Li, Wei"],
    "year": 2024,
    "type": "preprint",
}


@pytest.fixture
def survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    root = tmp_path / "survey"
    (root / "corpus").mkdir(parents=True)
    put(root, A, B)
    return root


def put(root: Path, *records: dict[str, object], name: str = "list.jsonl") -> None:
    file = root.parent / name
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    add(root, file)


def rows(root: Path, table: Table) -> list[dict[str, str]]:
    return files.read_rows(root, table.path, table, [])


def keys(root: Path) -> list[str]:
    return [e.key for e in read_papers(root, [])]


def state(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (root / "corpus").rglob("*") if p.is_file()}


def sign(root: Path, paper: str, coder: str = "eva") -> None:
    row = dict.fromkeys(SIGNOFFS.header, "") | {"paper": paper}
    path = root / SIGNOFFS.path.format(coder=coder)
    path.parent.mkdir(exist_ok=True)
    path.write_text(files.rows_text(SIGNOFFS, [row]), "utf-8")


def test_pending_pairs_show_both_sides(survey: Path) -> None:
    (pair,) = pending(survey)
    assert str(pair).splitlines()[0].startswith(f"{pair.a.key} and {pair.b.key}: {pair.why}")
    assert pair.a.title in str(pair)
    assert "Entry(" not in str(pair)
    assert (pair.a.key, pair.b.key, pair.score) == ("a", "b", 84.0)
    assert "arXiv ids differ" in pair.why
    facts = {name: (one, other) for name, one, other in pair.facts()}
    assert facts["authors"] == ("", "Li, Wei")
    assert facts["first public"] == ("2024", "2023")
    assert facts["seen in"] == ("list.jsonl:1", "list.jsonl:2")
    assert "doi" not in facts


def test_same_merges_for_ever(survey: Path) -> None:
    decide(survey, "b", "a", "same", "eva", "  one\nwork ")
    (entry,) = read_papers(survey, [])
    assert (entry.key, entry.authors, entry.venue, entry.type) == (
        "a",
        ("Li, Wei",),
        "ACL 2024",
        "inproceedings",
    )
    assert {entry.arxiv_id, *entry.other_ids} == {"2302.00002", "arxiv:2401.00001"}
    (row,) = rows(survey, RECORDS)
    assert (row["paper"], row["first_public"], row["verified"], row["guessed_streams"]) == (
        "a",
        "2023",
        "yes",
        "x;y",
    )
    assert {h["paper"] for h in rows(survey, HITS)} == {"a"}
    # the one that joined keeps its text, for the day the merge is taken back
    assert list(texts.abstracts(survey)) == ["a", "b"]
    assert row["text_sha256"] == texts.abstracts(survey)["a"].digest
    (decided,) = rows(survey, MAYBE_DUPLICATES)
    assert [decided[c] for c in ("a", "b", "decision", "by", "note", "at")] == [
        "a",
        "b",
        "same",
        "eva",
        "one work",
        "1970-01-01T00:00:00Z",
    ]
    assert pending(survey) == []
    # the merged record comes again: by its id; its key alone says nothing, for keys are names inside a file
    put(survey, B, {"key": "b", "title": TITLE.replace("gap", "gaps")}, name="again.jsonl")
    assert keys(survey) == ["a", "bb"]


def test_dropped_key_is_never_given_to_another_work(survey: Path) -> None:
    decide(survey, "a", "b", "same", "eva")
    put(survey, {"key": "b", "title": "Utterly other words about tea"}, name="new.jsonl")
    assert keys(survey) == ["a", "ba"]


def test_different_is_remembered(survey: Path) -> None:
    decide(survey, "a", "b", "different", "eva", "two studies")
    assert keys(survey) == ["a", "b"]
    assert pending(survey) == []
    put(survey, {**A, "query_score": 1}, {**B, "query_score": 1}, name="again.jsonl")
    assert keys(survey) == ["a", "b"]
    assert [r["decision"] for r in rows(survey, MAYBE_DUPLICATES)] == ["different"]


@pytest.mark.parametrize("decision", ["same", "different"])
def test_same_answer_twice_changes_nothing(
    survey: Path, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(survey, "a", "b", decision, "eva")
    before = state(survey)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000")
    decide(survey, "a", "b", decision, "bob", "again")
    assert state(survey) == before


def test_different_can_become_same_and_back(survey: Path) -> None:
    decide(survey, "a", "b", "different", "eva")
    decide(survey, "a", "b", "same", "eva")
    assert keys(survey) == ["a"]
    decide(survey, "a", "b", "different", "eva")
    assert keys(survey) == ["a", "b"]


@pytest.mark.parametrize(
    ("a", "b", "decision", "by", "words"),
    [
        ("a", "a", "same", "eva", "paired with itself"),
        ("a", "zz", "same", "eva", "no such record"),
        ("a", "b", "perhaps", "eva", "unknown decision 'perhaps'"),
        ("a", "b", "same", " ", "nobody decides"),
    ],
)
def test_bad_decisions_are_refused(survey: Path, a: str, b: str, decision: str, by: str, words: str) -> None:
    put(survey, {"key": "other", "title": "Tea and ink and ore"}, name="b.jsonl")
    before = state(survey)
    with pytest.raises(Refused, match=words) as refused:
        decide(survey, a, b, decision, by)
    assert all(f.remedy for f in refused.value.faults)
    assert state(survey) == before


def test_key_that_is_coded_stays(survey: Path) -> None:
    sign(survey, "b")
    decide(survey, "a", "b", "same", "eva")
    assert keys(survey) == ["b"]
    assert [h["paper"] for h in rows(survey, HITS)] == ["b", "b"]


def test_two_coded_records_are_not_merged(survey: Path) -> None:
    sign(survey, "a", "eva")
    sign(survey, "b", "bob")
    before = state(survey)
    with pytest.raises(Refused, match="both records have decisions") as refused:
        decide(survey, "a", "b", "same", "eva")
    assert ["corpus/signoffs/eva.csv" in f.message for f in refused.value.faults] == [True, False]
    assert state(survey) == before
    decide(survey, "a", "b", "different", "eva")


@pytest.mark.parametrize(("sampled", "kept"), [(["b"], "b"), (["a", "b"], "a"), ([], "a")])
def test_sampled_record_keeps_its_key(survey: Path, sampled: list[str], kept: str) -> None:
    drawn = [dict.fromkeys(SAMPLE.header, "1") | {"paper": p, "stage": "screening"} for p in sampled]
    (survey / SAMPLE.path).write_text(files.rows_text(SAMPLE, drawn), "utf-8")
    decide(survey, "a", "b", "same", "eva")
    assert keys(survey) == [kept]
    # what was drawn stays drawn; read, it is the work, once
    assert [r["paper"] for r in rows(survey, SAMPLE)] == sampled
    assert [r["paper"] for r in standing(survey, "sample", [])] == ([kept] if sampled else [])


def test_pairs_of_the_dropped_record_become_pairs_of_the_kept_one(survey: Path) -> None:
    put(survey, C, name="c.jsonl")
    assert [(p.a.key, p.b.key) for p in pending(survey)] == [("b", "c"), ("a", "b"), ("a", "c")]
    decide(survey, "b", "c", "different", "eva", "two")
    decide(survey, "a", "b", "same", "eva")
    assert [(r["a"], r["b"], r["decision"]) for r in rows(survey, MAYBE_DUPLICATES)] == [
        ("a", "b", "same"),
        ("a", "c", "different"),
    ]
    decide(survey, "a", "c", "same", "eva")
    assert keys(survey) == ["a"]
    put(survey, {**B, "query_score": 3}, {**C, "query_score": 3}, name="again.jsonl")
    assert keys(survey) == ["a"]
