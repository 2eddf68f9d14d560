"""What of the codings is in no result, and why: a row a reason, with the results it is missing from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.selection import coded_papers, dropped
from workbench.answers.agreement import coded_first_under, version_compared
from workbench.answers.answer import BASIS, Answer, in_schema

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def left_out(survey: Survey) -> Answer:
    """What of the codings is in no result, and why: a row a reason, with the results it is missing from."""
    known = in_schema(survey.final, survey.codes)
    rows = dropped(known, basis=BASIS).assign(results="all but agreement and the flow of records")
    gone = survey.final.drop(index=known.index)
    gone = gone[(gone["basis"] == BASIS) & gone["state"].isin(["present", ""])]
    dated = survey.papers.loc[survey.papers["first_public"].notna(), "paper"]
    undated = len(set(coded_papers(known, basis=BASIS)) - set(dated))
    _, training = coded_first_under(survey.codings, survey.signoffs, version_compared(survey))
    trained = survey.codings[survey.codings["paper"].isin(training) & (survey.codings["basis"] == BASIS)]
    more = pd.DataFrame(
        [
            ("code not in the schema in force", len(gone), gone["paper"].nunique(), rows["results"].iloc[0]),
            ("no year", None, undated, "trends"),
            ("coded while the schema was being made", len(trained), len(training), "agreement"),
        ],
        columns=["reason", "codings", "papers", "results"],
    ).astype({"codings": "Int64"})
    table = pd.concat([rows.astype({"codings": "Int64"}), more], ignore_index=True)
    return Answer({"dropped": table[["results", "reason", "codings", "papers"]]})
