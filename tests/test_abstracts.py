"""Abstracts of known works come from a .bib, from JSON lines and from Zotero; their text stays in .cache/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from workbench.doors.abstracts import add_abstracts, add_from_zotero
from workbench.doors.adding import add
from workbench.doors.sampling import sample
from workbench.doors.sources import zotero
from workbench.store.bibliography import Entry, read_papers
from workbench.store.faults import Refused
from workbench.store.texts import ABSTRACTS, abstracts
from workbench.widgets.screening import ScreeningWidget

#: Stands in every abstract here, and may stand nowhere outside .cache.
MARK = "zebra"
BIB = """\
@article{li2024gap,
  title = {Measuring the gap between benchmarks and behaviour},
  author = {Li, Wei and Ono, Ken},
  year = {2024},
  doi = {10.1000/gap},
  abstract = {We see a zebra in 5\\% of the
    na{\\"i}ve trials.}
}
@misc{ray2023judge,
  title = {A judge that likes what is long},
  author = {Ray, Ann},
  year = {2023},
  eprint = {2306.10010},
  archiveprefix = {arXiv},
  abstract = {The zebra is long.}
}
@misc{poe2022page,
  title = {A page about rewards that stands somewhere},
  author = {Poe, Bo},
  year = {2022},
  url = {https://example.org/rewards}
}
"""


@pytest.fixture
def root(survey: Path) -> Path:
    """The small survey with the three works of the .bib, and none of their abstracts."""
    # Its sixty papers have no entries: the doors for records want both or neither.
    (survey / "corpus/records.csv").unlink()
    (survey / ABSTRACTS).unlink()
    add(survey, bib(survey.parent, without_abstracts=True, name="works.bib"))
    return survey


def bib(folder: Path, *, without_abstracts: bool = False, name: str = "export.bib") -> Path:
    text = BIB
    while without_abstracts and "  abstract = " in text:
        before, _, after = text.partition("  abstract = ")
        text = before.rstrip().removesuffix(",") + "\n" + after[after.index("}\n}") + 2 :]
    (file := folder / name).write_text(text, "utf-8")
    return file


def outside_the_cache(root: Path) -> str:
    found = (p for p in root.rglob("*") if p.is_file() and ".cache" not in p.parts)
    return "\n".join(p.read_text("utf-8") for p in found)


def state(root: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "lock"
    }


def held(root: Path) -> dict[str, str]:
    return {paper: text.body for paper, text in abstracts(root).items()}


def works(root: Path) -> dict[str, Entry]:
    return {e.key: e for e in read_papers(root, [])}


# --- the .bib ------------------------------------------------------------------------------------------------


def test_the_abstract_of_a_bib_is_shown_by_the_screening_widget_and_stands_in_the_cache_only(
    root: Path,
) -> None:
    report = add(root, bib(root.parent))
    assert (report.new, report.texts) == (0, 2)
    assert held(root) == {
        "li2024gap": "We see a zebra in 5% of the naïve trials.",
        "ray2023judge": "The zebra is long.",
    }
    sample(root)
    widget = ScreeningWidget(root, "eva")
    shown = {}
    for paper in held(root):
        widget.act({"n": 0, "view": "v", "name": "show", "paper": paper})
        shown[paper] = widget.state()["record"]
    assert {p: r["abstract"] for p, r in shown.items()} == held(root)
    assert {r["note"] for r in shown.values()} == {""}
    assert MARK not in outside_the_cache(root)


def test_a_bib_added_again_brings_what_the_cache_lost_and_else_changes_nothing(root: Path) -> None:
    add(root, bib(root.parent))
    before = state(root)
    # What a colleague has who cloned the survey: the log of hits, and no texts.
    (root / ABSTRACTS).unlink()
    report = add(root, bib(root.parent), dry_run=True)
    assert (report.known, report.texts, report.changed) == (3, 2, (ABSTRACTS,))
    assert held(root) == {}
    add(root, bib(root.parent))
    assert state(root) == before
    assert add(root, bib(root.parent)).changed == ()


def test_a_record_that_was_merged_gets_its_abstract_under_the_key_that_was_kept(root: Path) -> None:
    other = BIB.replace("li2024gap", "other2024").replace("10.1000/gap", "10.1000/GAP")
    (file := root.parent / "other.bib").write_text(other, "utf-8")
    add(root, file)
    (root / ABSTRACTS).unlink()
    assert add(root, file).texts == 2
    assert set(held(root)) == {"li2024gap", "ray2023judge"}


def test_a_bib_may_give_abstracts_alone_and_then_no_search_is_logged(root: Path) -> None:
    searches, hits = (root / "corpus/searches.yaml").read_bytes(), (root / "corpus/hits.csv").read_bytes()
    text = (
        BIB
        + "@misc{nobody, title={A work that nobody has added}, abstract={A zebra.}}\n@misc{torn, title={A\n"
    )
    (file := root.parent / "export.bib").write_text(text, "utf-8")
    report = add_abstracts(root, file)
    assert (report.joined, report.already, report.without) == (2, 0, 1)
    assert [(f.line, f.key) for f in report.unmatched] == [(23, "nobody")]
    assert [f.line for f in report.unreadable] == [24]
    assert set(held(root)) == {"li2024gap", "ray2023judge"}
    assert (root / "corpus/searches.yaml").read_bytes() == searches
    assert (root / "corpus/hits.csv").read_bytes() == hits
    assert MARK not in outside_the_cache(root)
    assert add_abstracts(root, file).changed == ()


# --- by title ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "authors", "year", "joins"),
    [
        ("Measuring the Gap between Benchmarks & Behaviour", ["Li, Wei", "Ono, Ken"], 2023, True),
        ("Measuring the gap between benchmarks, and behaviour", ["Li, Wei"], 2023, True),
        ("MEASURING the gap between {benchmarks} and behaviour", [], None, False),
        ("Measuring the gap between benchmarks and behaviour", ["Doe, Jo"], 2024, False),
        ("Measuring the gap between benchmarks and behaviour", ["Li, Wei"], 2015, False),
        ("Something else altogether about zebras", ["Li, Wei"], 2024, False),
    ],
)
def test_without_an_identifier_title_and_authors_tell_the_work_as_for_records(
    root: Path, title: str, authors: list[str], year: int | None, joins: bool
) -> None:
    cells = {"key": "x", "title": title, "authors": authors, "year": year, "abstract": "A zebra."}
    (file := root.parent / "a.jsonl").write_text(json.dumps(cells) + "\n", "utf-8")
    report = add_abstracts(root, file)
    assert (report.joined, len(report.unmatched)) == ((1, 0) if joins else (0, 1))
    assert set(held(root)) == ({"li2024gap"} if joins else set())
    if not joins and "zebras" not in title:
        assert "it may be of li2024gap" in report.unmatched[0].message


# --- Zotero --------------------------------------------------------------------------------------------------


def item(n: int, **data: Any) -> dict[str, Any]:
    key = f"ITEM{n:04}"
    return {
        "key": key,
        "version": n,
        "data": {"key": key, "itemType": "journalArticle", "title": f"Another thing {n}", **data},
    }


class Zotero:
    """Answers on localhost as Zotero's API does, version 3: pages of at most 100, `Total-Results`, `Link`."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        #: Answers instead of the items, in the order of requests: status, headers, body. None: as usual.
        self.instead: list[tuple[int, dict[str, str], str] | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query, {k.lower(): v for k, v in request.headers.items()}))
        instead = self.instead.pop(0) if self.instead else None
        if instead:
            status, headers, body = instead
        else:
            start, limit = int(query.get("start", 0)), min(int(query.get("limit", 25)), 100)
            status, body = 200, json.dumps(self.items[start : start + limit])
            headers = {"Content-Type": "application/json", "Total-Results": str(len(self.items))}
            if start + limit < len(self.items):
                following = f"{self.address}{parts.path}?start={start + limit}&limit={limit}"
                headers["Link"] = f'<{following}>; rel="next"'
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body.encode())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zotero]:
    """A stand-in for Zotero on this machine, which is asked in place of zotero.org."""
    made = Zotero()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", zotero.KEY):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(zotero.ENDPOINT, made.address)
    yield made
    made.server.shutdown()
    made.server.server_close()


