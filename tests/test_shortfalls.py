"""What the intervals hold is said as the simulations found it."""

from __future__ import annotations

import re
from pathlib import Path

from tests import coded
from tests.test_charts import read
from workbench.answers.agreement import agreed
from workbench.answers.instability import unstable
from workbench.answers.shortfalls import AGREEMENT, AGREEMENT_OF_FACETS, VARIANCE
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


def test_the_sentence_on_shares_of_variance_is_that_of_the_simulation() -> None:
    told = " ".join(page("instability").split())
    found = re.findall(
        r"of shares (0\.\d+) \(0\.\d+\). Unbalanced ones: 0\.\d+ \(0\.\d+\) and (0\.\d+) \((0\.\d+)\)", told
    )
    even, odd, least = map(float, found[0])
    assert f"{round(100 * min(even, odd))}% of the time on average" in VARIANCE
    assert f"{round(100 * least)}%" in VARIANCE.split("at worst")[1]


def test_every_reader_of_an_interval_is_told(survey: Path) -> None:
    coded.fill(survey)
    opened = open_survey(survey)
    coders, spread = agreed(opened), unstable(opened)
    assert AGREEMENT_OF_FACETS in coders.printed[0].note
    drawn = " ".join(read(coders.figures[0].draw("double")))
    assert AGREEMENT in drawn
    # A survey without a panel has nothing to say of its spread; the table says what its intervals would hold.
    assert VARIANCE in spread.printed[0].note
