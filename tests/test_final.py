"""What the coders' work comes to, and how far the survey is."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coded import coded, keep, know, listed, mode, pressure, put, ruling, sign, stream, whole, word
from tests.once import once
from workbench.doors.adjudication import adjudicate
from workbench.doors.verification import verify
from workbench.reading.checking import check
from workbench.reading.status import status
from workbench.store.coders import Coder
from workbench.store.corpus import stored
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.final import final, human_verified_codes, settled, shared_version
from workbench.store.survey import open_survey
from workbench.store.tables import CODINGS, FINAL, RECORDS

CODERS = {
    c: Coder(c, kind, c, "2026-11-24")
    for c, kind in (("a", "language-model"), ("b", "language-model"), ("eva", "human"))
}
PAPERS = {"p1": {"paper": "p1", "grey": "no", "first_public": "2023"}}
PAPERS["p2"] = {"paper": "p2", "grey": "yes", "first_public": ""}


def coding(coder: str, paper: str = "p1", **cells: str) -> Row:
    row = dict.fromkeys(CODINGS.header, "") | {"coder": coder, "paper": paper, "schema": "0.1"}
    row |= {"basis": "abstract", "facet": "failure_mode", "code": "judge-bias", "revision": "1"}
    row |= {"state": "present", "level": "argues", "role": "own-result", "mitigates": "no"}
    return row | {"formal": "no", "figure_seen": "no", "confidence": "sure"} | cells


def signed(coder: str, paper: str = "p1", schema: str = "0.1", basis: str = "abstract", **cells: str) -> Row:
    row = {
        "coder": coder,
        "paper": paper,
        "schema": schema,
        "basis": basis,
        "stage": "coding",
        "blind": "yes",
    }
    return row | cells


def derive(
    codings: list[Row], signoffs: list[Row], rulings: list[Row] | None = None, said: list[Row] | None = None
) -> list[dict[str, Any]]:
    return final(codings, signoffs, rulings or [], said or [], CODERS, PAPERS, PAPERS.keys())


BOTH = [signed("a"), signed("b")]


def test_what_two_coders_agree_on() -> None:
    [row] = derive([coding("a"), coding("b")], BOTH)
    assert list(row) == FINAL.header
    assert row == {
        "paper": "p1",
        "basis": "abstract",
        "schema": "0.1",
        "facet": "failure_mode",
        "code": "judge-bias",
        "state": "present",
        "level": "argues",
        "role": "own-result",
        "formal": "no",
        "figure_seen": "no",
        "mitigates": "no",
        "principal": "",
        "confidence": "sure",
        "resolved": "agreed",
        "human_verified": False,
        "grey": False,
        "year": 2023,
    }


@pytest.mark.parametrize(
    "cells",
    [
        {"level": "measures"},
        {"role": "background"},
        {"mitigates": "yes"},
        {"principal": "yes"},
        {"state": "no-information", "level": "", "role": "", "mitigates": ""},
        {"state": "withdrawn"},
    ],
)
def test_where_they_differ_it_is_open(cells: dict[str, str]) -> None:
    [row] = derive([coding("a"), coding("b", **cells)], BOTH)
    assert row["resolved"] == "unresolved"
    assert {row[c] for c in ("state", "level", "role", "formal", "mitigates", "principal", "confidence")} == {
        ""
    }


def test_a_principal_left_empty_is_not_principal() -> None:
    [row] = derive([coding("a", principal="no"), coding("b", principal="")], BOTH)
    assert row["resolved"] == "agreed"


def test_a_code_of_one_of_two_is_open() -> None:
    [row] = derive([coding("a")], BOTH)
    assert (row["resolved"], row["state"], row["human_verified"]) == ("unresolved", "", False)


@pytest.mark.parametrize("column", ["formal", "figure_seen"])
def test_facts_beside_are_left_empty_where_coders_differ(column: str) -> None:
    [row] = derive([coding("a"), coding("b", **{column: "yes"})], BOTH)
    assert (row["resolved"], row[column]) == ("agreed", "")


def test_one_unsure_coder_makes_it_unsure() -> None:
    for unsure in ("a", "b"):
        rows = [coding(c, confidence="unsure" if c == unsure else "sure") for c in ("a", "b")]
        assert derive(rows, BOTH)[0]["confidence"] == "unsure"


def test_a_code_that_no_coder_has_is_no_row() -> None:
    assert derive([], BOTH) == []
    assert derive([coding("a", state="withdrawn"), coding("b", state="withdrawn")], BOTH) == []
    assert derive([coding("a", state="withdrawn")], BOTH) == []
    assert derive([coding("a"), coding("b")], []) == []


def test_the_highest_revision_counts() -> None:
    rows = [coding("a", revision=n, level=v) for n, v in (("9", "mentions"), ("10", "argues"))]
    assert derive([*rows, coding("b")], BOTH)[0]["resolved"] == "agreed"
    assert derive([*reversed(rows), coding("b")], BOTH)[0]["resolved"] == "agreed"


def test_who_has_not_signed_off_does_not_count() -> None:
    [row] = derive([coding("a"), coding("b", level="measures"), coding("b", code="other")], [signed("a")])
    assert (row["code"], row["level"], row["resolved"]) == ("judge-bias", "argues", "single")


def test_the_newest_version_that_coders_share_counts() -> None:
    versions = {"0.9": "argues", "0.10": "demonstrates", "0.11": "measures"}
    rows = [coding(c, schema=s, level=level) for s, level in versions.items() for c in ("a", "b")]
    signs = [signed(c, schema=s) for s in ("0.9", "0.10") for c in ("a", "b")]
    [row] = derive(rows, [*signs, signed("a", schema="0.11")])
    assert (row["schema"], row["level"], row["resolved"]) == ("0.10", "demonstrates", "agreed")
    [row] = derive(rows, [signed("a", schema="0.9"), signed("b", schema="0.11")])
    assert (row["schema"], row["level"], row["resolved"]) == ("0.11", "measures", "single")
    assert shared_version({"0.9": {"a", "b"}, "0.10": {"a"}}) == "0.9"
    assert shared_version({"0.9": {"a"}}) == ""


def test_a_ruling_of_another_version_is_left_aside() -> None:
    rule = {**coding("x", schema="0.0", level="measures"), "by": "eva", "chosen": "new"}
    rows = [coding("a"), coding("b", level="measures")]
    assert derive(rows, BOTH, [rule])[0]["resolved"] == "unresolved"
    [row] = derive(rows, BOTH, [{**rule, "schema": "0.1"}])
    assert (row["resolved"], row["level"], row["human_verified"]) == ("adjudicated", "measures", True)
    [row] = derive(rows, BOTH, [{**rule, "schema": "0.1", "by": "a"}])
    assert (row["resolved"], row["human_verified"]) == ("adjudicated", False)


def test_bases_are_parallel() -> None:
    codings = [coding("a"), coding("b"), coding("a", basis="full-text", level="measures")]
    rows = derive(codings, [*BOTH, signed("a", basis="full-text")])
    assert [(r["basis"], r["level"], r["resolved"]) for r in rows] == [
        ("abstract", "argues", "agreed"),
        ("full-text", "measures", "single"),
    ]


def test_grey_and_year_come_from_the_record() -> None:
    [row] = derive([coding("a", "p2")], [signed("a", "p2")])
    assert (row["grey"], row["year"], row["resolved"]) == (True, None, "single")


def test_papers_that_are_out_are_left_out() -> None:
    assert final([coding("a"), coding("b")], BOTH, [], [], CODERS, PAPERS, {"p2"}) == []


@pytest.mark.parametrize(
    ("pair", "differs", "human"),
    [(("a", "b"), False, False), (("a", "eva"), False, True), (("a", "eva"), True, False)],
)
def test_a_human_s_own_coding_counts_as_verified(pair: tuple[str, str], differs: bool, human: bool) -> None:
    rows = [coding(pair[0]), coding(pair[1], level="measures" if differs else "argues")]
    assert derive(rows, [signed(c) for c in pair])[0]["human_verified"] is human
    assert derive([coding("eva")], [signed("eva")])[0]["human_verified"] is True


def test_three_coders_agree_only_together() -> None:
    three = [*BOTH, signed("eva")]
    assert derive([coding(c) for c in ("a", "b", "eva")], three)[0]["resolved"] == "agreed"
    assert derive([coding("a"), coding("b")], three)[0]["resolved"] == "unresolved"


def test_settled() -> None:
    assert settled([None, None], None) == ("agreed", None)
    assert settled([coding("a")], None) == ("single", coding("a"))
    assert settled([coding("a"), None], coding("x", state="withdrawn")) == ("adjudicated", None)


# --- order and names are nothing ----------------------------------------------------------------------------

CODES = ("judge-bias", "reward-gaming", "saturation")
CODED = st.dictionaries(
    st.sampled_from(CODES),
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["present", "present", "no-information", "withdrawn"]),
            "level": st.sampled_from(["argues", "measures"]),
            "role": st.sampled_from(["own-result", "background"]),
            "formal": st.sampled_from(["yes", "no"]),
            "figure_seen": st.sampled_from(["yes", "no"]),
            "mitigates": st.sampled_from(["no", "yes"]),
            "principal": st.sampled_from(["", "yes"]),
            "confidence": st.sampled_from(["sure", "unsure"]),
            "note": st.sampled_from(["one", "two"]),
            "revision": st.sampled_from(["1", "2"]),
        }
    ),
)
WORD = st.dictionaries(st.sampled_from(CODES), st.sampled_from(["confirm", "reject", "correct"]), max_size=1)


def rows_of(coder: str, codes: dict[str, dict[str, str]]) -> list[Row]:
    return [coding(coder, code=c, **cells) for c, cells in codes.items()]


@settings(max_examples=300, deadline=None)
@given(CODED, CODED, CODED, WORD, st.randoms())
def test_swapping_the_coders_and_the_order_of_rows_changes_nothing(
    one: dict[str, dict[str, str]],
    two: dict[str, dict[str, str]],
    rulings: dict[str, dict[str, str]],
    words: dict[str, str],
    chance: random.Random,
) -> None:
    ruled = [{**r, "by": "eva", "chosen": "new"} for r in rows_of("x", rulings)][:1]
    said = [{**coding("eva", code=c), "outcome": w, "at": "2026"} for c, w in words.items()]
    expected = derive([*rows_of("a", one), *rows_of("b", two)], BOTH, ruled, said)
    codings, signs = [*rows_of("b", one), *rows_of("a", two)], [*BOTH]
    assert derive(codings, signs, ruled, said) == expected
    for rows in (codings, signs):
        chance.shuffle(rows)
    assert derive(codings, signs, ruled, said) == expected
    # One code, one row; only what is open has no state; and what is said of nothing but rows that are there.
    assert len({r["code"] for r in expected}) == len(expected)
    for row in expected:
        assert (row["state"] == "") == (row["resolved"] == "unresolved")
        assert bool(row["level"]) <= (row["state"] in ("present", "no-information"))
    assert {r["code"] for r in expected} <= one.keys() | two.keys() | words.keys() | {
        r["code"] for r in ruled
    }


@settings(max_examples=100, deadline=None)
@given(CODED)
def test_a_coder_agrees_with_a_copy_of_themselves(one: dict[str, dict[str, str]]) -> None:
    rows = derive([*rows_of("a", one), *rows_of("b", one)], BOTH)
    there = {c: v for c, v in one.items() if v["state"] != "withdrawn"}
    assert {r["code"]: {c: r[c] for c in ("state", "level", "formal", "confidence")} for r in rows} == {
        code: {c: v[c] for c in ("state", "level", "formal", "confidence")} for code, v in there.items()
    }
    assert {r["resolved"] for r in rows} <= {"agreed"}


def test_share_of_what_a_human_has_seen() -> None:
    row = derive([coding("a"), coding("b")], BOTH)[0]
    yes = {**row, "human_verified": True}
    assert human_verified_codes([], "failure_mode") == (0, 0)
    assert human_verified_codes([row, yes, yes, {**yes, "resolved": "unresolved"}], "failure_mode") == (2, 3)
    assert human_verified_codes(
        [row, {**yes, "facet": "stream"}, {**yes, "state": "absent"}], "failure_mode"
    ) == (0, 1)


# --- through the doors --------------------------------------------------------------------------------------


@pytest.fixture
@once
def mixed(survey: Path) -> Path:
    """p01 agreed, p02 open, p03 coded by one, p04 not coded, p60 grey and coded by one."""
    keep(survey, "p01", "p02", "p03", "p04")
    keep(survey, "p60", by=["pass-a"])
    coded(survey, "pass-a", *whole("p01"), *whole("p02"), *whole("p03"), *whole("p60"))
    coded(survey, "pass-b", *whole("p01"), stream("p02", "reward-hacking"), *whole("p02")[1:])
    return survey


def test_the_table_final(mixed: Path) -> None:
    table = open_survey(mixed).final
    got = [tuple(r) for r in table[["paper", "code", "state", "resolved", "grey"]].to_numpy().tolist()]
    modes, pressures = "judge-bias", "training"
    assert got == [
        *[("p01", c, "present", "agreed", False) for c in (modes, pressures, "llm-as-judge")],
        *[("p02", c, "present", "agreed", False) for c in (modes, pressures)],
        *[("p02", c, "", "unresolved", False) for c in ("llm-as-judge", "reward-hacking")],
        *[("p03", c, "present", "single", False) for c in (modes, pressures, "llm-as-judge")],
        *[("p60", c, "present", "single", True) for c in (modes, pressures, "llm-as-judge")],
    ]
    assert table["year"].tolist()[0] == 2023


def far(root: Path, key: str) -> dict[str, Any]:
    return {k: v for k, v in status(root)[key].items() if k not in ("by_stream", "streams")}


def test_status_follows_the_coders(mixed: Path) -> None:
    assert far(mixed, "included") == {"total": 4}
    assert far(mixed, "coded_twice") == {"total": 2}
    assert far(mixed, "adjudicated") == {"total": 1, "open": 1}
    assert far(mixed, "human_verified") == {"total": 0, "checked": 0, "codes": 3}
    counts = status(mixed)["coded_twice"]
    assert (counts["by_stream"], counts["streams"]) == (
        {"llm-as-judge": 2, "reward-hacking": 1},  # what p02 comes to is open: both that were guessed
        "final, else guessed",
    )
    rulings = [ruling("p02", "stream", c, "pass-b") for c in ("llm-as-judge", "reward-hacking")]
    adjudicate(mixed, "eva", rulings[:1])
    assert far(mixed, "adjudicated") == {"total": 1, "open": 1}
    adjudicate(mixed, "eva", rulings[1:])
    assert far(mixed, "adjudicated") == {"total": 2, "open": 0}
    counts = status(mixed)["coded_twice"]
    assert (counts["by_stream"], counts["streams"]) == ({"llm-as-judge": 1, "reward-hacking": 1}, "final")
    verify(mixed, "eva", [word("p01"), word("p02", outcome="reject")])
    assert far(mixed, "human_verified") == {"total": 1, "checked": 1, "codes": 2}


def test_coded_twice_is_under_one_version_from_the_abstract(mixed: Path) -> None:
    coded(mixed, "pass-b", *whole("p60"))
    for paper in ("p03", "p04"):
        put(mixed, "pass-b", stream(paper, basis="title"))
        sign(mixed, "pass-b", paper, basis="title")
    put(mixed, "pass-b", *whole("p03"))
    assert far(mixed, "coded_twice") == {"total": 2}
    schema = mixed / "coding_schema/schema.yaml"
    schema.write_text(schema.read_text("utf-8").replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    coded(mixed, "eva", *whole("p03"))
    assert far(mixed, "coded_twice") == {"total": 2}
    know(mixed, "adam", "human")
    coded(mixed, "adam", *whole("p03"))
    assert far(mixed, "coded_twice") == {"total": 3}


def test_a_paper_found_out_later_leaves_every_count(mixed: Path) -> None:
    keep(mixed, "p01", decision="exclude")
    assert "p01" not in set(open_survey(mixed).final["paper"])
    assert far(mixed, "coded_twice") == {"total": 1}


# --- nothing yet --------------------------------------------------------------------------------------------


def nothing_coded(root: Path) -> None:
    table = open_survey(root).final
    assert list(table.columns) == FINAL.header
    assert len(table) == 0
    kinds = {c: str(t) for c, t in table.dtypes.items()}
    assert {c: k for c, k in kinds.items() if k != "str"} == {
        "human_verified": "bool",
        "grey": "bool",
        "year": "Int64",
    }
    for name in ("codings", "signoffs", "adjudications", "verifications"):
        held = getattr(open_survey(root), name)
        assert len(held) == 0
        assert {str(t) for t in held.dtypes} == {"str"}
    counts = status(root)
    assert {counts[k]["total"] for k in ("coded_twice", "adjudicated", "human_verified")} == {0}
    assert (counts["adjudicated"]["open"], counts["human_verified"]["codes"]) == (0, 0)
    assert counts["coded_twice"]["by_stream"] == {"llm-as-judge": 0, "reward-hacking": 0}
    assert check(root) == []


def test_nobody_has_coded_yet(survey: Path) -> None:
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    nothing_coded(survey)
    keep(survey, "p01", "p02")
    nothing_coded(survey)
    assert far(survey, "included") == {"total": 2}


def test_an_empty_corpus(survey: Path) -> None:
    with writing(survey):
        replace_all(survey, {RECORDS.path: rows_text(RECORDS, [])})
    listed(survey)
    nothing_coded(survey)
    assert {v["total"] for v in status(survey).values()} == {0}
    (survey / RECORDS.path).unlink()
    (survey / "corpus/papers.bib").unlink()
    nothing_coded(survey)


def test_the_principal_of_a_facet_is_part_of_agreement(survey: Path) -> None:
    keep(survey, "p01")
    coded(survey, "pass-a", *whole("p01"), pressure("p01", "selection", principal=""))
    two = [pressure("p01", principal=""), pressure("p01", "selection")]
    coded(survey, "pass-b", stream("p01"), mode("p01"), *two)
    table = open_survey(survey).final
    open_ones = table[table["resolved"] == "unresolved"]
    assert open_ones["code"].tolist() == ["selection", "training"]
