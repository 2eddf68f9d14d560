"""Which codes a figure lists down its left edge: in groups by side, with labels that fit.

A row of the list is a code or the heading of a side; it is as high as its own label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.layers import blanks, fixed, texts
from analysis.charts.text import text_width, wrap
from analysis.charts.theme import FAINT, TEXT, side_colours, side_name

#: Height of a row of one line, and of each further line of its label, points.
ROW = 9.6
LABEL_LINE = 7.6

#: Starts the key of a heading, so that it cannot be mistaken for a code (codes are kebab-case).
_HEADING = "side: "


@dataclass(frozen=True)
class Rows:
    """Rows of a figure, from the top.

    Attributes:
        order: codes, and headings of sides.
        labels: code -> label, with line breaks where it was wrapped.
        sides: heading -> side.
        colours: side -> its colour.
        step: height of a row of one line, points; a row whose label has more lines is higher, and no other.
        label_width: width of the widest label, points.
    """

    order: list[str]
    labels: dict[str, str]
    sides: dict[str, str] = field(default_factory=dict)
    colours: dict[str, str] = field(default_factory=dict)
    step: float = ROW
    label_width: float = 0.0

    @property
    def height(self) -> float:
        """Height of all rows, points."""
        return self._edges[-1]

    @property
    def tallest(self) -> str:
        """Label of the most lines, and of those the longest; empty where there is none."""
        return max(self.labels.values(), key=lambda label: (label.count("\n"), len(label)), default="")

    @cached_property
    def _edges(self) -> list[float]:
        """The upper edge of each row and the lower edge of the last, points from the top of the plot."""
        heights = (self.step + LABEL_LINE * self.labels.get(code, "").count("\n") for code in self.order)
        return [round(edge, 2) for edge in accumulate(heights, initial=0.0)]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: n for n, code in enumerate(self.order)}

    def top(self, code: str) -> float:
        """Return the y of the upper edge of a row, points from the top of the plot."""
        return self._edges[self._places[code]]

    def bottom(self, code: str) -> float:
        """Return the y of the lower edge of a row, points from the top of the plot."""
        return self._edges[self._places[code] + 1]

    @property
    def margin(self) -> float:
        """Room that the labels need to the left of the plot, points."""
        return round(self.label_width + 5.0, 2)

    def middle(self, code: str) -> float:
        """Return the y of the middle of a row, points from the top of the plot."""
        return round((self.top(code) + self.bottom(code)) / 2, 2)

    def placed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with a column ``code`` and, beside it, where its rows stand: ``top``, ``middle``, ``bottom``.

        Rows are not all as high, so no scale of Vega can place them: their places are data.
        """
        places = {"top": self.top, "middle": self.middle, "bottom": self.bottom}
        return table.assign(
            **{name: [place(str(c)) for c in table["code"]] for name, place in places.items()}
        )

    def at(self) -> alt.Y:
        """Return the y encoding of a mark at the middle of its row, of a table that was ``placed``."""
        return alt.Y("middle:Q", scale=None, axis=None, stack=None)

    def across(self) -> dict[str, Any]:
        """Return the y encodings of a mark as high as its row, of a table that was ``placed``."""
        return {"y": alt.Y("top:Q", scale=None, axis=None, stack=None), "y2": alt.Y2("bottom:Q")}

    def labelled(self) -> alt.Chart:
        """Return the layer of the labels, flush right before the plot, each centred on its row.

        An axis of Vega hangs the second line of a label beneath the row instead.
        """
        return texts(
            pd.DataFrame(
                [
                    {
                        "x": -4.0,
                        "y": round(self.middle(code) + LABEL_LINE * (k - (len(lines) - 1) / 2), 2),
                        "text": line,
                    }
                    for code, label in self.labels.items()
                    for lines in [label.split("\n")]
                    for k, line in enumerate(lines)
                ]
            ),
            align="right",
        )

    def headings(self, left: float, right: float) -> list[alt.Chart]:
        """Return the layers of the headings: the side's name at the left edge over a thin line.

        Args:
            left: room to the left of the plot, points.
            right: x of the right edge of the plot, points.
        """
        if not self.sides:
            return []
        bottoms = [round(self.bottom(heading) - 0.4, 2) for heading in self.sides]
        rows = pd.DataFrame(
            {
                "x": [round(9.0 - left, 2)] * len(bottoms),
                "y": [round(bottom - 3.0, 2) for bottom in bottoms],
                "text": [side_name(side) for side in self.sides.values()],
                "colour": [self.colours[side] for side in self.sides.values()],
            }
        )
        lines = pd.DataFrame(
            {"x": [-left] * len(bottoms), "x2": [right] * len(bottoms), "y": bottoms},
        )
        swatch = (
            alt.Chart(rows)
            .mark_point(shape="square", size=30, strokeWidth=0, filled=True, opacity=1, aria=False)
            .encode(
                x=fixed("x", round(3.0 - left, 2)),
                y=alt.Y("y:Q", scale=None, axis=None),
                color=alt.Color("colour:N", scale=None, legend=None),
            )
            .transform_calculate(y="datum.y - 2.4")
        )
        line = (
            alt.Chart(lines)
            .mark_rule(color=FAINT, strokeWidth=0.6, aria=False)
            .encode(
                x=alt.X("x:Q", scale=None, axis=None),
                x2=alt.X2("x2:Q"),
                y=alt.Y("y:Q", scale=None, axis=None),
            )
        )
        words = rows.drop(columns="colour")
        behind = blanks(words.assign(y=words["y"] - 2.4), self.step - 2.0)
        return [behind, line, swatch, texts(words, baseline="alphabetic")]


def list_rows(
    codes: Iterable[str],
    *,
    names: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    widest: float = 110.0,
) -> Rows:
    """List codes in groups by side.

    Args:
        codes: codes in the order wanted within a side; repeated ones are listed once.
        names: code -> label; a code without one is its own label.
        sides: code -> side, in the survey's order; without it there are no groups. A code without a side comes last.
        widest: width in points at which a label is wrapped.
    """
    unique = list(dict.fromkeys(codes))
    lines = {code: wrap((names or {}).get(code) or code, TEXT, widest) or [code] for code in unique}
    groups: dict[str, list[str]] = {}
    if sides is None:
        groups[""] = unique
    else:
        known = dict.fromkeys([*(side for side in sides.values() if side), ""])
        for side in known:
            members = [code for code in unique if sides.get(code, "") == side]
            if members:
                groups[side] = members
    order: list[str] = []
    headings: dict[str, str] = {}
    for side, members in groups.items():
        if sides is not None and (side or len(groups) > 1):
            headings[_HEADING + side] = side
            order.append(_HEADING + side)
        order += members
    return Rows(
        order=order,
        labels={code: "\n".join(parts) for code, parts in lines.items()},
        sides=headings,
        colours=side_colours((sides or {}).values()),
        label_width=max((text_width(part, TEXT) for parts in lines.values() for part in parts), default=0.0),
    )
