"""``make bench``: every time that we promise, beside what the usual tool takes on the same data in the same run.

Prints a table and writes ``build/bench.json``. A missed bar is said, and is no failure: times depend on the
machine and on what else it does. Ratios are ours over theirs. The survey is copied, nothing in it is touched;
processes of their own find their bytecode compiled, as a user's second start does.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations, product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import generated
import krippendorff
import networkx as nx
import numpy as np
import pandas as pd
from generated import FAILURE_MODE
from rapidfuzz import fuzz, process
from reviewers_page import measured
from scipy import sparse
from simulate_measurement import speed as model_time
from widget_page import answer_times, first_code_time, ruling_times

import analysis.agreement
from analysis.cooccurrence import cooccurrence
from analysis.coverage import coverage
from analysis.expected import Grid
from analysis.expected import expected as expected_counts
from analysis.nullmodel import APART, null_counts, null_matrices
from analysis.selection import Incidence
from workbench.doors.finding import Finder
from workbench.doors.identity import compare
from workbench.doors.titles import fold
from workbench.store.files import replace
from workbench.store.survey import open_survey

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
LITSTUDY = HERE.parent / ".venv-litstudy/bin/python"
PAPERS, DRAWS, RECORDS, FEW_DRAWS, FEW_RECORDS = 500, 1000, 10_000, 25, 2000
SETTLED = [["present", how, "abstract", False] for how in ("agreed", "adjudicated")]
Counts = dict[Hashable, int]


@dataclass(frozen=True)
class Row:
    """What took how many seconds, beside what, and the bar if there is one."""

    what: str
    seconds: float
    beside: str = ""
    beside_seconds: float = 0.0
    bar: str = ""
    met: bool | None = None
    note: str = ""


def clock(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def medians(repeats: int, *timed: Callable[[], float]) -> list[float]:
    """Return the median of each, taken in turn, so that a busy moment hits all; the first round is not counted."""
    rounds = [[one() for one in timed] for _ in range(repeats + 1)][1:]
    return [median(times) for times in zip(*rounds, strict=True)]


def run(cache: Path, *command: object) -> str:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(cache)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or f"status {done.returncode}").splitlines()[-1])
    return done.stdout


def readers(root: Path, cold: Path, cache: Path) -> list[Row]:
    entries: dict[str, int] = {}

    def read(name: str, python: Path = BIN / "python") -> float:
        out = run(cache, python, HERE / "child.py", "read", name, cold if name == "cold" else root)
        said = json.loads(out.splitlines()[-1])
        entries[name] = said["entries"]
        return float(said["seconds"])

    ours = {"cold": "no parsed copy", "warm": "parsed copy", "incoming": "as survey add reads"}
    *times, parser = medians(5, *(partial(read, name) for name in (*ours, "bibtexparser")))
    rows = [
        Row(
            f"papers.bib, {said}",
            t,
            "bibtexparser 2",
            parser,
            "not slower",
            t <= parser,
            f"{entries[n]} entries",
        )
        for (n, said), t in zip(ours.items(), times, strict=True)
    ]
    try:
        (theirs,) = medians(2, partial(read, "litstudy", LITSTUDY))
    except (OSError, RuntimeError) as error:
        why = str(error) if LITSTUDY.exists() else "is not installed"
        return [*rows, Row(rows[0].what, times[0], "litstudy", note=f"litstudy NOT TIMED: {why}")]
    note = f"litstudy read {entries['litstudy']} of {entries['bibtexparser']} entries"
    return rows + [Row(r.what, r.seconds, "litstudy.load_bibtex", theirs, note=note) for r in rows[:2]]


def commands(root: Path, cache: Path) -> list[Row]:
    imports: list[float] = []

    def checking() -> float:
        said = json.loads(run(cache, BIN / "python", HERE / "child.py", "check", root, cache / "modules"))
        imports.append(said["imports"])
        return float(said["seconds"])

    bare, full = (BIN / "python", "-c", "pass"), (BIN / "survey", "check", "--survey", root)
    others = (partial(clock, partial(run, cache, *c)) for c in (bare, full, (BIN / "survey", "--help")))
    work, start, check, help_ = medians(7, checking, *others)
    return [
        Row("survey check, its work", work, bar="< 2 s", met=work < 2),
        Row("survey check, its imports", median(imports[1:]), "python -c pass", start),
        Row("survey check, whole command", check, "python -c pass", start, "< 2 s", check < 2),
        Row("survey --help", help_, "python -c pass", start, "< bare + 0.5 s", help_ - start < 0.5),
    ]


def whole(cache: Path, out: Path) -> list[Row]:
    """Time the figure set and the whole build of this repository's survey, each once: they take their time."""
    here = HERE.parent
    # As in a second start: what is imported is found compiled.
    run(
        cache,
        BIN / "python",
        "-c",
        "import workbench.publishing.building, workbench.publishing.figure_files, workbench.answers",
    )
    run(cache, BIN / "survey", "trust", "--survey", here)  # this checkout's code runs here anyway
    drawn, built = (
        clock(partial(run, cache, BIN / "survey", what, "--survey", here, "--out", out / what))
        for what in ("figures", "build")
    )
    files = len(list((out / "figures/figures").glob("*.pdf")))
    return [
        Row(
            "survey figures",
            drawn,
            bar="< 12 s",
            met=drawn < 12,
            note=f"{files} figures, each also SVG and PNG",
        ),
        Row(
            "survey build",
            built,
            bar="< 2 min",
            met=built < 120,
            note="with notebooks and the reviewer's page",
        ),
    ]


