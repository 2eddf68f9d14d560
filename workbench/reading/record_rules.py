"""Rules of the rows that bring records in and draw them: records, hits, pairs, frame, sample, runs."""

from __future__ import annotations

from collections.abc import Callable, Set
from pathlib import Path

from workbench.doors.sampling import STAGE as SCREENING
from workbench.store.batch import near
from workbench.store.corpus import YEARS
from workbench.store.faults import Fault
from workbench.store.files import Row, whole_number
from workbench.store.frames import frame_faults
from workbench.store.schema import Schema
from workbench.store.searches import SEARCHES
from workbench.store.tables import RECORDS, SAMPLE, SAMPLING

YES_NO = ("yes", "no")


def sayer_of(row: Row, key: str, faults: list[Fault]) -> Callable[[str, str], None]:
    """Return a function that adds a fault about a row."""

    def say(message: str, remedy: str) -> None:
        faults.append(Fault(row["_file"], int(row["_line"]), key, message, remedy))

    return say


def record_faults(row: Row, entries: object, schema: Schema | None) -> list[Fault]:
    """Rows of records.csv: a work each, with facts of a form."""
    faults: list[Fault] = []
    say = sayer_of(row, row["paper"], faults)
    if row["paper"] not in entries:  # type: ignore[operator]
        say("no entry in papers.bib", "add it with `survey add`, or delete the row")
    for column in ("verified", "grey"):
        if row[column] not in YES_NO:
            say(f"{column} is {row[column]!r}", "write yes or no")
    year = row["first_public"]
    if year and (whole_number(year) or 0) not in YEARS:
        say(f"first_public is {year[:40]!r}", "write a year, or nothing where it is not known")
    for stream in filter(None, row["guessed_streams"].split(";")):
        if schema and stream not in schema.streams:
            say(f"unknown stream {stream!r}", near(stream, schema.streams))
    if row["text_sha256"] and not is_digest(row["text_sha256"]):
        say("text_sha256 is no SHA-256 digest", "let `survey abstracts --from FILE` write it")
    return faults


def hit_faults(
    searches: set[str], log_is_whole: bool, rows: list[Row], records: dict[str, Row], gone: Set[str]
) -> list[Fault]:
    """Hits; where the log is not whole, every hit of a faulty search would be a fault of its own.

    ``gone``, here and below: keys of records that were taken out, or joined another.
    """
    faults: list[Fault] = []
    for row in rows:
        say = sayer_of(row, row["paper"], faults)
        if log_is_whole and row["search"] not in searches:
            say(f"unknown search {row['search']!r}", f"the searches are logged in {SEARCHES}")
        if row["outcome"] not in ("new", "merged", "maybe", "unreadable"):
            say(f"unknown outcome {row['outcome']!r}", "one of new, merged, maybe, unreadable")
        elif row["outcome"] == "unreadable":
            if row["paper"]:
                say("an unreadable hit names a paper", "leave the paper empty")
            if not row["reason"]:
                say("an unreadable hit without a reason", "say why it could not be read")
        elif row["paper"] not in records and row["paper"] not in gone:
            say(f"unknown paper {row['paper']!r}", f"every hit belongs to a row of {RECORDS.path}")
        if not is_digest(row["content_sha256"]):
            say("content_sha256 is no SHA-256 digest", "let `survey add` write it")
    return faults


def pair_faults(rows: list[Row], records: dict[str, Row], gone: Set[str]) -> list[Fault]:
    """Pairs that may be one work."""
    faults: list[Fault] = []
    for row in rows:
        say = sayer_of(row, row["a"], faults)
        if row["decision"] not in ("", "same", "different"):
            say(f"unknown decision {row['decision']!r}", "one of same, different, or nothing")
        for side in ("a", "b"):
            if row["decision"] != "same" and row[side] not in records and row[side] not in gone:
                say(f"unknown paper {row[side]!r}", "a pair names two records")
        if row["decision"] and not row["by"]:
            say("a decision without a name", "fill in the column by")
    return faults


def frozen_faults(
    root: Path, tables: dict[str, list[Row]], records: dict[str, Row], gone: Set[str]
) -> list[Fault]:
    """The frozen frames name records that are there, and what was drawn is what their rule gives."""
    rows = tables["frame"]
    faults = frame_faults(root, rows, tables["sample"])
    for row in rows:
        if row["paper"] not in records and row["paper"] not in gone:
            message = "a record of the frame that is not there"
            faults.append(
                Fault(row["_file"], int(row["_line"]), row["paper"], message, near(row["paper"], records))
            )
    return faults


def sample_faults(
    blocks: list[Row], drawn: list[Row], records: dict[str, Row], gone: Set[str]
) -> list[Fault]:
    """What was drawn agrees with the blocks."""
    faults: list[Fault] = []
    known = {(b["stage"], b["stratum"], b["block"]) for b in blocks}
    for row in drawn:
        say = sayer_of(row, row["paper"], faults)
        if row["paper"] in gone:
            pass  # what was drawn stays drawn, under the key it had
        elif row["paper"] not in records:
            say(f"unknown paper {row['paper']!r}", near(row["paper"], records))
        elif row["stage"] == SCREENING and row["stratum"] != records[row["paper"]]["stratum"]:
            say("its stratum is not the one in records.csv", "a stratum is given once and never changed")
        if (row["stage"], row["stratum"], row["block"]) not in known:
            say("its block is not in sampling.csv", "let `survey sample` draw")
    for block in blocks:
        say = sayer_of(block, block["stratum"], faults)
        size = sum(
            (r["stage"], r["stratum"], r["block"]) == (block["stage"], block["stratum"], block["block"])
            for r in drawn
        )
        if str(size) != block["drawn"]:
            say(f"says {block['drawn']} drawn, {SAMPLE.path} has {size}", f"restore {SAMPLING.path} from git")
    return faults


def run_faults(rows: list[Row], coders: object) -> list[Fault]:
    """Runs name a coder and what was given."""
    faults: list[Fault] = []
    for row in rows:
        if row["coder"] not in coders:  # type: ignore[operator]
            remedy = "register the coder with `survey register`"
            faults.append(
                Fault(row["_file"], int(row["_line"]), row["id"], f"unknown coder {row['coder']!r}", remedy)
            )
        if not is_digest(row["instructions_sha256"]):
            message = "instructions_sha256 is no SHA-256 digest"
            faults.append(
                Fault(row["_file"], int(row["_line"]), row["id"], message, "let a door write the run")
            )
    return faults


def is_digest(text: str) -> bool:
    """Say whether text is a SHA-256 digest."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
