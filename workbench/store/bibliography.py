"""The one module that reads and writes ``corpus/papers.bib``: one entry is one work, facts only.

Canonical form: entries sorted by key, one field a line in the order of ``FIELDS``, UTF-8 as it is, only LaTeX's
special characters escaped. Where a work appeared stands in the field its type has for it (``VENUE_FIELD``);
a preprint is ``@misc`` with ``howpublished``. A work has all its identifiers: ``doi``, ``eprint`` (arXiv) and
``url``; further ones (a second arXiv id, another address) stand in ``ids``. Abstracts never do.

bibtexparser 2 splits the file into blocks; what it passes over in silence is found here (see ``lint``).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from workbench.store.faults import Fault
from workbench.store.files import read_text, replace, sha256
from workbench.store.latex import from_latex, to_latex

PAPERS = "corpus/papers.bib"
PARSED = ".cache/parsed/papers.json"
#: Which field says where a work of a type appeared.
VENUE_FIELD = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "inbook": "booktitle",
    "techreport": "institution",
    "phdthesis": "school",
    "mastersthesis": "school",
    "book": "publisher",
    "proceedings": "publisher",
    "manual": "organization",
    "misc": "howpublished",
}
FIELDS = (
    "author",
    "title",
    "year",
    *dict.fromkeys(VENUE_FIELD.values()),
    "doi",
    "eprint",
    "archiveprefix",
    "url",
    "ids",
)
_TWICE = ("key is given twice", "delete one entry or change its key")
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
#: Months that BibTeX styles define, besides what ``@string`` does.
MONTHS = {
    m[:3].lower(): m for m in ["January", "February", "March", "April", "May", "June", "July", "August"]
} | {m[:3].lower(): m for m in ["September", "October", "November", "December"]}
_BETWEEN = re.compile(r"\s+and\s+", re.IGNORECASE)
_AND = re.compile(r"(?:^|\s)and(?:\s|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One work.

    Attributes:
        key: BibTeX key, never changed once given.
        type: BibTeX entry type, a key of ``VENUE_FIELD``.
        title: plain text; formulas between dollar signs.
        authors: ``Family, Given``, or a body's name; ``others`` last where the list is cut.
        year: of the version cited, or None.
        venue: where it appeared; empty when unknown.
        doi: without address, lower case; empty when there is none.
        arxiv_id: without version; empty when there is none.
        url: stable address; empty when there is none.
        other_ids: further identifiers as ``kind:value``, kind one of doi, arxiv, url.
        line: line in ``papers.bib``, from 1; 0 when not read from there.
    """

    key: str
    type: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv_id: str = ""
    url: str = ""
    other_ids: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Block:
    """A BibTeX entry as split, its values resolved but still LaTeX.

    Attributes:
        line: where it starts, from 1.
        type: entry type, lower case.
        key: its key.
        fields: name in lower case -> value, outer braces or quotes taken off.
        raw: the text of the entry.
    """

    line: int
    type: str
    key: str
    fields: dict[str, str]
    raw: str


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


def read_papers(root: Path, faults: list[Fault], keep: bool = True) -> list[Entry]:
    """Read ``corpus/papers.bib``.

    Args:
        root: the survey folder; a missing file reads as no works.
        faults: what is wrong is added here; entries that cannot be read are left out.
        keep: keep a parsed copy in ``.cache``, which makes the next reading many times faster.

    Returns:
        The works in file order.
    """
    before = len(faults)
    text = read_text(root, PAPERS, faults)
    if not text.strip():
        return []
    if len(faults) > before:
        return _parsed(text, faults)
    stamp = _stamp(text)
    cached = _from_cache(root, stamp)
    if cached is not None:
        faults += cached[1]
        return cached[0]
    found: list[Fault] = []
    entries = _parsed(text, found)
    faults += found
    if keep:
        with suppress(OSError):  # a folder that cannot be written can still be read
            replace(root / PARSED, _cache_text(stamp, entries, found))
    return entries


def papers_text(entries: Iterable[Entry]) -> str:
    """Return the canonical content of ``papers.bib``."""
    return "\n".join(entry_text(e) for e in sorted(entries, key=lambda e: e.key))


