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

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import SEED, null_matrices
from analysis.selection import (
    FACETS,
    FAILURE_MODE,
    LEVELS,
    incidences,
    one_of,
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
    facet: str = "latent"


@dataclass(frozen=True)
class Preset:
    """Three desiderata that a publication says cannot, or can hardly, be had together.

    Attributes:
        id: short name.
        name: name in words.
        source: who says so; the abstract was read.
        wanted: the three.
        mapping: how their words became our codes.
    """

    id: str
    name: str
    source: str
    wanted: tuple[Desideratum, Desideratum, Desideratum]
    mapping: str


PRESETS = (
    Preset(
        "helpful-honest-harmless",
        "Helpful, honest, harmless",
        "Askell et al. 2021, arXiv 2112.00861; that the three conflict: Huang et al. 2025, arXiv 2502.06059",
        (
            Desideratum("helpful", ("preference",)),
            Desideratum("honest", ("honesty",)),
            Desideratum("harmless", ("harmlessness",)),
        ),
        "Helpfulness is part of the code for human preference.",
    ),
    Preset(
        "strength-capture-generalisation",
        "Optimisation strength, value capture, generalisation",
        "Gaikwad 2025, arXiv 2509.05381 (version 1)",
        (
            Desideratum("optimisation strength", ("selection", "training"), "optimisation_pressure"),
            Desideratum("value capture", ("preference", "goal-alignment")),
            Desideratum("generalisation", ("generalisation",)),
        ),
        "Strength is read as a pressure that optimises on the proxy: selection or training.",
    ),
    Preset(
        "representative-tractable-robust",
        "Representativeness, tractability, robustness",
        "Sahoo et al. 2025, arXiv 2511.19504",
        (
            Desideratum("representativeness", ("preference",)),
            Desideratum("tractability", ()),
            Desideratum("robustness", ("adversarial-robustness", "generalisation")),
        ),
        "Robustness is there against adversaries and shift, hence two codes; no code stands for the cost of training.",
    ),
    Preset(
        "helpful-calibrated-autonomous",
        "Helpfulness, calibration, autonomy",
        "Lovén et al. 2026, arXiv 2605.25739",
        (
            Desideratum("helpfulness", ("preference",)),
            Desideratum("calibration", ("honesty",)),
            Desideratum("autonomy", ()),
        ),
        "Calibrated confidence is part of the code for honesty; no code stands for autonomy.",
    ),
    Preset(
        "capable-safe-auditable",
        "Capability, behavioural safety, auditability",
        "This survey: the three dimensions of its model audit",
        (
            Desideratum("capability", ("capability", "generalisation")),
            Desideratum("behavioural safety", ("harmlessness", "adversarial-robustness")),
            Desideratum("auditability", ("auditability",)),
        ),
        "The dimensions of the panel in the words of the schema's latent properties.",
    ),
)

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
    known: Collection[tuple[str, str]] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    draws: int = 1000,
    seed: int = SEED,
) -> Together:
    """Count the papers that measure none, one, two and all three of three desiderata.

    A paper *measures* a desideratum of the facet ``failure_mode`` when it carries one of its codes at the level
    ``measures``. Codes of other facets have no level; there, a paper measures a desideratum when it carries one of its
    codes and measures at least one failure mode, whichever. That the measured mode is a failure of that very property
    is not asked: final codes do not say which mode goes with which property. All counts are among the papers that
    measure at least one failure mode.

    Expected counts keep both margins: how many of these papers carry each code of the facet, and how many codes each
    paper carries (``analysis.nullmodel.null_matrices``); facets are randomised each on its own. Papers carry few
    properties (mostly one), so three together are rarer by far than if codes were dealt to papers without regard to
    that. Counts only: nothing is tested.

    Least data: one paper that measures a failure mode.

    Args:
        final: the survey's table ``final``.
        wanted: three desiderata.
        known: (facet, code) pairs of the schema in force; a code that is not among them counts as no code. Default:
            every code is taken to be known.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        draws: null matrices per facet.
        seed: seed of the null.

    Raises:
        ValueError: not three desiderata, two of one name, a facet that is not there, fewer than one draw, or a missing
            column.
    """
    if len(wanted) != 3 or len({d.name for d in wanted}) != 3:
        raise ValueError("a trilemma has three desiderata, each with a name of its own")
    if draws < 1:
        raise ValueError(f"draws={draws} must be at least 1")
    for one in wanted:
        one_of("facet", one.facet, FACETS)
    measured = paper_codes(final, FAILURE_MODE, min_level=LEVELS[-1], grey=grey, basis=basis)
    keys = sorted(set(measured["paper"]))
    facets = list(dict.fromkeys(d.facet for d in wanted))
    made = incidences(
        final, [(f, None) for f in facets], min_level=LEVELS[-1], grey=grey, basis=basis, papers=keys
    )
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
    note = note or ("" if keys else "no paper measures a failure mode")
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
