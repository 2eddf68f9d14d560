"""What a file may cost to read: bytes, depth, expansions. A small file must not become a large one.

A kilobyte of BibTeX can double itself into gigabytes, a few YAML aliases into minutes, a zipped sheet into a full
disk. Every reader asks here. The limits are far above what a survey of ten times this size needs, and far below what
a machine has.
"""

from __future__ import annotations

import json
import os
import re
import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import yaml

from workbench.store.faults import Fault, Refused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Bytes of one file that is read whole.
BYTES = 512 * 2**20
#: Characters of one cell of a table: what a door refuses above this, no reader need accept.
CELL = 100_000
#: Characters that the macros of one BibTeX file may add to it.
MACROS = 4_000_000
#: Mappings, lists, objects or braces inside one another.
DEPTH = 40
#: Parts (keys, items, values) of one YAML file.
PARTS = 2_000_000
#: Digits of a number: none that is meant has more.
DIGITS = 100
#: Bytes that an archive may unfold to, for each byte it has, and files in it.
UNFOLDED, FILES = 200, 10_000
#: Cells of a sheet, empty ones included: one cell in its last corner makes seventeen thousand million of them.
CELLS = 20_000_000

_NUMBER = re.compile(r"[-+0-9a-fA-FxXoObB_:.eE]+")


class Over(ValueError):
    """A budget is broken: ``line`` (from 1, 0 where none applies), what broke it, and what to do."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.message, self.remedy = line, message, remedy

    def fault(self, file: str) -> Fault:
        """Return it as a fault of a file."""
        return Fault(file, self.line, "", self.message, self.remedy)


def regular_bytes(path: Path, most: int = BYTES) -> bytes:
    """Return the bytes of a file that is one: a named pipe or a device is not waited for.

    Raises:
        Over: it is no regular file, or holds more than ``most`` bytes.
        OSError: there is no such file, or it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as f:
        held = os.fstat(f.fileno())
        if stat.S_ISDIR(held.st_mode):
            raise IsADirectoryError(21, "Is a directory", str(path))
        if not stat.S_ISREG(held.st_mode):
            raise Over(0, "is no file but a pipe, a socket or a device", "put a file there")
        if held.st_size > most:
            message = f"holds {held.st_size:,} bytes; at most {most:,} are read"
            raise Over(0, message, "split it")
        data = f.read(most + 1)
    if len(data) > most:
        raise Over(0, f"holds more than {most:,} bytes", "split it")
    return data


def incoming_bytes(path: Path, most: int = BYTES) -> bytes:
    """Return the bytes of a file that comes in from outside the survey.

    Raises:
        Refused: it cannot be read, is no regular file, or is too large; said in one line.
    """
    try:
        return regular_bytes(path, most)
    except Over as over:
        raise Refused([over.fault(path.name)]) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise Refused([Fault(path.name, 0, "", f"cannot be read ({why})", "check the path")]) from None


