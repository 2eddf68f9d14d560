"""How often the interval of a difference between the two sides covers the truth, and how often the test errs.

Papers are drawn one by one: each is on the evaluation side, on the alignment side, or on both; a paper on a side
measures it with a probability, and on both sides the two measurements are correlated, either way. Which papers are
on which side is drawn anew every time, as in the survey, so that the sizes of the samples vary.

Run ``python -m benchmarks.simulate_sides``; it writes ``docs/simulations/sides.md`` in two to five minutes.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from analysis.sides import association, difference

SEED = 20261124
#: Papers, share of them on both sides, probability of measuring on either side, correlation on shared papers.
PAPERS = (40, 100, 200, 500)
SHARED = (0.0, 0.1, 0.5, 1.0)
RATES = ((0.1, 0.1), (0.3, 0.3), (0.5, 0.5), (0.3, 0.5), (0.5, 0.8), (0.05, 0.3), (0.9, 0.9))
CORRELATED = (-0.6, 0.0, 0.4)
DRAWS = 2000
OUT = Path(__file__).parent.parent / "docs" / "simulations" / "sides.md"


@cache
def interval(
    first: tuple[int, int], second: tuple[int, int], shared: tuple[int, int, int, int]
) -> tuple[float, float]:
    """Ends of the interval; the same counts come again and again."""
    _, low, high = difference(first, second, shared)
    return low, high


def joint(p1: float, p2: float, phi: float) -> np.ndarray:
    """Probabilities of both, first only, second only, neither; the correlation is cut to what the rates allow."""
    spread = np.sqrt(p1 * (1 - p1) * p2 * (1 - p2))
    both = np.clip(p1 * p2 + phi * spread, max(0.0, p1 + p2 - 1), min(p1, p2))
    return np.array([both, p1 - both, p2 - both, 1 - p1 - p2 + both])


def coverage(
    papers: int, shared: float, p1: float, p2: float, phi: float, rng: np.random.Generator, draws: int = DRAWS
) -> tuple[float, float, float]:
    """Share of draws whose interval covers p1 - p2, the share that lies wholly below it, and the mean width."""
    cells = joint(p1, p2, phi)
    hit = below = used = 0
    width = 0.0
    for _ in range(draws):
        alone = (1 - shared) / 2
        m, n1, n2 = (int(v) for v in rng.multinomial(papers, [shared, alone, alone]))
        counts = tuple(int(v) for v in rng.multinomial(m, cells))
        a, b = int(rng.binomial(n1, p1)), int(rng.binomial(n2, p2))
        first = (a + counts[0] + counts[1], n1 + m)
        second = (b + counts[0] + counts[2], n2 + m)
        if min(first[1], second[1]) < 10:
            continue
        low, high = interval(first, second, counts)
        used += 1
        hit += low <= p1 - p2 <= high
        below += high < p1 - p2
        width += high - low
    return hit / used, below / used, width / used


def errors(papers: int, rng: np.random.Generator, runs: int = 400, draws: int = 199) -> float:
    """Share of surveys without any tie of side to pressure in which the test says p <= 0.05."""
    return float(
        np.mean([association(*survey(papers, 0.0, rng), draws=draws).p <= 0.05 for _ in range(runs)])
    )


def power(papers: int, tie: float, rng: np.random.Generator, runs: int = 100, draws: int = 199) -> float:
    """The same where a paper's first side decides its pressure with probability ``tie``."""
    return float(
        np.mean([association(*survey(papers, tie, rng), draws=draws).p <= 0.05 for _ in range(runs)])
    )


