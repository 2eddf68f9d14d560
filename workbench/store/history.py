"""What the schema said in each of its versions: ``coding_schema/history/VERSION.yaml``, one copy a version.

A coding is bound to the wording it was made under. The copies keep that wording in the folder itself, so that no
version control is needed to tell what a coder read; ``CHANGELOG.md`` stays the text for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, RootModel

from workbench.store.budgets import yaml_within
from workbench.store.codebook import CODEBOOK, codebook
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, own_text
from workbench.store.schema import PATH, Schema, Words, load_schema
from workbench.store.yaml_files import read_model

HISTORY = "coding_schema/history"
#: Changes of the wording that change no meaning, declared by hand.
COSMETIC = "coding_schema/cosmetic.yaml"


@dataclass(frozen=True, order=True)
class Part:
    """One piece of the schema's wording that a coding may depend on.

    Attributes:
        facet: the facet it belongs to; empty where it is about every coding (a general rule), or about the scales
            of the failure modes (levels, roles, mitigates).
        code: the code it belongs to; empty where it is about the whole facet.
        what: ``definition``, ``include_when``, ``exclude_when``, ``told from``, ``against CODE`` (a separating rule),
            ``question``, ``rules``, ``cardinality``; or ``level ID``, ``role ID``, ``mitigates ID``, ``rule ID``.
    """

    facet: str
    code: str
    what: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.facet, self.code, self.what)))


class _Cosmetic(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    version: Words
    part: Words
    why: Words


class _Cosmetics(RootModel[tuple[_Cosmetic, ...]]):
    model_config = ConfigDict(strict=False)


def path_of(version: str) -> str:
    """Return where the copy of a version lies, relative to the survey folder."""
    return f"{HISTORY}/{version}.yaml"


@cache
def wording(text: str) -> Mapping[Part, str]:
    """Return the wording that codings are bound to: part -> text, white space folded.

    Names, synonyms, examples, counterparts, sides and Goodhart variants are not part of it: they may change without
    making a coding stale. Read leniently, so that a copy from before the schema's form changed is still understood.

    Args:
        text: a schema as YAML.
    """
    yaml_within(text)
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    out: dict[Part, str] = {}

    def put(part: Part, said: Any) -> None:
        folded = " ".join(str(said or "").split())
        if folded:
            out[part] = folded

    for scale, name in (("levels", "level"), ("roles", "role"), ("mitigates", "mitigates")):
        for term in data.get(scale) or ():
            put(Part("", "", f"{name} {term['id']}"), term.get("definition"))
    for rule in data.get("rules") or ():
        put(Part("", "", f"rule {rule['id']}"), rule.get("text"))
    for facet in data.get("facets") or ():
        of = facet["id"]
        put(Part(of, "", "question"), facet.get("question"))
        put(Part(of, "", "rules"), " / ".join(facet.get("rules") or ()))
        held = facet.get("cardinality") or {}
        most = "n" if held.get("max") is None else held["max"]
        principal = ", one principal" if facet.get("principal") else ""
        put(Part(of, "", "cardinality"), f"{held.get('min', 0)} to {most}{principal}")
        for code in facet.get("codes") or ():
            for what in ("definition", "include_when", "exclude_when"):
                put(Part(of, code["id"], what), code.get(what))
            put(
                Part(of, code["id"], "told from"), code.get("assessable_from") or facet.get("assessable_from")
            )
            for other in code.get("neighbours") or ():
                put(Part(of, code["id"], f"against {other['id']}"), other.get("rule"))
    return out


@cache
def scale(text: str, name: str) -> tuple[str, ...]:
    """Return the ids of a scale (``levels``, ...) of a schema given as YAML, in order."""
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    return tuple(term["id"] for term in data.get(name) or ())


def versions_kept(root: Path) -> list[str]:
    """Return the versions of which a copy is kept, oldest first."""
    from workbench.store.final import version_key

    return sorted((p.stem for p in (root / HISTORY).glob("*.yaml")), key=version_key)


def text_of(root: Path, version: str) -> str | None:
    """Return the schema as it was in a version, as YAML; None where no copy is kept."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", version):
        return None
    text = own_text(root, path_of(version))
    if text is not None:
        try:
            wording(text)
        except (ValueError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = getattr(error, "line", mark.line + 1 if mark else 0)
            message = f"is no schema ({getattr(error, 'problem', None) or error})"
            remedy = "restore it from version control: codings are bound to its wording"
            raise Refused([Fault(path_of(version), line, version, message, remedy)]) from None
    return text


def declared(root: Path, faults: list[Fault]) -> dict[str, set[str]]:
    """Return the parts whose change is declared to be one of wording only: version that brought it -> parts."""
    out: dict[str, set[str]] = {}
    if (root / COSMETIC).is_file():
        remedy = "give each change `version`, `part` and `why`"
        read, _ = read_model(root, COSMETIC, _Cosmetics, faults, remedy)
        for item in read.root if read else ():
            out.setdefault(item.version, set()).add(item.part)
    return out


def changed(before: Mapping[Part, str], after: Mapping[Part, str]) -> list[Part]:
    """Return the parts that say something else, sorted; those that came or went are among them."""
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


def kept_files(root: Path, signoffs: Iterable[Row]) -> dict[str, str]:
    """Return what ``survey codebook`` writes: the codebook, and the copy of the version in force.

    Args:
        root: the survey folder.
        signoffs: all sign-offs; a version under which papers are signed off keeps its wording.

    Raises:
        Refused: the schema is faulty, or its wording was changed under a version that papers are signed off under.
    """
    schema = load_schema(root)
    faults: list[Fault] = []
    _in_step(root, schema, signoffs, faults)
    if worded := [f for f in faults if f.file == PATH]:
        raise Refused(worded)
    text = own_text(root, PATH) or ""
    return {CODEBOOK: codebook(schema), path_of(schema.version): text}


def history_faults(root: Path, schema: Schema, signoffs: Iterable[Row]) -> list[Fault]:
    """Say where the copies do not do their work: lost, out of step, or a declaration of nothing."""
    faults: list[Fault] = []
    signed = list(signoffs)
    _in_step(root, schema, signed, faults)
    kept = versions_kept(root)
    for version in sorted({r["schema"] for r in signed} - {*kept, schema.version}):
        message = f"papers are signed off under schema {version}, and its wording is not kept"
        remedy = f"restore {path_of(version)} from version control, else nobody can tell what is stale"
        faults.append(Fault(HISTORY, 0, version, message, remedy, True))
    for version, parts in declared(root, faults).items():
        text = text_of(root, version)
        older = kept[: kept.index(version)] if version in kept else []
        before = text_of(root, older[-1]) if older else None
        there = {str(p) for p in changed(wording(before), wording(text))} if text and before else set()
        for part in sorted(parts - there):
            message = f"{part!r} did not change in version {version}"
            remedy = "name a part as `survey stale` writes it, or delete the entry"
            faults.append(Fault(COSMETIC, 0, version, message, remedy))
    return faults


def _in_step(root: Path, schema: Schema, signoffs: Iterable[Row], faults: list[Fault]) -> None:
    """The copy of the version in force says what the schema says."""
    if not any(r["schema"] == schema.version for r in signoffs):
        return  # nobody is bound to its wording yet
    copy, text = text_of(root, schema.version), own_text(root, PATH) or ""
    if copy == text:
        return
    if copy is not None and (other := changed(wording(copy), wording(text))):
        message = f"{other[0]} was changed under version {schema.version}, under which papers are signed off"
        remedy = "raise the version and say so in CHANGELOG.md; then run `survey codebook`"
        faults.append(Fault(PATH, 0, schema.version, message, remedy))
        return
    faults.append(
        Fault(path_of(schema.version), 0, "", "is not in step with schema.yaml", "run `survey codebook`")
    )
