"""The deliverer of announcements to lists: a thread of a server process, awake while there is something to deliver."""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import connections

from notifications.actions.fan_out import deliver_next
from notifications.models.outage import Outage

logger = logging.getLogger("notifications.jobs")

LOOK_SECONDS = 1
"""How often it looks for lists that other processes announced to."""

_started = threading.Event()
_wanted = threading.Event()


def start() -> None:
    """Start the thread, once in a process. Several processes share the parts, each of which is delivered by one."""
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_run, name="notifications-fan-out", daemon=True).start()


def wake() -> None:
    """There is something to deliver; where no server runs in this process, another's will see."""
    _wanted.set()


def _run() -> None:
    outage = Outage(logger, "The delivery of announcements to lists")
    while True:
        _wanted.wait(LOOK_SECONDS)
        _wanted.clear()
        try:
            part = 0  # each once: one that waits for an inbox that somebody holds must not hold up those behind it
            while part := deliver_next(part):
                continue
            outage.ended()
        except DatabaseError as problem:
            outage.began(problem)
            connections.close_all()
            time.sleep(LOOK_SECONDS)
        except Exception:
            logger.exception("Announcements to lists stumbled; they go on.")
            time.sleep(LOOK_SECONDS)
