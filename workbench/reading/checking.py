"""Is everything in the survey folder as it must be? Every fault, with file, line, key and remedy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from workbench.doors.coding import KEY, WHOLE
from workbench.doors.coding_rules import (
    OUT,
    PLACE,
    YES_NO,
    alone_fault,
    complete_faults,
    paper_faults,
    value_faults,
)
from workbench.doors.measuring import KEY as MEASURED
from workbench.doors.measuring import hole_faults, measurement_faults, numbers_held, on_paper
from workbench.doors.screening import screening_faults
from workbench.doors.verification import OUTCOMES
from workbench.reading.broken import follows, kept_apart, lost_files, missing
from workbench.reading.canonical import order_faults
from workbench.reading.forms import form_faults, searched_faults, stamp_fault
from workbench.reading.record_rules import (
    frozen_faults,
    hit_faults,
    is_digest,
    pair_faults,
    record_faults,
    run_faults,
    sample_faults,
    sayer_of,
)
from workbench.reading.taking_back_rules import (
    DECISIONS,
    found_by_none,
    merge_faults,
    removal_faults,
)
from workbench.store.assumptions import assumption_faults
from workbench.store.batch import near
from workbench.store.bibliography import PAPERS, read_papers
from workbench.store.claims import claim_faults
from workbench.store.codebook import CODEBOOK, codebook, read_codebook
from workbench.store.coders import Coder, read_coders
from workbench.store.corpus import current, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault
from workbench.store.files import Row, whole_number
from workbench.store.final import CODING, VERIFICATION
from workbench.store.history import history_faults, versions_kept
from workbench.store.panel import panel_faults
from workbench.store.schema import BASES, Schema, read_schema
from workbench.store.screened import STAGES, decisive
from workbench.store.searches import SEARCHES, read_searches
from workbench.store.settings import read_settings
from workbench.store.stale import stale, stale_faults
from workbench.store.standing import counting, joined, removed
from workbench.store.tables import HITS, RUNS, STORED


def check(root: Path) -> list[Fault]:
    """Return everything that is wrong with a survey folder, in order of file and line; empty when all is well.

    Warnings are among them (``Fault.warning``) and do not make a check fail.
    """
    faults: list[Fault] = []
    schema = read_schema(root, faults)
    with kept_apart(faults):
        if schema and read_codebook(root) != codebook(schema):
            faults.append(Fault(CODEBOOK, 0, "", "is not in step with schema.yaml", "run `survey codebook`"))
    coders = read_coders(root, faults)
    works = read_papers(root, faults)
    entries = {e.key: e for e in works}
    tables = {name: stored(root, name, faults) for name in STORED}
    searches = read_searches(root, faults)
    broken = {f.file for f in faults if not f.warning} | missing(root, tables)
    faults += order_faults(root, tables, works, broken)
    records = {r["paper"]: r for r in tables["records"]}
    for key, entry in entries.items():
        if key not in records:
            faults.append(Fault(PAPERS, entry.line, key, "no row in records.csv", "add it with `survey add`"))
    for row in tables["records"]:
        faults += record_faults(row, entries.keys(), schema)
    logged = {s.id for s in searches}
    leads = joined(tables["merges"])
    out = removed(tables["removals"], "record").keys() | found_by_none(tables)
    gone = leads.keys() | out
    faults += hit_faults(logged, SEARCHES not in broken, tables["hits"], records, out)
    faults += merge_faults(tables, records, leads, schema)
    faults += removal_faults(logged, tables, records)
    faults += pair_faults(tables["maybe_duplicates"], records, gone)
    faults += frozen_faults(root, tables, records, gone)
    faults += sample_faults(tables["sampling"], tables["sample"], records, gone)
    for name in DECISIONS:  # what was decided of a record that is none of its own any more counts nowhere
        tables[name] = counting(name, tables[name], leads, tables["removals"])
    faults += run_faults(tables["runs"], coders.keys())
    faults += panel_faults(tables["audit"])
    runs = _runs(tables)
    for row in tables["screening"]:
        say = sayer_of(row, row["paper"], faults)
        if schema:
            screening_faults(row, schema, records, say)
        if row["coder"] not in coders:
            say(f"unknown coder {row['coder']!r}", "register the coder with `survey register`")
        elif coders[row["coder"]].kind == "language-model" and not row["run"]:
            say("a language model's decision without a run", "record it with --run")
        _run_and_time(row, runs, say)
    faults += _decisions(root, tables, records, coders, schema)
    faults += _measurements(tables, records, coders, schema)
    faults += form_faults(tables, schema, versions_kept(root))
    if not broken & {HITS.path, SEARCHES}:
        faults += searched_faults({s.id: s.rows for s in searches if s.sha256}, tables["hits"])
    if schema:
        with kept_apart(faults):
            read_settings(root, schema, faults)
        with kept_apart(faults):
            faults += claim_faults(root, schema, records)
        with kept_apart(faults):
            faults += assumption_faults(root, schema, [s.id for s in searches])
        with kept_apart(faults):
            faults += history_faults(root, schema, tables["signoffs"])
        with kept_apart(faults):
            faults += stale_faults(stale(root, schema, tables["codings"], tables["signoffs"]), schema)
    faults += lost_files(root, broken, faults)
    return sorted(f for f in set(faults) if not follows(f, broken))


def _decisions(
    root: Path,
    tables: dict[str, list[Row]],
    records: dict[str, Row],
    coders: dict[str, Coder],
    schema: Schema | None,
) -> list[Fault]:
    """Codings, sign-offs, adjudications and verifications: each by the rules of its door."""
    faults: list[Fault] = []
    kept = {p: r["decision"] for p, r in decisive(Decisions(root, []).screened).items()}
    latest = current(tables["codings"], ("coder", *KEY))
    last_screened: dict[str, str] = {}
    for row in (*tables["screening"], *(r for r in tables["adjudications"] if r["facet"] == "screening")):
        last_screened[row["paper"]] = max(row["at"], last_screened.get(row["paper"], ""))
    runs = _runs(tables)
    for row in tables["codings"]:
        say = sayer_of(row, row["paper"], faults)
        if row["state"] != "withdrawn" and latest[(row["coder"], *(row[c] for c in KEY))] is row:
            _on_paper(row, records, kept, last_screened, faults)
        if schema and row["schema"] == schema.version:
            value_faults(row, schema, say)
        _place(row, say)
        facet = schema.facet(row["facet"]) if schema else None
        if facet and facet.levelled and row["state"] == "present" and not row["span_sha256"]:
            message, remedy = "rests on no checked place", "code it again with its words and the text in hand"
            faults.append(Fault(row["_file"], int(row["_line"]), row["paper"], message, remedy, True))
        _by_whom(row, row["coder"], coders, say)
        _run_and_time(row, runs, say)
    whole: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for (coder, paper, version, basis, *_), row in latest.items():
        whole[coder, paper, version, basis].append(row)
    signed_off = {(r["coder"], *(r[c] for c in WHOLE)) for r in tables["signoffs"]}
    for at in sorted(whole.keys() - signed_off):  # what is signed off is told at its sign-off
        for facet in schema.facets if schema and at[2] == schema.version else ():
            alone = {c.id for c in facet.codes if c.alone}
            for row in (r for r in whole[at] if r["facet"] == facet.id and r["code"] in alone):
                alone_fault(facet, whole[at], sayer_of(row, row["paper"], faults))
    for row in tables["signoffs"]:
        say = sayer_of(row, row["paper"], faults)
        _on_paper(row, records, kept, last_screened, faults)
        if schema and row["schema"] == schema.version and row["basis"] in BASES:
            mine = whole.get((row["coder"], *(row[c] for c in WHOLE)), [])
            complete_faults(mine, schema, row["basis"], say)
        if row["blind"] not in YES_NO:
            say(f"blind is {row['blind']!r}", "write yes or no")
        if row["stage"] not in (CODING, VERIFICATION):
            say(f"unknown stage {row['stage']!r}", f"write {CODING} or {VERIFICATION}")
        if row["text_sha256"] and not is_digest(row["text_sha256"]):
            say("text_sha256 is no SHA-256 digest", "let `survey signoff` write it")
        _by_whom(row, row["coder"], coders, say)
        _run_and_time({**row, "revision": "1"}, runs, say)
    signed: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in tables["signoffs"]:
        signed[tuple(row[c] for c in WHOLE)].add(row["coder"])
    for row in tables["adjudications"]:
        say = sayer_of(row, row["paper"], faults)
        if row["paper"] not in records:
            say(f"unknown paper {row['paper']!r}", near(row["paper"], records))
        if row["facet"] == "screening":
            if row["code"] not in STAGES:
                say(f"unknown stage {row['code']!r}", near(row["code"], STAGES))
            if row["state"] not in ("include", "exclude"):
                say(f"unknown decision {row['state']!r}", "write include or exclude")
        else:
            who = signed[tuple(row[c] for c in WHOLE)]
            if len(who) < 2:
                say("fewer than two coders signed it off", "two code before anybody decides")
            if row["chosen"] not in (*who, "new"):
                say(f"unknown choice {row['chosen']!r}", f"one of {', '.join([*sorted(who), 'new'])}")
            if row["by"] in who:
                say(f"{row['by']} coded it", "a third party decides")
            if schema and row["schema"] == schema.version:
                value_faults(row, schema, say)
                facet = schema.facet(row["facet"])
                if facet and facet.levelled and not row["rationale"]:
                    say("a code with levels decided without a rationale", "say why")
            _place(row, say)
        _by_whom(row, row["by"], coders, say)
        _run_and_time({**row, "run": ""}, set(), say)
    for row in tables["verifications"]:
        say = sayer_of(row, row["paper"], faults)
        _on_paper(row, records, kept, last_screened, faults)
        if row["outcome"] not in OUTCOMES:
            say(f"unknown outcome {row['outcome']!r}", near(row["outcome"], OUTCOMES))
        elif schema and row["outcome"] in ("correct", "add"):
            value_faults(row, schema, say)
        if row["coder"] in coders and coders[row["coder"]].kind != "human":
            say(f"{row['coder']} is not human", "humans verify")
        _place(row, say)
        _by_whom(row, row["coder"], coders, say)
        _run_and_time({**row, "run": ""}, set(), say)
    return faults


def _measurements(
    tables: dict[str, list[Row]], records: dict[str, Row], coders: dict[str, Coder], schema: Schema | None
) -> list[Fault]:
    """Paired evidence, by the rules of its door; what was superseded may name what the schema had before."""
    faults: list[Fault] = []
    latest = current(tables["measurements"], MEASURED)
    held = numbers_held(latest.values())
    told: set[tuple[str, str]] = set()
    runs = _runs(tables)
    for row in tables["measurements"]:
        say = sayer_of(row, row["paper"], faults)
        on_paper(row, records, say)
        if latest[tuple(row[c] for c in MEASURED)] is row:
            if schema:
                measurement_faults(row, schema, say)
            if row["state"] == "present" and not row["span_sha256"]:
                message, remedy = (
                    "rests on no checked place",
                    "give it again with its words and the text in hand",
                )
                faults.append(Fault(row["_file"], int(row["_line"]), row["paper"], message, remedy, True))
        if (at := (row["paper"], row["failure_mode"])) not in told:
            hole_faults(held[at], say)
            told.add(at)
        _place(row, say)
        _by_whom(row, row["by"], coders, say)
        _run_and_time({**row, "coder": row["by"]}, runs, say)
    return faults


def _on_paper(
    row: Row,
    records: dict[str, Row],
    kept: dict[str, str],
    last_screened: dict[str, str],
    faults: list[Fault],
) -> None:
    """A decision on a paper that is not in is a fault; a warning where the paper went out only later."""
    found: list[Fault] = []
    paper_faults(row, records, kept, sayer_of(row, row["paper"], found))
    later = kept.get(row["paper"], "include") != "include" and row["at"] <= last_screened[row["paper"]]
    for fault in found:
        if later and fault.message in OUT:
            fault = replace(fault, remedy="it counts nowhere while the paper is not in", warning=True)
        faults.append(fault)


def _by_whom(row: Row, who: str, coders: dict[str, Coder], say: Callable[[str, str], None]) -> None:
    if who not in coders:
        say(f"unknown coder {who!r}", "register the coder with `survey register`")
    elif "run" in row and coders[who].kind == "language-model" and not row["run"]:
        say("a language model's decision without a run", "record it with --run")


def _place(row: Row, say: Callable[[str, str], None]) -> None:
    """A place is whole, two digests and a span, or empty."""
    cells = [row[c] for c in PLACE]
    if not any(cells):
        return
    start, end = row["start"], row["end"]
    if not (is_digest(row["text_sha256"]) and is_digest(row["span_sha256"])):
        say("its place in the text has no digest", "let the door write it")
    elif (first := whole_number(start)) is None or first >= (whole_number(end) or 0):
        say(f"its place in the text is {start[:40]!r} to {end[:40]!r}", "let the door write it")


def _runs(tables: dict[str, list[Row]]) -> set[tuple[str, str]]:
    """Return the (coder, run) pairs that are on record."""
    return {(r["coder"], r["id"]) for r in tables["runs"]}


def _run_and_time(row: Row, runs: set[tuple[str, str]], say: Callable[[str, str], None]) -> None:
    if row["run"] and (row["coder"], row["run"]) not in runs:
        say(f"run {row['run']!r} is not this coder's", f"runs are on record in {RUNS.path}")
    if (wrong := stamp_fault(row["at"])) is not None:
        say(f"at {wrong}", "write UTC to the second: 2026-11-24T09:30:00Z")
    if not whole_number(row["revision"]):
        say(f"revision is {row['revision'][:40]!r}", "revisions count from 1")
