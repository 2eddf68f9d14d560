"""From search to synthesis: PRISMA 2020."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis import charts
from analysis.prisma import prisma
from analysis.recall import without_abstract
from workbench.answers import descriptions
from workbench.answers.answer import Answer, figure

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.survey import Survey


def flow_table(survey: Survey) -> pd.DataFrame:
    """Return ``analysis.prisma.prisma``'s table of a survey."""
    return prisma(survey.hits, survey.reached, maybe_duplicates=survey.maybe_duplicates)


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return the count of each box of the flow."""
    whole = table[table["reason"] == ""]
    return {str(box): int(n) for box, n in zip(whole["box"], whole["n"], strict=True)}


def parts(table: pd.DataFrame, box: str) -> dict[str, int]:
    """Return the parts of a box of the flow: reason -> count."""
    mine = table[(table["box"] == box) & (table["reason"] != "")]
    return {str(reason): int(n) for reason, n in zip(mine["reason"], mine["n"], strict=True)}


def reason_names(survey: Survey) -> dict[str, str]:
    """Return how the reasons of exclusion are written for a reader."""
    names = {r.id: r.id.replace("-", " ") for r in survey.schema.screening.reasons}
    return names | {"reasons-differ": "screeners agree on out, not on why"}


def flow_of_records(survey: Survey) -> Answer:
    """From search to synthesis: PRISMA 2020."""
    table = flow_table(survey)
    draw = partial(charts.prisma_flow, table, names=reason_names(survey))
    title = "Flow of records (PRISMA 2020)"
    return Answer(
        {"prisma": table, "missing-abstracts": without_abstract(survey.papers)},
        (figure("prisma", title, descriptions.flow(table), draw, data=table),),
    )
