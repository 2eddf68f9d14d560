"""PRISMA counts fall out of where the works stand, and add up; where they stand falls out of the rows."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.prisma import DISTINCT, MAYBE, UNLOGGED, prisma
from workbench.store.files import Row
from workbench.store.flow import reached


def frames(
    outcomes: list[str],
    papers: list[tuple[bool, bool]],
    drawn: list[int],
    screened: list[Row],
    **more: list[Row],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hits, and where works p0, p1, ... stand (grey?, text in hand?); ``more``: sign-offs, final."""
    keys = [f"p{i}" for i in range(len(papers))]
    new = iter(keys)
    found = {"unreadable": lambda: "", "merged": lambda: keys[0], "new": lambda: next(new)}
    hits = pd.DataFrame(
        {"search": "s01", "paper": [found[o]() for o in outcomes], "outcome": outcomes},
        columns=["search", "paper", "outcome"],
        dtype="str",
    )
    records = {
        key: {"grey": "yes" if grey else "no", "text_sha256": "a" * 64 if text else ""}
        for key, (grey, text) in zip(keys, papers, strict=True)
    }
    sample = [{"stage": "screening", "paper": keys[i]} for i in drawn]
    rows = reached(records, sample, screened, more.get("signoffs", []), more.get("final", []))
    columns = ["paper", "route", "full_text", "box", "reason"]
    return hits, pd.DataFrame(rows, columns=columns, dtype="str")


def came(paper: str, decision: str, stage: str = "title-abstract") -> Row:
    """What the screening of a paper came to at a stage."""
    reason = "other-field" if decision == "exclude" else ""
    return {"paper": paper, "stage": stage, "decision": decision, "reason": reason}


def totals(table: pd.DataFrame) -> dict[str, int]:
    whole = table[table["reason"] == ""]
    return {str(b): int(n) for b, n in zip(whole["box"], whole["n"], strict=True)}


def test_a_small_survey_by_hand() -> None:
    hits = ["new", "new", "new", "new", "merged", "unreadable"]
    papers = [(False, True), (False, True), (False, False), (True, True)]
    table = prisma(*frames(hits, papers, [0, 1], [came("p0", "include"), came("p1", "exclude")]))
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
        "unassessed": 1,
        "assessed": 0,
        "excluded_full_text": 0,
        "included": 1,
        "not_coded_twice": 1,
        "coded_twice": 0,
        "unsettled": 0,
        "synthesis": 0,
    }
    excluded = table[(table["box"] == "excluded") & (table["reason"] != "")]
    assert excluded[["reason", "n"]].to_numpy().tolist() == [["other-field", 1]]


def test_an_empty_corpus_is_all_zeros() -> None:
    assert set(totals(prisma(*frames([], [], [], []))).values()) == {0}


@pytest.mark.parametrize(
    ("first", "later", "boxes"),
    [
        ("include", "include", {"assessed", "included"}),
        ("include", "exclude", {"assessed", "excluded_full_text"}),
        ("include", "pending", {"unassessed", "included"}),
        ("exclude", "include", {"assessed", "included"}),
        ("exclude", "pending", {"excluded"}),
        ("pending", "include", {"assessed", "included"}),
        ("pending", "pending", {"pending"}),
    ],
)
def test_the_last_stage_that_is_decided_decides(first: str, later: str, boxes: set[str]) -> None:
    rows = [came("p0", later, "full-text"), came("p0", first)]
    n = totals(prisma(*frames(["new"], [(False, True)], [0], rows)))
    told = ("pending", "excluded", "unassessed", "assessed", "excluded_full_text", "included")
    assert {box for box in told if n[box]} == boxes


def test_records_found_by_other_methods_stand_apart_unless_they_were_drawn() -> None:
    other = [came(f"p{k}", d) for k, d in enumerate(["include", "exclude", "pending"])]
    rows = [*other, came("p3", "include"), came("p4", "exclude")]
    table = prisma(*frames(["new"] * 5, [(False, True)] * 5, [3, 4], rows))
    n = totals(table)
    assert (n["drawn"], n["screened"], n["excluded"]) == (2, 2, 1)
    assert (n["other"], n["other_pending"], n["other_excluded"], n["included"]) == (3, 1, 1, 2)
    parts = table[(table["box"] == "included") & (table["reason"] != "")]
    assert dict(zip(parts["reason"], parts["n"], strict=True)) == {"drawn": 1, "found by other methods": 1}


def signed(*rows: tuple[str, str, str]) -> list[Row]:
    """Sign-offs from abstracts: coder, paper, schema."""
    return [{"coder": c, "paper": p, "schema": s, "basis": "abstract"} for c, p, s in rows]


def codes(*rows: tuple[str, str]) -> list[Row]:
    """Final codes from abstracts: paper, how resolved."""
    return [{"paper": p, "resolved": r, "basis": "abstract"} for p, r in rows]


