"""Instability: where one property of one model was measured several times, what moves the number, and how far?

The construct is named by the seed survey (arXiv 2606.30219); its definition is not at hand, so this is our own
operational reading of it, and is to be called ours. Two values are held side by side when one thing alone differs
between them: one condition of the measurement (protocol, attack, judge, attempt budget, date) of the same model, or
the model under the very same conditions. The first says what the way of measuring does, the second what the models do.

It describes the panel and nothing beyond it, and has no interval: a decomposition into variance components leaves
almost nothing but shares near 0, all others having intervals wider than half, because conditions were seldom changed
one at a time, and on few models.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.selection import need

#: What is said where two values of one model differ in nothing that is on record.
UNNAMED = "nothing on record"

_COLUMNS = {
    "property": "str",
    "unit": "str",
    "changed": "str",
    "objects": "int64",
    "pairs": "int64",
    "median": "float64",
    "largest": "float64",
    "note": "str",
}


def from_panel(audit: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Repeated measurements in the model panel, a table a property; values whose primary source was opened only.

    Shares come as per cent, so that all values of a property are on one scale. A value that is the developer's counts
    once for each developer. Facets are the named conditions, the attempt budget, who reported, and the date of the
    source.

    Least data: one value of a property.

    Args:
        audit: the survey's table ``audit``.

    Returns:
        Property -> one row a value: ``object`` (model or developer), ``value``, and a column a facet, empty where it is
        not stated; ``attrs`` has ``unit`` (model or developer) and ``facets``.
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
            table[facet] = [each.get(facet, "") for each in named]
        for facet, column in (
            ("attempts", "attempts"),
            ("reported by", "reported_by"),
            ("date", "source_date"),
        ):
            if column in some and some[column].nunique() > 1:
                table[facet] = list(some[column])
                facets.append(facet)
        if of_developer:
            table = table.drop_duplicates(ignore_index=True)
        table.attrs = {"unit": "developer" if of_developer else "model", "facets": facets}
        done[str(name)] = table
    return done


def instability(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Say of every property what moves its value when it alone changes.

    Least data: two values of one property that differ in one thing alone.

    Args:
        tables: what :func:`from_panel` gave.

    Returns:
        One row a property and thing that may change (the model or developer first, then its conditions, last those
        pairs that differ in nothing on record, where there are any): ``property``, ``unit``, ``changed``, ``objects``
        (with a value in such a pair), ``pairs``, ``median`` and ``largest`` (absolute difference of a pair, in the
        property's unit; missing without a pair), ``note``.
    """
    rows = []
    for name, table in tables.items():
        unit, facets = str(table.attrs["unit"]), list(table.attrs["facets"])
        found: dict[str, list[tuple[float, set[str]]]] = {what: [] for what in (unit, *facets, UNNAMED)}
        for one, other in combinations(table.to_dict("records"), 2):
            differ = [what for what in ("object", *facets) if one[what] != other[what]]
            if len(differ) < 2:
                what = UNNAMED if not differ else unit if differ == ["object"] else differ[0]
                objects = {str(one["object"]), str(other["object"])}
                found[what].append((abs(float(one["value"] - other["value"])), objects))
        for what, pairs in found.items():
            if what == UNNAMED and not pairs:
                continue
            apart = [difference for difference, _ in pairs]
            rows.append(
                {
                    "property": name,
                    "unit": unit,
                    "changed": what,
                    "objects": len(set().union(*(objects for _, objects in pairs))),
                    "pairs": len(pairs),
                    "median": float(np.median(apart)) if apart else np.nan,
                    "largest": max(apart, default=np.nan),
                    "note": "" if apart else "never changed alone",
                }
            )
    return pd.DataFrame({c: pd.Series([r[c] for r in rows], dtype=k) for c, k in _COLUMNS.items()})


def _conditions(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {name: value for name, _, value in pairs}
