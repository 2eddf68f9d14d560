"""Which tables and figures the survey comes to: one question a module.

Every question takes the opened survey and gives an ``Answer``. To add a result, write one more module and name its
function in ``QUESTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.results.agreed import agreed
from workbench.results.answers import Answer
from workbench.results.audited import audited
from workbench.results.by_year import by_year
from workbench.results.claimed import claimed
from workbench.results.covered import covered
from workbench.results.flow_of_records import flow_of_records
from workbench.results.gaps import ignoring_rules, surprising
from workbench.results.instability import unstable
from workbench.results.lag import lagged
from workbench.results.left_out import left_out
from workbench.results.methods import methods
from workbench.results.paired_evidence import paired
from workbench.results.portfolio import portfolio
from workbench.results.raised_together import raised_together
from workbench.results.reading_more import reading_more
from workbench.results.sensitivity import sensitive
from workbench.results.sides import compared
from workbench.results.trilemma import held_together
from workbench.results.under_measured import under_measured
from workbench.results.validated import validated

if TYPE_CHECKING:
    from workbench.survey import Survey

#: What ``survey build`` answers: the question in words -> the function that answers it.
QUESTIONS: dict[str, Callable[[Survey], Answer]] = {
    "flow of records": flow_of_records,
    "coverage": covered,
    "gaps": surprising,
    "gaps ignoring rules": ignoring_rules,
    "under-measurement": under_measured,
    "sensitivity of under-measurement": sensitive,
    "co-occurrence": raised_together,
    "agreement": agreed,
    "validation": validated,
    "attention by year": by_year,
    "the two sides": compared,
    "lag of measurement": lagged,
    "trilemma": held_together,
    "paired evidence": paired,
    "what reading more changes": reading_more,
    "portfolio of instruments": portfolio,
    "safety claims": claimed,
    "model audit": audited,
    "instability": unstable,
    "methods": methods,
    "what was left out": left_out,
}
#: Questions whose answer is tables alone, and takes long: not asked where no table is wanted.
TABLES_ONLY = frozenset({"gaps ignoring rules"})
