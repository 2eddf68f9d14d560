"""Numbers of the prose and tables for print: how they are rounded, and that LaTeX takes them."""

from __future__ import annotations

import json
import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.answers.answer import Printed
from workbench.answers.numbers import Number, macro_name, numbers_json, numbers_tex, printed, printed_latex
from workbench.publishing.latex_tables import latex_table
from workbench.store.faults import Refused

STAMP = "data 1a2b3c4d · schema 1.0 · 0 % human-verified · data of 2026-11-24"


def number(name: str, value: float | str | None = 1, form: str = "count") -> Number:
    return Number(name, value, form, "papers", "what it says")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "form", "text", "latex"),
    [
        (5457, "count", "5,457", "5{,}457"),
        (0.2857, "percent", "29%", r"29\%"),
        (0.004, "percent", "<1%", r"\ensuremath{<}1\%"),
        (0.996, "percent", ">99%", r"\ensuremath{>}99\%"),
        (-0.004, "percent", ">-1%", r"\ensuremath{>}\ensuremath{-}1\%"),
        (-0.28, "percent", "-28%", r"\ensuremath{-}28\%"),
        (0, "percent", "0%", r"0\%"),
        (1, "percent", "100%", r"100\%"),
        (0.2857, "percent1", "28.6%", r"28.6\%"),
        (-0.232, "decimal2", "-0.23", r"\ensuremath{-}0.23"),
        (0.0004, "percent1", "<0.1%", r"\ensuremath{<}0.1\%"),
        (0.9996, "percent1", ">99.9%", r"\ensuremath{>}99.9\%"),
        (1, "percent1", "100.0%", r"100.0\%"),
        (-0.001, "decimal2", "-0.001", r"\ensuremath{-}0.001"),
        (0.9978, "decimal2", "0.998", "0.998"),
        (-0.9978, "decimal2", "-0.998", r"\ensuremath{-}0.998"),
        (0.99996, "decimal2", ">0.999", r"\ensuremath{>}0.999"),
        (-0.99996, "decimal2", "<-0.999", r"\ensuremath{<}\ensuremath{-}0.999"),
        (0.00004, "decimal2", "<0.001", r"\ensuremath{<}0.001"),
        (0, "decimal2", "0.00", "0.00"),
        (1e-17, "decimal2", "0.00", "0.00"),
        (1, "decimal2", "1.00", "1.00"),
        (1 - 1e-16, "decimal2", "1.00", "1.00"),
        (1.004, "decimal2", "1.00", "1.00"),
        (0.97, "decimal1", "0.97", "0.97"),
        (4.83, "decimal1", "4.8", "4.8"),
        (0.9997, "p", ">0.999", r"\ensuremath{>}0.999"),
        (1, "p", "1.000", "1.000"),
        (0.0001, "p", "<0.001", r"\ensuremath{<}0.001"),
        (0.0005, "p", "0.001", "0.001"),
        (0.52, "p", "0.520", "0.520"),
        (2026, "year", "2026", "2026"),
        ("A & B", "words", "A & B", r"A \& B"),
        (None, "count", "n/a", "n/a"),
        (math.nan, "decimal2", "n/a", "n/a"),
    ],
)
def test_each_form_has_one_way_of_rounding(value: float, form: str, text: str, latex: str) -> None:
    assert printed(value, form) == text  # type: ignore[arg-type]
    assert printed_latex(value, form) == latex  # type: ignore[arg-type]


@given(st.floats(0, 1))
def test_a_share_is_printed_as_nothing_or_all_only_when_it_is(share: float) -> None:
    text = printed(share, "percent")
    assert (text == "0%") == (share == 0)
    assert (text == "100%") == (share == 1)
    assert abs(float(text.strip("<>%")) - 100 * share) <= 1


