"""Inboxes that somebody holds: whoever writes to one waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from time import monotonic

from django.db import connections, transaction

from notifications.models import numbering


def held(*user_ids: str) -> AbstractContextManager[Callable[[], None]]:
    """Within it, or until what it gives is called; ten seconds at most."""
    return holding(lambda: numbering.lock("default", user_ids))


@contextmanager
def holding(lock: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """The same of whatever ``lock`` takes."""
    is_held, may_end = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock()
                is_held.set()
                may_end.wait(10)
        finally:
            connections.close_all()

    def let_go() -> None:
        may_end.set()
        holder.join()

    holder = Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(10)
        yield let_go
    finally:
        let_go()


@contextmanager
def quick(seconds: float = 2) -> Iterator[None]:
    """It takes less than the five seconds after which a wait for a lock is given up."""
    began = monotonic()
    yield
    assert monotonic() - began < seconds
