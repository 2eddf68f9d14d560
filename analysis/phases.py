"""What a sample says of which every record had a chance of its own, and two samples that were drawn apart.

A record drawn with chance p stands for 1/p records (Horvitz & Thompson 1952, Journal of the American Statistical
Association 47, 663-685). Where every record is drawn on its own, a total's variance is estimated by the sum of
(1 - p) (y / p)^2 over the records drawn (Poisson sampling: Särndal, Swensson & Wretman 1992, Model Assisted Survey
Sampling, section 3.5). A record that two independent drawings could bring is in one or both with the chance
1 - (1 - p1) (1 - p2).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.design_estimates import exact_limit, gamma_ends
from analysis.selection import need

Floats = NDArray[np.float64]


def own_chances(frame: pd.DataFrame, drawn: Collection[str], missing: Collection[str] = ()) -> pd.DataFrame:
    """Chance and weight of every record drawn with a chance of its own, as ``analysis.weights.weights`` gives them.

    Args:
        frame: the stage's frame: ``paper``, ``probability``.
        drawn: the records drawn.
        missing: of these, records whose outcome is not known. A stage with such records speaks of nothing yet.

    Returns:
        ``paper``, ``stratum`` (empty: there is none), ``frame``, ``drawn``, ``probability``, ``weight``, ``note``.

    Raises:
        ValueError: a column is missing, or a record was drawn that the frame does not have.
    """
    need(frame, "frame", ("paper", "probability"))
    chance = dict(zip(frame["paper"].astype(str), frame["probability"].astype(float), strict=True))
    unknown = set(missing)
    if strange := sorted(set(drawn) - chance.keys()):
        raise ValueError(f"frame: {strange[0]} was drawn, and is not in it")
    rows = [
        {
            "paper": paper,
            "stratum": "",
            "frame": len(chance),
            "drawn": len(set(drawn) - unknown),
            "probability": np.nan if paper in unknown else chance[paper],
            "weight": np.nan if paper in unknown else 1 / chance[paper],
            "note": "outcome not known" if paper in unknown else "",
        }
        for paper in sorted(set(drawn))
    ]
    columns = ["paper", "stratum", "frame", "drawn", "probability", "weight", "note"]
    kinds = {"paper": "str", "stratum": "str", "frame": "Int64", "drawn": "Int64", "note": "str"}
    return pd.DataFrame(rows, columns=columns).astype(kinds | {"probability": float, "weight": float})


def either(first: Floats, second: Floats) -> Floats:
    """Chance of being drawn by one or both of two independent drawings: 1 - (1 - p1) (1 - p2)."""
    return np.asarray(1 - (1 - first) * (1 - second))


def total(chance: Floats, found: NDArray[np.bool_], *, confidence: float) -> tuple[float, float, float]:
    """How many records of a frame are of a kind, with an interval.

    The interval is of the part that was not drawn: a gamma interval with the variance above (Fay & Feuer 1997,
    Statistics in Medicine 16, 791-801). Where nothing was found its upper end is
    :func:`analysis.design_estimates.exact_limit` at the least chance.

    Args:
        chance: the chance of each record drawn.
        found: which of them are of the kind.
        confidence: of the interval.

    Returns:
        Estimate, lower and upper end, in records; missing where nothing was drawn.

    Raises:
        ValueError: a chance is not above 0 and at most 1.
    """
    if not len(chance):
        return (float("nan"),) * 3
    if not bool(((chance > 0) & (chance <= 1)).all()):
        raise ValueError("a chance is not above 0 and at most 1")
    if not found.any():
        return 0.0, 0.0, exact_limit(float(chance.min()), confidence)
    mine = chance[found]
    estimate = np.array([(1 / mine).sum()])
    variance = np.array([((1 - mine) / mine**2).sum()])
    low, high = gamma_ends(
        estimate, np.array([float(found.sum())]), variance, float(1 / chance.min()), confidence
    )
    return float(estimate[0]), float(low[0]), float(high[0])
