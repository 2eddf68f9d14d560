"""What stands in the survey now: which keys lead to another work, which searches and records were taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.store.corpus import stored
from workbench.store.faults import Fault
from workbench.store.files import Row
from workbench.store.searches import read_searches

#: Tables whose rows count only while their paper is a record of its own.
_OF_PAPERS = ("screening", "codings", "signoffs", "adjudications", "verifications", "measurements")


def joined(merges: Iterable[Row]) -> dict[str, str]:
    """Return the work that each joined record is part of now: merges that hold, followed to the end."""
    step = {r["taken"]: r["kept"] for r in merges if not r["undone"]}
    found = {}
    for taken in step:
        key, seen = taken, set[str]()
        while key in step and key not in seen:
            seen.add(key)
            key = step[key]
        found[taken] = key
    return found


def removed(removals: Iterable[Row], kind: str) -> dict[str, Row]:
    """Return what is out of the survey: id of a search, or key of a record -> its row of ``removals.csv``."""
    return {r["what"]: r for r in removals if r["kind"] == kind and not r["undone"]}


def standing(root: Path, name: str, faults: list[Fault]) -> list[Row]:
    """Return the rows of a stored table that count now; the files keep them all.

    Hits of a search or record that was taken out do not count, nor those by which a known record was only looked up,
    nor decisions on a record that is none of its own any more. What was drawn stays drawn: a record that joined
    another stands in the sample as the work it is part of.

    Args:
        root: the survey folder.
        name: name of the table, see ``workbench.store.tables``.
        faults: what cannot be read is added here.
    """
    rows = stored(root, name, faults)
    if name not in ("hits", "sample", *_OF_PAPERS):
        return rows
    if name == "hits":
        # What is wrong with the log of searches is said by whoever reads it.
        lookups = {s.id for s in read_searches(root, []) if s.lookup}
        rows = [r for r in rows if r["search"] not in lookups or r["outcome"] != "merged"]
    merges, removals = stored(root, "merges", faults), stored(root, "removals", faults)
    return counting(name, rows, joined(merges), removals) if merges or removals else rows


def counting(name: str, rows: list[Row], leads: Mapping[str, str], removals: Iterable[Row]) -> list[Row]:
    """Return the rows of a table that count; see ``standing``."""
    removals = list(removals)
    out = removed(removals, "record")
    if name == "hits":
        searches = removed(removals, "search")
        return [r for r in rows if r["search"] not in searches and (not r["paper"] or r["paper"] not in out)]
    if name == "sample":
        found: dict[tuple[str, str], Row] = {}
        for row in sorted(rows, key=lambda r: r["paper"] in leads):
            paper = leads.get(row["paper"], row["paper"])
            if paper not in out:
                found.setdefault((row["stage"], paper), {**row, "paper": paper})
        return sorted(found.values(), key=lambda r: (r["stage"], r["paper"]))
    return [r for r in rows if r["paper"] not in leads and r["paper"] not in out]
