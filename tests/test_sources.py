from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.doors.sources import abstracts, read_file, take_in
from workbench.doors.sources.bibtex import read as read_bibtex
from workbench.doors.sources.incoming import mended_authors, year_of
from workbench.doors.sources.jsonlines import read as read_jsonl
from workbench.store.faults import Refused

GOOD = "@article{good,\n  title = {Good title},\n  year = 2020\n}\n"


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("@article{x,\n  title={A},\n  title={B}\n}\n", 5, "field title is given twice"),
        ("@article{x,\n  Title={A},\n  TITLE={B}\n}\n", 5, "field title is given twice"),
        ("@article{x,\n  title={A,\n  year={2001}\n}\n", 5, "never closed"),
        ('@article{x,\n  title="A,\n  year={2001}\n}\n', 5, "never closed"),
        ("@article x,\n  title={A}\n}\n", 5, "not followed by an opening brace"),
        ("@article{x,\n  year={2001}\n}\n", 5, "title is missing"),
        ("@article{x,\n  title={...}\n}\n", 5, "title is missing"),
        ("@string{jmlr = {J} {K}}\n", 5, "comma is missing"),
    ],
)
def test_bad_bibtex_is_listed_and_the_rest_taken(block: str, line: int, words: str) -> None:
    good, bad = read_bibtex(GOOD + block + GOOD.replace("good", "last"), "x.bib")
    assert [g.key for g in good] == ["good", "last"]
    assert [(b.line, words in b.reason) for b in bad] == [(line, True)], bad
    assert bad[0].remedy


def test_bibtex_facts() -> None:
    text = r"""% Encoding: UTF-8
@comment{anything @ all}
@string{neurips = "Advances"}
@InProceedings{Key1,
  Title     = {{50% of \emph{scores} are {\"u}seless}},
  Author    = {Zou, Andy and {OpenAI} and Wang, Zifan and others},
  booktitle = neurips # " in Neural Processing",
  date      = {2023-05-01},
  doi       = {https://doi.org/10.1000/X\_y},
  url       = {https://example.org/a\_b\%20},
  abstract  = {A 10% effect.},
  note      = {arXiv preprint arXiv:2307.15043v2},
  month     = may,
}
"""
    good, bad = read_bibtex(text, "x.bib")
    assert bad == []
    record = good[0]
    assert record.title == "50% of scores are üseless"
    assert record.authors == ("Zou, Andy", "OpenAI", "Wang, Zifan", "others")
    assert (record.venue, record.year, record.type) == (
        "Advances in Neural Processing",
        2023,
        "inproceedings",
    )
    assert (record.doi, record.url) == ("https://doi.org/10.1000/X_y", "https://example.org/a_b%20")
    assert (record.arxiv_id, record.abstract, record.line) == ("2307.15043", "A 10% effect.", 4)


def test_crossref_is_followed_inside_the_file() -> None:
    text = (
        "@inproceedings{a, title={A paper}, crossref={p}}\n@proceedings{p, title={The Venue}, year={2021}}\n"
    )
    good, _ = read_bibtex(text, "x.bib")
    assert (good[0].venue, good[0].year) == ("The Venue", 2021)


def test_two_entries_with_one_key_are_two_records() -> None:
    good, bad = read_bibtex(GOOD + GOOD.replace("Good", "Other"), "x.bib")
    assert [(g.key, g.title) for g in good] == [("good", "Good title"), ("good", "Other title")]
    assert bad == []


def test_unknown_type_is_noted() -> None:
    good, _ = read_bibtex("@hologram{a, title={A title}}", "x.bib")
    assert "hologram" in good[0].notes[0]


def line(**cells: object) -> str:
    return json.dumps({"title": "A title", **cells})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"title": "A ti', "cut off"),
        ('{"title": "A"} x', "not readable as JSON"),
        ('["title"]', "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"title": "A", "title": "B"}', "'title' is given twice"),
        (line(title=""), "title is missing"),
        (line(title=None), "title is missing"),
        (line(title="--"), "no letter or digit"),
        (line(title=3), "title is not text"),
        (line(year="soon"), "is not a year"),
        (line(year=True), "is not a year"),
        (line(year=20.5), "is not a year"),
        (line(grey="maybe"), "neither true nor false"),
        ('{"title": "half \\ud83d"}', "half a character"),
        ("[" * 100_000, "not readable as JSON"),
    ],
)
def test_bad_json_lines_are_listed_and_the_rest_taken(text: str, words: str) -> None:
    good, bad = read_jsonl(f"{line()}\n\n{text}\n{line(key='k')}\n", "x.jsonl")
    assert [(g.line, g.key) for g in good] == [(1, ""), (4, "k")]
    assert [(b.line, words in b.reason) for b in bad] == [(3, True)], bad
    assert bad[0].remedy


