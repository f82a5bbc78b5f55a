"""Doing a verb to many inboxes, of which a broken one must not hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import IntegrityError

logger = logging.getLogger("notifications.actions")


def spare_the_others(
    work: Callable[[list[str]], int], user_ids: list[str], *, cannot: str, broken: set[str] | None = None
) -> int:
    """The sum of what ``work`` returns, which must bear repetition: where an inbox is broken it is done in halves.

    An inbox that refuses alone, because its counters were meddled with and a constraint holds, is logged as one that
    ``cannot`` do it, and added to ``broken``.
    """
    try:
        return work(user_ids)
    except IntegrityError as problem:
        if len(user_ids) > 1:
            halves = user_ids[: len(user_ids) // 2], user_ids[len(user_ids) // 2 :]
            return sum(spare_the_others(work, half, cannot=cannot, broken=broken) for half in halves)
        logger.error("Inbox %s cannot %s: %s", user_ids[0], cannot, " ".join(str(problem).split()))
        if broken is not None:
            broken.update(user_ids)
        return 0
