"""Widgets in a browser without Jupyter: what is found, what is shown before it is sent, and what is told after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.coded import coded, keep, know, listed, whole
from tests.lab import bare, browser
from tests.test_cli import REPOSITORY
from tests.test_coding import aloof
from tests.test_widgets import NEW, OLD, reworded
from workbench.corpus import stored
from workbench.widgets.adjudication import AdjudicationWidget
from workbench.widgets.base import Widget
from workbench.widgets.coding import CodingWidget
from workbench.widgets.graph import GraphWidget
from workbench.widgets.matrix import MatrixWidget
from workbench.widgets.verification import VerificationWidget

__all__ = ["browser"]  # a fixture

SCHEMA = "coding_schema/schema.yaml"


@pytest.fixture
def root(survey: Path) -> Path:
    """Two papers are in; eva and adam are human."""
    know(survey, "adam", "human")
    listed(survey, "p01", "p02")
    keep(survey, "p01", "p02")
    return survey


# ---- the type-ahead


@pytest.fixture(scope="module")
def asked(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The widget under the real schema, with its finder at hand; nothing is in, so that nothing can be coded."""
    root = tmp_path_factory.mktemp("finder")
    (root / "corpus").mkdir()
    (root / "coding_schema").mkdir()
    shutil.copy(REPOSITORY / SCHEMA, root / SCHEMA)
    (root / "corpus/coders.yaml").write_text(
        "- id: eva\n  kind: human\n  since: 2026-11-24\n", encoding="utf-8"
    )
    widget = CodingWidget(root, "eva")
    page = bare(browser, widget, "found")
    answer = widget.act({"n": 0, "view": "other", "name": "open"})
    page.evaluate("s => { window.seen = s; }", answer["state"])
    return page


@pytest.mark.parametrize(
    ("typed", "mode"),
    [
        ("lying", "evaluator-deception"),
        ("deception", "evaluator-deception"),
        ("cot", "unfaithful-reasoning"),
        ("Chain of Thought", "unfaithful-reasoning"),
        ("data leak", "contamination"),
        ("memorization", "contamination"),
        ("reward hacking", "specification-gaming"),
        ("gaming", "specification-gaming"),
        ("jailbreaks", "adversarial-fragility"),
        ("goodhart", "reward-overoptimization"),
        ("overoptimization", "reward-overoptimization"),
        ("ceiling", "saturation"),
        ("scheming", "alignment-faking"),
        ("sae", "interpretability-illusion"),
        ("unlearning", "superficial-unlearning"),
        ("over-refusal", "over-refusal"),
        ("error bars", "statistical-fragility"),
        ("outdated", "staleness"),
        ("transparency", "disclosure-gap"),
        ("asr", "attack-metric-inflation"),
        ("judge bi", "judge-bias"),
        ("yes-man", "sycophancy"),
        ("ood", "distribution-shift"),
    ],
)
def test_everyday_words_find_the_right_mode_first(asked: Page, typed: str, mode: str) -> None:
    listed_ = asked.evaluate(
        "q => window.found({ state: window.seen, ui: { query: q } }).map((hit) => hit.c.id)", typed
    )
    assert listed_[:1] == [mode]


def test_a_word_is_found_in_a_definition_at_its_beginning_only(asked: Page) -> None:
    find = "q => window.found({ state: window.seen, ui: { query: q } }).map((hit) => [hit.c.id, hit.why])"
    assert ["shallow-safety", "in its definition"] in asked.evaluate(find, "thin mechanism")
    assert asked.evaluate(find, "aligning hidd") != []  # nothing holds both: their stems
    assert asked.evaluate(find, "xyzzy") == []
    assert len(asked.evaluate(find, "")) == 39


# ---- what is shown before anything is sent


