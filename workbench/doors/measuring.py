"""Where a paper gives a number for the proxy and one for the property: the door for paired evidence.

Numbers are kept exactly as reported. The words they stand in are looked up in the text in hand; only their place and
digests are stored.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.doors.coding import codable
from workbench.doors.coding_rules import NOT_CHECKABLE, OTHER_EDITION, PLACE, Say, Texts, own_words, placed
from workbench.doors.door import Written, known_coder, sayer
from workbench.doors.runs import run_record
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.corpus import current, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, whole_number, writing
from workbench.store.schema import BASES, Facet, Schema, load_schema
from workbench.store.searches import SEARCHES, Search, next_id, read_searches, searches_text
from workbench.store.tables import MEASUREMENTS
from workbench.store.texts import fold

STATES = ("present", "withdrawn")
KINDS = ("pair", "drop")
#: A title holds no pair of numbers.
READ = ("abstract", "full-text")
HIGHER_IS = ("better", "worse")
#: Of a drop: what the property turned out to be, beside what the proxy showed. Of a pair the values tell.
LATENT_IS = ("worse", "better", "neither")
#: unit -> what it is. Any scale may stand in `score-A-B`; anything else is `other: ` and the unit.
UNITS = {
    "percent": "a share from 0 to 100; of a drop: the text does not say whether points or a share are meant",
    "percentage-points": "of a drop only: the difference of two percentages",
    "relative-percent": "of a drop only: the share of the proxy's own value that was lost",
    "score-A-B": "a score on the scale from A to B, as in score-0-1 or score-1-5",
    "correlation": "a coefficient from -1 to 1",
    "count": "a number of cases",
    "ratio": "how many times",
    "mixed": "the two values are in different units; the measures say which",
    "other: ...": "the unit in words",
}
#: Where a unit does not apply to the kind of row.
ONLY_DROPS = ("percentage-points", "relative-percent")
ONLY_PAIRS = ("mixed",)
#: What a reader may give; place, revision, run, reader and time are filled in by the door.
COLUMNS = (
    *(c for c in MEASUREMENTS.header if c not in (*PLACE, "revision", "run", "by", "at")),
    "words",
)
#: What identifies a measurement, whatever its revision.
KEY = ("paper", "failure_mode", "n")
#: Own words of the reader: none may quote the text.
OWN_WORDS = ("note", "protocol", "proxy_measure", "latent_measure")
_NUMBERS = ("proxy_value", "latent_value", "change")
_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?"
#: A whole number as texts print it: 1,319 and 10K too.
_SAMPLE = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)[kKM]?")
_SCALE = re.compile(r"score-(-?\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
#: Hyphen, dashes and minus: texts print any of them before a negative number.
_MINUS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


@dataclass(frozen=True)
class Searched:
    """A search for paired evidence among texts that the survey holds already: it brings no record.

    Attributes:
        query: what was looked for, as exactly as it can be said.
        where: which texts were searched.
        rows: how many texts those were.
    """

    query: str
    where: str
    rows: str


def measure(
    root: Path,
    by: str,
    rows: Iterable[Row],
    *,
    run: str = "",
    batch: str = "",
    search: Searched | None = None,
) -> Written:
    """Record pairs of a proxy's number and its property's, and drops on re-measurement; all rows or none.

    A row given again with other values becomes a new revision of it, ``state`` withdrawn takes it back; nothing is
    ever edited, so that a number once quoted stays traceable to who read it.

    Args:
        root: the survey folder.
        by: id of the reader, among the coders.
        rows: ``COLUMNS``; ``basis`` is abstract and ``state`` present where left out, ``n`` that of an equal row on
            record, else the next, and ``latent_is`` of a drop worse. ``words`` are at least five
            consecutive words of the text that hold every number given: they are looked up and not stored. A
            withdrawn row has a note and no values.
        run: the run these rows belong to; required for a language model.
        batch: what the run was given.
        search: the search that led to the rows, or to none; it is logged in searches.yaml, once.

    Returns:
        What was written; its notes count the places found and those that could not be looked up because the text
        is not in hand, and the rows of papers that are not, or not yet, included.

    Raises:
        Refused: any row is wrong; every fault is named and nothing was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, by, faults)
        contents = run_record(root, who, run, batch, "measure", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        before = {(*(r[c] for c in KEY), r["revision"]): r for r in stored(root, MEASUREMENTS.name, faults)}
        latest = current(before.values(), KEY)
        seen: set[tuple[str, ...]] = set()
        written = unchanged = outside = 0
        checked = {"found": 0, NOT_CHECKABLE: 0, OTHER_EDITION: 0}
        first_of: dict[tuple[str, str], Row] = {}
        for given in rows:
            row = {"_file": "", "_line": "0", **filled(given, COLUMNS, faults)}
            row |= {c: row[c].strip() for c in COLUMNS if c != "words"}
            row["basis"] = row["basis"] or "abstract"
            row["state"] = row["state"] or "present"
            if row["kind"] == "drop" and row["state"] == "present":
                row["latent_is"] = row["latent_is"] or LATENT_IS[0]
            say = sayer(row, faults)
            on_paper(row, records, say)
            row.update(_placed(row, schema, texts, say, checked))
            first = records.get(row["paper"], {}).get("text_sha256", "")
            if row["start"] and first and row["basis"] == "abstract" and row["text_sha256"] != first:
                checked[OTHER_EDITION] += 1
            outside += row["paper"] in records and kept.get(row["paper"]) != "include"
            if not row["n"]:
                row["n"] = _next(row, latest, seen)
            measurement_faults(row, schema, say)
            key = tuple(row[c] for c in KEY)
            if key in seen:
                say("measurement given twice in this batch", "give every row its own n")
            seen.add(key)
            old = latest.get(key)
            if row["state"] == "withdrawn" and old is None:
                say("nothing here to withdraw", "withdraw a measurement that was given")
            if old and _same(old, row):
                unchanged += 1
                continue
            new = {c: row.get(c, "") for c in MEASUREMENTS.header}
            new |= {"revision": str(revision(old) + 1) if old else "1", "run": run, "by": by, "at": now()}
            before[(*key, new["revision"])] = latest[key] = new
            first_of.setdefault((row["paper"], row["failure_mode"]), row)
            written += 1
        held = numbers_held(latest.values())
        for at, row in first_of.items():
            hole_faults(held[at], sayer(row, faults))
        log = _log(root, by, search, faults) if search else {}
        if faults:
            raise Refused(faults)
        if written:
            contents |= {MEASUREMENTS.path: rows_text(MEASUREMENTS, before.values())}
        elif not log:
            contents = {}
        notes = [f"{n} place(s) {what}" for what, n in checked.items() if n]
        if outside:
            notes.append(f"{outside} row(s) of papers that are not included")
        return Written(written, unchanged, tuple(replace_all(root, {**contents, **log})), tuple(notes))


def on_paper(row: Row, records: Mapping[str, Row], say: Say) -> None:
    """Say why numbers of a paper may not be recorded: unknown or unverified. It need not be included."""
    if row["paper"] not in records:
        say(f"unknown paper {row['paper']!r}", near(row["paper"], records))
    elif records[row["paper"]]["verified"] != "yes":
        say("nothing of it but a title was seen", "bring its authors or abstract with `survey add`")


def measurement_faults(row: Row, schema: Schema, say: Say) -> None:
    """Say what is wrong with the values of one measurement, whoever gives it."""
    if not (number := whole_number(row["n"])) or str(number) != row["n"]:
        say(f"n is {row['n']!r}", "count 1, 2, ... within paper and code")
    if row["basis"] not in READ:
        say(f"unknown basis {row['basis']!r}", near(row["basis"], READ))
    levelled = next((f for f in schema.facets if f.levelled), None)
    _code_fault(row, "failure_mode", levelled, say)
    if row["state"] not in STATES:
        say(f"unknown state {row['state']!r}", near(row["state"], STATES))
        return
    if row["state"] == "withdrawn":
        kept = (*KEY, "revision", "state", "basis", "note", "run", "by", "at")
        extra = [c for c in MEASUREMENTS.header if row.get(c) and c not in kept]
        if extra:
            say(f"{extra[0]} on a row that is withdrawn", "give its key and a note only")
        return
    for column in ("proxy", "latent"):
        _code_fault(row, column, schema.paired(column), say)
    for column in ("proxy_measure", "latent_measure", "system", "protocol", "locator"):
        if not row[column]:
            say(f"a measurement without {column}", MEASUREMENTS.columns[column])
    if row["higher_is"] not in HIGHER_IS:
        say(f"unknown higher_is {row['higher_is']!r}", near(row["higher_is"], HIGHER_IS))
    if row["sample"] and not _SAMPLE.fullmatch(row["sample"]):
        say(f"sample is {row['sample']!r}", "write the number as reported, or nothing where none is given")
    if row["kind"] not in KINDS:
        say(f"unknown kind {row['kind']!r}", near(row["kind"], KINDS))
        return
    for column in _NUMBERS:
        if row[column] and not numbers(row[column]):
            say(
                f"{column} is {row[column]!r}, not a number",
                "write the number alone, as reported (a range as 20 to 55); its unit goes to unit",
            )
    values = [c for c in ("proxy_value", "latent_value") if row[c]]
    if row["kind"] == "pair":
        if len(values) < 2:
            missing = "latent_value" if "proxy_value" in values else "proxy_value"
            say(f"a pair without {missing}", "a pair has both values; with a change alone it is a drop")
        for column in ("change", "latent_is"):
            if row[column]:
                say(f"a pair with {column}", "leave it empty: it follows from the two values")
    else:
        if not row["change"]:
            say("a drop without its change", "write how large it is, as reported")
        if row["latent_is"] not in LATENT_IS:
            say(f"unknown latent_is {row['latent_is']!r}", near(row["latent_is"], LATENT_IS))
        if len(values) == 2:
            say("a drop with both values", "with both values it is a pair; leave the change empty")
    _unit_faults(row, say)


def number(text: str) -> float | None:
    """Return a number as texts print it (92.4, .85, 1,319, −0.12), or None where it is none."""
    plain = text.translate(_MINUS)
    if not (re.fullmatch(_NUMBER, plain) and any(c.isdigit() for c in plain) and plain.isascii()):
        return None
    return float(plain.replace(",", ""))


def numbers(text: str) -> tuple[float, ...]:
    """Return the number of a cell, or both ends of a range (20 to 55) from low to high; nothing where it is neither."""
    found = [number(part) for part in text.split(" to ")]
    if len(found) > 2 or None in found:
        return ()
    ends = tuple(n for n in found if n is not None)
    return ends if len(ends) == 1 or ends[0] < ends[1] else ()


def stands(value: str, words: str) -> bool:
    """Say whether a number stands in some words as it is written, and not as a part of a longer one."""
    wanted, where = (f" {fold(t)}".translate(_MINUS) for t in (value, words))
    wanted = wanted.strip()
    # A minus after a digit is the dash of a range (10-15 holds 15, and not -15), one after a blank or a bracket is
    # a sign that a number must not lose.
    before = r"(?<!\d)" if wanted[:1] in "+-" else r"(?<![\dA-Za-z.])(?<!\d[.,])(?<![\s(\[{=$:]-)"
    after = r"(?!\d)(?![.,]\d)(?![kKmMbB](?![A-Za-z]))"
    return re.search(f"{before}{re.escape(wanted)}{after}", where) is not None


#: No paper has more pairs of numbers on one failure mode.
MOST_NUMBERS = 10_000


def numbers_held(rows: Iterable[Row]) -> dict[tuple[str, str], set[int]]:
    """Return the numbers ``n`` in use, by paper and failure mode; what is no number is left out."""
    held: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows:
        if (number := whole_number(row["n"])) is not None:
            held[row["paper"], row["failure_mode"]].add(number)
    return held


def hole_faults(held: set[int], say: Say) -> None:
    """Say so where the numbers of a paper and code do not run 1, 2, ..."""
    if max(held, default=0) > MOST_NUMBERS:
        say(f"n goes up to {max(held)}", "number the pairs of a paper and code 1, 2, ...")
        return
    missing = sorted(set(range(1, max(held, default=0))) - held)
    if missing:
        say(f"n = {missing[0]} of its paper and code is missing", "count 1, 2, ... without a hole")


def _code_fault(row: Row, column: str, facet: Facet | None, say: Say) -> None:
    if facet is None:
        say(f"the schema has no facet {column}", "add it to coding_schema/schema.yaml")
    elif facet.code(row[column]) is None:
        say(f"unknown {column} {row[column]!r}", near(row[column], [c.id for c in facet.codes]))
    elif row["basis"] in BASES and not facet.assessable(row[column], row["basis"]):
        say(f"{column} {row[column]} cannot be told from the {row['basis']}", "leave the row out")


def _unit_faults(row: Row, say: Say) -> None:
    unit = row["unit"]
    scale = _SCALE.fullmatch(unit)
    if re.fullmatch(r"other: \S.*", unit):
        return
    if not scale and (unit not in UNITS or unit in ("score-A-B", "other: ...")):
        say(f"unknown unit {unit!r}", near(unit, UNITS))
        return
    if row["kind"] == "pair" and unit in ONLY_DROPS:
        say(f"a pair in {unit}", "that is the unit of a change; the two values are in percent")
    if row["kind"] == "drop" and unit in ONLY_PAIRS:
        say(f"a drop in {unit}", "a change has one unit")
    least, most = {"percent": (0.0, 100.0), "correlation": (-1.0, 1.0)}.get(unit, (None, None))
    if scale:
        least, most = float(scale[1]), float(scale[2])
        if least >= most:
            say(f"unit {unit!r} has no scale", "write its ends from low to high, as in score-1-5")
            return
    for column in ("proxy_value", "latent_value"):
        if (
            least is not None
            and most is not None
            and not all(least <= v <= most for v in numbers(row[column]))
        ):
            say(f"{column} {row[column]} is no {unit}", "see what unit it is in; `other: ` takes any")


def _placed(row: Row, schema: Schema, texts: Texts, say: Say, checked: dict[str, int]) -> Row:
    """Return the place of the words the numbers stand in; say so where they do not."""
    for column in OWN_WORDS:
        if column != "note":  # placed() sees to the note
            own_words(row, column, texts, say)
    levelled = next((f.id for f in schema.facets if f.levelled), "")
    place = placed({**row, "facet": levelled}, schema, texts, say, checked)
    if row["state"] == "withdrawn":
        return place
    for column in _NUMBERS:
        missing = [e for e in row[column].split(" to ") if e and not stands(e, row["words"])]
        if missing and row["words"]:
            say(f"{column} {missing[0]} does not stand in the words", "copy words that hold every number")
    text = texts.read(row["paper"], row["basis"])
    if row["sample"] and text and not stands(row["sample"], text.normalised):
        remedy = "write it as reported, or leave it empty and say in the note what is known"
        say(f"sample {row['sample']} does not stand in the {row['basis']}", remedy)
    return place


def _same(old: Row, row: Row) -> bool:
    """Say whether a row given again says what is stored; without the text its place cannot be compared."""
    compared = [c for c in COLUMNS if c != "words"] + list(PLACE if row["start"] else ())
    return all(old[c] == row[c] for c in compared)


def _next(row: Row, latest: Mapping[tuple[str, ...], Row], seen: set[tuple[str, ...]]) -> str:
    """Return the n of a row that has none: that of an equal row on record, else the next free one."""
    at = (row["paper"], row["failure_mode"])
    mine = {key[2]: old for key, old in latest.items() if key[:2] == at}
    equal = [n for n, old in mine.items() if (*at, n) not in seen and _same(old, {**row, "n": n})]
    free = (str(n) for n in range(1, len(mine) + 2) if str(n) not in mine)
    return min(equal, key=lambda n: (len(n), n)) if equal else next(free)


def _log(root: Path, by: str, search: Searched, faults: list[Fault]) -> dict[str, str]:
    """Return the new content of searches.yaml; nothing where this very search is logged already."""
    for flag in ("query", "where", "rows"):
        if not getattr(search, flag).strip():
            message = f"a search without {flag}"
            faults.append(Fault("command line", 0, by, message, "say --query, --where and --rows together"))
            return {}
    if whole_number(search.rows) is None:
        message, remedy = f"rows is {search.rows!r}", "write how many texts were searched"
        faults.append(Fault("command line", 0, by, message, remedy))
        return {}
    logged = read_searches(root, faults)
    query, where = " ".join(search.query.split()), " ".join(search.where.split())
    same = (by, query, (where,), int(search.rows))
    if any((s.by, s.query, s.where, s.rows) == same for s in logged):
        return {}
    new = Search(
        id=next_id(logged, "paired-evidence"),
        where=(where,),
        when=now(),
        by=by,
        query=query,
        filters="for paired evidence, among texts held already: brings no record",
        rows=int(search.rows),
        sha256="",
    )
    return {SEARCHES: searches_text([*logged, new])}
