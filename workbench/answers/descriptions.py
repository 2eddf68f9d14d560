"""Alternative texts of the figures: what each shows, said from its numbers for those who cannot see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

#: So many of the largest or smallest are named; the table beside the figure has all.
NAMED = 3
#: Codes without any paper are named up to here, else counted.
LISTED = 8
NOTHING = "Nothing is drawn:"


def flow(table: pd.DataFrame) -> str:
    """Describe the PRISMA diagram: every box in its order, with its count and its parts."""
    whole = table[table["reason"] == ""]
    said = []
    for box, label, n in zip(whole["box"], whole["label"], whole["n"], strict=True):
        parts = table[(table["box"] == box) & (table["reason"] != "")]
        of = ", ".join(f"{reason}: {m:,}" for reason, m in zip(parts["reason"], parts["n"], strict=True))
        said.append(f"{_lower(label)} {n:,}" + (f" ({of})" if of else ""))
    return f"Flow of records from search to synthesis: {'; '.join(said)}."


def grid(cells: pd.DataFrame, names: Mapping[str, str], verb: str, across: str = "stream") -> str:
    """Describe a coverage grid; ``verb`` says what a paper of a cell did with the mode: raised or measured.

    ``across`` is what a column is, in words.
    """
    modes, streams = cells["row"].nunique(), cells["column"].nunique()
    size = f"{_number(modes, 'failure mode')} by {_number(streams, across)}"
    papers = {paper for held in cells["papers"] for paper in held}
    if not papers:
        return f"{NOTHING} no settled coding has a failure mode {verb} in any {across}; the grid is {size}."
    full = cells[cells["n"] > 0].sort_values(["n", "row", "column"], ascending=[False, True, True])
    of_mode = cells.groupby("row", sort=False)["n"].sum()
    none = [_of(names, str(code)) for code in of_mode.index if of_mode[code] == 0]
    missing = f"{verb.capitalize()} in no {across}: {', '.join(none) if len(none) <= LISTED else f'{len(none)} modes'}."
    largest = ", ".join(
        f"{_of(names, a)} in {_of(names, b)} {n}"
        for a, b, n in zip(full["row"][:NAMED], full["column"][:NAMED], full["n"][:NAMED], strict=True)
    )
    return (
        f"Grid of {size}, over {_number(len(papers), 'paper')}. {len(cells) - len(full)} of {len(cells)} cells are "
        f"empty. Most papers: {largest}. {missing if none else ''}"
    )


def network(nodes: pd.DataFrame, edges: pd.DataFrame, names: Mapping[str, str], least: int) -> str:
    """Describe the network of modes that papers raise together; pairs of fewer than ``least`` are not drawn."""
    drawn = edges[edges["count"] >= least]
    raised = int((nodes["n"] > 0).sum())
    if drawn.empty:
        return f"{NOTHING} no two of the {_number(raised, 'failure mode')} raised are raised by one paper."
    shared = ", ".join(
        f"{_of(names, a)} with {_of(names, b)} {n}"
        for a, b, n in zip(
            drawn["source"][:NAMED], drawn["target"][:NAMED], drawn["count"][:NAMED], strict=True
        )
    )
    left = (
        f" {len(edges) - len(drawn)} pairs of fewer than {least} papers are not drawn." if least > 1 else ""
    )
    largest = ", ".join(
        f"{_of(names, c)} {n}" for c, n in zip(nodes["code"][:NAMED], nodes["n"][:NAMED], strict=True)
    )
    ends = len(set(drawn["source"]) | set(drawn["target"]))
    return (
        f"Network of {ends} failure modes and {_number(len(drawn), 'pair')} that the same papers raise. Most shared "
        f"papers: {shared}. Most papers: {largest}.{left}"
    )


def agreement_kind(table: pd.DataFrame) -> str:
    """Return what the agreement of a table is called: of model passes, of coders, or of nobody yet."""
    compared = table[table["papers"] > 0]
    kinds = sorted(set(compared["kind"]))
    return f"{kinds[0].capitalize()} agreement" if len(kinds) == 1 else "Agreement"


def agreed(table: pd.DataFrame, names: Mapping[str, str], training: int) -> str:
    """Describe the plot of agreement; ``training`` papers are left out of it."""
    apart = (
        f" {_number(training, 'paper')} coded while the schema was being made are left out."
        if training
        else ""
    )
    modes = table[table["facet"] == "failure_mode"]
    papers = int(modes["papers"].max()) if len(modes) else 0
    if not papers:
        return f"{NOTHING} no paper has first been coded under the schema in force by two coders.{apart}"
    pooled = modes[modes["code"] == ""]
    values = [
        f"{name} {_estimate(row)}"
        for name, statistic in (("Krippendorff's alpha", "alpha_nominal"), ("Gwet's AC1", "ac1"))
        for row in _records(pooled[pooled["statistic"] == statistic])
    ]
    alphas = modes[(modes["code"] != "") & (modes["statistic"] == "alpha_nominal")]
    enough = alphas[~alphas["note"].str.contains("fewer than") & alphas["value"].notna()]
    enough = enough.sort_values(["value", "code"])
    said = [
        f"{agreement_kind(modes)} over {_number(papers, 'paper')} coded twice. All failure modes pooled: "
        f"{'; '.join(values)}. {len(enough)} of {len(alphas)} modes are frequent enough to judge."
    ]
    if len(enough):
        lowest = [f"{_of(names, r['code'])} {_estimate(r)}" for r in _records(enough[:NAMED])]
        said.append(f"Lowest alpha: {'; '.join(lowest)}.")
    return " ".join(said) + apart


def years(whole: pd.DataFrame, sides: pd.DataFrame) -> str:
    """Describe the plot of attention by year: all sides together year by year, then the totals of each side."""
    if whole.empty:
        return f"{NOTHING} no coded paper has a year."
    each = "; ".join(
        f"{r['year']}: {r['papers_coded']}, {r['discussed']}, {r['measured']}" for r in _records(whole)
    )
    totals = sides.groupby("side", sort=False)[["discussed", "measured"]].sum()
    of_side = "; ".join(
        f"{side}: {int(d)} discuss, {int(m)} measure"
        for side, d, m in zip(totals.index, totals["discussed"], totals["measured"], strict=True)
    )
    return (
        "Papers by year of the first public version, drawn in a panel for each side. Coded, discussing any failure "
        f"mode and measuring any: {each}. By side over all years: {of_side}."
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _estimate(row: Mapping[str, Any]) -> str:
    if pd.isna(row["value"]):
        return "undefined"
    # Nearly perfect is not perfect: no rounding up to 1.
    digits = 3 if 0.995 <= row["value"] < 1 else 2
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.{digits}f} to {row['high']:.{digits}f})"
    return f"{row['value']:.{digits}f}{interval}"


def _of(names: Mapping[str, str], code: str) -> str:
    return names.get(code) or code


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _number(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
