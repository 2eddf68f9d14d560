"""PRISMA counts fall out of the rows and add up."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.prisma import prisma


def frames(
    outcomes: list[str], papers: list[tuple[bool, bool]], drawn: list[int], decided: dict[int, str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    keys = [f"p{i}" for i in range(len(papers))]
    hits = pd.DataFrame(
        {"search": "s01", "paper": "", "outcome": outcomes}, columns=["search", "paper", "outcome"]
    )
    table = pd.DataFrame(
        {
            "paper": pd.Series(keys, dtype="str"),
            "grey": pd.Series([g for g, _ in papers], dtype="bool"),
            "text_sha256": pd.Series(["a" * 64 if t else "" for _, t in papers], dtype="str"),
        }
    )
    sample = pd.DataFrame(
        {"stage": "screening", "paper": [keys[i] for i in drawn]}, columns=["stage", "paper"], dtype="str"
    )
    screened = pd.DataFrame(
        [
            {
                "paper": keys[i],
                "stage": "title-abstract",
                "decision": d,
                "reason": "other-field" if d == "exclude" else "",
            }
            for i, d in decided.items()
        ],
        columns=["paper", "stage", "decision", "reason"],
        dtype="str",
    )
    return hits, table, sample, screened


def totals(table: pd.DataFrame) -> dict[str, int]:
    whole = table[table["reason"] == ""]
    return {str(b): int(n) for b, n in zip(whole["box"], whole["n"], strict=True)}


def test_a_small_survey_by_hand() -> None:
    hits = ["new", "new", "new", "new", "merged", "unreadable"]
    papers = [(False, True), (False, True), (False, False), (True, True)]
    table = prisma(*frames(hits, papers, [0, 1], {0: "include", 1: "exclude"}))
    assert totals(table) == {
        "identified": 6,
        "duplicates": 1,
        "unreadable": 1,
        "records": 4,
        "grey": 1,
        "not_sampled": 1,
        "drawn": 2,
        "pending": 0,
        "screened": 2,
        "excluded": 1,
        "included": 1,
    }
    excluded = table[(table["box"] == "excluded") & (table["reason"] != "")]
    assert excluded[["reason", "n"]].to_numpy().tolist() == [["other-field", 1]]


def test_an_empty_corpus_is_all_zeros() -> None:
    assert set(totals(prisma(*frames([], [], [], {}))).values()) == {0}


@pytest.mark.parametrize("later", ["include", "exclude", "pending"])
def test_the_last_stage_decides(later: str) -> None:
    hits, papers, sample, screened = frames(["new"], [(False, True)], [0], {0: "include"})
    again = screened.assign(stage="full-text", decision=later)
    got = totals(prisma(hits, papers, sample, pd.concat([again, screened], ignore_index=True)))
    assert (got["included"], got["excluded"], got["pending"]) == tuple(
        int(later == d) for d in ("include", "exclude", "pending")
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_boxes_add_up(data: st.DataObject) -> None:
    papers = data.draw(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12))
    some = st.lists(st.sampled_from(range(len(papers))), unique=True) if papers else st.just([])
    drawn = data.draw(some)
    decided = {i: data.draw(st.sampled_from(["include", "exclude", "pending"])) for i in data.draw(some)}
    extra = data.draw(st.lists(st.sampled_from(["merged", "unreadable"]), max_size=5))
    table = prisma(*frames(["new"] * len(papers) + extra, papers, drawn, decided))
    n = totals(table)
    assert n["identified"] == n["duplicates"] + n["unreadable"] + n["records"]
    assert n["records"] == n["grey"] + n["not_sampled"] + n["drawn"]
    assert n["drawn"] == n["pending"] + n["screened"]
    assert n["screened"] == n["excluded"] + n["included"]
    parts = table[table["reason"] != ""].groupby("box")["n"].sum()
    for box, total in parts.items():
        assert total == n[str(box)]
