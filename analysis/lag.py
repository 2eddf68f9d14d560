"""Lag: how long after a failure mode is first discussed is it first measured, and attention against measurement.

A first date is the smallest of a sample: it moves back when an older paper is found and never forward. In a frame
with holes in time (:data:`ORDER_STATISTIC`) it dates the frame, not the literature. A paper that measures a mode also
discusses it, so no lag is negative by definition, and with years for dates many are 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.selection import FAILURE_MODE, coded_papers, counted, level_rank, need, one_of, tuples
from analysis.undermeasurement import jeffreys

#: Stands wherever a first date is shown.
ORDER_STATISTIC = (
    "First dates are order statistics of this survey's frame, which has holes in time: an older paper outside it "
    "would move them."
)
#: Stands wherever papers are counted by year.
BY_YEAR = (
    "Which sources were searched differs from year to year: shares describe this survey's frame, not the "
    "literature."
)
#: Stands wherever a lag is shown.
RESOLUTION = (
    "Dates are years: a lag of d years is anything between d − 1 and d + 1, and 0 is less than a year."
)


def first_dates(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    until: int | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """For each failure mode, the year it is first discussed, the year it is first measured, and the lag.

    Least data: one dated paper that discusses a mode; for the comparison with chance one that measures it.

    Args:
        final: the survey's table ``final``; its ``year`` (first public version) dates the papers.
        failure_modes: the schema's table, with ``code``, ``name`` and ``side``.
        until: last year that was watched: later papers are left out, and a mode that no paper had measured by then is
            censored there. Default: the latest year of a paper that counts.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row a mode of ``failure_modes``, in order of the first date and then of the code, modes never discussed
        last: ``code``, ``name``, ``side``; ``discussed``, ``measured`` (papers with a year); ``first_discussed``,
        ``first_measured`` (years); ``lag`` (years; missing where never measured); ``watched`` (years from the first
        discussion to the first measurement or else to ``until``); ``event`` (whether it was measured); ``lag_low``,
        ``lag_high`` (what the lag may be, given that dates are years; no upper end where censored);
        ``lag_by_chance`` (mean lag if the measuring papers were any of those that discuss the mode, whatever their
        year) and ``p_as_long`` (probability of at least the lag then; both exact, missing where never measured);
        ``note``: empty,
        *never measured: censored at YEAR*, *never discussed*, or *no dated paper*; ``papers_first``,
        ``papers_first_measured`` (sorted tuples: of the first year each). ``attrs["until"]`` is the last year
        watched (None without dated papers), ``attrs["without_year"]`` the papers left out for want of one;
        ``attrs["lag_total"]``, ``attrs["lag_total_by_chance"]`` and ``attrs["p_total_as_long"]`` sum the lags of the
        modes that were measured and hold the sum against chance, with the modes taken for independent (None without
        such a mode). That is a first date's own comparison: rarely measured modes have long lags by chance alone.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a mode that
            ``failure_modes`` does not know.
    """
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    need(final, "final", ("year",))
    whole = counted(final, grey=grey, basis=basis)
    years = whole["year"].dropna().astype(np.int64)
    last = until if until is not None else int(years.max()) if len(years) else None
    rows = whole[(whole["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    codes = list(failure_modes["code"])
    for code in sorted(set(rows["code"]) - set(codes)):
        one_of("final: failure mode", code, codes)
    rank = level_rank(rows["level"])
    rows = rows.assign(rank=rank)[rank >= 1]
    raised = set(rows["code"])
    dated = rows[rows["year"].notna().to_numpy(dtype=bool)]
    if last is not None:
        dated = dated[(dated["year"] <= last).to_numpy(dtype=bool)]
    found = []
    sum_by_chance = np.ones(1)
    for code, name, side in zip(codes, failure_modes["name"], failure_modes["side"], strict=True):
        mine = dated[(dated["code"] == code).to_numpy(dtype=bool)]
        sure = mine[(mine["rank"] >= 4).to_numpy(dtype=bool)]
        begun, begun_by = _first(mine)
        done, done_by = _first(sure)
        lag = None if begun is None or done is None else done - begun
        watched = lag if lag is not None or begun is None or last is None else last - begun
        chance = _lags_by_chance(mine) if lag is not None else None
        if chance is not None:
            sum_by_chance = np.convolve(sum_by_chance, chance)
        note = ""
        if begun is None:
            note = "no dated paper" if code in raised else "never discussed"
        elif done is None:
            note = f"never measured: censored at {last}"
        found.append(
            {
                "code": code,
                "name": name,
                "side": side,
                "discussed": mine["paper"].nunique(),
                "measured": sure["paper"].nunique(),
                "first_discussed": begun,
                "first_measured": done,
                "lag": lag,
                "watched": watched,
                "event": lag is not None,
                "lag_low": None if watched is None else max(0, watched - 1),
                "lag_high": None if lag is None else lag + 1,
                "lag_by_chance": np.nan if chance is None else float(chance @ np.arange(len(chance))),
                "p_as_long": np.nan if chance is None else float(chance[lag:].sum()),
                "note": note,
                "papers_first": begun_by,
                "papers_first_measured": done_by,
            }
        )
    columns = ["code", "name", "side", "discussed", "measured", "first_discussed", "first_measured", "lag"]
    columns += [
        "watched",
        "event",
        "lag_low",
        "lag_high",
        "lag_by_chance",
        "p_as_long",
        "note",
        "papers_first",
    ]
    columns += ["papers_first_measured"]
    table = pd.DataFrame(found, columns=columns)
    for column in ("first_discussed", "first_measured", "lag", "watched", "lag_low", "lag_high"):
        table[column] = pd.array(list(table[column]), dtype="Int64")
    for column in ("code", "name", "side", "note"):
        table[column] = table[column].astype("str")
    kinds = {"discussed": "int64", "measured": "int64", "event": "bool"}
    table = table.astype(kinds | {"lag_by_chance": "float64", "p_as_long": "float64"})
    table = table.sort_values(["first_discussed", "code"], na_position="last", ignore_index=True)
    for column in ("papers_first", "papers_first_measured"):
        table[column] = tuples(list(table[column]))
    table.attrs["until"] = last
    undated = whole.loc[whole["year"].isna().to_numpy(dtype=bool), "paper"]
    table.attrs["without_year"] = int(undated.nunique())
    total = int(table["lag"].sum()) if table["event"].any() else None
    table.attrs["lag_total"] = total
    table.attrs["lag_total_by_chance"] = None if total is None else float(table["lag_by_chance"].sum())
    table.attrs["p_total_as_long"] = None if total is None else float(sum_by_chance[total:].sum())
    return table


def _lags_by_chance(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Probability of every lag from 0 on, if the measuring papers of a mode were any of its papers.

    With n papers of which m measure, the first of the m is later than a year with probability C(k, m) / C(n, m),
    k being the papers after that year: drawing without replacement.
    """
    papers = rows.groupby("paper").agg(year=("year", "min"), rank=("rank", "max"))
    years = papers["year"].to_numpy(dtype=np.int64)
    n, m = len(papers), int((papers["rank"] >= 4).sum())
    first, last = int(years.min()), int(years.max())
    later = [math.comb(int((years > y).sum()), m) / math.comb(n, m) for y in range(first, last + 1)]
    return np.array([before - after for before, after in pairwise([1.0, *later])])


