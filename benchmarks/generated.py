"""Data of the size that the bars speak of, the same at every run; nothing in it describes a real paper."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.store.bibliography import Entry
from workbench.store.tables import CODINGS, FINAL, SIGNOFFS, Table

FAILURE_MODE = "failure_mode"
LEVELS = ("mentions", "argues", "demonstrates", "measures")
#: Codes that a paper carries in each facet, twelve in all; one in every other facet.
CARRIED = {FAILURE_MODE: 4, "stream": 2, "method": 2}
CODERS = ("a", "b", "c")
FIXED = {"schema": "1.0", "basis": "abstract", "at": "2026-11-24T09:30:00Z"}
COLUMNS = ("paper", "facet", "code", "level")
Rows = list[dict[str, object]]


def _table(table: Table, rows: Rows, extra: tuple[str, ...] = ()) -> pd.DataFrame:
    columns = [*extra, *table.header]
    frame = pd.DataFrame([dict.fromkeys(columns, "") | row for row in rows], columns=columns)
    other = {"year": "Int64", "grey": "bool", "human_verified": "bool"} if table is FINAL else {}
    return frame.astype(dict.fromkeys(columns, "str") | other)


def coded(facets: dict[str, list[str]], count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``final`` and what ``trends`` needs of ``papers``; one row in ten does not count."""
    rng = random.Random(7)
    years = {f"p{n:04}": rng.randint(2018, 2026) for n in range(count)}
    same = {"grey": False, "human_verified": False, **FIXED}
    rows: Rows = [
        same
        | dict(
            zip(
                COLUMNS,
                (paper, facet, code, rng.choice(LEVELS) if facet == FAILURE_MODE else ""),
                strict=True,
            )
        )
        | {"year": year, "state": rng.choice(["present"] * 19 + ["absent"])}
        | {"resolved": rng.choice(["agreed"] * 14 + ["adjudicated"] * 4 + ["unresolved"])}
        for paper, year in years.items()
        for facet, codes in facets.items()
        for code in rng.sample(codes, CARRIED.get(facet, 1))
    ]
    papers = pd.DataFrame({"paper": list(years), "first_public": list(years.values())})
    return _table(FINAL, rows), papers


def coders_of(
    final: pd.DataFrame, modes: list[str], count: int
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, NDArray[np.float64]]]:
    """Return codings and sign-offs of three coders who see four codes of five, and mode -> coders x papers."""
    rng = random.Random(8)
    values = {c: np.zeros((len(CODERS), count)) for c in modes}
    rows: Rows = []
    for number, coder in enumerate(CODERS):
        for cells in zip(*(final[c] for c in COLUMNS), strict=True):
            if rng.random() < 0.8:
                row = dict(zip(COLUMNS, cells, strict=True))
                rows.append({**FIXED, **row, "coder": coder, "state": "present", "revision": "1"})
                if row["facet"] == FAILURE_MODE:
                    values[row["code"]][number, int(row["paper"][1:])] = 1
    signs: Rows = [{**FIXED, "coder": c, "paper": p} for c in CODERS for p in final["paper"].unique()]
    return _table(CODINGS, rows, ("coder",)), _table(SIGNOFFS, signs, ("coder",)), values


def records(count: int) -> tuple[list[Entry], set[tuple[int, int]]]:
    """Return works, one in fifty a near copy of an earlier one, and the places of those pairs."""
    rng = random.Random(9)
    words = sorted({"".join(rng.choices("abdefgiklmnoprstuv", k=rng.randint(3, 9))) for _ in range(6000)})
    often = [1 / (1 + n) for n in range(len(words))]  # Zipf: a few words stand in many titles
    made: list[Entry] = []
    copies: set[tuple[int, int]] = set()
    for n in range(count):
        if n > 50 and n % 50 == 0:
            old = made[earlier := rng.randrange(n)]
            title = rng.choice([old.title.upper(), old.title.replace(": ", " - "), old.title + "s"])
            made.append(replace(old, key=f"r{n}", title=title, year=(old.year or 0) + n % 2, arxiv_id=""))
            copies.add((earlier, n))
            continue
        title = " ".join(rng.choices(words, often, k=rng.randint(6, 12))).capitalize()
        title = title.replace(" ", ": ", 1) if n % 3 == 0 else title
        who = tuple(f"{w.capitalize()}, {chr(65 + n % 26)}." for w in rng.choices(words, k=rng.randint(1, 6)))
        arxiv = f"{rng.randint(18, 25)}{n % 12 + 1:02}.{n:05}" if n % 2 else ""
        made.append(Entry(f"r{n}", "article", title, who, rng.randint(2018, 2026), "A Venue", "", arxiv))
    return made, copies
