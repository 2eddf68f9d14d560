"""What stands under a figure, notes and description together, is short enough to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.charts import frame
from analysis.charts.theme import INK, TEXT
from workbench.answers import QUESTIONS
from workbench.store.survey import open_survey

#: Issue of the words: at most so many under a figure, its stamp not counted.
MOST = 60


def test_no_figure_has_more_than_sixty_words_under_it(pilot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    lines = frame._lines

    def read(words: Any, x: float, y: float, step: float, size: float, colour: str) -> Any:
        # Title and subtitle are larger or muted: what is left in ink and at this size stands under the plot.
        if (size, colour) == (TEXT, INK):
            notes.extend(words)
        return lines(words, x, y, step, size, colour)

    monkeypatch.setattr(frame, "_lines", read)
    survey, words, noted = open_survey(pilot), {}, 0
    for question in QUESTIONS.values():
        for figure in question(survey).figures:
            notes.clear()
            figure.draw("single")
            noted += bool(notes)
            words[figure.stem] = len(" ".join([figure.description, *notes]).split())
            assert len(figure.title.split()) <= 20, figure.stem
    assert len(words) >= 10 and noted, "the figures or their notes were not found"
    assert {stem: n for stem, n in words.items() if n > MOST} == {}
