"""Records coming in, joining, and going: ``add``, ``abstracts``, ``duplicates``, ``remove``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.flags import HERE, SurveyPath, progress
from workbench.cli.telling import door

app = typer.Typer()


@app.command()
def add(
    file: Annotated[
        Path,
        typer.Argument(
            help="Records: .bib, .ris, .nbib, .jsonl, .csv, .tsv, .xlsx, .json (CSL), .xml (EndNote), "
            ".txt (Web of Science)."
        ),
    ],
    abstracts: Annotated[
        Path | None, typer.Option(help="Abstracts (.jsonl or .bib); their text stays on this machine.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who searched.")] = "",
    query: Annotated[str, typer.Option(help="What was asked.")] = "",
    where: Annotated[str, typer.Option(help="What was searched.")] = "",
    terms: Annotated[
        str | None,
        typer.Option(
            help="Topic words of the query, joined by semicolons; * is any ending; '' where it had none."
        ),
    ] = None,
    columns: Annotated[
        str, typer.Option(help='Of a table whose columns have other names: "title=Titel;year=Jahr".')
    ] = "",
    supersedes: Annotated[
        str, typer.Option(help="Id of the search whose file this one corrects: it counts no more.")
    ] = "",
    lookup: Annotated[
        bool,
        typer.Option("--lookup", help="It tells facts of known records, which are not found again by it."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Take in the records of a search, merge what is certain, ask about the rest; say what became of each record."""
    from workbench.doors.adding import add as add_records

    with door(), progress() as told_how_far:
        report = add_records(
            survey,
            file,
            abstracts=abstracts,
            by=by,
            query=query,
            where=where,
            terms=terms,
            columns={
                what.strip(): name
                for what, _, name in (c.partition("=") for c in columns.split(";") if c.strip())
            },
            supersedes=supersedes,
            lookup=lookup,
            dry_run=dry_run,
            progress=told_how_far,
        )
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
        return
    for fault in (*report.warnings, *report.unreadable):
        typer.echo(str(fault), err=True)
    for fate in report.fates:
        typer.echo(f"{file.name}, {fate}")
    typer.echo(
        f"{file.name}: {report.rows} rows: {report.new} new, {report.merged} merged, {report.maybe} maybe, "
        f"{len(report.unreadable)} unreadable, {report.known} known already"
    )
    if report.texts:
        typer.echo(f"abstracts that stood in it and were not in hand: {report.texts}")
    if report.abstracts is not None:
        _told_of_abstracts(report.abstracts)
    told = "would change" if dry_run else "changed"
    typer.echo(f"{told}: {', '.join(report.changed) or 'nothing'}")


def _told_of_abstracts(report: Any) -> None:
    for fault in (*report.unmatched, *report.unreadable, *report.warnings):
        typer.echo(str(fault), err=True)
    typer.echo(
        f"abstracts: {report.joined} joined, {report.already} in hand already, {report.filled} works filled in, "
        f"{len(report.unmatched)} of no known work, {report.without} without an abstract, "
        f"{len(report.unreadable)} unreadable"
    )


@app.command()
def abstracts(
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A file: .jsonl (abstract, and key, arxiv_id, doi or url), or .bib with abstracts."
        ),
    ] = None,
    zotero: Annotated[
        str,
        typer.Option(
            help="A Zotero library: users/12345 or groups/678. If it is not public, put a key into ZOTERO_API_KEY."
        ),
    ] = "",
    collection: Annotated[
        str, typer.Option(help="Of that library, one collection: the eight characters of its key.")
    ] = "",
    local: Annotated[
        bool, typer.Option("--local", help="Ask Zotero on this machine; users/0 is your own library there.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Bring abstracts of the records that are there, from a file or from Zotero; the text stays in .cache/."""
    from workbench.doors.abstracts import add_abstracts, add_from_zotero

    if (from_file is None) == (not zotero):
        typer.echo("give a file with --from, or a library with --zotero", err=True)
        raise typer.Exit(2)
    if from_file is not None and (collection or local):
        typer.echo("--collection and --local go with --zotero", err=True)
        raise typer.Exit(2)
    with door(), progress() as told_how_far:
        report = (
            add_abstracts(survey, from_file, dry_run=dry_run)
            if from_file is not None
            else add_from_zotero(
                survey, zotero, collection=collection, local=local, dry_run=dry_run, progress=told_how_far
            )
        )
    _told_of_abstracts(report)
    told = "would change" if dry_run else "changed"
    typer.echo(f"{told}: {', '.join(report.changed) or 'nothing'}")


@app.command()
def duplicates(
    a: Annotated[str, typer.Argument(help="A record's key; none: list what is not certain.")] = "",
    b: Annotated[str, typer.Argument(help="The other record's key.")] = "",
    decision: Annotated[str, typer.Argument(help="same or different.")] = "",
    by: Annotated[str, typer.Option(help="Who decides.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    keep: Annotated[
        str, typer.Option(help="Whose decisions hold, where both records have some: its key.")
    ] = "",
    take_back: Annotated[
        bool, typer.Option("--undo", help="Take the merge of the two back: both records as they were.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """List pairs of records that may be one work, likeliest first; decide about any two, or take a merge back."""
    from workbench.doors.duplicates import decide, pending, undo

    if take_back and (decision or not b):
        typer.echo("give two keys with --undo, and no decision", err=True)
        raise typer.Exit(2)
    with door():
        if take_back:
            kept, alone = undo(survey, a, b, by, note)
            typer.echo(f"{alone} stands alone again, beside {kept}")
            return
        if a:
            kept = decide(survey, a, b, decision, by, note, keep)
            typer.echo(f"{a} and {b}: {decision}" + (f"; the work is {kept}" if kept else ""))
            return
        pairs = pending(survey)
        for pair in pairs:
            typer.echo(f"{pair}\n")
        typer.echo(f"{len(pairs)} undecided: `survey duplicates A B same|different --by WHO`")


@app.command()
def remove(
    what: Annotated[str, typer.Argument(help="Id of a search (corpus/searches.yaml), or a record's key.")],
    by: Annotated[str, typer.Option(help="Who takes it out.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    put_back: Annotated[bool, typer.Option("--undo", help="Put it back.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Take out a search or a record that was added by mistake; it counts nowhere, and its rows stay in the files."""
    from workbench.doors.removing import remove as take_out

    with door():
        report = take_out(survey, what, by=by, why=why, undo=put_back, dry_run=dry_run)
    told = "put back" if put_back else "taken out"
    typer.echo(
        f"{report.kind} {what} {'would be ' if dry_run else ''}{told}; works: {', '.join(report.papers) or 'none'}"
    )
    if report.kept:
        typer.echo(f"works that stay, as another search found them too: {', '.join(report.kept)}")
