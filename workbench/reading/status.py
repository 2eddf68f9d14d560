"""How far the survey is: counts derived from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.store.coders import read_coders
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.final import final, human_verified_share
from workbench.store.schema import load_schema
from workbench.store.screened import STAGES, included, screened
from workbench.store.standing import standing


def status(root: Path) -> dict[str, dict[str, Any]]:
    """Return the counts of the data model: key -> ``{"total": n, "by_stream": {stream: n}, ...}``.

    ``identified`` counts hits of logged searches, unreadable ones included; ``duplicates`` hits beyond the first of
    a work; ``maybe`` hits kept as records of their own that may be duplicates and are undecided. ``records`` are the
    works; ``screened``, ``included`` and all that follows leave grey sources apart. ``coded_twice`` are included
    works that two or more coders signed off under one schema version from the abstract; ``adjudicated`` those of
    them with no disagreement left open (``open`` counts the others); ``human_verified`` those with a final
    failure-mode code that a human coded, adjudicated or verified (``share`` is of all final failure-mode codes).

    ``by_stream`` uses the final streams of the works that have them, else those the search guessed; ``streams``
    says which (``final``, ``guessed`` or ``final, else guessed``). A work with two streams counts in both, so
    these do not add up to the total.

    Raises:
        Refused: a file is faulty.
    """
    faults: list[Fault] = []
    schema = load_schema(root)
    hits = standing(root, "hits", faults)
    records = {r["paper"]: r for r in stored(root, "records", faults)}
    decisions = standing(root, "screening", faults)
    rulings = standing(root, "adjudications", faults)
    sample = standing(root, "sample", faults)
    codings = standing(root, "codings", faults)
    signoffs = standing(root, "signoffs", faults)
    verifications = standing(root, "verifications", faults)
    coders = read_coders(root, faults)
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    grey = {p for p, r in records.items() if r["grey"] == "yes"}
    results = screened(decisions, rulings, grey)
    inside = included(results)
    holds = [
        r
        for r in final(codings, signoffs, rulings, verifications, coders, records, inside)
        if r["basis"] == "abstract"
    ]
    streams: dict[str, set[str]] = defaultdict(set)
    for row in holds:
        if row["facet"] == "stream" and row["state"] == "present":
            streams[row["paper"]].add(row["code"])

    def count(papers: Iterable[str]) -> dict[str, Any]:
        listed = list(papers)
        found: Counter[str] = Counter()
        ways = set()
        for paper in listed:
            if paper in streams:
                ways.add("final")
                found.update(streams[paper])
            elif paper in records:
                ways.add("guessed")
                found.update(s for s in records[paper]["guessed_streams"].split(";") if s)
        return {
            "total": len(listed),
            "by_stream": {s: found[s] for s in schema.streams},
            "streams": "final, else guessed" if len(ways) == 2 else "".join(ways) or "guessed",
        }

    twice: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in signoffs:
        if row["basis"] == "abstract" and row["paper"] in inside - grey:
            twice[row["paper"], row["schema"]].add(row["coder"])
    coded = {paper for (paper, _), who in twice.items() if len(who) >= 2}
    unsettled = {r["paper"] for r in holds if r["resolved"] == "unresolved"} & coded
    checked = {
        r["paper"]
        for r in holds
        if r["human_verified"] and r["facet"] == "failure_mode" and r["state"] == "present"
    }
    # A paper counts once, by the last stage at which it was screened.
    by_stage = sorted(results, key=lambda r: STAGES.index(r["stage"]))
    last = {r["paper"]: r["decision"] for r in by_stage if r["paper"] not in grey}
    readable = [h["paper"] for h in hits if h["outcome"] != "unreadable"]
    # A pair decided to be one work leaves two hits of it, whatever was said of them when they came in.
    again = Counter(readable) - Counter(set(readable))
    undecided = {
        r[side] for r in stored(root, "maybe_duplicates", faults) if not r["decision"] for side in "ab"
    }
    maybe = [h["paper"] for h in hits if h["outcome"] == "maybe" and h["paper"] in undecided]
    return {
        "identified": count(h["paper"] for h in hits),
        "duplicates": count(again.elements()),
        "maybe": count(maybe),
        "unreadable": count(h["paper"] for h in hits if h["outcome"] == "unreadable"),
        "records": count(records),
        "unverified": count(p for p, r in records.items() if r["verified"] != "yes"),
        "in_frame": count(p for p, r in records.items() if r["stratum"]),
        "drawn": count(r["paper"] for r in sample if r["stage"] == "screening"),
        "screened": count(p for p, decision in last.items() if decision != "pending"),
        "included": count(inside - grey),
        "pending": count(p for p, decision in last.items() if decision == "pending"),
        "grey": count(grey),
        "coded_twice": count(coded),
        "adjudicated": {**count(coded - unsettled), "open": len(unsettled)},
        "human_verified": {**count(checked - grey), "share": human_verified_share(holds)},
    }