def carried(final: pd.DataFrame, facet: str, level: str = "") -> dict[str, set[str]]:
    """Return paper -> codes, by a loop over the rows."""
    held: dict[str, set[str]] = {}
    columns = ("paper", "facet", "code", "level", "state", "resolved", "basis", "grey")
    for paper, of, code, at, *counts in zip(*(final[c] for c in columns), strict=True):
        if of == facet and level in ("", at) and counts in SETTLED:
            held.setdefault(paper, set()).add(code)
    return held


def looped(kind: str, final: pd.DataFrame, papers: pd.DataFrame) -> Counts:
    """Return the positive counts as a notebook would make them; ``kind`` may be a facet to cross with."""
    modes = carried(final, FAILURE_MODE)
    if kind == "cooccurrence":
        graph = nx.Graph()
        for a, b in (pair for codes in modes.values() for pair in combinations(codes, 2)):
            graph.add_edge(a, b, count=graph.edges[a, b]["count"] + 1 if graph.has_edge(a, b) else 1)
        return counts_of(kind, graph)
    other = carried(final, kind)
    return Counter(cell for p, codes in modes.items() for cell in product(codes, other.get(p, ())))


def counts_of(kind: str, made: Any) -> Counts:
    if kind == "cooccurrence":
        return {frozenset((a, b)): n for a, b, n in made.edges(data="count")}
    columns: dict[str, list[str]] = {}
    cells = zip(*(made[c] for c in columns.get(kind, ["row", "column", "n"])), strict=True)
    return {(a, b): int(n) for a, b, n in cells if n}


def matrices(
    final: pd.DataFrame,
    papers: pd.DataFrame,
    modes: pd.DataFrame,
    facets: list[str],
    which: str,
    bar: str = "< 50 ms",
) -> list[Row]:
    """Time every coverage matrix, rate, year table and graph over some papers; ``which`` says over which."""
    ours: dict[str, Callable[[], Any]] = {f: partial(coverage, final, FAILURE_MODE, f) for f in facets}
    ours["cooccurrence"] = partial(cooccurrence, final)
    rows = []
    for kind, make in ours.items():
        loop = partial(looped, kind, final, papers)
        assert counts_of(kind, make()) == loop(), f"{kind}: the counts differ from the loop's"
        mine, theirs = medians(9, partial(clock, make), partial(clock, loop))
        name = f"coverage, {FAILURE_MODE} x {kind}, {which}" if kind in facets else f"{kind}, {which}"
        with_ = "loop, networkx" if kind == "cooccurrence" else "loop, itertools"
        rows.append(Row(name, mine, with_, theirs, bar, mine < 0.05 if bar else None, "same counts"))
    return rows


def agreement(final: pd.DataFrame, facets: dict[str, list[str]]) -> list[Row]:
    codings, signoffs, values = generated.coders_of(final, facets[FAILURE_MODE], PAPERS)
    every = pd.DataFrame([{"facet": f, "code": c} for f, codes in facets.items() for c in codes])
    some = every[every["facet"] == FAILURE_MODE]
    kinds = dict.fromkeys(generated.CODERS, "human")
    ours = partial(analysis.agreement.agreement, codings, signoffs, coder_kinds=kinds, draws=DRAWS)
    alpha = partial(krippendorff.alpha, level_of_measurement="nominal")
    rng = np.random.default_rng(7)

    def loop() -> None:
        for one in values.values():
            for _ in range(FEW_DRAWS):
                alpha(one[:, rng.integers(PAPERS, size=PAPERS)])

    table = ours(some)
    mine = table[(table["statistic"] == "alpha_nominal") & (table["code"] != "")].set_index("code")["value"]
    assert np.allclose([alpha(v) for v in values.values()], mine.loc[list(values)]), "alpha differs"
    modes, all_, few = medians(
        5, *(partial(clock, c) for c in (partial(ours, some), partial(ours, every), loop))
    )
    note = f"same alphas; theirs alpha alone, {FEW_DRAWS} draws scaled to {DRAWS}; ours every statistic"
    theirs, bar = few * DRAWS / FEW_DRAWS, "< 1 s"
    return [
        Row(
            f"agreement, {len(some)} failure modes", modes, "loop, krippendorff", theirs, bar, modes < 1, note
        ),
        Row(f"agreement, all {len(every)} codes", all_, bar=bar, met=all_ < 1),
    ]


