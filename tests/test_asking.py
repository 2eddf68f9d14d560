# ruff: noqa: F811 - fixtures of another file are taken by their names
"""A web service that misbehaves costs a refusal: no key leaves, nothing hangs, a passing fault passes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.test_abstracts import TEXT, Zotero, item, refused, root, server  # noqa: F401 - fixtures
from workbench.doors.abstracts import add_from_zotero
from workbench.doors.sources import asking, zotero
from workbench.store.texts import ABSTRACTS

JSON = {"Content-Type": "application/json"}
SECRET = "s3cretKEY"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(zotero, "sleep", waited.append)
    return waited


@pytest.mark.parametrize("left", [f"{SECRET}\n", f" {SECRET}\r\n", f"\t{SECRET}"])
def test_white_space_around_a_key_is_stripped(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    monkeypatch.setenv(zotero.KEY, left)
    server.items = [item(1, DOI="10.1000/gap", abstractNote="A zebra.")]
    add_from_zotero(root, "groups/678")
    assert server.asked[0][2]["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("odd", [f"{SECRET}\nX: y", f"{SECRET} {SECRET}", f"{SECRET}é", f"{SECRET}\x1b[2J"])
def test_what_is_no_key_is_refused_and_not_shown(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    monkeypatch.setenv(zotero.KEY, odd)
    said = refused(root)
    assert "ZOTERO_API_KEY is no key" in said
    assert SECRET not in said
    assert server.asked == []


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Another host (another port is one): its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(str(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: Any) -> None:
            pass

    other = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{other.server_address[1]}", asked
    other.shutdown()
    other.server_close()


def test_no_redirect_to_another_host_is_followed(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch, elsewhere: tuple[str, list[str]]
) -> None:
    address, asked = elsewhere
    monkeypatch.setenv(zotero.KEY, SECRET)
    for to in (f"{address}/users/1/items/top", "file:///etc/passwd", "//evil.example/x", "gopher://x/"):
        server.instead = [(302, {**TEXT, "Location": to}, "")]
        said = refused(root)
        assert "which we do not follow" in said
        assert SECRET not in said
    assert asked == []
    server.instead = [(302, {**TEXT, "Location": f"{server_address(server)}/again"}, "")] * 9
    assert "sends us on without end" in refused(root)


def server_address(server: Zotero) -> str:
    return f"http://127.0.0.1:{server.server.server_address[1]}"


@pytest.mark.parametrize("status", asking.PASSING)
def test_a_passing_fault_is_waited_for(root: Path, server: Zotero, slept: list[float], status: int) -> None:
    server.items = [item(n) for n in range(149)] + [item(149, DOI="10.1000/gap", abstractNote="A zebra.")]
    first = (200, {**JSON, "Total-Results": "150"}, json.dumps(server.items[:100]))
    server.instead = [first, (status, TEXT, "Gateway"), (status, {**TEXT, "Retry-After": "7"}, "Gateway")]
    assert add_from_zotero(root, "groups/678").joined == 1
    assert slept == [1.0, 7.0]


def test_where_it_does_not_pass_it_is_said_how_far_it_came(
    root: Path, server: Zotero, slept: list[float]
) -> None:
    server.items = [item(n) for n in range(150)]
    first = (200, {**JSON, "Total-Results": "150"}, json.dumps(server.items[:100]))
    server.instead = [first, *[(504, TEXT, "Gateway")] * asking.TRIES]
    assert "Zotero answered 504, 4 times after 100 of 150 items; try again later" in refused(root)
    assert slept == [1.0, 2.0, 4.0]
    assert not (root / ABSTRACTS).exists()


@pytest.mark.parametrize("told", ["nonsense", "nan", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_an_odd_time_to_wait_is_a_short_one(told: str) -> None:
    assert 0 <= asking.wait_of(told) <= 5
    for long in ("inf", "1e999", "Fri, 31 Dec 2999 23:59:59 GMT"):
        with pytest.raises(asking.Unwilling, match="asks to wait"):
            asking.wait_of(long)


@pytest.mark.parametrize("total", ["", "many", "-1", "9" * 5000, "1e9", "٣"])
def test_odd_totals_stop_nothing(root: Path, server: Zotero, total: str) -> None:
    page = json.dumps([item(1, DOI="10.1000/gap", abstractNote="A zebra.")])
    server.instead = [(200, {**JSON, "Total-Results": total.encode().decode("latin-1")}, page)]
    assert add_from_zotero(root, "groups/678").joined == 1


BODIES = {
    "lists": "[" * 100_000,
    "objects": '[{"data":' * 50_000,
    "digits": "[" + "9" * 5000 + "]",
    "NUL": "\x00",
    "no objects": "[" * 9 + "]" * 9,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_deep_and_odd_json_is_not_zotero(root: Path, server: Zotero, body: str) -> None:
    server.instead = [(200, JSON, body)]
    assert "what answers is not Zotero" in refused(root)


def test_half_a_character_is_replaced(root: Path, server: Zotero) -> None:
    broken = item(1, DOI="10.1000/gap", abstractNote="A zebra \ud83d here.", title="T \udc00")
    server.instead = [(200, {**JSON, "Total-Results": "1"}, json.dumps([broken]))]
    assert add_from_zotero(root, "groups/678").joined == 1
    assert "A zebra \ufffd here." in (root / ABSTRACTS).read_text("utf-8")


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that answers with one byte of its head after the other, without end."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not done.wait(0.05):
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return

        def log_message(self, *_: Any) -> None:
            pass

    slow = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slow.daemon_threads = True
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    monkeypatch.setenv(zotero.ENDPOINT, f"http://127.0.0.1:{slow.server_address[1]}")
    monkeypatch.setattr(asking, "DEADLINE", 1.0)
    yield
    done.set()
    slow.shutdown()
    slow.server_close()


@pytest.mark.usefixtures("dripping")
def test_a_drip_has_a_deadline(root: Path) -> None:
    assert "Zotero did not answer within 1 seconds" in refused(root)


def test_an_answer_that_unfolds_without_end_is_given_up(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BYTES", 1000)
    server.instead = [(200, JSON, json.dumps([item(n) for n in range(90)]))]
    assert "megabytes in one answer" in refused(root)
