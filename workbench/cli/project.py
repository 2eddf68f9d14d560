"""What stands in the survey, and who takes part: from ``register`` and ``check`` to ``disagreements``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.flags import HERE, SurveyPath, told_of
from workbench.cli.telling import door

if TYPE_CHECKING:
    from workbench.store.faults import Fault

app = typer.Typer()


@app.command()
def register(
    coder: Annotated[str, typer.Argument(help="A short name: letters, digits and hyphens.")],
    name: Annotated[str, typer.Option(help="The person's name, or the model as far as it is known.")],
    kind: Annotated[str, typer.Option(help="human or language-model.")] = "human",
    counts_from: Annotated[
        str,
        typer.Option(help="Day from which the decisions count (2026-12-01); what comes before is practice."),
    ] = "",
    survey: SurveyPath = HERE,
) -> None:
    """Make somebody a coder, in a file of their own (corpus/coders/CODER.yaml), or change what is known of one."""
    from workbench.doors.registering import register as record

    with door():
        written = record(survey, coder, kind=kind, name=name, counts_from=counts_from)
    told_of(written)


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="The folder, not there yet.")],
    title: Annotated[str, typer.Option(prompt="What is the survey called?")],
    question: Annotated[str, typer.Option(prompt="What does it ask, in one sentence?")],
    code: Annotated[
        str, typer.Option(prompt="What is one of the things called that papers are asked about?")
    ],
    codes: Annotated[str, typer.Option(help="Several of them; by default with an s.")] = "",
) -> None:
    """Make a new survey on any topic: schema, settings, notebooks, README; it asks for what no flag gives."""
    from workbench.doors.founding import found

    with door():
        written = found(path, title=title, question=question, code=code, codes=codes)
    typer.echo(f"{len(written)} files written to {path}")
    typer.echo(f"next: cd {path}; read README.md; survey register you --name 'Your name'")


@app.command()
def check(
    build: Annotated[
        Path | None, typer.Option(help="Also whether this folder is the build of the data as they are now.")
    ] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Validate everything; exit 1 with file, line, key, message and remedy for each fault."""
    from workbench.reading.checking import check as validate
    from workbench.store.files import recover

    with door():
        recover(survey)
        faults = validate(survey)
        if build is not None:
            from workbench.publishing.manifest import build_faults

            faults += build_faults(survey, build)
    for line in told(faults):
        typer.echo(line, err=True)
    wrong = sum(not f.warning for f in faults)
    typer.echo(f"{wrong} fault(s), {len(faults) - wrong} warning(s)")
    if wrong:
        raise typer.Exit(1)


def told(faults: Iterable[Fault]) -> list[str]:
    """What is said of faults: each, but a warning that rows of a file share is said once, with how many there are."""
    shared: dict[tuple[str, str, str], list[Fault]] = {}
    lines: list[str | tuple[str, str, str]] = []
    for fault in faults:
        at = (fault.file, fault.message, fault.remedy)
        if not fault.warning:
            lines.append(str(fault))
        elif at in shared:
            shared[at].append(fault)
        else:
            shared[at] = [fault]
            lines.append(at)
    return [line if isinstance(line, str) else _once(shared[line]) for line in lines]


def _once(warnings: list[Fault]) -> str:
    first, more = warnings[0], len(warnings) - 1
    return f"{first} ({more} more like it, to line {warnings[-1].line})" if more else str(first)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Say how far the survey is."""
    from workbench.reading.status import status as counted

    with door():
        counts = counted(survey)
    if as_json:
        typer.echo(json.dumps(counts, indent=2))
    else:
        for key, value in counts.items():
            typer.echo(f"{key:<12} {value['total']:>6}")


@app.command()
def codebook(survey: SurveyPath = HERE) -> None:
    """Write CODEBOOK.md anew from the schema, and keep a copy of the version in force."""
    from workbench.store.corpus import stored
    from workbench.store.files import replace_all, writing
    from workbench.store.history import kept_files

    with door(), writing(survey):
        unread: list[Fault] = []
        written = replace_all(survey, kept_files(survey, stored(survey, "signoffs", unread)))
    typer.echo(f"written: {', '.join(str(survey / w) for w in written) or 'nothing to change'}")


@app.command()
def stale(
    coder: Annotated[str, typer.Option(help="Whose codings (default: everybody's, counted only).")] = "",
    survey: SurveyPath = HERE,
) -> None:
    """List the codings that a changed wording of the schema makes stale, with the old wording and the new."""
    from workbench.doors.door import known_coder
    from workbench.store.faults import Refused
    from workbench.store.stale import listing, stale_of

    with door():
        faults: list[Any] = []
        if coder and known_coder(survey, coder, faults) is None:
            raise Refused(faults)
        lines = listing(*stale_of(survey), coder)
    for line in lines:
        typer.echo(line)


@app.command()
def find(
    words: Annotated[list[str], typer.Argument(help="Words, a DOI, an arXiv id, an address or a key.")],
    survey: SurveyPath = HERE,
) -> None:
    """Find records: by words of title and authors, or by what identifies a work; each with where it stands."""
    from workbench.reading.looking_up import look_up

    with door():
        lines = look_up(survey, " ".join(words))
    for line in lines:
        typer.echo(line)
    if not lines:
        typer.echo("no record is meant by this", err=True)
        raise typer.Exit(1)


@app.command()
def show(
    paper: Annotated[str, typer.Argument(help="A paper's key.")],
    survey: SurveyPath = HERE,
) -> None:
    """Show one paper: its codings side by side, their places, the rulings and what holds; signed-off work only."""
    from workbench.reading.showing import show as shown

    with door():
        lines = shown(survey, paper)
    for line in lines:
        typer.echo(line)


@app.command()
def disagreements(
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 50,
    survey: SurveyPath = HERE,
) -> None:
    """List what coders or screeners differ on and nobody has settled, most important first."""
    from workbench.reading.showing import listed

    with door():
        lines = listed(survey, limit)
    for line in lines:
        typer.echo(line)
