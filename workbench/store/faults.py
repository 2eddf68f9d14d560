"""How a fault in the data is named, and how a door refuses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, where it is, and how to mend it.

    Attributes:
        file: path relative to the survey folder, or the name of a file that came in.
        line: line in that file, from 1; 0 where no line applies.
        key: the paper key or other id concerned; may be empty.
        message: what is wrong.
        remedy: what to do about it.
        warning: true where the data can still be used.
    """

    file: str
    line: int
    key: str
    message: str
    remedy: str
    warning: bool = False

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        kind = " warning:" if self.warning else ""
        return _shown(f"{where}:{kind}{key} {self.message}; {self.remedy}")


def _shown(text: str) -> str:
    """Return text in one line that cannot steer a terminal: what is not printable as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class Refused(Exception):
    """A door refused a batch: nothing was written.

    Attributes:
        faults: every fault found, in order of file and line.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(f) for f in self.faults))

    def __reduce__(self) -> tuple[type[Refused], tuple[list[Fault]]]:
        # As raised in another process: from its faults, not from its text.
        return type(self), (self.faults,)
