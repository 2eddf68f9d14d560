"""A panel of models: measured values that go together or not, and what attempts do to an attack's success.

A panel has measures of several dimensions, which are never averaged. Values whose primary source was not opened are
left out. Models of one developer are alike and a score may
belong to the developer: every test and interval takes developers, not models, for independent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd

from analysis.audit.clustered import LEAST, association, between_share
from analysis.selection import need, one_of, tuples

#: The name under which weights stand beside the dimensions: 1 where they are open.
OPEN = "open weights"

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


def panel(audit: pd.DataFrame, measures: Mapping[str, str]) -> pd.DataFrame:
    """Models by dimension on one measure each, holes kept.

    A dimension is one measure, so that all its values are comparable; unlike measures are never averaged, and neither
    are several values of one measure for one model: such a cell is empty, and ``note`` says why.

    Least data: none; a cell without exactly one value is empty.

    Args:
        audit: the survey's table ``audit``.
        measures: dimension -> the one measure that stands for it.

    Returns:
        One row a model that has a value in at least one of the measures, by developer and model: ``model``,
        ``developer``, ``weights``; a column a dimension, as published (missing where there is no value); a column
        ``aligned <dimension>``, turned where lower is better, so that more is better throughout; ``missing`` (tuple of
        dimensions without a value), ``complete``, ``note``. ``attrs["belongs_to"]`` says per dimension whose the value
        is, the model's or the developer's; ``attrs["measures"]`` which measure it is.

    Raises:
        ValueError: a column is missing, or a measure is not in the panel or of another dimension.
    """
    need(audit, "audit", _COLUMNS)
    rows = audit[(audit["kind"] == "primary").to_numpy(dtype=bool)]
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


def most_complete(audit: pd.DataFrame) -> dict[str, str]:
    """Return the measures, one a dimension, that most models have all of; ties by the measures' names.

    Least data: none; without a measure of any dimension nothing is chosen.

    Args:
        audit: the survey's table ``audit``.

    Returns:
        Dimension -> measure, dimensions in the order in which the panel first has them.
    """
    need(audit, "audit", _COLUMNS)
    rows = audit[(audit["kind"] == "primary").to_numpy(dtype=bool)]
    holders: dict[str, dict[str, frozenset[str]]] = {}
    for (dimension, measure), some in rows.groupby(["dimension", "measure"], sort=True):
        holders.setdefault(str(dimension), {})[str(measure)] = frozenset(some["model"])
    dims = [str(d) for d in dict.fromkeys(rows["dimension"])]
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


def correlations(audit: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Every two measures of different dimensions, and open weights against every measure: do they go together?

    Which measure stands for a dimension decides what is found, so all that enough developers share are gone through,
    and the number of looks goes into ``p_holm``. A measure that has several values of a model is left out for it.

    Least data: three models with both values; ``analysis.audit.clustered.LEAST`` developers that share both measures,
    else the pair is not looked at.

    Args:
        audit: the survey's table ``audit``.
        seed: of the signs of the bootstrap, where there are too many to go through.

    Returns:
        One row a look: ``first``, ``second`` (dimensions; ``open weights`` is 1 for open, 0 for closed),
        ``first_measure``, ``second_measure``, ``models``, ``developers``, ``r`` (Pearson, both turned so that more is
        better), ``low``, ``high`` (95%), ``p`` (wild cluster bootstrap by developer), ``p_holm`` (Holm's, for all
        looks), ``between_first``, ``between_second`` (share of the variance between developers), ``left_out`` (the
        developer without which r moves most), ``r_without``, ``verdict`` (``goes together``, ``goes against``:
        ``p_holm`` up to .05; else ``not shown``), ``note``. Rows in the order of the dimensions, then by measure.

    Raises:
        ValueError: a column is missing.
    """
    need(audit, "audit", _COLUMNS)
    rows = audit[(audit["kind"] == "primary").to_numpy(dtype=bool)]
    rows = rows[~rows.duplicated(["model", "measure"], keep=False)]
    signs = np.where(rows["higher_is"] == "worse", -1.0, 1.0)
    wide = rows.assign(value=rows["value"] * signs).pivot(index="model", columns="measure", values="value")
    facts = rows.drop_duplicates("model").set_index("model").loc[wide.index]
    wide[OPEN] = facts["weights"].map({"open": 1.0, "closed": 0.0})
    of = {OPEN: OPEN, **dict(zip(rows["measure"], rows["dimension"], strict=True))}
    dims = [OPEN, *dict.fromkeys(rows["dimension"])]
    found = []
    for first, second in combinations(dims, 2):
        mine = ([m for m in sorted(of) if of[m] == d] for d in (first, second))
        for a, b in product(*mine):
            held = wide[[a, b]].dropna()
            owners = facts.loc[held.index, "developer"].to_numpy(dtype=object)
            if len(set(owners)) >= LEAST:
                x, y = held[a].to_numpy(dtype=float), held[b].to_numpy(dtype=float)
                found.append(
                    {
                        "first": first,
                        "second": second,
                        "first_measure": a,
                        "second_measure": b,
                        **_look(x, y, owners, seed),
                    }
                )
    for row, p in zip(found, _holm([row["p"] for row in found]), strict=True):
        way = "goes together" if row["r"] > 0 else "goes against"
        row |= {"p_holm": p, "verdict": row["note"] or (way if p <= 0.05 else "not shown")}
    return _table(found, _CORRELATIONS)