def answered(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('.sv-saved[data-saved=saving]')", timeout=30_000)


def names(page: Page) -> list[str]:
    return [m["name"] for m in page.sent]  # type: ignore[attr-defined]


def test_a_code_that_stands_alone_is_not_sent_beside_another_and_it_says_why(
    root: Path, browser: Browser
) -> None:
    aloof(root)
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("o")
    page.keyboard.press("Space")
    answered(page)
    page.keyboard.press("ArrowRight")
    why = "Training stands alone: take back Training, or give Selection instead."
    assert page.get_by_text(why).is_visible()  # at the focus, before a key
    chip = page.locator('[data-id="optimisation_pressure/selection"]')
    assert (chip.get_attribute("aria-disabled"), chip.get_attribute("title")) == ("true", why)
    sent = names(page)
    page.keyboard.press("Space")
    chip.dispatch_event("click")
    assert names(page) == sent
    assert [r["code"] for r in stored(root, "codings", [], coder="eva")] == ["training"]
    page.keyboard.press("i")  # one step, so that it works on a paper that is signed off too
    answered(page)
    page.keyboard.press("ArrowLeft")
    assert page.get_by_text(
        "Training stands alone: take back Selection, or give Training instead."
    ).is_visible()
    rows = {r["code"]: (r["state"], r["principal"]) for r in stored(root, "codings", [], coder="eva")}
    assert rows == {"selection": ("present", "yes"), "training": ("withdrawn", "")}
    page.keyboard.press("z")
    answered(page)
    rows = {r["code"]: (r["state"], r["principal"]) for r in stored(root, "codings", [], coder="eva")}
    assert rows == {"selection": ("withdrawn", ""), "training": ("present", "yes")}
    page.close()


def test_beside_a_code_stand_its_rules_a_good_and_a_bad_example_and_its_neighbours(
    root: Path, browser: Browser
) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("/")
    page.keyboard.type("judge")
    book = page.locator(".sv-book").inner_text()
    for said in (
        "The judge prefers what is not better.",
        "A judge is swayed.",
        "A human is swayed.",
        "Yes: Longer answers win.",
        "No: Better answers win.",
        "Reward gaming: Nothing is trained here.",
    ):
        assert said in book
    page.close()


def test_pasted_words_are_checked_at_once_and_their_place_is_marked(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("/")
    page.keyboard.type("judge")
    page.keyboard.press("Enter")
    words = page.locator('[data-id="judge-bias-words"]')
    words.wait_for()
    words.focus()
    page.keyboard.insert_text("its score went down while the thing")
    page.get_by_text("does not stand in the text like this").wait_for(timeout=10_000)
    assert page.locator(".sv-paper mark").count() == 0
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("its  score went up\nwhile the thing")
    page.locator(".sv-paper mark.sv-on").wait_for(timeout=10_000)
    assert page.locator(".sv-paper mark.sv-on").inner_text() == "its score went up while the thing"
    assert page.evaluate("() => document.activeElement.dataset.id") == "judge-bias-words"
    assert stored(root, "codings", [], coder="eva") == []
    page.close()


def test_no_information_skipped_and_absent_are_told_apart(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("s")
    page.keyboard.press("n")
    answered(page)
    chips = page.locator('[data-facet="stream"][data-code]')
    assert [c.get_attribute("aria-pressed") for c in chips.all()] == ["mixed", "false"]
    assert [c.get_attribute("aria-label") for c in chips.all()] == [
        "Judges: no information",
        "Rewards: not coded",
    ]
    page.locator('[data-id="skip"]').click()
    page.locator('.sv-paper code:has-text("p02")').wait_for()
    assert page.locator('[data-id="paper"] option').first.inner_text().startswith("\u21b7")  # skipped
    assert [(r["code"], r["state"]) for r in stored(root, "codings", [], coder="eva")] == [
        ("llm-as-judge", "no-information")
    ]
    assert stored(root, "signoffs", [], coder="eva") == []
    page.close()


def test_a_change_after_the_other_coder_became_visible_says_that_it_came_later(
    root: Path, browser: Browser
) -> None:
    coded(root, "adam", *whole("p01", note="Okapi."))
    coded(root, "eva", *whole("p01"))
    widget = CodingWidget(root, "eva")
    page = bare(browser, widget)
    page.locator('[data-id="paper"]').select_option("p01")
    page.get_by_text("Okapi.").wait_for()
    page.locator(".sv").focus()
    page.keyboard.press("s")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    ask = page.locator('[role="alertdialog"]')
    ask.wait_for()
    for said in ("adam signed it off too", "may have seen", "new row", "higher revision"):
        assert said in ask.inner_text()
    assert page.evaluate("() => document.activeElement.dataset.id") == "revise"
    page.keyboard.press("Enter")
    answered(page)
    [row] = [r for r in stored(root, "codings", [], coder="eva") if r["code"] == "reward-hacking"]
    assert (row["state"], row["revision"]) == ("present", "2")
    page.close()


def test_a_paper_that_came_back_shows_what_changed_between_the_wordings(root: Path, browser: Browser) -> None:
    coded(root, "eva", *whole("p02", note="Quagga."))
    reworded(root, "0.2", OLD, NEW)
    page = bare(browser, CodingWidget(root, "eva"))
    back = page.locator('[data-key="back"]')
    assert "This paper came back" in back.inner_text()
    assert f"0.1: {OLD}" in back.inner_text()
    assert f"0.2: {NEW}" in back.inner_text()
    assert back.locator("mark").all_inner_texts() == ["not better.", "worse."]
    assert "judge-bias: present (argues)" in back.inner_text()
    back.locator("summary").click()
    assert "Quagga." in back.inner_text()
    assert page.get_by_text("1 came back: the wording changed").is_visible()
    page.close()


# ---- a verification said by mistake


def test_who_verified_by_mistake_is_told_how_to_change_it(root: Path, browser: Browser) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01"))
    page = bare(browser, VerificationWidget(root, "eva"))
    page.locator('[data-id="reveal"]').click()
    page.locator(".sv-columns").wait_for()
    page.keyboard.press("z")
    assert page.get_by_text("A word is not taken back").first.is_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    answered(page)
    told = page.locator('[data-key="change"]')
    assert told.inner_text() == (
        "By mistake? Reject (r) or Correct (e) instead: that becomes revision 2 and counts, and this one stays on "
        "record. It cannot be unsaid."
    )
    page.keyboard.press("r")
    page.get_by_text("you rejected it").wait_for()
    rows = stored(root, "verifications", [], coder="eva")
    assert [(r["outcome"], r["revision"]) for r in rows] == [("confirm", "1"), ("reject", "2")]
    # The paper has no failure mode left, and stays at hand for who rejected by mistake.
    assert page.get_by_text("1 of 1 papers").is_visible()
    page.keyboard.press("c")
    page.get_by_text("you confirmed it").wait_for()
    page.close()


def test_a_code_added_by_mistake_is_taken_back_and_given_after_all(root: Path, browser: Browser) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01"))
    page = bare(browser, VerificationWidget(root, "eva"))
    page.locator('[data-id="reveal"]').click()
    page.locator('[data-id="add"]').select_option("stream/reward-hacking")
    page.locator('[data-id="stream/reward-hacking-say"]').click()
    card = page.locator('[data-row][data-key="stream/reward-hacking"]')
    card.get_by_text("you added it").wait_for()
    page.locator('[data-id="stream/reward-hacking"]').focus()
    assert "Take it back (r) or change it (e)" in card.locator('[data-key="change"]').inner_text()
    page.keyboard.press("r")
    card.get_by_text("you rejected it").wait_for()
    page.keyboard.press("e")
    page.locator('[data-id="stream/reward-hacking-say"]').click()
    card.get_by_text("you added it").wait_for()
    rows = stored(root, "verifications", [], coder="eva")
    assert [(r["code"], r["outcome"], r["revision"]) for r in rows] == [
        ("reward-hacking", "add", "1"),
        ("reward-hacking", "reject", "2"),
        ("reward-hacking", "add", "3"),
    ]
    page.close()


def test_a_code_is_added_instead_of_one_that_stands_alone_in_one_step(root: Path, browser: Browser) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01"))
    aloof(root)
    page = bare(browser, VerificationWidget(root, "eva"))
    page.locator('[data-id="reveal"]').click()
    page.locator('[data-id="add"]').select_option("optimisation_pressure/selection")
    page.locator('[data-id="optimisation_pressure/selection-say"]').wait_for()
    page.locator('[data-id="selection-principal-yes"]').check()
    answered(page)
    button = page.locator('[data-id="optimisation_pressure/selection-say"]')
    assert button.inner_text() == "Add this code and reject Training"
    button.click()
    page.get_by_text("you added it").wait_for()
    rows = stored(root, "verifications", [], coder="eva")
    assert [(r["code"], r["outcome"]) for r in rows] == [("selection", "add"), ("training", "reject")]
    page.close()


# ---- keys, in every widget


@pytest.mark.parametrize(
    "kind", [CodingWidget, VerificationWidget, AdjudicationWidget, MatrixWidget, GraphWidget]
)
def test_no_key_but_tab_gets_out_of_a_widget_and_tab_and_esc_always_leave(
    root: Path, browser: Browser, kind: Callable[..., Widget]
) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01", level="argues" if coder == "pass-a" else "measures"), *whole("p02"))
    page = bare(browser, kind(root, "eva") if kind not in (MatrixWidget, GraphWidget) else kind(root))
    page.evaluate(
        """() => {
            window.out = [];
            for (const type of ["keydown", "keyup", "keypress"])
                document.addEventListener(type, (e) => window.out.push(e.key));
            const after = document.createElement("button");
            after.id = "after";
            document.body.append(after);
        }"""
    )
    page.locator(".sv").focus()
    for one in (
        "a",
        "b",
        "c",
        "d",
        "d",
        "x",
        "y",
        "z",
        "1",
        "Enter",
        "Space",
        "Shift+Enter",
        "Control+Enter",
        "ArrowDown",
    ):
        page.keyboard.press(one)
    assert page.evaluate("() => window.out") == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")  # the first may have closed a list, or left a field
    assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)")
    page.locator(".sv").focus()
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)"):
            break
    else:
        raise AssertionError("Tab never leaves")
    page.close()
