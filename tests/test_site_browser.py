"""The reviewer's page in a real browser, from the disk: numbers, filters, links, exports, access, and hostile data."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bibtexparser
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from analysis.coverage import coverage
from analysis.selection import paper_codes
from tests.coded import WORDS, coded, fill, keep, put, ruling, sign, whole
from tests.coder_tables import ASKED
from tests.lab import browser
from tests.once import once
from workbench.answers.answer import in_schema
from workbench.answers.flow_of_records import flow_table
from workbench.answers.measurement import measured
from workbench.answers.measurement_in_words import headline
from workbench.answers.stamp import data_digests, data_stamp
from workbench.doors.adjudication import COLUMNS as RULED
from workbench.doors.adjudication import adjudicate
from workbench.doors.verification import COLUMNS as VERIFIED
from workbench.doors.verification import verify
from workbench.publishing.site.pages import write_site
from workbench.store.batch import read_batch
from workbench.store.bibliography import PAPERS, papers_text, read_papers
from workbench.store.files import replace_all, writing
from workbench.store.survey import Survey, open_survey
from workbench.store.texts import abstracts

__all__ = ["browser"]  # a fixture

DRAWS = 50
#: The grey paper of the fixture.
GREY = "p60"
#: No second request for the style, which the policy forbids; nothing collected but faults.
AXE = {"preload": False, "resultTypes": ["violations"]}
#: A list draws every row alike, and axe takes a minute over a thousand: twelve of each are kept, from first to last.
SOME_ROWS = """() => {
    for (const body of document.querySelectorAll("table.rows tbody")) {
        const every = Math.ceil(body.rows.length / 12);
        [...body.rows].filter((_, n) => n % every).forEach((row) => row.remove());
    }
}"""
PAGES = (
    *(
        "findings",
        "findings?order=share",
        "map",
        "map?rows=stream&columns=failure_mode",
        "under",
        "papers",
        "modes",
        "together",
        "pairs",
        "agreement",
    ),
    *("flow", "flow?box=excluded", "audit", "methods"),
)


@pytest.fixture(scope="module")
def real(pilot: Path) -> Survey:
    return open_survey(pilot)


@pytest.fixture(scope="module")
def final(real: Survey) -> pd.DataFrame:
    return in_schema(real.final, real.codes)


@pytest.fixture(scope="module")
def built(real: Survey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the pilot survey."""
    return written(real, tmp_path_factory.mktemp("site"))


def written(survey: Survey, out: Path) -> Path:
    write_site(survey, out, data_stamp(survey, data_digests(survey.root)))
    return out


class Watched:
    """A page that remembers what it asked for and what went wrong."""

    def __init__(self, context: BrowserContext, site: Path, at: str = "map") -> None:
        self.site, self.asked, self.wrong = site, list[str](), list[str]()
        self.page: Page = context.new_page()
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))
        self.page.on("console", self._heard)
        self.page.goto(f"{(site / 'index.html').as_uri()}#/{at}")
        self.page.wait_for_selector("html[data-started]")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def go(self, at: str) -> None:
        """Show another page and wait until it is drawn."""
        address = at if at.startswith("#") else f"#/{at}"
        self.page.evaluate(
            """async (a) => {
                history.pushState(null, '', a);
                await ESG.refresh({focus: true});
                await ESG.drawn;
            }""",
            address,
        )

    def until(self, condition: str) -> None:
        """Wait until an expression holds; the policy forbids the page to evaluate it by itself."""
        for _ in range(200):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(25)
        raise AssertionError(condition)

    def cells(self) -> dict[str, int]:
        return {
            str(name): int(n)
            for name, n in self.page.eval_on_selector_all(
                "a[data-cell]", "all => all.map(a => [a.dataset.cell, a.dataset.n])"
            )
        }

    def count(self) -> int:
        return int(self.page.locator("[data-count]").first.get_attribute("data-count") or -1)

    def quiet(self) -> None:
        assert self.wrong == []
        assert [u for u in self.asked if not u.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture
def watched(browser: Browser, built: Path) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1300, "height": 900}, accept_downloads=True)
    made = Watched(context, built)
    yield made
    context.close()


