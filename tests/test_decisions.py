"""What counts: practice, codings that were not blind and recodings for verification enter no more than they may."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import coded
from tests.once import once
from workbench.answers.agreement import agreed
from workbench.answers.methods import paragraphs
from workbench.doors.registering import register
from workbench.reading.checking import check
from workbench.reading.disputes import disputes
from workbench.reading.status import status
from workbench.store.coders import Coder, coder_path, coder_text, read_coders
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.survey import open_survey
from workbench.store.tables import SAMPLE


@pytest.fixture
@once
def kept(survey: Path) -> Path:
    """p01 and p02 are in and coded by both passes, alike."""
    coded.keep(survey, "p01", "p02")
    for coder in coded.PASSES:
        coded.coded(survey, coder, *coded.whole("p01"), *coded.whole("p02"))
    return survey


def to_verify(root: Path, *papers: str) -> None:
    """Draw papers for verification."""
    rows: list[Row] = [
        {"stage": "verification", "paper": p, "stratum": "none", "block": "1", "order": "1"} for p in papers
    ]
    with writing(root):
        replace_all(root, {SAMPLE.path: rows_text(SAMPLE, [*stored(root, "sample", []), *rows])})


def level(root: Path, paper: str = "p01") -> tuple[str, str]:
    final = open_survey(root).final
    [row] = final[(final["paper"] == paper) & (final["code"] == "judge-bias")].to_dict("records")
    return row["level"], row["resolved"]


# --- practice


def test_what_a_coder_did_before_they_count_enters_nothing(
    survey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coded.keep(survey, "p01", "p02")
    coded.keep(survey, "p03", by=["pass-a", "eva"])
    coded.coded(survey, "pass-a", *coded.whole("p01"))
    coded.coded(survey, "eva", *coded.whole("p01", level="measures"))
    before = open_survey(survey)
    assert before.final["resolved"].eq("unresolved").any()
    assert set(before.signoffs["coder"]) == {"eva", "pass-a"}
    register(survey, "eva", name="Eva", counts_from="2026-12-01")
    after = open_survey(survey)
    assert set(after.signoffs["coder"]) == set(after.codings["coder"]) == {"pass-a"}
    assert level(survey) == ("argues", "single")
    assert (status(survey)["included"]["total"], status(survey)["pending"]["total"]) == (2, 1)
    assert disputes(survey) == []
    assert "eva" not in dict(paragraphs(after))["Screening"]
    # The rows stay in the file, and what comes later counts: a revision of practice stays practice.
    assert stored(survey, "codings", [], coder="eva")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796200000")
    coded.put(survey, "eva", coded.mode("p01", level="demonstrates"))
    coded.coded(survey, "eva", *coded.whole("p02"))
    after = open_survey(survey)
    assert set(after.codings.loc[after.codings["coder"] == "eva", "paper"]) == {"p02"}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("id: bob\nkind: human\nname: Bob\nage: 3\n", "unknown field age", 4),
        ("id: bob\nkind: robot\n", "unknown kind 'robot'", 2),
        ("id: rob\nkind: human\nname: Rob\n", "the file has another name", 1),
        ("id: b b\nkind: human\n", "coder without a plain id", 1),
        ("id: bob\nkind: human\ncounts_from: soon\n", "counts_from is 'soon'", 3),
        ("- bob\n", "is no coder", 1),
        ("", "is no coder", 1),
        ("id: [\n", "not readable as YAML", 2),
    ],
)
def test_a_coder_s_file_that_is_wrong_is_named(survey: Path, text: str, message: str, line: int) -> None:
    (survey / coder_path("bob")).write_text(text, "utf-8")
    faults: list[Fault] = []
    assert set(read_coders(survey, faults)) == {"eva", "pass-a", "pass-b"}
    [fault] = faults
    assert (fault.file, fault.line) == (coder_path("bob"), line)
    assert fault.message.startswith(message)
    assert fault.remedy


@pytest.mark.parametrize(
    ("coder", "cells", "message"),
    [
        ("no name!", {"name": "X"}, "coder without a plain id"),
        ("bob", {"name": " "}, "a coder without a name"),
        ("bob", {"name": "Bob", "kind": "robot"}, "unknown kind"),
        ("bob", {"name": "Bob", "counts_from": "1 May"}, "counts_from is"),
        ("eva", {"name": "Eva", "kind": "language-model"}, "eva is registered as human"),
    ],
)
def test_nobody_is_registered_wrongly(survey: Path, coder: str, cells: dict[str, str], message: str) -> None:
    before = coded.state(survey)
    with pytest.raises(Refused, match=message):
        register(survey, coder, **cells)
    assert coded.state(survey) == before


@pytest.mark.parametrize("name", ["Ann", 'Öztürk, Ü.: "the 2nd"', "no", "2026-11-24", "# x", "- a", "O'Neil"])
def test_a_coder_s_file_reads_back(survey: Path, name: str) -> None:
    one = Coder("zoe-1", "human", name, "2026-11-24", "2026-12-01T09:30:00Z")
    (survey / coder_path("zoe-1")).write_text(coder_text(one), "utf-8")
    assert read_coders(survey, [])["zoe-1"] == one
    assert register(survey, "zoe-1", name=name, counts_from=one.counts_from).rows == 0


# --- recodings and codings that were not blind


@pytest.mark.parametrize("who", ["eva", "pass-c"])
def test_a_recoding_for_verification_reopens_nothing(
    kept: Path, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if who == "pass-c":
        coded.know(kept, who, "language-model")
        monkeypatch.setattr(coded, "PASSES", (*coded.PASSES, who))
    to_verify(kept, "p01")
    coded.coded(kept, who, *coded.whole("p01", level="measures"), coded.mode("p01", "reward-gaming"))
    [sign] = stored(kept, "signoffs", [], coder=who)
    assert (sign["stage"], sign["blind"]) == ("verification", "yes")
    assert level(kept) == ("argues", "agreed")
    assert status(kept)["adjudicated"]["total"] == 2
    open_ = disputes(kept, open_only=True)
    assert {(d.paper, d.code) for d in open_} == {("p01", "judge-bias"), ("p01", "reward-gaming")}
    assert next(d for d in open_ if d.code == "judge-bias").kinds == ("level",)
    know = "One person (eva)" if who == "eva" else "One pass of a language model (pass-c)"
    assert f"{know} coded 1 work afresh" in dict(paragraphs(open_survey(kept)))["Coding"]
    coded.know(kept, "judge", "human")
    coded.adjudicate(kept, "judge", [coded.ruling("p01", "failure_mode", "judge-bias", who)])
    assert level(kept) == ("measures", "adjudicated")
    assert {d.code for d in disputes(kept, open_only=True)} == {"reward-gaming"}
    assert [f for f in check(kept) if f.file.startswith(("corpus/signoffs", "corpus/adjudications"))] == []


def test_who_coded_a_paper_before_it_was_drawn_still_codes_it(kept: Path) -> None:
    to_verify(kept, "p01")
    schema = kept / "coding_schema/schema.yaml"
    schema.write_text(schema.read_text("utf-8").replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    for coder in coded.PASSES:
        coded.put(kept, coder, *coded.whole("p01", level="measures"), run="again")
        rows = [{"paper": "p01", "_line": "1", "_file": "rows.csv"}]
        coded.signoff(kept, coder, rows, run=f"{coder}-again", batch="a batch")
    assert level(kept) == ("measures", "agreed")


def test_a_coding_that_was_not_blind_decides_only_where_there_is_no_other(kept: Path) -> None:
    coded.keep(kept, "p03")
    for paper in ("p01", "p03"):
        coded.put(kept, "eva", *coded.whole(paper, level="measures"))
        coded.sign(kept, "eva", paper, blind="no")
    assert level(kept) == ("argues", "agreed")
    assert level(kept, "p03") == ("measures", "single")
    assert status(kept)["coded_twice"]["total"] == 2
    survey = open_survey(kept)
    assert set(survey.independent["coder"]) == set(coded.PASSES)
    assert [(d.paper, d.kinds) for d in disputes(kept)] == [("p01", ("level",))]
    coded.put(kept, "pass-a", *coded.whole("p03"))
    coded.sign(kept, "pass-a", "p03")
    assert level(kept, "p03") == ("argues", "single")


def test_a_sign_off_says_blind_yes_or_no(kept: Path) -> None:
    coded.keep(kept, "p03")
    coded.put(kept, "eva", *coded.whole("p03"))
    with pytest.raises(Refused, match="blind is 'maybe'; write yes, or no where"):
        coded.sign(kept, "eva", "p03", blind="maybe")
    assert stored(kept, "signoffs", [], coder="eva") == []


def test_codings_that_were_not_blind_enter_no_agreement(kept: Path) -> None:
    blind = agreed(open_survey(kept)).tables["agreement"]
    assert blind["alpha"].notna().any()
    file = kept / f"corpus/signoffs/{coded.PASSES[1]}.csv"
    text = file.read_text("utf-8")
    assert ",coding,yes," in text
    file.write_text(text.replace(",coding,yes,", ",coding,no,"), "utf-8")
    seen = agreed(open_survey(kept)).tables["agreement"]
    assert not seen["alpha"].notna().any()
