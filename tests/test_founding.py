"""A new survey works at once: from an empty folder to a first matrix, by the commands that its README names."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.doors.founding import found
from workbench.reading.checking import check
from workbench.store.faults import Refused
from workbench.store.survey import open_survey

ROOT = Path(__file__).parents[1]
SAID = {
    "title": 'Sleep: "what" is {measured}?',
    "question": "Which causes do papers talk about?",
    "code": "cause",
}
BIB = "".join(
    f"@article{{s{n},\n  title = {{{title} and sleep}},\n  author = {{Roe, Ann and Poe, B{n}}},\n  year = {{2025}},\n"
    f"  abstract = {{We ask whether bad sleep has causes at all, in study {n}.}}\n}}\n"
    for n, title in enumerate(("Light", "Coffee", "Noise", "Worry"), 1)
)
WORDS = "whether bad sleep has causes at all"


@pytest.fixture
def sleep(tmp_path: Path) -> Path:
    found(tmp_path / "sleep", **SAID)
    return tmp_path / "sleep"


def survey(root: Path, *words: str) -> str:
    said = CliRunner().invoke(app, [*words, "--survey", str(root)])
    assert said.exit_code == 0, said.output
    return said.output


def test_it_says_what_it_was_told_and_is_whole(sleep: Path) -> None:
    assert [str(f) for f in check(sleep) if not f.warning] == []
    held = open_survey(sleep)
    assert (held.settings.title, held.settings.question) == (SAID["title"], SAID["question"])
    assert (held.settings.words.code, held.settings.words.codes, held.asked.facet) == (
        "cause",
        "causes",
        "cause",
    )
    assert len((sleep / "coding_schema/schema.yaml").read_text("utf-8").splitlines()) <= 60


def test_from_an_empty_folder_to_a_first_matrix(sleep: Path) -> None:
    (sleep / "found.bib").write_text(BIB, "utf-8")
    for who in ("ann", "bob"):
        survey(sleep, "register", who, "--name", who.capitalize())
    survey(sleep, "add", str(sleep / "found.bib"), "--by", "ann")
    survey(sleep, "sample")
    for who in ("ann", "bob"):
        for n in range(1, 5):
            survey(sleep, "screen", "--coder", who, "--paper", f"s{n}", "--decision", "include")
    for who in ("ann", "bob"):
        for n in range(1, 5):
            here = ("--coder", who, "--paper", f"s{n}")
            survey(sleep, "code", *here, "--facet", "area", "--code", "area-one", "--confidence", "sure")
            more = ("--level", "measures" if n < 3 else "mentions", "--role", "own-result", "--formal", "no")
            words = (
                "--figure-seen",
                "no",
                "--note",
                "As it says.",
                "--locator",
                "abstract",
                "--words",
                WORDS,
            )
            mode = ("--facet", "cause", "--code", "example-one", "--confidence", "sure")
            survey(sleep, "code", *here, *mode, *more, *words)
            survey(sleep, "signoff", *here)
    survey(sleep, "trust")
    survey(sleep, "build", "--out", str(sleep / "build"))
    cells = pd.read_csv(sleep / "build/tables/coverage.csv").set_index(["row", "column"])
    assert cells.loc[("example-one", "area-one"), ["n", "measured"]].tolist() == [4, 2]
    assert {p.name for p in (sleep / "build/notebooks").glob("*.html")} >= {"0_start.html", "3_results.html"}


def test_its_notebooks_run_before_there_is_any_data(sleep: Path) -> None:
    survey(sleep, "trust")
    survey(sleep, "build", "--out", str(sleep / "build"))
    page = (sleep / "build/notebooks/3_results.html").read_text("utf-8")
    assert "Nothing is coded yet." in page


def test_a_folder_that_holds_something_and_empty_words_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.tex").write_text("years of work")
    with pytest.raises(Refused) as caught:
        found(tmp_path / "mine", **{**SAID, "title": " ", "code": "42"})
    said = " ".join(str(f) for f in caught.value.faults)
    assert (
        "there is something already" in said and "title is empty" in said and "begins with a letter" in said
    )
    assert [p.name for p in tmp_path.rglob("*")] == ["mine", "thesis.tex"]


def test_the_readme_names_commands_that_are_there(sleep: Path) -> None:
    named = re.findall(r"^survey (\w+)", (sleep / "README.md").read_text("utf-8"), re.MULTILINE)
    known = {c.name or c.callback.__name__ for c in app.registered_commands}
    assert len(named) == 5 and set(named) <= known


def test_the_wheel_carries_all_that_a_new_survey_needs(tmp_path: Path) -> None:
    """Built, unpacked into an empty place, and run from there: nothing of this checkout is in reach."""
    made = subprocess.run(
        [str(Path(sys.executable).parent / "uv"), "--no-config", "build", "--wheel", "-o", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    call = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from workbench.cli import main; "
        "import workbench; assert 'site' in workbench.__file__; main()"
    )
    flags = [w for name, value in SAID.items() for w in (f"--{name}", value)]
    ran = subprocess.run(
        [sys.executable, "-c", call, str(tmp_path / "site"), "new", str(tmp_path / "neu"), *flags],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr
    assert [str(f) for f in check(tmp_path / "neu") if not f.warning] == []
    assert (tmp_path / "neu/notebooks/0_start.ipynb").exists()
