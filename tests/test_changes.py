"""What changed between two states of a survey, said in words; states are folders or revisions of git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.coded import coded, fill, keep, put, stream, whole
from workbench.answers.changes import changes, state
from workbench.cli import app
from workbench.doors.registering import register
from workbench.store.faults import Refused
from workbench.store.survey import open_survey


@pytest.fixture
def two(survey: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A survey and, beside it, what it was before."""
    fill(survey)
    before = tmp_path / "before"
    shutil.copytree(survey, before)
    return before, survey


def said(before: Path, after: Path) -> str:
    return "\n".join(changes(open_survey(before), open_survey(after)))


def test_nothing_is_said_of_what_stayed(two: tuple[Path, Path]) -> None:
    assert said(*two) == "Nothing changed."


def test_decisions_and_codes_are_told_by_paper(two: tuple[Path, Path]) -> None:
    before, after = two
    keep(after, "p07", "p08")
    keep(after, "p09", decision="exclude")
    for who in ("pass-a", "pass-b"):
        coded(after, who, *whole("p07"))
        put(after, who, stream("p01", "reward-hacking"), run="again")
    text = said(before, after)
    assert "2 records were screened: came in (p07, p08)." in text
    assert "1 record was screened and went out (p09)." in text
    assert "1 paper is coded that was not, with 3 codes." in text
    assert "p01: reward-hacking" in text


def test_a_revision_of_git_is_a_state_and_hooks_do_not_run(two: tuple[Path, Path], tmp_path: Path) -> None:
    before, _ = two
    run = {"cwd": before, "check": True, "capture_output": True}
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"),
        ("config", "core.fsmonitor", f"touch {tmp_path / 'harm'}"),
    ):
        subprocess.run(("git", *words), **run)  # type: ignore[call-overload]
    keep(before, "p07")
    with state("HEAD", before) as there:
        assert "1 record was screened and came in (p07)." in said(there, before)
    assert not (tmp_path / "harm").exists()
    told = CliRunner().invoke(app, ["diff", "HEAD", "--survey", str(before)])
    assert told.exit_code == 0 and "p07" in told.output


@pytest.mark.parametrize("what", ["nonsense", "--output=harm", "", "HEAD"])
def test_what_is_no_state_is_refused(survey: Path, what: str) -> None:
    with pytest.raises(Refused, match="neither a folder nor a revision"), state(what, survey):
        pass


def test_a_new_coder_alone_changes_nothing_that_is_told(two: tuple[Path, Path]) -> None:
    register(two[1], "new", name="Roe, Ann")
    assert said(*two) == "Nothing changed."
