"""The methods section says what the rows say, and what nobody did."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.nullmodel import DRAWS
from tests import coded
from tests.once import once
from workbench.answers.agreement import version_compared
from workbench.answers.expected import crossed
from workbench.answers.expected import in_words as in_words_of_grids
from workbench.answers.methods import methods_latex, methods_markdown, paragraphs
from workbench.answers.methods_section import methods
from workbench.answers.reading_more import in_words
from workbench.reading.status import status
from workbench.store.survey import open_survey


@pytest.fixture
@once
def filled(survey: Path) -> Path:
    coded.fill(survey)
    return survey


def test_each_paragraph_states_the_counts_of_the_rows(filled: Path) -> None:
    said = dict(paragraphs(open_survey(filled)))
    counts = {key: value["total"] for key, value in status(filled).items()}
    assert (
        "2 searches over 1 source were logged (2026-11-24): s01-list (2 records, query: proxy)"
        in said["Search"]
    )
    assert (
        f"They gave {counts['identified']} hits, of which {counts['duplicates']} were duplicates"
        in said["Search"]
    )
    assert "the 58 works whose abstract was in hand" in said["Sampling"]
    assert "in random blocks of 4 (seed 7)" in said["Sampling"]
    assert said["Screening"].startswith(
        "Two passes of a language model (pass-a and pass-b) screened 2 works on title and abstract (each by both)"
    )
    assert (
        "Two agreed on 1; 1 was settled by a third party. 2 are in and 0 out. No full text was screened. 3 works found "
        "by other methods were screened beside the sample, 1 of them excluded and 0 pending; they enter no weighted "
        "rate. At the end 4 works are in" in said["Screening"]
    )
    assert "coded 3 works from the abstract (each by both); 3 were coded by two" in said["Coding"]
    assert "A human checked 2 of these 2" in said["Coding"]
    assert "this measures repeatability, not validity" in said["Agreement"]
    survey = open_survey(filled)
    assert in_words_of_grids(crossed(survey)[1]) in said["Analysis"]
    assert f"{DRAWS:,} draws of a null model" in said["Analysis"]
    assert "No work has been coded from its abstract and its full text" in said["Limits"]


def test_where_nothing_was_done_it_says_so(survey: Path) -> None:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    said = dict(paragraphs(open_survey(survey)))
    assert said["Search"] == "No search has been logged yet."
    assert said["Sampling"] == "No sample has been drawn."
    assert said["Screening"] == "Nothing has been screened yet."
    assert said["Coding"] == "Nothing has been coded yet."
    assert "cannot be estimated" in said["Agreement"]
    assert "No paired evidence" in said["Paired evidence and audit"]


def test_the_same_words_as_markdown_and_as_latex(filled: Path) -> None:
    survey = open_survey(filled)
    stamp = "data 1a2b3c4d · 0 % human-verified"
    markdown, latex = methods_markdown(survey, stamp), methods_latex(survey, stamp)
    assert markdown.endswith(f"\n{stamp}\n")
    assert latex.startswith(f"% {stamp}\n")
    headings = re.findall(r"^## (.*)$", markdown, re.M)
    assert headings == re.findall(r"\\paragraph\{(.*?)\}", latex)
    assert not re.search(r"(?<!\\)[%&#]", latex.partition("\n")[2])
    assert methods_markdown(open_survey(filled), stamp) == markdown


def test_the_counts_of_prose_are_those_of_status(filled: Path) -> None:
    numbers = {n.name: n.value for n in methods(open_survey(filled)).numbers}
    counts = status(filled)
    assert numbers["Included"] == counts["included"]["total"] == 4
    assert numbers["HumanVerifiedCodes"] == counts["human_verified"]["checked"] == 2
    assert numbers["Codes"] == counts["human_verified"]["codes"] == 2


def test_what_full_texts_add_is_said_with_its_numbers() -> None:
    rows = [
        ("p1", "m1", "", "measures", "new"),
        ("p1", "m2", "argues", "measures", "raised"),
        ("p2", "m1", "argues", "argues", "same"),
        ("p2", "m3", "argues", "", "gone"),
        ("p3", "m1", "", "mentions", "new"),
    ]
    table = pd.DataFrame(rows, columns=["paper", "code", "level_less", "level_more", "change"])
    said = in_words(table, "failure modes")
    assert said.startswith(
        "Of 4 failure modes found in the full texts of 3 works, 2 (50%) are not in the abstract and 1"
    )


def test_until_two_have_coded_under_a_new_version_agreement_is_that_of_the_one_before() -> None:
    def compared(*rows: tuple[str, str, str]) -> str:
        signed = pd.DataFrame([(*r, "abstract") for r in rows], columns=["paper", "coder", "schema", "basis"])
        return version_compared(SimpleNamespace(independent=signed, schema=SimpleNamespace(version="1.1")))  # type: ignore[arg-type]

    both = (("p1", "a", "1.0"), ("p1", "b", "1.0"))
    assert compared() == "1.1"
    assert compared(*both, ("p2", "a", "1.1"), ("p3", "b", "1.1")) == "1.0"
    assert compared(*both, ("p2", "a", "1.1"), ("p2", "b", "1.1")) == "1.1"
    assert (
        compared(("p1", "a", "0.10"), ("p1", "b", "0.10"), ("p2", "a", "0.9"), ("p2", "b", "0.9")) == "0.10"
    )
