"""What the analysis assumes is data: read strictly, checked against schema and searches, and empty by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import coded
from tests.once import once
from tests.test_cli import REPOSITORY
from workbench.reading.checking import check
from workbench.store.assumptions import PATH, assumptions
from workbench.store.faults import Refused

GOOD = """\
decided:
  stream:
    llm-as-judge: [judge-bias]
contested:
  judge-bias: alignment
lacking:
  s01-list: Everything of before.
"""


@pytest.fixture
@once
def filled(survey: Path) -> Path:
    coded.fill(survey)
    (survey / PATH).write_text(GOOD, "utf-8")
    return survey


def test_a_survey_without_the_file_assumes_nothing(survey: Path) -> None:
    held = assumptions(survey)
    assert (held.decided, held.contested, held.lacking) == ({}, {}, {})
    assert held.pairs("stream") == frozenset()


def test_pairs_are_read_by_facet_and_a_good_file_has_no_fault(filled: Path) -> None:
    held = assumptions(filled)
    assert held.pairs("stream") == {("judge-bias", "llm-as-judge")}
    assert held.pairs("proxy") == frozenset()
    assert [f for f in check(filled) if f.file == PATH] == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[judge-bias]", "[judge-bais]", "unknown failure mode 'judge-bais'"),
        ("llm-as-judge", "llm-as-jugde", "unknown code of stream 'llm-as-jugde'"),
        ("  stream:", "  strean:", "unknown facet 'strean'"),
        (": alignment", ": nowhere", "unknown side 'nowhere'"),
        ("s01-list", "s09-list", "unknown search 's09-list'"),
        ("contested:", "contest:", "Extra inputs"),
        ("[judge-bias]", "judge-bias", "valid list"),
        ("decided:", "decided: [", "not readable as YAML"),
    ],
)
def test_what_is_not_known_or_out_of_form_is_named(filled: Path, old: str, new: str, message: str) -> None:
    (filled / PATH).write_text(GOOD.replace(old, new, 1), "utf-8")
    faults = [f for f in check(filled) if f.file == PATH]
    assert any(message in f.message for f in faults), faults
    assert all(f.remedy for f in faults)


def test_a_file_out_of_form_is_refused_with_its_line(filled: Path) -> None:
    (filled / PATH).write_text(GOOD.replace("contested:", "contest:"), "utf-8")
    with pytest.raises(Refused, match=rf"{PATH}:4"):
        assumptions(filled)


def test_the_survey_of_this_repository_has_codes_that_a_rule_decides() -> None:
    # That it knows them, `survey check` says: see test_the_repository_s_own_data_are_clean.
    assert assumptions(REPOSITORY).decided
