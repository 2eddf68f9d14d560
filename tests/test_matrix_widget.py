"""Matrix and graph that answer clicks, and adjudication by keyboard: Python's side, then a real JupyterLab."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.coded import WORDS, coded, keep, mode, ruling, whole, word
from tests.lab import (
    accessibility_faults,
    bare,
    browser,  # noqa: F401
    jupyterlab,
    open_notebook,
    run_all,
    saving_widgets,
    theme,
)
from tests.test_cli import contents
from tests.test_cli import survey as command
from tests.test_showing import differing  # noqa: F401
from workbench.doors.adjudication import adjudicate
from workbench.doors.verification import verify
from workbench.reading.evidence import COLUMNS, evidence
from workbench.store.survey import open_survey
from workbench.store.texts import ABSTRACTS
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


@pytest.mark.parametrize("kind", [MatrixWidget, GraphWidget])
def test_matrix_and_graph_say_how_much_rests_on_humans(
    root: Path, kind: type[MatrixWidget | GraphWidget]
) -> None:
    assert "0 of 6 codes checked by a human" in act(kind(root), 1, "open")["state"]["stamp"]
    verify(root, "eva", [word("p06")])  # one of the six modes that stand
    widget = kind(root)
    assert "1 of 6 codes checked by a human" in act(widget, 1, "open")["state"]["stamp"]
    assert "1 of 6 codes checked by a human" in widget._repr_mimebundle_()["text/html"]


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
        "locator": "abstract",
        "words": WORDS,
        "why": "",
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


def told(widget: MatrixWidget | GraphWidget, name: str, **cells: Any) -> list[dict[str, Any]]:
    picked = act(widget, 1, name, **cells)["state"]["picked"]
    return [line for paper in picked["papers"] for line in paper["told"] if line["where"]]


@pytest.mark.parametrize("kind", ["matrix", "graph"])
def test_the_words_are_shown_where_the_text_is_at_hand_and_kept_nowhere(root: Path, kind: str) -> None:
    make: type[MatrixWidget | GraphWidget] = MatrixWidget if kind == "matrix" else GraphWidget
    cells: dict[str, Any] = {"row": "judge-bias", "column": "llm-as-judge"}
    cells = cells if kind == "matrix" else {"codes": ["judge-bias"]}
    said = {c: v for c, v in mode("p06", level="measures").items() if c not in ("paper", "facet", "code")}
    verify(root, "eva", [word("p06", outcome="correct", **said)])
    widget = make(root)
    lines = told(widget, "pick", **cells)
    assert {line["source"] for line in lines} == {"coding", "verification"}
    assert {(line["words"], line["why"]) for line in lines} == {(WORDS, "")}
    # What a notebook is saved with: the state of its widgets, what stands for them, and tables.
    kept = json.dumps([widget.get_state(), widget._repr_mimebundle_()], default=str)
    assert "judge-bias" in widget.codings.to_html()
    assert WORDS not in kept + widget.codings.to_html() + widget.papers.to_html()

    (root / ABSTRACTS).rename(away := root / "away")
    lines = told(make(root), "pick", **cells)
    assert {(line["words"], line["why"]) for line in lines} == {("", "the text is not on this machine")}
    text = away.read_text("utf-8")
    (root / ABSTRACTS).write_text(text.replace("its score went up", "its score rose"), "utf-8")
    lines = told(make(root), "pick", **cells)
    assert {(line["words"], line["why"]) for line in lines} == {("", "not in this edition of the text")}
    # In another edition that has the words elsewhere they are found.
    (root / ABSTRACTS).write_text(text.replace("We look", "Here we look"), "utf-8")
    assert {line["words"] for line in told(make(root), "pick", **cells)} == {WORDS}


# ---- a browser without Jupyter


def press(page: Page, x: float, y: float) -> None:
    """Press and release the mouse as a person does."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(100)
    page.mouse.up()


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def within(page: Page, selector: str) -> bool:
    """Whether a part is on the screen as a whole: in the window, and not scrolled away in a part of its own."""
    return bool(
        page.evaluate(
            """s => { const at = document.querySelector(s), r = at.getBoundingClientRect();
                      const seen = [[r.left + 3, r.top + 3], [r.right - 3, r.bottom - 3]].every(([x, y]) =>
                        at.contains(document.elementFromPoint(x, y)) || document.elementFromPoint(x, y) === at);
                      return r.top > -1 && r.bottom < innerHeight + 1 && seen; }""",
            selector,
        )
    )


