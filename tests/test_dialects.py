"""Records as programs write them: what is not needed costs nothing, and nothing that was given is guessed anew."""

from __future__ import annotations

import json
import math

import pytest

from workbench.doors.sources.bibtex import read as read_bibtex
from workbench.doors.sources.incoming import Incoming, mended_authors
from workbench.doors.sources.jsonlines import read as read_jsonl
from workbench.store.bibliography import Entry, entry_text
from workbench.store.bibtex import take_apart
from workbench.store.files import decode_incoming
from workbench.store.names import names

LAST = "@misc{last, title={The last one}}\n"


def only(text: str) -> Incoming:
    good, bad = read_bibtex(text + LAST, "x.bib")
    assert bad == []
    assert [g.title for g in good][1:] == ["The last one"]
    return good[0]


@pytest.mark.parametrize(
    ("entry", "words", "facts"),
    [
        ("@article{x, title={A}, month=sept, year=2017}\n", "macro 'sept'", {"year": 2017}),
        ("@article{x, title={A}, journal=jmlr}\n", "macro 'jmlr'", {"venue": "jmlr"}),
        ('@article{x, title="A", keywords="a", keywords="b", year=2016}\n', "given twice", {"year": 2016}),
        ("@article{x, title={A}, Note={a}, note={b}}\n", "note is given twice", {}),
        ("@article{x, title={A}, yea r={2001}}\n", "not one word", {"year": None}),
        ("@article{x, title={A}, note={n} year={2001}, volume=3}\n", "comma is missing", {}),
        ("@article{,\n  title={A}\n}\n", "keys were", {"key": ""}),
        ("@article{\n  title={A}, year=2019}\n", "keys were", {"key": "", "year": 2019}),
        ("@article{two words,\n  title={A}\n}\n", "keys were", {"key": ""}),
    ],
)
def test_a_fault_in_what_is_not_needed_costs_that_alone(
    entry: str, words: str, facts: dict[str, object]
) -> None:
    record = only(entry)
    assert record.title == "A"
    assert any(words in note for note in record.notes), record.notes
    assert {name: getattr(record, name) for name in facts} == facts


def test_equal_fields_given_twice_are_no_fault() -> None:
    assert only("@article{x, title={A}, note={n}, NOTE={n}}\n").notes == ()


@pytest.mark.parametrize("between", ["\n", " "])
@pytest.mark.parametrize("shut", [("{", "}"), ("(", ")")])
def test_what_is_commented_out_is_left_out_however_its_lines_break(
    between: str, shut: tuple[str, str]
) -> None:
    inside = (
        f"@article{{a,{between}title = {{Set aside}},{between}year = 2020{between}}}"
        f"{between}@book{{b, title={{C}}}}"
    )
    good, bad = read_bibtex(f"@Comment{shut[0]}{between}{inside}{between}{shut[1]}\n{LAST}", "x.bib")
    assert ([g.key for g in good], bad) == (["last"], [])
    assert "2 entries stand inside a comment" in good[0].notes[0]


def test_an_entry_quoted_in_a_value_is_part_of_the_value() -> None:
    record = only(
        "@misc{x, title={How to cite}, abstract={Write\n@article{y,\n title={Y}\n}\nas usual}, year=2020}\n"
    )
    assert (
        "@article{y" in take_apart("@misc{x, abstract={Write\n@article{y,\n title={Y}\n}\n}}").blocks[0].raw
    )
    assert (record.year, record.key) == (2020, "x")
    assert any("looks like another entry" in note for note in record.notes)


def test_an_entry_that_never_closes_does_not_swallow_the_next() -> None:
    good, bad = read_bibtex("@misc{x, title={Never, year={2020}\n}\n" + LAST, "x.bib")
    assert [g.key for g in good] == ["last"]
    assert [(u.line, u.key, "never closed" in u.reason) for u in bad] == [(1, "x", True)]


def test_two_entries_on_one_line_are_two() -> None:
    good, bad = read_bibtex("@misc{x, title={One}} @misc{y, title={Two}}\n", "x.bib")
    assert ([g.key for g in good], bad) == (["x", "y"], [])


def test_parentheses_serve_as_braces() -> None:
    assert only('@misc(x, title = "A (b) c", year = 2020)\n').title == "A (b) c"


