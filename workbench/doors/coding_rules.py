"""What a coding must be, whoever gives it: its values, the words it rests on, and when a paper is wholly coded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from workbench.store.batch import near
from workbench.store.files import Row
from workbench.store.schema import BASES, Facet, Schema
from workbench.store.tables import FAILURE_MODE_COLUMNS, VALUE_COLUMNS
from workbench.store.texts import LEAST_WORDS, Place, Text, abstracts, find, fold, full_text, quoted

STATES = ("present", "no-information", "withdrawn")
CONFIDENCE = ("sure", "unsure")
YES_NO = ("yes", "no")
PLACE = ("text_sha256", "start", "end", "span_sha256")
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
                "only a code with levels that is present has one; leave it empty",
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
                say(f"a code with levels without {column}", f"{VALUE_COLUMNS[column]}")


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
