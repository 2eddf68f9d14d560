"""What humans said who coded a paper afresh, without seeing what the machines had coded.

Two kinds of human work must never be pooled. An *audit* looks at a code that a machine gave and confirms, corrects or
rejects it: of codes that were not given it says nothing. A *recoding* is an ordinary coding by a human who has not seen
any other: only from recodings can be told what machines miss.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.agreement import KINDS
from analysis.presence import PRESENT, compare, states_of, values_of
from analysis.selection import known_codes, need, one_of

#: Stage of the sample that is drawn for human verification.
STAGE = "verification"


def recoded(
    codings: pd.DataFrame,
    signoffs: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    coder_kinds: Mapping[str, str],
    verifications: pd.DataFrame | None = None,
    basis: str = "abstract",
    schema: str | None = None,
    papers: Iterable[str] | None = None,
    assessable: Collection[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Return what each human coder said, apart from the others, of each code on each paper signed off.

    Args:
        codings: all coders' codings, with the column ``coder``.
        signoffs: all coders' sign-offs, with the column ``coder``.
        codes: ``facet`` and ``code``: what is wanted.
        coder_kinds: coder -> ``human`` or ``language-model``; every coder who signed off must be in it.
        verifications: ``coder``, ``paper``, ``basis``, ``at``. A human who verified a code of a paper before signing
            it off had seen the machines' codes: that sign-off is left out.
        basis: as in :func:`analysis.presence.compare`.
        schema: as in :func:`analysis.presence.compare`.
        papers: as in :func:`analysis.presence.compare`.
        assessable: pairs (facet, code) that can be told on this basis; None: all.

    Returns:
        ``paper``, ``coder``, ``facet``, ``code``, ``value`` (1 seen, 0 not, missing where nothing could be said) and
        ``level`` (of failure modes seen), every code of every paper that a human signed off.

    Raises:
        ValueError: an argument is not one of its words, a coder has no kind, or a column is missing.
    """
    need(codes, "codes", ("facet", "code"))
    need(signoffs, "signoffs", ("coder", "paper", "basis", "at"))
    for name in sorted(set(signoffs["coder"])):
        one_of("coder", name, coder_kinds)
        one_of(f"coder_kinds[{name!r}]", coder_kinds[name], KINDS)
    if verifications is not None:
        signoffs = _blind(signoffs, verifications)
    humans = sorted(c for c in set(signoffs["coder"]) if coder_kinds[c] == "human")
    held = compare(codings, signoffs, basis=basis, schema=schema, papers=papers, coders=humans, blind=True)
    papers_at, coders_at = held.signed.nonzero()
    who = np.array(held.coders, dtype=object)[coders_at] if len(coders_at) else np.empty(0, dtype=object)
    what = np.array(held.papers, dtype=object)[papers_at] if len(papers_at) else np.empty(0, dtype=object)
    parts = []
    for facet in codes["facet"].unique():
        wanted = known_codes(f"codes of {facet}", list(codes.loc[codes["facet"] == facet, "code"]))
        states, rows = states_of(held, facet, wanted, assessable)
        levels = np.full(states.shape, "", dtype=object)
        levels[rows["_paper"], rows["_code"], rows["_coder"]] = rows["level"].to_numpy(dtype=object)
        levels[states != PRESENT] = ""
        parts.append(
            pd.DataFrame(
                {
                    "paper": pd.Series(np.repeat(what, len(wanted)), dtype="str"),
                    "coder": pd.Series(np.repeat(who, len(wanted)), dtype="str"),
                    "facet": pd.Series([facet] * len(what) * len(wanted), dtype="str"),
                    "code": pd.Series(list(wanted) * len(what), dtype="str"),
                    "value": pd.Series(values_of(states)[papers_at, :, coders_at].ravel()).astype("Int64"),
                    "level": pd.Series(levels[papers_at, :, coders_at].ravel(), dtype="str"),
                }
            )
        )
    if not parts:
        columns = {
            "paper": "str",
            "coder": "str",
            "facet": "str",
            "code": "str",
            "value": "Int64",
            "level": "str",
        }
        return pd.DataFrame({c: pd.Series(dtype=kind) for c, kind in columns.items()})
    return pd.concat(parts, ignore_index=True)


