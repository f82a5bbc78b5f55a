"""Bringing a device up to date: the changes after its cursor, or a snapshot when they cannot be had.

The board is taken in, then the head is read, and then only rows numbered at or below it, so a range never claims more
than it holds: a row that changes in between is left to the next range.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Subquery

from notifications import limits
from notifications.models import Inbox, Notification
from notifications.models.change import Changes, Head, Snapshot

from .catch_up import head_of, position_of


def changes_since(
    user_id: str,
    since: int,
    *,
    epoch: str | None = None,
    limit: int = limits.CHANGES_MAX,
    page: int = limits.PAGE_DEFAULT,
) -> Changes | Snapshot:
    """What changed after the cursor ``(epoch, since)``; at most ``limit`` rows, or a snapshot. Two queries."""
    inbox = Inbox.objects.filter(pk=user_id)
    head, horizon = position_of(user_id)
    if epoch is not None and epoch != head.epoch:
        return snapshot(user_id, "epoch", limit=page, head=head)
    if since > head.seq:
        if epoch is not None:
            # The database has less than it once said: it was restored. No cursor of this numbering may be trusted.
            head = Inbox.objects.renew_epoch(user_id, old=head.epoch)
        return snapshot(user_id, "regressed", limit=page, head=head)
    if 0 < since < horizon:
        return snapshot(user_id, "too_old", limit=page, head=head)
    if since == head.seq:
        return Changes(start=since, to=since, head=head, more=False, rows=[])
    found = Notification.objects.filter(user_id=user_id, seq__gt=since, seq__lte=head.seq).order_by("seq")
    # The horizon once more, in the statement that reads the rows: a purge may have taken tombstones away meanwhile.
    rows: list[Any] = list(found.annotate(horizon=Subquery(inbox.values("horizon")))[: limit + 1])
    if 0 < since < (rows[0].horizon if rows else Inbox.objects.position(user_id)[1]):
        return snapshot(user_id, "too_old", limit=page)
    more = len(rows) > limit
    rows = rows[:limit]
    return Changes(start=since, to=rows[-1].seq if more else head.seq, head=head, more=more, rows=rows)


def snapshot(user_id: str, reason: str, *, limit: int = limits.PAGE_DEFAULT, head: Head | None = None) -> Snapshot:
    """The newest ``limit`` active rows as of the head. Two queries."""
    head = head or head_of(user_id)
    found = Notification.objects.active().filter(user_id=user_id, seq__lte=head.seq).order_by("-id")
    rows = list(found[: limit + 1])
    return Snapshot(reason=reason, head=head, more=len(rows) > limit, rows=rows[:limit])
