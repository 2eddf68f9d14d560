"""Paired evidence: how far a proxy's number lies from that of the property it stands for, where a paper gives both.

Least data: one row for a gap; two for a median beside its range. What papers report is selected: a pair is printed
because there is a gap. No average here estimates the gap of proxies at large, and none has an interval.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from analysis.selection import (
    GREY,
    coded_papers,
    counted,
    need,
    one_of,
    paper_codes,
)

#: Said wherever a middle of these gaps is shown.
SELECTED = "Papers print such numbers because there is a gap: no sample."
#: Differences of percentages, and of scores from 0 to 1 times 100: what can be drawn on one axis.
POINTS = "points"
#: A drop in percent of which the text does not say whether it is points or a share.
UNSAID = "percent, of what not said"
RELATIVE = "relative percent"
NOT_CODED = "not coded"
_COLUMNS = (
    "paper",
    "failure_mode",
    "n",
    "kind",
    "basis",
    "proxy",
    "latent",
    "proxy_value",
    "latent_value",
    "change",
    "latent_is",
    "unit",
    "higher_is",
    "sample",
)
_MINUS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_SUFFIX = {"k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6}


def paired_evidence(
    measurements: pd.DataFrame,
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    facet: str,
    pressure: str | None,
    papers: pd.DataFrame | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Turn reported numbers into gaps, each beside what the codings say of its paper.

    The gap is the proxy's value less the property's, turned round where a higher proxy looks worse: positive where
    the proxy flatters. Shares (percent, scores from 0 to 1) are put in percentage points, other units stay as they
    are. Of a reported range its middle is taken, and the note says so. Of a drop the gap is the size of the reported
    change, negative where the property turned out better.

    Args:
        measurements: the survey's table: rows that hold, numbers as text.
        final: the survey's table ``final``; the paper's principal optimisation pressure is taken from it.
        failure_modes: the schema's table, with ``code``, ``name`` and ``side``.
        facet: the facet of these codes.
        pressure: the facet whose principal code says what pushes on the proxy; None where there is none.
        papers: the survey's table, with ``paper`` and ``grey``; without it only coded papers can be known as grey.
        grey: ``exclude``, ``include`` or ``only``; it is the paper that is grey.
        basis: the codings that ``pressure`` and ``standing`` are taken from.

    Returns:
        One row a measurement, sorted by paper, failure mode and n: ``paper``, ``failure_mode``, ``name``, ``side``,
        ``n`` (int), ``kind``, ``basis``, ``proxy``, ``latent``, ``pressure`` (a code, or ``not coded``), ``standing``
        (``coded``: the paper carries the mode; ``mode not coded``: it is coded, without this mode; ``paper not
        coded``), ``grey``; ``family`` (what gaps may be set beside each other: ``points``, ``percent, of what not
        said``, or the unit), ``proxy_low``, ``proxy_high``, ``latent_low``, ``latent_high`` (ends of what is reported,
        equal unless a range; in points where the family is), ``gap`` (in the family's unit), ``sample``, ``higher_is``,
        ``note`` (why a gap is missing; that a range's middle stands for it).

    Raises:
        ValueError: a column is missing, an argument unknown, a key given twice, or a code or number unreadable.
    """
    need(measurements, "measurements", _COLUMNS)
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    one_of("grey", grey, GREY)
    twice = measurements.duplicated(["paper", "failure_mode", "n"])
    if twice.any():
        row = measurements[twice].iloc[0]
        raise ValueError(
            f"measurements: {row['paper']}, {row['failure_mode']}, {row['n']} stands twice; give what holds only"
        )
    known = {
        str(c): (str(n), str(s))
        for c, n, s in zip(*(failure_modes[c] for c in ("code", "name", "side")), strict=True)
    }
    for code in sorted(set(measurements["failure_mode"]) - set(known)):
        one_of("measurements: code", code, known)
    is_grey = set(final.loc[final["grey"].astype(bool), "paper"])
    if papers is not None:
        need(papers, "papers", ("paper", "grey"))
        is_grey |= set(papers.loc[papers["grey"].astype(bool), "paper"])
    rows = counted(final, grey="include", basis=basis)
    pressed = rows[(rows["facet"] == pressure) & (rows["principal"] == "yes")]
    pressing = dict(zip(pressed["paper"], pressed["code"], strict=True))
    coded = set(coded_papers(final, grey="include", basis=basis))
    modes = paper_codes(final, facet, grey="include", basis=basis)
    carried = set(zip(modes["paper"], modes["code"], strict=True))
    out = []
    for given in measurements.to_dict("records"):
        m = {str(c): str(given[c]) for c in _COLUMNS}
        paper, mode = m["paper"], m["failure_mode"]
        if (paper in is_grey) != (grey == "only") and grey != "include":
            continue
        standing = "paper not coded" if paper not in coded else "mode not coded"
        out.append(
            {
                "paper": paper,
                "failure_mode": mode,
                "name": known[mode][0],
                "side": known[mode][1],
                "n": int(m["n"]),
                **{c: m[c] for c in ("kind", "basis", "proxy", "latent")},
                "pressure": pressing.get(paper, NOT_CODED),
                "standing": "coded" if (paper, mode) in carried else standing,
                "grey": paper in is_grey,
                **_gap(m),
                "higher_is": m["higher_is"],
            }
        )
    columns = {
        **dict.fromkeys(("paper", "failure_mode", "name", "side"), "str"),
        "n": "int64",
        **dict.fromkeys(("kind", "basis", "proxy", "latent", "pressure", "standing"), "str"),
        "grey": "bool",
        "family": "str",
        **dict.fromkeys(_NUMBERS, "float64"),
        "higher_is": "str",
        "note": "str",
    }
    made = pd.DataFrame({c: pd.Series([r[c] for r in out], dtype=d) for c, d in columns.items()})
    return made.sort_values(["paper", "failure_mode", "n"], ignore_index=True)


