"""What the coders' work comes to: the derived table ``final``, which every analysis but agreement takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from workbench.store.coders import Coder
from workbench.store.corpus import current, year_of
from workbench.store.files import Row
from workbench.store.tables import FAILURE_MODE_COLUMNS

#: Two codings agree when these are the same (``principal`` too: else no paper had exactly one).
COMPARED = ("state", "level", "role", "mitigates", "principal")
#: Facts beside them: kept where the coders agree, left empty where they do not.
BESIDE = ("formal", "figure_seen")
#: The stage of a sign-off, for one made to code the survey; else it is ``verification``.
CODING, VERIFICATION = "coding", "verification"
_WHOLE = ("paper", "schema", "basis")
_AT = ("facet", "code")


def final(
    codings: Iterable[Row],
    signoffs: Iterable[Row],
    adjudications: Iterable[Row],
    verifications: Iterable[Row],
    coders: Mapping[str, Coder],
    records: Mapping[str, Row],
    included: Collection[str],
) -> list[dict[str, Any]]:
    """Derive what holds of every coded paper, a row a paper, basis, facet and code.

    Of a paper on a basis, the newest schema version that two or more coders signed off counts, else the newest
    that one did; whose sign-offs decide says :func:`deciding`. A row is *agreed* when all these coders have the same
    presence, level, role, mitigates and principal; *adjudicated* when a ruling or a human's verification decides;
    *single* when one coder coded the paper; else *unresolved*. A code that no coder has is no row. A human's
    correction, addition or rejection holds until that person revises it; a confirmation lapses when what it
    confirmed is revised.

    Args:
        codings: rows of all coders, each with ``coder``.
        signoffs: likewise.
        adjudications: rulings.
        verifications: what humans said of codings, each with ``coder``.
        coders: known coders by id.
        records: rows of records.csv by paper.
        included: papers that are in; others are left out.

    Returns:
        Rows with the columns of ``workbench.store.tables.FINAL``, sorted by key.
    """
    signed: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    everybody: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    signoffs = list(signoffs)
    for row in signoffs:
        everybody[row["paper"], row["schema"], row["basis"]].add(row["coder"])
    for row in deciding(signoffs):
        if row["paper"] in included:
            signed[row["paper"], row["basis"]][row["schema"]].add(row["coder"])
    held: dict[tuple[str, ...], dict[tuple[str, str], dict[str, Row]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row in current(codings, ("coder", *_WHOLE, *_AT)).values():
        held[row["paper"], row["schema"], row["basis"]][row["facet"], row["code"]][row["coder"]] = row
    rulings: dict[tuple[str, ...], dict[tuple[str, str], Row]] = defaultdict(dict)
    # Rulings on screenings say what is in, not what it holds.
    of_codes = [r for r in adjudications if r["facet"] != "screening"]
    for row in current(of_codes, (*_WHOLE, *_AT)).values():
        rulings[row["paper"], row["schema"], row["basis"]][row["facet"], row["code"]] = row
    said: dict[tuple[str, str], dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in _last_word(verifications).values():
        said[row["paper"], row["basis"]][row["facet"], row["code"]] = row
    out: list[dict[str, Any]] = []
    for (paper, basis), versions in sorted(signed.items()):
        schema = shared_version(versions) or max(versions, key=version_key)
        who = sorted(versions[schema])
        whole = (paper, schema, basis)
        codes = {at for at, rows in held[whole].items() if rows.keys() & set(who)}
        codes |= rulings[whole].keys() | said[paper, basis].keys()
        record = records[paper]
        for facet, code in sorted(codes):
            mine = held[whole].get((facet, code), {})
            values = [mine.get(c) for c in who]
            if all(v is None or v["state"] == "withdrawn" for v in values) and not (
                (facet, code) in rulings[whole] or (facet, code) in said[paper, basis]
            ):
                continue
            ruling = rulings[whole].get((facet, code))
            resolved, stands = settled(values, ruling)
            beside = {c: mine.get(c) for c in everybody[whole] - set(who)}
            human = _by_human(dict(zip(who, values, strict=True)), beside, stands, ruling, coders)
            word = said[paper, basis].get((facet, code))
            if word is not None:
                behind = [ruling["at"]] if ruling else [v["at"] for v in values if v]
                resolved, stands, human = _verified(resolved, stands, human, word, max(behind, default=""))
            out.append(
                {
                    "paper": paper,
                    "basis": basis,
                    "schema": schema,
                    "facet": facet,
                    "code": code,
                    "state": stands["state"] if stands else "" if resolved == "unresolved" else "absent",
                    **{
                        c: stands[c] if stands else ""
                        for c in (*FAILURE_MODE_COLUMNS, "principal", "confidence")
                    },
                    "resolved": resolved,
                    "human_verified": human,
                    "grey": record["grey"] == "yes",
                    "year": year_of(record),
                }
            )
    return out


def by_machines(
    codings: Iterable[Row],
    signoffs: Iterable[Row],
    rulings: Iterable[Row],
    coders: Mapping[str, Coder],
    records: Mapping[str, Row],
    included: Collection[str],
) -> list[dict[str, Any]]:
    """Derive ``final`` as it would be if no human had coded, adjudicated or verified.

    Args:
        codings: as for :func:`final`, and so are all other arguments.
        signoffs: rows of all coders.
        rulings: adjudications.
        coders: known coders by id.
        records: rows of records.csv by paper.
        included: papers that are in.
    """
    machines = {c.id for c in coders.values() if c.kind == "language-model"}
    return final(
        [r for r in codings if r["coder"] in machines],
        [r for r in signoffs if r["coder"] in machines],
        [r for r in rulings if r["by"] in machines and r["chosen"] in machines | {"new"}],
        [],
        coders,
        records,
        included,
    )


def deciding(signoffs: Iterable[Row]) -> list[Row]:
    """Return the sign-offs that decide what a paper holds on a basis.

    Those are the codings made blind. A recoding of a paper drawn for verification, and a coding by somebody who had
    seen another's codes of it, never reopen what these settle: where they differ it is a dispute of its own, and
    only a ruling changes the code. Where a paper has no blind coding on that basis, what there is decides.
    """
    rows = list(signoffs)
    blind = {(r["paper"], r["basis"]) for r in rows if independent(r)}
    return [r for r in rows if independent(r) or (r["paper"], r["basis"]) not in blind]


def independent(signoff: Mapping[str, str]) -> bool:
    """Say whether a sign-off is of a coding made blind, and not of a recoding for verification."""
    return signoff["blind"] == "yes" and signoff["stage"] == CODING


def settled(values: Sequence[Row | None], ruling: Row | None) -> tuple[str, Row | None]:
    """Return how one code of one paper is resolved, and the row that holds (None: coded absent, or open).

    Args:
        values: the coding of each coder who signed off; None where a coder left the code out.
        ruling: the adjudication that holds, if there is one.
    """
    if ruling is not None:
        return "adjudicated", None if ruling["state"] == "withdrawn" else ruling
    there = [v if v is not None and v["state"] != "withdrawn" else None for v in values]
    one = there[0]
    if len(there) == 1:
        return "single", one
    if len({_compared(v) if v else () for v in there}) > 1:
        return "unresolved", None
    if one is None:
        return "agreed", None
    together = dict(one)
    for column in BESIDE:
        if len({v[column] for v in there if v}) > 1:
            together[column] = ""
    together["principal"] = max(v["principal"] for v in there if v)  # "yes" over "no" over nothing
    if any(v["confidence"] == "unsure" for v in there if v):
        together["confidence"] = "unsure"
    return "agreed", together


def same_coding(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Say whether two codings of one code come to the same; None, withdrawn and absent are the same."""
    gone = ("withdrawn", "absent")
    one, other = (None if row is None or row["state"] in gone else row for row in (one, other))
    return (_compared(one) if one else ()) == (_compared(other) if other else ())


