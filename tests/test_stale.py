"""The queue of codings that a changed wording makes stale, and the copies that make it possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coded import PASSES, coded, keep, listed, mode, pressure, put, state, stream, whole
from tests.once import once
from tests.test_cli import REPOSITORY
from tests.test_cli import survey as command
from workbench.doors.coding import signoff
from workbench.reading.checking import check
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import replace_all, writing
from workbench.store.history import COSMETIC, HISTORY, kept_files, path_of, versions_kept, wording
from workbench.store.schema import PATH, load_schema
from workbench.store.stale import LOST, listing
from workbench.store.survey import open_survey

QUEUE = ["coder", "paper", "code", "state", "level", "part"]


@pytest.fixture
@once
def twice(survey: Path) -> Path:
    """p01 argues judge bias, p02 measures it and mentions gaming, p03 has no failure mode; all under 0.1."""
    listed(survey, *(r["paper"] for r in stored(survey, "records", [])))
    keep(survey, "p01", "p02", "p03")
    for coder in PASSES:
        second = [*whole("p02", level="measures"), mode("p02", "reward-gaming", level="mentions")]
        coded(survey, coder, *whole("p01"), *second, *whole("p03")[:2])
    assert check(survey) == []
    return survey


def write_codebook(root: Path) -> list[str]:
    """Do what ``survey codebook`` does."""
    with writing(root):
        return replace_all(root, kept_files(root, stored(root, "signoffs", [])))


def reword(root: Path, old: str, new: str, version: str = "0.2") -> None:
    """Change the schema's wording, raise its version and write the codebook."""
    text = (root / PATH).read_text("utf-8")
    assert old in text
    before = load_schema(root).version
    text = text.replace(f'version: "{before}"', f'version: "{version}"').replace(old, new)
    (root / PATH).write_text(text, "utf-8")
    write_codebook(root)


def queue(root: Path, coder: str = "pass-a") -> list[list[str]]:
    table = open_survey(root).stale
    return table.loc[table["coder"] == coder, QUEUE[1:]].to_numpy().tolist()


def test_the_pilot_keeps_its_wordings_and_nothing_in_it_is_stale(pilot: Path) -> None:
    assert versions_kept(pilot) == ["0.9", "0.10", "1.0"]
    survey = open_survey(pilot)
    assert set(survey.signoffs["schema"]) == {"0.10", "1.0"}
    assert len(survey.stale) == 0
    assert "no codings are stale" in command("stale", "--survey", pilot).stdout


@pytest.mark.parametrize("which", ["pilot", "repository"])
def test_the_newest_kept_wording_is_the_schema(which: str, pilot: Path) -> None:
    root = {"pilot": pilot, "repository": REPOSITORY}[which]
    newest = load_schema(root).version
    assert versions_kept(root)[-1] == newest
    assert (root / path_of(newest)).read_bytes() == (root / PATH).read_bytes()


def test_what_was_coded_under_an_older_wording_would_be_stale_had_it_not_been_coded_again(
    pilot: Path,
) -> None:
    from workbench.store.stale import stale

    survey = open_survey(pilot)
    first = [r for r in stored(pilot, "signoffs", []) if r["schema"] == "0.10"]
    rows = stale(pilot, survey.schema, stored(pilot, "codings", []), first)
    assert len({(r["coder"], r["paper"]) for r in rows}) == 60
    parts = {r["part"] for r in rows}
    assert {"rule figure-seen", "rule mitigates-apart", "stream jailbreak-robustness exclude_when"} <= parts
    assert all(r["old"] != r["new"] for r in rows)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "A judge is swayed.",
            "A judge, human or model, is swayed.",
            [
                ["p01", "judge-bias", "present", "argues"],
                ["p02", "judge-bias", "present", "measures"],
                ["p03", "judge-bias", "absent", ""],
            ],
        ),
        (  # a separating rule concerns both codes
            "Something is trained here.",
            "A policy is trained here.",
            [
                ["p01", "judge-bias", "present", "argues"],
                ["p01", "reward-gaming", "absent", ""],
                ["p02", "judge-bias", "present", "measures"],
                ["p02", "reward-gaming", "present", "mentions"],
                ["p03", "judge-bias", "absent", ""],
                ["p03", "reward-gaming", "absent", ""],
            ],
        ),
        (  # a level, the codings at it and beside it
            "A number for the mode itself.",
            "A rate of the mode itself.",
            [["p02", "judge-bias", "present", "measures"]],
        ),
        (
            "Reasoned.",
            "Reasoned or proved.",
            [
                ["p01", "judge-bias", "present", "argues"],
                ["p02", "reward-gaming", "present", "mentions"],
            ],
        ),
        (  # a facet's question, also where nothing was found in it
            "How does the proxy fail?",
            "How may the proxy fail?",
            [
                ["p01", "judge-bias", "present", "argues"],
                ["p02", "judge-bias", "present", "measures"],
                ["p02", "reward-gaming", "present", "mentions"],
                ["p03", "", "absent", ""],
            ],
        ),
    ],
    ids=["include rule", "separating rule", "highest level", "level between", "question"],
)
def test_a_changed_wording_makes_stale_what_rests_on_it(
    twice: Path, old: str, new: str, wanted: list[list[str]]
) -> None:
    reword(twice, old, new)
    assert [row[:4] for row in queue(twice)] == wanted
    assert queue(twice) == queue(twice, "pass-b")
    rows = open_survey(twice).stale
    assert set(rows["schema"]) == {"0.1"}
    assert all(old in o and new in n for o, n in zip(rows["old"], rows["new"], strict=True))
    found = [f for f in check(twice) if "rest on a wording that 0.2 changed" in f.message]
    assert [(f.key, f.warning, f.remedy) for f in found] == [
        (c, True, f"see `survey stale --coder {c}`; code them again, or declare the change cosmetic")
        for c in PASSES
    ]


