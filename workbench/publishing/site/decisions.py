"""What the page shows of who decided what: screenings, codings, rulings, verifications; closed until two are done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench.answers.flow_of_records import flow_table
from workbench.publishing.site.packing import Plain, plain, table

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Columns of a coding as the page shows them, in this order.
_CODING = (
    *("coder", "revision", "state", "level", "role", "formal", "figure_seen", "mitigates", "principal"),
    *("confidence", "note", "locator", "text_sha256", "start", "end", "run", "at"),
)
_WHERE = ("paper", "schema", "basis", "facet", "code")


def visible(survey: Survey) -> set[tuple[str, str, str, str]]:
    """Which codings may be shown: (coder, paper, schema, basis) signed off, once a second coder has signed off too.

    A paper that waits for its second coder stays closed, so that the page cannot undo the blinding; grey papers,
    which one coder reads, are open as soon as they are signed off.
    """
    signed = survey.signoffs
    grey = set(survey.papers.loc[survey.papers["grey"], "paper"])
    who: dict[tuple[str, str, str], set[str]] = {}
    for coder, paper, schema, basis in signed[["coder", "paper", "schema", "basis"]].itertuples(index=False):
        who.setdefault((paper, schema, basis), set()).add(coder)
    return {
        (coder, *at) for at, coders in who.items() if len(coders) > 1 or at[0] in grey for coder in coders
    }


def codings(survey: Survey, place: Mapping[str, int]) -> Plain:
    """Codings, sign-offs, rulings and verifications that may be shown, and what holds by them."""
    shown = visible(survey)
    who = ("coder", "paper", "schema", "basis")
    codings, signs = (among(rows, who, shown) for rows in (survey.codings, survey.signoffs))
    rulings = survey.adjudications[survey.adjudications["facet"] != "screening"]
    final = among(survey.final, who[1:], {at[1:] for at in shown})
    values = tuple(c for c in _CODING if c not in ("coder", "run"))
    # Enough of the words' digest to find them again in another edition of the text.
    codings = codings.assign(span=codings["span_sha256"].str[:16])
    return {
        "codings": placed(codings, place, (*_WHERE, *_CODING, "span")),
        "closed": len(survey.codings) - len(codings),
        "signoffs": placed(signs, place, ("paper", "coder", "schema", "basis", "run", "at")),
        "adjudications": placed(rulings, place, (*_WHERE, *values, "chosen", "rationale", "by")),
        "verifications": placed(
            survey.verifications, place, (*(c for c in _WHERE if c != "schema"), "coder", "outcome", *values)
        ),
        "final": placed(
            final,
            place,
            (
                *_WHERE,
                *("state", "level", "role", "formal", "figure_seen", "mitigates", "principal", "confidence"),
                *("resolved", "human_verified"),
            ),
        ),
        "runs": plain(survey.runs.sort_values("id"), ("id", "coder", "model", "date", "schema")),
    }


def among(frame: pd.DataFrame, columns: Sequence[str], wanted: Collection[tuple[str, ...]]) -> pd.DataFrame:
    """The rows whose cells in some columns are together among those wanted."""
    keep = [at in wanted for at in zip(*(frame[c] for c in columns), strict=True)]
    return frame[pd.Series(keep, index=frame.index, dtype="bool")]


def placed(frame: pd.DataFrame, place: Mapping[str, int], columns: Sequence[str]) -> Plain:
    """A table whose column ``paper`` holds places, not keys; sorted by them, then by what else identifies a row."""
    known = frame[frame["paper"].isin(set(place))]
    at = known["paper"].map(place).astype("int64")
    made = known.assign(paper=at)
    by = [c for c in columns if c in {*_WHERE, "coder", "revision", "stage", "n", "failure_mode"}]
    return plain(made.sort_values(by, kind="stable"), columns)


def screening(survey: Survey, place: Mapping[str, int]) -> Plain:
    """Decisions on screening, of records that a second screener has seen too, and how each record ended."""
    grey = set(survey.papers.loc[survey.papers["grey"], "paper"])
    who: dict[tuple[str, str], set[str]] = {}
    for paper, stage, coder in survey.screening[["paper", "stage", "coder"]].itertuples(index=False):
        who.setdefault((paper, stage), set()).add(coder)
    open_ = {at for at, coders in who.items() if len(coders) > 1 or at[0] in grey}
    rows = among(survey.screening, ("paper", "stage"), open_)
    rulings = survey.adjudications[survey.adjudications["facet"] == "screening"]
    rulings = rulings.rename(columns={"code": "stage", "state": "decision", "note": "reason"})
    flow = flow_table(survey)
    # Of each work the box in which it ends, why, and how far its full text is: what the page opens boxes by.
    columns = survey.reached[["box", "reason", "full_text", "route"]].itertuples(index=False, name=None)
    ends = dict(zip(survey.reached["paper"], columns, strict=True))
    of = sorted(set(ends.values()))
    undecided = survey.maybe_duplicates[survey.maybe_duplicates["decision"] == ""]
    both = undecided[undecided["a"].isin(set(place)) & undecided["b"].isin(set(place))]
    return {
        "decisions": placed(
            rows,
            place,
            (
                "paper",
                "stage",
                "coder",
                "revision",
                "decision",
                "reason",
                "streams",
                "basis",
                "note",
                "run",
                "at",
            ),
        ),
        "closed": len(survey.screening) - len(rows),
        "rulings": placed(
            rulings,
            place,
            ("paper", "stage", "revision", "decision", "reason", "chosen", "rationale", "by", "at"),
        ),
        "screened": placed(
            survey.screened, place, ("paper", "stage", "decision", "reason", "resolved", "coders")
        ),
        "flow": plain(flow),
        "ends": [list(end) for end in of],
        "end": [of.index(ends[key]) for key in place],
        "hits": table(
            {
                "search": survey.hits["search"],
                "paper": [place.get(p, -1) for p in survey.hits["paper"]],
                "outcome": survey.hits["outcome"],
                "file": survey.hits["file"],
                "line": [int(n or 0) for n in survey.hits["line"]],
                "reason": survey.hits["reason"],
            }
        ),
        "maybe": table(
            {
                "a": [place[p] for p in both["a"]],
                "b": [place[p] for p in both["b"]],
                "score": both["score"],
                "why": both["why"],
            }
        ),
    }
