from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.store import bibliography, bibtex, parsed_copies
from workbench.store.bibliography import (
    PAPERS,
    VENUE_FIELD,
    Entry,
    entry_text,
    keep_parsed,
    papers_text,
    read_papers,
)
from workbench.store.bibtex import split
from workbench.store.faults import Fault
from workbench.store.files import sha256
from workbench.store.latex import from_latex, to_latex
from workbench.store.names import names, plain

LATEX = st.sampled_from([*"aé ßŁ中\\{}$%&_#~^\"'-,@=1", " and ", "$x_1$", "\\alpha", "50%"])
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
    st.lists(LATEX, max_size=12).map("".join),
).map(lambda t: " ".join(t.split()))
TITLE = TEXT.filter(bool)
NAME = TEXT.filter(lambda n: bool(n) and n.lower() != "others")
PERSON = st.tuples(NAME, NAME).map(lambda p: f"{p[0].replace(',', '')}, {p[1].replace(',', '')}")
WORD = st.from_regex(r"[A-Za-z0-9./:-]{1,20}", fullmatch=True)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    keys = draw(st.lists(st.from_regex(r"[a-z][a-z0-9._-]{0,8}", fullmatch=True), unique=True, max_size=5))
    return [
        Entry(
            key=key,
            type=draw(st.sampled_from(sorted(VENUE_FIELD))),
            title=draw(TITLE),
            authors=tuple(
                draw(st.lists(st.one_of(NAME, PERSON.map(lambda p: " ".join(p.split()))), max_size=4))
            )
            + draw(st.sampled_from([(), ("others",)])),
            year=draw(st.one_of(st.none(), st.integers(1900, 2100))),
            venue=draw(TEXT),
            doi=draw(st.sampled_from(["", "10.1000/a_b%20(c)"])),
            arxiv_id=draw(st.sampled_from(["", "2306.10010"])),
            url=draw(st.sampled_from(["", "https://example.org/a_b?c=1&d=%20~x#y"])),
            other_ids=draw(st.sampled_from([(), ("arxiv:2401.00001", "url:https://example.org/;x")])),
        )
        for key in keys
    ]


def write(root: Path, text: str) -> Path:
    (root / "corpus").mkdir(exist_ok=True)
    (root / PAPERS).write_text(text, "utf-8")
    return root


def faults_of(root: Path, text: str) -> list[Fault]:
    faults: list[Fault] = []
    read_papers(write(root, text), faults)
    return faults


@given(TEXT)
def test_plain_text_survives_latex(text: str) -> None:
    assert from_latex(to_latex(text)) == text


@settings(max_examples=150, deadline=None)
@given(entries())
def test_what_is_written_reads_back(held: list[Entry]) -> None:
    text = papers_text(held)
    faults: list[Fault] = []
    read = bibliography._parsed(text, faults)
    assert faults == []
    expected = sorted(held, key=lambda e: e.key)
    assert [(e.title, e.authors, e.venue, e.year) for e in read] == [
        (e.title, e.authors, e.venue, e.year) for e in expected
    ]
    assert papers_text(read) == text


def seen(read: tuple[list[bibtex.Block], list[bibtex.Broken]]) -> list[object]:
    """Return what was read of a text, but for the exact extent of what is raw."""
    blocks, broken = read
    return [
        [(b.line, b.type, b.key, b.fields, " ".join(b.raw.split())) for b in blocks],
        [(b.line, b.key, b.message, b.remedy, b.kind) for b in broken],
    ]


def by_the_parser(text: str) -> tuple[list[bibtex.Block], list[bibtex.Broken]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bibtex, "_PLAIN", re.compile(r"(?!)"))
        return split(text)


@settings(max_examples=100, deadline=None)
@given(entries())
def test_the_parser_reads_the_same_as_what_is_read_at_sight(held: list[Entry]) -> None:
    text = papers_text(held)
    assert seen(split(text)) == seen(by_the_parser(text))
    assert split(text)[1] == []


