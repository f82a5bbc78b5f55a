"""The commands of a client that wait for their answer, on this connection or, should it drop, on the next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from .errors import CommandRefused

BURST, PER_SECOND = 30, 2
"""Below the server's limit (40, then 2 a second), which closes the socket."""


@dataclass(frozen=True)
class _Command:
    text: str
    answer: asyncio.Future[int]


class Commands:
    """Every command says what shall be, not what shall happen once more: it may be sent twice."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Command] = {}
        self._numbers = count(1)
        self._asked = asyncio.Event()
        self._free_at = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    async def ask(self, body: Mapping[str, object]) -> int:
        """The number of notifications that changed; raises CommandRefused."""
        name = f"c{next(self._numbers)}"
        command = _Command(json.dumps({**body, "id": name}), asyncio.get_running_loop().create_future())
        self._waiting[name] = command
        self._asked.set()
        try:
            return await command.answer
        finally:
            del self._waiting[name]

    async def send_on(self, socket: ClientConnection) -> None:
        """Send what waits and what comes, until the socket closes."""
        sent: set[str] = set()
        with suppress(ConnectionClosed):
            while True:
                self._asked.clear()
                for name in [name for name in self._waiting if name not in sent]:
                    await self._keep_pace()
                    if name in self._waiting:
                        await socket.send(self._waiting[name].text)
                    sent.add(name)
                await self._asked.wait()

    def answer(self, frame: Mapping[str, Any]) -> bool:
        """Take an ``ok`` or ``error`` frame; False when nobody waits for it."""
        command = self._waiting.get(frame["id"])
        if command is None or command.answer.done():
            return False
        if frame["type"] == "ok":
            command.answer.set_result(frame["changed"])
        else:
            command.answer.set_exception(CommandRefused(frame["code"], frame["detail"]))
        return True

    def fail(self, error: BaseException) -> None:
        """No connection will come any more."""
        for command in self._waiting.values():
            if not command.answer.done():
                command.answer.set_exception(error)

    async def _keep_pace(self) -> None:
        now = monotonic()
        self._free_at = max(self._free_at, now - BURST / PER_SECOND) + 1 / PER_SECOND
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)