def _first(rows: pd.DataFrame) -> tuple[int | None, tuple[str, ...]]:
    if rows.empty:
        return None, ()
    year = int(rows["year"].min())
    return year, tuple(sorted(set(rows.loc[(rows["year"] == year).to_numpy(dtype=bool), "paper"])))


@dataclass(frozen=True)
class Curve:
    """How many modes are still unmeasured, t years after they were first discussed.

    Attributes:
        steps: one row a time at which something happened: ``time`` (years), ``at_risk``, ``events``, ``censored``
            (modes), ``unmeasured`` (estimate), ``error`` (Greenwood), ``low``, ``high`` (95%, log-log), ``note``.
        median: years after which half are measured; None where not reached.
        median_low: lower end of its interval; None where not reached.
        median_high: upper end; None where not reached.
        modes: modes that were ever discussed.
        events: modes that were measured.
        note: empty, or *too few*.
    """

    steps: pd.DataFrame
    median: float | None
    median_low: float | None
    median_high: float | None
    modes: int
    events: int
    note: str


def still_unmeasured(
    watched: ArrayLike, event: ArrayLike, *, confidence: float = 0.95, min_modes: int = 10
) -> Curve:
    """Kaplan-Meier estimate of the share of modes that are still unmeasured.

    Product-limit estimate (Kaplan & Meier 1958, JASA 53, 457-481, equation 2b), variance by Greenwood's formula,
    interval on the scale of log(-log S) (Kalbfleisch & Prentice 2002, The Statistical Analysis of Failure Time Data,
    section 1.4.3), median with the interval of Brookmeyer & Crowley (1982, Biometrics 38, 29-41) on that scale. A mode
    censored at a time is still at risk there. Ties are heavy, since dates are years. The interval takes modes for
    independent draws; they share papers, and the schema's modes are all there are, so read it as the spread that
    as many modes like these would show.

    Least data: one mode for a curve; under ``min_modes`` it is *too few*.

    Args:
        watched: years from the first discussion to the first measurement, or to the end of the watch; not negative.
        event: whether the mode was measured.
        confidence: coverage of the intervals.
        min_modes: modes below which the curve is noted as *too few*; it is given all the same.

    Raises:
        ValueError: the two differ in length, a time is missing or negative, or ``confidence`` is out of range.
    """
    time, seen = np.asarray(watched, dtype=float), np.asarray(event, dtype=bool)
    if time.shape != seen.shape or time.ndim != 1:
        raise ValueError("watched and event must be of one length")
    if np.isnan(time).any() or (time < 0).any():
        raise ValueError("every time must be given and not negative")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    z = float(stats.norm.ppf((1 + confidence) / 2))
    rows = []
    left, greenwood = 1.0, 0.0
    for t in np.unique(time):
        at_risk = int((time >= t).sum())
        events = int((seen & (time == t)).sum())
        left *= 1 - events / at_risk
        greenwood += events / (at_risk * (at_risk - events)) if events < at_risk else 0.0
        note = ""
        if 0 < left < 1:
            spread = np.sqrt(greenwood) / abs(np.log(left))
            low, high = left ** np.exp(z * spread), left ** np.exp(-z * spread)
            error = left * np.sqrt(greenwood)
        elif left == 1:
            low, high, error, note = np.nan, np.nan, 0.0, "no interval before the first event"
        else:
            low, high, error, note = np.nan, np.nan, np.nan, "no interval where none is left"
        rows.append(
            (
                float(t),
                at_risk,
                events,
                at_risk - events - int((time > t).sum()),
                left,
                error,
                low,
                high,
                note,
            )
        )
    columns = ["time", "at_risk", "events", "censored", "unmeasured", "error", "low", "high", "note"]
    steps = pd.DataFrame(rows, columns=columns).astype({"note": "str"})
    counts = ("at_risk", "events", "censored")
    steps = steps.astype(dict.fromkeys(counts, "int64") | {"time": "float64"})
    return Curve(
        steps=steps,
        median=_reaches(steps, "unmeasured"),
        median_low=_reaches(steps, "low"),
        median_high=_reaches(steps, "high"),
        modes=len(time),
        events=int(seen.sum()),
        note=f"too few: {len(time)} modes, {min_modes} needed" if len(time) < min_modes else "",
    )


