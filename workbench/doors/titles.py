"""When two titles are one: what is cleaned on the way in, what is folded away, and what a difference means."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

#: A name that titles begin with (``PIXIU: ...``) has at least this many letters.
LEAST_HEAD = 4
#: A subtitle that was left away somewhere has at least this many words; shorter ones say what kind of companion it is.
LEAST_SUBTITLE = 3

_STYLE = r"zoom|width|height|margin|padding|float|display|border|vertical-align|text-align|font-[a-z]+"
_MARKUP = re.compile(rf"<img\b|<a\b|!\[|(?:^|;)\s*(?:{_STYLE})\s*:\s*[^;:]{{1,30}}(?:;|$)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#x[0-9A-Fa-f]{2,5});")
_INLINE = (
    r"i|b|u|s|em|strong|sub|sup|scp|sc|small|big|tt|code|span|font|inf|it|italic|bold|underline|monospace|roman|sans-serif|"
    r"emph|nobr|mark|q|cite|abbr|title|inline-formula|tex-math|math|semantics|m(?:row|i|n|o|text|sub|sup|subsup|frac|sqrt|"
    r"over|under|underover|style|space|stretchy|fenced|table|tr|td|padded|phantom|root|enclose|multiscripts|prescripts)"
)
_TEX_NOTE = re.compile(r"<(?:\w+:)?annotation\b[^>]*>.*?</(?:\w+:)?annotation\s*>", re.IGNORECASE | re.DOTALL)
_INLINE_TAG = re.compile(rf"</?(?:[a-z]\w*:)?(?:{_INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_OTHER_TAG = re.compile(r"</?(?:[a-z]\w*:[\w-]+|p|br|div|li|ul|ol|h[1-6]|sec)(?:\s[^<>]*)?/?>", re.IGNORECASE)


#: What has no shape: control characters, marks of direction, zero-width blanks. Letters of a newer Unicode or of
#: somebody's own font are none of these, and stay.
_UNSEEN = ("Cc", "Cf")
#: Without these some scripts and signs read otherwise.
_JOINERS = "\u200c\u200d"


def clean(text: str) -> str:
    """Return text without what web pages and editors hang on it.

    HTML entities (also those written twice over, ``&amp;lt;``) are resolved, tags of HTML, JATS and MathML taken
    off and their content kept, letters composed (NFC), invisible characters and extra blanks taken out. A lone ``<`` or
    ``>`` is none of these and stays.
    """
    for _ in range(2):
        if "&" in text:
            text = _ENTITY.sub(lambda m: html.unescape(m[0]), text)
    if "<" in text and ">" in text:
        text = _OTHER_TAG.sub(" ", _INLINE_TAG.sub("", _TEX_NOTE.sub("", text)))
    if text.isascii() and text.isprintable():  # nearly always
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    if not text.isascii() or not text.isprintable():
        text = "".join(
            c for c in text if c.isspace() or c in _JOINERS or unicodedata.category(c) not in _UNSEEN
        )
    return " ".join(text.split())


def is_markup(title: str) -> bool:
    """Say whether a title is not one but what a scraper left of a page: an image, a link, a style."""
    return bool(_MARKUP.search(title))


_LETTERS = str.maketrans(
    dict(zip("øØłŁđĐı×", "oOlLdDix", strict=True))
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "&": " and "}
    | {
        chr(code): unicodedata.name(chr(code)).split(" LETTER ")[-1].split(" WITH ")[0].lower()
        for code in range(0x391, 0x3CA)
        if unicodedata.category(chr(code)).startswith("L")
    }
)


@lru_cache(maxsize=131072)
def fold(text: str) -> str:
    """Return words in lower case, without accents, formulas' dollar signs and punctuation, one blank between."""
    text = re.sub(r"\\[A-Za-z]+|[{}$^_\\]", "", text) if re.search(r"[\\{$]", text) else text
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"['’‘`´]", "", text)
    return " ".join(re.findall(r"[^\W_]+", text))


@lru_cache(maxsize=131072)
def bare_title(title: str) -> str:
    """Return a title without what reading lists hang on it: ``[ICLR'24]`` before, ``(SafeDecoding)`` after."""
    before = re.sub(r"^(?:\W*\[[^\]]{1,40}\]\s*[:-]?\s*)+(?=\w)", "", title)
    after = re.sub(r"(?:\s*[(\[][^()\[\]]{1,60}[)\]]\W*)+$", "", before)
    return after if len(fold(after)) >= 12 else before if len(fold(before)) >= 12 else title


