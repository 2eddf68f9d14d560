"""What each tidy table is called, which columns it has, in which order, and what a column means.

The tables are the programming interface of the workbench (``open_survey().codings`` and so on) and the
layout of the files in ``corpus/``: one definition serves readers, writers, validation and documentation.
Cells of the files are text; an inapplicable cell is the empty string.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Values a coding of a failure mode carries and other facets leave empty.
FAILURE_MODE_COLUMNS = ("level", "role", "formal", "figure_seen", "mitigates")

#: The values of a coding, shared by codings, adjudications, verifications and ``final``.
VALUE_COLUMNS = {
    "state": "present, no-information or withdrawn (in `final`: present, absent or no-information)",
    "level": "a level of the schema (headline facet only)",
    "role": "a role of the schema (headline facet only)",
    "formal": "yes when the argument is a proof or a formal model (facet with levels only)",
    "figure_seen": "yes when a number for the mode itself stands in the text read (facet with levels only)",
    "mitigates": "no, yes, or measured: a mitigation is offered, or offered and itself measured",
    "principal": "yes on the one principal row of a facet that asks for one",
    "confidence": "sure or unsure",
    "note": "the coder's own words: the claim, and the number or construct it rests on",
    "locator": "where in the text: title, abstract, or a section",
    "text_sha256": "digest of the text the place was checked against",
    "start": "first code point of the words in the normalised text, 0-based",
    "end": "one past the last code point",
    "span_sha256": "digest of the words themselves, so that the place is found again in another edition",
}


@dataclass(frozen=True)
class Table:
    """One tidy table.

    Attributes:
        name: the table's name, also its attribute on ``Survey``.
        path: file under the survey folder; ``{coder}`` stands for a coder's id; empty for derived tables.
        key: the columns that identify a row; rows of the file are sorted by them.
        columns: column name -> meaning, in file order (key columns first).
    """

    name: str
    path: str
    key: tuple[str, ...]
    columns: dict[str, str]

    @property
    def header(self) -> list[str]:
        """Column names in file order."""
        return list(self.columns)


PAPER = "BibTeX key of the work"
WHEN = "UTC, to the second: 2026-11-24T09:30:00Z"
RUN = "id in runs.csv; empty for a human"
CODED = {
    "paper": PAPER,
    "schema": "version of the coding schema",
    "basis": "what was read: title, abstract or full-text",
    "facet": "facet of the schema",
    "code": "code of that facet",
    "revision": "1, 2, ...; the highest one holds",
}

RECORDS = Table(
    "records",
    "corpus/records.csv",
    ("paper",),
    {
        "paper": PAPER,
        "first_public": "year of the first public version: the year every analysis uses",
        "verified": "yes; no while neither authors nor an abstract were seen",
        "grey": "yes for grey literature (system cards, institute reports, frameworks)",
        "guessed_streams": "streams guessed by the search's keywords, semicolon-separated; not a coding",
        "text_sha256": "digest of title and abstract as first seen; empty where no abstract was in hand",
        "stratum": "sampling stratum, given once; empty outside the sampling frame",
    },
)
HITS = Table(
    "hits",
    "corpus/hits.csv",
    ("search", "content_sha256"),
    {
        "search": "id in searches.yaml",
        "content_sha256": "digest of the record as it came in",
        "paper": PAPER + " that the hit became or joined; empty when unreadable",
        "outcome": "new, merged, maybe or unreadable",
        "file": "name of the file that came in",
        "line": "line in that file, from 1",
        "reason": "why merged, maybe or unreadable",
    },
)
FIELDS = Table(
    "fields",
    "corpus/fields.csv",
    ("search", "content_sha256"),
    {
        "search": "id in searches.yaml",
        "content_sha256": "digest of the record as it came in, as in hits.csv",
        "record": "key of the record that the hit was, or would have been alone; merges lead from it to the work",
        "key": "the key it had in its file, which means nothing outside of it",
        "type": "BibTeX entry type",
        "title": "title, plain text",
        "authors": "`Family, Given` joined by semicolons",
        "year": "year of the version cited",
        "venue": "where it appeared",
        "doi": "DOI, without address",
        "arxiv_id": "arXiv id, without version",
        "url": "address",
        "streams": "streams guessed by the search, semicolon-separated",
        "grey": "yes for grey literature",
        **dict.fromkeys(("editor", "volume", "number", "pages", "month", "keywords", "note"), "as it came"),
    },
)
MERGES = Table(
    "merges",
    "corpus/merges.csv",
    ("taken", "revision"),
    {
        "taken": "key of the record that joined a work; it leads to that work",
        "revision": "1, 2, ...; a record that was split off may join again",
        "kept": PAPER + " that it joined",
        "why": "what made the two one work",
        "by": "who merged them; rule where nobody was asked",
        "at": WHEN,
        "kept_text_sha256": "what the work's row in records.csv had before, where it can be told in no other way",
        "kept_stratum": "likewise",
        "taken_text_sha256": "likewise of the record that joined; empty where it never stood alone",
        "taken_stratum": "likewise",
        "undone": "when it was taken back; empty while it holds",
        "undone_by": "by whom",
        "undone_why": "why",
    },
)
REMOVALS = Table(
    "removals",
    "corpus/removals.csv",
    ("what", "revision"),
    {
        "what": "id of a search, or key of a record, that was taken out of the survey",
        "revision": "1, 2, ...; what was put back may be taken out again",
        "kind": "search or record",
        "why": "why so",
        "by": "who took it out",
        "at": WHEN,
        "undone": "when it was put back; empty while it is out",
        "undone_by": "by whom",
    },
)
MAYBE_DUPLICATES = Table(
    "maybe_duplicates",
    "corpus/maybe_duplicates.csv",
    ("a", "b"),
    {
        "a": PAPER + ", the alphabetically first",
        "b": PAPER + ", the other",
        "score": "similarity of the titles, 0 to 100",
        "why": "what speaks for and against",
        "decision": "same, different or empty (undecided: two records)",
        "by": "who decided",
        "note": "why so",
        "at": WHEN,
    },
)
SAMPLING = Table(
    "sampling",
    "corpus/sampling.csv",
    ("stage", "stratum", "block"),
    {
        "stage": "what the sample is drawn for: screening, verification, ...",
        "stratum": "stratum of the frame",
        "block": "number of the block within the stratum, from 1",
        "frame": "records of the stratum in the frame",
        "drawn": "records in this block",
        "seed": "seed of the stratum's random order",
        "probability": "share of the stratum drawn up to and including this block",
    },
)
SAMPLE = Table(
    "sample",
    "corpus/sample.csv",
    ("stage", "paper"),
    {
        "stage": "as in sampling.csv",
        "paper": PAPER,
        "stratum": "stratum it was drawn from",
        "block": "block within the stratum",
        "order": "place in the stratum's random order, from 1",
    },
)
FRAME = Table(
    "frame",
    "corpus/frame.csv",
    ("stage", "paper"),
    {
        "stage": "what is drawn from the frame, as in sampling.csv",
        "paper": PAPER + ": verified, not grey, with an abstract",
        "source": "id of the search that first brought it",
        "score": "probability that it is included by the words of title and abstract, three decimals (float64 in "
        "`Survey.frame`); of a screened record by a learner that did not see its decision; empty where too few "
        "were screened",
        "hits": "codes of the headline facet whose phrases stand in title or abstract, joined by semicolons, sorted",
        "probability": "chance of being drawn, written down before the drawing, six decimals (float64 in "
        "`Survey.frame`); empty where blocks are drawn of strata",
    },
)
RUNS = Table(
    "runs",
    "corpus/runs.csv",
    ("id",),
    {
        "id": "the run's name",
        "coder": "a coder's id",
        "model": "model, as far as it is known",
        "date": "date of the run",
        "instructions_sha256": "digest of the instructions given",
        "schema": "version of the coding schema",
        "batch": "what was given: a batch's name and size",
    },
)
SCREENING = Table(
    "screening",
    "corpus/screening/{coder}.csv",
    ("paper", "stage", "revision"),
    {
        "paper": PAPER,
        "stage": "title-abstract or full-text",
        "revision": "1, 2, ...; the highest one holds",
        "decision": "include, exclude or unsure; withdrawn takes the earlier ones back",
        "reason": "reason of exclusion, from the schema; empty otherwise",
        "streams": "streams the screener sees, semicolon-separated; they steer the sampling",
        "basis": "title, abstract or full-text",
        "note": "the screener's own words",
        "run": RUN,
        "at": WHEN,
    },
)
CODINGS = Table(
    "codings",
    "corpus/codings/{coder}.csv",
    ("paper", "schema", "basis", "facet", "code", "revision"),
    {**CODED, **VALUE_COLUMNS, "run": RUN, "at": WHEN},
)
SIGNOFFS = Table(
    "signoffs",
    "corpus/signoffs/{coder}.csv",
    ("paper", "schema", "basis"),
    {
        "paper": PAPER,
        "schema": "version of the coding schema",
        "basis": "title, abstract or full-text",
        "stage": "coding, or verification: a recoding of a paper drawn for it, by who had not coded it before",
        "blind": "yes; no where the coder had seen another's codes of the paper, wherever: it enters no agreement",
        "text_sha256": "digest of the text that was read",
        "run": RUN,
        "at": WHEN,
    },
)
ADJUDICATIONS = Table(
    "adjudications",
    "corpus/adjudications.csv",
    ("paper", "schema", "basis", "facet", "code", "revision"),
    {
        **CODED,
        **VALUE_COLUMNS,
        "chosen": "id of the coder whose coding was chosen, or new",
        "rationale": "why so",
        "by": "who adjudicated (a coder's id)",
        "at": WHEN,
    },
)
VERIFICATIONS = Table(
    "verifications",
    "corpus/verifications/{coder}.csv",
    ("paper", "basis", "facet", "code", "revision"),
    {
        "paper": PAPER,
        "basis": CODED["basis"],
        "facet": CODED["facet"],
        "code": CODED["code"],
        "revision": CODED["revision"],
        "outcome": "confirm, correct, reject or add",
        **VALUE_COLUMNS,
        "at": WHEN,
    },
)

MEASUREMENTS = Table(
    "measurements",
    "corpus/measurements.csv",
    ("paper", "failure_mode", "n", "revision"),
    {
        "paper": PAPER,
        "failure_mode": "the code that the two numbers bear on",
        "n": "1, 2, ... within paper and code; never used again for other numbers",
        "revision": CODED["revision"],
        "state": "present or withdrawn; `Survey.measurements` has what is present only",
        "kind": "pair (both values) or drop (a change on measuring again, without both values)",
        "basis": "where the numbers were read: abstract or full-text",
        "proxy": "code of the facet proxy",
        "latent": "code of the facet latent: the property that the proxy stands for",
        "proxy_measure": "what number the proxy's is, in the reader's own words",
        "latent_measure": "what number the property's is, in the reader's own words",
        "proxy_value": "the number exactly as reported; a range as `20 to 55`",
        "latent_value": "the number exactly as reported",
        "change": "of a drop: its size exactly as reported",
        "latent_is": "of a drop: worse or better than the proxy shows, or neither where no side is the better",
        "unit": "of the values, or of the change: a unit of `workbench.doors.measuring.UNITS`",
        "higher_is": "better or worse: what a higher value of the proxy looks like",
        "sample": "items or cases behind either number, as reported; empty where not given",
        "system": "the model or models the numbers belong to, as named",
        "protocol": "how both were taken, in the reader's own words",
        "attempts": "attempts allowed per item, as stated; empty where not",
        "note": "the reader's own words",
        "locator": VALUE_COLUMNS["locator"],
        **{c: VALUE_COLUMNS[c] for c in ("text_sha256", "start", "end", "span_sha256")},
        "run": RUN,
        "by": "who read it (a coder's id)",
        "at": WHEN,
    },
)

AUDIT = Table(
    "audit",
    "corpus/audit/panel.csv",
    ("model", "measure", "source", "protocol", "attempts"),
    {
        "model": "id of the model, as its developer or host writes it: developer/name-version",
        "measure": "what was measured, by whose instrument; values of one measure are comparable",
        "source": "where the value was published",
        "protocol": "how it was measured, in our own words",
        "attempts": "attempts allowed per item: a number, or least and most as 30-90; empty where not stated",
        "developer": "who made the model",
        "released": "year and month of the model's release; empty where it was not seen",
        "weights": "open, borderline (open under a restrictive licence) or closed",
        "dimension": "capability, behavioural-safety or governance",
        "value": "the value as published (float64 in `Survey.audit`)",
        "unit": "share (0 to 1), percent, index (0 to 100), grade (0 to 4.3) or count",
        "higher_is": "better or worse",
        "n": "items or cases behind the value (Int64 in `Survey.audit`); empty where not stated",
        "attempts_are": "single, independent (drawn anew), adaptive (the attacker learns), pool (of fixed attacks) or "
        "budget (at most so many queries)",
        "belongs_to": "model, or developer: the value is the developer's, repeated on its models",
        "kind": "primary, or secondary: the primary source was not opened; left out unless asked for",
        "reported_by": "developer (the model's own), third-party (anyone else, a competitor too) or unclear",
        "property": "what was measured, where it was measured more than once under other conditions",
        "conditions": "what differed: name=value pairs joined by `; `",
        "source_url": "address of the source",
        "source_date": "date of the source, as far as it is known",
        "seen_in": "where the value was read: repository@commit:path, an address, or a stored text",
        "note": "what a reader of the value must know, in our own words",
    },
)

PAPERS = Table(
    "papers",
    "",
    ("paper",),
    {
        "paper": PAPER,
        "title": "title, plain text",
        "authors": "`Family, Given` joined by semicolons",
        "year": "year of the version cited (Int64)",
        "first_public": "year of the first public version (Int64): the year every analysis uses",
        "venue": "where it appeared",
        "type": "BibTeX entry type",
        "doi": "DOI, without address",
        "arxiv_id": "arXiv id, without version",
        "url": "stable address",
        "verified": "authors or an abstract were seen (boolean)",
        "grey": "grey literature (boolean)",
        "guessed_streams": "tuple of streams guessed by keyword",
        "text_sha256": "digest of the text first seen",
        "stratum": "sampling stratum",
    },
)
SCREENED = Table(
    "screened",
    "",
    ("paper", "stage"),
    {
        "paper": PAPER,
        "stage": "title-abstract or full-text",
        "decision": "include, exclude or pending",
        "reason": "reason of exclusion agreed or adjudicated; `reasons-differ` where only that agrees",
        "resolved": "agreed, adjudicated, single or pending",
        "coders": "number of screeners (Int64)",
    },
)
REACHED = Table(
    "reached",
    "",
    ("paper",),
    {
        "paper": PAPER,
        "route": "drawn, other-methods, or empty where it was not looked at",
        "full_text": "decided, pending, or empty where nobody screened its full text",
        "box": "the last box of the flow of records that it reached",
        "reason": "why it is there, where the box has parts: a reason of exclusion, who is missing",
    },
)
FINAL = Table(
    "final",
    "",
    ("paper", "basis", "facet", "code"),
    {
        "paper": PAPER,
        "basis": CODED["basis"],
        "schema": CODED["schema"],
        "facet": CODED["facet"],
        "code": CODED["code"],
        "state": "present, absent (contested and decided against) or no-information",
        **{c: m for c, m in VALUE_COLUMNS.items() if c in (*FAILURE_MODE_COLUMNS, "principal", "confidence")},
        "resolved": "agreed, adjudicated, single or unresolved",
        "human_verified": "a human coded, adjudicated or verified it (boolean)",
        "grey": "grey literature (boolean)",
        "year": "year of the first public version (Int64)",
    },
)
STALE = Table(
    "stale",
    "",
    ("coder", "paper", "basis", "facet", "code", "part"),
    {
        "coder": "whose coding it is (a coder's id)",
        "paper": PAPER,
        "basis": CODED["basis"],
        "schema": "version of the coding schema it was made under",
        "facet": CODED["facet"],
        "code": CODED["code"] + "; empty where the facet was left without a code",
        "state": "present, no-information, absent, or not asked (the code came later)",
        "level": VALUE_COLUMNS["level"],
        "part": "which part of the wording changed: `FACET CODE definition`, `level LEVEL`, ...",
        "old": "what it said; empty where it is new",
        "new": "what it says today; empty where it is gone",
    },
)
FAILURE_MODES = Table(
    "failure_modes",
    "",
    ("code",),
    {
        "code": "id of the code",
        "name": "its name",
        "side": "a side of the schema",
        "goodhart": "a Goodhart variant of the schema",
        "definition": "what it is",
        "include_when": "when to code it",
        "exclude_when": "when not to",
        "neighbours": "tuple of the codes it is confused with",
        "counterparts": "tuple of the codes that are its counterpart on the other side",
        "synonyms": "tuple of search words",
    },
)
CODES = Table(
    "codes",
    "",
    ("facet", "code"),
    {
        "facet": "facet of the schema",
        "code": "code of that facet",
        "name": "its name",
        "assessable_from": "the least one must have read to tell it: title, abstract or full-text",
    },
)

#: Tables that lie in files, by name.
STORED = {
    t.name: t
    for t in (
        RECORDS,
        HITS,
        FIELDS,
        MERGES,
        REMOVALS,
        MAYBE_DUPLICATES,
        FRAME,
        SAMPLING,
        SAMPLE,
        RUNS,
        SCREENING,
        CODINGS,
        SIGNOFFS,
        ADJUDICATIONS,
        VERIFICATIONS,
        MEASUREMENTS,
        AUDIT,
    )
}

#: Tables that are derived from the files on reading.
DERIVED = {t.name: t for t in (PAPERS, SCREENED, REACHED, FINAL, STALE, FAILURE_MODES, CODES)}
