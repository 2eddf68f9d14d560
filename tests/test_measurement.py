"""How much evidence there is for each code: weights, nested totals, decisions, and both estimates."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import NMF

from analysis import charts
from analysis.charts.theme import page_width
from analysis.design_estimates import Design, Stopping, blocks_taken, drawn_again, exact_limit, raked
from analysis.measurement import READINGS, Thresholds, decided, records, volumes
from analysis.volume_table import carried, measurement, meets
from tests.coder_tables import ASKED
from workbench.answers.answer import Answer
from workbench.answers.drawn import drawn
from workbench.answers.measurement import measured
from workbench.store.survey import open_survey

CODES = [f"c{k}" for k in range(6)]


def made(seed: int, *, size: int = 400, known: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A frame of two strata, one drawn densely, and what the read papers carry."""
    rng = np.random.default_rng(seed)
    stratum = rng.choice(["a/early", "b/late"], size, p=[0.3, 0.7])
    chance = np.where(stratum == "a/early", 0.5, 0.15)
    read = np.zeros(size, dtype=bool)
    for name, share in (("a/early", 0.5), ("b/late", 0.15)):
        mine = np.flatnonzero(stratum == name)
        many = max(round(share * len(mine)), 2)
        read[rng.permutation(mine)[:many]] = True
        chance[mine] = many / len(mine)
    share = np.array([0.3, 0.15, 0.08, 0.05, 0.02, 0.0])
    raised = rng.random((size, 6)) < share
    hit = (raised & (rng.random((size, 6)) < 0.7)) | (rng.random((size, 6)) < 0.05)
    frame = pd.DataFrame(
        {
            "paper": [f"p{i:04d}" for i in range(size)],
            "stratum": stratum,
            "period": [s.split("/")[1] for s in stratum],
            "read": read,
            "included": read & raised.any(axis=1),
            "chance": np.where(read, chance, np.nan),
        }
    )
    if known:
        frame["source"] = rng.choice(["s1", "s2"], size)
        frame["score"] = np.round(np.where(raised.any(axis=1), 0.7, 0.4) + rng.uniform(-0.2, 0.2, size), 3)
        frame["hits"] = [";".join(np.array(CODES)[row]) for row in hit]
    i, j = np.nonzero(raised & read[:, None])
    level = rng.random(len(i))
    held = pd.DataFrame(
        {
            "paper": frame["paper"].to_numpy()[i],
            "code": np.array(CODES)[j],
            "measured": level < 0.4,
            "motive": level > 0.75,
            "remedy": level > 0.9,
        }
    )
    return frame, held


def table_of_codes() -> pd.DataFrame:
    return pd.DataFrame(
        {"code": CODES, "name": [c.upper() for c in CODES], "side": ["evaluation"] * 3 + ["alignment"] * 3}
    )


def answered(seed: int = 3, *, known: bool = True) -> pd.DataFrame:
    frame, held = made(seed, known=known)
    return measurement(frame, table_of_codes(), held, Thresholds(), draws=80, repeats=10)


# Weights


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_raked_weights_are_positive_and_reproduce_the_frame(seed: int) -> None:
    frame, _ = made(seed)
    of = records(frame, CODES)
    assert of.hit is not None
    margins = np.stack([of.groups[0], of.groups[1]], axis=1)[of.read]
    known = tuple(np.bincount(g).astype(float) for g in of.groups)
    hits = of.hit.sum(axis=0).astype(float)
    hit = of.hit[of.read]
    weight = raked(1 / of.chance[of.read], margins, known, hit, hits)
    assert (weight > 0).all()
    for j in range(len(CODES)):
        if not hit[:, j].any() or hit[:, j].all():
            continue
        for m, counts in enumerate(known):
            np.testing.assert_allclose(np.bincount(margins[:, m], weight[:, j]), counts, rtol=1e-6)
        assert weight[hit[:, j], j].sum() == pytest.approx(hits[j], rel=1e-6)


def test_a_group_nobody_was_drawn_from_is_stood_for_by_its_margin() -> None:
    weight = raked(
        np.ones(4), np.array([[0], [0], [1], [1]]), (np.array([4.0, 4, 2]),), np.zeros((4, 1), bool), None
    )
    assert weight.sum() == pytest.approx(10)


def test_a_repeated_draw_keeps_what_each_stratum_weighs() -> None:
    frame, _ = made(5)
    of = records(frame, CODES)
    stratum = of.groups[0][of.read]
    sizes = np.bincount(of.groups[0])
    design = Design(
        stratum,
        sizes,
        of.chance[of.read],
        False,
        stratum[:, None],
        (sizes.astype(float),),
        np.zeros((len(stratum), 1), bool),
        None,
    )
    weight, copies = drawn_again(design, np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(stratum, weight), sizes)
    np.testing.assert_allclose(np.bincount(stratum, copies), sizes)


