"""Which records are the same work: identifiers first, then titles, first authors and years.

``compare`` answers for one pair; ``Finder`` names, for every incoming record, the works it must be compared
with, so that ten thousand records need not be compared each with each.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from workbench.store.bibliography import Entry

#: Titles of fewer letters and digits than this say too little to make two records one work by themselves.
LEAST_TITLE = 20
#: Titles at least this similar (0 to 100) make a pair worth a human's look, if authors and years allow.
NEAR = 88.0
#: Titles at least this similar are the same title in two spellings, if the authors agree throughout.
SAME_SPELLING = 96.0
#: A name that titles begin with (``PIXIU: ...``) has at least this many letters.
LEAST_HEAD = 4
#: A whole list of authors that two records share has at least this many.
LEAST_PEOPLE = 3
#: The first public version and the published one lie at most this many years apart.
YEARS_APART = 2

_ARXIV_ID = r"(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
_ARXIV = re.compile(rf"^(?:arxiv\s*:?\s*)?{_ARXIV_ID}(?:v\d+)?(?:\s*\[[\w.-]+\])?$", re.IGNORECASE)
_ARXIV_URL = re.compile(
    r"(?:arxiv\.org|alphaxiv\.org|ar5iv\.\w+(?:\.\w+)?)/(?:abs|pdf|html|e-print|format)/" + _ARXIV_ID,
    re.IGNORECASE,
)
_HF_PAPER = re.compile(r"huggingface\.co/papers/(\d{4}\.\d{4,5})", re.IGNORECASE)
_ARXIV_DOI = re.compile(rf"^10\.48550/arxiv\.{_ARXIV_ID}(?:v\d+)?$", re.IGNORECASE)
_ARXIV_WORDS = re.compile(
    rf"arxiv(?:\s+preprint)?(?:\s+arxiv)?\s*[:\s]\s*{_ARXIV_ID}|corr,?\s+abs/{_ARXIV_ID}", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s{}\\]+")
#: Hosts whose addresses stand for one work each. Others (a project's page, a badge) identify nothing.
STABLE_HOSTS = re.compile(
    r"(^|\.)(aclanthology\.org|aclweb\.org|openreview\.net|proceedings\.mlr\.press|papers\.nips\.cc|nips\.cc|"
    r"proceedings\.neurips\.cc|neurips\.cc|ijcai\.org|aaai\.org|icml\.cc|iclr\.cc|openaccess\.thecvf\.com|"
    r"dl\.acm\.org|ieeexplore\.ieee\.org|link\.springer\.com|jmlr\.org|nature\.com|science\.org|"
    r"sciencedirect\.com|ssrn\.com|biorxiv\.org|medrxiv\.org|osf\.io|zenodo\.org|isca-archive\.org|"
    r"usenix\.org|ndss-symposium\.org|lesswrong\.com|alignmentforum\.org|transformer-circuits\.pub|"
    r"distill\.pub|hal\.science|eprint\.iacr\.org|psyarxiv\.com)$"
)


def clean(text: str) -> str:
    """Return text with HTML entities resolved, composed (NFC), invisible characters and extra blanks gone."""
    if "&" in text:
        text = re.sub(r"&(?:[A-Za-z]{2,8}|#\d{2,6}|#x[0-9A-Fa-f]{2,5});", lambda m: html.unescape(m[0]), text)
    if text.isascii() and text.isprintable():  # nearly always
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    if not text.isascii() or not text.isprintable():
        text = "".join(
            c
            for c in text
            if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn") or c == "\u200d"
        )
    return " ".join(text.split())


_STYLE = r"zoom|width|height|margin|padding|float|display|border|vertical-align|text-align|font-[a-z]+"
_MARKUP = re.compile(rf"<img\b|<a\b|!\[|(?:^|;)\s*(?:{_STYLE})\s*:\s*[^;:]{{1,30}}(?:;|$)", re.IGNORECASE)


def is_markup(title: str) -> bool:
    """Say whether a title is not one but what a scraper left of a page: an image, a link, a style."""
    return bool(_MARKUP.search(title))


def arxiv_id(text: str) -> str:
    """Return the arXiv id that an id, address, DOI or ``eprint`` value names; else empty.

    Without version, and without the subject class of the old form: ``math.GT/0309136`` is ``math/0309136``.
    """
    text = text.strip()
    found = _ARXIV.match(text) or _ARXIV_DOI.match(text) or _ARXIV_URL.search(text) or _HF_PAPER.search(text)
    if found is None and (name := _DOI.search(unquote(text))):
        found = _ARXIV_DOI.match(name[0].rstrip(".,;"))
    return re.sub(r"\.[A-Za-z]{2}/", "/", found[1]).lower() if found else ""


def arxiv_in_words(text: str) -> str:
    """Return the arXiv id in words such as ``arXiv preprint arXiv:2306.10010``; else empty."""
    found = _ARXIV_WORDS.search(text)
    return (found[1] or found[2]) if found else ""


def arxiv_year(identifier: str) -> int | None:
    """Return the year an arXiv id was given in."""
    digits = re.search(r"(?:^|/)(\d\d)\d\d", identifier)
    if not digits:
        return None
    year = int(digits[1])
    return 1900 + year if year > 90 else 2000 + year


def doi(text: str) -> str:
    """Return a DOI in lower case without address, or empty; arXiv's own DOIs are arXiv ids, not DOIs."""
    found = _DOI.search(unquote(text))
    if not found:
        return ""
    name = found[0].rstrip(".,;").lower()
    if name.endswith(")") and name.count(")") > name.count("("):
        name = name[:-1]
    return "" if _ARXIV_DOI.match(name) else name


