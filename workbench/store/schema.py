"""The coding schema: what coders may say, read from ``coding_schema/schema.yaml`` and checked."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

from workbench.store.faults import Fault, Refused
from workbench.store.files import read_data, sha256
from workbench.store.yaml_files import Lines, read_model

if TYPE_CHECKING:
    from analysis.selection import Asked

PATH = "coding_schema/schema.yaml"
#: What the survey says of itself; see ``workbench.store.settings``.
SETTINGS = "survey.yaml"
#: What may be read of a paper, from least to most.
BASES = ("title", "abstract", "full-text")
#: The schema last read of each survey, with the digest of its file: it takes a second to read, and doors need it often.
_READ: dict[Path, tuple[str, Schema | None, list[Fault]]] = {}

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Basis = Literal["title", "abstract", "full-text"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Term(_Part):
    """Something with an id and a definition: a level, a role, a side, a reason."""

    id: Id
    name: Words = ""
    definition: Words
    good: str = ""
    bad: str = ""
    source: str = ""


class Role(Term):
    """What the evidence is to the paper.

    Attributes:
        levels: the levels that go with it; any where none is named.
        mitigates: the values of ``mitigates`` that go with it; any where none is named.
    """

    levels: tuple[Id, ...] = Field(default=(), strict=False)
    mitigates: tuple[Id, ...] = Field(default=(), strict=False)


class Neighbour(_Part):
    """A mode this one is confused with, and the rule that separates them."""

    id: Id
    rule: Words


class Counterpart(_Part):
    """The mode of another side that is this one's counterpart, and why."""

    id: Id
    reason: Words


class Code(_Part):
    """One code of a facet; failure modes carry the fields below the line."""

    id: Id
    name: Words
    definition: Words
    include_when: str = ""
    exclude_when: str = ""
    assessable_from: Basis | None = None
    #: No other code of its facet is given beside it. The facet's rules say so in words; this lets the doors hold to it.
    alone: bool = False
    # ---- failure modes only
    side: str = ""
    goodhart: str = ""
    synonyms: tuple[Words, ...] = Field(default=(), strict=False)
    #: Words by which coders look for it; no term of the field, so that no analysis searches titles for them.
    everyday: tuple[Words, ...] = Field(default=(), strict=False)
    neighbours: tuple[Neighbour, ...] = Field(default=(), strict=False)
    counterparts: tuple[Counterpart, ...] = Field(default=(), strict=False)
    good: str = ""
    bad: str = ""
    example_keys: tuple[str, ...] = Field(default=(), strict=False)


class Cardinality(_Part):
    """How many codes of a facet a coding carries: at least ``min``, at most ``max`` (none: any number)."""

    min: int
    max: int | None


class Facet(_Part):
    """One question asked of every paper, with the codes that answer it."""

    id: Id
    name: Words
    question: Words
    cardinality: Cardinality
    principal: bool = False
    levelled: bool = False
    assessable_from: Basis
    rules: tuple[Words, ...] = Field(default=(), strict=False)
    codes: tuple[Code, ...] = Field(min_length=1, strict=False)

    def code(self, code: str) -> Code | None:
        """Return the code with this id, or None."""
        return next((c for c in self.codes if c.id == code), None)

    def assessable(self, code: str, basis: str) -> bool:
        """Say whether a code can be told from what was read."""
        found = self.code(code)
        least = (found.assessable_from if found else None) or self.assessable_from
        return BASES.index(basis) >= BASES.index(least)


class Rule(_Part):
    """A general coding rule."""

    id: Id
    text: Words


class Screening(_Part):
    """What is in and what is out."""

    question: Words
    criteria: tuple[Term, ...] = Field(min_length=1, strict=False)
    reasons: tuple[Term, ...] = Field(min_length=1, strict=False)
    rules: tuple[Words, ...] = Field(default=(), strict=False)


class Sampling(_Part):
    """How the records to be screened are drawn; see ``workbench.doors.sampling`` for the rule in words.

    ``included``, ``per_stream`` and ``before_split`` are what the sample aims at; ``limit`` is the most
    records that may be drawn.
    """

    seed: int
    split_year: int
    block: int = Field(gt=0)
    included: int
    per_stream: int
    before_split: int
    limit: int


class Placing(BaseModel):
    """What of ``survey.yaml`` the schema needs to know; see ``workbench.store.settings``."""

    model_config = ConfigDict(extra="ignore", strict=True)

    home: str | None = None
    paired: dict[str, str] = Field(default_factory=dict)
    headline: dict[str, Any] = Field(default_factory=dict)


class Frozen(_Part):
    """Dates on which parts of the schema became fixed; empty while open."""

    sides: str
    definitions: str


