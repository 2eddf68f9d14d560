"""What the machines' codings may carry: how far humans have looked at them, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.corrected import QUANTITIES, corrected_rates
from analysis.recoded import recoded
from analysis.selection import FAILURE_MODE
from analysis.validation import validation
from workbench.answers.answer import BASIS, Answer, Number, code_names, figure, in_schema, mode_sides

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
        basis=BASIS,
        codes_assessable=[code for facet, code in survey.assessable(BASIS) if facet == FAILURE_MODE],
    )
    raw = "Share of the papers that discuss a mode which measure it: as machines say, and corrected"
    draw = partial(charts.raw_against_corrected, rates, names=code_names(survey), sides=mode_sides(survey))
    return Answer(
        {"validation": table, "validation-rates": rates},
        (figure("validation-rates", raw, rates_in_words(rates), draw, data=rates),),
        _numbers(table),
    )


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
        schema=survey.schema.version,
        assessable=told,
    )
    table = validation(
        machine,
        human,
        survey.verifications,
        survey.sampling,
        survey.sample,
        survey.failure_modes,
        basis=BASIS,
        assessable=[code for facet, code in told if facet == FAILURE_MODE],
    )
    return machine, human, table


def absence(survey: Survey) -> dict[str, str]:
    """Return of every failure mode whether its being coded absent may count in a gap: yes, no or not estimable."""
    table = looked_at(survey)[2]
    modes = table[(table["code"] != "").to_numpy(dtype=bool)]
    return dict(zip(modes["code"], modes["absence_supported"], strict=True))


def rates_in_words(rates: pd.DataFrame) -> str:
    """Describe the figure of raw and corrected rates."""
    one = rates[(rates["quantity"] == QUANTITIES[2]).to_numpy(dtype=bool)]
    held = one[one["corrected"].notna().to_numpy(dtype=bool)]
    if held.empty:
        why = one["note"].str.extract("not estimable: ([^;]*)")[0].dropna()
        reason = str(why.mode().iloc[0]) if len(why) else "there is no failure mode"
        return f"Nothing is drawn: no rate can be corrected for the machines' errors: {reason}."
    held = held[~held["note"].str.contains("too few").to_numpy(dtype=bool)]
    each = "; ".join(
        f"{r['name']} {r['raw']:.0%} raw, {r['corrected']:.0%} corrected ({r['low']:.0%} to {r['high']:.0%})"
        for r in held.sort_values(["corrected", "code"]).to_dict("records")
    )
    return (
        "Share of the papers that discuss a mode which measure it, as machines say and as corrected by papers that "
        f"humans coded afresh. Modes with enough papers: {each or 'none'}."
    )


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
