"""Who is right where coders differ: the door for decisions of a third party."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from workbench.doors.coding import COLUMNS as CODING_COLUMNS
from workbench.doors.coding import KEY, WHOLE, codable
from workbench.doors.coding_rules import (
    NOT_CHECKABLE,
    PLACE,
    STATES,
    Say,
    Texts,
    complete_faults,
    own_words,
    paper_faults,
    placed,
    value_faults,
)
from workbench.doors.door import Written, known_coder, sayer
from workbench.doors.runs import run_record
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.corpus import current, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.final import settled, shared_version
from workbench.store.schema import Schema, load_schema
from workbench.store.screened import STAGES
from workbench.store.tables import ADJUDICATIONS, VALUE_COLUMNS

#: The pseudo-facet under which a screening is decided: ``code`` is the stage, ``state`` include or exclude,
#: ``note`` the reason of exclusion.
SCREENING = "screening"
NEW = "new"
COLUMNS = (*CODING_COLUMNS, "chosen", "rationale")


def adjudicate(root: Path, by: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Decide between coders, or between screeners; all rows or none.

    Args:
        root: the survey folder.
        by: id of the adjudicator, who has not coded (or screened) the papers concerned.
        rows: ``paper``, ``facet``, ``code``, ``chosen`` (a coder's id, whose coding then holds, or ``new``
            with a coding's values), ``rationale``; ``schema`` is the newest version that the coders share and
            ``basis`` abstract where left out. A row of the facet ``screening`` has the stage as code and, with
            ``new``, include or exclude as state and the reason of exclusion as note. ``new`` with the state
            ``withdrawn`` says that the code does not hold.
        run: the run; required for a language model.
        batch: what the run was given.

    Raises:
        Refused: a row is wrong: fewer than two coders have signed the paper off, the adjudicator is one of them,
            a failure mode or a screening without a rationale, or a paper that would not be complete when all its
            disagreements are settled. Nothing was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, by, faults)
        contents = run_record(root, who, run, batch, "code", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        codings = current(stored(root, "codings", faults), ("coder", *KEY))
        coded: dict[tuple[str, ...], dict[str, dict[tuple[str, str], Row]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for row in codings.values():
            coded[tuple(row[c] for c in WHOLE)][row["coder"]][row["facet"], row["code"]] = row
        signed: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in stored(root, "signoffs", faults):
            signed[row["paper"], row["basis"]][row["schema"]].add(row["coder"])
        screeners: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
        for row in current(stored(root, "screening", faults), ("coder", "paper", "stage")).values():
            screeners[row["paper"], row["stage"]][row["coder"]] = row
        before = {(*(r[c] for c in KEY), r["revision"]): r for r in stored(root, "adjudications", faults)}
        latest = current(before.values(), KEY)
        seen: set[tuple[str, ...]] = set()
        touched: dict[tuple[str, ...], Row] = {}
        written = unchanged = 0
        checked = {"found": 0, NOT_CHECKABLE: 0}
        for given in rows:
            row = filled(given, COLUMNS, faults)
            say = sayer(row, faults)
            if row["facet"] == SCREENING:
                row["schema"] = row["schema"] or schema.version
                row["basis"] = row["basis"] or "abstract"
                values = _screening(row, schema, records, screeners[row["paper"], row["code"]], by, say)
            else:
                row["basis"] = row["basis"] or "abstract"
                versions = signed[row["paper"], row["basis"]]
                row["schema"] = row["schema"] or shared_version(versions) or schema.version
                paper_faults(row, records, kept, say)
                whole = tuple(row[c] for c in WHOLE)
                coders = versions.get(row["schema"], set())
                values = _coding(row, schema, coders, coded[whole], by, texts, checked, say)
                touched[whole] = row
            own_words(row, "rationale", texts, say)
            key = tuple(row[c] for c in KEY)
            if key in seen:
                say("code given twice in this batch", "give one row a code")
            seen.add(key)
            old = latest.get(key)
            new = {
                **{c: row[c] for c in KEY},
                **dict.fromkeys(VALUE_COLUMNS, ""),
                **values,
                "chosen": row["chosen"],
                "rationale": row["rationale"].strip(),
                "by": by,
            }
            if old and all(old[c] == v for c, v in new.items()):
                unchanged += 1
                continue
            new |= {"revision": str(revision(old) + 1) if old else "1", "at": now()}
            before[(*key, new["revision"])] = latest[key] = new
            written += 1
        for whole, row in touched.items():
            coders = signed[whole[0], whole[2]].get(whole[1], set())
            if whole[1] == schema.version and len(coders) >= 2:
                rulings = {(k[3], k[4]): r for k, r in latest.items() if k[:3] == whole}
                _result_faults(whole, schema, coders, coded[whole], rulings, sayer(row, faults))
        if faults:
            raise Refused(faults)
        path = ADJUDICATIONS.path
        contents = {**contents, path: rows_text(ADJUDICATIONS, before.values())} if written else {}
        notes = tuple(f"{n} place(s) {what}" for what, n in checked.items() if n)
        return Written(written, unchanged, tuple(replace_all(root, contents)), notes)


def _screening(
    row: Row, schema: Schema, records: dict[str, Row], screeners: dict[str, Row], by: str, say: Say
) -> dict[str, str]:
    if row["paper"] not in records:
        say(f"unknown paper {row['paper']!r}", near(row["paper"], records))
    if row["code"] not in STAGES:
        say(f"unknown stage {row['code']!r}", near(row["code"], STAGES))
    elif len(screeners) < 2:
        say(f"{len(screeners)} screener(s) so far", "two screen before anybody decides")
    if by in screeners:
        say(f"{by} screened it", "a third party decides; register one (e.g. consensus)")
    if not row["rationale"].strip():
        say("a screening decided without a rationale", "say why")
    if row["chosen"] in screeners:
        chosen = screeners[row["chosen"]]
        state, reason = chosen["decision"], chosen["reason"]
    elif row["chosen"] == NEW:
        state, reason = row["state"], row["note"]
    else:
        say(f"unknown choice {row['chosen']!r}", f"one of {', '.join([*sorted(screeners), NEW])}")
        return {}
    reasons = [r.id for r in schema.screening.reasons]
    if state not in ("include", "exclude"):
        say(f"decision {state!r}", "decide: include or exclude")
    elif state == "exclude" and reason not in reasons:
        say(f"unknown reason of exclusion {reason!r}", near(reason, reasons))
    elif state == "include" and reason:
        say("a reason of exclusion on 'include'", "leave the note empty; say why in the rationale")
    return {"state": state, "note": reason}


def _coding(
    row: Row,
    schema: Schema,
    coders: set[str],
    coded: dict[str, dict[tuple[str, str], Row]],
    by: str,
    texts: Texts,
    checked: dict[str, int],
    say: Say,
) -> dict[str, str]:
    """Return the values an adjudication of a code comes to, after saying what is wrong with it."""
    if len(coders) < 2:
        say(
            f"{len(coders)} coder(s) signed it off under schema {row['schema']} from the {row['basis']}",
            "two code apart from each other before anybody decides",
        )
        return {}
    if by in coders:
        say(f"{by} coded it", "a third party decides; register one (e.g. consensus)")
    facet = schema.facet(row["facet"])
    if not row["rationale"].strip() and (row["chosen"] == NEW or (facet is not None and facet.levelled)):
        say(
            "decided without a rationale",
            "say why; only a choice outside the facet with levels needs no reason",
        )
    if row["chosen"] in coders:
        extra = [c for c in VALUE_COLUMNS if row.get(c)] + ["words"] * bool(row["words"])
        if extra:
            say(
                f"{extra[0]} given beside the choice of {row['chosen']}",
                "choose new to give values of your own",
            )
        given = [coded[c].get((row["facet"], row["code"])) for c in sorted(coders)]
        if all(v is None or v["state"] == "withdrawn" for v in given):
            say("no coder gave this code", f"check its id; to add a code that nobody gave, choose {NEW}")
        held = coded[row["chosen"]].get((row["facet"], row["code"]))
        if row["schema"] == schema.version:
            value_faults({**row, "state": "withdrawn"}, schema, say)
        if held is None or held["state"] == "withdrawn":
            return {"state": "withdrawn"}
        return {c: held[c] for c in VALUE_COLUMNS}
    if row["chosen"] != NEW:
        say(f"unknown choice {row['chosen']!r}", f"one of {', '.join([*sorted(coders), NEW])}")
        return {}
    if row["schema"] != schema.version:
        say(f"schema {row['schema']} is not in force", f"new values need {schema.version}; or choose a coder")
        return {}
    value_faults(row, schema, say, STATES)
    place = placed(row, schema, texts, say, checked)
    return {c: row[c] for c in VALUE_COLUMNS if c not in PLACE} | place


def _result_faults(
    whole: tuple[str, ...],
    schema: Schema,
    coders: set[str],
    coded: dict[str, dict[tuple[str, str], Row]],
    rulings: dict[tuple[str, str], Row],
    say: Say,
) -> None:
    """Say where a paper, all its disagreements settled, would not be a complete coding."""
    codes = {at for c in coders for at in coded[c]} | rulings.keys()
    held: list[Row] = []
    for facet, code in sorted(codes):
        values = [coded[c].get((facet, code)) for c in sorted(coders)]
        state, row = settled(values, rulings.get((facet, code)))
        if state == "unresolved":
            return  # said again when the last disagreement of the paper is settled
        if row is not None:
            held.append({**row, "facet": facet, "code": code})
    complete_faults(held, schema, whole[2], say)
