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
    final, sides = in_schema(survey.final, survey.codes), mode_sides(survey)
    columns = next(f for f in survey.schema.facets if f.id == (survey.settings.home or STREAM))
    names = code_names(survey) | {code.id: code.name for code in columns.codes}
    across = "stream" if columns.id == STREAM else columns.name.lower()
    tables: dict[str, pd.DataFrame] = {}
    figures = []
    for stem, level, title, counted in (
        ("coverage", "mentions", f"Papers by failure mode and {across}", None),
        (
            "coverage-measures",
            "measures",
            f"Papers that measure a failure mode, by mode and {across}",
            "papers that measure the mode, as their abstract tells",
        ),
    ):
        cells = coverage(
            final,
            FAILURE_MODE,
            columns.id,
            min_level=level,
            row_codes=list(survey.failure_modes["code"]),
            column_codes=[code.id for code in columns.codes],
            basis=BASIS,
        )
        tables[stem] = cells
        tables[stem.replace("coverage", "matrix")] = matrix(cells).reset_index()
        draw = partial(charts.coverage_heatmap, cells, names=names, sides=sides, basis=BASIS, counted=counted)
        draw = partial(draw, column_facet=across)
        words = descriptions.grid(cells, names, "measured" if counted else "raised", across)
        figures.append(figure(stem, title, words, draw, data=cells))
    return Answer(tables, tuple(figures))
