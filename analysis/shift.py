"""What does reading more change? Codings of the same papers on two bases, side by side.

Bases are parallel tables, compared and never mixed: what only the body of a paper says is invisible to a survey of
abstracts, and this says how much that is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.replicates import DRAWS, SEED, share, spread
from analysis.selection import Asked, counted

COLUMNS = ("paper", "code", "level_less", "level_more", "change")


def shift(
    final: pd.DataFrame, *, asked: Asked, less: str = "abstract", more: str = "full-text"
) -> pd.DataFrame:
    """Compare the levels of failure modes told from less and from more of a paper.

    Args:
        final: the survey's table ``final``.
        asked: which facet carries levels, and their scale.
        less: the basis on which less was read.
        more: the basis on which more was read.

    Returns:
        One row a failure mode of a paper coded on both bases, where either has it: ``paper``, ``code``,
        ``level_less`` and ``level_more`` (empty where the mode is coded absent) and ``change``: ``same``,
        ``raised``, ``lowered``, ``new`` (only the longer text has it) or ``gone``. Sorted by paper and code. Modes
        that are unresolved on a basis are left out; so are grey sources.

    Raises:
        ValueError: a basis is not one of its words, or a column is missing.
    """
    sides = [counted(final, basis=less), counted(final, basis=more)]
    both = set(sides[0]["paper"]) & set(sides[1]["paper"])
    undecided = final[(final["resolved"] == "unresolved") & final["basis"].isin([less, more])]
    open_ = set(zip(undecided["paper"], undecided["code"], strict=True))
    levels = []
    for rows in sides:
        modes = rows[(rows["facet"] == asked.facet) & rows["paper"].isin(both)]
        levels.append(modes.set_index(["paper", "code"])["level"])
    table = (
        pd.DataFrame({"level_less": levels[0], "level_more": levels[1]}).fillna("").sort_index().reset_index()
    )
    decided = [at not in open_ for at in zip(table["paper"], table["code"], strict=True)]
    table = table.loc[np.array(decided, dtype=bool)]
    before, after = asked.rank(table["level_less"]), asked.rank(table["level_more"])
    table["change"] = np.select(
        [before == 0, after == 0, after > before, after < before],
        ["new", "gone", "raised", "lowered"],
        "same",
    )
    return table.astype("str").reset_index(drop=True)[list(COLUMNS)]


def missed(
    table: pd.DataFrame, *, confidence: float = 0.9, draws: int = DRAWS, seed: int = SEED
) -> tuple[float, float, float]:
    """Share of the modes that the longer text has and the shorter one does not, with an interval.

    The modes of a paper are told from one text, so papers and not modes are drawn anew (bootstrap of clusters: Davison
    & Hinkley 1997, Bootstrap Methods and their Application, section 3.8; percentile interval). The interval speaks of
    papers like these; whether the literature is like them, it cannot know.

    Least data: two papers that differ; else the ends are missing.

    Args:
        table: what :func:`shift` gave.
        confidence: share of the draws inside.
        draws: how often the papers are drawn.
        seed: of the draws.

    Returns:
        Share, low and high end, between 0 and 1; missing where the longer texts have no mode.

    Raises:
        ValueError: ``confidence`` does not lie strictly between 0 and 1.
    """
    there = table[(table["level_more"] != "").to_numpy(dtype=bool)]
    new = (there["change"] == "new").astype(float).groupby(there["paper"]).agg(["sum", "size"])
    if new.empty:
        return np.nan, np.nan, np.nan
    papers = len(new)
    drawn = np.random.default_rng(seed).multinomial(papers, np.full(papers, 1 / papers), size=draws)
    weights = np.vstack([np.ones(papers), drawn]).astype(float)
    of = share(new["sum"].to_numpy(dtype=float), new["size"].to_numpy(dtype=float))
    value, low, high = spread(of, weights, confidence=confidence).tolist()
    return value, low, high
