"""What somebody decided in ASReview, out of the table that it exports: as rows for the screening door.

An export has every record with its title, DOI and other facts, and a column of labels: 1 relevant, 0 irrelevant, empty
(or -1) not looked at. The column is called ``asreview_label`` since version 2 and ``included`` before; notes stand in
``asreview_note`` or ``notes`` (asreview.readthedocs.io, *Export results*).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from workbench.doors.identifiers import arxiv_id, doi, identifiers
from workbench.doors.titles import fold
from workbench.store.batch import csv_rows
from workbench.store.bibliography import Entry, read_papers
from workbench.store.corpus import stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, decode_incoming
from workbench.store.standing import joined

LABELS = ("asreview_label", "included")
NOTES = ("asreview_note", "notes", "exported_notes_1")
DECISIONS = {"1": "include", "1.0": "include", "0": "exclude", "0.0": "exclude"}
UNSEEN = ("", "-1", "-1.0", "nan")


def decided(root: Path, file: Path, *, reason: str = "") -> tuple[list[Row], list[Fault]]:
    """Return the decisions of an export, and warnings of what could not be taken.

    Args:
        root: the survey folder; its records are recognised by DOI, arXiv id or title.
        file: the export, a ``.csv`` or ``.tsv``.
        reason: the reason of exclusion that all records labelled irrelevant get, for ASReview keeps none.

    Returns:
        ``paper, decision, reason, note`` of every record that was labelled; a record of the export that the survey
        does not have, or has more than once, is a warning.

    Raises:
        Refused: the file cannot be read or is no such export, a label is not known, or a reason is lacking.
    """
    try:
        text, warnings = decode_incoming(file.read_bytes(), file.name)
    except OSError as error:
        raise Refused(
            [Fault(file.name, 0, "", f"cannot be read ({error.strerror})", "check the path")]
        ) from None
    faults: list[Fault] = []
    rows = csv_rows(text, file.name, faults)
    if faults:
        raise Refused(faults)
    label = next((name for name in LABELS if rows and name in rows[0]), None)
    if label is None or "title" not in rows[0]:
        remedy = "export the results of the project as .csv, with the titles"
        raise Refused([Fault(file.name, 1, "", "is no export of ASReview: no labels, or no titles", remedy)])
    known = _known(root, faults)
    if wrong := [f for f in faults if not f.warning]:
        raise Refused(wrong)
    made: list[Row] = []
    for row in rows:
        number, said = int(row["_line"]), row[label].lower()
        if said in UNSEEN:
            continue
        title = row["title"]
        decision = DECISIONS.get(said)
        if decision is None:
            faults.append(Fault(file.name, number, "", f"unknown label {said[:40]!r}", "1, 0, or empty"))
            continue
        if decision == "exclude" and not reason:
            remedy = "give one for all of them with --reason; criteria are in `survey instructions screen`"
            faults.append(Fault(file.name, number, "", "ASReview keeps no reason of exclusion", remedy))
            break
        papers = _meant(row, known)
        if len(papers) != 1:
            what = (
                "is none of the survey's records" if not papers else f"may be {' or '.join(sorted(papers))}"
            )
            remedy = "add it first (`survey add`)" if not papers else "decide on it by its key (--paper)"
            warnings.append(Fault(file.name, number, "", f"{title[:60]!r} {what}", remedy, True))
            continue
        note = next((row[n] for n in NOTES if row.get(n)), "")
        cells = {"paper": papers.pop(), "decision": decision, "note": " ".join(note.split())}
        cells["reason"] = reason if decision == "exclude" else ""
        made.append({**cells, "_line": str(number), "_file": file.name})
    if faults:
        raise Refused(faults)
    return made, warnings


def _known(root: Path, faults: list[Fault]) -> dict[str, set[str]]:
    """What a record may be known by, an identifier or a folded title -> the keys of the works."""
    leads = joined(stored(root, "merges", faults))
    known: dict[str, set[str]] = defaultdict(set)
    entries: list[Entry] = read_papers(root, faults)
    for entry in entries:
        for name in (*identifiers(entry), f"title:{fold(entry.title)}"):
            known[name].add(leads.get(entry.key, entry.key))
    return known


def _meant(row: Row, known: dict[str, set[str]]) -> set[str]:
    """The works that a row of the export may be: by its identifiers, else by its title."""
    for column in ("doi", "url", "urls", "arxiv_id"):
        value = row.get(column, "")
        for kind, found in (("arxiv", arxiv_id(value)), ("doi", doi(value))):
            if found and (papers := known.get(f"{kind}:{found.lower()}")):
                return set(papers)
    return set(known.get(f"title:{fold(row['title'])}", ()))
