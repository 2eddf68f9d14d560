"""Screening inside JupyterLab: one record at a time, the criteria beside it, a decision a key press.

Every decision goes through ``workbench.doors.screening.screen`` at once; a decision changed later is a new revision.
Of other screeners no file is opened, and the learner is trained on this screener's decisions alone. In which order
records were read need not be remembered: what was read at random can be told from the file, see
``analysis.prioritisation.drawn_at_random``.

At the stage ``full-text`` the records are those that title and abstract took in: the one thing for which what others
decided is read, and of which only the outcome is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any, TypeVar, cast

from analysis.prioritisation import (
    FEW,
    ORDERS,
    Words,
    at_random,
    by_score,
    by_stream,
    drawn_at_random,
    scores,
    words,
)
from analysis.stopping import DRY, TARGET, Recall, recall
from workbench.doors.screening import screen
from workbench.store.bibliography import PAPERS, Entry, read_papers
from workbench.store.clock import now
from workbench.store.coders import read_coders
from workbench.store.corpus import current, revision, stored, year_of
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, sha256
from workbench.store.flow import to_screen
from workbench.store.schema import PATH as SCHEMA
from workbench.store.schema import Schema, load_schema
from workbench.store.screened import STAGES, screened
from workbench.store.tables import STORED
from workbench.store.texts import ABSTRACTS, FULL_TEXTS, Text, abstracts, fold, full_text
from workbench.widgets.base import Clash, Seen, Widget, look, script, style

TITLE_ABSTRACT, FULL_TEXT = STAGES
KEY = ("paper", "stage")
T = TypeVar("T")
#: Own decisions listed at most, the latest; further back goes ``survey.screening``.
LISTED = 200
#: Decisions of a session after which the time left is told.
TIMED = 3
#: What the simulation of the rule came to, over all its settings; a test compares it with the file named.
MEASURED = (
    "Simulated 800 times on the records of the EvalSafetyGap pilot, the check after 10 out in a row missed the 95% in "
    "3.9% of runs, and let one stop when 92% to 100% of the records were read"
)
MEASURED_IN = "docs/simulations/screening.md"


class ScreeningWidget(Widget):
    """Screen the drawn records as one screener.

    Args:
        survey: the survey folder, or an opened survey.
        coder: id among the coders; empty: the widget asks.
        order: in which order records come: stream, random or learner.
        stage: title-abstract, of the records drawn; or full-text, of those that title and abstract took in.
    """

    _esm = script("screening")
    _css = style("screening")
    fallback = (
        "The screening widget stands here when this notebook is run in JupyterLab: one record at a time, the criteria "
        "beside it, and a key for each decision."
    )

    def __init__(
        self, survey: Any, coder: str = "", order: str = "group", stage: str = TITLE_ABSTRACT
    ) -> None:
        """Make the widget; see the class."""
        super().__init__(survey)
        if stage not in STAGES:
            raise _refusal(f"unknown stage {stage!r}", f"one of {', '.join(STAGES)}")
        self.coder = coder
        self.order = order
        self.stage = stage
        self._check_order(order)
        self._picked = ""
        self._shown: tuple[str, float] = ("", 0.0)
        self._seconds: list[float] = []
        self._suggest = ""
        self._list = False
        self._once = False
        self._saved = ""
        self._seen = Seen()
        self._held: dict[str, tuple[Any, Any]] = {}

    # ---- what the browser asks for

    def act(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """See the base."""
        self._saved = ""
        self._once = message.get("name") == "open"
        return super().act(message)

    def do_coder(self, message: Mapping[str, Any]) -> None:
        """Screen as somebody; looks at the coders again."""
        self.coder, self._picked = str(message["coder"]), ""

    def do_order(self, message: Mapping[str, Any]) -> None:
        """Let records come in another order."""
        self._check_order(str(message["order"]))
        self.order, self._picked = str(message["order"]), ""

    def do_decide(self, message: Mapping[str, Any]) -> None:
        """Record a decision on ``paper``: the door's cells; ``over`` a clash where the file changed."""
        paper = str(message["paper"])
        row = {
            "paper": paper,
            "stage": self.stage,
            "decision": str(message.get("decision", "")),
            "reason": str(message.get("reason", "")),
            "streams": str(message.get("streams", "")),
            "basis": str(message.get("basis", "abstract")),
            "note": " ".join(str(message.get("note", "")).split()),
            "_line": "0",
            "_file": "widget",
        }
        if message.get("over"):
            self._seen = look(self.root, "screening", self.coder, KEY)
        try:
            with self.writing_as_seen("screening", self.coder, KEY, self._seen, [(paper, self.stage)]):
                written = screen(self.root, self.coder, [row])
        except Clash as clash:
            self._picked = paper
            self.clashed(clash, message)
            return
        if paper == self._shown[0] and not self._picked:
            self._seconds.append(monotonic() - self._shown[1])
        self._picked, self._shown = "", ("", 0.0)
        self._saved = f"Saved {now()[11:16]} UTC" if written.rows else "Saved; nothing was different"

    def do_show(self, message: Mapping[str, Any]) -> None:
        """Show a record of the sample: one decided before, to change it."""
        if str(message["paper"]) not in self._drawn():
            what = "in the sample" if self.stage == TITLE_ABSTRACT else "in on title and abstract"
            raise _refusal(f"{message['paper']} is not {what}", "choose one of the list")
        self._picked = str(message["paper"])

    def do_back(self, _: Mapping[str, Any]) -> None:
        """Show the record decided last, or before the one that is shown; what was decided stands until decided anew."""
        done = self._read()
        at = done.index(self._picked) if self._picked in done else len(done)
        if at == 0:
            raise _refusal("nothing was decided before this", "decide the record shown")
        self._picked = done[at - 1]

    def do_on(self, _: Mapping[str, Any]) -> None:
        """Leave a record that was gone back to, and show the next that is not decided."""
        self._picked = ""

    def do_suggest(self, message: Mapping[str, Any]) -> None:
        """Show the learner's score of one record."""
        self._suggest = str(message["paper"])

    def do_list(self, message: Mapping[str, Any]) -> None:
        """Show or hide the list of all own decisions."""
        self._list = bool(message.get("on"))

    # ---- what is in the files

    def state(self) -> dict[str, Any]:
        """Return what the widget shows; nothing of other screeners' decisions is read."""
        faults: list[Fault] = []
        schema = self._schema()
        coders = read_coders(self.root, faults)
        if faults:
            raise Refused(faults)
        out: dict[str, Any] = {
            "id": sha256(str(self.root))[:12],
            "coder": self.coder,
            "people": [{"id": c.id, "name": c.name} for c in coders.values() if c.kind == "human"],
            "order": self.order,
            "stage": self.stage,
            "saved": self._saved,
            "record": None,
        }
        if self._once:
            out["once"] = _rules(schema)
        who = coders.get(self.coder)
        if who is None or who.kind != "human":
            if self.coder:
                why = (
                    "is not among the coders"
                    if who is None
                    else "is a language model and screens by the command line"
                )
                out["not_coder"] = f"{self.coder} {why}"
            return out
        self._seen = look(self.root, "screening", self.coder, KEY)
        drawn, read = self._drawn(), self._read()
        done = set(read)
        left = [p for p in drawn if p not in done]
        score = self._scores(drawn) if self.order == "learner" or self._suggest else {}
        line = self._lined_up(left, schema, score)
        paper = self._picked or (line[0] if line else "")
        if paper != self._shown[0]:
            self._shown = (paper, monotonic())
        typical = median(self._seconds) if len(self._seconds) >= TIMED else None
        kept = [self._decision(p) != "exclude" for p in read]
        out |= {
            "drawn": len(drawn),
            "decided": len(read),
            "counts": {
                d: sum(self._decision(p) == d for p in read) for d in ("include", "exclude", "unsure")
            },
            "seconds": typical,
            "minutes_left": None if typical is None else typical * len(left) / 60,
            # At full text all that is in is read, and nothing is stopped.
            "recall": self._recall(kept, read, left, schema) if self.stage == TITLE_ABSTRACT else None,
        }
        if paper:
            out["record"] = self._record(paper, schema)
            out["suggestion"] = self._suggestion(paper, line, score) if self._suggest == paper else None
        if self._list:
            papers = self._papers()
            out["list"] = [self._listed(p, papers.get(p)) for p in read[: -LISTED - 1 : -1]]
        return out

    def _record(self, paper: str, schema: Schema) -> dict[str, Any]:
        entry, text, record = (
            self._papers().get(paper),
            self._texts().get(paper),
            self._records().get(paper, {}),
        )
        mine = self._seen.rows.get((paper, self.stage))
        before = self._seen.rows.get((paper, TITLE_ABSTRACT)) if self.stage == FULL_TEXT else None
        full = self._full_text(paper) if self.stage == FULL_TEXT else None
        note, bases = "", list[tuple[str, str]]()
        if self.stage == FULL_TEXT and full is None:
            note = "The full text is not on this machine."
            bases = [("full-text", "the full text, read elsewhere"), ("abstract", "the abstract alone")]
        elif self.stage == TITLE_ABSTRACT and text is None:
            note = "The abstract is not on this machine."
            bases = [("abstract", "the abstract, read elsewhere")]
        elif self.stage == TITLE_ABSTRACT and text and record.get("text_sha256", "") not in ("", text.digest):
            note = "This is another edition of the text than the one the record was entered with."
        return {
            "paper": paper,
            "title": entry.title if entry else (fold(text.title) if text else paper),
            "abstract": fold(text.body) if text else "",
            "full": [fold(p) for p in re.split(r"\n\s*\n", full.body) if p.strip()] if full else [],
            # What a decision rests on, unless the screener says otherwise; asked where the text is not in hand.
            "basis": "full-text" if full else "abstract" if text else "title",
            "bases": [*bases, ("title", "the title alone")] if bases else [],
            "full_file": (FULL_TEXTS / f"{paper}.txt").as_posix(),
            "source": text.source if text else "",
            "note": note,
            "authors": list(entry.authors) if entry else [],
            "year": str(entry.year or "") if entry else "",
            "first_public": str(year_of(record) or "") if record else "",
            "venue": entry.venue if entry else "",
            "ids": _identifiers(entry),
            "guessed": [s for s in record.get("guessed_streams", "").split(";") if s in schema.streams],
            "duplicates": self._duplicates(paper),
            "mine": None
            if mine is None
            else {
                **{c: mine[c] for c in ("decision", "reason", "note", "basis", "revision", "at")},
                "streams": [s for s in mine["streams"].split(";") if s],
            },
            "before": None
            if before is None
            else {
                **{c: before[c] for c in ("decision", "reason", "note")},
                "streams": [s for s in before["streams"].split(";") if s],
            },
        }

    def _duplicates(self, paper: str) -> list[dict[str, Any]]:
        out = []
        for row in stored(self.root, "maybe_duplicates", []):
            if paper not in (row["a"], row["b"]):
                continue
            other = row["b"] if row["a"] == paper else row["a"]
            entry, mine = self._papers().get(other), self._seen.rows.get((other, self.stage))
            out.append(
                {
                    "paper": other,
                    "title": entry.title if entry else "",
                    "year": str(entry.year or "") if entry else "",
                    "venue": entry.venue if entry else "",
                    "ids": _identifiers(entry),
                    "score": row["score"],
                    "why": row["why"],
                    "settled": row["decision"],
                    "drawn": other in self._drawn(),
                    "mine": mine["decision"] if mine else "",
                }
            )
        return out

    def _listed(self, paper: str, entry: Entry | None) -> dict[str, str]:
        row = self._seen.rows[paper, self.stage]
        told = {c: row[c] for c in ("decision", "reason", "streams", "note", "revision")}
        return {"paper": paper, "title": entry.title if entry else paper, **told}

    def _suggestion(self, paper: str, line: list[str], score: Mapping[str, float]) -> dict[str, Any]:
        kinds = [self._decision(p) for p in self._read()]
        said: dict[str, Any] = {
            "included": kinds.count("include"),
            "excluded": kinds.count("exclude"),
            "few": FEW,
        }
        if min(said["included"], said["excluded"]) < FEW:
            return said | {"why": f"Too few decisions: it speaks after {FEW} of each kind."}
        if paper not in score:
            return said | {"why": "There is no text to go by."}
        ranked = by_score(set(line) | {paper}, score, self._seed(self._schema()))
        return said | {
            "score": score[paper],
            "rank": ranked.index(paper) + 1,
            "of": len(ranked),
            # A record is not judged by a learner that was told what became of it.
            "own": self._decision(paper) in ("include", "exclude"),
            "why": "",
        }

    def _recall(self, kept: list[bool], read: list[str], left: list[str], schema: Schema) -> dict[str, Any]:
        run = drawn_at_random(read, left, self._seed(schema))
        before, drawn = kept[: len(kept) - run], kept[len(kept) - run :]
        made = recall(sum(before), drawn, len(left))
        dry = next((n for n, k in enumerate(reversed(kept)) if k), len(kept))
        known = made.value == made.value
        return {
            "value": made.value if known else None,
            "low": made.low if known else None,
            "high": made.high if known else None,
            "stop": made.stop,
            "more": made.more,
            "run": run,
            "left": len(left),
            "dry": dry,
            "note": made.note,
            "advice": self._advice(made, run, len(left), dry),
        }

    def _advice(self, made: Recall, run: int, left: int, dry: int) -> str:
        if left == 0:
            return "Every drawn record is decided."
        if made.stop:
            return (
                f"You may stop: at least {TARGET:.0%} of what is in has been found, with 95% confidence. The survey's "
                f"rates take every drawn record as screened: the {left} left would stay pending, and no new block is "
                "drawn until two have screened them."
            )
        if made.note == "nothing found yet":
            return "Nothing is in yet: there is no recall to speak of."
        if self.order != "random":
            when = f"The last {dry} were out: now is a good time to check. " if dry >= DRY else ""
            return (
                f"{when}Only records read at random can tell how much of what is in you have found by now. To know, "
                f"choose the order at random: if the next {made.more} of the {left} left are all out, {TARGET:.0%} is "
                "found, and you may stop."
            )
        return (
            f"Not yet. If the next {made.more} of the {left} left are all out, {TARGET:.0%} is found, "
            "and you may stop; each one that is in makes it take longer."
        )

    # ---- order

    def _lined_up(self, left: list[str], schema: Schema, score: Mapping[str, float]) -> list[str]:
        seed = self._seed(schema)
        if self.order == "random":
            return at_random(left, seed)
        if self.order == "learner":
            return by_score(left, score, seed)
        records = self._records()
        guessed = {p: records[p]["guessed_streams"].split(";") if p in records else [] for p in left}
        return by_stream(left, guessed, schema.streams, seed)

    def _seed(self, schema: Schema) -> str:
        # Two screeners read in different orders: what tires the one does not fall on the same records as for the other.
        return f"{schema.sampling.seed}/{self.coder}"

    def _scores(self, drawn: Mapping[str, Row]) -> dict[str, float]:
        decided = {p: d == "include" for p in drawn if (d := self._decision(p)) in ("include", "exclude")}

        def made() -> dict[str, float]:
            of = self._words(drawn)
            return {} if of is None else scores(of, decided)

        return self._keep(
            "scores", (self._stamp(ABSTRACTS), self._stamp(PAPERS), frozenset(decided.items())), made
        )

    def _words(self, drawn: Mapping[str, Row]) -> Words | None:
        def made() -> Words | None:
            texts, entries = self._texts(), self._papers()
            given = {
                p: texts[p].normalised if p in texts else entries[p].title
                for p in drawn
                if p in texts or p in entries
            }
            return words(given) if any(t.strip() for t in given.values()) else None

        state = (self._stamp(ABSTRACTS), self._stamp(PAPERS), self._stamp("corpus/sample.csv"))
        return self._keep("words", state, made)

    def _check_order(self, order: str) -> None:
        if order not in ORDERS:
            raise _refusal(f"unknown order {order!r}", f"one of {', '.join(ORDERS)}")

    # ---- files, read again only when they changed

    def _decision(self, paper: str) -> str:
        row = self._seen.rows.get((paper, self.stage))
        return row["decision"] if row else ""

    def _read(self) -> list[str]:
        """Drawn records that this screener decided, in the order in which they were first decided."""
        drawn, first = self._drawn(), {}
        for row in stored(self.root, "screening", [], coder=self.coder):
            if row["stage"] == self.stage and row["paper"] in drawn and revision(row) == 1:
                first[row["paper"]] = row["at"]
        place = {p: n for n, p in enumerate(at_random(first, self._seed(self._schema())))}
        return sorted(first, key=lambda p: (first[p], place[p]))

    def _drawn(self) -> dict[str, Row]:
        """Return what is to be screened at this stage, by key."""
        if self.stage == FULL_TEXT:
            return self._taken_in()

        def made() -> dict[str, Row]:
            faults: list[Fault] = []
            rows = stored(self.root, "sample", faults)
            if faults:
                raise Refused(faults)
            drawn = to_screen(rows) & self._records().keys()
            return {r["paper"]: r for r in rows if r["paper"] in drawn}

        return self._keep(
            "sample", (self._stamp("corpus/sample.csv"), self._stamp("corpus/records.csv")), made
        )

    def _taken_in(self) -> dict[str, Row]:
        """Return the records that two screeners, or a third who ruled, took in on title and abstract."""

        def made() -> dict[str, Row]:
            faults: list[Fault] = []
            held = Decisions(self.root, faults)
            rows = [r for r in held.rows("screening") if r["stage"] == TITLE_ABSTRACT]
            rulings = held.rows("adjudications")
            if faults:
                raise Refused(faults)
            # With nothing called grey, what one alone took in is pending.
            came_to = screened(rows, rulings, set())
            return {
                r["paper"]: r for r in came_to if r["decision"] == "include" and r["paper"] in self._records()
            }

        files = sorted((self.root / STORED["screening"].path).parent.glob("*.csv"))
        paths = [*(f.relative_to(self.root).as_posix() for f in files), "corpus/adjudications.csv"]
        return self._keep("taken in", [(p, self._stamp(p)) for p in (*paths, "corpus/records.csv")], made)

    def _full_text(self, paper: str) -> Text | None:
        state = (paper, self._stamp((FULL_TEXTS / f"{paper}.txt").as_posix()))
        return self._keep("full text", state, lambda: full_text(self.root, paper))

    def _records(self) -> dict[str, Row]:
        def made() -> dict[str, Row]:
            faults: list[Fault] = []
            rows = current([{**r, "revision": "1"} for r in stored(self.root, "records", faults)], ("paper",))
            if faults:
                raise Refused(faults)
            return {p: r for (p,), r in rows.items()}

        return self._keep("records", self._stamp("corpus/records.csv"), made)

    def _papers(self) -> dict[str, Entry]:
        return self._keep(
            "papers", self._stamp(PAPERS), lambda: {e.key: e for e in read_papers(self.root, [])}
        )

    def _texts(self) -> dict[str, Text]:
        return self._keep("texts", self._stamp(ABSTRACTS), lambda: abstracts(self.root))

    def _schema(self) -> Schema:
        return self._keep("schema", self._stamp(SCHEMA), lambda: load_schema(self.root))

    def _stamp(self, path: str) -> tuple[int, int, int]:
        """What changes when a file is replaced; these are read to be shown, and never written from here."""
        try:
            of = (Path(self.root) / path).stat()
        except FileNotFoundError:
            return (0, 0, 0)
        return (of.st_mtime_ns, of.st_size, of.st_ino)

    def _keep(self, name: str, state: Any, make: Callable[[], T]) -> T:
        if name not in self._held or self._held[name][0] != state:
            self._held[name] = (state, make())
        return cast(T, self._held[name][1])