#: Whole entries and broken ones, as several programs write them.
FRAGMENTS = (
    "@article{a,\n  title = {One {T}wo},\n  year = 2024,\n}\n",
    "@article{a,\n  title = {Again},\n}\n",
    '@InProceedings{b,\n\tTitle="A title",\n\tmonth=jan,\n\tyear="2023"\n}\n',
    "@misc{c, title={On one line}, year={2020}}\n",
    "@misc{d,\n  title = {{Deep {and {deeper}}}},\n}\n",
    "@misc{e,\n  title = {Over\n two lines, with a = sign},\n}\n",
    "@misc{f,\n  title = {An \\'{e} and \\& more},\n  note = {50\\% off}\n}\n",
    "@misc{g,\n  title = {A} year = {2001},\n}\n",
    "@misc{h,\n  title = {Never closed,\n}\n",
    "@misc{i,\n  title = {T},\n  Title = {U},\n}\n",
    "@misc{i,\n  title = {T},\n  title = {U},\n}\n",
    "@misc{,\n  title = {No key},\n}\n",
    "@misc{j k,\n  title = {A blank},\n}\n",
    '@misc{l,\n  title = name # { more},\n  month = jan # "~3",\n}\n',
    "@misc{m,\n  title = unknown,\n}\n",
    "@misc{n,\n  title = {},\n}\n",
    "@misc{o,\n}\n",
    "@string{name = {A name}}\n",
    '@preamble{"\\newcommand{\\x}{y}"}\n',
    "@comment{kept @misc{q, title={Inside}}}\n",
    "@misc x,\n",
    "stray text\n",
    "% a comment\n",
    "\n\n",
    '@misc{r,\n  title = "Quote {with "} inside",\n}\n',
    "@misc{s,\n  title = {mail@example.org},\n}\n",
    "}\n",
    "{\n",
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=7))
@example(["@misc{h,\n  title = {Never closed,\n}\n", FRAGMENTS[0], "@misc x,\n"])
def test_what_stands_about_an_entry_does_not_change_how_it_is_read(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert seen(split(text)) == seen(by_the_parser(text))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='@artile{}\n =,"#%\\x1', max_size=120))
def test_any_text_is_split_without_an_exception(text: str) -> None:
    blocks, broken = split(text)
    assert all(1 <= b.line <= text.count("\n") + 1 for b in (*blocks, *broken))


@settings(max_examples=60, deadline=None)
@given(entries())
def test_parsed_copy_written_by_a_write_equals_what_a_reader_makes(held: list[Entry]) -> None:
    text = papers_text(held)
    keep_parsed(held)
    read = bibliography._parsed(text, [])
    kept = parsed_copies.copy_of(bibliography._stamp(text))
    assert [(e.key, e.line) for e in read] == [(cells[0], cells[11]) for cells in kept["entries"]]


def test_canonical_form() -> None:
    entry = Entry(
        "zou2023universal",
        "inproceedings",
        "50% of $f$-PO & more",
        ("Zou, Andy", "Centre for R and D", "others"),
        2023,
        "NeurIPS_x",
        "10.1/x_y",
        "2307.15043",
        "https://a.org/x_y%20",
        ("arxiv:2401.00001",),
    )
    assert entry_text(entry) == (
        "@inproceedings{zou2023universal,\n"
        "  author = {Zou, Andy and {Centre for R and D} and others},\n"
        "  title = {50\\% of $f$-PO \\& more},\n"
        "  year = {2023},\n"
        "  booktitle = {NeurIPS\\_x},\n"
        "  doi = {10.1/x_y},\n"
        "  eprint = {2307.15043},\n"
        "  archiveprefix = {arXiv},\n"
        "  url = {https://a.org/x_y%20},\n"
        "  ids = {arxiv:2401.00001},\n"
        "}\n"
    )


@pytest.mark.parametrize("kind", sorted(VENUE_FIELD))
def test_venue_reads_back_for_every_type(kind: str, tmp_path: Path) -> None:
    entry = Entry("k", kind, "A title", venue="Some Venue")
    assert read_papers(write(tmp_path, papers_text([entry])), [])[0].venue == "Some Venue"


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"50% of {\"U}nal", "50% of Ünal"),
        (r"A 5% gain \emph{matters} here", "A 5% gain matters here"),
        (r"{\LaTeX} and \LLaMA{}", "LaTeX and LLaMA"),
        (r"Costs $5 \& more \'e", "Costs $5 & more é"),
        (r"\mbox{x-y} \textsc{SuperGLUE} \foo{bar} \'e", "x-y SuperGLUE bar é"),
        (r"{BERT}s and {GPT-4}", "BERTs and GPT-4"),
        (r"$\alpha_{1}$-fair", r"$\alpha_{1}$-fair"),
        (r"A~B -- C ''d''", "A B -- C ''d''"),
        (r"\href{http://x.org}{text} \o", "text ø"),
        ("a \\", "a"),
    ],
)
def test_latex_of_others_is_read_right_and_never_truncated(latex: str, expected: str) -> None:
    assert plain(latex) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Knuth, Donald E. and Lamport, Leslie", ("Knuth, Donald E.", "Lamport, Leslie")),
        ("Donald E. Knuth and others", ("Knuth, Donald E.", "others")),
        (
            "{Research and Development} and Ludwig van Beethoven",
            ("Research and Development", "van Beethoven, Ludwig"),
        ),
        (r"G{\"o}del, Kurt and \L{}ukasz Kaiser", ("Gödel, Kurt", "Kaiser, Łukasz")),
        ("{OpenAI}", ("OpenAI",)),
        ("King, Jr., Martin Luther", ("King, Jr., Martin Luther",)),
        ("", ()),
    ],
)
def test_names(value: str, expected: tuple[str, ...]) -> None:
    assert names(value) == expected


