"""A query is a file: what is looked for, in words that a person reads and every engine runs.

``docs/searching.md`` explains the form with an example; here is its definition. The file says what stands in it and
nothing else: an unknown field, a concept given twice, a phrase that is none, YAML's anchors and aliases are faults,
each named with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, field_validator

from workbench.searching.phrases import BadPhrase, Phrase, parse
from workbench.store.batch import near
from workbench.store.budgets import incoming_bytes
from workbench.store.faults import Fault, Refused
from workbench.store.files import sha256
from workbench.store.yaml_files import Lines, read_model

#: The fields of a record that are searched.
FIELDS = ("title", "abstract")
#: The kind of phrases that are given as a plain list.
PLAIN = "phrase"
#: A query file is no larger: what somebody writes is not.
MOST_BYTES = 1_000_000
_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Name = Annotated[StrictStr, Field(pattern=_ID)]
Count = Annotated[StrictInt, Field(ge=1)]
Points = Annotated[StrictInt, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Near(_Strict):
    """How far apart two parts of a phrase may stand within their sentence: one of the two, or neither.

    Attributes:
        words: at most so many words between them.
        characters: at most so many characters: of the words between them, each counted with one blank.
    """

    words: Points | None = None
    characters: Points | None = None


class Years(_Strict):
    """Which years a record may be of, both included; a record of no known year stays.

    Attributes:
        first: the first year.
        last: the last year.
    """

    first: StrictInt | None = None
    last: StrictInt | None = None


class Kind(_Strict):
    """What a phrase of a kind is worth.

    Attributes:
        title: points where it stands in the title.
        abstract: points where it stands in the abstract.
        counts: ``phrases``: each phrase once a field; ``places``: every place, those of all the phrases of one list
            taken from left to right, shortest first, without overlap.
        most: at most so many places of a list count in a field.
    """

    title: Points = 0
    abstract: Points = 0
    counts: Annotated[StrictStr, Field(pattern="^(phrases|places)$")] = "phrases"
    most: dict[StrictStr, Count] = {}


class Concept(_Strict):
    """One thing that is looked for.

    Attributes:
        id: its name in this file.
        code: the code of the survey's headline facet that it stands for; empty where for none.
        fields: where it is looked for, if not in all the query's fields.
        phrases: its phrases; by kind where the query has several, a list in a list being counted as one.
        hit_when: when it is hit, if not as the query says.
    """

    id: Name
    code: StrictStr = ""
    fields: tuple[StrictStr, ...] = ()
    phrases: tuple[StrictStr, ...] | dict[Name, tuple[StrictStr | tuple[StrictStr, ...], ...]]
    hit_when: tuple[dict[StrictStr, Count], ...] = ()

    @field_validator("phrases", mode="before")
    @classmethod
    def _texts(cls, given: object) -> object:
        """Say plainly what is no phrase; the alternatives of the type would be told one by one."""
        if not isinstance(given, list | tuple | dict):
            raise ValueError("neither a list of phrases nor lists of phrases by kind")
        for kind, phrases in given.items() if isinstance(given, dict) else [(PLAIN, given)]:
            if not isinstance(phrases, list | tuple):
                raise ValueError(f"{kind} is no list of phrases")
            for item in phrases:
                inner = item if isinstance(item, list | tuple) and isinstance(given, dict) else [item]
                if not inner or not all(isinstance(text, str) for text in inner):
                    raise ValueError(f"{item!r} is no phrase: put it in quotes, or delete it")
        return given


class Rule(_Strict):
    """Which records the query finds: all of this must hold.

    Attributes:
        all_of: every concept here is hit; of a list in the list, any one.
        none_of: no concept here is hit.
        enough: any one line holds over the concepts that carry a code: ``points``, and how many phrases of a kind.
    """

    all_of: tuple[StrictStr | tuple[StrictStr, ...], ...] = ()
    none_of: tuple[StrictStr, ...] = ()
    enough: tuple[dict[StrictStr, Count], ...] = ()


class Cut(_Strict):
    """A cut made by a learner's score, on record beside the query and no part of it.

    Attributes:
        file: which file or source was cut.
        at_least: the least score that was kept.
        note: by which learner, and what else was kept.
    """

    file: StrictStr
    at_least: float
    note: StrictStr = ""


class Form(_Strict):
    """What stands in a query file.

    Attributes:
        title: what the query looks for, in a line.
        note: where it was run, and what a reader must know.
        fields: where phrases are looked for.
        years: which years a record may be of.
        near: how far apart the parts of a phrase with ``~`` may stand; anywhere in the sentence where not given.
        kinds: what phrases are worth, by kind.
        hit_when: when a concept is hit: any one line holds. A line counts different phrases of a kind (``strong: 1``),
            of a kind in one field (``weak in title: 1``), or ``points``. One phrase, where not given.
        concepts: what is looked for.
        rules: by name; the first is the one meant where none is named.
        cuts: what a learner cut off afterwards.
    """

    title: StrictStr
    note: StrictStr = ""
    fields: tuple[StrictStr, ...] = FIELDS
    years: Years = Years()
    near: Near = Near()
    kinds: dict[Name, Kind] = {PLAIN: Kind(title=1, abstract=1)}
    hit_when: tuple[dict[StrictStr, Count], ...] = ()
    concepts: Annotated[tuple[Concept, ...], Field(min_length=1)]
    rules: Annotated[dict[Name, Rule], Field(min_length=1)]
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class List:
    """Phrases of one kind that are counted together: a phrase by itself, or the phrases of a list in a list."""

    kind: str
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True)
class Query:
    """A query file, read and found right.

    Attributes:
        path: the file.
        sha256: digest of its bytes.
        form: what stands in it.
        lists: concept -> its phrases, in the order of the file.
    """

    path: Path
    sha256: str
    form: Form
    lists: dict[str, tuple[List, ...]]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The codes that its concepts stand for, in the order of the file."""
        return tuple(dict.fromkeys(c.code for c in self.form.concepts if c.code))

    def rule(self, name: str = "") -> str:
        """Return the name of a rule: the one asked for, or the first.

        Raises:
            Refused: there is none of that name.
        """
        names = list(self.form.rules)
        if name and name not in names:
            raise Refused([Fault(str(self.path), 0, name, "no such rule", f"one of {', '.join(names)}")])
        return name or names[0]


