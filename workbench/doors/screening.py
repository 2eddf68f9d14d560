"""Which records are in: the door for screening decisions, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from workbench.doors.door import Written, known_coder, sayer
from workbench.doors.runs import run_record
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.flow import OTHER, to_screen
from workbench.store.schema import BASES, Schema, load_schema
from workbench.store.screened import STAGES
from workbench.store.standing import standing
from workbench.store.tables import SCREENING
from workbench.store.texts import Text, abstracts, full_text, quoted

DECISIONS = ("include", "exclude", "unsure")
#: Takes an earlier decision back: the rows stay, the screener counts as not having decided.
WITHDRAWN = "withdrawn"
#: What a screener may give; the rest is filled in by the door.
COLUMNS = ("paper", "stage", "decision", "reason", "streams", "basis", "note")
#: What a batch may hold: the route is said of records that were not drawn, and follows from the sample afterwards.
GIVEN = (*COLUMNS, "route")


def screen(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record screening decisions of one screener, all or none.

    Args:
        root: the survey folder.
        coder: id of the screener among the coders.
        rows: ``paper``, ``decision``, and where they apply ``stage`` (title-abstract by default),
            ``reason``, ``streams``, ``basis`` (abstract by default), ``note``; ``route`` (``other-methods``) of a
            record that was not drawn.
        run: the run these decisions belong to; required for a language model.
        batch: what the run was given.

    Raises:
        Refused: any row is wrong; every fault is named and nothing was written. A changed decision becomes a
            new revision, an equal one is left alone. Other screeners' files are not opened.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        contents = run_record(root, who, run, batch, "screen", schema, faults) if who else {}
        records = {r["paper"]: r for r in stored(root, "records", faults)}
        drawn = to_screen(standing(root, "sample", faults))
        texts = abstracts(root)
        mine = stored(root, "screening", faults, coder=coder)
        latest = current(mine, ("paper", "stage"))
        new: list[Row] = []
        unchanged, seen = 0, set()
        for given in rows:
            row = filled({"stage": "title-abstract", "basis": "abstract", **given}, GIVEN, faults)
            say = sayer(row, faults)
            row["streams"] = ";".join(sorted({s.strip() for s in row["streams"].split(";")} - {""}))
            screening_faults(row, schema, records, say)
            _route(row, records, drawn, say)
            for text in _read(root, row, records, texts):
                if words := quoted(row["note"], text):
                    say(f"the note quotes the text ({words!r})", "say it in your own words")
                    break
            key = (row.get("paper", ""), row["stage"])
            if key in seen:
                say("record given twice in this batch", "give one decision a record and stage")
            seen.add(key)
            before = latest.get(key)
            if row.get("decision") == WITHDRAWN and (not before or before["decision"] == WITHDRAWN):
                say(
                    "there is no decision of yours to withdraw",
                    "`survey show KEY` says what stands of a record",
                )
            if before and all(before[c] == row.get(c, "") for c in COLUMNS):
                unchanged += 1
                continue
            number = str(revision(before) + 1) if before else "1"
            new.append(
                {
                    **{c: row.get(c, "") for c in SCREENING.header},
                    "revision": number,
                    "run": run,
                    "at": now(),
                }
            )
        if faults:
            raise Refused(faults)
        if new:
            contents[path_of(SCREENING, coder)] = rows_text(SCREENING, [*mine, *new])
        else:
            contents = {}
        return Written(len(new), unchanged, tuple(replace_all(root, contents)))


def _route(row: Row, records: Mapping[str, Row], drawn: set[str], say: Callable[[str, str], None]) -> None:
    """What was not drawn slips into no sample: who screens it says that it came in by other methods."""
    paper, route = row.get("paper", ""), row["route"]
    if route not in ("", OTHER):
        say(f"unknown route {route!r}", f"{OTHER}, or nothing for a record that was drawn")
    elif route and paper in drawn:
        say("was drawn, and not found by other methods", "leave the route out")
    elif paper in records and drawn and paper not in drawn and not route:
        first = row["stage"] == STAGES[0] and row.get("decision") != WITHDRAWN
        if first and records[paper]["grey"] != "yes":
            remedy = f"if somebody named it say so (--route {OTHER}): it then enters no weighted rate"
            say("was not drawn", remedy)


def _read(root: Path, row: Row, records: Mapping[str, Row], held: Mapping[str, Text]) -> Iterator[Text]:
    """Give the texts in hand that a decision may have been taken from."""
    paper = row.get("paper", "")
    if paper in held:
        yield held[paper]
    # Only of a paper that is known: its key names a file.
    if row["basis"] == "full-text" and paper in records and (whole := full_text(root, paper)):
        yield whole


def screening_faults(
    row: Row, schema: Schema, records: dict[str, Row], say: Callable[[str, str], None]
) -> None:
    """Say what is wrong with one screening decision (the reference to a record, and each value)."""
    paper = row.get("paper", "")
    if paper not in records:
        say(f"unknown paper {paper!r}", near(paper, records))
    elif row["stage"] == "title-abstract" and row["basis"] == "full-text":
        say("full text read at the stage title-abstract", "give the stage full-text")
    for column, known in (("stage", STAGES), ("decision", (*DECISIONS, WITHDRAWN)), ("basis", BASES)):
        if row.get(column, "") not in known:
            say(f"unknown {column} {row.get(column, '')!r}", near(row.get(column, ""), known))
    reasons = [r.id for r in schema.screening.reasons]
    if row.get("decision") == "exclude":
        if row["reason"] not in reasons:
            say(f"unknown reason of exclusion {row['reason']!r}", near(row["reason"], reasons))
    elif row["reason"]:
        say(f"a reason of exclusion on {row.get('decision')!r}", "leave the reason empty")
    for stream in filter(None, row["streams"].split(";")):
        if stream not in schema.streams:
            say(f"unknown stream {stream!r}", near(stream, schema.streams))