def refused(root: Path, library: str = "groups/678", **options: Any) -> str:
    """Ask for a library, be refused, and see that nothing changed; return what was said."""
    before = state(root)
    with pytest.raises(Refused) as found:
        add_from_zotero(root, library, **options)
    assert state(root) == before
    (fault,) = found.value.faults
    assert fault.remedy
    return str(fault)


def test_items_of_zotero_join_by_doi_arxiv_id_address_key_and_title(root: Path, server: Zotero) -> None:
    (root.parent / "more.bib").write_text(
        "@misc{doe2021keyed, title={Known by its key}, author={Doe, Jo}, year={2021}}\n"
        "@misc{fox2020titled, title={Known by nothing but its title}, author={Fox, Al}, year={2020}}\n"
        "@misc{gnu2020extra, title={Known by what stands in extra}, author={Gnu, Di}, year={2020}, doi={10.1000/x}}\n"
    )
    add(root, root.parent / "more.bib")
    author = {"creatorType": "author", "firstName": "Wei", "lastName": "Li"}
    server.items = [
        item(1, DOI="https://doi.org/10.1000/GAP", abstractNote="By  DOI,\na zebra.", creators=[author]),
        item(2, itemType="preprint", archiveID="arXiv:2306.10010", abstractNote="By arXiv id, a zebra."),
        item(3, itemType="webpage", url="https://example.org/rewards", abstractNote="By address, a zebra."),
        item(
            4,
            title="Known by its key",
            extra="Citation Key: doe2021keyed\nother",
            abstractNote="By key, a zebra.",
        ),
        item(
            5,
            title="Known by nothing but <i>its</i> title",
            creators=[{"creatorType": "author", "firstName": "A.", "lastName": "Fox"}],
            date="2020-05-01",
            abstractNote="By title, a zebra.",
        ),
        item(6, itemType="report", extra="tex: x\nDOI: 10.1000/x", abstractNote="By extra, a zebra."),
        item(7, title="A work that nobody has added", abstractNote="Of nobody, a zebra."),
        item(8, title="Without an abstract", abstractNote=""),
        item(9, itemType="attachment", title="a.pdf"),
        item(10, itemType="note", note="A zebra."),
    ]
    report = add_from_zotero(root, "groups/678")
    assert held(root) == {
        "li2024gap": "By DOI, a zebra.",
        "ray2023judge": "By arXiv id, a zebra.",
        "poe2022page": "By address, a zebra.",
        "doe2021keyed": "By key, a zebra.",
        "fox2020titled": "By title, a zebra.",
        "gnu2020extra": "By extra, a zebra.",
    }
    assert (report.joined, report.already, report.without) == (6, 0, 1)
    assert [(f.file, f.key) for f in report.unmatched] == [
        ("Zotero groups/678", "A work that nobody has added")
    ]
    assert abstracts(root)["li2024gap"].source == "Zotero groups/678 ITEM0001"
    assert MARK not in outside_the_cache(root)
    path, query, headers = server.asked[0]
    assert (path, query["format"]) == ("/groups/678/items/top", "json")
    assert "authorization" not in headers
    again = add_from_zotero(root, "groups/678")
    assert (again.joined, again.already, again.changed) == (0, 6, ())


