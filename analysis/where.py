"""Which papers an analysis is restricted to, in words: ``year >= 2024 and (stream = a or stream = b)``.

The grammar, in full (a blank may stand between any two parts; ``and`` binds closer than ``or``):

    expression  = conjunction {"or" conjunction}
    conjunction = condition {"and" condition}
    condition   = "not" condition | "(" expression ")" | comparison
    comparison  = name sign word | name "in" "(" word {"," word} ")"
    sign        = "=" | "!=" | "<" | "<=" | ">" | ">="

A name is ``year``, ``level``, ``verified`` or a facet of the schema; a word is a year, a level, ``yes`` or ``no``, or
a code of the facet, bare or in double quotes. ``facet = code`` holds for a paper that carries the code, ``facet !=
code`` for one that does not. ``level`` and ``verified`` speak of codings and not of papers: they stand beside the
rest, joined by ``and``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from analysis.selection import need

YEAR, LEVEL, VERIFIED = "year", "level", "verified"
_SIGNS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TOKEN = re.compile(r'\s*(?:(!=|<=|>=|[=<>(),])|"([^"]*)"|([^\s=<>!(),"]+))')
_KEYWORDS = ("and", "or", "not", "in")
#: Parentheses stand inside each other at most so deep.
_DEEPEST = 50


class NotUnderstood(ValueError):
    """A restriction that does not follow the grammar, or names what is not there; the message says what to write."""


@dataclass(frozen=True)
class Comparison:
    """One name held against one or several words.

    Attributes:
        name: ``year``, ``level``, ``verified`` or a facet.
        sign: one of the signs of the grammar; ``=`` where words are listed after ``in``.
        words: the words; more than one only after ``in``.
    """

    name: str
    sign: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """Conditions joined by ``and`` or ``or``, or one that is denied by ``not``."""

    by: str
    parts: tuple[Condition, ...]


Condition = Comparison | Joined


@dataclass(frozen=True)
class Restriction:
    """A restriction that was understood.

    Attributes:
        text: as it was written, blanks made single.
        of_papers: the condition on papers; None where there is none.
        of_codings: conditions on codings (``level``, ``verified``), all of which must hold.
        levels: the schema's levels, lowest first.
    """

    text: str
    of_papers: Condition | None
    of_codings: tuple[Comparison, ...]
    levels: tuple[str, ...]

    @property
    def in_frame(self) -> Condition | None:
        """The part that can be told of every record, also of one that nobody coded: conditions on the year alone."""
        parts = [part for part in _conjuncts(self.of_papers) if _names(part) <= {YEAR}]
        return None if not parts else parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    @property
    def not_in_frame(self) -> tuple[str, ...]:
        """Names by which the frame cannot be restricted: only coded papers have codes."""
        kept = [part for part in _conjuncts(self.of_papers) if not _names(part) <= {YEAR}]
        return tuple(sorted({name for part in kept for name in _names(part)} - {YEAR}))


def understood(text: str, *, codes: Mapping[str, Sequence[str]], levels: Sequence[str]) -> Restriction:
    """Read a restriction.

    Args:
        text: a restriction in the grammar of this module.
        codes: facet -> its codes, from the schema.
        levels: the schema's levels, lowest first.

    Raises:
        NotUnderstood: the text does not follow the grammar or names something that is not there.
    """
    reader = _Reader(text, codes, levels)
    whole = reader.expression(0)
    reader.end()
    conjuncts = _conjuncts(whole)
    of_codings = tuple(
        part for part in conjuncts if isinstance(part, Comparison) and part.name in (LEVEL, VERIFIED)
    )
    papers = [part for part in conjuncts if part not in of_codings]
    inside = sorted({LEVEL, VERIFIED} & {name for part in papers for name in _names(part)})
    if inside:
        raise NotUnderstood(
            f"{inside[0]} speaks of codings and not of papers, so it stands beside the rest, joined by `and`, "
            f"not inside `or` or `not`: for example `year >= 2024 and {inside[0]} = "
            f"{levels[-1] if inside[0] == LEVEL and levels else 'yes'}`"
        )
    condition = None if not papers else papers[0] if len(papers) == 1 else Joined("and", tuple(papers))
    return Restriction(" ".join(text.split()), condition, of_codings, tuple(levels))


def papers_where(
    condition: Condition, papers: pd.DataFrame, carried: Mapping[str, set[tuple[str, str]]]
) -> set[str]:
    """Return the papers of which a condition holds; a paper without a year meets no condition on the year.

    Args:
        condition: a condition on papers.
        papers: the survey's table ``papers``: columns ``paper`` and ``first_public``.
        carried: paper -> the (facet, code) pairs that it carries.

    Raises:
        ValueError: a column is missing.
    """
    need(papers, "papers", ("paper", "first_public"))
    years = dict(zip(papers["paper"], papers["first_public"], strict=True))
    return {
        paper
        for paper, year in years.items()
        if _holds(condition, None if pd.isna(year) else int(year), carried.get(paper, set()))
    }


def codings_where(restriction: Restriction, final: pd.DataFrame) -> pd.Series[bool]:
    """Say of each row of ``final`` whether the conditions on codings hold; facets without levels meet any on levels.

    Raises:
        ValueError: a column is missing.
    """
    need(final, "final", ("level", "human_verified"))
    kept = pd.Series(True, index=final.index)
    places = {level: n for n, level in enumerate(restriction.levels)}
    for one in restriction.of_codings:
        if one.name == VERIFIED:
            wanted = (one.words[0] == "yes") == (one.sign == "=")
            kept &= final["human_verified"] == wanted
        else:
            met = {
                level
                for level in places
                if any(_SIGNS[one.sign](places[level], places[w]) for w in one.words)
            }
            kept &= final["level"].isin(met) | (final["level"] == "")
    return kept


def _holds(condition: Condition, year: int | None, carried: set[tuple[str, str]]) -> bool:
    if isinstance(condition, Comparison):
        if condition.name == YEAR:
            return year is not None and any(_SIGNS[condition.sign](year, int(w)) for w in condition.words)
        return any((condition.name, word) in carried for word in condition.words) == (condition.sign == "=")
    held = (_holds(part, year, carried) for part in condition.parts)
    return all(held) if condition.by == "and" else any(held) if condition.by == "or" else not next(held)


def _conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    if condition is None:
        return ()
    if isinstance(condition, Joined) and condition.by == "and":
        return tuple(part for one in condition.parts for part in _conjuncts(one))
    return (condition,)


def _names(condition: Condition) -> set[str]:
    if isinstance(condition, Comparison):
        return {condition.name}
    return {name for part in condition.parts for name in _names(part)}


class _Reader:
    """Reads a restriction from left to right, one token ahead."""

    def __init__(self, text: str, codes: Mapping[str, Sequence[str]], levels: Sequence[str]) -> None:
        self.text, self.codes, self.levels = text, codes, levels
        self.tokens: list[tuple[str, bool, int]] = []  # what, whether it was in quotes, where
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.wrong(
                    f"{text[at:].strip()[0]!r} cannot stand here", len(text) - len(text[at:].lstrip())
                )
            what = found[1] or found[3] or found[2] or ""
            self.tokens.append(
                (what, found[2] is not None, found.start() + len(found[0]) - len(found[0].lstrip()))
            )
            at = found.end()
        self.next = 0

    def wrong(self, what: str, at: int | None = None) -> NotUnderstood:
        if at is None:
            at = self.tokens[self.next][2] if self.next < len(self.tokens) else len(self.text)
        return NotUnderstood(
            f"{what}, at character {at + 1} of {self.text!r}; write for example `year >= 2024`"
        )

    def peek(self, *wanted: str) -> bool:
        return self.next < len(self.tokens) and self.tokens[self.next][:2] in [(w, False) for w in wanted]

    def take(self, *wanted: str) -> bool:
        found = self.peek(*wanted)
        self.next += found
        return found

    def word(self, what: str) -> str:
        if self.next < len(self.tokens):
            word, quoted, _ = self.tokens[self.next]
            if quoted or (word not in _SIGNS and word not in ("(", ")", ",") and word not in _KEYWORDS):
                self.next += 1
                return word
        raise self.wrong(f"{what} is missing")

    def end(self) -> None:
        if self.next < len(self.tokens):
            raise self.wrong(
                f"{self.tokens[self.next][0]!r} is more than the restriction; join with `and` or `or`"
            )

    def expression(self, depth: int) -> Condition:
        return self.joined("or", lambda: self.joined("and", lambda: self.condition(depth)))

    def joined(self, by: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self.take(by):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(by, tuple(parts))

    def condition(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise self.wrong(f"more than {_DEEPEST} conditions stand inside each other")
        if self.take("not"):
            return Joined("not", (self.condition(depth + 1),))
        if self.take("("):
            inside = self.expression(depth + 1)
            if not self.take(")"):
                raise self.wrong("`)` is missing")
            return inside
        return self.comparison()

    def comparison(self) -> Comparison:
        at = self.next
        name = self.word("a name to compare")
        known = [YEAR, LEVEL, VERIFIED, *self.codes]
        if name not in known:
            self.next = at
            raise self.wrong(_unknown(f"{name!r} is nothing to restrict by", name, known))
        if self.take("in"):
            if not self.take("("):
                raise self.wrong("`(` is missing after `in`")
            words = [self.value(name, "=")]
            while self.take(","):
                words.append(self.value(name, "="))
            if not self.take(")"):
                raise self.wrong("`)` is missing")
            return Comparison(name, "=", tuple(words))
        sign = next((sign for sign in _SIGNS if self.take(sign)), None)
        if sign is None:
            raise self.wrong(f"after {name} one of {' '.join(_SIGNS)} or `in` is missing")
        if name not in (YEAR, LEVEL) and sign not in ("=", "!="):
            self.next -= 1
            raise self.wrong(f"{name} has no order: use = or !=")
        return Comparison(name, sign, (self.value(name, sign),))

    def value(self, name: str, sign: str) -> str:
        at = self.next
        word = self.word(f"what {name} {sign}")
        allowed = {LEVEL: self.levels, VERIFIED: ("yes", "no")}.get(name) or self.codes.get(name, ())
        if name == YEAR:
            if not re.fullmatch(r"[0-9]{4}", word):
                self.next = at
                raise self.wrong(f"{word!r} is no year of four digits")
        elif word not in allowed:
            self.next = at
            raise self.wrong(
                _unknown(f"{word!r} is no {'level' if name == LEVEL else f'code of {name}'}", word, allowed)
            )
        return word


def _unknown(what: str, word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"{what} (there are {', '.join(known[:12])}{' and more' if len(known) > 12 else ''}){meant}"
