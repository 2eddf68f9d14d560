"""Whether two works appeared in one place: venues by any name, volumes, numbers, first pages."""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.doors.titles import fold
from workbench.store.bibliography import Entry

_SMALL = frozenset(
    re.findall(
        r"\w+",
        "the of and in on for a an de la du des et und der die das journal j proceedings proc transactions trans "
        "annual meeting conference conf international int intl ieee acm official publication magazine poster oral "
        "spotlight main track long short papers paper series",
    )
)
#: Words that make a place another one: a workshop at a conference is not the conference.
_APART = frozenset(
    re.findall(
        r"\w+",
        "workshop workshops findings supplement suppl demo demonstrations tutorial tutorials companion",
    )
)
_PREPRINT = re.compile(
    r"\b(arxiv|corr|biorxiv|medrxiv|psyarxiv|chemrxiv|ssrn|research square|preprints?|e-?prints?|openreview)\b",
    re.IGNORECASE,
)


def published(entry: Entry) -> bool:
    """Say whether a record says where it was published; a preprint server and a blank do not."""
    return bool(entry.venue) and not _PREPRINT.search(entry.venue)


@lru_cache(maxsize=65536)
def _words(venue: str) -> tuple[str, ...]:
    return tuple(fold(re.sub(r"\(.*?\)|\[.*?\]", " ", venue) or venue).split())


@lru_cache(maxsize=65536)
def venues_agree(a: str, b: str) -> bool:
    """Say whether two names may be one venue: words shortened, an acronym for them, a part left out."""
    mine, theirs = _words(a), _words(b)
    if mine == theirs:
        return True
    if set(mine) & _APART != set(theirs) & _APART:
        return False
    years = [set(re.findall(r"\b(?:19|20)\d\d\b", v)) for v in (a, b)]
    if years[0] and years[1] and not years[0] & years[1]:
        return False
    one, other = ([w for w in words if not w.isdigit() and w not in _SMALL] for words in (mine, theirs))
    if not one or not other:
        one, other = list(mine), list(theirs)
    shorter, longer = sorted((one, other), key=lambda w: (len(w), sum(map(len, w))))
    if _shortened(shorter, longer):
        return True
    whole = [
        w for w in (theirs if shorter is one else mine) if w not in ("the", "of", "and", "on", "in", "for")
    ]
    return any(3 <= len(w) <= 10 and (_acronym(w, whole) or _acronym(w, longer)) for w in shorter)


def _shortened(shorter: list[str], longer: list[str]) -> bool:
    """Say whether each word of one name begins, or is begun by, a word of the other, in order."""
    at = 0
    for word in shorter:
        while at < len(longer) and not _begins(word, longer[at]):
            at += 1
        if at == len(longer):
            return False
        at += 1
    return True


def _begins(word: str, other: str) -> bool:
    if word.startswith(other) or other.startswith(word):
        return True
    short, long = sorted((word, other), key=len)
    if len(short) < 3 or short[0] != long[0]:
        return False
    letters = iter(long)  # "natl" for "national"
    return len(short) <= 5 and all(c in letters for c in short)


def _acronym(word: str, words: list[str]) -> bool:
    """Say whether a word is made of the beginnings of consecutive words: ``neurips``, ``emnlp``."""

    def from_here(rest: str, at: int, used: int) -> bool:
        if not rest:
            return used >= 2
        if at == len(words):
            return False
        longest = next(
            (n for n in range(min(len(rest), len(words[at])), 0, -1) if rest[:n] == words[at][:n]), 0
        )
        return any(from_here(rest[n:], at + 1, used + 1) for n in range(longest, 0, -1))

    return any(from_here(word, start, 0) for start in range(len(words)))


def _number(text: str) -> str:
    found = re.search(r"\d+", text)
    return found[0].lstrip("0") or "0" if found else ""


def first_page(entry: Entry) -> str:
    """Return the first page as bare digits; empty where none is given or pages only count from 1."""
    pages = entry.detail("pages")
    if "rxiv" in pages.lower() or "/" in pages:
        return ""  # an identifier that stands where pages should
    if re.fullmatch(r"\s*1\s*(?:[-–—]+\s*\d+)?\s*", pages):
        return ""  # many works begin on page 1, and all do before they have pages of their own
    return _number(pages)


def place(a: Entry, b: Entry) -> str:
    """Compare volumes and first pages: ``same`` (both agree), ``differ``, or empty where too little is known."""
    volumes = [_number(e.detail("volume")) for e in (a, b)]
    pages = [first_page(e) for e in (a, b)]
    if all(pages) and pages[0] != pages[1]:
        return "differ"
    if all(volumes) and volumes[0] != volumes[1]:
        return "differ"
    return "same" if all(pages) and all(volumes) else ""


def numbers_differ(a: Entry, b: Entry) -> bool:
    """Say whether two works bear two numbers of a series or journal."""
    mine, theirs = (re.sub(r"\W", "", fold(e.detail("number"))) for e in (a, b))
    return bool(mine and theirs and mine != theirs)
