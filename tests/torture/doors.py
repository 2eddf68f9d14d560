"""Each door, killed and refused by the disk at every step of its writing, in a copy of the survey of its own."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.coded import mode, put, ruling, sign, stream, word
from tests.torture.planting import Tally
from workbench.doors.abstracts import add_abstracts
from workbench.doors.adding import add
from workbench.doors.adjudication import adjudicate
from workbench.doors.duplicates import decide
from workbench.doors.frame import freeze_given
from workbench.doors.measuring import measure
from workbench.doors.registering import register
from workbench.doors.removing import remove
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.doors.tickets import sample_by_tickets
from workbench.doors.verification import verify
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.files import recover
from workbench.store.flow import OTHER, to_screen

BIB = "@misc{new2024work,\n  title = {A work that nobody has},\n  author = {Roe, Ann},\n  year = {2024}\n}\n"
JSONL = '{"key": "p59", "abstract": "Words that came late, and are enough of them."}\n'


def _row(**cells: str) -> dict[str, str]:
    return {**cells, "_line": "1", "_file": "rows.csv"}


def _file(root: Path, name: str, text: str) -> Path:
    (path := root.parent / name).write_text(text, "utf-8")
    return path


#: Every door that writes -> one thing that it writes. `tests/test_torture.py` fails where a door is missing.
DOORS: dict[str, Callable[[Path], Any]] = {
    "add": lambda root: add(root, _file(root, "new.bib", BIB), by="eva"),
    "abstracts": lambda root: add_abstracts(root, _file(root, "new.jsonl", JSONL)),
    "duplicates": lambda root: decide(root, "p01", "p02", "different", "eva", "They differ."),
    "sample": lambda root: sample(root),
    "screen": lambda root: screen(root, "eva", [_row(paper="p06", decision="include")]),
    "code": lambda root: put(root, "pass-b", stream("p03", "reward-hacking"), run="again"),
    "signoff": lambda root: (put(root, "eva", *_whole("p01")), sign(root, "eva", "p01")),
    "adjudicate": lambda root: adjudicate(root, "eva", [ruling("p02", "failure_mode", "judge-bias", "pass-b")]),
    "verify": lambda root: verify(root, "eva", [word("p01", "llm-as-judge", facet="stream")]),
    "measure": lambda root: measure(root, "eva", [{**_measured(), "n": "2", "_line": "1", "_file": "rows.csv"}]),
    "register": lambda root: register(root, "new", name="Roe, Ann"),
    "remove": lambda root: remove(root, "s02-list", by="eva", why="It is of another field."),
    "frame": lambda root: freeze_given(root, _given(root), "again"),
    "tickets": lambda root: (freeze_given(root, _given(root), "again"), sample_by_tickets(root, "again")),
}  # fmt: skip

#: Errors that a disk gives.
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


def _whole(paper: str) -> list[dict[str, str]]:
    from tests.coded import whole

    return [*whole(paper), mode(paper, "reward-gaming")][:3]


def _given(root: Path) -> Path:
    """Write a sample drawn elsewhere, beside the data and not among them."""
    (path := root / "given.csv").write_text("paper,probability\np06,0.5\np07,0.25\n", "utf-8")
    return path


def _measured() -> dict[str, str]:
    from tests.coded import measured

    return measured("p01")


def data(root: Path) -> dict[str, bytes]:
    """Return every data file of a survey, and what should not be there: staged files."""
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for room in ("corpus", "coding_schema", ".cache/texts")
        for p in sorted((root / room).rglob("*"))
        if p.is_file()
    }


def _forked(act: Callable[[], None]) -> int:
    """Do something in a process of its own; return how it ended: 0 well, above 0 an error, below 0 killed."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 1
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        act()
        code = 0
    except OSError:
        code = 2
    except BaseException as error:
        code = 3 if type(error).__name__ == "Refused" else 1
    finally:
        os._exit(code)


