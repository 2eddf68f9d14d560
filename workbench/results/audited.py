"""Capability, behavioural safety and governance of a panel of models, kept apart."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.audit import (
    DIMENSIONS,
    attempt_curves,
    classification_sensitivity,
    correlations,
    leave_one_out,
    measure_sensitivity,
    most_complete,
    open_closed,
    panel,
    panel_power,
)
from analysis.charts.audit import SHORT
from workbench.numbers import Number, macro_name
from workbench.results.answers import Answer, Printed, figure

if TYPE_CHECKING:
    from workbench.survey import Survey

#: One measure a dimension, chosen because most models have all three; where a survey's panel lacks one of them, the
#: most complete set of its own measures stands in.
MEASURES = {
    "capability": "HELM Capabilities MMLU-Pro",
    "behavioural-safety": "HELM HarmBench safety score",
    "governance": "FMTI total score (Dec 2025)",
}
#: Measures of one source that could stand for a dimension just as well: the same correlations are told for them.
OTHERS = {
    "capability": ("HELM Capabilities MMLU-Pro", "HELM Capabilities GPQA", "HELM Capabilities IFEval"),
    "behavioural-safety": (
        "HELM HarmBench safety score",
        "HELM SimpleSafetyTests safety score",
        "HELM XSTest safety score",
        "HELM Anthropic Red Team safety score",
        "HELM BBQ accuracy",
    ),
    "governance": ("FMTI total score (Dec 2025)",),
}
NOTHING = "Nothing to draw:"


def audited(survey: Survey) -> Answer:
    """Whether the three dimensions go together, how open and closed models differ, and what attempts do."""
    audit = survey.audit
    held = set(audit["measure"])
    measures = MEASURES if set(MEASURES.values()) <= held else most_complete(audit)
    others = {d: [m for m in ms if m in held] for d, ms in OTHERS.items()}
    if measures != MEASURES or not all(others.values()):
        others = {d: [m] for d, m in measures.items()}
    models = panel(audit, measures)
    pairs, left_out = correlations(models), leave_one_out(models)
    curves, sides = attempt_curves(audit), open_closed(models)
    power = panel_power(models)
    tables = {
        "audit-panel": models,
        "audit-correlations": pairs,
        "audit-leave-one-out": left_out,
        "audit-measures": measure_sensitivity(audit, others),
        "audit-attempts": curves,
        "audit-open-closed": sides,
        "audit-classification": classification_sensitivity(models),
        "audit-power": power,
    }
    figures = (
        figure(
            "audit-panel",
            "The model panel: capability, behavioural safety and governance, with its holes",
            _panel_words(models),
            partial(charts.audit_panel_plot, models),
            data=models,
        ),
        figure(
            "audit-correlations",
            "Do capability, behavioural safety and governance go together?",
            _pair_words(pairs),
            partial(charts.audit_correlations_plot, pairs),
            data=pairs,
        ),
        figure(
            "audit-attempts",
            "Attack success by the attempts allowed",
            _curve_words(curves),
            partial(charts.attempt_budgets_plot, curves),
            data=curves,
        ),
    )
    return Answer(
        tables,
        figures,
        _numbers(audit, models, pairs, left_out, curves, sides, power),
        (_printed(pairs),),
    )


def _panel_words(models: pd.DataFrame) -> str:
    if models.empty:
        return f"{NOTHING} the survey holds no panel of models."
    whole = models[models["complete"]]
    holes = "; ".join(
        f"{SHORT.get(d, d)} {int(models[d].notna().sum())}" for d in DIMENSIONS if d in models.columns
    )
    sides = ", ".join(f"{int(n)} {w}" for w, n in whole["weights"].value_counts().sort_index().items())
    return (
        f"Dot plot of {len(models)} models of {models['developer'].nunique()} developers on one measure a dimension. "
        f"Models with a value: {holes}. {len(whole)} models of {whole['developer'].nunique()} developers have all "
        f"({sides or 'none'}). Grey fields are values nobody published."
    )


def _pair_words(pairs: pd.DataFrame) -> str:
    known = pairs[pairs["r"].notna()]
    if known.empty:
        return f"{NOTHING} no correlation of the panel can be estimated."
    said = [
        f"{SHORT[r['first']]} and {SHORT[r['second']]}, {r['method'].capitalize()} over {r['n']} {r['unit']}s "
        f"{r['r']:+.2f} ({r['low']:+.2f} to {r['high']:+.2f}, p {_p(r['p'])}, {r['verdict']})"
        for r in _records(known[known["unit"] != "within developer"])
    ]
    return f"Correlations with 95% bootstrap intervals and permutation p: {'; '.join(said)}."


def _curve_words(curves: pd.DataFrame) -> str:
    if curves.empty:
        return f"{NOTHING} no attack of the panel was measured at two attempt budgets or more."
    kinds = ", ".join(
        f"{n} of {kind} attempts" for kind, n in curves.groupby("attempts_are")["curve"].nunique().items()
    )
    later = curves[curves["bound"].notna()]
    most, above = f"{later['success'].max():.0%}", int(later["above_bound"].sum())
    return (
        f"{curves['curve'].nunique()} curves of attack success by attempts allowed, {curves['attempts'].min()} to "
        f"{curves['attempts'].max():,}: {kinds}. At the later budgets success goes from "
        f"{later['success'].min():.0%} to {most}; {above} of {len(later)} points lie above what independent attempts "
        "could do."
    )


def _numbers(
    audit: pd.DataFrame,
    models: pd.DataFrame,
    pairs: pd.DataFrame,
    left_out: pd.DataFrame,
    curves: pd.DataFrame,
    sides: pd.DataFrame,
    power: pd.DataFrame,
) -> tuple[Number, ...]:
    whole = models[models["complete"]] if len(models) else models
    found = [
        Number("AuditValues", len(audit), "count", "values", "values in the model panel"),
        Number("AuditModelsAll", audit["model"].nunique(), "count", "models", "models in the panel"),
        Number("AuditModels", len(whole), "count", "models", "models with all three dimensions"),
        Number(
            "AuditDevelopers",
            whole["developer"].nunique() if len(whole) else 0,
            "count",
            "developers",
            "developers of the models with all three dimensions",
        ),
    ]
    for unit in ("model", "developer"):
        some = power.loc[power["unit"] == unit, "detectable"]
        meaning = f"correlation that a panel of so many {unit}s finds with 80% power"
        found.append(
            Number(f"AuditDetectable{unit.capitalize()}s", _first(some), "decimal2", "correlation", meaning)
        )
    for row in _records(pairs[pairs["unit"].isin(["model", "developer"])]):
        name = "Audit" + macro_name(
            f"{SHORT[row['first']]}-{SHORT[row['second']]}-{row['method']}-{row['unit']}s"
        )
        what = f"{row['method']} correlation of {row['first']} and {row['second']} over {row['unit']}s"
        found += [
            Number(f"{name}R", _or_none(row["r"]), "decimal2", "correlation", what),
            Number(f"{name}P", _or_none(row["p"]), "p", "probability", f"permutation p of the {what}"),
        ]
        if row["unit"] == "model":
            meaning = f"t-test p of the {what}, as if the models were independent"
            found.append(Number(f"{name}NaiveP", _or_none(row["p_t"]), "p", "probability", meaning))
    for first, second in {(r["first"], r["second"]): None for r in _records(pairs)}:
        worst = left_out[
            (left_out["first"] == first)
            & (left_out["second"] == second)
            & (left_out["method"] == "pearson")
            & (left_out["left_out"] == "developer")
        ][:1]
        name = "Audit" + macro_name(f"{SHORT[first]}-{SHORT[second]}-without")
        for row in _records(worst):
            found += [
                Number(
                    f"{name}Who",
                    row["who"],
                    "words",
                    "developer",
                    "developer that moves this correlation most",
                ),
                Number(
                    f"{name}R",
                    _or_none(row["r_without"]),
                    "decimal2",
                    "correlation",
                    "Pearson over models without it",
                ),
            ]
    for row in _records(sides):
        name = "AuditOpen" + macro_name(SHORT.get(row["dimension"], row["dimension"]))
        meaning = f"open less closed models in {row['dimension']}, in standard deviations of the panel"
        found.append(Number(f"{name}Difference", _or_none(row["difference"]), "decimal2", "SD", meaning))
        meaning = f"permutation p over developers of open against closed in {row['dimension']}"
        found.append(Number(f"{name}P", _or_none(row["p_developers"]), "p", "probability", meaning))
    later = curves[curves["bound"].notna()]
    found += [
        Number(
            "AuditCurves", curves["curve"].nunique(), "count", "curves", "attacks measured at several budgets"
        ),
        Number("AuditLaterPoints", len(later), "count", "points", "values at a later budget"),
        Number(
            "AuditAboveBound",
            int(later["above_bound"].sum()),
            "count",
            "points",
            "values at a later budget above what independent attempts could do",
        ),
    ]
    return tuple(found)


def _printed(pairs: pd.DataFrame) -> Printed:
    rows = pairs[pairs["unit"].isin(["model", "developer"])]
    table = pd.DataFrame(
        {
            "Dimensions": [
                f"{SHORT[a]} and {SHORT[b]}" for a, b in zip(rows["first"], rows["second"], strict=True)
            ],
            "Over": [f"{n} {u}s" for n, u in zip(rows["n"], rows["unit"], strict=True)],
            "Method": [m.capitalize() for m in rows["method"]],
            "r": list(rows["r"]),
            "low": list(rows["low"]),
            "high": list(rows["high"]),
            "p": list(rows["p"]),
            "p (t-test)": list(rows["p_t"]),
            "Verdict": list(rows["verdict"]),
        }
    )
    forms = dict.fromkeys(("r", "low", "high"), "decimal2") | dict.fromkeys(("p", "p (t-test)"), "p")
    return Printed(
        "audit-correlations",
        "Correlations of capability, behavioural safety and governance in the model panel, with 95% bootstrap "
        "intervals and permutation p.",
        table,
        forms,  # type: ignore[arg-type]
        "Governance is the developer's score: over models it is exchanged and resampled by developer, and the "
        "t-test's p, which takes the models for independent, is printed to be compared, not to be used.",
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _first(values: pd.Series[Any]) -> float | None:
    return _or_none(values.iloc[0]) if len(values) else None


def _or_none(value: Any) -> float | None:
    return None if value is None or pd.isna(value) or math.isinf(value) else float(value)


def _p(value: float) -> str:
    return "under 0.001" if value < 0.0005 else f"{value:.3f}"
