"""Disagreements: where do coders part, which modes do they take for each other, what is worth settling first?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.presence import NO_INFORMATION, PRESENT, compare, states_of, values_of
from analysis.selection import Asked, known_codes, need, tuples
from analysis.weights import jeffreys

#: A pair of modes that fewer papers carry is not ranked by how often it is confused.
FEW = 10


def confusion(
    codings: pd.DataFrame,
    signoffs: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    facet: str,
    basis: str = "abstract",
    schema: str | None = None,
    papers: Iterable[str] | None = None,
    coders: Iterable[str] | None = None,
    assessable: Collection[tuple[str, str]] | None = None,
    blind: bool = True,
) -> pd.DataFrame:
    """Pairs of failure modes that coders take for each other.

    Two modes are confused on a paper when one coder coded the first and not the second while another coded the
    second and not the first. Pairs that the schema names as neighbours are listed, confused or not; of the others those
    that were confused at least once: candidates for a separating rule.

    Args:
        codings: all coders' codings, with the column ``coder``.
        signoffs: all coders' sign-offs, with the column ``coder``.
        failure_modes: ``code`` and ``neighbours`` (tuple of codes; those not in the table are ignored).
        facet: the facet of these codes.
        basis: as in :func:`analysis.presence.compare`.
        schema: as in :func:`analysis.presence.compare`.
        papers: as in :func:`analysis.presence.compare`.
        coders: as in :func:`analysis.presence.compare`.
        assessable: pairs (facet, code) that can be told on this basis; None: all.
        blind: as in :func:`analysis.presence.compare`.

    Returns:
        ``a`` < ``b``, ``neighbours`` (whether the schema says so), ``n`` papers confused, ``either`` (papers that
        two coders read and in which at least one coded a or b), ``papers`` (sorted tuple of the n), ``share`` =
        n / either with its 95% Jeffreys interval ``low``, ``high``, and ``note``: ``never coded`` (then all three are
        missing), ``too few`` (``either`` below 10: not to be ranked) or empty. Most confused first.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(failure_modes, "failure_modes", ("code", "neighbours"))
    codes = known_codes("failure_modes", list(failure_modes["code"]))
    held = compare(codings, signoffs, basis=basis, schema=schema, papers=papers, coders=coders, blind=blind)
    values = values_of(states_of(held, facet, codes, assessable)[0])
    read = (~np.isnan(values)).sum(axis=2) >= 2
    yes, no = values == 1, values == 0
    named = {
        (min(code, other), max(code, other))
        for code, others in zip(failure_modes["code"], failure_modes["neighbours"], strict=True)
        for other in others
        if other in codes and other != code
    }
    at = {code: i for i, code in enumerate(codes)}
    rows: list[tuple[str, str, bool, int, int, tuple[str, ...]]] = []
    for a, b in combinations(sorted(codes), 2):
        i, j = at[a], at[b]
        only_a = (yes[:, i] & no[:, j]).any(axis=1)
        only_b = (yes[:, j] & no[:, i]).any(axis=1)
        where = np.flatnonzero(only_a & only_b)
        if len(where) or (a, b) in named:
            either = read[:, i] & read[:, j] & (yes[:, i] | yes[:, j]).any(axis=1)
            found = tuple(held.papers[p] for p in where)
            rows.append((a, b, (a, b) in named, len(found), int(either.sum()), found))
    rows.sort(key=lambda row: (-row[3], -row[4], row[0], row[1]))
    n, of = (np.array([row[i] for row in rows], dtype=float) for i in (3, 4))
    ends = jeffreys(n, of)
    return pd.DataFrame(
        {
            "a": pd.Series([row[0] for row in rows], dtype="str"),
            "b": pd.Series([row[1] for row in rows], dtype="str"),
            "neighbours": np.array([row[2] for row in rows], dtype=bool),
            "n": np.array([row[3] for row in rows], dtype=np.int64),
            "either": np.array([row[4] for row in rows], dtype=np.int64),
            "papers": tuples([row[5] for row in rows]),
            "share": np.where(of == 0, np.nan, n / np.maximum(of, 1)),
            "low": ends[:, 0],
            "high": ends[:, 1],
            "note": pd.Series(
                np.select([of == 0, of < FEW], ["never coded", "too few"], default=""), dtype="str"
            ),
        }
    )


#: What a disagreement moves, most first. Measured or not is the numerator of the survey's rate, discussed or not
#: its denominator; levels below measuring and codes of other facets move single cells; the rest moves no count.
_WEIGHT_MEASURED, _WEIGHT_MODE, _WEIGHT_CELL, _WEIGHT_MITIGATION, _WEIGHT_ROLE, _WEIGHT_SILENCE = (
    5,
    4,
    3,
    2,
    1,
    0,
)


