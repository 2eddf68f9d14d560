"""What a reader sees in a real browser: charts, in JupyterLab and in the executed pages, with no network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.lab import browser, jupyterlab, open_notebook, run_all
from tests.test_cli import REPOSITORY
from tests.test_notebooks import survey_with
from workbench.publishing.executing import execute

__all__ = ["browser"]  # a fixture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A survey with the repository's data and only the notebook about gaps."""
    survey_with(tmp_path)
    shutil.copy(REPOSITORY / "notebooks/05_gaps.ipynb", tmp_path / "notebooks")
    return tmp_path


def test_an_executed_page_shows_its_charts_from_the_disk(root: Path, browser: Browser) -> None:
    (path,) = execute(root, root / "out")
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(path.as_uri())
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


def test_jupyterlab_shows_a_chart_with_no_network(root: Path, browser: Browser) -> None:
    with jupyterlab(root) as address:
        page, heard = open_notebook(browser, address, "notebooks/05_gaps.ipynb")
        run_all(page)
        chart = page.locator(".jp-OutputArea svg.marks, .jp-RenderedSVG img").first
        chart.wait_for(state="visible", timeout=180_000)
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 400
        assert box["height"] > 80
        # The charts need nothing from outside; JupyterLab's own look for news is its own affair and was cut off.
        assert [
            u for u in heard.outside if any(word in u for word in ("vega", "cdn", "unpkg", "jsdelivr"))
        ] == []
        page.close()
