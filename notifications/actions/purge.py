"""Purging: old notifications are deleted, and what is left of those deleted long ago is removed.

Short transactions, inbox after inbox in user_id order: whoever is stopped in between begins again and finds what is
still to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from notifications.conf import get_options
from notifications.models import Inbox, Notification, UnreadCount, numbering
from notifications.models.changing import change_inboxes
from notifications.models.queryset import NotificationQuerySet
from notifications.models.retries import retried
from notifications.models.states import VERBS

from .retention import Rules, overdue
from .shares import shares
from .sparing import spare_the_others

INBOXES = 500
"""Looked at together."""


@dataclass(frozen=True, kw_only=True)
class Purged:
    """``deleted`` notifications, ``removed`` tombstones; ``failed`` inboxes were left as they were."""

    inboxes: int = 0
    deleted: int = 0
    removed: int = 0
    failed: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(
            inboxes=self.inboxes + other.inboxes,
            deleted=self.deleted + other.deleted,
            removed=self.removed + other.removed,
            failed=self.failed + other.failed,
        )


def purge(rules: Rules) -> Iterator[Purged]:
    """Purge all inboxes; one result for each 500 of them."""
    old, gone = _conditions(rules)
    for user_ids in Inbox.objects.portions(INBOXES):
        broken: set[str] = set()
        deleted = sum(_each(_delete, *share, broken) for share in _shares(user_ids, old)) if old else 0
        removed = sum(_each(_remove, *share, broken) for share in _shares(user_ids, gone))
        yield Purged(inboxes=len(user_ids), deleted=deleted, removed=removed, failed=len(broken))


def count(rules: Rules) -> Purged:
    """What ``purge`` would do."""
    old, gone = _conditions(rules)
    return Purged(
        inboxes=Inbox.objects.count(),
        deleted=Notification.objects.filter(old).count() if old else 0,
        removed=Notification.objects.filter(gone).count(),
    )


def _conditions(rules: Rules) -> tuple[Q | None, Q]:
    now = timezone.now()
    return overdue(rules, now=now), _long_deleted(now)


def _long_deleted(now: datetime) -> Q:
    return Q(deleted_at__lt=now - timedelta(days=get_options().TOMBSTONE_DAYS))


def _shares(user_ids: list[str], condition: Q) -> Iterator[tuple[list[str], NotificationQuerySet]]:
    rows = Notification.objects.filter(condition)
    counted = rows.filter(user_id__in=user_ids).order_by().values_list("user_id").annotate(Count("pk"))
    return shares(rows, counted)


Work = Callable[[list[str], NotificationQuerySet], int]


def _each(work: Work, user_ids: list[str], rows: NotificationQuerySet, broken: set[str]) -> int:
    return spare_the_others(lambda some: work(some, rows), user_ids, cannot="be purged", broken=broken)


@retried
def _delete(user_ids: list[str], rows: NotificationQuerySet) -> int:
    """Delete as anybody deletes, so that every device hears of it."""
    return change_inboxes(user_ids, rows, VERBS["delete"])[0]


@retried
def _remove(user_ids: list[str], rows: NotificationQuerySet) -> int:
    """Remove the rows, and raise each horizon to the highest seq removed: an older cursor would never hear of them."""
    using = rows.db
    with transaction.atomic(using=using):
        mine = rows.filter(user_id__in=numbering.hold(using, user_ids)).order_by()
        numbering.raise_horizons(using, dict(mine.values_list("user_id").annotate(Max("seq"))))
        removed = mine.remove()
        # An identifier such as order.4711 would else stay for ever.
        UnreadCount.objects.using(using).filter(inbox__in=user_ids, unread=0).delete()
        return removed
