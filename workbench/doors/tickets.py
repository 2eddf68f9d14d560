"""Which records are screened, where each had a probability of its own: those whose ticket lies below it.

The probabilities were frozen with the frame (``survey frame``), before anything was drawn, and the tickets follow from
a seed and the records' keys. So nobody chooses, what an earlier stage drew can be drawn again, and anyone can draw the
same sample from the same frame.
"""

from __future__ import annotations

from pathlib import Path

from workbench.doors.sampling import Drawn
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import replace_all, rows_text, trying, writing
from workbench.store.frames import FRAMES, drawn_of, read_frames
from workbench.store.tables import SAMPLE, SAMPLING

#: The one stratum of a stage whose records have tickets of their own.
ALL = "all"


def sample_by_tickets(root: Path, stage: str, *, dry_run: bool = False) -> Drawn:
    """Draw the sample of a stage; asked again, nothing more is drawn.

    Args:
        root: the survey folder.
        stage: a stage whose frame was frozen with probabilities.
        dry_run: write nothing.

    Returns:
        What was drawn now, and how many drawn records wait for two screeners.

    Raises:
        Refused: a file is faulty, or the stage has no frame with probabilities.
    """
    with trying(root) if dry_run else writing(root):
        faults: list[Fault] = []
        held = Decisions(root, faults)
        blocks, sample, rows = held.rows("sampling"), held.rows("sample"), held.rows("frame")
        frames = {f.stage: f for f in read_frames(root, faults)}
        if faults:
            raise Refused(faults)
        frame = frames.get(stage)
        if frame is None or frame.design == "blocks":
            known = ", ".join(
                ["screening", "verification", *(s for s, f in frames.items() if f.design != "blocks")]
            )
            remedy = f"freeze one with probabilities (survey frame --help); there are {known}"
            raise Refused([Fault(FRAMES, 0, stage, "no stage of this name has a frame to draw from", remedy)])
        papers = drawn_of(frame, [r for r in rows if r["stage"] == stage])
        before = {r["paper"] for r in sample if r["stage"] == stage}
        screeners: dict[str, set[str]] = {}
        for row in held.rows("screening"):
            screeners.setdefault(row["paper"], set()).add(row["coder"])
        waiting = sum(len(screeners.get(p, ())) < 2 for p in papers)
        if before:
            return Drawn((), (), {}, {}, waiting)
        block = {
            "stage": stage,
            "stratum": ALL,
            "block": "1",
            "frame": str(frame.records),
            "drawn": str(len(papers)),
            "seed": str(frame.tickets.seed if frame.tickets else ""),
            "probability": f"{len(papers) / frame.records:.6f}",
        }
        new = [
            {"stage": stage, "paper": p, "stratum": ALL, "block": "1", "order": str(n)}
            for n, p in enumerate(papers, 1)
        ]
        contents = {
            SAMPLING.path: rows_text(SAMPLING, [*blocks, block]),
            SAMPLE.path: rows_text(SAMPLE, [*sample, *new]),
        }
        if not dry_run:
            replace_all(root, contents)
        why = "each record by its own ticket" if frame.tickets else "all of a sample drawn elsewhere"
        return Drawn((block,), tuple(papers), {ALL: why}, {}, waiting)
