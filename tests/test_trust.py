"""A survey's notebooks run only where this user has trusted them as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.store.faults import Refused
from workbench.store.trust import need_trust, programs, trust


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "survey/notebooks/deeper").mkdir(parents=True)
    (tmp_path / "survey/notebooks/a.ipynb").write_text("{}")
    (tmp_path / "survey/notebooks/deeper/tool.py").write_text("x = 1\n")
    return tmp_path / "survey"


def test_no_notebook_is_trusted_before_somebody_says_so(own: Path) -> None:
    with pytest.raises(Refused, match="run `survey trust`"):
        need_trust(own)
    assert trust(own) == ["notebooks/a.ipynb", "notebooks/deeper/tool.py"]
    need_trust(own)


@pytest.mark.parametrize("change", ["a.ipynb", "deeper/tool.py", "pandas.py"])
def test_a_changed_or_new_file_beside_the_notebooks_is_not_trusted(own: Path, change: str) -> None:
    trust(own)
    (own / "notebooks" / change).write_text("import os\n")
    with pytest.raises(Refused, match="as they are now"):
        need_trust(own)


def test_what_is_trusted_is_the_content_and_not_the_place(own: Path) -> None:
    trust(own)
    own.rename(own.with_name("moved"))
    need_trust(own.with_name("moved"))
    (own / "notebooks").mkdir(parents=True)
    (own / "notebooks/b.ipynb").write_text("{}")
    with pytest.raises(Refused):
        need_trust(own)


def test_a_note_inside_the_survey_says_nothing(own: Path) -> None:
    trust(own)
    state = own.parent / "state"
    (own / ".cache").mkdir()
    state.rename(own / ".cache/state")
    with pytest.raises(Refused):
        need_trust(own)


def test_links_beside_the_notebooks_that_lead_out_are_refused(own: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (own / "notebooks/lib").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="leads out of the survey"):
        programs(own)


def test_without_notebooks_there_is_nothing_to_trust(tmp_path: Path) -> None:
    need_trust(tmp_path)
