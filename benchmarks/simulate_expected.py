"""How often the test of ``analysis.expected`` finds a cell that is empty in truth, and how often it finds chance.

The papers of the frozen pilot are drawn with replacement, and of one free cell in each pair of facets every paper
exchanges the code with a paper outside: both margins stay, the meeting is gone. Under the null every code that no rule
holds is dealt anew. Writes ``docs/simulations/expected.md``. Run: ``nice python -m benchmarks.simulate_expected``; some
minutes.
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.expected import Grid, expected
from analysis.nullmodel import DRAWS
from analysis.selection import incidences
from workbench.answers.answer import in_schema
from workbench.answers.expected import grids
from workbench.store.survey import open_survey

HERE = Path(__file__).parent.parent
PILOT, OUT = HERE / "tests/fixtures/pilot.tar.xz", HERE / "docs/simulations/expected.md"
SEED, LEVEL = 20261130, 0.05
#: Papers drawn -> how often, each once with cells emptied and once under the null.
RUNS = {225: 6, 450: 4, 1000: 2}
#: Exchanges for each paper that deal a facet anew.
DEALT = 15

Flags = NDArray[np.bool_]


def pilot() -> tuple[list[Grid], dict[str, Flags]]:
    """The grids of the pilot, and papers x codes of each of their facets, over the papers that are coded."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(PILOT) as packed:
            packed.extractall(folder, filter="data")
        survey = open_survey(folder)
        made = grids(survey)
        facets = {g.rows: g.row_codes for g in made} | {g.columns: g.column_codes for g in made}
        held = incidences(in_schema(survey.final, survey.codes), list(facets.items()))
    return made, {f: one.matrix.toarray() > 0 for f, one in zip(facets, held, strict=True)}


def table(marks: dict[str, Flags], made: list[Grid]) -> pd.DataFrame:
    """The table ``final`` of papers with these codes."""
    codes = {g.rows: g.row_codes for g in made} | {g.columns: g.column_codes for g in made}
    rows = [
        pd.DataFrame(
            {"paper": [f"p{i}" for i in at[0]], "facet": facet, "code": np.take(codes[facet], at[1])}
        )
        for facet, one in marks.items()
        if len((at := np.nonzero(one))[0])
    ]
    same = {"basis": "abstract", "state": "present", "level": "", "resolved": "agreed", "grey": False}
    return pd.concat(rows, ignore_index=True).assign(**same)


def held(grid: Grid, left: Flags) -> Flags:
    """Papers x column codes where a rule decides."""
    ties = np.array([[(a, b) in grid.decided for b in grid.column_codes] for a in grid.row_codes])
    return np.asarray(left @ ties)


def emptied(grid: Grid, left: Flags, right: Flags, rng: np.random.Generator) -> tuple[str, str] | None:
    """Empty a random free cell with papers of those that can be emptied with both margins kept, in place."""
    free = np.array(
        [
            [(a, b) not in grid.decided and (a, b) not in grid.unseen for b in grid.column_codes]
            for a in grid.row_codes
        ]
    )
    both = (left.any(axis=1) & right.any(axis=1))[:, None]
    met = (left & both).T.astype(int) @ right.astype(int)
    ruled = held(grid, left)
    for row, column in rng.permutation(np.argwhere((met > 0) & free)):
        tried = right.copy()
        if all(
            _exchanged(i, column, tried, left[:, row], ruled, rng)
            for i in np.flatnonzero(left[:, row] & right[:, column])
        ):
            right[:] = tried
            return str(grid.row_codes[row]), str(grid.column_codes[column])
    return None


def _exchanged(i: int, column: int, right: Flags, row: Flags, ruled: Flags, rng: np.random.Generator) -> bool:
    """Let paper ``i`` give a code to a paper outside the row, for one of its codes; in place, if any can."""
    gives = right & ~right[i] & ~ruled & ~ruled[i]
    able = ~row & ~right[:, column] & ~ruled[:, column] & gives.any(axis=1)
    if not able.any() or ruled[i, column]:
        return False
    j = int(rng.choice(np.flatnonzero(able)))
    other = int(rng.choice(np.flatnonzero(gives[j])))
    right[i, column], right[j, column] = False, True
    right[i, other], right[j, other] = True, False
    return True


def dealt(right: Flags, ruled: Flags, rng: np.random.Generator) -> None:
    """Deal the codes of a facet anew, in place: margins and what rules decide are kept."""
    for i, j in rng.integers(0, len(right), (DEALT * len(right), 2)):
        at = np.flatnonzero((right[i] ^ right[j]) & ~ruled[i] & ~ruled[j])
        if i == j or len(at) < 2:
            continue
        mine = rng.permutation(at)[: int(right[i, at].sum())]
        right[i, at], right[j, at] = False, True
        right[i, mine], right[j, mine] = True, False


