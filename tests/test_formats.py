"""Formats that records come in, each as the programs that write it do."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from workbench.doors.adding import add
from workbench.doors.sources import csl, endnote, ris, table, tagged
from workbench.doors.sources.incoming import Incoming
from workbench.store.bibliography import read_papers
from workbench.store.faults import Fault, Refused

ZOTERO_RIS = """TY  - JOUR
TI  - When a score stands for more than it saw
AU  - Vane, Ada
AU  - van der Meer, Bo
AU  - Roe, Cy, Jr
PY  - 2023/05/02/
JO  - Journal of Open Tests
VL  - 12
IS  - 3
SP  - 10
EP  - 29
DO  - 10.5555/open.12.3
UR  - https://example.org/open/12
AB  - We ask what a score saw.
And what it did not.
KW  - scores
KW  - tests
N1  - kept
ER  -

TY  - CONF
T1  - A talk on judges that agree
A1  - Poe, Bea
Y1  - 2021
T2  - Proceedings of the Meeting on Judges
UR  - https://arxiv.org/abs/2105.01234
ER  -
"""
LOOSE_RIS = "TY - CPAPER\nTI - One blank for two\nAU - Ann Vane\nPY - 2020\nER -\n"
LOOSE_RIS += "TY  - JOUR\nAU  - Nobody, At\nER  - \n"

NBIB = """
PMID- 12345678
DP  - 2022 Mar
TI  - A reading of charts by machines: what goes
      on in the margins.
LID - 10.5555/nbib.1 [doi]
AB  - First line
      and second line.
FAU - Vane, Ada
AU  - Vane A
FAU - Roe, Cy
CN  - Charts, Tables and Notes Group
JT  - Annals of Charts
VI  - 7
IP  - 2
PG  - 11-19
OT  - charts
"""
WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Vane, A
   Roe, C
AF Vane, Ada
   Roe, Cy
TI Sampling prompts at random and
   what it costs
SO JOURNAL OF PROMPTS
DT Article
DE prompts; sampling
AB We sample.
VL 4
IS 1
BP 5
EP 9
DI 10.5555/wos.1
PY 2020
UT WOS:0001
ER

PT C
AU Poe, B
TI On meetings
SO PROCEEDINGS OF MEETINGS
PY 2019
ER

EF
"""


def facts(record: Incoming) -> tuple[object, ...]:
    return (record.title, record.authors, record.year, record.venue, record.type, record.doi, record.arxiv_id)


def test_ris_of_a_reference_manager() -> None:
    good, bad = ris.read(ZOTERO_RIS, "x.ris")
    assert bad == []
    assert [facts(r) for r in good] == [
        (
            "When a score stands for more than it saw",
            ("Vane, Ada", "van der Meer, Bo", "Roe, Cy, Jr"),
            2023,
            "Journal of Open Tests",
            "article",
            "10.5555/open.12.3",
            "",
        ),
        (
            "A talk on judges that agree",
            ("Poe, Bea",),
            2021,
            "Proceedings of the Meeting on Judges",
            "inproceedings",
            "",
            "2105.01234",
        ),
    ]
    assert [r.line for r in good] == [1, 21]
    assert good[0].abstract == "We ask what a score saw. And what it did not."
    assert dict(good[0].details) == {
        "volume": "12",
        "number": "3",
        "pages": "10--29",
        "keywords": "scores, tests",
        "note": "kept",
    }


def test_ris_with_one_blank_and_a_record_without_a_title() -> None:
    good, bad = ris.read(LOOSE_RIS, "x.ris")
    assert [(r.title, r.year, r.type) for r in good] == [("One blank for two", 2020, "inproceedings")]
    assert [(u.line, u.reason) for u in bad] == [(6, "title is missing")]


def test_a_ris_record_without_its_end_is_read_and_said() -> None:
    good, bad = ris.read("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\nER  - \n", "x.ris")
    assert ([r.title for r in good], bad) == (["One", "Two"], [])
    assert "without their end" in good[0].notes[0]


