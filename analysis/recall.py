"""How many of the works that somebody names are among the records, and how far did they come?

Known-item recall: the share of a list of works, made without the searches, that the searches brought. It speaks of that
list. Its interval (Wilson 1927, JASA 22, 209-212) speaks of works like those on the list, as if the list were a random
choice of them; a list that was drawn up from the survey's own sources flatters it.

Beside it, where the frame has holes: records without an abstract cannot be drawn, so a stream that has many of them is
seen less well.
"""

from __future__ import annotations

import pandas as pd

STEPS = {
    "records": "among the records",
    "abstract": "with an abstract",
    "drawn": "drawn",
    "screened": "screened",
    "included": "included",
}
STAGE = "title-abstract"


def recall(
    matched: pd.DataFrame,
    papers: pd.DataFrame,
    sample: pd.DataFrame,
    screened: pd.DataFrame,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Count how far the works of a list came.

    Args:
        matched: one row a work of the list: ``paper``, the record it is, or the empty string where it is none.
        papers: one row a record (``paper``, ``text_sha256``).
        sample: what was drawn for screening (``stage``, ``paper``).
        screened: what screening came to (``paper``, ``stage``, ``decision``).
        confidence: of the interval, strictly between 0 and 1.

    Returns:
        ``step, label, n, of, share, low, high``, a row a step of ``STEPS``: ``n`` works of the list are there, of all
        ``of``; ``share`` with its Wilson interval. Empty where the list is.
    """
    from scipy.stats import binomtest

    first = screened[screened["stage"] == STAGE]
    last = screened.sort_values("stage", key=lambda s: s != STAGE).drop_duplicates("paper", keep="last")
    steps = {
        "records": set(papers["paper"]),
        "abstract": set(papers.loc[papers["text_sha256"] != "", "paper"]),
        "drawn": set(sample.loc[sample["stage"] == "screening", "paper"]),
        "screened": set(first.loc[first["decision"] != "pending", "paper"]),
        "included": set(last.loc[last["decision"] == "include", "paper"]),
    }
    rows: list[dict[str, object]] = []
    for step, label in STEPS.items() if len(matched) else ():
        n = int(matched["paper"].isin(steps[step]).sum())
        ends = binomtest(n, len(matched)).proportion_ci(confidence, method="wilson")
        share = n / len(matched)
        # At the edges the exact end is 0 or 1; rounding would leave 1e-17.
        low, high = 0.0 if n == 0 else float(ends.low), 1.0 if n == len(matched) else float(ends.high)
        rows.append(
            {
                "step": step,
                "label": label,
                "n": n,
                "of": len(matched),
                "share": share,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows, columns=["step", "label", "n", "of", "share", "low", "high"])


def without_abstract(papers: pd.DataFrame) -> pd.DataFrame:
    """Count the records that cannot be drawn for want of an abstract, by the stream that the searches guessed.

    Args:
        papers: one row a record (``grey``, ``text_sha256``, ``guessed_streams``: a tuple).

    Returns:
        ``group, records, without, share``: grey sources are left out; a record of several streams counts in each, one
        of none under the empty string; the last row, ``all``, counts each once. These are counts of the records, not
        estimates.
    """
    mine = papers[~papers["grey"].astype(bool)]
    empty = mine["text_sha256"] == ""
    streams = mine["guessed_streams"].map(lambda s: s or ("",))
    table = pd.DataFrame({"group": streams, "without": empty}).explode("group")
    counts = table.groupby("group", sort=True)["without"].agg(["size", "sum"]).reset_index()
    counts.columns = pd.Index(["group", "records", "without"])
    whole = pd.DataFrame({"group": ["all"], "records": [len(mine)], "without": [int(empty.sum())]})
    counts = pd.concat([counts, whole], ignore_index=True).astype({"records": "int64", "without": "int64"})
    return counts.assign(share=counts["without"] / counts["records"].where(counts["records"] > 0))