def entry_text(entry: Entry) -> str:
    """Return one entry in canonical form, with a line end after its closing brace."""
    values = {
        "author": " and ".join(_name_to_latex(n) for n in names_to_write(entry.authors)),
        "title": to_latex(entry.title),
        "year": str(entry.year) if entry.year is not None else "",
        VENUE_FIELD[entry.type]: to_latex(entry.venue),
        "doi": entry.doi,
        "eprint": entry.arxiv_id,
        "archiveprefix": "arXiv" if entry.arxiv_id else "",
        "url": entry.url,
        "ids": "; ".join(entry.other_ids),
    }
    lines = [f"  {name} = {{{values[name]}}},\n" for name in FIELDS if values.get(name)]
    return f"@{entry.type}{{{entry.key},\n{''.join(lines)}}}\n"


def papers_contents(entries: Iterable[Entry]) -> dict[str, str]:
    """Return what ``files.replace_all`` is to write: ``papers.bib`` and the parsed copy of it."""
    ordered, pieces, line = [], [], 1
    for entry in sorted(entries, key=lambda e: e.key):
        ordered.append(dataclasses.replace(entry, line=line))
        pieces.append(entry_text(entry))
        line += pieces[-1].count("\n") + 1
    text = "\n".join(pieces)
    return {PAPERS: text, PARSED: _cache_text(_stamp(text), ordered, [])}


def _stamp(text: str) -> str:
    return sha256(text + "\0" + _reader_digest())


@cache
def _reader_digest() -> str:
    """Digest of the reader itself: a parsed copy made by an older reader is not trusted."""
    here = Path(__file__)
    return sha256(here.read_bytes() + (here.parent / "latex.py").read_bytes())


def _cache_text(stamp: str, entries: Sequence[Entry], faults: Sequence[Fault]) -> str:
    return json.dumps(
        {"stamp": stamp, "entries": [_cells(e) for e in entries], "faults": [astuple(f) for f in faults]},
        ensure_ascii=False,
    )


def _cells(e: Entry) -> list[Any]:
    return [
        e.key,
        e.type,
        e.title,
        e.authors,
        e.year,
        e.venue,
        e.doi,
        e.arxiv_id,
        e.url,
        e.other_ids,
        e.line,
    ]


def _from_cache(root: Path, stamp: str) -> tuple[list[Entry], list[Fault]] | None:
    try:
        held = json.loads((root / PARSED).read_text("utf-8"))
        if held["stamp"] != stamp:
            return None
        entries = [
            Entry(k, kind, title, tuple(who), year, venue, doi, arxiv, url, tuple(ids), line)
            for k, kind, title, who, year, venue, doi, arxiv, url, ids, line in held["entries"]
        ]
        return entries, [Fault(*f) for f in held["faults"]]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def split(text: str) -> tuple[list[Block], list[Broken]]:
    """Split BibTeX into entries, and find what bibtexparser passes over in silence.

    Found besides what the parser reports: a comma missing between two fields, an empty key or one with a
    blank, an undefined macro, a field given twice in different case, an entry that lacks its brace.

    Entries that leave no doubt (see ``_PLAIN``) are read at sight, the rest by the parser, which is many times
    slower. The parser gives an entry up at every ``@type{`` that starts a line, so what stands between two such
    lines can be taken out without its meaning otherwise, as long as the ``@type{`` still ends what stood before.

    Args:
        text: BibTeX with LF line ends.

    Returns:
        The readable entries and the unreadable blocks, each in file order.
    """
    macros = {} if _STRING.search(text) else MONTHS
    blocks: list[Block] = []
    rest: list[str] = []
    heads: set[int] = set()
    at, line = 0, 1
    for found in _PLAIN.finditer(text):
        start, end = found.span()
        line += text.count("\n", at, start)
        before, raw = text[at:start], found[0]
        rest.append(before)
        fields = _plain_fields(found[3], macros)
        if fields is None:
            rest.append(raw)
        else:
            blocks.append(Block(line, found[1].lower(), found[2], fields, raw))
            if before.strip():
                heads.add(line)
                rest.append(f"@{found[1]}{{}}")
            rest.append("\n" * raw.count("\n"))
        line += raw.count("\n")
        at = end
    rest.append(text[at:])
    broken: list[Broken] = []
    if (left := "".join(rest)).strip():
        others, broken = _split_by_parser(left)
        broken = [b for b in broken if b.line not in heads]
        blocks = sorted([*blocks, *others], key=lambda b: b.line)
    # The parser knows only the keys that it saw.
    once: dict[str, Block] = {}
    twice = [b for b in blocks if once.setdefault(b.key, b) is not b]
    late = {b.line: b for b in broken if b.kind == "duplicate-key"}
    for number, one in late.items():
        first = once.get(one.key)
        if one.block and first and number < first.line:  # it came first after all
            once[one.key], late[number] = one.block, _given_twice(first)
    same = [b for b in broken if b.kind != "duplicate-key"]
    broken = [*same, *late.values(), *map(_given_twice, twice)]
    return sorted(once.values(), key=lambda b: b.line), sorted(broken, key=lambda b: b.line)


