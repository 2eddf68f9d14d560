"""The log of searches: what was looked for where, when and by whom, and which file it gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from workbench.store.budgets import Over, yaml_within
from workbench.store.faults import Fault
from workbench.store.files import read_text, whole_number

SEARCHES = "corpus/searches.yaml"
#: At most this many places are named in one search.
MOST_PLACES = 40
_FIELDS = ("id", "where", "when", "by", "query", "filters", "rows", "sha256")

#: Every value is text: nothing is guessed. libyaml where PyYAML has it.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Search:
    """One search.

    Attributes:
        id: ``s01-bulk-venues``: number, then the file's name.
        where: what was searched.
        when: when its file was added, UTC.
        by: who ran it.
        query: what was asked.
        filters: what narrowed it.
        rows: records its file held, unreadable ones included.
        sha256: digest of the file.
        terms: the topic words that were asked for, ``*`` for any ending; empty where the search named no topic, None
            where its words are not on record.
        lookup: known records were looked up for their facts: what it says of them counts, and finds nothing.
    """

    id: str
    where: tuple[str, ...]
    when: str
    by: str
    query: str
    filters: str
    rows: int
    sha256: str
    terms: tuple[str, ...] | None = None
    lookup: bool = False

    @property
    def number(self) -> int:
        """The number in the id; 0 where there is none."""
        return number_of(self.id)


def number_of(identifier: str) -> int:
    """Return the number in a search's id (``s02-lists``); 0 where there is none."""
    found = re.match(r"s(\d+)-", identifier)
    return int(found[1]) if found else 0


def read_searches(root: Path, faults: list[Fault]) -> list[Search]:
    """Read ``corpus/searches.yaml``; a missing file reads as none, faulty entries are left out."""
    text = read_text(root, SEARCHES, faults)
    if not text.strip():
        return []
    try:
        yaml_within(text, once=True)
        held = yaml.load(text, _LOADER)
    except Over as over:
        faults.append(over.fault(SEARCHES))
        return []
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"not readable as YAML ({getattr(error, 'problem', error)})"
        faults.append(Fault(SEARCHES, mark.line + 1 if mark else 0, "", message, "mend the line"))
        return []
    if not isinstance(held, list):
        faults.append(Fault(SEARCHES, 1, "", "is not a list of searches", "start every search with '- id:'"))
        return []
    searches: list[Search] = []
    for number, cells in enumerate(held, 1):
        wrong = _wrong(cells)
        name = str(cells.get("id", "")) if isinstance(cells, dict) else ""
        if not wrong and name in {s.id for s in searches}:
            wrong = "id is given twice"
        if wrong:
            line = _line_of(text, number)
            faults.append(Fault(SEARCHES, line, name, f"search {number}: {wrong}", "see data-model.md"))
            continue
        where = cells["where"] if isinstance(cells["where"], list) else [cells["where"]]
        searches.append(
            Search(
                id=name,
                where=tuple(where),
                when=cells["when"],
                by=cells["by"],
                query=cells["query"],
                filters=cells["filters"],
                rows=int(cells["rows"]),
                sha256=cells["sha256"],
                terms=tuple(cells["terms"]) if "terms" in cells else None,
                lookup=cells.get("lookup") == "true",
            )
        )
    return searches


def _wrong(cells: object) -> str:
    if not isinstance(cells, dict):
        return "is not a mapping"
    if missing := [f for f in _FIELDS if f not in cells]:
        return f"lacks {', '.join(missing)}"
    if unknown := [str(f) for f in cells if f not in (*_FIELDS, "terms", "lookup")]:
        return f"unknown field {', '.join(unknown)}"
    if whole_number(str(cells["rows"])) is None:
        return "rows is not a number"
    if not isinstance(cells.get("terms", []), list):
        return "terms is not a list"
    if cells.get("lookup", "true") not in ("true", "false"):
        return "lookup is neither true nor false"
    texts = [cells[f] for f in _FIELDS if f != "where"]
    texts += cells["where"] if isinstance(cells["where"], list) else [cells["where"]]
    texts += cells.get("terms", [])
    return "" if all(isinstance(t, str) for t in texts) else "a value is not plain text"


def _line_of(text: str, number: int) -> int:
    """Line on which the search with this number, counted from 1, starts."""
    node = yaml.compose(text, _LOADER)
    return int(node.value[number - 1].start_mark.line) + 1 if node else 0


def searches_text(searches: Iterable[Search]) -> str:
    """Return the canonical content of ``searches.yaml``: sorted by number, then id."""
    rows = [
        {
            **{f: getattr(s, f) for f in _FIELDS},
            "where": list(s.where),
            **({} if s.terms is None else {"terms": list(s.terms)}),
            **({"lookup": True} if s.lookup else {}),
        }
        for s in sorted(searches, key=lambda s: (s.number, s.id))
    ]
    return yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=110) if rows else ""


def next_id(searches: Iterable[Search], stem: str) -> str:
    """Return the id of the search that comes next: ``s02-lists``."""
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40].strip("-") or "file"
    return f"s{1 + max((s.number for s in searches), default=0):02d}-{name}"


def places(found_via: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Return where records were met, and by which queries, from what each says of itself.

    ``owner/name@commit:path, query of 2026-11-23`` was met in ``owner/name@commit`` by ``query of 2026-11-23``.
    """
    sources: dict[str, None] = {}
    queries: dict[str, None] = {}
    for via in found_via:
        source, _, query = via.partition(", ")
        repository = re.match(r"[\w.-]+/[\w.-]+@[0-9a-f]{6,40}", source)
        if source.strip():
            sources[repository[0] if repository else source.strip()] = None
        if query.strip():
            queries[query.strip()] = None
    return _capped(sorted(sources)), "; ".join(_capped(sorted(queries)))


def _capped(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) <= MOST_PLACES:
        return tuple(names)
    return (*names[:MOST_PLACES], f"and {len(names) - MOST_PLACES} more")
