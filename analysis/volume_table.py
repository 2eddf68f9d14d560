"""The table of the measurement question: one row a code, reading and estimate, with what is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.design_estimates import Stopping
from analysis.measurement import (
    ESTIMATES,
    PRIORS,
    READINGS,
    STEPS,
    Thresholds,
    Volume,
    chances,
    decided,
    records,
    volumes,
)
from analysis.selection import counted, meets, need

#: Two estimates part where their intervals do not meet, or where they differ by more than this share of the larger one
#: and by more than so many papers per 1,000 that are in.
APART, APART_PER_1000 = 0.5, 5.0

Conditions = Sequence[Mapping[str, str]]
STATEMENTS = ("under_measured", "hardly_measured", "rare")


def carried(
    final: pd.DataFrame,
    facet: str,
    *,
    levels: Sequence[str],
    measured: str,
    motive: Conditions = (),
    remedy: Conditions = (),
    grey: str = "exclude",
    basis: str = "abstract",
) -> pd.DataFrame:
    """Which papers carry which codes, and how.

    Args:
        final: the survey's table ``final``.
        facet: the facet of the codes.
        levels: its levels, lowest first.
        measured: the lowest level that counts as measured.
        motive: conditions under which a code is named only as the motive of a new instrument.
        remedy: conditions under which a remedy is offered.
        grey: as in :func:`analysis.selection.counted`.
        basis: as in :func:`analysis.selection.counted`.

    Returns:
        ``paper``, ``code``, ``measured``, ``motive``, ``remedy`` (bool), sorted. What is measured is no motive.

    Raises:
        ValueError: ``measured`` is no level, or a column is missing.
    """
    if measured not in levels:
        raise ValueError(f"measured={measured!r} is not one of {', '.join(levels)}")
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == facet).to_numpy(dtype=bool)]
    high = rows["level"].isin(list(levels)[list(levels).index(measured) :]).to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "paper": rows["paper"],
            "code": rows["code"],
            "measured": high,
            "motive": meets(rows, motive) & ~high,
            "remedy": meets(rows, remedy),
        }
    )
    return table.sort_values(["paper", "code"], ignore_index=True)


def measurement(
    frame: pd.DataFrame,
    codes: pd.DataFrame,
    held: pd.DataFrame,
    thresholds: Thresholds,
    *,
    own_chance: bool = False,
    stopping: Stopping | None = None,
    draws: int = 500,
    repeats: int = 100,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate how many papers of the frame raise, discuss and measure each code, and decide what can be decided.

    Args:
        frame: as :func:`analysis.measurement.records` takes it.
        codes: the codes in order: ``code``, ``name``, ``side``.
        held: :func:`carried`'s table; papers that were not read are left out.
        thresholds: where a statement begins.
        own_chance: records were drawn by a chance of their own.
        stopping: the rule of further blocks.
        draws: of the model.
        repeats: repeated draws of the design.
        seed: of chance.

    Returns:
        A row for each code, reading (``analysis.measurement.READINGS``) and estimate (``model``, ``design``):
        ``code``, ``name``, ``side``, ``reading``, ``estimate``; ``hits`` (records of the frame that the query's
        phrases for the code hit; missing where not known); ``read_raised``, ``read_discussed``, ``read_measured``
        (papers read); ``raised``, ``discussed``, ``measured`` (papers of the frame) and ``ratio`` (measured of
        discussed), each with ``_low`` and ``_high``; ``included`` (papers of the frame that are in); ``p_`` and the
        decision (``yes``, ``no``, ``open``) of ``under_measured``, ``hardly_measured`` and ``rare`` (rows of the
        model); ``prior_low``, ``prior_high`` (the least and the largest ``p_under_measured`` when the model's spreads
        are halved or doubled); ``parts`` (where the two estimates part, else empty). Per reading a last row of the
        design has the code ``""``: all pairs of a paper and a code.
    """
    need(codes, "codes", ("code", "name", "side"))
    need(held, "held", ("paper", "code", "measured", "motive", "remedy"))
    ids = [str(c) for c in codes["code"]]
    of = records(frame, ids, own_chance=own_chance, stopping=stopping)
    raised, measured, motive, remedy = _flags(frame, ids, held, of.read)
    discussed = dict(zip(READINGS, (raised & ~motive, raised & ~(motive & ~remedy), raised), strict=True))
    given: dict[str, Any] = {"confidence": thresholds.interval, "draws": draws, "seed": seed}
    answers, *other = volumes(
        of, raised, measured, discussed, repeats=repeats, scales=(1.0, *PRIORS), **given
    )
    hits = np.full(len(ids), np.nan) if of.hit is None else of.hit.sum(axis=0)
    parts = []
    for reading, volume in answers.items():
        under = [chances(o[reading], thresholds).under_measured for o in other]
        under.append(chances(volume, thresholds).under_measured)
        read = np.stack([raised, discussed[reading], measured]).sum(axis=1)
        parts += _rows(reading, volume, thresholds, codes, hits, read, np.stack(under))
    return pd.DataFrame(parts, columns=COLUMNS).astype(
        dict.fromkeys(("code", "name", "side", "parts"), "str")
    )


