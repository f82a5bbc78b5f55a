"""What sockets have to read, read together: those that come while a reader works share its next turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context

from django.db import Error as DatabaseError

from notifications import metrics
from notifications.actions.sync import Ask, answer
from notifications.models.change import Changes, Snapshot
from notifications.wire import frames

from .tasks import keep
from .threads import in_reader

TURNS = 2
"""At once: one that waits for the database keeps no other from it, and many small ones cost more than a large one."""
AT_ONCE = 64
"""Asked in one turn."""

Outcome = frames.Range | Exception


class Reads:
    """Of one event loop."""

    def __init__(self) -> None:
        self._waiting: dict[Ask, list[asyncio.Future[frames.Range]]] = {}
        self._turns = 0

    async def read(self, ask: Ask) -> frames.Range:
        """The frame that answers; what the same devices of a user ask is read and encoded once for all of them."""
        answered: asyncio.Future[frames.Range] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(ask, []).append(answered)
        if self._turns < TURNS:
            self._turns += 1
            keep(asyncio.get_running_loop().create_task(self._take_turns(), context=Context()))
        return await answered

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                asks = list(self._waiting)[:AT_ONCE]
                answered = [self._waiting.pop(ask) for ask in asks]
                try:
                    outcomes: Sequence[Outcome] = await in_reader(_read, asks)
                except Exception as problem:
                    outcomes = [problem] * len(asks)
                for futures, outcome in zip(answered, outcomes, strict=True):
                    _settle(futures, outcome)
        finally:
            self._turns -= 1


def _settle(futures: Sequence[asyncio.Future[frames.Range]], outcome: Outcome) -> None:
    for future in futures:
        if future.done():  # its socket has gone
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


def _read(asks: Sequence[Ask]) -> Sequence[Outcome]:
    """Runs in a reader thread. What one of them cannot have, the others can all the same."""
    try:
        return _encoded(asks)
    except DatabaseError:
        raise
    except Exception as problem:
        return [problem] if len(asks) == 1 else [each for ask in asks for each in _read([ask])]


def _encoded(asks: Sequence[Ask]) -> list[frames.Range]:
    found = answer(asks)
    if far := [place for place, each in enumerate(found) if isinstance(each, Changes) and each.more]:
        instead = answer([asks[place].snapshot("behind") for place in far])
        for place, each in zip(far, instead, strict=True):
            found[place] = each
    return [_encode(each) for each in found]


def _encode(found: Changes | Snapshot) -> frames.Range:
    if isinstance(found, Changes):
        return frames.of_changes(found)
    metrics.snapshots[found.reason].inc()
    return frames.of_snapshot(found)
