"""Torture a survey and print the figures; ``--write`` keeps them in docs/safety.md, ``--minutes`` bounds the time."""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from pathlib import Path

os.environ["SOURCE_DATE_EPOCH"] = "1795500000"

from tests.coded import fill
from tests.conftest import small_survey
from tests.torture.doors import edits, kill, kill_again, refuse, writers
from tests.torture.fuzzing import fuzz
from tests.torture.hostile import lay_all
from tests.torture.planting import Tally, plant_cells, plant_files

DOCS = Path(__file__).parents[2] / "docs/safety.md"
HEAD = "| trial | tried | caught | on its line | lost | tracebacks | worst seconds |\n" + "| --- " * 7 + "|"
MARK = "<!-- figures: make torture -->"


def main() -> int:
    """Run every trial; return 1 where something was lost or a traceback came."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=15)
    asked.add_argument("--write", action="store_true")
    given = asked.parse_args()
    share = given.minutes * 60 / 5
    tallies = []
    with tempfile.TemporaryDirectory() as folder:
        root = small_survey(Path(folder) / "survey")
        fill(root)
        for name, trial in (
            ("a stranger's folder", lay_all),
            ("a door killed before each step of its writing", lambda r, t: kill(r, t, share)),
            ("a door killed, then the command that completes it", lambda r, t: kill_again(r, t, share)),
            ("a step of a door refused by the disk", lambda r, t: refuse(r, t, share)),
            ("a file bent at random", lambda r, t: fuzz(r, t, share)),
            ("four writers at once", writers),
            ("an edit between reading and writing", edits),
            ("a fault planted in a cell", plant_cells),
            ("a file spoiled or replaced", plant_files),
        ):
            tally = Tally(name)
            trial(root, tally)
            print(tally.row(), flush=True)
            print("".join(f"    {m}\n" for m in tally.missed), end="", flush=True)
            tallies.append(tally)
    most = (
        max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    )
    figures = "\n".join(
        [HEAD, *(t.row() for t in tallies), "", f"Worst memory of any process: {most:,} megabytes."]
    )
    print(figures)
    if given.write:
        before, _, _ = DOCS.read_text("utf-8").partition(MARK)
        DOCS.write_text(f"{before}{MARK}\n\n{figures}\n", "utf-8")
    return int(any(t.lost or t.tracebacks for t in tallies))


if __name__ == "__main__":
    raise SystemExit(main())