def _flags(
    frame: pd.DataFrame, ids: list[str], held: pd.DataFrame, read: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], ...]:
    at = pd.Index(frame["paper"].astype(str)).get_indexer(pd.Index(held["paper"].astype(str)))
    to = pd.Index(ids).get_indexer(pd.Index(held["code"].astype(str)))
    kept = (at >= 0) & (to >= 0) & read[at]
    out = []
    for column in (None, "measured", "motive", "remedy"):
        flags = np.zeros((len(frame), len(ids)), dtype=bool)
        which = kept if column is None else kept & held[column].to_numpy(dtype=bool)
        flags[at[which], to[which]] = True
        out.append(flags)
    return tuple(out)


_ENDS = [f"{what}{end}" for what in (*STEPS, "ratio") for end in ("", "_low", "_high")]
COLUMNS = [
    *(
        "code",
        "name",
        "side",
        "reading",
        "estimate",
        "hits",
        "read_raised",
        "read_discussed",
        "read_measured",
    ),
    *(*_ENDS, "included"),
    *(column for s in STATEMENTS for column in (f"p_{s}", s)),
    *("prior_low", "prior_high", "parts"),
]


def _rows(
    reading: str,
    volume: Volume,
    at: Thresholds,
    codes: pd.DataFrame,
    hits: NDArray[np.float64],
    read: NDArray[np.int64],
    under: NDArray[np.float64],
) -> list[dict[str, Any]]:
    tail = (1 - at.interval) / 2
    drawn = volume.model
    model = [
        np.quantile(x, [0.5, tail, 1 - tail], axis=0) for x in (drawn.raised, drawn.discussed, drawn.measured)
    ]
    share = np.divide(
        drawn.measured, drawn.discussed, out=np.full(drawn.measured.shape, np.nan), where=drawn.discussed > 0
    )
    # Where a draw has nobody who discusses the code, it has no ratio; the others speak.
    none = np.isnan(share).all(axis=0)
    ratio = np.nanquantile(np.where(none, 0.0, share), [0.5, tail, 1 - tail], axis=0)
    ratio[:, none] = np.nan
    d = volume.design
    exact = [np.stack([d.estimate[s], d.low[s], d.high[s]]) for s in range(3)]
    both = {
        "model": ([*model, ratio], float(np.median(volume.inside))),
        "design": ([*exact, np.stack([d.ratio[2], d.ratio_low[2], d.ratio_high[2]])], d.inside[0]),
    }
    p = chances(volume, at)
    # Rare needs both: what few papers were read of, the design cannot call rare.
    per = 1000 / d.inside[0]
    rare = decided(p.rare, at.sure)
    rare = np.where((rare == "yes") & (d.high[0] * per >= at.rare), "open", rare)
    said = {
        "under_measured": (p.under_measured, decided(p.under_measured, at.sure)),
        "hardly_measured": (p.hardly_measured, decided(p.hardly_measured, at.sure)),
        "rare": (p.rare, rare),
    }
    out = []
    for j, code in enumerate(codes.to_dict("records")):
        remark = _apart([m[:, j] for m in both["model"][0]], [x[:, j] for x in both["design"][0]], per)
        for name in ESTIMATES:
            values, inside = both[name]
            row: dict[str, Any] = {c: code[c] for c in ("code", "name", "side")}
            row |= {
                "reading": reading,
                "estimate": name,
                "hits": hits[j],
                "included": inside,
                "parts": remark,
            }
            row |= {f"read_{step}": int(read[s, j]) for s, step in enumerate(STEPS)}
            for what, three in zip((*STEPS, "ratio"), values, strict=True):
                row |= {what: three[0, j], f"{what}_low": three[1, j], f"{what}_high": three[2, j]}
            for statement, (chance, verdict) in said.items():
                decides = name == ESTIMATES[0]
                row[f"p_{statement}"] = chance[j] if decides else np.nan
                row[statement] = str(verdict[j]) if decides else ""
            row["prior_low"] = under[:, j].min() if name == ESTIMATES[0] else np.nan
            row["prior_high"] = under[:, j].max() if name == ESTIMATES[0] else np.nan
            out.append(row)
    last: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan) | dict.fromkeys(
        (*STATEMENTS, "parts", "code", "side"), ""
    )
    last |= {"name": "all pairs", "reading": reading, "estimate": "design", "included": d.inside[0]}
    last |= {f"read_{step}": int(read[s].sum()) for s, step in enumerate(STEPS)}
    last |= {step: d.estimate[s].sum() for s, step in enumerate(STEPS)}
    # Measured of discussed.
    last |= dict(zip(("ratio", "ratio_low", "ratio_high"), d.all_codes[1], strict=True))
    return [*out, last]


def _apart(model: list[NDArray[np.float64]], design: list[NDArray[np.float64]], per: float) -> str:
    said = []
    for step, a, b in zip(STEPS, model, design, strict=False):
        far = abs(a[0] - b[0]) > APART * max(a[0], b[0]) and abs(a[0] - b[0]) * per > APART_PER_1000
        if a[1] > b[2] or b[1] > a[2] or far:
            said.append(f"{step}: {a[0]:.0f} by the model, {b[0]:.0f} by the design")
    return "; ".join(said)
