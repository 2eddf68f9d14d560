"""How far papers go with each code: from a mere motive to a measurement. The first look at what is not measured."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.levels import MOTIVE, REMEDY, levels, wide
from workbench.answers.answer import BASIS, Answer, Number, Printed, code_names, figure, in_schema, mode_sides

if TYPE_CHECKING:
    from workbench.store.settings import Vocabulary
    from workbench.store.survey import Survey

#: So many codes are named in the words under the figure.
NAMED = 2


def leveled(survey: Survey) -> Answer:
    """Papers of each code of the headline facet at each level, motives and measured remedies apart."""
    settings, names = survey.settings, code_names(survey)
    headline = settings.headline
    steps = [level.id for level in survey.schema.levels]
    codes = list(survey.codes.loc[survey.codes["facet"] == settings.facet, "code"])
    table = levels(
        in_schema(survey.final, survey.codes),
        settings.facet,
        codes,
        steps,
        motive=headline.motive,
        remedy=headline.remedy_measured,
        basis=BASIS,
    )
    counts = wide(table)
    words = in_words(counts, settings.measured, steps, names, settings.words)
    title = f"How far papers go with each {settings.words.code} that their {BASIS} raises"
    draw = partial(charts.levels_plot, table, settings.measured, names=names, sides=mode_sides(survey))
    return Answer(
        {"levels": counts.reset_index()},
        (figure("levels", title, words, draw, data=table),),
        _numbers(counts, settings.measured, steps, settings.words.codes),
        (_printed(counts, names, settings.words),),
    )


def never(counts: pd.DataFrame, measured: str, steps: list[str]) -> pd.DataFrame:
    """The codes that some paper raises and no paper measures, most papers first.

    Args:
        counts: ``analysis.levels.wide``.
        measured: the lowest level that counts as measured.
        steps: the levels, lowest first.
    """
    data = steps[steps.index(measured) :]
    found = counts[(counts["raised"] > 0) & (counts[data].sum(axis=1) == 0)]
    return found.sort_values("raised", ascending=False, kind="stable")


def in_words(
    counts: pd.DataFrame, measured: str, steps: list[str], names: dict[str, str], words: Vocabulary
) -> str:
    """Say which codes papers of this sample raise and none measures, and where the mere motives are."""
    code, codes = words.code, words.codes
    raised = counts[counts["raised"] > 0]
    if raised.empty:
        return f"Nothing is drawn: no settled coding raises a {code}."
    gone = never(counts, measured, steps)
    said = [
        f"Papers of this sample raise {len(raised)} of {len(counts)} {codes}, and none measures {len(gone)} of these"
    ]
    if len(gone):
        listed = [f"{names.get(str(c), str(c))} ({n})" for c, n in gone["raised"].head(NAMED).items()]
        which = "; most often raised" if len(gone) > NAMED else ""
        said[0] += f"{which}: {', '.join(listed)}"
    said[0] += "."
    at = int(raised[MOTIVE].to_numpy().argmax())
    most, n, whole = str(raised.index[at]), int(raised[MOTIVE].iloc[at]), int(raised["raised"].iloc[at])
    if n:
        said.append(
            f"{names.get(most, most)} is most often a mere motive: {n} of the {whole} papers that raise it only say "
            "why they built something new."
        )
    return " ".join(said)


def _numbers(counts: pd.DataFrame, measured: str, steps: list[str], codes: str) -> tuple[Number, ...]:
    raised = counts[counts["raised"] > 0]
    gone = never(counts, measured, steps)
    total = int(raised["raised"].sum())
    unit = "papers, once for each code that they raise"
    return (
        Number("LevelsRaised", len(raised), "count", "codes", f"{codes} that a paper of the sample raises"),
        Number(
            "LevelsNotMeasured", len(gone), "count", "codes", f"of these {codes}, those that none measures"
        ),
        Number("LevelsPairs", total, "count", unit, f"{codes} raised, summed over papers"),
        Number("LevelsMotive", int(raised[MOTIVE].sum()), "count", unit, "of these, named only as a motive"),
        Number(
            "LevelsMeasured",
            int(raised[steps[steps.index(measured) :]].to_numpy().sum()),
            "count",
            unit,
            "of these, measured",
        ),
    )


def _printed(counts: pd.DataFrame, names: dict[str, str], words: Vocabulary) -> Printed:
    raised = counts[counts["raised"] > 0].sort_values("raised", ascending=False, kind="stable")
    called = [names.get(str(c), str(c)) for c in raised.index]
    code = words.code
    table = raised.reset_index(drop=True)
    table.insert(0, code.capitalize(), called)
    columns = {str(c): str(c).capitalize() for c in raised.columns}
    return Printed(
        "levels",
        f"How far the papers of the sample go with each {code}, from naming it to measuring it. Each paper stands at "
        "one level.",
        table.rename(columns=columns),
        dict.fromkeys(columns.values(), "count"),
        f"{MOTIVE.capitalize()}: named only as the reason for something new. {REMEDY.capitalize()}: the paper measures "
        "what a remedy does; it is counted at its level as well.",
    )