ENTRY = "@misc{a,\n  title = {A},\n}\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (ENTRY + "\n" + ENTRY, 5, "key is given twice"),
        (ENTRY + "\n@misc{A,\n  title = {B},\n}\n", 5, "case only"),
        ("@misc{a,\n  title = {A},\n  foo = {x},\n}\n", 1, "unknown field foo"),
        ("@misc{a,\n  title = {A},\n  abstract = {x},\n}\n", 1, "abstract in papers.bib"),
        ("@misc{a,\n  year = {2020},\n}\n", 1, "has no title"),
        ("@misc{a,\n  title = {A},\n  year = {20},\n}\n", 1, "year '20'"),
        ("@misc{a,\n  title = {A},\n  journal = {X},\n}\n", 1, "field journal in @misc"),
        ("@online{a,\n  title = {A},\n}\n", 1, "unknown type @online"),
        ("@misc{a:b,\n  title = {A},\n}\n", 1, "key has characters"),
        ("@misc{a,\n  title = {A},\n  ids = {foo},\n}\n", 1, "ids holds 'foo'"),
        ("\n@misc{a,\n  title = {A,\n}\n", 2, "never closed"),
        ("@misc{a,\n  title = {A} year = {2020},\n}\n", 2, "comma is missing"),
        ("\ufeff" + ENTRY, 1, "byte order mark"),
        (ENTRY.replace("\n", "\r\n"), 1, "CRLF"),
    ],
)
def test_faults_of_our_own_file(tmp_path: Path, text: str, line: int, words: str) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / PAPERS).write_bytes(text.encode())
    faults: list[Fault] = []
    read_papers(tmp_path, faults)
    assert [(f.file, f.line, f.warning) for f in faults] == [(PAPERS, line, False)]
    assert words in faults[0].message
    assert faults[0].remedy


def test_hand_written_entries_among_canonical_ones_keep_their_lines(tmp_path: Path) -> None:
    text = papers_text([Entry("a", "misc", "A"), Entry("c", "misc", "C")])
    text = text.replace(
        "@misc{c", '@string{x = "Hand"}\n@misc{b, title = x # "made", year = 2020}\n\n@misc{c'
    )
    faults: list[Fault] = []
    read = read_papers(write(tmp_path, text), faults)
    assert faults == []
    assert [(e.key, e.title, e.line) for e in read] == [("a", "A", 1), ("b", "Handmade", 6), ("c", "C", 8)]


@pytest.fixture
def state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def copy_in(state: Path) -> Path:
    """Return the one parsed copy that a user's state folder holds."""
    (copy,) = state.rglob("*.json")
    return copy


def test_missing_file_is_no_works(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_papers(tmp_path, faults) == []
    assert faults == []


@pytest.mark.parametrize("spoiled", [b"", b"{", b"[]", b'{"stamp": 1}', b"\xff\xfe", None])
def test_spoiled_parsed_copy_is_read_anew(
    tmp_path: Path, state_of_its_own: Path, spoiled: bytes | None
) -> None:
    held = [Entry("a", "misc", "A", ("Li, Wei",), 2020, other_ids=("arxiv:2401.00001",))]
    first = read_papers(write(tmp_path, papers_text(held)), [])
    copy = copy_in(state_of_its_own)
    assert read_papers(tmp_path, []) == first
    if spoiled is None:
        body = json.dumps({"entries": [[1, 2]], "faults": []})
        spoiled = f"{sha256(body)}\n{body}".encode()
    copy.write_bytes(spoiled)
    assert read_papers(tmp_path, []) == first


def test_changed_file_is_not_read_from_the_parsed_copy(tmp_path: Path) -> None:
    read_papers(write(tmp_path, papers_text([Entry("a", "misc", "A")])), [])
    assert [e.title for e in read_papers(write(tmp_path, papers_text([Entry("a", "misc", "B")])), [])] == [
        "B"
    ]


def test_faults_come_back_from_the_parsed_copy_too(tmp_path: Path) -> None:
    text = "@misc{a,\n  title = {A},\n  foo = {x},\n}\n"
    assert faults_of(tmp_path, text) == faults_of(tmp_path, text) != []


def test_nothing_is_kept_when_asked_not_to(tmp_path: Path, state_of_its_own: Path) -> None:
    read_papers(write(tmp_path, ENTRY), [], keep=False)
    assert not list(state_of_its_own.rglob("*.json"))
