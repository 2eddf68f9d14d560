"""Whether measures of a panel of models go together, and what more attempts do to an attack."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.audit.panel import attempt_curves, correlations
from workbench.answers.answer import Answer, Printed, figure
from workbench.answers.numbers import Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey

HOLDS = ("goes together", "goes against")


def panel(survey: Survey) -> Answer:
    """Every two measures of different dimensions, tested by developer; attack success by the attempts allowed."""
    audit = survey.audit
    if audit.empty:
        return Answer({})
    looks, curves = correlations(audit), attempt_curves(audit)
    later = curves[curves["bound"].notna()]
    return Answer(
        {"audit-correlations": looks},
        (
            figure(
                "audit-correlations",
                "Do measures of models go together?",
                described(looks),
                partial(charts.audit_correlations_plot, looks),
                data=looks,
            ),
            figure(
                "audit-attempts",
                "Attack success by the attempts allowed",
                curves_described(curves),
                partial(charts.attempt_budgets_plot, curves),
                data=curves,
            ),
        ),
        (
            Number("AuditValues", len(audit), "count", "values", "values in the model panel"),
            Number("AuditModels", audit["model"].nunique(), "count", "models", "models in the panel"),
            Number(
                "AuditDevelopers", audit["developer"].nunique(), "count", "developers", "their developers"
            ),
            Number("AuditLooks", len(looks), "count", "correlations", "pairs of measures looked at"),
            Number(
                "AuditHolding",
                int(looks["verdict"].isin(HOLDS).sum()),
                "count",
                "correlations",
                "of them shown, by developer and allowing for all looks",
            ),
            Number(
                "AuditCurves",
                curves["curve"].nunique(),
                "count",
                "curves",
                "attacks measured at several attempt budgets",
            ),
            Number("AuditLaterPoints", len(later), "count", "points", "values at a later budget"),
            Number(
                "AuditAboveBound",
                int(later["above_bound"].sum()),
                "count",
                "points",
                "of them above what independent attempts could do",
            ),
        ),
        (_printed(looks),),
    )


def described(looks: pd.DataFrame) -> str:
    """Say what was looked at, what holds, and what one developer more or less would change."""
    known = looks[looks["r"].notna()]
    if known.empty:
        return "Nothing to draw: no two measures of the panel are shared by enough developers."
    holding = known[known["verdict"].isin(HOLDS)]
    naive = int((known["p"] <= 0.05).sum())
    turned = int(((known["r_without"] * known["r"]) < 0).sum())
    said = "; ".join(
        f"{r['first_measure']} and {r['second_measure']} {r['r']:+.2f}" for r in holding.to_dict("records")
    )
    return (
        f"{len(holding)} of {len(known)} pairs of measures surely {'goes' if len(holding) == 1 else 'go'} together"
        f"{f' (correlation of {said})' if said else ''}; {naive} would seem to if one forgot how many were looked at. "
        f"Models of one developer are alike, so each of {known['developers'].min()} to {known['developers'].max()} "
        f"developers counts as one. Leaving out one developer turns the sign of {turned}."
    )


def curves_described(curves: pd.DataFrame) -> str:
    """Say how far success rises with the attempts; how often above the bound is said in the figure."""
    if curves.empty:
        return "Nothing to draw: no attack of the panel was measured at two attempt budgets or more."
    ends = curves.sort_values("attempts", kind="stable").groupby("curve")["success"].agg(["first", "last"])
    rises = int((ends["last"] > ends["first"]).sum())
    return (
        f"With more attempts {rises} of {len(ends)} attacks succeed more often: the middle one in "
        f"{ends['first'].median():.0%} of cases at its fewest attempts and {ends['last'].median():.0%} at its most "
        f"({curves['attempts'].min()} to {curves['attempts'].max():,} attempts)."
    )


def _printed(looks: pd.DataFrame) -> Printed:
    """Return one row a pair of dimensions: the range of r over the choices of measure, and how many hold."""
    rows = []
    for (first, second), some in looks.groupby(["first", "second"], sort=False):
        rows.append(
            {
                "Dimensions": f"{first} and {second}".replace("-", " "),
                "Looks": len(some),
                "Developers": f"{some['developers'].min()} to {some['developers'].max()}",
                "Least r": some["r"].min(),
                "Largest r": some["r"].max(),
                "Least p": some["p"].min(),
                "Hold": int(some["verdict"].isin(HOLDS).sum()),
            }
        )
    columns = ["Dimensions", "Looks", "Developers", "Least r", "Largest r", "Least p", "Hold"]
    return Printed(
        "audit-correlations",
        "Do models that do well on one dimension do well on another? Correlations (r) of two measures over models.",
        pd.DataFrame(rows, columns=columns),
        {"Looks": "count", "Least r": "decimal2", "Largest r": "decimal2", "Least p": "p", "Hold": "count"},
        f"Looks: pairs of measures, each pair that at least seven developers share. p: by developer, as their models "
        f"are alike (wild cluster bootstrap, null imposed). Hold: p below .05 after Holm's correction for all "
        f"{len(looks)} looks.",
    )