def _reaches(steps: pd.DataFrame, column: str, level: float = 0.5) -> float | None:
    """First time at which the curve is at or under a level; where no mode is left, both ends are."""
    under = (steps[column] <= level + 1e-12) | (steps["unmeasured"] == 0)
    return float(steps["time"][under].iloc[0]) if under.any() else None


def named_in_titles(papers: pd.DataFrame, failure_modes: pd.DataFrame) -> pd.DataFrame:
    """Which records name which failure modes in their title, by the schema's names and search words.

    The query a machine can answer of every record, coded or not: a mode's name or one of its synonyms stands in the
    title as whole words, case, accents, hyphens and a final s apart. It finds words, not what a paper says.

    Least data: none.

    Args:
        papers: the survey's table ``papers``, with ``paper`` and ``title``.
        failure_modes: the schema's table, with ``code``, ``name`` and ``synonyms``.

    Returns:
        ``paper`` and ``code``, one row a pair, sorted.

    Raises:
        ValueError: a column is missing.
    """
    need(papers, "papers", ("paper", "title"))
    need(failure_modes, "failure_modes", ("code", "name", "synonyms"))
    titles = [_plain(title) for title in papers["title"]]
    keys = list(papers["paper"])
    found = []
    for code, name, synonyms in zip(
        failure_modes["code"], failure_modes["name"], failure_modes["synonyms"], strict=True
    ):
        words = sorted({_plain(w).strip() for w in (name, *synonyms)} - {""})
        if not words:
            continue
        pattern = re.compile(" (?:" + "|".join(re.escape(w) for w in words) + ")s? ")
        found += [(key, code) for key, title in zip(keys, titles, strict=True) if pattern.search(title)]
    table = pd.DataFrame(sorted(set(found)), columns=["paper", "code"])
    return table.astype("str")


