"""What widgets do in Python: what they send, what they keep, and what no kill and no second writer can lose."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.coded import WORDS, coded, keep, know, listed, mode, pressure, put, state, stream, whole
from tests.once import once
from tests.test_cli import contents
from tests.test_coding import aloof
from tests.test_notebooks import loads, survey_with
from workbench.doors.coding import code
from workbench.publishing.executing import execute, write_pages
from workbench.reading.status import status
from workbench.store.corpus import stored
from workbench.store.files import Row, writing
from workbench.store.survey import open_survey
from workbench.widgets.adjudication import AdjudicationWidget
from workbench.widgets.base import Widget, script, visible
from workbench.widgets.coding import CodingWidget
from workbench.widgets.screening import ScreeningWidget
from workbench.widgets.verification import VerificationWidget

Act = Callable[..., dict[str, Any]]
CELLS = {
    "level": "argues",
    "role": "own-result",
    "figure_seen": "no",
    "mitigates": "no",
    "note": "A claim.",
    "words": WORDS,
}


def acting(widget: Widget, view: str = "v") -> Act:
    """Return what sends numbered actions to a widget, and gives its answers."""
    count = 0

    def act(name: str, **cells: Any) -> dict[str, Any]:
        nonlocal count
        count += 1
        answer = widget.act({"n": count, "view": view, "name": name, **cells})
        json.dumps(answer)  # what cannot be sent is no answer
        return answer

    return act


@pytest.fixture
@once
def root(survey: Path) -> Path:
    """Three papers are in; eva and adam are human."""
    know(survey, "adam", "human")
    listed(survey, "p01", "p02", "p03")
    keep(survey, "p01", "p02", "p03")
    return survey


def eva(root: Path) -> Act:
    act = acting(CodingWidget(root, "eva"))
    act("open")
    return act


def rows_of(root: Path, coder: str) -> list[Row]:
    return stored(root, "codings", [], coder=coder)


def complete(act: Act) -> dict[str, Any]:
    act("set", facet="stream", code="llm-as-judge", state="present")
    act("set", facet="optimisation_pressure", code="training", state="present")
    return act("mode", code="judge-bias", cells=CELLS)


# ---- the base


def test_an_action_that_comes_twice_is_done_once(root: Path) -> None:
    widget = CodingWidget(root, "eva")
    acting(widget)("open")
    message = {
        "n": 2,
        "view": "v",
        "name": "set",
        "facet": "stream",
        "code": "llm-as-judge",
        "state": "present",
    }
    widget.act(message)
    before = state(root)
    assert widget.act(message)["faults"] == []
    assert state(root) == before


def test_what_goes_wrong_is_a_sentence(root: Path) -> None:
    act = eva(root)
    assert "no action" in act("nothing-like-it")["faults"][0]
    assert "KeyError" in act("set")["faults"][0]
    (root / "coding_schema/schema.yaml").write_text("version: [", "utf-8")
    answer = act("open")
    assert answer["state"] is None
    assert answer["faults"]
    assert "Traceback" not in json.dumps(answer)


def test_nothing_of_a_paper_is_a_trait_that_a_notebook_could_save(root: Path) -> None:
    widget = CodingWidget(root, "eva")
    acting(widget)("open")
    assert "proxy number" not in json.dumps(widget.get_state(), default=str)


def test_a_widget_tells_in_words_what_it_is_where_there_is_no_jupyterlab(root: Path) -> None:
    shown = CodingWidget(root)._repr_mimebundle_()
    assert "JupyterLab" in shown["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_data_never_becomes_markup() -> None:
    for name in ("coding", "verification"):
        text = script("fields", name)
        assert not [
            w
            for w in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
            if w in text
        ]
        assert "http://" not in text
        assert "import " not in text


# ---- coding


def test_every_change_is_in_the_file_when_it_is_answered(root: Path) -> None:
    act = eva(root)
    answer = act("set", facet="stream", code="llm-as-judge", state="present")
    assert answer["state"]["saved"].startswith("Saved")
    assert [(r["facet"], r["code"], r["confidence"]) for r in rows_of(root, "eva")] == [
        ("stream", "llm-as-judge", "sure")
    ]
    act("set", facet="stream", code="llm-as-judge", state="present", confidence="unsure")
    act("set", facet="stream", code="reward-hacking", state="no-information")
    assert [(r["state"], r["confidence"]) for r in rows_of(root, "eva")] == [
        ("present", "unsure"),
        ("no-information", "sure"),
    ]


def test_one_pressure_is_principal(root: Path) -> None:
    act = eva(root)
    for which in ("training", "selection"):
        act("set", facet="optimisation_pressure", code=which, state="present")
    assert {r["code"]: r["principal"] for r in rows_of(root, "eva")} == {"training": "yes", "selection": "no"}
    act("set", facet="optimisation_pressure", code="selection", state="present", principal="yes")
    assert {r["code"]: r["principal"] for r in rows_of(root, "eva")} == {"training": "no", "selection": "yes"}


def test_a_code_that_stands_alone_changes_place_with_another_after_the_sign_off(root: Path) -> None:
    aloof(root)
    act = eva(root)
    complete(act)
    act("sign")
    wanted = {"facet": "optimisation_pressure", "code": "selection", "state": "present"}
    assert "stands alone" in act("set", **wanted, revise=True)["faults"][0]
    alone = {"facet": "optimisation_pressure", "code": "training", "state": "withdrawn"}
    assert "has 0 code(s)" in act("set", **alone, revise=True)["faults"][0]
    # Said before anything is asked, with the way that works.
    refused = act("set", **alone)
    assert "Pressure has 0 code(s), 1 or more are asked for" in refused["faults"][0]
    assert "give the right one first" in refused["faults"][0]
    assert "Give it instead" in refused["faults"][0]
    assert refused["state"]["ask"] is None
    assert act("set", **wanted, instead=True)["state"]["ask"]["what"] == [
        "Pressure, Selection: coded, not coded until now",
        "Pressure, Training: taken back",
    ]
    assert act("set", **wanted, instead=True, revise=True)["faults"] == []
    held = {
        (r["code"], r["revision"]): (r["state"], r["principal"])
        for r in rows_of(root, "eva")
        if r["facet"] == "optimisation_pressure"
    }
    assert held == {
        ("selection", "2"): ("present", "yes"),
        ("training", "1"): ("present", "yes"),
        ("training", "2"): ("withdrawn", ""),
    }


def test_a_failure_mode_is_a_draft_until_nothing_is_missing(root: Path) -> None:
    act = eva(root)
    answer = act("mode", code="judge-bias", cells={"level": "argues"})
    card = answer["state"]["modes"]["judge-bias"]
    assert card["draft"]
    assert card["missing"] == [
        *("Role", "Words it rests on", "Note, in your own words"),
        *("A number for it in the text?", "A remedy for it offered?"),
    ]
    assert card["wrong"] == []
    assert rows_of(root, "eva") == []
    again = acting(CodingWidget(root, "eva"))("open")["state"]["modes"]["judge-bias"]
    assert again["cells"]["level"] == "argues"
    card = act("mode", code="judge-bias", cells=CELLS)["state"]["modes"]["judge-bias"]
    assert (card["draft"], card["saved"], card["missing"]) == (False, True, [])
    (row,) = rows_of(root, "eva")
    assert (row["level"], row["note"], row["locator"]) == ("argues", "A claim.", "abstract")


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"words": "its score went"}, "2 more words"),
        ({"words": "its score went down while the thing"}, "these do not stand in the text"),
        ({"note": "We say its score went up while the thing it stands for did not move"}, "quotes"),
        ({"level": "measures", "role": "background"}, "what others measured"),
        (
            {"mitigates": "yes", "role": "background"},
            "A remedy for it offered? with role 'background': a mitigation that counts is an own-result",
        ),
    ],
)
def test_a_draft_says_at_once_why_it_would_be_refused(root: Path, cells: dict[str, str], wrong: str) -> None:
    card = eva(root)("mode", code="judge-bias", cells={**CELLS, **cells})["state"]["modes"]["judge-bias"]
    assert wrong in " ".join(card["wrong"])
    assert (card["missing"], card["draft"]) == ([], True)
    assert rows_of(root, "eva") == []


@pytest.mark.parametrize(
    ("words", "until", "at", "instead"),
    [
        ("find that its score went down while the thing", "its score went", "down", "up while the"),
        ("Nowhere is this said", "", "Nowhere", ""),
        (f"{WORDS} it stands for did not move at all in 1 of our trials. And", "of our trials.", "And", ""),
    ],
)
def test_words_that_leave_the_text_are_told_where(
    root: Path, words: str, until: str, at: str, instead: str
) -> None:
    answer = eva(root)("mode", code="judge-bias", cells={"words": words}, typing=True)
    card = answer["state"]["modes"]["judge-bias"]
    assert card["place"] is None
    assert card["broken"] == {"until": until, "at": at, "instead": instead}
    card = eva(root)("mode", code="judge-bias", cells={"words": WORDS}, typing=True)["state"]["modes"]
    assert card["judge-bias"]["broken"] is None


def test_pasted_words_are_found_at_once_and_their_place_is_told(root: Path) -> None:
    answer = eva(root)(
        "mode", code="judge-bias", cells={"words": f"  {WORDS[:9]}\n{WORDS[9:]} "}, typing=True
    )["state"]
    start, end = answer["modes"]["judge-bias"]["place"]
    assert f"{answer['paper']['title']}\n\n{answer['paper']['body']}"[start:end] == WORDS
    assert answer["modes"]["judge-bias"]["cells"]["locator"] == "abstract"


def test_without_the_text_it_says_so_and_keeps_the_words(root: Path) -> None:
    (root / ".cache/texts/abstracts.jsonl").unlink()
    act = eva(root)
    answer = complete(act)
    assert not answer["state"]["paper"]["in_hand"]
    assert "not checkable" in answer["notes"][0]
    act("mode", code="judge-bias", cells={"level": "demonstrates"})
    assert [r["level"] for r in rows_of(root, "eva") if r["code"] == "judge-bias"] == ["demonstrates"]


def test_a_sign_off_is_refused_with_the_reason_and_then_done(root: Path) -> None:
    act = eva(root)
    assert "stream has 0 code(s)" in " ".join(act("sign")["faults"])
    complete(act)
    act("mode", code="reward-gaming", cells={})
    assert "draft is open: reward-gaming" in act("sign")["faults"][0]
    act("withdraw", code="reward-gaming")
    answer = act("sign")
    assert answer["faults"] == []
    assert answer["state"]["signed"]
    assert [r["paper"] for r in stored(root, "signoffs", [], coder="eva")] == ["p01"]
    assert act("go", step=1)["state"]["paper"]["key"] == "p02"


def test_a_change_after_the_sign_off_is_announced_and_a_new_row(root: Path) -> None:
    act = eva(root)
    complete(act)
    act("sign")
    before = state(root)
    change = {"facet": "stream", "code": "reward-hacking", "state": "present"}
    asked = act("set", **change)["state"]["ask"]
    assert "new row" in asked["text"]
    assert asked["what"] == ["Evidence stream, Rewards: coded, not coded until now"]
    assert state(root) == before
    act(**asked["message"], revise=True)
    assert [r["revision"] for r in rows_of(root, "eva") if r["code"] == "reward-hacking"] == ["2"]
    card = act("mode", code="judge-bias", cells={"level": "demonstrates"})["state"]["modes"]["judge-bias"]
    assert card["draft"]
    asked = act("mode", code="judge-bias", cells={}, commit=True)["state"]["ask"]
    assert asked["what"] == ["Failure mode, Judge bias: Level demonstrates instead of argues"]
    act(**asked["message"], revise=True)
    assert [(r["revision"], r["level"]) for r in rows_of(root, "eva") if r["code"] == "judge-bias"] == [
        ("1", "argues"),
        ("2", "demonstrates"),
    ]


def test_steps_are_taken_back_also_after_a_restart(root: Path) -> None:
    act = eva(root)
    complete(act)
    act("mode", code="judge-bias", cells={"level": "demonstrates"})
    act("withdraw", code="judge-bias")
    assert act("open")["state"]["modes"] == {}
    act = eva(root)
    assert act("undo")["state"]["modes"]["judge-bias"]["cells"]["level"] == "demonstrates"
    assert act("undo")["state"]["modes"]["judge-bias"]["cells"]["level"] == "argues"
    assert act("undo")["state"]["modes"] == {}
    act("undo")
    answer = act("undo")
    assert rows_of(root, "eva") == []  # nothing was signed off: what was taken back leaves no row
    assert answer["faults"] == []
    assert "nothing to take back" in act("undo")["faults"][0]


def test_no_information_is_neither_a_code_nor_its_absence(root: Path) -> None:
    act = eva(root)
    complete(act)
    answer = act("mode", code="reward-gaming", cells={}, state="no-information")
    assert answer["faults"] == []
    card = answer["state"]["modes"]["reward-gaming"]
    assert (card["state"], card["saved"], card["draft"]) == ("no-information", True, False)
    act("sign")
    card = act("mode", code="judge-bias", cells={}, state="no-information")["state"]["modes"]["judge-bias"]
    assert card["draft"]
    act("mode", code="judge-bias", cells={}, commit=True, revise=True)
    rows = [
        (r["code"], r["state"], r["revision"]) for r in rows_of(root, "eva") if r["facet"] == "failure_mode"
    ]
    assert rows == [
        ("judge-bias", "present", "1"),
        ("judge-bias", "no-information", "2"),
        ("reward-gaming", "no-information", "1"),
    ]


def test_a_changed_schema_is_told_and_the_old_version_no_longer_written(root: Path) -> None:
    act = eva(root)
    complete(act)
    path = root / "coding_schema/schema.yaml"
    path.write_text(path.read_text("utf-8").replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    answer = act("set", facet="stream", code="reward-hacking", state="present")
    assert answer["state"]["schema"] == "0.2"
    assert answer["state"]["once"]["codebook"]["facets"]
    assert {(r["schema"], r["code"]) for r in rows_of(root, "eva") if r["facet"] == "stream"} == {
        ("0.1", "llm-as-judge"),
        ("0.2", "reward-hacking"),
    }


def reworded(root: Path, version: str, old: str, new: str) -> None:
    """Change a wording of the schema under a new version."""
    path = root / "coding_schema/schema.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    before = text.splitlines()[0]
    path.write_text(text.replace(old, new).replace(before, f'version: "{version}"'), "utf-8")


OLD, NEW = "The judge prefers what is not better.", "The judge prefers what is worse."


def test_what_a_changed_wording_made_stale_comes_back_first_with_both_wordings(root: Path) -> None:
    coded(root, "eva", *whole("p02"), stream("p01"), pressure("p01"))
    reworded(root, "0.2", OLD, NEW)
    act = acting(CodingWidget(root, "eva"))
    answer = act("open")["state"]
    assert answer["queue"] == [("p02", "stale"), ("p01", "stale"), ("p03", "open")]
    assert (answer["paper"]["key"], answer["stale"]["version"]) == ("p02", "0.1")
    [part] = answer["stale"]["parts"]
    assert (part["part"], part["old"], part["new"]) == ("failure_mode judge-bias definition", OLD, NEW)
    assert part["said"] == ["judge-bias: present (argues)"]
    assert [r["code"] for r in answer["stale"]["gave"]] == ["judge-bias", "training", "llm-as-judge"]
    assert act("go", paper="p01")["state"]["stale"]["parts"][0]["said"] == ["judge-bias: absent"]
    act("go", paper="p02")
    complete(act)
    answer = act("sign")["state"]
    assert answer["stale"] is None
    assert dict(answer["queue"]) == {"p01": "stale", "p02": "signed", "p03": "open"}
    assert {r["schema"] for r in rows_of(root, "eva") if r["paper"] == "p02"} == {"0.1", "0.2"}


def test_a_change_of_words_only_brings_nothing_back(root: Path) -> None:
    coded(root, "eva", *whole("p02"))
    reworded(root, "0.2", OLD, NEW)
    (root / "coding_schema/cosmetic.yaml").write_text(
        '- {version: "0.2", part: failure_mode judge-bias definition, why: The same.}\n', "utf-8"
    )
    act = acting(CodingWidget(root, "eva"))
    answer = act("open")["state"]
    assert answer["queue"] == [("p01", "open"), ("p02", "holds"), ("p03", "open")]
    assert [act("go", step=1)["state"]["paper"]["key"] for _ in range(3)] == ["p03", "p01", "p03"]
    assert act("go", paper="p02")["state"]["stale"]["parts"] == []


def test_the_stale_codings_of_another_coder_come_back_to_nobody_else(root: Path) -> None:
    coded(root, "adam", *whole("p02", note="Adam thinks this."))
    reworded(root, "0.2", OLD, NEW)
    answer = acting(CodingWidget(root, "eva"))("open")
    assert [status for _, status in answer["state"]["queue"]] == ["open"] * 3
    assert "Adam thinks" not in json.dumps(answer)


def test_a_page_shows_the_words_that_stand_for_a_widget_and_nothing_is_written(tmp_path: Path) -> None:
    cell = "from workbench.widgets.coding import CodingWidget\nCodingWidget('..', 'nobody')"
    root = survey_with(tmp_path / "survey", code=[cell])
    before, cached = contents(root), sorted((root / ".cache").rglob("*"))
    (page,) = write_pages(execute(root), root / "out")
    text = page.read_text("utf-8")
    assert CodingWidget.fallback in text
    assert "widget-view" not in text
    assert loads(text) == []
    assert contents(root) == before
    assert sorted((root / ".cache").rglob("*")) == cached


def test_skipped_differs_from_begun_and_signed(root: Path) -> None:
    act = eva(root)
    act("skip")
    act("set", facet="stream", code="llm-as-judge", state="present")
    assert act("open")["state"]["queue"] == [("p01", "skipped"), ("p02", "begun"), ("p03", "open")]


def test_a_language_model_does_not_code_here(root: Path) -> None:
    answer = acting(CodingWidget(root, "pass-a"))("open")["state"]
    assert "command line" in answer["not_coder"]
    assert answer["paper"] is None
    assert [p["id"] for p in answer["people"]] == ["adam", "eva"]


# ---- blinding


def test_nothing_of_another_coder_is_sent_before_both_have_signed(root: Path) -> None:
    coded(root, "adam", *whole("p01", note="Adam thinks this."))
    act = eva(root)
    said = [act("open"), act("go", paper="p01"), complete(act), act("mode", code="reward-gaming", cells={})]
    said += [act("withdraw", code="reward-gaming"), act("undo"), act("withdraw", code="reward-gaming")]
    assert "Adam thinks" not in json.dumps(said)
    assert "demonstrates" not in json.dumps([a["state"]["modes"] for a in said])
    assert all(not a["state"]["others"] for a in said)
    answer = act("sign")["state"]
    assert [r["note"] for r in answer["others"]["adam"] if r["note"]] == ["Adam thinks this."]


def test_the_gate_opens_for_both_or_for_nobody(root: Path) -> None:
    put(root, "adam", *whole("p01"))
    coded(root, "eva", *whole("p01"))
    assert visible(root, "eva", "p01", "0.1", "abstract") == {}
    assert visible(root, "adam", "p01", "0.1", "abstract") == {}
    coded(root, "adam", *whole("p01"))
    assert list(visible(root, "adam", "p01", "0.1", "abstract")) == ["eva"]
    assert visible(root, "eva", "p02", "0.1", "abstract") == {}
    assert visible(root, "eva", "p01", "0.1", "full-text") == {}


def test_another_coders_file_is_not_even_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coded(root, "adam", *whole("p01"))
    opened: list[str] = []
    read = Path.read_bytes

    def noted(self: Path) -> bytes:
        opened.append(str(self))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", noted)
    act = eva(root)
    complete(act)
    assert any("codings/eva" in p for p in opened)
    assert not [p for p in opened if "codings/adam" in p]


# ---- files that change meanwhile


def test_a_row_that_changed_on_disk_is_not_overwritten_and_the_user_chooses(root: Path) -> None:
    act = eva(root)
    act("set", facet="stream", code="llm-as-judge", state="present")
    path = root / "corpus/codings/eva.csv"
    path.write_text(path.read_text("utf-8").replace(",sure,", ",unsure,"), "utf-8")
    before = state(root)
    wanted = {"facet": "stream", "code": "llm-as-judge", "state": "withdrawn"}
    answer = act("set", **wanted)
    (row,) = answer["clash"]["rows"]
    assert (row["shown"]["confidence"], row["disk"]["confidence"]) == ("sure", "unsure")
    assert answer["clash"]["mine"]["state"] == "withdrawn"
    assert answer["state"]["codes"]["stream"]["llm-as-judge"]["confidence"] == "unsure"
    assert state(root) == before
    assert act(**answer["clash"]["mine"])["clash"] is None
    assert rows_of(root, "eva") == []  # taken back before sign-off, as the user chose


def test_other_rows_that_changed_on_disk_are_kept(root: Path) -> None:
    act = eva(root)
    act("set", facet="stream", code="llm-as-judge", state="present")
    put(root, "eva", stream("p02"), pressure("p01"))
    answer = act("set", facet="stream", code="reward-hacking", state="present")
    assert answer["clash"] is None
    assert [(r["paper"], r["code"]) for r in rows_of(root, "eva")] == [
        ("p01", "training"),
        ("p01", "llm-as-judge"),
        ("p01", "reward-hacking"),
        ("p02", "llm-as-judge"),
    ]
    assert "changed on disk meanwhile (training)" in answer["notes"][0]


def test_a_sign_off_of_rows_that_changed_unseen_is_not_written(root: Path) -> None:
    act = eva(root)
    complete(act)
    put(root, "eva", stream("p01", "reward-hacking"))
    answer = act("sign")
    assert "changed on disk" in answer["faults"][0]
    assert stored(root, "signoffs", [], coder="eva") == []
    assert act("sign")["faults"] == []


WORKER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from workbench.widgets.coding import CodingWidget

    root, coder, *papers = sys.argv[1:]
    widget, n = CodingWidget(Path(root), coder), 0

    def act(name, **cells):
        global n
        n += 1
        return widget.act({"n": n, "view": "v", "name": name, **cells})

    act("open")
    print("ready", flush=True)
    sys.stdin.readline()
    for paper in papers:
        act("go", paper=paper)
        for facet, code in (("stream", "llm-as-judge"), ("optimisation_pressure", "training")):
            answer = act("set", facet=facet, code=code, state="present")
            assert answer["faults"] == [] and answer["clash"] is None, answer
            print("saved", paper, code, flush=True)
        answer = act("mode", code="judge-bias", cells={"level": "argues", "note": "Half a note"}, typing=True)
        assert answer["faults"] == [], answer
        print("draft", paper, "judge-bias", flush=True)
    """
)


