"""Requests as bytes for a protocol whose application answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

START = b"GET / HTTP/1.1\r\nHost: a\r\n"
GET = START + b"\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
HEAD_SECONDS, KEEP_ALIVE_SECONDS = 0.6, 0.15
"""In these tests; the first is four times the second as it is in earnest."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


class Application:
    """Answers with the size of the body, when it may; says "open" on a socket, and then what it is told."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.names: list[bytes] = []
        """Of the headers of the last request, once its body was there."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] != "websocket.disconnect":
                await send({"type": "websocket.send", "text": message.get("text", "open")})
            return
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        self.names = [name for name, _ in scope["headers"]]
        await self.may_answer.wait()
        body = b"<%d>" % size
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer, which is 200."""
    async with asyncio.timeout(5):
        text = await reader.readuntil(b">")
    assert text.startswith(b"HTTP/1.1 200 "), text
    return text[text.rindex(b"<") :]


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes the connection."""
    async with asyncio.timeout(5):
        return await reader.read()
