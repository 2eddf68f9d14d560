"""What was parsed before, so that the next reading is many times faster: in the user's own state folder.

A copy inside a survey folder would be somebody else's word for what its files say. Here a copy is found by the digest
of what it was made from and carries the digest of its own content.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.store.files import replace, sha256
from workbench.store.places import state_folder

#: Copies kept; the oldest go first.
KEPT = 12


def _place(stamp: str) -> Path | None:
    state = state_folder()
    return state[0] / "parsed" / f"{stamp}.json" if state else None


def copy_of(stamp: str) -> Any:
    """Return what was kept under a digest, or None where nothing whole was."""
    path = _place(stamp)
    if path is None:
        return None
    try:
        digest, _, text = path.read_text("utf-8").partition("\n")
        return json.loads(text) if digest == sha256(text) else None
    except (OSError, ValueError):
        return None


def keep(stamp: str, held: Any) -> None:
    """Keep what was parsed; where that cannot be written it is parsed anew the next time."""
    path = _place(stamp)
    if path is None:
        return
    text = json.dumps(held, ensure_ascii=False)
    with suppress(OSError):
        replace(path, f"{sha256(text)}\n{text}")
        for old in sorted(path.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