def worker(root: Path, coder: str, *papers: str) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(root), coder, *papers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1795500000"},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n", started.stderr and started.stderr.read()
    return started


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.parametrize("coders", [("eva", "adam"), ("eva", "eva")], ids=["two coders", "one coder twice"])
def test_two_kernels_at_once_lose_nothing(root: Path, coders: tuple[str, str]) -> None:
    papers = [f"p{n:02}" for n in range(1, 25)]
    keep(root, *papers)
    shares = (papers, papers) if coders[0] != coders[1] else (papers[::2], papers[1::2])
    both = [worker(root, c, *share) for c, share in zip(coders, shares, strict=True)]
    for one in both:
        go(one)
    for one in both:
        _, errors = one.communicate(timeout=300)
        assert one.returncode == 0, errors
    for coder in set(coders):
        assert {(r["paper"], r["code"]) for r in rows_of(root, coder)} == {
            (p, c) for p in papers for c in ("llm-as-judge", "training")
        }
        drafts = list((root / ".cache/drafts" / coder).glob("*.json"))
        assert len(drafts) == len(papers)


def test_a_kill_at_any_moment_loses_nothing_that_was_saved(root: Path) -> None:
    papers = [f"p{n:02}" for n in range(1, 51)]
    keep(root, *papers)
    for patience in (1, 20, 40):
        (root / "corpus/codings/eva.csv").unlink(missing_ok=True)
        one = worker(root, "eva", *papers)
        go(one)
        assert one.stdout is not None
        said = [one.stdout.readline().split() for _ in range(patience)]
        one.send_signal(signal.SIGKILL)
        rest, _ = one.communicate(timeout=60)
        said += [line.split() for line in rest.splitlines()]
        open_survey(root)
        held = {(r["paper"], r["code"]) for r in rows_of(root, "eva")}
        assert {(p, c) for what, p, c in said if what == "saved"} <= held
        act = eva(root)
        for what, paper, which in said:
            if what == "draft":
                answer = act("go", paper=paper)["state"]
                assert answer["modes"][which]["cells"]["note"] == "Half a note"


