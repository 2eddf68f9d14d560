"""Whether two records are the same work: certain, to be asked, or not.

Certain is what an identifier of a work says and nothing contradicts, or title, first author and year together. A
similarity is never certainty: everything else that may be one work is asked (``Verdict.kind`` maybe).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.doors import people
from workbench.doors.identifiers import identifiers
from workbench.doors.titles import (
    bare_title,
    cut_at_colon,
    few_words_apart,
    fold,
    is_markup,
    names_a_companion,
    same_name,
    similarity,
    spelt_otherwise,
    squeezed,
)
from workbench.doors.venues import first_page, numbers_differ, place, published, venues_agree
from workbench.store.bibliography import Entry

#: Titles of fewer letters and digits than this are borne by many works ("Introduction").
LEAST_TITLE = 20
#: A preprint lies at most this many years before its published form.
PREPRINT_YEARS = 3
#: Titles at least this similar (0 to 100) are worth a human's look, if authors and years allow.
NEAR = 88.0
#: One identifier of a single work may bear titles as unlike as this.
RETITLED = 75.0
#: Identifiers that are given to one work each, never to a book or an issue.
_OF_ONE_WORK = ("arxiv:", "openreview:", "post:", "pmlr:", "neurips:")
#: What may also be said of two records of one work; two others together leave no doubt.
_SOFT = ("numbers differ", "a year is missing", "short title", "one may be a companion of the other")
_KINDS = {
    "arxiv": "arXiv ids differ",
    "doi": "DOIs differ",
    "acl": "two Anthology papers",
    "pmlr": "two PMLR papers",
    "neurips": "two NeurIPS papers",
}


@dataclass(frozen=True)
class Verdict:
    """What a comparison found.

    Attributes:
        kind: same, maybe or different.
        score: how likely the two are one work, 0 to 100: the similarity of the titles, less for what speaks against.
        why: what speaks for and against.
        by_identifier: an identifier of theirs agrees.
    """

    kind: str
    score: float
    why: str
    by_identifier: bool = False


def compare(a: Entry, b: Entry) -> Verdict:
    """Say whether two records are the same work.

    Same, by identifier: an identifier agrees, the titles are one (as they stand, cut at the colon, trimmed, spelt
    otherwise) or the identifier is of a kind that only single works have and the first author agrees, and
    neither other identifiers, authors, years nor pages contradict it. Same, by title: titles and first authors
    agree after folding, the years agree or a preprint lies at most three years before its published form, and nothing
    contradicts it: another identifier, venue, number, volume or first page. A title cut at its colon must
    be of the same year and the same people, and what was cut must not read like a companion's name. Volume, first
    page, year and first author together are as good as an identifier. Maybe: whatever else may be one work.

    Args:
        a: a record.
        b: another.

    Returns:
        The verdict; symmetric in its kind.
    """
    ours, theirs = identifiers(a), identifiers(b)
    shared = sorted(ours & theirs)
    against = _other_identifiers(ours, theirs)
    where = place(a, b)
    gap = abs(a.year - b.year) if a.year is not None and b.year is not None else None
    if is_markup(a.title) or is_markup(b.title):
        if not shared:
            return Verdict("different", 0.0, "no title to compare")
        kind = "maybe" if against else "same"
        return Verdict(kind, 100.0, _said(f"same {shared[0]}; one has no title", against), True)
    title, score = _titles(a.title, b.title)
    if shared:
        return _by_identifier(a, b, shared, title, score, where, gap, against)
    first = people.first_agrees(a.authors, b.authors)
    likely = _likely(a, b, score, first, gap, where, against)
    _speak_against(a, b, gap, where, against)
    if first is False:
        against.insert(0, "authors differ")
    printed = [w for w in against if w not in ("venues differ", "numbers differ")]
    near = gap is not None and gap <= 1 and first is not False
    likely_page = title == "equal" or (first and not gap and (title == "trimmed" or score >= 70))
    if where == "same" and near and not printed and likely_page and _single(a, b, title):
        return Verdict("same", likely, f"{_TITLE[title]}, same year, volume and first page")
    if title in ("equal", "cut") and first and not against:
        doubt = _doubt(a, b, title, gap)
        if not doubt:
            return Verdict("same", likely, f"{_TITLE[title]}, first author and year agree")
        against.append(doubt)
    return _asked(a, b, title, score, first, gap, where, against, likely)


_TITLE = {
    "equal": "same title",
    "trimmed": "same title but for trimmings",
    "cut": "title cut at its colon",
    "spelt": "same title in two spellings",
    "": "titles differ",
}


def _titles(a: str, b: str) -> tuple[str, float]:
    """Return in which way two titles are one (a key of ``_TITLE``), and how alike they are."""
    if squeezed(a) == squeezed(b):
        return "equal", 100.0
    score = similarity(a, b)
    if squeezed(bare_title(a)) == squeezed(bare_title(b)):
        return "trimmed", score
    if cut_at_colon(a, b):
        return "cut", score
    return ("spelt" if spelt_otherwise(a, b) else ""), score


def _single(a: Entry, b: Entry, title: str) -> bool:
    """Say whether a page can bear no second such work: one does, unless the titles count or speak of another."""
    return title in ("equal", "trimmed") or not _counted(a.title, b.title)


def _counted(a: str, b: str) -> bool:
    """Say whether the words that only one of two titles has may tell companions apart."""
    mine, theirs = (Counter(re.findall(r"\d+|[^\W\d_]+", fold(title))) for title in (a, b))
    return any(names_a_companion(f"{word} and and") for word in ((mine - theirs) + (theirs - mine)))


def _companions(a: Entry, b: Entry, title: str, where: str) -> bool:
    """Say whether what one title has more may name another part of what both belong to."""
    if title == "cut":
        return where != "same" and names_a_companion(cut_at_colon(a.title, b.title), 2)
    return title == "trimmed" and _counted(a.title, b.title)


def _by_identifier(
    a: Entry,
    b: Entry,
    shared: Sequence[str],
    title: str,
    score: float,
    where: str,
    gap: int | None,
    against: list[str],
) -> Verdict:
    first = people.first_agrees(a.authors, b.authors)
    if people.strangers(a.authors, b.authors):
        against.append("authors differ")
    if gap is not None and gap > PREPRINT_YEARS:
        against.append(f"{gap} years apart")
    single = any(i.startswith(_OF_ONE_WORK) for i in shared)
    if where == "differ" and published(a) and published(b) and not single:
        against.append("volumes or pages differ")
    if not (title or where == "same" or (single and (first or score >= RETITLED))):
        against.insert(0, f"titles differ ({score:.0f} of 100 alike)")
    elif not single and _companions(a, b, title, where):
        against.append("one may be a companion of the other")
    name = f"same {shared[0]}"
    if against:
        likely = max(0.0, min(100.0, 60 + score / 2 - 20 * len(against)))
        return Verdict("maybe", likely, _said(name, against), True)
    told = name if title in ("equal", "trimmed") else f"{name}; {_TITLE[title]} ({score:.0f} of 100 alike)"
    return Verdict("same", max(score, 60.0), told, True)


def _speak_against(a: Entry, b: Entry, gap: int | None, where: str, against: list[str]) -> None:
    """Add what facts beside title and authors say against one work."""
    if published(a) and published(b) and not venues_agree(a.venue, b.venue):
        against.append("venues differ")
    if where == "differ" and ((published(a) and published(b)) or (first_page(a) and first_page(b))):
        against.append("volumes or pages differ")
    if numbers_differ(a, b) and where != "same":
        against.append("numbers differ")
    if gap is not None and gap > PREPRINT_YEARS:
        against.append(f"{gap} years apart")


def _doubt(a: Entry, b: Entry, title: str, gap: int | None) -> str:
    """Return what keeps equal titles of one first author from being certain; empty where nothing does."""
    if gap is None:
        return "a year is missing"
    if gap:
        earlier, later = (a, b) if (a.year or 0) < (b.year or 0) else (b, a)
        before_print = not published(earlier) and (published(later) or gap == 1)
        if not before_print and not (gap == 1 and not published(later)):
            return f"{gap} year{'s' * (gap > 1)} apart"
        if a.url and b.url and not (a.arxiv_id or b.arxiv_id or published(a) or published(b)):
            return f"{gap} year{'s' * (gap > 1)} apart"  # a report of every year, each at its own address
    everyone = people.all_agree(a.authors, b.authors)
    if title == "cut":
        added = cut_at_colon(a.title, b.title)
        if names_a_companion(added):
            return "one may be a companion of the other"
        if gap or not (everyone or len(people.named(a.authors)) == len(people.named(b.authors)) == 1):
            return "years or authors agree in part only"
    one_venue = published(a) and published(b)  # and they agree, else it would speak against
    if min(len(squeezed(a.title)), len(squeezed(b.title))) < LEAST_TITLE and not (everyone or one_venue):
        return "short title"
    return ""


def _likely(
    a: Entry,
    b: Entry,
    score: float,
    first: bool | None,
    gap: int | None,
    where: str,
    ids_against: Sequence[str],
) -> float:
    """Return how likely two records are one work, for sorting: 0 to 100."""
    likely = score
    likely += {True: 0, None: -6, False: -14}[first]
    likely += 10 * people.shared(a.authors, b.authors) if first is not True else 0
    likely -= min(12, 3 * (gap or 0))
    likely += {"same": 12, "differ": -10, "": 0}[where]
    likely -= 10 * len(ids_against)
    return max(0.0, min(100.0, likely))


def _asked(
    a: Entry,
    b: Entry,
    title: str,
    score: float,
    first: bool | None,
    gap: int | None,
    where: str,
    against: list[str],
    likely: float,
) -> Verdict:
    """Return maybe where a human should look, else different."""
    overlap = people.shared(a.authors, b.authors)
    known = {True: "first author agrees", None: "authors of one unknown", False: ""}[first]
    short = min(len(squeezed(bare_title(t))) for t in (a.title, b.title)) < LEAST_TITLE
    far = gap is not None and gap > PREPRINT_YEARS
    hard = [word for word in against if word not in _SOFT]
    if len(hard) >= 2 and where != "same" and set(hard) != {"venues differ", "volumes or pages differ"}:
        return Verdict("different", likely, ", ".join(against))
    why = _said(", ".join(filter(None, [_TITLE[title] if title else "titles alike", known])), against)
    if where == "same" and not far and (score >= 50 or first):
        return Verdict("maybe", likely, f"{why}; same volume and first page")
    if title in ("equal", "trimmed"):
        if first is False and short and not overlap:
            return Verdict("different", likely, "short title, authors differ")
        return Verdict("maybe", likely, why)
    if far or (first is False and overlap < 0.5):
        return Verdict("different", likely, ", ".join(against))
    if title == "cut" and (first or not short):
        return Verdict("maybe", likely, why)
    if (
        title == "spelt"
        or score >= (NEAR if first else NEAR + 4)
        or (first and few_words_apart(a.title, b.title))
    ):
        return Verdict("maybe", likely, why)
    elsewhere = set(against) <= {"venues differ"}  # a work may grow on its way from one venue to the next
    if elsewhere and (first or score >= RETITLED) and same_name(a.title, b.title):
        return Verdict("maybe", likely, f"titles begin with the same name, {known}")
    whole = people.named(a.authors)
    if (
        elsewhere
        and len(whole) >= 3
        and len(whole) == len(people.named(b.authors))
        and overlap == 1
        and (gap or 0) <= 1
    ):
        return Verdict("maybe", likely, "titles differ, but all authors are the same")
    return Verdict("different", likely, "titles differ")


def contradicted(a: Entry, b: Entry) -> bool:
    """Say whether identifiers, first authors or years speak against two records being one work."""
    gap = abs(a.year - b.year) if a.year is not None and b.year is not None else 0
    apart = gap > (1 if published(a) and published(b) else PREPRINT_YEARS)
    return (
        bool(_other_identifiers(identifiers(a), identifiers(b)))
        or people.strangers(a.authors, b.authors)
        or apart
    )


def _other_identifiers(ours: set[str], theirs: set[str]) -> list[str]:
    found = []
    for kind, said in _KINDS.items():
        mine, others = ({i for i in ids if i.startswith(f"{kind}:")} for ids in (ours, theirs))
        if mine and others and not mine & others:
            found.append(said)
    return found


def _said(speaks_for: str, against: Sequence[str]) -> str:
    return f"{speaks_for}, but {' and '.join(against)}" if against else speaks_for
