from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.doors.abstracts import add_abstracts
from workbench.doors.adding import AddReport, add
from workbench.doors.finding import Finder
from workbench.doors.identifiers import address, arxiv_id, doi, stable
from workbench.doors.identity import compare
from workbench.doors.merging import facts, first_public, merge, merge_authors
from workbench.doors.people import first_agrees
from workbench.doors.taking import Fate
from workbench.doors.titles import bare_title, fold, is_markup
from workbench.store import files, texts
from workbench.store.bibliography import Entry, read_papers
from workbench.store.faults import Fault, Refused
from workbench.store.files import read_rows
from workbench.store.searches import SEARCHES, read_searches
from workbench.store.standing import standing
from workbench.store.tables import HITS, MAYBE_DUPLICATES, RECORDS

TITLE = "Measuring the gap between benchmarks and behaviour"


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    root = tmp_path / "survey"
    (root / "corpus").mkdir(parents=True)
    return root


def record(**cells: object) -> dict[str, object]:
    return {"title": TITLE, "authors": ["Müller, Eva", "Li, Wei"], "year": 2024, "type": "preprint", **cells}


def jsonl(folder: Path, *records: object, name: str = "list.jsonl") -> Path:
    file = folder / name
    file.write_text(
        "".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in records),
        "utf-8",
    )
    return file


def put(root: Path, *records: object, name: str = "list.jsonl") -> AddReport:
    return add(root, jsonl(root.parent, *records, name=name))


def merged(report: AddReport) -> list[Fate]:
    return [f for f in report.fates if f.outcome == "merged"]


def works(root: Path) -> dict[str, Entry]:
    faults: list[Fault] = []
    held = {e.key: e for e in read_papers(root, faults)}
    assert faults == []
    return held


def rows(root: Path, table: files.Table) -> list[dict[str, str]]:
    faults: list[Fault] = []
    held = read_rows(root, table.path, table, faults)
    assert faults == []
    return held


def state(root: Path) -> dict[str, str]:
    """Digest of every file but the lock and the parsed copy."""
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name not in ("lock", "papers.json")
    }


def outcomes(root: Path) -> list[str]:
    return [h["outcome"] for h in sorted(rows(root, HITS), key=lambda h: (h["search"], int(h["line"])))]


# --- one file -----------------------------------------------------------------------------------------------


def test_every_row_is_accounted_for_and_no_raw_text_is_kept(survey: Path) -> None:
    secret = '{"title": "Secret words cut o'
    report = put(
        survey, record(key="a"), secret, {"year": 2020}, record(key="b", title="Another thing altogether")
    )
    assert (report.rows, report.new, report.merged, report.maybe) == (4, 2, 0, 0)
    assert [(f.file, f.line) for f in report.unreadable] == [("list.jsonl", 2), ("list.jsonl", 3)]
    assert outcomes(survey) == ["new", "unreadable", "unreadable", "new"]
    unreadable = [h for h in rows(survey, HITS) if h["outcome"] == "unreadable"]
    assert {h["paper"] for h in unreadable} == {""}
    assert all(h["reason"] for h in unreadable)
    assert not any(b"Secret" in p.read_bytes() for p in (survey / "corpus").iterdir())


def test_equal_lines_are_each_accounted_for(survey: Path) -> None:
    report = put(survey, record(), record(), "{", "{")
    assert (report.new, report.merged, len(report.unreadable)) == (1, 1, 2)
    assert len({h["content_sha256"] for h in rows(survey, HITS)}) == 4


def test_row_of_a_record(survey: Path) -> None:
    put(
        survey,
        record(key="k", arxiv_id="2306.10010v3", streams=["b", "a"], grey=True, abstract="One\u2028 two."),
    )
    row = rows(survey, RECORDS)[0]
    assert (row["paper"], row["first_public"], row["verified"], row["grey"]) == ("k", "2023", "yes", "yes")
    assert (row["guessed_streams"], row["stratum"]) == ("a;b", "")
    held = texts.abstracts(survey)["k"]
    assert row["text_sha256"] == held.digest
    assert held.body == "One two."
    entry = works(survey)["k"]
    assert (entry.type, entry.venue, entry.arxiv_id) == ("misc", "arXiv", "2306.10010")


