"""An inbox that somebody holds: whoever writes to it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import connections, transaction

from notifications.models import numbering


@contextmanager
def held(user_id: str) -> Iterator[Callable[[], None]]:
    """Within it, or until what it gives is called; ten seconds at most."""
    is_held, may_end = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                numbering.lock("default", [user_id])
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
