"""What the coders of a survey have decided and what it comes to: derived in one place, so that all count alike."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.store.coders import Coder, read_coders
from workbench.store.corpus import stored
from workbench.store.faults import Fault
from workbench.store.files import Row
from workbench.store.final import by_machines, deciding, final
from workbench.store.flow import reached
from workbench.store.screened import included, screened
from workbench.store.standing import standing

#: Who made a row: the coder whose file it is, or the column that says so.
_BY = {
    "screening": "coder",
    "codings": "coder",
    "signoffs": "coder",
    "verifications": "coder",
    "adjudications": "by",
    "measurements": "by",
}
_WHOLE = ("coder", "paper", "schema", "basis")


class Decisions:
    """The rows of a survey that count, and what they come to; each is read or derived when first asked for.

    What a coder did before the date from which they count (``counts_from``) is practice, and is not here.

    Attributes:
        root: the survey folder.
        faults: what cannot be read is added here; while there is a fault nothing may be made of the rest.
    """

    def __init__(self, root: Path, faults: list[Fault]) -> None:
        self.root = root
        self.faults = faults
        self._held: dict[str, list[Row]] = {}

    @cached_property
    def coders(self) -> dict[str, Coder]:
        """Everybody who decides, by id."""
        return read_coders(self.root, self.faults)

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a stored table that count (all of them, where nobody decides in it)."""
        if name not in self._held:
            rows = standing(self.root, name, self.faults)
            self._held[name] = [r for r in rows if self._counts(name, r)] if name in _BY else rows
        return self._held[name]

    def _counts(self, name: str, row: Row) -> bool:
        coder = self.coders.get(row[_BY[name]])
        if coder is None or not coder.counts_from:
            return True
        # A coding is what its sign-off is, also where it was revised later.
        at = self._signed.get(tuple(row[c] for c in _WHOLE), row["at"]) if name == "codings" else row["at"]
        return at >= coder.counts_from

    @cached_property
    def _signed(self) -> dict[tuple[str, ...], str]:
        return {tuple(r[c] for c in _WHOLE): r["at"] for r in stored(self.root, "signoffs", [])}

    @cached_property
    def records(self) -> dict[str, Row]:
        """The rows of records.csv by paper."""
        return {r["paper"]: r for r in self.rows("records")}

    @cached_property
    def grey(self) -> set[str]:
        """The grey sources."""
        return {p for p, r in self.records.items() if r["grey"] == "yes"}

    @cached_property
    def screened(self) -> list[Row]:
        """What screening came to, a row a paper and stage."""
        return screened(self.rows("screening"), self.rows("adjudications"), self.grey)

    @cached_property
    def included(self) -> set[str]:
        """The papers that are in."""
        return included(self.screened)

    @cached_property
    def deciding(self) -> list[Row]:
        """The sign-offs that decide what a paper holds."""
        return deciding(self.rows("signoffs"))

    @cached_property
    def final(self) -> list[dict[str, Any]]:
        """What the codings come to."""
        return self.final_with()

    def final_with(self, **instead: list[Row]) -> list[dict[str, Any]]:
        """Return ``final`` as it would be with other rows of a table: ``verifications=[]``, ``adjudications=[]``."""
        tables = ("codings", "signoffs", "adjudications", "verifications")
        coded, signed, ruled, said = (instead[n] if n in instead else self.rows(n) for n in tables)
        return final(coded, signed, ruled, said, self.coders, self.records, self.included)

    @cached_property
    def final_by_machines(self) -> list[dict[str, Any]]:
        """``final`` as it would be if no human had coded, adjudicated or verified."""
        coded, signed, ruled = (self.rows(n) for n in ("codings", "signoffs", "adjudications"))
        return by_machines(coded, signed, ruled, self.coders, self.records, self.included)

    @cached_property
    def reached(self) -> list[Row]:
        """Where every work stands in the flow of records, by its coding from the abstract."""
        return reached(self.records, self.rows("sample"), self.screened, self.deciding, self.final)
