"""Which pairs of records are worth comparing, so that ten thousand need not be compared each with each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from workbench.doors.people import family, named
from workbench.doors.titles import LEAST_HEAD, bare_title, fold, heads, squeezed, tails
from workbench.doors.venues import first_page
from workbench.store.bibliography import Entry

#: Titles less alike than this (0 to 100) are not looked at, unless something else brings the pair up.
NEAR = 80.0
#: A whole list of authors that two records share has at least this many.
LEAST_PEOPLE = 3


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
        self._heads = [{squeezed(h) for h in (*heads(t), *tails(t))} for t in titles]

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
            entry = self._entries[number]
            families = [family(n) for n in named(entry.authors)]
            if len(families) >= LEAST_PEOPLE:
                alike["by " + " ".join(families)].append(number)
            if entry.details and (page := first_page(entry)) and (volume := entry.detail("volume")):
                alike[f"at {volume} {page}"].append(number)
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
            if first := next((family(n) for n in named(self._entries[number].authors)), ""):
                # two-year windows that overlap: years one apart always share one
                for y in {year, year + 1} if year is not None else {None}:
                    by_author[first, y].append(number)
        for blocks in (by_token, by_start, by_author):
            for block in blocks.values():
                if 1 < len(block) <= 400 and block[-1] >= self._start:
                    yield block, NEAR

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
