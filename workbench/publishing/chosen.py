"""Figures as an author wants them: some of them, of some papers, in the width of the author's page.

``write_chosen`` is what ``survey figures --only ... --where ...`` does; ``chosen_figure`` gives the same figure to a
notebook.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.selection import coded_papers, counted
from analysis.where import NotUnderstood, Restriction, codings_where, papers_where, understood
from workbench.answers import QUESTIONS
from workbench.answers.coverage import covered
from workbench.answers.stamp import Stamp, data_digests, data_stamp, stamp_line
from workbench.store.faults import Fault, Refused
from workbench.store.survey import Survey

if TYPE_CHECKING:
    from analysis.charts.theme import Width
    from workbench.answers.answer import Answer, Figure

#: Points in each unit that a width may be given in (72.27 TeX points are an inch, and ``pt`` is TeX's here).
UNITS = {"pt": 72 / 72.27, "mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0}
#: Questions about how the survey was made: of them no part can be taken.
HOW_MADE = frozenset({"flow of records", "methods", "what was left out"})
#: Tables of a survey that a restriction makes smaller.
_SMALLER = frozenset({"papers", "final", "final_by_machines", "measurements"})
OUTSIDE = "outside the restriction"


@dataclass(frozen=True)
class Part(Survey):
    """A survey of which only some papers count; ``touched`` says whether anybody asked for them."""

    touched: set[str] = field(default_factory=set, compare=False)

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute, and note it where it is one of the smaller tables."""
        if name in _SMALLER:
            object.__getattribute__(self, "touched").add(name)
        return super().__getattribute__(name)


@dataclass(frozen=True)
class Taken:
    """A figure of a part of the survey.

    Attributes:
        figure: the figure; its description says what it was restricted to.
        stamp: what it says of its data, the restriction among it.
    """

    figure: Figure
    stamp: Stamp


def points(width: str) -> Width:
    r"""Return a width given as ``single``, ``double`` or a length: ``345pt``, ``120mm``, ``8.5cm``, ``3.25in``.

    ``pt`` are TeX's, of which 72.27 are an inch: what ``\the\columnwidth`` prints can be copied.

    Raises:
        ValueError: it is neither, or a figure of that width could not be read.
    """
    from analysis.charts.theme import page_width

    if width == "single":
        return "single"
    if width == "double":
        return "double"
    found = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]{1,3})?) ?(pt|mm|cm|in)", width.strip())
    if found is None:
        raise ValueError(
            f"width {width!r} is not single, double or a length such as 345pt, 120mm, 8.5cm or 3.25in"
        )
    return page_width(round(float(found[1]) * UNITS[found[2]], 2))


def restriction_of(survey: Survey, where: str) -> Restriction:
    """Read a restriction in the words of this survey's schema; the grammar is that of ``analysis.where``.

    Raises:
        NotUnderstood: it does not follow the grammar or names something that is not there.
    """
    codes = {f.id: [c.id for c in f.codes] for f in survey.schema.facets}
    return understood(where, codes=codes, levels=[level.id for level in survey.schema.levels])


