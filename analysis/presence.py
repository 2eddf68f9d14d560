"""Presence: what did each coder say of each code of a paper, apart from the others?

The unit is the paper. A coder's value for a code is 1 when a present coding of theirs holds, 0 when they signed
the paper off without one, and missing otherwise: not signed off, no information, or a code that cannot be told
from what was read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.selection import BASES, need, one_of

Floats = NDArray[np.float64]

_CODING_COLUMNS = ("coder", "paper", "schema", "basis", "facet", "code", "revision", "state", "level", "at")
_SIGNOFF_COLUMNS = ("coder", "paper", "schema", "basis", "at")


@dataclass(frozen=True)
class Compared:
    """Sign-offs and the codings that hold under them.

    Attributes:
        papers: papers signed off by at least one coder, sorted.
        coders: coders, sorted.
        signed: papers x coders, signed off under the paper's schema version.
        rows: codings that hold, neither withdrawn nor superseded, with ``_paper`` and ``_coder`` as places.
    """

    papers: list[str]
    coders: list[str]
    signed: NDArray[np.bool_]
    rows: pd.DataFrame


def _version(schema: str) -> tuple[tuple[int, str], ...]:
    """Sort key of a schema version: 1.10 comes after 1.9."""
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"[.\-]", schema))


def _wanted(argument: str, asked: Iterable[str] | None, there: Iterable[str]) -> list[str]:
    known = sorted(set(there))
    if asked is None:
        return known
    if isinstance(asked, str):
        raise ValueError(f"{argument} must be a collection of names, not the one word {asked!r}")
    return sorted(set(asked))


def compare(
    codings: pd.DataFrame,
    signoffs: pd.DataFrame,
    *,
    basis: str,
    schema: str | None,
    papers: Iterable[str] | None,
    coders: Iterable[str] | None,
    blind: bool,
) -> Compared:
    """Return who signed off what, and which codings hold under it.

    Args:
        codings: all coders' codings, with the column ``coder``.
        signoffs: all coders' sign-offs, with the column ``coder``.
        basis: ``title``, ``abstract`` or ``full-text``.
        schema: version of the coding schema; None: on each paper the newest that two coders signed off, else the
            newest.
        papers: only these papers; None: all.
        coders: only these coders; None: all.
        blind: leave out what a coder wrote after another coder's codings of the paper became visible, that is,
            after their own sign-off and a second coder's. Agreement needs it; what holds today does not.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    one_of("basis", basis, BASES)
    need(codings, "codings", _CODING_COLUMNS)
    need(signoffs, "signoffs", _SIGNOFF_COLUMNS)
    signs = signoffs.loc[(signoffs["basis"] == basis).to_numpy(dtype=bool), list(_SIGNOFF_COLUMNS)]
    if schema is not None:
        signs = signs.loc[(signs["schema"] == schema).to_numpy(dtype=bool)]
    signs = signs.sort_values("at").drop_duplicates(["coder", "paper", "schema"], keep="last")
    # From its own sign-off and one other coder's on, a coder could see what another had coded.
    place = signs.groupby(["paper", "schema"]).cumcount()  # in order of time
    second = signs.loc[(place == 1).to_numpy(dtype=bool), ["paper", "schema", "at"]]
    signs = signs.merge(second.rename(columns={"at": "_second"}), on=["paper", "schema"], how="left")
    signs["_second"] = signs["_second"].fillna("")
    who = _wanted("coders", coders, signs["coder"])
    what = _wanted("papers", papers, signs["paper"])
    signs = signs.loc[(signs["coder"].isin(who) & signs["paper"].isin(what)).to_numpy(dtype=bool)]

    # The newest version that two coders share; the newest of all where none is shared.
    chosen: dict[str, tuple[bool, tuple[tuple[int, str], ...], str]] = {}
    shared = Counter(zip(signs["paper"], signs["schema"], strict=True))
    for (paper, version), n in shared.items():
        rank = (n > 1, _version(version), version)
        chosen[paper] = max(chosen.get(paper, rank), rank)
    version_of = {paper: rank[2] for paper, rank in chosen.items()}
    signs = signs.loc[(signs["schema"] == signs["paper"].map(version_of)).to_numpy(dtype=bool)]

    keys, names = sorted(version_of), who
    at_paper, at_coder = pd.Index(keys, dtype=object), pd.Index(names, dtype=object)
    signed = np.zeros((len(keys), len(names)), dtype=bool)
    signed[
        at_paper.get_indexer(pd.Index(signs["paper"], dtype=object)),
        at_coder.get_indexer(pd.Index(signs["coder"], dtype=object)),
    ] = True

    rows = codings.loc[(codings["basis"] == basis).to_numpy(dtype=bool)]
    rows = rows.merge(
        signs.rename(columns={"at": "_own"}).drop(columns="basis"),
        on=["coder", "paper", "schema"],
        how="inner",
    )
    if blind:
        seen = rows["_second"].where(rows["_second"] > rows["_own"], rows["_own"])
        alone = (rows["_second"] == "") | (rows["at"] == "") | (rows["at"] <= seen)
        rows = rows.loc[alone.to_numpy(dtype=bool)]
    for state in rows["state"].unique():
        one_of("codings: state", state, ("present", "no-information", "withdrawn"))
    rows = rows.assign(_revision=pd.to_numeric(rows["revision"])).sort_values("_revision", kind="stable")
    rows = rows.drop_duplicates(["coder", "paper", "facet", "code"], keep="last")
    rows = rows.loc[(rows["state"] != "withdrawn").to_numpy(dtype=bool)]
    rows = rows.assign(
        _paper=at_paper.get_indexer(pd.Index(rows["paper"], dtype=object)),
        _coder=at_coder.get_indexer(pd.Index(rows["coder"], dtype=object)),
    )
    return Compared(keys, names, signed, rows)


