"""Capability, behavioural safety and governance of a panel of models, kept apart."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.audit.panel import (
    CASES,
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
from workbench.answers.answer import Answer, Printed, figure
from workbench.answers.numbers import Number, macro_name
from workbench.answers.shortfalls import CORRELATIONS

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: One measure a dimension. Completeness does not choose: all candidates below are held by the same models. These are
#: our choice by subject, an exam across fields and refusals of harmful requests, and the choice decides what is found:
#: ``audit-measures`` has the others. Where a survey's panel lacks one of them, the most complete set of its own
#: measures stands in.
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
#: Which models a correlation takes, behind their number.
_WITH = {"complete": "with all", "pairwise": "with both"}


def audited(survey: Survey) -> Answer:
    """Whether the three dimensions go together, how open and closed models differ, and what attempts do."""
    audit = survey.audit
    held = set(audit["measure"])
    measures = MEASURES if set(MEASURES.values()) <= held else most_complete(audit)
    others = {d: [m for m in ms if m in held] for d, ms in OTHERS.items()}
    if measures != MEASURES or not all(others.values()):
        others = {d: [m] for d, m in measures.items()}
    models = panel(audit, measures)
    pairs, left_out = _both_ways(models), leave_one_out(models)
    choices = pd.concat(
        [measure_sensitivity(audit, others, cases=cases) for cases in CASES], ignore_index=True
    )
    looks = _looks(pairs, choices)
    curves, sides = attempt_curves(audit), open_closed(models)
    power = panel_power(models)
    tables = {
        "audit-panel": models,
        "audit-correlations": pairs,
        "audit-leave-one-out": left_out,
        "audit-measures": choices,
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
            _pair_words(pairs, looks),
            partial(charts.audit_correlations_plot, pairs, notes=(looks, CORRELATIONS) if looks else ()),
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
        _numbers(audit, models, pairs, choices, left_out, curves, sides, power),
        (_printed(pairs, looks),),
    )


def _both_ways(models: pd.DataFrame) -> pd.DataFrame:
    """Correlations of models with all dimensions and, pair by pair, of those with the two where they are more."""
    parts = {cases: correlations(models, cases=cases) for cases in CASES}
    whole = parts["complete"]
    sizes = {case: _sizes(part) for case, part in parts.items()}
    rows = []
    for pair in dict.fromkeys(zip(whole["first"], whole["second"], strict=True)):
        for case, part in parts.items():
            if case == "complete" or sizes[case][pair] > sizes["complete"][pair]:
                mine = (part["first"] == pair[0]) & (part["second"] == pair[1])
                rows.append(part[mine.to_numpy(dtype=bool)])
    return pd.concat(rows, ignore_index=True) if rows else whole


def _sizes(pairs: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return how many models a pair of dimensions has."""
    over = pairs[(pairs["unit"] == "model").to_numpy(dtype=bool)]
    return {(r["first"], r["second"]): int(r["n"]) for r in _records(over)}


def _looks(pairs: pd.DataFrame, choices: pd.DataFrame) -> str:
    """Say what the choice of models and of measures does to the correlations, and how often we looked."""
    known = pairs[pairs["r"].notna().to_numpy(dtype=bool)]
    over = known[((known["unit"] == "model") & (known["method"] == "pearson")).to_numpy(dtype=bool)]
    said = []
    for first, second in dict.fromkeys(zip(over["first"], over["second"], strict=True)):
        some = over[_of(over, first, second)]
        told = []
        for row in _records(some):
            over_which = f"the {row['n']} models {_WITH[row['cases']]}"
            ends = choices.loc[
                _of(choices, first, second) & (choices["cases"] == row["cases"]), "pearson"
            ].dropna()
            span = (
                f" ({ends.min():+.2f} to {ends.max():+.2f} by {len(ends)} choices of measure)"
                if len(ends) > 1
                else ""
            )
            told.append(f"{row['r']:+.2f} over {over_which}{span}")
        said.append(f"{SHORT[first]} and {SHORT[second]} {' and '.join(told)}")
    if not said:
        return ""
    words = (
        f"Pearson depends on which models and measures are taken: {'; '.join(said)}. {len(known)} correlations are "
        f"tested here and {int((choices['cases'] == 'pairwise').sum())} pairs of measures were looked at; no p allows "
        "for that."
    )
    return re.sub(r"-(?=\d)", "\N{MINUS SIGN}", words)  # a hyphen may be broken off at the end of a line


def _of(table: pd.DataFrame, first: str, second: str) -> pd.Series[bool]:
    """Rows of two dimensions, in whichever order."""
    found: pd.Series[bool] = table["first"].isin([first, second]) & table["second"].isin([first, second])
    return found


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


