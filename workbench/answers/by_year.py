"""How attention and measurement went over the years."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis import charts
from analysis.trends import attention, trends
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, Answer, figure, in_schema

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def by_year(survey: Survey) -> Answer:
    """How attention and measurement went over the years."""
    final, papers = in_schema(survey.final, survey.codes), survey.papers
    modes = survey.failure_modes
    table = trends(final, papers, basis=BASIS, codes=list(modes["code"]))
    whole = attention(final, papers, modes, basis=BASIS)
    sides = attention(final, papers, modes, by_side=True, basis=BASIS)
    draw = partial(charts.attention_by_year, sides, basis=BASIS)
    title = (
        "Papers that discuss and measure failure modes by year, among papers whose abstract raises the mode"
    )
    words = descriptions.years(whole, sides)
    return Answer(
        {"trends": table, "attention": whole, "attention-by-side": sides},
        (figure("attention", title, words, draw, data=sides),),
    )
