"""The harness knows every column, file and door; a part of it runs here, all of it by `make torture`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.coded import fill
from tests.once import once
from tests.torture import doors, fuzzing, hostile
from tests.torture.planting import COLUMNS, PANEL, Tally, canonical, plant_cells
from workbench.doors.sources import READERS
from workbench.store.tables import STORED

DOORS = Path(__file__).parents[1] / "workbench/doors"
#: Modules that write through another door.
NOT_DOORS = {"records", "verification_sample"}


def test_every_column_of_every_table_has_its_faults() -> None:
    lacking = {(n, c) for n, t in STORED.items() if n != PANEL for c in t.header} - {
        (n, c) for n, t in STORED.items() for c in t.header if c in COLUMNS
    }
    assert lacking == set()


def test_every_door_is_in_the_harness() -> None:
    writing = {
        p.stem
        for p in DOORS.glob("*.py")
        if re.search(r"\bwriting\(root\)|carry_out\(", p.read_text("utf-8"))
    }
    modules = {name for door in doors.DOORS.values() for name in door.__code__.co_names}
    known = {"put": "coding", "sign": "coding", "add_abstracts": "abstracts", "add": "adding", "decide": "duplicates",
             "sample": "sampling", "screen": "screening", "adjudicate": "adjudication", "verify": "verification",
             "measure": "measuring", "register": "registering", "remove": "removing", "freeze_given": "frame",
             "sample_by_tickets": "tickets"}  # fmt: skip
    assert writing - NOT_DOORS - {known[m] for m in modules if m in known} == set()


def test_every_format_that_comes_in_is_bent() -> None:
    bent = {READERS[suffix] for suffix, _, _ in fuzzing.COMES.values() if suffix in READERS}
    assert set(READERS.values()) - bent == set()


def test_a_bent_file_is_refused_or_read(filled: Path) -> None:
    tally = Tally("bent")
    fuzzing.fuzz(filled, tally, 2)
    assert tally.tried > 200
    assert (tally.tracebacks, tally.missed) == (0, [])


@pytest.fixture
@once
def filled(survey: Path) -> Path:
    fill(survey)
    return survey


def test_planting_starts_from_whole_tables_and_finds_what_it_plants_in_one(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert canonical(filled)
    runs = {k: t for k, t in STORED.items() if k == "runs"}
    monkeypatch.setattr("tests.torture.planting.STORED", runs)
    tally = Tally("runs")
    plant_cells(filled, tally)
    assert tally.tried > 10
    assert (tally.tracebacks, tally.missed) == (0, [])


def test_a_write_whose_completion_is_killed_too_loses_nothing(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "DOORS", {"adjudicate": doors.DOORS["adjudicate"]})
    tally = Tally("kills")
    doors.kill_again(filled, tally, 60)
    assert tally.tried > 20
    assert (tally.lost, tally.missed) == (0, [])


def test_every_row_of_four_who_write_at_once_is_kept(filled: Path) -> None:
    tally = Tally("writers")
    doors.writers(filled, tally)
    assert (tally.tried, tally.caught, tally.lost, tally.tracebacks) == (20, 20, 0, 0)


def test_what_was_merged_and_taken_out_is_held_to_its_form(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = {k: t for k, t in STORED.items() if k in ("merges", "removals", "fields")}
    monkeypatch.setattr("tests.torture.planting.STORED", some)
    tally = Tally("taken back")
    plant_cells(filled, tally)
    assert tally.tried > 60
    assert (tally.tracebacks, tally.missed) == (0, [])


def test_a_door_killed_at_each_step_loses_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "DOORS", {"adjudicate": doors.DOORS["adjudicate"]})
    tally = Tally("kills")
    doors.kill(filled, tally, 60)
    assert tally.tried > 4
    assert (tally.lost, tally.tracebacks, tally.missed) == (0, 0, [])


def test_a_stranger_s_journal_and_key_are_refused(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = {k: v for k, v in hostile.LAID.items() if k in ("a key that climbs", "macros that double")}
    monkeypatch.setattr(hostile, "LAID", some)
    tally = Tally("hostile")
    hostile.lay_all(filled, tally)
    assert (tally.tried, tally.caught, tally.missed) == (2, 2, [])
