"""What reading full texts changes in what their abstracts told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.shift import missed, shift
from workbench.answers.answer import Answer, Number, in_schema
from workbench.answers.numbers import printed

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def reading_more(survey: Survey) -> Answer:
    """What reading full texts changes in what their abstracts told."""
    table = shift(in_schema(survey.final, survey.codes), asked=survey.asked)
    works, found, new, raised = counts(table)
    words = survey.settings.words
    unit = words.codes
    sure = survey.settings.thresholds.interval
    share, low, high = (None if pd.isna(value) else value for value in missed(table, confidence=sure))
    about = f"share of the {words.codes} found there that the abstract does not raise, {sure:.0%}, by paper"
    return Answer(
        {"full-text-shift": table},
        numbers=(
            Number("FullTextWorks", works, "count", "works", "works coded from abstract and full text"),
            Number(
                "FullTextModes", found, "count", unit, f"{words.codes} found in the full texts of those works"
            ),
            Number("FullTextNew", new, "count", unit, "of them, those that the abstract does not raise"),
            Number(
                "FullTextRaised",
                raised,
                "count",
                unit,
                "of them, those at a higher level than in the abstract",
            ),
            Number("FullTextMissed", share, "percent", "share of modes", about),
            Number("FullTextMissedLow", low, "percent", "share of modes", f"{about}: low end"),
            Number("FullTextMissedHigh", high, "percent", "share of modes", f"{about}: high end"),
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


def in_words(table: pd.DataFrame, codes: str, *, confidence: float = 0.9) -> str:
    """Say how much of what full texts raise their abstracts did not tell; the largest caveat on *discussed*.

    Args:
        table: what ``analysis.shift.shift`` gave.
        codes: what its codes are called.
        confidence: of the interval.
    """
    works, found, new, raised = counts(table)
    if not found:
        return "No work has been coded from its abstract and its full text, so what abstracts leave out is not known."
    share, low, high = missed(table, confidence=confidence)
    sure = (
        ""
        if pd.isna(low)
        else f" Other works like these might have given {printed(low, 'percent')} to {printed(high, 'percent')} "
        f"instead of {printed(share, 'percent')} ({confidence:.0%} interval over works); the literature as a whole may "
        "differ from them."
    )
    return (
        f"Of {found:,} {codes} found in the full texts of {works:,} works, {new:,} ({new / found:.0%}) are not "
        f"in the abstract and {raised:,} ({raised / found:.0%}) stand there at a lower level. What is counted here is "
        f"what abstracts say, and papers discuss far more.{sure}"
    )
