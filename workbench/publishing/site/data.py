"""What the reviewer's page needs of a survey, as plain values: counted rows, records, codings, and what was computed.

The page counts by itself from the rows that can count, so that every filter acts at once; what takes a null model or a
bootstrap is computed here for the unfiltered selection and never for another. No text of a paper is in it: facts,
the coders' own notes, and places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.agreement import agreement
from analysis.audit.panel import correlations, most_complete, panel
from analysis.disagreements import confusion
from analysis.expected import Grid
from analysis.selection import BASES, GREY, SETTLED
from workbench.answers.agreement import coded_first_under, version_compared
from workbench.answers.answer import BASIS, in_schema
from workbench.answers.expected import crossed, grids, in_words
from workbench.answers.paired_evidence import labelled, paired_rows
from workbench.answers.stamp import Stamp, stamp_line
from workbench.publishing.site.decisions import codings, placed, screening
from workbench.publishing.site.first import first_view
from workbench.publishing.site.packing import Plain, plain, rounded, table
from workbench.store.bibliography import VENUE_FIELD

if TYPE_CHECKING:
    from workbench.store.schema import Code, Facet, Schema
    from workbench.store.survey import Survey

#: Bootstrap draws behind the intervals of agreement.
BOOTSTRAP = 1_000
#: Columns of a coding as the page shows them, in this order.
_CODING = (
    *("coder", "revision", "state", "level", "role", "formal", "figure_seen", "mitigates", "principal"),
    *("confidence", "note", "locator", "text_sha256", "start", "end", "run", "at"),
)
_WHERE = ("paper", "schema", "basis", "facet", "code")


def site_data(survey: Survey, stamp: Stamp) -> dict[str, Plain]:
    """Return the page's data by the name of its file, in the order in which the page asks for them.

    Args:
        survey: the opened survey.
        stamp: what every figure says of the data.

    Returns:
        ``core`` (all that the first view counts from), ``records`` (the works that nobody coded), ``codings``,
        ``screening``, ``results``, ``audit``, ``methods``, and ``gaps-ROWS--COLUMNS`` for every pair of facets that
        is crossed. Identical data give identical values.
    """
    final = in_schema(survey.final, survey.codes)
    # Works that are coded or measured come first: the page has them at hand from the start.
    near = set(survey.codings["paper"]) | set(survey.final["paper"]) | set(survey.measurements["paper"])
    order = sorted(survey.papers["paper"], key=lambda key: (key not in near, key))
    place = {key: n for n, key in enumerate(order)}
    works = survey.papers.set_index("paper", drop=False).loc[order]
    first = sum(key in near for key in order)
    made = _grids(survey)
    return {
        "core": {
            "about": {
                "line": stamp_line(stamp),
                "data": stamp["data_sha256"],
                "date": stamp["data_date"],
                "verified": [stamp["human_verified"], stamp["codes"]],
                "records": len(order),
            },
            **first_view(survey, stamp),
            "schema": _schema(survey.schema),
            "measured": survey.settings.measured,
            "home": survey.settings.home,
            "own": survey.schema.own,
            "venue": VENUE_FIELD,
            "coders": plain(survey.coders),
            "papers": _works(works.iloc[:first]),
            "rows": _rows(final, survey, place),
            "grids": sorted(made),
        },
        "records": {"papers": _works(works.iloc[first:])},
        "codings": codings(survey, place),
        "screening": screening(survey, place),
        "results": _results(survey, final, place),
        "audit": _audit(survey),
        "methods": _methods(survey),
        **{f"gaps-{rows}--{columns}": grid for (rows, columns), grid in sorted(made.items())},
    }


def _schema(schema: Schema) -> Plain:
    def terms(items: Iterable[Any]) -> list[Plain]:
        return [{"id": t.id, "name": t.name or t.id, "definition": t.definition} for t in items]

    return {
        "version": schema.version,
        "title": schema.title,
        "purpose": schema.purpose,
        "levels": [
            {"id": t.id, "name": t.name or t.id, "definition": t.definition, "good": t.good, "bad": t.bad}
            for t in schema.levels
        ],
        "roles": terms(schema.roles),
        "mitigates": terms(schema.mitigates),
        "goodhart": terms(schema.goodhart_variants),
        "sides": terms(schema.sides),
        "reasons": terms(schema.screening.reasons),
        "question": schema.screening.question,
        "facets": [
            {
                "id": f.id,
                "name": f.name,
                "question": f.question,
                "levelled": f.levelled,
                "principal": f.principal,
                "from": f.assessable_from,
                "rules": list(f.rules),
                "codes": [_code(c, f) for c in f.codes],
            }
            for f in schema.facets
        ],
    }


def _code(code: Code, facet: Facet) -> Plain:
    said: Plain = {
        "id": code.id,
        "name": code.name,
        "definition": code.definition,
        "include": code.include_when,
        "exclude": code.exclude_when,
        "from": code.assessable_from or facet.assessable_from,
    }
    if facet.levelled:
        said |= {
            "side": code.side,
            "goodhart": code.goodhart,
            "good": code.good,
            "bad": code.bad,
            "synonyms": list(code.synonyms),
            "neighbours": [[n.id, n.rule] for n in code.neighbours],
            "counterparts": [[n.id, n.reason] for n in code.counterparts],
            "examples": list(code.example_keys),
        }
    return said


def _works(papers: pd.DataFrame) -> Plain:
    return table(
        {
            "key": papers["paper"],
            "title": papers["title"],
            "authors": papers["authors"],
            "year": papers["first_public"],
            "cited": papers["year"],
            "venue": papers["venue"],
            "type": papers["type"],
            "doi": papers["doi"],
            "arxiv": papers["arxiv_id"],
            # An address that the arXiv id or the DOI tells already need not be said twice.
            "url": [
                "" if url in (f"https://arxiv.org/abs/{arxiv}", f"https://doi.org/{doi}") else url
                for url, arxiv, doi in zip(papers["url"], papers["arxiv_id"], papers["doi"], strict=True)
            ],
            "grey": papers["grey"].astype(int),
        }
    )


def _rows(final: pd.DataFrame, survey: Survey, place: Mapping[str, int]) -> Plain:
    """The rows that can count, under any setting of grey: present, and settled or of a grey paper."""
    kept = final[
        (final["state"] == "present")
        & (final["resolved"].isin(SETTLED) | ((final["resolved"] == "single") & final["grey"]))
    ]
    codes = {
        (f, c): n for n, (f, c) in enumerate(zip(survey.codes["facet"], survey.codes["code"], strict=True))
    }
    levels = survey.asked.levels
    rows = sorted(
        (
            place[r["paper"]],
            codes[r["facet"], r["code"]],
            BASES.index(r["basis"]),
            levels.index(r["level"]) + 1 if r["level"] in levels else 0,
            {"yes": 1, "measured": 2}.get(r["mitigates"], 0),
            int(r["human_verified"]),
            int(r["grey"]),
        )
        for r in kept.to_dict("records")
    )
    names = ("paper", "code", "basis", "level", "mitigates", "verified", "grey")
    return dict(
        zip(names, ([list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in names]), strict=True)
    )


def _results(survey: Survey, final: pd.DataFrame, place: Mapping[str, int]) -> Plain:
    """What was computed for the unfiltered selection: agreement, paired evidence."""
    now = version_compared(survey)
    headline, training = coded_first_under(survey.codings, survey.signoffs, now)
    compared: Plain = {
        "basis": BASIS,
        "schema": now,
        "papers": headline,
        "assessable": survey.assessable(BASIS),
    }
    kinds = dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True))
    agreed = agreement(
        survey.codings,
        survey.signoffs,
        survey.codes,
        asked=survey.asked,
        coder_kinds=kinds,
        draws=BOOTSTRAP,
        **compared,
    )
    confused = confusion(
        survey.codings, survey.signoffs, survey.failure_modes, facet=survey.settings.facet, **compared
    )
    evidence = labelled(survey, paired_rows(survey))
    evidence = evidence.assign(n=evidence["n"].astype(str))
    measured = survey.measurements
    told = (
        *(
            "paper",
            "failure_mode",
            "n",
            "proxy_measure",
            "latent_measure",
            "proxy_value",
            "latent_value",
            "change",
        ),
        *("latent_is", "unit", "sample", "system", "protocol", "attempts", "note", "locator", "start", "end"),
        *("text_sha256", "basis", "by", "at"),
    )
    pairs = evidence[[c for c in evidence.columns if c not in ("note", "sample")]].merge(
        measured[list(told)].rename(columns={"note": "words"}), on=["paper", "failure_mode", "n"], how="left"
    )
    return {
        "agreement": plain(agreed),
        "agreed_of": {
            "headline": len(headline),
            "training": len(training),
            "draws": BOOTSTRAP,
            "schema": now,
        },
        "confusion": plain(confused[confused["n"] > 0]),
        "pairs": placed(pairs, place, list(pairs.columns)),
    }


def _audit(survey: Survey) -> Plain:
    audit = survey.audit
    measures = most_complete(audit)
    models = panel(audit, measures)
    told = (
        *(
            "model",
            "developer",
            "released",
            "weights",
            "dimension",
            "measure",
            "value",
            "unit",
            "higher_is",
            "n",
        ),
        *(
            "attempts",
            "attempts_are",
            "protocol",
            "conditions",
            "kind",
            "reported_by",
            "belongs_to",
            "source",
        ),
        *("source_url", "source_date", "seen_in", "note"),
    )
    return {
        "measures": measures,
        "panel": plain(models),
        "correlations": plain(correlations(audit)),
        "values": plain(audit, told),
    }


def _methods(survey: Survey) -> Plain:
    from workbench.answers.methods import paragraphs
    from workbench.store.searches import read_searches

    return {
        "paragraphs": [list(p) for p in paragraphs(survey)],
        "searches": [
            [s.id, "; ".join(s.where), s.when, s.query, s.rows] for s in read_searches(survey.root, [])
        ],
    }


def _grids(survey: Survey) -> dict[tuple[str, str], Plain]:
    """The table of what could be expected, a grid a pair of facets; only the published selection is tested."""
    cells, about = crossed(survey)
    whole = about.set_index("grid") if len(about) else about
    made: dict[tuple[str, str], Plain] = {}
    for grid in grids(survey):
        mine = cells[(cells["grid"] == grid.name).to_numpy(dtype=bool)]
        key = f"{survey.asked.levels[0] if grid.rows == survey.settings.facet else ''}|{GREY[0]}"
        table = _grid(grid, mine, {str(k): v for k, v in whole.loc[grid.name].items()}, in_words(about))
        made[grid.rows, grid.columns] = {"rows": grid.rows, "columns": grid.columns, "tables": {key: table}}
    return made


def _grid(grid: Grid, cells: pd.DataFrame, about: Plain, words: str) -> Plain:
    """The cells of a grid, row by row; within one facet each pair stands in both of its places."""
    at = {(r["row"], r["column"]): r for r in cells.to_dict("records")}
    shown = [at.get((a, b)) or at.get((b, a)) for a in grid.row_codes for b in grid.column_codes]
    classes = sorted({"by rule", *cells["class"]})
    numbers = {"expected": "expected", "lower": "p_lower", "upper": "p_upper", "q": "q"}
    return {
        "draws": int(about["draws"]),
        "papers": int(about["papers"]),
        "words": words,
        "summary": {k: int(about[k]) for k in ("cells", "free", "seen", "gap", "sparse")},
        "needed": rounded(float(about["needed"]), 2),
        "classes": classes,
        # A code with itself is no pair.
        "class": [classes.index(c["class"] if c else "by rule") for c in shown],
        **{name: [rounded(float(c[of]), 3) if c else None for c in shown] for name, of in numbers.items()},
        "apart": [n for n, c in enumerate(shown) if c and grid.within and c["decided"]],
    }
