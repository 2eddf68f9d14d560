"""Validation: what may the machines' codings carry, as far as humans have looked?

Two questions that must not be answered by one number. Of the codes that machines gave, how many hold (*precision*,
from audits, in which the human sees the code)? And of the codes that humans gave afresh, how many did machines find
(*recall*, from recodings, in which the human sees nothing)? An empty cell may only be called a gap where recall is
known: else it may be what machines overlook. Recall is that of all modes together: few modes are seen often enough by
a human for one of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.recoded import STAGE, drawn
from analysis.selection import coded_papers, need, paper_codes
from analysis.weights import jeffreys

#: Outcomes of an audit that look at a code that a machine gave; ``add`` does not.
OUTCOMES = ("confirm", "correct", "reject")
#: Recall that must be reached, at the lower end of its interval, before *coded absent* counts in a gap: a convention.
MIN_RECALL = 0.8
#: Codes that a share must rest on before it is ranked.
FEW = 10


def weighted_interval(
    hits: ArrayLike, weights: ArrayLike, *, confidence: float = 0.95
) -> tuple[float, float, float, float]:
    """Share of hits among weighted trials with an interval.

    Jeffreys' interval at the effective number of trials (sum w)^2 / sum w^2 (Kish 1965; the interval after Korn &
    Graubard 1998, Survey Methodology 24, who put the effective number into an exact one).

    Least data: one trial.

    Args:
        hits: 0 or 1 (or between, where several coders were averaged), one a trial.
        weights: positive weight of each trial.
        confidence: of the interval.

    Returns:
        share, lower end, upper end, effective number of trials; the first three missing where there is no trial.

    Raises:
        ValueError: a weight is not above 0, or a hit not between 0 and 1.
    """
    x, w = np.asarray(hits, dtype=float), np.asarray(weights, dtype=float)
    if x.shape != w.shape or (w <= 0).any() or ((x < 0) | (x > 1)).any():
        raise ValueError("each trial needs a hit between 0 and 1 and a weight above 0")
    if not len(x):
        return float("nan"), float("nan"), float("nan"), 0.0
    share = min(1.0, float((x * w).sum() / w.sum()))
    number = float(w.sum() ** 2 / (w**2).sum())
    low, high = jeffreys(min(share * number, number), number, confidence=confidence)
    return share, float(low), float(high), number


def validation(
    machine: pd.DataFrame,
    recodings: pd.DataFrame,
    verifications: pd.DataFrame,
    sampling: pd.DataFrame,
    sample: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    facet: str,
    grey: str = "exclude",
    basis: str = "abstract",
    stage: str = STAGE,
    confidence: float = 0.95,
    min_recall: float = MIN_RECALL,
    assessable: Iterable[str] | None = None,
) -> pd.DataFrame:
    """For each failure mode, how many of the machines' codes humans have looked at, and what came of it.

    Precision is taken from audits alone and recall from recodings alone. Where a random sample of papers was drawn for
    verification and finished, both take only its papers, each with the number of papers it stands for; else they take
    what humans happened to look at, and the note says so.

    Least data: for precision one code of a mode that a human audited and that was drawn by chance, for recall one
    recoded paper in which a human saw the mode; under ten of either is noted.

    Args:
        machine: the table ``final`` of the machines' codings alone.
        recodings: see :func:`analysis.recoded.recoded`.
        verifications: what humans said of codes: ``coder``, ``paper``, ``basis``, ``facet``, ``code``, ``revision``,
            ``outcome``, ``state``, ``at``.
        sampling: blocks drawn, see :func:`analysis.recoded.drawn`.
        sample: papers drawn.
        failure_modes: ``code``, ``name`` and ``side``.
        facet: the facet of ``failure_modes``.
        grey: as in :func:`analysis.selection.counted`.
        basis: as in :func:`analysis.selection.counted`.
        stage: which sample.
        confidence: of the intervals.
        min_recall: what the lower end of recall must reach before *coded absent* counts in a gap.
        assessable: modes that can be told on this basis; None: all.

    Returns:
        One row a mode and, first, one of all modes together (``code`` empty):
        ``code``, ``name``, ``side``; ``codes`` (papers in which machines found the mode) and its parts
        ``machine_only``, ``audited_only``, ``recoded_only``, ``audited_and_recoded``;
        ``confirmed``, ``corrected``, ``rejected`` (audits), ``precision`` (share that is not rejected and not corrected
        to another state) with ``precision_low``, ``precision_high``; ``recoded_papers``, ``human_found`` (recoded
        papers in which a human saw the mode), ``machine_found`` (of them, machines did too); ``recall`` with
        ``recall_low``, ``recall_high``, of all modes together (a paper is one trial, however many modes it has) and
        missing in the rows of the modes; ``absence_supported``: ``yes`` (the lower end of recall reaches
        ``min_recall``), ``no`` (not shown: it lies below) or ``not estimable``, the same for all modes that can be
        told; ``note``.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    need(recodings, "recodings", ("paper", "coder", "facet", "code", "value"))
    columns = ("coder", "paper", "basis", "facet", "code", "revision", "outcome", "state", "at")
    need(verifications, "verifications", columns)
    if not 0 < min_recall <= 1:
        raise ValueError(f"min_recall={min_recall} must lie above 0 and not above 1")
    papers = coded_papers(machine, grey=grey, basis=basis)
    found = paper_codes(machine, facet, grey=grey, basis=basis)
    codes = list(failure_modes["code"])
    told = set(codes) if assessable is None else set(assessable)
    given = set(zip(found["paper"], found["code"], strict=True))
    audits = _audits(verifications, facet, basis)
    audits = {at: kept for at, kept in audits.items() if at in given}
    human = recodings[
        (recodings["facet"] == facet).to_numpy(dtype=bool)
        & recodings["paper"].isin(papers).to_numpy(dtype=bool)
        & recodings["value"].notna().to_numpy(dtype=bool)
    ]
    seen: dict[tuple[str, str], list[float]] = {}
    for paper, code, value in zip(human["paper"], human["code"], human["value"], strict=True):
        seen.setdefault((paper, code), []).append(float(value))
    again = set(human["paper"])
    design = drawn(sampling, sample, again, stage=stage)
    strata = design.strata
    whole = bool(len(strata)) and bool(((strata["done"] > 0) | (strata["frame"] == 0)).all())
    weight = design.weight if whole else dict.fromkeys(again, 1.0)
    picked = _drawn_weights(sampling, sample, stage)
    by_chance = bool(picked) and any(paper in picked for paper, _ in audits)
    said = {at: sum(v) / len(v) for at, v in seen.items() if at[0] in weight and at[1] in told}

    found_by = _found_by_paper(said, given, weight)
    recall = weighted_interval(
        [found / seen_ for found, seen_ in found_by], [seen_ for _, seen_ in found_by], confidence=confidence
    )
    supported = "not estimable"
    if found_by and whole:
        supported = "yes" if recall[1] >= min_recall else "no"

    def row(code: str, name: str, side: str) -> dict[str, object]:
        def mine(at: tuple[str, str]) -> bool:
            return not code or at[1] == code

        these = [at for at in given if mine(at)]
        looked = {at: kept for at, kept in audits.items() if mine(at)}
        both = [at for at in these if at in looked and at[0] in again]
        counted = {at: kept for at, kept in looked.items() if not by_chance or at[0] in picked}
        order = sorted(counted)
        precision = weighted_interval(
            [counted[at] != "reject" for at in order],
            [picked[at[0]] if by_chance else 1.0 for at in order],
            confidence=confidence,
        )
        positive = sorted(at for at, value in said.items() if mine(at) and value > 0)
        notes = []
        hidden = bool(code) and code not in told
        if hidden:
            notes.append("not assessable on this basis")
        else:
            if not looked:
                notes.append("precision not estimable: no human has audited a code of it")
            elif not counted:
                notes.append("precision not estimable: the codes audited were not drawn by chance")
            elif not by_chance:
                notes.append("codes audited were not drawn by chance")
            if not code and not again:
                notes.append("recall not estimable: no human has coded a paper afresh")
            elif not code and not positive:
                notes.append("recall not estimable: no human saw a mode in a recoded paper")
            elif not code and not whole:
                notes.append("papers recoded were not drawn by chance, or a block is not finished")
            if not code and 0 < len({at[0] for at in positive}) < FEW:
                notes.append(f"recall from fewer than {FEW} papers")
            if 0 < len(counted) < FEW:
                notes.append(f"precision from fewer than {FEW} codes")
        outcomes = list(looked.values())
        return {
            "code": code,
            "name": name,
            "side": side,
            "codes": len(these),
            "machine_only": sum(at not in looked and at[0] not in again for at in these),
            "audited_only": sum(at in looked and at[0] not in again for at in these),
            "recoded_only": sum(at not in looked and at[0] in again for at in these),
            "audited_and_recoded": len(both),
            "confirmed": outcomes.count("confirm"),
            "corrected": outcomes.count("correct"),
            "rejected": outcomes.count("reject"),
            "precision": precision[0],
            "precision_low": precision[1],
            "precision_high": precision[2],
            "recoded_papers": len({at[0] for at in said if mine(at)}),
            "human_found": len(positive),
            "machine_found": sum(at in given for at in positive),
            "recall": float("nan") if code else recall[0],
            "recall_low": float("nan") if code else recall[1],
            "recall_high": float("nan") if code else recall[2],
            "absence_supported": "not estimable" if hidden else supported,
            "note": "; ".join(notes),
        }

    rows = [row("", "all modes", "")]
    rows += [
        row(code, name, side)
        for code, name, side in zip(codes, failure_modes["name"], failure_modes["side"], strict=True)
    ]
    text = ("code", "name", "side", "absence_supported", "note")
    real = ("precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high")
    kinds = {c: "str" if c in text else "float64" if c in real else "int64" for c in rows[0]}
    return pd.DataFrame(rows).astype(kinds)


