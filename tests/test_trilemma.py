"""Three desiderata: who measures none, one, two or all of them, against what both margins leave to chance."""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.audit.trilemma import Desideratum
from analysis.audit.trilemma import together as plain_together
from tests.coder_tables import ASKED
from tests.test_coverage import code, final
from workbench import open_survey
from workbench.answers.trilemma import counted, held_together, in_words

together = partial(plain_together, asked=ASKED)

A, B, C = (Desideratum(name, (name,), "latent") for name in ("a", "b", "c"))


def measuring(papers: dict[str, str], more: list[dict[str, object]] | None = None) -> pd.DataFrame:
    """Return a ``final`` in which every paper measures a mode and carries the latent codes that are its letters."""
    rows = [code(key, "failure_mode", "m1", level="measures") for key in papers]
    rows += [code(key, "latent", letter) for key, letters in papers.items() for letter in letters]
    return final(rows + (more or []))


def test_counts_and_patterns_by_hand() -> None:
    extra = [
        code("argues", "failure_mode", "m1", level="argues"),
        *(code("argues", "latent", x) for x in "abc"),
    ]
    table = measuring({"p1": "abc", "p2": "ab", "p3": "a", "p4": "d", "p5": ""}, extra)
    found = together(table, (A, B, C), draws=50)
    # The paper that only argues carries all three properties and measures nothing.
    assert found.papers == 5
    assert found.counts["observed"].tolist() == [2, 1, 1, 1]
    assert found.counts["papers"].tolist() == [("p4", "p5"), ("p3",), ("p2",), ("p1",)]
    assert found.margins["papers"].tolist() == [3, 2, 1]
    for column in ("observed", "expected"):
        assert found.counts[column].sum() == pytest.approx(5)


def test_the_expectation_is_the_mean_over_all_matrices_with_the_margins() -> None:
    papers = {"p1": "abc", "p2": "ab", "p3": "c", "p4": "a"}
    observed = np.array([[x in letters for x in "abc"] for letters in papers.values()], dtype=int)
    alike = [
        np.array(bits).reshape(4, 3)
        for bits in product((0, 1), repeat=12)
        if (np.array(bits).reshape(4, 3).sum(0) == observed.sum(0)).all()
        and (np.array(bits).reshape(4, 3).sum(1) == observed.sum(1)).all()
    ]
    exact = [np.mean([(m.sum(1) == k).sum() for m in alike]) for k in range(4)]
    found = together(measuring(papers), (A, B, C), draws=4000)
    assert len(alike) > 3
    # Rows keep their sums, so with three codes in all the numbers are fixed; which pair it is, is not.
    assert found.counts["expected"].tolist() == pytest.approx(exact, abs=1e-9)


def test_a_desideratum_may_have_several_codes_and_another_facet() -> None:
    table = measuring(
        {"p1": "ab", "p2": "c"}, [code("p1", "optimisation_pressure", "training", principal="yes")]
    )
    wanted = (
        Desideratum("either", ("a", "c"), "latent"),
        Desideratum("b", ("b",), "latent"),
        Desideratum("pushed", ("training", "selection"), "optimisation_pressure"),
    )
    found = together(table, wanted, draws=20)
    assert found.margins["papers"].tolist() == [2, 1, 1]
    assert found.counts["observed"].tolist() == [0, 1, 0, 1]
    modes = [Desideratum(x, (x,), "failure_mode") for x in ("m1", "m2", "m3")]
    rows = [
        code("p1", "failure_mode", "m1", level="measures"),
        code("p1", "failure_mode", "m2", level="argues"),
    ]
    rows += [code("p2", "failure_mode", x, level="measures") for x in ("m1", "m2", "m3")]
    # A failure mode that is only argued is not measured.
    assert together(final(rows), modes, draws=5).counts["observed"].tolist() == [0, 1, 0, 1]


def test_no_code_is_said_and_not_stretched() -> None:
    table = measuring({"p1": "ab"})
    found = together(table, (A, B, Desideratum("cheap", (), "latent")))
    assert found.note == "not estimable: no code of the schema stands for cheap"
    assert found.counts["observed"].isna().all() and found.counts["expected"].isna().all()
    unknown = together(table, (A, B, C), known={("latent", "a"), ("latent", "b")})
    assert unknown.note.endswith("stands for c")


def test_one_code_a_paper_leaves_no_room_for_all_three() -> None:
    found = together(measuring({f"p{k}": "abc"[k % 3] for k in range(9)}), (A, B, C), draws=9)
    assert found.counts["expected"].iloc[3] == 0
    assert found.note.endswith("no paper that measures carries more than 1 of the codes")


@pytest.mark.parametrize("table", [final([]), final([code("p", "latent", "a")])])
def test_little_data_gives_a_reason(table: pd.DataFrame) -> None:
    found = together(table, (A, B, C))
    assert found.note == "no paper measures anything" and found.papers == 0


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="three desiderata"):
        together(final([]), (A, B))
    with pytest.raises(ValueError, match="three desiderata"):
        together(final([]), (A, A, B))
    with pytest.raises(ValueError, match="draws=0"):
        together(final([]), (A, B, C), draws=0)


def test_results_do_not_depend_on_the_order_of_the_rows() -> None:
    table = measuring({"p1": "abc", "p2": "ab", "p3": "c", "p4": "a", "p5": "b"})
    mixed = table.sample(frac=1, random_state=4)
    one, two = (together(t, (A, B, C), draws=40).counts for t in (table, mixed))
    pd.testing.assert_frame_equal(one, two)


def test_trilemmas_name_a_source_and_codes_of_this_survey() -> None:
    here = open_survey(Path(__file__).parent.parent)
    known = set(zip(here.codes["facet"], here.codes["code"], strict=True))
    trilemmas = here.settings.audit.trilemmas
    for one in trilemmas:
        assert "arXiv" in one.source or "This survey" in one.source
        assert {(w.facet, c) for w in one.wanted for c in w.codes} <= known
    assert len({t.id for t in trilemmas}) == len(trilemmas) == 5


def test_a_survey_that_names_no_trilemma_is_not_asked(survey: Path) -> None:
    assert held_together(open_survey(survey)).numbers == ()
    assert in_words({}, open_survey(survey)).startswith("The survey names no")


def test_what_was_counted_is_said_in_words(pilot: Path) -> None:
    said = in_words(counted(open_survey(pilot)), open_survey(pilot))
    numbers = {n.name: n.value for n in held_together(open_survey(pilot)).numbers}
    assert said.startswith(f"Of {numbers['TrilemmaPapers']} papers that measure anything: ")
    assert said.endswith("Counts only, no test.")
