"""Erasing a user: everything the engine holds about one, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models, transaction
from django.db.models.functions import Cast

from notifications.models import (
    AnnouncementPart,
    IdempotencyRecord,
    Inbox,
    Notification,
    Subscription,
    UnreadCount,
    numbering,
)
from notifications.models.retries import retried


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How many rows of each kind there were; ``notifications`` counts those that had been deleted, too."""

    notifications: int
    unread_counts: int
    subscriptions: int
    idempotency_answers: int
    inboxes: int


def _leave_lists(user_id: str) -> None:
    """What is still to be delivered is not delivered to one who is gone.

    The parts before the inbox, as in the delivering, so that the two cannot deadlock.
    """
    waiting = AnnouncementPart.objects.filter(delivered_at__isnull=True).order_by("pk").select_for_update()
    # The database looks first, whatever the case of letters: a large topic has a million names waiting here.
    for part in waiting.alias(names=Cast("user_ids", models.TextField())).filter(names__contains=f'"{user_id}"'):
        if user_id in part.user_ids:
            part.user_ids.remove(user_id)
            part.save(update_fields=["user_ids"])


@retried
def erase(user_id: str) -> Erased:
    """Erase a stored user_id.

    The inbox is locked first: what is being created at this moment is either committed and erased with the rest, or
    waits and begins a new inbox. Devices meet an inbox that is gone, and begin again with an empty one in a new epoch.
    """
    using = Notification.objects.db
    with transaction.atomic(using=using):
        _leave_lists(user_id)
        numbering.hold(using, [user_id])
        return Erased(
            notifications=Notification.objects.filter(user_id=user_id).remove(),
            unread_counts=UnreadCount.objects.filter(inbox=user_id).delete()[0],
            subscriptions=Subscription.objects.filter(user_id=user_id).delete()[0],
            idempotency_answers=IdempotencyRecord.objects.filter(user_id=user_id).delete()[0],
            inboxes=Inbox.objects.filter(pk=user_id).delete()[0],
        )