@pytest.mark.parametrize("width", [960, 1240])
def test_the_papers_of_a_cell_are_listed_in_sight_beside_or_under_the_table(
    browser: Browser,  # noqa: F811
    width: int,
    pilot: Path,
) -> None:
    matrix = MatrixWidget(pilot)
    page = bare(browser, matrix)
    # What Lab shows of a notebook in a window of 900 pixels; above and below stand other cells.
    page.set_viewport_size({"width": width, "height": 780})
    page.add_style_tag(content="main { padding: 900px 0 }")
    cells = page.locator("td.mx-cell:not(.mx-none)")
    for n in (0, cells.count() - 1):
        cells.nth(n).scroll_into_view_if_needed()
        box = cells.nth(n).bounding_box()
        assert box
        press(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_function(
            "() => document.querySelector('.sv-saved, .sv-live').textContent.endsWith('listed')"
        )
        assert within(page, ".pk-papers")
        assert within(page, ".pk-heading")
        assert within(page, 'td[aria-selected="true"]')
        assert page.evaluate("() => document.querySelector('.pk-papers').scrollTop") == 0
        page.evaluate("() => { document.querySelector('.sv-live').textContent = ''; }")
    beside = page.evaluate(
        """() => document.querySelector('.pk-papers').getBoundingClientRect().left
                 >= document.querySelector('.mx-scroll').getBoundingClientRect().right"""
    )
    assert beside == (width == 1240)
    assert accessibility_faults(page, ".sv") == []
    page.close()


#: Of every cell, and of every share a cell could have: how far it stands out from the ground, and its ink from it.
SHADES = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (colour) => {
        canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const apart = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const cell = document.querySelector("td.mx-cell:not(.mx-none)");
    const paper = light(getComputedStyle(document.querySelector(".sv")).backgroundColor);
    return Array.from({ length: 101 }, (_, n) => {
        cell.style.cssText = inked(n / 100);
        const { backgroundColor, color } = getComputedStyle(cell);
        return [apart(light(backgroundColor), paper), apart(light(backgroundColor), light(color))];
    });
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_more_papers_stand_out_more_in_both_themes_and_the_number_reads(
    root: Path,
    browser: Browser,  # noqa: F811
    dark: bool,
) -> None:
    page = bare(browser, MatrixWidget(root), "inked")
    if dark:
        page.evaluate(
            """() => { document.body.dataset.jpThemeLight = 'false';
                       document.body.style.cssText = '--jp-layout-color1: #111; --jp-ui-font-color1: #eee'; }"""
        )
    shades = page.evaluate(SHADES)
    outstanding = [s for s, _ in shades]
    assert outstanding == sorted(outstanding)
    assert outstanding[-1] > 10 > 2 > outstanding[0]
    assert min(ink for _, ink in shades) >= 4.5
    page.close()


def test_a_line_answers_the_pointer_also_where_a_label_lies_over_it(
    root: Path,
    browser: Browser,  # noqa: F811
) -> None:
    page = bare(browser, GraphWidget(root))
    page.locator(".gr-hit").wait_for(state="attached")
    page.evaluate(
        """() => { const line = document.querySelector('.gr-line'), label = document.querySelector('.gr-label');
                   const mid = (a, b) => (Number(line.getAttribute(a)) + Number(line.getAttribute(b))) / 2;
                   label.setAttribute('x', mid('x1', 'x2')); label.setAttribute('y', mid('y1', 'y2') + 4); }"""
    )
    at = middle(page, ".gr-hit")
    assert page.locator(".gr-number").is_hidden()
    page.mouse.move(*at)
    assert page.locator(".gr-number").is_visible()
    assert page.locator(".gr-number").text_content() == "2"
    assert page.locator(".gr-hit title").text_content() == "Judge bias and Reward gaming: 2 papers"
    press(page, *at)
    page.get_by_role("heading", name="Judge bias and Reward gaming: 2 papers").wait_for()
    # Where no line passes, a label is its node; and a node is itself.
    press(page, *middle(page, '.gr-label[data-codes="reward-gaming"]'))
    page.get_by_role("heading", name="Reward gaming: 2 papers", exact=True).wait_for()
    press(page, *middle(page, '.gr-node[data-codes="judge-bias"]'))
    page.get_by_role("heading", name="Judge bias: 3 papers").wait_for()
    page.close()


def test_what_is_drawn_anew_between_press_and_release_takes_no_click(
    root: Path,
    browser: Browser,  # noqa: F811
) -> None:
    page = bare(browser, GraphWidget(root))
    page.locator(".gr-hit").wait_for(state="attached")
    page.mouse.move(*middle(page, ".gr-hit"))
    page.mouse.down()
    # An answer comes, or something is typed: the widget is drawn anew.
    page.evaluate(
        "() => document.querySelector('.gr-list input').dispatchEvent(new Event('input', { bubbles: true }))"
    )
    page.wait_for_timeout(100)
    page.mouse.up()
    page.get_by_role("heading", name="Judge bias and Reward gaming: 2 papers").wait_for()
    # At another level the drawing is another.
    page.locator("select").select_option("measures")
    page.locator(".gr-hit").wait_for(state="detached")
    page.close()


def test_the_list_says_by_keyboard_what_the_drawing_says_by_mouse(
    root: Path,
    browser: Browser,  # noqa: F811
) -> None:
    page = bare(browser, GraphWidget(root))
    page.locator(".gr-hit").wait_for(state="attached")
    page.locator(".gr-list input").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "gr-options"
    page.keyboard.press("End")
    assert page.locator(".gr-options li[data-cursor]").inner_text() == "Judge bias and Reward gaming: 2"
    assert page.locator(".gr-number").is_visible()
    # The list keeps its place and the focus its part of the page: Tab goes on to the papers, and back.
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "pk-papers"
    assert page.locator(".gr-number").is_hidden()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.className") == "gr-options"
    page.close()


@pytest.mark.parametrize("kind", [MatrixWidget, GraphWidget])
def test_the_first_esc_goes_to_the_frame_and_the_second_leaves(
    root: Path,
    browser: Browser,  # noqa: F811
    kind: type[MatrixWidget | GraphWidget],
) -> None:
    widget = kind(root)
    act(widget, 0, "pick", row="judge-bias", column="llm-as-judge", codes=["judge-bias"])
    page = bare(browser, widget)
    stops = page.locator(".sv :is(select, input, a[href], [tabindex='0'])")
    stops.first.wait_for()
    assert stops.count() >= 3
    for n in range(stops.count()):
        stops.nth(n).focus()
        page.keyboard.press("Escape")
        assert page.evaluate("() => document.activeElement === document.querySelector('.sv')")
    if kind is MatrixWidget:  # the arrows lead back into the table
        page.keyboard.press("ArrowDown")
        assert page.evaluate("() => document.activeElement.className") == "mx-cell"
        page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.closest('.sv') === null")
    page.close()


# ---- a real JupyterLab


def notebook(path: Path, cells: list[str]) -> None:
    made: list[dict[str, Any]] = [
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
        "from workbench.widgets.in_notebooks import open_here\n"
        "from workbench.widgets.adjudication import AdjudicationWidget\n"
        "survey = open_here()\nAdjudicationWidget(survey, by='eva')",
        "from workbench.widgets.matrix import MatrixWidget\nmatrix = MatrixWidget(survey)\nmatrix",
        "from workbench.widgets.graph import GraphWidget\ngraph = GraphWidget(survey)\ngraph",
        "print(list(matrix.papers['paper']), len(matrix.codings), list(graph.papers['paper']))",
        "matrix.listing()",
    ]
    notebook(root / "notebooks/a.ipynb", cells)
    saving_widgets(root)
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
        # The cell that lists what is picked was run before the click, and has followed it.
        listed = page.locator(".jp-Cell").nth(4).locator(".jp-OutputArea-output tbody tr")
        listed.filter(has_text="p07").first.wait_for(timeout=20_000)
        assert {row.split("\t")[1] for row in listed.all_inner_texts()} == {"p02", "p06", "p07"}
        assert page.locator(".sv-matrix .pk-list > li").count() == 3
        page.locator(".sv-graph .gr-hit").first.click()
        page.get_by_role("heading", name="Judge bias and Reward gaming: 2 papers").wait_for(timeout=20_000)
        page.focus(".sv-graph .gr-options")
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Judge bias: 3 papers").wait_for(timeout=20_000)
        for part in (".sv-matrix td", ".sv-matrix select", ".sv-graph input", ".sv-graph .gr-options"):
            page.locator(part).first.focus()
            page.keyboard.press("Escape")
            for pressed in ("d", "d", "a", "x", "y"):
                page.keyboard.press(pressed)
            assert page.locator(".jp-Cell").count() == page.locator(".jp-CodeCell").count() == len(cells), (
                part
            )
        assert run_cell(page, 3) == "['p02', 'p06', 'p07'] 12 ['p02', 'p06', 'p07']"

        theme(page, "JupyterLab Dark")
        faults = {w: accessibility_faults(page, f".sv-{w}") for w in ("adjudication", "matrix", "graph")}
        assert faults == {"adjudication": [], "matrix": [], "graph": []}

        # Words of abstracts are on the page and in no notebook that is saved, be it with the state of its widgets.
        assert page.locator(".sv-matrix q", has_text=WORDS).count() > 0
        assert page.locator(".sv-graph q", has_text=WORDS).count() > 0
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        saved = (root / "notebooks/a.ipynb").read_text("utf-8")
        assert "application/vnd.jupyter.widget-state+json" in saved
        assert WORDS not in saved
        assert heard.errors == []
        page.close()
