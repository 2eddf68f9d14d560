"""``survey.yaml``: what a survey says of itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workbench.store.faults import Refused
from workbench.store.schema import load_schema
from workbench.store.settings import load_settings
from workbench.store.survey import open_survey

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "coding_schema", tmp_path / "coding_schema")
    (tmp_path / "corpus").mkdir()
    shutil.copy(ROOT / "survey.yaml", tmp_path)
    return tmp_path


def refused(folder: Path) -> list[str]:
    with pytest.raises(Refused) as caught:
        load_settings(folder, load_schema(folder))
    return [f"{f.file}:{f.line}: {f.message}; {f.remedy}" for f in caught.value.faults]


def test_this_survey_says_what_it_asks() -> None:
    survey = open_survey(ROOT)
    assert survey.settings.facet in {f.id for f in survey.schema.facets}
    assert survey.settings.measured in {level.id for level in survey.schema.levels}


def test_without_the_file_the_schema_speaks(folder: Path) -> None:
    (folder / "survey.yaml").unlink()
    schema = load_schema(folder)
    held = load_settings(folder, schema)
    assert held.title == schema.title
    assert held.facet == next(f.id for f in schema.facets if f.levelled)
    assert held.measured == schema.levels[-1].id
    assert held.crosses == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "facet: failure_mode",
            "facet: failure_mod",
            "survey.yaml:16: headline.facet: the schema has no facet",
        ),
        ("measured: measures", "measured: counts", "the schema has no level 'counts'"),
        ("[failure_mode, proxy]", "[failure_mode, prxy]", "crosses.1.1: the schema has no facet 'prxy'"),
        ("home: stream", "home: river", "the schema has no facet 'river'"),
        ("role: own-result", "role: mine", "the schema has no role 'mine'"),
        ("role: own-result", "rolle: own-result", "no column of a coding 'rolle'"),
        ("screeners: 2", "screeners: 0", "screeners"),
        ("format: 1", "format: 9", "newer than this workbench"),
        ("coders: 2", "colour: 2", "colour"),
        ("ratio: 0.25", "ratio: 25", "thresholds.ratio"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(folder: Path, old: str, new: str, said: str) -> None:
    text = (folder / "survey.yaml").read_text("utf-8")
    assert old in text
    (folder / "survey.yaml").write_text(text.replace(old, new, 1), "utf-8")
    assert any(said in fault for fault in refused(folder)), refused(folder)
