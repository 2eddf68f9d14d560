"""How two records of one work become one: empty facts are filled, nothing is lost, little is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.doors.identifiers import address, arxiv_id, arxiv_year, derivable, doi, stable
from workbench.doors.people import family
from workbench.doors.titles import fold, is_markup
from workbench.doors.venues import published
from workbench.store.bibliography import DETAILS, Entry


def merge(kept: Entry, other: Entry) -> Entry:
    """Return one entry for two records of a work.

    The key and title stay those of ``kept``, a title that is none (``identity.is_markup``) aside. A published
    version's year, venue and type replace a preprint's; otherwise facts are only filled in. Every
    identifier of both is kept.

    Args:
        kept: the record that is there.
        other: the record that joins it.

    Returns:
        ``kept`` with what ``other`` adds.
    """
    printed = is_preprint(kept) and not is_preprint(other)
    first, second = (other, kept) if printed else (kept, other)
    entry = replace(
        kept,
        title=other.title if is_markup(kept.title) else kept.title,
        type=first.type,
        authors=merge_authors(kept.authors, other.authors),
        year=first.year if first.year is not None else second.year,
        venue=first.venue or second.venue,
        details=_details(first, second),
        doi=first.doi or second.doi,
        arxiv_id=first.arxiv_id or second.arxiv_id,
    )
    urls = [u for u in (first.url, second.url) if u]
    # an address that only repeats the DOI or arXiv id gives way to one that says more
    telling = [u for u in urls if not (derivable(u, entry) or derivable(u, first) or derivable(u, second))]
    entry = replace(entry, url=(telling or urls or [""])[0])
    further = dict.fromkeys(
        (
            *kept.other_ids,
            *other.other_ids,
            *(f"doi:{e.doi}" for e in (kept, other) if e.doi),
            *(f"arxiv:{e.arxiv_id}" for e in (kept, other) if e.arxiv_id),
            *(f"url:{u}" for u in telling),
        )
    )
    return replace(entry, other_ids=tuple(o for o in further if not _held(o, entry)))


def is_preprint(entry: Entry) -> bool:
    """Say whether a record is of a version that nobody has published: ``@misc`` at arXiv or nowhere."""
    return entry.type == "misc" and not published(entry)


def _details(first: Entry, second: Entry) -> tuple[tuple[str, str], ...]:
    """Return the further facts of both; volume, number and pages belong together and are of one of the two."""
    place = ("volume", "number", "pages")
    source = first if any(first.detail(n) for n in place) else second
    found = ((n, source.detail(n) if n in place else first.detail(n) or second.detail(n)) for n in DETAILS)
    return tuple((n, value) for n, value in found if value)


def _held(identifier: str, entry: Entry) -> bool:
    """Say whether an identifier already stands in an entry's own fields."""
    kind, value = identifier.split(":", 1)
    if kind == "doi":
        return value == entry.doi
    if kind == "arxiv":
        return value == entry.arxiv_id
    return value == entry.url or bool(stable(value) and stable(value) == stable(entry.url))


def merge_authors(kept: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """Return the fuller of two author lists of one work.

    An empty list is filled. A list cut with ``others``, or a shorter one, gives way to a longer one whose first
    family name agrees, unless that would lose somebody; otherwise the first list stays.
    """
    mine, theirs = ([n for n in names if n != "others"] for names in (kept, other))
    if not theirs:
        return tuple(kept)
    if not mine:
        return tuple(other)
    if family(mine[0]) != family(theirs[0]):
        return tuple(kept)
    known, further = {family(n) for n in mine}, {family(n) for n in theirs}
    cut, other_cut = kept[-1] == "others", other[-1] == "others"
    fuller = cut and not other_cut and len(theirs) >= len(mine)
    longer = len(theirs) > len(mine) and known <= further
    if not fuller and not longer:
        return tuple(kept)
    names = _spelt_out(theirs, mine)
    return (*names, "others") if cut and other_cut else tuple(names)


def _spelt_out(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return names, each as the other list has it where that spells out more of the given name."""
    by_family: dict[str, list[str]] = {}
    for name in others:
        by_family.setdefault(family(name), []).append(name)
    found = []
    for name in names:
        same = by_family.get(family(name), [])
        given, other = (fold(n.partition(",")[2]) for n in (name, same[0] if len(same) == 1 else ""))
        once = [family(n) for n in names].count(family(name)) == 1
        found.append(same[0] if once and len(other) > len(given) and other[:1] == given[:1] else name)
    return found


def first_public(*years: int | str | None, arxiv: Sequence[str] = ()) -> str:
    """Return the smallest of the years seen and of the arXiv ids' years, as a cell; empty when none is known."""
    seen = [int(y) for y in years if y not in (None, "")]
    seen += [y for i in arxiv if (y := arxiv_year(i)) is not None]
    return str(min(seen)) if seen else ""


def arxiv_ids(entry: Entry) -> list[str]:
    """Return every arXiv id of a work."""
    return [
        i
        for i in (entry.arxiv_id, *(o.removeprefix("arxiv:") for o in entry.other_ids if o[:6] == "arxiv:"))
        if i
    ]


def facts(key: str, title: str, raw_doi: str, raw_arxiv: str, raw_url: str) -> Entry:
    """Return an entry with a record's identifiers in our form, each found wherever it hides."""
    identifier = arxiv_id(raw_arxiv) or arxiv_id(raw_url) or arxiv_id(raw_doi)
    name = doi(raw_doi) or (doi(raw_url) if "doi.org/" in raw_url.lower() else "")
    return Entry(key, "misc", title, doi=name, arxiv_id=identifier, url=address(raw_url))