def part_of(survey: Survey, restriction: Restriction) -> tuple[Part, str]:
    """Return the part of a survey that a restriction leaves, and in words what that is.

    Papers outside are out of the population: in a weighted rate they count as drawn and found not to belong, so that
    the rate speaks of the part of the frame that the restriction leaves. Only the year is known of every record; by
    anything else the coded papers are restricted and the frame is not, and the words say so.
    """
    final = survey.final
    inside = set(survey.papers["paper"])
    frame = len(inside)
    coded = set(coded_papers(final))
    if restriction.of_papers is not None:
        carried: dict[str, set[tuple[str, str]]] = {}
        rows = counted(final, grey="include")
        for paper, facet, code in zip(rows["paper"], rows["facet"], rows["code"], strict=True):
            carried.setdefault(paper, set()).add((facet, code))
        inside = papers_where(restriction.of_papers, survey.papers, carried)
    in_frame = set(survey.papers["paper"])
    if restriction.in_frame is not None:
        in_frame = papers_where(restriction.in_frame, survey.papers, {})
    if not coded & inside:
        raise NotUnderstood(
            f"no coded paper meets {restriction.text!r}; loosen it, for example `year >= 2000`"
        )
    part = Part(survey.root)
    kept = part.__dict__
    kept.update(
        {name: table for name, table in survey.__dict__.items() if name not in _SMALLER and name != "root"}
    )
    kept["papers"] = survey.papers[survey.papers["paper"].isin(in_frame)].reset_index(drop=True)
    for name in ("final", "final_by_machines"):
        table = getattr(survey, name)
        rows = table[table["paper"].isin(inside) & codings_where(restriction, table)]
        kept[name] = rows.reset_index(drop=True)
    measured = survey.measurements
    kept["measurements"] = measured[measured["paper"].isin(inside)].reset_index(drop=True)
    screened = survey.screened.copy()
    gone = ~screened["paper"].isin(inside) & (screened["decision"] == "include")
    screened.loc[gone, ["decision", "reason"]] = ["exclude", OUTSIDE]
    kept["screened"] = screened
    said = f"restricted to {restriction.text}: {len(coded & inside):,} of {len(coded):,} coded papers"
    if restriction.in_frame is not None:
        said += f", {len(in_frame):,} of {frame:,} records"
    if restriction.not_in_frame:
        said += (
            f"; the records that nobody coded cannot be restricted by {' or '.join(restriction.not_in_frame)}, "
            "so rates for the literature speak of all of it"
        )
    return part, said


def taken(
    survey: Survey,
    *,
    only: Sequence[str] = (),
    where: str = "",
    columns: str = "",
    told: Callable[[str], None] = lambda what: None,
) -> Iterator[Taken]:
    """Yield figures of a survey, or of a part of it.

    Args:
        survey: the opened survey.
        only: names of figures; all where there are none.
        where: what the papers are restricted to, in the grammar of ``analysis.where``.
        columns: the facet that the map crosses with the headline facet, instead of the survey's own.
        told: is told which question is under way.

    Raises:
        Refused: a name, the restriction or the facet is not known; the fault says which there are.
    """
    facets = [f.id for f in survey.schema.facets]
    headline = survey.settings.headline.facet
    if columns and (columns not in facets or columns == headline):
        there = [facet for facet in facets if facet != headline]
        raise Refused([_fault("--columns", f"{columns!r} is no facet to cross", there, columns)])
    part, said = None, ""
    if where:
        try:
            part, said = part_of(survey, restriction_of(survey, where))
        except NotUnderstood as error:
            raise Refused(
                [Fault("--where", 0, "", str(error), "see docs/for-authors.md for the grammar")]
            ) from None
    stamp = data_stamp(survey, data_digests(survey.root))
    wanted, there, from_map = set(only), [], False
    # Questions whose source names a wanted figure come first: most often no other has to be asked.
    asked = sorted(
        QUESTIONS.items(), key=lambda one: not any(f'"{name}"' in _source(one[1]) for name in wanted)
    )
    for what, question in asked:
        if only and not wanted:
            break
        told(what)
        held = survey if part is None or what in HOW_MADE else part
        if question is covered and columns:
            held = _crossed(held, columns)
        answer, scope = _answered(question, held, survey, said, what)
        for figure in answer.figures:
            there.append(figure.stem)
            if only and figure.stem not in only:
                continue
            wanted.discard(figure.stem)
            from_map |= question is covered
            yield Taken(_saying(figure, scope), {**stamp, "restricted": scope} if scope else stamp)
    if wanted:
        name = sorted(wanted)[0]
        raise Refused([_fault("--only", f"there is no figure {name!r}", sorted(there), name)])
    if columns and not from_map:
        maps = sorted(figure.stem for figure in covered(survey).figures)
        raise Refused([_fault("--columns", "no chosen figure is a map", maps, "")])


