"""What screening came to: which records are in, as the screeners' rows and the rulings have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from workbench.store.corpus import current, revision
from workbench.store.files import Row
from workbench.store.final import version_key

FULL_TEXT = "full-text"
STAGES = ("title-abstract", FULL_TEXT)


def screened(screening: Iterable[Row], adjudications: Iterable[Row], grey: set[str]) -> list[Row]:
    """Derive what screening came to, a row a paper and stage.

    A record is in or out when two screeners agree or an adjudication decides, else pending. Grey sources
    are screened by one. Rows have the columns of ``workbench.store.tables.SCREENED`` and ``streams``: those named
    by at least two of its screeners (by the one, for grey sources).
    """
    by_paper: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in current(screening, ("coder", "paper", "stage")).values():
        if row["decision"] == "withdrawn":
            continue
        by_paper[row["paper"], row["stage"]].append(row)
    # The last ruling holds, whichever schema was in force and whatever was read.
    rulings = [a for a in adjudications if a["facet"] == "screening"]
    rulings.sort(key=lambda r: (version_key(r["schema"]), r["at"], revision(r)))
    decided = {(r["paper"], r["code"]): r for r in rulings}
    out = []
    for (paper, stage), rows in sorted(by_paper.items()):
        decisions = {r["decision"] for r in rows}
        reasons = {r["reason"] for r in rows if r["reason"]}
        enough = len(rows) >= 2 or paper in grey
        ruling = decided.get((paper, stage))
        if ruling:
            decision, reason, resolved = ruling["state"], ruling["note"], "adjudicated"
        elif enough and len(decisions) == 1 and decisions != {"unsure"}:
            decision = decisions.pop()
            reason = "" if decision == "include" else reasons.pop() if len(reasons) == 1 else "reasons-differ"
            resolved = "agreed" if len(rows) >= 2 else "single"
        else:
            decision, reason, resolved = "pending", "", "pending"
        named: dict[str, int] = defaultdict(int)
        for row in rows:
            for stream in filter(None, row["streams"].split(";")):
                named[stream] += 1
        out.append(
            {
                "paper": paper,
                "stage": stage,
                "decision": decision,
                "reason": reason,
                "resolved": resolved,
                "coders": str(len(rows)),
                "streams": ";".join(sorted(s for s, n in named.items() if n >= min(2, len(rows)))),
            }
        )
    return out


def decisive(screened_rows: Iterable[Row]) -> dict[str, Row]:
    """Return for every paper the row that says whether it is in: that of the last stage that is decided.

    A full text on which one has decided, or two differ, takes no paper out that is in; where no stage is
    decided, the paper is pending.
    """
    last: dict[str, Row] = {}
    known = (r for r in screened_rows if r["stage"] in STAGES)  # `survey check` names others
    for row in sorted(known, key=lambda r: STAGES.index(r["stage"])):
        if row["decision"] != "pending" or row["paper"] not in last:
            last[row["paper"]] = row
    return last


def included(screened_rows: Iterable[Row]) -> set[str]:
    """Return the papers that are in: at the last stage at which their screening is decided."""
    return {p for p, r in decisive(screened_rows).items() if r["decision"] == "include"}
