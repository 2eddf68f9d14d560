"""Where coders or screeners differ, most important first: what a third party has to settle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.doors.adjudication import SCREENING
from workbench.doors.coding import KEY, WHOLE
from workbench.store.corpus import current
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, recover
from workbench.store.final import same_coding
from workbench.store.schema import BASES, load_schema
from workbench.store.screened import screened

if TYPE_CHECKING:
    import pandas as pd

    from analysis.selection import Asked

#: A screening in dispute comes before every code: while a record is pending, nothing said of it counts. Of two, the
#: one on which somebody says in and somebody out comes first.
_IN_OR_OUT, _UNSURE = 7.0, 6.0


@dataclass(frozen=True)
class Dispute:
    """One thing on which those who signed a paper off (or screened it) differ.

    Attributes:
        paper: key of the paper.
        schema: version of the schema that the coders share; of a screening, the one in force.
        basis: what was read.
        facet: the facet; ``screening`` for a screening.
        code: the code; the stage, for a screening.
        kinds: on what they differ: ``presence``, ``level``, ``role``, ``mitigates``, ``principal``; ``decision``.
        said: what each says, in words.
        weight: importance; see ``analysis.disagreements.disagreements``, and 6 or more for screenings.
        settled: there is a ruling on it.
    """

    paper: str
    schema: str
    basis: str
    facet: str
    code: str
    kinds: tuple[str, ...]
    said: str
    weight: float
    settled: bool

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a ruling on it."""
        return (self.paper, self.schema, self.basis, self.facet, self.code)


def disputes(root: Path, *, open_only: bool = False) -> list[Dispute]:
    """Return every dispute of a survey, most important first.

    Only papers that two have signed off (or screened) are looked at, and what a human's verification decides is no
    dispute. Where a recoding for verification, or a coding that was not blind, differs from what is settled, that is
    a dispute too: the code stays as it is until a later ruling. A ruling that an ordinary coding overtook stays one.

    Args:
        root: the survey folder.
        open_only: leave out what is settled.

    Raises:
        Refused: a file is faulty.
    """
    recover(root)
    faults: list[Fault] = []
    schema = load_schema(root)
    held = Decisions(root, faults)
    rulings = held.rows("adjudications")
    of_screenings = [r for r in rulings if r["facet"] == SCREENING]
    out = _screenings(held.rows("screening"), of_screenings, held.grey, schema.version)
    before = held.final_with(adjudications=of_screenings)
    unresolved = [tuple(r[c] for c in KEY) for r in before if r["resolved"] == "unresolved"]
    since = {k: at for k, at in _differing(held).items() if k not in unresolved}
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    # What settled codes were compared with later is settled by a ruling that came after it only.
    ruled = {key for key, r in current(rulings, KEY).items() if r["at"] >= since.get(key, "")}
    for basis in BASES:
        mine = [key for key in (*unresolved, *since) if key[2] == basis]
        told = _told(held.rows("codings"), held.rows("signoffs"), mine, basis, schema.asked) if mine else {}
        for key in mine:
            paper, version, _, facet, code = key
            # A code that the schema no longer has is not compared there.
            kinds, said, weight = told.get((paper, facet, code), ((), "", 0.0))
            out.append(Dispute(paper, version, basis, facet, code, kinds, said, weight, key in ruled))
    if open_only:
        out = [d for d in out if not d.settled]
    return sorted(out, key=lambda d: (-d.weight, d.key))


def _differing(held: Decisions) -> dict[tuple[str, ...], str]:
    """Return the codes on which a recoding, or a coding that was not blind, differs from what is settled -> when."""
    settled = {tuple(r[c] for c in KEY): r for r in held.final}
    newest = {(r["paper"], r["basis"]): r["schema"] for r in held.final}
    decide = {(*(r[c] for c in WHOLE), r["coder"]) for r in held.deciding}
    said: dict[tuple[str, ...], dict[tuple[str, ...], Row]] = defaultdict(dict)
    for row in current(held.rows("codings"), ("coder", *KEY)).values():
        said[(*(row[c] for c in WHOLE), row["coder"])][row["facet"], row["code"]] = row
    out: dict[tuple[str, ...], str] = {}
    for sign in held.rows("signoffs"):
        whole = tuple(sign[c] for c in WHOLE)
        if (*whole, sign["coder"]) in decide or newest.get((whole[0], whole[2])) != whole[1]:
            continue
        mine = said[(*whole, sign["coder"])]
        for at in mine.keys() | {key[3:] for key in settled if key[:3] == whole}:
            said_now, stands = mine.get(at), settled.get((*whole, *at))
            if stands is not None and stands["resolved"] == "unresolved":
                continue
            if not same_coding(said_now, stands):
                out[*whole, *at] = max(
                    out.get((*whole, *at), ""), sign["at"], said_now["at"] if said_now else ""
                )
    return out


def _told(
    codings: Iterable[Row], signoffs: Iterable[Row], open_: list[tuple[str, ...]], basis: str, asked: Asked
) -> dict[tuple[str, str, str], tuple[tuple[str, ...], str, float]]:
    """Say of each code in dispute on what its coders differ, in what words, and how much it matters."""
    import pandas as pd

    from analysis.disagreements import disagreements

    codes = sorted({key[3:] for key in open_})
    table = disagreements(
        _frame(codings),
        _frame(signoffs),
        pd.DataFrame(codes, columns=["facet", "code"]),
        asked=asked,
        basis=basis,
        papers=sorted({key[0] for key in open_}),
    )
    found: dict[tuple[str, str, str], list[tuple[str, str, float]]] = defaultdict(list)
    for paper, facet, code, kind, values, weight in table.itertuples(index=False):
        found[paper, facet, code].append((kind, values, weight))
    return {
        at: (
            tuple(kind for kind, *_ in rows),
            " | ".join(f"{kind}: {values}" for kind, values, _ in rows),
            max(weight for *_, weight in rows),
        )
        for at, rows in found.items()
    }


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows)).astype("str")


def _screenings(screening: Iterable[Row], rulings: list[Row], grey: set[str], version: str) -> list[Dispute]:
    """Return the screenings on which two screeners do not come to the same."""
    newest = current(screening, ("coder", "paper", "stage"))
    ruled = {(r["paper"], r["code"]) for r in rulings}
    said: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in newest.values():
        said[row["paper"], row["stage"]].append(row)
    out = []
    for result in screened(newest.values(), [], grey):
        at = (result["paper"], result["stage"])
        if result["decision"] != "pending" or len(said[at]) < 2:
            continue
        decisions = {r["decision"] for r in said[at]}
        weight = _IN_OR_OUT if {"include", "exclude"} <= decisions else _UNSURE
        words = "; ".join(
            f"{r['coder']}: {r['decision']}{' (' + r['reason'] + ')' if r['reason'] else ''}"
            for r in sorted(said[at], key=lambda r: r["coder"])
        )
        basis = "full-text" if at[1] == "full-text" else "abstract"
        out.append(
            Dispute(at[0], version, basis, SCREENING, at[1], ("decision",), words, weight, at in ruled)
        )
    return out
