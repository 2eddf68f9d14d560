"""What a survey folder holds is never believed to be a journal, and no journal takes an edit back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.test_files import NEW, OLD, child, state
from workbench.store import journal
from workbench.store.faults import Refused
from workbench.store.files import read_data, recover, replace_all, writing
from workbench.store.journal import COMMIT, INSIDE, journal_of
from workbench.store.places import data_file, state_folder, within


@pytest.fixture(name="folder")
def old_files(tmp_path: Path) -> Path:
    with writing(tmp_path):
        replace_all(tmp_path, OLD)
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_SAID", set())


def test_a_journal_inside_a_survey_is_shown_and_never_applied(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("mine\n")
    for target in (str(outside), "../outside.txt", "corpus/a.csv"):
        inside = folder / INSIDE
        inside.mkdir(parents=True, exist_ok=True)
        (inside / "0").write_text("taken over\n")
        (inside / COMMIT).write_text(json.dumps({"0": target}))
        recover(folder)
        with writing(folder):
            pass
        assert outside.read_text() == "mine\n"
        assert state(folder) == OLD
    assert "a journal lies inside the survey; it was not applied" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target",
    [
        "/etc/passwd",
        "../outside.csv",
        "corpus/../../outside.csv",
        "corpus/.git/x.csv",
        "notebooks/a.ipynb",
        "a.csv",
    ],
)
def test_a_journal_of_the_user_names_data_files_of_the_survey_only(
    folder: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Refused), writing(folder):
        replace_all(folder, {target: "x"})
    there = journal_of(folder)
    there.mkdir(parents=True)
    steps = [
        {"target": "corpus/a.csv", "before": "", "after": ""},
        {"target": target, "before": "", "after": ""},
    ]
    (there / COMMIT).write_text(json.dumps({"root": os.path.realpath(folder), "steps": steps}))
    recover(folder)
    assert state(folder) == OLD
    assert not there.exists()
    assert "nothing of it was applied" in capsys.readouterr().err


def test_links_that_lead_out_are_neither_read_nor_written(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / "elsewhere"
    outside.mkdir(exist_ok=True)
    (outside / "a.csv").write_text("mine\n")
    (folder / "corpus/link.csv").symlink_to(outside / "a.csv")
    (folder / "coding_schema").symlink_to(outside)
    for path in ("corpus/link.csv", "coding_schema/a.csv"):
        with pytest.raises(Refused, match="leads out of the survey"):
            read_data(folder, path)
        with pytest.raises(Refused, match="leads out of the survey"), writing(folder):
            replace_all(folder, {path: "x"})
    assert (outside / "a.csv").read_text() == "mine\n"
    (folder / "corpus/inner.csv").symlink_to("a.csv")
    assert within(folder, "corpus/inner.csv").read_text() == OLD["corpus/a.csv"]
    assert data_file(folder, "corpus/b.csv") == folder / "corpus/b.csv"


def test_a_lock_that_is_a_link_does_not_empty_what_it_points_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine\n")
    root = tmp_path / "survey"
    (root / ".cache").mkdir(parents=True)
    (root / ".cache/lock").symlink_to(precious)
    with pytest.raises(Refused, match="leads out of the survey"), writing(root):
        pass
    assert precious.read_text() == "mine\n"


@pytest.mark.parametrize("file", ["corpus/a.csv", "corpus/b.csv"])
def test_an_edit_after_a_kill_stands_and_is_told(
    folder: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert child("kill", 6, folder).returncode == -9  # committed, nothing put in its place yet
    (folder / file).write_text("an edit\n")
    recover(folder)
    assert state(folder) == {**OLD, file: "an edit\n"}
    said = capsys.readouterr().err
    assert f"{file}: warning: was changed after a write of 3 file(s) was cut off" in said
    kept = state_folder()
    assert kept is not None
    assert NEW[file] in {p.read_text() for p in (kept[0] / "set-aside").iterdir()}
    assert list(folder.rglob("*.staged")) == []


def test_an_edit_amid_a_half_applied_write_stands_and_the_rest_is_completed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert child("kill", 7, folder).returncode == -9  # a.csv is in its place
    (folder / "corpus/b.csv").write_text("an edit\n")
    recover(folder)
    assert state(folder) == {**NEW, "corpus/b.csv": "an edit\n"}
    assert "corpus/b.csv: warning: was changed after a write was cut off" in capsys.readouterr().err


def test_another_folder_at_another_path_takes_nothing_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert child("kill", 7, folder).returncode == -9
    moved = folder.with_name("moved")
    folder.rename(moved)
    recover(moved)
    assert state(moved) == {**OLD, "corpus/a.csv": NEW["corpus/a.csv"]}
    assert "corpus/.b.csv.staged: warning: was left by a write that was cut off" in capsys.readouterr().err
    moved.rename(folder)
    recover(folder)
    assert state(folder) == NEW


@pytest.mark.parametrize("edit", ["an edit\n", None])
def test_what_was_read_and_changed_meanwhile_is_not_written_over(folder: Path, edit: str | None) -> None:
    with (
        pytest.raises(Refused, match=r"corpus/b\.csv:1: was (changed|deleted) by somebody else"),
        writing(folder),
    ):
        read_data(folder, "corpus/b.csv")
        if edit is None:
            (folder / "corpus/b.csv").unlink()
        else:
            (folder / "corpus/b.csv").write_text(edit)
        replace_all(folder, NEW)
    assert state(folder) == {p: c for p, c in {**OLD, "corpus/b.csv": edit}.items() if c is not None}
    with writing(folder):
        replace_all(folder, NEW)
        replace_all(folder, {"corpus/b.csv": "again\n"})
    assert state(folder) == {**NEW, "corpus/b.csv": "again\n"}


def test_with_no_home_the_journal_lies_in_a_folder_of_ones_own_and_that_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with writing(folder):
        replace_all(folder, NEW)
    assert state(folder) == NEW
    assert "set XDG_STATE_HOME" in capsys.readouterr().err
    (own,) = tmp_path.glob("survey-workbench-*")
    assert own.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners of files are POSIX")
def test_a_temporary_folder_that_somebody_else_may_write_to_is_not_used(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"survey-workbench-{os.getuid()}").mkdir(mode=0o700)
    (tmp_path / f"survey-workbench-{os.getuid()}").chmod(0o777)
    with pytest.raises(Refused, match="no folder to keep a journal in"), writing(folder):
        replace_all(folder, NEW)
    assert state(folder) == OLD


def test_a_file_keeps_its_rights(folder: Path) -> None:
    (folder / "corpus/a.csv").chmod(0o600)
    with writing(folder):
        replace_all(folder, NEW)
    assert (folder / "corpus/a.csv").stat().st_mode & 0o777 == 0o600
