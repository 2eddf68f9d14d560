"""Which coded papers humans code afresh: a stratified sample with known probability, drawn in random blocks.

The rule, in words. The frame is every included paper, grey sources apart, of which the machines' codings from the
abstract are settled: agreed by two passes or adjudicated by a machine. Its stratum is what the machines found there:
``measured`` (a code at a level that counts as measured), ``other-level`` (codes, none at such a level) or ``none``. The
first two decide the survey's rate and hold what machines may have added; the third is small, and what machines
overlooked stands there most plainly: by chance alone it would hardly be looked at. Only machines' codings make the
strata, so that no human's work moves a paper; a paper that was drawn keeps its stratum.

Within a stratum the order is random: papers are sorted by a digest of the seed and their key. Every call draws one
block of every stratum: the next papers in that order, and before them papers that were coded since the last block and
come before its end, so that what is drawn is at any time a random sample of the whole stratum (permanent random
numbers; Ohlsson 1995, in Cox et al., Business Survey Methods, chapter 9). A block is not drawn while a human has not
coded all of the last one. Nothing that was drawn is ever drawn anew or put back.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.doors.sampling import Drawn
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, trying, writing
from workbench.store.final import VERIFICATION as STAGE
from workbench.store.schema import Schema, load_schema
from workbench.store.tables import SAMPLE, SAMPLING

BASIS = "abstract"
STRATA = ("measured", "other-level", "none")
SETTLED = ("agreed", "adjudicated")


def sample_verification(root: Path, *, size: int | None = None, dry_run: bool = False) -> Drawn:
    """Draw the next block of every stratum by the rule above.

    Args:
        root: the survey folder.
        size: papers in a block of one stratum; default: the schema's ``block``.
        dry_run: write nothing.

    Raises:
        Refused: the schema or a file is faulty, ``size`` is not above 0, or machines have coded nothing.
    """
    with trying(root) if dry_run else writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        held = Decisions(root, faults)
        blocks, drawn, signoffs = (held.rows(name) for name in ("sampling", "sample", "signoffs"))
        frame = strata(held.final_by_machines, schema)
        if size is not None and size < 1:
            faults.append(
                Fault("command line", 0, "--size", f"{size} papers cannot be drawn", "give 1 or more")
            )
        if any(not f.warning for f in faults):
            raise Refused(f for f in faults if not f.warning)
        if not frame:
            remedy = "let two passes code papers, sign them off and settle where they differ"
            raise Refused([Fault(SAMPLE.path, 0, STAGE, "no paper has settled codings of machines", remedy)])
        already = {r["paper"]: r["stratum"] for r in drawn if r["stage"] == STAGE}
        humans = {c.id for c in held.coders.values() if c.kind == "human"}
        seen = {r["paper"] for r in signoffs if r["basis"] == BASIS and r["coder"] in humans}
        waiting = len(already.keys() - seen)
        mine = [b for b in blocks if b["stage"] == STAGE]
        seed, block = schema.sampling.seed, size or schema.sampling.block
        new_blocks, new_sample = ([], []) if waiting else _draw(frame, already, mine, seed, block)
        if new_blocks and not dry_run:
            contents = {
                SAMPLING.path: rows_text(SAMPLING, [*blocks, *new_blocks]),
                SAMPLE.path: rows_text(SAMPLE, [*drawn, *new_sample]),
            }
            replace_all(root, contents)
        total = Counter({**frame, **already}.values())
        begun = Counter(already.values()) + Counter(r["stratum"] for r in new_sample)
        reached = {s: (begun[s], total[s]) for s in STRATA}
        why = {b["stratum"]: f"{total[b['stratum']]} papers coded by machines" for b in new_blocks}
        return Drawn(tuple(new_blocks), tuple(r["paper"] for r in new_sample), why, reached, waiting)


def strata(rows: Iterable[Mapping[str, Any]], schema: Schema) -> dict[str, str]:
    """Return the stratum of every paper of the frame, from the rows of the machines' ``final``."""
    headline = schema.headline.id if schema.headline else ""
    levels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if (
            row["basis"] == BASIS
            and not row["grey"]
            and row["state"] == "present"
            and row["resolved"] in SETTLED
        ):
            levels[row["paper"]].add(row["level"] if row["facet"] == headline else "")
    return {
        paper: "measured" if found & set(schema.measuring) else "other-level" if found - {""} else "none"
        for paper, found in levels.items()
    }


def _draw(
    frame: Mapping[str, str], already: Mapping[str, str], blocks: Iterable[Row], seed: int, size: int
) -> tuple[list[Row], list[Row]]:
    members: dict[str, list[str]] = defaultdict(list)
    for paper, stratum in {**frame, **already}.items():
        members[stratum].append(paper)
    had = Counter(b["stratum"] for b in blocks)
    new_blocks: list[Row] = []
    new_sample: list[Row] = []
    for stratum in STRATA:
        order = sorted(members[stratum], key=lambda p: _ticket(seed, p))
        before = [p for p in order if p in already]
        end = order.index(before[-1]) + 1 if before else 0
        # Up to here everything must be in; after it, whatever the block still has room for.
        missed = [p for p in order[:end] if p not in already]
        block = missed + order[end : end + max(0, size - len(missed))]
        if not block:
            continue
        number = str(had[stratum] + 1)
        new_blocks.append(
            {
                "stage": STAGE,
                "stratum": stratum,
                "block": number,
                "frame": str(len(order)),
                "drawn": str(len(block)),
                "seed": str(seed),
                "probability": f"{(len(before) + len(block)) / len(order):.6f}",
            }
        )
        new_sample += [
            {"stage": STAGE, "paper": p, "stratum": stratum, "block": number, "order": str(len(before) + i)}
            for i, p in enumerate(block, 1)
        ]
    return new_blocks, new_sample


def _ticket(seed: int, paper: str) -> str:
    # Not the order of screening: else the papers screened first would be the ones verified first.
    return hashlib.sha256(f"{seed}/{STAGE}/{paper}".encode()).hexdigest()
