"""Which failures a paper raises: the doors for codings and for the statement that a paper is coded.

A coder's door opens that coder's own files and nobody else's. The words a code rests on are looked up in the
text in hand; only their place and digests are stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from workbench.doors.coding_rules import (
    NOT_CHECKABLE,
    OTHER_EDITION,
    PLACE,
    YES_NO,
    Texts,
    alone_fault,
    complete_faults,
    paper_faults,
    placed,
    principal_fault,
    value_faults,
)
from workbench.doors.door import Written, known_coder, sayer
from workbench.doors.runs import run_record
from workbench.store.batch import filled
from workbench.store.clock import now
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.final import CODING, VERIFICATION
from workbench.store.schema import BASES, load_schema
from workbench.store.screened import decisive
from workbench.store.tables import CODINGS, SIGNOFFS, VALUE_COLUMNS

#: What a coder may give; place, run and time are filled in by the door.
COLUMNS = (
    "paper",
    "schema",
    "basis",
    "facet",
    "code",
    *(c for c in VALUE_COLUMNS if c not in PLACE),
    "words",
)
SIGNOFF_COLUMNS = ("paper", "schema", "basis", "blind")
#: What identifies a coding of one coder, whatever its revision.
KEY = ("paper", "schema", "basis", "facet", "code")
#: What identifies a coder's coding of a whole paper.
WHOLE = ("paper", "schema", "basis")


def code(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record codings of one coder, all or none.

    Before the coder has signed a paper off, a row given again replaces the earlier one, and one withdrawn is
    deleted and leaves nothing. After that either becomes a new revision (a code that is new then starts with
    revision 2), and the paper must stay complete.

    Args:
        root: the survey folder.
        coder: id of the coder among the coders.
        rows: ``COLUMNS``; ``schema`` is the one in force, ``basis`` abstract and ``state`` present where
            left out. ``words`` are at least five consecutive words of the text that a present failure mode
            rests on: they are looked up and not stored.
        run: the run these codings belong to; required for a language model.
        batch: what the run was given.

    Returns:
        What was written; its notes count how many words were found and how many could not be looked up because
        the text is not in hand.

    Raises:
        Refused: any row is wrong, or a code that stands alone is given beside another of its facet; every fault is
            named and nothing was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        contents = run_record(root, who, run, batch, "code", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        mine = {
            (*(r[c] for c in KEY), r["revision"]): r for r in stored(root, "codings", faults, coder=coder)
        }
        latest = current(mine.values(), KEY)
        signed = {tuple(r[c] for c in WHOLE) for r in stored(root, "signoffs", faults, coder=coder)}
        seen: set[tuple[str, ...]] = set()
        touched: dict[tuple[str, ...], Row] = {}
        written = unchanged = 0
        checked = {"found": 0, NOT_CHECKABLE: 0, OTHER_EDITION: 0}
        for given in rows:
            row = filled(given, COLUMNS, faults)
            row["schema"] = row["schema"] or schema.version
            row["basis"] = row["basis"] or "abstract"
            row["state"] = row["state"] or "present"
            say = sayer(row, faults)
            paper_faults(row, records, kept, say)
            if row["schema"] != schema.version:
                say(f"schema {row['schema']} is not in force", f"code under {schema.version}")
            value_faults(row, schema, say)
            row.update(placed(row, schema, texts, say, checked))
            first = records.get(row["paper"], {}).get("text_sha256", "")
            if row["start"] and first and row["basis"] != "full-text" and row["text_sha256"] != first:
                checked[OTHER_EDITION] += 1
            key = tuple(row[c] for c in KEY)
            if key in seen:
                say("code given twice in this batch", "give one row a code")
            seen.add(key)
            before = latest.get(key)
            whole = key[:3]
            if row["state"] == "withdrawn" and before is None:
                say("nothing here to withdraw", "withdraw a code that was given")
            elif row["state"] == "withdrawn" and before and whole not in signed:
                # Nobody else has seen it: it goes, and leaves nothing.
                del mine[(*key, before["revision"])], latest[key]
                written += 1
                continue
            if before and _same(before, row):
                unchanged += 1
                continue
            number = (revision(before) if before else 1) + (whole in signed)
            new = {**{c: row.get(c, "") for c in CODINGS.header}, "revision": str(number)}
            new |= {"run": run, "at": now()}
            mine[(*key, new["revision"])] = latest[key] = new
            touched.setdefault(whole, row)
            written += 1
        by_whole = _by_whole(latest.values(), touched)
        for whole, row in touched.items():
            say = sayer(row, faults)
            if whole in signed:
                complete_faults(by_whole[whole], schema, row["basis"], say)
                continue
            for facet in schema.facets:  # may be unfinished, and may not be contrary to itself
                principal_fault(facet, by_whole[whole], say, at_most=True)
                alone_fault(facet, by_whole[whole], say)
        if faults:
            raise Refused(faults)
        contents = {**contents, path_of(CODINGS, coder): rows_text(CODINGS, mine.values())} if written else {}
        notes = tuple(f"{n} place(s) {what}" for what, n in checked.items() if n)
        return Written(written, unchanged, tuple(replace_all(root, contents)), notes)


def signoff(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record that a coder has coded papers: only this turns the absence of a code into *coded absent*.

    Args:
        root: the survey folder.
        coder: id of the coder.
        rows: ``paper``, and where they apply ``basis`` (abstract by default), ``schema`` and ``blind`` (yes by
            default; no where the coder had seen another's codes of the paper, wherever).
        run: the run; required for a language model.
        batch: what the run was given.

    Raises:
        Refused: a paper is not completely coded (a facet that can be told on this basis has too few or too many
            codes, not exactly one principal, or another beside a code that stands alone), or a row is wrong; nothing
            was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        contents = run_record(root, who, run, batch, "code", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        latest = current(stored(root, "codings", faults, coder=coder), KEY)
        before = stored(root, "signoffs", faults, coder=coder)
        signed = {tuple(r[c] for c in WHOLE) for r in before}
        # Only of who had not coded it before it was drawn is a coding of such a paper a check of the others'.
        to_check = {r["paper"] for r in stored(root, "sample", faults) if r["stage"] == VERIFICATION}
        to_check -= {r["paper"] for r in before if r["stage"] == CODING}
        by_whole = _by_whole(latest.values())
        new: list[Row] = []
        unchanged = 0
        for given in rows:
            row = filled(given, SIGNOFF_COLUMNS, faults)
            row["schema"] = row["schema"] or schema.version
            row["basis"] = row["basis"] or "abstract"
            row["blind"] = row["blind"] or "yes"
            say = sayer(row, faults)
            paper_faults(row, records, kept, say)
            if row["blind"] not in YES_NO:
                say(f"blind is {row['blind']!r}", "write yes, or no where you had seen another's codes of it")
            whole = tuple(row[c] for c in WHOLE)
            if whole in signed:
                unchanged += 1
                continue
            signed.add(whole)
            if row["schema"] != schema.version:
                say(f"schema {row['schema']} is not in force", f"sign off under {schema.version}")
            elif row["basis"] in BASES:
                complete_faults(by_whole.get(whole, []), schema, row["basis"], say)
            text = texts.read(row["paper"], row["basis"])
            new.append(
                {
                    **{c: row[c] for c in SIGNOFF_COLUMNS},
                    "stage": VERIFICATION if row["paper"] in to_check else CODING,
                    "text_sha256": text.digest if text else "",
                    "run": run,
                    "at": now(),
                }
            )
        if faults:
            raise Refused(faults)
        contents = {**contents, path_of(SIGNOFFS, coder): rows_text(SIGNOFFS, [*before, *new])} if new else {}
        return Written(len(new), unchanged, tuple(replace_all(root, contents)))


def codable(root: Path, faults: list[Fault]) -> tuple[dict[str, Row], dict[str, str]]:
    """Return the records, and what screening came to: paper -> include, exclude or pending."""
    held = Decisions(root, faults)
    return held.records, {p: r["decision"] for p, r in decisive(held.screened).items()}


def _same(before: Row, row: Row) -> bool:
    """Say whether a row given again says what is stored; without the text its place cannot be compared."""
    compared = [c for c in VALUE_COLUMNS if c not in PLACE or row["start"]]
    return all(before[c] == row[c] for c in compared)


def _by_whole(
    rows: Iterable[Row], only: Mapping[tuple[str, ...], Row] | None = None
) -> dict[tuple[str, ...], list[Row]]:
    out: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        whole = tuple(row[c] for c in WHOLE)
        if only is None or whole in only:
            out[whole].append(row)
    return out
