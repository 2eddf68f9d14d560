"""How the literature grew, and whether it measures more than it did: by year, for the frame."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.trends import trends
from workbench.answers.answer import BASIS, Answer, Number, figure, in_schema
from workbench.answers.drawn import drawn, replicate_weights

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def by_year(survey: Survey) -> Answer:
    """Papers in scope and the rate of measuring by year, weighted for the sampling design."""
    settings = survey.settings
    steps = [level.id for level in survey.schema.levels]
    table = trends(
        in_schema(survey.final, survey.codes),
        survey.papers,
        drawn(survey),
        replicate_weights(survey),
        settings.facet,
        steps[steps.index(settings.measured) :],
        motive=settings.headline.motive,
        split=survey.schema.sampling.split_year,
        basis=BASIS,
    )
    codes = settings.words.codes
    title = f"Papers by year, and how many of the {codes} they discuss they measure"
    draw = partial(charts.trends_plot, table, codes=codes)
    return Answer(
        {"trends": table},
        (figure("trends", title, in_words(table, codes), draw, data=table),),
        _numbers(table, codes),
    )


def in_words(table: pd.DataFrame, codes: str) -> str:
    """Say how the two periods compare, each number with its interval."""
    periods = table[~table["period"].str.fullmatch(r"\d+|all").to_numpy(dtype=bool)]
    told = periods[periods["rate"].notna().to_numpy(dtype=bool)].to_dict("records")
    if len(told) < 2:
        return (
            f"Too few drawn papers have a year to say whether more of the {codes} are measured than before."
        )
    early, late = told
    apart = early["rate_high"] < late["rate_low"] or late["rate_high"] < early["rate_low"]
    more = "more" if late["rate"] > early["rate"] else "fewer"
    verdict = (
        f"Papers measure {more} of the {codes} that they discuss than they did"
        if apart
        else f"Whether papers measure more of the {codes} that they discuss than they did cannot be told"
    )
    return (
        f"{verdict}: {_share(early)} {early['period']}, {_share(late)} {late['period']} (95% intervals). "
        f"Papers on the question among all records, estimated: {_many(early)} "
        f"{early['period']}, {_many(late)} {late['period']}."
    )


def _share(row: dict[Any, Any]) -> str:
    return f"{row['rate']:.0%} ({row['rate_low']:.0%} to {row['rate_high']:.0%})"


def _many(row: dict[Any, Any]) -> str:
    ends = "" if pd.isna(row["frame_low"]) else f" ({row['frame_low']:,.0f} to {row['frame_high']:,.0f})"
    return f"{row['frame']:,.0f}{ends}"


def _numbers(table: pd.DataFrame, codes: str) -> tuple[Number, ...]:
    made = []
    for name, start in (("Before", "before"), ("From", "from")):
        rows = table[table["period"].str.startswith(start).to_numpy(dtype=bool)]
        row = rows.iloc[0] if len(rows) else pd.Series(dtype=object)
        period = str(row.get("period", start))
        for end, column in (("", "rate"), ("Low", "rate_low"), ("High", "rate_high")):
            value = row.get(column)
            meaning = (
                f"{column.replace('_', ' ')}: measured of the {codes} discussed, {period}, weighted, 95%"
            )
            made.append(
                Number(
                    f"Trends{name}{end}",
                    None if value is None or pd.isna(value) else float(value),
                    "percent",
                    f"share of {codes} discussed",
                    meaning,
                )
            )
    return tuple(made)