def selected(final: pd.DataFrame, **given: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows that filters leave, and what ``coverage`` is to be told, by pandas alone."""
    about = {
        k: given.get(k, d)
        for k, d in (("asked", ASKED), ("min_level", "mentions"), ("grey", "exclude"), ("basis", "abstract"))
    }
    rows = final
    if "years" in given:
        rows = rows[rows["year"].between(*given["years"])]
    if given.get("verified"):
        rows = rows[rows["human_verified"]]
    if "codes" in given:
        held: dict[str, set[str]] = {}
        for facet, code in given["codes"]:
            pairs = paper_codes(rows, facet, **about)
            group = code if given.get("match") == "all" else facet
            held[group] = held.get(group, set()) | set(pairs.loc[pairs["code"] == code, "paper"])
        inside = set.intersection(*held.values())
        rows = rows[rows["paper"].isin(inside)]
    return rows, about


def grid(real: Survey, rows: pd.DataFrame, about: dict[str, Any], across: str, down: str) -> dict[str, int]:
    codes = {f: list(real.codes.loc[real.codes["facet"] == f, "code"]) for f in (across, down)}
    cells = coverage(rows, across, down, row_codes=codes[across], column_codes=codes[down], **about)
    return {f"{a}|{b}": int(n) for a, b, n in zip(cells["row"], cells["column"], cells["n"], strict=True)}


def test_thirty_random_cells_show_list_and_count_the_same_papers(
    watched: Watched, real: Survey, final: pd.DataFrame
) -> None:
    rng = random.Random(20261125)
    facets = ("failure_mode", "stream", "proxy", "latent", "method", "optimisation_pressure")
    seen = 0
    for across, down in (("failure_mode", "stream"), ("method", "failure_mode"), ("proxy", "latent")):
        assert {across, down} <= set(facets)
        rows, about = selected(final)
        cells = coverage(
            rows,
            across,
            down,
            row_codes=list(real.codes.loc[real.codes["facet"] == across, "code"]),
            column_codes=list(real.codes.loc[real.codes["facet"] == down, "code"]),
            **about,
        )
        full = cells[cells["n"] > 0]
        # Eight cells with papers and two without from each grid.
        some = pd.concat(
            [
                full.sample(8, random_state=rng.randrange(9999)),
                cells[cells["n"] == 0].sample(2, random_state=3),
            ]
        )
        watched.go(f"map?rows={across}&columns={down}")
        for row in some.to_dict("records"):
            link = watched.page.locator(f'a[data-cell="{row["row"]}|{row["column"]}"]')
            assert int(link.get_attribute("data-n") or -1) == row["n"]
            shown = "".join(c for c in link.inner_text().split("\n")[0] if c.isdigit())
            assert (shown or "0") == str(row["n"])
            address = link.get_attribute("href") or ""
            watched.go(address)
            assert watched.count() == row["n"]
            listed = watched.page.eval_on_selector_all(
                "table.rows tbody th a[href^='#/paper/']",
                "all => all.map(a => decodeURIComponent(a.hash.split('/')[2].split('?')[0]))",
            )
            assert sorted(listed) == sorted(row["papers"])
            watched.go(f"map?rows={across}&columns={down}")
            seen += 1
    assert seen == 30
    watched.quiet()


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("level=measures", {"min_level": "measures"}),
        ("grey=include&level=argues", {"grey": "include", "min_level": "argues"}),
        ("grey=only", {"grey": "only"}),
        ("from=2024&to=2025", {"years": (2024, 2025)}),
        ("basis=full-text", {"basis": "full-text"}),
        ("verified=yes", {"verified": True}),
        (
            "codes=stream:benchmark-validity,stream:llm-as-judge",
            {"codes": [("stream", "benchmark-validity"), ("stream", "llm-as-judge")]},
        ),
        (
            "codes=stream:benchmark-validity,stream:llm-as-judge,proxy:benchmark-score",
            {
                "codes": [
                    ("stream", "benchmark-validity"),
                    ("stream", "llm-as-judge"),
                    ("proxy", "benchmark-score"),
                ]
            },
        ),
        (
            "codes=stream:benchmark-validity,stream:llm-as-judge&match=all",
            {"codes": [("stream", "benchmark-validity"), ("stream", "llm-as-judge")], "match": "all"},
        ),
        (
            "codes=failure_mode:contamination,proxy:benchmark-score&match=all&level=measures&from=2023&to=2026&grey=include",
            {
                "codes": [("failure_mode", "contamination"), ("proxy", "benchmark-score")],
                "match": "all",
                "min_level": "measures",
                "years": (2023, 2026),
                "grey": "include",
            },
        ),
    ],
)
def test_filters_combine_as_in_pandas(
    watched: Watched, real: Survey, final: pd.DataFrame, address: str, given: dict[str, Any]
) -> None:
    rows, about = selected(final, **given)
    for across, down in (("failure_mode", "method"), ("stream", "stream")):
        watched.go(f"map?rows={across}&columns={down}&{address}")
        assert watched.cells() == grid(real, rows, about, across, down)
    watched.quiet()


def test_what_was_computed_is_shown_for_its_selection_and_never_for_another(watched: Watched) -> None:
    signs = watched.page.locator("table.map td a[data-kind]")
    watched.go("map")
    assert signs.count() == 312
    for address in (
        "map?grey=include",
        "map?level=argues",
        "map?from=2024",
        "map?codes=stream:llm-as-judge",
        "map?basis=full-text",
        "map?verified=yes",
    ):
        watched.go(address)
        assert signs.count() == 0
        assert "not computed for this selection" in watched.page.locator("main").inner_text()
        said = watched.page.locator("a[data-cell]").first.get_attribute("aria-label") or ""
        assert "gap class not computed for this selection" in said
        assert "expected" not in said
    for name in (
        "under",
        "together",
        "mode/contamination",
        "papers?cell=failure_mode:contamination,stream:llm-as-judge",
    ):
        watched.go(name + ("&" if "?" in name else "?") + "from=2024")
        assert "not computed for this selection" in watched.page.locator("main").inner_text()
    watched.quiet()


def test_a_link_restores_filters_facets_and_sorting(watched: Watched, browser: Browser, built: Path) -> None:
    page = watched.page
    page.get_by_label("Rows").select_option("method")
    page.get_by_label("Level of failure modes, at least").select_option("argues")
    page.get_by_label("include", exact=True).check()
    page.get_by_label("From year").select_option("2023")
    page.get_by_text("Evidence stream", exact=True).first.click()
    page.locator('input[value="stream:llm-as-judge"]').check()
    page.locator('input[value="stream:benchmark-validity"]').check()
    page.get_by_label("all of them").check()
    watched.until("ESG.state.filters.match === 'all' && document.querySelector('table.map')")
    before = watched.cells()
    count, address = watched.count(), page.evaluate("location.hash")
    assert 0 < count < 100
    other = Watched(page.context, built, address.removeprefix("#/"))
    assert other.page.evaluate("location.hash") == address
    assert other.cells() == before
    assert other.count() == count
    assert other.page.get_by_label("From year").input_value() == "2023"
    assert other.page.locator('input[value="stream:llm-as-judge"]').is_checked()
    assert other.page.get_by_label("all of them").is_checked()
    # Sorting too, and the way back.
    other.go("under")
    other.page.get_by_role("button", name="Measured", exact=True).click()
    assert "sort=under.measured.down" in other.page.evaluate("location.hash")
    third = Watched(page.context, built, other.page.evaluate("location.hash").removeprefix("#/"))
    assert third.page.locator('th[aria-sort="descending"]').inner_text() == "Measured"
    other.quiet()


def exported(page: Page, ending: str) -> str:
    with page.expect_download() as waiting:
        page.locator(f'[data-export="{ending}"]').first.click()
    return Path(waiting.value.path()).read_text("utf-8")


def test_exports_parse_back_to_the_same_papers(watched: Watched, final: pd.DataFrame) -> None:
    watched.go("papers?grey=include&level=argues&cell=failure_mode:contamination")
    rows, about = selected(final, grey="include", min_level="argues")
    pairs = paper_codes(rows, "failure_mode", **about)
    wanted = sorted(pairs.loc[pairs["code"] == "contamination", "paper"])
    assert len(wanted) > 10
    library = bibtexparser.parse_string(exported(watched.page, "bib"))
    assert library.failed_blocks == []
    assert sorted(e.key for e in library.entries) == wanted
    ris = exported(watched.page, "ris")
    assert sorted(line[6:].strip() for line in ris.splitlines() if line.startswith("ID  - ")) == wanted
    assert ris.count("TY  - ") == ris.count("ER  - ") == len(wanted)
    table = list(csv.DictReader(io.StringIO(exported(watched.page, "csv"))))
    assert sorted(r["paper"] for r in table) == wanted
    assert all("contamination=" in r["failure_mode"] for r in table)
    assert all(r["arxiv_id"] == "" or r["arxiv_id"].startswith("arXiv:") for r in table)
    coded_rows = list(csv.DictReader(io.StringIO(exported(watched.page, "codes.csv"))))
    assert {r["paper"] for r in coded_rows} == set(wanted)
    assert {r["paper"] for r in coded_rows if r["code"] == "contamination"} == set(wanted)
    given = json.loads(exported(watched.page, "json"))
    assert sorted(p["paper"] for p in given["papers"]) == wanted
    assert given["selection"]["level"] == "argues"
    watched.quiet()


def test_every_entry_of_the_whole_corpus_exports_to_readable_bibtex(watched: Watched, real: Survey) -> None:
    text = watched.page.evaluate("async () => (await ESG.everyWork()).map(w => ESG.bibtex(w)).join('\\n')")
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    assert {e.key for e in library.entries} == set(real.papers["paper"])
    judging = next(e for e in library.entries if e.key == "zheng2023judging")
    assert judging["title"] == "Judging {LLM-as-a-Judge} with {MT-Bench} and Chatbot Arena"
    assert not any("javascript" in str(e.get("url")) for e in library.entries)


def test_every_page_of_the_survey_draws_without_error_or_request(watched: Watched, real: Survey) -> None:
    papers = ["paper/" + p for p in list(real.papers["paper"][::900]) + list(real.measurements["paper"][:2])]
    modes = [f"mode/{m}" for m in real.failure_modes["code"][::8]]
    for at in (
        *PAGES,
        *papers,
        *modes,
        "paper/nobody",
        "mode/nothing",
        "papers?q=judge",
        "nonsense",
        "papers?cell=x:y",
    ):
        watched.go(at)
        assert watched.page.locator("main h1").count() == 1, at
        assert "undefined" not in watched.page.locator("main h1").inner_text()
        said = watched.page.locator("main").inner_text()
        assert "NaN" not in said, at
        assert "cannot be drawn" not in said, at
    watched.quiet()


def test_a_page_that_ignores_filters_says_so(watched: Watched) -> None:
    for at in ("findings", "agreement", "flow", "audit"):
        watched.go(f"{at}?from=2024")
        assert "Filters do not apply" in watched.page.locator("main").inner_text(), at
        assert not watched.page.locator("#filters").is_visible()
    watched.go("pairs")
    every = watched.page.locator("table.rows tbody tr").count()
    assert "Of the filters, years and grey literature apply" in watched.page.locator("main").inner_text()
    watched.go("pairs?level=measures&codes=stream:llm-as-judge&verified=yes&basis=full-text")
    assert watched.page.locator("table.rows tbody tr").count() == every
    watched.go("pairs?from=2026")
    assert 0 < watched.page.locator("table.rows tbody tr").count() < every


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, built: Path, real: Survey, theme: Any) -> None:
    context = browser.new_context(viewport={"width": 1300, "height": 900}, color_scheme=theme)
    watched = Watched(context, built)
    paper = real.measurements["paper"].iloc[0]
    for at in (*PAGES, f"paper/{paper}", "mode/contamination", "papers?q=judge&scope=all", "map?from=2024"):
        watched.go(at)
        watched.page.evaluate(SOME_ROWS)
        found = Axe().run(watched.page, options=AXE).response["violations"]
        bad = [
            (v["id"], v["nodes"][0]["html"][:200], len(v["nodes"]))
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert bad == [], f"{at} in {theme}"
    context.close()


def test_the_challenge_dialogue_is_accessible_and_sends_nothing(watched: Watched, real: Survey) -> None:
    paper = real.final.loc[real.final["facet"] == "failure_mode", "paper"].iloc[0]
    watched.go(f"paper/{paper}")
    watched.page.get_by_role("button", name="Challenge this coding").first.click()
    found = Axe().run(watched.page, options=AXE).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
    watched.page.keyboard.press("Escape")
    assert watched.page.locator("dialog").count() == 0
    focused = watched.page.evaluate("document.activeElement.getAttribute('aria-label') || ''")
    assert focused.startswith("Challenge this coding")
    watched.quiet()


@pytest.mark.parametrize("width", [360, 800])
def test_no_page_is_wider_than_the_screen(browser: Browser, built: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    watched = Watched(context, built)
    for at in (*PAGES, "mode/contamination", "paper/zheng2023judging", "papers?q=judge&scope=all"):
        watched.go(at)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, at
    context.close()


def test_the_keyboard_is_enough(watched: Watched) -> None:
    page = watched.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("location.hash") == "#/map"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.cell || ''"):
            break
    start = page.evaluate("document.activeElement.dataset.cell")
    assert start == "construct-invalidity|benchmark-validity"
    assert page.locator("#tip").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.cell") == "metric-invalidity|dynamic-evaluation"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.cell") == "metric-invalidity|benchmark-validity"
    n = int(page.evaluate("document.activeElement.dataset.n"))
    page.keyboard.press("Enter")
    watched.until(
        "location.hash.startsWith('#/papers') && document.querySelector('main h1').textContent.includes('×')"
    )
    assert watched.count() == n
    page.go_back()
    page.wait_for_selector("table.map")
    watched.quiet()


def test_the_first_screen_gives_the_answer_as_the_survey_computes_it(
    browser: Browser, built: Path, real: Survey
) -> None:
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    watched = Watched(context, built, at="")
    page = watched.page
    table = headline(measured(real).tables["measurement"])
    pairs = measured(real).tables["measurement"]
    whole = pairs[(pairs["code"] == "") & (pairs["reading"] == "motives out")].iloc[0]
    answer = page.locator("main h1").inner_text()
    assert f"{whole['ratio']:.0%} of cases" in answer
    assert f"{whole['ratio_low']:.0%} to {whole['ratio_high']:.0%}" in answer
    assert page.locator("main .cards.few h3").all_inner_texts()[:3] == [
        "Abstracts only",
        "Coded by language models",
        "No human has checked it yet",
    ]
    page.locator("details.behind summary").click()
    shown = page.locator("table.rows tbody tr")
    assert shown.count() == len(table)
    most = table.sort_values("discussed", ascending=False).iloc[0]
    per = 1000 / most["included"]
    assert shown.first.inner_text().split("\t")[:2] == [
        str(most["name"]),
        f"{most['discussed'] * per:.0f} ({most['discussed_low'] * per:.0f} to {most['discussed_high'] * per:.0f})",
    ]
    page.select_option("#order", "share")
    watched.until("location.hash.includes('order=share')")
    least = table.sort_values("ratio").iloc[0]
    assert shown.first.inner_text().startswith(str(least["name"]))
    page.go_back()
    watched.until("!location.hash.includes('order=share')")
    watched.until(
        f"document.querySelector('table.rows tbody th').textContent === {json.dumps(str(most['name']))}"
    )
    watched.quiet()
    context.close()


def test_every_click_lands_at_the_heading_of_its_page_with_the_focus_there(watched: Watched) -> None:
    page = watched.page
    for place in ("Codebook", "Findings", "How it was made", "Papers", "Map"):
        page.evaluate("window.scrollTo(0, 900)")
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=place, exact=True).click()
        watched.until(
            "document.activeElement.tagName === 'H1' && "
            f"document.querySelector('#top [aria-current]').textContent === {place!r}"
        )
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0, place
        assert page.evaluate("document.activeElement.getBoundingClientRect().top") < 400, place
    page.locator("#top details.more summary").click()
    page.get_by_role("link", name="Paired evidence").click()
    watched.until("document.activeElement.tagName === 'H1' && location.hash.startsWith('#/pairs')")
    assert not page.locator("#top details.more").evaluate("(d) => d.open")
    page.go_back()
    watched.until("document.activeElement.tagName === 'H1' && location.hash.startsWith('#/map')")
    watched.quiet()


def test_the_theme_turns_and_holds(watched: Watched) -> None:
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    assert watched.page.evaluate(ground) == "rgb(255, 255, 255)"
    watched.page.locator(".theme").click()
    assert watched.page.evaluate(ground) == "rgb(20, 24, 29)"
    watched.page.reload()
    watched.page.wait_for_selector("html[data-started]")
    assert watched.page.evaluate(ground) == "rgb(20, 24, 29)"


def test_search_finds_every_record_by_prefix_and_despite_slips(watched: Watched, real: Survey) -> None:
    page = watched.page
    rng = random.Random(1)

    def found(query: str) -> list[str]:
        keys: list[str] = page.evaluate(
            "async (q) => (await ESG.search(q)).map(p => ESG.works[p].key)", query
        )
        return keys

    for row in real.papers.sample(40, random_state=5).to_dict("records"):
        words = [w for w in page.evaluate("t => ESG.words(t)", row["title"]) if len(w) > 3][:5]
        assert row["paper"] in found(" ".join(words)), row["title"]
    sycophancy = found("sycophancy")
    assert len(sycophancy) > 10
    assert set(sycophancy) <= set(found("sycoph"))
    for slip in ("sycophnacy", "sycophncy", "sycophanccy", "sycophansy"):
        assert set(sycophancy) <= set(found(slip)), slip
    author = real.papers.loc[real.papers["paper"] == "zheng2023judging", "authors"].iloc[0].split(",")[0]
    assert "zheng2023judging" in found(author)
    noted = real.codings[(real.codings["note"].str.len() > 60) & (real.codings["schema"] == "1.0")].iloc[
        rng.randrange(200)
    ]
    words = [w for w in page.evaluate("t => ESG.words(t)", noted["note"]) if len(w) > 4][:6]
    assert noted["paper"] in found(" ".join(words))
    assert found("qqqqxyzw") == []
    # British and American spelling are one; a code is found by its synonyms, with a slip, and by its definition.
    for one, other in (
        ("generalisation", "generalization"),
        ("behaviour", "behavior"),
        ("judgement", "judgment"),
    ):
        assert set(found(one)) == set(found(other)) != set(), one
    codes = "q => ESG.codesLike(q).map(c => c.code.id)"
    assert page.evaluate(codes, "contamintion") == ["contamination"]
    assert "over-refusal" in page.evaluate(codes, "overrefusal")
    for row in real.schema.facets[1].codes:
        for synonym in row.synonyms[:3]:
            assert row.id in page.evaluate(codes, synonym), synonym
    assert "reward-misgeneralisation" in page.evaluate(codes, "misgeneralization")
    # By the box, as a reader does; all records, not the selection only.
    page.locator("#search").fill("unlearn relern")
    watched.until("location.hash.includes('q=unlearn')")
    page.wait_for_selector("main h1:has-text('unlearn')")
    assert watched.count() == len(found("unlearn relern")) > 0
    page.locator("#search").fill("sandbagging")
    page.wait_for_selector("main h1:has-text('sandbagging')")
    assert "Sandbagging" in page.locator(".codesfound").inner_text()
    said = page.locator("table.rows tbody").inner_text()
    assert "Included" in said or "not drawn" in said.lower(), said[:500]
    watched.quiet()


def test_a_search_says_that_it_gets_ready_and_then_shows_what_it_found(browser: Browser, built: Path) -> None:
    """The index is built when it is first asked for: by an address that searches, or by the search box."""
    context = browser.new_context()
    context.add_init_script(
        """window.heard = [];
        document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
            const words = document.getElementById('main').innerText + document.getElementById('status').innerText;
            if (heard.at(-1) !== words) heard.push(words);
        }).observe(document.body, {childList: true, subtree: true, characterData: true}));"""
    )
    watched = Watched(context, built, "papers?q=sycophancy&scope=all")
    assert watched.count() > 10
    heard = watched.page.evaluate("heard")
    assert sum("Getting the search ready" in words for words in heard) >= 1
    assert "Getting the search ready" not in watched.page.locator("main").inner_text()
    watched.quiet()
    other = Watched(context, built)
    assert [u for u in other.asked if "lunr" in u] == []
    other.page.locator("#search").focus()
    other.until("!ESG.searchWaits()")
    assert len([u for u in other.asked if "lunr" in u]) == 1
    other.page.evaluate("heard.length = 0")
    other.go("papers?q=sycophancy&scope=all")
    assert other.count() == watched.count()
    assert not any("Getting the search ready" in words for words in other.page.evaluate("heard"))
    context.close()


TYPED = (
    *("a", "1", "20", "2023", "constructor", "__proto__", "title:x", "+a -b", "*", "~", "a~9", "^5", "a:b:c"),
    *('"', "(", "\\", "é", "ß", "日本", "👍", "x" * 300, "<script>"),
)


def test_nothing_that_is_typed_breaks_the_search(watched: Watched) -> None:
    for query in TYPED:
        places = watched.page.evaluate(
            "async (q) => (await ESG.search(q)).map(p => typeof ESG.works[p].key)", query
        )
        assert set(places) <= {"string"}, query
    # lunr's set of terms takes digits for numbers of its nodes, and a query then breaks on a term that is none.
    terms = watched.page.evaluate(
        "async () => (await ESG.searchable()).indexes.flatMap(i => Object.keys(i.invertedIndex))"
    )
    assert "judg" in terms
    assert [t for t in terms if any(c in "0123456789" for c in t)] == []
    watched.quiet()


#: Pages with charts, and what marks lead to lists of papers.
CHARTS = {
    "map": "rect",
    "map?from=2024": "rect",
    "mode/contamination": "rect",
    "papers?cell=failure_mode:contamination": "rect",
    "findings": "symbol",
    "under": "rect",
    "under?from=2024": "rect",
    "together": "path",
    "pairs": "symbol",
    "agreement": "symbol",
    "audit": "symbol",
}
MARKS = "[...document.querySelectorAll('.plot g.mark-{}.role-mark path')]"


@pytest.mark.parametrize("at", CHARTS)
def test_behind_every_chart_stands_a_table_that_leads_where_its_marks_do(watched: Watched, at: str) -> None:
    watched.go(at)
    page = watched.page
    pictures = page.locator("main [role=img]")
    assert pictures.count() >= 1
    for picture in pictures.all():
        assert "table" in (picture.get_attribute("aria-label") or "")
        assert picture.locator("svg").count() == 1
    marks = page.evaluate(MARKS.format(CHARTS[at]) + ".map(p => p.__data__.datum).filter(d => d.n !== 0)")
    assert len(marks) > 3
    assert all(m["tip"] for m in marks)
    links = set(page.eval_on_selector_all("main table a", "all => all.map(a => a.getAttribute('href'))"))
    assert {m["href"] for m in marks if m["href"]} <= links
    watched.quiet()


@pytest.mark.parametrize(
    "at", ["map", "papers?cell=failure_mode:contamination", "under?from=2024", "together"]
)
def test_a_click_on_a_mark_opens_as_many_papers_as_it_shows(watched: Watched, at: str) -> None:
    page = watched.page
    watched.go(at)
    kind = CHARTS[at]
    # A point of each mark at which it lies on top: the middle of a bar's upper part, the middle of a line.
    spots = f"""() => {MARKS.format(kind)}.map((p, k) => {{
        const box = p.getBoundingClientRect();
        let spot = {{x: box.x + box.width - 2, y: box.y + 2}};
        if ('{kind}' === 'path') {{
            const middle = p.getPointAtLength(p.getTotalLength() / 2).matrixTransform(p.getScreenCTM());
            spot = {{x: middle.x, y: middle.y}};
        }}
        return {{k, ...spot, n: p.__data__.datum.n, top: document.elementFromPoint(spot.x, spot.y) === p}};
    }}).filter(s => s.top && s.n)"""
    page.locator(".plot svg").first.scroll_into_view_if_needed()
    found = page.evaluate(spots)
    assert len(found) >= 3
    for spot in random.Random(4).sample(found, 3):
        page.mouse.move(spot["x"], spot["y"])
        watched.until("!document.getElementById('tip').hidden")
        page.mouse.click(spot["x"], spot["y"])
        watched.until(
            f"location.hash !== '#/{at}' && document.querySelector('main h1 + p.lead [data-count]')"
        )
        watched.until(f"document.querySelector('[data-count]').dataset.count === '{spot['n']}'")
        watched.go(at)
        page.locator(".plot svg").first.scroll_into_view_if_needed()
    watched.quiet()


def test_charts_come_after_the_first_view_and_follow_theme_and_filters(browser: Browser, built: Path) -> None:
    context = browser.new_context(color_scheme="light")
    watched = Watched(context, built, "flow")
    assert [u for u in watched.asked if "vega" in u] == []
    watched.go("map")
    assert len([u for u in watched.asked if "vega" in u]) == 1
    page = watched.page
    fill = MARKS.format("rect") + ".map(p => getComputedStyle(p).fill)"
    before = page.evaluate(fill)
    page.locator(".theme").click()
    after = page.evaluate(fill)
    assert len(before) == len(after) > 0
    assert not set(before) & set(after)
    # What is printed from a dark page is light.
    page.emulate_media(media="print")
    assert page.evaluate(fill) == before
    page.emulate_media(media="screen")
    watched.go("map?from=2024&to=2025")
    years = page.evaluate(MARKS.format("rect") + ".map(p => p.__data__.datum.year)")
    assert set(years) == {2024, 2025}
    watched.quiet()
    context.close()


def test_where_a_library_is_missing_the_page_says_so_and_the_table_stays(
    browser: Browser, built: Path, tmp_path: Path
) -> None:
    import shutil

    broken = tmp_path / "site"
    shutil.copytree(built, broken)
    (broken / "lib/vega.js").unlink()
    (broken / "lib/lunr.js").unlink()
    context = browser.new_context()
    watched = Watched(context, broken)
    watched.go("map")
    said = watched.page.locator("main").inner_text()
    assert "The chart cannot be drawn (lib/vega.js is missing beside the page)." in said
    assert watched.page.locator("details.behind table").count() == 1
    watched.go("papers?q=judge")
    assert "lib/lunr.js is missing beside the page" in watched.page.locator("main").inner_text()
    context.close()


def test_the_boxes_of_the_flow_open_as_many_records_as_they_say(watched: Watched, real: Survey) -> None:
    flow = flow_table(real)
    for row in flow.to_dict("records"):
        if "duplicate" in row["reason"]:
            continue  # that part lists undecided pairs
        watched.go(f"flow?box={row['box']}&reason={row['reason']}")
        box = watched.page.locator("#opened ~ div")
        said = watched.page.locator("#opened ~ p.nothing").count()
        if row["n"] == 0:
            assert said == 1, row
            continue
        shown = box.locator("tbody tr").count()
        more = box.locator(".more").inner_text()
        total = int(more.split(" of ")[1].split(" ")[0].replace(",", "")) if " of " in more else shown
        assert total == row["n"], row
    watched.quiet()


# ---- data that mean harm

SCRIPT = "<script>window.harm=1</script><img src=x onerror=window.harm=2>"
NOTE = "</script><script>window.harm=3</script> {{7*7}} ${harm}"


@pytest.fixture
def hostile(survey: Path, tmp_path: Path) -> Path:
    """A survey whose titles, authors, notes and addresses are markup."""
    fill(survey)
    entries = {e.key: e for e in read_papers(survey, [])}
    import dataclasses

    entries["p01"] = dataclasses.replace(
        entries["p01"],
        title=SCRIPT,
        authors=("<b>Roe</b>, Ann", '"onclick=x, Bo'),
        url="javascript:window.harm=4",
    )
    entries["p02"] = dataclasses.replace(
        entries["p02"], title="=HYPERLINK(1) & {braces} 100% a_b^c \\x", url="data:text/html,x"
    )
    with writing(survey):
        replace_all(survey, {PAPERS: papers_text(entries.values())})
    keep(survey, "p06")
    for coder in ("pass-a", "pass-b"):
        rows = whole("p06", note=NOTE)
        put(survey, coder, *rows)
        sign(survey, coder, "p06")
    return survey


def test_hostile_titles_notes_and_addresses_are_harmless(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"))
    for at in (
        "map",
        "papers",
        "papers?scope=all",
        "paper/p01",
        "paper/p06",
        "flow?box=records",
        "together",
        "under",
        "pairs",
    ):
        watched.go(at)
    watched.go("paper/p01")
    assert watched.page.locator("main h1").inner_text() == SCRIPT
    assert watched.page.locator("main img, main script, main b:has-text('Roe')").count() == 0
    hrefs = watched.page.eval_on_selector_all("a", "all => all.map(a => a.href)")
    assert [h for h in hrefs if not h.startswith(("file:", "http:", "https:"))] == []
    watched.go("paper/p06")
    assert NOTE in watched.page.locator("main").inner_text()
    watched.go(f"papers?q={'<script>alert(1)</script>'}&cell=%3Cscript%3E")
    assert watched.page.evaluate("window.harm") is None
    # Formulas do not come alive in a spreadsheet, and braces do not break the bibliography.
    watched.go("papers?scope=all")
    rows = {r["paper"]: r for r in csv.DictReader(io.StringIO(exported(watched.page, "csv")))}
    assert rows["p02"]["title"].startswith("'=HYPERLINK")
    library = bibtexparser.parse_string(exported(watched.page, "bib"))
    assert library.failed_blocks == []
    assert len(library.entries) == 60
    watched.quiet()
    context.close()


def test_the_policy_holds_what_would_run_or_leave(hostile: Path, browser: Browser, tmp_path: Path) -> None:
    """Were there a hole in the page, the browser would still run nothing inline and ask no address."""
    context = browser.new_context()
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"))
    did = watched.page.evaluate(
        """async () => {
            const inline = document.createElement('script');
            inline.textContent = 'window.harm = 5';
            document.body.appendChild(inline);
            const holder = document.createElement('div');
            holder['inner' + 'HTML'] = '<img src=x onerror="window.harm=6">';
            document.body.appendChild(holder);
            let fetched = 'no';
            try { await fetch('https://example.org/'); fetched = 'yes'; } catch (e) {}
            await new Promise(r => setTimeout(r, 100));
            const evaluated = await new Promise(r => {
                const s = document.createElement('a');
                s.setAttribute('onclick', 'window.harm = 7');
                s.click();
                r(window.harm);
            });
            return [window.harm ?? null, fetched, evaluated ?? null];
        }"""
    )
    assert did == [None, "no", None]
    assert any("Content Security Policy" in w for w in watched.wrong)
    context.close()


@pytest.fixture
@once
def grey(survey: Path) -> Path:
    """A survey in which one coder has coded a piece of grey literature."""
    fill(survey)
    keep(survey, GREY)
    coded(survey, "pass-a", *whole(GREY))
    return survey


def challenged(page: Page, tmp_path: Path) -> Path:
    """The row that the open dialogue of a challenge offers."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the row").click()
    path = tmp_path / waiting.value.suggested_filename
    path.write_bytes(Path(waiting.value.path()).read_bytes())
    return path