def test_a_general_rule_makes_every_coding_stale(twice: Path) -> None:
    reword(twice, "Code what it says.", "Code only what it says.")
    mine = queue(twice)
    held = {(r["paper"], r["code"]) for r in stored(twice, "codings", [], coder="pass-a")}
    assert {(p, c) for p, c, *_ in mine} == held
    assert {part for *_, part in mine} == {"rule r1"}


def test_examples_names_and_line_breaks_make_nothing_stale(twice: Path) -> None:
    text = (twice / PATH).read_text("utf-8")
    text = text.replace("Longer answers win.", "The longer answer wins.").replace("[e1]", "[e1, e4]")
    text = text.replace(
        "name: Judge bias", "name: Bias of judges, synonyms aside\n        everyday: [unfair]"
    )
    text = text.replace("{id: training, name", "{id: training, alone: true, name")
    text = text.replace("A judge is swayed.", ">-\n          A judge\n          is swayed.")
    (twice / PATH).write_text(text.replace('version: "0.1"', 'version: "0.2"'), "utf-8")
    write_codebook(twice)
    assert queue(twice) == []
    assert [f for f in check(twice) if "changed" in f.message] == []


def test_coding_the_paper_again_takes_it_out_of_the_queue(twice: Path) -> None:
    reword(twice, "A judge is swayed.", "A judge, human or model, is swayed.")
    put(twice, "pass-a", *whole("p01"), run="again")
    assert [row[0] for row in queue(twice)] == ["p01", "p02", "p03"]  # begun, and not signed off
    again = {"paper": "p01", "_line": "1", "_file": "rows.csv"}
    signoff(twice, "pass-a", [again], run="pass-a-again", batch="a batch")
    assert [row[0] for row in queue(twice)] == ["p02", "p03"]
    assert [row[0] for row in queue(twice, "pass-b")] == ["p01", "p02", "p03"]


def test_a_code_that_came_later_was_never_asked_and_one_that_went_is_named(twice: Path) -> None:
    later = """\
      - id: reward-noise
        name: Reward noise
        definition: The reward is noisy.
        include_when: It is noisy.
        exclude_when: It is not.
        side: alignment
        goodhart: causal
        neighbours:
          - {id: reward-gaming, rule: Nobody plays.}
        good: Noise.
        bad: No noise.
        example_keys: [e9]
      - id: reward-gaming
"""
    reword(twice, "      - id: reward-gaming\n", later)
    assert [row for row in queue(twice) if row[1] == "reward-noise"] == [
        [p, "reward-noise", "not asked", "", "failure_mode reward-noise definition"]
        for p in ("p01", "p02", "p03")
    ]
    # That gaming's neighbour has a rule against it now is another matter: none names it in gaming's own entry.
    assert {row[1] for row in queue(twice)} == {"reward-noise"}


def test_a_change_of_words_only_is_declared_and_makes_nothing_stale(twice: Path) -> None:
    reword(twice, "A judge is swayed.", "Some judge is swayed.")
    part = "failure_mode judge-bias include_when"
    (twice / COSMETIC).write_text(f'- {{version: "0.2", part: {part}, why: Only the article.}}\n', "utf-8")
    assert queue(twice) == []
    assert check(twice) == []
    reword(twice, "Some judge is swayed.", "No judge is swayed.", version="0.10")
    assert [row[4] for row in queue(twice)] == [part] * 3  # the later change was a real one
    reword(twice, "No judge is swayed.", "A judge is swayed.", version="0.11")
    assert queue(twice) == []  # and was taken back


