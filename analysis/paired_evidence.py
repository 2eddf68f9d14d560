"""Paired evidence: how far a proxy's number lies from that of the property it stands for, where a paper gives both.

Least data: one row for a gap; two for a median beside its range; five papers with both values as shares and their
sample for a random-effects summary. What papers report is selected: a pair is printed because there is a gap. No
average here estimates the gap of proxies at large.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from analysis.selection import (
    FAILURE_MODE,
    GREY,
    coded_papers,
    counted,
    need,
    one_of,
    paper_codes,
)

#: Said wherever a middle of these gaps is shown.
SELECTED = (
    "Papers report such numbers because there is a gap: these are gaps that were found worth printing, and neither "
    "their middle nor their mean is that of proxies at large."
)
#: What a random-effects summary takes for granted.
ASSUMED = (
    "Both values are taken as shares of the sample's items and as independent of each other. On the same items they "
    "mostly go together; the variation between papers is then understated, and the prediction interval too narrow "
    "where that variation is small. Rows of one paper enter as one mean, as if wholly dependent."
)
#: Differences of percentages, and of scores from 0 to 1 times 100: what can be drawn on one axis.
POINTS = "points"
#: A drop in percent of which the text does not say whether it is points or a share.
UNSAID = "percent, of what not said"
RELATIVE = "relative percent"
NOT_CODED = "not coded"
#: Units with a zero that means nothing is there, so that ratios mean something.
_RATIO_SCALES = ("percent", "count", "ratio")
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

Method = Literal["pm", "dl"]


@dataclass(frozen=True)
class RandomEffects:
    """A random-effects summary; every number is nan where ``note`` says why it cannot be given.

    Attributes:
        k: number of independent effects.
        estimate: mean of the distribution of effects.
        se: its standard error, after Hartung and Knapp.
        low, high: its confidence interval.
        tau2: variance of the effects between papers.
        i2: share of the variation that is not sampling, 0 to 1.
        q: Cochran's Q.
        predicted_low, predicted_high: interval for the effect of one further paper.
        note: empty, or why there is no summary or no prediction.
    """

    k: int
    estimate: float = math.nan
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    tau2: float = math.nan
    i2: float = math.nan
    q: float = math.nan
    predicted_low: float = math.nan
    predicted_high: float = math.nan
    note: str = ""


def random_effects(
    effects: ArrayLike, variances: ArrayLike, *, method: Method = "pm", confidence: float = 0.95
) -> RandomEffects:
    """Summarise independent effects under the random-effects model.

    The between-effect variance is that of Paule and Mandel (1982; DerSimonian & Kacker 2007, Contemporary Clinical
    Trials 28, 105-114) or of DerSimonian and Laird (1986, Controlled Clinical Trials 7, 177-188), not below zero. The
    interval of the mean is that of Hartung and Knapp (2001, Statistics in Medicine 20, 3875-3889) with k - 1 degrees
    of freedom, its factor not below one (Knapp & Hartung 2003, Statistics in Medicine 22, 2693-2710; Roever, Knapp &
    Friede 2015, BMC Medical Research Methodology 15, 99). I-squared is that of Higgins & Thompson (2002, Statistics in
    Medicine 21, 1539-1558). The prediction interval takes k - 2 degrees of freedom (Higgins, Thompson & Spiegelhalter
    2009, J. R. Statist. Soc. A 172, 137-159, section 4.1), with the Hartung-Knapp standard error, so that it is
    never narrower than the interval of the mean.

    Args:
        effects: one effect a paper.
        variances: their sampling variances, above zero.
        method: ``pm`` or ``dl``.
        confidence: level of both intervals, between 0 and 1.

    Returns:
        The summary; its note is ``not estimable: ...`` with fewer than two effects, and says that there is no
        prediction interval with fewer than three.

    Raises:
        ValueError: lengths differ, a value is not finite, a variance is not above zero, or an argument is unknown.
    """
    y, v = np.asarray(effects, dtype=float), np.asarray(variances, dtype=float)
    one_of("method", method, ("pm", "dl"))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError("effects and variances must be two lists of one length")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("effects must be finite, variances finite and above zero")
    k = len(y)
    if k < 2:
        return RandomEffects(k, note=f"not estimable: {k} effect(s), 2 are needed")
    fixed = 1 / v
    q = float((fixed * (y - (fixed * y).sum() / fixed.sum()) ** 2).sum())
    if method == "pm":
        tau2 = _paule_mandel(y, v)
    else:
        tau2 = max(0.0, (q - (k - 1)) / float(fixed.sum() - (fixed**2).sum() / fixed.sum()))
    weights = 1 / (v + tau2)
    mean = float((weights * y).sum() / weights.sum())
    factor = max(1.0, float((weights * (y - mean) ** 2).sum() / (k - 1)))
    se = math.sqrt(factor / weights.sum())
    reach = float(stats.t.ppf((1 + confidence) / 2, k - 1)) * se
    further = math.nan
    if k > 2:
        further = float(stats.t.ppf((1 + confidence) / 2, k - 2)) * math.sqrt(tau2 + se**2)
    return RandomEffects(
        k=k,
        estimate=mean,
        se=se,
        low=mean - reach,
        high=mean + reach,
        tau2=tau2,
        i2=max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        q=q,
        predicted_low=mean - further,
        predicted_high=mean + further,
        note="" if k > 2 else "no prediction interval: 2 effects, 3 are needed",
    )


def share_gap_variance(proxy: ArrayLike, latent: ArrayLike, sample: ArrayLike) -> NDArray[np.float64]:
    """Sampling variance of the difference of two independent shares of the same number of items.

    One success and one failure are added to either share (Agresti & Caffo 2000, The American Statistician 54,
    280-288), so that a share of 0 or 100 percent is not taken as exact.

    Args:
        proxy: the one share, in percent; one or many.
        latent: the other share, likewise.
        sample: items behind either share, at least 1.

    Returns:
        The variance, in percentage points squared.
    """
    n = np.asarray(sample, dtype=float)
    shares = [(np.asarray(share, dtype=float) / 100 * n + 1) / (n + 2) for share in (proxy, latent)]
    return np.asarray(1e4 * sum(p * (1 - p) / (n + 2) for p in shares), dtype=float)


def _paule_mandel(y: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Return the variance between effects at which the weighted squares come to k - 1; 0 where they are less at 0.

    Not ``combine_effects`` of statsmodels (0.15.0): where its iteration passes the root by a rounding error it returns
    0 (``_fit_tau_iterative`` asks for a negative remainder before it asks for convergence).
    """

    def excess(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum()) - (len(y) - 1)

    # The weighted mean makes the weighted squares least, so that they are below k - 1 from here on.
    most = float(((y - y.mean()) ** 2).sum()) / (len(y) - 1)
    if excess(0.0) <= 0:
        return 0.0
    if excess(most) >= 0:  # sampling variances lost in rounding beside the spread
        return most
    return float(optimize.brentq(excess, 0.0, most, xtol=1e-15 * most, rtol=1e-14))


