"""Which run of which model made a decision: ``corpus/runs.csv``."""

from __future__ import annotations

from pathlib import Path

from workbench.store.clock import now
from workbench.store.codebook import instructions_digest
from workbench.store.coders import Coder
from workbench.store.corpus import stored
from workbench.store.faults import Fault
from workbench.store.files import Row, rows_text
from workbench.store.schema import Schema
from workbench.store.tables import RUNS


def run_record(
    root: Path, coder: Coder, run: str, batch: str, task: str, schema: Schema, faults: list[Fault]
) -> dict[str, str]:
    """Return what a door must write so that a run is on record: the new content of runs.csv, or nothing.

    A language model's decisions need a run; a human's need none. A known run must be the same coder's,
    under the same instructions.

    Args:
        root: the survey folder.
        coder: who decides.
        run: the run's id; may be empty for a human.
        batch: what the run was given (recorded when the run is new).
        task: ``screen``, ``code`` or ``measure``.
        schema: the coding schema in force.
        faults: what is wrong is added here.

    Returns:
        Path -> content; empty where nothing has to be written.
    """
    where = "command line"
    if not run:
        if coder.kind == "language-model":
            remedy = "give --run with a name for the run, and --batch with what it was given"
            faults.append(Fault(where, 0, coder.id, "a language model's decisions need a run record", remedy))
        return {}
    digest = instructions_digest(schema, task)
    rows = stored(root, "runs", faults)
    known = next((r for r in rows if r["id"] == run), None)
    if known:
        if known["coder"] != coder.id:
            faults.append(
                Fault(RUNS.path, int(known["_line"]), run, f"run of {known['coder']}", "name another run")
            )
        elif known["schema"] != schema.version or known["instructions_sha256"] != digest:
            message = "the instructions have changed since this run"
            faults.append(
                Fault(RUNS.path, int(known["_line"]), run, message, "start a new run under a new name")
            )
        return {}
    row: Row = {
        "id": run,
        "coder": coder.id,
        "model": coder.name if coder.kind == "language-model" else "",
        "date": now()[:10],
        "instructions_sha256": digest,
        "schema": schema.version,
        "batch": batch,
    }
    return {RUNS.path: rows_text(RUNS, [*rows, row])}