def test_a_ris_field_that_runs_on_is_one_value_but_keywords() -> None:
    """rispy breaks where a field that stands twice runs on, and makes two people of one long name."""
    text = "TY  - JOUR\nAU  - The Society of\n Long Names\nKW  - one\ntwo\nT1  - A\nT1  - B\n more\nER  - \n"
    good, bad = ris.read(text, "x.ris")
    assert bad == []
    assert good[0].authors == ("The Society of Long Names",)
    assert dict(good[0].details)["keywords"] == "one, two"
    assert good[0].title == "A"


def test_fields_before_the_first_ris_record_are_listed() -> None:
    _, bad = ris.read("TI  - Lost\nAU  - Vane, Ada\nTY  - JOUR\nTI  - Two\nER  - \n", "x.ris")
    assert [(u.line, u.reason) for u in bad] == [(1, "fields before the first TY")]


def test_nbib_of_pubmed() -> None:
    (record,), bad = tagged.read(NBIB, "x.nbib")
    assert bad == []
    assert facts(record) == (
        "A reading of charts by machines: what goes on in the margins",
        ("Vane, Ada", "Roe, Cy", "{Charts, Tables and Notes Group}"),
        2022,
        "Annals of Charts",
        "article",
        "10.5555/nbib.1",
        "",
    )
    assert record.abstract == "First line and second line."
    assert dict(record.details)["pages"] == "11--19"
    assert record.line == 2


def test_web_of_science_text() -> None:
    good, bad = tagged.read(WOS, "x.txt")
    assert bad == []
    assert [facts(r) for r in good] == [
        (
            "Sampling prompts at random and what it costs",
            ("Vane, Ada", "Roe, Cy"),
            2020,
            "JOURNAL OF PROMPTS",
            "article",
            "10.5555/wos.1",
            "",
        ),
        ("On meetings", ("Poe, B",), 2019, "PROCEEDINGS OF MEETINGS", "inproceedings", "", ""),
    ]
    assert dict(good[0].details)["pages"] == "5--9"


def test_csl_json() -> None:
    items = [
        {
            "id": "vane2023",
            "type": "paper-conference",
            "title": "Judges that <i>agree</i> too much",
            "author": [
                {"family": "Meer", "given": "Bo", "non-dropping-particle": "van der"},
                {"literal": "Council for Tests, Scores and Ranks"},
                {"family": "Roe", "given": "Cy", "suffix": "Jr"},
            ],
            "issued": {"date-parts": [[2023, 4]]},
            "container-title": "Proceedings of Judges",
            "DOI": "10.5555/csl.1",
            "page": "1-9",
        },
        {
            "type": "article",
            "title": ["From a registry"],
            "issued": {"raw": "May 2020"},
            "number": "arXiv:2005.00001",
        },
        "no object",
        {"title": ""},
    ]
    good, bad = csl.read(json.dumps(items, indent=1), "x.json")
    assert [(r.authors, r.year, r.venue, r.type, r.doi, r.arxiv_id) for r in good] == [
        (
            ("van der Meer, Bo", "{Council for Tests, Scores and Ranks}", "Roe, Jr, Cy"),
            2023,
            "Proceedings of Judges",
            "inproceedings",
            "10.5555/csl.1",
            "",
        ),
        ((), 2020, "", "article", "", "2005.00001"),
    ]
    assert [u.reason for u in bad] == ["not an object", "title is missing"]


def test_csl_json_that_is_cut_off_gives_what_stands_before_the_cut() -> None:
    text = json.dumps([{"title": "One"}, {"title": "Two"}])
    good, bad = csl.read(text[:-8], "x.json")
    assert [r.title for r in good] == ["One"]
    assert "not readable as JSON" in bad[0].reason


ENDNOTE = """<?xml version="1.0" encoding="UTF-8"?><xml><records>
<record><ref-type name="Journal Article">17</ref-type><contributors><authors>
<author><style face="normal">Vane, Ada</style></author>
<author>Council for Tests, Scores and Ranks,</author></authors></contributors>
<titles><title><style>What a </style><style face="italic">score</style><style> is &amp; was</style></title>
<secondary-title>Journal of Scores</secondary-title></titles><pages>1-4</pages><volume>2</volume>
<dates><year>2018</year></dates><electronic-resource-num>10.5555/en.1</electronic-resource-num></record>
<record><titles><title>Broken</titles></record>
<record><titles><title>Another</title></titles></record>
</records></xml>"""