def read_query(path: Path, codes: tuple[str, ...] | None = None) -> Query:
    """Read a query file.

    Args:
        path: the file, YAML.
        codes: the codes of the survey's headline facet; None where they are not to be checked.

    Raises:
        Refused: with every fault found, each with its line.
    """
    faults: list[Fault] = []
    name = str(path)
    try:
        data = incoming_bytes(path, MOST_BYTES)
    except Refused as refused:
        raise Refused(replace(f, file=name) for f in refused.faults) from None
    remedy = "see docs/searching.md for what a query file may hold"
    form, lines = read_model(path.parent, path.name, Form, faults, remedy)
    faults = [replace(f, file=name) for f in faults]
    if form is None or faults:
        raise Refused(faults)
    lists = {c.id: tuple(_lists(c, number, lines, name, faults)) for number, c in enumerate(form.concepts)}
    faults += _faults(form, lines, name, codes)
    if faults:
        raise Refused(faults)
    return Query(path, sha256(data), form, lists)


def _lists(concept: Concept, number: int, lines: Lines, name: str, faults: list[Fault]) -> Iterator[List]:
    by_kind = concept.phrases if isinstance(concept.phrases, dict) else {PLAIN: concept.phrases}
    seen: dict[str, int] = {}
    if not any(by_kind.values()):
        line = lines.get(("concepts", number), 0)
        faults.append(
            Fault(name, line, concept.id, "a concept without a phrase", "give it phrases, or delete it")
        )
    for kind, given in by_kind.items():
        for place, item in enumerate(given):
            at: tuple[str | int, ...] = ("concepts", number, "phrases")
            at += (place,) if kind == PLAIN and (*at, place) in lines else (kind, place)
            parsed = []
            for inner, text in enumerate((item,) if isinstance(item, str) else item):
                line = lines.get((*at, inner), lines.get(at, 0))
                try:
                    parsed.append(parse(text))
                except BadPhrase as bad:
                    faults.append(Fault(name, line, concept.id, bad.reason, bad.remedy))
                    continue
                plain = " ".join(text.split())
                if plain in seen:
                    message = f"the phrase {plain!r} is given twice (first on line {seen[plain]})"
                    faults.append(Fault(name, line, concept.id, message, "delete one"))
                seen.setdefault(plain, line)
            yield List(kind, tuple(parsed))


