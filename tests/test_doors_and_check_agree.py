"""What the door for records accepts, `survey check` accepts: one set of rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import CODERS, SCHEMA
from workbench.doors.adding import add
from workbench.reading.checking import check
from workbench.store.coders import coder_path, coder_text
from workbench.store.corpus import YEARS, stored
from workbench.store.faults import Refused
from workbench.store.schema import load_schema


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    root = tmp_path / "survey"
    files = {"coding_schema/schema.yaml": SCHEMA, **{coder_path(c.id): coder_text(c) for c in CODERS}}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def put(survey: Path, **cells: object) -> tuple[list[str], dict[str, str]]:
    """Add one record, see that nothing is wrong afterwards, and return the warnings and the row."""
    file = survey.parent / "list.jsonl"
    file.write_text(json.dumps({"key": "odd", "title": "A quite different zebra", **cells}) + "\n", "utf-8")
    report = add(survey, file)
    assert [f for f in check(survey) if f.file.startswith("corpus/") and not f.warning] == []
    rows = {r["paper"]: r for r in stored(survey, "records", [])}
    return [w.message for w in report.warnings], rows.get("odd", {})


def test_streams_that_the_schema_does_not_know_are_left_out_with_a_warning(survey: Path) -> None:
    known = load_schema(survey).streams[0]
    warnings, row = put(survey, streams=["no-such", known, f"{known};other"])
    assert row["guessed_streams"] == known
    assert sorted(w.split(" (")[0] for w in warnings) == [
        f"left out the stream '{known};other', which the schema does not know",
        "left out the stream 'no-such', which the schema does not know",
    ]


@pytest.mark.parametrize("year", [1850, 2150, YEARS[0], YEARS[-1], "1850", 1799, 2200])
def test_any_year_that_is_taken_stands(survey: Path, year: object) -> None:
    _, row = put(survey, year=year)
    assert row.get("first_public", "") == (str(year) if row else "")
    assert bool(row) == (int(str(year)) in YEARS)


@pytest.mark.parametrize("field", ["title", "venue", "abstract", "url", "key", "doi", "found_via"])
@pytest.mark.parametrize("length", [99_990, 131_073, 300_000])
def test_cells_of_any_length_brick_nothing(survey: Path, field: str, length: int) -> None:
    try:
        put(survey, **{field: "A zebra " * (length // 8)})
    except Refused as refusal:
        assert "at most 100,000 fit" in str(refusal.faults[0])
        assert sorted(p.name for p in (survey / "corpus").iterdir()) == ["coders"]