def paired_evidence(
    measurements: pd.DataFrame,
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
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
        papers: the survey's table, with ``paper`` and ``grey``; without it only coded papers can be known as grey.
        grey: ``exclude``, ``include`` or ``only``; it is the paper that is grey.
        basis: the codings that ``pressure`` and ``standing`` are taken from.

    Returns:
        One row a measurement, sorted by paper, failure mode and n: ``paper``, ``failure_mode``, ``name``, ``side``,
        ``n`` (int), ``kind``, ``basis``, ``proxy``, ``latent``, ``pressure`` (a code, or ``not coded``), ``standing``
        (``coded``: the paper carries the mode; ``mode not coded``: it is coded, without this mode; ``paper not
        coded``), ``grey``; ``family`` (what gaps may be set beside each other: ``points``, ``percent, of what not
        said``, or the unit), ``proxy_low``, ``proxy_high``, ``latent_low``, ``latent_high`` (ends of what is reported,
        equal unless a range; in points where the family is), ``gap`` (in the family's unit), ``log_ratio`` (natural
        logarithm of the larger looking over the other, positive where the proxy flatters), ``sample``, ``variance``
        (of the gap of two shares with a sample, points squared), ``higher_is``, ``note`` (why a gap or a ratio is
        missing; that a range's middle stands for it).

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
        one_of("measurements: failure mode", code, known)
    is_grey = set(final.loc[final["grey"].astype(bool), "paper"])
    if papers is not None:
        need(papers, "papers", ("paper", "grey"))
        is_grey |= set(papers.loc[papers["grey"].astype(bool), "paper"])
    rows = counted(final, grey="include", basis=basis)
    pressed = rows[(rows["facet"] == "optimisation_pressure") & (rows["principal"] == "yes")]
    pressure = dict(zip(pressed["paper"], pressed["code"], strict=True))
    coded = set(coded_papers(final, grey="include", basis=basis))
    modes = paper_codes(final, FAILURE_MODE, grey="include", basis=basis)
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
                "pressure": pressure.get(paper, NOT_CODED),
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
    "log_ratio",
    "sample",
    "variance",
)


def _gap(m: dict[str, str]) -> dict[str, Any]:
    """Return family, numbers, gap, log ratio, variance and note of one measurement."""
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
    gap = ratio = math.nan
    if pair:
        if unit == "mixed":
            notes.append("no gap: the two values are in different units")
        else:
            gap = up * (_middle(proxy) - _middle(latent))
            if not (unit in _RATIO_SCALES or unit.startswith("score-0-")):
                notes.append("no ratio: the unit has no zero that means none")
            elif min(*proxy, *latent) <= 0:
                notes.append("no ratio: a value is not above 0")
            else:
                ratio = up * math.log(_middle(proxy) / _middle(latent))
    elif m["latent_is"] == "neither":
        notes.append("no gap: neither side is the better")
    else:
        towards = 1.0 if m["latent_is"] == "worse" else -1.0
        size = abs(_middle(change))
        gap = towards * size
        if unit == "relative-percent":
            # What is left of a value that loses, or gains, so many of its hundred.
            left = 1.0 - up * towards * size / 100
            if left > 0:
                ratio = -up * math.log(left)
            else:
                notes.append("no ratio: nothing is left")
    if any(low != high for low, high in (proxy, latent, change) if not math.isnan(low)):
        notes.append("middle of a reported range")
    sample = _sample(m["sample"])
    variance = math.nan
    if pair and family == POINTS and sample >= 1:
        variance = float(share_gap_variance(_middle(proxy), _middle(latent), sample))
    return {
        "family": family,
        "proxy_low": proxy[0],
        "proxy_high": proxy[1],
        "latent_low": latent[0],
        "latent_high": latent[1],
        "gap": gap,
        "log_ratio": ratio,
        "sample": sample,
        "variance": variance,
        "note": "; ".join(notes),
    }


def paired_summary(
    rows: pd.DataFrame, *, least: int = 5, method: Method = "pm", confidence: float = 0.95
) -> pd.DataFrame:
    """Summarise gaps, over all and by proxy, failure mode, optimisation pressure and standing of the paper.

    Gaps are set beside each other only within one family of units and one kind of row. Medians and ranges are
    unweighted. A random-effects summary is given for pairs in percentage points whose sample is known: the variance of
    a gap is that of two independent shares (see ``ASSUMED``), and a paper's rows enter as their mean, with the
    variance of wholly dependent rows (Borenstein, Hedges, Higgins & Rothstein 2009, Introduction to Meta-Analysis,
    chapter 24, with r = 1).

    Args:
        rows: :func:`paired_evidence`'s table.
        least: papers with a sample that a random-effects summary needs, at least 3.
        method: estimator of the variance between papers, ``pm`` or ``dl``.
        confidence: level of the intervals.

    Returns:
        One row a group, kind and family, ``by`` (all, proxy, failure_mode, pressure, standing), ``group``, ``kind``,
        ``family``; ``rows``, ``papers``, ``flattering`` (rows with a gap above 0), ``median``, ``lowest``,
        ``highest`` (of the rows), ``median_of_papers`` (of every paper's median), ``pooled_papers``, ``estimate``,
        ``low``, ``high``, ``tau`` (points), ``i2``, ``predicted_low``, ``predicted_high`` and ``note``: ``too
        few: ...``, ``not commensurable: ...`` or ``not estimable: ...`` where not pooled, else empty or a warning.
        Most rows first within ``by``.

    Raises:
        ValueError: a column is missing or an argument out of range.
    """
    need(
        rows,
        "rows",
        ("paper", "kind", "family", "gap", "variance", "proxy", "failure_mode", "pressure", "standing"),
    )
    if least < 3:
        raise ValueError(f"least={least} must be at least 3: a prediction interval needs three papers")
    out: list[dict[str, Any]] = []
    for by in ("all", "proxy", "failure_mode", "pressure", "standing"):
        groups = pd.Series("", index=rows.index, dtype="str") if by == "all" else rows[by]
        some = []
        for at, mine in rows.groupby([groups.rename("group"), rows["kind"], rows["family"]], sort=True):
            group, kind, family = (str(part) for part in at)
            some.append({"by": by, "group": group, "kind": kind, "family": family, **_middles(mine)})
            some[-1] |= _pooled(mine, kind, family, least, method, confidence)
        out += sorted(some, key=lambda s: (-s["rows"], s["group"], s["kind"], s["family"]))
    columns = {
        **dict.fromkeys(("by", "group", "kind", "family"), "str"),
        **dict.fromkeys(("rows", "papers", "flattering"), "int64"),
        **dict.fromkeys(("median", "lowest", "highest", "median_of_papers"), "float64"),
        "pooled_papers": "int64",
        **dict.fromkeys(
            ("estimate", "low", "high", "tau", "i2", "predicted_low", "predicted_high"), "float64"
        ),
        "note": "str",
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


def _pooled(
    rows: pd.DataFrame, kind: str, family: str, least: int, method: Method, confidence: float
) -> dict[str, Any]:
    """Return the random-effects summary of one group, or why there is none."""
    nothing = dict.fromkeys(
        ("estimate", "low", "high", "tau", "i2", "predicted_low", "predicted_high"), math.nan
    )
    if rows["gap"].isna().all():
        return {**nothing, "pooled_papers": 0, "note": "not estimable: no row has a gap"}
    if kind != "pair":
        why = "not commensurable: a drop without both values has no sampling variance"
        return {**nothing, "pooled_papers": 0, "note": why}
    if family != POINTS:
        why = f"not commensurable: the sampling variance of a gap in {family!r} is not known"
        return {**nothing, "pooled_papers": 0, "note": why}
    effects, variances = _one_a_paper(rows[rows["variance"].notna()])
    if len(effects) < least:
        why = (
            f"too few: {len(effects)} of {rows['paper'].nunique()} paper(s) give a sample, {least} are needed"
        )
        return {**nothing, "pooled_papers": len(effects), "note": why}
    found = random_effects(effects, variances, method=method, confidence=confidence)
    past = found.predicted_low < -100 or found.predicted_high > 100
    return {
        "pooled_papers": found.k,
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "tau": math.sqrt(found.tau2),
        "i2": found.i2,
        "predicted_low": found.predicted_low,
        "predicted_high": found.predicted_high,
        "note": "the prediction interval runs past what two shares can differ by" if past else found.note,
    }


def _one_a_paper(rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return every paper's mean gap and its variance, its rows taken as wholly dependent."""
    by_paper = rows.assign(sd=np.sqrt(rows["variance"])).groupby("paper", sort=True)
    means = by_paper["gap"].mean().to_numpy(dtype=float)
    return means, by_paper["sd"].mean().to_numpy(dtype=float) ** 2


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
