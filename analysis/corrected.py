"""Rates corrected for what machines get wrong, from a random sample of papers that humans coded afresh.

Design-based supervised learning (Egami, Hinck, Stewart & Wei 2023, arXiv 2306.04746): the machine's label M of every
paper is kept and corrected by the human's label H of those drawn, with R = 1 where a paper was drawn and pi its
recorded probability. The pseudo-outcome M + R / pi (H - M) (their equation 2) has the mean of H whatever the machine's
errors depend on, because pi is known and not estimated.

Here papers are drawn without replacement within strata, so the variance is that of the stratified difference estimator
(Sarndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, 6.3) plus that of the coded papers themselves, which
are one sample of a literature. Machines that err rarely show no error at all in a small sample, and the plain variance
is then 0: for the variance of a share, and never for the rate itself, a quarter of a paper with an error is therefore
added to every stratum (the ratio's residuals vary without). ``docs/simulations/validation.md`` shows what the intervals
cover with and without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from analysis.recoded import STAGE, Drawn, drawn
from analysis.selection import Asked, coded_papers, counted, need
from analysis.weights import jeffreys

Floats = NDArray[np.float64]

#: Papers that must discuss a mode, as corrected, before the share that measures it is ranked.
FEW = 10
#: Human-coded papers below which a corrected rate is noted as resting on few.
FEW_HUMAN = 30
#: Errors that are added, for the variance only: (discussed, measured) of the human less those of the machine. Each
#: stands for a twenty-fourth of a paper, so that all together are a quarter of one.
_IMAGINED = np.array([(1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1)], dtype=float)
_EACH = 1 / 24
QUANTITIES = ("discussed", "measured", "measured of discussed")


def corrected_rates(
    machine: pd.DataFrame,
    recodings: pd.DataFrame,
    sampling: pd.DataFrame,
    sample: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    asked: Asked,
    grey: str = "exclude",
    basis: str = "abstract",
    stage: str = STAGE,
    confidence: float = 0.95,
    codes_assessable: Iterable[str] | None = None,
    imagined: float = _EACH,
) -> pd.DataFrame:
    """For each failure mode, how many papers discuss it and measure it: as machines say, and corrected.

    Needs a finished block of human recodings in every stratum of the sample, of two papers at least.

    Least data: two recoded papers in every stratum of a finished sample; fewer than 30 recoded papers, and fewer
    than ten that discuss a mode once corrected, are noted.

    Args:
        machine: the table ``final`` of the machines' codings alone.
        recodings: what humans said: ``paper``, ``coder``, ``facet``, ``code``, ``value``, ``level``; see
            :func:`analysis.recoded.recoded`. Where several humans coded a paper, their labels are averaged.
        sampling: the blocks drawn: ``stage``, ``stratum``, ``block``, ``frame``, ``drawn``.
        sample: the papers drawn: ``stage``, ``paper``, ``stratum``, ``block``.
        failure_modes: ``code``, ``name`` and ``side``.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        grey: as in :func:`analysis.selection.counted`.
        basis: as in :func:`analysis.selection.counted`.
        stage: which sample.
        confidence: of the intervals.
        codes_assessable: modes that can be told on this basis; None: all.
        imagined: how many papers each of the six imagined errors stands for, for the variance; 0: none.

    Returns:
        Three rows a mode: ``code``, ``name``, ``side``, ``quantity`` (``discussed`` and ``measured``: shares of the
        coded papers; ``measured of discussed``: their ratio), ``papers`` (coded by machines), ``raw`` with its Jeffreys
        interval ``raw_low``, ``raw_high``; ``human`` (papers that humans recoded), ``corrected`` with ``low``,
        ``high`` (logit scale, t quantile; straight scale at the edges), ``se``, ``se_human`` (the part of it that
        comes from humans having coded a sample only) and ``note``: ``not estimable: <why>`` where there is no
        corrected rate.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(recodings, "recodings", ("paper", "coder", "facet", "code", "value", "level"))
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    modes = recodings[(recodings["facet"] == asked.facet).to_numpy(dtype=bool)]
    papers = coded_papers(machine, grey=grey, basis=basis)
    design = drawn(sampling, sample, set(modes["paper"]) & set(papers), stage=stage)
    why = _lacking(modes, design, papers)
    codes = list(failure_modes["code"])
    told = set(codes) if codes_assessable is None else set(codes_assessable)
    seen = _machine(counted(machine, grey=grey, basis=basis), papers, codes, asked)
    labels = _human(modes, list(design.stratum), codes, asked)
    at = pd.Index(papers, dtype=object)
    here = at.get_indexer(pd.Index(list(design.stratum), dtype=object))
    strata = np.array(list(design.stratum.values()), dtype=object)
    grown = int(design.strata["frame"].sum()) - len(papers) if len(design.strata) else 0
    rows: list[dict[str, object]] = []
    for j, (code, name, side) in enumerate(
        zip(codes, failure_modes["name"], failure_modes["side"], strict=True)
    ):
        hidden = code not in told
        machines = seen[:, j]
        reason = "not assessable on this basis" if hidden else why
        made = None
        if not reason:
            made = corrected(machines, labels[:, j], here, strata, design.strata, imagined=imagined)
            reason = "" if made is not None else "humans could tell too few papers of a stratum"
        counts = machines.sum(axis=0)
        for k, quantity in enumerate(QUANTITIES):
            of = counts[0] if k == 2 else len(papers)
            ends = jeffreys(counts[1 if k == 2 else k], of, confidence=confidence)
            row: dict[str, object] = {
                "code": code,
                "name": name,
                "side": side,
                "quantity": quantity,
                "papers": len(papers),
                "raw": counts[1 if k == 2 else k] / of if of else np.nan,
                "raw_low": ends[0],
                "raw_high": ends[1],
                "human": 0 if made is None else made.human,
                "corrected": np.nan,
                "low": np.nan,
                "high": np.nan,
                "se": np.nan,
                "se_human": np.nan,
            }
            notes = []
            if hidden:
                row |= dict.fromkeys(("raw", "raw_low", "raw_high"), np.nan)
            if made is None:
                notes.append(f"not estimable: {reason}")
            elif np.isnan(made.value[k]):
                notes.append("not estimable: once corrected, no paper discusses it")
            else:
                value, se = made.value[k], made.se[k]
                row |= {"se": se, "se_human": made.se_human[k]}
                low, high = rate_interval(value, se, made.freedom, confidence=confidence)
                row |= {"corrected": min(max(value, 0.0), 1.0), "low": low, "high": high}
                if not 0 <= value <= 1:
                    notes.append(f"estimate {value:.3f} lies outside 0 to 1")
                if k == 2 and made.value[0] * len(papers) < FEW:
                    notes.append(f"too few: corrected, fewer than {FEW} papers discuss it")
                if made.human < FEW_HUMAN:
                    notes.append(f"fewer than {FEW_HUMAN} papers coded by humans")
                if grown:
                    notes.append(
                        f"{abs(grown)} papers {'left' if grown > 0 else 'coded'} since the sample was drawn"
                    )
            if not hidden and not of and "not estimable" not in "".join(notes):
                notes.append("raw rate undefined: machines found none")
            row["note"] = "; ".join(notes)
            rows.append(row)
    whole = ("papers", "human")
    real = ("raw", "raw_low", "raw_high", "corrected", "low", "high", "se", "se_human")
    columns = ["code", "name", "side", "quantity", "papers", *real[:3], "human", *real[3:], "note"]
    return pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("code", "name", "side", "quantity", "note"), "str")
        | dict.fromkeys(whole, "int64")
        | dict.fromkeys(real, "float64")
    )


