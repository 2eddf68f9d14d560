"""How the gap test does on data made for it: false discoveries under the null, and planted gaps found.

Two facets are drawn from Rasch models, logit P(paper i has code j) = a_i + b_j, so that given both margins every
matrix is equally likely: the null of the test holds exactly. Papers that carry many codes of one facet carry many of
the other (correlated a_i), which the hypergeometric law does not know. A gap is planted by giving every paper that
has both codes another code of the column facet instead; a paper keeps its number of codes.

As in the survey, papers without a code of the row facet are there too, one in ten, and they are of one kind: all of
them carry the commonest column code and no other. They can be in no cell, and the test leaves them out.

Writes docs/simulations/gaps.md. Run: ``python benchmarks/simulate_gaps.py`` (some minutes).
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.coverage import gaps
from analysis.nullmodel import APART
from analysis.surprise import discoveries, hypergeometric_tails

SEED, LEVEL = 20261125, 0.05
OUT = Path(__file__).parent.parent / "docs/simulations/gaps.md"
FOUND = ("gap", "sparse", "crowded")
#: Expected counts between which planted gaps are reported together.
EDGES = (2, 4, 6, 8, 12, 20, 60)
#: Trades a paper between two draws; the report says how far from independent they are.
TRADES = 2
#: Share of the papers that carry no row code.
BARE = 0.1
Matrix = NDArray[np.bool_]


@dataclass(frozen=True)
class Size:
    """Papers, codes of either facet, and how many codes a paper carries of each on average."""

    papers: int
    rows: int
    columns: int
    carried: tuple[float, float] = (1.3, 1.3)

    def __str__(self) -> str:
        return f"{self.papers} x {self.rows} x {self.columns}"


SIZES = (Size(225, 39, 8), Size(225, 12, 12, (2.5, 2.5)), Size(1000, 12, 8))


def rasch(abilities: NDArray[np.float64], codes: int, mean: float, rng: np.random.Generator) -> Matrix:
    """Draw papers x codes, at least one code a paper; codes are as uneven as in the survey, the mean is given."""
    difficulty = -1.1 * np.log(np.arange(1, codes + 1)) + rng.normal(0, 0.2, codes)
    low, high = -20.0, 20.0
    for _ in range(60):
        shift = (low + high) / 2
        p = 1 / (1 + np.exp(-(abilities[:, None] + difficulty + shift)))
        some = p.sum(axis=1) / (1 - np.exp(np.log1p(-p).sum(axis=1)))
        low, high = (shift, high) if some.sum() < mean * len(abilities) else (low, shift)
    drawn = np.asarray(rng.random(p.shape) < p)
    while (none := ~drawn.any(axis=1)).any():
        drawn[none] = rng.random((int(none.sum()), codes)) < p[none]
    return drawn


def facets(size: Size, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """Draw two facets that have nothing to do with each other but how much papers carry."""
    both = rng.normal(0, 0.7, size.papers)
    one, two = (both + rng.normal(0, 0.4, size.papers) for _ in range(2))
    left, right = (
        rasch(one, size.rows, size.carried[0], rng),
        rasch(two, size.columns, size.carried[1], rng),
    )
    bare = rng.choice(size.papers, size=round(BARE * size.papers), replace=False)
    left[bare], right[bare] = False, np.arange(size.columns) == 0
    return left, right


def final(left: Matrix, right: Matrix) -> pd.DataFrame:
    """Make the survey's table of two facets; every paper also has a code of a third, so that all are coded."""
    parts = []
    for name, held in (("stream", np.ones((len(left), 1), bool)), ("method", left), ("proxy", right)):
        paper, code = np.nonzero(held)
        parts.append(pd.DataFrame({"paper": paper, "facet": name, "code": code}))
    table = pd.concat(parts, ignore_index=True)
    table["paper"] = "p" + table["paper"].astype(str).str.zfill(5)
    table["code"] = "c" + table["code"].astype(str).str.zfill(3)
    return table.assign(basis="abstract", state="present", level="", resolved="agreed", grey=False)


