"""How far the survey is: counts derived from the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.final import human_verified_codes
from workbench.store.flow import INCLUDED, OUT, UNSEEN, at_boxes, to_screen
from workbench.store.schema import load_schema


def status(root: Path) -> dict[str, dict[str, Any]]:
    """Return the counts of the data model: key -> ``{"total": n, "by_stream": {stream: n}, ...}``.

    ``identified`` counts hits of logged searches, unreadable ones included; ``duplicates`` hits beyond the first of
    a work; ``maybe`` hits kept as records of their own that may be duplicates and are undecided. ``records`` are the
    works; ``screened``, ``included`` and all that follows leave grey sources apart. ``full_text`` are those of which
    the screening of the full text is decided. ``coded_twice`` are included works that two or more coders signed off
    under one schema version from the abstract without seeing each other; ``adjudicated`` those of
    them with no disagreement left open (``open`` counts the others); ``human_verified`` those with a final
    failure-mode code that a human coded, adjudicated or verified (``checked`` counts such codes, out of ``codes``).

    ``by_stream`` uses the final streams of the works that have them, else those the search guessed; ``streams``
    says which (``final``, ``guessed`` or ``final, else guessed``). A work with two streams counts in both, so
    these do not add up to the total.

    Raises:
        Refused: a file is faulty.
    """
    faults: list[Fault] = []
    schema = load_schema(root)
    held = Decisions(root, faults)
    hits, records, grey = held.rows("hits"), held.records, held.grey
    holds = [r for r in held.final if r["basis"] == "abstract"]
    stands = held.reached
    pairs = held.rows("maybe_duplicates")
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    streams: dict[str, set[str]] = defaultdict(set)
    for row in holds:
        if schema.home and row["facet"] == schema.home.id and row["state"] == "present":
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

    framed = {r["paper"] for r in held.rows("frame")}
    checked = {
        r["paper"]
        for r in holds
        if r["human_verified"]
        and schema.headline
        and r["facet"] == schema.headline.id
        and r["state"] == "present"
    }
    headline = schema.headline.id if schema.headline else ""
    looked, codes = human_verified_codes((r for r in holds if not r["grey"]), headline)
    included = at_boxes(stands, INCLUDED)
    pending = at_boxes(stands, ("pending", "other_pending"))
    assessed = {r["paper"] for r in stands if r["full_text"] == "decided"}
    readable = [h["paper"] for h in hits if h["outcome"] != "unreadable"]
    # A pair decided to be one work leaves two hits of it, whatever was said of them when they came in.
    again = Counter(readable) - Counter(set(readable))
    undecided = {r[side] for r in pairs if not r["decision"] for side in "ab"}
    maybe = [h["paper"] for h in hits if h["outcome"] == "maybe" and h["paper"] in undecided]
    return {
        "identified": count(h["paper"] for h in hits),
        "duplicates": count(again.elements()),
        "maybe": count(maybe),
        "unreadable": count(h["paper"] for h in hits if h["outcome"] == "unreadable"),
        "records": count(records),
        "unverified": count(p for p, r in records.items() if r["verified"] != "yes"),
        "in_frame": count(p for p, r in records.items() if r["stratum"] or p in framed),
        "drawn": count(sorted(to_screen(held.rows("sample")))),
        "screened": count(included | at_boxes(stands, OUT)),
        "full_text": count(assessed),
        "included": count(included),
        "pending": count(r["paper"] for r in stands if r["paper"] in pending and r["reason"] != UNSEEN),
        "grey": count(grey),
        "coded_twice": count(at_boxes(stands, ("unsettled", "synthesis"))),
        "adjudicated": {
            **count(at_boxes(stands, ("synthesis",))),
            "open": len(at_boxes(stands, ("unsettled",))),
        },
        "human_verified": {**count(checked - grey), "checked": looked, "codes": codes},
    }
