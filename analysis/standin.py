"""The stand-in test: may a model stand in for a human coder?

The Alternative Annotator Test (Calderon, Reichart & Dror 2025, arXiv 2501.10970). Each human is left out in turn: on
every paper that the human coded, does the model or that human agree more with the humans who remain? A tie counts for
both. With d = W_human - W_model (each 1 where that side does at least as well), a one-sided t-test over papers of
mean(d) < epsilon says that the model stands in for that human; epsilon is what a human's work costs more, in
probability. Benjamini & Yekutieli (2001) controls the false discovery rate over the humans, and over all codes tested
together (the authors' advice for several domains). The winning rate omega is the share of humans won; the model passes
at omega >= 1/2. The advantage probability rho is the mean of W_model over papers, averaged over humans.

On a rare code nearly every paper is a tie, since nobody saw it, and any model that never gives the code would pass. A
code is therefore tested only where humans saw it in enough papers; the rest is *cannot be tested*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.coefficients import masi_distance
from analysis.selection import need

Floats = NDArray[np.float64]

#: Advised for experts, whose work is dear (Calderon, Reichart & Dror 2025, section 3.3 and FAQ).
EPSILON = 0.2
#: Humans, papers of each, other humans on a paper, and papers in which a human saw the code: the least for a test.
MIN_HUMANS, MIN_PAPERS, MIN_OTHERS, MIN_POSITIVES = 3, 30, 1, 10


@dataclass(frozen=True)
class Wins:
    """One code or facet compared with one human left out.

    Attributes:
        coder: the human.
        papers: papers compared.
        model: share of papers on which the model does at least as well as the human.
        human: share on which the human does at least as well as the model.
        p: one-sided p of the t-test.
    """

    coder: str
    papers: int
    model: float
    human: float
    p: float


def accuracy(said: Any, others: Sequence[Any]) -> float:
    """Share of the others who say the same.

    Least data: one other human.
    """
    return sum(bool(said == other) for other in others) / len(others)


def set_likeness(said: Any, others: Sequence[Any]) -> float:
    """Mean of 1 - MASI distance to the others' sets.

    Least data: one other human.
    """
    return sum(1 - masi_distance(said, other) for other in others) / len(others)


def left_out(
    model: Mapping[str, Any],
    humans: Mapping[str, Mapping[str, Any]],
    *,
    score: Callable[[Any, Sequence[Any]], float] = accuracy,
    epsilon: float = EPSILON,
    min_papers: int = MIN_PAPERS,
    min_others: int = MIN_OTHERS,
) -> list[Wins]:
    """Compare the model with each human, by how well each agrees with the humans who remain.

    Least data: ``min_papers`` papers, and never fewer than two, that a human shares with the model and ``min_others``
    other humans.

    Args:
        model: paper -> what the model said.
        humans: coder -> paper -> what the coder said.
        score: how well a value agrees with those of the others on a paper; higher is better.
        epsilon: the human's advantage, in probability, that is still no reason to keep the human.
        min_papers: papers that a human must share with the model and ``min_others`` other humans; else that human is
            left out of the result.
        min_others: other humans that a paper must have.

    Returns:
        One entry a human, sorted by name. The t-test of identical differences has no spread: p is then 0 where they lie
        below epsilon and 1 where not.
    """
    made = []
    for name in sorted(humans):
        ours, theirs = [], []
        for paper in sorted(humans[name].keys() & model.keys()):
            others = [humans[o][paper] for o in sorted(humans) if o != name and paper in humans[o]]
            if len(others) < min_others:
                continue
            by_model, by_human = score(model[paper], others), score(humans[name][paper], others)
            ours.append(by_model >= by_human)
            theirs.append(by_human >= by_model)
        if len(ours) < max(min_papers, 2):
            continue
        won, lost = np.array(ours, dtype=float), np.array(theirs, dtype=float)
        made.append(Wins(name, len(ours), float(won.mean()), float(lost.mean()), _below(lost - won, epsilon)))
    return made


def _below(differences: Floats, epsilon: float) -> float:
    """One-sided p that the mean of differences lies below epsilon."""
    if np.ptp(differences) == 0:
        return 0.0 if differences[0] < epsilon else 1.0
    return float(stats.ttest_1samp(differences, epsilon, alternative="less").pvalue)


def rejected(p: ArrayLike, *, q: float = 0.05) -> NDArray[np.bool_]:
    """Hypotheses rejected at false discovery rate ``q``, whatever their dependence (Benjamini & Yekutieli 2001).

    Least data: none.
    """
    values = np.asarray(p, dtype=float)
    if not len(values):
        return np.zeros(0, dtype=bool)
    return np.asarray(stats.false_discovery_control(values, method="by") <= q)


def winning_rate(wins: Sequence[Wins], *, q: float = 0.05) -> tuple[float, float]:
    """Return omega, the share of humans won, and rho, the advantage probability; both missing without a human.

    Least data: one human compared.
    """
    if not wins:
        return float("nan"), float("nan")
    return float(rejected([w.p for w in wins], q=q).mean()), float(np.mean([w.model for w in wins]))


def stand_in(
    machine: pd.DataFrame,
    recodings: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    epsilon: float = EPSILON,
    q: float = 0.05,
    min_papers: int = MIN_PAPERS,
    min_positives: int = MIN_POSITIVES,
) -> pd.DataFrame:
    """Test, for each facet's sets of codes and for each code, whether the machines stand in for a human.

    Least data: three humans who coded afresh, each sharing ``min_papers`` papers with another and the model, and
    ``min_positives`` papers in which a human saw the code.

    Args:
        machine: what machines said: ``paper``, ``facet``, ``code``, one row a code seen; and, with an empty facet and
            code, one row for each paper coded.
        recodings: what humans said, apart from each other: ``paper``, ``coder``, ``facet``, ``code``, ``value``.
        codes: ``facet`` and ``code``: what is tested.
        epsilon: see :func:`left_out`.
        q: false discovery rate, over all humans of all codes of a facet.
        min_papers: see :func:`left_out`.
        min_positives: papers, of those compared, in which a human saw the code.

    Returns:
        A row a facet (``code`` empty; sets compared by MASI) and a row a code: ``facet``, ``code``, ``humans``
        compared, ``papers`` (fewest of a human), ``positives`` (papers in which a human saw the code; for a facet, any
        code), ``epsilon``, ``omega``, ``rho``, ``verdict`` (``stands in``, ``does not stand in``, ``cannot be tested``)
        and ``note``. Rates are missing where nothing can be tested.

    Raises:
        ValueError: a column is missing.
    """
    need(machine, "machine", ("paper", "facet", "code"))
    need(recodings, "recodings", ("paper", "coder", "facet", "code", "value"))
    need(codes, "codes", ("facet", "code"))
    coded = set(machine["paper"])
    found: dict[tuple[str, str], set[str]] = {}
    for paper, facet, code in zip(machine["paper"], machine["facet"], machine["code"], strict=True):
        found.setdefault((facet, paper), set()).add(code)
    rows: list[dict[str, object]] = []
    for facet in codes["facet"].unique():
        wanted = list(codes.loc[codes["facet"] == facet, "code"])
        mine = recodings[(recodings["facet"] == facet).to_numpy(dtype=bool)]
        mine = mine[mine["paper"].isin(coded).to_numpy(dtype=bool)]
        values: dict[str, dict[str, dict[str, int]]] = {}
        silent: set[tuple[str, str]] = set()
        for paper, coder, code, value in zip(
            mine["paper"], mine["coder"], mine["code"], mine["value"], strict=True
        ):
            if pd.isna(value):
                silent.add((coder, paper))
            else:
                values.setdefault(coder, {}).setdefault(paper, {})[code] = int(value)
        sets = {
            coder: {
                paper: frozenset(c for c, v in said.items() if v)
                for paper, said in of.items()
                if (coder, paper) not in silent
            }
            for coder, of in values.items()
        }
        model_sets = {paper: frozenset(found.get((facet, paper), set()) & set(wanted)) for paper in coded}
        rows.append(_tested(facet, "", model_sets, sets, set_likeness, epsilon, q, min_papers, min_positives))
        tested: list[tuple[dict[str, object], list[Wins]]] = []
        for code in wanted:
            humans = {
                coder: {paper: said[code] for paper, said in of.items() if code in said}
                for coder, of in values.items()
            }
            model = {paper: int(code in model_sets[paper]) for paper in coded}
            row = _tested(facet, code, model, humans, accuracy, epsilon, q, min_papers, min_positives)
            rows.append(row)
            if row["verdict"] != CANNOT:
                wins = left_out(model, humans, epsilon=epsilon, min_papers=min_papers)
                tested.append((row, wins))
        # The authors' advice for several domains: one control over all humans of all of them.
        won = rejected([w.p for _, wins in tested for w in wins], q=q).tolist()
        for row, wins in tested:
            here, won = won[: len(wins)], won[len(wins) :]
            row["omega"] = sum(here) / len(here)
            row["verdict"] = _verdict(float(str(row["omega"])))
    real = ("epsilon", "omega", "rho")
    whole = ("humans", "papers", "positives")
    columns = ["facet", "code", *whole, *real, "verdict", "note"]
    return pd.DataFrame(rows, columns=columns).astype(
        dict.fromkeys(("facet", "code", "verdict", "note"), "str")
        | dict.fromkeys(whole, "int64")
        | dict.fromkeys(real, "float64")
    )


CANNOT = "cannot be tested"


def _verdict(omega: float) -> str:
    return "stands in" if omega >= 0.5 else "does not stand in"


def _tested(
    facet: str,
    code: str,
    model: Mapping[str, Any],
    humans: Mapping[str, Mapping[str, Any]],
    score: Callable[[Any, Sequence[Any]], float],
    epsilon: float,
    q: float,
    min_papers: int,
    min_positives: int,
) -> dict[str, object]:
    """One row: the test where it can be made, the reason where not."""
    wins = left_out(model, humans, score=score, epsilon=epsilon, min_papers=min_papers)
    positives = len({paper for said in humans.values() for paper, value in said.items() if value})
    people = sum(bool(said) for said in humans.values())
    why = ""
    if people < MIN_HUMANS:
        number = {0: "no human has", 1: "one human has", 2: "two humans have"}[people]
        why = f"{number} coded papers afresh, three are needed"
    elif len(wins) < MIN_HUMANS:
        shared = max((_shared(model, humans, name) for name in humans), default=0)
        why = f"fewer than three humans share {min_papers} papers with another and the model (most: {shared})"
    elif positives < min_positives:
        why = f"humans saw it in {positives} papers, {min_positives} are needed"
    omega, rho = winning_rate(wins, q=q) if not why else (float("nan"), float("nan"))
    return {
        "facet": facet,
        "code": code,
        "humans": len(wins) if wins else people,
        "papers": min((w.papers for w in wins), default=0),
        "positives": positives,
        "epsilon": epsilon,
        "omega": omega,
        "rho": rho,
        "verdict": CANNOT if why else _verdict(omega),
        "note": why,
    }


def _shared(model: Mapping[str, Any], humans: Mapping[str, Mapping[str, Any]], name: str) -> int:
    others = {paper for other, said in humans.items() if other != name for paper in said}
    return len(humans[name].keys() & model.keys() & others)
