"""Which records a query finds: the small matcher that every other engine is held against.

A text is folded once into an array of words (``workbench.searching.folding``). The wordings of all phrases stand in one
tree of words, so that a text is read once for any number of phrases; what a word leads to is looked up once for every
different word. Phrases with ``~`` are looked at only where their first part was met.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from workbench.searching.folding import END, words
from workbench.searching.phrases import Join, Phrase, Word, Wording
from workbench.searching.query import FIELDS, Kind, Query

#: From the place of a part's first word to one past its last.
Span = tuple[int, int]


@dataclass(frozen=True)
class Found:
    """What a query makes of a record.

    Attributes:
        hit: the record is found.
        points: of all its concepts.
        concepts: those that are hit, in the order of the file.
        codes: what these stand for, each once, in the order of the file.
    """

    hit: bool
    points: int
    concepts: tuple[str, ...]
    codes: tuple[str, ...]


class _Node(dict[str, tuple["_Node", ...]]):
    """A place in the tree of wordings: word -> where it leads, looked up when the word is first met."""

    def __init__(self) -> None:
        super().__init__()
        self.exact: dict[str, _Node] = {}
        self.open: dict[str, _Node] = {}
        self.parts: frozenset[int] = frozenset()  # those with a wording that ends here

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def grow(self, word: Word) -> _Node:
        return (self.open if word.open else self.exact).setdefault(word.text, _Node())

    def __missing__(self, word: str) -> tuple[_Node, ...]:
        to = [self.exact[word]] if word in self.exact else []
        to += [self.open[word[:n]] for n in range(1, len(word) + 1) if word[:n] in self.open]
        self[word] = held = tuple(to)
        return held


@dataclass(frozen=True)
class _Asked:
    """A phrase with its parts as numbers, and the list it counts in."""

    parts: tuple[int, ...]
    joins: tuple[Join, ...]
    list: int


class Matcher:
    """A query, ready to be run over any number of records."""

    def __init__(self, query: Query, rule: str = "") -> None:
        """Make a matcher.

        Args:
            query: the query.
            rule: name of one of its rules; empty for the first.

        Raises:
            Refused: there is no such rule.
        """
        form = query.form
        self.query = query
        self._rule = form.rules[query.rule(rule)]
        self._near = form.near
        self._root = _Node()
        self._concepts = form.concepts
        self._lists = [
            (c, held) for c, concept in enumerate(form.concepts) for held in query.lists[concept.id]
        ]
        self._kinds = [form.kinds.get(held.kind, Kind()) for _, held in self._lists]
        self._wanted = [set(c.fields or form.fields) for c in form.concepts]
        self._hit_when = [c.hit_when or form.hit_when for c in form.concepts]
        numbers: dict[tuple[Wording, ...], int] = {}
        self._ends: list[list[_Node]] = []  # part -> where its wordings end
        self._by_part: dict[int, list[_Asked]] = defaultdict(list)
        for number, (_, held) in enumerate(self._lists):
            for phrase in held.phrases:
                asked = self._asked(phrase, number, numbers)
                self._by_part[asked.parts[0]].append(asked)

    def _asked(self, phrase: Phrase, number: int, numbers: dict[tuple[Wording, ...], int]) -> _Asked:
        for part in phrase.parts:
            if part not in numbers:
                numbers[part] = len(numbers)
                self._ends.append([self._end(wording) for wording in part])
                for node in self._ends[-1]:
                    node.parts |= {numbers[part]}
        return _Asked(tuple(numbers[p] for p in phrase.parts), phrase.joins, number)

    def _end(self, wording: Wording) -> _Node:
        node = self._root
        for word in wording:
            node = node.grow(word)
        return node

    def __call__(self, title: str, abstract: str, year: int | None = None) -> Found:
        """Return what the query makes of a record; a year that is not known keeps no record out."""
        seen = [self._counts(words(text)) for text in (title, abstract)]
        tallies = self._tallies(seen)
        hit = {
            self._concepts[c].id: tally
            for c, tally in sorted(tallies.items())
            if _holds(self._hit_when[c], tally) or (not self._hit_when[c] and tally)
        }
        whole: dict[str, int] = defaultdict(int)
        for tally in tallies.values():
            for measure, count in tally.items():
                whole[measure] += count
        ids = tuple(c.id for c in self._concepts if c.id in hit)
        codes = tuple(dict.fromkeys(c.code for c in self._concepts if c.code and c.id in hit))
        return Found(self._is_hit(hit, whole, year), whole["points"], ids, codes)

    def _is_hit(self, hit: Mapping[str, object], whole: Mapping[str, int], year: int | None) -> bool:
        rule, years = self._rule, self.query.form.years
        if year is not None and not (years.first or year) <= year <= (years.last or year):
            return False
        if any(c in hit for c in rule.none_of):
            return False
        for item in rule.all_of:
            if not any(c in hit for c in ((item,) if isinstance(item, str) else item)):
                return False
        return not rule.enough or _holds(rule.enough, whole)

    def _tallies(self, seen: Sequence[Mapping[int, int]]) -> dict[int, dict[str, int]]:
        """Return concept -> measure -> count, over the concepts of which a phrase was met."""
        tallies: dict[int, dict[str, int]] = {}
        for number in sorted({n for counts in seen for n in counts}):
            concept, held = self._lists[number]
            kind = self._kinds[number]
            met = False
            for field, counts in zip(FIELDS, seen, strict=True):
                count = counts.get(number, 0)
                if not count or field not in self._wanted[concept]:
                    continue
                tally = tallies.setdefault(concept, defaultdict(int))
                if not met:
                    tally[held.kind] += 1
                met = True
                points = (kind.title if field == "title" else kind.abstract) * min(
                    count, kind.most.get(field, count)
                )
                tally[f"{held.kind} in {field}"] += 1
                tally["points"] += points
                tally[f"points in {field}"] += points
        return tallies

    def _counts(self, text: list[str]) -> dict[int, int]:
        """Return list -> how often it counts in a text: once, or by places."""
        ends: dict[_Node, list[Span]] = defaultdict(list)
        for at, word in enumerate(text):
            for node in self._root[word]:
                waiting = [(node, at + 1)]
                while waiting:
                    here, end = waiting.pop()
                    if here.parts:
                        ends[here].append((at, end))
                    if end < len(text) and (here.exact or here.open):
                        waiting += [(further, end + 1) for further in here[text[end]]]
        met = frozenset().union(*(node.parts for node in ends))
        counts: dict[int, int] = {}
        places: dict[int, set[Span]] = defaultdict(set)
        stands = _Standing(text, self._near.words, self._near.characters)
        for asked in (a for part in met for a in self._by_part.get(part, ())):
            by_place = self._kinds[asked.list].counts == "places"
            if (not by_place and asked.list in counts) or not met.issuperset(asked.parts):
                continue
            spans = [[s for node in self._ends[p] if node in ends for s in ends[node]] for p in asked.parts]
            found = stands.together(asked, spans)
            if by_place:
                places[asked.list].update(found)
            elif next(found, None):
                counts[asked.list] = 1
        for number, held in places.items():
            counts[number] = _apart(held)
        return counts


class _Standing:
    """How the words of a text stand: in which sentence, how far from the start; reckoned when first asked for."""

    def __init__(self, text: list[str], most_words: int | None, most_characters: int | None) -> None:
        self._text = text
        self._words = most_words
        self._characters = most_characters
        self._sentence: list[int] = []
        self._offset: list[int] = []

    def together(self, asked: _Asked, spans: Sequence[Sequence[Span]]) -> Iterator[Span]:
        """Yield where the parts of a phrase stand together, from the first word to one past the last."""
        if len(spans) == 1:
            yield from spans[0]
            return
        if not self._sentence:
            self._sentence = list(accumulate((w == END for w in self._text), initial=0))
            if self._words is None:  # a distance given in a phrase is in the query's unit
                self._offset = list(accumulate((len(w) + 1 for w in self._text), initial=0))
        yield from self._chain(spans, asked.joins, 0, None)
        if not asked.joins[0].ordered:
            yield from self._chain(spans[::-1], asked.joins[::-1], 0, None)

    def _chain(
        self, spans: Sequence[Sequence[Span]], joins: Sequence[Join], number: int, before: Span | None
    ) -> Iterator[Span]:
        for start, end in spans[number]:
            if before is not None and not self._near(before[1], start, joins[number - 1]):
                continue
            whole = (start if before is None else before[0], end)
            if number + 1 == len(spans):
                yield whole
            else:
                yield from self._chain(spans, joins, number + 1, whole)

    def _near(self, end: int, start: int, join: Join) -> bool:
        if start < end or self._sentence[start] != self._sentence[end - 1]:
            return False
        if self._words is not None or (self._characters is None and join.distance is not None):
            most = self._words if join.distance is None else join.distance
            return most is None or start - end <= most
        most = self._characters if join.distance is None else join.distance
        return most is None or self._offset[start] - self._offset[end] <= most


def _apart(spans: set[Span]) -> int:
    """Return how many places there are without overlap, from left to right, shortest first."""
    count = last = 0
    for start, end in sorted(spans):
        if start >= last:
            count, last = count + 1, end
    return count


def _holds(lines: Sequence[Mapping[str, int]], tally: Mapping[str, int]) -> bool:
    return any(all(tally.get(measure, 0) >= least for measure, least in line.items()) for line in lines)
