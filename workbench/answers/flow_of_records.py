"""From search to synthesis: PRISMA 2020."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis import charts
from analysis.prisma import prisma
from analysis.recall import without_abstract
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, Answer, figure

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def flow_of_records(survey: Survey) -> Answer:
    """From search to synthesis: PRISMA 2020."""
    table = prisma(
        survey.hits,
        survey.papers,
        survey.sample,
        survey.screened,
        maybe_duplicates=survey.maybe_duplicates,
        signoffs=survey.signoffs,
        final=survey.final,
        basis=BASIS,
    )
    names = {r.id: r.id.replace("-", " ") for r in survey.schema.screening.reasons}
    names["reasons-differ"] = "screeners agree on out, not on why"
    draw = partial(charts.prisma_flow, table, names=names)
    title = "Flow of records (PRISMA 2020)"
    return Answer(
        {"prisma": table, "missing-abstracts": without_abstract(survey.papers)},
        (figure("prisma", title, descriptions.flow(table), draw, data=table),),
    )