def disagreements(
    codings: pd.DataFrame,
    signoffs: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    asked: Asked,
    decided: pd.DataFrame | None = None,
    basis: str = "abstract",
    schema: str | None = None,
    papers: Iterable[str] | None = None,
    coders: Iterable[str] | None = None,
    assessable: Collection[tuple[str, str]] | None = None,
    blind: bool = False,
) -> pd.DataFrame:
    """Queue of what to adjudicate, most important first.

    The weight is a class plus a fraction. Classes: 5, coders differ on whether a mode is *measured* (the
    numerator of the under-measurement rate); 4, on whether a mode is there (its denominator); 3, on the level
    below measuring, on a code of another facet or on which code is principal; 2, on ``mitigates``; 1, on
    ``role``; 0, one says absent and another that there is no information. The fraction is 1 / (1 + papers in
    which anybody saw the code): among equals, one decision moves a rare code's numbers most.

    Args:
        codings: all coders' codings, with the columns ``coder``, ``role``, ``mitigates`` and ``principal``.
        signoffs: all coders' sign-offs, with the column ``coder``.
        codes: ``facet`` and ``code``: what is compared.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        decided: ``paper``, ``facet``, ``code`` of what has been adjudicated and leaves the queue.
        basis: as in :func:`analysis.presence.compare`.
        schema: as in :func:`analysis.presence.compare`.
        papers: as in :func:`analysis.presence.compare`.
        coders: as in :func:`analysis.presence.compare`.
        assessable: pairs (facet, code) that can be told on this basis; None: all.
        blind: as in :func:`analysis.presence.compare`; here by default what coders say today counts.

    Returns:
        ``paper``, ``facet``, ``code``, ``kind`` (``presence``, ``level``, ``role``, ``mitigates``,
        ``principal``), ``values`` (``coder: value`` of every coder concerned, joined by ``; ``) and ``weight``.
        All but presence are compared among the coders who saw the code.

    Raises:
        ValueError: an argument is not one of its words, a code stands twice, or a column is missing.
    """
    need(codes, "codes", ("facet", "code"))
    need(codings, "codings", ("role", "mitigates", "principal"))
    done: set[tuple[str, str, str]] = set()
    if decided is not None:
        need(decided, "decided", ("paper", "facet", "code"))
        done = set(zip(decided["paper"], decided["facet"], decided["code"], strict=True))
    held = compare(codings, signoffs, basis=basis, schema=schema, papers=papers, coders=coders, blind=blind)
    rows: list[dict[str, object]] = []
    for facet in codes["facet"].unique():
        wanted = known_codes(f"codes of {facet}", list(codes.loc[codes["facet"] == facet, "code"]))
        states, of_facet = states_of(held, facet, wanted, assessable)
        said: dict[str, NDArray[np.object_]] = {}
        of_modes = facet == asked.facet
        measuring = asked.levels[asked.measuring - 1 :]
        for kind in ("level", "role", "mitigates") if of_modes else ("principal",):
            said[kind] = np.full(states.shape, "", dtype=object)
            here = (of_facet["_paper"], of_facet["_code"], of_facet["_coder"])
            said[kind][here] = of_facet[kind].to_numpy(dtype=object)
            if kind == "principal":
                said[kind][said[kind] == ""] = "no"
        positives = (states == PRESENT).any(axis=2).sum(axis=0)
        able = states <= NO_INFORMATION
        most = np.where(able, states, -1).max(axis=2, initial=-1)
        least = np.where(able, states, 9).min(axis=2, initial=9)
        several = (states == PRESENT).sum(axis=2) >= 2
        at_issue = (able.sum(axis=2) >= 2) & ((most > least) | several)
        for p, c in np.argwhere(at_issue).tolist():
            paper, code = held.papers[p], wanted[c]
            if (paper, facet, code) in done:
                continue
            rarity = 1 / (1 + int(positives[c]))
            saw = [m for m in range(len(held.coders)) if states[p, c, m] == PRESENT]

            issues: list[tuple[str, dict[int, str], int]] = []
            if most[p, c] > least[p, c]:
                told = {}
                for m in np.flatnonzero(able[p, c]).tolist():
                    level = said["level"][p, c, m] if of_modes else ""
                    seen = f"present ({level})" if level else "present"
                    told[m] = ("absent", seen, "no information")[states[p, c, m]]
                measured = of_modes and any(said["level"][p, c, m] in measuring for m in saw)
                weight = _WEIGHT_MEASURED if measured else _WEIGHT_MODE if of_modes else _WEIGHT_CELL
                issues.append(("presence", told, weight if saw else _WEIGHT_SILENCE))
            for kind, texts in said.items():
                told = {m: str(texts[p, c, m]) for m in saw}
                if len(set(told.values())) < 2:
                    continue
                weight = {"role": _WEIGHT_ROLE, "mitigates": _WEIGHT_MITIGATION}.get(kind, _WEIGHT_CELL)
                if kind == "level" and len({value in measuring for value in told.values()}) > 1:
                    weight = _WEIGHT_MEASURED
                issues.append((kind, told, weight))
            rows += [
                {
                    "paper": paper,
                    "facet": facet,
                    "code": code,
                    "kind": kind,
                    "values": "; ".join(f"{held.coders[m]}: {v or '(empty)'}" for m, v in told.items()),
                    "weight": weight + rarity,
                }
                for kind, told, weight in issues
            ]
    rows.sort(key=lambda r: (-float(str(r["weight"])), r["paper"], r["facet"], r["code"], r["kind"]))
    table = pd.DataFrame(rows, columns=["paper", "facet", "code", "kind", "values", "weight"])
    text = ("paper", "facet", "code", "kind", "values")
    return table.astype({**dict.fromkeys(text, "str"), "weight": "float64"})
