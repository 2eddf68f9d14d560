"""Files are read as they are, and every set of them is wholly old or wholly new."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.store.faults import Fault, Refused
from workbench.store.files import (
    parse_rows,
    read_rows,
    recover,
    replace,
    replace_all,
    rows_text,
    writing,
)
from workbench.store.journal import journal_of
from workbench.store.tables import RUNS, SAMPLING, SCREENING

HEADER = ",".join(RUNS.header)


def run_row(**cells: str) -> dict[str, str]:
    return {**dict.fromkeys(RUNS.header, ""), **cells}


def read(root: Path, data: bytes) -> tuple[list[dict[str, str]], list[Fault]]:
    (root / "corpus").mkdir(exist_ok=True)
    (root / RUNS.path).write_bytes(data)
    faults: list[Fault] = []
    return read_rows(root, RUNS.path, RUNS, faults), faults


def bare(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{c: v for c, v in r.items() if c != "_line"} for r in rows]


# --- reading and writing ------------------------------------------------------------------------------------


def test_canonical_order_is_by_key_and_whole_numbers_by_size() -> None:
    rows = [
        {**dict.fromkeys(SAMPLING.header, ""), "stage": s, "stratum": "a", "block": b}
        for s, b in [("screening", "10"), ("screening", "9"), ("coding", "2"), ("screening", "1")]
    ]
    lines = rows_text(SAMPLING, rows).splitlines()
    assert lines[0] == ",".join(SAMPLING.header)
    assert [line[: line.index(",,")] for line in lines[1:]] == [
        "coding,a,2",
        "screening,a,1",
        "screening,a,9",
        "screening,a,10",
    ]


def test_numbers_that_are_equal_by_size_have_one_order() -> None:
    rows = [run_row(id="7"), run_row(id="007"), run_row(id="07")]
    assert (
        len({rows_text(RUNS, [rows[i] for i in order]) for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0))}) == 1
    )


def test_nothing_is_guessed_about_a_cell(tmp_path: Path) -> None:
    cells = ["N/A", "null", "007", "1e5", "", " x ", "true", "NaN", 'say "no"', "a,b", "a\nb"]
    rows = [run_row(id=f"r{i}", batch=cell) for i, cell in enumerate(cells)]
    got, faults = read(tmp_path, rows_text(RUNS, rows).encode())
    assert faults == []
    assert {r["id"]: r["batch"] for r in got} == {f"r{i}": cell for i, cell in enumerate(cells)}


CELL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=12
) | st.sampled_from(["N/A", "null", "007", '"', ",", "\n", "\ufeff", "\u2028", "é"])


@given(st.dictionaries(CELL, st.lists(CELL, min_size=6, max_size=6), max_size=6), st.randoms())
def test_what_is_written_reads_back_and_order_of_writing_is_nothing(
    held: dict[str, list[str]], chance: random.Random
) -> None:
    rows = [dict(zip(RUNS.header, (key, *cells), strict=True)) for key, cells in held.items()]
    text = rows_text(RUNS, rows)
    faults: list[Fault] = []
    got = bare(parse_rows(text, RUNS.path, RUNS.header, faults))
    assert faults == []
    assert {r["id"]: r for r in got} == {r["id"]: r for r in rows}
    assert len(got) == len(rows)
    chance.shuffle(rows)
    assert rows_text(RUNS, rows) == text
    assert rows_text(RUNS, got) == text


@pytest.mark.parametrize("cell", ["a\rb", "a\r\nb", "a\nb"])
def test_carriage_return_in_a_cell_is_written_as_a_line_end_that_reads_back(
    tmp_path: Path, cell: str
) -> None:
    got, faults = read(tmp_path, rows_text(RUNS, [run_row(id="r", batch=cell), run_row(id="s")]).encode())
    assert faults == []
    assert [r["batch"] for r in got] == ["a\nb", ""]


def test_line_numbers_pass_over_quoted_line_ends(tmp_path: Path) -> None:
    data = f'{HEADER}\na,,,,,,"one\ntwo\n\nfour"\nb,,,,,,\nc,short\n'
    rows, faults = read(tmp_path, data.encode())
    assert [(r["id"], r["_line"]) for r in rows] == [("a", "2"), ("b", "6")]
    assert [(f.file, f.line, f.key) for f in faults] == [(RUNS.path, 7, "c")]
    assert "row has 2 columns, not 7" in faults[0].message


@pytest.mark.parametrize(
    ("data", "line", "words", "left"),
    [
        (f"{HEADER}\na,,,,,\nb,,,,,,\n".encode(), 2, "row has 6 columns, not 7", ["b"]),
        (f"{HEADER}\na,,,,,,,\nb,,,,,,\n".encode(), 2, "row has 8 columns, not 7", ["b"]),
        (f"{HEADER}\na,,,,,,\n\nb,,,,,,\n".encode(), 3, "blank line", ["a", "b"]),
        (f"{HEADER}\na,,,,,,\n\n".encode(), 3, "blank line", ["a"]),
        (b"id,coder,extra\na,b,c\n", 1, "columns missing: model, date", []),
        (b"id,coder,extra\na,b,c\n", 1, "unknown columns: extra", []),
        (",".join(reversed(RUNS.header)).encode() + b"\n", 1, "wrong header (wrong order)", []),
        (b"\xef\xbb\xbf" + f"{HEADER}\na,,,,,,\n".encode(), 1, "byte order mark", ["a"]),
        (f"{HEADER}\r\na,,,,,,\r\n".encode(), 1, "CRLF", ["a"]),
        (f"{HEADER}\na,,,,,,\r\n".encode(), 2, "CRLF", ["a"]),
        (f"{HEADER}\na,,,,,,\né,,,,,,\n".encode("latin-1"), 3, "is not UTF-8", ["a", "é"]),
        (f'{HEADER}\na,,,,,,\nb,,,,,,"open\nc,,,,,,\n'.encode(), 3, "not readable as CSV", ["a"]),
    ],
)
def test_faults_of_our_own_files(tmp_path: Path, data: bytes, line: int, words: str, left: list[str]) -> None:
    rows, faults = read(tmp_path, data)
    assert [r["id"] for r in rows] == left
    assert [(f.file, f.line, f.warning) for f in faults] == [(RUNS.path, line, False)]
    assert words in faults[0].message
    assert faults[0].remedy


def test_a_missing_file_is_an_empty_table(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_rows(tmp_path, SCREENING.path.format(coder="x"), SCREENING, faults) == []
    assert faults == []


# --- all or nothing -----------------------------------------------------------------------------------------

OLD = {"corpus/a.csv": "old a\n", "corpus/b.csv": "old b\n"}
NEW = {"corpus/a.csv": "new a\n", "corpus/b.csv": "new b\n", "corpus/deep/c.csv": "new c\n"}

#: Kills itself (SIGKILL, so that no ``finally`` runs) before the n-th event of a write, counted over files
#: opened for writing and renamings.
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from workbench.store.files import replace_all, writing

how, number, root = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
new = {new!r}
seen = 0

def hook(event, args):
    global seen
    made = event == "open" and args[2] & os.O_CREAT and str(args[0]).endswith((".staged", "plan.json"))
    if event == "os.rename" or made:
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

with writing(root):
    if how == "kill":
        sys.addaudithook(hook)
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
        new["corpus/b.csv"] = "x" * (2 * number)
    replace_all(root, new)
print(seen)
"""


