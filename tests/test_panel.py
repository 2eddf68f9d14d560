"""The model panel is checked cell by cell, and every fault names its line and the way to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import open_survey
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import replace_all, rows_text, writing
from workbench.store.panel import conditions, panel_faults, panel_values
from workbench.store.tables import AUDIT

ROOT = Path(__file__).parents[1]


def row(**cells: str) -> dict[str, str]:
    whole = dict.fromkeys(AUDIT.header, "")
    whole |= {
        "model": "a/one",
        "measure": "Test accuracy",
        "source": "A leaderboard",
        "protocol": "one reply",
        "developer": "A",
        "released": "2025-04",
        "weights": "open",
        "dimension": "capability",
        "value": "0.5",
        "unit": "share",
        "higher_is": "better",
        "belongs_to": "model",
        "kind": "primary",
        "reported_by": "third-party",
        "source_url": "https://example.org",
        "source_date": "2025-11",
        "seen_in": "a page",
    }
    return {**whole, "_file": AUDIT.path, "_line": "2", **cells}


def test_a_sound_row_has_no_fault() -> None:
    assert panel_faults([row()]) == []
    many = row(attempts="30-90", attempts_are="budget", property="p", conditions="attack=A b; judge=C")
    assert panel_faults([many]) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"value": "50"}, "outside 0 to 1"),
        ({"value": "about 0.5"}, "value is 'about 0.5'"),
        ({"value": ""}, "a cell that was not seen is a row that is not there"),
        ({"value": "nan"}, "value is 'nan'"),
        ({"unit": "percents"}, "unknown unit"),
        ({"weights": "opne"}, "unknown weights"),
        ({"dimension": "safety"}, "unknown dimension"),
        ({"kind": ""}, "unknown kind"),
        ({"n": "0"}, "n is '0'"),
        ({"attempts": "many", "attempts_are": "adaptive"}, "attempts is 'many'"),
        ({"attempts": "90-30", "attempts_are": "budget"}, "attempts is '90-30'"),
        ({"attempts": "10"}, "do not go together"),
        ({"attempts_are": "adaptive"}, "do not go together"),
        ({"released": "April 2025"}, "write year and month"),
        ({"source_date": "2025-13"}, "source_date is"),
        ({"source_url": "example.org"}, "write the whole address"),
        ({"seen_in": " "}, "seen_in is empty"),
        ({"conditions": "attack A", "property": "p"}, "name=value"),
        ({"conditions": "attack=A; attack=B", "property": "p"}, "name one thing twice"),
        ({"conditions": "attack=A"}, "conditions without a property"),
    ],
)
def test_what_is_wrong_is_said_with_line_key_and_remedy(cells: dict[str, str], said: str) -> None:
    faults = panel_faults([row(**cells)])
    assert any(said in str(fault) for fault in faults)
    assert all((f.file, f.line) == (AUDIT.path, 2) and f.key.startswith("a/one") and f.remedy for f in faults)


def test_a_model_a_measure_and_a_developers_score_are_the_same_on_every_row() -> None:
    one = row()
    assert "weights of a/one" in str(
        panel_faults([one, row(measure="Other", weights="closed", _line="3")])[0]
    )
    assert "unit of 'Test accuracy'" in str(
        panel_faults([one, row(model="a/two", unit="percent", _line="3")])[0]
    )
    score = {"measure": "Index", "dimension": "governance", "belongs_to": "developer", "unit": "index"}
    faults = panel_faults([row(**score, value="40"), row(**score, model="a/two", value="41", _line="3")])
    assert [
        "value of the developer A is '41' here" in str(f) and "line 2 says '40'" in str(f) for f in faults
    ] == [True]


def test_numbers_come_typed_and_unreadable_rows_are_named() -> None:
    faults: list[Fault] = []
    values = panel_values([row(n="100"), row(value="x", _line="3")], faults)
    assert [(v["value"], v["n"]) for v in values] == [(0.5, 100)]
    assert [f.line for f in faults] == [3]


def test_conditions_are_read() -> None:
    assert conditions("attack=A b; judge=C") == {"attack": "A b", "judge": "C"}
    assert conditions("") == {}


def test_check_and_the_table_read_the_file(survey: Path) -> None:
    assert open_survey(survey).audit.empty
    rows = [row(), row(model="a/two", value="2")]
    with writing(survey):
        replace_all(survey, {AUDIT.path: rows_text(AUDIT, rows)})
    found = [f for f in check(survey) if f.file == AUDIT.path]
    assert [(f.line, f.key) for f in found] == [(3, "a/two · Test accuracy")]
    with pytest.raises(Refused, match="outside 0 to 1"):
        open_survey(survey).audit  # noqa: B018
    with writing(survey):
        replace_all(survey, {AUDIT.path: rows_text(AUDIT, rows[:1])})
    table = open_survey(survey).audit
    assert table["value"].tolist() == [0.5]
    assert list(table.columns) == AUDIT.header


@pytest.mark.parametrize("which", ["pilot", "repository"])
def test_the_surveys_own_panel_is_sound(which: str, pilot: Path) -> None:
    root = {"pilot": pilot, "repository": ROOT}[which]
    faults: list[Fault] = []
    rows = stored(root, "audit", faults)
    assert [str(f) for f in (*faults, *panel_faults(rows))] == []
    assert rows_text(AUDIT, rows) == (root / AUDIT.path).read_text("utf-8")


def test_the_pilots_panel_is_large_enough(pilot: Path) -> None:
    audit = open_survey(pilot).audit
    triple = ("HELM Capabilities MMLU-Pro", "HELM HarmBench safety score", "FMTI total score (Dec 2025)")
    held = [set(audit.loc[audit["measure"] == m, "model"]) for m in triple]
    assert len(set.intersection(*held)) >= 30
    secondary = audit[audit["kind"] == "secondary"]
    assert 0 < len(secondary) < 30
