"""Write the reviewer's page: one HTML file, our own script and style, and libraries and data as scripts beside it.

A page opened from the disk may not fetch, and may load no module: the data come as classic scripts that put one
value each. Nothing in the page is made from markup: every word of the data becomes a text node, and only http
addresses become links, so that no title and no note can do anything but be read.
"""

from __future__ import annotations

import html
import json
from importlib.resources import files as resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.answers.stamp import Stamp, stamp_line
from workbench.publishing.site.data import site_data
from workbench.publishing.site.libraries import libraries, licences
from workbench.store.files import replace

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Our scripts in the order in which they are loaded; each puts what it has into one object, ``ESG``.
SCRIPTS = (
    "dom.js",
    "data.js",
    "state.js",
    "counting.js",
    "search.js",
    "exporting.js",
    "challenge.js",
    "tips.js",
    "charts.js",
    "specs.js",
    "lists.js",
    "findings.js",
    "map.js",
    "evidence.js",
    "around.js",
    "paper.js",
    "modes.js",
    "together.js",
    "agreement.js",
    "flow.js",
    "pairs.js",
    "audit.js",
    "methods.js",
    "main.js",
)
STYLE = "site.css"
#: What the page may do: run the scripts and styles beside it, show images that are in it, and nothing else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/site.css">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header id="top"></header>
<div id="frame">
<aside id="filters" aria-label="Filters"></aside>
<main id="main" tabindex="-1"><h1>{title}</h1><p>Loading the survey ...</p>
<noscript><p>This page counts in your browser and needs JavaScript. The same data lie as CSV files in
<code>corpus/</code> and <code>build/tables/</code> of the survey's repository.</p></noscript></main>
</div>
<footer id="foot">{stamp}</footer>
<div id="status" role="status" class="unseen"></div>
<script src="data/core.js"></script>
{scripts}
</body>
</html>
"""


def write_site(survey: Survey, out: Path, stamp: Stamp) -> list[Path]:
    """Write the reviewer's page of a survey.

    Args:
        survey: the opened survey.
        out: the folder; it can be moved, zipped, and opened at ``index.html`` from anywhere.
        stamp: what every figure says of the data.

    Returns:
        The files written. Identical data give identical bytes.

    Raises:
        Refused: a package that carries a library is not installed; nothing was written.
    """
    title = f"{survey.schema.title}: the evidence"
    page = _PAGE.format(
        policy=html.escape(POLICY),
        title=html.escape(title),
        stamp=html.escape(stamp_line(stamp)),
        scripts="\n".join(f'<script src="assets/{name}"></script>' for name in SCRIPTS),
    )
    contents: dict[str, str] = {"index.html": page}
    for name, value in site_data(survey, stamp).items():
        contents[f"data/{name}.js"] = script(name, value)
    assets = resources("workbench.publishing.site") / "assets"
    for name in (*SCRIPTS, STYLE):
        contents[f"assets/{name}"] = (assets / name).read_text("utf-8")
    contents |= libraries() | {"LICENCES.txt": licences()}
    for name, content in contents.items():
        replace(out / name, content)
    return [out / name for name in contents]


def script(name: str, value: Any) -> str:
    """Return a value as a classic script; nothing in it can end the script or start another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"(window.SURVEY=window.SURVEY||{{}})[{json.dumps(name)}]={text};\n"
