"""Tables as plain values, column by column: small to send, and the same for the same data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

Plain = dict[str, Any]


def table(columns: Mapping[str, Iterable[Any]]) -> Plain:
    """Return a table column by column; a column that repeats itself as its distinct values and where they stand.

    Missing values become None, numbers keep six significant digits, tuples become lists.
    """
    packed: Plain = {}
    length = 0
    for name, column in columns.items():
        values = [_value(v) for v in column]
        length = len(values)
        plain = all(isinstance(v, (str, type(None))) for v in values)
        distinct = sorted({v for v in values if isinstance(v, str)}) if plain else []
        if plain and len(distinct) * 2 <= length:
            at = {v: n for n, v in enumerate(distinct)}
            packed[name] = {"of": distinct, "at": [at.get(v, -1) for v in values]}
        else:
            packed[name] = {"all": values}
    return {"n": length, "columns": packed}


def plain(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> Plain:
    """Return a frame, or some of its columns, as :func:`table` does."""
    return table({c: frame[c] for c in (columns or list(frame.columns))})


def _value(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return list(value)
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    return rounded(float(value))


def rounded(value: float, digits: int = 6) -> float | int | None:
    """Round to significant digits; a whole number loses its point."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short == int(short) else short