def test_own_chances_are_drawn_again_without_bias() -> None:
    chance = np.array([1.0, 0.5, 0.3, 0.1])
    nothing = np.zeros(4, dtype=np.int64)
    design = Design(
        nothing,
        np.array([17]),
        chance,
        True,
        nothing[:, None],
        (np.array([17.0]),),
        np.zeros((4, 1), bool),
        None,
    )
    rng = np.random.default_rng(2)
    mean = np.mean([drawn_again(design, rng)[0] for _ in range(4000)], axis=0)
    np.testing.assert_allclose(mean, 1 / chance, rtol=0.1)
    assert all(drawn_again(design, rng)[0][0] == 1 for _ in range(20))  # a census has no chance in it


def test_blocks_stop_when_every_aim_is_met_and_serve_the_scarce_aim_first() -> None:
    counts = np.zeros((60, 2))
    counts[:30, 0] = np.arange(30) % 2  # every second record of the first stratum serves the first aim
    counts[:, 1] = 1
    rule = Stopping(
        5, 1000, counts, np.array([8.0, 0.0]), np.array([[True, True], [False, True]]), np.array([0, 1])
    )
    taken = blocks_taken(rule, [np.arange(30), np.arange(30, 60)])
    assert taken == [20, 5]  # 16 hold 8, and a block is not cut short


def test_blocks_stop_at_the_limit_and_where_a_stratum_ends() -> None:
    nothing = np.zeros((12, 1))
    everything = Stopping(5, 1000, nothing, np.array([9.0]), np.ones((1, 1), bool), np.array([0]))
    assert blocks_taken(everything, [np.arange(12)]) == [12]
    little = Stopping(5, 8, nothing, np.array([9.0]), np.ones((1, 1), bool), np.array([0]))
    assert blocks_taken(little, [np.arange(12)]) == [5]


def test_nothing_found_has_an_exact_limit() -> None:
    # 58 papers drawn with 5% each are all missed with a chance of .051; 59 with .0485.
    assert exact_limit(0.05, 0.90) == 58
    assert 0.95**58 >= 0.05 > 0.95**59
    assert exact_limit(1.0, 0.90) == 0


# Which papers carry what


def rows(*given: dict[str, str]) -> pd.DataFrame:
    plain = {"basis": "abstract", "facet": "f", "state": "present", "resolved": "agreed", "grey": False}
    return pd.DataFrame([{**plain, "role": "own", "mitigates": "no", **g} for g in given])


def test_conditions_are_met_by_all_their_columns() -> None:
    table = pd.DataFrame({"level": ["low", "low", "high"], "role": ["x", "y", "x"]})
    assert meets(table, [{"level": "low", "role": "x"}]).tolist() == [True, False, False]
    assert meets(table, [{"level": "low", "role": "x"}, {"level": "high"}]).tolist() == [True, False, True]
    assert not meets(table, []).any()
    with pytest.raises(ValueError, match="lacks the column"):
        meets(table, [{"nothing": "x"}])


def test_carried_tells_motives_remedies_and_what_is_measured() -> None:
    # The facet has no levels of its own in ``selection``: the headline facet carries them.
    final = rows(
        {"paper": "p1", "code": "a", "level": "low", "mitigates": "yes"},
        {"paper": "p2", "code": "a", "level": "high", "mitigates": "yes"},
        {"paper": "p3", "code": "a", "level": "low"},
        {"paper": "p4", "code": "a", "level": "high", "resolved": "unresolved"},
    )
    held = carried(
        final,
        "f",
        levels=["low", "high"],
        measured="high",
        motive=[{"mitigates": "yes"}],
        remedy=[{"mitigates": "yes"}],
    )
    assert held.to_dict("list") == {
        "paper": ["p1", "p2", "p3"],
        "code": ["a", "a", "a"],
        "measured": [False, True, False],
        "motive": [True, False, False],
        "remedy": [True, True, False],
    }
    with pytest.raises(ValueError, match="not one of low, high"):
        carried(final, "f", levels=["low", "high"], measured="highest")


# The table


