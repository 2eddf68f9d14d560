"""The command line: ``survey``. The same words as the library; heavy imports wait until a command runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli import searches
from workbench.cli.telling import door, run

app = typer.Typer(
    name="survey",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""The EvalSafetyGap survey workbench: which failure modes does the literature talk about but not measure?

    The way of a paper: `add` (records of a logged search come in, duplicates are found) - `abstracts` (bring those
    that are missing; they stay on this machine) - `duplicates` (decide what was not certain) - `sample` (draw what is
    to be screened) - `instructions` (what every screener and coder is given) - `screen` (in or out, by two who do not
    see each other) - `code` and `signoff` (which failure modes, from what was read; signed off, a code that is not
    there is coded absent) - `adjudicate` (a third party decides where the two differ) - `verify` (a human confirms or
    corrects) - `measure` (where a paper gives a number for the proxy and one for the property).
    `check` says what is wrong with the data, `status` how far the survey is, `build` checks everything and writes
    the results.""",
)

SurveyPath = Annotated[Path, typer.Option("--survey", help="The survey folder (corpus/ and coding_schema/).")]
HERE = Path()


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Take in the records of a search, merge what is certain, ask about the rest; say what became of each record."""
    from workbench.doors.adding import add as add_records

    with door(), _progress() as progress:
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
            dry_run=dry_run,
            progress=progress,
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
    with door(), _progress() as progress:
        report = (
            add_abstracts(survey, from_file, dry_run=dry_run)
            if from_file is not None
            else add_from_zotero(
                survey, zotero, collection=collection, local=local, dry_run=dry_run, progress=progress
            )
        )
    _told_of_abstracts(report)
    told = "would change" if dry_run else "changed"
    typer.echo(f"{told}: {', '.join(report.changed) or 'nothing'}")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield told


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


@app.command()
def sample(
    stage: Annotated[
        str, typer.Option(help="screening (records to screen) or verification (coded papers for a human).")
    ] = "screening",
    size: Annotated[
        int | None, typer.Option(help="Papers of each stratum to verify (default: the schema's block).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be drawn; write nothing.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Draw the next random blocks: of records to screen, or of coded papers for a human to code afresh."""
    from workbench.doors.sampling import sample as draw
    from workbench.doors.verification_sample import sample_verification

    if stage not in ("screening", "verification"):
        typer.echo(f"unknown stage {stage!r}; one of screening, verification", err=True)
        raise typer.Exit(2)
    if stage == "screening" and size is not None:
        typer.echo("--size goes with --stage verification; blocks to screen are the schema's", err=True)
        raise typer.Exit(2)
    screening = stage == "screening"
    with door():
        drawn = (
            draw(survey, dry_run=dry_run)
            if screening
            else sample_verification(survey, size=size, dry_run=dry_run)
        )
    for aim, (count, wanted) in drawn.reached.items():
        typer.echo(f"{aim}: {count} of {wanted}")
    for block in drawn.blocks:
        why = drawn.reasons[block["stratum"]]
        typer.echo(
            f"block {block['block']} of {block['stratum']}: {block['drawn']} of {block['frame']} ({why})"
        )
    if drawn.waiting and not drawn.blocks:
        waits = (
            "records still wait for two screeners" if screening else "papers still wait for a human's coding"
        )
        typer.echo(f"{drawn.waiting} drawn {waits}")
    what = "records" if screening else "papers"
    typer.echo(f"{len(drawn.papers)} {what} {'would be ' if dry_run else ''}drawn")