def test_what_zotero_joined_is_what_a_file_would_have_joined(root: Path, server: Zotero) -> None:
    server.items = [item(1, DOI="10.1000/gap", title="Measuring the gap", abstractNote="A zebra.")]
    dry = add_from_zotero(root, "users/12345", dry_run=True)
    assert held(root) == {}
    assert add_from_zotero(root, "users/12345") == dry
    by_zotero = {k: v for k, v in state(root).items() if k.startswith("corpus")}
    (root / ABSTRACTS).unlink()
    cells = {"doi": "10.1000/gap", "title": "Measuring the gap", "abstract": "A zebra."}
    (file := root.parent / "a.jsonl").write_text(json.dumps(cells) + "\n", "utf-8")
    add_abstracts(root, file)
    assert {k: v for k, v in state(root).items() if k.startswith("corpus")} == by_zotero


def test_facts_that_were_missing_are_filled_in_from_zotero(root: Path, server: Zotero) -> None:
    creators = [
        {"creatorType": "editor", "lastName": "Nobody", "firstName": "No"},
        {"creatorType": "author", "lastName": "Poe", "firstName": "Bo"},
        {"creatorType": "author", "name": "A Working Group"},
        "torn",
    ]
    server.items = [
        item(
            1,
            url="https://example.org/rewards",
            creators=creators,
            publicationTitle="A Page",
            abstractNote="Z.",
        )
    ]
    assert add_from_zotero(root, "groups/678").filled == 1
    entry = works(root)["poe2022page"]
    assert (entry.authors, entry.venue, entry.year) == (("Poe, Bo", "A Working Group"), "A Page", 2022)


