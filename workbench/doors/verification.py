"""Does a human agree with what stands in ``final``? The door for verifications (an audit: precision)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workbench.doors.coding import COLUMNS as CODING_COLUMNS
from workbench.doors.coding import codable
from workbench.doors.coding_rules import (
    NOT_CHECKABLE,
    PLACE,
    Texts,
    complete_faults,
    own_words,
    paper_faults,
    placed,
    value_faults,
)
from workbench.doors.door import Written, known_coder, sayer
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.coders import coder_path
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.schema import load_schema
from workbench.store.tables import FAILURE_MODE_COLUMNS, VALUE_COLUMNS, VERIFICATIONS

OUTCOMES = ("confirm", "correct", "reject", "add")
#: What identifies a verification of one person, whatever its revision.
KEY = ("paper", "basis", "facet", "code")
COLUMNS = (*(c for c in CODING_COLUMNS if c != "schema"), "outcome")


def verify(root: Path, coder: str, rows: Iterable[Row]) -> Written:
    """Record what a human says of codes that stand in ``final``; all rows or none.

    Args:
        root: the survey folder.
        coder: id of the person, a human among the coders.
        rows: ``paper``, ``facet``, ``code``, ``outcome``, and ``basis`` (abstract by default). ``confirm`` and
            ``reject`` take a note and no values; ``correct`` and ``add`` take the values that hold (``words`` for
            a failure mode). What one has said oneself is changed by another outcome, which is a new revision; what
            one has added is taken back by ``reject``.

    Raises:
        Refused: a row is wrong: no human, a code to confirm, correct or reject that is not there, a code to add
            that is, a correction that changes nothing, or a paper that would no longer be completely coded. Nothing
            was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        if who and who.kind != "human":
            faults.append(Fault(coder_path(coder), 0, coder, "is not human", "humans verify"))
        records, kept = codable(root, faults)
        so_far = Decisions(root, faults)
        held = {tuple(r[c] for c in KEY): r for r in so_far.final_with(verifications=[])}
        texts = Texts(root)
        before = {
            (*(r[c] for c in KEY), r["revision"]): r
            for r in stored(root, "verifications", faults, coder=coder)
        }
        latest = current(before.values(), KEY)
        seen: set[tuple[str, ...]] = set()
        touched: dict[tuple[str, str], Row] = {}
        written = unchanged = 0
        checked = {"found": 0, NOT_CHECKABLE: 0}
        for given in rows:
            row = filled(given, COLUMNS, faults)
            row["basis"] = row["basis"] or "abstract"
            say = sayer(row, faults)
            paper_faults(row, records, kept, say)
            key = tuple(row[c] for c in KEY)
            if key in seen:
                say("code given twice in this batch", "give one row a code")
            seen.add(key)
            stands = held.get(key)
            there = stands is not None and stands["state"] in ("present", "no-information")
            old = latest.get(key)
            mine_back = row["outcome"] == "reject" and old is not None and old["outcome"] in ("add", "reject")
            values = dict.fromkeys(VALUE_COLUMNS, "") | {"note": row["note"]}
            if row["outcome"] not in OUTCOMES:
                say(f"unknown outcome {row['outcome']!r}", near(row["outcome"], OUTCOMES))
            elif row["outcome"] == "add":
                if there:
                    say("stands there already", "confirm or correct it")
            elif not there and not mine_back:
                say("no such code stands in final", "adjudicate what is open, or add the code")
            if row["outcome"] in ("confirm", "reject"):
                own_words(row, "note", texts, say)
                extra = [c for c in VALUE_COLUMNS if c != "note" and row.get(c)] + ["words"] * bool(
                    row["words"]
                )
                if extra:
                    say(f"{extra[0]} given with {row['outcome']}", "give values with correct or add only")
                value_faults({**row, **values, "state": "withdrawn"}, schema, say)
            elif row["outcome"] in ("correct", "add"):
                row["state"] = row["state"] or "present"
                value_faults(row, schema, say, ("present", "no-information"))
                place = placed(row, schema, texts, say, checked)
                values = {c: row[c] for c in VALUE_COLUMNS if c not in PLACE} | place
                compared = ("state", *FAILURE_MODE_COLUMNS, "principal", "confidence")
                if row["outcome"] == "correct" and stands and all(stands[c] == values[c] for c in compared):
                    say("the correction changes nothing", "confirm it")
            new: Row = {**{c: row[c] for c in KEY}, **values, "outcome": row["outcome"]}
            if old and all(old[c] == v for c, v in new.items()):
                unchanged += 1
                continue
            new |= {"revision": str(revision(old) + 1) if old else "1", "at": now()}
            before[(*key, new["revision"])] = latest[key] = new
            touched[key[0], key[1]] = row
            written += 1
        if touched and not faults:
            mine = [{**r, "coder": coder} for r in latest.values()]
            result = so_far.final_with(verifications=mine)
            for (paper, basis), row in touched.items():
                whole = [r for r in result if (r["paper"], r["basis"]) == (paper, basis)]
                if all(r["resolved"] != "unresolved" and r["schema"] == schema.version for r in whole):
                    complete_faults(whole, schema, basis, sayer(row, faults))
        if faults:
            raise Refused(faults)
        content = (
            {path_of(VERIFICATIONS, coder): rows_text(VERIFICATIONS, before.values())} if written else {}
        )
        notes = tuple(f"{n} place(s) {what}" for what, n in checked.items() if n)
        return Written(written, unchanged, tuple(replace_all(root, content)), notes)