def child(how: str, number: int, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD.replace("{new!r}", repr(NEW)), how, str(number), str(root)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def state(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): p.read_text("utf-8")
        for p in sorted((root / "corpus").rglob("*"))
        if p.is_file() and not p.name.endswith(".staged")
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with writing(tmp_path):
        assert replace_all(tmp_path, OLD) == sorted(OLD)
    return tmp_path


def test_only_what_differs_is_replaced(folder: Path) -> None:
    before = (folder / "corpus/a.csv").stat().st_ino
    with writing(folder):
        assert replace_all(folder, {**NEW, "corpus/a.csv": "old a\n"}) == [
            "corpus/b.csv",
            "corpus/deep/c.csv",
        ]
        assert replace_all(folder, {**NEW, "corpus/a.csv": "old a\n"}) == []
    assert (folder / "corpus/a.csv").stat().st_ino == before
    assert not journal_of(folder).exists()


# The plan is written (event 1), then three files are staged (2 to 4); the plan's renaming (5) is the moment of
# writing; then each file is put in its place (6 to 8).
@pytest.mark.parametrize("number", range(1, 9))
def test_a_killed_write_is_wholly_old_or_wholly_new(folder: Path, number: int) -> None:
    ended = child("kill", number, folder)
    assert ended.returncode == -9, ended.stderr
    assert journal_of(folder).exists()
    recover(folder)
    assert state(folder) == (NEW if number > 5 else OLD)
    assert not journal_of(folder).exists()
    again = child("kill", 99, folder)
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == ("0" if number > 5 else "8")
    assert state(folder) == NEW


def test_the_next_writer_completes_a_killed_write_before_its_own(folder: Path) -> None:
    assert child("kill", 7, folder).returncode == -9
    assert state(folder) == {**OLD, "corpus/a.csv": "new a\n"}
    with writing(folder):
        assert state(folder) == NEW
        replace_all(folder, {"corpus/a.csv": "third\n"})
    assert state(folder) == {**NEW, "corpus/a.csv": "third\n"}


def test_a_full_disk_changes_nothing(folder: Path) -> None:
    ended = child("full", 1000, folder)
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert state(folder) == OLD
    assert not journal_of(folder).exists()


def test_recovering_where_nothing_was_interrupted_changes_nothing(folder: Path) -> None:
    recover(folder)
    assert state(folder) == OLD


def test_one_file_is_replaced_whole_or_not_at_all(folder: Path) -> None:
    replace(folder / "corpus/new/d.csv", "d\n")
    assert (folder / "corpus/new/d.csv").read_text("utf-8") == "d\n"
    (folder / "corpus/taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        replace(folder / "corpus/taken", "x")
    assert [p.name for p in (folder / "corpus").iterdir() if p.suffix == ".tmp"] == []


def test_an_error_inside_a_write_frees_the_lock(folder: Path) -> None:
    with pytest.raises(Refused, match="a: b; c"), writing(folder):
        raise Refused([Fault("a", 0, "", "b", "c")])
    with writing(folder):
        replace_all(folder, NEW)
    assert state(folder) == NEW
