"""The engine knows no topic: no id of this survey in its source, and other words give the same numbers."""

from __future__ import annotations

import ast
import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from tests.trial import made
from workbench.answers import QUESTIONS
from workbench.cli import app
from workbench.publishing.building import build
from workbench.reading.checking import check
from workbench.store.schema import Schema, load_schema
from workbench.store.survey import open_survey

ROOT = Path(__file__).parents[1]
#: Words that are ids of this survey's schema and that the engine uses in another sense: its own columns, the tables of
#: the model panel, HTML, plain English.
OTHERWISE = {
    # columns of the engine's own tables
    *("failure_mode", "proxy", "latent", "formal", "mitigates", "measured", "measures", "reporting"),
    # values that are not of the schema, and attributes of a page
    *("yes", "no", "none", "selection", "background", "training", "attack"),
    # what the model panel and the wings are called
    *("audit", "survey", "capability", "governance", "unclear"),
}
WORD = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def ids(schema: Schema) -> set[str]:
    terms = (
        *(schema.levels + schema.roles + schema.mitigates + schema.sides + schema.goodhart_variants),
        *schema.screening.reasons,
    )
    return {t.id for t in terms} | {i for f in schema.facets for i in (f.id, *(c.id for c in f.codes))}


def literals(path: Path) -> Iterator[str]:
    """What a file of the engine says in quotes, what explains it left out."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        tree = ast.parse(text)
        explained = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
                yield node.value
    else:
        bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        yield from (a or b or c for a, b, c in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', bare))


def test_no_id_of_this_survey_is_in_the_engine() -> None:
    own = ids(load_schema(ROOT)) - OTHERWISE
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for room in ("analysis", "workbench")
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in (".py", ".js", ".css")
        for said in literals(path)
        for word in WORD.findall(said)
        # A single word may be plain English inside a sentence; an id stands alone.
        if word in own and (word == said or "-" in word or "_" in word)
    ]
    assert found == []


#: Columns of the data whose cells are ids of the schema, alone or between semicolons, or begin with one (strata).
CELLS = (
    *("facet", "code", "level", "role", "mitigates", "failure_mode", "proxy", "latent", "reason", "streams"),
    *("guessed_streams", "stratum"),
)
#: It is put behind every id, so that their order stays.
Z = "-0"


def other(cell: str, known: set[str]) -> str:
    """A cell in other words: every id in it ends on ``-0``."""
    return re.sub(r"[^;/|]+", lambda m: m[0] + Z if m[0] in known else m[0], cell)


def reworded(data: Any, known: set[str], key: str = "") -> Any:
    if isinstance(data, dict):
        return {
            other(k, known) if k in known and key != "" else k: reworded(v, known, k) for k, v in data.items()
        }
    if isinstance(data, list):
        return [reworded(v, known, key) for v in data]
    if isinstance(data, str) and key not in ("version", "title", "instrument", "result", "source"):
        return other(data, known)
    return data


@pytest.fixture(scope="module")
def renamed(pilot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pilot survey, every id of whose schema is another word."""
    root = tmp_path_factory.mktemp("renamed") / "survey"
    shutil.copytree(pilot, root)
    known = ids(load_schema(pilot))
    facets = {f.id for f in load_schema(pilot).facets}
    for path in (*sorted((root / "corpus").rglob("*.csv")),):
        if path.parent.name == "audit":
            continue
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        if not rows:
            continue
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            screening = row.get("facet") == "screening"
            ours = {*CELLS, "note"} - {"code", "facet"} if screening else set(CELLS)
            writer.writerow({c: other(v, known) if c in ours else v for c, v in row.items()})
        path.write_text(out.getvalue(), "utf-8")
    schema = yaml.safe_load((root / "coding_schema/schema.yaml").read_text("utf-8"))
    for path in (
        root / "coding_schema/schema.yaml",
        *sorted((root / "coding_schema/history").glob("*.yaml")),
    ):
        held = yaml.safe_load(path.read_text("utf-8"))
        path.write_text(yaml.safe_dump(ids_only(held, known), allow_unicode=True, sort_keys=False), "utf-8")
    assert schema["facets"]
    for name in (
        "coding_schema/assumptions.yaml",
        "survey.yaml",
        *(f"claims/{p.name}" for p in sorted((root / "claims").glob("*.yaml"))),
    ):
        held = yaml.safe_load((root / name).read_text("utf-8"))
        made = {k: reworded(v, known | facets, k) for k, v in held.items()}
        if name == "survey.yaml":
            made = settings_of(held, known)
        (root / name).write_text(yaml.safe_dump(made, allow_unicode=True, sort_keys=False), "utf-8")
    return root


