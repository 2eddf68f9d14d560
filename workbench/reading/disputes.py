"""Where coders or screeners differ, most important first: what a third party has to settle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.doors.adjudication import SCREENING
from workbench.doors.coding import KEY
from workbench.store.coders import read_coders
from workbench.store.corpus import current, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, recover
from workbench.store.final import final
from workbench.store.schema import BASES, load_schema
from workbench.store.screened import included, screened
from workbench.store.standing import standing

if TYPE_CHECKING:
    import pandas as pd

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
    dispute. A ruling that a later coding overtook stays a ruling.

    Args:
        root: the survey folder.
        open_only: leave out what is settled.

    Raises:
        Refused: a file is faulty.
    """
    recover(root)
    faults: list[Fault] = []
    schema = load_schema(root)
    coders = read_coders(root, faults)
    records = {r["paper"]: r for r in stored(root, "records", faults)}
    codings, signoffs, rulings, verifications, screening = (
        standing(root, name, faults)
        for name in ("codings", "signoffs", "adjudications", "verifications", "screening")
    )
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    grey = {p for p, r in records.items() if r["grey"] == "yes"}
    of_screenings = [r for r in rulings if r["facet"] == SCREENING]
    inside = included(screened(screening, rulings, grey))
    held = final(codings, signoffs, of_screenings, verifications, coders, records, inside)
    ruled = {tuple(r[c] for c in KEY) for r in rulings}
    out = _screenings(screening, of_screenings, grey, schema.version)
    unresolved = [r for r in held if r["resolved"] == "unresolved"]
    if open_only:
        unresolved = [r for r in unresolved if tuple(r[c] for c in KEY) not in ruled]
        out = [d for d in out if not d.settled]
    for basis in BASES:
        mine = [r for r in unresolved if r["basis"] == basis]
        if not mine:
            continue
        told = _told(codings, signoffs, mine, basis)
        for row in mine:
            at = (row["paper"], row["facet"], row["code"])
            # A code that the schema no longer has is not compared there.
            kinds, said, weight = told.get(at, ((), "", 0.0))
            key = tuple(row[c] for c in KEY)
            settled = key in ruled
            out.append(Dispute(at[0], row["schema"], basis, at[1], at[2], kinds, said, weight, settled))
    return sorted(out, key=lambda d: (-d.weight, d.key))


def _told(
    codings: Iterable[Row], signoffs: Iterable[Row], unresolved: list[Row], basis: str
) -> dict[tuple[str, str, str], tuple[tuple[str, ...], str, float]]:
    """Say of each unresolved code on what its coders differ, in what words, and how much it matters."""
    import pandas as pd

    from analysis.disagreements import disagreements

    codes = sorted({(r["facet"], r["code"]) for r in unresolved})
    table = disagreements(
        _frame(codings),
        _frame(signoffs),
        pd.DataFrame(codes, columns=["facet", "code"]),
        basis=basis,
        papers=sorted({r["paper"] for r in unresolved}),
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
