"""One paper, and what is in dispute, on the command line: what is shown, in which order, and what is kept back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coded import (
    PASSES,
    WORDS,
    coded,
    keep,
    know,
    listed,
    mode,
    pressure,
    put,
    ruling,
    sign,
    stream,
    whole,
    word,
)
from tests.once import once
from tests.test_cli import survey as command
from workbench.doors.adjudication import adjudicate
from workbench.doors.verification import verify
from workbench.reading.disputes import disputes
from workbench.reading.showing import listed as listing
from workbench.reading.showing import show
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.files import replace_all, rows_text, writing
from workbench.store.tables import SAMPLE
from workbench.store.texts import ABSTRACTS


@pytest.fixture
@once
def differing(survey: Path) -> Path:
    """Of p01 the level is in dispute (measured or not), of p02 the principal pressure, p05 whether it is in at all."""
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    keep(survey, "p01", "p02", "p03", "p60", by=["pass-a"])
    keep(survey, "p01", "p02", "p03", by=["pass-b"])
    keep(survey, "p05", by=["pass-a"])
    keep(survey, "p05", decision="exclude", by=["pass-b"])
    coded(survey, "pass-a", *whole("p01"), *whole("p02"), *whole("p03"))
    other = [pressure("p02", principal="no"), pressure("p02", "selection")]
    coded(survey, "pass-b", *whole("p01", level="measures"), stream("p02"), *other, mode("p02"))
    put(survey, "pass-b", *whole("p03", note="A secret."))
    return survey


def test_the_disputes_stand_in_order_of_importance(differing: Path) -> None:
    found = disputes(differing)
    assert [(d.paper, d.facet, d.code, d.kinds) for d in found] == [
        ("p05", "screening", "title-abstract", ("decision",)),
        ("p01", "failure_mode", "judge-bias", ("level",)),
        ("p02", "optimisation_pressure", "selection", ("presence",)),
        ("p02", "optimisation_pressure", "training", ("principal",)),
    ]
    assert found[0].said == "pass-a: include; pass-b: exclude (other-field)"
    assert found[1].said == "level: pass-a: argues; pass-b: measures"
    assert not any(d.settled for d in found)
    adjudicate(differing, "eva", [ruling("p01", "failure_mode", "judge-bias", "pass-b")])
    assert [(d.paper, d.settled) for d in disputes(differing)][1] == ("p01", True)
    assert [d.paper for d in disputes(differing, open_only=True)] == ["p05", "p02", "p02"]


def test_what_a_human_verified_is_in_no_dispute(differing: Path) -> None:
    values = {c: v for c, v in mode("p01").items() if c not in ("paper", "facet", "code")}
    verify(differing, "eva", [word("p01", outcome="add", **values)])
    assert "p01" not in {d.paper for d in disputes(differing)}


def test_the_list_says_how_many_it_left_out(differing: Path) -> None:
    lines = listing(differing, 1)
    assert lines[0].startswith("1. p05 screening title-abstract")
    assert lines[-1] == "4 open, 3 of them not listed (--limit): `survey adjudicate`, or notebook 04"
    out = command("disagreements", "--survey", differing).stdout
    assert "2. p01 failure_mode judge-bias (schema 0.1, abstract)\n   level: pass-a: argues" in out
    assert "4 open: " in out


def test_a_paper_is_shown_with_both_codings_the_ruling_and_what_holds(differing: Path) -> None:
    adjudicate(differing, "eva", [ruling("p01", "failure_mode", "judge-bias", "pass-b", rationale="A rate.")])
    verify(differing, "eva", [word("p01")])
    text = "\n".join(show(differing, "p01"))
    assert text.startswith("p01: On the proxy number 1 (2024)\ntitle-abstract: include (agreed)")
    assert "schema 0.1, from the abstract: pass-a, pass-b" in text
    assert "failure_mode judge-bias: present (measures, own-result) [adjudicated, human-verified]" in text
    assert "    pass-a: present (argues, own-result), abstract 56-89: A claim." in text
    assert "    ruling 1 by eva (pass-b): present (measures, own-result)" in text
    assert "      because: A rate." in text
    assert "stream llm-as-judge: present [agreed]" in text


def test_an_open_code_is_called_open(differing: Path) -> None:
    text = "\n".join(show(differing, "p02"))
    assert "optimisation_pressure selection: open [unresolved]" in text
    assert "    pass-a: absent" in text


def test_what_is_begun_and_not_signed_off_hides_all_of_that_paper(differing: Path) -> None:
    text = "\n".join(show(differing, "p03"))
    assert "pass-b has begun it under schema 0.1 from the abstract and not signed it off" in text
    assert "judge-bias" not in text
    assert "secret" not in text
    sign(differing, "pass-b", "p03")
    assert "A secret." in "\n".join(show(differing, "p03"))


def test_one_sign_off_shows_nothing_but_of_a_grey_source(differing: Path) -> None:
    keep(differing, "p06")
    coded(differing, "pass-a", *whole("p06"), *whole("p60"))
    assert "1 coder(s) signed it off" in "\n".join(show(differing, "p06"))
    assert "judge-bias" not in "\n".join(show(differing, "p06"))
    assert "failure_mode judge-bias: present (argues, own-result) [single]" in "\n".join(
        show(differing, "p60")
    )


def test_a_paper_drawn_for_a_blind_recoding_is_shown_when_it_is_recoded(differing: Path) -> None:
    row = {"stage": "verification", "paper": "p01", "stratum": "measures", "block": "1", "order": "1"}
    with writing(differing):
        replace_all(differing, {SAMPLE.path: rows_text(SAMPLE, [row])})
    hidden = "\n".join(show(differing, "p01"))
    assert "drawn for a human to code blind" in hidden
    assert "judge-bias" not in hidden
    know(differing, "bob", "human")
    coded(differing, "bob", *whole("p01"))
    assert "    bob: present (argues, own-result)" in "\n".join(show(differing, "p01"))


def test_an_unknown_paper_is_refused_and_an_uncoded_one_says_so(differing: Path) -> None:
    with pytest.raises(Refused, match="unknown paper 'p99'"):
        show(differing, "p99")
    run = command("show", "p99", "--survey", differing)
    assert (run.returncode, "unknown paper" in run.stderr) == (1, True)
    assert show(differing, "p40")[-1] == "nobody has coded it"


def test_nothing_in_dispute_is_said(survey: Path) -> None:
    listed(survey, "p01")
    assert listing(survey, 5) == ["0 open: `survey adjudicate`, or notebook 04"]
    assert PASSES == ("pass-a", "pass-b")


def test_the_words_behind_a_code_are_shown_where_the_text_is_at_hand(differing: Path) -> None:
    assert show(differing, "p01").count(f"      words: {WORDS}") == 2
    (differing / ABSTRACTS).unlink()
    assert not any("words:" in line for line in show(differing, "p01"))
