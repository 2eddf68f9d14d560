"""Time: how many papers a year of the frame are in scope, and how often they measure what they discuss.

The sample was drawn more densely in some years than in others, so that counts of the sample say nothing of how the
literature grew. Every number of the frame is weighted, and has the interval of its replicate weights
(``analysis.replicates``); counts of the sample have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.replicates import Floats, share, spread
from analysis.selection import coded_papers, counted, meets, need

#: Fewer drawn papers than this in a period, and the estimate of the frame is *too few*.
LEAST = 10
COUNTS = ("papers", "raised", "discussed", "measured", "unweighted")
ESTIMATES = tuple(
    f"{name}{end}" for name in ("frame", "rate", "rate_raised") for end in ("", "_low", "_high")
)


def trends(
    final: pd.DataFrame,
    papers: pd.DataFrame,
    drawn: pd.DataFrame,
    replicates: Floats,
    facet: str,
    measured: Sequence[str],
    *,
    motive: Iterable[Mapping[str, str]] = (),
    split: int | None = None,
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Papers in scope a year, and the rate at which their codes are measured, for the frame.

    Least data: :data:`LEAST` drawn papers in a period for an estimate of the frame; one for a count.

    Args:
        final: the survey's table ``final``.
        papers: the survey's table ``papers``: ``first_public``, the year of the first public version, dates them.
        drawn: ``analysis.weights.weights`` of every drawn paper.
        replicates: ``analysis.replicates.replicates`` of ``drawn``.
        facet: the headline facet, whose codes carry levels.
        measured: the levels that count as measured.
        motive: conditions under which a code is raised as a mere motive, and not discussed.
        split: first year of the later of two periods; None for one period.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row a year from the first to the last, empty ones included, then one row each for ``before SPLIT`` and
        ``from SPLIT``, then ``all``: ``period``; counts of the sample: ``papers`` (coded), ``raised``, ``discussed``,
        ``measured`` (codes, summed over papers), ``unweighted`` (papers that were not drawn and enter no estimate);
        of the frame, each with a 95% interval ``_low``, ``_high``: ``frame`` (papers in scope), ``rate`` (measured of
        discussed) and ``rate_raised`` (measured of raised, motives in); ``note`` (``too few``, ``no drawn paper`` or
        empty). ``attrs["without_year"]`` counts the papers that have no year and are in no row.

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    need(papers, "papers", ("paper", "first_public"))
    keys = coded_papers(final, grey=grey, basis=basis)
    dates = papers.drop_duplicates("paper").set_index("paper")["first_public"].reindex(keys)
    known = dates.notna().to_numpy(dtype=bool)
    years = np.asarray(dates[known], dtype=np.int64)
    dated = [key for key, has in zip(keys, known, strict=True) if has]
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == facet).to_numpy(dtype=bool)]
    place = pd.Index(dated, dtype=object).get_indexer(pd.Index(rows["paper"], dtype=object))
    kinds = {
        "raised": np.ones(len(rows), dtype=bool),
        "discussed": ~meets(rows, motive),
        "measured": rows["level"].isin(list(measured)).to_numpy(dtype=bool),
    }
    number = {"papers": np.ones(len(dated), dtype=np.int64)}
    for name, kept in kinds.items():
        number[name] = np.bincount(place[kept & (place >= 0)], minlength=len(dated)).astype(np.int64)
    at = pd.Index(drawn.loc[drawn["weight"].notna(), "paper"], dtype=object)
    column = np.flatnonzero(drawn["weight"].notna().to_numpy(dtype=bool))
    to = at.get_indexer(pd.Index(dated, dtype=object))
    number["unweighted"] = (to < 0).astype(np.int64)
    periods = _periods(years, split)
    found = []
    for period, inside in periods.items():
        row: dict[str, object] = {"period": period}
        row |= {name: int(number[name][inside].sum()) for name in COUNTS}
        mine = inside & (to >= 0)
        of_frame = {name: np.zeros(len(drawn)) for name in COUNTS[:-1]}
        for name, values in of_frame.items():
            values[column[to[mine]]] = number[name][mine]
        many = int(mine.sum())
        estimates = np.full((3, 3), np.nan)
        if many >= LEAST:
            estimates[0] = spread(lambda w, x=of_frame["papers"]: w @ x, replicates)  # type: ignore[misc]
            for k, base in enumerate(("discussed", "raised"), start=1):
                estimates[k] = spread(share(of_frame["measured"], of_frame[base]), replicates)
        row |= dict(zip(ESTIMATES, estimates.ravel(), strict=True))
        row["note"] = "" if many >= LEAST else "too few" if many else "no drawn paper"
        found.append(row)
    table = pd.DataFrame(found, columns=["period", *COUNTS, *ESTIMATES, "note"])
    table = table.astype({"period": "str", "note": "str", **dict.fromkeys(COUNTS, "int64")})
    table.attrs["without_year"] = int((~known).sum())
    return table


def _periods(years: np.ndarray, split: int | None) -> dict[str, np.ndarray]:
    """The years from the first to the last, the two periods, and all: name -> which papers."""
    if not len(years):
        return {"all": np.zeros(0, dtype=bool)}
    made = {str(year): years == year for year in range(int(years.min()), int(years.max()) + 1)}
    if split is not None:
        made |= {f"before {split}": years < split, f"from {split}": years >= split}
    return made | {"all": np.ones(len(years), dtype=bool)}