def _plain(text: str) -> str:
    """Lower case without accents, everything but letters and digits a blank, a blank at both ends."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " " + re.sub(r"[^a-z0-9]+", " ", bare.lower()).strip() + " "


def query_check(
    named: pd.DataFrame,
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    grey: str = "exclude",
    basis: str = "abstract",
    min_named: int = 10,
    least: float = 0.5,
) -> pd.DataFrame:
    """Hold the title query against the coded papers: for which modes can it tell attention?

    Least data: ``min_named`` coded papers whose title names the mode.

    Args:
        named: ``paper`` and ``code``: records whose title names a mode, as of :func:`named_in_titles`.
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code`` and ``name``.
        grey: as for :func:`first_dates`.
        basis: as for :func:`first_dates`.
        min_named: coded papers whose title names the mode that are needed to say anything.
        least: the query tells when the lower end of its precision's interval is at least this.

    Returns:
        One row a mode: ``code``, ``name``, ``named`` and ``discussed`` (coded papers), ``both``; ``precision`` = both /
        named with its 95% Jeffreys interval ``precision_low``, ``precision_high``; ``recall`` = both / discussed;
        ``tells`` (bool) and ``note``: empty or why it cannot tell.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(named, "named", ("paper", "code"))
    need(failure_modes, "failure_modes", ("code", "name"))
    keys = set(coded_papers(final, grey=grey, basis=basis))
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool) & (level_rank(rows["level"]) >= 1)]
    said = _groups(rows)
    titled = _groups(named[named["paper"].isin(keys)])
    codes = list(failure_modes["code"])
    n = np.array([len(titled.get(c, set())) for c in codes], dtype=np.int64)
    d = np.array([len(said.get(c, set())) for c in codes], dtype=np.int64)
    both = np.array([len(titled.get(c, set()) & said.get(c, set())) for c in codes], dtype=np.int64)
    ends = jeffreys(both, n)
    enough = n >= min_named
    tells = enough & (np.nan_to_num(ends[:, 0]) >= least)
    return pd.DataFrame(
        {
            "code": pd.Series(codes, dtype="str"),
            "name": pd.Series(list(failure_modes["name"]), dtype="str"),
            "named": n,
            "discussed": d,
            "both": both,
            "precision": np.where(n == 0, np.nan, both / np.maximum(n, 1)),
            "precision_low": ends[:, 0],
            "precision_high": ends[:, 1],
            "recall": np.where(d == 0, np.nan, both / np.maximum(d, 1)),
            "tells": tells,
            "note": pd.Series(
                np.select(
                    [n == 0, ~enough, ~tells],
                    [
                        "no coded title names it",
                        "too few coded titles name it",
                        "the query is not precise enough",
                    ],
                    default="",
                ),
                dtype="str",
            ),
        }
    )