@dataclass(frozen=True)
class Corrected:
    """One mode corrected: discussed, measured and their ratio.

    Attributes:
        value: the three rates; they may lie outside 0 to 1.
        se: their standard errors.
        se_human: the part that comes from humans having coded a sample only.
        human: papers that humans recoded.
        freedom: degrees of freedom of the standard errors.
    """

    value: Floats
    se: Floats
    se_human: Floats
    human: int
    freedom: int


def _lacking(modes: pd.DataFrame, design: Drawn, papers: list[str]) -> str:
    """Why nothing can be corrected; empty where it can."""
    if not papers:
        return "no paper coded by machines"
    if modes.empty:
        return "no human has coded a paper"
    if design.strata.empty:
        return "no sample for verification was drawn"
    short = design.strata[(design.strata["done"] < 2) & (design.strata["done"] < design.strata["frame"])][
        "stratum"
    ]
    if len(short):
        return f"humans have not finished a block of {', '.join(short)}"
    return ""


def _machine(rows: pd.DataFrame, papers: list[str], codes: list[str], asked: Asked) -> Floats:
    """Papers x codes x (discussed, measured), 0 or 1."""
    rows = rows[(rows["facet"] == asked.facet).to_numpy(dtype=bool)]
    made = np.zeros((len(papers), len(codes), 2))
    at = pd.Index(papers, dtype=object).get_indexer(pd.Index(rows["paper"], dtype=object))
    to = pd.Index(codes, dtype=object).get_indexer(pd.Index(rows["code"], dtype=object))
    rank = asked.rank(rows["level"])
    for level, k in ((1, 0), (asked.measuring, 1)):
        there = (to >= 0) & (at >= 0) & (rank >= level)
        made[at[there], to[there], k] = 1.0
    return made


