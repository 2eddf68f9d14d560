"""The libraries of the reviewer's page, taken out of installed Python packages when the page is built, and licences.

None of their code is in the repository: lunr comes out of MkDocs, Vega out of vl-convert. Both are the same bytes at
every build, for their versions are locked.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from workbench.store.faults import Fault, Refused

#: Where a package that is installed keeps what is taken out of it.
LUNR = "contrib/search/templates/search/lunr.js"
TEXTS = "static/third-party-licenses.json"
#: What Vega's bundle is made of: a licence, and who is under it. vl-convert does not say which versions.
BUNDLED = {
    "BSD-3-Clause": ("vega", "vega-lite", "vega-embed"),
    "ISC": (
        *("d3-array", "d3-color", "d3-delaunay", "d3-dispatch", "d3-dsv", "d3-force", "d3-format", "d3-geo"),
        *("d3-geo-projection", "d3-hierarchy", "d3-interpolate", "d3-path", "d3-quadtree", "d3-scale"),
        *("d3-scale-chromatic", "d3-shape", "d3-time", "d3-time-format", "d3-timer", "delaunator"),
        *("internmap", "semver", "topojson-client"),
    ),
    "MIT": ("fast-json-patch", "json-stringify-pretty-compact"),
    "Unlicense": ("robust-predicates",),
}
_MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
_OURS = """This page is made of three things.

The data (data/): Creative Commons Attribution 4.0 International (CC BY 4.0), the EvalSafetyGap survey workbench
authors. Titles, authors, years, venues and identifiers of works are facts. Abstracts and other sentences of the works
are not here: of each piece of evidence the page has its place in the text and the coder's own words.

Its own script and style (assets/): MIT licence, below, copyright the EvalSafetyGap survey workbench authors.

Libraries of others (lib/), unchanged, each under its own licence:
"""


def libraries() -> dict[str, str]:
    """Return the libraries as classic scripts, by the name of the file.

    Returns:
        ``lib/lunr.js``, which puts ``lunr`` on ``window``, and ``lib/vega.js``, which puts ``vegaEmbed`` there.

    Raises:
        Refused: MkDocs is not installed, or no longer carries lunr.
    """
    return {"lib/lunr.js": _lunr(), "lib/vega.js": _vega()}


def licences() -> str:
    """Return who made what the page is made of, which version it is, and the licence in full where one is carried.

    Raises:
        Refused: a package is not installed, or no longer carries what is taken out of it.
    """
    import vl_convert

    head = _lunr().split("*/")[0]
    number = re.search(r"\d+\.\d+\.\d+", head)
    owner = re.search(r"Copyright .*", head)
    if number is None or owner is None or "@license MIT" not in head:
        raise _missing("mkdocs", LUNR, "lunr's head does not say its version, owner and licence")
    versions = {
        "vega": vl_convert.get_vega_version(),
        "vega-lite": vl_convert.get_vegalite_versions()[-1],
        "vega-embed": vl_convert.get_vega_embed_version(),
    }
    listed = [
        f"- lunr {number[0]} (lib/lunr.js), MIT. {owner[0]}. Taken out of mkdocs {version('mkdocs')}.",
        f"- Vega (lib/vega.js), taken out of vl-convert-python {version('vl-convert-python')}, which is made of:",
        *(
            f"  - {name}{' ' + versions[name] if name in versions else ''}, {licence}"
            for licence, names in BUNDLED.items()
            for name in names
        ),
    ]
    texts = "".join(
        f"{_line(', '.join(names))}{text.strip()}\n\n" for text, names in _texts_of_bundled().items()
    )
    return (
        f"{_OURS}{chr(10).join(listed)}\n\n"
        f"{_line('MIT licence: our own script and style')}Copyright the EvalSafetyGap survey workbench authors\n\n"
        f"{_MIT}\n{_line('MIT licence: lunr')}{owner[0]}\n\n{_MIT}\n{texts}"
    )


@cache
def _lunr() -> str:
    return _carried("mkdocs", LUNR)


@cache
def _vega() -> str:
    import vl_convert

    # The bundle declares hundreds of short names, which would be everybody's without a function around them.
    return f"(()=>{{{vl_convert.javascript_bundle('window.vegaEmbed=vegaEmbed;')}}})();\n"


@cache
def _texts_of_bundled() -> dict[str, list[str]]:
    """Licence texts as JupyterLab carries them, which is built with the same libraries: text to names."""
    packages = json.loads(_carried("jupyterlab", TEXTS))["packages"]
    known = {p["name"]: p["extractedText"] for p in packages if p["extractedText"]}
    found: dict[str, list[str]] = {}
    for names in BUNDLED.values():
        for name in names:
            if name in known:
                found.setdefault(known[name], []).append(name)
    if not any("vega" in names for names in found.values()):
        raise _missing("jupyterlab", TEXTS, "Vega's licence is not in it")
    return found


def _carried(package: str, path: str) -> str:
    """The text of a file that an installed package carries; the package itself is not imported."""
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / path).is_file():
            return (Path(folder) / path).read_text("utf-8")
    raise _missing(package, path, "no such file" if spec else f"{package} is not installed")


def _missing(package: str, path: str, why: str) -> Refused:
    return Refused(
        [Fault(f"{package}/{path}", 0, "", why, "run `make build`, which installs the locked packages")]
    )


def _line(title: str) -> str:
    return f"{'-' * 80}\n{title}\n{'-' * 80}\n"
