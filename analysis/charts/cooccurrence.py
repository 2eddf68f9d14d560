"""Figure of co-occurrence: the pairs of codes that most papers raise together, beside how many one would expect.

A network of forty codes is read for its places, which mean nothing; it is written for the programs that draw networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import DOT, marks, rules, texts, whole_ticks
from analysis.charts.rows import list_rows
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, Width, is_narrow, page_width


def pairs_plot(
    pairs: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    what: str = "codes",
    notes: Sequence[str] = (),
    title: str = "",
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw how many papers carry both codes of each pair, and how many would by chance.

    Args:
        pairs: one row a pair, most papers first: ``source``, ``target``, ``count`` and ``expected`` (missing where
            it was not drawn); see ``analysis.cooccurrence.edges_table`` and ``analysis.expected.expected``.
        names: code -> label.
        what: what the codes are, in words.
        notes: remarks beneath the plot.
        title: what stands over it.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a row a pair, a dot at the papers that carry both, a tick where chance would put it.
    """
    if pairs.empty:
        words = f"Nothing to draw: no two {what} are raised by the same paper."
        return say(words, width=width, title=title, stamp=stamp)
    page, called = page_width(width), dict(names or {})
    held = pairs.assign(key=[f"{a} {b}" for a, b in zip(pairs["source"], pairs["target"], strict=True)])
    labels = {
        key: _pair(called.get(a) or a, called.get(b) or b)
        for key, a, b in held[["key", "source", "target"]].itertuples(index=False)
    }
    rows = list_rows(list(labels), names=labels, widest=page * (0.6 if is_narrow(width) else 0.56))
    left, right = rows.margin, 16.0
    plot = page - left - right
    ticks = whole_ticks(int(max(held["count"].max(), held["expected"].fillna(0).max())), 3)
    most = max(float(held["count"].max()), float(held["expected"].max()), float(ticks[-1]))

    def x(papers: float) -> float:
        return round(3.0 + (plot - 3.0) * papers / most, 2)

    grid = pd.DataFrame([{"x": x(t), "x2": x(t), "y": -2.0, "y2": rows.height} for t in ticks])
    numbers = pd.DataFrame([{"x": x(t), "y": -7.0, "text": f"{t:g}"} for t in ticks])
    dots, ends, chance = [], [], []
    for r in held.to_dict("records"):
        y, both = rows.middle(r["key"]), int(r["count"])
        papers = f"{both} paper{'' if both == 1 else 's'}"
        expected = "" if pd.isna(r["expected"]) else f", {r['expected']:.1f} expected"
        dots.append({"x": x(both), "y": y, "what": f"{labels[r['key']]}: {papers}{expected}"})
        ends.append({"x": x(0), "x2": x(both), "y": y, "y2": y})
        if expected:
            chance.append({"x": x(r["expected"]), "x2": x(r["expected"]), "y": y - 3.4, "y2": y + 3.4})
    blue = OKABE_ITO["blue"]
    return sheet(
        [
            rules(grid, colour=FAINT, width=0.4),
            texts(numbers, align="center", colour=MUTED),
            rules(pd.DataFrame(ends), colour=OKABE_ITO["blue"], width=0.8),
            *([rules(pd.DataFrame(chance), colour=INK, width=1.2)] if chance else []),
            marks(pd.DataFrame(dots).assign(fill=blue, stroke=blue), size=DOT * 1.2),
            rows.labelled(),
        ],
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=14.0,
        title=title,
        subtitle="Of this sample alone.",
        key=[
            KeyEntry("dot", OKABE_ITO["blue"], "papers that raise both"),
            *(
                [KeyEntry("line", INK, "expected if the two had nothing to do with each other")]
                if chance
                else []
            ),
        ],
        notes=list(notes),
        stamp=stamp,
    )


def _pair(first: str, second: str) -> str:
    # An acronym keeps its capitals.
    lower = second[:1].lower() + second[1:] if second[1:2].islower() else second
    return f"{first[:1].upper()}{first[1:]} and {lower}"
