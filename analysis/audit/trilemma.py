"""Trilemma: which three desiderata are ever measured together.

The seed survey names an *Alignment Trilemma* without a definition that is at hand. This is our own operational
version: three things are wanted of a system, and we count the papers that measure none, one, two or all three of them,
beside what the margins lead one to expect. That few papers hold all three together does not show that they cannot be
had together; it shows that nobody looked. Presets take published trilemmas; how their words map to the
codes of the schema is ours, and where no code fits, the preset says so instead of being stretched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import SEED, null_matrices
from analysis.selection import (
    Asked,
    incidences,
    paper_codes,
    tuples,
)

OURS = "Our own operational reading; the mapping of the words to codes is ours."


@dataclass(frozen=True)
class Desideratum:
    """One thing that is wanted of a system.

    Attributes:
        name: what the source calls it.
        codes: codes of the facet that stand for it, any one of which will do; none where no code fits.
        facet: facet of the codes.
    """

    name: str
    codes: tuple[str, ...]
    facet: str


#: How a number of desiderata is called.
MET = ("none", "one", "two", "all three")


@dataclass(frozen=True)
class Together:
    """How many papers measure how many of three desiderata.

    Attributes:
        counts: one row a number of desiderata, 0 to 3: ``met``, ``called``; ``observed`` papers; ``expected`` (mean
            under the both-margins null); both missing where ``note`` says why; ``papers`` (sorted tuple of keys).
        margins: one row a desideratum: ``desideratum``, ``facet``, ``codes``, ``papers`` that measure it (int).
        papers: papers that measure anything, which all of this is about.
        note: empty, or why there is less than the above.
    """

    counts: pd.DataFrame
    margins: pd.DataFrame
    papers: int
    note: str


def together(
    final: pd.DataFrame,
    wanted: Sequence[Desideratum],
    *,
    asked: Asked,
    known: Collection[tuple[str, str]] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    draws: int = 1000,
    seed: int = SEED,
) -> Together:
    """Count the papers that measure none, one, two and all three of three desiderata.

    A paper *measures* a desideratum of the facet that carries levels when it carries one of its codes at a level that
    counts as measured. Codes of other facets have no level; there, a paper measures a desideratum when it carries
    one of its codes and measures at least one failure mode, whichever. That the measured mode is a failure of that very
    property is not asked: final codes do not say which mode goes with which property. All counts are among the papers
    that measure at least one failure mode.

    Expected counts keep both margins: how many of these papers carry each code of the facet, and how many codes each
    paper carries (``analysis.nullmodel.null_matrices``); facets are randomised each on its own. Papers carry few
    properties (mostly one), so three together are rarer by far than if codes were dealt to papers without regard to
    that. Counts only: nothing is tested.

    Least data: one paper that measures a failure mode.

    Args:
        final: the survey's table ``final``.
        wanted: three desiderata.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        known: (facet, code) pairs of the schema in force; a code that is not among them counts as no code. Default:
            every code is taken to be known.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        draws: null matrices per facet.
        seed: seed of the null.

    Raises:
        ValueError: not three desiderata, two of one name, fewer than one draw, or a missing
            column.
    """
    if len(wanted) != 3 or len({d.name for d in wanted}) != 3:
        raise ValueError("a trilemma has three desiderata, each with a name of its own")
    if draws < 1:
        raise ValueError(f"draws={draws} must be at least 1")
    scale: Any = {"asked": asked, "min_level": asked.measured, "grey": grey, "basis": basis}
    measured = paper_codes(final, asked.facet, **scale)
    keys = sorted(set(measured["paper"]))
    facets = list(dict.fromkeys(d.facet for d in wanted))
    made = incidences(final, [(f, None) for f in facets], papers=keys, **scale)
    held = dict(zip(facets, made, strict=True))
    usable = [tuple(c for c in d.codes if known is None or (d.facet, c) in known) for d in wanted]
    columns = [np.isin(np.array(held[d.facet].codes), codes) for d, codes in zip(wanted, usable, strict=True)]

    def met(matrices: dict[str, NDArray[np.bool_]]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Papers x desiderata, and how many papers have none, one, two and three of them."""
        has = np.column_stack(
            [matrices[d.facet][:, c].any(axis=1) for d, c in zip(wanted, columns, strict=True)]
        )
        return has, np.bincount(has.sum(axis=1), minlength=4)

    has, seen = met({f: one.matrix.toarray() > 0 for f, one in held.items()})
    margins = pd.DataFrame(
        {
            "desideratum": pd.Series([d.name for d in wanted], dtype="str"),
            "facet": pd.Series([d.facet for d in wanted], dtype="str"),
            "codes": tuples(usable),
            "papers": has.sum(axis=0).astype(np.int64),
        }
    )
    without = [d.name for d, codes in zip(wanted, usable, strict=True) if not codes]
    note = f"not estimable: no code of the schema stands for {' and '.join(without)}" if without else ""
    note = note or ("" if keys else "no paper measures anything")
    expected = np.full(4, np.nan)
    if not note:
        # Each facet from a chain of its own.
        chains = [null_matrices(one, draws=draws, seed=seed + k) for k, one in enumerate(held.values())]
        drawn = [met(dict(zip(held, matrices, strict=True)))[1] for matrices in zip(*chains, strict=True)]
        expected = np.mean(drawn, axis=0)
        most = int(held[facets[0]].matrix.sum(axis=1).max())
        same = len(facets) == 1 and len({c for codes in usable for c in codes}) == sum(map(len, usable))
    papers, number = np.array(keys, dtype=object), has.sum(axis=1)
    counts = pd.DataFrame(
        {
            "met": np.arange(4),
            "called": pd.Series(MET, dtype="str"),
            "observed": pd.array([pd.NA] * 4 if note else seen, dtype="Int64"),
            "expected": expected,
            "papers": tuples([() if note else tuple(papers[number == k]) for k in range(4)]),
        }
    )
    if not note and same and most < 3:
        note = f"no paper that measures carries more than {most} of the codes"
    return Together(counts, margins, len(keys), note)
