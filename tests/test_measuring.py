"""The door for paired evidence: numbers exactly as reported, each seen, all rows or none."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from analysis.prisma import prisma
from tests.coded import keep, listed, measured, state
from workbench.cli import app
from workbench.doors.coding_rules import NOT_CHECKABLE, OTHER_EDITION
from workbench.doors.door import Written
from workbench.doors.measuring import COLUMNS, UNITS, Searched, measure, number, stands
from workbench.reading.checking import check
from workbench.reading.status import status
from workbench.store.batch import read_batch
from workbench.store.clock import now
from workbench.store.codebook import TASKS, instructions
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, sha256, writing
from workbench.store.searches import SEARCHES, read_searches
from workbench.store.survey import open_survey
from workbench.store.tables import MEASUREMENTS, RECORDS
from workbench.store.texts import ABSTRACTS, FULL_TEXTS, Place, Text, abstracts, abstracts_text, find_again

FILE = MEASUREMENTS.path
WORDS = "the judge prefers our model in 92.4% of 1,319 cases, people in only 61.0%"
BODIES = {
    "p01": f"On fresh items {WORDS}; the rank correlation is -0.12 and not 0.85.",
    "p02": "Accuracy of three models drops by 12.5 points on average once the items are rewritten.",
    "p03": "Attack success rises from 4% to 10-15% when 64 attempts are allowed in place of one.",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Where the survey below lies once a test has made it: making it takes longer than most tests."""
    return [tmp_path_factory.mktemp("made") / "survey"]


