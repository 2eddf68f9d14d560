"""Who codes, screens and adjudicates: ``corpus/coders.yaml``, written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from workbench.store.budgets import Over, yaml_within
from workbench.store.faults import Fault
from workbench.store.files import read_text

PATH = "corpus/coders.yaml"
KINDS = ("human", "language-model")


@dataclass(frozen=True)
class Coder:
    """Somebody who decides.

    Attributes:
        id: short name, also the name of the coder's files.
        kind: human or language-model.
        name: the person's name, or the model as far as it is known.
        since: date of the first decision.
        line: line in coders.yaml.
    """

    id: str
    kind: str
    name: str
    since: str
    line: int


def read_coders(root: Path, faults: list[Fault]) -> dict[str, Coder]:
    """Return the coders by id; what is wrong is added to ``faults``."""
    text = read_text(root, PATH, faults)
    try:
        yaml_within(text, once=True)
        node = yaml.compose(text, yaml.SafeLoader) if text.strip() else None
    except Over as over:
        faults.append(over.fault(PATH))
        return {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", error))
        remedy = "look at the blanks before the words: `- id:` at the left edge, kind, name and since two blanks in"
        line = mark.line + 1 if mark else 0
        faults.append(Fault(PATH, line, "", f"not readable as YAML ({problem})", remedy))
        return {}
    if node is None:
        return {}
    if not isinstance(node, yaml.SequenceNode):
        faults.append(Fault(PATH, 1, "", "not a list of coders", "start each coder with `- id:`"))
        return {}
    coders: dict[str, Coder] = {}
    for item in node.value:
        line = item.start_mark.line + 1
        cells = {k.value: v.value for k, v in item.value} if isinstance(item, yaml.MappingNode) else {}
        who = str(cells.get("id", ""))
        unknown = sorted(set(cells) - {"id", "kind", "name", "model", "since"})
        if not who or not who.replace("-", "").isalnum():
            faults.append(
                Fault(PATH, line, who, "coder without a plain id", "use letters, digits and hyphens")
            )
        elif who in coders:
            faults.append(Fault(PATH, line, who, "coder given twice", "rename or delete one"))
        elif cells.get("kind") not in KINDS:
            faults.append(
                Fault(PATH, line, who, f"unknown kind {cells.get('kind')!r}", f"one of {', '.join(KINDS)}")
            )
        elif unknown:
            faults.append(
                Fault(PATH, line, who, f"unknown field {unknown[0]}", "use id, kind, name or model, since")
            )
        else:
            name = str(cells.get("name") or cells.get("model") or "")
            coders[who] = Coder(who, str(cells["kind"]), name, str(cells.get("since", "")), line)
    return coders
