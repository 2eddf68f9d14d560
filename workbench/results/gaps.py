"""Which cells of failure mode by another facet are surprisingly empty, sparse or full, given both margins.

The codebook ties most modes to a stream, a proxy and a property: such a cell is full because a rule says so, and its
neighbours are empty for the same reason. ``coding_schema/assumptions.yaml`` lists these ties; the test holds them and
asks what is left. The table ``gaps-ignoring-rules`` has what a test finds that does not
know them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.coverage import gaps, gaps_summary, in_words
from analysis.selection import FAILURE_MODE
from workbench.assumptions import assumptions
from workbench.numbers import macro_name
from workbench.results.answers import (
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

if TYPE_CHECKING:
    from workbench.survey import Survey

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

_FACET_WORDS = {"optimisation_pressure": "optimisation pressure"}


def surprising(survey: Survey) -> Answer:
    """Which cells of failure mode by stream, proxy, property, method and pressure are surprising."""
    final, sides = in_schema(survey.final, survey.codes), mode_sides(survey)
    held = assumptions(survey.root)
    tables: dict[str, pd.DataFrame] = {}
    figures: list[Figure] = []
    counts, blind, found = [], [], []
    numbers: list[Number] = []
    for facet, level in CROSSED:
        known = survey.codes[survey.codes["facet"] == facet]
        if known.empty:
            continue
        words = _FACET_WORDS.get(facet, facet)
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
        )
        cells = ask(by_rule=held.pairs(facet))
        stem = f"gaps-{facet.replace('_', '-')}" + ("" if level == "mentions" else f"-{level}")
        tables[stem] = cells
        counts.append(gaps_summary(cells))
        found.append(_listed(cells, words, level))
        if held.pairs(facet):
            plain = ask()
            counts.append(gaps_summary(plain))
            blind.append(_listed(plain, words, level))
        names = _names(survey, facet)
        numbers += _numbers(cells, facet, level)
        if facet in DRAWN and level == "mentions":
            title = f"Surprising and untestable cells of failure mode by {words}"
            draw = partial(
                charts.gaps_heatmap, cells, names=names, sides=sides, column_facet=words, basis=BASIS
            )
            figures.append(figure(stem, title, f"{title}. {in_words(cells, names=names)}", draw, data=cells))
    summary = (
        pd.concat(counts, ignore_index=True) if counts else pd.DataFrame({"note": ["no facet to cross"]})
    )
    every = pd.concat(found, ignore_index=True) if found else _listed(pd.DataFrame(), "", "")
    tables["gaps-summary"] = summary
    tables["gaps-ignoring-rules"] = (
        _named(pd.concat(blind, ignore_index=True)) if blind else _listed(pd.DataFrame(), "", "")
    )
    return Answer(tables, tuple(figures), tuple(numbers), (_printed(survey, every, summary),))


def _names(survey: Survey, facet: str) -> dict[str, str]:
    """Names of the failure modes and of the codes of one facet."""
    wanted = survey.codes[survey.codes["facet"].isin([FAILURE_MODE, facet])]
    return dict(zip(wanted["code"], wanted["name"], strict=True))


def _listed(cells: pd.DataFrame, facet: str, level: str) -> pd.DataFrame:
    """The tested cells with what their tail says, under the name of the facet they belong to."""
    columns = ["facet", "min_level", "row", "column", "n", "expected", "p", "p_error", "q", "class"]
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
        "Cells": (about["cells"], f"all {where}"),
        "Decided": (about["by_definition"] + about["structural"], f"{where} that a rule decides"),
        "Testable": (about["testable"], f"{where} that could have been surprising in some direction"),
        "TestableLower": (about["testable_lower"], f"{where} that could have been a gap or sparse"),
        "Gap": (about["gap"], f"{where} that are surprisingly empty"),
        "Sparse": (about["sparse"], f"{where} with surprisingly few papers"),
        "Crowded": (about["crowded"], f"{where} with surprisingly many papers"),
    }
    return [Number(f"Gaps{at}{k}", int(n), "count", "cells", what) for k, (n, what) in values.items()]


def _printed(survey: Survey, every: pd.DataFrame, summary: pd.DataFrame) -> Printed:
    """The surprising cells; where there is none, the least probable of those tested."""
    rows = _named(every)
    which = "Cells with surprisingly few (gap, sparse) or many (crowded) papers"
    if rows.empty:
        rows = every.sort_values(["p", "facet", "min_level", "row", "column"])[:LEAST_PROBABLE]
        which = "No cell is surprising; the least probable of those tested"
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
            r["class"],
        )
        for r in rows.to_dict("records")
    ]
    table = pd.DataFrame(
        shown, columns=["failure mode", "with", "facet", "papers", "expected", "p", "q", "class"]
    )
    papers = int(summary["papers"].iloc[0]) if "papers" in summary else 0
    caption = (
        f"{which}, among {papers} coded papers, given how often each code is used and how many codes a paper carries. "
        "What a coding rule decides is held."
    )
    draws = f"{int(summary['draws'].iloc[0]):,} null draws a grid" if "draws" in summary else "no draws"
    return Printed(
        "gaps",
        caption,
        table,
        {"papers": "count", "expected": "decimal1", "p": "p", "q": "p"},
        f"p: one tail, from {draws}; q: adjusted within the tail of one grid, surprising at 0.025 or less, so that a "
        "grid's false discovery rate over both tails is 5%. The test is conditional on the sample.",
    )
