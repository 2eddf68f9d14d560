"""The screening widget in a real JupyterLab: five records by key press, and a kernel killed after the third."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import EPOCH, small_survey
from tests.lab import (
    accessibility_faults,
    browser,
    jupyterlab,
    notebook,
    open_notebook,
    run_all,
    saving_widgets,
    theme,
)
from tests.test_cli import survey as command
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.store.corpus import stored

__all__ = ["browser"]  # a fixture

CELL = """\
import os
from workbench.widgets.in_notebooks import open_here
from workbench.widgets.screening import ScreeningWidget
survey = open_here(charts=False)
(survey.root / ".cache/kernel").write_text(str(os.getpid()))
ScreeningWidget(survey, "eva")
"""
#: Stands nowhere else: where it arrives, another screener's decision has arrived.
OTHER = "Zebra, says the other screener."
#: Words of every abstract.
SEEN = "its score went up"
#: What is pressed, and what the command line is given for the same.
PLAN = [
    (["a", "i"], {"decision": "include", "streams": "llm-as-judge"}),
    (["1"], {"decision": "exclude", "reason": "other-field"}),
    (
        ["n", "~What it measures is not said.", "Enter", "u"],
        {"decision": "unsure", "note": "What it measures is not said."},
    ),
    (
        ["a", "s", "2"],
        {"decision": "exclude", "reason": "other-system", "streams": "llm-as-judge;reward-hacking"},
    ),
    (["i", "i"], {"decision": "include"}),
]


def prepared(root: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        small_survey(root)
        sample(root)
        given = {
            "decision": "exclude",
            "reason": "other-field",
            "note": OTHER,
            "_line": "1",
            "_file": "rows.csv",
        }
        rows = [{**given, "paper": r["paper"]} for r in stored(root, "sample", [])[:8]]
        screen(root, "pass-a", rows, run="other-1", batch="a batch")
    return root


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    root = prepared(tmp_path / "survey")
    notebook(root / "notebooks/screen.ipynb", CELL)
    saving_widgets(root)
    with jupyterlab(root, SOURCE_DATE_EPOCH=EPOCH) as address:
        yield root, address


def decide(page: Page, presses: list[str]) -> str:
    """Press the keys of one decision once the record has been in sight for long enough; return its key."""
    shown = page.locator(".sc-record code").first.inner_text()
    page.wait_for_timeout(500)
    page.locator(".sv").focus()
    for one in presses:
        if one.startswith("~"):
            page.keyboard.type(one[1:])
        else:
            page.keyboard.press(one)
    page.wait_for_function(
        "was => document.querySelector('.sc-record code').innerText !== was"
        " && document.querySelector('.sv-saved').dataset.saved === 'saved'",
        arg=shown,
        timeout=30_000,
    )
    return shown


def by_command_line(root: Path, papers: list[str]) -> bytes:
    rows = [{"paper": p, **cells} for p, (_, cells) in zip(papers, PLAN, strict=False)]
    (root / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    done = command("screen", "--coder", "eva", "--from", root / "rows.jsonl", "--survey", root)
    assert done.returncode == 0, done.stderr
    return (root / "corpus/screening/eva.csv").read_bytes()


def test_five_records_by_keys_and_a_killed_kernel_loses_nothing(
    lab: tuple[Path, str], browser: Browser, tmp_path: Path
) -> None:
    root, address = lab
    file = root / "corpus/screening/eva.csv"
    page, heard = open_notebook(browser, address, "notebooks/screen.ipynb", height=1500)
    run_all(page)
    page.locator(".sc-record").wait_for(timeout=180_000)
    # Without the focus a key does nothing: the notebook has it.
    page.keyboard.press("i")
    papers = [decide(page, presses) for presses, _ in PLAN[:3]]

    twin = prepared(tmp_path / "twin")
    three = by_command_line(twin, papers)
    assert file.read_bytes() == three
    os.kill(int((root / ".cache/kernel").read_text()), signal.SIGKILL)
    assert file.read_bytes() == three

    restarted = page.get_by_role("button", name="Ok", exact=True)
    restarted.wait_for(timeout=60_000)
    restarted.click()
    page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.info; }"
    )
    run_all(page)
    page.get_by_text("3 of ").first.wait_for(timeout=120_000)
    page.wait_for_function("() => document.querySelectorAll('.sc-record').length === 1", timeout=60_000)
    papers += [decide(page, presses) for presses, _ in PLAN[3:]]
    assert len(set(papers)) == 5
    assert file.read_bytes() == by_command_line(twin, papers)

    # Letters that are commands of the notebook do nothing to it after one Esc, wherever that was pressed: it goes to
    # the frame. Only the second gives the notebook its keys back.
    for part in (
        ".sc-order",
        ".sc-note",
        ".sc-decide button",
        ".sc-streams button",
        ".sc-rules",
        "summary",
        ".sc-record",
    ):
        page.locator(f".sv {part}").first.focus()
        page.keyboard.press("Escape")
        assert page.evaluate("() => document.activeElement === document.querySelector('.sv')"), part
        for letter in ("d", "d", "b", "y", "m", "Enter"):
            page.keyboard.press(letter)
        assert (
            page.locator(".jp-Notebook .jp-CodeCell").count()
            == page.locator(".jp-Notebook .jp-Cell").count()
            == 1
        )
        page.locator(".sv-screening").wait_for()
    page.keyboard.press("x")
    page.locator(".sc-list").wait_for(timeout=30_000)
    assert accessibility_faults(page, ".sv") == []
    theme(page, "JupyterLab Dark")
    assert accessibility_faults(page, ".sv") == []
    page.keyboard.press("Escape")
    assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)")
    page.locator(".sv button").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)")
    assert OTHER not in heard.text(page)

    # A notebook that Lab saves with the state of its widgets holds no word of an abstract that they showed.
    assert SEEN in page.locator(".sc-abstract").inner_text()
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = (root / "notebooks/screen.ipynb").read_text("utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved
    assert "application/vnd.jupyter.widget-view+json" in saved
    assert SEEN not in saved
    assert heard.errors == []
    page.close()
