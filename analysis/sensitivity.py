"""How far the rates of measuring, and the order of the modes, hang on choices that could have gone otherwise.

Every variant changes one choice: from which level a paper counts as measuring or discussing, which streams are in,
whose codings are taken, whether grey literature counts, what was read, and which papers count at all. Each is set
beside the main analysis, or, where it has fewer papers to go by, beside the main analysis of the same papers. Least
data: three modes that the main analysis ranks, or there is no order to compare.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.selection import (
    FAILURE_MODE,
    LEVELS,
    coded_papers,
    counted,
    level_rank,
    need,
    one_of,
    paper_codes,
)
from analysis.undermeasurement import jeffreys

STREAM = "stream"
#: What a variant changes, in the order of the table.
KINDS = ("main", "level", "coder", "stream", "grey", "text", "papers")
#: Fewer modes than this have no order to speak of.
LEAST_MODES = 3


@dataclass(frozen=True)
class _Variant:
    name: str
    kind: str
    what: str
    counts: pd.DataFrame
    reference: str
    beside: pd.DataFrame


def _raised(
    final: pd.DataFrame, codes: list[str], *, grey: str = "exclude", basis: str = "abstract"
) -> pd.DataFrame:
    """Which papers raise which mode, with the highest level's place in ``LEVELS`` (from 1) as ``rank``."""
    rows = counted(final, grey=grey, basis=basis)
    rows = rows[(rows["facet"] == FAILURE_MODE).to_numpy(dtype=bool)]
    for code in sorted(set(rows["code"]) - set(codes)):
        one_of("final: failure mode", code, codes)
    pairs = pd.DataFrame({"paper": rows["paper"], "code": rows["code"], "rank": level_rank(rows["level"])})
    pairs = pairs.sort_values("rank", kind="stable").drop_duplicates(["paper", "code"], keep="last")
    return pairs[(pairs["rank"] >= 1).to_numpy(dtype=bool)]


def _counts(
    raised: pd.DataFrame,
    codes: list[str],
    *,
    discussed: str = "mentions",
    measured: str = "measures",
    papers: Collection[str] | None = None,
    without: Collection[str] = (),
) -> pd.DataFrame:
    """Papers that discuss and measure each mode, indexed by code; ``attrs`` has how many discuss any."""
    kept = ~raised["paper"].isin(set(without))
    if papers is not None:
        kept &= raised["paper"].isin(set(papers))
    kept &= raised["rank"] > LEVELS.index(discussed)
    pairs = raised[kept.to_numpy(dtype=bool)]
    columns = {
        column: some["code"].value_counts().reindex(codes, fill_value=0).to_numpy(dtype=np.int64)
        for column, some in (
            ("discussed", pairs),
            ("measured", pairs[(pairs["rank"] > LEVELS.index(measured)).to_numpy(dtype=bool)]),
        )
    }
    table = pd.DataFrame(columns, index=pd.Index(codes, dtype="str"))
    table.attrs["papers"] = int(pairs["paper"].nunique())
    return table


