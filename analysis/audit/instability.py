"""Instability decomposition: where one property of one model was measured several times, whose doing is the spread?

The construct is named by the seed survey (arXiv 2606.30219); its definition is not at hand, so this is our own
operational reading of it, and is to be called ours. It is a generalisability study (Cronbach, Gleser, Nanda &
Rajaratnam 1972; Brennan 2001, chapters 3 and 5): a measured value is the sum of what the model is, what each condition
of the measurement adds (protocol, attack, judge, attempt budget, date), how differently models react to a condition
(their interaction: it is what makes rankings change), and a rest. Each has a variance, estimated by restricted maximum
likelihood (Patterson & Thompson 1971; Searle, Casella & McCulloch 1992, 6.6). What always changes together cannot be
told apart and is *not estimable*.

Conditions are treated as drawn from the conditions one might have chosen. Two judges are then a sample of two: the
intervals are as wide as that deserves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.audit.variances import Term, fit, intervals, is_balanced
from analysis.selection import need

#: Fewest values that are taken apart at all.
LEAST = 4
RESIDUAL = "residual"
#: A share of the variance whose interval is wider than this is not estimable.
WIDEST = 0.5

Floats = NDArray[np.float64]

_COLUMNS: dict[str, str] = {
    "component": "str",
    "kind": "str",
    "levels": "int64",
    "variance": "float64",
    "sd": "float64",
    "sd_low": "float64",
    "sd_high": "float64",
    "share": "float64",
    "share_low": "float64",
    "share_high": "float64",
    "values": "int64",
    "method": "str",
    "note": "str",
}


def instability(
    table: pd.DataFrame,
    *,
    unit: str,
    facets: Sequence[str],
    interactions: bool = True,
    bounds: tuple[float, float] | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> pd.DataFrame:
    """Variance components of repeated measurements.

    Point estimates are REML under normality, none below zero. Intervals of standard deviations are generalised
    confidence intervals (Weerahandi 1993, JASA 88; for such designs Burdick, Borror & Montgomery 2005, chapter 2): each
    sequential mean square over a draw from its chi-square. In a balanced design the mean squares are independent
    chi-squares, otherwise it is an approximation. Intervals of shares are the wider of the generalised one and a
    parametric bootstrap of the mean squares. ``docs/simulations/instability.md`` says what they hold.

    Least data: four values, two objects measured more than once, and values that vary; for a component two levels and
    a design that tells it apart from the others and leaves something for the residual.

    Args:
        table: one row a value: the columns ``unit``, ``value`` and each of ``facets``. Units with one value are left
            out: they say nothing of instability and would bring in the difference between those who were measured
            once and those who were measured often.
        unit: column of what is measured (the object of measurement): the model.
        facets: columns of the conditions.
        interactions: also take the unit's interaction with each facet apart, where the design lets it.
        bounds: least and largest value there can be; a standard deviation above half their distance is impossible, and
            intervals are cut there.
        draws: draws behind the intervals.
        seed: of the drawing.

    Returns:
        One row a component, unit first, then facets, interactions and ``residual`` (what no named component explains,
        interactions among facets included): ``component``, ``kind`` (unit, facet, interaction, residual), ``levels``,
        ``variance``, ``sd`` with ``sd_low`` and ``sd_high`` (95%), ``share`` of the total variance of a single value
        with its interval, ``values`` (used), ``method``, ``note``. A component that the design does not tell apart has
        no numbers and the reason in ``note``: *not estimable: ...*.

    Raises:
        ValueError: a column is missing, or a facet is named twice or is the unit.
    """
    names = [unit, *facets]
    if len(set(names)) < len(names):
        raise ValueError(f"unit and facets must differ: {', '.join(names)}")
    need(table, "table", ["value", *names])
    rows = table[["value", *names]].dropna()
    rows = rows[np.isfinite(rows["value"].to_numpy(dtype=float))]
    if len(rows):
        rows = rows[rows.groupby(unit)[unit].transform("size") > 1]
    y = rows["value"].to_numpy(dtype=float)
    factors = {name: _codes(rows[name]) for name in names}
    why = _hopeless(y, factors[unit])
    if why:
        lost = [Term(n, "unit" if n == unit else "facet", factors[n]) for n in names]
        return _frame(
            [_row(t, len(y), note=why) for t in [*lost, Term(RESIDUAL, RESIDUAL, np.arange(len(y)))]]
        )
    terms, notes = _estimable(y, unit, facets, factors, interactions)
    kept = [t for t in terms if not notes.get(t.name)]
    variances, how = fit(y, kept)
    balanced = is_balanced(kept, len(y))
    ends = intervals(y, kept, variances, draws, seed)
    total = float(variances.sum())
    most = math.inf if bounds is None else (bounds[1] - bounds[0]) / 2
    cut = bool(np.any(np.sqrt(ends["variance"][:, 1]) > most)) if ends is not None else False
    method = f"{how}; intervals {'for a balanced design' if balanced else 'approximate (unbalanced)'}"
    place = {t.name: i for i, t in enumerate([*kept, Term(RESIDUAL, RESIDUAL, np.arange(len(y)))])}
    done = []
    for term in [*terms, Term(RESIDUAL, RESIDUAL, np.arange(len(y)))]:
        if notes.get(term.name):
            done.append(_row(term, len(y), note=notes[term.name]))
            continue
        i = place[term.name]
        said = []
        if term.levels == 2 and term.kind != RESIDUAL:
            said.append("two levels: one degree of freedom")
        elif term.kind in ("unit", "facet") and term.levels < 5:
            said.append(f"{term.levels} levels only")
        if variances[i] == 0:
            said.append("estimated at the boundary, 0")
        span = ends["variance"][i] if ends is not None else np.full(2, np.nan)
        part = ends["share"][i] if ends is not None else np.full(2, np.nan)
        if ends is None:
            said.append("no interval: too few degrees of freedom")
        elif ends["variance"][i, 1] <= 0:
            said.append("no interval: values of one object differ more than values of different ones")
            span = part = np.full(2, np.nan)
        elif cut and math.sqrt(ends["variance"][i, 1]) > most:
            said.append("interval cut at what such values can have")
        done.append(
            _row(
                term,
                len(y),
                variance=float(variances[i]),
                sd=math.sqrt(variances[i]),
                sd_low=min(math.sqrt(span[0]), most),
                sd_high=min(math.sqrt(span[1]), most),
                share=float(variances[i]) / total if total > 0 else math.nan,
                share_low=float(part[0]),
                share_high=float(part[1]),
                method=method,
                note="; ".join(said),
            )
        )
    return _frame(done)


def from_panel(audit: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Repeated measurements in the model panel, a table a property; values whose primary source was opened only.

    Shares come as per cent, so that all values of a property are on one scale. A value that is the developer's counts
    once for each developer. Facets are the named conditions, the attempt budget, who reported, and the date of the
    source.

    Least data: one value of a property.

    Args:
        audit: the survey's table ``audit``.

    Returns:
        Property -> one row a value: ``object`` (model or developer), ``value``, and a column a facet; ``attrs`` has
        ``unit`` (model or developer), ``facets`` and ``bounds``. Properties of which no object has two values are among
        them: :func:`instability` says so of them.
    """
    need(
        audit,
        "audit",
        ("model", "developer", "value", "unit", "belongs_to", "kind", "property", "conditions", "attempts"),
    )
    rows = audit[((audit["property"] != "") & (audit["kind"] == "primary")).to_numpy(dtype=bool)]
    done = {}
    for name, some in rows.groupby("property", sort=True):
        of_developer = bool((some["belongs_to"] == "developer").all())
        named = [_conditions(text) for text in some["conditions"]]
        facets = list(dict.fromkeys(k for each in named for k in each))
        table = pd.DataFrame({"object": list(some["developer" if of_developer else "model"])})
        scale = np.where(some["unit"] == "share", 100.0, 1.0)
        table["value"] = some["value"].to_numpy(dtype=float) * scale
        for facet in facets:
            table[facet] = [each.get(facet) for each in named]
        for facet, column in (
            ("attempts", "attempts"),
            ("reported by", "reported_by"),
            ("date", "source_date"),
        ):
            if column in some and some[column].nunique() > 1:
                table[facet] = [text or "not stated" for text in some[column]]
                facets.append(facet)
        if of_developer:
            table = table.drop_duplicates(ignore_index=True)
        bounds = (0.0, 100.0) if set(some["unit"]) <= {"share", "percent", "index"} else None
        table.attrs = {"unit": "developer" if of_developer else "model", "facets": facets, "bounds": bounds}
        done[str(name)] = table
    return done


