"""What Django's middlewares add to an answer: learned from the first answer of each kind, not written down again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from .calls import Call, asked

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

OWN = {b"content-length", b"etag"}
"""Each answer has its own."""
CONSTANT = {
    b"access-control-allow-credentials", b"access-control-allow-origin", b"access-control-expose-headers", b"allow",
    b"cache-control", b"content-type", b"cross-origin-opener-policy", b"referrer-policy", b"strict-transport-security",
    b"vary", b"x-content-type-options", b"x-frame-options",
}  # fmt: skip
"""What is the same in every answer of a kind. A kind whose answers have any other header is left to Django."""
KINDS_MAX = 1000


class Learned:
    """Headers by kind of call: a host that Django refuses, say, has none."""

    def __init__(self) -> None:
        self._headers: dict[Hashable, Headers | None] = {}

    def headers(self, call: Call) -> Headers | None:
        return self._headers.get(_kind(call))

    def listen(self, call: Call, send: Send) -> Send:
        """``send`` for Django, whose answer is to be learned from."""
        kind = _kind(call)
        if kind in self._headers:
            return send

        async def listening(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 201):
                self._learn(kind, _constant(message.get("headers", ())))
            await send(message)

        return listening

    def _learn(self, kind: Hashable, headers: Headers | None) -> None:
        """In the place of the oldest when there are many: it is learned again by one call, whoever makes up origins."""
        while len(self._headers) >= KINDS_MAX and kind not in self._headers:
            del self._headers[next(iter(self._headers))]
        self._headers[kind] = headers


def _kind(call: Call) -> Hashable:
    return call.viewset, call.action, call.scope.get("scheme"), *map(call.headers.get, asked())


def _constant(headers: Any) -> Headers | None:
    kept = tuple((name, value) for name, value in ((n.lower(), v) for n, v in headers) if name not in OWN)
    return kept if all(name in CONSTANT for name, _ in kept) else None
