"""A matrix of counts whose cells answer clicks: the papers behind a cell, with their evidence, also as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.coverage import coverage
from workbench.answers.answer import in_schema
from workbench.store.survey import Survey, open_survey
from workbench.widgets.picking import Picking, picking_script, picking_style, table_of

if TYPE_CHECKING:
    import pandas as pd


class MatrixWidget(Picking):
    """Papers by two facets, as ``analysis.coverage.coverage`` counts them; pick a cell by click or by keyboard.

    ``papers`` and ``codings`` are then the papers behind the cell and what was said of them, for the next cell of the
    notebook. Nothing is picked at first: both are empty.

    Args:
        survey: the opened survey, or its folder.
        rows: facet of the rows.
        columns: facet of the columns.
        min_level: lowest level at which a failure mode counts; the reader may change it.
        grey: ``exclude``, ``include`` or ``only``.
        basis: what was read.
    """

    _esm = picking_script("matrix")
    _css = picking_style("matrix")
    fallback = (
        "In JupyterLab the cells of this table answer clicks: the papers behind a count, with their evidence."
    )

    def __init__(
        self,
        survey: Any,
        rows: str | None = None,
        columns: str | None = None,
        *,
        min_level: str | None = None,
        grey: str = "exclude",
        basis: str = "abstract",
    ) -> None:
        """Make the matrix; see the class."""
        self._counted: dict[str, pd.DataFrame] = {}
        held = survey if isinstance(survey, Survey) else open_survey(survey)
        self.rows = rows or held.settings.facet
        others = [f.id for f in held.schema.facets if f.id != self.rows]
        self.columns = columns or held.settings.home or (others[0] if others else self.rows)
        super().__init__(held, min_level=min_level, grey=grey, basis=basis)

    @property
    def cells(self) -> pd.DataFrame:
        """The counts: what ``analysis.coverage.coverage`` gives at the level chosen."""
        if self.min_level not in self._counted:
            self._counted[self.min_level] = coverage(
                in_schema(self.survey.final, self.survey.codes),
                self.rows,
                self.columns,
                asked=self.survey.asked,
                min_level=self.min_level,
                grey=self.grey,
                row_codes=self._codes_of(self.rows),
                column_codes=self._codes_of(self.columns),
                basis=self.basis,
            )
        return self._counted[self.min_level]

    def _codes_of(self, facet: str) -> list[str]:
        table = self.survey.codes
        return list(table.loc[table["facet"] == facet, "code"])

    def pick(self, row: str, column: str) -> pd.DataFrame:
        """Pick a cell by its codes and return its papers.

        Raises:
            ValueError: there is no such cell.
        """
        if not ((self.cells["row"] == row) & (self.cells["column"] == column)).any():
            raise ValueError(f"no cell {row!r} x {column!r} in {self.rows} by {self.columns}")
        self.codes = ((self.rows, row), (self.columns, column))
        return self.papers

    def do_pick(self, message: Mapping[str, Any]) -> None:
        """A cell was clicked."""
        self.pick(str(message.get("row", "")), str(message.get("column", "")))

    def paper_keys(self) -> tuple[str, ...]:
        """Return the papers of the cell."""
        if not self.codes:
            return ()
        (_, row), (_, column) = self.codes
        cells = self.cells
        found: tuple[str, ...] = cells.loc[
            (cells["row"] == row) & (cells["column"] == column), "papers"
        ].iloc[0]
        return found

    def state(self) -> dict[str, Any]:
        """Return the counts and what is picked."""
        modes = self.survey.failure_modes
        sides = (
            dict(zip(modes["code"], modes["side"], strict=True))
            if self.rows == self.survey.asked.facet
            else {}
        )
        columns = self._codes_of(self.columns)
        counts: dict[str, list[int]] = {}
        for row, n in zip(self.cells["row"], self.cells["n"], strict=True):
            counts.setdefault(row, []).append(int(n))
        return {
            **self.common(),
            "rows_name": self.facet_name(self.rows),
            "columns_name": self.facet_name(self.columns),
            "levelled": self.survey.asked.facet in (self.rows, self.columns),
            "columns": [{"id": c, "name": self.name_of(self.columns, c)} for c in columns],
            "rows": [
                {"id": r, "name": self.name_of(self.rows, r), "side": sides.get(r, ""), "n": n}
                for r, n in counts.items()
            ],
            "at": [code for _, code in self.codes],
        }

    def still(self) -> str:
        """Return the counts as a table."""
        state = self.state()
        header = [state["rows_name"], *(c["name"] for c in state["columns"])]
        rows = [[r["name"], *(n or "" for n in r["n"])] for r in state["rows"] if any(r["n"])]
        return table_of(header, rows, f"Papers by {state['rows_name']} and {state['columns_name']}")
