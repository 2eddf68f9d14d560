"""How records flowed through the survey: PRISMA 2020 counts, derived from the rows and nothing else.

Boxes follow Page, McKenzie, Bossuyt et al. (2021), The PRISMA 2020 statement, with one box more: records that a
survey screening a sample has not drawn.
"""

from __future__ import annotations

import pandas as pd

COLUMNS = ("box", "parent", "label", "n", "reason")
STAGE = "title-abstract"


def prisma(
    hits: pd.DataFrame,
    papers: pd.DataFrame,
    sample: pd.DataFrame,
    screened: pd.DataFrame,
) -> pd.DataFrame:
    """Count the records at each step.

    Args:
        hits: one row a hit (``search``, ``paper``, ``outcome``).
        papers: one row a work (``paper``, ``grey``, ``verified``, ``text_sha256``).
        sample: records drawn for screening (``stage``, ``paper``).
        screened: what screening came to (``paper``, ``stage``, ``decision``, ``reason``).

    Returns:
        ``box, parent, label, n, reason``, one row a count; a row with a ``reason`` is a part of the row of the same
        box without one. identified = duplicates + unreadable + records; records = grey + not_sampled + drawn;
        drawn = pending + screened; screened = excluded + included. Records added by no logged search are counted in
        ``records`` only.
    """
    rows: list[dict[str, object]] = []

    def box(name: str, parent: str, label: str, n: int, parts: dict[str, int] | None = None) -> None:
        rows.append({"box": name, "parent": parent, "label": label, "n": n, "reason": ""})
        for reason, count in (parts or {}).items():
            if count:
                rows.append({"box": name, "parent": parent, "label": label, "n": count, "reason": reason})

    outcomes = hits["outcome"].value_counts()
    searches = hits["search"].value_counts().sort_index()
    by_search = {str(k): int(v) for k, v in searches.items()}
    box("identified", "", "Records identified by logged searches", len(hits), by_search)
    box("duplicates", "identified", "Duplicates merged", int(outcomes.get("merged", 0)))
    box("unreadable", "identified", "Records that could not be read", int(outcomes.get("unreadable", 0)))
    box("records", "identified", "Works after deduplication", len(papers))

    grey = set(papers.loc[papers["grey"], "paper"])
    drawn = set(sample.loc[sample["stage"] == "screening", "paper"]) - grey
    first = screened[screened["stage"] == STAGE]
    looked_at = (drawn | set(first["paper"])) - grey
    rest = papers[~papers["paper"].isin(grey | looked_at)]
    no_text = rest["text_sha256"] == ""
    parts = {"no abstract in hand": int(no_text.sum()), "not drawn": int((~no_text).sum())}
    box("grey", "records", "Grey literature, kept apart", len(grey))
    box("not_sampled", "records", "Works not in the sample", len(rest), parts)
    box("drawn", "records", "Works drawn for screening", len(looked_at))

    last = screened[~screened["paper"].isin(grey)].sort_values("stage", key=lambda s: s != STAGE)
    last = last.drop_duplicates("paper", keep="last")
    settled = last[last["decision"] != "pending"]
    waiting = len(looked_at) - len(settled)
    disputed = int((last["decision"] == "pending").sum())
    parts = {"screeners differ or one is missing": disputed, "not yet screened": waiting - disputed}
    box("pending", "drawn", "Screening pending", waiting, parts)
    box("screened", "drawn", "Works screened", len(settled))
    out = settled[settled["decision"] == "exclude"]
    reasons = {str(k): int(v) for k, v in out["reason"].value_counts().sort_index().items()}
    box("excluded", "screened", "Works excluded", len(out), reasons)
    box("included", "screened", "Works included", int((settled["decision"] == "include").sum()))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"n": "Int64", **dict.fromkeys(("box", "parent", "label", "reason"), "str")})
