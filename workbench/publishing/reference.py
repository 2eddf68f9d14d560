"""The reference pages, written from the code so that they cannot lie: commands, tables, settings, Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import workbench
from workbench.store.files import replace
from workbench.store.schema import Schema
from workbench.store.settings import Settings
from workbench.store.survey import Survey
from workbench.store.tables import DERIVED, STORED, Table


def pages(help_of: Callable[[str], str], commands: list[str]) -> dict[str, str]:
    """Return the pages by name.

    Args:
        help_of: command -> what it says of itself; the command line stands above this room and is handed in.
        commands: the names of all commands.
    """
    return {
        "reference/commands.md": _commands(help_of, commands),
        "reference/tables.md": _tables(),
        "reference/settings.md": _settings(),
        "reference/python.md": _python(),
    }


def write_reference(out: Path, help_of: Callable[[str], str], commands: list[str]) -> list[Path]:
    """Write the reference pages into a folder and return their paths."""
    made = pages(help_of, commands)
    for name, text in made.items():
        replace(out / name, text)
    return [out / name for name in made]


def _commands(help_of: Callable[[str], str], commands: list[str]) -> str:
    lines = ["# Commands", "", "`survey COMMAND --help` says the same.", ""]
    for name in sorted(commands):
        lines += [f"## survey {name}", "", "```text", help_of(name).strip(), "```", ""]
    return "\n".join(lines)


def _tables() -> str:
    lines = ["# Tables and their columns", ""]
    lines += ["Stored tables are CSV files; derived ones are made from them by `open_survey`.", ""]
    for title, tables in (("Stored", STORED), ("Derived", DERIVED)):
        lines += [f"## {title}", ""]
        for name, table in sorted(tables.items()):
            lines += [*_table(name, table), ""]
    return "\n".join(lines)


def _table(name: str, table: Table) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if table.path:
        yield f"`{table.path}`, by {', '.join(f'`{c}`' for c in table.key)}."
        yield ""
    yield "| column | what it holds |"
    yield "| --- | --- |"
    for column, said in table.columns.items():
        yield f"| `{column}` | {_cell(said)} |"


def _settings() -> str:
    lines = ["# survey.yaml and schema.yaml", ""]
    for title, model in (("survey.yaml", Settings), ("coding_schema/schema.yaml", Schema)):
        lines += [f"## {title}", "", *_model(model), ""]
        for part in _parts(model):
            lines += [f"### {part.__name__}", "", *_model(part), ""]
    return "\n".join(lines)


def _parts(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The models that a model is made of, at any depth, each once, in the order in which they are met."""
    found: dict[str, type[BaseModel]] = {}

    def look(annotation: Any) -> None:
        model = inspect.isclass(annotation) and issubclass(annotation, BaseModel)
        if model and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                look(field.annotation)
        for inner in getattr(annotation, "__args__", ()):
            look(inner)

    for field in model.model_fields.values():
        look(field.annotation)
    return list(found.values())


def _model(model: type[BaseModel]) -> Iterator[str]:
    told, _, attributes = inspect.cleandoc(model.__doc__ or "").partition("Attributes:")
    said = dict(re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", attributes, re.MULTILINE))
    yield re.sub(r":(?:class|func):`([^`]*)`", r"`\1`", told.strip())
    yield ""
    yield "| key | needed | form | what it says |"
    yield "| --- | --- | --- | --- |"
    for name, field in model.model_fields.items():
        needed = "yes" if field.is_required() else "no"
        what = re.sub(r":(?:class|func):`([^`]*)`", r"\1", said.get(name, ""))
        yield f"| `{name}` | {needed} | {_form(field.annotation)} | {_cell(what)} |"


def _form(annotation: Any) -> str:
    """What a value looks like, in a word."""
    if inspect.isclass(annotation):
        if issubclass(annotation, BaseModel):
            return annotation.__name__
        plain = {str: "text", bool: "true or false", int: "whole number", float: "number", dict: "mapping"}
        return plain.get(annotation, annotation.__name__)
    inner = [_form(a) for a in getattr(annotation, "__args__", ()) if a not in (type(None), ...)]
    kind = str(annotation)
    if kind.startswith("tuple"):
        return f"list of {inner[0]}" if inner else "list"
    if kind.startswith("dict"):
        return "mapping"
    if kind.startswith("typing.Literal"):
        return " or ".join(map(str, annotation.__args__))
    return inner[0] if inner else "text"


def _python() -> str:
    lines = [
        "# Python",
        "",
        "```python",
        "from workbench import open_survey",
        "",
        'survey = open_survey(".")',
        "```",
        "",
    ]
    for name in workbench.__all__:
        thing = getattr(workbench, name)
        lines += [f"## workbench.{name}", "", inspect.cleandoc(inspect.getdoc(thing) or ""), ""]
    lines += ["## What an opened survey has", ""]
    for name, member in inspect.getmembers(Survey):
        said = inspect.getdoc(getattr(member, "func", None) or getattr(member, "fget", None) or member)
        if not name.startswith("_") and said and not inspect.isclass(member):
            lines += [f"- `{name}`: {_cell(said.split(chr(10))[0])}"]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
