"""Rates of measuring among papers that discuss a mode, with Jeffreys intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.undermeasurement import jeffreys, undermeasurement
from tests.test_coverage import code, final

MODES = pd.DataFrame(
    {
        "code": ["m1", "m2", "m3"],
        "name": ["One", "Two", "Three"],
        "side": ["evaluation", "alignment", "governance"],
    }
).astype("str")


def test_jeffreys_is_the_beta_posterior_with_the_edges_mended() -> None:
    # Brown, Cai & DasGupta 2001, section 4.1: Beta(x + 1/2, n - x + 1/2); 0 at x = 0 and 1 at x = n.
    low, high = jeffreys(3, 25)
    assert stats.beta.cdf(low, 3.5, 22.5) == pytest.approx(0.025)
    assert stats.beta.cdf(high, 3.5, 22.5) == pytest.approx(0.975)
    assert jeffreys(0, 10)[0] == 0.0
    assert jeffreys(10, 10)[1] == 1.0
    assert np.isnan(jeffreys(0, 0)).all()
    with pytest.raises(ValueError, match="between 0 and the number"):
        jeffreys(4, 3)


def test_counts_by_hand_and_never_discussed_is_said() -> None:
    rows = [
        code("a", "failure_mode", "m1", level="measures", mitigates="measured"),
        code("b", "failure_mode", "m1", level="mentions", mitigates="yes"),
        code("c", "failure_mode", "m1", level="argues", mitigates="no"),
        code("a", "failure_mode", "m2", level="demonstrates", mitigates="no"),
    ]
    table = undermeasurement(final(rows), MODES, min_discussed=2).set_index("code")
    one = table.loc["m1"]
    counts = ["discussed", "argued", "demonstrated", "measured", "mitigated", "mitigation_measured"]
    assert [int(one[c]) for c in counts] == [3, 2, 1, 1, 2, 1]
    assert one["rate"] == pytest.approx(1 / 3)
    assert one["papers_measured"] == ("a",)
    assert table["note"].to_dict() == {"m1": "", "m2": "too few", "m3": "never discussed"}
    assert np.isnan(table.loc["m3", "rate"])


def test_nobody_has_coded_yet() -> None:
    table = undermeasurement(final([]), MODES)
    assert table["discussed"].tolist() == [0, 0, 0]
    assert set(table["note"]) == {"never discussed"}
