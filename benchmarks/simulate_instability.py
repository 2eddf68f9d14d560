"""What the intervals of the instability decomposition hold, by simulation, at the designs of the model panel.

Run from the survey's folder: ``python benchmarks/simulate_instability.py``; writes ``docs/simulations/instability.md``.
Ten minutes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.audit.instability import from_panel, instability
from workbench import open_survey

SEED = 20261125
RUNS = 200
OUT = Path("docs/simulations/instability.md")


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
            runs = RUNS
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
    parts = components(np.random.default_rng(SEED))
    made = pd.DataFrame(parts)
    even, odd = made[made["balanced"]], made[~made["balanced"]]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(
        f"""# Instability: what the intervals of variance components hold

Made by `benchmarks/simulate_instability.py`; seed {SEED}. Nominal level 95%; the Monte Carlo error of a coverage of 95%
is 1.5 points at {RUNS} runs. Shares are counted whether or not their interval is narrow enough to be printed.

The designs of the panel and two textbook ones, with interactions where they can be told apart; {RUNS} runs a line,
normal effects. Mean and minimum over the components of a design; `worst` is the component with the minimum.

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