def test_nothing_seen_is_not_verified(survey: Path) -> None:
    put(
        survey,
        {"title": TITLE, "authors": ["others"]},
        {"title": "Something quite other here", "authors": []},
    )
    assert [r["verified"] for r in rows(survey, RECORDS)] == ["no", "no"]


def test_search_is_logged(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    via = "owner/name@abcdef1:path/x.md, query of 2026-11-23"
    put(survey, record(found_via=via), name="My List.jsonl")
    add(survey, jsonl(survey.parent, record(), name="b.jsonl"), by="eva", query="q", where="no")
    first, second = yaml.safe_load((survey / SEARCHES).read_text("utf-8"))
    assert first["id"] == "s01-my-list"
    assert first["where"] == ["owner/name@abcdef1"]
    assert first["query"] == "query of 2026-11-23"
    assert (first["rows"], first["when"]) == (1, "1970-01-01T00:00:00Z")
    assert (second["id"], second["by"], second["query"], second["where"]) == ("s02-b", "eva", "q", ["no"])
    faults: list[Fault] = []
    assert [s.id for s in read_searches(survey, faults)] == ["s01-my-list", "s02-b"]
    assert faults == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("- id: [", "not readable as YAML"),
        ("id: s01", "not a list"),
        ("- id: s01-x\n", "lacks where"),
        ("- 3\n", "not a mapping"),
    ],
)
def test_faulty_search_log_is_named(survey: Path, spoil: str, words: str) -> None:
    (survey / SEARCHES).write_text(spoil)
    before = state(survey)
    with pytest.raises(Refused, match=words):
        put(survey, record())
    assert {k: v for k, v in state(survey).items() if not k.startswith(".cache")} == before


# --- keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_key", "cells", "expected"),
    [
        ("zou2023x", {}, "zou2023x"),
        (None, {"arxiv_id": "2306.10010"}, "arxiv-2306.10010"),
        (None, {"arxiv_id": "cs/0112017v1"}, "arxiv-cs-0112017"),
        ("DBLP:conf/nips/Zoü", {}, "DBLP-conf-nips-Zou"),
        ("007", {}, "ref-007"),
        ("../..", {}, "muller2024measuring"),
        (None, {"authors": [], "year": None}, "anonymousmeasuring"),
    ],
)
def test_keys(survey: Path, given_key: str | None, cells: dict[str, object], expected: str) -> None:
    put(survey, record(key=given_key, **cells))
    assert list(works(survey)) == [expected]


def test_taken_key_gets_a_letter(survey: Path) -> None:
    other = [
        record(key="K", title=f"{w} is something different", authors=[f"{w}, A"])
        for w in ("Tea", "Ink", "Ore")
    ]
    put(survey, record(key="k"), *other)
    assert sorted(works(survey)) == ["Ka", "Kb", "Kc", "k"]


# --- merging ------------------------------------------------------------------------------------------------


def test_preprint_and_published_version_are_one_work(survey: Path) -> None:
    preprint = record(
        key="pre", year=2023, venue="arXiv", arxiv_id="2311.00001", url="https://arxiv.org/abs/2311.00001v2"
    )
    published = record(
        key="pub",
        type="inproceedings",
        venue="ACL 2024",
        doi="https://doi.org/10.18653/v1/2024.acl-long.1",
        url="https://aclanthology.org/2024.acl-long.1/",
        title=TITLE.upper(),
        authors=["Muller, E.", "Li, Wei", "Ono, Ken"],
        streams=["z"],
    )
    report = put(survey, preprint, published)
    assert (report.new, report.merged) == (1, 1)
    assert "same title" in merged(report)[0].why
    (entry,) = works(survey).values()
    assert (entry.key, entry.title, entry.type, entry.venue, entry.year) == (
        "pre",
        TITLE,
        "inproceedings",
        "ACL 2024",
        2024,
    )
    assert (entry.doi, entry.arxiv_id) == ("10.18653/v1/2024.acl-long.1", "2311.00001")
    assert entry.url == "https://aclanthology.org/2024.acl-long.1/"
    assert entry.authors == ("Müller, Eva", "Li, Wei", "Ono, Ken")
    row = rows(survey, RECORDS)[0]
    assert (row["first_public"], row["guessed_streams"]) == ("2023", "z")


