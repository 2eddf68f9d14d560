"""The null keeps both margins, is uniform among what the margins allow, and forgets where it started."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse, stats

from analysis.nullmodel import (
    CHAINS,
    fixed_by_margins,
    held_places,
    null_counts,
    null_matrices,
    null_tallies,
)
from analysis.selection import Incidence

Matrix = NDArray[np.int64]


def facet(matrix: object, name: str = "c") -> Incidence:
    held = np.asarray(matrix, dtype=np.int64)
    return Incidence(
        sparse.csr_matrix(held),
        [f"p{i}" for i in range(held.shape[0])],
        [f"{name}{j}" for j in range(held.shape[1])],
    )


def among(rows: list[int], columns: list[int]) -> list[bytes]:
    """List every 0/1 matrix with these margins, by brute force."""
    width = len(columns)
    choices = [[set(c) for c in combinations(range(width), k)] for k in rows]
    found = []
    for pick in product(*choices):
        matrix = np.array([[j in row for j in range(width)] for row in pick], dtype=bool).reshape(-1, width)
        if matrix.sum(0).tolist() == columns:
            found.append(matrix.tobytes())
    return found


matrices = st.integers(1, 9).flatmap(
    lambda n: st.integers(1, 7).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=n, max_size=n)
    )
)


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(0, 2**32))
def test_every_draw_keeps_both_margins(rows: list[list[int]], seed: int) -> None:
    one = facet(rows)
    for drawn in null_matrices(one, draws=5, seed=seed):
        assert drawn.sum(0).tolist() == np.sum(rows, axis=0).tolist()
        assert drawn.sum(1).tolist() == np.sum(rows, axis=1).tolist()


def test_margins_are_kept_with_more_codes_than_a_word_has_bits() -> None:
    matrix = np.random.default_rng(2).random((40, 150)) < 0.3
    drawn = list(null_matrices(facet(matrix), draws=3))
    assert all((d.sum(0) == matrix.sum(0)).all() and (d.sum(1) == matrix.sum(1)).all() for d in drawn)
    # Of 1,800 places with a code most must be others now.
    assert all((d != matrix).mean() > 0.3 for d in drawn)


def test_draws_are_uniform_among_all_matrices_of_the_margins() -> None:
    """All 68 matrices of one class by enumeration (Carstens 2015: the curveball is uniform)."""
    start = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]])
    every = among(start.sum(1).tolist(), start.sum(0).tolist())
    assert len(every) == 68
    counts = dict.fromkeys(every, 0)
    for drawn in null_matrices(facet(start), draws=27_200, seed=7, trades=30):
        counts[drawn.tobytes()] += 1
    seen = np.array(list(counts.values()))
    assert stats.chisquare(seen).pvalue > 0.001
    # The naive walk, which looks for a swap until there is one, prefers matrices with many neighbours: its law is
    # proportional to their number, and the same test tells it from the draws.
    neighbours = np.array([_swaps(np.frombuffer(m, dtype=bool).reshape(5, 4)) for m in every])
    assert len(set(neighbours)) > 3
    assert stats.chisquare(seen, neighbours / neighbours.sum() * seen.sum()).pvalue < 1e-6


def _swaps(matrix: NDArray[np.bool_]) -> int:
    """Number of checkerboards, each of which can be swapped."""
    return sum(int((a & ~b).sum() * (b & ~a).sum()) for a, b in combinations(matrix, 2))


def test_one_code_a_paper_gives_the_hypergeometric_law() -> None:
    rng = np.random.default_rng(5)
    left = np.eye(4, dtype=np.int64)[rng.integers(0, 4, 60)]
    right = np.eye(3, dtype=np.int64)[rng.integers(0, 3, 60)]
    drawn = null_counts(facet(left), facet(right), draws=20_000, seed=1)
    for i, j in product(range(4), range(3)):
        law = stats.hypergeom(60, left[:, i].sum(), right[:, j].sum())
        expected = law.pmf(np.arange(61)) * len(drawn)
        seen = np.bincount(drawn[:, i, j], minlength=61)
        common = expected >= 10
        rest = [max(expected[~common].sum(), 1e-9)]
        p = stats.chisquare(
            [*seen[common], seen[~common].sum()], [*expected[common], *rest], sum_check=False
        ).pvalue
        assert p > 1e-4, (i, j)


def test_crossed_facets_have_the_law_of_the_enumerated_classes() -> None:
    left = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    right = np.array([[1, 0], [1, 1], [0, 1], [1, 0]])
    ones = [np.frombuffer(m, dtype=bool).reshape(4, 3) for m in among([2, 1, 1, 1], [2, 2, 1])]
    twos = [np.frombuffer(m, dtype=bool).reshape(4, 2) for m in among([1, 2, 1, 1], [3, 2])]
    exact = np.array([a.T.astype(int) @ b for a in ones for b in twos])
    drawn = null_counts(facet(left), facet(right), draws=40_000, seed=2)
    for n in range(3):
        share = (exact == n).mean(0)
        error = np.sqrt(share * (1 - share) / len(drawn))
        assert (np.abs((drawn == n).mean(0) - share) <= 4.5 * error + 1e-12).all()


def lag_one(chains: list[NDArray[np.int32]]) -> float:
    """Correlation of each draw with the one before it, over all chains."""
    pairs = np.concatenate([np.stack([c[:-1], c[1:]]) for c in chains], axis=1)
    return float(np.corrcoef(pairs)[0, 1])


def test_an_extreme_start_is_forgotten() -> None:
    """Blocks as far from chance as can be: the first draw is already like the last, and draws do not cling."""
    blocks = np.kron(np.eye(4, dtype=np.int64), np.ones((25, 3), dtype=np.int64))
    one = facet(blocks)
    met = np.array([null_counts(one, draws=CHAINS, seed=s)[:, 0, 1] for s in range(50)]).ravel()
    long = null_counts(one, draws=8_000, seed=99)[:, 0, 1]
    assert blocks[:, 0] @ blocks[:, 1] == 25
    # Drawn without regard to the blocks a pair meets 25 x 25 / 100 x 2/3 x 12/11 times or so, and never near 25.
    assert long.max() < 25
    assert stats.ks_2samp(met, long).pvalue > 0.001
    chains = np.split(long, CHAINS)
    assert abs(lag_one(chains)) < 0.08
    few = null_counts(one, draws=8_000, seed=99, trades=10)[:, 0, 1]
    assert lag_one(np.split(few, CHAINS)) > 0.5


def test_the_same_seed_gives_the_same_draws_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    left, right = facet(rng.random((30, 5)) < 0.3), facet(rng.random((30, 4)) < 0.4, "d")
    monkeypatch.setattr("os.cpu_count", lambda: CHAINS)
    once = null_counts(left, right, draws=203, seed=11)
    monkeypatch.setattr("analysis.nullmodel._BLOCK", 60)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert (null_counts(left, right, draws=203, seed=11) == once).all()
    assert (null_counts(left, right, draws=203, seed=12) != once).any()


def test_tallies_are_those_of_the_draws() -> None:
    rng = np.random.default_rng(4)
    left, right = facet(rng.random((30, 5)) < 0.3), facet(rng.random((30, 4)) < 0.4, "d")
    held = held_places(left, right, [("c0", "d1"), ("c3", "d0"), ("c3", "nobody's")])
    for other, places in ((right, None), (None, None), (right, held)):
        drawn = null_counts(left, other, draws=501, seed=3, held=places)
        t = null_tallies(left, other, draws=501, seed=3, held=places)
        n = t.observed
        assert (n == (left.matrix.T @ (other or left).matrix).toarray()).all()
        assert t.mean == pytest.approx(drawn.mean(0)) and t.sd == pytest.approx(drawn.std(0))
        assert (t.at_most == (drawn <= n).sum(0)).all() and (t.at_least == (drawn >= n).sum(0)).all()
        assert (t.at_lowest == (drawn <= t.lowest).sum(0)).all()
        assert (t.lowest <= drawn.min(0)).all() and (t.lowest <= n).all()


def test_what_is_held_stays_and_the_rest_is_uniform() -> None:
    left = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0], [0, 1]])
    right = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1], [0, 1, 0], [1, 0, 0]])
    one, two = facet(left), facet(right, "d")
    held = held_places(one, two, [("c0", "d0")])
    assert held.toarray().tolist() == [[1, 0, 0]] * 3 + [[0, 0, 0]] * 3
    drawn = null_counts(one, two, draws=40_000, seed=8, held=held)
    assert (drawn[:, 0, 0] == 2).all()
    fixed = np.array([[1], [0], [1]])
    allowed = [
        np.frombuffer(m, dtype=bool).reshape(6, 3)
        for m in among(right.sum(1).tolist(), right.sum(0).tolist())
    ]
    exact = np.array([left.T @ b for b in allowed if (b[:3, :1] == fixed).all()])
    for n in range(4):
        share = (exact == n).mean(0)
        error = np.sqrt(share * (1 - share) / len(drawn))
        assert (np.abs((drawn == n).mean(0) - share) <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize(
    ("matrix", "why"),
    [
        (np.zeros((0, 3)), "no paper"),
        (np.zeros((4, 3)), "no paper carries a code"),
        (np.ones((1, 3)), "one paper only"),
        (np.ones((4, 3)), "no two papers"),
        ([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]], "no two papers"),
    ],
)
def test_a_null_of_one_table_is_called_so(matrix: object, why: str) -> None:
    one = facet(matrix)
    assert fixed_by_margins(one).startswith(why)
    t = null_tallies(one, draws=50)
    assert t.note.startswith("the null is a single table")
    assert (t.mean == t.observed).all() and (t.sd == 0).all() and (t.at_most == 50).all()
    whole = one.matrix.toarray()
    assert len(among(whole.sum(1).tolist(), whole.sum(0).tolist())) == 1


def test_one_movable_facet_is_enough_for_a_null() -> None:
    nested, free = facet([[1, 1], [1, 0], [0, 0]]), facet([[1, 0], [0, 1], [1, 0]], "d")
    assert fixed_by_margins(free) == ""
    assert null_tallies(nested, free, draws=50).note == ""
    assert null_tallies(nested, free, draws=50).sd.max() > 0


def test_without_codes_or_draws_there_is_a_table_all_the_same() -> None:
    one = facet(np.zeros((3, 0)))
    assert null_counts(one, draws=7).shape == (7, 0, 0)
    assert null_counts(facet([[1, 0], [0, 1]]), draws=0).shape == (0, 2, 2)
    assert null_tallies(facet([[1, 0], [0, 1]]), draws=0).draws == 0
    # Fewer draws than chains.
    assert null_counts(facet([[1, 0], [0, 1]]), draws=2).shape == (2, 2, 2)


def test_what_cannot_be_is_refused() -> None:
    one, two = facet([[1, 0], [0, 1]]), facet([[1], [0], [1]])
    with pytest.raises(ValueError, match="same papers"):
        null_counts(one, two)
    with pytest.raises(ValueError, match="not within one"):
        null_counts(one, held=sparse.csr_matrix((2, 2)))
    with pytest.raises(ValueError, match="papers x right codes"):
        null_counts(one, one, held=sparse.csr_matrix((2, 3)))
    with pytest.raises(ValueError, match="draws=-1"):
        null_counts(one, draws=-1)
    with pytest.raises(ValueError, match="trades=0"):
        null_tallies(one, trades=0)


def test_the_null_of_no_papers_with_places_held_is_a_single_table() -> None:
    empty = facet(np.zeros((0, 3)))
    held = sparse.csr_matrix((0, 3), dtype=np.int64)
    assert null_tallies(empty, empty, draws=5, held=held).note.startswith("the null is a single table")