def test_a_declaration_of_a_change_that_was_none_is_a_fault(twice: Path) -> None:
    reword(twice, "A judge is swayed.", "Some judge is swayed.")
    (twice / COSMETIC).write_text('- {version: "0.2", part: rule r1, why: Nothing.}\n', "utf-8")
    assert [f.message for f in check(twice) if f.file == COSMETIC] == [
        "'rule r1' did not change in version 0.2"
    ]
    (twice / COSMETIC).write_text("- {version: 0.2, part: rule r1}\n", "utf-8")
    assert {f.line for f in check(twice) if f.file == COSMETIC} == {1}


def test_a_wording_may_not_change_under_a_version_that_is_signed_off_under(twice: Path) -> None:
    text = (twice / PATH).read_text("utf-8")
    (twice / PATH).write_text(text.replace("A judge is swayed.", "No judge is swayed."), "utf-8")
    before = state(twice)
    with pytest.raises(Refused, match=r"was changed under version 0\.1"):
        write_codebook(twice)
    assert state(twice) == before
    faults = [f for f in check(twice) if f.file == PATH]
    assert [(f.key, f.warning) for f in faults] == [("0.1", False)]
    assert "raise the version" in faults[0].remedy
    run = command("codebook", "--survey", twice)
    assert (run.returncode, "raise the version" in run.stderr) == (1, True)


def test_examples_may_be_filled_in_under_a_version_and_the_copy_follows(twice: Path) -> None:
    text = (twice / PATH).read_text("utf-8")
    (twice / PATH).write_text(text.replace("[e1]", "[e1, e4]"), "utf-8")
    assert [f.message for f in check(twice) if f.file == path_of("0.1")] == [
        "is not in step with schema.yaml"
    ]
    assert write_codebook(twice) == ["coding_schema/CODEBOOK.md", path_of("0.1")]
    assert check(twice) == []


def test_a_lost_wording_is_said_and_its_codings_count_as_stale(twice: Path) -> None:
    reword(twice, "A judge is swayed.", "No judge is swayed.")
    (twice / path_of("0.1")).unlink()
    [fault] = [f for f in check(twice) if f.file == HISTORY]
    assert fault.warning
    assert "its wording is not kept" in fault.message
    rows = open_survey(twice).stale
    assert set(rows["part"]) == {"wording"}
    assert set(rows["old"]) == {LOST}
    assert set(rows["paper"]) == {"p01", "p02", "p03"}


def test_the_queue_needs_no_sign_off_of_others_and_names_no_code_to_them(twice: Path) -> None:
    reword(twice, "A judge is swayed.", "No judge is swayed.")
    told = command("stale", "--survey", twice).stdout
    assert "old: A judge is swayed." in told
    assert "new: No judge is swayed." in told
    assert "pass-a: 3 paper(s)" in told
    assert "p01" not in told
    mine = command("stale", "--coder", "pass-a", "--survey", twice).stdout
    assert "p01 failure_mode judge-bias: present (argues)" in mine
    assert "pass-b" not in mine
    assert "3 coding(s) of a whole paper to make again under 0.2" in mine
    nobody = command("stale", "--coder", "nobody", "--survey", twice)
    assert (nobody.returncode, "unknown coder" in nobody.stderr) == (1, True)


def test_the_listing_puts_first_what_was_given() -> None:
    row = dict.fromkeys(("coder", "paper", "basis", "schema", "facet", "code", "level", "old", "new"), "x")
    rows = [{**row, "part": "a", "state": "absent"}, {**row, "part": "b", "state": "present"}]
    lines = listing(rows, load_schema(REPOSITORY))
    assert [line.split(" ")[0] for line in lines if "->" in line] == ["b", "a"]


def test_a_copy_of_an_older_form_is_still_read() -> None:
    words = wording(
        "levels: [{id: low, definition: 'a  b', since: 3}]\nfacets: [{id: f, codes: [{id: c}]}]\n"
    )
    assert {str(p): t for p, t in words.items()} == {"level low": "a b", "f cardinality": "0 to n"}


def test_a_paper_only_begun_is_in_no_queue(survey: Path) -> None:
    listed(survey, "p01")
    keep(survey, "p01")
    put(survey, "pass-a", stream("p01"), pressure("p01"))
    reword(survey, "A judge is swayed.", "No judge is swayed.")
    assert queue(survey) == []
    faults: list[Fault] = [f for f in check(survey) if f.file.startswith("coding_schema")]
    assert faults == []
