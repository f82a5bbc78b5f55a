"""A line for each socket that opened, was refused or ended; without the user_id, which may be personal."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from notifications.trace import current, pseudonym

logger = logging.getLogger("notifications.access")


def opened(user_id: str) -> float:
    """Returns when that was (monotonic seconds), for ``ended``."""
    _write("opened", user=pseudonym(user_id))
    return monotonic()


def refused(code: int) -> None:
    _write("refused", code=int(code))


def ended(user_id: str, code: int | None, opened_at: float) -> None:
    """``code``: what it was closed with, by whichever side."""
    _write("ended", user=pseudonym(user_id), code=code, seconds=round(monotonic() - opened_at, 1))


def _write(event: str, **fields: Any) -> None:
    if logger.isEnabledFor(logging.INFO):
        trace = current.get()
        every = {"socket": event, **fields, "credential": trace.credential if trace else None}
        logger.info(" ".join(["socket %(socket)s", *(f"{name}=%({name})s" for name in list(every)[1:])]), every)
