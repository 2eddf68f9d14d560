"""How long failure modes go unmeasured after they are first discussed, and attention against measurement by year."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts
from analysis.lag import (
    ORDER_STATISTIC,
    Curve,
    attention_against_measurement,
    first_dates,
    named_in_titles,
    query_check,
    still_unmeasured,
)
from workbench.answers.answer import BASIS, Answer, Form, Printed, code_names, figure, in_schema
from workbench.answers.numbers import Number, printed
from workbench.store.assumptions import assumptions
from workbench.store.faults import Fault
from workbench.store.searches import read_searches

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Papers that must discuss a mode for a panel of its own, and for a row of the printed table.
LARGE = 10


def lagged(survey: Survey) -> Answer:
    """First discussed to first measured, mode by mode; attention against measurement by year."""
    final, modes, names = in_schema(survey.final, survey.codes), survey.failure_modes, code_names(survey)
    dates = first_dates(final, modes, basis=BASIS)
    there = dates[dates["watched"].notna()]
    curve = _curve(there)
    of_side = {str(side): _curve(part) for side, part in there.groupby("side", sort=False)}
    steps = pd.concat(
        [c.steps.assign(side=side, curve=c.note) for side, c in {"all": curve, **of_side}.items()],
        ignore_index=True,
    )
    named = named_in_titles(survey.papers, modes)
    query = query_check(named, final, modes, basis=BASIS)
    years = attention_against_measurement(named, survey.papers, final, modes, basis=BASIS)
    large = query[(query["discussed"] >= LARGE).to_numpy(dtype=bool)]
    shown = list(large.sort_values(["discussed", "code"], ascending=[False, True])["code"])
    tells = dict(zip(query["code"], query["tells"], strict=True))
    chance, frame = _chance(dates), lacks(survey)
    one = partial(charts.first_dates_by_mode, dates, names=names, basis=BASIS, notes=frame)
    two = partial(charts.still_unmeasured_curve, curve, basis=BASIS, notes=[*chance, *frame])
    three = partial(
        charts.attention_against_measurement_by_year,
        years,
        shown,
        names=names,
        tells=tells,
        basis=BASIS,
        notes=frame,
    )
    among = "among papers whose abstract raises the mode"
    drawn = years[years["code"].isin(shown).to_numpy(dtype=bool)]
    return Answer(
        {
            "lag-first-dates": dates,
            "lag-still-unmeasured": steps[["side", *(c for c in steps.columns if c != "side")]],
            "lag-medians": _medians({"all": curve, **of_side}),
            "lag-title-query": query,
            "lag-attention": years,
        },
        (
            figure(
                "lag-first-dates",
                f"First discussed and first measured in this frame, {among}",
                described(dates),
                one,
                data=dates,
            ),
            figure(
                "lag-still-unmeasured",
                f"Failure modes still unmeasured after they were first discussed, {among}",
                curve_described(curve, dates),
                two,
                data=curve.steps,
            ),
            figure(
                "lag-attention",
                f"Attention against measurement by year in this frame, {among}",
                years_described(drawn, query, names),
                three,
                data=drawn,
            ),
        ),
        _numbers(dates, curve, query),
        (_printed(dates, names, frame),),
    )


def lacks(survey: Survey) -> list[str]:
    """Return what is known to be missing from the survey's frame, as its searches are on record."""
    faults: list[Fault] = []
    made = {s.id for s in read_searches(survey.root, faults)}
    return [text for search, text in assumptions(survey.root).lacking.items() if search in made]


def _curve(dates: pd.DataFrame) -> Curve:
    return still_unmeasured(dates["watched"].to_numpy(dtype=float), dates["event"].to_numpy(dtype=bool))


def _medians(curves: dict[str, Curve]) -> pd.DataFrame:
    """Median lag with its interval for all modes and each side; not reached says so in words."""
    rows = []
    for side, c in curves.items():
        ends = [c.median, c.median_low, c.median_high]
        reached = "" if None not in ends else "an end that is missing is not reached"
        rows.append(
            (side, c.modes, c.events, *ends, "; ".join(n for n in (c.note, reached if c.modes else "") if n))
        )
    columns = ["side", "modes", "measured", "median", "median_low", "median_high", "note"]
    return pd.DataFrame(rows, columns=columns).astype(
        {"median": "float64", "median_low": "float64", "median_high": "float64", "note": "str"}
    )


def _chance(dates: pd.DataFrame) -> list[str]:
    """Say what the lags would sum to by chance, or nothing where no mode was measured."""
    total = dates.attrs["lag_total"]
    if total is None:
        return []
    return [
        f"The lags of the modes that were measured sum to {total} years; were the measuring papers any of those that "
        f"discuss the mode, the sum would be {dates.attrs['lag_total_by_chance']:.1f} on average, and at least as long "
        f"with probability {dates.attrs['p_total_as_long']:.2f}."
    ]


def described(dates: pd.DataFrame) -> str:
    """Describe the plot of first dates: how many modes were measured at once, later, never, and the longest waits."""
    there = dates[dates["first_discussed"].notna()]
    if there.empty:
        return "Nothing is drawn: no dated paper discusses a failure mode."
    done = there[there["event"].to_numpy(dtype=bool)]
    late = done[(done["lag"] > 0).to_numpy(dtype=bool)].sort_values(["lag", "code"], ascending=[False, True])
    longest = ", ".join(f"{r['name']} {r['lag']} years" for r in late.head(3).to_dict("records"))
    open_ = there[~there["event"].to_numpy(dtype=bool)]
    waits = ", ".join(f"{r['name']} since {r['first_discussed']}" for r in open_.to_dict("records"))
    return (
        f"Timeline of {len(there)} failure modes. {int((done['lag'] == 0).sum())} were measured in the year in which "
        f"they were first discussed, {len(late)} later (longest: {longest or 'none'}), {len(open_)} not by "
        f"{dates.attrs['until']}: {waits or 'none'}. First dates are order statistics of this survey's frame."
    )


