"""The client: keeps a connection, tells what arrives, and passes commands on."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic
from types import TracebackType
from typing import Any, Never, Self
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from . import completion, endings
from .commands import Commands
from .endings import Ending
from .errors import CredentialRefused, InboxClosed, ProtocolError
from .handshake import PROTOCOL, Connect, address, connect
from .replica import Item, Replica

logger = logging.getLogger("notifications.client")

SNAPSHOT_ITEMS = 100
MARK_IDS_MAX = 500
HEARTBEAT_SECONDS = 25.0
"""Until the server says how often its heart beats."""
HEARTBEATS_OF_SILENCE = 2.5
STABLE_SECONDS = 10.0
"""A connection that lasted so long ends a row of failures."""
FRESH_SECONDS = 10.0
"""A token that is refused so soon after it was made is no good, nor will the next one be."""
SEND_SECONDS = 10.0
READY_MAX = 1000
"""While so many notifications wait to be taken, the socket is not read: the rest waits at the server."""


class InboxClient:
    """``async for notification in InboxClient("ws://localhost:8000", 123, token=token)``

    ``url`` is the address of the server (``ws``, ``wss``, ``http`` or ``https``), with the path the app is mounted
    below if there is one; ``rest_url`` that of REST when it is another. ``token`` is a user token or an API key; when
    the server refuses it, ``renew_token`` is awaited for another one, once. With ``history`` the unread notifications
    of the first snapshot (the newest hundred) are yielded too, oldest first. ``ack`` tells the server what was taken
    in. ``on_state`` is called with a line of text whenever the connection comes or goes.

    Links may drop and servers restart: nothing is lost and nothing is yielded twice. What a snapshot leaves out after
    a long absence is asked for over REST; ``missed`` counts the times this could not be done. ``replica`` is what
    this device holds. Leave the loop early only within ``async with``, or call ``close()``.
    """

    def __init__(
        self,
        url: str,
        user_id: int | str,
        token: str | None = None,
        *,
        ack: bool = False,
        history: bool = False,
        renew_token: Callable[[], Awaitable[str]] | None = None,
        on_state: Callable[[str], object] | None = None,
        rest_url: str | None = None,
    ) -> None:
        path = quote(str(user_id), safe="")
        self._socket_url = f"{address(url, 'ws')}/notifications/ws/{path}"
        self._rest_url = f"{address(rest_url or url, 'http')}/notifications/{path}"
        self._token, self._renew_token, self._may_renew = token, renew_token, True
        self._renewed_at = monotonic()
        self._acknowledges = ack
        self._on_state = on_state or (lambda state: logger.info("%s", state))
        self.replica = Replica(history=history)
        self.missed = 0
        self._ready: deque[Item] = deque()
        self._arrived, self._has_room = asyncio.Event(), asyncio.Event()
        self._commands = Commands()
        self._bye: Ending | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        """The next notification. Iteration ends after ``close()``; a final refusal raises ConnectionRefused."""
        task = self._running()
        while not self._ready:
            if self._is_closed or (task.done() and task.cancelled()):
                raise StopAsyncIteration
            if task.done():
                task.result()
            self._arrived.clear()
            await self._arrived.wait()
        self._has_room.set()
        return self._ready.popleft()

    async def read(self, ids: Iterable[int]) -> int:
        """Mark notifications read; returns how many changed."""
        return await self.mark("read", ids)

    async def mark(self, verb: str, ids: Iterable[int] | None = None, *, up_to: int | None = None) -> int:
        """``read``, ``unread``, ``seen``, ``archive``, ``unarchive`` or ``delete`` those, or all up to an id.

        Waits for the answer, across dropped links too; returns how many changed. Raises CommandRefused.
        """
        if ids is None:
            return await self._ask({"type": verb, "up_to": up_to})
        named = list(ids)
        chunks = [named[start : start + MARK_IDS_MAX] for start in range(0, len(named), MARK_IDS_MAX)]
        return sum([await self._ask({"type": verb, "ids": chunk}) for chunk in chunks])

    async def close(self) -> None:
        """Say goodbye to the server and end the iteration; doing it twice is harmless."""
        self._is_closed = True
        self._ready.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._arrived.set()

    async def __aenter__(self) -> Self:
        self._running()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, body: Mapping[str, object]) -> int:
        task = self._running()
        if self._is_closed:
            raise InboxClosed("The client is closed.")
        if task.done():
            task.result()
        self._has_room.set()  # its answer comes behind what is not read yet
        return await self._commands.ask(body)

    def _running(self) -> asyncio.Task[None]:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._end)
        return self._task

    def _end(self, task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        self._is_closed = self._is_closed or failure is None
        self._commands.fail(failure or InboxClosed("The client is closed."))
        self._arrived.set()

    # The connection ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect, and again with the cursor whenever it ends; a final refusal is raised."""
        if self._token is None and self._renew_token is not None:
            self._token = await self._renew_token()
        failures = 0
        while True:
            started = monotonic()
            ending = await self._converse()
            if monotonic() - started >= STABLE_SECONDS:
                failures = 0
            if ending.code == endings.UNAUTHENTICATED:
                await self._renew(ending)
            seconds = ending.delay(failures)
            failures += 1
            wait = f"{seconds:.1f} s" if seconds >= 0.1 else "a moment"
            self._on_state(f"disconnected: {ending.reason}; again in {wait}")
            await asyncio.sleep(seconds)

    async def _converse(self) -> Ending:
        """One connection, from handshake to goodbye."""
        self._bye = None
        try:
            socket = await self._connect()
            sender = asyncio.create_task(self._commands.send_on(socket))
            try:
                await self._listen(socket)
            finally:
                sender.cancel()
                await socket.close()
        except ConnectionClosed as closed:
            ending = endings.of_close(closed)
        except InvalidStatus as refusal:
            ending = endings.of_status(refusal.response.status_code)
        except TimeoutError:
            ending = Ending("the server is silent")
        except (OSError, EOFError, InvalidHandshake) as problem:
            ending = Ending(" ".join(str(problem).split()) or type(problem).__name__)
        # What the server said is believed before the close code, which not every server and proxy passes on.
        return endings.judged(self._bye or ending)

    def _connect(self) -> Connect:
        query: dict[str, object] = {"limit": SNAPSHOT_ITEMS}
        if self.replica.cursor is not None:
            query["epoch"], query["since"] = self.replica.cursor
        if self._acknowledges:
            query["ack"] = 1
        return connect(f"{self._socket_url}?{urlencode(query)}", self._token)

    async def _listen(self, socket: ClientConnection) -> Never:
        silence = HEARTBEATS_OF_SILENCE * HEARTBEAT_SECONDS
        while True:
            while len(self._ready) >= READY_MAX and not self._commands:
                self._has_room.clear()
                await self._has_room.wait()
            async with asyncio.timeout(silence):
                text = await socket.recv()
            try:
                frame = json.loads(text)
                if frame["type"] == "welcome":
                    silence = HEARTBEATS_OF_SILENCE * float(frame["heartbeat_seconds"])
                await self._take(frame, socket)
            except (ValueError, KeyError, TypeError) as problem:
                raise ProtocolError(None, f"The server does not speak {PROTOCOL}: {problem!r}") from problem

    async def _take(self, frame: dict[str, Any], socket: ClientConnection) -> None:
        match frame["type"]:
            case "welcome":
                self._may_renew = True
                self._on_state(f"connected to {self._socket_url}")
            case "bye":
                self._bye = endings.of_bye(frame)
            case "ok" | "error":
                if not self._commands.answer(frame) and frame["type"] == "error":
                    logger.warning("The server refuses a frame: %s", frame["detail"])
            case "snapshot" | "changes" | "heartbeat":
                await self._follow(frame, socket)

    async def _follow(self, frame: dict[str, Any], socket: ClientConnection) -> None:
        if frame["type"] == "snapshot" and self.replica.lacks_older(frame):
            frame = await self._completed(frame)
        outcome = self.replica.apply(frame)
        self._ready += outcome.news
        self._arrived.set()
        if outcome.sync_since is not None:
            await _say(socket, {"type": "sync", "since": outcome.sync_since})
        elif self._acknowledges and frame["type"] != "heartbeat":
            await _say(socket, {"type": "ack", "seq": self.replica.seq})

    async def _completed(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        """The snapshot with the unread ones it leaves out. Until they are here the cursor stays where it was."""
        listed = completion.Inbox(url=self._rest_url, token=self._token)
        try:
            older = await listed.unread_down_to(lambda item: self.replica.is_unheard(item, snapshot["epoch"]))
        except completion.Incomplete as problem:
            self.missed += 1
            logger.warning("Some notifications were missed: %s.", problem)
            older = problem.items
        shown = {item["id"] for item in snapshot["items"]}
        return {**snapshot, "items": [*snapshot["items"], *(item for item in older if item["id"] not in shown)]}

    async def _renew(self, ending: Ending) -> None:
        # One that was got long ago has ended while there was nobody to show it to.
        is_fresh = not self._may_renew and monotonic() - self._renewed_at < FRESH_SECONDS
        if self._renew_token is None or is_fresh:
            raise CredentialRefused(endings.UNAUTHENTICATED, ending.reason)
        self._may_renew, self._renewed_at = False, monotonic()
        self._token = await self._renew_token()


async def _say(socket: ClientConnection, body: Mapping[str, object]) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await socket.send(json.dumps(body))
