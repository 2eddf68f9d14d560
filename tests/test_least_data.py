"""Every analysis says how little is too little, and says so in a sentence that is true."""

from __future__ import annotations

import importlib
import inspect
import math

import pytest

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


def test_others_need_what_they_say() -> None:
    assert math.isnan(weighted_interval([], [])[0]) and weighted_interval([1], [1])[0] == 1
