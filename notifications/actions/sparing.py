"""Doing a verb to many inboxes, of which one that is broken, or held by somebody else, must not hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.db import IntegrityError, OperationalError, connections, transaction

from notifications.models import Inbox, numbering

logger = logging.getLogger("notifications.actions")

LOCK_MILLISECONDS = 100
"""Who locks many inboxes waits no longer for one that somebody else holds, and meanwhile holds others himself."""
LOCK_NOT_HAD = "55P03"
"""PostgreSQL's lock_not_available."""


@contextmanager
def briefly(using: str) -> Iterator[None]:
    """A transaction that does not wait long for what somebody else holds; ``is_held`` knows what it raises instead."""
    with transaction.atomic(using=using):
        wait_briefly(using)
        yield


def wait_briefly(using: str) -> None:
    """To the end of the transaction. SQLite has one writer, and no inbox that is held."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")


def waiting(using: str, *, is_patient: bool) -> AbstractContextManager[None]:
    """For an inbox that somebody else holds: as long as the database does, or briefly."""
    return nullcontext() if is_patient else briefly(using)


def is_held(problem: Exception) -> bool:
    """Whether it was not done because somebody else held an inbox, or was just opening it."""
    return getattr(problem.__cause__, "sqlstate", None) == LOCK_NOT_HAD


def spare_the_others(
    work: Callable[[list[str]], int],
    user_ids: list[str],
    *,
    cannot: str,
    broken: set[str] | None = None,
    is_patient: bool = True,
) -> int:
    """The sum of what ``work`` returns, which must bear repetition: where an inbox is broken it is done in halves.

    An inbox that refuses alone, because its counters were meddled with and a constraint holds, is logged as one that
    ``cannot`` do it, unless it is in ``broken``, and added there. Who is not patient works ``briefly``: then those that
    somebody holds are left as they are, for another time.
    """
    try:
        return work(user_ids)
    except IntegrityError as problem:
        if len(user_ids) == 1:
            if broken is None or user_ids[0] not in broken:
                logger.error("Inbox %s cannot %s: %s", user_ids[0], cannot, " ".join(str(problem).split()))
            if broken is not None:
                broken.update(user_ids)
            return 0
        parts = _halves(user_ids)
    except OperationalError as problem:
        if is_patient or not is_held(problem):
            raise
        if len(user_ids) == 1:
            return 0
        parts = _free(user_ids)
    return sum(
        spare_the_others(work, part, cannot=cannot, broken=broken, is_patient=is_patient) for part in parts if part
    )


def _halves(user_ids: list[str]) -> tuple[list[str], ...]:
    middle = len(user_ids) // 2
    return user_ids[:middle], user_ids[middle:]


def _free(user_ids: list[str]) -> tuple[list[str], ...]:
    """All but the held ones; when there are none, one of them may be one that is just being opened, and is not seen."""
    held = numbering.held(Inbox.objects.db, user_ids)
    return ([user_id for user_id in user_ids if user_id not in held],) if held else _halves(user_ids)
