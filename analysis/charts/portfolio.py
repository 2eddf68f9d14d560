"""Figure of the portfolio: how many instruments measure each failure mode, and which the smallest set takes."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from analysis.charts.frame import KeyEntry, blanks, panel, say, sheet, texts, whole_ticks
from analysis.charts.rows import list_rows
from analysis.charts.text import shortened, text_width
from analysis.charts.theme import INK, MUTED, TEXT, Width, is_narrow, page_width, side_colour


def portfolio(
    demanded: pd.DataFrame,
    solutions: pd.DataFrame,
    *,
    names: Mapping[str, str],
    sides: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    title: str = "Instruments that measure each failure mode, and a smallest portfolio",
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw for each mode the instruments that measure it, and the instrument that a smallest portfolio takes for it.

    Args:
        demanded: ``analysis.audit.portfolio.Portfolio.demanded``: ``code``, ``instruments``.
        solutions: ``analysis.audit.portfolio.Portfolio.solutions``; the first solution is drawn.
        names: code -> label.
        sides: code -> side.
        labels: key of a paper -> how it is named; default: the key.
        title: title of the figure.
        width: ``single`` (bars alone) or ``double`` (with the names of the chosen instruments).
        stamp: line that names the data.

    Returns:
        The chart: bars by mode, grouped by side; a mode without an instrument says so in words.
    """
    if demanded.empty:
        return say(
            "Nothing to draw: no failure mode is to be covered.", width=width, title=title, stamp=stamp
        )
    held = demanded.sort_values(["instruments", "code"], ascending=[False, True], kind="stable")
    page = page_width(width)
    rows = list_rows(list(held["code"]), names=names, sides=sides, widest=page * 0.42)
    left = rows.margin
    plot = page - left - 6.0
    split = plot if is_narrow(width) else round(plot * 0.42, 2)
    first = solutions[solutions["solution"] == 1]
    chosen: dict[str, tuple[str, int]] = {}
    for instrument, covers, equals in zip(first["instrument"], first["covers"], first["equals"], strict=True):
        for code in covers:
            chosen.setdefault(code, (str(instrument), len(equals) - 1))
    most = max(1, int(held["instruments"].max()))
    data = pd.DataFrame(
        {
            "code": held["code"],
            "n": held["instruments"].astype(int),
            "zero": 0,
            "colour": [side_colour(sides.get(c, "")) for c in held["code"]],
            "what": [
                f"{names.get(c, c)}: {n} instruments"
                for c, n in zip(held["code"], held["instruments"], strict=True)
            ],
        }
    )
    bars = (
        alt.Chart(data)
        .mark_bar(height=5.0, opacity=0.85)
        .encode(
            y=rows.y(),
            x=alt.X(
                "zero:Q",
                scale=alt.Scale(domain=[0, most], range=[2.0, split], nice=False),
                axis=alt.Axis(
                    title="instruments (coded papers)",
                    orient="top",
                    values=whole_ticks(most),
                    format="d",
                    domain=False,
                ),
            ),
            x2=alt.X2("n:Q"),
            color=alt.Color("colour:N", scale=None, legend=None),
            description=alt.Description("what:N"),
            tooltip=[alt.Tooltip("what:N", title=" ")],
        )
        .transform_filter("datum.n > 0")
    )
    layers: list[alt.Chart | alt.LayerChart] = [panel(bars), rows.labelled(), *rows.headings(left, plot)]
    words = []
    for code, n in zip(held["code"], held["instruments"], strict=True):
        if n == 0:
            words.append({"x": 4.0, "y": rows.middle(code), "text": "no instrument", "colour": MUTED})
        elif not is_narrow(width) and code in chosen:
            key, others = chosen[code]
            more = f" or {others} other{'s' if others > 1 else ''}" if others else ""
            room = plot - split - 8.0 - text_width(more, TEXT)
            label = shortened((labels or {}).get(key, key), TEXT, room) + more
            words.append({"x": split + 8.0, "y": rows.middle(code), "text": label, "colour": INK})
    if words:
        placed = pd.DataFrame(words)
        layers += [blanks(placed, rows.step - 1.0), texts(placed)]
    key_entries = [
        KeyEntry("bar", MUTED, "coded papers that offer an instrument and measure the mode with it")
    ]
    none = int((held["instruments"] == 0).sum())
    notes = [
        f"{none} of {len(held)} modes are measured by no coded instrument. "
        + (
            f"The smallest portfolio for the other {len(held) - none} has {len(first)} instruments"
            + (" (named at the right)." if not is_narrow(width) else ".")
            if len(first)
            else "There is nothing to choose from."
        )
    ]
    return sheet(
        layers,
        width=width,
        height=rows.height,
        left=left,
        right=6.0,
        above=24.0,
        title=title,
        subtitle="An instrument is a coded paper that offers a benchmark, an attack suite or a protocol.",
        key=key_entries,
        notes=notes,
        stamp=stamp,
    )


def portfolio_curve(
    steps: pd.DataFrame,
    *,
    smallest: int,
    names: Mapping[str, str] | None = None,
    title: str = "Failure modes covered by the number of instruments",
    width: Width = "single",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw how many modes are covered as instruments are added, the most useful first.

    Args:
        steps: what ``analysis.audit.portfolio.greedy`` gave.
        smallest: size of the smallest portfolio, drawn as a line.
        names: not used; taken so that all charts are called alike.
        title: title of the figure.
        width: ``single`` or ``double``.
        stamp: line that names the data.
    """
    if steps.empty:
        return say(
            "Nothing to draw: no coded paper offers an instrument for any of these modes.",
            width=width,
            title=title,
            stamp=stamp,
        )
    page = page_width(width)
    left, right, height = 30.0, 8.0, 120.0
    plot = page - left - right
    coverable, last = int(steps["coverable"].iloc[0]), int(steps["step"].max())
    data = pd.concat(
        [pd.DataFrame({"step": [0], "covered": [0]}), steps[["step", "covered"]]], ignore_index=True
    )
    x = alt.X(
        "step:Q",
        scale=alt.Scale(domain=[0, max(1, last)], range=[0, plot], nice=False),
        axis=alt.Axis(title="instruments", values=whole_ticks(max(1, last)), format="d", grid=False),
    )
    y = alt.Y(
        "covered:Q",
        scale=alt.Scale(domain=[0, max(1, coverable)], range=[height, 4.0], nice=False),
        axis=alt.Axis(title="modes covered", values=whole_ticks(max(1, coverable)), format="d"),
    )
    line = (
        alt.Chart(data)
        .mark_line(interpolate="step-after", color=INK, strokeWidth=1.2, aria=False)
        .encode(x=x, y=y)
    )
    dots = (
        alt.Chart(data)
        .transform_calculate(what="datum.step + ' instruments cover ' + datum.covered + ' modes'")
        .mark_point(size=12, filled=True, color=INK, opacity=1)
        .encode(x=x, y=y, description=alt.Description("what:N"), tooltip=[alt.Tooltip("what:N", title=" ")])
    )
    mark = (
        alt.Chart(pd.DataFrame({"step": [smallest]}))
        .mark_rule(color=MUTED, strokeDash=[3, 2], aria=False)
        .encode(x=x)
    )
    return sheet(
        [panel(mark, line, dots)],
        width=width,
        height=height,
        left=left,
        right=right,
        below=28.0,
        title=title,
        subtitle=f"Added one by one, the most useful first; {coverable} modes can be covered.",
        key=[KeyEntry("dashed", MUTED, f"smallest portfolio: {smallest} instruments (proven)")],
        stamp=stamp,
    )
