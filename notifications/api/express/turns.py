"""Calls that wait at the same time are answered together, by one change to a thread and back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context

from .calls import Call


class Turns:
    """For one event loop. ``answer_all`` gives calls their answers, or leaves them without; so many ``at_once``."""

    def __init__(self, answer_all: Callable[[Sequence[Call]], Awaitable[None]], *, size: int, at_once: int) -> None:
        self._answer_all, self._size, self._at_once = answer_all, size, at_once
        self._waiting: list[tuple[Call, asyncio.Future[None]]] = []
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, call: Call) -> None:
        """Give the call its answer, or leave it without one."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        if self._running < self._at_once:
            self._running += 1
            task = asyncio.create_task(self._take_turns(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await done

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
                problem: Exception | None = None
                try:
                    await self._answer_all([call for call, _ in group])
                except Exception as raised:
                    problem = raised
                for call, done in group:
                    if done.done():  # its client has left
                        continue
                    if problem is None or call.answer is not None:
                        done.set_result(None)
                    else:
                        done.set_exception(problem)
        finally:
            self._running -= 1