def _at(number: int, act: Callable[[], None]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that acts at the n-th step that changes the disk."""
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        made = (
            event == "open"
            and isinstance(args[2], int)
            and args[2] & os.O_CREAT
            and not isinstance(args[0], int)
        )
        if made or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"):
            seen += 1
            if seen == number:
                act()

    return hook


def kill(root: Path, tally: Tally, limit: float) -> None:
    """Kill each door before each step: after the next command all is as it was, or all is done."""
    _each(root, tally, limit, lambda: os.kill(os.getpid(), signal.SIGKILL))


def refuse(root: Path, tally: Tally, limit: float) -> None:
    """Let each step of each door fail as on a full, broken or forbidden disk: nothing is lost and no traceback."""
    for number in ERRORS:

        def fail(number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        _each(root, tally, limit / len(ERRORS), fail)


def _each(root: Path, tally: Tally, limit: float, act: Callable[[], None]) -> None:
    begun = time.monotonic()
    for name, door in DOORS.items():
        copy = root.parent / "copy" / root.name
        for number in range(1, 80):
            if time.monotonic() - begun > limit:
                return
            shutil.rmtree(copy.parent, ignore_errors=True)
            shutil.copytree(root, copy)
            before = data(copy)

            def run(number: int = number, copy: Path = copy, door: Callable[[Path], Any] = door) -> None:
                sys.addaudithook(_at(number, act))
                door(copy)

            began = time.perf_counter()
            ended = _forked(run)
            recover(copy)
            tally.seconds = max(tally.seconds, time.perf_counter() - began)
            after = data(copy)
            tally.tried += 1
            if ended == 0 and number > 1 and after != before and after == _done(root, door):
                # Past the last step (or one whose failure costs nothing): nothing left to break in this door.
                tally.caught += 1
                break
            if after == before or after == _done(root, door) or _half(root, name, after):
                tally.caught += 1
            else:
                tally.lost += 1
                tally.missed.append(
                    f"{name}, step {number}: {sorted(k for k in after if after[k] != before.get(k))}"
                )
            tally.tracebacks += ended == 1
            if any(not f.warning for f in check(copy)):
                tally.missed.append(f"{name}, step {number}: the check finds faults")
        shutil.rmtree(copy.parent, ignore_errors=True)


def kill_again(root: Path, tally: Tally, limit: float) -> None:
    """Kill each door before each step, and then the command that completes its write, before each step of that."""
    begun = time.monotonic()

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for name, door in DOORS.items():
        copy = root.parent / "copy" / root.name
        for first in range(1, 80):
            for second in range(1, 80):
                if time.monotonic() - begun > limit:
                    return
                shutil.rmtree(copy.parent, ignore_errors=True)
                shutil.copytree(root, copy)
                before = data(copy)

                def run(number: int = first, copy: Path = copy, door: Callable[[Path], Any] = door) -> None:
                    sys.addaudithook(_at(number, die))
                    door(copy)

                def complete(number: int = second, copy: Path = copy) -> None:
                    sys.addaudithook(_at(number, die))
                    recover(copy)

                finished = _forked(run) == 0
                killed = _forked(complete) < 0
                recover(copy)
                after = data(copy)
                tally.tried += 1
                if after == before or after == _done(root, door) or _half(root, name, after):
                    tally.caught += 1
                else:
                    tally.lost += 1
                    tally.missed.append(f"{name}, killed at step {first}, its completion at step {second}")
                if not killed:
                    break
            if finished:
                break
        shutil.rmtree(copy.parent, ignore_errors=True)


_DONE: dict[str, dict[str, bytes]] = {}


def _done(root: Path, door: Callable[[Path], Any]) -> dict[str, bytes]:
    """Return what a door leaves when nothing befalls it."""
    name = next(n for n, d in DOORS.items() if d is door)
    if name not in _DONE:
        whole = root.parent / "whole" / root.name
        shutil.rmtree(whole.parent, ignore_errors=True)
        shutil.copytree(root, whole)
        door(whole)
        _DONE[name] = data(whole)
        shutil.rmtree(whole.parent)
    return _DONE[name]


def _half(root: Path, name: str, after: dict[str, bytes]) -> bool:
    """Say whether the first of the writes of a trial that calls two doors is whole: two commands, two writes."""
    if name == "tickets":
        return after == _done(root, DOORS["frame"])
    done = _done(root, DOORS[name])
    return name == "signoff" and all(after[p] in (done.get(p), b"") or p not in done for p in after)


def writers(root: Path, tally: Tally, number: int = 4) -> None:
    """Let several write at once: every row of each is there afterwards."""
    papers = [f"p{n:02}" for n in range(10, 30)]
    copy = root.parent / "copy" / root.name
    shutil.rmtree(copy.parent, ignore_errors=True)  # an earlier trial may have run out of time
    shutil.copytree(root, copy)
    children = []
    for one in range(number):
        child = os.fork()
        if not child:
            code = 1
            try:
                drawn = to_screen(stored(copy, "sample", []))
                for paper in papers[one::number]:
                    route = {} if paper in drawn else {"route": OTHER}
                    screen(copy, "eva", [_row(paper=paper, decision="include", **route)])
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    for child in children:
        _, status = os.waitpid(child, 0)
        tally.tracebacks += os.waitstatus_to_exitcode(status) != 0
    held = (copy / "corpus/screening/eva.csv").read_text("utf-8")
    tally.tried += len(papers)
    tally.caught += sum(f"\n{p}," in held for p in papers)
    tally.lost += sum(f"\n{p}," not in held for p in papers)
    shutil.rmtree(copy.parent)


def edits(root: Path, tally: Tally) -> None:
    """Edit each file that a door has read, before it writes: the edit stands, and the door is refused."""
    for name, door in DOORS.items():
        for path in sorted(p for p in data(root) if p.startswith("corpus/") and p in _done(root, door)):
            copy = root.parent / "copy" / root.name
            shutil.rmtree(copy.parent, ignore_errors=True)
            shutil.copytree(root, copy)
            old = (copy / path).read_bytes()
            if _done(root, door)[path] == old:
                continue  # the door does not write it

            def run(copy: Path = copy, path: str = path, door: Callable[[Path], Any] = door) -> None:
                from workbench.store import files

                write = files.replace_all

                def edited(at: Path, contents: Any) -> Any:
                    with (at / path).open("ab") as f:
                        f.write(b"# an edit\n")
                    return write(at, contents)

                for module in list(sys.modules.values()):
                    if getattr(module, "replace_all", None) is write:
                        module.replace_all = edited  # type: ignore[attr-defined]
                door(copy)

            ended = _forked(run)
            tally.tried += 1
            stands = (copy / path).read_bytes() == old + b"# an edit\n"
            tally.caught += stands and ended == 3
            tally.lost += not stands
            tally.tracebacks += ended == 1
            if not stands or ended != 3:
                tally.missed.append(
                    f"{name}: {path}: ended {ended}, the edit {'stands' if stands else 'is lost'}"
                )
            shutil.rmtree(copy.parent)