def held(root: Path, paper: str, code: str) -> pd.Series:
    final = open_survey(root).final
    return final[(final["paper"] == paper) & (final["code"] == code)].iloc[0]


def fill_in(page: Page) -> None:
    """What a failure mode must rest on."""
    page.get_by_label("Why, in your own words").fill("Named only.")
    page.get_by_label("Claim and what it rests on").fill("A claim.")
    page.get_by_label("Five or more words").fill("its score went up while the thing")


def test_a_challenge_is_a_row_that_the_door_takes(hostile: Path, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p01")
    page = watched.page
    page.get_by_role("button", name="Challenge this coding: Judge bias").click()
    page.get_by_label("What is wrong").select_option("values")
    page.locator("dialog").get_by_label("Level").select_option("mentions")
    page.get_by_label("Role").select_option("background")
    short = page.locator("dialog [role=status]")
    assert "still lacks a reason; the claim and what it rests on; five or more words" in short.inner_text()
    fill_in(page)
    assert short.inner_text() == ""
    page.get_by_label("Mitigates").select_option("yes")
    assert "the role own-result, or no mitigation" in short.inner_text()
    page.get_by_label("Mitigates").select_option("no")
    rows, _ = read_batch(challenged(page, tmp_path), RULED)
    assert adjudicate(hostile, "eva", rows).rows == 1
    # Eva had confirmed the code before; her ruling is the later word and decides.
    assert held(hostile, "p01", "judge-bias")["level"] == "mentions"
    issue = page.get_by_label("Text of an issue").input_value()
    assert "Judge bias on p01" in issue
    assert "Named only." in issue
    assert "survey adjudicate --by WHO --from challenge-p01-judge-bias.jsonl" in issue
    assert "none of the coders (pass-a, pass-b)" in issue
    context.close()


def test_a_code_that_should_not_hold_is_withdrawn_by_its_row(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p06")
    page = watched.page
    page.get_by_role("button", name="Challenge this coding: Judge bias").click()
    page.get_by_label("What is wrong").select_option("absent")
    page.get_by_label("Why, in your own words").fill("It says nothing of it.")
    rows, _ = read_batch(challenged(page, tmp_path), RULED)
    adjudicate(hostile, "eva", rows)
    assert held(hostile, "p06", "judge-bias")["state"] == "absent"
    context.close()


def test_a_missing_code_is_a_challenge_too(hostile: Path, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p06")
    page = watched.page
    page.get_by_label("A code that is missing").select_option("stream:reward-hacking")
    page.get_by_role("button", name="Propose it").click()
    page.get_by_label("Why, in your own words").fill("A reward is gamed.")
    assert page.get_by_label("What is wrong").inner_text().strip() == "The code holds, with the values below"
    rows, _ = read_batch(challenged(page, tmp_path), RULED)
    adjudicate(hostile, "eva", rows)
    assert held(hostile, "p06", "reward-hacking")["state"] == "present"
    context.close()


def test_one_coders_coding_can_be_challenged(hostile: Path, browser: Browser, tmp_path: Path) -> None:
    """The coders differ in the level and nobody has decided: a reader holds with one of them."""
    keep(hostile, "p07")
    coded(hostile, "pass-a", *whole("p07"))
    coded(hostile, "pass-b", *whole("p07", level="demonstrates"))
    assert held(hostile, "p07", "judge-bias")["resolved"] == "unresolved"
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p07")
    page = watched.page
    page.get_by_role("button", name="Challenge this coding: Judge bias").click()
    page.get_by_label("What is challenged").select_option("pass-a")
    page.get_by_label("What is wrong").select_option("coder:pass-b")
    page.get_by_label("Why, in your own words").fill("A case is shown.")
    issue = page.get_by_label("Text of an issue").input_value()
    assert "Challenged: pass-a's coding, present, argues" in issue
    assert "What pass-b coded holds: present, demonstrates" in issue
    rows, _ = read_batch(challenged(page, tmp_path), RULED)
    adjudicate(hostile, "eva", rows)
    assert held(hostile, "p07", "judge-bias")["level"] == "demonstrates"
    context.close()


@pytest.mark.parametrize(
    ("wrong", "code", "state"), [("absent", "judge-bias", "absent"), ("values", "reward-hacking", "present")]
)
def test_what_one_coder_coded_is_challenged_by_verifying(
    grey: Path, browser: Browser, tmp_path: Path, wrong: str, code: str, state: str
) -> None:
    """Grey literature is coded once: adjudicate would refuse the row."""
    context = browser.new_context(accept_downloads=True)
    watched = Watched(context, written(open_survey(grey), tmp_path / "site"), f"paper/{GREY}")
    page = watched.page
    if wrong == "absent":
        page.get_by_role("button", name="Challenge this coding: Judge bias").click()
        page.get_by_label("What is wrong").select_option("absent")
    else:
        page.get_by_label("A code that is missing").select_option(f"stream:{code}")
        page.get_by_role("button", name="Propose it").click()
    page.get_by_label("Why, in your own words").fill("It says so.")
    assert "survey verify --coder WHO" in page.locator("dialog").inner_text()
    rows, _ = read_batch(challenged(page, tmp_path), VERIFIED)
    verify(grey, "eva", rows)
    assert held(grey, GREY, code)["state"] == state
    context.close()


def test_a_paper_shows_each_coder_the_ruling_and_the_place(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    adjudicate(
        hostile,
        "eva",
        [ruling("p06", "failure_mode", "judge-bias", "pass-a", rationale="Both say so, rightly.")],
    )
    context = browser.new_context()
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p06")
    block = watched.page.locator("article", has_text="Judge bias")
    words = block.inner_text()
    for said in (
        "pass-a",
        "pass-b",
        "argues",
        "adjudicated",
        "Decided by eva",
        "Both say so, rightly.",
        "characters ",
    ):
        assert said in words
    block.get_by_text("Definition").click()
    assert "The judge prefers what is not better." in block.inner_text()
    watched.go("paper/p05")
    assert "Decided by eva" in watched.page.locator("main").inner_text()
    watched.quiet()
    context.close()


def test_a_pasted_abstract_shows_the_words_behind_the_codes(
    hostile: Path, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context()
    watched = Watched(context, written(open_survey(hostile), tmp_path / "site"), "paper/p06")
    page, text = watched.page, abstracts(hostile)["p06"]
    start = text.body.index(WORDS)
    assert f"in the abstract, its characters {start + 1} to {start + len(WORDS)}" in page.locator(
        "article", has_text="Judge bias"
    ).first.inner_text().replace("\xa0", " ")
    page.get_by_text("See the words behind the codes").click()
    box, looked = page.locator("#abstract"), page.locator(".looked")
    box.fill(f"  {text.body.replace(' ', '  ')}\n")
    watched.until("document.querySelector('.looked mark') !== null")
    assert "its digest agrees" in looked.inner_text()
    assert looked.locator("mark").all_inner_texts() == [WORDS]
    assert looked.locator("mark").get_attribute("title") == "Judge bias (pass-a)\nJudge bias (pass-b)"
    assert looked.locator("tbody tr").all_inner_texts() == [
        f"Judge bias\t{coder}\tsentence 1 of the abstract\t{WORDS}" for coder in ("pass-a", "pass-b")
    ]
    # Another edition: what stands before the words has changed, and they are found by their digest.
    box.fill(f"A new opening sentence. {text.body}")
    watched.until("document.querySelector('.looked').textContent.includes('another edition')")
    assert "2 of 2 places were found" in looked.inner_text()
    assert "sentence 2 of the abstract" in looked.inner_text()
    box.fill("<img src=x onerror=window.harm=9> Words of something else.")
    watched.until("document.querySelector('.looked').textContent.includes('None of the coded words')")
    assert page.evaluate("window.harm") is None
    assert [a for a in watched.asked if not a.startswith(("file:", "data:"))] == []
    watched.quiet()
    context.close()