def duplicates() -> list[Row]:
    entries, copies = generated.records(RECORDS)
    titles = [fold(e.title) for e in entries[:FEW_RECORDS]]

    def ours() -> set[tuple[int, int]]:
        pairs = ((n, later) for later, near in Finder(entries, RECORDS).pairs().items() for n in near)
        return {(n, m) for n, m in pairs if compare(entries[n], entries[m]).kind != "different"}

    every = partial(process.cdist, titles, titles, scorer=fuzz.ratio, score_cutoff=88, dtype=np.float32)
    mine, few = medians(3, partial(clock, ours), partial(clock, every))
    note = (
        f"{len(ours() & copies)} of {len(copies)} planted copies found; theirs {FEW_RECORDS} records, scaled"
    )
    theirs = few * (RECORDS / FEW_RECORDS) ** 2
    return [Row(f"duplicates, {RECORDS} records", mine, "rapidfuzz, all pairs", theirs, note=note)]


def curveball(papers: list[set[int]], trades: int, rng: random.Random) -> None:
    """Let pairs of papers trade codes, as one would write it with sets (Strona et al. 2014)."""
    for _ in range(trades):
        one, two = rng.sample(range(len(papers)), 2)
        shared = papers[one] & papers[two]
        mine, theirs = list(papers[one] - shared), list(papers[two] - shared)
        if mine and theirs:
            pool = mine + theirs
            rng.shuffle(pool)
            papers[one], papers[two] = shared | set(pool[: len(mine)]), shared | set(pool[len(mine) :])


def nulls() -> list[Row]:
    """Time null samples, each 5 trades a paper after the one before, with both margins seen to be kept."""
    rows = []
    for papers, codes, draws, few in ((500, 33, 10_000, 20), (5000, 40, 1000, 2)):
        rng = np.random.default_rng(7)
        carried = rng.random((papers, codes)) < 0.35 / np.arange(1, codes + 1) ** 0.7
        keys, ids = ([f"{letter}{n}" for n in range(many)] for letter, many in (("p", papers), ("c", codes)))
        facet = Incidence(sparse.csr_matrix(carried.astype(np.int64)), keys, ids)
        for one in null_matrices(facet, draws=5):
            kept = (one.sum(0) == carried.sum(0)).all() and (one.sum(1) == carried.sum(1)).all()
            assert kept and (one != carried).any(), "a margin is not kept, or nothing was drawn"
        counts = null_counts(facet, draws=100)
        assert (np.diagonal(counts, axis1=1, axis2=2) == carried.sum(0)).all(), "a code lost papers"
        sets = [set(np.flatnonzero(row).tolist()) for row in carried]

        def loop(sets: list[set[int]] = sets, few: int = few) -> None:
            state, draw = list(sets), random.Random(7)
            for _ in range(few):
                curveball(state, APART * len(sets), draw)

        ours, theirs = medians(
            3, partial(clock, partial(null_counts, facet, draws=draws)), partial(clock, loop)
        )
        theirs *= draws / few
        many = f"{draws / ours:,.0f} samples a second; theirs {few} samples, scaled"
        name, bar = f"null, {draws:,} samples of {papers:,} x {codes}", "< 5 s" if papers == 500 else ""
        rows.append(Row(name, ours, "loop, sets", theirs, bar, ours < 5 if bar else None, many))
        times = theirs / ours
        rows.append(
            Row(
                f"{name}, times as fast",
                ours,
                "loop, sets",
                theirs,
                ">= 50 times",
                times >= 50,
                f"{times:,.0f} times",
            )
        )
    return rows


