"""Which three desiderata one paper ever measures together: counts, and no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.audit.trilemma import MET, OURS, PRESETS, Together, together
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.answers.numbers import Number, macro_name

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def held_together(survey: Survey) -> Answer:
    """Papers that measure all three of three desiderata; what was counted stands in the notebook and in the macros."""
    answers = counted(survey)
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
    """Return of every preset how many papers measure none, one, two and all three of its desiderata."""
    final = in_schema(survey.final, survey.codes)
    known = set(zip(survey.codes["facet"], survey.codes["code"], strict=True))
    return {p.id: together(final, p.wanted, known=known, basis=BASIS) for p in PRESETS}


def in_words(answers: dict[str, Together]) -> str:
    """Say of each preset how many papers measure all three."""
    names = {p.id: p.name for p in PRESETS}
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
