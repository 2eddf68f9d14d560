"""Figure of agreement: alpha with its interval for each code, and how often the code is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, say, sheet
from analysis.charts.layers import blanks, marks, rules, texts
from analysis.charts.rows import list_rows
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, Width, is_narrow, page_width

#: A code that fewer papers carry is drawn grey: its alpha says little.
FEW_POSITIVES = 10
_BLUE, _BAR, _HIGH = OKABE_ITO["blue"], "#9a9a9a", 5.5


def agreement_plot(
    table: pd.DataFrame,
    *,
    facet: str,
    statistic: str = "alpha_nominal",
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw alpha with its interval for each code, with the code's prevalence beside it.

    Args:
        table: ``analysis.agreement.agreement``'s table: ``facet``, ``code``, ``statistic``, ``value``, ``low``,
            ``high``, ``papers``, ``positives``, ``prevalence``, ``kind``, ``note``. The row with an empty code, of the
            facet as a whole, is said in the subtitle.
        facet: which facet's codes to draw.
        statistic: what alpha is called in the column ``statistic``.
        names: code -> label.
        sides: code -> side; groups the codes.
        notes: further remarks beneath the plot.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Codes with fewer than ``FEW_POSITIVES`` positive papers are grey; where alpha is not defined, it says
        so. Lines at 0.667 and 0.8: Krippendorff's (2004) conventional marks, a reader's aid and no verdict.
    """
    one = table[((table["facet"] == facet) & (table["statistic"] == statistic)).to_numpy(dtype=bool)]
    kinds = sorted({str(kind) for kind in table.loc[table["facet"] == facet, "kind"]} - {""})
    called = f"{kinds[0][:1].upper()}{kinds[0][1:]} agreement" if len(kinds) == 1 else "Agreement"
    heading = f"{called} by code, with prevalence" if title is None else title
    if not table.loc[table["facet"] == facet, "papers"].gt(0).any():
        which = f"the facet {facet.replace('_', ' ')}, of those compared here"
        words = f"Nothing to draw: no paper has been coded twice in {which}."
        return say(words, width=width, title=heading, stamp=stamp)
    codes = {str(r["code"]): {str(c): v for c, v in r.items()} for r in one.to_dict("records") if r["code"]}
    if not codes:
        words = f"Nothing to draw: the table has no {statistic} of any code."
        return say(words, width=width, title=heading, stamp=stamp)
    page = page_width(width)
    order = sorted(codes, key=lambda c: -codes[c]["prevalence"])
    rows = list_rows(order, names=names, sides=sides, widest=page * 0.42)
    left, right, gap = rows.margin, 26.0, 18.0
    plot = page - left - right
    split = round((plot - gap) * (0.66 if is_narrow(width) else 0.72), 2)
    start, top = round(split + gap, 2), max(0.05, *(float(codes[c]["prevalence"]) for c in order))
    known = [codes[c] for c in order if not pd.isna(codes[c]["value"])]
    floor = _floor(min([0.0, *(float(r["low" if not pd.isna(r["low"]) else "value"]) for r in known)]))

    def at(value: float) -> float:
        return round(3.5 + (split - 6.0) * (max(value, floor) - floor) / (1 - floor), 2)

    def share(value: float) -> float:
        return round(start + (plot - start) * value / top, 2)

    dots: list[dict[str, Any]] = []
    spans, bars, counts, lacking = ([*dots] for _ in range(4))
    for code in order:
        r, y = codes[code], rows.middle(code)
        few = int(r["positives"]) < FEW_POSITIVES
        ink = MUTED if few else _BLUE
        if pd.isna(r["value"]):
            lacking.append({"x": 5.0, "y": y, "text": "undefined"})
        else:
            dots.append(
                {"x": at(r["value"]), "y": y, "fill": ink, "stroke": ink, "what": _sentence(r, names)}
            )
        if not pd.isna(r["low"]):
            spans.append({"x": at(r["low"]), "x2": at(r["high"]), "y": y, "y2": y, "colour": ink})
        end = share(float(r["prevalence"]))
        bars.append({"x": start, "x2": end, "y": y, "y2": y, "colour": FAINT if few else _BAR})
        counts.append({"x": end + 2.0, "y": y, "text": f"{r['positives']}", "colour": MUTED if few else INK})
    steps = _ticks(floor, split - 6.0)
    step = next(s for s in (0.05, 0.1, 0.2, 0.5) if top / s <= 2.5)
    shares = [step * k for k in range(int(top / step + 1e-9) + 1)]
    ticks = [(at(v), f"{v:g}".replace("-", "\u2212")) for v in steps] + [
        (share(v), f"{v:.0%}") for v in shares
    ]
    heads = [(at((1 + floor) / 2), "alpha, 95% interval"), (share(top / 2), "prevalence")]
    grid = pd.DataFrame([{"x": x, "x2": x, "y": -2.0, "y2": rows.height} for x, _ in ticks])
    marked = pd.DataFrame([{"x": at(v), "x2": at(v), "y": 0.0, "y2": rows.height} for v in (2 / 3, 0.8)])
    above = [{"x": x, "y": -7.0, "text": t} for x, t in ticks] + [
        {"x": x, "y": -17.0, "text": t} for x, t in heads
    ]
    layers: list[alt.Chart | alt.LayerChart] = [
        rules(grid, colour=FAINT, width=0.4),
        rules(marked, colour=MUTED, width=0.6, dash=[1, 1.5]),
        texts(pd.DataFrame(above), align="center"),
        rules(pd.DataFrame(bars), width=_HIGH),
        texts(pd.DataFrame(counts)),
        *([rules(pd.DataFrame(spans), width=0.9)] if spans else []),
        *([marks(pd.DataFrame(dots))] if dots else []),
        rows.labelled(),
        *rows.headings(left, plot + right),
    ]
    if lacking:
        layers += [blanks(pd.DataFrame(lacking), rows.step), texts(pd.DataFrame(lacking), colour=MUTED)]
    whole = [_sentence(r, None) for r in one.to_dict("records") if not r["code"] and not pd.isna(r["value"])]
    pooled = f" All codes pooled: {whole[0].removeprefix(': ')}." if whole else ""
    papers = max(int(codes[c]["papers"]) for c in order)
    said = "Undefined: no coder saw it."
    return sheet(
        layers,
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle=f"{papers} paper{'' if papers == 1 else 's'} coded twice. Number beside the bar: papers in which a "
        f"coder saw the code. Dotted: 0.667 and 0.8.{pooled}",
        key=[
            KeyEntry("dot", _BLUE, "Krippendorff's alpha"),
            *(
                [KeyEntry("dot", MUTED, f"seen in fewer than {FEW_POSITIVES} papers")]
                if any(int(codes[c]["positives"]) < FEW_POSITIVES for c in order)
                else []
            ),
        ],
        notes=[*([said] if lacking else []), *notes],
        stamp=stamp,
    )


def _floor(lowest: float) -> float:
    """Return the multiple of 0.2 at or below a value, at least -1."""
    step = 0.0
    while step > lowest and step > -1.0:
        step = round(step - 0.2, 1)
    return step


def _ticks(floor: float, room: float) -> list[float]:
    """Return the ticks from the floor to 1 that stand at least 20 points apart, counted down from 1."""
    step = next(s for s in (0.2, 0.5, 1.0, 2.0) if s / (1.0 - floor) * room >= 20.0)
    count = int((1.0 - floor) / step + 1e-9)
    return [round(1.0 - step * k, 1) + 0.0 for k in range(count, -1, -1)]


def _sentence(row: Mapping[Any, Any], names: Mapping[str, str] | None) -> str:
    name = (names or {}).get(row["code"]) or row["code"]
    digits = 3 if 0.995 <= row["value"] < 1 else 2  # nearly perfect is not perfect: no rounding up to 1
    text = f"{name}: alpha {row['value']:.{digits}f}"
    return text if pd.isna(row["low"]) else f"{text} ({row['low']:.{digits}f} to {row['high']:.{digits}f})"
