"""The methods section of a paper, written from the rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workbench.answers.answer import Answer
from workbench.answers.flow_of_records import counts, flow_table
from workbench.answers.methods import methods_latex, methods_markdown
from workbench.answers.numbers import Number
from workbench.reading.people import who_did_what
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
    "included": ("Included", "works", "works that are in"),
    "grey": ("Grey", "works", "grey sources, kept apart"),
    "coded_twice": (
        "CodedTwice",
        "works",
        "works that two coded from the abstract without seeing each other",
    ),
    "adjudicated": ("Adjudicated", "works", "works coded twice with no disagreement left open"),
    "human_verified": (
        "HumanVerified",
        "works",
        "works with a code of the headline facet that a human stands behind",
    ),
}
#: Boxes of the flow of records that prose quotes: box -> macro, meaning.
BOXES = {
    "screened": ("Screened", "works screened on title and abstract and decided"),
    "excluded": ("ScreenedOut", "works excluded on title and abstract"),
    "assessed": ("FullTextAssessed", "full texts assessed for eligibility"),
    "excluded_full_text": ("FullTextExcluded", "full texts excluded"),
}


def methods(survey: Survey) -> Answer:
    """How the survey was made, in paragraphs for a paper, and who did what."""
    said = status(survey.root)
    boxes = counts(flow_table(survey))
    checked = said["human_verified"]
    numbers = (
        *(
            Number(name, said[key]["total"], "count", unit, meaning)
            for key, (name, unit, meaning) in COUNTS.items()
        ),
        *(Number(name, boxes[box], "count", "works", meaning) for box, (name, meaning) in BOXES.items()),
        Number(
            "Codes",
            checked["codes"],
            "count",
            "codes",
            "final codes of the headline facet told from abstracts",
        ),
        Number(
            "HumanVerifiedCodes",
            checked["checked"],
            "count",
            "codes",
            "final codes of the headline facet that a human coded, adjudicated or verified",
        ),
    )
    pages = {
        "methods.md": partial(methods_markdown, survey),
        "latex/methods.tex": partial(methods_latex, survey),
    }
    return Answer({"people": who_did_what(survey)}, numbers=numbers, pages=pages)
