"""The log of frames: which records a sample could be drawn from, frozen before the drawing.

``corpus/frame.csv`` holds the frame last frozen; ``corpus/frames.yaml`` says of every frame for which stage, when and
by which query it was made, and its digest, so that anyone can tell whether what they have is what was drawn from.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, StrictInt, StrictStr

from workbench.store.clock import STAMP
from workbench.store.faults import Fault
from workbench.store.files import sha256
from workbench.store.tables import FRAME
from workbench.store.yaml_files import read_model

FRAMES = "corpus/frames.yaml"
Digest = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$")]


class Frame(BaseModel):
    """A frozen frame.

    Attributes:
        stage: what is drawn from it, as in sampling.csv.
        when: when it was frozen, UTC.
        query: path of the query file whose hits stand in it, within the survey.
        query_sha256: digest of that file.
        records: how many records it has.
        sha256: digest of ``corpus/frame.csv`` as it then was.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: StrictStr
    when: Annotated[StrictStr, Field(pattern=STAMP.pattern)]
    query: StrictStr
    query_sha256: Digest
    records: StrictInt
    sha256: Digest


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
    return yaml.safe_dump([f.model_dump() for f in frames], sort_keys=False, allow_unicode=True, width=110)


def frame_faults(root: Path, rows: int) -> list[Fault]:
    """Return what is wrong between the frame and its log: a frame that is not the one frozen, a query that has changed.

    Args:
        root: the survey folder.
        rows: how many rows ``corpus/frame.csv`` has.
    """
    faults: list[Fault] = []
    frames = read_frames(root, faults)
    path = root / FRAME.path
    if faults or (not frames and not path.exists()):
        return faults
    if not frames:
        remedy = "freeze a frame with `survey frame QUERY.yaml`, or delete the file"
        return [Fault(FRAME.path, 0, "", f"is not on record in {FRAMES}", remedy)]
    last, back = frames[-1], "restore both files from git, or freeze a frame for a new stage"
    if not path.exists():
        return [Fault(FRAME.path, 0, last.stage, f"is missing, and {FRAMES} has it on record", back)]
    if sha256(path.read_bytes()) != last.sha256:
        message = f"is not the frame that {FRAMES} has on record for stage {last.stage} (its digest differs)"
        faults.append(Fault(FRAME.path, 0, "", message, back))
    elif rows != last.records:
        faults.append(
            Fault(FRAMES, 0, last.stage, f"says {last.records} records, the frame has {rows}", back)
        )
    query = root / last.query
    if not query.is_file() or sha256(query.read_bytes()) != last.query_sha256:
        message = f"{last.query} is not the file that the frame's hits were made with"
        faults.append(Fault(FRAMES, 0, last.stage, message, "restore the query file from git"))
    return faults
