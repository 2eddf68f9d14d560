"""The main job: check the data, then write what follows from it, with a manifest of what came from what."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.checking import check
from workbench.corpus import stored
from workbench.executing import execute
from workbench.faults import Fault, Refused
from workbench.figure_files import Stamp, draw_figure, stamp_line, write_drawn
from workbench.files import replace, sha256
from workbench.final import human_verified_share
from workbench.status import status
from workbench.survey import Survey, open_survey

if TYPE_CHECKING:
    from analysis.charts.theme import Width
    from workbench.numbers import Number

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
#: Every figure is made for one column and for the full text width.
WIDTHS: tuple[Width, ...] = ("single", "double")

Told = Callable[[str], None]


def build(root: Path, out: Path) -> list[str]:
    """Check the survey and write its results.

    Args:
        root: the survey folder.
        out: where the results go; files of the same name are replaced.

    Returns:
        Names of the files written, relative to ``out``, the manifest last. Identical data give identical bytes.

    Raises:
        Refused: the check found faults or a notebook failed, and nothing was written; or the data changed
            meanwhile, and there is no manifest.
    """
    with _stages() as stage:
        survey, inputs, stamp = _checked(root, stage)
        written: list[Path] = []
        # Notebooks first: where one fails, nothing has been written yet.
        for make in (_notebooks, _counts, _tables_and_figures, _site):
            written += make(survey, out, stamp, stage)
        _clear(out, written)
        if data_digests(root) != inputs:
            (out / "manifest.json").unlink(missing_ok=True)
            message, remedy = (
                "changed while the results were made from it",
                "run it again: what was written is mixed",
            )
            raise Refused([Fault("corpus", 0, "", message, remedy)])
    manifest = {
        "inputs": inputs,
        "stamp": stamp,
        "versions": {name: version(name) for name in VERSIONS},
        "outputs": {p.relative_to(out).as_posix(): sha256(p.read_bytes()) for p in sorted(written)},
    }
    replace(out / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return [*(p.relative_to(out).as_posix() for p in written), "manifest.json"]


def figures(root: Path, out: Path) -> list[str]:
    """Check the survey and write what an author takes away, the same as ``build`` writes: no table of every row.

    Args:
        root: the survey folder.
        out: where they go: figures, each with the table it draws, to ``out/figures``, LaTeX tables to ``out/latex``,
            ``numbers.tex`` and ``numbers.json`` beside them. A manifest there is deleted: it spoke of other figures.

    Returns:
        Names of the files written, relative to ``out``.

    Raises:
        Refused: the check found faults; nothing was written.
    """
    with _stages() as stage:
        survey, _, stamp = _checked(root, stage)
        written = write_results(survey, out, stamp, stage, tables=False)
        # A manifest of an earlier build would speak of other figures than those that lie there now.
        (out / "manifest.json").unlink(missing_ok=True)
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
    from workbench.site.pages import write_site

    with _stages() as stage:
        survey, _, stamp = _checked(root, stage)
        stage("the reviewer's page")
        written = write_site(survey, out, stamp)
    manifest = out.parent / "manifest.json"
    if manifest.is_file() and f'"{out.name}/index.html"' in manifest.read_text("utf-8"):
        manifest.unlink()
    return [p.relative_to(out).as_posix() for p in written]


def write_results(
    survey: Survey, out: Path, stamp: Stamp, told: Told = lambda what: None, *, tables: bool = True
) -> list[Path]:
    """Answer the questions of ``workbench.results`` and write the answers.

    Args:
        survey: the opened survey.
        out: tables go to ``out/tables`` as CSV, figures to ``out/figures`` as SVG, PDF and PNG in both widths with
            the table they draw as CSV, tables for print to ``out/latex``, and the numbers of the prose to
            ``out/latex/numbers.tex`` and ``out/latex/numbers.json``; pages go where their name says. Beside
            every CSV lies its ``-metadata.json``
            (CSV on the Web, W3C 2015), which carries the stamp.
        stamp: what every figure and table says of its data.
        told: is told which question is under way.
        tables: False leaves ``out/tables`` out.

    Returns:
        Paths of the files, in the order of the questions.
    """
    from workbench.latex_tables import latex_table
    from workbench.numbers import numbers_json, numbers_tex
    from workbench.results import QUESTIONS

    line = stamp_line(stamp)
    written: list[Path] = []
    numbers: list[Number] = []

    def put(path: Path, content: str) -> None:
        replace(path, content)
        written.append(path)

    def put_csv(folder: str, name: str, table: pd.DataFrame, title: str) -> None:
        put(out / folder / f"{name}.csv", csv_text(table))
        put(out / folder / f"{name}.csv-metadata.json", csv_metadata(name, table, title, line))

    converted: list[Future[list[Path]]] = []
    # While one figure is converted to PDF and PNG, the next answer is worked out and drawn.
    with ThreadPoolExecutor(1) as beside:
        for number, (what, answer) in enumerate(QUESTIONS.items(), 1):
            told(f"{what} ({number} of {len(QUESTIONS)})")
            answered = answer(survey)
            numbers += answered.numbers
            for name, table in answered.tables.items() if tables else ():
                put_csv("tables", name, table, what)
            for table_ in answered.printed:
                put(out / "latex" / f"{table_.stem}.tex", latex_table(table_, line))
            for name, page in answered.pages.items():
                put(out / name, page(line))
            for figure in answered.figures:
                put_csv("figures", figure.stem, figure.data, figure.title)
                for width in WIDTHS:
                    drawn = draw_figure(
                        figure.draw(width),
                        f"{figure.stem}-{width}",
                        title=figure.title,
                        description=figure.description,
                        stamp=stamp,
                    )
                    converted.append(beside.submit(write_drawn, drawn, out / "figures"))
    written += [path for one in converted for path in one.result()]
    put(out / "latex" / "numbers.tex", numbers_tex(numbers, line))
    put(out / "latex" / "numbers.json", numbers_json(numbers, line))
    return written


def csv_metadata(name: str, table: pd.DataFrame, title: str, stamp: str) -> str:
    """Return the metadata of a CSV file (CSV on the Web): what it is of, its columns, and the stamp of its data."""
    said = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": f"{name}.csv",
        "dc:title": title,
        "dc:source": stamp,
        "dialect": {"header": True, "encoding": "utf-8"},
        "tableSchema": {
            "columns": [
                {"name": str(c), "datatype": _datatype(table[c]), **_separator(table[c])}
                for c in table.columns
            ]
        },
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _datatype(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(column) else "string"


def _separator(column: pd.Series[Any]) -> dict[str, str]:
    return {"separator": ";"} if any(isinstance(value, tuple) for value in column) else {}


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV: tuples joined by semicolons, missing cells empty, numbers to six digits.

    Six digits are more than any number here is worth, and fewer than those in which processors differ.
    """
    flat = table.copy(deep=False)
    for column in table.columns:
        if any(isinstance(value, tuple) for value in table[column]):
            flat[column] = [";".join(value) for value in table[column]]
    return str(flat.to_csv(index=False, lineterminator="\n", float_format="%.6g"))


