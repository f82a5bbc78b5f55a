"""A new epoch for inboxes whose numbers ran before and will run again: after a restore, no cursor may be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from notifications.models import Inbox, numbering
from notifications.models.retries import retried

INBOXES = 500
"""In one transaction: a lock of some 50 ms."""


def renew_one(user_id: str) -> bool:
    """Whether there was an inbox. Its devices take a snapshot as soon as the sweep has seen it, or when they return."""
    return _renew([user_id]) > 0


def renew_all() -> Iterator[int]:
    """How many, portion after portion in user_id order. Doing it again is harmless: a snapshot more."""
    for user_ids in Inbox.objects.portions(INBOXES):
        yield _renew(user_ids)


@retried
def _renew(user_ids: list[str]) -> int:
    return numbering.renew(Inbox.objects.db, user_ids)