_STRING = re.compile(r"@\s*string", re.IGNORECASE)
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


def _plain_fields(text: str, macros: Mapping[str, str]) -> dict[str, str] | None:
    """Return the fields of an entry read at sight; None where one is given twice or a macro is not known."""
    fields: dict[str, str] = {}
    for name, value in _NAME_AND_VALUE.findall(text):
        if value[0] == "{":
            plain_value = value[1:-1].strip()
        else:
            plain_value, why = _resolved(value, macros)
            if why:
                return None
        if (lower := name.lower()) in fields:
            return None
        fields[lower] = plain_value
    return fields or None


def _given_twice(block: Block) -> Broken:
    return Broken(block.line, block.key, *_TWICE, block.raw, "duplicate-key", block)


def _split_by_parser(text: str) -> tuple[list[Block], list[Broken]]:
    import logging

    from bibtexparser import model
    from bibtexparser.splitter import Splitter

    log = logging.getLogger("bibtexparser")
    level = log.level
    log.setLevel(logging.CRITICAL)  # every block it would warn of is reported by us, with its line
    try:
        library = Splitter(text).split()
    finally:
        log.setLevel(level)
    macros = dict(MONTHS)
    blocks: list[Block] = []
    broken: list[Broken] = []
    for found in library.blocks:
        line, raw = (found.start_line or 0) + 1, found.raw or ""
        if isinstance(found, model.String):
            value, why = _resolved(found.value, macros)
            if why:
                broken.append(Broken(line, found.key, *why, raw))
            else:
                macros[found.key.lower()] = value
        elif isinstance(found, model.DuplicateBlockKeyBlock):
            inner = found.ignore_error_block
            if not isinstance(inner, model.Entry):
                broken.append(Broken(line, "", "macro is defined twice", "delete one", raw))
                continue
            block, why = _lint(inner, line, raw, macros)
            what = why or _TWICE
            kind = "" if why else "duplicate-key"
            broken.append(Broken(line, inner.key, *what, raw, kind, block))
        elif isinstance(found, model.DuplicateFieldKeyBlock):
            inner = found.ignore_error_block
            names = ", ".join(sorted(found.duplicate_keys))
            key = inner.key if isinstance(inner, model.Entry) else ""
            broken.append(Broken(line, key, f"field given twice: {names}", "delete one", raw))
        elif isinstance(found, model.ParsingFailedBlock):
            broken.append(_failed(found, line, raw))
        elif isinstance(found, model.Entry):
            block, why = _lint(found, line, raw, macros)
            if block is None or why:
                broken.append(Broken(line, found.key, *(why or ("", "")), raw))
            else:
                blocks.append(block)
        elif isinstance(found, model.ImplicitComment):
            broken += _headless(found.comment, line)
    return blocks, broken


Why = tuple[str, str]


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


def _lint(found: Any, line: int, raw: str, macros: Mapping[str, str]) -> tuple[Block | None, Why | None]:
    """Return the entry with its values resolved, or what is wrong with it."""
    if not found.key:
        return None, ("key is empty", "write a key after the opening brace")
    if re.search(r"\s", found.key):
        return None, (f"key {' '.join(found.key.split())!r} has a blank in it", "take the blank out")
    fields: dict[str, str] = {}
    for field in found.fields:
        name = field.key.lower()
        if not re.fullmatch(r"[^\s{}\"#%'(),=]+", name):
            return None, (f"field name {' '.join(field.key.split())[:40]!r} is not one word", "see there")
        if name in fields:
            return None, (f"field {name} is given twice, in different case", "delete one")
        value, why = _resolved(field.value, macros)
        if why:
            at = (field.start_line or 0) + 1
            return None, (f"field {name} (line {at}): {why[0]}", why[1])
        fields[name] = value
    return Block(line, found.entry_type.lower(), found.key, fields, raw), None


