"""Portfolio: which evaluation instruments, taken together, measure chosen failure modes, and which modes none does.

An *instrument* is a coded paper that offers a benchmark, an attack suite or a protocol (the survey says which codes
tell that) and measures at least one failure mode with it. It *covers* the modes that it measures. The smallest
portfolio is a set cover problem; it is solved exactly as a mixed-integer program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.selection import Asked, known_codes, paper_codes, tuples


@dataclass(frozen=True)
class Portfolio:
    """A smallest portfolio; there may be others as small.

    Attributes:
        size: instruments in it; 0 where nothing is to be covered.
        chosen: one row an instrument: ``instrument``, ``covers`` (the chosen modes that it measures, sorted tuple),
            ``equals`` (sorted tuple of the instruments with the very same coverage, of which any will do).
        demanded: per chosen mode: ``code``, ``instruments`` (that cover it), ``demanded`` (how many the portfolio must
            hold: the redundancy, or all there are where there are fewer), ``note`` (``no instrument``, ``fewer than
            asked for`` or empty).
    """

    size: int
    chosen: pd.DataFrame
    demanded: pd.DataFrame


def instruments(
    final: pd.DataFrame,
    *,
    asked: Asked,
    instrument: tuple[str, Sequence[str]],
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """List the instruments with what they measure.

    Least data: none; without a paper that offers an instrument and measures with it the table is empty.

    Args:
        final: the survey's table ``final``.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        instrument: a facet, and those of its codes by which a paper leaves something behind that others can run again.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row an instrument, most modes first and then by key: ``paper``, ``methods`` (those of the codes it has,
        sorted tuple), ``modes`` (measured, sorted tuple), ``n`` (of them).

    Raises:
        ValueError: an argument is not one of its words, or a column is missing.
    """
    facet, codes = instrument
    wanted = known_codes("instrument", codes)
    measured = paper_codes(final, asked.facet, asked=asked, min_level=asked.measured, grey=grey, basis=basis)
    used = paper_codes(final, facet, grey=grey, basis=basis)
    used = used[used["code"].isin(wanted)]
    how = used.groupby("paper")["code"].agg(tuple)
    what = measured[measured["paper"].isin(how.index)].groupby("paper")["code"].agg(tuple)
    order = sorted(what.index, key=lambda paper: (-len(what[paper]), paper))
    return pd.DataFrame(
        {
            "paper": pd.Series(order, dtype="str"),
            "methods": tuples([how[paper] for paper in order]),
            "modes": tuples([what[paper] for paper in order]),
            "n": np.array([len(what[paper]) for paper in order], dtype=np.int64),
        }
    )


def smallest(
    offered: pd.DataFrame,
    modes: Sequence[str],
    *,
    redundancy: int = 1,
) -> Portfolio:
    """Find a smallest portfolio that covers each chosen mode ``redundancy`` times.

    Minimise the number of instruments subject to: each mode is measured by at least ``redundancy`` of them, or by
    all that measure it where there are fewer. Solved by HiGHS through ``scipy.optimize.milp``; the optimum is proven,
    since the gap allowed is nil, for the instruments that were coded.

    Least data: one instrument that measures one of the modes; without it the portfolio is empty and every mode
    says so.

    Args:
        offered: what :func:`instruments` gave.
        modes: the modes to cover.
        redundancy: instruments wanted for each mode; at least 1.

    Raises:
        ValueError: ``redundancy`` below 1, or a mode is named twice.
        RuntimeError: the solver failed (it never should: the problem has a solution).
    """
    if redundancy < 1:
        raise ValueError(f"redundancy={redundancy} must be at least 1")
    wanted = known_codes("modes", modes)
    place = {code: i for i, code in enumerate(wanted)}
    classes: dict[tuple[str, ...], list[str]] = {}
    for paper, held in zip(offered["paper"], offered["modes"], strict=True):
        covers = tuple(sorted(code for code in held if code in place))
        if covers:
            classes.setdefault(covers, []).append(str(paper))
    covering = np.zeros(len(wanted), dtype=np.int64)
    for covers, papers in classes.items():
        for code in covers:
            covering[place[code]] += len(papers)
    demand = np.minimum(covering, redundancy)
    demanded = pd.DataFrame(
        {
            "code": pd.Series(wanted, dtype="str"),
            "instruments": covering,
            "demanded": demand,
            "note": pd.Series(
                np.select(
                    [covering == 0, covering < redundancy],
                    ["no instrument", "fewer than asked for"],
                    default="",
                ),
                dtype="str",
            ),
        }
    )
    # Of a class no more members can ever be needed than the redundancy asks for.
    columns = [
        (covers, nth)
        for covers, papers in sorted(classes.items())
        for nth in range(min(len(papers), redundancy))
    ]
    if not demand.any():
        return Portfolio(0, _chosen([], classes), demanded)
    matrix = sparse.csr_matrix(
        (
            np.ones(sum(len(covers) for covers, _ in columns)),
            (
                [place[code] for covers, _ in columns for code in covers],
                [j for j, (covers, _) in enumerate(columns) for _ in covers],
            ),
        ),
        shape=(len(wanted), len(columns)),
    )
    solved = milp(
        np.ones(len(columns)),
        constraints=LinearConstraint(matrix, lb=demand),
        integrality=np.ones(len(columns)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if solved.status != 0:
        raise RuntimeError(f"the solver did not finish: {solved.message}")
    picked = [columns[j][0] for j in np.flatnonzero(solved.x > 0.5)]
    return Portfolio(len(picked), _chosen(picked, classes), demanded)


def _chosen(picked: list[tuple[str, ...]], classes: dict[tuple[str, ...], list[str]]) -> pd.DataFrame:
    rows = []
    taken: dict[tuple[str, ...], int] = {}
    for covers in sorted(picked, key=lambda covers: (-len(covers), covers)):
        at = taken[covers] = taken.get(covers, -1) + 1
        equals = sorted(classes[covers])
        rows.append((equals[at], covers, tuple(equals)))
    return pd.DataFrame(
        {
            "instrument": pd.Series([r[0] for r in rows], dtype="str"),
            "covers": tuples([r[1] for r in rows]),
            "equals": tuples([r[2] for r in rows]),
        }
    )
