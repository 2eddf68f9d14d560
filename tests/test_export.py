"""What leaves for other programs comes back whole, runs nowhere, and holds no text of a paper."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from tests.coded import fill
from workbench import open_survey
from workbench.cli import app
from workbench.doors.sources import read_file
from workbench.doors.sources.csl import read as read_csl
from workbench.doors.sources.incoming import Incoming
from workbench.doors.sources.ris import read as read_ris
from workbench.doors.titles import clean
from workbench.publishing.archive import archive, citation
from workbench.publishing.export import FORMATS, csl_items, export, ris_text, safe_cell
from workbench.store.bibliography import Entry
from workbench.store.files import sha256
from workbench.store.texts import ABSTRACTS

LETTERS = "abcdefghijABCDEFGHIJéüßçøŁñ"
WORD = st.text(LETTERS, min_size=2, max_size=8)
WORDS = st.lists(WORD, min_size=2, max_size=5).map(" ".join)
MARKED = st.builds(
    "{} {} {}".format, WORDS, st.sampled_from(["C++ & Co", "50% of it", "a_b", "x: y", "(z)", "#1"]), WORD
)
NAME = st.builds("{}, {}".format, WORD, WORD)
ENTRY = st.builds(
    Entry,
    key=st.text("abcdefgh", min_size=3, max_size=8),
    type=st.sampled_from(["article", "inproceedings", "misc"]),
    title=MARKED,
    authors=st.lists(NAME, min_size=1, max_size=4).map(tuple),
    year=st.integers(1990, 2030),
    venue=WORDS,
    doi=st.sampled_from(["", "10.1234/ab.cd-5", "10.18653/v1/2024.acl-long.7"]),
    arxiv_id=st.sampled_from(["", "2401.01234", "2312.00001"]),
    url=st.sampled_from(["", "https://example.org/a?b=c", "https://openreview.net/forum?id=Ab_1"]),
    details=st.fixed_dictionaries(
        {},
        optional={
            "volume": st.integers(1, 99).map(str),
            "number": st.integers(1, 12).map(str),
            "pages": st.sampled_from(["1--9", "e17", "100--117"]),
        },
    ).map(lambda d: tuple(d.items())),
)


def whole(back: Incoming, entry: Entry) -> None:
    assert (back.title, back.key, back.year) == (clean(entry.title), entry.key, entry.year)
    assert (back.authors, back.venue, back.type) == (entry.authors, entry.venue, entry.type)
    assert (back.doi, back.arxiv_id) == (entry.doi, entry.arxiv_id)
    assert entry.url in ("", back.url)
    assert dict(back.details) == dict(entry.details)


@given(st.lists(ENTRY, min_size=1, max_size=3, unique_by=lambda e: e.key))
def test_ris_comes_back_as_it_went(entries: list[Entry]) -> None:
    good, bad = read_ris(ris_text(entries), "x.ris")
    assert (len(good), bad) == (len(entries), [])
    for back, entry in zip(good, entries, strict=True):
        whole(back, entry)


@given(st.lists(ENTRY, min_size=1, max_size=3, unique_by=lambda e: e.key))
def test_csl_comes_back_as_it_went(entries: list[Entry]) -> None:
    good, bad = read_csl(json.dumps(csl_items(entries), ensure_ascii=False), "x.json")
    assert (len(good), bad) == (len(entries), [])
    for back, entry in zip(good, entries, strict=True):
        whole(back, entry)


@pytest.fixture
def full(survey: Path) -> Path:
    fill(survey)
    return survey


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_comes_back_with_the_same_works(full: Path, tmp_path: Path, suffix: str) -> None:
    survey = open_survey(full)
    file = tmp_path / f"out{suffix}"
    file.write_bytes(export(survey, suffix, "all"))
    back = read_file(file)
    assert (back.bad, len(back.good)) == ([], len(survey.papers))
    by_key = {r.key: r for r in back.good}
    for paper in survey.papers.to_dict("records"):
        one = by_key[paper["paper"]]
        assert (one.title, one.doi, one.arxiv_id) == (clean(paper["title"]), paper["doi"], paper["arxiv_id"])
        assert "; ".join(one.authors) == paper["authors"]
    assert export(open_survey(full), suffix, "all") == file.read_bytes()


def test_a_table_carries_the_codes_and_only_the_works_asked_for(full: Path) -> None:
    survey = open_survey(full)
    text = export(survey, ".csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    final = survey.final[(survey.final["state"] == "present") & (survey.final["facet"] == "failure_mode")]
    told = {(r["key"], c) for r in rows for c in r["failure_mode"].split(";") if c}
    assert told == {(r.paper, f"{r.code}={r.level}") for r in final.itertuples()}
    assert len(rows) < len(survey.papers)


def test_what_full_texts_show_is_not_mixed_into_the_table(pilot: Path) -> None:
    survey = open_survey(pilot)
    assert "full-text" in set(survey.final["basis"])
    rows = list(csv.DictReader(io.StringIO(export(survey, ".csv").decode("utf-8-sig"))))
    codes = {r["key"]: [c.split("=")[0] for c in r["failure_mode"].split(";") if c] for r in rows}
    grey = set(survey.papers.loc[survey.papers["grey"], "paper"])
    assert sum(len(c) for key, c in codes.items() if key not in grey) == 272
    assert all(len(c) == len(set(c)) for c in codes.values())
    assert "reporting" not in rows[0]


@pytest.mark.parametrize(
    ("cell", "left"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-2", "'-2"), ("'=1", "''=1"), ("plain", "plain"), ("'tis", "'tis")],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: str, left: str) -> None:
    assert safe_cell(cell) == left


def test_a_formula_in_a_title_leaves_as_text_and_comes_back_as_it_was(full: Path, tmp_path: Path) -> None:
    bib = full / "corpus/papers.bib"
    title = open_survey(full).papers["title"].iloc[0]
    bib.write_text(bib.read_text("utf-8").replace(f"{{{title}}}", "{=cmd calls of models}", 1), "utf-8")
    for suffix in (".csv", ".xlsx"):
        file = tmp_path / f"out{suffix}"
        file.write_bytes(export(open_survey(full), suffix, "all"))
        assert "=cmd calls of models" in [r.title for r in read_file(file).good]
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert [c.value for row in sheet.iter_rows() for c in row if c.data_type == "f"] == []


def test_a_deposit_holds_the_data_their_sums_and_no_text_of_a_paper(full: Path) -> None:
    survey = open_survey(full)
    held = zipfile.ZipFile(io.BytesIO(archive(survey, "1.0", "2026-12-01")))
    names = set(held.namelist())
    assert {"corpus/papers.bib", "coding_schema/schema.yaml", "CITATION.cff", "SHA256SUMS"} <= names
    assert not [n for n in names if n.startswith(".") or "/." in n]
    for line in held.read("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(held.read(name)) == digest
    assert {line.split("  ")[1] for line in held.read("SHA256SUMS").decode().splitlines()} == names - {
        "SHA256SUMS"
    }
    bodies = [json.loads(line)["abstract"] for line in (full / ABSTRACTS).read_text("utf-8").splitlines()]
    everything = b"".join(held.read(n) for n in names)
    assert bodies
    assert not [b for b in bodies if b.encode() in everything]
    assert archive(open_survey(full), "1.0", "2026-12-01") == archive(survey, "1.0", "2026-12-01")


def test_the_citation_names_the_survey(full: Path) -> None:
    held = yaml.safe_load(citation(open_survey(full), "1.0", "2026-12-01"))
    assert {"cff-version", "message", "title", "authors"} <= held.keys()
    assert held["title"] == open_survey(full).settings.title


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("corpus/papers.bib", "is one of the survey's own files"),
        ("survey.yaml", "is one of the survey's own files"),
        ("out.docx", "unknown kind of file"),
    ],
)
def test_nothing_of_the_survey_is_written_over(full: Path, file: str, said: str) -> None:
    before = {p: p.read_bytes() for p in full.rglob("*") if p.is_file()}
    done = CliRunner().invoke(app, ["export", str(full / file), "--survey", str(full)])
    assert done.exit_code != 0
    assert said in done.output
    assert {p: p.read_bytes() for p in full.rglob("*") if p.is_file() and p in before} == before


def test_the_command_writes_the_file_and_says_so(full: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["export", str(tmp_path / "x.ris"), "--works", "all", "--survey", str(full)]
    )
    assert done.exit_code == 0, done.output
    assert "written" in done.output
    assert (tmp_path / "x.ris").read_text("utf-8").count("TY  - ") == len(open_survey(full).papers)
