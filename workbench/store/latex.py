"""Plain text to LaTeX and back, so that a title survives the way into a bibliography and out again.

Only what LaTeX would misread is escaped; letters stay as they are. ``$...$`` that looks like a formula (no
blank inside the dollar signs, no digit after, as in pandoc's rule) stays a formula, in plain text too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

ESCAPES = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces even after a backslash, so that \{ alone would never close
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: "\\" + c for c in "$&%#_"},
}
PLAIN = {latex: plain for plain, latex in ESCAPES.items()} | {r"\{": "{", r"\}": "}"}

_SILENT = ("relax", "protect", "bf", "it", "sc", "tt", "rm", "sf", "sl", "em")
_FORMULA = re.compile(r"\$(?=[^\s$])[^$%#&~]*(?<![\s\\$])\$(?!\d)")
_SPECIAL = re.compile(r"[\\{}~^$&%#_]")
_TOKEN = re.compile(
    r"\\text(?:backslash|braceleft|braceright|asciitilde|asciicircum)\{\}|\\[$&%#_{}]|\$[^$]*\$|[{}~]"
)
_BARE_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")
_BARE_DOLLAR = re.compile(r"(?<!\\)((?:\\\\)*)\$")


def to_latex(text: str) -> str:
    """Return plain text with what LaTeX would misread escaped; ``from_latex`` takes it back exactly."""
    if not _SPECIAL.search(text):
        return text
    parts, at = [], 0
    while at < len(text):
        formula = _FORMULA.match(text, at) if text[at] == "$" else None
        if formula and _balanced(formula[0]):
            parts.append(formula[0])
            at = formula.end()
        else:
            parts.append(ESCAPES.get(text[at], text[at]))
            at += 1
    return "".join(parts)


def from_latex(text: str) -> str:
    r"""Return LaTeX as plain text: braces dropped, accents and macros resolved, formulas left as they stand.

    Nothing is lost on the way: a bare ``%`` is a per cent sign and not a comment, a macro that nobody knows
    (``\LLaMA``) gives its name.
    """
    if not _SPECIAL.search(text):
        return text
    parts, at = [], 0
    for token in _TOKEN.finditer(text):
        between = text[at : token.start()]
        if "\\" in between:
            return _macros_resolved(text)
        parts.append(between)
        word = token[0]
        parts.append(
            word if word[0] == "$" else PLAIN.get(word, "" if word in "{}" else " " if word == "~" else word)
        )
        at = token.end()
    if "\\" in text[at:]:
        return _macros_resolved(text)
    return "".join([*parts, text[at:]])


def _balanced(formula: str) -> bool:
    """Say whether braces close both for BibTeX, which ignores backslashes, and for parsers that do not."""
    for counted in (formula, re.sub(r"\\[{}]", "", formula)):
        depth = 0
        for character in counted:
            depth += {"{": 1, "}": -1}.get(character, 0)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def _macros_resolved(text: str) -> str:
    walker_context, text_context = _contexts()
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexWalker

    # pylatexenc would take the rest of the value for a comment, or for a formula that never ends
    text = _BARE_PERCENT.sub(r"\1\\%", text)
    if len(_BARE_DOLLAR.findall(text)) % 2:
        text = _BARE_DOLLAR.sub(r"\1\\$", text)
    # an unbreakable blank is a blank; the walker's context knows no specials, lest -- and '' change
    text = re.sub(r"(?<!\\)~", " ", text)
    text = re.sub(r"\\href\s*\{[^{}]*\}", "", text)
    # a macro around a group that says nothing to plain text (\mbox, \textsc, \foo) leaves the group
    unknown = text_context.get_macro_spec("no such macro")
    text = re.sub(
        r"\\([A-Za-z]+)(?=\{[^}])",
        lambda m: "" if text_context.get_macro_spec(m[1]) is unknown else m[0],
        text,
    )
    try:
        nodes, _, _ = LatexWalker(text, latex_context=walker_context, tolerant_parsing=True).get_latex_nodes()
        plain: str = LatexNodes2Text(latex_context=text_context, math_mode="verbatim").nodelist_to_text(nodes)
    except Exception:  # pylatexenc stumbles over its own table (\href) and over broken LaTeX in many ways
        plain = re.sub(r"\\[A-Za-z]+\s*(?=\{[^}])|[\\{}]", "", text)
    return " ".join(plain.split())


@cache
def _contexts() -> tuple[Any, Any]:
    from pylatexenc import latex2text, latexwalker

    walker = latexwalker.get_default_latex_context_db().filter_context(
        exclude_categories=["nonascii-specials"]
    )
    text = latex2text.get_default_latex_context_db()
    names = ("LaTeX", "TeX", "BibTeX", "LaTeXe")
    text.add_context_category(
        "names of programs",
        macros=[latex2text.MacroTextSpec(n, n) for n in names]
        + [latex2text.MacroTextSpec(n, "") for n in _SILENT],
        prepend=True,
    )
    text.set_unknown_macro_spec(latex2text.MacroTextSpec("", lambda node: node.macroname))
    return walker, text
