"""Tables for print fit the page: by the widths of the letters everywhere, by TeX itself where it is at hand."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.answers.answer import Printed
from workbench.publishing.included_bib import protected
from workbench.publishing.latex_tables import COLUMN, PAGE, bare_tabular, latex_table
from workbench.publishing.latex_widths import as_printed, line_width, widest_piece

STAMP = "data 1a2b3c4d · schema 1.0"
#: Size in points of the font, and room beside a column, by the command that sets the size, at 11 pt.
SET_IN = {r"\small": (10, 6.0), r"\footnotesize": (9, 3.0), r"\scriptsize": (8, 2.0)}


def printed(table: pd.DataFrame, stem: str = "made", **more: object) -> Printed:
    forms = {str(c): "decimal1" for c in table if table[c].dtype.kind == "f"}
    return Printed(stem, "A table.", table, forms, **more)  # type: ignore[arg-type]


def long_names(columns: int, rows: int = 4) -> pd.DataFrame:
    """Return a table of long texts and numbers by turns."""
    return pd.DataFrame(
        {
            f"Share of what heading {n} says": [12.5 * k for k in range(rows)]
            if n % 2
            else [f"A row that is called by a name of some length, number {k}" for k in range(rows)]
            for n in range(columns)
        }
    )


TABLES = {
    "narrow": printed(pd.DataFrame({"Mode": ["Judge bias", "Label error"], "Papers": ["12", "7"]})),
    "fits": printed(pd.DataFrame({"Mode": ["Judge bias of every kind"] * 2, "What is said": ["a" * 30] * 2})),
    "headings": printed(pd.DataFrame({f"Heading of column {n}": [1.5, 20.25] for n in range(7)})),
    "wrapped": printed(long_names(4)),
    "many": printed(long_names(9)),
    "one-word": printed(
        pd.DataFrame({c: ["incomprehensibilities_and-50%" + "x" * 90, "—"] for c in ("One", "Two", "Three")})
    ),
    "signs": printed(
        pd.DataFrame({"a_b & c": ["p < 0.05 · {x} ~ ^ \\ $ # %", "α ≥ 0.8"] * 2, "n": [-1.0, 2.0] * 2})
    ),
    "works": printed(
        pd.DataFrame(
            {"Work": ["Roe et al. 2024", "Doe 2023"], "Papers": [("roe2024", "doe2023"), ("doe2023",)]}
        ),
        cited={"Roe et al. 2024": "roe2024", "Doe 2023": "doe2023"},
    ),
    "empty": printed(
        pd.DataFrame({"Mode": pd.Series([], dtype="str"), "Papers": pd.Series([], dtype="str")})
    ),
    "Greek": printed(
        pd.DataFrame({"Name": ["Ünïcödé ẞtraße · 测试一下宽度 and words"] * 2, "n": [1.0, 2.0]})
    ),
}


def width_of(latex: str) -> float:
    """Return how wide a table comes out, from its text alone; fail where a word hangs over its column."""
    command = re.search(r"\\(?:small|footnotesize|scriptsize)\b", latex)
    assert command
    size, beside = SET_IN[command[0]]
    body = re.search(r"\\begin\{tabular\}\{@\{\}(.*)@\{\}\}\n(.*?)\\end\{tabular\}", latex, re.DOTALL)
    assert body
    columns = re.findall(r"p\{([\d.]+)pt\}|([lr])", re.sub(r">\{[^}]*\}", "", body[1]))
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\) & ", f" {line.strip()}".removesuffix(r" \\"))]
        for line in body[2].splitlines()
        if line.strip() and not re.match(r"\s*\\(toprule|midrule|bottomrule|multicolumn)", line)
    ]
    assert all(len(row) == len(columns) for row in rows)
    total = 2 * beside * (len(columns) - 1)
    for n, (points, _) in enumerate(columns):
        texts = [row[n] for row in rows]
        if points:
            total += float(points)
            for text in texts:
                atoms = re.split(r"\\allowbreak\b ?", text) if r"\allowbreak" in text else [text]
                widest = max(widest_piece(atom.replace(r"\hspace{0pt}", ""), size) for atom in atoms)
                assert widest <= float(points), text
        else:
            total += max(line_width(text, size) for text in texts)
    return total


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_no_wider_than_the_page(name: str) -> None:
    latex = latex_table(TABLES[name], STAMP)
    width = width_of(latex)
    assert width <= PAGE
    assert (r"\begin{table*}" in latex) == (width > COLUMN)
    assert latex.count(r"\begin{table") == latex.count(r"\end{table") == 1
    bare = bare_tabular(TABLES[name], STAMP)
    assert width_of(bare) == width
    assert r"\begin{table" not in bare and r"\caption" not in bare
    assert bare.startswith(f"% {STAMP}\n")


CELL = st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60)


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
def test_no_words_whatever_make_a_table_too_wide(rows: list[list[str]]) -> None:
    table = pd.DataFrame(rows, columns=[f"Column {n}" for n in range(len(rows[0]))], dtype="str")
    assert width_of(latex_table(printed(table), STAMP)) <= PAGE


def test_headings_are_wrapped_before_cells() -> None:
    latex = latex_table(TABLES["headings"], STAMP)
    assert r"\centering\small" in latex
    assert latex.count(r"\raggedleft") == 7


def test_a_table_that_names_works_cites_them() -> None:
    latex = latex_table(TABLES["works"], STAMP)
    assert r"\namedwork{Roe et al. 2024}{roe2024} & \cite{roe2024,doe2023}" in latex
    assert r"\providecommand{\namedwork}[2]{#1~\cite{#2}}" in latex
    assert r"\namedwork" not in latex_table(TABLES["wrapped"], STAMP)


def test_a_form_without_its_column_is_refused() -> None:
    table = Printed("made", "A table.", pd.DataFrame({"a": ["b"]}), {"c": "count"})
    for make in (latex_table, bare_tabular):
        with pytest.raises(ValueError, match="table made: no column c"):
            make(table, STAMP)


def test_what_latex_prints_is_what_is_measured() -> None:
    assert as_printed(r"50\% \& \ensuremath{-}1 -- \textbackslash{}\{a\}") == "50% & −1 – \\{a}"
    assert as_printed(r"\namedwork{Roe \& Doe}{roe}, \cite{a,b}") == "Roe & Doe\u00a0[999], [999] [999]"
    # cmr10 (TeX's own metrics): a 5.00002, m 8.33336, W 10.2778 pt; no kerning.
    assert line_width("amW", 10) == pytest.approx(5.0 + 8.33 + 10.28, abs=0.01)
    assert widest_piece("a well-known word", 10) == pytest.approx(line_width("known", 10))


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Auditing games for sandbagging", "Auditing games for sandbagging"),
        ("How GPT-4 sees LLMs in Paris", "How {GPT-4} sees {LLMs} in {Paris}"),
        ("On Measuring Many Things With RewardBench", "On Measuring Many Things With {RewardBench}"),
        ("iPhone and $N^2$ at 5 places", "{iPhone} and $N^2$ at 5 places"),
        ("A/B tests, as Bayes would", "{A/B} tests, as {Bayes} would"),
        (r"R\&D in 2024: what is known", r"{R\&D} in 2024: what is known"),
        ("", ""),
    ],
)
def test_capitals_that_mean_something_are_kept(title: str, made: str) -> None:
    assert protected(title) == made


@given(st.text(alphabet="aB {}$-2:\\%", max_size=40))
def test_protecting_adds_braces_and_nothing_else(title: str) -> None:
    assert protected(title).replace("{", "").replace("}", "") == title.replace("{", "").replace("}", "")


def test_tex_finds_the_same_widths(tmp_path: Path) -> None:
    """Where there is TeX, it has the last word; where there is none, the widths above have been held to."""
    names = [
        name for name in TABLES if name not in ("Greek", "signs")
    ]  # letters of fonts that not every TeX has
    lines = [
        r"\documentclass[11pt]{article}",
        r"\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{textcomp,array,booktabs}",
        r"\newsavebox\made\begin{document}",
        r"\renewcommand{\cite}[1]{[999]}",
    ]
    for name in names:
        (tmp_path / f"{name}.tex").write_text(bare_tabular(TABLES[name], STAMP), "utf-8")
        (tmp_path / f"{name}-float.tex").write_text(latex_table(TABLES[name], STAMP), "utf-8")
        lines += [
            rf"\sbox\made{{\input{{{tmp_path.as_posix()}/{name}}}\unskip}}",
            rf"\typeout{{WIDTH {name}=\the\wd\made}}\noindent\usebox\made\par",
            rf"\input{{{tmp_path.as_posix()}/{name}-float}}",
        ]
    (tmp_path / "all.tex").write_text("\n".join([*lines, r"\end{document}"]), "utf-8")
    tex = shutil.which("pdflatex")
    if tex is None:
        assert all(width_of(latex_table(TABLES[name], STAMP)) <= PAGE for name in names)
        return
    log = subprocess.run(
        [tex, "-interaction=nonstopmode", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    ).stdout
    assert not re.findall(r"^!.*", log, re.MULTILINE)
    measured = {name: float(points) for name, points in re.findall(r"WIDTH (.+)=([\d.]+)pt", log)}
    assert set(measured) == set(names)
    for name, width in measured.items():
        assert width <= PAGE, name
        if name != "works":  # two works in one bracket are narrower than two brackets
            assert width == pytest.approx(width_of(latex_table(TABLES[name], STAMP)), abs=4.0), name
    assert not [points for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(points) > 0.5]
