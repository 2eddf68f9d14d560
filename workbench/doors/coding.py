"""Which failures a paper raises: the doors for codings and for the statement that a paper is coded.

A coder's door opens that coder's own files and nobody else's. The words a code rests on are looked up in the
text in hand; only their place and digests are stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from workbench.doors.door import Written, known_coder, sayer
from workbench.doors.runs import run_record
from workbench.store.batch import filled, near
from workbench.store.clock import now
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, writing
from workbench.store.final import CODING, VERIFICATION
from workbench.store.schema import BASES, Facet, Schema, load_schema
from workbench.store.screened import decisive
from workbench.store.tables import CODINGS, FAILURE_MODE_COLUMNS, SIGNOFFS, VALUE_COLUMNS
from workbench.store.texts import LEAST_WORDS, Place, Text, abstracts, find, fold, full_text, quoted

STATES = ("present", "no-information", "withdrawn")
CONFIDENCE = ("sure", "unsure")
YES_NO = ("yes", "no")
PLACE = ("text_sha256", "start", "end", "span_sha256")
#: What a coder may give; place, run and time are filled in by the door.
COLUMNS = (
    "paper",
    "schema",
    "basis",
    "facet",
    "code",
    *(c for c in VALUE_COLUMNS if c not in PLACE),
    "words",
)
SIGNOFF_COLUMNS = ("paper", "schema", "basis", "blind")
#: What identifies a coding of one coder, whatever its revision.
KEY = ("paper", "schema", "basis", "facet", "code")
#: What identifies a coder's coding of a whole paper.
WHOLE = ("paper", "schema", "basis")

NOT_CHECKABLE = "not checkable: the text is not in hand (bring it with survey abstracts --from FILE)"
OTHER_EDITION = "in another edition of the text than the one on record"
#: What is said of a paper that is not, or no longer, in.
OUT = ("screened out", "its screening is pending")

Say = Callable[[str, str], None]


class Texts:
    """The texts in hand, read when first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._full: dict[str, Text | None] = {}

    @cached_property
    def _abstracts(self) -> dict[str, Text]:
        return abstracts(self._root)

    def read(self, paper: str, basis: str) -> Text | None:
        """Return the text that a coder reads on a basis; None where it is not in hand.

        The title is the beginning of the abstract's text, so that places on both bases count alike.
        """
        if basis != "full-text":
            return self._abstracts.get(paper)
        if paper not in self._full:
            self._full[paper] = full_text(self._root, paper)
        return self._full[paper]


