"""CSL-JSON, as Zotero, Mendeley and citation tools export it: one array of items."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workbench.doors.sources.fielded import kind_of, record, sorted_out
from workbench.doors.sources.incoming import Incoming, Unreadable
from workbench.store.budgets import json_at


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read CSL-JSON: an array of items, or an object that holds one under ``items``.

    Args:
        text: the file's text.
        name: what the file is called.

    Returns:
        Readable records and unreadable ones, each in file order. What stands before a fault of the JSON is read, and
        what stands after it is one unreadable record.
    """
    records: list[Incoming | Unreadable] = []
    for item, start, end, wrong in _items(text):
        line = text.count("\n", 0, start) + 1
        if wrong:
            records.append(
                Unreadable(line, text[start:end], "", wrong, "export the library again, as CSL JSON")
            )
        elif not isinstance(item, dict):
            records.append(Unreadable(line, text[start:end], "", "not an object", "each item is {...}"))
        else:
            records.append(_record(item, line))
    return sorted_out(records)


def _items(text: str) -> Iterator[tuple[Any, int, int, str]]:
    """Yield each item with its place, and what is wrong where it cannot be read."""
    at = text.find("[")
    if at < 0:
        yield None, 0, len(text), "holds no list of items"
        return
    at += 1
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text):
            yield None, len(text), len(text), "the list is cut off: it lacks its closing bracket"
            return
        if text[at] == "]":
            return
        try:
            item, end, wrong = json_at(text, at)
        except ValueError as error:
            yield None, at, len(text), f"not readable as JSON ({getattr(error, 'msg', error)})"
            return
        yield item, at, end, wrong
        at = end


def _record(item: dict[str, Any], line: int) -> Incoming | Unreadable:
    def get(*names: str) -> str:
        for name in names:
            value = item.get(name)
            if isinstance(value, list):  # Crossref's own JSON writes titles as lists
                value = value[0] if value else None
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value)
        return ""

    title = get("title")
    return record(
        line,
        json.dumps(item, ensure_ascii=False, sort_keys=True),
        title=title,
        key=get("citation-key", "citekey") or (k if (k := get("id")) and "/" not in k else ""),
        authors=_names(item.get("author")),
        date=_date(item),
        venue=get("container-title", "event-title", "event", "publisher"),
        kind=kind_of(get("type")),
        doi=get("DOI"),
        arxiv=[get("archive_location"), get("number"), get("URL"), get("DOI"), get("note")],
        url=get("URL"),
        abstract=get("abstract"),
        details={
            "editor": " and ".join(_names(item.get("editor"))),
            "volume": get("volume"),
            "number": get("issue"),
            "pages": get("page"),
            "keywords": get("keyword"),
            "note": get("note"),
        },
    )


def _names(value: Any) -> list[str]:
    """Return names as ``Family, Given``; particles that belong to the family stand before it, a body is braced."""
    out = []
    for one in value if isinstance(value, list) else []:
        if isinstance(one, str):
            out.append(one)
            continue
        if not isinstance(one, dict):
            continue
        part = {k: str(v).strip() for k, v in one.items() if isinstance(v, str | int)}
        if body := part.get("literal", ""):
            out.append(f"{{{body}}}" if ", " in body else body)
            continue
        particle = part.get("non-dropping-particle", "") or part.get("dropping-particle", "")
        family = " ".join(filter(None, (particle, part.get("family", ""))))
        out.append(", ".join(filter(None, (family, part.get("suffix", ""), part.get("given", "")))))
    return out


def _date(item: dict[str, Any]) -> str:
    for field in ("issued", "published", "published-print", "published-online", "original-date"):
        value = item.get(field)
        if not isinstance(value, dict):
            continue
        parts = value.get("date-parts")
        if isinstance(parts, list) and parts and isinstance(parts[0], list) and parts[0]:
            return str(parts[0][0])
        for name in ("literal", "raw"):
            if value.get(name):
                return str(value[name])
    return ""
