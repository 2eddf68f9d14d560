"""For any two codes: how many papers carry both, how many one would expect, and whether a gap could have been seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.expected import CLASSES, Grid, expected, together
from analysis.selection import incidence
from workbench.answers.answer import BASIS, Answer, Number, Printed, in_schema
from workbench.answers.numbers import printed
from workbench.store.assumptions import assumptions

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: So many cells are printed: those found, and after them the least probable of those that could have been.
PRINTED = 12


def grids(survey: Survey) -> list[Grid]:
    """The pairs of facets that ``survey.yaml`` crosses, then the headline facet with itself."""
    held, told = assumptions(survey.root), set(survey.assessable(BASIS))
    codes = {f.id: [c.id for c in f.codes] for f in survey.schema.facets}
    headline = survey.settings.facet
    made = [
        Grid(
            rows,
            columns,
            codes[rows],
            codes[columns],
            held.pairs(columns) if rows == headline else frozenset(),
            frozenset(
                (a, b) for a in codes[rows] for b in codes[columns] if not {(rows, a), (columns, b)} <= told
            ),
        )
        for rows, columns in survey.settings.crosses
        if rows != columns
    ]
    return [*made, Grid(headline, headline, codes[headline], codes[headline], separated(survey))]


def separated(survey: Survey) -> frozenset[tuple[str, str]]:
    """The pairs of headline codes that a rule of the schema keeps apart: they are neighbours, and alike."""
    return frozenset((mode.id, other.id) for mode in survey.schema.failure_modes for other in mode.neighbours)


def crossed(survey: Survey) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``analysis.expected.expected`` of :func:`grids`; asked twice of one opened survey, it is drawn once."""
    kept: tuple[pd.DataFrame, pd.DataFrame] | None = survey.__dict__.get("_expected")
    if kept is None:
        kept = expected(in_schema(survey.final, survey.codes), grids(survey), basis=BASIS)
        survey.__dict__["_expected"] = kept
    return kept


def gaps(survey: Survey) -> Answer:
    """What was observed beside what could be expected, for all grids at once, and the check of the codebook."""
    cells, about = crossed(survey)
    codes = list(survey.codes.loc[survey.codes["facet"] == survey.settings.facet, "code"])
    held = incidence(in_schema(survey.final, survey.codes), survey.settings.facet, basis=BASIS, codes=codes)
    rules = together(held, separated(survey))
    return Answer(
        {"expected": cells, "expected-grids": about},
        numbers=_numbers(about, rules, survey.settings.words.codes),
        printed=(_printed(survey, cells, about),),
    )


def in_words(about: pd.DataFrame) -> str:
    """Say what was found in all grids, and in the same sentence how little could have been.

    Args:
        about: the second table of ``analysis.expected.expected``.
    """
    if about.empty:
        return "There are no two facets to cross."
    whole = about.iloc[-1]
    found = int(whole["gap"]) + int(whole["sparse"])
    movable, codes = int(about["movable"].sum()), int(about["codes"].sum())
    takes = (
        f"for which most papers can be expected are asked, with {int(whole['draws']):,} random draws"
        if whole["note"]
        else f"have the {whole['needed']:.0f} or so expected papers that it takes (half have fewer than "
        f"{whole['median_expected']:.2f})"
    )
    verdict = f"{found:,} {'gap was' if found == 1 else 'gaps were'} found" if found else "No gap was found"
    return (
        f"{verdict}; this says little, for two codes that truly never meet would be noticed only "
        f"{printed(float(whole['power']), 'percent1')} of the time: coding rules decide all but {movable:,} of "
        f"{codes:,} codes of papers. Only {int(whole['seen']):,} of the {int(whole['free']):,} pairs of codes that no "
        f"rule decides {takes}."
    )


def each_in_words(about: pd.DataFrame) -> str:
    """Say of every grid what could be seen in it and what was found: a list in Markdown."""
    lines = []
    for r in about.iloc[:-1].to_dict("records"):
        found = int(r["gap"]) + int(r["sparse"])
        decided = (
            "" if pd.isna(r["decided_share"]) else f", rules decide {r['decided_share']:.0%} of its entries"
        )
        lines.append(
            f"- {r['grid'].replace('_', ' ').replace(' x ', ' by ')} ({r['papers']} papers){decided}: {r['movable']} "
            f"of {r['codes']} codes can vary, a gap could be seen in {r['seen']} of {r['free']} free cells, and "
            f"{found or 'none'} {'was' if found < 2 else 'were'} found. An empty cell would be noticed "
            f"{r['power']:.0%} of the time."
        )
    return "\n".join(lines)


