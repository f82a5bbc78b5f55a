"""The realtime room's own threads: Channels shares one thread among all consumers, where each would wait for all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from notifications.trace import Trace, current

Result = TypeVar("Result")

READERS = 4
WRITERS = 2
CHANGERS = 4
_readers = ThreadPoolExecutor(READERS, thread_name_prefix="notifications-read")
_writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="notifications-write")
_changers = ThreadPoolExecutor(CHANGERS, thread_name_prefix="notifications-change")
_sweeper = ThreadPoolExecutor(1, thread_name_prefix="notifications-sweep")
"""One thread, so that ``PRAGMA data_version`` is always asked on the same connection."""


async def in_reader(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run a function that uses the database; its connection stays open for the next."""
    return await _run(_readers, function, args, kwargs)


async def in_writer(function: Callable[..., Result], *args: Any) -> Result:
    """A few at once: who waits meanwhile can be served together."""
    return await _run(_writers, function, args, {})


async def in_changer(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """What may wait for the lock of an inbox, for seconds: whoever only reads meanwhile does not wait behind it."""
    return await _run(_changers, function, args, kwargs)


async def in_sweeper(function: Callable[..., Result], *args: Any) -> Result:
    return await _run(_sweeper, function, args, {})


def close_connections() -> None:
    """Give back every connection these threads hold (tests drop their database)."""
    for executor, threads in ((_readers, READERS), (_writers, WRITERS), (_changers, CHANGERS), (_sweeper, 1)):
        all_here = Barrier(threads)  # otherwise one quick thread would take every turn
        for future in [executor.submit(_close, all_here) for _ in range(threads)]:
            future.result()


def _close(all_here: Barrier) -> None:
    all_here.wait(timeout=10)
    connections.close_all()


async def _run(executor: Executor, function: Callable[..., Result], args: Any, kwargs: Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(executor, _guarded, current.get(), function, args, kwargs)


def _guarded(trace: Trace | None, function: Callable[..., Result], args: Any, kwargs: Any) -> Result:
    current.set(trace)  # and no other variable: the thread keeps its own connections to caches
    try:
        return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        # The connection may be dead: the next call opens another.
        connections.close_all()
        raise
