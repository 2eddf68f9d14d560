"""What is wrong in a schema is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.store.codebook import codebook, instructions
from workbench.store.faults import Fault, Refused
from workbench.store.schema import PATH, load_schema, read_schema, schema_digest

REPOSITORY = Path(__file__).parents[1]


#: The head of the facet whose codes the pressures are, up to the first of them.
PRESSURE = "{min: 1, max: 2}\n    principal: true\n    assessable_from: abstract\n    codes:\n      - "


def spoil(root: Path, old: str, new: str, count: int = 1) -> str:
    text = (root / PATH).read_text("utf-8")
    assert old in text
    text = text.replace(old, new, count)
    (root / PATH).write_text(text, "utf-8")
    return text


def line_of(text: str, words: str, nth: int = 1) -> int:
    return [n for n, line in enumerate(text.split("\n"), 1) if words in line][nth - 1]


def errors(root: Path) -> list[Fault]:
    with pytest.raises(Refused) as refused:
        load_schema(root)
    return refused.value.faults


def test_the_small_schema_loads_without_a_word(survey: Path) -> None:
    faults: list[Fault] = []
    schema = read_schema(survey, faults)
    assert faults == []
    assert schema is not None
    assert schema.streams == ("llm-as-judge", "reward-hacking")
    assert [c.id for c in schema.failure_modes] == ["judge-bias", "reward-gaming", "weak-oversight"]
    modes = schema.facet("failure_mode")
    assert modes is not None
    assert modes.assessable("judge-bias", "abstract")
    assert not modes.assessable("judge-bias", "title")
    assert not modes.assessable("weak-oversight", "abstract")
    assert modes.assessable("weak-oversight", "full-text")
    assert schema.facet("nothing") is None


def test_the_survey_s_own_schema_loads() -> None:
    schema = load_schema(REPOSITORY)
    assert len(schema.streams) >= 2
    assert len(schema.failure_modes) >= 3
    assert [level.id for level in schema.levels] == ["mentions", "argues", "demonstrates", "measures"]
    book = codebook(schema)
    for code in schema.failure_modes:
        assert f"(`{code.id}`)" in book
        assert code.id in instructions(schema, "screen")
        assert code.id in instructions(schema, "code")


def test_a_missing_schema_is_refused(survey: Path) -> None:
    (survey / PATH).unlink()
    assert [(f.file, f.line, f.message) for f in errors(survey)] == [(PATH, 0, "no such file")]


@pytest.mark.parametrize(
    ("old", "new", "mark", "nth", "key", "message"),
    [
        ("- {id: training,", "- {id: selection,", "id: selection", 2, "selection", "id given twice"),
        ("- id: reward-gaming", "- id: judge-bias", "- id: judge-bias", 2, "judge-bias", "id given twice"),
        ("{id: argues,", "{id: mentions,", "id: mentions", 2, "mentions", "id given twice"),
        ("{id: other-system,", "{id: other-field,", "id: other-field", 2, "other-field", "id given twice"),
        (
            "{id: reward-gaming, rule: The",
            "{id: reward-gamin, rule: The",
            "id: reward-gamin,",
            1,
            "weak-oversight",
            "unknown neighbour 'reward-gamin'",
        ),
        (
            "{id: reward-gaming, rule: Nothing",
            "{id: judge-bias, rule: Nothing",
            "rule: Nothing",
            1,
            "judge-bias",
            "unknown neighbour 'judge-bias'",
        ),
        ('{id: "no",', "{id: no,", "id: no,", 1, "no", "unquoted no is read as true or false"),
        ('{id: "yes",', "{id: Yes,", "id: Yes", 1, "Yes", "unquoted Yes is read as true or false"),
        (
            "        side: evaluation",
            "        side: elsewhere",
            "side: elsewhere",
            1,
            "judge-bias",
            "unknown side 'elsewhere'",
        ),
        (
            "        goodhart: none",
            "        goodhart: cosmic",
            "goodhart: cosmic",
            1,
            "weak-oversight",
            "unknown goodhart",
        ),
        (
            "{id: judge-bias, reason",
            "{id: weak-oversight, reason",
            "id: weak-oversight, reason",
            1,
            "reward-gaming",
            "on the same side",
        ),
        (
            "    levelled: true",
            "    levelled: false",
            "facets:",
            1,
            "",
            "exactly one facet carries levels",
        ),
        (
            PRESSURE + "{id: training,",
            PRESSURE.replace("min: 1", "min: 2") + "{alone: true, id: training,",
            "alone: true",
            1,
            "training",
            "stands alone",
        ),
        ("  block: 4", "  block: 0", "block: 0", 1, "", "sampling.block"),
        ("  seed: 7", '  seed: "7"', 'seed: "7"', 1, "", "sampling.seed"),
        ("    principal: true", "    principle: true", "principle", 1, "optimisation_pressure", "principle"),
        ("  seed: 7", "  seed: 7\n  seed: 8", "seed: 8", 1, "seed", "key given twice"),
        ("title: A small survey", "title: [a small", "purpose", 1, "", "not readable as YAML"),
        ("id: r1", "id: R 1", "id: R 1", 1, "R 1", "rules.0.id"),
        (
            "{id: background, definition: Of others.",
            "{id: background, levels: [mention], definition: Of others.",
            "levels: [mention]",
            1,
            "background",
            "unknown levels 'mention'",
        ),
        (
            "{id: background, definition: Of others.",
            "{id: background, mitigates: [partly], definition: Of others.",
            "mitigates: [partly]",
            1,
            "background",
            "unknown mitigates 'partly'",
        ),
    ],
)
def test_each_fault_names_its_line(
    survey: Path, old: str, new: str, mark: str, nth: int, key: str, message: str
) -> None:
    text = spoil(survey, old, new)
    found = [(f.file, f.line, f.key) for f in errors(survey) if message in f.message]
    assert found == [(PATH, line_of(text, mark, nth), key)]


def test_counterparts_name_each_other(survey: Path) -> None:
    text = spoil(
        survey, "        counterparts:\n          - {id: judge-bias, reason: The reward is the judge.}\n", ""
    )
    faults = errors(survey)
    assert [(f.line, f.key, f.message) for f in faults] == [
        (line_of(text, "reason: The judge is"), "judge-bias", "reward-gaming does not name it back")
    ]


def test_every_fault_is_named_at_once(survey: Path) -> None:
    spoil(survey, "side: evaluation\n        goodhart: causal", "side: there\n        goodhart: odd")
    spoil(survey, "- {id: training,", "- {id: selection,")
    assert [f.key for f in errors(survey)] == ["selection", "judge-bias", "judge-bias"]


def test_a_mode_without_examples_is_a_warning_only(survey: Path) -> None:
    spoil(survey, "        example_keys: [e2]\n", "")
    faults: list[Fault] = []
    assert read_schema(survey, faults) is not None
    assert [(f.key, f.warning) for f in faults] == [("reward-gaming", True)]
    assert load_schema(survey).version == "0.1"


def test_a_part_that_is_missing_is_named(survey: Path) -> None:
    spoil(survey, "  question: Does it bear on a proxy?\n", "")
    assert ["screening.question" in f.message for f in errors(survey)] == [True]


@pytest.mark.parametrize(
    "data", [b"", b"- a\n- b\n", b"just words\n", b"a: \x07\n", b"version: 2026-13-45\n"]
)
def test_what_is_no_schema_at_all_is_refused(survey: Path, data: bytes) -> None:
    (survey / PATH).write_bytes(data)
    assert {f.file for f in errors(survey)} == {PATH}


def test_byte_order_mark_is_a_fault(survey: Path) -> None:
    (survey / PATH).write_bytes(b"\xef\xbb\xbf" + (survey / PATH).read_bytes())
    assert [f.message for f in errors(survey)] == ["starts with a byte order mark"]


def test_digest_follows_the_file(survey: Path) -> None:
    before = schema_digest(survey)
    spoil(survey, "seed: 7", "seed: 8")
    assert schema_digest(survey) != before
