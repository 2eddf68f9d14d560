"""The methods section of a paper, written from the rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.answers.answer import Answer
from workbench.answers.methods import methods_latex, methods_markdown
from workbench.answers.numbers import Number
from workbench.reading.status import status

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Counts of ``survey status`` that prose quotes: key -> macro, unit, meaning.
COUNTS = {
    "identified": ("Identified", "hits", "hits of logged searches"),
    "duplicates": ("Duplicates", "hits", "hits that were another hit of a work"),
    "records": ("Records", "works", "works after deduplication, grey sources included"),
    "in_frame": ("Frame", "works", "works of the sampling frame"),
    "drawn": ("Drawn", "works", "works drawn for screening"),
    "screened": ("Screened", "works", "works screened by two and decided"),
    "included": ("Included", "works", "works that are in"),
    "grey": ("Grey", "works", "grey sources, kept apart"),
    "coded_twice": (
        "CodedTwice",
        "works",
        "works that two coded from the abstract without seeing each other",
    ),
    "adjudicated": ("Adjudicated", "works", "works coded twice with no disagreement left open"),
    "human_verified": ("HumanVerified", "works", "works with a failure-mode code that a human stands behind"),
}


def methods(survey: Survey) -> Answer:
    """How the survey was made, in paragraphs for a paper."""
    counts = status(survey.root)
    numbers = tuple(
        Number(name, counts[key]["total"], "count", unit, meaning)
        for key, (name, unit, meaning) in COUNTS.items()
    )
    share = Number(
        "HumanVerifiedShare",
        counts["human_verified"]["share"],
        "percent",
        "share of final failure-mode codes",
        "share of the final failure-mode codes that a human coded, adjudicated or verified",
    )
    pages = {
        "methods.md": partial(methods_markdown, survey),
        "latex/methods.tex": partial(methods_latex, survey),
    }
    return Answer({}, numbers=(*numbers, share), pages=pages)