def squeezed(title: str) -> str:
    """Return a title's letters and digits only: ``re-evaluating`` and ``reevaluating`` become the same."""
    return fold(title).replace(" ", "")


def similarity(a: str, b: str) -> float:
    """Return how alike two titles are, 0 to 100, words in any order."""
    from rapidfuzz import fuzz

    return float(fuzz.token_sort_ratio(fold(a), fold(b)))


def heads(title: str) -> Iterator[str]:
    """Give what stands before each mark that may begin a subtitle."""
    for mark in re.finditer(r"\s*:\s+|\s+[-–—]\s+|[?!]\s+|\.\s+", title):
        yield title[: mark.start()]


def tails(title: str) -> Iterator[str]:
    """Give what stands after each mark that may begin a subtitle: ``Erratum: ...`` and its work have one."""
    for mark in re.finditer(r"\s*:\s+|\s+[-–—]\s+", title):
        yield title[mark.end() :]


def cut_at_colon(a: str, b: str) -> str:
    """Return what the longer title adds after a colon or dash where the shorter one ends there; else empty."""
    shorter, longer = sorted((a, b), key=lambda t: len(squeezed(t)))
    wanted = squeezed(shorter)
    if len(wanted) < 8 or not squeezed(longer).startswith(wanted):
        return ""
    return next((longer[len(h) :] for h in heads(longer) if squeezed(h) == wanted), "")


def same_name(a: str, b: str) -> bool:
    """Say whether two titles start with the same words before a colon, as a preprint and its later self may."""
    both = {squeezed(h) for h in heads(a)} & {squeezed(h) for h in heads(b)}
    return any(len(h) >= LEAST_HEAD for h in both)


_COUNTING = re.compile(
    r"\d|^(?:[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|fourth|fifth|parts?|volumes?|"
    r"chapters?|numbers?|[b-h])$"
)
_ABOUT_ANOTHER = re.compile(
    r"^(?:errat|corrig|correct|retract|withdraw|addend|append|supplement|repl[yi]|respon|comment|rejoinder|discussion|"
    r"sequel|follow|continu|extend|extension|revisit|update|replicat|again|summary|review|protocol|abstract|poster|"
    r"editorial|introduction|preface)"
)


def names_a_companion(words: str, within: int = 1000) -> bool:
    """Say whether words that one title has and another lacks may tell companions apart: a count, an erratum.

    Used against certainty only: no pair is taken for one work because of it.

    Args:
        words: what one of two titles has more.
        within: only so many words at its beginning are looked at.
    """
    told = fold(words).split()
    return len(told) < LEAST_SUBTITLE or any(
        _COUNTING.search(w) or _ABOUT_ANOTHER.match(w) for w in told[:within]
    )


def few_words_apart(a: str, b: str) -> bool:
    """Say whether one title is the other with a word or two changed, or with words before or after it."""
    mine, theirs = Counter(fold(a).split()), Counter(fold(b).split())
    common = (mine & theirs).total()
    more, other = (mine - theirs).total(), (theirs - mine).total()
    return common >= 4 and (max(more, other) <= 2 or (0 in (more, other) and more + other <= common))


def spelt_otherwise(a: str, b: str) -> bool:
    """Say whether two titles have the same words, some in another spelling, and none more.

    A word of five letters or more, all of them letters, may differ by one letter left out, put in or changed
    past its first three; a word may be written apart or together. What differs in a short word, a number or a
    whole word (``with`` and ``without``) is another title.
    """
    from rapidfuzz.distance import Levenshtein

    mine, theirs = fold(a).split(), fold(b).split()
    if len(mine) != len(theirs):
        return "".join(mine) == "".join(theirs)
    changed = 0
    for one, other in zip(mine, theirs, strict=True):
        if one == other:
            continue
        changed += 1
        if not (
            one.isalpha() and other.isalpha() and min(len(one), len(other)) >= 5 and one[:3] == other[:3]
        ):
            return False
        if Levenshtein.distance(one, other) > 1:
            return False
    return changed <= 2
