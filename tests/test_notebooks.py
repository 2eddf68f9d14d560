"""The notebooks run, become pages that load nothing, and write nothing to the data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.coded import listed
from tests.conftest import small_survey
from tests.lab import browser, notebook
from tests.test_cli import REPOSITORY, contents
from workbench.publishing.executing import execute, write_pages
from workbench.store.faults import Refused

__all__ = ["browser"]  # a fixture

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


def survey_with(root: Path, **notebooks: list[str]) -> Path:
    """Make a small survey with notebooks of the given code cells; what they show is not the repository's data."""
    small_survey(root)
    listed(root, *(f"p{n:02}" for n in range(1, 61)))
    (root / "notebooks").mkdir()
    for name, cells in notebooks.items():
        notebook(root / "notebooks" / f"{name}.ipynb", *cells)
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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The repository's own notebooks over its own data, executed once: that alone is what they are for."""
    before = contents(REPOSITORY)
    pages = write_pages(execute(REPOSITORY), tmp_path_factory.mktemp("pages"))
    assert contents(REPOSITORY) == before
    return pages


def test_every_notebook_becomes_a_page_that_loads_nothing(pages: list[Path]) -> None:
    assert [p.stem[:2] for p in NOTEBOOKS] == [f"{n:02}" for n in range(10)]
    assert [p.name for p in pages] == [f"{p.stem}.html" for p in NOTEBOOKS]
    for page in pages:
        text = page.read_text("utf-8")
        assert loads(text) == [], page.name
        assert "<h1" in text
    gaps = gaps_of(pages).read_text("utf-8")
    assert len(re.findall(r"<svg\b", gaps)) == 4
    assert "Contamination" in gaps


def gaps_of(pages: list[Path]) -> Path:
    return next(p for p in pages if p.name == "05_gaps.html")


def test_an_executed_page_shows_its_charts_from_the_disk(pages: list[Path], browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(gaps_of(pages).as_uri())
    assert [u for u in asked if not u.startswith(("file:", "data:"))] == []
    assert errors == []
    charts = page.locator(".jp-OutputArea svg.marks")
    assert charts.count() == 4
    for n in range(4):
        box = charts.nth(n).bounding_box()
        assert box is not None
        assert box["width"] > 400
        assert box["height"] > 80
        assert box["x"] + box["width"] <= 1000
    assert page.get_by_text("Contamination").first.is_visible()
    page.close()


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
    root = survey_with(tmp_path / "survey", a=drawn, b=["print('apart')"])
    first = execute(root)
    assert execute(root) == first
    assert "<svg" in first["a.html"]


def test_a_failing_cell_is_named_and_no_page_is_written(tmp_path: Path) -> None:
    root = survey_with(tmp_path / "survey", good=["1 + 1"], bad=["x = 1", "x / 0"])
    with pytest.raises(Refused) as refusal:
        execute(root)
    (fault,) = refusal.value.faults
    assert fault.file == "notebooks/bad.ipynb"
    assert "cell 2" in fault.message
    assert "ZeroDivisionError" in fault.message


def test_a_notebook_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    root = survey_with(tmp_path / "survey", good=["1"])
    (root / "notebooks" / "torn.ipynb").write_text('{"cells": [', "utf-8")
    with pytest.raises(Refused, match=r"notebooks/torn\.ipynb: cannot be read"):
        execute(root)


def test_a_survey_without_notebooks_has_no_pages(tmp_path: Path) -> None:
    assert execute(tmp_path) == {}


def test_open_here_finds_the_survey_above_and_says_where_there_is_none(tmp_path: Path) -> None:
    from workbench.widgets.in_notebooks import open_here

    root = survey_with(tmp_path / "some")
    (deep := root / "notebooks" / "deeper").mkdir()
    assert open_here(deep).root == root
    with pytest.raises(Refused, match="no survey here or above"):
        open_here(tmp_path)
