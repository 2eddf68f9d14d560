"""How fast the coding widget answers a key press over a file of 10,000 rows: its own code in a bare page.

The page is Chromium's and the Python side the widget's; only Jupyter's messages between them are left out.
"""

import json
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from workbench.coding import codable
from workbench.corpus import stored
from workbench.files import Row, rows_text
from workbench.tables import CODINGS
from workbench.widgets.coding import CodingWidget

DEBIAN = "/usr/bin/chromium"
ROWS = 10_000
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


def answer_times(root: Path, repeats: int = 9) -> tuple[float, float, int]:
    """Return the median seconds to the visible change and to the saved mark, and the rows of the file.

    Args:
        root: a survey folder that may be written to, with rows of two coders.
        repeats: presses that count; two go before.
    """
    with (root / "corpus/coders.yaml").open("a", encoding="utf-8") as f:
        f.write("- id: quick\n  kind: human\n  since: 2026-11-25\n")
    (root / "corpus/codings/quick.csv").write_text(rows_text(CODINGS, _rows(root)), "utf-8")
    widget = CodingWidget(root, "quick")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=DEBIAN if Path(DEBIAN).exists() else None, args=["--disable-gpu"]
        )
        page: Page = browser.new_page()
        page.expose_function("python", lambda message: json.dumps(widget.act(json.loads(message))))
        module = widget._esm.replace("export default ", "const widget = ")
        page.set_content(PAGE.format(module=module))
        page.locator('[data-facet="stream"]').first.focus()
        times = [page.evaluate(WATCH) for _ in range(repeats + 2)][2:]
        browser.close()
    rows = len(stored(root, "codings", [], coder="quick"))
    return median(t[0] for t in times), median(t[1] for t in times), rows


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
