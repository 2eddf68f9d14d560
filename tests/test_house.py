"""Rules of the house, held over the source tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Each wing of the workbench and the floor it stands on: it imports from its own floor and from below.
FLOORS = {
    "store": 2,
    "doors": 3,
    "searching": 3,
    "models": 3,
    "reading": 4,
    "answers": 5,
    "publishing": 6,
    "widgets": 7,
    "cli": 7,
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_every_module_of_the_workbench_stands_in_a_wing() -> None:
    assert {p.name for p in (ROOT / "workbench").glob("*.py")} == {"__init__.py"}
    wings = {p.name for p in (ROOT / "workbench").iterdir() if (p / "__init__.py").exists()}
    assert wings <= set(FLOORS), "a new wing needs a floor"


def test_a_wing_imports_only_from_below() -> None:
    upward = []
    for wing, floor in FLOORS.items():
        for path in (ROOT / "workbench" / wing).rglob("*.py"):
            for name in imported(path):
                parts = name.split(".")
                if parts[0] == "workbench" and len(parts) > 1 and FLOORS.get(parts[1], 0) > floor:
                    upward.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not upward, "\n".join(upward)


def test_analysis_knows_no_workbench() -> None:
    for path in (ROOT / "analysis").rglob("*.py"):
        assert not [n for n in imported(path) if n.split(".")[0] == "workbench"], path


def test_data_rooms_hold_no_code() -> None:
    code = {".py", ".js", ".sh", ".ipynb"}
    found = [
        p
        for room in ("corpus", "coding_schema", "claims")
        for p in (ROOT / room).rglob("*")
        if p.suffix in code
    ]
    assert not found


def test_no_file_of_the_analysis_is_longer_than_400_lines() -> None:
    files = sorted((ROOT / "analysis").rglob("*.py"))
    long = {p.name: n for p in files if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert len(files) > 40 and long == {}


#: Files of the workbench that are longer than 400 lines still; none joins them, and none of them grows.
LONG = {
    "publishing/site/assets/main.js": 442,
    "publishing/site/assets/map.js": 447,
    "publishing/site/assets/modes.js": 437,
    "publishing/site/assets/paper.js": 578,
    "store/tables.py": 495,
    "widgets/adjudication.py": 445,
    "widgets/coding.js": 425,
    "widgets/coding.py": 662,
    "widgets/screening.py": 548,
    "widgets/verification.py": 433,
}


def test_no_other_file_of_the_workbench_is_longer_than_400_lines() -> None:
    room = ROOT / "workbench"
    found = {
        p.relative_to(room).as_posix(): n
        for p in room.rglob("*")
        if p.suffix in (".py", ".js", ".css") and (n := len(p.read_text("utf-8").splitlines())) > 400
    }
    assert {name: n for name, n in found.items() if n > LONG.get(name, 400)} == {}
    assert LONG.keys() <= found.keys(), "a file was cut: take it out of the list"
