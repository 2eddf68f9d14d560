"""Under-measurement: which failure modes papers discuss, and how many of those papers measure them.

``undermeasurement`` counts and gives each mode's own rate; ``pooled`` adds what the modes say together (see
``analysis.pooling``), ``analysis.weights.weighted_rates`` what the sample says of its frame, and ``named_in_query``
which modes were searched for by name. Least data: one settled paper for a count, ten for a mode to be ranked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis.pooling import (
    PRIOR,
    hyperposterior,
    pooled_rates,
    population,
    posterior_draws,
    ranking,
)
from analysis.selection import FAILURE_MODE, counted, level_rank, need, one_of, tuples


def jeffreys(successes: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95) -> NDArray[np.float64]:
    """Equal-tailed Jeffreys interval of a proportion.

    The quantiles of Beta(x + 1/2, n - x + 1/2), with the lower end 0 at x = 0 and the upper end 1 at x = n, so
    that the coverage does not vanish at the edges (Brown, Cai & DasGupta 2001, Statistical Science 16, 4.1).

    Args:
        successes: x, one or many.
        trials: n, one or many.
        confidence: share of the posterior inside, between 0 and 1.

    Returns:
        Array of shape (..., 2), lower and upper ends; both missing (nan) where n is 0.

    Raises:
        ValueError: x is not between 0 and n, or ``confidence`` not strictly between 0 and 1.
    """
    x, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence} must lie strictly between 0 and 1")
    if np.any((x < 0) | (x > n)):
        raise ValueError("successes must lie between 0 and the number of trials")
    tail = (1 - confidence) / 2
    low = np.where(x == 0, 0.0, stats.beta.ppf(tail, x + 0.5, n - x + 0.5))
    high = np.where(x == n, 1.0, stats.beta.ppf(1 - tail, x + 0.5, n - x + 0.5))
    return np.stack([np.where(n == 0, np.nan, low), np.where(n == 0, np.nan, high)], axis=-1)


def undermeasurement(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    grey: str = "exclude",
    basis: str = "abstract",
    min_discussed: int = 10,
) -> pd.DataFrame:
    """For each failure mode, papers that discuss it, papers that measure it, and the rate.

    A paper discusses a mode when it carries it at any level, argues it at ``argues`` or above, demonstrates it
    at ``demonstrates`` or above, and measures it at ``measures``. A mitigation is counted apart and never
    raises the level. From abstracts, the rate is *among papers whose abstract raises the mode*.

    Args:
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code``, ``name`` and ``side``.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        min_discussed: papers that must discuss a mode before it is ranked.

    Returns:
        One row a mode of ``failure_modes``: ``code``, ``name``, ``side``; ``discussed``, ``argued``,
        ``demonstrated``, ``measured``, ``mitigated``, ``mitigation_measured`` (papers); ``rate`` = measured /
        discussed with its 95% Jeffreys interval ``low``, ``high``; ``note``: empty, ``too few`` (discussed by
        fewer than ``min_discussed``) or ``never discussed`` (then rate, low and high are missing);
        ``papers_discussed``, ``papers_measured`` (sorted tuples of keys). Least measured first among the modes
        with enough papers, ties by more discussed and then by code; the others below them, most discussed first.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or ``final`` carries a mode that
            ``failure_modes`` does not know.
    """
    if min_discussed < 1:
        raise ValueError(f"min_discussed={min_discussed} must be at least 1")
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    need(final, "final", ("mitigates",))
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    codes = list(failure_modes["code"])
    for code in sorted(set(rows["code"]) - set(codes)):
        one_of("final: failure mode", code, codes)

    rank = pd.Series(level_rank(rows["level"]), index=rows.index)
    marks = pd.DataFrame(
        {
            "code": rows["code"],
            "paper": rows["paper"],
            "discussed": rank >= 1,
            "argued": rank >= 2,
            "demonstrated": rank >= 3,
            "measured": rank >= 4,
            "mitigated": (rank >= 1) & rows["mitigates"].isin(["yes", "measured"]),
            "mitigation_measured": (rank >= 1) & (rows["mitigates"] == "measured"),
        }
    )
    per_paper = marks.groupby(["code", "paper"], sort=True).max()
    counts = per_paper.groupby("code").sum().reindex(codes, fill_value=0).astype(np.int64)
    discussed = counts["discussed"].to_numpy()
    measured = counts["measured"].to_numpy()
    interval = jeffreys(measured, discussed)
    never, few = discussed == 0, discussed < min_discussed

    def behind(column: str) -> pd.Series[Any]:
        held: dict[str, list[str]] = {code: [] for code in codes}
        for code, paper in per_paper.index[per_paper[column].to_numpy(dtype=bool)]:
            held[code].append(paper)
        return tuples([tuple(held[code]) for code in codes])

    table = pd.DataFrame(
        {
            "code": pd.Series(codes, dtype="str"),
            "name": pd.Series(list(failure_modes["name"]), dtype="str"),
            "side": pd.Series(list(failure_modes["side"]), dtype="str"),
            **{c: counts[c].to_numpy() for c in counts.columns},
            "rate": np.where(never, np.nan, measured / np.maximum(discussed, 1)),
            "low": interval[:, 0],
            "high": interval[:, 1],
            "note": pd.Series(
                np.select([never, few], ["never discussed", "too few"], default=""), dtype="str"
            ),
            "papers_discussed": behind("discussed"),
            "papers_measured": behind("measured"),
        }
    )
    key = pd.DataFrame(
        {
            "few": few,
            "rate": np.where(few, 0.0, table["rate"]),
            "less": -discussed,
            "code": codes,
        }
    )
    order = key.sort_values(["few", "rate", "less", "code"]).index
    return table.loc[order].reset_index(drop=True)


def pooled(
    modes: pd.DataFrame,
    *,
    prior: str = PRIOR,
    least: int = 5,
    draws: int = 4000,
    seed: int = 20261124,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add what the modes say together: partially pooled rates, and how sure the ranking is.

    The model is that of ``analysis.pooling``. Modes discussed by few papers are pooled too, which is what pooling is
    for, and stay flagged ``too few``; modes that nobody discusses say nothing and get nothing. Papers count as
    independent between modes, and the sample's strata are left aside.

    Args:
        modes: :func:`undermeasurement`'s table.
        prior: prior of the spread between modes; a key of ``analysis.pooling.PRIORS``.
        least: how many of the least measured ``p_least`` speaks of.
        draws: posterior draws behind the ranks.
        seed: their seed.

    Returns:
        The table with further columns, and ``analysis.pooling.population``'s table of mean and spread over modes.
        New columns: ``pooled_mean``, ``pooled_low``, ``pooled_high`` (posterior mean and 95% interval of the mode's
        rate), ``pooled_share`` (how much of it is the population's), ``p_below`` (probability that the rate lies below
        the mean over modes); ``rank``, ``rank_low``, ``rank_high`` (posterior median and 95% interval of the place
        among the modes with enough papers, 1 = least measured; missing for the others); ``rank_all``,
        ``rank_all_low``, ``rank_all_high`` (the same among all that are discussed) and ``p_least`` (probability of
        being among the ``least`` least measured of all that are discussed). Missing where ``note`` is ``never
        discussed``.

    Raises:
        ValueError: a column is missing, or an argument of ``analysis.pooling`` is refused.
    """
    need(modes, "modes", ("code", "discussed", "measured", "note"))
    there = np.flatnonzero(modes["discussed"].to_numpy() > 0)
    x = modes["measured"].to_numpy(dtype=float)[there]
    n = modes["discussed"].to_numpy(dtype=float)[there]
    hyper = hyperposterior(x, n, prior=prior)
    drawn = posterior_draws(x, n, hyper, draws=draws, seed=seed)
    enough = (modes["note"] == "").to_numpy(dtype=bool)[there]
    rates = pooled_rates(x, n, hyper)
    rates.columns = pd.Index(["pooled_mean", "pooled_low", "pooled_high", "p_below", "pooled_share"])
    among = ranking(drawn[:, enough])[["median", "low", "high"]]
    among.columns, among.index = pd.Index(["rank", "rank_low", "rank_high"]), pd.Index(there[enough])
    whole = ranking(drawn, least=least)
    whole.columns = pd.Index(["rank_all", "rank_all_low", "rank_all_high", "p_least"])
    rates.index = whole.index = pd.Index(there)
    beside = pd.concat([t.reindex(range(len(modes))) for t in (rates, among, whole)], axis=1)
    table = pd.concat([modes.reset_index(drop=True), beside], axis=1)
    return table, population(hyper)


