"""Sockets in thousands: picows listeners that note what came when, and understand as little as possible of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

TITLE = re.compile(rb'"title": ?"([^"]*)"')
AT_ONCE = 100
"""Handshakes under way at once."""
HANDSHAKE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a socket goes. ``frames``: how many come before it is in, its snapshot among them."""

    user: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    frames: int = 0


class Device(WSListener):  # type: ignore[misc]
    """One socket. ``is_in`` is set when its first frames have come, ``close_code`` when it has ended."""

    def __init__(self, crowd: Crowd, door: Door) -> None:
        self.crowd, self.door = crowd, door
        self.transport: WSTransport | None = None
        self.frames = self.size = 0
        self.is_in = asyncio.Event()
        self.is_gone = asyncio.Event()
        self.close_code: int | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        if not self.door.frames:
            self.is_in.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            self.close_code = int(frame.get_close_code())
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        self.frames += 1
        self.size += len(payload)
        if self.frames > self.door.frames:
            self.crowd.hear(payload)
        elif self.frames == self.door.frames:
            self.is_in.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_gone.set()
        self.is_in.set()
        self.crowd.devices.discard(self)

    def cut(self) -> None:
        """End the connection as a lost network would."""
        if self.transport is not None:
            self.transport.underlying_transport.abort()

    def stop_reading(self) -> None:
        if self.transport is not None:
            self.transport.underlying_transport.pause_reading()

    def say(self, text: str) -> None:
        if self.transport is not None and not self.is_gone.is_set():
            self.transport.send(WSMsgType.TEXT, text.encode())


class Crowd:
    """Devices, and the notifications they heard of: ``heard`` times with their frames."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.devices: set[Device] = set()
        self.heard: list[tuple[float, bytes]] = []
        self.items = 0
        self._wanted: tuple[int, asyncio.Event] | None = None

    def hear(self, payload: bytes) -> None:
        items = payload.count(b'"title"') + payload.count(b'"deleted"')
        if not items:
            return
        self.heard.append((perf_counter(), payload))
        self.items += items
        if self._wanted is not None and self.items >= self._wanted[0]:
            self._wanted[1].set()

    def forget(self) -> None:
        """Begin to count anew."""
        self.heard, self.items, self._wanted = [], 0, None

    async def items_reach(self, number: int, *, seconds: float = 60) -> bool:
        """Wait until so many notifications came since ``forget``; False when they do not in time."""
        event = asyncio.Event()
        self._wanted = number, event
        if self.items >= number:
            return True
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True

    def arrivals(self) -> dict[bytes, float]:
        """When each title was first heard."""
        found: dict[bytes, float] = {}
        for at, payload in self.heard:
            for title in TITLE.findall(payload):
                found.setdefault(title, at)
        return found

    async def open(self, door: Door) -> Device:
        """One device, when it is in; raises OSError or TimeoutError when it cannot be."""
        _, device = await ws_connect(
            lambda: Device(self, door),
            f"ws://127.0.0.1:{self._port}{door.path}",
            extra_headers=door.headers,
            websocket_handshake_timeout=HANDSHAKE_SECONDS,
            read_buffer_init_size=2048,
        )
        self.devices.add(device)
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            await device.is_in.wait()
        return device

    async def open_all(
        self, doors: Iterable[Door], *, seconds: float = 120, progress: Callable[[int], object] = lambda _: None
    ) -> tuple[int, float]:
        """Open them, some at once, for so long at most; returns how many are in, and the seconds it took."""
        rest = iter(doors)
        began, opened = perf_counter(), 0

        async def some() -> None:
            nonlocal opened
            for door in rest:
                if perf_counter() - began > seconds:
                    return
                await self.open(door)
                opened += 1
                if not opened % 1000:
                    progress(opened)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())
        return opened, perf_counter() - began

    async def close(self) -> None:
        """Cut every connection."""
        for device in list(self.devices):
            device.cut()
        await asyncio.sleep(0)


def at_rate(rate: float, seconds: float) -> Iterable[float]:
    """Moments after the beginning at which an open loop sends."""
    return (number / rate for number in range(int(rate * seconds)))


Sender = Callable[[int], Any]
