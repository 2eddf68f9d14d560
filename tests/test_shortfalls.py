"""What the intervals hold is said as the simulations found it."""

from __future__ import annotations

import re
from pathlib import Path

from tests import coded
from tests.test_charts import read
from workbench.answers.agreement import agreed
from workbench.answers.shortfalls import AGREEMENT, AGREEMENT_OF_FACETS
from workbench.store.survey import open_survey

PAGES = Path(__file__).parent.parent / "docs" / "simulations"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_the_sentence_on_agreement_is_that_of_the_simulation() -> None:
    told = " ".join(page("agreement").split())
    mean, least = re.findall(
        r"The posterior holds alpha (.*?%) of the time on average \((.*?%) at worst\)", told
    )[0]
    assert f"hold alpha {mean} of the time on average ({least} at worst)" in AGREEMENT
    assert float(least.rstrip("%")) >= 92 and 94 <= float(mean.rstrip("%")) <= 98


def test_the_sentence_on_agreement_over_a_facet_is_that_of_the_simulation() -> None:
    told = " ".join(page("validation").split())
    found = re.findall(
        r"Mean AC1 pooled (0\.\d+), alpha pooled (0\.\d+); least AC1 pooled (0\.\d+), alpha pooled (0\.\d+)",
        told,
    )
    ac1, alpha, ac1_least, alpha_least = (f"{float(v):.1%}" for v in found[0])
    assert f"held alpha {alpha} of the time on average ({alpha_least} at worst)" in AGREEMENT_OF_FACETS
    assert f"AC1 {ac1} ({ac1_least})" in AGREEMENT_OF_FACETS


def test_how_small_a_gap_the_protocol_says_can_be_seen_is_what_the_simulation_found() -> None:
    rows = {
        (design, volume): [float(rate) for rate in re.findall(r"(0\.\d\d|1\.00) \(\d+\)", cells)]
        for design, some in re.findall(r"\| (225|900): D per 1,000 (.*?)\n\n", page("measurement"), re.DOTALL)
        for volume, cells in re.findall(r"\| (\d+ to \d+) \|(.*)", some)
    }
    # Columns: M/D 0 to 3%, 3 to 6%, 6 to 9%, 9 to 12%, ...
    assert min(rows["225", "100 to 200"][:2]) >= 0.5
    assert min(rows["900", "50 to 100"][:4] + rows["900", "100 to 200"][:4]) >= 0.9
    told = " ".join((PAGES.parent.parent / "PROTOCOL.md").read_text(encoding="utf-8").split())
    assert (
        "225 papers decide at least half of the under-measured modes that 100 of 1,000 papers or more discuss"
        in told
    )
    assert (
        "900 papers decide at least nine in ten of those that 50 of 1,000 discuss and at most 12% measure"
        in told
    )


def test_every_reader_of_an_interval_is_told(survey: Path) -> None:
    coded.fill(survey)
    opened = open_survey(survey)
    coders = agreed(opened)
    assert AGREEMENT_OF_FACETS in coders.printed[0].note
    drawn = " ".join(read(coders.figures[0].draw("double")))
    assert AGREEMENT in drawn
