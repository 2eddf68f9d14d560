"""Matrix and graph that answer clicks, and adjudication by keyboard: Python's side, then a real JupyterLab."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.coded import coded, keep, mode, ruling, whole, word
from tests.lab import accessibility_faults, browser, jupyterlab, open_notebook, run_all, theme  # noqa: F401
from tests.test_cli import contents
from tests.test_cli import survey as command
from tests.test_showing import differing  # noqa: F401
from workbench.adjudication import adjudicate
from workbench.evidence import COLUMNS, evidence
from workbench.survey import open_survey
from workbench.verification import verify
from workbench.widgets.graph import GraphWidget
from workbench.widgets.matrix import MatrixWidget


@pytest.fixture
def root(differing: Path) -> Path:  # noqa: F811
    """As there, and p06 and p07 with two modes each, of which one is measured in p07."""
    keep(differing, "p06", "p07")
    for coder in ("pass-a", "pass-b"):
        both = [*whole("p06"), mode("p06", "reward-gaming", level="mentions")]
        coded(differing, coder, *both, *whole("p07", level="measures"), mode("p07", "reward-gaming"))
    return differing


def act(widget: Any, n: int, name: str, **cells: Any) -> dict[str, Any]:
    answer: dict[str, Any] = widget.act({"n": n, "view": "v", "name": name, **cells})
    json.dumps(answer)  # what goes to the browser must be JSON
    return answer


def test_the_cells_are_those_of_the_analysis_and_nothing_is_picked_at_first(root: Path) -> None:
    matrix = MatrixWidget(root)
    shown = act(matrix, 1, "open")["state"]
    assert {r["id"]: r["n"] for r in shown["rows"]} == {
        "judge-bias": [3, 0],
        "reward-gaming": [2, 0],
        "weak-oversight": [0, 0],
    }
    assert [c["name"] for c in shown["columns"]] == ["Judges", "Rewards"]
    assert (shown["picked"], len(matrix.papers), len(matrix.codings)) == (None, 0, 0)
    assert list(matrix.papers.columns) == list(open_survey(root).papers.columns)
    assert list(matrix.codings.columns) == list(COLUMNS)


def test_a_picked_cell_lists_its_papers_with_their_evidence(root: Path) -> None:
    matrix = MatrixWidget(root)
    picked = act(matrix, 1, "pick", row="judge-bias", column="llm-as-judge")["state"]["picked"]
    assert (picked["what"], picked["n"]) == ("Judge bias and Judges", 3)
    assert [p["key"] for p in picked["papers"]] == ["p02", "p06", "p07"]
    assert [p["level"] for p in picked["papers"]] == ["argues", "argues", "measures"]
    # What both say in the same words stands in one line.
    assert picked["papers"][0]["told"][0] == {
        "who": "pass-a, pass-b",
        "source": "coding",
        "code": "Judge bias",
        "said": "present, argues, own-result",
        "note": "A claim.",
        "where": "abstract 56-89",
    }
    assert list(matrix.papers["paper"]) == ["p02", "p06", "p07"]
    assert list(matrix.papers["level"]) == ["argues", "argues", "measures"]
    codings = matrix.codings
    assert codings[["paper", "code", "who"]].to_numpy().tolist()[:4] == [
        ["p02", "judge-bias", "pass-a"],
        ["p02", "judge-bias", "pass-b"],
        ["p02", "llm-as-judge", "pass-a"],
        ["p02", "llm-as-judge", "pass-b"],
    ]
    assert set(codings["source"]) == {"coding"}


def test_counting_from_another_level_keeps_the_cell_and_changes_its_papers(root: Path) -> None:
    matrix = MatrixWidget(root)
    matrix.pick("judge-bias", "llm-as-judge")
    shown = act(matrix, 1, "level", level="measures")["state"]
    assert [r["n"] for r in shown["rows"]] == [[1, 0], [0, 0], [0, 0]]
    assert list(matrix.papers["paper"]) == ["p07"]
    assert any("min_level='loud'" in f for f in act(matrix, 2, "level", level="loud")["faults"])
    assert matrix.min_level == "measures"


def test_an_empty_cell_is_no_error_and_an_unknown_one_is(root: Path) -> None:
    matrix = MatrixWidget(root)
    assert len(matrix.pick("weak-oversight", "reward-hacking")) == 0
    assert act(matrix, 1, "open")["state"]["picked"]["n"] == 0
    with pytest.raises(ValueError, match="no cell 'bias' x 'llm-as-judge'"):
        matrix.pick("bias", "llm-as-judge")


def test_rulings_and_verifications_are_evidence_too(root: Path) -> None:
    adjudicate(root, "eva", [ruling("p01", "failure_mode", "judge-bias", "pass-b", rationale="A rate.")])
    verify(root, "eva", [word("p01", note="Seen.")])
    rows = evidence(open_survey(root), ["p01"], [("failure_mode", "judge-bias")])
    assert rows[["source", "who", "state", "level", "note"]].to_numpy().tolist() == [
        ["coding", "pass-a", "present", "argues", "A claim."],
        ["coding", "pass-b", "present", "measures", "A claim."],
        ["ruling", "eva", "present", "measures", "A rate."],
        ["verification", "eva", "confirm", "", "Seen."],
    ]


def test_what_is_not_signed_off_is_no_evidence(root: Path) -> None:
    rows = evidence(open_survey(root), ["p03"], [("failure_mode", "judge-bias")])
    assert set(rows["who"]) <= {"pass-a"}


def test_a_line_and_a_node_of_the_graph_give_their_papers(root: Path) -> None:
    graph = GraphWidget(root)
    shown = act(graph, 1, "open")["state"]
    assert shown["edges"] == [{"a": "judge-bias", "b": "reward-gaming", "n": 2}]
    assert {n["id"]: (n["n"], n["linked"]) for n in shown["nodes"]} == {
        "judge-bias": (3, True),
        "reward-gaming": (2, True),
    }
    assert all(0 <= n["x"] <= 1 and 0 <= n["y"] <= 1 for n in shown["nodes"])
    assert act(graph, 2, "pick", codes=["reward-gaming", "judge-bias"])["state"]["picked"]["n"] == 2
    assert list(graph.papers["paper"]) == ["p06", "p07"]
    assert set(graph.codings["code"]) == {"judge-bias", "reward-gaming"}
    assert list(graph.pick("judge-bias")["paper"]) == ["p02", "p06", "p07"]
    act(graph, 3, "level", level="demonstrates")
    assert list(graph.papers["paper"]) == ["p07"]
    with pytest.raises(ValueError, match="nothing of weak-oversight in the graph"):
        graph.pick("weak-oversight")


def test_the_places_of_the_graph_are_the_same_every_time(root: Path) -> None:
    assert act(GraphWidget(root), 1, "open")["state"] == act(GraphWidget(root), 1, "open")["state"]


def test_nothing_coded_is_an_empty_picture(survey: Path) -> None:
    assert all(r["n"] == [0, 0] for r in act(MatrixWidget(survey), 1, "open")["state"]["rows"])
    shown = act(GraphWidget(survey), 1, "open")["state"]
    assert (shown["nodes"], shown["edges"]) == ([], [])
    assert "<table>" in GraphWidget(survey).still()


def test_where_no_widget_shows_a_table_stands(root: Path) -> None:
    page = MatrixWidget(root)._repr_mimebundle_()["text/html"]
    assert '<tr><th scope="row">Judge bias</th><td>3</td><td></td></tr>' in page
    assert "Weak oversight" not in page
    assert "<td>2</td>" in GraphWidget(root)._repr_mimebundle_()["text/html"]


def test_looking_writes_nothing(root: Path) -> None:
    before = contents(root)
    matrix, graph = MatrixWidget(root), GraphWidget(root)
    matrix.pick("judge-bias", "llm-as-judge")
    graph.pick("judge-bias", "reward-gaming")
    assert len(matrix.codings) > 0
    assert contents(root) == before


# ---- a real JupyterLab


def notebook(path: Path, cells: list[str]) -> None:
    made = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": [s],
        }
        for n, s in enumerate(cells)
    ]
    path.parent.mkdir(exist_ok=True)
    # Without the name of a kernel Lab asks for one, and waits.
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book), "utf-8")


def run_cell(page: Page, n: int) -> str:
    """Run one cell and return what it prints."""
    page.evaluate(
        """n => { const book = window.jupyterapp.shell.currentWidget.content; book.activeCellIndex = n;
                  window.jupyterapp.commands.execute('notebook:run-cell'); }""",
        n,
    )
    out = page.locator(".jp-Cell").nth(n).locator(".jp-OutputArea-output pre")
    out.wait_for(timeout=60_000)
    return out.inner_text().strip()


def test_adjudicating_and_following_a_cell_in_jupyterlab_by_keyboard(
    root: Path,
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    other = tmp_path / "other"
    shutil.copytree(root, other)
    cells = [
        "from workbench.in_notebooks import open_here\nfrom workbench.widgets.adjudication import AdjudicationWidget\n"
        "survey = open_here()\nAdjudicationWidget(survey, by='eva')",
        "from workbench.widgets.matrix import MatrixWidget\nmatrix = MatrixWidget(survey)\nmatrix",
        "from workbench.widgets.graph import GraphWidget\ngraph = GraphWidget(survey)\ngraph",
        "print(list(matrix.papers['paper']), len(matrix.codings), list(graph.papers['paper']))",
    ]
    notebook(root / "notebooks/a.ipynb", cells)
    with jupyterlab(root) as address:
        page, heard = open_notebook(browser, address, "notebooks/a.ipynb", height=3500)
        run_all(page)
        page.locator(".sv-adjudication .ad-heading").wait_for(timeout=120_000)
        page.locator(".sv-graph svg").wait_for(timeout=60_000)
        faults = {w: accessibility_faults(page, f".sv-{w}") for w in ("adjudication", "matrix", "graph")}
        assert faults == {"adjudication": [], "matrix": [], "graph": []}

        # Adjudicate by keys alone: the second in the queue, the second coder, a reason, and rule.
        page.focus(".sv-adjudication")
        page.keyboard.press("j")
        page.get_by_role("heading", name="Judge bias: the level?").wait_for()
        page.keyboard.press("2")
        page.keyboard.press("Control+Enter")
        page.locator(".sv-missing", has_text="Missing: a rationale.").wait_for()
        page.keyboard.type("A rate is reported.")
        page.keyboard.press("Control+Enter")
        page.locator(".sv-notes", has_text="1 settled, 3 open.").wait_for(timeout=20_000)
        flags = ["--paper", "p01", "--facet", "failure_mode", "--code", "judge-bias", "--chosen", "pass-b"]
        run = command(
            "adjudicate", "--by", "eva", *flags, "--rationale", "A rate is reported.", "--survey", other
        )
        assert run.returncode == 0, run.stderr
        assert contents(root) == contents(other)

        # A reason that is only begun stays in this browser.
        page.keyboard.press("r")
        page.keyboard.type("Half a thou")
        assert "Half a thou" in page.evaluate("() => JSON.stringify(localStorage)")
        page.keyboard.press("Escape")

        # Keys are no commands of the notebook; Esc leaves for the cell.
        before = page.locator(".jp-Cell").count()
        for pressed in ("d", "d", "a", "x", "j"):
            page.keyboard.press(pressed)
        assert page.locator(".jp-Cell").count() == before == len(cells)
        page.keyboard.press("Escape")
        assert page.evaluate("() => document.activeElement.closest('.sv') === null")

        # A cell of the matrix and a line of the graph, and what they give to Python.
        page.focus('.sv-matrix td[tabindex="0"]')
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Judge bias and Judges: 3 papers").wait_for(timeout=20_000)
        assert page.locator(".sv-matrix .pk-list > li").count() == 3
        page.locator(".sv-graph .gr-hit").first.click()
        page.get_by_role("heading", name="Judge bias and Reward gaming: 2 papers").wait_for(timeout=20_000)
        page.focus(".sv-graph .gr-options")
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Judge bias: 3 papers").wait_for(timeout=20_000)
        assert run_cell(page, 3) == "['p02', 'p06', 'p07'] 12 ['p02', 'p06', 'p07']"

        theme(page, "JupyterLab Dark")
        faults = {w: accessibility_faults(page, f".sv-{w}") for w in ("adjudication", "matrix", "graph")}
        assert faults == {"adjudication": [], "matrix": [], "graph": []}
        assert heard.errors == []
        page.close()
