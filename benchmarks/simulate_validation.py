"""How far the validation of machines' codings can be trusted: coverage and error rates on data of known truth.

Writes ``docs/simulations/validation.md``. Nothing in it describes a real paper.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.coefficients import binary_estimates, interval, resampled
from analysis.corrected import QUANTITIES, corrected, rate_interval
from analysis.validation import weighted_interval
from analysis.weights import jeffreys

OUT = Path(__file__).parent.parent / "docs/simulations/validation.md"
SEED = 20261125
STRATA = np.array(["measures", "none", "other-level"], dtype=object)
MEASURED = 0.4
Floats = NDArray[np.float64]


def world(
    rng: np.random.Generator, papers: int, share: float, missed: float, added: float, slip: float
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return human and machine labels (papers x discussed, measured) of one mode, and each paper's stratum.

    The stratum is that of the paper and not of the mode: most papers carry another mode.
    """
    d = rng.random(papers) < share
    m = d & (rng.random(papers) < MEASURED)
    d_machine = np.where(d, rng.random(papers) >= missed, rng.random(papers) < added)
    m_machine = d_machine & np.where(rng.random(papers) < slip, ~m, m)
    u = rng.random(papers)
    other = np.where(u < 0.4, 0, np.where(u < 0.88, 2, 1))
    stratum = np.where(m_machine, 0, np.where(d_machine, np.where(u < 0.3, 0, 2), other))
    return np.stack([d, m], 1).astype(float), np.stack([d_machine, m_machine], 1).astype(float), stratum


def draw(rng: np.random.Generator, stratum: NDArray[np.int64], block: int) -> NDArray[np.int64]:
    """Return the places of a block of every stratum."""
    return np.concatenate([rng.permutation(np.flatnonzero(stratum == h))[:block] for h in range(len(STRATA))])


