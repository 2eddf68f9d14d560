"""What reading more changes: a worked example."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.shift import missed
from analysis.shift import shift as plain_shift
from tests.coder_tables import ASKED
from workbench.answers.reading_more import in_words, reading_more
from workbench.store.survey import open_survey
from workbench.store.tables import FINAL

shift = partial(plain_shift, asked=ASKED)


def row(paper: str, basis: str, code: str, level: str, **more: object) -> dict[str, object]:
    blank = dict.fromkeys(FINAL.header, "")
    held = {"facet": "failure_mode", "state": "present", "resolved": "agreed", "grey": False}
    return {**blank, "paper": paper, "basis": basis, "code": code, "level": level, **held, **more}


def test_levels_are_compared_mode_by_mode_among_papers_coded_on_both_bases() -> None:
    final = pd.DataFrame(
        [
            row("a", "abstract", "one", "mentions"),
            row("a", "full-text", "one", "measures", resolved="adjudicated"),
            row("a", "abstract", "two", "measures"),
            row("a", "full-text", "two", "argues"),
            row("a", "full-text", "three", "mentions"),
            row("a", "abstract", "four", "argues"),
            row("a", "full-text", "four", "", state="absent", resolved="adjudicated"),
            row("a", "abstract", "five", "argues"),
            row("a", "full-text", "five", "argues"),
            row("a", "abstract", "six", "argues"),
            row("a", "full-text", "six", "", state="", resolved="unresolved"),
            row("b", "abstract", "one", "measures"),
            row("c", "full-text", "one", "measures"),
        ]
    )
    assert shift(final).to_numpy().tolist() == [
        ["a", "five", "argues", "argues", "same"],
        ["a", "four", "argues", "", "gone"],
        ["a", "one", "mentions", "measures", "raised"],
        ["a", "three", "", "mentions", "new"],
        ["a", "two", "measures", "argues", "lowered"],
    ]


def test_nothing_coded_twice_gives_an_empty_table() -> None:
    nothing = pd.DataFrame({c: pd.Series([], dtype="bool" if c == "grey" else "str") for c in FINAL.header})
    table = shift(nothing)
    assert table.empty
    assert list(table.columns) == ["paper", "code", "level_less", "level_more", "change"]
    with pytest.raises(ValueError, match="basis"):
        shift(nothing, more="rumour")
    assert np.isnan(missed(table)).all()


def found(*papers: tuple[int, int]) -> pd.DataFrame:
    """A table of papers with so many new modes of so many, and one that is gone in each."""
    rows = []
    for k, (new, of) in enumerate(papers):
        rows += [(f"p{k}", f"m{m}", "" if m < new else "argues", "argues", "new") for m in range(of)]
        rows.append((f"p{k}", "gone", "argues", "", "gone"))
    table = pd.DataFrame(rows, columns=["paper", "code", "level_less", "level_more", "change"])
    table.loc[(table["change"] == "new") & (table["level_less"] != ""), "change"] = "same"
    return table


def test_what_abstracts_miss_is_a_share_of_what_full_texts_have() -> None:
    share, low, high = missed(found((2, 3), (0, 1), (1, 4), (3, 3)))
    assert share == pytest.approx(6 / 11)
    assert 0 <= low < share < high <= 1
    # Papers that are all alike show nothing of how papers differ, and neither does one paper.
    for alike in (found((1, 2), (1, 2), (2, 4)), found((1, 2))):
        value, *ends = missed(alike)
        assert value == 0.5 and np.isnan(ends).all()


def test_the_interval_follows_papers_and_not_modes() -> None:
    """All or nothing in every paper: ten papers of ten modes are ten things known and not a hundred."""
    together = missed(found(*[(10, 10)] * 5, *[(0, 10)] * 5))
    apart = missed(found(*[(5, 10)] * 9, (4, 10), (6, 10)))
    assert together[2] - together[1] > 0.4 > 0.05 > apart[2] - apart[1]


def test_the_interval_holds_the_truth_in_nine_of_ten_samples_of_papers() -> None:
    rng = np.random.default_rng(4)
    held = []
    for _ in range(200):
        sizes = rng.integers(1, 7, 30)
        new = rng.binomial(sizes, rng.beta(3, 3, 30))
        _, low, high = missed(found(*zip(new.tolist(), sizes.tolist(), strict=True)), draws=300)
        held.append(low <= 0.5 <= high)
    assert 0.83 <= np.mean(held) <= 0.95


def test_the_pilot_misses_half_and_says_so(pilot: Path) -> None:
    """53%; an independent recomputation, clustered by paper, gave 41 to 62%."""
    answer = reading_more(open_survey(pilot))
    told = {n.name: n.value for n in answer.numbers}
    assert told["FullTextMissed"] == pytest.approx(25 / 47)
    assert told["FullTextMissedLow"] == pytest.approx(0.41, abs=0.02)
    assert told["FullTextMissedHigh"] == pytest.approx(0.62, abs=0.02)
    said = in_words(answer.tables["full-text-shift"], "failure modes")
    assert "25 (53%) are not in the abstract" in said and "to 62% instead of 53%" in said
    assert "the literature as a whole may differ" in said