#: What ``named_in_query`` says of a mode.
NAMED = ("name", "synonym", "no", "unknown")


def named_in_query(failure_modes: pd.DataFrame, terms: Mapping[str, Collection[str] | None]) -> pd.DataFrame:
    """Say which modes the searches asked for by name, and which they only touched with another word for it.

    Papers found by a query that names a mode are more often about that mode than the literature is, and what is said in
    an abstract's key words is said by papers on the topic. So the number that discuss it is not comparable with that of
    a mode that was only met; how many of them measure it is touched less. A term names a mode when it stands, word by
    word, in the mode's name or code, or one of these in the term; it touches a mode when it stands in one of its
    synonyms, of which some modes have many and wide ones. Case, hyphens and a final ``s`` do not matter, and ``*`` at
    a word's end stands for any ending.

    Args:
        failure_modes: ``code``, ``name`` and ``synonyms`` (a tuple of search words).
        terms: search -> its topic terms in plain words (not the general ones that every record had to match); an empty
            collection for a search without a query, None where the terms are not on record.

    Returns:
        One row a mode, in the order given: ``code``; ``named_in_query``: ``name`` (a term on record names it),
        ``synonym`` (one touches it by a synonym only), ``no`` (neither, and the terms of every search are on record) or
        ``unknown`` (none on record does); ``query_terms``: the terms that name or touch it (tuple);
        ``query_terms_name``: those that name it.

    Raises:
        ValueError: a column is missing.
    """
    need(failure_modes, "failure_modes", ("code", "name", "synonyms"))
    known = sorted({t for some in terms.values() for t in some or ()})
    patterns = [(term, _words(term, wild=True)) for term in known]
    complete = bool(terms) and all(some is not None for some in terms.values())
    named, touched = [], []
    for code, name, synonyms in zip(
        failure_modes["code"], failure_modes["name"], failure_modes["synonyms"], strict=True
    ):
        own = [_words(str(code)), _words(str(name))]
        other = [_words(text) for text in synonyms]
        by_name = {t for t, w in patterns if w and any(_holds(text, w) or _holds(w, text) for text in own)}
        by_other = {t for t, w in patterns if any(_holds(text, w) for text in other)}
        named.append(tuple(sorted(by_name)))
        touched.append(tuple(sorted(by_name | by_other)))
    otherwise = "no" if complete else "unknown"
    said = ["name" if n else "synonym" if t else otherwise for n, t in zip(named, touched, strict=True)]
    return pd.DataFrame(
        {
            "code": pd.Series(list(failure_modes["code"]), dtype="str"),
            "named_in_query": pd.Series(said, dtype="str"),
            "query_terms": tuples(touched),
            "query_terms_name": tuples(named),
        }
    )


def _words(text: str, *, wild: bool = False) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    words = re.findall(r"[^\W_]+\*?" if wild else r"[^\W_]+", plain)
    return [w if w.endswith("*") else w.removesuffix("s") for w in words]


def _holds(text: list[str], wanted: list[str]) -> bool:
    """Say whether the wanted words stand next to each other in the text."""

    def same(word: str, want: str) -> bool:
        return word.startswith(want[:-1]) if want.endswith("*") else word == want

    starts: Iterable[int] = range(len(text) - len(wanted) + 1)
    return bool(wanted) and any(all(same(text[k + i], want) for i, want in enumerate(wanted)) for k in starts)
