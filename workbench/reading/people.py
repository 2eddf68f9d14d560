"""Who did what: how many works each person, each model's pass and each pair of them screened and coded, by stage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from workbench.store.corpus import current
from workbench.store.final import CODING, VERIFICATION, deciding
from workbench.store.flow import INCLUDED
from workbench.store.screened import STAGES

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.survey import Survey

#: Columns of :func:`who_did_what`.
COLUMNS = ("task", "stage", "by", "coders", "works")
SCREENING, SEPARATOR = "screening", " + "
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def who_did_what(survey: Survey) -> pd.DataFrame:
    """Count the works that each coder, and each set of coders together, screened and coded.

    Screening is counted of the works that were drawn (or found by other methods: a stage of its own), coding of the
    works that are in; grey sources are left out, and so is practice.

    Returns:
        ``task`` (screening, coding, verification), ``stage`` (of screening the stage; else what was read: abstract,
        ...), ``by`` (``one``: every work of a coder; ``together``: works that exactly these coders did), ``coders``
        (ids joined by `` + ``), ``works``. Of coding the rows ``together`` are of the sign-offs that decide.

    Raises:
        Refused: a file is faulty.
    """
    import pandas as pd

    route = dict(zip(survey.reached["paper"], survey.reached["route"], strict=True))
    box = dict(zip(survey.reached["paper"], survey.reached["box"], strict=True))
    did: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows_of_screening = [{str(k): str(v) for k, v in r.items()} for r in survey.screening.to_dict("records")]
    for (coder, paper, stage), row in current(rows_of_screening, ("coder", "paper", "stage")).items():
        if route.get(paper) and row["decision"] != "withdrawn":
            other = "" if route[paper] == "drawn" else f", {route[paper]}"
            did[SCREENING, stage + other][paper].add(coder)
    signs = [{str(k): str(v) for k, v in r.items()} for r in survey.signoffs.to_dict("records")]
    signs = [r for r in signs if box.get(r["paper"]) in INCLUDED]
    decide = deciding(signs)
    for row in decide:
        did[CODING, row["basis"]][row["paper"]].add(row["coder"])
    for row in (r for r in signs if r["stage"] == VERIFICATION and r not in decide):
        did[VERIFICATION, row["basis"]][row["paper"]].add(row["coder"])
    rows: list[tuple[str, str, str, str, int]] = []
    for (task, stage), works in did.items():
        one = Counter(coder for who in works.values() for coder in who)
        together = Counter(tuple(sorted(who)) for who in works.values())
        rows += [(task, stage, "one", coder, n) for coder, n in one.items()]
        rows += [(task, stage, "together", SEPARATOR.join(who), n) for who, n in together.items()]
    tasks = (SCREENING, CODING, VERIFICATION)
    rows.sort(
        key=lambda r: (tasks.index(r[0]), r[1] not in STAGES, r[1] == "full-text", *r[1:3], -r[4], r[3])
    )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"works": "Int64"})


def sets_of(table: pd.DataFrame, task: str, stage: str) -> dict[tuple[str, ...], int]:
    """Return the sets of coders who did a stage together -> works, largest first, of :func:`who_did_what`'s table."""
    mine = table[(table["task"] == task) & (table["stage"] == stage) & (table["by"] == "together")]
    return {
        tuple(coders.split(SEPARATOR)): int(n)
        for coders, n in zip(mine["coders"], mine["works"], strict=True)
    }


def called(coders: Collection[str], kinds: Mapping[str, str], *, named: bool = True) -> str:
    """Return coders as a sentence names them: ``two passes of a language model (pass-a and pass-b)``.

    Args:
        coders: ids.
        kinds: id -> human or language-model.
        named: with their ids.
    """
    by_kind: dict[str, list[str]] = defaultdict(list)
    for coder in sorted(coders):
        by_kind[kinds.get(coder, "")].append(coder)
    words = {
        "human": ("person", "people"),
        "language-model": ("pass of a language model", "passes of a language model"),
        "": ("unknown coder", "unknown coders"),
    }
    return (
        listed(
            f"{number(len(ids))} {words[kind][len(ids) > 1]}" + (f" ({listed(ids)})" if named else "")
            for kind, ids in sorted(by_kind.items())
        )
        or "nobody"
    )


def shared(sets: Mapping[tuple[str, ...], int], verb: str = "") -> str:
    """Say which coders did how many works together: ``each by both``, or ``4 by ann and bob, 2 by ann alone``."""
    if len(sets) == 1:
        [who] = sets
        return {1: "by one alone", 2: "each by both"}.get(len(who), f"each by all {number(len(who))}")
    return listed(
        f"{n:,} by {listed(who)}{' alone' if len(who) == 1 else ''}{verb}" for who, n in sets.items()
    )


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does: ``a``, ``a and b``, ``a, b and c``."""
    *before, last = list(words) or [""]
    return f"{', '.join(before)} and {last}" if before else last


def number(n: int) -> str:
    """Return a small number in words, a larger one in digits."""
    return _WORDS[n] if n < len(_WORDS) else f"{n:,}"
