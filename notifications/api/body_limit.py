"""An ASGI guard: a body that is too large is refused while it arrives, where Django would first write it to disk."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from notifications.limits import BATCH_BODY_MAX
from notifications.wire.problems import MEDIA_TYPE, Problem
from notifications.wire.strict_json import dumps

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_OURS = re.compile(r"/notifications(/|$)")
_BODY = dumps(Problem(413).to_wire()).encode()


class BodyLimit:
    """Around Django's ASGI application. Other paths of a host project are left alone; views hold the finer limits."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _OURS.search(scope["path"]):
            await self._application(scope, receive, send)
            return
        if _declared_length(scope) > BATCH_BODY_MAX:
            await _refuse(send)
            return
        chunks: list[Message] = []
        size = 0
        while True:
            message = await receive()
            chunks.append(message)
            size += len(message.get("body", b""))
            if size > BATCH_BODY_MAX:
                await _refuse(send)
                return
            if message["type"] != "http.request" or not message.get("more_body", False):
                break
        rest = iter(chunks)

        async def replay() -> Message:
            return next(rest, None) or await receive()

        await self._application(scope, replay, send)


def _declared_length(scope: Message) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(_BODY)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})
