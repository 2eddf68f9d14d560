"""Asking a web service for a page: with patience for passing faults, and with none for what would cost without end."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urljoin, urlsplit

#: Seconds for one answer as a whole, however it drips, and bytes that it may hold unpacked.
DEADLINE, BYTES = 120.0, 64 * 2**20
#: Times that a page is asked for before we give up; answers that are well again a moment later.
TRIES, PASSING = 4, (502, 503, 504)
#: Seconds that we wait where we are asked to; of longer waits the user is told.
PATIENCE = 60.0


class Unwilling(Exception):
    """An answer that we do not take: ``message`` says why, ``remedy`` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


class Asker:
    """Stands where an httpx client would: a ``get`` and a ``post`` that end, whatever answers.

    It follows a redirect only to the same host and never from https to http, so that no key and no question goes
    anywhere else.

    Args:
        client: the httpx client to ask with.
        rest: how to wait some seconds.
    """

    def __init__(self, client: Any, rest: Callable[[float], None]) -> None:
        self._client, self._rest = client, rest
        self._http: Any = import_module(type(client).__module__.partition(".")[0])

    def close(self) -> None:
        """Let the client go."""
        self._client.close()

    def get(self, url: str, *, params: Any, headers: dict[str, str], timeout: Any) -> Any:
        """Return the answer, after some tries where the fault was a passing one."""
        for tried in range(1, TRIES + 1):
            last = tried == TRIES
            try:
                answer = self._followed(url, params, headers, timeout)
            except (self._http.ReadError, self._http.RemoteProtocolError):
                if last:
                    raise
                self._rest(2.0 ** (tried - 1))
                continue
            if answer.status_code not in PASSING or last:
                return answer
            told = answer.headers.get("retry-after") or answer.headers.get("backoff")
            self._rest(wait_of(told) if told else 2.0 ** (tried - 1))
        raise AssertionError("the last try returns or raises")

    def post(self, url: str, *, content: bytes, headers: dict[str, str]) -> Any:
        """Send something and return the answer, after some tries where the fault was a passing one.

        What is sent must be such that it can be sent twice: an answer may be lost after the other side has acted.
        No redirect is followed.
        """
        for tried in range(1, TRIES + 1):
            last = tried == TRIES
            try:
                answer = self._whole(url, None, headers, 60.0, content)
            except (self._http.ReadError, self._http.RemoteProtocolError):
                if last:
                    raise
                self._rest(2.0 ** (tried - 1))
                continue
            if answer.is_redirect:
                raise Unwilling(
                    "sends us on, which we do not follow with what we send", "is its address right?"
                )
            told = answer.headers.get("retry-after") or answer.headers.get("backoff")
            if answer.status_code not in (*PASSING, 429) or last:
                if told and not last:
                    self._rest(wait_of(told))
                return answer
            self._rest(wait_of(told) if told else 2.0 ** (tried - 1))
        raise AssertionError("the last try returns or raises")

    def _followed(self, url: str, params: Any, headers: dict[str, str], timeout: Any) -> Any:
        for _ in range(5):
            answer = self._whole(url, params, headers, timeout)
            to = answer.headers.get("location")
            if not (answer.is_redirect and to):
                return answer
            there, here = urlsplit(urljoin(str(answer.url), to)), urlsplit(str(answer.url))
            upgraded = (here.scheme, there.scheme) == ("http", "https")
            same = there.netloc == here.netloc and there.scheme == here.scheme
            if not (same or (upgraded and there.hostname == here.hostname)):
                message = f"sends us on to {there.scheme}://{there.hostname or ''}, which we do not follow"
                raise Unwilling(message, "is its address right? is there a log-in page before it?")
            url, params = there.geturl(), None
        raise Unwilling("sends us on without end", "try again later")

    def _whole(
        self, url: str, params: Any, headers: dict[str, str], timeout: Any, content: bytes | None = None
    ) -> Any:
        """Return an answer read to its end within the deadline, by a thread that can be left behind."""
        said: SimpleQueue[Any] = SimpleQueue()

        def ask() -> None:
            try:
                said.put(self._read(url, params, headers, timeout, content))
            except BaseException as error:
                said.put(error)

        Thread(target=ask, daemon=True).start()
        try:
            answer = said.get(timeout=DEADLINE)
        except Empty:
            message = f"did not answer within {DEADLINE:.0f} seconds"
            raise Unwilling(message, "try again later") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _read(
        self, url: str, params: Any, headers: dict[str, str], timeout: Any, content: bytes | None
    ) -> Any:
        how = {"params": params} if params else {}
        how |= {} if content is None else {"content": content}
        with self._client.stream(
            "GET" if content is None else "POST",
            url,
            headers=headers,
            timeout=timeout,
            follow_redirects=False,
            **how,
        ) as answer:
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > BYTES:
                    message = f"gave more than {BYTES // 2**20} megabytes in one answer"
                    raise Unwilling(message, "read less at once")
        # As bytes: a head that is not ASCII is somebody's fault, and no reason to fail here.
        left = [
            (k, v) for k, v in answer.headers.raw if k.lower() not in (b"content-encoding", b"content-length")
        ]
        return self._http.Response(
            answer.status_code, headers=left, content=bytes(body), request=answer.request
        )


def wait_of(told: str) -> float:
    """Return how many seconds an answer asks to wait: a number or a date; a few where it says neither.

    Raises:
        Unwilling: it asks for more than a minute.
    """
    try:
        seconds = float(told)
    except ValueError:
        try:
            until = parsedate_to_datetime(told)
            seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = 5.0
    if math.isnan(seconds):
        seconds = 5.0
    if seconds > PATIENCE:
        remedy = "try again after that, or read one --collection"
        raise Unwilling(
            f"asks to wait {seconds:.0f} seconds" if math.isfinite(seconds) else "asks to wait", remedy
        )
    return max(0.0, seconds)
