"""Questions answered by several processes: the same files as by one, and a fault in any of them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import coded
from tests.once import once
from workbench.answers import QUESTIONS
from workbench.answers.answer import Answer
from workbench.answers.stamp import data_digests, data_stamp
from workbench.publishing.answering import beside, write_results
from workbench.store.faults import Fault, Refused
from workbench.store.survey import Survey, open_survey

#: Questions with tables, figures, numbers, printed tables and pages among them, and quick ones.
SOME = ("flow of records", "coverage", "attention by year", "methods", "what was left out")


@pytest.fixture
@once
def two_papers(survey: Path) -> Path:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02")
    for coder in coded.PASSES:
        coded.coded(survey, coder, *coded.whole("p01"), *coded.whole("p02"))
    return survey


def refusing(survey: Survey) -> Answer:
    """A question that cannot be answered, and says of which paper."""
    raise Refused([Fault("corpus/records.csv", 3, "p02", "is not clear", "make it clear")])


def written(root: Path, out: Path, *, together: bool) -> dict[str, bytes]:
    survey = open_survey(root)
    stamp = data_stamp(survey, data_digests(root))
    if together:
        with beside() as pool:
            paths = write_results(survey, out, stamp, pool=pool)
    else:
        paths = write_results(survey, out, stamp)
    assert [p for p in paths if not p.is_file()] == []
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in paths}


def test_several_processes_write_what_one_writes_in_the_same_order(
    two_papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    for name in [n for n in QUESTIONS if n not in SOME]:
        monkeypatch.delitem(QUESTIONS, name)
    alone = written(two_papers, tmp_path / "alone", together=False)
    together = written(two_papers, tmp_path / "together", together=True)
    assert list(together) == list(alone)
    assert together == alone
    assert {"figures/coverage-single.png", "latex/numbers.tex", "methods.md", "tables/coverage.csv"} <= set(
        alone
    )


@pytest.mark.parametrize("cores", [1, 3])
def test_a_question_that_is_refused_refuses_the_whole_with_its_faults(
    two_papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    for name in [n for n in QUESTIONS if n != "what was left out"]:
        monkeypatch.delitem(QUESTIONS, name)
    # More than there are processes: some process other than this one meets it too.
    for number in range(6):
        monkeypatch.setitem(QUESTIONS, f"unclear {number}", refusing)
    with pytest.raises(Refused, match="p02: is not clear; make it clear") as told:
        written(two_papers, tmp_path / "out", together=True)
    assert told.value.faults == [Fault("corpus/records.csv", 3, "p02", "is not clear", "make it clear")]
    assert not (tmp_path / "out/latex/numbers.tex").exists()


def test_on_one_core_no_other_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    with beside() as pool:
        assert pool is None
