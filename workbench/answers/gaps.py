"""Which cells of failure mode by another facet are surprisingly empty, sparse or full, given both margins.

The codebook ties most modes to a stream, a proxy and a property, and some to a method: such a cell is full because a
rule says so, and its neighbours are empty for the same reason. ``coding_schema/assumptions.yaml`` lists these ties; the
test holds them and asks what is left. The table ``gaps-ignoring-rules`` has what a test finds that does not know them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.coverage import absence_in_words, gaps, gaps_summary, in_words
from analysis.nullmodel import DRAWS
from analysis.selection import FAILURE_MODE
from workbench.answers.answer import (
    BASIS,
    STREAM,
    Answer,
    Figure,
    Number,
    Printed,
    figure,
    in_schema,
    mode_sides,
)
from workbench.answers.numbers import macro_name
from workbench.answers.validated import absence
from workbench.store.assumptions import assumptions

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Facets that failure modes are crossed with, and at which levels of the mode.
CROSSED = (
    (STREAM, "mentions"),
    (STREAM, "measures"),
    ("proxy", "mentions"),
    ("latent", "mentions"),
    ("method", "mentions"),
    ("optimisation_pressure", "mentions"),
)
#: Facets whose grid is drawn as a figure too: those in which rules leave something to be found.
DRAWN = (STREAM, "method")
SURPRISING = ("gap", "sparse", "crowded")
#: So many cells are printed when none is surprising: the least probable ones.
LEAST_PROBABLE = 6

_FACET_WORDS = {"latent": "latent property", "optimisation_pressure": "optimisation pressure"}


@dataclass(frozen=True)
class Grid:
    """Failure modes crossed with one facet.

    Attributes:
        facet: the facet.
        level: lowest level at which a mode counts.
        cells: ``analysis.coverage.gaps`` with what rules decide held.
        plain: the same without, from fewer draws; None where no rule ties the facet to a mode.
    """

    facet: str
    level: str
    cells: pd.DataFrame
    plain: Callable[[], pd.DataFrame] | None

    @property
    def words(self) -> str:
        """Name of the facet in prose."""
        return _FACET_WORDS.get(self.facet, self.facet)


def grids(survey: Survey) -> list[Grid]:
    """Return the tested grids of a survey; asked twice of one opened survey, they are drawn once."""
    kept: list[Grid] | None = survey.__dict__.get("_grids")
    if kept is not None:
        return kept
    final, held, supported = in_schema(survey.final, survey.codes), assumptions(survey.root), absence(survey)
    made = []
    for facet, level in CROSSED:
        known = survey.codes[survey.codes["facet"] == facet]
        if known.empty:
            continue
        assessable = set(known["code"]) & {c for f, c in survey.assessable(BASIS) if f == facet}
        ask = partial(
            gaps,
            final,
            FAILURE_MODE,
            facet,
            min_level=level,
            row_codes=list(survey.failure_modes["code"]),
            column_codes=list(known["code"]),
            basis=BASIS,
            structural=[
                (m, c) for m in survey.failure_modes["code"] for c in known["code"] if c not in assessable
            ],
            absence=supported,
        )
        rules = held.pairs(facet)
        made.append(Grid(facet, level, ask(by_rule=rules), partial(ask, draws=DRAWS) if rules else None))
    survey.__dict__["_grids"] = made
    return made


def surprising(survey: Survey) -> Answer:
    """Which cells of failure mode by stream, proxy, property, method and pressure are surprising."""
    sides = mode_sides(survey)
    tables: dict[str, pd.DataFrame] = {}
    figures: list[Figure] = []
    counts, found = [], []
    numbers: list[Number] = []
    asked = grids(survey)
    for grid in asked:
        cells, words = grid.cells, grid.words
        stem = f"gaps-{grid.facet.replace('_', '-')}" + ("" if grid.level == "mentions" else f"-{grid.level}")
        tables[stem] = cells
        counts.append(gaps_summary(cells))
        found.append(_listed(cells, words, grid.level))
        numbers += _numbers(cells, grid.facet, grid.level)
        if grid.facet in DRAWN and grid.level == "mentions":
            names = _names(survey, grid.facet)
            title = f"Surprising and untestable cells of failure mode by {words}"
            draw = partial(
                charts.gaps_heatmap, cells, names=names, sides=sides, column_facet=words, basis=BASIS
            )
            said = " ".join(
                filter(None, [f"{title}.", in_words(cells, names=names), absence_in_words(cells)])
            )
            figures.append(figure(stem, title, said, draw, data=cells))
    every = pd.concat(found, ignore_index=True) if found else _listed(pd.DataFrame(), "", "")
    tables["gaps-summary"] = (
        pd.concat(counts, ignore_index=True) if counts else pd.DataFrame({"note": ["no facet to cross"]})
    )
    return Answer(tables, tuple(figures), tuple(numbers), (_printed(survey, every, asked),))


def ignoring_rules(survey: Survey) -> Answer:
    """Which cells a test would call surprising that does not know what rules decide: the codebook, found again."""
    plain = [(grid, grid.plain()) for grid in grids(survey) if grid.plain]
    if not plain:
        return Answer({"gaps-ignoring-rules": _listed(pd.DataFrame(), "", "")})
    found = pd.concat([_listed(cells, grid.words, grid.level) for grid, cells in plain], ignore_index=True)
    counts = pd.concat([gaps_summary(cells) for _, cells in plain], ignore_index=True)
    return Answer(
        {
            "gaps-ignoring-rules": _named(found).drop(columns="close"),
            "gaps-ignoring-rules-summary": counts,
        }
    )


def each_in_words(survey: Survey) -> str:
    """Say of every grid what was found in it: a list in Markdown."""
    return "\n".join(
        f"- By {grid.words}{', measured' if grid.level == 'measures' else ''}: "
        f"{in_words(grid.cells, names=_names(survey, grid.facet))}"
        for grid in grids(survey)
    )


def testable_in_words(asked: list[Grid]) -> str:
    """Say how many cells of each grid were testable, in which tail, how close, and among which papers."""
    if not asked:
        return "There is no facet to cross with the failure modes."
    each: list[str] = []
    papers: dict[str, list[str]] = {}
    for grid in asked:
        about = gaps_summary(grid.cells).iloc[0]
        name = grid.words + (" (measured)" if grid.level == "measures" else "")
        each.append(
            f"{name} {about['testable']} of {about['cells']} ({about['testable_lower']}; {about['close']})"
        )
        out = f"{about['papers']:,} papers" + (
            f" ({about['why_left_out']} and can be in no cell)" if about["left_out"] else ""
        )
        papers.setdefault(out, []).append(name)
    among = "; ".join(f"{', '.join(names)}: {out}" for out, names in papers.items())
    return (
        "Testable cells of all cells (of them in the lower tail, where a gap would be; close, that is cells that other "
        f"draws may class otherwise): {', '.join(each)}. Papers with a code of both facets: {among}."
    )


def _names(survey: Survey, facet: str) -> dict[str, str]:
    """Names of the failure modes and of the codes of one facet."""
    wanted = survey.codes[survey.codes["facet"].isin([FAILURE_MODE, facet])]
    return dict(zip(wanted["code"], wanted["name"], strict=True))


def _listed(cells: pd.DataFrame, facet: str, level: str) -> pd.DataFrame:
    """The tested cells with what their tail says, under the name of the facet they belong to."""
    columns = ["facet", "min_level", "row", "column", "n", "expected", "p", "p_error", "q", "class"]
    columns += ["close", "absence_supported"]
    if cells.empty:
        return pd.DataFrame({c: pd.Series(dtype="object") for c in columns})
    rows = cells[cells["testable"] != "neither"].copy()
    # The tail that the cell leans to; where that tail could not be tested, the other.
    low = (rows["n"] < rows["expected"]) & rows["testable"].isin(["lower", "both"])
    low |= rows["testable"] == "lower"
    for name, stem in (("p", "p_"), ("p_error", "p_"), ("q", "q_")):
        end = "_error" if name == "p_error" else ""
        rows[name] = rows[f"{stem}lower{end}"].where(low, rows[f"{stem}upper{end}"])
    return rows.assign(facet=facet, min_level=level)[columns]


def _named(every: pd.DataFrame) -> pd.DataFrame:
    """The surprising cells, least probable first within each facet and level."""
    kept = every[every["class"].isin(SURPRISING)]
    return kept.sort_values(["facet", "min_level", "p", "row", "column"], ignore_index=True)


def _numbers(cells: pd.DataFrame, facet: str, level: str) -> list[Number]:
    about = gaps_summary(cells).iloc[0]
    at = macro_name(facet) + ("" if level == "mentions" else macro_name(level))
    where = f"cells of failure mode by {_FACET_WORDS.get(facet, facet)}" + (
        "" if level == "mentions" else f", at the level {level}"
    )
    values = {
        "Papers": (about["papers"], f"papers that can be in {where}: they carry a code of both facets"),
        "LeftOut": (about["left_out"], f"other coded papers, which can be in none of the {where}"),
        "Draws": (about["draws"], f"null draws for the {where}"),
        "Close": (about["close"], f"{where} that other draws might class otherwise"),
        "Cells": (about["cells"], f"all {where}"),
        "Decided": (about["by_definition"] + about["structural"], f"{where} that a rule decides"),
        "Testable": (about["testable"], f"{where} that could have been surprising in some direction"),
        "TestableLower": (about["testable_lower"], f"{where} that could have been a gap or sparse"),
        "Gap": (about["gap"], f"{where} that are surprisingly empty"),
        "Sparse": (about["sparse"], f"{where} with surprisingly few papers"),
        "Crowded": (about["crowded"], f"{where} with surprisingly many papers"),
    }
    units = {"Papers": "papers", "LeftOut": "papers", "Draws": "draws"}
    return [
        Number(f"Gaps{at}{k}", int(n), "count", units.get(k, "cells"), what)
        for k, (n, what) in values.items()
    ]


def _printed(survey: Survey, every: pd.DataFrame, asked: list[Grid]) -> Printed:
    """The surprising cells; where there is none, the least probable of those tested."""
    rows = _named(every)
    which = "Cells with surprisingly few (gap, sparse) or many (crowded) papers"
    if rows.empty:
        rows = every.sort_values(["p", "facet", "min_level", "row", "column"])[:LEAST_PROBABLE]
        which = "No cell is surprising; the least probable of those tested"
    elif not rows["class"].isin(["gap", "sparse"]).any():
        which = "Cells with surprisingly many papers (crowded); no cell has surprisingly few"
    names = {(f, c): n for f, c, n in survey.codes[["facet", "code", "name"]].itertuples(index=False)}
    back = {words: facet for facet, words in _FACET_WORDS.items()}
    shown = [
        (
            names.get((FAILURE_MODE, r["row"]), r["row"]),
            names.get((back.get(r["facet"], r["facet"]), r["column"]), r["column"]),
            r["facet"] + (" (measured)" if r["min_level"] == "measures" else ""),
            r["n"],
            r["expected"],
            r["p"],
            r["q"],
            r["class"] + (" (close)" if r["close"] else ""),
        )
        for r in rows.to_dict("records")
    ]
    table = pd.DataFrame(
        shown, columns=["failure mode", "with", "facet", "papers", "expected", "p", "q", "class"]
    )
    caption = (
        f"{which}, given how often each code is used and how many codes a paper carries. What a coding rule decides is "
        "held."
    )
    draws = sorted({int(grid.cells.attrs["draws"]) for grid in asked})
    span = "no draws" if not draws else " to ".join(f"{n:,}" for n in dict.fromkeys([draws[0], draws[-1]]))
    trusted = absence_in_words(asked[0].cells) if asked else ""
    return Printed(
        "gaps",
        caption,
        table,
        {"papers": "count", "expected": "decimal1", "p": "p", "q": "p"},
        f"p: one tail, from {span} null draws a grid; q: adjusted within the tail of one grid, surprising at 0.025 or "
        f"less, so that a grid's false discovery rate over both tails is 5%. {testable_in_words(asked)} {trusted} "
        "The test is conditional on the sample.",
    )
