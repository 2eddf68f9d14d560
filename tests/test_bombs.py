"""Small files that would cost a machine: each is refused, with its line, and costs neither minutes nor gigabytes."""

from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from workbench.doors.sources import csl, endnote, jsonlines, read_file, ris, table, tagged
from workbench.store import budgets
from workbench.store.faults import Fault, Refused

LARGE = 220_000_001
SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    + "]>"
)


def sheet(xml: str | bytes) -> bytes:
    """A workbook whose first sheet is this XML."""
    made = io.BytesIO()
    book = Workbook()
    book.save(made)
    bombed = io.BytesIO()
    with (
        zipfile.ZipFile(made) as old,
        zipfile.ZipFile(bombed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for member in old.namelist():
            new.writestr(member, xml if member == SHEET else old.read(member))
    return bombed.getvalue()


def refused_workbook(data: bytes) -> Fault:
    """Have a workbook refused without much memory; return what was said."""
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as caught:
            table.read_workbook(data, "x.xlsx")
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()
    (fault,) = caught.value.faults
    assert (fault.file, bool(fault.remedy)) == ("x.xlsx", True)
    return fault


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A megabyte that unfolds to two hundred."""
    return sheet(b" " * LARGE)


def test_a_zip_bomb_is_refused_before_it_unfolds(bomb: bytes) -> None:
    assert len(bomb) < LARGE / 200
    assert "unfolds to far more than it is" in refused_workbook(bomb).message


def test_a_zip_bomb_that_says_it_is_small_is_refused_too(bomb: bytes) -> None:
    lying = bomb.replace(struct.pack("<L", LARGE), struct.pack("<L", 500))
    assert lying != bomb
    assert "is no archive that can be read" in refused_workbook(lying).message


def test_too_many_files_in_an_archive_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "FILES", 3)
    assert "files" in refused_workbook(sheet(HEAD + "</worksheet>")).message


@pytest.mark.parametrize(
    ("xml", "words", "line"),
    [
        (f"{LAUGHS}{HEAD}<sheetData>&a12;</sheetData></worksheet>", "document type", 1),
        (HEAD + "\n<a>" * 50_000, "elements inside one another", 401),
        (HEAD + "<sheetData>", "is not XML", 0),
        ((LAUGHS + HEAD + "&a12;</worksheet>").encode("utf-16"), "document type", 1),
    ],
    ids=["laughs", "deep", "cut off", "laughs in UTF-16"],
)
def test_xml_bombs_in_a_workbook_are_refused(xml: str | bytes, words: str, line: int) -> None:
    fault = refused_workbook(sheet(xml))
    assert words in fault.message
    assert fault.line == line


def test_one_cell_in_the_last_corner_of_a_sheet_does_not_make_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "CELLS", 1_000_000)
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>title</t></is></c></row>'
    rows += '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    dimension = '<dimension ref="A1:XFD1048576"/>'
    fault = refused_workbook(sheet(f"{HEAD}{dimension}<sheetData>{rows}</sheetData></worksheet>"))
    assert "cells, most of them empty" in fault.message


def test_a_sheet_that_breaks_midway_is_refused() -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>77</v></c></row>'
    fault = refused_workbook(sheet(f"{HEAD}<sheetData>{rows}</sheetData></worksheet>"))
    assert "is no workbook that can be read" in fault.message


ENDNOTE = "<xml><records>\n<record><titles><title>One</title></titles></record>\n{}\n"
ENDNOTE += "<record><titles><title>Two</title></titles></record>\n</records></xml>"


def test_entities_in_endnote_xml_are_refused_with_their_line() -> None:
    good, bad = endnote.read("\n" + LAUGHS + ENDNOTE.format("<record>&a12;</record>"), "x.xml")
    assert good == []
    assert [(u.line, u.reason) for u in bad] == [(2, "defines entities of its own")]


@pytest.mark.parametrize(
    ("piece", "line", "words"),
    [
        ("<record>" + "\n<style>" * 50_000, 403, "elements inside one another"),
        ("<record>&a12;</record>", 3, "undefined entity"),
        (f"<record>{LAUGHS}</record>", 1, "entities of its own"),
    ],
    ids=["deep", "undefined", "within"],
)
def test_a_bomb_in_one_record_of_endnote_has_its_line(piece: str, line: int, words: str) -> None:
    good, bad = endnote.read(ENDNOTE.format(piece), "x.xml")
    assert [r.title for r in good] == (["One", "Two"] if line > 1 else [])
    assert [(u.line if line > 1 else 1, words in u.reason) for u in bad] == [(line, True)]


VALUES = {
    "deep lists": ("[" * 200 + "]" * 200, "nested too deep"),
    "deep objects": ('{"a":' * 200 + "1" + "}" * 200, "nested too deep"),
    "digits": ("9" * 5000, "a number of 5,000 digits"),
    "digits python would take": ("9" * 200, "a number of 200 digits"),
}


@pytest.mark.parametrize(("value", "words"), VALUES.values(), ids=VALUES)
def test_one_item_of_csl_json_costs_itself(value: str, words: str) -> None:
    text = f'[{{"title": "One"}},\n{{"title": "Odd", "issued": {value}}},\n{{"title": "Two"}}]'
    good, bad = csl.read(text, "x.json")
    assert [r.title for r in good] == ["One", "Two"]
    assert [(u.line, words in u.reason) for u in bad] == [(2, True)]


@pytest.mark.parametrize("sign", ["[", '{"a":'])
def test_brackets_without_end_in_csl_json_are_refused_with_their_line(sign: str) -> None:
    good, bad = csl.read('[{"title": "One"},\n' + sign * 200_000, "x.json")
    assert [r.title for r in good] == ["One"]
    assert [(u.line, "nested too deep" in u.reason) for u in bad] == [(2, True)]


@pytest.mark.parametrize(("value", "words"), VALUES.values(), ids=VALUES)
def test_one_line_of_json_lines_costs_itself(value: str, words: str) -> None:
    text = f'{{"title": "One"}}\n{{"title": "Odd", "year": {value}}}\n{{"title": "Two", "year": NaN}}\n'
    good, bad = jsonlines.read(text, "x.jsonl")
    assert [(r.title, r.year) for r in good] == [("One", None), ("Two", None)]
    assert [(u.line, words in u.reason) for u in bad] == [(2, True)]


@pytest.mark.parametrize("depth", [*range(20, 60), *range(900, 1000)])
def test_no_depth_of_json_is_a_traceback(depth: int) -> None:
    value = "[" * depth + "]" * depth
    for read, text in (
        (csl.read, f'[{{"title": "A", "x": {value}}}]'),
        (jsonlines.read, f'{{"title": "A", "x": {value}}}'),
    ):
        good, bad = read(text, "x")
        assert (len(good), len(bad)) == ((1, 0) if depth < budgets.DEPTH else (0, 1))


def test_numbers_of_fielded_text_are_text() -> None:
    digits = "9" * 5000
    (one,), _ = ris.read(f"TY  - JOUR\nTI  - A title\nPY  - {digits}\nVL  - {digits}\nER  - \n", "x.ris")
    (two,), _ = tagged.read(f"PMID- {digits}\nTI  - A title\nDP  - {digits}\n", "x.nbib")
    assert (one.title, one.year, two.title, two.year) == ("A title", None, "A title", None)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("suffix", [".json", ".xlsx"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(pipe := tmp_path / f"x{suffix}")
    with pytest.raises(Refused) as caught:
        read_file(pipe)
    assert "a pipe" in caught.value.faults[0].message


def test_json_that_is_odd_and_small_is_read() -> None:
    assert budgets.json_of(json.dumps({"a": [1, {"b": None}]})) == {"a": [1, {"b": None}]}
    for text in ("[" * 100_000, b"[" * 41 + b"]" * 41, "NaN", "9" * 101):
        with pytest.raises(ValueError, match=r"nested too deep|no number|digits"):
            budgets.json_of(text)
