"""The sample behind every weighted estimate: what each drawn paper stands for, and how sure that makes an estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.replicates import Floats, replicates
from analysis.weights import weights
from workbench.answers.answer import BASIS
from workbench.answers.phases import chances, speaking
from workbench.doors.sampling import STAGE

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def drawn(survey: Survey) -> pd.DataFrame:
    """Return the weight of every paper that the speaking stage drew (``workbench.answers.phases``); made once."""
    kept: pd.DataFrame | None = survey.__dict__.get("_drawn")
    if kept is None:
        stage = speaking(survey)
        if stage == STAGE:
            kept = weights(survey.sample, survey.sampling, stage=STAGE, missing=unknown_outcome(survey))
        else:
            kept = chances(survey, stage)
        survey.__dict__["_drawn"] = kept
    return kept


def unknown_outcome(survey: Survey) -> set[str]:
    """Return the drawn papers of which it is not known what they raise: not screened, or in and not coded."""
    out = survey.screened[(survey.screened["decision"] == "exclude").to_numpy(dtype=bool)]
    coded = survey.final[(survey.final["basis"] == BASIS).to_numpy(dtype=bool)]
    mine = survey.sample[(survey.sample["stage"] == STAGE).to_numpy(dtype=bool)]
    return set(mine["paper"]) - set(out["paper"]) - set(coded["paper"])


def replicate_weights(survey: Survey) -> Floats:
    """Return ``analysis.replicates.replicates`` of :func:`drawn`; asked twice, they are drawn once."""
    kept: Floats | None = survey.__dict__.get("_replicates")
    if kept is None:
        kept = replicates(drawn(survey), own_chance=speaking(survey) != STAGE)
        survey.__dict__["_replicates"] = kept
    return kept


def unweighted(survey: Survey, papers: set[str]) -> int:
    """Return how many of some papers have no weight: they were not drawn, and enter no estimate of the frame."""
    table = drawn(survey)
    known = set(table.loc[np.isfinite(table["weight"].to_numpy(dtype=float)), "paper"])
    return len(papers - known)
