"""The methods section, written from the rows: what was searched, screened, coded and computed, with its numbers.

Every sentence states what the data say, so that it changes when they do. What nobody did is said too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.answers import phases
from workbench.answers.flow_of_records import counts, flow_table, parts, reason_names
from workbench.answers.numbers import printed
from workbench.reading.people import SCREENING, called, sets_of, shared, who_did_what
from workbench.store.final import CODING, VERIFICATION, version_key
from workbench.store.latex import to_latex

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Heading and text of a paragraph.
Paragraph = tuple[str, str]


def paragraphs(survey: Survey) -> list[Paragraph]:
    """Return the paragraphs of the methods section, in order.

    Raises:
        Refused: a file of the survey is faulty.
    """
    return [
        ("Search", _search(survey)),
        ("Sampling", _sampling(survey)),
        ("Screening", _screening(survey)),
        ("Coding", _coding(survey)),
        ("Agreement", _agreement(survey)),
        ("Paired evidence and audit", _numbers_found(survey)),
        ("Analysis", _analysis(survey)),
        ("Limits", _limits(survey)),
    ]


def methods_markdown(survey: Survey, stamp: str) -> str:
    """Return the methods section as Markdown; the last line is the stamp of the data."""
    body = [f"## {heading}\n\n{text}\n" for heading, text in paragraphs(survey)]
    return "\n".join(["# Methods\n", *body, f"{stamp}\n"])


def methods_latex(survey: Survey, stamp: str) -> str:
    r"""Return the methods section as LaTeX paragraphs for ``\input``, the stamp as a comment above them."""
    body = [rf"\paragraph{{{to_latex(h)}}} {_typeset(text)}" for h, text in paragraphs(survey)]
    return "\n\n".join([f"% {stamp}", *body]) + "\n"


def _typeset(text: str) -> str:
    return to_latex(text).replace("<", r"\ensuremath{<}").replace(">", r"\ensuremath{>}")


def _search(survey: Survey) -> str:
    from workbench.reading.status import status
    from workbench.store.searches import read_searches

    counts = {key: value["total"] for key, value in status(survey.root).items()}
    searches = read_searches(survey.root, [])
    found = set(survey.hits["search"])
    logged = [s for s in searches if s.id in found]
    if not logged:
        return "No search has been logged yet."
    places = sorted({place for s in logged for place in s.where})
    days = sorted({s.when[:10] for s in logged})
    each = "; ".join(
        f"{s.id} ({_count(s.rows, 'record')}{f', query: {s.query}' if s.query else ''})" for s in logged
    )
    later = [s for s in searches if s.id not in found]
    extra = (
        f" {_count(len(later), 'further search', 'further searches')} of texts held already brought no records: "
        + "; ".join(f"{s.id} ({_count(s.rows, 'text')})" for s in later)
        + "."
        if later
        else ""
    )
    return (
        f"{_count(len(logged), 'search', 'searches')} over {_count(len(places), 'source')} "
        f"{_were(len(logged))} logged ({_span(days)}): {each}. They gave {_n(counts['identified'])} hits, of which "
        f"{_n(counts['duplicates'])} were duplicates of a work already there, by identifier or by title, authors and "
        f"year; {_n(counts['maybe'])} may be duplicates and were kept apart undecided, and {_n(counts['unreadable'])} "
        f"could not be read. A preprint and its published version are one work. This left "
        f"{_n(counts['records'])} works; "
        f"{_n(counts['unverified'])} of them, of which neither authors nor an abstract were seen, were set "
        f"aside.{extra}"
    )


def _sampling(survey: Survey) -> str:
    blocks = survey.sampling[survey.sampling["stage"] == "screening"]
    if blocks.empty:
        return "No sample has been drawn."
    sizes = blocks.assign(frame=blocks["frame"].astype(int), drawn=blocks["drawn"].astype(int))
    strata = sizes.groupby("stratum").agg({"frame": "first", "drawn": "sum"})
    frame, drawn = int(strata["frame"].sum()), int(strata["drawn"].sum())
    share = strata["drawn"] / strata["frame"]
    rule, later = survey.schema.sampling, phases.in_words(survey)
    return (
        f"The sampling frame{' of the first phase' if later else ''} is the {_n(frame)} works whose abstract was in "
        f"hand; the others had no chance to be drawn{' then' if later else ''}. "
        f"Each work of the frame has one stratum, the rarest of the {survey.settings.words.homes} that its keywords "
        f"suggest, split at "
        f"{rule.split_year}. Each of the {len(strata)} strata was drawn in random blocks of {rule.block} (seed "
        f"{rule.seed}); after each complete block the screeners' counts decided whether another was drawn. "
        f"{_n(drawn)} works were drawn, with inclusion probabilities between {printed(share.min(), 'percent1')} and "
        f"{printed(share.max(), 'percent')}."
        f"{''.join(f' {sentence}' for sentence in later)}"
    )


def _screening(survey: Survey) -> str:
    """One sentence a stage: who, how many, agreed, settled, out and why; then what is in."""
    if survey.screening.empty:
        return "Nothing has been screened yet."
    flow = flow_table(survey)
    n, did, kinds = counts(flow), who_did_what(survey), _kinds(survey)
    said: list[str] = []
    first = sets_of(did, SCREENING, "title-abstract")
    if first:
        who = _capital(called({c for coders in first for c in coders}, kinds))
        said.append(
            f"{who} screened {_count(sum(first.values()), 'work')} on title and abstract ({shared(first)}) without "
            f"seeing each other's decisions, under criteria written before. {_settled(survey, 'title-abstract')}"
            f"{_n(n['screened'] - n['excluded'])} {_are(n['screened'] - n['excluded'])} in and "
            f"{_n(n['excluded'])} out{_why(survey, flow, 'excluded')}."
        )
    full = sets_of(did, SCREENING, "full-text")
    if full:
        who = _capital(called({c for coders in full for c in coders}, kinds))
        of = sum(full.values())
        begun = parts(flow, "unassessed").get("full text not decided", 0)
        waits = f" {_count(begun, 'work')} with no decision of two yet {_stay(begun)} in." if begun else ""
        said.append(
            f"{who} screened the full {'text' if of == 1 else 'texts'} of {_count(of, 'work')} ({shared(full)}). "
            f"{_settled(survey, 'full-text')}{_count(n['assessed'], 'full text')} {_were(n['assessed'])} assessed "
            f"and {_n(n['excluded_full_text'])} excluded{_why(survey, flow, 'excluded_full_text')}.{waits}"
        )
    else:
        said.append("No full text was screened.")
    if "other" in n:
        out = n["other_excluded"]
        said.append(
            f"{_count(n['other'], 'work')} found by other methods {_were(n['other'])} screened beside the sample, "
            f"{_n(out)} of them excluded and {_n(n['other_pending'])} pending; they enter no weighted rate."
        )
    pending = n["pending"]
    waiting = f" and {_n(pending)} pending" if pending else ""
    said.append(f"At the end {_count(n['included'], 'work')} {_are(n['included'])} in{waiting}.")
    said.append(f"Grey sources ({_n(n['grey'])}) are kept apart and enter no headline rate.")
    return " ".join(said)


def _settled(survey: Survey, stage: str) -> str:
    """Say how what was screened at a stage was decided: by agreement, by a ruling, or not yet."""
    drawn = survey.reached.loc[survey.reached["route"] == "drawn", "paper"]
    mine = survey.screened[(survey.screened["stage"] == stage) & survey.screened["paper"].isin(drawn)]
    how = Counter(mine["resolved"])
    alone = int(((mine["resolved"] == "pending") & (mine["coders"] == 1)).sum())
    differ = how["pending"] - alone
    said = [f"Two agreed on {_n(how['agreed'])}"]
    if how["adjudicated"]:
        said.append(f"{_n(how['adjudicated'])} {_were(how['adjudicated'])} settled by a third party")
    if differ:
        said.append(f"{_n(differ)} {_are(differ)} in dispute")
    if alone:
        said.append(f"{_n(alone)} {_have(alone)} one decision only")
    return f"{'; '.join(said)}. "


def _why(survey: Survey, flow: pd.DataFrame, box: str) -> str:
    names = reason_names(survey)
    reasons = ", ".join(f"{names.get(r, r)} {_n(n)}" for r, n in parts(flow, box).items())
    return f" ({reasons})" if reasons else ""


def _coding(survey: Survey) -> str:
    from workbench.answers.agreement import coded_first_under, version_compared
    from workbench.answers.answer import BASIS
    from workbench.reading.status import status

    schema, final = survey.schema, survey.final
    if survey.signoffs[survey.signoffs["basis"] == BASIS].empty:
        return "Nothing has been coded yet."
    said = status(survey.root)
    mine = final[(final["basis"] == BASIS) & ~final["grey"]]
    present = mine[(mine["facet"] == survey.settings.facet) & (mine["state"] == "present")]
    settled = Counter(mine["resolved"])
    _, training = coded_first_under(survey.codings, survey.signoffs, version_compared(survey))
    versions = " and ".join(sorted(set(mine["schema"]), key=version_key)) or schema.version
    did, kinds = who_did_what(survey), _kinds(survey)
    coding = sets_of(did, CODING, BASIS)
    who = _capital(called({c for coders in coding for c in coders}, kinds))
    twice = said["coded_twice"]["total"]
    full = final[final["basis"] == "full-text"]["paper"].nunique()
    checked = said["human_verified"]
    again = sets_of(did, VERIFICATION, BASIS)
    recoded = (
        f" {_capital(called({c for coders in again for c in coders}, kinds))} coded "
        f"{_count(sum(again.values()), 'work')} afresh, to check the codes; where they differ, only a ruling changes "
        "a code."
        if again
        else ""
    )
    words = survey.settings.words
    return (
        f"The coding schema (version {versions}) has {len(schema.facets)} facets and "
        f"{len(survey.failure_modes)} {words.codes}, each "
        f"with a definition, rules of inclusion and exclusion, and the rule that separates it from its neighbours. A "
        f"{words.code} is coded at one of the levels {', '.join(t.id for t in schema.levels)}, and rests on a checked "
        f"place in the text. {who} coded {_count(sum(coding.values()), 'work')} from the {BASIS} ({shared(coding)}); "
        f"{_n(twice)} {_were(twice)} coded by two without seeing each other, "
        f"{_n(len(training))} of these first while the schema was still being made. Of "
        f"{_n(len(mine))} codes, {_n(settled['agreed'])} were agreed, {_n(settled['adjudicated'])} decided by a third "
        f"party, {_n(settled['single'])} given by one alone and {_n(settled['unresolved'])} are open. "
        f"{_n(len(present))} {words.codes} hold, in "
        f"{_n(present['paper'].nunique())} works. A human checked {_n(checked['checked'])} of "
        f"these {_n(checked['codes'])}.{recoded} "
        f"{_count(full, 'work')} {_were(full)} coded from the full text as well, "
        f"a table apart."
    )


def _agreement(survey: Survey) -> str:
    from workbench.answers.agreement import DRAWS, agreed, version_compared

    table = agreed(survey).tables["agreement"]
    whole = table[table["alpha"].notna().to_numpy(dtype=bool)]
    if whole.empty:
        return (
            "No work has been coded by two coders under one version of the schema, so that agreement cannot be "
            "estimated."
        )
    kind = str(whole["kind"].iloc[0])
    papers = int(whole["papers"].max())
    each = "; ".join(
        f"{row['facet'].replace('_', ' ')}, {row['question']} {_estimate(row)}"
        for row in whole.to_dict("records")
    )
    inter = (
        " Both coders are language models: this measures repeatability, not validity."
        if kind.startswith("inter-pass")
        else ""
    )
    return (
        f"{kind.capitalize()} agreement was estimated on the {_n(papers)} works that were first coded under "
        f"version {version_compared(survey)} of the schema: Krippendorff's alpha "
        f"(nominal; 95% interval over {_n(DRAWS)} bootstrap draws of "
        f"works) {each}. Gwet's AC1, prevalence and the figures of single codes stand beside them, since "
        "alpha falls on rare codes; intervals of single codes are of a Dirichlet posterior over both, one or neither "
        f"coder; codes with fewer than ten positive works are not ranked.{inter}"
    )


def _numbers_found(survey: Survey) -> str:
    pairs, audit = survey.measurements, survey.audit
    said = []
    if pairs.empty:
        said.append("No paired evidence has been recorded.")
    else:
        kinds = Counter(pairs["kind"])
        inside = set(survey.screened.loc[survey.screened["decision"] == "include", "paper"])
        said.append(
            f"Paired evidence, a proxy's number beside that of the property it stands for, was sought in the coded "
            f"works and by the logged search of the frame. There are {_count(kinds['pair'], 'pair')} of both "
            f"values, and {_count(kinds['drop'], 'drop')} on re-measurement without both values, from "
            f"{_count(pairs['paper'].nunique(), 'work')}, {_n(len(set(pairs['paper']) & inside))} of them in the coded "
            "sample. Each number was found in the text. Works report such numbers because the gap is large: "
            "they are no "
            "sample of gaps."
        )
    if audit.empty:
        said.append("No panel of models has been recorded.")
    else:
        said.append(
            f"The model panel has {_n(len(audit))} measured values of {_n(audit['model'].nunique())} models by "
            f"{_n(audit['developer'].nunique())} developers, each with its source; a value that was not "
            f"seen is missing."
        )
    return " ".join(said)


def _analysis(survey: Survey) -> str:
    from analysis.nullmodel import SEED
    from analysis.replicates import DRAWS as REPLICATES
    from workbench.answers.expected import crossed, in_words

    about = crossed(survey)[1]
    draws = int(about["draws"].max()) if len(about) else 0
    words = survey.settings.words
    return (
        "All counts are of works, never of codings. How many works of the sampling frame raise a "
        f"{words.code} (name it at all), discuss it (not only as the motive of a new instrument) and measure it "
        "(give a number for it) is estimated in two ways. By the design: each drawn work counts for those it stands "
        "for, with weights raked to known counts of the frame (Deville, Särndal & Sautory 1993) and intervals from "
        "repeated draws by the same rule. By a model: multilevel logistic regressions predict the records that were "
        "not read. The model decides. "
        "What else is said of the frame is weighted for the sampling design, with 95% percentile intervals over "
        f"{_n(REPLICATES)} replicates of the draw (rescaled bootstrap within strata: Rao & Wu 1988). What is said of "
        "the sample alone has no interval. How many works carry two codes is held "
        f"against {_n(draws)} draws of a null model that keeps both margins of each facet's matrix (curveball trades: "
        f"Strona et al. 2014; seed {SEED}), among the works with a code of both facets; cells that a rule of the "
        "codebook decides are held as they are. Empty and sparse cells are tested with p = (b + 1)/(B + 1) over the "
        "cells in which a gap could be seen (Tarone 1990), at a false discovery rate of 5% over all pairs of facets at "
        f"once (Benjamini & Yekutieli 2001). {in_words(about)} How the {words.codes} spread over {words.homes} is a "
        "map and not a test. Analyses that have too few works say so instead of giving an estimate."
    )


def _limits(survey: Survey) -> str:
    from workbench.answers.reading_more import in_words, reading_more

    more = in_words(
        reading_more(survey).tables["full-text-shift"],
        survey.settings.words.codes,
        confidence=survey.settings.thresholds.interval,
    )
    kinds = set(survey.coders["kind"]) if len(survey.coders) else set()
    models = " Screeners, coders and adjudicator are language models." if kinds == {"language-model"} else ""
    return (
        "The estimates rest on abstracts: what only the body of a paper discusses is not seen. "
        f"{more}{models} The identified works come from "
        "the sources named above: an earlier work that they lack would move a first date."
    )


def _kinds(survey: Survey) -> dict[str, str]:
    return dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _estimate(row: Mapping[Any, Any]) -> str:
    value, low, high = (float(str(row[c])) for c in ("alpha", "low", "high"))
    # Rounded as in the table and in numbers.tex: nothing reads 1 that is not.
    told = [printed(float(x), "decimal2") for x in ((value,) if pd.isna(low) else (value, low, high))]
    return told[0] if len(told) == 1 else f"{told[0]} ({told[1]} to {told[2]})"


def _n(n: int) -> str:
    return printed(n, "count")


def _count(n: int, one: str, many: str = "") -> str:
    return f"{_n(n)} {one if n == 1 else many or one + 's'}"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _have(n: int) -> str:
    return "has" if n == 1 else "have"


def _stay(n: int) -> str:
    return "stays" if n == 1 else "stay"


def _span(days: Iterable[str]) -> str:
    ordered = list(days)
    return ordered[0] if len(set(ordered)) == 1 else f"{ordered[0]} to {ordered[-1]}"
