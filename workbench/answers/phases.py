"""Which stage of sampling the estimates speak of, how far the others have come, and what the searches' cut lost.

A stage that is drawn and not yet wholly screened and coded speaks of nothing: until it is complete the estimates are
those of the last complete stage, and the words say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.phases import either, own_chances, total
from analysis.weights import weights
from workbench.answers.answer import BASIS
from workbench.doors.sampling import STAGE
from workbench.store.faults import Fault
from workbench.store.frames import NOT_RECORDS, read_frames
from workbench.store.standing import joined

if TYPE_CHECKING:
    from workbench.store.survey import Survey


@dataclass(frozen=True)
class Progress:
    """How far a stage has come.

    Attributes:
        stage: its name.
        design: how it was drawn: ``blocks``, ``tickets`` or ``given``.
        drawn: records drawn.
        screened: of these, records on which screening has decided.
        included: of these, papers that are in.
        coded: of these, papers whose coding has come to something.
    """

    stage: str
    design: str
    drawn: int
    screened: int
    included: int
    coded: int

    @property
    def complete(self) -> bool:
        """Whether of every record drawn it is known what it holds; of a given sample, whether it is in."""
        return self.screened == self.drawn and (self.design == "given" or self.coded == self.included)

    @property
    def name(self) -> str:
        """Its name in a sentence."""
        return self.stage.replace("-", " ")


def progress(survey: Survey) -> list[Progress]:
    """Return how far each stage that drew records has come, in the order in which the frames were frozen."""
    faults: list[Fault] = []
    designs = {f.stage: f.design for f in read_frames(survey.root, faults)}
    stages = [s for s in dict.fromkeys(survey.sample["stage"].astype(str)) if s not in NOT_RECORDS]
    order = [STAGE, *designs]
    decided = survey.reached.set_index("paper")["box"].to_dict()
    coded = set(survey.final.loc[(survey.final["basis"] == BASIS).to_numpy(dtype=bool), "paper"])
    out = []
    for stage in sorted(stages, key=lambda s: (order.index(s) if s in order else len(order), s)):
        mine = drawn_at(survey, stage)
        inside = {p for p in mine if decided.get(p) in ("not_coded_twice", "unsettled", "synthesis")}
        known = {p for p in mine if decided.get(p) not in ("pending", "other_pending", None)}
        counts = (len(mine), len(known), len(inside), len(inside & coded))
        out.append(Progress(stage, designs.get(stage, "blocks"), *counts))
    return out


def drawn_at(survey: Survey, stage: str) -> set[str]:
    """Return the records that a stage drew."""
    return set(survey.sample.loc[(survey.sample["stage"] == stage).to_numpy(dtype=bool), "paper"])


def frame_at(survey: Survey, stage: str) -> pd.DataFrame:
    """Return the frame of a stage, a row a work under the key it has now.

    A record that joined another since stands as the work it is part of; where both stood in the frame either could have
    brought it, and the chance is that of one or the other. What was taken out since is left out, and counts zero.
    """
    leads = joined(survey.merges.to_dict("records"))  # type: ignore[arg-type]
    mine = survey.frame[(survey.frame["stage"] == stage).to_numpy(dtype=bool)]
    now = [leads.get(p, p) for p in mine["paper"]]
    mine = mine.assign(moved=[a != b for a, b in zip(now, mine["paper"], strict=True)], paper=now)
    mine = mine[mine["paper"].isin(set(survey.papers["paper"])).to_numpy(dtype=bool)]
    missed = (1 - mine["probability"]).groupby(mine["paper"]).prod(min_count=1)
    mine = mine.sort_values(["paper", "moved"], kind="stable").drop_duplicates("paper")
    return mine.assign(probability=1 - mine["paper"].map(missed)).drop(columns="moved").reset_index(drop=True)


def speaking(survey: Survey) -> str:
    """Return the stage that the estimates speak of: the last one by tickets that is complete, else the first stage."""
    done = [p.stage for p in progress(survey) if p.design == "tickets" and p.complete]
    return done[-1] if done else STAGE


def in_words(survey: Survey) -> list[str]:
    """Say which stages are not in the estimates yet, and what a sample of what the searches left out shows."""
    said = []
    for stage in progress(survey):
        if stage.design == "blocks":
            continue
        if not stage.complete:
            coded = f"{stage.coded:,} of the {stage.included:,} papers that are in are coded"
            far = (
                f"{stage.name.capitalize()}: {stage.screened:,} of {stage.drawn:,} records drawn are screened, {coded}"
                if stage.design == "tickets"
                else f"Of {stage.drawn:,} works drawn from what the searches left out {stage.screened:,} are screened"
            )
            said.append(
                f"{far}; {'it is' if stage.design == 'tickets' else 'they are'} not in the estimates yet."
            )
        elif stage.design == "given":
            row = left_out(survey, stage.stage)
            share = survey.settings.thresholds.interval
            said.append(
                f"Of the {row['works']:,.0f} works that the searches found and left out, {stage.drawn:,} were drawn at "
                f"random and screened, and {stage.included:,} of these are in: so about {row['lost']:,.0f} works "
                f"({row['lost_low']:,.0f} to {row['lost_high']:,.0f}, {share:.0%} interval) were lost there."
            )
    return said


def left_out(survey: Survey, stage: str) -> dict[str, float]:
    """Return how many works a given sample speaks for, and how many of them would be in, with an interval."""
    mine = frame_at(survey, stage)
    mine = mine[mine["paper"].isin(drawn_at(survey, stage)).to_numpy(dtype=bool)]
    boxes = survey.reached.set_index("paper")["box"]
    inside = boxes.reindex(mine["paper"]).isin(["not_coded_twice", "unsettled", "synthesis"])
    chance = mine["probability"].to_numpy(dtype=float)
    lost, low, high = total(
        chance, inside.to_numpy(dtype=bool), confidence=survey.settings.thresholds.interval
    )
    works = float((1 / chance).sum())
    return {"works": works, "drawn": len(mine), "in": int(inside.sum())} | {
        "lost": lost,
        "lost_low": low,
        "lost_high": high,
    }


def chances(survey: Survey, stage: str) -> pd.DataFrame:
    """Return ``analysis.phases.own_chances`` of a stage whose records were drawn by tickets."""
    frame = frame_at(survey, stage)
    there = set(frame["paper"])
    return own_chances(frame, drawn_at(survey, stage) & there)


def three_ways(survey: Survey, held: pd.DataFrame) -> pd.DataFrame:
    """Each code's papers of the frame, by the speaking stage alone and beside it by both phases.

    Args:
        survey: the survey; a stage by tickets is complete.
        held: ``analysis.volume_table.carried``'s table.

    Returns:
        A row a code, step (``discussed``, ``measured``) and ``sample``: ``one`` (the later stage alone: what the
        estimates rest on), ``both`` (with all blocks of the first stage) or ``first blocks`` (with the first block of
        each stratum only, which was drawn whatever it brought); ``papers`` (read), ``estimate``, ``low``, ``high``.
    """
    stage = speaking(survey)
    frame = frame_at(survey, stage)
    second = frame["probability"].to_numpy(dtype=float)
    keys = frame["paper"].astype(str)
    late = keys.isin(drawn_at(survey, stage)).to_numpy(dtype=bool)
    stratum = survey.papers.set_index("paper")["stratum"].reindex(keys).fillna("")
    ways = {"one": (late, second)}
    for name, first_only in (("both", False), ("first blocks", True)):
        sample, blocks = survey.sample, survey.sampling
        if first_only:
            sample = sample[((sample["stage"] != STAGE) | (sample["block"] == "1")).to_numpy(dtype=bool)]
            blocks = blocks[((blocks["stage"] != STAGE) | (blocks["block"] == "1")).to_numpy(dtype=bool)]
        early = weights(sample, blocks, stage=STAGE)
        per = early.drop_duplicates("stratum").set_index("stratum")["probability"]
        p1 = stratum.map(per).fillna(0.0).to_numpy(dtype=float)
        there = keys.isin(set(early["paper"])).to_numpy(dtype=bool)
        ways[name] = (late | there, either(p1, second))
    confidence = survey.settings.thresholds.interval
    rows = []
    for code in survey.failure_modes["code"]:
        mine = held[(held["code"] == code).to_numpy(dtype=bool)]
        kinds = {
            "discussed": set(mine.loc[~mine["motive"].to_numpy(dtype=bool), "paper"]),
            "measured": set(mine.loc[mine["measured"].to_numpy(dtype=bool), "paper"]),
        }
        for step, papers in kinds.items():
            found = keys.isin(papers).to_numpy(dtype=bool)
            for name, (drawn, chance) in ways.items():
                ends = total(chance[drawn], found[drawn], confidence=confidence)
                count = int(found[drawn].sum())
                rows.append(
                    {"code": code, "step": step, "sample": name, "papers": count}
                    | dict(zip(("estimate", "low", "high"), ends, strict=True))
                )
    return pd.DataFrame(rows, columns=["code", "step", "sample", "papers", "estimate", "low", "high"])