def test_the_other_order_gives_the_same_facts(survey: Path) -> None:
    put(
        survey,
        record(key="pub", type="article", venue="JMLR", year=2024),
        record(key="pre", arxiv_id="2311.00001"),
    )
    (entry,) = works(survey).values()
    assert (entry.key, entry.type, entry.venue, entry.year, entry.arxiv_id) == (
        "pub",
        "article",
        "JMLR",
        2024,
        "2311.00001",
    )
    assert rows(survey, RECORDS)[0]["first_public"] == "2023"


def test_one_arxiv_id_is_one_work_under_any_title_by_the_same_people(survey: Path) -> None:
    report = put(
        survey,
        record(key="a", arxiv_id="2311.00001"),
        record(title="Check our new thing!", doi="10.48550/arXiv.2311.00001", authors=["Müller, E."]),
        {"title": "A title of nobody's", "doi": "10.48550/arXiv.2311.00001", "type": "preprint"},
    )
    assert (report.merged, report.maybe) == (1, 1)
    assert "titles differ" in merged(report)[0].why
    assert "titles differ" in next(h["reason"] for h in rows(survey, HITS) if h["outcome"] == "merged")


def test_one_address_on_two_unlike_works_is_a_maybe(survey: Path) -> None:
    url = "https://papers.nips.cc/paper/2022/hash/" + "a" * 32 + "-Abstract.html"
    report = put(
        survey,
        record(url=url),
        record(title="Chinese medical exams", authors=["Ito, Jun", "Ray, Ann"], url=url),
    )
    assert (report.new, report.merged, report.maybe, report.pairs) == (1, 0, 1, 1)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"arxiv_id": "2401.00002"}, "arXiv ids differ"),
        ({"authors": ["Ito, Jun"]}, "authors differ"),
        ({"year": 2019}, "years apart"),
        ({"title": TITLE.split(" between")[0] + ": a study"}, None),
        ({"title": TITLE.replace("behaviour", "behaviours"), "authors": []}, "two spellings"),
        ({"title": TITLE + ": A Study of Many Models", "authors": []}, "cut at its colon"),
        ({"title": "Nothing in common here", "authors": ["Müller, E.", "Li, W."], "year": 2025}, None),
    ],
)
def test_near_records_are_kept_apart_and_noted(
    survey: Path, other: dict[str, object], why: str | None
) -> None:
    report = put(survey, record(key="a", arxiv_id="2401.00001"), record(**{"key": "b", **other}))
    assert report.merged == 0
    assert sorted(works(survey)) == ["a", "b"]
    pairs = rows(survey, MAYBE_DUPLICATES)
    if why is None:
        assert pairs == []
        assert report.new == 2
    else:
        assert [(p["a"], p["b"], why in p["why"], p["decision"]) for p in pairs] == [("a", "b", True, "")]
        assert 0 < float(pairs[0]["score"]) <= 100
        assert outcomes(survey) == ["new", "maybe"]


def test_title_cut_at_the_colon_with_the_same_people_is_merged(survey: Path) -> None:
    report = put(survey, record(title=TITLE + ": what users see"), record(authors=["Müller, E.", "Li, W."]))
    assert report.merged == 1


def test_parts_of_a_series_are_not_one_work(survey: Path) -> None:
    report = put(survey, record(title=TITLE + ", part 1"), record(title=TITLE + ", part 2"))
    assert report.merged == 0


def test_cut_author_list_is_completed_and_nobody_lost(survey: Path) -> None:
    put(survey, record(authors=["Müller, Eva", "others"]), record(authors=["Muller, E.", "Li, Wei"]))
    put(survey, record(authors=["Muller, E.", "Li, Wei", "Ono, Ken"]), name="b.jsonl")
    assert [e.authors for e in works(survey).values()] == [("Müller, Eva", "Li, Wei", "Ono, Ken")]


def test_further_identifiers_are_kept(survey: Path) -> None:
    put(
        survey,
        record(key="a", type="article", venue="J", doi="10.1000/1", url="https://openreview.net/forum?id=x"),
        record(
            key="b", doi="10.1000/1", arxiv_id="2401.00001", url="https://aclanthology.org/2024.acl-long.1"
        ),
        record(key="c", doi="10.1000/1", arxiv_id="2401.00002"),
    )
    entry = works(survey)["a"]
    assert entry.arxiv_id == "2401.00001"
    assert set(entry.other_ids) == {"url:https://aclanthology.org/2024.acl-long.1"}
    # an arXiv id of its own contradicts the DOI
    (pair,) = rows(survey, MAYBE_DUPLICATES)
    assert (pair["a"], pair["b"]) == ("a", "c")
    assert "arXiv ids differ" in pair["why"]


