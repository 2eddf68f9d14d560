"""Whether two names are one person: the family name decides, particles and common given names do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from workbench.doors.titles import fold

#: Words of a family name that carry no identity by themselves.
PARTICLES = frozenset(
    re.findall(
        r"\w+",
        "van von der den de del dela della dello di da do dos das du des la le les el al ten ter te zu zur zum af av "
        "bin ibn abu st san y e und",
    )
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))


@dataclass(frozen=True)
class Person:
    """A name taken apart and folded: family without particles, given names or initials, every word."""

    family: str
    given: tuple[str, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=131072)
def family(name: str) -> str:
    """Return a person's family name folded (a body's whole name); accents and case do not count."""
    return fold(name.split(",")[0])


@lru_cache(maxsize=131072)
def person(name: str) -> Person:
    """Take a name apart; ``Meijer, Anne van der`` and ``van der Meijer, A.`` have one family name."""
    parts = [p.strip() for p in name.split(",")]
    last, first = parts[0], parts[-1] if len(parts) > 1 else ""
    families = [w for w in fold(last).split() if w not in _SUFFIXES] or fold(last).split()
    core = [w for w in families if w not in PARTICLES] or families
    shouted = last.isupper() and len(last) > 3
    given: list[str] = []
    for word in re.findall(r"[^\W\d_]+", first):
        # "RE" beside "Zuna" are two initials; in a list all in capitals it may be a name
        initials = word.isupper() and 2 <= len(word) <= 3 and not shouted
        given += list(fold(word)) if initials else fold(word).split()
    while given and given[-1] in _SUFFIXES:
        given.pop()
    kept = [w for n, w in enumerate(given) if not (w in PARTICLES and n)] if len(given) > 1 else given
    words = tuple(w for w in (*core, *kept) if w not in PARTICLES) or (*core, *kept)
    return Person("".join(core), tuple(kept), words)


def same_person(a: str, b: str) -> bool:
    """Say whether two names may be one person: families equal and nothing against it in the given names.

    Also where the same words stand in another order or split otherwise: ``Li Wei`` and ``Wei, Li``,
    ``García Márquez, G.`` and ``Márquez, Gabriel García``.
    """
    one, other = person(a), person(b)
    if one.family == other.family or _plain_umlauts(one.family) == _plain_umlauts(other.family):
        return _given_agree(one.given, other.given)
    smaller, larger = sorted((one.words, other.words), key=len)
    left, whole = list(larger), 0
    for word in sorted(smaller, key=len, reverse=True):
        found = next((w for w in left if w == word), None) or next(
            (w for w in left if w[:1] == word[:1] and 1 in (len(w), len(word))), None
        )
        if found is None:
            return False
        whole += found == word and len(word) > 1
        left.remove(found)
    return whole >= (2 if left else 1)


def _plain_umlauts(word: str) -> str:
    return re.sub("([aou])e", r"\1", word)


def _given_agree(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    if not mine or not theirs:
        return True
    one, other = "".join(mine), "".join(theirs)
    if one.startswith(other) or other.startswith(one):
        return True
    return all(_one_given(a, b) for a, b in zip(mine, theirs, strict=False))


def _one_given(a: str, b: str) -> bool:
    if 1 in (len(a), len(b)):
        return a[:1] == b[:1]
    return a == b or (min(len(a), len(b)) >= 3 and (a.startswith(b) or b.startswith(a)))


def named(authors: Sequence[str]) -> list[str]:
    """Return a list of authors without ``others``."""
    return [n for n in authors if n != "others"]


def first_agrees(a: Sequence[str], b: Sequence[str]) -> bool | None:
    """Say whether two lists have the same first author; None where one of them is empty."""
    mine, theirs = named(a), named(b)
    return same_person(mine[0], theirs[0]) if mine and theirs else None


def all_agree(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether two lists of two or more are the same people in the same order, one perhaps cut short."""
    mine, theirs = named(a), named(b)
    shorter, longer = sorted((mine, theirs), key=len)
    cut = len(shorter) < len(longer)
    if len(shorter) < 2 or (cut and "others" not in (a[-1], b[-1])):
        return False
    return all(map(same_person, shorter, longer))


def strangers(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether two lists, both known, lack each other's first author."""
    mine, theirs = named(a), named(b)
    if not mine or not theirs:
        return False
    return not (any(same_person(mine[0], t) for t in theirs) or any(same_person(theirs[0], m) for m in mine))


def shared(a: Sequence[str], b: Sequence[str]) -> float:
    """Return the share of the shorter list's family names that stand in the longer one; 0 where one is empty."""
    mine, theirs = ({person(n).family for n in named(names)} for names in (a, b))
    return len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else 0.0
