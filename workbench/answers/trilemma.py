"""Which three desiderata one paper ever measures together: counts, and no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.audit.trilemma import MET, OURS, Desideratum, Together, together
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.answers.numbers import Number, macro_name

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def held_together(survey: Survey) -> Answer:
    """Papers that measure all three of three desiderata; what was counted stands in the notebook and in the macros."""
    answers = counted(survey)
    if not answers:
        return Answer({})
    papers = next(iter(answers.values())).papers
    return Answer(
        {},
        numbers=(
            Number("TrilemmaPapers", papers, "count", "papers", "papers that measure anything"),
            *(
                Number(
                    f"Trilemma{macro_name(key)}Three",
                    None if pd.isna(a.counts["observed"].iloc[3]) else int(a.counts["observed"].iloc[3]),
                    "count",
                    "papers",
                    f"of them all three of {key.replace('-', ', ')}",
                )
                for key, a in answers.items()
            ),
        ),
    )


def counted(survey: Survey) -> dict[str, Together]:
    """Return of every trilemma of ``survey.yaml`` how many papers measure none, one, two and all of the three."""
    final = in_schema(survey.final, survey.codes)
    known = set(zip(survey.codes["facet"], survey.codes["code"], strict=True))
    return {
        t.id: together(
            final,
            [Desideratum(w.name, w.codes, w.facet) for w in t.wanted],
            asked=survey.asked,
            known=known,
            basis=BASIS,
        )
        for t in survey.settings.audit.trilemmas
    }


def in_words(answers: dict[str, Together], survey: Survey) -> str:
    """Say of each trilemma how many papers measure all three."""
    if not answers:
        return "The survey names no three things that can hardly be had together."
    names = {t.id: t.name for t in survey.settings.audit.trilemmas}
    papers = next(iter(answers.values())).papers
    if not papers:
        return "No paper measures anything yet."
    said = []
    for key, answer in answers.items():
        row = answer.counts.iloc[3]
        said.append(
            f"{names[key]}: {answer.note}"
            if pd.isna(row["observed"])
            else f"{names[key]}: {int(row['observed'])} meet {MET[3]} ({row['expected']:.1f} by chance)"
        )
    return f"Of {papers} papers that measure anything: {'; '.join(said)}. {OURS} Counts only, no test."