def test_record_that_is_like_two_works_notes_the_pair(survey: Path) -> None:
    put(
        survey,
        record(key="a", arxiv_id="2401.00001"),
        record(key="b", title="Wholly other words", doi="10.1000/1"),
    )
    put(survey, {"title": TITLE, "arxiv_id": "2401.00001", "doi": "10.1000/1"}, name="b.jsonl")
    assert [(p["a"], p["b"]) for p in rows(survey, MAYBE_DUPLICATES)] == [("a", "b")]


# --- twice, changed, dry ------------------------------------------------------------------------------------


def test_same_file_twice_changes_nothing(survey: Path) -> None:
    file = jsonl(
        survey.parent, record(key="a"), record(key="b", arxiv_id="2401.00001"), "{", record(title="Other one")
    )
    abstracts = jsonl(survey.parent, {"key": "b", "abstract": "Words."}, name="abs.jsonl")
    first = add(survey, file, abstracts=abstracts)
    before = state(survey)
    again = add(survey, file, abstracts=abstracts)
    assert state(survey) == before
    assert (again.search, again.known, again.new, again.merged, again.changed) == (first.search, 3, 0, 0, ())
    assert len(again.unreadable) == 1
    assert again.rows == again.known + len(again.unreadable)


def test_changed_file_is_a_new_search_whose_known_records_merge(survey: Path) -> None:
    put(survey, record(key="a", title="Brief"), "{")
    report = put(survey, record(key="a", title="Brief"), record(key="b", title="Quite another"))
    assert (report.search, report.new, report.merged) == ("s02-list", 1, 1)
    assert "same record as in s01-list" in merged(report)[0].why
    assert sorted(works(survey)) == ["a", "b"]


def test_dry_run_reports_the_same_and_writes_nothing(survey: Path) -> None:
    put(survey, record(key="a"))
    file = jsonl(
        survey.parent, record(key="b", arxiv_id="2401.00001"), record(title="Another thing"), name="b.jsonl"
    )
    before = {p: p.read_bytes() for p in survey.rglob("*") if p.is_file()}
    dry = add(survey, file, dry_run=True)
    assert {p: p.read_bytes() for p in survey.rglob("*") if p.is_file()} == before
    assert add(survey, file) == dry
    assert dry.changed


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(6)))
def test_number_of_works_does_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    root = tmp_path_factory.mktemp("s") / "survey"
    (root / "corpus").mkdir(parents=True)
    held = [
        record(key="a"),
        record(key="b", arxiv_id="2401.00001", year=2023),
        record(key="c", doi="10.1000/1", type="article", venue="J"),
        record(key="d", title="Some other thing that is here", doi="10.1000/2"),
        record(key="e", title="Some other THING that is here", authors=[]),
        record(key="f", title="Third work, unlike the others in every word", authors=["Ray, Ann"]),
    ]
    report = put(root, *(held[i] for i in order))
    assert (report.new, report.merged, report.maybe) == (3, 2, 1)


# --- abstracts ----------------------------------------------------------------------------------------------


def test_abstracts_join_by_key_id_or_address_and_fill_facts(survey: Path) -> None:
    file = jsonl(
        survey.parent,
        record(key="a"),
        record(key="a2", arxiv_id="2401.00001"),  # becomes a
        {"title": "A thing without anybody", "arxiv_id": "2402.00002", "type": "preprint", "venue": "X"},
        {"title": "A page with its address", "url": "https://example.org/page"},
    )
    abstracts = jsonl(
        survey.parent,
        {"key": "a2", "abstract": "First."},
        {
            "arxiv_id": "2402.00002v1",
            "abstract": "Second.",
            "authors": ["Ono, Ken"],
            "venue": "Y",
            "year": 2024,
        },
        {"url": "https://example.org/page", "abstract": "Third.", "year": 2021},
        {"key": "nobody", "abstract": "Fourth."},
        '{"key": "a"',
        {"key": "a", "abstract": "Another edition."},
        name="abs.jsonl",
    )
    report = add(survey, file, abstracts=abstracts)
    joined = report.abstracts
    assert joined is not None
    assert (joined.joined, joined.already, joined.filled) == (3, 1, 2)
    assert [(f.line, f.key) for f in joined.unmatched] == [(4, "nobody")]
    assert [f.line for f in joined.unreadable] == [5]
    held = texts.abstracts(survey)
    assert {k: t.body for k, t in held.items() if k in ("a", "arxiv-2402.00002")} == {
        "a": "First.",
        "arxiv-2402.00002": "Second.",
    }
    entry = works(survey)["arxiv-2402.00002"]
    assert (entry.authors, entry.venue, entry.year) == (("Ono, Ken",), "X", 2024)
    assert {r["verified"] for r in rows(survey, RECORDS)} == {"yes"}
    assert len(rows(survey, HITS)) == 4
    before = state(survey)
    add(survey, file, abstracts=abstracts)
    assert state(survey) == before


