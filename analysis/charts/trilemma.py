"""Figure of the trilemmas: how many papers measure none, one, two or all three of three desiderata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from analysis.audit.trilemma import MET, OURS, Together
from analysis.charts.frame import (
    DOT,
    RING,
    KeyEntry,
    blanks,
    fixed,
    panel,
    rules,
    say,
    sheet,
    texts,
    whole_ticks,
)
from analysis.charts.sides import grouped, headings
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, Width, page_width


def measured_together(
    answers: Mapping[str, Together],
    *,
    names: Mapping[str, str],
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw for each trilemma the papers that measure none, one, two and all three, beside what is expected.

    Args:
        answers: id -> what ``analysis.audit.trilemma.together`` gave.
        names: id -> name in words.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a group a trilemma, a row a number of desiderata; a dot for the papers seen, a ring for those
        expected when both margins are kept, an upright line for those expected under independence. A trilemma for
        which the schema has no code says so in words.
    """
    heading = (
        "Papers that measure none, one, two or all three of three desiderata" if title is None else title
    )
    if not answers or not any(a.papers for a in answers.values()):
        why = "Nothing to draw: no coded paper measures a failure mode."
        return say(why, width=width, title=heading, stamp=stamp)
    page = page_width(width)
    groups = {str(names.get(key) or key): [f"{key}: {k}" for k in (_range(a))] for key, a in answers.items()}
    labels = {f"{key}: {k}": MET[k].capitalize() for key in answers for k in range(4)}
    labels |= {f"{key}: -1": "" for key in answers}
    rows = grouped(groups, labels, widest=page * 0.3)
    left, right = rows.margin + 4.0, 12.0
    plot = page - left - right
    most = max(1.0, *(float(v) for a in answers.values() for v in _values(a)))
    points, lines, upright, words = [], [], [], []
    for key, answer in answers.items():
        if _empty(answer):
            words.append({"x": 0.0, "y": rows.middle(f"{key}: -1"), "text": _short(answer.note)})
            continue
        for cell in answer.counts.to_dict("records"):
            y = rows.middle(f"{key}: {int(cell['met'])}")
            seen, expected, alone = (float(cell[c]) for c in ("observed", "expected", "independent"))
            a, b, c = (round(plot * v / most, 2) for v in (seen, expected, alone))
            what = (
                f"{names.get(key) or key}: {MET[int(cell['met'])]}: {seen:.0f} papers, {expected:.1f} expected with "
                f"both margins kept, {alone:.1f} under independence"
            )
            lines.append({"x": a, "x2": b, "y": y, "y2": y})
            upright.append({"x": c, "x2": c, "y": y - 3.2, "y2": y + 3.2})
            points.append({"x": b, "y": y, "fill": "white", "size": RING, "what": what})
            points.append({"x": a, "y": y, "fill": INK, "size": DOT, "what": what})
    layers: list[alt.Chart | alt.LayerChart] = [_axis(most, plot)]
    if points:
        layers += [
            rules(pd.DataFrame(lines), colour=FAINT, width=1.2),
            rules(pd.DataFrame(upright), colour=OKABE_ITO["orange"], width=1.4),
            _circles(pd.DataFrame(points)),
        ]
    layers += [rows.labelled(), *headings(rows, left, plot)]
    if words:
        placed = pd.DataFrame(words)
        layers += [blanks(placed, rows.step), texts(placed, colour=MUTED)]
    first = next(iter(answers.values()))
    waits = next((a.note for a in answers.values() if a.note.startswith("counts only")), "")
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle=f"Of the {first.papers} papers that measure at least one failure mode, as their text tells.",
        key=[
            KeyEntry("dot", INK, "papers"),
            KeyEntry("ring", INK, "expected, both margins kept"),
            KeyEntry("bar", OKABE_ITO["orange"], "upright line: expected under independence"),
        ],
        notes=[OURS, *([f"{waits.split(';')[0].capitalize()}."] if waits else [])],
        stamp=stamp,
    )


def _empty(answer: Together) -> bool:
    return bool(answer.counts["observed"].isna().any())


def _range(answer: Together) -> list[int]:
    return [-1] if _empty(answer) else [0, 1, 2, 3]


def _values(answer: Together) -> list[float]:
    if _empty(answer):
        return [0.0]
    return [float(v) for c in ("observed", "expected", "independent") for v in answer.counts[c]]


def _short(note: str) -> str:
    """Say why there is nothing, without the words that the heading has already."""
    return note.replace("not estimable: no code of the schema stands for", "not estimable: no code for")


def _axis(most: float, plot: float) -> alt.LayerChart:
    scale = alt.Scale(domain=[0, most], range=[0.0, plot], nice=False)
    axis = alt.Axis(
        title="papers", orient="top", values=whole_ticks(int(most)), format="d", domain=False, grid=True
    )
    hidden = alt.Chart(pd.DataFrame({"value": [0]})).mark_point(opacity=0, aria=False)
    return panel(hidden.encode(x=alt.X("value:Q", scale=scale, axis=axis), y=fixed("y", 0)))


def _circles(points: pd.DataFrame) -> alt.Chart:
    channels: dict[str, Any] = {
        "x": alt.X("x:Q", scale=None, axis=None),
        "y": alt.Y("y:Q", scale=None, axis=None),
        "fill": alt.Fill("fill:N", scale=None, legend=None),
        "size": alt.Size("size:Q", scale=None, legend=None),
        "tooltip": [alt.Tooltip("what:N", title=" ")],
        "description": alt.Description("what:N"),
    }
    done: alt.Chart = (
        alt.Chart(points).mark_point(shape="circle", stroke=INK, strokeWidth=1, opacity=1).encode(**channels)
    )
    return done
