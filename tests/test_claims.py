"""Claims held against hand-counted codings, and claim files that are wrong in every way a file can be."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from analysis.audit.claims import Claim, Evidence, sentences
from analysis.audit.claims import card as plain_card
from tests import coded
from tests.coder_tables import ASKED
from tests.once import once
from tests.test_coverage import code, final
from workbench.answers.claims import card_of, claim_card
from workbench.publishing.answering import write_results
from workbench.reading.checking import check
from workbench.store.claims import read_claims
from workbench.store.faults import Fault, Refused
from workbench.store.schema import load_schema
from workbench.store.survey import open_survey

card = partial(
    plain_card,
    asked=ASKED,
    property_facet="latent",
    pressure_facet="optimisation_pressure",
    instrument=("method", ("benchmark-construction", "attack")),
    reported={"attempt-budget-sensitivity": "attempts", "statistical-fragility": "uncertainty"},
)

MODES = pd.DataFrame(
    {
        "code": ["m1", "m2", "m3", "attempt-budget-sensitivity", "statistical-fragility"],
        "name": ["One", "Two", "Three", "Budget", "Chance"],
        "side": ["evaluation"] * 5,
    }
).astype("str")


def claim(*evidence: Evidence, **cells: str) -> Claim:
    values = {"system": "S", "setting": "here", "pressure": "adversary", "property": "harmlessness", **cells}
    return Claim(name="c", claim="S is safe.", evidence=evidence, **values)


def rows() -> pd.DataFrame:
    """a and b raise m1 where harmlessness fails, a under an adversary; b measures m2; c raises m3 elsewhere."""
    return final(
        [
            code("a", "failure_mode", "m1", level="mentions"),
            code("a", "latent", "harmlessness"),
            code("a", "optimisation_pressure", "adversary"),
            code("b", "failure_mode", "m1", level="argues"),
            code("b", "failure_mode", "m2", level="measures"),
            code("b", "latent", "harmlessness"),
            code("b", "method", "attack"),
            code("c", "failure_mode", "m3", level="measures"),
            code("c", "latent", "capability"),
        ]
    )


def test_what_bears_and_what_is_captured_by_hand() -> None:
    table = card(claim(Evidence("Bench", "9 of 10", "a page", modes=("m2",))), rows(), MODES).set_index(
        "code"
    )
    assert list(table.index) == ["m1", "m2"]
    one, two = table.loc["m1"], table.loc["m2"]
    assert (one["raised"], one["under_pressure"], one["bears"], one["captured"]) == (2, 1, True, False)
    assert one["papers"] == ("a", "b")
    assert (two["raised"], two["bears"], two["captured"], two["captured_by"]) == (1, False, True, ("Bench",))
    assert two["instruments"] == ("b",)
    assert (one["discussed"], one["measured"]) == (2, 0)
    assert list(card(claim(), rows(), MODES, least=1)["bears"]) == [True, True]


def test_a_coded_paper_says_itself_what_it_measures() -> None:
    table = card(claim(Evidence("B's attacks", "x", "y", paper="b")), rows(), MODES).set_index("code")
    assert table.loc["m2", "captured_by"] == ("B's attacks",)


def test_attempts_and_intervals_capture_the_modes_that_reporting_speaks_to() -> None:
    both = [
        code("a", "failure_mode", m, level="argues")
        for m in ("attempt-budget-sensitivity", "statistical-fragility")
    ]
    held = final([*both, code("a", "latent", "harmlessness")])
    once = Evidence("A", "1%", "s", attempts=(1,), sample=10, uncertainty=True)
    often = Evidence("B", "2%", "s", attempts=(1, 100))
    one = card(claim(once), held, MODES, least=1).set_index("code")
    assert dict(one["captured"]) == {"attempt-budget-sensitivity": False, "statistical-fragility": True}
    assert one.loc["attempt-budget-sensitivity", "why"] == "no result over several attempts"
    two = card(claim(once, often), held, MODES, least=1).set_index("code")
    assert dict(two["captured"]) == {"attempt-budget-sensitivity": True, "statistical-fragility": False}


def test_sentences_carry_the_numbers_and_what_is_not_stated() -> None:
    made = claim(Evidence("Bench", "9 of 10", "a page", modes=("m2",)))
    said = sentences(made, card(made, rows(), MODES))
    assert said[0] == (
        "1 failure mode bears on this claim (raised with harmlessness by 2 coded papers); "
        "the evidence captures 0 of 1."
    )
    assert "One, raised with harmlessness by 2 papers, 1 of them under the pressure adversary" in said[1]
    assert "measured by 0 of the 2 that name it. No coded instrument measures it." in said[1]
    assert "Bench: the number of attempts, n, an interval not stated." in said
    nobody = sentences(claim(), card(claim(), final([]), MODES))
    assert nobody[0].startswith("Nothing is raised with harmlessness by enough")
    assert "The claim names no evidence." in nobody


def test_an_unknown_mode_of_the_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'm1'"):
        card(claim(Evidence("B", "x", "y", modes=("m11",))), rows(), MODES)
    with pytest.raises(ValueError, match="at least 1"):
        card(claim(), rows(), MODES, least=0)


FILE = """\
claim: The judge is | fair.
system: a judge
property: preference
setting: ranking
pressure: selection
evidence:
  - instrument: Bench
    result: 9 of 10
    source: a page
    modes: [judge-bias]
    attempts: [1]
    sample: 10
