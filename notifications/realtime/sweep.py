"""The sweep: compares where connected users stand with the database, so that a lost hint costs only time."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError
from django.db import connections

from notifications import metrics
from notifications.conf import get_options
from notifications.models import Inbox

from .repairs import Repairs
from .threads import in_sweeper

if TYPE_CHECKING:
    from .hub import Hub

SQLITE_POLL_SECONDS = 0.05
"""SQLite tells in some microseconds whether anybody, in any process, has committed: asked 20 times a second."""
CHUNK = 10_000
BOARD_SECONDS = 0.5
REST_FACTOR = 4
"""After a round it rests so many times as long as it worked: for thousands of users, 20 times a second fills a core."""


class Sweep:
    """One query per round for all users, however many sockets they have."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen_version: int | None = None
        self.ran_at = monotonic()
        self._repairs = Repairs()
        self._is_board_new, self._board_heard_at = False, -inf
        self._is_wanted = asyncio.Event()
        self._cost = 0.0

    async def run(self) -> None:
        while True:
            is_sqlite = connections[Inbox.objects.db].vendor == "sqlite"
            pause = SQLITE_POLL_SECONDS if is_sqlite else get_options().SWEEP_SECONDS
            is_early = await self._wait(max(pause, self._cost * REST_FACTOR))
            began = monotonic()
            try:
                heads = await in_sweeper(self._read, list(self._hub.sessions), is_sqlite)
            except DatabaseError:
                self._seen_version = None  # whatever this round would have found, the next one looks for
                await asyncio.sleep(get_options().SWEEP_SECONDS)
                continue
            self.ran_at = monotonic()
            metrics.swept_at.set(self.ran_at)
            self._repairs.judge(self.ran_at)
            if heads is not None:
                metrics.sweep_seconds.observe(self.ran_at - began)
                self._compare(heads)
            # An early round follows each taking in, and may have used up SQLite's news of the next announcement: what
            # it saw is kept for the rounds after it, at a pace that an inbox which cannot take it in may go on at.
            if self._is_board_new and not is_early and self.ran_at - self._board_heard_at >= BOARD_SECONDS:
                self._is_board_new, self._board_heard_at = False, self.ran_at
                self._hub.hear_board()

    def hurry(self) -> None:
        """Look now: another process may have brought our users' inboxes up to the board, and has told its sockets."""
        self._is_wanted.set()

    async def _wait(self, seconds: float) -> bool:
        """Until the next round; whether somebody wanted it before its time."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_wanted.wait()
        except TimeoutError:
            return False
        self._is_wanted.clear()
        return True

    def _compare(self, heads: dict[str, tuple[str, int]]) -> None:
        for session in self._hub.all():
            # Who joined after this round took its list is not in it, and the round may have used up SQLite's news.
            position = heads.get(session.user_id)
            if position != (session.head.epoch, session.head.seq):
                self._repairs.found(session, position, self.ran_at)
                session.read_on()

    def _read(self, user_ids: list[str], is_sqlite: bool) -> dict[str, tuple[str, int]] | None:
        """Position by user, or None when nothing was committed since the last look. Runs in the sweep's thread."""
        self._cost = 0.0
        if is_sqlite and not self._has_news():
            return None
        began = thread_time()
        heads: dict[str, tuple[str, int]] = {}
        for start in range(0, len(user_ids), CHUNK):
            for user_id, epoch, seq, is_behind in Inbox.objects.positions(user_ids[start : start + CHUNK]):
                heads[user_id] = epoch, seq
                self._is_board_new = self._is_board_new or is_behind
        # An inbox that is gone was erased: its devices start again.
        found = {user_id: heads.get(user_id, ("", 0)) for user_id in user_ids}
        self._cost = thread_time() - began
        return found

    def _has_news(self) -> bool:
        with connections[Inbox.objects.db].cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            version: int = cursor.fetchone()[0]
        has_news = version != self._seen_version
        self._seen_version = version
        return has_news
