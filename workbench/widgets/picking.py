"""What the matrix and the graph have in common: a part that was picked, its papers, and the evidence behind them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis.selection import one_of
from workbench.answers.stamp import data_digests, data_stamp, stamp_line
from workbench.doors.coding_rules import Texts
from workbench.reading.evidence import evidence
from workbench.store.survey import Survey, open_survey
from workbench.store.texts import Place, find_again
from workbench.widgets.base import HERE, Widget, script, style

if TYPE_CHECKING:
    import pandas as pd

#: At most so many papers are listed in the browser; ``papers`` and ``codings`` hold them all.
LISTED = 100
#: What the browser is told of a line of evidence, beside who said it.
_LINE = ("source", "code", "said", "note", "where", "locator", "words", "why")


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

    def __init__(self, survey: Any, *, min_level: str | None, grey: str, basis: str) -> None:
        """Hold the survey, and how papers are counted."""
        self.survey: Survey = survey if isinstance(survey, Survey) else open_survey(survey)
        self.levels = self.survey.asked.levels
        self.min_level = one_of("min_level", min_level or self.levels[0], self.levels)
        self.grey, self.basis = grey, basis
        self.codes: tuple[tuple[str, str], ...] = ()
        self._listing: Any = None
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
        modes = [code for facet, code in self.codes if facet == self.survey.asked.facet]
        if modes:
            final = self.survey.final
            held = final[
                (final["basis"] == self.basis)
                & (final["facet"] == self.survey.asked.facet)
                & final["code"].isin(modes)
                & (final["state"] == "present")
            ]
            best: dict[str, str] = {}
            for paper, level in zip(held["paper"], held["level"], strict=True):
                at = self.levels.index
                if level in self.levels and (paper not in best or at(level) > at(best[paper])):
                    best[paper] = level
            found.insert(1, "level", found["paper"].map(best).fillna("").astype("str"))
        return found

    @property
    def codings(self) -> pd.DataFrame:
        """The evidence behind what is picked: codings, rulings, verifications; see ``workbench.reading.evidence``."""
        return evidence(self.survey, self.paper_keys(), self.codes, basis=self.basis)

    def listing(self) -> None:
        """Show what is picked in the output of this cell, and from then on whatever is picked: it follows the clicks.

        One row a paper and who spoke of it: ``paper``, ``title``, ``first_public``, ``code``, ``who``, ``state``,
        ``level``, ``note``, ``locator``. Notes are the coders' own words; a notebook may be saved with them.
        """
        from IPython.display import display

        self._listing = display(self._told_of(), display_id=True)  # type: ignore[no-untyped-call]

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the browser asks, and let the cell that lists what is picked follow."""
        before = self.codes, self.min_level
        answer = super().act(message)
        if self._listing is not None and (self.codes, self.min_level) != before:
            self._listing.update(self._told_of())
        return answer

    def _told_of(self) -> Any:
        if not self.codes:
            from IPython.display import Markdown

            return Markdown("*Nothing is picked yet.*")  # type: ignore[no-untyped-call]
        told = self.codings[["paper", "code", "who", "state", "level", "note", "locator"]]
        facts = self.papers[["paper", "title", "first_public"]]
        return facts.merge(told, on="paper", how="left")

    def do_level(self, message: Mapping[str, Any]) -> None:
        """Count from another level."""
        self.min_level = one_of("min_level", str(message.get("level", "")), self.levels)

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
        texts = Texts(self.root)
        for row in rows:
            code = self.name_of(row["facet"], row["code"])
            said = ", ".join(filter(None, (row["state"], row["level"], row["role"])))
            where = f"{row['locator']} {row['start']}-{row['end']}" if row["start"] else row["locator"]
            words, why = self._words(row, texts) if row["start"] else ("", "")
            line = (row["source"], code, said, row["note"], where, row["locator"], words, why)
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
                            **dict(zip(_LINE, line, strict=True)),
                        }
                        for line, who in by_paper.get(p["paper"], {}).items()
                    ],
                }
                for p in listed
            ],
        }

    @cached_property
    def _places(self) -> dict[tuple[str, ...], Place]:
        """Where words stand, by who says so of what: the evidence has the numbers, the survey's tables the digests."""
        out: dict[tuple[str, ...], Place] = {}
        tables = (("codings", "coder"), ("adjudications", "by"), ("verifications", "coder"))
        for name, who in tables:
            table = getattr(self.survey, name)
            rows: list[Any] = table[table["start"] != ""].to_dict("records")
            for r in rows:
                key = (r[who], *(r[c] for c in ("paper", "facet", "code", "start", "end")))
                out[key] = Place(r["text_sha256"], int(r["start"]), int(r["end"]), r["span_sha256"])
        return out

    def _words(self, row: Mapping[str, str], texts: Texts) -> tuple[str, str]:
        """Return the words a row rests on, or why they cannot be shown.

        They go to the browser by message and into no DataFrame: a notebook is saved with its tables.
        """
        place = self._places.get(tuple(row[c] for c in ("who", "paper", "facet", "code", "start", "end")))
        text = texts.read(row["paper"], self.basis)
        if place is None or text is None:
            return "", "the text is not on this machine"
        # Through another edition of a whole paper one would search for too long.
        searched = self.basis == "abstract" or text.digest == place.text_sha256
        found = find_again(place, text) if searched else None
        return (found[0], "") if found else ("", "not in this edition of the text")

    def common(self) -> dict[str, Any]:
        """Return what every state of such a widget holds."""
        return {
            "level": self.min_level,
            "levels": list(self.levels),
            "picked": self.picked(),
            "stamp": self.stamp,
            "saved": " ",
        }

    @cached_property
    def stamp(self) -> str:
        """What every figure says of its data, the share verified by humans too; see ``workbench.answers.stamp``."""
        return stamp_line(data_stamp(self.survey, data_digests(self.survey.root)))

    def _repr_mimebundle_(self, **words: Any) -> Any:
        """Return the widget, and a table that stands for it where there is no JupyterLab."""
        data = super()._repr_mimebundle_(**words)
        said = html.escape(self.stamp)
        data["text/html"] = (
            f"<p><em>{html.escape(self.fallback)}</em></p>{self.still()}<p><small>{said}</small></p>"
        )
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
