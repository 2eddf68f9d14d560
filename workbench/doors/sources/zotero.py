"""Abstracts out of a Zotero library, asked for as JSON: from zotero.org, or from Zotero itself on this machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from secrets import token_hex
from time import sleep
from typing import Any

from workbench.doors.identifiers import arxiv_id, arxiv_in_words
from workbench.doors.sources.abstracts import Abstract
from workbench.doors.sources.asking import PASSING, TRIES, Asker, Unwilling, wait_of
from workbench.doors.sources.incoming import mended_authors, year_of
from workbench.doors.titles import clean
from workbench.store.faults import Fault, Refused

#: Holds the key of a library that is not public. No option and no file does: those are kept and shared.
KEY = "ZOTERO_API_KEY"
#: Where the API is, if not where Zotero has it: another port of the desktop, a server of one's own.
ENDPOINT = "ZOTERO_ENDPOINT"
#: Where a key is made.
KEYS = "https://www.zotero.org/settings/keys"
#: Items a request; Zotero gives no more.
PAGE = 100
#: Items that one reading takes in.
MOST = 200_000
#: Where an item may name its venue, in the order of trust.
_VENUES = (
    "publicationTitle",
    "proceedingsTitle",
    "bookTitle",
    "conferenceName",
    "university",
    "institution",
    "publisher",
    "websiteTitle",
    "blogTitle",
    "repository",
)
#: Where an item may name its arXiv id.
_ARXIV = ("archiveID", "extra", "publicationTitle", "reportNumber", "number")
Progress = Callable[[str, int, int], None]


def read(
    library: str, *, collection: str = "", local: bool = False, progress: Progress | None = None
) -> list[Abstract]:
    """Read the abstracts of a library; items without one come with an empty ``body``.

    Args:
        library: ``users/NUMBER`` or ``groups/NUMBER``.
        collection: key of a collection, to read no more than that.
        local: ask Zotero on this machine (``users/0`` is one's own library there) instead of zotero.org.
        progress: called with what is being done, how far, and out of how many.

    Raises:
        Refused: the library is not named as above, cannot be reached or read, or did not come whole.
    """
    zot = _opened(*_named(library, collection), local, library)
    ask = partial(zot.collection_items_top, collection) if collection else zot.top
    reached = [0, 0]
    with _told(zot, library, collection, local, reached):
        items = _everything(zot, ask, library, progress or (lambda _what, _done, _all: None), reached)
    return [a for item in items if (a := _abstract(item, library)) is not None]


class Library:
    """A collection of a library on zotero.org that is written to.

    Args:
        library: ``users/NUMBER`` or ``groups/NUMBER``.
        collection: key of the collection.

    Raises:
        Refused: either is not named as above, or there is no key to write with.
    """

    def __init__(self, library: str, collection: str) -> None:
        kind, number = _named(library, collection)
        if not collection:
            raise _refused(library, "no collection is named", "give the key of one with --collection")
        if not _key(library):
            raise _refused(
                library, f"{KEY} is empty", f"make a key that may write at {KEYS} and put it there"
            )
        self._library, self._collection = library, collection
        self._zot = _opened(kind, number, False, library)
        self._at = f"{self._zot.endpoint}/{kind}s/{number}/items"

    def items(self, progress: Progress | None = None) -> list[dict[str, Any]]:
        """Return the items of the collection, notes too, as Zotero gives them: ``key``, ``version``, ``data``."""
        reached = [0, 0]
        ask = partial(self._zot.collection_items, self._collection)
        with _told(self._zot, self._library, self._collection, False, reached):
            told = progress or (lambda _what, _done, _all: None)
            found = _everything(self._zot, ask, self._library, told, reached)
        return [i for i in found if {"key", "version", "data"} <= i.keys() and isinstance(i["data"], dict)]

    def write(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Write at most 50 items; those with ``key`` and ``version`` change what is there.

        Returns:
            ``successful`` and ``failed``: place in ``items`` -> what Zotero made of it, or ``code`` and ``message``.

        Raises:
            Refused: nothing was written.
        """
        headers = {
            **self._zot.default_headers(),
            "Content-Type": "application/json",
            # The same on every try, so that what was written before an answer was lost is not written twice.
            "Zotero-Write-Token": token_hex(16),
        }
        with _told(self._zot, self._library, self._collection, False, [0, 0]):
            answer = self._zot.client.post(self._at, content=json.dumps(items).encode(), headers=headers)
        status = answer.status_code
        if status in (401, 403):
            raise _refused(
                self._library, f"the key in {KEY} may not write to it", f"make one that may at {KEYS}"
            )
        try:
            said = answer.json() if status == 200 else None
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("failed"), dict):
            raise _refused(self._library, f"Zotero answered {status} to what was sent", "try again later")
        unchanged = said.get("unchanged", {}).items()
        same = {n: {"key": key, "version": items[int(n)].get("version", 0)} for n, key in unchanged}
        return {"successful": {**same, **said.get("successful", {})}, "failed": said["failed"]}


