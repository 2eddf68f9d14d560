"""Design weights and weighted rates: against published R output, another package, enumeration and simulation."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from analysis.weights import interval, jeffreys, ratio, weights

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


def test_means_of_the_fpc_data_as_r_prints_them() -> None:
    # svymean of R's package survey: 5.448148, SE 0.6160407 with finite population correction, 0.7412683 without.
    one = np.ones(8)
    mean, variance = ratio(X, one, STRATUM, FRAME, DRAWN)
    assert (mean[0], np.sqrt(variance[0])) == pytest.approx((5.448148, 0.6160407), abs=1e-6)
    # Without correction: the same weights 3 and 4, but an endless frame.
    y, x = X * FRAME / DRAWN, FRAME / DRAWN
    _, variance = ratio(y, x, STRATUM, one * ENDLESS, one)
    assert np.sqrt(variance[0]) == pytest.approx(0.7412683, abs=1e-6)


def test_domain_means_of_the_fpc_data_as_the_r_vignette_prints_them() -> None:
    # Lumley, "Estimates in subpopulations" (vignette `domain` of survey): x <= 4: 3.314286, SE 0.3117042; x > 4: 6.195,
    # SE 0.7555129; no finite population correction.
    one = np.ones(8)
    w = FRAME / DRAWN
    above = (X > 4).astype(float)
    y = np.stack([X * (1 - above), X * above], axis=1) * w[:, None]
    x = np.stack([1 - above, above], axis=1) * w[:, None]
    mean, variance = ratio(y, x, STRATUM, one * ENDLESS, one)
    assert mean == pytest.approx([3.314286, 6.195], abs=1e-6)
    assert np.sqrt(variance) == pytest.approx([0.3117042, 0.7555129], abs=1e-6)


def test_domain_rate_equals_another_package() -> None:
    held = json.loads(FIXTURE.read_text("utf-8"))
    rows = [
        (h, float(d), float(m))
        for h in held["frame"]
        for d, m in zip(held["discusses"][h], held["measures"][h], strict=True)
    ]
    stratum = np.array([r[0] for r in rows])
    x, y = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
    frame = np.array([float(held["frame"][h]) for h in stratum])
    drawn = np.array([float(held["drawn"][h]) for h in stratum])
    rate, variance = ratio(y, x, stratum, frame, drawn)
    assert rate[0] == pytest.approx(held["with_fpc"]["rate"], rel=1e-12)
    assert np.sqrt(variance[0]) == pytest.approx(held["with_fpc"]["se"], rel=1e-9)
    w, one = frame / drawn, np.ones(len(x))
    _, variance = ratio(y * w, x * w, stratum, one * ENDLESS, one)
    assert np.sqrt(variance[0]) == pytest.approx(held["without_fpc"]["se"], rel=1e-9)


def test_a_census_has_no_variance_and_the_frame_s_own_rate() -> None:
    drawn = weights(*sample({"a": (4, 4), "b": (3, 3)}))
    known = drawn.set_index("paper")
    x = known.index.isin(["a0", "a1", "b0"]).astype(float)
    y = known.index.isin(["a0"]).astype(float)
    rate, variance = ratio(
        y, x, known["stratum"].to_numpy(), known["frame"].to_numpy(), known["drawn"].to_numpy()
    )
    assert (rate[0], variance[0]) == (pytest.approx(1 / 3), 0.0)
    assert interval(rate[0], np.inf).tolist() == [rate[0], rate[0]]


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


def test_estimate_is_nearly_unbiased_over_every_possible_sample() -> None:
    # Two strata of six and four, three and two drawn: all 20 x 6 samples. Totals are exactly unbiased (Särndal et al.
    # 1992, result 2.8.1), the ratio up to a term of order 1/n.
    frame = {"a": 6, "b": 4}
    drawn = {"a": 3, "b": 2}
    x = {"a": [1, 1, 0, 1, 1, 0], "b": [1, 0, 1, 1]}
    y = {"a": [1, 0, 0, 0, 1, 0], "b": [1, 0, 1, 0]}
    strata = np.array(["a"] * 3 + ["b"] * 2)
    big, small = np.array([6.0] * 3 + [4.0] * 2), np.array([3.0] * 3 + [2.0] * 2)
    rates, totals = [], []
    for left in itertools.combinations(range(frame["a"]), drawn["a"]):
        for right in itertools.combinations(range(frame["b"]), drawn["b"]):
            xs = np.array([x["a"][k] for k in left] + [x["b"][k] for k in right], dtype=float)
            ys = np.array([y["a"][k] for k in left] + [y["b"][k] for k in right], dtype=float)
            rates.append(ratio(ys, xs, strata, big, small)[0][0])
            totals.append((big / small) @ xs)
    assert np.mean(totals) == pytest.approx(sum(map(sum, x.values())))
    assert np.mean(rates) == pytest.approx(4 / 7, abs=0.02)


def frame_of(
    generator: np.random.Generator, sizes: NDArray[np.int64], domains: int, share: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """A frame in strata whose share in the domains and rate of measuring differ."""
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    belongs = np.minimum(generator.gamma(1, share, (len(sizes), domains)), 0.9)
    rate = 1 / (1 + np.exp(-generator.normal(-0.3, 1.0, (len(sizes), domains))))
    x = generator.random((len(stratum), domains)) < belongs[stratum]
    return stratum, x, x & (generator.random(x.shape) < rate[stratum])


def test_variance_holds_in_repeated_samples() -> None:
    # Strata like the pilot's.
    generator = np.random.default_rng(4)
    sizes, drawn = np.array([65, 290, 15, 57, 333, 40]), np.array([20, 20, 15, 57, 80, 20])
    stratum, x, y = frame_of(generator, sizes, 12, 0.2)
    truth = y.sum(axis=0) / x.sum(axis=0)
    found, said = [], []
    for _ in range(150):
        at = np.concatenate(
            [
                generator.choice(np.flatnonzero(stratum == h), drawn[h], replace=False)
                for h in range(len(sizes))
            ]
        )
        names = stratum[at].astype(str)
        rate, variance = ratio(y[at], x[at], names, sizes[stratum[at]], drawn[stratum[at]])
        found.append(rate)
        said.append(variance)
    estimates = np.array(found)
    assert np.abs(estimates.mean(axis=0) - truth).mean() < 0.01
    assert np.mean(np.array(said).mean(axis=0) / estimates.var(axis=0)) == pytest.approx(1, abs=0.1)


def test_interval_of_whole_numbers_is_jeffreys() -> None:
    for x, n in ((0, 12), (3, 25), (9, 9)):
        assert interval(x / n, n) == pytest.approx(jeffreys(x, n))
    assert interval(0.25, np.inf).tolist() == [0.25, 0.25]
    assert np.isnan(interval(np.nan, 0.0)).all()
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        interval(0.5, 10, confidence=0)