def decompose(tables: Mapping[str, pd.DataFrame], *, draws: int = 9_999) -> pd.DataFrame:
    """:func:`instability` of several properties, one under the other.

    Least data: as :func:`instability`, for each property.

    Args:
        tables: what :func:`from_panel` gave.
        draws: as in :func:`instability`.

    Returns:
        The rows of :func:`instability`, shares with an interval wider than ``WIDEST`` left out, with the columns
        ``property``, ``unit`` and ``objects`` (objects measured more than once) before them.
    """
    parts = []
    for name, table in tables.items():
        part = instability(
            table,
            unit="object",
            facets=table.attrs["facets"],
            bounds=table.attrs["bounds"],
            draws=draws,
        )
        vague = (part["share_high"] - part["share_low"] > WIDEST).to_numpy(dtype=bool)
        part.loc[vague, ["share", "share_low", "share_high"]] = math.nan
        why = f"share not estimable: its interval is wider than {WIDEST:g}"
        part.loc[vague, "note"] = [f"{said}; {why}" if said else why for said in part.loc[vague, "note"]]
        unit = str(table.attrs["unit"])
        for column in ("component", "note"):
            part[column] = part[column].str.replace(r"\bobject\b", unit, regex=True)
        part.insert(0, "property", pd.Series([name] * len(part), dtype="str"))
        part.insert(1, "unit", pd.Series([unit] * len(part), dtype="str"))
        repeated = int((table.groupby("object").size() > 1).sum()) if len(table) else 0
        part.insert(2, "objects", repeated)
        parts.append(part)
    if parts:
        return pd.concat(parts, ignore_index=True)
    kinds = {"property": "str", "unit": "str", "objects": "int64", **_COLUMNS}
    return pd.DataFrame({c: pd.Series([], dtype=k) for c, k in kinds.items()})


