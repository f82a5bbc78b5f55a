"""Marking by a socket, in an inbox that somebody else may hold."""

from __future__ import annotations

import asyncio
from itertools import chain, repeat
from time import monotonic

from django.db import OperationalError

from notifications.actions.mark import Marked, mark
from notifications.actions.sparing import is_held
from notifications.wire.commands import Mark

from .hub import TURN_SECONDS
from .threads import in_changer

PAUSES = 0.1, 0.2, 0.4, 0.8
"""Before it is tried again, in seconds; the last one again and again."""


async def mark_when_free(user_id: str, command: Mark) -> Marked:
    """Of an inbox that somebody holds no thread waits until it is free: a few of them would keep everybody's marks.

    TimeoutError when it does not become so.
    """
    pauses = chain(PAUSES, repeat(PAUSES[-1]))
    until = monotonic() + TURN_SECONDS
    while (marked := await in_changer(_mark_if_free, user_id, command)) is None:
        if monotonic() > until:
            raise TimeoutError
        await asyncio.sleep(next(pauses))
    return marked


def _mark_if_free(user_id: str, command: Mark) -> Marked | None:
    """None when somebody else holds the inbox. Runs in a thread."""
    try:
        return mark(
            user_id,
            command.verb,
            ids=command.ids,
            up_to=command.up_to,
            identifier=command.identifier,
            is_patient=False,
        )
    except OperationalError as problem:
        if is_held(problem):
            return None
        raise
