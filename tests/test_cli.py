"""The command line: every command is documented, refuses with status 1, and keeps its word."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.reading.status import status

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1795500000", "COLUMNS": "200"}


def survey(*words: str | Path, at: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from workbench.cli import main; main()", *map(str, words)]
    return subprocess.run(
        command, cwd=at, env=ENVIRONMENT, capture_output=True, text=True, timeout=900, check=False
    )


def contents(root: Path) -> dict[str, bytes]:
    rooms = ("corpus", "coding_schema")
    return {
        str(p.relative_to(root)): p.read_bytes()
        for r in rooms
        for p in sorted((root / r).rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def folder(pilot: Path, tmp_path: Path) -> Path:
    for room in ("corpus", "coding_schema"):
        shutil.copytree(pilot / room, tmp_path / room)
    return tmp_path


def test_every_command_that_the_readme_names_is_there() -> None:
    listed = survey("--help").stdout.split("Commands:")[1]
    commands = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
    named = set(re.findall(r"`survey ([a-z]+)", (REPOSITORY / "README.md").read_text("utf-8")))
    assert len(named) >= 10
    assert named <= set(commands)


def test_help_does_not_import_pandas() -> None:
    heavy = ("pandas", "altair", "networkx", "scipy")
    code = f"import sys, workbench.cli; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_repository_s_own_data_are_clean() -> None:
    run = survey("check")
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("0 fault(s)")


def test_status_accounts_for_every_hit(pilot: Path) -> None:
    for root in (pilot, REPOSITORY):
        n = {key: value["total"] for key, value in status(root).items()}
        assert n["identified"] == n["duplicates"] + n["unreadable"] + n["records"]
        assert n["drawn"] <= n["in_frame"] <= n["records"] - n["unverified"]


def test_status_of_the_pilot(pilot: Path) -> None:
    counts = json.loads(survey("status", "--json", "--survey", pilot).stdout)
    n = {key: value["total"] for key, value in counts.items()}
    assert (n["identified"], n["drawn"], n["included"], n["human_verified"]) == (5459, 439, 225, 0)
    assert set(counts["records"]["by_stream"]) >= {"llm-as-judge", "governance-auditability"}


@pytest.mark.parametrize(
    ("path", "before", "after", "line_of"),
    [
        ("corpus/records.csv", ",yes,no,", ",perhaps,no,", ",perhaps,no,"),
        ("corpus/hits.csv", ",new,", ",novel,", ",novel,"),
        ("corpus/sample.csv", "screening,", "screening,no-such-paper,x,1,1\nscreening,", "no-such-paper"),
        ("corpus/papers.bib", "  title = {", "  titel = {", "@"),
        ("corpus/searches.yaml", "- id:", "- name:", "- name:"),
        ("corpus/coders/pass-a.yaml", "kind: language-model", "kind: robot", "kind: robot"),
        ("coding_schema/schema.yaml", 'id: "no"', "id: no", "id: no"),
        ("coding_schema/CODEBOOK.md", "# Codebook", "# Code book", ""),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    folder: Path, path: str, before: str, after: str, line_of: str
) -> None:
    file = folder / path
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")
    run = survey("check", "--survey", folder)
    assert run.returncode == 1
    lines = file.read_text("utf-8").split("\n")
    line = next(i for i, words in enumerate(lines, 1) if line_of in words) if line_of else 0
    assert (f"{path}:{line}:" if line else f"{path}: ") in run.stderr, run.stderr[-2000:]


def test_a_refused_batch_lists_every_fault_and_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    batch = folder / "rows.jsonl"
    rows = [
        {"paper": "nobody2020x", "decision": "include"},
        {"paper": "zhuang2022fully", "decision": "perhaps"},
        {"paper": "zhuang2022fully", "stage": "full-text", "decision": "exclude", "reason": "dull"},
    ]
    batch.write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    run = survey(
        "screen", "--coder", "pass-a", "--from", batch, "--survey", folder, "--run", "r1", "--batch", "b"
    )
    assert run.returncode == 1
    for line, word in ((1, "nobody2020x"), (2, "perhaps"), (3, "dull")):
        assert re.search(rf"^rows\.jsonl:{line}: .*{word}", run.stderr, re.MULTILINE)
    assert contents(folder) == before


def test_screening_one_record_by_flags(folder: Path) -> None:
    words = [
        "screen",
        "--coder",
        "pass-a",
        "--paper",
        "zhuang2022fully",
        "--decision",
        "exclude",
        "--survey",
        folder,
    ]
    refused = survey(*words, "--reason", "other-system")
    assert refused.returncode == 1
    assert "need a run record" in refused.stderr
    more = ["--reason", "other-system", "--run", "test-run", "--batch", "one record"]
    assert survey(*words, *more).returncode == 0
    after = contents(folder)
    assert b"zhuang2022fully,title-abstract" in after["corpus/screening/pass-a.csv"]
    assert b"test-run,pass-a," in after["corpus/runs.csv"]
    assert survey(*words, *more).stdout.startswith("0 written, 1 unchanged")
    assert contents(folder) == after
    assert survey("check", "--survey", folder).returncode == 0


@pytest.mark.whole
def test_build_twice_gives_the_same_bytes(folder: Path) -> None:
    outs = []
    for name in ("one", "two"):
        run = survey("build", "--survey", folder, "--out", folder / name)
        assert run.returncode == 0, run.stderr
        outs.append(
            {
                str(p.relative_to(folder / name)): p.read_bytes()
                for p in (folder / name).rglob("*")
                if p.is_file()
            }
        )
    assert outs[0] == outs[1]
    assert {"manifest.json", "status.json", "tables/prisma.csv", "figures/prisma-double.pdf"} <= set(outs[0])


def test_no_survey_folder_is_said_plainly(tmp_path: Path) -> None:
    run = survey("check", "--survey", tmp_path)
    assert run.returncode == 1
    assert "coding_schema/schema.yaml" in run.stderr
    assert "Traceback" not in run.stderr


def test_decisions_by_flags_go_through_the_doors(folder: Path) -> None:
    assert "1 written" in survey("register", "eva", "--name", "Eva", "--survey", folder).stdout
    paper = "zheng2023judging"
    who = ("--coder", "eva", "--paper", paper, "--survey", str(folder))
    wrong = survey("code", *who, "--facet", "stream", "--code", "nonsense", "--confidence", "sure")
    assert wrong.returncode == 1
    assert "unknown code 'nonsense' of stream" in wrong.stderr
    assert not (folder / "corpus/codings/eva.csv").exists()
    for facet, code, more in (
        ("stream", "llm-as-judge", ()),
        ("proxy", "judge-verdict", ()),
        ("latent", "preference", ()),
        ("method", "human-study", ("--note", "N/A")),
        ("optimisation_pressure", "none", ("--principal", "yes")),
    ):
        given = ("--facet", facet, "--code", code, "--confidence", "sure", *more)
        assert "1 written" in survey("code", *who, *given).stdout, code
    assert "1 written" in survey("signoff", *who).stdout
    assert (
        "1 written"
        in survey(
            "verify", *who, "--facet", "proxy", "--code", "judge-verdict", "--outcome", "confirm"
        ).stdout
    )
    refused = survey(
        "adjudicate", "--by", "eva", "--paper", paper, "--facet", "proxy", "--code", "judge-verdict",
        "--chosen", "pass-a", "--survey", str(folder),
    )  # fmt: skip
    assert refused.returncode == 1
    assert "eva coded it" in refused.stderr
    rows = (folder / "corpus/codings/eva.csv").read_text("utf-8").splitlines()
    assert len(rows) == 6
    assert ",N/A," in rows[2]
    assert survey("check", "--survey", str(folder)).returncode == 0


def test_the_survey_is_found_from_a_folder_inside_it(folder: Path) -> None:
    here, below = (survey("status", "--json", at=at) for at in (folder, folder / "corpus" / "screening"))
    assert here.returncode == 0, here.stderr
    assert json.loads(below.stdout) == json.loads(here.stdout)
