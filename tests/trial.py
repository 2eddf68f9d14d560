"""A small survey on a topic of its own, made through the doors: three facets, ten records, six papers, two people."""

from __future__ import annotations

from pathlib import Path

from workbench.doors.adding import add
from workbench.doors.adjudication import adjudicate
from workbench.doors.coding import code, signoff
from workbench.doors.registering import register
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.store.files import Row

SCHEMA = """\
version: "1.0"
title: What battery papers meter
purpose: Code which quantities a paper on batteries names, estimates or meters.
levels:
  - {id: names, definition: The quantity is named.}
  - {id: estimates, definition: It is worked out from others.}
  - {id: meters, definition: It is metered on a device.}
facets:
  - id: domain
    name: Domain
    question: Of what use is the battery?
    cardinality: {min: 1, max: 1}
    assessable_from: title
    codes:
      - {id: vehicle, name: Vehicles, definition: A battery that drives.}
      - {id: grid, name: Grids, definition: A battery that stores for a grid.}
  - id: quantity
    name: Quantity
    question: Which quantities does it speak of?
    cardinality: {min: 0, max: null}
    levelled: true
    assessable_from: abstract
    codes:
      - {id: fade, name: Capacity fade, definition: Loss of capacity over time.}
      - {id: heat, name: Heat, definition: Heat that is given off.}
      - {id: gas, name: Gas, definition: Gas that is given off.}
  - id: phase
    name: Phase of life
    question: In which phase of life?
    cardinality: {min: 1, max: 1}
    principal: true
    assessable_from: abstract
    codes:
      - {id: first-use, name: First use, definition: It is new.}
      - {id: second-use, name: Second use, definition: It is used again.}
screening:
  question: Is it about a battery in use?
  criteria:
    - {id: battery, definition: A battery.}
  reasons:
    - {id: no-battery, definition: No battery.}
sampling:
  seed: 3
  split_year: 2024
  block: 10
  included: 6
  per_stream: 2
  before_split: 0
  limit: 10
"""
SURVEY = """\
format: 1
title: What battery papers meter
question: Which quantities do papers on batteries talk about, and which do they meter?
people:
  - {name: Ann Roe}
licence: CC0 1.0
words:
  code: quantity
  codes: quantities
  raises: names
  discusses: names
  measures: meters
  home: domain
  homes: domains
headline: {facet: quantity, measured: meters}
home: domain
crosses:
  - [quantity, domain]
  - [quantity, phase]
"""
#: What both saw in each paper that is in, but for ann's second code of b3: (domain, phase, {quantity: level}).
CODED = {
    "b1": ("vehicle", "first-use", {"fade": "meters"}),
    "b2": ("vehicle", "first-use", {"fade": "names", "heat": "meters"}),
    "b3": ("grid", "second-use", {"fade": "estimates"}),
    "b4": ("grid", "second-use", {"gas": "names"}),
    "b5": ("vehicle", "second-use", {"fade": "names"}),
    "b6": ("grid", "first-use", {"heat": "estimates"}),
}
TITLES = (
    "Swelling",
    "Winter storage",
    "Fast charging",
    "Separators",
    "Copper foil",
    "Impedance",
    "Recycling",
    "Dendrites",
    "Road tests",
    "Tariffs",
)
WORDS = "what the cell does when it ages"


def made(root: Path) -> Path:
    """Make the survey in a new folder and return it."""
    (root / "coding_schema").mkdir(parents=True)
    (root / "coding_schema/schema.yaml").write_text(SCHEMA, "utf-8")
    (root / "survey.yaml").write_text(SURVEY, "utf-8")
    (root / "corpus").mkdir()
    for who in ("ann", "bob", "cas"):
        register(root, who, name=f"{who.capitalize()} Roe")
    lines = [
        f"@article{{b{n},\n  title = {{{TITLES[n - 1]} in cells}},\n  author = {{Roe, Ann and Poe, B{n}}},\n"
        f"  year = {{{2022 + n % 4}}},\n  abstract = {{We look at {WORDS}, in trial {n} of ten.}}\n}}\n"
        for n in range(1, 11)
    ]
    (root / "list.bib").write_text("".join(lines), "utf-8")
    add(root, root / "list.bib", by="ann")
    sample(root)
    for who in ("ann", "bob"):
        screen(root, who, [given(paper=f"b{n}", **decided(n)) for n in range(1, 11)])
    for who in ("ann", "bob"):
        code(root, who, [row for paper in CODED for row in rows(paper, who)])
        signoff(root, who, [given(paper=paper) for paper in CODED])
    ruling = {
        "facet": "quantity",
        "code": "heat",
        "basis": "abstract",
        "chosen": "bob",
        "rationale": "It is not said.",
    }
    adjudicate(root, "cas", [given(paper="b3", **ruling)])
    return root


def given(**cells: str) -> Row:
    return {**cells, "_line": "1", "_file": "rows.csv"}


def decided(n: int) -> dict[str, str]:
    return {"decision": "include"} if n <= len(CODED) else {"decision": "exclude", "reason": "no-battery"}


def rows(paper: str, who: str) -> list[Row]:
    domain, phase, quantities = CODED[paper]
    if (paper, who) == ("b3", "ann"):
        quantities = {**quantities, "heat": "names"}
    values = {
        "formal": "no",
        "figure_seen": "no",
        "note": "As it says.",
        "locator": "abstract",
        "words": WORDS,
    }
    return [
        given(paper=paper, facet="domain", code=domain, confidence="sure"),
        given(paper=paper, facet="phase", code=phase, principal="yes", confidence="sure"),
        *(
            given(paper=paper, facet="quantity", code=q, level=level, confidence="sure", **values)
            for q, level in quantities.items()
        ),
    ]
