"""What the evidence of each stated safety claim does not capture."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.audit.claims import card
from workbench.answers.answer import BASIS, Answer, in_schema
from workbench.store.claims import read_claim, read_claims
from workbench.store.faults import Fault, Refused

if TYPE_CHECKING:
    import pandas as pd

    from analysis.audit.claims import Claim
    from workbench.store.survey import Survey


def claimed(survey: Survey) -> Answer:
    """What the evidence of each safety claim in ``claims/`` measures, and what it leaves open."""
    faults: list[Fault] = []
    claims = read_claims(survey.root, survey.schema, set(survey.papers["paper"]), faults)
    if faults:
        raise Refused(faults)
    cards = {c.name: held_against(survey, c) for c in claims}
    pages = {f"claims/{c.name}.md": partial(claim_card, c, cards[c.name]) for c in claims}
    return Answer({}, pages=pages)


def claim_card(claim: Claim, table: pd.DataFrame, stamp: str) -> str:
    """Return the card of a claim as Markdown: the claim, what its evidence misses in sentences, and the table.

    Args:
        claim: the claim.
        table: what ``analysis.audit.claims.card`` gave for it.
        stamp: the line that names the data.
    """
    from analysis.audit.claims import sentences

    lines = [
        f"# {_inline(claim.claim)}",
        "",
        f"*{_inline(claim.system)}*; property: {claim.property}; setting: {_inline(claim.setting)} "
        f"(pressure: {claim.pressure}).",
        "",
        "## What the evidence does not capture",
        "",
        *(f"- {_inline(said)}" for said in sentences(claim, table)),
        "",
        "## The evidence",
        "",
        "| instrument | result | attempts | n | interval | source |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for e in claim.evidence:
        attempts = ", ".join(str(a) for a in e.attempts) or "not stated"
        cells = (
            e.instrument,
            e.result,
            attempts,
            str(e.sample or "not stated"),
            "yes" if e.uncertainty else "not stated",
            e.source,
        )
        lines.append(_row(cells))
    lines += [
        "",
        f"## What bears on {claim.property}",
        "",
        "| code | captured | raised with the property | named | measured | instruments |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in table[table["bears"]].to_dict("records"):
        captured = ", ".join(row["captured_by"]) if row["captured"] else f"no: {row['why']}"
        shown = ", ".join(row["instruments"][:3]) + (", ..." if len(row["instruments"]) > 3 else "")
        counts = (str(row[c]) for c in ("raised", "discussed", "measured"))
        lines.append(_row((str(row["name"]), captured, *counts, shown or "none")))
    return "\n".join([*lines, "", stamp, ""])


def card_of(survey: Survey, file: Path, stamp: str) -> str:
    """Return the card of the claim in a file, which may lie anywhere.

    Raises:
        Refused: the file is missing or something in it is wrong; every fault is named with its line.
    """
    faults: list[Fault] = []
    at = file.resolve()
    papers = set(survey.papers["paper"])
    claim = read_claim(at.parent, at.name, survey.schema, papers, faults)
    if claim is None:
        raise Refused(faults)
    return claim_card(claim, held_against(survey, claim), stamp)


def held_against(survey: Survey, claim: Claim) -> pd.DataFrame:
    """Return what the survey has coded on a claim: ``analysis.audit.claims.card``."""
    schema, audit = survey.schema, survey.settings.audit
    latent, pressure, made = schema.paired("latent"), schema.pressure, audit.instruments
    return card(
        claim,
        in_schema(survey.final, survey.codes),
        survey.failure_modes,
        asked=survey.asked,
        property_facet=latent.id if latent else "",
        pressure_facet=pressure.id if pressure else "",
        instrument=(made.facet, made.codes) if made else ("", ()),
        basis=BASIS,
        reported=audit.reported,
    )


def _inline(text: str) -> str:
    return " ".join(text.split())


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_inline(cell).replace("|", "\\|") for cell in cells) + " |"
