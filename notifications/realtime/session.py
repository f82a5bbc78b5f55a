"""One connection: where its device stands, and the pump that takes it further."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from math import inf
from time import monotonic

from django.db import Error as DatabaseError

from notifications import metrics
from notifications.actions.access import Action, Principal
from notifications.actions.sync import Ask
from notifications.conf import get_options
from notifications.limits import CHANGES_MAX, PAGE_DEFAULT
from notifications.models.change import Head
from notifications.wire import frames
from notifications.wire.codes import Close

from .eager import Rest
from .line import Line, Send
from .reads import Reads
from .window import Window

logger = logging.getLogger("notifications.realtime")

RETRY_SECONDS = 0.5
DRAIN_SECONDS = (0.001, 0.01, 0.05, 0.2, 0.7)
"""How a pump waits for a full buffer; then it ends, and the hub's tick starts another when there is room."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """What a device holds: it has applied everything up to ``seq`` of ``epoch`` (None: it did not say which)."""

    seq: int
    epoch: str | None


class Session(Line):
    """The law of one connection: frames chain, and ``seq`` is what was sent last.

    ``is_full`` tells whether the server's buffer for this socket is; ``push`` sends packed messages, or says that it
    cannot at once. ``reads`` comes from the hub it joins.
    """

    reads: Reads

    def __init__(
        self,
        user_id: str,
        principal: Principal,
        send: Send,
        *,
        is_full: Callable[[], bool] = lambda: False,
        abort: Callable[[], object] = lambda: None,
        push: Callable[[bytes], bool] = lambda packed: False,
        cursor: Cursor | None = None,
        acknowledges: bool = False,
        page: int = PAGE_DEFAULT,
    ) -> None:
        super().__init__(send, abort)
        self.user_id, self.principal = user_id, principal
        self.page = page
        self.head = Head(user_id=user_id, epoch="", seq=-1, unread=0, unseen=0)
        self._context = copy_context()
        self._is_buffer_full, self._push = is_full, push
        self._asked: Cursor | None = cursor
        self._is_welcomed = False
        self._is_dirty = False
        self._pump: asyncio.Task[None] | None = None
        self._stuck_since: float | None = None
        self._window = Window() if acknowledges else None
        self.hinted_at = -inf
        self._owed: tuple[int, float] | None = None
        """Seq and commit time of the oldest change of this process that the socket waits for."""

    # What the hub says ------------------------------------------------------------------------------------------

    def offer(self, frame: frames.Range | None, *, owed: tuple[int, float] | None = None) -> bool:
        """A change was committed; ``frame`` carries it when it could be encoded for all.

        ``owed``: its seq and when it was committed, if this process did (monotonic seconds).
        True when it was pushed, which is for the caller to count.
        """
        self.hinted_at = monotonic()
        if frame is None or frame.head.epoch != self.head.epoch:
            self._owe(owed)
            self.read_on()
        elif frame.to > self.head.seq:
            is_next = frame.start == self.head.seq and self._pump is None and not self._is_dirty and not self.is_full
            if is_next and self.closed is None and self._push(frame.packed):
                self.sent_at = self.hinted_at
                self._reach(frame)
                return True
            self._owe(owed)
            if is_next:
                self._carry(frame)
            else:
                self.read_on()
        return False

    def read_on(self) -> None:
        """Something may have been missed: let the pump look."""
        self._is_dirty = True
        if not self.is_full:
            self._start()

    def tick(self, now: float) -> None:
        """Once a second or so: go on where a full reader has drained, give up on one that does not, say we live."""
        if self.closed is not None:
            return
        options = get_options()
        if self.is_full:
            self._stuck_since = self._stuck_since or now
            if now - self._stuck_since > options.SEND_TIMEOUT_SECONDS:
                self.end(Close.TOO_SLOW, "too_slow")
            return
        self._stuck_since = None
        if self._is_dirty:
            self._start()
        elif now - self.sent_at >= options.HEARTBEAT_SECONDS and self._pump is None and self._is_welcomed:
            self._pump = asyncio.create_task(self._guard(self._heartbeat), context=self._context)

    # What the client says ---------------------------------------------------------------------------------------

    def sync(self, cursor: Cursor) -> None:
        """Go on from where the client says it is."""
        self._asked = cursor
        self.read_on()

    def acknowledge(self, seq: int) -> None:
        if self._window is not None:
            self._window.acknowledged(seq)
        if self._is_dirty and not self.is_full:
            self._start()

    @property
    def is_at_rest(self) -> bool:
        """It stands where it was told to, and has nothing to read or to send."""
        return self._is_welcomed and self._pump is None and not self._is_dirty

    @property
    def is_full(self) -> bool:
        """The reader is behind: what it misses waits in the database."""
        return self._is_buffer_full() or (self._window is not None and self._window.is_full)

    # The pump ---------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        if self._pump is not None and self._pump is not asyncio.current_task():
            self._pump.cancel()

    def _start(self) -> None:
        if self._pump is None and self.closed is None:
            self._pump = asyncio.create_task(self._guard(self._run), context=self._context)

    def _carry(self, frame: frames.Range) -> None:
        """Send the next frame without a pump, which is for what has to be read or waited for."""
        if self.closed is not None:
            return
        committed_at = self._reach(frame)
        rest = self._hand_over(frame.text)
        if rest is None:
            self._arrived(committed_at)
        else:
            self._pump = asyncio.create_task(
                self._guard(partial(self._carry_on, rest, frame.text, committed_at)), context=self._context
            )

    async def _carry_on(self, rest: Rest, text: str, committed_at: float | None) -> None:
        await self._wait(rest, text)
        self._arrived(committed_at)

    async def _guard(self, work: Callable[[], Awaitable[None]]) -> None:
        # Called here, not before: a task that is cancelled before it starts would leave the coroutine unawaited.
        try:
            await work()
        except Exception:
            # Something we did not foresee: the device returns with its cursor.
            logger.exception("A socket was dropped because its pump failed.")
            await self.close(Close.OVERLOADED, "unavailable", (0, 5))
        finally:
            self._pump = None
            if self._is_dirty and self.closed is None and not self.is_full:
                self._start()

    async def _run(self) -> None:
        while self._is_dirty and await self._has_room():
            self._is_dirty = False
            asked, self._asked = self._asked, None
            try:
                found = await self.reads.answer(self._ask(asked))
            except DatabaseError:
                if not self._is_welcomed:
                    await self.close(Close.OVERLOADED, "database_unavailable", (0, 5))
                    return
                # The database is away. The socket stays; what it missed is still there when it is back.
                self._is_dirty, self._asked = True, self._asked or asked
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if asked is None and found.start is not None and found.to <= self.head.seq:
                continue  # it is there already
            self._is_dirty = self._is_dirty or found.more
            await self._pass_on(found)

    async def _has_room(self) -> bool:
        """Whether more may be sent; Daphne's buffer is full after each large frame, until its loop had a turn."""
        for seconds in DRAIN_SECONDS:
            if self.closed is not None or not self._is_buffer_full():
                break
            await asyncio.sleep(seconds)
        return self.closed is None and not self.is_full

    def _ask(self, asked: Cursor | None) -> Ask:
        """For what takes the device to the head of its inbox."""
        if asked is None and not self._is_welcomed:
            return Ask(self.user_id, page=self.page)
        cursor = asked or Cursor(seq=self.head.seq, epoch=self.head.epoch)
        may_renew = self.principal.may_inbox(Action.UPDATE, self.user_id)
        return Ask(self.user_id, cursor.seq, cursor.epoch, limit=CHANGES_MAX, page=self.page, may_renew=may_renew)

    async def _pass_on(self, frame: frames.Range) -> None:
        committed_at = self._reach(frame)
        if self._is_welcomed:
            await self.say(frame.text)
        else:
            self._is_welcomed = True
            await self._welcome(frame)
        self._arrived(committed_at)

    async def _welcome(self, frame: frames.Range) -> None:
        """The first two frames, in one piece where the server can: a write costs as much as making them."""
        hello = frames.welcome(frame.head, get_options().HEARTBEAT_SECONDS)
        if self.closed is None and self._push(frames.pack(hello) + frame.packed):
            self._sent(hello)
            self._sent(frame.text)
        else:
            await self.say(hello)
            await self.say(frame.text)

    def _reach(self, frame: frames.Range) -> float | None:
        """The device is to stand where this frame takes it; what ``_arrived`` wants to know."""
        self.head = frame.head if frame.head.seq == frame.to else frame.head._replace(seq=frame.to)
        if self._window is not None:
            self._window.sent(frame)
        return self._settle(frame)

    def _arrived(self, committed_at: float | None) -> None:
        if committed_at is not None and self.closed is None:
            metrics.push_seconds.observe(self.sent_at - committed_at)
        self.is_ready.set()

    def _owe(self, owed: tuple[int, float] | None) -> None:
        if owed is not None and owed[0] > self.head.seq:
            self._owed = self._owed or owed

    def _settle(self, frame: frames.Range) -> float | None:
        """When the oldest change that this frame brings was committed, if this process did."""
        if self._owed is None:
            return None
        seq, committed_at = self._owed
        if seq <= frame.to or frame.start is None:
            self._owed = None
        return committed_at if seq <= frame.to else None

    async def _heartbeat(self) -> None:
        await self.say(frames.heartbeat(seq=self.head.seq, unread=self.head.unread, unseen=self.head.unseen))
