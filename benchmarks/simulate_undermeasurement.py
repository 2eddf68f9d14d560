"""How the intervals of under-measurement behave in repeated samples; writes docs/simulations/undermeasurement.md.

Run from the repository: ``.venv/bin/python -m benchmarks.simulate_undermeasurement``; a few minutes on one core.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.pooling import PRIORS, hyperposterior, pooled_rates, population
from analysis.undermeasurement import jeffreys
from analysis.weights import interval, ratio

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
SEED = 20261124
OUT = Path(__file__).resolve().parents[1] / "docs" / "simulations" / "undermeasurement.md"

#: The pilot of 2026-11-24: modes as (measured, discussed): papers, abstracts, agreed or adjudicated.
PILOT = (
    *(
        (3, 31),
        (6, 23),
        (8, 28),
        (5, 15),
        (22, 40),
        (7, 11),
        (17, 22),
        (1, 9),
        (6, 8),
        (1, 7),
        (4, 7),
        (3, 6),
    ),
    *((3, 6), (0, 6), (3, 5), (3, 4), (1, 4), (3, 4), (1, 4), (0, 4), (1, 3), (2, 3), (1, 3), (0, 2), (0, 2)),
    *((2, 2), (0, 2), (1, 2), (1, 2), (2, 2), (0, 1), (0, 1), (1, 1), (0, 1), (1, 1)),
)
#: Its sample: papers of each stratum in the frame, and drawn.
STRATA = (
    *((65, 20), (290, 20), (15, 15), (185, 20), (57, 57), (333, 80), (40, 20), (342, 20), (7, 7), (393, 20)),
    *((133, 20), (311, 20), (26, 20), (375, 20), (56, 20), (327, 20), (93, 20), (204, 20)),
)


def of_jeffreys() -> tuple[pd.DataFrame, str]:
    """Exact coverage of the Jeffreys interval over a grid of rates."""
    rates = np.linspace(0.01, 0.99, 99)
    rows = []
    for n in (5, 10, 20, 40, 80, 160):
        x = np.arange(n + 1)
        low, high = jeffreys(x, n).T
        inside = (low[:, None] <= rates) & (rates <= high[:, None])
        cover = (stats.binom.pmf(x[:, None], n, rates) * inside).sum(axis=0)
        rows.append(
            (n, cover.mean(), cover.min(), rates[cover.argmin()], ((cover > 0.93) & (cover < 0.97)).mean())
        )
    table = pd.DataFrame(rows, columns=["n", "mean", "minimum", "at rate", "share within 93 to 97%"])
    return table, f"mean over the grid {table['mean'].mean():.1%}, minimum {table['minimum'].min():.1%}"


def of_pooling(generator: np.random.Generator, draws: int) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Coverage of the pooled intervals at fixed mean and precision, with the pilot's papers and four times as many."""
    base = np.array([n for _, n in PILOT])
    rows, calls = [], []
    for times in (1, 4):
        n = base * times
        for mu in (0.1, 0.4, 0.7):
            for kappa in (1.0, 5.0, 25.0):
                hit, of_mu, of_kappa, widths, raw_widths = [], [], [], [], []
                for _ in range(draws if times == 1 else draws // 2):
                    theta = generator.beta(mu * kappa, (1 - mu) * kappa, len(n))
                    x = generator.binomial(n, theta)
                    hyper = hyperposterior(x, n, points=41)
                    rates = pooled_rates(x, n, hyper)
                    low, high = rates["low"].to_numpy(), rates["high"].to_numpy()
                    hit.append((low <= theta) & (theta <= high))
                    widths.append((high - low).mean())
                    raw_widths.append(np.diff(jeffreys(x, n)).mean())
                    over = population(hyper).set_index("parameter")
                    of_mu.append(over["low"]["mean"] <= mu <= over["high"]["mean"])
                    of_kappa.append(over["low"]["kappa"] <= kappa <= over["high"]["kappa"])
                    calls.append(np.stack([rates["p_below"].to_numpy(), theta < mu], axis=1))
                hits = np.array(hit)
                rows.append(
                    (
                        *(times, mu, kappa, hits.mean(), hits[:, n < 10].mean(), hits[:, n >= 10].mean()),
                        *(
                            np.mean(of_mu),
                            np.mean(of_kappa),
                            np.mean(widths) / np.mean(raw_widths),
                            len(hits),
                        ),
                    )
                )
    columns = [
        "papers x",
        "mu",
        "kappa",
        "rates",
        "rates, n < 10",
        "rates, n >= 10",
        "mu covered",
        "kappa covered",
    ]
    table = pd.DataFrame(rows, columns=[*columns, "width / Jeffreys", "draws"])
    said, true = np.concatenate(calls).T
    edges = [0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0000001]
    calibration = pd.DataFrame(
        [
            (f"{a:.2f} to {min(b, 1):.2f}", said[m].mean(), true[m].mean(), int(m.sum()))
            for a, b in pairwise(edges)
            for m in [(said >= a) & (said < b)]
        ],
        columns=["P(below)", "mean of P(below)", "share truly below", "modes"],
    )
    return (
        table,
        calibration,
        f"rates: mean over the grid {table['rates'].mean():.1%}, minimum {table['rates'].min():.1%}; "
        f"mu: mean {table['mu covered'].mean():.1%}, minimum {table['mu covered'].min():.1%}; "
        f"kappa: mean {table['kappa covered'].mean():.1%}, minimum {table['kappa covered'].min():.1%}",
    )


def of_priors() -> pd.DataFrame:
    """The pilot's own posterior under each prior."""
    x, n = (np.array(side) for side in zip(*PILOT, strict=True))
    rows = []
    for prior in PRIORS:
        hyper = hyperposterior(x, n, prior=prior)
        over = population(hyper).set_index("parameter")
        rates = pooled_rates(x, n, hyper)
        rows.append(
            (
                prior,
                _three(over, "mean", "mean", "{:.3f}"),
                _three(over, "kappa", "median", "{:.1f}"),
                *(f"{rates['mean'][k]:.3f} ({rates['p_below'][k]:.3f})" for k in (0, 1, 4, 6, 13)),
            )
        )
    which = ("3 of 31", "6 of 23", "22 of 40", "17 of 22", "0 of 6")
    return pd.DataFrame(rows, columns=["prior", "mean over modes", "kappa (median)", *which])


def _three(over: pd.DataFrame, row: str, middle: str, form: str) -> str:
    a, b, c = (form.format(over[column][row]) for column in (middle, "low", "high"))
    return f"{a} ({b} to {c})"


def _frame(
    generator: np.random.Generator, domains: int, share: float, rate: float, spread: float
) -> tuple[Whole, NDArray[np.bool_], NDArray[np.bool_]]:
    """A frame in the pilot's strata: which papers discuss and measure each of some modes; strata differ in both."""
    stratum = np.repeat(np.arange(len(STRATA)), [size for size, _ in STRATA])
    belongs = np.minimum(share * generator.gamma(1.0, 1.0, (len(STRATA), domains)), 0.95)
    centre = np.log(rate / (1 - rate))
    of_stratum = 1 / (1 + np.exp(-generator.normal(centre, spread, (len(STRATA), domains))))
    x = generator.random((len(stratum), domains)) < belongs[stratum]
    return stratum, x, x & (generator.random(x.shape) < of_stratum[stratum])


def of_weights(generator: np.random.Generator, samples: int, domains: int = 40) -> tuple[pd.DataFrame, str]:
    """Coverage of intervals of the frame's rate, samples drawn as the pilot was."""
    size, drawn = (np.array(side) for side in zip(*STRATA, strict=True))
    rows = []
    for share in (0.03, 0.06, 0.15):
        for rate in (0.1, 0.3, 0.6, 0.85):
            for spread in (0.0, 1.0):
                stratum, x, y = _frame(generator, domains, share, rate, spread)
                members = [np.flatnonzero(stratum == h) for h in range(len(size))]
                truth = y.sum(axis=0) / x.sum(axis=0)
                found = []
                for _ in range(samples):
                    at = np.concatenate(
                        [generator.choice(m, n, replace=False) for m, n in zip(members, drawn, strict=True)]
                    )
                    found.append(_covers(x[at], y[at], stratum[at], size, drawn, truth))
                ours, taylor, raw, enough, error, raw_error, ses = (
                    np.array(part) for part in zip(*found, strict=True)
                )
                kept = enough.astype(bool)
                rows.append(
                    (
                        *(share, rate, spread, enough.mean()),
                        *(ours[kept].mean(), taylor[kept].mean(), raw[kept].mean()),
                        *(error[kept].mean(), raw_error[kept].mean(), _ratio_of_errors(error, ses, kept)),
                    )
                )
    columns = ["share", "rate", "spread", "ranked", "weighted", "variance only", "raw Jeffreys"]
    table = pd.DataFrame(rows, columns=[*columns, "bias", "raw bias", "se / true se"])
    return (
        table,
        f"weighted: mean over the grid {table['weighted'].mean():.1%}, minimum {table['weighted'].min():.1%}, maximum "
        f"{table['weighted'].max():.1%}; from the variance estimate alone: mean {table['variance only'].mean():.1%}, "
        f"minimum {table['variance only'].min():.1%}; raw Jeffreys for the frame's rate: mean "
        f"{table['raw Jeffreys'].mean():.1%}, minimum {table['raw Jeffreys'].min():.1%}",
    )


def _ratio_of_errors(error: Floats, said: Floats, kept: NDArray[np.bool_]) -> float:
    """Root mean square of the standard errors said over the true one, where a domain is ranked in most samples."""
    often = kept.mean(axis=0) > 0.5
    if not often.any():
        return float("nan")
    return float(np.sqrt((said[:, often] ** 2).mean(axis=0) / error[:, often].var(axis=0)).mean())


def _covers(
    x: NDArray[np.bool_], y: NDArray[np.bool_], stratum: Whole, size: Whole, drawn: Whole, truth: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Whether the intervals hold the truth: weighted, from the variance alone, raw; ranked; errors; standard errors."""
    rate, variance = ratio(y, x, stratum.astype(str), size[stratum], drawn[stratum])
    n, hits = x.sum(axis=0), y.sum(axis=0)
    w = (size / drawn)[stratum][:, None] * x
    squares = (w**2 * (1 - (drawn / size)[stratum])[:, None]).sum(axis=0)
    by_weights = np.divide(w.sum(axis=0) ** 2, squares, out=np.full(len(n), np.inf), where=squares > 0)
    by_variance = np.divide(rate * (1 - rate), variance, out=np.full(len(n), np.inf), where=variance > 0)
    by_variance = np.where(by_variance > 0, by_variance, np.inf)
    alone = np.where(np.isfinite(by_variance), by_variance, by_weights)
    inside = []
    for effective in (np.minimum(by_weights, by_variance), np.minimum(alone, n)):
        low, high = interval(rate, effective).T
        inside.append((low <= truth) & (truth <= high))
    low, high = jeffreys(hits, n).T
    raw = np.divide(hits, n, out=np.full(len(n), np.nan), where=n > 0)
    inside.append((low <= truth) & (truth <= high))
    return (
        *(i.astype(float) for i in inside),
        (n >= 10).astype(float),
        rate - truth,
        raw - truth,
        np.sqrt(variance),
    )


def of_stopping(generator: np.random.Generator, samples: int) -> tuple[pd.DataFrame, str]:
    """Bias when strata are given blocks until enough is found, and the number drawn is then taken as fixed."""
    sizes = np.array([size for size, _ in STRATA])
    domains, rows = 40, []
    for wanted in (6, 12):
        stratum, x, y = _frame(generator, domains, 0.1, 0.4, 1.0)
        includes = x.any(axis=1)
        kept = includes & (generator.random(len(stratum)) < 0.35)  # what steers: being included at all
        members = [np.flatnonzero(stratum == h) for h in range(len(sizes))]
        truth, total = y.sum(axis=0) / x.sum(axis=0), x.sum(axis=0)
        steered = kept.sum()
        found, totals, steered_totals, blocks = [], [], [], []
        for _ in range(samples):
            at, drawn = [], []
            for m in members:
                order = generator.permutation(m)
                n = min(20, len(order))
                while kept[order[:n]].sum() < wanted and n < min(len(order), 80):
                    n = min(n + 20, len(order))
                at.append(order[:n])
                drawn.append(n)
            chosen, sizes_drawn = np.concatenate(at), np.array(drawn)
            w = (sizes / sizes_drawn)[stratum[chosen]]
            totals.append((w[:, None] * x[chosen]).sum(axis=0))
            steered_totals.append((w * kept[chosen]).sum())
            found.append(_covers(x[chosen], y[chosen], stratum[chosen], sizes, sizes_drawn, truth))
            blocks.append(sizes_drawn.sum())
        ours, _, _, enough, error, *_ = (np.array(part) for part in zip(*found, strict=True))
        ranked = enough.astype(bool)
        of_totals = np.mean(totals, axis=0) / total - 1
        of_rates = np.nanmean(error, axis=0)
        rows.append(
            (
                *(wanted, np.mean(blocks), np.mean(steered_totals) / steered - 1, of_totals.mean()),
                *(of_rates.mean(), np.abs(of_rates).max(), ours[ranked].mean()),
            )
        )
    table = pd.DataFrame(
        rows,
        columns=[
            *("wanted a stratum", "papers drawn", "bias of the total that steers", "bias of modes' totals"),
            *("bias of rates", "largest bias of a rate", "weighted interval"),
        ],
    )
    return table, f"largest bias of any rate {table['largest bias of a rate'].max():.3f}"


def markdown(table: pd.DataFrame, shares: Sequence[str] = (), decimals: int = 2) -> str:
    """Return a table as Markdown; columns named in ``shares`` as per cent."""

    def cell(column: str, value: object) -> str:
        if isinstance(value, float):
            return f"{value:.1%}" if column in shares else f"{value:.{decimals}f}"
        return str(value)

    lines = ["| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
    lines += [
        "| " + " | ".join(cell(str(c), v) for c, v in row.items()) + " |" for row in table.to_dict("records")
    ]
    return "\n".join(lines)


REPORT = """# How the intervals of under-measurement behave

Written by `benchmarks/simulate_undermeasurement.py` (seed {seed}); do not edit. Nominal level of every interval: 95%.

## In short

- Jeffreys interval of one rate: {of_single}.
- Pooled posterior intervals: {of_pooled}.
- Interval of the design-weighted rate: {of_weighted}.
- Stopping by blocks: {of_stopped}.

## Jeffreys interval of a mode's own rate

Exact, by summing the binomial over rates 0.01, 0.02, ..., 0.99. No interval for counts holds 95% at every rate: it
swings about it, most near 0 and 1 and for few papers.

{single}

## Partially pooled rates

{modes} modes with the pilot's numbers of discussing papers (1 to 40, {few} of them under 10), and with four times as
many. Rates are drawn from a Beta population with fixed mean mu and precision kappa, then counts, then the model with
its default prior is fitted. A posterior interval need not hold a given rate 95% of the time; it does on average over
the population of rates, as long as the prior does not contradict it. Coverage is of each mode's rate (all, and
by number of papers), of mu and of kappa. `width / Jeffreys`: mean width beside that of the modes' own intervals. The
Monte Carlo error is about half a point for rates and two to four for mu and kappa (`draws`: populations drawn).

{pooled}

At mu = 0.1 and kappa = 1 nearly half of the rates lie below 0.001: counts cannot tell them from 0. Lower ends of
intervals that are compared there differ by less than any use of them.

**P(below)** is calibrated when, of the modes said to lie below the mean with probability p, a share p does:

{calibration}

### What the prior does to the pilot

Posterior mean of the rate (and P(below)) of five modes, by the prior of the spread between modes; `uniform` is the
default. `bda3` is improper and stands here only as a check.

{priors}

## Design-weighted rates

Frames in the pilot's 18 strata (3,252 papers, 439 drawn: sampling fractions from 5 to 100%). Strata differ in how many
of their papers discuss a mode (gamma, mean `share`) and in the rate of measuring (logit normal about `rate`, standard
deviation `spread`). {samples} samples of each of 24 frames with 40 modes; coverage of the frame's true rate among modes
that ten or more drawn papers discuss (`ranked`: how often). `variance only`: the effective number from the linearised
variance alone, at most n. `raw Jeffreys`: the raw rate taken for the frame's. `se / true se`: linearised standard error
over the standard deviation of the estimate, where a mode is ranked in most samples.

{weighted}

The raw interval is near its level on average only because in these frames how densely a stratum was drawn has nothing
to do with its rate. Where the two go together, as they do in the pilot (40% raw, 49% weighted over all pairs), it holds
the wrong number.

## Stopping by blocks

The pilot gives a stratum another block of 20 while too few papers are found. Here every stratum is drawn until it holds
a wanted number of papers that count (at most 80), and the number drawn is then treated as if it had been fixed.

{stopping}

## What this does not show

- Papers are taken as independent between modes. A paper of the pilot discusses 1.3 modes on average, and its codes go
  together; the table `undermeasurement-total` takes papers as the unit.
- The frame is what keyword searches found. No weight makes it the literature.
- Errors of coding are left out: a rate of codes is not a rate of facts until humans have checked them.
"""


def main(draws: int = 200, samples: int = 300) -> None:
    """Run everything and write the report."""
    started = time.process_time()
    generator = np.random.default_rng(SEED)
    single, of_single = of_jeffreys()
    pooled, calibration, of_pooled = of_pooling(generator, draws)
    weighted, of_weighted = of_weights(generator, samples)
    stopping, of_stopped = of_stopping(generator, 2 * samples)
    text = REPORT.format(
        seed=SEED,
        of_single=of_single,
        of_pooled=of_pooled,
        of_weighted=of_weighted,
        of_stopped=of_stopped,
        single=markdown(single, ("mean", "minimum", "share within 93 to 97%")),
        modes=len(PILOT),
        few=sum(n < 10 for _, n in PILOT),
        pooled=markdown(pooled, ("rates", "rates, n < 10", "rates, n >= 10", "mu covered", "kappa covered")),
        calibration=markdown(calibration, ("mean of P(below)", "share truly below")),
        priors=markdown(of_priors()),
        samples=samples,
        weighted=markdown(weighted, ("weighted", "variance only", "raw Jeffreys", "ranked"), 3),
        stopping=markdown(
            stopping, ("bias of the total that steers", "bias of modes' totals", "weighted interval"), 4
        ),
    )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text, encoding="utf-8")
    print(f"{OUT.name}: {time.process_time() - started:.0f} s of processor time")


if __name__ == "__main__":
    main()
