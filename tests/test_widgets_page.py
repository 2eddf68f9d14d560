"""Widgets in a browser without Jupyter: what is found, what is shown before it is sent, and what is told after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.coded import coded, keep, know, listed, stream, whole
from tests.lab import bare, browser, click
from tests.once import once
from tests.test_cli import REPOSITORY
from tests.test_coding import aloof
from tests.test_widgets import NEW, OLD, reworded
from workbench.store.corpus import stored
from workbench.widgets.adjudication import AdjudicationWidget
from workbench.widgets.base import Widget
from workbench.widgets.coding import CodingWidget
from workbench.widgets.graph import GraphWidget
from workbench.widgets.matrix import MatrixWidget
from workbench.widgets.verification import VerificationWidget

__all__ = ["browser"]  # a fixture

SCHEMA = "coding_schema/schema.yaml"


@pytest.fixture
@once
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
    know(root, "eva", "human")
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
    ).first.is_visible()
    rows = {r["code"]: (r["state"], r["principal"]) for r in stored(root, "codings", [], coder="eva")}
    assert rows == {"selection": ("present", "yes")}  # before sign-off what is taken back leaves no row
    page.keyboard.press("z")
    answered(page)
    rows = {r["code"]: (r["state"], r["principal"]) for r in stored(root, "codings", [], coder="eva")}
    assert rows == {"training": ("present", "yes")}
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
    page.get_by_text("does not stand in the text like this").first.wait_for(timeout=10_000)
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
    assert page.locator('[data-id="paper"] option').first.inner_text().endswith("\u21b7 skipped")
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
    page.get_by_text("Okapi.").first.wait_for()
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
    assert page.get_by_text("1 came back: the wording changed").first.is_visible()
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
    page.get_by_text("you rejected it").first.wait_for()
    rows = stored(root, "verifications", [], coder="eva")
    assert [(r["outcome"], r["revision"]) for r in rows] == [("confirm", "1"), ("reject", "2")]
    # The paper has no failure mode left, and stays at hand for who rejected by mistake.
    assert page.get_by_text("0 of 1 papers wholly verified").first.is_visible()
    assert (
        page.locator('[data-id="paper"] option').inner_text()
        == "On the proxy number 1 \u00b7 1 of 3 verified"
    )
    page.keyboard.press("c")
    page.get_by_text("you confirmed it").first.wait_for()
    page.close()


def test_a_code_added_by_mistake_is_taken_back_and_given_after_all(root: Path, browser: Browser) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01"))
    page = bare(browser, VerificationWidget(root, "eva"))
    page.locator('[data-id="reveal"]').click()
    page.locator('[data-id="add"]').select_option("stream/reward-hacking")
    page.locator('[data-id="stream/reward-hacking-say"]').click()
    card = page.locator('[data-row][data-key="stream/reward-hacking"]')
    card.get_by_text("you added it").first.wait_for()
    page.locator('[data-id="stream/reward-hacking"]').focus()
    assert "Take it back (r) or change it (e)" in card.locator('[data-key="change"]').inner_text()
    page.keyboard.press("r")
    card.get_by_text("you rejected it").first.wait_for()
    page.keyboard.press("e")
    page.locator('[data-id="stream/reward-hacking-say"]').click()
    card.get_by_text("you added it").first.wait_for()
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
    page.get_by_text("you added it").first.wait_for()
    rows = stored(root, "verifications", [], coder="eva")
    assert [(r["code"], r["outcome"]) for r in rows] == [("selection", "add"), ("training", "reject")]
    page.close()


# ---- as a person presses: a click is held for a tenth of a second, and what is under the pointer stays there


def focused(page: Page) -> str:
    """Say what has the focus: its data-id, ``frame``, or ``body`` where the widget has lost it."""
    return str(
        page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return "body";
                return at.classList.contains("sv") ? "frame" : at.dataset.id || at.className;
            }"""
        )
    )


def answering(browser: Browser, widget: Widget, height: int = 1400) -> Page:
    page = bare(browser, widget)
    page.set_viewport_size({"width": 1400, "height": height})
    return page


