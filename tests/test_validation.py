"""Validation: corrected rates, audits and recodings kept apart, repeat passes, and the stand-in test."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.corrected import QUANTITIES, corrected, rate_interval
from analysis.corrected import corrected_rates as plain_corrected_rates
from analysis.recoded import drawn, recoded
from analysis.validation import validation as plain_validation
from analysis.validation import weighted_interval
from analysis.weights import jeffreys
from tests.coded import PASSES, coded, keep, whole, word
from tests.coder_tables import ASKED, T1, T2, T3, codes, coding, tables
from workbench.answers.validated import validated
from workbench.doors.verification import verify
from workbench.doors.verification_sample import sample_verification
from workbench.store.survey import open_survey
from workbench.store.tables import VERIFICATIONS

corrected_rates = partial(plain_corrected_rates, asked=ASKED)
validation = partial(plain_validation, facet="failure_mode")

MODES = pd.DataFrame({"code": ["m1", "m2"], "name": ["Mode one", "Mode two"], "side": "evaluation"})
KINDS = {"ada": "human", "bob": "human", "cyd": "human", "bot": "language-model", "bit": "language-model"}


def machine(found: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Paper -> mode -> level, as the machines' ``final``; every paper also has a stream."""
    same = {"basis": "abstract", "state": "present", "resolved": "agreed", "grey": False}
    rows = [
        {"paper": p, "facet": f, "code": c, "level": level, **same}
        for p, modes in found.items()
        for f, c, level in [("stream", "s", ""), *(("failure_mode", c, v) for c, v in modes.items())]
    ]
    columns = ["paper", "facet", "code", "level", *same]
    return pd.DataFrame(rows, columns=columns).astype({"grey": bool})


def human(said: dict[tuple[str, str], dict[str, str]], modes: str = "m1 m2") -> pd.DataFrame:
    """(Coder, paper) -> mode -> level, as recodings; ``?`` is no information."""
    rows = [
        (
            p,
            who,
            "failure_mode",
            c,
            None if held.get(c) == "?" else int(c in held),
            held.get(c, "").strip("?"),
        )
        for (who, p), held in said.items()
        for c in modes.split()
    ]
    columns = ["paper", "coder", "facet", "code", "value", "level"]
    return pd.DataFrame(rows, columns=columns).astype({"value": "Int64", "level": "str"})