def test_who_holds_the_lock_may_call_a_door(root: Path) -> None:
    with writing(root), writing(root):
        assert code(root, "eva", [stream("p01")]).rows == 1


# ---- verification


@pytest.fixture
@once
def machines(root: Path) -> Path:
    """The passes agree on p01 and p02."""
    for coder in ("pass-a", "pass-b"):
        coded(root, coder, *whole("p01", note="Machine words."), *whole("p02"))
    return root


def verifying(root: Path, coder: str = "eva") -> Act:
    act = acting(VerificationWidget(root, coder))
    act("open")
    return act


def test_the_machines_codes_are_shown_only_to_who_asks_and_coding_says_so_later(machines: Path) -> None:
    act = verifying(machines)
    first = act("go", paper="p01")
    assert "Machine words" not in json.dumps(first)
    assert (first["state"]["blind"], first["state"]["shown"]) == ("none", False)
    assert "Machine words" in json.dumps(act("reveal"))
    assert act("go", paper="p02")["state"]["shown"] is False
    coding = eva(machines)
    assert coding("go", paper="p01")["state"]["codes_seen"]
    assert not coding("go", paper="p02")["state"]["codes_seen"]


def test_who_is_coding_a_paper_signs_it_off_first(machines: Path) -> None:
    put(machines, "eva", stream("p01"))
    act = verifying(machines)
    act("go", paper="p01")
    answer = act("reveal")["state"]
    assert (answer["blind"], answer["shown"]) == ("coding", False)
    assert "codes" not in answer or answer["codes"] == []