def test_abstracts_alone_and_later(survey: Path) -> None:
    put(survey, {"title": TITLE, "key": "a"})
    assert rows(survey, RECORDS)[0]["verified"] == "no"
    file = jsonl(survey.parent, {"key": "a", "title": TITLE, "abstract": "Words."}, name="abs.jsonl")
    dry = add_abstracts(survey, file, dry_run=True)
    assert texts.abstracts(survey) == {}
    report = add_abstracts(survey, file)
    assert report == dry
    assert (report.joined, report.filled, len(report.unmatched)) == (1, 0, 0)
    row = rows(survey, RECORDS)[0]
    assert (row["verified"], row["text_sha256"]) == ("yes", texts.abstracts(survey)["a"].digest)
    assert add_abstracts(survey, file).changed == ()


def test_abstract_under_a_key_that_means_another_title_is_not_joined(survey: Path) -> None:
    put(survey, record(key="a"))
    file = jsonl(survey.parent, {"key": "a", "title": "Chinese medicine", "abstract": "X."}, name="abs.jsonl")
    assert [f.key for f in add_abstracts(survey, file).unmatched] == ["a"]


def test_abstract_of_a_bibtex_entry_goes_to_the_cache_only(survey: Path) -> None:
    file = survey.parent / "x.bib"
    file.write_text("@article{a, title={A long enough title}, abstract={A 5% effect.}, author={Li, Wei}}")
    add(survey, file)
    assert texts.abstracts(survey)["a"].body == "A 5% effect."
    assert b"effect" not in (survey / "corpus/papers.bib").read_bytes()


# --- refusals and accidents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.docx", b"x", "unknown kind of file"),
        ("x.bib", b"<html>no entries</html>", "no record in it"),
        ("x.jsonl", None, "cannot be read"),
        ("x.jsonl", '{"title": "A"}'.encode("utf-16-le"), "not text"),
        ("x.jsonl", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text"),
    ],
)
def test_file_that_cannot_be_read_at_all_is_refused(
    survey: Path, name: str, data: bytes | None, words: str
) -> None:
    file = survey.parent / name
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(Refused, match=words):
        add(survey, file)
    assert state(survey) == {}


def test_empty_file_is_added_with_a_warning(survey: Path) -> None:
    report = put(survey)
    assert (report.rows, [w.warning for w in report.warnings]) == (0, [True])


def test_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such folder"):
        put(tmp_path / "nowhere", record())
    assert not (tmp_path / "nowhere").exists()


def test_corpus_with_faults_is_not_written_to(survey: Path) -> None:
    put(survey, record(key="a"))
    papers = survey / "corpus/papers.bib"
    papers.write_text(papers.read_text("utf-8") + "\n@misc{hand,\n  title = {By hand},\n}\n", "utf-8")
    before = state(survey)
    with pytest.raises(Refused, match=r"papers\.bib:\d+: hand: is not in corpus/records\.csv"):
        put(survey, record(title="Another thing"), name="b.jsonl")
    papers.write_text(papers.read_text("utf-8").replace("title = {By", "title = {{By"), "utf-8")
    with pytest.raises(Refused, match="never closed"):
        put(survey, record(title="Another thing"), name="b.jsonl")
    assert {k for k in before if state(survey)[k] != before[k]} == {"corpus/papers.bib"}