_PART = re.compile(r"\s*(?:(\d+)|([^\s\d{}\"#%'(),=][^\s{}\"#%'(),=]*))\s*")


def _resolved(value: str, macros: Mapping[str, str]) -> tuple[str, Why | None]:
    """Return a field's value with macros and ``#`` resolved, or what is wrong with it."""
    if not value.strip():
        return "", None
    if value[0] == "{" and _closing(value, 0) == len(value) - 1:  # nearly always
        return value[1:-1].strip(), None
    parts: list[str] = []
    at = 0
    while True:
        while at < len(value) and value[at].isspace():
            at += 1
        if at < len(value) and value[at] in '{"':
            end = _closing(value, at)
            if end < 0:
                return "", ("brace or quote is never closed", "close it")
            parts.append(value[at + 1 : end])
            at = end + 1
        elif word := _PART.match(value, at):
            if word[1] is None and word[2].lower() not in macros:
                return "", (f"macro {word[2]!r} is not defined", "put the value in braces, or add @string")
            parts.append(word[1] if word[1] is not None else macros[word[2].lower()])
            at = word.end()
        else:
            return "", ("value cannot be read", "put it in braces")
        while at < len(value) and value[at].isspace():
            at += 1
        if at == len(value):
            return " ".join("".join(parts).split()) if "\n" in "".join(parts) else "".join(parts), None
        if value[at] != "#":
            return "", ("comma is missing after the value", "end every field with a comma")
        at += 1


def _closing(value: str, start: int) -> int:
    """Return where the brace or quote at ``start`` closes, or -1; an escaped brace counts as none."""
    quoted, depth, at = value[start] == '"', 0, start + 1
    if not quoted:
        simple = value.find("}", at)
        if simple > 0 and value[simple - 1] != "\\" and "{" not in value[at:simple]:
            return simple
    while at < len(value):
        character = value[at]
        if character == "\\":
            at += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0 and not quoted:
                return at
            depth -= 1
        elif character == '"' and quoted and depth == 0:
            return at
        at += 1
    return -1


def _parsed(text: str, faults: list[Fault]) -> list[Entry]:
    blocks, broken = split(text)
    faults += [Fault(PAPERS, b.line, b.key, b.message, b.remedy) for b in broken]
    entries = []
    for block in blocks:
        wrong = _faults_of(block)
        faults += wrong
        if block.fields.get("title") and block.type in VENUE_FIELD and KEY.fullmatch(block.key):
            entries.append(_entry(block))
    seen: dict[str, str] = {}
    for entry in entries:
        if (other := seen.setdefault(entry.key.lower(), entry.key)) != entry.key:
            message = f"key differs from {other} in case only, which BibTeX takes for the same"
            faults.append(Fault(PAPERS, entry.line, entry.key, message, "change the newer one"))
    return entries


def _faults_of(block: Block) -> list[Fault]:
    found: list[Why] = []
    if not KEY.fullmatch(block.key):
        found.append(("key has characters other than letters, digits and . _ + -", "change it"))
    if block.type not in VENUE_FIELD:
        found.append((f"unknown type @{block.type}", f"one of {', '.join(VENUE_FIELD)}"))
    if not block.fields.get("title"):
        found.append(("has no title", "fill it in"))
    for name in block.fields:
        if name == "abstract":
            found.append(("abstract in papers.bib, which is not ours to publish", "delete the field"))
        elif name not in FIELDS:
            found.append((f"unknown field {name}", f"delete it; kept are {', '.join(FIELDS)}"))
        elif name in VENUE_FIELD.values() and block.type in VENUE_FIELD and name != VENUE_FIELD[block.type]:
            found.append((f"field {name} in @{block.type}", f"name it {VENUE_FIELD[block.type]}"))
    if (year := block.fields.get("year", "")) and not re.fullmatch(r"\d{4}", year):
        found.append((f"year {year!r} is not four digits", "correct it"))
    for other in _split_ids(block.fields.get("ids", "")):
        if not re.fullmatch(r"(doi|arxiv|url):\S+", other):
            found.append(
                (f"ids holds {other!r}", "write doi:..., arxiv:... or url:..., separated by semicolons")
            )
    return [Fault(PAPERS, block.line, block.key, *why) for why in found]