def _named(library: str, collection: str) -> tuple[str, str]:
    """The kind and number of a library.

    Raises:
        Refused: it, or the collection, is not named as Zotero names them.
    """
    found = re.fullmatch(r"(user|group)s/(\d+)", library.strip("/ "))
    if found is None:
        raise _refused(library, f"{library!r} is no library", "write users/NUMBER or groups/NUMBER")
    if collection and not re.fullmatch(r"[A-Za-z0-9]{8}", collection):
        remedy = "give the eight letters and digits that end its address on zotero.org"
        raise _refused(library, f"{collection!r} is no key of a collection", remedy)
    return found[1], found[2]


def _opened(kind: str, number: str, local: bool, library: str) -> Any:
    # Zotero on this machine asks for no key: it is not shown any.
    key = None if local else _key(library)
    zot = import_module("pyzotero.zotero").Zotero(number, kind, key, local=local)
    if endpoint := os.environ.get(ENDPOINT, "").strip().rstrip("/"):
        if not re.match(r"https?://[^/\s]", endpoint):
            raise _refused(library, f"{ENDPOINT} is no web address", "let it begin with http:// or https://")
        zot.endpoint = endpoint
    client = zot.client
    if local:
        # A proxy that the network asks for does not know this machine.
        client.close()
        client = type(client)(trust_env=False)
    zot.client = Asker(client, lambda seconds: sleep(seconds))
    return zot


def _key(library: str) -> str | None:
    """Return the key of the library, which no message may show: also not where it is no key."""
    key = os.environ.get(KEY, "").strip()
    if key and not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        message = f"what stands in {KEY} is no key: it holds other characters than letters and digits"
        raise _refused(library, message, f"copy it again from {KEYS}; it is not shown here")
    return key or None


def _everything(
    zot: Any, ask: Callable[..., Any], library: str, progress: Progress, reached: list[int]
) -> list[dict[str, Any]]:
    """Return all items, page by page; what joins the library meanwhile comes last. ``reached`` is how far it came."""
    wait = 0.0

    def asked_to_wait(seconds: Any) -> None:
        nonlocal wait
        wait = wait_of(str(seconds))

    def before_a_request() -> None:
        nonlocal wait
        if wait:
            sleep(wait)
        wait = 0.0

    # Theirs starts a timer that keeps the process alive for as long as Zotero asks to wait.
    zot._set_backoff, zot._check_backoff = asked_to_wait, before_a_request
    items: list[dict[str, Any]] = []
    total = 0
    while True:
        for _ in range(TRIES):
            try:
                page = ask(format="json", limit=PAGE, start=len(items), sort="dateAdded", direction="asc")
            except Unwilling:
                raise
            except (ValueError, RecursionError):  # not JSON; also what stands beside "too many requests"
                page = None
            # Of "too many requests" pyzotero 1.6 hands the text back as if it were the items.
            if zot.request is None or zot.request.status_code != 429:
                break
        else:
            remedy = "try again in some minutes, or read one --collection"
            raise _refused(library, "Zotero gets too many requests", remedy)
        if not isinstance(page, list) or not all(isinstance(i, dict) for i in page):
            remedy = (
                f"is {ENDPOINT} right?" if os.environ.get(ENDPOINT) else "is there a log-in page before it?"
            )
            raise _refused(library, "what answers is not Zotero", remedy)
        items += page
        told = zot.request.headers.get("Total-Results") or ""
        total = int(told) if re.fullmatch(r"[0-9]{1,9}", told) else 0
        if len(items) > MOST:
            raise _refused(library, f"holds more than {MOST:,} items", "read one --collection")
        reached[:] = [len(items), total]
        progress("reading Zotero", len(items), max(total, len(items)))
        if len(items) >= total if total else len(page) != PAGE:
            return items
        if not page:
            message = f"Zotero gave {len(items)} of its {total} items"
            raise _refused(library, message, "the library changed meanwhile; try again")


