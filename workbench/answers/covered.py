"""How many papers raise, and how many measure, each failure mode in each stream."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.coverage import coverage, matrix
from analysis.selection import FAILURE_MODE
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, STREAM, Answer, code_names, figure, in_schema, mode_sides

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def covered(survey: Survey) -> Answer:
    """How many papers raise, and how many measure, each failure mode in each stream."""
    final, names, sides = in_schema(survey.final, survey.codes), code_names(survey), mode_sides(survey)
    tables: dict[str, pd.DataFrame] = {}
    figures = []
    for stem, level, title, counted in (
        ("coverage", "mentions", "Papers by failure mode and stream", None),
        (
            "coverage-measures",
            "measures",
            "Papers that measure a failure mode, by mode and stream",
            "papers that measure the mode, as their abstract tells",
        ),
    ):
        cells = coverage(
            final,
            FAILURE_MODE,
            STREAM,
            min_level=level,
            row_codes=list(survey.failure_modes["code"]),
            column_codes=list(survey.schema.streams),
            basis=BASIS,
        )
        tables[stem] = cells
        tables[stem.replace("coverage", "matrix")] = matrix(cells).reset_index()
        draw = partial(charts.coverage_heatmap, cells, names=names, sides=sides, basis=BASIS, counted=counted)
        words = descriptions.grid(cells, names, "measured" if counted else "raised")
        figures.append(figure(stem, title, words, draw, data=cells))
    return Answer(tables, tuple(figures))
