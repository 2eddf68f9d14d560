"""What the analysis takes for granted about a schema and a corpus: ``coding_schema/assumptions.yaml``, written by hand.

A survey without the file assumes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from workbench.store.batch import near
from workbench.store.faults import Fault, Refused
from workbench.store.schema import Id, Schema, Words
from workbench.store.yaml_files import read_model

PATH = "coding_schema/assumptions.yaml"
REMEDY = "give it the form that the comments in the file describe"


class Assumptions(BaseModel):
    """What is assumed.

    Attributes:
        decided: facet -> its code -> the failure modes to whose papers a rule or a definition gives that code.
        contested: failure mode -> the other side on which it could as well stand.
        lacking: id of a search -> what the records that it brought lack, in a sentence.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    decided: dict[Id, dict[Id, list[Id]]] = {}
    contested: dict[Id, Id] = {}
    lacking: dict[str, Words] = {}

    def pairs(self, facet: str) -> frozenset[tuple[str, str]]:
        """Return the pairs of a failure mode and a code of a facet that a rule ties together."""
        return frozenset(
            (mode, code) for code, modes in self.decided.get(facet, {}).items() for mode in modes
        )


def assumptions(root: Path) -> Assumptions:
    """Read what is assumed; nothing where there is no file.

    Raises:
        Refused: the file is out of form; every fault is named with its line.
    """
    faults: list[Fault] = []
    held = _read(root, faults)
    if held is None:
        raise Refused(faults)
    return held


def assumption_faults(root: Path, schema: Schema, searches: Collection[str]) -> list[Fault]:
    """Return what is wrong with the assumptions of a survey: form, and codes, sides and searches that are not known."""
    faults: list[Fault] = []
    held = _read(root, faults)
    if held is None:
        return faults
    modes = [c.id for c in schema.failure_modes]
    facets = {f.id: [c.id for c in f.codes] for f in schema.facets}

    def known(what: str, name: str, among: Collection[str]) -> None:
        if name not in among:
            faults.append(Fault(PATH, 0, name, f"unknown {what} {name!r}", near(name, among)))

    for facet, codes in held.decided.items():
        known("facet", facet, facets)
        for code, tied in codes.items():
            known(f"code of {facet}", code, facets.get(facet, [code]))
            for mode in tied:
                known("failure mode", mode, modes)
    for mode, side in held.contested.items():
        known("failure mode", mode, modes)
        known("side", side, [t.id for t in schema.sides])
    for search in held.lacking:
        known("search", search, searches)
    return faults


def _read(root: Path, faults: list[Fault]) -> Assumptions | None:
    if not (root / PATH).is_file():
        return Assumptions()
    held, _ = read_model(root, PATH, Assumptions, faults, REMEDY)
    return None if faults else held
