"""Safety claims as files: ``claims/NAME.yaml`` read and checked."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from workbench.store.batch import near
from workbench.store.faults import Fault
from workbench.store.schema import Facet, Id, Schema, Words
from workbench.store.yaml_files import Lines, read_model

if TYPE_CHECKING:
    from analysis.audit.claims import Claim

ROOM = "claims"
REMEDY = "give it the form of claims/README.md"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EvidenceFile(_Part):
    """One result that a claim rests on, as it is written; see ``analysis.audit.claims.Evidence``."""

    instrument: Words
    result: Words
    source: Words
    paper: str = ""
    modes: tuple[Id, ...] = Field(default=(), strict=False)
    attempts: tuple[Annotated[int, Field(gt=0)], ...] = Field(default=(), strict=False)
    sample: int | None = Field(default=None, gt=0)
    uncertainty: bool = False


class ClaimFile(_Part):
    """A claim as it is written; see ``analysis.audit.claims.Claim``. Its name is that of the file."""

    claim: Words
    system: Words
    property: Id
    setting: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    pressure: Id
    evidence: tuple[EvidenceFile, ...] = Field(default=(), strict=False)


def claim_files(root: Path) -> list[str]:
    """Return the claim files of a survey folder, relative to it, sorted."""
    return sorted(p.relative_to(root).as_posix() for p in (root / ROOM).glob("*.yaml"))


def claim_faults(root: Path, schema: Schema, papers: Collection[str]) -> list[Fault]:
    """Return what is wrong with the claims of a survey folder."""
    faults: list[Fault] = []
    for file in claim_files(root):
        _read(root, file, schema, papers, faults)
    return faults


def read_claim(
    root: Path, file: str, schema: Schema, papers: Collection[str], faults: list[Fault]
) -> Claim | None:
    """Read one claim.

    Args:
        root: the survey folder.
        file: path of the claim within it.
        schema: the coding schema, whose codes a claim speaks in.
        papers: keys of known works.
        faults: what is wrong is added here, with its line.

    Returns:
        The claim, or None where something is wrong with it.
    """
    from analysis.audit.claims import Claim, Evidence

    held = _read(root, file, schema, papers, faults)
    if held is None:
        return None
    return Claim(
        name=Path(file).stem,
        claim=held.claim,
        system=held.system,
        property=held.property,
        setting=held.setting,
        pressure=held.pressure,
        evidence=tuple(Evidence(**e.model_dump()) for e in held.evidence),
    )


def read_claims(root: Path, schema: Schema, papers: Collection[str], faults: list[Fault]) -> list[Claim]:
    """Read every claim of a survey folder; what is wrong is added to ``faults``."""
    read = [read_claim(root, file, schema, papers, faults) for file in claim_files(root)]
    return [claim for claim in read if claim is not None]


def _read(
    root: Path, file: str, schema: Schema, papers: Collection[str], faults: list[Fault]
) -> ClaimFile | None:
    if not (root / file).is_file():
        faults.append(Fault(file, 0, "", "no such file", "check the path"))
        return None
    before = len(faults)
    held, lines = read_model(root, file, ClaimFile, faults, REMEDY)
    if held is not None:
        _codes(held, file, schema, papers, lines, faults)
    return held if len(faults) == before else None


def _codes(
    held: ClaimFile, file: str, schema: Schema, papers: Collection[str], lines: Lines, faults: list[Fault]
) -> None:
    def known(of: Facet | None, code: str, at: tuple[str | int, ...]) -> None:
        codes = [c.id for c in of.codes] if of else []
        if code not in codes:
            message = f"unknown code {code!r} of {of.id}" if of else f"no facet of the schema has {code!r}"
            faults.append(Fault(file, lines.get(at, 0), code, message, near(code, codes)))

    known(schema.paired("latent"), held.property, ("property",))
    known(schema.pressure, held.pressure, ("pressure",))
    for n, evidence in enumerate(held.evidence):
        for m, mode in enumerate(evidence.modes):
            known(schema.headline, mode, ("evidence", n, "modes", m))
        if evidence.paper and evidence.paper not in papers:
            at = lines.get(("evidence", n, "paper"), 0)
            message = f"unknown paper {evidence.paper!r}"
            faults.append(Fault(file, at, evidence.paper, message, near(evidence.paper, papers)))
