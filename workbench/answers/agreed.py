"""How far the coders agree, on the papers that nobody had coded while the schema was still being made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.agreement import agreement, agreement_pairs, agreement_sets
from analysis.disagreements import confusion
from workbench.answers import descriptions
from workbench.answers.answer import (
    BASIS,
    Answer,
    Number,
    Printed,
    code_names,
    figure,
    mode_sides,
)
from workbench.answers.numbers import macro_name, printed
from workbench.answers.shortfalls import AGREEMENT, AGREEMENT_OF_FACETS
from workbench.store.final import version_key

#: Bootstrap draws behind every interval of agreement.
DRAWS = 1000

if TYPE_CHECKING:
    from workbench.store.survey import Survey


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
    given: dict[str, Any] = {
        "basis": BASIS,
        "schema": now,
        "papers": headline,
        "assessable": survey.assessable(BASIS),
    }
    every = (survey.codings, survey.signoffs, survey.codes)
    pairs = agreement_pairs(*every, coder_kinds=kinds, draws=DRAWS, **given)
    sets = agreement_sets(*every, coder_kinds=kinds, draws=DRAWS, **given)
    confused = confusion(
        survey.codings, survey.signoffs, survey.failure_modes, neighbours_only=False, **given
    )
    draw = partial(
        charts.agreement_plot, main, names=code_names(survey), sides=mode_sides(survey), notes=[AGREEMENT]
    )
    called = descriptions.agreement_kind(main)
    title = f"{called} by failure mode, with prevalence (papers first coded under schema {now})"
    words = f"{descriptions.agreed(main, code_names(survey), len(training))} {AGREEMENT}"
    return Answer(
        {
            "agreement": main,
            "agreement-training": apart,
            "agreement-pairs": pairs,
            "agreement-sets": sets,
            "confusion": confused,
        },
        (figure("agreement", title, words, draw, data=main),),
        _numbers(main, sets, confused, called),
        (_printed(main, sets, survey, called),),
    )


#: Statistic -> start of the macro's name, what it is called.
_SAID = {
    "alpha_nominal": ("Alpha", "Krippendorff's alpha, nominal, of all codes of the facet {} pooled"),
    "ac1": ("ACOne", "Gwet's AC1 of all codes of the facet {} pooled"),
    "alpha_ordinal": ("AlphaLevels", "Krippendorff's alpha, ordinal, of the levels of the facet {}"),
    "alpha_masi": (
        "AlphaSets",
        "Krippendorff's alpha with the MASI distance of the sets of codes of the facet {}",
    ),
    "exact_set": ("SameSet", "share of papers given the very same set of codes of the facet {}"),
}


def _numbers(
    main: pd.DataFrame, sets: pd.DataFrame, confused: pd.DataFrame, called: str
) -> tuple[Number, ...]:
    """Numbers of the facets that could be told: pooled over codes, and over sets of codes."""
    told = main[(main["code"] == "") & main["papers"].gt(0)]
    numbers = [
        Number("AgreementKind", called.lower(), "words", "words", "what the agreement is between"),
        Number(
            "AgreementPapers",
            int(told["papers"].max()) if len(told) else 0,
            "count",
            "papers",
            "papers first coded under the schema in force, by two coders or more",
        ),
        Number(
            "AgreementConfused",
            int(confused.loc[confused["neighbours"], "n"].sum()),
            "count",
            "papers",
            "papers on which one coder gave a mode and another its neighbour instead, over pairs of neighbours",
        ),
    ]
    rows = [*told.to_dict("records"), *sets[sets["papers"].gt(0)].to_dict("records")]
    seen: set[str] = set()
    for row in rows:
        if row["statistic"] not in _SAID:
            continue
        start, meaning = _SAID[row["statistic"]]
        facet = str(row["facet"])
        for end, column in (("", "value"), ("Low", "low"), ("High", "high")):
            name = f"Agreement{start}{macro_name(facet)}{end}"
            if name in seen:
                continue  # the share of same sets stands in both tables
            seen.add(name)
            value = None if pd.isna(row[column]) else float(row[column])
            said = meaning.format(facet.replace("_", " "))
            ends = {"Low": "lower end of the 95% interval of ", "High": "upper end of the 95% interval of "}
            numbers.append(Number(name, value, "decimal2", "coefficient", f"{ends.get(end, '')}{said}"))
    return tuple(numbers)


def _printed(main: pd.DataFrame, sets: pd.DataFrame, survey: Survey, called: str) -> Printed:
    """Agreement by facet, as a paper prints it."""
    whole = main[(main["code"] == "").to_numpy(dtype=bool)].set_index(["facet", "statistic"])
    of_sets = sets.set_index(["facet", "statistic"])
    names = {f.id: f.name for f in survey.schema.facets}
    rows = []
    for facet in main["facet"].unique():
        base = whole.loc[(facet, "observed")]
        if not base["papers"]:
            continue
        rows.append(
            {
                "Facet": names.get(facet, facet),
                "Papers": int(base["papers"]),
                "Prevalence": float(base["prevalence"]),
                "Observed": float(base["value"]),
                "Alpha": _between(whole.loc[(facet, "alpha_nominal")]),
                "AC1": _between(whole.loc[(facet, "ac1")]),
                "Alpha of sets": _between(of_sets.loc[(facet, "alpha_masi")]),
            }
        )
    columns = ["Facet", "Papers", "Prevalence", "Observed", "Alpha", "AC1", "Alpha of sets"]
    return Printed(
        "agreement",
        f"{called} by facet, all codes of a facet pooled: Krippendorff's alpha (nominal), Gwet's AC1, and alpha with "
        "the MASI distance over the sets of codes, each with its 95% bootstrap interval over papers.",
        pd.DataFrame(rows, columns=columns),
        {"Papers": "count", "Prevalence": "percent1", "Observed": "percent1"},
        (
            "Two passes of language models agree about what they repeat; that says nothing of validity. "
            if called.startswith("Inter-pass")
            else ""
        )
        + AGREEMENT_OF_FACETS,
    )


def _between(row: pd.Series[Any]) -> str:
    if pd.isna(row["value"]):
        return "undefined"
    value, low, high = (printed(float(row[column]), "decimal2") for column in ("value", "low", "high"))
    return value if pd.isna(row["low"]) else f"{value} ({low} to {high})"


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
