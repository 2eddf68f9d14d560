"""What the widgets about one paper share: who is at work, the paper as it is read, and what is still missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.doors.coding_rules import Texts, value_faults
from workbench.store.bibliography import PAPERS as BIBLIOGRAPHY
from workbench.store.bibliography import Entry, read_papers
from workbench.store.clock import now
from workbench.store.coders import Coder, read_coders
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, sha256, writing
from workbench.store.schema import BASES, Facet, Schema
from workbench.store.tables import FAILURE_MODE_COLUMNS
from workbench.store.texts import LEAST_WORDS, Place, Text, find, find_again, fold, quoted
from workbench.widgets.base import Widget

DRAFTS = Path(".cache/drafts")
#: What a coder gives of a failure mode, in the order in which it is asked.
ASKED = ("level", "role", "words", "note", "figure_seen", "mitigates", "formal", "confidence", "locator")

#: What they are called, in every widget that asks for them or shows them.
NAMES = {
    "level": "Level",
    "role": "Role",
    "words": "Words it rests on",
    "note": "Note, in your own words",
    "figure_seen": "A number for it in the text?",
    "mitigates": "A remedy for it offered?",
    "formal": "A proof or formal model?",
    "confidence": "Confidence",
    "locator": "Where in the text",
    "principal": "Principal",
}


class PaperWidget(Widget):
    """A widget in which one person works on one paper at a time.

    Attributes:
        coder: id of the person; empty: the widget asks.
        basis: what is read.
        paper: the paper in hand.
    """

    def __init__(self, survey: Any, coder: str, basis: str) -> None:
        """Make the widget for somebody."""
        super().__init__(survey)
        self.coder = coder
        self.basis = basis
        self.paper = ""
        self._entries: tuple[str, dict[str, Entry]] = ("", {})
        self._told_schema = ""
        self._saved = ""

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See the base; a view that opens is told the codebook."""
        if message.get("name") == "open":
            self._told_schema = ""
        return super().act(message)

    def do_coder(self, message: Mapping[str, Any]) -> None:
        """Work as somebody; looks at the coders again."""
        self.coder, self.paper = str(message["coder"]), ""

    def _locked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Act under the survey's lock: two kernels of one person lose nothing of each other's drafts."""
        try:
            with writing(self.root):
                return PaperWidget.act(self, message)
        except Refused as busy:
            answer = PaperWidget.act(self, {"n": 0, "view": message.get("view", ""), "name": "open"})
            faults = [f"{f.message}: {f.remedy}" for f in busy.faults]
            return answer | {"n": message.get("n", 0), "faults": faults}

    def _go(self, message: Mapping[str, Any], order: list[str]) -> None:
        if message.get("paper"):
            self.paper = str(message["paper"])
        elif order:
            at = order.index(self.paper) if self.paper in order else -1
            self.paper = order[(at + int(message.get("step", 1))) % len(order)]

    def _coders(self) -> dict[str, Coder]:
        faults: list[Fault] = []
        coders = read_coders(self.root, faults)
        if faults:
            raise Refused(faults)
        return coders

    def _about(self, coders: Mapping[str, Coder]) -> dict[str, Any]:
        """What every state says: who is at work and who could be."""
        out: dict[str, Any] = {
            "coder": self.coder,
            "people": [{"id": c.id, "name": c.name} for c in coders.values() if c.kind == "human"],
            "basis": self.basis,
            "saved": self._saved or "As in the files",
            "queue": [],
            "paper": None,
        }
        who = coders.get(self.coder)
        if self.coder and (who is None or who.kind != "human"):
            why = (
                "is not among the coders"
                if who is None
                else "is a language model: it works by the command line"
            )
            out["not_coder"] = f"{self.coder} {why}"
        return out

    def _text(self) -> Text | None:
        return Texts(self.root).read(self.paper, self.basis)

    def _facts(self, text: Text | None) -> dict[str, Any]:
        entry = self._papers().get(self.paper)
        ids = []
        if entry:
            ids = [
                {"kind": kind, "text": value, "url": url}
                for kind, value, url in (
                    ("doi", entry.doi, f"https://doi.org/{entry.doi}"),
                    ("arXiv", entry.arxiv_id, f"https://arxiv.org/abs/{entry.arxiv_id}"),
                    ("address", entry.url, entry.url),
                )
                if value and not (kind == "address" and entry.arxiv_id and entry.arxiv_id in value)
            ]
        return {
            "key": self.paper,
            "title": fold(text.title) if text else (entry.title if entry else self.paper),
            "body": fold(text.body) if text and self.basis != "title" else "",
            "in_hand": text is not None,
            "year": str(entry.year or "") if entry else "",
            "venue": entry.venue if entry else "",
            "authors": list(entry.authors) if entry else [],
            "ids": ids,
        }

    def _papers(self) -> dict[str, Entry]:
        path = self.root / BIBLIOGRAPHY
        digest = sha256(path.read_bytes()) if path.exists() else ""
        if digest != self._entries[0]:
            faults: list[Fault] = []
            self._entries = (digest, {e.key: e for e in read_papers(self.root, faults)})
        return self._entries[1]

    def _words(self, row: Row) -> str:
        text = Texts(self.root).read(self.paper, self.basis)
        if text is None or not row["start"]:
            return ""
        place = Place(row["text_sha256"], int(row["start"]), int(row["end"]), row["span_sha256"])
        found = find_again(place, text)
        return found[0] if found else ""


def missing(widget: PaperWidget, schema: Schema, which: str, cells: Mapping[str, str]) -> list[str]:
    """What must still be said of a failure mode before the door takes it: names of fields."""
    return [NAMES[c] for c in ASKED if not cells[c].strip()]


def contrary(widget: PaperWidget, schema: Schema, which: str, cells: Mapping[str, str]) -> list[str]:
    """What has been said of a failure mode and the door would refuse, in words."""
    out: list[str] = []
    text = widget._text()
    if cells["words"].strip():
        more = LEAST_WORDS - len(fold(cells["words"]).split())
        if more > 0:
            out.append(f"{NAMES['words']}: {more} more word{'s' if more > 1 else ''} of the text")
        elif text and find(cells["words"], text) is None:
            out.append(f"{NAMES['words']}: these do not stand in the text")
    if text and (run := quoted(cells["note"], text)):
        out.append(f"{NAMES['note']}: it quotes {run!r}")
    if not any(not cells[c] for c in FAILURE_MODE_COLUMNS):
        faults: list[str] = []
        row = {
            "facet": levelled(schema).id,
            "code": which,
            "basis": widget.basis,
            "state": "present",
            **cells,
            "principal": "",
        }
        value_faults(row, schema, lambda message, remedy: faults.append(f"{_named(message)}: {remedy}"))
        out += [f for f in faults if " without " not in f and "confidence" not in f.lower()]
    return out


def _named(message: str) -> str:
    """Return what the door says with its first word, a column, as the widget calls it."""
    column, blank, rest = message.partition(" ")
    return f"{NAMES[column]}{blank}{rest}" if column in NAMES else message


def broken(words: str, text: Text | None) -> dict[str, str] | None:
    """Say where words leave the text: JSON; None where they stand in it, or there is nothing to compare.

    Returns:
        ``until``: the last of the words that still stand there together, empty where not even the first does;
        ``at``: the first that does not fit; ``instead``: what the text has there.
    """
    given = fold(words).split()
    if text is None or not given or find(words, text):
        return None
    stand = 0
    while find(" ".join(given[: stand + 1]), text):
        stand += 1
    place = find(" ".join(given[:stand]), text) if stand else None
    follows = " ".join(text.normalised[place.end :].split()[:3]) if place else ""
    return {"until": " ".join(given[max(0, stand - 3) : stand]), "at": given[stand], "instead": follows}


def codebook(schema: Schema) -> dict[str, Any]:
    """Return what the browser shows of the schema: JSON."""
    names = {c.id: c.name for c in schema.failure_modes}

    def terms(found: Iterable[Any]) -> list[dict[str, str]]:
        return [
            {"id": t.id, "name": t.name or t.id, "definition": t.definition, "good": t.good, "bad": t.bad}
            for t in found
        ]

    return {
        "purpose": schema.purpose,
        "names": NAMES,
        "least_words": LEAST_WORDS,
        "levels": terms(schema.levels),
        "roles": terms(schema.roles),
        "mitigates": terms(schema.mitigates),
        "rules": [{"id": r.id, "text": r.text} for r in schema.rules],
        "facets": [
            {
                "id": f.id,
                "name": f.name,
                "question": f.question,
                "min": f.cardinality.min,
                "max": f.cardinality.max,
                "principal": f.principal,
                "levelled": f.levelled,
                "rules": list(f.rules),
                "codes": [
                    {
                        "id": c.id,
                        "name": c.name,
                        "definition": c.definition,
                        "include": c.include_when,
                        "exclude": c.exclude_when,
                        "good": c.good,
                        "bad": c.bad,
                        "side": c.side,
                        "synonyms": list(c.synonyms),
                        "everyday": list(c.everyday),
                        "alone": c.alone,
                        "neighbours": [
                            {"id": n.id, "name": names.get(n.id, n.id), "rule": n.rule} for n in c.neighbours
                        ],
                        "bases": [b for b in BASES if f.assessable(c.id, b)],
                    }
                    for c in f.codes
                ],
            }
            for f in schema.facets
        ],
    }


def levelled(schema: Schema) -> Facet:
    """Return the facet that carries levels: the failure modes."""
    return next(f for f in schema.facets if f.levelled)


def codes_seen(root: Path, coder: str) -> dict[str, str]:
    """Return the papers of which somebody asked to see the machines' codes -> when; known on this machine only."""
    try:
        kept = json.loads(seen_path(root, coder).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def seen_path(root: Path, coder: str) -> Path:
    """Return where it is noted whose codes somebody has seen."""
    return root / DRAFTS / coder / "codes-seen.json"


def refusal(message: str, remedy: str) -> Refused:
    """Return a refusal of a widget's action."""
    return Refused([Fault("widget", 0, "", message, remedy)])


def clock() -> str:
    """Return the time of day (UTC) at which something was saved."""
    return now()[11:19]