@contextmanager
def _told(zot: Any, library: str, collection: str, local: bool, reached: list[int]) -> Iterator[None]:
    """Turn what goes wrong into what to do about it."""
    ze: Any = import_module("pyzotero.zotero_errors")
    try:
        yield
    except ze.UserNotAuthorisedError:
        if local:
            message = "Zotero answers no other program"
            remedy = "in its settings, under Advanced, allow other applications to communicate with Zotero"
        elif os.environ.get(KEY):
            message = f"the key in {KEY} may not read it"
            remedy = f"make one that may at {KEYS}"
        else:
            message = "is not public"
            remedy = f"make a key at {KEYS} and put it into the environment variable {KEY}"
        raise _refused(library, message, remedy) from None
    except ze.ResourceNotFoundError:
        message = f"no such library, or no collection {collection} in it" if collection else "no such library"
        remedy = "users/0 is your own library there" if local else "look at its address on zotero.org"
        raise _refused(library, message, remedy) from None
    except ze.TooManyRetriesError:
        remedy = "try again in some minutes, or read one --collection"
        raise _refused(library, "Zotero gets too many requests", remedy) from None
    except ze.PyZoteroError:
        status = zot.request.status_code
        tries = f", {TRIES} times" if status in PASSING else ""
        message = f"Zotero answered {status}{tries}{_so_far(reached)}"
        raise _refused(library, message, "try again later") from None
    except Unwilling as unwilling:
        message = f"Zotero {unwilling.message}{_so_far(reached)}"
        raise _refused(library, message, unwilling.remedy) from None
    except Exception as error:
        # httpx in pyzotero 1.6, httpx2 in some of the later ones: no class of theirs can be named.
        if type(error).__module__.partition(".")[0] not in ("httpx", "httpx2"):
            raise
        message = f"cannot be reached ({str(error) or type(error).__name__}){_so_far(reached)}"
        remedy = (
            "is Zotero running? start it and try again"
            if local
            else "are you online? with --local Zotero on this machine is asked, with --from a file it exported"
        )
        raise _refused(library, message, remedy) from None


def _so_far(reached: list[int]) -> str:
    """Say how far a reading came that brought nothing, as it did not come to its end."""
    return f" after {reached[0]} of {max(reached)} items" if reached[0] else ""


def _abstract(item: dict[str, Any], library: str) -> Abstract | None:
    """Return the abstract of an item; None for what is no work: a file, a note."""
    data = item.get("data")
    if not isinstance(data, dict) or data.get("itemType") in ("attachment", "note", "annotation"):
        return None

    def said(field: str) -> str:
        value = data.get(field)
        # Half a character can stand in JSON and in no file.
        return whole(value).strip() if isinstance(value, str) else ""

    def extra(name: str) -> str:
        # What a type of item has no field for, people and Zotero put there, a line each.
        line = re.search(rf"^{name}\s*:\s*(\S+)", said("extra"), re.IGNORECASE | re.MULTILINE)
        return line[1] if line else ""

    return Abstract(
        line=0,
        body=clean(said("abstractNote")),
        key=said("citationKey") or extra("citation key"),
        title=clean(said("title")),
        arxiv_id=arxiv_id(said("archiveID"))
        or next((a for f in _ARXIV if (a := arxiv_in_words(said(f)))), ""),
        doi=said("DOI") or extra("doi"),
        url=said("url"),
        authors=_authors(data.get("creators")),
        year=year_of(said("date")),
        venue=clean(next((v for f in _VENUES if (v := said(f))), "")),
        source=f"Zotero {library} {said('key')}".strip(),
    )


def _authors(creators: Any) -> tuple[str, ...]:
    names = []
    for creator in creators if isinstance(creators, list) else []:
        if isinstance(creator, dict) and creator.get("creatorType") == "author":
            parts = [whole(str(creator.get(p) or "")).strip() for p in ("lastName", "firstName")]
            names.append(whole(str(creator.get("name") or "")) or ", ".join(p for p in parts if p))
    return mended_authors([n for n in names if n.strip()])


def whole(text: str) -> str:
    """Return text with every half of a character (a lone surrogate) replaced by the sign for it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _refused(library: str, message: str, remedy: str) -> Refused:
    return Refused([Fault(f"Zotero {library}", 0, "", message, remedy)])
