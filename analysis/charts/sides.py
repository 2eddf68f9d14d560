"""Figures of the two sides: rates and their difference under each pressure, and counterpart modes in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

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
from analysis.charts.rows import ROW, Rows
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import (
    AMONG,
    FAINT,
    INK,
    MUTED,
    TEXT,
    Width,
    is_narrow,
    page_width,
    side_colour,
    side_name,
)

#: Starts the key of a heading, so that it cannot be mistaken for a row.
_HEADING = "group: "
_SHARES = [0, 0.25, 0.5, 0.75, 1]
_PERCENT = "format(datum.value, '.0%')"


def grouped(groups: Mapping[str, Sequence[str]], labels: Mapping[str, str], *, widest: float) -> Rows:
    """List rows under headings, in the order given.

    Args:
        groups: heading -> keys of its rows; a key stands in one group only.
        labels: key -> label.
        widest: width in points at which a label is wrapped.

    Returns:
        The rows; ``headings`` draws what stands over each group.
    """
    lines = {
        key: wrap(labels.get(key, key), TEXT, widest) or [""] for keys in groups.values() for key in keys
    }
    order: list[str] = []
    for heading, keys in groups.items():
        order += [_HEADING + heading, *keys]
    most = max((len(parts) for parts in lines.values()), default=1)
    return Rows(
        order=order,
        labels={key: "\n".join(parts) for key, parts in lines.items()},
        step=ROW + 7.6 * (most - 1),
        label_width=max((text_width(p, TEXT) for parts in lines.values() for p in parts), default=0.0),
    )


def headings(rows: Rows, left: float, right: float) -> list[alt.Chart]:
    """Return the layers of the headings of :func:`grouped`: words at the left edge over a thin line.

    Args:
        rows: the rows.
        left: room to the left of the plot, points.
        right: x of the right edge of the plot, points.
    """
    keys = [key for key in rows.order if key.startswith(_HEADING)]
    bottoms = [round(rows.step * (rows.order.index(key) + 1) - 0.4, 2) for key in keys]
    words = pd.DataFrame(
        {
            "x": [-left] * len(keys),
            "y": [round(b - 2.6, 2) for b in bottoms],
            "text": [key.removeprefix(_HEADING) for key in keys],
        }
    )
    lines = pd.DataFrame({"x": -left, "x2": right, "y": bottoms, "y2": bottoms})
    behind = words.assign(y=words["y"] - 2.4)
    return [
        blanks(behind, rows.step - 2.0),
        rules(lines, colour=FAINT, width=0.6),
        texts(words, baseline="alphabetic"),
    ]


def sides_by_pressure(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    by: str = "principal",
    basis: str = "abstract",
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw evaluation side against alignment side under each pressure: both rates, and their difference.

    Args:
        table: ``analysis.sides.differences``'s table.
        names: pressure -> label; ``all`` is labelled by itself.
        by: ``principal`` or ``any``: which pressures of a paper count; said beneath the title.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        notes: further remarks beneath the plot.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: a group an outcome, a row a pressure; left a dot a side, right the difference with its interval
        (thick, 95%) and the one that holds for all looks at once (thin). Rows with too few papers say so.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = (
        f"Evaluation side against alignment side by optimisation pressure, {among}"
        if title is None
        else title
    )
    if table.empty or not int(table["papers"].max()):
        why = "Nothing to draw: no coded paper carries a failure mode."
        return say(why, width=width, title=heading, stamp=stamp)
    called = {"all": "all pressures", **(names or {})}
    page = page_width(width)
    cells: list[dict[str, Any]] = [{str(c): v for c, v in r.items()} for r in table.to_dict("records")]
    groups: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for cell in cells:
        key = f"{cell['outcome']}: {cell['pressure']}"
        groups.setdefault(_of(str(cell["outcome"]), width), []).append(key)
        labels[key] = _label(str(called.get(cell["pressure"], cell["pressure"])))
    rows = grouped(groups, labels, widest=page * 0.3)
    left, right = rows.margin, 12.0
    plot = page - left - right
    gap = 30.0  # the last share and the first difference stay apart
    split = round((plot - gap) * 0.5, 2)
    from_, to = round(split + gap, 2), round(plot, 2)
    dots, lines, spans, words = [], [], [], []
    for cell in cells:
        key = f"{cell['outcome']}: {cell['pressure']}"
        y = rows.middle(key)
        what = _sentence(cell, labels[key])
        given = [(side, cell[f"{side}_rate"]) for side in ("evaluation", "alignment")]
        few = bool(cell["note"])
        known = [(side, float(rate)) for side, rate in given if not pd.isna(rate)]
        for side, rate in known:
            dots.append(
                {
                    "x": round(split * rate, 2),
                    "y": y,
                    "fill": "white" if few else side_colour(side),
                    "stroke": side_colour(side),
                    "what": what,
                }
            )
        if len(known) == 2 and not few:
            a, b = (split * rate for _, rate in known)
            lines.append({"x": round(a, 2), "x2": round(b, 2), "y": y, "y2": y})
        if few:
            note = f"{cell['evaluation_n']} and {cell['alignment_n']} papers" if not is_narrow(width) else ""
            words.append(
                {"x": from_ + 3, "y": y, "text": f"too few: {note}" if note else "too few", "colour": MUTED}
            )
        else:
            spans.append({"y": y, **{c: _place(cell[c], from_, to) for c in _ENDS}, "what": what})
    layers: list[alt.Chart | alt.LayerChart] = [
        _axis([0, 0.5, 1] if is_narrow(width) else _SHARES, 0.0, split, 0.0, 1.0, "share of papers"),
        _axis([-1, 0, 1] if is_narrow(width) else [-1, -0.5, 0, 0.5, 1], from_, to, -1.0, 1.0, "difference"),
    ]
    middle = _place(0.0, from_, to)
    layers.append(
        rules(
            pd.DataFrame([{"x": middle, "x2": middle, "y": 0.0, "y2": rows.height}]), colour=MUTED, width=0.6
        )
    )
    if lines:
        layers.append(rules(pd.DataFrame(lines), colour=FAINT, width=1.2))
    for ends, thick in ((("low_all", "high_all"), 0.6), (("low", "high"), 1.8)):
        if spans:
            at = pd.DataFrame([{"x": s[ends[0]], "x2": s[ends[1]], "y": s["y"], "y2": s["y"]} for s in spans])
            layers.append(rules(at, colour=INK, width=thick))
    points = [
        {"x": s["difference"], "y": s["y"], "fill": INK, "stroke": INK, "what": s["what"]} for s in spans
    ]
    layers.append(_marks(pd.DataFrame([*dots, *points])))
    layers += [rows.labelled(), *headings(rows, left, plot)]
    if words:
        placed = pd.DataFrame(words)
        layers += [blanks(placed, rows.step), texts(placed)]
    looks = int(table["looks"].max())
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=right,
        above=24.0,
        title=heading,
        subtitle=(
            "A paper is on a side when it carries a mode of it; it may be on both. Pressure: "
            + ("the paper's principal one." if by == "principal" else "any that the paper carries.")
        ),
        key=[
            KeyEntry("dot", side_colour("evaluation"), "evaluation side"),
            KeyEntry("dot", side_colour("alignment"), "alignment side"),
            KeyEntry("ring", INK, "too few papers on a side"),
            KeyEntry("dot", INK, "difference, evaluation less alignment"),
            KeyEntry("line", INK, f"thick: 95%; thin: 95% for all {looks} looks at once"),
        ],
        notes=["Governance modes are on neither of the two sides.", *notes],
        stamp=stamp,
    )


def counterpart_pairs(
    table: pd.DataFrame,
    *,
    sides: Mapping[str, str],
    basis: str = "abstract",
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw the counterpart modes of the two sides in pairs: papers that discuss, demonstrate and measure each.

    Args:
        table: ``analysis.sides.counterparts``'s table.
        sides: mode -> side, for its colour.
        basis: ``title``, ``abstract`` or ``full-text``; the title says so.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart: two rows a pair, the evaluation-side mode first; a ring for the papers that discuss the mode, a dot
        for those that measure it, and at the right the two counts in figures. A pair whose two modes have enough papers
        for a comparison has its difference in words.
    """
    among = AMONG.get(basis, "among papers that raise the mode")
    heading = f"Counterpart modes of the two sides, {among}" if title is None else title
    if table.empty:
        return say(
            "Nothing to draw: the schema names no counterparts.", width=width, title=heading, stamp=stamp
        )
    if not table[["first_k", "second_k"]].to_numpy().any():
        why = "Nothing to draw: no paper discusses a mode that has a counterpart."
        return say(why, width=width, title=heading, stamp=stamp)
    wide = table.pivot(index=["first", "second"], columns="outcome")
    pairs = list(dict.fromkeys(zip(table["first"], table["second"], strict=True)))
    names = dict(zip(table["first"], table["first_name"], strict=True))
    names |= dict(zip(table["second"], table["second_name"], strict=True))
    page = page_width(width)
    keys = [f"{k} {code}" for k, pair in enumerate(pairs) for code in pair]
    lines = {key: wrap(names[key.split(" ", 1)[1]], TEXT, page * 0.42) for key in keys}
    step = ROW + 7.6 * (max(len(parts) for parts in lines.values()) - 1)
    rows = Rows(
        order=keys,
        labels={key: "\n".join(parts) for key, parts in lines.items()},
        step=step,
        label_width=max(text_width(p, TEXT) for parts in lines.values() for p in parts),
    )
    left = rows.margin
    plot = page - left - 4.0
    counts = [
        f"{m} of {d}"
        for column in ("first_k", "second_k")
        for m, d in zip(wide[column]["measured"], wide[column]["discussed"], strict=True)
    ]
    beside = 10.0 + max(text_width(c, TEXT) for c in counts)
    room = beside + (64.0 if not is_narrow(width) else 4.0)
    span = round(plot - room, 2)
    most = max(1, int(table.loc[table["outcome"] == "discussed", ["first_k", "second_k"]].to_numpy().max()))
    marks, joins, words, between = [], [], [], []
    compared = 0
    for k, pair in enumerate(pairs):
        for place, code in zip(("first", "second"), pair, strict=True):
            y = rows.middle(f"{k} {code}")
            discussed, measured = (int(wide.loc[pair, (f"{place}_k", o)]) for o in ("discussed", "measured"))
            colour = side_colour(sides.get(code, ""))
            a, b = (round(span * n / most, 2) for n in (discussed, measured))
            what = f"{names[code]}: discussed by {discussed}, measured by {measured}"
            if discussed:
                marks.append({"x": a, "y": y, "fill": "white", "stroke": colour, "what": what, "size": RING})
                marks.append({"x": b, "y": y, "fill": colour, "stroke": colour, "what": what, "size": DOT})
                joins.append({"x": b, "x2": a, "y": y, "y2": y, "colour": colour})
            said = (
                f"{measured} of {discussed}"
                if discussed
                else "never discussed"
                if not is_narrow(width)
                else "never"
            )
            words.append({"x": span + 10, "y": y, "text": said, "colour": INK if discussed else MUTED})
        note = str(wide.loc[pair, ("note", "measured")])
        compared += not note
        if not note and not is_narrow(width):
            d, low, high = (float(wide.loc[pair, (c, "measured")]) for c in ("difference", "low", "high"))
            y = (rows.middle(f"{k} {pair[0]}") + rows.middle(f"{k} {pair[1]}")) / 2
            words.append(
                {"x": span + beside + 8, "y": y, "text": f"{_signed(d)} ({_signed(low)}, {_signed(high)})"}
            )
        if k:
            edge = round(rows.step * 2 * k, 2)
            between.append({"x": -left, "x2": plot, "y": edge, "y2": edge})
    layers: list[alt.Chart | alt.LayerChart] = [
        _axis(whole_ticks(most), 0.0, span, 0.0, float(most), "papers", form="d")
    ]
    if between:
        layers.append(rules(pd.DataFrame(between), colour=FAINT, width=0.6))
    if joins:
        layers.append(rules(pd.DataFrame(joins), width=1.0))
    if marks:
        layers.append(_marks(pd.DataFrame(marks)))
    layers.append(rows.labelled())
    layers.append(texts(pd.DataFrame(words).fillna({"colour": INK})))
    used = list(dict.fromkeys(sides.get(code, "") for pair in pairs for code in pair))
    few = len(pairs) - compared
    notes = []
    if compared and not is_narrow(width):
        notes.append(
            "In points, with the 95% interval: difference of the shares that measure, first mode less second."
        )
    if few:
        notes.append(
            f"{few} of {len(pairs)} pairs have too few papers on one of the two modes for a comparison of rates."
        )
    if "governance" in used:
        notes.append("A pair with a governance mode is a pair across governance, not across the two sides.")
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=4.0,
        above=24.0,
        title=heading,
        subtitle="Pairs as the schema names them, evaluation side first. At the right: papers that measure, of those "
        "that discuss.",
        key=[
            KeyEntry("ring", INK, "papers that discuss it"),
            KeyEntry("dot", INK, "papers that measure it"),
            *(KeyEntry("bar", side_colour(s), side_name(s)) for s in used),
        ],
        notes=notes,
        stamp=stamp,
    )


