"""The README's numbers are those of the data: ``python -m tests.test_readme`` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import wrap

import pytest

from workbench.answers.measurement import measured
from workbench.reading.status import status
from workbench.store.survey import Survey, open_survey

README = Path(__file__).parent.parent / "README.md"
#: What stands between these lines is counted.
START, END = (
    "<!-- counted from the data: python -m tests.test_readme -->\n",
    "<!-- end of what is counted -->\n",
)


def counted(survey: Survey) -> str:
    """What the README says of the data, in Markdown."""
    at = {key: f"{row['total']:,}" for key, row in status(survey.root).items()}
    final, rows, audit = survey.final, survey.measurements, survey.audit
    full = final.loc[final["basis"] == "full-text", "paper"].nunique()
    grey = final.loc[final["grey"].astype(bool), "paper"].nunique()
    versions = " and ".join(sorted(set(final["schema"])))
    lines = [
        f"{at['identified']} hits of the searches are {at['records']} works, {at['grey']} grey sources among them. The "
        f"sampling frames are {at['in_frame']} works whose abstract was in hand; {at['drawn']} were drawn in two "
        f"phases, {at['screened']} of these are screened, and {at['included']} are in.",
        f"{at['coded_twice']} are coded from the abstract by two passes that did not see each other, under schema "
        f"{versions} with {len(survey.failure_modes)} failure modes; of {at['adjudicated']} every "
        f"disagreement is adjudicated. {grey} grey sources are coded and kept apart; {full} papers are coded from full "
        "text as well ([where the texts came from](docs/full-texts.md)).",
        f"{len(rows):,} rows of paired evidence from {rows['paper'].nunique():,} papers and {len(audit):,} measured "
        f"values of {audit['model'].nunique():,} models stand beside the codings, each with its source.",
        f"Of {at['human_verified']} papers a human has verified a code. Screeners, coders and adjudicator are language "
        "models of one family: what two passes agree on says how repeatable the coding is, not whether it is right.",
    ]
    sentences = measured(survey).tables["measurement-in-words"]["sentence"]
    parts = [_item("- ", line) for line in lines]
    parts.append("\nWhat the survey says at present (notebook 05 opens with these sentences):\n")
    parts += [_item(f"{k}. ", sentence) for k, sentence in enumerate(sentences, start=1)]
    return "\n".join(parts) + "\n"


def _item(bullet: str, text: str) -> str:
    hang = " " * len(bullet)
    return "\n".join(wrap(text, 118, initial_indent=bullet, subsequent_indent=hang, break_on_hyphens=False))


def _read(text: str) -> tuple[list[str], list[float]]:
    """Words and numbers of a text, however its lines are broken."""
    parts = re.split(r"(\d[\d,]*(?:\.\d+)?)", " ".join(text.split()))
    return parts[::2], [float(number.replace(",", "")) for number in parts[1::2]]


def test_the_numbers_of_the_readme_are_counted() -> None:
    there = README.read_text(encoding="utf-8").split(START)[1].split(END)[0]
    (words, numbers), (now, counts) = _read(there), _read(counted(open_survey(README.parent)))
    # Estimates are drawn at random, and not to the last digit alike on every processor.
    assert words == now and numbers == pytest.approx(counts, rel=0.05, abs=1.5), (
        "the README's numbers are not the data's; write them anew: python -m tests.test_readme"
    )


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    before, after = text.split(START)[0], text.split(END)[1]
    README.write_text(f"{before}{START}{counted(open_survey(README.parent))}{END}{after}", encoding="utf-8")