def _found_by_paper(
    said: Mapping[tuple[str, str], float], given: Collection[tuple[str, str]], weight: Mapping[str, float]
) -> list[tuple[float, float]]:
    """Of every recoded paper with a mode, the weight of the modes that machines found and of all that humans saw.

    A mode that only some of the humans saw counts in part.
    """
    made: dict[str, tuple[float, float]] = {}
    for at, value in sorted(said.items()):
        if value > 0:
            found, seen = made.get(at[0], (0.0, 0.0))
            share = weight[at[0]] * value
            made[at[0]] = (found + share * (at in given), seen + share)
    return list(made.values())


def _audits(verifications: pd.DataFrame, facet: str, basis: str) -> dict[tuple[str, str], str]:
    """(paper, mode) -> confirm, correct or reject: the last word on each code that was audited.

    A correction to another state than present takes the code away, as a rejection does.
    """
    rows = verifications[
        (verifications["basis"] == basis).to_numpy(dtype=bool)
        & (verifications["facet"] == facet).to_numpy(dtype=bool)
        & verifications["outcome"].isin(OUTCOMES).to_numpy(dtype=bool)
    ]
    rows = rows.assign(_revision=pd.to_numeric(rows["revision"])).sort_values(
        ["at", "coder", "_revision"], kind="stable"
    )
    made = {}
    for paper, code, outcome, state in zip(
        rows["paper"], rows["code"], rows["outcome"], rows["state"], strict=True
    ):
        gone = outcome == "correct" and state not in ("", "present")
        made[paper, code] = "reject" if gone else outcome
    return made


def _drawn_weights(sampling: pd.DataFrame, sample: pd.DataFrame, stage: str) -> dict[str, float]:
    """Paper drawn -> how many papers of its stratum it stands for, whether it is finished or not."""
    all_of = set(sample.loc[(sample["stage"] == stage).to_numpy(dtype=bool), "paper"])
    return drawn(sampling, sample, all_of, stage=stage).weight
