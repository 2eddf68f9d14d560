"""What a survey says of itself in ``survey.yaml``: its question, its words, and what the analysis is to ask of it.

The engine knows no topic. Which facet is the headline, from which level a code counts as measured, which pairs of
facets are crossed: all of that stands in ``survey.yaml`` beside ``corpus/``, in terms of the survey's own schema.
What is left out follows from the schema where it can: the headline facet is the one that carries levels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.store.batch import near
from workbench.store.faults import Fault, Refused
from workbench.store.schema import Id, Schema, Words
from workbench.store.yaml_files import Lines, read_model

PATH = "survey.yaml"
#: The form that this version of the workbench writes and reads.
FORMAT = 1
REMEDY = "give it the form described in docs/own-topic.md"


Pair = Annotated[tuple[Id, Id], Field(strict=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Person(_Part):
    """Who is behind the survey."""

    name: Words
    orcid: str = ""
    affiliation: str = ""


class Vocabulary(_Part):
    """The words in which sentences speak of the survey's things; each stands as it is used inside a sentence."""

    code: Words = "code"
    codes: Words = "codes"
    raises: Words = "raises"
    discusses: Words = "discusses"
    measures: Words = "measures"
    home: Words = "group"
    homes: Words = "groups"


class Headline(_Part):
    """The facet that the survey's question is about, and what of its codings counts as what.

    Attributes:
        facet: its id; the facet that carries levels where it is left out.
        measured: the lowest level that counts as measured; the highest level where it is left out.
        own: the role of a paper's own result, without which nothing counts as measured or as an offered remedy; the
            first role of the schema where it is left out.
        motive: conditions, each a mapping of column of a coding -> value; a coding that meets one of them names the
            code only as the motive of a new instrument. It is raised, and not discussed.
        remedy: the same for codings that offer a remedy; they are counted apart.
        remedy_measured: the same for remedies whose effect on the code was itself measured.
    """

    facet: Id | None = None
    measured: Id | None = None
    own: Id | None = None
    motive: tuple[dict[str, str], ...] = Field(default=(), strict=False)
    remedy: tuple[dict[str, str], ...] = Field(default=(), strict=False)
    remedy_measured: tuple[dict[str, str], ...] = Field(default=(), strict=False)


class Paired(_Part):
    """The facets whose codes stand beside a number in the paired evidence.

    Attributes:
        proxy: what was looked at instead.
        latent: what it stands for; safety claims name their property by it too.
    """

    proxy: Id
    latent: Id


class Coded(_Part):
    """Some codes of a facet."""

    facet: Id
    codes: tuple[Id, ...] = Field(default=(), strict=False)


class Wanted(Coded):
    """One of three things that are wanted of a system, and the codes that stand for it; none where none fits."""

    name: Words


class Trilemma(_Part):
    """Three things that a publication says cannot, or can hardly, be had together.

    Attributes:
        id: short name.
        name: name in words.
        source: who says so.
        mapping: how its words became our codes.
        wanted: the three.
    """

    id: Id
    name: Words
    source: Words
    mapping: Words
    wanted: tuple[Wanted, Wanted, Wanted] = Field(strict=False)


class Audit(_Part):
    """What the questions about instruments, claims and trilemmas need; each is asked only where it is given.

    Attributes:
        instruments: codes by which a paper leaves something behind that others can run again.
        reported: headline code -> ``attempts`` or ``uncertainty``: how results are reported speaks to it.
        trilemmas: see :class:`Trilemma`.
    """

    instruments: Coded | None = None
    reported: dict[str, Literal["attempts", "uncertainty"]] = Field(default_factory=dict)
    trilemmas: tuple[Trilemma, ...] = Field(default=(), strict=False)


class Thresholds(_Part):
    """When a code is called under-measured, hardly measured or rare; fixed in the protocol before data are seen.

    Attributes:
        ratio: measured of discussed below which a code is under-measured.
        discussed: papers that discuss it per 1,000 papers of the frame that are in, from which the ratio is asked.
        measured: papers that measure it per 1,000 papers that are in, below which it is hardly measured.
        rare: papers that raise it per 1,000 that are in: it is rare where the upper bound lies below.
        sure: the probability from which a statement is made, and (1 - sure) to which it is denied.
        interval: the probability that every printed interval holds.
    """

    ratio: float = Field(default=0.25, gt=0, lt=1)
    discussed: float = Field(default=25, gt=0)
    measured: float = Field(default=15, gt=0)
    rare: float = Field(default=25, gt=0)
    sure: float = Field(default=0.95, gt=0.5, lt=1)
    interval: float = Field(default=0.90, gt=0, lt=1)


