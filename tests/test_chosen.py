"""An author's figures: some of them, of some papers, in any width, and each says of what it speaks."""

import json
import re
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from analysis.where import NotUnderstood
from tests import coded
from tests.once import once
from workbench.answers.coverage import covered
from workbench.answers.stamp import data_digests, data_stamp, stamp_line
from workbench.cli import app
from workbench.publishing.building import _stages
from workbench.publishing.chosen import chosen_figure, part_of, points, restriction_of, taken, write_chosen
from workbench.store.faults import Refused
from workbench.store.survey import open_survey


@pytest.fixture
@once
def filled(survey: Path) -> Path:
    coded.listed(survey, *(f"p{n:02}" for n in range(1, 61)))
    coded.keep(survey, "p01", "p02", "p03")
    for coder in ("pass-a", "pass-b"):
        coded.coded(survey, coder, *(row for p in ("p01", "p02", "p03") for row in coded.whole(p)))
    return survey


def test_a_map_of_some_papers_across_another_facet_in_a_width_of_its_own(
    filled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "chosen"
    asked = [
        "--only",
        "coverage",
        "--where",
        "year >= 1900",
        "--columns",
        "proxy",
        "--width",
        "345pt",
        "--no-title",
    ]
    result = CliRunner().invoke(app, ["figures", *asked, "--out", str(out), "--survey", str(filled)])
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in out.iterdir()) == sorted(
        [f"coverage-345pt.{kind}" for kind in ("pdf", "png", "svg")]
        + ["coverage.csv", "coverage.csv-metadata.json"]
    )
    text = (out / "coverage-345pt.svg").read_text("utf-8")
    words = "".join("".join(re.findall(r"<text[^>]*>([^<]*)</text>", text)).split())
    assert "restrictedtoyear&gt;=1900:3of3codedpapers" in words
    assert "Papersbyfailuremode" not in words
    assert "Restricted to year &gt;= 1900" in text.split("</desc>")[0]
    assert (
        "restricted to year >= 1900"
        in json.loads((out / "coverage.csv-metadata.json").read_bytes())["dc:source"]
    )
    codes = open_survey(filled).codes
    assert set(pd.read_csv(out / "coverage.csv")["column"]) == set(codes[codes["facet"] == "proxy"]["code"])
    with Image.open(out / "coverage-345pt.png") as image:
        assert image.size[0] == pytest.approx(345 / 72.27 * 300, abs=4)


def test_the_part_is_what_is_counted_and_the_rest_is_known_to_be_outside(filled: Path) -> None:
    survey = open_survey(filled)
    stream = survey.final[survey.final["facet"] == "stream"]["code"].iloc[0]
    part, said = part_of(survey, restriction_of(survey, f"stream = {stream} and year >= 1900"))
    assert set(part.final["paper"]) == {"p01", "p02", "p03"}
    assert "cannot be restricted by stream" in said
    survey.final.loc[survey.final["paper"] == "p02", "year"] = 1990
    survey.papers.loc[survey.papers["paper"] == "p02", "first_public"] = 1990
    part, said = part_of(survey, restriction_of(survey, "year > 1990"))
    assert set(part.final["paper"]) == {"p01", "p03"}
    assert "2 of 3 coded papers, 59 of 60 records" in said
    outside = part.screened[part.screened["paper"] == "p02"]
    assert list(outside["decision"]) == ["exclude"] and list(outside["reason"]) == ["outside the restriction"]
    assert list(survey.screened[survey.screened["paper"] == "p02"]["decision"]) == ["include"]
    cells = covered(part).tables["coverage"]
    assert {p for held in cells["papers"] for p in held} <= {"p01", "p03"}
    with pytest.raises(NotUnderstood, match="no coded paper meets 'year < 1900'"):
        part_of(survey, restriction_of(survey, "year < 1900"))


def test_what_tells_how_the_survey_was_made_is_not_restricted_and_says_so(filled: Path) -> None:
    one = next(taken(open_survey(filled), only=["prisma"], where="year >= 1900"))
    assert one.stamp["restricted"].startswith("not restricted")
    assert "Not restricted" in one.figure.description


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"only": ["coverege"]}, "there is no figure 'coverege'.*did you mean coverage"),
        ({"only": ["coverage"], "columns": "proxi"}, "'proxi' is no facet to cross.*did you mean proxy"),
        ({"only": ["prisma"], "columns": "proxy"}, "no chosen figure is a map.*there are coverage"),
        (
            {"only": ["coverage"], "where": "yaer = 2024"},
            "'yaer' is nothing to restrict by.*did you mean 'year'",
        ),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    filled: Path, tmp_path: Path, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(Refused) as refused:
        write_chosen(open_survey(filled), tmp_path / "out", **asked)  # type: ignore[arg-type]
    assert re.search(message, " ".join(map(str, refused.value.faults)))
    assert not (tmp_path / "out").exists()


def test_a_notebook_gets_the_same_figure(filled: Path) -> None:
    survey = open_survey(filled)
    chart = chosen_figure(survey, "coverage", where="year >= 1900", width="120mm", title=False)
    assert "restricted to year >= 1900" in chart.usermeta["stamp"]
    assert chart.width + chart.padding["left"] + chart.padding["right"] == pytest.approx(
        120 / 25.4 * 72, abs=0.3
    )
    plain = chosen_figure(survey, "coverage")
    assert plain.usermeta["stamp"] == stamp_line(data_stamp(survey, data_digests(filled)))


@pytest.mark.parametrize(
    ("width", "wide"),
    [
        ("single", "single"),
        ("double", "double"),
        ("3.25in", 234),
        ("85mm", 240.94),
        ("8.5 cm", 240.94),
        ("345pt", 343.71),
    ],
)
def test_widths(width: str, wide: object) -> None:
    assert points(width) == wide


@pytest.mark.parametrize("width", ["wide", "345", "-3in", "1e9pt", "inf pt", "5pt", "99999mm", "１２０mm"])
def test_what_is_no_width_is_refused(width: str) -> None:
    with pytest.raises(ValueError, match="width"):
        points(width)


PAGE = Path(__file__).parents[1] / "docs/for-authors.md"


def test_every_command_of_the_page_for_authors_runs(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled)
    page = PAGE.read_text("utf-8")
    commands = re.findall(r"^survey .+$", page, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        result = CliRunner().invoke(app, shlex.split(command)[1:])
        assert result.exit_code == 0, (command, result.output)
    for name in re.findall(r"\\(?:includegraphics|input)\{([^}]+)\}", page):
        path = Path("build/chosen" if name.endswith(".pdf") else ".") / name
        assert path.exists() or path.with_suffix(".tex").exists(), name
    macros = (filled / "build/latex/numbers.tex").read_text("utf-8")
    for macro in re.findall(r"\\Survey\w+", page):
        assert f"{{{macro}}}" in macros
    [script] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(script, str(PAGE), "exec"), {})


def test_a_pipe_sees_lines_that_count_upward(capsys: pytest.CaptureFixture[str]) -> None:
    with _stages() as stage, ThreadPoolExecutor(4) as at_once:
        list(at_once.map(stage, [f"question {n}" for n in range(20)]))
    said = capsys.readouterr().err
    assert "\r" not in said and "\x1b" not in said
    assert [int(line.split(".")[0]) for line in said.splitlines()] == list(range(1, 21))
