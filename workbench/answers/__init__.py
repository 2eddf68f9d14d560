"""Which tables and figures the survey comes to: one question a module.

Every question takes the opened survey and gives an ``Answer``. To add a result, write one more module and name its
function in ``QUESTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.answers.agreement import agreed
from workbench.answers.answer import Answer
from workbench.answers.claims import claimed
from workbench.answers.cooccurrence import raised_together
from workbench.answers.coverage import covered
from workbench.answers.expected import gaps
from workbench.answers.first_dates import dated
from workbench.answers.flow_of_records import flow_of_records
from workbench.answers.instability import unstable
from workbench.answers.left_out import left_out
from workbench.answers.levels import leveled
from workbench.answers.measurement import measured
from workbench.answers.methods_section import methods
from workbench.answers.paired_evidence import paired
from workbench.answers.panel import panel
from workbench.answers.portfolio import portfolio
from workbench.answers.reading_more import reading_more
from workbench.answers.reporting import reported
from workbench.answers.sides import compared
from workbench.answers.trends import by_year
from workbench.answers.trilemma import held_together
from workbench.answers.validated import validated

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: What ``survey build`` answers: the question in words -> the function that answers it.
QUESTIONS: dict[str, Callable[[Survey], Answer]] = {
    "flow of records": flow_of_records,
    "levels": leveled,
    "coverage": covered,
    "expected": gaps,
    "measurement": measured,
    "co-occurrence": raised_together,
    "agreement": agreed,
    "validation": validated,
    "trends": by_year,
    "the two sides": compared,
    "first dates": dated,
    "trilemma": held_together,
    "paired evidence": paired,
    "what reading more changes": reading_more,
    "what papers report": reported,
    "portfolio of instruments": portfolio,
    "safety claims": claimed,
    "model audit": panel,
    "instability": unstable,
    "methods": methods,
    "what was left out": left_out,
}