_ENDS = ("difference", "low", "high", "low_all", "high_all")


def _of(outcome: str, width: Width) -> str:
    """Heading of a group: the outcome, and of which papers it is a share."""
    of = "papers under the pressure" if outcome == "discussed" else "papers that discuss the side"
    return (
        f"{outcome.capitalize()}, of the {of}" if not is_narrow(width) else f"{outcome.capitalize()}, of {of}"
    )


def _label(name: str) -> str:
    return name[:1].upper() + name[1:]


def _place(value: Any, start: float, end: float) -> float:
    """X of a difference between -1 and 1."""
    return round(start + (end - start) * (float(value) + 1) / 2, 2)


def _signed(value: float) -> str:
    points = round(100 * value)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{abs(points)}"


def _axis(
    ticks: Sequence[float], start: float, end: float, low: float, high: float, title: str, form: str = ".0%"
) -> alt.LayerChart:
    """Return an axis above the plot, with its grid, for marks that are placed in points."""
    expression = "format(datum.value, 'd')" if form == "d" else _PERCENT
    if low < 0:
        expression = "(datum.value > 0 ? '+' : datum.value < 0 ? '−' : '') + format(abs(datum.value), '.0%')"
    axis = alt.Axis(
        title=title,
        orient="top",
        values=list(ticks),
        labelExpr=expression,
        domain=False,
        grid=True,
    )
    scale = alt.Scale(domain=[low, high], range=[start, end], nice=False, zero=False)
    hidden = (
        alt.Chart(pd.DataFrame({"value": [low]}))
        .mark_point(opacity=0, aria=False)
        .encode(x=alt.X("value:Q", scale=scale, axis=axis), y=fixed("y", 0))
    )
    return panel(hidden)


