"""Every notebook runs from top to bottom, is stored without outputs, and writes nothing to the data."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.test_cli import REPOSITORY, contents

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs_and_leaves_the_data_alone(path: Path) -> None:
    before = contents(REPOSITORY)
    notebook = nbformat.read(path, as_version=4)
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    assert cells
    assert [c for c in cells if c.outputs or c.execution_count] == []
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    assert any(c.outputs for c in cells)
    assert contents(REPOSITORY) == before
