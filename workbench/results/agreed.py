"""How far the coders agree, on the papers that nobody had coded while the schema was still being made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.agreement import agreement
from workbench import descriptions
from workbench.final import version_key
from workbench.results.answers import BASIS, Answer, code_names, figure, mode_sides

#: Bootstrap draws behind every interval of agreement.
DRAWS = 1000

if TYPE_CHECKING:
    from workbench.survey import Survey


def agreed(survey: Survey) -> Answer:
    """How far the coders agree, on the papers that nobody had coded while the schema was still being made."""
    now = survey.schema.version
    headline, training = coded_first_under(survey.codings, survey.signoffs, now)
    kinds = dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True))
    parts = []
    on_basis = survey.signoffs[survey.signoffs["basis"] == BASIS]
    versions = sorted(set(on_basis.loc[on_basis["paper"].isin(training), "schema"]), key=version_key)
    for which, papers, schemas in (("headline", headline, [now]), ("training", training, versions)):
        for version in schemas:
            table = agreement(
                survey.codings,
                survey.signoffs,
                survey.codes,
                coder_kinds=kinds,
                draws=DRAWS,
                basis=BASIS,
                schema=version,
                papers=papers,
                assessable=survey.assessable(BASIS),
            )
            table.insert(0, "set", which)
            table.insert(1, "schema", version)
            parts.append(table)
    main = parts[0]
    apart = pd.concat(parts[1:], ignore_index=True) if parts[1:] else main.iloc[:0]
    draw = partial(charts.agreement_plot, main, names=code_names(survey), sides=mode_sides(survey))
    called = descriptions.agreement_kind(main)
    title = f"{called} by failure mode, with prevalence (papers first coded under schema {now})"
    words = descriptions.agreed(main, code_names(survey), len(training))
    return Answer(
        {"agreement": main, "agreement-training": apart},
        (figure("agreement", title, words, draw, data=main),),
    )


def coded_first_under(
    codings: pd.DataFrame, signoffs: pd.DataFrame, version: str
) -> tuple[list[str], list[str]]:
    """Split the coded papers by whether anybody had coded them under another version before.

    Args:
        codings: all coders' codings.
        signoffs: all coders' sign-offs.
        version: the schema version in force.

    Returns:
        Papers signed off under ``version`` and never coded under another by anybody, on any basis: what agreement
        is reported of; and papers coded under another version, on which coders were trained. Both sorted.
    """
    seen = pd.concat([codings[["paper", "schema"]], signoffs[["paper", "schema"]]])
    training = set(seen.loc[seen["schema"] != version, "paper"])
    return sorted(set(signoffs["paper"]) - training), sorted(training)
