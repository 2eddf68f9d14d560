"""CODEBOOK.md and the coders' instructions: both written from the schema, so that they cannot drift apart."""

from __future__ import annotations

from pathlib import Path

from workbench.store.files import own_text, sha256
from workbench.store.schema import Code, Facet, Schema, Term

CODEBOOK = "coding_schema/CODEBOOK.md"
#: What there are instructions for.
TASKS = ("screen", "code", "measure")


def codebook(schema: Schema) -> str:
    """Return the codebook for human eyes, as Markdown."""
    return "\n".join(
        [
            f"# Codebook, version {schema.version}",
            "",
            "Generated from `schema.yaml` by `survey codebook`; do not edit. `survey check` keeps it in step.",
            "",
            *_screening(schema),
            *_coding(schema, examples=True),
        ]
    )


def instructions(schema: Schema, task: str) -> str:
    """Return what every coder, human or model, is given for a task.

    Args:
        schema: the coding schema.
        task: ``screen``, ``code`` or ``measure``.

    Raises:
        ValueError: unknown task.
    """
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; one of {', '.join(TASKS)}")
    if task == "measure":
        return "\n".join([*_measuring(schema), *MEASURE_ROWS, ""])
    if task == "screen":
        head = [
            f"# Instructions for screening (coding schema {schema.version})",
            "",
            schema.purpose,
            "",
            "Work alone. Do not look at another screener's decisions, and do not use what you remember of a paper:",
            "decide from the title and abstract in front of you.",
            "",
        ]
        modes = [f"## {schema.headline.name}s, in brief", ""] if schema.headline else []
        for side in schema.sides:
            modes += [f"### {_named(side)}", ""]
            modes += [f"- **{c.id}**: {c.definition}" for c in schema.failure_modes if c.side == side.id]
            modes += [""]
        home = schema.home
        seen = [f"## {home.name}s", "", *_brief(home), ""] if home else []
        return "\n".join([*head, *_screening(schema), *seen, *modes, *SCREEN_ROWS, ""])
    head = [
        f"# Instructions for coding (coding schema {schema.version})",
        "",
        schema.purpose,
        "",
        "Work alone. Do not look at another coder's work, and do not use what you remember of a paper: code only",
        "what the text in front of you says.",
        "",
    ]
    return "\n".join([*head, *_coding(schema, examples=True), *_code_rows(schema), ""])


def instructions_digest(schema: Schema, task: str) -> str:
    """Return the SHA-256 digest of the instructions, as kept in ``runs.csv``."""
    return sha256(instructions(schema, task))


SCREEN_ROWS = [
    "## What to write",
    "",
    "One JSON object a line: `paper`, `decision` (include, exclude, unsure), `reason` (an id above when you exclude,",
    'else ""), `streams` (ids above that you see, joined by `;`; for every record, also an excluded one where it has',
    "any), `note` (your own words, at most 25: why; never a sentence of the paper).",
]
MEASURE_ROWS = [
    "## What to write",
    "",
    "One JSON object a line, every value a string:",
    "",
    "- `paper`, `failure_mode` (an id of the first list), `n` (1, 2, ... within paper and code; left out, the next),",
    "  `kind` (pair or drop), `basis` (abstract or full-text), `proxy` and `latent` (ids below the headings of those "
    "names);",
    "- `proxy_measure`, `latent_measure` (a few own words: what number it is);",
    "- of a pair `proxy_value` and `latent_value`, of a drop `change`: the number as it stands there (92.4), without",
    "  its unit and never converted, rounded, averaged or worked out from others; a reported range as 20 to 55;",
    "- of a drop `latent_is`: what the property turned out to be beside what the proxy showed: worse (left out, this),",
    "  better, or neither where no side is the better;",
    "- `unit`: percent (a share of 100), percentage-points or relative-percent (of a drop, where the text says which;",
    "  else percent), score-A-B with the ends of its scale (score-0-1, score-1-5), correlation, count, ratio, mixed",
    "  (the two values are in different units; the measures say which), or other: and the unit;",
    "- `higher_is`: better or worse, what a higher value of the proxy LOOKS like (accuracy better, attack success",
    "  worse);",
    "- `sample` (items behind the numbers, as reported), `attempts` (allowed per item): only where the text says so,",
    '  else "";',
    "- `system` (the model or models, as named), `protocol` (own words: how both were taken), `note` (own words),",
    "  `locator` (abstract, or the section);",
    "- `words`: five or more words in a row of the text, copied exactly, in which every number you give stands.",
    "",
    "The words are checked against the text and not stored; numbers that do not stand in them are refused. What you",
    "say in your own words may not share eight or more words in a row with the text.",
]


def _code_rows(schema: Schema) -> list[str]:
    headline = schema.headline.id if schema.headline else ""
    mitigates = ", ".join(m.id for m in schema.mitigates)
    return [
        "## What to write",
        "",
        "One JSON object a line, one line a code: `paper`, `facet`, `code`, and",
        "",
        f"- on `{headline}` rows: `level`, `role`, `formal` (yes or no), `figure_seen` (yes when a number for the mode",
        f"  itself stands in the text you read, else no), `mitigates` ({mitigates}), `words` (at least five words",
        "  in a row, copied exactly from the text, that the code rests on), `note` (your own words: the claim, and the",
        "  number or construct it rests on), `locator` (title, abstract, or the section), `confidence` "
        "(sure or unsure);",
        *(
            [f"- on the principal row of `{schema.pressure.id}`: `principal` = yes (the others: no);"]
            if schema.pressure
            else []
        ),
        '- on other rows: `confidence`; `note` only where the choice is not plain. Leave what does not apply as "";',
        "- `state` = no-information where the rule of that name calls for it (then no level, words or the rest); "
        "else leave",
        "  it out.",
        "",
        "The words are checked against the text and not stored; words that do not stand there are refused. A note that",
        "shares eight or more words in a row with the text is refused.",
    ]


