"""What the machines' codings may carry: how far humans have looked at them, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.corrected import QUANTITIES, corrected_rates
from analysis.recoded import STAGE, recoded
from analysis.selection import FAILURE_MODE, SETTLED
from analysis.standin import CANNOT, stand_in
from analysis.validation import repeatability, validation
from workbench.answers.agreed import DRAWS, coded_first_under
from workbench.answers.answer import BASIS, Answer, Number, code_names, figure, in_schema, mode_sides

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def validated(survey: Survey) -> Answer:
    """What the machines' codings may carry, as far as humans have looked at them."""
    now = survey.schema.version
    told = survey.assessable(BASIS)
    modes = [code for facet, code in told if facet == FAILURE_MODE]
    machine, human, table = looked_at(survey)
    design = (survey.sampling, survey.sample, survey.failure_modes)
    rates = corrected_rates(machine, human, *design, basis=BASIS, codes_assessable=modes)
    repeat = repeatability(
        survey.codings,
        survey.signoffs,
        survey.codes,
        survey.coders,
        survey.runs,
        draws=DRAWS,
        basis=BASIS,
        schema=now,
        papers=coded_first_under(survey.codings, survey.signoffs, now)[0],
        assessable=told,
    )
    tested = stand_in(machine_codes(machine), human, survey.codes)
    names, sides = code_names(survey), mode_sides(survey)
    state = "How many of the machines' codes humans have looked at"
    raw = "Share of the papers that discuss a mode which measure it: as machines say, and corrected"
    return Answer(
        {
            "validation": table,
            "validation-rates": rates,
            "validation-repeat": repeat,
            "validation-standin": tested,
        },
        (
            figure(
                "validation",
                state,
                state_in_words(table),
                partial(charts.validation_state, table, names=names, sides=sides),
                data=table,
            ),
            figure(
                "validation-rates",
                raw,
                rates_in_words(rates),
                partial(charts.raw_against_corrected, rates, names=names, sides=sides),
                data=rates,
            ),
        ),
        _numbers(survey, table, rates, repeat, tested),
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
        survey.signoffs,
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


def machine_codes(machine: pd.DataFrame) -> pd.DataFrame:
    """Return what machines said of each paper they have coded, for the stand-in test.

    Args:
        machine: the table ``final`` of the machines' codings alone.

    Returns:
        ``paper``, ``facet``, ``code``: one row a code that holds and, with empty facet and code, one a paper.
    """
    rows = machine[
        (machine["basis"] == BASIS).to_numpy(dtype=bool)
        & ~machine["grey"].to_numpy(dtype=bool)
        & machine["resolved"].isin(SETTLED).to_numpy(dtype=bool)
    ]
    papers = pd.DataFrame({"paper": sorted(set(rows["paper"])), "facet": "", "code": ""})
    there = rows.loc[(rows["state"] == "present").to_numpy(dtype=bool), ["paper", "facet", "code"]]
    made: pd.DataFrame = pd.concat([there, papers], ignore_index=True).astype("str")
    return made


def state_in_words(table: pd.DataFrame) -> str:
    """Describe the figure of the state of validation."""
    whole = table.iloc[0]
    codes, alone = int(whole["codes"]), int(whole["machine_only"])
    if not codes:
        return "Nothing is drawn: machines have coded no failure mode."
    if alone == codes:
        return (
            "Nothing is drawn: no human has audited or coded afresh any of the machines' "
            f"{codes:,} failure-mode codes."
        )
    supported = table.loc[(table["code"] != "").to_numpy(dtype=bool), "absence_supported"].value_counts()
    return (
        f"Bars of the machines' codes by failure mode. Of {codes:,} codes, {alone:,} rest on machines alone, "
        f"{int(whole['audited_only']):,} were audited by a human, {int(whole['recoded_only']):,} stand in a paper that "
        f"a human coded afresh and {int(whole['audited_and_recoded']):,} both. An absence counts in a gap for "
        f"{int(supported.get('yes', 0))} modes, does not for {int(supported.get('no', 0))} and cannot be judged for "
        f"{int(supported.get('not estimable', 0))}."
    )


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


def _numbers(
    survey: Survey, table: pd.DataFrame, rates: pd.DataFrame, repeat: pd.DataFrame, tested: pd.DataFrame
) -> tuple[Number, ...]:
    whole, modes = table.iloc[0], table[(table["code"] != "").to_numpy(dtype=bool)]
    held = survey.final[
        (survey.final["facet"] == FAILURE_MODE).to_numpy(dtype=bool)
        & (survey.final["state"] == "present").to_numpy(dtype=bool)
        & (survey.final["resolved"] != "unresolved").to_numpy(dtype=bool)
        & (survey.final["basis"] == BASIS).to_numpy(dtype=bool)
    ]
    share = float(held["human_verified"].mean()) if len(held) else None
    drawn = int((survey.sample["stage"] == STAGE).sum())
    estimable = rates[(rates["quantity"] == QUANTITIES[2]).to_numpy(dtype=bool)]["corrected"].notna()
    precision, recall = (None if pd.isna(whole[c]) else float(whole[c]) for c in ("precision", "recall"))
    same = repeat[
        (repeat["facet"] == FAILURE_MODE).to_numpy(dtype=bool)
        & (repeat["code"] == "").to_numpy(dtype=bool)
        & (repeat["statistic"] == "exact_set").to_numpy(dtype=bool)
    ]["value"]
    of_modes = tested[
        (tested["facet"] == FAILURE_MODE).to_numpy(dtype=bool) & (tested["code"] != "").to_numpy(dtype=bool)
    ]
    return (
        Number(
            "ValidShare",
            share,
            "percent",
            "share of codes",
            "final failure-mode codes that a human coded, adjudicated or verified",
        ),
        Number("ValidDrawn", drawn, "count", "papers", "papers drawn for a human to code afresh"),
        Number(
            "ValidRecoded",
            int(whole["recoded_papers"]),
            "count",
            "papers",
            "papers that a human coded afresh without seeing the machines' codes",
        ),
        Number(
            "ValidAudited",
            int(whole["confirmed"] + whole["corrected"] + whole["rejected"]),
            "count",
            "codes",
            "machines' failure-mode codes that a human audited",
        ),
        Number("ValidPrecision", precision, "percent", "share of codes", "audited codes that hold"),
        Number("ValidRecall", recall, "percent", "share of codes", "humans' codes that machines found too"),
        Number(
            "ValidAbsence",
            int((modes["absence_supported"] == "yes").sum()),
            "count",
            "modes",
            "modes of which coded absent may count in a gap, their recall being known",
        ),
        Number(
            "ValidCorrected",
            int(estimable.sum()),
            "count",
            "modes",
            "modes whose rate humans' codings correct",
        ),
        Number(
            "ValidSameTwice",
            float(same.mean()) if len(same) else None,
            "percent",
            "share of papers",
            "papers of which one model, coding twice, gave the very same failure modes",
        ),
        Number(
            "ValidStandIn",
            int((of_modes["verdict"] == "stands in").sum()),
            "count",
            "modes",
            "modes for which the machines pass as a stand-in for a human coder",
        ),
        Number(
            "ValidStandInUntested",
            int((of_modes["verdict"] == CANNOT).sum()),
            "count",
            "modes",
            "modes for which that cannot be tested",
        ),
    )
