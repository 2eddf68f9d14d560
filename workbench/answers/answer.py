"""What an answer to a question of the survey consists of: tables, figures, numbers for the prose, printed tables."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.charts.frame import HigherThanAPage
from analysis.charts.theme import Width
from workbench.answers.numbers import Form, Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey

__all__ = [
    "BASIS",
    "Answer",
    "Figure",
    "Form",
    "Number",
    "Printed",
    "code_names",
    "figure",
    "in_schema",
    "mode_sides",
    "readable",
    "short_citations",
]

#: What was read for the results; full text is a parallel table, never mixed in.
BASIS = "abstract"
_usual = warnings.formatwarning


def _plainly(message: Warning | str, category: type[Warning], *where: Any, **line: Any) -> str:
    """What an author should know of a figure is said without the place in the code that noticed it."""
    return (
        f"note: {message}\n"
        if issubclass(category, HigherThanAPage)
        else _usual(message, category, *where, **line)
    )


warnings.formatwarning = _plainly


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        stem: name of its files, without width and ending.
        title: what it is called.
        description: alternative text, written from the numbers it shows.
        draw: width -> altair chart; with ``title=""`` it bears no title.
        data: the table that is drawn; it is written beside the figure as CSV.
    """

    stem: str
    title: str
    description: str
    draw: Callable[..., Any]
    data: pd.DataFrame


@dataclass(frozen=True)
class Printed:
    """A table as it stands in a paper, in LaTeX (booktabs).

    Attributes:
        stem: name of its file, and its label: ``tab:stem``.
        caption: the caption, a whole sentence or more.
        table: the rows in order; the column names are the headings.
        forms: column -> how its numbers are rounded; columns left out are text.
        note: what stands under it besides the stamp.
        cited: what a cell calls a work -> the work's key. Such a cell cites it, and so does a tuple of such keys.
    """

    stem: str
    caption: str
    table: pd.DataFrame
    forms: dict[str, Form]
    note: str = ""
    cited: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What one question came to.

    Attributes:
        tables: file name without ending -> table; tuples of papers are written joined by semicolons.
        figures: the figures drawn from them.
        numbers: the numbers that prose quotes, each a LaTeX macro.
        printed: the tables that a paper prints.
        pages: file name -> function that takes the stamp's line and gives the page's text (Markdown).
    """

    tables: dict[str, pd.DataFrame]
    figures: tuple[Figure, ...] = ()
    numbers: tuple[Number, ...] = ()
    printed: tuple[Printed, ...] = ()
    pages: Mapping[str, Callable[[str], str]] = field(default_factory=dict)


def figure(
    stem: str, title: str, description: str, chart: Callable[..., Any], *, data: pd.DataFrame, **given: Any
) -> Figure:
    """Return a figure whose chart function is called with its title, the width and what is given."""

    def draw(width: Width, title: str = title) -> Any:
        return chart(**given, title=title, width=width)

    return Figure(stem, title, description, draw, data)


def in_schema(final: pd.DataFrame, codes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``final`` whose code the schema in force has: papers may be coded under an older one."""
    there = set(zip(codes["facet"], codes["code"], strict=True))
    kept = [at in there for at in zip(final["facet"], final["code"], strict=True)]
    return final[pd.Series(kept, index=final.index, dtype="bool")]


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a page shows it: what is missing is blank, keys of a tuple stand side by side."""

    def cell(value: Any) -> Any:
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        return "" if pd.isna(value) else value

    return table.astype(object).map(cell)


def code_names(survey: Survey) -> dict[str, str]:
    """Return the names of the headline's codes and of those that group the papers: a figure shows these two facets."""
    shown = [survey.settings.facet, survey.settings.home]
    wanted = survey.codes[survey.codes["facet"].isin(shown)]
    return dict(zip(wanted["code"], wanted["name"], strict=True))


def mode_sides(survey: Survey) -> dict[str, str]:
    """Return the side of every failure mode."""
    return dict(zip(survey.failure_modes["code"], survey.failure_modes["side"], strict=True))


def short_citations(survey: Survey) -> dict[str, str]:
    """Return how a figure names each work that is coded or measured: ``Roe et al. 2024``, else its key.

    Two works that would be named alike are told apart by a letter, in the order of their keys.
    """
    spoken_of = {*survey.final["paper"], *survey.measurements["paper"]}
    papers = survey.papers[survey.papers["paper"].isin(spoken_of)].sort_values("paper")
    said: dict[str, list[str]] = {}
    for paper, authors, year in zip(papers["paper"], papers["authors"], papers["first_public"], strict=True):
        people = [name.split(",")[0].strip() for name in authors.split(";") if name.strip()]
        who = people[0] if people else ""
        if len(people) == 2 and people[1] != "others":
            who = f"{people[0]} and {people[1]}"
        elif len(people) > 1:
            who = f"{people[0]} et al."
        name = who if pd.isna(year) else f"{who} {year}"
        said.setdefault(name if who else paper, []).append(paper)
    return {
        paper: name if len(alike) == 1 else f"{name}{_letters(n)}"
        for name, alike in said.items()
        for n, paper in enumerate(alike)
    }


def _letters(n: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    return (_letters(n // 26 - 1) if n >= 26 else "") + chr(97 + n % 26)