CHILD = """
import os, signal, sys
from pathlib import Path
kind, count = sys.argv[1], int(sys.argv[2])
root, file, abstracts = map(Path, sys.argv[3:])
from workbench.doors.adding import add
import workbench.doors.sources.jsonlines
if kind == "full":
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))
else:
    from workbench.store.journal import COMMIT, journal_of
    journal, met = str(journal_of(root)), 0
    def kill(event, args):
        global met
        opened = event == "open" and (str(args[0]).startswith(journal) or str(args[0]).endswith(".staged"))
        if event == "os.rename" or opened:
            met += 1
            if kind == "told":
                print("commit" if event == "os.rename" and str(args[1]).endswith(COMMIT) else event)
            elif met == count:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(kill)
add(root, file, abstracts=abstracts)
"""


def child(kind: str, count: int, root: Path, file: Path, abstracts: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, kind, str(count), str(root), str(file), str(abstracts)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
        timeout=60,
    )


def test_killed_add_leaves_all_old_or_all_new(survey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    put(survey, record(key="a"))
    file = jsonl(survey.parent, record(key="b", title="A new thing to be added"), name="b.jsonl")
    abstracts = jsonl(survey.parent, {"key": "b", "abstract": "Words."}, name="abs.jsonl")

    def copy(name: str) -> Path:
        return Path(shutil.copytree(survey, survey.parent / name))

    # An add that nobody stops says at which events another could be killed, and which of them is the moment of writing.
    told = child("told", 0, copy("told"), file, abstracts)
    assert told.returncode == 0, told.stderr
    events = told.stdout.split()
    moment = events.index("commit") + 1
    assert moment > 6
    assert len(events) > moment + 6
    old = state(survey)
    for count in sorted({1, 2, moment // 2, moment - 1, moment, moment + 1, moment + 3, len(events)}):
        root = copy(f"killed-{count}")
        ended = child("kill", count, root, file, abstracts)
        assert ended.returncode == -9, ended.stderr
        files.recover(root)
        after = state(root)
        report = add(root, file, abstracts=abstracts)
        new = state(root)
        # the event is announced before it happens: killed at the moment of writing, nothing was written
        assert after == (new if count > moment else old), (count, events)
        assert (report.known == 1) == (count > moment)
        assert old != new


def test_full_disk_leaves_everything_old(survey: Path) -> None:
    put(survey, record(key="a"))
    file = jsonl(
        survey.parent, *(record(title=f"Thing number {i} of many things") for i in range(60)), name="b.jsonl"
    )
    abstracts = jsonl(survey.parent, name="abs.jsonl")
    old = state(survey)
    ended = child("full", 4000, survey, file, abstracts)
    assert ended.returncode == 1
    assert "File too large" in ended.stderr
    assert state(survey) == old
    add(survey, file)
    assert len(rows(survey, HITS)) == 61


# --- identity -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2306.10010", "2306.10010"),
        ("arXiv:2306.10010v2 [cs.CL]", "2306.10010"),
        ("https://arxiv.org/abs/2306.10010v1", "2306.10010"),
        ("https://arxiv.org/pdf/2306.10010.pdf", "2306.10010"),
        ("10.48550/arXiv.2306.10010", "2306.10010"),
        ("https://doi.org/10.48550/ARXIV.2306.10010", "2306.10010"),
        ("cs.LG/0112017v1", "cs/0112017"),
        ("cs/0112017v1", "cs/0112017"),
        ("2399.10010", ""),
        ("10.1000/2306.10010", ""),
        ("", ""),
    ],
)
def test_arxiv_id(text: str, expected: str) -> None:
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://dx.doi.org/10.1000/ABC.1.", "10.1000/abc.1"),
        ("doi:10.1000/a(b)c", "10.1000/a(b)c"),
        ("(10.1000/abc)", "10.1000/abc"),
        ("10.1000%2Fabc", "10.1000/abc"),
        ("10.48550/arXiv.2306.10010", ""),
        ("none", ""),
    ],
)
def test_doi(text: str, expected: str) -> None:
    assert doi(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://aclanthology.org/2022.acl-long.1/", "https://www.aclweb.org/anthology/2022.acl-long.1.pdf"),
        ("https://openreview.net/forum?id=abc", "https://openreview.net/pdf?id=abc"),
        (
            "https://papers.nips.cc/paper/2022/hash/" + "0" * 32 + "-Abstract.html",
            "https://proceedings.neurips.cc/paper_files/paper/2022/file/" + "0" * 32 + "-Paper.pdf",
        ),
        ("https://proceedings.mlr.press/v97/a19b.html", "http://proceedings.mlr.press/v97/a19b/a19b.pdf"),
        ("https://www.lesswrong.com/posts/abc/title", "https://www.alignmentforum.org/posts/abc/another"),
    ],
)
def test_one_work_at_two_addresses(one: str, other: str) -> None:
    assert stable(one) == stable(other) != ""


