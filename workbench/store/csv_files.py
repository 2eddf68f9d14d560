"""A table as a CSV file, and the metadata beside it (CSV on the Web, W3C 2015)."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd


def csv_metadata(name: str, table: pd.DataFrame, title: str, stamp: str) -> str:
    """Return the metadata of a CSV file (CSV on the Web): what it is of, its columns, and the stamp of its data."""
    said = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": f"{name}.csv",
        "dc:title": title,
        "dc:source": stamp,
        "dialect": {"header": True, "encoding": "utf-8"},
        "tableSchema": {
            "columns": [
                {"name": str(c), "datatype": _datatype(table[c]), **_separator(table[c])}
                for c in table.columns
            ]
        },
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _datatype(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(column) else "string"


def _separator(column: pd.Series[Any]) -> dict[str, str]:
    return {"separator": ";"} if any(isinstance(value, tuple) for value in column) else {}


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV: tuples joined by semicolons, missing cells empty, numbers to six digits.

    Six digits are more than any number here is worth, and fewer than those in which processors differ.
    """
    flat = table.copy(deep=False)
    for column in table.columns:
        if any(isinstance(value, tuple) for value in table[column]):
            flat[column] = [";".join(value) for value in table[column]]
    return str(flat.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
