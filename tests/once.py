"""A survey folder that a fixture fills through the doors: filled once a process, copied for every other test."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_KEPT = tempfile.TemporaryDirectory(prefix="survey-tests-once-")


def once(fill: Callable[[Path], Path]) -> Callable[..., Path]:
    """Let a fixture do its work once; later tests get a copy of what it left in the folder, times of files included.

    Args:
        fill: takes the folder that another fixture made, writes in it and nowhere else, and returns it.
    """
    kept: list[Path] = []

    @functools.wraps(fill)
    def filled(**given: Path) -> Path:
        (root,) = given.values()
        if kept:
            shutil.rmtree(root)
            return Path(shutil.copytree(kept[0], root))
        assert fill(root) == root
        kept.append(shutil.copytree(root, Path(tempfile.mkdtemp(dir=_KEPT.name)) / "survey"))
        return root

    return filled
