"""The main job: check the data, then write what follows from it, with a manifest of what came from what."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from workbench.checking import check
from workbench.faults import Refused
from workbench.figure_files import Stamp, write_figure
from workbench.files import replace, sha256
from workbench.status import status
from workbench.survey import Survey, open_survey

#: Packages whose version can change a result.
VERSIONS = ("pandas", "altair", "vl-convert-python", "networkx", "scipy", "bibtexparser", "pikepdf")


def build(root: Path, out: Path) -> list[str]:
    """Check the survey and write its results.

    Args:
        root: the survey folder.
        out: where the results go; files of the same name are replaced.

    Returns:
        Names of the files written, relative to ``out``, the manifest last. Identical data give identical bytes.

    Raises:
        Refused: the check found faults; nothing was written.
    """
    faults = [f for f in check(root) if not f.warning]
    if faults:
        raise Refused(faults)
    survey = open_survey(root)
    inputs = data_digests(root)
    stamp = data_stamp(survey, inputs)
    written: list[Path] = []
    with _stages() as stage:
        stage("counts")
        replace(out / "status.json", json.dumps(status(root), indent=2) + "\n")
        written.append(out / "status.json")
        stage("flow of records")
        written += _prisma(survey, out, stamp)
    manifest = {
        "inputs": inputs,
        "stamp": stamp,
        "versions": {name: version(name) for name in VERSIONS},
        "outputs": {str(p.relative_to(out)): sha256(p.read_bytes()) for p in sorted(written)},
    }
    replace(out / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return [*(str(p.relative_to(out)) for p in written), "manifest.json"]


def data_digests(root: Path) -> dict[str, str]:
    """Return the digest of every data file: path relative to the survey folder -> SHA-256."""
    files = [
        p for room in ("coding_schema", "corpus") for p in sorted((root / room).rglob("*")) if p.is_file()
    ]
    return {p.relative_to(root).as_posix(): sha256(p.read_bytes()) for p in files}


def data_stamp(survey: Survey, digests: dict[str, str]) -> Stamp:
    """Return what every figure says of its data: one digest of all files, schema, share verified, date.

    The date is that of the latest decision or search, not of the run. The share is None while nothing is coded.
    """
    times = [
        *survey.screening["at"],
        *survey.codings["at"],
        *survey.adjudications["at"],
        *_search_times(survey.root),
    ]
    return {
        "data_sha256": sha256("".join(f"{path} {digest}\n" for path, digest in sorted(digests.items()))),
        "schema": survey.schema.version,
        "human_verified_share": None,
        "data_date": max(times, default="")[:10],
    }


def _search_times(root: Path) -> list[str]:
    from workbench.searches import read_searches

    return [s.when for s in read_searches(root, [])]


def _prisma(survey: Survey, out: Path, stamp: Stamp) -> list[Path]:
    from analysis.charts import prisma_flow
    from analysis.prisma import prisma

    table = prisma(survey.hits, survey.papers, survey.sample, survey.screened)
    replace(out / "tables/prisma.csv", table.to_csv(index=False, lineterminator="\n"))
    written = [out / "tables/prisma.csv"]
    whole = {
        str(b): int(n) for b, n, r in zip(table["box"], table["n"], table["reason"], strict=True) if not r
    }
    description = (
        f"Flow of records: {whole['identified']} identified, {whole['duplicates']} duplicates merged, "
        f"{whole['records']} works, {whole['drawn']} drawn for screening, {whole['screened']} screened, "
        f"{whole['excluded']} excluded, {whole['included']} included, {whole['pending']} pending."
    )
    for width in ("single", "double"):
        chart = prisma_flow(table, width=width)
        title = "Flow of records (PRISMA 2020)"
        written += write_figure(
            chart, f"prisma-{width}", out / "figures", title=title, description=description, stamp=stamp
        )
    return written


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
