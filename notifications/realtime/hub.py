"""The connections of this process by user, and what is done for all of them at once."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from itertools import chain
from math import inf
from threading import Lock
from time import monotonic
from weakref import WeakValueDictionary

from django.db import Error as DatabaseError

from notifications import metrics
from notifications.actions.access import Principal
from notifications.actions.catch_up import catch_up
from notifications.actions.credentials import revoked
from notifications.conf import get_options
from notifications.models import Change
from notifications.models.outage import Outage
from notifications.wire import frames
from notifications.wire.codes import Close

from .pace import Openings
from .reads import Reads
from .session import Session
from .subscription import Subscription
from .sweep import Sweep
from .threads import in_reader

logger = logging.getLogger("notifications.realtime")

TICK_SECONDS = 1
RETURNS_PER_SECOND = 200
"""Devices that come back after a restart, each at a moment of its own, within 5 to 15 seconds."""
TURN_SECONDS = 5
"""As long as the database waits for a lock."""
CREDENTIAL_ENDED = Close.UNAUTHENTICATED, "credential_ended"


class Hint:
    """A committed change on its way to the sockets, encoded once for all of them."""

    __slots__ = ("_change", "_frame", "owed", "user_id")

    def __init__(self, change: Change) -> None:
        self.user_id, self.owed = change.head.user_id, (change.head.seq, monotonic())
        self._change: Change | None = change
        self._frame: frames.Range | None = None

    @property
    def frame(self) -> frames.Range | None:
        self.encode()
        return self._frame

    def encode(self) -> int:
        """By who committed it for sockets of this process, else by the publisher's thread; returns of how many rows.

        0 when it had been done already. One that cannot be encoded is read by the devices.
        """
        change = self._change
        if change is None:
            return 0
        try:
            self._frame = frames.of_change(change)
        except Exception:
            logger.exception("A change could not be encoded; devices read it.")
        self._change = None
        return len(change.rows or ())


class Hub:
    """Lives on one event loop; its background tasks run while there are connections."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.sessions: dict[str, set[Session]] = {}
        self.count = 0
        self.reads = Reads()
        self.subscription = Subscription(self)
        self.sweep = Sweep(self)
        self._tasks: list[asyncio.Task[None]] = []
        self._outage = Outage(logger, "The check of the sockets' credentials")
        self.paused: dict[tuple[str, str], float] = {}
        """Callers and inboxes whose commands came too fast, and when (monotonic) they may be back."""
        self.openings = Openings()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._is_draining = False
        self._board_news = asyncio.Event()

    # Connections ------------------------------------------------------------------------------------------------

    async def join(self, session: Session) -> None:
        """Subscribe a connection; only afterwards may it read."""
        session.reads = self.reads
        if not self._tasks:
            self.sweep.ran_at = monotonic()  # before there is a socket: a thread may ask how long ago it was
            metrics.swept_at.set(self.sweep.ran_at)
            runs = (self._tick, self._revalidate, self.sweep.run, self.subscription.run, self._take_board_in)
            self._tasks = [self.loop.create_task(_forever(run), context=Context()) for run in runs]
        self.sessions.setdefault(session.user_id, set()).add(session)
        self.count += 1
        metrics.sockets_open.inc()
        metrics.users_connected.inc(self.crowd(session.user_id) == 1)
        await self.subscription.add(session.user_id)
        if self._is_draining:
            await session.close(Close.RESTART, "restart", self.return_seconds)

    def leave(self, session: Session) -> None:
        mine = self.sessions.get(session.user_id)
        if mine is None or session not in mine:
            return
        mine.discard(session)
        self.count -= 1
        metrics.sockets_open.dec()
        if not mine:
            metrics.users_connected.dec()
            del self.sessions[session.user_id]
            self.subscription.discard(session.user_id)
        if not self.count:
            metrics.swept_at.set(inf)
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def crowd(self, user_id: str) -> int:
        """How many sockets a user holds here."""
        return len(self.sessions.get(user_id, ()))

    @asynccontextmanager
    async def turn(self, user_id: str) -> AsyncIterator[None]:
        """Of a socket that changes its inbox: together they would only wait for each other's lock, with a thread each.

        TimeoutError when it does not come.
        """
        lock = self._turns.setdefault(user_id, asyncio.Lock())
        async with asyncio.timeout(TURN_SECONDS):
            await lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @property
    def return_seconds(self) -> tuple[int, int]:
        """When the sockets of this process may come back, if it ends now."""
        return 0, min(15, max(5, self.count // RETURNS_PER_SECOND))

    def all(self) -> list[Session]:
        return list(chain.from_iterable(self.sessions.values()))

    # What happened ----------------------------------------------------------------------------------------------

    def hear(self, *hints: Hint) -> None:
        """Changes were committed by this process."""
        took = 0
        for hint in hints:
            if at_once := self._offer(hint.user_id, hint.frame, hint.owed):
                metrics.push_seconds.observe(monotonic() - hint.owed[1])
                took += at_once
        _count_changes(took)

    def hear_frame(self, user_id: str, frame: frames.Range | None) -> None:
        """A change was committed elsewhere."""
        _count_changes(self._offer(user_id, frame))

    def _offer(self, user_id: str, frame: frames.Range | None, owed: tuple[int, float] | None = None) -> int:
        """How many sockets took the frame at once: counted together, which for each would cost as much as the rest."""
        took = 0
        for session in tuple(self.sessions.get(user_id, ())):
            took += session.offer(frame, owed=owed)
        return took

    def note_hint(self, user_id: str, *, epoch: str, seq: int) -> bool:
        """Whether a socket lacks what a hint brings; none does when it comes late, or twice."""
        is_wanted = False
        for session in self.sessions.get(user_id, ()):
            session.hinted_at = monotonic()
            is_wanted = is_wanted or session.head.epoch != epoch or session.head.seq < seq
        return is_wanted

    def hear_board(self) -> None:
        """There are announcements that connected users have not got yet."""
        self._board_news.set()

    def cut(self, is_ended: Callable[[Principal], bool]) -> None:
        """Close the sockets whose credential has ended."""
        for session in self.all():
            if is_ended(session.principal):
                session.end(*CREDENTIAL_ENDED)

    async def revalidate(self) -> None:
        """Check the credentials of all sockets again, in a few queries for all of them."""
        asked = {session.principal for session in self.all()}
        try:
            ended = await in_reader(revoked, asked)
        except DatabaseError as problem:
            self._outage.began(problem)
            return
        self._outage.ended()
        if ended:
            self.cut(ended.__contains__)

    async def drain(self, *, spread_seconds: float = 0) -> None:
        """Say goodbye to every socket before a restart, spread so that they do not all return at once."""
        self._is_draining = True  # a handshake may still be under way
        within = self.return_seconds

        async def dismiss(session: Session) -> None:
            await asyncio.sleep(random.uniform(0, spread_seconds))
            await session.close(Close.RESTART, "restart", within)

        await asyncio.gather(*(dismiss(session) for session in self.all()))

    async def _take_board_in(self) -> None:
        """Announcements enter the inboxes of connected users, hundreds in a transaction; each tells its sockets."""
        outage = Outage(logger, "The taking in of announcements")
        while True:
            await self._board_news.wait()
            self._board_news.clear()
            try:
                await in_reader(catch_up, list(self.sessions), is_patient=False)
                outage.ended()
                self.sweep.hurry()
            except DatabaseError as problem:
                outage.began(problem)
                await asyncio.sleep(TICK_SECONDS)
                self._board_news.set()

    async def _revalidate(self) -> None:
        """Beside the tick, which must not wait for the database."""
        while True:
            await asyncio.sleep(get_options().REVALIDATE_SECONDS)
            await self.revalidate()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now, wall = monotonic(), time.time()
            self.paused = {who: until for who, until in self.paused.items() if until > now}
            for session in self.all():
                if _has_expired(session.principal, now=wall):
                    session.end(*CREDENTIAL_ENDED)
                else:
                    session.tick(now)


def _count_changes(number: int) -> None:
    if number:
        metrics.frames_sent["changes"].inc(number)


def _has_expired(principal: Principal, *, now: float) -> bool:
    return principal.expires_at is not None and principal.expires_at <= now


async def _forever(run: Callable[[], object]) -> None:
    """A background task that a fault does not end."""
    while True:
        try:
            await run()  # type: ignore[misc]
        except Exception:
            logger.exception("A background task of the hub failed; it starts again.")
            await asyncio.sleep(1)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}
_lock = Lock()


def get_hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    with _lock:
        if loop not in _hubs:
            for closed in [other for other in _hubs if other.is_closed()]:
                del _hubs[closed]
            _hubs[loop] = Hub()
        return _hubs[loop]


def living_hubs() -> list[Hub]:
    """The hubs of this process that hold connections; for any thread."""
    with _lock:
        return [hub for hub in _hubs.values() if hub.count and not hub.loop.is_closed()]


def on_hubs(act: Callable[[Hub], object]) -> None:
    """Do something on each hub's own loop; for any thread."""
    for hub in living_hubs():
        try:
            hub.loop.call_soon_threadsafe(act, hub)
        except RuntimeError:
            logger.debug("An event loop closed before it could be told.")