def _human(modes: pd.DataFrame, papers: list[str], codes: list[str], asked: Asked) -> Floats:
    """Papers x codes x (discussed, measured), the mean over human coders; missing where none could say."""
    sums, of = np.zeros((len(papers), len(codes), 2)), np.zeros((len(papers), len(codes), 1))
    at = pd.Index(papers, dtype=object).get_indexer(pd.Index(modes["paper"], dtype=object))
    to = pd.Index(codes, dtype=object).get_indexer(pd.Index(modes["code"], dtype=object))
    value = modes["value"].to_numpy(dtype=float, na_value=np.nan)
    top = asked.rank(modes["level"]) >= asked.measuring
    there = (at >= 0) & (to >= 0) & ~np.isnan(value)
    place = (at[there], to[there])
    np.add.at(sums[..., 0], place, value[there])
    np.add.at(sums[..., 1], place, value[there] * top[there])
    np.add.at(of[..., 0], place, 1.0)
    return np.where(of == 0, np.nan, sums / np.where(of == 0, 1.0, of))


def corrected(
    machine: Floats,
    human: Floats,
    here: NDArray[np.intp],
    strata: NDArray[np.object_],
    frames: pd.DataFrame,
    *,
    imagined: float = _EACH,
) -> Corrected | None:
    """Correct one mode.

    Least data: two papers of each stratum of which humans could tell (all, where it has but one).

    Args:
        machine: papers x (discussed, measured), 0 or 1.
        human: papers drawn x (discussed, measured), between 0 and 1, missing (nan) where humans could not tell.
        here: place of each paper drawn among the papers.
        strata: stratum of each paper drawn.
        frames: ``stratum`` and ``frame`` (papers in it).
        imagined: as in :func:`corrected_rates`.

    Returns:
        The three rates; None where a stratum has fewer than two papers of which humans could tell (fewer than all,
        where it has but one).
    """
    total = int(frames["frame"].sum())
    correction, covariance, plain = np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2))
    number = freedom = 0
    for stratum, frame in zip(frames["stratum"], frames["frame"], strict=True):
        mine = strata == stratum
        gap = human[mine] - machine[here[mine]]
        gap = gap[~np.isnan(gap).any(axis=1)]
        n = len(gap)
        if not frame:
            continue
        if n < min(2, frame):
            return None
        share = frame / total
        correction += share * gap.mean(axis=0)
        number += n
        if n == frame:
            continue
        freedom += n - 1
        part = share**2 * (1 - n / frame) / n
        plain += part * np.cov(gap, rowvar=False)
        size = n + len(_IMAGINED) * imagined
        mean = gap.sum(axis=0) / size  # the imagined errors cancel in the mean
        second = (gap.T @ gap + imagined * _IMAGINED.T @ _IMAGINED) / size
        covariance += part * (second - np.outer(mean, mean)) * n / (n - 1)
    value = machine.mean(axis=0) + correction
    papers = len(machine)
    # An estimate of 0 or 1 must not take the papers' own variance away.
    inside = np.clip(value, 0.5 / papers, 1 - 0.5 / papers)
    own = inside * (1 - inside) / max(papers - 1, 1)
    design = np.sqrt(np.diag(covariance))
    ratio, se_ratio, se_ratio_human = np.nan, np.nan, np.nan
    if value[0] > 0.5 / papers:
        ratio = value[1] / value[0]
        # Delta method: the ratio's error is that of (measured - ratio x discussed) / discussed.
        slope = np.array([-ratio, 1.0]) / value[0]
        by_human = float(slope @ plain @ slope)
        least = 0.5 / (papers * value[0] + 1)
        kept = min(max(ratio, least), 1 - least)
        se_ratio_human = np.sqrt(by_human)
        se_ratio = np.sqrt(by_human + kept * (1 - kept) / (papers * value[0]))
    return Corrected(
        np.array([*value, ratio]),
        np.array([*np.sqrt(np.diag(covariance) + own), se_ratio]),
        np.array([*design, se_ratio_human]),
        number,
        max(freedom, 1) if freedom else papers - 1,
    )


#: Half width of an interval on the logit scale beyond which that scale says nothing any more.
_WIDEST = 3.0


def rate_interval(value: float, se: float, freedom: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the ends of the interval of a corrected rate.

    On the logit scale, with a t quantile; where the rate lies at an edge, or so near that the logit scale says
    nothing, on the straight one, cut to 0 and 1.

    Least data: one degree of freedom.

    Args:
        value: the rate; it may lie outside 0 to 1.
        se: its standard error.
        freedom: degrees of freedom.
        confidence: of the interval.
    """
    quantile = float(stats.t.ppf(0.5 + confidence / 2, max(freedom, 1)))
    if 0 < value < 1 and quantile * se <= _WIDEST * value * (1 - value):
        middle, half = special.logit(value), quantile * se / (value * (1 - value))
        return float(special.expit(middle - half)), float(special.expit(middle + half))
    inside = max(0.0, min(1.0, value))
    return max(0.0, inside - quantile * se), min(1.0, inside + quantile * se)
