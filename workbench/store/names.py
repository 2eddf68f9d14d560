"""Names of authors between BibTeX and plain text: who is a person, who a body, and where one name ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.store.bibtex_values import closing
from workbench.store.latex import from_latex, to_latex

_BETWEEN = re.compile(r"\s+and\s+", re.IGNORECASE)
_AND = re.compile(r"(?:^|\s)and(?:\s|$)", re.IGNORECASE)


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
        ``Family, Given`` (or ``Family, Jr, Given``) for persons, the words in braces for bodies (with their braces
        where they would read as a person's: ``{Harbour Works, Ltd.}``), ``others`` last where the list is cut.
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
    if part[:1] == "{" and closing(part, 0) == len(part) - 1:
        name = plain(part)
        return f"{{{name}}}" if _is_person(name) else name  # else its comma would make a person of a body
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


def name_to_latex(name: str) -> str:
    """Return one author: a person as ``Family, Given``, anything else in braces, so that it reads back."""
    if name == "others":
        return name
    if name[:1] == "{" and name[-1:] == "}" and _is_person(name[1:-1]):
        return "{" + to_latex(name[1:-1]) + "}"
    return to_latex(name) if _is_person(name) else "{" + to_latex(name) + "}"


def _is_person(name: str) -> bool:
    parts = name.split(", ")
    return (
        len(parts) in (2, 3)
        and all(p and p == p.strip() and "," not in p for p in parts)
        and not _AND.search(name)
    )
