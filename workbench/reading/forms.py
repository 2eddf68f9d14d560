"""Has each cell the form that its column asks for? Dates, numbers, versions and names, where no door's rule says it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from workbench.store.clock import STAMP, now
from workbench.store.faults import Fault
from workbench.store.files import Row, whole_number
from workbench.store.schema import Schema
from workbench.store.tables import HITS, MAYBE_DUPLICATES, SAMPLING, VALUE_COLUMNS

Say = Callable[[str, str], None]
#: Columns that hold a whole number, by table: the least it may be.
WHOLE = {
    "hits": {"line": 0},
    "sampling": {"block": 1, "frame": 0, "drawn": 0, "seed": 0},
    "sample": {"block": 1, "order": 1},
}


def form_faults(
    tables: dict[str, list[Row]], schema: Schema | None, versions: Collection[str]
) -> list[Fault]:
    """Return what is wrong with the form of cells.

    Args:
        tables: the rows of every stored table.
        schema: the schema in force; None where it cannot be read.
        versions: versions of the schema of which a copy is kept.
    """
    faults: list[Fault] = []
    for name, columns in WHOLE.items():
        for row in tables[name]:
            for column, least in columns.items():
                number = whole_number(row[column])
                if row[column] and (number is None or number < least):
                    _say(row, faults)(
                        f"{column} is {row[column][:40]!r}", f"write a whole number from {least} on"
                    )
    for row in tables["sampling"]:
        if not 0 < _real(row["probability"]) <= 1:
            remedy = f"restore {SAMPLING.path} from version control: `survey sample` writes it"
            _say(row, faults)(
                f"probability is {row['probability'][:40]!r}, not above 0 and at most 1", remedy
            )
    strata = {r["stratum"] for r in tables["sampling"]}
    for row in tables["records"]:
        if row["stratum"] and row["stratum"] not in strata:
            message = f"unknown stratum {row['stratum'][:80]!r}"
            _say(row, faults)(message, f"no block of {SAMPLING.path} is of it: restore one of the two")
    for row in tables["maybe_duplicates"]:
        _pair(row, _say(row, faults))
    known = {*versions, *([schema.version] if schema else [])}
    for row in tables["runs"]:
        say = _say(row, faults)
        if (wrong := date_fault(row["date"])) is not None:
            say(f"date {wrong}", "write the date of the run: 2026-11-24")
        if row["schema"] not in known:
            say(f"schema {row['schema'][:40]!r} is not kept", f"one of {', '.join(sorted(known))}")
    for row in tables["verifications"]:
        _verification(row, schema, _say(row, faults))
    return faults


def _pair(row: Row, say: Say) -> None:
    if not 0 <= _real(row["score"]) <= 100:
        say(f"score is {row['score'][:40]!r}, not between 0 and 100", f"restore {MAYBE_DUPLICATES.path}")
    if row["a"] == row["b"]:
        say("a record is paired with itself", "delete the row")
    elif row["a"] > row["b"]:
        say("the pair stands the wrong way round", "the alphabetically first key comes first")
    if row["decision"]:
        if (wrong := stamp_fault(row["at"])) is not None:
            say(f"at {wrong}", "write UTC to the second: 2026-11-24T09:30:00Z")
    elif row["by"] or row["at"]:
        say("a name or a time without a decision", "write same or different, or empty them")


def _verification(row: Row, schema: Schema | None, say: Say) -> None:
    """What is confirmed or rejected is named; the values stand in the row it speaks of."""
    if row["outcome"] not in ("confirm", "reject") or schema is None:
        return
    facet = schema.facet(row["facet"])
    if facet is None:
        say(f"unknown facet {row['facet'][:40]!r}", f"one of {', '.join(f.id for f in schema.facets)}")
    elif facet.code(row["code"]) is None:
        say(f"unknown code {row['code'][:40]!r}", "name a code of the facet")
    beside = [c for c in VALUE_COLUMNS if row[c] and c != "note"]
    if beside:
        say(f"{beside[0]} stands beside {row['outcome']}", "empty it, or correct the code instead")


def stamp_fault(text: str) -> str | None:
    """Return what is wrong with a time as the doors write it, or None."""
    if not STAMP.fullmatch(text):
        return f"is {text[:40]!r}"
    return _day_fault(text, "%Y-%m-%dT%H:%M:%SZ")


def date_fault(text: str) -> str | None:
    """Return what is wrong with a date, or None."""
    return _day_fault(text, "%Y-%m-%d")


@lru_cache(maxsize=100_000)  # the rows that one batch wrote share their time
def _moment(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def _day_fault(text: str, form: str) -> str | None:
    try:
        moment = _moment(text, form)
    except ValueError:
        return f"{text[:40]!r} is no day of the calendar"
    # A clock may be off by a day, and a fixed one (SOURCE_DATE_EPOCH) may be ahead.
    latest = max(datetime.fromisoformat(now()), datetime.now(UTC))
    if moment > latest + timedelta(days=1):
        return f"{text[:40]!r} lies in the future"
    return None


def searched_faults(logged: dict[str, int], hits: list[Row]) -> list[Fault]:
    """Return the searches that found records and of which no hit is on record: the hits are lost.

    Args:
        logged: search -> records its file held.
        hits: the rows of hits.csv.
    """
    seen = {row["search"] for row in hits}
    remedy = "restore it from version control, or add the file of the search again"
    return [
        Fault(HITS.path, 0, search, f"holds no hit of a search that found {rows} records", remedy)
        for search, rows in logged.items()
        if rows and search not in seen
    ]


def _real(text: str) -> float:
    """Return a plain decimal number; NaN, which lies between nothing, where it is none."""
    try:
        return float(text) if len(text) <= 40 and text.strip() == text else float("nan")
    except ValueError:
        return float("nan")


def _say(row: Row, faults: list[Fault]) -> Say:
    def say(message: str, remedy: str) -> None:
        key = row.get("paper") or row.get("a") or row.get("id") or row.get("stratum") or ""
        faults.append(Fault(row["_file"], int(row["_line"]), key, message, remedy))

    return say