def _estimable(
    y: Floats,
    unit: str,
    facets: Sequence[str],
    factors: Mapping[str, NDArray[np.int64]],
    interactions: bool,
) -> tuple[list[Term], dict[str, str]]:
    """Terms of the model and why some of them cannot be told apart."""
    terms = [Term(unit, "unit", factors[unit])]
    notes: dict[str, str] = {}
    kept: list[Term] = [terms[0]]
    for facet in facets:
        term = Term(facet, "facet", factors[facet])
        terms.append(term)
        notes[facet] = _confounded(term, kept, unit, len(y))
        if not notes[facet]:
            kept.append(term)
    if interactions:
        for term in [t for t in kept if t.kind == "facet"]:
            pairs = pd.Series(list(zip(factors[unit].tolist(), term.labels.tolist(), strict=True)))
            both = Term(f"{unit} x {term.name}", "interaction", _codes(pairs))
            terms.append(both)
            notes[both.name] = _confounded(both, kept, unit, len(y))
            if not notes[both.name]:
                kept.append(both)
    return terms, notes


def _confounded(term: Term, before: Sequence[Term], unit: str, n: int) -> str:
    """Why a term cannot be told apart from the ones before it and the residual; empty where it can."""
    if term.levels < 2:
        return "not estimable: one level only"
    if term.levels == n:
        if term.kind == "interaction":
            return "not estimable: every combination was measured once, so it is part of the residual"
        return "not estimable: no level was measured twice, so it is part of the residual"
    for other in before:
        if _same_partition(term.labels, other.labels):
            return f"not estimable: it always changes together with {other.name}"
    if term.kind == "facet":
        units = before[0].labels
        crossing = pd.Series(term.labels).groupby(units).nunique()
        if not (crossing > 1).any():
            return f"not estimable: no {unit} was measured under two of its levels"
    grams = [_gram(t.labels) for t in [*before, term]]
    grams.append(_gram(np.arange(n)))
    flat = np.array([g / np.linalg.norm(g) for g in grams])
    if np.linalg.matrix_rank(flat @ flat.T, tol=1e-9) < len(flat):
        others = ", ".join(t.name for t in before)
        return f"not estimable: the design does not tell it apart from {others} and the residual"
    # A term that adds no direction of its own has no mean square of its own.
    base = np.hstack([np.ones((n, 1)), *[np.eye(t.levels)[t.labels] for t in before]])
    more = np.hstack([base, np.eye(term.levels)[term.labels]])
    if np.linalg.matrix_rank(more) == np.linalg.matrix_rank(base):
        others = ", ".join(t.name for t in before) if len(before) < 4 else "the other sources together"
        return f"not estimable: it is determined by {others}"
    if np.linalg.matrix_rank(more) == n:
        return "not estimable: nothing would be left for the residual"
    return ""


def _gram(labels: NDArray[np.int64]) -> Floats:
    """The covariance a factor with variance 1 gives to the values' deviations from their mean, as one vector."""
    same = (labels[:, None] == labels[None, :]).astype(float)
    centred = same - same.mean(axis=0) - same.mean(axis=1)[:, None] + same.mean()
    done: Floats = centred.ravel()
    return done


def _same_partition(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a.tolist())) == len(set(b.tolist()))


def _hopeless(y: Floats, units: NDArray[np.int64]) -> str:
    if len(y) == 0:
        return "not estimable: nothing was measured twice"
    if len(set(units.tolist())) < 2:
        return "not estimable: only one object was measured more than once"
    if len(y) < LEAST:
        return f"not estimable: {len(y)} values, {LEAST} needed"
    if float(np.ptp(y)) <= 1e-12 * max(1.0, float(np.max(np.abs(y)))):
        return "not estimable: nothing varies"
    return ""


def _codes(values: pd.Series[Any]) -> NDArray[np.int64]:
    # Sorted as text, so that the order of the rows does not matter.
    names = sorted(set(values), key=str)
    at = {name: i for i, name in enumerate(names)}
    return np.array([at[v] for v in values], dtype=np.int64)


def _conditions(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {name: value for name, _, value in pairs}


def _row(term: Term, n: int, *, note: str, **numbers: Any) -> dict[str, Any]:
    blank = dict.fromkeys(
        ("variance", "sd", "sd_low", "sd_high", "share", "share_low", "share_high"), math.nan
    )
    levels = n if term.kind == RESIDUAL else term.levels
    head = {"component": term.name, "kind": term.kind, "levels": levels, "values": n, "method": ""}
    return {**head, **blank, **numbers, "note": note}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([r[c] for r in rows], dtype=k) for c, k in _COLUMNS.items()})