_NUMBERS = (
    "proxy_low",
    "proxy_high",
    "latent_low",
    "latent_high",
    "gap",
    "sample",
)


def _gap(m: dict[str, str]) -> dict[str, Any]:
    """Return family, numbers, gap and note of one measurement."""
    unit, pair = m["unit"], m["kind"] == "pair"
    share = unit in ("percent", "score-0-1")
    scale = 100.0 if unit == "score-0-1" else 1.0
    proxy, latent = (_ends(m[c], scale, m) for c in ("proxy_value", "latent_value"))
    change = _ends(m["change"], scale, m)
    up = 1.0 if m["higher_is"] == "better" else -1.0
    family = POINTS if share or unit == "percentage-points" else unit.replace("relative-percent", RELATIVE)
    if not pair and unit == "percent":
        family = UNSAID
    notes = []
    gap = math.nan
    if pair:
        if unit == "mixed":
            notes.append("no gap: the two values are in different units")
        else:
            gap = up * (_middle(proxy) - _middle(latent))
    elif m["latent_is"] == "neither":
        notes.append("no gap: neither side is the better")
    else:
        towards = 1.0 if m["latent_is"] == "worse" else -1.0
        gap = towards * abs(_middle(change))
    if any(low != high for low, high in (proxy, latent, change) if not math.isnan(low)):
        notes.append("middle of a reported range")
    return {
        "family": family,
        "proxy_low": proxy[0],
        "proxy_high": proxy[1],
        "latent_low": latent[0],
        "latent_high": latent[1],
        "gap": gap,
        "sample": _sample(m["sample"]),
        "note": "; ".join(notes),
    }


def paired_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Middles and ranges of gaps, over all papers and by proxy, failure mode and optimisation pressure.

    Gaps are set beside each other only within one family of units and one kind of row. Medians and ranges are of the
    rows on record and of nothing beyond them.

    Args:
        rows: :func:`paired_evidence`'s table.

    Returns:
        One row a group, kind and family, ``by`` (all, proxy, failure_mode, pressure), ``group``, ``kind``, ``family``;
        ``rows``, ``papers``, ``flattering`` (rows with a gap above 0), ``median``, ``lowest``, ``highest`` (of the
        rows), ``median_of_papers`` (of every paper's median). Most rows first within ``by``.

    Raises:
        ValueError: a column is missing.
    """
    need(rows, "rows", ("paper", "kind", "family", "gap", "proxy", "failure_mode", "pressure"))
    out: list[dict[str, Any]] = []
    for by in ("all", "proxy", "failure_mode", "pressure"):
        groups = pd.Series("", index=rows.index, dtype="str") if by == "all" else rows[by]
        some = []
        for at, mine in rows.groupby([groups.rename("group"), rows["kind"], rows["family"]], sort=True):
            group, kind, family = (str(part) for part in at)
            some.append({"by": by, "group": group, "kind": kind, "family": family, **_middles(mine)})
        out += sorted(some, key=lambda s: (-s["rows"], s["group"], s["kind"], s["family"]))
    columns = {
        **dict.fromkeys(("by", "group", "kind", "family"), "str"),
        **dict.fromkeys(("rows", "papers", "flattering"), "int64"),
        **dict.fromkeys(("median", "lowest", "highest", "median_of_papers"), "float64"),
    }
    return pd.DataFrame({c: pd.Series([r[c] for r in out], dtype=d) for c, d in columns.items()})


def _middles(rows: pd.DataFrame) -> dict[str, Any]:
    there = rows[rows["gap"].notna()]
    gaps = there["gap"].to_numpy(dtype=float)
    each = there.groupby("paper")["gap"].median().to_numpy(dtype=float)
    return {
        "rows": len(rows),
        "papers": rows["paper"].nunique(),
        "flattering": int((gaps > 0).sum()),
        "median": float(np.median(gaps)) if len(gaps) else math.nan,
        "lowest": float(gaps.min()) if len(gaps) else math.nan,
        "highest": float(gaps.max()) if len(gaps) else math.nan,
        "median_of_papers": float(np.median(each)) if len(each) else math.nan,
    }


def _ends(text: str, scale: float, m: dict[str, str]) -> tuple[float, float]:
    """Return both ends of a number or range, times a scale; nan where the cell is empty."""
    if not text:
        return (math.nan, math.nan)
    try:
        # To twelve digits: 0.29 times 100 is 29, not 28.999999999999996.
        ends = [
            round(float(part.translate(_MINUS).replace(",", "")) * scale, 12) for part in text.split(" to ")
        ]
    except ValueError:
        raise ValueError(
            f"measurements: {m['paper']}, {m['failure_mode']}, {m['n']}: {text!r} is no number"
        ) from None
    return (ends[0], ends[-1])


def _middle(ends: tuple[float, float]) -> float:
    return (ends[0] + ends[1]) / 2


def _sample(text: str) -> float:
    found = re.fullmatch(r"([\d,]+(?:\.\d+)?)([kKmM]?)", text)
    return float(found[1].replace(",", "")) * _SUFFIX.get(found[2], 1.0) if found else math.nan
