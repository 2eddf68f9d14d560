"""What the reviewer's page needs of a survey, as plain values: counted rows, records, codings, and what was computed.

The page counts by itself from the rows that can count, so that every filter acts at once; what takes a null model or a
bootstrap is computed here for the unfiltered selection and never for another. No text of a paper is in it: facts,
the coders' own notes, and places.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.agreement import agreement
from analysis.audit.panel import correlations, most_complete, panel
from analysis.charts.measurement import verdict
from analysis.coverage import gaps, gaps_summary, in_words
from analysis.disagreements import confusion
from analysis.prisma import prisma
from analysis.selection import BASES, FAILURE_MODE, GREY, LEVELS, SETTLED
from workbench.answers.agreed import coded_first_under
from workbench.answers.answer import BASIS, in_schema
from workbench.answers.gaps import CROSSED, grids
from workbench.answers.measurement import measured as how_much
from workbench.answers.measurement_in_words import headline as deciding
from workbench.answers.paired_evidence import paired
from workbench.answers.stamp import Stamp, stamp_line
from workbench.answers.validated import absence
from workbench.publishing.site.flow import leaves
from workbench.store.assumptions import assumptions
from workbench.store.bibliography import VENUE_FIELD

if TYPE_CHECKING:
    from workbench.store.schema import Code, Schema
    from workbench.store.survey import Survey

#: Null draws behind a published grid; other grids get as many only where fewer could not show one surprising cell.
DRAWS, FEW_DRAWS = 10_000, 2_000
#: Draws times papers that one grid may take; below it the page says with how few draws it was made.
WORK = 3_000_000
LEAST_DRAWS = 200
#: Bootstrap draws behind the intervals of agreement.
BOOTSTRAP = 1_000
#: Columns of a coding as the page shows them, in this order.
_CODING = (
    *("coder", "revision", "state", "level", "role", "formal", "figure_seen", "mitigates", "principal"),
    *("confidence", "note", "locator", "text_sha256", "start", "end", "run", "at"),
)
_WHERE = ("paper", "schema", "basis", "facet", "code")

Plain = dict[str, Any]


def site_data(survey: Survey, stamp: Stamp, *, draws: int = DRAWS) -> dict[str, Plain]:
    """Return the page's data by the name of its file, in the order in which the page asks for them.

    Args:
        survey: the opened survey.
        stamp: what every figure says of the data.
        draws: most null draws a grid of counts gets.

    Returns:
        ``core`` (all that the first view counts from), ``records`` (the works that nobody coded), ``codings``,
        ``screening``, ``results``, ``audit``, ``methods``, and ``gaps-ROWS--COLUMNS`` for every pair of facets that
        can be told from abstracts. Identical data give identical values.
    """
    final = in_schema(survey.final, survey.codes)
    # Works that are coded or measured come first: the page has them at hand from the start.
    near = set(survey.codings["paper"]) | set(survey.final["paper"]) | set(survey.measurements["paper"])
    order = sorted(survey.papers["paper"], key=lambda key: (key not in near, key))
    place = {key: n for n, key in enumerate(order)}
    works = survey.papers.set_index("paper", drop=False).loc[order]
    first = sum(key in near for key in order)
    grids = _grids(survey, final, draws)
    return {
        "core": {
            "about": {
                "line": stamp_line(stamp),
                "data": stamp["data_sha256"],
                "date": stamp["data_date"],
                "verified": stamp["human_verified_share"],
                "records": len(order),
            },
            "schema": _schema(survey.schema),
            "venue": VENUE_FIELD,
            "coders": _plain(survey.coders),
            "papers": _works(works.iloc[:first]),
            "rows": _rows(final, survey, place),
            "grids": sorted(grids),
        },
        "records": {"papers": _works(works.iloc[first:])},
        "codings": _codings(survey, place),
        "screening": _screening(survey, place),
        "results": _results(survey, final, place),
        "audit": _audit(survey),
        "methods": _methods(survey),
        **{f"gaps-{rows}--{columns}": grid for (rows, columns), grid in sorted(grids.items())},
    }


def table(columns: Mapping[str, Iterable[Any]]) -> Plain:
    """Return a table column by column; a column that repeats itself as its distinct values and where they stand.

    Missing values become None, numbers keep six significant digits, tuples become lists.
    """
    packed: Plain = {}
    length = 0
    for name, column in columns.items():
        values = [_value(v) for v in column]
        length = len(values)
        plain = all(isinstance(v, (str, type(None))) for v in values)
        distinct = sorted({v for v in values if isinstance(v, str)}) if plain else []
        if plain and len(distinct) * 2 <= length:
            at = {v: n for n, v in enumerate(distinct)}
            packed[name] = {"of": distinct, "at": [at.get(v, -1) for v in values]}
        else:
            packed[name] = {"all": values}
    return {"n": length, "columns": packed}


def _plain(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> Plain:
    return table({c: frame[c] for c in (columns or list(frame.columns))})


def _value(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return list(value)
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    return _round(float(value))


def _round(value: float, digits: int = 6) -> float | int | None:
    """Round to significant digits; a whole number loses its point."""
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short == int(short) else short


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
                "codes": [_code(c, f.assessable_from) for c in f.codes],
            }
            for f in schema.facets
        ],
    }


def _code(code: Code, least: str) -> Plain:
    said: Plain = {
        "id": code.id,
        "name": code.name,
        "definition": code.definition,
        "include": code.include_when,
        "exclude": code.exclude_when,
        "from": code.assessable_from or least,
    }
    if code.side:
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
    rows = sorted(
        (
            place[r["paper"]],
            codes[r["facet"], r["code"]],
            BASES.index(r["basis"]),
            LEVELS.index(r["level"]) + 1 if r["level"] in LEVELS else 0,
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


def visible(survey: Survey) -> set[tuple[str, str, str, str]]:
    """Which codings may be shown: (coder, paper, schema, basis) signed off, once a second coder has signed off too.

    A paper that waits for its second coder stays closed, so that the page cannot undo the blinding; grey papers,
    which one coder reads, are open as soon as they are signed off.
    """
    signed = survey.signoffs
    grey = set(survey.papers.loc[survey.papers["grey"], "paper"])
    who: dict[tuple[str, str, str], set[str]] = {}
    for coder, paper, schema, basis in signed[["coder", "paper", "schema", "basis"]].itertuples(index=False):
        who.setdefault((paper, schema, basis), set()).add(coder)
    return {
        (coder, *at) for at, coders in who.items() if len(coders) > 1 or at[0] in grey for coder in coders
    }


def _codings(survey: Survey, place: Mapping[str, int]) -> Plain:
    shown = visible(survey)
    who = ("coder", "paper", "schema", "basis")
    codings, signs = (_among(rows, who, shown) for rows in (survey.codings, survey.signoffs))
    rulings = survey.adjudications[survey.adjudications["facet"] != "screening"]
    final = _among(survey.final, who[1:], {at[1:] for at in shown})
    values = tuple(c for c in _CODING if c not in ("coder", "run"))
    return {
        "codings": _placed(codings, place, (*_WHERE, *_CODING)),
        "closed": len(survey.codings) - len(codings),
        "signoffs": _placed(signs, place, ("paper", "coder", "schema", "basis", "run", "at")),
        "adjudications": _placed(rulings, place, (*_WHERE, *values, "chosen", "rationale", "by")),
        "verifications": _placed(
            survey.verifications, place, (*(c for c in _WHERE if c != "schema"), "coder", "outcome", *values)
        ),
        "final": _placed(
            final,
            place,
            (
                *_WHERE,
                *("state", "level", "role", "formal", "figure_seen", "mitigates", "principal", "confidence"),
                *("resolved", "human_verified"),
            ),
        ),
        "runs": _plain(survey.runs.sort_values("id"), ("id", "coder", "model", "date", "schema")),
    }


def _among(frame: pd.DataFrame, columns: Sequence[str], wanted: Collection[tuple[str, ...]]) -> pd.DataFrame:
    """The rows whose cells in some columns are together among those wanted."""
    keep = [at in wanted for at in zip(*(frame[c] for c in columns), strict=True)]
    return frame[pd.Series(keep, index=frame.index, dtype="bool")]


def _placed(frame: pd.DataFrame, place: Mapping[str, int], columns: Sequence[str]) -> Plain:
    """A table whose column ``paper`` holds places, not keys; sorted by them, then by what else identifies a row."""
    known = frame[frame["paper"].isin(set(place))]
    at = known["paper"].map(place).astype("int64")
    made = known.assign(paper=at)
    by = [c for c in columns if c in {*_WHERE, "coder", "revision", "stage", "n", "failure_mode"}]
    return _plain(made.sort_values(by, kind="stable"), columns)


def _screening(survey: Survey, place: Mapping[str, int]) -> Plain:
    """Decisions on screening, of records that a second screener has seen too, and how each record ended."""
    grey = set(survey.papers.loc[survey.papers["grey"], "paper"])
    who: dict[tuple[str, str], set[str]] = {}
    for paper, stage, coder in survey.screening[["paper", "stage", "coder"]].itertuples(index=False):
        who.setdefault((paper, stage), set()).add(coder)
    open_ = {at for at, coders in who.items() if len(coders) > 1 or at[0] in grey}
    rows = _among(survey.screening, ("paper", "stage"), open_)
    rulings = survey.adjudications[survey.adjudications["facet"] == "screening"]
    rulings = rulings.rename(columns={"code": "stage", "state": "decision", "note": "reason"})
    flow = prisma(
        survey.hits,
        survey.papers,
        survey.sample,
        survey.screened,
        maybe_duplicates=survey.maybe_duplicates,
        signoffs=survey.signoffs,
        final=survey.final,
        basis=BASIS,
    )
    ends = leaves(survey, BASIS)
    of = sorted(set(ends.values()))
    undecided = survey.maybe_duplicates[survey.maybe_duplicates["decision"] == ""]
    both = undecided[undecided["a"].isin(set(place)) & undecided["b"].isin(set(place))]
    return {
        "decisions": _placed(
            rows,
            place,
            (
                "paper",
                "stage",
                "coder",
                "revision",
                "decision",
                "reason",
                "streams",
                "basis",
                "note",
                "run",
                "at",
            ),
        ),
        "closed": len(survey.screening) - len(rows),
        "rulings": _placed(
            rulings,
            place,
            ("paper", "stage", "revision", "decision", "reason", "chosen", "rationale", "by", "at"),
        ),
        "screened": _placed(
            survey.screened, place, ("paper", "stage", "decision", "reason", "resolved", "coders")
        ),
        "flow": _plain(flow),
        "ends": [list(end) for end in of],
        "end": [of.index(ends[key]) for key in place],
        "hits": table(
            {
                "search": survey.hits["search"],
                "paper": [place.get(p, -1) for p in survey.hits["paper"]],
                "outcome": survey.hits["outcome"],
                "file": survey.hits["file"],
                "line": [int(n or 0) for n in survey.hits["line"]],
                "reason": survey.hits["reason"],
            }
        ),
        "maybe": table(
            {
                "a": [place[p] for p in both["a"]],
                "b": [place[p] for p in both["b"]],
                "score": both["score"],
                "why": both["why"],
            }
        ),
    }


def _rates(tables: Mapping[str, pd.DataFrame]) -> Plain:
    """Papers per 1,000 that discuss and measure each code, the ratio, what is decided; nothing where none was read."""
    if tables["measurement"].empty:
        return _plain(pd.DataFrame({"code": pd.Series([], dtype="str")}), ["code"])
    rows = deciding(tables["measurement"])
    made = pd.DataFrame(
        {"code": rows["code"], "note": ["no paper discusses it" if n else "" for n in rows["ratio"].isna()]}
    )
    for new, old in (("rate", "ratio"), ("low", "ratio_low"), ("high", "ratio_high")):
        made[new] = rows[old]
    for what in ("discussed", "measured"):
        for end in ("", "_low", "_high"):
            made[f"{what}{end}"] = (rows[f"{what}{end}"] * 1000 / rows["included"]).round(1)
    made["decided"] = [verdict(r) for r in rows.to_dict("records")]
    return _plain(made, list(made.columns))


def _results(survey: Survey, final: pd.DataFrame, place: Mapping[str, int]) -> Plain:
    """What was computed for the unfiltered selection: rates, agreement, paired evidence."""
    rates = {GREY[0]: _rates(how_much(survey).tables)}
    now = survey.schema.version
    headline, training = coded_first_under(survey.codings, survey.signoffs, now)
    compared: Plain = {
        "basis": BASIS,
        "schema": now,
        "papers": headline,
        "assessable": survey.assessable(BASIS),
    }
    kinds = dict(zip(survey.coders["coder"], survey.coders["kind"], strict=True))
    agreed = agreement(
        survey.codings, survey.signoffs, survey.codes, coder_kinds=kinds, draws=BOOTSTRAP, **compared
    )
    confused = confusion(
        survey.codings, survey.signoffs, survey.failure_modes, neighbours_only=False, **compared
    )
    evidence = paired(survey).tables["paired-evidence"]
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
        *("text_sha256", "by", "at"),
    )
    pairs = evidence[[c for c in evidence.columns if c not in ("note", "sample")]].merge(
        measured[list(told)].rename(columns={"note": "words"}), on=["paper", "failure_mode", "n"], how="left"
    )
    return {
        "rates": rates,
        "agreement": _plain(agreed[agreed["statistic"] != "kappa"]),
        "agreed_of": {
            "headline": len(headline),
            "training": len(training),
            "draws": BOOTSTRAP,
            "schema": now,
        },
        "confusion": _plain(confused[confused["n"] > 0]),
        "pairs": _placed(pairs, place, list(pairs.columns)),
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
        "panel": _plain(models),
        "correlations": _plain(correlations(audit)),
        "values": _plain(audit, told),
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


def _grids(survey: Survey, final: pd.DataFrame, most: int) -> dict[tuple[str, str], Plain]:
    """What the null says of every pair of facets that abstracts tell, at every level and setting of grey."""
    facets = [f.id for f in survey.schema.facets if any(f.assessable(c.id, BASIS) for c in f.codes)]
    facets.sort(
        key=lambda f: f != FAILURE_MODE
    )  # the schema's order, failure modes first: rules start from them
    names = dict(zip(survey.codes["code"], survey.codes["name"], strict=True))
    supported = absence(survey)
    made: dict[tuple[str, str], Plain] = {}
    for rows, columns in combinations_with_replacement(facets, 2):
        levels = LEVELS if rows == FAILURE_MODE else ("",)
        made[rows, columns] = {
            "rows": rows,
            "columns": columns,
            "tables": {
                f"{level}|{grey}": _grid(survey, final, rows, columns, level, grey, most, names, supported)
                for level in levels
                for grey in GREY
            },
        }
    return made


def _grid(
    survey: Survey,
    final: pd.DataFrame,
    rows: str,
    columns: str,
    level: str,
    grey: str,
    most: int,
    names: Mapping[str, str],
    supported: Mapping[str, str],
) -> Plain:
    codes = {f.id: [c.id for c in f.codes] for f in survey.schema.facets}
    told = set(survey.assessable(BASIS))
    structural = [
        (a, b) for a in codes[rows] for b in codes[columns] if not {(rows, a), (columns, b)} <= told
    ]
    rules = (
        ()
        if rows == columns
        else tuple(p for p in sorted(assumptions(survey.root).pairs(columns)) if p not in set(structural))
    )
    rules = rules if rows == FAILURE_MODE else ()
    papers = int(final.loc[final["basis"] == BASIS, "paper"].nunique())
    allowed = max(min(most, LEAST_DRAWS), min(most, WORK // max(papers, 1)))
    published = grey == "exclude" and (columns, level) in CROSSED

    def drawn(draws: int) -> pd.DataFrame:
        return gaps(
            final,
            rows,
            columns,
            min_level=level or LEVELS[0],
            grey=grey,
            row_codes=codes[rows],
            column_codes=codes[columns],
            basis=BASIS,
            structural=structural,
            by_rule=rules,
            absence=supported if rows == FAILURE_MODE else None,
            draws=draws,
        )

    if published and allowed >= DRAWS:
        # What the paper prints, from as many draws as the grid needs.
        cells = next(g.cells for g in grids(survey) if (g.facet, g.level) == (columns, level))
    else:
        cells = drawn(allowed if published else min(allowed, FEW_DRAWS))
    about = gaps_summary(cells).iloc[0]
    tested = max(int(about["testable_lower"]), int(about["testable_upper"]))
    if about["draws"] + 1 < 2 * tested / about["level"] and allowed > about["draws"]:
        cells = drawn(allowed)
        about = gaps_summary(cells).iloc[0]
    classes = sorted(set(cells["class"]))
    notes = sorted(set(cells["note"]))
    return {
        "draws": int(about["draws"]),
        "papers": int(about["papers"]),
        "words": in_words(cells, names=names),
        "summary": {
            k: int(about[k])
            for k in ("cells", "testable_lower", "testable_upper", "gap", "sparse", "crowded", "untestable")
        },
        "classes": classes,
        "class": [classes.index(c) for c in cells["class"]],
        "expected": [_round(float(v), 3) for v in cells["expected"]],
        "lower": [_round(float(v), 3) for v in cells["p_lower"]],
        "upper": [_round(float(v), 3) for v in cells["p_upper"]],
        "error": [
            _round(float(min(a, b)), 1)
            for a, b in zip(cells["p_lower_error"], cells["p_upper_error"], strict=True)
        ],
        "q": [
            _round(float(min(x for x in pair if not math.isnan(x))), 2)
            if not all(map(math.isnan, pair))
            else None
            for pair in zip(cells["q_lower"], cells["q_upper"], strict=True)
        ],
        "close": [n for n, close in enumerate(cells["close"]) if close],
        "unsupported": [n for n, word in enumerate(cells["absence_supported"]) if word not in ("yes", "")],
        "tests": [("neither", "lower", "upper", "both").index(t) for t in cells["testable"]],
        "notes": notes,
        "note": [notes.index(c) for c in cells["note"]],
    }