def yaml_within(text: str, *, once: bool = False) -> None:
    """Look through YAML before anything is built of it.

    Aliases are refused: none of our files needs one, and nine of them in nine lines make a billion items.

    Args:
        text: the YAML.
        once: refuse a key that a mapping has twice; for readers that would take the last and say nothing.

    Raises:
        Over: an anchor or alias, too deep, too many parts, or a number of more digits than any number has.
        yaml.YAMLError: it is not YAML.
    """
    depth = 0
    #: Of the collections around an event: the keys seen so far (None for a list), and whether a key comes next.
    around: list[tuple[set[str] | None, bool]] = []
    for parts, event in enumerate(yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Over(
                line, "holds an anchor or an alias (& or *)", "write the words out; quote a leading & or *"
            )
        if once and isinstance(event, yaml.NodeEvent):
            _key_once(event, around, line)
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            around.append((set() if isinstance(event, yaml.MappingStartEvent) else None, True))
            if depth > DEPTH:
                raise Over(line, f"more than {DEPTH} lists or mappings inside one another", "take some out")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
            around.pop()
        elif (
            isinstance(event, yaml.ScalarEvent)
            and event.implicit[0]
            and len(event.value) > DIGITS
            and _NUMBER.fullmatch(event.value)
        ):
            message = f"a number of {len(event.value):,} digits"
            raise Over(line, message, f"write at most {DIGITS} digits, or quote it")
        if parts > PARTS:
            raise Over(line, f"more than {PARTS:,} keys, items and values", "split it")


def _key_once(event: yaml.NodeEvent, around: list[tuple[set[str] | None, bool]], line: int) -> None:
    keys, key_next = around[-1] if around else (None, False)
    if keys is None:
        return
    around[-1] = (keys, not key_next)
    if key_next and isinstance(event, yaml.ScalarEvent):
        if event.value in keys:
            raise Over(line, f"{event.value[:40]!r} is given twice", "delete one")
        keys.add(event.value)


def json_of(text: str | bytes, **how: Any) -> Any:
    """Return what JSON says.

    Args:
        text: the JSON.
        how: hooks as of :class:`json.JSONDecoder`, in place of ours.

    Raises:
        ValueError: it is not JSON, nested too deep, or holds a number of too many digits or none (NaN).
    """
    try:
        value = json.loads(text, **(_JSON | how))
    except RecursionError:
        raise ValueError(_DEEP) from None
    if isinstance(text, bytes) or text.count("[") + text.count("{") > DEPTH:
        _shallow(value)
    return value


def json_at(text: str, at: int) -> tuple[Any, int, str]:
    """Return the JSON value that begins at a place of a text, where it ends, and what is wrong with it, if anything.

    A value that is too deep or holds such a number as :func:`json_of` refuses is None, and still has an end.

    Raises:
        ValueError: it is not JSON, or nested so deep that its end is not found.
    """
    try:
        try:
            value, end = json.JSONDecoder(**_JSON).raw_decode(text, at)
            _shallow(value)
            return value, end, ""
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            _, end = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).raw_decode(text, at)
            return None, end, str(error)
    except RecursionError:
        raise ValueError(_DEEP) from None


def _shallow(value: Any) -> None:
    todo = [(value, 1)]
    while todo:
        one, depth = todo.pop()
        if isinstance(one, (dict, list)):
            if depth > DEPTH:
                raise ValueError(_DEEP)
            todo += [(v, depth + 1) for v in (one.values() if isinstance(one, dict) else one)]


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


_DEEP = f"nested too deep: more than {DEPTH} lists or objects inside one another"
_JSON: dict[str, Any] = {"parse_constant": _no_number, "parse_int": _whole}


def unzipped(data: bytes, most: int = BYTES) -> dict[str, bytes]:
    """Return the files of a ZIP archive (an XLSX sheet is one), by name.

    Raises:
        Over: it would unfold to more than ``most`` bytes or 200 times its size, or holds too many files.
        ValueError: it is no archive, is encrypted, or is damaged.
    """
    allowed = min(most, UNFOLDED * max(len(data), 2**20))
    held: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if len(archive.infolist()) > FILES:
                raise Over(0, f"holds {len(archive.infolist()):,} files", f"at most {FILES:,} are read")
            for member in archive.infolist():
                if member.file_size > allowed:
                    raise Over(0, "unfolds to far more than it is", "export it again, or as CSV")
                # What its head says of its size is not believed; and one large read would unfold all of it at once.
                with archive.open(member) as f:
                    pieces = []
                    while piece := f.read(2**18):
                        pieces.append(piece)
                        allowed -= len(piece)
                        if allowed < 0:
                            raise Over(0, "unfolds to far more than it is", "export it again, or as CSV")
                held[member.filename] = b"".join(pieces)
    except Over:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        EOFError,
        OSError,
    ) as error:
        raise ValueError(f"is no archive that can be read ({error})") from None
    return held


def xml_within(data: bytes) -> None:
    """Look through XML before anything is built of it.

    Raises:
        Over: it is nested too deep, or holds a document type, in which alone entities can be defined.
        ValueError: it is not XML.
    """
    parser = expat.ParserCreate()
    depth = 0

    def begin(*_: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > 10 * DEPTH:  # sheets and their drawings go deeper than data do
            message = f"more than {10 * DEPTH} elements inside one another"
            raise Over(parser.CurrentLineNumber, message, "export it again")

    def end(*_: Any) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: Any) -> None:
        message = "holds a document type, whose entities can unfold without end"
        raise Over(parser.CurrentLineNumber, message, "export it again, without <!DOCTYPE>")

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError(f"is not XML ({error})") from None


def xml_of(data: bytes) -> Element:
    """Return the root of XML that is within its budget; nothing that it names elsewhere is fetched.

    Raises:
        Over: as :func:`xml_within`.
        ValueError: as :func:`xml_within`.
    """
    from defusedxml.ElementTree import fromstring

    xml_within(data)
    root: Element = fromstring(data, forbid_dtd=True)
    return root
