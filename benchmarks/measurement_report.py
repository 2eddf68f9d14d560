"""What the simulation of the measurement question found, as the page `docs/simulations/measurement.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: What was found: (design, literature, what, ...) -> one array a made-up literature.
Tally = defaultdict[tuple[str, ...], list[NDArray[np.float64]]]

#: Edges of the power table: D per 1,000 papers that are in, and M / D.
VOLUMES, RATIOS = (25, 50, 100, 200), (0.0, 0.03, 0.06, 0.09, 0.12, 0.18, 0.25)

REPORT = """# Does the measurement question tell the truth?

Written by `benchmarks/simulate_measurement.py`; do not edit. {runs} made-up literatures a row, made from seeds that
nobody had looked at while the model was made, 39 codes each, 4 of
them planted (much discussed, 3 to 12% measured). They are not the model's: codes scatter over streams, sources and
periods more than chance lets them (`scattered`), hidden themes make papers raise codes together (`raised together`),
what time does to measuring differs in size and sign from code to code (`period wrong`). The strata are guessed from
the codes that a query hits. Design `225`: 3,252 records, blocks of 20 in strata with a stopping rule. Design `900`:
14,800 records, each drawn by its own chance: 1 where it hits a code of at most 150 hits, else the largest of 0.10 and
60 / hits. `in`: papers read that are in.

## Coverage of the 90% intervals, codes of 50 hits or more

The share of intervals that hold the truth, for papers that raise (R), discuss (D) and measure (M) a code, and for
M / D. Wanted: 0.85 to 0.95. {inside}
`worst tenth`: the least coverage of R, D and M together over tenths of the codes, ordered by how many papers raise
them: it must not only be right on average.

| design | literature | in | R | D | M | M/D | worst tenth | design: R | D | M | M/D |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{coverage}

## Codes of fewer than 50 hits

| design | literature | codes | R | D | M | design: R | D | M |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rare}

## Decisions

The share of statements, made or ruled out, that are right; `yes`: of those made. Wanted: 0.97. `planted`: of the codes
planted under-measured (and so in truth), how many are decided. Wanted: half at 225, 80% at 900. `expected`, `false`:
statements expected to be false by their own probabilities, and those that are, a literature.

| design | literature | under-measured | yes | hardly measured | yes | rare | yes | planted | expected | false |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{decisions}

## How small a gap is found

Of the codes that are under-measured in truth (planted or not, in all literatures together): how many are decided, by
how much is said of them (D, per 1,000 papers that are in) and how much of it measures (M/D). In brackets how many there
were; bold where half or more are decided.

{power}