def _pair_words(pairs: pd.DataFrame, looks: str) -> str:
    known = pairs[pairs["r"].notna()]
    if known.empty:
        return f"{NOTHING} no correlation of the panel can be estimated."
    known = known[known["unit"] != "within developer"]
    keys = ["first", "second", "cases", "unit"]
    ranks = known[known["method"] == "spearman"].set_index(keys)["r"]
    said = [
        f"{SHORT[r['first']]} and {SHORT[r['second']]} over {r['n']} {r['unit']}s {_WITH[r['cases']]} "
        f"{r['r']:+.2f} ({r['low']:+.2f} to {r['high']:+.2f}, p {_p(r['p'])}, {r['verdict']}; "
        f"Spearman {ranks.get(tuple(r[k] for k in keys), math.nan):+.2f})"
        for r in _records(known[known["method"] == "pearson"])
    ]
    return f"Pearson with 95% bootstrap intervals and permutation p: {'; '.join(said)}. {looks}"


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
    choices: pd.DataFrame,
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
        both = row["cases"] == "pairwise"
        name = "Audit" + macro_name(
            f"{SHORT[row['first']]}-{SHORT[row['second']]}-{row['method']}-{row['unit']}s{'-both' if both else ''}"
        )
        whose = "with both of them" if both else "with every dimension"
        what = f"{row['method']} correlation of {row['first']} and {row['second']} over the {row['unit']}s {whose}"
        found += [
            Number(f"{name}N", row["n"], "count", f"{row['unit']}s", f"{row['unit']}s in the {what}"),
            Number(f"{name}R", _or_none(row["r"]), "decimal2", "correlation", what),
            *(
                Number(
                    f"{name}{end}",
                    _or_none(row[end.lower()]),
                    "decimal2",
                    "correlation",
                    f"{which} end of the 95% bootstrap interval of the {what}",
                )
                for end, which in (("Low", "lower"), ("High", "upper"))
            ),
            Number(f"{name}P", _or_none(row["p"]), "p", "probability", f"permutation p of the {what}"),
        ]
        if row["unit"] == "model":
            meaning = f"t-test p of the {what}, as if the models were independent"
            found.append(Number(f"{name}NaiveP", _or_none(row["p_t"]), "p", "probability", meaning))
    tested = int(pairs["r"].notna().sum())
    found.append(
        Number("AuditLooks", tested, "count", "correlations", "correlations of the panel that are tested")
    )
    for first, second in {(r["first"], r["second"]): None for r in _records(pairs)}:
        name = "Audit" + macro_name(f"{SHORT[first]}-{SHORT[second]}-measures")
        for end, case, whose in (
            ("", "complete", "with every dimension"),
            ("Both", "pairwise", "with both of them"),
        ):
            span = choices.loc[_of(choices, first, second) & (choices["cases"] == case), "pearson"].dropna()
            what = f"Pearson correlation of {first} and {second} over the models {whose}, of all choices of measure"
            found += [
                Number(f"{name}Least{end}", _or_none(span.min()), "decimal2", "correlation", f"least {what}"),
                Number(
                    f"{name}Most{end}", _or_none(span.max()), "decimal2", "correlation", f"greatest {what}"
                ),
            ]
        found.append(
            Number(name, len(span), "count", "choices", f"pairs of measures of {first} and {second} tried")
        )
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
                    "Pearson over the models with every dimension, without it",
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


def _printed(pairs: pd.DataFrame, looks: str) -> Printed:
    rows = pairs[pairs["unit"].isin(["model", "developer"])]
    table = pd.DataFrame(
        {
            "Dimensions": [
                f"{SHORT[a]} and {SHORT[b]}" for a, b in zip(rows["first"], rows["second"], strict=True)
            ],
            "Over": [
                f"{n} {u}s {_WITH[c]}" for n, u, c in zip(rows["n"], rows["unit"], rows["cases"], strict=True)
            ],
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
        "All: models with a value in every dimension; both: in the two. Where both scores are the model's, models of "
        "one developer are taken for independent; the rows over developers do without that. "
        "Governance is the developer's score: over models it is exchanged and resampled by developer, and the "
        "t-test's p, which takes the models for independent, is printed to be compared, not to be used. "
        # LaTeX knows no minus sign in text.
        + " ".join(part for part in (looks.replace("\N{MINUS SIGN}", "-"), CORRELATIONS) if part),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _first(values: pd.Series[Any]) -> float | None:
    return _or_none(values.iloc[0]) if len(values) else None


def _or_none(value: Any) -> float | None:
    return None if value is None or pd.isna(value) or math.isinf(value) else float(value)


def _p(value: float) -> str:
    return "under 0.001" if value < 0.0005 else f"{value:.3f}"
