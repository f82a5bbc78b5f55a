"""The outermost ASGI layer: gives every request and socket its id, and writes a line for each request."""

from __future__ import annotations

import asyncio
import atexit
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote

from notifications import metrics
from notifications.limits import RESERVED_USER_IDS
from notifications.trace import HEADER, Trace, begin, current, pseudonym

logger = logging.getLogger("notifications.access")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH_MAX = 200
ANYTHING = None
PLACES: list[tuple[list[str | None], int]] = [
    (["", "notifications", "topics", ANYTHING, "subscriptions"], 5),
    (["", "notifications", "ws"], 3),
    (["", "notifications"], 2),
    (["", "admin", "notifications", "inbox"], 4),
]
"""How paths begin that hold a user_id, and which of their parts it is."""
NO_USER_IDS = RESERVED_USER_IDS | {"", "add"}
GONE = 499
"""The client left before it was answered; the number is nginx's."""


class Answered(NamedTuple):
    """A request, and how it was answered: the members of its line for machines."""

    request_id: str
    method: str
    path: str
    status: int
    milliseconds: float
    bytes: int
    credential: str | None

    def __str__(self) -> str:
        """For people."""
        return f"{self.method} {self.path} {self.status} {self.milliseconds} ms {self.bytes} B {self.credential}"


class Requests(list[Answered]):
    """Those that were answered in a turn of the event loop: they share a record, which costs more than its lines.

    ``notification_engine.settings.logs`` writes them one by one.
    """

    def __str__(self) -> str:
        return "\n".join(map(str, self))


class AccessLog:
    """Around the whole application. Sockets write their own lines (``realtime.access_log``): wrapping their ``send``
    would cost time for each frame, and hide the server's buffer from what watches over slow readers.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self._answered = Requests()
        self._due: asyncio.AbstractEventLoop | None = None
        """Who writes their lines next."""
        atexit.register(self.write)  # of a loop that ended in the midst of it

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        trace = begin(scope["headers"])
        token = current.set(trace)
        try:
            if scope["type"] == "http":
                await self._answer(scope, receive, send, trace)
            else:
                await self._application(scope, receive, send)
        finally:
            current.reset(token)

    async def _answer(self, scope: Message, receive: Receive, send: Send, trace: Trace) -> None:
        began = perf_counter()
        status, size = GONE, 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (HEADER, trace.request_id.encode())]
                message = {**message, "headers": headers}
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, receive, counted)
        except Exception:
            status = 500 if status == GONE else status
            raise
        finally:
            path, took = shown_path(scope["method"], scope["path"]), round((perf_counter() - began) * 1000, 1)
            self._note(Answered(trace.request_id, scope["method"], path, status, took, size, trace.credential))

    def _note(self, answered: Answered) -> None:
        """For the end of the loop's turn, when all lines are made one after the other, and what makes them lies in the
        core's caches."""
        self._answered.append(answered)
        loop = asyncio.get_running_loop()
        if self._due is not loop:
            self._due = loop
            loop.call_soon(self.write, context=Context())

    def write(self) -> None:
        """The lines of those that were answered since the last time."""
        self._due = None
        requests, self._answered = self._answered, Requests()
        for answered in requests:
            metrics.http_responses[answered.status // 100].inc()
        if requests:
            logger.info("%s", requests, extra={"requests": requests})


def shown_path(method: str, path: str) -> str:
    """The path for a log: in ASCII, bounded, without the query, a pseudonym in the place of a user_id."""
    return _remembered(method, path) if len(path) <= PATH_MAX else _shown(method, path)


def _shown(method: str, path: str) -> str:
    parts = path.split("/")
    place = next((place for start, place in PLACES if _begins(parts, start)), len(parts))
    if place < len(parts) and parts[place] not in NO_USER_IDS:
        is_notification = place == 2 and method in ("PUT", "PATCH", "DELETE") and parts[place].isdigit()
        if not is_notification:
            parts[place] = f"~{pseudonym(parts[place])}"
    return quote("/".join(parts), safe="/~:@+", errors="replace")[:PATH_MAX]


_remembered = lru_cache(maxsize=4096)(_shown)
"""Short ones only: a stranger's long ones would be kept as well."""


def _begins(parts: list[str], start: list[str | None]) -> bool:
    return len(parts) >= len(start) and all(
        known in (ANYTHING, part) for known, part in zip(start, parts, strict=False)
    )