@pytest.mark.parametrize(
    "url", ["https://github.com/x/y", "https://livebench.ai", "https://neurips.cc", "x", "http://["]
)
def test_unstable_addresses_identify_nothing(url: str) -> None:
    assert stable(url) == ""


def test_address_is_safe_in_a_file() -> None:
    assert address("https://a.org/{x}\\y z") == "https://a.org/%7Bx%7D%5Cy%20z"
    assert address("https://img.shields.io/badge") == address("mailto:x") == ""


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[ICLR'24] A title of some length", "A title of some length"),
        ("A title of some length (SafeDecoding)", "A title of some length"),
        ("A title of some length (Anthropic) 🔥", "A title of some length"),
        ("(Im)possibility of detecting", "(Im)possibility of detecting"),
        ("Short (x)", "Short (x)"),
    ],
)
def test_trimmings_of_reading_lists(title: str, expected: str) -> None:
    assert bare_title(title) == expected


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (["Núñez, José"], ["Nunez, J."], True),
        (["Li, Wei"], ["Wei, Li"], True),
        (["Li, Wei"], ["Ono, Ken"], False),
        (["Li, Wei", "Ono, Ken", "Ray, A"], ["Ono, K.", "Ray, Ann"], False),
        (["others"], ["Ono, Ken"], None),
        ([], [], None),
        (["Søgaard, A"], ["Sogaard, Anders"], True),
    ],
)
def test_authors_agree(one: list[str], other: list[str], agree: bool | None) -> None:
    assert first_agrees(one, other) is agree
    assert first_agrees(other, one) is agree


ENTRIES = st.builds(
    lambda title, authors, year, arxiv, name: Entry(
        "", "misc", title, tuple(authors), year, "", name, arxiv, ""
    ),
    st.sampled_from(
        [TITLE, TITLE.upper(), TITLE + ": More", "Other words", "Other word", f"[X] {TITLE}", "a"]
    ),
    st.lists(st.sampled_from(["Li, Wei", "Ono, Ken", "Ray, Ann", "others"]), max_size=3),
    st.sampled_from([None, 2019, 2023, 2024]),
    st.sampled_from(["", "2401.00001", "2401.00002"]),
    st.sampled_from(["", "10.1000/1", "10.1000/2"]),
)


@given(ENTRIES, ENTRIES)
def test_comparing_is_symmetric(a: Entry, b: Entry) -> None:
    assert compare(a, b).kind == compare(b, a).kind


@given(ENTRIES, ENTRIES)
def test_merging_loses_no_identifier_and_no_first_author(a: Entry, b: Entry) -> None:
    from workbench.doors.identifiers import identifiers

    merged = merge(a, b)
    assert identifiers(merged) == identifiers(a) | identifiers(b)
    assert (merged.key, merged.title) == (a.key, a.title)
    if a.authors and a.authors[0] != "others":
        assert merged.authors[0] == a.authors[0]
    assert merge(merged, b) == merged


@given(st.lists(ENTRIES, max_size=12))
def test_finder_misses_no_pair_of_equal_titles(held: list[Entry]) -> None:
    found = Finder(held, len(held)).pairs()
    for later, one in enumerate(held):
        for earlier in range(later):
            if fold(one.title) == fold(held[earlier].title) and len(fold(one.title)) > 3:
                assert found[later][earlier] == 100.0


def test_finder_names_pairs_with_incoming_records_only() -> None:
    held = [Entry("", "misc", TITLE)] * 3
    assert {k: sorted(v) for k, v in Finder(held, 1).pairs().items()} == {2: [0, 1]}


def test_first_public() -> None:
    assert first_public("2024", 2023, None, arxiv=["2212.00001", "cs/9901001"]) == "1999"
    assert first_public(None, "") == ""


