"""The smallest set of instruments: against enumeration, with ties, redundancy and modes that none covers."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audit.portfolio import instruments as plain_instruments
from analysis.audit.portfolio import smallest
from analysis.selection import tuples
from tests.coder_tables import ASKED
from tests.test_coverage import code, final
from workbench import open_survey
from workbench.answers.portfolio import in_words
from workbench.answers.portfolio import portfolio as question

instruments = partial(plain_instruments, asked=ASKED)

#: Codes that make a paper an instrument.
METHODS = ("benchmark-construction", "attack", "perturbation", "audit")
MODES = ["m1", "m2", "m3", "m4", "m5"]


def offered(held: dict[str, str]) -> pd.DataFrame:
    """Return instruments from ``{"a": "m1 m2"}``."""
    modes = [tuple(sorted(v.split())) for v in held.values()]
    return pd.DataFrame({"paper": list(held), "modes": tuples(modes)})


def test_an_instrument_offers_something_and_measures_with_it() -> None:
    rows = [
        code("a", "failure_mode", "m1", level="measures"),
        code("a", "failure_mode", "m2", level="measures"),
        code("a", "method", "attack"),
        code("b", "failure_mode", "m1", level="demonstrates"),
        code("b", "method", "attack"),
        code("c", "failure_mode", "m1", level="measures"),
        code("c", "method", "formal"),
        code("d", "failure_mode", "m1", level="measures"),
        code("d", "method", "audit"),
        code("d", "method", "attack"),
    ]
    table = instruments(final(rows), instrument=("method", METHODS))
    assert list(table["paper"]) == ["a", "d"]
    assert list(table["modes"]) == [("m1", "m2"), ("m1",)]
    assert list(table["methods"]) == [("attack",), ("attack", "audit")]
    assert list(instruments(final(rows), instrument=("method", ["formal"]))["paper"]) == ["c"]


def test_equals_are_named_once() -> None:
    found = smallest(offered({"a": "m1", "b": "m1", "d": "m2 m3", "e": "m3"}), ["m1", "m2", "m3"])
    assert found.size == 2 and list(found.chosen["instrument"]) == ["d", "a"]
    assert found.chosen.query("instrument == 'a'")["equals"].iloc[0] == ("a", "b")


def test_what_none_covers_is_said_and_not_demanded() -> None:
    found = smallest(offered({"a": "m1", "b": "m1"}), ["m1", "m2"], redundancy=3)
    assert found.size == 2
    assert list(found.demanded["note"]) == ["fewer than asked for", "no instrument"]
    assert list(found.demanded["demanded"]) == [2, 0]
    nothing = smallest(offered({}), ["m1"])
    assert (nothing.size, len(nothing.chosen)) == (0, 0)


HELD = st.dictionaries(
    st.sampled_from("abcdefg"), st.lists(st.sampled_from(MODES), min_size=1, unique=True), max_size=7
)


@settings(max_examples=60)
@given(HELD, st.integers(1, 2))
def test_it_covers_what_can_be_covered_and_no_smaller_set_does(
    held: dict[str, list[str]], redundancy: int
) -> None:
    found = smallest(offered({k: " ".join(v) for k, v in held.items()}), MODES, redundancy=redundancy)
    need = {m: min(redundancy, sum(m in v for v in held.values())) for m in MODES}

    def enough(chosen: Collection[str]) -> bool:
        return all(sum(m in held[p] for p in chosen) >= n for m, n in need.items())

    assert enough(list(found.chosen["instrument"])) and len(set(found.chosen["instrument"])) == found.size
    if found.size:
        assert not any(enough(chosen) for chosen in combinations(sorted(held), found.size - 1))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        smallest(offered({}), ["m1"], redundancy=0)
    with pytest.raises(ValueError, match="more than once"):
        smallest(offered({}), ["m1", "m1"])


def test_the_words_say_how_many_are_enough_and_what_none_measures() -> None:
    said = in_words(smallest(offered({"a": "m1", "b": "m1", "c": "m2"}), ["m1", "m2", "m3"]))
    assert said.startswith(
        "1 of 3 modes are measured by no coded instrument; 2 together measure all the others, and fewer cannot."
    )
    assert in_words(smallest(offered({}), ["m1"])) == "1 of 1 modes are measured by no coded instrument."


def test_the_answer_has_a_row_a_mode_with_its_instruments(pilot: Path) -> None:
    answer = question(open_survey(pilot))
    table, numbers = answer.tables["audit-portfolio"], {n.name: n.value for n in answer.numbers}
    assert len(table) == 39
    assert (table["instruments"] == table["papers"].map(len)).all()
    assert ((table["portfolio"].map(len) > 0) == (table["instruments"] > 0)).all()
    assert len({p for held in table["portfolio"] for p in held}) == numbers["PortfolioSize"]
    assert numbers["ModesWithoutInstrument"] == int((table["instruments"] == 0).sum())