def curve_described(curve: Curve, dates: pd.DataFrame) -> str:
    """Describe the curve of modes that are still unmeasured."""
    if not curve.modes:
        return "Nothing is drawn: no dated paper discusses a failure mode."
    steps = ", ".join(f"{r['time']:g} years {r['unmeasured']:.0%}" for r in curve.steps.to_dict("records"))
    return (
        f"Share of {curve.modes} failure modes still unmeasured after they were first discussed: {steps}. "
        f"{_median(curve)} {' '.join(_chance(dates))}"
    ).strip()


def _median(curve: Curve) -> str:
    if curve.median is None:
        return "The median is not reached."
    low, high = ("not reached" if v is None else f"{v:g}" for v in (curve.median_low, curve.median_high))
    return f"Median {curve.median:g} years (95%: {low} to {high})."


def years_described(years: pd.DataFrame, query: pd.DataFrame, names: dict[str, str]) -> str:
    """Describe attention against measurement: of every mode shown, the papers of all years and the title query."""
    if years.empty:
        return "Nothing is drawn: no failure mode has enough papers."
    told = query.set_index("code").to_dict("index")
    said = []
    for code, part in years.groupby("code", sort=False):
        discussed, measured, titled = (int(part[c].sum()) for c in ("discussed", "measured", "named"))
        query_says = f"named in {titled} titles" if told[code]["tells"] else "the title query cannot tell"
        said.append(
            f"{names.get(str(code), str(code))}: {discussed} discuss, {measured} measure, {query_says}"
        )
    return f"By year, shares of coded papers that discuss and measure each mode. {'; '.join(sorted(said))}."


def _numbers(dates: pd.DataFrame, curve: Curve, query: pd.DataFrame) -> tuple[Number, ...]:
    done = dates[dates["event"].to_numpy(dtype=bool)]
    count: Form = "count"
    chance = dates.attrs
    never = int(dates["first_discussed"].isna().sum())
    return (
        Number(
            "LagModes", curve.modes, count, "modes", "modes ever discussed by a dated paper in this frame"
        ),
        Number("LagMeasured", curve.events, count, "modes", "of them measured by a paper of this frame"),
        Number(
            "LagCensored", curve.modes - curve.events, count, "modes", "of them never measured in this frame"
        ),
        Number("LagNever", never, count, "modes", "modes never discussed in this frame"),
        Number(
            "LagSameYear",
            int((done["lag"] == 0).sum()),
            count,
            "modes",
            "modes measured in the year in which they were first discussed, both in this frame",
        ),
        Number("LagUntil", chance["until"], "year", "year", "last year of this frame that is watched"),
        Number("LagMedian", curve.median, "decimal1", "years", "median lag in this frame, Kaplan-Meier"),
        Number(
            "LagMedianLow",
            curve.median_low,
            "decimal1",
            "years",
            "lower end of the 95% interval of the median lag in this frame",
        ),
        Number(
            "LagMedianHigh",
            curve.median_high,
            "decimal1",
            "years",
            "upper end of the 95% interval of the median lag in this frame",
        ),
        Number(
            "LagTotal",
            chance["lag_total"],
            count,
            "years",
            "sum of the lags of the modes measured in this frame",
        ),
        Number(
            "LagTotalChance",
            chance["lag_total_by_chance"],
            "decimal1",
            "years",
            "the sum of the lags in this frame by chance",
        ),
        Number(
            "LagTotalP",
            chance["p_total_as_long"],
            "p",
            "probability",
            "probability of at least that sum of lags in this frame",
        ),
        Number(
            "LagTitleTells",
            int(query["tells"].sum()),
            count,
            "modes",
            "modes whose title query is precise enough to tell attention in this frame",
        ),
    )


def _printed(dates: pd.DataFrame, names: dict[str, str], frame: list[str]) -> Printed:
    large = dates[(dates["discussed"] >= LARGE).to_numpy(dtype=bool)]
    rows = [
        {
            "Failure mode": names.get(str(r["code"]), str(r["code"])),
            "Discussed": int(r["discussed"]),
            "Measured": int(r["measured"]),
            "First discussed": _year(r["first_discussed"]),
            "First measured": _year(r["first_measured"]) or "not yet",
            "Lag": _year(r["lag"]),
            "By chance": printed(_value(r["lag_by_chance"]), "decimal1", missing=""),
            "P": printed(_value(r["p_as_long"]), "p", missing=""),
        }
        for r in large.to_dict("records")
    ]
    columns = ["Failure mode", "Discussed", "Measured", "First discussed", "First measured", "Lag"]
    return Printed(
        "lag",
        f"First discussed and first measured in this survey's frame: failure modes that at least {LARGE} papers "
        "discuss.",
        pd.DataFrame(rows, columns=[*columns, "By chance", "P"]),
        {"Discussed": "count", "Measured": "count"},
        "Lag in calendar years, exact to within a year. By chance: mean lag if the measuring papers were any of those "
        "that discuss the mode; P: probability of at least the lag then. "
        + " ".join([ORDER_STATISTIC, *frame]),
    )


def _value(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _year(value: Any) -> str:
    return "" if pd.isna(value) else str(int(value))
