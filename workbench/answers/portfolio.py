"""Which instruments, taken together, measure the codes of the headline facet, and which codes none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.audit.portfolio import Portfolio, instruments, smallest
from analysis.selection import tuples
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.answers.numbers import Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def portfolio(survey: Survey) -> Answer:
    """Of every failure mode the instruments among the coded papers, and one smallest set that measures all it can."""
    if survey.settings.audit.instruments is None:
        return Answer({})
    there = offered(survey)
    modes = list(survey.failure_modes["code"])
    found = smallest(there, modes)
    by_mode: dict[str, list[str]] = {code: [] for code in modes}
    for paper, covers in zip(found.chosen["instrument"], found.chosen["covers"], strict=True):
        for code in covers:
            by_mode[code].append(paper)
    held = {code: [] for code in modes} | {
        code: list(some["paper"]) for code, some in there.explode("modes").groupby("modes", sort=False)
    }
    table = pd.DataFrame(
        {
            "code": found.demanded["code"],
            "name": list(survey.failure_modes["name"]),
            "instruments": found.demanded["instruments"],
            "note": found.demanded["note"],
            "portfolio": tuples([tuple(by_mode[c]) for c in found.demanded["code"]]),
            "papers": tuples([tuple(sorted(held[c])) for c in found.demanded["code"]]),
        }
    )
    none = int((found.demanded["instruments"] == 0).sum())
    return Answer(
        {"audit-portfolio": table},
        numbers=(
            Number("Instruments", len(there), "count", "papers", "coded papers that offer an instrument"),
            Number(
                "ModesWithoutInstrument", none, "count", "codes", "codes that no coded instrument measures"
            ),
            Number(
                "PortfolioSize", found.size, "count", "instruments", "instruments in a smallest set of them"
            ),
        ),
    )


def offered(survey: Survey) -> pd.DataFrame:
    """Return the instruments among the coded papers, with what each measures."""
    made = survey.settings.audit.instruments
    instrument = (made.facet, made.codes) if made else ("", ())
    return instruments(
        in_schema(survey.final, survey.codes), asked=survey.asked, instrument=instrument, basis=BASIS
    )


def in_words(found: Portfolio) -> str:
    """Say how many coded instruments are enough, and what none of them measures."""
    without = int((found.demanded["instruments"] == 0).sum())
    none = f"{without} of {len(found.demanded)} modes are measured by no coded instrument"
    if not found.size:
        return f"{none}."
    return (
        f"{none}; {found.size} together measure all the others, and fewer cannot. There are instruments that "
        "nobody has coded yet."
    )
