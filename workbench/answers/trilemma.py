"""Which three desiderata are ever measured together, by papers and for models of the audit panel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from analysis import charts
from analysis.audit.trilemma import MET, OURS, PRESETS, Together, systems, together, triples
from analysis.selection import FAILURE_MODE
from workbench.answers.answer import BASIS, Answer, Form, Printed, figure, in_schema
from workbench.answers.numbers import Number, macro_name, printed

if TYPE_CHECKING:
    from workbench.store.survey import Survey

DIMENSIONS = ("capability", "behavioural-safety", "governance")
#: Facets whose sets of three codes are all gone through; of failure modes only those seen or most expected are kept.
FACETS = ("latent", "proxy", FAILURE_MODE)
MOST = 50


def held_together(survey: Survey) -> Answer:
    """Papers that measure none, one, two or all three of three desiderata; models measured in all three dimensions."""
    final = in_schema(survey.final, survey.codes)
    known = set(zip(survey.codes["facet"], survey.codes["code"], strict=True))
    answers = {p.id: together(final, p.wanted, known=known, basis=BASIS) for p in PRESETS}
    names = {p.id: p.name for p in PRESETS}
    counts = _stacked({k: a.counts for k, a in answers.items()})
    sources = {p.id: p for p in PRESETS}
    counts.insert(1, "source", [sources[k].source for k in counts["trilemma"]])
    counts.insert(2, "mapping", [sources[k].mapping for k in counts["trilemma"]])
    sets = []
    for facet in FACETS:
        found = triples(final, facet, basis=BASIS)
        kept = found[(found["observed"] > 0) | (found.index < MOST)] if facet == FAILURE_MODE else found
        sets.append(kept.assign(facet=facet))
    threes = pd.concat([s.astype({"note": "str"}) for s in sets], ignore_index=True)
    panel = survey.audit
    panel = panel[(panel["kind"] == "primary").to_numpy(dtype=bool)]
    by_dimension = systems(panel, DIMENSIONS).assign(of="dimension, any measure")
    commonest = _commonest(panel)
    models = [by_dimension]
    if len(commonest) == len(DIMENSIONS):
        of = f"one measure each: {'; '.join(commonest)}"
        models.append(systems(panel, commonest, column="measure").assign(of=of))
    draw = partial(charts.measured_together, answers, names=names)
    title = "Papers that measure none, one, two or all three of three desiderata"
    table = pd.concat(models, ignore_index=True)
    return Answer(
        {
            "trilemma": counts,
            "trilemma-patterns": _stacked({k: a.patterns for k, a in answers.items()}),
            "trilemma-desiderata": _stacked({k: a.margins for k, a in answers.items()}),
            "trilemma-threes": threes[["facet", *(c for c in threes.columns if c != "facet")]],
            "trilemma-models": table[["of", *(c for c in table.columns if c != "of")]],
        },
        (figure("trilemma", title, described(answers, names), draw, data=counts),),
        _numbers(answers, models),
        (_printed(answers, names),),
    )


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of all trilemmas under each other, with the trilemma in front."""
    counts = {"observed": "Int64"}
    parts = []
    for key, table in tables.items():
        part = table.astype({c: k for c, k in counts.items() if c in table})
        part.insert(0, "trilemma", pd.Series([key] * len(part), dtype="str"))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _commonest(panel: pd.DataFrame) -> list[str]:
    """Of each dimension the measure that most models have; ties by name. Dimensions without a value are left out."""
    found = []
    there = panel[panel["value"].notna().to_numpy(dtype=bool)]
    for dimension in DIMENSIONS:
        part = there[(there["dimension"] == dimension).to_numpy(dtype=bool)]
        models = part.groupby("measure")["model"].nunique()
        if len(models):
            found.append(min((str(m) for m in models.index), key=lambda m: (-int(models[m]), m)))
    return found


def described(answers: Mapping[str, Together], names: Mapping[str, str]) -> str:
    """Describe the plot: of every trilemma, how many papers measure how many, and what was expected."""
    if not any(a.papers for a in answers.values()):
        return "Nothing is drawn: no settled coding measures a failure mode."
    said = []
    for key, answer in answers.items():
        if answer.counts["observed"].isna().any():
            said.append(f"{names[key]}: {answer.note}")
            continue
        rows = answer.counts.to_dict("records")
        parts = [f"{r['called']} {r['observed']} (expected {r['expected']:.1f})" for r in rows]
        said.append(f"{names[key]}: {', '.join(parts)}")
    papers = next(iter(answers.values())).papers
    whole = f"Of {papers} papers that measure a failure mode, how many measure how many desiderata."
    return f"{whole} {'; '.join(said)}. {OURS}"


def _numbers(answers: Mapping[str, Together], models: list[pd.DataFrame]) -> tuple[Number, ...]:
    count: Form = "count"
    first = next(iter(answers.values()))
    numbers = [
        Number("TrilemmaPapers", first.papers, count, "papers", "papers that measure a failure mode"),
    ]
    for key, answer in answers.items():
        for k, called in ((2, "Two"), (3, "Three")):
            row = answer.counts.iloc[k]
            base = f"Trilemma{macro_name(key)}{called}"
            what = f"{MET[k]} of {key.replace('-', ', ')} measured by one paper"
            seen = None if pd.isna(row["observed"]) else int(row["observed"])
            numbers.append(Number(base, seen, count, "papers", what))
            mean = None if pd.isna(row["expected"]) else float(row["expected"])
            numbers.append(
                Number(f"{base}Expected", mean, "decimal1", "papers", f"{what}: expected by margins")
            )
    for name, table in zip(("TrilemmaModels", "TrilemmaModelsComparable"), models, strict=False):
        meaning = "models with a value in all three dimensions" + (
            ", on one measure each" if name.endswith("Comparable") else ""
        )
        numbers.append(Number(name, int(table["models"].iloc[3]), count, "models", meaning))
    return tuple(numbers)


def _printed(answers: Mapping[str, Together], names: Mapping[str, str]) -> Printed:
    rows = []
    for key, answer in answers.items():
        cells = answer.counts.to_dict("records")
        seen = {
            MET[int(c["met"])].capitalize(): ""
            if pd.isna(c["observed"])
            else f"{int(c['observed'])} ({printed(float(c['expected']), 'decimal1')})"
            for c in cells
        }
        rows.append({"Desiderata": names[key], **seen, "Note": _short(answer.note)})
    columns = ["Desiderata", *(m.capitalize() for m in MET), "Note"]
    first = next(iter(answers.values()))
    sources = "; ".join(f"{p.name}: {p.source}" for p in PRESETS)
    return Printed(
        "trilemma",
        f"Of the {first.papers} papers that measure a failure mode, those that measure none, one, two and all three of "
        "three desiderata (expected count with both margins kept).",
        pd.DataFrame(rows, columns=columns),
        {},
        f"{OURS} Counts only, no test, below 450 coded papers. Sources: {sources}.",
    )


def _short(note: str) -> str:
    """What a row of the printed table needs to say: why nothing is estimable."""
    return note.removeprefix("not estimable: ") if note.startswith("not estimable") else ""
