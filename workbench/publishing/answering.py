"""Answer the questions of the survey and write the answers, one question to a core."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.answers.numbers import Number, numbers_json, numbers_tex
from workbench.answers.stamp import Stamp, stamp_line
from workbench.publishing.included_bib import included_bib
from workbench.store.files import replace
from workbench.store.survey import Survey, open_survey

if TYPE_CHECKING:
    import pandas as pd

    from analysis.charts.theme import Width
    from workbench.answers.answer import Answer

#: Every figure is made for one column and for the full text width.
WIDTHS: tuple[Width, ...] = ("single", "double")
#: Questions that take long, first, so that no process is left with one at the end. One process answers those that draw
#: from the null: some rest on the same draws, and its compiled code takes a second to load.
FIRST = (
    ("expected", "co-occurrence", "methods", "trilemma"),
    ("model audit",),
)
#: Processes beside this one, at most: each holds the survey and a drawing engine.
MOST_BESIDE = 3

Told = Callable[[str], None]
#: What came of a question: its files, and the numbers of the prose.
Written: TypeAlias = tuple[list[Path], tuple[Number, ...]]


@contextmanager
def beside() -> Iterator[ProcessPoolExecutor | None]:
    """Start the processes that answer questions beside this one; None on a single core.

    They start anew, not as copies of this process, whose threads may hold locks. They import what they need at once,
    so what the caller does before it asks the first question costs them nothing.
    """
    if _spare() < 1:
        yield None
        return
    pool = ProcessPoolExecutor(_spare(), multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    try:
        for _ in range(_spare()):
            pool.submit(_ready)
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def write_results(
    survey: Survey,
    out: Path,
    stamp: Stamp,
    told: Told = lambda what: None,
    *,
    tables: bool = True,
    pool: ProcessPoolExecutor | None = None,
) -> list[Path]:
    """Answer the questions of ``workbench.answers`` and write the answers.

    Args:
        survey: the opened survey.
        out: tables go to ``out/tables`` as CSV, figures to ``out/figures`` as SVG, PDF and PNG in both widths with
            the table they draw as CSV, tables for print to ``out/latex``, each also as a bare ``tabular``,
            and beside them the numbers of the prose, ``numbers.tex`` and ``numbers.json``, and the works that are in,
            ``included.bib``; pages go where their name says. Beside
            every CSV lies its ``-metadata.json``
            (CSV on the Web, W3C 2015), which carries the stamp.
        stamp: what every figure and table says of its data.
        told: is told which question is under way.
        tables: False leaves ``out/tables`` out.
        pool: processes that answer questions too, from ``beside``; each opens the survey for itself.

    Returns:
        Paths of the files, in the order of the questions.
    """
    from workbench.answers import QUESTIONS

    asked = [(number, *question) for number, question in enumerate(QUESTIONS.items())]
    early = {what for together in FIRST for what in together}
    groups = [[one for one in asked if one[1] in together] for together in FIRST]
    groups += [[one] for one in asked if one[1] not in early]
    waiting = deque(group for group in groups if group)
    answered: dict[int, Written] = {}

    def take(answer: Callable[..., list[Written]], who: Any) -> None:
        """Answer questions until none is left, or until one could not be answered."""
        while True:
            try:
                together = waiting.popleft()
            except IndexError:
                return
            told(together[0][1])
            try:
                made = answer(who, [one[1:] for one in together], out, stamp, tables)
            except BaseException:
                waiting.clear()
                raise
            answered.update(zip((one[0] for one in together), made, strict=True))

    if pool is None:
        take(_write_answers, survey)
    else:
        with ThreadPoolExecutor(_spare()) as errands:
            elsewhere = [
                errands.submit(take, lambda *given: pool.submit(_answer_there, *given).result(), survey.root)
                for _ in range(_spare())
            ]
            take(_write_answers, survey)
            for one in elsewhere:
                one.result()
    written = [path for _, (paths, _) in sorted(answered.items()) for path in paths]
    numbers = [number for _, (_, found) in sorted(answered.items()) for number in found]
    line = stamp_line(stamp)
    for name, content in (
        ("numbers.tex", numbers_tex(numbers, line)),
        ("numbers.json", numbers_json(numbers, line)),
        ("included.bib", included_bib(survey, line)),
    ):
        replace(out / "latex" / name, content)
        written.append(out / "latex" / name)
    return written


def _spare() -> int:
    """Return how many processes may work beside this one."""
    return min((os.cpu_count() or 1) - 1, MOST_BESIDE)


def _end_with_parent() -> None:
    """End this process when the one that started it ends, killed or not: nobody would take its answers any more."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def _ready() -> None:
    """Import now what the first question needs."""


@lru_cache(1)
def _opened(root: Path) -> Survey:
    return open_survey(root)


def _answer_there(root: Path, *given: Any) -> list[Written]:
    return _write_answers(_opened(root), *given)


def _write_answers(
    survey: Survey,
    questions: list[tuple[str, Callable[[Survey], Answer]]],
    out: Path,
    stamp: Stamp,
    tables: bool,
) -> list[Written]:
    return [_write_answer(survey, what, question, out, stamp, tables) for what, question in questions]


def _write_answer(
    survey: Survey, what: str, question: Callable[[Survey], Answer], out: Path, stamp: Stamp, tables: bool
) -> Written:
    """Answer one question and write the answer; return the files and the numbers of the prose."""
    from workbench.publishing.figure_files import write_figure
    from workbench.publishing.latex_tables import bare_tabular, latex_table
    from workbench.store.csv_files import csv_metadata, csv_text

    line = stamp_line(stamp)
    written: list[Path] = []

    def put(path: Path, content: str) -> None:
        replace(path, content)
        written.append(path)

    def put_csv(folder: str, name: str, table: pd.DataFrame, title: str) -> None:
        put(out / folder / f"{name}.csv", csv_text(table))
        put(out / folder / f"{name}.csv-metadata.json", csv_metadata(name, table, title, line))

    answer = question(survey)
    for name, table in answer.tables.items() if tables else ():
        put_csv("tables", name, table, what)
    for printed in answer.printed:
        put(out / "latex" / f"{printed.stem}.tex", latex_table(printed, line))
        put(out / "latex" / f"{printed.stem}-tabular.tex", bare_tabular(printed, line))
    for name, page in answer.pages.items():
        put(out / name, page(line))
    for figure in answer.figures:
        put_csv("figures", figure.stem, figure.data, figure.title)
        for width in WIDTHS:
            written += write_figure(
                figure.draw(width),
                f"{figure.stem}-{width}",
                out / "figures",
                title=figure.title,
                description=figure.description,
                stamp=stamp,
            )
    return written, answer.numbers
