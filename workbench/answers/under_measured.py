"""Of the papers that discuss each failure mode, how many measure it: raw, pooled, and weighted for the design."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.undermeasurement import named_in_query, pooled, undermeasurement
from analysis.weights import kish, weighted_rates, weighted_total, weights
from workbench.answers import descriptions
from workbench.answers.answer import BASIS, Answer, Form, Printed, code_names, figure, in_schema
from workbench.answers.numbers import Number, macro_name, printed
from workbench.doors.sampling import STAGE
from workbench.store.faults import Fault
from workbench.store.searches import read_searches

if TYPE_CHECKING:
    from workbench.store.survey import Survey


def under_measured(survey: Survey) -> Answer:
    """Of the papers that discuss each failure mode, how many measure it."""
    final = in_schema(survey.final, survey.codes)
    counted = undermeasurement(final, survey.failure_modes, basis=BASIS)
    modes, hyper = pooled(counted)
    drawn = weights(survey.sample, survey.sampling, stage=STAGE, missing=unknown_outcome(survey))
    modes = modes.merge(weighted_rates(counted, drawn), on="code", validate="one_to_one")
    terms = query_terms(survey, {p for papers in counted["papers_discussed"] for p in papers})
    modes = modes.merge(named_in_query(survey.failure_modes, terms), on="code", validate="one_to_one")
    last = ["papers_discussed", "papers_measured"]
    modes = modes[[*(c for c in modes.columns if c not in last), *last]]
    total = weighted_total(counted, drawn)

    pairs, measured = int(modes["discussed"].sum()), int(modes["measured"].sum())
    # Without any rate to hold it against, a line would run through words.
    rate = measured / pairs if (modes["note"] == "").any() else None
    draw = partial(charts.discussed_against_measured, modes, basis=BASIS, corpus_rate=rate)
    title = "Discussed against measured, among papers whose abstract raises the mode"
    words = descriptions.undermeasured(modes)
    together = partial(charts.pooled_rates_plot, modes, hyper, basis=BASIS)
    heading = (
        "Rates of measuring, partially pooled over failure modes, among papers whose abstract raises the mode"
    )
    return Answer(
        {
            "undermeasurement": modes,
            "undermeasurement-hyper": hyper,
            "undermeasurement-total": total,
            "sample-weights": drawn,
        },
        (
            figure("undermeasurement", title, words, draw, data=modes),
            figure(
                "pooled-rates", heading, f"{described(modes, hyper)} {_asked(modes)}", together, data=modes
            ),
        ),
        _numbers(modes, hyper, total, drawn),
        (_printed(modes, hyper, code_names(survey)),),
    )


def unknown_outcome(survey: Survey) -> set[str]:
    """Return the drawn papers of which it is not known whether they raise a mode: not screened, or in and not coded."""
    out = survey.screened[(survey.screened["decision"] == "exclude").to_numpy(dtype=bool)]
    coded = survey.final[(survey.final["basis"] == BASIS).to_numpy(dtype=bool)]
    drawn = survey.sample[(survey.sample["stage"] == STAGE).to_numpy(dtype=bool)]
    return set(drawn["paper"]) - set(out["paper"]) - set(coded["paper"])


def query_terms(survey: Survey, papers: set[str]) -> dict[str, tuple[str, ...] | None]:
    """Return the topic words of every search that brought one of the papers; None where they are not on record.

    Args:
        survey: the opened survey.
        papers: papers that count.
    """
    faults: list[Fault] = []
    hits = survey.hits[survey.hits["paper"].isin(papers).to_numpy(dtype=bool)]
    brought = set(hits["search"])
    return {s.id: s.terms for s in read_searches(survey.root, faults) if s.id in brought}


def described(modes: pd.DataFrame, hyper: pd.DataFrame) -> str:
    """Describe the plot of the pooled rates: the mean over modes, and which modes surely lie below or above it."""
    there = modes[(modes["discussed"] > 0).to_numpy(dtype=bool)]
    if there.empty:
        return "Nothing is drawn: no settled coding discusses any failure mode."
    mean = hyper[(hyper["parameter"] == "mean").to_numpy(dtype=bool)].iloc[0]
    said = [
        f"Raw and partially pooled rate of each of {len(there)} failure mode{'s' if len(there) > 1 else ''}. The mean "
        f"over modes is "
        f"{_interval(mean, 'mean', 'low', 'high')}."
    ]
    for words, some in (
        ("Below it with a probability of at least 0.95", there[there["p_below"] >= 0.95]),
        ("Above it with a probability of at least 0.95", there[there["p_below"] <= 0.05]),
    ):
        listed = [
            f"{r['name']} {_interval(r, 'pooled_mean', 'pooled_low', 'pooled_high')}"
            f"{', too few papers' if r['note'] else ''}"
            for r in some.to_dict("records")
        ]
        said.append(f"{words}: {'; '.join(listed) or 'none'}.")
    return " ".join(said)


def _asked(modes: pd.DataFrame) -> str:
    """Say how many modes the searches asked for by name, and how many they only touched."""
    counts = modes["named_in_query"].value_counts()
    return (
        f"Of {len(modes)} modes the searches asked for {counts.get('name', 0)} by name (their papers were looked for) "
        f"and touched {counts.get('synonym', 0)} more by a synonym only; {counts.get('no', 0)} they left alone, and "
        f"of {counts.get('unknown', 0)} it is not on record."
    )


def _interval(row: Any, middle: str, low: str, high: str) -> str:
    return f"{float(row[middle]):.0%} ({float(row[low]):.0%} to {float(row[high]):.0%})"


#: Numbers of each ranked mode: column -> end of the macro's name, rounding, unit, meaning.
_OF_MODE: dict[str, tuple[str, Form, str, str]] = {
    "discussed": ("Discussed", "count", "papers", "papers that discuss {}"),
    "measured": ("Measured", "count", "papers", "papers that measure {}"),
    "rate": ("Rate", "percent", "share of papers", "papers that measure {}, of those that discuss it"),
    "low": (
        "RateLow",
        "percent",
        "share of papers",
        "lower end of the 95% Jeffreys interval of the rate of {}",
    ),
    "high": (
        "RateHigh",
        "percent",
        "share of papers",
        "upper end of the 95% Jeffreys interval of the rate of {}",
    ),
    "pooled_mean": ("Pooled", "percent", "share of papers", "partially pooled rate of {}, posterior mean"),
    "pooled_low": (
        "PooledLow",
        "percent",
        "share of papers",
        "lower end of its 95% posterior interval for {}",
    ),
    "pooled_high": (
        "PooledHigh",
        "percent",
        "share of papers",
        "upper end of its 95% posterior interval for {}",
    ),
    "p_below": (
        "Below",
        "decimal2",
        "probability",
        "probability that the rate of {} is below the mean over modes",
    ),
    "weighted_rate": (
        "Weighted",
        "percent",
        "share of papers",
        "rate of {} weighted for the design of the sample",
    ),
    "weighted_low": ("WeightedLow", "percent", "share of papers", "lower end of its 95% interval for {}"),
    "weighted_high": ("WeightedHigh", "percent", "share of papers", "upper end of its 95% interval for {}"),
}


_END = {"Low": "lower", "High": "upper"}


def _numbers(
    modes: pd.DataFrame, hyper: pd.DataFrame, total: pd.DataFrame, drawn: pd.DataFrame
) -> tuple[Number, ...]:
    papers = {p for held in modes["papers_discussed"] for p in held}
    of = hyper.set_index("parameter")
    sums = total.set_index("which")
    pairs, measured = int(modes["discussed"].sum()), int(modes["measured"].sum())
    few = modes["note"].value_counts()
    weight = drawn["weight"].dropna()
    share: str = "share of papers"
    count: Form = "count"
    numbers = [
        Number("UnderPapers", len(papers), count, "papers", "papers that discuss a failure mode"),
        Number("UnderPairs", pairs, count, "pairs", "pairs of a paper and a failure mode that it discusses"),
        Number(
            "UnderPairsMeasured",
            measured,
            count,
            "pairs",
            "pairs of a paper and a failure mode that it measures",
        ),
        Number(
            "UnderModesRanked", int(few.get("", 0)), count, "modes", "modes with papers enough for a rate"
        ),
        Number("UnderModesFew", int(few.get("too few", 0)), count, "modes", "modes with too few papers"),
        Number(
            "UnderModesNever",
            int(few.get("never discussed", 0)),
            count,
            "modes",
            "modes that no paper discusses",
        ),
        *(
            Number(
                f"UnderModes{end}",
                int((modes["named_in_query"] == value).sum()),
                count,
                "modes",
                meaning,
            )
            for end, value, meaning in (
                ("Named", "name", "modes that a search asked for by name"),
                ("Synonym", "synonym", "modes that a search touched by a synonym only"),
                ("NotNamed", "no", "modes that no search asked for or touched"),
                (
                    "NamedUnknown",
                    "unknown",
                    "modes of which it is not on record whether a search asked for them",
                ),
            )
        ),
        Number(
            "UnderDrawn", len(weight), count, "papers", "papers drawn for screening whose outcome is known"
        ),
        Number(
            "UnderDrawnEffective", kish(weight), count, "papers", "effective number of them, by their weights"
        ),
    ]
    for which, middle in (
        ("raw", "rate over all pairs, as drawn"),
        ("weighted", "rate over all pairs in the frame"),
    ):
        for end, column in (("", "rate"), ("Low", "low"), ("High", "high")):
            meaning = middle if not end else f"{_END[end]} end of the 95% interval of the {middle}"
            value = _number(sums.loc[which, column])
            numbers.append(
                Number(f"Under{which.capitalize()}Rate{end}", value, "percent", "share of pairs", meaning)
            )
    of_all: tuple[tuple[str, str, str, Form, str, str], ...] = (
        ("mean", "UnderMean", "mean", "percent", share, "mean over modes of the rate of measuring"),
        (
            "kappa",
            "UnderKappa",
            "median",
            "decimal1",
            "papers",
            "precision of the rates over modes (median)",
        ),
        ("new mode", "UnderNewMode", "mean", "percent", share, "rate of a mode not yet seen"),
    )
    for parameter, name, middle, form, unit, meaning in of_all:
        for end, column in (("", middle), ("Low", "low"), ("High", "high")):
            said = meaning if not end else f"{_END[end]} end of the 95% posterior interval of the {meaning}"
            value = _number(of.loc[parameter, column])
            numbers.append(Number(f"{name}{end}", value, form, unit, said))
    for row in modes[(modes["note"] == "").to_numpy(dtype=bool)].to_dict("records"):
        for column, (end, rounding, unit, meaning) in _OF_MODE.items():
            name = f"Under{macro_name(str(row['code']))}{end}"
            numbers.append(
                Number(name, _number(row[column]), rounding, unit, meaning.format(row["name"].lower()))
            )
    return tuple(numbers)


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _printed(modes: pd.DataFrame, hyper: pd.DataFrame, names: Mapping[str, str]) -> Printed:
    ranked = modes[(modes["note"] == "").to_numpy(dtype=bool)].to_dict("records")

    def between(row: dict[Any, Any], *columns: str) -> str:
        middle, low, high = (printed(_number(row[c]), "percent") for c in columns)
        return f"{middle} ({low} to {high})"

    table = pd.DataFrame(
        [
            {
                "Failure mode": names.get(str(r["code"]), str(r["code"])),
                "Discussed": int(r["discussed"]),
                "Measured": int(r["measured"]),
                "Rate": between(r, "rate", "low", "high"),
                "Pooled": between(r, "pooled_mean", "pooled_low", "pooled_high"),
                "P(below)": float(r["p_below"]),
                "Rank": f"{r['rank']} ({r['rank_low']} to {r['rank_high']})",
                "Weighted": between(r, "weighted_rate", "weighted_low", "weighted_high"),
                "Named": r["named_in_query"],
            }
            for r in ranked
        ],
        columns=[
            *("Failure mode", "Discussed", "Measured", "Rate", "Pooled", "P(below)", "Rank", "Weighted"),
            "Named",
        ],
    )
    mean = hyper[(hyper["parameter"] == "mean").to_numpy(dtype=bool)].iloc[0]
    return Printed(
        "undermeasurement",
        "Failure modes with papers enough for a rate, least measured first: papers whose abstract discusses and "
        "measures the mode, and the rate of measuring with 95% intervals.",
        table,
        {"Discussed": "count", "Measured": "count", "P(below)": "p"},
        "Rate: measured of discussed, Jeffreys interval. Pooled: beta-binomial over all modes that are discussed. "
        f"P(below): posterior probability that the rate lies below the mean over modes, "
        f"{_interval(mean, 'mean', 'low', 'high')}. Rank: posterior median among these modes, 1 is the least measured. "
        "Weighted: for the stratified design, of the frame. Named: whether a search asked for the mode by its name, or "
        f"touched it by a synonym only. {_asked(modes)}",
    )
