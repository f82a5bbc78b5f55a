"""A device on a real socket: the shared client algorithm, and a memory of all that it was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from notifications.client import Replica

PATIENCE_SECONDS = 10


class Device:
    """``frames`` as they came, ``announced`` what a person would have been told, ``replica`` the inbox as it is held.

    One that comes back is given the replica it had, and the list of what it announced.
    """

    def __init__(self, connection: ClientConnection, replica: Replica | None = None) -> None:
        self.connection = connection
        self.replica = replica or Replica()
        self.frames: list[dict[str, Any]] = []
        self.announced: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._arrived = asyncio.Event()

    async def listen(self) -> None:
        """Take in frames until the socket ends."""
        try:
            async for text in self.connection:
                self._take(json.loads(text))
                self._arrived.set()
        except ConnectionClosed:
            pass
        self.close_code = self.connection.close_code
        self._arrived.set()

    async def until(self, condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for a condition that frames bring about."""
        deadline = monotonic() + seconds
        while not condition():
            self._arrived.clear()
            try:
                async with asyncio.timeout(deadline - monotonic()):
                    await self._arrived.wait()
            except TimeoutError:
                last = [{**frame, "items": len(frame.get("items", ()))} for frame in self.frames[-5:]]
                raise AssertionError(
                    f"not within {seconds} s; close code {self.close_code}, frames end {last}"
                ) from None

    async def frame(self, kind: str, *, seconds: float = PATIENCE_SECONDS, **members: Any) -> dict[str, Any]:
        """The first frame of this type with these members, now or to come."""

        def found() -> dict[str, Any] | None:
            wanted = {"type": kind, **members}
            return next((frame for frame in self.frames if wanted.items() <= frame.items()), None)

        await self.until(found, seconds=seconds)
        return found() or {}

    async def reaches(self, seq: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        await self.until(lambda: self.replica.seq >= seq, seconds=seconds)

    async def ends(self, *, seconds: float = PATIENCE_SECONDS) -> int:
        """The code the socket was closed with; 1006 when it was cut."""
        await self.until(lambda: self.close_code is not None, seconds=seconds)
        return self.close_code or 0

    async def ask(self, **command: Any) -> None:
        await self.connection.send(json.dumps(command))

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """``(from, to)`` of every changes frame."""
        return [(frame["from"], frame["to"]) for frame in self.frames if frame["type"] == "changes"]

    @property
    def titles(self) -> list[str]:
        """What was announced."""
        return [item["title"] for item in self.announced]

    def _take(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        outcome = self.replica.apply(frame)
        assert outcome.sync_since is None, f"a range is missing before {frame}"
        self.announced += outcome.news


@asynccontextmanager
async def device(
    url: str, *, replica: Replica | None = None, token: str | None = None, **options: Any
) -> AsyncIterator[Device]:
    """A connected device; ``options`` are those of ``websockets.connect``. A replica comes back with its cursor."""
    if replica is not None and replica.cursor is not None:
        url += f"?epoch={replica.epoch}&since={replica.seq}"
    if token is not None:
        options["subprotocols"] = ["notifications.v1", f"bearer.{token}"]
    async with connect(url, **options) as connection:
        made = Device(connection, replica)
        listening = asyncio.create_task(made.listen())
        try:
            yield made
        finally:
            await connection.close()
            with suppress(asyncio.CancelledError):
                await listening