def missing_codes(
    facet: str, codes: Sequence[str], assessable: Collection[tuple[str, str]] | None
) -> NDArray[np.bool_]:
    """Which codes cannot be told from what was read: those not among the pairs (facet, code); None: all can."""
    if assessable is None:
        return np.zeros(len(codes), dtype=bool)
    if any(isinstance(pair, str) for pair in assessable):
        raise ValueError("assessable must hold pairs (facet, code): two facets may share a code's id")
    pairs = set(assessable)
    return np.array([(facet, code) not in pairs for code in codes], dtype=bool)


#: What a coder said of a code, or why nothing: the last three are missing values.
ABSENT, PRESENT, NO_INFORMATION, NOT_ASSESSABLE, NOT_SIGNED = 0, 1, 2, 3, 4


def states_of(
    held: Compared, facet: str, codes: Sequence[str], assessable: Collection[tuple[str, str]] | None
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """States papers x codes x coders, and the facet's rows with ``_code`` as place."""
    rows = held.rows.loc[(held.rows["facet"] == facet).to_numpy(dtype=bool)]
    place = pd.Index(list(codes), dtype=object).get_indexer(pd.Index(rows["code"], dtype=object))
    rows = rows.assign(_code=place).loc[place >= 0]
    states = np.full((len(held.papers), len(codes), len(held.coders)), ABSENT, dtype=np.int64)
    here = (rows["_paper"].to_numpy(), rows["_code"].to_numpy(), rows["_coder"].to_numpy())
    states[here] = np.where((rows["state"] == "present").to_numpy(dtype=bool), PRESENT, NO_INFORMATION)
    states[:, missing_codes(facet, codes, assessable), :] = NOT_ASSESSABLE
    states[np.broadcast_to(~held.signed[:, None, :], states.shape)] = NOT_SIGNED
    return states, rows


def values_of(states: NDArray[np.int64]) -> Floats:
    """Return 1, 0 and missing (nan) for states."""
    return np.where(states <= PRESENT, states, np.nan)
