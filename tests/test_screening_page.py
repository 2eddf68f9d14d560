"""The screening widget in a browser without Jupyter: what it says where a text is missing, and of full texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.lab import accessibility_faults, bare, browser
from tests.once import once
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.store.bibliography import PAPERS, Entry, papers_text
from workbench.store.corpus import stored
from workbench.store.files import Row, replace_all, writing
from workbench.store.texts import ABSTRACTS, FULL_TEXTS
from workbench.widgets.screening import MEASURED_IN, ScreeningWidget

__all__ = ["browser"]  # a fixture


@pytest.fixture
@once
def drawn(survey: Path) -> Path:
    """The small survey with its first blocks drawn; every paper has a DOI and an arXiv id."""
    entries = [
        Entry(
            f"p{n:02}",
            "misc",
            f"On the proxy number {n}",
            year=2024,
            doi=f"10.1000/{n}",
            arxiv_id=f"2401.{n:05}",
        )
        for n in range(1, 61)
    ]
    with writing(survey):
        replace_all(survey, {PAPERS: papers_text(entries)})
    sample(survey)
    return survey


def taken_in(root: Path) -> list[str]:
    """Let two take in the first two papers drawn, and return them."""
    papers = [r["paper"] for r in stored(root, "sample", [])][:2]
    rows: list[Row] = [
        {"paper": p, "decision": "include", "streams": "llm-as-judge", "_line": "1", "_file": "x"}
        for p in papers
    ]
    screen(root, "pass-a", rows, run="r", batch="b")
    screen(root, "eva", rows)
    return papers


def press(page: Page, *keys: str) -> None:
    """Press keys once the record has been in sight for long enough; wait for what they wrote."""
    page.wait_for_timeout(500)
    page.locator(".sv").focus()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function("() => !document.querySelector('.sv-saved[data-saved=saving]')", timeout=30_000)


def pressed(page: Page, button: Locator) -> None:
    """Press and release the mouse as a person does; the button must not move in between."""
    stood = button.bounding_box()
    assert stood
    page.mouse.move(stood["x"] + stood["width"] / 2, stood["y"] + stood["height"] / 2)
    page.mouse.down()
    page.wait_for_timeout(100)
    assert button.bounding_box() == stood
    page.mouse.up()


def focused(page: Page) -> str:
    """What has the focus: ``frame``, ``notebook`` where nothing of the widget has it, or the name of an element."""
    return str(
        page.evaluate(
            """() => { const at = document.activeElement, frame = document.querySelector('.sv');
                       return at === frame ? 'frame' : frame.contains(at) ? at.tagName : 'notebook'; }"""
        )
    )


def key_of(page: Page) -> str:
    return page.locator(".sc-record code").first.inner_text()


def shown_within(page: Page, selector: str) -> bool:
    """Whether a part stands in the window as a whole."""
    return bool(
        page.evaluate(
            """s => { const r = document.querySelector(s).getBoundingClientRect();
                      return r.top >= 0 && r.bottom <= innerHeight; }""",
            selector,
        )
    )


def decided(root: Path) -> list[str]:
    return sorted(r["decision"] for r in stored(root, "screening", [], coder="eva"))


def test_pressed_by_mouse_no_button_moves_and_every_press_counts(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    page.set_viewport_size({"width": 1000, "height": 900})
    include = page.locator('.sc-decide [data-key="i"]')
    came_to: list[str] = []
    for key, asks in (("i", True), ("i", False), ("u", True), ("u", False), ("other-field", False)):
        page.wait_for_timeout(500)
        stood = include.bounding_box()
        # The focus is in the note, as after writing one: leaving it must move nothing either.
        page.locator(".sc-note").focus()
        pressed(page, page.locator(f'.sc-decide [data-key="{key}"]'))
        page.wait_for_function("() => !document.querySelector('.sv-saved[data-saved=saving]')")
        assert include.bounding_box() == stood
        assert page.locator(".sc-told[data-asks]").count() == int(asks)
        if not asks:
            came_to.append({"i": "include", "u": "unsure"}.get(key, "exclude"))
        assert decided(drawn) == sorted(came_to)
    # A stream that is named stands out, and pushes no other away.
    second = page.locator(".sc-streams button").nth(1)
    stood = second.bounding_box()
    pressed(page, page.locator(".sc-streams button").first)
    assert page.locator(".sc-streams button").first.get_attribute("aria-pressed") == "true"
    assert second.bounding_box() == stood
    page.close()


def test_after_a_decision_and_after_undo_no_button_has_the_focus(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    pressed(page, page.locator(".sc-streams button").first)
    page.wait_for_timeout(500)
    first = key_of(page)
    pressed(page, page.locator('.sc-decide [data-key="i"]'))
    page.wait_for_function("was => document.querySelector('.sc-record code').innerText !== was", arg=first)
    assert focused(page) == "frame"
    assert page.locator(".sc-told").inner_text().startswith("included: ")
    page.wait_for_timeout(500)
    for key in ("Enter", " "):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert decided(drawn) == ["include"]
    second = key_of(page)
    pressed(page, page.get_by_role("button", name="Back to the last"))
    page.wait_for_function("was => document.querySelector('.sc-record code').innerText === was", arg=first)
    assert focused(page) == "frame"
    page.wait_for_function(
        "() => document.querySelector('.sv-live').textContent.startsWith('Decided before: On the proxy number')"
    )
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    page.keyboard.press(" ")
    pressed(page, page.get_by_role("button", name="Leave it, go on"))
    page.wait_for_function("was => document.querySelector('.sc-record code').innerText === was", arg=second)
    assert focused(page) == "frame"
    # From the list too; and by the key, with the focus on a button.
    page.locator('.sc-decide [data-key="i"]').focus()
    press(page, "1")
    page.locator('.sc-decide [data-key="u"]').focus()
    page.keyboard.press("z")
    page.wait_for_function("was => document.querySelector('.sc-record code').innerText === was", arg=second)
    assert focused(page) == "frame"
    assert decided(drawn) == ["exclude", "include"]
    page.close()


def test_the_new_record_is_in_sight_with_its_buttons_in_a_window_of_900(
    drawn: Path, browser: Browser
) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    # What Lab shows of a notebook in a window of 900 is 780 high; above and below stand other cells.
    page.set_viewport_size({"width": 950, "height": 780})
    page.add_style_tag(content="main { padding: 900px 0 }")
    for key in ("1", "2"):
        page.locator(".sc-recall").scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        assert not shown_within(page, ".sc-title")
        page.evaluate("() => document.querySelector('.sv').focus({ preventScroll: true })")
        page.keyboard.press(key)
        page.wait_for_function("() => /^excluded/.test(document.querySelector('.sv-live').textContent)")
        assert page.locator(".sv-live").inner_text().endswith(page.locator(".sc-title").inner_text())
        for part in (".sc-bar", ".sc-title", ".sc-record", ".sc-choices"):
            assert shown_within(page, part), part
        page.evaluate("() => { document.querySelector('.sv-live').textContent = ''; }")
    page.close()


def test_the_list_of_decisions_opens_beside_the_record_in_sight(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    page.set_viewport_size({"width": 950, "height": 780})
    press(page, "1")
    first = page.locator(".sc-title").inner_text()
    page.keyboard.press("x")
    page.locator(".sc-list").wait_for()
    assert shown_within(page, ".sc-list")
    listed, record = (page.locator(s).bounding_box() for s in (".sc-list", ".sc-record"))
    assert listed
    assert record
    assert listed["y"] == record["y"]
    assert listed["x"] > record["x"] + record["width"]
    assert page.locator(".sc-list h4").inner_text() == "Your one decision"
    page.wait_for_function("() => document.querySelector('.sv-live').textContent === 'Your one decision'")
    assert page.locator(".sc-title").inner_text() == first
    assert accessibility_faults(page, ".sv") == []
    pressed(page, page.locator(".sc-list button"))
    page.get_by_text("It stands until you decide anew").first.wait_for()
    assert focused(page) == "frame"
    page.keyboard.press("x")
    page.locator(".sc-rules").wait_for()
    page.close()


def test_levels_and_failure_modes_are_one_key_away(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    levels, modes = (page.locator(".sc-codes details").nth(n) for n in (0, 1))
    assert not levels.locator("li").first.is_visible()
    page.locator(".sv").focus()
    page.keyboard.press("c")
    assert levels.locator("li").all_inner_texts()[3] == "measures: A number for the mode itself."
    assert modes.locator("li").all_inner_texts()[0] == (
        "Judge bias (evaluation): The judge prefers what is not better."
    )
    # They stay open with the next record, and shut by the same key; from the list of decisions the key leads back.
    press(page, "1")
    assert modes.locator("li").first.is_visible()
    page.keyboard.press("c")
    assert not modes.locator("li").first.is_visible()
    page.keyboard.press("x")
    page.locator(".sc-list").wait_for()
    page.keyboard.press("c")
    modes.locator("li").first.wait_for()
    page.close()


def test_the_first_esc_goes_to_the_frame_from_everything_and_the_second_leaves(
    drawn: Path, browser: Browser
) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    press(page, "1")
    stops = page.locator(".sv :is(button:not(:disabled), select, textarea, summary, a[href], [tabindex='0'])")
    kinds = set()
    for n in range(stops.count()):
        stop = stops.nth(n)
        stop.focus()
        kinds.add(stop.evaluate("e => e.tagName"))
        page.keyboard.press("Escape")
        assert focused(page) == "frame", stop.evaluate("e => e.outerHTML.slice(0, 80)")
    assert kinds >= {"BUTTON", "SELECT", "TEXTAREA", "SUMMARY", "A", "DIV", "SECTION"}
    page.keyboard.press("Escape")
    assert focused(page) == "notebook"
    page.close()


def test_where_the_learner_is_chosen_it_says_that_it_has_little_to_go_by(
    drawn: Path, browser: Browser
) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    press(page, "1")
    order = page.locator(".sc-order")
    assert order.locator("option").all_inner_texts()[2] == "by the learner (a guess before 10 of each)"
    order.select_option("learner")
    page.get_by_text(
        "The learner has 0 in and 1 out to go by: until 10 of each its order is a guess."
    ).first.wait_for()
    assert order.input_value() == "learner"
    page.close()


def test_no_key_breaks_out_of_its_box(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    press(page, "1")
    for width in (1400, 950, 700):
        page.set_viewport_size({"width": width, "height": 900})
        broken = page.locator(".sv kbd").evaluate_all(
            "all => all.filter((k) => k.getClientRects().length !== 1 || k.scrollWidth > k.clientWidth + 1)"
            ".map((k) => k.textContent)"
        )
        assert page.locator(".sv kbd").count() > 10
        assert broken == []
    page.close()


def test_where_no_abstract_is_in_hand_the_widget_links_to_it_and_says_how_to_bring_it(
    drawn: Path, browser: Browser
) -> None:
    (drawn / ABSTRACTS).rename(kept := drawn / "kept")
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    key = page.locator(".sc-record code").first.inner_text()
    note = page.locator('.sc-record [data-key="note"]')
    n = int(key.removeprefix("p"))
    assert [a.get_attribute("href") for a in note.locator("a").all()] == [
        f"https://doi.org/10.1000/{n}",
        f"https://arxiv.org/abs/2401.{n:05}",
    ]
    assert note.locator("code").all_inner_texts() == [
        "survey abstracts --zotero groups/NUMBER",
        "survey abstracts --from FILE",
    ]
    assert note.locator("select").input_value() == "title"
    assert accessibility_faults(page, ".sv") == []
    kept.rename(drawn / ABSTRACTS)
    note.get_by_role("button", name="Look again").click()
    page.locator(".sc-abstract").wait_for()
    assert "its score went up" in page.locator(".sc-abstract").inner_text()
    assert note.count() == 0
    press(page, "1")
    assert [r["basis"] for r in stored(drawn, "screening", [], coder="eva")] == ["abstract"]
    page.close()


def test_who_goes_back_is_told_what_a_change_will_be_and_may_leave_it(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    first = page.locator(".sc-record code").first.inner_text()
    press(page, "1")
    press(page, "z")
    assert page.locator(".sc-record code").first.inner_text() == first
    told = page.locator(".sc-record").inner_text()
    assert "excluded (other-field). It stands until you decide anew, which becomes revision 2." in told
    press(page, "o")
    assert page.locator(".sc-record code").first.inner_text() != first
    press(page, "z")
    press(page, "2")
    rows = stored(drawn, "screening", [], coder="eva")
    assert [(r["paper"], r["revision"], r["reason"]) for r in rows] == [
        (first, "1", "other-field"),
        (first, "2", "other-system"),
    ]
    page.close()


def test_beside_the_advice_to_stop_stands_how_often_it_was_wrong(drawn: Path, browser: Browser) -> None:
    page = bare(browser, ScreeningWidget(drawn, "eva"))
    told = page.locator(".sc-recall").inner_text()
    assert "missed the 95% in 3.9% of runs" in told
    assert page.locator(".sc-recall code").all_inner_texts() == [MEASURED_IN]
    page.close()


def test_a_full_text_is_shown_in_paragraphs_and_its_absence_with_the_place_to_put_it(
    drawn: Path, browser: Browser
) -> None:
    papers = taken_in(drawn)
    (drawn / FULL_TEXTS).mkdir(parents=True)
    (drawn / FULL_TEXTS / f"{papers[0]}.txt").write_text("A title\nOne\nline.\n\n<b>Two</b>.\n", "utf-8")
    widget = ScreeningWidget(drawn, "eva", stage="full-text")
    widget.act({"n": 0, "view": "", "name": "show", "paper": papers[0]})
    page = bare(browser, widget)
    assert page.get_by_text("Screening full texts as eva").first.is_visible()
    assert page.get_by_text("0 of 2 decided").first.is_visible()
    assert page.locator(".sc-abstract").all_inner_texts() == ["One line.", "<b>Two</b>."]
    assert "From title and abstract you included it" in page.locator(".sc-record").inner_text()
    assert "pending, and in no count" in page.locator(".sc-recall").inner_text()
    # The streams named before are there again.
    assert page.locator('.sc-streams [data-key="llm-as-judge"]').get_attribute("aria-pressed") == "true"
    assert accessibility_faults(page, ".sv") == []
    press(page, "i")
    note = page.locator('.sc-record [data-key="note"]')
    assert f".cache/texts/full/{papers[1]}.txt" in note.inner_text()
    assert note.locator("a").count() == 2
    assert "its score went up" in page.locator(".sc-abstract").inner_text()
    note.locator("select").select_option("full-text")
    press(page, "1")
    assert page.get_by_text("Every full text is decided.").first.is_visible()
    rows = {r["paper"]: r for r in stored(drawn, "screening", [], coder="eva") if r["stage"] == "full-text"}
    assert [(rows[p]["decision"], rows[p]["basis"]) for p in papers] == [
        ("include", "full-text"),
        ("exclude", "full-text"),
    ]
    assert rows[papers[0]]["streams"] == "llm-as-judge"
    page.close()