def design(*blocks: tuple[str, int, list[str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(Stratum, frame, papers) -> sampling and sample; a stratum named again is its next block."""
    sampling, sample, number = [], [], dict[str, int]()
    for stratum, frame, papers in blocks:
        number[stratum] = number.get(stratum, 0) + 1
        block = str(number[stratum])
        sampling.append(("verification", stratum, block, str(frame), str(len(papers))))
        sample += [("verification", p, stratum, block) for p in papers]
    sampling.append(("screening", "elsewhere", "1", "99", "1"))
    sample.append(("screening", "a1", "elsewhere", "1"))
    return (
        pd.DataFrame(sampling, columns=["stage", "stratum", "block", "frame", "drawn"]),
        pd.DataFrame(sample, columns=["stage", "paper", "stratum", "block"]),
    )


#: Ten papers; machines see m1 in a1 to a6 and measured in a1 to a3; three of A and two of B are coded afresh.
FOUND = machine(
    {f"a{n}": {"m1": "measures" if n < 4 else "argues"} for n in range(1, 7)}
    | {f"b{n}": {} for n in range(1, 5)}
)
DRAWN = design(("A", 6, ["a1", "a2", "a4"]), ("B", 4, ["b1", "b2"]))
AFRESH = human(
    {
        ("ada", "a1"): {"m1": "measures"},
        ("ada", "a2"): {"m1": "argues"},
        ("ada", "a4"): {},
        ("ada", "b1"): {"m1": "mentions"},
        ("ada", "b2"): {},
    }
)


def rate(table: pd.DataFrame, quantity: str, code: str = "m1") -> pd.Series:
    [at] = table.index[(table["code"] == code) & (table["quantity"] == quantity)]
    return table.loc[at]


# ---------------------------------------------------------------- corrected rates


def test_corrected_rates_by_hand() -> None:
    """Worked by hand from the difference estimator of a stratified sample."""
    table = corrected_rates(FOUND, AFRESH, *DRAWN, MODES, imagined=0.0)
    found = rate(table, "discussed")
    # 0.6 + 0.6 x mean(0, 0, -1) + 0.4 x mean(1, 0)
    assert (found["raw"], found["corrected"], found["human"]) == (0.6, pytest.approx(0.6), 5)
    # 0.36 / 2 x (1/3) / 3 + 0.16 / 2 x (1/2) / 2 = 0.02 + 0.02
    assert found["se_human"] == pytest.approx(0.2)
    assert found["se"] == pytest.approx(math.sqrt(0.04 + 0.24 / 9))
    taken = rate(table, "measured")
    assert (taken["raw"], taken["corrected"]) == (0.3, pytest.approx(0.1))
    ratio = rate(table, "measured of discussed")
    assert (ratio["raw"], ratio["corrected"]) == (0.5, pytest.approx(1 / 6))
    rest = [np.var([0, -1, 1 / 6], ddof=1), np.var([-1 / 6, 0], ddof=1)]
    by_human = (0.36 * 0.5 * rest[0] / 3 + 0.16 * 0.5 * rest[1] / 2) / 0.6**2
    assert ratio["se_human"] == pytest.approx(math.sqrt(by_human))
    assert ratio["se"] == pytest.approx(math.sqrt(by_human + 1 / 6 * 5 / 6 / 6))
    assert "too few: corrected, fewer than 10 papers discuss it" in ratio["note"]
    assert "fewer than 30 papers coded by humans" in found["note"]
    assert tuple(found[["raw_low", "raw_high"]]) == pytest.approx(tuple(jeffreys(6, 10)))
    # Three degrees of freedom: (3 - 1) + (2 - 1).
    assert tuple(found[["low", "high"]]) == pytest.approx(rate_interval(0.6, found["se"], 3))


def test_imagined_errors_widen_the_interval_and_leave_the_rate() -> None:
    bare, table = (corrected_rates(FOUND, AFRESH, *DRAWN, MODES, **k) for k in ({"imagined": 0.0}, {}))
    pd.testing.assert_series_equal(bare["corrected"], table["corrected"])
    # Nobody saw m2 and machines never gave it: without imagined errors nothing would be uncertain about it.
    assert rate(bare, "discussed", "m2")["se_human"] == 0
    assert rate(table, "discussed", "m2")["se_human"] > 0
    assert rate(table, "discussed", "m2")["high"] > rate(table, "discussed", "m2")["corrected"] == 0


def test_the_interval_is_logit_inside_and_straight_at_the_edge() -> None:
    low, high = rate_interval(0.2, 0.05, 10)
    half = stats.t.ppf(0.975, 10) * 0.05 / 0.16
    assert (low, high) == pytest.approx(
        (1 / (1 + math.exp(-math.log(0.25) + half)), 1 / (1 + math.exp(-math.log(0.25) - half)))
    )
    assert rate_interval(0.0, 0.01, 1000)[0] == 0
    assert rate_interval(-0.3, 0.01, 1000) == pytest.approx((0, 0.0196), abs=1e-4)
    assert rate_interval(1.2, 0.01, 1000) == pytest.approx((0.9804, 1), abs=1e-4)
    assert rate_interval(0.001, 0.02, 1000)[1] == pytest.approx(0.0402, abs=1e-3)


def test_humans_labels_are_averaged_and_silence_is_no_label() -> None:
    two = pd.concat([AFRESH, human({("bob", "a4"): {"m1": "argues"}})])
    # a4: one human saw it, one did not: one half.
    assert rate(corrected_rates(FOUND, two, *DRAWN, MODES), "discussed")["corrected"] == pytest.approx(0.7)
    silent = human({("ada", p): {"m1": "measures"} for p in ("a1", "a2")} | {("ada", "a4"): {"m1": "?"}})
    table = corrected_rates(FOUND, pd.concat([silent, AFRESH[AFRESH["paper"] > "b"]]), *DRAWN, MODES)
    assert rate(table, "discussed")["corrected"] == pytest.approx(0.6 + 0.4 * 0.5)
    assert rate(table, "discussed")["human"] == 4


def test_a_whole_recoding_leaves_no_error_of_sampling() -> None:
    every = [f"a{n}" for n in range(1, 7)], [f"b{n}" for n in range(1, 5)]
    all_of = human(
        {("ada", p): {"m1": "argues"} for p in (*every[0], "b1")} | {("ada", p): {} for p in every[1][1:]}
    )
    table = corrected_rates(FOUND, all_of, *design(("A", 6, every[0]), ("B", 4, every[1])), MODES)
    found = rate(table, "discussed")
    assert (found["corrected"], found["se_human"]) == (pytest.approx(0.7), 0)
    assert found["se"] == pytest.approx(math.sqrt(0.21 / 9))


NO_SAMPLE = design()
WHY: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "no human": (
        lambda: corrected_rates(FOUND, AFRESH.iloc[:0], *DRAWN, MODES),
        "no human has coded a paper",
    ),
    "no sample": (
        lambda: corrected_rates(FOUND, AFRESH, *NO_SAMPLE, MODES),
        "no sample for verification was drawn",
    ),
    "no machine": (
        lambda: corrected_rates(FOUND.iloc[:0], AFRESH, *DRAWN, MODES),
        "no paper coded by machines",
    ),
    "half a block": (
        lambda: corrected_rates(FOUND, AFRESH[AFRESH["paper"] != "b2"], *DRAWN, MODES),
        "humans have not finished a block of B",
    ),
    "one paper": (
        lambda: corrected_rates(
            FOUND, AFRESH, *design(("A", 6, ["a1", "a2", "a4"]), ("B", 4, ["b1"])), MODES
        ),
        "humans have not finished a block of B",
    ),
    "silence": (
        lambda: corrected_rates(
            FOUND,
            pd.concat(
                [AFRESH[AFRESH["paper"] < "b"], human({("ada", p): {"m1": "?"} for p in ("b1", "b2")})]
            ),
            *DRAWN,
            MODES.iloc[:1],
        ),
        "humans could tell too few papers of a stratum",
    ),
}


@pytest.mark.parametrize("case", WHY)
def test_not_estimable_says_why(case: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = WHY[case][0]()
    assert set(table["note"].str.split("; ").str[0]) == {f"not estimable: {WHY[case][1]}"}
    assert table[["corrected", "low", "high", "se"]].isna().all(axis=None)


def test_a_mode_that_cannot_be_told_has_no_rate() -> None:
    table = corrected_rates(FOUND, AFRESH, *DRAWN, MODES, codes_assessable=["m1"])
    assert set(table.loc[table["code"] == "m2", "note"]) == {"not estimable: not assessable on this basis"}
    assert table.loc[table["code"] == "m2", "raw"].isna().all()
    assert rate(table, "discussed")["corrected"] == pytest.approx(0.6)


def test_papers_coded_since_the_draw_are_said() -> None:
    more = pd.concat([FOUND, machine({"c1": {}, "c2": {}})])
    assert (
        "2 papers coded since the sample was drawn"
        in rate(corrected_rates(more, AFRESH, *DRAWN, MODES), "discussed")["note"]
    )


def test_only_whole_blocks_count_the_first_first() -> None:
    sampling, sample = design(("A", 6, ["a1", "a2"]), ("A", 8, ["a3", "a4"]), ("B", 4, ["b1", "b2"]))
    made = drawn(sampling, sample, {"a1", "a2", "a4", "b1"})
    assert made.strata.to_numpy().tolist() == [["A", 6, 4, 2, 2 / 6], ["B", 4, 2, 0, 0.0]]
    assert (made.stratum, made.waiting) == ({"a1": "A", "a2": "A"}, ("a3", "a4", "b1", "b2"))
    made = drawn(sampling, sample, {"a1", "a2", "a3", "a4", "b1", "b2"})
    assert made.weight == {**dict.fromkeys(("a1", "a2", "a3", "a4"), 2.0), "b1": 2.0, "b2": 2.0}
    # A later block does not stand in for an earlier one.
    assert drawn(sampling, sample, {"a3", "a4"}).stratum == {}


def test_corrected_rates_cover_the_truth_and_raw_ones_do_not() -> None:
    """A small version of benchmarks/simulate_validation.py: 150 runs of one setting, seeded."""
    rng = np.random.default_rng(3)
    names = np.array(["found", "none"], dtype=object)
    inside, raw, bias = np.zeros(3), np.zeros(3), np.zeros(3)
    truth, runs = np.array([0.3, 0.12, 0.4]), 150
    for _ in range(runs):
        d = rng.random(400) < 0.3
        m = d & (rng.random(400) < 0.4)
        by_machine = np.where(d, rng.random(400) < 0.7, rng.random(400) < 0.05)
        taken = by_machine & np.where(rng.random(400) < 0.1, ~m, m)
        both = np.stack([by_machine, taken], 1).astype(float)
        stratum = np.where(by_machine, 0, 1)
        here = np.concatenate([rng.permutation(np.flatnonzero(stratum == h))[:40] for h in (0, 1)])
        frames = pd.DataFrame({"stratum": names, "frame": np.bincount(stratum)})
        made = corrected(both, np.stack([d, m], 1)[here].astype(float), here, names[stratum[here]], frames)
        assert made is not None
        x = both.sum(axis=0)
        for k, (of, n) in enumerate(((x[0], 400), (x[1], 400), (x[1], x[0]))):
            low, high = rate_interval(made.value[k], made.se[k], made.freedom)
            inside[k] += low <= truth[k] <= high
            low, high = jeffreys(of, n)
            raw[k] += low <= truth[k] <= high
            bias[k] += made.value[k] - truth[k]
    assert (inside / runs > 0.90).all()
    assert raw[0] / runs < 0.5
    assert (np.abs(bias / runs) < 0.02).all()


# ---------------------------------------------------------------- audits and recodings


def verdicts(*rows: tuple[str, ...]) -> pd.DataFrame:
    """(Coder, paper, mode, outcome, at) as verifications."""
    blank = dict.fromkeys(["coder", *VERIFICATIONS.header], "")
    made = [
        {**blank, "coder": w, "paper": p, "code": c, "outcome": o, "at": at}
        | {"basis": "abstract", "facet": "failure_mode", "revision": "1", "state": "".join(s)}
        for w, p, c, o, at, *s in rows
    ]
    return pd.DataFrame(made, columns=list(blank), dtype="str")


def test_weighted_interval() -> None:
    assert weighted_interval([1, 1, 0, 1], [1, 1, 1, 1]) == pytest.approx((0.75, *jeffreys(3, 4), 4.0))
    share, low, high, number = weighted_interval([1, 0], [3, 1])
    assert (share, number) == (0.75, pytest.approx(16 / 10))
    assert low < share < high
    assert weighted_interval([1, 1], [3, 1])[2] == 1
    assert all(math.isnan(v) for v in weighted_interval([], [])[:3])
    with pytest.raises(ValueError, match="weight above 0"):
        weighted_interval([1], [0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.1, 9)), min_size=1, max_size=12))
def test_a_weighted_share_lies_in_its_interval(trials: list[tuple[bool, float]]) -> None:
    hits, weights = zip(*trials, strict=True)
    share, low, high, number = weighted_interval(np.array(hits, dtype=float), weights)
    assert 0 <= low <= share + 1e-12
    assert share <= high + 1e-12 <= 1 + 1e-9
    assert 0 < number <= len(trials) + 1e-9


def test_audits_tell_precision_and_recodings_recall_and_neither_the_other() -> None:
    said = verdicts(
        ("ada", "a1", "m1", "confirm", T1),
        ("ada", "a2", "m1", "correct", T1, "present"),
        ("ada", "a3", "m1", "reject", T1),
        ("ada", "a5", "m1", "correct", T1, "no-information"),  # takes the code away
        ("ada", "b1", "m2", "add", T1),  # says nothing of a code that machines gave
        ("ada", "a6", "m2", "confirm", T1),  # machines gave no such code
    )
    only = validation(FOUND, AFRESH.iloc[:0], said, *NO_SAMPLE, MODES).set_index("code")
    row = only.loc["m1"]
    assert (row["codes"], row["machine_only"], row["audited_only"]) == (6, 2, 4)
    assert (row["confirmed"], row["corrected"], row["rejected"]) == (1, 1, 2)
    assert row["precision"] == 0.5
    assert (row["precision_low"], row["precision_high"]) == pytest.approx(tuple(jeffreys(2, 4)))
    assert np.isnan(only["recall"]).all()
    assert set(only["absence_supported"]) == {"not estimable"}
    assert "recall not estimable: no human has coded a paper afresh" in only.loc["", "note"]
    assert "codes audited were not drawn by chance" in row["note"]

    table = validation(FOUND, AFRESH, verdicts(), *DRAWN, MODES).set_index("code")
    row = table.loc["m1"]
    # Humans saw m1 in a1, a2 (weight 2 each) and b1 (weight 2); machines missed b1.
    assert (row["human_found"], row["machine_found"], row["recoded_papers"]) == (3, 2, 5)
    assert np.isnan(row["precision"]) and np.isnan(row["recall"])
    assert (row["recoded_only"], row["machine_only"], row["absence_supported"]) == (3, 3, "no")
    # Recall is that of all modes, so what it supports it supports of every mode.
    assert table.loc["m2", "absence_supported"] == "no"
    whole = table.loc[""]
    assert (whole["codes"], whole["recall"]) == (6, pytest.approx(2 / 3))
    assert (whole["recall_low"], whole["recall_high"]) == pytest.approx(tuple(jeffreys(2, 3)))
    assert "recall from fewer than 10 papers" in whole["note"]


def test_a_paper_is_one_trial_of_recall_however_many_modes_it_has() -> None:
    found = machine({"a1": {"m1": "argues"}, "a2": {"m1": "argues"}, "a3": {"m2": "argues"}})
    again = human({("ada", p): {"m1": "argues", "m2": "argues"} for p in ("a1", "a2", "a3")})
    sampling, sample = design(("A", 3, ["a1", "a2", "a3"]))
    whole = validation(found, again, verdicts(), sampling, sample, MODES).iloc[0]
    assert (whole["human_found"], whole["machine_found"], whole["recall"]) == (6, 3, pytest.approx(0.5))
    assert (whole["recall_low"], whole["recall_high"]) == pytest.approx(tuple(jeffreys(1.5, 3)))


def test_what_a_recoding_must_find_to_support_an_absence() -> None:
    """The numbers of the notebook on agreement."""
    assert weighted_interval([1] * 87 + [0] * 13, [1] * 100)[1] < 0.8
    assert weighted_interval([1] * 88 + [0] * 12, [1] * 100)[1] > 0.8
    assert weighted_interval([1] * 39 + [0] * 2, [1] * 41)[1] > 0.8


def test_codes_of_drawn_papers_count_by_what_they_stand_for() -> None:
    found = machine(
        {f"a{n}": {"m1": "argues"} for n in range(4)} | {f"b{n}": {"m1": "argues"} for n in range(12)}
    )
    sampling, sample = design(("A", 4, ["a0", "a1", "a2", "a3"]), ("B", 12, ["b0", "b1"]))
    said = verdicts(
        *(("ada", f"a{n}", "m1", "reject" if n == 0 else "confirm", T1) for n in range(4)),
        ("ada", "b0", "m1", "reject", T1),
        ("ada", "b1", "m1", "confirm", T1),
        ("ada", "b7", "m1", "confirm", T1),  # chosen, not drawn
    )
    row = validation(found, human({}), said, sampling, sample, MODES).set_index("code").loc["m1"]
    assert row["precision"] == pytest.approx((3 + 6) / (4 + 12))
    assert (row["confirmed"], row["rejected"]) == (5, 2)
    assert "drawn by chance" not in row["note"]


def test_an_absence_counts_where_recall_is_shown_to_be_high() -> None:
    papers = [f"a{n:02}" for n in range(40)]
    found = machine({p: {"m1": "argues"} for p in papers} | {"z": {}})
    again = human({("ada", p): {"m1": "argues"} for p in papers})
    sampling, sample = design(("A", 41, papers))
    table = validation(found, again, verdicts(), sampling, sample, MODES).set_index("code")
    assert table.loc["m1", "absence_supported"] == "yes"
    assert table.loc["", "recall_low"] > 0.9
    strict = validation(found, again, verdicts(), sampling, sample, MODES, min_recall=0.99).set_index("code")
    assert strict.loc["m1", "absence_supported"] == "no"
    chosen = validation(found, again, verdicts(), *NO_SAMPLE, MODES).set_index("code").loc[""]
    assert (chosen["recall"], chosen["absence_supported"]) == (1.0, "not estimable")
    assert "not drawn by chance" in chosen["note"]
    hidden = validation(found, again, verdicts(), sampling, sample, MODES, assessable=["m2"]).set_index(
        "code"
    )
    assert hidden.loc["m1", ["absence_supported", "note"]].tolist() == [
        "not estimable",
        "not assessable on this basis",
    ]


def test_a_recoding_by_one_who_had_audited_the_paper_is_none() -> None:
    held, signs = tables(
        [
            coding("a", "bot", "m1", level="argues"),
            coding("a", "ada", "m1", level="measures"),
            coding("b", "ada", "m2", level="argues"),
            coding("b", "ada", "m1", level="argues", at=T3),  # after the machine's row became visible
            coding("c", "ada", "m1", state="no-information"),
        ],
        [
            ("a", "bot"),
            ("a", "ada", "1.0", T2),
            ("b", "bot"),
            ("b", "ada", "1.0", T2),
            ("c", "ada", "1.0", T2),
        ],
    )
    every = codes("m1", "m2")
    table = recoded(held, signs, every, coder_kinds=KINDS).set_index(["paper", "code"])
    assert set(table["coder"]) == {"ada"}
    assert table["value"].fillna(-1).to_dict() == {
        ("a", "m1"): 1, ("a", "m2"): 0, ("b", "m1"): 0, ("b", "m2"): 1, ("c", "m1"): -1, ("c", "m2"): 0,
    }  # fmt: skip
    assert table["level"].to_dict()["a", "m1"] == "measures"
    assert table["level"].to_dict()["b", "m1"] == ""
    before = verdicts(("ada", "a", "m1", "confirm", T1), ("ada", "b", "m2", "confirm", T3))
    blind = recoded(held, signs, every, coder_kinds=KINDS, verifications=before)
    assert set(blind["paper"]) == {"b", "c"}
    nobody = recoded(*tables([], []), every, coder_kinds={})
    assert list(nobody.columns) == ["paper", "coder", "facet", "code", "value", "level"]
    assert nobody.empty
    with pytest.raises(ValueError, match="coder='ada'"):
        recoded(held, signs, every, coder_kinds={"bot": "language-model"})


def test_degenerate_tables_are_explained() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = validation(FOUND.iloc[:0], human({}), verdicts(), *NO_SAMPLE, MODES)
        assert table["codes"].tolist() == [0, 0, 0]
        assert set(table["absence_supported"]) == {"not estimable"}
        assert (table["note"] != "").all()
        none = validation(FOUND, AFRESH, verdicts(), *DRAWN, MODES.iloc[:0])
        assert none["code"].tolist() == [""]


# ---------------------------------------------------------------- the survey's answer


def test_the_survey_s_answer_from_machines_alone_to_humans(survey: Path) -> None:
    papers = [f"p{n:02}" for n in range(1, 13)]
    keep(survey, *papers)
    for coder in PASSES:
        coded(survey, coder, *(row for p in papers for row in whole(p)))
    answer = validated(open_survey(survey))
    assert (answer.tables, answer.figures, answer.numbers) == ({}, (), ())

    chosen = sample_verification(survey, size=4).papers
    coded(survey, "eva", *(row for p in chosen for row in whole(p)))
    verify(survey, "eva", [word(papers[0] if papers[0] not in chosen else papers[-1])])
    answer = validated(open_survey(survey))
    numbers = {n.name: n.value for n in answer.numbers}
    assert (numbers["ValidRecoded"], numbers["ValidAudited"], numbers["ValidRecall"]) == (4, 1, 1.0)
    rates = answer.tables["validation-rates"]
    assert rate(rates, QUANTITIES[0], "judge-bias")["corrected"] == 1.0
