"""Only certainty merges: each situation of the field that once made two works one, or left one work two."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from workbench.doors.abstracts import add_abstracts
from workbench.doors.adding import add
from workbench.doors.duplicates import decide, pending
from workbench.store.bibliography import Entry, read_papers


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    root = tmp_path / "survey"
    (root / "corpus").mkdir(parents=True)
    return root


def put(root: Path, text: str, name: str = "given.bib") -> dict[str, Entry]:
    file = root.parent / name
    file.write_text(text, "utf-8")
    add(root, file)
    return {e.key: e for e in read_papers(root, [])}


def asked(root: Path) -> set[frozenset[str]]:
    return {frozenset((p.a.key, p.b.key)) for p in pending(root)}


def entry(key: str, title: str, *fields: str, kind: str = "article") -> str:
    return f"@{kind}{{{key},\n  title = {{{title}}},\n" + "".join(f"  {f},\n" for f in fields) + "}\n"


DUO = ("author = {Arden, Liv and Boyle, Tom}", "year = {2024}")

LONG = "Watching over assistants that are asked to be kind while somebody in the room is being less than kind to them"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{LONG}, Part A: Methods", f"{LONG}, Part B: Methods"),
        (f"{LONG}: Wave One", f"{LONG}: Wave Two"),
        (LONG.replace("while", "with"), LONG.replace("while", "without")),
        (LONG, f"Erratum: {LONG}"),
        (LONG, f"{LONG}: a correction"),
        (LONG, f"{LONG}: Part II, with children in the room as well"),
        # further members of the class: two words that only a reader can weigh
        (LONG.replace("kind to them", "fair to them"), LONG),
        ("How an employer reads the scores of a chatbot", "How an employee reads the scores of a chatbot"),
        ("Grading with a rubric (first study)", "Grading with a rubric (second study)"),
    ],
)
def test_companions_are_asked_about(survey: Path, one: str, other: str) -> None:
    held = put(survey, entry("one", one, *DUO) + entry("other", other, *DUO))
    assert set(held) == {"one", "other"}
    assert asked(survey) == {frozenset(("one", "other"))}


def test_a_sequel_of_another_year_is_asked_about(survey: Path) -> None:
    title = "Playing for the score in markets of models"
    held = put(
        survey,
        entry("first", title, "author = {Vos, Ida and Kern, Max}", "year = {2021}")
        + entry(
            "sequel",
            f"{title}: once more with real money at stake",
            "author = {Vos, Ida and Kern, Max}",
            "year = 2022",
        ),
    )
    assert set(held) == {"first", "sequel"}
    assert asked(survey) == {frozenset(held)}


def test_case_full_stop_and_initials_make_no_other_work(survey: Path) -> None:
    held = put(
        survey,
        entry(
            "long",
            "Counting what assistants refuse in public",
            "author = {Nord, Eva and Oster, Jan}",
            "year = 2022",
        )
        + entry(
            "short",
            "Counting What Assistants Refuse in Public.",
            "author = {Nord, E. and Oster, J.}",
            "year = 2023",
        ),
    )
    assert list(held) == ["long"]
    assert pending(survey) == []


def test_a_subtitle_left_away_in_one_of_them_makes_no_other_work(survey: Path) -> None:
    title = "Reading between the answers"
    held = put(
        survey,
        entry("whole", f"{title}: what graders of long dialogues look for", *DUO)
        + entry("cut", title, *DUO)
        + entry("else", f"{title}: how much time reviewers need for it", *DUO),
    )
    assert set(held) == {"whole", "else"}


BOOK = "doi = {10.5555/book.of.tests}"


def test_the_doi_of_a_book_or_an_issue_makes_its_parts_no_one_work(survey: Path) -> None:
    texts = [
        entry(
            "intro",
            "Introduction",
            "author = {Kern, Eva and Mohr, Ada}",
            "year = 2020",
            BOOK,
            kind="incollection",
        ),
        entry(
            "one",
            "What is a test for",
            "author = {Kern, Eva and Mohr, Ada}",
            "year = 2020",
            BOOK,
            kind="incollection",
        ),
        entry(
            "two", "When is a test over", "author = {Nowak, Jan}", "year = 2020", BOOK, kind="incollection"
        ),
        entry("preface", "Preface", "year = 2020", BOOK, kind="incollection"),
        # further members of the class: parts that count, posters at two pages, two prefaces of two people
        entry(
            "part-a",
            "Sound tests of talk, part one",
            "author = {Nowak, Jan}",
            "year = 2020",
            BOOK,
            kind="incollection",
        ),
        entry(
            "part-b",
            "Sound tests of talk, part two",
            "author = {Nowak, Jan}",
            "year = 2020",
            BOOK,
            kind="incollection",
        ),
    ]
    held = put(survey, "".join(texts))
    assert len(held) == len(texts)
    assert asked(survey) == {frozenset(pair) for pair in combinations(held, 2)}


def test_posters_of_one_supplement_are_asked_about(survey: Path) -> None:
    supplement = (
        "author = {Brand, Uwe}",
        "year = 2021",
        "journal = {Meeting Supplement}",
        "doi = {10.5555/suppl.3}",
    )
    held = put(
        survey,
        entry("p1", "Poster 3: items seen before", *supplement)
        + entry("p2", "Poster 9: raters apart", *supplement)
        + entry("p3", "Late poster", *supplement, "pages = {S12}", "volume = 7")
        + entry("p4", "Late poster", *supplement, "pages = {S31}", "volume = 7"),
    )
    assert set(held) == {"p1", "p2", "p3", "p4"}
    assert frozenset(("p1", "p2")) in asked(survey)
    assert frozenset(("p3", "p4")) in asked(survey)


def test_one_doi_and_a_subtitle_left_away_are_one_work(survey: Path) -> None:
    title = "Short questions make long faces"
    held = put(
        survey,
        entry("twin1", title, "author = {Bergh, Mai}", "year = 2023", "doi = {10.5555/twins.4}")
        + entry("twin2", f"{title}: evidence from seven panels", "author = {Bergh, M.}", "year = 2023",
                "doi = {https://doi.org/10.5555/TWINS.4}"),
    )  # fmt: skip
    assert list(held) == ["twin1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("author = {Bau, Ida}", "year = 2021", "journal = {Tall Studies}"),
            ("year = 2021", "journal = {Wide Quarterly}"),
        ),
        (("year = 2021",), ("year = 2023",)),
        (
            ("author = {Foss, Uli}", "year = 2021", "institution = {Institute Q}", "number = {21-04}"),
            ("author = {Foss, Uli}", "year = 2022", "institution = {Institute Q}", "number = {22-04}"),
        ),
        # further members of the class: each year in the same place, a conference and its workshop
        (
            ("author = {Foss, Uli}", "year = 2021", "institution = {Institute Q}"),
            ("author = {Foss, Uli}", "year = 2022", "institution = {Institute Q}"),
        ),
        (
            ("author = {Foss, Uli}", "year = 2021", "institution = {Assembly on Tests}"),
            ("author = {Foss, Uli}", "year = 2021", "institution = {Workshop at the Assembly on Tests}"),
        ),
    ],
)  # fmt: skip
def test_a_title_that_many_works_bear_is_asked_about(
    survey: Path, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    kind = "techreport" if "institution" in str(one) else "article"
    title = "Highlights of the yearly round of tests"
    held = put(survey, entry("one", title, *one, kind=kind) + entry("other", title, *other, kind=kind))
    assert set(held) == {"one", "other"}
    assert asked(survey) == {frozenset(held)}


@pytest.mark.parametrize(("years", "works"), [((2022, 2023), 1), ((2020, 2023), 1), ((2019, 2023), 2)])
def test_a_preprint_lies_at_most_three_years_before_its_published_form(
    survey: Path, years: tuple[int, int], works: int
) -> None:
    people = "author = {Low, Ann and Eck, Bo}"
    month = f"{years[0] % 100}11.44444"
    held = put(
        survey,
        entry("pre", "Straight answers under pressure", people, f"year = {years[0]}", f"eprint = {{{month}}}",
              "archiveprefix = {arXiv}", kind="misc")
        + entry("pub", "Straight answers under pressure", people, f"year = {years[1]}",
                "booktitle = {Proceedings of a Meeting}", kind="inproceedings"),
    )  # fmt: skip
    assert len(held) == works
    assert len(pending(survey)) == works - 1


@pytest.mark.parametrize(
    ("one", "other", "works"),
    [
        ("van der Meeren, Joost", "van der Bergen, Anna", 2),
        ("de la Rocha, Inés", "de la Tour, Luis and Quest, Bo", 2),
        ("Lin, Wei Jing", "Wong, Wei Jing", 2),
        ("Meyer, Anne van der", "van der Meyer, A.", 1),
        # further members of the class: one family, two people; one person in two orders and in two alphabets' spelling
        ("Smith, Jane", "Smith, Peter", 2),
        ("Lin, Wei", "Wei, Lin", 1),
        ("García Márquez, Gabriela", "Marquez, G. Garcia", 1),
        ("Müller-Groß, Jürgen", "Mueller-Gross, J.", 1),
    ],
)
def test_the_family_name_decides_who_it_is(survey: Path, one: str, other: str, works: int) -> None:
    title = "A round of ways to grade answers that are long"
    held = put(
        survey,
        entry("one", title, f"author = {{{one}}}", "year = 2023")
        + entry("other", title, f"author = {{{other}}}", "year = 2023"),
    )
    assert len(held) == works
    assert len(pending(survey)) == works - 1


LIBRARY = entry(
    "RN1",
    "How large models fail tests of care",
    "author = {Abt, Ana}",
    "year = 2023",
    "doi = {10.5555/lib.1}",
)
LIBRARY += entry(
    "RN2",
    "How large models fail tests of care",
    "author = {Cross, Bea}",
    "year = 2023",
    "doi = {10.5555/lib.2}",
)


@pytest.mark.parametrize(
    "fields",
    [
        ("author = {Zander, Zoe and Yoo, Yan}", "year = 2019", "doi = {10.5555/other.9}"),
        # further members of the class: no identifier at all, and the year alone
        ("author = {Zander, Zoe and Yoo, Yan}", "year = 2023"),
        ("author = {Cross, Bea}", "year = 2017"),
    ],
)
def test_a_key_is_a_name_inside_one_file(survey: Path, fields: tuple[str, ...]) -> None:
    put(survey, LIBRARY, "library-one.bib")
    decide(survey, "RN1", "RN2", "same", "me")
    second = entry(
        "RN2",
        "How large models pass tests of chemistry",
        *fields,
        "abstract = {Questions are put to models.}",
    )
    file = survey.parent / "library-two.bib"
    file.write_text(second, "utf-8")
    report = add_abstracts(survey, file)
    assert report.joined == 0
    assert len(report.unmatched) == 1
    held = put(survey, second, "library-two.bib")
    assert set(held) == {"RN1", "RN2a"} or set(held) == {"RN1", "RN2-a"}
    assert held["RN1"].doi in ("10.5555/lib.1", "10.5555/lib.2")


@pytest.mark.parametrize(
    ("tagged", "plain"),
    [
        (
            "Trying <i>in vitro</i> judges of reward in the open",
            "Trying in vitro judges of reward in the open",
        ),
        ("&lt;i&gt;Mutatis mutandis&lt;/i&gt; tests of chat models", "Mutatis mutandis tests of chat models"),
        (
            "<scp>Score</scp>keeping of NO<sub>2</sub> advice by assistants",
            "Scorekeeping of NO2 advice by assistants",
        ),
        (
            'Bounds on <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>n</mml:mi></mml:math>-sparse '
            "probes of talk",
            "Bounds on $n$-sparse probes of talk",
        ),
        # further members of the class: entities written twice over, JATS
        ("Trust &amp;amp; doubt in graders of code", "Trust and doubt in graders of code"),
        ("<jats:p><jats:bold>Asking</jats:bold> twice, hearing once</jats:p>", "Asking twice, hearing once"),
    ],
)
def test_tags_and_entities_make_no_other_work(survey: Path, tagged: str, plain: str) -> None:
    held = put(survey, entry("tagged", tagged, *DUO) + entry("plain", plain, *DUO))
    assert list(held) == ["tagged"]
    assert not set("<>&") & set(held["tagged"].title.replace("Trust & doubt", ""))


def test_less_than_is_no_tag(survey: Path) -> None:
    title = "When p < 0.05 is wanted and > is usual"
    assert put(survey, entry("e", title, *DUO))["e"].title == title
