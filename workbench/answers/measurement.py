"""The survey's answer: how many papers of the frame raise, discuss and measure each code, and what is decided."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import charts
from analysis.design_estimates import Stopping
from analysis.measurement import READINGS, Thresholds
from analysis.volume_table import COLUMNS, STATEMENTS, carried, measurement
from analysis.weights import weights
from workbench.answers import phases
from workbench.answers.answer import BASIS, Answer, Printed, figure, in_schema
from workbench.answers.measurement_in_words import alternative, false_decisions, headline, in_words
from workbench.answers.numbers import Number
from workbench.answers.phases import speaking
from workbench.doors.sampling import STAGE
from workbench.store.screened import STAGES, screened

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def measured(survey: Survey) -> Answer:
    """How many papers of the frame raise, discuss and measure each code."""
    settings = survey.settings
    at = thresholds(survey)
    held = carried(
        in_schema(survey.final, survey.codes),
        settings.facet,
        levels=[level.id for level in survey.schema.levels],
        measured=settings.measured,
        motive=settings.headline.motive,
        remedy=(*settings.headline.remedy, *settings.headline.remedy_measured),
        basis=BASIS,
    )
    stage = speaking(survey)
    frame, known = frame_of(survey) if stage == STAGE else own_frame(survey, stage)
    title = f"How many papers raise, discuss and measure each {settings.words.code}"
    if not frame["read"].any():
        nothing = pd.DataFrame(columns=COLUMNS)
        draw = partial(charts.measurement_plot, nothing, reading=READINGS[0], ratio=at.ratio)
        silent = "Nothing is drawn: no record of the frame was drawn and read."
        return Answer({"measurement": nothing}, (figure("measurement", title, silent, draw, data=nothing),))
    own = stage != STAGE
    stopping = None if own else stopping_rule(survey, frame)
    table = measurement(frame, survey.failure_modes, held, at, own_chance=own, stopping=stopping)
    facts = {"records": len(frame), "read": int(frame["read"].sum()), "in": int(frame["included"].sum())}
    words = [*in_words(table, at, settings.words, facts), *phases.in_words(survey)]
    beside = {"measurement-by-phase": phases.three_ways(survey, held)} if own else {}
    draw = partial(charts.measurement_plot, table, reading=READINGS[0], ratio=at.ratio)
    return Answer(
        {"measurement": table, "measurement-in-words": pd.DataFrame({"sentence": words}), **beside},
        (figure("measurement", title, alternative(table, at, settings.words), draw, data=table),),
        _numbers(table, at, facts),
        (_printed(table, at, settings.words.code, known),),
    )


def thresholds(survey: Survey) -> Thresholds:
    """The thresholds of ``survey.yaml``."""
    held = survey.settings.thresholds
    return Thresholds(held.ratio, held.discussed, held.measured, held.rare, held.sure, held.interval)


def unknown_outcome(survey: Survey) -> set[str]:
    """Drawn papers of which it is not known whether they raise a code: not screened, or in and not signed off."""
    out = survey.screened[(survey.screened["decision"] == "exclude").to_numpy(dtype=bool)]
    coded = survey.signoffs[(survey.signoffs["basis"] == BASIS).to_numpy(dtype=bool)]
    drawn = survey.sample[(survey.sample["stage"] == STAGE).to_numpy(dtype=bool)]
    return set(drawn["paper"]) - set(out["paper"]) - set(coded["paper"])


def frame_of(survey: Survey) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The sampling frame with what is known of each record, and the names of what is known beside the strata.

    What ``corpus/frame.csv`` says is taken where it speaks of every record of the frame; else the strata alone are
    known, and the calibration uses them alone.
    """
    papers = survey.papers
    frame = papers[(papers["stratum"] != "").to_numpy(dtype=bool)][["paper", "stratum", "first_public"]]
    drawn = weights(survey.sample, survey.sampling, stage=STAGE, missing=unknown_outcome(survey))
    chance = dict(zip(drawn["paper"], drawn["probability"], strict=True))
    coded = set(survey.final.loc[(survey.final["basis"] == BASIS).to_numpy(dtype=bool), "paper"])
    split = survey.schema.sampling.split_year
    year = frame["first_public"].fillna(split).astype(int)
    frame = frame.assign(
        period=np.where(year < split, "before", "from"),
        chance=[float(chance.get(p, np.nan)) for p in frame["paper"]],
    )
    frame["read"] = frame["chance"].notna()
    frame["included"] = frame["read"] & frame["paper"].isin(coded)
    known: list[str] = []
    facts = phases.frame_at(survey, STAGE).set_index("paper")
    if len(frame) and set(frame["paper"]) <= set(facts.index):
        mine = facts.loc[frame["paper"]]
        known = ["source", "hits"]
        if mine["score"].notna().all():
            known.append("score")
        for column in known:
            frame[column] = mine[column].to_numpy()
    return frame.drop(columns="first_public").reset_index(drop=True), tuple(known)


