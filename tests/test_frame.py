"""The sampling frame: who is in it, what is known of each, and that it stays what was frozen."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from analysis.inclusion import FEW, inclusion
from tests.coded import fill
from tests.once import once
from workbench import open_survey
from workbench.doors.frame import freeze
from workbench.reading.checking import check
from workbench.store.faults import Refused
from workbench.store.files import sha256
from workbench.store.frames import read_frames
from workbench.store.texts import ABSTRACTS

QUERY = """\
title: what is gamed
concepts:
- {id: reward, code: reward-gaming, phrases: [score*]}
- {id: judge, code: judge-bias, phrases: [nowhere to be found]}
rules:
  any: {all_of: [reward]}
"""


@pytest.fixture
@once
def full(survey: Path) -> Path:
    fill(survey)
    (survey / "corpus/queries").mkdir()
    (survey / "corpus/queries/gaming.yaml").write_text(QUERY, "utf-8")
    return survey


def frozen(root: Path, stage: str = "screening", query: str = "corpus/queries/gaming.yaml") -> str:
    return freeze(root, root / query, stage).frame.sha256


def test_the_frame_holds_verified_records_with_an_abstract(full: Path) -> None:
    frozen(full)
    survey = open_survey(full)
    papers = survey.papers
    mine = papers[papers["verified"] & ~papers["grey"] & (papers["text_sha256"] != "")]
    frame = survey.frame
    assert list(frame["paper"]) == sorted(mine["paper"])
    assert set(frame["hits"]) == {"reward-gaming"}
    assert frame["score"].dtype == "float64"
    assert set(frame["source"]) <= {"", *survey.hits["search"]}
    first = survey.hits.sort_values("search").drop_duplicates("paper").set_index("paper")["search"]
    assert dict(zip(frame["paper"], frame["source"], strict=True)) == {
        p: first.get(p, "") for p in frame["paper"]
    }


def test_freezing_again_changes_nothing_and_check_is_content(full: Path) -> None:
    before = frozen(full)
    files = {p: p.read_bytes() for p in (full / "corpus").rglob("*") if p.is_file()}
    again = freeze(full, full / "corpus/queries/gaming.yaml", "screening")
    assert (again.frame.sha256, again.changed) == (before, ())
    assert {p: p.read_bytes() for p in (full / "corpus").rglob("*") if p.is_file()} == files
    assert before == sha256((full / "corpus/frame.csv").read_bytes())  # one stage: its rows are the file
    assert check(full) == []


def test_a_dry_run_writes_nothing(full: Path) -> None:
    held = freeze(full, full / "corpus/queries/gaming.yaml", "screening", dry_run=True)
    assert held.rows
    assert not (full / "corpus/frame.csv").exists()
    assert check(full) == []


def test_a_stage_that_has_drawn_keeps_its_frame(full: Path) -> None:
    before = frozen(full)
    query = full / "corpus/queries/gaming.yaml"
    query.write_text(QUERY.replace("score*", "thing"), "utf-8")
    with pytest.raises(Refused, match="has drawn from another frame"):
        frozen(full)
    assert sha256((full / "corpus/frame.csv").read_bytes()) == before
    query.write_text(QUERY, "utf-8")
    frozen(full, "phase-two")
    faults: list[object] = []
    assert [f.stage for f in read_frames(full, faults)] == ["screening", "phase-two"]  # type: ignore[arg-type]
    assert set(open_survey(full).frame["stage"]) == {"screening", "phase-two"}
    assert check(full) == []
    assert frozen(full) == before


def test_texts_that_are_not_in_hand_are_counted_and_named(full: Path) -> None:
    lines = (full / ABSTRACTS).read_text("utf-8").splitlines(keepends=True)
    total = len(open_survey(full).papers) - 2  # one without an abstract, one grey
    (full / ABSTRACTS).write_text("".join(lines[2:]), "utf-8")
    with pytest.raises(Refused) as refused:
        frozen(full)
    [fault] = refused.value.faults
    assert f"text not in hand of 2 of the frame's {total} records" in fault.message
    assert "survey abstracts --from" in fault.remedy
    (full / ABSTRACTS).write_text("".join([lines[0].replace("score", "scores"), *lines[1:]]), "utf-8")
    with pytest.raises(Refused, match="another edition of 1 of"):
        frozen(full)


def test_a_query_outside_the_survey_or_with_a_foreign_code_is_refused(full: Path, tmp_path: Path) -> None:
    outside = tmp_path / "gaming.yaml"
    outside.write_text(QUERY, "utf-8")
    if full == tmp_path:  # the fixture may lie there itself
        outside = tmp_path.parent / "gaming-outside.yaml"
        outside.write_text(QUERY, "utf-8")
    with pytest.raises(Refused, match="lies outside the survey"):
        freeze(full, outside, "screening")
    (full / "corpus/queries/gaming.yaml").write_text(QUERY.replace("reward-gaming", "gaming"), "utf-8")
    with pytest.raises(Refused, match="unknown code 'gaming'"):
        frozen(full)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda r: (r / "corpus/frames.yaml").unlink(), "is not on record"),
        (lambda r: (r / "corpus/frame.csv").unlink(), "is missing"),
        (lambda r: (r / "corpus/queries/gaming.yaml").unlink(), "is not the file"),
        (lambda r: (r / "corpus/queries/gaming.yaml").write_text(QUERY + "\n", "utf-8"), "is not the file"),
        (lambda r: altered(r, "reward-gaming", ""), "its digest differs"),
        (lambda r: swap(r / "corpus/frames.yaml", "records: ", "records: 9"), "records, the frame has"),
        (lambda r: swap(r / "corpus/frames.yaml", "stage: ", "stages: "), "stages: Extra inputs"),
        (lambda r: altered(r, "p02", "p0x"), "a record of the frame that is not there"),
    ],
)
def test_check_names_a_frame_that_is_not_the_one_frozen(full: Path, break_it: object, said: str) -> None:
    frozen(full)
    break_it(full)  # type: ignore[operator]
    assert any(said in f.message and f.remedy and not f.warning for f in check(full)), check(full)


def swap(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def altered(root: Path, old: str, new: str) -> None:
    swap(root / "corpus/frame.csv", old, new)


def texts_of(n: int, seed: int) -> tuple[dict[str, tuple[str, str]], dict[str, bool]]:
    """Return made-up texts: the words of those that are in differ from the others' by half."""
    draw = random.Random(seed)
    texts, decided = {}, {}
    for k in range(n):
        inside = k % 2 == 0
        pool = ["judge", "leak", "hack"] if inside else ["protein", "galaxy", "bridge"]
        body = " ".join(draw.choices([*pool, "model", "score", "data", "task"], k=12))
        texts[f"p{k:03}"] = (draw.choice(pool), body)
        decided[f"p{k:03}"] = inside
    return texts, decided


