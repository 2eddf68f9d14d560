"""Which tables and figures the survey comes to: one question a module.

Every question takes the opened survey and gives an ``Answer``. To add a result, write one more module and name its
function in ``QUESTIONS``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.results.agreed import agreed
from workbench.results.answers import Answer
from workbench.results.by_year import by_year
from workbench.results.covered import covered
from workbench.results.flow_of_records import flow_of_records
from workbench.results.left_out import left_out
from workbench.results.raised_together import raised_together
from workbench.results.reading_more import reading_more
from workbench.results.under_measured import under_measured

if TYPE_CHECKING:
    from workbench.survey import Survey

#: What ``survey build`` answers: the question in words -> the function that answers it.
QUESTIONS: dict[str, Callable[[Survey], Answer]] = {
    "flow of records": flow_of_records,
    "coverage": covered,
    "under-measurement": under_measured,
    "co-occurrence": raised_together,
    "agreement": agreed,
    "attention by year": by_year,
    "what reading more changes": reading_more,
    "what was left out": left_out,
}
