"""The graph of codes that papers carry together equals counting by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cooccurrence import cooccurrence, npmi
from tests.test_coverage import code, final

MODES = ("m1", "m2", "m3")


def test_npmi_at_its_ends() -> None:
    # Bouma 2009: 1 when two only occur together, 0 when independent, -1 when they never meet.
    assert npmi(5, 5, 5, 20) == 1.0
    assert npmi(0, 5, 5, 20) == -1.0
    assert npmi(5, 10, 10, 20) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="impossible"):
        npmi(1, 10, 10, 10)


def test_nobody_has_coded_yet() -> None:
    assert cooccurrence(final([])).number_of_edges() == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(MODES)), unique=True, max_size=24))
def test_edges_equal_counting_by_hand(codes: list[tuple[int, str]]) -> None:
    graph = cooccurrence(final([code(f"p{p}", "failure_mode", m, level="argues") for p, m in codes]))
    carry = {m: {f"p{p}" for p, c in codes if c == m} for m in MODES}
    assert set(graph) == {m for m in MODES if carry[m]}
    for a, b in itertools.combinations(MODES, 2):
        both = carry[a] & carry[b]
        assert graph.has_edge(a, b) == bool(both)
        if both:
            edge = graph.edges[a, b]
            assert edge["count"] == len(both)
            assert edge["papers"] == tuple(sorted(both))
            assert edge["jaccard"] == pytest.approx(len(both) / len(carry[a] | carry[b]))
            assert edge["association_strength"] == pytest.approx(len(both) / (len(carry[a]) * len(carry[b])))
