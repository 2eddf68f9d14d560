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
#: Boxes of the PRISMA diagram that its description names.
MAIN_WAY = ("identified", "records", "drawn", "screened", "included", "coded_twice", "synthesis")


def flow(table: pd.DataFrame) -> str:
    """Describe the PRISMA diagram: the boxes of the main way, with their counts; the table has every box."""
    whole = table[table["reason"] == ""]
    said = [
        f"{_lower(label)} {n:,}"
        for box, label, n in zip(whole["box"], whole["label"], whole["n"], strict=True)
        if box in MAIN_WAY
    ]
    return f"From search to synthesis: {'; '.join(said)}. Boxes beside these, and reasons, are in the table."


def grid(
    cells: pd.DataFrame, names: Mapping[str, str], verb: str, across: str, many: str, code: str, codes: str
) -> str:
    """Describe a coverage grid; ``verb`` says what a paper of a cell did with the mode: raised or measured.

    ``across`` is what a column is, in words, and ``many`` what several are; ``code`` and ``codes`` the same of a row.
    """
    modes, streams = cells["row"].nunique(), cells["column"].nunique()
    size = f"{modes:,} {code if modes == 1 else codes} by {streams:,} {across if streams == 1 else many}"
    papers = {paper for held in cells["papers"] for paper in held}
    if not papers:
        return f"{NOTHING} no settled coding has a {code} {verb} in any {across}; the grid is {size}."
    full = cells[cells["n"] > 0].sort_values(["n", "row", "column"], ascending=[False, True, True])
    of_mode = cells.groupby("row", sort=False)["n"].sum()
    none = [_of(names, str(code)) for code in of_mode.index if of_mode[code] == 0]
    which = ", ".join(none) if len(none) <= LISTED else f"{len(none)} modes"
    missing = f" {verb.capitalize()} in no {across}: {which}."
    largest = ", ".join(
        f"{_of(names, a)} in {_of(names, b)} {n}"
        for a, b, n in zip(full["row"][:NAMED], full["column"][:NAMED], full["n"][:NAMED], strict=True)
    )
    return (
        f"Most papers: {largest}. {len(cells) - len(full)} of {len(cells)} cells are empty ({size}, over "
        f"{_number(len(papers), 'paper')}).{missing if none else ''}"
    )


def agreement_kind(table: pd.DataFrame) -> str:
    """Return what the agreement of a table is called: of model passes, of coders, or of nobody yet."""
    compared = table[table["papers"] > 0]
    kinds = sorted(set(compared["kind"]))
    return f"{kinds[0].capitalize()} agreement" if len(kinds) == 1 else "Agreement"


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
