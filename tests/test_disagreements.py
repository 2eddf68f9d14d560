"""Where coders part: confusion of neighbours and the queue of what to settle first, against counting by hand."""

from __future__ import annotations

import itertools
from functools import partial

import pandas as pd
import pytest
from hypothesis import given, settings

from analysis.disagreements import confusion as plain_confusion
from analysis.disagreements import disagreements as plain_disagreements
from tests.coder_tables import ASKED, PEOPLE, codes, coding, laid_out, tables, values_of

confusion = partial(plain_confusion, facet="failure_mode")
disagreements = partial(plain_disagreements, asked=ASKED)


@settings(max_examples=40, deadline=None)
@given(values_of)
def test_confusion_equals_counting_by_hand(grid: list[list[int | None]]) -> None:
    held, signs, cube = laid_out(grid)
    modes = pd.DataFrame({"code": ["m0", "m1"], "neighbours": [("m1",), ()]})
    table = confusion(held, signs, modes)
    wanted = tuple(
        f"p{p:02}"
        for p in range(len(grid))
        if any(
            (cube[p, 0, i], cube[p, 1, i], cube[p, 0, j], cube[p, 1, j]) == (1, 0, 0, 1)
            for i, j in itertools.permutations(range(3), 2)
        )
    )
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["a"], row["b"], row["neighbours"], row["n"], row["papers"]) == (
        "m0",
        "m1",
        True,
        len(wanted),
        wanted,
    )
    assert row["either"] >= row["n"]


def test_confusion_of_modes_nobody_called_neighbours() -> None:
    held, signs = tables(
        [coding("a", "ada", "m1", level="argues"), coding("a", "bob", "m2", level="argues")],
        [("a", "ada"), ("a", "bob"), ("b", "ada")],
    )
    modes = pd.DataFrame({"code": ["m1", "m2", "m3"], "neighbours": [("m3", "gone"), (), ("m1",)]})
    found = confusion(held, signs, modes)
    assert found[["a", "b", "n"]].to_numpy().tolist() == [["m1", "m2", 1], ["m1", "m3", 0]]
    assert found["papers"].tolist() == [("a",), ()]


def test_the_queue_holds_codes_that_only_one_coder_calls_principal() -> None:
    held, signs = tables(
        [
            coding("a", "ada", "t", facet="optimisation_pressure", principal="yes"),
            coding("a", "ada", "s", facet="optimisation_pressure", principal="no"),
            coding("a", "bob", "t", facet="optimisation_pressure", principal="no"),
            coding("a", "bob", "s", facet="optimisation_pressure", principal="yes"),
            coding("b", "ada", "t", facet="optimisation_pressure", principal="no"),
            coding("b", "bob", "t", facet="optimisation_pressure"),
        ],
        [(p, c) for p in "ab" for c in ("ada", "bob")],
    )
    queue = disagreements(held, signs, codes("t", "s", facet="optimisation_pressure"))
    assert queue[["paper", "code", "kind", "values"]].to_numpy().tolist() == [
        ["a", "s", "principal", "ada: no; bob: yes"],
        ["a", "t", "principal", "ada: yes; bob: no"],
    ]


def test_the_queue_puts_first_what_moves_the_rate() -> None:
    held, signs = tables(
        [
            coding("a", "ada", "m1", level="measures", role="own-result", mitigates="no"),
            coding("a", "bob", "m1", level="argues", role="own-result", mitigates="yes"),
            coding("b", "ada", "m1", level="mentions", role="background", mitigates="no"),
            coding("c", "ada", "m2", level="mentions", role="own-result", mitigates="no"),
            coding("c", "bob", "m2", level="argues", role="background", mitigates="no"),
            coding("d", "ada", "s1", facet="stream"),
            coding("e", "ada", "m3", state="no-information"),
        ],
        [(p, c) for p in "abcde" for c in ("ada", "bob")],
    )
    wanted = pd.concat([codes("m1", "m2", "m3"), codes("s1", facet="stream")])
    queue = disagreements(held, signs, wanted)
    assert queue[["paper", "code", "kind"]].to_numpy().tolist() == [
        ["a", "m1", "level"],
        ["b", "m1", "presence"],
        ["c", "m2", "level"],
        ["d", "s1", "presence"],
        ["a", "m1", "mitigates"],
        ["c", "m2", "role"],
        ["e", "m3", "presence"],
    ]
    assert queue["values"].tolist()[:2] == [
        "ada: measures; bob: argues",
        "ada: present (mentions); bob: absent",
    ]
    assert queue["values"].tolist()[-1] == "ada: no information; bob: absent"
    # m1 is seen in two papers, so its fraction is 1 / 3.
    assert queue["weight"].tolist()[:2] == [pytest.approx(5 + 1 / 3), pytest.approx(4 + 1 / 3)]
    done = pd.DataFrame({"paper": ["a"], "facet": ["failure_mode"], "code": ["m1"]})
    assert len(disagreements(held, signs, wanted, decided=done)) == 5
    nobody = disagreements(*tables([], []), wanted)
    assert list(nobody.columns) == ["paper", "facet", "code", "kind", "values", "weight"]
    assert nobody.empty


def test_three_coders_can_differ_on_presence_and_level_at_once() -> None:
    held, signs = tables(
        [coding("a", "ada", "m1", level="measures"), coding("a", "bob", "m1", level="argues")],
        [("a", c) for c in PEOPLE],
    )
    queue = disagreements(held, signs, codes("m1"))
    assert queue["kind"].tolist() == ["level", "presence"]
    assert queue["values"].tolist()[1] == "ada: present (measures); bob: present (argues); cyd: absent"
    pair = disagreements(held, signs, codes("m1"), coders=["ada", "bob"])
    assert pair["kind"].tolist() == ["level"]


def test_the_share_confused_has_an_interval_or_a_reason() -> None:
    papers = [f"p{n:02}" for n in range(12)]
    held, signs = tables(
        [coding(p, "ada", "m1", level="argues") for p in papers]
        + [coding(p, "bob", "m1" if p > "p02" else "m2", level="argues") for p in papers]
        + [coding("p00", "ada", "m4", level="argues"), coding("p00", "bob", "m5", level="argues")],
        [(p, c) for p in papers for c in ("ada", "bob")],
    )
    modes = pd.DataFrame(
        {"code": ["m1", "m2", "m3", "m4", "m5"], "neighbours": [("m2",), (), ("m6",), ("m5",), ()]}
    )
    modes.loc[4, "neighbours"] = [("m3",)]
    table = confusion(held, signs, modes).set_index(["a", "b"])
    row = table.loc[("m1", "m2")]
    assert (row["n"], row["either"], row["share"], row["note"]) == (3, 12, 0.25, "")
    # Jeffreys: quantiles of Beta(3.5, 9.5).
    assert (row["low"], row["high"]) == (pytest.approx(0.0764, abs=5e-4), pytest.approx(0.5295, abs=5e-4))
    assert table.loc[("m4", "m5"), "note"] == "too few"
    never = confusion(*tables([], [(p, c) for p in papers for c in ("ada", "bob")]), modes)
    assert set(never["note"]) == {"never coded"}
    assert never["share"].isna().all()