def test_json_facts() -> None:
    good, _ = read_jsonl(
        line(
            key=" k ",
            title="Can {C}hat{GPT}&amp;co \u2028 defend\u200b",
            authors=["al., Wei-lin Chiang et"],
            year="2024-05",
            type="Preprint",
            streams=["b", "a"],
            grey=True,
            doi=None,
            colour="red",
        ),
        "x.jsonl",
    )
    record = good[0]
    assert record.title == "Can ChatGPT&co defend"
    assert (record.key, record.year, record.type, record.grey) == ("k", 2024, "preprint", True)
    assert record.authors == ("Chiang, Wei-lin", "others")
    assert record.streams == ("b", "a")
    assert any("colour" in n for n in record.notes)


def test_content_does_not_depend_on_order_or_white_space() -> None:
    (first,), _ = read_jsonl('{"title": "A", "year": 2020}', "x")
    (second,), _ = read_jsonl(' {"year":2020,  "title":"A"} ', "x")
    assert first.content == second.content


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.integers(0, 60))
def test_every_line_is_a_record_or_listed(title: str, cut: int) -> None:
    lines = [json.dumps({"title": title}), json.dumps({"title": "whole"})[:cut]]
    good, bad = read_jsonl("\n".join(lines), "x.jsonl")
    assert len(good) + len(bad) == sum(bool(t.strip()) for t in lines)


@pytest.mark.parametrize(
    ("given_names", "expected"),
    [
        (["al., Wei-lin Chiang et"], ("Chiang, Wei-lin", "others")),
        (["Li, Wei", "et al."], ("Li, Wei", "others")),
        (["Yu, Bo", "Jiacheng", "Gu", "Li, Wei"], ("Yu, Bo", "Gu, Jiacheng", "Li, Wei")),
        (["Rai", "Toyer, Sam"], ("Rai", "Toyer, Sam")),
        (["OpenAI", ":", "Altman, Sam"], ("OpenAI", "Altman, Sam")),
        (["Plato", "Socrates"], ("Plato", "Socrates")),
        (["Martin, Ivo Petrov and Nikola"], ("Petrov, Ivo", "Martin, Nikola")),
        (["Zhang, Yue", "Zhang, Yue"], ("Zhang, Yue", "Zhang, Yue")),
        (["Centre for Science and Policy"], ("Centre for Science and Policy",)),
        (
            ["Society, Saleema Amershi. In Proceedings of the 2023 Conference on Ethics and"],
            ("Amershi, Saleema",),
        ),
        ([], ()),
    ],
)
def test_mangled_names_are_mended(given_names: list[str], expected: tuple[str, ...]) -> None:
    assert mended_authors(given_names) == expected


@pytest.mark.parametrize(
    ("text", "year"),
    [("2024", 2024), ("2024-05-01", 2024), ("(2019)", 2019), ("in press", None), ("12024", None)],
)
def test_year_of(text: str, year: int | None) -> None:
    assert year_of(text) == year


def test_unknown_format_has_no_reader(tmp_path: Path) -> None:
    (tmp_path / "list.docx").write_bytes(b"x")
    with pytest.raises(Refused) as caught:
        read_file(tmp_path / "list.docx")
    assert "unknown kind of file '.docx'" in caught.value.faults[0].message


def test_odd_encodings_are_read_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "x.bib"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    _, text, warnings = take_in(file)
    assert text == GOOD
    assert [w.warning for w in warnings] == [True, True]
    file.write_bytes(GOOD.replace("Good", "Gü").encode("latin-1"))
    _, text, warnings = take_in(file)
    assert "Gü" in text
    assert ["Windows-1252" in w.message for w in warnings] == [True]


@pytest.mark.parametrize("data", [None, b"x\0y"])
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "x.bib"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(Refused) as refused:
        take_in(file)
    assert refused.value.faults[0].file == "x.bib"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"abstract": "x"}', "whose abstract"),
        ('{"key": "a"}', "abstract is missing"),
        ('{"key": "a", "abstract": "x', "cut off"),
        ('{"key": "a", "abstract": 3}', "not text"),
    ],
)
def test_bad_abstracts_are_listed(text: str, words: str) -> None:
    good, bad = abstracts.read('{"key": "k", "abstract": "Some\\u2028text."}\n' + text)
    assert [g.body for g in good] == ["Some text."]
    assert [(b.line, words in b.reason) for b in bad] == [(2, True)], bad
