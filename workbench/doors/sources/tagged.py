"""PubMed's nbib and Web of Science's plain text: a tag at the start of a line, its value going on in indented lines."""

from __future__ import annotations

import re

from workbench.doors.sources.fielded import kind_of, pages, record, sorted_out
from workbench.doors.sources.incoming import Incoming, Unreadable

_NBIB = re.compile(r"^([A-Z]{2,4}) *- ?(.*)$")
_WOS = re.compile(r"^([A-Z][A-Z0-9])(?: (.*))?$")
Fields = dict[str, list[str]]


def read(text: str, name: str) -> tuple[list[Incoming], list[Unreadable]]:
    """Read PubMed nbib (records start with ``PMID-``) or Web of Science text (``PT ...`` to ``ER``).

    Args:
        text: the file's text, LF line ends.
        name: what the file is called.

    Returns:
        Readable records and unreadable ones, each in file order.
    """
    nbib = bool(re.search(r"^PMID ?-", text, re.MULTILINE))
    start = re.compile(r"^PMID *-" if nbib else r"^PT ", re.MULTILINE)
    starts = [m.start() for m in start.finditer(text)]
    records = []
    for number, at in enumerate(starts):
        chunk = text[at : starts[number + 1] if number + 1 < len(starts) else len(text)]
        line = text.count("\n", 0, at) + 1
        fields = _fields(chunk, _NBIB if nbib else _WOS, keep_lines=not nbib)
        records.append(_of_pubmed(fields, chunk, line) if nbib else _of_wos(fields, chunk, line))
    return sorted_out(records)


def _fields(chunk: str, form: re.Pattern[str], *, keep_lines: bool) -> Fields:
    """Return tag -> values. In Web of Science text each further line of a name or reference is a value of its own."""
    fields: Fields = {}
    tag = ""
    for line in chunk.split("\n"):
        found = form.match(line)
        if found and not line.startswith(" "):
            tag = found[1]
            if tag in ("ER", "EF"):
                break
            fields.setdefault(tag, []).append(found[2] or "")
        elif tag and line.strip():
            if keep_lines and tag in ("AU", "AF", "BE", "CA"):
                fields[tag].append(line.strip())
            else:
                fields[tag][-1] = f"{fields[tag][-1]} {line.strip()}".strip()
    return fields


def _first(fields: Fields, *tags: str) -> str:
    return next((fields[t][0] for t in tags if fields.get(t) and fields[t][0].strip()), "")


def _of_pubmed(fields: Fields, chunk: str, line: int) -> Incoming | Unreadable:
    ids = [*fields.get("AID", []), *fields.get("LID", [])]
    return record(
        line,
        chunk,
        title=_first(fields, "TI", "BTI").removesuffix("."),
        key="",
        authors=[*(fields.get("FAU") or fields.get("AU", [])), *(f"{{{n}}}" for n in fields.get("CN", []))],
        date=_first(fields, "DP", "DEP"),
        venue=_first(fields, "JT", "TA", "BTI"),
        kind="incollection" if fields.get("BTI") and fields.get("TI") else "article",
        doi=next((i.split()[0] for i in ids if i.rstrip().endswith("[doi]")), ""),
        arxiv=ids,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{_first(fields, 'PMID').strip()}/",
        abstract=_first(fields, "AB"),
        details={
            "volume": _first(fields, "VI"),
            "number": _first(fields, "IP"),
            "pages": _first(fields, "PG").replace("-", "--"),
            "keywords": ", ".join([*fields.get("OT", []), *fields.get("MH", [])]),
        },
    )


def _of_wos(fields: Fields, chunk: str, line: int) -> Incoming | Unreadable:
    words = _first(fields, "DT").split(";")[0]
    kind = kind_of(words) if kind_of(words) != "misc" else kind_of(_first(fields, "PT"))
    return record(
        line,
        chunk,
        title=_first(fields, "TI"),
        authors=[*(fields.get("AF") or fields.get("AU", [])), *(f"{{{n}}}" for n in fields.get("CA", []))],
        date=_first(fields, "PY", "EA"),
        venue=_first(fields, "SO", "CT"),
        kind=kind,
        doi=_first(fields, "DI"),
        arxiv=[_first(fields, "AR"), _first(fields, "DI"), _first(fields, "SO")],
        abstract=_first(fields, "AB"),
        details={
            "volume": _first(fields, "VL"),
            "number": _first(fields, "IS"),
            "pages": pages(_first(fields, "BP"), _first(fields, "EP")),
            "keywords": _first(fields, "DE").replace(";", ","),
        },
    )
