"""How far the rates of measuring, and the order of the modes, hang on choices that could have gone otherwise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.sensitivity import sensitivity, sensitivity_summary
from workbench.answers.agreed import coded_first_under
from workbench.answers.answer import BASIS, Answer, Printed, code_names, figure, in_schema
from workbench.answers.numbers import Number
from workbench.store.tables import FINAL

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def sensitive(survey: Survey) -> Answer:
    """What changes when one choice of the analysis of under-measurement goes otherwise."""
    final = in_schema(survey.final, survey.codes)
    headline, _ = coded_first_under(survey.codings, survey.signoffs, survey.schema.version)
    own = by_coder(final, survey.codings, survey.signoffs)
    table = sensitivity(
        final,
        survey.failure_modes,
        coders=own,
        headline=headline,
        streams=list(survey.schema.streams),
        basis=BASIS,
    )
    summary = sensitivity_summary(table)
    names = code_names(survey)
    title = "Rates of measuring when one choice goes otherwise, among papers whose abstract raises the mode"
    draw = partial(charts.sensitivity_plot, table, names=names, basis=BASIS)
    return Answer(
        {"sensitivity": table, "sensitivity-summary": summary},
        (figure("sensitivity", title, described(table, summary, names), draw, data=table),),
        _numbers(summary),
        (_printed(summary, names),),
    )


def by_coder(final: pd.DataFrame, codings: pd.DataFrame, signoffs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Make of each coder's own codings a table of the form of ``final``.

    Taken are the papers that are in ``final`` as settled by several coders, each under the schema and on the basis
    that ``final`` takes for it, of coders who signed that off; of each code the newest revision. One coder's word is
    taken as settled (``agreed``), which it is not: the table is for comparison.

    Args:
        final: the survey's table ``final``.
        codings: all coders' codings.
        signoffs: all coders' sign-offs.

    Returns:
        Coder -> table with the columns of ``final``, coders in order. Empty where fewer than two coders coded.
    """
    shared = final[(final["resolved"] != "single").to_numpy(dtype=bool)]
    whole = ["paper", "schema", "basis"]
    facts = shared[[*whole, "grey", "year"]].drop_duplicates(whole)
    signed = signoffs[[*whole, "coder"]].drop_duplicates().merge(facts, on=whole)
    if signed["coder"].nunique() < 2:
        return {}
    rows = codings.assign(revision=pd.to_numeric(codings["revision"]))
    rows = rows.sort_values("revision", kind="stable").drop_duplicates(
        ["coder", *whole, "facet", "code"], keep="last"
    )
    rows = rows.merge(signed, on=["coder", *whole])
    rows = rows[(rows["state"] != "withdrawn").to_numpy(dtype=bool)]
    rows = rows.assign(resolved="agreed", human_verified=False)
    kinds = {c: final[c].dtype for c in FINAL.header}
    return {
        str(coder): part.sort_values(["paper", "basis", "facet", "code"], ignore_index=True)[
            FINAL.header
        ].astype(kinds)
        for coder, part in sorted(rows.groupby("coder"))
    }


def described(table: pd.DataFrame, summary: pd.DataFrame, names: dict[str, str]) -> str:
    """Describe the plot of the variants: how far the order moves, and where most."""
    ranked = int(table.loc[table["kind"] == "main", "ranked"].sum())
    if not ranked:
        return "Nothing is drawn: no failure mode has papers enough for a rate."
    said = [
        f"Rates of {ranked} failure modes with papers enough, under {len(summary)} variants of the analysis."
    ]
    known = summary[summary["tau"].notna()]
    if len(known):
        worst = known.iloc[int(known["tau"].argmin())]
        said.append(
            f"Kendall's tau with the main order runs from {known['tau'].min():.2f} ({worst['what']}) to "
            f"{known['tau'].max():.2f}."
        )
        far = known.iloc[int(known["largest_difference"].abs().argmax())]
        said.append(
            f"The rate that moves most is that of {names.get(far['of_mode'], far['of_mode'])}, by "
            f"{100 * far['largest_difference']:+.0f} percentage points ({far['what']})."
        )
    unknown = summary[summary["tau"].isna()]
    if len(unknown):
        said.append(f"No order can be compared in {len(unknown)}: {'; '.join(unknown['what'])}.")
    return " ".join(said)


def _numbers(summary: pd.DataFrame) -> tuple[Number, ...]:
    known = summary[summary["tau"].notna()]
    worst = known.iloc[int(known["tau"].argmin())] if len(known) else None
    unit = "correlation of ranks"
    return (
        Number("SensitivityVariants", len(summary), "count", "variants", "variants of the analysis"),
        Number(
            "SensitivityCompared", len(known), "count", "variants", "variants whose order can be compared"
        ),
        Number(
            "SensitivityTauLowest",
            None if worst is None else float(worst["tau"]),
            "decimal2",
            unit,
            "lowest Kendall tau-b of a variant's order with the main one",
        ),
        Number(
            "SensitivityTauLowestVariant",
            None if worst is None else str(worst["what"]),
            "words",
            "variant",
            "variant whose order differs most from the main one",
        ),
        Number(
            "SensitivityLargestDifference",
            float(known["largest_difference"].abs().max()) if len(known) else None,
            "percent",
            "share of papers",
            "largest change of a ranked mode's rate under any variant whose order can be compared",
        ),
    )


def _printed(summary: pd.DataFrame, names: dict[str, str]) -> Printed:
    rows = pd.DataFrame(
        {
            "Variant": summary["what"],
            "Papers": summary["papers"],
            "Modes": summary["modes"],
            "Kendall's tau": summary["tau"],
            "Largest change": summary["largest_difference"],
            "Of mode": [names.get(m, m) for m in summary["of_mode"]],
            "Remark": summary["note"],
        }
    )
    return Printed(
        "sensitivity",
        "How the rates of measuring and the order of the ranked failure modes change when one choice of the analysis "
        "goes otherwise.",
        rows,
        {"Papers": "count", "Modes": "count", "Kendall's tau": "decimal2", "Largest change": "percent"},
        "Papers: those that discuss any mode under the variant. Modes: ranked ones that keep papers enough. Kendall's "
        "tau: tau-b with the main order. Largest change of a ranked mode's rate, in percentage points.",
    )
