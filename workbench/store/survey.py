"""The survey as tidy tables: ``open_survey(path)`` and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.store.corpus import current, year_of
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, recover
from workbench.store.schema import Schema, load_schema
from workbench.store.settings import Settings, load_settings
from workbench.store.tables import DERIVED, STORED, Table

if TYPE_CHECKING:
    import pandas as pd

    from analysis.selection import Asked
    from workbench.store.decisions import Decisions


@dataclass(frozen=True)
class Survey:
    """A survey folder, opened: each table is a pandas DataFrame, read once.

    The columns and their meaning are in ``workbench.store.tables``. Text columns have dtype ``str`` and hold exactly
    what the file holds; years and counts are ``Int64``, yes/no facts of papers ``bool``. Tables with a file a
    coder have the extra column ``coder``.

    Attributes:
        root: the survey folder.
    """

    root: Path

    @cached_property
    def schema(self) -> Schema:
        """The coding schema."""
        return load_schema(self.root)

    @cached_property
    def settings(self) -> Settings:
        """What the survey says of itself in ``survey.yaml``, checked against the schema."""
        return load_settings(self.root, self.schema)

    @cached_property
    def asked(self) -> Asked:
        """The facet that the survey's question is about, and its scale of levels."""
        return self.schema.asked

    @cached_property
    def papers(self) -> pd.DataFrame:
        """One row a work: the facts of papers.bib beside those of records.csv."""
        from workbench.store.bibliography import read_papers

        faults: list[Fault] = []
        entries = {e.key: e for e in read_papers(self.root, faults)}
        _refuse(faults)
        rows: list[dict[str, Any]] = []
        for record in self._rows("records"):
            entry = entries.get(record["paper"])
            rows.append(
                {
                    "paper": record["paper"],
                    "title": entry.title if entry else "",
                    "authors": "; ".join(entry.authors) if entry else "",
                    "year": entry.year if entry else None,
                    "first_public": year_of(record),
                    "venue": entry.venue if entry else "",
                    "type": entry.type if entry else "",
                    "doi": entry.doi if entry else "",
                    "arxiv_id": entry.arxiv_id if entry else "",
                    "url": entry.url if entry else "",
                    "verified": record["verified"] == "yes",
                    "grey": record["grey"] == "yes",
                    "guessed_streams": tuple(s for s in record["guessed_streams"].split(";") if s),
                    "text_sha256": record["text_sha256"],
                    "stratum": record["stratum"],
                }
            )
        kinds = {"year": "Int64", "first_public": "Int64", "verified": "bool", "grey": "bool"}
        return _frame(DERIVED["papers"], rows, kinds | {"guessed_streams": "object"})

    @cached_property
    def hits(self) -> pd.DataFrame:
        """One row a hit of a logged search."""
        return self._table("hits")

    @cached_property
    def maybe_duplicates(self) -> pd.DataFrame:
        """Pairs of records that may be one work, with the decision where there is one."""
        return self._table("maybe_duplicates")

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The sampling frames, a row a stage and record; ``score`` is missing where too few were screened."""
        numbers = ("score", "probability")
        rows: list[dict[str, Any]] = [
            {**r, **{n: r[n] or None for n in numbers}} for r in self._rows("frame")
        ]
        return _frame(STORED["frame"], rows, dict.fromkeys(numbers, "float64"))

    @cached_property
    def fields(self) -> pd.DataFrame:
        """What every hit said of its work, as it came in."""
        return self._table("fields")

    @cached_property
    def merges(self) -> pd.DataFrame:
        """Which record joined which work and why, merges that were taken back too."""
        return self._table("merges")

    @cached_property
    def removals(self) -> pd.DataFrame:
        """Searches and records that were taken out, those put back too."""
        return self._table("removals")

    @cached_property
    def sampling(self) -> pd.DataFrame:
        """The blocks that were drawn, with frame, seed and probability."""
        return self._table("sampling")

    @cached_property
    def sample(self) -> pd.DataFrame:
        """The records that were drawn, with stratum, block and order."""
        return self._table("sample")

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The runs of model coders."""
        return self._table("runs")

    @cached_property
    def screening(self) -> pd.DataFrame:
        """Every screening decision of every screener."""
        return self._table("screening")

    @cached_property
    def codings(self) -> pd.DataFrame:
        """Every coding of every coder, all revisions."""
        return self._table("codings")

    @cached_property
    def signoffs(self) -> pd.DataFrame:
        """Who says to have coded which paper, under which schema, on which basis."""
        return self._table("signoffs")

    @cached_property
    def adjudications(self) -> pd.DataFrame:
        """Decisions on disagreements."""
        return self._table("adjudications")

    @cached_property
    def verifications(self) -> pd.DataFrame:
        """What humans said of machine codings."""
        return self._table("verifications")

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """Paired evidence that holds: of every row its newest revision, withdrawn ones left out."""
        rows = current(self._rows("measurements"), ("paper", "failure_mode", "n")).values()
        return _frame(STORED["measurements"], [{**r} for r in rows if r["state"] == "present"], {})

    @cached_property
    def audit(self) -> pd.DataFrame:
        """The model panel: one measured value of one model a row."""
        from workbench.store.panel import panel_values

        faults: list[Fault] = []
        rows = panel_values(self._rows("audit"), faults)
        _refuse(faults)
        return _frame(STORED["audit"], rows, {"value": "float64", "n": "Int64"})

    @cached_property
    def screened(self) -> pd.DataFrame:
        """What screening came to, a row a paper and stage."""
        rows: list[dict[str, Any]] = [{**r, "coders": int(r["coders"])} for r in self._derived("screened")]
        return _frame(DERIVED["screened"], rows, {"coders": "Int64"})

    @cached_property
    def reached(self) -> pd.DataFrame:
        """Where every work stands in the flow of records: what the flow, the status and the methods section count."""
        return _frame(DERIVED["reached"], self._derived("reached"), {})

    @cached_property
    def independent(self) -> pd.DataFrame:
        """The sign-offs of codings made blind, recodings for verification too: what agreement and recall take."""
        return self.signoffs[self.signoffs["blind"] == "yes"].reset_index(drop=True)

    @cached_property
    def final(self) -> pd.DataFrame:
        """What the coders' work comes to: what every analysis but agreement takes."""
        return self._final("final")

    @cached_property
    def final_by_machines(self) -> pd.DataFrame:
        """The table ``final`` as it would be if no human had coded, adjudicated or verified: what validation takes."""
        return self._final("final_by_machines")

    def _final(self, name: str) -> pd.DataFrame:
        return _frame(
            DERIVED["final"], self._derived(name), {"human_verified": "bool", "grey": "bool", "year": "Int64"}
        )

    @cached_property
    def stale(self) -> pd.DataFrame:
        """Codings made under a wording that holds no longer, with the old and the new: what to look at again."""
        from workbench.store.stale import stale

        rows = stale(self.root, self.schema, self._rows("codings"), self._rows("signoffs"))
        return _frame(DERIVED["stale"], [{**r} for r in rows], {})

    @cached_property
    def coders(self) -> pd.DataFrame:
        """Who codes: ``coder``, ``kind`` (human or language-model), ``name``, ``since``, ``counts_from``."""
        import pandas as pd

        known = self._derived("coders").values()
        columns = {c: c for c in ("kind", "name", "since", "counts_from")}
        return pd.DataFrame(
            {
                c: pd.Series([getattr(k, f) for k in known], dtype="str")
                for c, f in {"coder": "id", **columns}.items()
            }
        )

    @cached_property
    def failure_modes(self) -> pd.DataFrame:
        """The schema's failure modes, a row a mode, in schema order."""
        rows: list[dict[str, Any]] = [
            {
                "code": c.id,
                "name": c.name,
                "side": c.side,
                "goodhart": c.goodhart,
                "definition": c.definition,
                "include_when": c.include_when,
                "exclude_when": c.exclude_when,
                "neighbours": tuple(n.id for n in c.neighbours),
                "counterparts": tuple(n.id for n in c.counterparts),
                "synonyms": c.synonyms,
            }
            for c in self.schema.failure_modes
        ]
        tuples = dict.fromkeys(("neighbours", "counterparts", "synonyms"), "object")
        return _frame(DERIVED["failure_modes"], rows, tuples)

    @cached_property
    def codes(self) -> pd.DataFrame:
        """Every code of every facet, in schema order."""
        rows = [
            {
                "facet": f.id,
                "code": c.id,
                "name": c.name,
                "assessable_from": c.assessable_from or f.assessable_from,
            }
            for f in self.schema.facets
            for c in f.codes
        ]
        return _frame(DERIVED["codes"], rows, {})

    def assessable(self, basis: str = "abstract") -> list[tuple[str, str]]:
        """Return the (facet, code) pairs that can be told from what was read."""
        return [(f.id, c.id) for f in self.schema.facets for c in f.codes if f.assessable(c.id, basis)]

    @cached_property
    def _decisions(self) -> Decisions:
        from workbench.store.decisions import Decisions

        return Decisions(self.root, [])

    def _derived(self, name: str) -> Any:
        """Return one of the attributes of ``Decisions``; the files it is made of must be faultless."""
        found = getattr(self._decisions, name)
        _refuse(self._decisions.faults)
        return found

    def _rows(self, name: str) -> list[Row]:
        rows = self._decisions.rows(name)
        _refuse(self._decisions.faults)
        return rows

    def _table(self, name: str) -> pd.DataFrame:
        table = STORED[name]
        extra = ("coder",) if "{coder}" in table.path else ()
        return _frame(table, list(self._rows(name)), {}, extra)


def open_survey(path: str | Path = ".") -> Survey:
    """Open a survey folder: any folder with ``corpus/`` and ``coding_schema/``.

    An interrupted write is completed or rolled back first. Tables are read when they are first asked for.

    Raises:
        Refused: the folder is no survey; or, when a table is asked for, its file is faulty.
    """
    root = Path(path)
    missing = [name for name in ("corpus", "coding_schema") if not (root / name).is_dir()]
    if missing:
        remedy = "give the folder that holds corpus/ and coding_schema/ (--survey PATH)"
        raise Refused([Fault(name, 0, "", "no such folder", remedy) for name in missing])
    recover(root)
    return Survey(root)


def _refuse(faults: list[Fault]) -> None:
    if any(not f.warning for f in faults):
        raise Refused([f for f in faults if not f.warning])


def _frame(
    table: Table, rows: list[dict[str, Any]], kinds: dict[str, str], extra: tuple[str, ...] = ()
) -> pd.DataFrame:
    import pandas as pd

    columns = [*extra, *table.header]
    return pd.DataFrame(
        {c: pd.Series([row[c] for row in rows], dtype=kinds.get(c, "str")) for c in columns}, columns=columns
    )
