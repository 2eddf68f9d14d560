"""What reading more changes: a worked example."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.shift import shift
from workbench.store.tables import FINAL


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
