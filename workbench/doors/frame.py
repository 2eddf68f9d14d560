"""The sampling frame, frozen before anything is drawn from it: which records, and what is known of each.

The frame is every verified record that is not grey and has an abstract. Of each it holds facts that do not depend on a
drawing: the search that first brought it, a learner's probability that it is included, and which codes of the headline
facet a query's phrases guess. Estimates are calibrated to these counts, and probabilities of drawing can be computed
from them by anyone.

Freezing the same facts again changes nothing. Once a stage has drawn, its frame stays; later facts (new records, new
decisions) make a frame for a stage of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.inclusion import inclusion
from workbench.doors.sampling import in_frame
from workbench.searching.matcher import Matcher
from workbench.searching.query import Query, read_query
from workbench.store.batch import near, read_batch
from workbench.store.clock import now
from workbench.store.corpus import stored
from workbench.store.decisions import Decisions
from workbench.store.faults import Fault, Refused
from workbench.store.files import Row, replace_all, rows_text, sha256, trying, writing
from workbench.store.frames import FRAMES, Frame, Tickets, digest_of, frames_text, probabilities, read_frames
from workbench.store.schema import Schema, load_schema
from workbench.store.screened import STAGES, screened
from workbench.store.settings import load_settings
from workbench.store.tables import FRAME, RECORDS
from workbench.store.texts import ABSTRACTS, Text, abstracts

#: Records named in a refusal; the others are counted.
NAMED = 5


@dataclass(frozen=True)
class Frozen:
    """What a call of ``freeze`` did.

    Attributes:
        frame: the entry of the log.
        rows: the frame.
        changed: paths that changed, relative to the survey folder; none where this frame was frozen already.
    """

    frame: Frame
    rows: tuple[Row, ...]
    changed: tuple[str, ...]


def freeze(
    root: Path,
    query: Path,
    stage: str,
    *,
    tickets: Tickets | None = None,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Frozen:
    """Freeze the frame for a stage of sampling.

    Args:
        root: the survey folder.
        query: the query file whose hits are noted; it lies in the survey folder.
        stage: what will be drawn from the frame, as in sampling.csv.
        tickets: how likely each record is to be drawn, where each has a ticket of its own; else blocks are drawn.
        dry_run: write nothing.
        progress: told of what is done: what, how many, of how many.

    Raises:
        Refused: the query or a file is faulty, a text is not in hand, or the stage has drawn from another frame.
    """
    with writing(root):
        schema = load_schema(root)
        asked = read_query(query, codes_of(root, schema))
        path = _within(root, query)
        faults: list[Fault] = []
        held = Decisions(root, faults)  # practice and what was taken back teach the learner nothing
        tables = {
            name: held.rows(name)
            for name in ("records", "hits", "sampling", "screening", "adjudications", "frame")
        }
        frames = read_frames(root, faults)
        if faults:
            raise Refused(faults)
        members = [r for r in tables["records"] if in_frame(r)]
        texts = _texts(root, members)
        rows = [{**r, "stage": stage} for r in _rows(members, texts, tables, asked, progress)]
        if tickets is not None:
            chances = probabilities(rows, tickets)
            rows = [{**r, "probability": chances[r["paper"]]} for r in rows]
        frame = Frame(
            stage=stage,
            when=now(),
            query=path,
            query_sha256=asked.sha256,
            records=len(rows),
            sha256=digest_of(rows),
            design="tickets" if tickets else "blocks",
            tickets=tickets,
        )
        return _put(root, frame, rows, tables, frames, dry_run)


def freeze_given(root: Path, file: Path, stage: str, *, dry_run: bool = False) -> Frozen:
    """Freeze a sample that was drawn elsewhere, with the probability that each of its records had.

    Args:
        root: the survey folder.
        file: a table with the columns ``paper`` and ``probability``; it lies in the survey folder.
        stage: the stage that draws all of them.
        dry_run: write nothing.

    Raises:
        Refused: a file is faulty, a record is not there or has no abstract, a probability is none, or the stage has
            drawn from another frame.
    """
    with trying(root) if dry_run else writing(root):
        faults: list[Fault] = []
        path = _within(root, file)
        tables = {name: stored(root, name, faults) for name in ("records", "hits", "sampling", "frame")}
        frames = read_frames(root, faults)
        known = {r["paper"]: r for r in tables["records"]}
        said = _given(root, path, known, faults)
        if faults:
            raise Refused(faults)
        source = _sources(tables["hits"])
        rows = [
            {
                "stage": stage,
                "paper": paper,
                "source": source.get(paper, ""),
                "score": "",
                "hits": "",
                "probability": f"{chance:.6f}",
            }
            for paper, chance in sorted(said.items())
        ]
        frame = Frame(
            stage=stage,
            when=now(),
            query=path,
            query_sha256=sha256((root / path).read_bytes()),
            records=len(rows),
            sha256=digest_of(rows),
            design="given",
        )
        return _put(root, frame, rows, tables, frames, dry_run)


def _given(root: Path, path: str, known: dict[str, Row], faults: list[Fault]) -> dict[str, float]:
    rows, found = read_batch(root / path, ("paper", "probability"))
    faults += [replace(f, file=path) for f in found]
    out: dict[str, float] = {}
    if not rows and not faults:
        faults.append(
            Fault(path, 1, "", "has no columns paper and probability", "name them in its first line")
        )
    for row in rows:
        paper, line, said = row.get("paper", ""), int(row["_line"]), row.get("probability", "")
        try:
            chance = float(said)
        except ValueError:
            chance = 0.0
        if not 0 < chance <= 1:
            faults.append(Fault(path, line, paper, f"probability {said[:40]!r}", "above 0 and at most 1"))
        elif paper not in known:
            faults.append(Fault(path, line, paper, "no record has this key", near(paper, known)))
        elif not known[paper]["text_sha256"]:
            remedy = "bring it (survey abstracts --from FILE)"
            faults.append(Fault(path, line, paper, "has no abstract", remedy))
        elif paper in out:
            faults.append(Fault(path, line, paper, "stands twice", "delete one of the rows"))
        else:
            out[paper] = chance
    return out


def _put(
    root: Path,
    frame: Frame,
    rows: list[Row],
    tables: dict[str, list[Row]],
    frames: tuple[Frame, ...],
    dry_run: bool,
) -> Frozen:
    """Write a frame beside those of other stages, unless its stage has drawn from another."""
    stage = frame.stage
    before = next((f for f in frames if f.stage == stage), None)
    if before is not None and before == frame.model_copy(update={"when": before.when}):
        frame = before
    elif before is not None and any(r["stage"] == stage for r in tables["sampling"]):
        message = f"stage {stage} has drawn from another frame, frozen {before.when} ({before.sha256[:12]})"
        raise Refused(
            [Fault(FRAMES, 0, stage, message, "freeze the new frame for a stage of its own: --stage NAME")]
        )
    kept = [r for r in tables["frame"] if r["stage"] != stage]
    logged = [frame if f.stage == stage else f for f in frames]
    if before is None:
        logged.append(frame)
    contents = {FRAME.path: rows_text(FRAME, [*kept, *rows]), FRAMES: frames_text(logged)}
    changed = () if dry_run else tuple(replace_all(root, contents))
    return Frozen(frame, tuple(rows), changed)


def codes_of(root: Path, schema: Schema) -> tuple[str, ...]:
    """Return the codes that a concept of a query may stand for: those of the headline facet."""
    facet = schema.facet(load_settings(root, schema).facet)
    return tuple(c.id for c in facet.codes) if facet else ()


def _within(root: Path, query: Path) -> str:
    try:
        return query.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        message = "lies outside the survey, so nobody else could make the frame again"
        raise Refused([Fault(str(query), 0, "", message, "put it into corpus/queries/")]) from None


def _texts(root: Path, members: list[Row]) -> dict[str, Text]:
    """Return the texts in hand; refuse where a record of the frame has none, or another edition of it."""
    if not members:
        message = "no record has an abstract"
        raise Refused(
            [Fault(RECORDS.path, 0, "", message, "bring abstracts first (survey abstracts --from FILE)")]
        )
    held = abstracts(root)
    missing = [r["paper"] for r in members if r["paper"] not in held]
    other = [
        r["paper"] for r in members if r["paper"] in held and held[r["paper"]].digest != r["text_sha256"]
    ]
    faults = []
    remedy = "bring the abstracts (survey abstracts --from FILE), then freeze"
    for keys, what in ((missing, "text not in hand"), (other, "text in hand is another edition")):
        if keys:
            message = (
                f"{what} of {len(keys)} of the frame's {len(members)} records: {', '.join(keys[:NAMED])}"
            )
            message += ", ..." if len(keys) > NAMED else ""
            faults.append(Fault(ABSTRACTS, 0, "", message, remedy))
    if faults:
        raise Refused(faults)
    return held


def _rows(
    members: list[Row],
    texts: dict[str, Text],
    tables: dict[str, list[Row]],
    query: Query,
    progress: Callable[[str, int, int], None] | None,
) -> list[Row]:
    source = _sources(tables["hits"])
    decided = _decided(tables["screening"], tables["adjudications"])
    both = {r["paper"]: (texts[r["paper"]].title, texts[r["paper"]].body) for r in members}
    scores = inclusion(both, decided)
    matcher, rows = Matcher(query), []
    for number, record in enumerate(members, 1):
        paper = record["paper"]
        if progress is not None and (number % 100 == 0 or number == len(members)):
            progress("looking for phrases", number, len(members))
        rows.append(
            {
                "paper": paper,
                "source": source.get(paper, ""),
                "score": f"{scores[paper]:.3f}" if scores else "",
                "hits": ";".join(sorted(matcher(*both[paper]).codes)),
                "probability": "",
            }
        )
    return rows


def _sources(hits: list[Row]) -> dict[str, str]:
    """Return the search that first brought each record."""
    source: dict[str, str] = {}
    for hit in sorted(hits, key=lambda r: _number(r["search"])):
        source.setdefault(hit["paper"], hit["search"])
    return source


def _decided(screening: list[Row], rulings: list[Row]) -> dict[str, bool]:
    """Return record -> whether it is in by title and abstract; what is pending is left out."""
    return {
        r["paper"]: r["decision"] == "include"
        for r in screened(screening, rulings, set())
        if r["stage"] == STAGES[0] and r["decision"] in ("include", "exclude")
    }


def _number(search: str) -> tuple[int, str]:
    digits = search.partition("-")[0].removeprefix("s")
    return (int(digits) if digits.isdigit() else 0, search)
