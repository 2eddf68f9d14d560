"""What reading full texts changes in what their abstracts told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.shift import shift
from workbench.results.answers import Answer, in_schema

if TYPE_CHECKING:
    from workbench.survey import Survey


def reading_more(survey: Survey) -> Answer:
    """What reading full texts changes in what their abstracts told."""
    return Answer({"full-text-shift": shift(in_schema(survey.final, survey.codes))}, ())
