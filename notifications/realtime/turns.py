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
    It is asked for those who came first, until they weigh ``size``, in so many turns ``at_once``, and in one more
    ``ahead`` of them when a full one waits. Who ask the same share the answer.
    """

    def __init__(
        self, answer_all: Callable[[Sequence[Asked]], Awaitable[Sequence[Outcome | Exception]]], *, size: int,
        at_once: int, ahead: bool = False, weigh: Callable[[Asked], int] = lambda asked: 1,
    ) -> None:  # fmt: skip
        self._answer_all, self._size, self._at_once, self._ahead = answer_all, size, at_once, ahead
        self._weigh = weigh
        self._waiting: dict[Asked, list[asyncio.Future[Outcome]]] = {}
        self._weight = 0
        """Of those who wait."""
        self._running = 0

    async def answer(self, asked: Asked) -> Outcome:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Outcome] = loop.create_future()
        if asked not in self._waiting:
            self._weight += self._weigh(asked)
            self._waiting[asked] = []
        self._waiting[asked].append(answered)
        if self._is_wanted(self._running + 1):
            self._running += 1
            keep(loop.create_task(self._take_turns(), context=Context()))
        return await answered

    def _is_wanted(self, turns: int) -> bool:
        """Whether as many are to run now."""
        is_full = self._weight >= self._size
        return bool(self._waiting) and turns <= self._at_once + (self._ahead and is_full)

    async def _take_turns(self) -> None:
        try:
            while self._is_wanted(self._running):
                group = self._group()
                answered = [self._waiting.pop(asked) for asked in group]
                try:
                    outcomes = await self._answer_all(group)
                except Exception as problem:
                    outcomes = [problem] * len(group)
                for futures, outcome in zip(answered, outcomes, strict=True):
                    _settle(futures, outcome)
        finally:
            self._running -= 1

    def _group(self) -> list[Asked]:
        group: list[Asked] = []
        taken = 0
        for asked in self._waiting:
            group.append(asked)
            taken += self._weigh(asked)
            if taken >= self._size:
                break
        self._weight -= taken
        return group


def _settle(futures: Sequence[asyncio.Future[Outcome]], outcome: Outcome | Exception) -> None:
    for future in futures:
        if future.done():  # who asked has gone
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
