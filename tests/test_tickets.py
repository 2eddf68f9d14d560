"""Records drawn each by a ticket of its own: the probabilities stand before the drawing, and anyone can draw again."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_frame import full, swap
from workbench import open_survey
from workbench.doors.frame import freeze, freeze_given
from workbench.doors.tickets import sample_by_tickets
from workbench.reading.checking import check
from workbench.store.faults import Refused
from workbench.store.frames import Tickets, probabilities, ticket

__all__ = ["full"]  # a fixture

RULE = Tickets(seed=7, whole=2, wanted=3, least=0.5)


def frozen(root: Path, rule: Tickets | None = RULE) -> None:
    freeze(root, root / "corpus/queries/gaming.yaml", "phase-two", tickets=rule)


def test_the_rule_by_hand() -> None:
    """Codes of 4, 2 and 8 hits; read whole up to 2, else 3 expected of each, and no record below .2."""
    hits = {"a": "four;two", "b": "four", "c": "four;eight", "d": "four", "e": "two", "n": ""}
    hits |= {f"x{i}": "eight" for i in range(7)}
    rule = Tickets(seed=1, whole=2, wanted=3, least=0.2)
    got = probabilities([{"paper": p, "hits": h} for p, h in hits.items()], rule)
    assert {p: got[p] for p in "abcden"} == {
        "a": "1.000000", "b": "0.750000", "c": "0.750000", "d": "0.750000", "e": "1.000000", "n": "0.200000",
    }  # fmt: skip
    assert {got[f"x{i}"] for i in range(7)} == {"0.375000"}


@given(st.integers(0, 2**40), st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20))
def test_a_ticket_is_a_number_below_one_of_seed_and_key_alone(seed: int, paper: str) -> None:
    assert 0 <= ticket(seed, paper) < 1
    assert ticket(seed, paper) == ticket(seed, paper) != ticket(seed + 1, paper)


def test_tickets_are_even() -> None:
    drawn = np.array([ticket(20261201, f"paper{i}") for i in range(20_000)])
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 50.8  # chi-squared, 19 degrees of freedom, p = .0001


def test_what_lies_below_its_probability_is_drawn_and_a_second_call_draws_no_more(full: Path) -> None:
    frozen(full)
    rows = open_survey(full).frame
    expected = {r.paper for r in rows.itertuples() if ticket(7, r.paper) < r.probability}
    assert 0 < len(expected) < len(rows)
    drawn = sample_by_tickets(full, "phase-two")
    assert set(drawn.papers) == expected
    sample = open_survey(full).sample
    assert set(sample.loc[sample["stage"] == "phase-two", "paper"]) == expected
    again = sample_by_tickets(full, "phase-two")
    assert (again.papers, again.blocks) == ((), ())
    assert check(full) == []


def test_a_dry_run_draws_the_same_and_writes_nothing(full: Path) -> None:
    frozen(full)
    before = {p: p.read_bytes() for p in (full / "corpus").rglob("*") if p.is_file()}
    shown = sample_by_tickets(full, "phase-two", dry_run=True).papers
    assert {p: p.read_bytes() for p in (full / "corpus").rglob("*") if p.is_file()} == before
    assert sample_by_tickets(full, "phase-two").papers == shown


def test_a_stage_without_probabilities_is_refused_by_name(full: Path) -> None:
    with pytest.raises(Refused, match="no stage of this name"):
        sample_by_tickets(full, "phase-two")
    frozen(full, None)
    with pytest.raises(Refused, match="no stage of this name"):
        sample_by_tickets(full, "phase-two")


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda r: drop(r / "corpus/sample.csv", "phase-two,"), "are not those that its tickets give"),
        (
            lambda r: swap(r / "corpus/frames.yaml", "least: 0.5", "least: 0.6"),
            "are not those that its rule gives",
        ),
        (lambda r: swap(r / "corpus/frame.csv", ",0.500000", ",0.900000"), "its digest differs"),
        (lambda r: swap(r / "corpus/frames.yaml", "design: tickets", "design: dice"), "Input should be"),
    ],
)
def test_check_names_a_draw_that_the_rule_does_not_give(full: Path, break_it: object, said: str) -> None:
    frozen(full)
    sample_by_tickets(full, "phase-two")
    break_it(full)  # type: ignore[operator]
    assert any(said in f.message and f.remedy and not f.warning for f in check(full)), check(full)


def drop(path: Path, begins: str) -> None:
    """Take the first row that begins so out of a file."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines.remove(next(line for line in lines if line.startswith(begins)))
    path.write_text("".join(lines), "utf-8")


def test_a_sample_drawn_elsewhere_comes_in_with_its_probabilities(full: Path) -> None:
    papers = [p for p in open_survey(full).papers["paper"] if p.startswith("p")][:3]
    given_file = full / "corpus/elusion.csv"
    given_file.write_text("paper,probability\n" + "".join(f"{p},0.04\n" for p in papers), "utf-8")
    freeze_given(full, given_file, "elusion")
    assert set(sample_by_tickets(full, "elusion").papers) == set(papers)
    frame = open_survey(full).frame
    assert set(frame["probability"]) == {0.04}
    assert check(full) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("paper\n", "has no columns paper and probability"),
        ("paper,probability\nnobody,0.1\n", "no record has this key"),
        ("paper,probability\np01,0\n", "probability '0'"),
        ("paper,probability\np01,often\n", "probability 'often'"),
        ("paper,probability\np01,0.1\np01,0.1\n", "stands twice"),
    ],
)
def test_a_given_sample_that_cannot_be_is_refused_with_its_line(full: Path, rows: str, said: str) -> None:
    file = full / "corpus/elusion.csv"
    file.write_text(rows, "utf-8")
    with pytest.raises(Refused, match=said) as refused:
        freeze_given(full, file, "elusion")
    assert refused.value.faults[0].line == len(list(csv.reader(rows.splitlines())))
    assert not (full / "corpus/frame.csv").exists()
