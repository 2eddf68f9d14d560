"""Rules of what was merged and taken out: each row leads somewhere, and says who, why and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from workbench.reading.forms import stamp_fault
from workbench.reading.record_rules import is_digest, sayer_of
from workbench.store.batch import near
from workbench.store.faults import Fault
from workbench.store.files import Row, whole_number
from workbench.store.places import KEY
from workbench.store.schema import Schema
from workbench.store.standing import removed

DECISIONS = ("screening", "codings", "signoffs", "adjudications", "verifications", "measurements")


def found_by_none(tables: Mapping[str, list[Row]]) -> set[str]:
    """Return the works that only searches found which were taken out."""
    searches = removed(tables["removals"], "search")
    return {h["paper"] for h in tables["hits"] if h["search"] in searches and h["paper"]}


def merge_faults(
    tables: Mapping[str, list[Row]],
    records: dict[str, Row],
    leads: Mapping[str, str],
    schema: Schema | None = None,
) -> list[Fault]:
    """A merge leads from a key that is no record's to a record's, says who and when, and so does what took it back."""
    faults: list[Fault] = []
    gone = removed(tables["removals"], "record").keys() | found_by_none(tables)
    known = {*records, *leads, *gone, *(row["taken"] for row in tables["merges"])}
    for row in tables["merges"]:
        say = sayer_of(row, row["taken"], faults)
        if not row["undone"]:
            if row["taken"] in records:
                say("is a record and part of another at once", "restore corpus/ from git")
            work = leads[row["taken"]]
            if work not in records and work not in gone:
                say(f"leads to {work!r}, which is no record", near(work, records))
        if not KEY.fullmatch(row["kept"]) or row["kept"] not in known:
            say(f"kept is {row['kept'][:60]!r}, which is no record", near(row["kept"], records))
        for column in ("kept_text_sha256", "taken_text_sha256"):
            if row[column] and not is_digest(row[column]):
                say(f"{column} is no digest", "restore corpus/ from git")
        _signed(row, say)
    streams = set(schema.streams) if schema else set()
    hits = {(h["search"], h["content_sha256"]): h for h in tables["hits"]}
    for row in tables["fields"]:
        say = sayer_of(row, row["record"], faults)
        if row["year"] and whole_number(row["year"]) is None:
            say(f"year is {row['year'][:40]!r}", "write four digits, or leave it empty")
        if row["grey"] not in ("", "yes"):
            say(f"grey is {row['grey'][:40]!r}", "write yes, or leave it empty")
        for stream in row["streams"].split(";") if row["streams"] and schema else ():
            if stream not in streams:
                say(f"unknown stream {stream!r}", near(stream, streams))
        hit = hits.get((row["search"], row["content_sha256"]))
        if hit is None:
            say("fields of no hit", "every row belongs to one of corpus/hits.csv")
        elif leads.get(row["record"], row["record"]) != hit["paper"]:
            say(
                f"its record leads elsewhere than its hit, which is of {hit['paper']}",
                "restore corpus/ from git",
            )
    return faults


def removal_faults(
    searches: Set[str], tables: Mapping[str, list[Row]], records: dict[str, Row]
) -> list[Fault]:
    """What was taken out is a search or a record that is not there, with who and why."""
    faults: list[Fault] = []
    for row in tables["removals"]:
        say = sayer_of(row, row["what"], faults)
        if row["kind"] not in ("search", "record"):
            say(f"unknown kind {row['kind']!r}", "write search or record")
        if row["kind"] == "search" and row["what"] not in searches:
            say("unknown search", near(row["what"], searches))
        if row["kind"] == "record" and not row["undone"] and row["what"] in records:
            say("was taken out and is a record still", "`survey remove KEY --undo` puts it back")
        _signed(row, say)
    return faults


def _signed(row: Row, say: Callable[[str, str], None]) -> None:
    if not row["by"]:
        say("says not by whom", "fill in the column by")
    if not row["why"]:
        say("says not why", "fill in the column why")
    for column in ("at", "undone"):
        if (row[column] or column == "at") and (wrong := stamp_fault(row[column])) is not None:
            say(f"{column} {wrong}", "write UTC to the second: 2026-11-24T09:30:00Z")
    if bool(row["undone"]) != bool(row["undone_by"]):
        say("says only in part when and by whom it was undone", "fill in undone and undone_by, or neither")
    if not whole_number(row["revision"]):
        say(f"revision is {row['revision'][:40]!r}", "revisions count from 1")
