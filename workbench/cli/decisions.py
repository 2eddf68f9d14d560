"""What people and models decide: from ``sample`` and ``instructions`` to ``verify`` and ``measure``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.flags import (
    HERE,
    Basis,
    Batch,
    CodeId,
    Coder,
    Confidence,
    Evidence,
    Facet,
    FigureSeen,
    Formal,
    From,
    Level,
    Locator,
    Mitigates,
    Note,
    Paper,
    Principal,
    Role,
    Run,
    SchemaVersion,
    State,
    SurveyPath,
    given,
    told_of,
)
from workbench.cli.telling import door

app = typer.Typer()


@app.command()
def sample(
    stage: Annotated[
        str,
        typer.Option(
            help="screening (records to screen, in blocks), a stage of `survey frame`, or verification."
        ),
    ] = "screening",
    size: Annotated[
        int | None, typer.Option(help="Papers of each stratum to verify (default: the schema's block).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be drawn; write nothing.")
    ] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Draw at random: records to screen, in blocks or by their tickets, or coded papers for a human to code afresh."""
    from workbench.doors.sampling import sample as draw
    from workbench.doors.tickets import sample_by_tickets
    from workbench.doors.verification_sample import sample_verification

    if stage != "verification" and size is not None:
        typer.echo(
            "--size goes with --stage verification; how many are screened is the survey's rule", err=True
        )
        raise typer.Exit(2)
    screening = stage != "verification"
    with door():
        if stage == "screening":
            drawn = draw(survey, dry_run=dry_run)
        elif screening:
            drawn = sample_by_tickets(survey, stage, dry_run=dry_run)
        else:
            drawn = sample_verification(survey, size=size, dry_run=dry_run)
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
    if drawn.later:
        typer.echo(
            f"{drawn.later} records came after the last frame was frozen and stand in none; freeze a "
            "frame for a stage of their own (survey frame QUERY.yaml --stage NAME --seed N), then draw that stage"
        )
    what = "records" if screening else "papers"
    typer.echo(f"{len(drawn.papers)} {what} {'would be ' if dry_run else ''}drawn")


@app.command()
def instructions(
    task: Annotated[str, typer.Argument(help="screen, code or measure.")],
    short: Annotated[bool, typer.Option("--short", help="Of coding: a card of two pages.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    survey: SurveyPath = HERE,
) -> None:
    """Write what every screener, coder or reader, human or model, is given: from the schema."""
    from workbench.store.card import card
    from workbench.store.codebook import TASKS
    from workbench.store.codebook import instructions as written
    from workbench.store.files import replace
    from workbench.store.schema import load_schema

    with door():
        schema = load_schema(survey)
        if task not in TASKS:
            typer.echo(f"unknown task {task!r}; one of {', '.join(TASKS)}", err=True)
            raise typer.Exit(2)
        if short and task != "code":
            typer.echo(
                "only the instructions for coding have a card: survey instructions code --short", err=True
            )
            raise typer.Exit(2)
        text = card(schema) if short else written(schema, task)
        if out:
            replace(out, text)
            typer.echo(f"written: {out}")
        else:
            typer.echo(text)


@app.command()
def screen(
    coder: Annotated[str, typer.Option(help="Who screens: a coder's id.")],
    from_file: Annotated[Path | None, typer.Option("--from", help="Many decisions: .csv or .jsonl.")] = None,
    asreview: Annotated[
        Path | None, typer.Option(help="What you decided in ASReview: its export, .csv or .tsv.")
    ] = None,
    paper: Annotated[str | None, typer.Option(help="One record's key.")] = None,
    decision: Annotated[str | None, typer.Option(help="include, exclude or unsure.")] = None,
    reason: Annotated[str | None, typer.Option(help="Reason of exclusion.")] = None,
    streams: Annotated[str | None, typer.Option(help="Streams you see, joined by semicolons.")] = None,
    stage: Annotated[str | None, typer.Option(help="title-abstract (the default) or full-text.")] = None,
    basis: Annotated[str | None, typer.Option(help="title, abstract (the default) or full-text.")] = None,
    note: Annotated[str | None, typer.Option(help="Why, in your own words.")] = None,
    route: Annotated[
        str | None,
        typer.Option(help="other-methods: the records were not drawn; they enter no weighted rate."),
    ] = None,
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
    if asreview and (from_file or paper or decision):
        typer.echo("--asreview goes with --coder, --reason and --route alone", err=True)
        raise typer.Exit(2)
    flags = {k: v for k, v in locals().items() if k != "asreview"}
    from workbench.doors.screening import GIVEN
    from workbench.doors.screening import screen as record

    with door():
        if asreview:
            from workbench.doors.sources.asreview import decided

            rows, warnings = decided(survey, asreview, reason=reason or "")
            for warning in warnings:
                typer.echo(str(warning), err=True)
        else:
            rows = given(from_file, GIVEN, flags)
        if route and (from_file or asreview):
            rows = [{**row, "route": row.get("route") or route} for row in rows]
        written = record(survey, coder, rows, run=run, batch=batch)
    told_of(written)


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
        rows = given(from_file, COLUMNS, flags)
        written = record(survey, coder, rows, run=run, batch=batch)
    told_of(written)


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
        rows = given(from_file, SIGNOFF_COLUMNS, flags)
        written = record(survey, coder, rows, run=run, batch=batch)
    told_of(written)


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
        rows = given(from_file, COLUMNS, flags)
        written = record(survey, by, rows, run=run, batch=batch)
    told_of(written)


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
        rows = given(from_file, COLUMNS, flags)
        written = record(survey, coder, rows)
    told_of(written)


@app.command()
def measure(
    by: Coder,
    from_file: From = None,
    paper: Paper = None,
    failure_mode: Annotated[str | None, typer.Option(help="The code the numbers bear on.")] = None,
    n: Annotated[str | None, typer.Option(help="1, 2, ... within paper and code.")] = None,
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
        brought = [] if alone else given(from_file, COLUMNS, flags)
        written = record(survey, by, brought, run=run, batch=batch, search=searched)
    told_of(written)
