"""Trilemma: which three desiderata are ever measured together.

The seed survey names an *Alignment Trilemma* without a definition that is at hand. This is our own operational
version: three things are wanted of a system, and we count the papers that measure none, one, two or all three of them,
beside what the margins lead one to expect. That few papers hold all three together does not show that they cannot be
had together; it shows that nobody looked. Presets take published trilemmas; how their words map to the
codes of the schema is ours, and where no code fits, the preset says so instead of being stretched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.nullmodel import SEED, fixed_by_margins, null_matrices
from analysis.selection import (
    FACETS,
    FAILURE_MODE,
    LEVELS,
    Incidence,
    coded_papers,
    incidences,
    one_of,
    paper_codes,
    tuples,
)

#: Coded papers from which tail probabilities are given; below, counts only.
TEST_FROM = 450
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
            under the both-margins null) and ``independent`` (under independence, from the three margins alone);
            ``lower``, ``upper`` (tail probabilities (b + 1) / (B + 1), only from ``TEST_FROM`` coded papers on);
            ``note``; ``papers`` (sorted tuple of keys).
        patterns: one row a subset of the three: ``pattern`` (names joined by *and*; *none*), ``met``, ``observed``,
            ``expected``, ``independent``, ``note``, ``papers``.
        margins: one row a desideratum: ``desideratum``, ``facet``, ``codes``, ``papers`` that measure it (int).
        papers: papers that measure anything, which all of this is about.
        coded: coded papers.
        note: empty, or why there is less than the above.
    """

    counts: pd.DataFrame
    patterns: pd.DataFrame
    margins: pd.DataFrame
    papers: int
    coded: int
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
    test_from: int = TEST_FROM,
) -> Together:
    """Count the papers that measure none, one, two and all three of three desiderata.

    A paper *measures* a desideratum of the facet ``failure_mode`` when it carries one of its codes at the level
    ``measures``. Codes of other facets have no level; there, a paper measures a desideratum when it carries one of its
    codes and measures at least one failure mode, whichever. That the measured mode is a failure of that very property
    is not asked: final codes do not say which mode goes with which property. All counts are among the papers that
    measure at least one failure mode.

    Expected counts keep both margins: how many of these papers carry each code of the facet, and how many codes each
    paper carries (``analysis.nullmodel.null_matrices``); facets are randomised each on its own. Papers carry few
    properties (mostly one), so three together are rarer by far than under independence: the two expectations stand
    side by side for that reason.

    Least data: one paper that measures a failure mode for counts; tail probabilities only from 450 coded papers on.

    Args:
        final: the survey's table ``final``.
        wanted: three desiderata.
        known: (facet, code) pairs of the schema in force; a code that is not among them counts as no code. Default:
            every code is taken to be known.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        draws: null matrices per facet.
        seed: seed of the null.
        test_from: coded papers from which tail probabilities are given.

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
    coded = len(coded_papers(final, grey=grey, basis=basis))
    measured = paper_codes(final, FAILURE_MODE, min_level=LEVELS[-1], grey=grey, basis=basis)
    keys = sorted(set(measured["paper"]))
    facets = list(dict.fromkeys(d.facet for d in wanted))
    made = incidences(
        final, [(f, None) for f in facets], min_level=LEVELS[-1], grey=grey, basis=basis, papers=keys
    )
    held = dict(zip(facets, made, strict=True))
    usable = [tuple(c for c in d.codes if known is None or (d.facet, c) in known) for d in wanted]
    columns = [np.isin(np.array(held[d.facet].codes), codes) for d, codes in zip(wanted, usable, strict=True)]
    has = np.column_stack(
        [_any(held[d.facet].matrix.toarray() > 0, c) for d, c in zip(wanted, columns, strict=True)]
    )
    margins = pd.DataFrame(
        {
            "desideratum": pd.Series([d.name for d in wanted], dtype="str"),
            "facet": pd.Series([d.facet for d in wanted], dtype="str"),
            "codes": tuples(usable),
            "papers": has.sum(axis=0).astype(np.int64),
        }
    )
    without = [d.name for d, codes in zip(wanted, usable, strict=True) if not codes]
    if without or not keys:
        note = (
            f"not estimable: no code of the schema stands for {' and '.join(without)}"
            if without
            else "no paper measures a failure mode"
        )
        return Together(*_blank(note, wanted), margins, len(keys), coded, note)
    number = has.astype(np.int64) @ np.array([1, 2, 4])
    seen = np.bincount(number, minlength=8)
    drawn = np.zeros((draws, 8), dtype=np.int64)
    for k, matrices in enumerate(_draws(held, draws, seed)):
        mine = np.column_stack([_any(matrices[d.facet], c) for d, c in zip(wanted, columns, strict=True)])
        drawn[k] = np.bincount(mine.astype(np.int64) @ np.array([1, 2, 4]), minlength=8)
    share = has.mean(axis=0)
    alone = np.array(
        [np.prod([share[k] if n >> k & 1 else 1 - share[k] for k in range(3)]) * len(keys) for n in range(8)]
    )
    fixed = [f for f in facets if fixed_by_margins(held[f])]
    note = f"the margins of {' and '.join(fixed)} leave one matrix only" if len(fixed) == len(facets) else ""
    few = f"counts only: {coded} coded papers, a test waits for {test_from}" if coded < test_from else ""
    same = len(facets) == 1 and len({c for codes in usable for c in codes}) == sum(map(len, usable))
    most = int(held[facets[0]].matrix.sum(axis=1).max())
    room = f"no paper that measures carries more than {most} of the codes" if same and most < 3 else ""
    said = "; ".join(part for part in (few, note, room) if part)
    order = [n for met in range(4) for n in range(8) if n.bit_count() == met]
    papers = np.array(keys, dtype=object)
    patterns = pd.DataFrame(
        {
            "pattern": pd.Series([_called(n, wanted) for n in order], dtype="str"),
            "met": [n.bit_count() for n in order],
            "observed": seen[order],
            "expected": drawn.mean(axis=0)[order],
            "independent": alone[order],
            "note": pd.Series([said] * 8, dtype="str"),
            "papers": tuples([tuple(papers[number == n]) for n in order]),
        }
    )
    groups = [[n for n in range(8) if n.bit_count() == met] for met in range(4)]
    observed = np.array([seen[g].sum() for g in groups])
    sums = np.column_stack([drawn[:, g].sum(axis=1) for g in groups])
    tails = np.full((2, 4), np.nan)
    if not few:
        tails[0] = ((sums <= observed).sum(axis=0) + 1) / (draws + 1)
        tails[1] = ((sums >= observed).sum(axis=0) + 1) / (draws + 1)
    met = np.array([int(n).bit_count() for n in number])
    counts = pd.DataFrame(
        {
            "met": np.arange(4),
            "called": pd.Series(MET, dtype="str"),
            "observed": observed,
            "expected": sums.mean(axis=0),
            "independent": [alone[g].sum() for g in groups],
            "lower": tails[0],
            "upper": tails[1],
            "note": pd.Series([said] * 4, dtype="str"),
            "papers": tuples([tuple(papers[met == k]) for k in range(4)]),
        }
    )
    return Together(counts, patterns, margins, len(keys), coded, said)


def _any(matrix: NDArray[np.bool_], columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each row has any of the columns; no row has when there are none."""
    return np.asarray(matrix[:, columns].any(axis=1), dtype=bool)


