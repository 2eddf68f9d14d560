"""What the matrix and the graph have in common: a part that was picked, its papers, and the evidence behind them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.selection import FAILURE_MODE, LEVELS, one_of
from workbench.evidence import evidence
from workbench.survey import Survey, open_survey
from workbench.widgets.base import HERE, Widget, script, style

if TYPE_CHECKING:
    import pandas as pd

#: At most so many papers are listed in the browser; ``papers`` and ``codings`` hold them all.
LISTED = 100


def picking_script(name: str) -> str:
    """Return the browser's side of a widget that lists the papers of what was picked."""
    return script("picking") + (HERE / f"{name}.js").read_text("utf-8")


def picking_style(name: str) -> str:
    """Return the style of such a widget."""
    own = HERE / f"{name}.css"
    return style("picking") + (own.read_text("utf-8") if own.exists() else "")


class Picking(Widget):
    """A picture of counts of which a part can be picked; writes nothing.

    Attributes:
        survey: the survey as it was when the cell was run.
        codes: pairs (facet, code) of what is picked; empty before.
        min_level: lowest level at which a failure mode counts.
    """

    def __init__(self, survey: Any, *, min_level: str, grey: str, basis: str) -> None:
        """Hold the survey, and how papers are counted."""
        self.survey: Survey = survey if isinstance(survey, Survey) else open_survey(survey)
        self.min_level = one_of("min_level", min_level, LEVELS)
        self.grey, self.basis = grey, basis
        self.codes: tuple[tuple[str, str], ...] = ()
        names = self.survey.codes
        self._names = dict(zip(zip(names["facet"], names["code"], strict=True), names["name"], strict=True))
        super().__init__(self.survey)

    def paper_keys(self) -> tuple[str, ...]:
        """Return the keys of the papers that carry all that is picked."""
        raise NotImplementedError

    @property
    def papers(self) -> pd.DataFrame:
        """The papers behind what is picked: the survey's table ``papers``, and ``level`` where a mode is picked.

        ``level`` is the one that holds, the highest where two modes are picked.
        """
        table = self.survey.papers
        found = table[table["paper"].isin(self.paper_keys())].copy().reset_index(drop=True)
        modes = [code for facet, code in self.codes if facet == FAILURE_MODE]
        if modes:
            final = self.survey.final
            held = final[
                (final["basis"] == self.basis)
                & (final["facet"] == FAILURE_MODE)
                & final["code"].isin(modes)
                & (final["state"] == "present")
            ]
            best: dict[str, str] = {}
            for paper, level in zip(held["paper"], held["level"], strict=True):
                if level in LEVELS and (paper not in best or LEVELS.index(level) > LEVELS.index(best[paper])):
                    best[paper] = level
            found.insert(1, "level", found["paper"].map(best).fillna("").astype("str"))
        return found

    @property
    def codings(self) -> pd.DataFrame:
        """The evidence behind what is picked: codings, rulings and verifications, see ``workbench.evidence``."""
        return evidence(self.survey, self.paper_keys(), self.codes, basis=self.basis)

    def do_level(self, message: Mapping[str, Any]) -> None:
        """Count from another level."""
        self.min_level = one_of("min_level", str(message.get("level", "")), LEVELS)

    def name_of(self, facet: str, code: str) -> str:
        """Return a code's name as people read it."""
        return str(self._names.get((facet, code), code))

    def facet_name(self, facet: str) -> str:
        """Return a facet's name as people read it."""
        found = self.survey.schema.facet(facet)
        return found.name if found else facet

    def picked(self) -> dict[str, Any] | None:
        """Return what the browser lists of what is picked; None where nothing is."""
        if not self.codes:
            return None
        papers, told = self.papers, self.codings
        # Two who say the very same, say it in one line.
        by_paper: dict[str, dict[tuple[str, ...], list[str]]] = {}
        rows: list[Any] = told.to_dict("records")
        for row in rows:
            code = self.name_of(row["facet"], row["code"])
            said = ", ".join(filter(None, (row["state"], row["level"], row["role"])))
            where = f"{row['locator']} {row['start']}-{row['end']}" if row["start"] else row["locator"]
            line = (row["source"], code, said, row["note"], where)
            by_paper.setdefault(row["paper"], {}).setdefault(line, []).append(row["who"])
        listed: list[Any] = papers.head(LISTED).to_dict("records")
        return {
            "what": " and ".join(self.name_of(*pair) for pair in self.codes),
            "n": len(papers),
            "papers": [
                {
                    "key": p["paper"],
                    "title": p["title"],
                    "by": ", ".join(filter(None, (_first(p["authors"]), str(p["first_public"]), p["venue"]))),
                    "url": p["url"],
                    "level": p.get("level", ""),
                    "told": [
                        {
                            "who": ", ".join(who),
                            **dict(zip(("source", "code", "said", "note", "where"), line, strict=True)),
                        }
                        for line, who in by_paper.get(p["paper"], {}).items()
                    ],
                }
                for p in listed
            ],
        }

    def common(self) -> dict[str, Any]:
        """Return what every state of such a widget holds."""
        return {"level": self.min_level, "levels": list(LEVELS), "picked": self.picked(), "saved": " "}

    def _repr_mimebundle_(self, **words: Any) -> Any:
        """Return the widget, and a table that stands for it where there is no JupyterLab."""
        data = super()._repr_mimebundle_(**words)
        data["text/html"] = f"<p><em>{html.escape(self.fallback)}</em></p>{self.still()}"
        return data

    def still(self) -> str:
        """Return the picture as a table, in HTML."""
        raise NotImplementedError


def table_of(header: Iterable[str], rows: Iterable[Iterable[object]], caption: str) -> str:
    """Return a table as HTML; the first cell of a row is its head."""
    head = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in header)
    body = ""
    for row in rows:
        first, *rest = [html.escape(str(c)) for c in row]
        body += f'<tr><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in rest)}</tr>'
    said = html.escape(caption)
    return f"<table><caption>{said}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _first(authors: str) -> str:
    names = authors.split("; ")
    family = names[0].split(",")[0]
    return f"{family} et al." if len(names) > 1 else family