@pytest.mark.parametrize("known", [True, False])
def test_each_step_lies_within_the_one_before(known: bool) -> None:
    table = answered(known=known)
    codes = table[table["code"] != ""]
    assert len(codes) == 6 * 3 * 2
    for end in ("", "_low", "_high"):
        for outer, inner in pairwise(("raised", "discussed", "measured")):
            assert (codes[outer + end] >= codes[inner + end] - 1e-9).all()
    for what in ("raised", "discussed", "measured", "ratio"):
        told = codes[codes[what].notna()]
        assert (told[f"{what}_low"] <= told[what] + 1e-9).all()
        assert (told[what] <= told[f"{what}_high"] + 1e-9).all()
    for what in ("raised", "discussed", "measured"):
        assert (codes[f"{what}_low"] >= codes[f"read_{what}"] - 1e-9).all()  # what was read is there
    assert codes["hits"].notna().all() == known


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_draw_is_nested_in_every_reading(seed: int) -> None:
    frame, held = made(seed, size=250)
    of = records(frame, CODES)
    at = {p: i for i, p in enumerate(frame["paper"])}
    raised, measured, motive = (np.zeros((250, 6), bool) for _ in range(3))
    for row in held.to_dict("records"):
        i, j = at[row["paper"]], CODES.index(row["code"])
        raised[i, j], measured[i, j], motive[i, j] = True, row["measured"], row["motive"]
    some = {"motives out": raised & ~motive, "all in": raised}
    (volume,) = volumes(of, raised, measured, some, confidence=0.9, draws=40, repeats=3)
    for reading in some:
        drawn = volume[reading].model
        assert (drawn.measured <= drawn.discussed).all()
        assert (drawn.discussed <= drawn.raised).all()
        assert (drawn.raised <= len(frame)).all()
    assert (volume["all in"].model.discussed == volume["all in"].model.raised).all()


def test_more_is_discussed_the_more_readings_let_in() -> None:
    table = answered()
    for estimate in ("model", "design"):
        mine = table[(table["estimate"] == estimate) & (table["code"] != "")].set_index(["reading", "code"])
        counts = [mine.loc[reading, "read_discussed"] for reading in READINGS]
        assert (counts[0] <= counts[1]).all()
        assert (counts[1] <= counts[2]).all()
        assert (mine.loc["all in", "read_discussed"] == mine.loc["all in", "read_raised"]).all()


def test_the_same_data_give_the_same_table() -> None:
    pd.testing.assert_frame_equal(answered(), answered())


def test_a_census_is_counted_and_not_estimated() -> None:
    frame, _ = made(8)
    frame = frame.assign(read=True, chance=1.0, included=True)
    held = pd.DataFrame(
        {
            "paper": ["p0001", "p0002"],
            "code": "c0",
            "measured": [True, False],
            "motive": False,
            "remedy": False,
        }
    )
    table = measurement(frame, table_of_codes(), held, Thresholds(), draws=50, repeats=5)
    mine = table[(table["code"] == "c0") & (table["reading"] == READINGS[0])]
    for what, count in (("raised", 2), ("measured", 1)):
        for end in ("", "_low", "_high"):
            np.testing.assert_allclose(mine[what + end], count, atol=1e-6)
    empty = table[table["code"] == "c5"]
    assert (empty["raised_high"] == 0).all()


def test_decisions_stand_at_the_threshold() -> None:
    assert decided(np.array([0.95, 0.949, 0.051, 0.05]), 0.95).tolist() == ["yes", "open", "open", "no"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="chance"), "lacks the column"),
        (lambda f: pd.concat([f, f.head(1)]), "stands twice"),
        (lambda f: f.assign(read=False), "no record was read"),
        (lambda f: f.assign(chance=0.0), "its chance is 0.0"),
    ],
)
def test_a_faulty_frame_is_refused(change: object, message: str) -> None:
    frame, _ = made(1)
    with pytest.raises(ValueError, match=message):
        records(change(frame), CODES)  # type: ignore[operator]


@pytest.mark.parametrize("width", ["single", "double"])
def test_the_figure_is_exactly_a_column_wide(width: charts.theme.Width) -> None:
    chart = charts.measurement_plot(answered(), reading=READINGS[0], ratio=0.25, width=width).to_dict()
    assert chart["width"] + chart["padding"]["left"] + chart["padding"]["right"] == pytest.approx(
        page_width(width)
    )


# The survey as it stood with 225 papers. Its frame was not frozen: strata alone are known.


@pytest.fixture(scope="module")
def pilot_answer(pilot: Path) -> Answer:
    """The answer of the pilot, once."""
    return measured(open_survey(pilot))


@pytest.fixture(scope="module")
def pilot_table(pilot_answer: Answer) -> pd.DataFrame:
    """Its table."""
    return pilot_answer.tables["measurement"].set_index(["reading", "estimate", "code"]).sort_index()


