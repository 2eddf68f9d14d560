"""Codings and sign-offs of a few coders as tables, written short."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis.selection import Asked
from workbench.store.tables import CODINGS, SIGNOFFS

NAN = float("nan")
#: What the tables of the tests ask about.
ASKED = Asked("failure_mode", ("mentions", "argues", "demonstrates", "measures"), "measures")
T1, T2, T3 = "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z"
PEOPLE = {"ada": "human", "bob": "human", "cyd": "human"}


def coding(paper: str, coder: str, name: str, **more: object) -> dict[str, object]:
    return {"paper": paper, "coder": coder, "code": name, **more}


def tables(
    codings: list[dict[str, object]], signoffs: list[tuple[str, ...]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Codings and sign-offs as text, blanks filled in."""
    blank = {
        **dict.fromkeys(CODINGS.header, ""),
        "schema": "1.0",
        "basis": "abstract",
        "facet": "failure_mode",
        "revision": "1",
        "state": "present",
        "at": T1,
    }
    held = pd.DataFrame([{**blank, **c} for c in codings], columns=[*CODINGS.header, "coder"], dtype="str")
    signs = pd.DataFrame(
        [
            {
                **dict.fromkeys(SIGNOFFS.header, ""),
                "paper": p,
                "coder": c,
                "schema": rest[0] if rest else "1.0",
                "basis": "abstract",
                "at": rest[1] if len(rest) > 1 else T1,
            }
            for p, c, *rest in signoffs
        ],
        columns=[*SIGNOFFS.header, "coder"],
        dtype="str",
    )
    return held, signs


def codes(*names: str, facet: str = "failure_mode") -> pd.DataFrame:
    return pd.DataFrame({"facet": [facet] * len(names), "code": list(names)}, dtype="str")


values_of = st.lists(st.lists(st.sampled_from([0, 1, None]), min_size=6, max_size=6), min_size=1, max_size=10)


def laid_out(grid: list[list[int | None]]) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.float64]]:
    """Ten papers at most, three coders, two codes; None is a paper x coder x code without information."""
    rows, cube = [], np.full((len(grid), 2, 3), NAN)
    for p, line in enumerate(grid):
        for (c, m), value in zip(itertools.product(range(2), range(3)), line, strict=True):
            cube[p, c, m] = NAN if value is None else value
            if value != 0:
                state = "present" if value else "no-information"
                level = "argues" if value else ""
                rows.append(coding(f"p{p:02}", list(PEOPLE)[m], f"m{c}", state=state, level=level))
    signs = [(f"p{p:02}", who) for p in range(len(grid)) for who in PEOPLE]
    return *tables(rows, signs), cube