def test_works_coded_by_two_and_in_the_synthesis() -> None:
    signoffs = signed(
        ("a", "p0", "1.0"),
        ("b", "p0", "1.0"),
        ("a", "p1", "1.0"),
        ("b", "p1", "1.0"),
        ("a", "p2", "1.0"),
        ("a", "p3", "0.9"),
        ("b", "p3", "1.0"),
        ("a", "p5", "1.0"),
        ("b", "p5", "1.0"),
    )
    final = codes(("p0", "agreed"), ("p1", "agreed"), ("p1", "unresolved"), ("p2", "single"))
    inside = [came(f"p{k}", "include") for k in range(5)]
    given = frames(["new"] * 6, [(False, True)] * 6, [*range(6)], inside, signoffs=signoffs, final=final)
    table = prisma(*given)
    n = totals(table)
    assert (n["included"], n["not_coded_twice"], n["coded_twice"]) == (5, 3, 2)
    assert (n["unsettled"], n["synthesis"]) == (1, 1)
    parts = table[(table["box"] == "not_coded_twice") & (table["reason"] != "")]
    assert dict(zip(parts["reason"], parts["n"], strict=True)) == {"coded by one": 2, "not yet coded": 1}


def kinds(table: pd.DataFrame) -> dict[str, int]:
    parts = table[(table["box"] == "records") & (table["reason"] != "")]
    return {str(r): int(n) for r, n in zip(parts["reason"], parts["n"], strict=True)}


def test_undecided_pairs_are_a_part_of_the_works() -> None:
    given = frames(["new"] * 5, [(False, True)] * 6, [], [])
    pairs = pd.DataFrame(
        [("p0", "p1", ""), ("p1", "p2", ""), ("p3", "p4", "different"), ("p3", "gone", "")],
        columns=["a", "b", "decision"],
    )
    assert kinds(prisma(*given, maybe_duplicates=pairs)) == {DISTINCT: 3, MAYBE: 2, UNLOGGED: 1}
    assert kinds(prisma(*given)) == {DISTINCT: 5, UNLOGGED: 1}
    # Of a pair the work stays that no search found: the hits then still add up.
    odd = pairs.iloc[:1].assign(a="p0", b="p5")
    assert kinds(prisma(*given, maybe_duplicates=odd)) == {DISTINCT: 4, MAYBE: 1, UNLOGGED: 1}
    everything = frames(["new"] * 2, [(False, True)] * 2, [], [])
    assert kinds(prisma(*everything, maybe_duplicates=pairs.iloc[2:])) == {}


def test_a_pair_found_to_be_one_work_later_is_a_duplicate() -> None:
    hits, stands = frames(["new", "new", "new"], [(False, True)] * 3, [], [])
    merged = hits.assign(paper=hits["paper"].replace("p2", "p1"))
    n = totals(prisma(merged, stands.iloc[:2]))
    assert (n["identified"], n["duplicates"], n["records"]) == (3, 1, 2)


DECISIONS = st.sampled_from(["include", "exclude", "pending"])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_boxes_add_up(data: st.DataObject) -> None:
    papers = data.draw(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12))
    keys = [f"p{i}" for i in range(len(papers))]
    some = st.lists(st.sampled_from(range(len(papers))), unique=True) if papers else st.just([])
    drawn = data.draw(some)
    screened = [
        came(keys[i], data.draw(DECISIONS), stage)
        for stage in ("title-abstract", "full-text")
        for i in data.draw(some)
    ]
    logged = data.draw(st.integers(0, len(papers)))
    extra = data.draw(
        st.lists(st.sampled_from(["merged", "unreadable"] if logged else ["unreadable"]), max_size=5)
    )
    known = st.sampled_from(keys or [""])
    pair = st.tuples(known, known, st.sampled_from(["", "different"]))
    pairs = pd.DataFrame(data.draw(st.lists(pair, max_size=6)), columns=["a", "b", "decision"])
    who = st.tuples(st.sampled_from("ab"), known, st.sampled_from(["0.9", "1.0"]))
    said = st.tuples(known, st.sampled_from(["agreed", "unresolved"]))
    signoffs, final = (
        signed(*data.draw(st.lists(who, max_size=12))),
        codes(*data.draw(st.lists(said, max_size=8))),
    )
    given_ = frames(["new"] * logged + extra, papers, drawn, screened, signoffs=signoffs, final=final)
    table = prisma(*given_, maybe_duplicates=pairs)
    n = totals(table)
    other = {box: n.get(box, 0) for box in ("other", "other_pending", "other_excluded")}
    unlogged = kinds(table).get(UNLOGGED, 0)
    assert unlogged == len(papers) - logged
    assert n["identified"] + unlogged == n["duplicates"] + n["unreadable"] + n["records"]
    assert n["records"] == n["grey"] + n["not_sampled"] + n["drawn"] + other["other"]
    assert n["drawn"] == n["pending"] + n["screened"]
    assert n["screened"] == n["excluded"] + n["unassessed"] + n["assessed"]
    by_other = other["other"] - other["other_pending"] - other["other_excluded"]
    assert n["included"] == n["unassessed"] + n["assessed"] - n["excluded_full_text"] + by_other
    assert n["included"] == n["not_coded_twice"] + n["coded_twice"]
    assert n["coded_twice"] == n["unsettled"] + n["synthesis"]
    assert min(table["n"]) >= 0
    parts = table[table["reason"] != ""].groupby("box")["n"].sum()
    for box, total in parts.items():
        assert total == n[str(box)]
