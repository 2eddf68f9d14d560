"""Levels: how far the papers that raise a code go with it, from a mere motive to a measurement.

The levels of a code are steps from words to evidence. A gap, *talked about but not measured*, shows as papers on the
first steps and none on the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.selection import counted, known_codes, meets, need, tuples

#: The step before the first level, and the one beside the last: a remedy whose effect was measured, at any level.
MOTIVE, REMEDY = "motive", "remedy measured"


def levels(
    final: pd.DataFrame,
    facet: str,
    codes: Sequence[str],
    steps: Sequence[str],
    *,
    motive: Iterable[Mapping[str, str]] = (),
    remedy: Iterable[Mapping[str, str]] = (),
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Papers of each code at each level, those that name it as a mere motive apart.

    Counts of papers in hand: they speak of the sample and have no interval. Least data: one paper.

    Args:
        final: the survey's table ``final``.
        facet: the facet whose codes carry levels.
        codes: its codes, in order.
        steps: the levels, lowest first.
        motive: conditions (see ``analysis.selection.meets``) under which a coding names the code only as the motive
            of something else; it is counted there and at no level.
        remedy: conditions under which a coding has a measured remedy. It counts at its level too.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.

    Returns:
        One row a code and step (:data:`MOTIVE`, the levels, :data:`REMEDY`): ``code``, ``step``, ``n`` and ``papers``
        (sorted tuple). Every paper that raises the code stands at the motive or at one level, never at two.

    Raises:
        ValueError: an argument is not one of its words, a code stands twice, a column is missing, or a coding has a
            level that is not among ``steps``.
    """
    codes = known_codes("codes", codes)
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == facet).to_numpy(dtype=bool) & rows["code"].isin(codes).to_numpy(dtype=bool)]
    need(rows, "final", ("level",))
    strange = sorted(set(rows["level"]) - set(steps))
    if strange:
        raise ValueError(f"final: level {strange[0]!r} is not one of {', '.join(steps)}")
    only, mended = meets(rows, motive), meets(rows, remedy)
    at = np.where(only, MOTIVE, rows["level"].to_numpy(dtype=object))
    found: dict[tuple[str, str], set[str]] = {}
    for paper, code, step, fixed in zip(rows["paper"], rows["code"], at, mended, strict=True):
        found.setdefault((code, step), set()).add(paper)
        if fixed:
            found.setdefault((code, REMEDY), set()).add(paper)
    cells = [(code, step) for code in codes for step in (MOTIVE, *steps, REMEDY)]
    papers = [tuple(sorted(found.get(cell, ()))) for cell in cells]
    return pd.DataFrame(
        {
            "code": pd.Series([code for code, _ in cells], dtype="str"),
            "step": pd.Series([step for _, step in cells], dtype="str"),
            "n": np.array([len(p) for p in papers], dtype=np.int64),
            "papers": tuples(papers),
        }
    )


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of :func:`levels`, a row a code and a column a step, with ``raised`` before them.

    Args:
        table: what :func:`levels` gave.

    Returns:
        Index ``code`` in the order given; ``raised`` is the papers at the motive or at any level.
    """
    steps = list(dict.fromkeys(table["step"]))
    made = table.pivot(index="code", columns="step", values="n")
    made = made.reindex(index=list(dict.fromkeys(table["code"])), columns=steps)
    made.columns.name = None
    made.insert(0, "raised", made[[s for s in steps if s != REMEDY]].sum(axis=1).astype("int64"))
    return made
