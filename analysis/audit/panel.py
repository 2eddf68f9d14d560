"""Capability, behavioural safety and governance of a panel of models, kept apart.

Three questions: do the three go together, do open and closed models differ in them, and what happens to an attack's
success as its budget grows. A governance score belongs to the developer and stands on all its models, so nine
developers are nine scores however many models they have: such a score is permuted, resampled and left out by developer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.selection import need, one_of, tuples
from analysis.smallsample import (
    LEAST,
    METHODS,
    correlation,
    correlation_interval,
    correlation_power,
    correlation_test,
    detectable,
    difference_test,
    fisher_interval,
    t_p,
    verdict,
    welch,
    why_not,
)

#: Dimensions in the order in which they are listed; never averaged into one.
DIMENSIONS = ("capability", "behavioural-safety", "governance")
#: What ``weights`` of a model may be.
WEIGHTS = ("open", "borderline", "closed")
#: Where a model with borderline weights is put.
BORDERLINE = ("closed", "open", "leave-out")
#: Which models a correlation of two dimensions takes: those that have every dimension, or those that have the two.
CASES = ("complete", "pairwise")
#: Which rows of the panel count: secondary ones are left out unless asked for.
KINDS = ("primary", "any")

_COLUMNS = (
    "model",
    "developer",
    "weights",
    "dimension",
    "measure",
    "value",
    "higher_is",
    "belongs_to",
    "kind",
    "attempts",
    "attempts_are",
    "source",
    "unit",
)


def panel(audit: pd.DataFrame, measures: Mapping[str, str], *, kind: str = "primary") -> pd.DataFrame:
    """Models by dimension on one measure each, holes kept.

    A dimension is one measure, so that all its values are comparable; unlike measures are never averaged, and neither
    are several values of one measure for one model: such a cell is empty, and ``note`` says why.

    Least data: none; a cell without exactly one value is empty.

    Args:
        audit: the survey's table ``audit``.
        measures: dimension -> the one measure that stands for it.
        kind: ``primary``, or ``any`` to take values whose primary source was not opened.

    Returns:
        One row a model that has a value in at least one of the measures, by developer and model: ``model``,
        ``developer``, ``weights``; a column a dimension, as published (missing where there is no value); a column
        ``aligned <dimension>``, turned where lower is better, so that more is better throughout; ``missing`` (tuple of
        dimensions without a value), ``complete``, ``note``. ``attrs["belongs_to"]`` says per dimension whose the value
        is, the model's or the developer's; ``attrs["measures"]`` which measure it is.

    Raises:
        ValueError: a column is missing, ``kind`` is not known, or a measure is not in the panel or of another
            dimension.
    """
    need(audit, "audit", _COLUMNS)
    one_of("kind", kind, KINDS)
    rows = audit if kind == "any" else audit[(audit["kind"] == "primary").to_numpy(dtype=bool)]
    known = dict(zip(audit["measure"], audit["dimension"], strict=True))
    for dimension, measure in measures.items():
        if len(audit):
            one_of(f"measures[{dimension!r}]", measure, sorted(known))
            if known[measure] != dimension:
                raise ValueError(f"measure {measure!r} is of {known[measure]}, not of {dimension}")
    rows = rows[rows["measure"].isin(list(measures.values()))]
    facts = rows.drop_duplicates("model").sort_values(["developer", "model"])
    models = list(facts["model"])
    table = pd.DataFrame(
        {c: pd.Series(list(facts[c]), dtype="str") for c in ("model", "developer", "weights")}
    )
    notes: dict[str, list[str]] = {model: [] for model in models}
    whose: dict[str, str] = {}
    for dimension, measure in measures.items():
        mine = rows[rows["measure"] == measure]
        counts = mine.groupby("model")["value"].size()
        for model in counts.index[counts > 1]:
            notes[str(model)].append(
                f"{dimension}: {counts[model]} values under other protocols, not averaged"
            )
        single = mine[mine["model"].isin(counts.index[counts == 1])].set_index("model")["value"]
        values = single.reindex(models).to_numpy(dtype=float)
        worse = bool(len(mine)) and mine["higher_is"].iloc[0] == "worse"
        table[dimension] = values
        table[f"aligned {dimension}"] = -values if worse else values
        whose[dimension] = str(mine["belongs_to"].iloc[0]) if len(mine) else "model"
    holes = [tuple(d for d in measures if math.isnan(row[d])) for row in table.to_dict("records")]
    table["missing"] = tuples(holes)
    table["complete"] = pd.Series([not h for h in holes], dtype="bool")
    table["note"] = pd.Series(["; ".join(notes[m]) for m in models], dtype="str")
    table.attrs = {"belongs_to": whose, "measures": dict(measures)}
    return table


def most_complete(audit: pd.DataFrame, *, kind: str = "primary") -> dict[str, str]:
    """Return the measures, one a dimension, that most models have all of; ties by the measures' names.

    Least data: none; without a measure of any dimension nothing is chosen.

    Args:
        audit: the survey's table ``audit``.
        kind: ``primary`` or ``any``.

    Returns:
        Dimension -> measure, in the order of ``DIMENSIONS``; dimensions without any measure are not among them.
    """
    need(audit, "audit", _COLUMNS)
    one_of("kind", kind, KINDS)
    rows = audit if kind == "any" else audit[(audit["kind"] == "primary").to_numpy(dtype=bool)]
    holders: dict[str, dict[str, frozenset[str]]] = {}
    for (dimension, measure), some in rows.groupby(["dimension", "measure"], sort=True):
        holders.setdefault(str(dimension), {})[str(measure)] = frozenset(some["model"])
    dims = [d for d in DIMENSIONS if d in holders]
    if not dims:
        return {}
    choices = product(*(holders[d] for d in dims))
    best = min(
        choices,
        key=lambda c: (
            -len(frozenset.intersection(*(holders[d][m] for d, m in zip(dims, c, strict=True)))),
            c,
        ),
    )
    return dict(zip(dims, best, strict=True))


def measure_sensitivity(
    audit: pd.DataFrame, candidates: Mapping[str, Sequence[str]], *, cases: str = "pairwise"
) -> pd.DataFrame:
    """The same correlations with other measures in the dimensions' place: how far the choice of measure decides.

    Least data: three models with both measures and both varying; three developers for those of developers.

    Args:
        audit: the survey's table ``audit``.
        candidates: dimension -> measures that could stand for it.
        cases: ``pairwise`` (models with both measures) or ``complete`` (of these the models that have, besides, the
            first candidate of every other dimension).

    Returns:
        One row a pair of measures of two dimensions: ``first``, ``second`` (dimensions), ``cases``, ``measure_first``,
        ``measure_second``, ``n`` (models), ``developers``, ``pearson``, ``spearman`` (over models),
        ``pearson_developers`` (over the developers' means) with its permutation ``p_developers``, ``note``.

    Raises:
        ValueError: as :func:`panel`, or ``cases`` is not known.
    """
    one_of("cases", cases, CASES)
    rows = []
    for first, second in combinations(candidates, 2):
        others = {d: m[0] for d, m in candidates.items() if d not in (first, second) and m}
        for a, b in product(candidates[first], candidates[second]):
            models = panel(audit, {first: a, second: b, **(others if cases == "complete" else {})})
            full = models[models["complete"].to_numpy(dtype=bool)] if len(models) else models
            x, y, _ = _units(full, first, second, "model")
            dx, dy, _ = _units(full, first, second, "developer")
            test = correlation_test(dx, dy)
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "cases": cases,
                    "measure_first": a,
                    "measure_second": b,
                    "n": len(x),
                    "developers": len(dx),
                    "pearson": correlation(x, y),
                    "spearman": correlation(x, y, "spearman"),
                    "pearson_developers": correlation(dx, dy),
                    "p_developers": test.p,
                    "note": why_not(x, y) or test.note,
                }
            )
    return _table(rows, _MEASURES)


def correlations(
    models: pd.DataFrame,
    *,
    cases: str = "complete",
    draws: int = 9_999,
    resamples: int = 4_999,
    interval: str = "bca",
    seed: int = 0,
) -> pd.DataFrame:
    """Pairwise association of the dimensions, among the models that have all of them or among those that have the two.

    With ``complete`` every pair is told of the same models, but a third dimension decides who they are: where few
    developers have it, the range of the other two is cut. With ``pairwise`` no value is thrown away, and pairs are told
    of different models. Neither is the right one; where they differ, that is a finding.

    Every pair is looked at by ``unit``:

    - ``model``: over the models. Where one side is the developer's, that side is exchanged between developers,
      developers are resampled, and ``p_t`` and the Fisher interval (which take the models for independent) are beside
      the point: they are there to be seen next to the honest ones. Where both are the model's, models are exchanged,
      though models of one developer are hardly independent either.
    - ``developer``: over the developers' means, each developer once.
    - ``within developer``: of the deviations from the developer's mean, exchanged within developers only; for pairs
      where both sides are the model's.

    Least data: three units, both sides varying, for a correlation and its test (three developers where these are
    exchanged, a developer with two models within developers); four independent units for an interval.

    Args:
        models: the table of :func:`panel`.
        cases: ``complete`` (models that have every dimension of the table) or ``pairwise`` (that have the two).
        draws: orders drawn where they are too many to enumerate.
        resamples: bootstrap resamples.
        interval: ``bca`` or ``percentile``.
        seed: of drawing and resampling.

    Returns:
        One row a pair, unit and method: ``first``, ``second``, ``cases``, ``unit``, ``method``, ``exchanged`` (models
        or developers), ``n`` (units), ``independent`` (units that are exchanged), ``r``, ``p`` (permutation),
        ``p_error`` (its Monte Carlo error, 0 where exact), ``orders``, ``exact``, ``low``, ``high`` (95% bootstrap),
        ``p_t``, ``fisher_low``, ``fisher_high``, ``verdict`` (:func:`analysis.smallsample.verdict`) and ``note``.

    Raises:
        ValueError: ``cases``, ``interval`` or a column is not known.
    """
    one_of("cases", cases, CASES)
    dims, whose = _dimensions(models)
    rows = []
    for first, second in combinations(dims, 2):
        asked = dims if cases == "complete" else [first, second]
        full = models[models[asked].notna().all(axis=1).to_numpy(dtype=bool)] if len(models) else models
        held = "developer" in (whose[first], whose[second])
        if whose[first] == "developer" and whose[second] == "model":
            first, second = second, first
        for unit in ("model", "developer") if held else ("model", "developer", "within developer"):
            x, y, groups = _units(full, first, second, unit)
            by_developer = held and unit == "model"
            both = by_developer and whose[first] == "developer"
            for method in METHODS:
                note = why_not(x, y)
                # Two scores of the developer are one pair a developer: the unit `developer` says it all.
                if not note and both:
                    note = "not estimable: both are the developer's; see the unit developer"
                r = math.nan if note else correlation(x, y, method)
                test = correlation_test(
                    x,
                    y,
                    method=method,
                    groups=groups if by_developer and not note else None,
                    within=groups if unit == "within developer" and not note else None,
                    draws=draws,
                    seed=seed,
                )
                clusters = groups if unit in ("model", "within developer") else None
                span = correlation_interval(
                    x,
                    y,
                    method=method,
                    groups=clusters if by_developer or unit == "within developer" else None,
                    kind=interval,
                    draws=resamples,
                    seed=seed,
                )
                blank = math.isnan(r) or math.isnan(test.p)
                independent = len(set(groups)) if by_developer or unit == "developer" else len(x)
                fisher = fisher_interval(r, len(x)) if unit != "within developer" else (math.nan, math.nan)
                rows.append(
                    {
                        "first": first,
                        "second": second,
                        "cases": cases,
                        "unit": unit,
                        "method": method,
                        "exchanged": "developers" if by_developer or unit == "developer" else "models",
                        "n": len(x),
                        "independent": independent,
                        "r": r,
                        "p": math.nan if blank else test.p,
                        "p_error": math.nan if blank else test.error,
                        "orders": 0 if blank else test.orders,
                        "exact": test.exact and not blank,
                        "low": math.nan if blank else span.low,
                        "high": math.nan if blank else span.high,
                        "p_t": t_p(r, len(x)) if unit != "within developer" else math.nan,
                        "fisher_low": fisher[0],
                        "fisher_high": fisher[1],
                        "verdict": verdict(r, test.p, span.low, span.high),
                        "note": note or test.note or span.note or _caveat(unit, by_developer),
                    }
                )
    return _table(rows, _CORRELATIONS)


def leave_one_out(models: pd.DataFrame) -> pd.DataFrame:
    """How each correlation over the models moves when one model, or one developer with all its models, is left out.

    Least data: three models with every dimension for a correlation, and three left for the one without.

    Args:
        models: the table of :func:`panel`.

    Returns:
        One row a pair, method and who is left out: ``first``, ``second``, ``method``, ``left_out`` (model or
        developer), ``who``, ``models`` (left out with it), ``n`` (left), ``r`` (of all), ``r_without``, ``change``,
        ``turns`` (the sign changes), ``note``. Largest change first within a pair, method and kind. Where a pair has no
        correlation to begin with, it has one row a method, nobody is left out and ``note`` says why; so has a panel of
        fewer than two dimensions.
    """
    dims, whose = _dimensions(models)
    full = models[models["complete"].to_numpy(dtype=bool)] if len(models) else models
    rows: list[dict[str, Any]] = []
    for first, second in combinations(dims, 2):
        if whose[first] == "developer" and whose[second] == "model":
            first, second = second, first
        x = full[f"aligned {first}"].to_numpy(dtype=float)
        y = full[f"aligned {second}"].to_numpy(dtype=float)
        for method in METHODS:
            r = correlation(x, y, method)
            if math.isnan(r):
                reason = {
                    "n": len(x),
                    "r": r,
                    "r_without": math.nan,
                    "change": math.nan,
                    "note": why_not(x, y),
                }
                rows.append({"first": first, "second": second, "method": method, **reason})
                continue
            for column in ("model", "developer"):
                names = full[column].to_numpy(dtype=object)
                some = []
                for who in sorted(set(names)):
                    keep = names != who
                    without = correlation(x[keep], y[keep], method)
                    some.append(
                        {
                            "first": first,
                            "second": second,
                            "method": method,
                            "left_out": column,
                            "who": who,
                            "models": int(np.sum(~keep)),
                            "n": int(keep.sum()),
                            "r": r,
                            "r_without": without,
                            "change": without - r,
                            "turns": bool(without * r < 0),
                            "note": why_not(x[keep], y[keep]),
                        }
                    )
                rows += sorted(some, key=lambda s: (-abs(_zero(s["change"])), s["who"]))
    if len(dims) < 2:
        rows.append({"note": f"not estimable: {len(dims)} dimensions in the panel, 2 needed"})
    return _table(rows, _LEFT_OUT)


def attempt_curves(audit: pd.DataFrame, *, kind: str = "primary") -> pd.DataFrame:
    """Attack success against the attempts allowed, wherever one attack was measured at two budgets or more.

    A curve is one model, measure, source and kind of attempts: adaptive attempts (the attacker learns from each) and
    independent ones are never in one curve. No law is fitted: two budgets determine two parameters exactly, so nothing
    could contradict it. Beside each point stands what independent attempts could reach at most from the smallest budget
    k0 with success a0: 1 - (1 - a0)^(k / k0), which holds with equality where every target is equally hard and as an
    upper bound (Jensen) where they differ. A point above it is not of independent attempts, or not of the same targets.

    Least data: one attack at two attempt budgets.

    Args:
        audit: the survey's table ``audit``.
        kind: ``primary`` or ``any``.

    Returns:
        One row a point: ``curve`` (number), ``model``, ``developer``, ``measure``, ``source``, ``property``,
        ``conditions``, ``attempts_are``, ``attempts``, ``budgets`` (of the curve), ``success`` (share), ``n`` (items),
        ``bound`` (share; missing at the smallest budget), ``above_bound``, ``worth`` (how many independent attempts on
        equally hard targets would do the same: log(1 - a) / log(1 - a0) times k0), ``note``.

    Raises:
        ValueError: a column is missing or ``kind`` is not known.
    """
    need(audit, "audit", (*_COLUMNS, "n", "property", "conditions"))
    one_of("kind", kind, KINDS)
    rows = audit[
        audit["attempts_are"].isin(["independent", "adaptive", "pool"])
        & audit["unit"].isin(["share", "percent"])
        & (audit["higher_is"] == "worse")
        & audit["attempts"].str.fullmatch(r"\d+")
    ]
    if kind == "primary":
        rows = rows[rows["kind"] == "primary"]
    done: list[dict[str, Any]] = []
    curve = 0
    keys = ["model", "measure", "source", "attempts_are"]
    for _, some in rows.assign(k=rows["attempts"].astype("int64")).groupby(keys, sort=True):
        budgets = some.sort_values("k", kind="stable")
        if budgets["k"].nunique() < 2:
            continue
        curve += 1
        twice = budgets["k"].duplicated(keep=False).to_numpy(dtype=bool)
        shares = np.where(budgets["unit"] == "percent", budgets["value"] / 100, budgets["value"])
        k = budgets["k"].to_numpy(dtype=float)
        for at, row in enumerate(budgets.to_dict("records")):
            share, start = float(shares[at]), float(shares[0])
            first = at == 0
            bound = math.nan if first else 1 - (1 - start) ** (k[at] / k[0])
            done.append(
                {
                    "curve": curve,
                    **{
                        c: row[c]
                        for c in ("model", "developer", "measure", "source", "property", "conditions")
                    },
                    "attempts_are": row["attempts_are"],
                    "attempts": int(k[at]),
                    "budgets": len(budgets),
                    "success": share,
                    "n": row["n"],
                    "bound": bound,
                    "above_bound": bool(not first and share > bound + 5e-4),
                    "worth": _worth(share, start, k[0]),
                    "note": "several values at this budget" if twice[at] else _ends(share, start, first),
                }
            )
    table = _table(done, _CURVES)
    table["n"] = table["n"].astype("Int64")
    return table


def open_closed(
    models: pd.DataFrame,
    *,
    borderline: str = "closed",
    weights: Mapping[str, str] | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Difference between open and closed models in each dimension, and in the sum of the three.

    Dimensions are standardised over the complete models, so differences are in standard deviations of the panel. The
    sum of the standardised dimensions is there to be taken apart: its difference is the sum of the three, and ``share``
    is each one's part where all three have one sign (parts of opposite sign are no shares of a whole, and get none).

    Least data: three models with every dimension, one at least on each side, and values that vary.

    Args:
        models: the table of :func:`panel`.
        borderline: where models with borderline weights go: ``closed``, ``open`` or ``leave-out``.
        weights: model -> open or closed, overriding the table.
        draws: assignments drawn where they are too many to enumerate.
        seed: of the drawing.

    Returns:
        One row a dimension and one ``all together``: ``dimension``, ``open``, ``closed`` (models), ``difference`` (open
        less closed, in SD), ``low``, ``high`` (Welch, models taken for independent), ``p`` (permutation over models),
        ``p_error``, ``share``, ``developers_open``, ``developers_closed`` (a developer is on the side of most of its
        models, closed where they are even), ``difference_developers`` (of the developers' means, in SD of the panel),
        ``p_developers`` (permutation over developers), ``note``.

    Raises:
        ValueError: ``borderline`` is not known.
    """
    one_of("borderline", borderline, BORDERLINE)
    dims, _ = _dimensions(models)
    full, side = _sides(models, borderline, weights)
    names = [*dims, "all together"]
    scores = _standardised(full, dims)
    rows = []
    per_dimension = {d: welch(scores[d], side)[0] for d in dims}
    one_sign = len({math.copysign(1, v) for v in per_dimension.values() if v}) == 1
    total = sum(per_dimension.values())
    developers = full["developer"].to_numpy(dtype=object)
    owners = sorted(set(developers))
    owner_open = np.array([side[developers == o].mean() > 0.5 for o in owners], dtype=bool)
    for name in names:
        values = np.sum([scores[d] for d in dims], axis=0) if name == "all together" else scores[name]
        why = _too_few(side, full)
        if not why and not np.isfinite(values).all():
            why = "not estimable: nothing varies"
        if why:
            rows.append(
                {"dimension": name, "open": int(side.sum()), "closed": int((~side).sum()), "note": why}
            )
            continue
        difference, low, high = welch(values, side)
        test = difference_test(values, side, draws=draws, seed=seed)
        means = np.array([values[developers == o].mean() for o in owners])
        between = welch(means, owner_open)[0]
        over = difference_test(means, owner_open, draws=draws, seed=seed)
        share = per_dimension[name] / total if name in per_dimension and one_sign and total else math.nan
        note = test.note or over.note
        if name == "all together" and not one_sign and not note:
            note = "the dimensions differ in sign: no shares"
        rows.append(
            {
                "dimension": name,
                "open": int(side.sum()),
                "closed": int((~side).sum()),
                "difference": difference,
                "low": low,
                "high": high,
                "p": test.p,
                "p_error": test.error,
                "share": share if name in per_dimension else (1.0 if one_sign else math.nan),
                "developers_open": int(owner_open.sum()),
                "developers_closed": int((~owner_open).sum()),
                "difference_developers": between,
                "p_developers": over.p,
                "note": note,
            }
        )
    return _table(rows, _OPEN_CLOSED)


def classification_sensitivity(models: pd.DataFrame, *, borderline: str = "closed") -> pd.DataFrame:
    """How the open/closed difference moves when one model, one developer or the borderline ones are classed otherwise.

    Least data: as :func:`open_closed`; a change that empties a side has no difference.

    Args:
        models: the table of :func:`panel`.
        borderline: where models with borderline weights stand to begin with.

    Returns:
        One row a dimension (and ``all together``) and change: ``dimension``, ``changed`` (as classed, model, developer,
        or borderline), ``who``, ``to`` (open, closed, or turned round for a whole developer), ``difference`` (SD),
        ``change``, ``turns`` (the sign changes), ``note``. Largest change first within a dimension and kind. Where
        nothing can be compared, one row a dimension whose ``note`` says why.

    Raises:
        ValueError: ``borderline`` is not known.
    """
    one_of("borderline", borderline, BORDERLINE)
    dims, _ = _dimensions(models)
    full, side = _sides(models, borderline, None)
    why = _too_few(side, full)
    if why:
        return _table([{"dimension": d, "note": why} for d in (*dims, "all together")], _SENSITIVITY)
    scores = _standardised(full, dims)
    names = full["model"].to_numpy(dtype=object)
    owners = full["developer"].to_numpy(dtype=object)
    rows: list[dict[str, Any]] = []
    for dimension in (*dims, "all together"):
        values = (
            np.sum([scores[d] for d in dims], axis=0) if dimension == "all together" else scores[dimension]
        )
        if not np.isfinite(values).all():
            rows.append({"dimension": dimension, "note": "not estimable: nothing varies"})
            continue
        base = welch(values, side)[0]

        def moved(
            changed: str,
            who: str,
            to: str,
            new: NDArray[np.bool_],
            at: str = dimension,
            v: Any = values,
            b: Any = base,
        ) -> dict[str, Any]:
            now = welch(v, new)[0]
            return {
                "dimension": at,
                "changed": changed,
                "who": who,
                "to": to,
                "difference": now,
                "change": now - b,
                "turns": bool(now * b < 0),
                "note": "not estimable: one side is empty" if math.isnan(now) else "",
            }

        rows.append(moved("as classed", "", "", side))
        some = [
            moved("model", str(m), "closed" if side[i] else "open", np.where(names == m, ~side, side))
            for i, m in enumerate(names)
        ]
        rows += sorted(some, key=lambda s: (-abs(_zero(s["change"])), s["who"]))
        some = [
            moved("developer", str(o), "turned round", np.where(owners == o, ~side, side))
            for o in sorted(set(owners))
        ]
        rows += sorted(some, key=lambda s: (-abs(_zero(s["change"])), s["who"]))
        unsure = (full["weights"] == "borderline").to_numpy(dtype=bool)
        if unsure.any():
            for to in ("open", "closed"):
                rows.append(
                    moved("borderline", f"all {int(unsure.sum())}", to, np.where(unsure, to == "open", side))
                )
    return _table(rows, _SENSITIVITY)


def panel_power(
    models: pd.DataFrame, *, rhos: Sequence[float] = tuple(np.round(np.arange(0, 1, 0.05), 2))
) -> pd.DataFrame:
    """Which correlations a panel of this size can find, counted in models and counted in developers.

    Least data: four units.

    Args:
        models: the table of :func:`panel`.
        rhos: true correlations to give the power at.

    Returns:
        One row a unit and correlation: ``unit`` (model or developer), ``n``, ``rho``, ``power`` (two-sided t-test, 5%),
        ``detectable`` (correlation found with 80% power), ``note``. Below four units power is *not estimable*.
    """
    full = models[models["complete"].to_numpy(dtype=bool)] if len(models) else models
    rows = []
    for unit in ("model", "developer"):
        n = int(full[unit].nunique()) if len(full) else 0
        note = "" if n >= 4 else f"not estimable: {n} units, 4 needed"
        for rho in rhos:
            rows.append(
                {
                    "unit": unit,
                    "n": n,
                    "rho": float(rho),
                    "power": correlation_power(float(rho), n),
                    "detectable": detectable(n),
                    "note": note,
                }
            )
    return _table(rows, _POWER)


_CORRELATIONS: dict[str, str] = {
    **dict.fromkeys(("first", "second", "cases", "unit", "method", "exchanged"), "str"),
    **dict.fromkeys(("n", "independent"), "int64"),
    **dict.fromkeys(("r", "p", "p_error"), "float64"),
    "orders": "int64",
    "exact": "bool",
    **dict.fromkeys(("low", "high", "p_t", "fisher_low", "fisher_high"), "float64"),
    "verdict": "str",
    "note": "str",
}
_MEASURES: dict[str, str] = {
    **dict.fromkeys(("first", "second", "cases", "measure_first", "measure_second"), "str"),
    **dict.fromkeys(("n", "developers"), "int64"),
    **dict.fromkeys(("pearson", "spearman", "pearson_developers", "p_developers"), "float64"),
    "note": "str",
}
_LEFT_OUT: dict[str, str] = {
    **dict.fromkeys(("first", "second", "method", "left_out", "who"), "str"),
    **dict.fromkeys(("models", "n"), "int64"),
    **dict.fromkeys(("r", "r_without", "change"), "float64"),
    "turns": "bool",
    "note": "str",
}
_CURVES: dict[str, str] = {
    "curve": "int64",
    **dict.fromkeys(
        ("model", "developer", "measure", "source", "property", "conditions", "attempts_are"), "str"
    ),
    **dict.fromkeys(("attempts", "budgets"), "int64"),
    "success": "float64",
    "n": "Int64",
    "bound": "float64",
    "above_bound": "bool",
    "worth": "float64",
    "note": "str",
}
_OPEN_CLOSED: dict[str, str] = {
    "dimension": "str",
    **dict.fromkeys(("open", "closed"), "Int64"),
    **dict.fromkeys(("difference", "low", "high", "p", "p_error", "share"), "float64"),
    **dict.fromkeys(("developers_open", "developers_closed"), "Int64"),
    **dict.fromkeys(("difference_developers", "p_developers"), "float64"),
    "note": "str",
}
_SENSITIVITY: dict[str, str] = {
    **dict.fromkeys(("dimension", "changed", "who", "to"), "str"),
    **dict.fromkeys(("difference", "change"), "float64"),
    "turns": "bool",
    "note": "str",
}
_POWER: dict[str, str] = {
    "unit": "str",
    "n": "int64",
    **dict.fromkeys(("rho", "power", "detectable"), "float64"),
    "note": "str",
}


def _table(rows: list[dict[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    blank: dict[str, Any] = {"str": "", "float64": math.nan, "Int64": None, "int64": 0, "bool": False}
    return pd.DataFrame(
        {c: pd.Series([row.get(c, blank[k]) for row in rows], dtype=k) for c, k in kinds.items()},
        columns=list(kinds),
    )


def _dimensions(models: pd.DataFrame) -> tuple[list[str], dict[str, str]]:
    need(models, "models", ("model", "developer", "weights", "complete"))
    whose: dict[str, str] = models.attrs.get("belongs_to", {})
    dims = [c for c in models.columns if f"aligned {c}" in models.columns]
    return dims, {d: whose.get(d, "model") for d in dims}


def _units(
    full: pd.DataFrame, first: str, second: str, unit: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    pair = full[["developer", f"aligned {first}", f"aligned {second}"]].set_axis(
        ["developer", "x", "y"], axis=1
    )
    if unit == "developer":
        pair = pair.groupby("developer", sort=True)[["x", "y"]].mean().reset_index()
    elif unit == "within developer":
        pair = pair.assign(
            x=pair["x"] - pair.groupby("developer")["x"].transform("mean"),
            y=pair["y"] - pair.groupby("developer")["y"].transform("mean"),
        )
    return (
        pair["x"].to_numpy(dtype=float),
        pair["y"].to_numpy(dtype=float),
        pair["developer"].to_numpy(dtype=object),
    )


def _caveat(unit: str, by_developer: bool) -> str:
    if by_developer:
        return "p_t and Fisher take the models for independent"
    if unit == "model":
        return "models of one developer are taken for independent"
    return ""


def _sides(
    models: pd.DataFrame, borderline: str, weights: Mapping[str, str] | None
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    full = models[models["complete"].to_numpy(dtype=bool)] if len(models) else models
    classed = [(weights or {}).get(m, w) for m, w in zip(full["model"], full["weights"], strict=True)]
    if borderline == "leave-out":
        keep = np.array([c != "borderline" for c in classed], dtype=bool)
        full = full[keep]
        classed = [c for c in classed if c != "borderline"]
    side = np.array(
        [c == "open" or (c == "borderline" and borderline == "open") for c in classed], dtype=bool
    )
    return full.reset_index(drop=True), side


def _too_few(side: NDArray[np.bool_], full: pd.DataFrame) -> str:
    if len(full) < LEAST:
        return f"not estimable: {len(full)} complete models, {LEAST} needed"
    if side.all() or not side.any():
        return "not estimable: all models are on one side"
    return ""


def _standardised(full: pd.DataFrame, dims: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    done = {}
    for d in dims:
        values = full[f"aligned {d}"].to_numpy(dtype=float)
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        flat = len(values) == 0 or spread <= 1e-12 * max(1.0, float(np.max(np.abs(values))))
        done[d] = np.full(len(values), np.nan) if flat else (values - values.mean()) / spread
    return done


def _worth(share: float, start: float, k0: float) -> float:
    if not (0 < start < 1 and share < 1):
        return math.nan
    return k0 * math.log1p(-share) / math.log1p(-start)


def _ends(share: float, start: float, first: bool) -> str:
    if first:
        return ""
    if start == 0:
        return "no bound worth the name: no success at the smallest budget"
    if start >= 1 or share >= 1:
        return "all targets fell: nothing more to tell"
    return ""


def _zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value
