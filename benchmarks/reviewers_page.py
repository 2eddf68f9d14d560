"""How large the reviewer's page is and how fast a browser shows it: the real survey and one of 5,000 coded papers.

Every time is taken in Chromium from the disk, in a window of a desktop's size.
"""

import random
from pathlib import Path
from statistics import median
from typing import Any

import generated
import pandas as pd
from playwright.sync_api import Page, sync_playwright

from workbench.publishing.site import data as site_data
from workbench.publishing.site.pages import write_site
from workbench.store.survey import Survey, open_survey
from workbench.store.tables import DERIVED

CHROMIUM = "/usr/bin/chromium"
STAMP: Any = {
    "data_sha256": "0" * 64,
    "schema": "1.0",
    "coded_by": "three people",
    "codes": 0,
    "human_verified": 0,
    "data_date": "2026-11-25",
}
#: Starts and filter changes that a median is taken of.
STARTS, CHANGES = 5, 12
FILTERS = (
    "level=measures",
    "grey=include",
    "from=2024",
    "codes=stream:llm-as-judge",
    "",
    "level=argues&to=2025",
)


def synthetic(root: Path, count: int) -> Survey:
    """Return the survey of a folder with its papers replaced: ``count`` of them, coded twice, with notes."""
    survey = open_survey(root)
    rng = random.Random(11)
    facets = {f.id: [c.id for c in f.codes] for f in survey.schema.facets}
    final, years = generated.coded(facets, count)
    codings, signoffs, _ = generated.coders_of(final, facets["failure_mode"], count)
    two = codings["coder"].isin(["a", "b"])
    words = sorted({"".join(rng.choices("abdefgiklmnoprstuv", k=rng.randint(3, 9))) for _ in range(6000)})

    def said(n: int) -> str:
        return " ".join(rng.choices(words, k=n))

    modes = codings["facet"] == "failure_mode"
    codings = codings.assign(note=[said(18) if m else "" for m in modes])[two].reset_index(drop=True)
    signoffs = signoffs[signoffs["coder"].isin(["a", "b"])].reset_index(drop=True)
    papers = years.assign(
        title=[said(10).capitalize() for _ in range(count)],
        authors=[
            f"{said(1).capitalize()}, {said(1).capitalize()}; {said(1).capitalize()}, Ann"
            for _ in range(count)
        ],
        year=years["first_public"],
        venue="A venue",
        type="misc",
        doi="",
        arxiv_id=[f"2401.{n:05}" for n in range(count)],
        url="",
        verified=True,
        grey=False,
        guessed_streams=[()] * count,
        text_sha256="x",
        stratum="",
    )[DERIVED["papers"].header]
    coders = pd.DataFrame({"coder": ["a", "b"], "kind": "language-model", "name": "", "since": ""})
    nobody = {
        n: getattr(survey, n).iloc[:0] for n in ("measurements", "verifications", "adjudications", "hits")
    }
    nobody |= {
        n: getattr(survey, n).iloc[:0]
        for n in ("screening", "screened", "sample", "sampling", "maybe_duplicates", "runs")
    }
    # A table of a survey is read when first asked for: given one, it never looks.
    reached = pd.DataFrame(
        {"paper": papers["paper"], "route": "drawn", "full_text": "", "box": "synthesis", "reason": ""}
    )
    survey.__dict__.update(
        nobody
        | {
            "reached": reached,
            "final": final,
            "papers": papers,
            "codings": codings,
            "signoffs": signoffs,
            "coders": coders,
        }
    )
    return survey


def started(page: Page, address: str) -> float:
    """Seconds from the address to a map that answers."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector("html[data-started]", state="attached")
    return float(page.evaluate("performance.getEntriesByName('started')[0].startTime")) / 1000


def changed(page: Page, query: str) -> float:
    """Seconds from a changed filter to the picture that shows it: counts, lists, charts."""
    return float(
        page.evaluate(
            """async (q) => {
                const began = performance.now();
                history.replaceState(null, '', '#/map' + (q ? '?' + q : ''));
                await ESG.refresh();
                await ESG.drawn;
                document.body.getBoundingClientRect();
                await new Promise(requestAnimationFrame);
                await new Promise(r => setTimeout(r));
                return (performance.now() - began) / 1000;
            }""",
            query,
        )
    )


def searched(page: Page, word: str) -> tuple[float, float]:
    """Seconds from the first key press in a page that never searched to the list, and the longest hold-up till then."""
    page.evaluate(
        """() => {
            window.seen = {longest: 0};
            new PerformanceObserver(list => {
                for (const e of list.getEntries()) seen.longest = Math.max(seen.longest, e.duration);
            }).observe({entryTypes: ['longtask']});
            document.addEventListener('keydown', () => { seen.began ??= performance.now(); }, true);
        }"""
    )
    page.locator("#search").focus()
    page.keyboard.type(word)
    page.locator(f"main:has([data-count]) h1:has-text('\"{word}\"')").wait_for()
    taken = float(page.evaluate("performance.now() - seen.began")) / 1000
    page.wait_for_timeout(200)  # long tasks are told a little later
    return taken, float(page.evaluate("seen.longest")) / 1000


def timed(page: Page, work: str) -> float:
    """Seconds that some work of the page takes."""
    return (
        float(
            page.evaluate(
                f"async () => {{ const t = performance.now(); await {work}; return performance.now() - t; }}"
            )
        )
        / 1000
    )


def measured(root: Path, folder: Path, papers: int) -> list[tuple[str, float, str, bool, str]]:
    """Return what, seconds, bar, whether it is met, and a note, for each promise."""
    rows: list[tuple[str, float, str, bool, str]] = []
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", "--no-sandbox"])
        for which, most, start, change in (
            ("real survey", 8e6, 1.0, 0.1),
            (f"{papers:,} papers", 25e6, 4.0, 0.4),
        ):
            real = which == "real survey"
            survey = open_survey(root) if real else synthetic(root, papers)
            site_data.BOOTSTRAP = 20  # how it looks does not depend on it
            files = write_site(survey, folder / which, STAMP)
            size = sum(p.stat().st_size for p in files)
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            address = (folder / which / "index.html").as_uri()
            first = median([started(page, address) for _ in range(STARTS)])
            times = [changed(page, FILTERS[n % len(FILTERS)]) for n in range(CHANGES + 2)][2:]
            page.goto("about:blank")
            page.goto(address)
            page.wait_for_selector("html[data-started]", state="attached")
            page.wait_for_timeout(1500)  # somebody looks before they search
            key, held = searched(page, "judge" if real else "ab")
            asked = ("sycophancy", "reward hack", "benchmrak", "judge", "unlearn")
            began = [timed(page, f"ESG.search('{query}')") for query in asked]
            note = f"{size / 1e6:.1f} MB of {most / 1e6:.0f} MB"
            rows += [
                (
                    f"page of the {which}: first view",
                    first,
                    f"< {start:.0f} s",
                    first < start and size <= most,
                    note,
                ),
                (
                    f"page of the {which}: filter",
                    median(times),
                    f"< {1000 * change:.0f} ms",
                    median(times) < change,
                    "",
                ),
                (
                    f"page of the {which}: first search, from the first key",
                    key,
                    "",
                    True,
                    f"the page was held up for {1000 * held:.0f} ms at most",
                ),
                (f"page of the {which}: search", median(began), "", True, "median, once the search is ready"),
            ]
            page.close()
        browser.close()
    return rows
