"""What every decision door shares: who may decide, how a fault names its row, and what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.store.coders import Coder, coder_path, read_coders
from workbench.store.faults import Fault
from workbench.store.files import Row


@dataclass(frozen=True)
class Written:
    """What a door wrote.

    Attributes:
        rows: rows that are new or replaced.
        unchanged: rows that said what was already there.
        files: paths that changed, relative to the survey folder.
        notes: counts and warnings worth telling.
    """

    rows: int
    unchanged: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def known_coder(root: Path, coder: str, faults: list[Fault]) -> Coder | None:
    """Return the coder with this id; an unknown one is a fault."""
    coders = read_coders(root, faults)
    if coder not in coders:
        remedy = f"register with `survey register`; known: {', '.join(coders) or 'nobody'}"
        faults.append(Fault(coder_path(coder), 0, coder, "unknown coder", remedy))
    return coders.get(coder)


def sayer(row: Row, faults: list[Fault]) -> Callable[[str, str], None]:
    """Return a function that adds a fault about a row."""

    def say(message: str, remedy: str) -> None:
        faults.append(Fault(row["_file"], int(row["_line"]), row.get("paper", ""), message, remedy))

    return say
