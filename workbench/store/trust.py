"""Which notebooks this user has said to trust: programs out of a survey folder run only then.

A survey folder comes from strangers, and executing its notebooks is running their programs. What is trusted is noted by
digest in the user's own state folder: the same files are trusted wherever they lie, and a changed file no longer is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from workbench.store.clock import now
from workbench.store.faults import Fault, Refused
from workbench.store.files import read_data, replace, sha256
from workbench.store.places import state_folder

ROOM = "notebooks"


def programs(root: Path) -> dict[str, str]:
    """Return the digest of every file beside the notebooks, which a notebook may import or run, by path.

    Raises:
        Refused: one cannot be read or leads out of the survey.
    """
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(root / ROOM):
        folders[:] = sorted(f for f in folders if f not in (".ipynb_checkpoints", "__pycache__"))
        # A linked folder is not walked into, and may hold anything.
        names += [f for f in folders if (Path(folder) / f).is_symlink()]
        for name in sorted(names):
            path = (Path(folder) / name).relative_to(root).as_posix()
            found[path] = sha256(read_data(root, path))
    return found


def trust(root: Path) -> list[str]:
    """Note that this user trusts the notebooks of a survey as they are now; return what was trusted.

    Raises:
        Refused: a file cannot be read, or this user has no place to keep the note.
    """
    held = programs(root)
    replace(
        _note(held), json.dumps({"at": now(), "in": os.path.realpath(root), "files": held}, indent=1) + "\n"
    )
    return list(held)


def need_trust(root: Path) -> None:
    """Refuse where the notebooks are not trusted as they are now.

    Raises:
        Refused: with what to do.
    """
    held = programs(root)
    if any(name.endswith(".ipynb") for name in held) and not _note(held).is_file():
        message = "notebooks are programs, and you have not said that you trust these as they are now"
        remedy = "look at them and run `survey trust`, or leave them out with `survey build --no-notebooks`"
        raise Refused([Fault(ROOM, 0, "", message, remedy)])


def _note(held: dict[str, str]) -> Path:
    state = state_folder()
    if state is None:
        message, remedy = (
            "there is no place to keep what you trust",
            "set XDG_STATE_HOME to a folder of yours",
        )
        raise Refused([Fault(ROOM, 0, "", message, remedy)])
    return state[0] / "trusted" / f"{sha256(json.dumps(held, sort_keys=True))}.json"
