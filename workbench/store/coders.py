"""Who codes, screens and adjudicates: one file a coder, ``corpus/coders/<id>.yaml``, so that two never meet in one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from workbench.store.budgets import Over, yaml_within
from workbench.store.faults import Fault
from workbench.store.files import read_text
from workbench.store.places import CODER

FOLDER = "corpus/coders"
KINDS = ("human", "language-model")
FIELDS = ("id", "kind", "name", "model", "since", "counts_from")
#: A day, or a moment as the rows have it.
_WHEN = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")


@dataclass(frozen=True)
class Coder:
    """Somebody who decides.

    Attributes:
        id: short name, also the name of the coder's files.
        kind: human or language-model.
        name: the person's name, or the model as far as it is known.
        since: date of the first decision.
        counts_from: day or moment from which their decisions count; what they did before is practice and enters
            nothing. Empty: all of it counts.
    """

    id: str
    kind: str
    name: str
    since: str
    counts_from: str = ""


def coder_path(coder: str) -> str:
    """Return the path of a coder's file, relative to the survey folder."""
    return f"{FOLDER}/{coder}.yaml"


def coder_text(coder: Coder) -> str:
    """Return the content of a coder's file."""
    cells = {
        "id": coder.id,
        "kind": coder.kind,
        "name" if coder.kind == "human" else "model": coder.name,
        "since": coder.since,
        "counts_from": coder.counts_from,
    }
    lines = (f"{k}: {_scalar(v)}\n" for k, v in cells.items() if v)
    return "".join(lines)


def read_coders(root: Path, faults: list[Fault]) -> dict[str, Coder]:
    """Return the coders by id, sorted; what is wrong is added to ``faults``."""
    coders: dict[str, Coder] = {}
    for file in sorted((root / FOLDER).glob("*.yaml")):
        path = coder_path(file.stem)
        coder = _read(read_text(root, path, faults), path, faults)
        if coder:
            coders[coder.id] = coder
    return coders


def coder_faults(coder: Coder, path: str, lines: dict[str, int] | None = None) -> list[Fault]:
    """Return what is wrong with a coder, whether read from a file or about to be written."""
    faults: list[Fault] = []

    def say(field: str, message: str, remedy: str) -> None:
        faults.append(Fault(path, (lines or {}).get(field, 0), coder.id, message, remedy))

    if not CODER.fullmatch(coder.id):
        say("id", "coder without a plain id", "use letters, digits and hyphens")
    if coder.kind not in KINDS:
        say("kind", f"unknown kind {coder.kind!r}", f"one of {', '.join(KINDS)}")
    if coder.counts_from and not _WHEN.fullmatch(coder.counts_from):
        remedy = "write a day (2026-12-01) or a moment (2026-12-01T09:30:00Z)"
        say("counts_from", f"counts_from is {coder.counts_from!r}", remedy)
    return faults


def _read(text: str, path: str, faults: list[Fault]) -> Coder | None:
    try:
        yaml_within(text, once=True)
        node = yaml.compose(text, yaml.SafeLoader)
    except Over as over:
        faults.append(over.fault(path))
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", error))
        line = mark.line + 1 if mark else 0
        faults.append(
            Fault(path, line, "", f"not readable as YAML ({problem})", "one field a line, as `kind: human`")
        )
        return None
    if not isinstance(node, yaml.MappingNode):
        remedy = f"give {', '.join(FIELDS[:2])}, name or model, since; one field a line"
        faults.append(Fault(path, 1, "", "is no coder", remedy))
        return None
    cells = {str(k.value): str(v.value) for k, v in node.value}
    lines = {str(k.value): k.start_mark.line + 1 for k, v in node.value}
    who = cells.get("id", "")
    unknown = sorted(set(cells) - set(FIELDS))
    if unknown:
        message = f"unknown field {unknown[0]}"
        faults.append(Fault(path, lines[unknown[0]], who, message, f"use {', '.join(FIELDS)}"))
        return None
    name = cells.get("name") or cells.get("model") or ""
    coder = Coder(who, cells.get("kind", ""), name, cells.get("since", ""), cells.get("counts_from", ""))
    found = coder_faults(coder, path, lines)
    if not found and path != coder_path(who):
        found = [Fault(path, lines["id"], who, "the file has another name", f"rename it to {who}.yaml")]
    faults += found
    return None if found else coder


def _scalar(text: str) -> str:
    """Return a value as YAML writes it on one line; dates and names stay plain where they can."""
    if re.fullmatch(r"[A-Za-z0-9][\w .,()'-]*", text) and yaml.safe_load(text) is not None:
        return text
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).splitlines()[0]