def _faults(form: Form, lines: Lines, name: str, codes: tuple[str, ...] | None) -> Iterator[Fault]:
    """Yield what is wrong with the whole: names of nothing, names given twice, kinds and fields that are none."""

    def fault(at: tuple[str | int, ...], key: str, message: str, remedy: str) -> Fault:
        line = next((lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines), 0)
        return Fault(name, line, key, message, remedy)

    ids = [c.id for c in form.concepts]
    kinds = set(form.kinds)
    for number, concept in enumerate(form.concepts):
        at: tuple[str | int, ...] = ("concepts", number)
        if concept.id in ids[:number]:
            yield fault(
                (*at, "id"),
                concept.id,
                "a concept of this name stands further up",
                "join them, or rename one",
            )
        if concept.code and codes is not None and concept.code not in codes:
            yield fault(
                (*at, "code"), concept.id, f"unknown code {concept.code!r}", near(concept.code, codes)
            )
        used = concept.phrases if isinstance(concept.phrases, dict) else {PLAIN: ()}
        for kind in sorted(set(used) - kinds - {PLAIN}):
            yield fault((*at, "phrases", kind), concept.id, f"unknown kind {kind!r}", near(kind, kinds))
        yield from _bad_fields(concept.fields, (*at, "fields"), concept.id, fault)
        yield from _bad_lines(concept.hit_when, (*at, "hit_when"), concept.id, kinds, fault)
    yield from _bad_fields(form.fields, ("fields",), "", fault)
    yield from _bad_lines(form.hit_when, ("hit_when",), "", kinds, fault)
    if form.near.words is not None and form.near.characters is not None:
        yield fault(("near",), "", "near in words and in characters", "keep one of the two")
    years = form.years
    if years.first is not None and years.last is not None and years.first > years.last:
        yield fault(("years",), "", "the first year lies after the last", "exchange them")
    for kind_id, worth in form.kinds.items():
        for field in sorted(set(worth.most) - set(FIELDS)):
            yield fault(("kinds", kind_id, "most"), kind_id, f"unknown field {field!r}", near(field, FIELDS))
    for rule_id, rule in form.rules.items():
        at = ("rules", rule_id)
        named = [
            (i, n) for i, item in enumerate(rule.all_of) for n in ([item] if isinstance(item, str) else item)
        ]
        for place, concept_id in named:
            if concept_id not in ids:
                message = f"unknown concept {concept_id!r}"
                yield fault((*at, "all_of", place), rule_id, message, near(concept_id, ids))
        for place, concept_id in enumerate(rule.none_of):
            if concept_id not in ids:
                message = f"unknown concept {concept_id!r}"
                yield fault((*at, "none_of", place), rule_id, message, near(concept_id, ids))
        if not rule.all_of and not rule.enough:
            yield fault(at, rule_id, "a rule that every record meets", "say all_of or enough")
        yield from _bad_lines(rule.enough, (*at, "enough"), rule_id, kinds, fault)


def _bad_fields(fields: tuple[str, ...], at: tuple[str | int, ...], key: str, fault: Any) -> Iterator[Fault]:
    for field in fields:
        if field not in FIELDS:
            yield fault(at, key, f"unknown field {field!r}", near(field, FIELDS))


def _bad_lines(
    held: tuple[dict[str, int], ...], at: tuple[str | int, ...], key: str, kinds: set[str], fault: Any
) -> Iterator[Fault]:
    for number, line in enumerate(held):
        if not line:
            yield fault(
                (*at, number), key, "a line that always holds", "say what it counts, as in `points: 3`"
            )
        for measure in line:
            found = re.fullmatch(r"(\S+)(?: in (\S+))?", measure)
            known = found and found[1] in kinds | {"points", PLAIN} and found[2] in (None, *FIELDS)
            if not known:
                remedy = f"points, {', '.join(sorted(kinds))}, or one of these followed by `in title`, `in abstract`"
                yield fault((*at, number), key, f"unknown measure {measure!r}", remedy)
