"""The stand-in for a channel layer: it can be away, hang or be deaf."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import Any

from notifications import notify
from notifications.models import Notification
from notifications.realtime.threads import in_reader

REBUILDS = "notifications_hub_rebuilds_total"


class Layer:
    """What Redis would be, in this process.

    ``is_away``: it fails; ``hangs``: it never answers; ``is_deaf``: it takes everything and brings nothing.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.channels: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.groups: dict[str, set[str]] = {}
        self.sent: list[dict[str, Any]] = []
        self.is_away = self.is_deaf = False
        self.hangs = Event()

    async def _answer(self) -> None:
        if self.is_away:
            raise ConnectionError("away")
        while self.hangs.is_set():
            await asyncio.sleep(0.01)

    async def new_channel(self) -> str:
        await self._answer()
        name = f"channel-{len(self.channels)}"
        self.channels[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await self._answer()
        self.groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._answer()
        self.groups.get(group, set()).discard(channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._answer()
        if self.is_deaf:
            return
        if message["type"] != "inbox.probe":
            self.sent.append(message)
        for channel in self.groups.get(group, ()):
            self.loop.call_soon_threadsafe(self.channels[channel].put_nowait, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        message = await self.channels[channel].get()
        await self._answer()
        return message


async def send(number: int = 1) -> None:
    def work() -> list[Notification]:
        return [notify("alice", title="Hello", identifier="M") for _ in range(number)]

    await in_reader(work)
