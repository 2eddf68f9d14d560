"""How a set of files is replaced, all or none, also when the process is killed in between.

New contents are staged beside their targets as ``.NAME.staged``. What is to happen is written down first, in a journal
in the *user's* state folder under the survey's real path: no file in a survey folder is ever believed to be a journal.
Once the journal is renamed to ``commit.json`` the write has happened, and what is left is renaming. Each step names the
digest it expects to replace, so that what somebody wrote after a kill is never taken back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workbench.store.budgets import regular_bytes
from workbench.store.faults import Fault, Refused
from workbench.store.places import data_file, state_folder

#: Where versions before this one kept their journal: inside the survey. Shown where it is met, never applied.
INSIDE = ".cache/journal"
PLAN, COMMIT = "plan.json", "commit.json"
_SAID: set[str] = set()


@dataclass(frozen=True)
class Step:
    """One file of a write: where it belongs, the digest of what it replaces (empty: no file) and of what it brings."""

    target: str
    before: str
    after: str

    @property
    def staged(self) -> str:
        """Where the new content waits, beside its target."""
        path = PurePosixPath(self.target)
        return str(path.with_name(f".{path.name}.staged"))


def journal_of(root: Path) -> Path:
    """Return the folder of a survey's journal; it exists while a write is under way or was interrupted.

    Raises:
        Refused: this user has no place to keep one.
    """
    state = state_folder()
    if state is None:
        message = (
            "this user has no folder to keep a journal in, and without one a kill could leave half a write"
        )
        remedy = "set XDG_STATE_HOME to a folder that you alone may write to"
        raise Refused([Fault(str(root), 0, "", message, remedy)])
    return state[0] / "journals" / _digest(os.path.realpath(root).encode())[:32]


def interrupted(root: Path) -> bool:
    """Say whether a write of this user to a survey was cut off."""
    try:
        return journal_of(root).is_dir()
    except Refused:  # nowhere to keep a journal: there is none
        return False


def carry_out(root: Path, contents: Mapping[str, bytes]) -> None:
    """Replace a set of files, all or none; the caller holds the survey's lock.

    Args:
        root: the survey folder.
        contents: data file, relative to ``root`` -> its new bytes.

    Raises:
        Refused: a target is no data file of the survey, or there is no place for a journal; nothing was changed.
        OSError: the disk is full or not writable; nothing was changed.
    """
    steps = [Step(path, digest_at(data_file(root, path)), _digest(c)) for path, c in contents.items()]
    journal = journal_of(root)
    if not (state_folder() or (None, True))[1]:
        message = (
            f"no folder of this user's own can be written: this write's journal lies in {journal.parent}"
        )
        tell(
            Fault(str(root), 0, "", message, "it is lost when the machine restarts; set XDG_STATE_HOME", True)
        )
    made: list[Path] = []
    try:
        made_folder(journal)
        said = {"root": os.path.realpath(root), "steps": [vars(s) for s in steps]}
        write_synced(journal / PLAN, json.dumps(said).encode())
        sync_folder(journal)
        for step, content in zip(steps, contents.values(), strict=True):
            made += made_folder((root / step.target).parent)
            _stage(root / step.target, root / step.staged, content)
        for folder in {(root / s.staged).parent for s in steps}:
            sync_folder(folder)
    except BaseException:
        _roll_back(root, steps)
        for folder in reversed(made):
            with suppress(OSError):  # somebody has put something there meanwhile
                folder.rmdir()
        _end(journal)
        raise
    (journal / PLAN).replace(journal / COMMIT)
    sync_folder(journal)
    recover(root)


def recover(root: Path) -> None:
    """Complete or roll back what was interrupted; the caller holds the survey's lock."""
    journal = journal_of(root)
    if not journal.is_dir():
        return
    steps, wrong = _read(root, journal)
    if wrong:
        aside = _aside(journal / COMMIT)
        _end(journal)
        message = f"the journal of an interrupted write cannot be used ({wrong}); nothing of it was applied"
        tell(Fault(str(root), 0, "", message, f"it is kept as {aside}; run `survey check`", True))
    elif (journal / COMMIT).exists():
        _complete(root, steps)
        _end(journal)
    else:
        _roll_back(root, steps)
        _end(journal)


def _read(root: Path, journal: Path) -> tuple[list[Step], str]:
    """Return the steps of a journal, each checked, and what makes it unusable."""
    committed = (journal / COMMIT).exists()
    try:
        said = json.loads((journal / (COMMIT if committed else PLAN)).read_bytes())
        if said["root"] != os.path.realpath(root):
            return [], "it is another folder's"
        steps = [Step(s["target"], s["before"], s["after"]) for s in said["steps"]]
        for step in steps:
            data_file(root, step.target)
    except Refused as refusal:
        return [], refusal.faults[0].message
    except (OSError, ValueError, KeyError, TypeError):
        # A plan that was not written to its end has staged nothing yet.
        return [], "it cannot be read" if committed else ""
    return steps, ""


