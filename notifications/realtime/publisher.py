"""Telling other processes: one thread with one event loop, whose layer connections live as long as the process."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from itertools import islice
from math import inf
from threading import Lock, Thread
from time import sleep

from notifications import metrics

from .groups import ALL, group_of, this_process
from .hub import Hint
from .pipeline import Message, send_to_groups
from .subscription import shared_layer

logger = logging.getLogger("notifications.realtime")

WAITING_MAX = 10_000
"""Users with an unsent hint; past that new ones are left to the sweep."""
SEND_SECONDS = 1
AT_ONCE = 200
"""Hints in one round trip, some hundred KiB at most unless they are unusually large."""
PIECE, PAUSE_SECONDS = 16, 0.000_05
"""After so many rows it has encoded, the thread stops for a moment: a thread that is back from the database would wait
for the interpreter for up to 5 ms, at each of the trips of its transaction."""
WIDE = 8
"""From so many hints on they go to every process in one message, which costs each process 2 us a hint; telling the
group of each user costs 70, half of it where his sockets are. Beyond some thirty processes that is no gain."""
WIDE_TEXT = 2048
"""A longer frame does not travel with many others: devices read it."""


class Publisher:
    """Keeps the newest hint of each user and sends them in turn; a burst for one user becomes one hint."""

    _loop: asyncio.AbstractEventLoop | None = None

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """In a process that was forked, too: the thread that its loop runs in is not there."""
        self._waiting: dict[str, Hint | None] = {}
        self._is_board_new = False
        self._lock = Lock()
        # Kept: what went with it would take the parent's connections out of the poll that both processes share.
        self._inherited, self._loop = self._loop, None
        self._wake: asyncio.Event | None = None

    def publish(self, hints: Sequence[Hint] = (), *, board: bool = False) -> None:
        """From any thread; returns at once, whatever the layer does. ``board``: there are announcements."""
        with self._lock:
            self._is_board_new = self._is_board_new or board
            for hint in hints:
                if hint.user_id in self._waiting:
                    self._waiting[hint.user_id] = None  # several changes: devices read them together
                elif len(self._waiting) < WAITING_MAX:
                    self._waiting[hint.user_id] = hint
                else:
                    metrics.hints["dropped"].inc()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._wake = asyncio.Event()
                Thread(target=self._loop.run_until_complete, args=[self._run()], daemon=True, name="publisher").start()
            loop, wake = self._loop, self._wake
        if wake is not None:
            loop.call_soon_threadsafe(wake.set)

    async def _run(self) -> None:
        wake = self._wake
        if wake is None:
            return
        was_away: Exception | None = None
        while True:
            await wake.wait()
            wake.clear()
            with self._lock:
                taken, self._waiting = self._waiting, {}
                is_board_new, self._is_board_new = self._is_board_new, False
            is_away = await self._send(taken, is_board_new)
            if is_away is not None and was_away is None:
                logger.warning("Hints cannot be published (%r); the sweep brings them.", is_away)
            was_away = is_away

    async def _send(self, hints: Mapping[str, Hint | None], is_board_new: bool) -> Exception | None:
        """Publish in turn; what went wrong, if the layer is away: then the rest would wait in vain."""
        layer = shared_layer()
        sent, rest = 0, iter(hints.items())
        try:
            if is_board_new:
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_send(ALL, {"type": "inbox.board", "of": this_process()})
            while some := list(islice(rest, AT_ONCE)):
                _encode(some)
                async with asyncio.timeout(SEND_SECONDS):
                    await send_to_groups(layer, _wide(some) if len(hints) >= WIDE else _each(some))
                sent += len(some)
        except Exception as problem:
            metrics.hints["failed"].inc()
            metrics.hints["dropped"].inc(max(0, len(hints) - sent - 1))  # none were, when it was the board's
            return problem
        finally:
            metrics.hints["published"].inc(sent)
        return None


Some = Sequence[tuple[str, Hint | None]]


def _encode(hints: Some) -> None:
    rows = 0
    for _, hint in hints:
        rows += hint.encode() if hint is not None else 0
        if rows >= PIECE:
            rows = 0
            sleep(PAUSE_SECONDS)


def _each(hints: Some) -> list[Message]:
    """One message for each user, to the processes that hold a socket of his."""
    of = this_process()
    return [(group_of(user_id), {**_message(user_id, hint), "of": of}) for user_id, hint in hints]


def _wide(hints: Some) -> list[Message]:
    """One message for all of them, to every process."""
    told = [_message(user_id, hint, longest=WIDE_TEXT) for user_id, hint in hints]
    return [(ALL, {"type": "inbox.several", "of": this_process(), "messages": told})]


def _message(user_id: str, hint: Hint | None, *, longest: float = inf) -> dict[str, object]:
    frame = hint.frame if hint is not None else None
    if frame is not None and len(frame.text) > longest:
        frame = None
    if frame is None:
        return {"type": "inbox.changed", "user_id": user_id, "text": None}
    return {
        "type": "inbox.changed",
        "user_id": user_id,
        "epoch": frame.head.epoch,
        "from": frame.start,
        "to": frame.to,
        "unread": frame.head.unread,
        "unseen": frame.head.unseen,
        "text": frame.text,
    }


publisher = Publisher()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=publisher.start_anew)
