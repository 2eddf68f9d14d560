"""Rows that people bring from a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.store.batch import read_batch
from workbench.store.faults import Refused

COLUMNS = ("paper", "decision", "reason", "note")


def batch(folder: Path, text: str, name: str = "rows.csv") -> tuple[list[dict[str, str]], list[str]]:
    (folder / name).write_bytes(text.encode())
    rows, warnings = read_batch(folder / name, COLUMNS)
    return [{c: v for c, v in row.items() if c[0] != "_"} for row in rows], [w.message for w in warnings]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.CSV", "rows.tsv"])
def test_a_sheet_is_read_whatever_separates_its_cells(tmp_path: Path, sign: str, name: str) -> None:
    text = "\r\n".join(
        [sign.join(("paper", "decision", "note")), sign.join(("p1", "Exclude ", "zu eng")), ""]
    )
    rows, warnings = batch(tmp_path, "\ufeff" + text, name)
    assert rows == [{"paper": "p1", "decision": "exclude", "note": "zu eng"}]
    assert any("byte order mark" in w for w in warnings)


def test_what_stands_beside_a_decision_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    rows, warnings = batch(tmp_path, "paper,Title,decision,\np1,A title,include,\np2,B,Include,\n")
    assert [r["decision"] for r in rows] == ["include", "include"]
    assert "title" not in {c.lower() for row in rows for c in row}
    assert [w for w in warnings if "Title" in w] == ["column 'Title' is passed over"]


def test_a_note_keeps_its_capitals(tmp_path: Path) -> None:
    assert batch(tmp_path, "paper,note\np1,As RLHF has it\n")[0][0]["note"] == "As RLHF has it"


def test_an_unknown_column_is_named_once_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        batch(tmp_path, "paper,desicion,mood\np1,include,low\np2,include,low\n")
    assert [(f.line, f.message) for f in caught.value.faults] == [
        (2, "unknown column 'desicion'"),
        (2, "unknown column 'mood'"),
    ]
    assert "decision" in caught.value.faults[0].remedy
    assert "delete the column" in caught.value.faults[1].remedy


@pytest.mark.parametrize(("sign", "word"), [(",", "comma"), (";", "semicolon")])
def test_a_row_of_another_length_says_which_sign_to_quote(tmp_path: Path, sign: str, word: str) -> None:
    with pytest.raises(Refused) as caught:
        batch(tmp_path, sign.join(("paper", "note")) + "\n" + sign.join(("p1", "a", "b")) + "\n")
    assert caught.value.faults[0].remedy.endswith(f"quote the cell that holds a {word}")