def test_endnote_xml_is_read_record_by_record() -> None:
    good, bad = endnote.read(ENDNOTE, "x.xml")
    assert facts(good[0]) == (
        "What a score is & was",
        ("Vane, Ada", "{Council for Tests, Scores and Ranks}"),
        2018,
        "Journal of Scores",
        "article",
        "10.5555/en.1",
        "",
    )
    assert [r.title for r in good] == ["What a score is & was", "Another"]
    assert [(u.line, "is not XML" in u.reason) for u in bad] == [(8, True)]


def test_entities_of_its_own_make_an_endnote_file_refused() -> None:
    text = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + ENDNOTE
    good, bad = endnote.read(text, "x.xml")
    assert good == []
    assert "entities of its own" in bad[0].reason


SCOPUS = (
    '"Authors","Author full names","Title","Year","Source title","Volume","Issue","Page start","Page end","DOI",'
    '"Link","Abstract","Author Keywords","Document Type"\n'
    '"Vane A.; Roe C.","Vane, Ada (111); Roe, Cy (222)","A scored, quoted title","2022","Journal of Links","1","2",'
    '"3","4","10.5555/sc.1","https://www.scopus.example/x","[No abstract available]","a; b","Conference paper"\n'
)


def test_a_scopus_table() -> None:
    (record,), bad = table.read(SCOPUS, "scopus.csv")
    assert bad == []
    assert facts(record) == (
        "A scored, quoted title",
        ("Vane, Ada", "Roe, Cy"),
        2022,
        "Journal of Links",
        "inproceedings",
        "10.5555/sc.1",
        "",
    )
    assert (record.abstract, dict(record.details)["keywords"]) == ("", "a, b")


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_header_says_what_separates(sign: str) -> None:
    text = sign.join(("Title", "Year", "Authors")) + "\n" + sign.join(("One title", "2020", "Vane A.")) + "\n"
    (record,), _ = table.read(text, "x.csv")
    assert (record.title, record.year, record.authors) == ("One title", 2020, ("Vane, A.",))


def test_columns_of_other_names_are_stated() -> None:
    text = "Titel;Jahr;Verfasser\nEin Titel;2020;Vane, Ada and Roe, Cy\n"
    (record,), _ = table.read(text, "x.csv", {"title": "Titel", "year": "jahr", "authors": "Verfasser"})
    assert (record.title, record.year, record.authors) == ("Ein Titel", 2020, ("Vane, Ada", "Roe, Cy"))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({}, "no column of this table is known to hold titles"),
        ({"title": "Name"}, "no column is called 'Name'"),
        ({"colour": "Titel"}, "nothing called 'colour'"),
    ],
)
def test_a_table_whose_titles_are_nowhere_is_refused_once(columns: dict[str, str], words: str) -> None:
    with pytest.raises(Refused) as caught:
        table.read("Titel;Jahr\nEin Titel;2020\n", "x.csv", columns)
    assert [(f.line, words in f.message) for f in caught.value.faults] == [(1, True)]


def test_a_row_too_long_costs_that_row() -> None:
    good, bad = table.read("title,year\nA, B,2020\nC,2021\n", "x.csv")
    assert [r.title for r in good] == ["C"]
    assert [(u.line, "3 cells" in u.reason) for u in bad] == [(2, True)]


