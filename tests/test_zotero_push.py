"""Included papers go out to Zotero over real HTTP, to a stand-in of ours that follows the published API, version 3."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from tests.coded import coded, fill, keep, put, stream, whole
from workbench.cli import app
from workbench.doors.sources import asking, zotero
from workbench.publishing import zotero_push
from workbench.publishing.zotero_push import Pushed, push
from workbench.store.faults import Refused
from workbench.store.survey import open_survey

WHERE, COLLECTION, SECRET = "groups/678", "ABCD2345", "SecretKey42"


class StandIn:
    """A library that keeps items with versions, refuses old ones with 412, and answers what it is told to instead."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.version = 1
        self.tokens: set[str] = set()
        self.posts: list[list[dict[str, Any]]] = []
        self.keys_seen: list[str] = []
        #: Answers instead of the usual ones to what is written: status, headers.
        self.instead: list[tuple[int, dict[str, str]]] = []
        #: Place in a batch -> what is said of it instead of taking it.
        self.refuses: dict[str, dict[str, Any]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.keys_seen.append(
                    self.headers.get("Zotero-API-Key") or self.headers.get("Authorization") or ""
                )
                query = parse_qs(urlsplit(self.path).query)
                start, limit = int(query.get("start", ["0"])[0]), int(query.get("limit", ["25"])[0])
                assert f"/collections/{COLLECTION}/items" in self.path
                every = [outer.items[k] for k in sorted(outer.items)]
                outer.say(self, 200, every[start : start + limit], {"Total-Results": str(len(every))})

            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.instead:
                    status, headers = outer.instead.pop(0)
                    if status == 0:  # takes it, and loses the answer
                        outer.take(sent, self.headers["Zotero-Write-Token"])
                        self.connection.close()
                        return
                    outer.say(self, status, {}, headers)
                    return
                outer.posts.append(sent)
                outer.say(self, 200, outer.take(sent, self.headers["Zotero-Write-Token"]), {})

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def say(self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        request.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **headers,
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def take(self, sent: list[dict[str, Any]], token: str) -> dict[str, Any]:
        answer: dict[str, Any] = {"successful": {}, "unchanged": {}, "failed": {}}
        if token in self.tokens:  # the published API answers 412 to a token that it has seen
            return {**answer, "failed": {str(n): {"code": 412, "message": "seen"} for n in range(len(sent))}}
        self.tokens.add(token)
        self.version += 1
        for n, item in enumerate(sent):
            key = item.get("key") or f"K{self.version:03}{n:04}"
            if str(n) in self.refuses:
                answer["failed"][str(n)] = self.refuses[str(n)]
            elif key in self.items and item.get("version") != self.items[key]["version"]:
                answer["failed"][str(n)] = {"code": 412, "message": "Item has been modified"}
            else:
                data = {k: v for k, v in item.items() if k not in ("key", "version")}
                self.items[key] = {"key": key, "version": self.version, "data": data}
                answer["successful"][str(n)] = self.items[key]
        return answer

    def of(self, paper: str) -> dict[str, Any]:
        (item,) = [i for i in self.items.values() if f"survey-key: {paper}" in i["data"].get("extra", "")]
        return item

    def note_of(self, paper: str) -> dict[str, Any]:
        key = self.of(paper)["key"]
        (note,) = [i for i in self.items.values() if i["data"].get("parentItem") == key]
        return note


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    made = StandIn()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(zotero.ENDPOINT, f"http://127.0.0.1:{made.server.server_port}")
    monkeypatch.setenv(zotero.KEY, SECRET)
    monkeypatch.setattr(zotero, "sleep", lambda _: None)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def filled(survey: Path) -> Path:
    fill(survey)
    keep(survey, "p07")
    for who in ("pass-a", "pass-b"):
        coded(survey, who, *whole("p07", level="measures", note="A <b>bold</b> claim & more."))
    return survey


def pushed(root: Path, **how: Any) -> Pushed:
    return push(open_survey(root), WHERE, COLLECTION, **how)


def test_papers_go_out_with_their_codes_as_tags_and_notes_beside_them(filled: Path, there: StandIn) -> None:
    done = pushed(filled)
    assert "p07" in done.made and done.failed == {} and done.conflicts == {}
    item = there.of("p07")["data"]
    tags = {t["tag"] for t in item["tags"]}
    assert {"survey:judge-bias=measures", "survey:llm-as-judge", "survey:training"} <= tags
    assert item["collections"] == [COLLECTION] and item["title"] == "On the proxy number 7"
    note = there.note_of("p07")["data"]["note"]
    assert "Judge bias (pass-a): A &lt;b&gt;bold&lt;/b&gt; claim &amp; more." in note


def test_a_second_push_sends_nothing_and_a_changed_code_alone(filled: Path, there: StandIn) -> None:
    first = pushed(filled)
    number = len(there.posts)
    assert pushed(filled).unchanged == len(first.made)
    assert len(there.posts) == number
    for who in ("pass-a", "pass-b"):
        put(filled, who, stream("p07", "reward-hacking"), run="again")
    done = pushed(filled)
    assert (done.changed, done.made) == (["p07"], [])
    assert "survey:reward-hacking" in {t["tag"] for t in there.of("p07")["data"]["tags"]}
    assert there.note_of("p07")


def test_a_dry_run_changes_nothing_here_or_there(filled: Path, there: StandIn) -> None:
    assert "p07" in pushed(filled, dry_run=True).made
    assert there.posts == [] and not (filled / ".cache/zotero").exists()


def test_what_was_changed_or_thrown_away_there_is_left_unless_said(filled: Path, there: StandIn) -> None:
    pushed(filled)
    mine = there.of("p07")
    mine["version"] = there.version = there.version + 1
    mine["data"]["title"] = "A better title"
    assert list(pushed(filled).conflicts) == ["p07"]
    assert there.of("p07")["data"]["title"] == "A better title"
    assert pushed(filled, mine=True).changed == ["p07"]
    assert there.of("p07")["data"]["title"] == "On the proxy number 7"
    key, note = there.of("p07")["key"], there.note_of("p07")["key"]
    del there.items[key], there.items[note]
    assert pushed(filled).gone == ["p07"]
    assert pushed(filled, again=True).made == ["p07"]
    assert there.of("p07")


def test_a_push_goes_on_where_another_was_cut_off(
    filled: Path, there: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zotero_push, "BATCH", 1)
    there.instead = []
    calls = 0
    take = there.take

    def cut(sent: list[dict[str, Any]], token: str) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 2:
            there.instead = [(500, {})] * 9
        return take(sent, token)

    monkeypatch.setattr(there, "take", cut)
    with pytest.raises(Refused, match="answered 500"):
        pushed(filled)
    there.instead = []
    done = pushed(filled)
    assert done.failed == {} and len(done.made) + len(done.changed) >= 1
    extras = [i["data"]["extra"].splitlines()[0] for i in there.items.values() if "extra" in i["data"]]
    assert len(extras) == len(set(extras))
    # On another machine, without the memory, nothing is made twice either.
    for path in (filled / ".cache/zotero").glob("*"):
        path.unlink()
    assert pushed(filled).made == []
    assert there.note_of("p07")


def test_no_item_is_overwritten_that_does_not_say_to_be_the_paper(filled: Path, there: StandIn) -> None:
    pushed(filled)
    (memory,) = (filled / ".cache/zotero").glob("*.json")
    held = json.loads(memory.read_text("utf-8"))
    there.items["MINE0001"] = {
        "key": "MINE0001",
        "version": 1,
        "data": {"itemType": "book", "title": "My own"},
    }
    held["p07"] = {"item": "MINE0001", "version": 1, "sent": "x"}
    memory.write_text(json.dumps(held), "utf-8")
    assert list(pushed(filled, mine=True).conflicts) == ["p07"]
    assert there.items["MINE0001"]["data"]["title"] == "My own"


@pytest.mark.parametrize("instead", [(429, {"Retry-After": "1"}), (503, {}), (502, {"Backoff": "2"})])
def test_passing_faults_are_waited_for(
    filled: Path, there: StandIn, instead: tuple[int, dict[str, str]]
) -> None:
    there.instead = [instead]
    assert pushed(filled).failed == {}


def test_what_zotero_does_not_take_is_told_by_paper_and_the_rest_goes(filled: Path, there: StandIn) -> None:
    there.refuses = {"0": {"code": 400, "message": "'date' is strange"}}
    done = pushed(filled)
    assert next(iter(done.failed.values())) == "400 'date' is strange"
    assert len(done.made) >= 1


def test_the_key_is_shown_to_nobody_and_not_sent_on(filled: Path, there: StandIn) -> None:
    there.instead = [(302, {"Location": "http://127.0.0.1:9/elsewhere"})]
    said = CliRunner().invoke(app, ["push", WHERE, "--collection", COLLECTION, "--survey", str(filled)])
    assert said.exit_code == 1 and SECRET not in said.output
    assert "do not follow" in said.output
    assert any(SECRET in seen for seen in there.keys_seen)
    assert not any(SECRET in p.read_text("utf-8", "replace") for p in filled.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("library", "collection", "said"),
    [
        ("678", COLLECTION, "is no library"),
        (WHERE, "x", "no key of a collection"),
        (WHERE, "", "no collection"),
    ],
)
def test_a_library_or_collection_that_is_none_is_refused(
    filled: Path, there: StandIn, library: str, collection: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        push(open_survey(filled), library, collection)


def test_without_a_key_nothing_is_asked(
    filled: Path, there: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(zotero.KEY)
    with pytest.raises(Refused, match="ZOTERO_API_KEY is empty"):
        pushed(filled)
    assert there.keys_seen == []


def test_there_is_an_end_to_patience(filled: Path, there: StandIn) -> None:
    there.instead = [(503, {})] * (asking.TRIES + 1)
    with pytest.raises(Refused, match="503"):
        pushed(filled)
