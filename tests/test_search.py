"""``survey search``: a query over a file of records, over the survey's texts, and explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.searching.matcher import Matcher
from workbench.searching.query import read_query
from workbench.searching.running import over_file, over_texts
from workbench.store.faults import Refused

QUERY = """\
title: judges that lean
kinds:
  strong: {title: 4, abstract: 2}
concepts:
- id: judge
  code: judge-bias
  phrases:
    strong: [judge* ~ bias*, position bias]
rules:
  hit:
    all_of: [judge]
"""
LINES = [
    '{"title": "Position bias", "abstract": "Of judges, the bias.", "year": 2024, "venue": "A Caf\u00e9"}',
    '{"title": "Of judges and their bias", "abstract": null}',
    '{"title": "Tides"}',
    "",
    '{"title": ',
    '["a list"]',
    '{"abstract": ""}',
    '{"title": "Position bias", "year": "soon"}',
]


@pytest.fixture
def query(tmp_path: Path) -> Path:
    path = tmp_path / "judges.yaml"
    path.write_text(QUERY, "utf-8")
    return path


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes("\n".join(LINES).encode() + b"\n" + b'{"title": "\xff"}\n')
    return path


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(w) for w in words])
    return result.exit_code, result.output


def test_records_are_counted_found_and_written_as_they_came(
    query: Path, records: Path, tmp_path: Path
) -> None:
    out = tmp_path / "found.jsonl"
    tally = over_file(Matcher(read_query(query)), records, out)
    assert (tally.records, tally.hits, tally.untold) == (3, 2, 2)
    assert [f.line for f in tally.faults] == [5, 6, 7, 8, 9]
    assert tally.unreadable == 5
    assert all(f.remedy and f.warning for f in tally.faults)
    first, second = map(json.loads, out.read_text("utf-8").splitlines())
    assert first == {**json.loads(LINES[0]), "query_score": 6, "concepts": ["judge"], "codes": ["judge-bias"]}
    assert second["query_score"] == 4
    assert tally.codes == {"judge-bias": 2}


def test_the_records_searched_are_never_overwritten(query: Path, records: Path) -> None:
    before = records.read_bytes()
    with pytest.raises(Refused, match="is the file that is searched"):
        over_file(Matcher(read_query(query)), records, records)
    assert records.read_bytes() == before


def test_a_failure_leaves_what_was_there(query: Path, records: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.jsonl"
    out.write_text("before", "utf-8")

    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        over_file(Matcher(read_query(query)), records, out, stop)
    assert out.read_text("utf-8") == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["found.jsonl", "judges.yaml", "records.jsonl"]


def test_the_survey_s_own_texts(survey: Path, query: Path) -> None:
    query.write_text(QUERY.replace("position bias", "score went up"), "utf-8")
    tally, found = over_texts(Matcher(read_query(query)), survey)
    assert tally.hits == tally.records == len(found) == 59
    (survey / ".cache/texts/abstracts.jsonl").unlink()
    with pytest.raises(Refused, match="no text is in hand"):
        over_texts(Matcher(read_query(query)), survey)


def test_the_command_tells_counts_and_explains(query: Path, records: Path, tmp_path: Path) -> None:
    code, said = run("search", query, "--over", records, "--out", tmp_path / "found.jsonl")
    assert code == 0
    assert "records.jsonl: 2 of 3 records found (66.7%)" in said
    assert "judge          2               2\n" in said
    code, said = run("search", query, "--explain")
    assert code == 0
    assert "judge (code judge-bias): 2 phrases in 3 wordings, 1 within a sentence; hit by any phrase" in said
    code, said = run("search", query, "--over", records, "--rule", "narrow")
    assert code == 1
    assert "no such rule" in said
    assert run("search", query, "--out", tmp_path / "found.jsonl")[0] == 2
    code, said = run("search", query, "--over", tmp_path / "none.jsonl")
    assert code == 1
    assert "no such file" in said
