"""Of the papers that discuss each failure mode, how many measure it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis import charts
from analysis.undermeasurement import undermeasurement
from workbench import descriptions
from workbench.results.answers import BASIS, Answer, figure, in_schema

if TYPE_CHECKING:
    from workbench.survey import Survey


def under_measured(survey: Survey) -> Answer:
    """Of the papers that discuss each failure mode, how many measure it."""
    modes = undermeasurement(in_schema(survey.final, survey.codes), survey.failure_modes, basis=BASIS)
    discussed, measured = int(modes["discussed"].sum()), int(modes["measured"].sum())
    # Without any rate to hold it against, a line would run through words.
    rate = measured / discussed if (modes["note"] == "").any() else None
    draw = partial(charts.discussed_against_measured, modes, basis=BASIS, corpus_rate=rate)
    title = "Discussed against measured, among papers whose abstract raises the mode"
    words = descriptions.undermeasured(modes)
    return Answer({"undermeasurement": modes}, (figure("undermeasurement", title, words, draw, data=modes),))