def test_a_workbook_gives_whole_numbers_and_the_zeros_of_ids_back() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Title", "Year", "arXiv ID", "DOI"])
    sheet.append(["One", 2020.0, 2503.2138, None])
    sheet.append([None, None, None, None])
    sheet.append(["Two", None, "2005.00001", "10.5555/x"])
    held = io.BytesIO()
    book.save(held)
    good, bad = table.read_workbook(held.getvalue(), "x.xlsx")
    assert bad == []
    assert [(r.line, r.title, r.year, r.arxiv_id, r.doi) for r in good] == [
        (2, "One", 2020, "2503.21380", ""),
        (4, "Two", None, "2005.00001", "10.5555/x"),
    ]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04nonsense", b"not a workbook"])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        table.read_workbook(data, "x.xlsx")
    assert "no workbook" in caught.value.faults[0].message


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Vane A.; Roe C.-D.", ["Vane, A.", "Roe, C.-D."]),
        ("Vane, Ada (111); Roe, Cy (222)", ["Vane, Ada", "Roe, Cy"]),
        ("Vane A., Roe C.-D., Poe B.E.", ["Vane, A.", "Roe, C.-D.", "Poe, B.E."]),
        ("['Ada Vane', 'Cy Roe']", ["Ada Vane", "Cy Roe"]),
        ("Vane, Ada", ["Vane, Ada"]),
        ("", []),
    ],
)
def test_names_in_a_cell(cell: str, names: list[str]) -> None:
    assert table.people(cell) == names


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(max_examples=150, deadline=None)
@given(ANY, st.sampled_from([ris.read, tagged.read, csl.read, endnote.read]))
def test_any_text_is_read_or_listed(text: str, read: object) -> None:
    for wrapped in (
        text,
        f"TY  - JOUR\n{text}\nER  - \n",
        f"PT J\n{text}\nER\n",
        f"[{text}]",
        f"<record>{text}</record>",
    ):
        good, bad = read(wrapped, "x")  # type: ignore[operator]
        assert all(r.title for r in good)
        assert all(u.reason and u.remedy for u in bad)


CSL = json.dumps([{"title": "Judges that agree", "issued": {"date-parts": [[2023]]}}])
BIB = "@misc{x, title={Judges that agree}}"
JSONL = '{"title": "Judges that agree"}\n{"title": "Judges that do not"}\n'


@pytest.mark.parametrize(
    ("name", "text", "titles"),
    [
        ("x.ris", ZOTERO_RIS, 2),
        ("x.RIS", ZOTERO_RIS, 2),
        ("x.nbib", NBIB, 1),
        ("x.txt", WOS, 2),
        ("x.ciw", WOS, 2),
        ("x.txt", ZOTERO_RIS, 2),
        ("x.txt", NBIB, 1),
        ("x.txt", BIB, 1),
        ("x.json", CSL, 1),
        ("x.json", JSONL, 2),
        ("x.xml", ENDNOTE, 2),
        ("x.csv", SCOPUS, 1),
    ],
)
def test_each_format_comes_through_the_door(tmp_path: Path, name: str, text: str, titles: int) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / name).write_text(text, "utf-8")
    report = add(tmp_path, tmp_path / name)
    assert report.new == titles
    assert report.rows == titles + len(report.unreadable)
    faults: list[Fault] = []
    assert len(read_papers(tmp_path, faults)) == titles
    assert faults == []
    again = add(tmp_path, tmp_path / name)
    assert (again.new, again.known, again.changed) == (0, titles, ())


def test_one_work_from_every_format_is_one_work(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    title, doi = "What a score stands for when nobody looks", "10.5555/every.1"
    files = {
        "a.bib": f"@article{{k, title={{{title}}}, author={{Vane, Ada and Roe, Cy}}, year=2023, doi={{{doi}}}}}",
        "a.ris": f"TY  - JOUR\nTI  - {title}\nAU  - Vane, Ada\nAU  - Roe, Cy\nPY  - 2023\nDO  - {doi}\nER  - \n",
        "a.json": json.dumps(
            [
                {
                    "title": title,
                    "DOI": doi,
                    "author": [{"family": "Vane", "given": "A."}],
                    "issued": {"raw": "2023"},
                }
            ]
        ),
        "a.csv": f"Title,Authors,Year,DOI\n{title},Vane A.; Roe C.,2023,https://doi.org/{doi}\n",
        "a.nbib": f"PMID- 1\nTI  - {title}.\nFAU - Vane, Ada\nDP  - 2023\nLID - {doi} [doi]\n",
        "a.txt": f"PT J\nAF Vane, Ada\n   Roe, Cy\nTI {title}\nPY 2023\nDI {doi}\nER\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
        add(tmp_path, tmp_path / name)
    (work,) = read_papers(tmp_path, [])
    assert (work.title, work.authors, work.year, work.doi) == (title, ("Vane, Ada", "Roe, Cy"), 2023, doi)


def test_columns_go_with_tables_only(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "x.ris").write_text(ZOTERO_RIS)
    with pytest.raises(Refused) as caught:
        add(tmp_path, tmp_path / "x.ris", columns={"title": "Titel"})
    assert "this is no table" in caught.value.faults[0].message
