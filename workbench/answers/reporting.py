"""What papers report: every practice that only a full text can show, of the papers read in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.replicates import replicates
from analysis.reporting import reporting
from analysis.weights import weights
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.answers.numbers import printed
from workbench.doors.sampling import STAGE

if TYPE_CHECKING:
    from workbench.store.survey import Survey

FULL_TEXT = "full-text"


def reported(survey: Survey) -> Answer:
    """Papers with each practice; nothing where no code needs a full text, or none has been coded."""
    told = set(survey.assessable(BASIS))
    practices = [at for at in survey.assessable(FULL_TEXT) if at not in told]
    final = in_schema(survey.final, survey.codes)
    drawn = drawn_in_full(survey)
    table = reporting(
        final,
        practices,
        drawn,
        None if drawn is None else replicates(drawn),
        confidence=survey.settings.thresholds.interval,
        basis=FULL_TEXT,
    )
    return Answer({"reporting": table} if table["n"].sum() else {})


def drawn_in_full(survey: Survey) -> pd.DataFrame | None:
    """Return the weights of the papers drawn for reading in full, or None where those read were not drawn at random.

    They were where a random draw was read to its end: one made for this (stage ``full-text`` of ``sampling.csv``), or
    else that of the screening. A draw of which some papers were not read is none: whose text can be had is not random.
    """
    read = set(survey.final.loc[(survey.final["basis"] == FULL_TEXT).to_numpy(dtype=bool), "paper"])
    out = set(survey.screened.loc[(survey.screened["decision"] == "exclude").to_numpy(dtype=bool), "paper"])
    for stage in (FULL_TEXT, STAGE):
        mine = set(survey.sample.loc[(survey.sample["stage"] == stage).to_numpy(dtype=bool), "paper"])
        if mine & read and mine <= read | out:
            return weights(survey.sample, survey.sampling, stage=stage)
    return None


def in_words(survey: Survey) -> str:
    """Say how many papers follow each practice, of which papers this speaks, and how sure it is."""
    table = reported(survey).tables.get("reporting")
    if table is None:
        return "No paper has been coded from its full text, so what papers report is not known."
    names = {(f, c): n for f, c, n in survey.codes[["facet", "code", "name"]].itertuples(index=False)}
    drawn, sure = drawn_in_full(survey), survey.settings.thresholds.interval
    each = []
    for r in table.sort_values("k", ascending=False, kind="stable").to_dict("records"):
        said = f"{names[r['facet'], r['code']]}: {r['k']} of {r['n']}"
        if drawn is not None:
            ends = [printed(float(r[end]), "percent") for end in ("low", "high") if not np.isnan(r[end])]
            said += f" (weighted {printed(float(r['share']), 'percent')}{', ' if ends else ''}{' to '.join(ends)})"
        each.append(said)
    if drawn is None:
        whom = (
            "These papers were not drawn at random, so the counts say nothing of how common a practice is elsewhere, "
            "and have no interval."
        )
    else:
        size = int(drawn.drop_duplicates("stratum")["frame"].sum())
        whom = (
            f"Shares are weighted for the draw and speak of the papers in scope among the {size:,} that these were "
            f"drawn from; {sure:.0%} intervals."
        )
    return (
        f"Papers read in full that follow each practice of reporting: {'; '.join(each)}. A practice that cannot apply "
        f"to a paper counts as not followed. {whom}"
    )
