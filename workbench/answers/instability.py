"""Where one property of one model was measured several times: what moves the number, and how far?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.audit.instability import UNNAMED, from_panel, instability
from workbench.answers.answer import Answer, Printed
from workbench.answers.numbers import Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: So many conditions are named in words; the table has all.
NAMED = 3


def unstable(survey: Survey) -> Answer:
    """What moves the values of the model panel when it alone changes: conditions of measuring, and the model."""
    if survey.audit.empty:
        return Answer({})
    moved = instability(from_panel(survey.audit))
    known = moved[moved["pairs"] > 0]
    every = moved["property"].nunique()
    return Answer(
        {"audit-instability": moved},
        numbers=(
            Number("InstabilityProperties", every, "count", "properties", "properties with several values"),
            Number(
                "InstabilityAlone",
                _conditions(known)["property"].nunique(),
                "count",
                "properties",
                "of them with a condition of measuring that was changed alone",
            ),
        ),
        printed=(_printed(known[known["property"].isin(_conditions(known)["property"])]),),
    )


def in_words(moved: pd.DataFrame) -> str:
    """Say which conditions move the values of one model most, beside what the models differ by."""
    every = moved["property"].nunique()
    known = moved[moved["pairs"] > 0]
    alone = _conditions(known).sort_values(["median", "property"], ascending=[False, True])
    if alone.empty:
        return f"Of {every} properties none has two values of one model that differ in one condition alone."
    models = known[known["changed"] == known["unit"]].set_index("property")
    told = []
    for r in alone.head(NAMED).to_dict("records"):
        beside = (
            f"; two models under the same conditions differ by {models.loc[r['property'], 'median']:.0f}"
            if r["property"] in models.index
            else ""
        )
        told.append(
            f"{r['property']}: to change the {r['changed']} alone moves the value of one {r['unit']} by "
            f"{r['median']:.0f} points (middle of {r['pairs']} {'pair' if r['pairs'] == 1 else 'pairs'}){beside}"
        )
    return (
        f"Of {every} properties, {alone['property'].nunique()} have values of one model that differ in one condition "
        f"alone. The largest moves: {'. '.join(told)}. This describes the panel and nothing beyond it."
    )


def _conditions(known: pd.DataFrame) -> pd.DataFrame:
    return known[(known["changed"] != known["unit"]) & (known["changed"] != UNNAMED)]


def _printed(known: pd.DataFrame) -> Printed:
    names = {"property": "Property", "changed": "What alone changed", "pairs": "Pairs", "median": "Middle"}
    table = known.rename(columns=names | {"largest": "Largest"})[[*names.values(), "Largest"]]
    return Printed(
        "audit-instability",
        "By how many points two values of one property differ where one thing alone differs between them (instability, "
        "in our own reading).",
        table.reset_index(drop=True),
        {"Pairs": "count", "Middle": "decimal1", "Largest": "decimal1"},
        "Model, developer: two of them under the same conditions. Else: one model, that condition changed. Of this "
        "panel alone.",
    )
