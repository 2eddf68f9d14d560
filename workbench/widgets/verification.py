"""Checking the machines' codes inside JupyterLab: confirm, correct, reject or add, code by code.

This is an audit: the person sees the codes, so it tells how many of them are right (precision) and not what was missed.
What was missed is told by coding papers blind, in the coding widget (recall). A paper's codes are not sent to the
browser until the person has asked for them, knowing that a coding of that paper would not be blind afterwards; who has
asked is noted in ``.cache/drafts/<coder>/``, and the coding widget says so too. The machines' own rows never change:
everything goes through ``workbench.doors.verification.verify``.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.doors.coding import KEY as CODED
from workbench.doors.coding_rules import PLACE
from workbench.doors.verification import KEY, verify
from workbench.store.clock import now
from workbench.store.coders import FOLDER as CODERS
from workbench.store.coders import Coder
from workbench.store.corpus import current, revision, stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace, sha256
from workbench.store.final import human_verified_codes
from workbench.store.schema import load_schema, schema_digest
from workbench.store.tables import FAILURE_MODE_COLUMNS
from workbench.store.texts import Place, Text, find, find_again
from workbench.widgets.base import Clash, Key, Seen, look, script, style, visible
from workbench.widgets.papers import (
    ASKED,
    DRAFTS,
    PaperWidget,
    broken,
    clock,
    codebook,
    codes_seen,
    contrary,
    levelled,
    missing,
    refusal,
    seen_path,
)

WRITES = ("say", "edit", "drop", "reveal")
#: What a correction of a code without levels may say.
PLAIN = ("principal", "confidence")
#: What to do where a rejection would leave a paper incomplete.
RIGHT_FIRST = "add the right one first (a), then reject this one"
Final = dict[str, Any]


class VerificationWidget(PaperWidget):
    """Verify, as a human, the codes that stand in ``final``.

    Args:
        survey: the survey folder, or an opened survey.
        coder: id of a human among the coders; empty: the widget asks.
    """

    _esm = script("fields", "verification")
    _css = style("fields", "verification")
    fallback = (
        "The verification widget stands here when this notebook is run in JupyterLab: the machines' codes of a paper, "
        "to be confirmed, corrected, rejected or added to by a human."
    )

    def __init__(self, survey: Any, coder: str = "") -> None:
        """Make the widget; see the class."""
        super().__init__(survey, coder, "abstract")
        self._seen = Seen()
        self._stood: dict[Key, Final] = {}
        self._derived: tuple[str, list[Final], list[Final]] = ("", [], [])

    # ---- what the browser asks for

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See the base; what writes does so under the survey's lock."""
        self._saved = ""
        return self._locked(message) if message.get("name") in WRITES else super().act(message)

    def do_go(self, message: Mapping[str, Any]) -> None:
        """Go to a paper, or with ``step`` to the next or previous one in the queue."""
        self._go(
            message,
            [p for p, status, *_ in self._queue(self._finals()) if status != "done" or p == self.paper],
        )

    def do_reveal(self, message: Mapping[str, Any]) -> None:
        """Show the machines' codes of the paper in hand: from now on a coding of it is not blind."""
        seen = codes_seen(self.root, self.coder)
        if self.paper not in seen:
            replace(
                seen_path(self.root, self.coder), json.dumps({**seen, self.paper: now()}, indent=1) + "\n"
            )
        self._saved = "Shown"

    def do_edit(self, message: Mapping[str, Any]) -> None:
        """Keep what a correction or addition says so far: ``facet``, ``code``, ``cells``."""
        drafts = self._drafts()
        at = f"{message['facet']}/{message['code']}"
        cells = {c: str(v) for c, v in dict(message.get("cells", {})).items() if c in (*ASKED, *PLAIN)}
        drafts[at] = {**drafts.get(at, {}), **cells}
        self._keep(drafts)
        self._saved = "Draft kept"

    def do_drop(self, message: Mapping[str, Any]) -> None:
        """Drop the draft of a correction or addition."""
        drafts = self._drafts()
        drafts.pop(f"{message['facet']}/{message['code']}", None)
        self._keep(drafts)
        self._saved = "Draft dropped"

    def do_say(self, message: Mapping[str, Any]) -> None:
        """Record an ``outcome`` for ``facet`` and ``code``; correct and add take the values of the draft.

        ``instead`` are codes of the facet to reject in the same step: what stands alone is not added beside another.
        """
        facet, which, outcome = (str(message[c]) for c in ("facet", "code", "outcome"))
        at = (self.paper, self.basis, facet, which)
        row: Row = {
            "paper": self.paper,
            "basis": self.basis,
            "facet": facet,
            "code": which,
            "outcome": outcome,
        }
        row |= {"note": str(message.get("note", "")), "_line": "0", "_file": "widget"}
        if outcome in ("correct", "add"):
            row |= self._cells(facet, which, self._drafts()) | {"state": "present"}
        gone = [(self.paper, self.basis, facet, str(c)) for c in message.get("instead", ())]
        where = {"paper": self.paper, "basis": self.basis, "facet": facet, "_line": "0", "_file": "widget"}
        rejected = [{**where, "code": k[3], "outcome": "reject"} for k in gone]
        try:
            with self.writing_as_seen("verifications", self.coder, KEY, self._seen, [at, *gone]):
                stands = {_at(r): r for r in self._finals(spoken=False)}
                if any(_values(stands.get(k)) != _values(self._stood.get(k)) for k in (at, *gone)):
                    raise refusal(
                        "what you saw has changed on disk since", "look at it again, then say it once more"
                    )
                done = verify(self.root, self.coder, [row, *rejected])
        except Clash as clash:
            self.clashed(clash, message)
            return
        except Refused as refused:
            if outcome != "reject":
                raise
            # What a facet must have cannot go before its better is there.
            told = (
                dataclasses.replace(f, remedy=RIGHT_FIRST) if "code(s)" in f.message else f
                for f in refused.faults
            )
            raise Refused(told) from None
        self.do_drop(message)
        self._saved = f"Saved {clock()}" if done.rows else "Nothing to save: it stands there already"
        self.notes += [n for n in done.notes if "found" not in n]

    # ---- what is in the files

    def state(self) -> dict[str, Any]:
        """Return what the widget shows; codes of a paper only once they were asked for."""
        schema, coders = load_schema(self.root), self._coders()
        finals = self._finals()
        facet = levelled(schema).id
        (verified, of), codes = (
            human_verified_codes((r for r in finals if not r["grey"]), facet),
            _modes(finals, facet),
        )
        out: dict[str, Any] = self._about(coders) | {
            "schema": schema.version,
            "share": {
                "of": of,
                "verified": verified,
                "said": len({_at(r) for r in codes} & self._spoken_of()),
            },
        }
        digest = schema_digest(self.root)
        titles = {}
        if digest != self._told_schema:
            self._told_schema = digest
            titles = {k: e.title for k, e in self._papers().items()}
            out["once"] = {"codebook": codebook(schema)}
        if "not_coder" in out or not self.coder:
            if "once" in out:
                out["once"]["titles"] = {p: titles.get(p, "") for p in {r["paper"] for r in finals}}
            return out
        queue = self._queue(finals)
        if "once" in out:
            out["once"]["titles"] = {p: titles.get(p, "") for p, *_ in queue}
        out["queue"] = queue
        if self.paper not in {p for p, *_ in queue}:
            waiting = [p for p, status, *_ in queue if status != "done"] or [p for p, *_ in queue]
            self.paper = waiting[0] if waiting else ""
        if self.paper:
            out |= self._of_paper(coders, finals)
        return out

    def _of_paper(self, coders: Mapping[str, Coder], finals: list[Final]) -> dict[str, Any]:
        text = self._text()
        out: dict[str, Any] = {
            "paper": self._facts(text),
            "blind": self._blindness(),
            "codes": [],
            "modes": {},
        }
        shown = self.paper in codes_seen(self.root, self.coder) or out["blind"] == "coded"
        out["shown"] = shown and out["blind"] != "coding"
        if not out["shown"]:
            return out
        self._seen = look(self.root, "verifications", self.coder, KEY)
        mine = [r for r in finals if (r["paper"], r["basis"]) == (self.paper, self.basis)]
        self._stood = {
            _at(r): r
            for r in self._finals(spoken=False)
            if (r["paper"], r["basis"]) == (self.paper, self.basis)
        }
        behind = self._behind(coders, text)
        drafts = self._drafts()
        schema = load_schema(self.root)
        for at, row in sorted({**self._stood, **{_at(r): r for r in mine}}.items()):
            stands, said = self._stood.get(at), self._seen.rows.get(at)
            there = stands is not None and stands["state"] in ("present", "no-information")
            if not there and said is None and row["resolved"] != "unresolved":
                continue
            out["codes"].append(
                {
                    "facet": at[2],
                    "code": at[3],
                    "there": there,
                    "values": _values(stands),
                    "open": row["resolved"] == "unresolved",
                    "resolved": row["resolved"],
                    "human_verified": bool(row["human_verified"]),
                    "said": None if said is None else said["outcome"],
                    "revision": 0 if said is None else revision(said),
                    "said_values": None
                    if said is None
                    else {c: said[c] for c in (*FAILURE_MODE_COLUMNS, *PLAIN, "note")},
                    "behind": behind.get(at[2:], []),
                }
            )
        facet = levelled(schema).id
        places = {
            b["code"]: b for c in out["codes"] for b in c["behind"] if c["facet"] == facet and b["place"]
        }
        for which, b in places.items():
            out["modes"][which] = {"place": b["place"]}
        out["drafts"] = {}
        for place in drafts:
            of, which = place.split("/", 1)
            cells = self._cells(of, which, drafts)
            found = find(cells["words"], text) if text and cells.get("words") else None
            out["drafts"][place] = {
                "cells": cells,
                "missing": missing(self, schema, which, cells) if of == facet else [],
                "wrong": contrary(self, schema, which, cells) if of == facet else [],
                "place": [found.start, found.end] if found else None,
                "broken": broken(cells.get("words", ""), text),
            }
        return out

    def _behind(self, coders: Mapping[str, Coder], text: Text | None) -> dict[Key, list[dict[str, Any]]]:
        """What those gave whose work stands: machines, and whom this person may see, under the version that counts."""
        version = next((r["schema"] for r in self._stood.values()), "")
        signed = {
            r["coder"]
            for r in stored(self.root, "signoffs", [])
            if (r["paper"], r["schema"], r["basis"]) == (self.paper, version, self.basis)
        }
        out: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        may = {who for who in signed if who in coders and coders[who].kind == "language-model"}
        may |= visible(self.root, self.coder, self.paper, version, self.basis).keys() | {self.coder}
        for who in sorted(signed & may):
            for key, row in current(stored(self.root, "codings", [], coder=who), CODED).items():
                if key[:3] != (self.paper, version, self.basis) or row["state"] == "withdrawn":
                    continue
                found = _words(row, text)
                out[key[3:]].append(
                    {
                        "coder": who,
                        "kind": coders[who].kind if who in coders else "",
                        "code": row["code"],
                        "level": row["level"],
                        "role": row["role"],
                        "note": row["note"],
                        "words": found[0] if found else "",
                        "place": [found[1].start, found[1].end] if found else None,
                    }
                )
        return out

    def _cells(self, facet: str, which: str, drafts: Mapping[str, Any]) -> dict[str, str]:
        """What a correction says: its draft over what stands (with the words of the first coder that has them).

        Of a code that one added oneself, what one said of it.
        """
        stands = self._stood.get((self.paper, self.basis, facet, which))
        asked = ASKED if facet == levelled(load_schema(self.root)).id else PLAIN
        cells = dict.fromkeys(asked, "")
        if "confidence" in cells:
            cells["confidence"] = "sure"
        if "locator" in cells:
            cells |= {"locator": self.basis, "formal": "no"}
        if stands and stands["state"] == "present":
            cells |= {c: stands[c] for c in asked if stands.get(c)}
            if "words" in cells:
                behind = self._behind(self._coders(), self._text()).get((facet, which), [])
                cells["words"] = next((b["words"] for b in behind if b["words"]), "")
        said = self._seen.rows.get((self.paper, self.basis, facet, which))
        if said and said["outcome"] == "add":
            cells |= {c: said[c] for c in asked if said.get(c)}
            if "words" in cells:
                cells["words"] = self._words(said)
        return cells | {c: v for c, v in drafts.get(f"{facet}/{which}", {}).items() if c in asked}

    def _blindness(self) -> str:
        """Say how the person stands to the paper: ``coded``, ``coding``, ``drawn`` for recoding, or ``none``."""
        version = load_schema(self.root).version
        whole = (self.paper, version, self.basis)

        def mine(name: str) -> bool:
            rows = stored(self.root, name, [], coder=self.coder)
            return any((r["paper"], r["schema"], r["basis"]) == whole for r in rows)

        if mine("signoffs"):
            return "coded"
        if mine("codings"):
            return "coding"
        drawn = any(
            r["stage"] == "verification" and r["paper"] == self.paper for r in stored(self.root, "sample", [])
        )
        return "drawn" if drawn else "none"

    def _finals(self, *, spoken: bool = True) -> list[Final]:
        """``final`` as the files have it; ``spoken`` false: as if nobody had verified, as the door compares it."""
        faults: list[Fault] = []
        stamp = sha256(
            "".join(
                sha256(p.read_bytes())
                for name in ("codings", "signoffs", "verifications", "screening")
                for p in sorted((self.root / "corpus" / name).glob("*.csv"))
            )
            + "".join(
                sha256(p.read_bytes())
                for p in (
                    *sorted((self.root / "corpus").glob("*.csv")),
                    *sorted((self.root / CODERS).glob("*")),
                )
                if p.name in ("adjudications.csv", "records.csv", "sample.csv") or p.suffix == ".yaml"
            )
        )
        if self._derived[0] != stamp:
            held = Decisions(self.root, faults)
            both = [
                [r for r in rows if r["basis"] == self.basis]
                for rows in (held.final, held.final_with(verifications=[]))
            ]
            if faults:
                raise Refused(faults)
            self._derived = (stamp, both[0], both[1])
        return self._derived[1] if spoken else self._derived[2]

    def _spoken_of(self) -> set[Key]:
        """The codes of which anybody has said in an audit whether they hold."""
        return {_at(r) for r in stored(self.root, "verifications", [])}

    def _queue(self, finals: list[Final]) -> list[tuple[str, str, int, int]]:
        """Papers with failure modes that stand, in a random order that is the same for everybody.

        Returns:
            Paper, where it stands (``done``: all of its codes are human-verified, those of other facets too;
            ``begun``: some, ``open``: none), how many are, and of how many.
        """
        schema = load_schema(self.root)
        facet = levelled(schema).id
        # What a human rejected stands in final no longer; its paper stays here, for who rejected it by mistake.
        verified = {_at(r): bool(r["human_verified"]) for r in finals}
        both = (finals, self._finals(spoken=False))
        inside = {r["paper"] for rows in both for r in _modes(rows, facet)}
        todo: dict[str, list[bool]] = defaultdict(list)
        for at in {_at(r) for rows in both for r in rows if r["paper"] in inside and _stands(r)}:
            todo[at[0]].append(verified.get(at, False))
        order = sorted(todo, key=lambda p: sha256(f"{schema.sampling.seed}/audit/{p}"))
        return [
            (p, "done" if all(todo[p]) else "begun" if any(todo[p]) else "open", sum(todo[p]), len(todo[p]))
            for p in order
        ]

    def _draft_path(self) -> Path:
        return self.root / DRAFTS / self.coder / f"{self.paper}.{self.basis}.verify.json"

    def _drafts(self) -> dict[str, dict[str, str]]:
        try:
            kept = json.loads(self._draft_path().read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _keep(self, drafts: dict[str, dict[str, str]]) -> None:
        if drafts or self._draft_path().exists():
            replace(self._draft_path(), json.dumps(drafts, ensure_ascii=False, indent=1) + "\n")


def _at(row: Mapping[str, Any]) -> Key:
    return tuple(str(row[c]) for c in KEY)


def _modes(finals: list[Final], facet: str) -> list[Final]:
    return [r for r in finals if r["facet"] == facet and r["state"] == "present" and _stands(r)]


def _stands(row: Final) -> bool:
    """Say whether a code is there to be verified."""
    return row["state"] in ("present", "no-information") and row["resolved"] != "unresolved"


def _values(row: Final | None) -> dict[str, str] | None:
    return (
        None
        if row is None
        else {c: str(row[c]) for c in ("state", *FAILURE_MODE_COLUMNS, *PLAIN, "resolved")}
    )


def _words(row: Row, text: Text | None) -> tuple[str, Place] | None:
    if text is None or not row["start"]:
        return None
    place = Place(*(row[c] if c.endswith("sha256") else int(row[c]) for c in PLACE))  # type: ignore[arg-type]
    return find_again(place, text)
