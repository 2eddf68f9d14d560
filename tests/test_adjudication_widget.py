"""The adjudication widget, Python's side: what it shows to whom, and that its rulings are those of the command."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.coded import coded, keep, know, mode, put, ruling, sign, whole
from tests.coded import state as everything
from tests.test_cli import survey as command
from tests.test_showing import differing  # noqa: F401
from workbench.doors.adjudication import adjudicate
from workbench.doors.coding import code
from workbench.store.corpus import stored
from workbench.store.texts import ABSTRACTS
from workbench.widgets.adjudication import AdjudicationWidget

FILE = "corpus/adjudications.csv"
JUDGED = ["p01", "0.1", "abstract", "failure_mode", "judge-bias"]


def state(root: Path) -> dict[str, bytes]:
    """Return the bytes of all data; what is parsed of it may be cached beside it."""
    return {path: content for path, content in everything(root).items() if not path.startswith(".cache")}


class Seat:
    """Somebody in front of the widget."""

    def __init__(self, root: Path, by: str = "eva") -> None:
        self.widget = AdjudicationWidget(root, by)
        self.n = 0

    def does(self, name: str, **cells: Any) -> dict[str, Any]:
        self.n += 1
        return self.widget.act({"n": self.n, "view": "v", "name": name, **cells})

    def rules(
        self, key: list[str], chosen: str, rationale: str = "It says so.", **cells: Any
    ) -> dict[str, Any]:
        digest = self.does("go", key=key)["state"]["dispute"]["digest"]
        return self.does(
            "rule", **{"key": key, "chosen": chosen, "rationale": rationale, "digest": digest, **cells}
        )


@pytest.fixture
def root(differing: Path) -> Path:  # noqa: F811
    return differing


@pytest.mark.parametrize("rationale", ["r", "because", "no idea", "  r  "])
def test_a_reason_of_hardly_a_word_is_refused_and_writes_nothing(differing: Path, rationale: str) -> None:  # noqa: F811
    before = state(differing)
    answer = Seat(differing).rules(JUDGED, "pass-a", rationale)
    assert "say why in more than a word" in answer["faults"][0]
    assert state(differing) == before


def test_the_queue_is_that_of_the_command_line_and_the_first_dispute_is_open(root: Path) -> None:
    shown = Seat(root).does("open")["state"]
    assert [q["key"][:1] + q["key"][3:] for q in shown["queue"]] == [
        ["p05", "screening", "title-abstract"],
        ["p01", "failure_mode", "judge-bias"],
        ["p02", "optimisation_pressure", "selection"],
        ["p02", "optimisation_pressure", "training"],
    ]
    assert (shown["open"], shown["settled_n"], shown["at"]) == (4, 0, shown["queue"][0]["key"])
    assert [s["state"] for s in shown["dispute"]["sides"]] == ["include", "exclude"]
    assert shown["dispute"]["book"]["reasons"][0]["id"] == "other-field"


def test_both_codings_stand_side_by_side_with_words_places_and_the_codebook(root: Path) -> None:
    shown = Seat(root).does("go", key=JUDGED)["state"]["dispute"]
    one, two = shown["sides"]
    assert (one["coder"], one["cells"]["level"], two["cells"]["level"]) == ("pass-a", "argues", "measures")
    assert one["words"] == "its score went up while the thing"
    place = one["place"]
    assert shown["text"][place["start"] : place["end"]] == one["words"]
    assert (one["note"], one["locator"]) == ("A claim.", "abstract")
    book = shown["book"]
    assert book["definition"] == "The judge prefers what is not better."
    assert [(n["id"], n["rule"]) for n in book["neighbours"]] == [
        ("reward-gaming", "Nothing is trained here.")
    ]
    assert [t["id"] for t in book["scales"][0]["terms"] if t["said"]] == ["argues", "measures"]
    assert (book["good"], book["bad"]) == ("Longer answers win.", "Better answers win.")


def test_a_text_not_in_hand_is_said(root: Path) -> None:
    (root / ABSTRACTS).unlink()
    shown = Seat(root).does("go", key=JUDGED)["state"]["dispute"]
    assert (shown["text"], shown["sides"][0]["words"], shown["sides"][0]["why"]) == (
        "",
        "",
        "text not in hand",
    )


def test_a_choice_writes_the_very_bytes_of_the_command_line(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(root, other)
    answer = Seat(root).rules(JUDGED, "pass-b", "A rate is reported.")
    assert answer["faults"] == []
    flags = ["--paper", "p01", "--facet", "failure_mode", "--code", "judge-bias", "--chosen", "pass-b"]
    run = command(
        "adjudicate", "--by", "eva", *flags, "--rationale", "A rate is reported.", "--survey", other
    )
    assert run.returncode == 0, run.stderr
    assert (root / FILE).read_bytes() == (other / FILE).read_bytes()
    assert answer["notes"] == ["1 settled, 3 open."]
    # The next in importance is open at once.
    assert answer["state"]["at"][:1] == ["p02"]


def test_values_of_one_s_own_write_the_very_bytes_of_the_door(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(root, other)
    values = {c: v for c, v in mode("p01", level="demonstrates", state="present").items() if c[0] != "_"}
    assert Seat(root).rules(JUDGED, "new", values=values)["faults"] == []
    given = {c: v for c, v in values.items() if c not in ("paper", "facet", "code")}
    adjudicate(other, "eva", [ruling("p01", "failure_mode", "judge-bias", "new", **given)])
    assert (root / FILE).read_bytes() == (other / FILE).read_bytes()


@pytest.mark.parametrize("rationale", ["", "  "])
def test_a_ruling_without_a_reason_is_refused_and_writes_nothing(root: Path, rationale: str) -> None:
    before = state(root)
    for chosen in ("pass-a", "new"):
        answer = Seat(root).rules(JUDGED, chosen, rationale)
        assert any("decided without a rationale" in f for f in answer["faults"])
    assert state(root) == before


def test_a_reason_that_quotes_the_text_is_refused(root: Path) -> None:
    before = state(root)
    quote = "its score went up while the thing it stands for did not move"
    assert any("quotes the text" in f for f in Seat(root).rules(JUDGED, "pass-a", quote)["faults"])
    assert state(root) == before


def test_history_is_kept_and_shown(root: Path) -> None:
    seat = Seat(root)
    seat.rules(JUDGED, "pass-a", "First thought.")
    shown = seat.does("go", key=JUDGED)["state"]
    assert [q["key"] for q in shown["settled"]] == [JUDGED]
    seat.rules(JUDGED, "pass-b", "Second thought.")
    rulings = seat.does("go", key=JUDGED)["state"]["dispute"]["rulings"]
    assert [(r["revision"], r["rationale"], r["level"]) for r in rulings] == [
        ("2", "Second thought.", "measures"),
        ("1", "First thought.", "argues"),
    ]
    assert [r["revision"] for r in stored(root, "adjudications", [])] == ["1", "2"]


def test_what_was_settled_last_stands_first_among_the_settled(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = Seat(root)
    seat.rules(["p02", "0.1", "abstract", "optimisation_pressure", "training"], "pass-b", scope="facet")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795600000")
    settled = seat.rules(JUDGED, "pass-a")["state"]["settled"]
    assert [q["key"][0] for q in settled] == ["p01", "p02", "p02"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795700000")
    key = ["p02", "0.1", "abstract", "optimisation_pressure", "training"]
    assert seat.rules(key, "pass-a")["faults"] != []  # alone it would leave two principal codes
    assert len(stored(root, "adjudications", [])) == 3


def test_a_coder_sees_the_dispute_and_may_not_settle_it(root: Path) -> None:
    know(root, "bob", "human")
    coded(root, "bob", *whole("p01"))
    seat = Seat(root, "bob")
    shown = seat.does("go", key=JUDGED)["state"]["dispute"]
    assert shown["barred"] == "coded"
    before = state(root)
    answer = seat.does("rule", key=JUDGED, chosen="pass-a", rationale="It is mine.", digest=shown["digest"])
    assert any("bob coded it" in f for f in answer["faults"])
    assert state(root) == before


def test_nothing_of_a_paper_that_one_has_begun_to_code_reaches_the_browser(root: Path) -> None:
    know(root, "bob", "human")
    put(root, "bob", *whole("p01"))
    seat = Seat(root, "bob")
    everything = [seat.does("open"), seat.does("go", key=JUDGED)]
    assert [a["state"]["hidden"] for a in everything] == [1, 1]
    assert all("p01" not in str(a) and "judge-bias" not in str(a) for a in everything)
    sign(root, "bob", "p01")
    assert "judge-bias" in str(seat.does("open"))


def test_what_one_alone_has_signed_off_is_in_no_answer(root: Path) -> None:
    put(root, "pass-b", mode("p03", "reward-gaming", note="Not yet to be seen."))
    shown = str([Seat(root).does("open"), Seat(root).does("go", key=JUDGED)])
    assert "p03" not in shown
    assert "Not yet to be seen." not in shown


def test_a_screening_is_settled_too(root: Path) -> None:
    key = ["p05", "0.1", "abstract", "screening", "title-abstract"]
    values = {"state": "exclude", "note": "other-system"}
    answer = Seat(root).rules(key, "new", "Not a model.", values=values)
    assert answer["faults"] == []
    [row] = stored(root, "adjudications", [])
    assert (row["facet"], row["state"], row["note"]) == ("screening", "exclude", "other-system")
    screener = Seat(root)
    keep(root, "p40", by=["pass-a"])
    keep(root, "p40", decision="exclude", by=["pass-b"])
    know(root, "bob", "human")
    assert "p40" in str(screener.does("open")["state"]["queue"])


def test_codes_that_hang_together_are_settled_in_one_stroke(root: Path) -> None:
    key = ["p02", "0.1", "abstract", "optimisation_pressure", "training"]
    seat = Seat(root)
    assert seat.does("go", key=key)["state"]["dispute"]["beside"] == ["Selection"]
    # One of two by itself would leave the paper with two principal pressures in the end: refused with the second.
    assert seat.rules(key, "pass-a", "")["faults"] == []
    second = ["p02", "0.1", "abstract", "optimisation_pressure", "selection"]
    assert any("2 principal codes" in f for f in seat.rules(second, "pass-b", "")["faults"])
    other = Seat(root)
    assert other.rules(second, "pass-a", "")["faults"] == []
    assert {r["state"] for r in stored(root, "adjudications", [])} == {"present", "withdrawn"}


def test_the_same_choice_settles_the_whole_facet(root: Path) -> None:
    key = ["p02", "0.1", "abstract", "optimisation_pressure", "training"]
    answer = Seat(root).rules(key, "pass-b", "Selection rules.", scope="facet")
    assert (answer["faults"], answer["notes"]) == ([], ["2 settled, 2 open."])
    rows = stored(root, "adjudications", [])
    assert [(r["code"], r["principal"]) for r in rows] == [("selection", "yes"), ("training", "no")]


def test_a_coding_that_changed_since_it_was_shown_is_not_ruled_on(root: Path) -> None:
    seat = Seat(root)
    digest = seat.does("go", key=JUDGED)["state"]["dispute"]["digest"]
    code(root, "pass-b", [mode("p01", level="demonstrates")], run="pass-b-code")
    before = state(root)
    answer = seat.does("rule", key=JUDGED, chosen="pass-b", rationale="A rate is given.", digest=digest)
    assert any("changed on disk since it was shown" in f for f in answer["faults"])
    assert state(root) == before
    assert answer["state"]["dispute"]["sides"][1]["cells"]["level"] == "demonstrates"
    again = answer["state"]["dispute"]["digest"]
    reason = "A case is shown."
    assert seat.does("rule", key=JUDGED, chosen="pass-b", rationale=reason, digest=again)["faults"] == []


def test_a_ruling_made_elsewhere_is_seen_before_it_is_revised(root: Path) -> None:
    seat = Seat(root)
    digest = seat.does("go", key=JUDGED)["state"]["dispute"]["digest"]
    adjudicate(root, "eva", [ruling("p01", "failure_mode", "judge-bias", "pass-a")])
    answer = seat.does("rule", key=JUDGED, chosen="pass-b", rationale="A rate is given.", digest=digest)
    assert any("changed on disk" in f for f in answer["faults"])
    assert answer["state"]["dispute"]["rulings"][0]["chosen"] == "pass-a"


def test_only_a_human_of_the_survey_adjudicates_here(root: Path) -> None:
    asked = Seat(root, "").does("open")["state"]
    assert (asked["who"], [p["id"] for p in asked["people"]]) == ("", ["eva"])
    for nobody in ("pass-a", "nobody"):
        shown = Seat(root, nobody).does("open")["state"]
        assert shown["not_coder"] == f"{nobody} is no human among the coders."
        assert "p01" not in str(shown)
    seat = Seat(root, "")
    assert seat.does("coder", coder="eva")["state"]["who"] == "eva"


def test_with_nothing_in_dispute_the_widget_says_so(survey: Path) -> None:
    shown = Seat(survey).does("open")["state"]
    assert (shown["open"], shown["dispute"], shown["queue"]) == (0, None, [])
