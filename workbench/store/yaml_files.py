"""A YAML file of a known form: read strictly, every fault with the line it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from workbench.store.budgets import Over, yaml_within
from workbench.store.faults import Fault
from workbench.store.files import read_text

#: Where a part stands: path of keys and numbers from the top -> line, from 1.
Lines: TypeAlias = dict[tuple[str | int, ...], int]
Model = TypeVar("Model", bound=BaseModel)


def read_model(
    root: Path, file: str, model: type[Model], faults: list[Fault], remedy: str
) -> tuple[Model | None, Lines]:
    """Read a YAML file as a pydantic model.

    Found besides what the model refuses: a key given twice, and ``no`` or ``yes`` without quotes.

    Args:
        root: the survey folder.
        file: path of the file within it; it exists.
        model: the form it must have.
        faults: what is wrong is added here.
        remedy: what to do about a part that is out of form.

    Returns:
        The model, or None where the file cannot be used; and the line of each of its parts.
    """
    text = read_text(root, file, faults)
    try:
        yaml_within(text)
        node, data = _parsed(text)
    except Over as over:
        faults.append(over.fault(file))
        return None, {}
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-45
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        problem = str(getattr(error, "problem", error))
        faults.append(Fault(file, line, "", f"not readable as YAML ({problem})", "mend the line"))
        return None, {}
    lines: Lines = {}
    if node is not None:
        _walk(node, (), file, lines, faults)
    try:
        return model.model_validate(data), lines
    except ValidationError as error:
        faults += [_fault(e, file, lines, data, remedy) for e in error.errors()]
        return None, lines


def _parsed(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the nodes, which know their lines, and the data of one reading."""
    # libyaml where PyYAML has it: ten times faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _walk(node: yaml.Node, at: tuple[str | int, ...], file: str, lines: Lines, faults: list[Fault]) -> None:
    line = node.start_mark.line + 1
    lines[at] = line
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                message = "a list or a mapping stands where a name belongs"
                faults.append(Fault(file, key.start_mark.line + 1, "", message, "quote it, or write a name"))
                continue
            if key.value in seen:
                faults.append(
                    Fault(file, key.start_mark.line + 1, key.value, "key given twice", "delete one")
                )
            seen.add(key.value)
            _walk(value, (*at, key.value), file, lines, faults)
            lines[(*at, key.value)] = key.start_mark.line + 1  # where a reader looks for it
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            _walk(item, (*at, number), file, lines, faults)
    elif node.tag.endswith(":bool") and node.value not in ("true", "false"):
        message = f"unquoted {node.value} is read as true or false"
        faults.append(Fault(file, line, node.value, message, f'write "{node.value}"'))


def _fault(error: Any, file: str, lines: Lines, data: Any, remedy: str) -> Fault:
    at = tuple(error["loc"])
    near = next((lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines), 1)
    part, key = data, ""
    for step in at:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(part, dict) and isinstance(part.get("id"), str):
            key = part["id"]
    where = ".".join(str(s) for s in at)
    return Fault(file, near, key, f"{where}: {error['msg']}", remedy)