*Papers read*: how many papers read discuss such a code, on average. *If every paper read counted alike*: the share that
would be decided by those papers alone, as if a code were measured as often early as late and whether the query hits it
or not (a posterior under Jeffreys' prior). The model does not take that for granted, and pays for it; of what the
simpler rule says, {plain} is right at 225 and {plain900} at 900 in these literatures.

Here *rare* is decided by the model alone; the product also asks that the upper end of the design's interval lie below.

## Speed

The model alone, one reading, 5,000 papers read, 39 codes, 16,000 records: {speed:.1f} s of processor time.

## What this does not show

- Errors of coding and screening are left out: what two readers agree on is taken for the truth.
- The score of a record knows whether it is in about as well as a learner on titles and abstracts does.
- The frame is what the searches found. No estimate speaks of what no search brought.
"""


def written(tally: Tally, runs: int, seconds: float, designs: Sequence[str], worlds: Sequence[str]) -> str:
    """Return the page: of so many runs a row, with the seconds that the model took."""

    def value(*key: str) -> str:
        parts = [x for x in tally.get(key, []) if len(x)]
        return f"{np.concatenate(parts).mean():.2f}" if parts else "-"

    coverage, rare, decisions = [], [], []
    for design in designs:
        for world in worlds:
            key = (design, world)
            if (*key, "read", "", "in") not in tally:
                continue
            inside = float(np.mean([x[0] for x in tally[*key, "read", "", "in"]]))
            cover = [
                [value(*key, "cover", e, s) for s in ("R", "D", "M", "M/D")] for e in ("model", "design")
            ]
            row = [*key, f"{inside:.0f}", *cover[0], _worst(tally, key), *cover[1]]
            coverage.append(f"| {' | '.join(row)} |")
            few = [[value(*key, "cover rare", e, s) for s in "RDM"] for e in ("model", "design")]
            many = sum(len(x) for x in tally[*key, "cover rare", "model", "R"])
            rare.append(f"| {' | '.join([*key, str(many), *few[0], *few[1]])} |")
            cells, expected, false = [], 0.0, 0.0
            for what in ("under-measured", "hardly measured", "rare"):
                cells += [value(*key, "right", what, ""), value(*key, "right yes", what, "")]
                expected += sum(float(x.sum()) for x in tally[*key, "expected false", what, ""])
                false += sum(float((~x.astype(bool)).sum()) for x in tally[*key, "right", what, ""])
            cells.append(value(*key, "planted", "under-measured", "found"))
            cells += [f"{expected / runs:.1f}", f"{false / runs:.1f}"]
            decisions.append(f"| {' | '.join([*key, *cells])} |")
    return REPORT.format(
        runs=runs,
        coverage="\n".join(coverage),
        rare="\n".join(rare),
        decisions="\n".join(decisions),
        inside=_inside(tally, designs, worlds),
        power=_power(tally, designs, worlds),
        plain=_plain_right(tally, "225", worlds),
        plain900=_plain_right(tally, "900", worlds),
        speed=seconds,
    )


def _inside(tally: Tally, designs: Sequence[str], worlds: Sequence[str]) -> str:
    """Say how many of the model's coverages lie where they are wanted, and which is farthest from it."""
    found = {}
    for design in designs:
        for world in worlds:
            for step in ("R", "D", "M", "M/D"):
                parts = [x for x in tally.get((design, world, "cover", "model", step), []) if len(x)]
                if parts:
                    found[design, world, step] = float(np.concatenate(parts).mean())
    good = sum(0.85 <= round(x, 2) <= 0.95 for x in found.values())
    (design, literature, step), worst = max(found.items(), key=lambda at: abs(at[1] - 0.90))
    return (
        f"Of {len(found)} coverages of the model {good} lie in the range wanted; the farthest from 0.90 is {worst:.2f} "
        f"({step}, {design}, {literature})."
    )


def _power(tally: Tally, designs: Sequence[str], worlds: Sequence[str]) -> str:
    """The power table of every design."""
    head = " | ".join(f"M/D {100 * a:.0f} to {100 * b:.0f}%" for a, b in pairwise(RATIOS))
    lines = []
    for design in designs:
        parts = [x for w in worlds for x in tally.get((design, w, "power", "", ""), []) if len(x)]
        if not parts:
            continue
        rows = np.concatenate(parts)
        lines += [
            f"| {design}: D per 1,000 | {head} | papers read | if every paper read counted alike |",
            "| --- |" + " --- |" * (len(RATIOS) + 1),
        ]
        for low, high in zip(VOLUMES, [*VOLUMES[1:], np.inf], strict=True):
            mine = rows[(rows[:, 0] >= low) & (rows[:, 0] < high)]
            cells = []
            for a, b in pairwise(RATIOS):
                these = mine[(mine[:, 1] >= a) & (mine[:, 1] < b)]
                rate = float(these[:, 3].mean()) if len(these) else np.nan
                cell = f"{rate:.2f} ({len(these)})" if len(these) else "-"
                cells.append(f"**{cell}**" if rate >= 0.5 else cell)
            name = f"{low} to {high:.0f}" if np.isfinite(high) else f"{low} and more"
            read, plain = (
                (f"{mine[:, 2].mean():.0f}", f"{mine[:, 4].mean():.2f}") if len(mine) else ("-", "-")
            )
            lines.append(f"| {name} | {' | '.join(cells)} | {read} | {plain} |")
        lines.append("")
    return "\n".join(lines).strip()


def _plain_right(tally: Tally, design: str, worlds: Sequence[str]) -> str:
    parts = [x for w in worlds for x in tally.get((design, w, "plain right", "", ""), []) if len(x)]
    return f"{np.concatenate(parts).mean():.1%}" if parts else "-"


def _worst(tally: Tally, key: tuple[str, str]) -> str:
    """Least coverage by the model over tenths of the codes by how many papers raise them."""
    size = np.concatenate(tally[*key, "size", "", "R"])
    tenth = np.argsort(np.argsort(size)) * 10 // len(size)
    good = np.mean([np.concatenate(tally[*key, "cover", "model", step]) for step in "RDM"], axis=0)
    return f"{min(float(good[tenth == k].mean()) for k in range(10)):.2f}"
