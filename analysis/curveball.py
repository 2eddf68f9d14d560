"""Curveball trades over bit masks, compiled. Importing it costs numba: import it where a null is drawn, not above.

A paper's codes are the bits of one or more 64-bit words, so a trade is a few operations on words. Nothing here
checks its input; ``analysis.nullmodel`` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def _compiled(signature: str, **how: Any) -> Callable[[Any], Any]:
    """As ``njit``, kept compiled for the next start; where no place to keep it can be written, for this start only."""

    def of(function: Any) -> Any:
        try:
            return njit(signature, cache=True, nogil=True, **how)(function)
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
            return njit(signature, nogil=True, **how)(function)

    return of


_NONE, _ONE, _HALF = np.uint64(0), np.uint64(1), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@_compiled("uint64(uint64)", inline="always")
def _mixed(z: Any) -> Any:
    """Output function of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, figure 17), whose state counts up.

    Our own generator, so that draws do not change with the version of numpy or numba.
    """
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@_compiled("uint64(uint64)", inline="always")
def _bits(x: Any) -> Any:
    """Number of bits set, added up in parallel within the word."""
    x = x - ((x >> _ONE) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@_compiled("boolean(uint64[:, ::1], uint64[:, ::1])")
def movable(masks: Any, held: Any) -> bool:
    """Say whether any two papers each hold a code that the other could take.

    Args:
        masks: papers x words; the codes that may move.
        held: papers x words; places where a paper neither gives nor takes.
    """
    papers, words = masks.shape
    for i in range(papers):
        for j in range(i):
            gives, takes = False, False
            for w in range(words):
                apart = (masks[i, w] ^ masks[j, w]) & ~(held[i, w] | held[j, w])
                gives = gives or (masks[i, w] & apart) != _NONE
                takes = takes or (masks[j, w] & apart) != _NONE
            if gives and takes:
                return True
    return False


@_compiled("int64(uint64[:, ::1], uint64[:, ::1], int64[::1], int64, uint64[::1])")
def trade(masks: Any, held: Any, rows: Any, times: int, state: Any) -> int:
    """Let random pairs of papers trade codes, in place.

    One trade (Strona et al. 2014, Nature Communications 5:4114, figure 1): of the codes that exactly one of two
    papers carries, a random subset of the size that the first had goes to the first, the rest to the second.
    Codes at a held place of either paper stay where they are.

    Args:
        masks: papers x words; changed.
        held: papers x words.
        rows: papers that may be picked.
        times: trades.
        state: one word, the state of the generator; changed.

    Returns:
        Trades in which both papers had something to give.
    """
    n = np.uint64(rows.size)
    if rows.size < 2:
        return 0
    words = masks.shape[1]
    at = state[0]
    dealt = 0
    for _ in range(times):
        at += _GOLDEN
        z = _mixed(at)
        # Multiply and shift: which pair is picked is off uniform by n in 2^32 at most, and any choice of pairs
        # that does not look at the matrix leaves the uniform distribution as it is.
        first = ((z >> _HALF) * n) >> _HALF
        second = ((z & _LOW) * (n - _ONE)) >> _HALF
        if second >= first:
            second += _ONE
        i, j = rows[np.int64(first)], rows[np.int64(second)]
        mine, theirs = _NONE, _NONE
        for w in range(words):
            apart = (masks[i, w] ^ masks[j, w]) & ~(held[i, w] | held[j, w])
            mine += _bits(masks[i, w] & apart)
            theirs += _bits(masks[j, w] & apart)
        if mine == _NONE or theirs == _NONE:
            continue
        dealt += 1
        left = mine + theirs
        for w in range(words):
            apart = (masks[i, w] ^ masks[j, w]) & ~(held[i, w] | held[j, w])
            taken, rest = _NONE, apart
            while rest != _NONE and mine != _NONE:
                bit = rest & (~rest + _ONE)
                rest ^= bit
                at += _GOLDEN
                if ((_mixed(at) >> _HALF) * left) >> _HALF < mine:
                    taken |= bit
                    mine -= _ONE
                left -= _ONE
            masks[i, w] = (masks[i, w] & ~apart) | taken
            masks[j, w] = (masks[j, w] & ~apart) | (apart ^ taken)
    state[0] = at
    return dealt


@_compiled(
    "void(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int32[:, ::1])",
)
def cross(left: Any, left_kept: Any, right: Any, right_kept: Any, out: Any) -> None:
    """Count the papers of every pair of a code of the left and a code of the right, into ``out``."""
    out[:] = 0
    papers = left.shape[0]
    held = np.empty(64 * right.shape[1], np.int64)
    for p in range(papers):
        many = 0
        for w in range(right.shape[1]):
            word = right[p, w] | right_kept[p, w]
            while word != _NONE:
                bit = word & (~word + _ONE)
                word ^= bit
                held[many] = 64 * w + np.int64(_bits(bit - _ONE))
                many += 1
        if many == 0:
            continue
        for w in range(left.shape[1]):
            word = left[p, w] | left_kept[p, w]
            while word != _NONE:
                bit = word & (~word + _ONE)
                word ^= bit
                row = 64 * w + np.int64(_bits(bit - _ONE))
                for k in range(many):
                    out[row, held[k]] += 1


@_compiled(
    "int64(uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64[::1], int64,"
    "uint64[:, ::1], uint64[:, ::1], uint64[:, ::1], int64[::1], int64, uint64[::1], int32[:, :, ::1])",
)
def run(
    left: Any,
    left_kept: Any,
    left_held: Any,
    left_rows: Any,
    left_trades: int,
    right: Any,
    right_kept: Any,
    right_held: Any,
    right_rows: Any,
    right_trades: int,
    state: Any,
    out: Any,
) -> int:
    """Trade within both facets, cross them, and so on until ``out`` (draws x left x right) is full.

    The same array as left and right crosses a facet with itself; then ``right_trades`` is 0.

    Returns:
        Trades in which both papers had something to give.
    """
    dealt = 0
    for k in range(out.shape[0]):
        dealt += trade(left, left_held, left_rows, left_trades, state)
        dealt += trade(right, right_held, right_rows, right_trades, state)
        cross(left, left_kept, right, right_kept, out[k])
    return dealt
