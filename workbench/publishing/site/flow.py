"""Where each record's way through the survey ended: the boxes of the flow of records, by record.

The counts are those of ``analysis.prisma``; a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.prisma import STAGE

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: A box of the flow and the reason in it; empty where the box has no parts.
End = tuple[str, str]


def leaves(survey: Survey, basis: str) -> dict[str, End]:
    """Return for every work the last box it came to, with the reason where the box has parts.

    Args:
        survey: the opened survey.
        basis: the coding that is counted.
    """
    papers = survey.papers
    drawn = set(survey.sample.loc[survey.sample["stage"] == "screening", "paper"])
    looked = drawn | set(survey.screened.loc[survey.screened["stage"] == STAGE, "paper"])
    # A decision on the full text comes after one on title and abstract.
    stages = survey.screened.sort_values("stage", key=lambda s: s != STAGE, kind="stable")
    last = {r["paper"]: r for r in stages.to_dict("records")}
    signed = survey.signoffs[survey.signoffs["basis"] == basis]
    coders = signed.groupby(["paper", "schema"])["coder"].nunique().groupby("paper").max().to_dict()
    final = survey.final
    open_ = set(final.loc[(final["basis"] == basis) & (final["resolved"] == "unresolved"), "paper"])

    def end(paper: str, grey: bool, text: str) -> End:
        if grey:
            return "grey", ""
        if paper not in looked:
            return "not_sampled", "not drawn" if text else "no abstract in hand"
        row = last.get(paper)
        if row is None:
            return "pending", "not yet screened"
        if row["decision"] == "pending":
            return "pending", "screeners differ or one is missing"
        if row["decision"] == "exclude":
            return "excluded", str(row["reason"])
        who = coders.get(paper, 0)
        if who < 2:
            return "not_coded_twice", "coded by one" if who else "not yet coded"
        return ("unsettled" if paper in open_ else "synthesis"), ""

    return {
        p: end(p, g, t)
        for p, g, t in zip(papers["paper"], papers["grey"], papers["text_sha256"], strict=True)
    }
