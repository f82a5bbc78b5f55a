"""Keep-alive HTTP with little work: requests are ready-made bytes, of answers only the length is read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from types import TracebackType
from typing import Any

ANSWER_SECONDS = 60
IDLE_SECONDS = 3
"""A line that was not used for so long is not used again: servers close them after five, perhaps just now."""


def request(method: str, path: str, body: bytes = b"", *, port: int, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = bytearray()
        self.is_open, self.used_at = True, monotonic()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._received[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        self._received.clear()
        if b"connection: close" in head:
            self.close()
        answer, self._answer = self._answer, None
        if not answer.done():
            answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("The server closed the connection."))

    async def ask(self, raw: bytes) -> tuple[int, bytes]:
        """The status and body of the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await self._answer
        self.used_at = monotonic()
        return answer

    def close(self) -> None:
        self.is_open = False
        self._transport.close()


class Lines:
    """As many connections as are asked at once, each kept for the next request."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Line] = []
        self._all: list[Line] = []

    async def __aenter__(self) -> Lines:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._all:
            line.close()

    async def ask(self, raw: bytes, *, expect: int = 0) -> bytes:
        """The body of the answer; RuntimeError for a status that is not expected (0: any below 300)."""
        line = await self._take()
        status, body = await line.ask(raw)
        if line.is_open:
            self._free.append(line)
        if status != expect and (expect or status >= 300):
            raise RuntimeError(f"{raw[:80]!r} was answered with {status}: {body[:300]!r}")
        return body

    async def _take(self) -> Line:
        while self._free:
            line = self._free.pop()
            if line.is_open and monotonic() - line.used_at < IDLE_SECONDS:
                return line
            line.close()
        _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", self._port)
        self._all.append(line)
        return line