def rules_in_words(rules: dict[str, float], codes: str) -> str:
    """Say how often papers raise two codes that the codebook keeps apart: a check of the codebook, no finding."""
    more = rules["count"] > rules["expected"]
    return (
        f"In {rules['count']:.0f} of the {rules['all']:.0f} times that a paper raises two {codes}, the two are a pair "
        f"that the codebook has a rule to tell apart; by chance it would be {rules['expected']:.1f}."
        + (
            f" Such rules stand between {codes} that are alike, and alike ones meet more often: this checks the "
            "codebook and says nothing of the literature."
            if more
            else ""
        )
    )


def _numbers(about: pd.DataFrame, rules: dict[str, float], codes: str) -> tuple[Number, ...]:
    if about.empty:
        return ()
    whole = about.iloc[-1]
    return (
        Number("GapsFree", int(whole["free"]), "count", "cells", "cells of all grids that no rule decides"),
        Number(
            "GapsSeen",
            int(whole["seen"]),
            "count",
            "cells",
            "of these, cells in which a gap could have been seen",
        ),
        Number(
            "GapsFound",
            int(whole["gap"] + whole["sparse"]),
            "count",
            "cells",
            "of these, gaps and sparse cells found",
        ),
        Number(
            "GapsPower",
            float(whole["power"]),
            "percent1",
            "share of cells",
            "free cells found if truly empty",
        ),
        Number(
            "GapsNeeded",
            float(whole["needed"]),
            "decimal1",
            "papers",
            "expected papers that an empty cell needs",
        ),
        Number(
            "GapsMovable",
            int(about["movable"].sum()),
            "count",
            "codes of papers",
            "codes that can move in the null",
        ),
        Number(
            "GapsCodes",
            int(about["codes"].sum()),
            "count",
            "codes of papers",
            "codes in the columns of all grids",
        ),
        Number(
            "TogetherSeparated",
            rules["count"],
            "count",
            "meetings",
            f"meetings of {codes} that a rule tells apart",
        ),
        Number("TogetherSeparatedExpected", rules["expected"], "decimal1", "meetings", "the same, expected"),
        Number("TogetherAll", rules["all"], "count", "meetings", f"meetings of any two {codes}"),
    )


def _printed(survey: Survey, cells: pd.DataFrame, about: pd.DataFrame) -> Printed:
    seen = cells[cells["seen"].to_numpy(dtype=bool)] if len(cells) else cells
    rank = seen["class"].map({name: k for k, name in enumerate(CLASSES)})
    kept = seen.assign(rank=rank).sort_values(["rank", "p_lower", "row", "column"]).head(PRINTED)
    names = {(f, c): n for f, c, n in survey.codes[["facet", "code", "name"]].itertuples(index=False)}
    rows = []
    for r in kept.to_dict("records"):
        down, across = str(r["grid"]).split(" x ")
        rows.append(
            {
                survey.settings.words.code.capitalize(): names.get((down, r["row"]), r["row"]),
                "With": names.get((across, r["column"]), r["column"]),
                "Papers": r["n"],
                "Expected": r["expected"],
                "p": r["p_lower"],
                "q": r["q"],
                "Class": r["class"],
            }
        )
    columns = [survey.settings.words.code.capitalize(), "With", "Papers", "Expected", "p", "q", "Class"]
    return Printed(
        "expected",
        "Where a gap could have been seen: how many papers carry both codes, and how many would by chance.",
        pd.DataFrame(rows, columns=columns),
        {"Papers": "count", "Expected": "decimal1", "p": "p", "q": "p"},
        "Expected: if every code kept its papers, every paper its number of codes, and what coding rules decide stayed "
        "as it is. p: probability of so few papers by chance. q: p adjusted for all cells tested (Benjamini and "
        f"Yekutieli). {in_words(about)} Of this sample alone.",
    )