def planted(left: Matrix, right: Matrix, cells: list[tuple[int, int]], rng: np.random.Generator) -> Matrix:
    """Empty cells: a paper with both codes gets another code of the column facet instead."""
    moved = right.copy()
    for row, column in cells:
        for paper in np.flatnonzero(left[:, row] & moved[:, column]):
            barred = {c for r, c in cells if left[paper, r]}
            free = [c for c in range(right.shape[1]) if not moved[paper, c] and c not in barred]
            if free:
                moved[paper, column], moved[paper, rng.choice(free)] = False, True
    return moved


def asked(
    left: Matrix,
    right: Matrix,
    draws: int,
    rng: np.random.Generator,
    by_rule: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Ask for gaps, with trades enough for draws that are nearly independent."""
    return gaps(
        final(left, right),
        "method",
        "proxy",
        by_rule=by_rule,
        draws=draws,
        seed=int(rng.integers(2**32)),
        trades=TRADES * len(left),
        level=LEVEL,
    )


def any_found(cells: pd.DataFrame) -> bool:
    return bool(cells["class"].isin(FOUND).any())


def ruled_runs(size: Size, runs: int, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """Let a rule give nine papers in ten the home code of each row code they carry, and nothing else be the matter."""
    home = np.arange(size.rows) % size.columns
    pairs = [(f"c{row:03d}", f"c{column:03d}") for row, column in enumerate(home)]
    rows = []
    for _ in range(runs):
        left, right = facets(size, rng)
        # Most codes come from the rule, as streams do; a paper that is left without any keeps what it had.
        fewer = right & (rng.random(right.shape) < 0.5)
        for row, column in enumerate(home):
            fewer[:, column] |= left[:, row] & (rng.random(size.papers) < 0.9)
        right = np.where(fewer.any(axis=1)[:, None], fewer, right)
        held = asked(left, right, draws, rng, pairs)
        rows.append(
            {
                "held": any_found(held),
                "blind": any_found(asked(left, right, draws, rng)),
                "testable": int((held["testable"] != "neither").sum()),
                "cells": len(held),
            }
        )
    return {str(k): float(v) for k, v in pd.DataFrame(rows).mean().items()}


def null_runs(size: Size, runs: int, draws: int, rng: np.random.Generator) -> dict[str, float]:
    """Test tables in which nothing is to be found; any cell found is false. Returns means over the tables."""
    rows = []
    for _ in range(runs):
        left, right = facets(size, rng)
        cells = asked(left, right, draws, rng)
        count = cells["class"].value_counts()
        some = left.any(axis=1)
        n, r, c = left.T.astype(int) @ right, left.sum(0)[:, None], right[some].sum(0)[None, :]
        quick, lax = (
            any(
                discoveries(p, np.where((r > 0) & (k > 0), edge, 1.0), level=LEVEL / 2).found.any()
                for p, edge in zip(hypergeometric_tails(n, r, k, papers), extremes(r, k, papers), strict=True)
            )
            for k, papers in ((c, int(some.sum())), (right.sum(0)[None, :], size.papers))
        )
        rows.append(
            {
                "lower": bool(count.get("gap", 0) + count.get("sparse", 0)),
                "upper": bool(count.get("crowded", 0)),
                "any": any_found(cells),
                "quick": quick,
                "lax": lax,
                "testable": int((cells["testable"] != "neither").sum()),
                "testable_lower": int(cells["testable"].isin(["lower", "both"]).sum()),
                "cells": len(cells),
                "time": cells.attrs["time"],
            }
        )
    return {str(k): float(v) for k, v in pd.DataFrame(rows).mean().items()}


def extremes(
    r: NDArray[np.int64], c: NDArray[np.int64], papers: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least attainable hypergeometric tails."""
    least, most = np.maximum(0, r + c - papers), np.minimum(r, c)
    return hypergeometric_tails(least, r, c, papers)[0], hypergeometric_tails(most, r, c, papers)[1]


def planted_runs(size: Size, runs: int, draws: int, rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """Plant gaps in a tenth of the cells with an expected count of 2 or more; return each, and other gaps' share."""
    rows, strange, all_found = [], 0, 0
    for _ in range(runs):
        left, right = facets(size, rng)
        some = left.any(axis=1)
        before = np.outer(left.sum(0), right[some].sum(0)) / int(some.sum())
        able = np.argwhere(before >= EDGES[0])
        take = rng.choice(len(able), size=max(1, len(able) // 10), replace=False)
        cells = [(int(i), int(j)) for i, j in able[take]]
        moved = planted(left, right, cells, rng)
        table = gaps(
            final(left, moved), "method", "proxy", draws=draws, seed=int(rng.integers(2**32)), level=LEVEL
        )
        at = table.set_index(["row", "column"])
        names = {(f"c{i:03d}", f"c{j:03d}") for i, j in cells}
        for name in sorted(names & set(at.index)):
            row = at.loc[name]
            if row["n"] == 0:
                rows.append(
                    {
                        "expected": row["expected"],
                        "testable": row["testable"] in ("lower", "both"),
                        "found": row["class"] == "gap",
                    }
                )
        low = table[table["class"].isin(["gap", "sparse"])]
        all_found += len(low)
        strange += sum(pair not in names for pair in zip(low["row"], low["column"], strict=True))
    return pd.DataFrame(rows), strange / max(all_found, 1)


def recall(found: pd.DataFrame) -> pd.DataFrame:
    """Share of planted gaps that were testable and that were found, by expected count."""
    bins = pd.cut(found["expected"], EDGES, right=False)
    made = found.groupby(bins, observed=True).agg(
        planted=("found", "size"), testable=("testable", "mean"), recall=("found", "mean")
    )
    return made.reset_index()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--runs", type=int, default=200, help="null tables of each size")
    words.add_argument("--planted", type=int, default=60, help="tables with gaps of each size")
    words.add_argument("--draws", type=int, default=10_000)
    given = words.parse_args()
    began = perf_counter()
    null, power = [], []
    for k, size in enumerate(SIZES):
        null.append(null_runs(size, given.runs, given.draws, np.random.default_rng([SEED, k])))
        print(size, null[-1], f"{perf_counter() - began:.0f} s", flush=True)
        found, strange = planted_runs(
            size, given.planted, given.draws, np.random.default_rng([SEED, 100 + k])
        )
        power.append((recall(found), strange))
        print(power[-1][0], strange, f"{perf_counter() - began:.0f} s", flush=True)
    ruled = ruled_runs(SIZES[0], given.runs, given.draws, np.random.default_rng([SEED, 200]))
    print(ruled, f"{perf_counter() - began:.0f} s", flush=True)
    times = mixing(SIZES[0], given.draws, np.random.default_rng([SEED, 300]))
    print(times, f"{perf_counter() - began:.0f} s", flush=True)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(report(null, power, ruled, times, given), encoding="utf-8")


def mixing(size: Size, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Autocorrelation times of the draws at the number of trades that the survey's tables take, of 20 null tables."""
    tables = (facets(size, rng) for _ in range(20))
    return np.array(
        [
            gaps(final(*pair), "method", "proxy", draws=draws, seed=k).attrs["time"]
            for k, pair in enumerate(tables)
        ]
    )


def report(
    null: list[dict[str, float]],
    power: list[tuple[pd.DataFrame, float]],
    ruled: dict[str, float],
    times: NDArray[np.float64],
    given: argparse.Namespace,
) -> str:
    """Write what came out, shortfalls included."""
    error = (LEVEL * (1 - LEVEL) / given.runs) ** 0.5
    worst = max([*(r["any"] for r in null), ruled["held"]])
    verdict = "at or below" if worst <= LEVEL else "above"
    testable = pd.concat([table for table, _ in power]).groupby("expected", observed=True)["testable"]
    never = max((e.right for e, share in testable.max().items() if share == 0), default=0)
    always = max((e.right for e, share in testable.min().items() if share < 1), default=EDGES[0])
    others = ", ".join(f"{strange:.1%} ({size})" for size, (_, strange) in zip(SIZES, power, strict=True))
    parts = [
        "# Gaps: false discoveries and recall",
        f"Written by `benchmarks/simulate_gaps.py` (seed {SEED}; {given.runs} null tables and {given.planted} tables "
        f"with planted gaps of each size; {given.draws:,} null draws a table, {TRADES} trades a paper apart; false "
        f"discovery rate {LEVEL:.0%} over both tails). Sizes are papers x row codes x column codes.",
        "Facets are drawn from Rasch models with very uneven codes; papers that carry much of one facet carry much "
        "of the other. Nothing else ties the facets together, so the null holds exactly. One paper in ten carries no "
        "row code and only the commonest column code; it can be in no cell and is left out of the test.",
        f"At {APART} trades a paper, the number that the survey's own tables take, the draws of 20 null tables of "
        f"{SIZES[0]} had an integrated autocorrelation time of {times.mean():.2f} on average and {times.max():.2f} at "
        "most (1: as good as independent).",
        "## Nothing to be found",
        "Every cell found is false here, so the false discovery rate is the share of tables in which any is found. "
        f"At a true rate of {LEVEL:.0%} that share has a standard error of {error:.1%}. The last columns are the same "
        "test with hypergeometric tails, which know nothing of how many codes a paper carries: over the papers with "
        "codes of both facets, and over all papers, as if those that can be in no cell took part.",
        lines_of(
            (
                "size",
                "gap, sparse or crowded",
                "gap or sparse",
                "crowded",
                "testable (lower tail) of all cells",
                "autocorrelation time",
                "hypergeometric",
                "over all papers",
            ),
            [
                (
                    size,
                    f"{r['any']:.1%}",
                    f"{r['lower']:.1%}",
                    f"{r['upper']:.1%}",
                    f"{r['testable']:.0f} ({r['testable_lower']:.0f}) of {r['cells']:.0f}",
                    f"{r['time']:.2f}",
                    f"{r['quick']:.1%}",
                    f"{r['lax']:.1%}",
                )
                for size, r in zip(SIZES, null, strict=True)
            ],
        ),
        f"With a rule that gives nine papers in ten the home code of each row code they carry ({SIZES[0]}), anything "
        f"is found in {ruled['held']:.1%} of tables when the rule's cells are held ({ruled['testable']:.0f} of "
        f"{ruled['cells']:.0f} cells testable), and in {ruled['blind']:.1%} when the test does not know the rule.",
        f"The highest rate of the test is {worst:.1%}, {verdict} the level of {LEVEL:.0%}.",
        "## Gaps planted",
        "A tenth of the cells that expect two papers or more (at least one) are emptied by giving each paper in them "
        "another column code. By the count that both margins then expect: how many were planted, the share that was "
        "testable in the lower tail, and the share found.",
        lines_of(
            ("size", "expected", "planted", "testable", "found"),
            [
                (
                    size,
                    f"{r['expected'].left:g} to {r['expected'].right:g}",
                    r["planted"],
                    f"{r['testable']:.0%}",
                    f"{r['recall']:.0%}",
                )
                for size, (table, _) in zip(SIZES, power, strict=True)
                for r in table.to_dict("records")
            ],
        ),
        f"No planted gap that expected fewer than {never:g} papers was testable; every one that expected {always:g} or "
        "more was. Emptying a cell fills others, and a code that loses papers there has fewer "
        "elsewhere, so not every cell found that was not planted is false; gap or sparse cells that were not planted: "
        f"{others} of all found.",
    ]
    return "\n\n".join(parts) + "\n"


def lines_of(heading: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Return a Markdown table; the first column is text."""
    rule = ("---", *["---:"] * (len(heading) - 1))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (heading, rule, *rows))


if __name__ == "__main__":
    main()
