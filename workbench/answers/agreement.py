"""How far the coders agree, on the papers that nobody had coded while the schema was still being made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.agreement import agreement
from analysis.disagreements import confusion
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, Answer, Number, Printed, code_names, figure, mode_sides
from workbench.answers.numbers import macro_name, printed
from workbench.answers.shortfalls import AGREEMENT, AGREEMENT_OF_FACETS
from workbench.store.final import version_key

#: Bootstrap draws behind every interval of agreement.
DRAWS = 1000
#: What the coders can agree on -> the statistic that says how far.
QUESTIONS = {
    "presence": "alpha_nominal",
    "measured": "alpha_measured",
    "measured or one level below": "alpha_measured_below",
}
#: The same questions as the words under the figure put them.
ASKED = {
    "presence": "is it there",
    "measured": "measured or not",
    "measured or one level below": "measured or only shown",
}

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def agreed(survey: Survey) -> Answer:
    """How far the coders agree on presence, on measuring, and code by code; two tables and one figure."""
    now, settings = version_compared(survey), survey.settings
    headline, training = coded_first_under(survey.codings, survey.independent, now)
    given: dict[str, Any] = {
        "basis": BASIS,
        "schema": now,
        "papers": headline,
        "assessable": survey.assessable(BASIS),
    }
    main = agreement(
        survey.codings,
        survey.independent,
        survey.codes,
        coder_kinds=dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True)),
        draws=DRAWS,
        asked=survey.asked,
        **given,
    )
    confused = confusion(
        survey.codings, survey.independent, survey.failure_modes, facet=settings.facet, **given
    )
    facets, codes = by_question(main), by_code(main, settings.facet, confused)
    names, called = code_names(survey), descriptions.agreement_kind(main)
    of_codes = main[(main["code"] != "").to_numpy(dtype=bool)]
    draw = partial(
        charts.agreement_plot,
        of_codes,
        facet=settings.facet,
        names=names,
        sides=mode_sides(survey),
        notes=[AGREEMENT],
    )
    title = f"{called} by {settings.words.code}, with prevalence (papers first coded under schema {now})"
    return Answer(
        {"agreement": facets, "agreement-codes": codes},
        (
            figure(
                "agreement",
                title,
                in_words(facets, settings.facet, len(training), called),
                draw,
                data=of_codes,
            ),
        ),
        _numbers(facets, settings.facet, called),
        (_printed(facets, survey, called),),
    )


def by_question(main: pd.DataFrame) -> pd.DataFrame:
    """Agreement over whole facets: a row a facet, and for the facet with levels a row a question.

    Args:
        main: ``analysis.agreement.agreement``'s table.

    Returns:
        ``facet``, ``question`` (see :data:`QUESTIONS`), ``papers``, ``units`` (papers x codes that a coder saw),
        ``alpha`` with ``low`` and ``high``; of presence also ``prevalence``, ``observed``, ``ac1`` with its ends, and
        ``same_set``; ``kind``, ``note``.
    """
    rows = []
    for facet, part in main[(main["code"] == "").to_numpy(dtype=bool)].groupby("facet", sort=False):
        of = {str(r["statistic"]): r for r in part.to_dict("records")}
        for question, statistic in QUESTIONS.items():
            if statistic not in of:
                continue
            at, first = of[statistic], question == "presence"
            rows.append(
                {
                    "facet": facet,
                    "question": question,
                    "papers": at["papers"],
                    "units": at["positives"] if first else None,
                    "alpha": at["value"],
                    "low": at["low"],
                    "high": at["high"],
                    "prevalence": at["prevalence"] if first else None,
                    "observed": of["observed"]["value"] if first else None,
                    **{f"ac1{e}": of["ac1"][c] if first else None for e, c in _ENDS.items()},
                    "same_set": of["exact_set"]["value"] if first else None,
                    "kind": at["kind"],
                    "note": at["note"],
                }
            )
    columns = ["facet", "question", "papers", "units", "alpha", "low", "high", "prevalence", "observed"]
    columns += ["ac1", "ac1_low", "ac1_high", "same_set", "kind", "note"]
    floats = [c for c in columns if c not in ("facet", "question", "papers", "units", "kind", "note")]
    return pd.DataFrame(rows, columns=columns).astype({"units": "Int64", **dict.fromkeys(floats, "float64")})


_ENDS = {"": "value", "_low": "low", "_high": "high"}


def by_code(main: pd.DataFrame, headline: str, confused: pd.DataFrame) -> pd.DataFrame:
    """Agreement of single codes, a row a code, with the code of the headline facet that it is most confused with.

    Args:
        main: ``analysis.agreement.agreement``'s table.
        headline: the headline facet.
        confused: ``analysis.disagreements.confusion``'s table of that facet.

    Returns:
        ``facet``, ``code``, ``papers``, ``positives``, ``prevalence``, ``observed``, ``alpha`` and ``ac1`` with their
        intervals, ``confused_with`` and ``confused`` (papers on which one coder gave the one and another the other).
    """
    rows = []
    for (facet, code), part in main[(main["code"] != "").to_numpy(dtype=bool)].groupby(
        ["facet", "code"], sort=False
    ):
        of = {str(r["statistic"]): r for r in part.to_dict("records")}
        base = of["observed"]
        row = {"facet": facet, "code": code, **{c: base[c] for c in ("papers", "positives", "prevalence")}}
        row["observed"] = base["value"]
        for name, short in (("alpha_nominal", "alpha"), ("ac1", "ac1")):
            ends = ("low", "high") if short == "alpha" else ("ac1_low", "ac1_high")
            row |= {short: of[name]["value"], ends[0]: of[name]["low"], ends[1]: of[name]["high"]}
        mine = confused[((confused["a"] == code) | (confused["b"] == code)) & (confused["n"] > 0)]
        most = mine.iloc[0] if facet == headline and len(mine) else None
        row["confused_with"] = "" if most is None else most["b"] if most["a"] == code else most["a"]
        row["confused"] = 0 if most is None else int(most["n"])
        rows.append({**row, "note": of["alpha_nominal"]["note"]})
    columns = ["facet", "code", "papers", "positives", "prevalence", "observed", "alpha", "low", "high"]
    columns += ["ac1", "ac1_low", "ac1_high", "confused_with", "confused", "note"]
    return pd.DataFrame(rows, columns=columns)


def in_words(facets: pd.DataFrame, headline: str, training: int, called: str) -> str:
    """Say how far coders agree on presence and, side by side, on what the survey asks: measured or not."""
    mine = facets[(facets["facet"] == headline).to_numpy(dtype=bool)]
    at: dict[str, dict[Any, Any]] = {str(r["question"]): r for r in mine.to_dict("records")}
    apart = f" Left out: {training} papers coded while the schema was being made." if training else ""
    if not at or not at["presence"]["papers"] or pd.isna(at["presence"]["alpha"]):
        return (
            f"Nothing is drawn: no paper has first been coded under the schema in force by two coders.{apart}"
        )
    said = [
        f"{ASKED[question]} {_between(at[question])}"
        for question in QUESTIONS
        if question in at and not pd.isna(at[question]["alpha"])
    ]
    return (
        f"{called} over {int(at['presence']['papers'])} papers coded twice (1 is perfect, 0 is chance): "
        f"{'; '.join(said)}."
    )


def _numbers(facets: pd.DataFrame, headline: str, called: str) -> tuple[Number, ...]:
    told = facets[(facets["papers"] > 0).to_numpy(dtype=bool)]
    numbers = [
        Number("AgreementKind", called.lower(), "words", "words", "what the agreement is between"),
        Number(
            "AgreementPapers",
            int(told["papers"].max()) if len(told) else 0,
            "count",
            "papers",
            "papers coded by two coders or more, and under no earlier version of the schema",
        ),
    ]
    for row in told[(told["facet"] == headline).to_numpy(dtype=bool)].to_dict("records"):
        for end, column in (("", "alpha"), ("Low", "low"), ("High", "high")):
            value = None if pd.isna(row[column]) else float(row[column])
            meaning = f"Krippendorff's alpha on {row['question']}, {column}"
            name = f"AgreementAlpha{macro_name(str(row['question']))}{end}"
            numbers.append(Number(name, value, "decimal2", "coefficient", meaning))
    return tuple(numbers)


def _printed(facets: pd.DataFrame, survey: Survey, called: str) -> Printed:
    """Agreement by facet and question, as a paper prints it."""
    names = {f.id: f.name for f in survey.schema.facets}
    rows = [
        {
            "Facet": names.get(r["facet"], r["facet"]),
            "On": r["question"],
            "Papers": int(r["papers"]),
            "Observed": r["observed"],
            "Alpha": _between(r),
            "AC1": "" if pd.isna(r["ac1"]) else printed(r["ac1"], "decimal2"),
        }
        for r in facets.to_dict("records")
        if r["papers"]
    ]
    return Printed(
        "agreement",
        f"{called} by facet, all its codes together. Alpha (Krippendorff's; 1 is perfect, 0 is chance) has a 95% "
        "interval.",
        pd.DataFrame(rows, columns=["Facet", "On", "Papers", "Observed", "Alpha", "AC1"]),
        {"Papers": "count", "Observed": "percent1"},
        (
            "Two passes of a language model can agree and both be wrong: this says how repeatable the coding is. "
            if called.startswith("Inter-pass")
            else ""
        )
        + "Presence: is the code there? Measured: of what all coders saw, is it measured? AC1: Gwet's coefficient, "
        "which rare codes do not pull down. " + AGREEMENT_OF_FACETS,
    )


def _between(row: Any) -> str:
    if pd.isna(row["alpha"]):
        return "undefined"
    value, low, high = (printed(float(row[c]), "decimal2") for c in ("alpha", "low", "high"))
    return value if pd.isna(row["low"]) else f"{value} ({low} to {high})"


def version_compared(survey: Survey) -> str:
    """Return the newest schema version under which two coders have coded a paper without seeing each other.

    A new version of the schema is in force before anybody has coded under it; until two have, agreement is that of the
    version before. Where nobody has, it is the version in force.
    """
    mine = survey.independent[(survey.independent["basis"] == BASIS).to_numpy(dtype=bool)]
    coders = mine.groupby(["schema", "paper"])["coder"].nunique()
    shared = {str(version) for version, _ in coders[coders >= 2].index}
    return max(shared, key=version_key, default=survey.schema.version)


def coded_first_under(
    codings: pd.DataFrame, signoffs: pd.DataFrame, version: str
) -> tuple[list[str], list[str]]:
    """Split the coded papers by whether anybody had coded them under another version before.

    Args:
        codings: all coders' codings.
        signoffs: all coders' sign-offs.
        version: the schema version whose coders are compared.

    Returns:
        Papers signed off under ``version`` and never coded under another by anybody, on any basis: what agreement
        is reported of; and papers coded under another version, on which coders were trained. Both sorted.
    """
    seen = pd.concat([codings[["paper", "schema"]], signoffs[["paper", "schema"]]])
    training = set(seen.loc[seen["schema"] != version, "paper"])
    return sorted(set(signoffs["paper"]) - training), sorted(training)
