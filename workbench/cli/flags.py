"""Flags that several commands share, and what they print alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer


def found(path: Path) -> Path:
    """Return the survey folder: the one given, else the one in which the command was called, or above it."""
    if path != HERE or (path / "corpus").is_dir():
        return path
    above = (p for p in Path.cwd().parents if (p / "corpus").is_dir() and (p / "coding_schema").is_dir())
    return next(above, path)


SurveyPath = Annotated[
    Path,
    typer.Option(
        "--survey",
        help="The survey folder (corpus/ and coding_schema/); default: here or above.",
        callback=found,
    ),
]

HERE = Path()

Coder = Annotated[str, typer.Option(help="Who: a coder's id.")]

From = Annotated[Path | None, typer.Option("--from", help="Many rows: .csv or .jsonl.")]

Run = Annotated[str, typer.Option(help="The run, for a language model.")]

Batch = Annotated[str, typer.Option(help="What the run was given.")]

Paper = Annotated[str | None, typer.Option(help="A paper's key.")]

Facet = Annotated[str | None, typer.Option(help="Facet of the schema.")]

CodeId = Annotated[str | None, typer.Option(help="Code of that facet.")]

Basis = Annotated[str | None, typer.Option(help="What was read: title, abstract (the default) or full-text.")]

SchemaVersion = Annotated[str | None, typer.Option(help="Version of the schema (default: the one in force).")]

State = Annotated[str | None, typer.Option(help="present (the default), no-information or withdrawn.")]

Level = Annotated[str | None, typer.Option(help="A level of the schema.")]

Role = Annotated[str | None, typer.Option(help="A role of the schema.")]

Formal = Annotated[str | None, typer.Option(help="yes for a proof or a formal model.")]

FigureSeen = Annotated[
    str | None, typer.Option(help="yes when a number for the mode stands in the text read.")
]

Mitigates = Annotated[str | None, typer.Option(help="no, yes or measured.")]

Principal = Annotated[str | None, typer.Option(help="yes on the one principal code.")]

Confidence = Annotated[str | None, typer.Option(help="sure or unsure.")]

Note = Annotated[str | None, typer.Option(help="The claim and what it rests on, in your own words.")]

Locator = Annotated[str | None, typer.Option(help="title, abstract, or the section.")]

Evidence = Annotated[
    str | None, typer.Option(help="Five or more words of the text; only their place is kept.")
]

Out = Annotated[Path | None, typer.Option(help="Where the results go (default: build/ in the survey).")]


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a command is, on the error stream; give what it calls with what is done, how far, of how many."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield told


def given(from_file: Path | None, columns: tuple[str, ...], flags: dict[str, Any]) -> list[dict[str, str]]:
    """Return the rows of a batch: those of the file, or the one that the command's flags make."""
    from workbench.store.batch import flag_row, read_batch

    if from_file is None:
        return [flag_row(**{c: flags[c] for c in columns if c in flags})]
    rows, warnings = read_batch(from_file, columns)
    for warning in warnings:
        typer.echo(str(warning), err=True)
    return rows


def told_of(written: Any) -> None:
    """Print what a decision door wrote."""
    where = ", ".join(written.files) or "no file changed"
    typer.echo(f"{written.rows} written, {written.unchanged} unchanged: {where}")
    for note in written.notes:
        typer.echo(note)
