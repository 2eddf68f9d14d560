"""The notebooks run, become pages that load nothing, and write nothing to the data."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.test_cli import REPOSITORY, contents
from workbench.publishing.executing import execute
from workbench.store.faults import Refused

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


def survey_with(root: Path, **notebooks: list[str]) -> Path:
    """Make a survey folder over the repository's data with notebooks of the given code cells."""
    for room in ("corpus", "coding_schema"):
        shutil.copytree(REPOSITORY / room, root / room)
    (root / "notebooks").mkdir()
    for name, cells in notebooks.items():
        book = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"c{n}",
                    "metadata": {},
                    "execution_count": None,
                    "outputs": [],
                    "source": [source],
                }
                for n, source in enumerate(cells)
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(book), "utf-8")
    return root


def loads(page: str) -> list[str]:
    """Return whatever a page would fetch when it is opened."""
    tags = re.findall(
        r"<(?:script|link|img|iframe|source|object|embed)\b[^>]*?(?:src|href|data)=[\"']?([^\"'\s>]+)", page
    )
    styles = re.findall(r"@import\s+[\"']?([^\"';]+)|url\([\"']?((?!data:|#)[^)\"']+)", page)
    return [t for t in tags if not t.startswith(("data:", "#"))] + [a or b for a, b in styles]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_outputs_are_stored(path: Path) -> None:
    book = json.loads(path.read_text("utf-8"))
    code = [c for c in book["cells"] if c["cell_type"] == "code"]
    assert code
    assert [c for c in code if c["outputs"] or c["execution_count"]] == []


def test_every_notebook_becomes_a_page_that_loads_nothing(tmp_path: Path) -> None:
    assert [p.stem[:2] for p in NOTEBOOKS] == [f"{n:02}" for n in range(10)]
    before = contents(REPOSITORY)
    pages = execute(REPOSITORY, tmp_path)
    assert contents(REPOSITORY) == before
    assert [p.name for p in pages] == [f"{p.stem}.html" for p in NOTEBOOKS]
    for page in pages:
        text = page.read_text("utf-8")
        assert loads(text) == [], page.name
        assert "<h1" in text
    gaps = (tmp_path / "05_gaps.html").read_text("utf-8")
    assert len(re.findall(r"<svg\b", gaps)) == 4
    assert "Contamination" in gaps


def test_the_finder_of_loads_finds_them() -> None:
    page = '<script src="https://a/x.js"></script><link rel="s" href="b.css"><style>@import "c.css"; d{e:url(f.png)}'
    assert loads(page) == ["https://a/x.js", "b.css", "c.css", "f.png"]


def test_pages_are_the_same_on_every_run(tmp_path: Path) -> None:
    drawn = [
        "from workbench.widgets.in_notebooks import open_here\nsurvey = open_here()",
        "from analysis.charts import prisma_flow\nfrom analysis.prisma import prisma\n"
        "prisma_flow(prisma(survey.hits, survey.reached))",
        "survey.screened",
    ]
    root = survey_with(tmp_path, a=drawn, b=["print('apart')"])
    first = [p.read_bytes() for p in execute(root, tmp_path / "first")]
    assert [p.read_bytes() for p in execute(root, tmp_path / "second")] == first
    assert b"<svg" in first[0]


def test_a_failing_cell_is_named_and_no_page_is_written(tmp_path: Path) -> None:
    root = survey_with(tmp_path, good=["1 + 1"], bad=["x = 1", "x / 0"])
    with pytest.raises(Refused) as refusal:
        execute(root, tmp_path / "out")
    (fault,) = refusal.value.faults
    assert fault.file == "notebooks/bad.ipynb"
    assert "cell 2" in fault.message
    assert "ZeroDivisionError" in fault.message
    assert not (tmp_path / "out").exists()


def test_a_notebook_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = survey_with(tmp_path, good=["1"])
    (root / "notebooks" / "torn.ipynb").write_text('{"cells": [', "utf-8")
    with pytest.raises(Refused, match=r"notebooks/torn\.ipynb: cannot be read"):
        execute(root, tmp_path / "out")


def test_a_survey_without_notebooks_has_no_pages(tmp_path: Path) -> None:
    assert execute(tmp_path, tmp_path / "out") == []


def test_open_here_finds_the_survey_above_and_says_where_there_is_none(tmp_path: Path) -> None:
    from workbench.widgets.in_notebooks import open_here

    (root := tmp_path / "some").mkdir()
    survey_with(root)
    (deep := root / "notebooks" / "deeper").mkdir()
    assert open_here(deep).root == root
    with pytest.raises(Refused, match="no survey here or above"):
        open_here(tmp_path)
