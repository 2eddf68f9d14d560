"""What looks for records: ``search``, ``frame`` and ``recall``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.flags import HERE, SurveyPath, progress
from workbench.cli.telling import door

if TYPE_CHECKING:
    from workbench.searching.query import Query
    from workbench.searching.running import Tally

QueryFile = Annotated[Path, typer.Argument(help="The query, a YAML file: docs/searching.md.")]

app = typer.Typer()


@app.command()
def search(
    query: QueryFile,
    over: Annotated[
        Path | None, typer.Option(help="Records, JSON lines; without it the survey's own texts in hand.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the records found to this file.")] = None,
    rule: Annotated[str, typer.Option(help="Which rule of the query; the first where none is named.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Say in words what is asked.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Run a query file over records: how many it finds, concept by concept; --out writes them for `add`."""
    from workbench.searching.matcher import Matcher
    from workbench.searching.query import read_query
    from workbench.searching.running import explained, over_file, over_texts

    if out is not None and over is None:
        typer.echo("--out goes with --over: the survey's own records are in it already", err=True)
        raise typer.Exit(2)
    with door():
        asked = read_query(query)
        if explain:
            for line in explained(asked, rule):
                typer.echo(line)
            if over is None:
                return
        matcher = Matcher(asked, rule)
        with progress() as told:
            if over is not None:
                tally = over_file(matcher, over, out, told)
            else:
                tally, _ = over_texts(matcher, survey, told)
    _told(tally, asked, over.name if over is not None else "the survey's texts in hand")
    if out is not None:
        typer.echo(f"written: {out}; `survey add {out}` takes them in")


@app.command()
def frame(
    query: Annotated[Path | None, typer.Argument(help="The query, a YAML file: docs/searching.md.")] = None,
    stage: Annotated[str, typer.Option(help="What will be drawn from it, as in sampling.csv.")] = "screening",
    seed: Annotated[
        int | None, typer.Option(help="Give each record a ticket of its own, by this seed.")
    ] = None,
    whole: Annotated[
        int, typer.Option(help="With --seed: codes of at most so many hits are read whole.")
    ] = 150,
    wanted: Annotated[int, typer.Option(help="With --seed: records to read of each other code.")] = 60,
    least: Annotated[float, typer.Option(help="With --seed: the least probability of a record.")] = 0.10,
    given: Annotated[
        Path | None,
        typer.Option(help="A sample drawn elsewhere, in place of a query: .csv with paper and probability."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Freeze the sampling frame: which records, with source, score, guessed codes and their chance of being drawn."""
    from workbench.doors.frame import freeze, freeze_given
    from workbench.store.frames import Tickets

    if (query is None) == (given is None):
        typer.echo("name a query file, or --given FILE for a sample that was drawn elsewhere", err=True)
        raise typer.Exit(2)
    with door(), progress() as told:
        if given is not None:
            frozen = freeze_given(survey, given, stage, dry_run=dry_run)
        elif query is not None:
            rule = Tickets(seed=seed, whole=whole, wanted=wanted, least=least) if seed is not None else None
            frozen = freeze(survey, query, stage, tickets=rule, dry_run=dry_run, progress=told)
    if frozen.frame.design != "blocks":
        drawn = len(frozen.rows) if given else sum(float(r["probability"]) for r in frozen.rows)
        typer.echo(
            f"{drawn:.0f} records are expected to be drawn; `survey sample --stage {stage}` draws them"
        )
    unscored = sum(not r["score"] for r in frozen.rows)
    guessed = sum(bool(r["hits"]) for r in frozen.rows)
    typer.echo(f"frame of stage {stage}: {frozen.frame.records} records, {guessed} with a guessed code")
    if unscored:
        typer.echo(f"{unscored} records have no score: too few are screened")
    typer.echo(f"sha256 {frozen.frame.sha256}, frozen {frozen.frame.when}")
    typer.echo(f"{'would change' if dry_run else 'changed'}: {', '.join(frozen.changed) or 'nothing'}")


@app.command()
def recall(
    file: Annotated[
        Path,
        typer.Argument(help="Works that you know: .bib, .jsonl, or titles, DOIs and arXiv ids, one a line."),
    ],
    json_out: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Tell which works of a list are among the records, have an abstract, were drawn, screened, included."""
    import json

    from workbench.reading.recall import recall as looked_up

    with door():
        found = looked_up(survey, file)
    if json_out:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    for line in found.lines():
        typer.echo(line)


def _told(tally: Tally, query: Query, where: str) -> None:
    for fault in tally.faults:
        typer.echo(str(fault), err=True)
    if tally.unreadable > len(tally.faults):
        typer.echo(f"and {tally.unreadable - len(tally.faults)} more lines that cannot be read", err=True)
    share = f" ({tally.hits / tally.records:.1%})" if tally.records else ""
    typer.echo(f"{where}: {tally.hits} of {tally.records} records found{share}")
    if tally.untold:
        typer.echo(f"{tally.untold} records have no abstract and were looked at by their title alone")
    if tally.unreadable:
        typer.echo(f"{tally.unreadable} lines could not be read and were passed over")
    width = max(7, *(len(c.id) for c in query.form.concepts))
    typer.echo(f"{'concept':<{width}}  records  of those found")
    for concept in query.form.concepts:
        counts: Any = (tally.concepts[concept.id], tally.concepts_of_hits[concept.id])
        typer.echo(f"{concept.id:<{width}}  {counts[0]:>7}  {counts[1]:>14}")
