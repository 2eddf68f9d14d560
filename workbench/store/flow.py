"""Where every work stands: how it came in, and the last box of the flow of records that it reached.

The table and figure of the flow, ``survey status``, the methods section and the page all count these rows, so that
they cannot say different numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from workbench.store.files import Row
from workbench.store.frames import NOT_RECORDS
from workbench.store.screened import FULL_TEXT, decisive

#: How a record came to be looked at. One that came by other methods and is drawn later counts as drawn.
DRAWN, OTHER = "drawn", "other-methods"
#: Boxes in which a work ends that is in, and in which one ends that is out.
INCLUDED = ("not_coded_twice", "unsettled", "synthesis")
OUT = ("excluded", "excluded_full_text", "other_excluded")
#: Why a work is pending of which nothing has been screened.
UNSEEN = "not yet screened"


def reached(
    records: Mapping[str, Row],
    sample: Iterable[Row],
    screened: Iterable[Row],
    deciding: Iterable[Row],
    final: Iterable[Mapping[str, Any]],
    basis: str = "abstract",
) -> list[Row]:
    """Derive where every work stands, a row a work, sorted by key.

    Args:
        records: rows of records.csv by paper.
        sample: rows of sample.csv.
        screened: what screening came to, from ``workbench.store.screened``.
        deciding: the sign-offs that decide (``workbench.store.final.deciding``).
        final: rows of ``final``.
        basis: the coding that is counted.

    Returns:
        Rows with the columns of ``workbench.store.tables.REACHED``.
    """
    drawn = to_screen(sample)
    results = list(screened)
    last = decisive(results)
    full = {r["paper"]: r["decision"] for r in results if r["stage"] == FULL_TEXT}
    # Where nothing is drawn everything is screened; else what was screened and not drawn came in by other methods.
    by_other = last.keys() - drawn if drawn else set()
    coders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in deciding:
        if row["basis"] == basis:
            coders[row["paper"], row["schema"]].add(row["coder"])
    most: dict[str, int] = defaultdict(int)
    for (paper, _), who in coders.items():
        most[paper] = max(most[paper], len(who))
    unresolved = {r["paper"] for r in final if r["basis"] == basis and r["resolved"] == "unresolved"}
    out: list[Row] = []
    for paper, record in sorted(records.items()):
        looked = paper in drawn or paper in last
        grey = record["grey"] == "yes"
        box, reason = _end(last.get(paper), most[paper], paper in unresolved)
        if grey:
            box, reason = "grey", ""
        elif not looked:
            box, reason = "not_sampled", "not drawn" if record["text_sha256"] else "no abstract in hand"
        elif paper in by_other and box in ("pending", *OUT):
            box = "other_pending" if box == "pending" else "other_excluded"
        decision = full.get(paper, "")
        out.append(
            {
                "paper": paper,
                "route": "" if grey or not looked else OTHER if paper in by_other else DRAWN,
                "full_text": "decided" if decision in ("include", "exclude") else decision,
                "box": box,
                "reason": reason,
            }
        )
    return out


def to_screen(sample: Iterable[Row]) -> set[str]:
    """Return the records that were drawn for screening, at whichever stage; the other stages drew coded papers."""
    return {r["paper"] for r in sample if r["stage"] not in NOT_RECORDS}


def at_boxes(rows: Iterable[Row], boxes: Collection[str]) -> set[str]:
    """Return the works whose last box is one of these."""
    return {r["paper"] for r in rows if r["box"] in boxes}


def _end(row: Row | None, coders: int, unresolved: bool) -> tuple[str, str]:
    if row is None:
        return "pending", UNSEEN
    if row["decision"] == "pending":
        return "pending", "screeners differ or one is missing"
    if row["decision"] == "exclude":
        return "excluded_full_text" if row["stage"] == FULL_TEXT else "excluded", row["reason"]
    if coders < 2:
        return "not_coded_twice", "coded by one" if coders else "not yet coded"
    return ("unsettled" if unresolved else "synthesis"), ""
