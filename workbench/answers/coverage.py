"""How many papers raise, and how many measure, each code of the headline facet in each line of work: a map."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis import charts
from analysis.coverage import coverage
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, Answer, code_names, figure, in_schema, mode_sides

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def covered(survey: Survey) -> Answer:
    """The map: papers by code of the headline facet and of the first facet it is crossed with; no test."""
    settings = survey.settings
    final, sides = in_schema(survey.final, survey.codes), mode_sides(survey)
    rows = settings.facet
    others = [b for a, b in settings.crosses if a == rows] + [
        f.id for f in survey.schema.facets if f.id != rows
    ]
    columns = settings.home or next(iter(others), None)
    if columns is None:
        return Answer({})
    facets = {f.id: f for f in survey.schema.facets}
    names = code_names(survey) | {c.id: c.name for c in facets[columns].codes}
    other = facets[columns].name.lower()
    called, many = (
        (settings.words.home, settings.words.homes) if settings.home == columns else (other, f"{other}s")
    )
    down, across = ([c.id for c in facets[f].codes] for f in (rows, columns))
    cells = coverage(final, rows, columns, row_codes=down, column_codes=across, basis=BASIS)
    measured = coverage(
        final,
        rows,
        columns,
        asked=survey.asked,
        min_level=settings.measured,
        row_codes=down,
        column_codes=across,
        basis=BASIS,
    )
    table = cells.assign(measured=measured["n"])[["row", "column", "n", "measured", "papers"]]
    draw = partial(
        charts.coverage_heatmap,
        cells,
        names=names,
        sides=sides,
        row_facet=settings.words.code,
        column_facet=called,
        basis=BASIS,
    )
    title = f"Papers of the sample by {settings.words.code} and {called}"
    said = descriptions.grid(cells, names, "raised", called, many, settings.words.code, settings.words.codes)
    words = f"{said} A map: an empty cell alone is no finding."
    return Answer({"coverage": table}, (figure("coverage", title, words, draw, data=table),))