@app.command()
def instructions(
    task: Annotated[str, typer.Argument(help="screen, code or measure.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Write what every screener, coder or reader, human or model, is given: from the schema."""
    from workbench.store.codebook import TASKS
    from workbench.store.codebook import instructions as written
    from workbench.store.files import replace
    from workbench.store.schema import load_schema

    with door():
        schema = load_schema(survey)
        if task not in TASKS:
            typer.echo(f"unknown task {task!r}; one of {', '.join(TASKS)}", err=True)
            raise typer.Exit(2)
        text = written(schema, task)
        if out:
            replace(out, text)
            typer.echo(f"written: {out}")
        else:
            typer.echo(text)


@app.command()
def screen(
    coder: Annotated[str, typer.Option(help="Who screens: a coder's id.")],
    from_file: Annotated[Path | None, typer.Option("--from", help="Many decisions: .csv or .jsonl.")] = None,
    paper: Annotated[str | None, typer.Option(help="One record's key.")] = None,
    decision: Annotated[str | None, typer.Option(help="include, exclude or unsure.")] = None,
    reason: Annotated[str | None, typer.Option(help="Reason of exclusion.")] = None,
    streams: Annotated[str | None, typer.Option(help="Streams you see, joined by semicolons.")] = None,
    stage: Annotated[str | None, typer.Option(help="title-abstract (the default) or full-text.")] = None,
    basis: Annotated[str | None, typer.Option(help="title, abstract (the default) or full-text.")] = None,
    note: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    run: Annotated[str, typer.Option(help="The run, for a language model.")] = "",
    batch: Annotated[str, typer.Option(help="What the run was given.")] = "",
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take your decision on the record back; its rows stay.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Record screening decisions: one by flags, many with --from; all of them or none."""
    if withdraw:
        if decision or from_file:
            typer.echo("give --paper with --withdraw, and neither --decision nor --from", err=True)
            raise typer.Exit(2)
        decision = "withdrawn"
    flags = locals()
    from workbench.doors.screening import COLUMNS
    from workbench.doors.screening import screen as record

    with door():
        rows = _given(from_file, COLUMNS, flags)
        written = record(survey, coder, rows, run=run, batch=batch)
    _told(written)


def _given(from_file: Path | None, columns: tuple[str, ...], flags: dict[str, Any]) -> list[dict[str, str]]:
    """Return the rows of a batch: those of the file, or the one that the command's flags make."""
    from workbench.store.batch import flag_row, read_batch

    if from_file is None:
        return [flag_row(**{c: flags[c] for c in columns if c in flags})]
    rows, warnings = read_batch(from_file, columns)
    for warning in warnings:
        typer.echo(str(warning), err=True)
    return rows


def _told(written: Any) -> None:
    where = ", ".join(written.files) or "no file changed"
    typer.echo(f"{written.rows} written, {written.unchanged} unchanged: {where}")
    for note in written.notes:
        typer.echo(note)


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
Level = Annotated[str | None, typer.Option(help="mentions, argues, demonstrates or measures.")]
Role = Annotated[str | None, typer.Option(help="own-result, background or future-work.")]
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


@app.command()
def code(
    coder: Coder,
    from_file: From = None,
    paper: Paper = None,
    facet: Facet = None,
    code: CodeId = None,
    basis: Basis = None,
    schema: SchemaVersion = None,
    state: State = None,
    level: Level = None,
    role: Role = None,
    formal: Formal = None,
    figure_seen: FigureSeen = None,
    mitigates: Mitigates = None,
    principal: Principal = None,
    confidence: Confidence = None,
    note: Note = None,
    locator: Locator = None,
    words: Evidence = None,
    run: Run = "",
    batch: Batch = "",
    survey: SurveyPath = HERE,
) -> None:
    """Record codings: one by flags, many with --from; all of them or none."""
    flags = locals()
    from workbench.doors.coding import COLUMNS
    from workbench.doors.coding import code as record

    with door():
        rows = _given(from_file, COLUMNS, flags)
        written = record(survey, coder, rows, run=run, batch=batch)
    _told(written)


@app.command()
def signoff(
    coder: Coder,
    from_file: From = None,
    paper: Paper = None,
    basis: Basis = None,
    schema: SchemaVersion = None,
    blind: Annotated[
        str | None,
        typer.Option(help="yes (the default), or no where you had seen another's codes of the paper."),
    ] = None,
    run: Run = "",
    batch: Batch = "",
    survey: SurveyPath = HERE,
) -> None:
    """State that papers are coded: only then is a code that is not there coded absent."""
    flags = locals()
    from workbench.doors.coding import SIGNOFF_COLUMNS
    from workbench.doors.coding import signoff as record

    with door():
        rows = _given(from_file, SIGNOFF_COLUMNS, flags)
        written = record(survey, coder, rows, run=run, batch=batch)
    _told(written)


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
    _told(written)


@app.command()
def adjudicate(
    by: Annotated[str, typer.Option(help="Who decides: a coder's id, neither of the coders.")],
    from_file: From = None,
    paper: Paper = None,
    facet: Annotated[
        str | None, typer.Option(help="Facet of the schema, or `screening` to decide a screening.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Code of that facet; the stage, for a screening.")] = None,
    chosen: Annotated[
        str | None, typer.Option(help="The coder whose coding holds, or `new` with values of your own.")
    ] = None,
    rationale: Annotated[str | None, typer.Option(help="Why.")] = None,
    basis: Basis = None,
    schema: SchemaVersion = None,
    state: Annotated[
        str | None,
        typer.Option(help="With new: present, no-information, withdrawn; include, exclude for a screening."),
    ] = None,
    level: Level = None,
    role: Role = None,
    formal: Formal = None,
    figure_seen: FigureSeen = None,
    mitigates: Mitigates = None,
    principal: Principal = None,
    confidence: Confidence = None,
    note: Annotated[
        str | None, typer.Option(help="With new: in your own words; the reason, for a screening out.")
    ] = None,
    locator: Locator = None,
    words: Evidence = None,
    run: Run = "",
    batch: Batch = "",
    survey: SurveyPath = HERE,
) -> None:
    """Decide where two coders, or two screeners, differ: as a third party."""
    flags = locals()
    from workbench.doors.adjudication import COLUMNS
    from workbench.doors.adjudication import adjudicate as record

    with door():
        rows = _given(from_file, COLUMNS, flags)
        written = record(survey, by, rows, run=run, batch=batch)
    _told(written)


@app.command()
def verify(
    coder: Coder,
    from_file: From = None,
    paper: Paper = None,
    facet: Facet = None,
    code: CodeId = None,
    outcome: Annotated[str | None, typer.Option(help="confirm, correct, reject or add.")] = None,
    basis: Basis = None,
    state: State = None,
    level: Level = None,
    role: Role = None,
    formal: Formal = None,
    figure_seen: FigureSeen = None,
    mitigates: Mitigates = None,
    principal: Principal = None,
    confidence: Confidence = None,
    note: Note = None,
    locator: Locator = None,
    words: Evidence = None,
    survey: SurveyPath = HERE,
) -> None:
    """Record what a human says of codes that hold: confirm, correct, reject, add."""
    flags = locals()
    from workbench.doors.verification import COLUMNS
    from workbench.doors.verification import verify as record

    with door():
        rows = _given(from_file, COLUMNS, flags)
        written = record(survey, coder, rows)
    _told(written)


@app.command()
def measure(
    by: Coder,
    from_file: From = None,
    paper: Paper = None,
    failure_mode: Annotated[str | None, typer.Option(help="The failure mode the numbers bear on.")] = None,
    n: Annotated[str | None, typer.Option(help="1, 2, ... within paper and failure mode.")] = None,
    state: Annotated[str | None, typer.Option(help="present (the default), or withdrawn.")] = None,
    kind: Annotated[str | None, typer.Option(help="pair (both values) or drop (a change alone).")] = None,
    basis: Annotated[str | None, typer.Option(help="abstract (the default) or full-text.")] = None,
    proxy: Annotated[str | None, typer.Option(help="Code of the facet proxy.")] = None,
    latent: Annotated[str | None, typer.Option(help="Code of the facet latent.")] = None,
    proxy_measure: Annotated[str | None, typer.Option(help="What number the proxy's is, own words.")] = None,
    latent_measure: Annotated[
        str | None, typer.Option(help="What number the property's is, own words.")
    ] = None,
    proxy_value: Annotated[str | None, typer.Option(help="The proxy's number, as reported.")] = None,
    latent_value: Annotated[str | None, typer.Option(help="The property's number, as reported.")] = None,
    change: Annotated[str | None, typer.Option(help="Of a drop: how large, as reported.")] = None,
    latent_is: Annotated[
        str | None, typer.Option(help="Of a drop: worse (the default), better or neither.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="percent, score-0-1, correlation, ..., other: ...")] = None,
    higher_is: Annotated[
        str | None, typer.Option(help="better or worse: what a higher proxy looks like.")
    ] = None,
    sample: Annotated[str | None, typer.Option(help="Items behind the numbers, as reported.")] = None,
    system: Annotated[str | None, typer.Option(help="The model or models, as named.")] = None,
    protocol: Annotated[str | None, typer.Option(help="How both were taken, own words.")] = None,
    attempts: Annotated[str | None, typer.Option(help="Attempts allowed per item, where stated.")] = None,
    note: Annotated[str | None, typer.Option(help="Own words.")] = None,
    locator: Locator = None,
    words: Annotated[
        str | None,
        typer.Option(help="Five or more words of the text that hold every number; only their place is kept."),
    ] = None,
    query: Annotated[str, typer.Option(help="Log a search of texts held already: what was looked for.")] = "",
    where: Annotated[str, typer.Option(help="Of that search: which texts.")] = "",
    rows: Annotated[str, typer.Option(help="Of that search: how many texts.")] = "",
    run: Run = "",
    batch: Batch = "",
    survey: SurveyPath = HERE,
) -> None:
    """Record paired evidence: a number for the proxy beside one for the property; all rows or none."""
    flags = locals()
    from workbench.doors.measuring import COLUMNS, Searched
    from workbench.doors.measuring import measure as record

    searched = Searched(query, where, rows) if query or where or rows else None
    with door():
        # A search that found nothing is logged too.
        alone = searched and not from_file and all(flags[c] is None for c in COLUMNS)
        given = [] if alone else _given(from_file, COLUMNS, flags)
        written = record(survey, by, given, run=run, batch=batch, search=searched)
    _told(written)


@app.command()
def check(survey: SurveyPath = HERE) -> None:
    """Validate everything; exit 1 with file, line, key, message and remedy for each fault."""
    from workbench.reading.checking import check as validate
    from workbench.store.files import recover

    with door():
        recover(survey)
        faults = validate(survey)
    for fault in faults:
        typer.echo(str(fault), err=True)
    wrong = sum(not f.warning for f in faults)
    typer.echo(f"{wrong} fault(s), {len(faults) - wrong} warning(s)")
    if wrong:
        raise typer.Exit(1)


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
    from workbench.store.faults import Fault
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


Out = Annotated[Path | None, typer.Option(help="Where the results go (default: build/ in the survey).")]


@app.command()
def claim(
    file: Annotated[Path, typer.Argument(help="A claim: a YAML file in the form of claims/README.md.")],
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Hold a safety claim against the survey: what its evidence does not capture, with numbers."""
    from workbench.answers.claims import card_of
    from workbench.answers.stamp import data_digests, data_stamp, stamp_line
    from workbench.store.files import replace
    from workbench.store.survey import open_survey

    with door():
        opened = open_survey(survey)
        text = card_of(opened, file, stamp_line(data_stamp(opened, data_digests(survey))))
        if out:
            replace(out, text)
            typer.echo(f"written: {out}")
        else:
            typer.echo(text)


@app.command()
def methods(
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX paragraphs instead of Markdown.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Write the methods section from the rows: search, sampling, screening, coding, agreement, analysis."""
    from workbench.answers.methods import methods_latex, methods_markdown
    from workbench.answers.stamp import data_digests, data_stamp, stamp_line
    from workbench.store.files import replace
    from workbench.store.survey import open_survey

    with door():
        opened = open_survey(survey)
        stamp = stamp_line(data_stamp(opened, data_digests(survey)))
        text = (methods_latex if latex else methods_markdown)(opened, stamp)
        if out:
            replace(out, text)
            typer.echo(f"written: {out}")
        else:
            typer.echo(text)


def _one_thread_each() -> None:
    """Keep numpy's algebra to one thread a process, unless told otherwise: the processes share the cores already."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@app.command()
def build(
    out: Out = None,
    no_notebooks: Annotated[
        bool, typer.Option("--no-notebooks", help="Execute no notebook and write no page of one.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """The main job: check the data, then write counts, tables and figures with a manifest.

    Notebooks are programs: they are executed only where you have said with `survey trust` that you trust them.
    """
    _one_thread_each()
    from workbench.publishing.building import build as make

    target = out or survey / "build"
    with door():
        written = make(survey, target, notebooks=not no_notebooks)
    typer.echo(f"{len(written)} files written to {target}")
    for what, where in (
        ("the reviewer's page", "site/index.html"),
        ("figures", "figures/"),
        ("tables", "tables/"),
        ("LaTeX", "latex/"),
    ):
        typer.echo(f"  {what + ':':21}{target / where}")


@app.command()
def trust(survey: SurveyPath = HERE) -> None:
    """Say that you have looked at the notebooks of a survey and let `survey build` execute them as they are now."""
    from workbench.store.trust import trust as record

    with door():
        names = record(survey)
    for name in names:
        typer.echo(f"  {name}")
    typer.echo(f"{len(names)} file(s) trusted as they are now; a change asks anew")


@app.command()
def figures(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Name of a figure; several times for several. All where left out."),
    ] = None,
    where: Annotated[
        str, typer.Option(help="Papers to keep, for example 'year >= 2024'; see docs/for-authors.md.")
    ] = "",
    columns: Annotated[
        str, typer.Option(help="The facet that the map crosses, instead of the survey's.")
    ] = "",
    width: Annotated[
        list[str] | None, typer.Option(help="single, double or a length: 345pt, 120mm, 8.5cm, 3.25in.")
    ] = None,
    title: Annotated[bool, typer.Option(help="Whether a figure bears its title.")] = True,
    out: Out = None,
    survey: SurveyPath = HERE,
) -> None:
    """Check the data, then write the figures of `build` only, or with an option those that you choose.

    Without an option each figure is written for one and two columns as SVG, PDF and PNG, to `build/figures`. With one
    the chosen figures go to `build/chosen`, and each says of which papers it speaks.
    """
    _one_thread_each()
    from workbench.publishing.building import figures as make
    from workbench.publishing.building import some_figures

    if only or where or columns or width or not title:
        target = out or survey / "build/chosen"
        with door():
            try:
                written = some_figures(
                    survey,
                    target,
                    only=only or (),
                    where=where,
                    columns=columns,
                    widths=width or ("single", "double"),
                    title=title,
                )
            except ValueError as error:
                typer.echo(f"refused: {error}; nothing was written", err=True)
                raise typer.Exit(1) from None
    else:
        target = out or survey / "build"
        with door():
            written = make(survey, target)
    _made(written, target)


@app.command()
def site(
    out: Annotated[
        Path | None, typer.Option(help="The page's folder (default: build/site in the survey).")
    ] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Check the data, then write the reviewer's page: every number down to its evidence, with no server."""
    from workbench.publishing.building import site as make

    target = out or survey / "build/site"
    with door():
        written = make(survey, target)
    typer.echo(f"{len(written)} files written; open {target / 'index.html'}")


def _made(written: list[str], target: Path) -> None:
    """Say where the results are."""
    for name in written:
        typer.echo(f"  {target / name}")
    typer.echo(f"{len(written)} files written to {target}")


@app.command()
def lab(survey: SurveyPath = HERE) -> None:
    """Open JupyterLab on the first notebook."""
    import subprocess

    # -P: a file jupyterlab.py in the folder where this is called must not be taken for JupyterLab.
    raise typer.Exit(
        subprocess.call(
            [sys.executable, "-P", "-m", "jupyterlab", str(survey / "notebooks/00_start_here.ipynb")]
        )
    )


searches.commands(app, _progress)


def main() -> None:
    """Run the command line."""
    run(app)
