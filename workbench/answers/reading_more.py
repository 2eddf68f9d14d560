"""What reading full texts changes in what their abstracts told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.shift import shift
from workbench.answers.answer import Answer, Number, in_schema

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def reading_more(survey: Survey) -> Answer:
    """What reading full texts changes in what their abstracts told."""
    table = shift(in_schema(survey.final, survey.codes))
    works, found, new, raised = counts(table)
    unit = "codes of a failure mode"
    return Answer(
        {"full-text-shift": table},
        numbers=(
            Number("FullTextWorks", works, "count", "works", "works coded from abstract and full text"),
            Number(
                "FullTextModes", found, "count", unit, "failure modes found in the full texts of those works"
            ),
            Number("FullTextNew", new, "count", unit, "of them, those that the abstract does not raise"),
            Number(
                "FullTextRaised",
                raised,
                "count",
                unit,
                "of them, those at a higher level than in the abstract",
            ),
        ),
    )


def counts(table: pd.DataFrame) -> tuple[int, int, int, int]:
    """Count the works, the modes found in their full texts, and of these the new ones and those at a higher level.

    Args:
        table: what ``analysis.shift.shift`` gave.
    """
    changes = table["change"].value_counts()
    return (
        int(table["paper"].nunique()),
        int((table["level_more"] != "").sum()),
        int(changes.get("new", 0)),
        int(changes.get("raised", 0)),
    )


def in_words(table: pd.DataFrame) -> str:
    """Say how much of what full texts raise their abstracts did not tell; the largest caveat on *discussed*.

    Args:
        table: what ``analysis.shift.shift`` gave.
    """
    works, found, new, raised = counts(table)
    if not found:
        return "No work has been coded from its abstract and its full text, so what abstracts leave out is not known."
    return (
        f"Of {found:,} failure modes found in the full texts of {works:,} works, {new:,} ({new / found:.0%}) are not "
        f"in the abstract and {raised:,} ({raised / found:.0%}) stand there at a lower level: what counts as discussed "
        "is what abstracts say, and far from all that papers discuss."
    )
