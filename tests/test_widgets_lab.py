"""The widgets in a real JupyterLab: coded, signed off and verified by key press; the files as by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.coded import coded, keep, know, listed, whole
from tests.conftest import EPOCH, small_survey
from tests.lab import (
    Heard,
    accessibility_faults,
    browser,
    click,
    jupyterlab,
    notebook,
    open_notebook,
    run_all,
    theme,
)
from tests.test_cli import survey as command
from workbench.store.corpus import stored

__all__ = ["browser"]  # a fixture

HEAD = "from workbench.widgets.in_notebooks import open_here\nsurvey = open_here(charts=False)"
SENTENCE = (
    "We look at proxy {n} and find that its score went up while the thing it stands for did not move at all in {n} of "
    "our trials."
)
#: Notes that stand nowhere else: where one arrives, a coding has arrived.
EVA, ADAM, MACHINE = "Quagga, says eva.", "Okapi, says adam.", "Zebra, says a machine."


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and the survey folder it works on."""

    root: Path
    address: str


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A small survey with a notebook a coder and one to verify in; p01 to p03 are in, machines coded p03."""
    root = tmp_path_factory.mktemp("lab") / "survey"
    prepared(root)
    widgets = {
        "eva": "from workbench.widgets.coding import CodingWidget\nCodingWidget(survey)",
        "adam": "from workbench.widgets.coding import CodingWidget\nCodingWidget(survey, 'adam')",
        "verify": "from workbench.widgets.verification import VerificationWidget\nVerificationWidget(survey, 'eva')",
    }
    for name, cell in widgets.items():
        notebook(root / "notebooks" / f"{name}.ipynb", HEAD, cell)
    nameless = root / "notebooks/nameless.ipynb"
    notebook(nameless, HEAD)
    made = json.loads(nameless.read_text("utf-8"))
    nameless.write_text(json.dumps({**made, "metadata": {}}), "utf-8")
    with jupyterlab(root, SOURCE_DATE_EPOCH=EPOCH) as address:
        yield Lab(root, address)


def prepared(root: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        small_survey(root)
        know(root, "adam", "human")
        listed(root, "p01", "p02", "p03")
        keep(root, "p01", "p02", "p03")
        for coder in ("pass-a", "pass-b"):
            coded(root, coder, *whole("p03", note=MACHINE))


def opened(browser: Browser, lab: Lab, name: str, first: str) -> tuple[Page, Heard]:
    """Open a notebook, run it, and wait for what its widget shows first."""
    page, heard = open_notebook(browser, lab.address, f"notebooks/{name}.ipynb", height=1400)
    run_all(page)
    page.locator(first).wait_for(timeout=180_000)
    return page, heard


def press(page: Page, *keys: str) -> None:
    """Press keys one after another; each is answered before the next, as the eye would wait for."""
    for one in keys:
        page.keyboard.press(one)
        page.wait_for_function(
            "() => !document.querySelector('.sv-saved[data-saved=saving]')", timeout=30_000
        )


def code_paper(page: Page, note: str) -> None:
    """Code the paper in hand by keys alone, from the first facet to the last field before signing off."""
    press(page, "s", "Space", "o", "Space", "/")
    page.keyboard.type("swayed")  # stands in the rules of judge-bias
    press(page, "Enter")
    page.wait_for_function("() => document.activeElement.type === 'radio'", timeout=30_000)
    press(page, "2", "Tab", "Space", "Tab")
    page.keyboard.type("went up while")
    page.locator(".sv-sentences").wait_for(timeout=10_000)
    press(page, "ArrowDown", "Enter", "Tab")
    page.keyboard.type(note)
    press(page, "Tab", "Space", "Tab", "Space")
    page.get_by_text("Nothing is missing.").first.wait_for(timeout=30_000)


def go_to(page: Page, paper: str) -> None:
    page.locator('select[data-id="paper"]').select_option(paper)
    page.locator(f'.sv-paper code:has-text("{paper}")').wait_for(timeout=30_000)
    page.locator(".sv").focus()


def signed(page: Page) -> None:
    press(page, "Shift+S")
    page.get_by_text("Signed off on the abstract").first.wait_for(timeout=30_000)


def test_two_coders_code_blind_by_keys_and_the_files_are_the_command_lines(
    lab: Lab, browser: Browser, tmp_path: Path
) -> None:
    eva, heard_eva = opened(browser, lab, "eva", '[data-id="who-eva"]')
    eva.locator('[data-id="who-eva"]').focus()
    press(eva, "Enter")
    eva.locator(".sv-columns").wait_for(timeout=30_000)
    adam, heard_adam = opened(browser, lab, "adam", ".sv-columns")
    adam.locator(".sv").focus()

    code_paper(eva, EVA)
    assert accessibility_faults(eva, ".sv") == []
    signed(eva)
    code_paper(adam, ADAM)
    # Before both have signed, neither page has received a word of the other's.
    assert EVA in heard_eva.text(eva)
    assert EVA not in heard_adam.text(adam)
    assert ADAM not in heard_eva.text(eva)
    assert MACHINE not in heard_eva.text(eva) + heard_adam.text(adam)
    signed(adam)
    adam.get_by_text(EVA).first.wait_for(timeout=30_000)
    for page, note in ((eva, EVA), (adam, ADAM)):
        go_to(page, "p02")
        code_paper(page, note)
        signed(page)
    go_to(eva, "p01")
    eva.get_by_text(ADAM).first.wait_for(timeout=30_000)

    twin = tmp_path / "twin"
    prepared(twin)
    by_command_line(twin)
    for path in ("codings/eva.csv", "codings/adam.csv", "signoffs/eva.csv", "signoffs/adam.csv"):
        assert (lab.root / "corpus" / path).read_bytes() == (twin / "corpus" / path).read_bytes(), path

    keys_stay_inside(eva)
    theme(eva, "JupyterLab Dark")
    assert accessibility_faults(eva, ".sv") == []
    assert heard_eva.errors + heard_adam.errors == []
    eva.close()
    adam.close()


def by_command_line(root: Path) -> None:
    """Code and sign off p01 and p02 as both coders, by the command line alone."""
    for coder, note in (("eva", EVA), ("adam", ADAM)):
        rows = [
            row
            for paper, n in (("p01", 1), ("p02", 2))
            for row in (
                {"paper": paper, "facet": "stream", "code": "llm-as-judge", "confidence": "sure"},
                {
                    "paper": paper,
                    "facet": "optimisation_pressure",
                    "code": "training",
                    "principal": "yes",
                    "confidence": "sure",
                },
                {
                    "paper": paper,
                    "facet": "failure_mode",
                    "code": "judge-bias",
                    "level": "argues",
                    "role": "own-result",
                    "formal": "no",
                    "figure_seen": "no",
                    "mitigates": "no",
                    "confidence": "sure",
                    "locator": "abstract",
                    "words": SENTENCE.format(n=n),
                    "note": note,
                },
            )
        ]
        (root / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
        done = command("code", "--coder", coder, "--from", root / "rows.jsonl", "--survey", root)
        assert done.returncode == 0, done.stderr
        for paper in ("p01", "p02"):
            done = command("signoff", "--coder", coder, "--paper", paper, "--survey", root)
            assert done.returncode == 0, done.stderr


def keys_stay_inside(page: Page) -> None:
    """Letters that are commands of the notebook do nothing to it; Esc gives it its keys back, Tab goes on."""
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.locator(".sv").focus()
    for letter in ("a", "b", "x", "d", "d", "y"):
        page.keyboard.press(letter)
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    # From a button and from a field the first Esc goes to the frame, where these letters are the widget's still.
    for place in ('[data-id="facet-stream"]', '[data-id="search"]'):
        page.locator(f".sv {place}").focus()
        page.keyboard.press("Escape")
        for letter in ("m", "r", "y", "d", "d"):
            page.keyboard.press(letter)
        assert page.locator(".jp-Notebook .jp-CodeCell").count() == cells
        page.locator(".sv-columns").wait_for()
    # With Ctrl, what the widget does not use is Lab's.
    page.locator(".sv").focus()
    for hidden in (True, False):
        page.keyboard.press("Control+b")
        page.wait_for_function(
            "hidden => document.querySelector('#jp-left-stack').classList.contains('lm-mod-hidden') === hidden",
            arg=hidden,
            timeout=10_000,
        )
    page.locator(".sv").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)")
    page.locator(".sv .sv-foot button").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)")


def test_a_human_verifies_by_keys_and_the_file_is_the_command_lines(
    lab: Lab, browser: Browser, tmp_path: Path
) -> None:
    page, heard = opened(browser, lab, "verify", ".sv-bar")
    go_to(page, "p03")
    page.locator('[data-id="reveal"]').wait_for(timeout=30_000)
    assert MACHINE not in heard.text(page)
    page.locator('[data-id="reveal"]').focus()
    press(page, "Enter")
    page.locator(".sv-columns").wait_for(timeout=30_000)
    press(page, "ArrowDown", "c")
    page.get_by_text("you confirmed it").first.wait_for(timeout=30_000)
    press(page, "ArrowDown", "r")
    page.locator(".sv-faults").wait_for(
        timeout=30_000
    )  # the only pressure cannot go: the paper would be incomplete
    theme(page, "JupyterLab Light")  # the other test left the dark one
    assert accessibility_faults(page, ".sv") == []
    theme(page, "JupyterLab Dark")
    assert accessibility_faults(page, ".sv") == []
    assert heard.errors == []
    page.close()

    twin = tmp_path / "twin"
    prepared(twin)
    flags = (
        "--coder",
        "eva",
        "--paper",
        "p03",
        "--facet",
        "failure_mode",
        "--code",
        "judge-bias",
        "--survey",
        twin,
    )
    done = command("verify", *flags, "--outcome", "confirm")
    assert done.returncode == 0, done.stderr
    path = "corpus/verifications/eva.csv"
    assert (lab.root / path).read_bytes() == (twin / path).read_bytes()


def test_the_widget_fits_a_small_window_and_held_clicks_and_keys_code_what_they_point_at(
    lab: Lab, browser: Browser
) -> None:
    root = lab.root
    notebook(
        root / "notebooks/small.ipynb",
        HEAD,
        "from workbench.widgets.coding import CodingWidget\nCodingWidget(survey, 'small')",
    )
    know(root, "small", "human")
    page, heard = open_notebook(browser, lab.address, "notebooks/small.ipynb", height=900)
    run_all(page)
    page.locator(".sv-columns").wait_for(timeout=180_000)
    page.locator(".sv").focus()
    page.keyboard.press("j")
    page.locator('.sv-paper code:has-text("p02")').wait_for(timeout=30_000)
    top, bottom, least, most = page.evaluate(
        """() => {
            const widget = document.querySelector(".sv").getBoundingClientRect();
            const pane = document.querySelector(".jp-Notebook").getBoundingClientRect();
            return [widget.top, widget.bottom, pane.top, pane.bottom];
        }"""
    )
    assert (least <= top, bottom <= most + 1) == (True, True), (top, bottom, least, most)
    # Every key of the help stands before what it does, and runs over nothing.
    page.keyboard.press("?")
    page.locator(".sv-help").wait_for()
    over = page.evaluate(
        """() => [...document.querySelectorAll(".sv-help > div")].filter((row) => {
            const [term, what] = [...row.children].map((e) => e.getBoundingClientRect());
            return row.querySelector("kbd").getBoundingClientRect().right > what.left || term.height > 24;
        }).map((row) => row.textContent)"""
    )
    assert over == []
    page.keyboard.press("?")
    # Down the facets and up again, each pressed as a hand presses.
    chips = ("stream/llm-as-judge", "optimisation_pressure/training", "stream/reward-hacking")
    for chip in chips:
        click(page, f'[data-id="{chip}"]')
        page.wait_for_selector(f'[data-id="{chip}"][aria-pressed="true"]', timeout=10_000)
    # The next paper's letters start at its first code.
    press(page, "j", "s", "Space")
    page.locator('.sv-paper code:has-text("p03")').wait_for(timeout=30_000)
    rows = stored(root, "codings", [], coder="small")
    assert [(r["paper"], r["code"]) for r in rows] == [
        ("p02", "training"),
        ("p02", "llm-as-judge"),
        ("p02", "reward-hacking"),
        ("p03", "llm-as-judge"),
    ]
    assert heard.errors == []
    page.close()


def test_a_notebook_that_names_no_kernel_is_said_to_and_not_waited_for(lab: Lab, browser: Browser) -> None:
    with pytest.raises(
        AssertionError, match=r"(?s)nameless\.ipynb: no kernel answered within 6 s .*kernelspec"
    ):
        open_notebook(browser, lab.address, "notebooks/nameless.ipynb", patience=6)
