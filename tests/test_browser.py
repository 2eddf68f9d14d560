"""A chart in JupyterLab, in a real browser with no network; in executed pages: see ``test_notebooks``."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.lab import browser, jupyterlab, notebook, open_notebook, run_all
from tests.test_notebooks import survey_with

__all__ = ["browser"]  # a fixture

CELLS = [
    "from workbench.widgets.in_notebooks import open_here\nsurvey = open_here()",
    "from analysis import charts\nfrom analysis.prisma import prisma\n"
    "charts.prisma_flow(prisma(survey.hits, survey.reached))",
]


def test_jupyterlab_shows_a_chart_with_no_network(tmp_path: Path, browser: Browser) -> None:
    root = survey_with(tmp_path / "survey")
    notebook(root / "notebooks/chart.ipynb", *CELLS)
    with jupyterlab(root) as address:
        page, heard = open_notebook(browser, address, "notebooks/chart.ipynb")
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
