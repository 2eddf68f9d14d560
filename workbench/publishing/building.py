"""The main job: check the data, then write what follows from it, with a manifest of what came from what."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

from workbench.answers.stamp import Stamp, data_digests, data_stamp
from workbench.publishing import manifest
from workbench.publishing.answering import Told, beside, write_results
from workbench.publishing.executing import execute, write_pages
from workbench.reading.checking import check
from workbench.reading.status import status
from workbench.store.faults import Fault, Refused
from workbench.store.files import replace
from workbench.store.survey import Survey, open_survey
from workbench.store.trust import need_trust

#: Packages whose version can change a result.
VERSIONS = (
    "pandas",
    "altair",
    "vl-convert-python",
    "networkx",
    "numba",
    "numpy",
    "scipy",
    "statsmodels",
    "bibtexparser",
    "pikepdf",
)


def build(root: Path, out: Path, *, notebooks: bool = True) -> list[str]:
    """Check the survey and write its results.

    Args:
        root: the survey folder.
        out: where the results go; files of the same name are replaced.
        notebooks: execute the notebooks, which are programs: this user must have trusted them as they are now.

    Returns:
        Names of the files written, relative to ``out``, the manifest last. Identical data give identical bytes.

    Raises:
        Refused: the check found faults, notebooks are not trusted or one failed, and nothing was written; or the data
            changed meanwhile, and the manifest says that the build is incomplete.
    """
    if notebooks:
        need_trust(root)
    with _stages() as stage:
        survey, inputs, stamp = _checked(root, stage)
        written: list[Path] = []
        # Notebooks first: where one fails, nothing has been written yet.
        pages = execute(root, lambda name: stage(f"notebook {name}")) if notebooks else {}
        manifest.begin(out)
        written += write_pages(pages, out / "notebooks")
        for make in (_counts, _tables_and_figures, _site):
            written += make(survey, out, stamp, stage)
        manifest.clear(out, written)
        _unchanged(root, inputs)
    versions = {name: version(name) for name in VERSIONS}
    manifest.finish(out, written, {"inputs": inputs, "stamp": stamp, "versions": versions})
    return [*(p.relative_to(out).as_posix() for p in written), manifest.NAME]


def figures(root: Path, out: Path) -> list[str]:
    """Check the survey and write what an author takes away, the same as ``build`` writes: no table of every row.

    Args:
        root: the survey folder.
        out: where they go: figures, each with the table it draws, to ``out/figures``, LaTeX tables to ``out/latex``,
            ``numbers.tex`` and ``numbers.json`` beside them. A manifest there is deleted: it spoke of other figures.

    Returns:
        Names of the files written, relative to ``out``.

    Raises:
        Refused: the check found faults, and nothing was written; or the data changed meanwhile.
    """
    with beside() as pool, _stages() as stage:
        survey, inputs, stamp = _checked(root, stage)
        # A manifest of an earlier build would speak of other figures than those that lie there from now on.
        (out / manifest.NAME).unlink(missing_ok=True)
        written = write_results(survey, out, stamp, stage, tables=False, pool=pool)
        _unchanged(root, inputs)
    return [p.relative_to(out).as_posix() for p in written]


def some_figures(root: Path, out: Path, **chosen: Any) -> list[str]:
    """Check the survey and write some of its figures, or figures of a part of it.

    Args:
        root: the survey folder.
        out: the folder of the figures. It is no build's: what lies in ``build`` speaks of the whole survey.
        chosen: what ``workbench.publishing.chosen.write_chosen`` takes.

    Returns:
        Names of the files written, relative to ``out``.

    Raises:
        Refused: the check found faults, or something that was asked for is not there; nothing was written.
        ValueError: a width is none.
    """
    from workbench.publishing.chosen import write_chosen

    with _stages() as stage:
        survey, inputs, _ = _checked(root, stage)
        written = write_chosen(survey, out, told=stage, **chosen)
        _unchanged(root, inputs)
    return [p.relative_to(out).as_posix() for p in written]


def site(root: Path, out: Path) -> list[str]:
    """Check the survey and write the reviewer's page, the same as ``build`` writes.

    Args:
        root: the survey folder.
        out: the page's folder. A build's manifest beside it is deleted: it spoke of another page.

    Returns:
        Names of the files written, relative to ``out``.

    Raises:
        Refused: the check found faults; nothing was written.
    """
    from workbench.publishing.site.pages import write_site

    with _stages() as stage:
        survey, _, stamp = _checked(root, stage)
        stage("the reviewer's page")
        if f"{out.name}/index.html" in manifest.earlier(out.parent):
            (out.parent / manifest.NAME).unlink()
        written = write_site(survey, out, stamp)
    return [p.relative_to(out).as_posix() for p in written]


def _checked(root: Path, told: Told) -> tuple[Survey, dict[str, str], Stamp]:
    """Open a survey that has no faults, with the digests of its files and what they make of the stamp."""
    told("check")
    survey = open_survey(root)
    faults = [f for f in check(root) if not f.warning]
    if faults:
        raise Refused(faults)
    inputs = data_digests(root)
    return survey, inputs, data_stamp(survey, inputs)


def _unchanged(root: Path, inputs: dict[str, str]) -> None:
    """Refuse results whose data changed while they were made: several processes read it, at different times."""
    if data_digests(root) != inputs:
        message = "changed while the results were made from it"
        raise Refused([Fault("corpus", 0, "", message, "run it again: what was written is mixed")])


def _counts(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    told("counts")
    replace(out / "status.json", json.dumps(status(survey.root), indent=2) + "\n")
    return [out / "status.json"]


def _tables_and_figures(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    with beside() as pool:
        return write_results(survey, out, stamp, told, pool=pool)


def _site(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    from workbench.publishing.site.pages import write_site

    told("the reviewer's page")
    return write_site(survey, out / "site", stamp)


class _stages:  # noqa: N801 - used as a context manager, reads as a verb
    """Show which stage is under way: in place on a terminal, a line each where the output goes to a file or pipe.

    Questions are answered at the same time and out of order, so stages are numbered as they begin.
    """

    def __enter__(self) -> _stages:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._begun = 0
        self._lock = Lock()
        self._status = self._console.status("") if self._console.is_terminal else None
        if self._status:
            self._status.__enter__()
        return self

    def __call__(self, what: str) -> None:
        with self._lock:
            self._begun += 1
            if self._status:
                self._status.update(f"{self._begun}. {what} ...")
            else:
                sys.stderr.write(f"{self._begun}. {what}\n")
                sys.stderr.flush()

    def __exit__(self, *problem: object) -> None:
        if self._status:
            self._status.stop()
