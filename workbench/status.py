"""How far the survey is: counts derived from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.corpus import stored
from workbench.faults import Fault, Refused
from workbench.schema import load_schema
from workbench.screening import included, screened


def status(root: Path) -> dict[str, dict[str, Any]]:
    """Return the counts of the data model: key -> ``{"total": n, "by_stream": {stream: n}, ...}``.

    ``identified`` counts hits of logged searches, unreadable ones included; ``duplicates`` hits that joined a
    work already there; ``maybe`` hits kept as records of their own that may be duplicates. ``records`` are the
    works. ``by_stream`` uses the streams the search guessed (``streams`` says so); a work with two streams
    counts in both, so these do not add up to the total.

    Raises:
        Refused: a file is faulty.
    """
    faults: list[Fault] = []
    schema = load_schema(root)
    hits = stored(root, "hits", faults)
    records = {r["paper"]: r for r in stored(root, "records", faults)}
    decisions = stored(root, "screening", faults)
    rulings = stored(root, "adjudications", faults)
    sample = stored(root, "sample", faults)
    if faults:
        raise Refused(faults)
    grey = {p for p, r in records.items() if r["grey"] == "yes"}
    results = screened(decisions, rulings, grey)

    def count(papers: Iterable[str]) -> dict[str, Any]:
        listed = list(papers)
        streams = Counter(
            s for p in listed if p in records for s in records[p]["guessed_streams"].split(";") if s
        )
        return {
            "total": len(listed),
            "by_stream": {s: streams[s] for s in schema.streams},
            "streams": "guessed",
        }

    outcomes = {o: [h["paper"] for h in hits if h["outcome"] == o] for o in ("merged", "maybe", "unreadable")}
    return {
        "identified": count(h["paper"] for h in hits),
        "duplicates": count(outcomes["merged"]),
        "maybe": count(outcomes["maybe"]),
        "unreadable": count(outcomes["unreadable"]),
        "records": count(records),
        "unverified": count(p for p, r in records.items() if r["verified"] != "yes"),
        "in_frame": count(p for p, r in records.items() if r["stratum"]),
        "drawn": count(r["paper"] for r in sample if r["stage"] == "screening"),
        "screened": count(r["paper"] for r in results if r["decision"] != "pending"),
        "included": count(included(results) - grey),
        "pending": count(r["paper"] for r in results if r["decision"] == "pending"),
        "grey": count(grey),
    }
