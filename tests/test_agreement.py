"""Agreement: coefficients against published vectors and an oracle, tables against counting by hand."""

from __future__ import annotations

import json
import math
import random
import warnings
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.agreement import agreement as plain_agreement
from analysis.coefficients import (
    METRICS,
    binary_estimates,
    gwet_ac1,
    krippendorff_alpha,
    observed_agreement,
    pair_posterior,
)
from analysis.presence import (
    ABSENT,
    NO_INFORMATION,
    NOT_ASSESSABLE,
    NOT_SIGNED,
    PRESENT,
    compare,
    states_of,
)
from tests.coder_tables import ASKED, NAN, PEOPLE, T1, T2, T3, codes, coding, laid_out, tables, values_of
from workbench.answers.agreement import agreed
from workbench.store.survey import open_survey

agreement = partial(plain_agreement, asked=ASKED)

# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C/D: 4 observers, 12 units, missing values.
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
# Gwet's two abstractors, three categories.
GWET_TABLE = ((13, 0, 0), (0, 20, 7), (0, 4, 56))
GWET = np.array([(a, b) for a in range(3) for b in range(3) for _ in range(GWET_TABLE[a][b])], dtype=float).T


def test_krippendorffs_own_example() -> None:
    wanted = {"nominal": 0.7434, "ordinal": 0.8154}
    for level, value in wanted.items():
        assert krippendorff_alpha(KRIPPENDORFF, level) == pytest.approx(value, abs=5e-5)


def test_gwets_own_example() -> None:
    assert gwet_ac1(GWET) == pytest.approx(0.84933, abs=5e-6)
    assert krippendorff_alpha(GWET) == pytest.approx(0.79726, abs=5e-6)
    assert observed_agreement(GWET) == pytest.approx(0.89)


