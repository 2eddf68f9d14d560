"""What somebody reads first who has never heard of the survey: its answer, how sure it is, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import pandas as pd

from analysis.measurement import READINGS
from workbench.answers.agreement import agreed
from workbench.answers.measurement import measured, thresholds
from workbench.answers.measurement_in_words import headline
from workbench.answers.numbers import printed
from workbench.answers.reading_more import counts, reading_more

if TYPE_CHECKING:
    from workbench.answers.stamp import Stamp
    from workbench.store.survey import Survey

#: So many codes are named in the answer; the figure below it has all.
NAMED = 3


class Caveat(TypedDict):
    """One reason for doubt: a heading, what is known of it, and the page that tells more."""

    head: str
    said: str
    page: str
    link: str


class FirstScreen(TypedDict):
    """Attributes.

    question: what the survey asks.
    answer: one sentence with its numbers and how sure they are; it says so where nothing was read.
    beside: what a reader needs to understand it, a sentence each.
    caveats: reasons for doubt.
    """

    question: str
    answer: str
    beside: list[str]
    caveats: list[Caveat]


def first_screen(survey: Survey, stamp: Stamp) -> FirstScreen:
    """Return the words of the first screen; every number in them is one of an answer's.

    Args:
        survey: the opened survey.
        stamp: how much of it a human checked.
    """
    answer = measured(survey)
    table = answer.tables["measurement"]
    question = survey.settings.question.strip()
    if table.empty:
        nothing = "Nothing can be said yet: no record was drawn and read."
        return FirstScreen(question=question, answer=nothing, beside=[], caveats=[])
    return FirstScreen(
        question=question,
        answer=_answer(survey, table),
        beside=_beside(survey, table, answer.tables["measurement-in-words"]),
        caveats=[_abstracts(survey), _models(survey), _humans(stamp)],
    )


def _whole(table: pd.DataFrame) -> pd.Series:
    """The row that speaks of all pairs of a paper and a code that it discusses."""
    return table[((table["code"] == "") & (table["reading"] == READINGS[0])).to_numpy(dtype=bool)].iloc[0]


def _answer(survey: Survey, table: pd.DataFrame) -> str:
    words, at = survey.settings.words, thresholds(survey)
    pairs, mine = _whole(table), headline(table)
    under = mine[(mine["under_measured"] == "yes").to_numpy(dtype=bool)].sort_values("ratio")
    sure = f"{at.interval:.0%} interval {pairs['ratio_low']:.0%} to {pairs['ratio_high']:.0%}"
    share = f"a paper that {words.discusses} one also {words.measures} it in {pairs['ratio']:.0%} of cases ({sure})"
    if under.empty:
        return f"No {words.code} is shown to be much talked about and hardly measured: {share}."
    named = ", ".join(str(n) for n in under["name"].iloc[:NAMED])
    more = f" and {len(under) - NAMED} more" if len(under) > NAMED else ""
    verb = "is" if len(under) == 1 else "are"
    what = words.code if len(under) == 1 else words.codes
    return f"{len(under)} {what} {verb} talked about and hardly measured ({named}{more}); otherwise {share}."


def _beside(survey: Survey, table: pd.DataFrame, sentences: pd.DataFrame) -> list[str]:
    words, at, mine = survey.settings.words, thresholds(survey), headline(table)
    hardly = int((mine["hardly_measured"] == "yes").sum())
    open_ = int((mine["under_measured"] == "open").sum())
    said = [
        f"To {_infinitive(words.discusses)} a {words.code} is to say more of it than that it is why something new was "
        f"built. To {_infinitive(words.measures)} it is to give a number for it, or to score named systems on it.",
        f"{hardly} of the {len(mine)} {words.codes} are shown to be measured by fewer than {at.measured:g} of 1,000 "
        "papers, whether they are much discussed or little.",
        str(sentences["sentence"].iloc[0]),
    ]
    if open_:
        said.insert(
            2,
            f"Of {open_} {words.code if open_ == 1 else words.codes} it cannot be told yet: too few papers were read. "
            f"A statement is made only where its probability is {at.sure:.0%} or more.",
        )
    return said


def _infinitive(verb: str) -> str:
    """The verb of 'it measures' as of 'to measure'; only the first word is changed."""
    first, _, rest = verb.partition(" ")
    for ending in ("sses", "shes", "ches", "xes", "zes"):
        if first.endswith(ending):
            first = first[:-2]
            break
    else:
        first = first.removesuffix("s")
    return f"{first} {rest}".strip()


def _abstracts(survey: Survey) -> Caveat:
    table = reading_more(survey).tables["full-text-shift"]
    works, found, new, raised = counts(table)
    said = "What is counted is what titles and abstracts say."
    if found:
        said += (
            f" {works} papers were also read whole: of {found} {survey.settings.words.codes} in their text, {new} are "
            f"not in the abstract at all, and {raised} are shown more strongly in the text than in the abstract. "
            "So both the talk and the measuring are larger than shown here."
        )
    return {"head": "Abstracts only", "said": said, "page": "methods", "link": "How papers were read"}


def _models(survey: Survey) -> Caveat:
    kinds = set(survey.coders.loc[survey.coders["coder"].isin(set(survey.signoffs["coder"])), "kind"])
    table = agreed(survey).tables["agreement"]
    mine = table[(table["question"] == "measured").to_numpy(dtype=bool)]
    number = survey.settings.coders
    by = (
        "language models"
        if kinds == {"language-model"}
        else "people"
        if kinds == {"human"}
        else "people and models"
    )
    said = f"Each paper was coded by {by}"
    said += (
        f", {'twice' if number == 2 else f'{number} times'}, no coder seeing another's work."
        if number > 1
        else ", once."
    )
    if len(mine) and pd.notna(mine["alpha"].iloc[0]):
        row = mine.iloc[0]
        said += (
            f" On whether a paper {survey.settings.words.measures} what it raises, they agree at "
            f"Krippendorff's alpha {printed(float(row['alpha']), 'decimal2')} (1 is perfect, 0 is chance; "
            f"{printed(float(row['low']), 'decimal2')} to {printed(float(row['high']), 'decimal2')})."
        )
        said += (
            " That shows how repeatable the coding is, not whether it is right." if "language" in by else ""
        )
    head = {"people": "Coded by people", "language models": "Coded by language models"}.get(
        by, "Coded by people and models"
    )
    return {"head": head, "said": said, "page": "agreement", "link": "How far the coders agree"}


def _humans(stamp: Stamp) -> Caveat:
    checked, codes = stamp["human_verified"], stamp["codes"]
    if checked:
        head, said = (
            "Partly checked by people",
            f"A human coded, ruled on or checked {checked:,} of {codes:,} codes.",
        )
    else:
        head = "No human has checked it yet"
        said = f"None of the {codes:,} codes was looked at by a human. You can check one: each paper's page says how."
    return {"head": head, "said": said, "page": "papers", "link": "Open a paper and check it"}
