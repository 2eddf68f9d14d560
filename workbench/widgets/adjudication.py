"""Adjudicating inside JupyterLab: what coders differ on, most important first, both codings side by side.

Nothing of a paper is shown that fewer than two have signed off, nor of one that the adjudicator has begun to code.
Rulings go through ``workbench.doors.adjudication.adjudicate``; a second ruling on the same thing is a new revision.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.doors.adjudication import NEW, SCREENING, adjudicate
from workbench.doors.coding import KEY
from workbench.doors.coding_rules import Texts
from workbench.reading.disputes import Dispute, disputes
from workbench.store.bibliography import PAPERS, Entry, read_papers
from workbench.store.coders import FOLDER as CODERS
from workbench.store.coders import Coder, read_coders
from workbench.store.corpus import current, path_of, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, parsed, sha256, writing
from workbench.store.schema import PATH as SCHEMA_PATH
from workbench.store.schema import Code, Facet, Schema, load_schema
from workbench.store.tables import CODINGS, FAILURE_MODE_COLUMNS
from workbench.store.texts import Place, Text, find_again
from workbench.widgets.base import Widget, script, style
from workbench.widgets.papers import NAMES

#: What the browser may give of a new coding.
GIVEN = ("state", *FAILURE_MODE_COLUMNS, "principal", "confidence", "note", "locator", "words")
#: The least that a reason has, where one is given at all: more than a word, of which nobody could later tell why.
LEAST_REASON = 10
#: How many entries of the queue travel to the browser.
SHOWN = 60
_FILES = ("codings", "signoffs", "verifications", "screening", "records")


class AdjudicationWidget(Widget):
    """Settle what coders or screeners differ on, as a third party.

    Attributes:
        by: id of the adjudicator, a human among the coders; empty until somebody says who they are.
    """

    _esm = script("adjudication")
    _css = style("adjudication")
    fallback = "The adjudication widget stands here when the notebook is open in JupyterLab."

    def __init__(self, root: str | Path | Any, by: str = "") -> None:
        """Make the widget over a survey folder or an opened survey; ``by`` is who adjudicates."""
        self.by = by
        self._at: tuple[str, ...] = ()
        self._found: tuple[str, list[Dispute]] = ("", [])
        self._entries: tuple[str, dict[str, Entry]] = ("", {})
        self._indexed: dict[str, tuple[list[Row], dict[tuple[str, ...], list[Row]]]] = {}
        self._saved = ""
        super().__init__(root)

    # ---- what the browser asks for

    def do_coder(self, message: Mapping[str, Any]) -> None:
        """Somebody says who they are."""
        self.by = str(message.get("coder", ""))

    def do_go(self, message: Mapping[str, Any]) -> None:
        """Show another dispute."""
        self._saved = ""
        self._at = tuple(str(part) for part in message.get("key", ()))

    def do_rule(self, message: Mapping[str, Any]) -> None:
        """Settle a dispute: the whole of it through the door, or nothing."""
        key = tuple(str(part) for part in message.get("key", ()))
        chosen = str(message.get("chosen", ""))
        reason = str(message.get("rationale", "")).strip()
        if reason and (len(reason) < LEAST_REASON or len(reason.split()) < 2):
            raise _refused(
                f"the reason is {reason!r}",
                f"say why in more than a word: at least {LEAST_REASON} characters and a blank",
            )
        with writing(self.root):
            everything = self._disputes()
            dispute = next((d for d in everything if d.key == key), None)
            if dispute is None:
                raise _refused("this is in dispute no longer", "somebody revised a coding; see what is left")
            if message.get("digest") != self._digest(dispute):
                raise _refused(
                    "changed on disk since it was shown: nothing was written",
                    "what you see now is what the files say; your words are kept, so look and rule again",
                )
            rows = [self._row(dispute, chosen, message)]
            if message.get("scope") == "facet" and chosen != NEW:
                rows += [self._row(d, chosen, message) for d in _beside(dispute, everything)]
            written = adjudicate(self.root, self.by, rows)
        self._saved = "Ruling saved"
        left = [d for d in self._disputes() if not d.settled]
        self.notes += [f"{written.rows or written.unchanged} settled, {len(left)} open.", *written.notes]
        mine = self._codes_of(self.by)
        after = [d for d in left if d.weight <= dispute.weight and not self._barred(d, mine)]
        following = [d for d in after if d.key != key] or [d for d in left if not self._barred(d, mine)]
        self._at = following[0].key if following else ()

    def _row(self, dispute: Dispute, chosen: str, message: Mapping[str, Any]) -> Row:
        row = dict(zip(KEY, dispute.key, strict=True))
        row |= {"chosen": chosen, "rationale": str(message.get("rationale", ""))}
        if chosen == NEW:
            values = message.get("values") or {}
            row |= {c: str(values[c]) for c in GIVEN if values.get(c)}
        return {**row, "_file": "", "_line": "0"}

    # ---- what it is shown

    def state(self) -> dict[str, Any]:
        """Return the queue, and the dispute at hand with everything that bears on it."""
        faults: list[Fault] = []
        schema = load_schema(self.root)
        coders = read_coders(self.root, faults)
        humans = [c for c in coders.values() if c.kind == "human"]
        who = coders.get(self.by)
        if who is None or who.kind != "human":
            if faults:
                raise Refused(faults)
            return {
                "who": "",
                "not_coder": f"{self.by} is no human among the coders." if self.by else "",
                "people": [{"id": c.id, "name": c.name} for c in humans],
                "saved": "As in the files",
            }
        everything = self._disputes()
        mine = self._codes_of(self.by)
        hidden = [d for d in everything if self._barred(d, mine) == "begun"]
        seen = [d for d in everything if self._barred(d, mine) != "begun"]
        left = [d for d in seen if not d.settled]
        settled = self._newest_first([d for d in seen if d.settled])
        free = [d for d in left if not self._barred(d, mine)]
        at = next((d for d in seen if d.key == self._at), None) or next(iter(free or left), None)
        self._at = at.key if at else ()
        entries = self._bibliography(faults)
        listed = left[:SHOWN]
        if at and not at.settled and at not in listed:
            listed.append(at)
        return {
            "who": self.by,
            "people": [],
            "names": NAMES,
            "least_reason": LEAST_REASON,
            "id": sha256(str(self.root))[:12],
            "open": len(left),
            "settled_n": len(settled),
            "hidden": len(hidden),
            "queue": [self._entry(d, schema, entries, mine) for d in listed],
            "settled": [self._entry(d, schema, entries, mine) for d in settled[:SHOWN]],
            "at": list(self._at),
            "dispute": self._dispute(at, schema, coders, entries, everything, mine) if at else None,
            "saved": self._saved or "As in the files",
        }

    def _entry(
        self, dispute: Dispute, schema: Schema, entries: Mapping[str, Entry], mine: Mapping[Any, str]
    ) -> dict[str, Any]:
        entry = entries.get(dispute.paper)
        facet, code = _named(dispute, schema)
        return {
            "key": list(dispute.key),
            "title": entry.title if entry else dispute.paper,
            "facet": facet,
            "code": code,
            "kinds": list(dispute.kinds),
            "said": dispute.said,
            "barred": self._barred(dispute, mine),
        }

    def _dispute(
        self,
        dispute: Dispute,
        schema: Schema,
        coders: Mapping[str, Coder],
        entries: Mapping[str, Entry],
        everything: list[Dispute],
        mine: Mapping[Any, str],
    ) -> dict[str, Any]:
        entry = entries.get(dispute.paper)
        text = Texts(self.root).read(dispute.paper, dispute.basis)
        facet = schema.facet(dispute.facet)
        sides = self._sides(dispute)
        barred = self._barred(dispute, mine)
        return {
            **self._entry(dispute, schema, entries, mine),
            "paper": dispute.paper,
            "basis": dispute.basis,
            "schema": dispute.schema,
            "in_force": dispute.schema == schema.version,
            "authors": "; ".join(entry.authors) if entry else "",
            "year": entry.year if entry else None,
            "url": entry.url if entry else "",
            "screening": dispute.facet == SCREENING,
            "levelled": bool(facet and facet.levelled),
            "principal": bool(facet and facet.principal),
            "sides": [self._side(c, row, coders, text, dispute) for c, row in sides.items()],
            "text": text.normalised if text else "",
            "book": _screening_book(schema)
            if dispute.facet == SCREENING
            else _book(facet, dispute, schema, sides),
            "rulings": self._rulings(dispute),
            "beside": [_named(d, schema)[1] for d in _beside(dispute, everything)],
            "given": self._given(dispute),
            "must": dispute.facet == SCREENING or bool(facet and facet.levelled),
            "barred": barred,
            "digest": self._digest(dispute),
        }

    def _side(
        self, coder: str, row: Row | None, coders: Mapping[str, Coder], text: Text | None, dispute: Dispute
    ) -> dict[str, Any]:
        """What one coder said, with the words it rests on where the text is in hand."""
        kind = coders[coder].kind if coder in coders else ""
        side: dict[str, Any] = {"coder": coder, "kind": kind, "words": "", "place": None, "cells": {}}
        if row is None or row.get("state") == "withdrawn":
            return {**side, "state": "absent"}
        if dispute.facet == SCREENING:
            cells = {c: row[c] for c in ("reason", "streams", "basis") if row[c]}
            return {**side, "state": row["decision"], "cells": cells, "note": row["note"]}
        held = (*FAILURE_MODE_COLUMNS, "principal", "confidence")
        side |= {
            "state": row["state"],
            "cells": {c: row[c] for c in held if row[c]},
            "note": row["note"],
            "locator": row["locator"],
        }
        if row["start"]:
            place = Place(row["text_sha256"], int(row["start"]), int(row["end"]), row["span_sha256"])
            found = find_again(place, text) if text else None
            side["words"] = found[0] if found else ""
            side["place"] = {"start": found[1].start, "end": found[1].end} if found else None
            side["why"] = "" if found else "not in this edition of the text" if text else "text not in hand"
        return side

    def _rulings(self, dispute: Dispute) -> list[dict[str, Any]]:
        """Every ruling there ever was on this, newest first: under other versions of the schema too."""
        same = [
            r
            for r in stored(self.root, "adjudications", [])
            if (r["paper"], r["facet"], r["code"]) == (dispute.paper, dispute.facet, dispute.code)
            and (dispute.facet == SCREENING or r["basis"] == dispute.basis)
        ]
        same.sort(key=lambda r: (r["at"], r["schema"], revision(r)), reverse=True)
        values = (*FAILURE_MODE_COLUMNS, "principal", "note")
        columns = ("schema", "revision", "state", *values, "chosen", "rationale", "by", "at")
        return [{c: r[c] for c in columns if r[c]} for r in same]

    def _newest_first(self, settled: list[Dispute]) -> list[Dispute]:
        """Order settled disputes by their last ruling: what was settled by mistake is found at the top."""
        last: dict[tuple[str, ...], str] = {}
        for row in stored(self.root, "adjudications", []):
            at = (row["paper"], row["facet"], row["code"])
            last[at] = max(row["at"], last.get(at, ""))
        return sorted(settled, key=lambda d: last.get((d.paper, d.facet, d.code), ""), reverse=True)

    def _given(self, dispute: Dispute) -> list[dict[str, Any]]:
        """What each coder gave in the same facet: a code may have gone to a neighbour."""
        if dispute.facet == SCREENING:
            return []
        out = []
        for coder in self._signed(dispute):
            rows = [
                r
                for r in current(self._rows_of(coder, dispute.key[:3]), KEY).values()
                if r["facet"] == dispute.facet and r["state"] != "withdrawn"
            ]
            codes = [f"{r['code']}{' (' + r['level'] + ')' if r['level'] else ''}" for r in rows]
            out.append({"coder": coder, "codes": sorted(codes)})
        return out

    # ---- what the files say

    def _disputes(self) -> list[Dispute]:
        """All disputes; worked out anew only when a file they rest on has other bytes.

        A ruling on a code changes nothing but that this is settled: so much is told without working them out.
        """
        paths = [self.root / SCHEMA_PATH, *sorted((self.root / CODERS).glob("*.yaml"))]
        for name in _FILES:
            paths += sorted((self.root / "corpus").glob(f"{name}.csv"))
            paths += sorted((self.root / "corpus" / name).glob("*.csv"))
        rulings = stored(self.root, "adjudications", [])
        screened = [sorted(r.items()) for r in rulings if r["facet"] == SCREENING]
        state = sha256("".join(f"{p}{sha256(p.read_bytes())}" for p in paths if p.exists()) + repr(screened))
        if self._found[0] != state:
            self._found = (state, disputes(self.root))
        ruled = {tuple(r[c] for c in KEY) for r in rulings}
        wrong = {d.key for d in self._found[1] if d.facet != SCREENING and d.settled != (d.key in ruled)}
        if wrong:
            told = [replace(d, settled=d.key in ruled) if d.key in wrong else d for d in self._found[1]]
            self._found = (state, told)
        return self._found[1]

    def _rows_of(self, coder: str, whole: tuple[str, ...]) -> list[Row]:
        """One coder's rows on a paper (``WHOLE``); the file is indexed anew only when it has other bytes."""
        rows, _ = parsed(self.root, path_of(CODINGS, coder), CODINGS)
        known = self._indexed.get(coder)
        if known is None or known[0] is not rows:
            index: dict[tuple[str, ...], list[Row]] = defaultdict(list)
            for row in rows:
                index[row["paper"], row["schema"], row["basis"]].append(row)
            known = self._indexed[coder] = (rows, dict(index))
        return known[1].get(whole, [])

    def _bibliography(self, faults: list[Fault]) -> dict[str, Entry]:
        digest = sha256((self.root / PAPERS).read_bytes()) if (self.root / PAPERS).exists() else ""
        if self._entries[0] != digest or not digest:
            self._entries = (digest, {e.key: e for e in read_papers(self.root, faults)})
        return self._entries[1]

    def _codes_of(self, coder: str) -> dict[tuple[str, str], str]:
        """Of each paper (and basis, or ``screening``) what one person has to do with it: signed, begun or screened."""
        out: dict[tuple[str, str], str] = {}
        for row in stored(self.root, "codings", [], coder=coder):
            out[row["paper"], row["basis"]] = "begun"
        for row in stored(self.root, "signoffs", [], coder=coder):
            out[row["paper"], row["basis"]] = "coded"
        for row in stored(self.root, "screening", [], coder=coder):
            out[row["paper"], SCREENING] = "screened"
        return out

    def _barred(self, dispute: Dispute, mine: Mapping[Any, str]) -> str:
        """Say why this person may not rule: ``begun`` (nor see it), ``coded`` or ``screened``; else nothing."""
        if dispute.facet == SCREENING:
            return mine.get((dispute.paper, SCREENING), "")
        return mine.get((dispute.paper, dispute.basis), "")

    def _signed(self, dispute: Dispute) -> list[str]:
        whole = dispute.key[:3]
        rows = stored(self.root, "signoffs", [])
        return sorted({r["coder"] for r in rows if (r["paper"], r["schema"], r["basis"]) == whole})

    def _sides(self, dispute: Dispute) -> dict[str, Row | None]:
        """What each of those who signed off (or screened) said; None where a coder left the code out."""
        if dispute.facet == SCREENING:
            rows = stored(self.root, "screening", [])
            mine = [r for r in rows if (r["paper"], r["stage"]) == (dispute.paper, dispute.code)]
            newest = current(mine, ("coder",))
            return {who: newest[who,] for (who,) in sorted(newest)}
        out: dict[str, Row | None] = {}
        for coder in self._signed(dispute):
            mine = [
                r for r in self._rows_of(coder, dispute.key[:3]) if (r["facet"], r["code"]) == dispute.key[3:]
            ]
            out[coder] = max(mine, key=revision, default=None)
        return out

    def _digest(self, dispute: Dispute) -> str:
        """Return a digest of what a ruling rests on: what each said, and the rulings so far."""
        sides = {c: _bare(row) for c, row in self._sides(dispute).items()}
        return sha256(json.dumps([sides, self._rulings(dispute)], sort_keys=True))[:16]