def test_weights_of_strata_alone_give_what_was_recomputed_by_hand(pilot_table: pd.DataFrame) -> None:
    every = pilot_table.loc["all in", "design", ""]
    assert every["read_measured"] / every["read_raised"] == pytest.approx(0.40, abs=0.005)  # raw
    assert every["ratio"] == pytest.approx(0.49, abs=0.006)
    assert 0.40 < every["ratio_low"] < every["ratio_high"] < 0.58
    for reading, code, count in (
        ("all in", "saturation", 81),
        ("motives out", "saturation", 27),
        ("all in", "contamination", 231),
        ("motives out", "contamination", 177),
    ):
        assert pilot_table.loc[reading, "design", code]["discussed"] == pytest.approx(count, abs=0.6)


def test_motives_are_most_of_what_is_read_of_unrepresentative_sampling(pilot_table: pd.DataFrame) -> None:
    code = "unrepresentative-sampling"
    assert pilot_table.loc["all in", "model", code]["read_discussed"] == 31
    assert pilot_table.loc["motives out", "model", code]["read_discussed"] == 11


@pytest.mark.parametrize(
    ("code", "raised", "found"),
    [
        ("statistical-fragility", (35, 15, 71), (1, 0, 13)),
        ("saturation", (80, 45, 138), (9, 1, 31)),
        ("adversarial-fragility", (392, 303, 507), (215, 152, 302)),
        ("contamination", (230, 165, 309), (65, 35, 111)),
    ],
)
def test_another_model_comes_to_the_same(
    pilot_table: pd.DataFrame, code: str, raised: tuple[int, int, int], found: tuple[int, int, int]
) -> None:
    """Medians and 90% intervals of a Gamma-Poisson factorisation of strata by code, motives counted, made elsewhere."""
    row = pilot_table.loc["all in", "model", code]
    for what, (middle, low, high) in (("raised", raised), ("measured", found)):
        assert low <= row[what] <= high
        assert row[f"{what}_low"] <= middle <= row[f"{what}_high"]


def test_a_factorisation_fitted_here_comes_to_the_same(pilot: Path, pilot_table: pd.DataFrame) -> None:
    """A Gamma-Poisson factorisation of strata by (code, measured or not), motives counted, predicts the unread."""
    survey = open_survey(pilot)
    by_paper = drawn(survey).set_index("paper")
    held = carried(survey.final, "failure_mode", levels=ASKED.levels, measured="measures")
    held = held[held["paper"].isin(by_paper.index)]
    counts = pd.crosstab(held["paper"].map(by_paper["stratum"]), [held["code"], held["measured"]])
    strata = by_paper.groupby("stratum")["frame"].agg(["first", "size"]).astype(float)
    counts = counts.reindex(strata.index, fill_value=0)
    model = NMF(3, beta_loss="kullback-leibler", solver="mu", init="nndsvda", max_iter=2_000, random_state=0)
    rates = model.fit_transform(counts.to_numpy(dtype=float)) @ model.components_
    unread = (strata["first"] / strata["size"] - 1).to_numpy()
    papers = pd.Series(counts.to_numpy().sum(axis=0) + unread @ rates, index=counts.columns)
    ours = pilot_table.loc["all in", "model"]
    raised, measured_ = papers.groupby(level=0).sum(), papers.xs(True, level=1)
    for what, found in (("raised", raised), ("measured", measured_)):
        row = ours.loc[found.index]
        inside = (row[f"{what}_low"] <= found) & (found <= row[f"{what}_high"])
        assert inside.mean() >= 0.9, inside[~inside].index.tolist()
        # The means are near, too: an interval that holds everything would be no check.
        big = found > 40
        assert big.sum() >= 5 and np.log(found / row[what]).abs()[big].mean() < 0.2


def test_nothing_is_rare_before_enough_was_read(pilot_table: pd.DataFrame) -> None:
    # The least chance of being drawn is 20 in 393; three papers of a hundred could all have been missed.
    mine = pilot_table.loc["motives out", "model"]
    assert not (mine["rare"] == "yes").any()
    assert pilot_table.loc["motives out", "design", "sandbagging"]["raised_high"] == 57
    assert {"yes", "no", "open"} >= set(mine["hardly_measured"])


def test_the_answer_is_five_sentences_with_numbers(pilot_answer: Answer) -> None:
    sentences = list(pilot_answer.tables["measurement-in-words"]["sentence"])
    assert len(sentences) == 5
    assert all(any(c.isdigit() for c in s) and s.endswith(".") for s in sentences)
    assert "3,252 records" in sentences[0] and "439" in sentences[0] and "225" in sentences[0]


def test_without_a_frozen_frame_the_table_says_what_it_was_calibrated_to(pilot_answer: Answer) -> None:
    (printed,) = pilot_answer.printed
    assert "Calibrated to strata and period alone." in printed.note
    assert len(printed.table) == 39
