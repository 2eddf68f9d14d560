"""How often the intervals of agreement on single codes hold the truth: the posterior beside a bootstrap of papers.

Writes ``docs/simulations/agreement.md`` in some seconds. Run: ``python -m benchmarks.simulate_agreement``. Nothing in
it describes a real paper.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.coefficients import pair_posterior, ratio

OUT = Path(__file__).parent.parent / "docs/simulations/agreement.md"
SEED = 20261130
RUNS, DRAWS = 600, 400
PAPERS = (195, 800)
PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2)
ALPHAS = (0.6, 0.8, 0.9, 0.95)


def setting(papers: int, prevalence: float, alpha: float, rng: np.random.Generator) -> dict[str, float]:
    """Coverage and mean width of both intervals of alpha, over runs in which a coder saw the code."""
    mixed = (1 - alpha) * 2 * prevalence * (1 - prevalence)
    counts = rng.multinomial(papers, [prevalence - mixed / 2, mixed, 1 - prevalence - mixed / 2], size=RUNS)
    counts = counts[counts[:, :2].sum(axis=1) > 0]
    drawn = pair_posterior(*counts.T, draws=DRAWS, seed=SEED)["alpha_nominal"]
    again = rng.multinomial(papers, counts / papers, size=(DRAWS, len(counts)))
    ones, all_ = 2 * again[..., 0] + again[..., 1], 2 * papers
    boots = 1 - ratio((all_ - 1.0) * again[..., 1], (ones * (all_ - ones)).astype(float))
    row: dict[str, float] = {"papers": papers, "prevalence": prevalence, "alpha": alpha}
    for name, draws in (("posterior", drawn), ("bootstrap", boots)):
        undefined = np.isnan(draws).all(axis=0)
        low, high = np.nanquantile(np.where(undefined, 0.0, draws), [0.025, 0.975], axis=0)
        held = (low <= alpha) & (alpha <= high) & ~undefined
        row |= {name: float(held.mean()), f"{name} of no width": float((high - low < 1e-9).mean())}
    return row


def main() -> None:
    """Run all settings and write the page."""
    rng = np.random.default_rng(SEED)
    table = pd.DataFrame([setting(*one, rng) for one in product(PAPERS, PREVALENCES, ALPHAS)])
    lines = [f"| {' | '.join(table.columns)} |", f"|{' ---: |' * table.shape[1]}"]
    for row in table.itertuples(index=False):
        cells = [
            f"{row.papers:.0f}",
            f"{row.prevalence:.0%}",
            f"{row.alpha:.2f}",
            *(f"{v:.1%}" for v in row[3:]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    ours, boots = table["posterior"], table["bootstrap"]
    told = (
        f"The posterior holds alpha {ours.mean():.1%} of the time on average ({ours.min():.1%} at worst), the "
        "bootstrap "
        f"{boots.mean():.1%} ({boots.min():.1%})."
    )
    text = f"""# Agreement on single codes: what the intervals hold

Written by `benchmarks/simulate_agreement.py` (seed {SEED}; {RUNS:,} runs a setting, {DRAWS} draws an interval). Two
coders read every paper; a code is seen by both, by one or by neither, with shares that follow from its prevalence and
from alpha. Runs in which nobody saw the code are left out, as in the tables. All intervals are nominal 95% intervals.

{told}

{chr(10).join(lines)}
"""
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