def test_a_held_click_on_a_chip_further_down_is_not_lost(root: Path, browser: Browser) -> None:
    page = answering(browser, CodingWidget(root, "eva"), 900)
    for chip in ("stream/llm-as-judge", "optimisation_pressure/training", "stream/reward-hacking"):
        click(page, f'[data-id="{chip}"]')
        answered(page)
        assert page.locator(f'[data-id="{chip}"]').get_attribute("aria-pressed") == "true"
    assert {r["code"]: r["state"] for r in stored(root, "codings", [], coder="eva")} == {
        "llm-as-judge": "present",
        "reward-hacking": "present",
        "training": "present",
    }
    page.close()


def test_nothing_moves_between_press_and_release_though_the_answer_comes_in_between(
    root: Path, browser: Browser
) -> None:
    page = answering(browser, CodingWidget(root, "eva"))
    click(page, '[data-id="stream/llm-as-judge"]')
    answered(page)
    target = page.locator('[data-id="optimisation_pressure/training"]')
    box = target.bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    # Another code is in hand from now on, and before the release Python has answered: no information.
    page.keyboard.press("n")
    answered(page)
    assert [r["state"] for r in stored(root, "codings", [], coder="eva")] == ["no-information", "present"]
    assert target.bounding_box() == box
    assert page.get_by_text("Judges:", exact=True).first.is_visible()
    page.mouse.up()
    answered(page)
    assert target.get_attribute("aria-pressed") == "true"
    assert page.get_by_text("Training:", exact=True).first.is_visible()
    page.close()


def test_a_held_click_takes_what_the_lists_offer(root: Path, browser: Browser) -> None:
    page = answering(browser, CodingWidget(root, "eva"))
    click(page, '[data-id="search"]')
    page.keyboard.type("judge")
    click(page, '.sv-search [role="option"]')
    words = page.locator('[data-id="judge-bias-words"]')
    words.wait_for()
    click(page, '[data-id="judge-bias-words"]')
    page.keyboard.type("went up while")
    click(page, '.sv-sentences [role="option"]')
    page.locator(".sv-paper mark.sv-on").wait_for(timeout=10_000)
    assert words.input_value().startswith("We look at proxy")
    page.close()


def test_a_held_reject_after_a_confirm_is_not_lost(root: Path, browser: Browser) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01"), stream("p01", "reward-hacking"))
    page = answering(browser, VerificationWidget(root, "eva"), 900)
    click(page, '[data-id="reveal"]')
    page.locator(".sv-columns").wait_for()
    click(page, '[data-id="failure_mode/judge-bias-confirm"]')
    answered(page)
    click(page, '[data-id="stream/reward-hacking-reject"]')
    page.get_by_text("you rejected it").first.wait_for()
    assert "sv-ok" not in str(page.get_by_text("you rejected it").get_attribute("class"))
    rows = stored(root, "verifications", [], coder="eva")
    assert {r["code"]: r["outcome"] for r in rows} == {"judge-bias": "confirm", "reward-hacking": "reject"}
    page.close()


# ---- where the focus is, and what keys do there


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        (
            CodingWidget,
            ["search", "stream/llm-as-judge", "paper", "judge-bias-words", "judge-bias-level-argues"],
        ),
        (VerificationWidget, ["failure_mode/judge-bias-confirm", "failure_mode/judge-bias-why", "add"]),
        (AdjudicationWidget, [".ad-rationale", ".ad-side button", ".ad-queue button"]),
    ],
)
def test_the_first_esc_goes_to_the_frame_and_the_second_leaves(
    root: Path, browser: Browser, kind: Callable[..., Widget], places: list[str]
) -> None:
    for coder in ("pass-a", "pass-b"):
        coded(
            root,
            coder,
            *whole(
                "p01", level="argues" if kind is not AdjudicationWidget or coder == "pass-a" else "measures"
            ),
        )
    page = answering(browser, kind(root, "eva"))
    if kind is CodingWidget:
        page.locator('[data-id="paper"]').select_option("p02")
        page.locator('.sv-paper code:has-text("p02")').wait_for()
        open_card(page)
    elif kind is VerificationWidget:
        page.locator('[data-id="reveal"]').click()
    for place in places:
        at = page.locator(place if place.startswith(".") else f'[data-id="{place}"]').first
        at.focus()
        page.keyboard.press("Escape")
        assert focused(page) == "frame", place
        page.keyboard.press("Escape")
        assert page.evaluate("() => !document.querySelector('.sv').contains(document.activeElement)"), place
    page.close()