def _look(x: Any, y: Any, owners: Any, seed: int) -> dict[str, Any]:
    made = association(x, y, owners, seed=seed)
    moved = {who: _r(x[owners != who], y[owners != who]) - made.r for who in sorted(set(owners))}
    known = {who: by for who, by in moved.items() if not math.isnan(by)}
    who = max(known, key=lambda w: (abs(known[w]), w)) if known else ""
    return {
        "models": made.units,
        "developers": made.groups,
        "r": made.r,
        "low": made.low,
        "high": made.high,
        "p": made.p,
        "between_first": between_share(x, owners),
        "between_second": between_share(y, owners),
        "left_out": who,
        "r_without": made.r + known[who] if who else math.nan,
        "note": made.note,
    }


def _r(x: Any, y: Any) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0 else math.nan


def _holm(ps: list[float]) -> list[float]:
    """Holm's adjusted p (1979, Scandinavian Journal of Statistics 6) of all that have one."""
    known = sorted((p, k) for k, p in enumerate(ps) if not math.isnan(p))
    done, least = [math.nan] * len(ps), 0.0
    for place, (p, k) in enumerate(known):
        least = max(least, min(1.0, (len(known) - place) * p))
        done[k] = least
    return done


def attempt_curves(audit: pd.DataFrame) -> pd.DataFrame:
    """Attack success against the attempts allowed, wherever one attack was measured at two budgets or more.

    A curve is one model, measure, source and kind of attempts: adaptive attempts (the attacker learns from each) and
    independent ones are never in one curve. No law is fitted: two budgets determine two parameters exactly, so nothing
    could contradict it. Beside each point stands what independent attempts could reach at most from the smallest budget
    k0 with success a0: 1 - (1 - a0)^(k / k0), which holds with equality where every target is equally hard and as an
    upper bound (Jensen) where they differ. A point above it is not of independent attempts, or not of the same targets.

    Least data: one attack at two attempt budgets.

    Args:
        audit: the survey's table ``audit``.

    Returns:
        One row a point: ``curve`` (number), ``model``, ``developer``, ``measure``, ``source``, ``property``,
        ``conditions``, ``attempts_are``, ``attempts``, ``budgets`` (of the curve), ``success`` (share), ``n`` (items),
        ``bound`` (share; missing at the smallest budget), ``above_bound``, ``worth`` (how many independent attempts on
        equally hard targets would do the same: log(1 - a) / log(1 - a0) times k0), ``note``.

    Raises:
        ValueError: a column is missing.
    """
    need(audit, "audit", (*_COLUMNS, "n", "property", "conditions"))
    rows = audit[
        audit["attempts_are"].isin(["independent", "adaptive", "pool"])
        & audit["unit"].isin(["share", "percent"])
        & (audit["higher_is"] == "worse")
        & (audit["kind"] == "primary")
        & audit["attempts"].str.fullmatch(r"\d+")
    ]
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


_CORRELATIONS: dict[str, str] = {
    **dict.fromkeys(("first", "second", "first_measure", "second_measure"), "str"),
    **dict.fromkeys(("models", "developers"), "int64"),
    **dict.fromkeys(("r", "low", "high", "p", "p_holm", "between_first", "between_second"), "float64"),
    "left_out": "str",
    "r_without": "float64",
    **dict.fromkeys(("verdict", "note"), "str"),
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


def _table(rows: list[dict[str, Any]], kinds: Mapping[str, str]) -> pd.DataFrame:
    blank: dict[str, Any] = {"str": "", "float64": math.nan, "Int64": None, "int64": 0, "bool": False}
    return pd.DataFrame(
        {c: pd.Series([row.get(c, blank[k]) for row in rows], dtype=k) for c, k in kinds.items()},
        columns=list(kinds),
    )


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
