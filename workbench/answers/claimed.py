"""What the evidence of each stated safety claim does not capture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis.claims import card
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.answers.claims import claim_card, read_claims
from workbench.store.faults import Fault, Refused

if TYPE_CHECKING:
    from workbench.store.survey import Survey

COLUMNS = ("claim", "code", "name", "raised", "bears", "captured", "why")


def claimed(survey: Survey) -> Answer:
    """What the evidence of each safety claim in ``claims/`` measures, and what it leaves open."""
    faults: list[Fault] = []
    claims = read_claims(survey.root, survey.schema, set(survey.papers["paper"]), faults)
    if faults:
        raise Refused(faults)
    final = in_schema(survey.final, survey.codes)
    cards = {c.name: card(c, final, survey.failure_modes, basis=BASIS) for c in claims}
    table = pd.concat(cards.values(), ignore_index=True) if cards else pd.DataFrame(columns=list(COLUMNS))
    pages = {f"claims/{c.name}.md": partial(claim_card, c, cards[c.name]) for c in claims}
    return Answer({"claims": table}, pages=pages)