def own_frame(survey: Survey, stage: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The frame of a stage whose records had chances of their own, as :func:`frame_of` gives the first stage's."""
    facts = phases.frame_at(survey, stage)
    year = dict(zip(survey.papers["paper"], survey.papers["first_public"], strict=True))
    split = survey.schema.sampling.split_year
    coded = set(survey.final.loc[(survey.final["basis"] == BASIS).to_numpy(dtype=bool), "paper"])
    years = [split if pd.isna(year[p]) else int(year[p]) for p in facts["paper"]]
    known = ["source", "hits", *(["score"] if facts["score"].notna().all() else [])]
    read = facts["paper"].isin(phases.drawn_at(survey, stage)).to_numpy(dtype=bool)
    frame = facts[["paper", *known]].assign(
        stratum="all",
        period=np.where(np.array(years) < split, "before", "from"),
        chance=facts["probability"],
        read=read,
        included=read & facts["paper"].isin(coded).to_numpy(dtype=bool),
    )
    return frame.reset_index(drop=True), tuple(known)


def stopping_rule(survey: Survey, frame: pd.DataFrame) -> Stopping:
    """The rule of further blocks, as :mod:`workbench.doors.sampling` has it, for the records that were read."""
    rule = survey.schema.sampling
    read = frame[frame["read"].to_numpy(dtype=bool)]
    grey = set(survey.papers.loc[survey.papers["grey"].to_numpy(dtype=bool), "paper"])
    rows = screened(
        survey.screening.to_dict("records"),  # type: ignore[arg-type]
        survey.adjudications.to_dict("records"),  # type: ignore[arg-type]
        grey,
    )
    named = {r["paper"]: r["streams"] for r in rows if r["stage"] == STAGES[0]}
    homes = list(survey.schema.streams)
    inside = read["included"].to_numpy(dtype=float)
    counts = [
        inside * np.array([home in str(named.get(p, "")).split(";") for p in read["paper"]]) for home in homes
    ]
    counts += [inside * (read["period"] == "before").to_numpy(dtype=float), inside]
    strata = sorted(set(frame["stratum"]))
    early = f"before-{rule.split_year}"
    serves = np.array(
        [[*(s.split("/")[0] == home for home in homes), s.split("/")[-1] == early, True] for s in strata],
        dtype=bool,
    ).reshape(len(strata), len(homes) + 2)
    wanted = np.array([*([rule.per_stream] * len(homes)), rule.before_split, rule.included], dtype=float)
    tier = np.array([0] * (len(homes) + 1) + [1])
    return Stopping(rule.block, rule.limit, np.stack(counts, axis=1), wanted, serves, tier)


def _numbers(table: pd.DataFrame, at: Thresholds, facts: dict[str, int]) -> tuple[Number, ...]:
    mine = headline(table)
    pairs = table[((table["code"] == "") & (table["reading"] == READINGS[0])).to_numpy(dtype=bool)].iloc[0]
    few = {s: int((mine[s] == "yes").sum()) for s in STATEMENTS}
    expected, made = false_decisions(mine, at)
    share = "share of pairs"
    said = "pairs of a paper and a code that are measured, of those discussed, in the frame"
    return (
        Number("MeasurementFrame", facts["records"], "count", "records", "records of the sampling frame"),
        Number("MeasurementRead", facts["read"], "count", "records", "records of the frame drawn and read"),
        Number("MeasurementIn", facts["in"], "count", "papers", "of them, papers that are in"),
        Number(
            "MeasurementFrameIn",
            float(pairs["included"]),
            "count",
            "papers",
            "papers of the frame estimated to meet the criteria",
        ),
        Number("MeasurementUnder", few["under_measured"], "count", "codes", "codes decided under-measured"),
        Number(
            "MeasurementHardly", few["hardly_measured"], "count", "codes", "codes decided hardly measured"
        ),
        Number("MeasurementRare", few["rare"], "count", "codes", "codes decided rare"),
        Number("MeasurementDecisions", made, "count", "decisions", "statements decided either way"),
        Number(
            "MeasurementFalse", expected, "decimal1", "decisions", "of them, decisions expected to be false"
        ),
        *(
            Number(f"MeasurementRatio{end}", float(pairs[column]), "percent", share, f"{what}{said}")
            for end, column, what in (
                ("", "ratio", ""),
                ("Low", "ratio_low", "lower end of the interval of the "),
                ("High", "ratio_high", "upper end of the interval of the "),
            )
        ),
    )


def _printed(table: pd.DataFrame, at: Thresholds, code: str, known: tuple[str, ...]) -> Printed:
    mine = headline(table).sort_values(["discussed", "code"], ascending=[False, True])
    design = table[((table["estimate"] == "design") & (table["reading"] == READINGS[0])).to_numpy(dtype=bool)]
    other = design.set_index("code")

    def between(row: Any, what: str, form: str = ",.0f") -> str:
        if pd.isna(row[what]):
            return "n/a"
        return f"{row[what]:{form}} ({row[f'{what}_low']:{form}} to {row[f'{what}_high']:{form}})"

    rows = pd.DataFrame(
        [
            {
                code.capitalize(): str(r["name"]),
                "Read": f"{r['read_raised']}/{r['read_discussed']}/{r['read_measured']}",
                "Discussed": between(r, "discussed"),
                "by design": between(other.loc[r["code"]], "discussed"),
                "Measured": between(r, "measured"),
                "Ratio": between(r, "ratio", ".0%"),
                "Decided": charts.verdict(r),
            }
            for r in mine.to_dict("records")
        ]
    )
    beside = f"strata, {', '.join(known)} and period" if known else "strata and period alone"
    return Printed(
        "measurement",
        f"How many papers discuss each {code}, and how many measure it, among all records that could be drawn. Most "
        f"discussed first, with {at.interval:.0%} intervals.",
        rows,
        {},
        "Read: papers read that raise / discuss / measure it. Discussed: more than named as why something new was "
        "built; first as a model predicts it for the records that nobody read, then as each drawn paper stands for "
        "others by its chance of being drawn (by design). Ratio: measured of discussed. Decided: by the thresholds of "
        f"the protocol, at a probability of {at.sure:.0%}. Calibrated to {beside}.",
    )
