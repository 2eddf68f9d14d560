"""What a phrase of a query may look like, and what it asks for.

A phrase is words, folded like the texts (``workbench.searching.folding``). Besides words it may hold:

- ``*`` at the end of a word: any ending, none too. ``benchmark*`` finds benchmark, benchmarks, benchmarking.
- ``(a|b)``: a choice, also inside a word and nested: ``behavio(u|)r*``. An empty choice leaves nothing there. A
  star after a choice goes to each of its words: ``(model|agent)*``.
- ``a ~ b``: both in one sentence, in either order; with three parts or more, in the order written or wholly reversed.
  Parts do not overlap. The query's ``near`` says how far apart they may stand; ``a ~5 b`` says it for one place.
- ``a ~> b``: the same, in the order written only; ``a ~5> b`` with its own distance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.searching.folding import END, words

#: At most this many wordings come of one part's choices.
MOST_WORDINGS = 5000
_JOIN = re.compile(r"~(\d*)(>?)")
_ODD = re.compile(r"[\\\[\]{}^$+?\"“”<]|\.(?=[*+?])|&&")


class BadPhrase(ValueError):
    """What is wrong with a phrase, and its remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


@dataclass(frozen=True)
class Word:
    """A word of a phrase: itself, or with any ending."""

    text: str
    open: bool = False


Wording = tuple[Word, ...]


@dataclass(frozen=True)
class Join:
    """How two parts of a phrase stand together.

    Attributes:
        distance: how far apart at most, in the query's unit; None where the query's own distance holds.
        ordered: only in the order written.
    """

    distance: int | None = None
    ordered: bool = False


@dataclass(frozen=True)
class Phrase:
    """A phrase, parsed.

    Attributes:
        text: as written.
        parts: for each part its wordings; one part where there is no ``~``.
        joins: what stands between the parts, one fewer than parts.
    """

    text: str
    parts: tuple[tuple[Wording, ...], ...]
    joins: tuple[Join, ...] = ()


def parse(text: str) -> Phrase:
    """Return a phrase.

    Raises:
        BadPhrase: it is empty, holds signs of a regular expression, or is not well formed.
    """
    if not text.strip():
        raise BadPhrase("an empty phrase", "write words, or delete it")
    if odd := _ODD.search(text):
        raise BadPhrase(
            f"the sign {odd[0]!r} in the phrase {text!r}",
            "a phrase is words, * for any ending, (a|b) for a choice, ~ for within a sentence; no regular expression",
        )
    parts, joins, at = [], [], 0
    for join in _JOIN.finditer(text):
        parts.append(text[at : join.start()])
        joins.append(Join(int(join[1]) if join[1] else None, bool(join[2])))
        at = join.end()
    parts.append(text[at:])
    if len({j.ordered for j in joins}) > 1:
        raise BadPhrase(f"~ and ~> in one phrase {text!r}", "write all of its joins in one way")
    return Phrase(text, tuple(_wordings(p, text) for p in parts), tuple(joins))


def _wordings(part: str, whole: str) -> tuple[Wording, ...]:
    if not part.strip():
        raise BadPhrase(f"nothing beside ~ in the phrase {whole!r}", "write words on both sides of ~")
    if ">" in part:
        raise BadPhrase(f"the sign '>' in the phrase {whole!r}", "write ~> for: in this order")
    found: dict[Wording, None] = {}
    for wording in _choices(part, whole):
        found[_wording(wording, whole)] = None
    return tuple(found)


def _choices(part: str, whole: str) -> list[str]:
    """Return all wordings of a part: every choice taken, innermost first."""
    done: list[str] = []
    waiting = [part]
    while waiting:
        text = waiting.pop()
        group = re.search(r"\(([^()]*)\)(\*?)", text)
        if not group:
            if set(text) & set("()|"):
                remedy = "write (a|b): every ( has its ), and | stands within them"
                raise BadPhrase(f"a choice that is not closed in the phrase {whole!r}", remedy)
            done.append(text)
            continue
        if "|" not in group[1]:
            raise BadPhrase(
                f"brackets without a choice in the phrase {whole!r}", "write (a|b), or no brackets"
            )
        for choice in reversed(group[1].split("|")):
            star = group[2] if choice.strip() else ""
            waiting.append(text[: group.start()] + choice + star + text[group.end() :])
        if len(waiting) + len(done) > MOST_WORDINGS:
            message = f"more than {MOST_WORDINGS} wordings in the phrase {whole!r}"
            raise BadPhrase(message, "split it into several phrases")
    return done


def _wording(text: str, whole: str) -> Wording:
    found: list[Word] = []
    for piece in text.split():
        stem, star, rest = piece.partition("*")
        if rest:
            raise BadPhrase(f"a star inside the word {piece!r} of {whole!r}", "a star stands at a word's end")
        folded = [w for w in words(stem) if w != END]
        if star and (not folded or not stem[-1:].isalnum()):
            raise BadPhrase(
                f"a star without a word in the phrase {whole!r}", "write the word's beginning before it"
            )
        found += [Word(w) for w in folded]
        if star:
            found[-1] = Word(folded[-1], open=True)
    if not found:
        raise BadPhrase(f"the phrase {whole!r} leaves no word", "write at least one word in every choice")
    return tuple(found)
