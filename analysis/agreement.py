"""Agreement: do coders who read the same paper, apart from each other, code the same?

The unit is the paper. A coder's value for a code is 1 when a present coding of theirs holds, 0 when they signed
the paper off without one, and missing otherwise: not signed off, no information, or a code that cannot be told
from what was read. Units with fewer than two values are ignored by every coefficient.

Two passes of language models agree or not about what they repeat; that is *inter-pass* agreement, says how
repeatable a coding is and nothing about its validity, and every row here says which kind it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.coefficients import (
    Estimates,
    binary_estimates,
    interval,
    pair_posterior,
    ratio,
    resampled,
    same_set,
)
from analysis.presence import PRESENT, Compared, compare, missing_codes, states_of, values_of
from analysis.selection import Asked, known_codes, need, one_of

Floats = NDArray[np.float64]

#: What a coder can be.
KINDS = ("human", "language-model")
#: Fewer positives than this, and a coefficient says little (Cicchetti & Feinstein 1990): noted, not to be ranked.
FEW_POSITIVES = 10

_COLUMNS = (
    "facet",
    "code",
    "statistic",
    "value",
    "low",
    "high",
    "papers",
    "positives",
    "prevalence",
    "undefined_draws",
    "kind",
    "note",
)


def _row(
    estimate: Estimates, column: int, facet: str, code: str, prevalence: float, kind: str, hidden: bool
) -> dict[str, object]:
    values = estimate.draws[:, column]
    value, draws = float(values[0]), len(values) - 1
    papers, positives = int(estimate.papers[column]), int(estimate.positives[column])
    low, high, undefined = float("nan"), float("nan"), 0
    notes = [estimate.remark] if estimate.remark else []
    if hidden:
        notes = ["not assessable on this basis"]
    elif not papers and estimate.statistic == "alpha_ordinal":
        notes = ["no paper in which all its coders saw the mode"]
    elif not papers:
        notes = ["no paper coded by two coders"]
    else:
        if positives < FEW_POSITIVES:
            notes.append(f"fewer than {FEW_POSITIVES} positives")
        if np.isnan(value):
            notes.append("undefined: no variation")
        elif papers == 1:
            notes.append("one paper: no interval")
        elif not draws:
            notes += [] if estimate.remark else ["no interval asked for"]
        else:
            low, high, undefined = interval(values[1:])
            if undefined > 0.05 * draws:
                notes.append(f"undefined in {undefined} of {draws} draws")
            if low == high:
                notes.append("no spread among the draws")
    return {
        "facet": facet,
        "code": code,
        "statistic": estimate.statistic,
        "value": value,
        "low": low,
        "high": high,
        "papers": papers,
        "positives": positives,
        "prevalence": prevalence,
        "undefined_draws": undefined,
        "kind": kind,
        "note": "; ".join(notes),
    }


def _of_levels(ordinal: Floats, values: Floats, weights: Floats, cut: int) -> list[Estimates]:
    """Alpha of measured or not where all saw the code, and of measured or one level below where all chose one."""
    there = ~np.isnan(values)
    seen = (there.sum(axis=2) >= 2) & (np.where(there, values, 1) == 1).all(axis=2)
    seen &= (~np.isnan(ordinal) | ~there).all(axis=2)
    near = seen & (np.nan_to_num(ordinal, nan=cut) >= cut - 1).all(axis=2)
    found = []
    for name, units in (("alpha_measured", seen), ("alpha_measured_below", near)):
        marks = np.where(units[:, :, None] & there, np.where(ordinal >= cut, 1.0, 0.0), np.nan)
        alpha = next(e for e in binary_estimates(marks, weights, None) if e.statistic == "alpha_nominal")
        found.append(Estimates(name, alpha.draws[:, -1:], alpha.papers[-1:], alpha.positives[-1:]))
    return found


def _of_code(estimate: Estimates, values: Floats, draws: int, seed: int) -> Estimates:
    """The draws of single codes: of the posterior where every paper was read by two, else those of the bootstrap."""
    given = (~np.isnan(values)).sum(axis=2)
    if not draws or not np.isin(given, (0, 1, 2)).all() or estimate.statistic == "alpha_ordinal":
        return estimate
    seen = np.where(given == 2, np.nansum(values, axis=2), -1)
    made = pair_posterior(*((seen == k).sum(axis=0) for k in (2, 1, 0)), draws=draws, seed=seed)
    drawn = made.get(estimate.statistic)
    if drawn is None:
        return Estimates(
            estimate.statistic,
            estimate.draws[:1],
            estimate.papers,
            estimate.positives,
            "no interval of one code",
        )
    last = estimate.draws.shape[1] - 1
    whole = np.concatenate([drawn, estimate.draws[1:, last:]], axis=1)
    return Estimates(
        estimate.statistic,
        np.vstack([estimate.draws[:1], whole]),
        estimate.papers,
        estimate.positives,
        estimate.remark,
    )


def _kind(held: Compared, twice: NDArray[np.bool_], coder_kinds: Mapping[str, str]) -> str:
    """Return what the agreement of those who coded a paper that another coded is called."""
    compared = [name for i, name in enumerate(held.coders) if held.signed[twice, i].any()]
    for name in compared:
        one_of("coder", name, coder_kinds)
        one_of(f"coder_kinds[{name!r}]", coder_kinds[name], KINDS)
    models = bool(compared) and all(coder_kinds[name] == "language-model" for name in compared)
    return "inter-pass" if models else "inter-coder"


def agreement(
    codings: pd.DataFrame,
    signoffs: pd.DataFrame,
    codes: pd.DataFrame,
    *,
    asked: Asked,
    coder_kinds: Mapping[str, str],
    draws: int = 1000,
    seed: int = 20261124,
    basis: str = "abstract",
    schema: str | None = None,
    papers: Iterable[str] | None = None,
    coders: Iterable[str] | None = None,
    assessable: Collection[tuple[str, str]] | None = None,
    blind: bool = True,
) -> pd.DataFrame:
    """Agreement per code and per facet, each coefficient with a bootstrap interval.

    Rare codes make alpha fall although coders hardly differ (Cicchetti & Feinstein 1990): read
    prevalence, observed agreement, AC1 and alpha together. Intervals of a facet are 95% percentile intervals over
    resampled papers (not coders, not cells); draws in which a coefficient is undefined are counted and left out. Those
    of a single code read by two are of the posterior in :func:`analysis.coefficients.pair_posterior`: a bootstrap of a
    rare code has no spread to show (``docs/simulations/agreement.md``).

    Least data: one paper signed off by two coders for a value, two for an interval; alpha needs the code to be
    both there and absent, alpha of the levels a paper in which all its coders saw the mode. Under 10 positives a code
    is noted and not to be ranked.

    Args:
        codings: all coders' codings, with the column ``coder``.
        signoffs: all coders' sign-offs, with the column ``coder``.
        codes: ``facet`` and ``code``: what to report, in this order.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        coder_kinds: coder -> ``human`` or ``language-model``; every coder compared must be in it.
        draws: bootstrap draws; 0 gives no intervals.
        seed: seed of the draws.
        basis: as in :func:`analysis.presence.compare`.
        schema: as in :func:`analysis.presence.compare`.
        papers: as in :func:`analysis.presence.compare`.
        coders: as in :func:`analysis.presence.compare`.
        assessable: pairs (facet, code) that can be told on this basis; None: all.
        blind: as in :func:`analysis.presence.compare`.

    Returns:
        ``facet``, ``code``, ``statistic``, ``value``, ``low``, ``high``, ``papers`` (with two values or more),
        ``positives`` (of them, with at least one coder who saw the code), ``prevalence`` (mean over papers of
        the share of coders who saw it), ``undefined_draws``, ``kind`` (``inter-pass`` when all coders compared
        are language models, else ``inter-coder``) and ``note``, which says why a value or an interval is missing.
        Several remarks are joined by ``; ``; a code noted ``fewer than 10 positives`` is not to be ranked.

        Statistics of each code: ``prevalence``, ``observed``, ``alpha_nominal``, for failure modes
        ``alpha_ordinal`` (of the levels, among papers in which all coders of the paper saw the mode; its
        ``papers`` and ``positives`` count those), ``ac1`` over the two categories present and absent. Rows with an
        empty ``code`` stand for the facet as a whole: the same statistics pooled over all paper x code units
        (``positives`` then counts units), ``alpha_nominal_mean``, the plain mean of the alphas of the codes where
        alpha is defined, and ``exact_set``, the share of coder pairs on a paper who gave it the very same set of
        codes; for failure modes also ``alpha_measured`` (measured or not, among the units that all coders of the paper
        saw) and ``alpha_measured_below`` (measured or one level below, among the units for which all chose one of the
        two).

    Raises:
        ValueError: an argument is not one of its words, a code stands twice, a coder has no kind, ``draws`` is
            negative, or a column is missing.
    """
    need(codes, "codes", ("facet", "code"))
    if draws < 0:
        raise ValueError(f"draws={draws} must not be negative")
    held = compare(codings, signoffs, basis=basis, schema=schema, papers=papers, coders=coders, blind=blind)
    twice = held.signed.sum(axis=1) >= 2
    kind = _kind(held, twice, coder_kinds)
    number = int(twice.sum())
    weights = resampled(number, draws, seed) if number else np.empty((1 + draws, 0))

    rows: list[dict[str, object]] = []
    for facet in codes["facet"].unique():
        wanted = known_codes(f"codes of {facet}", list(codes.loc[codes["facet"] == facet, "code"]))
        states, of_facet = states_of(held, facet, wanted, assessable)
        values = values_of(states)[twice]
        ordinal = None
        if facet == asked.facet:
            levels = np.full(states.shape, np.nan)
            here = of_facet.loc[(of_facet["state"] == "present").to_numpy(dtype=bool)]
            rank = asked.rank(here["level"]).astype(float)
            levels[here["_paper"], here["_code"], here["_coder"]] = np.where(rank > 0, rank, np.nan)
            ordinal = np.where(states == PRESENT, levels, np.nan)[twice]
        made = binary_estimates(values, weights, ordinal)
        share = made[0].draws[0]
        hidden = missing_codes(facet, wanted, assessable)
        last = len(wanted)
        by_name = {estimate.statistic: estimate for estimate in made}
        alphas = by_name["alpha_nominal"].draws[:, :-1]
        there = ~np.isnan(alphas)
        mean = ratio(np.where(there, alphas, 0.0).sum(axis=1), there.sum(axis=1).astype(float))
        exact, exact_papers = same_set(values, weights)
        whole = by_name["alpha_nominal"]
        summary = [
            *((estimate, last) for estimate in made),
            (
                Estimates(
                    "alpha_nominal_mean",
                    mean[:, None],
                    whole.papers[-1:],
                    whole.positives[-1:],
                    f"mean over {int(there[0].sum())} of {last} codes" if not there[0].all() else "",
                ),
                0,
            ),
            (
                Estimates("exact_set", exact[:, None], np.array([exact_papers]), whole.positives[-1:]),
                0,
            ),
        ]
        if ordinal is not None:
            summary += [(one, 0) for one in _of_levels(ordinal, values, weights, asked.measuring)]
        for estimate, column in summary:
            rows.append(_row(estimate, column, facet, "", float(share[last]), kind, bool(hidden.all())))
        of_codes = [_of_code(estimate, values, draws, seed) for estimate in made]
        for column, code in enumerate(wanted):
            for estimate in of_codes:
                prevalence = float(share[column])
                rows.append(_row(estimate, column, facet, code, prevalence, kind, bool(hidden[column])))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    text = ("facet", "code", "statistic", "kind", "note")
    whole_numbers = ("papers", "positives", "undefined_draws")
    real = ("value", "low", "high", "prevalence")
    return table.astype(
        {
            **dict.fromkeys(text, "str"),
            **dict.fromkeys(whole_numbers, "int64"),
            **dict.fromkeys(real, "float64"),
        }
    )
