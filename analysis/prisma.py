"""How records flowed through the survey: PRISMA 2020 counts, derived from the rows and nothing else.

Boxes follow Page, McKenzie, Bossuyt et al. (2021), The PRISMA 2020 statement, with one box more: records that a
survey screening a sample has not drawn. Where a full text is not screened, title and abstract decide.
"""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx
import pandas as pd

COLUMNS = ("box", "parent", "label", "n", "reason")
#: Parts of the works after deduplication.
DISTINCT, MAYBE, UNLOGGED = (
    "distinct, found by the searches",
    "may be duplicates of others, undecided",
    "added by no logged search",
)


def prisma(
    hits: pd.DataFrame,
    standing: pd.DataFrame,
    *,
    maybe_duplicates: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count the records at each step.

    Args:
        hits: one row a hit (``search``, ``paper``, ``outcome``).
        standing: one row a work: how it came in (``route``: drawn, other-methods or empty), how far the screening of
            its full text is (``full_text``: decided, pending or empty), the last box it reached (``box``) and why
            (``reason``).
        maybe_duplicates: pairs that may be one work (``a``, ``b``, ``decision``); None: their part is not counted.

    Returns:
        ``box, parent, label, n, reason``, one row a count; a row with a ``reason`` is a part of the row of the same
        box without one, and the parts of a box add up to it. ``identified`` counts hits of logged searches, every
        other box works. Where U works were added by no logged search (a part of ``records``):
        identified + U = duplicates + unreadable + records; records = grey + not_sampled + other + drawn; drawn =
        pending + screened; screened = excluded + unassessed + assessed; included = unassessed + assessed -
        excluded_full_text + other - other_pending - other_excluded; included = not_coded_twice + coded_twice;
        coded_twice = unsettled + synthesis. ``other``: found by other methods and never drawn (these boxes stand
        only where there is one). ``unassessed``: in by title and abstract, the screening of the full text not
        decided. ``coded_twice``: two or more coders signed the work off under one schema version without seeing
        each other; ``synthesis``: and no disagreement about any of its codes is open. Of an ``unsettled`` work, the
        codes that are settled count in the analyses, the others do not.
    """
    rows: list[dict[str, object]] = []

    def box(name: str, parent: str, label: str, n: int, parts: Mapping[str, int] | None = None) -> None:
        rows.append({"box": name, "parent": parent, "label": label, "n": n, "reason": ""})
        for reason, count in (parts or {}).items():
            if count:
                rows.append({"box": name, "parent": parent, "label": label, "n": count, "reason": reason})

    def last(name: str, parent: str, label: str) -> None:
        """Count the works that end in a box, with the reasons why."""
        mine = standing.loc[standing["box"] == name, "reason"]
        counts = mine[mine != ""].value_counts().sort_index()
        box(name, parent, label, len(mine), {str(k): int(v) for k, v in counts.items()})

    searches = hits["search"].value_counts().sort_index()
    by_search = {str(k): int(v) for k, v in searches.items()}
    readable = hits[hits["outcome"] != "unreadable"]
    found = set(readable["paper"])
    # Not the outcome `merged`: a pair found to be one work later is merged then, and its hits stay as they came.
    box("identified", "", "Records identified by logged searches", len(hits), by_search)
    box("duplicates", "identified", "Duplicates merged", len(readable) - len(found))
    box("unreadable", "identified", "Records that could not be read", len(hits) - len(readable))
    kinds = _kinds(standing, found, maybe_duplicates)
    box("records", "identified", "Works after deduplication", len(standing), kinds)
    last("grey", "records", "Grey literature, kept apart")
    last("not_sampled", "records", "Works not in the sample")
    other, drawn = (standing[standing["route"] == route] for route in ("other-methods", "drawn"))
    inside = other[~other["box"].isin(("other_pending", "other_excluded"))]
    if len(other):
        box("other", "records", "Works found by other methods, not drawn", len(other))
        last("other_pending", "other", "Found by other methods: screening pending")
        last("other_excluded", "other", "Found by other methods: excluded")
    box("drawn", "records", "Works drawn for screening", len(drawn))
    last("pending", "drawn", "Screening pending")
    screened = drawn[drawn["box"] != "pending"]
    box("screened", "drawn", "Works screened on title and abstract", len(screened))
    last("excluded", "screened", "Works excluded on title and abstract")
    kept = screened[screened["box"] != "excluded"]
    assessed = kept[kept["full_text"] == "decided"]
    begun = int((kept["full_text"] == "pending").sum())
    parts = {"full text not screened": len(kept) - len(assessed) - begun, "full text not decided": begun}
    unassessed = "Works in by title and abstract alone"
    box("unassessed", "screened", unassessed, len(kept) - len(assessed), parts if begun else {})
    box("assessed", "screened", "Full texts assessed for eligibility", len(assessed))
    last("excluded_full_text", "assessed", "Full texts excluded")
    going_on = int((kept["box"] != "excluded_full_text").sum())
    parts = {"drawn": going_on, "found by other methods": len(inside)}
    box("included", "screened", "Works included", going_on + len(inside), parts if len(inside) else {})
    last("not_coded_twice", "included", "Works not yet coded by two")
    ends = standing["box"].value_counts()
    settled, open_ = int(ends.get("synthesis", 0)), int(ends.get("unsettled", 0))
    box("coded_twice", "included", "Works coded by two", settled + open_)
    last("unsettled", "coded_twice", "Works with a disagreement open; their settled codes count")
    last("synthesis", "coded_twice", "Works with every code settled")
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"n": "Int64", **dict.fromkeys(("box", "parent", "label", "reason"), "str")})


def _kinds(standing: pd.DataFrame, found: set[str], maybe_duplicates: pd.DataFrame | None) -> dict[str, int]:
    """Split the works by what is known of them; no part where all are of the first kind."""
    known = set(standing["paper"])
    surplus: set[str] = set()
    if maybe_duplicates is not None:
        undecided = maybe_duplicates[maybe_duplicates["decision"] == ""]
        pairs = nx.Graph(
            (a, b) for a, b in zip(undecided["a"], undecided["b"], strict=True) if {a, b} <= known
        )
        # Were all pairs of a group one work, one of the group would stay.
        for group in nx.connected_components(pairs):
            surplus |= group - {min(group, key=lambda paper: (paper in found, paper))}
    unlogged = known - found
    surplus -= unlogged
    parts = {
        DISTINCT: len(known) - len(unlogged) - len(surplus),
        MAYBE: len(surplus),
        UNLOGGED: len(unlogged),
    }
    return parts if surplus or unlogged else {}
