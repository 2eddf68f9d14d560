"""What the page shows first: the answer in words, and how often each code is discussed and measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.charts.measurement import verdict
from workbench.answers.first_screen import first_screen
from workbench.answers.measurement import measured
from workbench.answers.measurement_in_words import headline
from workbench.publishing.site.packing import plain

if TYPE_CHECKING:
    from workbench.answers.stamp import Stamp
    from workbench.store.survey import Survey

Plain = dict[str, Any]


def first_view(survey: Survey, stamp: Stamp) -> Plain:
    """Return ``first`` (the words of the first screen) and ``rates`` (a row a code, per 1,000 papers that are in)."""
    words = survey.settings.words
    return {
        "first": {
            **first_screen(survey, stamp),
            "interval": survey.settings.thresholds.interval,
            "licence": survey.settings.licence,
        },
        "rates": rates(measured(survey).tables["measurement"]),
        "words": words.model_dump(),
    }


def rates(table: pd.DataFrame) -> Plain:
    """Papers per 1,000 that discuss and measure each code, the ratio, what is decided; nothing where none was read."""
    if table.empty:
        return plain(pd.DataFrame({"code": pd.Series([], dtype="str")}), ["code"])
    rows = headline(table)
    made = pd.DataFrame(
        {"code": rows["code"], "note": ["no paper discusses it" if n else "" for n in rows["ratio"].isna()]}
    )
    for new, old in (("rate", "ratio"), ("low", "ratio_low"), ("high", "ratio_high")):
        made[new] = rows[old]
    for what in ("discussed", "measured"):
        for end in ("", "_low", "_high"):
            made[f"{what}{end}"] = (rows[f"{what}{end}"] * 1000 / rows["included"]).round(1)
    made["decided"] = [verdict(r) for r in rows.to_dict("records")]
    return plain(made, list(made.columns))
