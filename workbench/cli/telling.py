"""What is said when a command does not come to its end: what happened, what stands, what to do."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import typer

#: Where to tell of a fault of the workbench itself.
REPORT = "see CONTRIBUTING.md of the workbench"
#: What an error of the operating system means to whoever reads it, and what to do.
MEANING = {
    errno.ENOSPC: ("the disk is full", "make room and run the command again"),
    errno.EDQUOT: ("your share of the disk is used up", "make room and run the command again"),
    errno.EFBIG: ("a file would be larger than this session may write", "raise `ulimit -f` and run it again"),
    errno.EACCES: ("you have no right to that file or folder", "give yourself the right, or work on a copy"),
    errno.EPERM: ("the operating system does not allow that", "give yourself the right, or work on a copy"),
    errno.EROFS: ("that place can only be read", "work on a copy elsewhere"),
    errno.ENOENT: ("there is no such file or folder", "check the path"),
    errno.EISDIR: ("a folder lies where a file belongs", "move the folder away"),
    errno.ENOTDIR: ("a file lies where a folder belongs", "move the file away"),
    errno.EEXIST: ("something of that name is there already", "move it away"),
    errno.ELOOP: ("a link leads to itself", "put the file itself there"),
    errno.ENAMETOOLONG: ("the name is longer than this disk takes", "choose a shorter one"),
    errno.EMFILE: ("too many files are open", "raise `ulimit -n` and run it again"),
    errno.EIO: ("the disk reports an error", "check the disk before you write again"),
}
#: Commands that write many results, each whole, one after the other.
MAKERS = ("build", "figures", "site")


@contextmanager
def door() -> Iterator[None]:
    """Print every fault of a refusal, or what an error of the operating system means, and leave with status 1."""
    from workbench.store.faults import Refused

    try:
        yield
    except Refused as refusal:
        for fault in refusal.faults:
            typer.echo(str(fault), err=True)
        typer.echo(f"refused: {len(refusal.faults)} fault(s); nothing was written", err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:  # whoever read our output has seen enough
        raise
    except OSError as error:
        typer.echo(of_system(error), err=True)
        raise typer.Exit(1) from None


def of_system(error: OSError) -> str:
    """Return what an error of the operating system means: what happened, what stands, what to do."""
    what, remedy = MEANING.get(error.errno or 0, (error.strerror or str(error), "mend that and run it again"))
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{what}; {_stands()}; {remedy}"


def _stands() -> str:
    """Say how the survey was left: by what lies on the disk, not by what was meant."""
    from workbench.store.journal import COMMIT, journal_of

    context = click.get_current_context(silent=True)
    given: dict[str, Any] = context.params if context else {}
    with suppress(Exception):
        root = Path(given.get("survey") or ".")
        if (journal_of(root) / COMMIT).exists():
            return (
                "the write is decided and not yet in its place: the next `survey` command there completes it"
            )
    if context is not None and context.info_name in MAKERS:
        return (
            "the data are as they were; the results are a mixture of old and new until this command ends well"
        )
    return "the data are as they were, no file is half-written"


#: Control characters and those that turn the direction of writing -> what is shown in their place.
STEERING = {c: f"\\x{c:02x}" for c in (*range(32), *range(127, 160)) if chr(c) not in "\n\t"}
STEERING |= {c: f"\\u{c:04x}" for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class _Shown:
    """Standard output on which no cell of the data can steer the terminal."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(text.translate(STEERING))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def run(app: typer.Typer) -> None:
    """Run the command line; what nobody foresaw is told as a fault of ours."""
    sys.stdout = _Shown(sys.stdout)
    try:
        app()
    except MemoryError:
        _leave("there is not enough memory for this", "close other programs, or take a larger machine")
    except OSError as error:
        _leave(of_system(error), "")
    except Exception as error:
        if os.environ.get("SURVEY_TRACE"):
            raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{Path(where.filename).name}, line {where.lineno}"
        said = " ".join(str(error).split())[:200].translate(STEERING)
        what = f"a fault of the workbench, not of yours: {type(error).__name__}: {said} ({at})"
        _leave(what, f"{_stands()}; please report it ({REPORT}) with what SURVEY_TRACE=1 shows")


def _leave(what: str, remedy: str) -> None:
    print("; ".join(filter(None, (what, remedy))), file=sys.stderr)
    sys.exit(1)