def _bare(row: Row | None) -> Row | None:
    return None if row is None else {c: v for c, v in row.items() if not c.startswith("_")}


def _refused(message: str, remedy: str) -> Refused:
    return Refused([Fault("", 0, "", message, remedy)])


def _beside(dispute: Dispute, everything: list[Dispute]) -> list[Dispute]:
    """Return what else is open in the same facet of the same paper."""
    if dispute.facet == SCREENING:
        return []
    return [d for d in everything if d.key[:4] == dispute.key[:4] and d.key != dispute.key and not d.settled]


def _named(dispute: Dispute, schema: Schema) -> tuple[str, str]:
    """Return the names of facet and code as people read them."""
    if dispute.facet == SCREENING:
        return "Screening", f"Screening ({dispute.code})"
    facet = schema.facet(dispute.facet)
    code = facet.code(dispute.code) if facet else None
    return facet.name if facet else dispute.facet, code.name if code else dispute.code


def _screening_book(schema: Schema) -> dict[str, Any]:
    held = schema.screening
    return {
        "question": held.question,
        "criteria": [{"id": t.id, "text": t.definition} for t in held.criteria],
        "reasons": [{"id": t.id, "text": t.definition} for t in held.reasons],
        "rules": list(held.rules),
    }


def _book(
    facet: Facet | None, dispute: Dispute, schema: Schema, sides: Mapping[str, Row | None]
) -> dict[str, Any]:
    """The codebook's words on what is in dispute: the code, what separates it from its neighbours, the scales."""
    code = facet.code(dispute.code) if facet else None
    if facet is None or code is None:
        return {}
    said: dict[str, set[str]] = defaultdict(set)
    for row in sides.values():
        for column in ("level", "role", "mitigates"):
            if row is not None and row[column]:
                said[column].add(row[column])
    scales = {"level": schema.levels, "role": schema.roles, "mitigates": schema.mitigates}
    return {
        "question": facet.question,
        "rules": list(facet.rules),
        **_code(code),
        "neighbours": [
            {"id": n.id, "name": (other.name if (other := facet.code(n.id)) else n.id), "rule": n.rule}
            for n in code.neighbours
        ],
        # A scale is shown where the coders differ on it, and whole: a third level may be the right one.
        "scales": [
            {
                "of": name,
                "terms": [{"id": t.id, "text": t.definition, "said": t.id in said[name]} for t in terms],
            }
            for name, terms in scales.items()
            if facet.levelled
        ],
        "options": {
            "level": [t.id for t in schema.levels],
            "role": [t.id for t in schema.roles],
            "mitigates": [t.id for t in schema.mitigates],
            "formal": ["no", "yes"],
            "figure_seen": ["no", "yes"],
        }
        if facet.levelled
        else {},
    }


def _code(code: Code) -> dict[str, str]:
    return {
        "id": code.id,
        "name": code.name,
        "definition": code.definition,
        "include": code.include_when,
        "exclude": code.exclude_when,
        "good": code.good,
        "bad": code.bad,
    }