def address(text: str) -> str:
    """Return a web address that can stand in a file as it is, or empty."""
    text = text.strip()
    if not re.match(r"https?://(?!img\.shields\.io)[^\s/]+", text, re.IGNORECASE):  # a badge is no address
        return ""
    return (
        text.translate({ord("{"): "%7B", ord("}"): "%7D", ord("\\"): "%5C", ord(" "): "%20", ord("<"): "%3C"})
        if not re.search(r"[\t\n]", text)
        else ""
    )


@lru_cache(maxsize=65536)
def stable(url: str) -> str:
    """Return what identifies a work in its address (``acl:2022.acl-long.1``), or empty."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    if not STABLE_HOSTS.search(host) or not path:
        return ""
    if host.endswith("openreview.net"):
        ids = parse_qs(parts.query).get("id", [])
        return f"openreview:{ids[0]}" if ids else ""
    if host.endswith(("aclanthology.org", "aclweb.org")):
        name = path.rsplit("/", 1)[-1]
        return "acl:" + re.sub(r"(v\d)?\.(pdf|bib)$", "", name).lower()
    if "nips.cc" in host or "neurips.cc" in host:
        digest = re.search(r"[0-9a-f]{32}", path)
        if digest:
            return f"neurips:{digest[0]}"
    if host.endswith("proceedings.mlr.press"):
        volume = re.search(r"/(v\d+)/([\w-]+)", path)
        return f"pmlr:{volume[1]}/{volume[2]}" if volume else ""
    if host.endswith(("lesswrong.com", "alignmentforum.org")):
        post = re.search(r"/posts/(\w+)", path)
        return f"post:{post[1]}" if post else ""
    if path.count("/") == 1 and not re.search(r"\d", path) and not parts.query:
        return ""  # a host's section, not a work
    return f"url:{host}{re.sub(r'[.](pdf|html?)$', '', path)}" + (f"?{parts.query}" if parts.query else "")


def identifiers(entry: Entry) -> set[str]:
    """Return every identifier of a work in one form: ``doi:``, ``arxiv:``, ``acl:``, ``url:`` and others."""
    found = set()
    for kind, value in (
        ("doi", entry.doi),
        ("arxiv", entry.arxiv_id),
        ("url", entry.url),
        *(tuple(o.split(":", 1)) for o in entry.other_ids),
    ):
        if not value:
            continue
        if kind == "arxiv":
            found.add(f"arxiv:{value.lower()}")
        elif kind == "doi":
            found.add(f"doi:{value}")
            if anthology := re.match(r"10\.18653/v1/(.+)", value):
                found.add(f"acl:{anthology[1]}")
        elif identifier := arxiv_id(value):
            found.add(f"arxiv:{identifier.lower()}")
        elif re.match(r"https?://(dx\.)?doi\.org/", value) and (name := doi(value)):
            found.add(f"doi:{name}")
        elif name := stable(value):
            found.add(name)
    return found


def derivable(url: str, entry: Entry) -> bool:
    """Say whether an address follows from an entry's DOI or arXiv id and adds nothing."""
    identifier = arxiv_id(url)
    if identifier:
        return identifier == entry.arxiv_id or f"arxiv:{identifier}" in entry.other_ids
    return bool(re.match(r"https?://(dx\.)?doi\.org/", url)) and doi(url) == entry.doi != ""


