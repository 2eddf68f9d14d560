"""The screening widget, as its browser side speaks to it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from analysis.prioritisation import FEW
from tests.once import once
from workbench.doors.adjudication import adjudicate
from workbench.doors.sampling import sample
from workbench.doors.screening import screen
from workbench.store.corpus import stored
from workbench.store.faults import Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.schema import load_schema
from workbench.store.tables import MAYBE_DUPLICATES
from workbench.store.texts import ABSTRACTS, FULL_TEXTS, Text, abstracts_text
from workbench.widgets import screening as module
from workbench.widgets.screening import ScreeningWidget

PLAN = [
    ("include", "", ["llm-as-judge"], ""),
    ("exclude", "other-field", [], "A grid, not a judge."),
    ("unsure", "", ["reward-hacking"], "What is measured is not said."),
    ("exclude", "other-system", ["llm-as-judge", "reward-hacking"], ""),
    ("include", "", [], ""),
]


@pytest.fixture
@once
def drawn(survey: Path) -> Path:
    """The small survey with its first blocks drawn and a screening of another, who must stay unseen."""
    sample(survey)
    papers = [r["paper"] for r in stored(survey, "sample", [])]
    rows = [row(p, "exclude", "other-system", note="SECRET of the other") for p in papers[:6]]
    screen(survey, "pass-a", rows, run="run-of-the-other", batch="a batch")
    return survey


def row(paper: str, decision: str, reason: str = "", streams: str = "", note: str = "") -> Row:
    cells = {"paper": paper, "decision": decision, "reason": reason, "streams": streams, "note": note}
    return {**cells, "_line": "1", "_file": "rows.csv"}


class Browser:
    """Speaks to a widget as the page does."""

    def __init__(self, widget: ScreeningWidget) -> None:
        self.widget, self.n, self.answers = widget, 0, [""]
        self.state: dict[str, Any] = self("open")

    def __call__(self, name: str, **cells: Any) -> dict[str, Any]:
        self.n += 1
        answer = self.widget.act({"n": self.n, "view": "v", "name": name, **cells})
        self.answers.append(json.dumps(answer))
        self.faults, self.clash, self.state = answer["faults"], answer["clash"], answer["state"]
        return self.state

    def decide(self, decision: str, reason: str = "", streams: Any = (), note: str = "", **more: Any) -> str:
        paper = str(self.state["record"]["paper"])
        self(
            "decide",
            paper=paper,
            decision=decision,
            reason=reason,
            streams=";".join(streams),
            note=note,
            **more,
        )
        return paper


def contents(root: Path) -> dict[str, bytes]:
    found = sorted(p for p in (root / "corpus").rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


def test_five_decisions_are_the_bytes_that_the_command_writes(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, twin := tmp_path / "twin")
    browser = Browser(ScreeningWidget(drawn, "eva"))
    rows = []
    for decision, reason, streams, note in PLAN:
        paper = browser.decide(decision, reason, streams, note)
        assert browser.faults == []
        rows.append(row(paper, decision, reason, ";".join(streams), note))
    screen(twin, "eva", rows)
    assert contents(drawn) == contents(twin)
    assert browser.state["decided"] == 5
    assert browser.state["counts"] == {"include": 2, "exclude": 2, "unsure": 1}


def test_nothing_of_the_other_screener_reaches_the_browser_nor_is_opened(drawn: Path) -> None:
    (drawn / "corpus/screening/pass-a.csv").write_text("SECRET, and torn", "utf-8")
    browser = Browser(ScreeningWidget(drawn, "eva", "learner"))
    for _ in range(8):
        browser.decide("exclude", "other-field")
        assert browser.faults == []
        browser("suggest", paper=browser.state["record"]["paper"])
        browser("list", on=True)
    assert "SECRET" not in "".join(browser.answers)
    assert "pass-a" not in "".join(browser.answers)


def test_opening_writes_nothing_and_a_language_model_or_stranger_screens_elsewhere(drawn: Path) -> None:
    before = contents(drawn)
    for who, said in (
        ("", None),
        ("pass-a", "is a language model"),
        ("nobody", "is not among the coders"),
    ):
        state = Browser(ScreeningWidget(drawn, who)).state
        assert state["record"] is None
        assert state["people"] == [{"id": "eva", "name": "Eva"}]
        assert said is None or said in state["not_coder"]
    browser = Browser(ScreeningWidget(drawn))
    assert browser("coder", coder="eva")["record"]
    browser("order", order="random")
    assert contents(drawn) == before


def test_the_record_carries_what_a_screener_needs(drawn: Path) -> None:
    state = Browser(ScreeningWidget(drawn, "eva")).state
    record = state["record"]
    assert "its score went up" in record["abstract"]
    assert record["note"] == ""
    assert set(record["guessed"]) <= {"llm-as-judge", "reward-hacking"}
    rules = state["once"]
    assert [r["id"] for r in rules["reasons"]] == ["other-field", "other-system"]
    assert [s["id"] for s in rules["streams"]] == ["llm-as-judge", "reward-hacking"]
    assert rules["question"] == "Does it bear on a proxy?"


def test_without_the_cache_the_widget_says_so_and_the_basis_is_the_title(drawn: Path) -> None:
    (drawn / ABSTRACTS).unlink()
    browser = Browser(ScreeningWidget(drawn, "eva"))
    assert browser.state["record"]["abstract"] == ""
    assert browser.state["record"]["note"] == "The abstract is not on this machine."
    browser.decide("exclude", "other-field", basis="title")
    assert stored(drawn, "screening", [], coder="eva")[0]["basis"] == "title"


def test_an_abstract_that_comes_while_the_widget_is_open_is_shown_on_looking_again(drawn: Path) -> None:
    (drawn / ABSTRACTS).rename(kept := drawn / "kept")
    browser = Browser(ScreeningWidget(drawn, "eva"))
    record = browser.state["record"]
    assert [value for value, _ in record["bases"]] == ["abstract", "title"]
    kept.rename(drawn / ABSTRACTS)
    record = browser("open")["record"]
    assert "its score went up" in record["abstract"]
    assert (record["note"], record["basis"], record["bases"]) == ("", "abstract", [])
    held = Text(record["paper"], "A title", "Another edition.")
    (drawn / ABSTRACTS).write_text(abstracts_text([held]), "utf-8")
    record = browser("open")["record"]
    assert (record["abstract"], record["bases"]) == ("Another edition.", [])
    assert "another edition" in record["note"]


def test_possible_duplicates_are_shown_decided_or_not(drawn: Path) -> None:
    paper = Browser(ScreeningWidget(drawn, "eva")).state["record"]["paper"]
    pairs = []
    for other, decision in (("p59", ""), ("p60", "different")):
        a, b = sorted((paper, other))
        pair = {"a": a, "b": b, "score": "97.0", "why": "titles alike", "decision": decision}
        pairs.append({**dict.fromkeys(("by", "note", "at"), ""), **pair})
    with writing(drawn):
        replace_all(drawn, {MAYBE_DUPLICATES.path: rows_text(MAYBE_DUPLICATES, pairs)})
    shown = Browser(ScreeningWidget(drawn, "eva")).state["record"]["duplicates"]
    assert [(d["paper"], d["settled"], d["drawn"]) for d in shown] == [
        ("p59", "", False),
        ("p60", "different", False),
    ]


def test_going_back_changes_nothing_until_decided_anew_which_is_a_new_revision(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva"))
    first = browser.decide("include", streams=["llm-as-judge"])
    second = browser.decide("exclude", "other-field")
    third = browser.state["record"]["paper"]
    before = contents(drawn)
    # Within one second (the epoch is fixed) the order of the two is not known: both are met going back.
    back = [browser("back")["record"]["paper"], browser("back")["record"]["paper"]]
    assert sorted(back) == sorted([first, second])
    browser("back")
    assert "nothing was decided before this" in browser.faults[0]
    assert contents(drawn) == before
    assert browser("on")["record"]["paper"] == third
    browser("show", paper=first)
    assert browser.state["record"]["mine"]["decision"] == "include"
    assert browser.state["record"]["mine"]["streams"] == ["llm-as-judge"]
    browser.decide("exclude", "other-system")
    rows = [r for r in stored(drawn, "screening", [], coder="eva") if r["paper"] == first]
    assert [(r["revision"], r["decision"]) for r in rows] == [("1", "include"), ("2", "exclude")]
    assert browser.state["record"]["paper"] == third
    assert browser.state["decided"] == 2


def test_what_the_door_refuses_is_told_and_nothing_is_written(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva"))
    before, paper = contents(drawn), browser.state["record"]["paper"]
    browser.decide("exclude")
    assert "unknown reason of exclusion" in browser.faults[0]
    words = " ".join(browser.state["record"]["abstract"].split()[:10])
    browser.decide("include", note=words)
    assert "the note quotes the text" in browser.faults[0]
    browser("show", paper="p60")
    assert "not in the sample" in browser.faults[0]
    assert contents(drawn) == before
    assert browser.state["record"]["paper"] == paper


def test_a_decision_changed_on_disk_meanwhile_is_shown_and_not_overwritten(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva"))
    paper = browser.state["record"]["paper"]
    papers = [r["paper"] for r in stored(drawn, "sample", [])]
    other = next(p for p in papers if p != paper)
    screen(drawn, "eva", [row(paper, "exclude", "other-field"), row(other, "include")])
    before = contents(drawn)
    browser.decide("include", streams=["llm-as-judge"])
    assert contents(drawn) == before
    (shown,) = browser.clash["rows"]
    assert (shown["shown"], shown["disk"]["decision"]) == (None, "exclude")
    assert browser.clash["mine"]["decision"] == "include"
    mine = {k: v for k, v in browser.clash["mine"].items() if k != "name"}
    browser("decide", **mine, over=True)
    rows = {(r["paper"], r["revision"]): r["decision"] for r in stored(drawn, "screening", [], coder="eva")}
    assert rows == {(paper, "1"): "exclude", (paper, "2"): "include", (other, "1"): "include"}


def test_another_row_changed_on_disk_is_kept_and_no_hindrance(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva"))
    paper = browser.state["record"]["paper"]
    other = next(r["paper"] for r in stored(drawn, "sample", []) if r["paper"] != paper)
    screen(drawn, "eva", [row(other, "include")])
    browser.decide("exclude", "other-field")
    assert (browser.faults, browser.clash) == ([], None)
    assert {r["paper"] for r in stored(drawn, "screening", [], coder="eva")} == {paper, other}


def test_the_learner_is_asked_for_speaks_late_and_then_orders(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEW", 2)
    browser = Browser(ScreeningWidget(drawn, "eva"))
    browser.decide("include")
    assert browser("suggest", paper=browser.state["record"]["paper"])["suggestion"]["why"].startswith(
        "Too few"
    )
    for decision, reason in (("exclude", "other-field"), ("exclude", "other-field"), ("include", "")):
        browser.decide(decision, reason)
        assert browser.state["suggestion"] is None
    told = browser("suggest", paper=browser.state["record"]["paper"])["suggestion"]
    assert 0 < told["score"] < 1
    assert 1 <= told["rank"] <= told["of"] == browser.state["drawn"] - 4
    assert (told["included"], told["excluded"], told["own"]) == (2, 2, False)
    shown = browser("order", order="learner")["record"]["paper"]
    assert browser("suggest", paper=shown)["suggestion"]["rank"] == 1


def test_an_order_that_is_none_is_refused(drawn: Path) -> None:
    with pytest.raises(Refused, match="unknown order 'luck'"):
        ScreeningWidget(drawn, "eva", "luck")


def test_what_the_criteria_speak_of_is_told_with_them(drawn: Path) -> None:
    told = Browser(ScreeningWidget(drawn, "eva")).state["once"]
    schema = load_schema(drawn)
    assert [(t["id"], t["text"]) for t in told["levels"]] == [(t.id, t.definition) for t in schema.levels]
    assert [(m["name"], m["text"], m["side"]) for m in told["modes"]] == [
        (c.name, c.definition, c.side) for c in schema.failure_modes
    ]
    assert told["few"] == FEW


def test_nothing_that_a_widget_keeps_with_the_notebook_holds_a_text(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva"))
    assert "its score went up" in browser.answers[-1]
    kept = json.dumps(browser.widget.get_state(), default=str)
    assert "_esm" in kept
    assert "its score went up" not in kept
    assert browser.state["record"]["paper"] not in kept


def test_recall_is_told_from_the_file_after_a_restart(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva", "random"))
    assert browser.state["recall"]["note"] == "nothing found yet"
    for n in range(8):
        browser.decide(*(("include",) if n < 2 else ("exclude", "other-field")))
    told = browser.state["recall"]
    left = browser.state["drawn"] - 8
    assert (told["run"], told["left"], told["dry"]) == (8, left, 6)
    assert told["low"] < told["value"] == 2 / (2 + left * 2 / 8)
    assert told["low"] < told["value"] < told["high"] <= 1
    again = Browser(ScreeningWidget(drawn, "eva", "random")).state
    assert again["recall"] == told
    assert again["record"]["paper"] == browser.state["record"]["paper"]


def test_reading_in_another_order_is_no_estimate_of_recall(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1795500000 + n))
        browser = Browser(ScreeningWidget(drawn, "eva", "random"))
        line = browser.widget._lined_up(
            [p for p in browser.widget._drawn() if p not in browser.widget._read()],
            browser.widget._schema(),
            {},
        )
        browser("show", paper=line[-1])
        browser.decide("include")
    told = browser.state["recall"]
    assert (told["run"], told["value"], told["note"]) == (0, None, "nothing read at random yet")
    assert (
        f"If the next {told['more']} of the {told['left']} left are all out, 95% is found" in told["advice"]
    )


def test_when_all_is_decided_recall_is_known_and_there_is_no_record(drawn: Path) -> None:
    browser = Browser(ScreeningWidget(drawn, "eva", "random"))
    for n in range(browser.state["drawn"]):
        browser.decide(*(("include",) if n % 3 == 0 else ("exclude", "other-field")))
    state = browser.state
    assert state["record"] is None
    assert state["decided"] == state["drawn"]
    assert (state["recall"]["value"], state["recall"]["advice"]) == (1.0, "Every drawn record is decided.")
    assert browser("back")["record"]["mine"]


def test_the_time_left_is_told_after_three_decisions(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 15))
    monkeypatch.setattr(module, "monotonic", lambda: float(next(clock)))
    browser = Browser(ScreeningWidget(drawn, "eva"))
    for n in range(3):
        assert browser.state["seconds"] is None, n
        browser.decide("exclude", "other-field")
    assert browser.state["seconds"] == 15
    assert browser.state["minutes_left"] == pytest.approx((browser.state["drawn"] - 3) * 15 / 60)


def test_a_survey_without_a_sample_has_nothing_to_show(survey: Path) -> None:
    state = Browser(ScreeningWidget(survey, "eva", "learner")).state
    assert (state["drawn"], state["record"]) == (0, None)


def test_the_page_shows_a_sentence_where_no_widget_can_be(drawn: Path) -> None:
    bundle = ScreeningWidget(drawn, "eva")._repr_mimebundle_()
    assert "screening widget stands here" in bundle["text/plain"]


def test_the_measured_error_of_the_rule_is_told_as_the_simulation_found_it(drawn: Path) -> None:
    told = Browser(ScreeningWidget(drawn, "eva")).state["once"]
    said = (Path(__file__).parents[1] / told["measured_in"]).read_text("utf-8")
    missed = re.search(r"target was missed in ([\d.]+%) of runs with the random check after 10 out", said)
    rows = re.findall(r"^\| random check after 10 out in a row \|.*?\| ([\d.]+) \(", said, re.MULTILINE)
    runs = re.search(r"seed \d+: (\d+) runs a setting", said)
    assert missed
    assert runs
    assert f"in {missed[1]} of runs" in told["measured"]
    assert f"Simulated {len(rows) * int(runs[1])} times" in told["measured"]
    low, high = (f"{float(x):.0%}" for x in (min(rows), max(rows)))
    assert f"when {low} to {high} of the records were read" in told["measured"]


# --- full texts ----------------------------------------------------------------------------------------------

FULL = "full-text"


@pytest.fixture
@once
def taken_in(survey: Path) -> Path:
    """Of six drawn records p, two took in 0, 1 and 2, differ on 3 (a ruling: in), 4 was out, 5 was read by one."""
    sample(survey)
    p = [r["paper"] for r in stored(survey, "sample", [])][:6]
    secret = {"note": "SECRET of the other"}
    screen(
        survey,
        "pass-a",
        [row(k, "include", **secret) for k in (*p[:4], p[5], "p60")] + [row(p[4], "exclude", "other-field")],
        run="run-of-the-other",
        batch="a batch",
    )
    screen(
        survey,
        "eva",
        [row(k, "include", "", "llm-as-judge", "Mine.") for k in p[:3]]
        + [row(p[3], "exclude", "other-field"), row(p[4], "exclude", "other-field")],
    )
    ruling = {
        "paper": p[3],
        "facet": "screening",
        "code": "title-abstract",
        "chosen": "new",
        "state": "include",
    }
    adjudicate(
        survey,
        "pass-b",
        [{**ruling, "rationale": "SECRET of the third.", "_line": "1", "_file": "rows.csv"}],
        run="run-of-the-third",
        batch="a batch",
    )
    (survey / FULL_TEXTS).mkdir(parents=True)
    body = (
        "An  introduction\nover two lines.\n\nA second paragraph, in which a zebra walks by unseen as ever.\n"
    )
    (survey / FULL_TEXTS / f"{p[0]}.txt").write_text(f"A title\n{body}", "utf-8")
    return survey


def six(root: Path) -> list[str]:
    return [r["paper"] for r in stored(root, "sample", [])][:6]


def full_rows(root: Path) -> list[Row]:
    return [r for r in stored(root, "screening", [], coder="eva") if r["stage"] == FULL]


def test_full_texts_are_screened_of_what_title_and_abstract_took_in_and_of_nothing_else(
    taken_in: Path,
) -> None:
    papers = six(taken_in)
    browser = Browser(ScreeningWidget(taken_in, "eva", stage=FULL))
    assert browser.state["drawn"] == 4
    seen = []
    for _ in range(4):
        record = browser.state["record"]
        seen.append(record["paper"])
        if record["paper"] == papers[0]:
            assert record["full"] == [
                "An introduction over two lines.",
                "A second paragraph, in which a zebra walks by unseen as ever.",
            ]
            assert (record["note"], record["basis"], record["bases"]) == ("", FULL, [])
            assert record["before"] == {
                "decision": "include",
                "reason": "",
                "note": "Mine.",
                "streams": ["llm-as-judge"],
            }
        else:
            assert record["full"] == []
            assert record["note"] == "The full text is not on this machine."
            assert "its score went up" in record["abstract"]
            assert record["basis"] == "abstract"
            assert [value for value, _ in record["bases"]] == [FULL, "abstract", "title"]
            assert record["full_file"] == f".cache/texts/full/{record['paper']}.txt"
        assert browser.state["recall"] is None
        browser.decide("exclude", "other-field", basis=record["basis"])
        assert browser.faults == []
    assert sorted(seen) == sorted(papers[:4])
    assert browser.state["record"] is None
    assert {r["paper"] for r in full_rows(taken_in)} == set(papers[:4])
    browser("show", paper=papers[5])
    assert "is not in on title and abstract" in browser.faults[0]
    browser("suggest", paper=papers[0])
    browser("list", on=True)
    assert "SECRET" not in "".join(browser.answers)
    assert "pass-" not in "".join(browser.answers)


def test_full_text_decisions_are_the_bytes_that_the_command_writes(taken_in: Path, tmp_path: Path) -> None:
    shutil.copytree(taken_in, twin := tmp_path / "twin")
    browser = Browser(ScreeningWidget(taken_in, "eva", "random", FULL))
    rows = []
    for decision, reason, streams, note in PLAN[:3]:
        basis = browser.state["record"]["basis"]
        paper = browser.decide(decision, reason, streams, note, basis=basis)
        assert browser.faults == []
        rows.append({**row(paper, decision, reason, ";".join(streams), note), "stage": FULL, "basis": basis})
    screen(twin, "eva", rows)
    assert contents(taken_in) == contents(twin)
    assert len(full_rows(taken_in)) == 3
    # What was decided on title and abstract stands beside it.
    first = Browser(ScreeningWidget(taken_in, "eva")).state
    assert (first["decided"], first["counts"]["include"]) == (5, 3)
    again = browser("back")["record"]["paper"]
    browser.decide("include", streams=["llm-as-judge"], basis=FULL)
    assert [r["revision"] for r in full_rows(taken_in) if r["paper"] == again] == ["1", "2"]


def test_what_another_decides_on_the_full_text_does_not_reach_the_browser(taken_in: Path) -> None:
    before = Browser(ScreeningWidget(taken_in, "eva", stage=FULL)).state["record"]["paper"]
    said = {**row(before, "exclude", "other-system", note="SECRET"), "stage": FULL, "basis": FULL}
    # What was out stays out of the queue, whatever two say of its full text.
    out = {**row(six(taken_in)[4], "include"), "stage": FULL, "basis": FULL}
    screen(taken_in, "pass-a", [said, out], run="run-2", batch="a batch")
    screen(taken_in, "eva", [out])
    browser = Browser(ScreeningWidget(taken_in, "eva", stage=FULL))
    assert (browser.state["drawn"], browser.state["record"]["paper"]) == (4, before)
    assert "SECRET" not in "".join(browser.answers)


def test_who_joins_or_leaves_on_title_and_abstract_meanwhile_is_seen(taken_in: Path) -> None:
    papers = six(taken_in)
    browser = Browser(ScreeningWidget(taken_in, "eva", stage=FULL))
    screen(taken_in, "eva", [row(papers[0], "exclude", "other-field"), row(papers[5], "include")])
    assert browser("open")["drawn"] == 4
    assert browser("show", paper=papers[5])["record"]["paper"] == papers[5]
    browser("show", paper=papers[0])
    assert "is not in on title and abstract" in browser.faults[0]


def test_a_note_that_quotes_the_full_text_is_refused(taken_in: Path) -> None:
    paper, before = six(taken_in)[0], contents(taken_in)
    browser = Browser(ScreeningWidget(taken_in, "eva", stage=FULL))
    browser("show", paper=paper)
    words = "second paragraph, in which a zebra walks by unseen"
    browser.decide("include", note=words, basis=FULL)
    assert "the note quotes the text" in browser.faults[0]
    assert contents(taken_in) == before


def test_a_stage_must_be_one_and_may_have_nothing_to_screen(drawn: Path) -> None:
    with pytest.raises(Refused, match="unknown stage 'full text'; one of title-abstract, full-text"):
        ScreeningWidget(drawn, "eva", stage="full text")
    state = Browser(ScreeningWidget(drawn, "eva", stage=FULL)).state
    assert (state["drawn"], state["record"]) == (0, None)