"""


@pytest.fixture
@once
def claims(survey: Path) -> Path:
    """The survey of the fixture with two coded papers and one claim."""
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02")
    for coder in coded.PASSES:
        for paper in ("p01", "p02"):
            coded.coded(survey, coder, *coded.whole(paper), coded.coding_of(paper, "latent", "preference"))
    (survey / "claims").mkdir()
    (survey / "claims/fair.yaml").write_text(FILE, "utf-8")
    return survey


def faults_of(root: Path, text: str) -> list[Fault]:
    (root / "claims/fair.yaml").write_text(text, "utf-8")
    faults: list[Fault] = []
    papers = set(open_survey(root).papers["paper"])
    assert not [c for c in read_claims(root, load_schema(root), papers, faults) if c.name == "fair"]
    return faults


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("property: preference", "property: prefrence", 3, "unknown code 'prefrence' of latent"),
        ("pressure: selection", "pressure: lust", 5, "unknown code 'lust'"),
        ("[judge-bias]", "[judge-bais]", 10, "unknown code 'judge-bais' of failure_mode"),
        ("    modes:", "    paper: p99\n    modes:", 10, "unknown paper 'p99'"),
        ("attempts: [1]", "attempts: [0]", 11, "greater than 0"),
        ("sample: 10", "sample: many", 12, "valid integer"),
        ("system: a judge", "sistem: a judge", 2, "Extra inputs"),
        ("system: a judge", "system: a judge\nsystem: b", 3, "key given twice"),
        ("sample: 10", "uncertainty: no\n    uncertainty2: 1", 12, "unquoted no"),
        ("claim: The", "claim: [The", 1, "not readable as YAML"),
    ],
)
def test_a_claim_out_of_form_is_named_with_its_line(
    claims: Path, old: str, new: str, line: int, message: str
) -> None:
    faults = faults_of(claims, FILE.replace(old, new, 1))
    assert any(message in f.message for f in faults), faults
    assert set(faults) <= set(check(claims))
    assert next(f for f in faults if message in f.message).file == "claims/fair.yaml"
    if "YAML" not in message:
        assert line in {f.line for f in faults}


def test_a_missing_claim_is_refused_and_a_good_one_gives_its_card(claims: Path, tmp_path: Path) -> None:
    survey = open_survey(claims)
    with pytest.raises(Refused, match="no such file"):
        card_of(survey, tmp_path / "none.yaml", "stamp")
    text = card_of(survey, claims / "claims/fair.yaml", "data 1a2b3c4d")
    assert text.startswith("# The judge is | fair.\n")
    assert "| Judge bias | Bench | 2 | 2 | 0 | none |" in text
    assert text.endswith("data 1a2b3c4d\n")


def test_cells_of_a_card_cannot_break_its_table() -> None:
    made = claim(Evidence("A | B", "x\ny", "s"))
    text = claim_card(made, card(made, rows(), MODES), "stamp")
    assert "| A \\| B | x y | not stated | not stated | not stated | s |" in text


def test_a_build_writes_the_card_of_every_claim_and_refuses_a_broken_one(
    claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.answers import QUESTIONS

    for name in [n for n in QUESTIONS if n != "safety claims"]:
        monkeypatch.delitem(QUESTIONS, name)
    stamp = {
        "data_sha256": "0" * 64,
        "schema": "0.1",
        "coded_by": "",
        "codes": 0,
        "human_verified": 0,
        "data_date": "",
    }
    written = write_results(open_survey(claims), tmp_path / "out", stamp)  # type: ignore[arg-type]
    assert tmp_path / "out/claims/fair.md" in written
    assert (tmp_path / "out/claims/fair.md").read_text("utf-8").endswith("no date\n")
    (claims / "claims/fair.yaml").write_text("claim: 1\n", "utf-8")
    with pytest.raises(Refused, match=r"claims/fair\.yaml:1"):
        write_results(open_survey(claims), tmp_path / "out", stamp)  # type: ignore[arg-type]
