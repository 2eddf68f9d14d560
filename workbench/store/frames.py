"""The log of frames: which records a sample could be drawn from, frozen before the drawing.

``corpus/frame.csv`` holds the frame of every stage; ``corpus/frames.yaml`` says of each when and by which query it was
made, how records are drawn from it, and its digest, so that anyone can tell whether what they have is what was drawn
from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictInt, StrictStr

from workbench.store.clock import STAMP
from workbench.store.faults import Fault
from workbench.store.files import Row, rows_text, sha256
from workbench.store.tables import FRAME
from workbench.store.yaml_files import read_model

FRAMES = "corpus/frames.yaml"
#: Stages at which something else than records is drawn.
NOT_RECORDS = ("verification", "full-text")
Digest = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


class Tickets(BaseModel):
    """How likely a record is to be drawn, by the codes that it hits; each is drawn or not by a ticket of its own.

    A record that hits a code which at most ``whole`` records of the frame hit is drawn for certain. Any other is drawn
    with the largest of ``least`` and ``wanted`` / records that hit the code, over the codes it hits. (Poisson sampling:
    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, section 3.5.)

    Attributes:
        seed: seed of the tickets.
        whole: codes of at most so many hits are read whole.
        wanted: records that are expected to be read of each other code.
        least: the least probability of any record.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: StrictInt
    whole: Annotated[StrictInt, Field(ge=0)]
    wanted: Annotated[StrictInt, Field(ge=1)]
    least: Annotated[float, Field(gt=0, le=1)]


class Frame(BaseModel):
    """A frozen frame.

    Attributes:
        stage: what is drawn from it, as in sampling.csv.
        when: when it was frozen, UTC.
        query: path of the query file whose hits stand in it, within the survey; where the probabilities were given,
            of the file that gives them.
        query_sha256: digest of that file.
        records: how many records it has.
        sha256: digest of its rows in ``corpus/frame.csv``, written as a file of their own.
        design: ``blocks`` of strata; ``tickets``, one a record; or ``given``: a sample that was drawn elsewhere.
        tickets: the rule of the tickets, where there are some.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: StrictStr
    when: Annotated[StrictStr, Field(pattern=STAMP.pattern)]
    query: StrictStr
    query_sha256: Digest
    records: StrictInt
    sha256: Digest
    design: Literal["blocks", "tickets", "given"] = "blocks"
    tickets: Tickets | None = None


class _Frames(RootModel[tuple[Frame, ...]]):
    pass


def read_frames(root: Path, faults: list[Fault]) -> tuple[Frame, ...]:
    """Read ``corpus/frames.yaml``, the last frozen last; a missing file reads as none."""
    if not (root / FRAMES).exists():
        return ()
    held, _ = read_model(root, FRAMES, _Frames, faults, "restore it from git; `survey frame` writes it")
    return held.root if held else ()


def frames_text(frames: Iterable[Frame]) -> str:
    """Return the canonical content of ``frames.yaml``."""
    held = [f.model_dump(exclude_defaults=True) for f in frames]
    return yaml.safe_dump(held, sort_keys=False, allow_unicode=True, width=110)


def digest_of(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the digest of one stage's rows of ``frame.csv``, written as a file of their own."""
    return sha256(rows_text(FRAME, rows))


def probabilities(rows: Iterable[Row], rule: Tickets) -> dict[str, str]:
    """Return each record's probability of being drawn by its hits, as ``frame.csv`` writes it."""
    hits = {r["paper"]: [c for c in r["hits"].split(";") if c] for r in rows}
    of = Counter(code for codes in hits.values() for code in codes)
    out = {}
    for paper, codes in hits.items():
        chance = max([rule.least, *(1.0 if of[c] <= rule.whole else rule.wanted / of[c] for c in codes)])
        out[paper] = f"{min(1.0, chance):.6f}"
    return out


def ticket(seed: int, paper: str) -> float:
    """Return a record's ticket, in [0, 1): of the seed and its key only, so that anyone can draw it again."""
    return int(hashlib.sha256(f"{seed}/{paper}".encode()).hexdigest()[:13], 16) / 16**13


def drawn_of(frame: Frame, rows: Iterable[Row]) -> list[str]:
    """Return the records drawn from a frame with probabilities, in the order of their tickets."""
    if frame.tickets is None:
        return sorted(r["paper"] for r in rows)
    seed = frame.tickets.seed
    tickets = {r["paper"]: ticket(seed, r["paper"]) for r in rows}
    lucky = [r["paper"] for r in rows if tickets[r["paper"]] < float(r["probability"])]
    return sorted(lucky, key=lambda p: (tickets[p], p))


def frame_faults(root: Path, rows: list[Row], sample: list[Row]) -> list[Fault]:
    """Return what is wrong between the frames, their log and what was drawn.

    That is a frame that is not the one frozen, a query that has changed, or a probability or a drawn record that the
    rule does not give.

    Args:
        root: the survey folder.
        rows: the rows of ``corpus/frame.csv``.
        sample: the rows of ``corpus/sample.csv``.
    """
    faults: list[Fault] = []
    frames = read_frames(root, faults)
    if faults:
        return faults
    back = "restore both files from git, or freeze a frame for a new stage"
    of: dict[str, list[Row]] = {f.stage: [] for f in frames}
    for row in rows:
        if row["stage"] not in of:
            remedy = "freeze a frame with `survey frame QUERY.yaml`, or delete the rows"
            message = f"the frame of stage {row['stage']!r} is not on record in {FRAMES}"
            return [*faults, Fault(FRAME.path, int(row["_line"]), row["paper"], message, remedy)]
        of[row["stage"]].append(row)
    for frame in frames:
        faults += _faults_of(root, frame, of[frame.stage], sample, back)
    return faults


def _faults_of(root: Path, frame: Frame, rows: list[Row], sample: list[Row], back: str) -> list[Fault]:
    faults = []
    if not rows:
        return [Fault(FRAME.path, 0, frame.stage, f"is missing, and {FRAMES} has it on record", back)]
    if digest_of(rows) != frame.sha256:
        message = f"is not the frame that {FRAMES} has on record for stage {frame.stage} (its digest differs)"
        return [Fault(FRAME.path, 0, "", message, back)]
    if len(rows) != frame.records:
        message = f"says {frame.records} records, the frame has {len(rows)}"
        faults.append(Fault(FRAMES, 0, frame.stage, message, back))
    query = root / frame.query
    if not query.is_file() or sha256(query.read_bytes()) != frame.query_sha256:
        message = f"{frame.query} is not the file that the frame was made with"
        faults.append(Fault(FRAMES, 0, frame.stage, message, "restore the file from git"))
    if frame.tickets is not None and probabilities(rows, frame.tickets) != {
        r["paper"]: r["probability"] for r in rows
    }:
        message = f"the probabilities of stage {frame.stage} are not those that its rule gives"
        faults.append(Fault(FRAME.path, 0, frame.stage, message, back))
    mine = {r["paper"] for r in sample if r["stage"] == frame.stage}
    if frame.design != "blocks" and mine and mine != set(drawn_of(frame, rows)):
        message = f"the records drawn at stage {frame.stage} are not those that its tickets give"
        remedy = "restore it from git: nobody chooses what is drawn"
        odd = sorted(mine ^ set(drawn_of(frame, rows)))[0]
        faults.append(Fault("corpus/sample.csv", 0, odd, message, remedy))
    return faults
