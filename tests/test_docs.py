"""The documentation cannot lie: its reference is made from the code, its links lead somewhere, its commands run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.cli.reference import write
from workbench.store.settings import Settings
from workbench.store.tables import DERIVED, STORED

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BIB = """@article{roe2024walking, title = {Walking and mood}, author = {Roe, Ann}, year = {2024},
  abstract = {We find that walking raised mood in forty people over a month.}}
@article{poe2025steps, title = {Steps and shoes}, author = {Poe, Bo}, year = {2025},
  abstract = {We count shoes that were sold in a town.}}
"""


def commands_of(page: str) -> list[list[str]]:
    """The lines of a page that a reader would type into a shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [
        shlex.split(line, comments=True) for block in blocks for line in block.splitlines() if line.strip()
    ]


def run(words: list[str]) -> None:
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, f"{words}: {said.output}"


def test_the_way_of_who_extends_a_survey_is_as_the_tutorial_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = commands_of("tutorials/extend.md")
    assert len(typed) > 20
    for words in typed:
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
            Path("found.bib").write_text(BIB, "utf-8")
            continue
        assert words[0] == "survey", words
        run(words[1:])
    assert Path("build/site/index.html").exists()
    cells = Path("build/tables/coverage.csv").read_text("utf-8")
    assert "example-one,area-one,1,1,roe2024walking" in cells


def test_the_way_of_who_checks_a_survey_is_as_the_tutorial_says(
    pilot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(pilot, tmp_path / "survey")
    monkeypatch.chdir(tmp_path / "survey")
    for words in commands_of("tutorials/check.md"):
        run(words[1:])


def test_the_reference_has_every_command_table_column_and_key(tmp_path: Path) -> None:
    write(tmp_path)
    commands = (tmp_path / "reference/commands.md").read_text("utf-8")
    for command in app.registered_commands:
        name = command.name or command.callback.__name__.replace("_", "-")  # type: ignore[union-attr]
        assert f"## survey {name}\n" in commands
    tables = (tmp_path / "reference/tables.md").read_text("utf-8")
    for table in (*STORED.values(), *DERIVED.values()):
        assert f"### {table.name}\n" in tables
        assert all(f"| `{column}` |" in tables for column in table.columns)
    settings = (tmp_path / "reference/settings.md").read_text("utf-8")
    assert all(f"| `{key}` |" in settings for key in Settings.model_fields)
    assert "`papers`" in (tmp_path / "reference/python.md").read_text("utf-8")


def test_the_pages_are_made_and_open_with_no_network(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "source")
    words = [sys.executable, "-m", "workbench.cli.reference", str(tmp_path / "source")]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    (tmp_path / "mkdocs.yml").write_text(
        config.replace("build/docs-source", "source").replace("build/docs", "site"), "utf-8"
    )
    made = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        text = page.read_text("utf-8")
        assert re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?:https?:)?//', text) == [], (
            page.name
        )


def test_every_link_in_the_documentation_leads_to_a_page() -> None:
    made = {f"reference/{name}.md" for name in ("commands", "tables", "settings", "python")}
    for page in sorted(DOCS.rglob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+\.md)[^)]*\)", page.read_text("utf-8")):
            there = (page.parent / target).resolve()
            assert there.exists() or there.relative_to(DOCS).as_posix() in made, f"{page.name}: {target}"