@pytest.fixture
def known(
    made: list[Path], tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """p01 to p05 are in, p06 is out, p07 not screened, p08 unverified, p60 grey; p59 has no text in hand."""
    if not made[0].exists():
        _make(request.getfixturevalue("survey"))
        shutil.copytree(tmp_path / "survey", made[0])
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795500000")
        shutil.copytree(made[0], tmp_path / "survey")
    return tmp_path / "survey"


def _make(survey: Path) -> None:
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    texts = [Text(p, t.title, BODIES.get(p, t.body), t.source) for p, t in sorted(abstracts(survey).items())]
    digest = {t.paper: t.digest for t in texts}
    records = [
        {
            **r,
            "text_sha256": digest.get(r["paper"], ""),
            "verified": "no" if r["paper"] == "p08" else "yes",
        }
        for r in stored(survey, "records", [])
    ]
    with writing(survey):
        replace_all(survey, {ABSTRACTS: abstracts_text(texts), RECORDS.path: rows_text(RECORDS, records)})
    keep(survey, "p01", "p02", "p03", "p04", "p05")
    keep(survey, "p06", decision="exclude")


def pair(paper: str = "p01", **cells: str) -> Row:
    values = {"proxy_value": "92.4", "latent_value": "61.0", "sample": "1,319", "words": WORDS}
    return measured(paper, **{**values, **cells})


def drop(paper: str = "p02", **cells: str) -> Row:
    values = {
        "kind": "drop",
        "change": "12.5",
        "unit": "percentage-points",
        "proxy": "benchmark-score",
        "latent": "capability",
        "words": "Accuracy of three models drops by 12.5 points on average",
    }
    return measured(paper, **{**values, **cells})


def give(root: Path, *rows: Row, by: str = "eva", run: str = "", search: Searched | None = None) -> Written:
    return measure(root, by, rows, run=run, batch="a batch", search=search)


def refused(root: Path, *rows: Row, by: str = "eva", run: str = "") -> list[Fault]:
    before = state(root)
    with pytest.raises(Refused) as refusal:
        give(root, *rows, by=by, run=run)
    assert state(root) == before
    assert all(f.remedy for f in refusal.value.faults)
    return refusal.value.faults


def held(root: Path, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(r[c] for c in columns) for r in stored(root, "measurements", [])]


# --- what is written ----------------------------------------------------------------------------------------


def test_a_pair_is_written_as_reported_with_the_place_of_its_words(known: Path) -> None:
    written = give(known, pair(note="Mine.", attempts="1"))
    assert (written.rows, written.unchanged, written.files) == (1, 0, (FILE,))
    assert written.notes == ("1 place(s) found",)
    [row] = stored(known, "measurements", [])
    text = abstracts(known)["p01"]
    place = Place(row["text_sha256"], int(row["start"]), int(row["end"]), row["span_sha256"])
    assert find_again(place, text) == (WORDS, place)
    assert {c: row[c] for c in MEASUREMENTS.header if not c.endswith("sha256")} == {
        "paper": "p01",
        "failure_mode": "judge-bias",
        "n": "1",
        "revision": "1",
        "state": "present",
        "kind": "pair",
        "basis": "abstract",
        "proxy": "judge-verdict",
        "latent": "preference",
        "proxy_measure": "share preferred",
        "latent_measure": "share that people prefer",
        "proxy_value": "92.4",
        "latent_value": "61.0",
        "change": "",
        "latent_is": "",
        "unit": "percent",
        "higher_is": "better",
        "sample": "1,319",
        "system": "a model",
        "protocol": "Both on the same items.",
        "attempts": "1",
        "note": "Mine.",
        "locator": "abstract",
        "start": str(text.normalised.index(WORDS)),
        "end": str(text.normalised.index(WORDS) + len(WORDS)),
        "run": "",
        "by": "eva",
        "at": now(),
    }
    assert [f for f in check(known) if FILE in f.file] == []


def test_the_words_are_stored_nowhere_in_the_corpus(known: Path) -> None:
    give(known, pair(), drop())
    corpus = "".join(p.read_text("utf-8") for p in (known / "corpus").rglob("*") if p.is_file())
    assert "prefers our model" not in corpus
    assert "drops by 12.5" not in corpus


def test_a_drop_needs_its_change_only_and_may_name_one_value(known: Path) -> None:
    give(
        known,
        drop(),
        drop("p03", unit="percent", proxy_value="4", change="15", latent_is="better", words=BODIES["p03"]),
    )
    assert held(known, "paper", "kind", "proxy_value", "latent_value", "change", "latent_is") == [
        ("p02", "drop", "", "", "12.5", "worse"),
        ("p03", "drop", "4", "", "15", "better"),
    ]


def test_a_range_is_kept_as_reported_and_both_ends_are_looked_for(known: Path) -> None:
    values = {"proxy_value": "4", "latent_value": "10 to 15", "sample": "", "words": BODIES["p03"]}
    give(known, pair("p03", **values, attempts="64 attempts"))
    assert held(known, "latent_value", "attempts") == [("10 to 15", "64 attempts")]
    assert [f for f in check(known) if f.file == FILE] == []


def test_a_row_without_n_takes_the_next_and_is_known_again(known: Path) -> None:
    rows = [pair(n=""), pair(n="", note="Another."), pair(n="", failure_mode="reward-gaming")]
    give(known, *rows)
    assert held(known, "failure_mode", "n", "note") == [
        ("judge-bias", "1", ""),
        ("judge-bias", "2", "Another."),
        ("reward-gaming", "1", ""),
    ]
    before = state(known)
    assert give(known, *reversed(rows)).unchanged == 3
    assert state(known) == before
    give(known, pair(n="", note="A third."))
    assert held(known, "n")[2] == ("3",)


def test_a_language_model_reads_under_its_own_instructions(known: Path) -> None:
    [fault] = refused(known, pair(), by="pass-a")
    assert fault.message == "a language model's decisions need a run record"
    give(known, pair(), by="pass-a", run="pairs-1")
    [run] = [r for r in stored(known, "runs", []) if r["id"] == "pairs-1"]
    assert run["instructions_sha256"] == sha256(instructions(open_survey(known).schema, "measure"))
    assert held(known, "run", "by") == [("pairs-1", "pass-a")]
    assert [f for f in check(known) if not f.warning] == []


def test_a_full_text_is_looked_up_on_that_basis(known: Path) -> None:
    (known / FULL_TEXTS).mkdir(parents=True)
    body = "In the appendix the filter stops 0.97 of the known attacks and 0.31 of the new ones."
    (known / FULL_TEXTS / "p04.txt").write_text(f"On the proxy number 4\n{body}", "utf-8")
    cells = {"basis": "full-text", "unit": "score-0-1", "proxy": "disclosure", "sample": ""}
    values = {"proxy_value": "0.97", "latent_value": "0.31", "words": body}
    assert give(known, pair("p04", **cells, **values)).notes == ("1 place(s) found",)
    faults = refused(known, pair("p05", **{**cells, "basis": "abstract"}))
    assert "proxy disclosure cannot be told from the abstract" in [f.message for f in faults]


def test_a_paper_need_not_be_included_and_such_rows_are_counted(known: Path) -> None:
    rows = [measured(p) for p in ("p04", "p06", "p07", "p60")]
    assert give(known, *rows).notes == ("4 place(s) found", "3 row(s) of papers that are not included")
    assert [f for f in check(known) if not f.warning] == []


def test_without_the_text_in_hand_a_row_is_kept_and_counted_and_checked_later(known: Path) -> None:
    row = measured("p59", proxy_value="59", latent_value="59")
    assert give(known, row).notes == (
        f"1 place(s) {NOT_CHECKABLE}",
        "1 row(s) of papers that are not included",
    )
    assert held(known, "text_sha256", "start", "end", "span_sha256") == [("", "", "", "")]
    [warning] = [f for f in check(known) if f.file == FILE]
    assert (warning.line, warning.message, warning.warning) == (2, "rests on no checked place", True)
    texts = [*abstracts(known).values(), Text("p59", "On the proxy number 59", row["words"])]
    with writing(known):
        replace_all(known, {ABSTRACTS: abstracts_text(texts)})
    assert give(known, row).rows == 1
    assert held(known, "revision", "start")[1] == ("2", "24")
    assert [f for f in check(known) if f.file == FILE and f.line == 3] == []


def test_numbers_are_looked_for_in_the_words_even_without_the_text(known: Path) -> None:
    [fault] = refused(known, measured("p59", latent_value="60"))
    assert fault.message == "latent_value 60 does not stand in the words"


def test_another_edition_of_the_text_is_counted(known: Path) -> None:
    texts = abstracts(known)
    texts["p01"] = Text("p01", "Another title", BODIES["p01"])
    with writing(known):
        replace_all(known, {ABSTRACTS: abstracts_text(texts.values())})
    assert give(known, pair()).notes == ("1 place(s) found", f"1 place(s) {OTHER_EDITION}")


# --- what is refused ----------------------------------------------------------------------------------------

WRONG = [
    (pair("p1"), "unknown paper 'p1'"),
    (pair("p08"), "nothing of it but a title was seen"),
    (pair(failure_mode="judge-bais"), "unknown failure_mode 'judge-bais'"),
    (pair(failure_mode="weak-oversight"), "failure_mode weak-oversight cannot be told from the abstract"),
    (pair(proxy="score"), "unknown proxy 'score'"),
    (pair(latent=""), "unknown latent ''"),
    (pair(basis="title"), "unknown basis 'title'"),
    (pair(state="gone"), "unknown state 'gone'"),
    (pair(kind="gap"), "unknown kind 'gap'"),
    (pair(n="0"), "n is '0'"),
    (pair(n="01"), "n is '01'"),
    (pair(n="one"), "n is 'one'"),
    (pair(n="3"), "n = 1 of its paper and code is missing"),
    (pair(proxy_value="92.4%"), "proxy_value is '92.4%', not a number"),
    (pair(latent_value="about 61"), "latent_value is 'about 61', not a number"),
    (pair(latent_value="61.0 to 92.4 to 99"), "latent_value is '61.0 to 92.4 to 99', not a number"),
    (pair(latent_value="92.4 to 61.0"), "latent_value is '92.4 to 61.0', not a number"),
    (pair(latent_value="61.0 to 62"), "latent_value 62 does not stand in the words"),
    (pair(latent_value="61.0 to 1,319"), "latent_value 61.0 to 1,319 is no percent"),
    (pair(latent_value="1.2.3"), "latent_value is '1.2.3', not a number"),
    (pair(proxy_value="٩٢"), "proxy_value is '٩٢', not a number"),
    (drop(change="a lot"), "change is 'a lot', not a number"),
    (pair(proxy_value="92"), "proxy_value 92 does not stand in the words"),
    (pair(latent_value="61"), "latent_value 61 does not stand in the words"),
    (pair(latent_value="1.0"), "latent_value 1.0 does not stand in the words"),
    (drop(change="12"), "change 12 does not stand in the words"),
    (pair(words=WORDS.replace("61.0", "41.0"), latent_value="41.0"), "these words do not stand in the abstract"),
    (pair(words="in 92.4% or 61.0%"), "rests on fewer than 5 words"),
    (pair(words=""), "rests on fewer than 5 words"),
    (pair(latent_value=""), "a pair without latent_value"),
    (pair(proxy_value=""), "a pair without proxy_value"),
    (pair(proxy_value="", latent_value=""), "a pair without proxy_value"),
    (pair(change="31.4"), "a pair with change"),
    (pair(latent_is="worse"), "a pair with latent_is"),
    (drop(latent_is="lower"), "unknown latent_is 'lower'"),
    (drop(change=""), "a drop without its change"),
    (drop(proxy_value="12.5", latent_value="12.5"), "a drop with both values"),
    (pair(unit="percents"), "unknown unit 'percents'"),
    (pair(unit="score-A-B"), "unknown unit 'score-A-B'"),
    (pair(unit="other: "), "unknown unit 'other:'"),
    (pair(unit="score-5-1"), "unit 'score-5-1' has no scale"),
    (pair(unit="score-0-1"), "proxy_value 92.4 is no score-0-1"),
    (pair(unit="correlation"), "latent_value 61.0 is no correlation"),
    (pair(unit="percentage-points"), "a pair in percentage-points"),
    (drop(unit="mixed"), "a drop in mixed"),
    (pair(higher_is="good"), "unknown higher_is 'good'"),
    (pair(sample="1319"), "sample 1319 does not stand in the abstract"),
    (pair(sample="many"), "sample is 'many'"),
    (pair(system=""), "a measurement without system"),
    (pair(protocol=" "), "a measurement without protocol"),
    (pair(proxy_measure=""), "a measurement without proxy_measure"),
    (pair(note=f"They say {WORDS}."), "the note quotes the text"),
    (pair(protocol=f"They say {WORDS}."), "the protocol quotes the text"),
    (pair(latent_measure=WORDS), "the latent_measure quotes the text"),
    (pair("p03", state="withdrawn"), "kind on a row that is withdrawn"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_what_a_measurement_may_not_be(known: Path, row: Row, message: str) -> None:
    faults = refused(known, pair("p01", failure_mode="reward-gaming"), {**row, "_line": "8"})
    assert {(f.file, f.line, f.key) for f in faults} == {("rows.csv", 8, row["paper"])}
    assert [f.message for f in faults if f.message.startswith(message)] != []


def test_a_valid_row_beside_a_wrong_one_is_not_written_and_every_fault_is_named(known: Path) -> None:
    rows = [
        pair(),
        {**pair("p1"), "_line": "3"},
        {**drop(change=""), "_line": "4"},
        {**drop(kind=""), "_line": "5"},
    ]
    faults = refused(known, *rows)
    assert {f.line for f in faults} == {3, 4, 5}


def test_the_same_key_twice_in_a_batch_is_refused(known: Path) -> None:
    [fault] = refused(known, pair(), {**pair(), "_line": "3"})
    assert (fault.line, fault.message) == (3, "measurement given twice in this batch")


def test_an_unknown_reader_is_refused(known: Path) -> None:
    [fault] = refused(known, pair(), by="bob")
    assert (fault.file, fault.key, fault.message) == ("corpus/coders/bob.yaml", "bob", "unknown coder")


def test_a_schema_without_the_facets_says_so(known: Path) -> None:
    path = known / "coding_schema/schema.yaml"
    path.write_text(path.read_text("utf-8").replace("id: latent", "id: aim"), "utf-8")
    [fault] = refused(known, pair())
    assert fault.message == "the schema has no facet latent"


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("92.4", 92.4),
        (".85", 0.85),
        ("1,319", 1319.0),
        ("-0.12", -0.12),
        ("\u22120.12", -0.12),
        ("+3", 3.0),
        ("007", 7.0),
        ("", None),
        ("-", None),
        (".", None),
        ("1,31", None),
        ("12,5", None),
        ("1e3", None),
        ("nan", None),
        ("92.", None),
        ("½", None),
        ("３", None),
    ],
)
def test_which_texts_are_numbers(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("value", "words", "there"),
    [
        ("92.4", "a score of 92.4.", True),
        ("92.4", "a score of 192.4", False),
        ("92", "a score of 92.4", False),
        ("4", "a score of 92.4", False),
        (".4", "a score of 92.4", False),
        ("319", "of 1,319 items", False),
        ("1", "of 1,319 items", False),
        ("1,319", "of 1,319, all", True),
        ("15", "10-15%", True),
        ("-15", "10-15%", False),
        ("15", "10–15%", True),
        ("-0.12", "a correlation of −0.12", True),
        ("0.12", "a correlation of −0.12", False),
        ("0.12", "(r = -0.12)", False),
        ("0.12", "-0.12 is low", False),
        ("10", "some 10K prompts", False),
        ("10K", "some 10K prompts", True),
        ("4", "a 4x gain", True),
        ("4", "GPT4 wins", False),
        ("92.4", "92.4±1.2 points", True),
        ("5", "nothing here", False),
    ],
)
def test_a_number_stands_whole_and_with_its_sign(value: str, words: str, there: bool) -> None:
    assert stands(value, words) is there


@given(
    st.integers(0, 10**7), st.integers(0, 99), st.sampled_from(["it was {} then", "({})", "{}%", "to {}."])
)
def test_what_is_printed_is_read_and_found(whole: int, rest: int, sentence: str) -> None:
    text = f"{whole:,}.{rest:02}"
    assert number(text) == pytest.approx(whole + rest / 100)
    assert stands(text, sentence.format(text))
    assert not stands(text, sentence.format(f"{text}7"))
    assert not stands(text, sentence.format(f"7{text}"))


def test_every_unit_that_is_offered_is_taken_by_one_kind(known: Path) -> None:
    offered = [u.replace("A-B", "0-100").replace("...", "dan ranks") for u in UNITS]
    values = {"proxy_value": "0.85", "latent_value": "-0.12", "words": BODIES["p01"][-60:], "sample": ""}
    for unit in offered:
        kind = "drop" if unit in ("percentage-points", "relative-percent") else "pair"
        cells = {"proxy_value": "", "latent_value": "", "change": "0.85"} if kind == "drop" else {}
        if unit in ("percent", "score-0-100"):
            cells["latent_value"] = "0.85"
        row = pair(**{**values, **cells, "kind": kind, "unit": unit})
        assert give(known, row).rows == 1, unit


# --- revisions ----------------------------------------------------------------------------------------------


def test_given_again_it_changes_nothing(known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(known, pair(), drop())
    before = state(known)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    written = give(known, drop(), pair(sample=" 1,319 "))
    assert (written.rows, written.unchanged, written.files) == (0, 2, ())
    assert state(known) == before


def test_other_values_are_a_new_revision_and_the_old_one_stays(known: Path) -> None:
    give(known, pair(), drop())
    give(known, pair(attempts="1"))
    assert held(known, "paper", "revision", "attempts") == [
        ("p01", "1", ""),
        ("p01", "2", "1"),
        ("p02", "1", ""),
    ]
    table = open_survey(known).measurements
    assert list(table.columns) == MEASUREMENTS.header
    assert table[["paper", "revision", "attempts"]].values.tolist() == [["p01", "2", "1"], ["p02", "1", ""]]
    assert [f for f in check(known) if not f.warning] == []


def test_withdrawn_it_is_no_longer_in_the_table_and_can_come_back(known: Path) -> None:
    gone = dict.fromkeys(COLUMNS, "") | {
        "paper": "p01",
        "failure_mode": "judge-bias",
        "n": "1",
        "state": "withdrawn",
        "note": "A baseline.",
    }
    [fault] = refused(known, gone)
    assert fault.message == "nothing here to withdraw"
    give(known, pair())
    give(known, gone)
    assert held(known, "revision", "state", "proxy_value", "note")[1] == ("2", "withdrawn", "", "A baseline.")
    assert open_survey(known).measurements.empty
    assert [f for f in check(known) if not f.warning] == []
    assert give(known, gone).unchanged == 1
    give(known, pair())
    assert open_survey(known).measurements["revision"].tolist() == ["3"]


def test_without_the_file_the_table_is_empty(known: Path) -> None:
    table = open_survey(known).measurements
    assert table.empty and list(table.columns) == MEASUREMENTS.header


# --- from files and flags -----------------------------------------------------------------------------------


def lines(*rows: Row) -> str:
    return "".join(json.dumps({k: v for k, v in r.items() if k[0] != "_"}) + "\n" for r in rows)


def test_a_file_with_crlf_is_read_with_a_warning(known: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(lines(pair(), drop()).replace("\n", "\r\n").encode())
    rows, [warning] = read_batch(file, COLUMNS)
    assert warning.message == "has CRLF line ends"
    assert measure(known, "eva", rows).rows == 2


def run(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(w) for w in words])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lines(pair())[:-30], r"rows.jsonl:1: .*not readable as JSON"),
        (lines(pair()) + '{"paper": 3}\n', r"rows.jsonl:2: .*paper is not text"),
        (lines({**pair(), "value": "3"}), r"rows.jsonl:1: .*p01: unknown column 'value'"),
        (lines({"paper": "p01"}), r"rows.jsonl:1: .*p01: unknown kind ''"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    known: Path, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(content, "utf-8")
    before = state(known)
    code, output = run("measure", "--by", "eva", "--from", file, "--survey", known)
    assert code == 1 and re.search(message, output), output
    assert "nothing was written" in output
    assert state(known) == before


def test_a_missing_file_is_refused(known: Path) -> None:
    code, output = run("measure", "--by", "eva", "--from", known / "none.jsonl", "--survey", known)
    assert code == 1 and "none.jsonl" in output and "cannot be read" in output


def test_one_row_by_flags(known: Path) -> None:
    row = pair(note="N/A")
    flags = [w for c in COLUMNS if c in row for w in (f"--{c.replace('_', '-')}", row[c])]
    code, output = run("measure", "--by", "eva", *flags, "--survey", known)
    assert code == 0, output
    assert "1 written, 0 unchanged: corpus/measurements.csv" in output and "1 place(s) found" in output
    assert held(known, "proxy_value", "note") == [("92.4", "N/A")]
    assert run("measure", "--by", "eva", "--survey", known)[0] == 1


def test_its_instructions_can_be_had(known: Path) -> None:
    assert "measure" in TASKS
    code, output = run("instructions", "measure", "--survey", known)
    assert code == 0
    assert "A method against its baseline" in output and "never a pair" in output
    assert "**judge-bias**" in output and "**judge-verdict**" in output and "**preference**" in output
    # Texts are wrapped: a unit may end on the next line.
    written = " ".join(output.split())
    assert [u for u in UNITS if u.split(":")[0] not in written] == []


# --- the log of a search for pairs --------------------------------------------------------------------------

SEARCH = Searched("two numbers joined by 'but only'", "abstracts of the frame", "3252")


def test_a_search_is_logged_with_its_rows_or_alone_and_once(known: Path) -> None:
    written = give(known, pair(), search=SEARCH)
    assert written.files == (FILE, SEARCHES)
    faults: list[Fault] = []
    [logged] = read_searches(known, faults)
    assert faults == []
    assert (logged.id, logged.by, logged.query) == ("s01-paired-evidence", "eva", SEARCH.query)
    assert (logged.where, logged.rows, logged.sha256) == ((SEARCH.where,), 3252, "")
    before = state(known)
    assert give(known, pair(), search=SEARCH).files == ()
    assert state(known) == before
    other = ["--query", "adaptive", "--where", SEARCH.where, "--rows", "3252"]
    code, output = run("measure", "--by", "eva", *other, "--survey", known)
    assert code == 0 and "0 written, 0 unchanged: corpus/searches.yaml" in output, output
    assert [s.id for s in read_searches(known, [])] == ["s01-paired-evidence", "s02-paired-evidence"]
    assert [f for f in check(known) if not f.warning] == []


def test_a_search_that_brings_no_record_moves_no_count(known: Path) -> None:
    def counts() -> tuple[object, object]:
        s = open_survey(known)
        return status(known), prisma(s.hits, s.reached).values.tolist()

    before = counts()
    give(known, pair(), search=SEARCH)
    assert counts() == before


def test_a_language_model_s_search_alone_keeps_its_run(known: Path) -> None:
    give(known, by="pass-a", run="pairs-1", search=SEARCH)
    assert [r["batch"] for r in stored(known, "runs", []) if r["id"] == "pairs-1"] == ["a batch"]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (Searched("", "frame", "3"), "a search without query"),
        (Searched("x", " ", "3"), "a search without where"),
        (Searched("x", "frame", ""), "a search without rows"),
        (Searched("x", "frame", "all"), "rows is 'all'"),
    ],
)
def test_a_search_half_said_is_refused(known: Path, search: Searched, message: str) -> None:
    before = state(known)
    with pytest.raises(Refused, match=message):
        give(known, pair(), search=search)
    assert state(known) == before