class Settings(_Part):
    """The whole of ``survey.yaml``.

    Attributes:
        format: number of the form the folder has; one that is newer than this workbench is refused.
        title: what the survey is called.
        question: the question it asks, one sentence.
        people: who is behind it.
        licence: of data and of what is made from them.
        address: where the built page can be reached by others; empty where nowhere.
        issues: where a reader may object to a coding; empty where nowhere.
        words: see :class:`Vocabulary`.
        headline: see :class:`Headline`.
        home: the facet whose codes group the papers (by which the records are guessed and sampled); None for none.
        crosses: pairs of facets to be crossed, the first of each in the rows.
        paired: see :class:`Paired`; where it is left out, the facets of the schema that have these names.
        audit: see :class:`Audit`.
        screeners: how many must decide on a record; two, for nothing counts yet that one alone decided.
        coders: how many must code a paper; likewise.
        thresholds: see :class:`Thresholds`.
        tag_prefix: what stands before the codes when they leave as tags (``prefix:code=level``).
    """

    format: int = FORMAT
    title: Words
    question: Words
    people: tuple[Person, ...] = Field(default=(), strict=False)
    licence: str = ""
    address: str = ""
    issues: str = ""
    words: Vocabulary = Vocabulary()
    headline: Headline = Headline()
    home: Id | None = None
    crosses: tuple[Pair, ...] = Field(default=(), strict=False)
    paired: Paired | None = None
    audit: Audit = Audit()
    screeners: Literal[2] = 2
    coders: Literal[2] = 2
    thresholds: Thresholds = Thresholds()
    tag_prefix: Id = "survey"

    @property
    def facet(self) -> str:
        """The headline facet; every loaded ``Settings`` has one."""
        assert self.headline.facet is not None
        return self.headline.facet

    @property
    def measured(self) -> str:
        """The lowest level that counts as measured; every loaded ``Settings`` has one."""
        assert self.headline.measured is not None
        return self.headline.measured


def load_settings(root: Path, schema: Schema) -> Settings:
    """Read ``survey.yaml``; without one, what the schema says stands for it.

    Raises:
        Refused: the file is out of form, or names what the schema does not know.
    """
    faults: list[Fault] = []
    settings = read_settings(root, schema, faults)
    if settings is None or any(not f.warning for f in faults):
        raise Refused([f for f in faults if not f.warning])
    return settings


def read_settings(root: Path, schema: Schema, faults: list[Fault]) -> Settings | None:
    """Read ``survey.yaml``; what is wrong is added to ``faults``, and None is returned where it cannot be used."""
    lines: Lines = {}
    if (root / PATH).is_file():
        held, lines = read_model(root, PATH, Settings, faults, REMEDY)
        if held is None:
            return None
    else:
        held = Settings(
            title=schema.title, question=schema.title, home=schema.home.id if schema.home else None
        )
    if held.format > FORMAT:
        message = f"format {held.format} is newer than this workbench, which knows {FORMAT}"
        faults.append(Fault(PATH, lines.get(("format",), 0), "", message, "update the workbench"))
        return None
    levelled = next((f.id for f in schema.facets if f.levelled), None)
    facet = held.headline.facet or levelled
    if facet is None:
        message = "no facet of the schema carries levels, and headline.facet names none"
        faults.append(Fault(PATH, lines.get(("headline",), 0), "", message, "name the headline facet"))
        return None
    measured = held.headline.measured or schema.levels[-1].id
    filled = held.headline.model_copy(update={"facet": facet, "measured": measured})
    held = held.model_copy(update={"headline": filled})
    before = len(faults)
    _known(held, schema, lines, faults)
    return held if len(faults) == before else None


def _known(held: Settings, schema: Schema, lines: Lines, faults: list[Fault]) -> None:
    facets = [f.id for f in schema.facets]
    levels = [level.id for level in schema.levels]

    def known(what: str, value: str | None, among: list[str], at: tuple[str | int, ...]) -> None:
        if value is not None and value not in among:
            message = f"{'.'.join(str(a) for a in at)}: the schema has no {what} {value!r}"
            faults.append(Fault(PATH, lines.get(at, 0), value, message, near(value, among)))

    known("facet", held.headline.facet, facets, ("headline", "facet"))
    known("level", held.headline.measured, levels, ("headline", "measured"))
    known("role", held.headline.own, [r.id for r in schema.roles], ("headline", "own"))
    known("facet", held.home, facets, ("home",))
    for number, pair in enumerate(held.crosses):
        for side, facet in enumerate(pair):
            known("facet", facet, facets, ("crosses", number, side))
    for column in ("proxy", "latent") if held.paired else ():
        known("facet", getattr(held.paired, column), facets, ("paired", column))

    def codes_known(said: Coded, at: tuple[str | int, ...]) -> None:
        known("facet", said.facet, facets, (*at, "facet"))
        of = schema.facet(said.facet)
        for number, code in enumerate(said.codes if of else ()):
            known(
                f"code of {said.facet}", code, [c.id for c in of.codes] if of else [], (*at, "codes", number)
            )

    if held.audit.instruments:
        codes_known(held.audit.instruments, ("audit", "instruments"))
    for n, trilemma in enumerate(held.audit.trilemmas):
        for k, wanted in enumerate(trilemma.wanted):
            codes_known(wanted, ("audit", "trilemmas", n, "wanted", k))
    headline = schema.facet(held.facet)
    for code in held.audit.reported if headline else ():
        known(
            f"code of {held.facet}",
            code,
            [c.id for c in headline.codes] if headline else [],
            ("audit", "reported"),
        )
    columns = {
        "level": levels,
        "role": [r.id for r in schema.roles],
        "mitigates": [m.id for m in schema.mitigates],
    }
    for name in ("motive", "remedy", "remedy_measured"):
        for number, condition in enumerate(getattr(held.headline, name)):
            for column, value in condition.items():
                at = ("headline", name, number, column)
                known("column of a coding", column, list(columns), at)
                known(column, value, columns.get(column, [value]), at)
