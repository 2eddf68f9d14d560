"""Known-item recall: works of a list, looked up among the records, from real files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.recall import recall as counted
from analysis.recall import without_abstract
from tests.coded import fill
from workbench import open_survey
from workbench.doors.adding import add
from workbench.reading.recall import recall
from workbench.store.faults import Refused

RECORDS = [
    {
        "title": "How Judges Lean: A Study of Verdicts",
        "authors": ["Ames, Ada"],
        "year": 2024,
        "arxiv_id": "2401.00001",
    },
    {
        "title": "Scores That Leak",
        "authors": ["Bell, Bo"],
        "year": 2023,
        "doi": "10.1234/leak.5",
        "abstract": "It leaks.",
    },
    {"title": "Rewards and what becomes of them", "authors": [], "year": 2022},
]


@pytest.fixture
def held(survey: Path, tmp_path: Path) -> Path:
    fill(survey)
    file = tmp_path / "made-up.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in RECORDS), "utf-8")
    add(survey, file)
    return survey


def looked_up(root: Path, name: str, text: str) -> dict[str, str]:
    """Return work -> how it was found, or the empty string and what is nearest."""
    path = root.parent / name
    path.write_text(text, "utf-8")
    return {w.name: w.how if w.paper else f"not: {w.how}" for w in recall(root, path).works}


def test_a_plain_list_of_titles_and_identifiers(held: Path) -> None:
    text = """\
# what I know of
how judges lean \u2013 a study of verdicts
https://arxiv.org/abs/2401.00001v2
doi: 10.1234/LEAK.5
Rewards and what becomes of them
Rewards and what became of them
2209.99999
Tides of the northern sea
"""
    found = looked_up(held, "list.txt", text)
    assert found == {
        "how judges lean \u2013 a study of verdicts": "by title",
        "doi: 10.1234/LEAK.5": "by identifier",
        "Rewards and what becomes of them": "by title",
        "Rewards and what became of them": found["Rewards and what became of them"],
        "2209.99999": "not: ",
        "Tides of the northern sea": "not: ",
    }
    assert "nearest is" in found["Rewards and what became of them"]
    assert "Rewards and what becomes of them" in found["Rewards and what became of them"]


def test_a_bibliography_and_json_lines(held: Path) -> None:
    bib = """\
@article{a, title={Scores that {Leak}}, author={Bell, Bo}, year={2023}}
@misc{b, title={How Judges Lean}, author={Cole, Cy}, year={2019}}
@misc{c, title={How Judges Lean: A Study of Verdicts}, eprint={2401.00001}, archiveprefix={arXiv}}
"""
    found = looked_up(held, "list.bib", bib)
    assert found["Scores that Leak"] == "by title"
    assert found["How Judges Lean: A Study of Verdicts"] == "by identifier"
    assert found["How Judges Lean"].startswith("not: nearest is")
    lines = json.dumps({"title": "Rewards and What Becomes of Them", "authors": ["Dunn, Di"], "year": 2022})
    assert looked_up(held, "list.jsonl", lines + "\n{\n") == {"Rewards and What Becomes of Them": "by title"}


def test_an_identifier_of_another_title_is_told_not_believed(held: Path) -> None:
    line = json.dumps({"title": "Tides of the northern sea", "arxiv_id": "2401.00001"})
    found = looked_up(held, "list.jsonl", line)
    assert "its identifier is that of" in found["Tides of the northern sea"]


def test_what_is_told_counts_the_steps_of_this_list(held: Path, tmp_path: Path) -> None:
    papers = open_survey(held).papers
    inside, drawn = open_survey(held).screened, open_survey(held).sample
    kept = inside.loc[(inside["decision"] == "include") & inside["paper"].isin(drawn["paper"]), "paper"].iloc[
        0
    ]
    title = papers.set_index("paper").loc[kept, "title"]
    path = tmp_path / "list.txt"
    path.write_text(
        f"{title}\nScores That Leak\nRewards and what becomes of them\nTides of the sea\n", "utf-8"
    )
    result = recall(held, path)
    steps = dict(zip(result.table["step"], result.table["n"], strict=True))
    assert steps == {"records": 3, "abstract": 2, "drawn": 1, "screened": 1, "included": 1}
    told = list(result.lines())
    assert told[0] == "among the records: 3 of 4, 75% of this list (95% interval 30% to 95%)"
    assert told[-1] == "not among the records: list.txt:4: Tides of the sea"
    assert json.loads(json.dumps(result.as_json()))["recall"][0]["n"] == 3


def test_lists_that_cannot_be_read(held: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        recall(held, tmp_path / "none.txt")
    empty = tmp_path / "empty.txt"
    empty.write_text("# nothing\n\n", "utf-8")
    assert list(recall(held, empty).lines()) == ["no work in this list could be read"]
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"title": "Scores That Leak"}\n{"title": \n', "utf-8")
    result = recall(held, broken)
    assert [w.name for w in result.works] == ["Scores That Leak"]
    assert [f.line for f in result.unreadable] == [2]


def test_the_interval_is_wilson_s() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I: 81 of 263, 15 of 148, 0 of 20 (method 3).
    for n, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        matched = pd.DataFrame({"paper": ["p"] * n + [""] * (of - n)})
        papers = pd.DataFrame({"paper": ["p"], "text_sha256": [""]})
        none = pd.DataFrame({"stage": [], "paper": [], "decision": []}, dtype="str")
        row = counted(matched, papers, none, none).iloc[0]
        assert (round(row["low"], 4), round(row["high"], 4)) == (low, high)


def test_missing_abstracts_by_stream() -> None:
    papers = pd.DataFrame(
        {
            "grey": [False, False, False, True],
            "text_sha256": ["", "x", "", ""],
            "guessed_streams": [("a", "b"), ("a",), (), ("a",)],
        }
    )
    table = without_abstract(papers)
    assert table.to_dict("list") == {
        "group": ["", "a", "b", "all"],
        "records": [1, 2, 1, 3],
        "without": [1, 1, 1, 2],
        "share": [1.0, 0.5, 1.0, 2 / 3],
    }
