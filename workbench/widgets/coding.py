"""Coding a paper inside JupyterLab: the paper on one side, the facets on the other, the codebook beside each code.

Every completed change goes through ``workbench.doors.coding.code`` at once. A failure mode that is not complete yet is
a draft in ``.cache/drafts/<coder>/`` (ignored by git), written at every pause in typing. Nothing of another coder's
rows is read before both have signed the paper off.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workbench.doors.coding import KEY, codable, code, signoff
from workbench.doors.coding_rules import complete_faults
from workbench.store.corpus import path_of, revision, stored
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, parsed, replace, sha256
from workbench.store.final import version_key
from workbench.store.history import COSMETIC
from workbench.store.schema import BASES, Facet, Schema, load_schema, schema_digest
from workbench.store.schema import PATH as SCHEMA
from workbench.store.stale import stale
from workbench.store.tables import CODINGS, FAILURE_MODE_COLUMNS, SIGNOFFS
from workbench.store.texts import Text, find, fold
from workbench.widgets.base import Clash, Key, Seen, look, script, style, visible
from workbench.widgets.papers import (
    ASKED,
    DRAFTS,
    NAMES,
    PaperWidget,
    broken,
    clock,
    codebook,
    codes_seen,
    contrary,
    levelled,
    missing,
    refusal,
)

#: What a new failure mode starts with; everything else must be said.
PRESET = {"formal": "no", "confidence": "sure"}
#: Actions that may write.
WRITES = ("set", "mode", "withdraw", "drop", "undo", "skip", "sign")
#: Steps that can be taken back.
UNDO = 30
#: What to do where taking a code back would leave a paper that is signed off incomplete.
RIGHT_FIRST = (
    "give the right one first, then take this one back; where the two may not stand together, go to the right one and "
    "press Give it instead (i): both change in one step"
)
STATED = {"present": "coded", "no-information": "no information"}
#: Papers that wait for nothing: signed off under the schema in force, or earlier under a wording that still holds.
DONE = ("signed", "holds")


class CodingWidget(PaperWidget):
    """Code papers as one coder.

    Args:
        survey: the survey folder, or an opened survey.
        coder: id among the coders; empty: the widget asks.
        basis: what is read: title, abstract or full-text.
    """

    _esm = script("fields", "coding")
    _css = style("fields", "coding")
    fallback = (
        "The coding widget stands here when this notebook is run in JupyterLab: the paper and its codebook on one "
        "side, the facets on the other."
    )

    def __init__(self, survey: Any, coder: str = "", basis: str = "abstract") -> None:
        """Make the widget; see the class."""
        super().__init__(survey, coder, basis)
        self._seen = Seen()
        self._ask: dict[str, Any] | None = None
        self._wrote: set[Key] = set()
        self._stale: tuple[str, dict[str, list[dict[str, str]]], dict[str, str]] = ("", {}, {})

    # ---- what the browser asks for

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See the base; every action but a question's repetition forgets the question."""
        self._ask, self._saved, self._wrote = None, "", set()
        return self._locked(message) if message.get("name") in WRITES else super().act(message)

    def do_open(self, message: Mapping[str, Any]) -> None:
        """Show the files as they are now, what an older wording made stale among them."""
        self._stale = ("", {}, {})

    def do_basis(self, message: Mapping[str, Any]) -> None:
        """Code from the title, the abstract or the full text."""
        if message["basis"] not in BASES:
            raise refusal(f"unknown basis {message['basis']!r}", f"one of {', '.join(BASES)}")
        self.basis = str(message["basis"])

    def do_go(self, message: Mapping[str, Any]) -> None:
        """Go to a paper, or with ``step`` 1 or -1 to the next or previous one that waits for its coder."""
        self._go(message, [p for p, status in self._queue() if status not in DONE or p == self.paper])

    def do_skip(self, message: Mapping[str, Any]) -> None:
        """Put a paper off: it is neither coded nor coded absent, and stays in the queue as skipped."""
        draft = self._draft()
        draft["skipped"] = True
        self._keep(draft)
        self.do_go({"step": 1})

    def do_set(self, message: Mapping[str, Any]) -> None:
        """Set one code of a facet without levels: ``facet``, ``code``, ``state``; ``confidence`` or ``principal``.

        With ``instead`` the codes that exclude it, or that it excludes, are withdrawn in the same step.
        """
        schema = load_schema(self.root)
        facet = schema.facet(str(message["facet"]))
        if facet is None:
            raise refusal(f"unknown facet {message['facet']!r}", "reload the page")
        gone = self._in_the_way(facet, str(message["code"])) if message.get("instead") else []
        row = self._plain_row(facet, message, gone)
        others = [r for r in self._other_principals(facet, message) if r["code"] not in gone]
        self._write([row, *others, *(self._row(facet.id, c, state="withdrawn") for c in gone)], message)

    def do_mode(self, message: Mapping[str, Any]) -> None:
        """Change cells of a failure mode: ``code``, ``cells``; ``typing`` keeps them as a draft only.

        The coding is written as soon as nothing is missing. After sign-off it waits for ``commit``, so that one change
        is one revision.
        """
        which, schema = str(message["code"]), load_schema(self.root)
        facet = levelled(schema)
        if facet.code(which) is None:
            raise refusal(f"unknown code {which!r}", "choose one of the list")
        draft = self._draft()
        stands = self._rows().get((facet.id, which))
        cells = self._cells(which, stands, draft) | {
            c: str(v) for c, v in dict(message.get("cells", {})).items() if c in ASKED
        }
        text = self._text()
        place = find(cells["words"], text) if text and cells["words"] else None
        if place and text and (not cells["locator"] or cells["locator"] in ("title", "abstract")):
            cells["locator"] = "title" if place.end <= len(fold(text.title)) else self._whereabouts()
        if which not in draft["modes"]:
            self._remember(draft, [((facet.id, which), stands)])
        held = stands["state"] if stands and stands["state"] != "withdrawn" else "present"
        given = str(message.get("state") or draft["modes"].get(which, {}).get("state", held))
        draft["modes"][which] = {**cells, "state": given}
        self._keep(draft)
        unfinished = missing(self, schema, which, cells) or contrary(self, schema, which, cells)
        if message.get("typing") or (given == "present" and unfinished):
            self._saved = "Draft kept"
            return
        if self._signed() and not message.get("commit"):
            self._saved = "Draft kept; not saved yet"
            return
        self._commit(facet, which, message)

    def do_withdraw(self, message: Mapping[str, Any]) -> None:
        """Take a failure mode back: a draft is dropped, a coding withdrawn."""
        which = str(message["code"])
        facet = levelled(load_schema(self.root))
        stands = self._rows().get((facet.id, which))
        if stands is None or stands["state"] == "withdrawn":
            draft = self._draft()
            self._remember(draft, [((facet.id, which), stands)])
            draft["modes"].pop(which, None)
            self._keep(draft)
            self._saved = "Draft dropped"
            return
        if self._write([self._row(facet.id, which, state="withdrawn")], message):
            draft = self._draft()
            draft["modes"].pop(which, None)
            self._keep(draft)

    def do_drop(self, message: Mapping[str, Any]) -> None:
        """Drop the draft of a failure mode that is coded: what is in the file holds."""
        draft = self._draft()
        draft["modes"].pop(str(message["code"]), None)
        self._keep(draft)
        self._saved = "Back to what is in the file"

    def do_undo(self, message: Mapping[str, Any]) -> None:
        """Take the last step on this paper back: through the door, as any other change."""
        draft = self._draft()
        if not draft["undo"]:
            raise refusal(
                "nothing to take back", "a sign-off cannot be taken back; change the coding instead"
            )
        step = draft["undo"][-1]
        rows = []
        for facet, which, before in step["rows"]:
            there = self._rows().get((facet, which))
            if _told(there) == ({c: v for c, v in before.items() if c != "words"} if before else None):
                continue
            if before is None or before["state"] == "withdrawn":
                rows.append(self._row(facet, which, state="withdrawn"))
            else:
                rows.append(self._row(facet, which, **before))
        if rows and not self._write(rows, message, remember=False):
            return
        draft = self._draft()
        draft["undo"].pop()
        for which, cells in step["modes"].items():
            if cells is None:
                draft["modes"].pop(which, None)
            else:
                draft["modes"][which] = cells
        self._keep(draft)
        self._saved = "Taken back"

    def do_sign(self, message: Mapping[str, Any]) -> None:
        """Sign the paper off: what is not coded is coded absent from now on."""
        drafts = [c for c in self._draft()["modes"] if self._changed(c)]
        if drafts:
            raise refusal(f"a draft is open: {', '.join(drafts)}", "complete it, or drop it")
        row = {"paper": self.paper, "basis": self.basis, "_line": "0", "_file": "widget"}
        # A row that is new on disk was not seen either, and would be signed for.
        held = {**self._mine(self._seen), **self._mine(look(self.root, "codings", self.coder, KEY))}
        with self.writing_as_seen("codings", self.coder, KEY, self._seen, held):
            signoff(self.root, self.coder, [row])
            self._saved = f"Signed off {clock()}"

    # ---- what is in the files

    def state(self) -> dict[str, Any]:
        """Return what the widget shows; of other coders' rows only what ``visible`` lets through."""
        schema = load_schema(self.root)
        out = self._about(self._coders()) | {"schema": schema.version, "ask": self._ask}
        digest = schema_digest(self.root)
        if digest != self._told_schema:
            self._told_schema = digest
            out["once"] = {
                "codebook": codebook(schema),
                "titles": {k: e.title for k, e in self._papers().items()},
            }
        if "not_coder" in out or not self.coder:
            return out
        queue = self._queue()
        if "once" in out:
            out["once"]["titles"] = {p: out["once"]["titles"].get(p, "") for p, _ in queue}
        out["queue"] = queue
        if self.paper not in {p for p, _ in queue}:
            begun = [p for p, status in queue if status == "begun"]
            back = [p for p, status in queue if status == "stale"]
            waiting = begun or back or [p for p, status in queue if status == "open"] or [p for p, _ in queue]
            self.paper = waiting[0] if waiting else ""
        if self.paper:
            out |= self._of_paper(schema)
        return out

    def _of_paper(self, schema: Schema) -> dict[str, Any]:
        before, self._seen = self._mine(self._seen), look(self.root, "codings", self.coder, KEY)
        changed = [
            k[4]
            for k in {**before, **self._mine(self._seen)}
            if k not in self._wrote and _told(before.get(k)) != _told(self._seen.rows.get(k))
        ]
        if before and changed and self._clash is None:
            self.notes.append(
                f"The file changed on disk meanwhile ({', '.join(changed)}): this is what it says now."
            )
        draft = self._draft()
        text = self._text()
        held = {k[3:]: r for k, r in self._mine(self._seen).items() if r["schema"] == schema.version}
        facet = levelled(schema)
        modes: dict[str, Any] = {}
        for which in [c.id for c in facet.codes]:
            stands = held.get((facet.id, which))
            if which in draft["modes"] or (stands and stands["state"] != "withdrawn"):
                modes[which] = self._mode(schema, which, stands, draft, text)
        signed = self._signed()
        others = visible(self.root, self.coder, self.paper, schema.version, self.basis) if signed else {}
        return {
            "paper": self._facts(text),
            "codes": {
                f.id: {
                    c: {"state": r["state"], "confidence": r["confidence"], "principal": r["principal"]}
                    for (of, c), r in held.items()
                    if of == f.id and r["state"] != "withdrawn"
                }
                for f in schema.facets
                if not f.levelled
            },
            "no_information": [
                c for (of, c), r in held.items() if of == facet.id and r["state"] == "no-information"
            ],
            "modes": modes,
            "lacking": _lacking(held.values(), schema, self.basis),
            "signed": signed,
            "stale": self._came_back() if not signed else None,
            "codes_seen": codes_seen(self.root, self.coder).get(self.paper, "") if not signed else "",
            "others": others,
            "undo": len(draft["undo"]),
            "revisions": max((revision(r) for r in held.values()), default=0),
        }

    def _mode(
        self, schema: Schema, which: str, stands: Row | None, draft: dict[str, Any], text: Text | None
    ) -> dict[str, Any]:
        cells = self._cells(which, stands, draft)
        kept = stands is not None and stands["state"] != "withdrawn"
        state = draft["modes"].get(which, {}).get("state", "present")
        if kept and which not in draft["modes"] and stands:
            state = stands["state"]
        place = find(cells["words"], text) if text and cells["words"] else None
        return {
            "cells": cells,
            "state": state,
            "saved": kept,
            "draft": which in draft["modes"] and self._changed(which, draft, stands),
            "missing": missing(self, schema, which, cells) if state == "present" else [],
            "wrong": contrary(self, schema, which, cells) if state == "present" else [],
            "place": [place.start, place.end] if place else None,
            "broken": broken(cells["words"], text),
            "revision": revision(stands) if stands else 0,
            "at": stands["at"] if stands else "",
        }

    def _queue(self) -> list[tuple[str, str]]:
        """Papers to code with where each stands.

        First what a changed wording made stale, codes that were given before those that were not; then what was drawn
        for a human, in the order drawn; grey ones last.
        """
        faults: list[Fault] = []
        records, kept = codable(self.root, faults)
        schema = load_schema(self.root)
        signed = {
            r["paper"]
            for r in stored(self.root, "signoffs", faults, coder=self.coder)
            if (r["schema"], r["basis"]) == (schema.version, self.basis)
        }
        rows = parsed(self.root, path_of(CODINGS, self.coder), CODINGS)[0]
        begun = {r["paper"] for r in rows if (r["schema"], r["basis"]) == (schema.version, self.basis)}
        drawn = {
            r["paper"]: int(r["order"] or 0)
            for r in stored(self.root, "sample", faults)
            if r["stage"] == "verification"
        }
        if faults:
            raise Refused(faults)
        folder = self.root / DRAFTS / self.coder
        drafts = {p.name.removesuffix(f".{self.basis}.json") for p in folder.glob(f"*.{self.basis}.json")}
        inside = [
            p
            for p, decision in kept.items()
            if decision == "include" and records.get(p, {}).get("verified") == "yes"
        ]
        stale_rows, earlier = self._earlier()
        given = {p for p, back in stale_rows.items() if any(r["state"] == "present" for r in back)}
        inside.sort(
            key=lambda p: (
                p not in given,
                p not in stale_rows,
                records[p]["grey"] == "yes",
                p not in drawn,
                drawn.get(p, 0),
                p,
            )
        )

        def status(paper: str) -> str:
            if paper in signed:
                return "signed"
            kept_draft = self._draft(paper) if paper in drafts else {"modes": {}, "skipped": False}
            if kept_draft["skipped"]:
                return "skipped"
            if paper in begun or kept_draft["modes"]:
                return "begun"
            return "stale" if paper in stale_rows else "holds" if paper in earlier else "open"

        return [(p, status(p)) for p in inside]

    def _earlier(self) -> tuple[dict[str, list[dict[str, str]]], dict[str, str]]:
        """What this coder signed off under an earlier version of the schema, on the basis in hand.

        Returns:
            Paper -> what is stale of it (see ``workbench.store.stale``), and paper -> the version. Nobody else's file
            is opened. Rows of earlier versions are never written here, so that they are looked at again only where a
            sign-off or a wording changed, or on ``open``.
        """
        paths = (path_of(SIGNOFFS, self.coder), SCHEMA, COSMETIC)
        state = [sha256((self.root / p).read_bytes()) if (self.root / p).exists() else "" for p in paths]
        stamp = " ".join((self.coder, self.basis, *state))
        if self._stale[0] != stamp:
            schema, faults = load_schema(self.root), list[Fault]()
            signed = stored(self.root, "signoffs", faults, coder=self.coder)
            rows = stored(self.root, "codings", faults, coder=self.coder)
            found: dict[str, list[dict[str, str]]] = defaultdict(list)
            for row in stale(self.root, schema, rows, signed):
                if row["basis"] == self.basis:
                    found[row["paper"]].append(row)
            versions: dict[str, str] = {}
            for row in sorted(signed, key=lambda r: version_key(r["schema"])):
                if row["basis"] == self.basis:
                    versions[row["paper"]] = row["schema"]
            self._stale = (stamp, dict(found), versions)
        return self._stale[1], self._stale[2]

    def _came_back(self) -> dict[str, Any] | None:
        """Say of the paper in hand what this coder gave under an earlier version, and which words changed since."""
        rows, versions = self._earlier()
        version = versions.get(self.paper, "")
        if not version or version == load_schema(self.root).version:
            return None
        parts: dict[tuple[str, str, str], list[str]] = {}
        for row in rows.get(self.paper, []):
            level = f" ({row['level']})" if row["level"] else ""
            said = f"{row['code'] or row['facet']}: {row['state']}{level}"
            parts.setdefault((row["part"], row["old"], row["new"]), []).append(said)
        mine = [
            r
            for k, r in sorted(self._mine(self._seen).items())
            if r["schema"] == version and r["state"] != "withdrawn"
        ]
        return {
            "version": version,
            "parts": [{"part": p, "old": o, "new": n, "said": said} for (p, o, n), said in parts.items()],
            "gave": [
                {c: r[c] for c in ("facet", "code", "state", "level", "role", "principal", "note")}
                for r in mine
            ],
        }

    def _mine(self, seen: Seen) -> dict[Key, Row]:
        return {k: r for k, r in seen.rows.items() if k[0] == self.paper and k[2] == self.basis}

    def _rows(self) -> dict[Key, Row]:
        """The rows of the paper in hand as they were shown, by facet and code."""
        version = load_schema(self.root).version
        return {k[3:]: r for k, r in self._mine(self._seen).items() if k[1] == version}

    def _signed(self) -> str:
        version = load_schema(self.root).version
        whole = (self.paper, version, self.basis)
        mine = stored(self.root, "signoffs", [], coder=self.coder)
        return next((r["at"] for r in mine if (r["paper"], r["schema"], r["basis"]) == whole), "")

    # ---- writing

    def _write(self, rows: list[Row], message: Mapping[str, Any], *, remember: bool = True) -> bool:
        """Give rows to the door, as the user saw them; say whether they were written."""
        if self._signed() and not message.get("revise"):
            sees = visible(self.root, self.coder, self.paper, load_schema(self.root).version, self.basis)
            who = (
                f" {', '.join(sees)} signed it off too, and you may have seen their codings." if sees else ""
            )
            self._whole_without(rows)
            self._ask = {
                "what": self._told_changes(rows),
                "text": f"You signed this paper off.{who} A change is a new row beside the old one, with its own "
                "time and a higher revision, so that everybody can see it came later.",
                "message": {k: v for k, v in message.items() if k not in ("n", "view")},
            }
            self._saved = "Not saved yet"
            return False
        version = load_schema(self.root).version
        keys = [(self.paper, version, self.basis, r["facet"], r["code"]) for r in rows]
        before = self._seen
        try:
            with self.writing_as_seen("codings", self.coder, KEY, before, keys):
                done = code(self.root, self.coder, rows)
                if remember:
                    draft = self._draft()
                    self._remember(draft, [(k[3:], before.rows.get(k)) for k in keys])
                    draft["skipped"] = False
                    self._keep(draft)
        except Clash as clash:
            self.clashed(clash, message)
            return False
        self._wrote |= set(keys)
        self._saved = f"Saved {clock()}" if done.rows else "Nothing to save: it stands there already"
        self.notes += [n for n in done.notes if "found" not in n]
        return True

    def _whole_without(self, rows: list[Row]) -> None:
        """Refuse at once, and with the way that works, to take back what leaves a signed paper incomplete."""
        if not any(r.get("state") == "withdrawn" for r in rows):
            return
        schema = load_schema(self.root)
        after = {k: dict(r) for k, r in self._rows().items()}
        for row in rows:
            after[row["facet"], row["code"]] = {
                **dict.fromkeys(FAILURE_MODE_COLUMNS, ""),
                "principal": "",
                **row,
            }
        lacking = _lacking(after.values(), schema, self.basis)
        names = {f.id: f.name for f in schema.facets}
        if lacking:
            raise Refused(
                Fault("widget", 0, "", f"{names[of]} {said} on a paper that is signed off", RIGHT_FIRST)
                for of, said in lacking.items()
            )

    def _told_changes(self, rows: list[Row]) -> list[str]:
        """Say in words what a write would change: one sentence a code."""
        schema = load_schema(self.root)
        out = []
        for row in rows:
            facet = schema.facet(row["facet"])
            code_ = facet.code(row["code"]) if facet else None
            stands = _told(self._rows().get((row["facet"], row["code"])))
            before = stands if stands and stands["state"] != "withdrawn" else None
            name = f"{facet.name if facet else row['facet']}, {code_.name if code_ else row['code']}"
            state = row.get("state", "present")
            if state == "withdrawn":
                out.append(f"{name}: taken back")
            elif before is None:
                out.append(f"{name}: {STATED[state]}, not coded until now")
            elif before["state"] != state:
                out.append(f"{name}: {STATED[state]} instead of {STATED[before['state']]}")
            else:
                new = {c: row[c] for c in NAMES if c in row and c in before and row[c] != before[c]}
                if row.get("words") and self._words(self._rows()[row["facet"], row["code"]]) != fold(
                    row["words"]
                ):
                    new["words"] = fold(row["words"])
                told = "; ".join(
                    f"{NAMES[c]} {v or 'empty'}" + (f" instead of {before[c]}" if before.get(c) else "")
                    for c, v in new.items()
                )
                out.append(f"{name}: {told or 'nothing changes'}")
        return out

    def _commit(self, facet: Facet, which: str, message: Mapping[str, Any]) -> None:
        draft = self._draft()
        cells = {k: v for k, v in draft["modes"][which].items() if k != "state"}
        state = draft["modes"][which].get("state", "present")
        given = cells if state == "present" else {"confidence": cells["confidence"], "note": cells["note"]}
        if not self._write([self._row(facet.id, which, state=state, **given)], message, remember=False):
            return
        draft = self._draft()
        draft["modes"].pop(which, None)
        # Without the text the words cannot be read back from their place.
        draft["words"][which] = cells["words"]
        self._keep(draft)

    def _in_the_way(self, facet: Facet, which: str) -> list[str]:
        """The codes that are given and may not stand beside another, because it or they stand alone."""
        given = [c for (of, c), r in self._rows().items() if of == facet.id and r["state"] == "present"]
        alone = {c.id for c in facet.codes if c.alone}
        return [c for c in given if c != which and (which in alone or c in alone)]

    def _plain_row(self, facet: Facet, message: Mapping[str, Any], gone: Iterable[str] = ()) -> Row:
        which, state = str(message["code"]), str(message.get("state", "present"))
        before = self._rows().get((facet.id, which))
        if state == "withdrawn":
            return self._row(facet.id, which, state=state)
        there = before if before and before["state"] != "withdrawn" else None
        cells = {"confidence": str(message.get("confidence") or (there["confidence"] if there else "sure"))}
        if facet.principal and state == "present":
            others = set(self._principals(facet, which)) - set(gone)
            cells["principal"] = str(message.get("principal") or (there["principal"] if there else ""))
            if not cells["principal"]:
                cells["principal"] = "no" if others else "yes"
        if there:
            cells["note"] = there["note"]
        return self._row(facet.id, which, state=state, **cells)

    def _principals(self, facet: Facet, apart: str) -> list[str]:
        return [
            c
            for (of, c), r in self._rows().items()
            if of == facet.id and c != apart and r["principal"] == "yes" and r["state"] == "present"
        ]

    def _other_principals(self, facet: Facet, message: Mapping[str, Any]) -> Iterable[Row]:
        if message.get("principal") != "yes":
            return []
        rows = self._rows()
        return [
            self._row(facet.id, c, **(_told(rows[facet.id, c]) or {}) | {"principal": "no"})
            for c in self._principals(facet, str(message["code"]))
        ]

    def _row(self, facet: str, which: str, **cells: str) -> Row:
        where = {"paper": self.paper, "basis": self.basis, "facet": facet, "code": which}
        return {**where, "_line": "0", "_file": "widget", **cells}

    # ---- drafts

    def _whereabouts(self) -> str:
        return self.basis if self.basis != "full-text" else ""

    def _cells(self, which: str, stands: Row | None, draft: dict[str, Any]) -> dict[str, str]:
        """What a failure mode says: its draft over its coding over what a new one starts with."""
        cells = dict.fromkeys(ASKED, "") | PRESET | {"locator": self._whereabouts()}
        if stands and stands["state"] != "withdrawn":
            cells |= {c: stands[c] for c in ASKED if c != "words"}
            cells["words"] = self._words(stands) or draft["words"].get(which, "")
        return cells | {c: v for c, v in draft["modes"].get(which, {}).items() if c in ASKED}

    def _changed(self, which: str, draft: dict[str, Any] | None = None, stands: Row | None = None) -> bool:
        """Say whether a draft says anything else than the coding in the file."""
        draft = draft or self._draft()
        if which not in draft["modes"]:
            return False
        stands = stands or self._rows().get((levelled(load_schema(self.root)).id, which))
        if stands is None or stands["state"] == "withdrawn":
            return True
        saved = self._cells(which, stands, {**draft, "modes": {}})
        mine = draft["modes"][which]
        return mine.get("state", "present") != stands["state"] or any(
            mine.get(c, v) != v for c, v in saved.items()
        )

    def _draft_path(self, paper: str = "") -> Path:
        return self.root / DRAFTS / self.coder / f"{paper or self.paper}.{self.basis}.json"

    def _draft(self, paper: str = "") -> dict[str, Any]:
        blank: dict[str, Any] = {"modes": {}, "words": {}, "undo": [], "skipped": False}
        try:
            kept = json.loads(self._draft_path(paper).read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return blank
        return {**blank, **kept} if isinstance(kept, dict) else blank

    def _keep(self, draft: dict[str, Any]) -> None:
        draft["undo"] = draft["undo"][-UNDO:]
        if (
            draft == {"modes": {}, "words": {}, "undo": [], "skipped": False}
            and not self._draft_path().exists()
        ):
            return
        replace(self._draft_path(), json.dumps(draft, ensure_ascii=False, indent=1) + "\n")

    def _remember(self, draft: dict[str, Any], before: Iterable[tuple[Key, Row | None]]) -> None:
        """Note how things stood, so that the step can be taken back, also after a restart."""
        rows, modes = [], {}
        modes_of = levelled(load_schema(self.root)).id
        for at, row in before:
            told = _told(row)
            if at[0] == modes_of:
                modes[at[1]] = draft["modes"].get(at[1])
                if told:
                    told["words"] = self._words(row or {}) or draft["words"].get(at[1], "")
            rows.append([*at, told])
        draft["undo"].append({"rows": rows, "modes": modes})


def _lacking(rows: Iterable[Row], schema: Schema, basis: str) -> dict[str, str]:
    """Facets that stand in the way of a sign-off -> what is wrong with them, as the door would say it."""
    out: dict[str, str] = {}
    held = [r for r in rows if r["state"] != "withdrawn"]
    for facet in schema.facets:
        said: list[str] = []
        alone = schema.model_copy(update={"facets": (facet,)})
        if any(facet.assessable(c.id, basis) for c in facet.codes):
            complete_faults(held, alone, basis, lambda message, _, said=said: said.append(message))  # type: ignore[misc]
        if said:
            out[facet.id] = "; ".join(said).removeprefix(f"{facet.id} ")
    return out


def _told(row: Row | None) -> Row | None:
    """The cells of a row that a coder gives."""
    if row is None:
        return None
    return {c: row[c] for c in ("state", *FAILURE_MODE_COLUMNS, "principal", "confidence", "note", "locator")}
