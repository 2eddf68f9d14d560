"""Everything about records can be taken back: merges, removals, a corrected file; history stays in the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli import app
from workbench.doors.adding import add
from workbench.doors.duplicates import decide, pending, undo
from workbench.doors.removing import remove
from workbench.doors.screening import screen
from workbench.reading.checking import check
from workbench.reading.showing import show
from workbench.reading.status import status
from workbench.store import files
from workbench.store.bibliography import Entry, read_papers
from workbench.store.faults import Refused
from workbench.store.survey import open_survey
from workbench.store.tables import FIELDS, HITS, MERGES, REMOVALS

from .conftest import SCHEMA

ONE = {
    "key": "one", "title": "Keeping watch over tests of talk", "authors": ["Abt, Ana", "Bock, Udo"], "year": 2023,
    "venue": "Proceedings of a Meeting", "type": "inproceedings", "doi": "10.5555/one", "streams": ["llm-as-judge"],
}  # fmt: skip
PREPRINT = {
    "key": "pre", "title": "Keeping watch over tests of talk.", "authors": ["Abt, A.", "Bock, U."], "year": 2022,
    "type": "preprint", "arxiv_id": "2211.00001", "streams": ["reward-hacking"],
}  # fmt: skip
FOREIGN = {"key": "foreign", "title": "Über Prüfungen des Redens", "authors": ["Abt, Ana"], "year": 2021}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "survey"
    (folder / "corpus").mkdir(parents=True)
    (folder / "coding_schema").mkdir()
    (folder / "coding_schema/schema.yaml").write_text(SCHEMA, "utf-8")
    return folder


def put(root: Path, *records: dict[str, object], name: str = "list.jsonl", **more: str) -> str:
    file = root.parent / name
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    return add(root, file, **more).search  # type: ignore[arg-type]


def works(root: Path) -> dict[str, Entry]:
    return {e.key: e for e in read_papers(root, [])}


def rows(root: Path, table: files.Table) -> list[dict[str, str]]:
    faults: list[object] = []
    held = files.read_rows(root, table.path, table, faults)  # type: ignore[arg-type]
    assert faults == []
    return held


def facts(root: Path) -> dict[str, object]:
    """Everything that stands of the works, without line numbers."""
    survey = open_survey(root)
    return {
        "works": {k: (e.title, e.authors, e.year, e.venue, e.doi, e.arxiv_id) for k, e in works(root).items()},
        "records": survey.papers.drop(columns=["verified"]).astype(str).to_dict("records"),
        "hits": survey.hits[["search", "content_sha256", "paper"]].to_dict("records"),
    }  # fmt: skip


def sound(root: Path) -> bool:
    assert [str(f) for f in check(root) if not f.warning and f.file.startswith("corpus/")] == []
    return True


def test_a_merge_made_by_rule_is_taken_back_and_both_are_as_they_were(root: Path) -> None:
    put(root, ONE)
    before = facts(root)
    put(root, PREPRINT, name="b.jsonl")
    assert list(works(root)) == ["one"]
    assert show(root, "pre")[0] == "pre is part of one"
    assert sound(root)
    assert undo(root, "one", "pre", "eva", "two works after all") == ("one", "pre")
    held = works(root)
    assert held["one"] == Entry(
        "one", "inproceedings", ONE["title"], ("Abt, Ana", "Bock, Udo"), 2023, "Proceedings of a Meeting",
        "10.5555/one", line=held["one"].line,
    )  # fmt: skip
    assert (held["pre"].authors, held["pre"].year, held["pre"].arxiv_id) == (
        ("Abt, A.", "Bock, U."),
        2022,
        "2211.00001",
    )
    after = facts(root)
    assert before["records"][0] in after["records"]  # type: ignore[operator,index]
    (row,) = rows(root, MERGES)
    assert (row["taken"], row["kept"], row["by"], row["undone_by"], row["undone_why"]) == (
        "pre", "one", "rule", "eva", "two works after all",
    )  # fmt: skip
    assert pending(root) == []  # it was decided
    assert sound(root)
    # the same files again merge nothing
    put(root, PREPRINT, name="b.jsonl")
    assert set(works(root)) == {"one", "pre"}
    # and it can be decided anew
    assert decide(root, "one", "pre", "same", "eva") == "one"
    assert [r["revision"] for r in rows(root, MERGES)] == ["1", "2"]
    assert list(works(root)) == ["one"]
    assert sound(root)


def test_a_pair_that_was_never_listed_is_decided_and_taken_back(root: Path) -> None:
    put(root, ONE, FOREIGN)
    before = facts(root)
    assert pending(root) == []
    assert decide(root, "one", "foreign", "same", "eva", "a translation") == "foreign"
    assert list(works(root)) == ["foreign"]
    assert status(root)["duplicates"]["total"] == 1
    assert sound(root)
    decide(root, "one", "foreign", "different", "eva")
    assert facts(root) == before
    assert status(root)["duplicates"]["total"] == 0
    assert sound(root)


def test_taking_back_one_of_several_merges_leaves_the_others(root: Path) -> None:
    put(root, ONE, PREPRINT, FOREIGN)
    decide(root, "one", "foreign", "same", "eva")
    assert list(works(root)) == ["foreign"]
    assert show(root, "pre")[0] == "pre is part of foreign"
    undo(root, "one", "foreign", "eva")
    assert set(works(root)) == {"one", "foreign"}
    assert works(root)["one"].arxiv_id == "2211.00001"  # what joined it before is with it still
    undo(root, "one", "pre", "eva")
    assert set(works(root)) == {"one", "foreign", "pre"}
    assert sound(root)


@pytest.mark.parametrize(("a", "b"), [("one", "foreign"), ("one", "nobody"), ("pre", "foreign")])
def test_what_was_not_merged_is_not_taken_back(root: Path, a: str, b: str) -> None:
    put(root, ONE, PREPRINT, FOREIGN)
    with pytest.raises(Refused, match="was not merged"):
        undo(root, a, b, "eva")


def test_a_merge_whose_fields_nobody_kept_says_how_to_get_them(root: Path) -> None:
    put(root, ONE)
    put(root, PREPRINT, name="b.jsonl")
    (root / FIELDS.path).unlink()
    with pytest.raises(Refused, match="add the file again"):
        undo(root, "one", "pre", "eva")
    for name in ("list.jsonl", "b.jsonl"):
        add(root, root.parent / name)
    assert sorted(r["record"] for r in rows(root, FIELDS)) == ["one", "prea"]
    assert sound(root)


def test_a_search_is_taken_out_and_put_back(root: Path) -> None:
    first = put(root, ONE)
    before = facts(root)
    second = put(root, PREPRINT, FOREIGN, name="b.jsonl")
    with_both = facts(root)
    report = remove(root, second, by="eva", why="the wrong query")
    assert (report.kind, report.papers, report.kept) == ("search", ("foreign",), ("one",))
    assert facts(root) == before
    assert status(root)["identified"]["total"] == 1
    assert len(rows(root, HITS)) == 3  # the log keeps them
    assert sound(root)
    with pytest.raises(Refused, match="is out already"):
        remove(root, second, by="eva", why="again")
    assert remove(root, second, by="eva", why="", undo=True).papers == ("foreign",)
    assert facts(root) == with_both
    assert [r["undone_by"] for r in rows(root, REMOVALS)] == ["eva"]
    assert sound(root)
    remove(root, first, by="eva", why="also wrong")
    assert sound(root)


def test_a_record_is_taken_out_and_put_back(root: Path) -> None:
    put(root, ONE, FOREIGN)
    before = facts(root)
    remove(root, "foreign", by="eva", why="no work at all")
    assert list(works(root)) == ["one"]
    assert status(root)["identified"]["total"] == 1
    with pytest.raises(Refused, match="was taken out by eva: no work at all"):
        show(root, "foreign")
    assert sound(root)
    remove(root, "foreign", by="eva", why="", undo=True)
    assert facts(root) == before


@pytest.mark.parametrize(
    ("what", "by", "why", "words"),
    [
        ("one", "", "x", "nobody is named"),
        ("one", "eva", " ", "no reason is given"),
        ("s99-nothing", "eva", "x", "no such search or record"),
        ("pre", "eva", "x", "is part of one"),
    ],
)
def test_bad_removals_are_refused(root: Path, what: str, by: str, why: str, words: str) -> None:
    put(root, ONE, PREPRINT)
    before = facts(root)
    with pytest.raises(Refused, match=words):
        remove(root, what, by=by, why=why)
    assert facts(root) == before


def test_a_corrected_file_supersedes_its_earlier_self(root: Path) -> None:
    first = put(root, {**ONE, "title": "Keeping wacht over tests of tlak", "doi": ""}, FOREIGN)
    second = put(root, ONE, name="corrected.jsonl", supersedes=first, by="eva")
    assert set(works(root)) == {"one"}  # what the corrected file lacks is out
    assert (works(root)["one"].title, works(root)["one"].doi) == (ONE["title"], "10.5555/one")
    assert set(open_survey(root).hits["search"]) == {second}
    assert status(root)["identified"]["total"] == 1
    assert status(root)["duplicates"]["total"] == 0
    assert [r["why"] for r in rows(root, REMOVALS)] == [f"superseded by {second}"]
    assert sound(root)
    with pytest.raises(Refused, match="no such search"):
        put(root, FOREIGN, name="c.jsonl", supersedes="s77-unknown", by="eva")
    with pytest.raises(Refused, match="nobody is named"):
        put(root, FOREIGN, name="c.jsonl", supersedes=second)


def test_add_says_what_became_of_each_record(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root.parent / "mixed.jsonl"
    records = [
        ONE,
        PREPRINT,
        {**ONE, "key": "ed", "doi": "10.5555/two"},
        {"key": "bad"},
    ]
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    told = []
    for flags in (["--dry-run"], []):
        with pytest.raises(SystemExit) as left:
            app(["add", str(file), "--survey", str(root), *flags])
        assert left.value.code == 0
        told.append(
            [line for line in capsys.readouterr().out.splitlines() if line.startswith("mixed.jsonl, line")]
        )
    assert told[0] == told[1]
    assert told[0][0] == "mixed.jsonl, line 1, one: new work one"
    assert told[0][1].startswith("mixed.jsonl, line 2, pre: joined one: same title")
    assert told[0][1].endswith("pre leads there")
    assert "new work ed, perhaps one with one: same title" in told[0][2]
    assert "could not be read: title is missing" in told[0][3]
    with pytest.raises(SystemExit):
        app(["add", str(file), "--survey", str(root), "--json"])
    fates = json.loads(capsys.readouterr().out)["fates"]
    assert [f["outcome"] for f in fates] == ["known", "known", "known", "unreadable"]
    assert [f["paper"] for f in fates] == ["one", "one", "ed", ""]


def people(root: Path, *coders: str) -> None:
    (root / "corpus/coders").mkdir()
    for coder in coders:
        said = f"id: {coder}\nkind: human\nname: {coder.title()}\nsince: 2026-11-01\n"
        (root / f"corpus/coders/{coder}.yaml").write_text(said, "utf-8")


def decided(root: Path, paper: str, decision: str, coder: str, reason: str = "") -> None:
    row = {"paper": paper, "decision": decision, "reason": reason, "_line": "1", "_file": "flags"}
    screen(root, coder, [row])


def test_a_pair_noticed_after_screening_is_merged_where_the_decisions_agree_or_are_withdrawn(
    root: Path,
) -> None:
    put(root, ONE, FOREIGN)
    people(root, "ann", "bob")
    for coder in ("ann", "bob"):
        decided(root, "one", "include", coder)
    decided(root, "foreign", "unsure", "ann")
    with pytest.raises(Refused, match="decisions that do not agree") as refused:
        decide(root, "one", "foreign", "same", "cat")
    assert all("survey screen --withdraw" in f.remedy and "--keep" in f.remedy for f in refused.value.faults)
    decided(root, "foreign", "withdrawn", "ann")
    with pytest.raises(Refused, match="no decision of yours to withdraw"):
        decided(root, "foreign", "withdrawn", "bob")
    assert decide(root, "one", "foreign", "same", "cat") == "one"
    assert status(root)["duplicates"]["total"] == 1
    assert status(root)["screened"]["total"] == 1
    assert len((root / "corpus/screening/ann.csv").read_text("utf-8").splitlines()) == 4  # history stays


def test_two_records_with_the_same_decisions_are_merged_and_count_once(root: Path) -> None:
    put(root, ONE, FOREIGN)
    people(root, "ann", "bob")
    for coder in ("ann", "bob"):
        for paper in ("one", "foreign"):
            decided(root, paper, "include", coder)
    decide(root, "one", "foreign", "same", "cat")
    assert status(root)["included"]["total"] == 1
    assert sound(root)
