"""Where one property of one model was measured several times: whose doing is the spread?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.audit.instability import WIDEST, decompose, from_panel
from workbench.answers.answer import Answer, Printed
from workbench.answers.numbers import Number
from workbench.answers.shortfalls import VARIANCE

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def unstable(survey: Survey) -> Answer:
    """Variance components of repeated measurements in the model panel; shares only where they are narrow enough."""
    components = decompose(from_panel(survey.audit))
    known = components[components["share"].notna()]
    every = components["property"].nunique()
    return Answer(
        {"audit-instability": components},
        numbers=(
            Number(
                "InstabilityProperties",
                every,
                "count",
                "properties",
                "properties that were measured repeatedly",
            ),
            Number(
                "InstabilityEstimable",
                known["property"].nunique(),
                "count",
                "properties",
                f"of them with a share of the spread whose interval is no wider than {WIDEST:g}",
            ),
        ),
        printed=(_printed(known, every),),
    )


def in_words(components: pd.DataFrame) -> str:
    """Say of how many properties any share can be told, and which sources have the largest."""
    every = components["property"].nunique()
    known = components[components["share"].notna()]
    if known.empty:
        return (
            f"Not estimable: of {every} properties that were measured repeatedly, of none is it known "
            f"where its spread comes from (no share with an interval of {WIDEST:g} or less)."
        )
    most = known.sort_values(["share", "property"], ascending=[False, True])[:3]
    told = "; ".join(
        f"{r['property']}: {r['component']} {r['share']:.0%} ({r['share_low']:.0%} to {r['share_high']:.0%})"
        for r in most.to_dict("records")
    )
    return (
        f"Of {every} properties that were measured repeatedly, {known['property'].nunique()} tell where some of their "
        f"spread comes from (a share with an interval of {WIDEST:g} or less). Largest: {told}."
    )


def _printed(known: pd.DataFrame, every: int) -> Printed:
    table = pd.DataFrame(
        {
            "Property": list(known["property"]),
            "Source of variation": list(known["component"]),
            "Levels": list(known["levels"]),
            "SD": list(known["sd"]),
            "Share": list(known["share"]),
            "low": list(known["share_low"]),
            "high": list(known["share_high"]),
        }
    )
    return Printed(
        "audit-instability",
        "Why one measured value differs from the next: share of its variance by source, with 95% intervals "
        "(instability, in our own reading, after generalisability theory).",
        table,
        {"Levels": "count", "SD": "decimal1", "Share": "percent", "low": "percent", "high": "percent"},
        f"{known['property'].nunique()} of {every} properties; shares whose interval is wider than {WIDEST:g} are not "
        f"estimable and left out. SD in percentage points. {VARIANCE}",
    )
