"""The clock of a server process: a thread that expires, forgets old idempotency keys and audits counters."""

from __future__ import annotations

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import connections

from notifications import metrics
from notifications.actions.expire import expire_due
from notifications.actions.idempotency import forget_old_keys
from notifications.conf import get_options
from notifications.models.outage import Outage

from . import fan_out
from .audit import Audit

logger = logging.getLogger("notifications.jobs")

FORGET_EVERY_SECONDS = 600
AUDIT_EVERY_SECONDS = 5

_started = threading.Event()


def start() -> None:
    """Start the thread, once in a process. Several processes do no harm: each change is made by one of them."""
    fan_out.start()
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_run, name="notifications-clock", daemon=True).start()


def _run() -> None:
    forget_at = audit_at = time.monotonic()
    audit, outage = Audit(), Outage(logger, "The clock")
    while True:
        time.sleep(get_options().EXPIRY_SECONDS)
        try:
            while expire_due():
                continue  # a wide send may be due all at once
            if time.monotonic() >= forget_at:
                forget_old_keys()
                forget_at = time.monotonic() + FORGET_EVERY_SECONDS
            if time.monotonic() >= audit_at:
                audit.look()
                audit_at = time.monotonic() + AUDIT_EVERY_SECONDS
            metrics.clock_at.set(time.monotonic())
            outage.ended()
        except DatabaseError as problem:
            outage.began(problem)
            connections.close_all()
        except Exception:
            logger.exception("The clock stumbled; it goes on.")