def _complete(root: Path, steps: list[Step]) -> None:
    now = {s: digest_at(root / s.target) for s in steps}
    edited = [s for s in steps if now[s] not in (s.before, s.after)]
    if edited and not any(now[s] == s.after for s in steps):
        # Nothing was put in place yet: what was there, and the edit, are whole without it.
        kept = [_aside(root / s.staged) for s in steps]
        message = (
            f"was changed after a write of {len(steps)} file(s) was cut off: the change stands, not the write"
        )
        tell(_of(edited[0], message, f"what was to be written is kept: {', '.join(map(str, kept))}"))
        return
    for step in steps:
        if now[step] == step.after:
            with suppress(FileNotFoundError):
                (root / step.staged).unlink()
        elif step in edited:
            kept = [_aside(root / step.staged)]
            message = "was changed after a write was cut off: the change stands; its other files are whole"
            tell(
                _of(
                    step,
                    message,
                    f"compare it with what was to be written, {kept[0]}, and run `survey check`",
                )
            )
        elif digest_at(root / step.staged) == step.after:
            (root / step.staged).replace(root / step.target)
            sync_folder((root / step.target).parent)
        else:
            message = (
                "is the one file that an interrupted write can no longer complete: its new content is gone"
            )
            tell(_of(step, message, "restore the folder from version control, then run `survey check`"))


def _of(step: Step, message: str, remedy: str) -> Fault:
    return Fault(step.target, 0, "", message, remedy, True)


def _roll_back(root: Path, steps: list[Step]) -> None:
    for step in steps:
        with suppress(OSError):
            (root / step.staged).unlink()


def _end(journal: Path) -> None:
    with suppress(FileNotFoundError):
        (journal / COMMIT).unlink()
    shutil.rmtree(journal, ignore_errors=True)
    with suppress(OSError):
        sync_folder(journal.parent)


def _aside(file: Path) -> Path:
    """Keep what was not applied, in the user's state folder; return where it is."""
    state = state_folder()
    folder = (state[0] if state else file.parent) / "set-aside"
    with suppress(OSError):
        made_folder(folder)
        name = f"{_digest(file.read_bytes())[:12]}-{file.name.removeprefix('.').removesuffix('.staged')}"
        shutil.move(file, folder / name)
        return folder / name
    return file


def left_inside(root: Path) -> list[Fault]:
    """Say what lies in a survey folder that only an interrupted write leaves; none of it is believed."""
    found = []
    if os.path.lexists(root / INSIDE):
        message = "a journal lies inside the survey; it was not applied, as anybody could have put it there"
        remedy = "look at it, restore the files that it names from version control if need be, and delete it"
        found.append(Fault(INSIDE, 0, "", message, remedy, True))
    if interrupted(root):
        return found  # the next writer completes it
    for room in ("corpus", "coding_schema"):
        for path in sorted((root / room).rglob(".*.staged")):
            name = path.relative_to(root).as_posix()
            message = (
                "was left by a write that was cut off: another user's, or one to this folder at another path"
            )
            remedy = "whoever wrote runs any `survey` command there; else delete it and run `survey check`"
            found.append(Fault(name, 0, "", message, remedy, True))
    return found


def tell(fault: Fault) -> None:
    """Say something that nobody asked for but must know, once in a process."""
    if str(fault) not in _SAID:
        _SAID.add(str(fault))
        print(fault, file=sys.stderr)


def digest_at(path: Path) -> str:
    """Return the digest of a file's bytes; empty where there is no file."""
    try:
        return _digest(regular_bytes(path))
    except FileNotFoundError:
        return ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _stage(target: Path, staged: Path, content: bytes) -> None:
    with suppress(FileNotFoundError):
        staged.unlink()
    write_synced(staged, content)
    with suppress(FileNotFoundError):
        staged.chmod(target.stat().st_mode & 0o777)


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file, down to the disk; a link that waits there is not followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())


def made_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it that lack, each on the disk; return those that were made, outermost first."""
    lacking: list[Path] = []
    while not folder.is_dir():
        lacking.append(folder)
        folder = folder.parent
    for made in reversed(lacking):
        made.mkdir(exist_ok=True)
        sync_folder(made.parent)
    return lacking[::-1]


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of files to the disk."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows cannot open folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