# --- check --------------------------------------------------------------------------------------------------

BROKEN = [
    ({"paper": "p99"}, "unknown paper 'p99'"),
    ({"failure_mode": "bias"}, "unknown failure_mode 'bias'"),
    ({"proxy": "verdict"}, "unknown proxy 'verdict'"),
    ({"latent": "x"}, "unknown latent 'x'"),
    ({"proxy_value": "high"}, "proxy_value is 'high', not a number"),
    ({"latent_value": ""}, "a pair without latent_value"),
    ({"change": "3"}, "a pair with change"),
    ({"kind": "drop"}, "a drop with both values"),
    ({"unit": "%"}, "unknown unit '%'"),
    ({"n": "2"}, "n = 1 of its paper and code is missing"),
    ({"revision": "x"}, "revision is 'x'"),
    ({"state": "withdrawn"}, "kind on a row that is withdrawn"),
    ({"by": "bob"}, "unknown coder 'bob'"),
    ({"by": "pass-a"}, "a language model's decision without a run"),
    ({"run": "r9"}, "run 'r9' is not this coder's"),
    ({"at": "today"}, "at is 'today'"),
    ({"span_sha256": "x"}, "its place in the text has no digest"),
    ({"end": "0"}, "its place in the text is"),
    ({"basis": "title"}, "unknown basis 'title'"),
]


@pytest.mark.parametrize(("cells", "message"), BROKEN)
def test_a_row_broken_by_hand_is_named_with_its_line(known: Path, cells: Row, message: str) -> None:
    give(known, pair())
    [row] = stored(known, "measurements", [])
    (known / FILE).write_text(rows_text(MEASUREMENTS, [{**row, **cells}]), "utf-8")
    faults = [f for f in check(known) if f.file == FILE and not f.warning]
    assert {f.line for f in faults} == {2}
    assert [f for f in faults if f.message.startswith(message) and f.remedy] != []


def test_what_was_superseded_may_name_a_code_that_is_gone(known: Path) -> None:
    give(known, pair(proxy="benchmark-score"))
    give(known, pair())
    path = known / "coding_schema/schema.yaml"
    path.write_text(path.read_text("utf-8").replace("id: benchmark-score", "id: test-score"), "utf-8")
    assert [f for f in check(known) if f.file == FILE] == []
