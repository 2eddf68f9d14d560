"""What papers report: counts of what was read, and a share of more only where papers were drawn at random."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.replicates import replicates
from analysis.reporting import NO_SPREAD, NOT_DRAWN, reporting
from tests.test_coverage import code, final
from tests.test_replicates import sample
from workbench.answers.reporting import drawn_in_full, in_words, reported
from workbench.store.survey import open_survey

PRACTICES = [("care", "spread-given"), ("care", "code-given")]


def read(papers: dict[str, list[str]], **more: object) -> pd.DataFrame:
    """Papers read in full, each with the practices it follows; every one has a code of another facet."""
    rows = [code(p, "stream", "any", basis="full-text") for p in papers]
    rows += [code(p, "care", c, basis="full-text", **more) for p, held in papers.items() for c in held]
    return final(rows)


def test_papers_at_hand_have_counts_and_no_interval() -> None:
    held = read({"a": ["spread-given"], "b": [], "c": ["spread-given", "code-given"]})
    table = reporting(held, PRACTICES)
    assert table[["code", "k", "n", "share"]].to_numpy().tolist() == [
        ["spread-given", 2, 3, pytest.approx(2 / 3)],
        ["code-given", 1, 3, pytest.approx(1 / 3)],
    ]
    assert table[["low", "high"]].isna().all(axis=None) and (table["note"] == NOT_DRAWN).all()
    assert table["papers"].tolist() == [("a", "c"), ("c",)]


def test_what_coders_differ_on_is_in_neither_count() -> None:
    held = read({"a": ["spread-given"], "b": []})
    open_ = read({"b": ["spread-given"]}, state="", resolved="unresolved").iloc[1:]
    table = reporting(pd.concat([held, open_], ignore_index=True), PRACTICES)
    assert table[["k", "n"]].to_numpy().tolist() == [[1, 1], [0, 2]]
    assert reporting(held.iloc[:0], PRACTICES)["share"].isna().all()


def test_drawn_papers_are_weighted_and_those_out_of_scope_count_for_the_spread() -> None:
    """Two of four in a stratum of 40, one of two in a stratum of 4 that was drawn whole; one more is out of scope."""
    drawn = sample({"s": (40, 5), "t": (4, 4)})
    papers = {"s0": ["code-given"], "s1": ["code-given"], "s2": [], "s3": [], "t0": ["code-given"], "t1": []}
    table = reporting(read(papers | {"elsewhere": ["code-given"]}), PRACTICES, drawn, replicates(drawn))
    row = table.iloc[1]
    assert (row["k"], row["n"]) == (3, 6)
    assert row["share"] == pytest.approx((2 * 8 + 1) / (4 * 8 + 2))
    assert row["low"] < row["share"] < row["high"] and row["note"] == ""
    # Nobody gives a spread: nothing varies, and nothing is claimed.
    assert table.iloc[0]["note"] == NO_SPREAD and np.isnan(table.iloc[0]["high"])


def test_the_interval_holds_the_truth_of_the_papers_drawn_from() -> None:
    """Two strata that differ in size and practice, some papers out of scope; nine of ten intervals hold the share."""
    rng = np.random.default_rng(8)
    big, small = np.arange(300), np.arange(80)
    has = {"s": rng.random(300) < 0.3, "t": rng.random(80) < 0.7}
    inside = {"s": rng.random(300) < 0.8, "t": rng.random(80) < 0.9}
    true = sum((has[h] & inside[h]).sum() for h in "st") / sum(inside[h].sum() for h in "st")
    held = []
    for run in range(150):
        drawn = sample({"s": (300, 40), "t": (80, 25)})
        at = {"s": rng.choice(big, 40, replace=False), "t": rng.choice(small, 25, replace=False)}
        papers = {
            f"{h}{k}": ["code-given"] if has[h][i] else []
            for h in "st"
            for k, i in enumerate(at[h])
            if inside[h][i]
        }
        weighed = replicates(drawn, draws=300, seed=run)
        row = reporting(read(papers), PRACTICES[1:], drawn, weighed).iloc[0]
        held.append(row["low"] <= true <= row["high"])
    assert 0.83 <= np.mean(held) <= 0.97


def test_half_a_draw_is_refused() -> None:
    drawn = sample({"s": (40, 5)})
    with pytest.raises(ValueError, match="give both or neither"):
        reporting(read({"s0": []}), PRACTICES, drawn)
    with pytest.raises(ValueError, match="replicates are of 4 papers, drawn has 5"):
        reporting(read({"s0": []}), PRACTICES, drawn, np.ones((3, 4)))


def test_the_pilot_read_what_was_at_hand(pilot: Path) -> None:
    survey = open_survey(pilot)
    assert drawn_in_full(survey) is None
    table = reported(survey).tables["reporting"]
    assert dict(zip(table["code"], table["k"], strict=True)) == {
        "uncertainty-reported": 7,
        "attempt-budget-stated": 4,
        "judge-validated": 4,
        "data-or-code-released": 14,
        "independent-of-developer": 6,
    }
    assert (table["n"] == 18).all() and table["high"].isna().all()
    said = in_words(survey)
    assert "Data or code released: 14 of 18" in said and "not drawn at random" in said


def test_a_draw_for_full_texts_gives_shares_of_what_it_was_drawn_from(pilot: Path, tmp_path: Path) -> None:
    root = shutil.copytree(pilot, tmp_path / "pilot")
    papers = list(open_survey(root).final.query("basis == 'full-text'")["paper"].unique())

    def draw(some: list[str]) -> None:
        for name, lines in (
            ("sample", [f"full-text,{p},one,1,{k}" for k, p in enumerate(some, 1)]),
            ("sampling", [f"full-text,one,1,225,{len(some)},7,{len(some) / 225}"]),
        ):
            path = root / "corpus" / f"{name}.csv"
            kept = [at for at in path.read_text("utf-8").splitlines() if not at.startswith("full-text,")]
            path.write_text("\n".join([*kept, *lines]) + "\n", "utf-8")

    draw(papers)
    survey = open_survey(root)
    table = reported(survey).tables["reporting"].set_index("code")
    row = table.loc["data-or-code-released"]
    assert row["share"] == pytest.approx(14 / 18) and row["low"] < 14 / 18 < row["high"] < 1
    assert "among the 225 that these were drawn from; 90% intervals" in in_words(survey)
    # One drawn paper that nobody read: whose text can be had is not random.
    draw([*papers, next(p for p in survey.papers["paper"] if p not in papers and _in(survey, p))])
    assert drawn_in_full(open_survey(root)) is None


def _in(survey: object, paper: str) -> bool:
    decided = survey.screened.set_index("paper")["decision"]  # type: ignore[attr-defined]
    return bool((decided.get([paper]) == "include").all()) if paper in decided.index else False


def test_a_survey_without_full_texts_has_no_table(survey: Path) -> None:
    opened = open_survey(survey)
    assert reported(opened).tables == {}
    assert in_words(opened).startswith("No paper has been coded from its full text")