def rates(repeats: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the coverage of raw and corrected rates, a row a setting and quantity."""
    rows = []
    grid = product((225, 1000), (20, 40), (0.05, 0.15, 0.4), (0.1, 0.3), (0.01, 0.05))
    for papers, block, share, missed, added in grid:
        truth = (share, MEASURED * share, MEASURED)
        hit, plain, raw, bias, raw_bias, of, width = (np.zeros(3) for _ in range(7))
        for _ in range(repeats):
            human, machine, stratum = world(rng, papers, share, missed, added, 0.1)
            here = draw(rng, stratum, block)
            frames = pd.DataFrame({"stratum": STRATA, "frame": np.bincount(stratum, minlength=3)})
            names = STRATA[stratum[here]]
            made = corrected(machine, human[here], here, names, frames)
            bare = corrected(machine, human[here], here, names, frames, imagined=0.0)
            if made is None or bare is None:
                raise AssertionError("every stratum has a block")
            counts = machine.sum(axis=0)
            for k in range(3):
                x, n = (counts[1], counts[0]) if k == 2 else (counts[k], papers)
                if k == 2 and (made.value[0] * papers < 10 or n < 10):
                    continue  # too few
                of[k] += 1
                low, high = rate_interval(made.value[k], made.se[k], made.freedom)
                hit[k] += low <= truth[k] <= high
                width[k] += high - low
                low, high = rate_interval(bare.value[k], bare.se[k], bare.freedom)
                plain[k] += low <= truth[k] <= high
                low, high = jeffreys(x, n)
                raw[k] += low <= truth[k] <= high
                bias[k] += made.value[k] - truth[k]
                raw_bias[k] += x / n - truth[k]
        for k, quantity in enumerate(QUANTITIES):
            n = max(of[k], 1)
            rows.append(
                (
                    *(papers, block, share, missed, added, quantity, truth[k], of[k]),
                    *(sums[k] / n for sums in (hit, plain, raw, bias, raw_bias, width)),
                )
            )
    columns = "papers block share missed added quantity truth runs corrected plain raw bias raw_bias width"
    return pd.DataFrame(rows, columns=columns.split())


def shares(repeats: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the coverage of the interval of weighted precision or recall."""
    rows = []
    for number, truth in product((10, 20, 60), (0.5, 0.8, 0.95)):
        for spread in ("equal", "1 to 5"):
            hit = 0
            for _ in range(repeats):
                weights = np.ones(number) if spread == "equal" else rng.choice([1.0, 5.0], number)
                _, low, high, _ = weighted_interval(rng.random(number) < truth, weights)
                hit += low <= truth <= high
            rows.append((number, truth, spread, hit / repeats))
    return pd.DataFrame(rows, columns=["trials", "truth", "weights", "coverage"])


def bootstraps(repeats: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the coverage of the bootstrap over papers of alpha and AC1 of one code."""
    rows = []
    for papers, share, error in product((50, 225, 1000), (0.03, 0.1, 0.4), (0.02, 0.1)):

        def coded(n: int, share: float = share, error: float = error) -> Floats:
            truth = rng.random(n) < share
            wrong = rng.random((n, 2)) < error
            return (truth[:, None] ^ wrong).astype(float)[:, None, :]

        whole = {
            e.statistic: e.draws[0, 0] for e in binary_estimates(coded(400_000), np.ones((1, 400_000)), None)
        }
        for statistic in ("alpha_nominal", "ac1"):
            hit = undefined = 0
            for n in range(repeats):
                made = binary_estimates(coded(papers), resampled(papers, 300, n), None)
                draws = next(e for e in made if e.statistic == statistic).draws[:, 0]
                low, high, _ = interval(draws[1:])
                undefined += bool(np.isnan(draws[0]))
                hit += low <= whole[statistic] <= high
            rows.append(
                (
                    papers,
                    share,
                    error,
                    statistic,
                    whole[statistic],
                    hit / max(repeats - undefined, 1),
                    undefined,
                )
            )
    return pd.DataFrame(
        rows, columns=["papers", "share", "error", "statistic", "truth", "coverage", "undefined runs"]
    )


#: Codes of a made-up facet: how many, and the mean number that a paper carries (the streams, and the failure modes).
FACETS = {"8 codes": (8, 1.3), "39 codes": (39, 1.3)}


def facet(rng: np.random.Generator, papers: int, codes: int, carried: float, missed: float) -> Floats:
    """Return what two coders give of a facet's codes: papers x codes x coders.

    Shares fall off like 1 / rank. Each coder misses a code of the paper with a probability, and adds, in its place,
    codes that are not there, as often as they are there.
    """
    ranks = 1 / np.arange(1, codes + 1)
    shares = np.minimum(carried * ranks / ranks.sum(), 0.6)
    truth = rng.random((papers, codes)) < shares
    seen = rng.random((papers, codes, 2)) >= missed
    added = rng.random((papers, codes, 2)) < (missed * shares / (1 - shares))[:, None]
    return np.where(truth[:, :, None], seen, added).astype(float)


def facets(repeats: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the coverage of the bootstrap of alpha and AC1 pooled over a facet."""
    rows = []
    for (name, (codes, carried)), papers, missed in product(FACETS.items(), (50, 225), (0.03, 0.15)):

        def told(values: Floats, weights: Floats) -> dict[str, Floats]:
            pooled = {e.statistic: e.draws[:, -1] for e in binary_estimates(values, weights, None)}
            return {"alpha pooled": pooled["alpha_nominal"], "AC1 pooled": pooled["ac1"]}

        # The truth: the mean over many samples as large as a set of distinct sets allows.
        many = [told(facet(rng, 4_000, codes, carried, missed), np.ones((1, 4_000))) for _ in range(10)]
        truth = {k: float(np.mean([m[k][0] for m in many])) for k in many[0]}
        hit = dict.fromkeys(truth, 0)
        for n in range(repeats):
            made = told(facet(rng, papers, codes, carried, missed), resampled(papers, 300, n))
            for k, draws in made.items():
                low, high, _ = interval(draws[1:])
                hit[k] += low <= truth[k] <= high
        rows += [(name, papers, missed, k, truth[k], hit[k] / repeats) for k in truth]
    return pd.DataFrame(rows, columns=["facet", "papers", "missed", "statistic", "truth", "coverage"])


def table_of(table: pd.DataFrame) -> str:
    """Return a table in Markdown."""
    cells = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    for row in table.itertuples(index=False):
        cells.append([f"{v:.3f}".rstrip("0").rstrip(".") if isinstance(v, float) else str(v) for v in row])
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main() -> None:
    """Run all and write the page."""
    began = perf_counter()
    rng = np.random.default_rng(SEED)
    sizes = {"rates": 250, "shares": 2000, "bootstraps": 250}
    of_rates, of_shares = rates(sizes["rates"], rng), shares(sizes["shares"], rng)
    of_boots = bootstraps(sizes["bootstraps"], np.random.default_rng([SEED, 2]))
    sizes["facets"] = 250
    # A stream of its own: what stands above stays as it was.
    of_facets = facets(sizes["facets"], np.random.default_rng([SEED, 1]))
    whole = of_rates[of_rates["runs"] >= 50].groupby("quantity", sort=False)
    summary = pd.DataFrame(
        {
            "settings": whole.size(),
            "corrected, mean": whole["corrected"].mean(),
            "corrected, least": whole["corrected"].min(),
            "without imagined errors, mean": whole["plain"].mean(),
            "without, least": whole["plain"].min(),
            "raw, mean": whole["raw"].mean(),
            "raw, least": whole["raw"].min(),
            "largest bias, corrected": whole["bias"].apply(lambda b: b.abs().max()),
            "largest bias, raw": whole["raw_bias"].apply(lambda b: b.abs().max()),
        }
    ).reset_index()
    worst = of_rates[of_rates["runs"] >= 50].sort_values(["corrected", "papers"]).head(8)
    boots = of_boots[of_boots["undefined runs"] < sizes["bootstraps"]].groupby("statistic")["coverage"]
    least = ["papers", "block", "share", "missed", "added", "quantity", "runs", "corrected", "plain", "raw"]
    ratio_width = of_rates[of_rates["quantity"] == QUANTITIES[2]]["width"].max()

    def told(values: pd.Series[float]) -> str:
        return ", ".join(f"{name} {value:.3f}" for name, value in values.items())

    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(
        f"""# Validation: what the intervals cover

Made by `benchmarks/simulate_validation.py`, seed {SEED}: {sizes["rates"]} runs a setting for the rates,
{sizes["shares"]} for shares, {sizes["bootstraps"]} for the bootstrap.
Labels are made up; no human has coded a paper of the survey yet. All intervals are nominal 95% intervals. The Monte
Carlo error of a coverage near 95% is {np.sqrt(0.95 * 0.05 / sizes["rates"]):.3f} for one setting of the rates.

## Rates corrected by a human sample

One mode in 225 or 1,000 coded papers; a block of 20 or 40 papers of each of three strata is coded afresh by a human who
makes no error. True share of papers that discuss the mode: 5, 15 or 40%, of which {MEASURED:.0%} measure it. Machines
miss 10 or 30% of the papers, add the mode to 1 or 5% of the others, and slip on *measures* in 10% of theirs. Every run
draws new papers. The ratio is left out where fewer than ten papers discuss the mode, as in the tables of results.

{table_of(summary)}

*Imagined errors* are the quarter of an error that is added to every stratum for the variance of a share (and never to
the ratio, whose residuals vary without). The largest bias of the corrected ratio is that of any ratio with a small
denominator: the runs kept are those in which it came out large. The eight settings covered least:

{table_of(worst[least])}

Shortfall: where false codes are rare, a stratum is large and its block small, some samples hold none of the few errors
that decide everything, and the interval is then too short. The ratio of a rare mode has an interval that spans nearly
everything: mean width {ratio_width:.2f} at worst.

## Precision and recall

Jeffreys' interval at the effective number of trials.

{table_of(of_shares)}

Mean {of_shares["coverage"].mean():.3f}, least {of_shares["coverage"].min():.3f}.

## Bootstrap over papers of agreement

Two coders, one code, 300 draws a run, percentile interval.

{table_of(of_boots)}

Mean {told(boots.mean())}; least {told(boots.min())}.
The percentile bootstrap covers too little where a code is rare or errors are few: some samples hold no disagreement at
all and their interval is one point. That is why a code with fewer than ten positives is marked and not ranked.

## Agreement of a whole facet

Two coders; a paper carries 1.3 codes on average, of 8 or of 39 whose shares fall off like 1 / rank. A coder misses 3 or
15% of the codes and adds as many. Alpha and AC1 pooled over paper and code;
{sizes["facets"]} runs a setting, 300 draws a run, percentile interval over papers.

{table_of(of_facets)}

Mean {told(of_facets.groupby("statistic")["coverage"].mean())}; least
{told(of_facets.groupby("statistic")["coverage"].min())}.
""",
        encoding="utf-8",
    )
    print(f"{OUT.name}: {perf_counter() - began:.0f} s")
    print(summary.round(3).to_string())


if __name__ == "__main__":
    main()