def test_a_code_is_confirmed_corrected_rejected_and_added(machines: Path) -> None:
    before = {c: (machines / f"corpus/codings/{c}.csv").read_bytes() for c in ("pass-a", "pass-b")}
    act = verifying(machines)
    act("go", paper="p01")
    act("reveal")
    say = {"facet": "failure_mode", "code": "judge-bias"}
    answer = act("say", **say, outcome="confirm")
    assert answer["state"]["share"] == {"of": 2, "verified": 1, "said": 1}
    assert {p: q for p, *q in answer["state"]["queue"]} == {"p01": ["begun", 1, 3], "p02": ["open", 0, 3]}
    act("edit", **say, cells={"level": "demonstrates"})
    draft = act("edit", **say, cells={})["state"]["drafts"]["failure_mode/judge-bias"]
    assert (draft["missing"], draft["wrong"]) == (["Note, in your own words"], [])
    act("edit", **say, cells={"note": "Shown, not said."})
    assert act("say", **say, outcome="correct")["faults"] == []
    act("say", **say, outcome="reject", note="Not there.")
    add = {"facet": "failure_mode", "code": "reward-gaming"}
    act("edit", **add, cells=CELLS)
    answer = act("say", **add, outcome="add")
    assert answer["faults"] == []
    rows = stored(machines, "verifications", [], coder="eva")
    assert [(r["code"], r["outcome"], r["revision"], r["level"]) for r in rows] == [
        ("judge-bias", "confirm", "1", ""),
        ("judge-bias", "correct", "2", "demonstrates"),
        ("judge-bias", "reject", "3", ""),
        ("reward-gaming", "add", "1", "argues"),
    ]
    assert before == {c: (machines / f"corpus/codings/{c}.csv").read_bytes() for c in before}


