"""Inputs bent, cut, doubled and crossed at random: every reader names what is wrong, and none breaks.

The seeds are small whole files of each kind; a change is one of a few that break parsers (Zeller et al., The Fuzzing
Book, chapter *Mutation-Based Fuzzing*).
"""

from __future__ import annotations

import io
import random
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.torture.planting import Tally
from workbench.doors.sources import read_file
from workbench.doors.sources.abstracts import read as read_abstracts
from workbench.searching.query import read_query
from workbench.store.batch import read_batch
from workbench.store.bibliography import read_papers
from workbench.store.coders import read_coders
from workbench.store.faults import Fault, Refused
from workbench.store.files import decode_incoming, read_rows
from workbench.store.schema import read_schema
from workbench.store.searches import read_searches
from workbench.store.tables import HITS
from workbench.store.texts import abstracts

RIS = """TY  - JOUR
AU  - Roe, Ann
TI  - A work
PY  - 2024/03/01
DO  - 10.1000/x
ER  -

TY  - CONF
T1  - Two
ER  -
"""
NBIB = """PMID- 1
TI  - A work that
      runs on
FAU - Roe, Ann
DP  - 2024 Mar
LID - 10.1000/x [doi]

PMID- 2
TI  - Two
"""
WOS = """FN Clarivate
VR 1.0
PT J
AU Roe, A
   Poe, B
TI A work
   that runs on
PY 2024
DI 10.1000/x
ER

EF
"""
CSL = """[{"id": "a", "type": "book", "title": "A work", "author": [{"family": "Roe", "given": "Ann"}],
"issued": {"date-parts": [[2024, 3]]}, "DOI": "10.1000/x"}, {"id": "b", "title": "Two"}]"""
XML = """<xml><records><record><titles><title>A <i>work</i></title></titles><contributors><authors>
<author>Roe, Ann</author></authors></contributors><dates><year>2024</year></dates></record></records></xml>"""
BIB = """@string{j = "A journal"}
@article{roe,
 title = {A {Work} of $x^2$ and \\"o},
 author = {Roe, Ann and others},
 journal = j # {, part two},
 year = 2024, note = {é}
}
@comment{x}
@inbook{b, crossref = {roe}, title = {T}}
"""
TEXTS = '{"paper": "a", "abstract": "Words."}\n{"arxiv_id": "2401.00001", "abstract": "W"}\n'
LINES = '{"title": "A work", "authors": ["Roe, Ann"], "year": 2024, "abstract": "Words."}\n{"title": "Two"}\n'
TABLE = 'title;authors;year;doi\n"A ""work""; of two";Roe, Ann;2024;10.1000/x\nTwo;;;\n'
ROWS = 'paper,decision,reason,note\na,include,,"It, says\nso"\nb,exclude,other-field,\n'
QUERY = 'format: 1\ntitle: A query\nconcepts:\n  one:\n    phrases: ["reward hack*", "a b"]\nwhere: one\n'
#: Pieces that have broken readers somewhere.
PIECES = (
    "{", "}", '"', "'", "\\", "\x00", "\r", "\r\n", "\ufeff", "\u2028", "&#x0;", "&lt;", "<![CDATA[", "<!--",
    "@", "%", "#", "$", ",", ";", "\t", "\n\n", "---", "*a", "&a", "!!python/object:x", "9" * 400, "-1", "1e999",
    "\U0001f600", "é", "e\u0301", "\u202e", "null", "[]", "{}", "NaN", "<!DOCTYPE x [", "\xed\xa0\x80",
    "[[[[", "((((", "{{{{", "ER  - ", "TY  - ", "PMID-", "EF", "</record>", "=1+1", "date-parts", " and ", "others",
)  # fmt: skip
COLUMNS = ("paper", "decision", "reason", "note")


def _workbook() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["title", "authors", "year"])  # type: ignore[union-attr]
    book.active.append(["A work", "Roe, Ann", 2024])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(path: Path) -> str:
    return decode_incoming(path.read_bytes(), path.name)[0]


