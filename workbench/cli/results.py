"""What the survey comes to: ``claim``, ``methods``, ``build``, ``trust``, ``figures``, ``site``, ``lab``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.flags import HERE, Out, SurveyPath
from workbench.cli.telling import door

app = typer.Typer()


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
def diff(
    old: Annotated[str, typer.Argument(help="The earlier state: a folder, or a revision of git.")],
    new: Annotated[str, typer.Argument(help="The later state; default: the survey as it is.")] = "",
    survey: SurveyPath = HERE,
) -> None:
    """Tell what changed between two states of the survey: records, decisions, codes, findings that moved."""
    from workbench.answers.changes import changes, state
    from workbench.store.survey import open_survey

    with door(), state(old, survey) as before, state(new or str(survey), survey) as after:
        lines = changes(open_survey(before), open_survey(after))
    for line in lines:
        typer.echo(line)


@app.command()
def push(
    library: Annotated[str, typer.Argument(help="A Zotero library: users/12345 or groups/678.")],
    collection: Annotated[str, typer.Option(help="The eight characters of the collection's key.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    mine: Annotated[bool, typer.Option("--mine", help="Overwrite what was changed in Zotero since.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Make anew what was thrown away in Zotero.")] = False,
    survey: SurveyPath = HERE,
) -> None:
    """Send the included papers to a Zotero collection, codes as tags; the key stands in ZOTERO_API_KEY."""
    from workbench.publishing.zotero_push import push as pushed
    from workbench.store.survey import open_survey

    with door():
        done = pushed(open_survey(survey), library, collection, dry_run=dry_run, mine=mine, again=again)
    would = "would be " if dry_run else ""
    typer.echo(
        f"{len(done.made)} {would}made, {len(done.changed)} {would}changed, {done.unchanged} as they were"
    )
    for paper, why in done.conflicts.items():
        typer.echo(f"{paper}: {why}; it is left as it is there (--mine overwrites it)", err=True)
    for paper in done.gone:
        typer.echo(f"{paper}: was thrown away in Zotero; it is left out (--again makes it anew)", err=True)
    for paper in done.out:
        typer.echo(
            f"{paper}: is in the collection and not in the survey any more; take it out there", err=True
        )
    for paper, why in done.failed.items():
        typer.echo(f"{paper}: Zotero did not take it: {why}", err=True)
    if done.failed or done.conflicts:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[
        Path,
        typer.Argument(help="Where to: .bib, .ris, .json (CSL), .csv, .xlsx, or .zip for the whole survey."),
    ],
    works: Annotated[str, typer.Option(help="Which works: included, drawn or all.")] = "included",
    version: Annotated[str, typer.Option(help="Of a .zip: what the deposit calls itself.")] = "",
    survey: SurveyPath = HERE,
) -> None:
    """Write the works for other programs, or the whole survey as one file to deposit; no text of a paper leaves."""
    from workbench.publishing.archive import archive, is_among
    from workbench.publishing.export import export as exported
    from workbench.store.clock import now
    from workbench.store.faults import Fault, Refused
    from workbench.store.files import replace
    from workbench.store.survey import open_survey

    with door():
        if is_among(survey, file):
            remedy = "give a path outside of the survey's data"
            raise Refused([Fault(str(file), 0, "", "is one of the survey's own files", remedy)])
        opened, today = open_survey(survey), now()[:10]
        if file.suffix.lower() == ".zip":
            data = archive(opened, version or today, today)
        else:
            data = exported(opened, file.suffix.lower(), works)
        replace(file, data)
        typer.echo(f"written: {file} ({len(data):,} bytes)")


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
