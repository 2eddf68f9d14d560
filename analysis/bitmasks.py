"""Papers x codes as bit masks, and the fewest papers that the margins of two facets leave in a cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.selection import Incidence

Words = NDArray[np.uint64]


def margin_bound(left: Incidence, right: Incidence, same: bool) -> NDArray[np.int64]:
    """Least count of every cell when only papers with a code in both facets can be in one (Frechet 1940)."""
    here, there = sums(left, 1) > 0, sums(right, 1) > 0
    both = int((here & there).sum())
    r = np.maximum(sums(left, 0) - int((here & ~there).sum()), 0)
    c = np.maximum(sums(right, 0) - int((there & ~here).sum()), 0)
    lowest = np.maximum(r[:, None] + c[None, :] - both, 0)
    if same:
        np.fill_diagonal(lowest, sums(left, 0))
    return np.asarray(lowest, dtype=np.int64)


def held_bound(
    left: Incidence, right: Incidence, kept: Words, free: Words, blocked: Words
) -> NDArray[np.int64]:
    """Least count of every cell when some are held and the left facet stays as it is."""
    a, width = left.matrix, len(right.codes)
    gives = unpacked(free, width).astype(np.int64)
    takes = (~unpacked(blocked, width) & (gives.sum(1) > 0)[:, None]).astype(np.int64)
    base = dense(a.T @ sparse.csr_matrix(unpacked(kept, width).astype(np.int64)))
    outside = takes.sum(0)[None, :] - dense(a.T @ sparse.csr_matrix(takes))
    return np.asarray(base + np.maximum(gives.sum(0)[None, :] - outside, 0), dtype=np.int64)


def packed(matrix: sparse.csr_matrix) -> Words:
    """Return a 0/1 matrix as papers x words of 64 codes; at least one word."""
    papers, codes = matrix.shape
    masks = np.zeros((papers, max(1, -(-codes // 64))), dtype=np.uint64)
    at = matrix.tocoo()
    carried = at.data != 0
    row, code = at.row[carried].astype(np.int64), at.col[carried].astype(np.int64)
    np.bitwise_or.at(masks, (row, code // 64), np.uint64(1) << (code % 64).astype(np.uint64))
    return masks


def unpacked(masks: Words, codes: int) -> NDArray[np.bool_]:
    """Return masks as papers x codes, so many codes."""
    bits = (masks[:, :, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    return bits.reshape(len(masks), 64 * masks.shape[1])[:, :codes].astype(bool)


def sums(facet: Incidence, axis: int) -> NDArray[np.int64]:
    """Papers of each code (axis 0), or codes of each paper (axis 1)."""
    return np.asarray(facet.matrix.sum(axis=axis), dtype=np.int64).ravel()


def dense(matrix: sparse.csr_matrix) -> NDArray[np.int64]:
    """Return a sparse matrix of counts as a full one."""
    return np.asarray(matrix.toarray(), dtype=np.int64)
