"""What stands of one paper, and what is in dispute, as lines of text for the command line."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from workbench.doors.adjudication import SCREENING
from workbench.doors.coding_rules import Texts
from workbench.store.batch import near
from workbench.store.bibliography import read_papers
from workbench.store.coders import read_coders
from workbench.store.corpus import current, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, recover
from workbench.store.final import final, version_key
from workbench.store.screened import included, screened
from workbench.store.standing import joined, removed, standing
from workbench.store.texts import Place, find_again

_WHOLE = ("paper", "schema", "basis")


def visible(
    root: Path, paper: str, codings: list[Row], signoffs: list[Row], grey: bool
) -> tuple[dict[tuple[str, str], list[str]], list[str]]:
    """Return whose codings of a paper may be shown, and why others may not.

    What a coder left is shown once two have signed the paper off (one, for grey sources), and while nobody else
    is at work on it: who has begun and not signed off, or was drawn to code it blind, must not see the others'.

    Args:
        root: the survey folder.
        paper: key of the paper.
        codings: rows of all coders.
        signoffs: likewise.
        grey: whether one coder is enough.

    Returns:
        (schema, basis) -> coders, newest version first; and sentences.
    """
    signed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in signoffs:
        if row["paper"] == paper:
            signed[row["schema"], row["basis"]].add(row["coder"])
    begun: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in codings:
        if row["paper"] == paper:
            begun[row["schema"], row["basis"]].add(row["coder"])
    shown: dict[tuple[str, str], list[str]] = {}
    why: list[str] = []
    humans = {c.id for c in read_coders(root, []).values() if c.kind == "human"}
    drawn = any(r["paper"] == paper and r["stage"] == "verification" for r in standing(root, "sample", []))
    recoded = any(signed[at] & humans for at in list(signed))
    order = sorted(signed.keys() | begun.keys(), key=lambda at: (version_key(at[0]), at[1]), reverse=True)
    for at in order:
        who, open_by = signed[at], begun[at] - signed[at]
        where = f"under schema {at[0]} from the {at[1]}"
        if open_by:
            why.append(f"{', '.join(sorted(open_by))} has begun it {where} and not signed it off")
        elif len(who) < (1 if grey else 2):
            why.append(f"{len(who)} coder(s) signed it off {where}; shown from two on")
        elif drawn and not recoded and at[1] == "abstract":
            why.append(f"it is drawn for a human to code blind, and waits ({where})")
        else:
            shown[at] = sorted(who)
    return shown, why


def show(root: Path, paper: str) -> list[str]:
    """Return what stands of a paper: its codings side by side, the words behind them, the rulings, and what holds.

    The words are there where the text is on this machine.

    Raises:
        Refused: the paper is unknown, or a file is faulty.
    """
    recover(root)
    faults: list[Fault] = []
    records = {r["paper"]: r for r in stored(root, "records", faults)}
    merges, removals = stored(root, "merges", faults), stored(root, "removals", faults)
    asked, paper = paper, joined(merges).get(paper, paper)
    if out := removed(removals, "record").get(paper):
        said = f"was taken out by {out['by']}: {out['why']}"
        raise Refused(
            [Fault(out["_file"], int(out["_line"]), paper, said, f"`survey remove {paper} --undo --by WHO`")]
        )
    if paper not in records:
        raise Refused([Fault("records", 0, paper, f"unknown paper {paper!r}", near(paper, records))])
    entry = next((e for e in read_papers(root, faults) if e.key == paper), None)
    so_far = Decisions(root, faults)
    codings, signoffs, rulings, verifications, screening = (
        so_far.rows(name) for name in ("codings", "signoffs", "adjudications", "verifications", "screening")
    )
    coders = so_far.coders
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    grey = records[paper]["grey"] == "yes"
    mine = [r for r in rulings if r["paper"] == paper]
    screenings = screened([r for r in screening if r["paper"] == paper], mine, {paper} if grey else set())
    told = [f"{paper}: {entry.title} ({entry.year})" if entry else paper]
    if asked != paper:
        told.insert(0, f"{asked} is part of {paper}")
    for row in merges:
        if row["kept"] == paper and not row["undone"]:
            told.append(f"joined by {row['taken']} ({row['by']}): {row['why']}")
    for result in screenings:
        reason = f", {result['reason']}" if result["reason"] else ""
        told.append(f"{result['stage']}: {result['decision']}{reason} ({result['resolved']})")
    shown, why = visible(root, paper, codings, signoffs, grey)
    held: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    if shown:
        here = [r for r in codings if r["paper"] == paper], [r for r in signoffs if r["paper"] == paper]
        words = [r for r in verifications if r["paper"] == paper]
        for row in final(*here, mine, words, coders, records, included(screenings)):
            held[row["schema"], row["basis"]].append(row)
    newest = current(codings, ("coder", *_WHOLE, "facet", "code"))
    texts = Texts(root)
    for (schema, basis), who in shown.items():
        told += ["", f"schema {schema}, from the {basis}: {', '.join(who)}"]
        rows = {
            (r["facet"], r["code"], r["coder"]): r
            for r in newest.values()
            if (r["paper"], r["schema"], r["basis"]) == (paper, schema, basis) and r["coder"] in who
        }
        stands = {(r["facet"], r["code"]): r for r in held[schema, basis]}
        ruled = [r for r in mine if (r["schema"], r["basis"]) == (schema, basis) and r["facet"] != SCREENING]
        codes = sorted({at[:2] for at in rows} | stands.keys() | {(r["facet"], r["code"]) for r in ruled})
        for facet, code in codes:
            holds = _holds(stands.get((facet, code))) if stands else "superseded by a newer version"
            told.append(f"  {facet} {code}: {holds}")
            for coder in who:
                given = rows.get((facet, code, coder))
                told.append(f"    {coder}: {_said(given)}")
                told += [f"      words: {said}" for said in _words(given, texts)]
            for row in sorted(ruled, key=lambda r: int(r["revision"])):
                if (row["facet"], row["code"]) == (facet, code):
                    told.append(
                        f"    ruling {row['revision']} by {row['by']} ({row['chosen']}): {_said(row)}"
                    )
                    told += [f"      because: {row['rationale']}"] * bool(row["rationale"])
    if why:
        told += ["", *(f"not shown: {sentence}" for sentence in why)]
    if not shown and not why:
        told.append("nobody has coded it")
    return told


def _holds(row: dict[str, Any] | None) -> str:
    if row is None:
        return "absent"
    human = ", human-verified" if row["human_verified"] else ""
    return f"{_values(row) or 'open'} [{row['resolved']}{human}]"


def _values(row: Any) -> str:
    told = [row["level"], row["role"]]
    told += [f"mitigates {row['mitigates']}"] * (row["mitigates"] not in ("", "no"))
    told += [what for what in ("formal", "figure_seen", "principal") if row[what] == "yes"]
    told += ["unsure"] * (row["confidence"] == "unsure")
    told = [t for t in told if t]
    return f"{row['state']}{' (' + ', '.join(told) + ')' if told else ''}" if row["state"] else ""


def _said(row: Row | None) -> str:
    if row is None:
        return "absent"
    if row["state"] == "withdrawn":
        return "withdrawn" if "coder" in row else "does not hold"
    place = f", {row['locator']}" if row["locator"] else ""
    place += f" {row['start']}-{row['end']}" if row["start"] else ""
    note = f": {row['note']}" if row["note"] else ""
    return f"{_values(row)}{place}{note}"


def _words(row: Row | None, texts: Texts) -> list[str]:
    """The words that a coding rests on, where the text is in hand."""
    if row is None or row["state"] != "present" or not (row["start"].isdigit() and row["end"].isdigit()):
        return []
    text = texts.read(row["paper"], row["basis"])
    place = Place(row["text_sha256"], int(row["start"]), int(row["end"]), row["span_sha256"])
    found = (
        find_again(place, text)
        if text and (row["basis"] != "full-text" or text.digest == row["text_sha256"])
        else None
    )
    return [found[0]] if found else []


def listed(root: Path, limit: int) -> list[str]:
    """Return the open disputes as lines, most important first.

    Args:
        root: the survey folder.
        limit: at most so many are listed.
    """
    from workbench.reading.disputes import disputes

    found = disputes(root, open_only=True)
    out = [
        f"{n}. {d.paper} {d.facet} {d.code} (schema {d.schema}, {d.basis})\n   {d.said}"
        for n, d in enumerate(found[:limit], 1)
    ]
    more = f", {len(found) - limit} of them not listed (--limit)" if len(found) > limit else ""
    return [*out, f"{len(found)} open{more}: `survey adjudicate`, or notebook 04"]
