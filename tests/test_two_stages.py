"""Screening in two stages: text, status, numbers, table and figure count the same works, stage by stage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis import charts
from tests import coded
from tests.conftest import small_survey
from tests.test_charts import read
from workbench.answers.flow_of_records import counts, flow_table, parts
from workbench.answers.methods import paragraphs
from workbench.answers.methods_section import methods
from workbench.doors.registering import register
from workbench.doors.screening import screen
from workbench.reading.people import who_did_what
from workbench.reading.status import status
from workbench.store.survey import Survey, open_survey

OUT = (
    "aiyappa2023we",
    "akyurek2022measuring",
    "al2023llm",
    "alabdullah2025ara",
    "aldahlawi2026investigating",
)


def on_full_text(root: Path, coder: str, decision: str, *papers: str, reason: str = "") -> None:
    cells = {"stage": "full-text", "basis": "full-text", "decision": decision, "reason": reason}
    screen(root, coder, [{"paper": p, **cells, "_line": "1", "_file": "rows.csv"} for p in papers])


def same_everywhere(survey: Survey) -> dict[str, int]:
    """Assert that status, numbers.tex and the figure say what the table says; return the table's counts."""
    table = flow_table(survey)
    n, said = counts(table), status(survey.root)
    numbers = {number.name: number.value for number in methods(survey).numbers}
    assert numbers["Screened"] == n["screened"] == said["screened"]["total"]
    assert numbers["ScreenedOut"] == n["excluded"]
    assert numbers["FullTextAssessed"] == n["assessed"] == said["full_text"]["total"]
    assert numbers["FullTextExcluded"] == n["excluded_full_text"]
    assert numbers["Included"] == n["included"] == said["included"]["total"]
    drawn = " ".join(read(charts.prisma_flow(table)))
    assert f"Full texts assessed for eligibility (n = {n['assessed']})" in drawn
    assert f"Full texts excluded (n = {n['excluded_full_text']})" in drawn
    return n


def test_two_people_screen_six_full_texts_of_the_pilot(
    pilot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")
    tmp_path = shutil.copytree(pilot, tmp_path / "pilot")
    for coder in ("ann", "bob"):
        register(tmp_path, coder, name=coder.capitalize())
        on_full_text(tmp_path, coder, "exclude", *OUT, reason="no-failure-mode")
        on_full_text(tmp_path, coder, "include", "alkaeed2026large")
    survey = open_survey(tmp_path)
    n = same_everywhere(survey)
    assert {k: n[k] for k in ("screened", "excluded", "assessed", "excluded_full_text", "included")} == {
        "screened": 439,
        "excluded": 214,
        "assessed": 6,
        "excluded_full_text": 5,
        "included": 220,
    }
    assert parts(flow_table(survey), "excluded_full_text") == {"no-failure-mode": 5}
    said = dict(paragraphs(survey))["Screening"]
    assert said.startswith(
        "Two passes of a language model (pass-a and pass-b) screened 439 works on title and abstract (each by both) "
        "without seeing each other's decisions"
    )
    assert "225 are in and 214 out (" in said
    assert (
        "Two people (ann and bob) screened the full texts of 6 works (each by both). Two agreed on 6. "
        "6 full texts were assessed and 5 excluded (no failure mode 5). At the end 220 works are in." in said
    )
    did = who_did_what(survey)
    rows = {(r.stage, r.by, r.coders): r.works for r in did[did["task"] == "screening"].itertuples()}
    assert rows == {
        ("title-abstract", "one", "pass-a"): 439,
        ("title-abstract", "one", "pass-b"): 439,
        ("title-abstract", "together", "pass-a + pass-b"): 439,
        ("full-text", "one", "ann"): 6,
        ("full-text", "one", "bob"): 6,
        ("full-text", "together", "ann + bob"): 6,
    }


@pytest.fixture
def screened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two passes have taken p01 to p04 in and p05 out; ann and bob are people."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795500000")
    root = small_survey(tmp_path / "survey")
    coded.listed(root, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(root, "p01", "p02", "p03", "p04")
    coded.keep(root, "p05", decision="exclude")
    for coder in ("ann", "bob"):
        register(root, coder, name=coder)
    return root


def test_one_decision_on_a_full_text_takes_no_paper_out(screened: Path) -> None:
    for coder in coded.PASSES:
        coded.coded(screened, coder, *coded.whole("p01"))
    on_full_text(screened, "ann", "exclude", "p01", reason="other-field")
    survey = open_survey(screened)
    n = same_everywhere(survey)
    assert (n["assessed"], n["unassessed"], n["included"], n["coded_twice"]) == (0, 4, 4, 1)
    assert "p01" in set(survey.final["paper"])
    said = dict(paragraphs(survey))["Screening"]
    assert "One person (ann) screened the full text of 1 work (by one alone)." in said
    assert "1 has one decision only" in said
    assert "1 work with no decision of two yet stays in. At the end 4 works are in." in said
    on_full_text(screened, "bob", "include", "p01")
    n = same_everywhere(open_survey(screened))
    assert (n["assessed"], n["included"]) == (0, 4)
    coded.adjudicate(
        screened,
        "eva",
        [coded.ruling("p01", "screening", "full-text", "ann", basis="full-text")],
    )
    survey = open_survey(screened)
    n = same_everywhere(survey)
    assert (n["assessed"], n["excluded_full_text"], n["included"]) == (1, 1, 3)
    assert "1 was settled by a third party" in dict(paragraphs(survey))["Screening"]
    assert "p01" not in set(survey.final["paper"])


def test_who_screened_only_a_part_is_said_so_and_pairs_differ_by_stage(screened: Path) -> None:
    for coder, papers in (("ann", ("p01", "p02", "p03")), ("bob", ("p01",)), ("eva", ("p02",))):
        on_full_text(screened, coder, "include", *papers)
    survey = open_survey(screened)
    n = same_everywhere(survey)
    assert (n["assessed"], n["unassessed"], n["included"]) == (2, 2, 4)
    said = dict(paragraphs(survey))["Screening"]
    assert "Two passes of a language model (pass-a and pass-b) screened 5 works on title and abstract" in said
    assert (
        "Three people (ann, bob and eva) screened the full texts of 3 works (1 by ann alone, 1 by ann and bob and "
        "1 by ann and eva). Two agreed on 2; 1 has one decision only." in said
    )


def test_a_person_on_one_stage_and_a_model_beside_them(screened: Path) -> None:
    coded.keep(screened, "p06", by=["pass-a", "ann"])
    survey = open_survey(screened)
    said = dict(paragraphs(survey))["Screening"]
    assert (
        "One person (ann) and two passes of a language model (pass-a and pass-b) screened 6 works on title and "
        "abstract (5 by pass-a and pass-b and 1 by ann and pass-a)" in said
    )
    assert "No full text was screened. At the end 5 works are in." in said
    same_everywhere(survey)
