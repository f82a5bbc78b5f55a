"""Bringing a device up to date: the changes after its cursor, or a snapshot when they cannot be had.

The board is taken in; then the rows are read in one statement with the head they belong to. Were they read after it, a
row that changes in between (is seen on another device, say) would be missing from the range and come behind newer ones:
too late to be announced. Were they read before, the range would claim more than it holds.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Subquery

from notifications import limits
from notifications.models import Inbox, Notification
from notifications.models.change import Changes, Head, Snapshot
from notifications.models.queryset import NotificationQuerySet

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
    later = Notification.objects.filter(user_id=user_id, seq__gt=since)
    rows, head, horizon_then = _with_head(later, "seq", limit, head)
    if epoch is not None and epoch != head.epoch:
        return snapshot(user_id, "epoch", limit=page)
    # Looked at once more: a purge may have taken tombstones away since.
    if 0 < since < (Inbox.objects.position(user_id)[1] if horizon_then is None else horizon_then):
        return snapshot(user_id, "too_old", limit=page)
    more = len(rows) > limit
    rows = rows[:limit]
    return Changes(start=since, to=rows[-1].seq if more else head.seq, head=head, more=more, rows=rows)


def snapshot(user_id: str, reason: str, *, limit: int = limits.PAGE_DEFAULT, head: Head | None = None) -> Snapshot:
    """The newest ``limit`` active rows as of the head. Two queries."""
    head = head or head_of(user_id)
    rows, head, _ = _with_head(Notification.objects.active().filter(user_id=user_id), "-id", limit, head)
    return Snapshot(reason=reason, head=head, more=len(rows) > limit, rows=rows[:limit])


def _with_head(
    found: NotificationQuerySet, order: str, limit: int, head: Head
) -> tuple[list[Notification], Head, int | None]:
    """One row more than ``limit``, with the head and the horizon of the same moment; ``head`` where there is no row."""
    inbox = Inbox.objects.filter(pk=head.user_id)
    beside = {f"inbox_{name}": Subquery(inbox.values(name)) for name in ("epoch", "seq", "unread", "unseen", "horizon")}
    rows: list[Any] = list(found.order_by(order).annotate(**beside)[: limit + 1])
    if not rows:
        return rows, head, None
    first = rows[0]
    head = Head(
        user_id=head.user_id,
        epoch=first.inbox_epoch,
        seq=first.inbox_seq,
        unread=first.inbox_unread,
        unseen=first.inbox_unseen,
    )
    return rows, head, first.inbox_horizon