def _draws(held: dict[str, Incidence], draws: int, seed: int) -> Iterator[dict[str, NDArray[np.bool_]]]:
    """Draw the matrices of all facets, each from a chain of its own."""
    chains = [null_matrices(made, draws=draws, seed=seed + k) for k, made in enumerate(held.values())]
    for matrices in zip(*chains, strict=True):
        yield dict(zip(held, matrices, strict=True))


def _called(number: int, wanted: Sequence[Desideratum]) -> str:
    names = [d.name for k, d in enumerate(wanted) if number >> k & 1]
    return " and ".join(names) or "none"


def _blank(note: str, wanted: Sequence[Desideratum]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables of :class:`Together` with nothing in them but the reason."""
    order = [n for met, n in product(range(4), range(8)) if n.bit_count() == met]
    shared = {
        "observed": pd.array([pd.NA] * 4, dtype="Int64"),
        "expected": [np.nan] * 4,
        "independent": [np.nan] * 4,
    }
    counts = pd.DataFrame(
        {
            "met": np.arange(4),
            "called": pd.Series(MET, dtype="str"),
            **shared,
            "lower": [np.nan] * 4,
            "upper": [np.nan] * 4,
            "note": pd.Series([note] * 4, dtype="str"),
            "papers": tuples([()] * 4),
        }
    )
    patterns = pd.DataFrame(
        {
            "pattern": pd.Series([_called(n, wanted) for n in order], dtype="str"),
            "met": [n.bit_count() for n in order],
            "observed": pd.array([pd.NA] * 8, dtype="Int64"),
            "expected": [np.nan] * 8,
            "independent": [np.nan] * 8,
            "note": pd.Series([note] * 8, dtype="str"),
            "papers": tuples([()] * 8),
        }
    )
    return counts, patterns