class Schema(_Part):
    """The whole coding schema."""

    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")]
    title: Words
    purpose: Words
    frozen: Frozen = Frozen(sides="", definitions="")
    levels: tuple[Term, ...] = Field(min_length=2, strict=False)
    roles: tuple[Role, ...] = Field(default=(), strict=False)
    mitigates: tuple[Term, ...] = Field(default=(), strict=False)
    goodhart_variants: tuple[Term, ...] = Field(default=(), strict=False)
    sides: tuple[Term, ...] = Field(default=(), strict=False)
    facets: tuple[Facet, ...] = Field(min_length=1, strict=False)
    screening: Screening
    sampling: Sampling
    rules: tuple[Rule, ...] = Field(default=(), strict=False)
    #: What ``survey.yaml`` says of the facets; see ``workbench.store.settings``.
    _home: str | None = PrivateAttr(default=None)
    _streams: tuple[str, ...] = PrivateAttr(default=())
    _paired: dict[str, str] = PrivateAttr(default_factory=dict)
    _own: str | None = PrivateAttr(default=None)
    _measured: str | None = PrivateAttr(default=None)

    def facet(self, facet: str) -> Facet | None:
        """Return the facet with this id, or None."""
        return next((f for f in self.facets if f.id == facet), None)

    @cached_property
    def failure_modes(self) -> tuple[Code, ...]:
        """The codes of the facet that carries levels."""
        return tuple(c for f in self.facets if f.levelled for c in f.codes)

    @property
    def headline(self) -> Facet | None:
        """The facet that carries levels, or None."""
        return next((f for f in self.facets if f.levelled), None)

    @property
    def pressure(self) -> Facet | None:
        """The facet of whose codes one is the principal one, or None."""
        return next((f for f in self.facets if f.principal), None)

    @property
    def home(self) -> Facet | None:
        """The facet whose codes group the papers, or None."""
        return self.facet(self._home) if self._home else None

    @property
    def streams(self) -> tuple[str, ...]:
        """Ids of the codes that group the papers, in schema order; empty where no facet does."""
        return self._streams

    def paired(self, column: str) -> Facet | None:
        """Return the facet whose codes stand in a column of the paired evidence (``proxy`` or ``latent``), or None."""
        return self.facet(self._paired.get(column, column))

    @property
    def own(self) -> str:
        """The role of a paper's own result, which measuring and an offered remedy need; else the first."""
        return self._own or (self.roles[0].id if self.roles else "")

    @property
    def measuring(self) -> tuple[str, ...]:
        """The levels that count as measured, lowest first."""
        ids = tuple(level.id for level in self.levels)
        return ids[ids.index(self._measured) :] if self._measured in ids else ids[-1:]

    @property
    def asked(self) -> Asked:
        """The facet that carries levels, and its scale."""
        from analysis.selection import Asked

        levels = tuple(level.id for level in self.levels)
        return Asked(self.headline.id if self.headline else "", levels, self.measuring[0])

    def placed(self, said: Placing) -> Schema:
        """Return the schema with what ``survey.yaml`` says of it."""
        made = self.model_copy()
        made._home, made._paired = said.home, said.paired
        made._streams = tuple(c.id for c in made.home.codes) if made.home else ()
        made._own, made._measured = said.headline.get("own"), said.headline.get("measured")
        return made


def load_schema(root: Path) -> Schema:
    """Read and check the schema of a survey.

    Raises:
        Refused: the file is missing or something in it is wrong; every fault is named with its line.
    """
    faults: list[Fault] = []
    schema = read_schema(root, faults)
    errors = [f for f in faults if not f.warning]
    if schema is None or errors:
        raise Refused(errors)
    return schema


def read_schema(root: Path, faults: list[Fault]) -> Schema | None:
    """Read the schema; what is wrong is added to ``faults``, and None is returned where it cannot be used."""
    if not (root / PATH).is_file():
        faults.append(Fault(PATH, 0, "", "no such file", "a survey folder needs a coding schema"))
        return None
    try:
        digest = schema_digest(root)
    except Refused as refusal:
        faults += refusal.faults
        return None
    settings = root / SETTINGS
    told = sha256(settings.read_bytes()) if settings.is_file() else ""
    known = _READ.get(root.absolute())
    if known is None or known[0] != digest + told:
        found: list[Fault] = []
        schema = _read(root, found)
        schema = schema.placed(_of_settings(root, schema)) if schema else None
        if schema_digest(root) != digest:  # changed while it was read: not to be remembered
            faults += found
            return schema
        known = _READ[root.absolute()] = (digest + told, schema, found)
    faults += known[2]
    return known[1]


