"""Sides: do two groups of codes, put on two sides by the schema, fare differently in the literature?

The unit is the paper: a paper is on a side when it carries a code of that side, it may be on both, and several codes of
one side count once. Counts are of the sample; shares and their difference are of the frame, weighted for the sampling
design, with an interval from replicate weights (``analysis.replicates``) that respects that a paper can be on both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.replicates import Floats, share, spread
from analysis.selection import Asked, counted, meets, need, one_of

#: Name of the row that takes all groups of papers together.
ALL = "all"
RAISED, DISCUSSED, REMEDY = "raised", "discussed", "remedy"
#: Fewer drawn papers than this under either share, and there is no difference.
LEAST = 10
Marks = dict[str, NDArray[np.bool_]]


def sides(
    final: pd.DataFrame,
    sides_of: Mapping[str, str],
    pair: tuple[str, str],
    drawn: pd.DataFrame,
    replicates: Floats,
    asked: Asked,
    *,
    at_least: Sequence[str],
    motive: Iterable[Mapping[str, str]] = (),
    remedy: Iterable[Mapping[str, str]] = (),
    groups: tuple[str, Sequence[str]] | None = None,
    moved: Mapping[str, str] | None = None,
    counterparts: Sequence[tuple[str, str]] = (),
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """First side less second side: all papers, each group of papers, and codes that face each other.

    Least data: :data:`LEAST` drawn papers on each side.

    Args:
        final: the survey's table ``final``.
        sides_of: code of the facet -> its side; codes that no row names are ignored.
        pair: the two sides that are compared.
        drawn: ``analysis.weights.weights`` of every drawn paper; papers without a weight are in no count here.
        replicates: ``analysis.replicates.replicates`` of ``drawn``.
        asked: the facet whose codes have sides and levels, and the scale of the levels.
        at_least: levels that are an outcome each: the paper reaches that level, or a higher one, for a code of the
        side.
        motive: conditions under which a coding names the code as a mere motive; it is raised and not discussed.
        remedy: conditions under which a coding offers a remedy; an outcome where there are any.
        groups: another facet and its codes: papers whose principal code it is are compared apart.
        moved: code -> the side it could as well be on: one more case, all of them moved.
        counterparts: pairs of codes that face each other, first side first.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        ``what`` (``all``, a code of the groups, ``all, contested codes moved`` or ``FIRST / SECOND`` of a pair of
        counterparts), ``outcome``; ``first_k`` of ``first_n``, ``second_k`` of ``second_n`` (drawn papers), ``both``
        (papers in both denominators); of the frame: ``first``, ``second`` (shares), ``difference`` with its 95%
        interval ``low``, ``high``; ``note`` (*too few* or empty). Raised: of the papers that raise any code; the other
        outcomes: of the papers that raise the side. Counterparts have the highest of ``at_least`` alone.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or a coded code has no side.
    """
    need(final, "final", ("principal", "level"))
    rows = counted(final, grey=grey, basis=basis)
    known = drawn["weight"].notna().to_numpy(dtype=bool)
    place = pd.Index(drawn["paper"], dtype=object)
    modes = rows[(rows["facet"] == asked.facet).to_numpy(dtype=bool)]
    for code in sorted(set(modes["code"])):
        one_of(f"final: {asked.facet}", code, sides_of)
    at = place.get_indexer(pd.Index(modes["paper"], dtype=object))
    inside = (at >= 0) & np.append(known, False)[at]  # what was not drawn is at the last place
    modes, at = modes[inside], at[inside]
    rank = asked.rank(modes["level"])
    passed = {RAISED: np.ones(len(modes), dtype=bool), DISCUSSED: ~meets(modes, motive)}
    for level in at_least:
        passed[level] = rank > asked.levels.index(level)
    if remedy:
        passed[REMEDY] = meets(modes, remedy)
    codes = modes["code"].to_numpy(dtype=object)

    def marks(wanted: NDArray[np.bool_]) -> Marks:
        made = {name: np.zeros(len(drawn), dtype=bool) for name in passed}
        for name, hit in passed.items():
            made[name][at[wanted & hit]] = True
        return made

    def on(side: str, put: Mapping[str, str]) -> Marks:
        return marks(np.array([put[c] == side for c in codes], dtype=bool))

    under: dict[str, NDArray[np.bool_]] = {ALL: np.ones(len(drawn), dtype=bool)}
    if groups is not None:
        chosen = rows[
            (rows["facet"] == groups[0]).to_numpy(dtype=bool) & (rows["principal"] == "yes").to_numpy()
        ]
        for code in groups[1]:
            hit = place.isin(set(chosen.loc[(chosen["code"] == code).to_numpy(dtype=bool), "paper"]))
            under[code] = np.asarray(hit, dtype=bool)
    anything = marks(np.ones(len(modes), dtype=bool))[RAISED]
    cases = [(name, group, dict(sides_of)) for name, group in under.items()]
    if moved:
        cases.append((f"{ALL}, contested codes moved", under[ALL], {**sides_of, **moved}))
    found = []
    for what, group, put in cases:
        one, two = on(pair[0], put), on(pair[1], put)
        for outcome in passed:
            whole = (
                (anything & group, anything & group)
                if outcome == RAISED
                else (one[RAISED] & group, two[RAISED] & group)
            )
            hits = (one[outcome] & whole[0], two[outcome] & whole[1])
            found.append({"what": what, "outcome": outcome, **_compared(hits, whole, replicates)})
    for a, b in counterparts:
        one, two = marks(codes == a), marks(codes == b)
        hits, whole = (one[at_least[-1]], two[at_least[-1]]), (one[RAISED], two[RAISED])
        found.append({"what": f"{a} / {b}", "outcome": at_least[-1], **_compared(hits, whole, replicates)})
    columns = ["what", "outcome", "first_k", "first_n", "second_k", "second_n", "both"]
    columns += ["first", "second", "difference", "low", "high", "note"]
    return pd.DataFrame(found, columns=columns).astype({"what": "str", "outcome": "str", "note": "str"})


def _compared(
    hits: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    whole: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    replicates: Floats,
) -> dict[str, object]:
    """Counts, shares and their difference; nothing but counts where there are too few papers."""
    (k1, n1), (k2, n2) = ((int(h.sum()), int(w.sum())) for h, w in zip(hits, whole, strict=True))
    row: dict[str, object] = {"first_k": k1, "first_n": n1, "second_k": k2, "second_n": n2}
    row["both"] = int((whole[0] & whole[1]).sum())
    few = min(n1, n2) < LEAST
    values = np.full(5, np.nan)
    if not few:
        one, two = (share(h.astype(float), w.astype(float)) for h, w in zip(hits, whole, strict=True))
        values[:2] = one(replicates[:1])[0], two(replicates[:1])[0]
        values[2:] = spread(lambda w: one(w) - two(w), replicates)
    row |= dict(zip(("first", "second", "difference", "low", "high"), values.tolist(), strict=True))
    row["note"] = f"too few: {n1} and {n2}" if few else ""
    return row


def contested(failure_modes: pd.DataFrame, pair: tuple[str, str], *, least: float = 0.5) -> dict[str, str]:
    """Codes whose side could be argued either way, each with the other side.

    A code is contested when at least the share ``least`` of the neighbours that the schema names for it (the codes it
    is confused with) sit on the other of the two sides that are compared.

    Least data: none; without neighbours no code is contested.

    Args:
        failure_modes: the schema's table, with ``code``, ``side`` and ``neighbours``.
        pair: the two sides.
        least: share of the neighbours, between 0 and 1; 0 takes every code that has one there.

    Returns:
        Code -> the side it could be moved to, in schema order.
    """
    need(failure_modes, "failure_modes", ("code", "side", "neighbours"))
    side_of = dict(zip(failure_modes["code"], failure_modes["side"], strict=True))
    other = {pair[0]: pair[1], pair[1]: pair[0]}
    found = {}
    for code, neighbours in zip(failure_modes["code"], failure_modes["neighbours"], strict=True):
        across = [n for n in neighbours if side_of.get(n) == other.get(side_of[code])]
        if side_of[code] in other and across and len(across) >= least * len(neighbours):
            found[code] = other[side_of[code]]
    return found