def _entry(block: Block) -> Entry:
    get = block.fields.get
    year = get("year", "")
    return Entry(
        key=block.key,
        type=block.type,
        title=plain(get("title", "")),
        authors=names(get("author", "")),
        year=int(year) if re.fullmatch(r"\d{4}", year) else None,
        venue=plain(get(VENUE_FIELD[block.type], "")),
        doi=get("doi", ""),
        arxiv_id=get("eprint", ""),
        url=get("url", ""),
        other_ids=_split_ids(get("ids", "")),
        line=block.line,
    )


def _split_ids(value: str) -> tuple[str, ...]:
    return tuple(i for i in re.split(r";\s+", value) if i)


def plain(value: str) -> str:
    """Return a LaTeX value as plain text, runs of white space folded to one blank."""
    return " ".join(from_latex(value).split()) if value else ""


_TYPESET = re.compile(r"[\\{}~^$&%#_]")


def names(value: str) -> tuple[str, ...]:
    """Return the authors of a BibTeX ``author`` value as plain text.

    Names are split first and decoded after, so that ``and`` inside a body's braces does not split it.

    Args:
        value: LaTeX, names joined by ``and``.

    Returns:
        ``Family, Given`` (or ``Family, Jr, Given``) for persons, the words in braces for bodies, ``others``
        last where the list is cut.
    """
    if not value.strip():
        return ()
    if not _TYPESET.search(value):  # nearly always, and many times faster
        folded = " ".join(value.split())
        # ``Family, Given`` with nothing odd about it is plain already.
        return tuple(
            name
            for part in _BETWEEN.split(folded)
            if (name := part if ", " in part and not _LOOSE.search(part) else _name(part))
        )
    parts = _split_at_and(value)
    return tuple(name for part in parts if (name := _name(part.strip())))


def _split_at_and(value: str) -> list[str]:
    r"""Split names at ``and`` outside braces.

    bibtexparser 2.1 loses the backslash and letter of a name that begins with a macro (``... and \\L{}ukasz``).
    """
    parts, depth, start, at = [], 0, 0, 0
    while at < len(value):
        character = value[at]
        if character == "\\":
            at += 1
        elif character in "{}":
            depth += 1 if character == "{" else -1
        elif depth <= 0 and character.isspace() and (found := _BETWEEN.match(value, at)):
            parts.append(value[start:at])
            start = at = found.end()
            continue
        at += 1
    return [*parts, value[start:]]


def _name(part: str) -> str:
    if part[:1] == "{" and _closing(part, 0) == len(part) - 1:
        return plain(part)
    if part.lower() == "others":
        return "others"
    if "," in part:
        return (
            ", ".join(filter(None, (p.strip() for p in plain(part).split(","))))
            if _loose(part)
            else plain(part)
        )
    if " " not in part and "~" not in part:
        return plain(part)
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    split_up = parse_single_name_into_parts(part, strict=False)
    family, given = " ".join(split_up.von + split_up.last), " ".join(split_up.first)
    return plain(f"{family}, {given}" if given else family)


_LOOSE = re.compile(r",(?=\S)|,\s*,|,\s*$|^\s*,|\s,")


def _loose(part: str) -> bool:
    """Say whether commas of a name stand oddly: no blank after, one at the end, more than one in a row."""
    return bool(_LOOSE.search(part))


def names_to_write(authors: Sequence[str]) -> list[str]:
    """Return authors with every ``others`` but the last left out."""
    return [n for n in authors[:-1] if n != "others"] + list(authors[-1:])


def _name_to_latex(name: str) -> str:
    """Return one author: a person as ``Family, Given``, anything else in braces, so that it reads back."""
    if name == "others":
        return name
    parts = name.split(", ")
    person = (
        len(parts) in (2, 3)
        and all(p and p == p.strip() and "," not in p for p in parts)
        and not _AND.search(name)
    )
    return to_latex(name) if person else "{" + to_latex(name) + "}"
