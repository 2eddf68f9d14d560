"""The card: the instructions for coding on two pages, for a person at work; the long text stays behind each line."""

from __future__ import annotations

import re

from workbench.store.schema import Code, Facet, Schema

#: So many of the general rules are on the card: the first, which the schema puts first because they decide most.
RULES = 10
#: A definition is not cut where fewer words than this would be left.
LEAST = 7


def card(schema: Schema) -> str:
    """Return the card of a schema as Markdown."""
    headline = schema.headline
    lines = [
        f"# Coding, in short (schema {schema.version})",
        "",
        f"{schema.purpose} The whole text: `survey instructions code`.",
        "",
        "**Ask in this order**: " + " ".join(f"({n}) {f.question}" for n, f in enumerate(_asked(schema), 1)),
        "",
        "## How far does it go? The highest that the text supports",
        "",
        *(f"- **{level.id}**: {_first(level.definition)}" for level in reversed(schema.levels)),
        "",
    ]
    if schema.roles:
        lines += ["**Roles**: " + " ".join(f"*{r.id}*: {_first(r.definition)}" for r in schema.roles), ""]
    if schema.mitigates:
        lines += [
            "**Remedy**: " + " ".join(f"*{m.id}*: {_first(m.definition)}" for m in schema.mitigates),
            "",
        ]
    lines += ["## Rules that decide most cases", ""]
    lines += [f"{n}. {_first(rule.text)}" for n, rule in enumerate(schema.rules[:RULES], 1)]
    if headline:
        lines += ["", f"## {headline.name}s, a line each", ""]
        groups = [(side.name or side.id, side.id) for side in schema.sides] or [("", "")]
        for name, side in groups:
            lines += [f"**{name}**", ""] if name else []
            lines += [f"- {_line(code)}" for code in headline.codes if code.side == side]
            lines += [""]
    return "\n".join([*lines, ""]).rstrip("\n") + "\n"


def _asked(schema: Schema) -> list[Facet]:
    return [f for f in schema.facets if f.assessable_from != "full-text"]


def _line(code: Code) -> str:
    """Name, id and what it is; what follows from it (", so ...") and examples (": ...") stand in the long text."""
    said = _first(code.definition)
    for end in (", so ", ": ", "; "):
        head = said.partition(end)[0]
        if len(head.split()) >= LEAST:
            said = head
    return f"**{code.name}** (`{code.id}`): {said.rstrip('.')}."


def _first(text: str) -> str:
    """The first sentence of a text."""
    found = re.match(r".+?[.!?](?= [A-Z*`'\"]|$)", " ".join(text.split()))
    return found[0] if found else text