def test_a_library_of_several_pages_is_read_whole(root: Path, server: Zotero) -> None:
    server.items = [item(n) for n in range(250)]
    server.items[-1]["data"] |= {"DOI": "10.1000/gap", "abstractNote": "A zebra on the last page."}
    told: list[tuple[str, int, int]] = []
    report = add_from_zotero(root, "groups/678", progress=lambda *what: told.append(what))
    assert (report.joined, report.without) == (1, 249)
    assert [(q["start"], q["limit"]) for _, q, _ in server.asked] == [
        ("0", "100"),
        ("100", "100"),
        ("200", "100"),
    ]
    assert [t[1:] for t in told] == [(100, 250), (200, 250), (250, 250)]


def test_a_page_that_fails_after_others_came_leaves_everything_as_it_was(root: Path, server: Zotero) -> None:
    server.items = [item(n, DOI="10.1000/gap", abstractNote="A zebra.") for n in range(150)]
    server.instead = [None, (500, {"Content-Type": "text/plain"}, "An error occurred")]
    assert "Zotero answered 500 after 100 of 150 items; try again later" in refused(root)
    short = {"Content-Type": "application/json", "Total-Results": "150"}
    server.instead = [None, (200, short, "[]")]
    assert "gave 100 of its 150 items" in refused(root)


def test_a_collection_is_read_alone_and_its_key_is_looked_at(root: Path, server: Zotero) -> None:
    server.items = [item(1, DOI="10.1000/gap", abstractNote="A zebra.")]
    assert add_from_zotero(root, "groups/678", collection="abcd2345").joined == 1
    assert server.asked[0][0] == "/groups/678/collections/ABCD2345/items/top"
    assert "no key of a collection" in refused(root, collection="My papers")
    assert "no key of a collection" in refused(root, collection="../../x/")
    for library in ("678", "group/678", "users/me", "groups/678/items", ""):
        assert "write users/NUMBER or groups/NUMBER" in refused(root, library)
    assert len(server.asked) == 1


TEXT = {"Content-Type": "text/plain"}