#: What comes in -> its suffix, a whole file, its reader.
COMES: dict[str, tuple[str, bytes, Callable[[Path], object]]] = {
    **{
        f"{suffix} records": (suffix, seed.encode(), read_file)
        for suffix, seed in (
            (".bib", BIB), (".ris", RIS), (".nbib", NBIB), (".ciw", WOS), (".json", CSL), (".xml", XML),
            (".jsonl", LINES), (".csv", TABLE), (".tsv", TABLE.replace(";", "\t")),
        )
    },
    ".xlsx records": (".xlsx", _workbook(), read_file),
    "abstracts": (".jsonl", TEXTS.encode(), lambda path: read_abstracts(_text(path), path.name)),
    "rows as CSV": (".csv", ROWS.encode(), lambda path: read_batch(path, COLUMNS)),
    "rows as JSON lines": (".jsonl", LINES.encode(), lambda path: read_batch(path, COLUMNS)),
    "query": (".yaml", QUERY.encode(), read_query),
}  # fmt: skip
#: The survey's own files, of each kind one -> its reader.
OWN: dict[str, Callable[[Path, list[Fault]], object]] = {
    "corpus/hits.csv": lambda root, faults: read_rows(root, HITS.path, HITS, faults),
    "corpus/papers.bib": read_papers,
    "corpus/searches.yaml": read_searches,
    "corpus/coders/eva.yaml": read_coders,
    "coding_schema/schema.yaml": read_schema,
    ".cache/texts/abstracts.jsonl": lambda root, faults: abstracts(root),
}


def bent(seed: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return a file changed in one to eight ways: bits, pieces, cuts, repeats, moves, and parts of another file."""
    data = bytearray(seed)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(data) + 1)
        to = min(len(data), at + dice.choice((1, 2, 8, 40)))
        how = dice.randrange(7)
        if how == 0 and data:
            data[at % len(data)] ^= 1 << dice.randrange(8)
        elif how == 1:
            data[at:at] = dice.choice(PIECES).encode("utf-8", "surrogatepass")
        elif how == 2:
            del data[at:to]
        elif how == 3:
            data[at:at] = data[at:to] * dice.choice((1, 2, 200))
        elif how == 4:
            piece = data[at:to]
            del data[at:to]
            back = dice.randrange(len(data) + 1)
            data[back:back] = piece
        elif how == 5:
            begin = dice.randrange(len(other))
            data[at:to] = other[begin : begin + dice.choice((4, 40, 400))]
        else:
            data[at:to] = bytes(dice.randrange(256) for _ in range(dice.choice((1, 4))))
    return bytes(data)


def fuzz(root: Path, tally: Tally, limit: float, seed: int = 1) -> None:
    """Give each reader bent files for an equal share of the time; a refusal is an answer, any other error is not."""
    dice = random.Random(seed)
    copy = root.parent / "bent" / root.name
    shutil.copytree(root, copy)
    trials = [
        (copy.parent / f"in{s}", seed, partial(read, copy.parent / f"in{s}"))
        for s, seed, read in COMES.values()
    ]
    trials += [(copy / p, (copy / p).read_bytes()[:4000], partial(read, copy, [])) for p, read in OWN.items()]
    seeds = [content for _, content, _ in trials]
    for path, content, reader in trials:
        whole = path.read_bytes() if path.exists() else b""
        until = time.monotonic() + limit / len(trials)
        while time.monotonic() < until:
            data = bent(content, dice.choice(seeds), dice)
            path.write_bytes(data)
            _one(reader, f"{path.name}: {data[:200]!r}", tally)
        path.write_bytes(whole)
    shutil.rmtree(copy.parent)


def _one(reader: Callable[[], object], what: str, tally: Tally) -> None:
    begun = time.perf_counter()
    tally.tried += 1
    try:
        reader()
    except Refused:
        tally.caught += 1
    except Exception as error:
        tally.tracebacks += 1
        tally.missed.append(f"{type(error).__name__}: {str(error)[:80]!r}: {what}")
    else:
        tally.caught += 1
    tally.seconds = max(tally.seconds, time.perf_counter() - begun)
