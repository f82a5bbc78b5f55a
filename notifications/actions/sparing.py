"""Doing a verb to many inboxes, of which a broken one must not hold up the others."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError

Broken = Callable[[str, IntegrityError], object]


def spare_the_others(work: Callable[[list[str]], int], user_ids: list[str], *, broken: Broken) -> int:
    """The sum of what ``work`` returns, which must bear repetition: where an inbox is broken it is done in halves.

    ``broken`` is told of each inbox that refuses alone: its counters were meddled with, and a constraint holds.
    """
    try:
        return work(user_ids)
    except IntegrityError as problem:
        if len(user_ids) > 1:
            halves = user_ids[: len(user_ids) // 2], user_ids[len(user_ids) // 2 :]
            return sum(spare_the_others(work, half, broken=broken) for half in halves)
        broken(user_ids[0], problem)
        return 0