def sensitivity(
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    coders: Mapping[str, pd.DataFrame] | None = None,
    headline: Collection[str] | None = None,
    streams: Sequence[str] | None = None,
    basis: str = "abstract",
    min_discussed: int = 10,
) -> pd.DataFrame:
    """Rates of measuring under each variant, beside the main ones.

    Least data: ``min_discussed`` papers that discuss a mode, in the main analysis and in the variant, before
    it is ranked.

    Args:
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code``.
        coders: coder -> a table of the form of ``final`` made of that coder's codings alone.
        headline: papers that were not coded while the schema was being made; None leaves the variant out.
        streams: streams to leave out one at a time; default: every stream a paper carries. A paper in several streams
            goes when one of them goes.
        basis: what was read in the main analysis.
        min_discussed: papers that must discuss a mode in the main analysis before it is ranked.

    Returns:
        One row a variant and mode, the main analysis first, modes in schema order: ``variant``, ``kind`` (one of
        ``KINDS``), ``what`` (in words), ``papers`` (that discuss any mode), ``code``, ``discussed``, ``measured``,
        ``rate``, ``low``, ``high`` (95% Jeffreys), ``reference`` (``main``, or what else it is set beside),
        ``reference_rate``, ``difference`` (rate less reference rate), ``rank``, ``reference_rank`` (places among the
        modes that the main analysis ranks and that keep papers enough in both, 1 = least measured, ties shared),
        ``rank_change`` and ``note`` (``too few``, ``never discussed``, else empty). ``ranked`` says which modes the
        main analysis ranks.

    Raises:
        ValueError: an argument is not one of its words, a column is missing, or a table carries a mode that
            ``failure_modes`` does not know.
    """
    if min_discussed < 1:
        raise ValueError(f"min_discussed={min_discussed} must be at least 1")
    need(failure_modes, "failure_modes", ("code",))
    codes = list(failure_modes["code"])
    raised = _raised(final, codes, basis=basis)
    main = _counts(raised, codes)
    variants = [_Variant("main", "main", "main analysis", main, "main", main)]

    def add(name: str, kind: str, what: str, counts: pd.DataFrame) -> None:
        variants.append(_Variant(name, kind, what, counts, "main", main))

    add(
        "measured-from-demonstrates",
        "level",
        "demonstrating counts as measuring",
        _counts(raised, codes, measured="demonstrates"),
    )
    add(
        "discussed-from-argues",
        "level",
        "a mere mention is no discussion",
        _counts(raised, codes, discussed="argues"),
    )
    held = set(coded_papers(final, basis=basis))
    for coder, table in sorted((coders or {}).items()):
        mine = set(coded_papers(table, basis=basis))
        same = held <= mine
        variants.append(
            _Variant(
                f"coder-{coder}",
                "coder",
                f"codings of {coder} alone",
                _counts(_raised(table, codes, basis=basis), codes, papers=held),
                "main" if same else "main, same papers",
                main if same else _counts(raised, codes, papers=mine),
            )
        )
    in_stream = paper_codes(final, STREAM, basis=basis)
    for stream in sorted(set(in_stream["code"])) if streams is None else streams:
        gone = set(in_stream.loc[(in_stream["code"] == stream).to_numpy(dtype=bool), "paper"])
        counts = _counts(raised, codes, without=gone)
        add(f"without-{stream}", "stream", f"without the papers of {stream}", counts)
    with_grey = _raised(final, codes, grey="include", basis=basis)
    add("grey-included", "grey", "with grey literature", _counts(with_grey, codes))
    if basis != "full-text":
        both = held & set(coded_papers(final, basis="full-text"))
        variants.append(
            _Variant(
                "full-text",
                "text",
                f"full text instead of {basis}, where both were read",
                _counts(_raised(final, codes, basis="full-text"), codes, papers=both),
                f"{basis}, same papers",
                _counts(raised, codes, papers=both),
            )
        )
    if headline is not None:
        counts = _counts(raised, codes, papers=headline)
        add("headline-papers", "papers", "without the papers on which coders were trained", counts)
    ranked = main["discussed"].to_numpy() >= min_discussed
    return pd.concat([_rows(v, ranked, min_discussed) for v in variants], ignore_index=True)


def _rate(counts: pd.DataFrame) -> NDArray[np.float64]:
    n = counts["discussed"].to_numpy(dtype=float)
    x = counts["measured"].to_numpy(dtype=float)
    rate: NDArray[np.float64] = np.divide(x, n, out=np.full(len(n), np.nan), where=n > 0)
    return rate


