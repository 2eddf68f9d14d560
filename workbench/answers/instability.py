"""Where one property of one model was measured several times: whose doing is the spread?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.audit.instability import decompose, from_pairs, from_panel
from workbench.answers.answer import Answer, Printed, figure
from workbench.answers.numbers import Number, macro_name
from workbench.answers.shortfalls import VARIANCE

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def unstable(survey: Survey) -> Answer:
    """Variance components of repeated measurements, in the model panel and in the paired evidence."""
    tables = from_panel(survey.audit) | from_pairs(survey.measurements)
    components = decompose(tables)
    title = "Instability decomposition (our reading): sources of the spread of repeated measurements"
    draw = partial(charts.instability_plot, components, notes=[VARIANCE])
    return Answer(
        {"instability": components},
        (figure("instability", title, _words(components), draw, data=components),),
        _numbers(components),
        (_printed(components),),
    )


def _words(components: pd.DataFrame) -> str:
    known = components[components["share"].notna()]
    if known.empty:
        return "Nothing to draw: no property was measured several times on several models."
    said = []
    for name in dict.fromkeys(known["property"]):
        mine = known[known["property"] == name]
        largest = mine.sort_values(["share", "component"], ascending=[False, True])[:2]
        parts = ", ".join(
            f"{r['component']} {r['share']:.0%} ({r['share_low']:.0%} to {r['share_high']:.0%})"
            for r in _records(largest)
        )
        said.append(f"{name}, {int(mine['values'].iloc[0])} values: {parts}")
    sources = "; ".join(said)
    return (
        f"Bars of the share of variance by source, with 95% intervals. Largest sources: {sources}. {VARIANCE}"
    )


def _numbers(components: pd.DataFrame) -> tuple[Number, ...]:
    known = components[components["share"].notna()]
    taken = list(dict.fromkeys(known["property"]))
    every = components["property"].nunique()
    found = [
        Number(
            "InstabilityProperties",
            len(taken),
            "count",
            "properties",
            "properties whose spread is taken apart",
        ),
        Number(
            "InstabilitySilent",
            every - len(taken),
            "count",
            "properties",
            "properties not measured repeatedly enough",
        ),
    ]
    for name in taken:
        for row in _records(known[(known["property"] == name) & (known["kind"] == "unit")]):
            macro = f"Instability{macro_name(name)}"
            what = f"share of the variance of {name} between {row['unit']}s"
            found += [
                Number(f"{macro}Share", row["share"], "percent", "share", what),
                Number(
                    f"{macro}Low", _or_none(row["share_low"]), "percent", "share", f"lower end of the {what}"
                ),
                Number(
                    f"{macro}High",
                    _or_none(row["share_high"]),
                    "percent",
                    "share",
                    f"upper end of the {what}",
                ),
            ]
    return tuple(found)


#: Sources with a smaller share of the variance are not printed.
LEAST_SHARE = 0.01


def _printed(components: pd.DataFrame) -> Printed:
    # What carries less than a hundredth would make the table longer than a page; the CSV has all.
    known = components[components["share"].notna() & (components["share"] >= LEAST_SHARE)]
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
        "instability",
        "Instability decomposition (our own operational reading, after generalisability theory): share of the variance "
        "of a single measured value by source, with 95% intervals.",
        table,
        {"Levels": "count", "SD": "decimal1", "Share": "percent", "low": "percent", "high": "percent"},
        "SD in percentage points. Left out: sources under 1%, and those that always change together. "
        + VARIANCE,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