@lru_cache(maxsize=131072)
def fold(text: str) -> str:
    """Return words in lower case, without accents, formulas' dollar signs and punctuation, one blank between."""
    text = re.sub(r"\\[A-Za-z]+|[{}$^_\\]", "", text) if re.search(r"[\\{$]", text) else text
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub(r"['’‘`´]", "", text)
    return " ".join(re.findall(r"[^\W_]+", text))


_LETTERS = str.maketrans(
    dict(zip("øØłŁđĐı×", "oOlLdDix", strict=True))
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "α": "alpha", "β": "beta"}
)


@lru_cache(maxsize=131072)
def bare_title(title: str) -> str:
    """Return a title without what reading lists hang on it: ``[ICLR'24]`` before, ``(SafeDecoding)`` after."""
    before = re.sub(r"^(?:\W*\[[^\]]{1,40}\]\s*[:-]?\s*)+(?=\w)", "", title)
    after = re.sub(r"(?:\s*[(\[][^()\[\]]{1,60}[)\]]\W*)+$", "", before)
    return after if len(fold(after)) >= 12 else before if len(fold(before)) >= 12 else title


def squeezed(title: str) -> str:
    """Return a title's letters and digits only: ``re-evaluating`` and ``reevaluating`` become the same."""
    return fold(title).replace(" ", "")


@lru_cache(maxsize=131072)
def family(name: str) -> str:
    """Return a person's family name folded (a body's whole name); accents and case do not count."""
    return fold(name.split(",")[0])


def first_family(entry: Entry) -> str:
    """Return the first author's family name folded, or empty."""
    return family(entry.authors[0]) if entry.authors and entry.authors[0] != "others" else ""


def authors_agree(a: Sequence[str], b: Sequence[str]) -> bool | None:
    """Say whether two author lists may be the same people; None where one of them is empty.

    They agree when the first family names do, when the first names have the same words in another order
    (``Li Wei`` and ``Wei, Li``), or when at least half of the shorter list's families (two or more) are shared.
    """
    mine = [n for n in a if n != "others"]
    theirs = [n for n in b if n != "others"]
    if not mine or not theirs:
        return None
    if family(mine[0]) == family(theirs[0]):
        return True
    words, others = set(fold(mine[0]).split()), set(fold(theirs[0]).split())
    if words == others or (len(words & others) >= 2):
        return True
    families, further = {family(n) for n in mine}, {family(n) for n in theirs}
    shared = len(families & further)
    return shared >= 2 and shared >= min(len(families), len(further)) / 2