def open_card(page: Page) -> None:
    page.locator(".sv").focus()
    page.keyboard.press("/")
    page.keyboard.type("judge")
    page.keyboard.press("Enter")
    page.locator('[data-id="judge-bias-words"]').wait_for()


def test_facet_letters_start_at_the_first_code_of_a_new_paper(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("s")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    answered(page)
    page.keyboard.press("j")
    page.locator('.sv-paper code:has-text("p02")').wait_for()
    page.keyboard.press("s")
    assert focused(page) == "stream/llm-as-judge"
    page.close()


def test_a_new_paper_begins_at_its_beginning_with_the_focus_on_the_frame(
    root: Path, browser: Browser
) -> None:
    page = answering(browser, CodingWidget(root, "eva"), 300)
    page.add_style_tag(content=".sv .sv-columns { height: 200px !important; }")
    page.locator(".sv").focus()
    page.keyboard.press("o")
    assert page.evaluate("() => document.querySelector('.sv-right').scrollTop") > 0
    page.keyboard.press("j")
    page.locator('.sv-paper code:has-text("p02")').wait_for()
    assert focused(page) == "frame"
    page.keyboard.press("Space")
    assert page.evaluate("() => document.querySelector('.sv-right').scrollTop") == 0
    page.wait_for_function(
        "() => document.querySelector('.sv-live').textContent.startsWith('Next paper: On the proxy')"
    )
    assert stored(root, "codings", [], coder="eva") == []
    page.close()


def test_tab_from_the_search_goes_on_to_the_next_field_while_its_list_is_open(
    root: Path, browser: Browser
) -> None:
    shutil.copy(REPOSITORY / SCHEMA, root / SCHEMA)  # so many modes that the list scrolls
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("/")
    found = page.locator(".sv-found")
    assert found.evaluate("e => e.scrollHeight > e.clientHeight")
    page.keyboard.press("Tab")
    page.wait_for_timeout(400)  # the list folds a moment after
    assert found.is_hidden()
    assert focused(page) not in ("body", "frame", "search")
    page.close()


def test_the_search_is_typed_over_and_emptied_by_esc(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    search = page.locator('[data-id="search"]')
    for how in ("key", "hand"):
        page.locator(".sv").focus()
        page.keyboard.press("/")
        page.keyboard.type("judge")
        page.keyboard.press("Tab")
        if how == "key":
            page.keyboard.press("Shift+Tab")
        else:
            click(page, '[data-id="search"]')
        page.keyboard.type("jailbreak")
        assert search.input_value() == "jailbreak", how
        page.keyboard.press("Escape")
        assert (search.input_value(), focused(page)) == ("", "frame")
    page.close()


def test_what_is_typed_where_nothing_is_found_is_no_command(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("/")
    page.keyboard.type("judge")
    assert page.locator(".sv-book h3").inner_text().startswith("Judge bias judge-bias")
    page.keyboard.press("Control+a")
    sent = names(page)
    page.keyboard.type("xyzzy")
    page.keyboard.press("Enter")
    page.keyboard.type("2zjSw?")
    assert names(page) == sent
    assert focused(page) == "search"
    assert page.locator('[data-id="search"]').input_value() == "xyzzy2zjSw?"
    # Beside it no entry that nobody asked for.
    assert page.locator(".sv-book h3").inner_text() == "Failure mode"
    page.close()


def test_with_ctrl_what_the_widget_does_not_use_gets_out_and_what_runs_cells_does_not(
    root: Path, browser: Browser
) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.evaluate(
        """() => {
            window.out = [];
            document.addEventListener("keydown", (e) => {
                const shut = e.target.closest("[data-lm-suppress-shortcuts]");
                window.out.push(`${e.key}${shut ? "" : "!"}`);
            }, true);
        }"""
    )
    page.locator(".sv").focus()
    for pressed in (
        "Control+b",
        "Control+Enter",
        "Alt+Enter",
        "Control+a",
        "Control+s",
        "Control+Shift+m",
        "Alt+3",
    ):
        page.keyboard.press(pressed)
    told = [k for k in page.evaluate("() => window.out") if k not in ("Control", "Alt", "Shift")]
    # Lab looks before the widget does, and leaves alone what stands under the attribute: what has no exclamation mark.
    assert told == ["b!", "Enter", "Enter", "a", "s", "m", "3!"]
    page.wait_for_timeout(50)
    assert page.locator("[data-lm-suppress-shortcuts]").count() == 1
    page.close()


def test_pagedown_turns_the_paper_over_from_any_code(root: Path, browser: Browser) -> None:
    page = answering(browser, CodingWidget(root, "eva"), 500)
    page.add_style_tag(content=".sv .sv-left { grid-template-rows: 60px 1fr !important; }")
    page.locator(".sv").focus()
    page.keyboard.press("s")
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.sv-paper').scrollTop > 0")
    assert focused(page) == "stream/llm-as-judge"
    page.keyboard.press("PageUp")
    page.wait_for_function("() => document.querySelector('.sv-paper').scrollTop === 0")
    page.close()


# ---- what is said, and where


def test_a_refusal_stands_beside_what_was_used_and_so_does_success(root: Path, browser: Browser) -> None:
    page = answering(browser, CodingWidget(root, "eva"), 600)
    click(page, '[data-id="sign"]')
    page.locator(".sv-faults").wait_for()
    assert page.locator(".sv-foot .sv-faults").is_visible()
    assert page.locator(".sv-faults").count() == 1
    assert "stream has 0 code(s)" in page.locator(".sv-foot .sv-faults").inner_text()
    page.locator(".sv").focus()
    for key in ("s", "Space", "o", "Space"):
        page.keyboard.press(key)
        answered(page)
    click(page, '[data-id="sign"]')
    page.get_by_text("Signed off on the abstract").first.wait_for()
    assert focused(page) == "onwards"
    page.wait_for_function("() => document.querySelector('.sv-live').textContent.startsWith('Signed off')")
    # A question after that stands in the facet whose code was changed, and names the change.
    click(page, '[data-id="stream/reward-hacking"]')
    ask = page.locator('[data-place="facet-stream"] [role="alertdialog"]')
    ask.wait_for()
    assert "Rewards: coded, not coded until now" in ask.inner_text()
    page.close()


def test_a_title_is_what_an_entry_of_the_list_begins_with(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("s")
    page.keyboard.press("Space")
    answered(page)
    assert page.locator('[data-id="paper"] option').all_inner_texts() == [
        "On the proxy number 1 \u00b7 \u2026 begun",
        "On the proxy number 2",
    ]
    page.close()


def test_the_others_codes_stay_hidden_until_asked_for_where_the_coder_wants_it_so(
    root: Path, browser: Browser
) -> None:
    for paper in ("p01", "p02"):
        coded(root, "adam", *whole(paper, note=f"Okapi of {paper}."))
        coded(root, "eva", *whole(paper))
    page = bare(browser, CodingWidget(root, "eva"))
    page.locator('[data-id="paper"]').select_option("p01")
    page.get_by_text("Okapi of p01.").first.wait_for()
    click(page, '[data-id="shut"]')
    assert page.get_by_text("Okapi of p01.").count() == 0
    page.locator('[data-id="paper"]').select_option("p02")
    page.get_by_text("One other coder has signed it off too.").first.wait_for()
    assert page.get_by_text("Okapi of p02.").count() == 0
    click(page, '[data-id="unveil"]')
    page.get_by_text("Okapi of p02.").first.wait_for()
    page.close()


def test_round_marks_are_for_one_code_and_square_ones_for_several(root: Path, browser: Browser) -> None:
    schema = root / SCHEMA
    text = schema.read_text("utf-8")
    page = bare(browser, CodingWidget(root, "eva"))
    mark = "e => getComputedStyle(e.querySelector('.sv-tick')).borderTopLeftRadius"
    assert page.locator('[data-facet="stream"][data-code]').first.evaluate(mark) == "2px"
    page.close()
    assert text.count("cardinality: {min: 1, max: null}") >= 1
    schema.write_text(
        text.replace("cardinality: {min: 1, max: null}", "cardinality: {min: 1, max: 1}"), "utf-8"
    )
    page = bare(browser, CodingWidget(root, "eva"))
    assert page.locator('[data-facet="stream"][data-code]').first.evaluate(mark) == "50%"
    page.close()


def test_a_selection_is_taken_out_to_whole_words(root: Path, browser: Browser) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    open_card(page)
    page.evaluate(
        """() => {
            const text = document.querySelector(".sv-abstract"), node = text.firstChild;
            const from = node.data.indexOf("ts score");
            document.getSelection().setBaseAndExtent(node, from, node, node.data.indexOf("thing it sta") + 3);
            text.dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
        }"""
    )
    click(page, '[data-id="judge-bias-use"]')
    page.locator(".sv-paper mark.sv-on").wait_for()
    assert page.locator('[data-id="judge-bias-words"]').input_value() == "its score went up while the thing"
    page.close()


def test_words_are_told_where_they_leave_the_text_and_never_both_found_and_too_few(
    root: Path, browser: Browser
) -> None:
    page = bare(browser, CodingWidget(root, "eva"))
    open_card(page)
    words, told = page.locator('[data-id="judge-bias-words"]'), page.locator('[data-card] [data-key="told"]')
    words.focus()
    page.keyboard.insert_text("its score went down while the thing")
    page.get_by_text('after "its score went" you have "down", the text "up while the"').first.wait_for(
        timeout=10_000
    )
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("its score")
    page.get_by_text("in the text so far; 3 more words of it, please").first.wait_for(timeout=10_000)
    assert "stands in the text" not in told.inner_text()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        " ".join(["its score went up while the thing it stands for did not move at all"] * 4)
    )
    page.wait_for_timeout(100)
    assert words.evaluate("e => e.scrollHeight <= e.clientHeight + 1")  # all of it is seen
    page.close()


@pytest.mark.parametrize("kind", [CodingWidget, VerificationWidget, AdjudicationWidget])
def test_who_is_not_in_the_list_joins_it_and_a_wrong_short_name_is_told(
    root: Path, browser: Browser, kind: Callable[..., Widget]
) -> None:
    page = bare(browser, kind(root))
    assert page.locator(".sv h3").inner_text() == "Who are you?"
    page.locator('[data-id="join-person"]').fill("Your Name")
    page.locator('[data-id="join-id"]').fill("your id")
    click(page, '[data-id="join"]')
    page.get_by_text("use letters, digits and hyphens").first.wait_for()
    page.locator('[data-id="join-id"]').fill("your-id")
    click(page, '[data-id="join"]')
    page.get_by_text("as your-id").first.wait_for()
    assert "name: Your Name" in (root / "corpus/coders/your-id.yaml").read_text("utf-8")
    page.close()


def test_a_choice_leaves_the_keys_commands_and_a_word_is_no_reason(root: Path, browser: Browser) -> None:
    for coder, level in (("pass-a", "argues"), ("pass-b", "measures")):
        coded(root, coder, *whole("p01", level=level))
    page = bare(browser, AdjudicationWidget(root, "eva"))
    assert page.locator(".sv-bar kbd").all_inner_texts()[2:4] == ["1", "2"]
    page.locator(".sv").focus()
    page.keyboard.press("2")
    page.keyboard.press("r")
    assert page.locator(".ad-rationale").input_value() == ""
    page.keyboard.type("r")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Missing: a rationale of more than a word").first.wait_for()
    assert stored(root, "adjudications", []) == []
    page.keyboard.press("Control+a")
    page.keyboard.type("A rate is reported.")
    page.keyboard.press("Control+Enter")
    page.locator(".ad-notes", has_text="1 settled, 0 open.").wait_for()
    assert focused(page) == "frame"
    assert [r["rationale"] for r in stored(root, "adjudications", [])] == ["A rate is reported."]
    page.close()


def test_every_widget_asks_for_the_same_by_the_same_name(root: Path, browser: Browser) -> None:
    for coder, level in (("pass-a", "argues"), ("pass-b", "measures")):
        coded(root, coder, *whole("p02", level=level))
    page = bare(browser, CodingWidget(root, "eva"))
    open_card(page)
    coding = page.locator(".sv-card legend, .sv-card .sv-field label > span").all_inner_texts()
    page.close()
    page = bare(browser, AdjudicationWidget(root, "eva"))
    page.locator(".sv").focus()
    page.keyboard.press("n")
    ruling = page.locator(".ad-new label").all_inner_texts()
    page.close()
    assert {c.removesuffix(" missing") for c in coding} == set(ruling) - {"State"}


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
