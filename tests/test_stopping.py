"""May one stop: recall, its limits, and how often the criterion errs."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.stopping import inside, missed_p, recall
from benchmarks.simulate_screening import missed


def test_the_criterion_is_a_count_of_the_ways_to_draw() -> None:
    # 19 found before; of 12 left 5 were drawn and one was in: at 95% recall, 20 found, 2 more would be too many.
    # K = floor(20 / 0.95 - 19 + 1) = 3 of the 12, so P(at most 1 of 5 draws in).
    ways = sum(math.comb(3, x) * math.comb(9, 5 - x) for x in (0, 1)) / math.comb(12, 5)
    assert missed_p(19, 1, 5, 12) == pytest.approx(ways, rel=1e-12)


def test_the_least_number_that_misses_the_target_is_not_lost_to_rounding() -> None:
    # 38 of 40 is 95% to the letter: with two more in, the target is met; with three it is missed.
    ways = math.comb(97, 10) / math.comb(100, 10)
    assert missed_p(38, 0, 10, 100) == pytest.approx(ways, rel=1e-12)


def test_an_urn_too_small_to_miss_the_target_is_no_reason_to_read_on() -> None:
    assert missed_p(200, 0, 0, 5) == 0.0
    made = recall(200, [], 5)
    assert (made.stop, made.more, made.low) == (True, 0, pytest.approx(200 / 205))


def test_limits_agree_with_all_samples_written_out() -> None:
    urn, n, k = 7, 3, 1
    likely = []
    for many in range(k, urn - (n - k) + 1):
        hits = [sum(i < many for i in drawn) for drawn in combinations(range(urn), n)]
        few, lots = np.mean([h <= k for h in hits]), np.mean([h >= k for h in hits])
        likely.append((many, few > 0.1, lots > 0.1))
    low, high = inside(k, n, urn, confidence=0.9)
    assert low == min(m for m, _, lots in likely if lots)
    assert high == max(m for m, few, _ in likely if few)


@given(st.integers(0, 60), st.lists(st.booleans(), max_size=60), st.integers(0, 200))
def test_recall_stands_between_its_limits_and_one_stops_when_the_lower_reaches_the_target(
    found: int, drawn: list[bool], left: int
) -> None:
    made = recall(found, drawn, left)
    if made.note:
        assert math.isnan(made.value) or left == 0
        return
    assert 0 < made.low <= made.value + 1e-12
    assert made.value <= made.high + 1e-12 <= 1 + 2e-12
    assert made.stop == (made.low >= 0.95 - 1e-12)
    assert made.stop == (made.more == 0)


@pytest.mark.parametrize(("found", "left"), [(0, 30), (5, 100), (40, 140), (100, 60), (3, 1)])
def test_as_many_more_as_is_said_are_enough_and_one_less_is_not(found: int, left: int) -> None:
    drawn = [False] * 4
    more = recall(found, drawn, left).more
    assert 0 < more <= left
    if found:
        assert recall(found, drawn + [False] * more, left - more).stop
    if more > 1 and found:
        assert not recall(found, drawn + [False] * (more - 1), left - more + 1).stop


def test_what_cannot_be_said_is_said_so() -> None:
    assert recall(0, [], 10).note == "nothing found yet"
    assert recall(0, [False] * 5, 10).note == "nothing found yet"
    assert recall(7, [], 100).note == "nothing read at random yet"
    assert math.isnan(recall(7, [], 100).value)
    whole = recall(7, [], 0)
    assert (whole.value, whole.low, whole.high, whole.stop) == (1.0, 1.0, 1.0, True)
    assert recall(0, [False], 0).note == "nothing is in"


@pytest.mark.parametrize("wrong", [{"found": -1, "left": 2}, {"found": 1, "left": -2}])
def test_counts_below_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        recall(wrong["found"], [], wrong["left"])
    with pytest.raises(ValueError, match="shares"):
        recall(1, [], 1, target=0)


def test_the_exact_error_agrees_with_running_the_rule() -> None:
    found, many, urn = 100, 8, 60
    rng = np.random.default_rng(3)
    errors, reads = [], []
    for _ in range(200):
        marks = rng.permutation([True] * many + [False] * (urn - many)).tolist()
        for n in range(urn + 1):
            if n == urn or missed_p(found, sum(marks[:n]), n, urn) <= 0.05:
                errors.append(found + sum(marks[:n]) < 0.95 * (found + many))
                reads.append(n)
                break
    error, read = missed(found, many, urn)
    assert np.mean(errors) == pytest.approx(error, abs=4 * math.sqrt(error * (1 - error) / 200))
    assert np.mean(reads) == pytest.approx(read, abs=4 * np.std(reads) / 14)


def test_the_error_of_asking_after_every_record_stays_below_a_tenth() -> None:
    """A small version of the table in docs/simulations/screening.md."""
    worst = max(missed(found, many, 80)[0] for found in (0, 200) for many in (1, 14, 30))
    assert 0.05 < worst < 0.10


def test_nothing_is_missed_where_all_must_be_read() -> None:
    assert missed(0, 3, 20) == (0.0, pytest.approx(20))
