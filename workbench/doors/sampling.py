"""Which records are screened: a stratified sample drawn in random blocks.

The rule, in words. The frame is every record whose abstract was in hand when it entered and that is not grey; once it
is frozen (``survey frame``), records that come later wait for a stage of their own (``workbench.doors.tickets``).
A record's stratum is the rarest of its guessed streams (rarity counted over the frame, ties alphabetical;
``unguessed`` without one), split at a year; it is given once and never changed. Within a stratum the order is
random: records are sorted by a digest of the seed and their key, so that the order of old records does not
depend on later ones. Every stratum gets a first block. When every drawn record has been screened by two, a
stratum gets another block if one of the aims is still missed that it can serve: fewer included papers in its
stream than asked for, fewer from before the split year (strata before it), or fewer in all. A block is never
cut short except where the stratum ends, and no record is picked by hand. Strata furthest from their aim come
first; a block that would pass the limit is not drawn.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.store.corpus import current, stored, year_of
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, trying, writing
from workbench.store.frames import read_frames
from workbench.store.schema import Sampling, Schema, load_schema
from workbench.store.screened import included, screened
from workbench.store.standing import standing
from workbench.store.tables import RECORDS, SAMPLE, SAMPLING

STAGE = "screening"
UNGUESSED = "unguessed"


@dataclass(frozen=True)
class Drawn:
    """What a call of ``sample`` drew.

    Attributes:
        blocks: rows of sampling.csv that are new.
        papers: the records drawn, in order.
        reasons: stratum -> why it was given another block.
        reached: aim -> (count, wanted), as the screeners' decisions stand.
        waiting: drawn records that two screeners have not yet decided.
        later: records that could be drawn and came after the last frame was frozen: they wait for a stage of
            their own.
    """

    blocks: tuple[Row, ...]
    papers: tuple[str, ...]
    reasons: dict[str, str]
    reached: dict[str, tuple[int, int]]
    waiting: int
    later: int = 0


def sample(root: Path, *, dry_run: bool = False) -> Drawn:
    """Draw the next blocks for screening by the rule above.

    Raises:
        Refused: the schema or a file is faulty, or there is no record in the frame.
    """
    with trying(root) if dry_run else writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        records = stored(root, "records", faults)
        blocks = [r for r in stored(root, "sampling", faults) if r["stage"] == STAGE]
        others = [r for r in stored(root, "sampling", faults) if r["stage"] != STAGE]
        drawn = stored(root, "sample", faults)
        so_far = Decisions(root, faults)
        decisions, rulings = so_far.rows("screening"), so_far.rows("adjudications")
        if faults:
            raise Refused(faults)
        frame = strata(_frozen(root, records, faults), schema)
        framed = frame.keys() | {r["paper"] for r in stored(root, "frame", faults)}
        later = sum(in_frame(r) and r["paper"] not in framed for r in records)
        if not frame:
            message = "no record has an abstract in hand"
            raise Refused(
                [Fault(RECORDS.path, 0, "", message, "bring abstracts first (survey abstracts --from FILE)")]
            )
        years = {r["paper"]: y for r in records if (y := year_of(r))}
        mine = [r["paper"] for r in standing(root, "sample", faults) if r["stage"] == STAGE]
        grey = {r["paper"] for r in records if r["grey"] == "yes"}
        results = {
            r["paper"]: r for r in screened(decisions, rulings, grey) if r["stage"] == "title-abstract"
        }
        latest = current(decisions, ("coder", "paper", "stage")).values()
        holding = {(d["paper"], d["coder"]) for d in latest if d["decision"] != "withdrawn"}
        counts = Counter(paper for paper, _ in holding)
        waiting = sum(counts[p] < 2 for p in mine)
        kept = included(results.values()) & set(mine)
        reached = aims(kept, results, years, schema)
        wanted = _wanted(frame, blocks, set(mine), reached, waiting)
        new_blocks, new_sample = _draw(schema.sampling, frame, blocks, set(mine), wanted)
        contents = {}
        if new_blocks:
            contents = {
                SAMPLING.path: rows_text(SAMPLING, [*others, *blocks, *new_blocks]),
                SAMPLE.path: rows_text(SAMPLE, [*drawn, *new_sample]),
                RECORDS.path: rows_text(
                    RECORDS, [{**r, "stratum": r["stratum"] or frame.get(r["paper"], "")} for r in records]
                ),
            }
        if not dry_run:
            replace_all(root, contents)
        why = {s: w for s, w in wanted.items() if s in {b["stratum"] for b in new_blocks}}
        papers = tuple(r["paper"] for r in new_sample)
        return Drawn(tuple(new_blocks), papers, why, reached, waiting, later)


def _frozen(root: Path, records: list[Row], faults: list[Fault]) -> list[Row]:
    """Return the records that the frozen frame has; all of them before it is frozen."""
    frozen = any(f.stage == STAGE for f in read_frames(root, faults))
    there = {r["paper"] for r in stored(root, "frame", faults) if r["stage"] == STAGE}
    if faults:
        raise Refused(faults)
    # A record that joined another is drawn as the work it is part of, and the work may have come later.
    return [r for r in records if r["paper"] in there or r["stratum"]] if frozen else records


def in_frame(record: Row) -> bool:
    """Whether a row of records.csv could be drawn."""
    return bool(record["text_sha256"]) and record["grey"] != "yes" and record["verified"] == "yes"


def strata(records: Iterable[Row], schema: Schema) -> dict[str, str]:
    """Return the stratum of every record of the frame; a stratum once given stays."""
    frame = [r for r in records if in_frame(r)]
    rarity = Counter(s for r in frame for s in r["guessed_streams"].split(";") if s)
    out = {}
    for row in frame:
        streams = [s for s in row["guessed_streams"].split(";") if s]
        stream = min(streams, key=lambda s: (rarity[s], s)) if streams else UNGUESSED
        split = schema.sampling.split_year
        early = (year_of(row) or split) < split
        out[row["paper"]] = row["stratum"] or f"{stream}/{f'before-{split}' if early else f'from-{split}'}"
    return out


def aims(
    kept: set[str], results: dict[str, Row], years: dict[str, int], schema: Schema
) -> dict[str, tuple[int, int]]:
    """Return how far the sample has come: aim -> (included so far, wanted).

    A paper counts for a stream when both its screeners named that stream.
    """
    s = schema.sampling
    named = Counter(stream for p in kept for stream in results[p]["streams"].split(";") if stream)
    reached = {stream: (named[stream], s.per_stream) for stream in schema.streams}
    early = sum(years.get(p, s.split_year) < s.split_year for p in kept)
    reached[f"before-{s.split_year}"] = (early, s.before_split)
    reached["included"] = (len(kept), s.included)
    return reached


def _wanted(
    frame: dict[str, str],
    blocks: list[Row],
    already: set[str],
    reached: dict[str, tuple[int, int]],
    waiting: int,
) -> dict[str, str]:
    """Return the strata to draw from, most wanted first, each with the reason."""
    begun = {b["stratum"] for b in blocks}
    first = sorted(set(frame.values()) - begun)
    if first:
        return dict.fromkeys(first, "first block")
    if waiting:
        return {}
    short = {aim: wanted - have for aim, (have, wanted) in reached.items() if have < wanted}
    found: dict[str, tuple[int, str]] = {}
    # A stratum that has run out serves no aim, and must not keep others from serving the whole.
    left = {s for p, s in frame.items() if p not in already}
    for stratum in sorted(begun & left):
        stream, period = stratum.split("/")
        serves = [a for a in (stream, period, "included") if a in short]
        if serves:
            aim = max(serves, key=lambda a: short[a] / reached[a][1])
            found[stratum] = (short[aim], f"{aim}: {reached[aim][0]} of {reached[aim][1]}")
    # Aims of a stream or period come before the aim for the whole: only strata that serve the scarcest.
    scarce = {s: w for s, w in found.items() if not w[1].startswith("included")} or found
    return {s: why for s, (_, why) in sorted(scarce.items(), key=lambda item: (-item[1][0], item[0]))}


def _draw(
    rule: Sampling, frame: dict[str, str], blocks: list[Row], already: set[str], wanted: dict[str, str]
) -> tuple[list[Row], list[Row]]:
    members: dict[str, list[str]] = defaultdict(list)
    for paper, stratum in frame.items():
        members[stratum].append(paper)
    had = Counter(b["stratum"] for b in blocks)
    new_blocks: list[Row] = []
    new_sample: list[Row] = []
    for stratum in wanted:
        before = [p for p in members[stratum] if p in already]
        left = sorted((p for p in members[stratum] if p not in already), key=lambda p: _ticket(rule.seed, p))
        block = left[: rule.block]
        if not block or len(already) + len(new_sample) + len(block) > rule.limit:
            continue
        number = str(had[stratum] + 1)
        new_blocks.append(
            {
                "stage": STAGE,
                "stratum": stratum,
                "block": number,
                "frame": str(len(members[stratum])),
                "drawn": str(len(block)),
                "seed": str(rule.seed),
                "probability": f"{(len(before) + len(block)) / len(members[stratum]):.6f}",
            }
        )
        new_sample += [
            {"stage": STAGE, "paper": p, "stratum": stratum, "block": number, "order": str(len(before) + i)}
            for i, p in enumerate(block, 1)
        ]
    return new_blocks, new_sample


def _ticket(seed: int, paper: str) -> str:
    return hashlib.sha256(f"{seed}/{paper}".encode()).hexdigest()
