"""Which records somebody means by some words, a DOI, an arXiv id or a key; with where each stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.doors.identifiers import arxiv_id, doi, identifiers
from workbench.doors.titles import fold
from workbench.store.bibliography import Entry, read_papers
from workbench.store.corpus import stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import recover
from workbench.store.standing import joined

#: Where the way of a record ended -> what is said of it; other boxes are said by their names.
_STANDS = {
    "not_sampled": "not drawn",
    "synthesis": "in, and coded",
    "unsettled": "in, coded, and not settled",
    "not_coded_twice": "in, and to be coded",
    "excluded_full_text": "out, by its full text",
    "excluded": "out",
    "other_excluded": "out",
    "pending": "being screened",
    "other_pending": "being screened",
}


def look_up(root: Path, words: str, *, most: int = 20) -> list[str]:
    """Return a line a record: key, first year, title, first author, and how far it came; best first.

    A DOI, an arXiv id or an address finds the work that has it, a key its record (also one that was merged away). Words
    find the records in whose title, authors and key each of them begins a word; case and accents do not matter.

    Args:
        root: the survey folder.
        words: what to look for.
        most: at most so many lines; a last one says how many more there are.

    Raises:
        Refused: nothing was asked, or a file is faulty.
    """
    if not words.strip():
        raise Refused([Fault("", 0, "", "nothing to look for", "give words, a DOI, an arXiv id or a key")])
    recover(root)
    faults: list[Fault] = []
    held = Decisions(root, faults)
    entries = read_papers(root, faults)
    leads = joined(stored(root, "merges", faults))
    if wrong := [f for f in faults if not f.warning]:
        raise Refused(wrong)
    found = list(_meant(entries, leads.get(words.strip(), words.strip())))
    reached = {r["paper"]: _STANDS.get(r["box"], r["box"].replace("_", " ")) for r in held.reached}
    lines = [
        _line(e, held.records.get(e.key, {}).get("first_public", ""), reached.get(e.key, "")) for e in found
    ]
    more = len(lines) - most
    return [*lines[:most], *([f"... and {more:,} more: give more words"] if more > 0 else [])]


def _meant(entries: list[Entry], words: str) -> Iterator[Entry]:
    asked = {i for i in (arxiv_id(words), doi(words)) if i}
    exact = [e for e in entries if e.key == words or asked & {i.partition(":")[2] for i in identifiers(e)}]
    if exact or asked:
        yield from exact
        return
    wanted = fold(words).split()
    for entry in entries:
        there = f" {fold(entry.title)} {fold(' '.join(entry.authors))} {entry.key.lower()}"
        if wanted and all(f" {word}" in there for word in wanted):
            yield entry


def _line(entry: Entry, year: str, reached: str) -> str:
    who = entry.authors[0].partition(",")[0] if entry.authors else "no author seen"
    more = " et al." if len(entry.authors) > 1 else ""
    return f"{entry.key}  {year or entry.year or '----'}  {entry.title}  ({who}{more})  {reached}"
