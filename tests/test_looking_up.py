"""Finding a record by words, by what identifies it, or by its key; and the card of the codebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.cli.project import told
from workbench.reading.looking_up import look_up
from workbench.store.card import LEAST, card
from workbench.store.faults import Fault, Refused
from workbench.store.schema import load_schema

ROOT = Path(__file__).parents[1]


def keys(root: Path, words: str) -> list[str]:
    return [line.split()[0] for line in look_up(root, words)]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("zheng2023judging", "zheng2023judging"),
        ("2306.15447", "arxiv-2306.15447"),
        ("https://arxiv.org/abs/2306.15447v3", "arxiv-2306.15447"),
        ("judging mt-bench ARENA", "zheng2023judging"),
        ("lianmin zheng judg", "zheng2023judging"),
    ],
)
def test_a_work_is_found_by_what_one_has_of_it(pilot: Path, words: str, key: str) -> None:
    assert keys(pilot, words)[0] == key


def test_it_says_where_each_record_stands_and_how_many_more_there_are(pilot: Path) -> None:
    assert look_up(pilot, "zheng2023judging")[0].endswith("in, and coded")
    many = look_up(pilot, "language models", most=5)
    assert len(many) == 6 and many[-1].startswith("... and ")


def test_what_nobody_has_is_said_and_nothing_is_no_question(pilot: Path) -> None:
    said = CliRunner().invoke(app, ["find", "qqqq", "xyz", "--survey", str(pilot)])
    assert said.exit_code == 1 and "no record is meant" in said.output
    assert look_up(pilot, "10.1000/nothing") == []
    with pytest.raises(Refused, match="nothing to look for"):
        look_up(pilot, "  ")


def test_the_card_has_every_level_and_code_a_line_each_and_stays_short() -> None:
    schema = load_schema(ROOT)
    text = card(schema)
    assert len(text.split()) < 1_700
    lines = text.splitlines()
    for code in schema.failure_modes:
        (mine,) = [line for line in lines if f"(`{code.id}`)" in line]
        assert len(mine.split()) > LEAST and mine.endswith(".") and "..." not in mine
    assert all(f"- **{level.id}**: " in text for level in schema.levels)


def test_only_coding_has_a_card(pilot: Path) -> None:
    said = CliRunner().invoke(app, ["instructions", "screen", "--short", "--survey", str(pilot)])
    assert said.exit_code == 2 and "only the instructions for coding" in said.output


def test_a_warning_that_rows_share_is_said_once_and_a_fault_each_time() -> None:
    many = [Fault("corpus/a.csv", n, f"p{n}", "rests on nothing", "code it again", True) for n in (3, 4, 9)]
    wrong = [Fault("corpus/a.csv", n, "", "is torn", "mend it") for n in (5, 6)]
    other = Fault("corpus/b.csv", 2, "p", "rests on nothing", "code it again", True)
    lines = told([many[0], wrong[0], many[1], wrong[1], many[2], other])
    assert lines == [f"{many[0]} (2 more like it, to line 9)", str(wrong[0]), str(wrong[1]), str(other)]
