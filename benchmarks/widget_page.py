"""How fast the widgets answer a key press over 10,000 rows of codings: their own code in a bare page.

The page is Chromium's and the Python side the widget's; only Jupyter's messages between them are left out. How long it
takes from opening the notebook to the first saved code is timed in a real JupyterLab.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from workbench.doors.coding import codable
from workbench.doors.registering import register
from workbench.store.bibliography import PAPERS, Entry, papers_text
from workbench.store.corpus import stored, text_of
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.schema import load_schema
from workbench.store.tables import ADJUDICATIONS, CODINGS, RECORDS, SCREENING, SIGNOFFS
from workbench.store.texts import ABSTRACTS, Text, abstracts_text
from workbench.widgets.adjudication import AdjudicationWidget
from workbench.widgets.base import Widget
from workbench.widgets.coding import CodingWidget

HERE = Path(__file__).parent
DEBIAN = "/usr/bin/chromium"
ROWS = 10_000
#: Papers of the synthetic survey, each with twelve codes of two coders; on the first so many of them they differ.
CODED, DIFFERENT = 420, 400
AT = "2026-11-24T09:30:00Z"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bench</title></head>
<body><main id="here"></main>
<script type="module">
{module}
const heard = [];
widget.render({{ el: document.getElementById("here"), model: {{ on: (_, f) => heard.push(f), off() {{}},
  send: (m) => window.python(JSON.stringify(m)).then((a) => heard.forEach((f) => f(JSON.parse(a)))) }} }});
</script></body></html>"""
#: Time from the key press to the change on the screen, and to the mark that says it is saved.
WATCH = """() => new Promise((resolve) => {
    const chip = document.activeElement, began = performance.now(), before = chip.getAttribute("aria-pressed");
    let shown = 0;
    const look = () => {
        if (!shown && chip.getAttribute("aria-pressed") !== before) shown = performance.now() - began;
        if (shown && document.querySelector(".sv-saved").dataset.saved === "saved") {
            watch.disconnect();
            resolve([shown / 1000, (performance.now() - began) / 1000]);
        }
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { subtree: true, childList: true, attributes: true });
    chip.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
    chip.click();
})"""
#: The same for a ruling: the next dispute is opened, a side chosen, and the ruling saved, each from its key press.
RULE = """() => {
    const until = (key, more, done) => new Promise((resolve) => {
        const began = performance.now();
        const look = () => {
            if (!done()) return;
            watch.disconnect();
            resolve((performance.now() - began) / 1000);
        };
        const watch = new MutationObserver(look);
        watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        const at = document.activeElement;
        at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    });
    const here = () => document.querySelector('[data-key^="dispute-"]').dataset.key;
    const mark = () => document.querySelector(".sv-saved").dataset.saved;
    const first = here();
    document.querySelector(".sv").focus();
    return until("j", {}, () => here() !== first && mark() === "saved").then((opened) => {
        document.querySelector(".ad-heading").focus();
        return until("1", {}, () => document.querySelector('.ad-side[data-chosen="yes"]')).then((chosen) => {
            const why = document.querySelector(".ad-rationale"), second = here();
            why.value = "The words say so.";
            why.dispatchEvent(new Event("input", { bubbles: true }));
            why.focus();
            return until("Enter", { ctrlKey: true }, () => here() !== second && mark() === "saved")
                .then((saved) => [opened, chosen, saved]);
        });
    });
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=DEBIAN if Path(DEBIAN).exists() else None, args=["--disable-gpu"]
        )
        yield browser
        browser.close()


@contextmanager
def shown(widget: Widget) -> Iterator[Page]:
    """Show a widget in a page of its own."""
    with chromium() as browser:
        page: Page = browser.new_page()
        page.expose_function("python", lambda message: json.dumps(widget.act(json.loads(message))))
        module = str(widget._esm).replace("export default ", "const widget = ")
        page.set_content(PAGE.format(module=module))
        yield page


def first_code_time(root: Path) -> float:
    """Return the seconds from opening notebook 03 in a running JupyterLab to the first code that is saved.

    Args:
        root: a survey folder that may be written to, with a human among its coders.
    """
    sys.path.insert(0, str(HERE.parent))
    from tests.lab import jupyterlab, open_notebook, run_all

    (root / "notebooks").mkdir(exist_ok=True)
    shutil.copy(HERE.parent / "notebooks/03_code.ipynb", root / "notebooks/03_code.ipynb")
    with jupyterlab(root) as address, chromium() as browser:
        began = time.perf_counter()
        page, _ = open_notebook(browser, address, "notebooks/03_code.ipynb", height=1400)
        run_all(page)
        page.locator('[data-id^="who-"]').first.click(timeout=120_000)
        page.locator(".sv-columns").wait_for(timeout=120_000)
        page.keyboard.press("s")
        page.keyboard.press("Space")
        page.wait_for_function(
            "() => /^Saved /.test(document.querySelector('.sv-saved').textContent)", timeout=60_000
        )
        return time.perf_counter() - began


def answer_times(root: Path, repeats: int = 9) -> tuple[float, float, int]:
    """Return the median seconds to the visible change and to the saved mark, and the rows of the file.

    Args:
        root: a survey folder that may be written to, with rows of two coders.
        repeats: presses that count; two go before.
    """
    register(root, "quick", name="quick")
    (root / "corpus/codings/quick.csv").write_text(rows_text(CODINGS, _rows(root)), "utf-8")
    with shown(CodingWidget(root, "quick")) as page:
        page.locator('[data-facet="stream"]').first.focus()
        times = [page.evaluate(WATCH) for _ in range(repeats + 2)][2:]
    rows = len(stored(root, "codings", [], coder="quick"))
    return median(t[0] for t in times), median(t[1] for t in times), rows


def ruling_times(root: Path, repeats: int = 9) -> tuple[float, float, int, int]:
    """Return the median seconds to what is slower of two visible answers and to the saved mark, rows, and disputes.

    The visible answers are the next dispute and the mark on a chosen side; the saved mark comes with the dispute after.

    Args:
        root: a survey folder whose schema is taken; its corpus is replaced by a synthetic one.
        repeats: rulings that count; two go before.
    """
    queue_up(root)
    with shown(AdjudicationWidget(root, "third")) as page:
        page.locator('[data-key^="dispute-"]').wait_for()
        times = [page.evaluate(RULE) for _ in range(repeats + 2)][2:]
    if len(stored(root, "adjudications", [])) != repeats + 2:
        raise AssertionError("a ruling was not written")
    visible = max(median(t[0] for t in times), median(t[1] for t in times))
    return visible, median(t[2] for t in times), len(stored(root, "codings", [])), DIFFERENT


def queue_up(root: Path) -> None:
    """Make a survey of ``CODED`` papers that two have coded and signed off, differing on a level of ``DIFFERENT``."""
    schema = load_schema(root)
    shutil.rmtree(root / "corpus")
    (root / "corpus").mkdir()
    for who in ("one", "third", "two"):
        register(root, who, name=who)
    papers = [f"p{n:04}" for n in range(CODED)]
    # Twelve codes a paper: five modes, two streams and methods, one of what else an abstract tells.
    many = {"failure_mode": 5, "stream": 2, "method": 2, "proxy": 1, "latent": 1, "optimisation_pressure": 1}
    levels = [t.id for t in schema.levels]
    rows: dict[str, list[Row]] = {"one": [], "two": []}
    for n, paper in enumerate(papers):
        for facet in (f for f in schema.facets if f.id in many):
            codes = [c.id for c in facet.codes if not c.alone]
            for k in range(many[facet.id]):
                row = dict.fromkeys(CODINGS.header, "") | {"paper": paper, "schema": schema.version, "at": AT}
                row |= {"basis": "abstract", "facet": facet.id, "code": codes[(n + k) % len(codes)]}
                row |= {"revision": "1", "state": "present", "confidence": "sure", "run": ""}
                row["principal"] = "yes" if facet.principal else ""
                if facet.levelled:
                    row |= {"level": levels[n % 3], "role": "own-result", "formal": "no", "figure_seen": "no"}
                    row |= {"mitigates": "no", "note": f"A claim, number {n}.", "locator": "abstract"}
                rows["one"].append(row)
                differ = facet.levelled and k == 0 and n < DIFFERENT
                rows["two"].append({**row, "level": levels[n % 3 + 1]} if differ else row)
    record = {"first_public": "2024", "verified": "yes", "grey": "no"}
    blank = dict.fromkeys(RECORDS.header, "")
    texts = [
        Text(p, f"On the proxy number {p}", f"Of paper {p} this sentence says a thing. " * 40, "made")
        for p in papers
    ]
    contents = {
        PAPERS: papers_text(
            Entry(p, "misc", f"On the proxy number {p}", ("Roe, Ann",), 2024, "A Venue") for p in papers
        ),
        RECORDS.path: text_of(RECORDS, [{**blank, **record, "paper": p} for p in papers]),
        ADJUDICATIONS.path: text_of(ADJUDICATIONS, []),
        str(ABSTRACTS): abstracts_text(texts),
    }
    for coder, given in rows.items():
        said = dict.fromkeys(SCREENING.header, "") | {"stage": "title-abstract", "revision": "1", "at": AT}
        said |= {"decision": "include", "basis": "abstract"}
        done = {"schema": schema.version, "basis": "abstract", "text_sha256": "", "run": "", "at": AT}
        contents |= {
            f"corpus/codings/{coder}.csv": text_of(CODINGS, given),
            f"corpus/screening/{coder}.csv": text_of(SCREENING, [{**said, "paper": p} for p in papers]),
            f"corpus/signoffs/{coder}.csv": text_of(SIGNOFFS, [{**done, "paper": p} for p in papers]),
        }
    with writing(root):
        replace_all(root, contents)


def _rows(root: Path) -> list[Row]:
    """As many rows as one coder may come to have: what is there, as if coded under many earlier versions."""
    inside = {p for p, d in codable(root, [])[1].items() if d == "include"}
    there = [r for r in stored(root, "codings", []) if r["paper"] in inside and r["schema"] != "0.10"]
    made: dict[tuple[str, ...], Row] = {}
    version = 100
    while len(made) < ROWS:
        version += 1
        for row in there:
            new = {**row, "schema": f"0.{version}", "run": ""}
            made[tuple(new[c] for c in CODINGS.key)] = new
            if len(made) == ROWS:
                break
    return list(made.values())