def _compared(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(row[c] for c in COMPARED if c != "principal"), row["principal"] or "no")


def shared_version(versions: Mapping[str, Collection[str]]) -> str:
    """Return the newest schema version that two or more coders signed off; empty where there is none."""
    shared = [v for v, who in versions.items() if len(who) >= 2]
    return max(shared, key=version_key, default="")


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 0.10 comes after 0.9."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def human_verified_codes(rows: Iterable[Mapping[str, Any]], facet: str) -> tuple[int, int]:
    """Return how many final codes of a facet a human coded, adjudicated or verified, and how many there are.

    Rows that count are present and settled (agreed, adjudicated or single).
    """
    mine = [
        r for r in rows if r["facet"] == facet and r["state"] == "present" and r["resolved"] != "unresolved"
    ]
    return sum(bool(r["human_verified"]) for r in mine), len(mine)


def _last_word(verifications: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """Of each code the verification that was made last, whoever made it."""
    latest = current(verifications, ("coder", "paper", "basis", *_AT)).values()
    out: dict[tuple[str, ...], Row] = {}
    for row in sorted(latest, key=lambda r: (r["at"], r["coder"])):
        out[row["paper"], row["basis"], row["facet"], row["code"]] = row
    return out


def _verified(
    resolved: str, row: Row | None, human: bool, word: Row, decided: str
) -> tuple[str, Row | None, bool]:
    if word["outcome"] == "confirm":  # of what stood then: a code that was revised since is unverified again
        return resolved, row, human or (row is not None and word["at"] >= decided)
    return "adjudicated", None if word["outcome"] == "reject" else word, True


def _by_human(
    values: Mapping[str, Row | None],
    beside: Mapping[str, Row | None],
    row: Row | None,
    ruling: Row | None,
    coders: Mapping[str, Coder],
) -> bool:
    """Say whether a human stands behind a row: coded it, coded the same beside those who decide, or ruled so."""
    humans = {c for c, who in coders.items() if who.kind == "human"}
    if row is not None and any(
        v and _compared(v) == _compared(row) for c, v in beside.items() if c in humans
    ):
        return True
    if ruling is not None:
        return ruling["by"] in humans or ruling["chosen"] in humans
    return row is not None and any(v is not None for c, v in values.items() if c in humans)
