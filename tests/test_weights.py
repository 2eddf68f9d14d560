"""Design weights and weighted rates: against published R output, another package, enumeration and simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.weights import interval, jeffreys, weights

FIXTURE = Path(__file__).parent / "fixtures" / "weights_samplics.json"

# Data set `fpc` of the R package survey (from the Stata manual): two strata, five and three units drawn of 15 and 12.
X = np.array([2.8, 4.1, 6.8, 6.8, 9.2, 3.7, 6.6, 4.2])
STRATUM = np.array([1] * 5 + [2] * 3)
FRAME = np.array([15.0] * 5 + [12.0] * 3)
DRAWN = np.array([5.0] * 5 + [3.0] * 3)
ENDLESS = 1e12


def sample(strata: dict[str, tuple[int, int]], stage: str = "screening") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``sample`` and ``sampling`` of strata given as name -> (frame, drawn), drawn in blocks of two."""
    drawn, blocks = [], []
    for stratum, (frame, n) in strata.items():
        drawn += [(stage, f"{stratum}{k}", stratum, str(k // 2 + 1), str(k + 1)) for k in range(n)]
        blocks += [
            (
                stage,
                stratum,
                str(b + 1),
                str(frame),
                str(min(2, n - 2 * b)),
                "1",
                f"{min(2 * b + 2, n) / frame:.6f}",
            )
            for b in range((n + 1) // 2)
        ]
    return (
        pd.DataFrame(drawn, columns=["stage", "paper", "stratum", "block", "order"], dtype="str"),
        pd.DataFrame(
            blocks,
            columns=["stage", "stratum", "block", "frame", "drawn", "seed", "probability"],
            dtype="str",
        ),
    )


def test_weights_by_hand() -> None:
    tables = sample({"a": (10, 5), "b": (6, 2)})
    table = weights(*tables, papers=["a0", "b1", "grey-1"], missing=["b0"]).set_index("paper")
    assert table.loc["a0", "weight"] == 2.0
    assert table.loc["a0", "probability"] == 0.5
    # Of b's two drawn papers one has no outcome: the other stands for all six.
    assert table.loc["b1", "weight"] == 6.0
    assert table.loc["grey-1", "note"] == "not in the sample"
    assert table["weight"].isna().to_dict() == {"a0": False, "b1": False, "grey-1": True}
    whole = weights(*tables, missing=["b0"])
    assert whole.set_index("paper").loc["b0", "note"] == "outcome not known"
    assert whole["weight"].sum() == pytest.approx(16)
    assert weights(*tables, stage="verification").empty


def test_weights_refuse_tables_that_contradict_each_other() -> None:
    drawn, blocks = sample({"a": (10, 5), "b": (6, 2)})
    with pytest.raises(ValueError, match="sampling says 5 were drawn, sample has 4"):
        weights(drawn.iloc[1:], blocks)
    with pytest.raises(ValueError, match="no block of stratum 'b'"):
        weights(drawn, blocks[blocks["stratum"] == "a"])
    with pytest.raises(ValueError, match="a0 was drawn twice"):
        weights(pd.concat([drawn, drawn.iloc[:1]]), blocks)
    with pytest.raises(ValueError, match="lacks the column"):
        weights(drawn.drop(columns="stratum"), blocks)


def test_interval_of_whole_numbers_is_jeffreys() -> None:
    for x, n in ((0, 12), (3, 25), (9, 9)):
        assert interval(x / n, n) == pytest.approx(jeffreys(x, n))
    assert interval(0.25, np.inf).tolist() == [0.25, 0.25]
    assert np.isnan(interval(np.nan, 0.0)).all()
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        interval(0.5, 10, confidence=0)