def code(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record codings of one coder, all or none.

    Before the coder has signed a paper off, a row given again replaces the earlier one, and one withdrawn is
    deleted and leaves nothing. After that either becomes a new revision (a code that is new then starts with
    revision 2), and the paper must stay complete.

    Args:
        root: the survey folder.
        coder: id of the coder among the coders.
        rows: ``COLUMNS``; ``schema`` is the one in force, ``basis`` abstract and ``state`` present where
            left out. ``words`` are at least five consecutive words of the text that a present failure mode
            rests on: they are looked up and not stored.
        run: the run these codings belong to; required for a language model.
        batch: what the run was given.

    Returns:
        What was written; its notes count how many words were found and how many could not be looked up because
        the text is not in hand.

    Raises:
        Refused: any row is wrong, or a code that stands alone is given beside another of its facet; every fault is
            named and nothing was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        contents = run_record(root, who, run, batch, "code", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        mine = {
            (*(r[c] for c in KEY), r["revision"]): r for r in stored(root, "codings", faults, coder=coder)
        }
        latest = current(mine.values(), KEY)
        signed = {tuple(r[c] for c in WHOLE) for r in stored(root, "signoffs", faults, coder=coder)}
        seen: set[tuple[str, ...]] = set()
        touched: dict[tuple[str, ...], Row] = {}
        written = unchanged = 0
        checked = {"found": 0, NOT_CHECKABLE: 0, OTHER_EDITION: 0}
        for given in rows:
            row = filled(given, COLUMNS, faults)
            row["schema"] = row["schema"] or schema.version
            row["basis"] = row["basis"] or "abstract"
            row["state"] = row["state"] or "present"
            say = sayer(row, faults)
            paper_faults(row, records, kept, say)
            if row["schema"] != schema.version:
                say(f"schema {row['schema']} is not in force", f"code under {schema.version}")
            value_faults(row, schema, say)
            row.update(placed(row, schema, texts, say, checked))
            first = records.get(row["paper"], {}).get("text_sha256", "")
            if row["start"] and first and row["basis"] != "full-text" and row["text_sha256"] != first:
                checked[OTHER_EDITION] += 1
            key = tuple(row[c] for c in KEY)
            if key in seen:
                say("code given twice in this batch", "give one row a code")
            seen.add(key)
            before = latest.get(key)
            whole = key[:3]
            if row["state"] == "withdrawn" and before is None:
                say("nothing here to withdraw", "withdraw a code that was given")
            elif row["state"] == "withdrawn" and before and whole not in signed:
                # Nobody else has seen it: it goes, and leaves nothing.
                del mine[(*key, before["revision"])], latest[key]
                written += 1
                continue
            if before and _same(before, row):
                unchanged += 1
                continue
            number = (revision(before) if before else 1) + (whole in signed)
            new = {**{c: row.get(c, "") for c in CODINGS.header}, "revision": str(number)}
            new |= {"run": run, "at": now()}
            mine[(*key, new["revision"])] = latest[key] = new
            touched.setdefault(whole, row)
            written += 1
        by_whole = _by_whole(latest.values(), touched)
        for whole, row in touched.items():
            say = sayer(row, faults)
            if whole in signed:
                complete_faults(by_whole[whole], schema, row["basis"], say)
                continue
            for facet in schema.facets:  # may be unfinished, and may not be contrary to itself
                principal_fault(facet, by_whole[whole], say, at_most=True)
                alone_fault(facet, by_whole[whole], say)
        if faults:
            raise Refused(faults)
        contents = {**contents, path_of(CODINGS, coder): rows_text(CODINGS, mine.values())} if written else {}
        notes = tuple(f"{n} place(s) {what}" for what, n in checked.items() if n)
        return Written(written, unchanged, tuple(replace_all(root, contents)), notes)


def signoff(root: Path, coder: str, rows: Iterable[Row], *, run: str = "", batch: str = "") -> Written:
    """Record that a coder has coded papers: only this turns the absence of a code into *coded absent*.

    Args:
        root: the survey folder.
        coder: id of the coder.
        rows: ``paper``, and where they apply ``basis`` (abstract by default), ``schema`` and ``blind`` (yes by
            default; no where the coder had seen another's codes of the paper, wherever).
        run: the run; required for a language model.
        batch: what the run was given.

    Raises:
        Refused: a paper is not completely coded (a facet that can be told on this basis has too few or too many
            codes, not exactly one principal, or another beside a code that stands alone), or a row is wrong; nothing
            was written.
    """
    with writing(root):
        faults: list[Fault] = []
        schema = load_schema(root)
        who = known_coder(root, coder, faults)
        contents = run_record(root, who, run, batch, "code", schema, faults) if who else {}
        records, kept = codable(root, faults)
        texts = Texts(root)
        latest = current(stored(root, "codings", faults, coder=coder), KEY)
        before = stored(root, "signoffs", faults, coder=coder)
        signed = {tuple(r[c] for c in WHOLE) for r in before}
        # Only of who had not coded it before it was drawn is a coding of such a paper a check of the others'.
        to_check = {r["paper"] for r in stored(root, "sample", faults) if r["stage"] == VERIFICATION}
        to_check -= {r["paper"] for r in before if r["stage"] == CODING}
        by_whole = _by_whole(latest.values())
        new: list[Row] = []
        unchanged = 0
        for given in rows:
            row = filled(given, SIGNOFF_COLUMNS, faults)
            row["schema"] = row["schema"] or schema.version
            row["basis"] = row["basis"] or "abstract"
            row["blind"] = row["blind"] or "yes"
            say = sayer(row, faults)
            paper_faults(row, records, kept, say)
            if row["blind"] not in YES_NO:
                say(f"blind is {row['blind']!r}", "write yes, or no where you had seen another's codes of it")
            whole = tuple(row[c] for c in WHOLE)
            if whole in signed:
                unchanged += 1
                continue
            signed.add(whole)
            if row["schema"] != schema.version:
                say(f"schema {row['schema']} is not in force", f"sign off under {schema.version}")
            elif row["basis"] in BASES:
                complete_faults(by_whole.get(whole, []), schema, row["basis"], say)
            text = texts.read(row["paper"], row["basis"])
            new.append(
                {
                    **{c: row[c] for c in SIGNOFF_COLUMNS},
                    "stage": VERIFICATION if row["paper"] in to_check else CODING,
                    "text_sha256": text.digest if text else "",
                    "run": run,
                    "at": now(),
                }
            )
        if faults:
            raise Refused(faults)
        contents = {**contents, path_of(SIGNOFFS, coder): rows_text(SIGNOFFS, [*before, *new])} if new else {}
        return Written(len(new), unchanged, tuple(replace_all(root, contents)))


def codable(root: Path, faults: list[Fault]) -> tuple[dict[str, Row], dict[str, str]]:
    """Return the records, and what screening came to: paper -> include, exclude or pending."""
    held = Decisions(root, faults)
    return held.records, {p: r["decision"] for p, r in decisive(held.screened).items()}


def paper_faults(row: Row, records: Mapping[str, Row], kept: Mapping[str, str], say: Say) -> None:
    """Say why a paper may not be coded: unknown, unverified, or not in; and what is wrong with the basis."""
    paper = row["paper"]
    if paper not in records:
        say(f"unknown paper {paper!r}", near(paper, records))
    elif records[paper]["verified"] != "yes":
        say("nothing of it but a title was seen", "bring its authors or abstract with `survey add`")
    elif kept.get(paper) == "exclude":
        say(OUT[0], "code included papers only; where the screening errs, adjudicate it")
    elif kept.get(paper) == "pending":
        say(OUT[1], "let a second screener or an adjudication decide")
    elif paper not in kept:
        say("not screened", "screen it first (`survey screen`)")
    if row["basis"] not in BASES:
        say(f"unknown basis {row['basis']!r}", near(row["basis"], BASES))


def value_faults(row: Row, schema: Schema, say: Say, states: Iterable[str] = STATES) -> None:
    """Say what is wrong with the values of one coding, whoever gives it."""
    facet = schema.facet(row["facet"])
    if facet is None:
        say(f"unknown facet {row['facet']!r}", near(row["facet"], [f.id for f in schema.facets]))
        return
    if facet.code(row["code"]) is None:
        say(f"unknown code {row['code']!r} of {facet.id}", near(row["code"], [c.id for c in facet.codes]))
        return
    if row["basis"] in BASES and not facet.assessable(row["code"], row["basis"]):
        say(f"{facet.id} {row['code']} cannot be told from the {row['basis']}", "leave the row out")
    if row["state"] not in states:
        say(f"unknown state {row['state']!r}", near(row["state"], states))
        return
    levelled = facet.levelled and row["state"] == "present"
    allowed = {
        "level": [t.id for t in schema.levels],
        "role": [t.id for t in schema.roles] or [""],
        "formal": list(YES_NO),
        "figure_seen": list(YES_NO),
        "mitigates": [t.id for t in schema.mitigates] or [""],
    }
    for column in FAILURE_MODE_COLUMNS:
        if levelled and row[column] not in allowed[column]:
            say(f"unknown {column} {row[column]!r}", near(row[column], allowed[column]))
        elif not levelled and row[column]:
            say(
                f"{column} does not belong here",
                "only a failure mode that is present has one; leave it empty",
            )
    own = schema.own
    if levelled and row["level"] in schema.measuring and row["role"] != own:
        say(
            f"{row['level']} with role {row['role']!r}",
            f"what others measured is background; {own} or lower level",
        )
    role = next((r for r in schema.roles if levelled and r.id == row["role"]), None)
    if role and role.mitigates and row["mitigates"] not in role.mitigates:
        say(
            f"mitigates {row['mitigates']} with role {role.id}", f"it goes with {' or '.join(role.mitigates)}"
        )
    elif (
        role
        and not role.mitigates
        and row["mitigates"] not in (*(m.id for m in schema.mitigates[:1]), "")
        and role.id != own
    ):
        say(f"mitigates with role {row['role']!r}", f"a mitigation that counts is an {own}")
    if role and role.levels and row["level"] not in role.levels:
        say(f"{row['level']} with role {role.id}", f"it goes with {' or '.join(role.levels)}")
    if row["principal"] not in ("", *(YES_NO if facet.principal else ())):
        remedy = "write yes or no" if facet.principal else "leave it empty"
        say(f"principal is {row['principal']!r} on {facet.id}", remedy)
    if row["state"] != "withdrawn" and row["confidence"] not in CONFIDENCE:
        say(f"unknown confidence {row['confidence']!r}", near(row["confidence"], CONFIDENCE))
    if levelled:
        for column in ("note", "locator"):
            if not row[column].strip():
                say(f"a failure mode without {column}", f"{VALUE_COLUMNS[column]}")


def placed(row: Row, schema: Schema, texts: Texts, say: Say, checked: dict[str, int]) -> Row:
    """Return the place of the words a coding rests on; say so where they do not stand in the text.

    ``checked`` counts what was found and what could not be looked up.
    """
    empty: Row = dict.fromkeys(PLACE, "")
    text = texts.read(row["paper"], row["basis"])
    own_words(row, "note", texts, say)
    facet = schema.facet(row["facet"])
    needed = facet is not None and facet.levelled and row["state"] == "present"
    if not needed and not row["words"]:
        return empty
    if row["state"] != "present":
        say(f"words on a row that is {row['state']}", "leave the words out")
        return empty
    if len(fold(row["words"]).split()) < LEAST_WORDS:
        say(
            f"rests on fewer than {LEAST_WORDS} words",
            "give at least five words in a row, copied from the text",
        )
        return empty
    if text is None:
        checked[NOT_CHECKABLE] += 1
        return empty
    place = _find(row, text)
    if place is None:
        say(f"these words do not stand in the {row['basis']}: {row['words']!r}", "copy them exactly")
        return empty
    checked["found"] += 1
    return {
        "text_sha256": place.text_sha256,
        "start": str(place.start),
        "end": str(place.end),
        "span_sha256": place.span_sha256,
    }


def own_words(row: Row, column: str, texts: Texts, say: Say) -> None:
    """Say so where a note or rationale shares eight or more words in a row with the text in hand."""
    text = texts.read(row["paper"], row["basis"])
    if text and (words := quoted(row[column], text)):
        say(f"the {column} quotes the text ({words!r})", "say it in your own words")


def _same(before: Row, row: Row) -> bool:
    """Say whether a row given again says what is stored; without the text its place cannot be compared."""
    compared = [c for c in VALUE_COLUMNS if c not in PLACE or row["start"]]
    return all(before[c] == row[c] for c in compared)


def _find(row: Row, text: Text) -> Place | None:
    place = find(row["words"], text)
    if place and row["basis"] == "title" and place.end > len(fold(text.title)):
        return None
    return place


def complete_faults(rows: Iterable[Row], schema: Schema, basis: str, say: Say) -> None:
    """Say where a coding of a whole paper is not complete on a basis.

    Args:
        rows: the codings that hold for the paper, withdrawn ones among them or not.
        schema: the coding schema.
        basis: what was read; facets of which nothing can be told from it are left aside.
        say: takes message and remedy.
    """
    held = [r for r in rows if r["state"] in ("present", "no-information")]
    if not any(f.assessable(c.id, basis) for f in schema.facets for c in f.codes):
        say(f"no facet can be told from the {basis}", "read more of it, and sign off on that basis")
    for facet in schema.facets:
        if not any(facet.assessable(c.id, basis) for c in facet.codes):
            continue
        mine = [r for r in held if r["facet"] == facet.id]
        present = sum(r["state"] == "present" for r in mine)
        least, most = facet.cardinality.min, facet.cardinality.max
        if len(mine) < least:
            say(
                f"{facet.id} has {len(mine)} code(s), {least} or more are asked for",
                "code it, or no-information",
            )
        if most is not None and present > most:
            say(f"{facet.id} has {present} codes, at most {most} are allowed", "withdraw what matters least")
        alone_fault(facet, mine, say)
        if present:
            principal_fault(facet, mine, say)


def alone_fault(facet: Facet, rows: Iterable[Row], say: Say) -> None:
    """Say so where a code that excludes the others of its facet is given beside one."""
    given = {r["code"] for r in rows if r["facet"] == facet.id and r["state"] == "present"}
    for one in facet.codes:
        if one.alone and one.id in given and len(given) > 1:
            beside = ", ".join(sorted(given - {one.id}))
            say(
                f"{facet.id} {one.id} stands alone, and {beside} is given beside it",
                f"withdraw {one.id}, or what is beside it",
            )


def principal_fault(facet: Facet, rows: Iterable[Row], say: Say, *, at_most: bool = False) -> None:
    """Say so where a facet that asks for one principal code has none or several (``at_most``: several)."""
    marked = sorted(
        r["code"]
        for r in rows
        if r["facet"] == facet.id and r["state"] == "present" and r["principal"] == "yes"
    )
    if facet.principal and len(marked) > 1:
        say(
            f"{facet.id} has {len(marked)} principal codes: {', '.join(marked)}",
            "mark exactly one as principal",
        )
    elif facet.principal and not marked and not at_most:
        say(f"{facet.id} has no principal code", "mark exactly one as principal")


def _by_whole(
    rows: Iterable[Row], only: Mapping[tuple[str, ...], Row] | None = None
) -> dict[tuple[str, ...], list[Row]]:
    out: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        whole = tuple(row[c] for c in WHOLE)
        if only is None or whole in only:
            out[whole].append(row)
    return out
