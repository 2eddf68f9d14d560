"""How often the random-effects intervals of the paired evidence cover what they should, on data made for it.

Every paper measures a proxy and its property as shares of n items, n from 30 to 2,000 (log-uniform); its true gap is
drawn around 20 points with a standard deviation tau. Both shares are of the same items: a correlation rho between the
two answers to an item is planted, which the method takes as 0. The interval of the mean should cover 20; the prediction
interval the true gap of one further paper.

Writes docs/simulations/paired_evidence.md. Run: ``python benchmarks/simulate_paired_evidence.py`` (about a minute).
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.paired_evidence import random_effects, share_gap_variance

SEED = 20261125
OUT = Path(__file__).parent.parent / "docs/simulations/paired_evidence.md"
PAPERS, TAUS, RHOS = (5, 10, 20), (0.0, 5.0, 10.0), (0.0, 0.4)
MEAN, PROXY = 20.0, 75.0


def papers(k: int, tau: float, rho: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Draw k papers; return gaps and variances in points and points squared."""
    n = np.exp(rng.uniform(np.log(30), np.log(2000), k)).astype(int)
    p = np.full(k, PROXY / 100)
    q = np.clip((PROXY - rng.normal(MEAN, tau, k)) / 100, 0.02, 0.98)
    both = p * q + rho * np.sqrt(p * (1 - p) * q * (1 - q))
    both = np.clip(both, np.maximum(0, p + q - 1), np.minimum(p, q))
    cells = np.stack([both, p - both, q - both, 1 - p - q + both], axis=1)
    drawn = np.array(
        [rng.multinomial(m, np.clip(c, 0, 1) / np.clip(c, 0, 1).sum()) for m, c in zip(n, cells, strict=True)]
    )
    proxy, latent = 100 * (drawn[:, 0] + drawn[:, 1]) / n, 100 * (drawn[:, 0] + drawn[:, 2]) / n
    return proxy - latent, share_gap_variance(proxy, latent, n)


def covered(
    k: int, tau: float, rho: float, method: str, draws: int, rng: np.random.Generator
) -> dict[str, float]:
    """Return the shares of draws in which the intervals cover, and how wide they are on average."""
    mean = predicted = 0
    wide: list[float] = []
    for _ in range(draws):
        gaps, variances = papers(k, tau, rho, rng)
        got = random_effects(gaps, variances, method=method)  # type: ignore[arg-type]
        mean += got.low <= MEAN <= got.high
        predicted += got.predicted_low <= rng.normal(MEAN, tau) <= got.predicted_high
        wide.append(got.high - got.low)
    return {"mean": mean / draws, "prediction": predicted / draws, "width": float(np.mean(wide))}


def main() -> None:
    """Run the grid and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    start = perf_counter()
    rows = []
    for number, (method, k, tau, rho) in enumerate(product(("pm", "dl"), PAPERS, TAUS, RHOS)):
        rng = np.random.default_rng([SEED, number])
        rows.append(
            {
                "method": method,
                "papers": k,
                "tau": tau,
                "rho": rho,
                **covered(k, tau, rho, method, draws, rng),
            }
        )
    table = pd.DataFrame(rows)
    lines = [
        "# Random-effects summary of paired evidence: coverage",
        "",
        f"`benchmarks/simulate_paired_evidence.py`, seed {SEED}, {draws:,} draws a row (standard error of a share "
        f"{np.sqrt(0.95 * 0.05 / draws):.3f}); nominal 95 percent. `pm` Paule-Mandel (the default), `dl` "
        "DerSimonian-Laird; both with the Hartung-Knapp interval, factor not below one. `rho`: correlation of the two "
        "answers to an item, which the method takes as 0; `width`: mean width of the interval of the mean, points.",
        "",
        "| method | papers | tau | rho | mean covered | prediction covered | width |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['method']} | {r['papers']} | {r['tau']:g} | {r['rho']:g} | {r['mean']:.3f} | {r['prediction']:.3f} | "
        f"{r['width']:.1f} |"
        for r in rows
    ]
    lines.append("")
    for method, mine in table.groupby("method", sort=False):
        for name in ("mean", "prediction"):
            lines.append(
                f"- {method}, {name}: {mine[name].mean():.3f} on average, {mine[name].min():.3f} at least, "
                f"{mine[name].max():.3f} at most."
            )
    lines += [
        "",
        "The interval of the mean keeps close to its level and is too wide where papers do not differ (tau 0). The "
        "prediction interval falls short where papers differ about as much as sampling makes them (tau 5), and more "
        "so where the two answers to an item go together (rho 0.4): the sampling variance is then taken too large and "
        "tau too small.",
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("\n".join([*lines, ""]), "utf-8")
    print("\n".join(lines[-6:]))
    print(f"{perf_counter() - start:.0f} s; written: {OUT}")


if __name__ == "__main__":
    main()
