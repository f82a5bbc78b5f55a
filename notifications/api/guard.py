"""An ASGI guard: what Django would fail on, or first write to disk, is refused before it gets there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, reverse

from notifications.limits import BATCH_BODY_MAX, BODY_MAX
from notifications.wire.problems import MEDIA_TYPE, Problem, Refused
from notifications.wire.strict_json import dumps

from .bodies import Message, Receive, gather

Send = Callable[[Message], Awaitable[None]]


class Guard:
    """Around Django's ASGI application. Other paths of a host project are left alone; views hold the finer limits."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_ours(scope["path"]):
            await self._application(scope, receive, send)
            return
        maximum = BATCH_BODY_MAX if scope["path"].rstrip("/").endswith(("/batch", "/announcements")) else BODY_MAX
        if problem := _unreadable(scope, maximum):
            await refuse(send, problem)
            return
        try:
            whole = iter([await gather(receive, maximum)])
        except Refused as refused:
            await refuse(send, refused.problem)
            return

        async def replay() -> Message:
            return next(whole, None) or await receive()

        await self._application(scope, replay, send)


@cache
def _mount() -> str | None:
    """Where the project has the API, without a slash at the end; None when it has none."""
    try:
        return reverse("notifications:list").rstrip("/")
    except NoReverseMatch:
        return None


def _is_ours(path: str) -> bool:
    mount = _mount()
    return mount is not None and (path == mount or path.startswith(f"{mount}/"))


def _unreadable(scope: Message, maximum: int) -> Problem | None:
    try:
        scope.get("query_string", b"").decode()
    except UnicodeDecodeError:  # Django answers it, but writes a traceback into the log
        return Problem(400, detail="The query string is not UTF-8.")
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > maximum:
            return Problem(413)
        if name == b"content-type" and b"*" in value:  # RFC 2231: an unknown charset in it is a crash in Django
            return Problem(415)
    return None


async def refuse(send: Send, problem: Problem) -> None:
    """Answer, and close the connection, on which more of the request may be on its way."""
    body = dumps(problem.to_wire()).encode()
    headers = [
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
