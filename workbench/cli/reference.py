"""Write the reference pages of the documentation: ``python -m workbench.cli.reference FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from workbench.cli import app
from workbench.publishing.reference import write_reference


def write(out: Path) -> list[Path]:
    """Write the reference pages into a folder and return their paths."""
    group = get_command(app)
    commands: dict[str, Any] = dict(getattr(group, "commands", {}))

    def help_of(name: str) -> str:
        context = typer.Context(
            commands[name], info_name=f"survey {name}", terminal_width=100, max_content_width=100
        )
        return str(commands[name].get_help(context))

    return write_reference(out, help_of, list(commands))


if __name__ == "__main__":
    for path in write(Path(sys.argv[1])):
        print(path)
