"""Figure of agreement: two coefficients with their intervals for each code, and how often the code is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.frame import DOT, KeyEntry, blanks, panel, rules, say, sheet, texts
from analysis.charts.rows import list_rows
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import FAINT, INK, MUTED, OKABE_ITO, TEXT, Width, is_narrow, page_width

#: A code that fewer papers carry is drawn grey: its coefficients say little.
FEW_POSITIVES = 10

_SHOWN = {
    "alpha": ("Krippendorff's alpha", "dot", OKABE_ITO["blue"], -1.9),
    "ac1": ("Gwet's AC1", "diamond", OKABE_ITO["vermillion"], 1.9),
}


def agreement_plot(
    table: pd.DataFrame,
    *,
    facet: str = "failure_mode",
    statistics: tuple[str, str] = ("alpha_nominal", "ac1"),
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    title: str | None = None,
    width: Width = "double",
    stamp: str = "",
) -> alt.LayerChart:
    """Draw alpha and AC1 with their intervals for each code, with the code's prevalence beside them.

    Args:
        table: ``analysis.agreement.agreement``'s table: ``facet``, ``code``, ``statistic``, ``value``, ``low``,
            ``high``, ``papers``, ``positives``, ``prevalence``, ``kind``, ``note``. Rows with an empty code, of
            the facet as a whole, are said in the subtitle.
        facet: which facet's codes to draw.
        statistics: what the two coefficients are called in the column ``statistic``: alpha's name, AC1's name.
        names: code -> label.
        sides: code -> side; groups the codes.
        notes: further remarks beneath the plot.
        title: title instead of the usual one.
        width: ``single`` or ``double``.
        stamp: line that names the data; see ``analysis.charts.frame.stamped``.

    Returns:
        The chart. Codes with fewer than ``FEW_POSITIVES`` positive papers are grey; a coefficient that is not
        defined is said in words. Lines at 0.667 and 0.8: Krippendorff's (2004) conventional marks, a reader's
        aid and no verdict.
    """
    one = table[table["facet"] == facet] if len(table) else table
    kinds = sorted({str(kind) for kind in one["kind"]} - {""}) if len(one) else []
    kind = kinds[0] if len(kinds) == 1 else ""
    heading = f"{_called(kind)} by code, with prevalence" if title is None else title
    if one.empty or not one["papers"].gt(0).any():
        which = f"the facet {facet.replace('_', ' ')}, of those compared here"
        words = f"Nothing to draw: no paper has been coded twice in {which}."
        return say(words, width=width, title=heading, stamp=stamp)
    of_codes = (one["code"] != "").to_numpy(dtype=bool)
    codes, values = _plain(one[of_codes], statistics)
    if not codes:
        words = f"Nothing to draw: the table has no {statistics[0]} and no {statistics[1]} of any code."
        return say(words, width=width, title=heading, stamp=stamp)
    pooled = [
        _sentence(v, None).strip(": ")
        for v in _plain(one[~of_codes], statistics)[1]
        if v["value"] is not None
    ]
    order = sorted(codes, key=lambda c: -codes[c]["prevalence"])
    page = page_width(width)
    rows = list_rows(order, names=names, sides=sides, widest=page * 0.42)
    left = rows.margin
    room_for_counts = 26.0
    plot = page - left - room_for_counts
    gap = 18.0
    split = round((plot - gap) * (0.66 if is_narrow(width) else 0.72), 2)
    share_from, share_to = round(split + gap, 2), round(plot, 2)

    drawn = [v for v in values if v["value"] is not None]
    lowest = min([0.0, *(v["low"] if v["low"] is not None else v["value"] for v in drawn)])
    floor = _floor(lowest)
    scale = alt.Scale(domain=[floor, 1], range=[3.5, split - 2.5], nice=False, zero=False, clamp=True)
    axis = alt.Axis(
        title="coefficient, 95% interval",
        orient="top",
        values=_ticks(floor, split - 6.0),
        format=".1f",
        domain=False,
        grid=True,
    )
    layers: list[alt.Chart | alt.LayerChart] = [_marks_of_reliability(floor, 3.5, split - 2.5, rows.height)]
    points = pd.DataFrame(
        [{**v, "what": _sentence(v, names), "ink": MUTED if v["few"] else v["colour"]} for v in drawn]
        or [{"code": order[0], "value": None, "low": None, "high": None, "shape": "", "ink": "", "what": ""}]
    )
    coefficient: list[alt.Chart] = []
    for _, mark, _, shift in _SHOWN.values():
        base = alt.Chart(rows.placed(points)).transform_filter(f"datum.shape == '{mark}'").encode(y=rows.at())
        ink = alt.Color("ink:N", scale=None, legend=None)
        coefficient.append(
            base.mark_rule(strokeWidth=0.9, yOffset=shift, aria=False, clip=False)
            .encode(x=alt.X("low:Q", scale=scale, axis=axis), x2=alt.X2("high:Q"), color=ink)
            .transform_filter("isValid(datum.low)")
        )
        coefficient.append(
            base.mark_point(
                shape="diamond" if mark == "diamond" else "circle",
                size=DOT + (5 if mark == "diamond" else 0),
                filled=True,
                opacity=1,
                yOffset=shift,
            )
            .encode(
                x=alt.X("value:Q", scale=scale, axis=axis),
                color=ink,
                tooltip=[alt.Tooltip("what:N", title=" ")],
                description=alt.Description("what:N"),
            )
            .transform_filter("isValid(datum.value)")
        )
    layers.append(panel(*coefficient))

    use = pd.DataFrame(
        [
            {
                "code": c,
                "prevalence": codes[c]["prevalence"],
                "colour": FAINT if codes[c]["few"] else "#9a9a9a",
            }
            for c in order
        ]
    )
    top = max(0.05, float(use["prevalence"].max()))
    bars = (
        alt.Chart(rows.placed(use))
        .mark_bar(size=5.5, orient="horizontal", aria=False)
        .encode(
            y=rows.at(),
            x=alt.X(
                "prevalence:Q",
                scale=alt.Scale(domain=[0, top], range=[share_from, share_to], nice=False),
                axis=alt.Axis(
                    title="prevalence",
                    orient="top",
                    tickCount=3 if not is_narrow(width) else 2,
                    format=".0%",
                    domain=False,
                    grid=True,
                ),
            ),
            color=alt.Color("colour:N", scale=None, legend=None),
        )
    )
    layers.append(bars)
    span = share_to - share_from
    counts = [
        {
            "x": round(share_from + span * codes[c]["prevalence"] / top + 2.0, 2),
            "y": rows.middle(c),
            "text": f"{codes[c]['positives']}",
            "colour": MUTED if codes[c]["few"] else INK,
        }
        for c in order
    ]
    layers.append(texts(pd.DataFrame(counts)))
    layers.append(rows.labelled())
    layers += rows.headings(left, plot + room_for_counts)
    lacking = [
        {
            "x": 5.0,
            "y": rows.middle(c),
            "text": _short(_why(codes[c], len(statistics)), (split if c in defined else share_from) - 8.0),
        }
        for defined in [{v["code"] for v in drawn}]
        for c in order
        if codes[c]["undefined"]
    ]
    if lacking:
        placed = pd.DataFrame(lacking)
        # Beneath the points: a coefficient that is defined may stand where the words end.
        layers[1:1] = [blanks(placed, rows.step), texts(placed, colour=MUTED)]
    reasons = sorted({reason for c in order for reason in codes[c]["undefined"].values() if reason})
    few = any(codes[c]["few"] for c in order)
    papers = max(codes[c]["papers"] for c in order)
    return sheet(
        layers,
        width=width,
        height=rows.height,
        tallest=rows.tallest,
        left=left,
        right=room_for_counts,
        above=24.0,
        title=heading,
        subtitle=f"{_number(papers, 'paper')} coded twice. Number beside the bar: papers in which "
        "a coder saw the code. Dotted: 0.667 and 0.8."
        + (f" All codes pooled: {'; '.join(pooled)}." if pooled else ""),
        key=[
            *(KeyEntry("diamond" if m == "diamond" else "dot", c, name) for name, m, c, _ in _SHOWN.values()),
            *([KeyEntry("dot", MUTED, f"seen in fewer than {FEW_POSITIVES} papers")] if few else []),
        ],
        notes=[*([f"Undefined: {'; '.join(reasons)}."] if reasons else []), *notes],
        stamp=stamp,
    )


def _why(code: dict[str, Any], coefficients: int) -> str:
    """Return in a few words which coefficients of a code are missing."""
    missing: dict[str, str] = code["undefined"]
    return "undefined" if len(missing) == coefficients else f"{', '.join(missing)} undefined"


def _called(kind: str) -> str:
    return f"{kind[:1].upper()}{kind[1:]} agreement" if kind else "Agreement"


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


def _plain(
    table: pd.DataFrame, statistics: tuple[str, str]
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return what is known of each code, and one entry for each coefficient of each code."""
    looks = dict(zip(statistics, _SHOWN.values(), strict=True))
    codes: dict[str, dict[str, Any]] = {}
    values = []
    for record in table.to_dict("records"):
        code = str(record["code"])
        if str(record["statistic"]) not in looks:
            continue
        positives = 0 if pd.isna(record["positives"]) else int(record["positives"])
        entry = codes.setdefault(
            code,
            {
                "papers": 0 if pd.isna(record["papers"]) else int(record["papers"]),
                "positives": positives,
                "prevalence": 0.0 if pd.isna(record["prevalence"]) else float(record["prevalence"]),
                "few": positives < FEW_POSITIVES,
                "undefined": {},
            },
        )
        name, mark, colour, _ = looks[str(record["statistic"])]
        value, low, high = (
            None if pd.isna(record[c]) else float(record[c]) for c in ("value", "low", "high")
        )
        if value is None:
            remarks = [part for part in str(record["note"] or "").split("; ") if not part.startswith("fewer")]
            entry["undefined"][name.split()[-1]] = "; ".join(remarks).removeprefix("undefined: ")
        values.append(
            {
                "code": code,
                "statistic": name,
                "shape": mark,
                "colour": colour,
                "value": value,
                "low": low,
                "high": high,
                "few": entry["few"],
            }
        )
    return codes, values


def _marks_of_reliability(floor: float, start: float, end: float, height: float) -> alt.Chart:
    places = [round(start + (end - start) * (mark - floor) / (1 - floor), 2) for mark in (2 / 3, 0.8)]
    rows = pd.DataFrame([{"x": x, "x2": x, "y": 0.0, "y2": height} for x in places])
    return rules(rows, colour=MUTED, width=0.6, dash=[1, 1.5])


def _sentence(value: dict[str, Any], names: Mapping[str, str] | None) -> str:
    name = (names or {}).get(value["code"]) or value["code"]
    digits = 3 if 0.995 <= value["value"] < 1 else 2  # nearly perfect is not perfect: no rounding up to 1
    text = f"{name}: {value['statistic']} {value['value']:.{digits}f}"
    if value["low"] is None or value["high"] is None:
        return text
    return f"{text} ({value['low']:.{digits}f} to {value['high']:.{digits}f})"


def _short(words: str, room: float) -> str:
    if text_width(words, TEXT) <= room:
        return words
    return f"{wrap(words, TEXT, room - 7.0)[0]}…"


def _number(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
