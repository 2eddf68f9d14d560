"""Where a file may lie: inside the survey it belongs to, or in the folder where this user's own state is kept.

A survey folder comes from strangers, by git and by e-mail. Nothing in it may name a place outside of it; and what only
this user may say (what is half-written, which notebooks are trusted, what was parsed before) lies outside of it, where
no stranger can put anything.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

from workbench.store.faults import Fault, Refused

NAME = "survey-workbench"
#: A paper's key: also a name of files, so that nothing in it may name another folder.
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
#: A coder's id, which names files too.
CODER = re.compile(r"[^\W_](?:[^\W_]|-)*")
#: Rooms of a survey that hold data, and what a data file's name ends in.
ROOMS = ("corpus", "coding_schema", "claims", "queries", ".cache")
ENDS = (".csv", ".yaml", ".yml", ".md", ".bib", ".json", ".jsonl", ".txt")
#: Data files that lie at the survey's root.
AT_ROOT = ("survey.yaml",)


def within(root: Path, path: str) -> Path:
    """Return the file that a path inside a survey names.

    Args:
        root: the survey folder.
        path: relative to it, with slashes.

    Raises:
        Refused: the path is absolute, climbs with ``..``, or leads out of the survey over a symbolic link.
    """
    steps = PurePosixPath(path)
    if steps.is_absolute() or ".." in steps.parts or not steps.parts or "\0" in path or "\\" in path:
        raise Refused([Fault(repr(path), 0, "", "is no path inside the survey", "name a file within it")])
    place = root / path
    inside = os.path.realpath(root).rstrip(os.sep) + os.sep
    if not os.path.realpath(place).startswith(inside):
        message = "is a link that leads out of the survey, and is neither read nor written"
        raise Refused([Fault(path, 0, "", message, "put the file itself there")])
    return place


def data_file(root: Path, path: str) -> Path:
    """Return a data file that may be written; see ``within``.

    Raises:
        Refused: the path leads out of the survey, or names nothing that a survey keeps its data in.
    """
    parts = PurePosixPath(path).parts
    known = len(parts) > 1 and parts[0] in ROOMS and not any(p.startswith(".") for p in parts[1:])
    if not (known and path.endswith(ENDS)) and path not in AT_ROOT:
        remedy = f"data lie in {', '.join(ROOMS)} as {' '.join(ENDS)}"
        raise Refused([Fault(repr(path), 0, "", "is no data file of a survey", remedy)])
    return within(root, path)


def state_folder() -> tuple[Path, bool] | None:
    """Return the folder of this user's own state, and whether it outlasts a restart of the machine.

    ``XDG_STATE_HOME`` where it is set, else what the operating system has for it; a folder of this user's own among the
    temporary files where neither can be written. Only this user can write to either.

    Returns:
        None where there is no such place at all.
    """
    for folder, lasting in ((_by_custom(), True), (_temporary(), False)):
        if folder is not None and _own(folder):
            return folder, lasting
    return None


def _by_custom() -> Path | None:
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    if given.is_absolute():
        return given / NAME
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return Path(local) / NAME if local else None
    with suppress(RuntimeError):  # nobody knows where this user is at home
        home = Path.home()
        return home / ("Library/Application Support" if sys.platform == "darwin" else ".local/state") / NAME
    return None


def _temporary() -> Path | None:
    whose = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    try:
        return Path(tempfile.gettempdir()) / f"{NAME}-{whose}"
    except OSError:  # no temporary folder either
        return None


def _own(folder: Path) -> bool:
    """Make a folder that only this user may write to; say whether it is one."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(held.st_mode):  # a link may have been put there by somebody else
        return False
    if hasattr(os, "getuid") and (held.st_uid != os.getuid() or held.st_mode & 0o022):
        return False
    return os.access(folder, os.W_OK | os.X_OK)
