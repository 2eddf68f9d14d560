"""Under-measurement: which failure modes papers discuss, and how many of those papers measure them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.selection import FAILURE_MODE, counted, level_rank, need, one_of, tuples


def jeffreys(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> NDArray[np.float64]:
    """Equal-tailed Jeffreys interval of a proportion.

    The quantiles of Beta(x + 1/2, n - x + 1/2), with the lower end 0 at x = 0 and the upper end 1 at x = n, so
    that the coverage does not vanish at the edges (Brown, Cai & DasGupta 2001, Statistical Science 16, 4.1).

    Args:
        successes: x, one or many.
        trials: n, one or many.
        confidence: share of the posterior inside, between 0 and 1.

    Returns:
        Array of shape (..., 2), lower and upper ends; both missing (nan) where n is 0.

    Raises:
        ValueError: x is not between 0 and n, or ``confidence`` not strictly between 0 and 1.
    """
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    if np.any((x < 0) | (x > n)):
        raise ValueError("successes must lie between 0 and the number of trials")
    tail = (1 - confidence) / 2
    low = np.where(x == 0, 0.0, stats.beta.ppf(tail, x + 0.5, n - x + 0.5))
    high = np.where(x == n, 1.0, stats.beta.ppf(1 - tail, x + 0.5, n - x + 0.5))
    return np.stack([np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)], axis=-1)


def undermeasurement(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    grey: str = "exclude",
    basis: str = "abstract",
    min_discussed: int = 10,
) -> pd.DataFrame:
    """For each failure mode, papers that discuss it, papers that measure it, and the rate.

    A paper discusses a mode when it carries it at any level, argues it at ``argues`` or above, demonstrates it
    at ``demonstrates`` or above, and measures it at ``measures``. A mitigation is counted apart and never
    raises the level. From abstracts, the rate is *among papers whose abstract raises the mode*.

    Args:
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code``, ``name`` and ``side``.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        min_discussed: papers that must discuss a mode before it is ranked.

    Returns:
        One row a mode of ``failure_modes``: ``code``, ``name``, ``side``; ``discussed``, ``argued``,
        ``demonstrated``, ``measured``, ``mitigated``, ``mitigation_measured`` (papers); ``rate`` = measured /
        discussed with its 95% Jeffreys interval ``low``, ``high``; ``note``: empty, ``too few`` (discussed by
        fewer than ``min_discussed``) or ``never discussed`` (then rate, low and high are missing);
        ``papers_discussed``, ``papers_measured`` (sorted tuples of keys). Least measured first among the modes
        with enough papers, ties by more discussed and then by code; the others below them, most discussed first.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a mode that
            ``failure_modes`` does not know.
    """
    if min_discussed < 1:
        raise ValueError(f"min_discussed={min_discussed} must be at least 1")
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    need(final, "final", ("mitigates",))
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    codes = list(failure_modes["code"])
    for code in sorted(set(rows["code"]) - set(codes)):
        one_of("final: failure mode", code, codes)

    rank = pd.Series(level_rank(rows["level"]), index=rows.index)
    marks = pd.DataFrame(
        {
            "code": rows["code"],
            "paper": rows["paper"],
            "discussed": rank >= 1,
            "argued": rank >= 2,
            "demonstrated": rank >= 3,
            "measured": rank >= 4,
            "mitigated": (rank >= 1) & rows["mitigates"].isin(["yes", "measured"]),
            "mitigation_measured": (rank >= 1) & (rows["mitigates"] == "measured"),
        }
    )
    per_paper = marks.groupby(["code", "paper"], sort=True).max()
    counts = per_paper.groupby("code").sum().reindex(codes, fill_value=0).astype(np.int64)
    discussed = counts["discussed"].to_numpy()
    measured = counts["measured"].to_numpy()
    interval = jeffreys(measured, discussed)
    never, few = discussed == 0, discussed < min_discussed

    def behind(column: str) -> pd.Series[Any]:
        held: dict[str, list[str]] = {code: [] for code in codes}
        for code, paper in per_paper.index[per_paper[column].to_numpy(dtype=bool)]:
            held[code].append(paper)
        return tuples([tuple(held[code]) for code in codes])

    table = pd.DataFrame(
        {
            "code": pd.Series(codes, dtype="str"),
            "name": pd.Series(list(failure_modes["name"]), dtype="str"),
            "side": pd.Series(list(failure_modes["side"]), dtype="str"),
            **{c: counts[c].to_numpy() for c in counts.columns},
            "rate": np.where(never, np.nan, measured / np.maximum(discussed, 1)),
            "low": interval[:, 0],
            "high": interval[:, 1],
            "note": pd.Series(
                np.select([never, few], ["never discussed", "too few"], default=""), dtype="str"
            ),
            "papers_discussed": behind("discussed"),
            "papers_measured": behind("measured"),
        }
    )
    key = pd.DataFrame(
        {
            "few": few,
            "rate": np.where(few, 0.0, table["rate"]),
            "less": -discussed,
            "code": codes,
        }
    )
    order = key.sort_values(["few", "rate", "less", "code"]).index
    return table.loc[order].reset_index(drop=True)
