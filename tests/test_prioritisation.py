"""Which record to read next, and what the learner saves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.prioritisation import (
    at_random,
    by_score,
    by_stream,
    drawn_at_random,
    scores,
    words,
)

KEYS = st.lists(st.text("abcdef", min_size=1, max_size=4), unique=True, max_size=25)
INSIDE = [
    "judge",
    "verdict",
    "biased",
    "longer",
    "preferred",
    "score",
    "rises",
    "quality",
    "falls",
    "position",
]
OUTSIDE = ["robot", "arm", "grasp", "torque", "camera", "depth", "gripper", "planning", "joint", "motor"]


def made_up(
    inside: int, outside: int, seed: int, own: float = 0.35
) -> tuple[dict[str, str], dict[str, bool]]:
    """Texts of two kinds that share most of their words, and which kind each is."""
    rng = np.random.default_rng(seed)
    shared = [f"word{n}" for n in range(60)]
    texts, labels = {}, {}
    for n in range(inside + outside):
        kind = n < inside
        words = [
            rng.choice(INSIDE if kind else OUTSIDE) if rng.random() < own else rng.choice(shared)
            for _ in range(40)
        ]
        texts[f"p{n:03}"], labels[f"p{n:03}"] = " ".join(words), kind
    return texts, labels


@given(KEYS, st.integers(0, 9))
def test_a_random_order_does_not_depend_on_what_else_is_there(papers: list[str], seed: int) -> None:
    order = at_random(papers, seed)
    assert sorted(order) == sorted(papers)
    assert at_random(papers[::2], seed) == [p for p in order if p in set(papers[::2])]
    assert order == at_random(reversed(papers), seed)


def test_seeds_give_different_orders() -> None:
    papers = [f"p{n}" for n in range(30)]
    assert at_random(papers, 1) != at_random(papers, 2)


def test_by_stream_keeps_the_order_of_the_schema_and_puts_the_unknown_last() -> None:
    streams = {"a": ["rewards"], "b": ["judges", "rewards"], "c": [], "d": ["elsewhere"], "e": ["rewards"]}
    order = by_stream("abcde", streams, ["judges", "rewards"])
    assert order[0] == "b"
    assert set(order[1:3]) == {"a", "e"}
    assert set(order[3:]) == {"c", "d"}


def test_by_score_puts_papers_without_a_score_last() -> None:
    assert by_score(["a", "b", "c"], {"a": 0.2, "c": 0.0}) == ["a", "c", "b"]


@given(KEYS, st.integers(0, 25))
def test_records_read_in_the_random_order_are_counted_as_drawn(papers: list[str], number: int) -> None:
    order = at_random(papers)
    assert drawn_at_random(order[:number], order[number:]) == len(order[:number])


def test_the_run_of_draws_ends_where_another_order_was_read() -> None:
    order = at_random([f"p{n}" for n in range(40)])
    # The learner took the last ten; then ten were drawn at random from those left.
    assert drawn_at_random([*order[:29:-1], *order[:10]], order[10:30]) == 10
    # One picked in between breaks the run.
    assert drawn_at_random([*order[:10], order[20], *order[10:13]], [*order[13:20], *order[21:]]) == 3
    assert drawn_at_random([order[5]], order[:5]) == 0


def test_the_learner_tells_two_kinds_of_text_apart() -> None:
    texts, labels = made_up(40, 40, seed=1)
    of = words(texts)
    taught = {p: labels[p] for n, p in enumerate(sorted(texts)) if n % 4 == 0}
    score = scores(of, taught)
    assert set(score) == set(texts)
    assert all(0 <= s <= 1 for s in score.values())
    rest = [p for p in texts if p not in taught]
    ranked = by_score(rest, score)
    assert sum(labels[p] for p in ranked[:30]) >= 27


def test_scores_do_not_depend_on_the_order_of_decisions() -> None:
    texts, labels = made_up(8, 8, seed=2)
    of = words(texts)
    assert scores(of, labels) == scores(of, dict(reversed(labels.items())))


@pytest.mark.parametrize(
    "decided", [{}, {"p000": True}, {"p000": True, "p001": True}, {"gone": True, "away": False}]
)
def test_without_a_decision_of_each_kind_there_is_no_score(decided: dict[str, bool]) -> None:
    assert scores(words({"p000": "a proxy", "p001": "a robot"}), decided) == {}


def test_texts_that_share_no_word_are_still_texts() -> None:
    of = words({"a": "proxy", "b": "robot"})
    assert of.matrix.shape == (2, 2)
    with pytest.raises(ValueError, match="no word in any text"):
        words({"a": "", "b": "the of"})


def test_the_learner_finds_made_up_records_sooner_than_chance() -> None:
    """The small version of benchmarks/simulate_screening.py."""
    texts, labels = made_up(12, 108, 1, own=0.15)
    of, read = words(texts), at_random(labels, 1)[:10]
    while len(read) < 60:
        score = scores(of, {p: labels[p] for p in read})
        read += by_score(set(labels) - set(read), score)[: 5 if score else 1]
    assert sum(labels[p] for p in read) >= 11  # half of 120 records: 6 of 12 by chance
