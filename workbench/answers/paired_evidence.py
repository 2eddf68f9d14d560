"""How far proxies' numbers lie from those of the properties they stand for, where papers report both."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.paired_evidence import (
    POINTS,
    SELECTED,
    UNSAID,
    paired_evidence,
    paired_summary,
)
from workbench.answers.answer import BASIS, Answer, Printed, figure, in_schema, short_citations
from workbench.answers.numbers import Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey

NOTHING = "Nothing is drawn:"


def paired(survey: Survey) -> Answer:
    """The measured gap: per row, by proxy, by failure mode and by optimisation pressure."""
    if survey.measurements.empty:
        return Answer({})
    rows = paired_rows(survey)
    summary = paired_summary(rows)
    labels = short_citations(survey)
    proxies = survey.schema.paired("proxy")
    names = {c.id: c.name for c in proxies.codes} if proxies else {}
    order = [side.id for side in survey.schema.sides]
    title = "What the proxy shows and what the property is, where papers report it"
    draw = partial(charts.paired_dumbbells, rows, labels=labels, proxies=names, sides=order)
    table = labelled(survey, rows)
    return Answer(
        {"paired-evidence": table},
        (figure("paired-evidence", title, described(rows, summary), draw, data=table),),
        _numbers(rows, summary),
        (_printed(summary, names),),
    )


def paired_rows(survey: Survey) -> pd.DataFrame:
    """Return the paired evidence, a row a measurement: ``analysis.paired_evidence.paired_evidence``."""
    return paired_evidence(
        survey.measurements,
        in_schema(survey.final, survey.codes),
        survey.failure_modes,
        facet=survey.settings.facet,
        pressure=survey.schema.pressure.id if survey.schema.pressure else None,
        papers=survey.papers,
        basis=BASIS,
    )


def labelled(survey: Survey, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with ``label``: how a figure names each paper."""
    labels = short_citations(survey)
    return rows.assign(label=[labels.get(p, p) for p in rows["paper"]])


def described(rows: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Describe the dumbbell chart."""
    if rows.empty:
        return f"{NOTHING} no paired evidence is on record."
    row = _of(summary, "pair", POINTS)
    if row is None or pd.isna(row["median"]):
        return f"None of the {len(rows)} rows is a pair of two values in percentage points."
    return (
        f"In {row['flattering']} of {row['rows']} pairs the number measured (the proxy) looks better than what it "
        f"stands for; the middle gap is {row['median']:.1f} points."
    )


def _of(summary: pd.DataFrame, kind: str, family: str) -> pd.Series | None:
    """Return the row of all papers for one kind and family, or None."""
    held = summary[(summary["by"] == "all") & (summary["kind"] == kind) & (summary["family"] == family)]
    return held.iloc[0] if len(held) else None


def _numbers(rows: pd.DataFrame, summary: pd.DataFrame) -> tuple[Number, ...]:
    pairs = _of(summary, "pair", POINTS)

    def of(row: pd.Series | None, column: str) -> float | None:
        return None if row is None or pd.isna(row[column]) else float(row[column])

    points = "percentage points"

    def whole(row: pd.Series | None, column: str) -> int:
        return 0 if row is None else int(row[column])

    outside = rows[rows["standing"] == "paper not coded"]
    counts = {
        "Rows": (len(rows), "rows", "rows of paired evidence, pairs and drops"),
        "Papers": (rows["paper"].nunique(), "papers", "papers with paired evidence"),
        "Pairs": (int((rows["kind"] == "pair").sum()), "rows", "pairs of both values"),
        "PapersWithPair": (
            rows.loc[rows["kind"] == "pair", "paper"].nunique(),
            "papers",
            "papers with a pair of both values",
        ),
        "Drops": (int((rows["kind"] == "drop").sum()), "rows", "drops without both values"),
        "RowsNotCoded": (len(outside), "rows", "rows of papers that are not among the coded ones"),
        "PointPairs": (whole(pairs, "rows"), "rows", "pairs whose gap is in percentage points"),
        "Flattering": (
            of(pairs, "flattering") or 0,
            "rows",
            "of these, pairs in which the proxy looks better",
        ),
    }
    measured = {
        "MedianGap": (pairs, "median", "median gap of the pairs in percentage points, unweighted"),
        "LowestGap": (pairs, "lowest", "smallest gap of a pair; below 0 the proxy looks worse"),
        "HighestGap": (pairs, "highest", "largest gap of a pair"),
    }
    return (
        *(Number(f"Paired{name}", n, "count", unit, said) for name, (n, unit, said) in counts.items()),
        *(
            Number(f"Paired{name}", of(row, column), "decimal1", points, said)
            for name, (row, column, said) in measured.items()
        ),
    )


def _printed(summary: pd.DataFrame, names: dict[str, str]) -> Printed:
    """Return the table of gaps by kind of proxy; units that one row alone has are left to the CSV."""
    held = summary[summary["by"].isin(["all", "proxy"]) & summary["family"].isin([POINTS, UNSAID])]
    held = held.sort_values(
        ["kind", "family", "by", "rows"], ascending=[False, True, True, False], kind="stable"
    )
    kinds = {("pair", POINTS): "pair", ("drop", POINTS): "drop, points", ("drop", UNSAID): "drop, percent"}
    table = pd.DataFrame(
        {
            "Proxy": [names.get(g, g) or "All" for g in held["group"]],
            "Kind": [kinds[at] for at in zip(held["kind"], held["family"], strict=True)],
            "Rows": held["rows"].to_numpy(),
            "Papers": held["papers"].to_numpy(),
            "Flattering": held["flattering"].to_numpy(),
            "Median gap": held["median"].to_numpy(),
            "Lowest": held["lowest"].to_numpy(),
            "Highest": held["highest"].to_numpy(),
        }
    )
    return Printed(
        "paired-evidence",
        "How much better a proxy's number looks than that of the property it stands for (the gap), in percentage "
        "points, where papers report both.",
        table,
        {
            **dict.fromkeys(("Rows", "Papers", "Flattering"), "count"),
            **dict.fromkeys(("Median gap", "Lowest", "Highest"), "decimal1"),
        },
        "Flattering: rows in which the proxy looks better. Drop: a change on measuring again, reported without both "
        f"values; where it is in percent, the text does not say of what. {SELECTED}",
    )
