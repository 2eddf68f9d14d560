"""JSON lines: one object a line, with the fields of ``FIELDS``; others are left aside with a note."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from workbench.doors.sources.incoming import Incoming, Unreadable, mended_authors, year_of
from workbench.doors.titles import clean
from workbench.store.budgets import json_of
from workbench.store.latex import from_latex

_TEXTS = ("key", "title", "venue", "type", "arxiv_id", "doi", "url", "abstract", "found_via")
#: What a line may hold. What stands after the first two lines is known, and kept nowhere.
FIELDS = frozenset(_TEXTS) | {"authors", "year", "streams", "grey"}
FIELDS |= {"query_score", "basis", "digest", "reported_gap", "verified_by", "title_agreement", "source"}
# what `survey search` writes beside a record
FIELDS |= {"concepts", "codes"}
_LATEX = re.compile(r"\{[A-Z][A-Za-z0-9]{0,11}\}|\\[&%_#$]|\\[a-zA-Z]+\{")


class Wrong(ValueError):
    """What is wrong with a line, and its remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read JSON lines.

    Args:
        text: the file's text, LF line ends.
        name: what the file is called.

    Returns:
        Readable records and unreadable lines, each in file order; blank lines count as nothing.
    """
    good: list[Incoming] = []
    bad: list[Unreadable] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        cells: dict[str, Any] = {}
        try:
            cells = parsed(line)
            good.append(_incoming(cells, number))
        except Wrong as wrong:
            key = cells.get("key")
            content = canonical(cells) if cells else line.strip()
            bad.append(
                Unreadable(number, content, key if isinstance(key, str) else "", wrong.reason, wrong.remedy)
            )
    return good, bad


def parsed(line: str) -> dict[str, Any]:
    """Return a line's object.

    Raises:
        ValueError: with ``reason`` and ``remedy``: not JSON, cut off, not an object, a field given twice.
    """
    try:
        # Tables write NaN where they have nothing.
        cells = json_of(line, object_pairs_hook=_once, parse_constant=float)
    except Wrong:
        raise
    except ValueError as error:
        message = getattr(error, "msg", "") or str(error)
        if line.lstrip().startswith("{") and not line.rstrip().endswith("}") and message != "Extra data":
            raise Wrong("JSON is cut off", "one whole object a line; the line may lack its end") from None
        raise Wrong(f"not readable as JSON ({message})", "one whole object a line") from None
    if not isinstance(cells, dict):
        raise Wrong("not a JSON object", "one object a line: {...}")
    try:
        line.encode()
        json.dumps(cells, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Wrong("holds half a character (a lone surrogate)", "write the whole character") from None
    return cells


def canonical(cells: dict[str, Any]) -> str:
    """Return an object as text that order and white space of the line do not change."""
    return json.dumps(cells, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    cells = dict(pairs)
    if len(cells) < len(pairs):
        names = [n for n, _ in pairs]
        twice = next(n for n in names if names.count(n) > 1)
        raise Wrong(f"field {twice!r} is given twice", "delete one")
    return cells


def _incoming(cells: dict[str, Any], line: int) -> Incoming:
    notes: list[str] = []
    texts = {field: text_field(cells, field, notes) for field in _TEXTS}
    title = clean(texts["title"])
    if not title:
        raise Wrong("title is missing", "fill it in")
    if _LATEX.search(re.sub(r"\$[^$]*\$", "", title)):
        title = " ".join(from_latex(title).split())
        notes.append("title held LaTeX, which was resolved")
    if not any(c.isalnum() for c in title):
        raise Wrong("title has no letter or digit", "fill it in")
    if re.search(r"vertical-align|^zoom:|</?[a-z]+|https?://", title):
        notes.append("title holds a piece of a web page")
    given = authors_field(cells, notes)
    authors = mended_authors(given)
    if list(authors) != [clean(a) for a in given]:
        notes.append("author names were mended")
    if unknown := sorted(set(cells) - FIELDS):
        notes.append(f"fields not kept: {', '.join(unknown)}")
    grey = None if missing(cells.get("grey")) else cells["grey"]
    if grey not in (None, True, False, "yes", "no", ""):
        raise Wrong("grey is neither true nor false", "write true or false")
    return Incoming(
        line=line,
        content=canonical(cells),
        title=title,
        key=texts["key"].strip(),
        authors=authors,
        year=year_field(cells),
        venue=clean(texts["venue"]),
        type=texts["type"].strip().lower() or "misc",
        doi=texts["doi"],
        arxiv_id=texts["arxiv_id"],
        url=texts["url"],
        streams=_list_field(cells, "streams", notes),
        grey=grey in (True, "yes"),
        abstract=texts["abstract"],
        found_via=texts["found_via"],
        notes=tuple(notes),
    )


#: How tables write that there is nothing.
_NOTHING = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "nat", "#n/a"})


def missing(value: Any) -> bool:
    """Say whether a value stands for nothing: null, NaN, or one of the words that tables write for it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and value.strip().lower() in _NOTHING


def text_field(cells: dict[str, Any], field: str, notes: list[str] | None = None) -> str:
    """Return a field that must be text; what is missing is empty.

    A number is taken where it can only mean one thing: an arXiv id that a table turned into one. Any other value that
    is no text costs the field and not the record, which ``notes`` then says; a title must be text.
    """
    value = cells.get(field)
    if missing(value) and (field != "title" or not isinstance(value, str)):
        return ""
    if isinstance(value, str):
        return value
    if field == "arxiv_id" and isinstance(value, float) and 701 <= value < 10000:
        return (
            f"{value:.5f}" if value >= 1501 else f"{value:.4f}"
        )  # the zeros at its end are lost in a number
    if field == "title" or notes is None:
        raise Wrong(f"{field} is not text", f"write {field} as a string in quotes")
    notes.append(f"{field} is not text and was left out")
    return ""


def year_field(cells: dict[str, Any]) -> int | None:
    """Return the year, given as a number or as text; what is missing is None."""
    value = cells.get("year")
    if missing(value):
        return None
    year = year_of(value) if isinstance(value, str) else value
    if isinstance(year, float) and year.is_integer():  # as a table writes it once a year is missing
        year = int(year)
    if isinstance(year, bool) or not isinstance(year, int) or not 1800 <= year < 2200:
        raise Wrong(f"year {value!r} is not a year", "write four digits, or null")
    return year


def authors_field(cells: dict[str, Any], notes: list[str] | None = None) -> tuple[str, ...]:
    """Return the authors as given: a list of names, or text joined by ``and`` or semicolons."""
    value = cells.get("authors")
    if isinstance(value, str) and not missing(value):
        return tuple(p for p in re.split(r"\s+and\s+|;\s*", value) if p.strip())
    return _list_field(cells, "authors", notes)


def _list_field(cells: dict[str, Any], field: str, notes: list[str] | None = None) -> tuple[str, ...]:
    value = cells.get(field)
    if missing(value):
        return ()
    if isinstance(value, list) and all(isinstance(v, str) or missing(v) for v in value):
        return tuple(v.strip() for v in value if not missing(v))
    if notes is None:
        raise Wrong(f"{field} is not a list of texts", f'write {field} as ["...", "..."]')
    notes.append(f"{field} is not a list of texts and was left out")
    return ()
