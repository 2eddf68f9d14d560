"""Which instruments, taken together, measure the failure modes, and which modes none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.audit.portfolio import chosen_modes, greedy, instruments, smallest
from workbench.answers.answer import (
    BASIS,
    Answer,
    Printed,
    code_names,
    figure,
    in_schema,
    mode_sides,
    short_citations,
)
from workbench.answers.numbers import Number

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: How many instruments a mode is to be measured by: once, and twice so that one can check the other.
REDUNDANCIES = (1, 2)


def portfolio(survey: Survey) -> Answer:
    """Which smallest set of coded instruments measures every failure mode that any of them measures."""
    offered = instruments(in_schema(survey.final, survey.codes), basis=BASIS)
    modes = chosen_modes(None, survey.failure_modes)
    names, sides, cited = code_names(survey), mode_sides(survey), short_citations(survey)
    found = {r: smallest(offered, modes, redundancy=r) for r in REDUNDANCIES}
    steps = greedy(offered, modes)
    one = found[1]
    first = one.solutions[one.solutions["solution"] == 1]
    solutions = pd.concat(
        [f.solutions.assign(redundancy=r, size=f.size, all_listed=f.complete) for r, f in found.items()],
        ignore_index=True,
    )
    none = one.demanded[one.demanded["note"] == "no instrument"]
    ties = int(one.solutions["solution"].max()) if len(one.solutions) else 0
    title = "Instruments that measure each failure mode, and a smallest portfolio"
    curve = "Failure modes covered by the number of instruments"
    figures = (
        figure(
            "portfolio",
            title,
            f"{_described(one.demanded, one.size, names)} "
            f"{proven(one.demanded, one.size, ties, one.complete)}",
            charts.portfolio,
            data=one.demanded,
            demanded=one.demanded,
            solutions=one.solutions,
            names=names,
            sides=sides,
            labels=cited,
        ),
        figure(
            "portfolio-curve",
            curve,
            _curve_described(steps, one.size),
            charts.portfolio_curve,
            data=steps,
            steps=steps,
            smallest=one.size,
        ),
    )
    numbers = (
        Number("Instruments", len(offered), "count", "coded papers", "coded papers that offer an instrument"),
        Number(
            "ModesWithoutInstrument",
            len(none),
            "count",
            "failure modes",
            "modes no coded instrument measures",
        ),
        Number("PortfolioSize", one.size, "count", "instruments", "instruments in a smallest portfolio"),
        Number(
            "PortfolioSizeTwice", found[2].size, "count", "instruments", "the same, each mode measured twice"
        ),
        Number("PortfolioTies", ties, "count", "portfolios", "equally small portfolios that are listed"),
        Number(
            "PortfolioGreedy", len(steps), "count", "instruments", "instruments that the greedy choice takes"
        ),
    )
    table = pd.DataFrame(
        {
            "Instrument": [cited.get(p, p) for p in first["instrument"]],
            "Measures": [", ".join(names.get(c, c) for c in held) for held in first["covers"]],
            "Equally good": [len(e) - 1 for e in first["equals"]],
        }
    )
    printed = Printed(
        "portfolio",
        "A smallest set of coded instruments that measures every failure mode which any of them measures.",
        table,
        {"Equally good": "count"},
        note="Equally good: other instruments that measure the very same of these modes. "
        + proven(one.demanded, one.size, ties, one.complete),
        cited={cited.get(p, p): p for p in first["instrument"]},
    )
    tables = {
        "instruments": offered,
        "portfolio": solutions,
        "portfolio-modes": pd.concat(
            [f.demanded.assign(redundancy=r) for r, f in found.items()], ignore_index=True
        ),
        "portfolio-greedy": steps,
    }
    return Answer(tables, figures, numbers, (printed,))


def proven(demanded: pd.DataFrame, size: int, ties: int, complete: bool) -> str:
    """Say that no smaller set would do, how many equally small ones there are, and what none of them covers."""
    without = int((demanded["instruments"] == 0).sum())
    none = f"{without} of {len(demanded)} modes are measured by no coded instrument and by no portfolio"
    if not size:
        return f"{none}."
    others = (
        f"one of {'' if complete else 'at least '}{ties} of this size"
        if ties > 1
        else "the only one of this size"
    )
    return (
        f"Proven smallest by integer programming: no {size - 1} instruments cover as much; {others}. {none}."
    )


def _described(demanded: pd.DataFrame, size: int, names: dict[str, str]) -> str:
    if not demanded["instruments"].any():
        return "Nothing is drawn: no coded paper offers an instrument for any failure mode."
    most = demanded.sort_values(["instruments", "code"], ascending=[False, True])[:3]
    named = "; ".join(
        f"{names.get(c, c)} {n}" for c, n in zip(most["code"], most["instruments"], strict=True)
    )
    none = int((demanded["instruments"] == 0).sum())
    return (
        f"Bars for {len(demanded)} failure modes: coded instruments that measure each. Most: {named}. {none} "
        f"modes have no instrument. The smallest portfolio for the others has {size} instruments."
    )


def _curve_described(steps: pd.DataFrame, size: int) -> str:
    if steps.empty:
        return "Nothing is drawn: no coded paper offers an instrument for any failure mode."
    half = steps[steps["covered"] * 2 >= steps["coverable"]]["step"].iloc[0]
    return (
        f"Step curve: the most useful instruments first, {len(steps)} of them cover all {steps['coverable'].iloc[0]} "
        f"modes that can be covered, {half} cover half. The smallest portfolio has {size}."
    )
