"""BibTeX taken apart: entries, their values with macros resolved, and what the parser passes over in silence.

bibtexparser 2 splits what is not plain at sight. What an entry's braces enclose belongs to that entry, however much it
looks like another one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from workbench.store.bibtex_values import Macros, resolved

_TWICE = ("key is given twice", "delete one entry or change its key")
#: Months that BibTeX styles define, besides what ``@string`` does.
MONTHS = {
    m[:3].lower(): m for m in ["January", "February", "March", "April", "May", "June", "July", "August"]
} | {m[:3].lower(): m for m in ["September", "October", "November", "December"]}


@dataclass(frozen=True)
class Doubt:
    """Something about an entry that cannot be read as it stands, although the rest of the entry can.

    Attributes:
        line: where it stands, from 1.
        field: the field it is about, in lower case; ``key`` for the key; empty for the entry as a whole.
        message: what is wrong.
        remedy: how to mend it.
    """

    line: int
    field: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Block:
    """A BibTeX entry as split, its values resolved but still LaTeX.

    Attributes:
        line: where it starts, from 1.
        type: entry type, lower case.
        key: its key; empty where it has none that can be used.
        fields: name in lower case -> value, outer braces or quotes taken off.
        raw: the text of the entry.
        doubts: what of it could not be read. A field in doubt holds what could be made of it, or is left out.
    """

    line: int
    type: str
    key: str
    fields: dict[str, str]
    raw: str
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Broken:
    """A block that cannot be read: where, what is wrong, how to mend it.

    ``kind`` is ``duplicate-key`` for an entry that could be read but for its key, which ``block`` then holds.
    """

    line: int
    key: str
    message: str
    remedy: str
    raw: str
    kind: str = ""
    block: Block | None = None


@dataclass(frozen=True)
class Taken:
    """A bibliography taken apart.

    Attributes:
        blocks: readable entries, in file order.
        broken: unreadable blocks, in file order.
        shelved: lines at which entries stand that somebody commented out (``@comment{@article{...}}``).
    """

    blocks: list[Block]
    broken: list[Broken]
    shelved: tuple[int, ...] = ()


def split(text: str) -> tuple[list[Block], list[Broken]]:
    """Return the readable entries and the unreadable blocks of a bibliography; see :func:`take_apart`."""
    taken = take_apart(text)
    return taken.blocks, taken.broken


def take_apart(text: str) -> Taken:
    """Take BibTeX apart into entries, and find what bibtexparser passes over in silence.

    Blocks are found by what encloses them: a block ends where its brace closes, and what looks like an entry inside
    a value or a comment is part of that. Only where a brace never closes, or an ``@type{`` starts a line between two
    fields, the block is given up and reading goes on at that ``@type{``.

    Found besides what the parser reports: a comma missing between two fields, an empty key or one with a blank, an
    undefined macro, a field given twice, an entry that lacks its brace. Entries that leave no doubt (see ``_PLAIN``)
    are read at sight, the rest by the parser, which is many times slower.

    Args:
        text: BibTeX with LF line ends.
    """
    macros = Macros(MONTHS)
    blocks: list[Block] = []
    broken: list[Broken] = []
    shelved: list[int] = []
    strings: set[str] = set()
    at, line = 0, 1
    while found := _HEAD.search(text, at):
        start = found.start("head")
        line += text.count("\n", at, start)
        broken += _headless(text[at:start], line - text.count("\n", at, start))
        plain = _PLAIN.match(text, start)
        if plain and (fields := _plain_fields(plain[3], macros)) is not None:
            blocks.append(Block(line, plain[1].lower(), plain[2], fields, plain[0]))
            at = plain.end()
            line += plain[0].count("\n")
            continue
        kind, opening = found["type"].lower(), found.end() - 1
        end, inner = _end(text, opening, kind in ("comment", "preamble"))
        raw = text[start : abs(end)]
        if end < 0:
            key = re.match(r"@\s*\w+\s*[{(]\s*([^\s,={}]+)\s*,", raw)
            why = ("brace or quote is never closed", "close it before the next entry")
            broken.append(Broken(line, key[1] if key else "", *why, raw))
        elif kind == "comment":
            shelved += [
                line + text.count("\n", start, m.start()) for m in _ENTRY.finditer(text, opening, end)
            ]
        elif kind != "preamble":
            body = f"@{kind}{{{_masked(text, opening + 1, end - 1, inner)}}}"
            skipped = text.count("\n", start, opening)
            for one in _parsed(body, line + skipped, raw, macros, strings):
                if isinstance(one, Block):
                    doubts = tuple(
                        Doubt(line + text.count("\n", start, i), "", _LOOKS, "look whether it is text")
                        for i in inner
                    )
                    blocks.append(replace(one, line=line, doubts=(*one.doubts, *doubts)))
                else:
                    broken.append(replace(one, line=line))
        at = abs(end)
        line += raw.count("\n")
    broken += _headless(text[at:], line)
    once: dict[str, Block] = {}
    twice = [b for b in blocks if b.key and once.setdefault(b.key, b) is not b]
    kept = [b for b in blocks if not b.key or once[b.key] is b]
    broken += [Broken(b.line, b.key, *_TWICE, b.raw, "duplicate-key", b) for b in twice]
    return Taken(kept, sorted(broken, key=lambda b: b.line), tuple(shelved))


_LOOKS = "what looks like another entry stands inside this one and was taken for text"
#: Where a block may start: at the start of a line, or right after another one has ended.
_HEAD = re.compile(r"(?:^[ \t]*|(?<=[})])[ \t]*)(?P<head>@[ \t]*(?P<type>[A-Za-z]+)\s*[{(])", re.MULTILINE)
#: An entry inside a comment.
_ENTRY = re.compile(r"@[ \t]*(?!comment)[A-Za-z]+\s*[{(]", re.IGNORECASE)
_MARK = re.compile(r"\\.|[{}()\"]|^[ \t]*(?=@[ \t]*[A-Za-z]+\s*[{(])", re.DOTALL | re.MULTILINE)


def _end(text: str, opening: int, free: bool) -> tuple[int, list[int]]:
    """Return where the block that opens here ends, and where in it other blocks seem to start.

    Args:
        text: the bibliography.
        opening: place of the block's opening brace or parenthesis.
        free: the block holds free text (a comment), so that anything may start a line in it.

    Returns:
        The place after the closing brace, or, where the block never ends, minus the place at which to go on.
    """
    round_, depth, quoted = text[opening] == "(", 0, False
    inner: list[int] = []
    for mark in _MARK.finditer(text, opening + 1):
        sign = mark[0]
        if sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0 and not round_:
                return mark.end(), inner
            depth = max(depth - 1, 0)
        elif round_ and not depth and sign == '"':
            quoted = not quoted
        elif round_ and not depth and not quoted and sign == ")":
            return mark.end(), inner
        elif not sign.strip() and text[mark.end() : mark.end() + 1] == "@":
            inner.append(mark.end())
            if depth == 0 and not free:
                return -mark.end(), []
    return -(inner[0] if inner else len(text)), []


def _masked(text: str, start: int, end: int, inner: list[int]) -> str:
    """Return the body of a block with the ``@`` of what only looks like a block hidden from the parser."""
    parts = []
    for place in inner:
        parts += [text[start:place], _HIDDEN]
        start = place + 1
    return "".join([*parts, text[start:end]])


_HIDDEN = "\ue000"


_WORD = r"[^\s{}\"#%'(),=@\\]++"
_VALUE = r"(?:\{(?:[^{}\\@]++|\\[^{}@]|\{(?:[^{}\\@]++|\\[^{}@])*+\})*+\}|\"[^\"{}\\@]*+\"|[A-Za-z0-9]++)"
_FIELD = rf"[ \t]*+{_WORD}[ \t]*+=[ \t]*+{_VALUE}[ \t]*+"
_NAME_AND_VALUE = re.compile(rf"[ \t]*+({_WORD})[ \t]*+=[ \t]*+({_VALUE})[ \t]*+,?[ \t]*+\n")
#: An entry that any reader reads alike: it starts a line, each field starts one, and values are in braces no more than
#: two deep, in quotes with no brace inside, or one bare word.
_PLAIN = re.compile(
    rf"^@(?!string|preamble|comment)([a-z]++)\{{[ \t]*+({_WORD})[ \t]*+,[ \t]*+\n"
    rf"((?:{_FIELD},[ \t]*+\n)*+(?:{_FIELD}\n)?+)[ \t]*+\}}[ \t]*+$",
    re.MULTILINE | re.IGNORECASE,
)


def _plain_fields(text: str, macros: Macros) -> dict[str, str] | None:
    """Return the fields of an entry read at sight; None where one is given twice or a macro is not known."""
    fields: dict[str, str] = {}
    for name, value in _NAME_AND_VALUE.findall(text):
        if value[0] == "{":
            plain_value = value[1:-1].strip()
        else:
            plain_value, why = resolved(value, macros)
            if why:
                return None
        if (lower := name.lower()) in fields:
            return None
        fields[lower] = plain_value
    return fields or None


def _parsed(body: str, line: int, raw: str, macros: Macros, strings: set[str]) -> list[Block | Broken]:
    """Read one block by bibtexparser; macros that it defines are noted in ``macros``."""
    import logging

    from bibtexparser import model
    from bibtexparser.splitter import Splitter

    # A key is no part of what we need: one that lacks, comma and all, is an empty one.
    body = (
        re.sub(r"^(@\w+\{)(?=\s*[A-Za-z][\w-]*\s*=)", r"\1,", body)
        if not body.startswith("@string")
        else body
    )
    log = logging.getLogger("bibtexparser")
    level = log.level
    log.setLevel(logging.CRITICAL)  # every block it would warn of is reported by us, with its line
    try:
        library = Splitter(body).split()
    finally:
        log.setLevel(level)
    out: list[Block | Broken] = []
    for found in library.blocks:
        if isinstance(found, model.String):
            value, why = resolved(found.value, macros)
            if why:
                out.append(Broken(line, found.key, *why, raw))
            elif found.key.lower() in strings:
                out.append(Broken(line, "", "macro is defined twice", "delete one", raw))
            else:
                strings.add(found.key.lower())
                macros[found.key.lower()] = value
        elif isinstance(found, model.DuplicateFieldKeyBlock):
            held = found.ignore_error_block
            assert isinstance(held, model.Entry)
            out.append(_lint(held, line, raw, macros))
        elif isinstance(found, model.ParsingFailedBlock):
            out.append(_failed(found, line, raw))
        elif isinstance(found, model.Entry):
            out.append(_lint(found, line, raw, macros))
        elif isinstance(found, model.ImplicitComment):
            out.append(Broken(line, "", "cannot be read as an entry", "write @type{key, ...}", raw))
    return out


def _failed(found: Any, line: int, raw: str) -> Broken:
    reason = str(getattr(found.error, "abort_reason", "") or found.error)
    key = re.match(r"@\w+\s*[{(]\s*([^\s,={}]+)\s*,", raw)
    if "end of file" in reason or "block start" in reason:
        why = ("brace or quote is never closed", "close it before the next entry")
    elif "after entry key" in reason and "Expected comma" in reason:
        why = ("no key, or no comma after it", "write @type{key, ...")
    else:
        why = (f"cannot be read ({' '.join(reason.split())})", "look for a missing comma, brace or =")
    return Broken(line, key[1] if key else "", *why, raw)


def _headless(comment: str, line: int) -> list[Broken]:
    """Find entries that lack their opening brace; the parser takes them for comments."""
    return [
        Broken(
            line + number,
            "",
            f"{found[0].strip()} is not followed by an opening brace",
            "write @type{key, ...}",
            comment,
        )
        for number, text in enumerate(comment.split("\n"))
        if (found := re.match(r"\s*@\s*[A-Za-z]+(?=\s|$|[^\w\s{(@.])", text))
    ]


def _lint(found: Any, line: int, raw: str, macros: Macros) -> Block:
    """Return the entry with its values resolved, and what of it is in doubt."""
    fields: dict[str, str] = {}
    doubts: list[Doubt] = []
    key = found.key
    if not key:
        doubts.append(Doubt(line, "key", "key is empty", "write a key after the opening brace"))
    elif re.search(r"\s", key):
        message = f"key {' '.join(key.split())!r} has a blank in it"
        doubts.append(Doubt(line, "key", message, "take the blank out"))
        key = ""
    for field in found.fields:
        name = field.key.lower()
        at = line + (field.start_line or 0)
        if not re.fullmatch(r"[^\s{}\"#%'(),=]+", name):
            message = f"field name {' '.join(field.key.split())[:40]!r} is not one word"
            doubts.append(Doubt(at, name, message, "see there"))
            continue
        value, why = resolved(field.value, macros)
        value = value.replace(_HIDDEN, "@")
        if why:
            doubts.append(Doubt(at, name, f"field {name}: {why[0]}", why[1]))
        if name in fields:
            if fields[name] != value:
                doubts.append(Doubt(at, name, f"field {name} is given twice", "delete one"))
            continue
        if value or not why:
            fields[name] = value
    return Block(line, found.entry_type.lower(), key, fields, raw, tuple(doubts))