def test_a_code_that_changed_since_it_was_shown_is_not_verified(machines: Path) -> None:
    act = verifying(machines)
    act("go", paper="p01")
    act("reveal")
    for coder in ("pass-a", "pass-b"):
        put(machines, coder, mode("p01", level="demonstrates"))
    answer = act("say", facet="failure_mode", code="judge-bias", outcome="confirm")
    assert "has changed on disk" in answer["faults"][0]
    assert stored(machines, "verifications", [], coder="eva") == []
    assert act("say", facet="failure_mode", code="judge-bias", outcome="confirm")["faults"] == []


def test_the_count_is_that_of_status_and_says_how_much_of_it_is_audited(machines: Path) -> None:
    coded(machines, "eva", *whole("p01"))  # a blind recoding: seen to by a human, and no audit
    act = verifying(machines)
    answer = act("open")["state"]
    share = answer["share"]
    assert (share["verified"], share["of"], share["said"]) == (1, 2, 0)
    counted = status(machines)["human_verified"]
    assert (share["verified"], share["of"]) == (counted["checked"], counted["codes"])
    assert {p: q for p, *q in answer["queue"]}["p01"][0] == "done"


def test_a_paper_is_done_when_all_of_its_codes_are(machines: Path) -> None:
    act = verifying(machines)
    act("go", paper="p01")
    act("reveal")
    codes = [
        ("failure_mode", "judge-bias"),
        ("optimisation_pressure", "training"),
        ("stream", "llm-as-judge"),
    ]
    for n, (facet, which) in enumerate(codes, 1):
        queue = act("say", facet=facet, code=which, outcome="confirm")["state"]["queue"]
        assert {p: q for p, *q in queue}["p01"] == ["done" if n == 3 else "begun", n, 3]