def _rows(variant: _Variant, ranked: NDArray[np.bool_], min_discussed: int) -> pd.DataFrame:
    counts = variant.counts
    n = counts["discussed"].to_numpy()
    rate, reference = _rate(counts), _rate(variant.beside)
    ends = jeffreys(counts["measured"].to_numpy(), n)
    # No place comes from too few papers: a stream left out takes its own modes with it.
    compared = ranked & (n >= min_discussed) & (variant.beside["discussed"].to_numpy() >= min_discussed)
    rank, before = np.full(len(n), np.nan), np.full(len(n), np.nan)
    # Rounded, so that equal fractions are ties.
    rank[compared] = stats.rankdata(np.round(rate[compared], 12))
    before[compared] = stats.rankdata(np.round(reference[compared], 12))
    return pd.DataFrame(
        {
            "variant": pd.Series([variant.name] * len(n), dtype="str"),
            "kind": pd.Series([variant.kind] * len(n), dtype="str"),
            "what": pd.Series([variant.what] * len(n), dtype="str"),
            "papers": np.full(len(n), counts.attrs["papers"], dtype=np.int64),
            "code": pd.Series(list(counts.index), dtype="str"),
            "ranked": ranked,
            "discussed": n,
            "measured": counts["measured"].to_numpy(),
            "rate": rate,
            "low": ends[:, 0],
            "high": ends[:, 1],
            "reference": pd.Series([variant.reference] * len(n), dtype="str"),
            "reference_rate": reference,
            "difference": rate - reference,
            "rank": rank,
            "reference_rank": before,
            "rank_change": rank - before,
            "note": pd.Series(
                np.select([n == 0, n < min_discussed], ["never discussed", "too few"], default=""),
                dtype="str",
            ),
        }
    )


def sensitivity_summary(table: pd.DataFrame) -> pd.DataFrame:
    """One line a variant: how far the order of the ranked modes moves.

    Least data: three ranked modes to compare, not all of one rate.

    Args:
        table: :func:`sensitivity`'s table.

    Returns:
        One row a variant, the main analysis left out, in order: ``variant``, ``kind``, ``what``, ``reference``,
        ``papers``; ``modes`` (ranked modes compared), ``few`` (ranked modes that the variant leaves with too few
        papers, and that are left out of what follows); ``tau`` (Kendall's tau-b of the two orders: Kendall 1945,
        Biometrika 33, 239-251; 1 = the same order), ``moved`` (modes whose rank changed), ``largest_move`` (places);
        ``largest_difference`` of a rate, signed, and ``of_mode`` whose it is; ``least_measured`` (code, ties joined by
        a comma); ``note`` (``not estimable: fewer than three modes to compare``, ``not estimable: all rates are
        equal``).

    Raises:
        ValueError: a column is missing.
    """
    need(
        table,
        "sensitivity",
        ("variant", "kind", "ranked", "rate", "reference_rate", "rank", "reference_rank"),
    )
    rows = []
    for variant, whole in table[(table["kind"] != "main").to_numpy(dtype=bool)].groupby(
        "variant", sort=False
    ):
        part = whole[whole["rank"].notna()]
        rate = np.round(part["rate"].to_numpy(dtype=float), 12)
        reference = np.round(part["reference_rate"].to_numpy(dtype=float), 12)
        few = int(whole["ranked"].sum()) - len(part)
        tau, note = np.nan, ""
        if len(part) < LEAST_MODES:
            note = "not estimable: fewer than three modes to compare"
        elif len(set(rate)) == 1 or len(set(reference)) == 1:
            note = "not estimable: all rates are equal"
        else:
            tau = float(stats.kendalltau(rate, reference).statistic)
        change = part["rank_change"].abs()
        at = int(np.argmax(part["difference"].abs())) if len(part) else -1
        lowest = part[rate == rate.min()] if len(part) else part
        first = whole.iloc[0]
        rows.append(
            {
                "variant": str(variant),
                "kind": first["kind"],
                "what": first["what"],
                "reference": first["reference"],
                "papers": int(first["papers"]),
                "modes": len(part),
                "few": few,
                "tau": tau,
                "moved": int((change > 0).sum()),
                "largest_move": float(change.max()) if len(part) else np.nan,
                "largest_difference": float(part["difference"].iloc[at]) if len(part) else np.nan,
                "of_mode": str(part["code"].iloc[at]) if len(part) else "",
                "least_measured": ", ".join(lowest["code"]),
                "note": note,
            }
        )
    text = ("variant", "kind", "what", "reference", "of_mode", "least_measured", "note")
    columns = [
        *("variant", "kind", "what", "reference", "papers", "modes", "few", "tau", "moved", "largest_move"),
        *("largest_difference", "of_mode", "least_measured", "note"),
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(text, "str"))
