"""What was read while a write was under way, so that nobody's edit in between is written over."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from workbench.store.budgets import Over, regular_bytes
from workbench.store.faults import Fault, Refused
from workbench.store.places import within

#: What each thread has read of a survey since it took the lock: real path -> file -> bytes, None where there was none.
_UNDER_WAY = threading.local()


def _held() -> dict[str, dict[str, bytes | None]]:
    if not hasattr(_UNDER_WAY, "held"):
        _UNDER_WAY.held = {}
    held: dict[str, dict[str, bytes | None]] = _UNDER_WAY.held
    return held


def remembered(root: Path) -> dict[str, bytes | None] | None:
    """Return what this thread has read of a survey since it took the lock; None where it has not."""
    held = _held()
    return held.get(os.path.realpath(root)) if held else None


def begin(root: Path) -> None:
    """Remember from now on what is read of a survey."""
    _held()[os.path.realpath(root)] = {}


def end(root: Path) -> None:
    """Forget what was read."""
    del _held()[os.path.realpath(root)]


def edited(root: Path) -> list[Fault]:
    """Say which files that were read are others now, and from which line on."""
    now = {path: bytes_of(within(root, path)) for path in remembered(root) or {}}
    return [
        _edited(path, old, now[path]) for path, old in (remembered(root) or {}).items() if now[path] != old
    ]


def _edited(path: str, old: bytes | None, now: bytes | None) -> Fault:
    before, after = (old or b"").split(b"\n"), (now or b"").split(b"\n")
    same = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    what = "deleted" if now is None else "changed"
    message = f"was {what} by somebody else while this was under way"
    return Fault(path, same + 1, "", message, "that change stands; run the command again")


def bytes_of(path: Path) -> bytes | None:
    """Return the bytes of a file; None where there is none."""
    try:
        return regular_bytes(path)
    except FileNotFoundError:
        return None
    except Over as over:
        raise Refused([over.fault(path.name)]) from None
