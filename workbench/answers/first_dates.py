"""When each code was first discussed and first measured by a paper of this survey's frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.first_dates import first_dates
from workbench.answers.answer import BASIS, Answer, in_schema

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def dated(survey: Survey) -> Answer:
    """In which year each code of the headline facet was first discussed and first measured, with the papers."""
    settings, levels = survey.settings, [level.id for level in survey.schema.levels]
    table = first_dates(
        in_schema(survey.final, survey.codes),
        survey.codes[(survey.codes["facet"] == settings.facet).to_numpy(dtype=bool)],
        facet=settings.facet,
        measured=levels[levels.index(settings.measured) :],
        basis=BASIS,
    )
    return Answer({"first-dates": table})
