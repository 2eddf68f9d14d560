"""Which stage the estimates speak of: none that is not complete, and the words say how far it has come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.coded import PASSES, coded, fill, keep, whole
from tests.test_frame import QUERY
from workbench import open_survey
from workbench.answers.drawn import drawn, replicate_weights
from workbench.answers.measurement import measured
from workbench.answers.phases import in_words, left_out, progress, speaking
from workbench.doors.frame import freeze, freeze_given
from workbench.doors.tickets import sample_by_tickets
from workbench.reading.checking import check
from workbench.store.frames import Tickets


@pytest.fixture
def two(survey: Path) -> Path:
    """A survey whose second stage is drawn."""
    fill(survey)
    query = survey / "corpus/queries/gaming.yaml"
    query.parent.mkdir()
    query.write_text(QUERY, "utf-8")
    freeze(survey, query, "phase-two", tickets=Tickets(seed=7, whole=2, wanted=3, least=0.2))
    sample_by_tickets(survey, "phase-two")
    return survey


def test_a_stage_speaks_when_it_is_complete_and_not_before(two: Path) -> None:
    before = open_survey(two)
    first, second = progress(before)
    assert (first.stage, second.stage, second.complete) == ("screening", "phase-two", False)
    assert speaking(before) == "screening"
    [said] = in_words(before)
    assert said.startswith(f"Phase two: {second.screened} of {second.drawn} records drawn are screened")
    assert said.endswith("it is not in the estimates yet.")
    assert said in measured(before).tables["measurement-in-words"]["sentence"].tolist()
    assert "measurement-by-phase" not in measured(before).tables
    waiting = [
        p
        for p in before.sample.loc[before.sample["stage"] == "phase-two", "paper"]
        if p not in decided(before)
    ]
    keep(two, *waiting, decision="exclude")
    survey = open_survey(two)
    second = progress(survey)[1]
    assert (second.screened, second.included, second.coded) == (second.drawn, 1, 0)
    assert speaking(survey) == "screening"  # a paper that is in is not coded yet
    for coder in PASSES:
        coded(two, coder, *whole("p05"))
    survey = open_survey(two)
    assert speaking(survey) == "phase-two" and in_words(survey) == []
    table = drawn(survey)
    probability = survey.frame.set_index("paper")["probability"]
    assert np.allclose(table["weight"], 1 / probability.loc[table["paper"]])
    assert replicate_weights(survey).shape[1] == len(table)
    answer = measured(survey).tables
    ways = answer["measurement-by-phase"]
    assert set(ways["sample"]) == {"one", "both", "first blocks"}
    found = ways.pivot_table(index=["code", "step"], columns="sample", values="papers")
    assert (found["both"] >= found["one"]).all() and (found["both"] >= found["first blocks"]).all()
    assert check(two) == []


def decided(survey: object) -> set[str]:
    """Papers on which screening has decided."""
    rows = survey.screened  # type: ignore[attr-defined]
    return set(rows.loc[rows["decision"] != "pending", "paper"])


def test_what_the_searches_left_out_is_one_sentence_with_an_interval(two: Path) -> None:
    papers = [p for p in open_survey(two).papers["paper"] if p not in decided(open_survey(two))]
    mine = [p for p in papers if p in set(open_survey(two).frame["paper"])][:20]
    file = two / "corpus/elusion.csv"
    file.write_text("paper,probability\n" + "".join(f"{p},0.05\n" for p in mine), "utf-8")
    freeze_given(two, file, "elusion")
    sample_by_tickets(two, "elusion")
    said = in_words(open_survey(two))
    left = "works drawn from what the searches left out 0 are screened; they are not in the estimates yet."
    assert f"Of 20 {left}" in said
    keep(two, *mine[:1])
    keep(two, *mine[1:], decision="exclude")
    survey = open_survey(two)
    row = left_out(survey, "elusion")
    assert (row["works"], row["drawn"], row["in"], row["lost"]) == (
        pytest.approx(400),
        20,
        1,
        pytest.approx(20),
    )
    assert 1 <= row["lost_low"] < 20 < row["lost_high"]
    [sentence] = [s for s in in_words(survey) if s.startswith("Of the 400 works")]
    assert "20 were drawn at random and screened, and 1 of these" in sentence
    # What was drawn there is no part of the frame, and of no rate.
    assert speaking(survey) == "screening"
