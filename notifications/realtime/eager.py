"""Awaiting only what has to be waited for: most sends to a socket are over before a task for them could begin."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any


def begin(coroutine: Coroutine[Any, Any, None]) -> Rest | None:
    """Run a coroutine as far as it goes without waiting, in a task or outside of one.

    None when that was to its end; else what is left of it, to be awaited. What it raises is raised.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return None
    return Rest(coroutine, waits_for)


class Rest:
    """A coroutine that has begun, and waits."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine, self._waits_for = coroutine, waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    value = yield waits_for
                except BaseException as problem:
                    waits_for = self._coroutine.throw(problem)
                else:
                    waits_for = self._coroutine.send(value)
        except StopIteration:
            return
