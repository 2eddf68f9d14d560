"""Sides: evaluation-side against alignment-side proxy failures, under each pressure and pair by pair.

The seed survey's organising hypothesis, made testable. The unit is the paper: a paper is on a side when it carries a
failure mode of that side, it may be on several sides, and several modes of one side count once. Governance modes are
a side of their own; they are in every count of papers and in no difference between the other two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.selection import FAILURE_MODE, counted, known_codes, level_rank, need, one_of, tuples
from analysis.weights import jeffreys

#: The two sides that are compared; the difference is always the first less the second.
FIRST, SECOND = "evaluation", "alignment"
#: What is compared, and of which papers it is a share.
OUTCOMES = {
    "discussed": "of the papers under the pressure that carry any failure mode",
    "demonstrated": "of the papers that discuss the side",
    "measured": "of the papers that discuss the side",
    "mitigated": "of the papers that discuss the side",
}
#: Which code of the facet optimisation_pressure counts for a paper.
BY = ("principal", "any")
#: Name of the row that takes all pressures together.
ALL = "all"
PRESSURE = "optimisation_pressure"


def wilson(
    successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score interval of a proportion (Wilson 1927, JASA 22, 209-212), which the interval of a difference is built on.

    Least data: one trial.

    Args:
        successes: x, one or many.
        trials: n, at least 1.
        confidence: nominal coverage, strictly between 0 and 1.

    Returns:
        Lower and upper ends, each of the shape of the input.
    """
    x, n = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    z = stats.norm.ppf((1 + confidence) / 2)
    middle = (x + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(x * (n - x) / n + z**2 / 4)
    # At the edges the exact end is 0 or 1; rounding would leave 1e-17.
    return np.where(x == 0, 0.0, middle - half), np.where(x == n, 1.0, middle + half)


def difference(
    first: tuple[int, int],
    second: tuple[int, int],
    shared: tuple[int, int, int, int] = (0, 0, 0, 0),
    *,
    confidence: float = 0.95,
) -> tuple[float, float, float]:
    """Difference of two proportions whose samples share some units, with its interval.

    Square-and-add: the distances from each proportion to its Wilson limits are added as if they were standard errors,
    less twice their product times the correlation of the two proportions (Newcombe 1998, Statistics in Medicine 17,
    873-890, method 10, for samples that share nothing; 2635-2650, method 10, for samples that share everything; Zou &
    Donner 2008, Statistics in Medicine 27, 1693-1702, for the general form). With m shared units the correlation is
    phi * m / sqrt(n1 * n2), since only shared units have a covariance; phi is that of the shared units, shrunk by
    Newcombe's continuity correction where it is positive and 0 where a margin of theirs is empty. This middle case is
    our own step between the two published ones, both of which it contains (the design is that of Derrick et al. 2015,
    Journal of Applied Quantitative Methods 10(3)); ``benchmarks/simulate_sides.py`` shows
    its coverage. A bootstrap was not chosen: its interval has no width where a rate is 0 or 1, which is common here.

    Least data: one unit in each sample; the interval is wide, and the tables ask for ten.

    Args:
        first: x1 and n1.
        second: x2 and n2.
        shared: among the units in both samples: successes in both, in the first only, in the second only, in neither.
        confidence: nominal coverage.

    Returns:
        x1 / n1 - x2 / n2, lower end, upper end.

    Raises:
        ValueError: a sample is empty, a count is out of range, or more units are shared than a sample has.
    """
    (x1, n1), (x2, n2) = first, second
    e, f, g, h = shared
    m = e + f + g + h
    if n1 < 1 or n2 < 1:
        raise ValueError("each sample needs a unit")
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2) or min(shared) < 0 or m > min(n1, n2):
        raise ValueError(f"counts out of range: {first}, {second}, shared {shared}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    p1, p2 = x1 / n1, x2 / n2
    margins = (e + f) * (g + h) * (e + g) * (f + h)
    cross = float(e * h - f * g)
    if cross > 0:
        cross = max(cross - m / 2, 0.0)
    phi = cross / np.sqrt(margins) if margins else 0.0
    r = phi * m / np.sqrt(n1 * n2)
    (l1, u1), (l2, u2) = (wilson(x, n, confidence=confidence) for x, n in (first, second))
    below, above = p1 - float(l1), float(u2) - p2
    low = p1 - p2 - np.sqrt(max(below**2 + above**2 - 2 * r * below * above, 0.0))
    below, above = float(u1) - p1, p2 - float(l2)
    high = p1 - p2 + np.sqrt(max(below**2 + above**2 - 2 * r * below * above, 0.0))
    return p1 - p2, max(-1.0, float(low)), min(1.0, float(high))


@dataclass(frozen=True)
class _Base:
    """Failure-mode rows that count, before anybody says on which side a mode is.

    Attributes:
        papers: keys, sorted.
        at: place of each row's paper.
        codes: mode of each row.
        passes: outcome -> which rows reach it.
        under: pressure -> which papers; ``ALL`` first.
    """

    papers: list[str]
    at: NDArray[np.int64]
    codes: NDArray[np.object_]
    passes: dict[str, NDArray[np.bool_]]
    under: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class _Marks:
    """What each paper with a failure mode does, side by side.

    Attributes:
        papers: keys, sorted.
        does: (side, outcome) -> which papers.
        under: pressure -> which papers; ``ALL`` first.
    """

    papers: list[str]
    does: dict[tuple[str, str], NDArray[np.bool_]]
    under: dict[str, NDArray[np.bool_]]


def side_of_modes(failure_modes: pd.DataFrame, moved: Mapping[str, str] | None = None) -> dict[str, str]:
    """Side of every mode, with some moved.

    Least data: none.

    Args:
        failure_modes: the schema's table, with ``code`` and ``side``.
        moved: mode -> the side it is put on; ``""`` sets it aside, so that it is on no side and still makes its paper
            one with a failure mode.

    Raises:
        ValueError: a mode or a side is not in the schema.
    """
    need(failure_modes, "failure_modes", ("code", "side"))
    sides = dict(zip(failure_modes["code"], failure_modes["side"], strict=True))
    for code, side in (moved or {}).items():
        one_of("moved: mode", code, sides)
        if side:
            one_of("moved: side", side, list(dict.fromkeys(failure_modes["side"])))
    return sides | dict(moved or {})


def rates(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    by: str = "principal",
    pressures: Sequence[str] | None = None,
    moved: Mapping[str, str] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    min_papers: int = 10,
) -> pd.DataFrame:
    """Each side under each optimisation pressure: papers, and the shares that demonstrate, measure and mitigate.

    A paper demonstrates, measures or mitigates a side when it does so for at least one mode of it, so a side whose
    papers carry more modes has more chances; ``modes_per_paper`` says how many. A mitigation never raises a level.

    Least data: one paper for a rate; under ``min_papers`` it is *too few*.

    Args:
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code`` and ``side``.
        by: ``principal``, the paper's principal pressure alone (a paper is under one), or ``any`` it carries.
        pressures: codes in order; default: those used, sorted.
        moved: as for :func:`side_of_modes`.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        min_papers: papers a share needs under it before it is more than *too few*.

    Returns:
        One row a pressure (``all`` first), side (all of the schema, governance too) and outcome: ``pressure``,
        ``side``, ``outcome``; ``k`` of ``n`` papers (see :data:`OUTCOMES`), ``rate`` with its 95% Jeffreys interval
        ``low``, ``high``; ``modes_per_paper`` (of the papers that discuss the side); ``note``; ``papers`` (sorted
        tuple of the k keys). Where n is 0 the rate is missing and the note says so.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a mode that
            ``failure_modes`` does not know.
    """
    put = side_of_modes(failure_modes, moved)
    sides = list(dict.fromkeys(failure_modes["side"]))
    base = _base(_rows(final, grey, basis), put, by, pressures)
    marks, carried = _marks(base, put, sides), _carried(base, put)
    keys = np.array(marks.papers, dtype=object)
    found = []
    for pressure, under in marks.under.items():
        for side in sides:
            on = under & marks.does[side, "discussed"]
            on_side = set(keys[on])
            codes = sum(n for (paper, s), n in carried.items() if s == side and paper in on_side)
            for outcome in OUTCOMES:
                hit = under & marks.does[side, outcome]
                n = int(under.sum()) if outcome == "discussed" else int(on.sum())
                k = int(hit.sum())
                low, high = jeffreys(k, n)
                found.append(
                    {
                        "pressure": pressure,
                        "side": side,
                        "outcome": outcome,
                        "k": k,
                        "n": n,
                        "rate": k / n if n else np.nan,
                        "low": float(low),
                        "high": float(high),
                        "modes_per_paper": codes / len(on_side) if on_side else np.nan,
                        "note": "no such paper"
                        if n == 0
                        else "too few"
                        if n < min_papers
                        else ""
                        if on_side
                        else "no such paper discusses the side, so modes per paper are missing",
                        "papers": tuple(keys[hit]),
                    }
                )
    columns = ["pressure", "side", "outcome", "k", "n", "rate", "low", "high", "modes_per_paper", "note"]
    table = pd.DataFrame(found, columns=[*columns, "papers"])
    return _text(table, ("pressure", "side", "outcome", "note"))


def differences(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    by: str = "principal",
    pressures: Sequence[str] | None = None,
    moved: Mapping[str, str] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    min_papers: int = 10,
) -> pd.DataFrame:
    """Evaluation side less alignment side, under each pressure.

    Least data: ``min_papers`` papers on each side.

    Args:
        final: as for :func:`rates`, and so on.
        failure_modes: as for :func:`rates`.
        by: as for :func:`rates`.
        pressures: as for :func:`rates`.
        moved: as for :func:`rates`.
        grey: as for :func:`rates`.
        basis: as for :func:`rates`.
        min_papers: papers that each of the two shares needs before a difference is given.

    Returns:
        One row a pressure (``all`` first) and outcome: ``pressure``, ``outcome``; ``papers`` under the pressure that
        carry any mode, of them ``evaluation``, ``alignment``, ``both`` of these two, and ``other`` (on neither:
        governance alone, or modes set aside); ``evaluation_k`` of ``evaluation_n``, ``evaluation_rate``, the same for
        ``alignment``; ``shared`` (papers in both samples); ``difference`` with the 95% interval ``low``, ``high`` of
        :func:`difference`, and ``low_all``, ``high_all``, the wider one that holds for all the ``looks`` of this table
        at once (Bonferroni); ``note``. Under fewer than ``min_papers`` papers on either side the difference is missing
        and the note says *too few*.

    Raises:
        ValueError: as for :func:`rates`.
    """
    need(failure_modes, "failure_modes", ("code", "side"))
    base = _base(_rows(final, grey, basis), failure_modes["code"], by, pressures)
    return _differences(base, side_of_modes(failure_modes, moved), min_papers)


def contested(failure_modes: pd.DataFrame, *, least: float = 0.5) -> dict[str, str]:
    """Modes whose side could be argued either way, each with the other side.

    A mode is contested when at least the share ``least`` of the neighbours that the schema names for it (the modes it
    is confused with) sit on the other of the two sides that are compared. Governance neighbours count as neighbours,
    but nothing is moved to governance.

    Least data: none.

    Args:
        failure_modes: the schema's table, with ``code``, ``side`` and ``neighbours``.
        least: share of the neighbours, between 0 and 1; 0 takes every mode that has one there.

    Returns:
        Mode -> the side it could be moved to, in schema order.
    """
    need(failure_modes, "failure_modes", ("code", "side", "neighbours"))
    sides = dict(zip(failure_modes["code"], failure_modes["side"], strict=True))
    other = {FIRST: SECOND, SECOND: FIRST}
    found = {}
    for code, neighbours in zip(failure_modes["code"], failure_modes["neighbours"], strict=True):
        across = [n for n in neighbours if sides.get(n) == other.get(sides[code])]
        if sides[code] in other and across and len(across) >= least * len(neighbours):
            found[code] = other[sides[code]]
    return found


def sensitivity(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    moves: Mapping[str, str],
    *,
    set_aside: Iterable[str] = (),
    by: str = "principal",
    pressures: Sequence[str] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    min_papers: int = 10,
) -> pd.DataFrame:
    """Return :func:`differences` rerun with contested modes moved: each alone, and all together.

    Least data: ``min_papers`` papers on each side, in every case.

    Args:
        final: as for :func:`differences`, and so on.
        failure_modes: as for :func:`differences`.
        moves: mode -> the other side, as :func:`contested` gives them.
        set_aside: modes to be taken off both sides instead, each alone (a mode whose pressure the coding rules fix).
        by: as for :func:`differences`.
        pressures: as for :func:`differences`.
        grey: as for :func:`differences`.
        basis: as for :func:`differences`.
        min_papers: as for :func:`differences`.

    Returns:
        The rows of :func:`differences` under each case, with ``case`` (``as coded``, ``CODE moved``, ``CODE set
        aside``, ``all moved``), ``papers_moved`` (papers under the pressure that carry a mode of the case) in front and
        ``change`` (of the difference against *as coded*; missing where either is), ``sign`` (``same``, ``turned``, or
        empty where it cannot be said) behind.

    Raises:
        ValueError: as for :func:`differences`.
    """
    cases: dict[str, dict[str, str]] = {"as coded": {}}
    cases |= {f"{code} moved": {code: side} for code, side in moves.items()}
    cases |= {f"{code} set aside": {code: ""} for code in set_aside}
    if moves:
        cases["all moved"] = dict(moves)
    need(failure_modes, "failure_modes", ("code", "side"))
    made = _base(_rows(final, grey, basis), failure_modes["code"], by, pressures)
    parts: list[pd.DataFrame] = []
    for case, moved in cases.items():
        table = _differences(made, side_of_modes(failure_modes, moved), min_papers)
        touched = np.zeros(len(made.papers), dtype=bool)
        touched[made.at[np.isin(made.codes, list(moved))]] = True
        n = {pressure: int((under & touched).sum()) for pressure, under in made.under.items()}
        table.insert(0, "case", pd.Series([case] * len(table), dtype="str"))
        table.insert(1, "papers_moved", [n[p] for p in table["pressure"]])
        base = parts[0] if parts else table
        table["change"] = table["difference"] - base["difference"]
        before, after = np.sign(base["difference"]), np.sign(table["difference"])
        known = table["difference"].notna() & base["difference"].notna()
        table["sign"] = np.where(known, np.where(before * after < 0, "turned", "same"), "")
        parts.append(table)
    return _text(pd.concat(parts, ignore_index=True), ("sign",))


@dataclass(frozen=True)
class Association:
    """Whether a paper's side goes with its pressure.

    Attributes:
        cells: one row a side and pressure: ``observed`` and ``expected`` papers, ``lower`` and ``upper`` (exact
            hypergeometric tails of the cell by itself), ``z`` and ``p_family`` (probability of an equally extreme cell
            anywhere in the table), ``note``.
        statistic: sum of the squared z of all cells that can vary.
        p: its permutation probability, (b + 1) / (B + 1); missing where it cannot be tested.
        draws: permutations B.
        papers: papers under test.
        note: empty, or why there is no test.
    """

    cells: pd.DataFrame
    statistic: float
    p: float
    draws: int
    papers: int
    note: str


def association(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    by: str = "principal",
    pressures: Sequence[str] | None = None,
    moved: Mapping[str, str] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    draws: int = 9999,
    seed: int = 20261124,
    min_papers: int = 30,
) -> Association:
    """Test sides against pressures with the pressures permuted over the papers.

    What is permuted is a paper's whole set of pressures, so every paper keeps how many sides it is on and how many
    pressures it has, and every code keeps its papers. Papers on two sides make a chi-square table meaningless, hence
    the permutation. Each cell by itself is then hypergeometric. ``p_family`` is the single-step maximum of Westfall &
    Young (1993, Resampling-Based Multiple Testing, section 2.3); p as in Phipson & Smyth (2010, Statistical
    Applications in Genetics and Molecular Biology 9, article 39). Tables with the given margins are drawn by
    Patefield's algorithm (``scipy.stats.random_table``), which is the same as permuting. Only papers with a failure
    mode and a pressure are under test: a paper without a mode gets the pressure *none* by rule. A small p says that
    side and pressure go together *as coded*; the coding rules themselves tie some modes to a pressure.

    Least data: ``min_papers`` papers with a mode and a pressure, and two sides and two pressures that vary.

    Args:
        final: as for :func:`rates`, and so on.
        failure_modes: as for :func:`rates`.
        by: as for :func:`rates`.
        pressures: as for :func:`rates`.
        moved: as for :func:`rates`; a paper left with no side is still under test.
        grey: as for :func:`rates`.
        basis: as for :func:`rates`.
        draws: permutations.
        seed: seed of the permutations.
        min_papers: papers under test below which there is none.

    Raises:
        ValueError: as for :func:`rates`, or fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"draws={draws} must be at least 1")
    put = side_of_modes(failure_modes, moved)
    sides = list(dict.fromkeys(failure_modes["side"]))
    marks = _marks(_base(_rows(final, grey, basis), put, by, pressures), put, sides)
    names = [p for p in marks.under if p != ALL]
    left = np.column_stack([marks.does[s, "discussed"] for s in sides]) if sides else np.zeros((0, 0), bool)
    right = (
        np.column_stack([marks.under[p] for p in names]) if names else np.zeros((len(marks.papers), 0), bool)
    )
    has = right.any(axis=1) if right.size else np.zeros(len(marks.papers), dtype=bool)
    on_side, under = left[has].astype(np.int64), right[has].astype(np.int64)
    total = len(on_side)
    observed = on_side.T @ under
    s, p = on_side.sum(axis=0)[:, None], under.sum(axis=0)[None, :]
    expected = s * p / max(total, 1)
    variance = expected * (1 - p / max(total, 1)) * (total - s) / max(total - 1, 1)
    varies = variance > 0
    z = np.where(varies, (observed - expected) / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    statistic = float((z**2).sum())
    note = (
        f"too few: {total} papers with a mode and a pressure, {min_papers} needed"
        if total < min_papers
        else "not estimable: fewer than two sides or two pressures vary"
        if (varies.any(axis=1).sum() < 2 or varies.any(axis=0).sum() < 2)
        else ""
    )
    family = np.full(observed.shape, np.nan)
    value = np.nan
    if not note:
        whole, most = _permuted(
            on_side, under, expected, np.sqrt(np.where(varies, variance, 1.0)), draws, seed
        )
        value = (int((whole >= statistic * (1 - 1e-12)).sum()) + 1) / (draws + 1)
        above = (most[:, None, None] >= np.abs(z)[None] * (1 - 1e-12)).sum(axis=0)
        family = np.where(varies, (above + 1) / (draws + 1), np.nan)
    shape = observed.shape
    cells = pd.DataFrame(
        {
            "side": np.repeat(np.array(sides, dtype=object), shape[1]),
            "pressure": np.tile(np.array(names, dtype=object), shape[0]),
            "observed": observed.ravel(),
            "expected": expected.ravel(),
            "lower": stats.hypergeom.cdf(observed, max(total, 1), s, p).ravel(),
            "upper": stats.hypergeom.sf(observed - 1, max(total, 1), s, p).ravel(),
            "z": z.ravel(),
            "p_family": family.ravel(),
            "note": np.where(varies, note, "the margins leave no choice").ravel(),
        }
    )
    text = _text(cells, ("side", "pressure", "note"))
    return Association(text, statistic, float(value), draws, total, note)


def counterparts(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    reasons: Mapping[tuple[str, str], str] | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
    min_papers: int = 10,
) -> pd.DataFrame:
    """Compare the modes that the schema calls each other's counterpart across the sides.

    Least data: ``min_papers`` papers that discuss each of the two modes.

    Args:
        final: as for :func:`rates`.
        failure_modes: the schema's table, with ``code``, ``name``, ``side`` and ``counterparts``.
        reasons: (mode, counterpart) -> why they are counterparts, in either order; carried into ``reason``.
        grey: as for :func:`rates`.
        basis: as for :func:`rates`.
        min_papers: papers that must discuss each of the two before their rates are compared.

    Returns:
        One row a pair and outcome, pairs in schema order, the evaluation-side mode first (in a pair with governance the
        mode of the other side): ``first``, ``second`` (codes), ``first_name``, ``second_name``, ``sides``
        (``evaluation and alignment``, or ``across governance: ...``), ``outcome``; ``first_k`` of ``first_n`` papers,
        ``first_rate``, the same for ``second``; ``shared`` papers; ``difference``, ``low``, ``high``, ``low_all``,
        ``high_all``, ``looks`` and ``note`` as in :func:`differences`; ``reason``. *Discussed* is of all papers with a
        failure mode; the other outcomes are of the papers that discuss the mode.

    Raises:
        ValueError: as for :func:`rates`, or a counterpart is not in the schema.
    """
    need(failure_modes, "failure_modes", ("code", "name", "side", "counterparts"))
    sides = side_of_modes(failure_modes)
    names = dict(zip(failure_modes["code"], failure_modes["name"], strict=True))
    place = {FIRST: 0, SECOND: 1}
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for code, others in zip(failure_modes["code"], failure_modes["counterparts"], strict=True):
        for other in others:
            one_of("failure_modes: counterpart", other, sides)
            one, two = sorted((code, other), key=lambda c: (place.get(sides[c], 2), c))
            pairs.setdefault(frozenset((code, other)), (one, two))
    rows = _rows(final, grey, basis)
    # Each mode as a side of its own: one pass gives what every paper does with every mode.
    marks = _marks(_base(rows, sides, "any", ()), {c: c for c in sides})
    every = np.ones(len(marks.papers), dtype=bool)
    found, given = [], []
    for one, two in pairs.values():
        across = {sides[one], sides[two]} - {FIRST, SECOND}
        kind = f"across {', '.join(sorted(across))}: " if across else ""
        on = [marks.does[c, "discussed"] for c in (one, two)]
        for outcome in OUTCOMES:
            samples = [every, every] if outcome == "discussed" else on
            hits = [marks.does[c, outcome] & s for c, s in zip((one, two), samples, strict=True)]
            counts = _compared(samples[0], hits[0], samples[1], hits[1])
            (x1, n1), (x2, n2), shared = counts
            note = _few(n1, n2, min_papers)
            given.append(None if note else counts)
            why = (reasons or {}).get((one, two)) or (reasons or {}).get((two, one)) or ""
            found.append(
                {
                    "first": one,
                    "second": two,
                    "first_name": names[one],
                    "second_name": names[two],
                    "sides": f"{kind}{sides[one]} and {sides[two]}",
                    "outcome": outcome,
                    "first_k": x1,
                    "first_n": n1,
                    "first_rate": x1 / n1 if n1 else np.nan,
                    "second_k": x2,
                    "second_n": n2,
                    "second_rate": x2 / n2 if n2 else np.nan,
                    "shared": sum(shared),
                    "note": note,
                    "reason": why,
                }
            )
    columns = ["first", "second", "first_name", "second_name", "sides", "outcome", "first_k", "first_n"]
    columns += ["first_rate", "second_k", "second_n", "second_rate", "shared", "note", "reason"]
    table = _with_intervals(pd.DataFrame(found, columns=columns), given)
    words = ("first", "second", "first_name", "second_name", "sides", "outcome", "reason", "note")
    return _text(table, words)


def _rows(final: pd.DataFrame, grey: str, basis: str) -> pd.DataFrame:
    need(final, "final", ("mitigates", "principal"))
    return counted(final, grey=grey, basis=basis)


def _base(rows: pd.DataFrame, known: Iterable[str], by: str, pressures: Sequence[str] | None) -> _Base:
    """Read off the rows that count what does not depend on which mode is on which side."""
    one_of("by", by, BY)
    modes = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    known = list(known)
    for code in sorted(set(modes["code"]) - set(known)):
        one_of("final: failure mode", code, known)
    rank = level_rank(modes["level"])
    there = rank >= 1
    modes, rank = modes[there], rank[there]
    papers = sorted(set(modes["paper"]))
    index = pd.Index(papers, dtype=object)
    fix = modes["mitigates"].isin(["yes", "measured"]).to_numpy(dtype=bool)
    passes = {"discussed": rank >= 1, "demonstrated": rank >= 3, "measured": rank >= 4, "mitigated": fix}
    pushed = rows[(rows["facet"] == PRESSURE).to_numpy(dtype=bool)]
    if by == "principal":
        pushed = pushed[(pushed["principal"] == "yes").to_numpy(dtype=bool)]
    pushed = pushed[pushed["paper"].isin(papers).to_numpy(dtype=bool)]
    wanted = sorted(set(pushed["code"])) if pressures is None else known_codes("pressures", pressures)
    under = {ALL: np.ones(len(papers), dtype=bool)}
    for code in wanted:
        under[code] = np.zeros(len(papers), dtype=bool)
        mine = pushed.loc[(pushed["code"] == code).to_numpy(dtype=bool), "paper"]
        under[code][index.get_indexer(pd.Index(mine, dtype=object))] = True
    at = index.get_indexer(pd.Index(modes["paper"], dtype=object))
    return _Base(papers, at.astype(np.int64), modes["code"].to_numpy(dtype=object), passes, under)


def _marks(base: _Base, sides: Mapping[str, str], named: Iterable[str] = (FIRST, SECOND)) -> _Marks:
    """Work out what every paper with a failure mode does on every side.

    ``sides`` says where each mode is; sides in ``named`` are there even when no mode is left on them.
    """
    side = np.array([sides[c] for c in base.codes], dtype=object)
    does = {}
    for name in dict.fromkeys([FIRST, SECOND, *named, *sides.values()]):
        on = side == name
        for outcome, passed in base.passes.items():
            hit = np.zeros(len(base.papers), dtype=bool)
            hit[base.at[on & passed]] = True
            does[name, outcome] = hit
    return _Marks(base.papers, does, base.under)


def _carried(base: _Base, sides: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """How many different modes of each side each paper carries."""
    found: dict[tuple[str, str], int] = {}
    for at, code in sorted({(int(a), str(c)) for a, c in zip(base.at, base.codes, strict=True)}):
        key = base.papers[at], sides[code]
        found[key] = found.get(key, 0) + 1
    return found


def _differences(base: _Base, sides: Mapping[str, str], min_papers: int) -> pd.DataFrame:
    """Work out the rows of :func:`differences` with the modes on the given sides."""
    marks = _marks(base, sides)
    found, given = [], []
    for pressure, under in marks.under.items():
        one, two = (under & marks.does[side, "discussed"] for side in (FIRST, SECOND))
        for outcome in OUTCOMES:
            in_one, in_two = (under, under) if outcome == "discussed" else (one, two)
            counts = _compared(
                in_one, marks.does[FIRST, outcome] & in_one, in_two, marks.does[SECOND, outcome] & in_two
            )
            (x1, n1), (x2, n2), shared = counts
            few = min(n1, n2) < min_papers
            given.append(None if few else counts)
            found.append(
                {
                    "pressure": pressure,
                    "outcome": outcome,
                    "papers": int(under.sum()),
                    FIRST: int(one.sum()),
                    SECOND: int(two.sum()),
                    "both": int((one & two).sum()),
                    "other": int((under & ~one & ~two).sum()),
                    f"{FIRST}_k": x1,
                    f"{FIRST}_n": n1,
                    f"{FIRST}_rate": x1 / n1 if n1 else np.nan,
                    f"{SECOND}_k": x2,
                    f"{SECOND}_n": n2,
                    f"{SECOND}_rate": x2 / n2 if n2 else np.nan,
                    "shared": sum(shared),
                    "note": _few(n1, n2, min_papers),
                }
            )
    table = pd.DataFrame(found)
    return _text(_with_intervals(table, given), ("pressure", "outcome", "note"))


_Counts = tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]


def _compared(
    in_one: NDArray[np.bool_],
    hit_one: NDArray[np.bool_],
    in_two: NDArray[np.bool_],
    hit_two: NDArray[np.bool_],
) -> _Counts:
    """Counts for :func:`difference` from who is in which sample and who is a success there."""
    both = in_one & in_two
    shared = (
        int((both & hit_one & hit_two).sum()),
        int((both & hit_one & ~hit_two).sum()),
        int((both & ~hit_one & hit_two).sum()),
        int((both & ~hit_one & ~hit_two).sum()),
    )
    return (int(hit_one.sum()), int(in_one.sum())), (int(hit_two.sum()), int(in_two.sum())), shared


def _with_intervals(table: pd.DataFrame, given: Sequence[_Counts | None]) -> pd.DataFrame:
    """Add the difference, its interval, and the interval that holds for all looks of the table at once."""
    looks = sum(counts is not None for counts in given)
    ends = np.full((len(given), 5), np.nan)
    for k, counts in enumerate(given):
        if counts is not None:
            ends[k, :3] = difference(*counts)
            ends[k, 3:] = difference(*counts, confidence=1 - 0.05 / looks)[1:]
    done = table.copy()
    for k, column in enumerate(("difference", "low", "high", "low_all", "high_all")):
        done[column] = ends[:, k]
    done["looks"] = looks
    done["note"] = done.pop("note") if "note" in done else ""
    return done


def _few(n1: int, n2: int, min_papers: int) -> str:
    if min(n1, n2) >= min_papers:
        return ""
    return "no such paper on either side" if n1 == n2 == 0 else f"too few: {n1} and {n2}"


def _permuted(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    expected: NDArray[np.float64],
    spread: NDArray[np.float64],
    draws: int,
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Statistic and greatest absolute z of every permutation.

    Papers with the same sides are alike, and so are papers with the same pressures: permuting papers is drawing a
    table of the kinds of the one against the kinds of the other, with both margins given.
    """
    kinds_left, first = np.unique(left, axis=0, return_inverse=True)
    kinds_right, second = np.unique(right, axis=0, return_inverse=True)
    rng = np.random.default_rng(seed)
    table = stats.random_table(np.bincount(first.ravel()), np.bincount(second.ravel()))
    drawn = np.asarray(table.rvs(size=draws, random_state=rng), dtype=float)
    cells = np.einsum("as,nab,bp->nsp", kinds_left, drawn, kinds_right, optimize=True)
    z = (cells - expected) / spread
    return (z**2).sum(axis=(1, 2)), np.abs(z).max(axis=(1, 2))


def _text(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    for column in columns:
        table[column] = table[column].astype("str")
    if "papers" in table and table["papers"].dtype == object:
        table["papers"] = tuples(list(table["papers"]))
    return table
