"""A query run over records: a file of JSON lines of any length, or the survey's own texts in hand."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.doors.sources.jsonlines import Wrong, parsed, text_field, year_field
from workbench.searching.matcher import Found, Matcher
from workbench.searching.query import PLAIN, Query
from workbench.store.corpus import stored, year_of
from workbench.store.faults import Fault, Refused
from workbench.store.texts import abstracts

#: A line of JSON that is longer holds no record.
LONGEST = 10_000_000
#: Lines that cannot be read are named up to this many; all are counted.
NAMED = 20

Progress = Callable[[str, int, int], None]


@dataclass
class Tally:
    """What a run came to.

    Attributes:
        records: records that were read.
        hits: those found.
        untold: those without an abstract, looked at by their title alone.
        unreadable: lines that are no record.
        concepts: concept -> records in which it is hit, found or not.
        concepts_of_hits: the same, of the records found.
        codes: code -> records found that it is guessed for.
        faults: the first lines that could not be read, with what is wrong.
    """

    records: int = 0
    hits: int = 0
    untold: int = 0
    unreadable: int = 0
    concepts: Counter[str] = field(default_factory=Counter)
    concepts_of_hits: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def see(self, found: Found, abstract: str) -> None:
        """Count a record."""
        self.records += 1
        self.untold += not abstract.strip()
        self.concepts.update(found.concepts)
        if found.hit:
            self.hits += 1
            self.concepts_of_hits.update(found.concepts)
            self.codes.update(found.codes)


def over_file(
    matcher: Matcher, file: Path, out: Path | None = None, progress: Progress | None = None
) -> Tally:
    """Run a query over JSON lines, a record a line (``title``, ``abstract``, ``year``), read one by one.

    Args:
        matcher: the query.
        file: the records.
        out: where the records found are written, as they came, with ``query_score``, ``concepts`` and ``codes``; the
            file is replaced whole at the end.
        progress: told of the bytes read.

    Returns:
        The counts. A line that cannot be read is counted and passed over.

    Raises:
        Refused: the file cannot be read, or ``out`` is the file itself.
    """
    tally = Tally()
    try:
        size = file.stat().st_size
        if out is not None and out.exists() and out.samefile(file):
            message = "is the file that is searched"
            raise Refused([Fault(str(out), 0, "", message, "write the records found to another file")])
        if out is None:
            for _ in _found(matcher, file, size, tally, progress):
                pass
            return tally
        temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("w", encoding="utf-8", newline="\n") as lines:
                for record in _found(matcher, file, size, tally, progress):
                    lines.write(json.dumps(record, ensure_ascii=False) + "\n")
            temporary.replace(out)
        finally:
            temporary.unlink(missing_ok=True)
    except FileNotFoundError as error:
        raise Refused(
            [Fault(str(error.filename), 0, "", "no such file", "give a file of JSON lines")]
        ) from None
    return tally


def _found(
    matcher: Matcher, file: Path, size: int, tally: Tally, progress: Progress | None
) -> Iterator[dict[str, Any]]:
    done = 0
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(LONGEST):
            number += 1
            done += len(line)
            if progress is not None and (number % 500 == 0 or done == size):
                progress("searching", done, size)
            if not line.strip():
                continue
            try:
                record = _record(line)
                title, abstract = text_field(record, "title"), text_field(record, "abstract")
                year = year_field(record)
                if not title.strip() and not abstract.strip():
                    raise Wrong("neither a title nor an abstract", "give one of them")
            except Wrong as wrong:
                tally.unreadable += 1
                if len(tally.faults) < NAMED:
                    tally.faults.append(Fault(file.name, number, "", wrong.reason, wrong.remedy, True))
                while len(line) == LONGEST and not line.endswith(b"\n"):
                    line = lines.readline(LONGEST)  # the rest of a line that is no record
                    done += len(line)
                continue
            found = matcher(title, abstract, year)
            tally.see(found, abstract)
            if found.hit:
                guessed = {"concepts": list(found.concepts), "codes": list(found.codes)}
                yield {**record, "query_score": found.points, **guessed}


def _record(line: bytes) -> dict[str, Any]:
    if len(line) == LONGEST:
        raise Wrong(f"a line of {LONGEST} bytes or more", "one record a line")
    try:
        text = line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Wrong("is not UTF-8", "save the file as UTF-8") from None
    return parsed(text)


def over_texts(
    matcher: Matcher, root: Path, progress: Progress | None = None
) -> tuple[Tally, dict[str, Found]]:
    """Run a query over the survey's texts in hand.

    Returns:
        The counts; and for every record with a text what the query makes of it.

    Raises:
        Refused: the records cannot be read, or no text is in hand.
    """
    faults: list[Fault] = []
    years = {r["paper"]: year_of(r) for r in stored(root, "records", faults)}
    if faults:
        raise Refused(faults)
    texts = {p: t for p, t in abstracts(root).items() if p in years}
    if not texts:
        message = "no text is in hand"
        remedy = "bring abstracts (survey abstracts --from FILE), or give records with --over FILE"
        raise Refused([Fault(".cache/texts", 0, "", message, remedy)])
    tally, results = Tally(), {}
    for number, (paper, text) in enumerate(sorted(texts.items()), 1):
        results[paper] = matcher(text.title, text.body, years[paper])
        tally.see(results[paper], text.body)
        if progress is not None and (number % 100 == 0 or number == len(texts)):
            progress("searching", number, len(texts))
    return tally, results


def explained(query: Query, rule: str = "") -> list[str]:
    """Return a query in plain words, a line each: what is looked for, where, and what makes a hit."""
    form = query.form
    name = query.rule(rule)
    held = form.rules[name]
    lines = [f"{form.title}", f"looked for in: {' and '.join(form.fields)}"]
    years = (form.years.first, form.years.last)
    if any(years):
        lines.append(f"years: {years[0] or 'any'} to {years[1] or 'any'}")
    if form.near.words is not None or form.near.characters is not None:
        unit, most = (
            ("words", form.near.words)
            if form.near.words is not None
            else ("characters", form.near.characters)
        )
        lines.append(f"~ means: in one sentence, with at most {most} {unit} between")
    else:
        lines.append("~ means: in one sentence")
    lines.append(f"rule {name}" + (f" (of {', '.join(form.rules)})" if len(form.rules) > 1 else ""))
    for item in held.all_of:
        lines.append(f"  must be hit: {item if isinstance(item, str) else 'any of ' + ', '.join(item)}")
    for item in held.none_of:
        lines.append(f"  must not be hit: {item}")
    for number, line in enumerate(held.enough):
        lines.append(f"  {'or' if number else 'and'} at least: {_measures(line)}")
    for concept in form.concepts:
        code = f" (code {concept.code})" if concept.code else ""
        phrases = [p for part in query.lists[concept.id] for p in part.phrases]
        wordings = sum(len(side) for p in phrases for side in p.parts)
        when = concept.hit_when or form.hit_when
        needed = " or ".join(_measures(w) for w in when) if when else "any phrase"
        near = sum(len(p.parts) > 1 for p in phrases)
        joined = f", {near} within a sentence" if near else ""
        lines.append(
            f"{concept.id}{code}: {len(phrases)} phrases in {wordings} wordings{joined}; hit by {needed}"
        )
    return lines


def _measures(line: dict[str, int]) -> str:
    return " and ".join(f"{n} {PLAIN + 's' if m == PLAIN and n > 1 else m}" for m, n in line.items())
