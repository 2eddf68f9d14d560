"""Every analysis says how little is too little, and says so in a sentence that is true."""

from __future__ import annotations

import importlib
import inspect
import math

import numpy as np
import pandas as pd
import pytest

from analysis.audit.instability import LEAST, instability
from analysis.audit.panel import panel_power
from analysis.smallsample import LEAST as LEAST_UNITS
from analysis.smallsample import correlation, correlation_interval, correlation_test
from analysis.validation import weighted_interval
from analysis.weights import kish

MODULES = (
    *(
        "agreement",
        "audit",
        "claims",
        "corrected",
        "first_dates",
        "instability",
        "portfolio",
        "sensitivity",
        "sides",
    ),
    *("trends", "audit.trilemma", "validation", "weights"),
)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_function_names_the_least_data_it_needs(name: str) -> None:
    module = importlib.import_module(f"analysis.{name}")
    mine = [
        (called, function)
        for called, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not called.startswith("_")
    ]
    assert mine
    silent = [called for called, function in mine if "Least data: " not in (inspect.getdoc(function) or "")]
    assert silent == []


def test_correlations_need_what_they_say() -> None:
    assert LEAST_UNITS == 3
    assert math.isnan(correlation([1, 2], [2, 1])) and correlation([1, 2, 3], [2, 1, 3]) == pytest.approx(0.5)
    assert math.isnan(correlation_interval([1, 2, 3], [2, 1, 3]).low)
    assert not math.isnan(correlation_interval([1, 2, 3, 4], [2, 1, 3, 5]).low)
    two, three = ([0, 0, 1, 1], [0, 0, 1, 2])
    assert math.isnan(correlation_test([1, 2, 3, 4], [5, 5, 6, 6], groups=two).p)
    assert not math.isnan(correlation_test([1, 2, 3, 4], [5, 5, 6, 7], groups=three).p)


def test_variance_components_need_four_values_of_two_objects() -> None:
    assert LEAST == 4

    def of(objects: str) -> pd.DataFrame:
        table = pd.DataFrame({"object": list(objects), "value": np.arange(float(len(objects))) ** 2})
        return instability(table, unit="object", facets=[], draws=99)

    assert of("aabb")["share"].notna().any()
    assert of("aabc")["share"].isna().all()  # what was measured once says nothing
    assert of("aaaa")["note"].str.startswith("not estimable").all()


def test_others_need_what_they_say() -> None:
    assert math.isnan(weighted_interval([], [])[0]) and weighted_interval([1], [1])[0] == 1
    assert (kish([]), kish([2])) == (0.0, 1.0)
    models = pd.DataFrame(
        {"model": list("abcd"), "developer": list("abcc"), "weights": ["open"] * 4, "complete": [True] * 4}
    )
    power = panel_power(models, rhos=[0.5]).set_index("unit")["power"]
    assert not math.isnan(power["model"]) and math.isnan(power["developer"])
