"""What the intervals and tests of the model audit and of the instability decomposition hold, by simulation.

Run from the survey's folder: ``python benchmarks/simulate_audit.py``; writes ``docs/simulations/audit.md``. Some
minutes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.audit.instability import from_panel, instability
from analysis.smallsample import (
    correlation,
    correlation_interval,
    correlation_power,
    correlation_test,
    detectable,
    fisher_interval,
    t_p,
)
from workbench import open_survey

SEED = 20261125
RUNS = 1_000
DRAWS = 999
#: Models of each developer among the complete ones of the panel.
SIZES = (9, 5, 5, 4, 3, 3, 2, 2, 1)
OUT = Path("docs/simulations/audit.md")


def pair(rng: np.random.Generator, n: int, rho: float, tails: str) -> tuple[np.ndarray, np.ndarray]:
    """Two correlated series; with heavy tails a common chi-square scales both (bivariate t on 4 degrees)."""
    x, e = rng.normal(size=(2, n))
    y = rho * x + math.sqrt(1 - rho * rho) * e
    if tails == "heavy":
        scale = np.sqrt(4 / rng.chisquare(4, size=n))
        x, y = x * scale, y * scale
    return x, y


def intervals(rng: np.random.Generator) -> list[dict[str, object]]:
    """Coverage of the three intervals for independent units."""
    rows = []
    for tails in ("normal", "heavy"):
        for n in (9, 10, 15, 34):
            for rho in (0.0, 0.3, 0.6, 0.9):
                hits = dict.fromkeys(("bca", "percentile", "fisher"), 0)
                for run in range(RUNS // 2):
                    x, y = pair(rng, n, rho, tails)
                    for kind in ("bca", "percentile"):
                        found = correlation_interval(x, y, kind=kind, draws=DRAWS, seed=run)
                        hits[kind] += found.low <= rho <= found.high
                    low, high = fisher_interval(correlation(x, y), n)
                    hits["fisher"] += low <= rho <= high
                rows.append(
                    {"tails": tails, "n": n, "rho": rho, **{k: v / (RUNS // 2) for k, v in hits.items()}}
                )
    return rows


def clustered(rng: np.random.Generator) -> list[dict[str, object]]:
    """Error rate and coverage where one side is the developer's, at the panel's sizes."""
    groups = np.repeat(np.arange(len(SIZES)), SIZES)
    rows = []
    for share in (0.0, 0.5, 0.8):  # of the variance of x that lies between developers
        wrong = dict.fromkeys(("by developer", "spearman by developer", "models taken for independent"), 0)
        held = dict.fromkeys(("developers resampled", "models resampled", "fisher"), 0)
        ranked = 0
        for run in range(RUNS):
            own = rng.normal(size=len(SIZES))
            x = math.sqrt(share) * own[groups] + math.sqrt(1 - share) * rng.normal(size=len(groups))
            y = rng.normal(size=len(SIZES))[groups]
            wrong["by developer"] += correlation_test(x, y, groups=groups).p <= 0.05
            if run < RUNS // 5:
                found = correlation_test(x, y, groups=groups, method="spearman")
                wrong["spearman by developer"] += found.p <= 0.05
                ranks = correlation_interval(x, y, groups=groups, method="spearman", draws=DRAWS, seed=run)
                ranked += ranks.low <= 0 <= ranks.high
            wrong["models taken for independent"] += t_p(correlation(x, y), len(x)) <= 0.05
            for name, by in (("developers resampled", groups), ("models resampled", None)):
                span = correlation_interval(x, y, groups=by, draws=DRAWS, seed=run)
                held[name] += span.low <= 0 <= span.high
            low, high = fisher_interval(correlation(x, y), len(x))
            held["fisher"] += low <= 0 <= high
        wrong["spearman by developer"] *= 5
        rows.append(
            {
                "between developers": share,
                **{f"rejects at 5%: {k}": v / RUNS for k, v in wrong.items()},
                **{f"interval holds 0: {k}": v / RUNS for k, v in held.items()},
                "interval holds 0: spearman, developers resampled": ranked / (RUNS // 5),
            }
        )
    return rows


def of_ranks(rng: np.random.Generator) -> list[dict[str, object]]:
    """Coverage of the intervals of Spearman's correlation, independent units."""
    rows = []
    for tails in ("normal", "heavy"):
        for rho in (0.0, 0.3, 0.6, 0.9):
            # Exact where both are normal: 6 / pi times arcsin(rho / 2) (Kruskal 1958); by a large sample where not.
            truth = 6 / math.pi * math.asin(rho / 2)
            if tails == "heavy":
                truth = correlation(*pair(rng, 400_000, rho, tails), "spearman")
            for n in (9, 12, 34, 44):
                hits = dict.fromkeys(("bca", "percentile"), 0)
                for run in range(RUNS // 4):
                    x, y = pair(rng, n, rho, tails)
                    for kind in hits:
                        found = correlation_interval(
                            x, y, method="spearman", kind=kind, draws=DRAWS, seed=run
                        )
                        hits[kind] += found.low <= truth <= found.high
                rows.append(
                    {"tails": tails, "n": n, "rho": rho, **{k: v / (RUNS // 4) for k, v in hits.items()}}
                )
    return rows


def exact_tests(rng: np.random.Generator) -> list[dict[str, object]]:
    """Level and power of the permutation test for independent units."""
    rows = []
    for n in (9, 34):
        for rho in (0.0, round(detectable(n), 2)):
            found = sum(
                correlation_test(*pair(rng, n, rho, "normal"), draws=999, seed=run).p <= 0.05
                for run in range(RUNS)
            )
            rows.append(
                {
                    "n": n,
                    "rho": rho,
                    "permutation rejects": found / RUNS,
                    "t-test by formula": correlation_power(rho, n) if rho else 0.05,
                }
            )
    return rows


def components(rng: np.random.Generator) -> list[dict[str, object]]:
    """Coverage of the intervals of variance components, at the designs of the panel and of two textbooks."""
    designs = {
        name: (table[["object", *table.attrs["facets"]]], list(table.attrs["facets"]))
        for name, table in from_panel(open_survey(".").audit).items()
    }
    crossed = pd.DataFrame(
        [(a, b) for a in range(24) for b in range(6)], columns=["object", "sample"]
    ).astype("str")
    designs = {"textbook: 24 by 6, once": (crossed, ["sample"]), **designs}
    one_way = pd.DataFrame([(a,) for a in range(6) for _ in range(5)], columns=["object"]).astype("str")
    designs = {"textbook: 6 groups of 5": (one_way, []), **designs}
    rows = []
    for name, (design, facets) in designs.items():
        first = instability(
            design.assign(value=rng.normal(size=len(design))), unit="object", facets=facets, draws=99
        )
        kept = first[first["variance"].notna()]
        if kept.empty:
            continue
        terms = list(kept["component"])
        for case, truth in (
            ("all equal", dict.fromkeys(terms, 1.0)),
            ("no facet matters", {t: 1.0 if t in ("object", "residual") else 0.0 for t in terms}),
            ("rest small", {t: 1.0 if t != "residual" else 0.1 for t in terms}),
        ):
            runs = 200
            held = {t: [0, 0] for t in terms}
            total = sum(truth.values())
            for run in range(runs):
                y = np.zeros(len(design))
                for term in terms:
                    if term == "residual":
                        y += math.sqrt(truth[term]) * rng.normal(size=len(design))
                    else:
                        columns = [design[part] for part in term.split(" x ")]
                        labels = pd.factorize(pd.Series(list(zip(*columns, strict=True))))[0]
                        y += math.sqrt(truth[term]) * rng.normal(size=labels.max() + 1)[labels]
                found = instability(
                    design.assign(value=y), unit="object", facets=facets, draws=999, seed=run
                ).set_index("component")
                for term in terms:
                    sd, share = math.sqrt(truth[term]), truth[term] / total
                    row = found.loc[term]
                    held[term][0] += row["sd_low"] - 1e-9 <= sd <= row["sd_high"] + 1e-9
                    held[term][1] += row["share_low"] - 1e-9 <= share <= row["share_high"] + 1e-9
            sds = {t: h[0] / runs for t, h in held.items()}
            shares = {t: h[1] / runs for t, h in held.items()}
            rows.append(
                {
                    "design": name,
                    "values": int(kept["values"].iloc[0]),
                    "balanced": "unbalanced" not in str(kept["method"].iloc[0]),
                    "truth": case,
                    "SD mean": float(np.mean(list(sds.values()))),
                    "SD min": min(sds.values()),
                    "SD worst": min(sds, key=lambda t: (sds[t], t)),
                    "share mean": float(np.mean(list(shares.values()))),
                    "share min": min(shares.values()),
                    "share worst": min(shares, key=lambda t: (shares[t], t)),
                }
            )
    return rows


def table(rows: list[dict[str, object]]) -> str:
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in rows:
        cells = [f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    rng = np.random.default_rng(SEED)
    spans, groups, tests, parts = intervals(rng), clustered(rng), exact_tests(rng), components(rng)
    ranks = pd.DataFrame(
        of_ranks(np.random.default_rng([SEED, 1]))
    )  # a stream of its own: the rest stays as it was
    short = ranks.groupby(["tails", "n"], sort=False)[["bca", "percentile"]].agg(["mean", "min"])
    of_short = [
        {"tails": t, "n": n, **{f"{k} {s}": float(v) for (k, s), v in row.items()}}
        for (t, n), row in zip(short.index, short.to_dict("records"), strict=True)
    ]
    frame = pd.DataFrame(spans)
    summary = frame.groupby(["tails", "n"])[["bca", "percentile", "fisher"]].agg(["mean", "min"])
    lines = [
        {"tails": t, "n": n, **{f"{k} {s}": float(v) for (k, s), v in row.items()}}
        for (t, n), row in zip(summary.index, summary.to_dict("records"), strict=True)
    ]
    made = pd.DataFrame(parts)
    even = made[made["balanced"]]
    odd = made[~made["balanced"]]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(
        f"""# Model audit and instability: what tests and intervals hold

Made by `benchmarks/simulate_audit.py`; seed {SEED}. Nominal level 95%, tests at 5%. The Monte Carlo error of a
coverage of 95% is 1.0 points at {RUNS // 2} runs and 1.5 points at 200.

## Intervals of a correlation, independent units

Pearson, {RUNS // 2} runs a cell, {DRAWS} resamples; mean and minimum over true correlations 0, 0.3, 0.6 and 0.9.
Heavy tails: bivariate t on 4 degrees of freedom.

{table(lines)}

Over the whole grid BCa holds {frame["bca"].mean():.3f} on average and {frame["bca"].min():.3f} at worst, percentile
{frame["percentile"].mean():.3f} and {frame["percentile"].min():.3f}, Fisher {frame["fisher"].mean():.3f} and
{frame["fisher"].min():.3f}. Where an interval falls short of 95% it is too narrow: at nine or ten units a bootstrap
interval is a rough one. Fisher's is the best where both are normal and the worst where tails are heavy.

## Intervals of Spearman's correlation, independent units

{RUNS // 4} runs a cell, {DRAWS} resamples; mean and minimum over true correlations 0, 0.3, 0.6 and 0.9 of the values
before ranking.

{table(of_short)}

Over the whole grid BCa holds Spearman's {ranks["bca"].mean():.3f} on average and {ranks["bca"].min():.3f} at worst,
percentile {ranks["percentile"].mean():.3f} and {ranks["percentile"].min():.3f}.

## A score that belongs to the developer

{sum(SIZES)} models of {len(SIZES)} developers ({", ".join(map(str, SIZES))} models), no association; {RUNS} runs
({RUNS // 5} for Spearman). The first column is the share of the variance of the model's score that lies between
developers. The test by developer holds its level; the one that takes models for independent does not once models of
one developer are alike. The interval from resampled developers falls short of 95% throughout; the naive ones hold only
where models of one developer are no more alike than others.

{table(groups)}

## Permutation test, independent units

{RUNS} runs; nine units by all orders, 34 by 999 drawn ones.

{table(tests)}

## Variance components

The designs of the panel and two textbook ones, with interactions where they can be told apart; 200 runs a line, normal
effects. Mean and minimum over the components of a design; `worst` is the component with the minimum.

{table(parts)}

Balanced designs: intervals of standard deviations hold {even["SD mean"].mean():.3f} on average
({even["SD min"].min():.3f} at worst), of shares {even["share mean"].mean():.3f} ({even["share min"].min():.3f}).
Unbalanced ones: {odd["SD mean"].mean():.3f} ({odd["SD min"].min():.3f}) and {odd["share mean"].mean():.3f}
({odd["share min"].min():.3f}). Shares fall short where several factors have two levels each.
""",
        encoding="utf-8",
    )
    print(OUT.read_text())


if __name__ == "__main__":
    main()