def chosen_figure(
    survey: Survey,
    name: str,
    *,
    where: str = "",
    columns: str = "",
    width: str = "double",
    title: bool = True,
) -> Any:
    """Return one figure as an altair chart, stamped: what ``survey figures --only NAME`` writes, for a notebook.

    Args:
        survey: the opened survey.
        name: name of the figure.
        where: as in ``taken``.
        columns: as in ``taken``.
        width: as in ``points``.
        title: whether the figure bears its title.

    Raises:
        Refused: as in ``taken``.
        ValueError: as in ``points``.
    """
    from analysis.charts.frame import stamped

    wide = points(width)
    one = next(taken(survey, only=[name], where=where, columns=columns))
    return stamped(_drawn(one.figure, wide, title), stamp_line(one.stamp))


def write_chosen(
    survey: Survey,
    out: Path,
    *,
    only: Sequence[str] = (),
    where: str = "",
    columns: str = "",
    widths: Sequence[str] = ("single", "double"),
    title: bool = True,
    told: Callable[[str], None] = lambda what: None,
) -> list[Path]:
    """Write figures of a survey, or of a part of it, each with the table it draws.

    Args:
        survey: the opened survey.
        out: folder of the figures; made where it is missing.
        only: as in ``taken``.
        where: as in ``taken``.
        columns: as in ``taken``.
        widths: as in ``points``; a file is named by figure and width.
        title: whether the figures bear their titles. A file's title stays in its properties.
        told: is told which question is under way.

    Returns:
        Paths of the files.

    Raises:
        Refused: as in ``taken``; nothing was written.
        ValueError: as in ``points``.
    """
    from workbench.publishing.figure_files import write_figure
    from workbench.store.csv_files import csv_metadata, csv_text
    from workbench.store.files import replace

    sizes = {width.strip().replace(" ", ""): points(width) for width in widths}
    written: list[Path] = []
    for one in list(taken(survey, only=only, where=where, columns=columns, told=told)):
        figure, line = one.figure, stamp_line(one.stamp)
        for ending, content in (
            ("csv", csv_text(figure.data)),
            ("csv-metadata.json", csv_metadata(figure.stem, figure.data, figure.title, line)),
        ):
            path = out / f"{figure.stem}.{ending}"
            replace(path, content)
            written.append(path)
        for name, wide in sizes.items():
            written += write_figure(
                _drawn(figure, wide, title),
                f"{figure.stem}-{name}",
                out,
                title=figure.title,
                description=figure.description,
                stamp=one.stamp,
            )
    return written


def _answered(
    question: Callable[[Survey], Answer], held: Survey, whole: Survey, said: str, what: str
) -> tuple[Answer, str]:
    """Return an answer and what is said of its restriction: one that took no papers at all was not restricted."""
    if not said:
        return question(held), ""
    if not isinstance(held, Part):
        return question(held), "not restricted: it says how the survey was made"
    before = set(held.touched)
    held.touched.clear()
    answer = question(held)
    scope = said if held.touched else "not restricted: it shows no coded papers"
    held.touched.update(before)
    return answer, scope


def _crossed(survey: Survey, facet: str) -> Survey:
    """Return a survey whose map crosses another facet."""
    other = type(survey)(survey.root)
    other.__dict__.update(
        {name: value for name, value in survey.__dict__.items() if name not in ("root", "touched")}
    )
    other.__dict__["settings"] = survey.settings.model_copy(update={"home": facet})
    return other


def _saying(figure: Figure, scope: str) -> Figure:
    from dataclasses import replace

    if not scope:
        return figure
    return replace(figure, description=f"{figure.description.rstrip()} {scope[0].upper()}{scope[1:]}.")


def _drawn(figure: Figure, width: Width, title: bool) -> Any:
    return figure.draw(width) if title else figure.draw(width, title="")


def _source(question: Callable[..., Any]) -> str:
    module = inspect.getmodule(question)
    return inspect.getsource(module) if module else ""


def _fault(option: str, what: str, there: Sequence[str], word: str) -> Fault:
    close = get_close_matches(word, there, 1, 0.5)
    meant = f"did you mean {close[0]}? " if close else ""
    return Fault(option, 0, "", what, f"{meant}there are {', '.join(there) or 'none'}")