IRRCAC = json.loads((Path(__file__).parent / "fixtures/agreement_irrcac.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", IRRCAC, ids=lambda c: c["name"])
def test_three_coders_with_missing_values_are_those_of_irrcac(case: dict[str, Any]) -> None:
    """AC1 and alpha; ``origin`` in the fixture says how the numbers were made."""
    values = np.array([[NAN if v == "." else float(v) for v in coder] for coder in case["coders"]])
    assert gwet_ac1(values, range(case["categories"])) == pytest.approx(case["ac1"], abs=1e-9)
    assert krippendorff_alpha(values) == pytest.approx(case["alpha"], abs=1e-9)
    # Gwet takes the shares of the categories over units of one value too; we do not, and say so.
    alone = case["single_valued_units"] > 0
    assert (
        gwet_ac1(values, range(case["categories"])) != pytest.approx(case["ac1_with_single_valued_units"])
    ) == alone


def test_the_vectorised_coefficients_are_those_of_irrcac_too() -> None:
    for case in (c for c in IRRCAC if c["categories"] == 2):
        values = np.array([[NAN if v == "." else float(v) for v in coder] for coder in case["coders"]])
        made = {
            e.statistic: e.draws[0, 0]
            for e in binary_estimates(values.T[:, None, :], np.ones((1, values.shape[1])), None)
        }
        assert made["ac1"] == pytest.approx(case["ac1"], abs=1e-9)
        assert made["alpha_nominal"] == pytest.approx(case["alpha"], abs=1e-9)


COEFFICIENTS: dict[str, Callable[[NDArray[np.float64]], float]] = {
    **{f"alpha {m}": lambda v, m=m: krippendorff_alpha(v, m) for m in METRICS},
    "ac1": gwet_ac1,
    "observed": observed_agreement,
}
cells = st.sampled_from([0.0, 1.0, 2.0, 3.0, NAN])
arrays = st.integers(2, 4).flatmap(
    lambda m: st.lists(st.lists(cells, min_size=m, max_size=m), min_size=1, max_size=12).map(
        lambda rows: np.array(rows).T
    )
)


def same(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or a == pytest.approx(b, abs=1e-9)


@pytest.mark.parametrize("name", COEFFICIENTS)
class TestEveryCoefficient:
    """The battery that each of them must pass."""

    def test_perfect_agreement_is_one(self, name: str) -> None:
        row = np.array([0.0, 1, 2, 1, 0, 3])
        assert COEFFICIENTS[name](np.array([row, row, row])) == pytest.approx(1.0)

    def test_nothing_to_compare_is_missing(self, name: str) -> None:
        for empty in (np.empty((2, 0)), np.array([[0.0, NAN], [NAN, 1.0]]), np.array([[0.0, 1.0, 2.0]])):
            assert math.isnan(COEFFICIENTS[name](empty))

    def test_two_dimensions_and_finite(self, name: str) -> None:
        with pytest.raises(ValueError, match="two dimensions"):
            COEFFICIENTS[name](np.array([1.0, 2.0]))
        with pytest.raises(ValueError, match="finite"):
            COEFFICIENTS[name](np.array([[1.0, np.inf], [1.0, 2.0]]))

    @settings(max_examples=40, deadline=None)
    @given(values=arrays, order=st.randoms())
    def test_the_order_of_coders_and_units_changes_nothing(
        self, name: str, values: NDArray[np.float64], order: random.Random
    ) -> None:
        coders, units = list(range(len(values))), list(range(values.shape[1]))
        order.shuffle(coders)
        order.shuffle(units)
        assert same(COEFFICIENTS[name](values), COEFFICIENTS[name](values[coders][:, units]))

    @settings(max_examples=40, deadline=None)
    @given(values=arrays, alone=st.lists(st.sampled_from([0.0, 1.0, 5.0, NAN]), min_size=1, max_size=4))
    def test_units_with_fewer_than_two_values_are_ignored(
        self, name: str, values: NDArray[np.float64], alone: list[float]
    ) -> None:
        more = np.full((len(values), len(alone)), NAN)
        more[0] = alone
        assert same(COEFFICIENTS[name](values), COEFFICIENTS[name](np.hstack([values, more])))


@settings(max_examples=150, deadline=None)
@given(values=arrays, level=st.sampled_from(METRICS))
def test_alpha_equals_the_krippendorff_package(values: NDArray[np.float64], level: str) -> None:
    pairable = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    assume(len(np.unique(pairable[~np.isnan(pairable)])) > 1)
    oracle = krippendorff.alpha(reliability_data=pairable, level_of_measurement=level)
    assert krippendorff_alpha(values, level) == pytest.approx(oracle, abs=1e-9)


def test_a_constant_is_undefined_but_ac1_knows_that_another_value_was_possible() -> None:
    never = np.zeros((2, 9))
    assert math.isnan(krippendorff_alpha(never))
    assert math.isnan(gwet_ac1(never))
    assert gwet_ac1(never, categories=(0, 1)) == 1.0
    with pytest.raises(ValueError, match="outside"):
        gwet_ac1(never, categories=(1, 2))
    with pytest.raises(ValueError, match="did you mean 'ordinal'"):
        krippendorff_alpha(never, "ordnal")


# ---------------------------------------------------------------- tables


def presence(
    held: pd.DataFrame,
    signs: pd.DataFrame,
    facet: str,
    codes: list[str],
    *,
    schema: str | None = None,
    blind: bool = True,
    assessable: set[tuple[str, str]] | None = None,
) -> dict[tuple[str, str, str], int]:
    """(paper, code, coder) -> the state that agreement is computed from."""
    given = {"basis": "abstract", "papers": None, "coders": None, "schema": schema, "blind": blind}
    found = compare(held, signs, **given)  # type: ignore[arg-type]
    states, _ = states_of(found, facet, codes, assessable)
    names = product(found.papers, codes, found.coders)
    return dict(zip(names, states.ravel().tolist(), strict=True))


def test_presence_tells_absent_from_not_said() -> None:
    held, signs = tables(
        [
            coding("a", "ada", "m1", level="argues"),
            coding("a", "ada", "m2", state="no-information"),
            coding("b", "bob", "m1", level="argues"),  # never signed off
            coding("a", "bob", "m1", level="argues"),
            coding("a", "bob", "m1", state="withdrawn", revision="2"),
            coding("a", "bob", "m2", level="argues", schema="0.9"),  # another schema
        ],
        [("a", "ada"), ("a", "bob"), ("b", "ada")],
    )
    values = presence(
        held,
        signs,
        "failure_mode",
        ["m1", "m2", "m3"],
        assessable={("failure_mode", m) for m in ("m1", "m2")},
    )
    assert len(values) == 2 * 3 * 2
    assert values["a", "m1", "ada"] == PRESENT
    assert values["a", "m1", "bob"] == ABSENT
    assert values["a", "m2", "bob"] == ABSENT
    assert values["b", "m1", "ada"] == ABSENT
    assert values["a", "m2", "ada"] == NO_INFORMATION
    assert values["a", "m3", "ada"] == NOT_ASSESSABLE
    assert values["b", "m1", "bob"] == NOT_SIGNED
    with pytest.raises(ValueError, match="pairs"):
        presence(held, signs, "failure_mode", ["m1"], assessable={"m1"})  # type: ignore[arg-type]


def test_what_was_written_after_seeing_the_other_is_not_blind() -> None:
    held, signs = tables(
        [
            coding("a", "ada", "m1", level="argues"),
            coding(
                "a", "ada", "m1", level="argues", state="withdrawn", revision="2", at=T2
            ),  # bob not yet done
            coding("a", "ada", "m2", level="argues"),
            coding("a", "ada", "m2", level="argues", state="withdrawn", revision="2", at=T3),  # after bob
            coding("a", "bob", "m3", level="argues", revision="2", at=T3),
        ],
        [("a", "ada", "1.0", T1), ("a", "bob", "1.0", T2)],
    )
    modes = ["m1", "m2", "m3"]
    alone = presence(held, signs, "failure_mode", modes)
    assert [alone["a", m, "ada"] for m in modes] == [ABSENT, PRESENT, ABSENT]
    assert alone["a", "m3", "bob"] == ABSENT
    today = presence(held, signs, "failure_mode", modes, blind=False)
    assert [today["a", m, "ada"] for m in modes] == [ABSENT, ABSENT, ABSENT]
    assert today["a", "m3", "bob"] == PRESENT


def test_the_newest_schema_that_two_coders_share() -> None:
    held, signs = tables(
        [
            coding("a", "ada", "m1", level="argues", schema="1.9"),
            coding("a", "bob", "m1", level="argues", schema="1.10"),
            coding("a", "ada", "m2", level="argues", schema="1.10"),
        ],
        [
            ("a", "ada", "1.9"),
            ("a", "bob", "1.9"),
            ("a", "ada", "1.10"),
            ("a", "bob", "1.10"),
            ("a", "ada", "2.0"),
        ],
    )
    values = presence(held, signs, "failure_mode", ["m1", "m2"])
    assert values == {
        ("a", "m1", "ada"): ABSENT,
        ("a", "m1", "bob"): PRESENT,
        ("a", "m2", "ada"): PRESENT,
        ("a", "m2", "bob"): ABSENT,
    }
    old = presence(held, signs, "failure_mode", ["m1"], schema="1.9")
    assert old["a", "m1", "ada"] == PRESENT


#: ada and bob on ten papers: both see m1 in a-d, ada alone in e, bob alone in f; m2 is never seen.
TEN = "abcdefghij"
SEEN = {"ada": "abcde", "bob": "abcdf"}


def ten(level: Callable[[str, str], str] = lambda p, c: "argues") -> tuple[pd.DataFrame, pd.DataFrame]:
    return tables(
        [coding(p, c, "m1", level=level(p, c)) for c, seen in SEEN.items() for p in seen],
        [(p, c) for c in SEEN for p in TEN],
    )


def cell(table: pd.DataFrame, name: str, statistic: str) -> pd.Series:
    found = table[(table["code"] == name) & (table["statistic"] == statistic)]
    assert len(found) == 1
    return found.iloc[0]


def test_agreement_by_hand() -> None:
    # 4 both, 2 one, 4 neither: Po = 0.8, each says yes to half. pi = 0.5, so AC1 = 0.6;
    # alpha = 1 - 19 * 2 / (10 * 10) = 0.62.
    held, signs = ten()
    table = agreement(held, signs, codes("m1", "m2"), coder_kinds=PEOPLE, draws=200)
    for statistic, value in {
        "prevalence": 0.5, "observed": 0.8, "ac1": 0.6, "alpha_nominal": 0.62,
    }.items():  # fmt: skip
        row = cell(table, "m1", statistic)
        assert row["value"] == pytest.approx(value)
        assert row["low"] <= value <= row["high"]
        assert (row["papers"], row["positives"], row["prevalence"]) == (10, 6, pytest.approx(0.5))
        assert str(row["note"]).endswith("fewer than 10 positives")
        assert row["kind"] == "inter-coder"
    never = cell(table, "m2", "alpha_nominal")
    assert np.isnan(never["value"])
    assert never["note"] == "fewer than 10 positives; undefined: no variation"
    assert cell(table, "m2", "ac1")["value"] == 1.0
    # Twenty paper x code units: o10 = 2, ones = 10, all = 40.
    assert cell(table, "", "alpha_nominal")["value"] == pytest.approx(1 - 39 * 2 / (10 * 30))
    assert cell(table, "", "alpha_nominal_mean")["value"] == pytest.approx(0.62)
    assert "mean over 1 of 2 codes" in cell(table, "", "alpha_nominal_mean")["note"]
    assert cell(table, "", "exact_set")["value"] == pytest.approx(0.8)
    assert cell(table, "", "observed")["value"] == pytest.approx(0.9)


def test_levels_are_compared_where_all_coders_saw_the_mode() -> None:
    levels = {"a": ("mentions", "mentions"), "b": ("argues", "measures"), "c": ("measures", "measures")}
    held, signs = ten(lambda p, c: levels.get(p, ("argues", "argues"))[c == "bob"])
    row = cell(agreement(held, signs, codes("m1"), coder_kinds=PEOPLE, draws=0), "m1", "alpha_ordinal")
    wanted = krippendorff_alpha([[1.0, 2, 4, 2], [1.0, 4, 4, 2]], "ordinal")
    assert row["value"] == pytest.approx(wanted)
    assert row["papers"] == 4
    assert "no interval asked for" in row["note"]


def test_two_models_agree_between_passes_only() -> None:
    held, signs = ten()
    models = {"ada": "language-model", "bob": "language-model"}
    assert set(agreement(held, signs, codes("m1"), coder_kinds=models, draws=0)["kind"]) == {"inter-pass"}
    mixed = {"ada": "language-model", "bob": "human"}
    assert set(agreement(held, signs, codes("m1"), coder_kinds=mixed, draws=0)["kind"]) == {"inter-coder"}
    with pytest.raises(ValueError, match="coder='bob'"):
        agreement(held, signs, codes("m1"), coder_kinds={"ada": "human"})
    with pytest.raises(ValueError, match="did you mean 'language-model'"):
        agreement(held, signs, codes("m1"), coder_kinds={"ada": "human", "bob": "language model"})


def test_degenerate_inputs_are_explained() -> None:
    def all_explained(table: pd.DataFrame) -> bool:
        lacking = table["value"].isna() | table["low"].isna()
        return bool((table.loc[lacking, "note"] != "").all())

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        held, signs = tables([], [])
        table = agreement(held, signs, codes("m1"), coder_kinds={})
        assert set(table["note"]) == {
            "no paper coded by two coders",
            "no paper in which all its coders saw the mode",
        }
        held, signs = tables([coding("a", "ada", "m1", level="argues")], [("a", "ada"), ("b", "ada")])
        assert all_explained(agreement(held, signs, codes("m1"), coder_kinds=PEOPLE))
        held, signs = tables([coding("a", "ada", "m1", level="argues")], [("a", "ada"), ("a", "bob")])
        one = agreement(held, signs, codes("m1"), coder_kinds=PEOPLE)
        assert all_explained(one)
        assert "one paper: no interval" in cell(one, "m1", "observed")["note"]
        everyone = [coding(p, c, "m1", level="argues") for p in TEN for c in SEEN]
        held, signs = tables(everyone, [(p, c) for p in TEN for c in SEEN])
        agreed = agreement(held, signs, codes("m1"), coder_kinds=PEOPLE, draws=50)
        assert all_explained(agreed)
        assert cell(agreed, "m1", "alpha_nominal")["note"] == "undefined: no variation"
        assert cell(agreed, "m1", "ac1")["low"] < 1  # nobody saw it: the posterior does not claim certainty
        hidden = agreement(held, signs, codes("m1"), coder_kinds=PEOPLE, draws=9, assessable=set())
        assert set(hidden["note"]) == {"not assessable on this basis"}
        assert hidden["value"].isna().all()


@settings(max_examples=40, deadline=None)
@given(values_of)
def test_the_table_equals_the_coefficients_one_by_one(grid: list[list[int | None]]) -> None:
    held, signs, cube = laid_out(grid)
    table = agreement(held, signs, codes("m0", "m1"), coder_kinds=PEOPLE, draws=0)
    one_by_one: dict[str, Callable[[NDArray[np.float64]], float]] = {
        "observed": observed_agreement,
        "alpha_nominal": krippendorff_alpha,
        "ac1": lambda v: gwet_ac1(v, categories=(0, 1)),
    }
    for name, array in {
        "m0": cube[:, 0, :].T,
        "m1": cube[:, 1, :].T,
        "": cube.transpose(2, 0, 1).reshape(3, -1),
    }.items():
        for statistic, function in one_by_one.items():
            row = cell(table, name, statistic)
            assert same(row["value"], function(array)), (name, statistic)
            assert not np.isnan(row["value"]) or row["note"]


def test_weighting_is_resampling() -> None:
    """The interval from weights is that of a plain loop over the very same resamples."""
    rng = np.random.default_rng(3)
    grid = [[int(rng.random() < 0.4) for _ in range(6)] for _ in range(12)]
    held, signs, cube = laid_out(grid)
    table = agreement(held, signs, codes("m0", "m1"), coder_kinds=PEOPLE, draws=60, seed=5)
    drawn = np.random.default_rng(5).multinomial(12, np.full(12, 1 / 12), size=60)
    for statistic, function in {"alpha_nominal": krippendorff_alpha}.items():
        looped = [function(np.repeat(cube[:, 0, :], weight, axis=0).T) for weight in drawn]
        low, high = np.nanquantile(looped, [0.025, 0.975])
        row = cell(table, "m0", statistic)
        assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
        assert row["undefined_draws"] == int(np.isnan(looped).sum())


# ---------------------------------------------------------------- sets of codes, pairs of coders


def test_intervals_of_a_rare_code_come_from_the_posterior() -> None:
    """Both coders saw it once in ten papers and never parted: alpha is 1, and its interval is not."""
    held, signs = tables(
        [coding("a", c, "m1", level="argues") for c in SEEN], [(p, c) for c in SEEN for p in TEN]
    )
    table = agreement(held, signs, codes("m1"), coder_kinds=PEOPLE, draws=2_000)
    row = table[(table["code"] == "m1") & (table["statistic"] == "alpha_nominal")].iloc[0]
    assert row["value"] == 1 and row["low"] < 0.8 and row["high"] > 0.9


def test_the_posterior_is_that_of_the_shares() -> None:
    """With many papers the draws are those of the three shares; alpha and AC1 as defined on them."""
    both, one, neither = (np.array([n]) for n in (600, 200, 1200))
    made = pair_posterior(both, one, neither, draws=4_000, seed=1)
    seen, mixed = (600 + 100) / 2000, 0.1
    assert made["prevalence"].mean() == pytest.approx(seen, abs=0.002)
    assert made["alpha_nominal"].mean() == pytest.approx(1 - mixed / (2 * seen * (1 - seen)), abs=0.005)
    assert made["ac1"].mean() == pytest.approx(1 - mixed / (1 - 2 * seen * (1 - seen)), abs=0.005)


@pytest.mark.parametrize("prevalence", [0.02, 0.1])
@pytest.mark.parametrize("alpha", [0.6, 0.9])
def test_intervals_of_single_codes_hold_alpha(prevalence: float, alpha: float) -> None:
    mixed = (1 - alpha) * 2 * prevalence * (1 - prevalence)
    shares = [prevalence - mixed / 2, mixed, 1 - prevalence - mixed / 2]
    counts = np.random.default_rng(2).multinomial(195, shares, size=600)
    drawn = pair_posterior(*counts.T, draws=400, seed=3)["alpha_nominal"]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert 0.92 <= ((low <= alpha) & (alpha <= high)).mean() <= 0.99


def test_agreement_of_the_pilot_on_presence_and_on_measuring(pilot: Path) -> None:
    """It is printed on presence; on what the survey asks, measured or not, it is lower."""
    answer = agreed(open_survey(pilot))
    table = answer.tables["agreement"].set_index(["facet", "question"])
    at = [
        table.loc[("failure_mode", q), "alpha"]
        for q in ("presence", "measured", "measured or one level below")
    ]
    assert at == pytest.approx([0.965, 0.857, 0.804], abs=0.0005)
    for question in ("presence", "measured", "measured or one level below"):
        row = table.loc[("failure_mode", question)]
        assert row["low"] < row["alpha"] < row["high"]
    by_code = answer.tables["agreement-codes"]
    told = by_code[by_code["alpha"].notna()]
    # No interval of zero width is left, and none is missing.
    assert (told["high"] - told["low"] > 0.01).all()
    assert set(answer.tables) == {"agreement", "agreement-codes"}
    assert len(answer.figures) == 1 and len(answer.figures[0].description.split()) <= 60