def _measuring(schema: Schema) -> list[str]:
    out = [
        f"# Instructions for paired evidence (coding schema {schema.version})",
        "",
        "You look for places where a paper reports a number for a PROXY (a score, reward, verdict, safety metric,",
        "...) and a number for the PROPERTY that the proxy stands for, or for the same proxy measured again under",
        "conditions that show the property (fresh items, adaptive attack, human judges, the true objective). Work from",
        "the text in front of you, not from what you remember.",
        "",
        "- **pair**: both numbers stand in the text and belong to the same system or systems.",
        "- **drop**: the text says by how much the number changed when measured again, mostly for the worse, and not",
        "  both numbers.",
        "- A method against its baseline, a model against another, before and after an improvement: never a pair. The",
        "  two numbers must claim to say the same of the same thing, and part because the proxy fails.",
        "- A gap that is small, nil or the other way round is a pair like any other: leave none out for its size.",
        "- One row a comparison. Where a text gives many, take the one it leads with and those in its summary.",
        "",
    ]
    modes = [(f"{f.name}s", f.codes) for f in [schema.headline] if f]
    facets = [(f.name, f.codes) for c in ("proxy", "latent") if (f := schema.paired(c))]
    for name, codes in (*modes, *facets):
        out += [f"## {name}", "", *[f"- **{c.id}**: {c.definition}" for c in codes], ""]
    return out


def _named(term: Term | Code) -> str:
    return f"{term.name} (`{term.id}`)" if term.name else f"`{term.id}`"


def _brief(facet: Facet) -> list[str]:
    return [f"- **{c.id}**: {c.definition}" for c in facet.codes]


def _screening(schema: Schema) -> list[str]:
    s = schema.screening
    return [
        "## Screening",
        "",
        s.question,
        "",
        "Include when all of these hold:",
        "",
        *[f"- {_named(c)}: {c.definition}" for c in s.criteria],
        "",
        "Reasons of exclusion:",
        "",
        *[f"- {_named(c)}: {c.definition}" for c in s.reasons],
        "",
        *[f"- {r}" for r in s.rules],
        "",
    ]


def _coding(schema: Schema, examples: bool) -> list[str]:
    out = ["## General rules", "", *[f"- **{r.id}**: {r.text}" for r in schema.rules], ""]
    for title, terms in (
        ("Levels, lowest first", schema.levels),
        ("Roles of the evidence", schema.roles),
        ("Mitigates", schema.mitigates),
        ("Goodhart variants (set by the schema, not by coders)", schema.goodhart_variants),
        ("Sides (set by the schema, not by coders)", schema.sides),
    ):
        out += [f"## {title}", ""] if terms else []
        for t in terms:
            source = f" Source: {t.source}" if t.source else ""
            out += [f"- {_named(t)}: {t.definition}{source}"]
            out += [f"  - good: {t.good}"] * bool(t.good) + [f"  - bad: {t.bad}"] * bool(t.bad)
        out += [""] if terms else []
    for facet in schema.facets:
        most = "n" if facet.cardinality.max is None else str(facet.cardinality.max)
        out += [
            f"## Facet: {facet.name} (`{facet.id}`)",
            "",
            f"{facet.question} {facet.cardinality.min} to {most} codes"
            + ("; exactly one of them is the principal one" if facet.principal else "")
            + f"; told from {facet.assessable_from} or more.",
            "",
            *[f"- Rule: {r}" for r in facet.rules],
            *[""] * bool(facet.rules),
        ]
        for code in facet.codes:
            out += _mode(schema, code) if facet.levelled else _plain(code)
        out += [""]
    return out


def _plain(code: Code) -> list[str]:
    lines = [f"- {_named(code)}: {code.definition}"]
    lines += [f"  - include when: {code.include_when}"] * bool(code.include_when)
    lines += [f"  - exclude when: {code.exclude_when}"] * bool(code.exclude_when)
    return lines


def _mode(schema: Schema, code: Code) -> list[str]:
    return [
        f"### {code.name} (`{code.id}`)",
        "",
        *(
            [f"Side: {code.side}. Goodhart variant: {code.goodhart}.", ""]
            if code.side or code.goodhart
            else []
        ),
        code.definition,
        "",
        f"- Include when: {code.include_when}",
        f"- Exclude when: {code.exclude_when}",
        f"- Good example: {code.good}",
        f"- Bad example: {code.bad}",
        *[f"- Not to be confused with `{n.id}`: {n.rule}" for n in code.neighbours],
        *[f"- Counterpart: `{c.id}`: {c.reason}" for c in code.counterparts],
        *([f"- Also called: {', '.join(code.synonyms)}"] if code.synonyms else []),
        *([f"- Example papers: {', '.join(code.example_keys)}"] if code.example_keys else []),
        "",
    ]


def read_codebook(root: Path) -> str | None:
    """Return the codebook as it stands, or None where there is none."""
    return own_text(root, CODEBOOK)