def same_people(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether one list's families are all in the other, at least two of them, the first ones equal."""
    mine, theirs = ({family(n) for n in names if n != "others"} for names in (a, b))
    smaller, larger = sorted((mine, theirs), key=len)
    return len(smaller) >= 2 and smaller <= larger and family(a[0]) == family(b[0])


def similarity(a: str, b: str) -> float:
    """Return how alike two titles are, 0 to 100, words in any order."""
    from rapidfuzz import fuzz

    return float(fuzz.token_sort_ratio(fold(a), fold(b)))


def is_preprint(entry: Entry) -> bool:
    """Say whether a record is of a version that nobody has published: ``@misc`` at arXiv or nowhere."""
    return entry.type == "misc" and (not entry.venue or bool(re.match(r"(arxiv|corr)\b", entry.venue, re.I)))


@dataclass(frozen=True)
class Verdict:
    """What a comparison found.

    Attributes:
        kind: same, maybe or different.
        score: similarity of the titles, 0 to 100.
        why: what speaks for and against.
    """

    kind: str
    score: float
    why: str


def compare(a: Entry, b: Entry) -> Verdict:
    """Say whether two records are the same work.

    Same: a shared identifier; or equal titles (case, accents, punctuation and a reading list's trimmings aside)
    of 20 letters or more, authors that agree or are unknown on one side, years at most two apart, and no two
    arXiv ids, DOIs or addresses of one publisher that contradict each other. Titles in two spellings need
    authors that agree throughout. Maybe: similar titles, one title that is the other's part before the colon,
    or equal ones with something against it.

    Args:
        a: a record.
        b: another.

    Returns:
        The verdict; symmetric in its kind.
    """
    mine, theirs = squeezed(a.title), squeezed(b.title)
    score = 100.0 if mine == theirs else similarity(a.title, b.title)
    ours, others = identifiers(a), identifiers(b)
    against = _contradictions(a, b, ours, others)
    if shared := ours & others:
        name = sorted(shared)[0]
        if is_markup(a.title) or is_markup(b.title):
            return Verdict("same", score, f"same {name}; one has no title")
        if score < 80 and squeezed(bare_title(a.title)) != squeezed(bare_title(b.title)):
            if authors_agree(a.authors, b.authors) is False:
                against.insert(0, "authors differ")
            if against and score < 70:
                return Verdict("maybe", score, f"same {name}, but title and {' and '.join(against)}")
            return Verdict("same", score, f"same {name}; title differs ({score:.0f})")
        return Verdict("same", score, f"same {name}")
    if is_markup(a.title) or is_markup(b.title):
        return Verdict("different", 0.0, "no title to compare")
    agree = authors_agree(a.authors, b.authors)
    apart = abs(a.year - b.year) if a.year is not None and b.year is not None else 0
    if agree is False:
        against.append("authors differ")
    if apart > YEARS_APART:
        against.append(f"{apart} years apart")
    equal = mine == theirs
    trimmed = not equal and squeezed(bare_title(a.title)) == squeezed(bare_title(b.title))
    known = "first author agrees" if agree else "authors of one unknown"
    if equal or trimmed:
        what = "same title" if equal else "same title but for trimmings"
        length = len(squeezed(bare_title(a.title)))
        if not against and (length >= LEAST_TITLE or (agree and length >= 8)):
            return Verdict("same", score, f"{what}, {known}")
        if not against:
            against.append("short title, authors of one unknown")
        if agree is False and length < LEAST_TITLE:
            return Verdict("different", score, "short title, authors differ")
        return Verdict("maybe", score, f"{what}, but {' and '.join(against)}")
    numbers = _numbers(a.title) == _numbers(b.title)
    if score >= SAME_SPELLING and not against and numbers and same_people(a.authors, b.authors):
        return Verdict("same", score, f"title in two spellings ({score:.1f}), same people")
    if agree is False or apart > YEARS_APART:
        return Verdict("different", score, ", ".join(against))
    if head := _cut_at_colon(a.title, b.title):
        if agree and len(head) >= LEAST_TITLE and not against and same_people(a.authors, b.authors):
            return Verdict("same", score, "title cut at its colon, same people")
        if agree or len(head) >= LEAST_TITLE:
            why = ["title cut at its colon", known, *against]
            return Verdict("maybe", score, ", ".join(why))
    least = NEAR if agree else NEAR + 4
    if score >= least and (numbers or score >= SAME_SPELLING):
        why = [f"titles alike, {known}", *against, *([] if numbers else ["numbers differ"])]
        return Verdict("maybe", score, ", ".join(why))
    if not against and (agree or score >= 75) and _same_name(a.title, b.title):
        return Verdict("maybe", score, f"titles begin with the same name, {known}")
    families = _families(a.authors)
    if not against and len(families) >= LEAST_PEOPLE and families == _families(b.authors) and apart <= 1:
        return Verdict("maybe", score, "titles differ, but all authors are the same")
    return Verdict("different", score, "titles differ")


def _contradictions(a: Entry, b: Entry, ours: set[str], others: set[str]) -> list[str]:
    found = []
    for kind, said in (
        ("arxiv", "arXiv ids differ"),
        ("doi", "DOIs differ"),
        ("acl", "two Anthology papers"),
        ("pmlr", "two PMLR papers"),
        ("neurips", "two NeurIPS papers"),
    ):
        mine = {i for i in ours if i.startswith(f"{kind}:")}
        theirs = {i for i in others if i.startswith(f"{kind}:")}
        if mine and theirs and not mine & theirs:
            found.append(said)
    return found


def _numbers(title: str) -> Counter[str]:
    return Counter(re.findall(r"\d+|\b(?:i{1,3}|iv|v|vi{0,3})\b", fold(title)))


def _cut_at_colon(a: str, b: str) -> str:
    """Return the shorter title, squeezed, where the longer one continues it after a colon or dash; else empty."""
    heads = {squeezed(h) for t in (a, b) for h in _heads(t)}
    shorter, longer = sorted((squeezed(a), squeezed(b)), key=len)
    return shorter if shorter in heads and longer.startswith(shorter) and len(shorter) >= 8 else ""


def _same_name(a: str, b: str) -> bool:
    """Say whether two titles start with the same words before a colon, as a preprint and its later self may."""
    heads = {squeezed(h) for h in _heads(a)} & {squeezed(h) for h in _heads(b)}
    return any(len(h) >= LEAST_HEAD for h in heads)


def _families(authors: Sequence[str]) -> list[str]:
    return [family(n) for n in authors if n != "others"]


def _heads(title: str) -> Iterator[str]:
    for mark in re.finditer(r"\s*:\s+|\s+[-–—]\s+|[?!]\s+|\.\s+", title):
        yield title[: mark.start()]


class Finder:
    """Names, for every incoming record, the earlier records it may be the same work as.

    Args:
        entries: all records, those already there first.
        new: how many at the end are incoming; only pairs with one of them are found.
    """

    def __init__(self, entries: Sequence[Entry], new: int) -> None:
        self._entries, self._start = entries, len(entries) - new
        titles = [e.title for e in entries]
        self._titles = [fold(t) for t in titles]
        self._sorted = [" ".join(sorted(t.split())) for t in self._titles]
        self._bare = [squeezed(bare_title(t)) for t in titles]
        self._heads = [{squeezed(h) for h in _heads(t)} for t in titles]

    def pairs(self) -> dict[int, dict[int, float]]:
        """Return incoming record -> earlier record -> similarity of their titles (0 to 100)."""
        found: dict[int, dict[int, float]] = defaultdict(dict)
        self._equal(found)
        for block, cutoff in self._blocks():
            self._inside(block, cutoff, found)
        return found

    def _equal(self, found: dict[int, dict[int, float]]) -> None:
        from rapidfuzz import fuzz

        alike: dict[str, list[int]] = defaultdict(list)
        for number, title in enumerate(self._titles):
            for form in {title.replace(" ", ""), self._bare[number], *self._heads[number]}:
                if len(form) >= LEAST_HEAD:
                    alike[form].append(number)
            families = _families(self._entries[number].authors)
            if len(families) >= LEAST_PEOPLE:
                alike["by " + " ".join(families)].append(number)
        for numbers in alike.values():
            if len(numbers) > 200:  # "untitled"
                continue
            for later in (n for n in numbers if n >= self._start):
                for earlier in numbers:
                    if earlier < later and earlier not in found[later]:
                        score = fuzz.ratio(self._sorted[earlier], self._sorted[later])
                        found[later][earlier] = score

    def _blocks(self) -> Iterable[tuple[list[int], float]]:
        words = [set(t.split()) for t in self._titles]
        frequency = Counter(w for ws in words for w in ws)
        by_token: dict[str, list[int]] = defaultdict(list)
        by_start: dict[str, list[int]] = defaultdict(list)
        by_author: dict[tuple[str, int | None], list[int]] = defaultdict(list)
        for number, title in enumerate(self._titles):
            for token in sorted(words[number], key=lambda w: (frequency[w], w))[:4]:
                if 1 < frequency[token] <= 60:
                    by_token[token].append(number)
            by_start[" ".join(title.split()[:3])].append(number)
            year = self._entries[number].year
            if first := first_family(self._entries[number]):
                # two-year windows that overlap: years one apart always share one
                for y in {year, year + 1} if year is not None else {None}:
                    by_author[first, y].append(number)
        for blocks in (by_token, by_start, by_author):
            for block in blocks.values():
                if 1 < len(block) <= 400 and block[-1] >= self._start:
                    yield block, NEAR - 3

    def _inside(self, block: list[int], cutoff: float, found: dict[int, dict[int, float]]) -> None:
        import numpy as np
        from rapidfuzz import fuzz, process

        later = [n for n in block if n >= self._start]
        scores = process.cdist(
            [self._sorted[n] for n in later],
            [self._sorted[n] for n in block],
            scorer=fuzz.ratio,
            score_cutoff=cutoff,
            dtype=np.float32,
        )
        for row, column in zip(*np.nonzero(scores), strict=True):
            if block[column] < later[row]:
                found[later[row]][block[column]] = float(scores[row, column])
