"""What a count rests on: of some papers and codes, what each coder said, the rulings and the verifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench.store.corpus import current
from workbench.store.files import Row
from workbench.store.tables import FAILURE_MODE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.store.survey import Survey

COLUMNS = (
    "paper",
    "facet",
    "code",
    "source",
    "who",
    "state",
    *FAILURE_MODE_COLUMNS,
    "principal",
    "confidence",
    "note",
    "locator",
    "start",
    "end",
)
_AT = ("paper", "schema", "basis", "facet", "code")


def evidence(
    survey: Survey, papers: Iterable[str], codes: Iterable[tuple[str, str]], *, basis: str = "abstract"
) -> pd.DataFrame:
    """Return the evidence behind codes of papers, under the schema version that ``final`` takes of each paper.

    Only what is signed off is among it.

    Args:
        survey: the opened survey.
        papers: keys; the result keeps their order.
        codes: pairs of facet and code.
        basis: what was read.

    Returns:
        One row a coding that holds, a ruling (``source`` ruling; ``note`` is its rationale) or a verification:
        ``COLUMNS``, all text. A coder who left the code out has no row.
    """
    import pandas as pd

    keys, wanted = list(dict.fromkeys(papers)), set(codes)
    place = {paper: n for n, paper in enumerate(keys)}
    final = survey.final
    mine = final[(final["basis"] == basis) & final["paper"].isin(keys)]
    version = dict(zip(mine["paper"], mine["schema"], strict=True))
    signs = survey.signoffs
    signs = signs[(signs["basis"] == basis) & signs["paper"].isin(keys)]
    signed = set(zip(signs["coder"], signs["paper"], signs["schema"], strict=True))

    def rows_of(table: pd.DataFrame, key: tuple[str, ...]) -> list[Row]:
        held = table[(table["basis"] == basis) & table["paper"].isin(keys)]
        rows: list[Any] = held.to_dict("records")
        asked = [r for r in current(rows, key).values() if (r["facet"], r["code"]) in wanted]
        return [r for r in asked if r.get("schema", version.get(r["paper"])) == version.get(r["paper"])]

    out: list[dict[str, str]] = []
    for row in rows_of(survey.codings, ("coder", *_AT)):
        if row["state"] != "withdrawn" and (row["coder"], row["paper"], row["schema"]) in signed:
            out.append({**row, "source": "coding", "who": row["coder"]})
    for row in rows_of(survey.adjudications, _AT):
        note = " ".join(filter(None, (row["rationale"], row["note"] if row["chosen"] == "new" else "")))
        out.append({**row, "source": "ruling", "who": row["by"], "note": note})
    for row in rows_of(survey.verifications, ("coder", "paper", "basis", "facet", "code")):
        said = {"state": row["state"] or row["outcome"], "source": "verification", "who": row["coder"]}
        out.append({**row, **said})
    order = {"coding": 0, "ruling": 1, "verification": 2}
    out.sort(key=lambda r: (place[r["paper"]], r["facet"], r["code"], order[r["source"]], r["who"]))
    return pd.DataFrame(
        {c: pd.Series([r[c] for r in out], dtype="str") for c in COLUMNS}, columns=list(COLUMNS)
    )