def attention_against_measurement(
    named: pd.DataFrame,
    papers: pd.DataFrame,
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """By year and mode: identified records that name it in their title, coded papers that discuss and measure it.

    Least data: one dated record.

    Args:
        named: ``paper`` and ``code``, as of :func:`named_in_titles`.
        papers: every identified record, with ``paper``, ``first_public`` and ``grey``.
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code``.
        grey: as for :func:`first_dates`; it holds for records and for coded papers.
        basis: as for :func:`first_dates`.

    Returns:
        Every year from the first to the last dated record times every mode: ``year``, ``code``, ``records``
        (identified in the year), ``named`` (of them), ``coded`` (papers coded in the year), ``discussed``,
        ``measured`` (of them). ``attrs["without_year"]`` counts the records that have none.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(named, "named", ("paper", "code"))
    need(papers, "papers", ("paper", "first_public", "grey"))
    need(failure_modes, "failure_modes", ("code",))
    codes = list(failure_modes["code"])
    rows = counted(final, grey=grey, basis=basis)
    for code in sorted(
        set(rows.loc[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool), "code"]) - set(codes)
    ):
        one_of("final: failure mode", code, codes)
    is_grey = papers["grey"].to_numpy(dtype=bool)
    wanted = {"exclude": ~is_grey, "include": np.ones(len(papers), dtype=bool), "only": is_grey}[grey]
    kept = papers[wanted].drop_duplicates("paper")
    year_of = kept.set_index("paper")["first_public"]
    undated = int(year_of.isna().sum())
    year_of = year_of[year_of.notna()].astype(np.int64)
    first, last = (int(year_of.min()), int(year_of.max())) if len(year_of) else (0, -1)
    span = last - first + 1

    def per_year(keys: pd.Series[Any]) -> NDArray[np.int64]:
        years = year_of.reindex(sorted(set(keys))).dropna().astype(np.int64).to_numpy()
        return np.bincount(years - first, minlength=span).astype(np.int64)[: max(span, 0)]

    modes = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool) & (level_rank(rows["level"]) >= 1)]
    sure = modes[level_rank(modes["level"]) >= 4]
    records, coded = per_year(pd.Series(year_of.index)), per_year(rows["paper"])
    parts = []
    for code in codes:
        part = {"year": np.arange(first, last + 1), "code": [code] * max(span, 0), "records": records}
        part["named"] = per_year(named.loc[(named["code"] == code).to_numpy(dtype=bool), "paper"])
        part["coded"] = coded
        part["discussed"] = per_year(modes.loc[(modes["code"] == code).to_numpy(dtype=bool), "paper"])
        part["measured"] = per_year(sure.loc[(sure["code"] == code).to_numpy(dtype=bool), "paper"])
        parts.append(pd.DataFrame(part))
    columns = ["year", "code", "records", "named", "coded", "discussed", "measured"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    table = table.astype(dict.fromkeys(columns, "int64") | {"code": "str"})
    table = table.sort_values("year", kind="stable", ignore_index=True)
    table.attrs["without_year"] = undated
    return table


def _groups(rows: pd.DataFrame) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for paper, code in zip(rows["paper"], rows["code"], strict=True):
        found.setdefault(code, set()).add(paper)
    return found