def surprises(every: dict[str, pd.DataFrame]) -> list[Row]:
    """Time the table of what could be expected, of a grid and of pairs; once, for it takes its time."""
    rows = []
    for which, final in every.items():
        codes = {f: sorted(set(part["code"])) for f, part in final.groupby("facet")}
        grids = [Grid(FAILURE_MODE, f, codes[FAILURE_MODE], codes[f]) for f in ("stream", FAILURE_MODE)]
        kept: list[pd.DataFrame] = []
        took = clock(
            lambda final=final, grids=grids, kept=kept: kept.append(expected_counts(final, grids)[1])
        )  # type: ignore[misc]
        note = f"{kept[0]['draws'].max():,} null draws a grid"
        rows.append(Row(f"expected, two grids, {which}", took, note=note))
    return rows


def volume() -> list[Row]:
    """Time the model that predicts the records nobody read, at 5,000 papers read and 39 codes (processor time)."""
    took = model_time()
    return [Row("measurement model, 5,000 papers", took, bar="< 2 s", met=took < 2, note="16,000 records")]


def widgets(root: Path) -> list[Row]:
    """Time the answers of the coding and the adjudication widget to a key press, in a browser."""
    shown, saved, count = answer_times(root)
    note = f"{count:,} rows in the coder's file; without Jupyter's messages"
    first = first_code_time(root)
    seen, ruled, rows, differing = ruling_times(root)
    queue = f"{rows:,} rows of two coders who differ on {differing} papers; without Jupyter's messages"
    return [
        Row("coding widget, visible answer", shown, bar="< 100 ms", met=shown < 0.1, note=note),
        Row("coding widget, saved mark", saved, bar="< 500 ms", met=saved < 0.5, note=note),
        Row(
            "notebook opened to first saved code", first, bar="< 20 s", met=first < 20, note="JupyterLab runs"
        ),
        Row("adjudication widget, visible answer", seen, bar="< 100 ms", met=seen < 0.1, note=queue),
        Row("adjudication widget, saved mark", ruled, bar="< 500 ms", met=ruled < 0.5, note=queue),
    ]


def reviewing(root: Path, folder: Path) -> list[Row]:
    """Time the reviewer's page in a browser, of the real survey and of one of 5,000 coded papers, and weigh it."""
    return [
        Row(what, seconds, bar=bar, met=met if bar else None, note=note)
        for what, seconds, bar, met, note in measured(root, folder, 5000)
    ]


def table_of(rows: list[Row]) -> str:
    lines = [("what", "median ms", "beside", "median ms", "ratio", "bar", "", "note")]
    for r in rows:
        ratio = f"{r.seconds / r.beside_seconds:.3g}" if r.beside_seconds else ""
        theirs = f"{1000 * r.beside_seconds:.1f}" if r.beside_seconds else ""
        met = "" if r.met is None else "OK" if r.met else "MISSED"
        lines.append((r.what, f"{1000 * r.seconds:.1f}", r.beside, theirs, ratio, r.bar, met, r.note))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main() -> None:
    load = f"load average {os.getloadavg()[0]:.1f} at the start on {os.cpu_count()} cores"
    with tempfile.TemporaryDirectory() as folder:
        root, cold, cache, quick = (Path(folder) / n for n in ("survey", "cold", "bytecode", "quick"))
        for part in ("corpus", "coding_schema"):
            shutil.copytree(HERE.parent / part, root / part)
        shutil.copytree(root / "corpus", cold / "corpus")
        shutil.copytree(root, quick)
        cache.mkdir()
        survey = open_survey(root)
        facets = {f.id: [c.id for c in f.codes] for f in survey.schema.facets}
        final, papers = generated.coded(facets, PAPERS)
        many, their_papers = generated.coded(facets, 10 * PAPERS)
        modes, names = survey.failure_modes, list(facets)
        rows = agreement(final, facets) + matrices(final, papers, modes, names, f"{PAPERS} papers")
        rows += matrices(survey.final, survey.papers, modes, names, "the real papers")
        rows += matrices(many, their_papers, modes, names, f"{10 * PAPERS:,} papers", bar="")
        rows += surprises({"the real papers": survey.final, f"{10 * PAPERS:,} papers": many})
        rows += (
            volume()
            + nulls()
            + duplicates()
            + commands(root, cache)
            + readers(root, cold, cache)
            + widgets(quick)
        )
        rows += reviewing(root, Path(folder) / "pages") + whole(cache, Path(folder) / "out")
    print(table_of(rows))
    met = [r.met for r in rows if r.met is not None]
    print(f"{sum(met)} of {len(met)} bars met; {load}; on a busy machine times are longer")
    about = {"python": sys.version.split()[0], "load": load, "rows": [asdict(r) for r in rows]}
    replace(HERE.parent / "build/bench.json", json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
