"""The first line of a notebook: which survey is this, and charts that show without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.store.faults import Fault, Refused

if TYPE_CHECKING:
    from analysis.charts.theme import Width
    from workbench.answers.answer import Answer
    from workbench.store.survey import Survey

#: A figure is drawn for print; on a screen it is shown this much larger.
ON_SCREEN = 1.6


def open_here(start: str | Path = ".", *, charts: bool = True) -> Survey:
    """Open the survey that a notebook lies in, and make its charts and tables readable.

    Charts are shown as SVG, drawn on this machine: JupyterLab, the executed page and a saved notebook show them with
    no network (altair's usual renderer loads its scripts from one). Tables show whole sentences.

    Args:
        start: where to look from; the nearest folder at or above it with ``corpus/`` and ``coding_schema/``.
        charts: false in a notebook that draws none: it then starts a second or two sooner.

    Raises:
        Refused: there is no such folder.
    """
    import pandas as pd

    from workbench.store.survey import open_survey

    if charts:
        import altair as alt

        alt.renderers.register("survey", _shown)
        alt.renderers.enable("survey")
    pd.set_option("display.max_colwidth", 120)
    pd.set_option("display.max_rows", 60)
    here = Path(start).resolve()
    for folder in (here, *here.parents):
        if (folder / "corpus").is_dir() and (folder / "coding_schema").is_dir():
            return open_survey(folder)
    remedy = "start the notebook inside a survey folder, or use open_survey(PATH)"
    raise Refused([Fault("notebook", 0, "", "no survey here or above", remedy)])


def shown(survey: Survey, answer: Answer, stem: str, *, width: Width = "double") -> None:
    """Show one figure of an answer, stamped with its data, and beneath it what it shows in words and numbers.

    The words are the figure's alternative text: they are written from the numbers it shows, so they cannot disagree.

    Args:
        survey: the opened survey.
        answer: what one of ``workbench.answers.QUESTIONS`` gave.
        stem: name of the figure.
        width: ``single`` or ``double``.

    Raises:
        ValueError: the answer has no figure of that name.
    """
    from IPython.display import Markdown, display

    from analysis.charts import stamped
    from workbench.answers.stamp import data_digests, data_stamp, stamp_line

    found = [f for f in answer.figures if f.stem == stem]
    if not found:
        raise ValueError(
            f"no figure {stem!r}; there are {', '.join(f.stem for f in answer.figures) or 'none'}"
        )
    stamp = stamp_line(data_stamp(survey, data_digests(survey.root)))
    display(stamped(found[0].draw(width), stamp), Markdown(_plain(found[0].description)))  # type: ignore[no-untyped-call]


def _plain(text: str) -> str:
    """Return a text that Markdown leaves as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|$~" else c for c in text)


def _shown(spec: dict[str, Any], **_: Any) -> dict[str, str]:
    """Return a chart as Jupyter shows it: SVG, and its description for those who cannot see it."""
    import vl_convert

    from workbench.publishing.figures import font
    from workbench.publishing.figures.svg import enlarged, finish
    from workbench.store.files import sha256

    font.register()
    said = str(spec.get("description") or "A chart without a description.")
    drawing = finish(
        vl_convert.vegalite_to_svg(spec),
        name=f"chart-{sha256(json.dumps(spec, sort_keys=True, default=str))[:8]}",
        title=said.split(". ")[0],
        description=said,
    )
    return {"image/svg+xml": enlarged(drawing, ON_SCREEN), "text/plain": said}
