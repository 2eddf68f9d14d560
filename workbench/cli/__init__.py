"""The command line: ``survey``. The same words as the library; heavy imports wait until a command runs."""

from __future__ import annotations

import typer

from workbench.cli import decisions, project, records, results, searches
from workbench.cli.telling import run

app = typer.Typer(
    name="survey",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="""The survey workbench: what does a literature talk about, and what of it does it measure?

    The way of a paper: `add` (records of a logged search come in, duplicates are found) - `abstracts` (bring those
    that are missing; they stay on this machine) - `duplicates` (decide what was not certain) - `sample` (draw what is
    to be screened) - `instructions` (what every screener and coder is given) - `screen` (in or out, by two who do not
    see each other) - `code` and `signoff` (which codes, from what was read; signed off, a code that is not
    there is coded absent) - `adjudicate` (a third party decides where the two differ) - `verify` (a human confirms or
    corrects) - `measure` (where a paper gives a number for the proxy and one for the property).
    `check` says what is wrong with the data, `status` how far the survey is, `build` checks everything and writes
    the results.""",
)
for group in (records, searches, decisions, project, results):
    app.registered_commands += group.app.registered_commands


def main() -> None:
    """Run the command line."""
    run(app)
