"""Samples with chances of their own: totals without bias, intervals that hold, and two drawings put together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.phases import either, own_chances, total
from analysis.replicates import replicates


def test_totals_by_hand() -> None:
    chance = np.array([1.0, 0.5, 0.5, 0.1])
    found = np.array([True, True, False, False])
    estimate, low, high = total(chance, found, confidence=0.9)
    assert estimate == 3  # 1 + 1 / 0.5
    assert 2 <= low < estimate < high
    assert total(np.ones(3), np.array([True, True, False]), confidence=0.9) == (2, 2, 2)
    # None of 10% found: up to 28 could have been missed with a chance of 5% (0.9^28 = .052, 0.9^29 = .047).
    assert total(chance, np.zeros(4, dtype=bool), confidence=0.9) == (0, 0, 28)
    assert np.isnan(total(np.empty(0), np.empty(0, dtype=bool), confidence=0.9)).all()
    with pytest.raises(ValueError, match="not above 0"):
        total(np.array([0.0]), np.array([True]), confidence=0.9)


def test_totals_are_without_bias_and_their_intervals_hold() -> None:
    rng = np.random.default_rng(5)
    chance = rng.choice([1.0, 0.3, 0.1], 2_000, p=[0.05, 0.25, 0.7])
    kind = rng.random(2_000) < 0.06
    truth, held, sums = kind.sum(), 0, []
    for _ in range(500):
        drawn = rng.random(2_000) < chance
        estimate, low, high = total(chance[drawn], kind[drawn], confidence=0.9)
        sums.append(estimate)
        held += low <= truth <= high
    assert np.mean(sums) == pytest.approx(truth, abs=4 * np.std(sums) / np.sqrt(500))
    assert (
        0.86 <= held / 500 <= 0.98
    )  # at least what it says, but for chance; the gamma errs on the wide side


def test_replicates_have_the_variance_of_poisson_sampling() -> None:
    rng = np.random.default_rng(6)
    chance = rng.choice([1.0, 0.5, 0.1], 400)
    frame = pd.DataFrame({"paper": [f"p{k:03}" for k in range(400)], "probability": chance})
    drawn = own_chances(frame, [p for p, c in zip(frame["paper"], chance, strict=True) if rng.random() < c])
    p, y = drawn["probability"].to_numpy(dtype=float), rng.normal(3, 1, len(drawn))
    made = replicates(drawn, own_chance=True, draws=8_000)
    assert (made >= 0).all() and (made[:, p == 1] == 1).all()
    sums = made @ y
    assert sums[1:].var() == pytest.approx(((1 - p) * (y / p) ** 2).sum(), rel=0.06)
    assert sums[1:].mean() == pytest.approx(sums[0], rel=0.02)


def test_two_drawings_together_are_without_bias() -> None:
    rng = np.random.default_rng(7)
    first, second = rng.uniform(0.0, 0.4, 1_000), rng.uniform(0.1, 1.0, 1_000)
    both, sums = either(first, second), []
    for _ in range(400):
        drawn = (rng.random(1_000) < first) | (rng.random(1_000) < second)
        sums.append(total(both[drawn], np.ones(drawn.sum(), dtype=bool), confidence=0.9)[0])
    assert np.mean(sums) == pytest.approx(1_000, abs=4 * np.std(sums) / 20)


def test_what_was_drawn_is_in_the_frame_and_unknown_outcomes_have_no_weight() -> None:
    frame = pd.DataFrame({"paper": ["a", "b", "c"], "probability": [1.0, 0.5, 0.1]})
    table = own_chances(frame, ["b", "a"], missing=["b"])
    assert table["paper"].tolist() == ["a", "b"]
    assert table["weight"].iloc[0] == 1 and np.isnan(table["weight"].iloc[1])
    assert table["note"].tolist() == ["", "outcome not known"]
    with pytest.raises(ValueError, match="z was drawn, and is not in it"):
        own_chances(frame, ["z"])
