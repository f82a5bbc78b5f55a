"""Devices that run the real client, and note all that they see."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from notifications.client import InboxClient, InboxError
from tests.chaos.ledger import Ledger
from tests.chaos.processes import Engine
from tests.chaos.proxy import RESET
from tests.service import TOKEN_KEY

CUT = 1006
SLOW_SECONDS = 0.05
CAPACITY = 1000
"""The newest that a device keeps."""


class Device(Protocol):
    """What the rig and the judge ask of a device."""

    kind: str
    name: str
    user: str
    seen: Seen

    def start(self) -> None: ...
    def abort(self) -> None: ...
    async def close(self) -> None: ...
    async def mark(self, verb: str, ids: list[int]) -> None: ...
    async def look(self) -> None:
        """Have ``held`` as it is now."""

    @property
    def is_behind(self) -> bool:
        """Something waits to be announced."""

    @property
    def failure(self) -> BaseException | None:
        """Why it gave up, which it never should."""

    @property
    def held(self) -> Held: ...


@dataclass(frozen=True)
class Held:
    """What a device holds of its inbox; ``missed``: how often it said that it could not complete a snapshot."""

    cursor: tuple[str, int] | None
    unread: int
    unseen: int
    items: dict[int, dict[str, Any]]
    missed: int


@dataclass
class Arrival:
    """A range that was taken in, over which connection, and when that one began."""

    start: int
    to: int
    at: float
    since: float
    engine: str


class Seen:
    """Everything a device was sent and told its owner; what must never be is noted at once."""

    def __init__(self, name: str, user: str, ledger: Ledger) -> None:
        self.name, self.user, self._ledger = name, user, ledger
        self.frames = 0
        self.polls = 0
        self.snapshots: Counter[str] = Counter()
        self.arrivals: list[Arrival] = []
        self.announced: dict[int, str] = {}
        self.first_mark: int | None = None
        """The newest id of the first snapshot: what is newer must be announced."""
        self.floor = 0
        """What is older was left out of a snapshot, or forgotten since: it is had over REST."""
        self.is_connected = False
        self.since = 0.0
        """When the welcome of this connection came."""
        self.closes: Counter[int] = Counter()
        self.cut_while_drained = 0
        self.twice: list[str] = []
        self.disordered: list[str] = []
        self.invented: list[str] = []
        self.broken: list[str] = []
        self._last_to: int | None = None
        self._keys: set[str] = set()
        self._newest = 0

    @property
    def is_red(self) -> bool:
        return bool(self.twice or self.disordered or self.invented or self.broken)

    def connecting(self, engine: str) -> None:
        self._engine, self._last_to, self.since = engine, None, 0.0

    def frame(self, frame: dict[str, Any], held_seq: int, at: float | None = None) -> None:
        """Before the client takes it in; ``at`` where that is not now."""
        self.frames += 1
        at = at or time.time()
        match frame["type"]:
            case "welcome":
                self.is_connected, self.since = True, at
            case "snapshot":
                self._snapshot(frame)
                self._range(frame, frame["to"], at)
            case "changes":
                expected = held_seq if self._last_to is None else self._last_to
                if frame["from"] != expected:
                    self.broken.append(f"{self.name}: {frame['from']}–{frame['to']} came after {expected}")
                self._range(frame, frame["from"], at)

    def polled(self, frame: dict[str, Any]) -> None:
        """What REST answered in the socket's stead, as the client takes it in."""
        self.polls += 1
        if frame["type"] == "snapshot":
            self._snapshot(frame)
        self._written(frame)

    def holds(self, items: Mapping[int, object]) -> None:
        """After the client took a frame in. One that is full has forgotten what is older, and stays without it."""
        if len(items) >= CAPACITY:
            self.forgets(min(items))

    def forgets(self, lowest: int) -> None:
        """It is full, and holds nothing older than this."""
        self.floor = max(self.floor, lowest)

    def _snapshot(self, frame: dict[str, Any]) -> None:
        self.snapshots[frame["reason"]] += 1
        ids = [item["id"] for item in frame["items"]]
        self.floor = min(ids, default=0) if frame["more"] else 0
        if self.first_mark is None:
            self.first_mark = max(ids, default=0)

    def _range(self, frame: dict[str, Any], start: int, at: float) -> None:
        is_live, self._last_to = self._last_to is not None, frame["to"]
        if is_live:
            self.arrivals.append(Arrival(start, frame["to"], at, self.since, self._engine))
        self._written(frame)

    def _written(self, frame: dict[str, Any]) -> None:
        for item in frame["items"]:
            if not item.get("deleted") and not self._ledger.may_exist(self.user, item["title"]):
                self.invented.append(f"{self.name}: {item['title']!r} was sent, which nobody wrote")

    def announcement(self, item: dict[str, Any]) -> None:
        key, title = item["id"], item["title"]
        if key in self.announced or title in self._keys:
            self.twice.append(f"{self.name}: {title} ({key})")
        elif key < self._newest:
            self.disordered.append(f"{self.name}: {title} ({key}) after {self._newest}")
        self._newest = max(self._newest, key)
        self._keys.add(title)
        self.announced[key] = title

    def ended(self, code: int, *, was_drained: bool) -> None:
        was_connected, self.is_connected = self.is_connected, False
        if was_connected:
            self.closes[code] += 1
            self.cut_while_drained += was_drained and code == CUT


