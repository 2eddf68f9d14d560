"""What every figure and table says of its data: a digest, the schema, the share verified by humans, the date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

from workbench.store.corpus import stored
from workbench.store.files import sha256
from workbench.store.final import human_verified_share

if TYPE_CHECKING:
    from workbench.store.survey import Survey


class Stamp(TypedDict):
    """What a figure says of the data it came from.

    Attributes:
        data_sha256: digest of the data, hexadecimal; its first eight digits are shown.
        schema: version of the coding schema.
        human_verified_share: share of the final failure-mode codes that rest on a human, 0 to 1; None where
            there is no code to verify.
        data_date: date of the data, as ``2026-11-24``.
        restricted: what the papers were restricted to, in words; left out where nothing was.
    """

    data_sha256: str
    schema: str
    human_verified_share: float | None
    data_date: str
    restricted: NotRequired[str]


def stamp_line(stamp: Stamp) -> str:
    """Return the line that stands under a figure.

    A share is rounded to whole per cent, but never to 0 or 100 unless it is exactly that.
    """
    share = stamp["human_verified_share"]
    if share is None:
        verified = "no code yet"
    elif not 0 <= share <= 1:
        raise ValueError(f"human_verified_share={share} is not between 0 and 1")
    elif 0 < share < 0.01:
        verified = "under 1 % human-verified"
    elif 0.99 < share < 1:
        verified = "over 99 % human-verified"
    else:
        verified = f"{share * 100:.0f} % human-verified"
    date = stamp["data_date"] or "no date"
    line = f"data {stamp['data_sha256'][:8]} · schema {stamp['schema']} · {verified} · data of {date}"
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
    """Return what every figure says of its data: one digest of all files, schema, share verified, date.

    The date is that of the latest decision or search, not of the run. The share is that of the final failure-mode
    codes told from abstracts, as ``status`` counts it; None while nothing is coded.
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
    rows = survey.final[survey.final["basis"] == "abstract"].to_dict("records")
    return {
        "data_sha256": sha256("".join(f"{path} {digest}\n" for path, digest in sorted(digests.items()))),
        "schema": survey.schema.version,
        "human_verified_share": human_verified_share(
            {str(column): value for column, value in row.items()} for row in rows
        ),
        "data_date": max(times, default="")[:10],
    }


def _search_times(root: Path) -> list[str]:
    from workbench.store.searches import read_searches

    return [s.when for s in read_searches(root, [])]
