"""What waits on an event loop at the same time is asked together, by one change to a thread and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from .tasks import keep

Asked = TypeVar("Asked")
Outcome = TypeVar("Outcome")


class Turns(Generic[Asked, Outcome]):
    """For one event loop; ``actions.turns`` is the same for threads.

    ``answer_all`` returns an outcome for each, an exception for one that gets none; what it raises, all of them meet.
    It is asked for so many of ``size`` in so many turns ``at_once``, and in one more ``ahead`` of them when a full one
    waits. Who ask the same share the answer.
    """

    def __init__(
        self, answer_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Outcome | Exception]]], *, size: int,
        at_once: int, ahead: bool = False,
    ) -> None:  # fmt: skip
        self._answer_all, self._size, self._at_once, self._ahead = answer_all, size, at_once, ahead
        self._waiting: dict[Asked, list[asyncio.Future[Outcome]]] = {}
        self._running = 0

    async def answer(self, asked: Asked) -> Outcome:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.setdefault(asked, []).append(answered)
        if self._is_wanted(self._running + 1):
            self._running += 1
            keep(loop.create_task(self._take_turns(), context=Context()))
        return await answered

    def _is_wanted(self, turns: int) -> bool:
        """Whether as many are to run now."""
        is_full = len(self._waiting) >= self._size
        return bool(self._waiting) and turns <= self._at_once + (self._ahead and is_full)

    async def _take_turns(self) -> None:
        try:
            while self._is_wanted(self._running):
                group = list(self._waiting)[: self._size]
                answered = [self._waiting.pop(asked) for asked in group]
                try:
                    outcomes = await self._answer_all(group)
                except Exception as problem:
                    outcomes = [problem] * len(group)
                for futures, outcome in zip(answered, outcomes, strict=True):
                    _settle(futures, outcome)
        finally:
            self._running -= 1


def _settle(futures: Sequence[asyncio.Future[Outcome]], outcome: Outcome | Exception) -> None:
    for future in futures:
        if future.done():  # who asked has gone
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
