"""Variance components: how large is the variance of each of several random terms, and how sure is that?

Estimates by restricted maximum likelihood (Patterson & Thompson 1971; Searle, Casella & McCulloch 1992, 6.6), intervals
from the sequential mean squares. Which terms a design tells apart is asked before, in ``analysis.audit.instability``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """One random term: its name, what kind it is, and the level of every value."""

    name: str
    kind: str
    labels: NDArray[np.int64]

    @property
    def levels(self) -> int:
        """Number of levels."""
        return int(self.labels.max()) + 1 if len(self.labels) else 0


def fit(y: Floats, terms: Sequence[Term]) -> tuple[Floats, str]:
    """Return the variances of the terms and of the residual, and by what they were estimated.

    Args:
        y: n values that vary.
        terms: the terms, none confounded with the others.
    """
    squares, _, expected = _mean_squares(y, terms)
    whole = bool(np.isfinite(squares).all()) and np.linalg.matrix_rank(expected) == len(expected)
    solved = np.linalg.solve(expected, squares).astype(np.float64) if whole else None
    # In a balanced design the analysis of variance is REML wherever it comes out positive (Searle et al. 1992, 6.7).
    if solved is not None and is_balanced(terms, len(y)) and (solved > 0).all():
        return solved, "REML"
    return reml(y, [t.labels for t in terms], start=solved), "REML"


def is_balanced(terms: Sequence[Term], n: int) -> bool:
    """Whether every combination of levels of the main factors occurs equally often."""
    main = [t for t in terms if t.kind in ("unit", "facet")]
    cells = math.prod(t.levels for t in main)
    if cells == 0 or n % cells:
        return False
    counts = pd.Series(list(zip(*[t.labels.tolist() for t in main], strict=True))).value_counts()
    return len(counts) == cells and bool((counts == n // cells).all())


def intervals(
    y: Floats, terms: Sequence[Term], variances: Floats, draws: int, seed: int
) -> dict[str, Floats] | None:
    """95% intervals of the variances (generalised) and of their shares (the wider of generalised and bootstrap).

    A generalised interval takes a factor with two levels for possibly enormous, and with several such factors the share
    of everything else for too small; the parametric bootstrap of the mean squares errs the other way.
    """
    squares, freedoms, expected = _mean_squares(y, terms)
    if np.any(freedoms < 1) or np.linalg.matrix_rank(expected) < len(expected):
        return None
    rng = np.random.default_rng(seed)
    chances = np.stack([rng.chisquare(f, size=draws) / f for f in freedoms])
    ends = (0.025, 0.975)
    drawn = np.maximum(np.linalg.solve(expected, squares[:, None] / chances), 0.0)
    again = np.maximum(np.linalg.solve(expected, (expected @ variances)[:, None] * chances), 0.0)
    parts = [
        np.quantile(each / np.maximum(each.sum(axis=0), 1e-300), ends, axis=1) for each in (drawn, again)
    ]
    low, high = np.minimum(parts[0][0], parts[1][0]), np.maximum(parts[0][1], parts[1][1])
    return {"variance": np.quantile(drawn, ends, axis=1).T, "share": np.stack([low, high], axis=1)}


def reml(y: Floats, labels: Sequence[NDArray[np.int64]], *, start: Floats | None = None) -> Floats:
    """REML estimates of the variances of crossed random factors and of the residual.

    y = mu + sum of the factors' effects + e, all independent and normal. The likelihood is that of contrasts free of
    the mean (Patterson & Thompson 1971); it is maximised over variances not below zero.

    Least data: two values that differ.

    Args:
        y: n values.
        labels: for each factor the level of every value, 0-based.
        start: variances to start from; the outcome does not depend on them, the time it takes does.

    Returns:
        Variances of the factors in order, then of the residual.
    """
    n = len(y)
    spread = float(y.std(ddof=1))
    contrasts = _contrasts(n)
    z = contrasts.T @ ((y - y.mean()) / spread)
    blocks = [contrasts.T @ (lab[:, None] == lab[None, :]).astype(float) @ contrasts for lab in labels]
    blocks.append(np.eye(n - 1))
    even = np.full(len(blocks), 1 / len(blocks))
    starts = [even] if start is None else [even, np.maximum(start / spread**2, 0.0)]
    best = min((_climb(z, blocks, begin) for begin in starts), key=lambda found: found[1])
    done: Floats = best[0] * spread**2
    return done


def _climb(z: Floats, blocks: Sequence[Floats], start: Floats) -> tuple[Floats, float]:
    """Fisher scoring from a start, with variances held at zero while the likelihood would have them negative."""
    s = start.copy()
    s[-1] = max(s[-1], 0.05)
    loss, score, information = _likelihood(z, blocks, s)
    for _ in range(200):
        free = (s > 0) | (score > 0)
        step = np.zeros(len(s))
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
        size = 1.0
        while size > 1e-8:
            tried = np.maximum(s + size * step, 0.0)
            tried[-1] = max(tried[-1], 1e-9)
            new = _likelihood(z, blocks, tried)
            if new[0] <= loss + 1e-13:
                break
            size /= 2
        else:
            break
        moved = float(np.max(np.abs(tried - s)))
        s, (loss, score, information) = tried, new
        if moved < 1e-10:
            break
    return np.where(s < 1e-9, 0.0, s), loss


def _likelihood(z: Floats, blocks: Sequence[Floats], s: Floats) -> tuple[float, Floats, Floats]:
    """Minus the restricted log-likelihood, its score, and the expected information (Searle et al. 1992, 6.6)."""
    v = sum(weight * block for weight, block in zip(s, blocks, strict=True))
    try:
        lower = np.linalg.cholesky(v)
    except np.linalg.LinAlgError:
        return math.inf, np.zeros(len(s)), np.eye(len(s))
    inverse = np.linalg.inv(v)
    w = inverse @ z
    loss = float(np.log(np.diag(lower)).sum() + 0.5 * z @ w)
    parts = [inverse @ block for block in blocks]
    score = np.array(
        [
            0.5 * float(w @ block @ w) - 0.5 * float(np.trace(part))
            for block, part in zip(blocks, parts, strict=True)
        ]
    )
    information = np.array([[0.5 * float(np.sum(a * b.T)) for b in parts] for a in parts])
    return loss, score, information


def _contrasts(n: int) -> Floats:
    """Helmert contrasts: n by n - 1, orthonormal, each orthogonal to the mean."""
    done = np.zeros((n, n - 1))
    for j in range(1, n):
        done[:j, j - 1] = 1.0
        done[j, j - 1] = -float(j)
        done[:, j - 1] /= math.sqrt(j * (j + 1))
    return done


def _mean_squares(y: Floats, terms: Sequence[Term]) -> tuple[Floats, Floats, Floats]:
    """Sequential mean squares, their degrees of freedom, and what they are expected to be in the variances.

    The expectation of term t's mean square is the sum over terms k of tr(Q_t Z_k Z_k') / df_t times the variance of k
    (Searle, Casella & McCulloch 1992, 5.2), Q_t being the projection that the term adds to those before it.
    """
    n = len(y)
    base = np.full((n, 1), 1 / math.sqrt(n))
    squares, freedoms, expected = [], [], []
    groups = [np.eye(t.levels)[t.labels] for t in terms]
    for g in [*groups, None]:
        if g is None:
            # What is left over: its projection is the identity less all others.
            rest = y - base @ (base.T @ y)
            freedom = n - base.shape[1]
            squares.append(float(rest @ rest) / freedom if freedom else math.nan)
            share = [
                (float(np.sum(h**2)) - float(np.sum((base.T @ h) ** 2))) / freedom if freedom else 0.0
                for h in groups
            ]
            expected.append([*share, 1.0])
        else:
            left = g - base @ (base.T @ g)
            u, s, _ = np.linalg.svd(left, full_matrices=False)
            new = u[:, s > 1e-8 * max(1.0, float(s.max(initial=0.0)))]
            freedom = new.shape[1]
            squares.append(float(np.sum((new.T @ y) ** 2)) / freedom if freedom else math.nan)
            share = [float(np.sum((new.T @ h) ** 2)) / freedom if freedom else 0.0 for h in groups]
            expected.append([*share, 1.0])
            base = np.hstack([base, new])
        freedoms.append(float(freedom))
    return np.array(squares), np.array(freedoms), np.array(expected)