def one_run(
    made: list[Grid], marks: dict[str, Flags], papers: int, seed: int, draws: int
) -> dict[str, float]:
    """Draw papers once; count what is found of the emptied cells, and what is found by chance."""
    rng = np.random.default_rng([SEED, papers, seed])
    drawn = rng.integers(0, len(next(iter(marks.values()))), papers)
    mine = {facet: one[drawn].copy() for facet, one in marks.items()}
    chance = {facet: one.copy() for facet, one in mine.items()}
    crossed = [g for g in made if not g.within]
    gone = {g.name: emptied(g, mine[g.rows], mine[g.columns], rng) for g in crossed}
    cells, about = expected(table(mine, made), made, draws=draws, seed=seed, level=LEVEL)
    at = cells.set_index(["grid", "row", "column"])
    there = [at.loc[(name, *cell)] for name, cell in gone.items() if cell is not None]
    family = int(cells["seen"].sum())
    # As if it were the only one found: the least lenient place in the family.
    hard = family * float(np.sum(1 / np.arange(1, family + 1)))
    open_ = cells[~cells["class"].isin(["by rule", "not assessable"])]
    carried = open_[open_["n"] > 0]
    for g in crossed:
        dealt(chance[g.columns], held(g, chance[g.rows]), rng)
    false, _ = expected(table(chance, made), crossed, draws=draws, seed=seed, level=LEVEL)
    wrong = int(false["class"].isin(["gap", "sparse"]).sum())
    return {
        "emptied": len(there),
        "seen": sum(bool(c["seen"]) for c in there),
        "found": sum(bool(c["seen"]) and float(c["p_lower"]) * hard <= LEVEL for c in there),
        "free": len(open_),
        "free seen": int(open_["seen"].sum()),
        "carried": len(carried),
        "carried seen": int(carried["seen"].sum()),
        "median": float(about["median_expected"].iloc[-1]),
        "tested": int(false["seen"].sum()),
        "false": wrong,
        "any false": int(wrong > 0),
    }


HEADINGS = (
    "papers",
    "drawings",
    "half of the free cells expect fewer than",
    "free cells that could be found",
    "of those with papers",
    "emptied",
    "could be found",
    "found",
    "by chance: tested",
    "found by chance",
    "drawings with any",
)
PAGE = """# Can the test of *expected* find a gap?

Written by `benchmarks/simulate_expected.py`; do not edit. {runs} drawings of papers from the {papers} coded papers of
the frozen pilot, with replacement; {draws:,} null draws for each pair of facets, as in the product.

**{answer}**

A *free cell* is a pair of codes that no coding rule decides. A cell is *empty in truth* when no paper carries both
codes and that is no accident. To see whether the test notices, one free cell with papers was emptied in each of the
{grids} pairs of facets: every paper in it exchanged the one code with a paper outside, so that each code keeps its
number of papers and each paper its number of codes. *Could be found*: cells of which the test says beforehand that it
would notice. *Found*: emptied cells with q at most {level}, as if no other were found. *By chance*: the codes that no
rule decides were dealt anew, so that nothing is missing, and everything found is false.

{headings}
{rows}

{lost}

## Why the map is a map and not a test

A codebook of this grain has more cells than papers can fill. Most cells expect far less than one paper, so they are
empty whether or not anything is missing. A test can speak only of the few cells of two common codes. More papers make
these more, and leave most cells as they are: what is rare stays rare, and rules decide most of what is common. The map
of failure modes and lines of work therefore shows where papers are. Its empty cells are places to look, and no
findings. What is under-measured is told by `measurement`, which counts papers and
does not look for empty cells.

## What this does not show

- Papers drawn with replacement bring no code that the pilot lacks; a real larger corpus has rarer codes as well.
- One cell was emptied in each pair of facets at once, and cells without a paper cannot be emptied.
- So few drawings tell shares to some points only; of false findings they show that these are no rule, not their rate.
"""


def written(tallies: dict[int, pd.DataFrame], draws: int, papers: int, crossed: int) -> str:
    """The page."""
    rows = []
    for size, runs in tallies.items():
        n = runs.sum()
        rows.append(
            f"| {size:,} | {len(runs)} | {runs['median'].mean():.2f} | {n['free seen'] / n['free']:.1%} | "
            f"{n['carried seen'] / n['carried']:.1%} | {n['emptied']:.0f} | {n['seen']:.0f} | {n['found']:.0f} | "
            f"{n['tested']:.0f} | {n['false']:.0f} | {n['any false']:.0f} |"
        )
    shares = [(size, r["free seen"].sum() / r["free"].sum()) for size, r in tallies.items()]
    false, every = (sum(r[c].sum() for r in tallies.values()) for c in ("any false", "tested"))
    whole = sum(map(len, tallies.values()))
    answer = (
        "Hardly ever: "
        + ", ".join(f"{share:.1%} of the free cells at {size:,} papers" for size, share in shares)
        + f" could be found, at best, if they were empty. Where nothing was missing, {false:.0f} of {whole} drawings, "
        + f"with {every:,.0f} tested cells, gave a finding."
    )
    short = [f"{size:,}" for size, r in tallies.items() if r["found"].sum() < r["seen"].sum()]
    lost = (
        f"At {', '.join(short)} papers not every cell that *could be found* is found: with {draws:,} null draws no "
        f"probability falls below 1 / {draws + 1:,}, and beside so many tested cells that is not small enough for a "
        "single one. There the shares that could be found are upper bounds."
        if short
        else "Every emptied cell that could be found was found."
    )
    return PAGE.format(
        runs=whole,
        papers=papers,
        draws=draws,
        answer=answer,
        grids=crossed,
        level=LEVEL,
        rows="\n".join(rows),
        headings=f"| {' | '.join(HEADINGS)} |\n|{' ---: |' * len(HEADINGS)}",
        lost=lost,
    )


def main() -> None:
    """Run all sizes and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--once", action="store_true", help="one drawing a size")
    given = parser.parse_args()
    made, marks = pilot()
    tallies = {}
    for size, runs in RUNS.items():
        many = 1 if given.once else runs
        tallies[size] = pd.DataFrame([one_run(made, marks, size, k, given.draws) for k in range(many)])
        print(size, tallies[size].sum().to_dict(), flush=True)
    papers = len(next(iter(marks.values())))
    OUT.write_text(written(tallies, given.draws, papers, sum(not g.within for g in made)), encoding="utf-8")


if __name__ == "__main__":
    main()
