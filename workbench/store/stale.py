"""Which codings were made under a wording that holds no longer: the queue of what to look at again.

A coder's current coding of a paper is that of the newest schema version that coder signed off. It is stale where
that version said something else of the code, its facet, the scales or the general rules than the schema says
today, and the change was not declared to be one of words only (``coding_schema/cosmetic.yaml``). Coding the paper
again under the version in force, and signing it off, takes it out of the queue. Nothing is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.store.corpus import current, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, own_text, recover
from workbench.store.final import version_key
from workbench.store.history import Part, changed, declared, scale, text_of, versions_kept, wording
from workbench.store.schema import PATH, Facet, Schema, load_schema

#: What stands for the wording of a version of which no copy is kept.
LOST = "(the wording of this version is not kept)"
LOST_PART = Part("", "", "wording")


@dataclass(frozen=True)
class Change:
    """One part of the wording that is not what it was.

    Attributes:
        part: which.
        old: what it said; empty where it is new.
        new: what it says today; empty where it is gone.
    """

    part: Part
    old: str
    new: str


def changes(root: Path, version: str, schema: Schema, faults: list[Fault]) -> list[Change]:
    """Return what the schema says otherwise today than in an earlier version, changes of words only left out.

    Where no copy of the version is kept, the one change returned says so.

    Args:
        root: the survey folder.
        version: the earlier version.
        schema: the schema in force.
        faults: what cannot be read is added here.
    """
    if version == schema.version:
        return []
    old, today = text_of(root, version), wording(own_text(root, PATH) or "")
    if old is None:
        return [Change(LOST_PART, LOST, "")]
    before = wording(old)
    real = _really_changed(root, version, schema, faults)
    # Of a code that came or went its definition says enough.
    whole = _codes(before) ^ _codes(today)
    return [
        Change(p, before.get(p, ""), today.get(p, ""))
        for p in changed(before, today)
        if p in real and (p.what == "definition" or (p.facet, p.code) not in whole)
    ]


def _codes(words: Mapping[Part, str]) -> set[tuple[str, str]]:
    return {(p.facet, p.code) for p in words if p.code}


def _really_changed(root: Path, version: str, schema: Schema, faults: list[Fault]) -> set[Part]:
    """Parts that changed in some step since a version without being declared a change of words only."""
    words_only = declared(root, faults)
    steps = [v for v in versions_kept(root) if version_key(version) < version_key(v)]
    steps = [v for v in steps if version_key(v) < version_key(schema.version)] + [schema.version]
    out: set[Part] = set()
    before = wording(text_of(root, version) or "")
    for step in steps:
        text = (own_text(root, PATH) or "") if step == schema.version else text_of(root, step)
        after = wording(text or "")
        out |= {p for p in changed(before, after) if str(p) not in words_only.get(step, ())}
        before = after
    return out


def stale(
    root: Path, schema: Schema, codings: Iterable[Row], signoffs: Iterable[Row]
) -> list[dict[str, str]]:
    """Derive the queue, a row a coding and changed part of the wording.

    A definition, an include or exclude rule or a separating rule makes stale what was said of its code, the word
    *absent* included (a separating rule: of both codes); a facet's question, rules or cardinality what was said in
    the facet; a general rule what was said at all. The levels are one scale: a changed level makes stale the codings
    at it and at the levels beside it; a changed role or mitigation all failure modes. A code that came later was
    never asked.

    Args:
        root: the survey folder, for its kept wordings.
        schema: the schema in force.
        codings: rows of all coders, each with ``coder``.
        signoffs: likewise; what is not signed off is in no queue.

    Returns:
        Rows with the columns of ``workbench.store.tables.STALE``, sorted by coder, paper, basis, facet, code and part.
    """
    newest: dict[tuple[str, str, str], Row] = {}
    for row in signoffs:
        at = (row["coder"], row["paper"], row["basis"])
        if at not in newest or version_key(row["schema"]) > version_key(newest[at]["schema"]):
            newest[at] = row
    old = {at: row for at, row in newest.items() if row["schema"] != schema.version}
    if not old:
        return []
    held: dict[tuple[str, str, str], dict[tuple[str, str], Row]] = defaultdict(dict)
    whole = ("coder", "paper", "schema", "basis", "facet", "code")
    for row in current(codings, whole).values():
        at = (row["coder"], row["paper"], row["basis"])
        if at in old and row["schema"] == old[at]["schema"] and row["state"] != "withdrawn":
            held[at][row["facet"], row["code"]] = row
    faults: list[Fault] = []
    versions = {r["schema"] for r in old.values()}
    per_version = {v: changes(root, v, schema, faults) for v in versions}
    texts = {v: text_of(root, v) or "" for v in versions}
    scales = {v: (scale(text, "levels"), _codes(wording(text))) for v, text in texts.items()}
    out: set[tuple[str, ...]] = set()
    for at, signed in old.items():
        levels, asked = scales[signed["schema"]]
        for change in per_version[signed["schema"]]:
            for facet, code, state, level in _touched(change, held[at], schema, levels, at[2]):
                if state == "absent" and code and (facet, code) not in asked:
                    state = "not asked"
                where = (*at, signed["schema"], facet, code, state, level)
                out.add((*where, str(change.part), change.old, change.new))
    ordered = sorted(out, key=lambda r: (r[:3], r[4:6], r[8]))
    return [dict(zip(_COLUMNS, row, strict=True)) for row in ordered]


_COLUMNS = (
    "coder",
    "paper",
    "basis",
    "schema",
    "facet",
    "code",
    "state",
    "level",
    "part",
    "old",
    "new",
)


def _touched(
    change: Change,
    mine: Mapping[tuple[str, str], Row],
    schema: Schema,
    levels: tuple[str, ...],
    basis: str,
) -> Iterator[tuple[str, str, str, str]]:
    """Yield facet, code, state and level of what one changed part makes stale on one paper of one coder."""
    part = change.part
    if part.code:
        codes = {part.code}
        if part.what.startswith("against "):
            codes.add(part.what.removeprefix("against "))
        for code in sorted(codes):
            row = mine.get((part.facet, code))
            facet = schema.facet(part.facet)
            if row is not None:
                yield part.facet, code, row["state"], row["level"]
            elif _asked(facet, code, basis):
                yield part.facet, code, "absent", ""
        return
    if part.facet or part == LOST_PART or part.what.startswith("rule "):
        there = {at: row for at, row in mine.items() if part.facet in ("", at[0])}
        for (facet_id, code), row in there.items():
            yield facet_id, code, row["state"], row["level"]
        if not there:  # nothing of the facet was found under the old rules
            yield part.facet, "", "absent", ""
        return
    kind, _, term = part.what.partition(" ")
    near = set(levels)
    if kind == "level" and term in levels:
        n = levels.index(term)
        near = set(levels[max(0, n - 1) : n + 2])
    for (facet_id, code), row in mine.items():
        if row["level"] and row["level"] in near:
            yield facet_id, code, row["state"], row["level"]


def _asked(facet: Facet | None, code: str, basis: str) -> bool:
    """Say whether the schema in force asks for a code on a basis: else its absence says nothing."""
    return facet is not None and facet.code(code) is not None and facet.assessable(code, basis)


def stale_of(root: Path) -> tuple[list[dict[str, str]], Schema]:
    """Return the queue of a survey folder, and its schema.

    Raises:
        Refused: a file is faulty.
    """
    recover(root)
    faults: list[Fault] = []
    schema = load_schema(root)
    rows = stale(root, schema, stored(root, "codings", faults), stored(root, "signoffs", faults))
    if any(not f.warning for f in faults):
        raise Refused(f for f in faults if not f.warning)
    return rows, schema


def stale_faults(rows: Iterable[Mapping[str, str]], schema: Schema) -> list[Fault]:
    """Return a warning for each coder and version with codings that a changed wording makes stale."""
    papers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        papers[row["coder"], row["schema"]].add(row["paper"])
    out = []
    for (coder, version), mine in sorted(papers.items()):
        message = f"{len(mine)} paper(s) coded under schema {version} rest on a wording that {schema.version} changed"
        remedy = f"see `survey stale --coder {coder}`; code them again, or declare the change cosmetic"
        out.append(Fault(f"corpus/signoffs/{coder}.csv", 0, coder, message, remedy, True))
    return out


def listing(rows: Iterable[Mapping[str, str]], schema: Schema, coder: str = "") -> list[str]:
    """Return the queue as lines of text: each changed wording, old above new, and the papers it concerns.

    Without a coder, papers are counted and their codes are not named: one coder's codings are no business of
    another who has yet to code the same papers.

    Args:
        rows: what :func:`stale` gave.
        schema: the schema in force.
        coder: whose queue.
    """
    mine = [r for r in rows if coder in ("", r["coder"])]
    if not mine:
        whose = f"{coder}'s codings" if coder else "codings"
        return [f"no {whose} are stale: all rest on what schema {schema.version} says"]
    out = []
    by_part: dict[tuple[str, str, str, str], list[Mapping[str, str]]] = defaultdict(list)
    for row in mine:
        by_part[row["schema"], row["part"], row["old"], row["new"]].append(row)
    # First what concerns codes that were given, then the most papers.
    order = sorted(
        by_part.items(),
        key=lambda item: (-sum(r["state"] == "present" for r in item[1]), -len(item[1]), item[0]),
    )
    for (version, part, old, new), concerned in order:
        out += [
            f"{part} ({version} -> {schema.version})",
            f"  old: {old or '(not there)'}",
            f"  new: {new or '(gone)' if old != LOST else '(see the codebook)'}",
        ]
        if coder:
            for row in sorted(concerned, key=lambda r: (r["state"] != "present", r["paper"], r["code"])):
                level = f" ({row['level']})" if row["level"] else ""
                out.append(f"  {row['paper']} {row['facet']} {row['code']}: {row['state']}{level}".rstrip())
        else:
            for who in sorted({r["coder"] for r in concerned}):
                theirs = {(r["paper"], r["basis"]) for r in concerned if r["coder"] == who}
                out.append(f"  {who}: {len(theirs)} paper(s)")
        out.append("")
    papers = {(r["coder"], r["paper"], r["basis"]) for r in mine}
    how = "`survey code`, `survey signoff`"
    out.append(f"{len(papers)} coding(s) of a whole paper to make again under {schema.version}: {how}")
    return out