def _marks(points: pd.DataFrame) -> alt.Chart:
    """Return a layer of circles: columns x, y, fill, stroke, what and, where they differ, size (square points)."""
    chart = alt.Chart(points).mark_point(shape="circle", strokeWidth=1, opacity=1)
    size = alt.Size("size:Q", scale=None, legend=None) if "size" in points else fixed("size", DOT)
    done: alt.Chart = chart.encode(
        x=alt.X("x:Q", scale=None, axis=None),
        y=alt.Y("y:Q", scale=None, axis=None),
        fill=alt.Fill("fill:N", scale=None, legend=None),
        stroke=alt.Stroke("stroke:N", scale=None, legend=None),
        size=size,
        tooltip=[alt.Tooltip("what:N", title=" ")],
        description=alt.Description("what:N"),
    )
    return done


def _sentence(cell: Mapping[str, Any], pressure: str) -> str:
    parts = [
        f"{side} side {cell[f'{side}_k']} of {cell[f'{side}_n']}" for side in ("evaluation", "alignment")
    ]
    said = f"{cell['outcome']}, {pressure.lower()}: {', '.join(parts)}"
    if cell["note"]:
        return f"{said}; too few"
    ends = [_signed(float(cell[c])) for c in ("difference", "low", "high")]
    return f"{said}; difference {ends[0]} points ({ends[1]} to {ends[2]})"