def test_a_score_does_not_see_its_own_decision() -> None:
    texts, decided = texts_of(60, 1)
    lone = {**texts, "odd": ("zyx unheard", "zyx unheard of wvu zyx")}
    here = inclusion(lone, {**decided, "odd": True})["odd"]
    there = inclusion(lone, {**decided, "odd": False})["odd"]
    # What fold it is dealt to depends on its label, so the training sets differ; the label itself is not among them.
    assert abs(here - there) < 0.1
    scores = inclusion(texts, decided)
    assert min(scores[p] for p in decided if decided[p]) > max(scores[p] for p in decided if not decided[p])


def test_scores_do_not_depend_on_order_and_need_enough_decisions() -> None:
    texts, decided = texts_of(60, 2)
    turned = inclusion(dict(reversed(texts.items())), dict(reversed(decided.items())))
    assert turned == inclusion(texts, decided)
    few = {p: d for n, (p, d) in enumerate(decided.items()) if n < 2 * FEW - 1}
    assert inclusion(texts, few) == {}
    assert all(0 < s < 1 for s in turned.values())


def test_random_decisions_cannot_be_scored() -> None:
    draw = random.Random(3)
    texts, _ = texts_of(200, 3)
    decided = {p: draw.random() < 0.5 for p in texts}
    scores = inclusion(texts, decided)
    inside = [scores[p] for p in texts if decided[p]]
    outside = [scores[p] for p in texts if not decided[p]]
    above = sum(a > b for a in inside for b in outside) / (len(inside) * len(outside))
    assert 0.38 < above < 0.62  # a learner that saw the decisions would be near 1


def test_the_repository_s_frame_is_whole() -> None:
    root = Path(__file__).parents[1]
    with (root / "corpus/frame.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    survey = open_survey(root)
    records = {f.stage: f.records for f in read_frames(root, [])}
    assert Counter(r["stage"] for r in rows) == Counter(survey.frame["stage"]) == records
    for stage in records:
        drawn = set(survey.sample.loc[survey.sample["stage"] == stage, "paper"])
        assert drawn <= {r["paper"] for r in rows if r["stage"] == stage}, stage
    assert survey.frame["score"].dropna().between(0, 1).all()