class PythonDevice:
    """``notifications.client.InboxClient``, which goes to another server each time it connects."""

    kind = "Python"

    def __init__(
        self, name: str, user: str, engines: list[Engine], ledger: Ledger, *, token_seconds: int, is_slow: bool
    ) -> None:
        self.name, self.user, self.is_slow = name, user, is_slow
        self.seen = Seen(name, user, ledger)
        self._client = _Client(user, engines, self.seen, token_seconds)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for item in self._client:
            self.seen.announcement(item)
            if self.is_slow:
                await asyncio.sleep(SLOW_SECONDS)

    def abort(self) -> None:
        """Vanish without a word, as a phone in a tunnel does."""
        self._client.abort()

    async def close(self) -> None:
        await self._client.close()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def mark(self, verb: str, ids: list[int]) -> None:
        await self._client.mark(verb, ids)

    async def look(self) -> None:
        """``held`` is the client's own."""

    @property
    def is_behind(self) -> bool:
        return bool(self._client._ready)

    @property
    def failure(self) -> BaseException | None:
        return self._task.exception() if self._task is not None and self._task.done() else None

    @property
    def held(self) -> Held:
        replica = self._client.replica
        return Held(replica.cursor, replica.unread, replica.unseen, replica.items, self._client.missed)


class _Client(InboxClient):
    """The real one; it only says what it does before it does it."""

    def __init__(self, user: str, engines: list[Engine], seen: Seen, token_seconds: int) -> None:
        self._user, self._engines, self._seen, self._token_seconds = user, engines, seen, token_seconds
        self._socket: Any = None
        self._port = 0
        super().__init__("ws://127.0.0.1", user, renew_token=self._new_token)

    async def _new_token(self) -> str:
        now = int(time.time())
        lasts = int(random.uniform(0.5, 1.5) * self._token_seconds)
        claims = {"sub": self._user, "aud": "notifications", "iat": now, "exp": now + lasts}
        return jwt.encode(claims, TOKEN_KEY, algorithm="HS256", headers={"kid": "test"})

    def _connect(self) -> Any:
        self._engine = random.choice(self._engines)
        self._socket_url = f"ws://{self._engine.address}/notifications/ws/{self._user}"
        self._rest_url = f"http://{self._engine.address}/notifications/{self._user}"
        self._seen.connecting(self._engine.name)
        return super()._connect()

    async def _take(self, frame: dict[str, Any], socket: Any) -> None:
        if socket is not self._socket:
            self._socket, self._port = socket, socket.local_address[1]
        self._seen.frame(frame, self.replica.seq)
        await super()._take(frame, socket)
        self._seen.holds(self.replica.items)

    async def _converse(self) -> Any:
        try:
            return await super()._converse()
        finally:
            code = self._socket.close_code if self._socket is not None else None
            is_ours = self._port in self._engine.front.disturbed
            self._seen.ended(code or CUT, was_drained=self._engine.is_draining and not is_ours)
            self._socket = None

    def abort(self) -> None:
        if self._socket is not None:
            self._engine.front.disturbed.add(self._port)
            self._socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._socket.transport.abort()


__all__ = ["Device", "Held", "InboxError", "PythonDevice", "Seen"]