def test_what_a_scraper_left_is_no_title_and_gives_way_to_one(survey: Path) -> None:
    scraped = "zoom:100%; vertical-align: middle"
    first = put(
        survey,
        record(title=scraped, authors=[], arxiv_id="2104.05861"),
        record(title=scraped, authors=[], arxiv_id="2302.10198"),
    )
    assert (first.new, first.merged, first.maybe) == (2, 0, 0)
    assert [f.message for f in first.warnings] == [
        "title holds a piece of a web page (2 records, at lines 1, 2)"
    ]
    again = put(survey, record(arxiv_id="2104.05861"), name="mended.jsonl")
    assert (again.new, again.merged) == (0, 1)
    titles = {e.key: e.title for e in read_papers(survey, [])}
    assert titles == {"arxiv-2104.05861": TITLE, "arxiv-2302.10198": scraped}


@pytest.mark.parametrize(
    "title",
    [
        "Judges; rewards: a survey",
        "GPT-4: fast; cheap",
        "A < B: on ordering",
        "Alignment: what; why: a review of [images]",
        TITLE,
    ],
)
def test_a_title_with_colons_and_semicolons_is_a_title(title: str) -> None:
    assert not is_markup(title)


def test_merge_authors_keeps_the_first_list_when_they_disagree() -> None:
    assert merge_authors(["Li, Wei"], ["Ono, Ken", "Li, Wei"]) == ("Li, Wei",)
    assert merge_authors(["Li, Wei", "Ono, Ken"], ["Li, W.", "Ray, A", "Bo, C"]) == ("Li, Wei", "Ono, Ken")
    assert merge_authors((), ["Li, Wei"]) == ("Li, Wei",)
    assert merge_authors(["Li, Wei"], ()) == ("Li, Wei",)


def test_facts_find_identifiers_wherever_they_hide() -> None:
    entry = facts("k", "T", "", "", "https://doi.org/10.1609/AAAI.v36i4.20399")
    assert (entry.doi, entry.arxiv_id) == ("10.1609/aaai.v36i4.20399", "")
    assert facts("k", "T", "10.48550/arXiv.2306.10010", "", "").arxiv_id == "2306.10010"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"title": "word " * 40_000}, "cut a title of 199,999 characters"),
        ({"venue": "v" * 120_000}, "left out the field venue of 120,000 characters"),
        ({"url": "https://example.org/" + "u" * 120_000}, "left out the field url of 120,020 characters"),
        ({"authors": [f"Name{n}, Ann" for n in range(12_000)]}, "of 12000 authors"),
    ],
)
def test_a_field_that_no_file_holds_costs_the_field_and_not_the_file(
    survey: Path, cells: dict[str, object], told: str
) -> None:
    report = put(
        survey, record(), record(**{"title": "Another work on judges", **cells}), record(title="A third")
    )
    assert (report.new, report.unreadable) == (3, ())
    assert any(told in w.message for w in report.warnings), report.warnings
    held = works(survey).values()
    assert len(held) == 3 and all(len(e.title) < 1_100 for e in held)


def test_a_lookup_tells_facts_and_finds_nothing_again(survey: Path) -> None:
    cut = record(authors=["Müller, Eva", "others"], arxiv_id="2401.00001")
    put(survey, cut)
    whole, unknown = (
        record(arxiv_id="2401.00001"),
        record(title="A work that nobody had", arxiv_id="2402.00002"),
    )
    add(survey, jsonl(survey.parent, whole, unknown, name="facts.jsonl"), lookup=True)
    by_id = {e.arxiv_id: e.authors for e in read_papers(survey, [])}
    assert by_id["2401.00001"] == ("Müller, Eva", "Li, Wei")
    assert len(read_rows(survey, HITS.path, HITS, [])) == 3
    counted = standing(survey, "hits", [])
    assert sorted(h["search"] for h in counted) == [
        "s01-list",
        "s02-facts",
    ]  # the record that it brought is found
    [first, second] = read_searches(survey, [])
    assert (first.lookup, second.lookup) == (False, True)


def test_a_lookup_that_is_neither_true_nor_false_is_named(survey: Path) -> None:
    put(survey, record())
    path = survey / SEARCHES
    path.write_text(path.read_text("utf-8") + "  lookup: perhaps\n", "utf-8")
    faults: list[Fault] = []
    read_searches(survey, faults)
    assert "lookup is neither true nor false" in faults[0].message