def survey(papers: int, tie: float, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A made-up ``final`` and ``failure_modes``: three sides, some papers on two, four pressures."""
    modes = pd.DataFrame({"code": ["e", "a", "g"], "side": ["evaluation", "alignment", "governance"]})
    pressures = ["adversary", "deployment", "none", "training"]
    rows = []
    for k in range(papers):
        held = {str(rng.choice(["e", "a", "g"], p=[0.6, 0.36, 0.04]))}
        if rng.random() < 0.1:
            held.add(str(rng.choice(["e", "a"])))
        fixed = {"e": "none", "a": "adversary", "g": "deployment"}[sorted(held)[0]]
        drawn = str(rng.choice(pressures, p=[0.2, 0.06, 0.5, 0.24]))
        pressure = fixed if rng.random() < tie else drawn
        rows += [(f"p{k:04d}", "failure_mode", code, "measures", "") for code in sorted(held)]
        rows.append((f"p{k:04d}", "optimisation_pressure", pressure, "", "yes"))
    final = pd.DataFrame(rows, columns=["paper", "facet", "code", "level", "principal"]).astype("str")
    fixed_cells = {"basis": "abstract", "state": "present", "resolved": "agreed", "mitigates": ""}
    return final.assign(**fixed_cells, grey=False), modes


def main() -> None:
    """Run everything and write the report."""
    rng = np.random.default_rng(SEED)
    rows = []
    for papers, shared, (p1, p2), phi in product(PAPERS, SHARED, RATES, CORRELATED):
        if shared == 0 and phi:
            continue
        covered, below, width = coverage(papers, shared, p1, p2, phi, rng)
        rows.append((papers, shared, p1, p2, phi, covered, below, width))
    grid = pd.DataFrame(rows, columns=["papers", "shared", "p1", "p2", "phi", "coverage", "below", "width"])
    noise = float(np.sqrt(0.95 * 0.05 / DRAWS))
    lines = [
        "# Sides: coverage of the interval of a difference, and errors of the test",
        "",
        f"Written by `benchmarks/simulate_sides.py`, seed {SEED}, {DRAWS:,} draws a setting, {len(grid)} settings: "
        f"{', '.join(map(str, PAPERS))} papers; {', '.join(f'{s:.0%}' for s in SHARED)} of them on both sides; rates "
        f"{', '.join(f'{a:g} and {b:g}' for a, b in RATES)}; correlation on shared papers "
        f"{', '.join(f'{c:g}' for c in CORRELATED)} (cut to what the rates allow). The standard error of a "
        f"coverage of 0.95 is {noise:.4f}. Draws in which a side has fewer than 10 papers are left out, as in the "
        "analysis.",
        "",
        "## Interval of a difference (`analysis.sides.difference`), nominal 95%",
        "",
        f"Mean coverage {grid['coverage'].mean():.4f}, least {grid['coverage'].min():.4f}, greatest "
        f"{grid['coverage'].max():.4f}; {int((grid['coverage'] < 0.93).sum())} of {len(grid)} settings under 0.93, "
        f"{int((grid['coverage'] > 0.97).sum())} over 0.97.",
        "",
        _table(grid, {"papers": "papers", "shared": "on both sides"}),
        "",
        _table(grid, {"p1": "rate 1", "p2": "rate 2"}),
        "",
        "The ten settings with the least coverage:",
        "",
        "| papers | on both sides | rate 1 | rate 2 | correlation | coverage | wholly below | mean width |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {r.papers} | {r.shared:.0%} | {r.p1:g} | {r.p2:g} | {r.phi:g} | {r.coverage:.4f} | {r.below:.4f} | "
            f"{r.width:.3f} |"
            for r in grid.sort_values("coverage").head(10).itertuples()
        ),
        "",
        "## Test of side against pressure (`analysis.sides.association`), level 0.05, 199 permutations",
        "",
    ]
    for papers in (40, 200):
        rate = errors(papers, rng)
        low, high = stats.binomtest(round(rate * 400), 400).proportion_ci(method="wilson")
        lines.append(
            f"- {papers} papers, no tie: rejected in {rate:.3f} of 400 surveys (95%: {low:.3f} to {high:.3f})."
        )
    for tie in (0.1, 0.3):
        found = power(200, tie, rng)
        lines.append(
            f"- 200 papers, side decides pressure in {tie:.0%} of papers: rejected in {found:.2f} of 100."
        )
    lines += [
        "",
        "What this does not show: papers of one group of authors are taken for independent, and the sides and the "
        "levels for rightly coded.",
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(lines) + "\n")


def _table(grid: pd.DataFrame, names: dict[str, str]) -> str:
    parts = grid.groupby(list(names))["coverage"].agg(["mean", "min", "max"]).reset_index()
    head = f"| {' | '.join(names.values())} | mean | least | greatest |"
    rows = [
        f"| {r.iloc[0]:g} | {r.iloc[1]:g} | {r['mean']:.4f} | {r['min']:.4f} | {r['max']:.4f} |"
        for _, r in parts.iterrows()
    ]
    return "\n".join([head, "|---|---|---|---|---|", *rows])


if __name__ == "__main__":
    main()
