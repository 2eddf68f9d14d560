"""Which records are in: the door for screening decisions, and what they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.doors.runs import run_record
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.coders import Coder, read_coders
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.final import version_key
from workbench.store.schema import BASES, Schema, load_schema
from workbench.store.tables import SCREENING
from workbench.store.texts import Text, abstracts, full_text, quoted

STAGES = ("title-abstract", "full-text")
DECISIONS = ("include", "exclude", "unsure")
#: What a screener may give; the rest is filled in by the door.
COLUMNS = ("paper", "stage", "decision", "reason", "streams", "basis", "note")


@dataclass(frozen=True)
class Written:
    """What a door wrote.

    Attributes:
        rows: rows that are new or replaced.
        unchanged: rows that said what was already there.
        files: paths that changed, relative to the survey folder.
        notes: counts and warnings worth telling.
    """

    rows: int
    unchanged: int
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def screen(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record screening decisions of one screener, all or none.

    Args:
        root: the survey folder.
        coder: id of the screener in coders.yaml.
        rows: ``paper``, ``decision``, and where they apply ``stage`` (title-abstract by default),
            ``reason``, ``streams``, ``basis`` (abstract by default), ``note``.
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
        texts = abstracts(root)
        mine = stored(root, "screening", faults, coder=coder)
        latest = current(mine, ("paper", "stage"))
        new: list[Row] = []
        unchanged, seen = 0, set()
        for given in rows:
            row = filled({"stage": "title-abstract", "basis": "abstract", **given}, COLUMNS, faults)
            say = sayer(row, faults)
            row["streams"] = ";".join(sorted({s.strip() for s in row["streams"].split(";")} - {""}))
            screening_faults(row, schema, records, say)
            for text in _read(root, row, records, texts):
                if words := quoted(row["note"], text):
                    say(f"the note quotes the text ({words!r})", "say it in your own words")
                    break
            key = (row.get("paper", ""), row["stage"])
            if key in seen:
                say("record given twice in this batch", "give one decision a record and stage")
            seen.add(key)
            before = latest.get(key)
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


def _read(root: Path, row: Row, records: Mapping[str, Row], held: Mapping[str, Text]) -> Iterator[Text]:
    """Give the texts in hand that a decision may have been taken from."""
    paper = row.get("paper", "")
    if paper in held:
        yield held[paper]
    # Only of a paper that is known: its key names a file.
    if row["basis"] == "full-text" and paper in records and (whole := full_text(root, paper)):
        yield whole


def known_coder(root: Path, coder: str, faults: list[Fault]) -> Coder | None:
    """Return the coder with this id; an unknown one is a fault."""
    coders = read_coders(root, faults)
    if coder not in coders:
        remedy = f"add {coder} to corpus/coders.yaml; known: {', '.join(coders) or 'nobody'}"
        faults.append(Fault("corpus/coders.yaml", 0, coder, "unknown coder", remedy))
    return coders.get(coder)


def screening_faults(
    row: Row, schema: Schema, records: dict[str, Row], say: Callable[[str, str], None]
) -> None:
    """Say what is wrong with one screening decision (the reference to a record, and each value)."""
    paper = row.get("paper", "")
    if paper not in records:
        say(f"unknown paper {paper!r}", near(paper, records))
    elif row["stage"] == "title-abstract" and row["basis"] == "full-text":
        say("full text read at the stage title-abstract", "give the stage full-text")
    for column, known in (("stage", STAGES), ("decision", DECISIONS), ("basis", BASES)):
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


def sayer(row: Row, faults: list[Fault]) -> Callable[[str, str], None]:
    """Return a function that adds a fault about a row."""

    def say(message: str, remedy: str) -> None:
        faults.append(Fault(row["_file"], int(row["_line"]), row.get("paper", ""), message, remedy))

    return say


def screened(screening: Iterable[Row], adjudications: Iterable[Row], grey: set[str]) -> list[Row]:
    """Derive what screening came to, a row a paper and stage.

    A record is in or out when two screeners agree or an adjudication decides, else pending. Grey sources
    are screened by one. Rows have the columns of ``workbench.store.tables.SCREENED`` and ``streams``: those named
    by at least two of its screeners (by the one, for grey sources).
    """
    by_paper: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in current(screening, ("coder", "paper", "stage")).values():
        by_paper[row["paper"], row["stage"]].append(row)
    # The last ruling holds, whichever schema was in force and whatever was read.
    rulings = [a for a in adjudications if a["facet"] == "screening"]
    rulings.sort(key=lambda r: (version_key(r["schema"]), r["at"], revision(r)))
    decided = {(r["paper"], r["code"]): r for r in rulings}
    out = []
    for (paper, stage), rows in sorted(by_paper.items()):
        decisions = {r["decision"] for r in rows}
        reasons = {r["reason"] for r in rows if r["reason"]}
        enough = len(rows) >= 2 or paper in grey
        ruling = decided.get((paper, stage))
        if ruling:
            decision, reason, resolved = ruling["state"], ruling["note"], "adjudicated"
        elif enough and len(decisions) == 1 and decisions != {"unsure"}:
            decision = decisions.pop()
            reason = "" if decision == "include" else reasons.pop() if len(reasons) == 1 else "reasons-differ"
            resolved = "agreed" if len(rows) >= 2 else "single"
        else:
            decision, reason, resolved = "pending", "", "pending"
        named: dict[str, int] = defaultdict(int)
        for row in rows:
            for stream in filter(None, row["streams"].split(";")):
                named[stream] += 1
        out.append(
            {
                "paper": paper,
                "stage": stage,
                "decision": decision,
                "reason": reason,
                "resolved": resolved,
                "coders": str(len(rows)),
                "streams": ";".join(sorted(s for s, n in named.items() if n >= min(2, len(rows)))),
            }
        )
    return out


def included(screened_rows: Iterable[Row]) -> set[str]:
    """Return the papers that are in: included at the last stage at which they were screened."""
    last: dict[str, Row] = {}
    for row in screened_rows:
        if row["paper"] not in last or STAGES.index(row["stage"]) > STAGES.index(last[row["paper"]]["stage"]):
            last[row["paper"]] = row
    return {p for p, r in last.items() if r["decision"] == "include"}
