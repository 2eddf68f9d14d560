"""Values of BibTeX fields: braces, quotes, macros and what joins them."""

from __future__ import annotations

import re

from workbench.store.budgets import CELL as LONGEST
from workbench.store.budgets import MACROS

Why = tuple[str, str]
_PART = re.compile(r"\s*(?:(\d+)|([^\s\d{}\"#%'(),=][^\s{}\"#%'(),=]*))\s*")


class Macros(dict[str, str]):
    """Macros of one file, by name in lower case, and how many characters they may still add to it.

    A file of 1 kB whose macros double each other could otherwise fill the memory.
    """

    left = MACROS


def resolved(value: str, macros: Macros) -> tuple[str, Why | None]:
    """Return a field's value with macros and ``#`` resolved, or what is wrong with it."""
    if not value.strip():
        return "", None
    if value[0] == "{" and closing(value, 0) == len(value) - 1:  # nearly always
        return value[1:-1].strip(), None
    parts: list[str] = []
    at = 0
    while True:
        while at < len(value) and value[at].isspace():
            at += 1
        if at < len(value) and value[at] in '{"':
            end = closing(value, at)
            if end < 0:
                return "", ("brace or quote is never closed", "close it")
            parts.append(value[at + 1 : end])
            at = end + 1
        elif word := _PART.match(value, at):
            if word[1] is None and word[2].lower() not in macros:
                return word[2], (
                    f"macro {word[2]!r} is not defined",
                    "put the value in braces, or add @string",
                )
            parts.append(word[1] if word[1] is not None else macros[word[2].lower()])
            macros.left -= len(parts[-1])
            if macros.left < 0:
                message = f"macros add more than {MACROS:,} characters to the file up to here"
                return "", (message, "write values out instead of naming macros")
            at = word.end()
        else:
            return "", ("value cannot be read", "put it in braces")
        while at < len(value) and value[at].isspace():
            at += 1
        if sum(map(len, parts)) > LONGEST:
            return "", (f"value is longer than {LONGEST:,} characters", "shorten it, or write its macros out")
        if at == len(value):
            return " ".join("".join(parts).split()) if "\n" in "".join(parts) else "".join(parts), None
        if value[at] != "#":
            return "", ("comma is missing after the value", "end every field with a comma")
        at += 1


def closing(value: str, start: int) -> int:
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
