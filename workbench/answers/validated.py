"""What the machines' codings may carry: how far humans have looked at them, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.corrected import corrected_rates
from analysis.recoded import recoded
from analysis.validation import validation
from workbench.answers.agreement import version_compared
from workbench.answers.answer import BASIS, Answer, Number, in_schema

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def validated(survey: Survey) -> Answer:
    """What the machines' codings may carry, as far as humans have looked at them; nothing until a human has."""
    machine, human, table = looked_at(survey)
    if human.empty and not int(table.iloc[0][["confirmed", "corrected", "rejected"]].sum()):
        return Answer({})
    rates = corrected_rates(
        machine,
        human,
        survey.sampling,
        survey.sample,
        survey.failure_modes,
        asked=survey.asked,
        basis=BASIS,
        codes_assessable=[code for facet, code in survey.assessable(BASIS) if facet == survey.settings.facet],
    )
    return Answer({"validation": table, "validation-rates": rates}, numbers=_numbers(table))


def looked_at(survey: Survey) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What machines coded, what humans coded afresh, and what that says of each failure mode.

    Returns:
        The table ``final`` of the machines alone, ``analysis.recoded.recoded`` and ``analysis.validation.validation``.
    """
    told = survey.assessable(BASIS)
    machine = in_schema(survey.final_by_machines, survey.codes)
    human = recoded(
        survey.codings,
        survey.independent,
        survey.codes,
        coder_kinds=dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True)),
        verifications=survey.verifications,
        basis=BASIS,
        schema=version_compared(survey),
        assessable=told,
    )
    table = validation(
        machine,
        human,
        survey.verifications,
        survey.sampling,
        survey.sample,
        survey.failure_modes,
        facet=survey.settings.facet,
        basis=BASIS,
        assessable=[code for facet, code in told if facet == survey.settings.facet],
    )
    return machine, human, table


def absence(survey: Survey) -> dict[str, str]:
    """Return of every failure mode whether its being coded absent may count in a gap: yes, no or not estimable."""
    table = looked_at(survey)[2]
    modes = table[(table["code"] != "").to_numpy(dtype=bool)]
    return dict(zip(modes["code"], modes["absence_supported"], strict=True))


def _numbers(table: pd.DataFrame) -> tuple[Number, ...]:
    whole = table.iloc[0]
    precision, recall = (None if pd.isna(whole[c]) else float(whole[c]) for c in ("precision", "recall"))
    recoded_ = "papers that a human coded afresh without seeing the machines' codes"
    audited = int(whole["confirmed"] + whole["corrected"] + whole["rejected"])
    return (
        Number("ValidRecoded", int(whole["recoded_papers"]), "count", "papers", recoded_),
        Number("ValidAudited", audited, "count", "codes", "machines' codes that a human audited"),
        Number("ValidPrecision", precision, "percent", "share of codes", "audited codes that hold"),
        Number("ValidRecall", recall, "percent", "share of codes", "humans' codes that machines found too"),
    )
