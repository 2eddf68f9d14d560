"""The protocol says what survey.yaml and the schema say, and is dated."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.store.frames import read_frames
from workbench.store.schema import load_schema
from workbench.store.settings import read_settings

ROOT = Path(__file__).parents[1]
TEXT = " ".join((ROOT / "PROTOCOL.md").read_text("utf-8").split())


def test_its_numbers_are_those_of_the_settings() -> None:
    schema = load_schema(ROOT)
    settings = read_settings(ROOT, schema, [])
    assert settings is not None
    limits = settings.thresholds
    for said in (
        f"M/D is below {limits.ratio:.0%}, and D is at least {limits.discussed:g} per 1,000",
        f"M is below {limits.measured:g} per 1,000",
        f"R is below {limits.rare:g} per 1,000",
        f"probability is {limits.sure:g} or more, and denied when it is {1 - limits.sure:.2f} or less",
        f"Each is given with a {limits.interval:.0%} interval",
        settings.question.split(" can fail ")[0],
    ):
        assert said in TEXT, said
    assert (settings.screeners, settings.coders) == (2, 2)
    assert "Two decide on each record" in TEXT and "Two code each paper" in TEXT


def test_its_sampling_and_dates_are_those_of_the_schema() -> None:
    schema = load_schema(ROOT)
    rule = schema.sampling
    assert f"in blocks of {rule.block} with the seed {rule.seed}" in TEXT
    assert f"split at {rule.split_year}" in TEXT
    assert f"| definitions of the failure modes and their sides | {schema.frozen.definitions} |" in TEXT
    assert schema.frozen.sides == schema.frozen.definitions
    period = next(c for c in schema.screening.criteria if c.id == "period").definition
    years = " and ".join(re.findall(r"\d{4}", period))
    assert f"first public between {years}" in TEXT


def test_phase_two_is_the_frame_that_was_frozen() -> None:
    held = {f.stage: f for f in read_frames(ROOT, [])}
    frame, rule = held["phase-two"], held["phase-two"].tickets
    assert rule is not None
    for said in (
        f"{frame.records:,} records, frozen as stage `phase-two`",
        f"The query `{frame.query}`",
        f"at most {rule.whole} records hit is drawn for certain",
        f"the largest of {rule.least:.2f} and {rule.wanted} / hits",
        f"the seed {rule.seed}",
        f"{held['elusion'].records} records in the given random order",
    ):
        assert said in TEXT, said


def test_it_is_dated_and_says_what_came_after_the_data() -> None:
    assert re.search(r"^# Protocol Dated \d{4}-\d{2}-\d{2}\.", TEXT)
    assert "**after** 225 papers had been coded" in TEXT
    assert "*confirmatory* only of papers that were coded later" in TEXT
