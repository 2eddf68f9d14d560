"""Included papers out to a Zotero collection: an item each, its codes as tags, the coders' notes as a child note.

What was sent is remembered in ``.cache/zotero`` (versions and digests, no key): a second push sends only what is new
or changed. What somebody changed or threw away in Zotero is told and left as it is, unless they say otherwise. Without
that memory the items are recognised by a line of their field *Extra*, so that a push goes on where another was cut off.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.answers.answer import BASIS
from workbench.doors.sources.zotero import Library
from workbench.store.files import replace, sha256
from workbench.store.places import within
from workbench.store.screened import included

if TYPE_CHECKING:
    from workbench.store.survey import Survey

#: Items that Zotero takes in one request.
BATCH = 50
#: How a line of the field Extra begins that says which paper an item is.
EXTRA = "survey-key: "
#: What the child note of ours says.
NOTE = "what was coded, in the coders&#x27; own words."
#: BibTeX type -> Zotero's.
KINDS = {
    "article": "journalArticle",
    "inproceedings": "conferencePaper",
    "book": "book",
    "techreport": "report",
}
_VENUE = {
    "journalArticle": "publicationTitle",
    "conferencePaper": "proceedingsTitle",
    "report": "institution",
}

Progress = Callable[[str, int, int], None]
Plain = dict[str, Any]


@dataclass
class Pushed:
    """What a push did, or would do.

    Attributes:
        made, changed, unchanged: papers.
        conflicts: paper -> what was changed in Zotero since, and was not overwritten.
        gone: papers whose item was thrown away in Zotero, and which were left out.
        out: papers whose item is in the collection and that are not in the survey any more.
        failed: paper -> what Zotero said of its item.
    """

    made: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    conflicts: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def push(
    survey: Survey,
    library: str,
    collection: str,
    *,
    dry_run: bool = False,
    mine: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> Pushed:
    """Send the included papers to a collection.

    Args:
        survey: the opened survey.
        library: ``users/NUMBER`` or ``groups/NUMBER``.
        collection: the eight letters and digits of the collection's key.
        dry_run: ask Zotero what is there, and change nothing.
        mine: overwrite what was changed in Zotero since the last push.
        again: make those items anew that were thrown away in Zotero.
        progress: called with what is being done, how far, and out of how many.

    Returns:
        What was done, or would be.

    Raises:
        Refused: the library cannot be reached, read or written; what was sent before is remembered.
    """
    remote = Library(library, collection)
    memory = _memory(survey.root, library, collection)
    items = remote.items(progress)
    there = {i["key"]: i for i in items if not i["data"].get("parentItem")}
    notes_there = {i["data"]["parentItem"]: i for i in items if NOTE in str(i["data"].get("note", ""))}
    for key, item in there.items():  # a push that was cut off, or made on another machine
        paper = _paper_of(item["data"])
        if paper and paper not in memory:
            memory[paper] = {"item": key, "version": item["version"], "sent": ""}
    wanted = dict(_wanted(survey, collection))
    result = Pushed(out=sorted(p for p, m in memory.items() if p not in wanted and m["item"] in there))
    todo: list[tuple[str, Plain]] = []
    for paper, (data, note) in wanted.items():
        held = memory.get(paper)
        digest = sha256(json.dumps((data, note), sort_keys=True))
        if held is None or (held["item"] not in there and again):
            memory.pop(paper, None)
            result.made.append(paper)
            todo.append((paper, data))
        elif held["item"] not in there:
            result.gone.append(paper)
        elif _paper_of(there[held["item"]]["data"]) != paper:  # what is remembered may come from a stranger
            result.conflicts[paper] = "its item does not say any more, in Extra, that it is this paper"
        elif (moved := bool(held["sent"]) and there[held["item"]]["version"] != held["version"]) and not mine:
            result.conflicts[paper] = "was changed in Zotero since the last push"
        elif moved or held["sent"] != digest:
            result.changed.append(paper)
            version = there[held["item"]]["version"]
            todo.append((paper, {**data, "key": held["item"], "version": version}))
        else:
            result.unchanged += 1
    if dry_run:
        return result

    def sent(paper: str, made: Plain) -> None:
        memory.setdefault(paper, {"sent": ""})
        memory[paper] |= {"item": made["key"], "version": made["version"]}

    def noted(paper: str, made: Plain) -> None:
        memory[paper]["sent"] = sha256(json.dumps(wanted[paper], sort_keys=True))

    def keep() -> None:
        place = within(survey.root, _place(library, collection))
        replace(place, json.dumps(memory, indent=1, sort_keys=True) + "\n")

    _send(remote, todo, sent, keep, result, progress)
    notes = []
    for paper, _ in todo:
        if paper in memory and paper not in {*result.failed, *result.conflicts}:
            item = memory[paper]["item"]
            body: Plain = {"itemType": "note", "parentItem": item, "note": wanted[paper][1], "tags": []}
            if item in notes_there:
                body |= {k: notes_there[item][k] for k in ("key", "version")}
            notes.append((paper, body))
    _send(remote, notes, noted, keep, result, progress)
    return result


def _send(
    remote: Library,
    todo: Sequence[tuple[str, Plain]],
    taken: Callable[[str, Plain], None],
    keep: Callable[[], None],
    result: Pushed,
    progress: Progress | None,
) -> None:
    """Write items in batches; what Zotero took is handed to ``taken`` and kept, what it did not is told by item."""
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        answer = remote.write([data for _, data in batch])
        for number, (paper, _) in enumerate(batch):
            at = str(number)
            if at in answer["successful"]:
                taken(paper, answer["successful"][at])
            elif at in answer["failed"]:
                said = answer["failed"][at]
                if said.get("code") == 412:
                    result.conflicts[paper] = "was changed in Zotero while it was sent"
                else:
                    result.failed[paper] = f"{said.get('code', '')} {said.get('message', '')}".strip()
        keep()
        if progress:
            progress("writing to Zotero", min(start + BATCH, len(todo)), len(todo))
    for paper in (*result.conflicts, *result.failed):
        for done in (result.made, result.changed):
            if paper in done:
                done.remove(paper)


def _wanted(survey: Survey, collection: str) -> Iterator[tuple[str, tuple[Plain, str]]]:
    """Paper -> its item as Zotero takes it, and the text of its note; papers in the order of their keys."""
    inside_ = included({str(k): str(v) for k, v in row.items()} for row in survey.screened.to_dict("records"))
    final = survey.final
    final = final[
        (final["state"] == "present").to_numpy(dtype=bool) & (final["basis"] == BASIS).to_numpy(dtype=bool)
    ]
    names = dict(
        zip(zip(survey.codes["facet"], survey.codes["code"], strict=True), survey.codes["name"], strict=True)
    )
    codes: dict[str, list[Mapping[Any, Any]]] = {}
    for row in final.to_dict("records"):
        codes.setdefault(row["paper"], []).append(row)
    noted: dict[str, list[str]] = {}
    for row in survey.codings.to_dict("records"):
        if row["note"] and row["basis"] == BASIS and row["state"] == "present":
            name = names.get((row["facet"], row["code"]), row["code"])
            noted.setdefault(row["paper"], []).append(f"{name} ({row['coder']}): {row['note']}")
    for work in survey.papers.sort_values("paper").to_dict("records"):
        if work["paper"] in inside_:
            mine = sorted(codes.get(work["paper"], []), key=lambda r: (r["facet"], r["code"]))
            tags = [
                f"{survey.settings.tag_prefix}:{r['code']}" + (f"={r['level']}" if r["level"] else "")
                for r in mine
            ]
            lines = "".join(f"<p>{html.escape(line)}</p>" for line in sorted(noted.get(work["paper"], [])))
            head = f"<p><b>{html.escape(survey.settings.title)}</b>: {NOTE}</p>"
            yield work["paper"], (_item(work, tags, collection), head + lines)


def _item(work: Mapping[Any, Any], tags: Sequence[str], collection: str) -> Plain:
    kind = KINDS.get(str(work["type"]), "preprint" if work["arxiv_id"] else "document")
    extra = f"{EXTRA}{work['paper']}" + (f"\narXiv: {work['arxiv_id']}" if work["arxiv_id"] else "")
    made: Plain = {
        "itemType": kind,
        "title": work["title"],
        "creators": [
            _creator(name) for name in str(work["authors"]).split("; ") if name and name != "others"
        ],
        "date": str(work["year"]) if str(work["year"]).isdigit() else "",
        "url": work["url"] or (f"https://arxiv.org/abs/{work['arxiv_id']}" if work["arxiv_id"] else ""),
        "extra": extra,
        "tags": [{"tag": tag} for tag in tags],
        "collections": [collection],
    }
    if kind in _VENUE and work["venue"]:
        made[_VENUE[kind]] = work["venue"]
    if work["doi"] and kind in ("journalArticle", "conferencePaper", "preprint"):
        made["DOI"] = work["doi"]
    return made


def _creator(name: str) -> dict[str, str]:
    family, _, given = name.partition(", ")
    made = {"creatorType": "author"}
    return {**made, "lastName": family, "firstName": given} if given else {**made, "name": family}


def _paper_of(data: Mapping[str, Any]) -> str:
    """Which paper an item says to be; empty where it is none of ours."""
    lines = str(data.get("extra") or "").splitlines()
    return next((line.removeprefix(EXTRA).strip() for line in lines if line.startswith(EXTRA)), "")


def _place(library: str, collection: str) -> str:
    return f".cache/zotero/{library.strip('/ ').replace('/', '-')}-{collection}.json"


def _memory(root: Path, library: str, collection: str) -> dict[str, Plain]:
    try:
        held = json.loads(within(root, _place(library, collection)).read_text("utf-8"))
        good = all(isinstance(m, dict) and {"item", "version", "sent"} <= m.keys() for m in held.values())
    except (OSError, ValueError, AttributeError):
        return {}
    return dict(held) if good else {}
