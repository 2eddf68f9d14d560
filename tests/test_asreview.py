"""Decisions made in ASReview come in as screenings of a named person; the exports are written as its versions do."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.coded import listed
from workbench.cli import app
from workbench.doors.sources.asreview import decided
from workbench.store.corpus import stored
from workbench.store.faults import Refused

NEW = """record_id,dataset_id,title,authors,abstract,doi,asreview_label,asreview_time,asreview_note,asreview_prior
0,a,"On the proxy, number 3",Roe,Words.,,1,1795500000,A clear case.,0
1,a,ON THE PROXY NUMBER 4,Roe,Words.,,0,1795500001,,0
2,a,On the proxy number 5,Roe,Words.,,,,,
3,a,Of something else,Roe,Words.,,1,1795500002,,0
"""
OLD = """record_id,title,included,asreview_ranking
0,On the proxy number 6,1.0,1
1,On the proxy number 7,0.0,2
2,On the proxy number 8,-1,3
"""


@pytest.fixture
def known(survey: Path) -> Path:
    listed(survey, *(f"p{n:02}" for n in range(1, 13)))
    return survey


def written(root: Path, text: str) -> Path:
    (path := root / "export.csv").write_text(text, "utf-8")
    return path


def test_labels_become_decisions_and_what_is_not_known_is_named(known: Path) -> None:
    rows, warnings = decided(known, written(known, NEW), reason="other-field")
    kept = [{k: v for k, v in r.items() if not k.startswith("_")} for r in rows]
    assert kept == [
        {"paper": "p03", "decision": "include", "note": "A clear case.", "reason": ""},
        {"paper": "p04", "decision": "exclude", "note": "", "reason": "other-field"},
    ]
    assert [f.line for f in warnings] == [5] and "none of the survey's records" in str(warnings[0])


def test_the_older_version_is_read_too_and_goes_through_the_door(known: Path) -> None:
    said = CliRunner().invoke(
        app,
        ["screen", "--coder", "eva", "--asreview", str(written(known, OLD)), "--reason", "other-field",
         "--survey", str(known)],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    rows = stored(known, "screening", [], coder="eva")
    assert [(r["paper"], r["decision"], r["reason"]) for r in rows] == [
        ("p06", "include", ""),
        ("p07", "exclude", "other-field"),
    ]


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        (NEW, "", "keeps no reason of exclusion"),
        (NEW.replace(",1,1795500000", ",maybe,1795500000"), "other-field", "unknown label 'maybe'"),
        ("a,b\n1,2\n", "other-field", "no export of ASReview"),
        ("", "other-field", "no export of ASReview"),
    ],
)
def test_what_cannot_be_taken_is_refused_whole(known: Path, text: str, reason: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        decided(known, written(known, text), reason=reason)
    assert stored(known, "screening", [], coder="eva") == []


def test_two_works_of_one_title_are_not_guessed(known: Path) -> None:
    import dataclasses

    from workbench.store.bibliography import PAPERS, papers_text, read_papers
    from workbench.store.files import replace_all, writing

    entries = [
        dataclasses.replace(e, title="On the proxy number 6") if e.key == "p07" else e
        for e in read_papers(known, [])
    ]
    with writing(known):
        replace_all(known, {PAPERS: papers_text(entries)})
    rows, warnings = decided(known, written(known, OLD), reason="other-field")
    assert rows == []
    assert "may be p06 or p07" in str(warnings[0])
