"""Dying by SIGKILL in the middle of a delivery to a list, at a place that the rig chooses."""

from __future__ import annotations

import os
import random
import signal
from typing import Any

PLACES = ("rows stored", "rows due", "anywhere", "committed")
"""Before the statement that follows the rows, before the rows, before any statement, right after the commit."""
LOST = 3
"""So many statements are done when another process had the part: the look, the time-out, the attempt to have it."""
STATEMENTS = 12
"""One part takes about so many."""
ROWS, POSITION = "INSERT INTO notifications_notification", "notifications_announcementpart"

_place = ""


def arm(place: str) -> None:
    """Die there in the next delivery; or, with nothing for a place, do not."""
    global _place
    _place = place


def watch() -> None:
    """In a server: stand between its deliverer and each delivery."""
    from notifications.jobs import fan_out

    deliver_next = fan_out.deliver_next
    fan_out.deliver_next = lambda after: _deliver(deliver_next, after) if _place else deliver_next(after)


def _deliver(deliver_next: Any, after: int) -> int:
    from django.db import connection

    done, has_rows, at = 0, False, random.randint(LOST, STATEMENTS)

    def watched(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal done, has_rows
        done += 1
        is_here = {
            "rows stored": has_rows and POSITION in sql,
            "rows due": ROWS in sql,
            "anywhere": done == at,
        }  # fmt: skip
        if is_here.get(_place):
            _die()
        has_rows = has_rows or ROWS in sql
        return execute(sql, *rest)

    with connection.execute_wrapper(watched):
        part: int = deliver_next(after)
    if done > LOST:  # it was not there: at the latest now
        _die()
    return part


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
