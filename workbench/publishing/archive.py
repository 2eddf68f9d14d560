"""The survey as one file to deposit (Zenodo, OSF): its data, schema and words, what they are, and their checksums.

Texts of papers are not in it: they lie outside of the data, and are not ours to give.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from workbench.publishing.export import zipped
from workbench.store.files import sha256
from workbench.store.survey import Survey

#: What of a survey's folder is deposited: folders whole, and single files where they are there.
FOLDERS = ("corpus", "coding_schema", "claims")
FILES = ("survey.yaml", "PROTOCOL.md", "README.md", "LICENSE", "LICENSE-DATA")
KINDS = (".csv", ".bib", ".yaml", ".md", "")
SUMS = "SHA256SUMS"


def archive(survey: Survey, version: str, date: str) -> bytes:
    """Return a deposit of a survey as a ZIP file; the same data, version and date give the same bytes.

    Args:
        survey: the opened survey.
        version: what the deposit calls itself, such as ``1.2``.
        date: the day it is released, ``2026-12-01``.
    """
    root = survey.root
    files = {name: (root / name).read_bytes() for name in FILES if (root / name).is_file()}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root)
            hidden = any(part.startswith(".") for part in name.parts)
            if path.is_file() and not path.is_symlink() and not hidden and path.suffix in KINDS:
                files[name.as_posix()] = path.read_bytes()
    files["CITATION.cff"] = citation(survey, version, date).encode()
    sums = "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items()))
    return zipped({**files, SUMS: sums.encode()})


def citation(survey: Survey, version: str, date: str) -> str:
    """Return how the survey is to be cited, in the Citation File Format 1.2.0."""
    settings = survey.settings
    people = [{"name": p.name} for p in settings.people] or [{"name": f"The authors of {settings.title}"}]
    held = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "title": settings.title,
        "abstract": settings.question,
        "message": "If you use these data, please cite them as below.",
        "authors": people,
        "version": version,
        "date-released": date,
    }
    if settings.licence:
        held["license"] = settings.licence.replace(" ", "-")
    if settings.address:
        held["url"] = settings.address
    return yaml.safe_dump(held, sort_keys=False, allow_unicode=True, width=110)


def is_among(root: Path, file: Path) -> bool:
    """Say whether a file is one of a survey's own, which no export may replace."""
    place = file.resolve()
    held = [(root / name).resolve() for name in (*FOLDERS, "notebooks", ".git", ".cache")]
    return any(place.is_relative_to(folder) for folder in held) or place in [
        (root / n).resolve() for n in FILES
    ]
