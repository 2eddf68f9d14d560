"""What every figure and table says of its data: a digest, the schema, who coded, what humans checked, the date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

from workbench.reading.people import called, sets_of, who_did_what
from workbench.store.corpus import stored
from workbench.store.files import sha256
from workbench.store.final import CODING, human_verified_codes, version_key

if TYPE_CHECKING:
    from workbench.store.survey import Survey


class Stamp(TypedDict):
    """What a figure says of the data it came from.

    Attributes:
        data_sha256: digest of the data, hexadecimal; its first eight digits are shown.
        schema: version of the coding schema.
        coded_by: who coded, in words; empty while nobody has.
        codes: final failure-mode codes told from abstracts, grey sources apart.
        human_verified: how many of these a human coded, adjudicated or verified.
        data_date: date of the data, as ``2026-11-24``.
        restricted: what the papers were restricted to, in words; left out where nothing was.
    """

    data_sha256: str
    schema: str
    coded_by: str
    codes: int
    human_verified: int
    data_date: str
    restricted: NotRequired[str]


def stamp_line(stamp: Stamp) -> str:
    """Return the line that stands under a figure: who coded and what humans checked in counts, never a rounded share.

    Raises:
        ValueError: more codes were checked than there are.
    """
    checked, codes = stamp["human_verified"], stamp["codes"]
    if not 0 <= checked <= codes:
        raise ValueError(f"human_verified={checked} is not between 0 and codes={codes}")
    who = f"coded by {stamp['coded_by']}" if stamp["coded_by"] else "nothing coded yet"
    looked = f"; {checked:,} of {codes:,} codes checked by a human" if codes else ""
    date = stamp["data_date"] or "no date"
    line = f"data {stamp['data_sha256'][:8]} · schema {stamp['schema']} · {who}{looked} · data of {date}"
    return f"{line} · {stamp['restricted']}" if stamp.get("restricted") else line


def data_digests(root: Path) -> dict[str, str]:
    """Return the digest of every data file: path relative to the survey folder -> SHA-256."""
    found = [
        p
        for room in ("coding_schema", "corpus", "claims")
        for p in sorted((root / room).rglob("*"))
        if p.is_file()
    ]
    # What a file manager or JupyterLab leaves behind is no data.
    files = [p for p in found if not any(part.startswith(".") for part in p.relative_to(root).parts)]
    return {p.relative_to(root).as_posix(): sha256(p.read_bytes()) for p in files}


def data_stamp(survey: Survey, digests: dict[str, str]) -> Stamp:
    """Return what every figure says of its data: one digest of all files, schema, who coded and checked, date.

    The date is that of the latest decision or search, not of the run. The codes are the final failure-mode codes told
    from abstracts, as ``status`` counts them; who coded are those whose sign-offs of included works decide.
    """
    decided = (
        survey.screening,
        survey.codings,
        survey.signoffs,
        survey.adjudications,
        survey.verifications,
        survey.maybe_duplicates,
    )
    # A number that was withdrawn is a decision too, though the table leaves it out.
    measured = [row["at"] for row in stored(survey.root, "measurements", [])]
    times = [*(at for table in decided for at in table["at"]), *measured, *_search_times(survey.root)]
    rows = survey.final[(survey.final["basis"] == "abstract") & ~survey.final["grey"]].to_dict("records")
    checked, codes = human_verified_codes(
        ({str(c): v for c, v in row.items()} for row in rows), survey.settings.facet
    )
    coders = {c for who in sets_of(who_did_what(survey), CODING, "abstract") for c in who}
    kinds = dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True))
    return {
        "data_sha256": sha256("".join(f"{path} {digest}\n" for path, digest in sorted(digests.items()))),
        "schema": " and ".join(sorted({r["schema"] for r in rows}, key=version_key)) or survey.schema.version,
        "coded_by": called(coders, kinds, named=False) if coders else "",
        "codes": codes,
        "human_verified": checked,
        "data_date": max(times, default="")[:10],
    }


def _search_times(root: Path) -> list[str]:
    from workbench.store.searches import read_searches

    return [s.when for s in read_searches(root, [])]