def _checked(root: Path, told: Told) -> tuple[Survey, dict[str, str], Stamp]:
    """Open a survey that has no faults, with the digests of its files and what they make of the stamp."""
    told("check")
    survey = open_survey(root)
    faults = [f for f in check(root) if not f.warning]
    if faults:
        raise Refused(faults)
    inputs = data_digests(root)
    return survey, inputs, data_stamp(survey, inputs)


def _counts(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    told("counts")
    replace(out / "status.json", json.dumps(status(survey.root), indent=2) + "\n")
    return [out / "status.json"]


def _notebooks(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    return execute(survey.root, out / "notebooks", lambda name: told(f"notebook {name}"))


def _tables_and_figures(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    return write_results(survey, out, stamp, told)


def _site(survey: Survey, out: Path, stamp: Stamp, told: Told) -> list[Path]:
    from workbench.site.pages import write_site

    told("the reviewer's page")
    return write_site(survey, out / "site", stamp)


def _clear(out: Path, written: list[Path]) -> None:
    """Delete what an earlier build wrote and this one did not, so that the manifest names all there is."""
    try:
        earlier = json.loads((out / "manifest.json").read_text("utf-8"))["outputs"]
    except (OSError, ValueError, KeyError):
        return
    for name in earlier:
        path = out / name
        if path not in written and path.resolve().is_relative_to(out.resolve()):
            path.unlink(missing_ok=True)


def data_digests(root: Path) -> dict[str, str]:
    """Return the digest of every data file: path relative to the survey folder -> SHA-256."""
    found = [
        p
        for room in ("coding_schema", "corpus", "claims")
        for p in sorted((root / room).rglob("*"))
        if p.is_file()
    ]
    # What a file manager or JupyterLab leaves behind is no data.
    files = [p for p in found if not any(part.startswith(".") for part in p.relative_to(root).parts)]
    return {p.relative_to(root).as_posix(): sha256(p.read_bytes()) for p in files}


def data_stamp(survey: Survey, digests: dict[str, str]) -> Stamp:
    """Return what every figure says of its data: one digest of all files, schema, share verified, date.

    The date is that of the latest decision or search, not of the run. The share is that of the final failure-mode
    codes told from abstracts, as ``status`` counts it; None while nothing is coded.
    """
    decided = (
        survey.screening,
        survey.codings,
        survey.signoffs,
        survey.adjudications,
        survey.verifications,
        survey.maybe_duplicates,
    )
    # A number that was withdrawn is a decision too, though the table leaves it out.
    measured = [row["at"] for row in stored(survey.root, "measurements", [])]
    times = [*(at for table in decided for at in table["at"]), *measured, *_search_times(survey.root)]
    rows = survey.final[survey.final["basis"] == "abstract"].to_dict("records")
    return {
        "data_sha256": sha256("".join(f"{path} {digest}\n" for path, digest in sorted(digests.items()))),
        "schema": survey.schema.version,
        "human_verified_share": human_verified_share(
            {str(column): value for column, value in row.items()} for row in rows
        ),
        "data_date": max(times, default="")[:10],
    }


def _search_times(root: Path) -> list[str]:
    from workbench.searches import read_searches

    return [s.when for s in read_searches(root, [])]


class _stages:  # noqa: N801 - used as a context manager, reads as a verb
    """Show on the terminal which stage is under way."""

    def __enter__(self) -> _stages:
        from rich.console import Console

        self._status = Console(stderr=True).status("")
        self._status.__enter__()
        return self

    def __call__(self, what: str) -> None:
        self._status.update(f"Working on: {what} ...")

    def __exit__(self, *problem: object) -> None:
        self._status.stop()
