"""The load: keep-alive HTTP on bare streams, and sockets that note when a title came."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from time import perf_counter
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ANSWER_SECONDS = 30
AT_ONCE = 32


class Refused(Exception):
    """The service answered a request of ours with an error."""


class Caller:
    """Requests on connections that are kept."""

    def __init__(self, port: int, *, host: str, key: str) -> None:
        self._port, self._host, self._key = port, host, key
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, writer in self._free:
            writer.close()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer; raises Refused."""
        payload = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(head.encode() + payload)
            answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = answered.partition("content-length:")[2].partition("\r\n")[0]
            found = await reader.readexactly(int(length or 0))
        status = int(answered.split()[1])
        if status >= 300:
            writer.close()
            raise Refused(f"{method} {path} was answered with {status}: {found[:200].decode(errors='replace')}")
        self._free.append((reader, writer))
        return json.loads(found)


class Listeners:
    """Sockets, and when each heard of a title."""

    def __init__(self, port: int, *, host: str, key: str) -> None:
        self._port, self._host, self._key = port, host, key
        self._sockets: list[ClientConnection] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._came = asyncio.Event()
        self.heard: dict[str, list[float]] = {}

    async def __aenter__(self) -> Listeners:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for socket in self._sockets:
            socket.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def open(self, user_ids: Iterable[str]) -> float:
        """One more socket for each; returns the seconds until all have their snapshot."""
        began, rest = perf_counter(), iter(list(user_ids))

        async def some() -> None:
            for user_id in rest:
                await self._open(user_id)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
        return perf_counter() - began

    async def hears(self, title: str, *, times: int = 1, seconds: float = 15) -> bool:
        """Wait until so many sockets heard of a title."""
        deadline = perf_counter() + seconds
        while len(self.heard.get(title, ())) < times:
            self._came.clear()
            try:
                async with asyncio.timeout(deadline - perf_counter()):
                    await self._came.wait()
            except TimeoutError:
                return False
        return True

    async def _open(self, user_id: str) -> None:
        socket = await connect(
            f"ws://{self._host}:{self._port}/notifications/ws/{user_id}",
            host="127.0.0.1",
            port=self._port,
            additional_headers={"Authorization": f"Bearer {self._key}"},
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        self._sockets.append(socket)
        for _ in range(2):  # the welcome and the snapshot
            frame = json.loads(await socket.recv())
            if frame["type"] == "bye":
                raise Refused(f"A socket was refused: {frame['reason']}")
        self._tasks.append(asyncio.create_task(self._listen(socket)))

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                now = perf_counter()
                for item in json.loads(text).get("items", ()):
                    self.heard.setdefault(item.get("title", ""), []).append(now)
                self._came.set()
        except ConnectionClosed:
            self._came.set()