def ids_only(data: Any, known: set[str]) -> Any:
    """A schema in other words: ids, and what names them; definitions and rules stay as they are."""
    naming = {"id", "side", "goodhart", "levels", "mitigates", "facet"}
    if isinstance(data, dict):
        return {
            k: [other(x, known) if isinstance(x, str) else ids_only(x, known) for x in v]
            if k in naming and isinstance(v, list)
            else other(v, known)
            if k in naming and isinstance(v, str)
            else ids_only(v, known)
            for k, v in data.items()
        }
    return [ids_only(v, known) for v in data] if isinstance(data, list) else data


def settings_of(held: dict[str, Any], known: set[str]) -> dict[str, Any]:
    made = {**held}
    for part in ("home", "crosses"):
        made[part] = reworded(held[part], known, part)
    made["paired"] = {k: other(v, known) for k, v in held["paired"].items()}
    made["headline"] = {
        k: [{c: other(x, known) for c, x in one.items()} for one in v]
        if isinstance(v, list)
        else other(v, known)
        for k, v in held["headline"].items()
    }
    audit = held["audit"]
    made["audit"] = {
        "instruments": reworded(audit["instruments"], known, "instruments"),
        "reported": {other(k, known): v for k, v in audit["reported"].items()},
        "trilemmas": [
            {
                **t,
                "wanted": [
                    {
                        "name": w["name"],
                        "facet": other(w["facet"], known),
                        "codes": [other(c, known) for c in w["codes"]],
                    }
                    for w in t["wanted"]
                ],
            }
            for t in audit["trilemmas"]
        ],
    }
    return made


def plain(value: Any) -> Any:
    """A value as this survey says it."""
    if isinstance(value, str):
        return re.sub(r"(?<=[a-z])-0\b", "", value)
    return tuple(plain(v) for v in value) if isinstance(value, (tuple, list)) else value


def test_the_renamed_survey_is_whole(renamed: Path) -> None:
    assert [
        str(f)
        for f in check(renamed)
        if not f.warning and "history" not in f.file and "CODEBOOK" not in f.file
    ] == []


@pytest.mark.parametrize(
    "question",
    [q for q in QUESTIONS if q not in ("expected", "methods", "model audit", "instability", "co-occurrence")],
)
def test_in_other_words_the_numbers_are_the_same(pilot: Path, renamed: Path, question: str) -> None:
    one, two = (QUESTIONS[question](open_survey(root)) for root in (pilot, renamed))
    assert list(one.tables) == list(two.tables)
    for name, table in one.tables.items():
        there = two.tables[name]
        mapped = there.astype(object).map(plain).rename(columns=plain)
        pd.testing.assert_frame_equal(
            table.astype(object).map(plain).reset_index(drop=True), mapped.reset_index(drop=True), obj=name
        )
    assert [(n.name, n.value) for n in one.numbers] == [
        (n.name.replace("Zero", ""), n.value) for n in two.numbers
    ]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survey of batteries, built."""
    root = made(tmp_path_factory.mktemp("trial") / "survey")
    said = CliRunner().invoke(app, ["codebook", "--survey", str(root)])
    assert said.exit_code == 0, said.output
    build(root, root / "build")
    return root


def test_a_survey_on_another_topic_is_whole_and_counts_right(trial: Path) -> None:
    assert [str(f) for f in check(trial) if not f.warning] == []
    cells = pd.read_csv(trial / "build/tables/coverage.csv").set_index(["row", "column"])
    assert cells["n"].to_dict() == {
        ("fade", "vehicle"): 3,
        ("fade", "grid"): 1,
        ("heat", "vehicle"): 1,
        ("heat", "grid"): 1,
        ("gas", "vehicle"): 0,
        ("gas", "grid"): 1,
    }
    assert cells.loc[cells["measured"] > 0, "measured"].to_dict() == {
        ("fade", "vehicle"): 1,
        ("heat", "vehicle"): 1,
    }
    levels = pd.read_csv(trial / "build/tables/levels.csv")
    assert {"names", "estimates", "meters"} <= set(levels.to_numpy().ravel().astype(str)) | set(
        levels.columns
    )


def test_its_sentences_are_on_its_topic_and_nothing_is_empty(trial: Path) -> None:
    own = ids(load_schema(ROOT)) - OTHERWISE - ids(load_schema(trial))
    tables = sorted((trial / "build/tables").glob("*.csv"))
    spoken = [trial / "build/methods.md", *tables, *sorted((trial / "build/latex").glob("*.tex"))]
    for path in spoken:
        text = path.read_text("utf-8")
        assert "failure mode" not in text.lower(), path.name
        assert "n/a" not in text, path.name
        assert not [w for w in WORD.findall(text) if w in own and ("-" in w or "_" in w)], path.name
    drawn = sorted((trial / "build/figures").glob("*-double.svg"))
    assert len(drawn) > 4
    for path in drawn:
        assert "othing to draw" not in path.read_text("utf-8"), path.name
        assert "othing is drawn" not in path.read_text("utf-8"), path.name
    core = (trial / "build/site/data/core.js").read_text("utf-8")
    assert "Which quantities do papers on batteries talk about" in core
    assert "failure mode" not in core.lower()
    assert "CC0 1.0" in core
