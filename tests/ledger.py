"""Recounting an inbox from its rows: what the counters and numbers must agree with."""

from __future__ import annotations

from collections import Counter
from typing import Any

from notifications.models import Inbox, Notification, UnreadCount
from notifications.models.change import Head
from notifications.wire.notification import to_wire


def check(user_id: str, *, seq: int | None = None) -> Head:
    """The counters of an inbox are what its rows add up to, and its numbers are sane; ``seq``: where it must stand."""
    head = Inbox.objects.head(user_id)
    rows = list(Notification.objects.filter(user_id=user_id).order_by("id"))
    active = [row for row in rows if row.deleted_at is None and row.archived_at is None]
    unread = [row for row in active if row.read_at is None]
    assert head.unread == len(unread)
    assert head.unseen == sum(row.seen_at is None for row in active)
    stored = UnreadCount.objects.filter(inbox=user_id, unread__gt=0).values_list("identifier", "unread")
    assert dict(stored) == dict(Counter(row.identifier for row in unread))
    numbers = [row.seq for row in rows]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers, default=0) <= head.seq
    if seq is not None:
        assert head.seq == seq
    return head


def active(user_id: str) -> list[dict[str, Any]]:
    """The active notifications of an inbox, newest first, in the shape devices hold."""
    return [to_wire(row) for row in Notification.objects.active().filter(user_id=user_id).order_by("-id")]
