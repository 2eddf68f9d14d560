"""The screening widget in a browser without Jupyter: what it says where a text is missing, and of full texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.lab import accessibility_faults, bare, browser
from workbench.bibliography import PAPERS, Entry, papers_text
from workbench.corpus import stored
from workbench.files import Row, replace_all, writing
from workbench.sampling import sample
from workbench.screening import screen
from workbench.texts import ABSTRACTS, FULL_TEXTS
from workbench.widgets.screening import MEASURED_IN, ScreeningWidget

__all__ = ["browser"]  # a fixture


@pytest.fixture
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
    assert page.get_by_text("Screening full texts as eva").is_visible()
    assert page.get_by_text("0 of 2 decided").is_visible()
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
    assert page.get_by_text("Every full text is decided.").is_visible()
    rows = {r["paper"]: r for r in stored(drawn, "screening", [], coder="eva") if r["stage"] == "full-text"}
    assert [(rows[p]["decision"], rows[p]["basis"]) for p in papers] == [
        ("include", "full-text"),
        ("exclude", "full-text"),
    ]
    assert rows[papers[0]]["streams"] == "llm-as-judge"
    page.close()
