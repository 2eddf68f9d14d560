"""The works that are in the survey, as a bibliography for a paper: keys as cited, capitals that a style must keep."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from workbench.store.bibliography import Entry, entry_text, read_papers
from workbench.store.screened import included

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: In a title that is written in small letters, most long words begin with one.
_LONG = 4
#: A formula, a blank or a word.
_PARTS = re.compile(r"\$[^$]*\$|\s+|[^\s$]+|\$")
_TITLE = re.compile(r"^(  title = \{)(.*)(\},)$", re.MULTILINE)


def included_bib(survey: Survey, stamp: str) -> str:
    """Return the entries of the works that screening took in, sorted by key, as BibTeX.

    Args:
        survey: the opened survey.
        stamp: the line that names the data; it stands above the entries.

    Returns:
        A file whose keys are the survey's paper keys. Capitals that a bibliography style would make small and that
        must stay are in braces: see ``protected``.
    """
    inside = keys_inside(survey)
    entries = sorted((e for e in read_papers(survey.root, []) if e.key in inside), key=lambda e: e.key)
    head = f"% {stamp}\n% The {len(entries)} works that are in the survey.\n"
    return "\n".join([head, *(protected_entry(entry) for entry in entries)])


def protected(title: str) -> str:
    """Return a title, already LaTeX, in which the capitals that carry meaning stand in braces.

    Styles of BibTeX print titles with small letters. A word with a capital inside or beside a digit (``GPT-4``,
    ``LLMs``) always keeps it. A word that begins with one keeps it where the title is otherwise in small letters, for
    then it is a name; where every long word begins with a capital, that says nothing.
    """
    parts = _PARTS.findall(title)
    words = [n for n, part in enumerate(parts) if not part.isspace() and not part.startswith("$")]
    long = [word for n in words[1:] if len(word := _letters(parts[n])) >= _LONG and word[1:].islower()]
    in_capitals = sum(word[0].isupper() for word in long) * 2 > max(1, len(long))
    for place, n in enumerate(words):
        letters = _letters(parts[n])
        inner = any(c.isupper() for c in letters[1:]) or (
            any(c.isupper() for c in letters) and any(c.isdigit() for c in parts[n])
        )
        name = place > 0 and letters[:1].isupper() and not in_capitals
        if inner or name:
            parts[n] = f"{{{parts[n]}}}"
    return "".join(parts)


def _letters(word: str) -> str:
    """Return the letters of a word, without the commands that LaTeX writes for signs."""
    return "".join(c for c in re.sub(r"\\[A-Za-z]+", "", word) if c.isalpha())


def keys_inside(survey: Survey) -> set[str]:
    """Return the keys of the works that screening took in."""
    return included({str(k): str(v) for k, v in row.items()} for row in survey.screened.to_dict("records"))


def protected_entry(entry: Entry) -> str:
    """Return a work as BibTeX to cite from: capitals that must stay are in braces, and it has one id of a kind."""
    text = entry_text(dataclasses.replace(entry, other_ids=()))
    return _TITLE.sub(lambda m: f"{m[1]}{protected(m[2])}{m[3]}", text, count=1)