def _of_settings(root: Path, schema: Schema) -> Placing:
    """What ``survey.yaml`` says of the facets; without one the first facet without levels groups the papers.

    Only what is well-formed is taken here: what is wrong with the file is said where it is read whole.
    """
    if not (root / SETTINGS).is_file():
        return Placing(home=next((f.id for f in schema.facets if not f.levelled and not f.principal), None))
    held, _ = read_model(root, SETTINGS, Placing, [], "")
    return held or Placing()


def _read(root: Path, faults: list[Fault]) -> Schema | None:
    before = len(faults)
    schema, lines = read_model(root, PATH, Schema, faults, "give it the form described in CONTRIBUTING.md")
    if schema is None:
        return None
    faults += _lint(schema, lines)
    return schema if len([f for f in faults[before:] if not f.warning]) == 0 else None


def schema_digest(root: Path) -> str:
    """Return the SHA-256 digest of the schema file."""
    return sha256(read_data(root, PATH))


def _lint(schema: Schema, lines: Lines) -> list[Fault]:
    faults: list[Fault] = []

    def twice(items: tuple[Any, ...], at: tuple[str | int, ...]) -> None:
        seen: set[str] = set()
        for number, item in enumerate(items):
            if item.id in seen:
                line = lines.get((*at, number, "id"), 0)
                faults.append(Fault(PATH, line, item.id, "id given twice", "rename or delete one"))
            seen.add(item.id)

    for part in ("levels", "roles", "mitigates", "goodhart_variants", "sides", "facets", "rules"):
        twice(getattr(schema, part), (part,))
    for number, role in enumerate(schema.roles):
        for field in ("levels", "mitigates"):
            known = [t.id for t in getattr(schema, field)]
            for wrong in [i for i in getattr(role, field) if i not in known]:
                line, remedy = lines.get(("roles", number, field), 0), f"one of {', '.join(known)}"
                faults.append(Fault(PATH, line, role.id, f"unknown {field} {wrong!r}", remedy))
    twice(schema.screening.reasons, ("screening", "reasons"))
    twice(schema.screening.criteria, ("screening", "criteria"))
    for number, facet in enumerate(schema.facets):
        at: tuple[str | int, ...] = ("facets", number, "codes")
        twice(facet.codes, at)
        for n, code in enumerate(facet.codes):
            if code.alone and facet.cardinality.min > 1:
                message = f"stands alone, and {facet.id} asks for {facet.cardinality.min} codes or more"
                remedy = "take `alone` off, or ask for one code"
                faults.append(Fault(PATH, lines.get((*at, n, "alone"), 0), code.id, message, remedy))
        if facet.levelled:
            for n, code in enumerate(facet.codes):
                faults += _lint_mode(schema, facet, code, lambda *p, n=n, at=at: lines.get((*at, n, *p), 0))
    if sum(f.levelled for f in schema.facets) != 1:
        message, remedy = "exactly one facet carries levels", "set levelled on one facet"
        faults.append(Fault(PATH, lines.get(("facets",), 0), "", message, remedy))
    return faults


def _lint_mode(schema: Schema, facet: Facet, code: Code, line: Any) -> list[Fault]:
    faults: list[Fault] = []

    def say(at: int, message: str, remedy: str, warning: bool = False) -> None:
        faults.append(Fault(PATH, at, code.id, message, remedy, warning))

    for field, known in (("side", schema.sides), ("goodhart", schema.goodhart_variants)):
        value = getattr(code, field)
        if value not in {t.id for t in known} and (value or known):
            remedy = f"one of {', '.join(t.id for t in known)}" if known else "leave it out"
            say(line(field) or line(), f"unknown {field} {value!r}", remedy)
    for field in ("include_when", "exclude_when", "good", "bad"):
        if not getattr(code, field).strip():
            say(line(), f"{field} is empty", "write it, so that coders agree", warning=True)
    if not code.neighbours:
        remedy = "name the codes it is confused with, and the rule that separates them"
        say(line(), "no neighbours", remedy, warning=True)
    for n, neighbour in enumerate(code.neighbours):
        if facet.code(neighbour.id) is None or neighbour.id == code.id:
            say(
                line("neighbours", n),
                f"unknown neighbour {neighbour.id!r}",
                "name another mode of this schema",
            )
    for n, counterpart in enumerate(code.counterparts):
        other = facet.code(counterpart.id)
        at = line("counterparts", n)
        if other is None:
            say(at, f"unknown counterpart {counterpart.id!r}", "name a mode of this schema")
        elif other.side == code.side:
            say(
                at, f"counterpart {other.id} is on the same side", "counterparts face each other across sides"
            )
        elif code.id not in {c.id for c in other.counterparts}:
            say(at, f"{other.id} does not name it back", "name each other, with the reason")
    if not code.example_keys:
        say(line(), "no example papers", "name papers outside the coded sample as examples", warning=True)
    return faults