@pytest.mark.parametrize(
    "body",
    [
        "National Council for Standards, Testing, and Metrology",
        "Harbour and Quay, Ltd.",
        "Harbour Works, Ltd.",
        "Commission of the Union, Directorate for Networks, Content and Trust",
        "Department of Health and Care",
        "Plato",
    ],
)
def test_a_bodys_name_stays_as_it_stands_between_its_braces(body: str) -> None:
    record = only(
        f"@book{{x, author = {{{{{body}}} and {{Open Bench}} and Smith, Ann and others}}, title = {{A}}}}\n"
    )
    assert [n.strip("{}") for n in record.authors] == [body, "Open Bench", "Smith, Ann", "others"]
    written = entry_text(Entry("x", "book", "A", record.authors))
    assert f"author = {{{{{body}}} and {{Open Bench}} and Smith, Ann and others}}" in written
    assert names(f"{{{body}}} and {{Open Bench}} and Smith, Ann and others") == record.authors


@pytest.mark.parametrize(
    "name",
    [
        "National Council for Standards, Testing, and Metrology",
        "Trust, Safety and Security Institute",
        "Ministry of Health, Safety and Welfare",
        "Harbour and Quay, Ltd.",
    ],
)
def test_a_bodys_name_in_a_list_stays_whole(name: str) -> None:
    assert mended_authors([name]) == (name,)


def test_people_run_together_are_taken_apart() -> None:
    assert mended_authors(["Jones, Ann Smith and Bob"]) == ("Smith, Ann", "Jones, Bob")


def line(**cells: object) -> str:
    return json.dumps({"title": "A title", **cells})


@pytest.mark.parametrize("nothing", [None, math.nan, "", "NaN", "<NA>", "null", "N/A", "None"])
@pytest.mark.parametrize("field", ["year", "doi", "authors", "streams", "abstract", "arxiv_id", "grey"])
def test_what_is_missing_is_missing_however_it_is_written(nothing: object, field: str) -> None:
    good, bad = read_jsonl(line(**{field: nothing}) + "\n", "x.jsonl")
    assert bad == []
    assert not getattr(good[0], field)


@pytest.mark.parametrize(("year", "read"), [(2023.0, 2023), ("2021.0", 2021), ("2021", 2021), (2021, 2021)])
def test_a_year_is_one_fact_however_it_is_spelt(year: object, read: int) -> None:
    assert read_jsonl(line(year=year), "x.jsonl")[0][0].year == read


def test_a_year_that_is_none_is_refused() -> None:
    good, bad = read_jsonl(line(year=2023.7), "x.jsonl")
    assert good == []
    assert "2023.7 is not a year" in bad[0].reason


@pytest.mark.parametrize(
    ("number", "read"), [(2503.2138, "2503.21380"), (1412.01, "1412.0100"), (2311.01964, "2311.01964")]
)
def test_an_arxiv_id_that_a_table_made_a_number_gets_its_zeros_back(number: float, read: str) -> None:
    assert read_jsonl(line(arxiv_id=number), "x.jsonl")[0][0].arxiv_id == read


@pytest.mark.parametrize(
    ("field", "value"), [("authors", [1]), ("authors", {"a": 1}), ("streams", "x"), ("doi", [1])]
)
def test_a_field_of_another_kind_costs_the_field_and_not_the_record(field: str, value: object) -> None:
    good, bad = read_jsonl(line(**{field: value}), "x.jsonl")
    assert bad == []
    assert any(f"{field} is not" in note for note in good[0].notes)
    assert not getattr(good[0], field)


def test_macros_that_double_each_other_stop_at_a_bound() -> None:
    doubling = "".join(f"@string{{m{i} = m{i - 1} # m{i - 1}}}\n" for i in range(1, 40))
    good, bad = read_bibtex(
        f"@string{{m0 = {{ab}}}}\n{doubling}@misc{{x, title={{A}}, note=m39}}\n{LAST}", "x.bib"
    )
    assert [g.title for g in good] == ["A", "The last one"]
    assert "longer than 100,000 characters" in bad[0].reason
    assert bad[0].line == 17


SMART = "Goodhart’s law – and the “best” benchmark for €1,000 … by Šimek, Zoë O’Rourke, Žák"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_no_character_vanishes_whatever_the_encoding(encoding: str) -> None:
    text, warnings = decode_incoming(SMART.encode(encoding), "x.bib")
    assert text == SMART
    assert bool(warnings) == (encoding != "utf-8")


def test_bytes_that_are_no_letter_are_named_with_their_line() -> None:
    text, warnings = decode_incoming(b"one\ntw\x81 \x93x\x94\n", "x.bib")
    assert text == "one\ntw\ufffd “x”\n"
    assert [(w.line, "1 bytes that are no letter" in w.message) for w in warnings] == [(2, False), (2, True)]