def _blind(signoffs: pd.DataFrame, verifications: pd.DataFrame) -> pd.DataFrame:
    """Sign-offs of coders who had not verified a code of the paper on that basis before."""
    need(verifications, "verifications", ("coder", "paper", "basis", "at"))
    if verifications.empty or signoffs.empty:
        return signoffs
    first = verifications.groupby(["coder", "paper", "basis"])["at"].min().to_dict()
    keys = zip(signoffs["coder"], signoffs["paper"], signoffs["basis"], signoffs["at"], strict=True)
    seen = [(c, p, b) in first and first[c, p, b] <= at for c, p, b, at in keys]
    return signoffs.loc[[not s for s in seen]]


@dataclass(frozen=True)
class Drawn:
    """How far the random sample of papers for human verification has been worked off.

    Attributes:
        strata: ``stratum``, ``frame`` (papers it was drawn from), ``drawn``, ``done`` (papers of blocks that are
            wholly worked off, first block first), ``probability`` = done / frame; a row a stratum, sorted.
        stratum: paper -> stratum, of the papers that are done.
        waiting: papers drawn that are not in a finished block, sorted.
    """

    strata: pd.DataFrame
    stratum: dict[str, str]
    waiting: tuple[str, ...]

    @property
    def weight(self) -> dict[str, float]:
        """Paper -> how many papers of the frame it stands for."""
        each = dict(zip(self.strata["stratum"], self.strata["probability"], strict=True))
        return {paper: 1 / each[stratum] for paper, stratum in self.stratum.items()}


def drawn(
    sampling: pd.DataFrame, sample: pd.DataFrame, finished: Collection[str], *, stage: str = STAGE
) -> Drawn:
    """Return which papers were drawn with known probability and are finished.

    A stratum's papers stand in random order, drawn block by block. Only whole blocks count: which papers of a block a
    coder does first is the coder's choice, and no chance.

    Args:
        sampling: ``stage``, ``stratum``, ``block``, ``frame``, ``drawn`` as text, a row a block.
        sample: ``stage``, ``paper``, ``stratum``, ``block``.
        finished: papers that are done.
        stage: which sample.

    Raises:
        ValueError: a column is missing.
    """
    need(sampling, "sampling", ("stage", "stratum", "block", "frame", "drawn"))
    need(sample, "sample", ("stage", "paper", "stratum", "block"))
    blocks = sampling[(sampling["stage"] == stage).to_numpy(dtype=bool)]
    papers = sample[(sample["stage"] == stage).to_numpy(dtype=bool)]
    there = set(finished)
    by_block: dict[tuple[str, int], list[str]] = {}
    for paper, stratum, block in zip(papers["paper"], papers["stratum"], papers["block"], strict=True):
        by_block.setdefault((stratum, int(block)), []).append(paper)
    frames: dict[str, list[tuple[int, int]]] = {}
    for stratum, block, frame in zip(blocks["stratum"], blocks["block"], blocks["frame"], strict=True):
        frames.setdefault(stratum, []).append((int(block), int(frame)))
    rows, done, waiting = [], {}, []
    for stratum in sorted(frames):
        # A stratum of which no block is finished keeps the frame of its first.
        size, number, whole = min(frames[stratum])[1], 0, True
        for block, frame in sorted(frames[stratum]):
            members = by_block.get((stratum, block), [])
            whole = whole and there.issuperset(members)
            if whole:
                size, number = frame, number + len(members)
                done.update(dict.fromkeys(members, stratum))
            else:
                waiting += members
        every = sum(len(by_block.get((stratum, block), [])) for block, _ in frames[stratum])
        rows.append((stratum, size, every, number, number / size if size else 0.0))
    strata = pd.DataFrame(
        {
            "stratum": pd.Series([r[0] for r in rows], dtype="str"),
            "frame": pd.Series([r[1] for r in rows], dtype="int64"),
            "drawn": pd.Series([r[2] for r in rows], dtype="int64"),
            "done": pd.Series([r[3] for r in rows], dtype="int64"),
            "probability": pd.Series([r[4] for r in rows], dtype="float64"),
        }
    )
    return Drawn(strata, done, tuple(sorted(waiting)))
