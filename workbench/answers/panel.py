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
        f"{len(holding)} of {len(known)} looks hold{f' ({said})' if said else ''}; {naive} have p up to .05 before "
        f"allowing for the number of looks. Models of one developer are alike, so developers are "
        f"the units: {known['developers'].min()} to {known['developers'].max()} of them. In {turned} looks leaving out "
        "one developer turns the sign."
    )


def curves_described(curves: pd.DataFrame) -> str:
    """Say how far success rises with the attempts, and how often above what independent attempts could do."""
    if curves.empty:
        return "Nothing to draw: no attack of the panel was measured at two attempt budgets or more."
    later = curves[curves["bound"].notna()]
    ends = curves.sort_values("attempts", kind="stable").groupby("curve")["success"].agg(["first", "last"])
    rises = int((ends["last"] > ends["first"]).sum())
    return (
        f"With more attempts {rises} of {len(ends)} attacks succeed more often: median {ends['first'].median():.0%} at "
        f"the smallest budget, {ends['last'].median():.0%} at the largest ({curves['attempts'].min()} to "
        f"{curves['attempts'].max():,} attempts). {int(later['above_bound'].sum())} of "
        f"{len(later)} later points lie above what independent attempts could do."
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
        "Correlations of measures of different dimensions over the models of the panel.",
        pd.DataFrame(rows, columns=columns),
        {"Looks": "count", "Least r": "decimal2", "Largest r": "decimal2", "Least p": "p", "Hold": "count"},
        f"p: wild cluster bootstrap by developer, null imposed. Hold: after Holm's correction for all {len(looks)} "
        "looks. Every pair of measures that at least seven developers share is looked at.",
    )