@pytest.mark.parametrize(
    ("answer", "options", "words"),
    [
        ((404, TEXT, "Not found"), {}, "no such library; look at its address"),
        ((404, TEXT, "Collection not found"), {"collection": "ABCD2345"}, "no collection ABCD2345 in it"),
        ((403, TEXT, "Forbidden"), {}, "is not public; make a key at https://www.zotero.org/settings/keys"),
        ((403, TEXT, "Forbidden"), {"local": True}, "in its settings, under Advanced, allow"),
        ((404, TEXT, "Not found"), {"local": True}, "users/0 is your own library"),
        ((503, TEXT, "Down"), {}, "Zotero answered 503, 4 times; try again later"),
        (
            (200, {"Content-Type": "text/html"}, "<html>Log in</html>"),
            {},
            "is not Zotero; is ZOTERO_ENDPOINT",
        ),
        ((200, {"Content-Type": "application/json"}, '{"items": []}'), {}, "is not Zotero"),
        ((200, {"Content-Type": "application/json"}, "[{"), {}, "is not Zotero"),
        ((200, {"Content-Type": "application/json"}, "[1, 2]"), {}, "is not Zotero"),
        ((429, TEXT | {"Retry-After": "3600"}, "Slow down"), {}, "asks to wait 3600 seconds"),
        ((429, TEXT, "Slow down"), {}, "too many requests; try again in some minutes"),
    ],
)
def test_each_refusal_of_zotero_says_what_to_do(
    root: Path,
    server: Zotero,
    answer: tuple[int, dict[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.setattr(zotero, "sleep", lambda seconds: None)
    server.instead = [answer] * zotero.TRIES
    assert words in refused(root, **options)


def test_the_key_comes_from_the_environment_goes_in_a_header_and_is_never_said(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(zotero.KEY, "s3cret")
    server.items = [item(1, DOI="10.1000/gap", abstractNote="A zebra.")]
    add_from_zotero(root, "users/12345")
    path, query, headers = server.asked[0]
    assert headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in path + json.dumps(query)
    server.instead = [(403, TEXT, "Invalid key")]
    said = refused(root, "users/12345")
    assert "the key in ZOTERO_API_KEY may not read it; make one that may" in said
    assert "s3cret" not in said
    assert "s3cret" not in outside_the_cache(root) + (root / ABSTRACTS).read_text("utf-8")


def test_zotero_on_this_machine_is_asked_without_key_and_without_proxy(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(zotero.KEY, "s3cret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.items = [item(1, DOI="10.1000/gap", abstractNote="A zebra.")]
    assert add_from_zotero(root, "users/0", local=True).joined == 1
    path, _, headers = server.asked[0]
    assert path == "/users/0/items/top"
    assert "authorization" not in headers
    assert "cannot be reached" in refused(root, "users/0")


def test_where_nothing_listens_the_refusal_names_the_way_out(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.server.shutdown()
    server.server.server_close()
    assert "with --from a file it exported" in refused(root)
    assert "is Zotero running? start it" in refused(root, "users/0", local=True)
    monkeypatch.setenv(zotero.ENDPOINT, "file:///etc/passwd")
    assert "ZOTERO_ENDPOINT is no web address" in refused(root)


def test_zotero_s_own_address_is_asked_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(zotero.ENDPOINT, raising=False)
    for local, address in ((False, "https://api.zotero.org"), (True, ":23119/api")):
        assert zotero._opened("group", "678", local, "groups/678").endpoint.endswith(address)


@pytest.mark.parametrize(
    ("instead", "waits", "requests"),
    [
        ([(429, TEXT | {"Retry-After": "7"}, "Slow down")], [7.0], 3),
        ([(429, {"Content-Type": "application/json", "Retry-After": "7"}, "not JSON")] * 2, [7.0, 7.0], 4),
    ],
)
def test_where_zotero_asks_to_wait_the_page_is_asked_for_again(
    root: Path,
    server: Zotero,
    monkeypatch: pytest.MonkeyPatch,
    instead: list[Any],
    waits: list[float],
    requests: int,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(zotero, "sleep", slept.append)
    server.items = [item(n) for n in range(149)] + [item(149, DOI="10.1000/gap", abstractNote="A zebra.")]
    server.instead = [*instead]
    assert add_from_zotero(root, "groups/678").joined == 1
    assert (slept, len(server.asked)) == (waits, requests)


def test_a_backoff_beside_items_is_heeded_before_the_next_page_and_patience_ends(
    root: Path, server: Zotero, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(zotero, "sleep", slept.append)
    server.items = [item(n) for n in range(150)]
    whole = {"Content-Type": "application/json", "Total-Results": "150", "Backoff": "5"}
    server.instead = [(200, whole, json.dumps(server.items[:100]))]
    assert add_from_zotero(root, "groups/678").without == 150
    assert slept == [5.0]
    server.instead = [(429, TEXT | {"Retry-After": "7"}, "Slow down")] * zotero.TRIES
    assert "too many requests" in refused(root)


def test_zotero_without_totals_is_read_until_a_page_is_not_full(root: Path, server: Zotero) -> None:
    plain = {"Content-Type": "application/json"}
    pages = [[item(n) for n in range(100)], [item(100, DOI="10.1000/gap", abstractNote="A zebra.")]]
    server.instead = [(200, plain, json.dumps(page)) for page in pages]
    assert add_from_zotero(root, "users/0", local=True).joined == 1
    assert [q["start"] for _, q, _ in server.asked] == ["0", "100"]


def test_fields_of_another_kind_than_text_do_not_stop_the_rest(root: Path, server: Zotero) -> None:
    server.items = [
        {"key": "A"},
        {"data": []},
        item(1, abstractNote=3, title=None, creators={"a": 1}),
        item(
            2,
            DOI="10.1000/gap",
            abstractNote="A zebra.",
            date=2024,
            extra=["x"],
            creators=[{"creatorType": "author"}],
        ),
    ]
    assert add_from_zotero(root, "groups/678").joined == 1


# --- the command ---------------------------------------------------------------------------------------------


def command(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-c", "from workbench.cli import main; main()", "abstracts", *map(str, words)]
    return subprocess.run(
        run,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1795500000", "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_command_brings_abstracts_from_a_file_and_from_zotero(root: Path, server: Zotero) -> None:
    done = command("--from", bib(root.parent), "--survey", root)
    assert done.returncode == 0, done.stderr
    assert (
        "abstracts: 2 joined, 0 in hand already, 0 works filled in, 0 of no known work, 1 without"
        in done.stdout
    )
    server.items = [
        item(1, DOI="10.1000/gap", abstractNote="Another edition with a zebra."),
        item(2, title="A work that nobody has added", abstractNote="A zebra."),
        item(3, url="https://example.org/rewards", abstractNote="A zebra on a page."),
    ]
    words = ("--zotero", "groups/678", "--survey", root)
    dry = command(*words, "--dry-run")
    assert f"would change: {ABSTRACTS}" in dry.stdout
    assert "poe2022page" not in held(root)
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert "1 joined, 1 in hand already" in done.stdout
    assert (
        "Zotero groups/678: warning: A work that nobody has added: abstract of no known work" in done.stderr
    )
    assert held(root)["poe2022page"] == "A zebra on a page."
    assert "zebra in 5%" in held(root)["li2024gap"]


def test_the_command_refuses_with_status_1_and_what_makes_no_sense_with_2(root: Path, server: Zotero) -> None:
    before = state(root)
    server.instead = [(404, TEXT, "Not found")]
    done = command("--zotero", "groups/678", "--survey", root)
    assert (done.returncode, "no such library" in done.stderr) == (1, True)
    assert "nothing was written" in done.stderr
    assert command("--from", root / "none.jsonl", "--survey", root).returncode == 1
    assert command("--zotero", "groups/678", "--survey", root.parent).returncode == 1
    for words in (
        (),
        ("--from", "x.jsonl", "--zotero", "groups/678"),
        ("--from", "x.jsonl", "--local"),
        ("--from", "x.jsonl", "--collection", "ABCD2345"),
    ):
        done = command(*words, "--survey", root)
        assert (done.returncode, "--zotero" in done.stderr) == (2, True)
    assert len(server.asked) == 1
    assert state(root) == before