@given(st.floats(-1, 1), st.sampled_from(["decimal1", "decimal2", "decimal3"]))
def test_no_coefficient_is_rounded_to_nothing_or_to_perfection(value: float, form: str) -> None:
    text = printed(value, form)  # type: ignore[arg-type]
    if text[0] in "<>":
        assert not 1e-12 < abs(value) < 1 - 1e-12 or abs(value) < 0.01 or abs(value) > 0.99
        return
    assert (float(text) == 0) == (abs(value) <= 1e-12)
    assert (abs(float(text)) == 1) == (abs(value) >= 1 - 1e-12)


def test_a_macro_a_number_sorted_with_unit_and_rounding() -> None:
    text = numbers_tex([number("Zoo", 0.5, "percent"), number("Apes", 1234)], STAMP)
    lines = text.splitlines()
    assert lines[0] == f"% {STAMP}"
    assert lines[2].startswith(r"\newcommand{\SurveyApes}{1{,}234} % what it says [papers; whole number")
    assert lines[3].startswith(r"\newcommand{\SurveyZoo}{50\%}")
    held = json.loads(numbers_json([number("Zoo", 1 / 3, "percent"), number("None", math.nan)], STAMP))
    assert held["stamp"] == STAMP
    assert held["numbers"]["SurveyZoo"]["printed"] == "33%"
    assert held["numbers"]["SurveyZoo"]["value"] == pytest.approx(1 / 3)
    # What cannot be told would stand in a sentence as a hole.
    assert "SurveyNone" not in held["numbers"]
    assert numbers_tex([number("None", math.nan)], STAMP).count("newcommand") == 0


def test_a_name_that_latex_cannot_take_or_that_stands_twice_is_refused() -> None:
    with pytest.raises(Refused, match="letters only"):
        numbers_tex([number("P2")], STAMP)
    with pytest.raises(Refused, match="given twice"):
        numbers_json([number("P"), number("P")], STAMP)
    assert macro_name("judge-bias") == "JudgeBias"
    assert macro_name("h2o_test") == "HTwoOTest"
    assert re.fullmatch("[A-Za-z]+", macro_name("a-1-b"))


def test_a_table_for_print_escapes_its_words_and_rounds_its_numbers() -> None:
    table = pd.DataFrame({"Mode": ["A & B", "C_d"], "Rate": [0.25, None], "n": [3, 10], "Why": ["p < 1", ""]})
    held = Printed("rates", "Rates, in %.", table, {"Rate": "percent", "n": "count"}, note="Not many.")
    text = latex_table(held, STAMP)
    assert r"A \& B & 25\% & 3 & p \ensuremath{<} 1 \\" in text
    assert r"C\_d & -- & 10 & -- \\" in text
    assert r"\begin{tabular}{@{}lrrl@{}}" in text
    assert r"\caption{Rates, in \%.}" in text
    assert r"\label{tab:rates}" in text
    assert r"0 \% human-verified" in text
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    with pytest.raises(ValueError, match="no column Share"):
        latex_table(Printed("x", "c", table, {"Share": "percent"}), STAMP)


def test_a_wide_table_is_set_smaller_and_its_widest_columns_wrapped() -> None:
    said = "a remark of many words " * 6
    table = pd.DataFrame({"Name": ["x"], "A long heading of numbers": [1], "Remark": [said.strip()]})
    text = latex_table(Printed("w", "c", table, {"A long heading of numbers": "count"}), STAMP)
    form = re.search(r"begin\{tabular\}\{@\{\}(.*)@\{\}\}", text)
    assert form
    assert r">{\raggedright\arraybackslash}p{" in form[1]
    assert sum(int(w) for w in re.findall(r"p\{(\d+)pt\}", form[1])) < 390
    assert r"\footnotesize\setlength{\tabcolsep}{3pt}" in text
    assert r"\usepackage{array,booktabs}" in text


def test_a_table_without_rows_says_none() -> None:
    empty = latex_table(Printed("x", "Nothing.", pd.DataFrame({"A": [], "B": []}), {}), STAMP)
    assert r"\multicolumn{2}{l}{None.} \\" in empty
