"""Claims: what the evidence of a stated safety claim measures, and which failure modes bear on it and are not captured.

A claim says that a system has a property. Evidence is what instruments reported of it. A failure mode *bears on* the
claim when coded papers raise it where the claimed property is the one that a proxy fails. It is *captured* when an
instrument of the evidence measures it. What the literature knows of a mode is what the survey counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.audit.portfolio import instruments
from analysis.selection import Asked, need, one_of, paper_codes, tuples

#: A mode that fewer papers raise with the property than this is listed, and not called bearing on the claim.
LEAST_PAPERS = 2


@dataclass(frozen=True)
class Evidence:
    """One result that a claim rests on.

    Attributes:
        instrument: what it was measured with.
        result: what was found, in words and numbers.
        source: where that is reported.
        paper: key of the coded paper that offers the instrument; empty where it is not coded.
        modes: failure modes that the instrument measures, where no coded paper says so.
        attempts: attempts an attacker had; several where a budget was varied; empty where not stated.
        sample: items or prompts; None where not stated.
        uncertainty: an interval or standard error is reported.
    """

    instrument: str
    result: str
    source: str
    paper: str = ""
    modes: tuple[str, ...] = ()
    attempts: tuple[int, ...] = ()
    sample: int | None = None
    uncertainty: bool = False


@dataclass(frozen=True)
class Claim:
    """A stated claim.

    Attributes:
        name: short name, of letters, digits and hyphens.
        claim: the claim in words.
        system: what it is said of.
        property: code of the facet ``latent``.
        setting: where the system is to be used, in words.
        pressure: code of the facet of pressures that rules there.
        evidence: what it rests on.
    """

    name: str
    claim: str
    system: str
    property: str
    setting: str
    pressure: str
    evidence: tuple[Evidence, ...]


def card(
    claim: Claim,
    final: pd.DataFrame,
    failure_modes: pd.DataFrame,
    *,
    asked: Asked,
    property_facet: str,
    pressure_facet: str,
    instrument: tuple[str, Sequence[str]],
    grey: str = "exclude",
    basis: str = "abstract",
    least: int = LEAST_PAPERS,
    reported: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Hold a claim against what the survey has coded.

    Least data: ``least`` coded papers that raise a mode with the claim's property before it bears on the claim.

    Args:
        claim: the claim.
        final: the survey's table ``final``.
        failure_modes: the schema's table, with ``code``, ``name`` and ``side``.
        asked: which facet carries levels, their scale, and from which on a code is measured.
        property_facet: the facet of the claim's property.
        pressure_facet: the facet of its pressure.
        instrument: a facet and those of its codes that make a paper an instrument.
        grey: ``exclude``, ``include`` or ``only``.
        basis: ``title``, ``abstract`` or ``full-text``.
        least: papers that must raise a mode with the property before it is said to bear on the claim.
        reported: mode -> ``attempts`` or ``uncertainty``: modes captured by how results are reported. Attempts capture
            theirs when an evidence states more than one attempt; uncertainty when every evidence states it and n.

    Returns:
        One row a failure mode that any coded paper raises with the property, or that the evidence measures: ``claim``,
        ``code``, ``name``, ``raised`` (papers that raise the mode and carry the property), ``under_pressure`` (of them,
        those that carry the claim's pressure too), ``bears`` (boolean: ``raised`` >= ``least``), ``captured``,
        ``captured_by`` (names of instruments, tuple), ``why`` (how it is captured, or what is missing), ``discussed``,
        ``measured`` (coded papers),
        ``instruments`` (keys of coded instruments that measure it, tuple), ``papers`` (those of ``raised``). Modes that
        bear and are not captured first, then by ``raised`` downwards and code.

    Raises:
        ValueError: an argument is not one of its words, a mode of the evidence is not in the schema, or ``least`` is
            below 1.
    """
    if least < 1:
        raise ValueError(f"least={least} must be at least 1")
    need(failure_modes, "failure_modes", ("code", "name", "side"))
    codes = list(failure_modes["code"])
    named = dict(zip(codes, failure_modes["name"], strict=True))
    raised = paper_codes(final, asked.facet, grey=grey, basis=basis)
    with_property = _carrying(final, property_facet, claim.property, grey, basis)
    under = _carrying(final, pressure_facet, claim.pressure, grey, basis)
    measured = paper_codes(final, asked.facet, asked=asked, min_level=asked.measured, grey=grey, basis=basis)
    by_paper = measured.groupby("paper")["code"].agg(tuple)
    captured: dict[str, list[str]] = {}
    for e in claim.evidence:
        held = e.modes or tuple(by_paper.get(e.paper, ()))
        for mode in held:
            one_of(f"evidence {e.instrument!r}: mode", mode, codes)
            captured.setdefault(mode, []).append(e.instrument)
    why: dict[str, str] = {}
    for mode, what in (reported or {}).items():
        speaking = _speaking(claim.evidence, what)
        if mode in codes and speaking:
            captured.setdefault(mode, []).extend(speaking)
            why[mode] = f"{what} stated"
        elif mode in codes and claim.evidence and mode not in captured:
            why[mode] = (
                "no result over several attempts"
                if what == "attempts"
                else "not every result has n and an interval"
            )
    offered = instruments(final, asked=asked, instrument=instrument, grey=grey, basis=basis)
    mine = raised[raised["paper"].isin(with_property)]
    papers = {code: tuple(sorted(set(mine.loc[mine["code"] == code, "paper"]))) for code in codes}
    kept = [c for c in codes if papers[c] or c in captured]
    kept.sort(key=lambda c: (len(papers[c]) < least or c in captured, -len(papers[c]), c))
    return pd.DataFrame(
        {
            "claim": pd.Series([claim.name] * len(kept), dtype="str"),
            "code": pd.Series(kept, dtype="str"),
            "name": pd.Series([named[c] for c in kept], dtype="str"),
            "raised": np.array([len(papers[c]) for c in kept], dtype=np.int64),
            "under_pressure": np.array([len(set(papers[c]) & under) for c in kept], dtype=np.int64),
            "bears": np.array([len(papers[c]) >= least for c in kept], dtype=bool),
            "captured": np.array([c in captured for c in kept], dtype=bool),
            "captured_by": tuples([tuple(dict.fromkeys(captured.get(c, ()))) for c in kept]),
            "why": pd.Series(
                [why.get(c) or ("measured" if c in captured else "no evidence measures it") for c in kept],
                dtype="str",
            ),
            "discussed": np.array([raised["code"].eq(c).sum() for c in kept], dtype=np.int64),
            "measured": np.array([measured["code"].eq(c).sum() for c in kept], dtype=np.int64),
            "instruments": tuples(
                [tuple(sorted(offered.loc[[c in held for held in offered["modes"]], "paper"])) for c in kept]
            ),
            "papers": tuples([papers[c] for c in kept]),
        }
    )


