"""``survey check`` names the file and the line of whatever was broken by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.coded import fill
from tests.once import once
from tests.test_panel import row
from workbench.doors.frame import freeze
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.faults import Fault
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.tables import AUDIT, STORED

FILES = [
    "corpus/adjudications.csv",
    "corpus/audit/panel.csv",
    "corpus/codings/pass-a.csv",
    "corpus/codings/pass-b.csv",
    "corpus/fields.csv",
    "corpus/frame.csv",
    "corpus/hits.csv",
    "corpus/maybe_duplicates.csv",
    "corpus/measurements.csv",
    "corpus/merges.csv",
    "corpus/records.csv",
    "corpus/removals.csv",
    "corpus/runs.csv",
    "corpus/sample.csv",
    "corpus/sampling.csv",
    "corpus/screening/pass-a.csv",
    "corpus/screening/pass-b.csv",
    "corpus/signoffs/pass-a.csv",
    "corpus/signoffs/pass-b.csv",
    "corpus/verifications/eva.csv",
]


QUERY = """\
title: what is gamed
concepts:
- {id: reward, code: reward-gaming, phrases: [score*]}
rules:
  any: {all_of: [reward]}
"""


@pytest.fixture
@once
def full(survey: Path) -> Path:
    fill(survey)
    query = survey / "corpus/queries/gaming.yaml"
    query.parent.mkdir()
    query.write_text(QUERY, "utf-8")
    freeze(survey, query, "screening")
    with writing(survey):
        replace_all(survey, {AUDIT.path: rows_text(AUDIT, [row(), row(model="a/two")])})
    return survey


def test_every_csv_of_the_corpus_is_broken_below(full: Path) -> None:
    assert sorted(str(p.relative_to(full)) for p in (full / "corpus").rglob("*.csv")) == FILES
    assert {t.path.format(coder="x") for t in STORED.values()} == {
        f.replace("pass-a", "x").replace("eva", "x") for f in FILES if "pass-b" not in f
    }
    assert check(full) == []


def pieces(text: str) -> list[str]:
    """Return the records of a CSV file as they stand, the header first."""
    lines, out, last = text.splitlines(keepends=True), [], 0
    reader = csv.reader(io.StringIO(text, newline=""))
    for _ in reader:
        out.append("".join(lines[last : reader.line_num]))
        last = reader.line_num
    return out


def renamed(records: list[str]) -> tuple[list[str], int, str]:
    return ["x" + records[0], *records[1:]], 1, "wrong header"


def shortened(records: list[str]) -> tuple[list[str], int, str]:
    [cells] = csv.reader(io.StringIO(records[2], newline=""))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells[:-1])
    line = 1 + sum(r.count("\n") for r in records[:2])
    return [*records[:2], out.getvalue(), *records[3:]], line, f"row has {len(cells) - 1} columns"


def doubled(records: list[str]) -> tuple[list[str], int, str]:
    line = 1 + sum(r.count("\n") for r in records[:3])
    return [*records[:3], records[2], *records[3:]], line, "given twice"


def swapped(records: list[str]) -> tuple[list[str], int, str]:
    line = 1 + sum(r.count("\n") for r in (records[0], records[2]))
    return [records[0], records[2], records[1], *records[3:]], line, "out of order"


@pytest.mark.parametrize("how", [renamed, shortened, doubled, swapped])
@pytest.mark.parametrize("path", FILES)
def test_a_row_broken_by_hand_is_named_with_its_line(
    full: Path, path: str, how: Callable[[list[str]], tuple[list[str], int, str]]
) -> None:
    records = pieces((full / path).read_text("utf-8"))
    assert len(records) >= 3
    broken, line, message = how(records)
    (full / path).write_text("".join(broken), "utf-8")
    faults = [f for f in check(full) if (f.file, f.line) == (path, line)]
    [fault] = [f for f in faults if message in f.message]
    assert fault.remedy
    assert not fault.warning
    if how is not renamed:
        [cells] = csv.reader(io.StringIO(records[1 if how is swapped else 2], newline=""))
        assert fault.key == cells[0]


def changed(root: Path, path: str, at: Row, cells: Row) -> int:
    """Change cells of the one row that has the values ``at``; return the line it stands on then."""
    name = next(
        n
        for n, t in STORED.items()
        if Path(t.path).parts[1].split(".")[0] == path.split("/")[1].split(".")[0]
    )
    faults: list[Fault] = []
    coder = Path(path).stem if path.count("/") == 2 else None
    rows = stored(root, name, faults, coder=coder)
    [row] = [r for r in rows if all(r[c] == v for c, v in at.items())]
    row |= cells
    (root / path).write_text(rows_text(STORED[name], rows), "utf-8")
    [after] = [
        r for r in stored(root, name, faults, coder=coder) if all(r[c] == v for c, v in (at | cells).items())
    ]
    assert faults == []
    return int(after["_line"])


MODE: Row = {"paper": "p02", "facet": "failure_mode"}
CODED, SIGNED = "corpus/codings/pass-a.csv", "corpus/signoffs/pass-a.csv"
RULED, SAID = "corpus/adjudications.csv", "corpus/verifications/eva.csv"
SCREENED: Row = {"facet": "screening"}
DECIDED: Row = {"paper": "p02", "facet": "failure_mode"}

BROKEN = [
    (CODED, MODE, {"paper": "p99"}, "unknown paper 'p99'"),
    (CODED, MODE, {"paper": "p04"}, "screened out"),
    (CODED, MODE, {"paper": "p30"}, "not screened"),
    (CODED, MODE, {"basis": "hearsay"}, "unknown basis 'hearsay'"),
    (CODED, MODE, {"facet": "mode"}, "unknown facet 'mode'"),
    (CODED, MODE, {"code": "bias"}, "unknown code 'bias' of failure_mode"),
    (CODED, MODE, {"code": "weak-oversight"}, "failure_mode weak-oversight cannot be told from the abstract"),
    (CODED, MODE, {"state": "there"}, "unknown state 'there'"),
    (CODED, MODE, {"level": ""}, "unknown level ''"),
    (CODED, MODE, {"role": "theirs"}, "unknown role 'theirs'"),
    (CODED, MODE, {"formal": "1"}, "unknown formal '1'"),
    (CODED, MODE, {"mitigates": "maybe"}, "unknown mitigates 'maybe'"),
    (CODED, MODE, {"level": "measures", "role": "background"}, "measures with role 'background'"),
    (CODED, MODE, {"confidence": ""}, "unknown confidence ''"),
    (CODED, MODE, {"principal": "yes"}, "principal is 'yes' on failure_mode"),
    (CODED, MODE, {"note": ""}, "a code with levels without note"),
    (CODED, MODE, {"locator": " "}, "a code with levels without locator"),
    (CODED, MODE, {"text_sha256": "abc"}, "its place in the text has no digest"),
    (CODED, MODE, {"span_sha256": ""}, "its place in the text has no digest"),
    (CODED, MODE, {"start": "99999"}, "its place in the text is '99999'"),
    (CODED, MODE, {"end": "-1"}, "its place in the text is"),
    (CODED, MODE, {"run": ""}, "a language model's decision without a run"),
    (CODED, MODE, {"run": "pass-b-code"}, "run 'pass-b-code' is not this coder's"),
    (CODED, MODE, {"at": "yesterday"}, "at is 'yesterday'"),
    (CODED, MODE, {"revision": "0"}, "revision is '0'"),
    (CODED, MODE, {"revision": "one"}, "revision is 'one'"),
    (CODED, {"paper": "p02", "facet": "stream"}, {"level": "argues"}, "level does not belong here"),
    (SIGNED, {"paper": "p02"}, {"paper": "p99"}, "unknown paper 'p99'"),
    (SIGNED, {"paper": "p02"}, {"paper": "p04"}, "screened out"),
    (SIGNED, {"paper": "p02"}, {"basis": "hearsay"}, "unknown basis 'hearsay'"),
    (SIGNED, {"paper": "p02"}, {"basis": "full-text"}, "stream has 0 code(s)"),
    (SIGNED, {"paper": "p02"}, {"text_sha256": "abc"}, "text_sha256 is no SHA-256 digest"),
    (SIGNED, {"paper": "p02"}, {"run": ""}, "a language model's decision without a run"),
    (SIGNED, {"paper": "p02"}, {"run": "nobody"}, "run 'nobody' is not this coder's"),
    (SIGNED, {"paper": "p02"}, {"at": ""}, "at is ''"),
    (RULED, DECIDED, {"paper": "p99"}, "unknown paper 'p99'"),
    (RULED, DECIDED, {"paper": "p04"}, "fewer than two coders signed it off"),
    (RULED, DECIDED, {"chosen": "bob"}, "unknown choice 'bob'"),
    (RULED, DECIDED, {"by": "pass-a"}, "pass-a coded it"),
    (RULED, DECIDED, {"by": "bob"}, "unknown coder 'bob'"),
    (RULED, DECIDED, {"rationale": ""}, "a code with levels decided without a rationale"),
    (RULED, DECIDED, {"level": "loud"}, "unknown level 'loud'"),
    (RULED, DECIDED, {"code": "bias"}, "unknown code 'bias' of failure_mode"),
    (RULED, DECIDED, {"end": ""}, "its place in the text is"),
    (RULED, DECIDED, {"at": "2026-11-24"}, "at is '2026-11-24'"),
    (RULED, DECIDED, {"revision": ""}, "revision is ''"),
    (RULED, SCREENED, {"state": "perhaps"}, "unknown decision 'perhaps'"),
    (RULED, SCREENED, {"code": "first"}, "unknown stage 'first'"),
    (RULED, SCREENED, {"paper": "p99"}, "unknown paper 'p99'"),
    (SAID, {"paper": "p01"}, {"outcome": "agree"}, "unknown outcome 'agree'"),
    (SAID, {"paper": "p01"}, {"outcome": "correct"}, "unknown state ''"),
    (SAID, {"paper": "p01"}, {"paper": "p04"}, "screened out"),
    (SAID, {"paper": "p01"}, {"at": "now"}, "at is 'now'"),
    (SAID, {"paper": "p01"}, {"revision": "x"}, "revision is 'x'"),
    (SAID, {"paper": "p01"}, {"start": "3"}, "its place in the text has no digest"),
]


@pytest.mark.parametrize(("path", "at", "cells", "message"), BROKEN)
def test_a_value_broken_by_hand_is_named_with_its_line(
    full: Path, path: str, at: Row, cells: dict[str, str], message: str
) -> None:
    line = changed(full, path, at, cells)
    faults = [f for f in check(full) if (f.file, f.line) == (path, line)]
    named = [f for f in faults if f.message.startswith(message)]
    assert len(named) == 1
    assert named[0].key == cells.get("paper", at.get("paper", "p05"))
    assert named[0].remedy


@pytest.mark.parametrize(
    ("facet", "message"), [("stream", "stream has 0 code(s)"), ("optimisation_pressure", "optimisation_pres")]
)
def test_a_coding_lost_by_hand_shows_at_the_sign_off(full: Path, facet: str, message: str) -> None:
    rows = stored(full, "codings", [], coder="pass-a")
    left = [r for r in rows if (r["paper"], r["facet"]) != ("p02", facet)]
    (full / CODED).write_text(rows_text(STORED["codings"], left), "utf-8")
    faults = [f for f in check(full) if f.file == SIGNED]
    assert [(f.line, f.key) for f in faults] == [(3, "p02")]
    assert faults[0].message.startswith(message)


def test_a_second_principal_written_by_hand_shows_at_the_sign_off(full: Path) -> None:
    rows = stored(full, "codings", [], coder="pass-a")
    [one] = [r for r in rows if (r["paper"], r["facet"]) == ("p02", "optimisation_pressure")]
    (full / CODED).write_text(rows_text(STORED["codings"], [*rows, {**one, "code": "selection"}]), "utf-8")
    [fault] = check(full)
    assert (fault.file, fault.line, fault.key) == (SIGNED, 3, "p02")
    assert fault.message == "optimisation_pressure has 2 principal codes: selection, training"


@pytest.mark.parametrize("signed", [True, False])
def test_a_code_that_stands_alone_is_named_beside_another(full: Path, signed: bool) -> None:
    rows = stored(full, "codings", [], coder="pass-a")
    [one] = [r for r in rows if (r["paper"], r["facet"]) == ("p02", "optimisation_pressure")]
    both = sorted(
        [*rows, {**one, "code": "selection", "principal": "no"}],
        key=lambda r: [r[c] for c in STORED["codings"].key],
    )
    (full / CODED).write_text(rows_text(STORED["codings"], both), "utf-8")
    if not signed:
        left = [r for r in stored(full, "signoffs", [], coder="pass-a") if r["paper"] != "p02"]
        (full / SIGNED).write_text(rows_text(STORED["signoffs"], left), "utf-8")
    schema = full / "coding_schema/schema.yaml"
    schema.write_text(
        schema.read_text("utf-8").replace("{id: training,", "{id: training, alone: true,"), "utf-8"
    )
    message = "optimisation_pressure training stands alone, and selection is given beside it"
    [fault] = [f for f in check(full) if f.message == message]
    lines = (full / CODED).read_text("utf-8").splitlines()
    [line] = [n for n, text in enumerate(lines, 1) if text.startswith("p02,") and ",training," in text]
    assert (fault.file, fault.line) == ((SIGNED, 3) if signed else (CODED, line))
    assert (fault.key, fault.warning) == ("p02", False)


@pytest.mark.parametrize("folder", ["codings", "signoffs", "verifications"])
def test_a_file_of_somebody_unknown(full: Path, folder: str) -> None:
    source = "eva" if folder == "verifications" else "pass-b"
    (full / f"corpus/{folder}/{source}.csv").rename(full / f"corpus/{folder}/bob.csv")
    faults = [f for f in check(full) if f.message == "unknown coder 'bob'"]
    rows = stored(full, folder, [], coder="bob")
    assert [(f.file, f.line) for f in faults] == [(f"corpus/{folder}/bob.csv", int(r["_line"])) for r in rows]


def test_a_model_s_verifications(full: Path) -> None:
    (full / SAID).rename(full / "corpus/verifications/pass-a.csv")
    faults = [f for f in check(full) if f.message == "pass-a is not human"]
    assert [(f.file, f.line) for f in faults] == [("corpus/verifications/pass-a.csv", n) for n in (2, 3, 4)]


@pytest.mark.parametrize("path", [f for f in FILES if "pass-b" not in f])
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [(b"\n", b"\r\n", "CRLF"), (b"", b"\xef\xbb\xbf", "byte order mark"), (b"\n", b"\n\n", "blank line")],
)
def test_foreign_line_ends_and_marks_are_faults_in_our_files(
    full: Path, path: str, old: bytes, new: bytes, message: str
) -> None:
    data = (full / path).read_bytes()
    (full / path).write_bytes(data.replace(old, new, 1) if old else new + data)
    named = [f for f in check(full) if message in f.message]
    assert [(f.file, f.line) for f in named] == [(path, 2 if message == "blank line" else 1)]
    assert not named[0].warning


def test_what_is_withdrawn_may_stand_on_a_paper_that_is_out(full: Path) -> None:
    rows = stored(full, "codings", [], coder="pass-b")
    empty = dict.fromkeys(rows[0], "")
    row = {**empty, **{c: rows[0][c] for c in ("schema", "basis", "run", "at")}, "state": "withdrawn"}
    row |= {"paper": "p04", "facet": "stream", "code": "llm-as-judge", "revision": "1"}
    path = full / "corpus/codings/pass-b.csv"
    path.write_text(rows_text(STORED["codings"], [*rows, row]), "utf-8")
    assert check(full) == []


def test_check_is_the_same_without_the_texts(full: Path) -> None:
    (full / ".cache/texts/abstracts.jsonl").unlink()
    assert check(full) == []
