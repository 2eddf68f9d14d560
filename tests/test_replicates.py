"""Replicate weights repeat the draw: their variance is the textbook one, and their intervals hold what they promise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.replicates import replicates, share, spread

FIXTURE = Path(__file__).parent / "fixtures" / "weights_samplics.json"


def sample(sizes: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """A drawn sample: stratum -> papers in the frame, papers drawn."""
    rows = [
        (f"{name}{k}", name, frame, drawn, frame / drawn)
        for name, (frame, drawn) in sizes.items()
        for k in range(drawn)
    ]
    return pd.DataFrame(rows, columns=["paper", "stratum", "frame", "drawn", "weight"])


def test_the_variance_of_a_total_is_the_textbook_one() -> None:
    """Stratified simple random sampling without replacement: sum of N^2 (1 - n / N) s^2 / n (Cochran 1977, 5.3)."""
    drawn = sample({"a": (60, 12), "b": (400, 20), "c": (9, 9)})
    y = np.random.default_rng(1).normal(3, 2, len(drawn))
    expected = 0.0
    for _, part in drawn.groupby("stratum"):
        n, big = len(part), part["frame"].iloc[0]
        expected += big**2 * (1 - n / big) * y[part.index].var(ddof=1) / n
    made = replicates(drawn, draws=20_000) @ y
    assert made[0] == pytest.approx((drawn["weight"] * y).sum())
    assert made[1:].mean() == pytest.approx(made[0], abs=4 * np.sqrt(expected / 20_000))
    assert made[1:].var() == pytest.approx(expected, rel=0.04)


def test_the_variance_of_a_ratio_is_that_of_samplics() -> None:
    """The linearised standard error in the fixture comes from the package samplics."""
    held = json.loads(FIXTURE.read_text("utf-8"))
    drawn = sample({h: (held["frame"][h], held["drawn"][h]) for h in held["frame"]})
    x, y = (
        np.array([float(mark) for h in held["frame"] for mark in held[column][h]])
        for column in ("discusses", "measures")
    )
    made = share(y, x)(replicates(drawn, draws=8_000))
    assert made[0] == pytest.approx(held["with_fpc"]["rate"], rel=1e-12)
    # Linearisation and bootstrap agree to first order only.
    assert made[1:].std() == pytest.approx(held["with_fpc"]["se"], rel=0.05)


def test_a_stratum_drawn_whole_does_not_vary_and_a_lonely_paper_does() -> None:
    drawn = sample({"whole": (5, 5), "lonely": (10, 1), "other": (40, 8)})
    made = replicates(drawn, draws=500)
    assert (made[:, :5] == 1).all()
    assert made[:, 5].std() > 0
    # Without anything to go with, it cannot vary.
    alone = replicates(sample({"lonely": (10, 1)}), draws=50)
    assert (alone == 10).all()


def test_papers_without_a_weight_stand_for_nothing() -> None:
    drawn = sample({"a": (20, 4)})
    drawn.loc[2, "weight"] = np.nan
    assert (replicates(drawn, draws=20)[:, 2] == 0).all()


def test_the_same_seed_gives_the_same_weights_and_no_draw_gives_no_interval() -> None:
    drawn = sample({"a": (60, 12)})
    assert (replicates(drawn, draws=9) == replicates(drawn, draws=9)).all()
    assert np.isnan(spread(lambda w: w.sum(axis=1), replicates(drawn, draws=0))[1:]).all()
    # A sum that no replicate moves has no interval that says anything.
    assert np.isnan(spread(lambda w: np.ones(len(w)), replicates(drawn, draws=9))[1:]).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="draws=-1"):
        replicates(sample({"a": (20, 4)}), draws=-1)
    with pytest.raises(ValueError, match="lacks the column"):
        replicates(pd.DataFrame({"paper": ["a"]}))
    with pytest.raises(ValueError, match="confidence=1"):
        spread(lambda w: w.sum(axis=1), np.ones((3, 2)), confidence=1)


def test_intervals_of_a_difference_of_shares_hold_the_truth() -> None:
    """Draws from a frame of the survey's shape: small strata whole, large ones by twenty, rates that differ."""
    rng = np.random.default_rng(7)
    sizes = {"a": (65, 20), "b": (290, 20), "c": (15, 15), "d": (340, 20), "e": (57, 57), "f": (330, 40)}
    frame = pd.DataFrame(
        [(s, n) for s, (n, _) in sizes.items() for _ in range(n)], columns=["stratum", "size"]
    )
    lean = frame["stratum"].map(dict(zip(sizes, (0.2, 0.7, 0.4, 0.5, 0.3, 0.6), strict=True))).to_numpy()
    one = rng.random(len(frame)) < 0.5
    two = rng.random(len(frame)) < 0.45
    hit = rng.random(len(frame)) < lean
    truth = hit[one].mean() - hit[two].mean()
    held = 0
    for turn in range(300):
        at = np.concatenate(
            [
                rng.choice(np.flatnonzero(frame["stratum"] == s), k, replace=False)
                for s, (_, k) in sizes.items()
            ]
        )
        drawn = sample(sizes)
        weights = replicates(drawn, draws=300, seed=turn)
        first = share((hit & one)[at].astype(float), one[at].astype(float))
        second = share((hit & two)[at].astype(float), two[at].astype(float))
        _, low, high = spread(lambda w, a=first, b=second: a(w) - b(w), weights)
        held += bool(low <= truth <= high)
    assert 0.90 <= held / 300 <= 0.985
