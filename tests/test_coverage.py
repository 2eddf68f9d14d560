"""Coverage counts papers, keeps the papers behind each cell, and leaves out what does not count."""

from __future__ import annotations

import itertools
from functools import partial

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.coverage import coverage as plain_coverage
from analysis.selection import counted, dropped
from tests.coder_tables import ASKED
from workbench.store.tables import FINAL

coverage = partial(plain_coverage, asked=ASKED)

STREAMS = ("s1", "s2")
MODES = ("m1", "m2", "m3")


def final(rows: list[dict[str, object]]) -> pd.DataFrame:
    blank: dict[str, object] = dict.fromkeys(FINAL.header, "")
    given_rows = [{**blank, "basis": "abstract", "state": "present", "resolved": "agreed", **r} for r in rows]
    table = pd.DataFrame(given_rows, columns=FINAL.header)
    table["grey"] = [bool(r.get("grey", False)) for r in rows]
    table["human_verified"] = False
    table["year"] = pd.array([2024] * len(rows), dtype="Int64")
    text = [c for c in FINAL.header if c not in ("grey", "human_verified", "year")]
    return table.astype(dict.fromkeys(text, "str") | {"grey": "bool"})


def code(paper: str, facet: str, name: str, **more: object) -> dict[str, object]:
    return {"paper": paper, "facet": facet, "code": name, **more}


def test_cells_by_hand() -> None:
    table = final(
        [
            code("a", "stream", "s1"),
            code("a", "failure_mode", "m1", level="measures"),
            code("b", "stream", "s1"),
            code("b", "stream", "s2"),
            code("b", "failure_mode", "m1", level="mentions"),
            code("c", "stream", "s2", grey=True, resolved="single"),
            code("c", "failure_mode", "m2", level="measures", grey=True, resolved="single"),
            code("d", "stream", "s2"),
            code("d", "failure_mode", "m2", level="argues", resolved="unresolved"),
        ]
    )
    wide = coverage(table, "failure_mode", "stream", row_codes=MODES, column_codes=STREAMS)
    assert wide["n"].tolist() == [2, 1, 0, 0, 0, 0]
    strict = coverage(
        table, "failure_mode", "stream", min_level="measures", row_codes=MODES, column_codes=STREAMS
    )
    assert strict["n"].tolist() == [1, 0, 0, 0, 0, 0]
    with_grey = coverage(
        table, "failure_mode", "stream", grey="include", row_codes=MODES, column_codes=STREAMS
    ).set_index(["row", "column"])
    assert with_grey.loc[("m2", "s2"), "papers"] == ("c",)
    assert dropped(table).set_index("reason")["codings"].to_dict() == {
        "grey": 2,
        "unresolved": 1,
        "single": 0,
    }


def test_nobody_has_coded_yet() -> None:
    cells = coverage(final([]), "failure_mode", "stream", row_codes=MODES, column_codes=STREAMS)
    assert cells["n"].tolist() == [0] * 6
    assert counted(final([])).empty


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from([*STREAMS, *MODES]), st.sampled_from(ASKED.levels)),
        unique_by=lambda t: t[:2],
        max_size=25,
    ),
    st.sampled_from(ASKED.levels),
)
def test_every_cell_equals_counting_by_hand(codes: list[tuple[int, str, str]], least: str) -> None:
    rows = [
        code(f"p{p}", "stream", c) if c in STREAMS else code(f"p{p}", "failure_mode", c, level=level)
        for p, c, level in codes
    ]
    cells = coverage(
        final(rows), "failure_mode", "stream", min_level=least, row_codes=MODES, column_codes=STREAMS
    ).set_index(["row", "column"])
    for mode, stream in itertools.product(MODES, STREAMS):
        carry = {
            p for p, c, level in codes if c == mode and ASKED.levels.index(level) >= ASKED.levels.index(least)
        }
        both = tuple(sorted(f"p{p}" for p in carry & {p for p, c, _ in codes if c == stream}))
        assert cells.loc[(mode, stream), "papers"] == both
        assert cells.loc[(mode, stream), "n"] == len(both)
