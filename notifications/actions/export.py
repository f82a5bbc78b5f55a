"""Exporting a user: everything the engine holds about one, read in portions."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notifications.models import IdempotencyRecord, Inbox, Notification, Subscription, UnreadCount

PORTION = 1000


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """``inbox`` is None for a user nobody has heard of; ``notifications`` come oldest first, deleted ones, too.

    The iterators read as they are drawn from: what changes meanwhile may be in its newer state.
    """

    inbox: Inbox | None
    unread_by_identifier: Mapping[str, int]
    notifications: Iterator[Notification]
    subscriptions: Iterator[Subscription]
    answers: Iterator[IdempotencyRecord]


def held(user_id: str) -> Holdings:
    """What is held about a stored user_id. Nothing is opened or changed by looking."""
    counts = UnreadCount.objects.filter(inbox=user_id, unread__gt=0).order_by("identifier")
    answers = IdempotencyRecord.objects.filter(user_id=user_id, status__isnull=False)
    return Holdings(
        inbox=Inbox.objects.filter(pk=user_id).first(),
        unread_by_identifier=dict(counts.values_list("identifier", "unread")),
        notifications=_notifications(user_id),
        subscriptions=Subscription.objects.filter(user_id=user_id).order_by("topic").iterator(PORTION),
        answers=answers.order_by("pk").iterator(PORTION),
    )


def _notifications(user_id: str) -> Iterator[Notification]:
    """Page by page, each a short query: no transaction and no lock outlives one.

    The ids first, 8 bytes each: there is no index in the order of ids that holds the deleted ones, too.
    """
    mine = Notification.objects.filter(user_id=user_id).order_by("pk")
    ids = array("q", mine.values_list("pk", flat=True).iterator(PORTION))
    for start in range(0, len(ids), PORTION):
        yield from Notification.objects.filter(pk__in=ids[start : start + PORTION]).order_by("pk")
