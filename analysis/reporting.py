"""Reporting: how many papers do what only their full text can show, such as giving the uncertainty of a result?

Of the papers read in full each practice has a count. A share of more than these papers needs that they were drawn at
random; then it is weighted for the draw and has an interval from replicate weights (``analysis.replicates``). Papers
that happened to be at hand have a count and no interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.replicates import Floats, share, spread
from analysis.selection import counted, need, tuples

COLUMNS = ("facet", "code", "k", "n", "share", "low", "high", "note", "papers")
NOT_DRAWN, NO_SPREAD = "not drawn at random", "no spread among the drawn"


def reporting(
    final: pd.DataFrame,
    practices: Sequence[tuple[str, str]],
    drawn: pd.DataFrame | None = None,
    replicates: Floats | None = None,
    *,
    confidence: float = 0.9,
    grey: str = "exclude",
    basis: str = "full-text",
) -> pd.DataFrame:
    """Papers with each practice, of those read on a basis.

    A paper in which coders still differ on a practice is in neither count of it.

    Least data: one paper read; for an interval, drawn papers that differ.

    Args:
        final: the survey's table ``final``.
        practices: pairs of a facet and a code, in order.
        drawn: ``analysis.weights.weights`` of every paper drawn for this reading, those found out of scope included;
            None where the papers were not drawn at random.
        replicates: ``analysis.replicates.replicates`` of ``drawn``.
        confidence: of the interval.
        grey: ``exclude``, ``include`` or ``only``.
        basis: what was read.

    Returns:
        One row a practice: ``facet``, ``code``, ``k`` of ``n`` papers read; with ``drawn``, ``k`` and ``n`` are of the
        drawn ones with a weight, and ``share``, ``low`` and ``high`` are of the papers in scope that they were drawn
        from; without, ``share`` is k / n and the ends are missing; ``note`` says why an end is missing; ``papers``
        that have it.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, only one of ``drawn`` and ``replicates``
            is given, or they have not the same papers.
    """
    if (drawn is None) != (replicates is None):
        raise ValueError("drawn and replicates go together: give both or neither")
    rows = counted(final, grey=grey, basis=basis)
    read = sorted(set(rows["paper"]))
    if drawn is not None and replicates is not None:
        need(drawn, "drawn", ("paper", "weight"))
        if replicates.shape[1] != len(drawn):
            raise ValueError(f"replicates are of {replicates.shape[1]} papers, drawn has {len(drawn)}")
        weighed = set(drawn.loc[drawn["weight"].notna().to_numpy(dtype=bool), "paper"])
        read = [paper for paper in read if paper in weighed]
    open_ = final[(final["resolved"] == "unresolved") & (final["basis"] == basis)]
    made = []
    for facet, code in practices:
        has, unsure = (
            set(t.loc[((t["facet"] == facet) & (t["code"] == code)).to_numpy(dtype=bool), "paper"])
            for t in (rows, open_)
        )
        asked = [paper for paper in read if paper not in unsure]
        k = [paper for paper in asked if paper in has]
        value, low, high = len(k) / len(asked) if asked else np.nan, np.nan, np.nan
        if drawn is not None and replicates is not None:
            follow, inside = (np.asarray(drawn["paper"].isin(some), dtype=np.float64) for some in (k, asked))
            value, low, high = spread(share(follow, inside), replicates, confidence=confidence).tolist()
        note = NOT_DRAWN if drawn is None else NO_SPREAD if np.isnan(low) else ""
        made.append((facet, code, len(k), len(asked), value, low, high, note, tuple(k)))
    table = pd.DataFrame([row[:-1] for row in made], columns=COLUMNS[:-1])
    table["papers"] = tuples([row[-1] for row in made])
    return table.astype({"facet": "str", "code": "str", "note": "str"})