def sentences(claim: Claim, table: pd.DataFrame, *, named: int = 5) -> list[str]:
    """Say in words, with numbers, what the evidence of a claim does not capture.

    Least data: none; where no mode bears on the claim the sentences say so.

    Args:
        claim: the claim.
        table: what :func:`card` gave for it.
        named: modes that are named at most; the table has all.

    Returns:
        Sentences, most important first; the last says what the counts are counts of.
    """
    bearing = table[table["bears"]]
    missing = bearing[~bearing["captured"]]
    said = []
    if bearing.empty:
        said.append(
            f"Nothing is raised with {claim.property} by enough coded papers to say which bear on this claim."
        )
    else:
        n = len(bearing)
        said.append(
            f"{n} failure {'mode bears' if n == 1 else 'modes bear'} on this claim (raised with {claim.property} by "
            f"{_span(bearing['raised'])}); the evidence "
            f"captures {int(bearing['captured'].sum())} of {n}."
        )
    for row in missing.head(named).to_dict("records"):
        held = row["instruments"]
        offer = (
            f" {len(held)} coded instrument{'s' if len(held) > 1 else ''} would capture it, for one {held[0]}."
            if held
            else " No coded instrument measures it."
        )
        said.append(
            f"Not captured: {row['name']}, raised with {claim.property} by {row['raised']} papers, "
            f"{row['under_pressure']} of them under the pressure {claim.pressure}, "
            f"measured by {row['measured']} of the {row['discussed']} that name it.{offer}"
        )
    if len(missing) > named:
        said.append(f"{len(missing) - named} further modes that bear on the claim are not captured.")
    for e in claim.evidence:
        lacks = [
            what
            for what, there in (
                ("the number of attempts", bool(e.attempts)),
                ("n", e.sample is not None),
                ("an interval", e.uncertainty),
            )
            if not there
        ]
        if lacks:
            said.append(f"{e.instrument}: {', '.join(lacks)} not stated.")
    if not claim.evidence:
        said.append("The claim names no evidence.")
    said.append(
        "Counts are of coded papers, as their abstracts tell; that a mode is not captured says that the evidence is "
        "silent on it, not that the claim is false."
    )
    return said


def _carrying(final: pd.DataFrame, facet: str, code: str, grey: str, basis: str) -> set[str]:
    held = paper_codes(final, facet, grey=grey, basis=basis)
    return set(held.loc[held["code"] == code, "paper"])


def _span(counts: pd.Series[int]) -> str:
    least, most = int(counts.min()), int(counts.max())
    return f"{least} coded papers" if least == most else f"{least} to {most} coded papers each"


def _speaking(evidence: Sequence[Evidence], what: str) -> list[str]:
    if what == "attempts":
        return [e.instrument for e in evidence if e.attempts and max(e.attempts) > 1]
    whole = evidence and all(e.uncertainty and e.sample is not None for e in evidence)
    return [e.instrument for e in evidence] if whole else []
