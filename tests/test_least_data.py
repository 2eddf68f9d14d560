"""Every analysis says how little is too little, and says so in a sentence that is true."""

from __future__ import annotations

import importlib
import inspect
import math

import numpy as np
import pandas as pd
import pytest

from analysis.audit.instability import LEAST, instability
from analysis.validation import weighted_interval

MODULES = (
    *(
        "agreement",
        "audit.claims",
        "audit.clustered",
        "audit.instability",
        "audit.panel",
        "audit.portfolio",
        "audit.trilemma",
        "corrected",
        "first_dates",
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
