"""Does the measurement question tell the truth? Draw samples from made-up literatures of which everything is known.

The made-up literatures are not the model's: papers raise codes together, strata and sources scatter more than chance
lets them, codes differ in what time does to them, phrases of a query hit too much and too little, and some codes are
planted that much is said of and little measured. Two designs are drawn: blocks of strata with a stopping rule, about
225 papers in, and records by a chance that depends on what the query's phrases hit, about 900 in.

Run from the repository: ``.venv/bin/python -m benchmarks.simulate_measurement``; some minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits

from analysis.design_estimates import Stopping, blocks_taken
from analysis.measurement import Records, Thresholds, Volume, chances, decided, model_volumes, volumes
from benchmarks.measurement_report import Tally, written

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

OUT = Path(__file__).resolve().parents[1] / "docs" / "simulations" / "measurement.md"

CODES, STREAMS, SOURCES = 39, 8, 5
PLANTED = 4
#: The first seed of the report. Others below it were looked at while the model was made; none of these was.
FIRST_SEED = 2_000


@dataclass(frozen=True)
class World:
    """How a literature departs from what the model believes.

    Attributes:
        name: how the table calls it.
        scatter: standard deviation, in logits, of every code in every stream, source and period beyond its own level.
        together: how strongly hidden themes make papers raise codes together.
        period: standard deviation of what the later period does to the measuring of each code.
    """

    name: str
    scatter: float = 0.4
    together: float = 0.4
    period: float = 0.2


WORLDS = (
    World("as the model believes, nearly"),
    World("scattered", scatter=1.0),
    World("raised together", together=1.3),
    World("period wrong", period=1.5),
    World("all of these", scatter=0.8, together=1.0, period=1.2),
)


@dataclass(frozen=True)
class Literature:
    """A frame of which everything is known; arrays of records (x codes)."""

    raised: Flags
    discussed: Flags
    measured: Flags
    hit: Flags
    stream: NDArray[np.int64]
    source: NDArray[np.int64]
    late: NDArray[np.int64]
    score: Floats
    planted: Flags


def literature(world: World, size: int, rng: np.random.Generator) -> Literature:
    """Make up a literature of ``size`` records."""

    def logit(p: Floats) -> Floats:
        return np.asarray(np.log(p / (1 - p)))

    def yes(eta: Floats) -> Flags:
        return np.asarray(rng.random(eta.shape) < 1 / (1 + np.exp(-eta)))

    topic = rng.choice(STREAMS, size, p=rng.dirichlet(np.full(STREAMS, 8.0)))
    late = (rng.random(size) < 0.85).astype(np.int64)
    source = rng.choice(SOURCES, size, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    home = rng.integers(STREAMS, size=CODES)
    share = np.exp(rng.normal(np.log(0.012), 1.1, CODES)).clip(0.0012, 0.13)
    planted = np.zeros(CODES, dtype=bool)
    planted[rng.choice(CODES, PLANTED, replace=False)] = True
    share[planted] = rng.uniform(0.03, 0.09, PLANTED)
    away = np.where(topic[:, None] == home[None, :], 1.2, -1.2)
    themes = rng.normal(size=(size, 2)) @ rng.normal(0, world.together, (2, CODES))
    scatter = (
        rng.normal(0, world.scatter, (STREAMS, CODES))[topic]
        + rng.normal(0, world.scatter, (SOURCES, CODES))[source]
        + rng.normal(0, 0.7 * world.scatter, (2, CODES))[late]
    )
    willing = rng.normal(0, 1, size)
    eta = away + themes + scatter + willing[:, None]
    # the level that makes the share come out
    level = logit(share)
    for _ in range(25):
        now = (1 / (1 + np.exp(-(level + eta)))).mean(axis=0)
        level += np.log(share / now)
    raised = yes(level + eta)
    plain = rng.normal(2.2, 1.3, CODES)
    plain[planted] = rng.uniform(1.5, 3, PLANTED)
    discussed = raised & yes(np.broadcast_to(plain, raised.shape))
    rate = rng.normal(-0.4, 0.9, CODES)
    rate[planted] = logit(rng.uniform(0.03, 0.12, PLANTED))
    time = rng.normal(0.6, world.period, CODES)
    time[planted] = 0
    measured = discussed & yes(rate + time * late[:, None] + 0.3 * themes * ~planted)
    precise, found = rng.beta(2, 4, CODES).clip(0.08, 0.9), rng.beta(8, 3, CODES)
    false = share * found * (1 / precise - 1)
    near = np.where(topic[:, None] == home[None, :], 3.0, 0.7)
    hit = (raised & (rng.random(raised.shape) < found)) | (
        ~raised & (rng.random(raised.shape) < np.minimum(false * near, 0.6))
    )
    inside = raised.any(axis=1)
    score = 1 / (1 + np.exp(-(1.3 * (inside - 0.5) + 0.5 * willing + rng.normal(0, 0.9, size))))
    # the guessed stream: that of the rarest code hit
    count = hit.sum(axis=0)
    rarest = np.where(hit, count, 10**9).argmin(axis=1)
    stream = np.where(hit.any(axis=1), home[rarest], STREAMS)
    return Literature(raised, discussed, measured, hit, stream, source, late, score, planted)


def inblocks_taken(of: Literature, rng: np.random.Generator) -> Records:
    """Draw blocks of 20 in strata of guessed stream and period, until every aim is met."""
    stratum = np.unique(of.stream * 2 + of.late, return_inverse=True)[1].astype(np.int64)
    names = np.unique(of.stream * 2 + of.late)
    inside = of.raised.any(axis=1)
    aims = np.zeros((of.hit.shape[0], STREAMS + 2))
    for s in range(STREAMS):
        aims[:, s] = inside & (of.stream == s)
    aims[:, STREAMS], aims[:, -1] = inside & (of.late == 0), inside
    serves = np.zeros((len(names), STREAMS + 2), dtype=bool)
    for h, name in enumerate(names):
        if name // 2 < STREAMS:
            serves[h, name // 2] = True
        serves[h, STREAMS], serves[h, -1] = name % 2 == 0, True
    wanted = np.array([12.0] * STREAMS + [25, 150])
    tier = np.array([0] * (STREAMS + 1) + [1])
    order = [rng.permutation(np.flatnonzero(stratum == h)) for h in range(len(names))]
    rule = Stopping(20, 650, aims, wanted, serves, tier)
    taken = blocks_taken(rule, order)
    read = np.zeros(of.hit.shape[0], dtype=np.bool_)
    chance = np.full(of.hit.shape[0], np.nan)
    for row, many in zip(order, taken, strict=True):
        read[row[:many]] = True
        chance[row] = many / len(row)
    of_read = Stopping(20, 650, aims[read], wanted, serves, tier)
    return _records(of, read, chance, [stratum, of.source], own_chance=False, stopping=of_read)


def by_hits(of: Literature, rng: np.random.Generator) -> Records:
    """Draw every record by its own chance: 1 if it hits a code with few hits, else by its most searched code."""
    hits = of.hit.sum(axis=0)
    chance = np.full(len(of.hit), 0.10)
    chance = np.maximum(chance, np.where(of.hit, 60 / np.maximum(hits, 1), 0).max(axis=1))
    chance = np.where((of.hit & (hits <= 150)).any(axis=1), 1.0, np.minimum(chance, 1.0))
    read = rng.random(len(chance)) < chance
    edges = np.unique(np.quantile(chance, [0.25, 0.5, 0.75]))
    groups = [
        np.zeros(len(chance), dtype=np.int64),
        of.source,
        np.searchsorted(edges, chance).astype(np.int64),
    ]
    return _records(of, read, chance, groups, own_chance=True, stopping=None)


def _records(
    of: Literature,
    read: Flags,
    chance: Floats,
    groups: list[NDArray[np.int64]],
    *,
    own_chance: bool,
    stopping: Stopping | None,
) -> Records:
    return Records(
        read,
        of.raised.any(axis=1) & read,
        chance,
        groups,
        of.late,
        np.log(of.score / (1 - of.score)),
        of.hit,
        own_chance,
        stopping,
    )


DESIGNS = {"225": (3252, inblocks_taken), "900": (14800, by_hits)}


def run(world: World, design: str, seed: int) -> tuple[Literature, Records, Volume]:
    """Make up a literature, draw from it, and ask the question."""
    rng = np.random.default_rng([seed, int(design), WORLDS.index(world)])
    size, draw = DESIGNS[design]
    of = literature(world, size, rng)
    records = draw(of, rng)
    known = records.read[:, None]
    some = {"motives out": of.discussed & known}
    answer = volumes(records, of.raised & known, of.measured & known, some, confidence=0.9, seed=seed)[0]
    return of, records, answer["motives out"]


def score(of: Literature, records: Records, volume: Volume, into: Tally, key: tuple[str, ...]) -> None:
    """Add to a tally: whether intervals hold the truth, and whether decisions are right."""
    truth = np.stack([x.sum(axis=0) for x in (of.raised, of.discussed, of.measured)]).astype(float)
    inside = of.raised.any(axis=1).sum()
    per = 1000 * truth / inside
    ratio = np.divide(truth[2], truth[1], out=np.full(CODES, np.nan), where=truth[1] > 0)
    some = of.hit.sum(axis=0) >= 50
    model = np.stack([volume.model.raised, volume.model.discussed, volume.model.measured])
    low, high = np.quantile(model, [0.05, 0.95], axis=1)
    ends = {"model": (low, high), "design": (volume.design.low, volume.design.high)}
    for name, (a, b) in ends.items():
        for s, step in enumerate(("R", "D", "M")):
            good = (truth[s] >= np.floor(a[s])) & (truth[s] <= np.ceil(b[s]))
            into[*key, "cover", name, step].append(good[some])
            into[*key, "cover rare", name, step].append(good[~some])
    into[*key, "size", "", "R"].append(truth[0][some])
    share = np.divide(model[2], model[1], out=np.zeros(model[1].shape), where=model[1] > 0)
    rl, rh = np.quantile(share, [0.05, 0.95], axis=0)
    asked = some & np.isfinite(ratio) & (truth[1] >= 5)
    into[*key, "cover", "model", "M/D"].append(((ratio >= rl - 1e-9) & (ratio <= rh + 1e-9))[asked])
    dl, dh = volume.design.ratio_low[2], volume.design.ratio_high[2]
    there = asked & np.isfinite(dl)
    into[*key, "cover", "design", "M/D"].append(((ratio >= dl - 1e-9) & (ratio <= dh + 1e-9))[there])
    at = Thresholds()
    p = chances(volume, at)
    true = {
        "under-measured": ((ratio < at.ratio) & (per[1] >= at.discussed), p.under_measured),
        "hardly measured": (per[2] < at.measured, p.hardly_measured),
        "rare": (per[0] < at.rare, p.rare),
    }
    for name, (fact, chance) in true.items():
        said = decided(chance, at.sure)
        right = np.where(said == "yes", fact, ~fact)
        into[*key, "right", name, ""].append(right[said != "open"])
        into[*key, "right yes", name, ""].append(right[said == "yes"])
        into[*key, "expected false", name, ""].append(np.minimum(chance, 1 - chance)[said != "open"])
        if name == "under-measured":
            real = of.planted & fact
            some_read = np.stack([x & records.read[:, None] for x in (of.discussed, of.measured)]).sum(axis=1)
            plain = stats.beta.cdf(at.ratio, some_read[1] + 0.5, some_read[0] - some_read[1] + 0.5) >= at.sure
            rows = np.stack([per[1], ratio, some_read[0], said == "yes", plain])[:, fact]
            into[*key, "power", "", ""].append(np.asarray(rows.T, dtype=float))
            believed = plain & (per[1] >= at.discussed)
            into[*key, "plain right", "", ""].append(fact[believed].astype(float))
            into[*key, "planted", name, "found"].append((said == "yes")[real])
    into[*key, "read", "", "in"].append(np.array([records.included.sum(), records.read.sum()], dtype=float))


def speed() -> float:
    """Seconds of processor time for the model alone at 5,000 papers read and 40 codes (39 here), one reading."""
    rng = np.random.default_rng(1)
    of = literature(WORLDS[-1], 16000, rng)
    records = by_hits(of, rng)
    more = np.flatnonzero(~records.read)[: max(5000 - int(records.read.sum()), 0)]
    records.read[more] = True
    known = records.read[:, None]
    began = time.process_time()
    with threadpool_limits(1):
        model_volumes(
            records, of.raised & known, of.measured & known, {"one": of.discussed & known}, draws=500, seed=1
        )
    return time.process_time() - began


def main() -> None:
    """Run everything and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    tally: Tally = defaultdict(list)
    for design in DESIGNS:
        for world in WORLDS:
            for seed in range(FIRST_SEED, FIRST_SEED + given.runs):
                score(*run(world, design, seed), tally, (design, world.name))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(
        written(tally, given.runs, speed(), list(DESIGNS), [w.name for w in WORLDS]), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
