"""The server's side of a socket, as the consumer knows it: it takes messages, stalls, or has gone away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from time import monotonic
from typing import Any

from notifications.client import Replica
from notifications.routing import websocket_application

PATIENCE_SECONDS = 5


async def until(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.002)


class Wire:
    """``send`` of a socket: remembers ``frames`` and the close ``code``, and feeds a replica; ``gaps`` must stay empty.

    Clear ``open_for_writing`` and it waits as Uvicorn's does; set ``is_full`` and it tells so as Daphne's buffer does.
    """

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.accepted: dict[str, Any] | None = None
        self.code: int | None = None
        self.is_full = False
        self.waiting = 0
        self.open_for_writing = asyncio.Event()
        self.open_for_writing.set()
        self.replica = Replica()
        self.gaps: list[tuple[int, int]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.waiting += 1
        try:
            await self.open_for_writing.wait()
        finally:
            self.waiting -= 1
        match message["type"]:
            case "websocket.accept":
                self.accepted = message
            case "websocket.close":
                self.code = message["code"]
            case "websocket.send":
                frame = json.loads(message["text"])
                self.frames.append(frame)
                if self.replica.apply(frame).sync_since is not None:
                    self.gaps.append((self.replica.seq, frame["from"]))

    @property
    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """``(from, to)`` of every changes frame."""
        return [(frame["from"], frame["to"]) for frame in self.of("changes")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    async def reaches(self, seq: int) -> None:
        await until(lambda: self.replica.seq >= seq)

    async def ends(self, *, seconds: float = PATIENCE_SECONDS) -> int | None:
        await until(lambda: self.code is not None, seconds=seconds)
        return self.code


class Socket(Wire):
    """A socket of the whole application, from the handshake on; the test is the server."""

    def __init__(
        self,
        path: str = "/notifications/ws/alice",
        *,
        query: str = "",
        protocols: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
        peer: str = "127.0.0.1",
    ) -> None:
        super().__init__()
        given = {"host": "testserver"} | (headers or {})
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": list(protocols),
            "client": (peer, 50000),
        }
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received.put_nowait({"type": "websocket.connect"})
        self.life = asyncio.ensure_future(websocket_application(scope, self._received.get, self.send))

    def say(self, text: str | None = None, /, *, binary: bytes | None = None, **command: Any) -> None:
        """What the client sends: a text, a command, or bytes."""
        message: dict[str, Any] = {"type": "websocket.receive"}
        if binary is not None:
            message["bytes"] = binary
        else:
            message["text"] = json.dumps(command) if text is None else text
        self._received.put_nowait(message)

    async def answer(self, command_id: object) -> dict[str, Any]:
        """The answer to a command."""

        def found() -> dict[str, Any] | None:
            return next((frame for frame in self.of("ok") + self.of("error") if frame["id"] == command_id), None)

        await until(found)
        return found() or {}

    async def hang_up(self) -> None:
        """The client is gone."""
        self._received.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(self.life, PATIENCE_SECONDS)


class Pipe:
    """The server's way past ``send``, when it is open."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.is_open = is_open
        self.pushed: list[bytes] = []

    def __call__(self, packed: bytes) -> bool:
        if self.is_open:
            self.pushed.append(packed)
        return self.is_open