def test_a_coder_with_a_wrong_indent_is_told_what_to_look_at(root: Path) -> None:
    (root / "corpus/coders/new.yaml").write_text("id: new\n    kind: human\n", "utf-8")
    answer = acting(CodingWidget(root))("open")
    assert "not readable as YAML (mapping values are not allowed" in answer["faults"][0]
    assert "one field a line" in answer["faults"][0]


@pytest.mark.parametrize("kind", [CodingWidget, VerificationWidget, AdjudicationWidget, ScreeningWidget])
def test_who_joins_gets_a_file_of_their_own_and_works_on(root: Path, kind: type) -> None:
    act = acting(kind(root))
    wrong = act("register", id="no name!", person="Nobody")
    assert "coder without a plain id" in wrong["faults"][0]
    state = act("register", id="zoe-1", person=" Zoe Q. ")["state"]
    # Who has joined is at work; where all are listed still, the new one is among them.
    if state.get("people"):
        assert {"id": "zoe-1", "name": "Zoe Q."} in state["people"]
    else:
        assert state.get("who", "zoe-1") == "zoe-1"
    assert (
        (root / "corpus/coders/zoe-1.yaml")
        .read_text("utf-8")
        .startswith("id: zoe-1\nkind: human\nname: Zoe Q.\n")
    )
    assert not state.get("not_coder")


def test_before_anything_is_written_nothing_is_called_saved(root: Path) -> None:
    act = acting(CodingWidget(root, "eva"))
    assert act("open")["state"]["saved"] == "As in the files"
    assert act("set", facet="stream", code="llm-as-judge", state="present")["state"]["saved"].startswith(
        "Saved"
    )


def test_who_rejects_the_only_code_of_a_facet_is_told_what_to_do_first(machines: Path) -> None:
    act = verifying(machines)
    act("go", paper="p01")
    act("reveal")
    only = {"facet": "stream", "code": "llm-as-judge", "outcome": "reject"}
    refused = act("say", **only)["faults"]
    assert refused == [
        "stream has 0 code(s), 1 or more are asked for: add the right one first (a), then reject this one"
    ]
    added = {"facet": "stream", "code": "reward-hacking"}
    act("edit", **added, cells={})
    assert act("say", **added, outcome="add")["faults"] == []
    assert act("say", **only)["faults"] == []