def _rules(schema: Schema) -> dict[str, Any]:
    """What a screener decides by, as the schema has it."""
    held, facet = schema.screening, schema.home
    return {
        "question": held.question,
        "criteria": [{"id": t.id, "name": t.name or t.id, "text": t.definition} for t in held.criteria],
        "reasons": [{"id": t.id, "name": t.name or t.id, "text": t.definition} for t in held.reasons],
        "rules": list(held.rules),
        "streams": [
            {"id": c.id, "name": c.name, "text": c.definition} for c in (facet.codes if facet else ())
        ],
        # The criteria speak of both.
        "levels": [{"id": t.id, "name": t.name or t.id, "text": t.definition} for t in schema.levels],
        "modes": [
            {"id": c.id, "name": c.name, "text": c.definition, "side": c.side} for c in schema.failure_modes
        ],
        "few": FEW,
        "schema": schema.version,
        "orders": list(ORDERS),
        "measured": MEASURED,
        "measured_in": MEASURED_IN,
    }


def _identifiers(entry: Entry | None) -> list[dict[str, str]]:
    if entry is None:
        return []
    found = [
        ("doi", entry.doi, f"https://doi.org/{entry.doi}"),
        ("arXiv", entry.arxiv_id, f"https://arxiv.org/abs/{entry.arxiv_id}"),
    ]
    found = [f for f in found if f[1]]
    if entry.url not in {url for _, _, url in found}:
        found.append(("page", entry.url, entry.url))
    return [{"kind": kind, "text": text, "url": url} for kind, text, url in found if text]


def _refusal(message: str, remedy: str) -> Refused:
    return Refused([Fault("widget", 0, "", message, remedy)])
